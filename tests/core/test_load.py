"""Waiting: Erlang's formula against its recursion, saturation, and Little's law."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferscope.core.evaluate import evaluate, evaluate_bound
from inferscope.core.graph import REGISTRY
from inferscope.core.quantities.functions import erlang_c
from inferscope.core.quantities.loaded import running_share, step_share
from inferscope.core.scenario.files import load_values, with_values
from inferscope.core.study.curves import curve


def by_recursion(servers, load):
    """Erlang C from Erlang B's recursion over servers, B(k) = A B(k-1) / (k + A B(k-1))."""
    blocked = 1.0
    for k in range(1, servers + 1):
        blocked = load * blocked / (k + load * blocked)
    return servers * blocked / (servers - load * (1 - blocked))


def waits(servers, load):
    return float(erlang_c(np.array([float(servers)]), np.array([load / servers]))[0])


def quantity(name, **values):
    node = REGISTRY.quantities[name]
    arrays = {key: np.array([float(value)]) for key, value in values.items()}
    with np.errstate(all="ignore"):
        return float(node.function(**arrays)[0])


# --- Erlang C -------------------------------------------------------------------------------------


@pytest.mark.parametrize("servers", [1, 2, 3, 5, 8, 13, 34, 100, 300, 1_000, 3_000, 10_000])
def test_erlang_c_equals_its_recursion(servers):
    loads = np.array([0.01, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 0.99999])
    found = erlang_c(np.full(len(loads), float(servers)), loads)
    expected = np.array([by_recursion(servers, rho * servers) for rho in loads])
    # Chances below one in 1e12 are of no account.
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(
    ("servers", "load", "expected", "tolerance"),
    [
        (2, 1.5, 0.6428571428571428, 1e-6),
        (10, 8, 0.40918015079644354, 1e-6),
        (100, 90, 0.21694048090636645, 1e-6),
        (1, 0.8, 0.8, 1e-6),
    ],
)
def test_textbook_values_of_erlang_c(servers, load, expected, tolerance):
    assert waits(servers, load) == pytest.approx(expected, rel=tolerance)


def test_textbook_wait_of_ten_servers():
    """C/(c mu - lambda) and C exp(-(c mu - lambda) t) for c = 10, lambda = 8, mu = 1, t = 1 s."""
    chance = waits(10, 8)
    tail = quantity(
        "place_wait_s",
        optimizations_static_batching=0,
        workload_arrival_cv=1,
        workload_service_cv=1,
        max_requests_per_s=10,
        load_utilization=0.8,
    )
    assert chance * tail == pytest.approx(0.20459007539822177, rel=1e-5)
    assert chance * math.exp(-1 / tail) == pytest.approx(0.05537651160283658, rel=1e-6)


def test_saturated_servers_always_wait_and_idle_ones_never():
    servers = np.array([1.0, 7.0, 5000.0])
    assert erlang_c(servers, np.ones(3)).tolist() == [1, 1, 1]
    assert erlang_c(servers, np.full(3, 1.7)).tolist() == [1, 1, 1]
    assert erlang_c(servers, np.zeros(3)).tolist() == [0, 0, 0]
    assert np.isnan(erlang_c(servers, np.full(3, math.nan))).all()


@given(st.floats(1, 2e4), st.floats(1e-3, 0.9999), st.floats(1.001, 1.5))
def test_waiting_rises_with_load_and_falls_with_servers(servers, load, more):
    def chance(c, rho):
        return float(erlang_c(np.array([c]), np.array([rho]))[0])

    assert 0 <= chance(servers, load) <= 1
    assert chance(servers, load) <= chance(servers, min(load * more, 0.99999)) + 1e-9
    assert chance(servers * more, load) <= chance(servers, load) * (1 + 1e-6) + 1e-9


def test_variation_scales_the_wait():
    """Bursts of a measured code trace, ca = 13.15, wait 87 times as long as Poisson arrivals."""
    same = {"workload_service_cv": 1, "max_requests_per_s": 10, "load_utilization": 0.8}
    poisson = quantity("place_wait_s", optimizations_static_batching=0, workload_arrival_cv=1, **same)
    bursts = quantity("place_wait_s", optimizations_static_batching=0, workload_arrival_cv=13.15, **same)
    assert bursts / poisson == pytest.approx(86.96125, rel=1e-9)


def test_equal_prompts_wait_as_in_a_single_server_queue():
    """M/D/1: 0.2 s of service at 4 a second have a mean sojourn of 0.6 s; M/M/1 waits 4 services at 0.8."""

    def wait(service_s, service_cv):
        shared = {"hardware_disaggregated": 0, "prefill_servers": 1, "prefill_utilization": 0.8}
        tail = quantity(
            "prompt_wait_s",
            prefill_work_s=math.nan,
            prefill_service_s=service_s,
            workload_arrival_cv=1,
            workload_service_cv=service_cv,
            **shared,
        )
        chance = quantity("prefill_wait_probability", peakedness=1, **shared)
        return quantity("prefill_wait_s", prefill_wait_probability=chance, prompt_wait_s=tail)

    assert 0.2 + wait(0.2, 0) == pytest.approx(0.6, rel=1e-9)
    assert wait(1, 1) == pytest.approx(4, rel=1e-9)


