"""Does it fit: weights, cache, activations and the runtime's reserve on one accelerator."""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import SERVING_STUDY, slot_sum

_POOLS = ("prefill", "decode")
_CAPACITY = "capacity arithmetic; " + SERVING_STUDY


@quantity(
    unit="byte",
    label="Weight bytes",
    better="lower",
    formula=(
        "linear_params * optimizations_linear_bytes_per_param"
        " + expert_params_total * optimizations_expert_bytes_per_param"
        " + embedding_and_head_params * optimizations_embedding_bytes_per_param + 2 * model_other_params"
    ),
    source="bytes per parameter of each format; embedding, head and norms stay at 16 bit",
)
def weight_bytes(
    linear_params: Array,
    expert_params_total: Array,
    embedding_and_head_params: Array,
    model_other_params: Array,
    optimizations_linear_bytes_per_param: Array,
    optimizations_expert_bytes_per_param: Array,
    optimizations_embedding_bytes_per_param: Array,
) -> Array:
    """Bytes of the whole model. Llama 3.1 8B in int4 (4.125 bit): 5.70e9, not a quarter of 16.06e9."""
    return (
        linear_params * optimizations_linear_bytes_per_param
        + expert_params_total * optimizations_expert_bytes_per_param
        + embedding_and_head_params * optimizations_embedding_bytes_per_param
        + 2.0 * model_other_params
    )


@quantity(
    unit="parameters",
    label="Embedding and head parameters",
    formula="model_embedding_params + where(model_head_is_tied > 0, 0, model_head_params)",
    source="a tied head is stored once",
)
def embedding_and_head_params(
    model_embedding_params: Array, model_head_params: Array, model_head_is_tied: Array
) -> Array:
    """Parameters that stay at 16 bit in a quantised checkpoint. Llama 3.1 8B: 2 x 525.3e6."""
    return model_embedding_params + np.where(model_head_is_tied > 0, 0.0, model_head_params)


@quantity(
    unit="byte",
    label="Weight bytes per accelerator",
    better="lower",
    pools=_POOLS,
    formula=(
        "((linear_params * optimizations_linear_bytes_per_param + 2 * model_other_params"
        " + embedding_and_head_params * optimizations_embedding_bytes_per_param)"
        " + expert_params_total * optimizations_expert_bytes_per_param / hardware_data_parallel)"
        " / (hardware_tensor_parallel * hardware_pipeline_parallel)"
    ),
    source="attention ranks hold copies of what is not a routed expert; experts lie over all accelerators",
)
def weight_bytes_per_accelerator(
    linear_params: Array,
    expert_params_total: Array,
    embedding_and_head_params: Array,
    model_other_params: Array,
    optimizations_linear_bytes_per_param: Array,
    optimizations_expert_bytes_per_param: Array,
    optimizations_embedding_bytes_per_param: Array,
    hardware_tensor_parallel: Array,
    hardware_pipeline_parallel: Array,
    hardware_data_parallel: Array,
) -> Array:
    """Weights that one accelerator holds. Llama 3.1 70B in fp8 over TP8: 72.7e9 / 8 = 9.1e9."""
    copied = (
        linear_params * optimizations_linear_bytes_per_param
        + 2.0 * model_other_params
        + embedding_and_head_params * optimizations_embedding_bytes_per_param
    )
    spread = expert_params_total * optimizations_expert_bytes_per_param / hardware_data_parallel
    return (copied + spread) / (hardware_tensor_parallel * hardware_pipeline_parallel)


@quantity(
    unit="byte",
    label="Activation bytes per accelerator",
    better="lower",
    pools=_POOLS,
    formula=(
        "2 * minimum(optimizations_prefill_chunk_tokens, workload_input_tokens)"
        " * (4 * model_hidden_size + 2 * model_ffn_width / hardware_tensor_parallel)"
    ),
    source="16-bit buffers of one prefill step: residual, query-key-value, output, two FFN activations",
)
def activation_bytes(
    optimizations_prefill_chunk_tokens: Array,
    workload_input_tokens: Array,
    model_hidden_size: Array,
    model_ffn_width: Array,
    hardware_tensor_parallel: Array,
) -> Array:
    """Working memory of the largest prefill step. 8,192 tokens, H = 8,192, TP8: 0.65e9."""
    tokens = np.minimum(optimizations_prefill_chunk_tokens, workload_input_tokens)
    return 2.0 * tokens * (4.0 * model_hidden_size + 2.0 * model_ffn_width / hardware_tensor_parallel)


@quantity(
    unit="byte",
    label="Memory kept by the runtime per accelerator",
    better="lower",
    pools=_POOLS,
    formula="minimum(calibration_reserved_bytes, calibration_reserved_share * hardware_memory_bytes)",
    source=_CAPACITY + "; a share of small memories",
)
def reserved_bytes(
    calibration_reserved_bytes: Array, calibration_reserved_share: Array, hardware_memory_bytes: Array
) -> Array:
    """What is neither weights nor cache. 80 GiB: 2e9; 24 GiB: 0.024 x 25.8e9 = 0.62e9; 230 MB of SRAM: 5.5e6."""
    return np.minimum(calibration_reserved_bytes, calibration_reserved_share * hardware_memory_bytes)


