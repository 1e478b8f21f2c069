"""The weights in a decode step: dense layers, head and routed experts, what is read and multiplied."""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import ROOFLINE, distinct_experts


@quantity(
    unit="1",
    label="Experts touched per layer",
    better="lower",
    formula="distinct_experts(model_experts, model_experts_per_token, step_tokens)",
    source="uniform independent routing: E (1 - (1 - k/E)^T)",
)
def experts_touched(model_experts: Array, model_experts_per_token: Array, step_tokens: Array) -> Array:
    """Distinct routed experts that a step reads in one layer. DeepSeek-V3, 32 tokens: 163 of 256."""
    return distinct_experts(model_experts, model_experts_per_token, step_tokens)


@quantity(
    unit="byte",
    label="Linear weight bytes read per step",
    better="lower",
    formula=(
        "linear_params * optimizations_linear_bytes_per_param"
        " + model_head_params * optimizations_embedding_bytes_per_param"
    ),
    source=ROOFLINE,
)
def linear_bytes_per_step(
    linear_params: Array,
    optimizations_linear_bytes_per_param: Array,
    model_head_params: Array,
    optimizations_embedding_bytes_per_param: Array,
) -> Array:
    """Attention, dense FFN, shared experts and head, each weight once.

    Llama 3.1 70B, fp8, head in bf16: 68.5e9 + 2.1e9 = 70.6e9.
    """
    return (
        linear_params * optimizations_linear_bytes_per_param
        + model_head_params * optimizations_embedding_bytes_per_param
    )


@quantity(
    unit="s",
    label="Linear weights: memory time",
    better="lower",
    formula=(
        "linear_bytes_per_step / (hardware_tensor_parallel * calibration_weight_bandwidth_share"
        " * hardware_memory_bandwidth_bytes_per_s)"
    ),
    source=ROOFLINE,
)
def decode_linear_memory_s(
    linear_bytes_per_step: Array,
    hardware_tensor_parallel: Array,
    calibration_weight_bandwidth_share: Array,
    hardware_memory_bandwidth_bytes_per_s: Array,
) -> Array:
    """Reading attention, dense FFN, shared experts and head once, over all layers.

    Llama 3.1 70B, fp8, TP8 on H100: 70.6e9 / (8 x 0.903 x 3.35e12) = 2.92 ms.
    """
    return linear_bytes_per_step / (
        hardware_tensor_parallel * calibration_weight_bandwidth_share * hardware_memory_bandwidth_bytes_per_s
    )


@quantity(
    unit="FLOP",
    label="Linear FLOP of a rank's decode step",
    better="lower",
    formula="2 * rank_batch * verified_tokens * linear_params",
    source="2 FLOP per multiplied weight and token",
)
def decode_linear_flop(rank_batch: Array, verified_tokens: Array, linear_params: Array) -> Array:
    """Attention projections, dense FFN and shared experts of an attention rank's tokens.

    Llama 3.1 70B, 64 sequences: 2 x 64 x 68.45e9 = 8.76e12.
    """
    return 2.0 * rank_batch * verified_tokens * linear_params


@quantity(
    unit="FLOP",
    label="Head FLOP of a rank's decode step",
    better="lower",
    formula="2 * rank_batch * verified_tokens * model_head_params",
    source="2 FLOP per multiplied weight and token",
)
def decode_head_flop(rank_batch: Array, verified_tokens: Array, model_head_params: Array) -> Array:
    """The output head for an attention rank's tokens. 64 sequences, 1.05e9 parameters: 1.34e11."""
    return 2.0 * rank_batch * verified_tokens * model_head_params


@quantity(
    unit="s",
    label="Linear weights: compute time",
    better="lower",
    formula=(
        "(decode_linear_flop / (hardware_linear_flop_per_s * optimizations_linear_rate_efficiency)"
        " + decode_head_flop / hardware_bf16_flop_per_s)"
        " / (hardware_tensor_parallel * calibration_decode_flop_share * decode_clock_share)"
    ),
    source=ROOFLINE,
)
def decode_linear_compute_s(
    decode_linear_flop: Array,
    hardware_linear_flop_per_s: Array,
    optimizations_linear_rate_efficiency: Array,
    decode_head_flop: Array,
    hardware_bf16_flop_per_s: Array,
    hardware_tensor_parallel: Array,
    calibration_decode_flop_share: Array,
    decode_clock_share: Array,
) -> Array:
    """Multiplying them by the rank's tokens at the rate of the activation format; the head at bf16."""
    busy = (
        decode_linear_flop / (hardware_linear_flop_per_s * optimizations_linear_rate_efficiency)
        + decode_head_flop / hardware_bf16_flop_per_s
    )
    return busy / (hardware_tensor_parallel * calibration_decode_flop_share * decode_clock_share)


