"""A replica that is not full: how many sequences decode at once, and how long their steps are."""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity

_CHECKED = "checked against a replay, event by event, of drawn requests (docs/load.md)"
_SECANTS = 2
"""Enough for 2 % of the batch."""


@quantity(
    unit="1",
    label="Share of time that prompts take from decoding",
    better="lower",
    formula="where(hardware_disaggregated > 0, 0, minimum(prefill_utilization, 1))",
    source="prompts are mixed into steps or stop them; a pool of its own takes nothing",
)
def interrupted_share(hardware_disaggregated: Array, prefill_utilization: Array) -> Array:
    """Share of a replica's time at the mean demand in which it works on prompts."""
    return np.where(hardware_disaggregated > 0, 0.0, np.minimum(prefill_utilization, 1.0))


@quantity(
    unit="1",
    label="Share of a step that no batch changes",
    formula=(
        "minimum(calibration_decode_time_factor * (1 + optimizations_draft_cost_ratio * optimizations_draft_tokens)"
        " * (decode_fixed_s - calibration_sequence_s * rank_batch + decode_linear_memory_s) / decode_step_s, 1)"
    ),
    source="fixed time without that per sequence, and reading the dense weights once",
)
def still_share(
    calibration_decode_time_factor: Array,
    optimizations_draft_cost_ratio: Array,
    optimizations_draft_tokens: Array,
    decode_fixed_s: Array,
    calibration_sequence_s: Array,
    rank_batch: Array,
    decode_linear_memory_s: Array,
    decode_step_s: Array,
) -> Array:
    """What is left of the step at a small batch. 6.9 ms fixed and 2.8 ms of weights of 13.9 ms: 0.70."""
    drafting = 1.0 + optimizations_draft_cost_ratio * optimizations_draft_tokens
    still = decode_fixed_s - calibration_sequence_s * rank_batch + decode_linear_memory_s
    return np.minimum(calibration_decode_time_factor * drafting * still / decode_step_s, 1.0)


@quantity(
    unit="1",
    label="Share of a step that reads experts",
    formula=(
        "minimum(calibration_decode_time_factor * (1 + optimizations_draft_cost_ratio * optimizations_draft_tokens)"
        " * decode_expert_memory_s / decode_step_s, 1 - still_share)"
    ),
    source="experts grow with the tokens that meet, fast at first and then no more",
)
def expert_share(
    calibration_decode_time_factor: Array,
    optimizations_draft_cost_ratio: Array,
    optimizations_draft_tokens: Array,
    decode_expert_memory_s: Array,
    decode_step_s: Array,
    still_share: Array,
) -> Array:
    """What of the step at the planned batch is reading routed experts; 0 for a dense model."""
    drafting = 1.0 + optimizations_draft_cost_ratio * optimizations_draft_tokens
    read = calibration_decode_time_factor * drafting * decode_expert_memory_s / decode_step_s
    return np.minimum(read, 1.0 - still_share)


@quantity(
    unit="1",
    label="Decoding sequences of a replica under load",
    formula=(
        "batch * running_share(minimum(load_utilization, 1) * replica_requests_per_s * maximum(generated_tokens - 1, 1)"
        " * decode_step_s / (tokens_per_step * maximum(1 - interrupted_share, 1e-9) * batch), still_share,"
        " expert_share, experts_touched / maximum(model_experts, 1))"
    ),
    source="Little's law with the step that so many sequences take; " + _CHECKED,
)
def load_batch(
    batch: Array,
    load_utilization: Array,
    replica_requests_per_s: Array,
    generated_tokens: Array,
    decode_step_s: Array,
    tokens_per_step: Array,
    interrupted_share: Array,
    still_share: Array,
    expert_share: Array,
    experts_touched: Array,
    model_experts: Array,
) -> Array:
    """Sequences that decode at once at the mean demand; at half the load fewer than half, as steps are shorter."""
    rate = (
        np.minimum(load_utilization, 1.0) * replica_requests_per_s * np.maximum(generated_tokens - 1.0, 1.0)
    )
    free = tokens_per_step * np.maximum(1.0 - interrupted_share, 1e-9)
    return batch * running_share(
        rate * decode_step_s / (free * batch),
        still_share,
        expert_share,
        experts_touched / np.maximum(model_experts, 1.0),
    )


@quantity(
    unit="s",
    label="Decode step under load",
    better="lower",
    formula=(
        "decode_step_s * step_share(load_batch / batch, still_share, expert_share,"
        " experts_touched / maximum(model_experts, 1))"
    ),
    source="the parts of the planned step with fewer sequences; " + _CHECKED,
)
def load_step_s(
    decode_step_s: Array,
    load_batch: Array,
    batch: Array,
    still_share: Array,
    expert_share: Array,
    experts_touched: Array,
    model_experts: Array,
) -> Array:
    """Mean decode step at the mean demand: 0.7 of it stays, a dense model, half the batch: 0.85 of the full step."""
    return decode_step_s * step_share(
        load_batch / batch, still_share, expert_share, experts_touched / np.maximum(model_experts, 1.0)
    )


