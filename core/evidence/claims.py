"""Published claims against numbers: computed from shipped presets, set beside a fact, or outside the model.

No verdict on a computed claim is stored. What is claimed is an interval, what is computed is one as well
(the 5th and 95th percentile of the draws of the model's own error), and the verdict is how they lie to
each other. For each the input that carries it is named, and moved to where the verdict changes.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from inferscope.core.bind import bind
from inferscope.core.errors import CatalogError, InferscopeError, nearest
from inferscope.core.evaluate import Result, evaluate
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.leaves.leaf import error_class
from inferscope.core.scenario.files import load, with_values
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.schema import Scenario
from inferscope.core.spread import P5, P95
from inferscope.core.study.options import VERDICTS
from inferscope.core.study.spreads import DRAWS, LIMITS, SEED, with_ranges

__all__ = [
    "FILE",
    "Claim",
    "Flip",
    "Judged",
    "claim",
    "claims",
    "flip",
    "intervals",
    "judge",
    "settable",
    "verdict",
]

FILE: Final = Path(__file__).parent / "claims.toml"
SUPPORTED, OVERSTATED, UNDERSTATED, UNSUPPORTED, OPEN = VERDICTS
_TOO_MUCH = {OVERSTATED, UNSUPPORTED}
"""Both say too much: an input that carries one does not turn it by making it the other."""
_STEPS = 25
"""Values that are tried in the span of an input, and again between the two where the verdict changes."""
_PASSES = 2
"""How often they are tried again between the two: a flip is found to a part in a thousand."""
_KEYS = {
    *("id", "seed", "statement", "kind", "preset", "set", "quantity", "against", "claimed", "reading"),
    *("carries", "span", "moves", "note", "source", "date", "finding", "value", "unit", "verdict"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim.

    Attributes:
        id: Such as ``C022``.
        seed: The text in which it stands.
        statement: What it says, in one sentence.
        kind: ``computed``, ``fact`` or ``outside``.
        low: Least that it says; -inf where it says none.
        high: Most that it says; inf where it says none.
        reading: How words were read as an interval.
        preset: The preset that computes it.
        changes: Keys set in it.
        quantity: What is computed.
        against: Preset, keys and quantity that it is divided by; none where it is not.
        carries: The input that carries the verdict.
        span: Where it is moved.
        moves: ``one`` where it is moved in the claim's own scenario, ``both`` where in the divisor's as well.
        finding: The fact, or why the model says nothing.
        value: The fact as a number; NaN where it is none.
        unit: Its unit.
        verdict: What the fact makes of it.
        note: What a reader should know.
        source: Where the figures are from.
        date: When.
    """

    id: str
    seed: str
    statement: str
    kind: str
    low: float = -math.inf
    high: float = math.inf
    reading: str = ""
    preset: str = ""
    changes: Mapping[str, Any] | None = None
    quantity: str = ""
    against: Mapping[str, Any] | None = None
    carries: str = ""
    span: tuple[float, float] = (0.0, 0.0)
    moves: str = "one"
    finding: str = ""
    value: float = math.nan
    unit: str = ""
    verdict: str = ""
    note: str = ""
    source: str = ""
    date: str = ""

    @property
    def is_claimed(self) -> bool:
        """Whether it says a number."""
        return math.isfinite(self.low) or math.isfinite(self.high)

    @property
    def shown_unit(self) -> str:
        """The unit of what is claimed and computed; 1 for a ratio."""
        if self.kind != "computed":
            return self.unit
        return "1" if self.against is not None else REGISTRY.node(self.quantity).unit

    def scenario(self) -> Scenario:
        """What computes it."""
        return with_values(load(self.preset).scenario, dict(self.changes or {}))

    def other(self) -> Scenario | None:
        """What it is divided by; None where that is a quantity of the same scenario, or none."""
        if self.against is None or "preset" not in self.against:
            return None
        return with_values(load(self.against["preset"]).scenario, dict(self.against.get("set", {})))

    @property
    def is_of_fleet(self) -> bool:
        """Whether how many replicas there are matters for it, which follow the demand where nobody says."""
        return bool(REGISTRY.descendants({"hardware_replicas"}) & {self.quantity, self.divisor})

    @property
    def divisor(self) -> str:
        """The quantity that it is divided by; empty where it is not."""
        return "" if self.against is None else str(self.against.get("quantity", self.quantity))


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim with what is computed, and the verdict.

    Attributes:
        claim: The claim.
        value: What is computed or found; NaN where there is none.
        low: Low end of what is computed.
        high: High end.
        verdict: One word, or what the fact makes of it.
        factor: By how much it is over- or understated; NaN where it is not, or no factor says it.
    """

    claim: Claim
    value: float
    low: float
    high: float
    verdict: str
    factor: float = math.nan


@dataclass(frozen=True, slots=True)
class Flip:
    """Where a verdict changes.

    Attributes:
        now: The present value of the input; NaN where it has none.
        at: The value at which the verdict is another; NaN where none was found in the span.
        verdict: What it is there.
    """

    now: float
    at: float
    verdict: str


@lru_cache(maxsize=1)
def claims() -> tuple[Claim, ...]:
    """Return all claims in the order of their ids.

    Raises:
        CatalogError: The file is damaged.
    """
    with FILE.open("rb") as stream:
        tables = tomllib.load(stream)
    return tuple(_read(row, tables["seeds"]) for row in tables["claim"])


def claim(name: str) -> Claim:
    """Return one claim by its id.

    Raises:
        InferscopeError: There is none.
    """
    found = {each.id: each for each in claims()}
    if name.upper() not in found:
        hint = nearest(name.upper(), found)
        message = f"unknown claim {name!r}: {hint or f'known are {min(found)} to {max(found)}'}"
        raise InferscopeError(message)
    return found[name.upper()]


def _read(row: Mapping[str, Any], seeds: Mapping[str, str]) -> Claim:
    if unknown := set(row) - _KEYS:
        message = f"unknown key {min(unknown)!r}"
        raise CatalogError(message, file=FILE, key=str(row.get("id", "")))
    given = {key: value for key, value in row.items() if key not in ("set", "claimed", "span")}
    claimed = row.get("claimed", {})
    least, most = row.get("span", (0.0, 0.0))
    return Claim(
        **{**given, "seed": seeds[row["seed"]]},
        low=float(claimed.get("low", -math.inf)),
        high=float(claimed.get("high", math.inf)),
        changes=row.get("set"),
        span=(float(least), float(most)),
    )


# --- verdicts -------------------------------------------------------------------------------------


def verdict(
    low: float, high: float, least: float, most: float, *, is_ratio: bool = False
) -> tuple[str, float]:
    """How what is computed lies to what is claimed, and the factor between their nearest ends.

    Of a ratio that was claimed to be above 1 and is below, or the other way round, no factor tells how far
    it was overstated: it is not supported.

    >>> verdict(0.9, 1.2, 1.0, 2.0), verdict(3.0, 4.0, 1.0, 2.0), verdict(0.25, 0.5, 1.0, math.inf)
    (('supported', nan), ('understated', 1.5), ('overstated', 2.0))
    >>> verdict(0.6, 0.9, 1.2, math.inf, is_ratio=True), verdict(0.6, 1.1, 1.2, math.inf, is_ratio=True)[0]
    (('not supported', nan), 'overstated')
    """
    if math.isnan(low) or math.isnan(high):
        return OPEN, math.nan
    if is_ratio and ((least >= 1 and high < 1) or (most <= 1 and low > 1)):
        return UNSUPPORTED, math.nan
    if low > most:
        return (UNDERSTATED, low / most) if most > 0 else (UNSUPPORTED, math.nan)
    if high < least:
        return (OVERSTATED, least / high) if high > 0 else (UNSUPPORTED, math.nan)
    return SUPPORTED, math.nan


def judge(chosen: Sequence[Claim]) -> list[Judged]:
    """Compute the claims that can be, in one call, and give each its verdict.

    Raises:
        InferscopeError: A preset or key of one does not exist.
    """
    computed = [each for each in chosen if each.kind == "computed"]
    found = dict(zip((each.id for each in computed), _computed(computed), strict=True))
    return [found.get(each.id) or _stated(each) for each in chosen]


def _stated(each: Claim) -> Judged:
    """A claim beside a fact, or outside the model."""
    return Judged(each, each.value, each.value, each.value, each.verdict or "outside the model")


def _computed(chosen: Sequence[Claim]) -> list[Judged]:
    computed = intervals([(each, each.scenario(), each.other()) for each in chosen])
    return [
        Judged(each, value, low, high, *_verdict(each, low, high))
        for each, (value, low, high) in zip(chosen, computed, strict=True)
    ]


def _verdict(each: Claim, low: float, high: float) -> tuple[str, float]:
    return verdict(low, high, each.low, each.high, is_ratio=each.against is not None)


Trial = tuple[Claim, Scenario, Scenario | None]
"""A claim, its scenario, and the one that it is divided by."""


def intervals(trials: Sequence[Trial]) -> list[tuple[float, float, float]]:
    """Middle, low and high end of what each claim is about, computed in one call."""
    if not trials:
        return []
    scenarios = [part for _, one, other in trials for part in (one, *(() if other is None else (other,)))]
    names = {name for each, *_ in trials for name in (each.quantity, each.divisor) if name}
    names |= {quantity for quantity, _ in LIMITS.values()}  # which ranges look at
    places, row = [], 0
    for _, _, other in trials:
        places.append((row, row if other is None else row + 1))
        row = places[-1][1] + 1
    result = evaluate(scenarios, sorted(names))
    sized = {
        row
        for (each, *_), rows in zip(trials, places, strict=True)
        for row in rows
        if each.is_of_fleet and "replicas" in result.bound.resolved[row].auto
    }
    result = with_ranges(result, replanned=sized)
    return [_interval(result, each, *rows) for (each, *_), rows in zip(trials, places, strict=True)]


def _interval(result: Result, each: Claim, row: int, other: int) -> tuple[float, float, float]:
    """Middle, and 5th and 95th percentile over the draws; of a ratio, over those of its two parts.

    Accelerators of one class are off alike, so that their draws are paired; of two classes they are
    independent.
    """
    value, drawn = float(result[each.quantity][row]), _drawn(result, each.quantity, row)
    if each.divisor:
        value /= float(result[each.divisor][other])
        below = _drawn(result, each.divisor, other)
        one, two = (error_class(result.bound.resolved[at].accelerator).title for at in (row, other))
        drawn = drawn / (below if one == two else np.random.default_rng(SEED).permutation(below))
    known = drawn[np.isfinite(drawn)]
    if math.isnan(value) or not len(known):
        return value, value, value
    low, high = np.quantile(known, (P5, P95))
    return value, float(low), float(high)


def _drawn(result: Result, name: str, row: int) -> Array:
    """A quantity at the draws of a row; at all of them the same where nothing is drawn."""
    spread = result.spreads.get(row)
    if spread is None or name not in spread.values:
        return np.full(DRAWS, float(result[name][row]))
    return spread.values[name][: spread.draws]


# --- the input that carries a verdict -------------------------------------------------------------


def flip(each: Claim) -> Flip:
    """Move the input that carries a computed claim to where its verdict changes, the nearest to now.

    Raises:
        InferscopeError: A preset or key of it does not exist.
    """
    (judged,) = _computed([each])
    scenario, other = each.scenario(), each.other()
    now = _present(scenario, each.carries)
    tried = np.geomspace(*each.span, _STEPS)
    words = _along(each, scenario, other, tried)
    alike = _TOO_MUCH if judged.verdict in _TOO_MUCH else {judged.verdict}
    changed = [i for i, word in enumerate(words) if word not in (*alike, OPEN)]
    if not changed:
        return Flip(now, math.nan, "")
    middle = now if math.isfinite(now) and now > 0 else math.sqrt(each.span[0] * each.span[1])
    best = min(changed, key=lambda i: abs(math.log(tried[i] / middle)))
    step = -1 if tried[best] > middle else 1
    beside = float(tried[best + step]) if 0 <= best + step < len(tried) else middle
    there = float(tried[best])
    for _ in range(_PASSES):
        near = np.geomspace(beside, there, _STEPS)
        closer = _along(each, scenario, other, near)
        at = next((i for i, word in enumerate(closer) if word == words[best]), _STEPS - 1)
        beside, there = float(near[max(at - 1, 0)]), float(near[at])
    return Flip(now, float(settable(each.carries, there)), words[best])


def _along(each: Claim, scenario: Scenario, other: Scenario | None, values: Array) -> list[str]:
    """The verdict at each value of the input; unknown where it cannot be."""
    trials: dict[float, Trial] = {}
    for value in map(float, values):
        change = {each.carries: settable(each.carries, value)}
        try:
            there = with_values(other, change) if other is not None and each.moves == "both" else other
            trials[value] = (each, with_values(scenario, change), there)
        except InferscopeError:  # the key does not take it
            continue
    try:
        computed = intervals(list(trials.values()))
    except InferscopeError:  # one of them cannot be bound: each is tried alone
        computed = [_alone(trial) for trial in trials.values()]
    words = [_verdict(each, low, high)[0] for _, low, high in computed]
    found = dict(zip(trials, words, strict=True))
    return [found.get(value, OPEN) for value in map(float, values)]


def _alone(trial: Trial) -> tuple[float, float, float]:
    try:
        return intervals([trial])[0]
    except InferscopeError:
        return math.nan, math.nan, math.nan


_WHOLE = ("tokens", "batch", "replicas", "kv_heads", "experts_per_tok")


def settable(key: str, value: float) -> float | int:
    """A value as a key takes it: counts are whole."""
    name = key.rpartition(".")[2]
    is_whole = name.endswith(_WHOLE) and key != "model.training_tokens"
    return max(1, round(value)) if is_whole else float(f"{value:.6g}")


def _present(scenario: Scenario, key: str) -> float:
    """The present value of an input; NaN where it has none of its own."""
    section, _, name = key.partition(".")
    given = getattr(getattr(scenario, section), name, None)
    if isinstance(given, Number):
        return given.mid
    leaf = bind([scenario]).inputs.get(f"{section}_{name}")
    return math.nan if leaf is None or leaf.ndim != 1 else float(leaf[0])