@quantity(
    unit="byte",
    label="Routed-expert bytes read per step",
    better="lower",
    formula="model_moe_layers * experts_touched * model_expert_params * optimizations_expert_bytes_per_param",
    source=ROOFLINE,
)
def expert_bytes_per_step(
    model_moe_layers: Array,
    experts_touched: Array,
    model_expert_params: Array,
    optimizations_expert_bytes_per_param: Array,
) -> Array:
    """Routed experts read by one step. DeepSeek-V3, fp8, 32 tokens: 58 x 163.3 x 44.04e6 = 417e9."""
    return model_moe_layers * experts_touched * model_expert_params * optimizations_expert_bytes_per_param


@quantity(
    unit="s",
    label="Experts: memory time",
    better="lower",
    formula=(
        "expert_bytes_per_step / (hardware_tensor_parallel * hardware_data_parallel"
        " * calibration_weight_bandwidth_share * hardware_memory_bandwidth_bytes_per_s)"
    ),
    source=ROOFLINE,
)
def decode_expert_memory_s(
    expert_bytes_per_step: Array,
    hardware_tensor_parallel: Array,
    hardware_data_parallel: Array,
    calibration_weight_bandwidth_share: Array,
    hardware_memory_bandwidth_bytes_per_s: Array,
) -> Array:
    """Reading the touched experts, which lie over all accelerators of a stage."""
    return expert_bytes_per_step / (
        hardware_tensor_parallel
        * hardware_data_parallel
        * calibration_weight_bandwidth_share
        * hardware_memory_bandwidth_bytes_per_s
    )


@quantity(
    unit="FLOP",
    label="Routed-expert FLOP of a rank's decode step",
    better="lower",
    formula=(
        "where(model_moe_layers > 0, 2 * rank_batch * verified_tokens * model_experts_per_token"
        " * model_moe_layers * model_expert_params * optimizations_expert_imbalance, 0)"
    ),
    source="2 FLOP per multiplied weight and token, on the busiest rank",
)
def decode_expert_flop(
    rank_batch: Array,
    verified_tokens: Array,
    model_experts_per_token: Array,
    model_moe_layers: Array,
    model_expert_params: Array,
    optimizations_expert_imbalance: Array,
) -> Array:
    """Routed experts for as many tokens as an attention rank has; they spread over all experts.

    DeepSeek-V3, 32 sequences a rank: 2 x 32 x 8 x 58 x 44.04e6 = 1.31e12.
    """
    if not np.any(model_moe_layers > 0):
        return np.zeros(1)
    routed = rank_batch * verified_tokens * model_experts_per_token * model_moe_layers * model_expert_params
    return np.where(model_moe_layers > 0, 2.0 * routed * optimizations_expert_imbalance, 0.0)


@quantity(
    unit="s",
    label="Experts: compute time",
    better="lower",
    formula=(
        "where(model_moe_layers > 0, decode_expert_flop / (hardware_tensor_parallel"
        " * hardware_expert_flop_per_s * optimizations_expert_rate_efficiency"
        " * calibration_decode_flop_share * decode_clock_share), 0)"
    ),
    source=ROOFLINE,
)
def decode_expert_compute_s(
    model_moe_layers: Array,
    decode_expert_flop: Array,
    hardware_tensor_parallel: Array,
    hardware_expert_flop_per_s: Array,
    optimizations_expert_rate_efficiency: Array,
    calibration_decode_flop_share: Array,
    decode_clock_share: Array,
) -> Array:
    """Multiplying the routed tokens, on the busiest rank; the ranks' tokens spread over all experts."""
    if not np.any(model_moe_layers > 0):
        return np.zeros(1)
    share = optimizations_expert_rate_efficiency * calibration_decode_flop_share * decode_clock_share
    rate = hardware_tensor_parallel * hardware_expert_flop_per_s * share
    return np.where(model_moe_layers > 0, decode_expert_flop / rate, 0.0)
