"""Inference scaled up in place of training: what it is worth, what matching a line costs, what it solves."""

from __future__ import annotations

import math

import numpy as np

from inferscope.core.graph import Array, quantity

_ORD = "Ord, Inference Scaling Reshapes AI Governance, arXiv 2503.05705"
_UNREACHABLE = "unreachable: the plateau is below the multiplier that the line takes"
_MOST_VOTES = 10_001.0
"""Beyond so many votes the winner is certain unless single answers are within a per cent of one half."""
_FRACTIONS = 120
"""Terms of the continued fraction; it needs about the root of half the votes."""


# --- cost of a multiplier ------------------------------------------------------------------------


@quantity(
    unit="1",
    label="Mean cost factor of scaled inference",
    better="lower",
    formula="1 + test_time_task_share * (test_time_multiplier - 1)",
    source=_ORD + ": cost rises with the inference of the queries that take it",
)
def scaled_cost_factor(test_time_task_share: Array, test_time_multiplier: Array) -> Array:
    """Mean cost of a query over the plain one. A tenth of the queries at 100 times: 1 + 0.1 x 99 = 10.9."""
    return 1.0 + test_time_task_share * (test_time_multiplier - 1.0)


@quantity(
    unit="USD",
    label="Cost of a query at the multiplier",
    better="lower",
    formula="usd_per_query * test_time_multiplier",
    source=_ORD + ": up to one order of cost per order of inference",
)
def usd_per_scaled_query(usd_per_query: Array, test_time_multiplier: Array) -> Array:
    """What a query costs that takes the multiplier; the fleet serves no better or worse than now.

    0.2 ct at 100 times: 20 ct. Longer outputs cost more than in proportion: put them into the workload
    to see that; many samples of the same length cost in proportion.
    """
    return usd_per_query * test_time_multiplier


@quantity(
    unit="USD",
    label="Mean cost of a query with scaled inference",
    better="lower",
    formula="usd_per_query * scaled_cost_factor",
    source=_ORD,
)
def mean_usd_per_scaled_query(usd_per_query: Array, scaled_cost_factor: Array) -> Array:
    """Over all queries, those that take the multiplier and those that do not. 0.2 ct x 10.9 = 2.18 ct."""
    return usd_per_query * scaled_cost_factor


@quantity(
    unit="1",
    label="Copies left on the same fleet",
    better="higher",
    formula="1 / scaled_cost_factor",
    source=_ORD + "; GovAI edition of October 2025",
)
def copies_left(scaled_cost_factor: Array) -> Array:
    """Share of the queries that the same fleet still answers. 100 times for every query: 1 %."""
    return 1.0 / scaled_cost_factor


# --- lines ---------------------------------------------------------------------------------------


@quantity(
    unit="1",
    label="Inference multiplier to match the line",
    better="",
    formula="maximum(test_time_line_flop / training_flop, 1) ** (1 / test_time_exponent)",
    source=_ORD + ": k* = (T / C)^(1 / a)",
)
def multiplier_to_line(test_time_line_flop: Array, training_flop: Array, test_time_exponent: Array) -> Array:
    """Inference at which the model does as well as one trained on the line; 1 where it is above already.

    1e24 FLOP against 1e27 at his example's exponent of 0.75: 10^4; at his stated 0.7: 10^4.29 = 19,307.
    """
    return np.maximum(test_time_line_flop / training_flop, 1.0) ** (1.0 / test_time_exponent)


@quantity(
    unit="bool",
    label="Line can be matched",
    formula="where(isnan(multiplier_to_line), nan, multiplier_to_line <= test_time_plateau)",
    source=_ORD + ": most techniques plateau",
)
def line_is_reachable(multiplier_to_line: Array, test_time_plateau: Array) -> Array:
    """Whether inference still pays at the multiplier that the line takes. 19,307 with a plateau of 10^4: no."""
    return np.where(np.isnan(multiplier_to_line), np.nan, multiplier_to_line <= test_time_plateau)