@quantity(
    unit="s",
    label="Time per output token under load",
    better="lower",
    formula=(
        "where(isnan(load_utilization), nan, where((load_utilization < 1) & (interrupted_share < 1),"
        " minimum(load_step_s / (tokens_per_step * (1 - interrupted_share)) + interrupted_share"
        " / (1 - interrupted_share) * (prefill_wait_s + prefill_service_s) / generated_tokens, tpot_s), tpot_s))"
    ),
    source="steps, stretched by the prompts between them, and prompts that came meanwhile; " + _CHECKED,
)
def load_tpot_s(
    load_utilization: Array,
    interrupted_share: Array,
    load_step_s: Array,
    tokens_per_step: Array,
    prefill_wait_s: Array,
    prefill_service_s: Array,
    generated_tokens: Array,
    tpot_s: Array,
) -> Array:
    """Mean time between output tokens at the mean demand; at most that of the planned batch.

    A step of 12 ms, a tenth of the time for prompts: 13.3 ms. What queued up behind a prompt is computed
    before its second token.
    """
    free = 1.0 - interrupted_share
    behind = interrupted_share / free * (prefill_wait_s + prefill_service_s) / generated_tokens
    stretched = np.minimum(load_step_s / (tokens_per_step * free) + behind, tpot_s)
    is_free = (load_utilization < 1.0) & (interrupted_share < 1.0)
    return np.where(np.isnan(load_utilization), np.nan, np.where(is_free, stretched, tpot_s))


@quantity(
    unit="s",
    label="Step that runs when a prompt comes",
    better="lower",
    formula=(
        "where(hardware_disaggregated > 0, 0, load_step_s * (1 - exp(-load_batch)) * minimum(batch - 1, 1))"
    ),
    source="continuous batching: prompts begin when a step ends; " + _CHECKED,
)
def running_step_s(
    hardware_disaggregated: Array, load_step_s: Array, load_batch: Array, batch: Array
) -> Array:
    """Length of the decode step under way, times the chance that one is: a prompt waits for its end.

    Half of it on average. Where prompts are cut into chunks and mixed into steps, the first token also
    takes a whole further step. 0 with a prefill pool, and where one place is all there is.
    """
    running = load_step_s * (1.0 - np.exp(-load_batch)) * np.minimum(batch - 1.0, 1.0)
    return np.where(hardware_disaggregated > 0, 0.0, running)


def step_share(share: Array, still: Array, experts: Array, touched: Array) -> Array:
    """A step with a share of the planned sequences, over the step with all of them.

    With a share x of the tokens the experts touched are ``1 - (1 - f)^x`` of all where f is that of the
    full step: uniform independent routing.

    Args:
        share: Sequences over the planned batch, 0 to 1.
        still: Part of the full step that stays.
        experts: Part that reads experts; what is neither shrinks with the batch.
        touched: Experts that the full step touches over all there are.

    >>> one = np.ones(1)
    >>> step_share(0.5 * one, 0.6 * one, 0 * one, 0 * one)
    array([0.8])
    >>> step_share(0.5 * one, 0.2 * one, 0.8 * one, 0.75 * one).round(4)
    array([0.7333])
    """
    grown = still + (1.0 - still - experts) * share
    if not np.any(experts > 0):
        return grown
    known = np.clip(touched, 1e-9, 1.0)
    return grown + experts * (1.0 - (1.0 - known) ** share) / known


def running_share(demand: Array, still: Array, experts: Array, touched: Array) -> Array:
    """The share x of the planned sequences that run where ``x = demand * step_share(x)``, at most 1.

    Found by secants from above: exact for a step that is linear in the batch, within 2 % for experts.

    Args:
        demand: The share that would run if every step were as long as the full one.
        still: Part of the full step that stays.
        experts: Part that reads experts.
        touched: Experts that the full step touches over all there are.

    >>> one = np.ones(1)
    >>> running_share(0.5 * one, 0.6 * one, 0 * one, 0 * one)
    array([0.375])
    """
    high = np.clip(demand, 0.0, 1.0)
    low, here = np.zeros_like(high), still
    there = step_share(high, still, experts, touched)
    for _ in range(_SECANTS if np.any(experts > 0) else 1):
        slope = (there - here) / np.maximum(high - low, 1e-12)
        nearer = demand * (here - slope * low) / np.maximum(1.0 - demand * slope, 1e-12)
        low = np.clip(nearer, 0.0, high)
        here = step_share(low, still, experts, touched)
    return np.clip(demand * here, 0.0, 1.0)
