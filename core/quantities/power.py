"""What a busy accelerator draws, phase by phase, and what a cap on its power does to its clock."""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity

_MEASURED = "busy power over TDP of 274 measured H100 runs (ML.ENERGY leaderboard, 2026-02-16)"
_KERNELS = "mean draw of an H100 in whole prefill passes (tests/anchors/kernels_h100.csv, 2026-11-26)"
_CUBE = "dynamic power = capacitance x voltage^2 x clock, with the voltage in step with the clock: cube law"
_KNOTS = np.log(np.array([8.0, 47.0, 256.0]))


@quantity(
    unit="1",
    label="Decode power over TDP, without a cap",
    better="lower",
    formula=(
        "calibration_power_factor * interpolate_log_batch(batch, calibration_busy_share_small_batch,"
        " calibration_busy_share_medium_batch, calibration_busy_share_large_batch)"
    ),
    source=_MEASURED,
)
def decode_free_power_share(
    calibration_power_factor: Array,
    batch: Array,
    calibration_busy_share_small_batch: Array,
    calibration_busy_share_medium_batch: Array,
    calibration_busy_share_large_batch: Array,
) -> Array:
    """Mean draw of a decoding accelerator: 0.65 of TDP at batch 8, 0.76 at 47, 0.84 at 256 and beyond."""
    return calibration_power_factor * interpolate_log_batch(
        batch,
        calibration_busy_share_small_batch,
        calibration_busy_share_medium_batch,
        calibration_busy_share_large_batch,
    )


def interpolate_log_batch(batch: Array, small: Array, medium: Array, large: Array) -> Array:
    """Interpolate linearly in log batch between batch 8, 47 and 256; constant outside.

    >>> one = np.array([1.0])
    >>> interpolate_log_batch(np.array([4.0, 47.0, 1e4]), 0.65 * one, 0.76 * one, 0.84 * one)
    array([0.65, 0.76, 0.84])
    """
    place = np.log(np.maximum(batch, 1.0))
    first = np.clip((place - _KNOTS[0]) / (_KNOTS[1] - _KNOTS[0]), 0.0, 1.0)
    second = np.clip((place - _KNOTS[1]) / (_KNOTS[2] - _KNOTS[1]), 0.0, 1.0)
    return small + first * (medium - small) + second * (large - medium)


@quantity(
    unit="1",
    label="Prefill power over TDP, without a cap",
    better="lower",
    formula="calibration_power_factor * calibration_busy_share_prefill",
    source=_KERNELS,
)
def prefill_free_power_share(calibration_power_factor: Array, calibration_busy_share_prefill: Array) -> Array:
    """Mean draw of an accelerator that computes prompts: 0.98 of TDP, where the board limits itself."""
    return calibration_power_factor * calibration_busy_share_prefill


@quantity(
    unit="1",
    label="Busy power over TDP",
    better="lower",
    pools=("prefill", "decode"),
    formula="where(isnan(optimizations_power_cap_w), free_power_share,"
    " minimum(free_power_share, optimizations_power_cap_w / hardware_tdp_w))",
    source="the cap, where it is less than what would be drawn without",
)
def busy_power_share(
    optimizations_power_cap_w: Array, free_power_share: Array, hardware_tdp_w: Array
) -> Array:
    """Mean draw of a busy accelerator. H100 at batch 256 under 500 W: min(0.84, 500 / 700) = 0.71."""
    capped = np.minimum(free_power_share, optimizations_power_cap_w / hardware_tdp_w)
    return np.where(np.isnan(optimizations_power_cap_w), free_power_share, capped)


@quantity(
    unit="1",
    label="Clock under the power cap",
    better="higher",
    pools=("prefill", "decode"),
    formula=(
        "where(isnan(optimizations_power_cap_w), 1, where(optimizations_power_cap_w > hardware_tdp_w"
        " * calibration_idle_share, minimum(1, maximum((optimizations_power_cap_w / hardware_tdp_w - calibration_idle_share)"
        " / (free_power_share - calibration_idle_share), 0) ** (1 / 3)), nan))"
    ),
    source=_CUBE,
    null="unsupported: optimizations.power_cap_w below what an idle accelerator draws",
)
def clock_share(
    optimizations_power_cap_w: Array,
    hardware_tdp_w: Array,
    calibration_idle_share: Array,
    free_power_share: Array,
) -> Array:
    """How fast the cap lets the arithmetic run, as share of what it reaches without; 1 where no cap binds.

    The memory keeps its clock, so that decode, which waits for it, hardly notices. H200 in prefill under
    500 of 700 W: ((0.714 - 0.14) / (0.98 - 0.14))^(1/3) = 0.88. On a card that draws
    its limit, a cap of 0.71 of it gives 0.87 by the law where 0.85 was measured; half of it 0.75 where 0.5
    was measured, the clock having met the least voltage.
    """
    if np.all(np.isnan(optimizations_power_cap_w)):
        return np.ones(1)
    cap = optimizations_power_cap_w / hardware_tdp_w
    left = (cap - calibration_idle_share) / (free_power_share - calibration_idle_share)
    reached = np.minimum(1.0, np.cbrt(np.maximum(left, 0.0)))
    possible = np.where(cap > calibration_idle_share, reached, np.nan)
    return np.where(np.isnan(optimizations_power_cap_w), 1.0, possible)
