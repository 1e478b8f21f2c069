"""The policy brief: what rules say of a scenario, in Markdown with numbered sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from inferscope.core import DATA_DATE, __version__
from inferscope.core.evaluate import Result, evaluate
from inferscope.core.export import counts as export_counts
from inferscope.core.export.policy import compared, margin, summary, verdict
from inferscope.core.export.studies import cell_text
from inferscope.core.export.tables import markdown_table, without_html
from inferscope.core.policy.counts import Counts
from inferscope.core.policy.entries import rules_of
from inferscope.core.policy.status import STATUSES, Span
from inferscope.core.policy.strip import LOOKS, NOT_OUT, strip
from inferscope.core.policy.strip import sentence as strip_sentence
from inferscope.core.policy.words import standing
from inferscope.core.report import counts_report, entry, policy_report, report_of
from inferscope.core.scenario.changed import differences
from inferscope.core.scenario.files import Loaded, scenario_hash, to_toml
from inferscope.core.scenario.schema import Scenario
from inferscope.core.shown import shown
from inferscope.core.study.options import PLACE
from inferscope.core.study.scaling import scaling
from inferscope.core.study.sites import READ, site_lines
from inferscope.core.study.spreads import with_ranges
from inferscope.core.study.table import Table

__all__ = ["Sources", "policy_brief"]

_SHOWN = (
    *("training_flop", "effective_training_flop", "training_usd", "crossover_days_flop"),
    *("inference_share_of_lifetime_flop", "tpp", "usd_per_query", "wh_per_query", "site_load_mw"),
    "twh_per_year",
)
"""Quantities whose ranges a brief gives."""
_MOST_LINES = 8


class Sources:
    """Sources by number, in the order in which they are first cited."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def cite(self, text: str) -> str:
        """The mark of a source: ``[3]``; nothing where there is none."""
        text = " ".join(text.split())
        if not text:
            return ""
        number = self._known.setdefault(text, len(self._known) + 1)
        return f"[{number}]"

    def listed(self) -> list[str]:
        """One line a source."""
        return [f"{number}. {text}" for text, number in self._known.items()]


