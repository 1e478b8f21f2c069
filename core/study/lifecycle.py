"""The life of a model: serving adds up month by month, and passes training by one count after another."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from inferscope.core import units
from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import Result, evaluate
from inferscope.core.graph import Array
from inferscope.core.quantities.functions import total_days
from inferscope.core.scenario.schema import Scenario
from inferscope.core.shown import figure, reason_text
from inferscope.core.standing import cost_basis, training_basis
from inferscope.core.study.drawing import Axis, Curve, Mark, line, listed
from inferscope.core.study.options import MEASURES, MOST_MONTHS
from inferscope.core.study.table import Column, Table, cell

__all__ = ["QUANTITIES", "Life", "lifecycle"]

_RUNS = {"final run": "", "all runs": "_all_runs", "all R&D": "_all_rnd"}
"""What serving is held against, and what that is called in the names of quantities."""
_TRAINED = {"final run": "training", "all runs": "all_runs", "all R&D": "all_rnd"}
_SPOKEN = {"final run": "the final run"}
_MEASURES = {"usd": "USD", "flop": "FLOP"}
_GROWTH = {"usd": "spent_growth_per_year", "flop": "served_growth_per_year"}
_SHARE = {"usd": "inference_share_of_lifetime_usd", "flop": "inference_share_of_lifetime_flop"}
QUANTITIES = tuple(
    name
    for measure in MEASURES
    for name in (
        *(f"crossover_days{run}_{measure}" for run in _RUNS.values()),
        *(f"{name}_{measure}" for name in _TRAINED.values()),
        f"served_{measure}_per_day",
        _GROWTH[measure],
        _SHARE[measure],
    )
)
"""What the life of a model is made of."""


@dataclass(frozen=True, slots=True)
class Life:
    """A model's life in one measure.

    Attributes:
        scenario: What is served and was trained.
        measure: ``usd`` or ``flop``.
        result: The quantities, one row.
        months: The months that are shown, ``(n,)``.
        served: What all serving came to by the end of each, ``(n,)``.
    """

    scenario: Scenario
    measure: str
    result: Result
    months: Array
    served: Array

    def at(self, name: str) -> float:
        """A quantity of it."""
        return float(self.result[name][0])

    def trained(self, run: str) -> float:
        """What a count of training comes to."""
        return self.at(f"{_TRAINED[run]}_{self.measure}")

    def passed_days(self, run: str) -> float:
        """The day on which serving passes it; NaN where that is unknown or never."""
        return self.at(f"crossover_days{_RUNS[run]}_{self.measure}")

    def sentence(self) -> str:
        """When serving passes what, and its share over the life."""
        unit, life = _MEASURES[self.measure], self.scenario.training.lifetime_days.mid
        known = [run for run in _RUNS if not math.isnan(self.trained(run))]
        if math.isnan(self.at(f"served_{self.measure}_per_day")):
            trained = listed([self._trained_text(run) for run in known])
            took = f" Training took: {trained}." if known else ""
            why = self._why(f"served_{self.measure}_per_day")
            return f"What serving takes in {unit} is unknown: {why}.{took}"
        if not known:
            return f"What training took in {unit} is unknown: {self._why(f'training_{self.measure}')}."
        parts = [f"{self._trained_text(run)} {self._when(run)}" for run in known]
        text = f"Serving passes {listed(parts)}"
        share = self.at(_SHARE[self.measure])
        if math.isfinite(share):
            over = "its cost" if self.measure == "usd" else "its compute"
            text += f"; over {life:,.0f} days in service it is {100 * share:.3g} % of {over}"
        return f"{text}."

    def _trained_text(self, run: str) -> str:
        return f"{_SPOKEN.get(run, run)} ({figure(self.trained(run), _MEASURES[self.measure])})"

    def _when(self, run: str) -> str:
        days, life = self.passed_days(run), self.scenario.training.lifetime_days.mid
        if math.isnan(days):
            return "at no time"
        late = "" if days <= life else f", past the {life:,.0f} days in service"
        is_close = f"{days:,.0f}" == f"{life:,.0f}" and days > life
        return f"after {days:,.1f} days{late}" if is_close else f"after {days:,.0f} days{late}"

    def _why(self, name: str) -> str:
        return reason_text(self.result.why(name, 0))

    def table(self) -> Table:
        """One row a month, with the curve of what serving adds up to."""
        unit = _MEASURES[self.measure]
        columns = (
            Column("month"),
            Column("days", "days", "day"),
            Column(f"served_{self.measure}", unit, "served"),
            *(Column(f"over_{name}", "1", f"over {run}") for run, name in _TRAINED.items()),
        )
        days = self.months * units.DAYS_PER_YEAR / units.MONTHS_PER_YEAR
        rows = tuple(
            (
                int(month),
                float(day),
                cell(float(served)),
                *(cell(float(served) / self.trained(run)) for run in _RUNS),
            )
            for month, day, served in zip(self.months, days, self.served, strict=True)
        )
        title = f"The life of {self.scenario.name or self.scenario.model.id}, in {unit}"
        return Table(title, columns, rows, self.sentence(), (), self._curve(), tuple(self._notes()))

    def _curve(self) -> Curve:
        x = Axis("", "months", "months in service")
        y = Axis(f"served_{self.measure}", _MEASURES[self.measure], "served, all together", log=True)
        drawn = line("served", self.months[1:], self.served[1:])
        marks = tuple(Mark(run, None, self.trained(run)) for run in _RUNS if math.isfinite(self.trained(run)))
        why = "" if drawn.x else self.sentence()
        return Curve(
            "lifecycle",
            "Serving against training",
            x,
            y,
            (drawn,) if drawn.x else (),
            marks if drawn.x else (),
            self.sentence(),
            why,
        )

    def _notes(self) -> Iterator[str]:
        for run, name in list(_TRAINED.items())[1:]:
            if math.isnan(self.trained(run)):
                yield f"{run}: {self._why(f'{name}_{self.measure}')}"
        if self.measure == "usd":
            yield f"cost of serving: basis {cost_basis(self.result, 0, 'served_usd_per_day')}"
            yield f"cost of training: {training_basis(self.result)}"
        growth = self.at(_GROWTH[self.measure])
        grows = f"a day's serving is {growth:.3g} times as much a year later"
        life = self.scenario.lifecycle
        steps = (life.users_growth_per_year, life.tokens_growth_per_year, life.cost_decline_per_year)
        is_steady = all(step.mid == 1 for step in steps)
        yield "demand and cost stay as they are" if is_steady else grows
        months = self.scenario.training.lifetime_days.mid * units.MONTHS_PER_YEAR / units.DAYS_PER_YEAR
        if len(self.months) == MOST_MONTHS + 1 and months > MOST_MONTHS:
            yield f"the first {MOST_MONTHS} of {months:.6g} months in service are shown"
        yield "serving starts on the first day at the scenario's demand; staff, data and sales are not in it"


def lifecycle(scenario: Scenario, measure: str = "usd", months: int | None = None) -> Life:
    """Add up serving over a model's life.

    Args:
        scenario: What is served, how it grows and what was trained.
        measure: ``usd`` or ``flop``.
        months: How many months to show; default: the days in service.

    Raises:
        ScenarioError: The scenario names something that does not exist, or the months are too many.
    """
    if months is not None and not 1 <= months <= MOST_MONTHS:
        message = f"months to show are 1 to {MOST_MONTHS}, not {months}"
        raise ScenarioError(message)
    result = evaluate(scenario, QUANTITIES)
    per_year = units.MONTHS_PER_YEAR / units.DAYS_PER_YEAR
    whole = max(1.0, math.ceil(scenario.training.lifetime_days.mid * per_year - 1e-9))
    last = months or min(whole, MOST_MONTHS)
    shown = np.arange(0.0, last + 1)
    days = shown / per_year
    with np.errstate(over="ignore"):
        served = result[f"served_{measure}_per_day"][0] * total_days(days, result[_GROWTH[measure]][0])
    return Life(scenario, measure, result, shown, served)
