"""Lines of equal token rate on the plane of processing performance and bandwidth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from inferscope.core.bind import Bound
from inferscope.core.evaluate import evaluate_bound
from inferscope.core.graph import Array
from inferscope.core.study.drawing import Series

__all__ = ["EqualRates", "equal_rates"]

RATE = "output_tok_s_per_accelerator"
_PEAKS = ("hardware_bf16_flop_per_s", "hardware_linear_flop_per_s", "hardware_expert_flop_per_s")
_BANDWIDTH = "hardware_memory_bandwidth_bytes_per_s"
_TPP = np.geomspace(50.0, 3e5, 96)
_GB_S = np.geomspace(20.0, 5e4, 64)
_AROUND = 8.0
"""How far from the scenario's own rate a line is still of interest, as a factor."""


@dataclass(frozen=True, slots=True)
class EqualRates:
    """Where other chips would give a scenario the same tokens per second, laid out and batched as it is.

    Attributes:
        lines: One a rate, named after it: TPP across, DRAM bandwidth in GB/s up.
        rate: The scenario's own, tokens/s and accelerator; NaN where it has none.
        by_bandwidth: How many times that twice the bandwidth gives.
        by_tpp: How many times that twice the TPP gives.
    """

    lines: tuple[Series, ...]
    rate: float
    by_bandwidth: float
    by_tpp: float

    def sentence(self) -> str:
        """What the lines say, with numbers."""
        if not self.lines:
            return "No lines of equal rate: the scenario's rate, or its chip's TPP, is unknown."
        more = "bandwidth" if self.by_bandwidth >= self.by_tpp else "processing performance"
        return (
            f"The scenario gives {self.rate:,.3g} tokens/s an accelerator; twice the bandwidth gives"
            f" {self.by_bandwidth:.2f} times that, twice the TPP {self.by_tpp:.2f}: {more} decides more."
        )


def equal_rates(one: Bound) -> EqualRates:
    """Lines of equal rate around a planned scenario.

    Bandwidth and all peaks of its chip move, in prefill as in decode; layout, batch, links and
    memory stay.

    Args:
        one: A planned scenario, one row.
    """
    own = evaluate_bound(one, (RATE, "tpp"))
    rate, tpp = float(own[RATE][0]), float(own["tpp"][0])
    if math.isnan(rate) or not tpp > 0:
        return EqualRates((), rate, math.nan, math.nan)
    here = float(one.inputs[_BANDWIDTH][0]) / 1e9
    doubled = _rates(one, tpp, np.array([2 * tpp, tpp]), np.array([here, 2 * here])) / rate
    across, up = (part.ravel() for part in np.meshgrid(_TPP, _GB_S))
    grid = _rates(one, tpp, across, up).reshape(len(_GB_S), len(_TPP))
    lines = (_line(level, grid) for level in levels(rate))
    return EqualRates(tuple(line for line in lines if line.x), rate, float(doubled[1]), float(doubled[0]))


def _rates(one: Bound, own_tpp: float, tpp: Array, gb_s: Array) -> Array:
    """Rates of the scenario on chips with this TPP and bandwidth, ``(n,)``."""
    moved = {name: one.inputs[name] * tpp / own_tpp for name in _PEAKS}
    found = evaluate_bound(one.with_inputs({**moved, _BANDWIDTH: 1e9 * gb_s}), (RATE,))
    return found[RATE]


def levels(rate: float) -> tuple[float, ...]:
    """Round rates (1, 2 and 5 times powers of ten) around one.

    >>> levels(480.0)
    (100.0, 200.0, 500.0, 1000.0, 2000.0)
    """
    first = math.floor(math.log10(rate / _AROUND))
    every = (n * 10.0**power for power in range(first, first + 4) for n in (1, 2, 5))
    return tuple(level for level in every if rate / _AROUND < level < rate * _AROUND)


def _line(level: float, grid: Array) -> Series:
    """Where the rate crosses a level, from the least TPP that reaches it with any bandwidth on."""
    x, y = [], []
    for column, tpp in enumerate(_TPP):
        rates = grid[:, column]
        if np.isnan(rates).any() or not rates[0] < level <= rates[-1]:
            continue
        x.append(float(tpp))
        y.append(float(np.exp(np.interp(math.log(level), np.log(rates), np.log(_GB_S)))))
    return Series(f"{level:,.{0 if level >= 1 else 3}f} tokens/s", x, y)
