"""The ways to serve a scenario that no other way beats in latency, throughput, cost and energy at once."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inferscope.core import catalog
from inferscope.core.errors import QuantityError
from inferscope.core.evaluate import Result, evaluate
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.scenario.changed import title
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.schema import Scenario
from inferscope.core.shown import figure
from inferscope.core.study.candidates import KEPT, Candidates, candidates, kinds
from inferscope.core.study.conditions import Condition, number_quantity, on_numbers
from inferscope.core.study.drawing import Axis, Curve, Mark, line, listed
from inferscope.core.study.pareto import beaten_by, undominated
from inferscope.core.study.prices import FLEET, PRICE, terms_that_differ
from inferscope.core.study.stands import stands_on
from inferscope.core.study.table import Column, Table, Watch
from inferscope.core.units import human

__all__ = ["KEPT", "METRICS", "Frontier", "frontier"]

METRICS = (
    "tpot_s",
    "output_tok_s_per_accelerator",
    "usd_per_million_output_tokens",
    "joules_per_output_token",
)
"""What choices are compared in unless something else is asked for."""
_TIMES, _LIMITS = ("tpot_s", "ttft_s"), ("slo_tpot_s", "slo_ttft_s")
_BESIDE = "quality_recovery"
_DRAWN, _NEAR = 200, 1.25
"""Beaten choices in a plot, and how many times farther out than those of the frontier they may be."""
_LABELS = {
    "tpot_s": "TPOT",
    "output_tok_s_per_accelerator": "Rate per chip",
    "usd_per_million_output_tokens": "Cost of 1M",
    "joules_per_output_token": "Per token",
    "quality_recovery": "Quality",
}


@dataclass(frozen=True)
class Frontier:
    """Every choice, which of them stand, and what beats the others.

    Attributes:
        scenario: What was asked about.
        metrics: What choices are compared in.
        tried: The n choices.
        stands: Which have all metrics, keep the limits and meet the conditions, ``(n,)``.
        on: Which of those no other beats, ``(n,)``.
        by: For each that is beaten the place of the choice that beats it by most; else -1, ``(n,)``.
        out: How many are out, by reason.
        reasons: The place of that reason of each that is out, else -1, ``(n,)``.
        own: The metrics of the scenario as it stands.
        own_by: The choice that beats it; -1 where none does.
        own_misses: The limits and conditions that it misses, each with what it is instead.
        why: Why the scenario as it stands lacks a metric, by metric.
    """

    scenario: Scenario
    metrics: tuple[str, ...]
    tried: Candidates
    stands: NDArray[np.bool_]
    on: NDArray[np.bool_]
    by: NDArray[np.intp]
    out: Mapping[str, int]
    reasons: NDArray[np.intp]
    own: tuple[float, ...]
    own_by: int
    own_misses: tuple[str, ...]
    why: Mapping[str, str]

    @property
    def rows(self) -> NDArray[np.intp]:
        """The places of the frontier's choices, the best in the first metric first."""
        first = _costs(self.metrics[:1], self.tried.values)[:, 0]
        found = np.flatnonzero(self.on)
        return found[np.argsort(first[found], kind="stable")]

    def loses(self, row: int) -> dict[str, float]:
        """How many times better the choice that beats a row is, by metric; 1 where it is the same."""
        other = int(self.by[row])
        costs = _costs(self.metrics, {n: self.tried.values[n][[row, other]] for n in self.metrics})
        return dict(zip(self.metrics, _ratios(costs[0], costs[1]), strict=True))

    @property
    def sentence(self) -> str:
        """The frontier's ends, and where the scenario stands."""
        if not self.on.any():
            reasons = listed([f"{count:,} {reason}" for reason, count in self.out.items()])
            return f"None of {len(self.on):,} choices stands: {reasons or self._nothing()}."
        what = listed(list(self.metrics))
        left = int(self.on.sum())
        count = (
            f"{left:,} of the {int(self.stands.sum()):,} choices that stand {'is' if left == 1 else 'are'}"
        )
        return f"{count} beaten by no other in all of {what}. {self._ends()}. {self._own()}"

    def _nothing(self) -> str:
        """Why there is no choice at all."""
        unknown = next((f"{name}: {why}" for name, why in self.why.items() if why.startswith("unknown")), "")
        return unknown or "no layout holds a sequence in memory"

    def _ends(self) -> str:
        """The best of each metric, and the choices that have them."""
        rows, found = self.rows, dict[int, list[str]]()
        for name in self.metrics:
            node = REGISTRY.node(name)
            place = int(np.argmin(_costs((name,), self.tried.values)[rows, 0]))
            word = "most" if node.better == "higher" else "least"
            best = human(float(self.tried.values[name][rows[place]]), node.unit)
            found.setdefault(place, []).append(f"the {word} {name}, {best}")
        ends = [
            f"choice {place + 1} ({self._choice(int(rows[place]))}) has {listed(what)}"
            for place, what in found.items()
        ]
        text = "; ".join(ends)
        return f"{text[:1].upper()}{text[1:]}"

    def _choice(self, row: int) -> str:
        kind = self.tried.kinds[self.tried.kind[row]]
        count, batch = self.tried.degrees[row][0], self.tried.batch[row]
        shape = f"{count:g} x {kind.accelerator}, {self.tried.layout(row)}"
        return f"{shape}, {kind.formats[0]}, cache {kind.formats[2]}, batch {batch:g}"

    def _own(self) -> str:
        if self.own_misses:
            return f"The scenario as it stands misses {listed(list(self.own_misses))}."
        if not all(map(math.isfinite, self.own)):
            return "The scenario itself lacks a value of one of them."
        if self.own_by < 0:
            return "No choice beats the scenario as it stands."
        here = {name: np.array([value]) for name, value in zip(self.metrics, self.own, strict=True)}
        there = {name: self.tried.values[name][[self.own_by]] for name in self.metrics}
        ratios = _ratios(_costs(self.metrics, here)[0], _costs(self.metrics, there)[0])
        better = _times(dict(zip(self.metrics, ratios, strict=True)))
        place = int(np.flatnonzero(self.rows == self.own_by)[0]) + 1
        return f"The scenario as it stands is beaten by choice {place}: {better}."

    def table(self, *, everything: bool = False, most: int | None = None) -> Table:
        """A row for each choice on the frontier.

        Args:
            everything: Also the beaten choices, each with what beats it and by how much.
            most: How many rows at most; a note says so where there are more.
        """
        rows = self.rows.tolist()
        number = {row: place for place, row in enumerate(rows, 1)}
        shown = [*rows, *np.flatnonzero(self.stands & ~self.on).tolist()] if everything else rows
        every, shown = len(shown), shown[:most]
        cut = (
            (f"the first {len(shown):,} of {every:,} rows; --format csv gives all",)
            if len(shown) < every
            else ()
        )
        quantities = tuple(dict.fromkeys((*self.metrics, _BESIDE)))
        columns = (
            Column("choice", "", "No."),
            Column("hardware.accelerator", "", "Chip"),
            Column("hardware.count", "1", "N"),
            Column("layout", "", "Layout"),
            Column("optimizations.weight_format", "", "Weights"),
            Column("optimizations.activation_format", "", "Activ."),
            Column("optimizations.kv_format", "", "Cache"),
            Column("workload.batch", "1", "Batch"),
            *(Column(name, REGISTRY.node(name).unit, _LABELS.get(name, "")) for name in quantities),
            *((Column("beaten_by", "1"), Column("by")) if everything else ()),
        )
        return Table(
            f"Frontier of {title(self.scenario)}",
            columns,
            tuple(self._cells(row, number, quantities, everything=everything) for row in shown),
            self.sentence,
            tuple(self.tried.changes(row) for row in shown),
            self._curve(),
            (*self.notes, *cut),
        )

    def _cells(
        self, row: int, number: Mapping[int, int], quantities: Sequence[str], *, everything: bool
    ) -> tuple[Any, ...]:
        kind = self.tried.kinds[self.tried.kind[row]]
        figures = (float(self.tried.values[name][row]) for name in quantities)
        cells = (
            number.get(row),
            kind.accelerator,
            int(self.tried.degrees[row][0]),
            self.tried.layout(row),
            *kind.formats,
            int(self.tried.batch[row]),
            *(value if math.isfinite(value) else None for value in figures),
        )
        if not everything:
            return cells
        other = int(self.by[row])
        return (*cells, *((number[other], _times(self.loses(row))) if other >= 0 else (None, "")))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, and what has to be known of the figures."""
        tried = self.tried
        found = [f"{count:,} of {len(self.on):,} choices {reason}" for reason, count in self.out.items()]
        if tried.too_large:
            found.append(f"{tried.too_large:,} of {tried.layouts:,} layouts hold no sequence in memory")
        found += [f"left out: {text}" for text in tried.refused]
        found += [f"as it stands the scenario has no {name}: {why}" for name, why in self.why.items()]
        found += self._fallen()
        chips = {kind.accelerator: kind.scenario for kind in tried.kinds}
        found += stands_on(self.scenario, self.metrics, ("hardware.accelerator",) if len(chips) > 1 else ())
        if (fleet := self.scenario.hardware.fleet_accelerators) is not None:
            found.append(f"{FLEET} {fleet.mid:g} is left out, so that each choice pays for what it needs")
        if any(name.startswith("usd_") for name in self.metrics):
            found += terms_that_differ(chips)
            price = self.scenario.economics.usd_per_accelerator_hour
            own = catalog.accelerator(self.scenario.hardware.accelerator).id
            if price is not None and set(chips) - {own}:
                found.append(
                    f"{PRICE} {price.mid:g} is that of {own} alone; others cost what the catalogue has"
                )
        return tuple(found)

    def _fallen(self) -> list[str]:
        """The accelerators of which no choice stands, by name, each with what its choices come to."""
        tried, found = self.tried, []
        mine = np.array([kind.accelerator for kind in tried.kinds])[tried.kind]
        for name in dict.fromkeys(kind.accelerator for kind in tried.kinds):
            rows = mine == name
            if self.stands[rows].any() or len(set(mine)) + len(tried.refused) < 2:
                continue
            known = self.reasons[rows]
            counts = [
                f"{np.count_nonzero(known == i):,} {text}"
                for i, text in enumerate(self.out)
                if (known == i).any()
            ]
            why = listed(counts) or "no layout holds a sequence in memory"
            found.append(f"no choice of {name} stands: {why}")
        return found

    def _curve(self) -> Curve | None:
        """The first metric against the cost, or the next one."""
        if not self.on.any() or len(self.metrics) < 2:
            return None
        x, y = self.metrics[0], next((n for n in self.metrics[1:] if n.startswith("usd")), self.metrics[1])
        values = self.tried.values
        mine = dict(zip(self.metrics, self.own, strict=True))
        rest = np.flatnonzero(self.stands & ~self.on)
        for name in (x, y):
            ends = np.append(values[name][self.rows], mine[name])
            near = (values[name] >= np.nanmin(ends) / _NEAR) & (values[name] <= np.nanmax(ends) * _NEAR)
            rest = rest[near[rest]]
        rest = rest[:: max(1, math.ceil(len(rest) / _DRAWN))]
        named = (("frontier", self.rows), ("beaten", rest))
        marks = (Mark("scenario", mine[x], mine[y]),) if math.isfinite(mine[x] + mine[y]) else ()
        return Curve(
            "frontier",
            "What no other choice beats",
            _axis(x),
            _axis(y),
            tuple(line(label, values[x][rows], values[y][rows], is_points=True) for label, rows in named),
            marks,
            self.sentence,
        )


def _axis(name: str) -> Axis:
    node = REGISTRY.node(name)
    return Axis(name, node.unit, node.label, log=True)


def _times(ratios: Mapping[str, float]) -> str:
    """By how much one choice beats another, the largest first.

    >>> _times({"tpot_s": 1.0, "usd_per_query": 1.5})
    '1.5 times better usd_per_query'
    """
    better = sorted((-ratio, name) for name, ratio in ratios.items() if ratio > 1.0)
    if not better:
        return "the same, with no less quality"
    return listed([_better(-ratio, name) for ratio, name in better])


def _better(ratio: float, name: str) -> str:
    """How much better; beside nothing at all no factor says it."""
    return f"{ratio:.3g} times better {name}" if math.isfinite(ratio) else f"better {name} by any factor"


def _ratios(first: Array, second: Array) -> list[float]:
    """How many times the second of two costs goes into the first; 1 where they are the same.

    >>> _ratios(np.array([0.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0]))
    [1.0, 2.0, inf]
    """
    with np.errstate(all="ignore"):
        ratios = np.where(first == second, 1.0, first / second)
    return [float(ratio) for ratio in ratios]


def frontier(
    scenario: Scenario,
    *,
    accelerators: Sequence[str] = (),
    formats: Sequence[str] = (),
    metrics: Sequence[str] = METRICS,
    conditions: Sequence[str | Condition] = (),
    keep: Collection[str] = (),
    watch: Watch | None = None,
) -> Frontier:
    """Try every legal layout, number format and batch, and keep what nothing beats in all metrics.

    One choice beats another where it is no worse in any metric and better in one. Latency limits of the
    scenario bind: choices that miss one are out, and counted.

    Args:
        scenario: What stands; its layout and batch are opened.
        accelerators: Ids; none for the scenario's own.
        formats: Weight formats; none for all that each accelerator supports.
        metrics: Quantities of which lower or higher is better.
        conditions: Such as ``quality_recovery>=0.99``; choices that miss one are out.
        keep: Keys of :data:`KEPT` that stay as the scenario has them.
        watch: Called between parts.

    Raises:
        QuantityError: A metric does not exist, or neither end of it is better; a condition is none.
        CatalogError: An accelerator or format does not exist.
        ScenarioError: No choice can be.
    """
    names = tuple(dict.fromkeys(_metric(name) for name in metrics))
    wanted = tuple(map(on_numbers, conditions))
    outputs = (*names, _BESIDE, *(condition.name for condition in wanted))
    mine_alone = with_values(scenario, {FLEET: None})
    own = evaluate(mine_alone, (*names, *(condition.name for condition in wanted), *_TIMES))
    misses = _missed(own, wanted)
    tried = candidates(kinds(scenario, accelerators, formats, keep), outputs, watch)
    stands, out, reasons = _standing(tried, names, wanted)
    places = np.flatnonzero(stands)
    costs = _costs(names, {name: tried.values[name][places] for name in names})
    best, same = _alone(costs, undominated(costs), tried.values[_BESIDE][places])
    mine = _costs(names, own.values)
    beaten = beaten_by(np.concatenate([costs, mine]), np.append(best, np.zeros(1, dtype=np.bool_)))
    on = np.zeros(len(stands), dtype=np.bool_)
    on[places[best]] = True
    by = np.full(len(stands), -1, dtype=np.intp)
    beaten[:-1] = np.where(same >= 0, same, beaten[:-1])
    by[places] = np.where(beaten[:-1] >= 0, places[beaten[:-1]], -1) if len(places) else -1
    own_by = int(places[beaten[-1]]) if beaten[-1] >= 0 else -1
    figures = tuple(float(own[name][0]) for name in names)
    why = {name: own.why(name) for name in names if own.why(name)}
    return Frontier(scenario, names, tried, stands, on, by, out, reasons, figures, own_by, misses, why)


def _missed(own: Result, wanted: Sequence[Condition]) -> tuple[str, ...]:
    """The limits and conditions that a scenario misses as it stands, with what it is instead."""
    found = []
    for name, limit in zip(_TIMES, _LIMITS, strict=True):
        allowed, here = float(own.bound.inputs[limit][0]), float(own[name][0])
        if here > allowed:
            found.append(f"{limit.replace('_', '.', 1)} {human(allowed, 's')} ({name} {human(here, 's', 4)})")
    for condition in wanted:
        if not condition.met(own[condition.name][:1])[0]:
            node = REGISTRY.node(condition.name)
            value = float(own[condition.name][0])
            found.append(
                f"{condition} ({figure(value, node.unit, node.name) if not node.codes else 'it is not'})"
            )
    return tuple(found)


def _alone(
    costs: Array, best: NDArray[np.bool_], quality: Array
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Of choices that are the same in all metrics the one that keeps the most quality.

    Returns:
        Which of the best are left, and for each that is not the one that stands for it, else -1.
    """
    places = np.flatnonzero(best)
    order = np.lexsort((places, -np.nan_to_num(quality[places], nan=-1.0)))
    places = places[order]
    _, first, group = np.unique(costs[places], axis=0, return_index=True, return_inverse=True)
    stands_for = np.full(len(costs), -1, dtype=np.intp)
    kept = places[first[group.reshape(-1)]]
    stands_for[places] = np.where(kept == places, -1, kept)
    return best & (stands_for < 0), stands_for


