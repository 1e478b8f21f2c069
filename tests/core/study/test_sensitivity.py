"""What moves an answer, against scenarios evaluated one by one and numbers done by hand."""

import math
import sys

import numpy as np
import pytest

from inferscope.core.errors import InferscopeError, QuantityError
from inferscope.core.evaluate import CONTRACT, evaluate
from inferscope.core.export.studies import as_json, as_markdown, as_text
from inferscope.core.scenario.changed import title
from inferscope.core.scenario.files import load_scenario, with_values
from inferscope.core.scenario.names import preset_names
from inferscope.core.scenario.ranges import Number
from inferscope.core.study import movers
from inferscope.core.study.draws import quantiles, uncertain
from inferscope.core.study.factors import Trial, factors, held
from inferscope.core.study.rates import _rate
from inferscope.core.study.sampling import drawn
from inferscope.core.study.sensitivity import Answer, Sensitivity, sensitivity
from inferscope.core.study.sobol import sobol_indices

DENSE = "llama-3.1-70b-h100"
PRICE, BUSY = "economics.usd_per_accelerator_hour", "economics.utilization"
RANGES = {
    PRICE: {"dist": "lognormal", "p5": 2.0, "p95": 4.0},
    BUSY: {"dist": "uniform", "low": 0.4, "high": 0.8},
}
COST = "usd_per_million_output_tokens"


def value(scenario, quantity, **changes):
    return float(evaluate(with_values(scenario, changes) if changes else scenario, (quantity,))[quantity][0])


def with_(scenario, changes):
    return with_values(scenario, changes)


def by_key(found, quantity=None):
    answer = next(a for a in found.answers if quantity in (None, a.quantity))
    return {mover.factor.name: mover for mover in answer.movers}


# --- one at a time -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["chatgpt-2023", "deepseek-v3-h800", "gpt-oss-120b-m3-ultra"])
@pytest.mark.parametrize("hold", [False, True])
def test_the_ends_are_what_each_scenario_alone_gives(name, hold):
    scenario = load_scenario(name)
    stands = held(scenario) if hold else scenario
    for quantity in ("usd_per_day", "tpot_s", "wh_per_query"):
        found = by_key(sensitivity(scenario, quantity, hold=hold))
        assert found or math.isnan(value(scenario, quantity))
        for mover in found.values():
            for ends, shown in zip(mover.factor.ends(), (mover.at_low, mover.at_high), strict=True):
                changes = {k: int(v) if v == int(v) else v for k, v in ends.items()}
                alone = value(with_(stands, changes), quantity)
                assert shown == pytest.approx(alone, rel=1e-9, nan_ok=True), (quantity, changes)


@pytest.mark.parametrize("name", sorted(preset_names()))
def test_numbers_set_to_their_present_values_change_nothing(name):
    scenario = load_scenario(name)
    found = Trial(scenario, factors(scenario, CONTRACT).factors).at(CONTRACT, {}, 1)
    expected = evaluate(scenario)
    for quantity in CONTRACT:
        assert found[quantity][0] == pytest.approx(expected[quantity][0], rel=1e-9, nan_ok=True), quantity


@pytest.mark.parametrize("name", sorted(preset_names()))
def test_the_plan_held_is_the_plan(name):
    scenario = load_scenario(name)
    found, expected = evaluate(held(scenario)), evaluate(scenario)
    for quantity in CONTRACT:
        assert found[quantity][0] == pytest.approx(expected[quantity][0], rel=1e-9, nan_ok=True), quantity


def test_a_price_moves_the_cost_by_its_own_share():
    """20 % more price is 20 % more cost; 20 % less use is a quarter more."""
    found = sensitivity(load_scenario(DENSE), COST)
    base, movers = found.answers[0].base, by_key(found)
    assert movers[PRICE].at_low == pytest.approx(0.8 * base)
    assert movers[PRICE].at_high == pytest.approx(1.2 * base)
    assert movers[BUSY].at_low == pytest.approx(base / 0.8)
    assert movers[BUSY].swing == pytest.approx((1 / 0.8 - 1 / 1.2) * base)
    strengths = [mover.swing for mover in found.answers[0].movers]
    assert strengths == sorted(strengths, reverse=True)


