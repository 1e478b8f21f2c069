"""Counting profiles: parts of training compute, what each regime adds up, and modification."""

import math
import tomllib
from pathlib import Path

import numpy as np
import pytest

from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import OUTPUTS, evaluate
from inferscope.core.export.counts import bars
from inferscope.core.policy.counts import counts_of, short_counts
from inferscope.core.policy.predicates import Fact
from inferscope.core.policy.profiles import (
    COMPONENTS,
    count,
    counted_at_draws,
    parts_of,
    profiles,
    training_parts,
    weight,
    widened,
)
from inferscope.core.policy.rules import find, judge
from inferscope.core.report import report
from inferscope.core.scenario.files import load_values
from inferscope.core.scenario.saving import save
from inferscope.core.scenario.training import PARTS
from inferscope.core.study.draws import of_rules, uncertain
from inferscope.core.study.spreads import with_ranges
from inferscope.core.study.uncertainty import uncertainty

ALL = tuple(profiles())
MODEL = {"model": {"id": "llama-3.1-8b"}}
V3 = {"flop": 3e24, "own_synthetic_data_generation": 1e24, "fine_tuning": 2e23, "merged_model_compute": 5e23}
"""Hand sums: EU cumulative 3 + 1 + 0.2 + 0.5 = 4.7e24; updates 3 + 0.2 = 3.2e24, with merging 3.7e24."""


def entry_of(tables, rule):
    return next(e for e in report(load_values({**MODEL, **tables}))["policy"] if e["id"] == rule)


def counts(training):
    scenario = load_values({**MODEL, "training": training})
    parts = parts_of(scenario, Fact(3e24, 3e24, 3e24))
    return {name: count(name, parts) for name in ALL}


# --- by hand --------------------------------------------------------------------------------------


def test_model_a_of_the_guidelines_is_six_times_parameters_times_tokens():
    """C(2025) 5045: 6 x 3.8e9 x 3.3e12 = 7.5e22, so that the model is below 1e23."""
    tables = {"training": {"pretraining": {"parameters": 3.8e9, "tokens": 3.3e12}}}
    entry = entry_of(tables, "eu.gpai.indicative")
    assert entry["value"] == pytest.approx(7.524e22)
    assert entry["verdict"] == "does_not_apply"
    assert (entry["low"], entry["high"]) == (pytest.approx(0.7 * 7.524e22), pytest.approx(1.3 * 7.524e22))


@pytest.mark.parametrize(
    ("profile", "low", "value", "high"),
    [
        ("eu_cumulative", 4.7e24, 4.7e24, 4.7e24),
        ("eu_parameter_updates", 3.2e24, 3.2e24, 3.7e24),
        ("us_state_lineage", 3.2e24, 3.2e24, 4.7e24),
        ("us_generic", 3e24, 3e24, 4.7e24),
        ("kr_cumulative", 3.2e24, 3.2e24, 4.7e24),
        ("ear_4e091", 3.2e24, 3.2e24, 4.7e24),
    ],
)
def test_each_regime_adds_up_what_it_counts(profile, low, value, high):
    found = counts(V3)[profile]
    assert (found.low, found.value, found.high) == tuple(pytest.approx(x) for x in (low, value, high))


def test_parts_by_parameters_and_tokens_know_training_from_generating():
    """1e12 tokens: training takes 6 x 7e9 x 1e12 = 4.2e22, generating 2 x 7e10 x 1e12 = 1.4e23."""
    found = counts(
        {
            "flop": 3e24,
            "reward_and_value_models": {"parameters": 7e9, "tokens": 1e12},
            "own_synthetic_data_generation": {"parameters": 7e10, "tokens": 1e12},
        }
    )
    assert found["eu_cumulative"].value == pytest.approx(3e24 + 1.4e23)
    assert found["us_generic"].high == pytest.approx(3e24 + 1.4e23 + 4.2e22)


