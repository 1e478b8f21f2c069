"""What a catalogue file may say: the names of figures, facts and tables of each kind of record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ACCELERATOR_TEXT",
    "ACCELERATOR_VALUES",
    "ARCHITECTURE_KEYS",
    "ARCHITECTURE_REQUIRED",
    "ARCHITECTURE_TEXTS",
    "MODEL_TEXT",
    "MODEL_VALUES",
    "RECORD_KINDS",
    "RECORD_SECTIONS",
    "REGION_TEXT",
    "REGION_VALUES",
    "REQUIRED",
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
    **dict.fromkeys(("designed_in", "foundry", "fabricated_in", "fabrication_note"), str),
    **dict.fromkeys(("export_status", "tpp_published_by", "tpp_note", "notes"), str),
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
RECORD_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "accelerator": (
        *("gpu", "gpu+cpu", "cpu", "tpu", "npu", "soc", "asic", "dataflow asic", "wafer-scale dataflow"),
        "accelerator",
    ),
    "model": ("open", "closed-estimate", "published-arch"),
}
"""What an accelerator or a model may be; ``accelerator`` is one that is none of the others."""
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


def record_section(name: str) -> str:
    """The section of a model's file that says where a figure comes from."""
    return "record_training" if name.startswith("training") else "record_params"
