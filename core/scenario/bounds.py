"""What a key of the scenario may hold: numbers within bounds, dates, one line of text."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from inferscope.core.scenario.ranges import Number, brief, parse_number

_TABLE = {
    "type": "object",
    "description": "{low=, mid=, high=}, {dist=, ...} or {value=, source=, date=}",
}


def within(
    *, ge: float | None = None, gt: float | None = None, le: float | None = None, whole: bool = False
) -> Any:
    """A validator that holds every end of a number to its bounds."""

    def check(value: Any) -> Any:
        number = parse_number(value)
        for figure in number.ends():
            if ge is not None and figure < ge:
                message = f"must be at least {ge:g}, not {figure:g}"
                raise ValueError(message)
            if gt is not None and figure <= gt:
                message = f"must be above {gt:g}, not {figure:g}"
                raise ValueError(message)
            if le is not None and figure > le:
                message = f"must be at most {le:g}, not {figure:g}"
                raise ValueError(message)
            if whole and figure != int(figure):
                message = f"must be a whole number, not {figure:g}"
                raise ValueError(message)
        return number

    return check


def _written(number: Number) -> Any:
    """A number as it was written; one that never was, as short as it goes."""
    if number.raw is not None:
        return number.raw
    return int(number.mid) if number.mid == int(number.mid) and abs(number.mid) < 1e15 else number.mid


def _number(
    *, ge: float | None = None, gt: float | None = None, le: float | None = None, whole: bool = False
) -> Any:
    limits = {"minimum": ge, "exclusiveMinimum": gt, "maximum": le}
    scalar = {"type": "integer" if whole else "number", **{k: v for k, v in limits.items() if v is not None}}
    return Annotated[
        Number,
        BeforeValidator(within(ge=ge, gt=gt, le=le, whole=whole)),
        PlainSerializer(_written),
        WithJsonSchema({"anyOf": [scalar, _TABLE]}),
    ]


if TYPE_CHECKING:
    Positive = Number
    NonNegative = Number
    Share = Number
    PositiveShare = Number
    Tokens = Number
    OutputTokens = Number
    Count = Number
    Batch = Number
    AtLeastOne = Number
    AnyNumber = Number
    Exponent = Number
else:
    Positive = _number(gt=0, le=1e40)
    NonNegative = _number(ge=0, le=1e40)
    Share = _number(ge=0, le=1)
    PositiveShare = _number(gt=0, le=1)
    Tokens = _number(ge=0, le=1e8)
    OutputTokens = _number(ge=1, le=1e8)
    Count = _number(ge=1, le=1e6, whole=True)
    Batch = _number(ge=1, le=1e7)
    AtLeastOne = _number(ge=1, le=1e12)
    AnyNumber = _number(ge=-1e40, le=1e40)
    Exponent = _number(ge=0, le=10)


def _day(value: Any) -> Any:
    """A date as TOML has it, or the same as text; numbers are not counted from 1970."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return dt.date.fromisoformat(value)
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    message = f"must be a date such as 2025-02-28, not {brief(value)}"
    raise ValueError(message)


def plain_integer(value: Any) -> Any:
    """Refuse true and 1.0 where the whole number 1 is meant."""
    if isinstance(value, bool | float):
        message = f"must be 1, not {brief(value)}"
        raise ValueError(message)  # noqa: TRY004  (pydantic turns ValueError into its own)
    return value


def one_line(value: Any) -> Any:
    """Refuse a title of several lines."""
    if isinstance(value, str) and "\n" in value:
        message = "must be one line"
        raise ValueError(message)
    return value


Day = Annotated[dt.date, BeforeValidator(_day)]
