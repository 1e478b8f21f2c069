"""The decode step: its tokens, the cache that it reads, and the fixed time around it.

Time is the sum of its parts, each part the larger of its memory and its compute time; overlapping
the fixed part with the rest, or a smooth maximum, explained measurements no better.
"""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import ROOFLINE, SERVING_STUDY, accepted_tokens, slot_sum


@quantity(
    unit="1",
    label="Sequences per rank and micro-batch",
    formula="maximum(batch / (hardware_data_parallel * hardware_pipeline_parallel), 1)",
    source="the batch is spread over attention ranks and pipeline stages; a busy rank holds at least one",
)
def rank_batch(batch: Array, hardware_data_parallel: Array, hardware_pipeline_parallel: Array) -> Array:
    """Sequences that one attention rank decodes together. 128 over DP8: 16."""
    return np.maximum(batch / (hardware_data_parallel * hardware_pipeline_parallel), 1.0)


@quantity(
    unit="tokens",
    label="Tokens verified per sequence and step",
    formula="1 + optimizations_draft_tokens",
    source="speculative decoding verifies the drafts and one token more",
)
def verified_tokens(optimizations_draft_tokens: Array) -> Array:
    """Tokens that each sequence brings to a step; 1 without speculation."""
    return 1.0 + optimizations_draft_tokens


@quantity(
    unit="tokens",
    label="Tokens gained per step",
    better="higher",
    formula="accepted_tokens(optimizations_draft_acceptance, optimizations_draft_tokens)",
    source="Leviathan, Kalman and Matias, arXiv 2211.17192; independent acceptance",
)
def tokens_per_step(optimizations_draft_acceptance: Array, optimizations_draft_tokens: Array) -> Array:
    """Expected tokens per sequence and step. Acceptance 0.8, four drafts: 3.36."""
    return accepted_tokens(optimizations_draft_acceptance, optimizations_draft_tokens)


@quantity(
    unit="tokens",
    label="Tokens in a step over the replica",
    formula="maximum(batch / hardware_pipeline_parallel, 1) * verified_tokens",
    source="all sequences of one micro-batch, with their drafts",
)
def step_tokens(batch: Array, hardware_pipeline_parallel: Array, verified_tokens: Array) -> Array:
    """Tokens that meet the routed experts together. Batch 128 with three drafts: 512."""
    return np.maximum(batch / hardware_pipeline_parallel, 1.0) * verified_tokens


@quantity(
    unit="byte",
    label="Cache bytes read per sequence and step, by slot",
    slotted=True,
    formula=(
        "minimum(per_slot(mean_kv_tokens), model_slot_read_tokens) / model_slot_tokens_per_entry"
        " * (cache_entry_bytes - model_slot_index_bytes) + minimum(per_slot(mean_kv_tokens),"
        " model_slot_window_tokens) / model_slot_tokens_per_entry * model_slot_index_bytes"
    ),
    source=ROOFLINE,
)
def cache_read_bytes(
    mean_kv_tokens: Array,
    model_slot_read_tokens: Array,
    model_slot_window_tokens: Array,
    model_slot_tokens_per_entry: Array,
    cache_entry_bytes: Array,
    model_slot_index_bytes: Array,
) -> Array:
    """Bytes read for one sequence over the whole replica, ``(n, slot)``, without recurrent state.

    Windows and top-k limit what is read; indexer keys are read for every cached entry.
    """
    length = mean_kv_tokens[:, None]
    core = np.minimum(length, model_slot_read_tokens) * (cache_entry_bytes - model_slot_index_bytes)
    index = np.minimum(length, model_slot_window_tokens) * model_slot_index_bytes
    return (core + index) / model_slot_tokens_per_entry


@quantity(
    unit="byte",
    label="Cache bytes moved per accelerator and step, by slot",
    slotted=True,
    formula=(
        "per_slot(rank_batch) * (cache_read_bytes + per_slot(2 * model_state_bytes) * last_slot)"
        " / minimum(per_slot(hardware_tensor_parallel), model_slot_max_shards)"
    ),
    source=ROOFLINE,
)
def decode_cache_bytes(
    rank_batch: Array,
    cache_read_bytes: Array,
    model_state_bytes: Array,
    hardware_tensor_parallel: Array,
    model_slot_max_shards: Array,
) -> Array:
    """The cache of a rank's sequences, ``(n, slot)``; recurrent state is read and written.

    A latent cache is whole on every tensor-parallel accelerator.
    """
    state = np.zeros(cache_read_bytes.shape[-1])
    state[-1] = 2.0
    moved = cache_read_bytes + model_state_bytes[:, None] * state
    return rank_batch[:, None] * moved / np.minimum(hardware_tensor_parallel[:, None], model_slot_max_shards)


@quantity(
    unit="s",
    label="Cache: memory time, by slot",
    slotted=True,
    formula=(
        "decode_cache_bytes"
        " / per_slot(calibration_cache_bandwidth_share * hardware_memory_bandwidth_bytes_per_s)"
    ),
    source=ROOFLINE,
)
def decode_cache_memory_s(
    decode_cache_bytes: Array,
    calibration_cache_bandwidth_share: Array,
    hardware_memory_bandwidth_bytes_per_s: Array,
) -> Array:
    """Reading the cache of a rank's sequences, ``(n, slot)``."""
    rate = calibration_cache_bandwidth_share * hardware_memory_bandwidth_bytes_per_s
    return decode_cache_bytes / rate[:, None]


