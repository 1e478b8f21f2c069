"""Fitting all constants at once, and how sure they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from calibration.forward import Array, Sample, predict
from calibration.sample import Run

TTFT_WEIGHT = 0.7
SOFT_ERROR = 0.1
"""Errors beyond this (in ln) count linearly and not squared."""
ANCHOR = 0.1 / np.log(2.0)
"""A constant at half or twice its start costs as much as one run predicted 10 % off: one that the
measurements do not tell stays where it was, and fits do not wander."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A number to fit: where it starts and how far it may go."""

    name: str
    start: float
    low: float
    high: float


CONSTANTS = (
    Constant("weight_bandwidth_share", 0.93, 0.5, 1.0),
    Constant("cache_bandwidth_share", 0.83, 0.3, 1.0),
    Constant("decode_flop_share", 0.34, 0.1, 0.95),
    Constant("layer_s", 81e-6, 5e-6, 300e-6),
    Constant("latent_layer_s", 59e-6, 1e-6, 300e-6),
    Constant("blackwell_fixed_time_factor", 0.76, 0.3, 1.5),
    Constant("step_s_tensorrt_llm", 0.05e-3, 1e-6, 10e-3),
    Constant("step_s_sglang", 1.3e-3, 1e-6, 10e-3),
    Constant("step_s", 0.4e-3, 1e-6, 10e-3),
    Constant("sequence_s", 21e-6, 1e-6, 200e-6),
    Constant("collective_s", 1.3e-6, 0.3e-6, 20e-6),
    Constant("link_bandwidth_share", 0.54, 0.2, 1.0),
    Constant("draft_acceptance", 0.645, 0.2, 0.95),
    Constant("prefill_flop_share", 0.68, 0.2, 0.95),
    Constant("expert_prefill_flop_share", 0.21, 0.03, 0.95),
    Constant("attention_flop_share", 0.34, 0.1, 0.95),
    Constant("latent_prefill_factor", 4.2, 1.0, 15.0),
    Constant("host_layer_s_tensorrt_llm", 1.43e-3, 0.05e-3, 10e-3),
    Constant("host_layer_s_sglang", 3.3e-3, 0.05e-3, 15e-3),
    Constant("host_layer_s", 0.93e-3, 0.05e-3, 10e-3),
    Constant("prompt_share_burst_tensorrt_llm", 0.079, 0.005, 1.0),
    Constant("prompt_share_burst_sglang", 0.115, 0.005, 1.0),
    Constant("prompt_share_burst", 0.077, 0.005, 1.0),
    Constant("prompt_share_whole", 0.43, 0.005, 1.0),
    Constant("batch_wait_share", 0.61, 0.01, 1.0),
    Constant("rank_wait_steps", 39.0, 0.5, 100.0),
)
"""What is fitted; everything else stays as chosen."""

Forward = Callable[[Sample, Mapping[str, float]], tuple[Array, Array]]


def cell(run: Run) -> tuple[str, str, str, str]:
    """Runs of one cell share what made them fast or slow; each cell counts as its root."""
    return run.model, run.accelerator, run.engine, run.precision


def wide_cell(run: Run) -> tuple[object, ...]:
    """What the bootstrap draws: a cell with one layout."""
    return *cell(run), run.tensor, run.data, run.expert_ranks


def weights(sample: Sample) -> Array:
    """``1 / sqrt(size of the cell)`` of every run, ``(n,)``, with mean 1."""
    sizes = Counter(map(cell, sample.runs))
    found = np.array([sizes[cell(run)] ** -0.5 for run in sample.runs])
    return found / found.mean()


def has_fair_ttft(sample: Sample) -> Array:
    """1 where the first token is fitted: not where start-up time is in the mean (it falls with load)."""
    unfair = [
        run.model == "llama-3.1-8b" and run.engine == "tensorrt-llm" and run.version == "1.0.0rc3"
        for run in sample.runs
    ]
    return np.where(unfair, 0.0, 1.0)


def fit(
    sample: Sample,
    constants: tuple[Constant, ...] = CONSTANTS,
    *,
    start: Mapping[str, float] | None = None,
    multiplicity: Array | None = None,
    forward: Forward = predict,
    most: int | None = None,
) -> dict[str, float]:
    """Constants at which the logarithms of TPOT and TTFT are met best.

    Args:
        sample: Measurements.
        constants: What to fit.
        start: Where to start, instead of the constants' own.
        multiplicity: How often each run counts, ``(n,)``.
        forward: The model.
        most: Steps at most.
    """
    low, high = (np.log([getattr(c, end) for c in constants]) for end in ("low", "high"))
    first = np.log([(start or {}).get(c.name, c.start) for c in constants])
    tpot, ttft = (np.log(values) for values in sample.measured)
    ttft_weight = TTFT_WEIGHT * has_fair_ttft(sample)
    counted = weights(sample) * (1.0 if multiplicity is None else multiplicity)
    importance = np.concatenate([counted, counted, np.ones(len(constants))])
    anchors = np.log([c.start for c in constants])

    def residuals(logs: Array) -> Array:
        found = forward(sample, dict(zip((c.name for c in constants), np.exp(logs), strict=True)))
        late = ttft_weight * (np.log(found[1]) - ttft)
        return np.concatenate([np.log(found[0]) - tpot, late, ANCHOR * (logs - anchors)])

    def loss(squared: Array) -> Array:
        """Soft L1 with its first two derivatives, each run by its weight."""
        root = np.sqrt(1.0 + squared)
        return importance * np.array([2.0 * (root - 1.0), 1.0 / root, -0.5 / root**3])

    span = 1e-6 * (high - low)
    found = least_squares(
        residuals,
        np.clip(first, low + span, high - span),
        bounds=(low, high),
        loss=loss,
        f_scale=SOFT_ERROR,
        x_scale=0.2,
        ftol=1e-6,
        xtol=1e-6,
        max_nfev=most,
    )
    return dict(zip((c.name for c in constants), map(float, np.exp(found.x)), strict=True))


def intervals(
    sample: Sample,
    whole: Mapping[str, float],
    *,
    draws: int,
    seed: int,
    constants: tuple[Constant, ...] = CONSTANTS,
    forward: Forward = predict,
) -> dict[str, tuple[float, float]]:
    """The 5th and 95th percentile of every constant when cells are drawn with replacement.

    Args:
        sample: The fitted part.
        whole: Constants fitted to all, from which each fit starts.
        draws: How many times.
        seed: Of the draws.
        constants: What is fitted.
        forward: The model.
    """
    places = {name: i for i, name in enumerate(dict.fromkeys(map(wide_cell, sample.runs)))}
    owner = np.array([places[wide_cell(run)] for run in sample.runs])
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(draws):
        drawn = np.bincount(rng.integers(len(places), size=len(places)), minlength=len(places))
        times = drawn[owner].astype(np.float64)
        again = fit(
            sample, constants, start=whole, multiplicity=times, forward=forward, most=_STEPS_OF_A_DRAW
        )
        found.append([again[c.name] for c in constants])
    low, high = np.quantile(found, (0.05, 0.95), axis=0)
    return {c.name: (float(low[i]), float(high[i])) for i, c in enumerate(constants)}


_STEPS_OF_A_DRAW = 12
"""Enough from so near a start."""