def test_poisson_arrivals_have_a_peakedness_of_one_and_bursts_more():
    """Whitt 2004: 1 + (ca^2 - 1)/(1 + cs^2); 4 for cv 2 and equal service, 2.5 for exponential."""
    for service_cv in (0, 0.5, 1, 3):
        assert quantity("peakedness", workload_arrival_cv=1, workload_service_cv=service_cv) == 1
    assert quantity("peakedness", workload_arrival_cv=2, workload_service_cv=0) == pytest.approx(4)
    assert quantity("peakedness", workload_arrival_cv=2, workload_service_cv=1) == pytest.approx(2.5)


# --- under load -----------------------------------------------------------------------------------


def fleet(demand, replicas=2, **workload):
    return load_values(
        {
            "model": {"id": "llama-3.1-70b"},
            "hardware": {
                "accelerator": "h100-sxm",
                "count": 8,
                "tensor_parallel": 8,
                "pipeline_parallel": 1,
                "data_parallel": 1,
                "replicas": replicas,
            },
            "workload": {"batch": 32, "requests_per_s": demand, **workload},
        }
    )


def test_a_saturated_fleet_has_no_finite_wait_and_says_so():
    most = evaluate(fleet(1))["max_requests_per_s"][0]
    demands = [0.999 * most, most, 1.001 * most, 50 * most]
    result = evaluate([fleet(demand) for demand in demands])
    for name in ("ttft_p50_s", "ttft_p99_s"):
        assert np.isfinite(result[name][0])
        assert np.isnan(result[name][1:]).all()
        for row in (1, 2, 3):
            reason = "slo_unreachable: the demand is at or above what the fleet takes"
            assert result.why(name, row) == reason
    assert result["load_utilization"][3] == pytest.approx(50, rel=1e-9)
    assert np.isfinite(result["replicas_needed"]).all()


def test_the_percentiles_rise_with_load_without_limit():
    most = evaluate(fleet(1))["max_requests_per_s"][0]
    shares = np.concatenate([np.linspace(0.02, 0.98, 49), [0.99, 0.999, 0.9999, 0.99999]])
    result = evaluate([fleet(share * most) for share in shares])
    for name in ("ttft_p50_s", "ttft_p99_s"):
        assert (np.diff(result[name]) >= -1e-12).all()
        assert result[name][-1] > 100 * result[name][0]
    assert (result["ttft_p99_s"] >= result["ttft_p50_s"]).all()
    assert (result["ttft_p50_s"] > 0).all()


def test_more_replicas_never_wait_longer():
    most = evaluate(fleet(1, replicas=1))["max_requests_per_s"][0]
    for share in (0.3, 0.9, 0.99):
        result = evaluate([fleet(share * most, replicas=n) for n in (1, 2, 3, 5, 8, 50, 1000)])
        for name in ("ttft_p50_s", "ttft_p99_s"):
            assert (np.diff(result[name]) <= 1e-12).all()
        assert result["ttft_p99_s"][0] > result["ttft_p99_s"][-1]


def test_a_larger_fleet_at_the_same_load_waits_less():
    """The economy of scale of queues: places are pooled over the fleet."""
    most = evaluate(fleet(1, replicas=1))["max_requests_per_s"][0]
    result = evaluate(
        [fleet(0.98 * most * n, replicas=n) for n in (1, 2, 4, 16)], ["ttft_p99_s", "wait_probability"]
    )
    assert (np.diff(result["ttft_p99_s"]) <= 1e-12).all()
    assert (np.diff(result["wait_probability"]) < 0).all()


def test_irregular_arrivals_wait_longer():
    most = evaluate(fleet(1))["max_requests_per_s"][0]
    result = evaluate([fleet(0.9 * most, arrival_cv=cv) for cv in (0, 0.5, 1, 2, 13.15)])
    assert (np.diff(result["ttft_p99_s"]) > 0).all()


def test_littles_law_holds_in_the_fleet():
    """Sequences in flight are the demand times the time each stays."""
    result = evaluate(
        [fleet(demand) for demand in (0.5, 2, 3.3)], ["load_utilization", "e2e_latency_s", "batch"]
    )
    for row, demand in enumerate((0.5, 2, 3.3)):
        in_flight = result["load_utilization"][row] * 2 * result["batch"][row]
        assert in_flight == pytest.approx(demand * result["e2e_latency_s"][row], rel=1e-9)


