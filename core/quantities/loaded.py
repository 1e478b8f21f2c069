"""A replica that is not full: how many sequences decode at once, and how long their steps are."""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import routing_folds
from inferscope.core.quantities.queues import burst_factor

_CHECKED = "checked against a replay, event by event, of drawn requests (docs/load.md)"
_STEPS = 4
"""Of Newton's method, for the sequences that run."""
_LEAST_FOLDS, _TINY = 1e-9, 1e-12
"""What keeps divisions by nothing from being made: so few e-folds are a straight line."""


@quantity(
    unit="1",
    label="Share of time that prompts take from decoding",
    better="lower",
    formula="where(hardware_disaggregated > 0, 0, minimum(prefill_utilization / maximum(load_utilization, 1), 1))",
    source="prompts are mixed into steps or stop them; a pool of its own takes nothing",
)
def interrupted_share(
    hardware_disaggregated: Array, prefill_utilization: Array, load_utilization: Array
) -> Array:
    """Share of a replica's time at the mean demand in which it works on prompts.

    Beyond saturation no more prompts are taken than at it.
    """
    taken = prefill_utilization / np.maximum(load_utilization, 1.0)
    return np.where(hardware_disaggregated > 0, 0.0, np.minimum(taken, 1.0))


@quantity(
    unit="1",
    label="Share of a step that no batch changes",
    formula=(
        "minimum(calibration_decode_time_factor * maximum((1 + optimizations_draft_cost_ratio"
        " * optimizations_draft_tokens) * (decode_fixed_s - calibration_sequence_s * rank_batch"
        " + decode_linear_memory_s), decode_weight_stream_s) / decode_step_s, 1)"
    ),
    source="fixed time without that per sequence, and reading the dense weights once, or streaming them",
)
def still_share(
    calibration_decode_time_factor: Array,
    optimizations_draft_cost_ratio: Array,
    optimizations_draft_tokens: Array,
    decode_fixed_s: Array,
    calibration_sequence_s: Array,
    rank_batch: Array,
    decode_linear_memory_s: Array,
    decode_weight_stream_s: Array,
    decode_step_s: Array,
) -> Array:
    """What is left of the step at a small batch. 6.9 ms fixed and 2.8 ms of weights of 13.9 ms: 0.70."""
    drafting = 1.0 + optimizations_draft_cost_ratio * optimizations_draft_tokens
    still = decode_fixed_s - calibration_sequence_s * rank_batch + decode_linear_memory_s
    stays = np.maximum(drafting * still, decode_weight_stream_s)
    return np.minimum(calibration_decode_time_factor * stays / decode_step_s, 1.0)


@quantity(
    unit="1",
    label="Share of a step that reads experts",
    formula=(
        "minimum(calibration_decode_time_factor * (1 + optimizations_draft_cost_ratio * optimizations_draft_tokens)"
        " * maximum(decode_expert_memory_s, decode_expert_stream_s) / decode_step_s, 1 - still_share)"
    ),
    source="experts grow with the tokens that meet, fast at first and then no more",
)
def expert_share(
    calibration_decode_time_factor: Array,
    optimizations_draft_cost_ratio: Array,
    optimizations_draft_tokens: Array,
    decode_expert_memory_s: Array,
    decode_expert_stream_s: Array,
    decode_step_s: Array,
    still_share: Array,
) -> Array:
    """What of the step at the planned batch is reading routed experts; 0 for a dense model."""
    drafting = 1.0 + optimizations_draft_cost_ratio * optimizations_draft_tokens
    read = drafting * np.maximum(decode_expert_memory_s, decode_expert_stream_s)
    return np.minimum(calibration_decode_time_factor * read / decode_step_s, 1.0 - still_share)


