"""What number formats, pruning and distillation cost in benchmark scores."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from inferscope.core.catalog.reading import read_record, read_value
from inferscope.core.catalog.records import UNKNOWN, Value
from inferscope.core.catalog.sources import DATA, read_toml
from inferscope.core.catalog.techniques import format_
from inferscope.core.errors import CatalogError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Comparison",
    "DistilledScores",
    "Recovery",
    "comparison",
    "comparisons",
    "distilled_scores",
    "kv_recovery",
    "recoveries",
]

_FILE: Final = "quality.toml"
_COMPARISONS: Final = "comparisons.toml"
_NAMED: Final = ("source", "date", "kind", "name")


class Recovery(NamedTuple):
    """Share of a benchmark score that survives a pair of formats.

    Attributes:
        weight_format: Format of the linear layers' weights.
        activation_format: Format of their activations.
        params: Size of the measured model; None where it holds for all sizes.
        value: The share, with range and source.
    """

    weight_format: str
    activation_format: str
    params: float | None
    value: Value


@dataclass(frozen=True)
class Comparison:
    """Published figures of one comparison; the result is computed from them.

    Attributes:
        name: Its name.
        measure: What was compared.
        model: The model, where it is in the catalogue.
        combine: What is made of the figures, a key of the module's table.
        unit: Unit of the result.
        figures: The published figures, in order.
        conditions: Chip, lengths and the like.
        source: The source, its kind and date; no figure.
    """

    name: str
    measure: str
    model: str
    combine: str
    unit: str
    figures: Mapping[str, float]
    conditions: Mapping[str, Any]
    source: Value

    @property
    def value(self) -> float:
        """The result, for example the ratio of two scores."""
        return float(_COMBINE[self.combine](*self.figures.values()))


class DistilledScores(NamedTuple):
    """Benchmark scores of a distilled model or its teacher, in percent."""

    name: str
    scores: Mapping[str, float]
    source: Value


_COMBINE: Final[Mapping[str, Any]] = {
    "ratio": lambda first, second: first / second,
    "increase": lambda first, second: first / second - 1,
    "difference": lambda first, second: first - second,
    "sum": lambda *parts: math.fsum(parts),
    "product": lambda *parts: math.prod(parts),
    # Two straight lines over context length meet where the higher start is made up by slope.
    "break_even": lambda start, other_start, other_slope, slope: (
        (start - other_start) / (other_slope - slope)
    ),
    # One drafted token of acceptance a gives 1 + a tokens; a speed-up S leaves 1 + c = (1 + a)/S.
    "draft_overhead": lambda acceptance, speedup: (1 + acceptance) / speedup - 1,
    "per_doubling": lambda more, less, times: (more - less) / math.log2(times),
    "per_decade": lambda more, less, times: (more - less) / math.log10(times),
}


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    return read_toml(_FILE)


@lru_cache(maxsize=1)
def _recoveries() -> tuple[Recovery, ...]:
    rows = []
    for number, table in enumerate(_tables()["recovery"]):
        pair = ("weight_format", "activation_format", "params")
        raw = {key: value for key, value in table.items() if key not in pair}
        value = read_value(raw, UNKNOWN, DATA / _FILE, f"recovery.{number}")
        size = table.get("params")
        weights, activations = table["weight_format"], table["activation_format"]
        rows.append(Recovery(weights, activations, None if size is None else float(size), value))
    return tuple(rows)


@lru_cache(maxsize=256)
def recoveries(weight_format: str, activation_format: str) -> tuple[Recovery, ...]:
    """Return the measured recoveries of a pair of formats, smallest model first.

    Empty where nothing was measured: that is unknown, not lossless.

    Raises:
        CatalogError: A format does not exist.
    """
    pair = (format_(weight_format).name, format_(activation_format).name)
    rows = [row for row in _recoveries() if (row.weight_format, row.activation_format) == pair]
    return tuple(sorted(rows, key=lambda row: row.params or 0.0))


@lru_cache(maxsize=256)
def kv_recovery(kv_format: str) -> Value:
    """Return the share of scores that survives a cache format; unknown where not measured.

    Raises:
        CatalogError: The format does not exist.
    """
    name = format_(kv_format).name
    for number, table in enumerate(_tables()["kv_recovery"]):
        if table["kv_format"] == name:
            raw = {key: value for key, value in table.items() if key != "kv_format"}
            return read_value(raw, UNKNOWN, DATA / _FILE, f"kv_recovery.{number}")
    return UNKNOWN


@lru_cache(maxsize=1)
def comparisons() -> Mapping[str, Comparison]:
    """Return the published comparisons by name."""
    found = {}
    for table in read_toml(_COMPARISONS)["comparison"]:
        found[table["name"]] = Comparison(
            table["name"],
            table["measure"],
            table.get("model", ""),
            table["combine"],
            table["unit"],
            MappingProxyType({key: float(value) for key, value in table["figures"].items()}),
            MappingProxyType(table.get("conditions", {})),
            _source(table, _COMPARISONS),
        )
    return MappingProxyType(found)


def comparison(name: str) -> Comparison:
    """Return one published comparison.

    Raises:
        CatalogError: There is none of this name.
    """
    if name not in comparisons():
        hint = nearest(name, comparisons())
        message = f"unknown comparison {name!r}{f': {hint}' if hint else ''}"
        raise CatalogError(message)
    return comparisons()[name]


@lru_cache(maxsize=1)
def distilled_scores() -> tuple[DistilledScores, ...]:
    """Return benchmark scores of distilled models, of their teacher and of the alternative."""
    rows = []
    for table in read_toml("techniques.toml")["distilled"]:
        scores = {key: float(value) for key, value in table.items() if key not in _NAMED}
        rows.append(
            DistilledScores(table["name"], MappingProxyType(scores), _source(table, "techniques.toml"))
        )
    return tuple(rows)


def _source(table: Mapping[str, Any], file: str) -> Value:
    """Return where a row comes from, as a value without a figure."""
    record = {key: table[key] for key in ("source", "date", "kind")}
    return read_record(record, DATA / file, table["name"])
