"""What an answer is sensitive to: one number at a time, in ratio, and by share of the variance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from inferscope.core.errors import InferscopeError, QuantityError, ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study import rates, sobol
from inferscope.core.study.drawing import listed
from inferscope.core.study.factors import Factor, Trial, factors, held
from inferscope.core.study.movers import Answer, Mover, Sensitivity, in_words
from inferscope.core.study.options import METHODS
from inferscope.core.study.table import Watch

__all__ = ["METHODS", "Answer", "Mover", "Sensitivity", "sensitivity"]

_NO_INDICES = "no Sobol indices"
_STILL = 1e-12
"""Share of a quantity below which it counts as unmoved."""

Movers = dict[str, list[Mover]]
"""What each factor does, by quantity."""


def sensitivity(
    scenario: Scenario,
    of: str | Sequence[str],
    *,
    method: str = "tornado",
    samples: int = 1024,
    seed: int = 0,
    span: float = 0.2,
    catalog_ranges: bool = False,
    hold: bool = False,
    watch: Watch | None = None,
) -> Sensitivity:
    """Which numbers of a scenario move quantities, and how much.

    A number with a range goes to its two ends (the 5th and 95th percentile of a normal or lognormal
    one), any other by ``span`` of its value to either side; numbers of a group go together. Elasticities
    are per cent for a per cent, with everything planned held. Sobol indices are over the numbers with a
    range where there are any, else over all, evenly within ``span``; they count the numbers as
    independent.

    Args:
        scenario: What stands.
        of: Names of quantities.
        method: One of :data:`METHODS`.
        samples: Of the Sobol indices, a power of two.
        seed: Of the Sobol indices.
        span: A share, 0.2 for 20 %.
        catalog_ranges: Whether the ranges that the catalogue and the calibration know count as well.
        hold: Whether batch, layout and replicas that are ``auto`` are planned once for the scenario as it
            stands, and not at each point.
        watch: Told how many points are done.

    Returns:
        The factors by quantity, the strongest first.

    Raises:
        QuantityError: There is no such quantity, or it is no number.
        ScenarioError: The scenario cannot be evaluated.
        InferscopeError: An option is out of bounds, or Sobol indices are asked for without SALib.
    """
    names = (of,) if isinstance(of, str) else tuple(dict.fromkeys(of))
    methods = _checked(names, method, span)
    if "sobol" in methods:
        sobol.check_draw(samples, seed)
        sobol.libraries()
    found = factors(scenario, names, span=span, catalog_ranges=catalog_ranges)
    base = evaluate(scenario, names)
    stands = Trial(held(scenario) if hold else scenario, found.factors)
    movers: Movers = {name: [Mover(factor) for factor in found.factors] for name in names}
    notes, special = list(found.notes), dict[str, str]()
    if "tornado" in methods:
        movers = _swung(stands, movers, watch)
    if "elasticity" in methods:
        fixed = stands if hold else Trial(held(scenario), found.factors)
        movers = _rated(movers, rates.elasticities(fixed, names, watch))
    if "sobol" in methods:
        drawn = _drawn(found.factors)
        notes.append(_about_sobol(drawn, found.factors, samples, span))
        movers, special = _shared(stands, drawn, movers, samples, seed, watch)
    answers = tuple(
        _answer(name, float(base[name][0]), base.why(name), movers[name], special.get(name, ""))
        for name in names
    )
    return Sensitivity(scenario, answers, methods, (*_about(methods, found.factors, span, hold=hold), *notes))


def _checked(names: Sequence[str], method: str, span: float) -> tuple[str, ...]:
    """The methods that a word means.

    Raises:
        QuantityError: There is no such quantity, or it is no number.
        InferscopeError: Another option is out of bounds.
    """
    for name in names:
        if REGISTRY.node(name).unit in ("code", "bool") or REGISTRY.node(name).slotted:
            message = f"{name} is not a single number, which a study of sensitivity needs"
            raise QuantityError(message)
    if not names:
        message = "name a quantity, such as usd_per_million_output_tokens"
        raise QuantityError(message)
    if method not in METHODS:
        message = f"unknown method {method!r}: methods are {', '.join(METHODS)}"
        raise InferscopeError(message)
    if not 0.0 < span < 1.0:
        message = f"span is a share: it must be between 0 and 1, not {span:g}"
        raise InferscopeError(message)
    return METHODS[:-1] if method == "all" else (method,)


# --- the three methods ---------------------------------------------------------------------------


def _swung(trial: Trial, movers: Movers, watch: Watch | None) -> Movers:
    """With the values at both ends of each factor, all others as they are."""
    rows = 2 * len(trial.factors) + 1
    columns: dict[str, Array] = {}
    for place, factor in enumerate(trial.factors):
        for at, ends in enumerate(factor.ends()):
            for key, value in ends.items():
                columns.setdefault(key, np.full(rows, trial.now[key]))[2 * place + at] = value
    found = trial.at(tuple(movers), columns, rows, watch)
    result: Movers = {}
    for name, some in movers.items():
        *ends, base = found[name].tolist()
        pairs = zip(ends[::2], ends[1::2], strict=True)
        result[name] = [
            replace(
                mover,
                at_low=low,
                at_high=high,
                swing=_width(low, base, high),
                why=_why(trial, mover.factor, name, (low, high)) if base == base else "",  # noqa: PLR0124
            )
            for mover, (low, high) in zip(some, pairs, strict=True)
        ]
    return result


def _rated(movers: Movers, found: Mapping[str, Sequence[rates.Rate]]) -> Movers:
    """With elasticities."""
    return {
        name: [replace(mover, rate=rate) for mover, rate in zip(some, found[name], strict=True)]
        for name, some in movers.items()
    }


def _width(*values: float) -> float:
    """How far apart values are that are known."""
    known = [float(value) for value in values if not math.isnan(value)]
    return max(known) - min(known) if known else math.nan


def _why(trial: Trial, factor: Factor, name: str, ends: tuple[float, float]) -> str:
    """Why a quantity has no value at an end of a factor."""
    texts = []
    for word, value, changes in zip(("low", "high"), ends, factor.ends(), strict=True):
        if not math.isnan(value):
            continue
        try:
            why = evaluate(trial.changed(changes), (name,)).why(name)
        except ScenarioError as error:
            why = error.message
        texts.append(f"none at the {word} end: {in_words(why)}")
    return "; ".join(texts)


def _drawn(found: Sequence[Factor]) -> tuple[Factor, ...]:
    """The factors with a range of their own; all where none has."""
    ranged = tuple(factor for factor in found if factor.origin != "span")
    return ranged or tuple(found)


def _shared(
    trial: Trial, drawn: Sequence[Factor], movers: Movers, samples: int, seed: int, watch: Watch | None
) -> tuple[Movers, dict[str, str]]:
    """With Sobol indices of the factors that are drawn; and what is to be said of a quantity's."""
    names = tuple(movers)
    if not drawn:
        return movers, {}

    def at(shares: Array) -> Array:
        columns: dict[str, Array] = {}
        for place, factor in enumerate(drawn):
            columns.update(factor.at(shares[:, place]))
        found = trial.at(names, columns, len(shares))
        return np.stack([found[name] for name in names], axis=1)

    indices = sobol.variance_shares(at, len(drawn), samples, seed, watch)
    places = {factor.name: place for place, factor in enumerate(drawn)}
    result: Movers = {}
    special = {}
    for name, found in zip(names, indices, strict=True):
        result[name] = [
            mover if mover.factor.name not in places else _with(mover, found, places[mover.factor.name])
            for mover in movers[name]
        ]
        if found.why:
            special[name] = f"{_NO_INDICES}: {found.why}"
        elif found.lost:
            special[name] = f"{found.lost} of {samples} samples left out: without a value at some point"
    return result, special


