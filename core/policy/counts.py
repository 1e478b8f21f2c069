"""The training compute of a scenario by every regime's count, part by part."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inferscope.core.evaluate import Result
from inferscope.core.policy.facts import facts
from inferscope.core.policy.predicates import Fact
from inferscope.core.policy.profiles import (
    COMPONENTS,
    count,
    error_margin,
    in_service,
    parts_of,
    profiles,
    weight,
    widened,
)
from inferscope.core.units import human

SERVICE = "deployment_inference"
_LEAST = 0.01
"""Share of a count from which a part that may count is worth a word."""
MARKS: Mapping[int | str, str] = {1: "yes", "?": "may", 0: "no"}
"""How a part is counted, in words."""


@dataclass(frozen=True, slots=True)
class Regime:
    """The count of one regime.

    Attributes:
        profile: Its counting profile.
        short: What it is called in at most seven letters.
        label: What it counts, in words.
        total: The count with the range that the regime's tolerance gives it.
        margin: That tolerance; 0 where it names none.
        marks: How each part of the scenario is counted: 1, 0 or ``?``.
    """

    profile: str
    short: str
    label: str
    total: Fact
    margin: float
    marks: Mapping[str, int | str]

    @property
    def value(self) -> float:
        """What is counted for sure; NaN where a part of it is not known."""
        return math.nan if self.total.number is None else self.total.number


@dataclass(frozen=True, slots=True)
class Counts:
    """All regimes' counts of one scenario.

    Attributes:
        parts: Its parts and inference in service, each with its compute.
        regimes: The counts, in the order of the profiles.
        is_modification: Whether the parts were spent on somebody else's model.
    """

    parts: Mapping[str, Fact]
    regimes: tuple[Regime, ...]
    is_modification: bool

    @property
    def sentence(self) -> str:
        """What they say: the largest count with its range, the least, and the part that carries it."""
        return _sentence(self)

    def to_dict(self) -> dict[str, Any]:
        """As plain tables, for machines."""
        parts = {
            name: {"label": COMPONENTS[name].label, **_figures(fact), "origin": fact.origin}
            for name, fact in self.parts.items()
        }
        regimes = {
            regime.profile: {
                "label": regime.label,
                **_figures(regime.total),
                "error_margin": regime.margin or None,
                "counted": {name: MARKS[mark] for name, mark in regime.marks.items()},
                "missing": list(regime.total.missing),
            }
            for regime in self.regimes
        }
        return {
            "is_modification": self.is_modification,
            "parts": parts,
            "regimes": regimes,
            "in_short": short_counts(self),
            "sentence": self.sentence,
        }


def _figures(fact: Fact) -> dict[str, Any]:
    return {"flop": fact.number, **dict(zip(("low", "high"), fact.ends, strict=True))}


def counts_of(result: Result, row: int = 0, on: dt.date | None = None) -> Counts:
    """The counts of a row of a result that holds the outputs of a report."""
    scenario = result.bound.resolved[row].scenario
    known = next(iter(facts(result, row, on or scenario.as_of).values()))
    parts = parts_of(scenario, known["training_flop"])
    shown = {**parts, SERVICE: in_service(result, row)}
    regimes = []
    for profile, about in profiles().items():
        margin = error_margin(profile)
        total = count(profile, parts)
        regimes.append(
            Regime(
                profile,
                about["short"],
                about["label"],
                widened(total, margin) if margin else total,
                margin,
                {name: weight(profile, name) for name in shown},
            )
        )
    return Counts(shown, tuple(regimes), scenario.training.modifies_original)


def short_counts(counts: Counts) -> str:
    """The counts in one line: one figure where all regimes agree.

    An unknown count is said with the least that it can be, where something of it is known.
    """
    names: dict[str, list[str]] = {}
    for regime in counts.regimes:
        names.setdefault(brief(regime.total), []).append(regime.short)
    if len(names) == 1:
        text = next(iter(names))
        return f"{text}{'' if text == 'unknown' else ' FLOP'} by every regime's count"
    return "; ".join(f"{text} by {', '.join(who)}" for text, who in names.items())


def brief(fact: Fact) -> str:
    """A count in a few letters.

    >>> brief(Fact(4.7e24)), brief(Fact(None, 3e24, math.inf)), brief(Fact(None))
    ('4.70e24', '3.00e24+', 'unknown')
    """
    if isinstance(fact.value, float):
        return flop(fact.value)
    return f"{flop(fact.low)}+" if fact.low else "unknown"


def flop(value: float) -> str:
    """A compute without its unit.

    >>> flop(4.7e24), flop(0.0), flop(math.inf)
    ('4.70e24', '0', 'no limit')
    """
    if math.isinf(value):
        return "no limit"
    return human(value, "FLOP").removesuffix(" FLOP").replace("e+", "e")


def span(fact: Fact) -> str:
    """The range of a count in words; nothing where it is a point."""
    low, high = fact.low, fact.high
    if low is None or high is None or low == high:
        return ""
    return f"at least {flop(low)}" if math.isinf(high) else f"{flop(low)} to {flop(high)}"


# --- the sentence ---------------------------------------------------------------------------------


def _sentence(counts: Counts) -> str:
    known = [regime for regime in counts.regimes if not math.isnan(regime.value)]
    if not known:
        missing = dict.fromkeys(name for regime in counts.regimes for name in regime.total.missing)
        return f"No regime's count is known for want of {', '.join(missing)}."
    most, least = max(known, key=_by_value), min(known, key=_by_value)
    unknown = [regime.short for regime in counts.regimes if math.isnan(regime.value)]
    rest = f" Not known by {', '.join(unknown)}." if unknown else ""
    if flop(most.value) == flop(least.value):
        return _agreed(counts, known) + rest
    ratio = "nothing sure by"
    if least.value:
        ratio = f"{most.value / least.value:.3g} times the {flop(least.value)} of"
    apart = _between(counts, most, least)
    return (
        f"{most.short} counts most, {flop(most.value)} FLOP{_ranged(most)}, {ratio} {least.short}; {apart}"
        f" {'are' if apart.endswith('s') else 'is'} most of the difference.{_farther(counts, most)}{rest}"
    )


def _agreed(counts: Counts, known: Sequence[Regime]) -> str:
    """The sentence where all known counts are the same for sure."""
    names = ", ".join(regime.short for regime in known)
    verb = f"{names} count{'s' if len(known) == 1 else ''}"
    who = "Every regime counts" if len(known) == len(counts.regimes) else verb
    widest = max(known, key=lambda regime: regime.total.bounds[1] - regime.total.bounds[0])
    by = f" by {widest.short}" if len({span(regime.total) for regime in known}) > 1 else ""
    open_ = _open(counts, widest)
    may = f", and {open_} may count too" if open_ else ""
    return f"{who} {flop(widest.value)} FLOP{_ranged(widest, by)}; {_carrier(counts, widest)}{may}."


def _open(counts: Counts, regime: Regime) -> str:
    """The parts on which a regime is silent, but for those that would add less than a hundredth."""
    found = [name for name, mark in regime.marks.items() if mark == "?" and name != SERVICE]
    worth = [n for n in found if counts.parts[n].bounds[1] >= _LEAST * regime.value]
    return ", ".join(COMPONENTS[name].label for name in worth)


def _farther(counts: Counts, most: Regime) -> str:
    """Which regime may reach the farthest, where that is farther than the one that counts most."""
    far = max(counts.regimes, key=lambda regime: regime.total.bounds[1])
    top, open_ = far.total.bounds[1], _open(counts, far)
    if not open_ or top <= most.total.bounds[1]:
        return ""
    return f" With {open_} as well, {far.short} may reach {'any count' if math.isinf(top) else flop(top)}."


def _by_value(regime: Regime) -> float:
    return regime.value


def _ranged(regime: Regime, by: str = "") -> str:
    text = span(regime.total)
    return f" ({text}{by})" if text else ""


def _carrier(counts: Counts, regime: Regime) -> str:
    """The part that is the most of a count, and its share."""
    held = {name: (counts.parts[name].number or 0.0) for name, mark in regime.marks.items() if mark == 1}
    name = max(held, key=lambda part: held[part])
    if all(value == 0.0 for part, value in held.items() if part != name):
        return f"{COMPONENTS[name].label} is all of it"
    return f"{COMPONENTS[name].label} is {100 * held[name] / regime.value:.3g} % of it"


def _between(counts: Counts, most: Regime, least: Regime) -> str:
    """The part that sets two counts apart the most."""
    apart = {
        name: (counts.parts[name].number or 0.0)
        for name, mark in most.marks.items()
        if mark == 1 and least.marks[name] != 1
    }
    return COMPONENTS[max(apart, key=lambda part: apart[part])].label
