"""`inferscope list` and `inferscope show`: what the catalogue and the program know."""

from __future__ import annotations

import argparse
import datetime as dt
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inferscope.core import catalog
from inferscope.core.errors import InferscopeError, nearest
from inferscope.core.export.tables import csv_text, json_text, markdown_table, text_table
from inferscope.tui.cli.parser import check_kind, remark, write

Table = tuple[Sequence[str], list[tuple[Any, ...]]]


def run(options: argparse.Namespace) -> int:
    """Print a list or one record."""
    kind = check_kind(options.kind)
    if options.command == "show":
        record = _SHOW[kind](options.id)
        write(json_text(record) if options.format == "json" else _record_text(record), options.out)
        return 0
    header, rows = _LIST[kind]()
    wanted = options.filter.casefold()
    rows = [row for row in rows if wanted in " ".join(str(cell) for cell in row).casefold()]
    if not rows:
        remark(f"none of the {kind} contains {options.filter!r}")
    write(_table(header, rows, options.format), options.out)
    return 0


def _table(header: Sequence[str], rows: list[tuple[Any, ...]], format_: str) -> str:
    if format_ == "json":
        return json_text([dict(zip(header, row, strict=True)) for row in rows])
    if format_ == "csv":
        return csv_text(header, rows)
    cells = [tuple(_cell(value) for value in row) for row in rows]
    if format_ == "md":
        return markdown_table(header, cells)
    right = [
        i for i in range(len(header)) if rows and all(isinstance(r[i], int | float | None) for r in rows)
    ]
    return text_table(header, cells, right)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if 1e4 <= abs(value) < 1e12 else f"{value:,.4g}"
    return str(value)


def _scaled(record: catalog.Record, name: str, divisor: float) -> float | None:
    value = record.values[name].value
    return None if value is None else value / divisor


def _origin(record: catalog.Record) -> str:
    """Whose record it is; the user's with its file."""
    return f"user: {record.origin}" if record.origin else "shipped"


def _accelerators() -> Table:
    header = (
        "id",
        "name",
        "vendor",
        "released",
        "memory_gib",
        "tb_per_s",
        "bf16_pflop_per_s",
        "fp8_pflop_per_s",
        "tdp_w",
        "rental_usd_per_h",
        "status",
        "origin",
    )
    rows = []
    for identifier in catalog.ids("accelerator"):
        record = catalog.accelerator(identifier)
        rental = _scaled(record, "rental_on_demand_usd_per_h", 1) or _scaled(
            record, "rental_reserved_usd_per_h", 1
        )
        rows.append(
            (
                record.id,
                record.name,
                record.text.get("vendor"),
                record.text.get("released"),
                _scaled(record, "memory_bytes", 2**30),
                _scaled(record, "memory_bandwidth_bytes_per_s", 1e12),
                _scaled(record, "bf16_flop_per_s", 1e15),
                _scaled(record, "fp8_flop_per_s", 1e15),
                _scaled(record, "tdp_w", 1),
                rental,
                record.text.get("status"),
                _origin(record),
            )
        )
    return header, rows


def _models() -> Table:
    header = (
        "id",
        "name",
        "developer",
        "released",
        "parameters_b",
        "active_b",
        "training_flop",
        "licence",
        "origin",
    )
    rows = []
    for identifier in catalog.ids("model"):
        record = catalog.model(identifier)
        total, active = _sizes(record)
        rows.append(
            (
                record.id,
                record.name,
                record.text.get("developer"),
                record.text.get("released"),
                total,
                active,
                record.values["training_flop"].value,
                record.text.get("license"),
                _origin(record),
            )
        )
    return header, rows


def _sizes(record: catalog.Record) -> tuple[float | None, float | None]:
    """Parameters and active parameters in billions: computed, else estimated."""
    if record.architecture is not None:
        folded = catalog.fold(record.architecture)
        return folded.total_params / 1e9, folded.active_params_without_input_embedding / 1e9
    return _scaled(record, "total_params_estimate", 1e9), _scaled(record, "active_params_estimate", 1e9)


def _regions() -> Table:
    header = ("id", "name", "gco2e_per_kwh", "usd_per_kwh", "water_l_per_kwh", "pue", "origin")
    names = ("grid_gco2e_per_kwh", "electricity_usd_per_kwh", "grid_water_l_per_kwh", "pue")
    records = [catalog.region(identifier) for identifier in catalog.ids("region")]
    return header, [(r.id, r.name, *(_scaled(r, name, 1) for name in names), _origin(r)) for r in records]


def _presets() -> Table:
    from inferscope.core.scenario.files import preset_names, read_tables, shipped_directory

    shipped = shipped_directory()
    rows: list[tuple[Any, ...]] = []
    for name, path in preset_names().items():
        try:
            tables = read_tables(path)[1]
            about, question = str(tables.get("name", "")), str(tables.get("question", ""))
        except InferscopeError as error:
            about, question = f"unreadable: {error.message}", ""
        rows.append((name, question, about, "shipped" if path.parent == shipped else str(path)))
    return ("preset", "question", "name", "where"), rows


