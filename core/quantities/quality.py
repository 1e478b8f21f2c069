"""What precision costs in quality, and what test-time compute is worth in training compute."""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity


def recovery(quantised_score: Array, baseline_score: Array) -> Array:
    """Share of a benchmark score that a quantised model keeps.

    >>> recovery(np.array([90.7]), np.array([90.8])).round(4)
    array([0.9989])
    """
    return quantised_score / baseline_score


@quantity(
    unit="1",
    label="Quality kept",
    better="higher",
    formula="minimum(optimizations_weight_recovery, 1) * minimum(optimizations_kv_recovery, 1)",
    source="measured recoveries by format and nearest size class; above 1 is noise and shown as 1",
)
def quality_recovery(optimizations_weight_recovery: Array, optimizations_kv_recovery: Array) -> Array:
    """Benchmark score over the score at the model's native precision. 0.974 x 0.985 = 0.959.

    A mean over benchmarks that hides losses on hard tasks and long outputs.
    """
    return np.minimum(optimizations_weight_recovery, 1.0) * np.minimum(optimizations_kv_recovery, 1.0)


@quantity(
    unit="FLOP",
    label="Capability-equivalent training compute",
    formula="training_flop * maximum(minimum(test_time_multiplier, test_time_plateau), 1) ** test_time_exponent",
    source="training-inference exchange (Villalobos and Atkinson 2023; Ord, arXiv 2503.05705)",
)
def effective_training_flop(
    training_flop: Array, test_time_multiplier: Array, test_time_plateau: Array, test_time_exponent: Array
) -> Array:
    """Training compute of a model that would do as well without the extra inference.

    100 times the inference at exponent 0.7: 25 times the training compute; nothing beyond the plateau.
    """
    gained = np.maximum(np.minimum(test_time_multiplier, test_time_plateau), 1.0)
    return training_flop * gained**test_time_exponent
