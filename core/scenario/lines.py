"""What ``tomllib`` does not keep of a text: on which line a key stands, and whether there are comments."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence

_PART = r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'"""
_DOTTED = rf"(?:{_PART})(?:\s*\.\s*(?:{_PART}))*"
_HEADER = re.compile(rf"^\s*(\[\[?)\s*({_DOTTED})\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(rf"^\s*({_DOTTED})\s*=")
_LONG = re.compile(r'"""|' + "'''")
_STRING_OR_COMMENT = re.compile(
    rb'"""(?:\\.|[^\\])*?"""(?!")|"(?:\\.|[^"\\\n])*"'  # text in which a backslash means something
    rb"|'''.*?'''(?!')|'[^'\n]*'|(#)",
    re.DOTALL,
)


def find_line(text: str, key: str | Sequence[str]) -> int | None:
    r"""The line, counted from 1, on which a key is set; its table's line, if only that is found.

    The key is dotted, or in parts where one of them holds a dot.

    >>> find_line("a = 1\n[slo]\ntpot_s = 2\n", "slo.tpot_s")
    3
    """
    wanted = key.split(".") if isinstance(key, str) else list(key)
    best: tuple[int, int] | None = None
    for number, path in _paths(text):
        shared = min(len(path), len(wanted))
        if path[:shared] == wanted[:shared] and (best is None or shared > best[0]):
            best = (shared, number)
    return best[1] if best else None


def has_comment(text: bytes) -> bool:
    """Whether a TOML text has a comment: a ``#`` that stands in no string.

    >>> has_comment(b'name = "Plan #1"'), has_comment(b'name = "Plan" # 1')
    (False, True)
    """
    return any(found[1] for found in _STRING_OR_COMMENT.finditer(text))


def _paths(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each table header and key with its line; an element of an array of tables has its number."""
    table: list[str] = []
    seen: Counter[str] = Counter()
    quote = ""
    for number, line in enumerate(text.split("\n"), 1):
        inside = bool(quote)
        for mark in _LONG.findall(line):
            quote = "" if quote == mark else quote or mark
        if inside:
            continue
        line = line.rstrip("\r")  # noqa: PLW2901
        if header := _HEADER.match(line):
            table = _numbered(_parts(header[2]), seen)
            if header[1] == "[[":
                name = ".".join(table)
                table = [*table, str(seen[name])]
                seen[name] += 1
            yield number, table
        elif key := _KEY.match(line):
            yield number, table + _parts(key[1])


def _numbered(table: list[str], seen: Counter[str]) -> list[str]:
    """A table's name with the number of the array's element that it belongs to."""
    found: list[str] = []
    for part in table[:-1]:
        found.append(part)
        if count := seen[".".join(found)]:
            found.append(str(count - 1))
    return [*found, table[-1]]


def _parts(dotted: str) -> list[str]:
    return [_name(part) for part in re.findall(_PART, dotted)]


def _name(part: str) -> str:
    """A part of a key without its quotes and escapes."""
    if part[0] != '"' or "\\" not in part:
        return part.strip("\"'")
    try:
        return str(tomllib.loads(f"name = {part}")["name"])
    except ValueError:
        return part
