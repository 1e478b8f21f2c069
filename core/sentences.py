"""Sentences about a result: its headline, what the plan chose, and what a reader must know."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from inferscope.core.evaluate import Result
from inferscope.core.graph import REGISTRY
from inferscope.core.plan import planned_sentence
from inferscope.core.policy.entries import LEADING
from inferscope.core.shown import figure
from inferscope.core.units import DAYS_PER_YEAR, human

_NEAR = 0.01
"""A margin in orders of magnitude below which a line is next door."""

_SMALL = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_LACKING = {
    "economics.usd_per_accelerator_hour": "no price of the accelerator is known",
    "hardware.prefill.usd_per_accelerator_hour": "no price of the prefill accelerator is known",
}
"""What to say of an input that is not given; the answers name its key."""


def headline(result: Result, row: int, entries: Sequence[Mapping[str, Any]]) -> str:
    """One sentence that is always true, whatever could not be computed."""
    cost = _cost_part(result, row)
    open_cost = cost if _serves_without_cost(result, row) else ""
    parts = [
        _served_part(result, row) if open_cost else cost,
        "" if result.bound.resolved[row].scenario.economics.basis == "api" else _bound_part(result, row),
        open_cost,
        _training_part(result, row),
        _policy_part(entries),
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
    is_bought = result.bound.resolved[row].scenario.economics.basis == "api"
    if load >= 1 and not is_bought:
        return f"the demand is {_times(load)} what the planned fleet takes"
    if math.isfinite(cost):
        output = "output tokens" if is_bought else "decode"
        decode = f", {100 * (1 - share):.0f} % of it {output}" if 0 <= share <= 1 else ""
        about = f"one query costs {money(cost)}{_cost_range(result, row)}{decode}"
        return f"{about}{_fleet_part(result, row, ', ' if decode else ' ')}"
    return _no_cost(result, row)


def _fleet_part(result: Result, row: int, before: str) -> str:
    """Which fleet is paid for where one is stated, and what the demand needs where that is more."""
    stated = result.bound.resolved[row].scenario.hardware.fleet_accelerators
    if stated is None:
        return ""
    needed = float(result["accelerators_needed"][row])
    lacking = f", though the demand needs {needed:,.0f}" if needed > stated.mid else ""
    return f"{before}on the stated fleet of {stated.mid:,.0f}{lacking}"


def _cost_range(result: Result, row: int) -> str:
    """P5 and P95 of the cost of a query, where it has a range."""
    spread = result.spreads.get(row)
    if spread is None:
        return ""
    low, high = spread.quantiles("usd_per_query")
    ends = [money(low), money(high)] if low < high else []
    if len({end.partition(" ")[2] for end in (*ends, money(float(result["usd_per_query"][row])))}) == 1:
        ends = [end.partition(" ")[0] for end in ends]
    return f" ({' to '.join(ends)})" if ends else ""


def _no_cost(result: Result, row: int) -> str:
    """Why a query has no cost, in words."""
    reason, _, what = result.why("usd_per_query", row).partition(": ")
    used = float(result["memory_used_fraction"][row])
    sentences = {
        "does_not_fit": f"it does not fit: {100 * used:,.0f} % of the memory would be taken",
        "slo_unreachable": f"the limits cannot be kept: {what}",
        "needs_input": f"{_LACKING.get(what, f'{what} is not given')}, so the cost is open",
        "not_in_this_version": f"the cost of a query is not in this version ({what})",
    }
    unknown = f"the cost of a query is unknown ({what})" if what else "the cost of a query is unknown"
    return sentences.get(reason, unknown)


def _serves_without_cost(result: Result, row: int) -> bool:
    """Whether the speed of an answer is known where its cost is not, and no demand is too much for it."""
    known = (float(result[name][row]) for name in ("batch", "output_tok_s_per_user"))
    priced = math.isfinite(float(result["usd_per_query"][row]))
    return not priced and not float(result["load_utilization"][row]) >= 1 and all(map(math.isfinite, known))


def _served_part(result: Result, row: int) -> str:
    """What holds which model, and how many users it serves how fast."""
    resolved = result.bound.resolved[row]
    count, users = result.bound.leaf("hardware_count", row).value, float(result["batch"][row])
    speed = human(float(result["output_tok_s_per_user"][row]), "tokens/s")
    many, each = ("s", " each") if users != 1 else ("", "")
    one = "s" if count == 1 else ""
    verb = f"serve{one}" if resolved.scenario.hardware.prefill is None else f"decode{one} for"
    held = f"{_spelt(count)} {resolved.accelerator.name} hold{one} {resolved.model.name}"
    return f"{held} and {verb} {users:,g} user{many} at {speed}{each}"


def _spelt(count: float) -> str:
    """A count in words where it is small.

    >>> _spelt(8.0), _spelt(144.0)
    ('eight', '144')
    """
    return _SMALL[int(count) - 1] if count in range(1, len(_SMALL) + 1) else f"{count:,g}"


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
        return f"{days / DAYS_PER_YEAR:,.3g} years"
    text = f"{days:.0f}" if days >= 10 else f"{days:.2g}"
    return f"{text} day" if text == "1" else f"{text} days"


def _policy_part(entries: Sequence[Mapping[str, Any]]) -> str:
    return next((_distance(entry) for entry in entries if entry["id"] == LEADING), "")


def _distance(entry: Mapping[str, Any]) -> str:
    """Where the scenario stands against a line, in words."""
    short, margin = entry["short"], entry["margin_oom"]
    if entry["verdict"] == "unknown" or margin is None:
        missing = ", ".join(entry["missing"]) or "a value above 0"
        return f"{short} unknown: {missing} missing"
    side = "above" if margin > 0 else "below"
    if margin == 0:
        return f"exactly on {short}"
    if abs(margin) < _NEAR:
        return f"{side} {short} by less than {_NEAR:g} orders"
    orders = f"{abs(margin):.2g}"
    return f"{side} {short} by {orders} order{'' if orders == '1' else 's'}"


def plan_notes(result: Result, row: int) -> list[str]:
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


def _memory_notes(result: Result, row: int) -> list[str]:
    """Weights that alone take more than the memory."""
    weights, count = float(result["weight_bytes"][row]), result.bound.leaf("hardware_count", row).value
    holds = count * result.bound.leaf("hardware_memory_bytes", row).value
    if not weights > holds:
        return []
    return [f"the weights take {human(weights, 'byte')}; {count:g} accelerators hold {human(holds, 'byte')}"]


def _context_notes(result: Result, row: int) -> list[str]:
    """Prompt and answer that together are longer than what the model was made for."""
    resolved = result.bound.resolved[row]
    longest = (resolved.model.architecture or {}).get("context")
    work = resolved.scenario.workload
    tokens = work.input_tokens.mid + work.output_tokens.mid + work.reasoning_tokens.mid
    if longest is None or not tokens > longest:
        return []
    return [
        f"prompt and answer of {tokens:,.0f} tokens are longer than the model's context of {longest:,.0f}"
    ]


def _load_notes(result: Result, row: int) -> list[str]:
    """Two operating points in one report: the full batch and the demand."""
    if not float(result["ttft_p99_s"][row]) < float(result["ttft_s"][row]):
        return []
    load = 100 * float(result["load_utilization"][row])
    full = "ttft_s and tpot_s are at a full batch"
    return [f"{full}; ttft_p50_s and ttft_p99_s at the demand's load of {load:.2g} %"]


def _link_notes(result: Result, row: int) -> list[str]:
    """Accelerators that talk over the host link, for want of another figure."""
    leaf = result.bound.leaf("hardware_scaleout_bytes_per_s", row)
    if leaf.kind != "assumption" or not result.bound.leaf("hardware_count", row).value > 1:
        return []
    return [f"{leaf.note}; hardware.scaleout_bytes_per_s sets another figure"]


def _pin_notes(result: Result, row: int) -> list[str]:
    """Pins that lie behind the batch: the batch is the one planned without them."""
    resolved = result.bound.resolved[row]
    pins = resolved.scenario.pins
    found = [
        f"{name} is pinned at {figure(number.mid, REGISTRY.node(name).unit, name)}: what follows from it is"
        " not computed from the rest"
        for name, number in sorted(pins.items())
    ]
    moved = sorted(REGISTRY.descendants({"workload_batch"}) & set(pins))
    if moved and "batch" in resolved.auto:
        found.append(f"{', '.join(moved)} pinned: the batch is the one planned without the pin")
    return found


def _idle_notes(result: Result, row: int) -> list[str]:
    """Keys of the scenario that another key keeps from mattering."""
    scenario, found = result.bound.resolved[row].scenario, []
    if scenario.site.market_gco2e_per_kwh is not None and scenario.site.carbon != "market":
        found.append('site.market_gco2e_per_kwh is not used: it takes site.carbon = "market"')
    if scenario.training.usd is not None and "account" in scenario.training.model_fields_set:
        found.append("training.account moves nothing: training.usd gives the cost")
    return found


def _fleet_notes(result: Result, row: int) -> list[str]:
    """A stated fleet that is smaller than what the demand needs."""
    stated = result.bound.resolved[row].scenario.hardware.fleet_accelerators
    needed = float(result["accelerators_needed"][row])
    if stated is None or not needed > stated.mid:
        return []
    paid = f"cost and power are of the {stated.mid:,.0f} accelerators stated, energy is of all queries"
    return [f"{paid}; the demand needs {needed:,.0f}"]


def _estimate_notes(result: Result, row: int, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Training compute that is shown and yet decides no rule."""
    if not math.isfinite(float(result["training_flop"][row])):
        return []
    if not any("training_flop" in entry["missing"] for entry in entries):
        return []
    model = result.bound.resolved[row].model.id
    about = f"the training compute of {model} is an estimate that decides no rule"
    return [f"{about}; training.flop sets a figure that does"]


