"""What a catalogue file may say, and the reading of one value."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from inferscope.core import DATA_DATE
from inferscope.core.catalog.records import KINDS, UNKNOWN, Tier, Value
from inferscope.core.errors import CatalogError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from inferscope.core.catalog.records import State

__all__ = [
    "ACCELERATOR_TEXT",
    "ACCELERATOR_VALUES",
    "ARCHITECTURE_KEYS",
    "ARCHITECTURE_REQUIRED",
    "ARCHITECTURE_TEXTS",
    "DATA_DATE",
    "MODEL_TEXT",
    "MODEL_VALUES",
    "RECORD_SECTIONS",
    "REGION_TEXT",
    "REGION_VALUES",
    "REQUIRED",
    "architecture_fault",
    "check_keys",
    "read_fallback",
    "read_record",
    "read_text",
    "read_tiers",
    "read_value",
    "read_values",
    "record_section",
]

ACCELERATOR_VALUES: Final = (
    *(f"{rate}_flop_per_s" for rate in ("bf16", "fp8", "int8", "fp4", "int4", "fp32", "tf32")),
    "memory_bytes",
    "memory_bandwidth_bytes_per_s",
    "dram_bandwidth_bytes_per_s",
    "sram_bytes",
    "sram_bandwidth_bytes_per_s",
    "far_memory_bytes",
    "far_memory_bandwidth_bytes_per_s",
    "scaleup_bytes_per_s",
    "scaleup_domain",
    "scaleup_is_pcie",
    "host_link_bytes_per_s",
    "scaleout_bytes_per_s",
    "tdp_w",
    "server_w",
    "all_in_w",
    "die_area_mm2",
    "purchase_usd",
    "rental_on_demand_usd_per_h",
    "rental_reserved_usd_per_h",
    "rental_spot_usd_per_h",
    "tpp_published",
    "fixed_time_factor",
)
"""Figures of an accelerator: peaks are dense, links one way, memory in bytes."""

MODEL_VALUES: Final = (
    "total_params_stated",
    "active_params_stated",
    "total_params_estimate",
    "active_params_estimate",
    "mtp_params",
    "training_flop",
    "training_tokens",
    "training_accelerator_hours",
    "training_accelerators",
    "training_wall_hours",
    "training_usd_2023",
    "training_usd_reported",
)
"""Figures of a model: sizes as stated or estimated, and its training."""

REGION_VALUES: Final = (
    "electricity_usd_per_kwh",
    "grid_gco2e_per_kwh",
    "grid_gco2e_per_kwh_2023",
    "grid_water_l_per_kwh",
    "pue",
    "summer_temperature_c",
    "build_usd_per_w",
    *(f"rtt_{hub}_s" for hub in ("usa", "deu", "sgp", "jpn")),
)
"""Figures of a country: power price, grid, PUE model, building cost, round-trip times."""

ACCELERATOR_TEXT: Final[Mapping[str, type]] = {
    **dict.fromkeys(("id", "name", "vendor", "kind", "status"), str),
    **dict.fromkeys(("form_factor", "released", "memory_type", "scaleup_name", "process"), str),
    **dict.fromkeys(("host", "peak_basis", "purchase_scope", "purchase_note"), str),
    **dict.fromkeys(("rental_reserved_term", "rental_note", "server_note", "die_note"), str),
    **dict.fromkeys(("designed_in", "export_status", "tpp_published_by", "notes"), str),
    "aliases": list,
    "unverified": list,
    "datacenter_marketed": bool,
}
MODEL_TEXT: Final[Mapping[str, type]] = {
    **dict.fromkeys(("id", "name", "developer", "released", "license", "kind"), str),
    **dict.fromkeys(("precision", "weight_format", "expert_weight_format"), str),
    **dict.fromkeys(("activation_format", "format_note", "distilled_from", "note"), str),
    **dict.fromkeys(("active_convention", "total_params_stated_digits"), str),
    **dict.fromkeys(("active_params_stated_digits", "training_accelerator"), str),
    "training_hardware": str,
    "open_weights": bool,
    "aliases": list,
}
REGION_TEXT: Final[Mapping[str, type]] = {
    **dict.fromkeys(("id", "name", "iso2", "macro_region", "reference_city", "electricity_note"), str),
    **dict.fromkeys(("latitude", "longitude"), float),
    "aliases": list,
}
RECORD_SECTIONS: Final[tuple[str, ...]] = (
    "record",
    "record_architecture",
    "record_params",
    "record_training",
)
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "accelerator": ("id", "name", "vendor", "kind", "status", "peak_basis", "record", "values"),
    "model": ("id", "name", "developer", "released", "license", "open_weights", "kind", "record"),
}

ARCHITECTURE_KEYS: Final = frozenset(
    [
        "layers",
        "hidden",
        "vocab",
        "context",
        "attention",
        "mixer",
        "window",
        "ffn_pattern",
        "ffn",
        "ffn_per_layer",
        "ffn_mats",
        "heads",
        "kv_heads",
        "head_dim",
        "v_head_dim",
        "swa_kv_heads",
        "swa_head_dim",
        "swa_v_head_dim",
        "k_eq_v",
        "kv_share",
        "kv_lora_rank",
        "q_lora_rank",
        "qk_nope_head_dim",
        "qk_rope_head_dim",
        "o_groups",
        "o_lora_rank",
        "index_heads",
        "index_dim",
        "index_topk",
        "index_shared",
        "lin_kind",
        "lin_k_heads",
        "lin_v_heads",
        "lin_k_dim",
        "lin_v_dim",
        "lin_conv",
        "lin_full_rank_gate",
        "ssm_kind",
        "ssm_heads",
        "ssm_head_dim",
        "ssm_groups",
        "ssm_inner",
        "ssm_dt_rank",
        "ssm_state",
        "ssm_conv",
        "experts",
        "experts_per_tok",
        "moe_ffn",
        "moe_latent",
        "moe_bias",
        "shared_experts",
        "shared_ffn",
        "shared_gate",
        "tied",
        "learned_positions",
        "norms_per_layer",
        "qkv_bias",
        "o_bias",
        "attn_bias_all",
        "qk_norm",
        "sinks",
        "rel_pos_proj",
        "attn_out_gate",
        "attn_out_gate_mla",
        "mtp_depth",
    ]
)
"""Per-layer facts of a model; the letters are those of :mod:`inferscope.core.catalog.mixers`."""
ARCHITECTURE_REQUIRED: Final = (
    *("layers", "hidden", "vocab", "context", "mixer", "ffn_pattern", "ffn_mats"),
    *("heads", "kv_heads", "head_dim", "tied"),
)

ARCHITECTURE_TEXTS: Final[Mapping[str, type]] = {
    **dict.fromkeys(("attention", "mixer", "ffn_pattern", "lin_kind", "ssm_kind"), str),
    **dict.fromkeys(("attn_bias_all", "attn_out_gate", "attn_out_gate_mla", "index_shared", "k_eq_v"), bool),
    **dict.fromkeys(("lin_full_rank_gate", "moe_bias", "o_bias", "qk_norm", "qkv_bias"), bool),
    **dict.fromkeys(("rel_pos_proj", "shared_gate", "sinks", "tied"), bool),
    "ffn_per_layer": list,
}
"""Per-layer facts that are no plain number; all others are sizes and counts."""
_AT_LEAST_ONE: Final = frozenset(
    ["layers", "hidden", "vocab", "heads", "kv_heads", "head_dim", "ffn_mats", "window"]
)
_MOST: Final = {"layers": 10_000}
_WORDS: Final = {str: "text", bool: "true or false", list: "a list", float: "a number"}

# Where 0 is a figure and not a slip: machines without DRAM, and yes/no as a number.
_MAY_BE_ZERO: Final = frozenset({"dram_bandwidth_bytes_per_s", "scaleup_is_pcie"})
_VALUE_KEYS: Final = frozenset(
    {"value", "kind", "source", "date", "low", "high", "note", "unit", "decides_verdict"}
)
_RECORD_KEYS: Final = frozenset({"source", "date", "kind"})
_LEAST: Final = math.nextafter(0.0, 1.0)  # anything above zero
_DATE: Final = re.compile(r"\d{4}(-\d{2}){0,2}")


def record_section(name: str) -> str:
    """The section of a model's file that says where a figure comes from."""
    return "record_training" if name.startswith("training") else "record_params"


