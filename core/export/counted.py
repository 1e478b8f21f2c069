"""How much of a file of rows that is not finished counts, as it is kept beside it.

It is read with suspicion: what it names is written to and removed, so that it may name nothing but
the parts of its own file, and a figure that was changed by anything but the program is refused.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Counted", "checksum", "part_name"]

_CHUNK = 1 << 20


@dataclass
class Counted:
    """What of the parts counts.

    Attributes:
        key: What rows they are.
        form: ``csv``, ``jsonl`` or ``parquet``.
        blocks: Blocks that count.
        rows: Their rows.
        bytes: Their bytes in text.
        sum: The checksum of those bytes.
        whys: How many rows lack numbers, by reason.
        parts: Names, sizes and checksums of the parts of Parquet that are closed.
        open: The name of the part that is being written; empty where there is none.
    """

    key: str
    form: str
    blocks: int = 0
    rows: int = 0
    bytes: int = 0
    sum: int = 0
    whys: dict[str, int] = field(default_factory=dict)
    parts: list[tuple[str, int, int]] = field(default_factory=list)
    open: str = ""

    def text(self) -> str:
        """As it is kept: JSON, with a checksum of itself."""
        found = json.loads(json.dumps(asdict(self)))
        return json.dumps({**found, "check": _check(found)})

    @classmethod
    def read(cls, text: str, name: str) -> Counted:
        """What was kept of the file of a name.

        Raises:
            ValueError: It is damaged.
        """
        try:
            found = json.loads(text)
            good = found.pop("check") == _check(found) and set(found) == set(cls.__dataclass_fields__)
            good = good and _is_whole(found) and _is_own(found, name)
        except (TypeError, AttributeError, LookupError, RecursionError) as error:
            raise ValueError(str(error)) from None
        if not good:
            message = "does not agree with itself"
            raise ValueError(message)
        return cls(**{**found, "parts": [tuple(part) for part in found["parts"]]})


def _check(found: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(found, sort_keys=True).encode())


def _is_whole(found: dict[str, Any]) -> bool:
    """Whether all figures are such."""
    counts = [found[name] for name in ("blocks", "rows", "bytes", "sum")]
    counts += [*found["whys"].values(), *(figure for _, *sizes in found["parts"] for figure in sizes)]
    return all(type(count) is int and count >= 0 for count in counts)


def _is_own(found: dict[str, Any], name: str) -> bool:
    """Whether it names no other files than its own, each in its place."""
    names = [part for part, _, _ in found["parts"]]
    own = [part_name(name, place) for place in range(1, len(names) + 1)]
    is_last = found["open"] in ("", part_name(name, 0), part_name(name, len(names) + 1))
    return names == own and is_last


def part_name(name: str, place: int) -> str:
    """What a part of a file is called; part 0 holds all others.

    >>> part_name("a.csv", 1), part_name("a.pq", 2), part_name("a.pq", 0)
    ('a.csv.part', 'a.pq.part2', 'a.pq.part0')
    """
    return f"{name}.part" if place == 1 else f"{name}.part{place}"


def checksum(path: Path, count: int | None = None) -> tuple[int, int]:
    """How many bytes a file has, up to ``count``, and their checksum.

    Raises:
        OSError: It cannot be read.
    """
    size, total = 0, 0
    with path.open("rb") as stream:
        while data := stream.read(_CHUNK if count is None else min(_CHUNK, count - size)):
            size, total = size + len(data), zlib.crc32(data, total)
    return size, total
