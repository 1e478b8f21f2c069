"""A scenario's report for people and for machines."""

from __future__ import annotations

import string
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from inferscope.core.export.tables import csv_text, fitted, json_text, markdown_table, without_html
from inferscope.core.graph import REGISTRY
from inferscope.core.policy.entries import notable
from inferscope.core.policy.words import counted, standing, verdict_word
from inferscope.core.scenario.changed import word
from inferscope.core.shown import reason_text as reason_text  # noqa: PLC0414  (screens look for it here)
from inferscope.core.shown import shown

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Fit", ("fits_memory", "memory_used_fraction", "max_batch", "batch")),
    ("Latency", ("ttft_s", "tpot_s", "e2e_latency_s", "output_tok_s_per_user", "bound")),
    (
        "Throughput",
        (
            "output_tok_s",
            "output_tok_s_per_accelerator",
            "total_tok_s",
            "prefill_tok_s",
            "accelerators_per_replica",
            "mfu",
            "mbu",
            "flop_per_query",
            "flop_per_output_token",
        ),
    ),
    (
        "Cost",
        (
            "usd_per_query",
            "usd_per_million_input_tokens",
            "usd_per_million_output_tokens",
            "usd_per_day",
            "fleet_accelerators",
        ),
    ),
    (
        "Energy",
        (
            "wh_per_query",
            "joules_per_output_token",
            "gco2e_per_query",
            "liters_per_query",
            "facility_mw",
            "twh_per_year",
            "embodied_gco2e_per_query",
            "battery_share_per_query",
        ),
    ),
    ("Checks", ("ecologits_wh_per_query", "flop_method_wh_per_query")),
    ("Site", ("site_it_mw", "site_load_mw", "site_load_mva")),
    (
        "Under load",
        (
            "ttft_p50_s",
            "ttft_p99_s",
            "load_utilization",
            "max_requests_per_s",
            "replicas_needed",
            "accelerators_needed",
            "fleet_output_tok_s",
            "queries_per_day",
            "input_tokens_per_day",
            "output_tokens_per_day",
            "mean_kv_tokens",
        ),
    ),
    ("Quality", ("quality_recovery", "effective_training_flop")),
    (
        "Training",
        (
            "training_flop",
            "training_flop_published",
            "training_usd",
            "training_accelerator_hours",
            "crossover_days_flop",
            "crossover_days_usd",
            "inference_share_of_lifetime_flop",
        ),
    ),
    ("Chip", ("tpp", "performance_density", "dram_bandwidth_gb_s", "io_bandwidth_gb_s")),
    ("Model", ("parameters", "active_parameters", "weight_bytes", "kv_bytes_per_token")),
    ("Bounds", ("bound_ttft_s", "bound_tpot_s", "bound_output_tok_s")),
)
"""Quantities by subject, in reading order."""


def ranged(entry: Mapping[str, Any], name: str = "") -> str:
    """The value of an entry for people, with its range where it has one that is not a point.

    >>> ranged({"value": 0.05, "unit": "s", "low": 0.04, "high": 0.07})
    '50 ms (40 to 70)'
    >>> ranged({"value": 0.9, "unit": "s", "low": 0.5, "high": 1.5})
    '900 ms (500 ms to 1.5 s)'
    """
    text, span = shown(entry, name), span_text(entry, name)
    return f"{text} ({span})" if span else text


def span_text(entry: Mapping[str, Any], name: str = "") -> str:
    """The range of an entry, without the unit where that is the value's; empty where none can be seen."""
    low, high = entry.get("low"), entry.get("high")
    if entry["value"] is None or low is None or high is None or low == high:
        return ""
    ends = [shown({**entry, "value": end}, name) for end in (low, high)]
    units = {end.partition(" ")[2] for end in (shown(entry, name), *ends)}
    if len(units) == 1:
        ends = [end.partition(" ")[0] for end in ends]
    return f"{ends[0]} to {ends[1]}" if ends[0] != ends[1] else ""


def as_json(reports: Sequence[Mapping[str, Any]]) -> str:
    """One object, or a list of them."""
    return json_text(reports[0] if len(reports) == 1 else list(reports))


