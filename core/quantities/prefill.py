"""One prompt: the work it brings, and the time until its first token."""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import (
    ROOFLINE,
    SERVING_STUDY,
    attended_tokens,
    distinct_experts,
    slot_sum,
)


@quantity(
    unit="FLOP",
    label="Attention FLOP per prompt",
    better="lower",
    formula=(
        "slot_sum((attended_tokens(per_slot(maximum(workload_input_tokens - new_prompt_tokens, 0)),"
        " per_slot(workload_input_tokens), model_slot_read_tokens) * model_slot_prefill_flop"
        " + attended_tokens(per_slot(maximum(workload_input_tokens - new_prompt_tokens, 0)),"
        " per_slot(workload_input_tokens), model_slot_window_tokens) * model_slot_index_flop)"
        " / model_slot_tokens_per_entry)"
    ),
    source="each new token attends to all before it, up to window or top-k; latent attention expanded",
)
def prefill_attention_flop(
    workload_input_tokens: Array,
    new_prompt_tokens: Array,
    model_slot_read_tokens: Array,
    model_slot_window_tokens: Array,
    model_slot_prefill_flop: Array,
    model_slot_index_flop: Array,
    model_slot_tokens_per_entry: Array,
) -> Array:
    """Attention FLOP of the tokens that miss the prefix cache.

    Llama 3.1 8B, 1,000 tokens: 1000^2/2 x 32 x 4 x 32 x 128 = 2.6e11.
    """
    end = workload_input_tokens[:, None]
    start = np.maximum(end - new_prompt_tokens[:, None], 0.0)
    flop = attended_tokens(start, end, model_slot_read_tokens) * model_slot_prefill_flop
    if np.any(model_slot_index_flop != 0):
        flop = flop + attended_tokens(start, end, model_slot_window_tokens) * model_slot_index_flop
    return slot_sum(flop / model_slot_tokens_per_entry)


@quantity(
    unit="FLOP",
    label="Linear FLOP per prompt",
    better="lower",
    formula="2 * new_prompt_tokens * linear_params",
    source="2 FLOP per multiplied weight and new token",
)
def prefill_linear_flop(new_prompt_tokens: Array, linear_params: Array) -> Array:
    """Attention projections, dense FFN and shared experts. Llama 3.1 70B, 1,000 tokens: 1.37e14."""
    return 2.0 * new_prompt_tokens * linear_params


@quantity(
    unit="FLOP",
    label="Routed-expert FLOP per prompt",
    better="lower",
    formula=(
        "where(model_moe_layers > 0,"
        " 2 * new_prompt_tokens * model_experts_per_token * model_expert_params * model_moe_layers, 0)"
    ),
    source="2 FLOP per multiplied weight and new token",
)
def prefill_expert_flop(
    new_prompt_tokens: Array,
    model_experts_per_token: Array,
    model_expert_params: Array,
    model_moe_layers: Array,
) -> Array:
    """The experts that each new token reaches. DeepSeek-V3, 1,000 tokens: 2e3 x 8 x 44.04e6 x 58 = 4.09e13."""
    if not np.any(model_moe_layers > 0):
        return np.zeros(1)
    routed = model_experts_per_token * model_expert_params * model_moe_layers
    return np.where(model_moe_layers > 0, 2.0 * new_prompt_tokens * routed, 0.0)


@quantity(
    unit="FLOP",
    label="FLOP per prompt",
    better="lower",
    formula=("prefill_linear_flop + prefill_expert_flop + 2 * model_head_params + prefill_attention_flop"),
    source="2 FLOP per multiplied weight and new token, the head once, plus attention",
)
def prefill_flop(
    prefill_linear_flop: Array,
    prefill_expert_flop: Array,
    model_head_params: Array,
    prefill_attention_flop: Array,
) -> Array:
    """FLOP until the first token. Llama 3.1 70B, 1,000 tokens: 1.37e14 + 1.3e12."""
    return prefill_linear_flop + prefill_expert_flop + 2.0 * model_head_params + prefill_attention_flop


