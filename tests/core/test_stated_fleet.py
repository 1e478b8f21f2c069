"""A fleet that is stated is paid for, busy or not; what cannot be served has no cost, margin or total."""

import math

import pytest

from inferscope.core.evaluate import OUTPUTS, evaluate
from inferscope.core.policy.profiles import in_service
from inferscope.core.scenario.files import load, with_values
from inferscope.core.standing import cost_basis
from inferscope.core.study.lifecycle import lifecycle

DAY = load("deepseek-v3-h800").scenario
NAMES = (
    "busy_share", "usd_per_query", "embodied_gco2e_per_query", "wh_per_query",
    "decode_electricity_usd_per_hour",
    "list_profit_over_cost", "list_gross_margin", "served_usd_per_day", "served_flop_per_day", "served_flop",
    "stolen_weights_share", "crossover_days_usd", "usd_per_day", "fleet_requests_per_s", "training_site_mw",
    "api_input_usd", "api_output_usd",
)  # fmt: skip


def found(scenario=DAY, **changes):
    keys = {key.replace("__", "."): value for key, value in changes.items()}
    result = evaluate(with_values(scenario, keys), NAMES)
    return {name: float(result[name][0]) for name in NAMES}, result


def test_ten_times_the_fleet_is_busy_a_tenth_of_the_time():
    stated, _ = found(hardware__fleet_accelerators=18_140, site__boundary="facility_with_reserve")
    larger, _ = found(hardware__fleet_accelerators=181_400, site__boundary="facility_with_reserve")
    assert stated["busy_share"] == pytest.approx(1606 / stated["fleet_requests_per_s"], rel=0.001)
    assert larger["busy_share"] == pytest.approx(stated["busy_share"] / 10)
    for name in ("usd_per_query", "embodied_gco2e_per_query"):
        assert larger[name] == pytest.approx(10 * stated[name])
    assert larger["wh_per_query"] > 5 * stated["wh_per_query"]
    assert larger["decode_electricity_usd_per_hour"] < stated["decode_electricity_usd_per_hour"]


def test_a_fleet_that_is_too_small_is_busy_all_the_time():
    assert found()[0]["busy_share"] == 1.0
    assert found(hardware__fleet_accelerators=10)[0]["busy_share"] == 1.0


def test_what_cannot_be_served_has_no_margin():
    served, _ = found()
    price = served["api_input_usd"] + served["api_output_usd"]
    assert served["list_profit_over_cost"] == pytest.approx(price / served["usd_per_query"] - 1)
    assert served["list_gross_margin"] == pytest.approx(1 - served["usd_per_query"] / price)
    open_, result = found(
        hardware__replicas=1, workload__queries_per_day=None, workload__requests_per_s=160_600
    )
    for name in ("usd_per_query", "list_profit_over_cost", "list_gross_margin", "served_usd_per_day"):
        assert math.isnan(open_[name]), name
        assert result.why(name).startswith("slo_unreachable: the demand is above"), name


def test_a_margin_without_a_demand_is_that_of_a_query():
    alone, result = found(
        workload__queries_per_day=None, workload__requests_per_s=None, hardware__fleet_accelerators=None
    )
    price = alone["api_input_usd"] + alone["api_output_usd"]
    assert alone["list_gross_margin"] == pytest.approx(1 - alone["usd_per_query"] / price)
    assert "% of paid hours busy" in cost_basis(result, 0, "list_gross_margin")


def test_who_buys_tokens_has_no_fleet_to_overload():
    small = {"economics__basis": "api", "hardware__replicas": 1, "hardware__fleet_accelerators": None}
    bought, _ = found(**small)
    assert bought["served_usd_per_day"] == pytest.approx(bought["usd_per_day"])
    assert bought["crossover_days_usd"] > 0


def test_stolen_weights_are_weighed_against_a_demand_or_not_at_all():
    share, result = found(load("llama-3.1-70b-h100").scenario, training__usd=1e7)
    assert math.isnan(share["stolen_weights_share"])
    assert result.why("stolen_weights_share").startswith("needs_input: workload.requests_per_s")


def test_the_training_site_has_its_own_pue():
    scenario = load("gpt-4-training-accounts").scenario
    low, high = (found(scenario, training__pue=pue)[0]["training_site_mw"] for pue in (1.1, 2.2))
    assert high == pytest.approx(2 * low)


def test_a_run_before_a_device_was_not_cooled_as_the_device_is():
    phone = load("llama-3.2-3b-phone").scenario
    result = evaluate(with_values(phone, {"training.days": 30}), ("training_site_mw",))
    assert result.bound.leaf("site_pue", 0).value == 1
    assert result.bound.leaf("training_pue", 0).value == pytest.approx(1.199, abs=0.05)


@pytest.mark.parametrize(
    "changes",
    [{}, {"lifecycle.users_growth_per_year": 5}, {"test_time.multiplier": 100}],
    ids=["as shipped", "growing", "more inference"],
)
def test_inference_in_service_is_what_is_served(changes):
    scenario = with_values(load("chatgpt-2025-crossover").scenario, changes)
    result = evaluate(scenario, (*OUTPUTS, "served_flop"))
    assert in_service(result, 0).value == pytest.approx(float(result["served_flop"][0]))


def test_inference_that_the_fleet_cannot_serve_names_the_fleet():
    scenario = with_values(load("chatgpt-2025-crossover").scenario, {"hardware.replicas": 1})
    assert in_service(evaluate(scenario, OUTPUTS), 0).missing == ("hardware.replicas",)


def test_growth_that_cancels_is_no_standstill():
    scenario = load("chatgpt-2025-crossover").scenario
    still = lifecycle(scenario).table().notes
    both = {"lifecycle.users_growth_per_year": 2, "lifecycle.cost_decline_per_year": 2}
    moving = lifecycle(with_values(scenario, both)).table().notes
    assert "demand and cost stay as they are" in still
    assert "demand and cost stay as they are" not in moving


@pytest.mark.parametrize(
    ("chip", "kind"), [("h100-sxm", "computed"), ("h20", "assumption"), ("tpu-v5e", ""), ("rtx-4090", "")]
)
def test_making_is_known_of_an_h100_assumed_of_its_like_and_unknown_of_others(chip, kind):
    scenario = with_values(load("llama-3-8b-rtx-4090").scenario, {"hardware.accelerator": chip})
    result = evaluate(scenario, ("embodied_gco2e_per_query",))
    leaf = result.bound.leaf("site_embodied_kg_per_accelerator", 0)
    if kind:
        assert (leaf.value, leaf.kind) == (985.5, kind)
    else:
        assert leaf.why == "needs_input: site.embodied_kg_per_accelerator"
