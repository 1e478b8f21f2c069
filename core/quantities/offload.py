"""Weights and cache in the memory of the host: what stays, what is streamed, and how long the link takes.

The link works beside the accelerator: a step takes the longer of the two. Routed experts are known only
once their layer has routed its tokens, so their part of the link's time delays the experts themselves.
"""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import slot_sum

_POOLS = ("prefill", "decode")
_STREAMED = "weights and cache of the host cross its link at every pass (FlexGen, arXiv 2303.06865)"
_A_BYTE_MORE = 1.000000001
"""So that rounding does not leave the last byte without a place."""
_EXPERTS_FIRST = "experts go first, since a pass streams only those that its tokens reach"


@quantity(
    unit="1",
    label="Share of the weights in host memory",
    better="lower",
    pools=_POOLS,
    formula=(
        "where(optimizations_weight_offload_is_auto > 0, minimum(1.000000001 * maximum(weight_bytes_per_accelerator"
        " + activation_bytes + full_sequence_bytes + maximum(optimizations_offload_batch / hardware_data_parallel"
        " - 1, 0) * sequence_bytes - usable_memory_bytes, 0) / weight_bytes_per_accelerator, 1),"
        " optimizations_weight_offload_fraction)"
    ),
    source="as stated; automatic: what does not fit beside the sequences that are asked for",
)
def offloaded_weight_share(
    optimizations_weight_offload_is_auto: Array,
    weight_bytes_per_accelerator: Array,
    activation_bytes: Array,
    full_sequence_bytes: Array,
    optimizations_offload_batch: Array,
    hardware_data_parallel: Array,
    sequence_bytes: Array,
    usable_memory_bytes: Array,
    optimizations_weight_offload_fraction: Array,
) -> Array:
    """Part of an accelerator's weights that lies in its host's memory.

    16.1e9 bytes of weights and 1.2e9 beside them where 12e9 may be filled: 5.3e9 / 16.1e9 = 0.33.
    """
    if not np.any(optimizations_weight_offload_is_auto > 0):
        return optimizations_weight_offload_fraction
    others = np.maximum(optimizations_offload_batch / hardware_data_parallel - 1.0, 0.0) * sequence_bytes
    wanted = weight_bytes_per_accelerator + activation_bytes + full_sequence_bytes + others
    missing = np.maximum(wanted - usable_memory_bytes, 0.0)
    least = np.minimum(_A_BYTE_MORE * missing / weight_bytes_per_accelerator, 1.0)
    return np.where(optimizations_weight_offload_is_auto > 0, least, optimizations_weight_offload_fraction)


@quantity(
    unit="byte",
    label="Weight bytes that stay on an accelerator",
    better="lower",
    pools=_POOLS,
    formula="(1 - offloaded_weight_share) * weight_bytes_per_accelerator",
    source="what is not in host memory; the buffers of the streamed layers are not counted",
)
def resident_weight_bytes(offloaded_weight_share: Array, weight_bytes_per_accelerator: Array) -> Array:
    """Weights in the accelerator's own memory. A third of 16.1e9 offloaded: 10.7e9 stay."""
    return (1.0 - offloaded_weight_share) * weight_bytes_per_accelerator


@quantity(
    unit="byte",
    label="Routed-expert bytes per accelerator",
    pools=_POOLS,
    formula=(
        "where(model_moe_layers > 0, expert_params_total * optimizations_expert_bytes_per_param"
        " / (hardware_data_parallel * hardware_tensor_parallel * hardware_pipeline_parallel), 0)"
    ),
    source="experts lie over all accelerators",
)
def expert_weight_bytes(
    model_moe_layers: Array,
    expert_params_total: Array,
    optimizations_expert_bytes_per_param: Array,
    hardware_data_parallel: Array,
    hardware_tensor_parallel: Array,
    hardware_pipeline_parallel: Array,
) -> Array:
    """Experts that one accelerator owns, wherever they lie. DeepSeek-V3, fp8, 8 accelerators: 81.7e9."""
    ranks = hardware_data_parallel * hardware_tensor_parallel * hardware_pipeline_parallel
    held = expert_params_total * optimizations_expert_bytes_per_param / ranks
    return np.where(model_moe_layers > 0, held, 0.0)


