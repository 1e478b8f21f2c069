"""Source texts by key, and reading of the catalogue's files."""

from __future__ import annotations

import tomllib
from functools import _lru_cache_wrapper, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from inferscope.core.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DATA", "forget", "known_source", "read_table", "read_toml", "remember", "source_text"]

Result = TypeVar("Result")

DATA: Final = Path(__file__).parent / "data"
"""The folder of the shipped catalogue."""

_REMEMBERED: list[_lru_cache_wrapper[Any]] = []


def remember(size: int) -> Callable[[Callable[..., Result]], _lru_cache_wrapper[Result]]:
    """A cache of what was made from the catalogue, emptied when the user's folders change."""

    def cached(function: Callable[..., Result]) -> _lru_cache_wrapper[Result]:
        wrapped = lru_cache(maxsize=size)(function)
        _REMEMBERED.append(wrapped)
        return wrapped

    return cached


def forget() -> None:
    """Empty every cache of :func:`remember`."""
    for function in _REMEMBERED:
        function.cache_clear()


def read_toml(name: str, folder: Path = DATA) -> dict[str, Any]:
    """Read one file below the data folder.

    Raises:
        CatalogError: It is missing or is not valid TOML.
    """
    path = folder / name
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError as error:
        message = "this catalogue file is missing"
        raise CatalogError(message, file=path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"this catalogue file is damaged: {error}"
        raise CatalogError(message, file=path) from error


def read_table(name: str, folder: Path = DATA) -> list[dict[str, str]]:
    """Read one CSV file below the data folder, every cell as text.

    Raises:
        CatalogError: It is missing, or a row is longer or shorter than the header.
    """
    import csv  # noqa: PLC0415  (not needed to look up one accelerator)

    path = folder / name
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            rows: list[dict[str, Any]] = list(reader)
    except FileNotFoundError as error:
        message = "this catalogue file is missing"
        raise CatalogError(message, file=path) from error
    for line, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            message = "this row has not as many cells as the header"
            raise CatalogError(message, file=path, line=line)
    return rows


@lru_cache(maxsize=1)
def _texts() -> dict[str, Any]:
    return read_toml("sources.toml")


def known_source(text: str) -> str:
    """Return the full text behind a source key, or the text itself where it is none."""
    return str(_texts().get(text, text))


def source_text(key: str) -> str:
    """Return the full text behind a source key.

    Raises:
        CatalogError: No source has this key.
    """
    try:
        return str(_texts()[key])
    except KeyError as error:
        message = f"no source is called {key!r}"
        raise CatalogError(message, file=DATA / "sources.toml", key=key) from error
