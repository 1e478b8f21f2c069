"""The few functions that formulas share; each is vectorised and checked by hand."""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array

_LEVEL = 1e-12
"""Growth over the whole span below which there is none."""
SERVING_STUDY = (
    "closed-form serving model fitted to 1,886 public measurements (silicon_sample.csv of "
    "aiconfigurator-core 0.12.0) by tools/fit_calibration.py, 2026-11-26"
)
"""Source of the serving form and its constants."""
ROOFLINE = "roofline, each part max(bytes / bandwidth, FLOP / rate); " + SERVING_STUDY
"""Source of the parts of a step."""


def per_slot(values: Array) -> Array:
    """Turn ``(n,)`` into ``(n, 1)``, so that it meets ``(n, slot)``.

    >>> per_slot(np.array([1.0, 2.0])).shape
    (2, 1)
    """
    return values[:, None]


def slot_sum(values: Array) -> Array:
    """Sum over the attention slots: ``(n, slot)`` to ``(n,)``.

    >>> slot_sum(np.array([[1.0, 2.0, 3.0]]))
    array([6.])
    """
    total: Array = values[..., 0]
    for slot in range(1, values.shape[-1]):  # a reduction along so short an axis is twenty times slower
        total = total + values[..., slot]
    return total


def attended_tokens(start: Array, end: Array, cap: Array) -> Array:
    """Token pairs that positions ``start`` to ``end`` attend to, each to at most ``cap`` earlier ones.

    The integral of ``min(x, cap)`` from start to end; all arguments broadcast.

    >>> attended_tokens(np.array([0.0]), np.array([10.0]), np.array([np.inf]))
    array([50.])
    >>> attended_tokens(np.array([0.0]), np.array([10.0]), np.array([4.0]))
    array([32.])
    """
    low, high = np.minimum(start, cap), np.minimum(end, cap)
    beyond = (end - high) - (start - low)
    return 0.5 * (high * high - low * low) + beyond * high


def accepted_tokens(acceptance: Array, draft_tokens: Array) -> Array:
    """Expected tokens per verification: ``(1 - a^(g+1)) / (1 - a)``, and ``g + 1`` at ``a = 1``.

    Leviathan, Kalman and Matias, arXiv 2211.17192.

    >>> accepted_tokens(np.array([0.8, 1.0, 0.0]), np.array([4.0, 4.0, 4.0])).round(4)
    array([3.3616, 5.    , 1.    ])
    """
    left = 1.0 - acceptance
    certain = left < 1e-12
    series = (1.0 - acceptance ** (draft_tokens + 1.0)) / np.where(certain, 1.0, left)
    return np.where(certain, draft_tokens + 1.0, series)


def distinct_experts(experts: Array, experts_per_token: Array, tokens: Array) -> Array:
    """Experts that at least one of ``tokens`` reaches: ``E (1 - (1 - k/E)^T)``; 0 for a dense model.

    Uniform, independent routing; real routing is correlated and touches fewer.

    >>> distinct_experts(np.array([256.0]), np.array([8.0]), np.array([32.0])).round(2)
    array([163.31])
    """
    return experts * (1.0 - np.exp(-routing_folds(experts, experts_per_token, tokens)))


def routing_folds(experts: Array, experts_per_token: Array, tokens: Array) -> Array:
    """By how many e-folds ``tokens`` reduce the experts that none reaches: ``-T ln(1 - k/E)``.

    >>> routing_folds(np.array([256.0]), np.array([8.0]), np.array([32.0])).round(4)
    array([1.016])
    """
    share = experts_per_token / np.maximum(experts, 1.0)
    return -tokens * np.log1p(-np.minimum(share, 1.0 - 1e-15))


def effective_bits(element_bits: Array, scale_bits: Array, zero_bits: Array, group: Array) -> Array:
    """Stored bits per weight of a grouped format: ``b + (s + z) / g``.

    >>> effective_bits(np.array([4.0]), np.array([16.0]), np.array([4.0]), np.array([128.0]))
    array([4.15625])
    """
    return element_bits + (scale_bits + zero_bits) / group


def checkpoint_bytes(params: Array, wide_params: Array, bits: Array) -> Array:
    """Bytes of a checkpoint in which ``wide_params`` of the parameters stay at 16 bit.

    Llama 3.1 8B in int4 with embedding and head left alone is 65 % smaller than in bf16, not 75 %.

    >>> int(checkpoint_bytes(np.array([8_030_261_248.0]), np.array([1_050_673_152.0]), np.array([4.125]))[0])
    5700196416
    """
    return (params - wide_params) * bits / 8.0 + 2.0 * wide_params