@lru_cache(maxsize=8)
def _behind(names: tuple[str, ...]) -> frozenset[str]:
    """The inputs that any of some quantities is made of, of whichever pool."""
    made = (*REGISTRY.needed(names), *names)
    nodes = [REGISTRY.quantities[name] for name in made if name in REGISTRY.quantities]
    return frozenset(parent for node in nodes for parent in node.parents if parent in REGISTRY.inputs)


def _unverified_notes(result: Result, row: int) -> list[str]:
    """Catalogue figures behind the numbers that were recalled and not checked."""
    resolved = result.bound.resolved[row]
    used = _behind(tuple(result.values))
    recalled = {leaf.key for n, leaf in resolved.leaves.items() if leaf.kind == "memory" and n in used}
    model = f"the architecture of {resolved.model.id}"
    shown = sorted({model if key.startswith("model") and "." not in key[6:] else key for key in recalled})
    return [f"unverified, recalled and not checked: {', '.join(shown)}"] if shown else []


def _training_notes(result: Result, row: int) -> list[str]:
    """Training hours counted on the serving accelerator, because nobody says what it was trained on."""
    leaf = result.bound.leaf("training_bf16_flop_per_s", row)
    used = (
        result.bound.leaf("model_training_accelerator_hours", row),
        result.bound.leaf("training_usd_given", row),
    )
    if leaf.kind != "assumption" or any(not math.isnan(item.value) for item in used):
        return []
    return [f"{leaf.note}: training.accelerator sets another"]