@quantity(
    unit="1",
    label="Share of the routed experts in host memory",
    pools=_POOLS,
    formula=(
        "where(expert_weight_bytes > 0, minimum(offloaded_weight_share * weight_bytes_per_accelerator"
        " / expert_weight_bytes, 1), 0)"
    ),
    source=_EXPERTS_FIRST,
)
def offloaded_expert_share(
    expert_weight_bytes: Array, offloaded_weight_share: Array, weight_bytes_per_accelerator: Array
) -> Array:
    """Experts of the host over all experts; 0 for a dense model. Half of 100e9, 80e9 of it experts: 0.625."""
    share = np.minimum(offloaded_weight_share * weight_bytes_per_accelerator / expert_weight_bytes, 1.0)
    return np.where(expert_weight_bytes > 0, share, 0.0)


@quantity(
    unit="1",
    label="Share of the other weights in host memory",
    pools=_POOLS,
    formula=(
        "maximum(offloaded_weight_share * weight_bytes_per_accelerator - expert_weight_bytes, 0)"
        " / (weight_bytes_per_accelerator - expert_weight_bytes)"
    ),
    source=_EXPERTS_FIRST,
)
def offloaded_linear_share(
    offloaded_weight_share: Array, weight_bytes_per_accelerator: Array, expert_weight_bytes: Array
) -> Array:
    """What is left for attention, dense and shared matrices. 0.9 of 100e9, 80e9 of it experts: 10/20 = 0.5."""
    left = np.maximum(offloaded_weight_share * weight_bytes_per_accelerator - expert_weight_bytes, 0.0)
    return left / (weight_bytes_per_accelerator - expert_weight_bytes)


@quantity(
    unit="byte",
    label="Cache bytes of a running sequence in host memory",
    pools=_POOLS,
    formula=(
        "optimizations_kv_offload_fraction / (1 - optimizations_kv_offload_fraction)"
        " * (sequence_bytes - model_state_bytes / minimum(hardware_tensor_parallel, model_slot_max_shards[:, -1])"
        " / hardware_pipeline_parallel)"
    ),
    source="the stated share of all but recurrent state",
)
def host_sequence_bytes(
    optimizations_kv_offload_fraction: Array,
    sequence_bytes: Array,
    model_state_bytes: Array,
    hardware_tensor_parallel: Array,
    model_slot_max_shards: Array,
    hardware_pipeline_parallel: Array,
) -> Array:
    """What of a sequence lies in the host. 40e6 bytes stay of 100e6 at 0.6: 0.6/0.4 x 40e6 = 60e6."""
    if not np.any(optimizations_kv_offload_fraction > 0):
        return np.zeros(1)
    shards = np.minimum(hardware_tensor_parallel, model_slot_max_shards[:, -1])
    grows = sequence_bytes - model_state_bytes / shards / hardware_pipeline_parallel
    return optimizations_kv_offload_fraction / (1.0 - optimizations_kv_offload_fraction) * grows


@quantity(
    unit="1",
    label="Largest batch that host memory holds",
    better="higher",
    formula=(
        "where(decode_offloaded_weight_share * decode_weight_bytes_per_accelerator > hardware_offload_memory_bytes,"
        " 0, where(decode_host_sequence_bytes > 0, floor(hardware_data_parallel * (hardware_offload_memory_bytes"
        " - decode_offloaded_weight_share * decode_weight_bytes_per_accelerator)"
        " / decode_host_sequence_bytes), inf))"
    ),
    source="capacity arithmetic; where the memory of the host is not known it is taken to hold everything",
)
def host_batch(
    decode_offloaded_weight_share: Array,
    decode_weight_bytes_per_accelerator: Array,
    hardware_offload_memory_bytes: Array,
    decode_host_sequence_bytes: Array,
    hardware_data_parallel: Array,
) -> Array:
    """Sequences whose offloaded cache fits beside the offloaded weights; infinite where none is offloaded.

    480e9 bytes, 80e9 of them weights, 2e9 a sequence: 200.
    """
    weights = decode_offloaded_weight_share * decode_weight_bytes_per_accelerator
    room = hardware_data_parallel * (hardware_offload_memory_bytes - weights)
    holds = np.where(decode_host_sequence_bytes > 0, np.floor(room / decode_host_sequence_bytes), np.inf)
    return np.where(weights > hardware_offload_memory_bytes, 0.0, holds)


