"""Queues of the textbooks in closed form, for checks by hand and against the replayed ones.

Symbols: arrivals a second lambda, services a second of one server mu, servers c, load rho.
"""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array
from inferscope.core.quantities.functions import erlang_c


def many_servers_wait_s(servers: Array, requests_per_s: Array, service_s: Array) -> Array:
    """Mean wait of M/M/c: ``C / (c mu - lambda)``; NaN at or above saturation.

    >>> many_servers_wait_s(np.array([10.0]), np.array([8.0]), np.array([1.0])).round(5)
    array([0.20459])
    """
    spare = servers / service_s - requests_per_s
    chance = erlang_c(servers, requests_per_s * service_s / servers)
    return np.where(spare > 0, chance / np.where(spare > 0, spare, 1.0), np.nan)


def longer_wait_chance(servers: Array, requests_per_s: Array, service_s: Array, wait_s: Array) -> Array:
    """Chance of waiting longer than a time in M/M/c: ``C exp(-(c mu - lambda) t)``; NaN at saturation.

    >>> one = np.array([1.0])
    >>> longer_wait_chance(10 * one, 8 * one, one, one).round(5)
    array([0.05538])
    """
    spare = servers / service_s - requests_per_s
    chance = erlang_c(servers, requests_per_s * service_s / servers)
    return np.where(spare > 0, chance * np.exp(-spare * wait_s), np.nan)


def one_server_wait_s(requests_per_s: Array, service_s: Array, service_cv: Array) -> Array:
    """Mean wait of M/G/1 (Pollaczek and Khinchine): ``rho s (1 + cv^2) / (2 (1 - rho))``; NaN at saturation.

    Equal services, cv = 0, are M/D/1: 0.2 s at 4 a second wait 0.4 s.

    >>> one_server_wait_s(np.array([4.0]), np.array([0.2]), np.array([0.0])).round(6)
    array([0.4])
    """
    load = requests_per_s * service_s
    left = np.where(load < 1.0, 1.0 - load, np.nan)
    return load * service_s * (1.0 + service_cv**2) / (2.0 * left)


def shared_server_s(requests_per_s: Array, service_s: Array) -> Array:
    """Mean time in a server that all share, whatever the law of services: ``s / (1 - rho)``; NaN at saturation.

    >>> shared_server_s(np.array([0.8]), np.array([1.0])).round(6)
    array([5.])
    """
    load = requests_per_s * service_s
    return service_s / np.where(load < 1.0, 1.0 - load, np.nan)


def burst_factor(arrival_cv: Array, service_cv: Array) -> Array:
    """Wait relative to M/M/c by Allen and Cunneen: ``(ca^2 + cs^2) / 2``.

    Beyond ca^2 of about 5 it is no longer valid: replay a trace instead.

    >>> burst_factor(np.array([13.15]), np.array([1.0]))
    array([86.96125])
    """
    return 0.5 * (arrival_cv**2 + service_cv**2)
