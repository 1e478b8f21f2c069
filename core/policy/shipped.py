"""The shipped files of rules: figures, prose and counting profiles."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from inferscope.core.errors import RuleError

DATA = Path(__file__).parent / "data"
SHIPPED = "shipped"


@lru_cache(maxsize=1)
def profiles() -> Mapping[str, Mapping[str, Any]]:
    """What each regime counts as training compute: 1 counted, 0 not, ``?`` where the text is silent."""
    return load(DATA / "profiles.toml")


@lru_cache(maxsize=1)
def prose() -> Mapping[str, Mapping[str, Any]]:
    """Instrument, effect, note and sources of the shipped rules by id."""
    found: dict[str, Any] = {}
    for path in sorted((DATA / "about").glob("*.toml")):
        found.update(load(path))
    return found


def load(path: Path) -> dict[str, Any]:
    """The tables of a file.

    Raises:
        RuleError: It cannot be read or is not TOML.
    """
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        message = "no such file of rules"
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"this file of rules is damaged: {error}"
    raise RuleError(message, file=path)
