"""Predicates of rules: comparisons under all, any and not, three-valued, with ranges and margins.

Every node answers with five figures: the truth at the facts' values, the truth that holds over the
whole of their ranges, and the margin at the value and at both ends. A margin counts orders of
magnitude above the line, positive on the true side; what has no distance (a country, a yes or no)
is infinitely far on its side, and so never decides a margin. Where a range settles a comparison
without a value, its margin is that of the end nearest to the line: whatever is settled has one on
the side of its truth, and so has what is made of several.
"""

from __future__ import annotations

import datetime as dt
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from inferscope.core.errors import RuleError, brief, nearest
from inferscope.core.scenario.days import iso_day

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda value, known: value in known,
    "not_in": lambda value, known: value not in known,
}
_WORDS = {
    ">": "above",
    ">=": "at least",
    "<": "below",
    "<=": "at most",
    "==": "is",
    "!=": "is not",
    "in": "one of",
    "not_in": "none of",
}

Scalar = float | str | bool | dt.date
Truth = bool | None
Answer = tuple[Truth, Truth, float | None, float | None, float | None]
UNKNOWN: Answer = (None, None, None, None, None)


class Fact(NamedTuple):
    """What is known of a quantity.

    Attributes:
        value: A number, code, yes or no, or day; None where it is not known.
        low: Least it can be, for numbers.
        high: Most it can be.
        origin: Where it comes from, for a reader.
        missing: What to give where it is not known.
    """

    value: Scalar | None
    low: float | None = None
    high: float | None = None
    origin: str = ""
    missing: tuple[str, ...] = ()

    @property
    def number(self) -> float | None:
        """The value of a number; None where it is not known, or no number."""
        return self.value if isinstance(self.value, float) else None

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """Least and most of a number, its value where no range is given; None where nothing is known."""
        value = self.number
        return value if self.low is None else self.low, value if self.high is None else self.high

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and most of what is not below zero; open to the top where nothing is known.

        >>> Fact(2.0).bounds, Fact(2.0, 1.0, 3.0).bounds, Fact(None).bounds
        ((2.0, 2.0), (1.0, 3.0), (0.0, inf))
        """
        low, high = self.ends
        return 0.0 if low is None else low, math.inf if high is None else high


Facts = Mapping[str, Fact]


class Node(Protocol):
    """A predicate or a part of one."""

    def judge(self, facts: Facts) -> Answer:
        """Truth at the value and over the range; margin at the value and at both ends."""

    def deciding(self, facts: Facts) -> Comparison | None:
        """The comparison from which the margin at the value comes; None where nothing is settled."""

    def unsettled(self, facts: Facts) -> Iterator[str]:
        """Quantities that keep it from being settled."""

    def comparisons(self) -> Iterator[Comparison]:
        """Its comparisons, in order."""

    def words(self) -> str:
        """The predicate in words."""


class Comparison:
    """A quantity against a line, or a code against a list."""

    __slots__ = ("_holds", "_log", "_sign", "line", "op", "quantity")

    def __init__(self, quantity: str, op: str, line: Any) -> None:
        self.quantity, self.op, self.line = quantity, op, line
        self._holds = COMPARE[op]
        number = isinstance(line, float) and line > 0 and op[0] in "<>"
        self._sign = 0.0 if not number else -1.0 if op[0] == "<" else 1.0
        self._log = math.log10(line) if number else 0.0

    def judge(self, facts: Facts) -> Answer:
        """The comparison at the value and at both ends."""
        fact = facts.get(self.quantity)
        if fact is None:
            return UNKNOWN
        value, low, high = fact[0], fact[1], fact[2]
        truth = None if value is None else self._holds(value, self.line)
        if low is None or high is None:
            margin = None if value is None else self._margin(value, holds=truth)
            return truth, truth, margin, margin, margin
        ends = self._holds(low, self.line), self._holds(high, self.line)
        if self.op in ("==", "!=") and low != high:
            ends = (False, True)  # an equality is settled on a point only
        sure = ends[0] if ends[0] == ends[1] else None
        margins = self._margin(low, holds=ends[0]), self._margin(high, holds=ends[1])
        least, most = min(margins), max(margins)
        if value is not None:
            return truth, sure, self._margin(value, holds=truth), least, most
        return sure, sure, {True: least, False: most, None: None}[sure], least, most

    def _margin(self, value: Any, *, holds: bool | None) -> float:
        if not self._sign:
            return math.inf if holds else -math.inf
        if not value > 0:
            return -self._sign * math.inf
        return self._sign * (math.log10(value) - self._log)

    def deciding(self, facts: Facts) -> Comparison | None:
        """Itself, where it is settled."""
        return None if self.judge(facts)[0] is None else self

    def unsettled(self, facts: Facts) -> Iterator[str]:
        """Its quantity, where the comparison is open."""
        if self.judge(facts)[0] is None:
            yield self.quantity

    def comparisons(self) -> Iterator[Comparison]:
        """Itself."""
        yield self

    def words(self) -> str:
        """For example ``tpp at least 4,800``."""
        if isinstance(self.line, tuple):
            line = ", ".join(self.line)
        elif isinstance(self.line, bool):
            return f"{self.quantity} is {'yes' if self.line == (self.op == '==') else 'no'}"
        elif isinstance(self.line, float):
            line = f"{self.line:,.6g}" if abs(self.line) < 1e9 else f"{self.line:.6g}".replace("e+", "e")
        else:
            line = str(self.line)
        return f"{self.quantity} {_WORDS[self.op]} {line}"


class Group:
    """All or any of several predicates."""

    __slots__ = ("_wanted", "parts")

    def __init__(self, parts: Sequence[Node], *, every: bool) -> None:
        self.parts = tuple(parts)
        self._wanted = not every

    @property
    def every(self) -> bool:
        """Whether all parts have to hold; else any."""
        return not self._wanted

    def judge(self, facts: Facts) -> Answer:
        """Kleene's and / or; the least / largest margin of the parts that are settled."""
        wanted = self._wanted
        truth: bool | None = not wanted
        sure: bool | None = not wanted
        best: list[float | None] = [None, None, None]
        for part in self.parts:
            true, certain, *margins = part.judge(facts)
            truth = _joined(truth, true, wanted=wanted)
            sure = _joined(sure, certain, wanted=wanted)
            if true is not None:
                for i, new in enumerate(margins):
                    old = best[i]
                    if old is None or (new is not None and (new > old) is wanted):
                        best[i] = new
        return truth, sure, best[0], best[1], best[2]

    def deciding(self, facts: Facts) -> Comparison | None:
        """That of the first part whose truth and margin are the group's."""
        truth, _, margin, *_ = self.judge(facts)
        answers = ((part, part.judge(facts)) for part in self.parts)
        found = (part for part, (true, _, its, *_) in answers if true is truth and its == margin)
        return next((part.deciding(facts) for part in found), None)

    def unsettled(self, facts: Facts) -> Iterator[str]:
        """Those of the parts, while the group itself is open."""
        if self.judge(facts)[0] is None:
            for part in self.parts:
                yield from part.unsettled(facts)

    def comparisons(self) -> Iterator[Comparison]:
        """Those of all parts."""
        for part in self.parts:
            yield from part.comparisons()

    def words(self) -> str:
        """The parts, joined by and or or."""
        joint = " or " if self._wanted else " and "
        texts = [f"({part.words()})" if isinstance(part, Group) else part.words() for part in self.parts]
        return joint.join(texts)