@quantity(
    unit="byte/s",
    label="Bandwidth from host memory, reached",
    better="higher",
    pools=_POOLS,
    formula="calibration_host_link_share * hardware_offload_bytes_per_s",
    source="share of the link's rate that pinned copies reach",
)
def offload_bandwidth_bytes_per_s(
    calibration_host_link_share: Array, hardware_offload_bytes_per_s: Array
) -> Array:
    """What one accelerator draws from its host. PCIe 4.0 x16: 0.8 x 32e9 = 25.6e9."""
    return calibration_host_link_share * hardware_offload_bytes_per_s


@quantity(
    unit="s",
    label="Routed experts over the host link per step",
    better="lower",
    formula=(
        "where(decode_offloaded_expert_share > 0, decode_offloaded_expert_share * expert_bytes_per_step"
        " / (hardware_tensor_parallel * hardware_data_parallel * decode_offload_bandwidth_bytes_per_s), 0)"
    ),
    source=_STREAMED,
)
def decode_expert_stream_s(
    decode_offloaded_expert_share: Array,
    expert_bytes_per_step: Array,
    hardware_tensor_parallel: Array,
    hardware_data_parallel: Array,
    decode_offload_bandwidth_bytes_per_s: Array,
) -> Array:
    """Streaming the touched experts that lie in the host. 4e9 bytes at 25.6e9 a second: 156 ms."""
    if not np.any(decode_offloaded_expert_share != 0):
        return np.zeros(1)
    ranks = hardware_tensor_parallel * hardware_data_parallel
    streamed = decode_offloaded_expert_share * expert_bytes_per_step
    time = streamed / (ranks * decode_offload_bandwidth_bytes_per_s)
    return np.where(decode_offloaded_expert_share > 0, time, 0.0)


@quantity(
    unit="s",
    label="Dense weights over the host link per step",
    better="lower",
    formula=(
        "where(decode_offloaded_linear_share > 0, decode_offloaded_linear_share * linear_bytes_per_step"
        " / (hardware_tensor_parallel * decode_offload_bandwidth_bytes_per_s), 0)"
    ),
    source=_STREAMED,
)
def decode_weight_stream_s(
    decode_offloaded_linear_share: Array,
    linear_bytes_per_step: Array,
    hardware_tensor_parallel: Array,
    decode_offload_bandwidth_bytes_per_s: Array,
) -> Array:
    """Streaming what of the weights lies in the host, without experts.

    An 8B model in bf16 (15.0e9 bytes, the input table being looked up) at 25.6e9 a second: 586 ms.
    """
    if not np.any(decode_offloaded_linear_share != 0):
        return np.zeros(1)
    streamed = decode_offloaded_linear_share * linear_bytes_per_step
    time = streamed / (hardware_tensor_parallel * decode_offload_bandwidth_bytes_per_s)
    return np.where(decode_offloaded_linear_share > 0, time, 0.0)


@quantity(
    unit="s",
    label="Cache over the host link per step",
    better="lower",
    formula=(
        "where(optimizations_kv_offload_fraction > 0, optimizations_kv_offload_fraction * rank_batch"
        " * slot_sum(cache_read_bytes / minimum(per_slot(hardware_tensor_parallel), model_slot_max_shards))"
        " / decode_offload_bandwidth_bytes_per_s, 0)"
    ),
    source=_STREAMED,
)
def decode_cache_stream_s(
    optimizations_kv_offload_fraction: Array,
    rank_batch: Array,
    cache_read_bytes: Array,
    hardware_tensor_parallel: Array,
    model_slot_max_shards: Array,
    decode_offload_bandwidth_bytes_per_s: Array,
) -> Array:
    """Streaming what of the cache lies in the host. 8 sequences of 160e6 bytes, all of it: 50 ms at 25.6e9."""
    if not np.any(optimizations_kv_offload_fraction != 0):
        return np.zeros(1)
    shards = np.minimum(hardware_tensor_parallel[:, None], model_slot_max_shards)
    streamed = optimizations_kv_offload_fraction * rank_batch * slot_sum(cache_read_bytes / shards)
    time = streamed / decode_offload_bandwidth_bytes_per_s
    return np.where(optimizations_kv_offload_fraction > 0, time, 0.0)


@quantity(
    unit="s",
    label="Host link per step",
    better="lower",
    formula="decode_weight_stream_s + decode_cache_stream_s + decode_expert_stream_s",
    source=_STREAMED,
)
def decode_stream_s(
    decode_weight_stream_s: Array, decode_cache_stream_s: Array, decode_expert_stream_s: Array
) -> Array:
    """How long the link works for a step. 586 ms of weights and 50 ms of cache: 636 ms."""
    return decode_weight_stream_s + decode_cache_stream_s + decode_expert_stream_s


