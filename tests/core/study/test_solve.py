"""Solving for one input, where the answer is known by hand, by `=` or by trying every value."""

import math

import numpy as np
import pytest

from inferscope.core.errors import InferscopeError, QuantityError, ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.graph import REGISTRY
from inferscope.core.scenario.files import load_scenario, with_values
from inferscope.core.study.conditions import parse_condition
from inferscope.core.study.reach import reach
from inferscope.core.study.solve import solve

LLAMA = "llama-3.1-70b-h100"


def value(scenario, quantity):
    return float(evaluate(scenario, (quantity,))[quantity][0])


def along(scenario, key, values, quantities):
    result = evaluate([with_values(scenario, {key: v}) for v in values], quantities)
    return [result[name] for name in quantities]


@pytest.mark.parametrize(
    ("name", "quantity", "share"),
    [
        (LLAMA, "usd_per_query", 0.8),
        (LLAMA, "tpot_s", 1.3),
        ("deepseek-r1-h200", "output_tok_s_per_accelerator", 1.2),
        ("chatgpt-2023", "usd_per_day", 0.5),
    ],
)
def test_it_answers_as_the_equals_key_does(name, quantity, share):
    scenario = load_scenario(name)
    target = share * value(scenario, quantity)
    sign = ">=" if REGISTRY.node(quantity).better == "higher" else "<="
    is_met = (sign == "<=") == (share > 1.0)
    for item in reach(scenario, quantity, target)[:14]:
        found = solve(scenario, item.key, [f"{quantity}{sign}{target!r}"])
        if item.needed is None and is_met:
            assert (found.value, found.binding) == (item.now, ())
            continue
        assert (found.value, found.factor, found.now) == (item.needed, item.factor, item.now)
        assert found.nearest == (None if item.needed is not None else item.nearest)
        if item.needed is not None:
            assert found.there[0][0] == pytest.approx(item.value, rel=1e-12)


def test_half_the_cost_needs_half_the_price_and_a_range_keeps_from_it():
    scenario = load_scenario(LLAMA)
    wanted = [f"usd_per_query<={0.5 * value(scenario, 'usd_per_query')!r}"]
    found = solve(scenario, "economics.usd_per_accelerator_hour", wanted)
    assert (found.now, found.value, found.factor) == (2.95, 1.475, 0.5)
    assert found.changes == {"economics.usd_per_accelerator_hour": 1.475}
    short = solve(scenario, "economics.usd_per_accelerator_hour", wanted, span=(1.6, 4.0))
    assert (short.value, short.nearest, short.changes) == (None, 1.6, {})
    assert short.there[0][0] == pytest.approx(1.6 / 2.95 * short.here[0][0])
    assert "between 1.6 and 4" in short.sentence


@pytest.mark.parametrize("limits", [("tpot_s<=0.02", "ttft_s<0.19"), ("tpot_s<=0.02", "ttft_s<0.18")])
def test_a_batch_is_the_one_that_trying_all_finds(limits):
    """Two limits, of which either may bind: all batches from 1 to 200 tried."""
    scenario = load_scenario(LLAMA)
    batches = np.arange(1, 201)
    tpot, ttft = along(scenario, "workload.batch", batches.tolist(), ("tpot_s", "ttft_s"))
    good = batches[(tpot <= 0.02) & (ttft < float(limits[1].partition("<")[2]))]
    nearest = solve(scenario, "workload.batch", limits)
    most = solve(scenario, "workload.batch", limits, prefer="most")
    least = solve(scenario, "workload.batch", limits, prefer="least")
    assert (nearest.value, most.value, least.value) == (good.max(), good.max(), good.min())
    assert all(isinstance(found.value, int) for found in (nearest, most, least))
    assert nearest.binding == most.binding == (limits[0] if good.max() == 107 else limits[1],)
    assert least.binding == ("range",)


def test_conditions_that_are_met_together_only_between_two_values_tried_are_found():
    scenario = load_scenario(LLAMA)
    batches = np.arange(100, 131)
    (tpot,) = along(scenario, "workload.batch", batches.tolist(), ("tpot_s",))
    good = batches[(tpot > 0.02) & (tpot < 0.021)]
    assert len(good) == 11
    nearest = solve(scenario, "workload.batch", ["tpot_s>0.02", "tpot_s<0.021"])
    assert (nearest.value, nearest.binding) == (good.min(), ("tpot_s>0.02",))
    most = solve(scenario, "workload.batch", ["tpot_s>0.02", "tpot_s<0.021"], prefer="most")
    assert (most.value, most.binding) == (good.max(), ("tpot_s<0.021",))
    price = "economics.usd_per_accelerator_hour"
    cost = value(scenario, "usd_per_query")
    exact = solve(scenario, price, [f"usd_per_query<={0.7 * cost!r}", f"usd_per_query>={0.7 * cost!r}"])
    assert exact.value == pytest.approx(0.7 * 2.95, rel=1e-9)


