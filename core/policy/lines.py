"""Lines on training compute that stay, follow the largest run, or follow algorithmic progress.

For each model of the catalogue the line on the day of its release says whether it is caught; the
models with a figure, in the order of their release, are the runs.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inferscope.core import catalog, units
from inferscope.core.catalog import Record
from inferscope.core.catalog.sources import remember
from inferscope.core.errors import InferscopeError
from inferscope.core.graph import Array
from inferscope.core.policy.rules import find
from inferscope.core.scenario.days import first_day
from inferscope.core.scenario.training import BOTH_WAYS

KINDS: Final = ("fixed", "relative", "adjusted")
LINE, SHARE = 1e25, 0.1
"""The line in FLOP, and the share of the largest run, unless others are asked for."""
_DAYS_PER_MONTH = units.DAYS_PER_YEAR / units.MONTHS_PER_YEAR
_OF_EU = "eu.aia.art51.systemic"


class Run(NamedTuple):
    """A model of the catalogue whose training compute is known.

    Attributes:
        id: Its identifier.
        name: Its name.
        released: Its release; the first day where only a month or a year is known.
        flop: Its training compute: 6ND where tokens are known, else the catalogue's figure.
        low: Least of 6ND, the catalogue's figure and that figure's range.
        high: Most of them.
        verified: Whether what it rests on was seen in a source.
    """

    id: str
    name: str
    released: dt.date
    flop: float
    low: float
    high: float
    verified: bool


@remember(1)
def runs() -> tuple[Run, ...]:
    """The models with a figure, the oldest first."""
    found = [_run(catalog.model(name)) for name in catalog.ids("model")]
    return tuple(sorted((run for run in found if run), key=lambda run: (run.released, run.id)))


def without_figure() -> int:
    """How many models of the catalogue have no figure that may decide."""
    return len(catalog.ids("model")) - len(runs())


def _run(record: Record) -> Run | None:
    published, tokens = record.values["training_flop"], record.values["training_tokens"]
    day = first_day(str(record.text.get("released", "")))
    counts = []
    if record.architecture is not None and tokens.value:
        active = catalog.fold(record.architecture).active_params_without_input_embedding
        counts.append(BOTH_WAYS * active * tokens.value)
    usable = published.value is not None and published.decides_verdict
    ends = [published.value, published.low, published.high] if usable else []
    every = [*counts, *(end for end in ends if end is not None)]
    if day is None or not every:
        return None
    kind = tokens.kind if counts else published.kind
    return Run(record.id, record.name, day, every[0], min(every), max(every), kind != "memory")


# --- formulas -------------------------------------------------------------------------------------


def adjusted_line(line_flop: float, months: Array, halving_months: float) -> Array:
    """A line held at what it bought on its day, some months later: ``line * 2^(-months / halving)``.

    Args:
        line_flop: The line on its day, FLOP.
        months: Months after that day, ``(n,)``; before it the line is higher.
        halving_months: Months in which the compute for a fixed capability halves.

    Returns:
        FLOP, ``(n,)``. Source: Ho et al. 2024, arXiv:2403.05812. At 8 months a year divides by
        2^(12/8) = 2.83.

    >>> float((1e25 / adjusted_line(1e25, np.array([12.0]), 8.0))[0].round(2))
    2.83
    """
    with np.errstate(over="ignore"):  # so long before its day that the line is beyond any number
        return np.asarray(line_flop * np.exp2(-months / halving_months))


def relative_line(flop: Array, days: Array, share: float) -> Array:
    """A share of the largest run released up to and on the day of each run, ``(n,)``, FLOP.

    Args:
        flop: Training compute of the runs, ``(n,)``, FLOP.
        days: Day of each release as a number, ``(n,)``, rising.
        share: The share; 0.1 in Kumar and Manning 2025, arXiv:2504.16138.

    Returns:
        The line on each of the days; runs of the same day see each other.

    >>> relative_line(np.array([2.0, 9.0, 5.0]), np.array([1.0, 1.0, 2.0]), 0.5)
    array([4.5, 4.5, 4.5])
    """
    last = np.searchsorted(days, days, side="right") - 1
    return np.asarray(share * np.maximum.accumulate(flop)[last])


# --- what a line catches --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting:
    """The lines that are asked for.

    Attributes:
        line: The line in FLOP.
        share: Share of the largest run.
        halving: Months in which compute for a fixed capability halves: middle, least and most.
        base: The day on which the adjusted line is the fixed one.
        first: First year.
        last: Last year.
    """

    line: float
    share: float
    halving: tuple[float, float, float]
    base: dt.date
    first: int
    last: int


def setting(
    line: float = LINE,
    *,
    share: float = SHARE,
    halving: float | None = None,
    base: dt.date | None = None,
    first: int | None = None,
    last: int | None = None,
) -> Setting:
    """What is asked for, the rest as published.

    The halving time and its interval are Ho et al.'s; one that is given stands alone. The base is the day
    from which the EU's line applies, the years are those of the runs.

    Raises:
        InferscopeError: A number is out of bounds; it says what would be right.
    """
    released = [run.released.year for run in runs()]
    first, last = first or min(released), last or max(released)
    for name, value, most in (("line", line, 1e40), ("share", share, 1.0), ("halving", halving, 1e4)):
        if value is not None and not 0 < value <= most:
            message = f"{name} must be above 0 and at most {most:g}, not {value:g}"
            raise InferscopeError(message)
    if first > last:
        message = f"the first year must not be after the last, not {first} and {last}"
        raise InferscopeError(message)
    months = (halving, halving, halving) if halving is not None else halving_months()
    return Setting(line, share, months, base or base_day(), first, last)


def halving_months() -> tuple[float, float, float]:
    """Months in which the compute for a fixed capability halves: middle, least and most."""
    value = catalog.technique_default("algorithmic_halving_months")
    middle, low, high = value.value, value.low, value.high
    assert middle is not None and low is not None and high is not None  # noqa: S101, PT018  (shipped)
    return middle, low, high


def base_day() -> dt.date:
    """The day from which the EU's line applies."""
    day = find(_OF_EU).effective_from
    assert day is not None  # noqa: S101  (the shipped rule has one)
    return day


