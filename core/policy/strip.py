"""The status of every chip through time: one row a chip, one span between two changes of the rules."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from inferscope.core import catalog
from inferscope.core.catalog import Record
from inferscope.core.policy.figures import FIGURES
from inferscope.core.policy.predicates import Fact
from inferscope.core.policy.rule import Rule
from inferscope.core.policy.status import (
    NOT_CONTROLLED,
    STATUSES,
    UNKNOWN,
    Span,
    Status,
    changes,
    export_facts,
    history,
    is_out,
    status_on,
)

NOT_OUT = "not_out"


class Look(NamedTuple):
    """How a status is shown.

    Attributes:
        mark: Its sign in a strip; the darker, the harder.
        plain: The same for terminals that lack it.
        word: What a legend of one line calls it.
        said: What a sentence says of so many chips.
    """

    mark: str
    plain: str
    word: str
    said: str


LOOKS = {
    "presumption_of_denial": Look("█", "#", "denied", "presumed to be denied"),
    "case_by_case": Look("▒", ":", "case", "reviewed case by case"),
    "informed_by_letter": Look("▓", "L", "letter", "under a letter"),
    "licence_exception": Look("░", "+", "notice", "open after notice"),
    "presumed_breach": Look("✗", "X", "breach", "presumed in breach"),
    NOT_CONTROLLED: Look("─", "-", "free", "not controlled"),
    UNKNOWN: Look("?", "?", "unknown", "unknown"),
    NOT_OUT: Look(" ", " ", "not out", "not out yet"),
}
"""Every status, the hardest first, and of a chip that was not there to be exported."""
_STACK_AREA = "policy.memory_bandwidth_density"


class Row(NamedTuple):
    """A chip, its figures with what bounds them, and its spans."""

    record: Record
    figures: dict[str, Fact]
    spans: list[Span]

    def mark_of(self, span: Span) -> str:
        """The status of a span; a chip that came out after it was not there to be exported.

        What was announced or proposed without a month is shown under the last rules alone.
        """
        if span.last is not None and not is_out(self.record, span.last):
            return NOT_OUT
        return span.status.status


class Strip(NamedTuple):
    """The rows, the days on which a span begins, and for whom.

    Attributes:
        to: The place, as an ISO code of two letters.
        name: Its name.
        days: The first days of the spans.
        rows: One a chip.
    """

    to: str
    name: str
    days: list[dt.date]
    rows: list[Row]


_APART = (("HK", "Hong Kong", "HKG"), ("MO", "Macau", "MAC", "MACAO"))
"""Places that the rules name and the catalogue has no region of."""


def place_of(word: str) -> tuple[str, str]:
    """The ISO code of two letters and the name of a place, by code or name.

    Raises:
        CatalogError: There is no such place; it names the nearest.
    """
    for code, name, *others in _APART:
        if word.upper() in (code, name.upper(), *others):
            return code, name
    region = catalog.region(word)
    return str(region.text["iso2"]), region.name


def strip(chips: Sequence[str], to: str, rules: Sequence[Rule], on: dt.date | None, until: dt.date) -> Strip:
    """The status of some chips for a place, on a day or through time to a last day.

    Args:
        chips: Identifiers of accelerators.
        to: The place, by code or name.
        rules: The rules.
        on: A day; without one every span from 2022 to ``until``.
        until: The last day of the history.
    """
    code, name = place_of(to)
    days = [on] if on else [day for day in changes(rules) if day <= until]
    rows = []
    for chip in chips:
        record = catalog.accelerator(chip)
        spans = (
            [Span(on, on, status_on(record, code, on, rules))] if on else history(record, code, rules, until)
        )
        rows.append(Row(record, figures_of(record, code), spans))
    return Strip(code, name, days, rows)


def figures_of(record: Record, to: str) -> dict[str, Fact]:
    """What chip rules measure; bandwidth density needs the area of a memory stack, which no row has."""
    facts = export_facts(record, to)
    found = {name: facts[name] for name in FIGURES}
    found["memory_bandwidth_density"] = Fact(None, missing=(_STACK_AREA,))
    return found


def sentence(found: Strip) -> str:
    """What a strip shows: how many chips have which status at its end, and how many were ever free."""
    out = [row for row in found.rows if row.mark_of(row.spans[-1]) != NOT_OUT]
    if not out:
        return "None of these chips was out by then."
    counts = Counter(row.spans[-1].status.status for row in out)
    parts = [f"{counts[name]} {LOOKS[name].said}" for name in STATUSES if counts[name]]
    many = "1 chip" if len(out) == 1 else f"{len(out)} chips"
    whole = f"For {found.name} {_when(found)}, of {many}: {', '.join(parts)}"
    if len(found.days) == 1:
        return f"{whole}."
    lost = sum(
        row.spans[-1].status.status not in (NOT_CONTROLLED, UNKNOWN)
        and any(row.mark_of(span) == NOT_CONTROLLED for span in row.spans)
        for row in out
    )
    return f"{whole}; {lost} {'was' if lost == 1 else 'were'} free for a time since 2022."


def _when(found: Strip) -> str:
    """The day, or the days of the last span, which ends where the rules change again."""
    first, last = found.days[-1], found.rows[0].spans[-1].last
    if len(found.days) == 1:
        return f"on {first}"
    return f"on and after {first}" if last is None else f"from {first} to {last}"


def entry(row: Row) -> dict[str, Any]:
    """A row for programs."""
    text = row.record.text
    return {
        "id": row.record.id,
        "name": row.record.name,
        "vendor": text.get("vendor"),
        "designed_in": text.get("designed_in"),
        "fabricated_in": text.get("fabricated_in"),
        "released": text.get("released"),
        "figures": {name: _figure(fact) for name, fact in row.figures.items()},
        "spans": [_span(row, span) for span in row.spans],
    }


def _figure(fact: Fact) -> dict[str, Any]:
    known = {"value": fact.value, "low": fact.low, "high": fact.high}
    return known if fact.value is not None else {**known, "missing": list(fact.missing)}


def _span(row: Row, span: Span) -> dict[str, Any]:
    status: Status = span.status
    return {
        "from": span.first.isoformat(),
        "to": None if span.last is None else span.last.isoformat(),
        "status": status.status,
        "out": row.mark_of(span) != NOT_OUT,
        "rules": [rule.id for rule in status.rules],
        "conditions": list(status.conditions),
        "missing": list(status.missing),
        "source": [rule.source for rule in status.rules],
    }
