"""The columns of a sheet: how they are headed, and which of them have room."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from inferscope.tui.sizes import clipped

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD = 9
"""Columns that a heading may always take."""
_LINES = 3
"""Lines that a heading has."""
_CUT = 16
"""Columns up to which a heading grows where it has fewer lines; then its name is cut, never its unit."""
_NARROW, _FEW = 26, 5
"""Columns down to which the names of rows go where fewer columns than so many have room beside them."""


class Head(NamedTuple):
    """One column as it is shown.

    Attributes:
        place: Its place in the table.
        label: What it is called, with the unit where all cells share it.
        lines: The label in lines.
        width: Columns of the terminal that it takes.
        right: Whether cells stand at its right end.
        cells: Columns that its cells take.
        unit: The unit in the label; empty where there is none.
        beside: The index of the column that holds the unit of each row, where that is another one.
    """

    place: int
    label: str
    lines: tuple[str, ...]
    width: int
    right: bool
    cells: int = 0
    unit: str = ""
    beside: int | None = None


def head_of(place: int, name: str, unit: str, cells: int, *, right: bool) -> Head:
    """The head of a column.

    Args:
        place: Its place in the table.
        name: What it is called.
        unit: The unit that all its cells share.
        cells: How wide its cells are.
        right: Whether they stand at its right end.
    """
    label = f"{name} ({unit})" if unit else name
    lines = _wrapped(label, cells)
    return Head(place, label, lines, max([cells, *map(cell_len, lines)]), right, cells, unit)


def in_lines(head: Head, most: int) -> Head:
    """A head in so many lines at most: wider, then with its name cut; the unit stays.

    >>> in_lines(head_of(0, "At low", "ct", 5, right=True), 1).lines
    ('At low (ct)',)
    >>> in_lines(head_of(0, "Output tokens per second and accelerator", "tokens/s", 5, right=True), 2).lines
    ('Output tokens p…', '(tokens/s)')
    >>> in_lines(head_of(0, "economics.usd_per_accelerator_hour", "", 4, right=True), 1).lines
    ('usd_per_acceler…',)
    """
    if len(head.lines) <= most:
        return head
    widest = max(head.cells, _CUT)
    lines = next((found for n in range(_HEAD, widest + 1) if len(found := _lines(head.label, n)) <= most), ())
    if not lines or max(map(cell_len, lines)) > widest:
        lines = _cut(head, widest, most)
    return head._replace(lines=tuple(lines), width=max([head.cells, *map(cell_len, lines)]))


def _cut(head: Head, width: int, most: int) -> list[str]:
    """A name as far as there is room, and the unit."""
    unit = f"({head.unit})" if head.unit else ""
    name = head.label.removesuffix(f" {unit}") if unit else head.label
    name = name if " " in name else name.rpartition(".")[2]  # the table of a key says least
    if unit and most == 1:
        return [f"{clipped(name, max(width - cell_len(unit) - 1, 10))} {unit}"]
    rows = most - bool(unit)
    found = textwrap.wrap(name, width, break_on_hyphens=False)
    if len(found) > rows:
        found = [*found[: rows - 1], clipped(" ".join(found[rows - 1 :]), width)]
    return [*found, unit] if unit else found


def _wrapped(label: str, cells: int) -> tuple[str, ...]:
    """A heading in a few lines, not much wider than what stands below it.

    >>> _wrapped("Cost per million output tokens ($)", 5)
    ('Cost per', 'million output', 'tokens ($)')
    >>> _wrapped("economics.usd_per_accelerator_hour", 4)
    ('economics.usd_', 'per_accelerator_', 'hour')
    """
    for width in range(max(cells, _HEAD), 200):
        lines = _lines(label, width)
        if len(lines) <= _LINES and all(cell_len(line) <= width for line in lines):
            return tuple(lines)
    return (label,)


def _lines(label: str, width: int) -> list[str]:
    """A label in lines of a width, or of its longest word."""
    if " " in label:
        return textwrap.wrap(label, width, break_long_words=False, break_on_hyphens=False)
    return _packed(re.sub(r"(?<=[._])", " ", label).split(), width)


def _packed(parts: Sequence[str], width: int) -> list[str]:
    """Parts of a key, as many on a line as fit."""
    lines = [""]
    for part in parts:
        if lines[-1] and cell_len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return lines


def narrowed(heads: Sequence[Head], cells: Sequence[Sequence[str]]) -> list[Head]:
    """The columns as wide as some of their cells need, where rows have units of their own.

    Such tables are short and mixed: a single long number somewhere would take the room of a column.
    """
    if all(head.beside is None for head in heads):
        return list(heads)
    found = []
    for place, head in enumerate(heads):
        wide = min(max((cell_len(row[place]) for row in cells), default=1), head.cells)
        lines = _wrapped(head.label, wide)
        found.append(head._replace(lines=lines, cells=wide, width=max([wide, *map(cell_len, lines)])))
    return found


def shown_columns(heads: Sequence[Head], chosen: int, width: int) -> tuple[int, ...]:
    """Which columns fit: the first, the chosen one, and as many after and before it as have room.

    Args:
        heads: All columns; one that holds the units of another comes with it.
        chosen: The index of the one that has to be seen.
        width: Columns of the terminal.
    """
    if not heads:
        return ()
    inside = _with_units(heads, {0, chosen})
    room = width - sum(heads[place].width + 2 for place in inside)
    for places in (range(chosen + 1, len(heads)), range(chosen - 1, 0, -1)):
        for place in places:
            more = _with_units(heads, {place}) - inside
            if (taken := sum(heads[one].width + 2 for one in more)) > room:
                break
            inside |= more
            room -= taken
    return tuple(sorted(inside))


def _with_units(heads: Sequence[Head], places: set[int]) -> set[int]:
    return places | {unit for place in places if (unit := heads[place].beside) is not None}


def laid_out(heads: Sequence[Head], chosen: int, width: int, most: int) -> dict[int, Head]:
    """The columns that are shown, by their indices; names of rows are shortened where that makes room.

    Args:
        heads: All columns.
        chosen: The index of the one that has to be seen.
        width: Columns of the terminal.
        most: Lines of the heading.
    """
    cut = [in_lines(head, most) for head in heads]
    places = shown_columns(cut, chosen, width)
    if len(places) < _FEW and cut and not cut[0].right and cut[0].width > _NARROW:
        narrow = [cut[0]._replace(width=_NARROW), *cut[1:]]
        more = shown_columns(narrow, chosen, width)
        if len(more) > len(places):
            spare = width - sum(cut[place].width + 2 for place in more[1:]) - 2
            places, cut[0] = more, cut[0]._replace(width=min(cut[0].width, spare))
    return {place: cut[place] for place in places}


def shortened(text: str, width: int) -> str:
    """A name in so many columns, with both its ends: those of a list often begin alike.

    >>> shortened("Output tokens per second and accelerator", 26)
    'Output tokens per…elerator'
    """
    if cell_len(text) <= width:
        return text
    tail = max(width // 3, 0)
    return f"{clipped(text, width - tail)}{text[len(text) - tail :].lstrip()}"
