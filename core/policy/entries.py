"""Verdicts of a scenario as the report has them: one entry a rule, and which are worth a line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from inferscope.core.errors import RuleError, ScenarioError
from inferscope.core.evaluate import Result
from inferscope.core.policy.facts import USER, computed, facts
from inferscope.core.policy.predicates import Fact, Scalar
from inferscope.core.policy.profiles import counted
from inferscope.core.policy.quantities import QUANTITIES, unit
from inferscope.core.policy.rules import Rule, Verdict, judge, merged, read_rules, rules
from inferscope.core.scenario.names import expanded
from inferscope.core.scenario.saving import rule_names
from inferscope.core.scenario.schema import Scenario

LEADING = "eu.aia.art51.systemic"
"""The line that a headline names."""
_NEAR = 1.0
"""Margin in orders of magnitude within which a line is worth showing."""
_NOTHING = Fact(None)
_LATER = ("deciding", "effect", "source", "unverified_parts")


class Entry(Mapping[str, Any]):
    """One rule of a report; what decides it, and its prose, are looked up when somebody asks."""

    __slots__ = ("_known", "_verdict", "rule")

    def __init__(self, verdict: Verdict, known: Mapping[str, Any]) -> None:
        self.rule, self._verdict, self._known = verdict.rule, verdict, known

    def __getitem__(self, key: str) -> Any:
        """A figure at once; effect, source and doubtful parts from the file of prose."""
        if key not in _LATER:
            return self._known[key]
        if key == "deciding":
            return _deciding(self._verdict)
        if key == "source":
            return self.rule.source
        return (
            list(self.rule.prose.get(key, ())) if key == "unverified_parts" else self.rule.prose.get(key, "")
        )

    def __iter__(self) -> Iterator[str]:
        """All keys."""
        return iter((*self._known, *_LATER))

    def __len__(self) -> int:
        """Their number."""
        return len(self._known) + len(_LATER)

    def __repr__(self) -> str:
        """As a plain mapping."""
        return repr(dict(self))


def rules_of(result: Result, row: int = 0) -> tuple[Rule, ...]:
    """The rules that a scenario is judged by: all known ones and its own, as they were when first asked for.

    Raises:
        ScenarioError: A file of rules is not there, or cannot be read.
        RuleError: What it says does not fit.
    """
    if row not in result.judged_by:
        result.judged_by[row] = scenario_rules(result.bound.resolved[row].scenario)
    found: tuple[Rule, ...] = result.judged_by[row]
    return found


def scenario_rules(scenario: Scenario) -> tuple[Rule, ...]:
    """All known rules, and those of the scenario's own files.

    Raises:
        ScenarioError: A file of rules is not there, or cannot be read.
        RuleError: What it says does not fit.
    """
    names = rule_names(scenario)
    return merged(rule for name in names for rule in _named(name)) if names else rules()


def _named(name: str) -> tuple[Rule, ...]:
    """The rules of a file; one that cannot be read is a mistake of who named it."""
    try:
        return read_rules(expanded(name))
    except (RuleError, ScenarioError) as error:
        if error.line is not None or error.key is not None:
            raise
        raise ScenarioError(str(error), key="policy.rules") from None


def policy_verdicts(result: Result, row: int = 0, on: dt.date | None = None) -> list[Verdict]:
    """Every rule applied to a row, on a day (default: the scenario's)."""
    return [verdict for verdict, _ in _judged(result, row, on or result.bound.resolved[row].scenario.as_of)]


def _judged(result: Result, row: int, on: dt.date) -> Iterator[tuple[Verdict, str | None]]:
    """Verdicts, each with the accelerator it is about where the scenario has several."""
    pools, judged_by = facts(result, row, on), rules_of(result, row)
    for name in {name for rule in judged_by for name in rule.names} & set(result.values):
        fact = computed(result, row, name)
        for known in pools.values():
            known.setdefault(name, fact)
    scenario = result.bound.resolved[row].scenario
    by_profile: dict[tuple[str, str], Mapping[str, Fact]] = {}
    for rule in judged_by:
        by_chip = len(pools) > 1 and any(map(_is_of_chip, rule.names))
        found = []
        for chip, known in pools.items():
            key = (chip, rule.counting)
            if key not in by_profile:
                by_profile[key] = counted(known, scenario, rule.counting)
            found.append((judge(rule, by_profile[key]), chip if by_chip else None))
            if not by_chip:
                break
        yield next((pair for truth in (True, None) for pair in found if pair[0].truth is truth), found[0])


def _is_of_chip(name: str) -> bool:
    return name in QUANTITIES and QUANTITIES[name].scope == "chip"


def policy_entries(result: Result, row: int = 0, on: dt.date | None = None) -> list[Entry]:
    """Every rule against a row, in the order of the catalogue.

    Args:
        result: A result that holds the outputs of a report.
        row: The row.
        on: The day that is judged; default: the scenario's. Nothing is computed anew.

    Returns:
        Entries of the report's ``policy``.
    """
    day = on or result.bound.resolved[row].scenario.as_of
    judged = list(_judged(result, row, day))
    open_ = {verdict.rule.id for verdict, _ in judged if verdict.truth is not False}
    return [_entry(verdict, chip, day, open_) for verdict, chip in judged]


@lru_cache(maxsize=512)
def _about(rule: Rule) -> Mapping[str, Any]:
    """What an entry says of the rule alone."""
    return {
        "id": rule.id,
        "jurisdiction": rule.jurisdiction,
        "title": rule.title,
        "short": rule.short,
        "scope": rule.scope,
        "true_means": rule.true_means,
        "quantity": rule.quantity,
        "unit": unit(rule.quantity),
        "threshold": rule.threshold,
        "counting": rule.counting,
        "status": rule.status,
        "force": rule.force,
        "effective_from": _iso(rule.effective_from),
        "effective_to": _iso(rule.effective_to),
        "compliance_from": _iso(rule.compliance_from),
        "relieves": list(rule.relieves),
        "evidence": rule.evidence,
        "verified": rule.verified,
        "origin": rule.origin,
    }


def _entry(verdict: Verdict, chip: str | None, day: dt.date, open_: set[str]) -> Entry:
    rule = verdict.rule
    shown = rule.true_means != "relief" or not rule.relieves or not open_.isdisjoint(rule.relieves)
    binding = rule.binds_on(day)
    on_day = {
        "instance": chip,
        "binding": binding,
        "what_if": rule.is_what_if and not binding,
        "as_of": day.isoformat(),
        "shown": shown,
    }
    return Entry(verdict, {**_said(verdict), **on_day})


@lru_cache(maxsize=1024)
def _said(verdict: Verdict) -> Mapping[str, Any]:
    """What an entry says of the rule and its verdict, whatever the day."""
    known = {name: fact for name, fact in verdict.facts.items() if fact.value is not None}
    return {
        **_about(verdict.rule),
        "verdict": verdict.word,
        "certainty": verdict.certainty,
        "margin_oom": verdict.margin_oom,
        "margin_low_oom": verdict.margin_low_oom,
        "margin_high_oom": verdict.margin_high_oom,
        **_valued(verdict.facts.get(verdict.rule.quantity, _NOTHING)),
        "values": {name: _plain(fact.value) for name, fact in known.items()},
        "origins": {name: fact.origin for name, fact in known.items()},
        "set_by_user": [name for name, fact in known.items() if fact.origin == USER],
        "missing": list(verdict.missing),
    }


def _deciding(verdict: Verdict) -> dict[str, Any] | None:
    """The comparison from which verdict and margin come, with what was compared."""
    found = verdict.deciding
    if found is None:
        return None
    return {
        "quantity": found.quantity,
        **_valued(verdict.facts[found.quantity]),
        "op": found.op,
        "threshold": list(found.line) if isinstance(found.line, tuple) else _plain(found.line),
        "unit": unit(found.quantity),
    }


def _valued(fact: Fact) -> dict[str, Any]:
    """A fact's value, and its range where it is a number."""
    point = fact.value if isinstance(fact.value, float) else None
    return {
        "value": _plain(fact.value),
        "low": point if fact.low is None else fact.low,
        "high": point if fact.high is None else fact.high,
    }


def _plain(value: Scalar | None) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _iso(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def notable(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The entries worth a line of a short report.

    What is true and binds, what stands within an order of magnitude of its line or could go either
    way, and the line that headlines name. What-ifs are left to the full list.
    """
    return [entry for entry in entries if _is_notable(entry)]


def _is_notable(entry: Mapping[str, Any]) -> bool:
    if entry["id"] == LEADING or entry["origin"] != "shipped":
        return True
    if not entry["shown"] or not entry["binding"] or entry["verdict"] == "unknown":
        return False
    margin = entry["margin_oom"]
    near = margin is not None and abs(margin) <= _NEAR
    return entry["verdict"] == "applies" or entry["certainty"] == "sensitive" or near
