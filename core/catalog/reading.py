"""Reading what a catalogue file says: one value, one group of them, and what is wrong with it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from inferscope.core.catalog.records import KINDS, UNKNOWN, Tier, Value
from inferscope.core.catalog.schema import ACCELERATOR_VALUES, ARCHITECTURE_TEXTS
from inferscope.core.errors import CatalogError, brief, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from inferscope.core.catalog.records import State

__all__ = [
    "DATE",
    "architecture_fault",
    "check_about",
    "check_keys",
    "is_date",
    "read_fallback",
    "read_record",
    "read_text",
    "read_tiers",
    "read_value",
    "read_values",
]

_AT_LEAST_ONE: Final = frozenset(
    ["layers", "hidden", "vocab", "heads", "kv_heads", "head_dim", "ffn_mats", "window"]
)
_MOST: Final = {"layers": 10_000}
_WORDS: Final = {str: "text", bool: "true or false", list: "a list", float: "a number"}

# Where 0 is a figure and not a slip: machines without DRAM, and yes/no as a number.
_MAY_BE_ZERO: Final = frozenset({"dram_bandwidth_bytes_per_s", "scaleup_is_pcie"})
_VALUE_KEYS: Final = frozenset(
    {"value", "kind", "source", "date", "low", "high", "note", "unit", "decides_verdict"}
)
_RECORD_KEYS: Final = frozenset({"source", "date", "kind"})
_LEAST: Final = math.nextafter(0.0, 1.0)  # anything above zero
_AT_LEAST: Final = {"pue": 1.0}
DATE: Final = "a date such as 2026, 2026-11 or 2026-11-22"
_DATE: Final = re.compile(r"\d{4}(-\d{2}){0,2}")


def check_keys(
    table: Mapping[str, Any], allowed: Iterable[str], required: Iterable[str], path: Path, at: str
) -> None:
    """Refuse unknown keys, with the nearest valid one, and missing ones.

    Raises:
        CatalogError: A key is not allowed, or a required one is absent.
    """
    known = set(allowed)
    for key in table:
        if key not in known:
            hint = nearest(key, known)
            message = f"unknown key{f': {hint}' if hint else ''}"
            raise CatalogError(message, file=path, key=f"{at}{key}")
    for key in required:
        if key not in table:
            message = "this key is missing"
            raise CatalogError(message, file=path, key=f"{at}{key}")


def read_text(table: Mapping[str, Any], kinds: Mapping[str, type], path: Path) -> dict[str, Any]:
    """Return the facts that are text, true or false, or lists; lists become tuples.

    Raises:
        CatalogError: A fact is of another type.
    """
    facts: dict[str, Any] = {}
    for key, kind in kinds.items():
        if key not in table:
            continue
        fact = float(table[key]) if kind is float and _is_number(table[key]) else table[key]
        if not isinstance(fact, kind) or (kind is list and any(not isinstance(v, str) for v in table[key])):
            message = f"must be {_WORDS[kind]}{' of texts' if kind is list else ''}, not {brief(fact)}"
            raise CatalogError(message, file=path, key=key)
        if key == "name" and "\n" in str(fact):
            message = "must be one line"
            raise CatalogError(message, file=path, key=key)
        facts[key] = tuple(fact) if isinstance(fact, list) else fact
    return facts


def architecture_fault(name: str, value: object) -> str:
    """What is wrong with one fact of an architecture; nothing where it is what it should be.

    >>> architecture_fault("layers", 80), architecture_fault("layers", 0.5)
    ('', 'must be a whole number from 1 to 10,000, not 0.5')
    """
    kind = ARCHITECTURE_TEXTS.get(name)
    if kind is None:
        return _size_fault(name, value)
    if kind is list and isinstance(value, list) and value:
        return next(filter(None, (_size_fault(name, item) for item in value)), "")
    words = "a list of sizes" if kind is list else _WORDS[kind]
    return "" if kind is not list and isinstance(value, kind) else f"must be {words}, not {brief(value)}"


def _size_fault(name: str, value: object) -> str:
    least, most = int(name in _AT_LEAST_ONE), _MOST.get(name, 100_000_000)
    if _is_number(value) and least <= value <= most and value == int(value):
        return ""
    return f"must be a whole number from {least} to {most:,}, not {brief(value)}"


def read_record(table: Mapping[str, Any], path: Path, at: str) -> Value:
    """Return what a group of values has in common: source, date and kind.

    Raises:
        CatalogError: One of the three is missing or invalid.
    """
    check_keys(table, _RECORD_KEYS, sorted(_RECORD_KEYS), path, f"{at}.")
    common = Value(None, kind=table["kind"], source_keys=_keys(table["source"]), date=table["date"])
    _check(common, path, at, -math.inf)
    return common


def _keys(source: str | list[str]) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else tuple(source)


def read_value(
    raw: object,
    common: Value,
    path: Path,
    key: str,
    *,
    zero: bool = False,
    signed: bool = False,
) -> Value:
    """Return one value; what it does not say itself is its group's.

    Args:
        raw: A number, ``"unknown"``, ``"unsupported"`` or a table with ``value``.
        common: The group's source, date and kind.
        path: The file, for messages.
        key: The dotted key, for messages.
        zero: Whether 0 is a figure.
        signed: Whether a negative figure is one.

    Raises:
        CatalogError: The value is not a finite number in range, or has unknown keys.
    """
    table: dict[str, Any] = raw if isinstance(raw, dict) else {"value": raw}
    check_keys(table, _VALUE_KEYS, ("value",), path, f"{key}.")
    figure = table["value"]
    state: State = figure if figure in ("unknown", "unsupported") else "known"
    if state == "known" and not _is_number(figure):
        message = f'{brief(figure)} is not a number, "unknown" or "unsupported"'
        raise CatalogError(message, file=path, key=key)
    for end in ("low", "high"):
        if end in table and not _is_number(table[end]):
            message = f"{brief(table[end])} is not a finite number"
            raise CatalogError(message, file=path, key=f"{key}.{end}")
    is_recalled = table.get("kind") == "memory"  # then the group's source does not say it
    inherited = () if is_recalled else common.source_keys
    value = Value(
        float(figure) if state == "known" else None,
        state,
        table.get("kind", common.kind),
        _keys(table["source"]) if "source" in table else inherited,
        table.get("date", common.date),
        table.get("note", ""),
        _number(table.get("low")),
        _number(table.get("high")),
        table.get("unit", ""),
        table.get("decides_verdict", True),
        common.origin,
    )
    zero = zero or key.rpartition(".")[2] in _MAY_BE_ZERO
    least = -math.inf if signed else _AT_LEAST.get(key.rpartition(".")[2], 0.0 if zero else _LEAST)
    _check(value, path, key, least)
    return value


def _is_number(figure: object) -> TypeGuard[float]:
    return isinstance(figure, (int, float)) and not isinstance(figure, bool) and math.isfinite(figure)


def _number(figure: float | None) -> float | None:
    return None if figure is None else float(figure)


def check_about(value: Value, path: Path, at: str) -> None:
    """Check what is said of a value or of a group of them: kind and date.

    Raises:
        CatalogError: One of them is none.
    """
    if value.kind not in KINDS:
        message = f"{brief(value.kind)} is no kind of value; kinds are {', '.join(KINDS)}"
        raise CatalogError(message, file=path, key=f"{at}kind")
    if not is_date(value.date) and (value.date or not value.origin):
        message = f"{brief(value.date)} is not {DATE}"
        raise CatalogError(message, file=path, key=f"{at}date")


def is_date(text: str) -> bool:
    """Whether a text is a date, to the day, the month or the year."""
    return _DATE.fullmatch(text) is not None


def _check(value: Value, path: Path, key: str, least: float) -> None:
    """Check kind, date, sign and the order of low, value and high."""
    check_about(value, path, f"{key}.")
    ordered = [v for v in (value.low, value.value, value.high) if v is not None]
    if ordered != sorted(ordered):
        message = "low, value and high are not in order"
        raise CatalogError(message, file=path, key=key)
    if ordered and ordered[0] < least:
        wanted = f"must be at least {least:g}, not " if least > _LEAST else ""
        message = f"{wanted}{ordered[0]:g}{'' if wanted else ' is not positive'}"
        raise CatalogError(message, file=path, key=key)


def read_values(
    table: Mapping[str, Any], names: Iterable[str], common: Value | Mapping[str, Value], path: Path
) -> dict[str, Value]:
    """Return all values of a kind; names that the file does not mention are unknown.

    Args:
        table: The file's ``[values]``.
        names: The names of the kind.
        common: Source, date and kind, of all or by name.
        path: The file, for messages.
    """
    names = tuple(names)
    check_keys(table, names, (), path, "values.")
    return {
        name: read_value(
            table[name], common if isinstance(common, Value) else common[name], path, f"values.{name}"
        )
        if name in table
        else UNKNOWN
        for name in names
    }


def read_fallback(table: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Return the precisions to replace, each by a valid one.

    Raises:
        CatalogError: One of them is no precision.
    """
    rates = [name.removesuffix("_flop_per_s") for name in ACCELERATOR_VALUES if name.endswith("_flop_per_s")]
    check_keys(table, rates, (), path, "fallback.")
    for rate, other in table.items():
        if other not in rates:
            message = f"{brief(other)} is no precision"
            raise CatalogError(message, file=path, key=f"fallback.{rate}")
    return dict(table)


def read_tiers(tables: Iterable[Mapping[str, Any]], path: Path) -> tuple[Tier, ...]:
    """Return the memory tiers.

    Raises:
        CatalogError: A tier lacks a key or has a size that is not positive.
    """
    tiers = []
    names = ("name", "bytes", "bytes_per_s", "holds_weights")
    for number, table in enumerate(tables):
        at = f"tier.{number}."
        check_keys(table, names, names, path, at)
        rate = table["bytes_per_s"]
        for name, figure in (("bytes", table["bytes"]), ("bytes_per_s", rate)):
            if name == "bytes_per_s" and figure == "unknown":
                continue
            if not _is_number(figure) or figure <= 0:
                message = f"{brief(figure)} is not a positive number"
                raise CatalogError(message, file=path, key=at + name)
        known = None if rate == "unknown" else float(rate)
        tiers.append(Tier(table["name"], float(table["bytes"]), known, table["holds_weights"]))
    return tuple(tiers)
