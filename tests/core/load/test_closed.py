"""The closed forms of the quantities against replays of whole scenarios."""

import math
import statistics

import numpy as np
import pytest

from inferscope.core.bind import bind
from inferscope.core.evaluate import evaluate, evaluate_bound
from inferscope.core.load.closed import goodput_requests_per_s
from inferscope.core.load.study import load_study
from inferscope.core.load.table import table_of
from inferscope.core.plan import plan
from inferscope.core.scenario.files import load_scenario, with_values

PRESETS = ("llama-3.1-70b-h100", "gpt-oss-120b-h100")
LOADS = (0.3, 0.6, 0.9)


def one_replica(preset, **changes):
    base = {"hardware.replicas": 1, "workload.service_cv": 0}
    return with_values(load_scenario(preset), base | {k.replace("__", "."): v for k, v in changes.items()})


def most_of(scenario):
    return float(evaluate(scenario, ["max_requests_per_s"])["max_requests_per_s"][0])


def at_load(scenario, share):
    return with_values(scenario, {"workload.requests_per_s": share * most_of(scenario)})


def figures(study):
    return {row[4]: (row[2], row[3]) for row in table_of(study).rows}


# --- open loop -----------------------------------------------------------------------------------


@pytest.mark.parametrize("share", LOADS)
@pytest.mark.parametrize("preset", PRESETS)
def test_the_open_loop_is_what_a_replay_gives(preset, share):
    """Measured (docs/load.md): 0.74 to 1.13 over both presets; a tail at 0.9 is that noisy over 20,000."""
    scenario = at_load(one_replica(preset), share)
    studies = [figures(load_study(scenario, requests=12_000, seed=seed)) for seed in (0, 1, 2)]
    bounds = {
        "ttft_p50_s": 1.1,
        "ttft_p99_s": 1.4,
        "ttft_mean_s": 1.4,
        "load_tpot_s": 1.15,
        "e2e_mean_s": 1.15,
        "load_batch": 1.15,
        "prefill_utilization": 1.05,
        "fleet_output_tok_s": 1.05,
    }
    for name, bound in bounds.items():
        ratio = statistics.median(replayed / closed for replayed, closed in (one[name] for one in studies))
        assert 1 / bound <= ratio <= bound, (name, ratio)


def test_the_closed_forms_hold_for_long_prompts_too():
    """Prompts that take half of the time: steps are stretched, and what queues up behind one counts."""
    scenario = one_replica(PRESETS[0], workload__input_tokens=8192, workload__output_tokens=128)
    found = figures(load_study(at_load(scenario, 0.6), requests=12_000))
    for name, bound in {"ttft_mean_s": 1.15, "ttft_p99_s": 1.2, "load_tpot_s": 1.2}.items():
        replayed, closed = found[name]
        assert 1 / bound <= replayed / closed <= bound, name


def test_a_pool_of_many_ranks_makes_nobody_wait():
    """1,184 ranks: half a second of prompt each, and no line, in the closed form as in the replay."""
    scenario = with_values(load_scenario("deepseek-v3-h800"), {"workload.service_cv": 0})
    replayed, closed = figures(load_study(scenario, requests=130_000))["ttft_p99_s"]
    assert closed == pytest.approx(replayed, rel=0.15)


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_one_pool_that_is_mostly_idle_keeps_prompts_waiting_as_little_as_it_does(share):
    """A quarter of a pool would do and there is a whole one: it is busy 15 % of the time at a load of 0.6."""
    changes = {"hardware.prefill": {"count": 8, "tensor_parallel": 8}, "workload.batch": 32}
    scenario = with_values(load_scenario(PRESETS[0]), changes | {"hardware.replicas": 1})
    scenario = with_values(scenario, {"workload.service_cv": 0})
    found = figures(load_study(at_load(scenario, share), requests=8000, seed=1))
    assert found["prefill_utilization"][0] < 0.3 * share
    for name, rel in {"prefill_utilization": 0.05, "ttft_mean_s": 0.05, "ttft_p99_s": 0.1}.items():
        replayed, closed = found[name]
        assert closed == pytest.approx(replayed, rel=rel), name


def test_more_load_is_never_faster_in_either():
    scenario = one_replica(PRESETS[0])
    found = [figures(load_study(at_load(scenario, share), requests=6000)) for share in (0.2, 0.5, 0.8, 0.95)]
    for name in ("ttft_mean_s", "ttft_p99_s", "load_tpot_s", "load_batch", "prefill_utilization"):
        for side in (0, 1):
            values = [one[name][side] for one in found]
            assert values == sorted(values), (name, side)


def test_bursts_meet_full_places_that_poisson_arrivals_do_not():
    """Variation 2 at load 0.8, where Poisson arrivals hardly wait: within 1.4x, not five times too short."""
    scenario = one_replica(PRESETS[0], workload__arrival_cv=2)
    replayed, closed = figures(load_study(at_load(scenario, 0.8), requests=40_000))["ttft_mean_s"]
    assert 1 / 1.4 <= replayed / closed <= 1.4
    calm = figures(load_study(at_load(one_replica(PRESETS[0]), 0.8), requests=12_000))["ttft_mean_s"]
    assert replayed > 3 * calm[0]


