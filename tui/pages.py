"""Pages that explain: a quantity, an input, a rule, a record of the catalogue, the notes."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from inferscope.core import units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inferscope.core.catalog import Record
    from inferscope.core.evaluate import Result
    from inferscope.core.explain import Explanation
    from inferscope.core.study.effects import Effect
    from inferscope.tui.answer import Answer
    from inferscope.tui.fields import Field
    from inferscope.tui.verdicts import Line


HEADING = "#"
"""The name of a paragraph that is a heading."""


@dataclass(frozen=True)
class Page:
    """What an explaining dialog shows.

    Attributes:
        title: What is explained.
        value: Its value, large.
        text: Paragraphs with a name each; an empty name is plain text, ``HEADING`` a heading.
        parts: What it was made from, each a page of its own.
    """

    title: str
    value: str = ""
    text: Sequence[tuple[str, str]] = ()
    parts: Sequence[Part] = field(default_factory=tuple)


@dataclass(frozen=True)
class Part:
    """One thing that a number was made from."""

    name: str
    value: str
    kind: str
    item: Explanation


def quantity_page(answer: Answer, name: str) -> Page:
    """How a quantity of an answer comes about."""
    from inferscope.core.explain import explain

    result = answer.result()
    page = item_page(explain(result, name), why=_why(result, name))
    return replace(page, text=[*_span(answer, name), *page.text])


def _span(answer: Answer, name: str) -> list[tuple[str, str]]:
    """The range of a quantity, where it has one."""
    from inferscope.core.export.reports import span_text
    from inferscope.core.study.spreads import drawn_words

    span, spread = span_text(answer.entry(name), name), answer.result().spreads.get(0)
    if not span or spread is None:
        return []
    return [("range", f"{span} (P5 to P95 of {spread.draws} draws of {drawn_words(spread.names)})")]


def _why(result: Result, name: str) -> str:
    from inferscope.core.shown import reason_text

    why = result.why(name)
    return reason_text(why) if why else ""


def item_page(item: Explanation, why: str = "") -> Page:
    """The page of one node of an explanation."""
    from inferscope.core.explain import about_and_example, value_text

    text: list[tuple[str, str]] = []
    if why or item.why:
        text.append(("no value", why or item.why))
    if item.meaning:
        about, example = about_and_example(inspect.cleandoc(item.meaning))
        text += [("", paragraph) for paragraph in about.split("\n\n")]
        text += [("for example", example)] if example else []
    if item.formula:
        text += [("formula", item.formula), ("filled in", item.filled)]
    if item.note and item.unit != "code":
        text.append(("note", item.note))
    text.append(("source", item.source + (f" ({item.date})" if item.date else "")))
    if item.key:
        text.append(("set by", item.key))
    parts = [Part(part.name, value_text(part), part.kind, part) for part in item.parts]
    shown = value_text(item) if not _is_absent(item) else "no value"
    return Page(f"{item.label}  ({item.name})", f"{shown}  {_kind(item.kind)}".rstrip(), text, parts)


def _kind(kind: str) -> str:
    return "" if kind == "computed" else f"[{kind}]"


def _is_absent(item: Explanation) -> bool:
    return not isinstance(item.value, list) and math.isnan(item.value)


def field_page(answer: Answer, line: Field, value: str) -> Page:
    """What a line of the scenario means and where its value comes from."""
    from inferscope.core.shown import reason_text

    text = [("", f"{line.about[:1].upper()}{line.about[1:]}."), ("key", line.key)]
    if line.catalog in ("accelerator", "model"):
        resolved = answer.bound.resolved[0]
        record = resolved.accelerator if line.catalog == "accelerator" else resolved.model
        if line.key.endswith((".accelerator", ".id")):
            return record_page(record, line)
    if line.leaf:
        leaf = answer.leaf(line.leaf)
        text.append(("known as", leaf.kind))
        about = {"note": leaf.note, "source": leaf.source, "date": leaf.date}
        text += [(name, words) for name, words in about.items() if words]
        if leaf.why and leaf.why != "auto":
            text.append(("no value", reason_text(leaf.why)))
    return Page(line.label, value, text)


def effect_page(answer: Answer, effect: Effect) -> Page:
    """What flipping an optimisation sets, each figure before and after, and what is missing."""
    ratios = {
        "usd_per_query": effect.quoted("cost"),
        "tpot_s": effect.latency,
        "ttft_s": effect.first_token,
        "wh_per_query": effect.quoted("energy"),
    }
    rows = [("sets", f"{key} = {value}") for key, value in effect.changes.items()]
    for name, ratio in ratios.items():
        entry = answer.entry(name)
        if ratio is not None:
            now = float(entry["value"])
            rows.append((name, f"{now:.4g} → {now * ratio:.4g} {entry['unit']}"))
    if effect.quality is not None:
        kept = float(answer.entry("quality_recovery")["value"])
        rows.append(("quality_recovery", f"{100 * kept:.4g} → {100 * (kept + effect.quality):.4g} %"))
    if effect.why:
        rows.append(("why", effect.why))
    return Page(effect.label, f"{effect.now} → {effect.then}" if effect.then else effect.now, rows)


def record_page(record: Record, line: Field) -> Page:
    """The figures of a catalogue record with their sources."""
    rows: list[tuple[str, str]] = [
        ("", f"{line.about[:1].upper()}{line.about[1:]}; {line.key} = {record.id}")
    ]
    sources: dict[str, None] = {}
    for name, value in record.values.items():
        if value.is_known and value.value is not None:
            sources[value.source] = None
            mark = list(sources).index(value.source) + 1
            remark = "; ".join(t for t in (value.kind, value.date, value.note) if t)
            rows.append((name, f"{value.value:,.6g}  ({remark}) [{mark}]"))
        elif value.state == "unsupported":
            rows.append((name, "unsupported"))
    rows += [(f"[{i}]", source) for i, source in enumerate(sources, 1)]
    return Page(record.name, "", rows)


def rule_page(line: Line) -> Page:
    """What a rule compares, on which date, what is missing, and what is not settled."""
    entry = line.entry
    verified = "" if entry["verified"] else ": unverified"
    rows = [
        ("", _title(entry)),
        ("effect", entry["effect"]),
        ("compared", _compared(entry)),
        ("margin", _margin(entry)),
        *(("missing", name) for name in entry["missing"]),
        ("in force", _binds(entry)),
        ("relieves", ", ".join(entry["relieves"])),
        ("source", entry["source"]),
        ("evidence", f"{str(entry['evidence']).replace('_', ' ')}{verified}"),
        ("unverified", "; ".join(entry["unverified_parts"])),
        ("note", str(entry.rule.prose.get("note", "")) if hasattr(entry, "rule") else ""),
        ("counting", entry["counting"] and _counting(entry["counting"])),
        *_facts(entry),
        ("from", "" if entry["origin"] == "shipped" else f"your own rule: {entry['origin']}"),
    ]
    word = f"{line.word}, about {entry['instance']}" if entry["instance"] else line.word
    return Page(f"{line.short}  ({entry['id']})", word, [row for row in rows if row[1]])


def rule_brief(line: Line) -> Page:
    """A rule in a few rows, without what stands beside it already."""
    entry = line.entry
    rows = [
        ("rule", _title(entry)),
        ("needs", ", ".join(entry["missing"])),
        ("effect", entry["effect"]),
        ("compared", _compared(entry)),
        ("in force", _binds(entry)),
    ]
    return Page(line.short, "", [row for row in rows if row[1]])


def _title(entry: Mapping[str, Any]) -> str:
    return f"{entry['title']} ({entry['jurisdiction']}, {str(entry['scope']).replace('_', ' ')})"


def _compared(entry: Mapping[str, Any]) -> str:
    """The rule's test, and the value that decides or, while none does, leads, with its range."""
    from inferscope.core.policy.quantities import unit
    from inferscope.tui.verdicts import compared_of

    test = entry.rule.predicate.words() if hasattr(entry, "rule") else str(entry["quantity"])
    about = compared_of(entry)
    value, low, high, of = about["value"], about["low"], about["high"], unit(about["quantity"])
    if value is None and low is None:
        return test
    span = f" ({_plainly(low, of)} to {_plainly(high, of)})" if low != high else ""
    here = f"at least {_plainly(low, of)}" if value is None else f"{_plainly(value, of)}{span}"
    if list(entry["values"]) == [about["quantity"]]:
        return f"{test}; here {here}"
    if entry["deciding"] is None:
        return f"{test}; here {about['quantity']} {here}"
    line = f"{about['op'].replace('_', ' ')} {_line(about['threshold'])}"
    return f"{test}; decided by {about['quantity']} {here} against {line}"


