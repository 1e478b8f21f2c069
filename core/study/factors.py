"""What a sensitivity study moves: the numbers of a scenario, how far each, and the graph at any of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inferscope.core.bind import Bound, bind
from inferscope.core.errors import ScenarioError
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.layouts import DEGREES
from inferscope.core.leaves import resolve
from inferscope.core.plan import PLANNED_BY, plan
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.changes import words
from inferscope.core.study.draws import Uncertain, catalog_numbers, model_errors, uncertain
from inferscope.core.study.inputs import INPUTS, Input, limits, present
from inferscope.core.study.points import Points, Span, number_keys
from inferscope.core.study.table import Watch

__all__ = ["Factor", "Found", "Trial", "factors", "held"]

_AUTO = {"workload.batch": "batch", "hardware.replicas": "replicas"}
"""Numbers that the plan chooses where they are not given."""
_LABELS = {item.key: item for item in INPUTS}
_FACTORS = {"training.pretraining.parameters": "parameters", "training.pretraining.tokens": "tokens"}
"""Units of keys that go into an input of another unit."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A number that is moved, or several of one group that move together.

    Attributes:
        name: Its dotted key, or the input of the graph, or the group.
        label: What it is called in tables.
        unit: Its unit; empty for a group.
        now: Its present value; NaN for a group.
        low: Its low end; NaN for a group.
        high: Its high end; NaN for a group.
        origin: ``scenario`` or ``catalogue`` where that gives the range, ``span`` where it is a share of
            the present value.
        members: The numbers that it moves.
        is_whole: Whether it stays a whole number.
    """

    name: str
    label: str
    unit: str
    now: float
    low: float
    high: float
    origin: str
    members: tuple[Uncertain, ...]
    is_whole: bool = False

    def ends(self) -> tuple[dict[str, float], dict[str, float]]:
        """The numbers at the low end and at the high end; the inverse ones of a group the other way."""
        pairs = {member.name: _ends(member) for member in self.members}
        turned = {member.name: member.number.is_inverse for member in self.members}
        low = {name: pair[turned[name]] for name, pair in pairs.items()}
        return low, {name: pair[not turned[name]] for name, pair in pairs.items()}

    def at(self, share: Array) -> dict[str, Array]:
        """The numbers at shares of probability, each ``(n,)``."""
        found = {member.name: member.at(share) for member in self.members}
        return {name: np.round(values) for name, values in found.items()} if self.is_whole else found


@dataclass(frozen=True)
class Found:
    """What can be moved in a scenario.

    Attributes:
        factors: The factors.
        notes: What is left out, and why.
    """

    factors: tuple[Factor, ...]
    notes: tuple[str, ...] = ()


def factors(
    scenario: Scenario, outputs: Sequence[str], *, span: float = 0.2, catalog_ranges: bool = False
) -> Found:
    """The numbers that a scenario has, each with its range, or a share of its value to either side.

    Args:
        scenario: What stands.
        outputs: The quantities that are asked for.
        span: The share by which a number without a range moves, 0.2 for 20 %.
        catalog_ranges: Whether the ranges that the catalogue and the calibration know count.

    Returns:
        Those that are not zero, not chosen by the plan, and that the quantities may depend on.

    Raises:
        ScenarioError: The scenario cannot be evaluated.
    """
    open_ = resolve(scenario).auto
    one = plan(bind([scenario]))
    given = uncertain(scenario)
    known = (*model_errors(one), *catalog_numbers(one)) if catalog_ranges else ()
    taken = {number.name for number in given}
    by_range = [*_grouped(one, given), *(_from_catalog(one, number) for number in known)]
    named = {number.name for number in known}
    by_span, zero = [], []
    for item in INPUTS:
        found = present(one, item)
        if found is None or item.key in taken or named & found[1].keys() or _AUTO.get(item.key) in open_:
            continue
        now = found[0]
        if now == 0.0:
            zero.append(item.label)
        elif not math.isnan(now) and (factor := _spanned(item, now, span)):
            by_span.append(factor)
    read = _read_by(outputs)
    kept, replacing = _neutral(scenario, by_span, read)
    return Found((*by_range, *kept), _notes(zero, replacing, sorted(open_)))


def _notes(zero: Sequence[str], replacing: Sequence[str], open_: Sequence[str]) -> tuple[str, ...]:
    """What is not moved."""
    notes = []
    if zero:
        notes.append(f"not moved, since a share of 0 is 0: {', '.join(zero)}")
    if replacing:
        notes.append(f"not moved, since setting it replaces a published figure: {', '.join(replacing)}")
    if open_:
        notes.append(f"not moved, since it is planned: {', '.join(open_)}")
    return tuple(notes)


def _ends(member: Uncertain) -> Span:
    """Low and high end of a number, within the bounds of its key."""
    number = member.number
    low = number.mid if number.low is None else number.low
    high = number.mid if number.high is None else number.high
    return low, high


def _grouped(one: Bound, given: Sequence[Uncertain]) -> list[Factor]:
    """A factor for each number of the scenario with a range, one for all of a group."""
    groups: dict[str, list[Uncertain]] = {}
    for number in given:
        groups.setdefault(number.shares, []).append(number)
    found = []
    for shared, members in groups.items():
        if len(members) > 1:
            group = members[0].number.group
            name = shared if group in _LABELS or group in [number.name for number in given] else group
            label = f"{name} ({', '.join(_label(member.name) for member in members)})"
            blank = math.nan
            found.append(Factor(name, label, "", blank, blank, blank, "scenario", tuple(members)))
            continue
        (member,) = members
        low, high = _ends(member)
        unit = _unit(one, member.name)
        whole = member.name in _LABELS and _LABELS[member.name].is_whole
        now, label = member.number.mid, _label(member.name)
        found.append(Factor(member.name, label, unit, now, low, high, "scenario", (member,), whole))
    return found


def _label(key: str) -> str:
    return _LABELS[key].label if key in _LABELS else words(key)


def _unit(one: Bound, key: str) -> str:
    """The unit of a key: that of the input it sets."""
    if key in _LABELS:
        return _LABELS[key].unit
    if key in _FACTORS:
        return _FACTORS[key]
    if key.startswith("pins."):
        return REGISTRY.node(key.removeprefix("pins.")).unit
    leaves = one.of(0).leaves
    names = [name for name, leaf in leaves.items() if key in leaf.key.split(", ") and name in REGISTRY.inputs]
    return REGISTRY.inputs[names[0]].unit if names else "1"


def _from_catalog(one: Bound, number: Uncertain) -> Factor:
    """A factor of an input of which the catalogue or the calibration knows both ends."""
    node = REGISTRY.inputs[number.name]
    low, high = _ends(number)
    now = float(one.inputs[number.name][0])
    return Factor(number.name, node.label, node.unit, now, low, high, "catalogue", (number,))


def _spanned(item: Input, now: float, span: float) -> Factor | None:
    """A share of the present value to either side, within bounds; a whole number by one at least."""
    bounds = limits(item.key)
    low, high = now * (1.0 - span), now * (1.0 + span)
    if item.is_whole and now == int(now):
        low, high = min(math.floor(low + 0.5), now - 1.0), max(math.floor(high + 0.5), now + 1.0)
    least = bounds.ge if bounds.ge is not None else now * 1e-6 if bounds.gt is not None else low
    low, high = max(low, least), min(high, bounds.le if bounds.le is not None else math.inf)
    if low == high:
        return None
    number = Uncertain(item.key, Number(now, low, high, "uniform"))
    whole = item.is_whole and now == int(now)
    return Factor(item.key, item.label, item.unit, now, low, high, "span", (number,), whole)


def _read_by(outputs: Sequence[str]) -> frozenset[str]:
    """The inputs that quantities, and the plan under them, may depend on."""
    names = REGISTRY.needed((*outputs, *PLANNED_BY))
    return frozenset(p for name in names for p in REGISTRY.quantities[name].parents if p in REGISTRY.inputs)


def _neutral(
    scenario: Scenario, found: Sequence[Factor], read: frozenset[str]
) -> tuple[list[Factor], list[str]]:
    """Those whose setting at their present value changes nothing that is read, and the labels of the rest."""
    before = resolve(scenario).leaves

    def is_neutral(some: Sequence[Factor]) -> bool:
        try:
            after = resolve(with_values(scenario, {f.name: _plain(f.now) for f in some})).leaves
        except ScenarioError:
            return False
        return all(
            math.isclose(leaf.value, after[name].value, rel_tol=1e-9)
            or (math.isnan(leaf.value) and math.isnan(after[name].value))
            for name, leaf in before.items()
            if name in read
        )

    if is_neutral(found):
        return list(found), []
    kept = [factor for factor in found if is_neutral([factor])]
    return kept, [factor.label for factor in found if factor not in kept]


def _plain(value: float) -> float | int:
    """A whole number without a point, which some keys ask for."""
    return int(value) if value == int(value) and abs(value) < 1e15 else value


def held(scenario: Scenario) -> Scenario:
    """The scenario with everything that is ``auto`` set to what the plan chooses for it.

    What the plan finds nothing for stays ``auto``.
    """
    open_ = resolve(scenario).auto
    one = plan(bind([scenario]))
    inputs = {
        "batch": ("workload_batch",),
        "replicas": ("hardware_replicas",),
        "layout": DEGREES,
    }
    names = [name for part in sorted(open_) for name in inputs[part]]
    values = {name.replace("_", ".", 1): float(one.inputs[name][0]) for name in names}
    return with_values(scenario, {key: _plain(v) for key, v in values.items() if not math.isnan(v)})


@dataclass(frozen=True)
class Trial:
    """A scenario at many values of some of its numbers.

    Attributes:
        scenario: What stands.
        factors: What is moved; all values that are asked for lie between their ends or near them.
    """

    scenario: Scenario
    factors: tuple[Factor, ...]

    @cached_property
    def now(self) -> Mapping[str, float]:
        """The present value of each number."""
        return {member.name: member.number.mid for member in self._members}

    @cached_property
    def _members(self) -> tuple[Uncertain, ...]:
        return tuple(member for factor in self.factors for member in factor.members)

    @cached_property
    def _beside(self) -> frozenset[str]:
        """The numbers that are inputs of the graph rather than keys."""
        return frozenset(member.name for member in self._members if member.is_input)

    @cached_property
    def _spans(self) -> Mapping[str, Span]:
        """The numbers that vary as arrays; the other keys need a scenario for each of their values."""
        every = {member.name: _ends(member) for member in self._members if not member.is_input}
        spans: Mapping[str, Span] = every
        kept: tuple[str, ...] = ()
        while kept != tuple(spans):
            kept = number_keys(self.scenario, spans)
            spans = {key: every[key] for key in kept}
        for key in [
            name for name in every if name not in spans
        ]:  # of numbers that act on each other all but one need a scenario
            more = {name: span for name, span in every.items() if name in spans or name == key}
            if number_keys(self.scenario, more) == tuple(more):
                spans = more
        return spans

    def changed(self, values: Mapping[str, float]) -> Scenario:
        """The scenario with some numbers set, as far as they are keys of it.

        Raises:
            ScenarioError: A value does not fit.
        """
        keys = {key: _plain(value) for key, value in values.items() if key not in self._beside}
        return with_values(self.scenario, keys)

    @cached_property
    def _whole(self) -> Points:
        """The scenario itself, in which all that varies is numbers."""
        return Points([self.scenario], self._spans)

    def at(
        self,
        outputs: Sequence[str],
        values: Mapping[str, Array],
        rows: int,
        watch: Watch | None = None,
    ) -> dict[str, Array]:
        """Quantities at values of the numbers; what is not given is as the scenario has it.

        Args:
            outputs: Names of quantities.
            values: Columns ``(rows,)`` by key, or by input of the graph.
            rows: How many points.
            watch: Told between parts how many points are done.

        Returns:
            Arrays ``(rows,)`` by name; NaN where there is no number or the point cannot be.

        Raises:
            ScenarioError: The scenario itself cannot be evaluated.
        """
        columns = {name: values.get(name, np.full(rows, now)) for name, now in self.now.items()}
        apart = {k: v for k, v in columns.items() if k not in self._spans and k not in self._beside}
        cases, owner, found = self._cases(apart, rows)
        points = Points(cases, self._spans) if apart else self._whole
        beside = {name: columns[name] for name in self._beside}
        varied = {key: columns[key] for key in self._spans}
        results = points.evaluate(outputs, varied, owner, inputs=beside or None, watch=watch)
        lost = ~found | np.isin(owner, list(points.refused))
        return {name: np.where(lost, math.nan, column) for name, column in results.items()}

    def _cases(
        self, columns: Mapping[str, Array], rows: int
    ) -> tuple[list[Scenario], NDArray[np.intp], NDArray[np.bool_]]:
        """A scenario for each distinct set of the numbers that need one, and the one of each point."""
        owner, found = np.zeros(rows, dtype=np.intp), np.ones(rows, dtype=np.bool_)
        cases = [self.scenario]
        if not columns:
            return cases, owner, found
        distinct, place = np.unique(np.stack(list(columns.values()), axis=1), axis=0, return_inverse=True)
        for i, row in enumerate(distinct.tolist()):
            changed = {k: _plain(v) for k, v in zip(columns, row, strict=True) if v != self.now[k]}
            here = place.ravel() == i
            try:
                owner[here] = len(cases) if changed else 0
                if changed:
                    cases.append(with_values(self.scenario, changed))
            except ScenarioError:
                owner[here], found[here] = 0, False
        return cases, owner, found
