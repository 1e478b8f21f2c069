"""Where a key stands in a TOML text: ``tomllib`` keeps no line numbers, so the text is scanned."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*\[\[?\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-.\"']+)\s*=")


def find_line(text: str, dotted: str) -> int | None:
    r"""The line, counted from 1, on which a dotted key is set; its table's line, if only that is found.

    >>> find_line("a = 1\n[slo]\ntpot_s = 2\n", "slo.tpot_s")
    3
    """
    wanted = dotted.split(".")
    best: tuple[int, int] | None = None
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _parts(header.group(1))
            path = table
        elif key := _KEY.match(line):
            path = table + _parts(key.group(1))
        else:
            continue
        shared = 0
        for have, want in zip(path, wanted, strict=False):
            if have != want:
                break
            shared += 1
        if shared == len(path) and shared and (best is None or shared > best[0]):
            best = (shared, number)
    return best[1] if best else None


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]