class Not:
    """The opposite of a predicate."""

    __slots__ = ("part",)

    def __init__(self, part: Node) -> None:
        self.part = part

    def judge(self, facts: Facts) -> Answer:
        """Truths and margins turned round."""
        truth, sure, margin, low, high = self.part.judge(facts)
        truths = [None if value is None else not value for value in (truth, sure)]
        return truths[0], truths[1], _minus(margin), _minus(high), _minus(low)

    def deciding(self, facts: Facts) -> Comparison | None:
        """That of the part."""
        return self.part.deciding(facts)

    def unsettled(self, facts: Facts) -> Iterator[str]:
        """Those of the part."""
        yield from self.part.unsettled(facts)

    def comparisons(self) -> Iterator[Comparison]:
        """Those of the part."""
        yield from self.part.comparisons()

    def words(self) -> str:
        """The part, denied."""
        return f"not ({self.part.words()})"


def _joined(so_far: Truth, part: Truth, *, wanted: bool) -> Truth:
    """Kleene's or where true is wanted, his and where false is."""
    if so_far is wanted or part is wanted:
        return wanted
    return None if part is None else so_far


def _minus(margin: float | None) -> float | None:
    return None if margin is None else -margin


# --- reading --------------------------------------------------------------------------------------

FORM = "all, any or not of others, or a comparison such as 'tpp >= 4800'"


