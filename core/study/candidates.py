"""Every way to serve a scenario: accelerators, number formats, legal layouts and batches, as arrays."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inferscope.core import catalog
from inferscope.core.bind import Bound, bind
from inferscope.core.errors import ScenarioError, nearest
from inferscope.core.evaluate import evaluate_bound
from inferscope.core.graph import Array
from inferscope.core.layouts import DEGREES, layouts
from inferscope.core.leaves import resolve
from inferscope.core.plan import best_batch, plan
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.axes import records
from inferscope.core.study.prices import FLEET
from inferscope.core.study.table import Watch

__all__ = ["KEPT", "Candidates", "Kind", "candidates", "chip_changes", "kinds"]

Index = NDArray[np.intp]
_LAYOUT = tuple(name.replace("_", ".", 1) for name in DEGREES)
KEPT = (*_LAYOUT, "workload.batch")
"""Keys that are tried at every value unless they are kept."""
_RATIO = math.sqrt(2.0)
"""From one batch to the next."""
_ROWS = 16_384
"""Candidates computed between two calls of the watch."""


@dataclass(frozen=True, slots=True)
class Kind:
    """An accelerator with number formats.

    Attributes:
        changes: The keys that make the scenario serve so.
        accelerator: Its id.
        formats: Those of weights, activations and cache, as a scenario names them.
        scenario: The scenario with layout and batch open.
    """

    changes: Mapping[str, Any]
    accelerator: str
    formats: tuple[str, str, str]
    scenario: Scenario


@dataclass(frozen=True)
class Candidates:
    """n ways to serve.

    Attributes:
        kinds: Accelerators with formats.
        kind: Which of them, ``(n,)``.
        degrees: Count, tensor, pipeline and data parallel, ``(n, 4)``.
        batch: ``(n,)``.
        values: Quantities by name, ``(n,)``; NaN where there is none.
        is_late: Whether a latency limit of the scenario is missed, ``(n,)``.
        layouts: How many layouts were looked at.
        too_large: How many of them hold no sequence in memory.
        refused: What was said against kinds that cannot be.
    """

    kinds: tuple[Kind, ...]
    kind: Index
    degrees: Array
    batch: Array
    values: Mapping[str, Array]
    is_late: NDArray[np.bool_]
    layouts: int
    too_large: int
    refused: tuple[str, ...]

    def changes(self, row: int) -> dict[str, Any]:
        """The keys that make the scenario this candidate."""
        degrees = {key: int(v) for key, v in zip(_LAYOUT, self.degrees[row], strict=True)}
        return {**self.kinds[self.kind[row]].changes, **degrees, "workload.batch": int(self.batch[row])}

    def layout(self, row: int) -> str:
        """The layout in a word: ``tp8``, ``tp4 pp2``, ``dp16``; ``1`` for a single accelerator."""
        parts = zip(("tp", "pp", "dp"), self.degrees[row][1:], strict=True)
        return " ".join(f"{name}{degree:g}" for name, degree in parts if degree > 1) or "1"


def kinds(
    scenario: Scenario, accelerators: Sequence[str], formats: Sequence[str], keep: Collection[str] = ()
) -> tuple[Kind, ...]:
    """The accelerators with each number format that they compute in, the scenario's own first.

    Weights are in the model's native format, in the scenario's, and in every other one whose usual
    activations the accelerator multiplies; the cache in the scenario's format, in bf16 and in fp8.

    Args:
        scenario: What stands.
        accelerators: Ids, or searches of the catalogue as axes of a sweep take them, such as ``vendor:AMD``;
            none for the scenario's own.
        formats: Weight formats to keep to; none for all that the accelerator supports.
        keep: Keys of :data:`KEPT` that stay as the scenario has them.

    Raises:
        ScenarioError: A key cannot be kept.
        CatalogError: There is no such accelerator or format.
    """
    for key in keep:
        if key not in KEPT:
            message = (
                f"{key!r} is not tried, so it stays: {nearest(key, KEPT) or ', '.join(KEPT)} can be kept"
            )
            raise ScenarioError(message)
    own = catalog.accelerator(scenario.hardware.accelerator).id
    asked_for = [name for text in accelerators for name in records("hardware.accelerator", text)]
    names = dict.fromkeys(catalog.accelerator(name).id for name in asked_for) or {own: None}
    asked = tuple(dict.fromkeys(f if f == "native" else catalog.format_(f).name for f in formats))
    opened = {key: None for key in KEPT if key not in keep}
    if scenario.hardware.fleet_accelerators is not None:
        opened[FLEET] = None  # it would be paid for whatever the choice
    if scenario.hardware.expert_parallel != "auto":
        opened["hardware.expert_parallel"] = None
    found = []
    for name in names:
        chip = chip_changes(scenario, name) if name != own else _own_chip(scenario)
        base = with_values(scenario, {**opened, **chip})
        for weights, activation, cache in _formats(base, asked):
            changes: dict[str, Any] = {
                **{key: None for key in ("hardware.expert_parallel", FLEET) if key in opened},
                **chip,
                "optimizations.weight_format": weights,
                "optimizations.activation_format": activation,
                "optimizations.kv_format": cache,
            }
            found.append(Kind(changes, name, (weights, activation, cache), with_values(base, changes)))
    return tuple(found)


def _own_chip(scenario: Scenario) -> dict[str, Any]:
    """The scenario's own accelerator, which a row has to bring along to where there is another by then."""
    return {"hardware.accelerator": scenario.hardware.accelerator}


