"""The library: quantities, the catalogue, scenarios, rules and their evaluation.

Importing this package loads nothing heavy: NumPy and pydantic arrive with the first module that
needs them, and Textual never does.
"""

from typing import Final

__version__: Final = "0.1.0"

DATA_DATE: Final = "2026-11-22"
"""The day the shipped facts were gathered. A scenario that names no `as_of` is dated so."""
