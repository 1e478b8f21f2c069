"""Conditions on quantities and keys, in the one form that all studies read; and the best few rows of a sweep.

>>> parse_condition("tpot_s <= 0.05")
Condition(name='tpot_s', sign='<=', value=0.05)
>>> parse_condition("fits_memory = yes")
Condition(name='fits_memory', sign='=', value=1.0)
"""

from __future__ import annotations

import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inferscope.core.errors import InferscopeError, QuantityError, brief, nearest
from inferscope.core.graph import REGISTRY, Array, Quantity
from inferscope.core.study.axes import word
from inferscope.core.units import human

__all__ = ["Best", "Cells", "Condition", "Words", "number_quantity", "on_numbers", "parse_condition"]

_SLACK = 1e-9
"""A target counts as met within this share of it."""


def _is_near(values: Any, target: float) -> Any:
    return abs(values - target) <= _SLACK * abs(target)


_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "<=": lambda values, target: values <= target + _SLACK * abs(target),
    ">=": lambda values, target: values >= target - _SLACK * abs(target),
    "!=": lambda values, target: ~np.asarray(_is_near(values, target)),
    "=": _is_near,
    "<": operator.lt,
    ">": operator.gt,
}
_TRUE = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
_FORM = "write QUANTITY<=VALUE, for example 'tpot_s<=0.05', with < <= = != >= or > between"
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
    """What a quantity, or a key of a sweep, has to meet.

    Attributes:
        name: The quantity or the key.
        sign: ``<=``, ``>=``, ``=`` or ``!=``, which count within 1e-9 of the value; ``<`` or ``>``, exactly.
        value: A number in the quantity's unit, 1 and 0 for true and false; or text.
    """

    name: str
    sign: str
    value: float | str

    @property
    def target(self) -> float:
        """The value as a number; NaN where it is text."""
        return math.nan if isinstance(self.value, str) else self.value

    def __str__(self) -> str:
        """As it is written."""
        node = REGISTRY.quantities.get(self.name)
        is_bool = node is not None and node.unit == "bool" and self.value in (0.0, 1.0)
        return f"{self.name}{self.sign}{word(bool(self.value) if is_bool else self.value)}"

    def met(self, column: Cells) -> NDArray[np.bool_]:
        """Which of some values meet it; one without a number never does.

        Raises:
            InferscopeError: Numbers are compared with text, or text by size.
        """
        if isinstance(column, Words):
            known = np.array([self._met_by(value) for value in column.known], dtype=np.bool_)
            return known[column.codes]
        target = self._code() if isinstance(self.value, str) else self.value
        with np.errstate(invalid="ignore"):
            found: NDArray[np.bool_] = _SIGNS[self.sign](column, target) & ~np.isnan(column)
        return found

    def _code(self) -> float:
        """The number that stands for a word in a column of numbers."""
        codes = REGISTRY.quantities[self.name].codes if self.name in REGISTRY.quantities else ()
        if self.value not in codes:
            message = f"{self}: compare {self.name} with a number, not with {self.value!r}"
            raise InferscopeError(message)
        return float(codes.index(str(self.value)))

    def _met_by(self, value: Any) -> bool:
        """Whether one of few values meets it: numbers by size, all else as text."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and not isinstance(self.value, str):
            return bool(_SIGNS[self.sign](value, self.value))
        if self.sign in ("=", "!="):
            same = word(value) == word(self.value)
            return value is not None and (not same if self.sign == "!=" else same)
        if not isinstance(self.value, str) and value is not None:
            return False  # "auto" is neither above nor below a number
        message = f"{self}: {self.name} is text and has no size: use = or !="
        raise InferscopeError(message)

    def missed_by(self, values: Array) -> Array:
        """By which share of the target each number is on the wrong side; 0 where it is met."""
        away = values - self.target
        away = np.abs(away) if self.sign in ("=", "!=") else away if self.sign.startswith("<") else -away
        with np.errstate(over="ignore"):
            shares = np.maximum(away, 0.0) / (abs(self.target) or 1.0)
        return np.where(self.met(values), 0.0, shares)

    def shown(self, value: float) -> str:
        """A value of the quantity with its unit."""
        return human(value, REGISTRY.node(self.name).unit, 4)


def parse_condition(text: str) -> Condition:
    """Read ``NAME<=VALUE``, with one of ``< <= = != >= >`` between.

    Raises:
        QuantityError: It is no condition, or not one that the quantity can meet.
    """
    found = _CONDITION.fullmatch(text)
    if not found:
        message = f"{brief(text)} is no condition: {_FORM}"
        raise QuantityError(message)
    name, sign, value = found.groups()
    sign = "=" if sign == "==" else sign
    node = REGISTRY.quantities.get(name)
    if node is not None and node.codes:
        return Condition(name, sign, _one_of(node, sign, value.strip("\"'")))
    if node is not None and node.unit == "bool" and value.lower() in _TRUE:
        return Condition(name, sign, _TRUE[value.lower()])
    try:
        number = float(value)
    except ValueError:
        return Condition(name, sign, value.strip("\"'") if node is None else _no_number(node, text, value))
    if not math.isfinite(number):
        message = f"{brief(text)} is no condition: nothing can be compared with {value}; {_FORM}"
        raise QuantityError(message)
    return Condition(name, sign, number)


def _one_of(node: Quantity, sign: str, value: str) -> str:
    """A word that a quantity may be.

    Raises:
        QuantityError: It never is, or words are compared by size.
    """
    if sign not in ("=", "!="):
        message = f"{node.name} is not a single number but a word, which has no size: use = or !="
        raise QuantityError(message)
    if value not in node.codes:
        hint = nearest(value, node.codes) or f"it is one of {', '.join(node.codes)}"
        message = f"{node.name} is never {brief(value)}: {hint}"
        raise QuantityError(message)
    return value


def _no_number(node: Quantity, text: str, value: str) -> str:
    """Refuse a text where a number or true and false belong."""
    kind = "true or false" if node.unit == "bool" else "a number"
    message = (
        f"{brief(text)} is no condition: compare {node.name} with {kind}, not with {brief(value)}; {_FORM}"
    )
    raise QuantityError(message)


def on_numbers(given: str | Condition, *, exact: bool = True) -> Condition:
    """A condition on a quantity of which a study has numbers.

    Args:
        given: The condition, or its text.
        exact: Whether = and != may be asked of numbers, and words of words.

    Raises:
        QuantityError: There is no such quantity, or a number is hardly ever hit exactly.
    """
    found = parse_condition(given) if isinstance(given, str) else given
    node = REGISTRY.node(found.name)
    if node.slotted or (not exact and isinstance(found.value, str)):
        message = f"{found.name} is not a single number"
        raise QuantityError(message)
    if not exact and node.unit != "bool" and found.sign in ("=", "!="):
        message = f"{found} is hardly ever so to the last digit: write QUANTITY<=VALUE, or with >=, < or >"
        raise QuantityError(message)
    return found


def number_quantity(name: str) -> str:
    """The name of a quantity that is a single number.

    Raises:
        QuantityError: There is none, or it is a word, true or false, or a list.
    """
    node = REGISTRY.node(name)
    if node.unit in ("code", "bool") or node.slotted:
        message = f"{name} is not a single number"
        raise QuantityError(message)
    return name


class Best:
    """The best rows so far, in order; of equal ones the first.

    Args:
        count: How many.
        by: The column that is compared.
        largest: Whether large is good.

    Attributes:
        seen: Rows so far, also those without a value.
        whys: How many of those have none for which reason.

    Raises:
        InferscopeError: There are none to keep, or too many.
    """

    def __init__(self, count: int, by: str, *, largest: bool) -> None:
        if not 1 <= count <= MOST_KEPT:
            message = f"--top takes a number from 1 to {MOST_KEPT:,}, not {count:,}"
            raise InferscopeError(message)
        self.count, self.by, self.sign = count, by, -1.0 if largest else 1.0
        self.columns: dict[str, Cells] = {}
        self.seen = 0
        self.whys: Counter[str] = Counter()

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
        self.seen += len(values)
        self._count(columns.get("why"), ~np.isfinite(values))
        if len(known) > self.count:  # most rows of a block are no better than any that is kept
            worst = np.partition(self.sign * values[known], self.count - 1)[self.count - 1]
            known = known[self.sign * values[known] <= worst]
        new = {name: column[known] for name, column in columns.items()}
        merged = {name: _joined(self.columns[name], new[name]) for name in new} if self.columns else new
        compared = merged[self.by]
        order = np.argsort(self.sign * np.asarray(compared), kind="stable")[: self.count]
        self.columns = {name: column[order] for name, column in merged.items()}

    def _count(self, reasons: Cells | None, lacking: NDArray[np.bool_]) -> None:
        """Why rows cannot be compared."""
        if isinstance(reasons, Words) and lacking.any():
            for code, count in enumerate(np.bincount(reasons.codes[lacking])):
                if count and reasons.known[code]:
                    self.whys[str(reasons.known[code])] += int(count)

    def nothing(self) -> str:
        """Why there is no row at all; empty where there is one."""
        if self.rows:
            return ""
        if not self.seen:
            return f"no row meets the conditions, so that none is best by {self.by}"
        known = ", ".join(f"{count:,} {why}" for why, count in self.whys.most_common(3))
        message = f"none of {self.seen:,} rows has a value of {self.by} to be best by"
        return f"{message} ({known})" if known else message


def _joined(first: Cells, then: Cells) -> Cells:
    """Two columns one below the other."""
    if isinstance(first, Words) and isinstance(then, Words):
        return Words(np.concatenate([first.codes, then.codes]), then.known)
    return np.concatenate([np.asarray(first), np.asarray(then)])
