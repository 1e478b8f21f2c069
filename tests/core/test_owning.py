"""Cost in three bases: by hand, against published sums, and never mixed silently."""

import numpy as np
import pytest

from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import evaluate
from inferscope.core.quantities.owning import capital_recovery_factor
from inferscope.core.report import reports
from inferscope.core.scenario.files import load, load_scenario, with_values
from inferscope.core.standing import cost_basis

PARTS = ("capital_usd_per_hour", "colocation_usd_per_hour", "electricity_usd_per_hour", "owned_usd_per_hour")
NAMES = (
    "usd_per_query", "usd_per_day", "usd_per_million_input_tokens", "usd_per_million_output_tokens",
    "tpot_s", "wh_per_query", "capital_recovery_factor", "replica_usd_per_hour",
    *(f"decode_{name}" for name in PARTS),
)  # fmt: skip


def found(preset="llama-3.1-70b-h100", **economics):
    given = {f"economics.{key}": value for key, value in economics.items()}
    return evaluate(with_values(load_scenario(preset), given), NAMES)


def owned(**economics):
    return found(basis="owned", **economics)


# --- owned ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capex", "years", "wacc", "capital"), [(50_000, 4, 0.10, 1.68), (35_000, 5, 0.08, 0.932)]
)
def test_capital_is_that_of_the_notes_own_check(capex, years, wacc, capital):
    result = owned(capex_usd_per_accelerator=capex, lifetime_years=years, wacc=wacc, residual_share=0.1)
    assert result["decode_capital_usd_per_hour"][0] == pytest.approx(capital, abs=0.005)


def test_capital_recovery_by_hand_and_without_interest():
    assert owned(wacc=0.1, lifetime_years=4)["capital_recovery_factor"][0] == pytest.approx(0.31547, abs=1e-5)
    assert owned(wacc=0, lifetime_years=4)["capital_recovery_factor"][0] == 0.25


def test_space_and_electricity_by_hand():
    result = owned()
    assert result["decode_colocation_usd_per_hour"][0] == pytest.approx(184.06 * 12 * 1.275 / 8766)
    assert 0.05 < result["decode_electricity_usd_per_hour"][0] < 0.1  # 0.087 at a mean draw of 0.7 of rated


def test_the_rest_is_a_share_of_the_whole():
    plain, with_rest = owned(opex_share=0), owned(opex_share=0.2)
    hour = "decode_owned_usd_per_hour"
    assert with_rest[hour][0] == pytest.approx(plain[hour][0] / 0.8)
    parts = sum(plain[f"decode_{name}"][0] for name in PARTS[:3])
    assert plain[hour][0] == pytest.approx(parts)


@pytest.mark.parametrize(
    ("chip", "low", "high"), [("h100-sxm", 1.30, 1.69), ("h200-sxm", 1.41, 1.74), ("b200-sxm", 1.95, 2.34)]
)
def test_an_owners_hour_is_within_a_factor_of_published_ones(chip, low, high):
    """SemiAnalysis (InferenceX, 2026-04-03): a hyperscaler's and a new cloud's cost; they buy cheaper."""
    scenario = with_values(load_scenario("llama-3.1-70b-h100"), {"hardware.accelerator": chip})
    result = evaluate(with_values(scenario, {"economics.basis": "owned"}), NAMES)
    hour = result["decode_owned_usd_per_hour"][0]
    if np.isnan(hour):
        assert result.why("usd_per_query", 0).startswith("needs_input: economics.capex_usd_per_accelerator")
    else:
        assert low / 1.25 < hour < 1.8 * high


def test_only_the_cost_depends_on_the_basis():
    rental, own = found(), owned()
    for name in ("tpot_s", "wh_per_query"):
        assert own[name][0] == rental[name][0]
    ratio = own["decode_owned_usd_per_hour"][0] / 2.95
    for name in ("usd_per_query", "usd_per_million_output_tokens", "usd_per_day"):
        assert own[name][0] / rental[name][0] == pytest.approx(ratio, rel=1e-9), name


def test_utilisation_enters_once():
    busy, idle = owned(utilization=0.8), owned(utilization=0.4)
    hours = [result["decode_owned_usd_per_hour"][0] for result in (busy, idle)]
    assert hours[0] > hours[1]  # an idle hour takes less electricity
    ratio = idle["usd_per_query"][0] / busy["usd_per_query"][0]
    assert ratio == pytest.approx(2 * hours[1] / hours[0])


def test_an_unpriced_accelerator_names_what_is_missing():
    result = evaluate(
        with_values(load_scenario("llama-3.1-70b-tpu-v5e"), {"economics.basis": "owned"}), ["usd_per_query"]
    )
    assert result.why("usd_per_query", 0).startswith("needs_input: economics.capex_usd_per_accelerator")


# --- api ------------------------------------------------------------------------------------------


def test_a_query_at_list_price_by_hand():
    result = found(
        "deepseek-v3-h800", basis="api", api_usd_per_million_input_tokens=0.55,
        api_usd_per_million_cached_input_tokens=0.14, api_usd_per_million_output_tokens=2.19,
    )  # fmt: skip
    expected = 4383 * (0.437 * 0.55 + 0.563 * 0.14) / 1e6 + 1211 * 2.19 / 1e6
    assert result["usd_per_query"][0] == pytest.approx(expected)
    assert result["usd_per_million_output_tokens"][0] == pytest.approx(2.19)
    assert result["usd_per_day"][0] == pytest.approx(expected * 1606 * 86_400)


