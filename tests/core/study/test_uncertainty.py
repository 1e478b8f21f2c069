"""Draws of uncertain numbers: analytic quantiles, brute force, and what is held."""

import itertools
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from inferscope.core.catalog import accelerator
from inferscope.core.errors import InferscopeError, QuantityError, ScenarioError
from inferscope.core.evaluate import OUTPUTS, evaluate
from inferscope.core.leaves.leaf import error_class
from inferscope.core.policy.entries import policy_verdicts
from inferscope.core.report import report
from inferscope.core.scenario.files import Loaded, load_scenario, with_values
from inferscope.core.spread import sorted_quantiles
from inferscope.core.study import sampling
from inferscope.core.study import uncertainty as study
from inferscope.core.study.draws import quantiles, stratified, uncertain
from inferscope.core.study.sampling import drawn
from inferscope.core.study.spreads import percent, with_ranges
from inferscope.core.study.uncertainty import uncertainty
from inferscope.tui.cli import main

PRESET = "llama-3.1-70b-h100"
PRICE = "economics.usd_per_accelerator_hour"
RANGES = {
    PRICE: {"dist": "lognormal", "p5": 1.0, "p95": 4.0},
    "workload.input_tokens": {"low": 500, "mid": 1000, "high": 4000},
    "site.pue": {"dist": "uniform", "low": 1.1, "high": 1.6},
    "calibration.step_s": {"low": 1e-4, "mid": 4e-4, "high": 2e-3},
}


EXACT = {
    f"calibration.{name}_factor": 1 for name in ("decode_time", "prefill_time", "first_token_time", "power")
}
"""The model without an error of its own: what it says is what it says."""


def scenario(changes=None, preset=PRESET):
    return with_values(load_scenario(preset), {**EXACT, **(RANGES if changes is None else changes)})


def one_by_one(given, values, names=OUTPUTS):
    """A scenario of its own for each draw, which is what everything here has to agree with."""
    rows = len(next(iter(values.values())))
    return evaluate(
        [with_values(given, {key: float(v[i]) for key, v in values.items()}) for i in range(rows)], names
    )


def outcome(found, name):
    return next(q for q in found.quantities if q.quantity == name)


# --- quantiles -----------------------------------------------------------------------------------


def test_a_cost_that_is_linear_in_the_price_has_the_quantiles_of_the_price():
    found = uncertainty(scenario({PRICE: RANGES[PRICE]}), quantities=["usd_per_query"])
    cost = outcome(found, "usd_per_query")
    per_usd = cost.mid / 2.0  # the middle of a lognormal from 1 to 4
    assert (cost.p5, cost.p50, cost.p95) == tuple(
        pytest.approx(per_usd * price, rel=5e-3) for price in (1.0, 2.0, 4.0)
    )
    sigma = np.log(4.0) / (2 * 1.6448536269514722)
    assert cost.mean == pytest.approx(per_usd * 2.0 * np.exp(sigma**2 / 2), rel=2e-3)
    variance = np.exp(sigma**2) - 1.0
    assert cost.std == pytest.approx(per_usd * 2.0 * np.exp(sigma**2 / 2) * np.sqrt(variance), rel=2e-2)


def test_draws_are_what_a_scenario_for_each_of_them_gives():
    given = scenario()
    found = uncertainty(given, samples=40)
    values = drawn(uncertain(given), 40)
    brute = one_by_one(given, values)
    for name in OUTPUTS:
        np.testing.assert_allclose(found.draws.values[name], brute[name], rtol=1e-11, err_msg=name)
    cost = outcome(found, "usd_per_query")
    expected = np.quantile(brute["usd_per_query"], (0.05, 0.5, 0.95))
    np.testing.assert_allclose((cost.p5, cost.p50, cost.p95), expected, rtol=1e-11)
    assert cost.mean == pytest.approx(brute["usd_per_query"].mean(), rel=1e-9)
    assert cost.std == pytest.approx(brute["usd_per_query"].std(), rel=1e-9)