def test_deepseek_r1_is_its_base_with_the_learning_on_top():
    """RL on 512 H800 for 198 + 80 h and 5,000 H800-hours of data at an assumed 30 % of 989e12 FLOP/s.

    512 x 278 x 3,600 x 2.967e14 = 1.52e23 and 5,000 x 3,600 x 2.967e14 = 5.3e21: 3.29e24 becomes 3.45e24.
    """
    rate = 0.3 * 989e12 * 3600
    training = {"pretraining": {"parameters": 37e9, "tokens": 14.8e12}, "rl_updates": 512 * 278 * rate}
    training["own_synthetic_data_generation"] = 5000 * rate
    found = {r: entry_of({"training": training}, r) for r in ("eu.aia.art51.systemic", "eu.gpai.indicative")}
    assert found["eu.aia.art51.systemic"]["value"] == pytest.approx(3.443e24, rel=1e-3)
    assert found["eu.gpai.indicative"]["value"] == pytest.approx(3.438e24, rel=1e-3)
    assert (found["eu.gpai.indicative"]["verdict"], found["eu.aia.art51.systemic"]["verdict"]) == (
        "applies",
        "does_not_apply",
    )
    two_limb = {"training": training, "policy": {"inference_scaling_post_training": True}}
    assert entry_of(two_limb, "lit.ord.two_limb")["verdict"] == "applies"
    assert entry_of(two_limb, "us.ca.sb53.frontier")["verdict"] == "does_not_apply"


@pytest.mark.parametrize(("rule", "value"), [("eu.aia.art51.systemic", 9e24), ("eu.gpai.indicative", 8e24)])
def test_a_rule_reads_the_count_of_its_own_profile(rule, value):
    training = {"flop": 8e24, "own_synthetic_data_generation": 1e24}
    assert entry_of({"training": training}, rule)["value"] == pytest.approx(value)


def test_synthetic_data_of_ones_own_carries_a_model_over_the_line_of_the_eu_alone():
    training = {"flop": 8e25, "own_synthetic_data_generation": 3e25}
    for rule, word, sure in (
        ("us.ca.sb53.frontier", "does_not_apply", "sensitive"),  # the law is silent on synthetic data
        ("kr.aibasic.safety", "does_not_apply", "sensitive"),
        ("us.bis.reporting2024.model", "does_not_apply", "sensitive"),
        ("eu.aia.art51.systemic", "applies", "robust"),
    ):
        entry = entry_of({"training": training}, rule)
        assert (entry["verdict"], entry["certainty"]) == (word, sure)
    without = entry_of({"training": {"flop": 8e25}}, "us.ca.sb53.frontier")
    assert without["certainty"] == "robust"


def test_a_total_alone_is_every_regimes_count():
    for rule in ("eu.aia.art51.systemic", "us.ca.sb53.frontier", "kr.aibasic.safety", "us.eo14110.model"):
        assert entry_of({"training": {"flop": 8e24}}, rule)["value"] == 8e24


# --- unknown parts --------------------------------------------------------------------------------


def test_a_part_that_exists_is_unknown_only_where_it_counts():
    training = {"flop": 3e24, "fine_tuning": {"exists": True}}
    eu = entry_of({"training": training}, "eu.aia.art51.systemic")
    assert (eu["verdict"], eu["missing"]) == ("unknown", ["training.fine_tuning.flop"])
    assert eu["low"] == pytest.approx(0.7 * 3e24)
    generic = entry_of({"training": training}, "us.bis.reporting2024.model")
    assert (generic["verdict"], generic["certainty"]) == ("does_not_apply", "sensitive")
    silent = entry_of({"training": {"flop": 3e24, "failed_or_research_runs": {"exists": True}}}, eu["id"])
    assert (silent["verdict"], silent["certainty"]) == ("does_not_apply", "robust")