def test_deepseeks_day_at_list_price_is_the_revenue_that_it_named():
    """562,027 USD of theoretical revenue at R1's prices against 87,072 USD of rent: a margin of 84.5 %."""
    prices = {"input": 0.55, "cached_input": 0.14, "output": 2.19}
    listed = {f"api_usd_per_million_{kind}_tokens": price for kind, price in prices.items()}
    revenue = found("deepseek-v3-h800", basis="api", **listed)["usd_per_day"][0]
    cost = found("deepseek-v3-h800")["usd_per_day"][0]
    assert revenue == pytest.approx(562_027, rel=0.05)
    assert 1 - cost / revenue == pytest.approx(0.845, rel=0.05)


UNPRICED = dict.fromkeys(f"api_usd_per_million_{kind}_tokens" for kind in ("input", "cached_input", "output"))
"""The preset of the day brings list prices of its own."""


def test_a_discount_and_cached_input_without_a_price_of_its_own():
    prices = {"api_usd_per_million_input_tokens": 1, "api_usd_per_million_output_tokens": 2}
    whole = found("deepseek-v3-h800", basis="api", **{**UNPRICED, **prices})
    half = found("deepseek-v3-h800", basis="api", **{**UNPRICED, **prices, "api_discount": 0.5})
    assert half["usd_per_query"][0] == pytest.approx(whole["usd_per_query"][0] / 2)
    assert whole["usd_per_query"][0] == pytest.approx((4383 * 1 + 1211 * 2) / 1e6)


def test_the_price_is_the_lists_on_the_date_or_named_as_missing():
    unpriced = {f"economics.{name}": None for name in UNPRICED}
    now = with_values(load_scenario("deepseek-v3-h800"), unpriced)
    late = evaluate(with_values(now, {"economics.basis": "api", "as_of": "2026-11-22"}), NAMES)
    assert late["usd_per_million_output_tokens"][0] == pytest.approx(0.55)
    early = evaluate(with_values(now, {"economics.basis": "api"}), NAMES)
    assert early.why("usd_per_query", 0).startswith("needs_input: economics.api_usd_per_million_input_tokens")
    with pytest.raises(InferscopeError, match="api_provider"):
        evaluate(with_values(now, {"economics.basis": "api", "economics.api_provider": "nobody"}), NAMES)


# --- what is said ---------------------------------------------------------------------------------


def test_every_cost_says_its_basis_and_what_it_is_made_of():
    rental = evaluate(load_scenario("llama-3.1-70b-h100"), NAMES)
    assert cost_basis(rental).startswith("rental, 2.95 USD per accelerator-hour (h100-sxm")
    own = evaluate(with_values(load_scenario("llama-3.1-70b-h100"), {"economics.basis": "owned"}), NAMES)
    assert "capital" in cost_basis(own)
    assert "over 5 years at 10 %" in cost_basis(own)
    assert "bought for 41,728 USD with server and network, by the catalogue's price of 2024-03" in cost_basis(
        own
    )
    for key, value in (
        ("economics.capex_usd_per_accelerator", 50000),
        ("hardware.purchase_usd", 40500),
    ):
        given = evaluate(with_values(own.bound.resolved[0].scenario, {key: value}), NAMES)
        assert "bought for 50,0" in cost_basis(given), key
        assert "with server and network, as given;" in cost_basis(given), key
    values = {
        **{f"economics.{name}": None for name in UNPRICED},
        "economics.basis": "api",
        "as_of": "2026-11-22",
    }
    listed = evaluate(with_values(load_scenario("deepseek-v3-h800"), values), NAMES)
    assert "deepseek's list price of deepseek-chat" in cost_basis(listed)
    assert "margin unknown" in cost_basis(listed)


def test_prices_that_lie_far_apart_are_named():
    from dataclasses import replace

    loaded = load("llama-3.1-70b-h100")
    own = replace(loaded, scenario=with_values(loaded.scenario, {"economics.basis": "owned"}))
    (report,) = reports([own])
    note = next(note for note in report["notes"] if "months apart" in note)
    assert "purchase of 2024-03" in note
    (rented,) = reports([loaded])
    assert not any("months apart" in note for note in rented["notes"])


def test_capital_that_costs_next_to_nothing_comes_back_in_equal_parts():
    for rate in (0.0, 1e-17, 1e-12):
        assert capital_recovery_factor(np.array([rate]), np.array([5.0]))[0] == pytest.approx(0.2)


def test_a_list_price_half_given_needs_the_other_half_and_cites_each():
    half = {"economics.basis": "api", "economics.api_usd_per_million_input_tokens": 1.0}
    open_ = evaluate(with_values(load_scenario("llama-3.1-70b-h100"), half), NAMES)
    assert open_.why("usd_per_query") == "needs_input: economics.api_usd_per_million_output_tokens"
    assert cost_basis(open_) == "api list price"
    mixed = {"economics.basis": "api", "economics.api_usd_per_million_output_tokens": 5.0}
    given = cost_basis(evaluate(with_values(load_scenario("deepseek-v3-h800"), mixed), NAMES))
    assert "in: R1's list price of the day" in given
    assert "out: scenario)" in given
