"""Rent, own or buy tokens: what a query costs on the three bases as demand grows, and where they cross."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from inferscope.core import units
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

_PER_DECADE = 4
_STEPS = 64
"""So many replicas one after another are looked at each; a further one moves a cost by less than 2 %."""
_JUST_ABOVE = 1 + 1e-6
_LEAST, _MOST = 1e-3, 1e15
"""Queries a day that are worth comparing at all."""
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
        runs: The cheapest basis, and the demand from which it is; empty where no cost is known.
    """

    scenario: Scenario
    queries_per_day: Array
    usd_per_query: dict[str, Array]
    fleet: Array
    why: dict[str, str]
    crossings: tuple[tuple[str, str, float], ...]
    runs: tuple[tuple[str, float], ...]

    def cheapest(self) -> list[str]:
        """The basis with the lowest cost at each demand; empty where none is known."""
        costs = np.stack([self.usd_per_query[basis] for basis in BASES])
        best = np.argmin(np.where(np.isnan(costs), np.inf, costs), axis=0)
        least = np.take_along_axis(costs, best[None], axis=0)[0]
        return ["" if np.isnan(cost) else BASES[row] for row, cost in zip(best, least, strict=True)]

    def sentence(self) -> str:
        """Which basis is cheapest from which demand on."""
        if not self.runs:
            return "No basis has a cost: see the notes."
        first, last = (_count(at) for at in (self.queries_per_day[0], self.queries_per_day[-1]))
        names = [_WORDS[basis] for basis, _ in self.runs]
        unknown = listed([_WORDS[basis] for basis in BASES if basis in self.why])
        if len(self.why) == len(BASES) - 1:
            return f"Only {names[0]} has a cost: those of {unknown} are not known."
        rest = f"; the cost of {unknown} is not known" if unknown else ""
        if len(names) == 1:
            return f"From {first} to {last} queries a day {names[0]} is cheapest{rest}."
        if len(set(names)) == len(names):
            parts = [f"{names[0]} is cheapest at {first} queries a day"]
            parts += [f"{_WORDS[basis]} from {_count(at)} on" for basis, at in self.runs[1:]]
            text = listed(parts)
        else:
            until, since = (_count(self.runs[row][1]) for row in (1, -1))
            text = f"{names[0]} is cheapest up to {until} queries a day and "
            text += f"from {since} on" if names[0] == names[-1] else f"{names[-1]} from {since} on"
            text += f"; in between it changes {len(names) - 1} times, as whole replicas fill"
        return f"{text[0].upper()}{text[1:]}{rest}."

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
        ends = [
            each for found in self._pairs() for each in (found if len(found) < 3 else (found[0], found[-1]))
        ]
        marks = tuple(Mark(f"{one} = {other}", at, None) for one, other, at in ends)
        why = "" if drawn else "no basis has a cost"
        return Curve("bases", "Rent, own or buy tokens", x, y, drawn, marks, self.sentence(), why)

    def _notes(self) -> Iterator[str]:
        for basis, why in self.why.items():
            yield f"{basis}: no cost, {why}"
        for found in self._pairs():
            dearer, cheaper, at = _WORDS[found[-1][0]], _WORDS[found[-1][1]], _count(found[-1][2])
            if len(found) == 1:
                yield f"{cheaper} becomes cheaper than {dearer} at {at} queries a day"
            else:
                yield (
                    f"{dearer} and {cheaper} change places {len(found)} times from {_count(found[0][2])}"
                    f" to {at} queries a day; beyond, {cheaper} is the cheaper"
                )
        yield (
            "rental and owned pay whole replicas for all hours, sized for the peak"
            f" ({self.scenario.workload.peak_to_mean.mid:g} x the mean); api pays tokens alone"
        )
        yield "a list price holds a margin that nobody outside knows; it is no cost of serving"

    def _pairs(self) -> list[list[tuple[str, str, float]]]:
        """The crossings of each two bases, by demand."""
        found = [
            [each for each in self.crossings if set(each[:2]) == set(pair)]
            for pair in itertools.combinations(BASES, 2)
        ]
        return sorted((each for each in found if each), key=lambda each: each[0][2])


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
    if fewest < _LEAST or most > _MOST:
        message = f"the demand goes from {fewest:g} to {most:g} queries a day: give {_LEAST:g} to {_MOST:g}"
        raise ScenarioError(message)
    decades = math.log10(most / fewest)
    shown = np.geomspace(fewest, most, max(2, math.ceil(decades * _PER_DECADE) + 1))
    demand = np.unique(np.concatenate([shown, _steps(scenario, fewest, most)]))
    results = {basis: _costs(scenario, basis, demand) for basis in BASES}
    costs = {basis: result["usd_per_query"] for basis, result in results.items()}
    rows = np.searchsorted(demand, shown)
    fleet = results["rental"]["fleet_accelerators"][rows]
    why = {
        basis: reason_text(reasons(results[basis].bound, ["usd_per_query"], 0)["usd_per_query"])
        for basis, values in costs.items()
        if np.isnan(values).all()
    }
    found = [
        (one, other, at)
        for one, other in itertools.permutations(BASES, 2)
        for at in _crossings(demand, costs[one], costs[other])
    ]
    crossings = tuple(sorted(found, key=lambda item: item[2]))
    runs = _runs(demand, costs, [at for *_, at in crossings])
    return Bases(
        scenario, shown, {basis: cost[rows] for basis, cost in costs.items()}, fleet, why, crossings, runs
    )


