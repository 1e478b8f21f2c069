"""Verdicts on all rules for people and for machines."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from inferscope.core.export.tables import csv_text, json_text, markdown_table, without_html
from inferscope.core.policy.words import (
    counted,
    force,
    has_no_day,
    orders,
    percent,
    some,
    standing,
    verdict_word,
)

Entries = Sequence[Mapping[str, Any]]
WIDTH = 80
_COLUMNS = (
    "id", "jurisdiction", "scope", "title", "true_means", "verdict", "certainty", "verified", "margin_oom",
    "margin_low_oom", "margin_high_oom", "quantity", "value", "low", "high", "unit", "threshold", "counting",
    "missing", "set_by_user", "instance", "status", "force", "binding", "what_if", "effective_from",
    "effective_to", "compliance_from", "as_of", "relieves", "shown", "evidence", "unverified_parts", "effect",
    "source", "origin",
)  # fmt: skip
_DECIDING = ("quantity", "value", "low", "high", "op", "threshold", "unit")


def as_json(about: Mapping[str, Any], entries: Entries) -> str:
    """One object: the scenario and every entry whole."""
    return json_text({**about, "policy": list(entries)})


def as_csv(_about: Mapping[str, Any], entries: Entries) -> str:
    """One line a rule."""
    header = (*_COLUMNS, *(f"deciding_{name}" for name in _DECIDING))
    rows = [
        [*(entry[name] for name in _COLUMNS), *((entry["deciding"] or {}).get(name) for name in _DECIDING)]
        for entry in entries
    ]
    return csv_text(header, [[_flat(value) for value in row] for row in rows])


def _flat(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return "; ".join(map(str, value)) if isinstance(value, list) else value


@without_html
def as_markdown(about: Mapping[str, Any], entries: Entries) -> str:
    """A table with footnoted sources."""
    header = ("rule", "verdict", "margin, orders", "decided by", "counting", "status", "in force", "source")
    shown = [entry for entry in entries if entry["shown"]]
    rows = [
        (
            f"`{entry['id']}` {entry['title']}",
            verdict(entry),
            margin(entry) or "-",
            decided(entry["deciding"]) if entry["deciding"] else "-",
            entry["counting"] or "-",
            str(entry["status"]).replace("_", " "),
            "yes" if entry["binding"] else "no",
            f"[^{number}]",
        )
        for number, entry in enumerate(shown, 1)
    ]
    counts = f"Training compute: {about['counts']['in_short']}."
    notes = "".join(f"[^{n}]: {entry['source']}{_doubts(entry)}\n" for n, entry in enumerate(shown, 1))
    head = f"# {about['title']}\n\n{summary(about, entries)}\n\n{counts}\n\n"
    return f"{head}{markdown_table(header, rows)}\n{notes}"


def as_text(about: Mapping[str, Any], entries: Entries) -> str:
    """What applies first, then a line or two a rule; bills and literature last, as what-ifs."""
    lines = [*_wrap(about["title"], ""), *_wrap(summary(about, entries), "")]
    heads = _first(entries) if entries else []
    heads.append(f"training compute: {about['counts']['in_short']}")
    lines += [line for text in heads for line in textwrap.wrap(text, WIDTH, subsequent_indent="  ")]
    shown = [entry for entry in entries if entry["shown"]]
    for title, group in (
        ("Rules", [entry for entry in shown if not entry["what_if"]]),
        ("What-ifs: not law on this day", [entry for entry in shown if entry["what_if"]]),
    ):
        if group:
            head = f"{'verdict':<15}{'orders':<14}{'in force':<16}rule"
            lines += ["", title, head, *(line for entry in group for line in _brief(entry))]
    return "\n".join([*lines, "", "-v: what was compared, dates and sources", ""])


def _first(entries: Entries) -> list[str]:
    """What applies, what could go either way, and which facts would settle the most."""
    real = [entry for entry in entries if entry["shown"] and not entry["what_if"]]
    named = {
        "true and in force": [e for e in real if e["verdict"] == "applies" and e["binding"]],
        "true, not in force on this day": [e for e in real if e["verdict"] == "applies" and not e["binding"]],
        "sensitive (a range straddles the line)": [e for e in real if e["certainty"] == "sensitive"],
    }
    missing = Counter(name for entry in real for name in entry["missing"])
    wants = [f"{name} ({count} rules)" if count > 1 else name for name, count in missing.most_common()]
    rows = {name: [str(e["id"]) for e in found] for name, found in named.items()}
    rows["unknown for want of"] = wants
    return [f"{name}: {', '.join(found) or 'none'}" for name, found in rows.items()]


def _brief(entry: Mapping[str, Any]) -> list[str]:
    """One line a rule; a second with its title where it is true, or with what it lacks."""
    lines = [f"{verdict_word(entry):<15}{_brief_margin(entry):<14}{standing(entry)[:15]:<16}{entry['id']}"]
    notes = [mark for mark in _marks(entry) if mark != "what-if"]
    more = [f"needs {', '.join(entry['missing'])}"] if entry["missing"] else []
    if entry["verdict"] == "applies" or entry["certainty"] == "sensitive":
        more.append(str(entry["title"]))
    if more:
        lines.append(textwrap.shorten("; ".join([*more, *notes]), WIDTH - 4, placeholder=" ..."))
        lines[1] = f"    {lines[1]}"
    return lines


def _brief_margin(entry: Mapping[str, Any]) -> str:
    value = entry["margin_oom"]
    near = percent(value)
    return "" if value is None else orders(value) + (f" ({near})" if near else "")


def as_long_text(about: Mapping[str, Any], entries: Entries) -> str:
    """Rules by jurisdiction in 80 columns, each with what was compared and who says so."""
    counts = f"training compute: {about['counts']['in_short']}"
    lines = [*_wrap(about["title"], ""), *_wrap(summary(about, entries), ""), *_wrap(counts, ""), ""]
    shown = [entry for entry in entries if entry["shown"]]
    order = {name: i for i, name in enumerate(dict.fromkeys(entry["jurisdiction"] for entry in shown))}
    ordered = sorted(shown, key=lambda entry: order[entry["jurisdiction"]])
    for jurisdiction, group in groupby(ordered, key=lambda entry: entry["jurisdiction"]):
        lines.append(str(jurisdiction))
        for entry in group:
            lines += _rule(entry)
        lines.append("")
    return "\n".join(lines)


def _rule(entry: Mapping[str, Any]) -> list[str]:
    head = f"  {verdict_word(entry):<15} {margin(entry):<12} {entry['id']}"
    marks = ", ".join(_marks(entry))
    about = [f"{entry['title']} [{marks}]" if marks else str(entry["title"]), _standing(entry)]
    if facts := compared(entry):
        about.append(facts)
    if entry["missing"]:
        about.append(f"needs {', '.join(entry['missing'])}")
    citation = str(entry["source"]).partition("; http")[0]  # addresses are in every other format
    about.append(f"{citation}{_doubts(entry)}")
    return [head.rstrip(), *(line for text in about for line in _wrap(text, " " * 6))]


def verdict(entry: Mapping[str, Any]) -> str:
    """The verdict with what qualifies it: what is missing, sensitive, unverified."""
    needs = f" (needs {', '.join(entry['missing'])})" if entry["missing"] else ""
    return ", ".join([verdict_word(entry) + needs, *_marks(entry)])


def _marks(entry: Mapping[str, Any]) -> list[str]:
    return [
        *(["sensitive: a range straddles the line"] if entry["certainty"] == "sensitive" else []),
        *([] if entry["verified"] else ["unverified"]),
        *(["what-if"] if entry["what_if"] else []),
        *([f"of {entry['instance']}"] if entry["instance"] else []),
        *([f"your rule: {entry['origin']}"] if entry["origin"] != "shipped" else []),
    ]


def margin(entry: Mapping[str, Any]) -> str:
    """Orders of magnitude above the line, positive on the true side; near it also in per cent."""
    value, near = entry["margin_oom"], percent(entry["margin_oom"])
    return "" if value is None else f"{orders(value)} orders" + (f" ({near})" if near else "")


def _standing(entry: Mapping[str, Any]) -> str:
    """Status, force and dates."""
    start, end, due = (entry[key] for key in ("effective_from", "effective_to", "compliance_from"))
    days = " ".join(
        text
        for text in (
            f"from {start}" if start else "",
            f"to {end}" if end else "",
            f"due {due}" if due else "",
        )
        if text
    )
    status = "" if has_no_day(entry) else str(entry["status"]).replace("_", " ")
    kinds = dict.fromkeys((status, str(entry["force"])))
    counted = f"; counts {entry['counting']}" if entry["counting"] else ""
    return f"{force(entry)}; {', '.join(filter(None, (*kinds, days)))}{counted}"


def compared(entry: Mapping[str, Any]) -> str:
    """The facts that were compared; the one that decides, or else leads, with its range and line."""
    about = entry["deciding"] or entry
    facts = {name: f"{name} {_figure(value)}" for name, value in entry["values"].items()}
    if entry["deciding"] or about["quantity"] in facts:
        facts = {about["quantity"]: "", **facts, about["quantity"]: decided(about)}
    mine = set(entry["set_by_user"])
    return "; ".join(f"{text} (yours)" if name in mine else text for name, text in facts.items())


def decided(about: Mapping[str, Any]) -> str:
    """What was compared with a line: ``dram_bandwidth_gb_s 3,350 against > 4,500``."""
    value, low, high, line = (about[name] for name in ("value", "low", "high", "threshold"))
    span = f" ({_figure(low)} to {_figure(high)})" if low != high and None not in (low, high) else ""
    point = f"at least {_figure(low)}" if value is None else f"{_figure(value)}{span}"
    value = f"{about['quantity']} {point}"
    if line is None:
        return value
    lines = some(line) if isinstance(line, list) else _figure(line)
    return " ".join([value, "against", *about.get("op", "").replace("_", " ").split(), lines])


def _figure(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.5g}" if 1e-3 <= abs(value) < 1e6 or value == 0 else f"{value:.3g}".replace("e+", "e")


def _doubts(entry: Mapping[str, Any]) -> str:
    parts = entry["unverified_parts"]
    how = "" if entry["evidence"] == "primary" else f" [{str(entry['evidence']).replace('_', ' ')}]"
    return f"{how} [doubtful: {'; '.join(parts)}]" if parts else how


def summary(about: Mapping[str, Any], entries: Entries) -> str:
    """How many rules say what, and how many are not listed."""
    binding = sum(entry["binding"] and entry["verdict"] == "applies" for entry in entries)
    hidden = sum(not entry["shown"] for entry in entries)
    rules = "1 rule" if len(entries) == 1 else f"{len(entries)} rules"
    if not entries:
        return f"no rules on {about['as_of']}"
    text = f"{rules} on {about['as_of']}: {counted(entries)}; {binding} true and in force"
    if not hidden:
        return text
    return f"{text}; left out: {hidden} relief{'s' if hidden > 1 else ''} of rules that do not apply"


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
