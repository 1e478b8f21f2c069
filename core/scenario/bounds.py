"""What a key of the scenario may hold: numbers within bounds, dates, one line of text."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import core_schema

from inferscope.core.errors import brief
from inferscope.core.scenario.days import read_day
from inferscope.core.scenario.ranges import Number, parse_number

_TABLE = {
    "type": "object",
    "description": "{low=, mid=, high=}, {dist=, ...} or {value=, source=, date=}",
}


def _written(number: Number) -> Any:
    """A number as it was written; one that never was, as short as it goes."""
    if number.raw is not None:
        return number.raw
    return int(number.mid) if number.mid == int(number.mid) and abs(number.mid) < 1e15 else number.mid


def _said(figure: float) -> str:
    """A figure as it was given: one beyond a bound is not rounded across it.

    >>> _said(9_999_999), _said(0.05), _said(1e20)
    ('9,999,999', '0.05', '1e+20')
    """
    return f"{figure:,.12g}" if abs(figure) < 1e12 else f"{figure:g}"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that every end of a number keeps, in the form that pydantic asks for.

    Attributes:
        ge: Least value.
        gt: What it must be above.
        le: Largest value.
        whole: Whether it must be a whole number.
    """

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    whole: bool = False

    def check(self, value: Any) -> Number:
        """Read a number and hold all of it to the bounds.

        Raises:
            ValueError: It says what would be right.
        """
        number = parse_number(value)
        for figure in sorted(
            number.figures(), key=lambda end: end == number.mid
        ):  # what was typed comes first
            if self.ge is not None and figure < self.ge:
                message = f"must be at least {_said(self.ge)}, not {_said(figure)}"
                raise ValueError(message)
            if self.gt is not None and figure <= self.gt:
                message = f"must be above {_said(self.gt)}, not {_said(figure)}"
                raise ValueError(message)
            if self.le is not None and figure > self.le:
                message = f"must be at most {_said(self.le)}, not {_said(figure)}"
                raise ValueError(message)
            if self.whole and figure != int(figure):
                is_made = figure == number.mid and figure not in (number.low or figure, number.high)
                middle = ", the middle of the range" if is_made and number.dist != "discrete" else ""
                message = f"must be a whole number, not {_said(figure)}{middle}"
                raise ValueError(message)
        return number

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> core_schema.CoreSchema:
        """One plain function each way: built faster than a chain of validators."""
        written = core_schema.plain_serializer_function_ser_schema(_written)
        return core_schema.no_info_plain_validator_function(self.check, serialization=written)

    def __get_pydantic_json_schema__(self, _schema: Any, _handler: Any) -> dict[str, Any]:
        """The scalar with its bounds, or a table."""
        limits = {"minimum": self.ge, "exclusiveMinimum": self.gt, "maximum": self.le}
        scalar = {"type": "integer" if self.whole else "number"}
        return {"anyOf": [scalar | {k: v for k, v in limits.items() if v is not None}, _TABLE]}


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
    Exponent = Number
else:
    Positive = Annotated[Number, Limits(gt=0, le=1e40)]
    NonNegative = Annotated[Number, Limits(ge=0, le=1e40)]
    Share = Annotated[Number, Limits(ge=0, le=1)]
    PositiveShare = Annotated[Number, Limits(gt=0, le=1)]
    Tokens = Annotated[Number, Limits(ge=0, le=1e8)]
    OutputTokens = Annotated[Number, Limits(ge=1, le=1e8)]
    Count = Annotated[Number, Limits(ge=1, le=1e6, whole=True)]
    Batch = Annotated[Number, Limits(ge=1, le=1e7)]
    AtLeastOne = Annotated[Number, Limits(ge=1, le=1e12)]
    Exponent = Annotated[Number, Limits(ge=0, le=10)]


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


Day = Annotated[dt.date, BeforeValidator(read_day)]
