"""Formats, quality tables and technique defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from catalog_conversion.text import RECORD_DATE, Sources, number, toml_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# name: aliases, element bits, scale bits, zero bits, group, rate, wider, default activation,
# technique table, capability
FORMATS: dict[str, tuple[list[str], int, int, int, int, str, str, str, str]] = {
    "bf16": (["fp16"], 16, 0, 0, 0, "bf16", "", "bf16", "bf16"),
    "fp32": ([], 32, 0, 0, 0, "fp32", "", "fp32", ""),
    "fp8": ([], 8, 0, 0, 0, "fp8", "bf16", "fp8", "fp8_w8a8"),
    "int8": ([], 8, 0, 0, 0, "int8", "bf16", "int8", "int8_w8a8"),
    "int4": (["w4a16"], 4, 16, 0, 128, "int4", "int8", "bf16", "w4a16"),
    "nvfp4": (["fp4"], 4, 8, 0, 16, "fp4", "fp8", "nvfp4", "nvfp4"),
    "mxfp4": ([], 4, 8, 0, 32, "fp4", "fp8", "bf16", "mxfp4"),
    "mxfp8": ([], 8, 8, 0, 32, "fp8", "bf16", "fp8", "mxfp8"),
    "q4_k_m": ([], 4, 0, 0, 0, "bf16", "", "bf16", ""),
}
CAPABILITY = {
    "bf16": "bf16 needs compute capability 8.0 (Ampere); fp16 runs from 7.0",
    "fp8": "compute capability 8.9 (Ada, Hopper and later)",
    "int8": "compute capability 7.5 (Turing and later)",
    "int4": "compute capability 7.5 as weights only",
    "nvfp4": "compute capability 10.0 (Blackwell)",
    "mxfp4": "compute capability 10.0 (Blackwell); elsewhere weights only at the bf16 rate",
    "mxfp8": "compute capability 10.0 (Blackwell)",
}
KV = {"bf16": "bf16", "fp8": "fp8", "int4": "int4_turboquant"}
# technique table, weight format, activation format
RECOVERY = (
    ("bf16", "bf16", "bf16"),
    ("fp8_w8a8", "fp8", "fp8"),
    ("int8_w8a8", "int8", "int8"),
    ("w4a16", "int4", "bf16"),
    ("w4a8_fp8", "int4", "fp8"),
    ("nvfp4", "nvfp4", "nvfp4"),
    ("mxfp4", "mxfp4", "bf16"),
)
SIZES = {"8b": 8e9, "70b": 70e9, "405b": 405e9, "671b": 671e9}
METHODS = {
    "ngram": "ngram",
    "draft_model": "draft_model",
    "medusa": "medusa",
    "eagle3": "eagle3",
    "mtp1": "mtp",
}
# default name: path in the techniques table
DEFAULTS = {
    "dequantisation_efficiency": "quantization.w4a16.dequant_efficiency",
    "kv_fp8_decode_attention_slope_ratio": "kv_cache.fp8.decode_attention_slope_ratio",
    "kv_int4_throughput_factor": "kv_cache.int4_turboquant.throughput_factor",
    "kv_int4_capacity_gain": "kv_cache.int4_turboquant.capacity_gain",
    "draft_tokens": "speculative.gamma",
    "expert_load_imbalance": "moe.load_imbalance",
    "redundant_experts": "moe.redundant_experts",
    "dispatch_bytes_per_element": "moe.dispatch_bytes_per_element",
    "combine_bytes_per_element": "moe.combine_bytes_per_element",
    "all_to_all_bytes_per_s_sm90_16_ranks": "moe.a2a_bandwidth_internode_sm90_ep16",
    "all_to_all_bytes_per_s_sm90_32_ranks": "moe.a2a_bandwidth_internode_sm90_ep32",
    "all_to_all_bytes_per_s_sm100_8_ranks": "moe.a2a_bandwidth_nvlink_sm100_ep8",
    "contiguous_kv_waste": "serving.paged_kv.fragmentation_waste_before",
    "paged_kv_waste": "serving.paged_kv.fragmentation_waste_after",
    "prefix_hit_rate_api_mix": "serving.prefix_cache.hit_rate_api_mix",
    "prefix_hit_rate_conversation": "serving.prefix_cache.hit_rate_conversation",
    "prefix_hit_rate_tool_agent": "serving.prefix_cache.hit_rate_tool_agent",
    "prefix_hit_rate_coding_agent": "serving.prefix_cache.hit_rate_coding_agent",
    "prefix_local_share_of_theoretical": "serving.prefix_cache.local_cache_share_of_theoretical",
    "cache_read_price_anthropic": "serving.prefix_cache.price_read_anthropic",
    "cache_write_price_anthropic": "serving.prefix_cache.price_write_anthropic",
    "cache_read_price_openai": "serving.prefix_cache.price_read_openai",
    "batch_api_discount": "serving.batch_api.discount",
    "batch_api_turnaround_hours": "serving.batch_api.turnaround",
    "chunked_prefill_capacity_gain": "serving.sarathi.throughput_gain",
    "distillation_samples": "distill.cost.samples",
    "distillation_tokens_per_sample": "distill.cost.tokens_per_sample",
    "distillation_rejection_factor": "distill.cost.rejection_factor",
    "distillation_epochs": "distill.cost.epochs",
    "pruning_mmlu_recovery_8b_to_6b": "prune.qwen3_8b_to_6b.mmlu_recovery",
    "pruning_throughput_gain_8b_to_6b": "prune.qwen3_8b_to_6b.throughput_gain",
    "arrival_cv2": "queue.cv2_arrival",
    "service_cv2": "queue.cv2_service",
    "max_utilisation": "queue.max_utilisation",
    "reasoning_token_multiplier": "ttc.tokens.reasoning_multiplier",
    "agent_token_multiplier": "ttc.tokens.agent_multiplier",
    "multi_agent_token_multiplier": "ttc.tokens.multi_agent_multiplier",
    "vote_plateau_samples": "ttc.vote.plateau_samples",
    "coverage_a": "ttc.coverage.swebench_lite_deepseek_coder_v2.a",
    "coverage_b": "ttc.coverage.swebench_lite_deepseek_coder_v2.b",
    "amplification_factor": "ttc.ida.amplify_factor",
    "capability_oom_per_inference_oom": "ttc.ida.capability_oom_per_inference_oom",
    "distillation_retention": "ttc.ida.distil_retention",
    "training_flop_per_param_token": "training.flops_per_param_token",
    "inference_flop_per_param_token": "training.inference_flops_per_param_token",
    "training_mfu": "training.mfu",
    "training_goodput_factor": "training.goodput_factor",
    "algorithmic_halving_months": "trends.algorithmic_halving",
    "training_cost_growth_per_year": "training.epoch_cost_model.growth",
    "hardware_depreciation_oom_per_year": "training.epoch_cost_model.depreciation_oom_per_year",
}


def _leaf(leaf: Mapping[str, Any], *, keep_unit: bool = False) -> dict[str, Any]:
    """Return a value with its range, kind and source."""
    value = {"value": leaf["value"]}
    value |= {key: leaf[key] for key in ("low", "high") if key in leaf}
    value |= {"kind": leaf["tag"], "source": leaf["source"], "date": RECORD_DATE}
    if keep_unit and leaf.get("unit"):
        value["unit"] = leaf["unit"]
    if leaf.get("note"):
        value["note"] = leaf["note"]
    return value


def formats_file(data: Mapping[str, Any]) -> str:
    """Return the table of number formats."""
    parts = []
    for name, row in FORMATS.items():
        other, element, scale, zero, group, rate, wider, activation, key = row
        technique = data["quantization"].get(key, {})
        computed = element + (scale + zero) / group if group else float(element)
        identity = {
            "value": computed,
            "kind": "identity",
            "source": "FORMAT_DEF",
            "date": RECORD_DATE,
        }
        bits = _leaf(technique["weight_bits"]) if "weight_bits" in technique else identity
        if name == "q4_k_m":
            note = "mixed 4- and 6-bit blocks; 4.5 is the convention here, 4.8 on some models"
            bits = {
                "value": 4.5,
                "kind": "choice",
                "source": "FORMAT_DEF",
                "date": RECORD_DATE,
                "note": note,
            }
        table: dict[str, Any] = {
            "aliases": other,
            "bits_per_weight": bits,
            "element_bits": element,
            "scale_bits": scale,
            "zero_bits": zero,
            "group": group,
            "rate": rate,
            "wider": wider,
            "default_activation": activation,
        }
        if name in KV:
            table["kv_bits"] = _leaf(data["kv_cache"][KV[name]]["bits"])
        elif name in ("fp32", "int8"):
            table["kv_bits"] = identity
        table["capability"] = CAPABILITY.get(name, "")
        kept = {k: v for k, v in table.items() if v not in ("", [])}
        parts.append(toml_table(f"format.{name}", kept))
    return "\n".join(parts)


def quality_file(data: Mapping[str, Any]) -> str:
    """Return recoveries by format and size."""
    parts = []
    for key, weights, activations in RECOVERY:
        table = data["quantization"][key]
        for leaf, entry in table.items():
            if not leaf.startswith("recovery"):
                continue
            size = leaf.removeprefix("recovery").strip("_")
            row = {"weight_format": weights, "activation_format": activations}
            if size:
                row["params"] = SIZES[size]
            parts.append(toml_table("recovery", row | _leaf(entry), repeated=True))
    for name, key in KV.items():
        row = {"kv_format": name} | _leaf(data["kv_cache"][key]["recovery"])
        parts.append(toml_table("kv_recovery", row, repeated=True))
    return "\n".join(parts)


def comparisons_file(examples: Iterable[Mapping[str, str]], compared: Mapping[str, Any]) -> str:
    """Return published pairs of scores and figures."""
    parts = []
    rows = {row["id"]: row for row in examples if row["check"] == "shipped"}
    for example, decision in compared.items():
        parts.append(toml_table("comparison", _comparison(rows[example], decision), repeated=True))
    return "\n".join(parts)


def _comparison(row: Mapping[str, str], decision: Mapping[str, Any]) -> dict[str, Any]:
    """Return a published pair of figures; what is made of them is computed by code."""
    conditions = {}
    for pair in row["inputs"].split(";"):
        key, _, text = pair.partition("=")
        if key in ("model", "accelerator", "data"):
            conditions[key] = text
        elif key in ("input_tokens", "output_tokens", "batch"):
            conditions[key] = int(text)
    result = {"name": decision["name"], "measure": decision["measure"]}
    if "model" in decision:
        result["model"] = decision["model"]
    result |= {"combine": decision["combine"], "unit": row["unit"], "figures": decision["figures"]}
    if conditions:
        result["conditions"] = conditions
    kind = "quoted" if row["tag"] == "computed" else row["tag"]
    return result | {"kind": kind, "source": row["source"], "date": RECORD_DATE}


def techniques_file(data: Mapping[str, Any]) -> str:
    """Return speculative methods and the defaults of the other toggles."""
    parts = []
    for key, name in METHODS.items():
        method = data["speculative"]["method"][key]
        gamma = _leaf(method.get("gamma", data["speculative"]["gamma"]))
        table = {
            "acceptance": _leaf(method["acceptance"]),
            "draft_cost_ratio": _leaf(method["draft_cost_ratio"]),
            "draft_tokens": gamma,
        }
        parts.append(toml_table(f"speculative.{name}", table))
    defaults = {}
    for name, path in DEFAULTS.items():
        leaf: Any = data
        for step in path.split("."):
            leaf = leaf[step]
        defaults[name] = _leaf(leaf, keep_unit=True)
    parts.append(toml_table("defaults", defaults))
    students = [
        {k: number(str(v)) if isinstance(v, (int, float)) else v for k, v in row.items() if k != "tag"}
        | {"kind": row["tag"], "date": RECORD_DATE}
        for row in data["distill"]["student"]
    ]
    parts += [toml_table("distilled", row, repeated=True) for row in students]
    return "\n".join(parts)


def add_sources(data: Mapping[str, Any], src: Sources) -> None:
    """Register the technique sources under their own keys."""
    for key, text in data["sources"].items():
        src.add(text, key)
