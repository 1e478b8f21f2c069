"""Which value of one input meets conditions, the nearest, least or most; and where two scenarios meet.

One condition without a range is the question that ``=`` on a number asks, and is answered by the same
:func:`~inferscope.core.study.reach.reach`. Every other question walks along the input with everything
that the scenario leaves open planned anew at each value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from inferscope.core.bind import Bound, bind
from inferscope.core.errors import InferscopeError, ScenarioError
from inferscope.core.evaluate import evaluate, evaluate_bound
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.plan import plan
from inferscope.core.scenario.changed import title
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.changes import words
from inferscope.core.study.conditions import Condition, number_quantity, on_numbers
from inferscope.core.study.inputs import INPUTS, Input, limits, present
from inferscope.core.study.reach import Goal, reach
from inferscope.core.study.search import Path, Ray, bracket, met, paths
from inferscope.core.study.solved import NO_VALUE, RANGE, Solution
from inferscope.core.study.stands import stands_on
from inferscope.core.study.walk import Prefer, Question, Walk, around, settable, where_to_look

__all__ = ["Solution", "solve"]

_PINS = "pins."
_CATALOGUED = ("model.", "hardware.")
"""Tables in which figures of the catalogue may stand, whose bounds the schema does not know."""
_OTHER_KINDS = (
    "must be text",
    "must be true",
    "must be '",
    "must be a table",
    "must be a list",
    "must be a date",
)
"""How the schema refuses a number where something else stands."""
_EQUAL = 1e-9
"""Relative difference up to which two scenarios count as equal."""


def solve(
    scenario: Scenario,
    vary: str,
    conditions: Sequence[str | Condition],
    *,
    span: tuple[float, float] | None = None,
    prefer: Prefer = "nearest",
    against: Scenario | None = None,
) -> Solution:
    """The value of one input at which conditions are met.

    Args:
        scenario: What stands.
        vary: The input's dotted key.
        conditions: Such as ``tpot_s<=0.05``; all have to be met. With ``against`` one quantity's name.
        span: Least and largest value to try; default: 14 doublings and halvings from the present value,
            within the key's bounds.
        prefer: The ``nearest`` to the present value (where the conditions are met already, how far it may
            go), the ``least`` or the ``most`` of the range.
        against: Another scenario: where its quantity equals the first one's, with the key set in both.

    Returns:
        The value and what the quantities are there, or the value that comes nearest.

    Raises:
        ScenarioError: The key is none, is no number, or the range is none.
        QuantityError: A condition is none, or names no quantity.
    """
    wanted = _conditions(conditions, break_even=against is not None)
    one = plan(bind([scenario]))
    found = _input(vary, wanted)
    now, unit = _present(scenario, found)
    found = _checked(scenario, replace(found, unit=unit), now)
    scenarios = (scenario,) if against is None else (scenario, against)
    question = Question(scenarios, found, now, _checked_span(scenario, found, span), prefer, wanted)
    answer = _by_way(question, one, span)
    stands = [stands_on(each, answer.quantities, (vary,)) for each in scenarios]
    both = [text for text in stands[0] if all(text in texts for texts in stands)]
    apart = [
        f"{title(each)}: {text}"
        for each, texts in zip(scenarios, stands, strict=True)
        for text in texts
        if text not in both
    ]
    return replace(answer, notes=(*answer.notes, *both, *apart))


def _by_way(question: Question, one: Bound, span: tuple[float, float] | None) -> Solution:
    """By the way that is quickest for what is asked."""
    wanted, found, now = question.conditions, question.item, question.now
    if len(question.scenarios) > 1:
        return _break_even(question)
    goal = Goal(wanted[0].name, wanted[0].target, math.nan)
    is_plain = len(wanted) == 1 and wanted[0] == goal.condition and found in INPUTS
    if is_plain and span is None and question.prefer == "nearest" and present(one, found):
        reached = _as_reached(question)
        if reached.is_met or math.isnan(now):
            return reached
        walked = _walked(question)
        return walked if walked.is_met else replace(reached, notes=walked.notes)
    return _walked(question)


def _conditions(given: Sequence[str | Condition], *, break_even: bool) -> tuple[Condition, ...]:
    """What is given, read; for a break-even one quantity whose ratio is to be 1."""
    if not break_even:
        if not given:
            message = "nothing to solve for: give a condition, for example 'tpot_s<=0.05'"
            raise InferscopeError(message)
        return tuple(on_numbers(text, exact=False) for text in given)
    if len(given) != 1 or not isinstance(given[0], str):
        message = "a break-even is of one quantity: give its name, for example usd_per_query"
        raise InferscopeError(message)
    name = given[0].strip()
    if any(sign in name for sign in "<>="):
        message = f"a break-even takes the name of a quantity alone, not {name!r}"
        raise InferscopeError(message)
    return (Condition(number_quantity(name), ">=", 1.0),)


# --- the input -----------------------------------------------------------------------------------


def _input(key: str, wanted: Sequence[Condition]) -> Input:
    """The input of a key: one that everybody may turn, or any other number of the scenario."""
    known = next((item for item in INPUTS if item.key == key), None)
    if known is not None:
        return known
    if key.startswith(_PINS) and any(c.name == key.removeprefix(_PINS) for c in wanted):
        message = "is the very quantity that is solved for"
        raise ScenarioError(message, key=key)
    return Input(key, words(key), is_whole=limits(key).whole)


def _present(scenario: Scenario, item: Input) -> tuple[float, str]:
    """The present number, NaN where none is set, and its unit."""
    one = plan(bind([scenario]))
    pinned = item.key.removeprefix(_PINS)
    if pinned != item.key and pinned in REGISTRY.quantities:
        return float(evaluate_bound(one, (pinned,))[pinned][0]), REGISTRY.node(pinned).unit
    found = present(one, item)
    if found is None:
        return _recorded(one, item.key), item.unit
    now, moved = found
    same = [name for name, ratio in moved.items() if ratio == 1.0]
    is_own = item in INPUTS or not same
    return now, item.unit if is_own else REGISTRY.inputs[same[0]].unit


def _recorded(one: Bound, key: str) -> float:
    """A figure of the model's or the accelerator's record that is no input of its own; NaN where none is."""
    resolved, (section, _, name) = one.resolved[0], key.rpartition(".")
    if section == "model":
        value = resolved.scenario.model.overrides.get(name, (resolved.model.architecture or {}).get(name))
        return float(value) if isinstance(value, int | float) else math.nan
    known = resolved.accelerator.values.get(name) if section == "hardware" else None
    return math.nan if known is None or known.value is None else float(known.value)


def _checked(scenario: Scenario, item: Input, now: float) -> Input:
    """The input, once it is known to be a number of the scenario, and whether it has to be whole.

    Raises:
        ScenarioError: It names the nearest key, or says that the key holds no number.
    """
    bounds = limits(item.key)
    least = bounds.ge if bounds.ge is not None else min(1.0, bounds.le or 1.0)
    start = least if math.isnan(now) else now
    try:
        bind([with_values(scenario, {item.key: settable(item, start)})])
    except ScenarioError as error:
        if error.key == item.key and error.message.startswith(_OTHER_KINDS):
            message = "is not a number, and only numbers can be solved for"
            raise ScenarioError(message, key=item.key) from None
        raise
    if item in INPUTS or item.is_whole or not item.key.startswith(_CATALOGUED):
        return item
    try:
        bind([with_values(scenario, {item.key: math.floor(start) + 0.5})])
    except ScenarioError as error:
        return replace(item, is_whole="whole number" in error.message)
    return item


def _checked_span(
    scenario: Scenario, item: Input, span: tuple[float, float] | None
) -> tuple[float, float] | None:
    """The range, once both its ends are known to fit.

    Raises:
        ScenarioError: It is empty, reversed, not finite, or beyond the bounds of the key.
    """
    if span is None:
        return None
    low, high = span
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        message = f"a range goes from a lower to a higher number, not from {low:g} to {high:g}"
        raise ScenarioError(message, key=item.key)
    if item.is_whole:
        low, high = math.ceil(low), math.floor(high)
        if low > high:
            message = f"no whole number lies between {span[0]:g} and {span[1]:g}"
            raise ScenarioError(message, key=item.key)
    for end in (low, high):
        with_values(scenario, {item.key: settable(item, end)})
    return float(low), float(high)


# --- as = does -----------------------------------------------------------------------------------


def _as_reached(question: Question) -> Solution:
    """The answer of ``=``."""
    condition, key = question.conditions[0], question.item.key
    reached = reach(question.scenarios[0], condition.name, condition.target, (question.item,))
    if not reached:
        return _none(question, None, _why(question, question.now))
    (found,) = reached
    here = Walk(question).raw(question.scenarios[0], np.array([question.now]))
    is_met = bool(condition.met(here).all())
    if found.needed is not None:
        return _bounded(
            question, found.needed, (str(condition),), _beside(question, found.needed, is_met=is_met)
        )
    if is_met:
        return _answer(question, question.now, (), why=f"{key} {found.why}")
    why = (
        f"none of the values of {key} tried gives {condition}"
        if found.nearest is not None
        else f"{key} {found.why}"
    )
    return _none(question, found.nearest, why)


# --- with everything planned at each value ---------------------------------------------------------


def _walked(question: Question) -> Solution:
    """The answer where every value is planned anew."""
    walk = Walk(question)
    rays = where_to_look(question)
    values = [walk.at([ray], ray.points[np.newaxis]) for ray in rays]
    starts = [bool(met(question.conditions, value)[0, 0]) for value in values]
    is_first = question.prefer != "nearest" or rays[0].now != question.now
    if is_first and starts[0]:
        found = _answer(question, float(rays[0].points[0]), (RANGE,))
        return replace(found, notes=_places(question, _grids(rays, values)))
    tried = [
        path
        for ray, value in zip(rays, values, strict=True)
        for path in paths([ray], ray.points[np.newaxis], value, question.conditions, walk.at)
    ]
    turns = [end for path in tried if (end := bracket(path, question.conditions)) is not None]
    if turns:
        best = min(turns, key=lambda end: end.distance)
        binding = tuple(
            str(condition)
            for condition, beyond in zip(question.conditions, best.beyond, strict=True)
            if not condition.met(np.array([beyond]))[0]
        )
        outside = best.outside if np.isnan(best.beyond).any() else math.nan
        found = _bounded(question, best.needed, binding, outside)
        return replace(found, notes=_places(question, tried))
    if any(starts):
        return _answer(question, question.now, (), why=f"{question.item.key} meets it at every value tried")
    found = _none(question, *_nearest(question, tried, walk.refusal))
    return replace(found, notes=(*found.notes, *walk.notes))


def _grids(rays: Sequence[Ray], values: Sequence[Array]) -> list[Path]:
    """What was tried, where nothing is looked at more closely."""
    return [Path(ray, ray.points, value[:, 0]) for ray, value in zip(rays, values, strict=True)]


def _all_tried(tried: Sequence[Path]) -> tuple[Array, Array]:
    """Every value tried, rising, ``(n,)``, and the quantities there, ``(conditions, n)``."""
    points, first = np.unique(np.concatenate([path.points for path in tried]), return_index=True)
    return points, np.concatenate([path.values for path in tried], axis=1)[:, first]


def _places(question: Question, tried: Sequence[Path]) -> tuple[str, ...]:
    """That what was asked for holds in several places, where it does."""
    points, values = _all_tried(tried)
    if len(question.scenarios) > 1:
        above = values[0][np.isfinite(values[0])] >= 1.0
        count = int(np.count_nonzero(above[1:] != above[:-1]))
        what = "the two pass each other"
    else:
        good = np.concatenate([[False], met(question.conditions, values)])
        count = int(np.count_nonzero(good[1:] & ~good[:-1]))
        what = "the conditions are met"
    if count < 2:
        return ()
    seen = f"among {len(points):,} values tried {what} in {count} places apart"
    return (f"{seen}: this is the {question.prefer} of them, --least, --most and KEY=LOW:HIGH find others",)


def _nearest(question: Question, tried: Sequence[Path], refusal: str) -> tuple[float | None, str]:
    """The value tried at which the worst condition is missed by the least, and what to say."""
    points, columns = _all_tried(tried)
    missed = np.max([c.missed_by(v) for c, v in zip(question.conditions, columns, strict=True)], axis=0)
    if not np.isfinite(missed).any():
        return None, refusal or _why(question, question.now)
    span = f"between {points.min():.4g} and {points.max():.4g}"
    what = " and ".join(map(str, question.conditions))
    none = f"none of {len(points):,} values of {question.item.key} tried {span} gives {what}"
    return float(points[int(np.nanargmin(missed))]), none


def _break_even(question: Question) -> Solution:
    """Where the ratio of two scenarios' quantity passes 1."""
    walk = Walk(question)
    rays = where_to_look(question)
    first = np.concatenate([walk.at([ray], ray.points[np.newaxis])[0, 0] for ray in rays])
    known = first[np.isfinite(first)]
    name = question.conditions[0].name
    if not len(known):
        lacking = (_why(question, question.now, scenario) for scenario in question.scenarios)
        return _none(question, None, walk.refusal or next((why for why in lacking if why), ""))
    if abs(known[0] - 1.0) <= _EQUAL:
        return _answer(question, float(np.concatenate([ray.points for ray in rays])[np.isfinite(first)][0]))
    if np.ptp(known) <= _EQUAL * abs(known[0]):
        return _none(
            question, None, f"{question.item.key} moves {name} of both alike: {_ratio(question, known[0])}"
        )
    sign = ">=" if known[0] < 1.0 else "<="
    asked = question._replace(conditions=(Condition(name, sign, 1.0),))
    found = _walked(asked)
    if found.value is not None:
        return replace(found, binding=())
    return replace(
        found, why=f"{name} of the two is equal at none of {walk.tried:,} values of {question.item.key} tried"
    )


