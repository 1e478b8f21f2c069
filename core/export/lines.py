"""Lines that move over the models of the catalogue, for people and for machines."""

from __future__ import annotations

import datetime as dt
import math
import textwrap
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from inferscope.core import DATA_DATE, __version__
from inferscope.core.export.tables import csv_text, json_text, markdown_table, without_html
from inferscope.core.policy.counts import flop
from inferscope.core.policy.lines import KINDS, Count, Moving, without_figure

WIDTH = 80
LETTERS: Final = {"fixed": "f", "relative": "r", "adjusted": "a"}
"""What stands for a line in the curve."""
_HIGH = 9
"""Rows of the curve."""
_MARGIN = 5
NEEDED = 72
"""Columns that the table by year takes."""


def names(found: Moving) -> Mapping[str, str]:
    """What the lines are called."""
    asked = found.asked
    return {
        "fixed": f"a line of {flop(asked.line)} FLOP",
        "relative": f"a line at {asked.share:g} of the largest run known on the day",
        "adjusted": f"a line held at what {flop(asked.line)} FLOP bought on {asked.base}",
    }


def sentence(found: Moving) -> str:
    """How many models each line catches, with its range, and what drives that of the adjusted one."""
    total = len(found.runs)
    if not total:
        return f"No model of the catalogue with a figure was released from {_span(found)}."
    called = names(found)
    parts = [f"{called[kind]} catches {counted(found.line(kind).count())}" for kind in KINDS]
    parts[0] = f"{parts[0]} of {total} models of the catalogue{_busiest(found)}"
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}, {_driver(found)}."


def _span(found: Moving) -> str:
    return f"{found.asked.first} to {found.asked.last}"


def counted(count: Count) -> str:
    """A count with its range.

    >>> counted(Count(20, 19, 21)), counted(Count(3, 3, 3))
    ('20 (19 to 21)', '3')
    """
    span = f" ({count.low} to {count.high})" if count.low != count.high else ""
    return f"{count.caught}{span}"


def _busiest(found: Moving) -> str:
    """The year in which the fixed line catches the most."""
    line = found.line("fixed")
    by_year = {year: line.count(found.in_year(year)).caught for year in years(found)}
    year = max(by_year, key=lambda y: by_year[y])
    return f", most in {year} ({by_year[year]})" if by_year[year] else ""


def _driver(found: Moving) -> str:
    """What makes the adjusted line's count uncertain."""
    middle, low, high = found.asked.halving
    count = found.line("adjusted").count()
    if low == high:
        return f"with compute that halves every {middle:g} months"
    if count.low == count.high:
        return f"whatever the halving time of {middle:g} months ({low:g} to {high:g}) is"
    return f"where the halving time, {middle:g} months ({low:g} to {high:g}), drives the range"


def years(found: Moving) -> range:
    """The years that were asked for."""
    return range(found.asked.first, found.asked.last + 1)


# --- for machines ---------------------------------------------------------------------------------


def as_json(found: Moving) -> str:
    """One object: what was asked, the sentence, the years, and every model with the lines on its day."""
    asked = found.asked
    return json_text(
        {
            "inferscope": __version__,
            "data": DATA_DATE,
            "line_flop": asked.line,
            "share": asked.share,
            "halving_months": dict(zip(("mid", "low", "high"), asked.halving, strict=True)),
            "base": asked.base.isoformat(),
            "sentence": sentence(found),
            "models_without_figure": without_figure(),
            "total": {kind: found.line(kind).count()._asdict() for kind in KINDS},
            "years": [_year(found, year) for year in years(found)],
            "models": [_model(found, place) for place in range(len(found.runs))],
        }
    )


def _year(found: Moving, year: int) -> dict[str, Any]:
    chosen = found.in_year(year)
    row: dict[str, Any] = {"year": year, "models": int(chosen.sum())}
    for kind in KINDS:
        level = dict(zip(("mid", "low", "high"), found.level(kind, year), strict=True))
        row[kind] = {"line_flop_at_end": level, **found.line(kind).count(chosen)._asdict()}
    return row


def _model(found: Moving, place: int) -> dict[str, Any]:
    run = found.runs[place]
    row: dict[str, Any] = {**run._asdict(), "released": run.released.isoformat()}
    for kind in KINDS:
        line = found.line(kind)
        row[kind] = {"line_flop": float(line.levels[0, place]), "caught": word(line.caught[:, place])}
    return row


def word(caught: Any) -> str:
    """Whether a run is caught: yes or no where its whole range says so, else perhaps, with the middle.

    >>> word([True, True, True]), word([True, False, True]), word([False, False, True])
    ('yes', 'yes, perhaps not', 'no, perhaps')
    """
    middle, surely, perhaps = map(bool, caught)
    if middle:
        return "yes" if surely else "yes, perhaps not"
    return "no, perhaps" if perhaps else "no"


def as_csv(found: Moving) -> str:
    """One line a model: its compute, the lines on the day of its release, and which of them catch it."""
    header = ["id", "name", "released", "flop", "low", "high", "verified"]
    header += [f"{kind}_{what}" for kind in KINDS for what in ("line_flop", "caught")]
    rows = []
    for place in range(len(found.runs)):
        row = _model(found, place)
        cells = [cell for kind in KINDS for cell in row[kind].values()]
        plain = [str(row[name]).lower() if name == "verified" else row[name] for name in header[:7]]
        rows.append([*plain, *cells])
    return csv_text(header, rows)