@pytest.mark.parametrize("prefer", ["nearest", "most"])
def test_values_are_tried_up_to_where_memory_ends(prefer):
    """The cheapest batch is the last that fits, 924, between two values of the grid."""
    scenario = load_scenario(LLAMA)
    batches = np.arange(880, 926)
    (cost,) = along(scenario, "workload.batch", batches.tolist(), ("usd_per_million_output_tokens",))
    target = float(1.0001 * np.nanmin(cost))
    good = batches[cost <= target]
    assert 0 < len(good) < 45
    found = solve(scenario, "workload.batch", [f"usd_per_million_output_tokens<={target!r}"], prefer=prefer)
    assert found.value == (good.min() if prefer == "nearest" else good.max())
    none = solve(scenario, "workload.batch", ["usd_per_million_output_tokens<=0.5"], prefer=prefer)
    assert (none.value, none.nearest) == (None, 924)


def test_no_more_is_denied_than_was_tried():
    found = solve(load_scenario(LLAMA), "workload.batch", ["tpot_s<=0.002", "ttft_s<=9"])
    assert "of workload.batch tried between 1 and" in found.sentence
    assert found.sentence.startswith("none of ")


def test_a_count_that_the_layout_does_not_allow_is_said():
    found = solve(load_scenario(LLAMA), "hardware.count", ["tpot_s<=0.012"])
    (note,) = found.table().notes
    assert note.startswith("36 of 37 values of hardware.count tried cannot be")
    assert note.endswith("these can: 8")


def test_conditions_that_hold_in_several_places_say_so():
    """A million output tokens cost least at about 700 a query, so that a price is met twice."""
    scenario = load_scenario(LLAMA)
    key, wanted = "workload.output_tokens", "usd_per_million_output_tokens"
    low, best, high = along(scenario, key, [1, 700, 2000], (wanted,))[0]
    assert low > 2.4 > best < 2.4 < high
    twice = solve(scenario, key, [f"{wanted}>=2.4"], span=(1, 2000), prefer="least")
    assert "the conditions are met in 2 places apart" in twice.table().notes[0]
    other = with_values(scenario, {f"pins.{wanted}": 2.4})
    equal = solve(scenario, key, [wanted], span=(1, 2000), prefer="most", against=other)
    assert equal.value > 1000
    assert "the two pass each other in 2 places apart" in equal.table().notes[0]
    once = solve(scenario, key, [f"{wanted}<=2.4"], span=(1, 2000), prefer="least")
    assert [note.partition(":")[0] for note in once.notes] == ["costs"]


def test_one_and_several_conditions_agree_where_one_binds():
    scenario = load_scenario(LLAMA)
    cost = f"usd_per_query<={0.8 * value(scenario, 'usd_per_query')!r}"
    key = "economics.utilization"
    alone, both = solve(scenario, key, [cost]), solve(scenario, key, [cost, "ttft_s<=10"])
    assert both.value == pytest.approx(alone.value, rel=1e-6)
    assert both.binding == alone.binding == (str(parse_condition(cost)),)


def test_a_range_beside_the_present_value_gives_the_end_that_is_near():
    found = solve(load_scenario(LLAMA), "workload.batch", ["tpot_s<=0.02"], span=(1, 60))
    assert (found.value, found.binding) == (60, ("range",))
    beyond = solve(load_scenario(LLAMA), "workload.batch", ["tpot_s<=0.02"], span=(150, 300))
    assert (beyond.value, beyond.nearest) == (None, 150)


def test_the_largest_batch_that_fits_can_be_asked_for_in_words():
    scenario = load_scenario(LLAMA)
    for text in ("fits_memory=true", "fits_memory = yes", "fits_memory>=1", "fits_memory!=no"):
        assert solve(scenario, "workload.batch", [text], prefer="most").value == value(scenario, "max_batch")


def test_a_strict_condition_is_not_met_by_the_target_itself():
    scenario = load_scenario(LLAMA)
    target = 0.5 * value(scenario, "usd_per_query")
    found = solve(scenario, "economics.usd_per_accelerator_hour", [f"usd_per_query<{target!r}"])
    assert found.value == pytest.approx(1.475, rel=1e-4)
    assert value(with_values(scenario, found.changes), "usd_per_query") < target


