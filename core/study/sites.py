"""Power lines of sites: what a scenario draws at one, and on how many a fleet stays below each line."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import numpy as np

from inferscope.core import catalog
from inferscope.core.evaluate import OUTPUTS, Result
from inferscope.core.policy.entries import rules_of
from inferscope.core.policy.facts import SITE_POWER
from inferscope.core.policy.predicates import COMPARE, Comparison
from inferscope.core.policy.rule import Rule
from inferscope.core.reasons import reasons
from inferscope.core.study.drawing import Axis, Curve, Mark
from inferscope.core.study.drawing import line as line_of
from inferscope.core.study.table import Column, Table, cell

__all__ = ["READ", "site_lines", "sites_to_stay_off"]

READ = (*OUTPUTS, "training_site_mw")
"""The quantities that a result has to hold."""

_COLUMNS = (
    Column("rule", "", "rule"),
    Column("jurisdiction", "", "where"),
    Column("load", "", "what"),
    Column("op", "", ""),
    Column("threshold", "", "at", unit_from="unit"),
    Column("unit", "", ""),
    Column("in_force", "", "in force"),
    Column("serving", "", "a site", unit_from="unit"),
    Column("verdict", "", "serving is"),
    Column("margin_oom", "", "orders"),
    Column("sites_needed", "", "sites to stay off"),
    Column("training", "", "training", unit_from="unit"),
    Column("training_verdict", "", "training is"),
    Column("source", "", "source"),
)
_WHAT = {
    "it_power_kw": "IT power of a site",
    "site_rated_input_mw": "rated input",
    "site_nominal_load_kw": "connected load",
    "site_mic_mva": "import capacity",
}
_UNITS = {
    "it_power_kw": "kW",
    "site_rated_input_mw": "MW",
    "site_nominal_load_kw": "kW",
    "site_mic_mva": "MVA",
}


_SITES = [column.name for column in _COLUMNS].index("sites_needed")
_MOST = 64
"""Sites up to which the load of one is drawn, if no line asks for more."""


def sites_to_stay_off(load: float, op: str, line: float) -> float:
    """Fewest equal parts of a load of which none meets a line; NaN for an unknown load.

    Args:
        load: The whole load, in the unit of the line.
        op: ``>`` or ``>=``, as the rule writes it.
        line: The threshold.

    >>> sites_to_stay_off(100.0, ">", 50.0), sites_to_stay_off(100.0, ">=", 50.0)
    (2.0, 3.0)
    """
    if math.isnan(load):
        return math.nan
    parts = load / line
    return max(1.0, float(math.ceil(parts) if op == ">" else math.floor(parts) + 1))


def site_lines(result: Result, on: dt.date | None = None, row: int = 0) -> Table:
    """The power lines that rules draw for sites, against serving and against the training run.

    Args:
        result: A result that holds what is read here.
        on: The day that is judged; default: the scenario's.
        row: The row of the scenario.

    Returns:
        One row a line, in order of size; numbers are None where a scenario does not say enough.
    """
    scenario = result.bound.resolved[row].scenario
    day = on or scenario.as_of
    found = sorted(_lines(rules_of(result, row)), key=lambda pair: _megawatts(pair[1]))
    rows = tuple(_row(result, row, rule, line, day) for rule, line in found)
    return Table(
        f"Power lines of sites, on {day.isoformat()}",
        _COLUMNS,
        rows,
        _sentence(result, row, rows),
        tuple(_changes(line[_SITES], result.bound.leaf("site_sites", row).value) for line in rows),
        _curve(result, row, found),
        tuple(_notes(result, row)),
    )


def _changes(needed: object, now: float) -> dict[str, object]:
    """What spreads the fleet over so many sites; nothing where it is, or where that is unknown."""
    return {} if needed is None or needed == now else {"site.sites": needed}


def _curve(result: Result, row: int, found: list[tuple[Rule, Comparison]]) -> Curve:
    """The load of one site over the number of sites, with the lines in MW."""
    x = Axis("site.sites", "1", "sites that share the fleet", log=True)
    y = Axis("site_load_mw", "MW", "load of one site", log=True)
    now, sites = float(result["site_load_mw"][row]), result.bound.leaf("site_sites", row).value
    whole = now * sites
    if math.isnan(whole):
        return Curve(
            "sites",
            "Load of one site",
            x,
            y,
            why=reasons(result.bound, ["site_load_mw"], row)["site_load_mw"],
        )
    lowest = min((_megawatts(line) for _, line in found), default=whole)
    count = np.geomspace(1.0, max(_MOST, 2.0 * whole / lowest), 96)
    drawn = {f"{line.line:,.4g} {_UNITS[line.quantity]}": _megawatts(line) for _, line in found}
    marks = [Mark("now", sites, now), *(Mark(label, None, at) for label, at in drawn.items())]
    return Curve("sites", "Load of one site", x, y, (line_of("serving", count, whole / count),), tuple(marks))


def _lines(rules: tuple[Rule, ...]) -> Iterator[tuple[Rule, Comparison]]:
    """Comparisons of site power in rules; one rule may hold several, and the same twice."""
    for rule in rules:
        seen = set()
        for part in rule.predicate.comparisons():
            key = part.quantity, part.op, part.line
            if part.quantity in SITE_POWER and part.op in (">", ">=") and key not in seen:
                seen.add(key)
                yield rule, part


def _megawatts(line: Comparison) -> float:
    factor = SITE_POWER[line.quantity][1]
    return float(line.line) / factor


def _row(result: Result, row: int, rule: Rule, line: Comparison, day: dt.date) -> tuple[object, ...]:
    quantity, factor, *_ = SITE_POWER[line.quantity]
    serving = factor * float(result[quantity][row])
    sites = result.bound.leaf("site_sites", row).value
    training = factor * _training(result, row, quantity)
    at = float(line.line)
    return (
        rule.id,
        rule.jurisdiction,
        _WHAT[line.quantity],
        line.op,
        at,
        _UNITS[line.quantity],
        "yes" if rule.binds_on(day) else "no",
        cell(serving),
        _word(line, serving),
        None if math.isnan(serving) or serving <= 0 else math.log10(serving / at),
        cell(sites_to_stay_off(serving * sites, line.op, at)),
        cell(training),
        _word(line, training),
        rule.source,
    )


def _training(result: Result, row: int, quantity: str) -> float:
    """The training run's load in the terms of a quantity of serving sites."""
    load = float(result["training_site_mw"][row])
    leaf = result.bound.leaf
    if quantity == "site_it_mw":
        return load / leaf("training_pue", row).value
    return load / leaf("site_power_factor", row).value if quantity == "site_load_mva" else load


