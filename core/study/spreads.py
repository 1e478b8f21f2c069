"""Ranges of a report: the same scenario at a few hundred draws of what it does not know exactly."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import Result
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.leaves.leaf import error_class
from inferscope.core.policy.spreads import inputs_read
from inferscope.core.spread import Spread
from inferscope.core.study.drawing import listed
from inferscope.core.study.draws import ERROR_FACTORS, Uncertain, catalog_numbers, model_errors, uncertain
from inferscope.core.study.sampling import At, at_draws, drawn, ends

__all__ = [
    "DRAWS",
    "LIMITS",
    "limit_inputs",
    "lower_than_first",
    "missed_share",
    "numbers_of",
    "percent",
    "plan_words",
    "with_ranges",
]

DRAWS, SEED = 256, 0
"""Draws behind the ranges of a report, and their seed: the same for all, so that scenarios share them."""

LIMITS: Mapping[str, tuple[str, str]] = {
    "slo.ttft_s": ("ttft_s", "slo_ttft_s"),
    "slo.tpot_s": ("tpot_s", "slo_tpot_s"),
}
"""By the key of a limit: the quantity that it is for, and its input."""


def with_ranges(
    result: Result,
    *,
    catalog_ranges: bool = False,
    quick: bool = False,
    draws: int = DRAWS,
    seed: int = SEED,
    replanned: Collection[int] = (),
) -> Result:
    """The result, with the spread of every row over its uncertain numbers and the model's own error.

    Args:
        result: Planned and evaluated rows.
        catalog_ranges: Whether what the catalogue and the calibration know as a range counts as well.
        quick: Whether keys that do not vary like a number are held at the middle.
        draws: How many.
        seed: Their seed.
        replanned: The rows of which batch, layout and replicas that are ``auto`` are planned at each draw.
    """
    spreads = {}
    for row in range(len(result.bound.resolved)):
        numbers = numbers_of(result, row, catalog_ranges=catalog_ranges)
        if numbers:
            replan = row in replanned
            spreads[row] = _spread(result, row, numbers, draws, seed, quick=quick, replan=replan)
    return replace(result, spreads=spreads) if spreads else result


def numbers_of(result: Result, row: int = 0, *, catalog_ranges: bool = False) -> tuple[Uncertain, ...]:
    """The uncertain numbers of a row: the scenario's, the model's own error, on demand the catalogue's."""
    own = (*uncertain(result.bound.resolved[row].scenario), *model_errors(result.bound, row))
    return (*own, *catalog_numbers(result.bound, row)) if catalog_ranges else own


def _spread(
    result: Result,
    row: int,
    numbers: Sequence[Uncertain],
    draws: int,
    seed: int,
    *,
    quick: bool,
    replan: bool,
) -> Spread:
    inside, outside = drawn(numbers, draws, seed), ends(numbers)
    values = {name: np.concatenate([column, outside[name]]) for name, column in inside.items()}
    limits = limit_inputs(result, row)
    judged = ("fits_memory", *(quantity for quantity, limit in LIMITS.values() if limit in limits))
    names = tuple(dict.fromkeys((*result.values, *inputs_read(result, row), *limits, *judged)))
    try:
        at = at_draws(result.bound, row, numbers, values, names, quick=quick, replan=replan)
    except ScenarioError as error:
        none = {name: np.full(draws, math.nan) for name in names}
        return Spread(none, draws, tuple(values), notes=(f"no draw of the ranges is possible: {error}",))
    missed = {key: missed_share(result, row, at.values, key, draws) for key in LIMITS}
    known = {key: share for key, share in missed.items() if share is not None}
    moving = {key: column for key, column in values.items() if key not in at.left_out}
    spread = Spread({**moving, **at.values}, draws, tuple(moving), known)
    return replace(spread, notes=(*_notes(spread, at, replan=replan), *_class_notes(result, row, spread)))


def limit_inputs(result: Result, row: int = 0) -> list[str]:
    """The inputs of the limits that a row has."""
    return [name for key, (_, name) in LIMITS.items() if _is_set(result, row, key)]


def _is_set(result: Result, row: int, key: str) -> bool:
    """Whether a row has a limit."""
    slo = result.bound.resolved[row].scenario.slo
    return getattr(slo, key.removeprefix("slo.")) is not None


