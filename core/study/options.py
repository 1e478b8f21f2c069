"""What options of studies take, for command lines that load nothing heavy before they are read."""

from __future__ import annotations

from typing import Final

__all__ = [
    "CLAIMS",
    "FEWEST",
    "MEASURES",
    "METHODS",
    "MOST",
    "MOST_MONTHS",
    "PLACE",
    "SAMPLERS",
    "VERDICTS",
    "VIEWS",
]

SAMPLERS: Final = ("lhs", "sobol")
"""Latin hypercube, and Sobol's sequence (scrambled)."""

METHODS: Final = ("tornado", "elasticity", "sobol", "all")
"""One at a time between low and high; per cent for a per cent; shares of the variance; all three."""

VIEWS: Final = ("lines", "loopholes", "rounds", "deployment", "attempts", "distillation", "routing")
"""What scaled inference and other routes do: to lines, in four bars, in rounds, in service, to scores."""
PLACE = "CHN"
"""Where accelerators go unless a place is named: most rules on chips are about China."""
FEWEST, MOST = 1e2, 1e9
"""Queries a day between which bases are compared unless others are named."""
MEASURES: Final = ("usd", "flop")
"""In which the life of a model is counted."""
MOST_MONTHS: Final = 600
"""Of a model's life that can be shown."""
CLAIMS: Final = ("computed", "fact", "outside")
"""Kinds of published claims."""
VERDICTS: Final = ("supported", "overstated", "understated", "not supported", "unknown")
"""What can be said of them."""
