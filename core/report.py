"""The report of a scenario: the same answer for the screen, JSON, Markdown and CSV."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from inferscope.core import DATA_DATE, __version__
from inferscope.core.bind import bind
from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import BESIDE, CONTRACT, Result, evaluate
from inferscope.core.graph import REGISTRY
from inferscope.core.leaves import Leaf
from inferscope.core.plan import plan, planned_sentence
from inferscope.core.policy.rules import Verdict, judge, rules
from inferscope.core.scenario.files import Loaded, locate, merge, scenario_hash
from inferscope.core.scenario.schema import Scenario
from inferscope.core.units import human

OUTPUTS = (*CONTRACT, *BESIDE)
_COST = ("usd_per_query", "usd_per_million_input_tokens", "usd_per_million_output_tokens", "usd_per_day")
_ENERGY = ("wh_per_query", "joules_per_output_token", "gco2e_per_query", "liters_per_query", "facility_mw")
_PLANNED = {"batch": "workload_batch"}


def reports(loaded: Sequence[Loaded]) -> list[dict[str, Any]]:
    """One report for each scenario, computed in one call.

    Args:
        loaded: Scenarios with where they came from.

    Returns:
        Mappings of the JSON contract; numbers unrounded, absent ones None with a ``why``.

    Raises:
        InferscopeError: A scenario names something that does not exist.
    """
    try:
        result = evaluate([item.scenario for item in loaded], OUTPUTS)
    except ScenarioError as error:
        raise _placed(error, loaded) from None
    return [_report(result, row, item.notes) for row, item in enumerate(loaded)]


def _placed(error: ScenarioError, loaded: Sequence[Loaded]) -> ScenarioError:
    """An error of one of several scenarios, with the file and line that hold it."""
    for item in loaded:
        try:
            plan(bind([item.scenario]))
        except ScenarioError as same:
            return locate(same, item)
    return error


def report(scenario: Scenario, notes: Sequence[str] = ()) -> dict[str, Any]:
    """The report of one scenario (see :func:`reports`)."""
    return _report(evaluate(scenario, OUTPUTS), 0, notes)


def _report(result: Result, row: int, notes: Sequence[str]) -> dict[str, Any]:
    resolved = result.bound.resolved[row]
    scenario = resolved.scenario
    verdicts = policy_verdicts(result, row)
    return {
        "inferscope": __version__,
        "data": DATA_DATE,
        "scenario": _scenario(scenario),
        "scenario_hash": scenario_hash(scenario),
        "headline": headline(result, row, verdicts),
        "quantities": {name: entry(result, name, row) for name in result.values},
        "policy": [_policy_entry(verdict, scenario) for verdict in verdicts],
        "notes": [
            *notes,
            *resolved.notes,
            *_plan_notes(result, row),
            *_limit_notes(result, row),
            *_pin_notes(result, row),
            *_fleet_notes(result, row),
            *_estimate_notes(result, row, verdicts),
        ],
    }


def _scenario(scenario: Scenario) -> dict[str, Any]:
    """What the scenario sets, and always what it is about: model, accelerator, place and date."""
    about = {
        "as_of": scenario.as_of.isoformat(),
        "model": {"id": scenario.model.id},
        "hardware": {"accelerator": scenario.hardware.accelerator},
        "site": {"region": scenario.site.region},
    }
    return merge(about, scenario.model_dump(mode="json", exclude_defaults=True))


def entry(result: Result, name: str, row: int = 0) -> dict[str, Any]:
    """One quantity of a report: value, unit, why it is absent, basis, boundary, kind and source."""
    node = REGISTRY.quantities[name]
    resolved = result.bound.resolved[row]
    value = float(result[name][row])
    known = math.isfinite(value)
    found: dict[str, Any] = {"value": value if known else None, "unit": node.unit, "low": None, "high": None}
    if node.codes:
        found["value"] = node.codes[int(value)] if known else None
        found["unit"] = "1"
    elif node.unit == "bool":
        found["value"] = bool(value) if known else None
    if not known:
        found["why"] = result.why(name, row) or "unknown: larger than any number"
    if name in _COST:
        found["basis"] = cost_basis(result, row, name)
    if name in _ENERGY:
        found["boundary"] = resolved.scenario.site.boundary
    found["kind"] = kind_of(result, name, row)
    found["source"] = node.source
    return found


def kind_of(result: Result, name: str, row: int = 0) -> str:
    """``user`` for a pinned quantity, ``planned`` for what the plan chose, else ``computed``."""
    resolved = result.bound.resolved[row]
    if name in resolved.scenario.pins:
        return "user"
    if name in _PLANNED and result.bound.leaf(_PLANNED[name], row).kind == "planned":
        return "planned"
    return "computed"


def cost_basis(result: Result, row: int = 0, name: str = "usd_per_query") -> str:
    """What a cost stands on: the basis, the price and where it comes from, and the hours paid for."""
    bound, scenario = result.bound, result.bound.resolved[row].scenario
    leaf = bound.leaf("economics_usd_per_accelerator_hour", row)
    if name in scenario.pins:
        return "set by the user"
    if math.isnan(leaf.value):
        return scenario.economics.basis
    parts = [f"{scenario.economics.basis}, {_priced(leaf)}"]
    prefill = bound.leaf("prefill_economics_usd_per_accelerator_hour", row)
    if scenario.hardware.prefill is not None and prefill.value != leaf.value:
        parts.append(f"prefill {_priced(prefill)}")
    if scenario.workload.demand_per_s() is not None:
        parts.append("all hours of the fleet are paid")
    elif name != "usd_per_day":
        parts.append(f"{100 * scenario.economics.utilization.mid:.3g} % of paid hours busy")
    return "; ".join(parts)


def _priced(leaf: Leaf) -> str:
    if math.isnan(leaf.value):
        return "price not given"
    return f"{leaf.value:g} USD per accelerator-hour ({leaf.note or leaf.source})"


def policy_verdicts(result: Result, row: int = 0) -> list[Verdict]:
    """Every rule applied to the quantities of a row."""
    facts = {name: float(values[row]) for name, values in result.values.items()}
    if not _decides(result, row):
        facts["training_flop"] = math.nan
    return [judge(rule, facts) for rule in rules()]


def _decides(result: Result, row: int) -> bool:
    """Whether the training compute may decide a verdict: not a third party's figure of the catalogue."""
    resolved = result.bound.resolved[row]
    if resolved.model.values["training_flop"].decides_verdict or "training_flop" in resolved.scenario.pins:
        return True
    given = result.bound.leaf("training_flop_given", row), result.bound.leaf("model_training_flop", row)
    return any(leaf.kind == "scenario" for leaf in given)


