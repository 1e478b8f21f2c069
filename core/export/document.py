"""A full report before it is written: figures side by side, plots, assumptions, rules, sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inferscope.core import DATA_DATE, __version__
from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import Result, evaluate, outputs_of
from inferscope.core.export.apart import apart
from inferscope.core.export.footnotes import Footnote, Footnotes, runs
from inferscope.core.export.ladder import Rung, ladder
from inferscope.core.export.policy import summary
from inferscope.core.export.reports import GROUPS, published_rows, span_text, title
from inferscope.core.graph import REGISTRY
from inferscope.core.policy.entries import policy_entries, rules_of
from inferscope.core.report import report_of
from inferscope.core.scenario.changed import differences, word
from inferscope.core.scenario.files import Loaded, to_toml
from inferscope.core.scenario.schema import Scenario
from inferscope.core.shown import shown
from inferscope.core.study.curves import KINDS, Curve, curve
from inferscope.core.study.spreads import with_ranges

__all__ = ["ANSWERS", "MOST", "Assumption", "Document", "Figure", "Group", "Part", "Row", "document"]

MOST = 6
"""Scenarios that fit side by side."""

ANSWERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Cost",
        ("usd_per_query", "usd_per_million_input_tokens", "usd_per_million_output_tokens", "usd_per_day"),
    ),
    ("Latency", ("ttft_s", "tpot_s", "e2e_latency_s", "ttft_p99_s")),
    ("Energy", ("wh_per_query", "gco2e_per_query", "liters_per_query", "facility_mw")),
    ("Capacity", ("batch", "output_tok_s_per_accelerator", "max_requests_per_s", "accelerators_needed")),
    ("Quality and training", ("quality_recovery", "training_flop", "training_usd", "crossover_days_usd")),
)
"""The figures that a reader sees first, by subject."""

_ABOUT = ("name", "question", "description", "published")
"""Keys in which a scenario speaks about itself."""
_LONGEST = 90


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity of one scenario.

    Attributes:
        entry: What the JSON of `eval` says of it.
        text: Its value for people, or the reason that there is none.
        span: Its range, empty where it has none.
        basis: The letter of what it stands on; empty where the JSON names no basis.
        boundary: What an energy figure takes in; empty where it is none.
    """

    entry: Mapping[str, Any]
    text: str
    span: str
    basis: str
    boundary: str


