"""Lines that move: formulas, what they catch, and the catalogue's models."""

import datetime as dt
import math

import numpy as np
import pytest

from inferscope.core import catalog
from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import evaluate
from inferscope.core.export.lines import as_text, curve, sentence, word
from inferscope.core.policy import lines as module
from inferscope.core.policy.lines import (
    KINDS,
    Run,
    adjusted_line,
    base_day,
    halving_months,
    largest,
    moving,
    relative_line,
    runs,
    setting,
)
from inferscope.core.scenario.files import load_values

OWN = (
    Run("a", "A", dt.date(2020, 1, 1), 1e22, 1e22, 1e22, verified=True),
    Run("b", "B", dt.date(2024, 6, 1), 2e25, 8e24, 3e25, verified=True),
    Run("c", "C", dt.date(2025, 6, 1), 1e25, 1e25, 1e25, verified=True),
    Run("d", "D", dt.date(2026, 6, 1), 4e24, 4e24, 4e24, verified=False),
)
"""Four runs of round figures."""


@pytest.fixture
def own(monkeypatch):
    monkeypatch.setattr(module, "runs", lambda: OWN)


# --- formulas -------------------------------------------------------------------------------------


def test_a_year_of_progress_at_eight_months_divides_a_line_by_2_83():
    """Worked example R12: 2^(12/8) = 2.83 a year."""
    assert 1e25 / float(adjusted_line(1e25, np.array([12.0]), 8.0)[0]) == pytest.approx(2.8284, rel=1e-4)
    assert adjusted_line(8e24, np.array([-8.0, 0.0, 8.0, 24.0]), 8.0) == pytest.approx(
        [1.6e25, 8e24, 4e24, 1e24]
    )


def test_a_line_beyond_any_number_is_infinite_and_no_warning():
    assert adjusted_line(1e25, np.array([-1e6]), 1e-3).tolist() == [np.inf]


def test_the_published_halving_time_and_the_day_of_the_eus_line():
    assert halving_months() == (8, 2, 22)
    assert base_day() == dt.date(2025, 8, 2)


def test_a_relative_line_follows_the_largest_run_so_far():
    flop, days = np.array([1e22, 2e25, 1e25, 4e24]), np.array([1.0, 5.0, 7.0, 9.0])
    assert relative_line(flop, days, 0.1) == pytest.approx([1e21, 2e24, 2e24, 2e24])
    same_day = relative_line(flop, np.array([1.0, 5.0, 5.0, 9.0]), 1.0)
    assert same_day == pytest.approx([1e22, 2e25, 2e25, 2e25])


# --- what they catch ------------------------------------------------------------------------------


@pytest.mark.usefixtures("own")
def test_counts_of_four_runs_by_hand():
    """Fixed at 1e25: B alone (8e24 to 3e25: perhaps not), C is on the line. A tenth of the largest: all.

    D's 4e24 is over 2e24 (0.8e24 to 3e24). Adjusted from 2025-06-01: B's line is 2.83e25, D's 3.54e24.
    """
    found = moving(setting(1e25, halving=8, base=dt.date(2025, 6, 1)))
    assert {kind: found.line(kind).count() for kind in KINDS} == {
        "fixed": (1, 0, 1),
        "relative": (4, 4, 4),
        "adjusted": (1, 1, 2),
    }
    assert [word(found.line("adjusted").caught[:, place]) for place in range(4)] == [
        "no", "no, perhaps", "no", "yes",
    ]  # fmt: skip
    assert found.level("fixed", 2026)[0] == 1e25
    assert found.level("relative", 2024) == pytest.approx((2e24, 8e23, 3e24))
    assert math.isnan(found.level("relative", 2019)[0])


@pytest.mark.usefixtures("own")
def test_a_run_on_a_fixed_line_is_not_caught_and_on_a_relative_one_is():
    fixed = moving(setting(math.nextafter(1e25, 0), first=2025, last=2025))
    assert fixed.line("fixed").count() == (1, 1, 1)
    assert moving(setting(1e25, first=2025, last=2025)).line("fixed").count() == (0, 0, 0)
    half = moving(setting(share=0.5, first=2025, last=2025))
    assert half.line("relative").count().caught == 1  # 1e25 is half of 2e25