def _policy_entry(verdict: Verdict, scenario: Scenario) -> dict[str, Any]:
    rule = verdict.rule
    return {
        "id": rule.id,
        "jurisdiction": rule.jurisdiction,
        "title": rule.title,
        "verdict": verdict.word,
        "margin_oom": verdict.margin_oom,
        "missing": list(verdict.missing),
        "values": dict(verdict.values),
        "status": rule.status,
        "as_of": scenario.as_of.isoformat(),
        "binding": rule.binds_on(scenario.as_of),
        "counting": rule.counting,
        "evidence": rule.evidence,
        "unverified_parts": list(rule.unverified_parts),
        "source": f"{rule.source}; {rule.address}",
    }


# --- sentences ----------------------------------------------------------------------------------


def headline(result: Result, row: int, verdicts: Sequence[Verdict]) -> str:
    """One sentence that is always true, whatever could not be computed."""
    parts = [
        _cost_part(result, row),
        _bound_part(result, row),
        _training_part(result, row),
        _policy_part(verdicts),
    ]
    sentence = "; ".join(part for part in parts if part)
    stand_in = result.bound.resolved[row].scenario.model.architecture_like
    if stand_in:
        sentence += f" (architecture of {stand_in} as a stand-in)"
    return f"{sentence[:1].upper()}{sentence[1:]}."


