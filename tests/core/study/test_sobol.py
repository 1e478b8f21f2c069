"""Sobol indices against those that can be worked out by hand."""

import math
import sys

import numpy as np
import pytest

from inferscope.core.errors import InferscopeError
from inferscope.core.scenario.ranges import parse_number
from inferscope.core.study.sobol import MOST, points_needed, sobol_indices, variance_shares

UNIT = parse_number({"dist": "uniform", "low": 0.0, "high": 1.0})
TURN = parse_number({"dist": "uniform", "low": -math.pi, "high": math.pi})


def ishigami(columns):
    first, second, third = (columns[name] for name in "abc")
    return np.sin(first) + 7.0 * np.sin(second) ** 2 + 0.1 * third**4 * np.sin(first)


def assert_within(found, first, total, errors=1.5):
    """Within so many times the half width of the 95 % interval: 1.5 of it is 2.9 standard errors."""
    assert np.all(np.abs(found.first - first) <= errors * found.first_error)
    assert np.all(np.abs(found.total - total) <= errors * found.total_error)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_indices_of_ishigamis_function_are_the_analytic_ones(seed):
    found = sobol_indices(ishigami, dict.fromkeys("abc", TURN), 4096, seed)
    assert_within(found, (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437))
    assert found.first == pytest.approx([0.3139, 0.4424, 0.0], abs=0.02)
    assert found.total == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.02)


def test_more_samples_come_nearer():
    found = sobol_indices(ishigami, dict.fromkeys("abc", TURN), 16384)
    assert found.first == pytest.approx([0.3139, 0.4424, 0.0], abs=0.002)
    assert found.total == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.002)


def test_a_sum_has_no_interactions():
    """Var(a) : Var(2 b) is 1 : 4."""
    found = sobol_indices(lambda c: c["a"] + 2.0 * c["b"], dict.fromkeys("ab", UNIT), 2048)
    assert_within(found, (0.2, 0.8), (0.2, 0.8))
    assert found.total == pytest.approx([0.2, 0.8], abs=0.01)


def test_a_product_has_interactions():
    """Var(ab) = 1/9 - 1/16 = 7/144 and Var(E(ab|a)) = 1/48 = 3/144: first-order 3/7, total 4/7."""
    found = sobol_indices(lambda c: c["a"] * c["b"], dict.fromkeys("ab", UNIT), 4096)
    assert found.first == pytest.approx([3 / 7, 3 / 7], abs=0.01)
    assert found.total == pytest.approx([4 / 7, 4 / 7], abs=0.01)


def test_a_lognormal_number_is_drawn_as_one():
    """A sum of two logarithms, whose variances are ln(9)^2 : ln(3)^2 = 4 : 1."""
    numbers = {
        "wide": parse_number({"dist": "lognormal", "p5": 1.0, "p95": 9.0}),
        "narrow": parse_number({"dist": "lognormal", "p5": 1.0, "p95": 3.0}),
    }
    found = sobol_indices(lambda c: np.log(c["wide"] * c["narrow"]), numbers, 4096)
    assert found.total == pytest.approx([0.8, 0.2], abs=0.01)


@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_seed_gives_the_same_indices_and_intervals(seed):
    one, two = (sobol_indices(ishigami, dict.fromkeys("abc", TURN), 64, seed) for _ in range(2))
    for name in ("first", "first_error", "total", "total_error"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    other = sobol_indices(ishigami, dict.fromkeys("abc", TURN), 64, seed + 1)
    assert np.all(one.total != other.total)


def test_what_does_not_vary_has_indices_of_zero():
    found = sobol_indices(lambda c: np.full(len(c["a"]), 3.0), {"a": UNIT}, 16)
    assert (found.first.tolist(), found.total.tolist(), found.why) == ([0.0], [0.0], "it does not vary")


def test_a_few_points_without_a_value_cost_their_samples():
    def holed(columns):
        return np.where(columns["a"] < 0.01, np.nan, columns["a"] + columns["b"])

    found = sobol_indices(holed, dict.fromkeys("ab", UNIT), 1024)
    assert 0 < found.lost < 0.05 * 1024
    assert found.total == pytest.approx([0.5, 0.5], abs=0.03)


def test_many_points_without_a_value_leave_no_indices():
    found = sobol_indices(lambda c: np.where(c["a"] < 0.5, np.nan, c["a"]), {"a": UNIT}, 64)
    assert np.isnan(found.first).all()
    assert found.why == "75 % of the samples have a point without a value"


def test_several_functions_share_their_points_in_parts_and_say_how_far_they_are():
    calls, told = [], []

    def both(shares):
        calls.append(len(shares))
        return np.stack([shares[:, 0], shares[:, 0] + 2.0 * shares[:, 1]], axis=1)

    samples = 2**15
    first, second = variance_shares(both, 2, samples, 0, lambda *step: told.append(step))
    assert len(calls) == len(told) == 16
    assert sum(calls) == points_needed(2, samples)
    assert told[-1] == (points_needed(2, samples),) * 2
    assert first.total == pytest.approx([1.0, 0.0], abs=0.001)
    assert second.total == pytest.approx([0.2, 0.8], abs=0.002)


@pytest.mark.parametrize("samples", [0, 1, 1000, -4, 2 * MOST, 10**13])
def test_samples_are_a_power_of_two(samples):
    with pytest.raises(InferscopeError, match="samples must be a power of two from 2 to 131,072"):
        sobol_indices(ishigami, dict.fromkeys("abc", TURN), samples)


@pytest.mark.parametrize("module", ["SALib.analyze", "scipy.stats"])
def test_without_the_extra_one_line_says_how_to_get_it(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InferscopeError, match="pip install scipy SALib"):
        sobol_indices(ishigami, dict.fromkeys("abc", TURN), 64)
