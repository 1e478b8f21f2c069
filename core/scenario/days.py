"""Days that a person gives, within bounds between which years can be counted from any to any."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from typing import Any

from inferscope.core.errors import brief

FIRST, LAST = dt.date(1900, 1, 1), dt.date(2999, 12, 31)
"""The bounds, themselves included."""
_FORM = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def iso_day(text: str) -> dt.date | None:
    """A day written as everywhere in this program; None for anything else, such as 20260701 or 2026-W27-3.

    >>> iso_day("2026-07-01"), iso_day("20260701")
    (datetime.date(2026, 7, 1), None)
    """
    with contextlib.suppress(ValueError):
        return dt.date.fromisoformat(text) if _FORM.fullmatch(text) else None
    return None


def first_day(text: str) -> dt.date | None:
    """The first day of a date, a month or a year, as the catalogue has them; None where it is none.

    >>> first_day("2024-12-26"), first_day("2026-02"), first_day("2026"), first_day("?")
    (datetime.date(2024, 12, 26), datetime.date(2026, 2, 1), datetime.date(2026, 1, 1), None)
    """
    return iso_day(f"{text}-01-01"[:10] if text.count("-") < 2 else text)


def read_day(value: Any) -> dt.date:
    """A date as TOML has it, or the same as text; numbers are not counted from 1970.

    Raises:
        ValueError: It says what would be right.
    """
    found = iso_day(value) if isinstance(value, str) else value
    if isinstance(found, dt.datetime):
        found = found.date()
    if not isinstance(found, dt.date):
        message = f"must be a date such as 2025-02-28, not {brief(value)}"
        raise ValueError(message)  # noqa: TRY004  (pydantic turns ValueError into its own)
    if not FIRST <= found <= LAST:
        message = f"must be between {FIRST} and {LAST}, not {found}"
        raise ValueError(message)
    return found
