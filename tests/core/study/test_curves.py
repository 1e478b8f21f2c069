"""The data of the plots: against single evaluations, and every sentence against its data."""

import math
import re

import numpy as np
import pytest

from inferscope.core.evaluate import evaluate
from inferscope.core.report import OUTPUTS
from inferscope.core.scenario.files import load_scenario, load_values, preset_names, with_values
from inferscope.core.sentences import money
from inferscope.core.study.curves import KINDS, curve
from inferscope.core.units import human


def drawn(scenario, kind):
    return curve(evaluate(scenario, OUTPUTS), kind)


def preset(name, kind, **changes):
    return drawn(
        with_values(load_scenario(name), {k.replace("__", "."): v for k, v in changes.items()}), kind
    )


def held(scenario):
    """The scenario with the layout that the plan chose for it."""
    inputs = evaluate(scenario).bound.inputs
    degrees = ("count", "tensor_parallel", "pipeline_parallel", "data_parallel")
    return with_values(scenario, {f"hardware.{d}": float(inputs[f"hardware_{d}"][0]) for d in degrees})


def mark(found, label):
    return next(item for item in found.marks if item.label == label)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", preset_names())
def test_every_plot_has_axes_with_units_and_says_something(name, kind):
    found = preset(name, kind)
    assert found.kind == kind
    assert found.title
    assert all(axis.unit and axis.label for axis in (found.x, found.y))
    assert bool(found.series) != bool(found.why)
    assert bool(found.series) == bool(found.sentence)
    for series in found.series:
        assert len(series.x) == len(series.y) > 0
        assert all(math.isfinite(v) for v in (*series.x, *series.y))


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_drawn_says_why(kind):
    closed = drawn(load_values({"model": {"id": "gpt-4"}}), kind)
    assert closed.series == ()
    assert "not published" in closed.why
    tables = {"model": {"id": "deepseek-v3"}, "hardware": {"count": 1}}
    assert drawn(load_values(tables), kind).why.startswith("does_not_fit")


@pytest.mark.parametrize("kind", KINDS)
def test_a_plot_of_planned_inputs_is_the_plot_of_their_result(kind):
    result = evaluate(load_scenario("deepseek-r1-h200"), OUTPUTS)
    assert curve(result.bound, kind) == curve(result, kind)


# --- throughput against latency ------------------------------------------------------------------


def test_throughput_goes_through_the_operating_point_and_single_evaluations():
    scenario = load_scenario("deepseek-r1-h200")
    now, found = evaluate(scenario), drawn(scenario, "throughput_latency")
    batch = float(now["batch"][0])
    here = mark(found, f"batch {batch:,.0f}")
    assert (here.x, here.y) == (now["tpot_s"][0], now["output_tok_s_per_accelerator"][0])
    assert mark(found, "TPOT limit").x == 0.05
    assert mark(found, "TPOT limit").y is None
    for count in (1, float(now["max_batch"][0])):
        single = evaluate(with_values(held(scenario), {"workload.batch": count}))
        point = (single["tpot_s"][0], single["output_tok_s_per_accelerator"][0])
        assert point in list(zip(found.series[0].x, found.series[0].y, strict=True))


def test_the_sentence_on_throughput_has_the_numbers_of_the_curve():
    found = preset("llama-3.1-70b-h100", "throughput_latency", slo__ttft_s=2.0)
    line, here = found.series[0], mark(found, "batch 64")
    assert found.sentence == (
        f"Per accelerator, one sequence alone gives {human(line.y[0], 'tokens/s')} at"
        f" {human(line.x[0], 's')} a token, the 924"
        f" that memory holds {human(line.y[-1], 'tokens/s')} at {human(line.x[-1], 's')} a token;"
        f" batch 64 gives {human(here.y, 'tokens/s')} at {human(here.x, 's')}."
    )
    limit = mark(found, "TTFT limit")
    assert limit.x in line.x
    scenario = with_values(load_scenario("llama-3.1-70b-h100"), {"workload.batch": "auto", "slo.ttft_s": 2.0})
    assert limit.x <= float(evaluate(scenario)["tpot_s"][0])


def test_a_limit_that_nothing_keeps_leaves_the_curve_without_operating_point():
    found = drawn(load_values({"slo": {"tpot_s": 1e-4}}), "throughput_latency")
    assert found.sentence.endswith("no batch is planned.")
    assert [item.label for item in found.marks] == ["TPOT limit"]


# --- latency against load ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["chatgpt-2023", "deepseek-v3-h800", "llama-3.1-70b-h100"])
def test_no_wait_is_finite_at_or_above_saturation(name):
    scenario = load_scenario(name)
    result = evaluate(scenario, OUTPUTS)
    most, found = float(result["max_requests_per_s"][0]), curve(result, "latency_load")
    assert mark(found, "saturated").x == most
    for series in found.series:
        assert max(series.x) < most
        assert series.y == sorted(series.y)
    beyond = result.bound.take([0]).with_inputs({"workload_requests_per_s": most * np.array([1.0, 1.01, 2])})
    again = curve(beyond.take([0]), "latency_load")
    assert "is more than it takes" in again.sentence