def as_csv(reports: Sequence[Mapping[str, Any]]) -> str:
    """One line a quantity and scenario, and one for each input that was changed."""
    header = (
        "scenario",
        "scenario_hash",
        "quantity",
        "value",
        "unit",
        "low",
        "high",
        "why",
        "kind",
        "basis",
        "boundary",
    )
    rows = [
        (
            title(report), report["scenario_hash"], name, e["value"], e["unit"], e["low"], e["high"],
            e.get("why"), e["kind"], e.get("basis"), e.get("boundary"),
        )
        for report in reports
        for name, e in report["quantities"].items()
    ]  # fmt: skip
    rows += [
        (
            title(report), report["scenario_hash"], item["key"], word(item["now"]), "", "", "", "", "input",
            f"{word(item['then'])} in {report['changed']['from']}", "",
        )
        for report in reports
        for item in _changed(report)
    ]  # fmt: skip
    return csv_text(header, rows)


def title(report: Mapping[str, Any]) -> str:
    """The scenario's name, or what it is about."""
    scenario = report["scenario"]
    return str(scenario.get("name") or f"{scenario['model']['id']} on {scenario['hardware']['accelerator']}")


def _changed(report: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The inputs that differ from the preset or file."""
    return report["changed"]["inputs"] if "changed" in report else ()


def _differ(report: Mapping[str, Any]) -> str:
    return f"Inputs that differ from {report['changed']['from']}"


def _changed_rows(report: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [(item["key"], word(item["then"]), word(item["now"])) for item in _changed(report)]


@without_html
def as_markdown(reports: Sequence[Mapping[str, Any]]) -> str:
    """A section a scenario."""
    return "\n".join(_markdown(report) for report in reports)


def _markdown(report: Mapping[str, Any]) -> str:
    rows = [(label, f"`{name}`", value) for _, name, label, value in _rows(report)]
    lines = notable(report["policy"])
    policy = [(p["id"], _verdict(p), _margin(p), p["source"]) for p in lines]
    notes = "".join(f"- {note}\n" for note in report["notes"])
    stands = "".join(f"- `{name}`: {text}\n" for name, text in _stands_on(report))
    changed = ""
    if inputs := _changed_rows(report):
        changed = f"## {_differ(report)}\n\n" + markdown_table(("input", "there", "here"), inputs)
    return (
        f"# {title(report)}\n\n{report['headline']}\n\n"
        + (f"{changed}\n" if changed else "")
        + markdown_table(("quantity", "name", "value"), rows)
        + f"\n{stands}\n"
        + markdown_table(("rule", "verdict", "margin", "source"), policy)
        + f"\n{_beside(report, lines)}\n"
        + (f"\n{notes}" if notes else "")
        + f"\n{_made_with(report)}\n"
    )


_WIDTH = 100
"""Columns of prose."""


def as_text(reports: Sequence[Mapping[str, Any]], columns: int | None = None) -> str:
    """The report for a terminal, without box drawing or colour.

    Args:
        reports: The reports.
        columns: What the terminal has; tables are then made to fit, without names where they do not.
    """
    return "\n".join(_text(report, columns) for report in reports)


def _text(report: Mapping[str, Any], columns: int | None) -> str:
    width = min(columns or _WIDTH, _WIDTH)
    parts = [title(report), *_wrap(report["headline"], width, ""), ""]
    if inputs := _changed_rows(report):
        parts += _wrap(_differ(report), width)
        parts += [*fitted(("input", "there", "here"), inputs, columns), ""]
    rows, reasons = _with_reasons_below(_rows(report))
    parts += _quantity_lines(rows, columns)
    for reason in reasons:
        parts += _wrap(reason, width)
    parts.append("")
    for name, stands in _stands_on(report):
        parts += _wrap(f"{name}: {stands}", width)
    parts.append("")
    lines = notable(report["policy"])
    parts += fitted(("rule", "verdict", "margin", "title"), _policy_rows(lines), columns)
    parts += _wrap(_beside(report, lines), width)
    published = report["scenario"].get("published") or ()
    if published:
        parts += ["", *fitted(("published", "figure", "here", "ratio"), _published_rows(report), columns)]
    if report["notes"]:
        parts += ["", "Notes"]
        parts += [line for note in report["notes"] for line in _wrap(f"- {note}", width)]
    parts += [
        "",
        _made_with(report),
        "",
    ]
    return "\n".join(parts)


def _quantity_lines(rows: Sequence[tuple[str, str, str, str]], columns: int | None) -> list[str]:
    """Subject, label, name and value; the names go first where a line is too long."""
    heads = [
        f"{subject if i == 0 or rows[i - 1][0] != subject else '':<10}"
        for i, (subject, *_) in enumerate(rows)
    ]
    full = [(head, label, name, value) for head, (_, name, label, value) in zip(heads, rows, strict=True)]
    lines = fitted((), full, None)
    if columns is None or max(map(len, lines)) <= columns:
        return lines
    return fitted((), [(head, label, value) for head, label, _, value in full], columns)


def _wrap(text: str, width: int, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


_ALIKE = {"wh_per_query": ", for facility_mw too"}
"""What is said of one quantity and holds for others that are shown."""


def _stands_on(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What cost, energy and carbon stand on, by name, and whatever else only this report has."""
    entries = report["quantities"]
    told = [
        name for name in ("training_usd", "embodied_gco2e_per_query") if entries[name]["value"] is not None
    ]
    found = []
    for name in ("usd_per_query", "wh_per_query", "gco2e_per_query", *told, *_asked_beside(report)):
        words = (f"{word} {entries[name][word]}" for word in ("basis", "boundary") if word in entries[name])
        found.append((name, "; ".join(words) + _ALIKE.get(name, "")))
    return found


def _asked_beside(report: Mapping[str, Any]) -> list[str]:
    """Costs and energies that only this report has: what they stand on is said as well."""
    listed = {name for _, names in GROUPS for name in names}
    items = report["quantities"].items()
    return [name for name, entry in items if name not in listed and {"basis", "boundary"} & set(entry)]


def _rows(report: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    return [
        (subject, name, REGISTRY.quantities[name].label, ranged(report["quantities"][name], name))
        for subject, names in GROUPS
        for name in names
        if name in report["quantities"]
    ]


_LONGEST_REASON = 60


def _with_reasons_below(
    rows: list[tuple[str, str, str, str]],
) -> tuple[list[tuple[str, str, str, str]], list[str]]:
    """The rows with each long reason for a missing number said once, below them, under a letter."""
    long = dict.fromkeys(v for *_, v in rows if v.startswith("- (") and len(v) > _LONGEST_REASON)
    marks = {value: f"[{letter}]" for value, letter in zip(long, string.ascii_lowercase, strict=False)}
    short = [(a, b, c, f"- {marks[d]}" if d in marks else d) for a, b, c, d in rows]
    return short, [f"{mark} {value[3:-1]}" for value, mark in marks.items()]


def _policy_rows(entries: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    return [(p["id"], _verdict(p), _margin(p), p["title"]) for p in entries]


def _beside(report: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> str:
    """How many rules are not listed, and the command that lists them."""
    entries = report["policy"]
    day = entries[0]["as_of"] if entries else ""
    rest = f"{len(lines)} of {len(entries)} rules on {day} ({counted(entries)})"
    return f"{rest}; `inferscope policy PRESET` lists all with sources"


def _verdict(entry: Mapping[str, Any]) -> str:
    word = verdict_word(entry)
    if entry["missing"]:
        word += f" (needs {', '.join(entry['missing'])})"
    marks = [
        "sensitive" if entry["certainty"] == "sensitive" else "",
        "" if entry["binding"] else standing(entry),
        "" if entry["verified"] else "unverified",
    ]
    return "; ".join(part for part in (word, *marks) if part)


def _margin(entry: Mapping[str, Any]) -> str:
    margin = entry["margin_oom"]
    return "-" if margin is None else f"{margin:+.2f} orders"


def _made_with(report: Mapping[str, Any]) -> str:
    """What it takes to get the same numbers again."""
    versions = f"inferscope {report['inferscope']}, data of {report['data']}"
    return f"{versions}, scenario {report['scenario_hash'][:12]}"


def _published_rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return published_rows(report["scenario"]["published"], report["quantities"])


def published_rows(
    items: Sequence[Mapping[str, Any]], quantities: Mapping[str, Mapping[str, Any]]
) -> list[tuple[str, ...]]:
    """Claim, published figure, figure here and their ratio, for each published figure."""
    rows: list[tuple[str, ...]] = []
    for item in items:
        entry = quantities.get(item["quantity"])
        value = None if entry is None else entry["value"]
        ratio = f"{value / item['value']:.2f}" if isinstance(value, int | float) and item["value"] else "-"
        here = "-" if entry is None else shown(entry, item["quantity"])
        rows.append((item["claim"], shown(item, item["quantity"]), here, ratio))
    return rows
