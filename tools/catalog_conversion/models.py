"""Models: one table of the source becomes one file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from catalog_conversion.text import RECORD_DATE, Sources, scaled, toml_table

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}

# precision as published -> linear layers, experts, activations
FORMATS = {
    "bf16": ("bf16", "bf16", "bf16"),
    "fp16": ("bf16", "bf16", "bf16"),
    "fp32": ("fp32", "fp32", "fp32"),
    "fp8": ("fp8", "fp8", "fp8"),
    "fp8 (experts fp4)": ("fp8", "nvfp4", "fp8"),
    "mxfp4": ("mxfp4", "mxfp4", "bf16"),
    "mxfp4 (MoE weights), bf16 rest": ("bf16", "mxfp4", "bf16"),
    "int8 (released checkpoint)": ("int8", "int8", "bf16"),
    "compressed-tensors": ("bf16", "int4", "bf16"),
}
FORMAT_NOTES = {
    "compressed-tensors": "assumption: int4 experts, the rest bf16; the published configuration "
    "names only the container",
    "fp8 (experts fp4)": "the block scale of the 4-bit experts is taken as nvfp4's",
    "int8 (released checkpoint)": "weights only: activations stay bf16",
}
ARCHITECTURE_KEYS = [
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
THIRD_PARTY_FLOP = frozenset({"claude-opus-4", "gemini-2.5-pro"})
LICENSE_SOURCE = "licence as recalled; not read in a source unless the row's own source prints it"
RELEASED_SOURCE = "developer's announcement; agrees with Epoch AI's date where marked quoted"


def model_file(row: Mapping[str, Any], decisions: Mapping[str, Any], src: Sources) -> str:
    """Return the TOML text of one model."""
    parts = [toml_table("", _text(row, decisions))]
    parts += [toml_table(name, table) for name, table in _records(row, src).items()]
    if "layers" in row:
        architecture = {key: row[key] for key in ARCHITECTURE_KEYS if key in row}
        parts.append(toml_table("architecture", architecture))
    values = {
        name: value["value"] if set(value) == {"value"} else value for name, value in _values(row).items()
    }
    parts.append(toml_table("values", values))
    return "\n".join(parts)


def aliases(row: Mapping[str, Any], decisions: Mapping[str, Any]) -> list[str]:
    """Return the other names of a model; weights people tune also go by "... Instruct"."""
    plain = re.sub(r"\s*\(.*?\)", "", row["name"])
    names = [plain, *decisions["model_aliases"].get(row["id"], ())]
    if row["kind"] == "open":
        names += [f"{name} Instruct" for name in (row["id"], plain)]
    seen = {row["id"].lower(), row["name"].lower()}
    kept = []
    for name in names:
        if _squash(name) not in {_squash(s) for s in seen}:
            seen.add(name)
            kept.append(name)
    return kept


def _squash(name: str) -> str:
    return re.sub(r"[\s._/-]+", "", name.lower())


def _text(row: Mapping[str, Any], decisions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the top-level facts."""
    text: dict[str, Any] = {
        "id": row["id"],
        "name": row["name"],
        "developer": row["developer"],
        "released": row["released"],
        "license": row["license"],
        "open_weights": row["open_weights"],
        "kind": row["kind"],
        "aliases": aliases(row, decisions),
    }
    precision = row.get("precision")
    if precision:
        published = precision.split(" (")[0] if precision.startswith("bf16") else precision
        weights, experts, activations = FORMATS[published]
        text |= {
            "precision": precision,
            "weight_format": weights,
            "expert_weight_format": experts,
            "activation_format": activations,
            "format_note": FORMAT_NOTES.get(precision, ""),
        }
    text |= {
        "distilled_from": row.get("distilled_from", ""),
        "active_convention": row.get("active_convention", ""),
        "total_params_stated_digits": row.get("params_stated", ""),
        "active_params_stated_digits": row.get("active_stated", ""),
        "training_accelerator": _trained_on(row.get("train_gpu", row.get("train_hardware", ""))),
        "training_hardware": row.get("train_hardware", ""),
        "note": row.get("note", ""),
    }
    return {key: value for key, value in text.items() if value not in ("", None)}


