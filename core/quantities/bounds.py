"""First-principles bounds, recomputed from the catalogue: no result may pass them.

They know peak rates and least bytes, and neither efficiency, fixed time nor communication.
"""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import distinct_experts, slot_sum

_BOUND = "conservation: least bytes over peak bandwidth, least FLOP over peak rate"


@quantity(
    unit="s",
    label="Least compute time per decoded token, one accelerator",
    better="lower",
    formula=(
        "2 * linear_params / hardware_linear_flop_per_s + where(model_moe_layers > 0, 2 * model_experts_per_token"
        " * model_expert_params * model_moe_layers / hardware_expert_flop_per_s, 0)"
        " + (2 * model_head_params + attention_flop_per_token) / hardware_bf16_flop_per_s"
    ),
    source=_BOUND,
)
def token_compute_s(
    linear_params: Array,
    hardware_linear_flop_per_s: Array,
    model_experts_per_token: Array,
    model_expert_params: Array,
    model_moe_layers: Array,
    hardware_expert_flop_per_s: Array,
    model_head_params: Array,
    attention_flop_per_token: Array,
    hardware_bf16_flop_per_s: Array,
) -> Array:
    """Peak-rate time of one decoded token's FLOP on one accelerator of the decode pool."""
    routed = (
        2.0 * model_experts_per_token * model_expert_params * model_moe_layers / hardware_expert_flop_per_s
    )
    wide = 2.0 * model_head_params + attention_flop_per_token
    return (
        2.0 * linear_params / hardware_linear_flop_per_s
        + np.where(model_moe_layers > 0, routed, 0.0)
        + wide / hardware_bf16_flop_per_s
    )


@quantity(
    unit="s",
    label="Least compute time per prompt, one accelerator",
    better="lower",
    formula=(
        "2 * new_prompt_tokens * (linear_params / prefill_hardware_linear_flop_per_s"
        " + where(model_moe_layers > 0, model_experts_per_token * model_expert_params * model_moe_layers"
        " / prefill_hardware_expert_flop_per_s, 0))"
        " + (2 * model_head_params + prefill_attention_flop) / prefill_hardware_bf16_flop_per_s"
    ),
    source=_BOUND,
)
def prompt_compute_s(
    new_prompt_tokens: Array,
    linear_params: Array,
    prefill_hardware_linear_flop_per_s: Array,
    model_experts_per_token: Array,
    model_expert_params: Array,
    model_moe_layers: Array,
    prefill_hardware_expert_flop_per_s: Array,
    model_head_params: Array,
    prefill_attention_flop: Array,
    prefill_hardware_bf16_flop_per_s: Array,
) -> Array:
    """Peak-rate time of one prompt's FLOP on one accelerator of the prefill pool."""
    routed = (
        model_experts_per_token * model_expert_params * model_moe_layers / prefill_hardware_expert_flop_per_s
    )
    per_token = linear_params / prefill_hardware_linear_flop_per_s + np.where(
        model_moe_layers > 0, routed, 0.0
    )
    wide = 2.0 * model_head_params + prefill_attention_flop
    return 2.0 * new_prompt_tokens * per_token + wide / prefill_hardware_bf16_flop_per_s


@quantity(
    unit="s",
    label="Bound: time per output token",
    better="lower",
    formula=(
        "maximum(step_bytes / (hardware_count * hardware_memory_bandwidth_bytes_per_s),"
        " maximum(batch / hardware_pipeline_parallel, 1) * verified_tokens * token_compute_s / hardware_count)"
        " / tokens_per_step"
    ),
    source=_BOUND,
)
def bound_tpot_s(
    step_bytes: Array,
    hardware_count: Array,
    hardware_memory_bandwidth_bytes_per_s: Array,
    batch: Array,
    hardware_pipeline_parallel: Array,
    verified_tokens: Array,
    token_compute_s: Array,
    tokens_per_step: Array,
) -> Array:
    """No token can come faster: its step's least bytes or FLOP at the peak of all accelerators."""
    read = step_bytes / (hardware_count * hardware_memory_bandwidth_bytes_per_s)
    tokens = np.maximum(batch / hardware_pipeline_parallel, 1.0) * verified_tokens
    return np.maximum(read, tokens * token_compute_s / hardware_count) / tokens_per_step


