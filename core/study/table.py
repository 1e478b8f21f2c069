"""What a study found, in the form that screens and files share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inferscope.core.study.drawing import Curve

__all__ = ["Column", "Table", "Watch"]

Watch = Callable[[int, int], None]
"""Called with what is done and of how much between parts of long work; what it raises ends the work."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: A quantity, an input or a word; the key in JSON and the header in CSV.
        unit: Its unit; empty for text.
        label: What it is called on a screen.
        unit_from: The column that holds the unit of each row, where rows differ in it.
    """

    name: str
    unit: str = ""
    label: str = ""
    unit_from: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a study.

    Attributes:
        title: What was studied.
        columns: The columns.
        rows: Numbers, text, or None where there is no number.
        sentence: What it says, in one sentence with numbers.
        changes: For each row the keys that make the scenario the row's; empty where rows are none.
        curve: A plot of it.
        notes: What a reader has to know.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    sentence: str = ""
    changes: tuple[Mapping[str, Any], ...] = ()
    curve: Curve | None = None
    notes: Sequence[str] = ()
