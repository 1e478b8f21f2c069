"""Where the chips of the catalogue stand, and the lines that rules draw between them.

The plane is total processing performance against DRAM bandwidth. Lines are read from the predicates
of the rules. What a plane cannot show is treated in two ways: another figure of the chip (density,
I/O) leaves a side open, so that its line says *may*; destination, buyer, origin and market are taken
as met, so that the lines say what the rule would do to a chip if the rest of it held.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from inferscope.core import catalog
from inferscope.core.evaluate import OUTPUTS, evaluate
from inferscope.core.policy.chips import chip_facts
from inferscope.core.policy.entries import Entry, policy_entries
from inferscope.core.policy.predicates import Comparison, Fact, Group, Node, Not
from inferscope.core.policy.quantities import QUANTITIES
from inferscope.core.policy.rule import Rule
from inferscope.core.scenario.schema import Hardware, Model, Scenario, Workload

ACROSS, UP = "tpp", "dram_bandwidth_gb_s"
"""The quantities of the plane."""
FIGURES = (ACROSS, UP, "performance_density", "io_bandwidth_gb_s")
_OPEN_SCOPES = {"chip", "memory_stack"}


class Chip(NamedTuple):
    """A chip on the plane; NaN where the catalogue does not know a figure."""

    id: str
    name: str
    tpp: float
    dram_bandwidth_gb_s: float
    performance_density: float
    io_bandwidth_gb_s: float

    @property
    def has_place(self) -> bool:
        """Whether both coordinates are known."""
        return all(math.isfinite(v) and v > 0 for v in (self.tpp, self.dram_bandwidth_gb_s))


class Edge(NamedTuple):
    """A piece of a line between two regions of the plane.

    Attributes:
        vertical: Whether it stands at a TPP; else it lies at a bandwidth.
        at: That value.
        low: Where it begins on the other axis; 0 is the end of the plane.
        high: Where it ends; infinite is the end of the plane.
        certain: Whether the plane alone settles a side; else another figure of the chip does.
        relief: Whether the rules that draw it are reliefs.
        rules: Their short names.
    """

    vertical: bool
    at: float
    low: float
    high: float
    certain: bool
    relief: bool
    rules: tuple[str, ...]


def chips() -> list[Chip]:
    """Every accelerator of the catalogue, from the least processing performance to the most."""
    found = []
    for entry in catalog.entries("accelerator"):
        facts = chip_facts(catalog.accelerator(entry.id))
        figures = [facts[name].value for name in FIGURES]
        known = [value if isinstance(value, float) else math.nan for value in figures]
        found.append(Chip(entry.id, entry.name, *known))
    return sorted(found, key=lambda chip: (not chip.has_place, chip.tpp, chip.dram_bandwidth_gb_s))


def _probe(scenario: Scenario, accelerator: str) -> Scenario:
    """One chip under the scenario's policy keys and date, with the least to plan around it."""
    one = {"count": 1, "tensor_parallel": 1, "pipeline_parallel": 1, "data_parallel": 1}
    return Scenario(
        as_of=scenario.as_of,
        model=Model(id="llama-3.2-1b"),
        hardware=Hardware(accelerator=accelerator, **one),  # type: ignore[arg-type]
        workload=Workload(batch=1),  # type: ignore[arg-type]
        policy=scenario.policy,
    )


def chip_entries(
    scenario: Scenario, accelerator: str, on: dt.date, rules: Sequence[Rule] | None = None
) -> list[Entry]:
    """Every rule about chips and shipments against one accelerator, on a day; by default the scenario's."""
    result = evaluate(_probe(scenario, accelerator), OUTPUTS)
    if rules is not None:
        result.judged_by[0] = tuple(rules)
    return [entry for entry in policy_entries(result, on=on) if entry["scope"] in _OPEN_SCOPES]


# --- lines ----------------------------------------------------------------------------------------


def edges(rules: Iterable[Rule]) -> list[Edge]:
    """The lines of some rules on the plane; what several draw alike is drawn once."""
    found: dict[tuple[bool, float, float, float, bool, bool], list[str]] = {}
    for rule in rules:
        for piece in _edges_of(rule.predicate):
            found.setdefault((*piece, rule.true_means == "relief"), []).append(rule.short)
    return [Edge(*piece, tuple(dict.fromkeys(names))) for piece, names in sorted(found.items())]


