"""Figures about the world that results are set beside."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from inferscope.core.catalog.reading import read_value
from inferscope.core.catalog.records import UNKNOWN, Value
from inferscope.core.catalog.sources import DATA, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "economics_default",
    "economics_defaults",
    "embodied_default",
    "flop_method_default",
    "training_default",
    "world_figures",
]

_WORLD: Final = "world.toml"


@lru_cache(maxsize=8)
def _values(table: str) -> Mapping[str, Value]:
    path = DATA / _WORLD
    return MappingProxyType(
        {
            name: read_value(row, UNKNOWN, path, f"{table}.{name}", signed=True)
            for name, row in read_toml(_WORLD)[table].items()
        }
    )


def economics_defaults() -> Mapping[str, Value]:
    """Return what owning costs where a scenario does not say, by name, with unit, source and range."""
    return _values("economics")


def economics_default(name: str) -> Value:
    """Return one of them, for example ``wacc``."""
    return economics_defaults()[name]


def flop_method_default(name: str) -> Value:
    """Return what estimates from FLOP assume, ``utilization`` or ``power_share``."""
    return _values("flop_method")[name]


def training_default(name: str) -> Value:
    """Return what the accounts of training cost assume, ``price_decay_oom_per_year`` or ``power_share``."""
    return _values("training")[name]


def embodied_default(name: str) -> Value:
    """Return what making hardware took, ``embodied_kg_per_accelerator`` or ``embodied_years``."""
    return _values("embodied")[name]


def world_figures() -> Mapping[str, Value]:
    """Return the figures by name, each with unit, source and date, for example ``datacentre_twh_2024``."""
    return _values("figures")
