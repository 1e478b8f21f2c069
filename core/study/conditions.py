"""Which rows of a sweep are kept: those that meet conditions, or the best few.

>>> parse_condition("tpot_s <= 0.05")
Condition(name='tpot_s', sign='<=', value=0.05)
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inferscope.core.errors import InferscopeError
from inferscope.core.graph import Array
from inferscope.core.study.axes import word

__all__ = ["Best", "Cells", "Condition", "Words", "parse_condition"]

_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "==": operator.eq,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
_CONDITION = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_.]*)\s*(<=|>=|!=|==|=|<|>)\s*(\S.*?)\s*")
MOST_KEPT = 1_000_000
"""Rows that may be kept as the best: they are held in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """A column of few different values: the place of each row's in a list, ``(n,)``."""

    codes: NDArray[np.intp]
    known: Sequence[Any]

    def __len__(self) -> int:
        """How many rows."""
        return len(self.codes)

    def __getitem__(self, rows: Any) -> Words:
        """Some rows."""
        return Words(self.codes[rows], self.known)

    def array(self) -> NDArray[Any]:
        """The values, ``(n,)`` of objects."""
        found = np.empty(len(self.known), dtype=object)
        found[:] = list(self.known)
        taken: NDArray[Any] = found[self.codes]
        return taken


Cells = Array | Words
"""A column: numbers, NaN where there is none, or one of few values."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What rows have to meet.

    Attributes:
        name: A quantity or the key of an axis.
        sign: How it is compared.
        value: With what: a number, or text.
    """

    name: str
    sign: str
    value: float | str

    def __str__(self) -> str:
        """As it is written."""
        return f"{self.name}{self.sign}{word(self.value)}"

    def met(self, column: Cells) -> NDArray[np.bool_]:
        """Which rows meet it, ``(n,)``; one without a number never does.

        Raises:
            InferscopeError: Numbers are compared with text, or text by size.
        """
        if isinstance(column, Words):
            known = np.array([self._met_by(value) for value in column.known], dtype=np.bool_)
            return known[column.codes]
        if isinstance(self.value, str):
            message = f"{self}: compare {self.name} with a number, not with {self.value!r}"
            raise InferscopeError(message)
        with np.errstate(invalid="ignore"):
            found: NDArray[np.bool_] = _SIGNS[self.sign](column, self.value) & ~np.isnan(column)
        return found

    def _met_by(self, value: Any) -> bool:
        """Whether one of few values meets it: numbers by size, all else as text."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and not isinstance(self.value, str):
            return bool(_SIGNS[self.sign](value, self.value))
        if self.sign in ("=", "==", "!="):
            same = word(value) == word(self.value)
            return value is not None and (not same if self.sign == "!=" else same)
        if not isinstance(self.value, str) and value is not None:
            return False  # "auto" is neither above nor below a number
        message = f"{self}: {self.name} is text and has no size: use = or !="
        raise InferscopeError(message)


def parse_condition(text: str) -> Condition:
    """Read ``NAME<=VALUE``, with one of ``< <= = != >= >`` between.

    Raises:
        InferscopeError: It is no condition.
    """
    found = _CONDITION.fullmatch(text)
    if not found:
        message = f"{text!r} is no condition: write NAME<=VALUE, with < <= = != >= or > between"
        raise InferscopeError(message)
    name, sign, value = found.groups()
    try:
        number = float(value)
    except ValueError:
        return Condition(name, sign, value.strip("\"'"))
    if math.isnan(number):
        message = f"{text!r} is no condition: nothing can be compared with {value}"
        raise InferscopeError(message)
    return Condition(name, sign, number)


class Best:
    """The best rows so far, in order; of equal ones the first.

    Args:
        count: How many.
        by: The column that is compared.
        largest: Whether large is good.

    Raises:
        InferscopeError: There are none to keep, or too many.
    """

    def __init__(self, count: int, by: str, *, largest: bool) -> None:
        if not 1 <= count <= MOST_KEPT:
            message = f"--top takes a number from 1 to {MOST_KEPT:,}, not {count:,}"
            raise InferscopeError(message)
        self.count, self.by, self.sign = count, by, -1.0 if largest else 1.0
        self.columns: dict[str, Cells] = {}

    @property
    def rows(self) -> int:
        """How many there are so far."""
        return len(self.columns[self.by]) if self.columns else 0

    def add(self, columns: Mapping[str, Cells]) -> None:
        """Rows that come after all rows so far.

        Args:
            columns: The same columns each time; words extend those of earlier rows.
        """
        values = columns[self.by]
        if isinstance(values, Words):
            message = f"cannot sort by {self.by}: it is no number"
            raise InferscopeError(message)
        known = np.flatnonzero(np.isfinite(values))
        if len(known) > self.count:  # most rows of a block are no better than any that is kept
            worst = np.partition(self.sign * values[known], self.count - 1)[self.count - 1]
            known = known[self.sign * values[known] <= worst]
        new = {name: column[known] for name, column in columns.items()}
        merged = {name: _joined(self.columns[name], new[name]) for name in new} if self.columns else new
        compared = merged[self.by]
        order = np.argsort(self.sign * np.asarray(compared), kind="stable")[: self.count]
        self.columns = {name: column[order] for name, column in merged.items()}


def _joined(first: Cells, then: Cells) -> Cells:
    """Two columns one below the other."""
    if isinstance(first, Words) and isinstance(then, Words):
        return Words(np.concatenate([first.codes, then.codes]), then.known)
    return np.concatenate([np.asarray(first), np.asarray(then)])
