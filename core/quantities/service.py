"""What a service costs and earns by its tokens, and when a cache or a second model pays: in closed form."""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array


def token_revenue_usd(tokens: Array, usd_per_token: Array) -> Array:
    """Money of tokens of several kinds at the price of each, ``(n, kind)`` to ``(n,)``.

    DeepSeek's day: 342e9 cached tokens at 0.14 USD a million, 266e9 at 0.55, 168e9 generated at 2.19.

    >>> token_revenue_usd(np.array([[342e9, 266e9, 168e9]]), np.array([[0.14e-6, 0.55e-6, 2.19e-6]])).round()
    array([562100.])
    """
    total: Array = np.add.reduce(tokens * usd_per_token, axis=-1)
    return total


def margin_over_cost(revenue_usd: Array, cost_usd: Array) -> Array:
    """Profit over cost: ``revenue / cost - 1``.

    >>> margin_over_cost(np.array([562_027.0]), np.array([87_072.0])).round(2)
    array([5.45])
    """
    return revenue_usd / cost_usd - 1.0


def mean_price(cached_share: Array, cached_usd: Array, new_usd: Array) -> Array:
    """Price of a prompt token of which a share is read from the cache.

    >>> mean_price(np.array([0.563]), np.array([0.14]), np.array([0.55])).round(3)
    array([0.319])
    """
    return cached_share * cached_usd + (1.0 - cached_share) * new_usd


def pools_needed(tokens_per_day: Array, pool_tok_s: Array) -> Array:
    """Units of a pool, fractions counted, that a day's tokens keep busy all day.

    168e9 tokens a day at 14,800 a second and node: 131.4 nodes.

    >>> pools_needed(np.array([168e9]), np.array([14_800.0])).round(1)
    array([131.4])
    """
    return tokens_per_day / (units.SECONDS_PER_DAY * pool_tok_s)


def streams(tokens_per_day: Array, user_tok_s: Array) -> Array:
    """Sequences that decode at once, by Little's law: tokens a second over those of one user.

    >>> streams(np.array([168e9]), np.array([21.0])).round()
    array([92593.])
    """
    return tokens_per_day / units.SECONDS_PER_DAY / user_tok_s


def prompt_flop(layers: Array, width: Array, tokens: Array) -> Array:
    """FLOP of a prompt of a Llama-2-like block: ``l (4 n^2 d + 22 n d^2)`` (Mooncake, FAST'25, eq. 1).

    >>> prompt_flop(np.array([80.0]), np.array([8192.0]), np.array([8192.0]))
    array([1.14349209e+15])
    """
    found: Array = layers * (4.0 * tokens**2 * width + 22.0 * tokens * width**2)
    return found


def reuse_bandwidth_bytes_per_s(
    flop_per_s: Array, width: Array, element_bytes: Array, group_size: Array, tokens: Array
) -> Array:
    """Bandwidth above which reading a cached prompt beats computing it again (Mooncake, FAST'25).

    ``2 d s G / (gqa (4 p d + 22 d^2))`` for a prefix of p tokens; 6 GB/s on eight A800 for Llama 3 70B.

    >>> one = np.array([1.0])
    >>> reuse_bandwidth_bytes_per_s(2.496e15 * one, 8192 * one, 2 * one, 8 * one, 8192 * one).round(-7)
    array([5.86e+09])
    """
    flop_per_token = 4.0 * tokens * width + 22.0 * width**2
    return 2.0 * width * element_bytes * flop_per_s / (group_size * flop_per_token)


def cache_payback_uses(write_price: Array, read_price: Array) -> Array:
    """Uses after which a cache write, relative to a plain prompt of 1, is paid: ``(w - r) / (1 - r)``.

    >>> cache_payback_uses(np.array([1.25]), np.array([0.1])).round(2)
    array([1.28])
    """
    return (write_price - read_price) / (1.0 - read_price)


def routed_price(strong_share: Array, strong_usd: Array, weak_usd: Array) -> Array:
    """Mean price when a router sends a share to the strong model.

    >>> routed_price(np.array([0.2]), np.array([15.0]), np.array([0.1]))
    array([3.08])
    """
    return strong_share * strong_usd + (1.0 - strong_share) * weak_usd


def routing_saving(strong_share: Array, price_ratio: Array) -> Array:
    """Share of the cost that a router saves when the strong model is so many times dearer.

    >>> routing_saving(np.array([0.14]), np.array([100.0])).round(3)
    array([0.851])
    """
    return 1.0 - (strong_share + (1.0 - strong_share) / price_ratio)


def paged_gain(waste_before: Array, waste_after: Array) -> Array:
    """Sequences that fit after over before, by the share of cache memory that lies waste.

    >>> paged_gain(np.array([0.7]), np.array([0.04])).round(2)
    array([3.2])
    """
    return (1.0 - waste_after) / (1.0 - waste_before)
