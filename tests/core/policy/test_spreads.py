"""Ranges of a scenario reach the rules: a verdict is sensitive where they straddle a line."""

import numpy as np
import pytest

from inferscope.core.evaluate import OUTPUTS, evaluate
from inferscope.core.policy.facts import facts
from inferscope.core.policy.predicates import Fact
from inferscope.core.policy.spreads import ranged
from inferscope.core.report import policy_entries, policy_report
from inferscope.core.scenario.files import Loaded, load_values
from inferscope.core.study.spreads import with_ranges

BASE = {"model": {"id": "deepseek-v3"}, "hardware": {"accelerator": "h20", "count": 8}}
DEMAND = {"workload": {"requests_per_s": {"low": 1, "mid": 5, "high": 2000}}}


def entries(tables, **more):
    result = with_ranges(evaluate(load_values({**BASE, **tables, **more}), OUTPUTS))
    return {entry["id"]: entry for entry in policy_entries(result)}


@pytest.mark.parametrize(
    ("tables", "rule", "low", "high"),
    [
        (
            {"site": {"region": "DEU", "pue": {"low": 1.1, "mid": 1.15, "high": 1.6}}},
            "de.enefg.pue_existing_2030", 1.1, 1.6,
        ),
        (
            {"model": {"id": "deepseek-v3", "training_tokens": {"low": 1e13, "mid": 1.48e13, "high": 9e13}}},
            "eu.aia.art51.systemic", None, None,
        ),
        (
            {
                "hardware": {
                    "accelerator": "h20",
                    "dram_bandwidth_bytes_per_s": {"low": 1.2e12, "mid": 1.5e12, "high": 4e12},
                },
                "policy": {"destination": "CN"},
            },
            "us.rev_share.2025", 1200.0, 4000.0,
        ),
        (
            {"test_time": {"multiplier": {"low": 1, "mid": 2, "high": 1e4}}},
            "lit.effective_compute.1e25", None, None,
        ),
    ],
    ids=["PUE", "training tokens", "DRAM bandwidth", "effective compute"],
)  # fmt: skip
def test_a_range_that_straddles_a_line_makes_the_verdict_sensitive(tables, rule, low, high):
    entry = entries(tables)[rule]
    assert entry["certainty"] == "sensitive"
    assert entry["margin_low_oom"] < 0 < entry["margin_high_oom"]
    if low is not None:
        assert (entry["low"], entry["high"]) == (pytest.approx(low), pytest.approx(high))


def test_a_range_on_one_side_of_the_line_leaves_it_robust():
    site = {"region": "DEU", "pue": {"low": 1.31, "mid": 1.4, "high": 1.6}}
    policy = {"site_commissioned": "2020-01-01", "site_nominal_load_kw": 400}
    entry = entries({"site": site, "policy": policy})["de.enefg.pue_existing_2030"]
    assert entry["certainty"] == "robust"
    assert (entry["low"], entry["high"]) == (1.31, 1.6)


def test_the_ends_themselves_count_although_no_draw_reaches_them():
    line = {"low": 1.1, "mid": 1.2, "high": 1.3000001}
    entry = entries({"site": {"region": "DEU", "pue": line}})["de.enefg.pue_existing_2030"]
    assert entry["high"] == 1.3000001
    assert entry["margin_low_oom"] < 0 or entry["margin_high_oom"] > 0
    assert entry["certainty"] == "sensitive"


def test_a_product_of_two_numbers_ranges_from_both_low_to_both_high():
    ranges = {
        "model": {"id": "llama-3.1-8b", "training_tokens": {"low": 1e13, "mid": 1.5e13, "high": 2e13}},
        "test_time": {"multiplier": {"low": 10, "mid": 20, "high": 100}},
    }
    result = with_ranges(evaluate(load_values({**BASE, **ranges}), OUTPUTS))
    spread = result.spreads[0]
    per_token = result["training_flop_6nd"][0] / 1.5e13
    low, high = spread.ends("effective_training_flop")
    assert low == pytest.approx(per_token * 1e13 * 10**0.7)
    assert high == pytest.approx(per_token * 2e13 * 100**0.7)