def test_the_fewest_accelerators_that_hold_a_model_and_a_limit():
    """A count is planned with a layout of its own; every count up to 64 tried."""
    open_ = {f"hardware.{name}": None for name in ("tensor_parallel", "pipeline_parallel", "data_parallel")}
    scenario = with_values(load_scenario(LLAMA), open_)
    found = solve(scenario, "hardware.count", ["tpot_s<=0.02"], prefer="least", span=(1, 64))
    counts = list(range(1, 65))
    (times,) = along(scenario, "hardware.count", counts, ("tpot_s",))
    assert found.value == min(n for n, time in zip(counts, times, strict=True) if time <= 0.02)
    assert found.unit == "accelerators"


def test_a_number_that_is_not_set_needs_a_range():
    scenario = load_scenario("deepseek-r1-h200")
    key = "workload.requests_per_s"
    with pytest.raises(ScenarioError, match="no present value"):
        solve(scenario, key, ["ttft_p99_s<2"])
    scenario = with_values(scenario, {"hardware.replicas": 1})
    found = solve(scenario, key, ["ttft_p99_s<2"], span=(0.01, 100.0), prefer="most")
    assert found.now is None
    assert value(with_values(scenario, found.changes), "ttft_p99_s") < 2
    more = value(with_values(scenario, {key: 1.001 * found.value}), "ttft_p99_s")
    assert not more < 2


def test_what_is_met_everywhere_says_so():
    scenario = load_scenario(LLAMA)
    found = solve(scenario, "site.pue", ["tpot_s<=1"])
    assert found.value == found.now
    assert "does not move it: tpot_s 15.76 ms" in found.sentence
    both = solve(scenario, "site.pue", ["tpot_s<=1", "wh_per_query<=100"], span=(1, 2))
    assert both.value == both.now
    assert "at every value tried" in both.sentence
    not_set = solve(scenario, "slo.ttft_s", ["tpot_s<=1"])
    assert (not_set.value, not_set.is_met) == (None, True)
    assert not solve(scenario, "slo.ttft_s", ["tpot_s<=0.001"]).is_met


def test_where_a_value_ceases_to_exist_it_says_why():
    """Beyond 924 sequences an eight-card server holds no more, whatever the limit."""
    scenario = load_scenario(LLAMA)
    most = int(value(scenario, "max_batch"))
    for options in ({}, {"prefer": "most"}):
        found = solve(scenario, "workload.batch", ["tpot_s<=10"], **options)
        assert (found.value, found.binding) == (most, ("no value",))
        assert "does_not_fit" in found.beyond
        assert found.beyond in found.sentence
    closed = solve(load_scenario("gpt-4-training-eu"), "workload.batch", ["tpot_s<=1"])
    assert not closed.is_met
    assert "the architecture of gpt-4 is not published" in closed.sentence


def test_figures_of_the_catalogue_that_have_to_be_whole_are():
    scenario = load_scenario(LLAMA)
    found = solve(scenario, "model.layers", ["tpot_s<=0.02"], prefer="most")
    layers = list(range(81, 121))
    (times,) = along(scenario, "model.layers", layers, ("tpot_s",))
    assert found.value == max(n for n, time in zip(layers, times, strict=True) if time <= 0.02)
    assert (found.now, type(found.value)) == (80, int)


def test_a_pinned_quantity_can_be_varied():
    scenario = load_scenario(LLAMA)
    found = solve(scenario, "pins.tpot_s", ["e2e_latency_s<=10"], prefer="most", span=(0.001, 0.1))
    at = with_values(scenario, found.changes)
    assert value(at, "e2e_latency_s") == pytest.approx(10.0, rel=1e-6)
    with pytest.raises(ScenarioError, match="very quantity"):
        solve(scenario, "pins.tpot_s", ["tpot_s<=0.01"])


def test_break_even_by_hand():
    """Cost goes with the price, and that of the other is pinned at 2 thousandths of a dollar."""
    scenario = load_scenario(LLAMA)
    other = with_values(scenario, {"pins.usd_per_query": 0.002})
    key = "economics.usd_per_accelerator_hour"
    for options in ({}, {"prefer": "least"}, {"prefer": "most"}, {"span": (0.5, 2.5)}):
        found = solve(scenario, key, ["usd_per_query"], against=other, **options)
        assert found.value == pytest.approx(2.95 * 0.002 / value(scenario, "usd_per_query"), rel=1e-9)
        assert found.is_equal
        assert found.there[0][0] == pytest.approx(found.there[1][0], rel=1e-9)
    none = solve(scenario, key, ["usd_per_query"], against=other, span=(2.5, 3.0))
    assert (none.value, none.nearest) == (None, 2.5)
    same = solve(scenario, key, ["usd_per_query"], against=scenario)
    assert (same.value, same.factor) == (2.95, 1.0)