def read(raw: Any, units: Mapping[str, str], shared: Mapping[str, Node] | None = None) -> Node:
    """A predicate from its table or text.

    Args:
        raw: ``{all = [...]}``, ``{any = [...]}``, ``{not = ...}``, a comparison as text or as a table
            of quantity, op, value and unit, or the name of a shared predicate.
        units: Known quantities with their units.
        shared: Predicates that have a name in the same file.

    Raises:
        RuleError: It says what is wrong and what would be right.
    """
    if isinstance(raw, str):
        return shared[raw] if shared and raw in shared else _comparison(raw, units)
    kind = set(raw) if isinstance(raw, Mapping) else set()
    if kind in ({"all"}, {"any"}):
        word = next(iter(kind))
        if not isinstance(raw[word], list) or not raw[word]:
            message = f"{word} takes a list of predicates"
            raise RuleError(message)
        return Group([read(part, units, shared) for part in raw[word]], every=word == "all")
    if kind == {"not"}:
        return Not(read(raw["not"], units, shared))
    if {"quantity", "op", "value"} <= kind <= {"quantity", "op", "value", "unit"}:
        return _compared(raw["quantity"], str(raw["op"]), raw["value"], units, raw.get("unit"), is_table=True)
    message = f"a predicate is {FORM}; not {brief(raw)}"
    raise RuleError(message)


def _comparison(text: str, units: Mapping[str, str]) -> Comparison:
    name, _, rest = text.strip().partition(" ")
    op, _, given = rest.strip().partition(" ")
    if not given.strip():
        message = f"a predicate is {FORM}; not {brief(text)}"
        raise RuleError(message)
    parts: Any = given.strip()
    if op in ("in", "not_in"):
        parts = [part.strip() for part in given.split(",")]
    elif units.get(name) == "bool":
        parts = {"true": True, "false": False}.get(parts, parts)
    elif units.get(name) == "date":
        parts = iso_day(parts) or parts
    elif units.get(name) != "code":
        parts = _number(parts)
    return _compared(name, op, parts, units, is_table=False)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _compared(
    name: Any, op: str, value: Any, units: Mapping[str, str], unit: str | None = None, *, is_table: bool
) -> Comparison:
    """A comparison whose parts fit together; as a table it says the unit of its number.

    Raises:
        RuleError: The quantity or operator is unknown, the value is of another kind, or the unit is missing.
    """
    if not isinstance(name, str) or name not in units:
        hint = nearest(str(name)[:80], units) or "see `inferscope list rules` for what rules read"
        message = f"unknown quantity {brief(name)}: {hint}"
        raise RuleError(message)
    if op not in COMPARE:
        message = f"{name}: unknown operator {brief(op)}; operators are {' '.join(COMPARE)}"
        raise RuleError(message)
    if unit is not None and unit != units[name]:
        message = f"{name} is in {units[name]}, not {brief(unit)}"
        raise RuleError(message)
    kind, what = _kind(units[name], op)
    given = tuple(value) if isinstance(value, list) else value
    if not kind(given):
        message = f"{name} {op}{what.format(brief(value))}"
        raise RuleError(message)
    if is_table and unit is None and kind is _is_number and units[name] != "1":
        message = f'{name} {op} {brief(value)} lacks its unit: say unit = "{units[name]}"'
        raise RuleError(message)
    return Comparison(
        name, op, float(given) if isinstance(given, int) and not isinstance(given, bool) else given
    )


def _kind(unit: str, op: str) -> tuple[Callable[[Any], bool], str]:
    """What may stand on the right of an operator, as a check and in words."""
    if op in ("in", "not_in"):
        return _LISTED if unit == "code" else _NO_LIST
    if unit in ("code", "bool") and op not in ("==", "!="):
        return _NO_ORDER
    return _KINDS.get(unit, _NUMBER)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(code, str) and code for code in value)


_NUMBER = (_is_number, " takes a finite number, not {}")
_LISTED = (_is_list, " takes a list of codes, not {}")
_NO_LIST = (lambda _: False, ": only codes are compared with lists, and this is none")
_NO_ORDER = (lambda _: False, ": has no order, so that only == and != compare it")
_KINDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "code": (lambda value: isinstance(value, str), " takes a code, not {}"),
    "bool": (lambda value: isinstance(value, bool), " takes true or false, not {}"),
    "date": (lambda value: type(value) is dt.date, " takes a day such as 2026-07-01, not {}"),
}