@quantity(
    unit="USD",
    label="Cost of a query that matches the line",
    better="lower",
    formula="where(line_is_reachable > 0, usd_per_query * multiplier_to_line, nan)",
    null=_UNREACHABLE,
    source=_ORD,
)
def usd_per_query_at_line(line_is_reachable: Array, usd_per_query: Array, multiplier_to_line: Array) -> Array:
    """Price of acting like a model on the line. 0.1 ct at k* = 5: 0.5 ct."""
    return np.where(line_is_reachable > 0.0, usd_per_query * multiplier_to_line, np.nan)


@quantity(
    unit="1",
    label="Mean cost factor at the line",
    better="lower",
    formula="where(line_is_reachable > 0, 1 + test_time_task_share * (multiplier_to_line - 1), nan)",
    null=_UNREACHABLE,
    source=_ORD,
)
def cost_factor_at_line(
    line_is_reachable: Array, test_time_task_share: Array, multiplier_to_line: Array
) -> Array:
    """Mean cost where only a share of the queries is scaled. A tenth at k* = 5: 1 + 0.1 x 4 = 1.4."""
    factor = scaled_cost_factor(test_time_task_share, multiplier_to_line)
    return np.where(line_is_reachable > 0.0, factor, np.nan)


@quantity(
    unit="accelerators",
    label="Fleet that matches the line",
    better="lower",
    formula="fleet_accelerators * cost_factor_at_line",
    source=_ORD + "; the same queries, each accelerator as busy as now",
)
def accelerators_at_line(fleet_accelerators: Array, cost_factor_at_line: Array) -> Array:
    """Accelerators that answer the same demand at the line's multiplier. 1,814 x 5 = 9,070."""
    return fleet_accelerators * cost_factor_at_line


@quantity(
    unit="FLOP",
    label="Capability-equivalent training compute at the plateau",
    formula="training_flop * maximum(test_time_plateau, 1) ** test_time_exponent",
    source=_ORD,
)
def most_effective_training_flop(
    training_flop: Array, test_time_plateau: Array, test_time_exponent: Array
) -> Array:
    """The most that inference alone makes of the model. 1e24 x (10^4)^0.7 = 6.3e26 = 10^26.8."""
    return training_flop * np.maximum(test_time_plateau, 1.0) ** test_time_exponent


@quantity(
    unit="USD",
    label="Inference spending that is best for the training",
    formula="test_time_exponent * training_usd",
    source="least sum of training and inference on a line of equal performance: inference = s x training"
    " (Erdil, Epoch 2024, at s = 1)",
)
def optimal_inference_usd(test_time_exponent: Array, training_usd: Array) -> Array:
    """Lifetime inference at which another dollar does as much there as in training. At s = 1: equal sums."""
    return test_time_exponent * training_usd


# --- what more attempts solve ---------------------------------------------------------------------


@quantity(
    unit="1",
    label="Solved by independent attempts",
    better="higher",
    formula="1 - (1 - test_time_single_pass_rate) ** test_time_multiplier",
    source="independent tries of one task, the right answer recognised",
)
def independent_pass_rate(test_time_single_pass_rate: Array, test_time_multiplier: Array) -> Array:
    """pass@k of one task. p = 0.05 at k = 2: 0.0975; at k = 100: 0.994."""
    return 1.0 - (1.0 - test_time_single_pass_rate) ** test_time_multiplier


@quantity(
    unit="1",
    label="Solved by any attempt, over many tasks",
    better="higher",
    formula="exp(log(test_time_single_pass_rate) * test_time_multiplier ** test_time_coverage_exponent)",
    source="exponentiated power law c(k) = exp(a k^b), a = ln c(1) (Brown et al., arXiv 2407.21787)",
)
def coverage(
    test_time_single_pass_rate: Array, test_time_multiplier: Array, test_time_coverage_exponent: Array
) -> Array:
    """Share of a set of tasks that k attempts solve, where tasks differ. c(1) = 0.159, b = -0.209: 0.56 at 250."""
    return np.exp(np.log(test_time_single_pass_rate) * test_time_multiplier**test_time_coverage_exponent)


