"""Pages that explain: a quantity, an input, a rule, a record of the catalogue, the notes."""

from __future__ import annotations

import inspect
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inferscope.core import units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inferscope.core.catalog import Record
    from inferscope.core.evaluate import Result
    from inferscope.core.explain import Explanation
    from inferscope.tui.answer import Answer
    from inferscope.tui.fields import Field
    from inferscope.tui.verdicts import Line


@dataclass(frozen=True)
class Page:
    """What an explaining dialog shows.

    Attributes:
        title: What is explained.
        value: Its value, large.
        text: Paragraphs with a name each; an empty name is plain text.
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
    return item_page(explain(result, name), why=_why(result, name))


def _why(result: Result, name: str) -> str:
    from inferscope.core.export.reports import reason_text

    why = result.why(name)
    return reason_text(why) if why else ""


def item_page(item: Explanation, why: str = "") -> Page:
    """The page of one node of an explanation."""
    from inferscope.core.explain import value_text

    text: list[tuple[str, str]] = []
    if why or item.why:
        text.append(("no value", why or item.why))
    if item.meaning:
        text += [("", paragraph) for paragraph in inspect.cleandoc(item.meaning).split("\n\n")]
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
    from inferscope.core.export.reports import reason_text

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


def rule_page(verdict: Line) -> Page:
    """What a rule compares, on which date, and what is not settled."""
    entry = verdict.entry
    values: Mapping[str, object] = entry["values"]
    compared = ", ".join(f"{name} = {_fact(name, value)}" for name, value in values.items())
    line = entry["threshold"]
    days = [f"{words} {entry[name]}" for name, words in _DAYS.items() if entry[name]]
    rows = [
        ("", f"{entry['title']} ({entry['jurisdiction']})."),
        ("effect", entry["effect"]),
        ("compared", compared or "nothing"),
        ("missing", ", ".join(entry["missing"])),
        ("line", "" if line is None else f"{entry['quantity']} {_fact(entry['quantity'], line)}"),
        ("margin", f"{verdict.margin} orders of magnitude; positive is the side on which the rule is true"),
        ("counting", entry["counting"]),
        ("status", f"{str(entry['status']).replace('_', ' ')}; binds on {entry['as_of']}: {verdict.binds}"),
        ("dates", ", ".join(days)),
        ("evidence", f"{entry['evidence']}{'' if entry['verified'] else '; not verified'}"),
        ("unverified", ", ".join(entry["unverified_parts"]) or "nothing"),
        ("source", entry["source"]),
        ("origin", "" if entry["origin"] == "shipped" else entry["origin"]),
    ]
    rows = [(name, words) for name, words in rows if words]
    return Page(verdict.short, verdict.word, rows)


def _fact(name: str, value: object) -> str:
    """A fact with its unit."""
    from inferscope.core.policy.quantities import unit

    if isinstance(value, bool) or not isinstance(value, int | float):
        return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return units.human(value, unit(name))


_DAYS = {"effective_from": "in effect from", "compliance_from": "duties from", "effective_to": "until"}


def notes_page(answer: Answer) -> Page:
    """All notes."""
    return Page("Notes", "", [("", f"- {note}") for note in answer.notes] or [("", "There are none.")])