@quantity(
    unit="s",
    label="Attention: compute time, by slot",
    slotted=True,
    formula=(
        "per_slot(rank_batch * verified_tokens / (hardware_bf16_flop_per_s * calibration_attention_flop_share"
        " * hardware_tensor_parallel * decode_clock_share)) * decode_attention_flop"
    ),
    source=ROOFLINE,
)
def decode_attention_compute_s(
    rank_batch: Array,
    verified_tokens: Array,
    hardware_bf16_flop_per_s: Array,
    calibration_attention_flop_share: Array,
    hardware_tensor_parallel: Array,
    decode_clock_share: Array,
    decode_attention_flop: Array,
) -> Array:
    """Attention over the cache at the bf16 rate, ``(n, slot)``; heads are divided by tensor parallelism."""
    peak = hardware_bf16_flop_per_s * hardware_tensor_parallel
    rate = peak * calibration_attention_flop_share * decode_clock_share
    return (rank_batch * verified_tokens / rate)[:, None] * decode_attention_flop


@quantity(
    unit="s",
    label="Attention time per step",
    better="lower",
    formula="slot_sum(maximum(decode_cache_memory_s, decode_attention_compute_s))",
    source=ROOFLINE,
)
def decode_attention_s(decode_cache_memory_s: Array, decode_attention_compute_s: Array) -> Array:
    """Cache and attention, the larger of memory and compute in each kind of layer."""
    return slot_sum(np.maximum(decode_cache_memory_s, decode_attention_compute_s))


@quantity(
    unit="s",
    label="Fixed time per step",
    better="lower",
    formula=(
        "hardware_fixed_time_factor * (model_layers * calibration_layer_s"
        " + model_latent_or_linear_layers * calibration_latent_layer_s)"
        " + calibration_step_s + calibration_sequence_s * rank_batch"
    ),
    source="fixed time per layer, step and sequence; " + SERVING_STUDY,
)
def decode_fixed_s(
    hardware_fixed_time_factor: Array,
    model_layers: Array,
    calibration_layer_s: Array,
    model_latent_or_linear_layers: Array,
    calibration_latent_layer_s: Array,
    calibration_step_s: Array,
    calibration_sequence_s: Array,
    rank_batch: Array,
) -> Array:
    """Launches, synchronisation and scheduling; the largest term at small batch.

    80 layers at 78 us, 0.57 ms a step and 64 sequences at 20 us: 6.24 + 0.57 + 1.28 = 8.1 ms.
    """
    layers = model_layers * calibration_layer_s + model_latent_or_linear_layers * calibration_latent_layer_s
    return hardware_fixed_time_factor * layers + calibration_step_s + calibration_sequence_s * rank_batch


@quantity(
    unit="s",
    label="Accelerator time per decode step",
    better="lower",
    formula=(
        "(1 + optimizations_draft_cost_ratio * optimizations_draft_tokens)"
        " * (decode_fixed_s + where(optimizations_two_batch_overlap > 0,"
        " maximum(decode_busy_s, decode_collective_s), decode_busy_s + decode_collective_s))"
    ),
    source=ROOFLINE,
)
def decode_device_s(
    optimizations_draft_cost_ratio: Array,
    optimizations_draft_tokens: Array,
    decode_fixed_s: Array,
    optimizations_two_batch_overlap: Array,
    decode_busy_s: Array,
    decode_collective_s: Array,
) -> Array:
    """One step of all sequences, drafts included; with two micro-batches communication hides."""
    together = np.where(
        optimizations_two_batch_overlap > 0,
        np.maximum(decode_busy_s, decode_collective_s),
        decode_busy_s + decode_collective_s,
    )
    drafting = 1.0 + optimizations_draft_cost_ratio * optimizations_draft_tokens
    return drafting * (decode_fixed_s + together)


@quantity(
    unit="s",
    label="Decode step",
    better="lower",
    formula=(
        "calibration_decode_time_factor * (1 + optimizations_confidential_overhead)"
        " * maximum(decode_device_s, decode_stream_s)"
    ),
    source=ROOFLINE + "; what the host streams passes beside it",
)
def decode_step_s(
    calibration_decode_time_factor: Array,
    optimizations_confidential_overhead: Array,
    decode_device_s: Array,
    decode_stream_s: Array,
) -> Array:
    """One step of all sequences: the accelerator's time, or the host link's where that is longer."""
    longer = calibration_decode_time_factor * (1.0 + optimizations_confidential_overhead)
    return longer * np.maximum(decode_device_s, decode_stream_s)


@quantity(
    unit="s",
    label="Memory and compute time per step",
    better="lower",
    formula=(
        "maximum(decode_linear_memory_s, decode_linear_compute_s)"
        " + maximum(maximum(decode_expert_memory_s, decode_expert_compute_s), decode_expert_stream_s)"
        " + decode_attention_s"
    ),
    source=ROOFLINE,
)
def decode_busy_s(
    decode_linear_memory_s: Array,
    decode_linear_compute_s: Array,
    decode_expert_memory_s: Array,
    decode_expert_compute_s: Array,
    decode_expert_stream_s: Array,
    decode_attention_s: Array,
) -> Array:
    """Linear layers, experts and attention one after the other; experts of the host as they arrive."""
    experts = np.maximum(np.maximum(decode_expert_memory_s, decode_expert_compute_s), decode_expert_stream_s)
    return np.maximum(decode_linear_memory_s, decode_linear_compute_s) + experts + decode_attention_s