def _ratio(question: Question, ratio: float) -> str:
    """Two scenarios whose quantity keeps its ratio."""
    first, other = (title(scenario) for scenario in question.scenarios)
    return f"that of {first} stays {ratio:.4g} times that of {other}"


# --- what is said of it --------------------------------------------------------------------------


def _answer(question: Question, value: float, binding: tuple[str, ...] = (), *, why: str = "") -> Solution:
    figure = None if math.isnan(value) else value
    return replace(_said(question, figure, None, binding, why), is_met=True)


def _bounded(question: Question, value: float, binding: tuple[str, ...], outside: float) -> Solution:
    """An answer with what binds: the conditions, or that beyond it there is no value."""
    beyond = "" if math.isnan(outside) else _why(question, outside)
    found = _answer(question, value, (NO_VALUE,) if beyond else binding)
    return replace(found, beyond=beyond)


def _beside(question: Question, value: float, *, is_met: bool) -> float:
    """The next value on the other side of an answer: further out where the condition is met already."""
    now, item = 0.0 if math.isnan(question.now) else question.now, question.item
    up = (value > now) == is_met
    bounds = limits(item.key)
    low = bounds.ge if bounds.ge is not None else 0.0
    step = 1.0 if item.is_whole else 1e-6 * abs(value)
    return min(max(value + step if up else value - step, low), bounds.le or math.inf)