def _metric(name: str) -> str:
    """A quantity that can be compared.

    Raises:
        QuantityError: There is none, or it is better in neither direction.
    """
    if not REGISTRY.node(number_quantity(name)).better:
        message = f"{name} is better in neither direction, so that choices cannot be compared in it"
        raise QuantityError(message)
    return name


def _costs(names: Sequence[str], values: Mapping[str, Array]) -> Array:
    """The metrics as ``(n, metrics)`` of which lower is better: one over those that are better high."""
    with np.errstate(divide="ignore", over="ignore"):
        columns = [1.0 / values[n] if REGISTRY.node(n).better == "higher" else values[n] for n in names]
    return np.stack(columns, axis=1)


def _standing(
    tried: Candidates, names: Sequence[str], wanted: Sequence[Condition]
) -> tuple[NDArray[np.bool_], dict[str, int], NDArray[np.intp]]:
    """Which choices are compared, how many are out for the first reason that each is, and which that is."""
    tests = [("miss a latency limit", tried.is_late)]
    tests += [(f"miss {condition}", ~condition.met(tried.values[condition.name])) for condition in wanted]
    tests += [(f"have no value of {name}", ~np.isfinite(tried.values[name])) for name in names]
    stands = np.ones(len(tried.batch), dtype=np.bool_)
    reasons = np.full(len(stands), -1, dtype=np.intp)
    out: dict[str, int] = {}
    for reason, fails in tests:
        if count := int(np.count_nonzero(stands & fails)):
            reasons[stands & fails] = len(out)
            out[reason] = count
        stands &= ~fails
    return stands, out, reasons
