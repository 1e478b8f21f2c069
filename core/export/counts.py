"""Training compute by regime, for people and for machines."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import Any

from inferscope.core.export.tables import csv_text, json_text, markdown_table, without_html
from inferscope.core.policy.counts import MARKS, SERVICE, Counts, Regime, brief, flop
from inferscope.core.policy.predicates import Fact
from inferscope.core.policy.profiles import COMPONENTS

WIDTH = 80
NEEDED = 78
"""Columns that the table takes."""
_NAME, _FIGURE, _MARK = 22, 8, 8
_LABEL = 17
"""Columns of a regime's name and count before its bar."""


def as_json(about: Mapping[str, Any], counts: Counts) -> str:
    """One object: the scenario, its parts, and every regime's count."""
    return json_text({**about, "counts": counts.to_dict()})


def as_csv(_about: Mapping[str, Any], counts: Counts) -> str:
    """One line a regime and part, and one for its count."""
    header = ("profile", "part", "counted", "flop", "low", "high", "missing")
    rows: list[list[Any]] = []
    for regime in counts.regimes:
        for name, mark in regime.marks.items():
            rows.append([regime.profile, name, MARKS[mark], *_figures(counts.parts[name])])
        rows.append([regime.profile, "total", "", *_figures(regime.total)])
    return csv_text(header, rows)


def _figures(fact: Fact) -> list[Any]:
    return [fact.number, *fact.ends, "; ".join(fact.missing)]


@without_html
def as_markdown(about: Mapping[str, Any], counts: Counts) -> str:
    """The sentence and the table."""
    header = ("part", "FLOP", *(regime.short for regime in counts.regimes))
    return f"# {_title(about)}\n\n{counts.sentence}\n\n{markdown_table(header, table(counts))}"


def as_text(about: Mapping[str, Any], counts: Counts) -> str:
    """The sentence, a bar a regime, and the table, in 80 columns."""
    lines = [*textwrap.wrap(_title(about), WIDTH), *textwrap.wrap(counts.sentence, WIDTH), ""]
    lines += [*bars(counts, WIDTH), "", *legend(counts, WIDTH), "", *text_rows(counts)]
    return "\n".join([*lines, ""])


def _title(about: Mapping[str, Any]) -> str:
    return f"{about['title']}: training compute by regime"


# --- the table ------------------------------------------------------------------------------------


def table(counts: Counts) -> list[list[str]]:
    """A row a part with how each regime counts it, then what each of them comes to."""
    rows = [
        [
            COMPONENTS[name].label,
            brief(fact),
            *(MARKS[regime.marks[name]] for regime in counts.regimes),
        ]
        for name, fact in counts.parts.items()
    ]
    totals = [regime.total for regime in counts.regimes]
    rows.append(["counted", "", *(brief(total) for total in totals)])
    rows.append(["least", "", *(_end(total, 0) for total in totals)])
    return [*rows, ["most", "", *(_end(total, 1) for total in totals)]]


def _end(total: Fact, which: int) -> str:
    """One end of a count; unknown where nothing is known of it."""
    end = (total.low, total.high)[which]
    if end is None:
        return brief(total)
    return "-" if math.isinf(end) else flop(end)


def text_rows(counts: Counts) -> list[str]:
    """The table in columns, 80 wide, with the letters of the bars."""
    header = f"{'part':<{_NAME}}{'FLOP':>{_FIGURE}}"
    lines = [header + "".join(f"{regime.short:>{_MARK}}" for regime in counts.regimes)]
    names = list(counts.parts)
    for place, (label, figure, *marks) in enumerate(table(counts)):
        letter = COMPONENTS[names[place]].letter if place < len(names) else " "
        cells = "".join(f"{mark:>{_MARK}}" for mark in marks)
        lines.append(f"{letter} {label[: _NAME - 2]:<{_NAME - 2}}{figure:>{_FIGURE}}{cells}")
    return lines


def listed(counts: Counts, width: int) -> list[str]:
    """The table as a line or two a part, for few columns."""
    lines = []
    for name, fact in counts.parts.items():
        about = COMPONENTS[name]
        by_mark: dict[str, list[str]] = {}
        for regime in counts.regimes:
            by_mark.setdefault(MARKS[regime.marks[name]], []).append(regime.short)
        said = (
            f"{mark}: {'all' if len(who) == len(counts.regimes) else ', '.join(who)}"
            for mark, who in by_mark.items()
        )
        lines += textwrap.wrap(
            f"{about.letter} {about.label} {brief(fact)}  {'; '.join(said)}", width, subsequent_indent="    "
        )
    return lines


# --- bars -----------------------------------------------------------------------------------------


def bars(counts: Counts, width: int) -> list[str]:
    """A stacked bar a regime on one scale: capital letters what counts, small ones what may.

    Args:
        counts: The counts.
        width: Columns.
    """
    room = max(width - _LABEL, 10)
    tops = [_length(counts, regime) for regime in counts.regimes]
    longest = max((top for top in tops if top > 0), default=0.0)
    lines = []
    for regime in counts.regimes:
        letters = bar(counts, regime, room, longest)
        tail = "" if letters else "nothing is known of it" if regime.total.value is None else ""
        lines.append(f"{regime.short:<8}{brief(regime.total):<9}{letters or tail}".rstrip())
    return lines


def bar(counts: Counts, regime: Regime, room: int, longest: float) -> str:
    """The bar of one regime: what is counted for sure first, ``>`` at its end where that is not all."""
    if not longest:
        return ""
    text, so_far = "", 0.0
    is_open = False
    for mark in (1, "?"):
        for name, how in regime.marks.items():
            fact = counts.parts[name]
            if how != mark or name == SERVICE:
                continue
            if not isinstance(fact.value, float):
                is_open = True
                continue
            so_far += fact.value
            letter = COMPONENTS[name].letter
            cells = round(room * so_far / longest) - len(text)
            text += (letter if mark == 1 else letter.lower()) * max(cells, 0)
    return f"{text[: room - 1]}>" if is_open else text


def _length(counts: Counts, regime: Regime) -> float:
    """How far a bar reaches: all known parts that count or may."""
    facts = [counts.parts[n] for n, mark in regime.marks.items() if mark != 0 and n != SERVICE]
    return sum((fact.value for fact in facts if isinstance(fact.value, float)), 0.0)


def legend(counts: Counts, width: int) -> list[str]:
    """What the letters of the bars mean."""
    names = [n for n in counts.parts if n != SERVICE]
    parts = [f"{COMPONENTS[name].letter} {COMPONENTS[name].label}" for name in names]
    marks = {mark for regime in counts.regimes for n, mark in regime.marks.items() if n != SERVICE}
    words = ["small letters may count"] if "?" in marks else []
    unknown = any(counts.parts[name].value is None for name in names)
    words += ["> and more, how much is not known"] if unknown else []
    return textwrap.wrap("; ".join([", ".join(parts), *words]), width, subsequent_indent="  ")
