"""What demand does to waits, energy and money, in every layout and serving mode."""

from itertools import pairwise

import numpy as np
import pytest

LOADS = (0.01, 0.1, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99, 0.999)
WAITS = ("ttft_mean_s", "ttft_p50_s", "ttft_p99_s", "ttft_percentile_s")
RUNNING = ("load_tpot_s", "load_batch", "load_step_s")
RATES = ("bf16", "linear", "expert")


@pytest.fixture(scope="module")
def most(field, run):
    """The rate at which each fleet is saturated."""
    return run(field, "max_requests_per_s")[0]


def at_load(bound, most, load):
    return bound.with_inputs({"workload_requests_per_s": load * most})


def pools(bound, run):
    """Whole prefill pools of a fleet: more of them, bought for a faster decoder, wait less."""
    return run(bound, "prefill_servers")[0]


# --- demand ---------------------------------------------------------------------------------------


def test_more_demand_never_waits_less(field, run, at_most, most):
    names = (*WAITS, "prefill_wait_s", "wait_probability", *RUNNING, "usd_per_day", "fleet_output_tok_s")
    before = run(at_load(field, most, LOADS[0]), *names)
    for load in LOADS[1:]:
        after = run(at_load(field, most, load), *names)
        for name, old, new in zip(names, before, after, strict=True):
            at_most(old, new, what=f"{name} at {load}")
        before = after


def test_more_demand_never_makes_a_query_dearer_or_its_energy_larger(field, run, at_most, most):
    names = ("usd_per_query", "wh_per_query")
    before = run(at_load(field, most, LOADS[0]), *names)
    for load in LOADS[1:]:
        after = run(at_load(field, most, load), *names)
        for name, old, new in zip(names, before, after, strict=True):
            at_most(new, old, what=f"{name} at {load}")
        before = after


@pytest.mark.parametrize("load", [1.0, 1.0 + 1e-12, 1.5, 100.0])
def test_no_wait_is_finite_at_or_beyond_saturation(field, run, most, load):
    for name, values in zip(WAITS, run(at_load(field, most, load), *WAITS), strict=True):
        assert np.isnan(values).all(), name


def test_beyond_saturation_tokens_come_as_they_do_at_it(field, run, at_most, most):
    limit = run(at_load(field, most, 1 - 1e-12), *RUNNING)
    beyond = run(at_load(field, most, 3.0), *RUNNING)
    for name, old, new in zip(RUNNING, limit, beyond, strict=True):
        known = ~np.isnan(old)
        np.testing.assert_allclose(new[known], old[known], rtol=1e-6, err_msg=name)
    tpot, batch = run(field, "tpot_s", "batch")
    at_most(limit[0], tpot, what="load_tpot_s")
    at_most(limit[1], batch, what="load_batch")


@pytest.mark.parametrize("load", [0.3, 0.9])
def test_percentiles_are_in_order(field, run, at_most, most, load):
    here = at_load(field, most, load)
    shares = (0.5, 0.75, 0.9, 0.99)
    found = [
        run(here.with_inputs({"slo_percentile": np.full(field.rows, share)}), "ttft_percentile_s")[0]
        for share in shares
    ]
    for low, high in pairwise(found):
        at_most(low, high)
    median, last, alone = run(here, "ttft_p50_s", "ttft_p99_s", "prefill_latency_s")
    np.testing.assert_allclose(found[0], median, rtol=1e-9)
    np.testing.assert_allclose(found[-1], last, rtol=1e-9)
    at_most(alone, median, what="a prompt alone")


@pytest.mark.parametrize("load", [0.3, 0.85])
def test_burstier_arrivals_never_wait_less(field, run, at_most, most, load):
    here = at_load(field, most, load)
    bursty = here.with_inputs({"workload_arrival_cv": 0.5 + 1.5 * here.inputs["workload_arrival_cv"]})
    for name, old, new in zip(WAITS, run(here, *WAITS), run(bursty, *WAITS), strict=True):
        at_most(old, new, what=name)


