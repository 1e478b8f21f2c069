"""What benchmark series leave unsaid in a measurement's row: lengths, limits, what a rate counts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

FILE = Path(__file__).parent / "benchmarks.toml"


@dataclass(frozen=True, slots=True)
class Length:
    """A mean length in tokens with its range and where it was read."""

    value: float
    low: float
    high: float
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One published series.

    Attributes:
        input_tokens: Mean prompt length, where the series has one.
        output_tokens: Mean output length.
        slo_ttft_s: Limit of the time to first token.
        slo_tpot_s: Limit of the time per output token.
        plans_layout: Whether the submitter chose the layout to fit, so that a blank one is planned.
        mean_of_nominal: Mean lengths over those that the rows print.
        starts_at_once: Whether its runs are short and start with all their requests.
        measures: ``decode`` or ``prefill`` where a rate counts that phase alone.
        boundary: What energy figures include.
    """

    input_tokens: Length | None = None
    output_tokens: Length | None = None
    slo_ttft_s: float | None = None
    slo_tpot_s: float | None = None
    plans_layout: bool = False
    mean_of_nominal: float = 1.0
    starts_at_once: bool = False
    measures: str = ""
    boundary: str = ""


@cache
def benchmarks() -> Mapping[str, Benchmark]:
    """Every series by its id."""
    with FILE.open("rb") as stream:
        tables = tomllib.load(stream)
    return MappingProxyType({name: _benchmark(table) for name, table in tables.items()})


def _benchmark(table: Mapping[str, Any]) -> Benchmark:
    limits = table.get("limits", {})
    return Benchmark(
        input_tokens=_length(table, "input_tokens"),
        output_tokens=_length(table, "output_tokens"),
        slo_ttft_s=limits.get("ttft_s"),
        slo_tpot_s=limits.get("tpot_s"),
        plans_layout=table.get("plans_layout", False),
        mean_of_nominal=table.get("mean_of_nominal", 1.0),
        starts_at_once=table.get("starts_at_once", False),
        measures=table.get("measures", ""),
        boundary=table.get("boundary", ""),
    )


def _length(table: Mapping[str, Any], name: str) -> Length | None:
    return Length(**table[name]) if name in table else None
