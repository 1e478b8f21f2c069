"""A comparison as rows of text: what stands in each column, and bars for what carries a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from textual.content import Content

from inferscope.core.export.comparison import LETTERS
from inferscope.core.export.differences import SMALL, amount, cell_text, percent
from inferscope.core.graph import REGISTRY
from inferscope.core.shown import shown
from inferscope.core.study.changes import words
from inferscope.tui.sizes import clipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inferscope.core.study.compare import Carried, Comparison

_SHORT = (
    ("tokens/s", "tok/s"),
    ("tokens per second", "tok/s"),
    ("99th percentile of", "p99"),
    (" per second", "/s"),
    (" per day", "/d"),
    (" accelerators", ""),
)
"""Units as a table has room for them."""


class Row(NamedTuple):
    """One row of the table.

    Attributes:
        id: ``in:``, ``out:`` or ``rule:`` and its name; empty for a heading.
        label: What it is.
        cells: Its value in each scenario.
        ratios: What stands behind each value.
        differs: Whether the values are not all the same.
    """

    id: str
    label: str
    cells: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()
    differs: bool = False


def rows(comparison: Comparison, *, everything: bool, keys: bool) -> list[Row]:
    """Outputs, inputs and verdicts under a heading each; inputs by their keys or in words."""
    shown_part = comparison if everything else comparison.differing()
    none = ("",) * len(comparison.names)
    outputs = [
        Row(
            f"out:{row.quantity}",
            row.label,
            tuple(_brief(shown(e, row.quantity)) if e["value"] is not None else "-" for e in row.entries),
            tuple("" if ratio is None or not i else f"x{ratio:.3g}" for i, ratio in enumerate(row.ratios)),
            row.differs,
        )
        for row in shown_part.outputs
    ]
    inputs = [
        Row(
            f"in:{row.key}",
            row.key if keys else words(row.key),
            tuple(map(cell_text, row.values)),
            none,
            row.differs,
        )
        for row in shown_part.inputs
    ]
    rules = [Row(f"rule:{row.id}", row.title, row.words, none, row.differs) for row in shown_part.policy]
    parts = (("RESULTS", outputs), ("INPUTS  * planned  + catalogue  (default)", inputs), ("RULES", rules))
    return [row for title, part in parts if part for row in (Row("", title), *part)]


def _brief(text: str) -> str:
    for long, short in _SHORT:
        text = text.replace(long, short)
    return text


_WIDTHS = (20, 16, 13, 11, 9)
"""Columns that a value takes at most; the widest that leaves room for the labels."""
_LABEL = 26


class Layout(NamedTuple):
    """Which scenarios fit beside the labels, and how wide each part is."""

    label: int
    shown: tuple[int, ...]
    values: tuple[int, ...]
    ratios: tuple[int, ...]


def layout(found: Sequence[Row], count: int, chosen: int, width: int) -> Layout:
    """The first scenario, the chosen one, and as many others as fit."""
    body = [row for row in found if row.id]
    longest = max((cell_len(row.label) for row in body), default=10)
    ratios = [max([0, *(len(row.ratios[i]) for row in body)]) for i in range(count)]
    values: list[int] = []
    wide: list[int] = []
    for most in _WIDTHS:
        values = [min(max([1, *(cell_len(row.cells[i]) for row in body)]), most) for i in range(count)]
        wide = [v + (r + 1 if r else 0) + 2 for v, r in zip(values, ratios, strict=True)]
        if width - wide[0] - wide[chosen] >= min(longest, _LABEL):
            break
    least = wide[0] + wide[chosen]
    label = max(min(longest, max(_LABEL, width - sum(wide)), width - least), 8)
    inside, room = {chosen}, width - label - least
    for place in (*range(chosen + 1, count), *range(chosen - 1, 0, -1)):
        if wide[place] > room:
            continue
        inside.add(place)
        room -= wide[place]
    return Layout(label, (0, *sorted(inside)), tuple(values), tuple(ratios))


def line(row: Row, at: Layout) -> str:
    """A row as text."""
    if not row.id:
        return row.label
    text = _padded(row.label if cell_len(row.label) <= at.label else _brief(row.label), at.label)
    for place in at.shown:
        text += f"  {_padded(row.cells[place], at.values[place])}"
        if at.ratios[place]:
            text += f" {row.ratios[place]:>{at.ratios[place]}}"
    return text.rstrip()


def header(at: Layout, count: int, chosen: int) -> str:
    """The letters over the columns; the chosen scenario is marked, and how many are out of sight."""
    text = " " * at.label
    for place in at.shown:
        letter = f"▸{LETTERS[place]}" if place == chosen and count > 2 else LETTERS[place]
        width = at.values[place] + (at.ratios[place] + 1 if at.ratios[place] else 0)
        text += f"  {letter:<{width}}"
    hidden = count - len(at.shown)
    return f"{text.rstrip()}{f'   {hidden} more: ← →' if hidden else ''}"


def _padded(text: str, width: int) -> str:
    cut = clipped(text, width)
    return cut + " " * (width - cell_len(cut))


def legend(comparison: Comparison, width: int, *, tall: bool) -> Content:
    """Which letter is which scenario: on one line, or with titles on a line each."""
    pairs = list(zip(LETTERS, comparison.names, strict=False))
    if tall:
        titles = [str(report["scenario"].get("name") or "") for report in comparison.reports]
        room = max(cell_len(name) for name in comparison.names)
        rows_ = [
            Content.assemble(
                (f"{letter}  ", "bold $accent"),
                (_padded(name, room), "bold"),
                (f"  {clipped(title, max(width - room - 6, 0))}", "$text-muted"),
            )
            for (letter, name), title in zip(pairs, titles, strict=True)
        ]
        return Content("\n").join(rows_)
    room = max(width // len(pairs) - 4, 6)
    parts: list[tuple[str, str] | str] = []
    for letter, name in pairs:
        parts += [(f"{letter} ", "bold $accent"), f"{clipped(name, room)}  "]
    return Content.assemble(*parts)


_BAR = 14
"""Columns under which a bar stands below its name, where there is height."""


def bars(comparison: Comparison, carried: Carried, width: int, *, tall: bool = False) -> Content:
    """The parts of a difference with a bar each: solid for it, hatched against it."""
    if carried.why:
        return Content.assemble((carried.why, "$text-muted"))
    large = [part for part in carried.contributions if abs(part.share) >= SMALL]
    texts = [
        (amount(carried, comparison, part.value), _share(part.share, part.error, carried)) for part in large
    ]
    amounts, shares = (max(len(text[i]) for text in texts) for i in (0, 1))
    longest, most = max(len(part.label) for part in large), max(abs(part.value) for part in large)
    room = width - longest - amounts - shares - 6
    stacked = room < _BAR and tall  # a name in full with its bar below says more than both cut short
    label = width - amounts - shares - 4 if stacked else min(longest, max(width // 3, 12))
    room = width if stacked else max(width - label - amounts - shares - 6, 4)
    found = []
    for part, (value, share) in zip(large, texts, strict=True):
        size = max(round(room * abs(part.value) / most), 1)
        bar, style = ("█", "$primary") if part.share > 0 else ("▒", "$warning")
        words = f"{_padded(part.label, label)}  {value:>{amounts}}  {share:>{shares}}"
        found.append(Content.assemble(words, "\n" if stacked else "  ", (bar * size, style)))
    small = [part.label for part in carried.contributions if abs(part.share) < SMALL]
    remarks = [f"next to nothing: {', '.join(small)}"] if small else []
    remarks += [] if carried.exact else ["sampled orders; ± is the standard error"]
    remarks += ["joined by +: cannot be varied apart"] if any(" + " in p.label for p in large) else []
    ends = f"{LETTERS[0]} to {LETTERS[carried.other]}: {amount(carried, comparison, carried.difference)}"
    title = Content.assemble((f"{REGISTRY.node(carried.quantity).label}, {ends}", "bold $primary"))
    return Content("\n").join([title, *found, *(Content.assemble((text, "$text-muted")) for text in remarks)])


def _share(share: float, error: float, carried: Carried) -> str:
    text = percent(share)
    return text if carried.exact else f"{text} ±{percent(abs(error / carried.difference))}"