@without_html
def policy_brief(loaded: Loaded, on: dt.date | None = None) -> str:
    """What rules say of a scenario, with margins, ranges, assumptions and numbered sources.

    Args:
        loaded: The scenario with where it came from.
        on: The day that is judged; default: the scenario's.

    Raises:
        InferscopeError: The scenario names something that does not exist.
    """
    about, entries = policy_report(loaded, on)
    _, counts = counts_report(loaded, on)
    result = with_ranges(evaluate(loaded.scenario, READ))
    sources = Sources()
    parts = [
        f"# Policy brief: {about['title']}",
        _first(loaded.scenario, about, result, entries),
        *_verdicts(entries, sources),
        *_counted(counts),
        *_figures(result, sources),
        *_chips(loaded.scenario, result, about["as_of"], sources),
        *_scaled(loaded.scenario, on),
        *_sited(result, on),
        *_assumed(loaded, sources),
        *_doubted(entries),
        "## Sources\n\n" + "\n".join(sources.listed()),
        _made(loaded, about),
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _first(scenario: Scenario, about: Mapping[str, Any], result: Result, entries: Sequence[Any]) -> str:
    """What it is about, its headline, and how many rules say what."""
    headline = report_of(result)["headline"]
    counted = f"Training compute: {about['counts']['in_short']}."
    lines = [f"Judged on {about['as_of']}.", headline, summary(about, entries), *_true(entries), counted]
    if scenario.description:
        lines.append(scenario.description.strip())
    return "\n\n".join(lines)


def _true(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is true on the day, and what a range leaves open, a line each."""
    real = [entry for entry in entries if entry["shown"] and not entry["what_if"]]
    said = [e for e in real if e["verdict"] == "applies" or e["certainty"] == "sensitive"]
    if said:
        words = (
            "`{id}` {title}: ".format(**e) + f"{verdict(e)}, {margin(e) or 'no margin'}, {standing(e)}"
            for e in said
        )
        yield "\n".join(f"- {text}" for text in words)


# --- rules ----------------------------------------------------------------------------------------


def _verdicts(entries: Sequence[Mapping[str, Any]], sources: Sources) -> Iterator[str]:
    """Rules by jurisdiction, those of the day first; what-ifs after them; what is unknown last."""
    known = [entry for entry in entries if entry["shown"] and entry["verdict"] != "unknown"]
    real = [entry for entry in known if not entry["what_if"]]
    yield "## Rules"
    for jurisdiction, group in groupby(sorted(real, key=_place), key=_place):
        yield f"### {jurisdiction}\n\n{_rules_table(group, sources)}"
    if what_ifs := [entry for entry in known if entry["what_if"]]:
        yield f"### What-ifs: not law on this day\n\n{_rules_table(what_ifs, sources)}"
    unknown = [entry for entry in entries if entry["shown"] and entry["verdict"] == "unknown"]
    if unknown:
        rows = [
            (f"`{e['id']}` {e['title']}", ", ".join(e["missing"]) or "-", sources.cite(str(e["source"])))
            for e in unknown
        ]
        table = markdown_table(("rule", "what would settle it", "source"), rows)
        yield f"### Unknown\n\nA rule for which a fact is missing is unknown, never false.\n\n{table}"


def _place(entry: Mapping[str, Any]) -> str:
    return str(entry["jurisdiction"])


def _rules_table(entries: Iterable[Mapping[str, Any]], sources: Sources) -> str:
    rows = [
        (
            f"`{e['id']}` {e['title']}",
            verdict(e),
            margin(e) or "-",
            compared(e) or "-",
            standing(e),
            sources.cite(str(e["source"])),
        )
        for e in entries
    ]
    return markdown_table(("rule", "verdict", "margin", "compared", "in force", "source"), rows)


def _counted(counts: Counts) -> Iterator[str]:
    """Training compute by every regime's count."""
    header = ("part", "FLOP", *(regime.short for regime in counts.regimes))
    yield f"## Training compute by regime\n\n{counts.sentence}\n\n" + markdown_table(
        header, export_counts.table(counts)
    )


def _doubted(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Rules whose numbers are unverified, and which parts of others stay doubtful."""
    named = [e for e in entries if e["shown"] and (not e["verified"] or e["unverified_parts"])]
    if named:
        rows = [
            (
                f"`{e['id']}`",
                "in part" if e["verified"] else "unverified",
                "; ".join(e["unverified_parts"]) or "-",
            )
            for e in named
        ]
        yield "## What is not verified\n\n" + markdown_table(("rule", "its numbers", "doubtful"), rows)


# --- figures --------------------------------------------------------------------------------------


def _figures(result: Result, sources: Sources) -> Iterator[str]:
    """The figures behind the verdicts, with ranges."""
    rows = []
    for name in _SHOWN:
        about = entry(result, name)
        if about["value"] is None:
            rows.append((f"`{name}`", "-", "-", about.get("why", "")))
            continue
        ends = [about.get(end) for end in ("low", "high")]
        is_range = None not in ends and ends[0] != ends[1]
        span = " to ".join(shown({**about, "value": end}, name) for end in ends) if is_range else "-"
        basis = ", ".join(str(about[key]) for key in ("basis", "boundary") if about.get(key))
        mark = sources.cite(str(about.get("source", "")))
        rows.append((f"`{name}`", shown(about, name), span, f"{basis} {mark}".strip()))
    table = markdown_table(("quantity", "value", "range", "basis and source"), rows)
    notes = result.spreads[0].notes if 0 in result.spreads else ()
    yield f"## Figures\n\n{table}" + "".join(f"\n- {note}" for note in notes)


def _chips(scenario: Scenario, result: Result, day: str, sources: Sources) -> Iterator[str]:
    """The scenario's accelerator through time, for where it goes or for China."""
    to = scenario.policy.destination or PLACE
    chip = result.bound.resolved[0].accelerator.id
    found = strip([chip], to, rules_of(result), None, dt.date.fromisoformat(day))
    row = found.rows[0]
    rows = [_span(row.mark_of(span), span, sources) for span in row.spans]
    name, table = row.record.name, markdown_table(("from", "to", "status", "rules", "source"), rows)
    yield f"## {name} to {found.name}\n\n{strip_sentence(found)}\n\n{table}"


def _span(mark: str, span: Span, sources: Sources) -> tuple[str, ...]:
    words = LOOKS[NOT_OUT].said if mark == NOT_OUT else STATUSES[span.status.status]
    open_ = ", ".join((*span.status.missing, *span.status.conditions))
    rules = ", ".join(rule.short for rule in span.status.rules)
    marks = "".join(sources.cite(rule.source) for rule in span.status.rules)
    return (
        span.first.isoformat(),
        "" if span.last is None else span.last.isoformat(),
        f"{words}{f' (depends on {open_})' if open_ else ''}",
        rules or "-",
        marks or "-",
    )


def _scaled(scenario: Scenario, on: dt.date | None) -> Iterator[str]:
    """At how many times the inference the model acts like one on a line."""
    table = scaling(scenario, "lines", on)
    seen: set[tuple[Any, ...]] = set()
    rows = []
    for row in table.rows:  # one row a line: many rules draw it at the same FLOP
        key = row[1:7]
        if key not in seen:
            rows.append(row)
        seen.add(key)
    yield _study("Inference in place of training", replace(table, rows=tuple(rows)), _MOST_LINES)


def _sited(result: Result, on: dt.date | None) -> Iterator[str]:
    """What a site draws against the lines for sites."""
    yield _study("Sites", site_lines(result, on), None)


def _study(title: str, table: Table, most: int | None) -> str:
    """A study without the column of sources, which stand at its rules already."""
    columns = [c for c in table.columns if c.name not in {"source", "unit"}]
    rows = []
    for row in table.rows[:most]:
        values = dict(zip(table.keys(), row, strict=True))
        cells = []
        for column in columns:
            text = cell_text(values[column.name], column)
            unit = values.get(column.unit_from, "") if column.unit_from else ""
            cells.append(f"{text} {unit}".strip() if text != "-" else text)
        rows.append(cells)
    left = len(table.rows) - len(rows)
    more = f"\n\n{left} lines more: `inferscope scaling`." if left else ""
    body = markdown_table([c.label or c.name for c in columns], rows)
    notes = "".join(f"\n- {note}" for note in table.notes)
    return f"## {title}\n\n{table.sentence}\n\n{body}{more}\n{notes}"


# --- assumptions ----------------------------------------------------------------------------------


def _assumed(loaded: Loaded, sources: Sources) -> Iterator[str]:
    """What the scenario sets against the defaults."""
    rows = [
        (f"`{key}`", _said(then, sources), _said(now, sources))
        for key, then, now in differences(loaded.scenario, Scenario())
        if key not in {"name", "question", "description"}
    ]
    table = markdown_table(("key", "default", "here"), rows)
    yield f"## Assumptions that differ from the defaults\n\n{table}"


def _said(value: Any, sources: Sources) -> str:
    """A value of the scenario; one that has a source with its mark."""
    if not isinstance(value, Mapping):
        return "-" if value is None else str(value)
    mark = ", ".join(str(value[key]) for key in ("source", "date") if value.get(key))
    rest = {key: item for key, item in value.items() if key not in {"source", "date"}}
    text = str(rest["value"]) if rest.keys() == {"value"} else ", ".join(f"{k} {v}" for k, v in rest.items())
    return f"{text} {sources.cite(mark)}".strip()


def _made(loaded: Loaded, about: Mapping[str, Any]) -> str:
    """How to make it again."""
    text = to_toml(loaded.scenario).strip()
    made = f"inferscope {__version__}, data of {DATA_DATE}"
    command = f"inferscope report FILE --kind policy --on {about['as_of']}"
    made = f"Scenario hash {scenario_hash(loaded.scenario)}; {made}; `{command}` with this scenario as FILE:"
    return f"## To make it again\n\n{made}\n\n```toml\n{text}\n```"