def _count(value: float) -> str:
    """A demand for a sentence, to three digits.

    >>> _count(496_123.0), _count(2.5)
    ('496,000', '2.5')
    """
    return f"{float(f'{value:.3g}'):,.15g}"


def _costs(scenario: Scenario, basis: str, demand: Sequence[float] | Array, *names: str) -> Result:
    opened = {**dict.fromkeys(_OPENED), "economics.basis": basis}
    at = [with_values(scenario, {**opened, _DEMAND: float(value)}) for value in demand]
    return evaluate(at, ("usd_per_query", "fleet_accelerators", *names))


def _steps(scenario: Scenario, fewest: float, most: float) -> Array:
    """The demands at which another replica is needed, each with one just above it."""
    result = _costs(scenario, "rental", [fewest], "replica_requests_per_s")
    leaf = result.bound.leaf
    per_s = float(result["replica_requests_per_s"][0]) * leaf("slo_max_load_utilization", 0).value
    one = units.SECONDS_PER_DAY * per_s / leaf("workload_peak_to_mean", 0).value
    steps = one * np.arange(1.0, _STEPS + 1.0)
    steps = steps[(steps > fewest) & (steps * _JUST_ABOVE < most)]
    return np.concatenate([steps, steps * _JUST_ABOVE])


def _crossings(demand: Array, one: Array, other: Array) -> Iterator[float]:
    """Where the second basis becomes the cheaper one.

    Between two steps a day's cost is a straight line of the demand: rent is constant, electricity
    grows with the busy share and tokens are paid apiece.
    """
    gap = demand * (one - other)
    for row in np.flatnonzero((gap[:-1] <= 0) & (gap[1:] > 0)):
        share = -gap[row] / (gap[row + 1] - gap[row])
        yield float(demand[row] + share * (demand[row + 1] - demand[row]))


def _runs(
    demand: Array, costs: dict[str, Array], crossings: Sequence[float]
) -> tuple[tuple[str, float], ...]:
    """The cheapest basis from one crossing to the next, and where it begins to be that."""
    per_day = {basis: demand * cost for basis, cost in costs.items() if not np.isnan(cost).any()}
    edges = [float(demand[0]), *crossings, float(demand[-1])]
    found: list[tuple[str, float]] = []
    for start, end in itertools.pairwise(edges):
        at = math.sqrt(start * end)
        by_cost = {basis: float(np.interp(at, demand, day)) for basis, day in per_day.items()}
        if by_cost and (best := min(by_cost, key=by_cost.__getitem__)) not in [
            name for name, _ in found[-1:]
        ]:
            found.append((best, start))
    return tuple(found)