def test_a_single_place_waits_as_soon_as_one_request_in_a_hundred_finds_it_taken():
    # With one sequence at a time the wait's 99th percentile is nothing up to a load of 1 %, and then
    # as long as a reply: the knee lies there, and the grid has to be fine enough to show it.
    found = preset("llama-3-8b-m3-max", "latency_load")
    share = mark(found, "knee").x / mark(found, "saturated").x
    assert 0.008 < share <= 0.0105
    assert f"({100 * share:.3g} %)" in found.sentence


def test_the_knee_has_the_most_requests_per_second_of_wait():
    """Kleinrock's power: the ray from the origin with the least slope touches the curve there."""
    found = preset("deepseek-r1-h20", "latency_load")
    slow, knee = found.series[-1], mark(found, "knee")
    power = [x / y for x, y in zip(slow.x, slow.y, strict=True)]
    assert knee.x / knee.y == max(power)
    assert slow.x[0] < knee.x < slow.x[-1]


def test_without_demand_one_replica_is_loaded_and_with_demand_it_is_marked():
    alone = preset("llama-3.1-70b-h100", "latency_load")
    assert alone.sentence.startswith("One replica saturates at 3.93 requests/s")
    assert alone.sentence.endswith("no demand is given.")
    busy = load_scenario("deepseek-v3-h800")
    result, found = evaluate(busy, OUTPUTS), drawn(busy, "latency_load")
    demand = mark(found, "demand")
    assert (demand.x, demand.y) == (1606.0, result["ttft_p99_s"][0])
    assert f"{100 * float(result['load_utilization'][0]):.3g} % of it" in found.sentence
    knee = mark(found, "knee")
    for text in (human(knee.x, "requests/s"), human(knee.y, "s"), "8 replicas"):
        assert text in found.sentence


def test_mean_median_and_tail_are_in_order_at_high_load():
    median, mean, tail = preset("chatgpt-2023", "latency_load").series
    assert median.y[-1] < tail.y[-1]
    assert mean.y[-1] < tail.y[-1]
    assert median.y[0] == pytest.approx(mean.y[0], rel=1e-3)


# --- cost against output length ------------------------------------------------------------------


def test_cost_at_each_length_is_that_of_the_scenario_with_it():
    scenario = load_scenario("deepseek-r1-h200")
    query, million = drawn(scenario, "cost_length").series
    for place in (0, 40, -1):
        single = evaluate(with_values(held(scenario), {"workload.output_tokens": query.x[place]}))
        assert query.y[place] == pytest.approx(float(single["usd_per_query"][0]), rel=1e-12)
        assert million.y[place] == pytest.approx(float(single["usd_per_million_output_tokens"][0]), rel=1e-12)


def test_a_demand_is_met_by_as_many_replicas_as_each_length_needs():
    scenario = load_scenario("chatgpt-2023")
    query, _ = drawn(scenario, "cost_length").series
    single = evaluate(with_values(scenario, {"workload.output_tokens": query.x[-1]}))
    assert query.y[-1] == pytest.approx(float(single["usd_per_query"][0]), rel=1e-12)


def test_twice_the_price_is_twice_the_cost_everywhere():
    once, twice = (
        preset("llama-3.1-70b-h100", "cost_length", **{"economics.usd_per_accelerator_hour": v})
        for v in (2, 4)
    )
    assert np.array(twice.series[0].y) == pytest.approx(2 * np.array(once.series[0].y))


def test_the_sentence_on_cost_has_the_numbers_of_the_curve():
    found = preset("llama-3.1-70b-h100", "cost_length")
    query, million = found.series
    shown = [money(line.y[line.x.index(x)]) for x in (1024.0, 10240.0) for line in (query, million)]
    texts = [f"{a} a query and {b} a million" for a, b in zip(shown[::2], shown[1::2], strict=True)]
    assert found.sentence == (
        f"1,024 output tokens cost {texts[0]}; 10,240 output tokens cost {texts[1]}, with the batch held."
    )


def test_lengths_that_do_not_fit_at_a_held_batch_are_counted_with_the_reason():
    found = preset("gpt-oss-120b-h100", "cost_length")
    count = re.search(r"(\d+) of (\d+) lengths are left out \(does_not_fit", found.sentence)
    assert int(count[2]) - int(count[1]) == len(found.series[0].x)


def test_a_stated_fleet_is_said_to_be():
    assert "on the stated fleet" in preset("deepseek-v3-h800", "cost_length").sentence
