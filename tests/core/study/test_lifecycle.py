"""A model's life: totals and days by hand, with and without growth."""

import math

import numpy as np
import pytest

from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.quantities.functions import days_to_total, total_days
from inferscope.core.scenario.files import load, with_values
from inferscope.core.study.lifecycle import lifecycle


def days(training_usd, usd_per_day, **life):
    """Days until serving passes a run, at a cost of a day."""
    keys = {f"lifecycle.{name}": value for name, value in life.items()}
    scenario = with_values(
        load("chatgpt-2023").scenario,
        {"training.usd": training_usd, "pins.served_usd_per_day": usd_per_day, **keys},
    )
    return evaluate(scenario, ["crossover_days_usd"])["crossover_days_usd"][0]


@pytest.mark.parametrize(
    ("training", "per_day", "expected"),
    [
        (78.6e6, 694_444, 113),
        (40.7e6, 694_444, 59),
        (4.34e6, 694_444, 6.2),
        (200e6, 694_444, 288),
        (0.5e9, 2e9 / 365, 91),
    ],
)
def test_serving_passes_training_on_the_day_that_division_gives(training, per_day, expected):
    assert days(training, per_day) == pytest.approx(expected, rel=0.01)


def test_queries_times_flop_pass_training_compute_on_the_day_that_division_gives():
    """2.5e9 prompts of 1e14 FLOP a day: 2.1e25 in 84 days, 3.8e25 in 152."""
    for flop, expected in ((2.1e25, 84), (3.8e25, 152)):
        changes = {"training.flop": flop, "pins.flop_per_query": 1e14}
        scenario = with_values(load("chatgpt-2025-crossover").scenario, changes)
        result = evaluate(scenario, ["crossover_days_flop"])
        assert result["crossover_days_flop"][0] == pytest.approx(expected)


def test_growth_shortens_the_way_and_its_total_is_the_integral():
    """Doubling every year: 365.25 (2^t - 1) / ln 2 days' worth; a decade of steps agrees within its step."""
    assert days(694_444 * 526.944, 694_444, users_growth_per_year=2) == pytest.approx(365.25, rel=1e-5)
    steps = np.arange(0, 365.25, 0.01)
    by_steps = float(np.sum(3 ** (steps / 365.25)) * 0.01)
    assert total_days(np.array([365.25]), np.array([3.0]))[0] == pytest.approx(by_steps, rel=1e-4)


def test_a_falling_cost_can_keep_serving_from_ever_passing_training():
    """Ten times cheaper a year: all of serving is 365.25 / ln 10 = 158.6 days' worth."""
    assert days(158 * 1000, 1000, cost_decline_per_year=10) > 365
    assert math.isnan(days(159 * 1000, 1000, cost_decline_per_year=10))
    assert (
        "at no time"
        in lifecycle(
            with_values(
                load("openai-2024-crossover").scenario,
                {"lifecycle.cost_decline_per_year": 100, "training.usd": 5e9},
            )
        ).sentence()
    )


def test_days_and_totals_are_inverse():
    growth = np.array([0.2, 0.9, 1.0, 1.0001, 4.0])
    span = np.array([30.0, 400.0, 77.0, 900.0, 365.0])
    np.testing.assert_allclose(days_to_total(total_days(span, growth), growth), span, rtol=1e-9)


def test_three_counts_of_training_are_passed_one_after_another():
    life = lifecycle(with_values(load("openai-2024-crossover").scenario, {"lifecycle.all_runs_factor": 3}))
    passed = [life.passed_days(run) for run in ("final run", "all runs", "all R&D")]
    assert passed == pytest.approx([91.3, 273.9, 913], rel=0.001)
    assert "the final run (500,000,000 USD) after 91 days" in life.sentence()
    assert "past the 365 days in service" in life.sentence()


def test_the_rows_add_up_to_the_quantities_of_the_life():
    grown = with_values(load("chatgpt-2023").scenario, {"lifecycle.users_growth_per_year": 3})
    life = lifecycle(grown, "flop", 12)
    whole = evaluate(with_values(life.scenario, {"training.lifetime_days": 365.25}), ["served_flop"])
    assert life.table()["served_flop"][-1] == pytest.approx(whole["served_flop"][0], rel=1e-12)


def test_what_is_missing_is_named():
    life = lifecycle(load("gpt-4-training-accounts").scenario)
    assert life.sentence() == (
        "What serving takes in USD is unknown: needs workload.requests_per_s."
        " Training took: the final run (77,520,000 USD)."
    )
    assert "all runs: needs lifecycle.all_runs_factor" in life.table().notes
    assert life.table().curve.why


@pytest.mark.parametrize("months", [0, 601])
def test_too_many_months_are_refused(months):
    with pytest.raises(ScenarioError, match="months to show are 1 to 600"):
        lifecycle(load("chatgpt-2023").scenario, "usd", months)


def test_a_life_longer_than_can_be_shown_says_so():
    changes = {"training.lifetime_days": 1e9, "workload.queries_per_day": 1e6}
    table = lifecycle(with_values(load("llama-3.1-70b-h100").scenario, changes)).table()
    assert len(table.rows) == 601
    assert "the first 600 of 3.28542e+07 months in service are shown" in table.notes