def _word(line: Comparison, value: float) -> str:
    if math.isnan(value):
        return "unknown"
    return "caught" if COMPARE[line.op](value, line.line) else "below"


def _sentence(result: Result, row: int, rows: tuple[tuple[object, ...], ...]) -> str:
    """What the table says, with the numbers that carry it."""
    load, sites = float(result["site_load_mw"][row]), result.bound.leaf("site_sites", row).value
    if math.isnan(load):
        return "What serving draws is unknown."
    place = "one site" if sites == 1 else f"each of {sites:,.4g} sites"
    text = f"Serving draws {_megawatts_text(load)} at {place}"
    names = [column.name for column in _COLUMNS]
    caught = [dict(zip(names, line, strict=True)) for line in rows]
    caught = [line for line in caught if line["verdict"] == "caught"]
    if caught:
        lowest = caught[0]
        at = f"{lowest['threshold']:,.4g} {lowest['unit']}"
        parts = f"{lowest['sites_needed']:,.4g} equal sites"
        text += f" and meets {len(caught)} of {len(rows)} lines; {parts} keep each off the lowest ({at})"
    else:
        text += f", below all {len(rows)} lines"
    training = float(result["training_site_mw"][row])
    if not math.isnan(training):
        text += f". The training run drew {_megawatts_text(training)} at one place"
    return f"{text}."


def _megawatts_text(load: float) -> str:
    """A load in the unit in which it is read: kW below one MW.

    >>> _megawatts_text(2.2), _megawatts_text(0.0052), _megawatts_text(1234.5)
    ('2.2 MW', '5.2 kW', '1,234 MW')
    """
    if load < 1:
        return f"{1000 * load:.3g} kW"
    return f"{load:,.0f} MW" if load >= 100 else f"{load:.3g} MW"


def _notes(result: Result, row: int) -> Iterator[str]:
    """What a reader has to know, and the electricity of a year beside the world's data centres."""
    scenario = result.bound.resolved[row].scenario
    yield "only power is compared: whether a rule reaches the site is `inferscope policy`'s answer"
    if scenario.hardware.fleet_accelerators is None and scenario.workload.demand_per_s() is None:
        yield "without a demand one replica is counted: set workload.requests_per_s for a fleet"
    if scenario.training.days is None:
        yield "the training run's load needs training.days, how long it took"
    year = float(result["twh_per_year"][row])
    if not math.isnan(year):
        for when in ("2024", "2030"):
            world = catalog.world_figures()[f"datacentre_twh_{when}"]
            share = 100 * year / float(world.value or math.nan)
            yield (
                f"{year:.3g} TWh a year ({scenario.site.boundary} boundary) are {share:.2g} % of the"
                f" {world.value:,.4g} TWh of all data centres in {when} ({world.source})"
            )
