"""Targets reached by single inputs, where the answer is known by hand or by trying."""

import itertools
import math

import pytest

from inferscope.core.errors import QuantityError
from inferscope.core.evaluate import evaluate
from inferscope.core.scenario.files import load_scenario, load_values, with_values
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.inputs import INPUTS, limits
from inferscope.core.study.reach import reach


def value(scenario, quantity):
    return float(evaluate(scenario, (quantity,))[quantity][0])


def by_key(found):
    return {item.key: item for item in found}


def reached(name, quantity, share, **changes):
    scenario = load_scenario(name)
    if changes:
        scenario = with_values(scenario, changes)
    return scenario, by_key(reach(scenario, quantity, share * value(scenario, quantity)))


def test_half_the_cost_by_price_needs_half_the_price_exactly():
    _, found = reached("llama-3.1-70b-h100", "usd_per_query", 0.5)
    price = found["economics.usd_per_accelerator_hour"]
    assert (price.now, price.needed, price.factor, price.why) == (2.95, 1.475, 0.5, "")
    assert price.changes == {"economics.usd_per_accelerator_hour": 1.475}


def test_twice_the_carbon_by_grid_or_pue_needs_twice_of_either():
    """Already met: how far each may go."""
    _, found = reached("chatgpt-2023", "gco2e_per_query", 2.0)
    assert found["site.grid_gco2e_per_kwh"].factor == pytest.approx(2.0, rel=1e-9)
    assert found["site.pue"].factor == pytest.approx(2.0, rel=1e-9)
    assert found["optimizations.prefix_cache_hit_rate"].why == "meets the target at every value tried"


def test_a_limit_that_is_kept_may_go_as_far_as_the_plan_still_keeps_it():
    """The plan follows a looser limit with a larger batch, farther than the batch held as it is."""
    scenario = load_scenario("chatgpt-query")
    limit = by_key(reach(scenario, "tpot_s", 62.45e-3))["slo.tpot_s"]
    assert limit.now < limit.needed <= 62.5e-3
    assert value(with_values(scenario, limit.changes), "tpot_s") <= 62.45e-3


def test_twice_the_tpp_by_any_one_peak_needs_twice_that_peak():
    """An H100's bf16, fp8 and int8 peaks times their bits are alike; the largest counts."""
    _, found = reached("llama-3.1-70b-h100", "tpp", 2.0)
    assert found["hardware.bf16_flop_per_s"].factor == pytest.approx(2.0, rel=1e-3)
    assert found["hardware.fp8_flop_per_s"].factor == pytest.approx(2.0, rel=1e-3)
    assert found["economics.utilization"].why == "does not move it"


def test_the_least_moved_comes_first_and_what_cannot_reach_comes_last():
    scenario = load_scenario("deepseek-v3-h800")
    found = reach(scenario, "ttft_p99_s", 0.8)
    can = [item for item in found if item.needed is not None]
    assert can
    assert list(found[: len(can)]) == can
    moved = [abs(math.log(item.factor)) for item in can if item.factor]
    assert moved == sorted(moved)
    assert all(item.why for item in found[len(can) :])


@pytest.mark.parametrize(
    ("name", "quantity", "share"),
    [
        ("llama-3.1-70b-h100", "usd_per_query", 0.8),
        ("deepseek-r1-h200", "tpot_s", 0.6),
        ("deepseek-r1-h200", "output_tok_s_per_accelerator", 1.2),
        ("chatgpt-2023", "usd_per_day", 0.5),
        ("deepseek-v3-h800", "ttft_p99_s", 0.9),
        ("llama-3.1-70b-h100", "max_batch", 2.0),
    ],
)
def test_what_is_needed_meets_the_target_once_it_is_set(name, quantity, share):
    scenario, found = reached(name, quantity, share)
    target = share * value(scenario, quantity)
    is_lower = share < 1
    can = [item for item in found.values() if item.needed is not None]
    assert can
    for item in can:
        there = value(with_values(scenario, item.changes), quantity)
        assert there == item.value
        assert there <= target * (1 + 1e-9) if is_lower else there >= target * (1 - 1e-9)