def check_keys(
    table: Mapping[str, Any], allowed: Iterable[str], required: Iterable[str], path: Path, at: str
) -> None:
    """Refuse unknown keys, with the nearest valid one, and missing ones.

    Raises:
        CatalogError: A key is not allowed, or a required one is absent.
    """
    known = set(allowed)
    for key in table:
        if key not in known:
            hint = nearest(key, known)
            message = f"unknown key{f': {hint}' if hint else ''}"
            raise CatalogError(message, file=path, key=f"{at}{key}")
    for key in required:
        if key not in table:
            message = "this key is missing"
            raise CatalogError(message, file=path, key=f"{at}{key}")


def read_text(table: Mapping[str, Any], kinds: Mapping[str, type], path: Path) -> dict[str, Any]:
    """Return the facts that are text, true or false, or lists; lists become tuples.

    Raises:
        CatalogError: A fact is of another type.
    """
    facts: dict[str, Any] = {}
    for key, kind in kinds.items():
        if key not in table:
            continue
        fact = float(table[key]) if kind is float and _is_number(table[key]) else table[key]
        if not isinstance(fact, kind) or (kind is list and any(not isinstance(v, str) for v in table[key])):
            message = f"must be {_WORDS[kind]}{' of texts' if kind is list else ''}, not {fact!r}"
            raise CatalogError(message, file=path, key=key)
        facts[key] = tuple(fact) if isinstance(fact, list) else fact
    return facts