def _bound_notes(result: Result, row: int) -> list[str]:
    """Times that the scenario's own constants or pins drove below what physics allows."""
    found = []
    for name in ("ttft_s", "tpot_s"):
        value, least = float(result[name][row]), float(result[f"bound_{name}"][row])
        if value < least * (1 - 1e-9):
            text = f"{name} {human(value, 's')} is below its first-principles bound {human(least, 's')}"
            found.append(f"{text}: constants or pins of this scenario do that")
    return found


_PRICES = {
    "rental": {"rent": "economics_usd_per_accelerator_hour"},
    "owned": {
        "purchase": "hardware_purchase_usd",
        "colocation": "economics_colocation_usd_per_kw_month",
        "electricity": "site_electricity_usd_per_kwh",
    },
    "api": {"list price": "economics_api_usd_per_million_output_tokens"},
}
"""What a cost stands on, by basis."""
_MONTHS_APART = 18


def _date_notes(result: Result, row: int) -> list[str]:
    """Prices of a later time than the scenario's, and those that lie far apart."""
    scenario = result.bound.resolved[row].scenario
    basis, day = scenario.economics.basis, scenario.as_of.isoformat()
    leaves = {word: result.bound.leaf(name, row) for word, name in _PRICES[basis].items()}
    dates = {
        word: str(leaf.date)
        for word, leaf in leaves.items()
        if not math.isnan(leaf.value) and leaf.date and leaf.kind != "scenario"
    }
    later = [word for word, date in dates.items() if date[:7] > day[: len(date[:7])]]
    found = [
        f"a price of {dates[word]} is used for a scenario of {day}{'' if word == 'rent' else f' ({word})'}"
        for word in later
    ]
    months = {"the scenario": _month(day), **{word: _month(date) for word, date in dates.items()}}
    first, last = min(months, key=lambda word: months[word]), max(months, key=lambda word: months[word])
    apart = months[last] - months[first]
    if apart > _MONTHS_APART:
        said = {"the scenario": day, **dates}
        found.append(
            f"prices lie {apart} months apart: {first} of {said[first]}, {last} of {said[last]}; more than"
            f" {_MONTHS_APART} months mix markets"
        )
    return found


def _month(date: str) -> int:
    """Months since year 0; a year alone counts as its middle.

    >>> _month("2025-02"), _month("2025")
    (24302, 24307)
    """
    year, _, rest = date.partition("-")
    return 12 * int(year) + (int(rest[:2]) if rest[:2].isdecimal() else 7)


def _test_time_notes(result: Result, row: int) -> list[str]:
    """Capability from more inference is counted, its cost is not."""
    if result.bound.leaf("test_time_multiplier", row).value <= 1:
        return []
    return [
        "test_time.multiplier raises effective_training_flop only: no cost or FLOP per query is scaled by it"
    ]


def caveats(result: Result, row: int, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a reader must know before quoting a number."""
    return [
        *_limit_notes(result, row),
        *_memory_notes(result, row),
        *_context_notes(result, row),
        *_load_notes(result, row),
        *_link_notes(result, row),
        *_pin_notes(result, row),
        *_idle_notes(result, row),
        *_fleet_notes(result, row),
        *_estimate_notes(result, row, entries),
        *_bound_notes(result, row),
        *_date_notes(result, row),
        *_test_time_notes(result, row),
        *_training_notes(result, row),
        *_unverified_notes(result, row),
    ]
