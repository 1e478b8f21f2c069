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

__all__ = ["world_figures"]

_WORLD: Final = "world.toml"


@lru_cache(maxsize=1)
def world_figures() -> Mapping[str, Value]:
    """Return the figures by name, each with unit, source and date, for example ``datacentre_twh_2024``."""
    path = DATA / _WORLD
    return MappingProxyType(
        {
            name: read_value(table, UNKNOWN, path, f"figures.{name}")
            for name, table in read_toml(_WORLD)["figures"].items()
        }
    )
