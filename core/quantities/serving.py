"""A replica at its operating point: prompts and decode steps share the machine."""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import SERVING_STUDY, slot_sum

_CLOSED = "closed loop at a fixed concurrency, prompts counted once; " + SERVING_STUDY


@quantity(
    unit="s",
    label="Prefill of the other sequences' prompts",
    better="lower",
    formula="where(hardware_disaggregated > 0, 0, batch - 1) * prefill_service_s",
    source=_CLOSED,
)
def other_prompts_s(hardware_disaggregated: Array, batch: Array, prefill_service_s: Array) -> Array:
    """Prefill work that falls into one query's life: once for each other sequence in flight.

    0 where prefill has a pool of its own.
    """
    return np.where(hardware_disaggregated > 0, 0.0, batch - 1.0) * prefill_service_s


@quantity(
    unit="s",
    label="Interruption per output token",
    better="lower",
    formula=(
        "where(generated_tokens > 1, (1 - optimizations_prompt_share_in_ttft) * other_prompts_s"
        " / generated_tokens, 0)"
    ),
    source=_CLOSED,
)
def interruption_s(
    optimizations_prompt_share_in_ttft: Array, other_prompts_s: Array, generated_tokens: Array
) -> Array:
    """Part of a token's time that goes to other queries' prompts (mixed steps); 0 for one token alone."""
    share = (1.0 - optimizations_prompt_share_in_ttft) * other_prompts_s / generated_tokens
    return np.where(generated_tokens > 1.0, share, 0.0)


@quantity(
    unit="s",
    label="Time per output token",
    better="lower",
    formula="decode_step_s / tokens_per_step + interruption_s",
    source=_CLOSED,
)
def tpot_s(decode_step_s: Array, tokens_per_step: Array, interruption_s: Array) -> Array:
    """Mean time between output tokens of one query at the operating point.

    A 10 ms step with 1.85 tokens each and 2 ms of interruptions: 7.4 ms.
    """
    return decode_step_s / tokens_per_step + interruption_s


@quantity(
    unit="s",
    label="Time from admission to first token",
    better="lower",
    formula=(
        "prefill_latency_s + calibration_first_token_time_factor"
        " * (other_prompts_s - interruption_s * (generated_tokens - 1))"
    ),
    source=_CLOSED,
)
def admitted_ttft_s(
    prefill_latency_s: Array,
    calibration_first_token_time_factor: Array,
    other_prompts_s: Array,
    interruption_s: Array,
    generated_tokens: Array,
) -> Array:
    """Mean time to the first token (visible or reasoning) of a query that has a place in the batch.

    What of the other prompts does not interrupt decoding is waited for here, so that each prompt
    is paid for once.
    """
    waited = other_prompts_s - interruption_s * (generated_tokens - 1.0)
    return prefill_latency_s + calibration_first_token_time_factor * waited


@quantity(
    unit="s",
    label="Time a query holds its place",
    better="lower",
    formula=(
        "where(hardware_disaggregated > 0, maximum(generated_tokens - 1, 1) * tpot_s,"
        " admitted_ttft_s + maximum(generated_tokens - 1, 0) * tpot_s)"
    ),
    source="definition; with a prefill pool a sequence holds its place only while it decodes",
)
def held_s(
    hardware_disaggregated: Array, generated_tokens: Array, tpot_s: Array, admitted_ttft_s: Array
) -> Array:
    """From admission to the last token. 0.5 s + 499 x 20 ms = 10.5 s."""
    further = generated_tokens - 1.0
    whole = admitted_ttft_s + np.maximum(further, 0.0) * tpot_s
    return np.where(hardware_disaggregated > 0, np.maximum(further, 1.0) * tpot_s, whole)


@quantity(
    unit="s",
    label="Wait for admission",
    better="lower",
    formula="where(workload_concurrency > batch, (workload_concurrency / batch - 1) * held_s, 0)",
    source="Little's law: what clients keep open beyond the batch waits for a place",
)
def admission_wait_s(workload_concurrency: Array, batch: Array, held_s: Array) -> Array:
    """Mean wait of a closed loop with more requests open than memory holds; 0 without one.

    100 open, 80 in the batch, 10 s each: (100/80 - 1) x 10 s = 2.5 s.
    """
    if not np.any(workload_concurrency > batch):
        return np.zeros(1)
    wait = (workload_concurrency / batch - 1.0) * held_s
    return np.where(workload_concurrency > batch, wait, 0.0)