@quantity(
    unit="FLOP",
    label="FLOP per query",
    better="lower",
    formula="prefill_flop + maximum(generated_tokens - 1, 0) * flop_per_output_token",
    source="the prompt and every further token; the first token comes with the prompt",
)
def flop_per_query(prefill_flop: Array, generated_tokens: Array, flop_per_output_token: Array) -> Array:
    """Model FLOP of one query; speculative drafts and their rejected tokens are not counted."""
    return prefill_flop + np.maximum(generated_tokens - 1.0, 0.0) * flop_per_output_token


@quantity(
    unit="1",
    label="Kernel slow-down in prefill",
    better="lower",
    formula=(
        "where(model_latent_or_linear_layers > 0, where(hardware_disaggregated > 0,"
        " calibration_prefill_pool_factor, 1) * calibration_latent_prefill_factor, 1)"
    ),
    source=SERVING_STUDY,
)
def prefill_kernel_factor(
    hardware_disaggregated: Array,
    calibration_prefill_pool_factor: Array,
    calibration_latent_prefill_factor: Array,
    model_latent_or_linear_layers: Array,
) -> Array:
    """How much slower today's latent and linear prefill kernels run than their FLOP say.

    A property of kernels on one node, not of the architecture: 3.4 for DeepSeek-V3, 1.3 where
    prefill has a pool of its own, 1 for full attention.
    """
    pool = np.where(hardware_disaggregated > 0, calibration_prefill_pool_factor, 1.0)
    slower = pool * calibration_latent_prefill_factor
    return np.where(model_latent_or_linear_layers > 0, slower, 1.0)


@quantity(
    unit="1",
    label="Prompts computed side by side",
    formula=(
        "where(isnan(batch), nan, where(hardware_disaggregated > 0, prefill_hardware_data_parallel,"
        " minimum(maximum(batch, 1), prefill_hardware_data_parallel)))"
    ),
    source="each attention rank takes a prompt of its own",
)
def prompts_at_once(
    hardware_disaggregated: Array, prefill_hardware_data_parallel: Array, batch: Array
) -> Array:
    """Prompts in one prefill step: the data-parallel ranks, as far as there are sequences."""
    sequences = np.minimum(np.maximum(batch, 1.0), prefill_hardware_data_parallel)
    at_once = np.where(hardware_disaggregated > 0, prefill_hardware_data_parallel, sequences)
    return np.where(np.isnan(batch), np.nan, at_once)


@quantity(
    unit="s",
    label="Linear layers per prompt",
    better="lower",
    formula=(
        "prefill_kernel_factor / prefill_hardware_tensor_parallel * maximum(prefill_linear_flop"
        " / (prefill_hardware_linear_flop_per_s * calibration_prefill_flop_share * prefill_clock_share), linear_params * optimizations_linear_bytes_per_param"
        " / (calibration_weight_bandwidth_share * prefill_hardware_memory_bandwidth_bytes_per_s))"
        " + 2 * model_head_params / (prefill_hardware_tensor_parallel * calibration_prefill_flop_share"
        " * prefill_hardware_bf16_flop_per_s * prefill_clock_share)"
    ),
    source=ROOFLINE,
)
def prefill_linear_s(
    prefill_kernel_factor: Array,
    prefill_hardware_tensor_parallel: Array,
    prefill_linear_flop: Array,
    linear_params: Array,
    prefill_hardware_linear_flop_per_s: Array,
    calibration_prefill_flop_share: Array,
    prefill_clock_share: Array,
    optimizations_linear_bytes_per_param: Array,
    calibration_weight_bandwidth_share: Array,
    prefill_hardware_memory_bandwidth_bytes_per_s: Array,
    model_head_params: Array,
    prefill_hardware_bf16_flop_per_s: Array,
) -> Array:
    """Attention and dense matrices of one prompt, at the larger of compute and weight reading.

    Narrow weights cost nothing to dequantise here: a prompt's many tokens share it.
    Llama 3.1 70B, fp8, 1,000 tokens, TP8 on H100: 1.37e14 / (8 x 0.66 x 1.98e15) = 13.1 ms.
    """
    reached = calibration_prefill_flop_share * prefill_clock_share
    bandwidth = calibration_weight_bandwidth_share * prefill_hardware_memory_bandwidth_bytes_per_s
    busy = np.maximum(
        prefill_linear_flop / (prefill_hardware_linear_flop_per_s * reached),
        linear_params * optimizations_linear_bytes_per_param / bandwidth,
    )
    head = 2.0 * model_head_params / (reached * prefill_hardware_bf16_flop_per_s)
    return (prefill_kernel_factor * busy + head) / prefill_hardware_tensor_parallel


