"""Find a record by any of its names, and say what was meant where there is none."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final, NamedTuple

from inferscope.core.catalog.sources import DATA, read_table, remember
from inferscope.core.catalog.user import FOLDERS, own_files, own_ids
from inferscope.core.errors import CatalogError, brief

__all__ = [
    "CATALOG_KINDS",
    "Entry",
    "UnknownIdError",
    "entries",
    "ids",
    "resolve",
    "search",
    "squash",
]

CATALOG_KINDS: Final = ("accelerator", "model", "region")
"""The kinds of record that have an identifier."""

_LONGEST: Final = 150
"""Letters of the longest name that is looked for."""
_ID: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9.+-]{{0,{_LONGEST - 1}}}")
_SUGGESTIONS: Final = 3


class Entry(NamedTuple):
    """The names of one record, and the user's file where it comes from one."""

    id: str
    name: str
    maker: str
    aliases: tuple[str, ...]
    origin: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Identifier, name and aliases."""
        return (self.id, self.name, *self.aliases)


class UnknownIdError(CatalogError):
    """A name is not in the catalogue.

    Args:
        kind: What was looked for.
        word: What was asked.
        near: Identifiers that may have been meant, best first.
    """

    def __init__(self, kind: str, word: str, near: tuple[str, ...]) -> None:
        """Keep the suggestions apart, so that a screen can offer them."""
        self.kind, self.word, self.near = kind, word, near
        meant = f"did you mean {', '.join(near)}? " if near else ""
        listed = f"`inferscope list {kind}s` shows all"
        super().__init__(f"unknown {kind} {brief(word)}: {meant}{listed}")


def squash(name: str) -> str:
    """Return a name without case, spaces, dots, dashes, underscores and slashes.

    >>> squash("Llama-3.1 70B_Instruct")
    'llama3170binstruct'
    """
    return re.sub(r"[\s._\-/()]+", "", name.casefold())


@remember(len(CATALOG_KINDS))
def entries(kind: str) -> tuple[Entry, ...]:
    """Return the names of all records of a kind, shipped and the user's, by identifier.

    Raises:
        CatalogError: There is no such kind, or a file of the user's is damaged.
    """
    shipped = _shipped(kind)
    own = own_ids(kind)
    if not own:
        return shipped
    found = {entry.id: entry for entry in shipped} | {name: _own_entry(kind, name) for name in own}
    return tuple(found[name] for name in sorted(found))


@remember(len(CATALOG_KINDS))
def _shipped(kind: str) -> tuple[Entry, ...]:
    if kind == "region":
        return tuple(
            Entry(row["id"], row["name"], row["macro_region"], (row["iso2"],))
            for row in read_table("regions.csv")
        )
    if kind not in CATALOG_KINDS:
        message = f"unknown kind {kind!r}: kinds are {', '.join(CATALOG_KINDS)}"
        raise CatalogError(message)
    return tuple(_entry(path) for path in sorted((DATA / FOLDERS[kind]).glob("*.toml")))


def _own_entry(kind: str, identifier: str) -> Entry:
    """Return the names of a record of the user's, which may be those of what it extends."""
    from inferscope.core.catalog.loader import record  # noqa: PLC0415  (it looks names up here)

    found = record(kind, identifier)
    maker = next(found.text[key] for key in ("vendor", "developer", "macro_region") if key in found.text)
    names = found.text.get("aliases") or tuple(filter(None, [found.text.get("iso2")]))
    return Entry(identifier, found.name, maker, tuple(names), found.origin)


def _entry(path: Path) -> Entry:
    """Return the names at the head of a record's file; its tables are left unread."""
    head, _, _ = path.read_text("utf-8").partition("\n[")
    try:
        table = tomllib.loads(head)
        maker = table["vendor"] if "vendor" in table else table["developer"]
        return Entry(table["id"], table["name"], maker, tuple(table.get("aliases", ())))
    except (tomllib.TOMLDecodeError, KeyError) as error:
        message = f"this catalogue file is damaged: {error}"
        raise CatalogError(message, file=path) from error