def money(usd: float) -> str:
    """An amount for people: cents below a dollar.

    >>> money(0.0012), money(700_000.0)
    ('0.12 ct', '700,000 USD')
    """
    size = abs(usd)
    if size < 1.0:
        cents = 100.0 * usd
        return f"{cents:.2g} ct" if abs(cents) < 10 else f"{cents:.0f} ct"
    if size >= 1e12:
        return f"{usd:.2e} USD"
    return f"{usd:,.0f} USD" if size >= 100 else f"{usd:.2f} USD"


def _cost_part(result: Result, row: int) -> str:
    cost, share = float(result["usd_per_query"][row]), float(result["prefill_cost_share"][row])
    load = float(result["load_utilization"][row])
    if load >= 1:
        return f"the demand is {_times(load)} what the planned fleet takes"
    if math.isfinite(cost):
        decode = f", {100 * (1 - share):.0f} % of it decode" if 0 <= share <= 1 else ""
        return f"one query costs {money(cost)}{decode}"
    return _no_cost(result, row)


def _no_cost(result: Result, row: int) -> str:
    """Why a query has no cost, in words."""
    reason, _, what = result.why("usd_per_query", row).partition(": ")
    used = float(result["memory_used_fraction"][row])
    sentences = {
        "does_not_fit": f"it does not fit: {100 * used:,.0f} % of the memory would be taken",
        "slo_unreachable": f"the limits cannot be kept: {what}",
        "needs_input": f"the cost of a query is open: {what} is not given",
        "not_in_this_version": f"the cost of a query is not in this version ({what})",
    }
    unknown = f"the cost of a query is unknown ({what})" if what else "the cost of a query is unknown"
    return sentences.get(reason, unknown)


def _times(load: float) -> str:
    if load < 1.005 or math.isinf(load):
        return "just" if load < 1.005 else "far above"
    return f"{load:,.0f} times" if load >= 1000 else f"{load:.3g} times"


def _bound_part(result: Result, row: int) -> str:
    code = float(result["bound"][row])
    if math.isnan(code):
        return ""
    names = REGISTRY.quantities["bound"].codes
    return f"{names[int(code)]} binds"


def _training_part(result: Result, row: int) -> str:
    days = float(result["crossover_days_usd"][row])
    if float(result["load_utilization"][row]) >= 1:
        return ""  # what is not served costs nothing
    if math.isnan(days):
        days = float(result["crossover_days_flop"][row])
        return "" if math.isnan(days) else f"serving compute passes training in {_days(days)}"
    return f"serving cost passes training in {_days(days)}"


def _days(days: float) -> str:
    if days >= 730:
        return f"{days / 365.25:,.3g} years"
    text = f"{days:.0f}" if days >= 10 else f"{days:.2g}"
    return f"{text} day" if text == "1" else f"{text} days"


def _policy_part(verdicts: Sequence[Verdict]) -> str:
    return ", ".join(_distance(verdict) for verdict in verdicts[:1])


def _distance(verdict: Verdict) -> str:
    """Where the scenario stands against a line, in words."""
    if verdict.truth is None or verdict.margin_oom is None:
        missing = ", ".join(verdict.missing) or "a value above 0"
        return f"{verdict.rule.short} unknown: {missing} missing"
    side = "above" if verdict.margin_oom > 0 else "below"
    if verdict.margin_oom == 0:
        return f"exactly on {verdict.rule.short}"
    orders = f"{abs(verdict.margin_oom):.2g}"
    return f"{side} {verdict.rule.short} by {orders} order{'' if orders == '1' else 's'}"


