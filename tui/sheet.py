"""The table of a study as rows of text: what stands in each cell, how wide, and in which order."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len

from inferscope.core.export.studies import cell_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inferscope.core.study.table import Column, Table
    from inferscope.tui.screens.export import Formats

MOST = 1000
"""Rows that are shown; sorting looks at all, and a file gets all."""
NONE = "-"
_NUMBER = re.compile(r"([-+]?[\d,]*\.?\d+(?:e[-+]?\d+)?)(?: (\S.*))?")
_HEAD = 9
"""Columns that a heading may always take."""
_LINES = 3
"""Lines that a heading has."""
_CELL = 40
"""Columns that a cell takes at most."""


class Head(NamedTuple):
    """One column as it is shown.

    Attributes:
        place: Its place in the table.
        label: What it is called, with the unit where all cells share it.
        lines: The label in lines.
        width: Columns of the terminal that it takes.
        right: Whether cells stand at its right end.
    """

    place: int
    label: str
    lines: tuple[str, ...]
    width: int
    right: bool


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
        texts: Cells of rows that were shown so far, with their units, for another order.
    """

    table: Table
    heads: tuple[Head, ...]
    rows: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]
    order: Order = _OWN
    texts: dict[int, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @property
    def total(self) -> int:
        """How many rows there are, shown or not."""
        return len(self.table.rows)

    def changes(self, row: int) -> Mapping[str, Any] | None:
        """What makes the scenario a row that is shown; None where the rows are no scenarios."""
        return self.table.changes[self.rows[row]] if self.table.changes else None

    def in_order(self, order: Order) -> Sheet:
        """The same table in another order."""
        return sheet_of(self.table, order, self.texts)

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
        """A row that is shown, in one line: every column with its name."""
        texts = zip(self.heads, self.cells[row], strict=True)
        return "; ".join(f"{head.label} {text}" for head, text in texts if text != NONE)


def sheet_of(table: Table, order: Order = _OWN, texts: dict[int, tuple[str, ...]] | None = None) -> Sheet:
    """A table as text.

    Args:
        table: The table.
        order: In which order.
        texts: Cells of its rows that are known already, in the order of :func:`_read`; more are added.
    """
    rows = _places(table, order)[:MOST]
    columns = _read(table)
    texts = {} if texts is None else texts
    for row in rows:
        if row not in texts:
            texts[row] = _texts(table.rows[row], columns)
    laid = [
        _column(place, column, [texts[row][i] for row in rows])
        for i, (place, column, _) in enumerate(columns)
    ]
    cells = tuple(zip(*(cells for _, cells in laid), strict=True))
    return Sheet(table, tuple(head for head, _ in laid), tuple(rows), cells, order, texts)


def _read(table: Table) -> list[tuple[int, Column, int | None]]:
    """The columns that people read, with their places, and that of the column that holds their units."""
    places = {column.name: place for place, column in enumerate(table.columns)}
    units = {column.unit_from for column in table.columns}
    return [
        (place, column, places.get(column.unit_from))
        for place, column in enumerate(table.columns)
        if column.name not in units
    ]


def _texts(row: Sequence[Any], columns: Sequence[tuple[int, Column, int | None]]) -> tuple[str, ...]:
    """The cells of a row, numbers with their units."""
    found = []
    for place, column, units in columns:
        own = column if units is None else replace(column, unit=row[units] or "")
        found.append(" ".join(cell_text(row[place], own).split()))
    return tuple(found)


def _column(place: int, column: Column, texts: list[str]) -> tuple[Head, list[str]]:
    """The head of a column and its cells; a unit that all cells share goes into the head."""
    known = [found for text in texts if text != NONE and (found := _NUMBER.fullmatch(text))]
    is_number = len(known) == sum(text != NONE for text in texts) and bool(known)
    label = column.label or column.name
    shared = {found[2] for found in known if found[1] != "0"} if is_number else set()
    if len(shared) == 1 and (unit := shared.pop()):  # nothing is nothing in every unit
        texts = ["0" if text.startswith("0 ") else text.removesuffix(f" {unit}") for text in texts]
        label = f"{label} ({unit})"
    wide = min(max(map(cell_len, texts), default=1), _CELL)
    lines = _wrapped(label, wide)
    width = max([wide, *map(cell_len, lines)])
    return Head(place, label, lines, width, is_number or bool(column.unit)), texts


def _wrapped(label: str, cells: int) -> tuple[str, ...]:
    """A heading in a few lines, not much wider than what stands below it.

    >>> _wrapped("Cost per million output tokens ($)", 5)
    ('Cost per', 'million output', 'tokens ($)')
    >>> _wrapped("economics.usd_per_accelerator_hour", 4)
    ('economics.usd_', 'per_', 'accelerator_hour')
    """
    spaced = label if " " in label else re.sub(r"(?<=[._])", " ", label)
    glue = " " if " " in label else ""
    for width in range(max(cells, _HEAD), 200):
        if glue:
            lines = textwrap.wrap(spaced, width, break_long_words=False, break_on_hyphens=False)
        else:
            lines = _packed(spaced.split(), width)
        if len(lines) <= _LINES and all(cell_len(line) <= width for line in lines):
            return tuple(lines)
    return (label,)


def _packed(parts: Sequence[str], width: int) -> list[str]:
    """Parts of a key, as many on a line as fit."""
    lines = [""]
    for part in parts:
        if lines[-1] and cell_len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return lines


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


def shown_columns(heads: Sequence[Head], chosen: int, width: int) -> tuple[int, ...]:
    """Which columns fit: the first, the chosen one, and as many after and before it as have room.

    Args:
        heads: All columns.
        chosen: The index of the one that has to be seen.
        width: Columns of the terminal.
    """
    if not heads:
        return ()
    inside = {0, chosen}
    room = width - sum(heads[place].width + 2 for place in inside)
    for places in (range(chosen + 1, len(heads)), range(chosen - 1, 0, -1)):
        for place in places:
            if heads[place].width + 2 > room:
                break
            inside.add(place)
            room -= heads[place].width + 2
    return tuple(sorted(inside))


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
