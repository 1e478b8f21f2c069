"""What scaled inference does in service: copies, wages, cost, compute, scale; and scores by attempts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from inferscope.core import catalog
from inferscope.core.evaluate import OUTPUTS, Result, evaluate, evaluate_bound
from inferscope.core.graph import REGISTRY
from inferscope.core.policy.entries import policy_entries
from inferscope.core.policy.words import standing, verdict_word
from inferscope.core.quantities.scaling import growth_per_year
from inferscope.core.scenario.changed import title
from inferscope.core.scenario.schema import Scenario
from inferscope.core.sentences import money
from inferscope.core.shown import figure, reason_text
from inferscope.core.study.drawing import Axis, Curve, Mark, line, listed
from inferscope.core.study.table import Column, Table, cell
from inferscope.core.units import human

__all__ = ["QUANTITIES", "attempts", "deployment"]

_SHOWN = (
    *("agent_tok_s", "copies_on_fleet", "agents_by_flop", "copies_left", "copies_recovery_years"),
    *("usd_per_scaled_query", "mean_usd_per_scaled_query", "usd_per_agent_hour", "wage_multiplier"),
    *("wage_parity_years", "stolen_weights_usd", "stolen_weights_share", "lifetime_inference_usd"),
    *("optimal_inference_usd", "inference_share_of_lifetime_usd", "cost_of_ten_times_training"),
    *("cost_of_ten_times_inference", "served_flop", "lifetime_flop", "served_over_trained"),
    *("crossover_queries", "queries_per_month", "daily_users", "user_line_share", "users_at_capacity"),
)
_RATES = {
    "independent_pass_rate": "any of k, one task",
    "coverage": "any of k, many tasks",
    "vote_pass_rate": "majority of k",
    "selected_pass_rate": "picked by a checker",
    "log_linear_pass_rate": "log-linear",
}
QUANTITIES = (*_SHOWN, *_RATES, "scaled_cost_factor")
"""Quantities of the graph that these tables are made of."""
_BY_SCALE = "us.fed.hr8094"
_LEAST = 1e-5
"""Shares below are said to be so."""
_GRID = np.geomspace(1.0, 1e4, 49)
_HUNDRED = 101.0
_SAMPLES = np.array([1.0, 3, 5, 11, 25, 51, 101, 251, 501, 1001])


def deployment(scenario: Scenario) -> Table:
    """Every quantity of scaled inference in service, or why it has no number.

    Returns:
        One row a quantity, with copies against the multiplier as its curve.
    """
    result = evaluate(scenario, tuple(dict.fromkeys((*OUTPUTS, *QUANTITIES))))
    sentence = _sentence(result)
    return Table(
        f"Scaled inference in service: {title(scenario)}",
        (
            Column("label", "", "What"),
            Column("value", "", "Value", unit_from="unit"),
            Column("unit"),
            Column("why", "", "Why not"),
            Column("quantity", "", "Quantity"),
        ),
        tuple(_row(result, name) for name in _SHOWN),
        sentence,
        curve=_copies(result, sentence),
        notes=_notes(result),
    )


def _at(result: Result, name: str) -> float:
    return float(result[name][0])


def _row(result: Result, name: str) -> tuple[object, ...]:
    node, value = REGISTRY.quantities[name], _at(result, name)
    known = math.isfinite(value)
    why = "" if known else reason_text(result.why(name) or "unknown: larger than any number")
    return (node.label, value if known else None, node.unit, why, name)


def _sentence(result: Result) -> str:
    k = result.bound.leaf("test_time_multiplier").value
    parts = []
    if math.isfinite(copies := _at(result, "copies_on_fleet")):
        speed = human(_at(result, "agent_tok_s"), "tokens/s")
        parts.append(
            f"at {human(k, '1')} times the inference {human(copies, '1')} copies work at once at {speed}"
        )
    if math.isfinite(hour := _at(result, "usd_per_agent_hour")):
        parts.append(f"an hour of one costs {money(hour)}")
    if math.isfinite(share := _at(result, "inference_share_of_lifetime_usd")):
        name = "inference_share_of_lifetime_usd"
        parts.append(f"{figure(share, '1', name)} of the lifetime's cost is inference")
    if math.isfinite(served := _at(result, "served_flop")):
        parts.append(f"{human(served, 'FLOP')} are served that no training count sees")
    name = result.bound.resolved[0].model.name
    if not parts:
        return f"{name} cannot be served here: {reason_text(result.why('copies_on_fleet'))}."
    return f"{name}: {'; '.join(parts)}."


def _copies(result: Result, sentence: str) -> Curve:
    """Copies against the multiplier, and what an hour of one costs."""
    across = Axis("test_time_multiplier", "1", "inference multiplier", log=True)
    up = Axis("copies_on_fleet", "1", "copies at work on the fleet", log=True)
    now = result.bound.leaf("test_time_multiplier").value
    here = _at(result, "copies_on_fleet")
    if not here > 0:
        why = result.why("copies_on_fleet")
        return Curve("copies", "Copies against inference", across, up, why=why)
    grid = np.unique(np.append(_GRID, now))
    found = evaluate_bound(result.bound.with_inputs({"test_time_multiplier": grid}), (up.name,))
    marks = [Mark("now", now, here)]
    wage = _at(result, "wage_multiplier")
    if math.isfinite(wage) and wage >= 1:
        marks.append(Mark("costs the wage", wage, None))
    return Curve(
        "copies",
        "Copies against inference",
        across,
        up,
        (line("copies", grid, found[up.name]),),
        tuple(marks),
        sentence,
    )


def _notes(result: Result) -> list[str]:
    months = catalog.technique_default("algorithmic_halving_months")
    faster = float(growth_per_year(np.array([months.value or math.nan]))[0])
    years = result.bound.leaf("routes_years_since_training").value
    return [
        (
            "copies count the fleet's tokens by the serving model, agents its FLOP in use by then"
            " (Heim); both fall with the multiplier"
        ),
        f"weights are valued {years:g} years after training (routes.years_since_training)",
        *_scale_notes(result),
        (
            f"compute for the same result halves every {months.value:g} months ({months.low:g} to"
            f" {months.high:g}; Ho et al. 2024): {faster:.3g} times cheaper a year is what algorithms alone"
            " would give test_time.price_decline_per_year"
        ),
        "ten times the training or the inference: by the elasticity at the present shares of lifetime cost",
    ]


def _scale_notes(result: Result) -> list[str]:
    """What the bill that counts users and downloads says, and what the daily users add to that."""
    notes = []
    for entry in policy_entries(result):
        if entry["id"] == _BY_SCALE:
            needs = f", for want of {listed(entry['missing'])}" if entry["missing"] else ""
            lines = "10 million monthly users, as many downloads, or 1e26 FLOP"
            notes.append(f"H.R. 8094 ({standing(entry)}), {lines}: {verdict_word(entry)}{needs}")
    share = _at(result, "user_line_share")
    if share > 1:
        notes.append("monthly users are at least the daily ones, so that the bill's line on users is passed")
    elif math.isfinite(share):
        notes.append("monthly users are at least the daily ones, which are below the bill's line")
    return notes


# --- attempts -------------------------------------------------------------------------------------


def attempts(scenario: Scenario) -> Table:
    """Share of tasks solved by one to a thousand attempts, with what they cost."""
    result = evaluate(scenario, ("usd_per_query", *_RATES))
    grid = result.bound.with_inputs({"test_time_multiplier": _SAMPLES})
    found = evaluate_bound(grid, ("usd_per_scaled_query", "effective_training_flop", *_RATES))
    why = result.why("coverage")
    sentence = _attempts_sentence(found, why)
    names = ("usd_per_scaled_query", *_RATES, "effective_training_flop")
    return Table(
        f"Scores by attempts: {title(scenario)}",
        (
            Column("attempts", "1", "Attempts k"),
            Column("usd_per_query", "USD", "A query"),
            *(Column(name, "1", label[0].upper() + label[1:]) for name, label in _RATES.items()),
            Column("effective_training_flop", "FLOP", "By the law"),
        ),
        tuple((float(k), *(cell(found[name][place]) for name in names)) for place, k in enumerate(_SAMPLES)),
        sentence,
        curve=_scores(found, sentence, why),
        notes=_attempts_notes(result),
    )


def _attempts_sentence(found: Result, why: str) -> str:
    if why:
        return _by_law(found, why)
    first, last = ({name: float(found[name][place]) for name in _RATES} for place in (0, -1))
    cost = found["usd_per_scaled_query"]
    price = f" for {money(float(cost[-1]))} a query" if math.isfinite(float(cost[-1])) else ""
    return (
        f"From {_percent(first['coverage'])} with one attempt to {_percent(last['coverage'])} of many tasks"
        f" with {_SAMPLES[-1]:,.0f}{price}, where the right answer is recognised; a majority gets"
        f" {_percent(last['vote_pass_rate'])} of tasks that are all as hard."
    )


def _by_law(found: Result, why: str) -> str:
    """What a hundred times the inference buys where no score is known."""
    place = int(np.flatnonzero(_SAMPLES == _HUNDRED)[0])
    acts, cost = (float(found[name][place]) for name in ("effective_training_flop", "usd_per_scaled_query"))
    if not math.isfinite(acts):
        return f"No score can be given: {reason_text(why)}."
    price = f" for {money(cost)} a query" if math.isfinite(cost) else ""
    return (
        f"With {_HUNDRED:g} attempts{price} the model acts by the law like one of {human(acts, 'FLOP')};"
        f" what they solve {reason_text(why)}."
    )


def _percent(share: float) -> str:
    return f"{human(100 * share, '1')} %" if share == 0 or share >= _LEAST else f"under {100 * _LEAST:g} %"


def _scores(found: Result, sentence: str, why: str) -> Curve:
    across = Axis("test_time_multiplier", "1", "attempts", log=True)
    up = Axis("", "1", "share solved")
    if why:
        up = Axis("effective_training_flop", "FLOP", "acts like", log=True)
        acts = line("by the law", _SAMPLES, found[up.name])
        drawn, missing = ((acts,), "") if acts.x else ((), why)
        return Curve("attempts", "Scores by attempts", across, up, drawn, (), sentence, missing)
    every = [line(label, _SAMPLES, found[name]) for name, label in _RATES.items()]
    series = tuple(each for each in every if each.x)
    return Curve("attempts", "Scores by attempts", across, up, series, sentence=sentence)


def _attempts_notes(result: Result) -> Sequence[str]:
    leaf = result.bound.leaf("test_time_coverage_exponent")
    return [
        (
            f"coverage: c(k) = c(1)^(k^b) with b = {leaf.value:.3g}: {leaf.source}; other tasks have"
            " another (test_time.coverage_exponent)"
        ),
        (
            "any of k needs a check that knows the right answer; one that errs ends the gain"
            " at a finite k, and votes of real models level off at some hundred samples"
        ),
    ]
