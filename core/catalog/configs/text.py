"""Reading a ``config.json``: within limits, strict JSON, and the line on which a key stands."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from inferscope.core.errors import CatalogError, brief

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_BYTES", "ConfigFile", "find_line", "parse_config", "read_config_bytes"]

MAX_BYTES: Final = 8_000_000
"""The longest file that is read: one that lists the format of every tensor has some megabytes."""


class ConfigFile(NamedTuple):
    """A configuration as it was read.

    Attributes:
        values: Its keys and values.
        text: The text, for lines in messages.
        sha256: The sha256 of its bytes, in hexadecimal.
    """

    values: dict[str, Any]
    text: str
    sha256: str


class _TwiceError(ValueError):
    """A key is given twice in one object."""


def read_config_bytes(path: Path) -> bytes:
    """What the file holds.

    Raises:
        CatalogError: It is not there, no regular file, too large, or cannot be read.
    """
    from inferscope.core.scenario.tables import read_bytes  # noqa: PLC0415  (only for the user's files)

    return read_bytes(path, CatalogError, MAX_BYTES, "configuration of a model")


def parse_config(data: bytes, path: Path) -> ConfigFile:
    """The configuration in these bytes.

    Raises:
        CatalogError: It is not UTF-8, not JSON, no object, nested too deep, or gives a key twice; the
            message names file and line.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 text (byte {error.start})"
        raise CatalogError(message, file=path, line=line) from None
    try:
        values = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        message = f"is not valid JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise CatalogError(message, file=path, line=error.lineno) from None
    except _TwiceError as error:
        key = str(error)
        message = "this key is given twice"
        raise CatalogError(message, file=path, line=find_line(text, key), key=key) from None
    except RecursionError:
        message = "is nested too deep for the configuration of a model"
        raise CatalogError(message, file=path) from None
    except ValueError as error:  # a number with thousands of digits
        message = f"is not valid JSON: {str(error).partition(';')[0]}"
        raise CatalogError(message, file=path) from None
    if not isinstance(values, dict):
        message = f"must be an object, as a Hugging Face config.json is, not {brief(values)}"
        raise CatalogError(message, file=path)
    return ConfigFile(values, text, hashlib.sha256(data).hexdigest())


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a key that is given twice would hide one of its values."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _TwiceError(name)
            seen.add(name)
    return found


def find_line(text: str, key: str) -> int | None:
    r"""The line, counted from 1, on which a dotted key stands; its object's, if only that is found.

    >>> find_line('{\n"a": 1,\n"text_config": {\n"a": 2}}', "text_config.a")
    4
    """
    place = -1
    for part in key.split("."):
        found = re.compile(rf'"{re.escape(part)}"\s*:').search(text, max(place, 0))
        if found is None:
            break
        place = found.start()
    return text.count("\n", 0, place) + 1 if place >= 0 else None
