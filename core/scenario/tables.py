"""The tables of a user's file: reading them within limits, merging and comparing them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from inferscope.core.errors import InferscopeError, ScenarioError, brief
from inferscope.core.scenario.lines import find_line

MAX_BYTES = 1_000_000
MAX_DEPTH = 8
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Unicode's control characters, but for tab and line feed, and what breaks lines or turns their direction."""
_FLOAT_BITS = 1023
_LONG_NUMBER = re.compile(r"\d[\d_]{4000,}")
MAX_DOTS = 200
"""Dots in one line: the time to read a dotted key grows with the square of its parts."""

NUMBER_KEYS = {"value", "dist", "low", "high", "mid"}
"""A table with one of these is a number, not a section."""


def read_tables(
    path: Path, error: type[InferscopeError] = ScenarioError, depth: int = MAX_DEPTH
) -> tuple[str, dict[str, Any]]:
    """The text and the tables of a user's TOML file, whatever it is about, within limits.

    Args:
        path: The file.
        error: What to raise.
        depth: How many tables deep it may be nested.

    Raises:
        InferscopeError: Unreadable, too large, too deep, not UTF-8, not TOML, or it holds what could
            steer a terminal; the message names file, line and key.
    """
    data = read_bytes(path, error)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = data.count(b"\n", 0, wrong.start) + 1
        message = f"is not UTF-8 text (byte {wrong.start})"
        raise error(message, file=path, line=line) from None
    lines = text.split("\n")
    for number, line_text in enumerate(lines, 1):
        if line_text.count(".") > MAX_DOTS:
            message = f"holds more than {MAX_DOTS} dots in one line"
            raise error(message, file=path, line=number)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        place = re.search(r"\(at line (\d+), column \d+\)", str(wrong))
        message = f"is not valid TOML: {re.sub(r' ?[(]at .*[)]', '', str(wrong))}"
        raise error(message, file=path, line=int(place[1]) if place else len(lines)) from None
    except RecursionError:
        deepest = max(range(len(lines)), key=lambda n: lines[n].count("[") + lines[n].count("{"))
        raise error(_too_deep(depth), file=path, line=deepest + 1) from None
    except ValueError as wrong:  # a number with thousands of digits
        place = _LONG_NUMBER.search(text)
        message = f"is not valid TOML: {str(wrong).partition(';')[0]}"
        number = text.count("\n", 0, place.start()) + 1 if place else 1
        raise error(message, file=path, line=number) from None
    if found := fault(tables, depth):
        key, message = found
        raise error(message, file=path, line=find_line(text, key), key=shown_key(key))
    return text, tables


def read_bytes(
    path: Path,
    error: type[InferscopeError] = ScenarioError,
    most: int = MAX_BYTES,
    what: str = "file of settings",
) -> bytes:
    """What a regular file holds, up to a limit of size.

    Args:
        path: The file.
        error: What to raise.
        most: The limit, in bytes.
        what: What such a file is, for the message.

    Raises:
        InferscopeError: It is not there, no regular file, too large, or cannot be read.
    """
    try:
        if not path.is_file():
            message = "is not a regular file" if path.exists() else "no such file"
            raise error(message, file=path)
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except OSError as wrong:
        message = f"cannot be read: {wrong.strerror or wrong}"
        raise error(message, file=path) from None
    if len(data) > most:
        message = f"is larger than {most:,} bytes, too large for a {what}"
        raise error(message, file=path)
    return data


def fault(
    value: Any, depth: int = MAX_DEPTH, path: tuple[str, ...] = ()
) -> tuple[tuple[str, ...], str] | None:
    r"""The first key of tables under which something stands that no file may hold, and what that is.

    That is a character that could steer a terminal, a number that no computation takes, or tables that
    are nested too deep.

    >>> fault({"name": "red: \x1b[31m"})
    (('name',), 'holds the control character U+001B')
    >>> fault({"workload": {"batch": 10**400}})
    (('workload', 'batch'), 'must be finite and below 1e308, not a number of 401 digits')
    """
    if len(path) > depth:
        return path, _too_deep(depth)
    if isinstance(value, str):
        bad = _CONTROL.search(value)
        return (path, f"holds the control character U+{ord(bad[0]):04X}") if bad else None
    if isinstance(value, int) and value.bit_length() > _FLOAT_BITS:
        return path, f"must be finite and below 1e308, not {brief(value)}"
    if isinstance(value, Mapping):
        pairs = [(str(key), item) for key, item in value.items()]
        names = (((*path, key), found[1]) for key, _ in pairs if (found := fault(key)))
        return next(names, None) or _first(((item, (*path, key)) for key, item in pairs), depth)
    if isinstance(value, list | tuple):
        return _first(((item, (*path, str(n))) for n, item in enumerate(value)), depth)
    return None


def _first(items: Iterable[tuple[Any, tuple[str, ...]]], depth: int) -> tuple[tuple[str, ...], str] | None:
    return next((found for item, path in items if (found := fault(item, depth, path))), None)


def _too_deep(depth: int) -> str:
    return f"is nested more than {depth} tables deep"


def shown_key(path: Sequence[str]) -> str | None:
    """A key as messages have it; None for a whole file."""
    return ".".join(path[:MAX_DEPTH]) or None


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