@remember(2 * len(CATALOG_KINDS))
def _by_name(kind: str, *, shipped: bool = False) -> dict[str, str]:
    """Return identifiers by squashed name; an identifier wins over another record's alias."""
    every = _shipped(kind) if shipped else entries(kind)
    ordered = sorted(every, key=lambda entry: bool(entry.origin))  # the user's names win
    found = {squash(name): entry.id for entry in ordered for name in entry.names}
    return found | {squash(entry.id): entry.id for entry in ordered}


def ids(kind: str, *, shipped: bool = False) -> tuple[str, ...]:
    """Return the identifiers of all records of a kind, or of the shipped ones only."""
    return tuple(entry.id for entry in (_shipped(kind) if shipped else entries(kind)))


@remember(1024)
def resolve(kind: str, word: str) -> str:
    """Return the identifier behind an identifier, a name or an alias.

    Case, spaces, dots, dashes and underscores do not matter; a leading maker ("NVIDIA H100") or
    repository owner ("meta-llama/Llama-3.1-8B-Instruct") is ignored.

    Raises:
        UnknownIdError: Nothing has this name; the message offers the nearest ones.
    """
    if _is_identifier(kind, word):
        return word
    if len(word) > _LONGEST or _is_path(word):
        raise UnknownIdError(kind, word, ())
    known = _by_name(kind)
    whole = squash(word)
    attempts = [whole, squash(word.rpartition("/")[2])]
    if kind != "region":
        makers = {squash(entry.maker) for entry in entries(kind)}
        attempts += [whole.removeprefix(maker) for maker in makers if whole.startswith(maker)]
    for attempt in attempts:
        if attempt in known:
            return known[attempt]
    raise UnknownIdError(kind, word, _near(whole, known))


def _is_path(word: str) -> bool:
    """Return whether a word leads somewhere in folders; one slash may stand after an owner."""
    parts = word.split("/")
    return len(parts) > 1 and any(not part or set(part) == {"."} for part in parts)


def not_shipped(kind: str, word: str) -> UnknownIdError:
    """Return the error about what no shipped record is called, with the nearest ones that are."""
    return UnknownIdError(kind, word, _near(squash(word), _by_name(kind, shipped=True)))


def _is_identifier(kind: str, word: str) -> bool:
    """Return whether a record's file has this name, which needs no search."""
    if kind not in CATALOG_KINDS or not _ID.fullmatch(word):
        return False
    return is_shipped(kind, word) or bool(own_files(kind, word))


def is_shipped(kind: str, identifier: str) -> bool:
    """Return whether a shipped record is called so, without reading the names of all others."""
    if kind == "region":  # all in one table
        return identifier in ids(kind, shipped=True)
    is_name = _ID.fullmatch(identifier) is not None
    return is_name and (DATA / FOLDERS[kind] / f"{identifier}.toml").is_file()


def _near(word: str, known: dict[str, str]) -> tuple[str, ...]:
    """Return the identifiers whose names are closest to a word."""
    import difflib  # noqa: PLC0415  (only on the error path)

    names = sorted((name for name in known if word and name.startswith(word)), key=len)
    names += difflib.get_close_matches(word, known, n=12, cutoff=0.55)
    return tuple(dict.fromkeys(known[name] for name in names))[:_SUGGESTIONS]


def search(kind: str, text: str) -> list[tuple[str, str]]:
    """Return identifier and name of the records that contain every word of a text.

    Names, aliases and makers are searched; records with a name that starts with the text come
    first, the shortest such name before longer ones. An empty text returns all.
    """
    words = [squash(word) for word in text.split()]
    start = squash(text)
    hits = []
    for entry in entries(kind):
        names = [squash(name) for name in entry.names]
        haystack = " ".join([*names, squash(entry.maker)])
        if all(word in haystack for word in words):
            lengths = [len(name) for name in names if start and name.startswith(start)]
            hits.append((min(lengths, default=len(haystack)), entry.id, entry.name))
    return [(name, label) for _, name, label in (sorted(hits) if start else hits)]
