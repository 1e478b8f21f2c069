"""Numbers of a scenario: a scalar, a range, a distribution, or a value with its source.

``3``, ``{low = 1, mid = 2, high = 4}``, ``{dist = "lognormal", p5 = 1, p95 = 9}`` and
``{value = 2.0, source = "invoice 4711", date = 2025-02-28}`` are all numbers. Evaluation uses the
middle; a range also says how sure it is.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inferscope.core.errors import brief

_Z95 = 1.6448536269514722
"""95th percentile of the standard normal distribution."""

_FORMS = "a number, {low=, mid=, high=}, {dist=, ...} or {value=, source=, date=}"
_TIMES = {"k": 10**3, "M": 10**6, "B": 10**9}
_DISTRIBUTIONS = {
    "uniform": ("low", "high"),
    "triangular": ("low", "mid", "high"),
    "normal": ("p5", "p95"),
    "lognormal": ("p5", "p95"),
    "discrete": ("values",),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as the scenario gives it.

    Attributes:
        mid: What evaluation uses.
        low: P5 or the lower end, where given.
        high: P95 or the upper end, where given.
        dist: Name of the distribution, empty for a scalar.
        source: The user's source, if any.
        date: Its date (ISO), if any.
        raw: The value as written, for saving.
        group: What it shares its draws with, so that they rise together; empty where it is drawn alone.
        is_inverse: Whether it falls where the others of its group rise.
    """

    mid: float
    low: float | None = None
    high: float | None = None
    dist: str = ""
    source: str = ""
    date: str = ""
    raw: Any = None
    group: str = ""
    is_inverse: bool = False

    def ends(self) -> tuple[float, ...]:
        """Its low end, middle and high end, where given."""
        return tuple(v for v in (self.low, self.mid, self.high) if v is not None)

    def figures(self) -> tuple[float, ...]:
        """All figures that bounds must hold for: the ends, and every value of a discrete number."""
        values = self.raw["values"] if self.dist == "discrete" and isinstance(self.raw, Mapping) else ()
        return tuple(dict.fromkeys((*self.ends(), *map(float, values))))

    def __deepcopy__(self, memo: object) -> Number:
        """Itself, since it is frozen: defaults are copied for every scenario that is checked."""
        return self


def parse_number(value: Any) -> Number:
    """Read any of the four forms.

    Raises:
        ValueError: Not a number, or a table with missing or unknown parts.

    >>> parse_number({"low": 1, "high": 3}).mid
    2.0
    >>> round(parse_number({"dist": "lognormal", "p5": 1.0, "p95": 9.0}).mid, 6)
    3.0
    """
    if isinstance(value, Number):
        return value
    if isinstance(value, bool):
        message = f"must be {_FORMS}, not {brief(value)}"
        raise ValueError(message)  # noqa: TRY004  (pydantic turns ValueError into its own)
    if isinstance(value, int | float):
        return Number(_finite(value), raw=value)
    if isinstance(value, Mapping):
        return _from_table(value)
    if isinstance(value, str) and (counted := re.fullmatch(r"(\d{1,12})([kMB])", value)):
        message = f"must be a plain number: {int(counted[1]) * _TIMES[counted[2]]}, not {brief(value)}"
        raise ValueError(message)
    message = f"must be {_FORMS}, not {brief(value)}"
    raise ValueError(message)


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"must be a number, not {brief(value)}"
        raise ValueError(message)  # noqa: TRY004
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        message = f"must be finite, not {number}"
        raise ValueError(message)
    return number


def _from_table(table: Mapping[str, Any]) -> Number:
    keys = set(table)
    note: dict[str, Any] = {"source": _source(table.get("source", "")), "date": _date(table.get("date", ""))}
    if "group" in keys:
        note |= _group(table["group"])
        keys.discard("group")
    if "value" in keys:
        _only(keys, {"value", "source", "date", "low", "high"})
        if len(keys & {"low", "high"}) == 1:
            message = "low and high belong together: give both or neither"
            raise ValueError(message)
        low, high = (None if end not in table else _finite(table[end]) for end in ("low", "high"))
        number = Number(
            _finite(table["value"]), low, high, "triangular" if low is not None else "", **note, raw=table
        )
    elif "dist" in keys:
        number = _distribution(table, note)
    elif keys >= {"low", "high"}:
        _only(keys, {"low", "mid", "high", "source", "date"})
        low, high = _finite(table["low"]), _finite(table["high"])
        mid = _finite(table["mid"]) if "mid" in table else 0.5 * (low + high)
        number = Number(mid, low, high, "triangular", **note, raw=table)
    else:
        message = f"must be {_FORMS}; this table has {', '.join(sorted(keys)) or 'nothing'}"
        raise ValueError(message)
    ends = number.ends()
    if list(ends) != sorted(ends):
        written = [table[end] for end in ("low", "p5", "mid", "value", "high", "p95") if end in table]
        message = f"must rise from low to high, not {', '.join(f'{v:.12g}' for v in written)}"
        raise ValueError(message)
    return number


def _distribution(table: Mapping[str, Any], note: dict[str, Any]) -> Number:
    name = table["dist"]
    if not isinstance(name, str) or name not in _DISTRIBUTIONS:
        message = f"dist must be one of {', '.join(_DISTRIBUTIONS)}, not {brief(name)}"
        raise ValueError(message)
    needed = _DISTRIBUTIONS[name]
    _only(set(table), {"dist", "source", "date", "group", *needed})
    if missing := [key for key in needed if key not in table]:
        message = f"a {name} distribution needs {', '.join(missing)}"
        raise ValueError(message)
    if name == "discrete":
        values = table["values"]
        if not isinstance(values, list) or not values:
            message = "values must be a list of at least one number"
            raise ValueError(message)
        figures = sorted(_finite(v) for v in values)
        return Number(figures[len(figures) // 2], figures[0], figures[-1], name, **note, raw=table)
    low, high = _finite(table[needed[0]]), _finite(table[needed[-1]])
    if name == "lognormal" and low <= 0:
        message = f"a lognormal distribution needs p5 above 0, not {low:.12g}"
        raise ValueError(message)
    mid = {
        "uniform": 0.5 * (low + high),
        "normal": 0.5 * (low + high),
        "lognormal": math.sqrt(abs(low * high)),
    }.get(name)
    return Number(_finite(table["mid"]) if mid is None else mid, low, high, name, **note, raw=table)


def _only(keys: set[str], known: set[str]) -> None:
    if unknown := sorted(keys - known):
        message = f"does not know {', '.join(unknown)}; it takes {', '.join(sorted(known))}"
        raise ValueError(message)


def _group(value: Any) -> dict[str, Any]:
    """A group's name, with a minus where the number falls as the others rise."""
    if not isinstance(value, str) or not value.removeprefix("-").strip():
        message = f"group must be a name, or -name where it falls as the others rise, not {brief(value)}"
        raise ValueError(message)
    return {"group": value.removeprefix("-").strip(), "is_inverse": value.startswith("-")}


def _source(value: Any) -> str:
    if not isinstance(value, str):
        message = f"source must be text, not {brief(value)}"
        raise ValueError(message)  # noqa: TRY004
    return value


def _date(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if not isinstance(value, dt.date | str):
        message = f"date must be a date such as 2025-02-28, not {brief(value)}"
        raise ValueError(message)  # noqa: TRY004
    return value if isinstance(value, str) else value.isoformat()
