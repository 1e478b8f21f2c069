"""`inferscope list`: what the catalogue and the program know."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from inferscope.core import catalog
from inferscope.core.catalog.suppliers import dependence
from inferscope.core.errors import InferscopeError
from inferscope.core.export.tables import csv_text, fitted, json_text, markdown_table, text_table
from inferscope.tui.cli.parser import KINDS, LISTED_ALONE, check_kind, columns, remark, write

if TYPE_CHECKING:
    from inferscope.core.policy.rule import Rule

Table = tuple[Sequence[str], list[tuple[Any, ...]]]


def run(options: argparse.Namespace) -> int:
    """Print a list."""
    kind = check_kind(options.kind, (*KINDS, *LISTED_ALONE))
    search = _search(kind, options)
    header, rows = _LIST[kind]()
    if search:
        found = set(_found(kind, search))
        rows = [row for row in rows if row[0] in found]
    else:
        wanted = options.filter.casefold()
        rows = [row for row in rows if wanted in " ".join(str(value) for value in row).casefold()]
    if not rows:
        remark(f"none of the {kind} contains {(search or options.filter)!r}")
    elif kind == "accelerators" and (search or options.filter):
        remark(dependence([catalog.accelerator(row[0]) for row in rows]))
    write(_table(header, rows, options.format, columns(options.out)), options.out)
    return 0


def _search(kind: str, options: argparse.Namespace) -> str:
    """The search of the catalogue that is asked for, as sweeps have it; empty for plain words.

    Raises:
        InferscopeError: An option or a search is about another kind.
    """
    parts = [options.filter] if re.match(r"[a-z_]+:\S", options.filter) else []
    for field in ("designed_in", "fabricated_in"):
        if place := getattr(options, field):
            if kind != "accelerators":
                message = f"--{field.replace('_', '-')} is about accelerators, not {kind}"
                raise InferscopeError(message)
            parts.append(f"{field}:{place}")
    if options.filter and parts and options.filter not in parts:
        parts.append(f"id:{options.filter}")
    return "+".join(parts) if kind in _SEARCHED else ""


_SEARCHED = {"accelerators": "hardware.accelerator", "models": "model.id", "regions": "site.region"}


def _found(kind: str, search: str) -> tuple[str, ...]:
    """The records that a search finds; none where nothing has it."""
    from inferscope.core.study.axes import AxisError, records

    try:
        return records(_SEARCHED[kind], search)
    except AxisError as error:
        if error.message.startswith("no "):
            return ()
        raise InferscopeError(error.message) from None


def _table(header: Sequence[str], rows: list[tuple[Any, ...]], format_: str, room: int | None) -> str:
    if format_ == "json":
        return json_text([dict(zip(header, row, strict=True)) for row in rows])
    if format_ == "csv":
        return csv_text(header, rows)
    cells = [tuple(cell(value) for value in row) for row in rows]
    if format_ == "md":
        return markdown_table(header, cells)
    right = [
        i for i in range(len(header)) if rows and all(isinstance(r[i], int | float | None) for r in rows)
    ]
    text = text_table(header, cells, right)
    if room is None or max(map(len, text.splitlines())) <= room:
        return text
    return "\n".join([*fitted(header, cells, room), ""])


def cell(value: Any) -> str:
    """A value of a table for people."""
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


def origin(record: catalog.Record | Rule) -> str:
    """Whose record or rule it is; the user's with its file."""
    return f"user: {record.origin}" if record.origin not in ("", "shipped") else "shipped"


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
        "designed_in",
        "fabricated_in",
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
                record.text.get("designed_in"),
                record.text.get("fabricated_in"),
                origin(record),
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
                origin(record),
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
    return header, [(r.id, r.name, *(_scaled(r, name, 1) for name in names), origin(r)) for r in records]


def _presets() -> Table:
    from inferscope.core.scenario.changed import named
    from inferscope.core.scenario.files import load, preset_names, read_tables, shipped_directory
    from inferscope.core.scenario.names import hidden_presets

    shipped = shipped_directory()
    rows: list[tuple[Any, ...]] = []
    for name, path in preset_names().items():
        try:
            tables = read_tables(path)[1]
            about, question = str(tables.get("name", "")), str(tables.get("question", ""))
            if not about and "extends" in tables:
                about = named(load(path)).scenario.name
        except InferscopeError as error:
            about, question = f"unreadable: {error.message}", ""
        rows.append((name, question, about, "shipped" if path.parent == shipped else str(path)))
    rows += [
        (path.stem, "", "hidden by the shipped preset of this name: ask for its path", str(path))
        for path in hidden_presets()
    ]
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
            origin(r),
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
    from inferscope.core.leaves.leaf import constants

    rows = []
    for name, leaf in constants().items():
        declared = REGISTRY.inputs.get(f"calibration_{name.partition(' ')[0]}")
        about = textwrap.shorten(leaf.note or leaf.source, 70, placeholder=" ...")
        rows.append((name, leaf.value, declared.unit if declared else "1", leaf.kind, about))
    return ("constant", "value", "unit", "kind", "about"), rows


def _prices() -> Table:
    header = (
        *("model", "provider", "from", "read", "usd_per_m_in", "usd_per_m_cached", "usd_per_m_out"),
        *("kind", "label", "source"),
    )
    rows = [
        (
            row.model_id or "-",
            row.provider,
            row.effective_from or "-",
            row.date,
            row.usd_per_million_input_tokens,
            row.usd_per_million_cached_input_tokens,
            row.usd_per_million_output_tokens,
            row.kind,
            row.model,
            row.source,
        )
        for row in catalog.prices()
    ]
    return header, rows


def _rents() -> Table:
    rows = [
        (row.accelerator, row.date, row.usd_per_accelerator_hour, row.kind, row.what, row.value.source)
        for row in catalog.rents()
    ]
    return ("accelerator", "date", "usd_per_h", "kind", "what", "source"), rows


_LIST: Mapping[str, Callable[[], Table]] = {
    "accelerators": _accelerators,
    "models": _models,
    "regions": _regions,
    "presets": _presets,
    "quantities": _quantities,
    "rules": _rules,
    "formats": _formats,
    "constants": _constants,
    "prices": _prices,
    "rents": _rents,
}
