"""The status of chips through time for people and for machines."""

from __future__ import annotations

import textwrap
from typing import Any

from inferscope.core.export.tables import csv_text, json_text, markdown_table, without_html
from inferscope.core.policy.status import STATUSES
from inferscope.core.policy.strip import LOOKS, NOT_OUT, Row, Strip, entry, sentence

WIDTH = 80
_COLUMN = 6
_NAME = 22
_FIGURES = (
    "tpp",
    "performance_density",
    "io_bandwidth_gb_s",
    "dram_bandwidth_gb_s",
    "memory_bandwidth_density",
)
_TOLD = ("status", "out", "rules", "conditions", "missing")


def as_json(found: Strip) -> str:
    """One object: the place, the sentence, the words of the statuses and every chip with its spans."""
    whole = {"to": found.to, "sentence": sentence(found), "statuses": dict(STATUSES)}
    return json_text({**whole, "chips": [entry(row) for row in found.rows]})


def as_csv(found: Strip) -> str:
    """One line a chip and span."""
    about = ("id", "name", "vendor", "designed_in", "fabricated_in", "released")
    ends = [f"{name}{end}" for name in _FIGURES for end in ("", "_low", "_high")]
    header = (*about, "to", "from", "until", *_TOLD, *ends)
    lines = []
    for chip in map(entry, found.rows):
        figures = [chip["figures"][name][end] for name in _FIGURES for end in ("value", "low", "high")]
        for span in chip["spans"]:
            told = [_flat(span[name]) for name in _TOLD]
            lines.append(
                [*(chip[name] for name in about), found.to, span["from"], span["to"], *told, *figures]
            )
    return csv_text(header, lines)


def _flat(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return "; ".join(value) if isinstance(value, list) else value


@without_html
def as_markdown(found: Strip) -> str:
    """A table of words, one column a span."""
    header = ("chip", *(f"from {day}" for day in found.days))
    rows = [(f"`{row.record.id}`", *(_words(row.mark_of(span)) for span in row.spans)) for row in found.rows]
    return f"# Export of chips to {found.name}\n\n{sentence(found)}\n\n{markdown_table(header, rows)}"


def _words(status: str) -> str:
    return "not out" if status == NOT_OUT else status.replace("_", " ")


def as_text(found: Strip, *, plain: bool) -> str:
    """One row a chip with a mark a span and the legend; a single day has words in place of marks."""
    head = [f"Export of chips to {found.name}", *textwrap.wrap(sentence(found), WIDTH), ""]
    if len(found.days) == 1:
        return "\n".join([*head, *(line for row in found.rows for line in _told(row)), ""])
    marks = {name: look.plain if plain else look.mark for name, look in LOOKS.items()}
    days = "".join(f"{f'{day:%y-%m}':<{_COLUMN}}" for day in found.days)
    lines = [f"{'from':<{_NAME}}{days}".rstrip()]
    lines += [
        f"{row.record.id[: _NAME - 1]:<{_NAME}}"
        + "".join(marks[row.mark_of(span)] * _COLUMN for span in row.spans)
        for row in found.rows
    ]
    return "\n".join([*head, *(line.rstrip() for line in lines), "", *legend(found, marks), ""])


def legend(found: Strip, marks: dict[str, str]) -> list[str]:
    """The marks that occur, and the days on which the columns begin."""
    seen = {row.mark_of(span) for row in found.rows for span in row.spans}
    known = [f"{marks[name]} {words}" for name, words in STATUSES.items() if name in seen]
    days = f"Columns begin on {', '.join(map(str, found.days))}."
    return [*_lines(known), *textwrap.wrap(days, WIDTH)]


def _lines(items: list[str]) -> list[str]:
    """Items three spaces apart, as many on a line as fit."""
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + 3 + len(item) <= WIDTH:
            lines[-1] += f"   {item}"
        else:
            lines.append(item)
    return lines


def _told(row: Row) -> list[str]:
    """A chip on one day: status, rules, and what it asks or misses."""
    span = row.spans[0]
    status = span.status
    not_out = " (not out yet)" if row.mark_of(span) == NOT_OUT else ""
    rules = ", ".join(rule.id for rule in status.rules)
    first = f"{row.record.id[: _NAME - 1]:<{_NAME}}{_words(status.status)}{not_out}"
    line = f"{first:<{_NAME + 24}}{rules}".rstrip()
    lines = [line] if len(line) <= WIDTH else [first, f"    {rules}"]
    for word, names in (("if", status.conditions), ("needs", status.missing)):
        if names:
            text = f"{word} {', '.join(names)}"
            lines += textwrap.wrap(text, WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 6)
    return lines