def test_a_plain_monte_carlo_agrees_within_its_own_error():
    given = scenario()
    found = uncertainty(given, samples=2048)
    rng = np.random.default_rng(5)
    values = {n.name: n.at(rng.random(400)) for n in uncertain(given)}
    brute = one_by_one(given, values, ("usd_per_query", "ttft_s", "wh_per_query"))
    for name in ("usd_per_query", "ttft_s", "wh_per_query"):
        mine = np.sort(found.draws.values[name])
        for share in (0.05, 0.5, 0.95):
            error = 4 * np.sqrt(share * (1 - share) / 400)  # four standard errors of a sampled share
            below = np.mean(brute[name] <= np.quantile(mine, share))
            assert abs(below - share) < error, (name, share)


def test_quantiles_of_rows_with_gaps_are_numpys():
    rng = np.random.default_rng(1)
    table = rng.normal(size=(5, 37))
    table[rng.random(table.shape) < 0.3] = np.nan
    table[3] = np.nan
    table[3, 7] = 2.0
    table[4] = np.nan
    with np.errstate(all="ignore"):
        expected = np.array([np.nanquantile(row, (0.05, 0.5, 0.95)) for row in table[:4]])
    found = sorted_quantiles(table, (0.05, 0.5, 0.95))
    np.testing.assert_allclose(found[:4], expected, rtol=1e-12)
    assert np.isnan(found[4]).all()


# --- how draws are keyed -------------------------------------------------------------------------


def test_draws_are_keyed_by_name_so_that_scenarios_share_them():
    alone = scenario({"site.pue": RANGES["site.pue"]})
    np.testing.assert_array_equal(
        drawn(uncertain(alone), 64)["site.pue"], drawn(uncertain(scenario()), 64)["site.pue"]
    )
    assert not np.array_equal(
        drawn(uncertain(alone), 64, 1)["site.pue"], drawn(uncertain(alone), 64)["site.pue"]
    )


def test_numbers_of_a_group_rise_together_and_fall_where_they_say_so():
    grouped = {
        PRICE: {"low": 1, "mid": 2, "high": 5, "group": "market"},
        "training.usd_per_accelerator_hour": {"low": 2, "mid": 3, "high": 4, "group": "market"},
        "economics.utilization": {"low": 0.4, "mid": 0.6, "high": 0.8, "group": "-market"},
        "site.pue": {"low": 1.1, "mid": 1.2, "high": 1.5},
    }
    found = uncertainty(scenario(grouped), samples=256)
    order = {key: np.argsort(np.argsort(found.draws.values[key])) for key in grouped}
    np.testing.assert_array_equal(order[PRICE], order["training.usd_per_accelerator_hour"])
    np.testing.assert_array_equal(order[PRICE], 255 - order["economics.utilization"])
    assert abs(np.corrcoef(order[PRICE], order["site.pue"])[0, 1]) < 0.2
    apart = uncertainty(scenario({k: {**v, "group": k} for k, v in grouped.items()}), samples=256)
    wide, narrow = (outcome(x, "usd_per_query") for x in (found, apart))
    assert wide.p95 / wide.p5 > 1.2 * narrow.p95 / narrow.p5


