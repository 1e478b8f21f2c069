"""`inferscope show`: one record with the source of each value."""

from __future__ import annotations

import argparse
import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inferscope.core import catalog
from inferscope.core.errors import InferscopeError, nearest
from inferscope.core.export.tables import json_text
from inferscope.core.leaves import Leaf
from inferscope.tui.cli.listing import cell, origin
from inferscope.tui.cli.parser import check_kind, write


def run(options: argparse.Namespace) -> int:
    """Print one record."""
    record = _SHOW[check_kind(options.kind)](options.id)
    write(json_text(record) if options.format == "json" else _record_text(record), options.out)
    return 0


def _record(record: catalog.Record) -> dict[str, Any]:
    """A catalogue record as plain tables, each value with its source."""
    text = {k: v for k, v in record.text.items() if not isinstance(v, catalog.Value)}
    values = {name: _value(value) for name, value in record.values.items()}
    found: dict[str, Any] = {**text, "origin": origin(record), "values": values}
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
            {"low": value.low, "high": value.high, "note": value.note} if value.low or value.high else {}
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
        "origin": origin(rule),
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
    from inferscope.core.leaves.leaf import constants

    known = constants()
    named = [key for key in known if name in (key, key.partition(" (")[0])]
    if not named:
        return _unknown("constant", name, list(known))
    about = [{"constant": key, **_constant(known[key])} for key in named]
    return about[0] if len(about) == 1 else {"constant": name, "by accelerator": about}


def _constant(leaf: Leaf) -> dict[str, Any]:
    low, high = leaf.span or (None, None)
    return {
        "value": leaf.value,
        "low": low,
        "high": high,
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
            lines.append((head + "; ".join(cell(v) for v in value)).rstrip())
        else:
            lines.append(head + cell(value).strip().replace("\n", "\n" + " " * len(head)))
    return "\n".join(lines) + "\n"


def _value_text(value: Mapping[str, Any]) -> str:
    figure = value["value"]
    ends = [value.get("low"), value.get("high")]
    if figure is None:
        bounds = zip(("at least", "at most"), ends, strict=True)
        said = ", ".join(f"{word} {end:,g}" for word, end in bounds if end is not None)
        parts = [str(value.get("state", "unknown")), f"({said})" if said else "", str(value.get("note", ""))]
        return " ".join(part for part in parts if part)
    span = f" ({ends[0]:g} to {ends[1]:g})" if None not in ends else ""
    about = "; ".join(str(value[k]) for k in ("note", "source") if value.get(k))
    text = f"{figure:,.6g}" if isinstance(figure, float) and not math.isnan(figure) else str(figure)
    kind, date = (value.get(part) for part in ("kind", "date"))
    parts = [f"{text}{span}", f" [{kind}]" if kind else "", about, f"({date})" if date else ""]
    return " ".join(part for part in parts if part)
