"""A little more of anything changes nothing by much: there are no cliffs but where things are counted whole.

For every row an interval is halved again and again, and the half kept in which the outputs differ most.
What still differs over the last width, some billionths of the first, is a jump and not a slope.
"""

import numpy as np
import pytest

from inferscope.core.evaluate import evaluate_bound
from inferscope.core.quantities.energy import FACILITY_WITH_RESERVE

HALVINGS = 46
JUMP = 1e-5
"""Of an output, relative to itself or to a thousandth of its largest value at the ends."""

SERVED = (
    *("tpot_s", "ttft_s", "e2e_latency_s", "decode_step_s", "output_tok_s", "output_tok_s_per_accelerator"),
    *("usd_per_query", "usd_per_million_output_tokens", "usd_per_million_input_tokens", "wh_per_query"),
    *("flop_per_query", "mfu", "mbu", "memory_used_fraction"),
    *("bound_tpot_s", "bound_ttft_s", "bound_output_tok_s"),
)
LOADED = (
    *("ttft_mean_s", "ttft_p50_s", "ttft_p99_s", "ttft_percentile_s"),
    *("load_tpot_s", "load_batch", "load_step_s", "running_step_s"),
)


def given(low, high):
    """From one value to another in every row."""
    return lambda values: (np.full(len(values), low), np.full(len(values), high))


def times(low, high, floor=0.0):
    """From a share of the row's own value to a multiple of it."""
    return lambda values: (np.maximum(low * values, floor), np.maximum(high * values, floor))


INPUTS = {
    "workload_input_tokens": times(0.0, 2.0, 1.0),
    "workload_output_tokens": times(0.0, 2.0, 2.0),
    "workload_reasoning_tokens": given(1.0, 1e4),
    "workload_batch": times(0.0, 1.0, 1.0),
    "workload_concurrency": given(1.0, 4096.0),
    "workload_requests_per_s": times(0.2, 3.0),
    "workload_arrival_cv": given(0.0, 4.0),
    "workload_service_cv": given(0.0, 4.0),
    "slo_percentile": given(0.01, 0.999),
    "optimizations_power_cap_w": given(50.0, 1500.0),
    "optimizations_draft_acceptance": given(0.0, 1.0),
    "optimizations_draft_cost_ratio": given(0.0, 1.0),
    "optimizations_prefix_cache_hit_rate": given(0.0, 1.0),
    "optimizations_expert_imbalance": given(1.0, 4.0),
    "optimizations_prefill_chunk_tokens": given(16.0, 1e5),
    "optimizations_linear_bytes_per_param": times(0.2, 1.6),
    "optimizations_expert_bytes_per_param": times(0.2, 1.6),
    "optimizations_kv_bytes_per_element": times(0.2, 1.6),
    "hardware_memory_bandwidth_bytes_per_s": times(0.2, 1.6),
    "hardware_bf16_flop_per_s": times(0.2, 1.6),
    "hardware_linear_flop_per_s": times(0.2, 1.6),
    "hardware_expert_flop_per_s": times(0.2, 1.6),
    "hardware_scaleup_bytes_per_s": times(0.2, 1.6),
    "hardware_scaleout_bytes_per_s": times(0.2, 1.6),
    "hardware_memory_bytes": times(0.9, 1.6),
    "hardware_fixed_time_factor": times(0.2, 1.6),
    "hardware_tdp_w": times(0.5, 1.0),
    "site_pue": given(1.0, 3.0),
    "economics_utilization": given(0.05, 1.0),
}
"""Every number that need not be whole, with the stretch of it that is searched."""


def computed(bound, name, values, outputs):
    """The outputs at values of an input, with the figures of pools moved alike, ``(outputs, rows)``."""
    changes = {name: values}
    pool = f"prefill_{name}"
    if pool in bound.inputs:
        changes[pool] = bound.inputs[pool] * values / bound.inputs[name]
    found = evaluate_bound(bound.with_inputs(changes), (*outputs, "prefill_servers"))
    return np.array([found[output] for output in (*outputs, "prefill_servers")])


def steepest(bound, name, outputs):
    """The outputs at both ends of the last interval, and the size to measure their difference by."""
    low, high = INPUTS[name](np.broadcast_to(bound.inputs[name], (bound.rows,)))
    left, right = (computed(bound, name, ends, outputs) for ends in (low, high))
    size = np.fmax(np.abs(left), np.abs(right))
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        here = computed(bound, name, middle, outputs)
        first, second = (difference(*pair, size) for pair in ((left, here), (here, right)))
        is_left = np.nansum(first, axis=0) >= np.nansum(second, axis=0)
        low, high = np.where(is_left, low, middle), np.where(is_left, middle, high)
        left, right = np.where(is_left, left, here), np.where(is_left, here, right)
    return left, right, size


def difference(left, right, size):
    """Relative difference of outputs; nothing where either is unknown or both are next to nothing."""
    with np.errstate(invalid="ignore"):  # the bound of a single token is infinite, some waits are nothing
        return np.abs(left - right) / np.maximum(np.maximum(np.abs(left), np.abs(right)), 1e-3 * size)


@pytest.fixture(scope="module")
def served(field, run):
    """Some hundred rows that fit, every eighth with a demand far below what its fleet takes."""
    (most,) = run(field, "max_requests_per_s")
    rows = np.flatnonzero(~np.isnan(most))[::22]
    load = np.where(np.arange(field.rows) % 8, 0.6, 0.05)
    return field.with_inputs({"workload_requests_per_s": load * most}).take(rows)


@pytest.mark.parametrize("name", INPUTS)
def test_nothing_jumps_but_where_pools_are_counted_whole(served, name):
    """A fleet buys whole prefill pools: one more costs, idles, and makes prompts wait less at once."""
    outputs = (*SERVED, *LOADED)
    left, right, size = steepest(served, name, outputs)
    is_whole = left[-1] == right[-1]
    assert is_whole.sum() > 200
    has_no_reserve = served.inputs["site_boundary"] < FACILITY_WITH_RESERVE
    found = difference(left, right, size)
    for place, output in enumerate(outputs):
        kept = np.full(is_whole.shape, fill_value=True)
        if output in LOADED or output.startswith("usd_"):
            kept = is_whole
        elif output == "wh_per_query":  # which counts what idles with the reserve alone
            kept = is_whole | has_no_reserve
        known = found[place][kept]
        jumps = np.flatnonzero(known > JUMP)
        assert not len(jumps), f"{output}: {len(jumps)} rows, by {known[jumps].max():.3g}"


def test_a_jump_would_be_found(served):
    """The cost of a fleet of whole pools jumps with the pace of prompts where pools are apart."""
    left, right, size = steepest(served, "hardware_fixed_time_factor", ("fleet_accelerators",))
    found = difference(left, right, size)[0]
    apart = np.broadcast_to(served.inputs["hardware_disaggregated"], (served.rows,)) > 0
    assert (found[~apart] < JUMP).all()
    assert (found[apart] > JUMP).sum() > 10