class Count(NamedTuple):
    """How many runs a line catches, at the least and at the most over all ranges."""

    caught: int
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Line:
    """One line over the runs.

    Attributes:
        kind: ``fixed``, ``relative`` or ``adjusted``.
        levels: The line on the day of each run, FLOP: middle, least and most, ``(3, n)``.
        caught: Whether each run is caught: in the middle, for sure, and perhaps, ``(3, n)``.
    """

    kind: str
    levels: Array
    caught: NDArray[np.bool_]

    def count(self, chosen: NDArray[np.bool_] | None = None) -> Count:
        """How many of the chosen runs are caught."""
        kept = self.caught if chosen is None else self.caught[:, chosen]
        middle, low, high = (int(row.sum()) for row in kept)
        return Count(middle, low, high)


@dataclass(frozen=True, eq=False)
class Moving:
    """The three lines over the runs of some years.

    Attributes:
        asked: What was asked for.
        runs: The runs released in those years.
        lines: Fixed, relative and adjusted.
        before: Runs that are older, against which the relative line is taken as well.
    """

    asked: Setting
    runs: tuple[Run, ...]
    lines: tuple[Line, ...]
    before: int

    @cached_property
    def years(self) -> NDArray[np.intp]:
        """The year of each run."""
        return np.array([run.released.year for run in self.runs], dtype=np.intp)

    def line(self, kind: str) -> Line:
        """One of the lines."""
        return self.lines[KINDS.index(kind)]

    def in_year(self, year: int) -> NDArray[np.bool_]:
        """Which runs are of a year."""
        return np.asarray(self.years == year)

    def level(self, kind: str, year: int) -> tuple[float, float, float]:
        """A line at the end of a year, FLOP: middle, least and most; NaN before the first run."""
        return _level(self.asked, kind, dt.date(year, 12, 31))


def moving(asked: Setting) -> Moving:
    """The lines over the runs of the years that are asked for."""
    every = runs()
    kept = np.array([asked.first <= run.released.year <= asked.last for run in every], dtype=bool)
    chosen = tuple(run for run, is_kept in zip(every, kept, strict=True) if is_kept)
    columns = np.array([[run.flop, run.low, run.high] for run in every]).T
    days = np.array([run.released.toordinal() for run in every], dtype=float)
    levels = {
        "fixed": np.full_like(columns, asked.line),
        "relative": np.array([relative_line(row, days, asked.share) for row in columns]),
        "adjusted": _adjusted(asked, days),
    }
    lines = tuple(_line(kind, levels[kind][:, kept], columns[:, kept]) for kind in KINDS)
    before = sum(run.released.year < asked.first for run in every)
    return Moving(asked, chosen, lines, before)


def _line(kind: str, levels: Array, flop: Array) -> Line:
    """Which runs a line catches: above it, and with a share of the largest run also on it."""
    holds = np.greater_equal if kind == "relative" else np.greater
    middle, least, most = levels
    pairs = ((flop[0], middle), (flop[1], most), (flop[2], least))
    return Line(kind, levels, np.array([holds(one, other) for one, other in pairs]))


def _adjusted(asked: Setting, days: Array) -> Array:
    """The adjusted line on days: middle, least and most over the halving times, ``(3, n)``."""
    months = (days - asked.base.toordinal()) / _DAYS_PER_MONTH
    found = np.array([adjusted_line(asked.line, months, halving) for halving in asked.halving])
    return np.array([found[0], found.min(axis=0), found.max(axis=0)])


def _level(asked: Setting, kind: str, day: dt.date) -> tuple[float, float, float]:
    if kind == "adjusted":
        middle, low, high = _adjusted(asked, np.array([float(day.toordinal())]))[:, 0]
        return float(middle), float(low), float(high)
    if kind == "fixed":
        return asked.line, asked.line, asked.line
    top = largest(runs(), day)
    return (math.nan,) * 3 if top is None else tuple(asked.share * x for x in top)  # type: ignore[return-value]


def largest(known: Sequence[Run], day: dt.date) -> tuple[float, float, float] | None:
    """Compute of the largest run released by a day: middle, least and most; None before the first."""
    there = [run for run in known if run.released <= day]
    if not there:
        return None
    return max(r.flop for r in there), max(r.low for r in there), max(r.high for r in there)
