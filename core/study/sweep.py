"""A sweep: the quantities of a scenario at many points of its keys, block by block.

    for block in Sweep(scenario, {"workload.batch": "1:64:7:log"}):
        block["tpot_s"]

Memory does not grow with the points: a block is computed, handed out and forgotten.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inferscope.core import DATA_DATE, __version__, catalog
from inferscope.core.errors import InferscopeError, QuantityError, nearest
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.report import OUTPUTS
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.saving import scenario_hash, to_toml
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.axes import Axis, axes_of, check, unit_of
from inferscope.core.study.conditions import Cells, Words, parse_condition
from inferscope.core.study.grid import BLOCK, CASES, Grid, Part, number_axes, span
from inferscope.core.study.parts import Evaluator
from inferscope.core.study.prices import PRICE, kept_for_all, terms_that_differ
from inferscope.core.study.stands import stands_on
from inferscope.core.study.table import Column

__all__ = ["SELECT", "WHY", "Block", "Sweep"]

SELECT = (
    "fits_memory",
    "batch",
    "ttft_s",
    "tpot_s",
    "output_tok_s_per_accelerator",
    "usd_per_million_output_tokens",
    "usd_per_query",
    "wh_per_query",
)
"""The quantities of a sweep that asks for none."""
_CHIP = "hardware.accelerator"
WHY = "why"
"""The column that says why a row lacks numbers."""


class Columns(Mapping[str, NDArray[Any]]):
    """Columns of equal length by name, kept as writers take them."""

    cells: Mapping[str, Cells]

    @property
    def rows(self) -> int:
        """How many rows."""
        return len(next(iter(self.cells.values()), ()))

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A column: numbers, NaN where there is none, or objects."""
        column = self.cells[name]
        return column.array() if isinstance(column, Words) else column

    def __iter__(self) -> Iterator[str]:
        """The names of the columns."""
        return iter(self.cells)

    def __len__(self) -> int:
        """How many columns."""
        return len(self.cells)


@dataclass(frozen=True)
class Block(Columns):
    """Rows of a sweep, as arrays ``(rows,)`` by name.

    Attributes:
        number: Its place among the blocks of the sweep.
        points: How many points it was made from.
        cells: Its columns as writers take them.
    """

    number: int
    points: int
    cells: Mapping[str, Cells]