def test_a_number_with_a_range_goes_to_its_ends():
    scenario = with_(load_scenario(DENSE), RANGES)
    found = by_key(sensitivity(scenario, COST))
    assert (found[PRICE].factor.low, found[PRICE].factor.high) == (2.0, 4.0)
    assert found[PRICE].at_low == pytest.approx(value(with_(scenario, {PRICE: 2.0}), COST))
    assert found[BUSY].at_high == pytest.approx(value(with_(scenario, {BUSY: 0.8}), COST))
    assert {found[key].factor.origin for key in RANGES} == {"scenario"}
    assert found["workload.batch"].factor.origin == "span"


def test_numbers_of_a_group_move_together_and_the_inverse_ones_against_them():
    ranges = {
        PRICE: {"low": 2.0, "mid": 3.0, "high": 4.0, "group": "market"},
        BUSY: {"low": 0.4, "mid": 0.6, "high": 0.8, "group": "-market"},
    }
    scenario = with_(load_scenario(DENSE), ranges)
    mover = by_key(sensitivity(scenario, COST, method="all", samples=64))["market"]
    assert mover.factor.ends() == ({PRICE: 2.0, BUSY: 0.8}, {PRICE: 4.0, BUSY: 0.4})
    assert mover.at_high == pytest.approx(value(with_(scenario, {PRICE: 4.0, BUSY: 0.4}), COST))
    assert mover.total == pytest.approx(1.0, abs=0.2)  # nothing else has a range
    assert math.isnan(mover.rate.value)


def test_a_group_that_is_called_like_a_key_is_not_that_key():
    ranges = {
        PRICE: {"low": 2.0, "mid": 3.0, "high": 4.0, "group": BUSY},
        "site.pue": {"low": 1.1, "mid": 1.2, "high": 1.5, "group": BUSY},
        BUSY: {"low": 0.4, "mid": 0.6, "high": 0.8},
    }
    scenario = with_(load_scenario(DENSE), ranges)
    found = {f.name: f for f in factors(scenario, CONTRACT).factors}
    assert set(found[f"group {BUSY}"].ends()[0]) == {PRICE, "site.pue"}
    assert found[BUSY].ends() == ({BUSY: 0.4}, {BUSY: 0.8})
    values = drawn(uncertain(scenario), 64)
    ranks = {key: np.argsort(np.argsort(values[key])) for key in ranges}
    np.testing.assert_array_equal(ranks[PRICE], ranks["site.pue"])
    assert not np.array_equal(ranks[PRICE], ranks[BUSY])


def test_what_the_catalogue_knows_counts_when_asked():
    scenario = load_scenario(DENSE)
    plain = by_key(sensitivity(scenario, "tpot_s"))
    known = by_key(sensitivity(scenario, "tpot_s", catalog_ranges=True))
    assert "calibration_weight_bandwidth_share" not in plain
    mover = known["calibration_weight_bandwidth_share"]
    assert mover.factor.origin == "catalogue"
    changed = with_(scenario, {"calibration.weight_bandwidth_share": mover.factor.low})
    assert mover.at_low == pytest.approx(value(changed, "tpot_s"))


def test_ends_keep_to_the_bounds_and_whole_numbers_move_by_one():
    scenario = with_(
        load_scenario(DENSE), {BUSY: 0.9, "hardware.replicas": 1, "workload.requests_per_s": 1.0}
    )
    found = {f.name: f for f in factors(scenario, CONTRACT).factors}
    assert (found[BUSY].low, found[BUSY].high) == (pytest.approx(0.72), 1.0)
    assert (found["hardware.replicas"].low, found["hardware.replicas"].high) == (1.0, 2.0)
    assert found["workload.input_tokens"].low == 819.0


def test_what_is_not_moved_is_said():
    found = sensitivity(load_scenario("deepseek-v3-h800"), "training_usd")
    assert "model.training_tokens" not in by_key(found)
    text = "\n".join(found.notes)
    assert "since a share of 0 is 0: Reasoning, fp4 peak" in text
    assert "since it is planned: batch, replicas" in text
    assert "since setting it replaces a published figure: Training tokens" in text


