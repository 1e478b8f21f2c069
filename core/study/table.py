"""What a study found, in the form that screens and files share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inferscope.core.study.drawing import Curve

__all__ = ["Column", "Table", "Watch", "cell"]

Watch = Callable[[int, int], None]
"""Called with what is done and of how much between parts of long work; what it raises ends the work."""


def cell(value: Any) -> Any:
    """A cell: a number, text, or None where there is no number or one without end.

    >>> cell(2.0), cell(float("nan")), cell("yes")
    (2.0, None, 'yes')
    """
    if not isinstance(value, float):
        return value
    return float(value) if isfinite(value) else None


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
    """The rows of a study; ``table[name]`` is a column, ``dict(table)`` all of them.

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

    @property
    def units(self) -> dict[str, str]:
        """The unit of every column; empty for text, and where the rows hold theirs in another column."""
        return {column.name: column.unit for column in self.columns}

    def keys(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    def __iter__(self) -> Iterator[str]:
        """The names of the columns."""
        return iter(self.keys())

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A column, ``(rows,)``: numbers are floats, NaN where there is none; text and what is mixed objects.

        Raises:
            KeyError: There is no such column.
        """
        if name not in self.keys():
            raise KeyError(name)
        values = [row[self.keys().index(name)] for row in self.rows]
        if all(value is None or isinstance(value, int | float) for value in values):
            return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
        return np.array(values, dtype=object)
