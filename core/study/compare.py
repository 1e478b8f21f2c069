"""Scenarios side by side: what differs between them, and what carries the difference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from inferscope.core.errors import InferscopeError, QuantityError, ScenarioError
from inferscope.core.evaluate import CONTRACT, Result, evaluate
from inferscope.core.graph import REGISTRY
from inferscope.core.policy.words import verdict_word
from inferscope.core.report import OUTPUTS, placed, report_of
from inferscope.core.scenario.check import schema_keys
from inferscope.core.scenario.files import Loaded
from inferscope.core.scenario.saving import ABOUT
from inferscope.core.scenario.schema import Scenario
from inferscope.core.scenario.tables import canonical, value_at
from inferscope.core.study.changes import Game, flat, in_order, number
from inferscope.core.study.compared import (
    HEADLINE,
    UNCOUNTED,
    Carried,
    Cell,
    Comparison,
    Contribution,
    Input,
    Output,
    Rule,
    is_same,
)
from inferscope.core.study.records import RECORDS
from inferscope.core.study.shapley import Values, shapley
from inferscope.core.study.spreads import lower_than_first, with_ranges

__all__ = [
    "HEADLINE",
    "LEAST",
    "MOST",
    "Carried",
    "Cell",
    "Comparison",
    "Contribution",
    "Input",
    "Output",
    "Rule",
    "carry",
    "compare",
    "divide",
    "side_by_side",
]

LEAST, MOST = 2, 6
"""How many scenarios may be compared."""

_NOT_JUDGED: Mapping[str, Any] = {"verdict": "not_judged", "margin_oom": None}
"""Stands for a rule that is not among those of a scenario."""
_CHOICES = ("economics.basis", "site.boundary", "site.carbon", "training.account")
"""Words that leaves hold as codes."""
_ALWAYS = ("model.id", "hardware.accelerator")
"""Keys that name a record also where a scenario does not set them."""


def compare(
    loaded: Sequence[Loaded | Scenario],
    outputs: Sequence[str] = HEADLINE,
    names: Sequence[str] = (),
    *,
    catalog_ranges: bool = False,
) -> Comparison:
    """Put scenarios side by side and say what carries the differences to the first.

    Args:
        loaded: Two to six scenarios, with or without where they came from.
        outputs: Quantities whose differences are divided among the changed inputs.
        names: What to call them; default: the name of the preset or file.
        catalog_ranges: Whether ranges of the catalogue and the calibration count as well.

    Returns:
        Everything a table or a screen shows.

    Raises:
        InferscopeError: Too few or too many, a quantity that is no single number, or a scenario that
            names something that does not exist.
    """
    group = [Loaded(item, None, {}) if isinstance(item, Scenario) else item for item in loaded]
    found = side_by_side(group, outputs, names, catalog_ranges=catalog_ranges)
    carried = tuple(carry(found, group, other, outputs) for other in range(1, len(group)))
    return replace(found, carried=carried)


def side_by_side(
    loaded: Sequence[Loaded],
    outputs: Sequence[str] = HEADLINE,
    names: Sequence[str] = (),
    *,
    catalog_ranges: bool = False,
) -> Comparison:
    """The comparison without what carries the differences: one evaluation of a row a scenario.

    Raises:
        InferscopeError: As :func:`compare`.
    """
    if not LEAST <= len(loaded) <= MOST:
        message = f"{LEAST} to {MOST} scenarios can be compared, not {len(loaded)}"
        raise InferscopeError(message)
    for name in outputs:
        if REGISTRY.node(name).slotted:
            message = f"{name} is not a single number"
            raise QuantityError(message)
    more = tuple(name for name in outputs if name not in OUTPUTS)
    try:
        result = evaluate([item.scenario for item in loaded], (*OUTPUTS, *more))
    except ScenarioError as error:
        raise placed(error, loaded) from None
    result = with_ranges(result, catalog_ranges=catalog_ranges)
    reports = tuple(report_of(result, row, item.notes, item.base) for row, item in enumerate(loaded))
    shown = (*CONTRACT, *(name for name in outputs if name not in CONTRACT))
    return Comparison(
        tuple(names) or tuple(_name(item, report) for item, report in zip(loaded, reports, strict=True)),
        reports,
        tuple(_input_rows(result, loaded)),
        tuple(
            _output(name, [report["quantities"][name] for report in reports], lower_than_first(result, name))
            for name in shown
        ),
        _rules(reports),
    )


def _name(item: Loaded, report: Mapping[str, Any]) -> str:
    scenario = report["scenario"]
    if item.path is not None:
        return item.path.stem
    return str(scenario.get("name") or f"{scenario['model']['id']} on {scenario['hardware']['accelerator']}")


# --- inputs --------------------------------------------------------------------------------------


def _input_rows(result: Result, loaded: Sequence[Loaded]) -> list[Input]:
    given = [flat(item.scenario) for item in loaded]
    present = dict.fromkeys(key for keys in given for key in keys)
    known = [key for key in schema_keys() if key not in present and not _is_within_absent(key, present)]
    keys = [
        key for key in in_order([*present, *known]) if key.partition(".")[0] not in (*ABOUT, "schema_version")
    ]
    rows = []
    for key in keys:
        cells = tuple(_cell(result, row, given[row], key) for row in range(len(loaded)))
        seen = [(canonical(c.value), c.low, c.high) for c in cells]
        rows.append(Input(key, cells, any(value != seen[0] for value in seen)))
    return rows


def _is_within_absent(key: str, present: Mapping[str, None]) -> bool:
    """Whether a key belongs to an optional table that no scenario has."""
    table = key.rpartition(".")[0]
    return table.count(".") > 0 and not any(other.startswith(f"{table}.") for other in present)


def _cell(result: Result, row: int, given: Mapping[str, Any], key: str) -> Cell:
    """The value of a key: as set, as planned, from the catalogue, or the default."""
    resolved = result.bound.resolved[row]
    name = key.rpartition(".")[2]
    default = value_at(resolved.scenario.model_dump(mode="python"), key)
    if key.startswith("optimizations.") and name in resolved.texts:
        kind = "set" if key in given else "catalogue" if default == "native" else "default"
        return Cell(resolved.texts[name], kind)
    if key in given:
        figure = number(given[key])
        return Cell(given[key], "set") if figure is None else Cell(figure.mid, "set", figure.low, figure.high)
    if key in _ALWAYS:
        return Cell(getattr(resolved, RECORDS[key]).id, "default")
    if key in _CHOICES:
        return Cell(default, "default")
    leaf = resolved.leaves.get(key.replace(".", "_", 1))
    if leaf is None or leaf.key != key or leaf.slots or isinstance(default, bool):
        return Cell(default, "default")
    kind = leaf.kind if leaf.kind in ("planned", "default") else "catalogue"
    return Cell(leaf.value if math.isfinite(leaf.value) else None, kind)


# --- outputs -------------------------------------------------------------------------------------


def _output(name: str, entries: Sequence[Mapping[str, Any]], lower: tuple[float | None, ...]) -> Output:
    node = REGISTRY.quantities[name]
    values = [entry["value"] for entry in entries]
    differs = any(not is_same(value, values[0]) for value in values)
    ratios = tuple(_ratio(value, values[0]) for value in values)
    return Output(name, node.label, node.unit, tuple(entries), ratios, lower, differs)


def _ratio(value: Any, first: Any) -> float | None:
    """Value over the first; None where one is missing, no number, or the first is zero."""
    if not isinstance(value, float) or not isinstance(first, float) or not first:
        return None
    return value / first


def _rules(reports: Sequence[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Every rule that any scenario is judged by; one may bring rules of its own."""
    judged = [{str(entry["id"]): entry for entry in report["policy"]} for report in reports]
    found = []
    for name in dict.fromkeys(name for entries in judged for name in entries):
        mine = [entries.get(name, _NOT_JUDGED) for entries in judged]
        title = next(str(entry["title"]) for entry in mine if entry is not _NOT_JUDGED)
        verdicts = tuple(str(entry["verdict"]) for entry in mine)
        words = tuple("not judged" if e is _NOT_JUDGED else verdict_word(e) for e in mine)
        margins = tuple(entry["margin_oom"] for entry in mine)
        found.append(Rule(name, title, verdicts, words, margins, len(set(verdicts)) > 1))
    return tuple(found)