def test_an_end_without_a_value_says_why():
    scenario = with_(load_scenario(DENSE), {"workload.batch": 850})
    found = sensitivity(scenario, "tpot_s")
    memory = by_key(found)["hardware.memory_bytes"]
    assert math.isnan(memory.at_low)
    assert memory.why.startswith("none at the low end: does not fit")
    assert found.sentence.endswith("; at an end of Batch, Prompt and Memory it has no value.")


# --- in ratio ------------------------------------------------------------------------------------


def test_elasticities_of_power_laws_are_their_exponents():
    found = by_key(sensitivity(load_scenario(DENSE), COST, method="elasticity"))
    assert found[PRICE].rate.value == pytest.approx(1.0, abs=1e-9)
    assert found[BUSY].rate.value == pytest.approx(-1.0, abs=1e-9)
    assert found[PRICE].rate.note == ""
    assert math.isnan(found[PRICE].at_low)  # not asked for


def test_elasticities_hold_the_plan():
    """A batch that follows the limit would keep the time per token near it whatever the bandwidth."""
    scenario = with_(load_scenario(DENSE), {"workload.batch": None, "slo.tpot_s": 0.03})
    key = "hardware.memory_bandwidth_bytes_per_s"
    rate = by_key(sensitivity(scenario, "tpot_s", method="elasticity"))[key].rate
    fixed, now = held(scenario), 3.35e12
    ratio = value(with_(fixed, {key: 1.01 * now}), "tpot_s") / value(
        with_(fixed, {key: 0.99 * now}), "tpot_s"
    )
    assert rate.value == pytest.approx(math.log(ratio) / math.log(1.01 / 0.99), rel=1e-3)
    assert rate.value < -0.1


@pytest.fixture
def factor():
    return next(f for f in factors(load_scenario(DENSE), CONTRACT).factors if f.name == PRICE)


def rate_of(factor, function):
    x = factor.now * (1.0 + np.array([-0.01, -0.0025, 0.0025, 0.01]))
    return _rate(factor, x, function(x), float(function(np.array([factor.now]))[0]))


def test_a_steep_curve_is_no_bend(factor):
    """At 95 % load a queue has the elasticity 19, which changes by a fifth within 1 %."""
    rate = rate_of(factor, lambda x: 1.0 / (1.0 - 0.95 * x / factor.now))
    assert rate.value == pytest.approx(19.0, rel=0.02)
    assert rate.note == ""


def test_a_bend_at_the_present_value_says_both_sides(factor):
    rate = rate_of(factor, lambda x: np.maximum(x / factor.now, 1.0))
    assert (rate.below, rate.above) == (0.0, pytest.approx(1.0))
    assert rate.note == "bends here: +0.00 below, +1.00 above"


def test_a_jump_at_the_present_value_has_no_rate(factor):
    rate = rate_of(factor, lambda x: np.where(x > factor.now, 2.0, 1.0))
    assert math.isnan(rate.value)
    assert rate.note == "jumps here"


def test_a_jump_nearby_leaves_the_rate_up_to_it(factor):
    rate = rate_of(factor, lambda x: np.where(x > 1.005 * factor.now, 2.0, 1.0) * x)
    assert rate.value == pytest.approx(1.0)
    assert rate.note == "bends or jumps within 1 %"


def test_at_the_edge_of_what_serves_the_rate_is_from_one_side(factor):
    rate = rate_of(factor, lambda x: np.where(x > factor.now, np.nan, x))
    assert (rate.value, rate.note) == (pytest.approx(1.0), "from below only")


# --- shares of the variance ----------------------------------------------------------------------


def test_the_indices_of_a_product_are_those_of_its_factors():
    """The cost is price over use: with independent p and v the first-order index of p is
    Var(p) E(v)^2 / Var(pv), its total index Var(p) E(v^2) / Var(pv)."""
    scenario = with_(load_scenario(DENSE), RANGES)
    found = by_key(sensitivity(scenario, COST, method="sobol", samples=4096))
    share = (np.arange(200_000) + 0.5) / 200_000
    price = quantiles(scenario.economics.usd_per_accelerator_hour, share)
    use = 1.0 / quantiles(scenario.economics.utilization, share)
    whole = np.mean(price**2) * np.mean(use**2) - (price.mean() * use.mean()) ** 2
    assert set(found) == set(RANGES)
    for key, own, other in ((PRICE, price, use), (BUSY, use, price)):
        assert found[key].first == pytest.approx(own.var() * other.mean() ** 2 / whole, abs=0.02)
        assert found[key].total == pytest.approx(own.var() * np.mean(other**2) / whole, abs=0.02)
        assert 0.0 < found[key].total_error < 0.1


