"""The figures of a chip that rules read, as intervals where its leaves leave them open.

Each of them grows with every rate and link of the chip; density falls with the die's area. So the least
follows from the low ends of what is known (nothing, where nothing is), the most from the high ends.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from inferscope.core.graph import REGISTRY
from inferscope.core.leaves import Leaf
from inferscope.core.policy.predicates import Fact

Get = Callable[[str], Leaf]
"""The leaf of a name such as ``hardware_die_area_mm2``."""
FIGURES = ("tpp", "performance_density", "dram_bandwidth_gb_s", "io_bandwidth_gb_s")
_FALLS_WITH = {"performance_density": ("hardware_die_area_mm2",)}
_NON_PLANAR_NM = 16


class Ends(NamedTuple):
    """A figure with the least and the most it can be; NaN where it is not known."""

    value: float
    low: float
    high: float

    @property
    def is_bounded(self) -> bool:
        """Whether there is anything to say beside that it is not below zero."""
        return self.low > 0 or self.high < math.inf


def ends(name: str, get: Get) -> Ends:
    """A figure of a chip from its leaves: the value, the least and the most.

    An unknown peak counts nothing for the least and leaves the most open; an unknown area with a stated
    high end bounds the density from below. H100: 15,831 / 814 = 19.4 at all three.
    """
    if name not in REGISTRY.quantities:
        return _leaf_ends(get(name))
    node = REGISTRY.quantities[name]
    parents = [ends(parent, get) for parent in node.parents]
    falls = [parent in _FALLS_WITH.get(name, ()) for parent in node.parents]
    low = [e.high if down else e.low for e, down in zip(parents, falls, strict=True)]
    high = [e.low if down else e.high for e, down in zip(parents, falls, strict=True)]
    at = [(e.value for e in parents), low, high]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = [float(np.asarray(node.function(*map(np.float64, each)))) for each in at]
    return Ends(
        found[0], 0.0 if math.isnan(found[1]) else found[1], math.inf if math.isnan(found[2]) else found[2]
    )


def _leaf_ends(leaf: Leaf) -> Ends:
    """A leaf with the ends of its source, which may give one of them, or bounds on what it does not know."""
    low, high = (None, None) if isinstance(leaf.cited, str) else (leaf.cited.low, leaf.cited.high)
    if math.isnan(leaf.value):
        return Ends(leaf.value, low or 0.0, math.inf if high is None else high)
    return Ends(leaf.value, leaf.value if low is None else low, leaf.value if high is None else high)


def figure(name: str, get: Get) -> Fact:
    """A figure as a fact: unknown ones with the bounds that are known."""
    found = ends(name, get)
    value = None if math.isnan(found.value) else found.value
    if value is None and not found.is_bounded:
        return Fact(None, missing=needed(name, get))
    missing = needed(name, get) if value is None else ()
    return Fact(value, found.low, found.high, missing=missing)


def needed(name: str, get: Get) -> tuple[str, ...]:
    """The catalogue fields, by their own names, that keep a figure unknown."""
    if name not in REGISTRY.quantities:
        return (name.removeprefix("hardware_"),) if math.isnan(get(name).value) else ()
    parents = REGISTRY.quantities[name].parents
    return tuple(dict.fromkeys(field for parent in parents for field in needed(parent, get)))


def links(get: Get, whole: Fact) -> tuple[Fact, Fact]:
    """I/O bandwidth, and interconnect bandwidth between links alone and all I/O.

    Where the host link is not known, I/O is at least what the links carry. Chips that only PCIe connects
    have no links alone: all I/O is taken.
    """
    is_pcie = get("hardware_scaleup_is_pcie").value > 0
    own = 0.0 if is_pcie else 2e-9 * get("hardware_scaleup_bytes_per_s").value
    alone = 0.0 if math.isnan(own) else own
    if whole.value is None:
        bounded = whole._replace(low=alone, high=math.inf, origin="at least the links' bandwidth")
        return bounded, bounded._replace(missing=("policy.interconnect_bandwidth_gb_s",))
    if not alone:
        about = "undefined in the bills: all I/O, since no links but PCIe are known"
        return whole, whole._replace(origin=about)
    high = math.nan if whole.number is None else whole.number
    about = "undefined in the bills: from chip-to-chip links alone to all I/O"
    return whole, Fact(alone, min(alone, high), high, about)


def sums(found: dict[str, Fact]) -> dict[str, Fact]:
    """DRAM with I/O and with interconnect bandwidth added."""
    dram = found["dram_bandwidth_gb_s"]
    for name, part in (
        ("dram_plus_io_bandwidth_gb_s", "io_bandwidth_gb_s"),
        ("dram_plus_interconnect_bandwidth_gb_s", "interconnect_bandwidth_gb_s"),
    ):
        found[name] = _sum(dram, found[part], f"dram_bandwidth_gb_s + {part}")
    return found


def _sum(one: Fact, other: Fact, origin: str) -> Fact:
    missing = tuple(dict.fromkeys((*one.missing, *other.missing)))
    low, high = (a + b for a, b in zip(one.bounds, other.bounds, strict=True))
    if one.number is not None and other.number is not None:
        return Fact(one.number + other.number, low, high, origin)
    return Fact(None, low, high, origin, missing)


def non_planar(process: str) -> bool | None:
    """Whether a process is at 16 nm or below, by the number in its name; None where there is none.

    >>> non_planar("TSMC 4N"), non_planar("TSMC 12nm"), non_planar("TSMC"), non_planar("28nm")
    (True, True, None, False)
    """
    digits = re.search(r"\d+", process)
    return None if digits is None else int(digits.group()) <= _NON_PLANAR_NM