def _quantities() -> Table:
    from inferscope.core.evaluate import CONTRACT
    from inferscope.core.graph import REGISTRY

    rows = [
        (q.name, q.label, q.unit, "every report" if q.name in CONTRACT else "")
        for q in sorted(REGISTRY.quantities.values(), key=lambda q: (q.name not in CONTRACT, q.name))
    ]
    return ("quantity", "label", "unit", "in"), rows


def _rules() -> Table:
    from inferscope.core.policy.rules import rules

    rows = [
        (
            r.id,
            r.jurisdiction,
            r.scope,
            r.status,
            r.force,
            str(r.effective_from or ""),
            str(r.effective_to or ""),
            r.evidence if r.verified else "unverified",
            r.title,
            r.origin if r.origin == "shipped" else f"user: {r.origin}",
        )
        for r in rules()
    ]
    header = ("rule", "jurisdiction", "scope", "status", "force", "from", "to", "evidence", "title", "origin")
    return header, rows


def _formats() -> Table:
    rows = [
        (f.name, f.bits_per_weight.value, f.rate, f.wider or "-", f.default_activation, f.kv_bits.value)
        for f in catalog.formats().values()
    ]
    return ("format", "bits_per_weight", "rate", "falls_back_to", "activations", "cache_bits"), rows


def _constants() -> Table:
    from inferscope.core.graph import REGISTRY
    from inferscope.core.leaves import calibration

    rows = []
    for name, leaf in calibration().items():
        declared = REGISTRY.inputs.get(f"calibration_{name}")
        about = textwrap.shorten(leaf.note or leaf.source, 70, placeholder=" ...")
        rows.append((name, leaf.value, declared.unit if declared else "1", leaf.kind, about))
    return ("constant", "value", "unit", "kind", "about"), rows


_LIST: Mapping[str, Callable[[], Table]] = {
    "accelerators": _accelerators,
    "models": _models,
    "regions": _regions,
    "presets": _presets,
    "quantities": _quantities,
    "rules": _rules,
    "formats": _formats,
    "constants": _constants,
}


# --- show ----------------------------------------------------------------------------------------


def _record(record: catalog.Record) -> dict[str, Any]:
    """A catalogue record as plain tables, each value with its source."""
    text = {k: v for k, v in record.text.items() if not isinstance(v, catalog.Value)}
    values = {name: _value(value) for name, value in record.values.items()}
    found: dict[str, Any] = {**text, "origin": _origin(record), "values": values}
    if record.tiers:
        found["memory_tiers"] = [tier._asdict() for tier in record.tiers]
    if record.fallback:
        found["fallback"] = dict(record.fallback)
    if record.architecture is not None:
        folded = catalog.fold(record.architecture)
        full, window = catalog.kv_bytes_per_token(folded, 2)
        found["architecture"] = dict(record.architecture)
        about = record.text.get("record_architecture")
        found["architecture_source"] = about.source if isinstance(about, catalog.Value) else ""
        found["computed"] = {
            "total_params": folded.total_params,
            "active_params": folded.active_params_without_input_embedding,
            "kv_bytes_per_token_16_bit": full,
            "kv_bytes_per_token_in_window_16_bit": window,
            "state_bytes_per_sequence": folded.state_bytes,
        }
    return found


def _value(value: catalog.Value) -> dict[str, Any]:
    if not value.is_known:
        return {"value": None, "state": value.state} | (
            {"low": value.low, "high": value.high} if value.low or value.high else {}
        )
    parts = {
        "kind": value.kind,
        "source": value.source,
        "date": value.date,
        "note": value.note,
        "low": value.low,
        "high": value.high,
    }
    return {"value": value.value, **{k: v for k, v in parts.items() if v not in (None, "")}}


def _show_preset(name: str) -> dict[str, Any]:
    from inferscope.core.scenario.files import load, scenario_hash

    loaded = load(name)
    return {
        "preset": name,
        "file": str(loaded.path),
        **loaded.scenario.model_dump(mode="json", exclude_defaults=True),
        "scenario_hash": scenario_hash(loaded.scenario),
    }


def _show_quantity(name: str) -> dict[str, Any]:
    from inferscope.core.evaluate import CONTRACT  # noqa: F401  (fills the registry)
    from inferscope.core.graph import REGISTRY

    node = REGISTRY.node(name)
    return {
        "quantity": node.name,
        "label": node.label,
        "unit": node.unit,
        "better": node.better,
        "formula": node.formula,
        "needs": list(dict.fromkeys(node.parents)),
        "source": node.source,
        "meaning": node.meaning,
    }