def _plan_notes(result: Result, row: int) -> list[str]:
    """What the plan chose, and why no more."""
    found = []
    for name, what in (
        ("hardware_tensor_parallel", layout_text(result, row)),
        ("workload_batch", ""),
        ("hardware_replicas", "replicas {:g}"),
    ):
        leaf = result.bound.leaf(name, row)
        if leaf.kind != "planned" or leaf.why == "upstream":
            continue
        if name == "workload_batch" and not float(result["max_batch"][row]) >= 1:
            continue  # not even one sequence fits, and the headline says so
        text = planned_sentence(result.bound, name, row)
        head = what.format(leaf.value)
        found.append(text if leaf.why else f"planned {head}: {text}" if head else f"planned {text}")
    return found


def layout_text(result: Result, row: int = 0) -> str:
    """The layout in short, for example ``8 accelerators (TP8)``."""
    inputs, rows = result.bound.inputs, result.bound.rows

    def at(name: str) -> float:
        values = inputs[name]
        return float(values[row if len(values) == rows else 0])

    names = (
        ("TP", "hardware_tensor_parallel"),
        ("PP", "hardware_pipeline_parallel"),
        ("DP", "hardware_data_parallel"),
    )
    parts = [f"{short}{at(name):g}" for short, name in names if at(name) > 1] or ["TP1"]
    count = at("hardware_count")
    return f"{count:g} accelerator{'s' if count > 1 else ''} ({' x '.join(parts)})"


def _limit_notes(result: Result, row: int) -> list[str]:
    """Latency limits that a given batch does not keep."""
    slo = result.bound.resolved[row].scenario.slo
    found = []
    for name, limit in (("ttft_s", slo.ttft_s), ("tpot_s", slo.tpot_s)):
        value = float(result[name][row])
        if limit is not None and value > limit.mid:
            what = f"{name.removesuffix('_s')} is {human(value, 's')}, above {human(limit.mid, 's')}"
            found.append(f"limit missed: {what}")
    return found


def _pin_notes(result: Result, row: int) -> list[str]:
    """Pins that lie behind the batch: the batch is the one planned without them."""
    resolved = result.bound.resolved[row]
    pins = resolved.scenario.pins
    if not pins or "batch" not in resolved.auto:
        return []
    moved = sorted(REGISTRY.descendants({"workload_batch"}) & set(pins))
    if not moved:
        return []
    return [f"{', '.join(moved)} pinned: the batch is the one planned without the pin"]


def _fleet_notes(result: Result, row: int) -> list[str]:
    """A stated fleet that is smaller than what the demand needs."""
    stated = result.bound.resolved[row].scenario.hardware.fleet_accelerators
    needed = float(result["accelerators_needed"][row])
    if stated is None or not needed > stated.mid:
        return []
    return [f"the cost is of the {stated.mid:,.0f} accelerators stated; the demand needs {needed:,.0f}"]


def _estimate_notes(result: Result, row: int, verdicts: Sequence[Verdict]) -> list[str]:
    """Training compute that is shown and yet decides no rule."""
    if not math.isfinite(float(result["training_flop"][row])):
        return []
    if not any("training_flop" in verdict.missing for verdict in verdicts):
        return []
    model = result.bound.resolved[row].model.id
    about = f"the training compute of {model} is an estimate that decides no rule"
    return [f"{about}; training.flop sets a figure that does"]


def answer_is_no(report_: Mapping[str, Any]) -> bool:
    """Whether the answer is "no": it does not fit, or a limit cannot be kept."""
    quantities = report_["quantities"]
    if quantities["fits_memory"]["value"] is False:
        return True
    whys = [str(quantities[name].get("why", "")) for name in ("tpot_s", "ttft_p99_s")]
    missed = any(str(note).startswith("limit missed") for note in report_["notes"])
    return missed or any(why.startswith(("slo_unreachable", "does_not_fit")) for why in whys)
