"""Draws of uncertain numbers: keyed by seed and name, so that studies of two scenarios share them.

>>> stratified(0, "workload.input_tokens", 4).round(2)
array([0.3 , 0.81, 0.18, 0.6 ])
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from inferscope.core.bind import Bound
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.leaves import Leaf
from inferscope.core.scenario.ranges import Number, parse_number
from inferscope.core.scenario.schema import Scenario
from inferscope.core.scenario.section import Section
from inferscope.core.scenario.training import of_rules_alone
from inferscope.core.study.inputs import limits

__all__ = [
    "ERROR_FACTORS",
    "Uncertain",
    "catalog_numbers",
    "model_errors",
    "normal_quantile",
    "of_rules",
    "quantiles",
    "stratified",
    "uncertain",
]

_Z95 = 1.6448536269514722
"""95th percentile of the standard normal distribution."""
_KEPT, _FEW = 64, 1024
"""Columns of draws that are kept, and how long they may be for their normal values to be kept too."""


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A number that is not one figure.

    Attributes:
        name: The scenario's dotted key, or the input of the graph where the catalogue knows the range.
        number: Its range or distribution.
        is_input: Whether ``name`` is an input of the graph.
    """

    name: str
    number: Number
    is_input: bool = False

    @property
    def shares(self) -> str:
        """What its draws are keyed by: its group, or its name; a group called like a key is not that key.

        >>> Uncertain("a.b", Number(1.0, group="c.d")).shares, Uncertain("c.d", Number(1.0)).shares
        ('group c.d', 'c.d')
        """
        group = self.number.group
        return f"group {group}" if group and not self.is_input else group or self.name

    @property
    def ends(self) -> tuple[float, float]:
        """Its low and high end."""
        middle = self.number.mid
        low, high = self.number.low, self.number.high
        return middle if low is None else low, middle if high is None else high

    def at(self, share: Array) -> Array:
        """Its values at shares of probability, within the bounds of its key."""
        values = quantiles(self.number, 1.0 - share if self.number.is_inverse else share)
        if self.is_input:
            return values
        bounds = limits(self.name)
        low = bounds.ge if bounds.ge is not None else -math.inf if bounds.gt is None else bounds.gt
        low = np.nextafter(low, math.inf) if bounds.ge is None and bounds.gt is not None else low
        clipped = np.clip(values, low, bounds.le if bounds.le is not None else math.inf)
        return np.round(clipped) if bounds.whole or self._is_count else clipped

    @property
    def _is_count(self) -> bool:
        """Whether it is a whole figure of the architecture, such as a number of layers."""
        return self.name.startswith("model.") and all(end == int(end) for end in self.number.ends())


def uncertain(scenario: Scenario) -> tuple[Uncertain, ...]:
    """The numbers of a scenario that are given as a range or a distribution, in the order of the file.

    Those that only rules read hold their own ends: see :func:`of_rules`.
    """
    return tuple(number for number in _ranges(scenario) if not _is_of_rules(number.name))


def of_rules(scenario: Scenario) -> tuple[Uncertain, ...]:
    """The uncertain numbers that only rules read: under ``[policy]``, and parts of training compute."""
    return tuple(number for number in _ranges(scenario) if _is_of_rules(number.name))


def _is_of_rules(key: str) -> bool:
    return key.startswith("policy.") or of_rules_alone(key)


def _ranges(scenario: Scenario) -> Iterator[Uncertain]:
    for key, number in _numbers(scenario):
        if number.low is not None and number.low < (number.high or 0.0):
            yield Uncertain(key, number)


def _numbers(section: Section, prefix: str = "") -> Iterator[tuple[str, Number]]:
    given = [name for name in type(section).model_fields if name in section.model_fields_set]
    for name in (*given, *(section.model_extra or {})):
        yield from _within(getattr(section, name), f"{prefix}{name}")


def _within(value: Any, key: str) -> Iterator[tuple[str, Number]]:
    if isinstance(value, Number):
        yield key, value
    elif isinstance(value, Section):
        yield from _numbers(value, f"{key}.")
    elif isinstance(value, Mapping):
        if set(value) & {"low", "dist"}:
            yield key, parse_number(value)
        else:
            for name, item in value.items():
                yield from _within(item, f"{key}.{name}")


ERROR_FACTORS: Mapping[str, str] = {
    "calibration_decode_time_factor": "error of times",
    "calibration_prefill_time_factor": "error of times",
    "calibration_first_token_time_factor": "error of the first token",
    "calibration_power_factor": "error of power",
}
"""The inputs that carry the model's own error, and what their draws are keyed by."""


def model_errors(bound: Bound, row: int = 0) -> tuple[Uncertain, ...]:
    """The factors that carry the model's own error, as far off as it is on the row's class of accelerator.

    Lognormal between their ends; a factor that the scenario sets is held.
    """
    found = []
    for name, group in ERROR_FACTORS.items():
        leaf = bound.of(row).leaves[name]
        if leaf.kind != "scenario" and leaf.span is not None:
            number = Number(leaf.value, *leaf.span, "lognormal", group=group)
            found.append(Uncertain(name, number, is_input=True))
    return tuple(found)