@quantity(
    unit="s",
    label="Time to first token",
    better="lower",
    formula="admitted_ttft_s + admission_wait_s + site_round_trip_s",
    source=_CLOSED + "; the way to the users and back counts once",
)
def ttft_s(admitted_ttft_s: Array, admission_wait_s: Array, site_round_trip_s: Array) -> Array:
    """Mean time to the first token (visible or reasoning) at the operating point.

    Without queueing from outside, but for requests that a closed loop keeps open beyond the batch:
    see the quantities under load.
    """
    return admitted_ttft_s + admission_wait_s + site_round_trip_s


@quantity(
    unit="s",
    label="End-to-end latency",
    better="lower",
    formula="ttft_s + maximum(generated_tokens - 1, 0) * tpot_s",
    source="definition",
)
def e2e_latency_s(ttft_s: Array, generated_tokens: Array, tpot_s: Array) -> Array:
    """From the request to the last token. 0.5 s + 499 x 20 ms = 10.5 s."""
    return ttft_s + np.maximum(generated_tokens - 1.0, 0.0) * tpot_s


@quantity(
    unit="tokens/s",
    label="Output tokens per second and user",
    better="higher",
    formula="1 / tpot_s",
    source="definition",
)
def output_tok_s_per_user(tpot_s: Array) -> Array:
    """What one reader sees once the answer streams. 20 ms: 50 tokens/s."""
    return 1.0 / tpot_s


@quantity(
    unit="1/s",
    label="Requests per second of a replica",
    better="higher",
    formula="batch / held_s",
    source="Little's law: sequences in flight over the time each holds its place",
)
def replica_requests_per_s(batch: Array, held_s: Array) -> Array:
    """Requests a replica completes at its batch. 64 in flight for 10 s each: 6.4 a second."""
    return batch / held_s


@quantity(
    unit="tokens/s",
    label="Output tokens per second",
    better="higher",
    formula="replica_requests_per_s * generated_tokens",
    source="definition; reasoning tokens count as output",
)
def output_tok_s(replica_requests_per_s: Array, generated_tokens: Array) -> Array:
    """Tokens generated by one replica. 6.4 requests/s of 500 tokens: 3,200 tokens/s."""
    return replica_requests_per_s * generated_tokens


@quantity(
    unit="tokens/s",
    label="Input and output tokens per second",
    better="higher",
    formula="replica_requests_per_s * (workload_input_tokens + generated_tokens)",
    source="definition",
)
def total_tok_s(
    replica_requests_per_s: Array, workload_input_tokens: Array, generated_tokens: Array
) -> Array:
    """Prompt and generated tokens of one replica; not the figure to divide a price by."""
    return replica_requests_per_s * (workload_input_tokens + generated_tokens)


@quantity(
    unit="1",
    label="Prefill units per decode replica",
    better="lower",
    formula="where(hardware_disaggregated > 0, replica_requests_per_s * prefill_service_s, 0)",
    source="rate matching: prompts arrive as fast as sequences finish",
)
def prefill_units(
    hardware_disaggregated: Array, replica_requests_per_s: Array, prefill_service_s: Array
) -> Array:
    """Prefill pools of the given size that keep one decode replica busy; fractions average over a fleet."""
    return np.where(hardware_disaggregated > 0, replica_requests_per_s * prefill_service_s, 0.0)


@quantity(
    unit="accelerators",
    label="Accelerators per replica",
    better="lower",
    formula="hardware_count + prefill_units * prefill_hardware_count",
    source="decode accelerators and their rate-matched share of prefill accelerators",
)
def accelerators_per_replica(
    hardware_count: Array, prefill_units: Array, prefill_hardware_count: Array
) -> Array:
    """Accelerators behind one replica's output. 144 + 3 x 32 = 240."""
    return hardware_count + prefill_units * prefill_hardware_count


@quantity(
    unit="tokens/s",
    label="Output tokens per second and accelerator",
    better="higher",
    formula="output_tok_s / accelerators_per_replica",
    source="definition; prefill accelerators count",
)
def output_tok_s_per_accelerator(output_tok_s: Array, accelerators_per_replica: Array) -> Array:
    """Tokens generated per accelerator, prefill pool included."""
    return output_tok_s / accelerators_per_replica


