"""The report of a scenario: the same answer for the screen, JSON, Markdown and CSV."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

from inferscope.core import DATA_DATE, __version__
from inferscope.core.bind import bind
from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import OUTPUTS, Result, evaluate, outputs_of
from inferscope.core.graph import REGISTRY
from inferscope.core.plan import plan
from inferscope.core.policy.counts import Counts, counts_of
from inferscope.core.policy.entries import Entry, policy_entries, policy_verdicts, rules_of
from inferscope.core.scenario.changed import as_changed, differences, title
from inferscope.core.scenario.files import Loaded, locate, merge, scenario_hash
from inferscope.core.scenario.schema import Scenario
from inferscope.core.sentences import caveats, headline, plan_notes
from inferscope.core.standing import stands_on
from inferscope.core.study.spreads import with_ranges

__all__ = [
    "OUTPUTS",
    "answer_is_no",
    "counts_report",
    "entry",
    "kind_of",
    "policy_entries",
    "policy_report",
    "policy_verdicts",
    "report",
    "report_of",
    "reports",
]

_PLANNED = {"batch": "workload_batch"}


def reports(loaded: Sequence[Loaded], *, catalog_ranges: bool = False) -> list[dict[str, Any]]:
    """One report for each scenario, computed in one call.

    Args:
        loaded: Scenarios with where they came from.
        catalog_ranges: Whether ranges of the catalogue and the calibration count as well.

    Returns:
        Mappings of the JSON contract; numbers unrounded, absent ones None with a ``why``.

    Raises:
        InferscopeError: A scenario names something that does not exist.
    """
    try:
        scenarios = [item.scenario for item in loaded]
        result = evaluate(scenarios, outputs_of(scenarios))
        for row in range(len(loaded)):
            rules_of(result, row)
    except ScenarioError as error:
        raise placed(error, loaded) from None
    result = with_ranges(result, catalog_ranges=catalog_ranges)
    return [report_of(result, row, item.notes, item.base) for row, item in enumerate(loaded)]


def placed(error: ScenarioError, loaded: Sequence[Loaded]) -> ScenarioError:
    """An error of one of several scenarios, with the file and line that hold it."""
    for item in loaded:
        try:
            rules_of(Result({}, plan(bind([item.scenario]))))
        except ScenarioError as same:
            return locate(same, item)
    return error


def report(scenario: Scenario, notes: Sequence[str] = ()) -> dict[str, Any]:
    """The report of one scenario (see :func:`reports`)."""
    return report_of(with_ranges(evaluate(scenario, outputs_of([scenario]))), 0, notes)


def report_of(
    result: Result, row: int = 0, notes: Sequence[str] = (), base: Scenario | None = None
) -> dict[str, Any]:
    """The report of one row of a result that holds all of ``OUTPUTS``.

    Args:
        result: The result.
        row: The row.
        notes: Notes on how the scenario was read.
        base: What the scenario was before it was changed; the report says what differs.
    """
    scenario = result.bound.resolved[row].scenario
    entries = policy_entries(result, row)
    changed = _changed(scenario, base or scenario)
    if base is not None:
        scenario = as_changed(scenario, base)
    return {
        "inferscope": __version__,
        "data": DATA_DATE,
        "scenario": _scenario(scenario),
        "scenario_hash": scenario_hash(scenario),
        "headline": headline(result, row, entries),
        "quantities": {name: entry(result, name, row) for name in result.values},
        "policy": entries,
        "notes": notes_of(result, row, notes, entries),
        **changed,
    }


def _changed(scenario: Scenario, base: Scenario) -> dict[str, Any]:
    """The inputs of a changed scenario that differ, and from what; nothing where none does."""
    inputs = [
        {"key": key, "then": _plain(then), "now": _plain(now)}
        for key, then, now in differences(scenario, base)
    ]
    return {"changed": {"from": title(base), "inputs": inputs}} if inputs else {}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def notes_of(
    result: Result, row: int, notes: Sequence[str], entries: Sequence[Mapping[str, Any]]
) -> list[str]:
    """What a reader of a report must know: how the scenario was read, caveats, and what was planned.

    What comes first is seen on a small screen.

    Args:
        result: A result that holds all of ``OUTPUTS``.
        row: The row.
        notes: Notes on how the scenario was read.
        entries: The row's policy entries.
    """
    own = result.bound.resolved[row].notes
    spread = result.spreads.get(row)
    ranges = () if spread is None else spread.notes
    return [*notes, *own, *caveats(result, row, entries), *ranges, *plan_notes(result, row)]


def policy_report(
    loaded: Loaded, on: dt.date | None = None, *, catalog_ranges: bool = False
) -> tuple[dict[str, Any], list[Entry]]:
    """What a scenario is, and its verdicts on every rule.

    Args:
        loaded: The scenario with where it came from.
        on: The day that is judged; default: the scenario's.
        catalog_ranges: Whether ranges of the catalogue and the calibration count as well.

    Raises:
        InferscopeError: The scenario names something that does not exist.
    """
    result = _judged(loaded, catalog_ranges=catalog_ranges)
    about = {**_about(loaded.scenario, on), "counts": counts_of(result, 0, on).to_dict()}
    return about, policy_entries(result, 0, on)


def counts_report(
    loaded: Loaded, on: dt.date | None = None, *, catalog_ranges: bool = False
) -> tuple[dict[str, Any], Counts]:
    """What a scenario is, and its training compute by every regime's count (see :func:`policy_report`)."""
    result = _judged(loaded, catalog_ranges=catalog_ranges)
    return _about(loaded.scenario, on), counts_of(result, 0, on)


