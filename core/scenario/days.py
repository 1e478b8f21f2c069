"""Days that a person gives, within bounds between which years can be counted from any to any."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any

from inferscope.core.errors import brief

FIRST, LAST = dt.date(1900, 1, 1), dt.date(2999, 12, 31)
"""The bounds, themselves included."""


def read_day(value: Any) -> dt.date:
    """A date as TOML has it, or the same as text; numbers are not counted from 1970.

    Raises:
        ValueError: It says what would be right.
    """
    found = value
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            found = dt.date.fromisoformat(value)
    if isinstance(found, dt.datetime):
        found = found.date()
    if not isinstance(found, dt.date):
        message = f"must be a date such as 2025-02-28, not {brief(value)}"
        raise ValueError(message)  # noqa: TRY004  (pydantic turns ValueError into its own)
    if not FIRST <= found <= LAST:
        message = f"must be between {FIRST} and {LAST}, not {found}"
        raise ValueError(message)
    return found
