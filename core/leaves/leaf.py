"""A leaf of the graph: a number with where it came from, or the reason that there is none."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from inferscope.core import DATA_DATE, catalog
from inferscope.core.catalog import Record, Value
from inferscope.core.catalog.sources import DATA
from inferscope.core.errors import ScenarioError, ValueRefusedError, nearest
from inferscope.core.scenario.ranges import Number, parse_number
from inferscope.core.scenario.schema import Scenario
from inferscope.core.scenario.section import Section

_DIVISORS = ("bandwidth_share", "flop_share", "memory_share", "_factor")
"""Constants that something is divided by."""
_MAY_BE_ZERO = {"dram_bandwidth_bytes_per_s", "scaleup_is_pcie"}
"""Catalogue figures for which zero means something: no DRAM, no."""
_MOST = 1e40

NEEDS_INPUT, UNKNOWN, UNSUPPORTED = "needs_input", "unknown", "unsupported"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One input of the graph.

    Attributes:
        value: The number.
        kind: ``scenario``, ``default``, ``planned``, or how the catalogue knows it.
        cited: Where it was read, or the catalogue's value that knows.
        date: When.
        note: What a reader should know.
        why: Why it is NaN, with the key that would settle it; empty where absence is meant.
        key: The scenario key that sets it.
        slots: One number per attention slot, in place of the value.
        span: Low and high end of a constant.
    """

    value: float
    kind: str = "default"
    cited: str | Value = ""
    date: str = ""
    note: str = ""
    why: str = ""
    key: str = ""
    slots: tuple[float, ...] = ()
    span: tuple[float, float] | None = None

    @property
    def ends(self) -> tuple[float, float] | None:
        """Low and high end of what is known, where its source gives them; in the leaf's own unit."""
        if self.span is not None or isinstance(self.cited, str) or math.isnan(self.value):
            return self.span
        low, middle, high = self.cited.low, self.cited.value, self.cited.high
        if low is None or high is None or not middle:
            return None
        return low * self.value / middle, high * self.value / middle

    @property
    def source(self) -> str:
        """Where it was read, in words; looked up when somebody asks."""
        return self.cited if isinstance(self.cited, str) else self.cited.source


CONSTANTS = DATA.parents[1] / "evidence" / "calibration" / "constants.toml"
"""Where the physical constants are kept, with how they were fitted and how far off they are."""
_BESIDE = ("fit", "errors", "beside")
"""Tables of that file that hold no constants of the graph."""


@lru_cache(maxsize=1)
def calibration() -> Mapping[str, Leaf]:
    """The physical constants by name (without their ``calibration_`` prefix)."""
    with CONSTANTS.open("rb") as stream:
        table = tomllib.load(stream)
    sources = table.pop("sources")
    table = {name: row for name, row in table.items() if name not in _BESIDE}
    return MappingProxyType(
        {
            name: Leaf(
                row["value"],
                row["kind"],
                sources[row["source"]],
                DATA_DATE,
                row.get("note", ""),
                key=f"calibration.{name}",
                span=(row["low"], row["high"]) if "low" in row else None,
            )
            for name, row in table.items()
        }
    )


def constant_leaves(scenario: Scenario, chip: Record) -> dict[str, Leaf]:
    """The physical constants, as shipped or as the scenario sets them, and the factors of their error."""
    shipped = {**calibration(), **error_class(chip).factors}
    for name in scenario.calibration:
        if name not in shipped:
            message = f"unknown constant: {nearest(name, shipped) or 'see `inferscope list constants`'}"
            raise ScenarioError(message, key=f"calibration.{name}")
        if min(scenario.calibration[name].ends()) <= 0 and name.endswith(_DIVISORS):
            message = f"must be above 0, not {min(scenario.calibration[name].ends()):g}"
            raise ScenarioError(message, key=f"calibration.{name}")
        if max(scenario.calibration[name].ends()) > 1 and "_share" in name:
            message = f"is a share: must be at most 1, not {max(scenario.calibration[name].ends()):g}"
            raise ScenarioError(message, key=f"calibration.{name}")
    found = {
        f"calibration_{name}": number_leaf(scenario.calibration[name], f"calibration.{name}")
        if name in scenario.calibration
        else leaf
        for name, leaf in shipped.items()
    }
    for name in _BY_ENGINE:
        if name not in scenario.calibration:
            found[f"calibration_{name}"] = found[f"calibration_{name}{engine_suffix(scenario)}"]
    return found


_BY_ENGINE = ("step_s", "host_layer_s")
"""Constants of which engines have one each; that of vLLM has no engine's name."""


def constant(scenario: Scenario, name: str) -> Leaf:
    """A constant as the scenario sets it, else as shipped."""
    given = scenario.calibration.get(name)
    return calibration()[name] if given is None else number_leaf(given, f"calibration.{name}")


def engine_suffix(scenario: Scenario) -> str:
    """How the constants of the scenario's engine end.

    >>> engine_suffix(Scenario.model_validate({"optimizations": {"engine": "tensorrt-llm"}}))
    '_tensorrt_llm'
    """
    engine = scenario.optimizations.engine
    return "" if engine == "vllm" else f"_{engine.replace('-', '_')}"


