"""Rent, own or buy tokens: what a query costs on the three bases as demand grows, and where they cross."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import Result, evaluate
from inferscope.core.graph import Array
from inferscope.core.quantities.owning import BASES
from inferscope.core.reasons import reasons
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.groups import DEMAND, FLEET
from inferscope.core.scenario.schema import Scenario
from inferscope.core.shown import reason_text
from inferscope.core.study.drawing import Axis, Curve, Mark, line, listed
from inferscope.core.study.options import FEWEST, MOST
from inferscope.core.study.table import Column, Table, cell

__all__ = ["Bases", "bases"]

_PER_DECADE, _FINE, _PASSES = 4, 25, 2
_DEMAND = "workload.queries_per_day"
_OPENED = (*DEMAND, *FLEET)
"""What is planned by demand."""
_WORDS = {"rental": "renting", "owned": "owning", "api": "the list price"}


@dataclass(frozen=True, slots=True)
class Bases:
    """A query's cost on every basis.

    Attributes:
        scenario: What is served.
        queries_per_day: Demand, ``(n,)``.
        usd_per_query: Cost by basis, ``(n,)`` each; NaN where it is unknown.
        fleet: Accelerators that are rented or owned, ``(n,)``.
        why: What a basis lacks, by basis.
        crossings: Two bases and the demand at which the second becomes the cheaper one.
    """

    scenario: Scenario
    queries_per_day: Array
    usd_per_query: dict[str, Array]
    fleet: Array
    why: dict[str, str]
    crossings: tuple[tuple[str, str, float], ...]

    def cheapest(self) -> list[str]:
        """The basis with the lowest cost at each demand; empty where none is known."""
        costs = np.stack([self.usd_per_query[basis] for basis in BASES])
        best = np.argmin(np.where(np.isnan(costs), np.inf, costs), axis=0)
        least = np.take_along_axis(costs, best[None], axis=0)[0]
        return ["" if np.isnan(cost) else BASES[row] for row, cost in zip(best, least, strict=True)]

    def sentence(self) -> str:
        """Which basis is cheapest from which demand on."""
        best = [(basis, at) for basis, at in zip(self.cheapest(), self.queries_per_day, strict=True) if basis]
        if len(self.why) == len(BASES) or not best:
            return "No basis has a cost: see the notes."
        first, last = (_count(at) for at in (self.queries_per_day[0], self.queries_per_day[-1]))
        runs = [basis for basis, _ in itertools.groupby(basis for basis, _ in best)]
        if len(runs) == 1:
            return f"From {first} to {last} queries a day {_WORDS[runs[0]]} is cheapest."
        parts = [f"{_WORDS[runs[0]]} is cheapest at {first} queries a day"]
        parts += [
            f"{_WORDS[after]} from {self._from(before, after)} on"
            for before, after in itertools.pairwise(runs)
        ]
        text = listed(parts)
        return f"{text[0].upper()}{text[1:]}."

    def _from(self, before: str, after: str) -> str:
        found = [at for one, other, at in self.crossings if (one, other) == (before, after)]
        return _count(found[0]) if found else "some demand"

    def table(self) -> Table:
        """One row a demand, with the curve of the three."""
        best = self.cheapest()
        rows = tuple(
            (
                float(at),
                *(cell(float(self.usd_per_query[basis][row])) for basis in BASES),
                cell(float(self.fleet[row])),
                best[row],
            )
            for row, at in enumerate(self.queries_per_day)
        )
        return Table(
            f"{self.scenario.name or 'The scenario'}: rent, own or buy tokens",
            _COLUMNS,
            rows,
            self.sentence(),
            tuple(
                {
                    **dict.fromkeys(_OPENED),
                    _DEMAND: float(at),
                    **({"economics.basis": basis} if basis else {}),
                }
                for at, basis in zip(self.queries_per_day, best, strict=True)
            ),
            self._curve(),
            tuple(self._notes()),
        )

    def _curve(self) -> Curve:
        x = Axis(_DEMAND, "1/d", "queries a day", log=True)
        y = Axis("usd_per_query", "USD", "a query", log=True)
        drawn = tuple(
            line(basis, self.queries_per_day, self.usd_per_query[basis])
            for basis in BASES
            if basis not in self.why
        )
        marks = tuple(Mark(f"{one} = {other}", at, None) for one, other, at in self.crossings)
        why = "" if drawn else "no basis has a cost"
        return Curve("bases", "Rent, own or buy tokens", x, y, drawn, marks, self.sentence(), why)

    def _notes(self) -> Iterator[str]:
        for basis, why in self.why.items():
            yield f"{basis}: no cost, {why}"
        for one, other, at in self.crossings:
            yield f"{_WORDS[other]} becomes cheaper than {_WORDS[one]} at {_count(at)} queries a day"
        yield (
            "rental and owned pay whole replicas for all hours, sized for the peak"
            f" ({self.scenario.workload.peak_to_mean.mid:g} x the mean); api pays tokens alone"
        )
        yield "a list price holds a margin that nobody outside knows; it is no cost of serving"


_COLUMNS = (
    Column("queries_per_day", "1/d", "queries a day"),
    *(Column(f"usd_per_query_{basis}", "USD", basis) for basis in BASES),
    Column("fleet_accelerators", "", "fleet"),
    Column("cheapest"),
)


def bases(scenario: Scenario, fewest: float = FEWEST, most: float = MOST) -> Bases:
    """Compute the cost of a query by demand on every basis.

    Args:
        scenario: What is served; its own demand and fleet give way.
        fewest: The least demand, queries a day.
        most: The greatest.

    Raises:
        ScenarioError: The scenario names something that does not exist, or the demand does not grow.
    """
    if not 0 < fewest < most < math.inf:
        message = f"the demand goes from {fewest:g} to {most:g} queries a day: the second must be the greater"
        raise ScenarioError(message)
    decades = math.log10(most / fewest)
    demand = np.geomspace(fewest, most, max(2, math.ceil(decades * _PER_DECADE) + 1))
    results = {basis: _costs(scenario, basis, demand) for basis in BASES}
    costs = {basis: result["usd_per_query"] for basis, result in results.items()}
    fleet = results["rental"]["fleet_accelerators"]
    why = {
        basis: reason_text(reasons(results[basis].bound, ["usd_per_query"], 0)["usd_per_query"])
        for basis, values in costs.items()
        if np.isnan(values).all()
    }
    found = [
        (one, other, at)
        for one, other in itertools.permutations(BASES, 2)
        for at in _crossings(scenario, one, other, demand, costs)
    ]
    return Bases(scenario, demand, costs, fleet, why, tuple(sorted(found, key=lambda item: item[2])))


def _count(value: float) -> str:
    """A demand for a sentence, to three digits.

    >>> _count(496_123.0), _count(2.5)
    ('496,000', '2.5')
    """
    return f"{float(f'{value:.3g}'):,.15g}"


def _costs(scenario: Scenario, basis: str, demand: Sequence[float] | Array) -> Result:
    opened = {**dict.fromkeys(_OPENED), "economics.basis": basis}
    at = [with_values(scenario, {**opened, _DEMAND: float(value)}) for value in demand]
    return evaluate(at, ("usd_per_query", "fleet_accelerators"))


def _crossings(
    scenario: Scenario, one: str, other: str, demand: Array, costs: dict[str, Array]
) -> Iterator[float]:
    """Where the second basis becomes the cheaper one, to a thousandth.

    Whole replicas make the costs of a fleet jump, so that two bases can cross more than once.
    """
    gap = costs[one] - costs[other]
    for row in np.flatnonzero((gap[:-1] <= 0) & (gap[1:] > 0)):
        low, high = float(demand[row]), float(demand[row + 1])
        for _ in range(_PASSES):
            low, high = _closer(scenario, one, other, low, high)
        yield high


def _closer(scenario: Scenario, one: str, other: str, low: float, high: float) -> tuple[float, float]:
    """The two neighbours between which the second basis first becomes the cheaper one."""
    fine = np.geomspace(low, high, _FINE)
    gap = _costs(scenario, one, fine)["usd_per_query"] - _costs(scenario, other, fine)["usd_per_query"]
    above = np.flatnonzero(gap > 0)
    at = int(above[0]) if len(above) else _FINE - 1
    return float(fine[max(at - 1, 0)]), float(fine[at])