def test_an_unknown_part_does_not_hide_that_the_rest_is_over_the_line():
    """1.5e25 less 30 % is 1.05e25: above 1e25 whatever the fine-tuning took."""
    training = {"flop": 1.5e25, "fine_tuning": {"exists": True}}
    entry = entry_of({"training": training}, "eu.aia.art51.systemic")
    assert (entry["verdict"], entry["certainty"]) == ("applies", "robust")


def test_parts_without_a_final_run_are_the_least_that_it_can_be():
    tables = {"model": {"id": "claude-opus-4"}, "training": {"fine_tuning": 2e26}}
    entry = entry_of(tables, "us.ca.sb53.frontier")
    assert (entry["verdict"], entry["value"], entry["low"]) == ("applies", None, 2e26)


# --- modification ---------------------------------------------------------------------------------


def modified(**parts):
    return {"training": {"flop": 3e24, "modifies_original": True, **parts}}


@pytest.mark.parametrize(
    ("flop", "word", "sure"),
    [
        (1e24, "does_not_apply", "sensitive"),  # exactly one third: not greater than
        (1.001e24, "applies", "sensitive"),  # inside 30 % of each
        (5e23, "does_not_apply", "robust"),  # a sixth; at most 0.167 x 1.3 / 0.7 = 0.31
        (1.9e24, "applies", "robust"),  # at least 0.633 x 0.7 / 1.3 = 0.34
    ],
)
def test_a_third_of_the_original_makes_a_modifier_a_provider(flop, word, sure):
    entry = entry_of(modified(fine_tuning=flop), "eu.gpai.modifier.one_third")
    assert entry["value"] == pytest.approx(flop / 3e24)
    assert (entry["verdict"], entry["certainty"]) == (word, sure)


def test_own_synthetic_data_counts_for_a_modifier_where_the_original_has_systemic_risk():
    parts = modified(fine_tuning=1e23, own_synthetic_data_generation=2.4e24)
    ratios = {}
    for said in (True, False, None):
        policy = {} if said is None else {"policy": {"original_is_systemic": said}}
        ratios[said] = entry_of({**parts, **policy}, "eu.gpai.modifier.one_third")
    assert ratios[True]["value"] == pytest.approx(2.5 / 3)
    assert ratios[False]["value"] == pytest.approx(0.1 / 3)
    assert ratios[None]["low"] == ratios[False]["low"]
    assert ratios[None]["high"] == ratios[True]["high"]
    assert ratios[None]["certainty"] == "sensitive"


def test_the_fall_backs_are_a_third_of_the_lines_and_read_by_their_own_profiles():
    """1e25 / 3 and 1e23 / 3 = 3.33e24 and 3.33e22, where the original's compute is not known."""
    parts = {"fine_tuning": 4e22, "own_synthetic_data_generation": 3.4e24}
    for systemic, rule, value, word in (
        (True, "eu.gpai.modifier.unknown_systemic", 3.44e24, "applies"),
        (False, "eu.gpai.modifier.unknown_other", 4e22, "applies"),
        (False, "eu.gpai.modifier.unknown_systemic", 3.44e24, "does_not_apply"),
    ):
        policy = {"policy": {"original_flop_known": False, "original_is_systemic": systemic}}
        entry = entry_of({**modified(**parts), **policy}, rule)
        assert entry["verdict"] == word
        assert entry["values"]["modification_flop"] == pytest.approx(value)


def test_what_the_user_says_of_a_modification_stands():
    policy = {"policy": {"modification_flop_ratio": 0.9, "original_flop_known": True}}
    entry = entry_of({**modified(fine_tuning=1e20), **policy}, "eu.gpai.modifier.one_third")
    assert (entry["value"], entry["verdict"]) == (0.9, "applies")


def test_the_lineage_counts_in_the_states_and_stays_open_in_the_eu():
    parts = {"training": {"flop": 9e25, "modifies_original": True, "fine_tuning": 2e25}}
    state = entry_of(parts, "us.ca.sb53.frontier")
    assert (state["value"], state["verdict"], state["certainty"]) == (1.1e26, "applies", "robust")
    eu = entry_of(parts, "eu.aia.art51.systemic")
    assert (eu["value"], eu["high"]) == (2e25, pytest.approx(1.1e26))