@quantity(
    unit="1",
    label="Model FLOP utilisation",
    better="higher",
    formula=(
        "replica_requests_per_s * (prompt_compute_s + maximum(generated_tokens - 1, 0) * token_compute_s)"
        " / accelerators_per_replica"
    ),
    source="model FLOP over peak (PaLM, arXiv 2204.02311, appendix B), each at the peak of its format",
)
def mfu(
    replica_requests_per_s: Array,
    prompt_compute_s: Array,
    generated_tokens: Array,
    token_compute_s: Array,
    accelerators_per_replica: Array,
) -> Array:
    """Share of the accelerators' time that the model's own FLOP would take at peak, prompts included."""
    least = prompt_compute_s + np.maximum(generated_tokens - 1.0, 0.0) * token_compute_s
    return replica_requests_per_s * least / accelerators_per_replica


@quantity(
    unit="byte",
    label="Bytes read per decode step",
    better="lower",
    formula=(
        "linear_bytes_per_step + expert_bytes_per_step + maximum(batch / hardware_pipeline_parallel, 1) * (slot_sum(cache_read_bytes) + 2 * model_state_bytes)"
    ),
    source="weights once, touched experts, and the cache of every sequence of a micro-batch",
)
def step_bytes(
    linear_bytes_per_step: Array,
    expert_bytes_per_step: Array,
    batch: Array,
    hardware_pipeline_parallel: Array,
    cache_read_bytes: Array,
    model_state_bytes: Array,
) -> Array:
    """Least bytes that a step must read, each weight once however many ranks hold copies."""
    cache = slot_sum(cache_read_bytes) + 2.0 * model_state_bytes
    return (
        linear_bytes_per_step
        + expert_bytes_per_step
        + np.maximum(batch / hardware_pipeline_parallel, 1.0) * cache
    )


@quantity(
    unit="1",
    label="Memory bandwidth utilisation",
    better="higher",
    formula=(
        "step_bytes * hardware_pipeline_parallel / (decode_step_s + interruption_s * tokens_per_step)"
        " / (hardware_count * hardware_memory_bandwidth_bytes_per_s)"
    ),
    source="least bytes of a decode step over peak bandwidth, interruptions included",
)
def mbu(
    step_bytes: Array,
    hardware_pipeline_parallel: Array,
    decode_step_s: Array,
    interruption_s: Array,
    tokens_per_step: Array,
    hardware_count: Array,
    hardware_memory_bandwidth_bytes_per_s: Array,
) -> Array:
    """Share of the decode accelerators' bandwidth that decoding takes."""
    time = decode_step_s + interruption_s * tokens_per_step
    return (
        step_bytes
        * hardware_pipeline_parallel
        / time
        / (hardware_count * hardware_memory_bandwidth_bytes_per_s)
    )


@quantity(
    unit="code",
    label="What binds",
    formula=(
        "where(isnan(decode_step_s), nan, largest(seen_busy * weights_bind_s, seen_busy * slot_sum(where(decode_cache_memory_s"
        " >= decode_attention_compute_s, decode_cache_memory_s, 0)), seen_busy * compute_bind_s,"
        " decode_fixed_s, seen_collective * decode_collective_s, interruption_s * tokens_per_step,"
        " where(decode_stream_s > decode_device_s, decode_stream_s, decode_expert_stream_s)))"
    ),
    source="the largest part of a decode step; what overlap hides does not bind",
    codes=(
        "weight bandwidth",
        "cache bandwidth",
        "compute",
        "fixed time",
        "interconnect",
        "prefill",
        "host link",
    ),
)
def bound(
    seen_busy: Array,
    weights_bind_s: Array,
    decode_cache_memory_s: Array,
    decode_attention_compute_s: Array,
    compute_bind_s: Array,
    decode_fixed_s: Array,
    seen_collective: Array,
    decode_collective_s: Array,
    interruption_s: Array,
    tokens_per_step: Array,
    decode_step_s: Array,
    decode_stream_s: Array,
    decode_device_s: Array,
    decode_expert_stream_s: Array,
) -> Array:
    """What takes most of an output token's time, as a code; none while a part of the step is unknown."""
    is_memory = decode_cache_memory_s >= decode_attention_compute_s
    code = largest(
        seen_busy * weights_bind_s,
        seen_busy * slot_sum(np.where(is_memory, decode_cache_memory_s, 0.0)),
        seen_busy * compute_bind_s,
        decode_fixed_s,
        seen_collective * decode_collective_s,
        interruption_s * tokens_per_step,
        np.where(decode_stream_s > decode_device_s, decode_stream_s, decode_expert_stream_s),
    )
    return np.where(np.isnan(decode_step_s), np.nan, code)