@quantity(
    unit="1",
    label="Solved by a majority of attempts",
    better="higher",
    formula="majority_share(test_time_single_pass_rate, test_time_multiplier)",
    source="binomial distribution, two answers; real votes level off at some hundred samples",
)
def vote_pass_rate(test_time_single_pass_rate: Array, test_time_multiplier: Array) -> Array:
    """Chance that more than half of k attempts (the odd number below) are right. p = 0.6, 5 votes: 0.68256."""
    return majority_share(test_time_single_pass_rate, test_time_multiplier)


@quantity(
    unit="1",
    label="Solved by the attempt that a checker picks",
    better="higher",
    formula="coverage * test_time_selection_accuracy",
    source="an imperfect verifier: the right attempt is there and is picked",
)
def selected_pass_rate(coverage: Array, test_time_selection_accuracy: Array) -> Array:
    """Best of k with a checker that errs. 0.56 covered, nine tenths picked: 0.504.

    A checker that is misled more often the more attempts there are ends the gain at a finite k.
    """
    return coverage * test_time_selection_accuracy


@quantity(
    unit="1",
    label="Score on a line over the logarithm of compute",
    better="higher",
    formula=(
        "minimum(maximum(test_time_single_pass_rate + test_time_points_per_decade"
        " * log(test_time_multiplier) / log(10) / 100, 0), 1)"
    ),
    source="log-linear law between two published scores, as of o3-preview on ARC-AGI-1 (arcprize.org, 2024-12-20)",
)
def log_linear_pass_rate(
    test_time_single_pass_rate: Array, test_time_points_per_decade: Array, test_time_multiplier: Array
) -> Array:
    """Between nothing and everything. From 0.757 at 5.278 points a decade and k = 172: 0.875."""
    gained = test_time_points_per_decade * np.log(test_time_multiplier) / np.log(10) / 100.0
    return np.minimum(np.maximum(test_time_single_pass_rate + gained, 0.0), 1.0)


# --- functions ------------------------------------------------------------------------------------


def majority_share(single: Array, votes: Array) -> Array:
    """Chance that most of so many independent answers are right, where a wrong one is always the same.

    With m = (n + 1) / 2 the binomial tail is the incomplete beta function I_p(m, m).

    Args:
        single: Chance that one answer is right.
        votes: Answers; an even or broken number counts as the odd one below, 10,001 at most.

    >>> majority_share(np.array([0.6, 0.7, 0.5]), np.array([5.0, 11.0, 101.0])).round(5)
    array([0.68256, 0.92178, 0.5    ])
    """
    half = np.floor((np.clip(votes, 1.0, _MOST_VOTES) - 1.0) / 2.0) + 1.0
    valid = np.where((single >= 0.0) & (single <= 1.0), single, np.nan)
    less = np.minimum(valid, 1.0 - valid)
    tail = _symmetric_beta(less, half)
    return np.where(valid > 0.5, 1.0 - tail, tail)


def _symmetric_beta(x: Array, m: Array) -> Array:
    """Incomplete beta I_x(m, m) for x up to one half, by its continued fraction (modified Lentz)."""
    front = np.exp(m * np.log(np.maximum(x * (1.0 - x), 1e-300)) - _log_beta(m)) / m
    with np.errstate(under="ignore"):
        d = 1.0 / (1.0 - 2.0 * m * x / (m + 1.0))
        c, total = np.ones_like(d), d
        for i in range(1, _FRACTIONS):
            even = i * (m - i) * x / ((m + 2.0 * i - 1.0) * (m + 2.0 * i))
            d, c = 1.0 / (1.0 + even * d), 1.0 + even / c
            total = total * d * c
            odd = -(m + i) * (2.0 * m + i) * x / ((m + 2.0 * i) * (m + 2.0 * i + 1.0))
            d, c = 1.0 / (1.0 + odd * d), 1.0 + odd / c
            total = total * d * c
    return np.where(x == 0.5, 0.5, np.where(x > 0.0, front * total, x * 0.0))