class Sweep:
    """The points of a sweep, to be walked block by block.

    Args:
        scenario: The scenario.
        over: The axes: texts ``KEY=...`` as on the command line, or a mapping of keys to values.
        select: Quantities; ``"all"`` for those that every report has.
        where: Conditions such as ``"tpot_s<=0.05"``, on quantities and on keys of axes; all must hold.
        zipped: Whether the axes are walked together instead of crossed.

    Attributes:
        scenario: The scenario.
        axes: The axes.
        columns: The columns of every block: keys of axes, quantities, why.
        points: How many points there are.
        blocks: In how many blocks they come.

    Raises:
        ScenarioError: An axis cannot be read, a value cannot be taken, or there are too many points.
        QuantityError: A quantity does not exist.
        InferscopeError: A condition cannot be read.
    """

    def __init__(
        self,
        scenario: Scenario,
        over: Mapping[str, Any] | Iterable[str],
        *,
        select: str | Iterable[str] = SELECT,
        where: Iterable[str] = (),
        zipped: bool = False,
    ) -> None:
        self.scenario = scenario
        self.axes = axes_of(over)
        if not self.axes:
            message = "a sweep needs an axis: KEY=v1,v2,... or KEY=lo:hi:n"
            raise InferscopeError(message)
        self.select = _selected(select)
        self.where = tuple(parse_condition(text) for text in where)
        self.zipped = zipped
        self._keys = {axis.key: axis for axis in self.axes}
        for condition in self.where:
            self.check_name(condition.name)
        Grid(self.axes, (), zipped)  # counts the points before anything is tried
        check(scenario, self.axes)
        self._grid = Grid(self.axes, number_axes(scenario, self.axes), zipped)
        self.points, self.blocks = self._grid.points, self._grid.blocks
        self.columns = (*(_axis_column(axis) for axis in self.axes), *map(_column, self.select), Column(WHY))

    @property
    def units(self) -> dict[str, str]:
        """The unit of every column."""
        return {column.name: column.unit for column in self.columns}

    @property
    def notes(self) -> tuple[str, ...]:
        """What costs and energies stand on, what all accelerators keep, and prices whose terms differ."""
        return (*stands_on(self.scenario, self.select, self._keys), *self._priced())

    def _priced(self) -> tuple[str, ...]:
        """What is kept for all accelerators of a sweep over them, and terms of prices that differ."""
        chips = self._keys.get(_CHIP)
        if chips is None or not any(name.startswith("usd_") for name in self.select):
            return ()
        kept = kept_for_all(self.scenario, self._keys)
        if PRICE in self._keys or self.scenario.economics.usd_per_accelerator_hour is not None:
            return kept
        cases = {str(name): with_values(self.scenario, {_CHIP: name}) for name in dict.fromkeys(chips.values)}
        return (*kept, *terms_that_differ(cases))

    def check_name(self, name: str) -> None:
        """Refuse what is no column that can be compared.

        Raises:
            QuantityError: There is neither a quantity nor an axis of this name.
        """
        if name not in self._keys and name not in _computable():
            hint = nearest(name, [*self._keys, *_computable()])
            about = hint or "see `inferscope list quantities`"
            message = f"{name!r} is neither a quantity nor a key of the sweep: {about}"
            raise QuantityError(message)

    def __iter__(self) -> Iterator[Block]:
        """All blocks."""
        return self.walk()

    def points_before(self, number: int) -> int:
        """How many points come before a block."""
        return self._grid.before(number)

    def walk(self, first: int = 0, beside: Sequence[str] = ()) -> Iterator[Block]:
        """The blocks from one on.

        Args:
            first: The place of the first.
            beside: Quantities that the blocks hold as well.
        """
        conditions = [c for c in self.where if c.name not in self._keys]
        outputs = dict.fromkeys([*self.select, *(c.name for c in conditions), *beside])
        outputs = {name: None for name in outputs if name not in self._keys}
        spans = {key: span(n) for key in self._grid.numbers if (n := self._keys[key].numbers) is not None}
        compute = Evaluator(self.scenario, spans, tuple(outputs), self.select)
        shown = [*self._keys, *self.select, *(name for name in beside if name in outputs), WHY]
        for number in range(first, self.blocks):
            part = self._grid.block(number)
            cells = self._cells(part, compute)
            keep = np.ones(len(next(iter(cells.values()))), dtype=np.bool_)
            for condition in conditions:
                keep &= condition.met(cells[condition.name])
            kept = {name: cells[name] if keep.all() else cells[name][keep] for name in dict.fromkeys(shown)}
            yield Block(number, len(part), kept)

    def _cells(self, part: Part, compute: Evaluator) -> dict[str, Cells]:
        """The columns of a block, without the rows that conditions on keys leave out."""
        keys = {axis.key: _taken(axis, part.index[axis.key]) for axis in self.axes}
        keep = np.ones(len(part), dtype=np.bool_)
        for condition in self.where:
            if condition.name in keys:
                keep &= condition.met(keys[condition.name])
        owner, cases = part.owner, part.cases
        if not keep.all():
            keys = {key: column[keep] for key, column in keys.items()}
            left, owner = np.unique(owner[keep], return_inverse=True)
            owner, cases = owner.reshape(-1), tuple(cases[int(case)] for case in left)
        numbers = {key: column for key in self._grid.numbers if isinstance(column := keys[key], np.ndarray)}
        found, whys = compute.compute(cases, numbers, owner)
        named = {name: _named(name, column) for name, column in found.items()}
        return {**keys, **named, WHY: Words(whys, compute.reasons.known)}

    # --- what it is ------------------------------------------------------------------------------

    def about(self) -> dict[str, Any]:
        """What the rows are and with what they were made, for those who read a file of them."""
        return {
            "inferscope": __version__,
            "data": DATA_DATE,
            "scenario": to_toml(self.scenario),
            "scenario_hash": scenario_hash(self.scenario),
            "over": {axis.key: axis.text for axis in self.axes},
            "zip": self.zipped,
            "where": [str(condition) for condition in self.where],
            "points": self.points,
            "columns": [{"name": c.name, "unit": c.unit, "label": c.label or c.name} for c in self.columns],
        }

    def fingerprint(self) -> str:
        """The same for sweeps whose blocks are the same."""
        values = [
            hashlib.sha256(repr(axis.values).encode() if axis.numbers is None else axis.numbers.tobytes())
            for axis in self.axes
        ]
        digests = [value.hexdigest() for value in values]
        content = [self.about(), digests, [_contents(folder) for folder in catalog.folders()], BLOCK, CASES]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _contents(folder: Path) -> list[tuple[str, str]]:
    """What is in a folder of the user's catalogue: the files by name, each with a digest."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(str(f.relative_to(folder)), hashlib.sha256(f.read_bytes()).hexdigest()) for f in files]


def _selected(select: str | Iterable[str]) -> tuple[str, ...]:
    """Names of quantities, each once.

    Raises:
        QuantityError: One does not exist, or is not a single number.
    """
    names = [select] if isinstance(select, str) else list(select)
    found = dict.fromkeys(other for name in names for other in (OUTPUTS if name == "all" else [name]))
    for name in found:
        if name in _computable():
            continue
        node = REGISTRY.quantities.get(name)
        hint = nearest(name, REGISTRY.quantities) or "see `inferscope list quantities`"
        message = f"{name} is not a single number" if node else f"unknown quantity {name!r}: {hint}"
        raise QuantityError(message)
    return tuple(found)


def _computable() -> list[str]:
    return [name for name, node in REGISTRY.quantities.items() if not node.slotted]


def _column(name: str) -> Column:
    node = REGISTRY.quantities[name]
    return Column(name, "" if node.codes else node.unit, node.label)


def _axis_column(axis: Axis) -> Column:
    return Column(axis.key, unit_of(axis.key) if axis.numbers is not None else "")


def _taken(axis: Axis, index: NDArray[np.intp]) -> Cells:
    """The column of an axis."""
    return axis.values[index] if isinstance(axis.values, np.ndarray) else Words(index, axis.values)


def _named(name: str, values: Array) -> Cells:
    """A quantity as numbers; one that is a code as what it stands for."""
    codes = REGISTRY.quantities[name].codes
    if not codes:
        return values
    places = np.where(np.isfinite(values), values, len(codes)).astype(np.intp)
    return Words(places, (*codes, None))