def _judged(loaded: Loaded, *, catalog_ranges: bool) -> Result:
    """A scenario evaluated with its ranges, and its rules read.

    Raises:
        InferscopeError: The scenario names something that does not exist.
    """
    try:
        result = with_ranges(evaluate(loaded.scenario, OUTPUTS), catalog_ranges=catalog_ranges)
        rules_of(result)
    except ScenarioError as error:
        raise locate(error, loaded) from None
    return result


def _about(scenario: Scenario, on: dt.date | None) -> dict[str, Any]:
    """Which scenario is judged, on which day, by which program and data."""
    return {
        "inferscope": __version__,
        "data": DATA_DATE,
        "title": title(scenario),
        "scenario": _scenario(scenario),
        "scenario_hash": scenario_hash(scenario),
        "as_of": (on or scenario.as_of).isoformat(),
    }


def _scenario(scenario: Scenario) -> dict[str, Any]:
    """What the scenario sets, and always what it is about: model, accelerator, place and date."""
    about = {
        "as_of": scenario.as_of.isoformat(),
        "model": {"id": scenario.model.id} if scenario.model.config is None else {},
        "hardware": {"accelerator": scenario.hardware.accelerator},
        "site": {"region": scenario.site.region},
    }
    return merge(about, scenario.model_dump(mode="json", exclude_defaults=True))


def entry(result: Result, name: str, row: int = 0) -> dict[str, Any]:
    """One quantity of a report: value, unit, why it is absent, basis, boundary, kind and source."""
    node = REGISTRY.quantities[name]
    value = float(result[name][row])
    known = math.isfinite(value)
    low, high = _range(result, name, row) if known else (None, None)
    found: dict[str, Any] = {"value": value if known else None, "unit": node.unit, "low": low, "high": high}
    if node.codes:
        found["value"] = node.codes[int(value)] if known else None
        found["unit"] = "1"
    elif node.unit == "bool":
        found["value"] = bool(value) if known else None
    if not known:
        found["why"] = result.why(name, row) or "unknown: larger than any number"
    found |= stands_on(result, name, row)
    found["kind"] = kind_of(result, name, row)
    found["source"] = node.source
    return found


def _range(result: Result, name: str, row: int) -> tuple[float | None, float | None]:
    """P5 and P95 of a number over the row's draws; nothing where it has none."""
    spread = result.spreads.get(row)
    if spread is None or name not in spread.values or REGISTRY.quantities[name].unit in ("code", "bool"):
        return None, None
    low, high = spread.quantiles(name)
    return (low, high) if math.isfinite(low) and math.isfinite(high) else (None, None)


def kind_of(result: Result, name: str, row: int = 0) -> str:
    """``user`` for a pinned quantity, ``planned`` for what the plan chose, else ``computed``."""
    resolved = result.bound.resolved[row]
    if name in resolved.scenario.pins:
        return "user"
    if name in _PLANNED and result.bound.leaf(_PLANNED[name], row).kind == "planned":
        return "planned"
    return "computed"


def answer_is_no(report_: Mapping[str, Any]) -> bool:
    """Whether the answer is "no": it does not fit, or a limit cannot be kept."""
    quantities = report_["quantities"]
    if quantities["fits_memory"]["value"] is False:
        return True
    whys = [str(quantities[name].get("why", "")) for name in ("tpot_s", "ttft_p99_s")]
    missed = any(str(note).startswith("limit missed") for note in report_["notes"])
    return missed or any(why.startswith(("slo_unreachable", "does_not_fit")) for why in whys)
