"""What it takes to act like a model above a line, for each rule that counts training compute."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from inferscope.core.evaluate import OUTPUTS, Result, evaluate
from inferscope.core.policy.entries import policy_entries, policy_verdicts
from inferscope.core.policy.predicates import Comparison, Fact
from inferscope.core.policy.rule import Rule
from inferscope.core.policy.words import standing
from inferscope.core.quantities import scaling
from inferscope.core.scenario.changed import title
from inferscope.core.scenario.schema import Scenario
from inferscope.core.sentences import money
from inferscope.core.shown import figure
from inferscope.core.study.drawing import Axis, Curve, Mark, Series
from inferscope.core.study.table import Column, Table, cell
from inferscope.core.units import human

__all__ = ["QUANTITIES", "Matched", "lines", "matched"]

QUANTITIES = (
    *("usd_per_query", "usd_per_day", "fleet_accelerators", "training_flop", "effective_training_flop"),
    *("multiplier_to_line", "line_is_reachable", "usd_per_query_at_line", "accelerators_at_line"),
    *("scaled_cost_factor", "usd_per_scaled_query", "mean_usd_per_scaled_query", "copies_left"),
    *("most_effective_training_flop", "optimal_inference_usd", "lifetime_inference_usd"),
)
"""Quantities of the graph that these tables are made of."""
_COUNTS = {"training_flop", "planned_training_flop"}
_POINTS = 25
_BESIDE = 300.0
"""How many times less training than the model's the plane shows."""
ABOVE, REACHABLE, UNREACHABLE, UNKNOWN = "above already", "reachable", "unreachable", "unknown"

_COLUMNS = (
    Column("rule", "", "Rule"),
    Column("line_flop", "FLOP", "Line"),
    Column("multiplier", "1", "Inference k*"),
    Column("multiplier_low", "1", "k* low"),
    Column("multiplier_high", "1", "k* high"),
    Column("verdict", "", "By inference"),
    Column("usd_per_query", "USD", "A query"),
    Column("mean_usd_per_query", "USD", "Mean query"),
    Column("accelerators", "accelerators", "Fleet"),
    Column("standing", "", "Rule is"),
    Column("training_flop", "FLOP", "Counted"),
    Column("counting", "", "Counting"),
)
_NOTES = (
    "an exponent of 0.75 is what Ord's example implies (1e24 and four orders act like 1e27); he states 0.7",
    "training compute is the verdict's own, with the margin of error of its regime; none counts inference",
    (
        "k* is inference per query over the plain model's, each query served as now; a line beyond the"
        " plateau is unreachable and has no price"
    ),
    "other conditions of a rule (revenue, cost, published weights) are not in this table",
)


class Span(NamedTuple):
    """A number with its range."""

    low: float
    mid: float
    high: float


_NOTHING = Span(math.nan, math.nan, math.nan)


class Law(NamedTuple):
    """What inference is worth: orders of training per order of inference, up to a plateau."""

    exponent: Span
    plateau: Span


class Matched(NamedTuple):
    """The multiplier that one line takes.

    Attributes:
        rule: The rule.
        line: Its line.
        counted: Training compute as the rule counts it.
        k: The multiplier, with its range over count and exponent.
        verdict: Above already, reachable, unreachable or unknown; sensitive where the ranges differ in it.
    """

    rule: Rule
    line: float
    counted: Span
    k: Span
    verdict: str

    @property
    def is_reachable(self) -> bool:
        """Whether a price can be given."""
        return self.verdict.startswith((ABOVE, REACHABLE))


def lines(scenario: Scenario, on: dt.date | None = None) -> Table:
    """Each rule on training compute, with the multiplier, price and fleet that match its line.

    Args:
        scenario: The scenario.
        on: The day on which the rules' standing is judged; default: the scenario's.

    Returns:
        A table with the plane of training compute against multiplier as its curve.
    """
    result = evaluate(scenario, (*OUTPUTS, "usd_per_query", "fleet_accelerators"))
    day, law = on or scenario.as_of, law_of(result)
    found = sorted(matched(result, day, law), key=lambda item: (item.line, item.rule.id))
    stands = {entry["id"]: standing(entry) for entry in policy_entries(result, 0, day)}
    sentence = _sentence(result, found, law)
    return Table(
        f"Inference that matches a line: {title(scenario)}, rules on {day}",
        _COLUMNS,
        tuple(_row(result, item, stands[item.rule.id]) for item in found),
        sentence,
        curve=_plane(result, found, law, sentence),
        notes=_notes(result, law),
    )


def law_of(result: Result) -> Law:
    """The law of a scenario with the ranges that it or the catalogue gives."""
    test_time = result.bound.resolved[0].scenario.test_time
    return Law(*(_span(result, name, getattr(test_time, name)) for name in ("exponent", "plateau")))


