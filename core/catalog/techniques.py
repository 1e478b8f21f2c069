"""Number formats and the defaults of the serving techniques."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from inferscope.core.catalog.names import squash
from inferscope.core.catalog.reading import check_keys, read_value
from inferscope.core.catalog.records import UNKNOWN, Value
from inferscope.core.catalog.sources import DATA, read_toml
from inferscope.core.errors import CatalogError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "Format",
    "SpeculativeMethod",
    "format_",
    "formats",
    "loss_law",
    "loss_laws",
    "speculative_method",
    "speculative_methods",
    "technique_default",
    "technique_defaults",
]

_FORMATS: Final = "formats.toml"
_TECHNIQUES: Final = "techniques.toml"

Named = TypeVar("Named")


@dataclass(frozen=True)
class Format:
    """A number format of weights, activations or the key-value cache.

    Attributes:
        name: Its name in scenarios.
        aliases: Other names.
        bits_per_weight: Bits stored per weight, scales included.
        element_bits: Bits of the element alone.
        scale_bits: Bits of a group's scale.
        zero_bits: Bits of a group's zero point.
        group: Elements that share a scale; 0 where there is none.
        rate: Which peak it computes at when it is the activation format.
        wider: The next wider format to fall back to; empty at the end of the chain.
        default_activation: Activation format that goes with it as a weight format.
        kv_bits: Bits per cached element; unknown where it is no cache format.
        capability: Which parts can compute in it.
    """

    name: str
    aliases: tuple[str, ...]
    bits_per_weight: Value
    element_bits: int
    scale_bits: int
    zero_bits: int
    group: int
    rate: str
    wider: str
    default_activation: str
    kv_bits: Value
    capability: str


@dataclass(frozen=True)
class SpeculativeMethod:
    """A way of drafting tokens ahead.

    Attributes:
        name: Its name in scenarios.
        acceptance: Chance that a drafted token is accepted.
        draft_cost_ratio: Cost of drafting one token over that of one pass of the model.
        draft_tokens: Tokens drafted per pass.
    """

    name: str
    acceptance: Value
    draft_cost_ratio: Value
    draft_tokens: Value


@lru_cache(maxsize=1)
def formats() -> Mapping[str, Format]:
    """Return all number formats by name."""
    tables = read_toml(_FORMATS)["format"]
    return MappingProxyType({name: _format(name, table) for name, table in tables.items()})


def _format(name: str, table: Mapping[str, Any]) -> Format:
    path, at = DATA / _FORMATS, f"format.{name}"
    try:
        kv_bits = table.get("kv_bits")
        return Format(
            name,
            tuple(table.get("aliases", ())),
            read_value(table["bits_per_weight"], UNKNOWN, path, f"{at}.bits_per_weight"),
            table["element_bits"],
            table["scale_bits"],
            table["zero_bits"],
            table["group"],
            table["rate"],
            table.get("wider", ""),
            table["default_activation"],
            UNKNOWN if kv_bits is None else read_value(kv_bits, UNKNOWN, path, f"{at}.kv_bits"),
            table.get("capability", ""),
        )
    except KeyError as error:
        message = "this key is missing"
        raise CatalogError(message, file=path, key=f"{at}.{error.args[0]}") from error


@lru_cache(maxsize=256)
def format_(name: str) -> Format:
    """Return a number format by name or alias, such as ``fp8`` or ``w4a16``.

    Raises:
        CatalogError: There is no such format.
    """
    known = {squash(other): form for form in formats().values() for other in (form.name, *form.aliases)}
    return _named(known, name, "number format")


@lru_cache(maxsize=1)
def speculative_methods() -> Mapping[str, SpeculativeMethod]:
    """Return the ways of drafting tokens, by name."""
    path = DATA / _TECHNIQUES
    methods = {}
    for name, table in read_toml(_TECHNIQUES)["speculative"].items():
        at = f"speculative.{name}"
        parts = ("acceptance", "draft_cost_ratio", "draft_tokens")
        check_keys(table, parts, parts, path, f"{at}.")
        values = [read_value(table[part], UNKNOWN, path, f"{at}.{part}", zero=True) for part in parts]
        methods[name] = SpeculativeMethod(name, *values)
    return MappingProxyType(methods)


@lru_cache(maxsize=256)
def speculative_method(name: str) -> SpeculativeMethod:
    """Return a way of drafting tokens: ngram, draft_model, medusa, eagle3 or mtp.

    Raises:
        CatalogError: There is no such method.
    """
    known = {squash(method): found for method, found in speculative_methods().items()}
    return _named(known | {"mtp1": known["mtp"]}, name, "speculative method")


@lru_cache(maxsize=1)
def technique_defaults() -> Mapping[str, Value]:
    """Return the defaults of the other techniques by name, each with its unit and source."""
    path = DATA / _TECHNIQUES
    return MappingProxyType(
        {
            name: read_value(table, UNKNOWN, path, f"defaults.{name}", signed=True)
            for name, table in read_toml(_TECHNIQUES)["defaults"].items()
        }
    )


def technique_default(name: str) -> Value:
    """Return one default, for example ``paged_kv_waste``.

    Raises:
        CatalogError: There is no such default.
    """
    return _named(dict(technique_defaults()), name, "technique default", squashed=False)


@lru_cache(maxsize=1)
def loss_laws() -> Mapping[str, Mapping[str, Value]]:
    """Return the fits of loss by size and tokens; each has ``e``, ``a``, ``b``, ``alpha`` and ``beta``."""
    path = DATA / _TECHNIQUES
    return MappingProxyType(
        {
            law: MappingProxyType(
                {name: read_value(row, UNKNOWN, path, f"loss.{law}.{name}") for name, row in table.items()}
            )
            for law, table in read_toml(_TECHNIQUES)["loss"].items()
        }
    )


def loss_law(name: str = "besiroglu") -> Mapping[str, Value]:
    """Return one of them.

    Raises:
        CatalogError: There is no such fit.
    """
    return _named(dict(loss_laws()), name, "loss law", squashed=False)


def _named(known: Mapping[str, Named], name: str, what: str, *, squashed: bool = True) -> Named:
    """Return what has a name, or say which names are near."""
    key = squash(name) if squashed else name
    if key not in known:
        hint = nearest(key, known)
        message = f"unknown {what} {name!r}{f': {hint}' if hint else ''}"
        raise CatalogError(message)
    return known[key]
