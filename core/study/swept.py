"""The rows of a sweep in memory, and what is said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from inferscope.core.errors import InferscopeError
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.axes import unit_of
from inferscope.core.study.conditions import Best, Cells, Words
from inferscope.core.study.drawing import Axis, Curve, line
from inferscope.core.study.sweep import SELECT, WHY, Block, Columns, Sweep
from inferscope.core.study.table import Column, Table, Watch
from inferscope.core.units import human

__all__ = ["Swept", "Tally", "best_of", "collect", "sweep", "table_of"]

MOST_HELD = 100_000_000
"""Numbers that a sweep may hold in memory at once."""
_LINES = 6
"""Lines of a plot that can still be told apart."""


@dataclass(frozen=True)
class Swept(Columns):
    """The rows of a sweep in memory: arrays ``(rows,)`` by name.

    Numbers are floats, NaN where there is none; true and false are 1 and 0; text and the words of
    codes are objects.

    Attributes:
        made_by: The sweep.
        cells: The columns.
        tally: What is said of all points.
    """

    made_by: Sweep
    cells: Mapping[str, Cells]
    tally: Tally

    @property
    def units(self) -> dict[str, str]:
        """The unit of every column; empty for text."""
        return self.made_by.units

    def table(self, rows: int | None = None) -> Table:
        """The first rows, or all, with a sentence on all points."""
        count = self.rows if rows is None else min(rows, self.rows)
        shown = {name: cells[:count] for name, cells in self.cells.items()}
        return replace(table_of(self.made_by, shown, self.tally), curve=self.curve())

    def curve(self) -> Curve | None:
        """What the best row is best by along the longest axis of numbers, a line for each other setting.

        None where there is no such axis or quantity; the first few settings where there are many.
        """
        numeric = [axis for axis in self.made_by.axes if axis.numbers is not None]
        by = self.tally.by
        if not numeric or not self.rows or by not in self.cells:
            return None
        along = max(numeric, key=len)
        others = [axis.key for axis in self.made_by.axes if axis is not along]
        x, y = np.asarray(self[along.key], dtype=np.float64), np.asarray(self[by], dtype=np.float64)
        groups = np.zeros(self.rows, dtype=np.intp)
        for key in others:
            column = self.cells[key]
            codes = column.codes if isinstance(column, Words) else np.unique(column, return_inverse=True)[1]
            groups = np.unique(groups * (int(codes.max()) + 1) + codes, return_inverse=True)[1].reshape(-1)
        _, first = np.unique(groups, return_index=True)
        series = []
        for row in np.sort(first)[:_LINES]:
            own = np.flatnonzero(groups == groups[row])
            own = own[np.argsort(x[own], kind="stable")]
            label = ", ".join(f"{key.rpartition('.')[2]} {_short(self.cells[key][[row]])}" for key in others)
            series.append(line(label or by, x[own], y[own]))
        node = REGISTRY.quantities[by]
        across = Axis(along.key, unit_of(along.key), along.key, log=_is_wide(x))
        up = Axis(by, node.unit, node.label.lower(), log=_is_wide(y[np.isfinite(y)]))
        sentence = self.tally.sentence()
        return Curve("sweep", f"{node.label} over {along.key}", across, up, tuple(series), (), sentence)


def _is_wide(values: Array) -> bool:
    """Whether numbers read better on a logarithmic axis."""
    return len(values) > 0 and bool(values.min() > 0) and bool(values.max() > 30 * values.min())


def table_of(made_by: Sweep, cells: Mapping[str, Cells], tally: Tally) -> Table:
    """Rows of a sweep as the table of a study; without a column of reasons where there is none."""
    columns = [column for column in made_by.columns if column.name != WHY or tally.whys]
    taken = [_plain(cells[column.name], column) for column in columns]
    rows = tuple(zip(*taken, strict=True))
    keys = [axis.key for axis in made_by.axes]
    changes = tuple(dict(zip(keys, row, strict=False)) for row in rows)
    title = f"Sweep over {' and '.join(keys)}"
    short = tuple(Column(c.name, c.unit, c.label if c.name not in keys else c.name) for c in columns)
    return Table(title, short, rows, tally.sentence(), changes, notes=made_by.notes)


def _plain(cells: Cells, column: Column) -> list[Any]:
    """A column as plain values, None where there is none."""
    if isinstance(cells, Words):
        return [cells.known[code] for code in cells.codes]
    values = cells.tolist()
    if column.unit == "bool":
        return [None if value != value else bool(value) for value in values]  # noqa: PLR0124
    return [value if np.isfinite(value) else None for value in values]


@dataclass
class Tally:
    """What is said of a sweep as its blocks pass: how many rows, which is best, what lacks numbers.

    Attributes:
        made_by: The sweep.
        by: What the best row is best by; empty where no quantity has a direction.
        points: Points so far.
        rows: Rows so far.
        whys: How many rows lack numbers for which reason.
        nothing: Why no row is among the best, where those were asked for and there is none.
    """

    made_by: Sweep
    by: str = ""
    points: int = 0
    rows: int = 0
    whys: Counter[str] = field(default_factory=Counter)
    nothing: str = ""
    _best: Best | None = None

    def __post_init__(self) -> None:
        """Choose what the best row is best by."""
        preferred = ("usd_per_million_output_tokens", *self.made_by.select)
        known = [n for n in preferred if n in self.made_by.select and REGISTRY.quantities[n].better]
        if self.by not in REGISTRY.quantities:
            self.by = next((name for name in known if name != "fits_memory"), "")
        if self.by:
            self._best = Best(1, self.by, largest=is_larger_better(self.by))

    def add(self, block: Block) -> None:
        """Count the rows of a block."""
        self.points += block.points
        self.rows += block.rows
        whys = block.cells[WHY]
        if isinstance(whys, Words) and block.rows:
            for code, count in enumerate(np.bincount(whys.codes)):
                if code and count:
                    self.whys[whys.known[code]] += int(count)
        if self._best is not None and block.rows and self.by in block.cells:
            self._best.add(block.cells)

    def sentence(self) -> str:
        """How many rows there are, which is best and how many lack numbers."""
        every = (
            f"{self.rows:,} rows" if self.rows == self.points else f"{self.rows:,} of {self.points:,} points"
        )
        parts = [every]
        if self._best is not None and self._best.rows:
            node, cells = REGISTRY.quantities[self.by], self._best.columns
            value = human(float(np.asarray(cells[self.by])[0]), node.unit)
            keys = [axis.key for axis in self.made_by.axes]
            where = ", ".join(f"{key} {_short(cells[key])}" for key in keys)
            parts.append(f"the best {node.label.lower()} is {value} at {where}")
        if self.whys:
            known = ", ".join(f"{count:,} {why}" for why, count in self.whys.most_common(3))
            parts.append(
                f"{sum(self.whys.values()):,} lack numbers ({known}{', ...' if len(self.whys) > 3 else ''})"
            )
        if nothing := self.nothing:
            parts.append(nothing)
        return "; ".join(parts) + "."


def _short(cells: Cells) -> str:
    value = cells.known[cells.codes[0]] if isinstance(cells, Words) else float(cells[0])
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def is_larger_better(name: str) -> bool:
    """Whether rows with large values are the best; of what has no direction the small ones are."""
    node = REGISTRY.quantities.get(name)
    return node is not None and node.better == "higher"


def sweep(
    scenario: Scenario,
    over: Mapping[str, Any] | Iterable[str],
    *,
    select: str | Iterable[str] = SELECT,
    where: Iterable[str] = (),
    top: int | None = None,
    by: str = "",
    zipped: bool = False,
    watch: Watch | None = None,
) -> Swept:
    """Quantities of a scenario at many points, in memory.

    Args:
        scenario: The scenario.
        over: Keys and their values: ``{"workload.batch": [1, 8, 64]}``, or texts as on the command line.
        select: Quantities; ``"all"`` for those that every report has.
        where: Conditions such as ``"tpot_s<=0.05"``; all must hold.
        top: Keep only so many rows, the best first.
        by: What they are best by.
        zipped: Whether the axes are walked together instead of crossed.
        watch: Called with the points done and of how many.

    Returns:
        Columns as arrays ``(rows,)``, with their units in ``.units``.

    Raises:
        InferscopeError: As :class:`Sweep`, or the rows do not fit into memory.
    """
    made_by = Sweep(scenario, over, select=select, where=where, zipped=zipped)
    best = best_of(made_by, top, by)
    numbers = made_by.points * len(made_by.columns)
    if best is None and not made_by.where and numbers > MOST_HELD:
        message = f"{made_by.points:,} points are too many to hold: walk the blocks of Sweep, or keep the top"
        raise InferscopeError(message)
    return collect(made_by, best, watch=watch)


def collect(
    made_by: Sweep, best: Best | None = None, *, limit: int | None = None, watch: Watch | None = None
) -> Swept:
    """Walk a sweep and keep its rows: the best, the first few, or all.

    Args:
        made_by: The sweep.
        best: What keeps the best rows, where only those are asked for.
        limit: How many of the first rows to keep.
        watch: Called with the points done and of how many.
    """
    by = "" if best is None else best.by
    tally = Tally(made_by, by)
    kept: list[Mapping[str, Cells]] = []
    for block in made_by.walk(beside=(by,) if by else ()):
        rows = tally.rows
        tally.add(block)
        if best is not None:
            best.add(block.cells)
        elif limit is None or rows < limit or not kept:
            left = None if limit is None else limit - rows
            kept.append({name: cells[:left] for name, cells in block.cells.items()})
        if watch is not None:
            watch(tally.points, made_by.points)
    if best is not None:
        tally.nothing = best.nothing()
    names = [column.name for column in made_by.columns]
    cells = best.columns if best is not None else {name: _stacked([c[name] for c in kept]) for name in names}
    return Swept(made_by, {name: cells[name] for name in names}, tally)


def _stacked(columns: Sequence[Cells]) -> Cells:
    """Columns one below the other."""
    last = columns[-1]
    if isinstance(last, Words):
        return Words(np.concatenate([c.codes for c in columns if isinstance(c, Words)]), last.known)
    return np.concatenate([np.asarray(column) for column in columns])


def best_of(made_by: Sweep, top: int | None, by: str) -> Best | None:
    """What keeps the best rows of a sweep, where only those are asked for.

    Raises:
        InferscopeError: It is not said what they are best by, or that is unknown.
    """
    if by:
        made_by.check_name(by)
    if top is None and not by:
        return None
    if top is None or not by:
        message = "--top N and --by QUANTITY belong together"
        raise InferscopeError(message)
    return Best(top, by, largest=is_larger_better(by))