def test_a_break_even_that_the_key_does_not_decide_says_so():
    """Both rent their accelerators at the price that is set in both."""
    scenario, other = load_scenario(LLAMA), load_scenario("llama-3.1-405b-h200")
    key = "economics.usd_per_accelerator_hour"
    costs = [value(with_values(s, {key: 1.0}), "usd_per_query") for s in (scenario, other)]
    found = solve(scenario, key, ["usd_per_query"], against=other)
    assert (found.value, found.nearest, found.is_met) == (None, None, False)
    assert "moves usd_per_query of both alike" in found.sentence
    assert f"stays {costs[0] / costs[1]:.4g} times" in found.sentence


def test_break_even_of_whole_numbers_is_the_first_past_it():
    scenario = load_scenario(LLAMA)
    other = with_values(
        scenario,
        {"optimizations.prefix_cache_hit_rate": 0.5, "economics.usd_per_accelerator_hour": 3.5},
    )
    found = solve(scenario, "workload.input_tokens", ["usd_per_query"], against=other)
    tokens = [found.value - 1, found.value]
    first, then = (
        along(s, "workload.input_tokens", tokens, ("usd_per_query",))[0] for s in (scenario, other)
    )
    assert first[0] < then[0]
    assert first[1] >= then[1]
    assert "passes" in found.sentence


@pytest.mark.parametrize(
    ("key", "conditions", "error", "words"),
    [
        ("workload.bach", ["tpot_s<=1"], ScenarioError, "did you mean batch"),
        ("hardware.memory_byts", ["tpot_s<=1"], ScenarioError, "did you mean memory_bytes"),
        ("hardware.accelerator", ["tpot_s<=1"], ScenarioError, "not a number"),
        ("optimizations.chunked_prefill", ["tpot_s<=1"], ScenarioError, "not a number"),
        ("site.boundary", ["tpot_s<=1"], ScenarioError, "not a number"),
        ("workload", ["tpot_s<=1"], ScenarioError, "not a number"),
        ("workload.batch", ["tpot<=1"], QuantityError, "did you mean tpot_s"),
        ("workload.batch", ["tpot_s=1"], QuantityError, "write QUANTITY<=VALUE"),
        ("workload.batch", ["tpot_s<=1 s"], QuantityError, "write QUANTITY<=VALUE"),
        ("workload.batch", ["bound=compute"], QuantityError, "not a single number"),
        ("workload.batch", ["tpot_s<=nan"], QuantityError, "write QUANTITY<=VALUE"),
        ("workload.batch", ["bound<=1"], QuantityError, "not a single number"),
        ("workload.batch", [], InferscopeError, "give a condition"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(key, conditions, error, words):
    with pytest.raises(error, match=words) as caught:
        solve(load_scenario(LLAMA), key, conditions)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        ((4, 2), "from a lower"),
        ((2, 2), "from a lower"),
        ((math.nan, 2), "from a lower"),
        ((0, 2), "at least 1"),
    ],
)
def test_a_range_has_to_be_one(span, words):
    with pytest.raises(ScenarioError, match=words):
        solve(load_scenario(LLAMA), "workload.batch", ["tpot_s<=0.02"], span=span)


@pytest.mark.parametrize("name", ["usd_per_query<=1", "usd_per_quer", "bound"])
def test_a_break_even_takes_one_quantity(name):
    scenario = load_scenario(LLAMA)
    with pytest.raises(InferscopeError):
        solve(scenario, "workload.batch", [name], against=scenario)
    with pytest.raises(InferscopeError, match="one quantity"):
        solve(scenario, "workload.batch", ["tpot_s", "ttft_s"], against=scenario)


def test_the_table_has_both_rows_and_the_plot_both_places():
    found = solve(load_scenario(LLAMA), "workload.batch", ["tpot_s<=0.02"])
    table = found.table()
    names = [column.name for column in table.columns]
    now, answer = (dict(zip(names, row, strict=True)) for row in table.rows)
    assert (now["workload.batch"], now["misses"]) == (64, "")
    assert (answer["workload.batch"], answer["binds"]) == (110, "tpot_s<=0.02")
    assert table.changes == ({}, {"workload.batch": 110})
    assert {mark.label for mark in table.curve.marks} == {"tpot_s<=0.02", "now", "answer"}