def _gauss_legendre(count: int) -> tuple[Array, Array]:
    """Nodes and weights on [-1, 1] from the Jacobi matrix (Golub and Welsch 1969).

    >>> nodes, weights = _gauss_legendre(2)
    >>> nodes.round(6), weights.round(6)
    (array([-0.57735,  0.57735]), array([1., 1.]))
    """
    index = np.arange(1.0, count)
    beside = index / np.sqrt(4.0 * index * index - 1.0)
    nodes, vectors = np.linalg.eigh(np.diag(beside, 1) + np.diag(beside, -1))
    return nodes, 2.0 * vectors[0] ** 2


_NODES, _WEIGHTS = _gauss_legendre(20)
_BLOCK = 1024
"""Rows whose quadrature fits into the cache."""


def erlang_c(servers: Array, utilization: Array) -> Array:
    """Probability of waiting in M/M/c: Erlang's C formula, without a recursion over servers.

    ``1/B = integral of exp(-t) (1 + t/A)^c`` over ``t >= 0`` gives Erlang B for any real number of
    servers ``c`` at the offered load ``A = utilization * c``; then
    ``C = 1 / (rho + (1 - rho)/B)``. The integral is taken by Gauss-Legendre quadrature around its
    peak at ``c - A``; for one server C is rho. Relative error below 1e-6 against the recursion for c from 1 to 10,000;
    chances below 1e-15 are given as 0.

    Args:
        servers: Number of servers c >= 1, ``(n,)``.
        utilization: rho, ``(n,)``; at or above 1 the answer is 1, at 0 it is 0.

    >>> erlang_c(np.array([1.0, 2.0]), np.array([0.5, 0.5])).round(6)
    array([0.5     , 0.333333])
    """
    rho = np.clip(utilization, 1e-9, 1.0)
    # The integrand's peak: beyond exp(40) the chance of waiting is below 1e-15.
    crowded = (utilization > 0.0) & (utilization < 1.0) & (servers * (rho - 1.0 - np.log(rho)) < 40.0)
    waits = np.where(utilization >= 1.0, 1.0, np.where(np.isnan(utilization), np.nan, 0.0))
    if np.any(alone := crowded & (servers == 1.0)):  # one server is busy, or not
        waits, crowded = np.where(alone, utilization, waits), crowded & ~alone
    if crowded.any():
        waits, servers, rho = (np.array(v) for v in np.broadcast_arrays(waits, servers, rho))
        chances = [
            _wait_probability(servers[rows], rho[rows])
            for rows in np.array_split(np.flatnonzero(crowded), -(-np.count_nonzero(crowded) // _BLOCK))
        ]
        waits[crowded] = np.concatenate(chances)
    return waits


def _wait_probability(servers: Array, rho: Array) -> Array:
    """Erlang C by quadrature for 0 < rho < 1, both ``(n,)``."""
    load = rho * servers
    peak = servers - load
    width = np.sqrt(servers)
    low = np.maximum(peak - 5.5 * width, 0.0)
    high = peak + 5.5 * width + 14.0
    half = 0.5 * (high - low)
    time = np.multiply.outer(half, _NODES)
    time += (0.5 * (high + low))[:, None]
    exponent = time / load[:, None]
    exponent += 1.0
    np.log(exponent, out=exponent)
    exponent *= servers[:, None]
    exponent -= time
    np.exp(exponent, out=exponent)
    inverse_b = half * (exponent @ _WEIGHTS)
    return 1.0 / (rho + (1.0 - rho) * inverse_b)


def query_joules(decode_s: Array, decode_w: Array, prefill_s: Array, prefill_w: Array) -> Array:
    """Energy of one query's work, J: accelerator-seconds of each phase, s, x power of that phase, W; ``(n,)``.

    >>> query_joules(np.array([1.09]), np.array([934.5]), np.array([0.16]), np.array([1088.5])).round(0)
    array([1193.])
    """
    return decode_s * decode_w + prefill_s * prefill_w


def total_days(days: Array, growth_per_year: Array) -> Array:
    """Days' worth of the first day in so many days of what grows by a factor a year: ``(g^t - 1) / ln g``.

    >>> total_days(np.array([365.25, 365.25]), np.array([1.0, 2.0])).round(1)
    array([365.2, 526.9])
    """
    rate = np.log(growth_per_year) / units.DAYS_PER_YEAR
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # beyond any number is no number
        grown = np.expm1(rate * days) / rate
    return np.where(np.abs(rate * days) < _LEVEL, days, grown)


def days_to_total(total: Array, growth_per_year: Array) -> Array:
    """Days in which what grows adds up to so many first days; not a number where it never does.

    >>> days_to_total(np.array([100.0, 526.944, 1e9]), np.array([1.0, 2.0, 0.5])).round(1)
    array([100. , 365.2,   nan])
    """
    rate = np.log(growth_per_year) / units.DAYS_PER_YEAR
    with np.errstate(divide="ignore", invalid="ignore"):
        grown = np.log1p(rate * total) / rate
    never = rate * total <= -1.0
    return np.where(np.abs(rate * total) < _LEVEL, total, np.where(never, np.nan, grown))