@pytest.mark.parametrize("hashed", ["0", "1"])
def test_the_same_seed_gives_the_same_bytes_in_any_process(hashed):
    words = [sys.executable, "-m", "inferscope", "uncertainty", PRESET, "--format", "json", "--samples", "64"]
    words += ["--set", "site.pue={low=1.1, high=1.6}", "--set", f"{PRICE}={{low=1, high=3}}"]
    run = [
        subprocess.run(
            words, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in (hashed, "7")
    ]
    assert run[0] == run[1]
    assert json.loads(run[0])["seed"] == 0


def test_sobols_sequence_agrees_with_the_hypercube():
    pytest.importorskip("scipy")
    found = uncertainty(scenario(), samples=1000, sampler="sobol", quantities=["usd_per_query"])
    other = uncertainty(scenario(), quantities=["usd_per_query"])
    assert found.samples == 1024
    assert "power of two" in found.notes[0]
    sobol, cube = (outcome(x, "usd_per_query") for x in (found, other))
    np.testing.assert_allclose(sobol.figures[:6], cube.figures[:6], rtol=4e-2)


# --- what is held, and keys that are no numbers --------------------------------------------------


def test_the_plan_is_held_at_the_middle_unless_it_is_made_anew():
    ranges = {
        "workload.batch": None,
        "slo.tpot_s": 0.03,
        "workload.output_tokens": {"low": 200, "high": 4000},
    }
    held = uncertainty(scenario(ranges), samples=32)
    assert outcome(held, "batch").std == 0
    fixed = scenario({**ranges, "workload.batch": outcome(held, "batch").mid})
    brute = one_by_one(fixed, drawn(uncertain(fixed), 32))
    np.testing.assert_allclose(held.draws.values["tpot_s"], brute["tpot_s"], rtol=1e-11)
    anew = uncertainty(scenario(ranges), samples=32, replan=True)
    brute = one_by_one(scenario(ranges), drawn(uncertain(scenario(ranges)), 32))
    np.testing.assert_allclose(anew.draws.values["batch"], brute["batch"], rtol=1e-11)
    assert outcome(anew, "batch").std > 0
    assert "at each draw" in anew.planned


@pytest.mark.parametrize(
    "ranges",
    [
        {"model.layers": {"low": 60, "mid": 80, "high": 100}},
        {
            "workload.users": {"low": 1e4, "high": 9e4},
            "workload.queries_per_user_per_day": {"low": 1, "high": 9},
        },
        {
            "optimizations.speculative": {
                "method": "eagle3",
                "draft_tokens": {"dist": "discrete", "values": [1, 3]},
            }
        },
        {
            "hardware.tdp_w": {"low": 500, "high": 900},
            "model.layers": {"dist": "discrete", "values": [70, 80]},
        },
    ],
    ids=["architecture", "two that act together", "discrete", "mixed"],
)
def test_keys_that_are_no_numbers_get_a_scenario_for_each_draw(ranges):
    given = scenario({"workload.requests_per_s": None, **ranges, PRICE: RANGES[PRICE]})
    found = uncertainty(given, samples=24)
    planned = {
        name.replace("_", ".", 1): leaf.value
        for name, leaf in found.result.bound.resolved[0].leaves.items()
        if leaf.kind == "planned"
    }
    brute = one_by_one(with_values(given, planned), drawn(uncertain(given), 24))
    for name in OUTPUTS:
        np.testing.assert_allclose(found.draws.values[name], brute[name], rtol=1e-11, err_msg=name)
    is_plain = "optimizations.speculative" in ranges  # the number of draft tokens goes straight to the graph
    assert ["a scenario of its own at each draw" in note for note in found.notes] == [True] * (not is_plain)


def test_a_drawn_layout_is_planned_at_each_draw():
    given = scenario(
        {"hardware.count": {"dist": "discrete", "values": [4, 8]}, "hardware.tensor_parallel": None}
    )
    found = uncertainty(given, samples=16)
    counts = found.draws.values["accelerators_per_replica"]
    assert sorted(set(counts)) == [4.0, 8.0]
    assert "at each draw" in found.planned
    brute = one_by_one(given, drawn(uncertain(given), 16))
    np.testing.assert_allclose(found.draws.values["ttft_s"], brute["ttft_s"], rtol=1e-11)


def test_a_number_that_some_draws_cannot_have_leaves_those_out():
    found = uncertainty(
        scenario({"hardware.count": {"dist": "discrete", "values": [7, 8]}, "hardware.tensor_parallel": 8}),
        samples=16,
    )
    assert outcome(found, "ttft_s").without == 0.5
    assert "50 % of the draws cannot be: hardware.count" in " ".join(found.notes)
    with pytest.raises(ScenarioError, match=r"hardware\.count"):
        uncertainty(
            scenario({"hardware.count": {"dist": "discrete", "values": [7, 9]}}).model_copy(), samples=16
        )


def test_what_is_looked_up_once_for_a_screen_holds_for_every_later_scenario():
    sampling._known.clear()
    for changes in (
        {},
        {"workload.batch": 17},
        {"workload.output_tokens": 900},
        {"model.id": "llama-3.1-8b"},
    ):
        given = with_values(scenario(), changes)
        result = with_ranges(evaluate(given, OUTPUTS), quick=True, draws=8)
        brute = one_by_one(given, drawn(uncertain(given), 8))
        np.testing.assert_allclose(result.spreads[0].values["tpot_s"][:8], brute["tpot_s"], rtol=1e-11)
        np.testing.assert_allclose(
            result.spreads[0].values["wh_per_query"][:8], brute["wh_per_query"], rtol=1e-11
        )
    assert len(sampling._known) < 4


def test_on_a_screen_keys_that_are_no_numbers_are_held_and_named():
    given = scenario({"model.layers": {"low": 60, "high": 100}, PRICE: RANGES[PRICE]})
    spread = with_ranges(evaluate(given, OUTPUTS), quick=True).spreads[0]
    assert np.ptp(spread.values["tpot_s"][:256]) == 0
    assert np.ptp(spread.values["usd_per_query"][:256]) > 0
    assert any("held at the middle" in note and "model.layers" in note for note in spread.notes)


# --- limits, values that are missing -------------------------------------------------------------


def test_the_chance_that_a_limit_is_missed_is_the_share_of_draws_above_it():
    given = scenario({**RANGES, "slo.ttft_s": 0.2, "workload.batch": 64})
    found = uncertainty(given, samples=512)
    (limit,) = found.limits
    assert limit.key == "slo.ttft_s"
    assert limit.missed == np.mean(found.draws.values["ttft_s"] > 0.2)
    assert 0 < limit.missed < 1
    assert f"slo.ttft_s is missed in {percent(limit.missed)}" in found.sentence


def test_draws_that_do_not_fit_have_no_value_and_miss_every_limit():
    given = scenario(
        {"workload.batch": 900, "workload.input_tokens": {"low": 100, "high": 3000}, "slo.ttft_s": 100.0}
    )
    found = uncertainty(given, samples=128)
    assert 0 < found.unfit < 1
    assert outcome(found, "tpot_s").without == found.unfit
    assert found.limits[0].missed == found.unfit
    assert outcome(found, "memory_used_fraction").without == 0
    assert f"{percent(found.unfit)} of the draws do not fit" in found.sentence
    assert not found.is_no


# --- rules ---------------------------------------------------------------------------------------


def test_the_chance_of_every_rule_is_that_of_judging_each_draw():
    given = scenario(
        {
            "hardware.accelerator": "h20",
            "site.region": "DEU",
            "site.pue": {"low": 1.1, "mid": 1.15, "high": 1.6},
            "workload.requests_per_s": {"low": 50, "mid": 500, "high": 900},
            "model.training_tokens": {"low": 5e12, "mid": 1.5e13, "high": 9e13},
            "hardware.dram_bandwidth_bytes_per_s": {"low": 1e12, "mid": 1.5e12, "high": 4e12},
            "policy.destination": "CN",
            "policy.site_commissioned": "2020-01-01",
            "policy.frontier_ratio": {"low": 0.1, "mid": 0.2, "high": 0.9},
        }
    )
    found = uncertainty(given, samples=48, replan=True)
    values = drawn(uncertain(given), 48)
    ratio = quantiles(given.policy.frontier_ratio, stratified(0, "policy.frontier_ratio", 48))
    values["policy.frontier_ratio"] = ratio
    brute = one_by_one(given, values)
    counts = {chance.rule.id: [0, 0, 0] for chance in found.rules}
    for row in range(48):
        for verdict in policy_verdicts(brute, row):
            counts[verdict.rule.id][{True: 0, False: 1, None: 2}[verdict.truth]] += 1
    for chance in found.rules:
        shares = [round(48 * share) for share in (chance.applies, chance.does_not_apply, chance.unknown)]
        assert shares == counts[chance.rule.id], chance.rule.id
    open_ = [c.rule.id for c in found.rules if 0 < c.applies < 1 or 0 < c.does_not_apply < 1]
    assert {"eu.aia.art51.systemic", "us.rev_share.2025"} <= set(open_)
    assert any(name.startswith("de.enefg.pue") for name in open_)


# --- the catalogue's ranges ----------------------------------------------------------------------


def test_the_catalogues_ranges_are_drawn_when_asked():
    with pytest.raises(InferscopeError, match="--catalog-ranges"):
        uncertainty(scenario({}))
    found = uncertainty(load_scenario(PRESET), catalog_ranges=True)
    assert {"calibration_step_s", "calibration_prefill_flop_share"} <= {n.name for n in found.numbers}
    ttft = outcome(found, "ttft_s")
    assert ttft.p5 < ttft.p50 < ttft.p95
    own = uncertainty(scenario({"calibration.step_s": {"low": 0.0003, "high": 0.0005}}), catalog_ranges=True)
    assert "calibration_step_s" not in {n.name for n in own.numbers}


def test_only_what_was_asked_for_is_given_and_only_numbers_can_be():
    found = uncertainty(scenario(), quantities=["tpot_s", "decode_step_s"], samples=16)
    assert [q.quantity for q in found.quantities] == ["tpot_s", "decode_step_s"]
    assert found.rules == ()
    for name in ("bound", "fits_memory"):
        with pytest.raises(QuantityError, match="not a single number"):
            uncertainty(scenario(), quantities=[name])
    with pytest.raises(QuantityError, match="did you mean tpot_s"):
        uncertainty(scenario(), quantities=["tpot"])


# --- reports -------------------------------------------------------------------------------------


def test_a_report_has_the_ends_of_256_draws_around_the_middle():
    given = scenario()
    found = report(given)
    brute = one_by_one(given, drawn(uncertain(given), 256), ("usd_per_query", "tpot_s"))
    for name in ("usd_per_query", "tpot_s"):
        entry = found["quantities"][name]
        assert (entry["low"], entry["high"]) == tuple(
            pytest.approx(v, rel=1e-11) for v in np.quantile(brute[name], (0.05, 0.95))
        )
        assert entry["low"] < entry["value"] < entry["high"]
    assert found["quantities"]["bound"]["low"] is None
    assert any(note.startswith("ranges are P5 and P95 of 256 draws") for note in found["notes"])
    assert "batch, layout and replicas held as planned at the middle" in " ".join(found["notes"])


def test_a_report_without_ranges_and_without_error_has_none():
    found = report(scenario({}))
    assert {(e["low"], e["high"]) for e in found["quantities"].values()} == {(None, None)}
    assert not any("draws" in note for note in found["notes"])


def test_every_report_has_the_models_own_error():
    """Times and power are as far off as they were measured to be; cost and energy inherit it."""
    plain = report(load_scenario(PRESET))
    moved = {name: e for name, e in plain["quantities"].items() if e["low"] != e["high"]}
    for name in ("tpot_s", "ttft_s", "output_tok_s", "usd_per_query", "wh_per_query"):
        assert moved[name]["low"] < moved[name]["value"] < moved[name]["high"], name
    assert plain["quantities"]["training_flop"]["low"] == plain["quantities"]["training_flop"]["high"]
    assert any("draws of the model's own error;" in note for note in plain["notes"])
    tpot = moved["tpot_s"]
    class_ = error_class(accelerator("h100-sxm")).factors["decode_time_factor"].span
    assert tpot["high"] / tpot["value"] == pytest.approx(class_[1], rel=0.1)
    assert any(note.startswith("the model's own error is that of fitted acc") for note in plain["notes"])
    apart = report(with_values(load_scenario(PRESET), {"hardware.accelerator": "mi300x"}))
    assert any(note.startswith("the model's own error is that of other makers") for note in apart["notes"])
    other = apart["quantities"]["tpot_s"]
    assert other["high"] / other["low"] > tpot["high"] / tpot["low"]  # nobody fitted anything on it


def test_time_and_power_err_apart_and_the_energy_of_a_query_with_both():
    one = with_values(load_scenario(PRESET), {"calibration.power_factor": 1})
    both, time = (report(given)["quantities"]["wh_per_query"] for given in (load_scenario(PRESET), one))
    assert both["high"] / both["low"] > time["high"] / time["low"] > 1.2


def test_a_pinned_quantity_may_be_a_range():
    entry = report(scenario({"pins.tpot_s": {"low": 0.01, "mid": 0.02, "high": 0.05}}))["quantities"]
    assert 0.01 < entry["tpot_s"]["low"] < 0.02 < entry["tpot_s"]["high"] < 0.05
    assert entry["output_tok_s_per_user"]["high"] == pytest.approx(1 / entry["tpot_s"]["low"], rel=0.01)


# --- the command line ----------------------------------------------------------------------------


def test_sobol_without_scipy_is_one_line_and_status_2(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.stats", None)
    assert main(["uncertainty", PRESET, "--set", "site.pue={low=1.1, high=1.6}", "--sampler", "sobol"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "pip install scipy" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([w for k in EXACT for w in ("--set", f"{k}=1")], "no number of the scenario is a range"),
        (["--samples", "1"], "--samples takes a whole number from 2"),
        (["--samples", "1e3"], "--samples takes a whole number from 2"),
        (["--seed", "-1"], "--seed takes a whole number from 0"),
        (["--set", "site.pue={low=1.6, high=1.1}"], "site.pue: must rise from low to high"),
        (["--set", "site.pue={low=1.1, high=1.6}", "--of", "tpot"], "did you mean tpot_s?"),
        (["--sampler", "halton"], "invalid choice: 'halton'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, words, message):
    assert main(["uncertainty", PRESET, *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert message in err


@pytest.mark.parametrize("form", ["table", "json", "csv", "md"])
def test_every_format_has_quantiles_limits_and_rules(capsys, form):
    words = ["--set", "site.pue={low=1.1, high=1.6}", "--set", "slo.ttft_s=9", "--samples", "64"]
    words += ["--set", "site.region=DEU"]
    assert main(["uncertainty", PRESET, *words, "--format", form]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for text in ("site.pue", "wh_per_query", "slo.ttft_s", "de.enefg.pue_new"):
        assert text in out


def test_no_draw_that_keeps_the_limit_is_status_1(capsys):
    words = ["--set", "workload.input_tokens={low=500, high=900}", "--set", "slo.ttft_s=0.001"]
    assert main(["uncertainty", PRESET, *words, "--samples", "16", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["limits"] == [
        {"key": "slo.ttft_s", "limit": 0.001, "missed": 1.0}
    ]


@pytest.mark.parametrize(
    ("command", "rest"), list(itertools.product(["eval", "policy"], [[], ["--catalog-ranges"]]))
)
def test_the_catalogues_ranges_are_an_option_of_reports(capsys, command, rest):
    exact = [word for key in EXACT for word in ("--set", f"{key}=1")]
    main([command, PRESET, *exact, *rest, "--format", "json"])
    text = capsys.readouterr().out
    main([command, PRESET, *exact, "--format", "json"])
    assert (text != capsys.readouterr().out) == bool(rest)
    if command == "eval":
        low = json.loads(text)["quantities"]["ttft_s"]["low"]
        assert (low is not None) == bool(rest)


def test_a_study_takes_a_scenario_or_what_was_loaded():
    given = scenario()
    assert uncertainty(given, samples=8).sentence == uncertainty(Loaded(given, None, {}), samples=8).sentence


def test_draws_without_a_value_are_said_in_the_sentence():
    """One replica takes about five requests a second; beyond, nobody waits a time that has a number."""
    given = scenario({"workload.requests_per_s": {"low": 1, "high": 8}, "hardware.replicas": 1})
    found = uncertainty(given, samples=64, quantities=("ttft_p99_s",))
    (outcome,) = found.quantities
    assert 0.1 < outcome.without < 0.99
    assert f"{percent(outcome.without)} of the draws give no value" in found.sentence
    assert "in nine of ten draws that give one" in found.sentence


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples": 1}, "samples must be a whole number from 2 to 200,000, not 1"),
        ({"samples": 10**7}, "not 10000000"),
        ({"seed": -1}, "seed must be a whole number from 0 to 4,294,967,295, not -1"),
        ({"seed": True}, "seed must be a whole number"),
        ({"sampler": "sobl"}, "unknown sampler 'sobl': did you mean sobol"),
    ],
)
def test_options_of_the_library_are_checked_as_those_of_the_command(options, words):
    with pytest.raises(InferscopeError, match=words):
        uncertainty(scenario(), **options)


@pytest.mark.parametrize("sampler", ["lhs", "sobol"])
def test_a_group_reaches_into_the_facts_of_rules(sampler, monkeypatch):
    """What a fact of [policy] is drawn as rises with the price of its group, at every draw."""
    seen = {}
    real = study.chances

    def kept(result, row, day, count, facts):
        seen.update(facts)
        return real(result, row, day, count, facts)

    monkeypatch.setattr(study, "chances", kept)
    fact = "frontier_ratio"
    low, high = {"low": 1.5, "high": 4, "group": "market"}, {"low": 0.2, "high": 0.4, "group": "market"}
    found = uncertainty(scenario({PRICE: low, f"policy.{fact}": high}), samples=32, sampler=sampler)
    assert list(np.argsort(seen[fact])) == list(np.argsort(found.draws.values[PRICE]))


def test_long_work_tells_and_can_be_ended(monkeypatch):
    """Draws and points come in parts, after each of which somebody may end it."""
    monkeypatch.setattr(sampling, "CHUNK", 16)
    told = []
    uncertainty(scenario(), samples=50, watch=lambda done, of: told.append((done, of)))
    assert told == [(16, 50), (32, 50), (48, 50), (50, 50)]

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        uncertainty(scenario(), samples=50, watch=stop)
    apart = {"model.layers": {"dist": "discrete", "values": [70, 80]}, PRICE: RANGES[PRICE]}
    with pytest.raises(KeyboardInterrupt):
        uncertainty(scenario(apart), samples=50, watch=stop)


def test_the_table_has_what_moves_first_then_limits_and_open_rules_then_the_rest():
    found = uncertainty(scenario({**RANGES, "slo.tpot_s": 0.016}), samples=64)
    table = found.table()
    names = table["quantity"].tolist()
    moving = [q.quantity for q in found.quantities if q.std > 1e-9 * abs(q.mean)]
    assert names[:2] == ["usd_per_query", "usd_per_million_output_tokens"]
    assert set(names[: len(moving)]) == set(moving)
    limits = [limit.key for limit in found.limits]
    open_ = [r.rule.id for r in found.rules if max(r.applies, r.does_not_apply, r.unknown) < 1]
    assert "slo.tpot_s" in limits
    assert names[len(moving) :][: len(limits) + len(open_)] == [*limits, *open_]
    assert sorted(names) == sorted(
        [q.quantity for q in found.quantities] + limits + [r.rule.id for r in found.rules]
    )
    (limit,) = (row for row in table.rows if row[-1] == "slo.tpot_s")
    row = dict(zip(table.keys(), limit, strict=True))
    missed = next(limit.missed for limit in found.limits if limit.key == "slo.tpot_s")
    assert row["true_percent"] == 100 * missed
    assert row["label"] == f"{percent(missed)} miss slo.tpot_s 0.016"
    assert table.notes[0] == found.planned


def test_the_table_of_some_quantities_has_only_those():
    found = uncertainty(scenario({**RANGES, "slo.tpot_s": 0.016}), samples=8, quantities=["tpot_s"])
    assert found.table()["quantity"].tolist() == ["tpot_s"]


def test_the_plot_has_the_share_of_draws_below_each_value():
    found = uncertainty(scenario(), samples=256)
    curve = found.table().curve
    assert (curve.x.name, curve.y.unit) == ("usd_per_query", "%")
    draws = found.draws.values["usd_per_query"][:256]
    for x, y in zip(curve.series[0].x[1:-1], curve.series[0].y[1:-1], strict=True):
        assert float(np.mean(draws <= x)) == pytest.approx(y / 100, abs=1 / 256)
    lead = found.quantities[[q.quantity for q in found.quantities].index("usd_per_query")]
    assert [(mark.x, mark.y) for mark in curve.marks] == [(lead.p5, 5), (lead.p50, 50), (lead.p95, 95)]


def test_a_plot_of_what_does_not_move_says_why_there_is_none():
    found = uncertainty(scenario({"site.pue": {"low": 1.1, "high": 1.6}}), samples=8, quantities=["tpot_s"])
    assert found.table().curve.why == "no quantity moves over the draws"
