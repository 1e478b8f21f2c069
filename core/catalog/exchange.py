"""What inference compute is worth in training compute, by technique and kind of task; and R1's students."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from inferscope.core.catalog.reading import check_keys, read_value
from inferscope.core.catalog.records import UNKNOWN, Value
from inferscope.core.catalog.sources import DATA, read_toml
from inferscope.core.errors import CatalogError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "TEACHER",
    "ExchangeLaw",
    "Student",
    "exchange_law",
    "exchange_laws",
    "route_default",
    "students",
]

_FILE: Final = "exchange.toml"
_SPAN: Final = ("training_oom", "inference_oom")
_POWER: Final = ("exponent", "plateau")
TEACHER: Final = "deepseek-r1"
"""The model whose students are listed."""


@dataclass(frozen=True)
class ExchangeLaw:
    """A power law up to a plateau: inference compute k times as much is worth ``min(k, plateau)**exponent``.

    Attributes:
        name: Its name in scenarios.
        title: What it is about.
        about: Where it holds.
        exponent: Orders of training compute per order of inference compute.
        plateau: Multiplier beyond which nothing is gained.
    """

    name: str
    title: str
    about: str
    exponent: Value
    plateau: Value


@dataclass(frozen=True)
class Student:
    """A model distilled from another.

    Attributes:
        name: Its name among the scores of distilled models.
        model: Its identifier in the catalogue.
        base: The model in the catalogue that it was made from, or that comes nearest.
        base_name: What it was made from.
    """

    name: str
    model: str
    base: str
    base_name: str


@lru_cache(maxsize=1)
def exchange_laws() -> Mapping[str, ExchangeLaw]:
    """Return the laws of exchange between training and inference compute, by name."""
    tables = read_toml(_FILE)["law"]
    return MappingProxyType({name: _law(name, table) for name, table in tables.items()})


def _law(name: str, table: Mapping[str, Any]) -> ExchangeLaw:
    path, at = DATA / _FILE, f"law.{name}"
    parts = _POWER if "exponent" in table else _SPAN
    check_keys(table, ("title", "about", *parts), ("title", "about", *parts), path, f"{at}.")
    first, second = (read_value(table[part], UNKNOWN, path, f"{at}.{part}") for part in parts)
    if parts is _SPAN:
        first, second = _quotient(first, second), _power_of_ten(second)
    return ExchangeLaw(name, table["title"], table["about"], first, second)


def _quotient(training: Value, inference: Value) -> Value:
    """Orders of training per order of inference; its range takes the legs against each other."""
    (low, middle, high), (least, half, most) = _ends(training), _ends(inference)
    is_range = low < high or least < most
    note = f"a span of {middle:g} orders of training for {half:g} of inference"
    return training._replace(
        value=middle / half,
        kind="computed" if training.kind == "quoted" else training.kind,
        note=note,
        low=low / most if is_range else None,
        high=high / least if is_range else None,
    )


def _power_of_ten(orders: Value) -> Value:
    low, middle, high = (10.0**end for end in _ends(orders))
    is_range = low < high
    return orders._replace(
        value=middle,
        kind="computed" if orders.kind == "quoted" else orders.kind,
        note="where the span ends",
        low=low if is_range else None,
        high=high if is_range else None,
    )


def _ends(value: Value) -> tuple[float, float, float]:
    middle = float(value.value or 0.0)
    return (
        (middle if value.low is None else value.low),
        middle,
        (middle if value.high is None else value.high),
    )


def exchange_law(name: str) -> ExchangeLaw:
    """Return a law of exchange, such as ``ord`` or ``language``.

    Raises:
        CatalogError: There is no such law.
    """
    known = exchange_laws()
    if name not in known:
        hint = nearest(name, known) or f"laws are {', '.join(known)}"
        message = f"unknown law {name!r}: {hint}"
        raise CatalogError(message)
    return known[name]


@lru_cache(maxsize=16)
def route_default(name: str) -> Value:
    """Return a default of the routes around a line, such as ``post_training_gain``.

    Raises:
        CatalogError: There is no such default.
    """
    tables = read_toml(_FILE)["default"]
    if name not in tables:
        message = f"unknown default {name!r}: {nearest(name, tables)}"
        raise CatalogError(message)
    return read_value(tables[name], UNKNOWN, DATA / _FILE, f"default.{name}")


@lru_cache(maxsize=1)
def students() -> tuple[Student, ...]:
    """Return the students of :data:`TEACHER`, the smallest first."""
    keys = ("name", "model", "base", "base_name")
    found = []
    for number, table in enumerate(read_toml(_FILE)["student"]):
        check_keys(table, keys, keys, DATA / _FILE, f"student.{number}.")
        found.append(Student(*(table[key] for key in keys)))
    return tuple(found)