# --- what carries a difference -------------------------------------------------------------------


def carry(
    comparison: Comparison, loaded: Sequence[Loaded], other: int, outputs: Sequence[str] = HEADLINE
) -> tuple[Carried, ...]:
    """Divide the differences between the first scenario and another among the inputs that changed.

    Args:
        comparison: The scenarios side by side.
        loaded: The same scenarios.
        other: The place of the other one.
        outputs: Names of quantities.

    Returns:
        One entry a quantity.
    """
    game = Game(loaded[0].scenario, loaded[other].scenario, outputs)
    return tuple(divide(comparison, game, other, name) for name in outputs)


def divide(comparison: Comparison, game: Game, other: int, name: str) -> Carried:
    """Divide one difference.

    Args:
        comparison: The scenarios side by side.
        game: The mixtures of the first scenario and the other one.
        other: The place of the other one.
        name: A quantity that the game was made for.

    Returns:
        The parts, or why there are none.
    """
    entries = [comparison.reports[place]["quantities"][name] for place in (0, other)]
    if REGISTRY.node(name).unit in UNCOUNTED:
        return Carried(name, other, None, None, why="it is not a number")
    first, then = (entry["value"] for entry in entries)
    missing = [comparison.names[place] for place, value in ((0, first), (other, then)) if value is None]
    if missing:
        return Carried(name, other, first, then, why=f"no value for {' and '.join(missing)}")
    if is_same(first, then):
        return Carried(name, other, first, then, why="no difference")
    places = game.players(name)

    def worth(masks: Sequence[int]) -> Values:
        whole = {mask: sum(1 << place for i, place in enumerate(places) if mask >> i & 1) for mask in masks}
        values = game.worth(name, list(whole.values()))
        return {mask: values[game_mask] for mask, game_mask in whole.items()}

    shares = shapley(len(places), worth)
    parts = []
    for share in shares.parts:
        members = [game.changes[places[player]] for player in share.players]
        label = " + ".join(change.label for change in members)
        keys = tuple(key for change in members for key in change.keys)
        parts.append(Contribution(label, keys, share.value, share.value / shares.difference, share.error))
    parts.sort(key=lambda part: -abs(part.value))
    return Carried(name, other, first, then, tuple(parts), shares.exact)