def _log_beta(m: Array) -> Array:
    """Logarithm of B(m, m)."""
    gamma = np.vectorize(math.lgamma, otypes=[float])
    with_number = np.where(np.isnan(m), 1.0, m)
    found: Array = 2.0 * gamma(with_number) - gamma(2.0 * with_number)
    return found


def pass_at_k(samples: Array, right: Array, k: Array) -> Array:
    """Unbiased pass@k from so many samples, some right: ``1 - C(n-c, k) / C(n, k)`` (Chen et al. 2021).

    >>> pass_at_k(np.array([10.0, 10.0]), np.array([3.0, 8.0]), np.array([5.0, 5.0])).round(6)
    array([0.916667, 1.      ])
    """
    log_factorial = np.vectorize(lambda n: math.lgamma(n + 1.0), otypes=[float])
    wrong = samples - right
    is_sure = wrong < k
    left = np.where(is_sure, k, wrong)
    logs = log_factorial(left) - log_factorial(left - k) - log_factorial(samples) + log_factorial(samples - k)
    return np.where(is_sure, 1.0, 1.0 - np.exp(logs))


def coverage_exponent(single: Array, solved: Array, attempts: Array) -> Array:
    """Exponent b of ``c(k) = exp(ln c(1) k^b)`` through a second point: ``ln(ln c(k) / ln c(1)) / ln k``.

    >>> coverage_exponent(np.array([0.159]), np.array([0.56]), np.array([250.0])).round(4)
    array([-0.209])
    """
    return np.log(np.log(solved) / np.log(single)) / np.log(attempts)


def attempts_to_cover(single: Array, solved: Array, exponent: Array) -> Array:
    """Attempts at which so many tasks are solved: ``(ln c / ln c(1))^(1/b)``.

    >>> attempts_to_cover(np.array([0.159]), np.array([0.43]), np.array([-0.209035])).round(1)
    array([41.5])
    """
    found: Array = (np.log(solved) / np.log(single)) ** (1.0 / exponent)
    return found


def matched_multiplier(size_ratio: Array, served_over_trained: Array) -> Array:
    """Inference that a small model has free at the FLOP of one so many times as large: ``M + 3 (M - 1) / R``.

    R is tokens served over tokens trained (Snell et al., arXiv 2408.03314, recalled): what the smaller
    training saved goes into inference.

    >>> matched_multiplier(np.array([14.0, 14.0]), np.array([0.16, 22.0])).round(2)
    array([257.75,  15.77])
    """
    return size_ratio + 3.0 * (size_ratio - 1.0) / served_over_trained


def growth_per_year(doubling_months: Array) -> Array:
    """Factor a year of what doubles, or halves, in so many months: ``2^(12 / m)``.

    >>> growth_per_year(np.array([7.0, 8.0])).round(2)
    array([3.28, 2.83])
    """
    found: Array = 2.0 ** (12.0 / doubling_months)
    return found


def doubling_months(growth_per_year: Array) -> Array:
    """Months in which what grows by a factor a year doubles: ``12 ln 2 / ln g``.

    >>> doubling_months(np.array([2.4])).round(2)
    array([9.5])
    """
    found: Array = 12.0 * np.log(2.0) / np.log(growth_per_year)
    return found


def fall_per_year(before_usd: Array, after_usd: Array, years: Array) -> Array:
    """Factor a year by which a price fell: the root of the whole fall.

    >>> fall_per_year(np.array([60.0]), np.array([0.06]), np.array([3.0])).round(6)
    array([10.])
    """
    found: Array = (before_usd / after_usd) ** (1.0 / years)
    return found


def left_after(fall_per_year: Array, years: Array) -> Array:
    """Share of a price that is left when it falls by a factor a year.

    >>> left_after(np.array([40.0]), np.array([2.0]))
    array([0.000625])
    """
    return fall_per_year**-years
