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
    "world_default",
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


def world_default(table: str, name: str) -> Value:
    """Return what is taken where a scenario does not say, with unit, source and range.

    Args:
        table: ``economics`` (what owning costs), ``flop_method`` (what estimates from FLOP assume),
            ``training`` (what the accounts of training cost assume) or ``embodied`` (what making
            hardware took).
        name: Its name there, for example ``wacc``.
    """
    return _values(table)[name]


def world_figures() -> Mapping[str, Value]:
    """Return the figures by name, each with unit, source and date, for example ``datacentre_twh_2024``."""
    return _values("figures")