def test_without_a_range_all_numbers_are_drawn():
    found = sensitivity(load_scenario(DENSE), "facility_mw", method="sobol", samples=64)
    assert "Sobol indices over all 29 inputs, evenly within 20 %" in "\n".join(found.notes)
    assert sum(mover.total for mover in by_key(found).values()) > 0.8


def test_the_same_seed_gives_the_same_table():
    scenario = with_(load_scenario(DENSE), RANGES)
    one, two, other = (
        as_json(sensitivity(scenario, COST, method="all", samples=64, seed=seed).table())
        for seed in (3, 3, 4)
    )
    assert one == two != other


# --- what is said --------------------------------------------------------------------------------


def test_the_sentence_names_the_five_that_carry_the_answer():
    found = sensitivity(load_scenario(DENSE), COST)
    names = [mover.factor.label for mover in found.answers[0].movers]
    sentence = found.sentence
    assert sentence.startswith("Cost per million output tokens is 2.36 USD; of 29 inputs five carry it: ")
    assert [name for name in names if f"{name} (" in sentence] == names[:5]
    assert "Price (1.89 to 2.83 USD)" in sentence


def test_the_table_gives_inputs_in_their_own_units():
    found = sensitivity(load_scenario(DENSE), [COST, "tpot_s"], method="all", samples=16)
    table = found.table()
    names = [column.name for column in table.columns]
    assert {"quantity", "low", "at_low", "swing_percent", "elasticity", "first_order", "total"} <= set(names)
    assert len(table.changes) == len(table.rows)
    row = dict(zip(names, table.rows[0], strict=True))
    assert (row["quantity"], row["quantity_unit"], row["key"], row["unit"]) == (COST, "USD", BUSY, "1")
    one = found.of(COST).table()
    assert "quantity" not in [column.name for column in one.columns]
    text = as_text(one)
    assert "  2.36 USD/h  " in text
    assert "  2.68 TB/s  " in text
    assert max(map(len, text.splitlines())) <= 80
    assert "unit" not in as_markdown(one).splitlines()[4]


def test_a_row_makes_the_scenario_of_its_farther_end():
    scenario = load_scenario(DENSE)
    found = sensitivity(scenario, COST)
    for mover, changes in zip(found.answers[0].movers, found.table().changes, strict=True):
        base = found.answers[0].base
        away = max(abs(mover.at_low - base), abs(mover.at_high - base))
        assert abs(value(with_(scenario, changes), COST) - base) == pytest.approx(away, rel=1e-9)


def test_the_tornado_has_the_longest_bar_on_top_and_all_bars_hold_the_present_value():
    found = sensitivity(load_scenario(DENSE), COST)
    curve = found.curve()
    lengths = [series.x[1] - series.x[0] for series in curve.series]
    assert lengths == sorted(lengths, reverse=True)
    assert [series.y[0] for series in curve.series] == [-float(i) for i in range(len(lengths))]
    assert all(series.x[0] <= curve.marks[0].x <= series.x[1] for series in curve.series)
    assert curve.series[0].label == "Busy share"


def test_a_quantity_without_a_value_says_why():
    found = sensitivity(load_scenario("deepseek-r1-h20"), "usd_per_query")
    assert found.sentence == "Cost per query has no value: needs input: economics.usd_per_accelerator_hour."
    assert found.curve().why.startswith("needs_input")
    assert found.table().rows == ()