@without_html
def as_markdown(found: Moving) -> str:
    """The sentence and a table by year."""
    header = ("year", "models", *(f"{kind} {what}" for kind in KINDS for what in ("line", "caught")))
    rows = []
    for year in years(found):
        chosen = found.in_year(year)
        cells = [
            cell
            for kind in KINDS
            for cell in (flop_or_dash(found.level(kind, year)[0]), counted(found.line(kind).count(chosen)))
        ]
        rows.append((f"{year}", f"{int(chosen.sum())}", *cells))
    return f"# Lines that move\n\n{sentence(found)}\n\n{markdown_table(header, rows)}\n{notes(found)}\n"


def flop_or_dash(value: float) -> str:
    """A line in FLOP; a dash before there is one."""
    return "-" if math.isnan(value) else flop(value)


# --- for people -----------------------------------------------------------------------------------


def as_text(found: Moving) -> str:
    """The sentence, a table by year, a curve and what to know, in 80 columns."""
    lines = [*textwrap.wrap(sentence(found), WIDTH), "", *table(found)]
    if found.runs:
        lines += ["", *curve(found, WIDTH, _HIGH)]
    return "\n".join([*lines, "", *textwrap.wrap(notes(found), WIDTH), ""])


def table(found: Moving) -> list[str]:
    """A line a year: models, and for each line where it ends the year and what it caught."""
    head = f"{'':<13}{'fixed':<14}{'share of the largest':<25}adjusted for progress"
    rows = [head, f"year  models {'caught':<14}{'at end':<9}{'caught':<16}{'at end':<9}caught"]
    for year in years(found):
        chosen = found.in_year(year)
        fixed, relative, adjusted = (counted(found.line(kind).count(chosen)) for kind in KINDS)
        ends = [flop_or_dash(found.level(kind, year)[0]) for kind in KINDS]
        rows.append(
            f"{year}  {int(chosen.sum()):>6} {fixed:<14}{ends[1]:<9}{relative:<16}{ends[2]:<9}{adjusted}"
        )
    fixed, relative, adjusted = (counted(found.line(kind).count()) for kind in KINDS)
    rows.append(f"all   {len(found.runs):>6} {fixed:<14}{'':<9}{relative:<16}{'':<9}{adjusted}")
    return [row.rstrip() for row in rows]


def narrow(found: Moving) -> list[str]:
    """The table by year without the lines' levels, for few columns."""
    rows = [f"{'year':<6}{'models':>6}  {'fixed':<14}{'relative':<14}adjusted"]
    for year in (*years(found), None):
        chosen = None if year is None else found.in_year(year)
        cells = [counted(found.line(kind).count(chosen)) for kind in KINDS]
        total = len(found.runs) if chosen is None else int(chosen.sum())
        rows.append(f"{year or 'all':<6}{total:>6}  {cells[0]:<14}{cells[1]:<14}{cells[2]}")
    return rows


def curve(found: Moving, width: int, height: int) -> list[str]:
    """How many models each line has caught by a day, as letters over the years.

    Args:
        found: The lines; at least one run.
        width: Columns.
        height: Rows of the plot.
    """
    room = width - _MARGIN
    top = max(found.line(kind).count().caught for kind in KINDS)
    grid = [[" "] * room for _ in range(height)]
    for kind in KINDS:
        for column, caught in enumerate(_caught_by(found, kind, room)):
            row = round((height - 1) * (1 - caught / top)) if top else height - 1
            grid[row][column] = LETTERS[kind]
    labels = {0: f"{top}", height - 1: "0"}
    lines = [f"{labels.get(n, ''):>{_MARGIN - 1}} {''.join(row)}".rstrip() for n, row in enumerate(grid)]
    marks = ", ".join(f"{letter} {kind}" for kind, letter in LETTERS.items())
    return [f"models caught so far: {marks}", *lines, _axis(found, room)]


def _caught_by(found: Moving, kind: str, room: int) -> list[int]:
    """How many are caught by the day at the right end of each column."""
    start = dt.date(found.asked.first, 1, 1).toordinal()
    end = dt.date(found.asked.last, 12, 31).toordinal()
    days = np.array([run.released.toordinal() for run in found.runs])
    ends = start + (end - start) * (np.arange(room) + 1) / room
    total = np.concatenate([[0], np.cumsum(found.line(kind).caught[0])])
    return [int(n) for n in total[np.searchsorted(days, ends, side="right")]]


def _axis(found: Moving, room: int) -> str:
    """The years below the curve, as many as there is room for."""
    every = list(years(found))
    step = next(n for n in (1, 2, 5, 10, 25, 100) if len(every) / n * 6 <= room or n == 100)
    text = [" "] * (room + 4)
    for year in every[::step]:
        place = int(room * (year - every[0]) / len(every))
        text[place : place + 4] = f"{year}"
    return f"{'':<{_MARGIN}}{''.join(text).rstrip()}"


def notes(found: Moving) -> str:
    """What to know: which models are counted, by what, and what was not seen in a source."""
    doubtful = sum(not run.verified for run in found.runs)
    older = f"; of older ones ({found.before}) only the largest run counts" if found.before else ""
    unverified = f" {doubtful} rest on token counts from memory (unverified)." if doubtful else ""
    return (
        f"Counted are models of this catalogue, not all there are; {without_figure()} more have no figure"
        f"{older}. Ranges span 6ND, published figures and their intervals.{unverified} Halving time: Ho et"
        " al. 2024; largest run: Kumar and Manning 2025."
    )