@quantity(
    unit="byte",
    label="Bytes over the host link per prompt",
    better="lower",
    formula=(
        "maximum(new_prompt_tokens / optimizations_prefill_chunk_tokens, 1) * (prefill_offloaded_linear_share"
        " * linear_bytes_per_step / prefill_hardware_tensor_parallel + where(model_moe_layers > 0,"
        " prefill_offloaded_expert_share * prefill_expert_bytes"
        " / (prefill_hardware_tensor_parallel * prefill_hardware_data_parallel), 0))"
        " + prefill_host_sequence_bytes * prefill_hardware_pipeline_parallel * workload_input_tokens"
        " / (workload_input_tokens + calibration_cache_fill_share * generated_tokens)"
    ),
    source=_STREAMED,
)
def prefill_stream_bytes(
    new_prompt_tokens: Array,
    optimizations_prefill_chunk_tokens: Array,
    prefill_offloaded_linear_share: Array,
    linear_bytes_per_step: Array,
    prefill_hardware_tensor_parallel: Array,
    model_moe_layers: Array,
    prefill_offloaded_expert_share: Array,
    prefill_expert_bytes: Array,
    prefill_hardware_data_parallel: Array,
    prefill_host_sequence_bytes: Array,
    prefill_hardware_pipeline_parallel: Array,
    workload_input_tokens: Array,
    calibration_cache_fill_share: Array,
    generated_tokens: Array,
) -> Array:
    """What one accelerator streams for a prompt: weights once a chunk, and the offloaded part of its cache.

    Every prompt streams the weights for itself; an engine that computes several in one pass does better.
    16,384 new tokens in chunks of 8,192, 15e9 bytes of weights: 30e9.
    """
    is_idle = not np.any(prefill_offloaded_linear_share != 0) and not np.any(
        prefill_offloaded_expert_share != 0
    )
    if is_idle and not np.any(prefill_host_sequence_bytes != 0):
        return np.zeros(1)
    ranks = prefill_hardware_tensor_parallel * prefill_hardware_data_parallel
    experts = np.where(
        model_moe_layers > 0, prefill_offloaded_expert_share * prefill_expert_bytes / ranks, 0.0
    )
    linear = prefill_offloaded_linear_share * linear_bytes_per_step / prefill_hardware_tensor_parallel
    chunks = np.maximum(new_prompt_tokens / optimizations_prefill_chunk_tokens, 1.0)
    held = workload_input_tokens + calibration_cache_fill_share * generated_tokens
    cache = prefill_host_sequence_bytes * prefill_hardware_pipeline_parallel * workload_input_tokens / held
    return chunks * (linear + experts) + cache


@quantity(
    unit="s",
    label="Host link per prompt",
    better="lower",
    formula="where(prefill_stream_bytes > 0, prefill_stream_bytes / prefill_offload_bandwidth_bytes_per_s, 0)",
    source=_STREAMED,
)
def prefill_stream_s(prefill_stream_bytes: Array, prefill_offload_bandwidth_bytes_per_s: Array) -> Array:
    """How long the link works for a prompt. 15.0e9 bytes at 25.6e9 a second: 587 ms."""
    if not np.any(prefill_stream_bytes != 0):
        return np.where(np.isnan(prefill_stream_bytes), np.nan, 0.0)
    time = prefill_stream_bytes / prefill_offload_bandwidth_bytes_per_s
    return np.where(prefill_stream_bytes > 0, time, 0.0)


@quantity(
    unit="s",
    label="Time to swap a model in",
    better="lower",
    formula="decode_resident_weight_bytes / decode_offload_bandwidth_bytes_per_s",
    source="the weights of each accelerator over its link to host or far memory, all links at once",
)
def model_switch_s(decode_resident_weight_bytes: Array, decode_offload_bandwidth_bytes_per_s: Array) -> Array:
    """From another model to this one, its weights waiting in host (or DDR) memory.

    16.1e9 bytes over PCIe 4.0 x16: 16.1e9 / 25.6e9 = 0.63 s.
    """
    return decode_resident_weight_bytes / decode_offload_bandwidth_bytes_per_s
