"""Inference scaled up, routes around a line, deployment: numbers done by hand, and properties."""

import math

import numpy as np
import pytest

from inferscope.core import catalog
from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.policy.rules import find
from inferscope.core.quantities import deployment, lifecycle, loopholes, scaling
from inferscope.core.quantities.quality import effective_training_flop
from inferscope.core.scenario.files import load, load_values

NAN = math.nan

BY_HAND = [
    (effective_training_flop, (1e24, 1e4, 1e4, 0.75), 1e27),
    (effective_training_flop, (1e24, 1e4, 1e4, 0.7), 10**26.8),
    (effective_training_flop, (1e24, 1e6, 1e4, 0.7), 10**26.8),
    (scaling.scaled_cost_factor, (0.1, 100), 10.9),
    (scaling.usd_per_scaled_query, (0.002, 100), 0.2),
    (scaling.mean_usd_per_scaled_query, (0.002, 10.9), 0.0218),
    (scaling.copies_left, (100,), 0.01),
    (scaling.multiplier_to_line, (1e27, 1e24, 0.75), 1e4),
    (scaling.multiplier_to_line, (1e27, 1e24, 0.7), 10 ** (3 / 0.7)),
    (scaling.multiplier_to_line, (1e25, 2e25, 0.7), 1),
    (scaling.line_is_reachable, (19_307, 1e4), 0),
    (scaling.line_is_reachable, (1e4, 1e4), 1),
    (scaling.usd_per_query_at_line, (1, 0.001, 5), 0.005),
    (scaling.usd_per_query_at_line, (0, 0.001, 5), NAN),
    (scaling.cost_factor_at_line, (1, 0.1, 5), 1.4),
    (scaling.cost_factor_at_line, (0, 0.1, 5), NAN),
    (scaling.accelerators_at_line, (1814, 5), 9070),
    (scaling.most_effective_training_flop, (1e24, 1e4, 0.7), 10**26.8),
    (scaling.optimal_inference_usd, (0.5, 3e6), 1.5e6),
    (scaling.independent_pass_rate, (0.05, 2), 0.0975),
    (scaling.coverage, (0.159, 1, -0.209), 0.159),
    (scaling.selected_pass_rate, (0.56, 0.9), 0.504),
    (scaling.log_linear_pass_rate, (0.757, 5, 100), 0.857),
    (scaling.log_linear_pass_rate, (0.757, 5, 1e9), 1),
    (scaling.log_linear_pass_rate, (0.3, -20, 100), 0),
    (loopholes.fine_tuning_flop, (NAN, 3e24), 1e24),
    (loopholes.fine_tuning_flop, (5e23, 3e24), 5e23),
    (loopholes.modification_ratio, (3.3e22, 3.3e24), 0.01),
    (loopholes.enhanced_training_flop, (3e24, 5), 1.5e25),
    (loopholes.distillation_flop, (4e9, 37e9, 4, 32e9, 2), 1.184e21 + 1.536e21),
    (loopholes.student_flop, (3.5e24, 2.7e21), 3.5027e24),
    (loopholes.student_and_teacher_flop, (3.5e24, 3.5e24), 7e24),
    (loopholes.distilled_effective_flop, (1e23, 1e25, 0.9), 10**24.8),
    (loopholes.distilled_effective_flop, (1e25, 1e23, 0.9), 1e25),
    (loopholes.scratch_flop, (NAN, 1e25, 3e24), 1e25),
    (loopholes.scratch_flop, (NAN, 1e25, 3e25), 3e25),
    (loopholes.scratch_flop, (2e26, 1e25, 3e25), 2e26),
    (loopholes.growing_flop, (1e25, 0.45), 5.5e24),
    (loopholes.grown_lineage_flop, (3.25e24, 5.5e24), 8.75e24),
    (loopholes.round_flop, (4e9, 37e9, 100), 2.96e22 + 8.88e20),
    (loopholes.round_gain, (100, 1e4, 0.7, 0.9), 10**1.26),
    (loopholes.round_gain, (1e6, 1e4, 0.7, 0.9), 10**2.52),
    (loopholes.rounds_to_count, (3.25e24, 1e25, 3.05e22), 222),
    (loopholes.rounds_to_count, (1.1e25, 1e25, 3.05e22), 0),
    (loopholes.rounds_to_count, (0, 1e25, 1e25), 2),  # on the line is not past it
    (loopholes.rounds_to_act, (3.07, 18.2), 1),
    (loopholes.rounds_to_act, (100, 10), 2),
    (loopholes.rounds_to_act, (0.5, 18.2), 0),
    (loopholes.rounds_to_act, (3.07, 1), NAN),
    (loopholes.multiplier_of_line, (1e25, 2e24), 5),
    (loopholes.counted_flop_at_act, (3.25e24, 1, 3e22), 3.28e24),
    (loopholes.cascade_usd, (0.1, 1, 0.3), 0.4),
    (loopholes.mixed_pass_rate, (0.6, 0.8, 0.25), 0.75),
    (deployment.agent_tok_s, (NAN, 50), 50),
    (deployment.agent_tok_s, (10, 50), 10),
    (deployment.copies_on_fleet, (1814, 1000, 10, 100), 1814),
    (deployment.agents_by_flop, (1000, 1e15, 0.1, 7.4e10, 10, 1), 135_135.135),
    (deployment.copies_recovery_years, (100, 10), 2),
    (deployment.copies_recovery_years, (100, 1), NAN),
    (deployment.usd_per_agent_hour, (50, 100, 2), 36),
    (deployment.wage_multiplier, (90, 100, 36), 250),
    (deployment.wage_parity_years, (3600, 36, 10), 2),
    (deployment.wage_parity_years, (30, 36, 1), 0),
    (deployment.wage_parity_years, (3600, 36, 1), NAN),
    (deployment.stolen_weights_usd, (5.576e6, 4, 2), 348_500),
    (deployment.stolen_weights_share, (3e6, 27e6 / 365.25), 0.1),
    (lifecycle.served_usd_per_day, (1, 0.5, 0, 1e5, 2), 2e5),
    (lifecycle.served_usd_per_day, (NAN, 0.5, 0, 1e5, 2), NAN),
    (lifecycle.served_usd_per_day, (1, 1.5, 1, 1e5, 2), NAN),
    (lifecycle.served_usd_per_day, (1, 1.5, 2, 1e5, 2), 2e5),
    (deployment.lifetime_inference_usd, (2e5, 365, 1), 7.3e7),
    (deployment.lifetime_inference_usd, (2e5, 365.25, 2), 2e5 * 365.25 / math.log(2)),
    (deployment.inference_share_of_lifetime_usd, (3e6, 1e6), 0.75),
    (deployment.cost_of_ten_times_training, (0,), 10),
    (deployment.cost_of_ten_times_training, (1,), math.sqrt(10)),
    (deployment.cost_of_ten_times_inference, (0,), 1),
    (deployment.cost_of_ten_times_inference, (1,), 10),
    (lifecycle.served_flop_per_day, (0.5, 0, 1e14, 1, 1e9), 1e23),
    (lifecycle.served_flop_per_day, (1.5, 0, 1e14, 1, 1e9), NAN),
    (lifecycle.served_flop_per_day, (1.5, 2, 1e14, 1, 1e9), 1e23),
    (deployment.served_flop, (1e23, 365, 1), 3.65e25),
    (deployment.lifetime_flop, (2.1e25, 3.65e25), 5.75e25),
    (deployment.crossover_queries, (1e13, 800, 200), 3e10),
    (deployment.served_over_trained, (30e12, 6e12, 1, 10e12), 1.2),
    (deployment.queries_per_month, (12e6,), 365.25e6),
    (deployment.daily_users, (195e6, 15), 13e6),
    (deployment.user_line_share, (13e6,), 1.3),
    (deployment.users_at_capacity, (2000, 1, 15), 11.52e6),
]


