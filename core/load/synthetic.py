"""Requests drawn at random, where no trace is at hand: gamma times between arrivals, gamma lengths."""

from __future__ import annotations

import math

import numpy as np

from inferscope.core.graph import Array
from inferscope.core.load.trace import Trace

__all__ = ["synthetic"]


def synthetic(
    rate_per_s: float,
    input_tokens: float,
    output_tokens: float,
    *,
    arrival_cv: float = 1.0,
    length_cv: float = 0.0,
    requests: int = 20_000,
    seed: int = 0,
) -> Trace:
    """Draw a trace.

    Args:
        rate_per_s: Mean arrivals a second, above 0; infinite: all at once.
        input_tokens: Mean prompt tokens.
        output_tokens: Mean generated tokens, at least 1.
        arrival_cv: Variation of the times between arrivals: 1 is Poisson, 0 evenly spaced.
        length_cv: Variation of prompts and answers, drawn apart; 0: all are equally long.
        requests: How many.
        seed: The same seed gives the same trace.
    """
    rng = np.random.default_rng(seed)
    between = _gamma(rng, 1.0, arrival_cv, requests) / rate_per_s
    arrival = np.cumsum(between)
    prompts = np.maximum(np.rint(_gamma(rng, input_tokens, length_cv, requests)), 0.0)
    answers = np.maximum(np.rint(_gamma(rng, output_tokens, length_cv, requests)), 1.0)
    arrivals = "" if math.isinf(rate_per_s) else f"{_arrivals(arrival_cv)}, "
    form = f"drawn, seed {seed}: {arrivals}{_lengths(length_cv)}"
    return Trace(arrival - arrival[0], prompts, answers, form, np.zeros(requests, dtype=np.intp))


def _gamma(rng: np.random.Generator, mean: float, cv: float, count: int) -> Array:
    """Draws ``(count,)`` of a gamma distribution; the mean itself where nothing varies."""
    if cv == 0 or mean == 0:
        return np.full(count, mean)
    shape = 1.0 / cv**2
    return rng.gamma(shape, mean / shape, count)


def _arrivals(cv: float) -> str:
    known = {0.0: "even arrivals", 1.0: "Poisson arrivals"}
    return known.get(cv, f"arrivals with a variation of {cv:.3g}")


def _lengths(cv: float) -> str:
    return "all requests equally long" if cv == 0 else f"lengths with a variation of {cv:.3g}"