def catalog_numbers(bound: Bound, row: int = 0) -> tuple[Uncertain, ...]:
    """The inputs of a row of which the catalogue or the calibration knows low and high."""
    found = []
    for name, leaf in bound.of(row).leaves.items():
        ends = None if name in ERROR_FACTORS else leaf.ends
        if name in REGISTRY.inputs and leaf.kind != "scenario" and ends is not None and ends[0] < ends[1]:
            low, high = ends
            number = Number(leaf.value, low, high, "triangular", group=_figure(leaf))
            found.append(Uncertain(name, number, is_input=True))
    return tuple(found)


def _figure(leaf: Leaf) -> str:
    """What tells the figures of a key apart: inputs that come from one share their draws."""
    if isinstance(leaf.cited, str):
        return leaf.key
    return f"{leaf.key} {leaf.cited.low:g} {leaf.cited.value:g} {leaf.cited.high:g}"


@lru_cache(maxsize=_KEPT)
def stratified(seed: int, name: str, count: int) -> Array:
    """One column of a Latin hypercube: a share of probability in each of ``count`` equal parts, shuffled.

    Args:
        seed: The seed of the study.
        name: What the draw is keyed by.
        count: How many.

    Returns:
        Shares between 0 and 1, ``(count,)``; the same for the same arguments on every machine.
    """
    generator = np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))
    shares: Array = (generator.permutation(count) + generator.random(count)) / count
    shares.flags.writeable = False  # it is kept, and given out again
    return shares


def quantiles(number: Number, share: Array) -> Array:
    """The values of a number at shares of probability, ``(n,)``.

    A range and a triangle lie between their ends with the mode in the middle; of a normal and a
    lognormal number the ends are the 5th and 95th percentile; the values of a discrete one are
    equally likely.

    >>> quantiles(Number(1.0, 0.0, 4.0, "triangular"), np.array([0.0, 0.25, 1.0]))
    array([0., 1., 4.])
    >>> quantiles(Number(3.0, 1.0, 9.0, "lognormal"), np.array([0.05, 0.5, 0.95])).round(6)
    array([1., 3., 9.])
    """
    low, high = number.low, number.high
    if low is None or high is None or low == high:
        return np.full(len(share), number.mid)
    if number.dist == "uniform":
        return low + (high - low) * share
    if number.dist == "normal":
        return number.mid + (high - low) / (2.0 * _Z95) * _normal(share)
    if number.dist == "lognormal":
        return number.mid * np.exp(math.log(high / low) / (2.0 * _Z95) * _normal(share))
    if number.dist == "discrete":
        values = np.sort(np.array(number.raw["values"], dtype=np.float64))
        return values[np.minimum((share * len(values)).astype(np.intp), len(values) - 1)]
    turn = (number.mid - low) / (high - low)
    rising = low + np.sqrt(share * (high - low) * (number.mid - low))
    falling = high - np.sqrt((1.0 - share) * (high - low) * (high - number.mid))
    return np.where(share <= turn, rising, falling)


def _normal(share: Array) -> Array:
    """Standard normal values at shares; of few draws they are kept, since a screen asks at every key."""
    return normal_quantile(share) if len(share) > _FEW else _known_normal(share.tobytes())


@lru_cache(maxsize=_KEPT)
def _known_normal(shares: bytes) -> Array:
    return normal_quantile(np.frombuffer(shares))


def normal_quantile(share: Array) -> Array:
    """The standard normal value below which a share lies, ``(n,)``.

    Wichura's algorithm AS 241 (PPND16), Applied Statistics 37 (1988); relative error about 1e-16.

    >>> normal_quantile(np.array([0.5, 0.95, 1e-9])).round(6)
    array([ 0.      ,  1.644854, -5.997807])
    """
    offset = share - 0.5
    central = np.abs(offset) <= 0.425
    inner = 0.180625 - np.where(central, offset, 0.0) ** 2
    tail = np.sqrt(-np.log(np.clip(np.minimum(share, 1.0 - share), 1e-300, 0.5)))
    near, far = tail - 1.6, tail - 5.0
    outside = np.where(tail <= 5.0, _ratio(_NEAR, near), _ratio(_FAR, far))
    return np.where(central, offset * _ratio(_CENTRAL, inner), np.copysign(outside, offset))


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: Array) -> Array:
    """A ratio of two polynomials, coefficients from the constant up."""
    above, below = (np.polynomial.polynomial.polyval(x, c) for c in coefficients)
    ratio: Array = above / below
    return ratio


_CENTRAL = (
    (3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
)  # fmt: skip
_NEAR = (
    (1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
     1.27045825245236838258, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9),
)  # fmt: skip
_FAR = (
    (6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5,
     2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15),
)  # fmt: skip