@dataclass(frozen=True, slots=True)
class Row:
    """A quantity in every scenario, and the numbers of its sources."""

    name: str
    label: str
    figures: tuple[Figure, ...]
    sources: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one subject."""

    subject: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Assumption:
    """A key that a scenario sets: the default, the value here, and the number of its source."""

    key: str
    default: str
    here: str
    source: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """What a report says of one scenario alone.

    Attributes:
        name: Its title.
        question: What it was made to answer.
        description: What it is, in its own words.
        report: What `eval` gives.
        published: Claim, published figure, figure here and their ratio.
        assumptions: Keys that differ from the defaults.
        counted: How many rules say what.
        toml: It as a file of its own.
    """

    name: str
    question: str
    description: str
    report: Mapping[str, Any]
    published: tuple[tuple[str, ...], ...]
    assumptions: tuple[Assumption, ...]
    counted: str
    toml: str


@dataclass(frozen=True, slots=True)
class Document:
    """Everything that a full report shows.

    Attributes:
        title: What stands above it.
        written: The day on which it was written.
        inferscope: Version of the program.
        data: Date of the catalogue.
        command: What makes it again.
        parts: One a scenario.
        answers: The figures seen first.
        figures: Every figure.
        bases: What costs and carbon stand on, by letter.
        ranges: How the ranges of each scenario come about.
        carried: For several scenarios: what differs and what carries it, in sentences.
        inputs: For several scenarios: keys that differ, with the value in each.
        plots: For each kind of plot one curve a scenario.
        rules: Rules with a verdict on any scenario, what-ifs last.
        unknown: Rules that are unknown for every scenario, with what would settle each.
        sources: What it rests on.
    """

    title: str
    written: dt.date
    inferscope: str
    data: str
    command: str
    parts: tuple[Part, ...]
    answers: tuple[Group, ...]
    figures: tuple[Group, ...]
    bases: tuple[tuple[str, str], ...]
    carried: tuple[str, ...]
    inputs: tuple[tuple[str, tuple[str, ...]], ...]
    plots: tuple[tuple[Curve, ...], ...]
    rules: tuple[Rung, ...]
    unknown: tuple[str, ...]
    sources: tuple[Footnote, ...]


def document(loaded: Sequence[Loaded], written: dt.date, command: str, on: dt.date | None = None) -> Document:
    """Everything that a full report on scenarios shows.

    Args:
        loaded: One to six scenarios with where they came from.
        written: The day that stands in it.
        command: The command that makes it again.
        on: The day on which rules are judged; default: each scenario's.

    Raises:
        InferscopeError: There are too many, or one names something that does not exist.
    """
    if len(loaded) > MOST:
        message = f"a report takes up to {MOST} scenarios, not {len(loaded)}"
        raise InferscopeError(message)
    scenarios = [item.scenario for item in loaded]
    result = with_ranges(evaluate(scenarios, outputs_of(scenarios)))
    for row in range(len(loaded)):
        rules_of(result, row)
    reports = [report_of(result, row, item.notes, item.base) for row, item in enumerate(loaded)]
    notes, bases = Footnotes(), _Letters()
    answers = tuple(_answers(result, reports, notes, bases))
    judged = [policy_entries(result, row, on) for row in range(len(loaded))]
    parts = tuple(
        _part(item, report, entries, notes, on)
        for item, report, entries in zip(loaded, reports, judged, strict=True)
    )
    rules, unknown = ladder(judged, notes)
    carried, inputs = apart(loaded)
    return Document(
        title=" · ".join(part.name for part in parts),
        written=written,
        inferscope=__version__,
        data=DATA_DATE,
        command=command,
        parts=parts,
        answers=answers,
        figures=tuple(_all(reports, bases)),
        bases=bases.listed(),
        carried=carried,
        inputs=inputs,
        plots=tuple(
            tuple(curve(result.bound.take([row]), kind) for row in range(len(loaded))) for kind in KINDS
        ),
        rules=rules,
        unknown=unknown,
        sources=notes.listed(),
    )


# --- figures --------------------------------------------------------------------------------------


class _Letters:
    """Texts by letter, in the order in which they are first used."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, text: str) -> str:
        """The letter of a text: a to z, then aa."""
        place = len(self._known)
        letter = chr(97 + place % 26) * (1 + place // 26)
        return self._known.setdefault(text, letter) if text else ""

    def listed(self) -> tuple[tuple[str, str], ...]:
        """Letters with their texts."""
        return tuple((letter, text) for text, letter in self._known.items())


def _answers(
    result: Result, reports: Sequence[Mapping[str, Any]], notes: Footnotes, bases: _Letters
) -> Iterator[Group]:
    """The figures seen first, with the numbers of what any scenario's rests on."""
    for subject, names in ANSWERS:
        numbers = [
            notes.of_row(
                result, [name for name in names if report["quantities"][name]["value"] is not None], row
            )
            for row, report in enumerate(reports)
        ]
        rows = []
        for name in names:
            cited = runs(number for found in numbers for number in found.get(name, ()))
            rows.append(_row(name, reports, bases, cited))
        yield Group(subject, tuple(rows))


def _all(reports: Sequence[Mapping[str, Any]], bases: _Letters) -> Iterator[Group]:
    """Every figure of the reports, by subject; what has none comes last."""
    every = dict.fromkeys(name for report in reports for name in report["quantities"])
    grouped = {name for _, names in GROUPS for name in names}
    rest = tuple(name for name in every if name not in grouped)
    for subject, names in (*GROUPS, ("Further", rest)):
        known = [name for name in names if name in every]
        if known:
            yield Group(subject, tuple(_row(name, reports, bases) for name in known))


def _row(name: str, reports: Sequence[Mapping[str, Any]], bases: _Letters, sources: str = "") -> Row:
    figures = []
    for report in reports:
        entry = report["quantities"][name]
        is_known = entry["value"] is not None
        figures.append(
            Figure(
                entry,
                shown(entry, name),
                span_text(entry, name),
                bases.of(entry.get("basis", "")) if is_known else "",
                entry.get("boundary", "") if is_known else "",
            )
        )
    return Row(name, REGISTRY.node(name).label, tuple(figures), sources)


# --- one scenario ---------------------------------------------------------------------------------


def _part(
    loaded: Loaded,
    report: Mapping[str, Any],
    entries: Sequence[Mapping[str, Any]],
    notes: Footnotes,
    on: dt.date | None,
) -> Part:
    scenario = loaded.scenario
    return Part(
        name=title(report),
        question=scenario.question,
        description=scenario.description.strip(),
        report=report,
        published=tuple(published_rows(report["scenario"].get("published", ()), report["quantities"])),
        assumptions=tuple(_assumptions(scenario, notes)),
        counted=summary({"as_of": (on or scenario.as_of).isoformat()}, entries),
        toml=to_toml(scenario).strip(),
    )


def _assumptions(scenario: Scenario, notes: Footnotes) -> Iterator[Assumption]:
    """What the scenario sets against the defaults; values with a source of their own say it."""
    for key, then, now in differences(scenario, Scenario()):
        if key in _ABOUT:
            continue
        number = None
        if isinstance(now, Mapping) and now.get("source"):
            number = notes.cite(str(now["source"]), "scenario", str(now.get("date") or ""), key)
        yield Assumption(key, _short(then), _short(now), number)


def _short(value: Any) -> str:
    text = word(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