def test_what_modifies_counts_as_modification_in_every_profile():
    tables = {**modified(fine_tuning=4e25), "policy": {"is_finetune_of_covered": True}}
    entry = entry_of(tables, "us.ca.sb1047.finetune")
    assert entry["values"]["modification_flop"] == 4e25


# --- properties -----------------------------------------------------------------------------------

RANGES = {
    "fine_tuning": {"low": 1e23, "mid": 2e23, "high": 4e23},
    "rl_updates": 3e23,
    "own_synthetic_data_generation": {"low": 1e22, "high": 9e23},
    "distillation_teacher_training": {"parameters": {"low": 1e10, "high": 3e10}, "tokens": 1e13},
    "activation_recomputation": 1e24,
}


def test_a_profile_that_counts_more_is_never_lower():
    found = counts({"flop": 3e24, **RANGES})
    order = {0: 0, "?": 1, 1: 2}
    for less in ALL:
        for more in ALL:
            if all(order[weight(less, n)] <= order[weight(more, n)] for n in COMPONENTS):
                assert found[less].value <= found[more].value
                assert found[less].low <= found[more].low
                assert found[less].high <= found[more].high


@pytest.mark.parametrize("part", [name for name in PARTS if name != "pretraining"])
def test_another_part_moves_a_count_by_what_its_weight_says(part):
    before, after = counts({"flop": 3e24, **RANGES}), counts({"flop": 3e24, **RANGES, part: 7e24})
    old = counts({"flop": 3e24, **RANGES, part: {"exists": False}})
    for name in ALL:
        sure, most = (7e24 if weight(name, part) in kinds else 0.0 for kinds in ((1,), (1, "?")))
        assert after[name].value == pytest.approx(old[name].value + sure)
        assert after[name].high == pytest.approx(old[name].high + most)
        assert before[name].low <= before[name].value <= before[name].high


def test_a_range_holds_both_ends_and_the_floor_of_the_eu():
    for name, found in counts({"flop": 3e24, **RANGES}).items():
        wide = widened(found, float(profiles()[name].get("error_margin", 0.0)))
        assert wide.low <= found.low
        assert found.high <= wide.high
    assert widened(Fact(1e25, 1e24, 9e25), 0.3)[1:3] == (1e24, 9e25)  # a wider one stays


def test_draws_give_the_sum_of_what_is_drawn():
    scenario = load_values({**MODEL, "training": {"flop": 3e24, **RANGES}})
    names = {number.name for number in of_rules(scenario)}
    assert names == {
        "training.fine_tuning.flop",
        "training.own_synthetic_data_generation.flop",
        "training.distillation_teacher_training.parameters",
    }
    assert uncertain(scenario) == ()
    drawn = {"training.fine_tuning.flop": np.array([1e23, 4e23])}
    drawn["training.distillation_teacher_training.parameters"] = np.array([1e10, 3e10])
    parts = training_parts(scenario, drawn)
    assert parts["distillation_teacher_training"] == pytest.approx([6e23, 1.8e24])
    columns = {"training_flop": np.array([3e24, 3e24]), **parts}
    kept = parts_of(scenario, Fact(3e24, 3e24, 3e24))
    found = counted_at_draws(columns, kept, set(), "eu_parameter_updates", "eu_cumulative")["training_flop"]
    assert found == pytest.approx([3e24 + 1e23 + 3e23, 3e24 + 4e23 + 3e23])


def test_the_chance_of_a_rule_is_the_share_of_draws_over_its_line():
    """Own synthetic data is even between 0 and 4e24: a half of it carries 8e24 over 1e25."""
    part = {"flop": {"dist": "uniform", "low": 0, "high": 4e24}}
    tables = {**MODEL, "training": {"flop": 8e24, "own_synthetic_data_generation": part}}
    found = {c.rule.id: c for c in uncertainty(load_values(tables), samples=200).rules}
    assert found["eu.aia.art51.systemic"].applies == pytest.approx(0.5, abs=0.01)
    assert found["eu.gpai.notify.planned"].applies == pytest.approx(0.5, abs=0.01)
    assert found["us.ca.sb53.frontier"].applies == 0.0


