"""What ``tomllib`` does not keep of a text: on which line a key stands, and whether there are comments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-.\"' ]+?)\s*=")
_LONG = re.compile(r'"""|' + "'''")
_STRING_OR_COMMENT = re.compile(
    rb'"""(?:\\.|[^\\])*?"""(?!")|"(?:\\.|[^"\\\n])*"'  # text in which a backslash means something
    rb"|'''.*?'''(?!')|'[^'\n]*'|(#)",
    re.DOTALL,
)


def find_line(text: str, dotted: str) -> int | None:
    r"""The line, counted from 1, on which a dotted key is set; its table's line, if only that is found.

    >>> find_line("a = 1\n[slo]\ntpot_s = 2\n", "slo.tpot_s")
    3
    """
    wanted = dotted.split(".")
    best: tuple[int, int] | None = None
    for number, path in _paths(text):
        is_prefix = path == wanted[: len(path)]
        if is_prefix and (best is None or len(path) > best[0]):
            best = (len(path), number)
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
            table = _parts(header[2])
            if header[1] == "[[":
                name = ".".join(table)
                table = [*table, str(seen[name])]
                seen[name] += 1
            yield number, table
        elif key := _KEY.match(line):
            yield number, table + _parts(key[1])


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]