def architecture_fault(name: str, value: object) -> str:
    """What is wrong with one fact of an architecture; nothing where it is what it should be.

    >>> architecture_fault("layers", 80), architecture_fault("layers", 0.5)
    ('', 'must be a whole number from 1 to 10,000, not 0.5')
    """
    kind = ARCHITECTURE_TEXTS.get(name)
    if kind is None:
        return _size_fault(name, value)
    if kind is list and isinstance(value, list) and value:
        return next(filter(None, (_size_fault(name, item) for item in value)), "")
    words = "a list of sizes" if kind is list else _WORDS[kind]
    return "" if kind is not list and isinstance(value, kind) else f"must be {words}, not {value!r:.80}"


def _size_fault(name: str, value: object) -> str:
    least, most = int(name in _AT_LEAST_ONE), _MOST.get(name, 100_000_000)
    if _is_number(value) and least <= value <= most and value == int(value):
        return ""
    return f"must be a whole number from {least} to {most:,}, not {value!r:.80}"


def read_record(table: Mapping[str, Any], path: Path, at: str) -> Value:
    """Return what a group of values has in common: source, date and kind.

    Raises:
        CatalogError: One of the three is missing or invalid.
    """
    check_keys(table, _RECORD_KEYS, sorted(_RECORD_KEYS), path, f"{at}.")
    common = Value(None, kind=table["kind"], source_keys=_keys(table["source"]), date=table["date"])
    _check(common, path, at, -math.inf)
    return common


def _keys(source: str | list[str]) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else tuple(source)


def read_value(
    raw: object,
    common: Value,
    path: Path,
    key: str,
    *,
    zero: bool = False,
    signed: bool = False,
) -> Value:
    """Return one value; what it does not say itself is its group's.

    Args:
        raw: A number, ``"unknown"``, ``"unsupported"`` or a table with ``value``.
        common: The group's source, date and kind.
        path: The file, for messages.
        key: The dotted key, for messages.
        zero: Whether 0 is a figure.
        signed: Whether a negative figure is one.

    Raises:
        CatalogError: The value is not a finite number in range, or has unknown keys.
    """
    table: dict[str, Any] = raw if isinstance(raw, dict) else {"value": raw}
    check_keys(table, _VALUE_KEYS, ("value",), path, f"{key}.")
    figure = table["value"]
    state: State = figure if figure in ("unknown", "unsupported") else "known"
    if state == "known" and not _is_number(figure):
        message = f'{figure!r} is not a number, "unknown" or "unsupported"'
        raise CatalogError(message, file=path, key=key)
    for end in ("low", "high"):
        if end in table and not _is_number(table[end]):
            message = f"{table[end]!r} is not a finite number"
            raise CatalogError(message, file=path, key=f"{key}.{end}")
    is_recalled = table.get("kind") == "memory"  # then the group's source does not say it
    inherited = () if is_recalled else common.source_keys
    value = Value(
        float(figure) if state == "known" else None,
        state,
        table.get("kind", common.kind),
        _keys(table["source"]) if "source" in table else inherited,
        table.get("date", common.date),
        table.get("note", ""),
        _number(table.get("low")),
        _number(table.get("high")),
        table.get("unit", ""),
        table.get("decides_verdict", True),
        common.origin,
    )
    zero = zero or key.rpartition(".")[2] in _MAY_BE_ZERO
    least = -math.inf if signed else 0.0 if zero else _LEAST
    _check(value, path, key, least)
    return value