@pytest.mark.parametrize("load", [0.3, 0.85])
def test_more_varied_requests_never_wait_less_unless_arrivals_are_bursty(field, run, at_most, most, load):
    """Where arrivals come in bursts, services of different length also take the bursts apart."""
    smooth = at_load(field, most, load).with_inputs({"workload_arrival_cv": np.ones(field.rows)})
    varied = smooth.with_inputs({"workload_service_cv": np.full(field.rows, 1.7)})
    for name, old, new in zip(WAITS, run(smooth, *WAITS), run(varied, *WAITS), strict=True):
        at_most(old, new, what=name)


# --- machines -------------------------------------------------------------------------------------


def test_more_replicas_never_wait_longer(half_busy, run, at_most):
    more = half_busy.with_inputs({"hardware_replicas": 2 * half_busy.inputs["hardware_replicas"]})
    names = (*WAITS, *RUNNING)
    for name, old, new in zip(names, run(half_busy, *names), run(more, *names), strict=True):
        at_most(new, old, what=name)


@pytest.mark.parametrize("factor", [1.05, 2.0])
@pytest.mark.parametrize(
    "names",
    [
        ["hardware_memory_bandwidth_bytes_per_s"],
        [f"hardware_{rate}_flop_per_s" for rate in RATES],
        ["hardware_scaleup_bytes_per_s"],
        ["hardware_scaleout_bytes_per_s"],
    ],
    ids=["memory bandwidth", "peak", "scale-up", "scale-out"],
)
def test_a_faster_machine_never_waits_longer_at_the_same_demand(half_busy, run, at_most, names, factor):
    """With as many prefill pools: a faster pool may be bought fewer times, and then is busier."""
    both = [*names, *(f"prefill_{name}" for name in names)]
    faster = half_busy.with_inputs({name: factor * half_busy.inputs[name] for name in both})
    same = pools(half_busy, run) == pools(faster, run)
    for name in (*WAITS, "load_tpot_s", "load_utilization"):
        (before,), (after,) = run(half_busy, name), run(faster, name)
        at_most(np.where(same, after, np.nan), before, what=name)


def test_whole_pools_are_never_busier_than_the_replicas_that_they_feed(field, run, at_most, most, column):
    apart = column("hardware_disaggregated") > 0
    for load in (0.2, 0.9):
        busy, share = run(at_load(field, most, load), "prefill_utilization", "load_utilization")
        at_most(busy, share, what=f"{load}")
        spare = apart & (busy < 0.5 * share)
        assert spare.sum() > 100  # a fifth of a pool would do, and one is there


# --- what a fleet draws and costs -----------------------------------------------------------------


def test_a_query_takes_no_less_than_idle_and_no_more_than_rated_power(field, run, at_most, column):
    decode, prefill, joules, idle, pool_idle = run(
        field,
        "decode_accelerator_s",
        "prefill_accelerator_s",
        "it_joules_per_query",
        "decode_idle_w",
        "prefill_idle_w",
    )
    server = column("site_boundary") >= 1
    at_most(np.where(server, decode * idle + prefill * pool_idle, np.nan), joules)
    rated = decode * column("hardware_server_w") + prefill * column("prefill_hardware_server_w")
    busy = column("site_boundary") < 3  # what waits in reserve comes on top
    at_most(np.where(busy, joules, np.nan), rated)


@pytest.mark.parametrize("load", [0.1, 0.6, 0.99])
def test_all_queries_together_draw_no_more_than_the_fleet_at_work(field, run, at_most, most, load):
    watts, joules, demand = run(
        at_load(field, most, load), "facility_mw", "joules_per_output_token", "output_tokens_per_day"
    )
    at_most(joules * demand / 86_400, watts * 1e6)


def test_boundaries_of_energy_contain_each_other(half_busy, run, at_most):
    found = [
        run(half_busy.with_inputs({"site_boundary": np.full(half_busy.rows, edge)}), "wh_per_query")[0]
        for edge in (0.0, 1.0, 2.0, 3.0)
    ]
    for inner, outer in pairwise(found):
        at_most(inner, outer)


def test_the_queries_of_a_day_pay_for_the_fleet(half_busy, run):
    each, day, queries = run(half_busy, "usd_per_query", "usd_per_day", "queries_per_day")
    known = ~np.isnan(each)
    assert known.sum() > 1000
    np.testing.assert_allclose((each * queries)[known], day[known], rtol=1e-9)