@pytest.mark.parametrize(
    ("of", "options", "words"),
    [
        ("tpot", {}, "did you mean tpot_s"),
        ("bound", {}, "bound is not a single number"),
        ([], {}, "name a quantity"),
        ("tpot_s", {"span": 1.0}, "span is a share"),
        ("tpot_s", {"span": math.nan}, "span is a share"),
        ("tpot_s", {"method": "fast"}, "methods are tornado, elasticity, sobol, all"),
        ("tpot_s", {"method": "sobol", "samples": 1000}, "power of two"),
        ("tpot_s", {"method": "sobol", "seed": -1}, "seed must be"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(of, options, words):
    with pytest.raises((InferscopeError, QuantityError), match=words):
        sensitivity(load_scenario(DENSE), of, **options)


def test_all_but_sobol_does_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib.analyze", None)
    assert sensitivity(load_scenario(DENSE), COST).answers[0].movers
    with pytest.raises(InferscopeError, match="SALib"):
        sensitivity(load_scenario(DENSE), COST, method="all")


def test_lost_samples_are_not_read_as_nothing_moves_it():
    """Most batches of the range do not fit in memory, so that there are no Sobol indices."""
    scenario = with_values(load_scenario(DENSE), {"workload.batch": {"low": 64, "mid": 64, "high": 4000}})
    found = sensitivity(scenario, "tpot_s", method="sobol", samples=64)
    assert "no input moves it" not in found.sentence
    assert "no Sobol indices: " in found.sentence
    assert "% of the samples have a point without a value" in found.sentence
    still = sensitivity(load_scenario(DENSE), "tpp")
    assert still.sentence.endswith("no input moves it.") == (not still.answers[0].movers)


def test_an_input_without_a_number_is_not_one_that_stands_still():
    answer = Answer("tpot_s", "TPOT", "s", 0.05, "", (), open_=("Batch",))
    found = Sensitivity(load_scenario(DENSE), (answer,), ("elasticity",))
    assert found.sentence == "TPOT is 50 ms; how far Batch would move it cannot be said."


def test_the_sentence_says_which_share_of_the_variance():
    scenario = with_values(
        load_scenario(DENSE), {"economics.usd_per_accelerator_hour": {"low": 2, "high": 4}}
    )
    found = sensitivity(scenario, "usd_per_query", method="sobol", samples=64)
    assert "of 1 inputs" not in found.sentence
    assert "(total Sobol index): Price " in found.sentence


@pytest.mark.parametrize("method", ["tornado", "elasticity", "sobol"])
def test_every_method_tells_how_far_it_is_and_can_be_ended(method):
    told = []
    sensitivity(
        load_scenario(DENSE), COST, method=method, samples=16, watch=lambda done, of: told.append((done, of))
    )
    assert told
    assert told[-1][0] == told[-1][1] > 0

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sensitivity(load_scenario(DENSE), COST, method=method, samples=16, watch=stop)


def test_sobol_asks_for_few_points_at_once():
    """However many samples: what is held between two calls of the watch is bounded."""
    sizes = []

    def function(columns):
        sizes.append(len(columns["x"]))
        return columns["x"] + columns["y"]

    numbers = {name: Number(1.0, 0.0, 2.0, "uniform") for name in "xy"}
    sobol_indices(function, numbers, samples=2**14)
    assert max(sizes) <= 2**13
    assert sum(sizes) == 4 * 2**14


@pytest.mark.parametrize(
    ("unit", "low", "high", "said"),
    [
        ("USD", 4.86, 0.91, "4.86 to 0.91 USD"),
        ("USD", 0.0035, 0.0023, "0.35 to 0.23 ct"),
        ("s", 0.5, 1.5, "0.5 to 1.5 s"),
        ("1", 2.0, 3.0, "2 to 3"),
        ("USD", 0.0, 2.0, "0 to 2.00 USD"),
    ],
)
def test_both_ends_of_a_range_are_said_in_one_unit(unit, low, high, said):
    assert movers._ends(movers.Answer("x", "X", unit, 1.0, "", ()), low, high) == said


def test_a_scenario_without_a_name_is_called_by_what_it_is():
    found = sensitivity(with_values(load_scenario(DENSE), {"name": None}), "tpot_s")
    assert found.table().title == f"Sensitivity of tpot_s: {title(found.scenario)}"
    assert not found.table().title.endswith(("None", ": "))


def test_owning_is_moved_by_what_it_is_made_of_and_renting_is_not():
    names = {
        "hardware.purchase_usd",
        "economics.lifetime_years",
        "economics.wacc",
        "site.electricity_usd_per_kwh",
    }
    for basis, moved in (("owned", names), ("rental", set()), ("api", set())):
        scenario = with_values(load_scenario("llama-3.1-70b-h100"), {"economics.basis": basis})
        found = factors(scenario, ("usd_per_query",)).factors
        assert names & {factor.name for factor in found} == moved