@pytest.mark.parametrize(
    ("systemic", "applies", "does_not", "open_"),
    [(True, 1.0, 0.0, 0.0), (False, 0.0, 1.0, 0.0), (None, 0.0, 0.0, 1.0)],
)
def test_the_chance_of_a_modification_is_counted_as_its_verdict_is(systemic, applies, does_not, open_):
    """2e24 of updates are a fifth of 1e25; with 2e24 of own synthetic data, four tenths."""
    tuned = {"flop": {"dist": "uniform", "low": 1.9e24, "high": 2.1e24}}
    training = {"flop": 1e25, "modifies_original": True, "fine_tuning": tuned}
    policy = {} if systemic is None else {"original_is_systemic": systemic}
    tables = {**MODEL, "training": {**training, "own_synthetic_data_generation": 2e24}, "policy": policy}
    found = {c.rule.id: c for c in uncertainty(load_values(tables), samples=50).rules}
    chance = found["eu.gpai.modifier.one_third"]
    assert (chance.applies, chance.does_not_apply, chance.unknown) == (applies, does_not, open_)


def test_a_modification_large_either_way_is_sure_while_nobody_says_which():
    tuned = {"flop": {"dist": "uniform", "low": 5e24, "high": 6e24}}
    training = {"flop": 1e25, "modifies_original": True, "fine_tuning": tuned}
    tables = {**MODEL, "training": {**training, "own_synthetic_data_generation": 2e24}}
    found = {c.rule.id: c for c in uncertainty(load_values(tables), samples=50).rules}
    assert found["eu.gpai.modifier.one_third"].applies == 1.0


# --- the scenario ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ({"fine_tuning": {}}, "says nothing: give flop, or parameters and tokens, or exists = true"),
        ({"fine_tuning": {"tokens": 1e9}}, "belong together"),
        ({"fine_tuning": {"flop": 1e9, "tokens": 1e9, "parameters": 1}}, "given twice"),
        ({"fine_tuning": {"flop": 1e9, "exists": False}}, "is said not to exist: drop one of them"),
        ({"flop": 1e24, "pretraining": 1e24}, "are the same: keep one of them"),
        ({"pretraining": {"exists": True}}, "needs a figure"),
        ({"fine_tuning": {"flops": 1e9}}, "did you mean flop?"),
        ({"fine_tunning": 1e9}, "did you mean fine_tuning?"),
        ({"fine_tuning": -1}, "must be at least 0"),
    ],
)
def test_what_does_not_fit_is_one_line_with_the_key(training, said):
    with pytest.raises(ScenarioError, match=said) as caught:
        load_values({"training": training})
    assert str(caught.value).startswith("training")
    assert "\n" not in str(caught.value)


def test_parts_come_back_from_a_saved_file(tmp_path):
    training = {"fine_tuning": 1e22, "rl_updates": {"exists": True}, "modifies_original": True}
    training["pretraining"] = {"parameters": {"low": 1e9, "high": 3e9}, "tokens": 1e12}
    scenario = load_values({**MODEL, "training": training})
    path = tmp_path / "mine.toml"
    save(scenario, path)
    assert load_values(tomllib.loads(Path(path).read_text("utf-8"))).training == scenario.training
    assert scenario.training.fine_tuning.flop.mid == 1e22


def test_every_part_of_a_profile_but_what_others_give_has_a_key():
    assert set(COMPONENTS) - set(PARTS) == {"original_model", "deployment_inference"}
    letters = [part.letter for part in COMPONENTS.values()]
    assert len(set(letters)) == len(letters)