@quantity(
    unit="bool",
    label="Memory and compute show in the step",
    formula="where((optimizations_two_batch_overlap > 0) & (decode_collective_s > decode_busy_s), 0, 1)",
    source="with two micro-batches the shorter of work and communication hides behind the longer",
)
def seen_busy(
    optimizations_two_batch_overlap: Array, decode_collective_s: Array, decode_busy_s: Array
) -> Array:
    """0 where communication takes longer and hides memory and compute, else 1."""
    is_hidden = (optimizations_two_batch_overlap > 0) & (decode_collective_s > decode_busy_s)
    return np.where(is_hidden, 0.0, 1.0)


@quantity(
    unit="bool",
    label="Communication shows in the step",
    formula="where((optimizations_two_batch_overlap > 0) & (decode_collective_s <= decode_busy_s), 0, 1)",
    source="with two micro-batches the shorter of work and communication hides behind the longer",
)
def seen_collective(
    optimizations_two_batch_overlap: Array, decode_collective_s: Array, decode_busy_s: Array
) -> Array:
    """0 where memory and compute take longer and hide communication, else 1."""
    is_hidden = (optimizations_two_batch_overlap > 0) & (decode_collective_s <= decode_busy_s)
    return np.where(is_hidden, 0.0, 1.0)


def largest(*parts: Array) -> Array:
    """Index of the largest part; NaN where any is unknown.

    >>> largest(np.array([1.0]), np.array([3.0]), np.array([2.0]))
    array([1.])
    """
    most, place = parts[0], np.zeros(1)
    for i, part in enumerate(parts[1:], 1):
        place = np.where(part > most, float(i), place)
        most = np.maximum(most, part)  # NaN stays
    return np.where(np.isnan(most), np.nan, place)


@quantity(
    unit="s",
    label="Weight reading that binds",
    formula=(
        "where(decode_linear_memory_s >= decode_linear_compute_s, decode_linear_memory_s, 0)"
        " + where(decode_expert_memory_s >= decode_expert_compute_s, decode_expert_memory_s, 0)"
    ),
    source="the part of the step in which weights are read and compute waits",
)
def weights_bind_s(
    decode_linear_memory_s: Array,
    decode_linear_compute_s: Array,
    decode_expert_memory_s: Array,
    decode_expert_compute_s: Array,
) -> Array:
    """Time of the linear layers and experts that are bound by memory."""
    linear = np.where(decode_linear_memory_s >= decode_linear_compute_s, decode_linear_memory_s, 0.0)
    return linear + np.where(decode_expert_memory_s >= decode_expert_compute_s, decode_expert_memory_s, 0.0)


@quantity(
    unit="s",
    label="Compute that binds",
    formula=(
        "where(decode_linear_memory_s < decode_linear_compute_s, decode_linear_compute_s, 0)"
        " + where(decode_expert_memory_s < decode_expert_compute_s, decode_expert_compute_s, 0)"
        " + slot_sum(where(decode_cache_memory_s < decode_attention_compute_s, decode_attention_compute_s, 0))"
    ),
    source="the part of the step in which memory waits for compute",
)
def compute_bind_s(
    decode_linear_memory_s: Array,
    decode_linear_compute_s: Array,
    decode_expert_memory_s: Array,
    decode_expert_compute_s: Array,
    decode_cache_memory_s: Array,
    decode_attention_compute_s: Array,
) -> Array:
    """Time of the linear layers, experts and attention that are bound by compute."""
    linear = np.where(decode_linear_memory_s < decode_linear_compute_s, decode_linear_compute_s, 0.0)
    experts = np.where(decode_expert_memory_s < decode_expert_compute_s, decode_expert_compute_s, 0.0)
    attention = np.where(decode_cache_memory_s < decode_attention_compute_s, decode_attention_compute_s, 0.0)
    return linear + experts + slot_sum(attention)