@dataclass(frozen=True, slots=True)
class ErrorClass:
    """Accelerators on which the model is equally far off.

    Attributes:
        title: What they are called.
        factors: The constants that carry the error, all 1, with its low and high end, by name.
    """

    title: str
    factors: Mapping[str, Leaf]


@lru_cache(maxsize=1)
def _error_classes() -> Mapping[str, ErrorClass]:
    with CONSTANTS.with_name("errors.toml").open("rb") as stream:
        tables = tomllib.load(stream)
    sources = tables.pop("sources")
    return MappingProxyType({name: _error_class(table, sources) for name, table in tables.items()})


def _error_class(table: dict[str, Any], sources: Mapping[str, str]) -> ErrorClass:
    title = table.pop("title")
    factors = {
        name: Leaf(
            1.0,
            row["kind"],
            sources[row["source"]],
            DATA_DATE,
            f"{title}: {row['note']}",
            key=f"calibration.{name}",
            span=(row["low"], row["high"]),
        )
        for name, row in table.items()
    }
    return ErrorClass(title, MappingProxyType(factors))


def error_class(chip: Record) -> ErrorClass:
    """How far off the model is on an accelerator.

    Measured on those whose fixed time was fitted; others of their maker, and of other makers, have
    classes of their own.
    """
    if chip.values["fixed_time_factor"].kind == "fitted":
        return _error_classes()["measured"]
    return _error_classes()["same_maker" if chip.text.get("vendor") == "NVIDIA" else "other"]


def constants() -> Mapping[str, Leaf]:
    """All constants as they are listed: one factor a class of accelerator where the classes differ."""
    found = dict(calibration())
    for each in _error_classes().values():
        found |= {f"{name} ({each.title})": leaf for name, leaf in each.factors.items()}
    return found


def named(look_up: Any, name: str, key: str) -> Record:
    """A catalogue record; an unknown name is reported under the scenario's key."""
    try:
        record: Record = look_up(name)
    except catalog.UnknownIdError as error:
        raise ScenarioError(error.message, key=key) from None
    return record


def is_auto(leaf: Leaf) -> bool:
    """Whether the plan still has to choose this number."""
    return leaf.why == "auto"


def or_auto(value: Number | str, key: str) -> Leaf:
    """A number as a leaf, or one that the plan has to choose."""
    if isinstance(value, Number):
        return number_leaf(value, key)
    return Leaf(math.nan, "planned", why="auto", key=key)


@lru_cache(maxsize=8192)
def catalog_leaf(value: Value, key: str, note: str = "") -> Leaf:
    """A catalogue value as a leaf; NaN with its state where there is no figure."""
    figure = math.nan if value.value is None else float(value.value)
    why = "" if value.is_known else f"{value.state}: {key}"
    return Leaf(figure, value.kind or "catalogue", value, value.date, note or value.note, why, key)


def number_leaf(number: Number | None, key: str, *, why: str = "", is_set: bool = True) -> Leaf:
    """A scenario's number as a leaf; NaN with the reason where it is absent."""
    if number is None:
        return Leaf(math.nan, "default", why=why, key=key)
    kind = "scenario" if is_set else "default"
    return Leaf(
        number.mid, kind, number.source or ("scenario" if is_set else "default"), number.date, key=key
    )


def given_or(mine: Number | None, usual: Value, key: str) -> Leaf:
    """The scenario's number, else what the catalogue holds as usual."""
    return catalog_leaf(usual, key) if mine is None else number_leaf(mine, key)


def overrides(given: Mapping[str, Any], known: Any, section: str, record: str) -> dict[str, Leaf]:
    """Catalogue figures given in the scenario, as leaves by field name.

    Args:
        given: What the scenario gives, by name.
        known: The names that there are.
        section: Where in the scenario they stand.
        record: Which record's figures they are, as a command would show it: ``models llama-3.1-8b``.

    Raises:
        ValueRefusedError: A name that there is not, or what is no number in its bounds.
    """
    found: dict[str, Leaf] = {}
    for name, raw in given.items():
        if name not in known:
            hint = nearest(name, known)
            message = f"unknown key{f': {hint}' if hint else f'; see `inferscope show {record}`'}"
            raise ValueRefusedError(message, key=f"{section}.{name}")
        try:
            number = parse_number(raw)
        except ValueError as error:
            raise ValueRefusedError(str(error), key=f"{section}.{name}") from None
        least, most = min(number.ends()), max(number.ends())
        if least < 0 or (least == 0 and name not in _MAY_BE_ZERO) or most > _MOST:
            limit = f"at most {_MOST:g}" if most > _MOST else "at least 0" if least < 0 else "above 0"
            message = f"must be {limit}, not {most if most > _MOST else least:g}"
            raise ValueRefusedError(message, key=f"{section}.{name}")
        found[name] = number_leaf(number, f"{section}.{name}")
    return found


def numbers(section: Section, title: str, *names: str) -> dict[str, Leaf]:
    """Numbers of a section that have a default, each with whether the scenario sets it."""
    return {
        f"{title}_{name}": number_leaf(
            getattr(section, name), f"{title}.{name}", is_set=name in section.model_fields_set
        )
        for name in names
    }


def said_kind(section: Section, name: str) -> str:
    """Whether the scenario says so, or nobody did."""
    return "scenario" if name in section.model_fields_set else "default"