@quantity(
    unit="s",
    label="Bound: time to first token",
    better="lower",
    formula=(
        "maximum(prompt_compute_s, (linear_params"
        " * optimizations_linear_bytes_per_param + distinct_experts(model_experts, model_experts_per_token,"
        " new_prompt_tokens) * model_expert_params * model_moe_layers * optimizations_expert_bytes_per_param)"
        " / prefill_hardware_memory_bandwidth_bytes_per_s) / prefill_hardware_count"
    ),
    source=_BOUND,
)
def bound_ttft_s(
    new_prompt_tokens: Array,
    prompt_compute_s: Array,
    linear_params: Array,
    optimizations_linear_bytes_per_param: Array,
    model_experts: Array,
    model_experts_per_token: Array,
    model_expert_params: Array,
    model_moe_layers: Array,
    optimizations_expert_bytes_per_param: Array,
    prefill_hardware_memory_bandwidth_bytes_per_s: Array,
    prefill_hardware_count: Array,
) -> Array:
    """No prompt can be answered faster: its FLOP, or the weights it touches, at peak."""
    touched = distinct_experts(model_experts, model_experts_per_token, new_prompt_tokens)
    weights = (
        linear_params * optimizations_linear_bytes_per_param
        + touched * model_expert_params * model_moe_layers * optimizations_expert_bytes_per_param
    )
    least = np.maximum(prompt_compute_s, weights / prefill_hardware_memory_bandwidth_bytes_per_s)
    return least / prefill_hardware_count


@quantity(
    unit="tokens/s",
    label="Bound: output tokens per second",
    better="higher",
    formula=(
        "generated_tokens * hardware_count / maximum(where(hardware_disaggregated > 0, 0, prompt_compute_s)"
        " + maximum(generated_tokens - 1, 0) * token_compute_s, maximum(generated_tokens - 1, 0)"
        " * step_bytes * hardware_pipeline_parallel / (maximum(batch, hardware_pipeline_parallel)"
        " * tokens_per_step * hardware_memory_bandwidth_bytes_per_s))"
    ),
    source=_BOUND,
)
def bound_output_tok_s(
    generated_tokens: Array,
    hardware_count: Array,
    hardware_disaggregated: Array,
    prompt_compute_s: Array,
    token_compute_s: Array,
    step_bytes: Array,
    hardware_pipeline_parallel: Array,
    batch: Array,
    tokens_per_step: Array,
    hardware_memory_bandwidth_bytes_per_s: Array,
) -> Array:
    """No replica can generate faster: a query's least FLOP and its share of each step's least bytes."""
    steps = np.maximum(generated_tokens - 1.0, 0.0)
    compute = np.where(hardware_disaggregated > 0, 0.0, prompt_compute_s) + steps * token_compute_s
    sequences = np.maximum(batch, hardware_pipeline_parallel) * tokens_per_step
    read = (
        steps * step_bytes * hardware_pipeline_parallel / (sequences * hardware_memory_bandwidth_bytes_per_s)
    )
    return generated_tokens * hardware_count / np.maximum(compute, read)


@quantity(
    unit="tokens/s",
    label="Bound: largest output at any batch",
    better="higher",
    formula=(
        "generated_tokens * hardware_count / (where(hardware_disaggregated > 0, 0, prompt_compute_s)"
        " + maximum(generated_tokens - 1, 0) * maximum(token_compute_s, (slot_sum(cache_read_bytes)"
        " + 2 * model_state_bytes) / (tokens_per_step * hardware_memory_bandwidth_bytes_per_s)))"
    ),
    source=_BOUND + "; weights shared by infinitely many sequences",
)
def bound_output_tok_s_any_batch(
    generated_tokens: Array,
    hardware_count: Array,
    hardware_disaggregated: Array,
    prompt_compute_s: Array,
    token_compute_s: Array,
    cache_read_bytes: Array,
    model_state_bytes: Array,
    tokens_per_step: Array,
    hardware_memory_bandwidth_bytes_per_s: Array,
) -> Array:
    """What the replica's FLOP and cache bandwidth allow however large the batch."""
    steps = np.maximum(generated_tokens - 1.0, 0.0)
    cache = (slot_sum(cache_read_bytes) + 2.0 * model_state_bytes) / tokens_per_step
    per_token = np.maximum(token_compute_s, cache / hardware_memory_bandwidth_bytes_per_s)
    prompt = np.where(hardware_disaggregated > 0, 0.0, prompt_compute_s)
    return generated_tokens * hardware_count / (prompt + steps * per_token)