def call(function, *values):
    with np.errstate(divide="ignore"):  # as programs run; what comes of it is NaN or no number
        return float(function(*(np.array([float(v)]) for v in values))[0])


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    BY_HAND,
    ids=[f"{f.__name__}-{n}" for n, (f, *_) in enumerate(BY_HAND)],
)
def test_a_number_done_by_hand(function, values, expected):
    assert call(function, *values) == pytest.approx(expected, rel=1e-6, nan_ok=True)


def test_every_quantity_of_these_modules_has_a_number_done_by_hand():
    from inferscope.core.graph import REGISTRY

    modules = {scaling.__name__, loopholes.__name__, deployment.__name__}
    mine = {node.name for node in REGISTRY.quantities.values() if node.function.__module__ in modules}
    assert mine - {"vote_pass_rate"} == mine & {function.__name__ for function, *_ in BY_HAND}
    assert call(scaling.vote_pass_rate, 0.6, 5) == pytest.approx(0.68256)


# --- votes ----------------------------------------------------------------------------------------


def by_sum(p, n):
    return sum(math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(n // 2 + 1, n + 1))


@pytest.mark.parametrize("votes", [1, 3, 11, 101, 501])
@pytest.mark.parametrize("single", [0.0, 0.02, 0.4, 0.499, 0.5, 0.51, 0.9, 1.0])
def test_a_majority_is_the_binomial_sum(single, votes):
    found = call(scaling.majority_share, single, votes)
    assert found == pytest.approx(by_sum(single, votes), rel=1e-9, abs=1e-15)


def test_an_even_number_of_votes_is_the_odd_one_below():
    assert call(scaling.majority_share, 0.7, 6) == call(scaling.majority_share, 0.7, 5)


def test_many_votes_settle_what_one_leans_to():
    assert call(scaling.majority_share, 0.52, 1e9) == pytest.approx(1, abs=1e-4)
    assert call(scaling.majority_share, 0.48, 1e9) == pytest.approx(0, abs=1e-4)
    assert math.isnan(call(scaling.majority_share, 1.5, 5))


# --- attempts -------------------------------------------------------------------------------------


def test_coverage_goes_through_its_second_point():
    exponent = call(scaling.coverage_exponent, 0.159, 0.56, 250)
    assert call(scaling.coverage, 0.159, 250, exponent) == pytest.approx(0.56)
    assert call(scaling.attempts_to_cover, 0.159, 0.56, exponent) == pytest.approx(250)


def test_pass_at_one_is_the_share_that_was_right():
    assert call(scaling.pass_at_k, 10, 3, 1) == pytest.approx(0.3)


# --- laws -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "exponent", "plateau"),
    [
        ("ord", (0.5, 0.7, 1), 1e4),
        ("language", (0.5, 1 / 1.5, 1), 10**1.5),
        ("decomposable", (2 / 3, 0.8, 1), 10**2.5),
        ("checkable", (0.5, 3.5 / 5.5, 0.8), 10**5.5),
        ("scaling_policy", (None, 1.2 / 0.7, None), 10**0.7),
        ("tree_search", (None, 0.625, None), 10**1.6),
        ("resampling", (None, 0.5, None), 1e6),
        ("pruning", (None, 0.7, None), 10),
        ("board_game", (None, 0.85, None), 15),
    ],
)
def test_the_laws(law, exponent, plateau):
    found = catalog.exchange_law(law)
    values = (found.exponent.low, found.exponent.value, found.exponent.high)
    assert values == pytest.approx(exponent)
    assert found.plateau.value == pytest.approx(plateau)
    assert found.exponent.source
    assert found.exponent.is_unverified == (law == "board_game")


def test_every_law_is_here():
    assert len(catalog.exchange_laws()) == 9


def scaled(name="deepseek-v3-h800", **tables):
    scenario = load(name).scenario.model_dump(mode="json", exclude_defaults=True)
    return load_values({**scenario, **tables})


def test_a_law_gives_exponent_and_plateau_and_a_key_comes_before_it():
    names = ["effective_training_flop", "training_flop"]
    for given, factor in (
        ({"law": "tree_search", "multiplier": 1e9}, 10.0),  # the whole span: one order
        ({"law": "tree_search", "multiplier": 100, "exponent": 0.5, "plateau": 100}, 10.0),
        ({"multiplier": 1e4}, 10**2.8),
    ):
        found = evaluate(scaled(test_time=given), names)
        assert float(found[names[0]][0] / found[names[1]][0]) == pytest.approx(factor)


def test_an_unknown_law_is_one_line():
    with pytest.raises(ScenarioError, match=r"test_time\.law.*unknown law 'orb': did you mean ord"):
        evaluate(scaled(test_time={"law": "orb"}))


def test_a_teacher_comes_from_the_record_and_may_be_named():
    names = ["distillation_flop", "student_and_teacher_flop", "distilled_effective_flop"]
    student = load_values({"model": {"id": "r1-distill-qwen-32b"}, "training": {"flop": 3.51e24}})
    found = evaluate(student, names)
    assert 2.6e21 < float(found["distillation_flop"][0]) < 2.8e21
    assert float(found["student_and_teacher_flop"][0]) == pytest.approx(3.51e24 + 3.2523536e24, rel=1e-3)
    alone = evaluate(scaled(), names)
    assert alone.why("distillation_flop") == "needs_input: routes.teacher"
    with pytest.raises(ScenarioError, match=r"routes\.teacher.*deepseek-r11"):
        evaluate(scaled(routes={"teacher": "deepseek-r11"}))


# --- properties -----------------------------------------------------------------------------------


def test_the_multiplier_to_a_line_makes_the_model_act_like_one_on_it():
    """Inverse functions: what k* costs is what it takes, at any exponent."""
    for exponent in (0.5, 0.7, 1.0):
        k = call(scaling.multiplier_to_line, 1e25, 3.25e24, exponent)
        assert call(effective_training_flop, 3.25e24, k, 1e12, exponent) == pytest.approx(1e25)


def test_a_line_beyond_the_plateau_is_unreachable_and_says_so():
    names = ["line_is_reachable", "usd_per_query_at_line", "accelerators_at_line"]
    found = evaluate(scaled(test_time={"line_flop": 1e29}), names)
    assert float(found["line_is_reachable"][0]) == 0
    assert found.why("usd_per_query_at_line").startswith("unreachable: the plateau is below")
    assert found.why("accelerators_at_line").startswith("unreachable: ")
    assert evaluate(scaled(), names)["line_is_reachable"][0] == 1


def test_the_multiplier_scales_what_is_said_to_scale_and_nothing_else():
    names = ["usd_per_query", "usd_per_scaled_query", "copies_on_fleet", "usd_per_agent_hour", "served_flop"]
    plain, many = (evaluate(scaled(test_time={"multiplier": k}), names) for k in (1, 100))
    ratios = [float(many[name][0] / plain[name][0]) for name in names]
    assert ratios == pytest.approx([1, 100, 0.01, 100, 100])


def test_copies_by_tokens_and_by_flop_are_the_same_fleet():
    """With the whole FLOP in use spent on decoding there are more of them, by what prompts take."""
    found = evaluate(scaled(), ["copies_on_fleet", "agents_by_flop", "batch", "tpot_s"])
    assert found["copies_on_fleet"][0] < found["agents_by_flop"][0]


def test_serving_passes_training_in_tokens_when_it_does_in_queries():
    names = ["crossover_queries", "served_over_trained", "queries_per_day"]
    found = evaluate(scaled(), names)
    served = float(found["queries_per_day"][0]) * 365
    ratio = served / float(found["crossover_queries"][0])
    assert float(found["served_over_trained"][0]) == pytest.approx(ratio)


def test_what_a_scenario_does_not_say_is_asked_for():
    names = ["wage_multiplier", "wage_parity_years", "copies_recovery_years", "coverage", "daily_users"]
    found = evaluate(scaled(), names)
    assert {name: found.why(name) for name in names} == {
        "wage_multiplier": "needs_input: test_time.wage_usd_per_hour",
        "wage_parity_years": "needs_input: test_time.wage_usd_per_hour",
        "copies_recovery_years": "needs_input: test_time.fleet_growth_per_year",
        "coverage": "needs_input: test_time.single_pass_rate",
        "daily_users": "needs_input: workload.queries_per_user_per_day",
    }


def test_the_line_on_users_is_that_of_the_bill():
    (line,) = (
        part.line
        for part in find("us.fed.hr8094").predicate.comparisons()
        if part.quantity == "monthly_users"
    )
    assert deployment.user_line_share(np.array([line])) == 1.0