def test_the_power_of_a_site_ranges_with_what_moves_it():
    factors = ("decode_time", "prefill_time", "first_token_time", "power")
    exact = {"calibration": {f"{name}_factor": 1 for name in factors}}
    known = with_ranges(evaluate(load_values({**BASE, **DEMAND, **exact}), OUTPUTS))
    (found,) = facts(known, 0, known.bound.resolved[0].scenario.as_of).values()
    assert found["it_power_kw"].low is None  # the fleet is held as planned
    power = {"calibration": {"power_factor": {"low": 0.5, "mid": 1, "high": 2}}}
    moved = with_ranges(evaluate(load_values({**BASE, "workload": {"requests_per_s": 5}, **power}), OUTPUTS))
    (found,) = facts(moved, 0, moved.bound.resolved[0].scenario.as_of).values()
    fact = found["it_power_kw"]
    assert fact.low < fact.value < fact.high
    assert found["site_rated_input_mw"].high == pytest.approx(1e-3 * fact.high * found["pue"].value)


def test_a_prefill_pools_own_accelerator_has_its_own_ranges():
    pool = {"accelerator": "h100-sxm", "count": 8, "die_area_mm2": {"low": 700, "mid": 800, "high": 900}}
    pool["dram_bandwidth_bytes_per_s"] = {"low": 1e12, "mid": 2e12, "high": 3e12}
    tables = {"hardware": {"accelerator": "h20", "count": 8, "tensor_parallel": 8, "prefill": pool}}
    result = with_ranges(evaluate(load_values({**BASE, **tables}), OUTPUTS))
    found = facts(result, 0, result.bound.resolved[0].scenario.as_of)
    other = found["h100-sxm"]
    assert (other["dram_bandwidth_gb_s"].low, other["dram_bandwidth_gb_s"].high) == (1000, 3000)
    tpp = other["tpp"].value
    ends = (tpp / 900, tpp / 700)
    assert (other["performance_density"].low, other["performance_density"].high) == pytest.approx(ends)
    assert found["h20"]["dram_bandwidth_gb_s"].low is None


def test_the_users_own_fact_keeps_its_own_ends():
    pue = {"pue": {"low": 1.1, "mid": 1.2, "high": 1.6}}
    own = {"policy": {"it_power_kw": {"low": 90, "mid": 100, "high": 110}}, "site": {"region": "DEU", **pue}}
    result = with_ranges(evaluate(load_values({**BASE, **own}), OUTPUTS))
    (found,) = facts(result, 0, result.bound.resolved[0].scenario.as_of).values()
    assert (found["it_power_kw"].low, found["it_power_kw"].high) == (90, 110)


def test_what_may_decide_no_rule_still_decides_none():
    weak = {"model": {"id": "claude-opus-4"}, "test_time": {"multiplier": {"low": 1, "high": 100}}}
    entry = entries(weak)["lit.effective_compute.1e25"]
    assert entry["verdict"] == "unknown"


def test_the_catalogues_range_of_a_figure_reaches_its_rules():
    loaded = Loaded(load_values({"model": {"id": "gpt-4"}}), None, {})
    for asked in (False, True):
        _, found = policy_report(loaded, catalog_ranges=asked)
        assert next(e for e in found if e["id"] == "eu.aia.art51.systemic")["certainty"] == "sensitive"


def test_a_fact_takes_in_the_columns_and_nothing_else():
    fact = Fact(2.0, origin="x")
    assert ranged(fact, np.array([1.0, 3.0, np.nan])) == Fact(2.0, 1.0, 3.0, "x")
    assert ranged(fact, np.array([2.0, 2.0])) == fact
    assert ranged(Fact(None, missing=("y",)), np.array([1.0, 3.0])) == Fact(None, missing=("y",))
    assert ranged(Fact("CN"), np.array([1.0, 3.0])) == Fact("CN")
    least = Fact(None, 5.0, np.inf)
    assert ranged(least, np.array([4.0, 6.0])) == Fact(None, 4.0, np.inf)
