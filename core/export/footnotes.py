"""Numbered sources of figures: what a figure rests on, how that is known, and since when."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from inferscope.core.evaluate import Result, evaluate_bound
from inferscope.core.graph import REGISTRY

__all__ = ["Footnote", "Footnotes", "moved_by", "runs"]

_UNSAID = ("", "scenario", "default")
"""What a leaf says where there is nothing to cite."""
_MADE = ("planned", "derived")
"""Kinds of inputs that the program makes of others."""
_STEP, _SAME = 0.01, 1e-12
_MOST_USES = 4
_SAID = {
    "memory": "unverified: recalled, not checked",
    "formula": "formula of this program",
    "scenario": "set in the scenario",
}


@dataclass(slots=True)
class Footnote:
    """One source with all that it is used for.

    Attributes:
        number: Its number, in the order of first use.
        text: The source in words.
        kinds: How what was taken from it is known.
        dates: When that was true or read.
        uses: Labels of the inputs and results that it gives.
    """

    number: int
    text: str
    kinds: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    uses: list[str] = field(default_factory=list)

    @property
    def is_unverified(self) -> bool:
        """Whether anything in it was recalled and not checked."""
        return "memory" in self.kinds

    @property
    def about(self) -> str:
        """How it is known, when, and what for.

        >>> Footnote(1, "a page", ["quoted"], ["2025-02"], ["PUE", "Cap"]).about
        'quoted; 2025-02; for PUE, Cap'
        """
        more = len(self.uses) - _MOST_USES
        uses = ", ".join(self.uses[:_MOST_USES]) + (f" and {more} more" if more > 0 else "")
        kinds = ", ".join(_SAID.get(kind, kind) for kind in self.kinds)
        dates = ", ".join(sorted(self.dates))
        return "; ".join(part for part in (kinds, dates, f"for {uses}" if uses else "") if part)


class Footnotes:
    """Sources by number, in the order in which they are first cited."""

    def __init__(self) -> None:
        self._known: dict[str, Footnote] = {}

    def cite(self, text: str, kind: str = "", date: str = "", use: str = "") -> int | None:
        """The number of a source; None where it says nothing."""
        text = " ".join(text.split())
        if text in _UNSAID:
            return None
        note = self._known.setdefault(text, Footnote(len(self._known) + 1, text))
        for value, known in ((kind, note.kinds), (date, note.dates), (use, note.uses)):
            if value and value not in known:
                known.append(value)
        return note.number

    def listed(self) -> tuple[Footnote, ...]:
        """All of them."""
        return tuple(self._known.values())

    def of_row(self, result: Result, names: Sequence[str], row: int = 0) -> dict[str, list[int]]:
        """For each quantity the numbers of what it rests on, its formula's source among them.

        It rests on the inputs that move it (see :func:`moved_by`). A pinned quantity rests on its pin; what
        is planned, derived, a default or a bare value of the scenario has nothing to cite.
        """
        bound, moved = result.bound, moved_by(result, names, row)
        pins = bound.resolved[row].scenario.pins
        found = {}
        for name in names:
            node = REGISTRY.quantities[name]
            if name in pins:
                cited = [self.cite("pinned in the scenario", "user", use=node.label)]
            else:
                cited = [self.cite(node.source, "formula", use=node.label)]
                for given in moved[name]:
                    leaf = bound.leaf(given, row)
                    cited.append(self.cite(leaf.source, leaf.kind, leaf.date, REGISTRY.inputs[given].label))
            found[name] = sorted({number for number in cited if number is not None})
        return found


def moved_by(result: Result, names: Sequence[str], row: int = 0) -> dict[str, list[str]]:
    """For each quantity the inputs with a source that move it when they rise or fall by a hundredth.

    What does not move a figure does not carry it: the price of electricity where hours are rented, or a peak
    that does not bind.
    """
    one = result.bound.take([row])
    needed = {name: _inputs_of(name) for name in names}
    every = sorted({given for inputs in needed.values() for given in inputs})
    cited = [given for given in every if _is_cited(result, given, row)]
    rows = 2 * len(cited) + 1
    tried = {}
    for place, given in enumerate(cited):
        column = np.repeat(np.asarray(one.inputs[given][:1], float), rows, axis=0)
        column[1 + 2 * place] *= 1 + _STEP
        column[2 + 2 * place] *= 1 - _STEP
        tried[given] = column
    found = evaluate_bound(one.with_inputs(tried), tuple(names))
    moved = {}
    for name in names:
        values = np.broadcast_to(np.asarray(found[name], float), rows)
        apart = ~np.isclose(values[1:], values[0], rtol=_SAME, atol=0, equal_nan=True)
        moves = apart.reshape(-1, 2).any(axis=1)
        moved[name] = [
            given for given, does in zip(cited, moves, strict=True) if does and given in needed[name]
        ]
    return moved


def _inputs_of(name: str) -> set[str]:
    """Every input below a quantity."""
    steps = REGISTRY.needed([name])
    return {parent for step in steps for parent in REGISTRY.quantities[step].parents} & REGISTRY.inputs.keys()


def _is_cited(result: Result, given: str, row: int) -> bool:
    """Whether an input has something to cite, and a number that can move."""
    leaf = result.bound.leaf(given, row)
    if given not in result.bound.inputs or leaf.kind in _MADE or " ".join(leaf.source.split()) in _UNSAID:
        return False
    return bool(leaf.slots) or math.isfinite(leaf.value)


def runs(numbers: Iterable[int]) -> str:
    """Numbers in order, runs of three and more shortened.

    >>> runs([1, 2, 3, 5, 8, 9]), runs([])
    ('1-3, 5, 8, 9', '')
    """
    found: Sequence[int] = sorted(set(numbers))
    if not found:
        return ""
    groups = [[found[0]]]
    for before, number in pairwise(found):
        if number == before + 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    texts = [f"{group[0]}-{group[-1]}" if len(group) > 2 else ", ".join(map(str, group)) for group in groups]
    return ", ".join(texts)
