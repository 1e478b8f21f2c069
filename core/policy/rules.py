"""Rules as data: predicates over facts, three-valued, with dates, status and margins.

A missing fact makes a comparison *unknown*, never false (Kleene logic). A rule binds on a day when
its dates cover it and its force is not a proposal; its verdict is about the numbers alone.
"""

from __future__ import annotations

import datetime as dt
import math
import operator
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from inferscope.core.errors import RuleError

_DATA = Path(__file__).parent / "data"
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_NOT_BINDING = {"proposal", "reported", "literature"}
_REQUIRED = {
    "id", "jurisdiction", "instrument", "title", "short", "true_means", "predicate", "status", "force",
    "source", "address", "kind", "evidence", "date",
}  # fmt: skip
_OPTIONAL = {"counting", "effective_from", "effective_to", "compliance_from", "unverified_parts", "note"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as its file states it."""

    id: str
    jurisdiction: str
    instrument: str
    title: str
    short: str
    true_means: str
    predicate: Mapping[str, Any]
    status: str
    force: str
    source: str
    address: str
    kind: str
    evidence: str
    date: str
    counting: str = ""
    effective_from: dt.date | None = None
    effective_to: dt.date | None = None
    compliance_from: dt.date | None = None
    unverified_parts: tuple[str, ...] = ()
    note: str = ""

    def binds_on(self, day: dt.date) -> bool:
        """Whether the rule obliges anybody on that day."""
        if self.force in _NOT_BINDING or self.effective_from is None:
            return False
        start = max(self.effective_from, self.compliance_from or self.effective_from)
        return start <= day and (self.effective_to is None or day <= self.effective_to)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the numbers say of a rule.

    Attributes:
        rule: The rule.
        truth: True, False, or None for unknown.
        margin_oom: log10(value / threshold); positive above the line; None where unknown.
        missing: Facts that would settle it.
        values: The facts that were compared.
    """

    rule: Rule
    truth: bool | None
    margin_oom: float | None
    missing: tuple[str, ...]
    values: Mapping[str, float]

    @property
    def word(self) -> str:
        """``applies``, ``does_not_apply`` or ``unknown``."""
        return {True: "applies", False: "does_not_apply", None: "unknown"}[self.truth]


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Every shipped rule.

    Raises:
        RuleError: A file is damaged; it names file and key.
    """
    found = []
    for path in sorted(_DATA.glob("*.toml")):
        try:
            with path.open("rb") as stream:
                tables = tomllib.load(stream)["rule"]
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
            message = f"this file of rules is damaged: {error}"
            raise RuleError(message, file=path) from error
        found += [read_rule(table, path) for table in tables]
    return tuple(found)


def read_rule(table: Mapping[str, Any], path: Path) -> Rule:
    """A rule from its table.

    Raises:
        RuleError: A key is missing or unknown, or the predicate is malformed.
    """
    name = str(table.get("id", "?"))
    if missing := sorted(_REQUIRED - set(table)):
        message = f"rule {name} lacks {', '.join(missing)}"
        raise RuleError(message, file=path)
    if unknown := sorted(set(table) - _REQUIRED - _OPTIONAL):
        message = f"rule {name} has unknown keys {', '.join(unknown)}"
        raise RuleError(message, file=path)
    check_predicate(table["predicate"], f"{path.name}: {name}")
    return Rule(**{**table, "unverified_parts": tuple(table.get("unverified_parts", ()))})


def check_predicate(node: Any, where: str) -> None:
    """Refuse a predicate that is not all, any, not or a comparison.

    Raises:
        RuleError: It names the rule.
    """
    kind = set(node) if isinstance(node, Mapping) else set()
    if kind in ({"all"}, {"any"}):
        parts = next(iter(node.values()))
        if isinstance(parts, list) and parts:
            for part in parts:
                check_predicate(part, where)
            return
    elif kind == {"not"}:
        check_predicate(node["not"], where)
        return
    elif _is_comparison(node, kind):
        return
    message = f"{where}: a predicate is all, any or not of others, or quantity, op and value; not {node!r}"
    raise RuleError(message)


def _is_comparison(node: Any, kind: set[str]) -> bool:
    """Whether a node compares a named quantity with a finite number."""
    if not {"quantity", "op", "value"} <= kind <= {"quantity", "op", "value", "unit"}:
        return False
    value = node["value"]
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return is_number and isinstance(node["quantity"], str) and str(node["op"]) in _COMPARE


def judge(rule: Rule, facts: Mapping[str, float]) -> Verdict:
    """Apply a rule to facts; NaN or an absent fact is unknown.

    >>> eu = next(r for r in rules() if r.id == "eu.aia.art51.systemic")
    >>> judge(eu, {"training_flop": 1e25}).word
    'does_not_apply'
    >>> judge(eu, {"training_flop": 3.8e25}).word, round(judge(eu, {"training_flop": 3.8e25}).margin_oom, 2)
    ('applies', 0.58)
    >>> judge(eu, {}).missing
    ('training_flop',)
    """
    missing: list[str] = []
    values: dict[str, float] = {}
    truth, margin = _judge(rule.predicate, facts, missing, values)
    unsettled = tuple(dict.fromkeys(missing)) if truth is None else ()
    return Verdict(rule, truth, margin if truth is not None else None, unsettled, values)


def _judge(
    node: Mapping[str, Any], facts: Mapping[str, float], missing: list[str], values: dict[str, float]
) -> tuple[bool | None, float | None]:
    if "not" in node:
        truth, margin = _judge(node["not"], facts, missing, values)
        return (None if truth is None else not truth), (None if margin is None else -margin)
    if "all" in node or "any" in node:
        parts = [_judge(part, facts, missing, values) for part in node.get("all") or node["any"]]
        truths = [truth for truth, _ in parts]
        margins = [margin for _, margin in parts if margin is not None]
        wanted, pick = (False, min) if "all" in node else (True, max)
        decided = wanted if wanted in truths else (None if None in truths else not wanted)
        return decided, (pick(margins) if margins else None)
    value = facts.get(node["quantity"], math.nan)
    if math.isnan(value):
        missing.append(node["quantity"])
        return None, None
    values[node["quantity"]] = value
    return _COMPARE[node["op"]](value, node["value"]), _margin(value, node["op"], node["value"])


def _margin(value: float, op: str, line: float) -> float | None:
    """Orders of magnitude above the line; for < and <= below it, so that positive means true."""
    if value <= 0 or line <= 0:
        return None
    distance = math.log10(value / line)
    return -distance if op.startswith("<") else distance