def test_at_a_low_load_the_median_is_the_latency_of_an_idle_replica():
    result = evaluate(fleet(1e-9), ["ttft_p50_s", "ttft_p99_s", "prefill_latency_s"])
    idle = pytest.approx(result["prefill_latency_s"][0], rel=1e-6)
    assert (result["ttft_p50_s"][0], result["ttft_p99_s"][0]) == (idle, idle)


def test_waiting_of_many_fleets_is_computed_at_once(field):
    """Wherever the load is below one, nothing unknown and no batch static there is a wait, else none."""
    names = ("load_utilization", "prefill_utilization", "ttft_p99_s", "prefill_latency_s")
    demand = field.with_inputs({"workload_requests_per_s": np.geomspace(1e-3, 1e3, field.rows)})
    load, prefill, late, idle = (evaluate_bound(demand, names)[name] for name in names)
    static = demand.inputs["optimizations_static_batching"] > 0
    calm = (load < 1) & (prefill < 1) & ~np.isnan(idle) & ~static
    assert calm.sum() > 1000
    assert (late[calm] >= idle[calm] * (1 - 1e-12)).all()
    assert np.isfinite(late[calm]).all()
    assert np.isnan(late[(load >= 1) | (prefill >= 1) | static]).all()


def test_mean_first_token_adds_the_mean_waits():
    """0.3 s idle, half a step of 20 ms and the one it shares, 0.05 s behind others, 0.2 of all wait 1 s.

    And 0.1 s there and back.
    """
    waits = {"prefill_wait_s": 0.05, "wait_probability": 0.2, "place_wait_s": 1, "running_step_s": 0.02}
    waits["site_round_trip_s"] = 0.1
    mean = quantity("ttft_mean_s", prefill_latency_s=0.3, optimizations_chunked_prefill=1, **waits)
    assert mean == pytest.approx(0.68)
    whole = quantity("ttft_mean_s", prefill_latency_s=0.3, optimizations_chunked_prefill=0, **waits)
    assert whole == pytest.approx(0.66)


def test_waiting_for_a_static_batch_is_said_not_to_be_modelled():
    static = fleet(0.1).model_copy(
        update={"optimizations": load_values({"optimizations": {"continuous_batching": False}}).optimizations}
    )
    names = ("ttft_mean_s", "ttft_p50_s", "ttft_p99_s")
    result = evaluate(static, ["ttft_s", *names])
    assert result["ttft_s"][0] > 0
    for name in names:
        assert math.isnan(result[name][0])
        assert result.why(name) == "not_in_this_version: wait for a static batch"
    drawn = curve(result, "latency_load")
    assert (drawn.series, drawn.why) == ((), "not_in_this_version: wait for a static batch")


# --- how many run ---------------------------------------------------------------------------------


def test_as_many_run_as_the_demand_and_their_own_steps_say():
    """Newton's steps end where x = demand x step(x), to 1e-6 for experts and exactly without."""
    demand = np.linspace(0.02, 0.98, 25)
    for experts, folds, tolerance in (
        (0.0, 2.0, 1e-12),
        (0.3, 2.0, 1e-6),
        (0.6, 2.0, 1e-6),
        (0.6, 50.0, 1e-6),
    ):
        others = [np.array([v]) for v in (0.2, experts, folds)]
        found = running_share(demand, *others)
        exact = demand
        for _ in range(4000):
            exact = demand * step_share(exact, *others)
        np.testing.assert_allclose(found, exact, rtol=tolerance)


def test_the_time_per_token_rises_from_one_sequence_to_the_planned_batch():
    most = evaluate(fleet(1))["max_requests_per_s"][0]
    names = ("load_tpot_s", "load_batch", "tpot_s", "batch")
    result = evaluate([fleet(share * most) for share in np.linspace(0.01, 1.2, 60)], names)
    for name in ("load_tpot_s", "load_batch"):
        assert (np.diff(result[name]) >= -1e-12).all()
    assert result["load_tpot_s"][0] < 0.8 * result["tpot_s"][0]
    assert result["load_tpot_s"][-1] == result["tpot_s"][-1]
    assert result["load_batch"][0] < 1
    assert result["load_batch"][-1] <= result["batch"][-1]


def test_the_percentile_of_the_scenario_is_that_of_the_first_token():
    most = evaluate(fleet(1))["max_requests_per_s"][0]
    scenario = with_values(fleet(0.95 * most), {"slo.percentile": 0.99})
    result = evaluate(scenario, ["ttft_percentile_s", "ttft_p99_s"])
    assert result["ttft_percentile_s"][0] == pytest.approx(result["ttft_p99_s"][0], rel=1e-9)
    median = evaluate(with_values(scenario, {"slo.percentile": 0.5}), ["ttft_percentile_s", "ttft_p50_s"])
    assert median["ttft_percentile_s"][0] == pytest.approx(median["ttft_p50_s"][0], rel=1e-9)
