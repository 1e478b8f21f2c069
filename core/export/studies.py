"""The table of a study as text, CSV, JSON and Markdown; everything returns text."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from inferscope.core import DATA_DATE, __version__
from inferscope.core.export.tables import csv_text, json_text, markdown_table, text_table, without_html
from inferscope.core.shown import shown
from inferscope.core.study.table import Column, Table

__all__ = ["as_csv", "as_json", "as_markdown", "as_text", "cell_text"]

WIDTH = 80
_HEAD = 14
"""Letters that a line of a heading may always take."""


def cell_text(value: Any, column: Column) -> str:
    """A value of a column for people; a dash where there is none.

    >>> cell_text(0.0498, Column("tpot_s", "s")), cell_text(None, Column("tpot_s", "s"))
    ('49.8 ms', '-')
    >>> cell_text("h100-sxm", Column("hardware.accelerator")), cell_text(64.0, Column("batch", "1"))
    ('h100-sxm', '64')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, str | bool) or not isinstance(value, int | float):
        return shown({"value": value, "unit": ""}) if isinstance(value, bool) else str(value)
    if column.unit == "bool":
        return shown({"value": bool(value), "unit": ""})
    return shown({"value": float(value), "unit": column.unit or "1"}, column.name)


def as_text(table: Table, width: int = WIDTH, beside: int = 1) -> str:
    """The table for a terminal: the sentence, the rows in as many blocks as their width needs, notes.

    Args:
        table: The table.
        width: Columns of the terminal.
        beside: How many of the first columns stand in every block.
    """
    parts = [*_wrapped(table.title, width), ""] if table.title else []
    parts += [*_wrapped(table.sentence, width), ""] if table.sentence else []
    for block in _blocks(table, width, beside):
        parts += [*block, ""]
    parts += [*(line for note in table.notes for line in _wrapped(f"- {note}", width)), ""]
    parts = parts if table.notes else parts[:-1]
    return "\n".join([*parts, f"{_made_with()}", ""])


def as_csv(table: Table) -> str:
    """One line a row under the names of the columns, numbers with twelve digits, absent ones empty."""
    return csv_text([column.name for column in table.columns], [_finite(row) for row in table.rows])


def as_json(table: Table) -> str:
    """One object: what was studied, the columns with their units, one object a row, the sentence."""
    names = [column.name for column in table.columns]
    rows: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in table.rows]
    if table.changes:
        rows = [row | {"changes": dict(change)} for row, change in zip(rows, table.changes, strict=True)]
    return json_text(
        {
            "inferscope": __version__,
            "data": DATA_DATE,
            "title": table.title,
            "sentence": table.sentence,
            "columns": [{"name": c.name, "unit": c.unit, "label": c.label or c.name} for c in table.columns],
            "rows": rows,
            "notes": list(table.notes),
        }
    )


@without_html
def as_markdown(table: Table) -> str:
    """A heading, the sentence, the rows and the notes."""
    header = [f"`{c.name}`" if not c.label else c.label for c in _read(table)]
    parts = [f"# {table.title}\n"] if table.title else []
    parts += [f"{table.sentence}\n"] if table.sentence else []
    parts.append(markdown_table(header, _cells(table)))
    parts += ["\n".join(f"- {note}" for note in table.notes) + "\n"] if table.notes else []
    return "\n".join([*parts, f"{_made_with()}\n"])


def _finite(row: Sequence[Any]) -> list[Any]:
    return [None if isinstance(v, float) and not math.isfinite(v) else v for v in row]


def _read(table: Table) -> list[Column]:
    """The columns that people read: not those that hold the units of others."""
    units = {column.unit_from for column in table.columns}
    return [column for column in table.columns if column.name not in units]


def _cells(table: Table) -> list[list[str]]:
    """The cells of the columns that people read, numbers with the unit of their column or row."""
    found = []
    for row in table.rows:
        values = dict(zip((column.name for column in table.columns), row, strict=True))
        columns = [
            replace(column, unit=values[column.unit_from] or "") if column.unit_from else column
            for column in _read(table)
        ]
        found.append([cell_text(values[column.name], column) for column in columns])
    return found


def _blocks(table: Table, width: int, beside: int) -> list[list[str]]:
    """The rows, as many columns at a time as fit, each time beside the first."""
    read, cells = _read(table), _cells(table)
    columns = [[line[i] for line in cells] for i in range(len(read))]
    heads = [_head(c.label or c.name, column) for c, column in zip(read, columns, strict=True)]
    places = {column.name: place for place, column in enumerate(table.columns)}
    numbers = {
        i
        for i, column in enumerate(read)
        if column.unit or _is_numeric([row[places[column.name]] for row in table.rows])
    }
    widths = [max(map(len, [*head, *column])) for head, column in zip(heads, columns, strict=True)]
    first = list(range(min(beside, len(widths))))
    first = first if sum(widths[i] + 2 for i in first) <= width // 2 else first[:1]
    chosen = [list(first)]
    for i in range(len(first), len(widths)):
        if len(chosen[-1]) > len(first) and sum(widths[j] + 2 for j in chosen[-1]) + widths[i] > width:
            chosen.append(list(first))
        chosen[-1].append(i)
    found = []
    for block in chosen:
        deep = max((len(heads[i]) for i in block), default=0)
        above = [[([""] * deep + heads[i])[len(heads[i]) + line] for i in block] for line in range(deep)]
        lines = [*above, *([line[i] for i in block] for line in cells)]
        right = [place for place, i in enumerate(block) if i in numbers]
        is_wide = sum(widths[i] + 2 for i in block) - 2 > width and len(block) - 1 not in right
        lines = _broken(lines, width) if is_wide else lines
        found.append(text_table((), lines, right).splitlines())
    return found


def _broken(lines: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """The lines of a table with long text last, such as a source, broken between words, addresses whole."""
    beside = [max(map(len, column)) + 2 for column in zip(*(line[:-1] for line in lines), strict=True)]
    found = []
    for *cells, last in lines:
        first, *more = _wrapped(last, max(width - sum(beside), 2 * _HEAD)) or [""]
        found += [[*cells, first], *([*([""] * len(cells)), text] for text in more)]
    return found


def _head(label: str, cells: Sequence[str]) -> list[str]:
    """A heading in lines not much wider than what stands below it."""
    width = max([_HEAD, *map(len, cells)])
    if " " not in label and len(label) > width:  # a key of the scenario
        return label.replace(".", ".\n").split("\n")
    return textwrap.wrap(label, width, break_long_words=False, break_on_hyphens=False) or [""]


def _is_numeric(values: Sequence[Any]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in known)


def _wrapped(text: str, width: int, indent: str = "  ") -> list[str]:
    indent = indent if text.startswith("- ") else ""
    return textwrap.wrap(
        text, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


def _made_with() -> str:
    return f"inferscope {__version__}, data of {DATA_DATE}"