@quantity(
    unit="byte",
    label="Routed-expert bytes per prefill step",
    better="lower",
    formula=(
        "where(model_moe_layers > 0, model_moe_layers * model_expert_params"
        " * optimizations_expert_bytes_per_param * distinct_experts(model_experts, model_experts_per_token,"
        " prompts_at_once * new_prompt_tokens), 0)"
    ),
    source=ROOFLINE,
)
def prefill_expert_bytes(
    model_moe_layers: Array,
    model_expert_params: Array,
    optimizations_expert_bytes_per_param: Array,
    model_experts: Array,
    model_experts_per_token: Array,
    prompts_at_once: Array,
    new_prompt_tokens: Array,
) -> Array:
    """Experts that the prompts side by side touch, each read once: nearly all for long prompts."""
    if not np.any(model_moe_layers > 0):
        return np.zeros(1)
    touched = distinct_experts(model_experts, model_experts_per_token, prompts_at_once * new_prompt_tokens)
    read = model_moe_layers * model_expert_params * optimizations_expert_bytes_per_param * touched
    return np.where(model_moe_layers > 0, read, 0.0)


@quantity(
    unit="s",
    label="Experts per prefill step",
    better="lower",
    formula=(
        "where(model_moe_layers > 0, prefill_kernel_factor"
        " / (prefill_hardware_tensor_parallel * prefill_hardware_data_parallel)"
        " * maximum(prompts_at_once * prefill_expert_flop * optimizations_expert_imbalance"
        " / (prefill_hardware_expert_flop_per_s * calibration_expert_prefill_flop_share * prefill_clock_share), prefill_expert_bytes"
        " / (calibration_weight_bandwidth_share * prefill_hardware_memory_bandwidth_bytes_per_s)), 0)"
    ),
    source=ROOFLINE,
)
def prefill_expert_s(
    model_moe_layers: Array,
    prefill_kernel_factor: Array,
    prefill_hardware_tensor_parallel: Array,
    prefill_hardware_data_parallel: Array,
    prompts_at_once: Array,
    prefill_expert_flop: Array,
    optimizations_expert_imbalance: Array,
    prefill_hardware_expert_flop_per_s: Array,
    calibration_expert_prefill_flop_share: Array,
    prefill_clock_share: Array,
    prefill_expert_bytes: Array,
    calibration_weight_bandwidth_share: Array,
    prefill_hardware_memory_bandwidth_bytes_per_s: Array,
) -> Array:
    """Routed experts of all prompts side by side, which share the experts of all accelerators."""
    if not np.any(model_moe_layers > 0):
        return np.zeros(1)
    rate = prefill_hardware_expert_flop_per_s * calibration_expert_prefill_flop_share * prefill_clock_share
    bandwidth = calibration_weight_bandwidth_share * prefill_hardware_memory_bandwidth_bytes_per_s
    routed = prompts_at_once * prefill_expert_flop * optimizations_expert_imbalance
    busy = np.maximum(routed / rate, prefill_expert_bytes / bandwidth)
    ranks = prefill_hardware_tensor_parallel * prefill_hardware_data_parallel
    return np.where(model_moe_layers > 0, prefill_kernel_factor * busy / ranks, 0.0)


@quantity(
    unit="s",
    label="Attention per prompt",
    better="lower",
    formula=(
        "prefill_attention_flop / (prefill_hardware_tensor_parallel * prefill_hardware_bf16_flop_per_s"
        " * calibration_attention_flop_share * prefill_clock_share)"
    ),
    source=ROOFLINE,
)
def prefill_attention_s(
    prefill_attention_flop: Array,
    prefill_hardware_tensor_parallel: Array,
    prefill_hardware_bf16_flop_per_s: Array,
    calibration_attention_flop_share: Array,
    prefill_clock_share: Array,
) -> Array:
    """Attention of one prompt at the bf16 rate."""
    rate = prefill_hardware_bf16_flop_per_s * calibration_attention_flop_share * prefill_clock_share
    return prefill_attention_flop / (prefill_hardware_tensor_parallel * rate)