def _span(result: Result, name: str, given: object) -> Span:
    leaf = result.bound.leaf(f"test_time_{name}")
    ends = given.ends() if hasattr(given, "ends") else leaf.ends
    low, high = (leaf.value, leaf.value) if ends is None else (min(ends), max(ends))
    return Span(low, leaf.value, high)


def matched(result: Result, day: dt.date, law: Law) -> Iterator[Matched]:
    """Every comparison of a rule that training compute can pass, with the multiplier that it takes."""
    for verdict in policy_verdicts(result, 0, day):
        seen = set()
        for comparison in verdict.rule.predicate.comparisons():
            if (
                comparison.quantity in _COUNTS
                and comparison.op in (">", ">=")
                and comparison.line not in seen
            ):
                seen.add(comparison.line)
                yield _match(verdict.rule, comparison, verdict.facts[comparison.quantity], law)


def _match(rule: Rule, comparison: Comparison, fact: Fact, law: Law) -> Matched:
    line, counted = float(comparison.line), _counted(fact)
    if math.isnan(counted.mid):
        is_above = fact.low is not None and fact.low > line  # parts without a figure only add to it
        return Matched(rule, line, counted, _NOTHING, ABOVE if is_above else UNKNOWN)
    k = Span(
        _multiplier(line, counted.high, law.exponent.high),
        _multiplier(line, counted.mid, law.exponent.mid),
        _multiplier(line, counted.low, law.exponent.low),
    )

    def word(count: float, multiplier: float, plateau: float) -> str:
        if count > line or (comparison.op == ">=" and count == line):
            return ABOVE
        return REACHABLE if multiplier <= plateau else UNREACHABLE

    middle = word(counted.mid, k.mid, law.plateau.mid)
    ends = {word(counted.high, k.low, law.plateau.high), word(counted.low, k.high, law.plateau.low)}
    return Matched(rule, line, counted, k, middle if ends == {middle} else f"{middle}, sensitive")


def _counted(fact: Fact) -> Span:
    return _NOTHING if fact.number is None else Span(fact.bounds[0], fact.number, fact.bounds[1])


def _multiplier(line: float, counted: float, exponent: float) -> float:
    with np.errstate(all="ignore"):
        args = (np.array([line]), np.array([counted]), np.array([exponent]))
        return float(scaling.multiplier_to_line(*args)[0])


def _at(result: Result, name: str) -> float:
    return float(result[name][0])


def _share(result: Result) -> float:
    return result.bound.leaf("test_time_task_share").value


def _factor(result: Result, item: Matched) -> float:
    """Mean cost over the plain one where the line's multiplier is taken by the scenario's share."""
    return float(scaling.scaled_cost_factor(np.array([_share(result)]), np.array([item.k.mid]))[0])


def _row(result: Result, item: Matched, stands: str) -> tuple[object, ...]:
    factor = _factor(result, item) if item.is_reachable else math.nan
    query = _at(result, "usd_per_query")
    fleet = math.nan if math.isnan(query) else _at(result, "fleet_accelerators")
    cells = (
        item.rule.id,
        item.line,
        item.k.mid,
        item.k.low,
        item.k.high,
        item.verdict,
        query * item.k.mid if item.is_reachable else math.nan,
        query * factor,
        fleet * factor,
        stands,
        item.counted.mid,
        item.rule.counting,
    )
    return tuple(map(cell, cells))


# --- words ----------------------------------------------------------------------------------------


def _sentence(result: Result, found: Sequence[Matched], law: Law) -> str:
    """The first line above the model: multiplier, range, what carries the range, price and fleet."""
    name = result.bound.resolved[0].model.name
    below = [item for item in found if item.line > item.counted.mid]
    if not below:
        known = [item for item in found if not math.isnan(item.counted.mid)]
        return (
            f"{name} is above every line on training compute."
            if known
            else f"The training compute of {name} is not known well enough to be compared with a line."
        )
    return f"{_nearest(result, below[0], law)}{_as_set(result)}"


def _as_set(result: Result) -> str:
    """What the model acts like at the scenario's own multiplier."""
    k = result.bound.leaf("test_time_multiplier").value
    if k <= 1:
        return ""
    acts = human(_at(result, "effective_training_flop"), "FLOP")
    return f" At {human(k, '1')} times, as set, it acts like {acts}."


def _nearest(result: Result, item: Matched, law: Law) -> str:
    """How the model acts like one on the first line above it."""
    name = result.bound.resolved[0].model.name
    text = (
        f"{name}, trained with {human(item.counted.mid, 'FLOP')}, acts like a model on the line of"
        f" {human(item.line, 'FLOP')} ({item.rule.short})"
    )
    if math.isinf(item.k.mid):
        return f"{text} at no multiple of the inference: an exponent of {law.exponent.mid:g} gains nothing."
    text += (
        f" at {human(item.k.mid, '1')} times the inference ({human(item.k.low, '1')} to"
        f" {human(item.k.high, '1') if math.isfinite(item.k.high) else 'no multiple'}; {_driver(item, law)})"
    )
    if not item.is_reachable:
        return f"{text}: unreachable, since nothing is gained beyond {human(law.plateau.mid, '1')} times."
    return f"{text}{_price(result, item)}."