@quantity(
    unit="byte",
    label="Memory for weights and cache per accelerator",
    better="higher",
    pools=_POOLS,
    formula="calibration_memory_share * hardware_memory_bytes - reserved_bytes",
    source=_CAPACITY,
)
def usable_memory_bytes(
    calibration_memory_share: Array, hardware_memory_bytes: Array, reserved_bytes: Array
) -> Array:
    """What the engine may fill. 80 GiB: 0.92 x 85.9e9 - 2e9 = 77.0e9."""
    return calibration_memory_share * hardware_memory_bytes - reserved_bytes


@quantity(
    unit="byte",
    label="Cache bytes of a running sequence per accelerator",
    better="lower",
    pools=_POOLS,
    formula=(
        "((1 - optimizations_kv_offload_fraction) * slot_sum(minimum(per_slot(workload_input_tokens + calibration_cache_fill_share * generated_tokens),"
        " model_slot_window_tokens) / model_slot_tokens_per_entry * cache_entry_bytes"
        " / minimum(per_slot(hardware_tensor_parallel), model_slot_max_shards))"
        " + model_state_bytes / minimum(hardware_tensor_parallel, model_slot_max_shards[:, -1]))"
        " / hardware_pipeline_parallel"
    ),
    source=_CAPACITY,
)
def sequence_bytes(
    workload_input_tokens: Array,
    generated_tokens: Array,
    calibration_cache_fill_share: Array,
    cache_entry_bytes: Array,
    model_slot_window_tokens: Array,
    model_slot_tokens_per_entry: Array,
    model_slot_max_shards: Array,
    model_state_bytes: Array,
    hardware_tensor_parallel: Array,
    hardware_pipeline_parallel: Array,
    optimizations_kv_offload_fraction: Array,
) -> Array:
    """Cache of one sequence at the length that sequences in flight hold on average.

    Windows cap it, latent caches are not divided by tensor parallelism, recurrent state is fixed.
    Llama 3.1 70B, bf16 cache, 1,000 + 0.75 x 1,000 tokens, TP8: 327,680 x 1,750 / 8 = 71.7e6.
    """
    length = workload_input_tokens + calibration_cache_fill_share * generated_tokens
    return (
        _cache_bytes(
            length,
            cache_entry_bytes,
            model_slot_window_tokens,
            model_slot_tokens_per_entry,
            model_slot_max_shards,
            model_state_bytes,
            hardware_tensor_parallel,
            1.0 - optimizations_kv_offload_fraction,
        )
        / hardware_pipeline_parallel
    )


@quantity(
    unit="byte",
    label="Cache bytes of a finished sequence per accelerator",
    better="lower",
    pools=_POOLS,
    formula=(
        "((1 - optimizations_kv_offload_fraction) * slot_sum(minimum(per_slot(workload_input_tokens + generated_tokens), model_slot_window_tokens)"
        " / model_slot_tokens_per_entry * cache_entry_bytes"
        " / minimum(per_slot(hardware_tensor_parallel), model_slot_max_shards))"
        " + model_state_bytes / minimum(hardware_tensor_parallel, model_slot_max_shards[:, -1]))"
        " / hardware_pipeline_parallel"
    ),
    source=_CAPACITY,
)
def full_sequence_bytes(
    workload_input_tokens: Array,
    generated_tokens: Array,
    cache_entry_bytes: Array,
    model_slot_window_tokens: Array,
    model_slot_tokens_per_entry: Array,
    model_slot_max_shards: Array,
    model_state_bytes: Array,
    hardware_tensor_parallel: Array,
    hardware_pipeline_parallel: Array,
    optimizations_kv_offload_fraction: Array,
) -> Array:
    """Cache of one sequence at its full length: at least one must fit whole."""
    return (
        _cache_bytes(
            workload_input_tokens + generated_tokens,
            cache_entry_bytes,
            model_slot_window_tokens,
            model_slot_tokens_per_entry,
            model_slot_max_shards,
            model_state_bytes,
            hardware_tensor_parallel,
            1.0 - optimizations_kv_offload_fraction,
        )
        / hardware_pipeline_parallel
    )


def _cache_bytes(
    length: Array,
    entry_bytes: Array,
    window: Array,
    tokens_per_entry: Array,
    max_shards: Array,
    state_bytes: Array,
    tensor_parallel: Array,
    kept: Array,
) -> Array:
    """Cache of one sequence of a length on one accelerator, less what the host keeps: ``(n,)``."""
    shards = np.minimum(tensor_parallel[:, None], max_shards)
    entries = np.minimum(length[:, None], window) / tokens_per_entry
    return kept * slot_sum(entries * entry_bytes / shards) + state_bytes / shards[:, -1]


@quantity(
    unit="byte",
    label="Memory left for the cache per accelerator",
    better="higher",
    pools=_POOLS,
    formula="usable_memory_bytes - resident_weight_bytes - activation_bytes",
    source=_CAPACITY,
)
def cache_memory_bytes(
    usable_memory_bytes: Array, resident_weight_bytes: Array, activation_bytes: Array
) -> Array:
    """What is left after weights and activations; negative when the model does not fit at all."""
    return usable_memory_bytes - resident_weight_bytes - activation_bytes