def test_the_line_itself_is_judged_as_before():
    systemic = find("eu.aia.art51.systemic")
    assert judge(systemic, {"training_flop": 1e25}).word == "does_not_apply"
    assert judge(systemic, {"training_flop": math.nextafter(1e25, math.inf)}).word == "applies"


# --- what the counts say --------------------------------------------------------------------------


def said(training, **more):
    result = with_ranges(evaluate(load_values({**MODEL, **more, "training": training}), OUTPUTS))
    return counts_of(result)


SENTENCES = {
    "Every regime counts 8.00e25 FLOP (5.60e25 to 1.04e26 by EU 1e25); pre-training is all of it.": {
        "flop": 8e25
    },
    "EU 1e25 counts most, 4.00e24 FLOP (2.80e24 to 5.20e24), 1.33 times the 3.00e24 of US open;"
    " fine-tuning is most of the difference.": {"flop": 3e24, "fine_tuning": 1e24},
    "US open counts 3.00e24 FLOP (at least 3.00e24); pre-training is all of it, and fine-tuning may count"
    " too. Not known by EU 1e25, EU 1e23, States, Korea, 4E091.": {
        "flop": 3e24,
        "fine_tuning": {"exists": True},
    },
    "Every regime counts 3.00e24 FLOP (3.00e24 to 1.30e25 by States); pre-training is all of it, and"
    " recomputation may count too.": {"flop": 3e24, "activation_recomputation": 1e25},
    "EU 1e25 counts most, 4.00e24 FLOP (2.80e24 to 5.20e24), 1.33 times the 3.00e24 of US open; fine-tuning"
    " is most of the difference. With teacher as well, States may reach 1.30e25.": {
        "flop": 3e24,
        "fine_tuning": 1e24,
        "distillation_teacher_training": 9e24,
    },
    "Every regime counts 3.51e24 FLOP (3.51e24 to 6.76e24 by US open); pre-training is all of it, and teacher"
    " may count too.": {
        "flop": 3.51e24,
        "fine_tuning": 1.54e21,
        "distillation_teacher_training": 3.25e24,
    },
    "States counts most, 1.10e26 FLOP, nothing sure by US open; original model is most of the difference.": {
        "flop": 9e25,
        "modifies_original": True,
        "fine_tuning": 2e25,
    },
}


@pytest.mark.parametrize("text", SENTENCES)
def test_the_sentence_has_number_range_and_driver(text):
    assert said(SENTENCES[text]).sentence == text


def test_without_any_figure_the_sentence_names_what_is_missing():
    counts = said({}, model={"id": "claude-opus-4"})
    assert counts.sentence == "No regime's count is known for want of training_flop."
    assert short_counts(counts) == "unknown by every regime's count"
    assert "nothing is known of it" in "\n".join(bars(counts, 80))


def test_inference_in_service_is_shown_and_counted_by_none():
    """1e15 FLOP a query, 1e6 queries a day, 365 days: 3.65e23, and no regime's count moves."""
    more = {"workload": {"queries_per_day": 1e6}, "pins": {"flop_per_query": 1e15}}
    with_demand, without = said({"flop": 3e24}, **more), said({"flop": 3e24})
    assert with_demand.parts["deployment_inference"].value == pytest.approx(3.65e23)
    assert without.parts["deployment_inference"].missing == ("workload.requests_per_s",)
    assert [r.total for r in with_demand.regimes] == [r.total for r in without.regimes]
    assert {r.marks["deployment_inference"] for r in with_demand.regimes} == {0}


def test_a_modification_is_shown_against_its_original():
    counts = said({"flop": 9e25, "modifies_original": True, "fine_tuning": 2e25})
    assert list(counts.parts) == ["original_model", "fine_tuning", "deployment_inference"]
    values = {regime.profile: regime.value for regime in counts.regimes}
    assert (values["us_state_lineage"], values["eu_cumulative"], values["us_generic"]) == (1.1e26, 2e25, 0.0)
    assert "original model is most of the difference" in counts.sentence
