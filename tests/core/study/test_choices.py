"""Other choices that bring a quantity to a target, against trying each."""

import math

import pytest

from inferscope.core import catalog
from inferscope.core.evaluate import evaluate
from inferscope.core.scenario.files import load_scenario, with_values
from inferscope.core.study.choices import choose


def chosen(name, quantity, share):
    scenario = load_scenario(name)
    now = float(evaluate(scenario, (quantity,))[quantity][0])
    return scenario, share * now, {item.key: item for item in choose(scenario, quantity, share * now)}


def test_the_country_is_the_one_that_just_meets_the_target():
    scenario, target, found = chosen("chatgpt-2023", "gco2e_per_query", 0.3)
    region, values = found["site.region"], {}
    for name in catalog.ids("region"):
        other = with_values(scenario, {"site.region": name})
        values[name] = float(evaluate(other, ("gco2e_per_query",))["gco2e_per_query"][0])
    good = {name: value for name, value in values.items() if value <= target}
    assert region.reaching == len(good)
    assert region.value == max(good.values()) == pytest.approx(values[region.needed])
    assert region.tried == len(values) - 1
    assert region.changes == {"site.region": region.needed}


def test_an_accelerator_comes_without_the_price_and_figures_of_the_present_one():
    scenario, target, found = chosen("deepseek-r1-h200", "usd_per_query", 0.8)
    base = with_values(
        scenario, {"economics.usd_per_accelerator_hour": 3.5, "hardware.memory_bytes": 150_000_000_000}
    )
    item = next(i for i in choose(base, "usd_per_query", target) if i.key == "hardware.accelerator")
    assert item.changes == {
        "hardware.accelerator": item.needed,
        "hardware.memory_bytes": None,
        "economics.usd_per_accelerator_hour": None,
    }
    assert item.needed == found["hardware.accelerator"].needed
    assert float(evaluate(with_values(base, item.changes))["usd_per_query"][0]) == item.value <= target


def test_where_none_reaches_it_the_nearest_is_named():
    _, target, found = chosen("llama-3.1-70b-h100", "usd_per_query", 0.01)
    for item in found.values():
        assert item.needed is None
        assert item.reaching == 0
        assert item.nearest
        assert item.value > target
        assert item.changes == {}


def test_what_does_not_move_the_quantity_is_left_out():
    assert "site.region" not in chosen("llama-3.1-70b-h100", "tpot_s", 0.9)[2]


def test_drafting_heads_are_offered_only_to_models_that_have_them():
    scenario = load_scenario("llama-3.1-70b-h100")
    item = next(i for i in choose(scenario, "tpot_s", 1e-9) if i.key == "optimizations.speculative")
    assert (item.now, item.tried) == ("off", len(catalog.speculative_methods()) - 1)
    assert item.nearest != "mtp"


def test_a_missing_number_may_come_with_another_choice():
    """No price of an H20: other accelerators have one."""
    found = {i.key: i for i in choose(load_scenario("deepseek-r1-h20"), "usd_per_query", 0.02)}
    assert found["hardware.accelerator"].reaching > 0
    assert math.isfinite(found["hardware.accelerator"].value)
