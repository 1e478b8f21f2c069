"""Four ways to do as much as a model above a line, counted and in capability; and rounds of distilling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from inferscope.core.evaluate import Result, evaluate
from inferscope.core.policy.rules import profiles
from inferscope.core.scenario.changed import title
from inferscope.core.scenario.schema import Scenario
from inferscope.core.shown import reason_text
from inferscope.core.study.drawing import Axis, Curve, Mark, Series, listed
from inferscope.core.study.table import Column, Table, cell
from inferscope.core.units import human

__all__ = ["QUANTITIES", "loopholes", "rounds"]

_FOUR = (
    *("training_flop", "effective_training_flop", "most_effective_training_flop", "fine_tuning_flop"),
    *("modification_ratio", "enhanced_training_flop", "distillation_flop", "student_flop"),
    *("student_and_teacher_flop", "distilled_effective_flop", "scratch_flop", "growing_flop"),
    "grown_lineage_flop",
)
_ROUNDS = (
    *("training_flop", "round_flop", "round_gain", "rounds_to_count", "rounds_to_act"),
    *("multiplier_of_line", "counted_flop_at_act"),
)
QUANTITIES = (*_FOUR, *_ROUNDS)
"""Quantities of the graph that these tables are made of."""
_SHOWN = 6
"""Rounds that are listed; the last one of the count is added where it lies beyond."""
_THIRD = 1.0 / 3.0
_TEACHER = "distillation_teacher_training"


class Route(NamedTuple):
    """One way around a line.

    Attributes:
        name: What it is called.
        counted: Quantity that holds the least a regime counts.
        whole: Quantity that holds what a regime counts that goes back to all that was trained.
        equivalent: Quantity that holds the training compute it does as much as.
        what: What is taken.
    """

    name: str
    counted: str
    whole: str
    equivalent: str
    what: str


def loopholes(scenario: Scenario) -> Table:
    """Fine-tuning, distilling, growing and inference: compute that is counted against what it does.

    Returns:
        One row a route, with bars from the least count to the equivalent as its curve.
    """
    result = evaluate(scenario, _FOUR)
    line = result.bound.leaf("test_time_line_flop").value
    routes = _routes(result)
    columns = (
        Column("route", "", "Route"),
        Column("counted_flop", "FLOP", "Counted"),
        Column("whole_flop", "FLOP", "All that was trained"),
        Column("equivalent_flop", "FLOP", "Does as much as"),
        Column("gain", "1", "Over the count"),
        Column("verdict", "", "Line"),
        Column("what", "", "What is taken"),
    )
    sentence = _four_sentence(result, routes, line)
    return Table(
        f"Four ways around a line: {title(scenario)}",
        columns,
        tuple(_row(result, route, line) for route in routes),
        sentence,
        curve=_bars(result, routes, line, sentence),
        notes=_four_notes(result, line),
    )


def _routes(result: Result) -> tuple[Route, ...]:
    leaf = result.bound.leaf
    k, plateau = leaf("test_time_multiplier").value, leaf("test_time_plateau").value
    at_plateau = k <= 1
    many = f"{human(plateau if at_plateau else k, '1')} times the inference"
    ratio = _at(result, "modification_ratio")
    is_provider = "a provider" if ratio > _THIRD * (1 + 1e-12) else "no provider"
    gain = leaf("routes_post_training_gain").value
    kept = leaf("routes_distillation_retention").value
    saved = leaf("routes_expansion_saving").value
    return (
        Route(
            "fine-tuning",
            "fine_tuning_flop",
            "training_flop",
            "enhanced_training_flop",
            f"{human(ratio, '1')} of the original ({is_provider} in the EU), worth {gain:g}"
            " times the training",
        ),
        Route(
            "distilling",
            "student_flop",
            "student_and_teacher_flop",
            "distilled_effective_flop",
            f"{kept:g} of the teacher's lead in orders is kept",
        ),
        Route(
            "growing",
            "growing_flop",
            "grown_lineage_flop",
            "scratch_flop",
            f"{human(100 * saved, '1')} % of training from scratch is saved",
        ),
        Route(
            "inference",
            "training_flop",
            "training_flop",
            "most_effective_training_flop" if at_plateau else "effective_training_flop",
            f"{many}{', the plateau' if at_plateau else ''}; nothing of it is counted",
        ),
    )


def _at(result: Result, name: str) -> float:
    return float(result[name][0])


def _row(result: Result, route: Route, line: float) -> tuple[object, ...]:
    names = (route.counted, route.whole, route.equivalent)
    counted, whole, equivalent = (_at(result, name) for name in names)
    whys = [result.why(name) for name in names if math.isnan(_at(result, name))]
    what = route.what if not whys else reason_text(whys[0])
    cells = (route.name, counted, whole, equivalent, equivalent / counted if counted else math.nan)
    return (*map(cell, cells), _verdict(counted, whole, equivalent, line), what)


def _verdict(counted: float, whole: float, equivalent: float, line: float) -> str:
    """On which side of the line the counts and the equivalent are."""
    if any(map(math.isnan, (counted, whole, equivalent))):
        return "unknown"
    if counted > line:
        return "counted above"
    if equivalent < line:
        return "below in any count"
    return "counted below, acts above" if whole <= line else "above only with all that was trained"


def _known(result: Result, routes: Sequence[Route]) -> list[tuple[Route, float, float]]:
    """Routes with a number, each with count and equivalent."""
    pairs = [(route, _at(result, route.counted), _at(result, route.equivalent)) for route in routes]
    return [(route, a, b) for route, a, b in pairs if math.isfinite(a + b) and min(a, b) > 0]


def _four_sentence(result: Result, routes: Sequence[Route], line: float) -> str:
    known = _known(result, routes)
    if not known:
        return f"No route has a number: {reason_text(result.why('training_flop'))}."
    most = max(known, key=lambda item: item[2] / item[1])
    name = result.bound.resolved[0].model.name
    acts = [route.name for route, counted, equivalent in known if counted <= line <= equivalent]
    above = f"{', '.join(acts)} would" if acts else "none would"
    return (
        f"From {name}, {most[0].name} does most over its count: {human(most[1], 'FLOP')} counted,"
        f" {human(most[2], 'FLOP')} in capability ({most[0].what}); of {len(known)} routes with a number"
        f" {above} be counted below {human(line, 'FLOP')} and act like a model at or above it."
    )


def _bars(result: Result, routes: Sequence[Route], line: float, sentence: str) -> Curve:
    """A bar a route from what is counted to what it does as much as."""
    known = _known(result, routes)
    across = Axis("", "FLOP", "counted, and does as much as", log=True)
    up = Axis("", "", "route")
    if not known:
        return Curve("loopholes", "Four ways around a line", across, up, why=result.why("training_flop"))
    series = tuple(
        Series(route.name, [counted, equivalent], [float(-place)] * 2)
        for place, (route, counted, equivalent) in enumerate(known)
    )
    return Curve(
        "loopholes", "Four ways around a line", across, up, series, (Mark("line", line, None),), sentence
    )


def _four_notes(result: Result, line: float) -> list[str]:
    leaf = result.bound.leaf
    sources = [
        f"{label}: {leaf(name).source}"
        for label, name in (
            ("worth of enhancements", "routes_post_training_gain"),
            ("share kept in distilling", "routes_distillation_retention"),
            ("saved by growing", "routes_expansion_saving"),
            ("exponent", "test_time_exponent"),
        )
    ]
    return [
        f"the line is {human(line, 'FLOP')} (test_time.line_flop)",
        (
            "counted is the least that a regime counts: the modifier's own compute, a student"
            " without its teacher, the growth alone, training without inference; all that was trained adds"
            " what came before"
        ),
        (
            "fine-tuning is taken at a third of the original, and growing up to the line, unless"
            " routes.fine_tuning_flop and routes.scratch_flop say otherwise"
        ),
        _teacher_note(),
        "equivalents come from figures on other models and tasks: orders of magnitude, not predictions",
        *sources,
    ]


def _teacher_note() -> str:
    """How each profile treats the training of a teacher."""
    words = {0: "left out by", 1: "counted by", "?": "not mentioned by"}
    said = {
        word: [name for name, profile in profiles().items() if profile[_TEACHER] == factor]
        for factor, word in words.items()
    }
    parts = [f"{word} {listed(names)}" for word, names in said.items() if names]
    return f"a teacher's training is {'; '.join(parts)}"


# --- rounds ---------------------------------------------------------------------------------------


def rounds(scenario: Scenario) -> Table:
    """Rounds of amplifying with inference and distilling back: what is counted against what it acts like."""
    result = evaluate(scenario, _ROUNDS)
    line = result.bound.leaf("test_time_line_flop").value
    start, each, gain = (_at(result, name) for name in ("training_flop", "round_flop", "round_gain"))
    last = _at(result, "rounds_to_count")
    listed = list(range(_SHOWN)) if math.isfinite(start + each) else []
    if listed and math.isfinite(last) and last >= _SHOWN:
        listed.append(int(last))
    rows = [_round(number, start, each, gain, line) for number in listed]
    sentence = _rounds_sentence(result, line)
    return Table(
        f"Rounds of amplifying and distilling: {title(scenario)}",
        (
            Column("round", "1", "Round"),
            Column("counted_flop", "FLOP", "Counted"),
            Column("equivalent_flop", "FLOP", "Acts like"),
            Column("count_is_above", "bool", "Count above"),
            Column("acts_above", "bool", "Acts above"),
        ),
        tuple(rows),
        sentence,
        curve=_rounds_curve(rows, line, sentence, result),
        notes=_rounds_notes(result),
    )


def _round(number: int, start: float, each: float, gain: float, line: float) -> tuple[object, ...]:
    """A row; what many rounds of the same gain would come to is left open."""
    counted = start + number * each
    acts = start * gain**number if number < _SHOWN else math.inf
    is_above = acts >= line
    return (float(number), counted, cell(acts), counted > line, is_above)


def _rounds_sentence(result: Result, line: float) -> str:
    act, count, each = (_at(result, name) for name in ("rounds_to_act", "rounds_to_count", "round_flop"))
    missing = next((name for name in _ROUNDS if math.isnan(_at(result, name))), "")
    if missing:
        return f"No round can be counted: {reason_text(result.why(missing))}."
    if count == 0:
        return f"The training alone is above {human(line, 'FLOP')}."
    by_then = human(_at(result, "counted_flop_at_act"), "FLOP")
    return (
        f"A round costs {human(each, 'FLOP')} and is worth {human(_at(result, 'round_gain'), '1')} times the"
        f" training: after {act:,.0f} {'round' if act == 1 else 'rounds'} and {by_then} the model acts like"
        f" one on the line of {human(line, 'FLOP')}, which the count passes with round {count:,.0f}."
    )


def _rounds_curve(rows: Sequence[tuple[object, ...]], line: float, sentence: str, result: Result) -> Curve:
    across, up = Axis("", "1", "round"), Axis("", "FLOP", "training compute", log=True)
    if not rows:
        return Curve("rounds", "Rounds", across, up, why=result.why("round_flop"))
    few = rows[:_SHOWN]
    x = [float(str(row[0])) for row in few]
    series = tuple(
        Series(label, x, [float(str(row[place])) for row in few])
        for label, place in (("acts like", 2), ("counted", 1))
    )
    return Curve("rounds", "Rounds", across, up, series, (Mark("line", None, line),), sentence)


def _rounds_notes(result: Result) -> list[str]:
    leaf = result.bound.leaf
    k, tokens = leaf("routes_amplification").value, leaf("routes_round_tokens").value
    kept = leaf("routes_distillation_retention").value
    return [
        (
            f"a round: {human(tokens, '1')} tokens kept, each with {human(k, '1')} times the inference, and"
            f" {kept:g} of the gain in orders (routes.round_tokens, amplification, distillation_retention)"
        ),
        (
            "counted as the EU counts: own synthetic data and the training on it; use only inside the lab"
            " triggers no duty of deployment"
        ),
        (
            "how many rounds keep such a gain is not known: AlphaGo Zero did it in Go, for language"
            " models nobody has measured it, and a later round is no forecast"
        ),
    ]
