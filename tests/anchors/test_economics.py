"""Published chains of cost and energy come out of presets, and move as arithmetic by hand says."""

import pytest

from inferscope.core.evaluate import evaluate
from inferscope.core.scenario.files import load, with_values

CLOSE = 0.002
"""The tolerance that goes with the published points."""


def computed(preset, names, **changes):
    """Quantities of a preset, with keys changed; two underscores for a dot."""
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    result = evaluate(with_values(load(preset).scenario, dotted), names)
    return {name: float(result[name][0]) for name in names}


CHAIN = {
    "flop_method_accelerators": 28_936,
    "flop_method_usd_per_day": 694_464,
    "queries_per_day": 195e6,
    "flop_method_usd_per_query": 0.003561,
    "flop_method_accelerator_s": 12.82,
    "flop_method_mwh_per_day": 564.25,
    "flop_method_wh_per_query": 2.894,
}


def test_the_chain_of_2023_comes_out_of_its_inputs():
    found = computed("chatgpt-2023-chain", list(CHAIN))
    assert found == {name: pytest.approx(value, rel=CLOSE) for name, value in CHAIN.items()}


@pytest.mark.parametrize(
    ("key", "factor", "moved"),
    [
        ("workload__users", 2, {"flop_method_accelerators": 2, "flop_method_wh_per_query": 1}),
        (
            "workload__output_tokens",
            0.25,
            {"flop_method_usd_per_query": 0.25, "flop_method_wh_per_query": 0.25},
        ),
        ("flop_method__utilization", 0.5, {"flop_method_usd_per_day": 2, "flop_method_accelerators": 2}),
        (
            "economics__usd_per_accelerator_hour",
            1.5,
            {"flop_method_usd_per_day": 1.5, "flop_method_accelerators": 1},
        ),
        ("hardware__server_w", 2, {"flop_method_mwh_per_day": 2, "flop_method_usd_per_day": 1}),
    ],
)
def test_an_input_of_the_chain_moves_it_in_proportion(key, factor, moved):
    was = computed("chatgpt-2023-chain", list(moved))
    section, name = key.split("__")
    scenario = load("chatgpt-2023-chain").scenario
    part = getattr(scenario, section)
    given = part.overrides[name] if section == "hardware" else getattr(part, name)
    value = given["value"] if isinstance(given, dict) else given.mid
    now = computed("chatgpt-2023-chain", list(moved), **{key: value * factor})
    assert {n: now[n] / was[n] for n in moved} == {n: pytest.approx(ratio) for n, ratio in moved.items()}


def test_the_servers_of_2023_are_an_output_of_the_model_within_two():
    servers = computed("chatgpt-2023", ["accelerators_needed"])["accelerators_needed"] / 8
    assert 1 / 2 < servers / 3617 < 2


def test_epoch_s_query_takes_what_it_published():
    found = computed("epoch-query-energy", ["flop_method_accelerator_s", "flop_method_wh_per_query"])
    assert found["flop_method_accelerator_s"] == pytest.approx(1.0111, rel=CLOSE)
    assert found["flop_method_wh_per_query"] == pytest.approx(0.3008, rel=CLOSE)


def test_epoch_s_pessimistic_query_takes_what_it_published():
    found = computed(
        "epoch-query-energy",
        ["flop_method_wh_per_query"],
        pins__active_parameters=200e9,
        workload__output_tokens=1500,
        flop_method__utilization=0.05,
        site__pue=1.3,
    )
    assert found["flop_method_wh_per_query"] == pytest.approx(3.911, rel=CLOSE)


def test_the_production_day_closes_in_cost_revenue_and_margin():
    """562,027 USD were published; the tokens are rounded to 1e9, and the preset's lengths to whole tokens."""
    names = ["usd_per_day", "list_revenue_usd_per_day", "list_profit_over_cost", "list_gross_margin"]
    day = computed("deepseek-v3-h800", names)
    assert day["usd_per_day"] == pytest.approx(87_072, rel=1e-6)
    assert day["list_revenue_usd_per_day"] == pytest.approx(562_100, rel=CLOSE)
    assert day["list_profit_over_cost"] == pytest.approx(5.455, rel=CLOSE)
    assert day["list_gross_margin"] == pytest.approx(1 - 87_072 / 562_100, rel=CLOSE)


def test_a_dearer_output_token_raises_the_revenue_of_the_day_by_its_tokens():
    """1 USD more on each of 168e9 / 1e6 millions of output tokens is 168,000 USD."""
    name = "list_revenue_usd_per_day"
    was = computed("deepseek-v3-h800", [name])[name]
    now = computed("deepseek-v3-h800", [name], economics__api_usd_per_million_output_tokens=3.19)[name]
    assert now - was == pytest.approx(168_000, rel=0.01)


def test_the_cost_of_a_rented_day_moves_with_nodes_and_rent():
    """200 nodes of eight at 1.5 USD: 57,600 USD."""
    found = computed(
        "deepseek-v3-h800",
        ["usd_per_day"],
        hardware__fleet_accelerators=1600,
        economics__usd_per_accelerator_hour=1.5,
    )
    assert found["usd_per_day"] == pytest.approx(57_600)


def test_what_a_query_costs_follows_the_rent_of_the_day():
    rents = {"2023-07-01": 1.99, "2023-10-31": 4.76, "2025-12-24": 1.7, "2026-04-01": 2.35}
    costs = {
        day: computed("h100-rent-through-time", ["usd_per_query"], as_of=day)["usd_per_query"]
        for day in rents
    }
    each = {day: cost / rents[day] for day, cost in costs.items()}
    assert max(each.values()) == pytest.approx(min(each.values()), rel=1e-9)


def test_before_the_series_begins_there_is_no_rent():
    scenario = with_values(load("h100-rent-through-time").scenario, {"as_of": "2023-05-31"})
    result = evaluate(scenario, ["usd_per_query"])
    assert result.why("usd_per_query") == (
        "needs_input: economics.usd_per_accelerator_hour (no rent of h100-sxm by 2023-05-31 in the series)"
    )


def test_every_step_from_2023_to_2025_is_carried_by_an_input():
    was, now = (
        computed(name, ["usd_per_query", "wh_per_query", "queries_per_day"])
        for name in ("chatgpt-2023", "waterfall-2023-to-2025")
    )
    assert was["queries_per_day"] == now["queries_per_day"]
    assert 8 < was["usd_per_query"] / now["usd_per_query"] < 40
    assert 8 < was["wh_per_query"] / now["wh_per_query"] < 40


def test_fresh_input_tokens_carry_the_prompts_and_a_list_price_is_its_own():
    names = ["usd_per_million_input_tokens", "usd_per_million_fresh_input_tokens"]
    day = computed("deepseek-v3-h800", names)
    assert day[names[1]] == pytest.approx(day[names[0]] / (1 - 0.563))
    listed = computed("deepseek-v3-h800", names, economics__basis="api")
    assert listed[names[1]] == pytest.approx(0.55)