@quantity(
    unit="1",
    label="Decoding sequences of a replica under load",
    formula=(
        "batch * running_share(minimum(load_utilization, 1) * replica_requests_per_s * maximum(generated_tokens - 1, 1)"
        " * decode_step_s / (tokens_per_step * maximum(1 - interrupted_share, 1e-9) * batch), still_share,"
        " expert_share, routing_folds(model_experts, model_experts_per_token, step_tokens))"
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
    model_experts: Array,
    model_experts_per_token: Array,
    step_tokens: Array,
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
        routing_folds(model_experts, model_experts_per_token, step_tokens),
    )


@quantity(
    unit="s",
    label="Decode step under load",
    better="lower",
    formula=(
        "decode_step_s * step_share(load_batch / batch, still_share, expert_share,"
        " routing_folds(model_experts, model_experts_per_token, step_tokens))"
    ),
    source="the parts of the planned step with fewer sequences; " + _CHECKED,
)
def load_step_s(
    decode_step_s: Array,
    load_batch: Array,
    batch: Array,
    still_share: Array,
    expert_share: Array,
    model_experts: Array,
    model_experts_per_token: Array,
    step_tokens: Array,
) -> Array:
    """Mean decode step at the mean demand: 0.7 of it stays, a dense model, half the batch: 0.85 of the full step."""
    folds = routing_folds(model_experts, model_experts_per_token, step_tokens)
    return decode_step_s * step_share(load_batch / batch, still_share, expert_share, folds)


@quantity(
    unit="s",
    label="Time per output token under load",
    better="lower",
    formula=(
        "where(isnan(load_utilization), nan, where(interrupted_share < 1, minimum(load_step_s / (tokens_per_step"
        " * (1 - interrupted_share)) + interrupted_share / (1 - interrupted_share) * prefill_service_s"
        " * (1 + interrupted_share / (1 - interrupted_share) * burst_factor(workload_arrival_cv,"
        " workload_service_cv)) / generated_tokens, tpot_s), tpot_s))"
    ),
    source="steps, stretched by the prompts between them, and prompts that came meanwhile; " + _CHECKED,
)
def load_tpot_s(
    load_utilization: Array,
    interrupted_share: Array,
    load_step_s: Array,
    tokens_per_step: Array,
    prefill_service_s: Array,
    workload_arrival_cv: Array,
    workload_service_cv: Array,
    generated_tokens: Array,
    tpot_s: Array,
) -> Array:
    """Mean time between output tokens at the mean demand; at most that of the planned batch.

    A step of 12 ms, a tenth of the time for prompts: 13.3 ms. What queued up behind a prompt is computed
    before its second token. Beyond saturation it stays as it is there.
    """
    free = 1.0 - interrupted_share
    odds = interrupted_share / free
    queued = 1.0 + odds * burst_factor(workload_arrival_cv, workload_service_cv)
    behind = odds * prefill_service_s * queued / generated_tokens
    stretched = np.minimum(load_step_s / (tokens_per_step * free) + behind, tpot_s)
    held = np.where(interrupted_share < 1.0, stretched, tpot_s)
    return np.where(np.isnan(load_utilization), np.nan, held)


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


def step_share(share: Array, still: Array, experts: Array, folds: Array) -> Array:
    """A step with a share of the planned sequences, over the step with all of them.

    With a share x of the tokens the experts touched are ``(1 - exp(-f x)) / (1 - exp(-f))`` of those of the
    full step, f its e-folds: uniform independent routing.

    Args:
        share: Sequences over the planned batch, 0 to 1.
        still: Part of the full step that stays.
        experts: Part that reads experts; what is neither shrinks with the batch.
        folds: E-folds by which the full step reduces the experts that nothing reaches.

    >>> one = np.ones(1)
    >>> step_share(0.5 * one, 0.6 * one, 0 * one, 0 * one)
    array([0.8])
    >>> step_share(0.5 * one, 0.2 * one, 0.8 * one, np.log(4) * one).round(4)
    array([0.7333])
    """
    grown = still + (1.0 - still - experts) * share
    if not np.any(experts > 0):
        return grown
    some = np.maximum(folds, _LEAST_FOLDS)
    return grown + experts * np.expm1(-some * share) / np.expm1(-some)


def step_slope(share: Array, still: Array, experts: Array, folds: Array) -> Array:
    """How fast :func:`step_share` rises with the share.

    >>> one = np.ones(1)
    >>> step_slope(0.5 * one, 0.2 * one, 0.8 * one, np.log(4) * one).round(4)
    array([0.7394])
    """
    grown = 1.0 - still - experts
    if not np.any(experts > 0):
        return grown
    some = np.maximum(folds, _LEAST_FOLDS)
    return grown - experts * some * np.exp(-some * share) / np.expm1(-some)


def running_share(demand: Array, still: Array, experts: Array, folds: Array) -> Array:
    """The share x of the planned sequences that run where ``x = demand * step_share(x)``, at most 1.

    The step is concave in x, so that Newton's method comes down on the one solution from above: from the
    least of what the full step, all its experts at any share, and the tangent at no share allow. Exact for
    a step that is linear in the batch; for experts within 0.5 % in 999 of 1,000 random cases.

    Args:
        demand: The share that would run if every step were as long as the full one.
        still: Part of the full step that stays.
        experts: Part that reads experts.
        folds: E-folds by which the full step reduces the experts that nothing reaches.

    >>> one = np.ones(1)
    >>> running_share(0.5 * one, 0.6 * one, 0 * one, 0 * one)
    array([0.375])
    """
    is_partial = demand < 1.0
    demand = np.minimum(demand, 1.0)
    share = _meet(demand, still + experts, 1.0 - still - experts)
    if np.any(experts > 0):
        rise = demand * step_slope(np.zeros_like(demand), still, experts, folds)
        low = demand * still / np.maximum(1.0 - rise, _TINY)
        share = np.minimum(np.minimum(share, demand), np.where(rise < 1.0, low, np.inf))
        for _ in range(_STEPS):
            slope = step_slope(share, still, experts, folds)
            share = _meet(demand, step_share(share, still, experts, folds) - slope * share, slope)
    return np.where(is_partial, np.clip(share, 0.0, 1.0), demand)


def _meet(demand: Array, height: Array, slope: Array) -> Array:
    """Where a straight line meets ``x / demand``."""
    return demand * height / np.maximum(1.0 - demand * slope, _TINY)