@pytest.mark.usefixtures("own")
def test_older_runs_count_for_the_largest_alone():
    found = moving(setting(first=2025, last=2026))
    assert (len(found.runs), found.before) == (2, 2)
    assert found.line("relative").levels[0] == pytest.approx([2e24, 2e24])
    assert "of older ones (2) only the largest run counts" in as_text(found).replace("\n", " ")


@pytest.mark.usefixtures("own")
def test_years_without_runs_say_so():
    found = moving(setting(first=2021, last=2023))
    assert sentence(found) == "No model of the catalogue with a figure was released from 2021 to 2023."
    assert "2022" in as_text(found)


@pytest.mark.usefixtures("own")
def test_the_sentence_names_number_range_and_driver():
    text = sentence(moving(setting()))
    assert text.startswith("A line of 1.00e25 FLOP catches 1 (0 to 1) of 4 models of the catalogue")
    assert text.endswith("where the halving time, 8 months (2 to 22), drives the range.")


@pytest.mark.usefixtures("own")
def test_the_curve_ends_where_the_counts_do():
    found = moving(setting())
    rows = curve(found, 60, 5)
    assert rows[1].startswith("   4 ")
    assert rows[1].endswith("r")
    assert max(map(len, rows)) <= 60


def test_a_higher_line_never_catches_more():
    counts = [moving(setting(line)).line("fixed").count() for line in np.geomspace(1e22, 1e27, 26)]
    for less, more in zip(counts[1:], counts, strict=False):
        assert less.low <= more.low
        assert less.caught <= more.caught
        assert less.high <= more.high


@pytest.mark.parametrize("kind", KINDS)
def test_a_range_holds_its_middle(kind):
    found = moving(setting(3e24))
    for year in range(found.asked.first, found.asked.last + 1):
        count = found.line(kind).count(found.in_year(year))
        assert count.low <= count.caught <= count.high
        low, middle, high = (found.level(kind, year)[n] for n in (1, 0, 2))
        assert low <= middle <= high


def test_slower_progress_moves_a_line_less():
    days = np.array([24.0])
    slow, fast = adjusted_line(1e25, days, 22.0), adjusted_line(1e25, days, 2.0)
    assert fast[0] < slow[0] < 1e25


# --- the catalogue --------------------------------------------------------------------------------


def test_known_models_are_caught_when_they_were_released():
    caught = {r.id for r, c in zip(runs(), moving(setting(1e25)).line("fixed").caught[0], strict=True) if c}
    assert {"gpt-4", "llama-3.1-405b", "nemotron-4-340b", "grok-3"} <= caught
    assert not {"deepseek-v3", "llama-3.1-70b", "gpt-3-175b"} & caught
    assert largest(runs(), dt.date(2022, 12, 31))[0] == pytest.approx(2.578e24)  # GPT-3.5
    assert largest(runs(), dt.date(2019, 1, 1)) is None


def test_figures_too_weak_to_decide_are_not_counted():
    names = {run.id for run in runs()}
    assert not {"claude-opus-4", "gemini-2.5-pro"} & names
    assert len(names) + module.without_figure() == len(catalog.ids("model"))


@pytest.mark.parametrize("name", ["deepseek-v3", "llama-3.1-405b", "gpt-4", "qwen3-32b"])
def test_a_run_has_the_compute_that_a_scenario_of_it_has(name):
    run = next(run for run in runs() if run.id == name)
    value = float(evaluate(load_values({"model": {"id": name}}), ["training_flop"])["training_flop"][0])
    assert run.flop == pytest.approx(value, rel=1e-12)
    assert run.low <= run.flop <= run.high


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"line": -1.0}, "line must be above 0"),
        ({"share": 0.0}, "share must"),
        ({"halving": math.inf}, "halving must"),
    ],
)
def test_settings_out_of_bounds_are_refused(given, said):
    with pytest.raises(InferscopeError, match=said):
        setting(**given)
