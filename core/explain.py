"""Explain a number: its formula with values filled in, and where every leaf comes from."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from inferscope.core.catalog import SLOTS
from inferscope.core.evaluate import Result
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.leaves import Leaf
from inferscope.core.plan import planned_sentence
from inferscope.core.report import kind_of
from inferscope.core.units import human


def about_and_example(meaning: str) -> tuple[str, str]:
    """What a docstring says of a quantity, and the number worked by hand that it ends with.

    The example is of its own scenario: shown without a word it would read as if it were of this one.

    >>> about_and_example("Energy of one query. 1,168 J at PUE 1.2: 0.39 Wh.")
    ('Energy of one query.', '1,168 J at PUE 1.2: 0.39 Wh.')
    >>> about_and_example("Tokens of a step. Always whole.")
    ('Tokens of a step. Always whole.', '')
    """
    sentences = re.split(r"(?<=\.)\s+(?=[A-Z0-9])", meaning.strip())
    at = len(sentences)
    while at > 1 and re.search(r"\d.*[:=]|[:=].*\d", sentences[at - 1], re.DOTALL):
        at -= 1
    example = " ".join(sentences[at:])
    return meaning.strip().removesuffix(example).rstrip(), example


@dataclass(slots=True)
class Explanation:
    """One quantity or input, with what it was computed from.

    Attributes:
        name: The quantity or input.
        label: What it is called in tables.
        value: A number, or one per attention slot.
        unit: Its unit.
        kind: ``computed``, ``planned``, ``user``; for an input how it is known.
        formula: The formula with parameter names; empty for an input.
        filled: The formula with values filled in.
        source: Where the formula or the value comes from.
        date: Date of a value.
        meaning: The quantity's docstring.
        why: Why there is no value.
        parts: What it was computed from.
    """

    name: str
    label: str
    value: float | list[float]
    unit: str
    kind: str
    formula: str = ""
    filled: str = ""
    source: str = ""
    date: str = ""
    meaning: str = ""
    note: str = ""
    why: str = ""
    key: str = ""
    parts: list[Explanation] = field(default_factory=list)

    def to_dict(self, depth: int | None = None) -> dict[str, Any]:
        """The tree as plain mappings; absent numbers are None.

        Args:
            depth: Steps below this one that are kept; ``left_out`` counts the names below the last.
        """
        plain = {
            name: getattr(self, name)
            for name in (
                "name",
                "label",
                "unit",
                "kind",
                "formula",
                "filled",
                "source",
                "date",
                "note",
                "why",
                "key",
            )
            if getattr(self, name)
        }
        values = self.value if isinstance(self.value, list) else [self.value]
        known = [None if math.isnan(v) else v for v in values]
        value: Any = known if isinstance(self.value, list) else known[0]
        if depth == 0 and self.parts:
            return {**plain, "value": value, "parts": [], "left_out": len(_steps(self)) - 1}
        below = None if depth is None else depth - 1
        return {**plain, "value": value, "parts": [part.to_dict(below) for part in self.parts]}


def explain(result: Result, name: str, row: int = 0) -> Explanation:
    """The tree of one quantity down to the leaves.

    A quantity that several others need is the same object each time.

    Raises:
        QuantityError: There is no quantity of this name.
    """
    REGISTRY.node(name)
    values = result.all_values(row, [name])
    seen: dict[str, Explanation] = {}
    return _explain(result, name, row, values, seen)


def _explain(
    result: Result, name: str, row: int, values: Mapping[str, float | Array], seen: dict[str, Explanation]
) -> Explanation:
    if name in seen:
        return seen[name]
    if name in REGISTRY.inputs:
        seen[name] = _leaf(result, name, row)
        return seen[name]
    node = REGISTRY.quantities[name]
    parts = [_explain(result, parent, row, values, seen) for parent in dict.fromkeys(node.parents)]
    value = values[name]
    plain = [float(v) for v in value] if isinstance(value, np.ndarray) else float(value)
    kind = kind_of(result, name, row)
    shown = zip(dict.fromkeys(node.parameters), parts, strict=False)
    figures = {parameter: _short(part.value) for parameter, part in shown}
    seen[name] = Explanation(
        name,
        node.label,
        plain,
        node.unit,
        kind,
        node.formula if kind != "user" else "",
        _fill(node.formula, figures) if kind != "user" else "",
        node.source if kind != "user" else "pinned in the scenario",
        meaning=node.meaning,
        note=node.codes[int(plain)] if node.codes and isinstance(plain, float) and plain == plain else "",  # noqa: PLR0124
        parts=parts if kind != "user" else [],
    )
    return seen[name]


def _is_nan(value: float | list[float]) -> bool:
    return not isinstance(value, list) and math.isnan(value)


def _leaf(result: Result, name: str, row: int) -> Explanation:
    leaf: Leaf = result.bound.leaf(name, row)
    declared = REGISTRY.inputs[name]
    array = result.bound.inputs[name]
    value = array[row if len(array) == result.bound.rows else 0]
    plain = [float(v) for v in value] if np.ndim(value) else float(value)
    why = leaf.why if leaf.why not in ("auto", "upstream") and _is_nan(plain) else ""
    return Explanation(
        name,
        declared.label,
        plain,
        declared.unit,
        leaf.kind,
        source=planned_sentence(result.bound, name, row) if leaf.kind == "planned" else leaf.source,
        date=leaf.date,
        note=leaf.note,
        why=why,
        key=leaf.key,
    )


def _fill(formula: str, figures: Mapping[str, str]) -> str:
    """Put values in place of parameter names."""
    return re.sub(r"[A-Za-z_]\w*", lambda match: figures.get(match[0], match[0]), formula)


def _short(value: float | list[float]) -> str:
    """Four digits, whole numbers whole."""
    if isinstance(value, list):
        return "[" + ", ".join(_short(v) for v in value) + "]"
    if not math.isfinite(value):
        return f"{value:g}"
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e7 else f"{value:.4g}"


def value_text(item: Explanation) -> str:
    """The value for people, slots named."""
    if isinstance(item.value, list):
        shown = {
            slot: "no limit" if math.isinf(v) else human(v, item.unit)
            for slot, v in zip(SLOTS, item.value, strict=False)
            if v and not math.isnan(v)
        }
        if len(shown) == len(SLOTS) and len(set(shown.values())) == 1:
            return f"{shown[SLOTS[0]]} in every slot"
        if not shown:
            return "n/a" if any(math.isnan(v) for v in item.value) else "0"
        return ", ".join(f"{slot} {figure}" for slot, figure in shown.items())
    if item.unit == "code":
        return item.note or f"{item.value:g}"
    return human(item.value, item.unit)


def text(root: Explanation, depth: int | None = None, hint: str = "") -> str:
    """The tree as indented lines with numbered sources; what was shown above is only named again.

    Args:
        root: The tree.
        depth: Steps below the root that are shown; all of them where it is None.
        hint: What to say, where something is left out, of how to see it.
    """
    tree = _Text(depth, hint, _steps(root) if depth is not None else {})
    tree.add(root, 0)
    listed = [f"[{number}] {source}" for source, number in tree.sources.items()]
    return "\n".join([*tree.lines, "", "Sources", *listed])


def _steps(root: Explanation) -> dict[str, int]:
    """How many steps below the root each name stands at least; the root first."""
    steps, level = {root.name: 0}, [root]
    while level:
        below = {part.name: part for item in level for part in item.parts if part.name not in steps}
        steps |= dict.fromkeys(below, steps[level[0].name] + 1)
        level = list(below.values())
    return steps


@dataclass(slots=True)
class _Text:
    """The lines of a tree so far.

    Where it ends at a depth, what stands in several places is explained in the highest of them.
    """

    depth: int | None
    hint: str
    steps: Mapping[str, int]
    lines: list[str] = field(default_factory=list)
    sources: dict[str, int] = field(default_factory=dict)
    _shown: set[str] = field(default_factory=set)

    def add(self, item: Explanation, step: int) -> None:
        """One item and what it was computed from."""
        indent = "  " * step
        head = f"{indent}{item.name} = {value_text(item)}"
        if item.parts and item.name in self._shown:
            self.lines.append(f"{head}  (explained above)")
            return
        if item.parts and self.steps.get(item.name, step) < step:
            self.lines.append(f"{head}  (explained below)")
            return
        self._shown.add(item.name)
        is_cited = item.source and item.kind != "planned" and not _is_plain(item)
        number = f"[{self.sources.setdefault(item.source, len(self.sources) + 1)}]" if is_cited else ""
        if not item.formula:
            self.lines.append(" ".join([f"{head} ", *_about_leaf(item, number)]))
            return
        kind = "" if item.kind == "computed" else f" ({item.kind})"
        self.lines += [
            f"{head}{kind}  {item.label} {number}",
            f"{indent}  = {item.formula}",
            f"{indent}  = {item.filled}",
        ]
        if step == self.depth:
            left = sum(self.steps[name] > step for name in _steps(item))
            self.lines += [f"{indent}  ... {left} more below{self.hint}"] if left else []
            return
        for part in item.parts:
            self.add(part, step + 1)


def _about_leaf(item: Explanation, number: str) -> list[str]:
    """How an input is known, from where and since when."""
    note = item.note if item.unit != "code" else ""
    date = f"({item.date})" if item.date else ""
    if item.kind == "planned":
        return [f"planned: {item.source}"]
    plain = _is_plain(item)
    where = [] if plain else [note, number, date]
    why = item.why.replace("needs_input: ", "needs ")
    known = "unverified (recalled, not checked)" if item.kind == "memory" else item.kind
    kind = f"{known}:" if note and not plain else known
    return [part for part in (kind, *where, f"({why})" if why else "") if part]


def _is_plain(item: Explanation) -> bool:
    """Whether a leaf has nothing to cite: set in the scenario, or a default of the program."""
    return item.kind in ("scenario", "default") and item.source in ("scenario", "default", "")
