"""How likely each rule applies, over draws of a scenario's uncertain numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inferscope.core.evaluate import Result
from inferscope.core.graph import Array
from inferscope.core.policy.entries import rules_of
from inferscope.core.policy.facts import facts
from inferscope.core.policy.predicates import COMPARE, Comparison, Facts, Group, Node, Not
from inferscope.core.policy.profiles import counted, counted_at_draws, parts_of, ratio_profiles
from inferscope.core.policy.quantities import QUANTITIES
from inferscope.core.policy.rule import Rule, judge
from inferscope.core.policy.spreads import columns
from inferscope.core.scenario.schema import Scenario

Bools = NDArray[np.bool_]
Truths = tuple[Bools, Bools]
"""Where it holds, and where it does not; elsewhere it is unknown."""


class Chance(NamedTuple):
    """Shares of the draws in which a rule's predicate is true, is not, and is unknown.

    Attributes:
        rule: The rule.
        applies: Share in which it is true.
        does_not_apply: Share in which it is false.
        unknown: Share in which it is open.
        verdict: What it is at the middle.
    """

    rule: Rule
    applies: float
    does_not_apply: float
    unknown: float
    verdict: str


def chances(
    result: Result, row: int, on: dt.date, draws: int, given: Mapping[str, Array] | None = None
) -> list[Chance]:
    """Every rule at every draw of a row.

    Args:
        result: A result with a spread of the row.
        row: The row.
        on: The day that is judged.
        draws: How many rows of the spread count.
        given: Further facts at the draws, ``(draws,)``: what is drawn of the keys under ``[policy]``, and
            of the parts of training compute, by name.
    """
    pools = facts(result, row, on)
    names = ["", *["prefill_"] * (len(pools) - 1)]
    spread = result.spreads[row].values
    at_draws = [
        {n: v[:draws] for n, v in ({**spread, **columns(result, row, pool)}).items()} | dict(given or {})
        for pool in names
    ]
    scenario = result.bound.resolved[row].scenario
    found = []
    for rule in rules_of(result, row):
        by_chip = any(name in QUANTITIES and QUANTITIES[name].scope == "chip" for name in rule.names)
        here = [
            _counted(known, drawn, scenario, rule.counting)
            for known, drawn in zip(pools.values(), at_draws, strict=True)
        ]
        each = here[: None if by_chip else 1]
        words = [judge(rule, known) for known, _ in each]
        truths = [
            _agreed([_truths(rule.predicate, word.facts, drawn, draws) for drawn in readings])
            for word, (_, readings) in zip(words, each, strict=True)
        ]
        true, false = _joined(truths, wanted=True)
        word = next((w.word for truth in (True, None) for w in words if w.truth is truth), words[0].word)
        yes, no = float(true.mean()), float(false.mean())
        found.append(Chance(rule, yes, no, float((~true & ~false).mean()), word))
    return found


def _counted(
    known: Facts, drawn: Mapping[str, Array], scenario: Scenario, profile: str
) -> tuple[Facts, list[Mapping[str, Array]]]:
    """Facts as a rule with this profile counts them, and the draws in every way that it may count them."""
    if not profile:
        return known, [drawn]
    parts = parts_of(scenario, known["training_flop"])
    if len(parts) < 2 and not scenario.training.modifies_original:
        return known, [drawn]
    given = set(scenario.policy.model_fields_set)
    ways = ratio_profiles(profile, known.get("original_is_systemic"))
    return counted(known, scenario, profile), [
        counted_at_draws(drawn, parts, given, profile, way) for way in ways
    ]


def _agreed(readings: list[Truths]) -> Truths:
    """What holds however it is counted."""
    true, false = zip(*readings, strict=True)
    return np.logical_and.reduce(true), np.logical_and.reduce(false)


def _truths(node: Node, known: Facts, drawn: Mapping[str, Array], draws: int) -> Truths:
    """A predicate at every draw, three-valued."""
    if isinstance(node, Group):
        parts = [_truths(part, known, drawn, draws) for part in node.parts]
        return _joined(parts, wanted=not node.every)
    if isinstance(node, Not):
        true, false = _truths(node.part, known, drawn, draws)
        return false, true
    assert isinstance(node, Comparison)  # noqa: S101  (there is no other kind)
    fact = known.get(node.quantity)
    column = drawn.get(node.quantity)
    if fact is None or column is None or not isinstance(node.line, float) or isinstance(fact.value, bool):
        truth = node.judge(known)[0]
        return np.full(draws, truth is True), np.full(draws, truth is False)
    holds, known_there = COMPARE[node.op], ~np.isnan(column)
    here: Bools = np.asarray(holds(column, node.line), dtype=np.bool_)
    if fact.value is not None:
        return here & known_there, ~here & known_there
    if fact.low is None or fact.high is None:
        return np.zeros(draws, dtype=np.bool_), np.zeros(draws, dtype=np.bool_)
    at_most = bool(holds(fact.high, node.line))  # what is known of it is the least that it can be
    return here & known_there & at_most, ~here & known_there & (not at_most)


def _joined(parts: list[Truths], *, wanted: bool) -> Truths:
    """Kleene's or where true is wanted, his and where false is."""
    true, false = zip(*parts, strict=True)
    if wanted:
        return np.logical_or.reduce(true), np.logical_and.reduce(false)
    return np.logical_and.reduce(true), np.logical_or.reduce(false)