@quantity(
    unit="s",
    label="Prefill step",
    better="lower",
    formula=(
        "calibration_prefill_time_factor * (1 + optimizations_confidential_overhead)"
        " * maximum(where(optimizations_two_batch_overlap > 0,"
        " maximum(prefill_linear_s + prefill_expert_s + prefill_attention_s, prefill_collective_s),"
        " prefill_linear_s + prefill_expert_s + prefill_attention_s + prefill_collective_s), prefill_stream_s)"
    ),
    source=ROOFLINE,
)
def prefill_work_s(
    calibration_prefill_time_factor: Array,
    optimizations_confidential_overhead: Array,
    optimizations_two_batch_overlap: Array,
    prefill_linear_s: Array,
    prefill_expert_s: Array,
    prefill_attention_s: Array,
    prefill_collective_s: Array,
    prefill_stream_s: Array,
) -> Array:
    """Busy time of the prompts computed side by side, or of the host link where that is longer.

    Two micro-batches hide communication.
    """
    busy = prefill_linear_s + prefill_expert_s + prefill_attention_s
    together = np.where(
        optimizations_two_batch_overlap > 0,
        np.maximum(busy, prefill_collective_s),
        busy + prefill_collective_s,
    )
    longer = calibration_prefill_time_factor * (1.0 + optimizations_confidential_overhead)
    return longer * np.maximum(together, prefill_stream_s)


@quantity(
    unit="s",
    label="Prefill time a prompt takes from the pool",
    better="lower",
    formula=(
        "prefill_work_s / (prompts_at_once * where(hardware_disaggregated > 0,"
        " prefill_hardware_pipeline_parallel, minimum(prefill_hardware_pipeline_parallel,"
        " maximum(batch / prefill_hardware_data_parallel, 1))))"
    ),
    source="prompts side by side share a step; pipeline stages work on different prompts",
)
def prefill_service_s(
    prefill_work_s: Array,
    prompts_at_once: Array,
    hardware_disaggregated: Array,
    prefill_hardware_pipeline_parallel: Array,
    batch: Array,
    prefill_hardware_data_parallel: Array,
) -> Array:
    """Seconds of the whole pool that one prompt costs; its inverse is the pool's prompt rate.

    No more stages work at once than there are sequences for them.
    """
    filled = np.minimum(
        prefill_hardware_pipeline_parallel, np.maximum(batch / prefill_hardware_data_parallel, 1.0)
    )
    stages = np.where(hardware_disaggregated > 0, prefill_hardware_pipeline_parallel, filled)
    return prefill_work_s / (prompts_at_once * stages)


@quantity(
    unit="s",
    label="Prefill latency",
    better="lower",
    formula=(
        "calibration_first_token_time_factor * (prefill_work_s + prefill_hardware_fixed_time_factor"
        " * (model_layers * calibration_layer_s + model_latent_or_linear_layers * calibration_latent_layer_s)"
        " + calibration_step_s + model_layers * calibration_host_layer_s)"
    ),
    source="work plus fixed and host time per layer; " + SERVING_STUDY,
)
def prefill_latency_s(
    calibration_first_token_time_factor: Array,
    prefill_work_s: Array,
    prefill_hardware_fixed_time_factor: Array,
    model_layers: Array,
    calibration_layer_s: Array,
    model_latent_or_linear_layers: Array,
    calibration_latent_layer_s: Array,
    calibration_step_s: Array,
    calibration_host_layer_s: Array,
) -> Array:
    """Time from the start of a prompt to its first token on an idle replica.

    Prefill runs without captured graphs, so the host spends time on every layer: it delays the
    first token but does not slow decoding.
    """
    layers = model_layers * calibration_layer_s + model_latent_or_linear_layers * calibration_latent_layer_s
    fixed = prefill_hardware_fixed_time_factor * layers + calibration_step_s
    return calibration_first_token_time_factor * (
        prefill_work_s + fixed + model_layers * calibration_host_layer_s
    )


@quantity(
    unit="tokens/s",
    label="Prompt tokens per second",
    better="higher",
    formula="workload_input_tokens / prefill_service_s",
    source="prompt tokens, cached ones included, over the time they take",
)
def prefill_tok_s(workload_input_tokens: Array, prefill_service_s: Array) -> Array:
    """Prompt tokens a second that the replica's prefill can take, cache hits included."""
    return workload_input_tokens / prefill_service_s