def shade(rules: Iterable[Rule]) -> Callable[[float, float], bool]:
    """Whether at a point the plane alone makes one of some rules true."""
    nodes = [rule.predicate for rule in rules]
    across, up = (sorted({line for node in nodes for line in _lines(node, name)}) for name in (ACROSS, UP))
    cells = [
        [any(truth_at(node, x, y) for node in nodes if _is_drawn(node)) for y in _between(up)]
        for x in _between(across)
    ]
    return lambda tpp, bandwidth: cells[bisect(across, tpp)][bisect(up, bandwidth)]


def _lines(predicate: Node, name: str) -> set[float]:
    """The numbers that a predicate compares a quantity with."""
    return {c.line for c in predicate.comparisons() if c.quantity == name and isinstance(c.line, float)}


def _is_drawn(predicate: Node) -> bool:
    return bool(_lines(predicate, ACROSS) or _lines(predicate, UP))


def truth_at(predicate: Node, tpp: float, bandwidth: float) -> bool | None:
    """Whether a predicate holds at a point; None where another figure of the chip decides.

    Destination, buyer, origin and market are taken as met.
    """
    return _at(predicate, {ACROSS: tpp, UP: bandwidth}, denied=False)


def _at(node: Node, point: dict[str, float], *, denied: bool) -> bool | None:
    """The truth of a part; ``denied`` where a true part makes the whole false."""
    if isinstance(node, Comparison):
        if node.quantity in point:
            return node.judge({node.quantity: Fact(point[node.quantity])})[0]
        known = QUANTITIES.get(node.quantity)
        is_figure = known is not None and known.scope in _OPEN_SCOPES and known.unit not in ("bool", "code")
        return None if is_figure else not denied
    if isinstance(node, Not):
        part = _at(node.part, point, denied=not denied)
        return None if part is None else not part
    assert isinstance(node, Group)  # noqa: S101  (there are no other nodes)
    parts = [_at(part, point, denied=denied) for part in node.parts]
    wanted = not node.every
    if wanted in parts:
        return wanted
    return None if None in parts else not wanted


def _edges_of(predicate: Node) -> Iterator[tuple[bool, float, float, float, bool]]:
    across, up = sorted(_lines(predicate, ACROSS)), sorted(_lines(predicate, UP))
    if not across and not up:
        return
    cells = [[truth_at(predicate, x, y) for y in _between(up)] for x in _between(across)]
    sure = [[cell is True for cell in column] for column in cells]
    possible = [[cell is not False for cell in column] for column in cells]
    yield from _borders(sure, across, up, certain=True)
    if possible != sure:
        yield from _borders(possible, across, up, certain=False)


def _between(lines: Sequence[float]) -> list[float]:
    """A value in each gap that some lines leave, the open ends included."""
    if not lines:
        return [1.0]
    return [lines[0] / 2, *(math.sqrt(a * b) for a, b in itertools.pairwise(lines)), lines[-1] * 2]


def _borders(
    inside: Sequence[Sequence[bool]], across: Sequence[float], up: Sequence[float], *, certain: bool
) -> Iterator[tuple[bool, float, float, float, bool]]:
    """Where inside and outside meet, with touching pieces joined."""
    for number, at in enumerate(across):
        differs = [a != b for a, b in zip(inside[number], inside[number + 1], strict=True)]
        yield from ((True, at, low, high, certain) for low, high in _runs(differs, up))
    for number, at in enumerate(up):
        differs = [column[number] != column[number + 1] for column in inside]
        yield from ((False, at, low, high, certain) for low, high in _runs(differs, across))


def _runs(flags: Sequence[bool], lines: Sequence[float]) -> Iterator[tuple[float, float]]:
    """Spans of the gaps that are flagged."""
    ends = [0.0, *lines, math.inf]
    start: int | None = None
    for number, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = number
        elif not flag and start is not None:
            yield ends[start], ends[number]
            start = None
