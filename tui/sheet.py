"""The table of a study as rows of text: what stands in each cell, how wide, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len

from inferscope.core.export.studies import cell_text
from inferscope.core.study.table import Table
from inferscope.tui.columns import Head, head_of
from inferscope.tui.measures import Measure, is_number, measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inferscope.core.study.table import Column
    from inferscope.tui.screens.export import Formats

MOST = 1000
"""Rows that are shown; sorting looks at all, and a file gets all."""
NONE = "-"
_CELL = 40
"""Columns that a cell takes at most."""


@dataclass(frozen=True, slots=True)
class Kept(Table):
    """The first rows of a table that is too long to keep.

    Attributes:
        of: How many rows there were.
    """

    of: int = 0


def kept(table: Table, of: int) -> Kept:
    """A table of which only these rows are kept."""
    return Kept(**{item.name: getattr(table, item.name) for item in fields(table)}, of=of)


class Order(NamedTuple):
    """The order of rows.

    Attributes:
        by: The place of the column to sort by; None for the order of the study.
        falling: Whether the greatest comes first; what has no value is last either way.
    """

    by: int | None = None
    falling: bool = False

    def after(self, place: int) -> Order:
        """What a key asks for: the least first, then the greatest first, then as the study had it."""
        if self.by != place:
            return Order(place)
        return Order() if self.falling else Order(place, falling=True)


_OWN = Order()


@dataclass(frozen=True)
class Sheet:
    """A table in some order, as text.

    Attributes:
        table: The table as the study gave it.
        heads: The columns that are shown.
        rows: Places of the rows that are shown.
        cells: Their text, column by column as ``heads``.
        order: Their order.
        reading: How the table is read, for another order.
    """

    table: Table
    heads: tuple[Head, ...]
    rows: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]
    order: Order = _OWN
    reading: _Reading | None = field(default=None, repr=False)

    @property
    def total(self) -> int:
        """How many rows are kept, shown or not."""
        return len(self.table.rows)

    @property
    def made(self) -> int:
        """How many rows there were, kept or not."""
        return max(self.table.of, self.total) if isinstance(self.table, Kept) else self.total

    def changes(self, row: int) -> Mapping[str, Any] | None:
        """What makes the scenario a row that is shown; None where the rows are no scenarios."""
        return self.table.changes[self.rows[row]] if self.table.changes else None

    def in_order(self, order: Order) -> Sheet:
        """The same table in another order."""
        return sheet_of(self.table, order, self.reading)

    @property
    def order_words(self) -> str:
        """The order in words."""
        head = next((head for head in self.heads if head.place == self.order.by), None)
        if head is None:
            return "in the study's own order"
        return f"by {head.label}, the {'greatest' if self.order.falling else 'least'} first"

    @property
    def ordered(self) -> Table:
        """The whole table in the order that is shown."""
        table, order = self.table, _places(self.table, self.order)
        changes = tuple(table.changes[row] for row in order) if table.changes else ()
        return replace(table, rows=tuple(table.rows[row] for row in order), changes=changes)

    def words(self, row: int) -> str:
        """A row that is shown, in one line: every column with its name, numbers with their units."""
        units = {head.beside for head in self.heads}
        found = []
        for place, (head, text) in enumerate(zip(self.heads, self.cells[row], strict=True)):
            if place not in units and text != NONE:
                unit = "" if head.beside is None else self.cells[row][head.beside]
                found.append(f"{head.label} {text.strip()} {unit}".rstrip())
        return "; ".join(found)


def sheet_of(table: Table, order: Order = _OWN, reading: _Reading | None = None) -> Sheet:
    """A table as text.

    Args:
        table: The table.
        order: In which order.
        reading: How it was read before.
    """
    reading = reading or _Reading(table)
    rows = tuple(_places(table, order)[:MOST])
    cells = tuple(map(reading.row, rows))
    columns = list(zip(*cells, strict=True)) or [()] * len(reading.shown)
    heads = tuple(map(reading.head, range(len(reading.shown)), columns))
    return Sheet(table, heads, rows, cells, order, reading)


# --- how a table is read -------------------------------------------------------------------------


class _Shown(NamedTuple):
    """A column that people read.

    Attributes:
        place: Its place in the table.
        column: The column.
        measure: The unit that all its cells share; None for text, and where rows have units of their own.
        units: The place of the column that holds those.
        bare: Whether that one is shown too, right after the columns that share it.
    """

    place: int
    column: Column
    measure: Measure | None = None
    units: int | None = None
    bare: bool = False


class _Reading:
    """How the cells of a table are written: the numbers of a column, or of a range in a row, in one unit."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._places = {column.name: place for place, column in enumerate(table.columns)}
        self._groups: dict[int, list[int]] = {}
        for place, column in enumerate(table.columns):
            if column.unit_from:
                self._groups.setdefault(self._places[column.unit_from], []).append(place)
        self._texts: dict[int, tuple[str, ...]] = {}
        self.shown = self._read()

    def _read(self) -> tuple[_Shown, ...]:
        """The columns that people read, with that of the units where rows differ in them."""
        found: list[_Shown] = []
        columns = self.table.columns
        for place, column in enumerate(columns):
            units = self._places.get(column.unit_from)
            if place in self._groups or units is None:
                if place not in self._groups:
                    found.append(_Shown(place, column, self._measure(place)))
                continue
            group = self._groups[units]
            if self._is_one(units):
                row = self.table.rows[0]
                found.append(
                    _Shown(place, column, measure(self._cells(group), row[units] or "", self._name(row)))
                )
                continue
            run = _run(group)
            bare = len(run) > 1 and place in run
            found.append(_Shown(place, column, None, units, bare))
            if bare and place == run[-1]:
                found.append(_Shown(units, columns[units]))
        return tuple(found)

    def _cells(self, places: Sequence[int]) -> list[Any]:
        return [row[place] for row in self.table.rows for place in places]

    def _is_one(self, units: int) -> bool:
        """Whether all rows have the same unit, and are of the same quantity where that is said."""
        return len({(row[units], self._name(row)) for row in self.table.rows}) == 1

    def _name(self, row: Sequence[Any]) -> str:
        """The quantity of a row; empty where it is not said."""
        place = self._places.get("quantity")
        return str(row[place]) if place is not None else ""

    def _measure(self, place: int) -> Measure | None:
        """The unit of a column of numbers; both ends of a range have the same."""
        column, columns = self.table.columns[place], self.table.columns
        values = [value for value in self._cells([place]) if value is not None]
        if column.unit == "bool" or not all(map(_is_figure, values)) or not (values or column.unit):
            return None
        stem = column.name.removesuffix("low").removesuffix("high")
        ends = [i for i, other in enumerate(columns) if other.name in (f"{stem}low", f"{stem}high")]
        return measure(self._cells(ends if place in ends else [place]), column.unit, column.name)

    def row(self, at: int) -> tuple[str, ...]:
        """The cells of a row."""
        if at not in self._texts:
            row = self.table.rows[at]
            own = {units: self._own(row, units, group) for units, group in self._groups.items()}
            self._texts[at] = tuple(_cell(row[item.place], item, own) for item in self.shown)
        return self._texts[at]

    def _own(self, row: Sequence[Any], units: int, group: Sequence[int]) -> Measure:
        return measure((row[place] for place in group), row[units] or "", self._name(row))

    def head(self, index: int, texts: Sequence[str]) -> Head:
        """The head of a column over its cells."""
        item = self.shown[index]
        wide = min(max(map(cell_len, texts), default=1), _CELL)
        is_units = item.place in self._groups
        name = item.column.label or ("Unit" if is_units else item.column.name)
        unit = item.measure.unit if item.measure else ""
        right = item.measure is not None or item.units is not None or bool(item.column.unit)
        head = head_of(item.place, name, unit, wide, right=right)
        if not item.bare:
            return head
        beside = next(i for i in range(index, len(self.shown)) if self.shown[i].place == item.units)
        return head._replace(beside=beside)