_TRAINED_ON = {
    "A100-80GB": "a100-sxm-80",
    "NVIDIA A100 SXM4 80 GB": "a100-sxm-80",
    "NVIDIA A100 SXM4 40 GB": "a100-sxm-40",
    "H100": "h100-sxm",
    "H100-80GB": "h100-sxm",
    "NVIDIA H100 SXM5 80GB": "h100-sxm",
    "H800": "h800-sxm",
    "NVIDIA H800 SXM5": "h800-sxm",
    "NVIDIA Tesla V100 DGXS 32 GB": "v100-sxm2-32",
    "Google TPU v3": "tpu-v3",
    "Google TPU v4": "tpu-v4",
    "Google TPU v5e": "tpu-v5e",
    "Google TPU v5p": "tpu-v5p",
}


def _trained_on(hardware: str) -> str:
    """Return the accelerator's identifier where the words name exactly one, else the words."""
    return _TRAINED_ON.get(hardware, hardware)


def _records(row: Mapping[str, Any], src: Sources) -> dict[str, dict[str, Any]]:
    """Return where each group of facts comes from."""
    records: dict[str, dict[str, Any]] = {
        "record": {
            "source": [src.add(RELEASED_SOURCE, "RELEASED"), src.add(LICENSE_SOURCE, "LICENSE")],
            "date": RECORD_DATE,
            "kind": row.get("released_status", "memory"),
        }
    }
    for name, prefix in (("architecture", "arch"), ("params", "params"), ("training", "train")):
        if f"{prefix}_source" in row:
            records[f"record_{name}"] = {
                "source": src.split(row[f"{prefix}_source"]),
                "date": RECORD_DATE,
                "kind": row[f"{prefix}_status"],
            }
    return records


def _values(row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the values; absent ones stay out of the file and read as unknown."""
    values: dict[str, dict[str, Any]] = {}
    for name, key in (
        ("total_params_stated", "params_stated"),
        ("active_params_stated", "active_stated"),
    ):
        if row.get(key):
            values[name] = {"value": _stated(row[key])}
    values |= _training(row)
    for name, key in (
        ("total_params_estimate", "params_total_b"),
        ("active_params_estimate", "params_active_b"),
    ):
        estimate = _estimate(row, key)
        if estimate:
            values[name] = estimate
    if "mtp_params_b" in row:
        values["mtp_params"] = {"value": scaled(str(row["mtp_params_b"]), 1e9)}
    return values


def _stated(text: str) -> float:
    """Return the figure behind "7.61B"."""
    return scaled(text[:-1], UNITS[text[-1]])


def _training(row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    values: dict[str, dict[str, Any]] = {}
    if "train_flop" in row:
        flop: dict[str, Any] = {"value": row["train_flop"]}
        for key in ("low", "high"):
            if f"train_flop_{key}" in row:
                flop[key] = row[f"train_flop_{key}"]
        if "train_flop_confidence" in row:
            flop["note"] = row["train_flop_confidence"]
        if row["id"] in THIRD_PARTY_FLOP:
            flop["decides_verdict"] = False
        if row["kind"] == "closed-estimate":
            flop["kind"] = "estimate"
        values["training_flop"] = flop
    for name, key, factor in (
        ("training_tokens", "train_tokens_t", 1e12),
        ("training_accelerator_hours", "train_gpu_hours", 1),
        ("training_accelerators", "train_chips", 1),
        ("training_wall_hours", "train_hours", 1),
        ("training_usd_2023", "train_cost_usd2023", 1),
        ("training_usd_reported", "train_cost_reported_usd", 1),
    ):
        if key in row:
            values[name] = {"value": scaled(str(row[key]), factor)}
    return values


def _estimate(row: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    """Return an estimated size; the middle of a range where only the range is given."""
    found = {k: row[f"{key}_{k}"] for k in ("est", "min", "max") if f"{key}_{k}" in row}
    if not found:
        return None
    estimate: dict[str, Any] = {"kind": "estimate"}
    if "est" in found:
        estimate["value"] = scaled(str(found["est"]), 1e9)
    else:
        estimate["value"] = scaled(str((found["min"] + found["max"]) / 2), 1e9)
        estimate["note"] = "middle of the range"
    for end, name in (("min", "low"), ("max", "high")):
        if end in found:
            estimate[name] = scaled(str(found[end]), 1e9)
    return {key: estimate[key] for key in ("value", "kind", "low", "high", "note") if key in estimate}