@quantity(
    unit="1",
    label="Largest batch that memory holds",
    better="higher",
    formula=(
        "where((decode_cache_memory_bytes >= decode_full_sequence_bytes)"
        " & (prefill_cache_memory_bytes >= prefill_full_sequence_bytes),"
        " minimum(floor(hardware_data_parallel * maximum(1 + (decode_cache_memory_bytes - decode_full_sequence_bytes)"
        " / decode_sequence_bytes, 0)), host_batch), where(isnan(decode_cache_memory_bytes - decode_full_sequence_bytes"
        " + prefill_cache_memory_bytes - prefill_full_sequence_bytes), nan, 0))"
    ),
    source=_CAPACITY,
)
def max_batch(
    decode_cache_memory_bytes: Array,
    decode_sequence_bytes: Array,
    decode_full_sequence_bytes: Array,
    prefill_cache_memory_bytes: Array,
    prefill_full_sequence_bytes: Array,
    hardware_data_parallel: Array,
    host_batch: Array,
) -> Array:
    """Sequences that fit: one at its full length, the others at the mean; 0 when not even one does.

    Cache of 64e9 bytes, 71.7e6 a sequence and 81.9e6 a full one: 1 + (64e9 - 81.9e6)/71.7e6 = 892.
    """
    spare = decode_cache_memory_bytes - decode_full_sequence_bytes
    prompt_spare = prefill_cache_memory_bytes - prefill_full_sequence_bytes
    fits = (spare >= 0) & (prompt_spare >= 0)
    most = np.floor(hardware_data_parallel * np.maximum(1.0 + spare / decode_sequence_bytes, 0.0))
    held = np.minimum(most, host_batch)
    return np.where(fits, held, np.where(np.isnan(spare + prompt_spare), np.nan, 0.0))


@quantity(
    unit="bool",
    label="Fits in memory",
    better="higher",
    formula=(
        "where(isnan(max_batch), nan, (where(isnan(workload_batch), 1, workload_batch) <= max_batch)"
        " & (max_batch >= 1))"
    ),
    source=_CAPACITY,
)
def fits_memory(workload_batch: Array, max_batch: Array) -> Array:
    """1 when the batch (one sequence, where no batch could be planned) fits, else 0."""
    asked = np.where(np.isnan(workload_batch), 1.0, workload_batch)
    fits = ((asked <= max_batch) & (max_batch >= 1)).astype(np.float64)
    return np.where(np.isnan(max_batch), np.nan, fits)


@quantity(
    unit="1",
    label="Batch",
    formula="where(fits_memory > 0, workload_batch, nan)",
    source="the batch that the scenario gives or the plan chose; none where it does not fit",
    null="does_not_fit: more than the memory holds",
)
def batch(workload_batch: Array, fits_memory: Array) -> Array:
    """Concurrent sequences of one replica, at which all results are computed."""
    return np.where(fits_memory > 0, workload_batch, np.nan)


@quantity(
    unit="1",
    label="Memory used",
    better="lower",
    formula=(
        "maximum((decode_resident_weight_bytes + decode_activation_bytes + decode_reserved_bytes"
        " + decode_full_sequence_bytes + maximum(where(isnan(workload_batch), 1, workload_batch)"
        " / hardware_data_parallel - 1, 0) * decode_sequence_bytes) / hardware_memory_bytes,"
        " (prefill_resident_weight_bytes + prefill_activation_bytes + prefill_reserved_bytes"
        " + prefill_full_sequence_bytes) / prefill_hardware_memory_bytes)"
    ),
    source=_CAPACITY,
)
def memory_used_fraction(
    decode_resident_weight_bytes: Array,
    decode_activation_bytes: Array,
    decode_reserved_bytes: Array,
    decode_full_sequence_bytes: Array,
    decode_sequence_bytes: Array,
    workload_batch: Array,
    hardware_data_parallel: Array,
    hardware_memory_bytes: Array,
    prefill_resident_weight_bytes: Array,
    prefill_activation_bytes: Array,
    prefill_reserved_bytes: Array,
    prefill_full_sequence_bytes: Array,
    prefill_hardware_memory_bytes: Array,
) -> Array:
    """Share of an accelerator's memory taken at the batch, in the fuller pool (at one sequence without one)."""
    asked = np.where(np.isnan(workload_batch), 1.0, workload_batch)
    others = np.maximum(asked / hardware_data_parallel - 1.0, 0.0) * decode_sequence_bytes
    held = decode_resident_weight_bytes + decode_activation_bytes + decode_full_sequence_bytes + others
    prompt = prefill_resident_weight_bytes + prefill_activation_bytes + prefill_full_sequence_bytes
    decode = (held + decode_reserved_bytes) / hardware_memory_bytes
    return np.maximum(decode, (prompt + prefill_reserved_bytes) / prefill_hardware_memory_bytes)
