"""In what scenarios of a report differ, in sentences and by key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inferscope.core.export.differences import cell_text, sentence
from inferscope.core.scenario.changed import differences
from inferscope.core.scenario.files import Loaded
from inferscope.core.study.compare import Comparison, carry, side_by_side

__all__ = ["DIVIDED", "LETTERS", "apart"]

LETTERS = "ABCDEF"
"""What scenarios are called where their names would be too long."""
DIVIDED = ("usd_per_query", "ttft_s", "tpot_s", "wh_per_query", "output_tok_s_per_accelerator")
"""Quantities whose difference is said."""
_MOST_KEYS = 10
"""Keys up to which a difference is divided among them: beyond, hardly any share stands by itself."""

Inputs = tuple[tuple[str, tuple[str, ...]], ...]


def apart(loaded: Sequence[Loaded]) -> tuple[tuple[str, ...], Inputs]:
    """What differs between each further scenario and the first, and every key that differs.

    Returns:
        Sentences, and keys with the value in each scenario; nothing for a single scenario.

    Raises:
        InferscopeError: A scenario names something that does not exist.
    """
    if len(loaded) == 1:
        return (), ()
    found = side_by_side(loaded, DIVIDED, LETTERS[: len(loaded)])
    said = [
        *_footing(loaded),
        *(text for other in range(1, len(loaded)) for text in _said(found, loaded, other)),
    ]
    inputs = tuple((row.key, tuple(map(cell_text, row.values))) for row in found.inputs if row.differs)
    return tuple(said), inputs


def _footing(loaded: Sequence[Loaded]) -> Iterator[str]:
    """That costs stand on different bases, or energy on different boundaries, where they do."""
    for what, key, found in (
        ("Costs", "basis", [item.scenario.economics.basis for item in loaded]),
        ("Energy, carbon and water", "boundary", [item.scenario.site.boundary for item in loaded]),
    ):
        if len(set(found)) > 1:
            words = ", ".join(f"{letter} {word}" for letter, word in zip(LETTERS, found, strict=False))
            yield f"{what} do not compare as they stand: the {key} differs ({words})."


def _said(found: Comparison, loaded: Sequence[Loaded], other: int) -> Iterator[str]:
    """What carries the differences where few keys differ, else how large they are."""
    keys = [item.key for item in differences(loaded[other].scenario, loaded[0].scenario)]
    if len(keys) <= _MOST_KEYS:
        for item in carry(found, loaded, other, DIVIDED):
            if item.why != "no difference":
                yield sentence(found, item)
        return
    rows = {row.quantity: row for row in found.outputs}
    ratios = [
        f"{rows[name].label.lower()} {ratio:,.3g}"
        for name in DIVIDED
        if (ratio := rows[name].ratios[other]) is not None
    ]
    here, first = found.names[other], found.names[0]
    many = (
        f"{here} and {first} differ in {len(keys)} keys, too many to lay a difference to single ones;"
        " `inferscope compare` samples it"
    )
    yield f"{here} as a multiple of {first}: {', '.join(ratios)}. {many}." if ratios else f"{many}."