@pytest.mark.parametrize("share", [1.0, 1.2])
def test_at_saturation_no_wait_is_given(share):
    study = load_study(at_load(one_replica(PRESETS[0]), share + 0.01), requests=5000)
    table = table_of(study)
    rows = figures(study)
    for name in ("ttft_mean_s", "ttft_p50_s", "ttft_p90_s", "ttft_p99_s", "e2e_mean_s", "e2e_p99_s"):
        assert rows[name] == (None, None)
    assert "the queue grows without bound" in table.sentence
    assert study.is_no
    assert rows["load_tpot_s"][0] > 0
    assert rows["left_waiting"][0] > 0


def test_a_queue_that_grows_in_the_replay_alone_is_saturation_too():
    """Lengths that vary make the cache longer than the closed form takes it: 98 % there is more than full."""
    study = load_study(at_load(one_replica(PRESETS[0], workload__service_cv=1), 0.99), requests=30_000)
    assert study.closed["load_utilization"] < 1
    assert study.outcome.is_growing
    assert "the queue still grew" in table_of(study).sentence


# --- closed loop ---------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("chunked", [True, False])
def test_the_closed_loop_is_what_a_replay_gives(preset, chunked):
    """Lengths between 80 and 100 % (variation 0.06), as benchmarks draw them: users fall out of step."""
    scenario = one_replica(preset, workload__service_cv=0.06, optimizations__chunked_prefill=chunked)
    found = figures(load_study(scenario, requests=2000, concurrency=64))
    for name, bound in {"fleet_output_tok_s": 1.04, "load_tpot_s": 1.08, "e2e_mean_s": 1.08}.items():
        replayed, closed = found[name]
        assert 1 / bound <= replayed / closed <= bound, name
    if chunked:  # whole prompts: the share of prompts waited for is that of a benchmark's first burst
        replayed, closed = found["ttft_mean_s"]
        assert 1 / 1.4 <= replayed / closed <= 1.4


def test_whole_prompts_wait_in_the_first_burst_as_the_closed_form_says():
    scenario = one_replica(PRESETS[0], workload__service_cv=0.06, optimizations__chunked_prefill=False)
    study = load_study(scenario, requests=64, concurrency=64)
    burst = float((study.replayed.first_s - study.replayed.arrival_s).mean())
    assert 1 / 1.4 <= burst / study.closed["ttft_mean_s"] <= 1.4


def test_fewer_users_are_faster():
    found = [
        figures(load_study(one_replica(PRESETS[0]), requests=40 * users, concurrency=users))
        for users in (1, 8, 64)
    ]
    for name in ("load_tpot_s", "fleet_output_tok_s"):
        for side in (0, 1):
            assert [one[name][side] for one in found] == sorted(one[name][side] for one in found)
    alone, closed = found[0]["load_tpot_s"]
    assert closed == pytest.approx(alone, rel=0.01)


# --- goodput -------------------------------------------------------------------------------------


def planned(scenario):
    return plan(bind([scenario]))


@pytest.mark.parametrize("preset", PRESETS)
def test_goodput_is_the_largest_rate_at_which_the_limits_hold(preset):
    scenario = one_replica(preset, slo__ttft_s=0.5, slo__percentile=0.99)
    one = planned(scenario)
    rate = goodput_requests_per_s(one)
    assert 0 < rate < most_of(scenario)
    nearby = one.with_inputs({"workload_requests_per_s": np.array([0.999, 1.001]) * rate})
    late = evaluate_bound(nearby, ["ttft_percentile_s"])["ttft_percentile_s"]
    assert late[0] < 0.5 < late[1]


@pytest.mark.parametrize("preset", PRESETS)
def test_goodput_divides_replays_that_keep_the_limits_from_those_that_do_not(preset):
    scenario = one_replica(preset, slo__ttft_s=0.5, slo__percentile=0.95)
    rate = goodput_requests_per_s(planned(scenario))
    for share, holds in ((0.93, True), (1.12, False)):
        offered = with_values(scenario, {"workload.requests_per_s": share * rate})
        study = load_study(offered, requests=20_000)
        assert (study.outcome.met >= 0.95) is holds, share
        assert study.is_no is not holds


def test_goodput_is_bound_by_the_time_per_token_as_well():
    scenario = one_replica(PRESETS[0], workload__batch=64)
    full = float(evaluate(scenario, ["tpot_s"])["tpot_s"][0])
    rates = []
    for limit in (full * 1.01, full * 0.95, full * 0.8, full * 0.3):
        one = planned(scenario)
        rates.append(goodput_requests_per_s(one.with_inputs({"slo_tpot_s": np.array([limit])})))
    assert rates[0] == pytest.approx(most_of(scenario), rel=1e-3)
    assert rates == sorted(rates, reverse=True)
    assert rates[1] < 0.999 * rates[0]
    assert rates[-1] == 0


def test_without_a_number_for_the_wait_there_is_no_goodput():
    static = one_replica(PRESETS[0], optimizations__continuous_batching=False)
    assert math.isnan(goodput_requests_per_s(planned(static)))