def _is_number(figure: object) -> TypeGuard[float]:
    return isinstance(figure, (int, float)) and not isinstance(figure, bool) and math.isfinite(figure)


def _number(figure: float | None) -> float | None:
    return None if figure is None else float(figure)


def _check(value: Value, path: Path, key: str, least: float) -> None:
    """Check kind, date, sign and the order of low, value and high."""
    if value.kind not in KINDS:
        message = f"{value.kind!r} is no kind of value; kinds are {', '.join(KINDS)}"
        raise CatalogError(message, file=path, key=f"{key}.kind")
    if not _DATE.fullmatch(value.date) and (value.date or not value.origin):
        message = f"{value.date!r} is not a date such as 2026, 2026-11 or 2026-11-22"
        raise CatalogError(message, file=path, key=f"{key}.date")
    ordered = [v for v in (value.low, value.value, value.high) if v is not None]
    if ordered != sorted(ordered):
        message = "low, value and high are not in order"
        raise CatalogError(message, file=path, key=key)
    if ordered and ordered[0] < least:
        message = f"{ordered[0]:g} is not positive"
        raise CatalogError(message, file=path, key=key)


def read_values(
    table: Mapping[str, Any], names: Iterable[str], common: Value | Mapping[str, Value], path: Path
) -> dict[str, Value]:
    """Return all values of a kind; names that the file does not mention are unknown.

    Args:
        table: The file's ``[values]``.
        names: The names of the kind.
        common: Source, date and kind, of all or by name.
        path: The file, for messages.
    """
    names = tuple(names)
    check_keys(table, names, (), path, "values.")
    return {
        name: read_value(
            table[name], common if isinstance(common, Value) else common[name], path, f"values.{name}"
        )
        if name in table
        else UNKNOWN
        for name in names
    }


def read_fallback(table: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Return the precisions to replace, each by a valid one.

    Raises:
        CatalogError: One of them is no precision.
    """
    rates = [name.removesuffix("_flop_per_s") for name in ACCELERATOR_VALUES if name.endswith("_flop_per_s")]
    check_keys(table, rates, (), path, "fallback.")
    for rate, other in table.items():
        if other not in rates:
            message = f"{other!r} is no precision"
            raise CatalogError(message, file=path, key=f"fallback.{rate}")
    return dict(table)


def read_tiers(tables: Iterable[Mapping[str, Any]], path: Path) -> tuple[Tier, ...]:
    """Return the memory tiers.

    Raises:
        CatalogError: A tier lacks a key or has a size that is not positive.
    """
    tiers = []
    names = ("name", "bytes", "bytes_per_s", "holds_weights")
    for number, table in enumerate(tables):
        at = f"tier.{number}."
        check_keys(table, names, names, path, at)
        rate = table["bytes_per_s"]
        for name, figure in (("bytes", table["bytes"]), ("bytes_per_s", rate)):
            if name == "bytes_per_s" and figure == "unknown":
                continue
            if not _is_number(figure) or figure <= 0:
                message = f"{figure!r} is not a positive number"
                raise CatalogError(message, file=path, key=at + name)
        known = None if rate == "unknown" else float(rate)
        tiers.append(Tier(table["name"], float(table["bytes"]), known, table["holds_weights"]))
    return tuple(tiers)