def chip_changes(scenario: Scenario, name: str) -> dict[str, Any]:
    """Another accelerator; what was changed in the present one and its price go with it."""
    gone: dict[str, Any] = {f"hardware.{key}": None for key in scenario.hardware.overrides}
    if scenario.economics.usd_per_accelerator_hour is not None:
        gone["economics.usd_per_accelerator_hour"] = None
    return {"hardware.accelerator": name, **gone}


def _formats(scenario: Scenario, asked: Sequence[str]) -> list[tuple[str, str, str]]:
    """Formats of weights, activations and cache to try; one of those that come to the same."""
    own = scenario.optimizations
    weights = asked or tuple(
        dict.fromkeys(["native", own.weight_format, *(n for n in catalog.formats() if n != "fp32")])
    )
    caches = dict.fromkeys([own.kv_format, "bf16", "fp8"])
    found: dict[tuple[str, ...], tuple[str, str, str]] = {}
    for name in weights:
        is_own = name == own.weight_format
        if not (is_own or name == "native" or name in asked or _is_computed(scenario, name)):
            continue
        for activation in dict.fromkeys(["native", own.activation_format if is_own else "native"]):
            for cache in caches:
                chosen = (name, activation, cache)
                found.setdefault(_meaning(scenario, chosen), chosen)
    return list(found.values())


def _is_computed(scenario: Scenario, name: str) -> bool:
    """Whether the accelerator multiplies the activations that go with a weight format."""
    chip = catalog.accelerator(scenario.hardware.accelerator)
    rate = f"{catalog.format_(catalog.format_(name).default_activation).rate}_flop_per_s"
    return rate in scenario.hardware.overrides or chip.values[rate].is_known


def _meaning(scenario: Scenario, chosen: tuple[str, str, str]) -> tuple[str, ...]:
    """The formats in use; the choice itself where they cannot be."""
    names = ("weight_format", "activation_format", "kv_format")
    changes = {f"optimizations.{key}": value for key, value in zip(names, chosen, strict=True)}
    try:
        texts = resolve(with_values(scenario, changes)).texts
    except ScenarioError:
        return chosen
    return tuple(texts[key] for key in (*names, "expert_weight_format"))