def _with(mover: Mover, found: sobol.Indices, place: int) -> Mover:
    """With the Sobol indices at a place."""
    return replace(
        mover,
        first=float(found.first[place]),
        first_error=float(found.first_error[place]),
        total=float(found.total[place]),
        total_error=float(found.total_error[place]),
    )


# --- what is said of it --------------------------------------------------------------------------


def _answer(name: str, base: float, why: str, found: Sequence[Mover], special: str) -> Answer:
    """One quantity with its movers, the strongest first."""
    node = REGISTRY.node(name)
    scale = _STILL * abs(base) if math.isfinite(base) else 0.0
    moving = [mover for mover in found if _moves(mover, scale)]
    ordered = sorted(moving, key=_strength, reverse=True)
    still = tuple(mover.factor.label for mover in found if mover not in moving and _is_known(mover))
    open_ = tuple(mover.factor.label for mover in found if mover not in moving and not _is_known(mover))
    notes = [f"{node.label}: {special}"] if special else []
    if still and moving:
        notes.append(f"{node.label} is moved by {len(moving)} of {len(found)} inputs, not by {len(still)}")
    gap = special if special.startswith(_NO_INDICES) else ""
    return Answer(name, node.label, node.unit, base, why, tuple(ordered), still, tuple(notes), open_, gap)


def _is_known(mover: Mover) -> bool:
    """Whether any method has a number for it."""
    return any(math.isfinite(effect) for effect in (mover.swing, mover.rate.value, mover.total))


def _moves(mover: Mover, scale: float) -> bool:
    """Whether any method saw an effect."""
    effects = (mover.rate.value, mover.rate.below, mover.rate.above, mover.total)
    return mover.swing > scale or bool(mover.why) or any(abs(e) > _STILL for e in effects if e == e)  # noqa: PLR0124


def _strength(mover: Mover) -> tuple[float, float, float]:
    """What the order goes by: the swing, else the total index, else the elasticity."""
    values = (mover.swing, mover.total, abs(mover.rate.value))
    swing, total, rate = (-1.0 if math.isnan(value) else value for value in values)
    return swing, total, rate


def _about(methods: Sequence[str], found: Sequence[Factor], span: float, *, hold: bool) -> tuple[str, ...]:
    """How the factors were moved."""
    kinds: dict[str, int] = {}
    for factor in found:
        kinds[factor.origin] = kinds.get(factor.origin, 0) + 1
    notes = []
    if methods != ("elasticity",):
        texts = {
            "scenario": "{} by the scenario's ranges",
            "catalogue": "{} by the ranges of the catalogue and the calibration",
            "span": f"{{}} by {100 * span:g} % to either side, within bounds, whole numbers by one at least",
        }
        moved = [text.format(kinds[kind]) for kind, text in texts.items() if kind in kinds]
        plan = "held as the scenario stands" if hold else "follow at every point"
        notes.append(f"inputs moved: {listed(moved)}; batch, layout and replicas that are auto {plan}")
    if "elasticity" in methods:
        notes.append(rates.ABOUT)
    return tuple(notes)


def _about_sobol(drawn: Sequence[Factor], found: Sequence[Factor], samples: int, span: float) -> str:
    """Over what the variance is taken."""
    points = sobol.points_needed(len(drawn), samples)
    over = f"the {len(drawn)} inputs with a range"
    if len(drawn) == len(found) and all(factor.origin == "span" for factor in drawn):
        over = f"all {len(drawn)} inputs, evenly within {100 * span:g} %, since none has a range"
    return (
        f"Sobol indices over {over}, counted as independent: {samples:,} samples, {points:,} points; "
        "first-order is what an input carries alone, total what it has a part in; 95 % confidence"
    )
