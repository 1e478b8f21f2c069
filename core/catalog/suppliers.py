"""On whom a set of accelerators depends: who designs them, who makes them, and in which countries."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from inferscope.core.catalog.records import Record

_PARTS = (
    ("vendor", "designer"),
    ("designed_in", "country of design"),
    ("foundry", "foundry"),
    ("fabricated_in", "country of fabrication"),
)
_PLURAL = {
    "designer": "designers",
    "country of design": "countries of design",
    "foundry": "foundries",
    "country of fabrication": "countries of fabrication",
}
_MOST = 4


def dependence(records: Sequence[Record]) -> str:
    """One sentence: how many designers, foundries and countries, the commonest first, and what is not known.

    >>> from inferscope.core.catalog import accelerator
    >>> dependence([accelerator("h100-sxm"), accelerator("h20")])
    '2 chips: 1 designer (NVIDIA), 1 country of design (US), 1 foundry (TSMC), 1 country of fabrication (TW)'
    """
    if not records:
        return "no chips"
    parts = [_part(records, field, word) for field, word in _PARTS]
    return f"{len(records)} chip{'s' if len(records) != 1 else ''}: {', '.join(parts)}"


def _part(records: Sequence[Record], field: str, word: str) -> str:
    counts = Counter(name for record in records for name in _names(record, field))
    unknown = sum(not _names(record, field) for record in records)
    names = [name for name, _ in counts.most_common(_MOST)]
    more = f" and {len(counts) - _MOST} more" if len(counts) > _MOST else ""
    number = f"{len(counts)} {word if len(counts) == 1 else _PLURAL[word]}"
    about = [*([f"{', '.join(names)}{more}"] if names else []), *([f"{unknown} unknown"] if unknown else [])]
    return f"{number} ({'; '.join(about)})"


def _names(record: Record, field: str) -> list[str]:
    """What a field names, without repeats: several are parted by commas or a slash."""
    text = str(record.text.get(field, ""))
    return list(dict.fromkeys(part.strip() for part in re.split(r"[,/]", text) if part.strip()))