def candidates(tried: Sequence[Kind], outputs: Sequence[str], watch: Watch | None = None) -> Candidates:
    """Every legal layout of each kind at batches from 1 to the most that memory holds.

    Batches are a geometric grid, the most that memory holds, and the most that also keeps the limits.

    Args:
        tried: Accelerators with formats.
        outputs: Quantities.
        watch: Called between parts.

    Raises:
        ScenarioError: None of them can be.
    """
    possible, tables, refused = _laid_out(tried)
    if not possible:
        raise ScenarioError(refused[0])
    bound = bind([kind.scenario for kind in possible])
    bound = replace(bound, resolved=tuple(replace(r, auto=r.auto & {"replicas"}) for r in bound.resolved))
    owner = np.repeat(np.arange(len(possible)), [len(table) for table in tables])
    degrees = np.concatenate(tables)
    laid = bound.spread(owner).with_inputs({name: degrees[:, i] for i, name in enumerate(DEGREES)})
    given = np.broadcast_to(laid.inputs["workload_batch"], (laid.rows,))
    serves, holds = best_batch(laid)
    row, batch = _batches(given, serves, holds)
    kind, spread = owner[row], degrees[row]
    values = _evaluated(bound, kind, spread, batch, tuple(dict.fromkeys((*outputs, *_TIMES))), watch)
    limits = (bound.inputs[name] for name in _LIMITS)
    late = [values[t] > limit[kind if len(limit) > 1 else 0] for t, limit in zip(_TIMES, limits, strict=True)]
    too_large = int(np.count_nonzero(holds < 1))
    return Candidates(
        tuple(possible), kind, spread, batch, values, late[0] | late[1], len(owner), too_large, tuple(refused)
    )


_TIMES, _LIMITS = ("tpot_s", "ttft_s"), ("slo_tpot_s", "slo_ttft_s")


def _laid_out(tried: Sequence[Kind]) -> tuple[list[Kind], list[Array], list[str]]:
    """The kinds that can be, the legal layouts of each, and what is said against the others."""
    possible, tables, refused = [], [], []
    for kind in tried:
        try:
            tables.append(np.array(layouts(resolve(kind.scenario))))
            possible.append(kind)
        except ScenarioError as error:
            refused.append(f"{kind.accelerator}, {kind.formats[0]}: {error}")
    return possible, tables, refused


def _batches(given: Array, serves: Array, holds: Array) -> tuple[Index, Array]:
    """For each layout its batches: which layout, and the batch, ``(n,)`` both."""
    most = float(np.nanmax(holds, initial=1.0))
    steps = math.ceil(math.log(max(most, 2.0)) / math.log(_RATIO))
    grid = np.unique(np.round(_RATIO ** np.arange(steps + 1)))
    tried = np.concatenate(
        [np.broadcast_to(grid, (len(holds), len(grid))), holds[:, None], serves[:, None]], axis=1
    )
    is_given = ~np.isnan(given)
    tried = np.where(is_given[:, None], np.nan, tried)
    tried[:, 0] = np.where(is_given, given, tried[:, 0])
    tried = np.sort(np.where((tried >= 1) & (tried <= holds[:, None]), tried, np.nan), axis=1)
    keep = ~np.isnan(tried)
    keep[:, 1:] &= tried[:, 1:] != tried[:, :-1]
    row, column = np.nonzero(keep)
    return row.astype(np.intp), tried[row, column]


def _evaluated(
    bound: Bound,
    kind: Index,
    degrees: Array,
    batch: Array,
    outputs: tuple[str, ...],
    watch: Watch | None,
) -> dict[str, Array]:
    """The quantities of every candidate, replicas planned where they are open."""
    found = {name: np.full(len(kind), math.nan) for name in outputs}
    for start in range(0, len(kind), _ROWS):
        if watch is not None:
            watch(start, len(kind))
        part = slice(start, start + _ROWS)
        changes = {name: degrees[part, i] for i, name in enumerate(DEGREES)}
        rows = bound.spread(kind[part]).with_inputs({**changes, "workload_batch": batch[part]})
        result = evaluate_bound(plan(rows), outputs)
        for name in outputs:
            found[name][part] = result[name]
    if watch is not None:
        watch(len(kind), len(kind))
    return found