def missed_share(result: Result, row: int, values: Mapping[str, Array], key: str, draws: int) -> float | None:
    """The share of draws that miss a limit; those that do not fit miss it as well.

    Returns:
        None where there is no such limit, or nothing is known of what it is for.
    """
    quantity, limit = LIMITS[key]
    if not _is_set(result, row, key):
        return None
    fits = values["fits_memory"][:draws]
    found, allowed, fits = (
        v[~np.isnan(fits)] for v in (values[quantity][:draws], values[limit][:draws], fits)
    )
    without = np.isnan(found) & (fits > 0)
    is_open = without.any() and not result.why(quantity, row).startswith("slo_unreachable")
    if not len(found) or (without.all() and is_open):
        return None
    return float(np.mean(~(found <= allowed)))


def lower_than_first(result: Result, name: str) -> tuple[float | None, ...]:
    """Of each row the share of the draws in which a quantity is below that of the first row.

    Rows share the draws of the numbers that they share. Draws without a value are left out.

    Returns:
        None for the first row, and where no draw moves the quantity.
    """
    rows = range(len(result[name]))
    found: list[float | None] = [None for _ in rows]
    if not result.spreads or REGISTRY.quantities[name].unit in ("bool", "code"):
        return tuple(found)
    draws = min(spread.draws for spread in result.spreads.values())
    columns = [
        result.spreads[row].values[name][:draws]
        if row in result.spreads
        else np.full(draws, result[name][row])
        for row in rows
    ]
    for row, column in enumerate(columns[1:], 1):
        known = ~np.isnan(column) & ~np.isnan(columns[0])
        here, first = column[known], columns[0][known]
        if len(here) and max(np.ptp(here), np.ptp(first)) > 0:
            found[row] = float(np.mean(here < first))
    return tuple(found)


def _notes(spread: Spread, at: At, *, replan: bool) -> list[str]:
    """What a reader of ranges has to know."""
    words = plan_words(at, replan=replan)
    found = [f"ranges are P5 and P95 of {spread.draws} draws of {drawn_words(spread.names)}; {words}"]
    if at.left_out:
        found.append(f"held at the middle, since they do not vary like a number: {', '.join(at.left_out)}")
    fits = spread.values["fits_memory"][: spread.draws] if "fits_memory" in spread.values else np.ones(1)
    unfit = float(np.mean(fits == 0.0))
    if unfit > 0:
        found.append(f"{percent(unfit)} of the draws do not fit in memory, and are left out of the ranges")
    for key, share in spread.missed.items():
        if share > 0:
            found.append(f"{key} is missed in {percent(share)} of the draws")
    if at.refused[0]:
        share = at.refused[0] / len(next(iter(spread.values.values())))
        found.append(f"{percent(share)} of the draws cannot be: {at.refused[1]}")
    return found


def _class_notes(result: Result, row: int, spread: Spread) -> list[str]:
    """From which class of accelerator the model's own error comes."""
    if not any(name in ERROR_FACTORS for name in spread.names):
        return []
    title = error_class(result.bound.resolved[row].accelerator).title
    return [f"the model's own error is that of {title} (`inferscope show constant decode_time_factor`)"]


def drawn_words(names: Sequence[str]) -> str:
    """What was drawn: the model's own error, and numbers by name, or how many they are.

    >>> drawn_words(["calibration_power_factor", "site.pue"])
    "the model's own error and site.pue"
    """
    own = [name for name in names if name not in ERROR_FACTORS]
    shown = own if len(own) <= 4 else [f"{len(own)} numbers"]
    return listed([*(["the model's own error"] if len(own) < len(names) else []), *shown])


def plan_words(at: At, *, replan: bool = False) -> str:
    """When batch, layout and replicas were planned."""
    if replan or at.follows:
        return "batch, layout and replicas planned at each draw"
    return "batch, layout and replicas held as planned at the middle"


def percent(share: float) -> str:
    """A share in per cent, never rounded to none or all.

    >>> percent(0.123), percent(0.0004), percent(0.9999)
    ('12 %', 'less than 0.1 %', 'more than 99.9 %')
    """
    if 0 < share < 0.001:
        return "less than 0.1 %"
    if 0.999 < share < 1:
        return "more than 99.9 %"
    return f"{100 * share:.3g} %" if share >= 0.99 or share < 0.01 else f"{100 * share:.2g} %"