def _why(question: Question, value: float, scenario: Scenario | None = None) -> str:
    """Why one of the quantities has no value with the key at a value; nothing where all have one."""
    base = question.scenarios[0] if scenario is None else scenario
    change = {} if math.isnan(value) else {question.item.key: settable(question.item, value)}
    try:
        result = evaluate(with_values(base, change), question.quantities)
    except ScenarioError as error:
        return str(error)
    lacking = (f"{name}: {why}" for name in question.quantities if (why := result.why(name)))
    return next(lacking, "")


def _none(question: Question, nearest: float | None, why: str) -> Solution:
    return _said(question, None, nearest, (), why)


def _said(
    question: Question, value: float | None, nearest: float | None, binding: tuple[str, ...], why: str
) -> Solution:
    """The answer with what the quantities are now, there, and along the way."""
    item, walk = question.item, Walk(question)
    at = value if value is not None else nearest
    along = around(item, question.now, at)
    places = np.array([question.now, math.nan if at is None else at])
    raw = [walk.raw(scenario, places) for scenario in question.scenarios]
    curves = [walk.raw(scenario, along)[0] for scenario in question.scenarios if len(along)]
    figure = None if value is None else settable(item, value)
    now = None if math.isnan(question.now) else question.now
    return Solution(
        key=item.key,
        label=item.label,
        unit=item.unit,
        conditions=() if len(raw) > 1 else question.conditions,
        quantities=question.quantities,
        prefer=question.prefer,
        now=now,
        value=figure,
        factor=figure / now if figure is not None and now else None,
        here=tuple(tuple(column[:, 0].tolist()) for column in raw),
        there=() if at is None else tuple(tuple(column[:, 1].tolist()) for column in raw),
        binding=binding,
        nearest=None if nearest is None else settable(item, nearest),
        why=why,
        names=tuple(title(scenario) for scenario in question.scenarios),
        along=along,
        curves=tuple(curves),
    )