def test_less_than_needed_does_not_reach_it():
    scenario, found = reached("llama-3.1-70b-h100", "usd_per_query", 0.8)
    target = 0.8 * value(scenario, "usd_per_query")
    for key, item in found.items():
        if item.needed is None or item.factor is None:
            continue
        short = item.needed - 1 if item.needed > item.now else item.needed + 1
        if not limits(key).whole and not next(i for i in INPUTS if i.key == key).is_whole:
            short = item.now * item.factor**0.99
        assert value(with_values(scenario, {key: short}), "usd_per_query") > target


def test_the_batch_is_the_largest_that_keeps_a_latency():
    """All batches tried: the one that is found, and not the next."""
    scenario, found = reached("llama-3.1-70b-h100", "tpot_s", 1.3)
    item = found["workload.batch"]
    target = 1.3 * value(scenario, "tpot_s")
    batches = itertools.takewhile(
        lambda b: value(with_values(scenario, {"workload.batch": b}), "tpot_s") <= target, itertools.count(64)
    )
    assert item.needed == max(batches)
    assert isinstance(item.changes["workload.batch"], int)


def test_what_cannot_reach_it_says_how_near_it_comes():
    _, found = reached("llama-3.1-70b-h100", "usd_per_query", 0.5)
    busy = found["economics.utilization"]
    assert busy.needed is None
    assert busy.why == "comes nearest at 1: 0.001668 USD"  # 0.6 of 0.002781 USD
    assert busy.value == pytest.approx(0.6 * 0.002779352326768704)
    assert found["site.pue"].why == "does not move it"


def test_a_missing_price_is_found_for_a_cost():
    """No price of an H20 in the catalogue: a cost says which would give it."""
    scenario = load_scenario("deepseek-r1-h20")
    item = by_key(reach(scenario, "usd_per_query", 0.01))["economics.usd_per_accelerator_hour"]
    assert (item.now, item.factor) == (None, None)
    once = value(with_values(scenario, {item.key: 1.0}), "usd_per_query")
    assert item.needed == pytest.approx(0.01 / once, rel=1e-9)


def test_a_limit_that_is_not_set_may_be_set():
    scenario = with_values(load_scenario("deepseek-r1-h200"), {"slo.tpot_s": None})
    item = by_key(reach(scenario, "tpot_s", 0.04))["slo.tpot_s"]
    assert item.now is None
    assert item.needed <= 0.0401
    assert item.value <= 0.04


def test_what_does_not_fit_says_what_memory_it_would_take():
    scenario = load_values({"model": {"id": "llama-3.1-70b"}, "hardware": {"count": 1}})
    item = by_key(reach(scenario, "max_batch", 1.0))["hardware.memory_bytes"]
    assert 141.1e9 / 80 / 2**30 < item.factor < 2  # weights in bf16 and what comes on top, in 80 GiB
    assert value(with_values(scenario, item.changes), "max_batch") >= 1


def test_an_unknown_quantity_names_the_nearest():
    with pytest.raises(QuantityError, match="usd_per_query"):
        reach(Scenario(), "usd_per_queri", 1.0)


@pytest.mark.parametrize("item", INPUTS, ids=lambda item: item.key)
def test_every_input_is_a_key_of_the_scenario_within_its_bounds(item):
    bounds = limits(item.key)
    assert any(v is not None for v in (bounds.ge, bounds.gt))
    base = load_scenario("deepseek-v3-h800")
    if item.key in ("workload.users", "workload.queries_per_user_per_day"):
        base = load_scenario("chatgpt-2023")
    if item.key == "workload.queries_per_day":
        base = with_values(base, {"workload.requests_per_s": None})
    if ".speculative." in item.key:
        base = with_values(base, {"optimizations.speculative.method": "mtp"})
    least = 1 if bounds.ge is None else bounds.ge
    assert with_values(base, {item.key: least})
