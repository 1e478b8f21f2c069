"""The tables of a scenario file: reading them within limits, merging and comparing them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inferscope.core.errors import ScenarioError

MAX_BYTES = 1_000_000
MAX_DEPTH = 8
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Unicode's control characters, but for tab and line feed."""
MAX_DOTS = 200
"""Dots in one line: the time to read a dotted key grows with the square of its parts."""

NUMBER_KEYS = {"value", "dist", "low", "high", "mid"}
"""A table with one of these is a number, not a section."""


def read_tables(path: Path) -> tuple[str, dict[str, Any]]:
    """The text and the tables of a TOML file, within the limits of size and depth.

    Raises:
        ScenarioError: Unreadable, too large, too deep, not UTF-8 or not TOML.
    """
    data = _read_bytes(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 text (byte {error.start})"
        raise ScenarioError(message, file=path, line=line) from None
    for number, line_text in enumerate(text.split("\n"), 1):
        if line_text.count(".") > MAX_DOTS:
            message = f"holds more than {MAX_DOTS} dots in one line"
            raise ScenarioError(message, file=path, line=number)
    too_deep = f"is nested more than {MAX_DEPTH} tables deep"
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column \d+\)", str(error))
        message = f"is not valid TOML: {re.sub(r' ?[(]at .*[)]', '', str(error))}"
        raise ScenarioError(message, file=path, line=int(place[1]) if place else None) from None
    except RecursionError:
        raise ScenarioError(too_deep, file=path) from None
    except ValueError as error:  # a number with thousands of digits
        message = f"is not valid TOML: {str(error).partition(';')[0]}"
        raise ScenarioError(message, file=path) from None
    if _depth(tables) > MAX_DEPTH:
        raise ScenarioError(too_deep, file=path)
    return text, tables


def _read_bytes(path: Path) -> bytes:
    """What a regular file holds, up to the limit of size."""
    try:
        if not path.is_file():
            message = "is not a regular file"
            raise ScenarioError(message, file=path)
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise ScenarioError(message, file=path) from None
    if len(data) > MAX_BYTES:
        message = f"is larger than {MAX_BYTES:,} bytes, too large for a scenario"
        raise ScenarioError(message, file=path)
    return data


def _depth(value: Any, level: int = 0) -> int:
    if level > MAX_DEPTH or not isinstance(value, dict | list):
        return level
    items = value.values() if isinstance(value, dict) else value
    return max((_depth(item, level + 1) for item in items), default=level)


def control_character(value: Any, path: tuple[str, ...] = ()) -> tuple[str, str] | None:
    r"""The first key whose name or text holds a character that could steer a terminal, and its code.

    >>> control_character({"name": "red: \x1b[31m"})
    ('name', 'U+001B')
    """
    if isinstance(value, str):
        bad = _CONTROL.search(value)
        return (".".join(path), f"U+{ord(bad[0]):04X}") if bad else None
    if isinstance(value, Mapping):
        pairs = [(str(key), item) for key, item in value.items()]
        names = (control_character(key, path) for key, _ in pairs)
        items = (control_character(item, (*path, key)) for key, item in pairs)
        return next((found for found in (*names, *items) if found), None)
    if isinstance(value, list | tuple):
        return next((found for item in value if (found := control_character(item, path))), None)
    return None


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables merged key by key; a number given as a table replaces, it does not mix.

    >>> merge({"slo": {"tpot_s": 1, "ttft_s": 2}}, {"slo": {"tpot_s": {"low": 1, "high": 2}}})
    {'slo': {'tpot_s': {'low': 1, 'high': 2}, 'ttft_s': 2}}
    """
    result = dict(base)
    for key, value in over.items():
        old = result.get(key, {})
        result[key] = merge(old, value) if _are_sections(old, value) else value
    return result


def _are_sections(old: Any, new: Any) -> bool:
    """Whether both are tables of keys."""
    return is_section(old) and is_section(new)


def is_section(value: Any) -> bool:
    """Whether a value is a table of keys rather than a number written as a table."""
    return isinstance(value, Mapping) and not NUMBER_KEYS & set(value)


def remove(tables: dict[str, Any], dotted: str) -> None:
    """Drop a dotted key from nested tables, copying the tables on the way."""
    head, _, rest = dotted.partition(".")
    if not rest:
        tables.pop(head, None)
    elif isinstance(tables.get(head), Mapping):
        inner = dict(tables[head])
        remove(inner, rest)
        tables[head] = inner


def value_at(tables: Mapping[str, Any], dotted: str) -> Any:
    """What stands under a dotted key; None where nothing does."""
    found: Any = tables
    for part in dotted.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def difference(
    base: Mapping[str, Any], values: Mapping[str, Any], prefix: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """What ``values`` adds to or changes in ``base``, and the dotted keys it lacks."""
    own: dict[str, Any] = {}
    gone = [f"{prefix}{key}" for key in base if key not in values]
    for key, value in values.items():
        old = base.get(key)
        if old is not None and _are_sections(old, value):
            inner, lost = difference(old, value, f"{prefix}{key}.")
            gone += lost
            if inner:
                own[key] = inner
        elif canonical(old) != canonical(value):
            own[key] = value
    return own, gone


def canonical(value: Any) -> Any:
    """Equal numbers written alike: 64 and 64.0 are the same scenario."""
    if isinstance(value, Mapping):
        return {k: canonical(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(v) for v in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return value
    return value