def _run(places: Sequence[int]) -> list[int]:
    """The first of some places, and those that follow it without a gap."""
    return [place for step, place in enumerate(places) if place == places[0] + step]


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: Any, item: _Shown, own: Mapping[int, Measure]) -> str:
    """The text of a cell; blanks before a text are kept: a bar may begin further right."""
    if item.place in own:
        return own[item.place].unit
    unit = item.measure or (own[item.units] if item.units is not None else None)
    if unit is None or not is_number(value):
        text = cell_text(None if unit is not None else value, item.column)
        return f"{' ' * (len(text) - len(text.lstrip(' ')))}{' '.join(text.split())}"
    with_unit = item.measure is None and not item.bare
    return f"{unit.text(value)} {unit.unit}".rstrip() if with_unit else unit.text(value)


# --- order ---------------------------------------------------------------------------------------


def _places(table: Table, order: Order) -> list[int]:
    """Places of all rows in an order."""
    places = list(range(len(table.rows)))
    by = order.by
    if by is None:
        return places
    keys = [_key(row[by]) for row in table.rows]
    known = [place for place in places if keys[place] is not None]
    known.sort(key=lambda place: keys[place], reverse=order.falling)  # type: ignore[arg-type,return-value]
    return [*known, *(place for place in places if keys[place] is None)]


def _key(value: Any) -> tuple[int, float, str] | None:
    """What a cell is sorted by: numbers before words; None where there is nothing."""
    if value is None or value != value:  # noqa: PLR0124  (NaN is no value either)
        return None
    return (0, float(value), "") if isinstance(value, int | float) else (1, 0.0, str(value).lower())


def changed(changes: Mapping[str, Any]) -> str:
    """Changes of a scenario in words.

    >>> changed({"workload.batch": 64.0, "optimizations.kv_format": "fp8", "slo.tpot_s": None})
    'workload.batch 64, optimizations.kv_format fp8, slo.tpot_s not set'
    """
    texts = []
    for key, value in changes.items():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        texts.append(f"{key} {'not set' if value is None else f'{value:.6g}' if is_number else value}")
    return ", ".join(texts)


def formats(sheet: Sheet) -> Formats:
    """What the table can be written as, in the order that is shown; and its plot, where it has one."""
    from inferscope.core.export import plot, studies

    table, curve = sheet.ordered, sheet.table.curve
    drawn = {} if curve is None else {".plot.csv": ("plot points, a line each", lambda: plot.as_csv(curve))}
    return {
        ".csv": ("every row, a line each", lambda: studies.as_csv(table)),
        ".json": ("rows, units and changes for programs", lambda: studies.as_json(table)),
        ".md": ("the table for people", lambda: studies.as_markdown(table)),
        **drawn,
    }