def _driver(item: Matched, law: Law) -> str:
    """Which of the two ranges moves the multiplier more."""

    def orders(counts: tuple[float, float], exponents: tuple[float, float]) -> float:
        ends = [_multiplier(item.line, c, e) for c, e in zip(counts, exponents, strict=True)]
        return math.log10(ends[1] / ends[0]) if all(map(math.isfinite, ends)) else math.inf

    counted, exponent = item.counted, law.exponent
    by_exponent = orders((counted.mid, counted.mid), (exponent.high, exponent.low))
    by_count = orders((counted.high, counted.low), (exponent.mid, exponent.mid))
    if by_exponent == by_count == 0.0:
        return "no range is given"
    if by_exponent >= by_count:
        return f"mostly the exponent, {exponent.low:g} to {exponent.high:g}"
    most = human(counted.high, "FLOP") if math.isfinite(counted.high) else "what nobody says"
    return f"mostly the count, {human(counted.low, 'FLOP')} to {most}"


def _price(result: Result, item: Matched) -> str:
    query, fleet, share = _at(result, "usd_per_query"), _at(result, "fleet_accelerators"), _share(result)
    if math.isnan(query):
        return f"; a query costs so many times as much ({result.why('usd_per_query') or 'price unknown'})"
    factor = _factor(result, item)
    some = "" if share == 1.0 else f", where {human(100 * share, '1')} % of the queries take it"
    return (
        f": such a query costs {money(query * item.k.mid)} ({money(query * item.k.low)} to"
        f" {money(query * item.k.high) if math.isfinite(item.k.high) else 'no price'}) in place of"
        f" {money(query)}, and"
        f" {figure(fleet, 'accelerators')} {'becomes' if fleet == 1 else 'become'}"
        f" {human(fleet * factor, '1')}{some}"
    )


def _notes(result: Result, law: Law) -> list[str]:
    leaf = result.bound.leaf("test_time_exponent")
    exponent, plateau = law
    recalled = " (recalled and not checked: unverified)" if leaf.kind == "memory" else ""
    about = f"{leaf.note or leaf.source}{recalled}"
    span = f"{exponent.mid:.3g} ({exponent.low:.3g} to {exponent.high:.3g})"
    law_note = (
        f"effective = training x min(k, {human(plateau.mid, '1')})^{span}; {about}."
        " test_time.law, exponent and plateau change it"
    )
    return [law_note, *_NOTES]


# --- plane ----------------------------------------------------------------------------------------


def _plane(result: Result, found: Sequence[Matched], law: Law, sentence: str) -> Curve:
    """Training compute against multiplier: along a line all models do as much as one on it."""
    blank = Curve(
        "iso_capability",
        "Iso-capability",
        Axis("training_flop", "FLOP", "training compute", log=True),
        Axis("test_time_multiplier", "1", "inference multiplier", log=True),
    )
    known = [item for item in found if not math.isnan(item.counted.mid)]
    if not known or law.exponent.mid <= 0:
        why = "unknown: training compute" if not known else "needs_input: test_time.exponent above 0"
        return Curve(blank.kind, blank.title, blank.x, blank.y, why=why)
    counted = known[0].counted.mid
    least = counted / _BESIDE
    drawn = sorted({item.line for item in known if item.line > least})
    series = [_iso(line, law, least) for line in drawn]
    now = result.bound.leaf("test_time_multiplier").value
    marks = [Mark("here", counted, now), Mark("plateau", None, law.plateau.mid)]
    marks += [Mark(f"{line:.0e}".replace("e+", "e"), line, None) for line in drawn]
    nearest = next((item for item in known if item.line > item.counted.mid and item.is_reachable), None)
    if nearest is not None:
        marks.append(Mark("k*", counted, nearest.k.mid))
    return Curve(blank.kind, blank.title, blank.x, blank.y, tuple(series), tuple(marks), sentence)


def _iso(line: float, law: Law, least: float) -> Series:
    """Where the law makes up for the missing training, to the plateau or the edge of the plane."""
    with np.errstate(over="ignore"):  # next to no exponent reaches the plateau first
        most = min(law.plateau.mid, float(np.float64(line / least) ** (1.0 / law.exponent.mid)))
    k = np.geomspace(1.0, max(most, 1.0 + 1e-9), _POINTS)
    x = line / k**law.exponent.mid
    label = f"like {line:.0e}".replace("e+", "e")
    return Series(label, [float(v) for v in x], [float(v) for v in k])