def _line(threshold: Any) -> str:
    """A line, or a list of codes."""
    from inferscope.core.policy.words import some

    return some(threshold) if isinstance(threshold, list) else _plainly(threshold, "")


def _margin(entry: Mapping[str, Any]) -> str:
    from inferscope.core.policy.words import percent

    margin, low, high = entry["margin_oom"], entry["margin_low_oom"], entry["margin_high_oom"]
    if margin is None:
        return "none: it is a question of yes or no, or a fact is missing"
    side = "above" if margin > 0 else "below" if margin < 0 else "on"
    words = f"{abs(margin):.2f} orders of magnitude {side} the line" if margin else "on the line"
    words += f", {near}" if margin and (near := percent(margin)) else ""
    if low is not None and high is not None and low != high:
        words += f" ({low:+.2f} to {high:+.2f})"
    if entry["certainty"] == "sensitive":
        words += "; sensitive: a range crosses the line"
    return words


def _facts(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is known, with its origin."""
    from inferscope.core.policy.quantities import unit

    return [
        ("fact", f"{name} = {_plainly(value, unit(name))}: {entry['origins'][name]}")
        for name, value in entry["values"].items()
    ]


def _plainly(value: Any, of: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    return units.human(value, of).replace("e+", "e")


def _binds(entry: Mapping[str, Any]) -> str:
    """Whether it binds on the date, since and until when, and what stands it has."""
    from inferscope.core.policy.words import force, has_no_day

    if has_no_day(entry):
        return f"{force(entry)}; {entry['force']}"
    days = [f"{word} {entry[name]}" for name, word in _DAYS.items() if entry[name]]
    standing = f"{str(entry['status']).replace('_', ' ')}, {entry['force']}"
    return "; ".join(
        [
            f"{'yes' if entry['binding'] else 'no'} on {entry['as_of']}",
            standing,
            ", ".join(days) or "no dates",
        ]
    )


def _counting(profile: str) -> str:
    """What a profile of counting training compute takes in, and what it leaves open."""
    from inferscope.core.policy.rules import profiles

    parts = profiles()[profile]
    named = {mark: [k.replace("_", " ") for k, v in parts.items() if v == mark] for mark in (1, 0, "?")}
    words = [f"{profile.replace('_', ' ')}: counts {', '.join(named[1])}"]
    if named[0]:
        words.append(f"not {', '.join(named[0])}")
    if named["?"]:
        words.append(f"open: {', '.join(named['?'])}")
    return "; ".join(words)


_DAYS = {"effective_from": "in effect from", "compliance_from": "duties from", "effective_to": "until"}


def notes_page(answer: Answer, *, changed: bool = False) -> Page:
    """What a scenario is compared with and says of itself, unless it was changed since, and all notes."""
    rows = [] if changed else [("", f"- {line}") for line in answer.published]
    if answer.description and not changed:
        rows += [*([(" ", "")] if rows else []), ("", answer.description)]
    rows += [("", f"- {note}") for note in answer.notes]
    return Page("Notes", "", rows or [("", "There are none.")])