def _show_rule(name: str) -> dict[str, Any]:
    from inferscope.core.policy.rules import find, profiles

    rule = find(name)
    found: dict[str, Any] = {
        "rule": rule.id,
        "short": rule.short,
        "title": rule.title,
        "jurisdiction": rule.jurisdiction,
        "instrument": rule.prose.get("instrument"),
        "scope": rule.scope,
        "true_means": rule.true_means,
        "predicate": rule.predicate.words(),
        "effect": rule.prose.get("effect"),
        "note": rule.prose.get("note"),
        "relieves": list(rule.relieves),
        "status": rule.status,
        "force": rule.force,
        "effective_from": rule.effective_from,
        "effective_to": rule.effective_to,
        "compliance_from": rule.compliance_from,
        "citation": rule.prose.get("citation"),
        "address": rule.prose.get("address"),
        "seen_in": rule.prose.get("seen_in"),
        "evidence": rule.evidence,
        "kind": rule.kind,
        "verified": rule.verified,
        "unverified_parts": list(rule.prose.get("unverified_parts", ())),
        "origin": rule.origin,
        "reads": {name: _read_from(name) for name in rule.names},
    }
    if rule.counting:
        found["counting"] = {"profile": rule.counting, **profiles()[rule.counting]}
    return {k: str(v) if isinstance(v, dt.date) else v for k, v in found.items() if v not in (None, "", [])}


def _read_from(name: str) -> str:
    """Unit, scope and origin of a quantity that a rule reads, and what else says it."""
    from inferscope.core.policy.quantities import QUANTITIES, unit, where

    known = QUANTITIES.get(name)  # rules of one's own may read any quantity of the graph
    if known is None:
        return f"{unit(name)}; graph"
    origins = [known.origin] if known.origin != "policy" else []
    if known.has_key:
        origins.append(where(name))
    return f"{unit(name)}, {known.scope}; {', else '.join(origins)}"


def _show_format(name: str) -> dict[str, Any]:
    try:
        form = catalog.format_(name)
    except InferscopeError:
        return _unknown("format", name, list(catalog.formats()))
    return {
        "format": form.name,
        "aliases": list(form.aliases),
        "bits_per_weight": _value(form.bits_per_weight),
        "element_bits": form.element_bits,
        "scale_bits": form.scale_bits,
        "group": form.group,
        "rate": form.rate,
        "falls_back_to": form.wider or None,
        "activations": form.default_activation,
        "cache_bits": _value(form.kv_bits),
        "capability": form.capability,
    }


def _show_constant(name: str) -> dict[str, Any]:
    from inferscope.core.leaves import calibration

    leaf = calibration().get(name)
    if leaf is None:
        return _unknown("constant", name, list(calibration()))
    return {
        "constant": name,
        "value": leaf.value,
        "kind": leaf.kind,
        "source": leaf.source,
        "date": leaf.date,
        "note": leaf.note,
    }


def _unknown(kind: str, name: str, known: Sequence[str]) -> dict[str, Any]:
    hint = nearest(name, known) or f"see `inferscope list {kind}s`"
    message = f"unknown {kind} {name!r}: {hint}"
    raise InferscopeError(message)


_SHOW: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "accelerators": lambda name: _record(catalog.accelerator(name)),
    "models": lambda name: _record(catalog.model(name)),
    "regions": lambda name: _record(catalog.region(name)),
    "presets": _show_preset,
    "quantities": _show_quantity,
    "rules": _show_rule,
    "formats": _show_format,
    "constants": _show_constant,
}


def _record_text(record: Mapping[str, Any], indent: str = "") -> str:
    """A record as aligned lines; values with their sources."""
    width = max((len(str(key)) for key in record), default=0)
    lines = []
    for key, value in record.items():
        head, deeper = f"{indent}{key:<{width}}  ", f"{indent}  "
        if isinstance(value, Mapping) and "value" in value:
            lines.append(head + _value_text(value))
        elif isinstance(value, Mapping):
            lines += [f"{indent}{key}", _record_text(value, deeper).rstrip()]
        elif isinstance(value, list | tuple) and value and all(isinstance(v, Mapping) for v in value):
            for item in value:
                lines += [f"{indent}{key}", _record_text(item, deeper).rstrip()]
        elif isinstance(value, list | tuple):
            lines.append((head + "; ".join(_cell(v) for v in value)).rstrip())
        else:
            lines.append(head + _cell(value).strip().replace("\n", "\n" + " " * len(head)))
    return "\n".join(lines) + "\n"


def _value_text(value: Mapping[str, Any]) -> str:
    figure = value["value"]
    if figure is None:
        return str(value.get("state", "unknown"))
    ends = [value.get("low"), value.get("high")]
    span = f" ({ends[0]:g} to {ends[1]:g})" if None not in ends else ""
    about = "; ".join(str(value[k]) for k in ("note", "source") if value.get(k))
    text = f"{figure:,.6g}" if isinstance(figure, float) and not math.isnan(figure) else str(figure)
    kind, date = (value.get(part) for part in ("kind", "date"))
    parts = [f"{text}{span}", f" [{kind}]" if kind else "", about, f"({date})" if date else ""]
    return " ".join(part for part in parts if part)
