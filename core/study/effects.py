"""What each optimisation is worth here: the scenario beside itself with one of them flipped."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from inferscope.core import catalog
from inferscope.core.bind import bind
from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import Result, evaluate
from inferscope.core.leaves import model_record
from inferscope.core.leaves.formats import formats_in_use
from inferscope.core.leaves.leaf import named
from inferscope.core.plan import plan
from inferscope.core.reasons import reasons
from inferscope.core.report import OUTPUTS
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.schema import Scenario

Flip = Callable[[Scenario], tuple[str, dict[str, Any]] | None]

HIT_RATE = "prefix_hit_rate_conversation"
"""The catalogue's share of cached prompt tokens that turning the prefix cache on stands for."""

_MEASURES = ("usd_per_query", "tpot_s", "ttft_s", "wh_per_query", "quality_recovery")


@dataclass(frozen=True)
class Toggle:
    """One optimisation that can be turned on or off.

    Attributes:
        key: The scenario's dotted key.
        label: What it is called in tables.
        now: Its present state in words.
        flip: The flipped state in words and the keys to set for it; None where it has no meaning.
        idle: Why it has no meaning, where it has none.
        caveat: Why its cost and energy are not to be quoted, where they are not.
    """

    key: str
    label: str
    now: Callable[[Scenario], str]
    flip: Flip
    idle: str = ""
    caveat: str = ""


@dataclass(frozen=True)
class Effect:
    """What flipping one optimisation does; ratios are flipped over present.

    Attributes:
        key: The scenario's dotted key.
        label: What it is called in tables.
        now: The present state in words.
        then: The flipped state in words; empty where there is none.
        changes: The keys to set to flip it.
        cost: Ratio of the cost per query.
        latency: Ratio of the time per output token.
        first_token: Ratio of the time to the first token.
        energy: Ratio of the energy per query.
        quality: Difference of the quality kept.
        why: What is missing where one of them is None, why the cost cannot move, or the caveat.
        caveat: Why cost and energy are not to be quoted.
    """

    key: str
    label: str
    now: str
    then: str
    changes: Mapping[str, Any]
    cost: float | None = None
    latency: float | None = None
    first_token: float | None = None
    energy: float | None = None
    quality: float | None = None
    why: str = ""
    caveat: str = ""

    def quoted(self, name: str) -> float | None:
        """A ratio that may be shown: cost and energy only where what they rest on is modelled whole."""
        ratio: float | None = getattr(self, name)
        return None if self.caveat and name in ("cost", "energy") else ratio


@dataclass(frozen=True)
class Board:
    """A scenario evaluated together with every optimisation flipped.

    Attributes:
        result: Row 0 is the scenario; flipped ones follow.
        effects: One for each of :data:`TOGGLES`, in order.
        notes: Notes on the scenario, for its report.
    """

    result: Result
    effects: tuple[Effect, ...]
    notes: tuple[str, ...] = ()


def board(scenario: Scenario, notes: Sequence[str] = ()) -> Board:
    """Evaluate a scenario and what flipping each optimisation would do, in one call.

    Args:
        scenario: What stands.
        notes: Notes on it, handed through.

    Raises:
        ScenarioError: The scenario itself cannot be evaluated; a flipped one says so in its effect.
    """
    flips = [toggle.flip(scenario) for toggle in TOGGLES]
    flipped = {i: with_values(scenario, flip[1]) for i, flip in enumerate(flips) if flip}
    result, refused = _evaluated(scenario, flipped)
    rows = {place: row for row, place in enumerate((i for i in flipped if i not in refused), 1)}
    here = _measures(result, 0)
    effects = []
    for i, (toggle, flip) in enumerate(zip(TOGGLES, flips, strict=True)):
        words, changes = flip or ("", {})
        about = (toggle.key, toggle.label, toggle.now(scenario), words, changes)
        if i in rows:
            found = Effect(*about, *_compared(result, here, rows[i]))
            effects.append(replace(found, why=found.why or toggle.caveat, caveat=toggle.caveat))
        else:
            effects.append(Effect(*about, why=refused.get(i, toggle.idle)))
    return Board(result, tuple(effects), tuple(notes))


def _evaluated(scenario: Scenario, flipped: Mapping[int, Scenario]) -> tuple[Result, dict[int, str]]:
    """All rows in one call; where one is refused, the others, and what was said against it."""
    try:
        return evaluate([scenario, *flipped.values()], OUTPUTS), {}
    except ScenarioError:
        plan(bind([scenario]))
        refused = {i: text for i, other in flipped.items() if (text := _refusal(other))}
        kept = [other for i, other in flipped.items() if i not in refused]
        return evaluate([scenario, *kept], OUTPUTS), refused


def _refusal(scenario: Scenario) -> str:
    try:
        plan(bind([scenario]))
    except ScenarioError as error:
        return error.said
    return ""


def _measures(result: Result, row: int) -> tuple[float, ...]:
    return tuple(float(result[name][row]) for name in _MEASURES)


def _compared(result: Result, here: Sequence[float], row: int) -> tuple[Any, ...]:
    """Cost, latency, first token, energy, quality, and why one is missing or cannot move."""
    there = _measures(result, row)
    known = [math.isfinite(a) and math.isfinite(b) and a > 0 for a, b in zip(here, there, strict=True)]
    ratios = [b / a if ok else None for a, b, ok in zip(here[:-1], there, known, strict=False)]
    quality = there[-1] - here[-1] if known[-1] else None
    if not all(known):
        return (*ratios, quality, _why(result, here, there, row))
    is_stated = result.bound.resolved[row].scenario.hardware.fleet_accelerators is not None
    return (*ratios, quality, "the stated fleet is paid for either way" if is_stated else "")


def _why(result: Result, here: Sequence[float], there: Sequence[float], row: int) -> str:
    """The first thing that is missing: in the flipped row, where the present one has it."""
    new = [n for n, a, b in zip(_MEASURES, here, there, strict=True) if math.isnan(b) and not math.isnan(a)]
    old = [name for name, value in zip(_MEASURES, here, strict=True) if math.isnan(value)]
    if new:
        return reasons(result.bound, new[:1], row)[new[0]]
    return result.why(old[0]) if old else "unknown: larger than any number"


# --- the toggles ---------------------------------------------------------------------------------


def _formats(scenario: Scenario) -> dict[str, catalog.Format]:
    return formats_in_use(scenario, model_record(scenario.model))


def _has_rate(scenario: Scenario, rate: str) -> bool:
    """Whether the accelerator computes in a format."""
    chip = named(catalog.accelerator, scenario.hardware.accelerator, "hardware.accelerator")
    name = f"{rate}_flop_per_s"
    return name in scenario.hardware.overrides or chip.values[name].is_known


def _stored(scenario: Scenario) -> catalog.Format:
    """The narrower of the formats in which linear layers and experts are stored."""
    formats = _formats(scenario)
    return min(formats["expert"], formats["linear"], key=lambda form: form.element_bits)


def _weights(scenario: Scenario) -> str:
    formats = _formats(scenario)
    return (
        _stored(scenario).name if scenario.optimizations.weight_format == "native" else formats["linear"].name
    )


def _flip_weights(scenario: Scenario) -> tuple[str, dict[str, Any]]:
    """Back to the model's own, or one step narrower in a format the accelerator has; 4 bit go wide."""
    key = "optimizations.weight_format"
    plain = with_values(scenario, {key: None})
    now, own = _stored(scenario), _stored(plain)
    if now.element_bits != own.element_bits:
        return own.name, {key: "native"}
    for least, fast, slow in ((16, ("fp8", "int8"), "int4"), (8, ("fp4",), "int4")):
        if now.element_bits >= least:
            rate = next((name for name in fast if _has_rate(scenario, name)), slow)
            name = catalog.format_(rate).name
            return name, {key: name}
    return "bf16", {key: "bf16"}


def _flip_activations(scenario: Scenario) -> tuple[str, dict[str, Any]] | None:
    """The model's own again, else 16 bit under narrow weights, else the 8 bit the accelerator has."""
    key = "optimizations.activation_format"
    now, own = _formats(scenario)["activation"], _formats(with_values(scenario, {key: None}))["activation"]
    if now.name != own.name:
        return own.name, {key: "native"}
    if now.element_bits < 16:
        return "bf16", {key: "bf16"}
    narrow = next((name for name in ("fp8", "int8") if _has_rate(scenario, name)), "")
    return (narrow, {key: narrow}) if narrow and _stored(scenario).element_bits < 16 else None


def _flip_cache(scenario: Scenario) -> tuple[str, dict[str, Any]]:
    name = "fp8" if _formats(scenario)["kv"].element_bits >= 16 else "bf16"
    return name, {"optimizations.kv_format": name}


def _flip_speculation(scenario: Scenario) -> tuple[str, dict[str, Any]]:
    """The heads a model was trained with, else EAGLE-3."""
    key = "optimizations.speculative"
    if scenario.optimizations.speculative is not None:
        return "off", {key: None}
    architecture = model_record(scenario.model).architecture or {}
    method = "mtp" if architecture.get("mtp_depth") else "eagle3"
    return method, {f"{key}.method": method}


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %" if share else "off"


def _flip_prefix(scenario: Scenario) -> tuple[str, dict[str, Any]]:
    key = "optimizations.prefix_cache_hit_rate"
    if scenario.optimizations.prefix_cache_hit_rate.mid > 0:
        return "off", {key: 0}
    value = catalog.technique_default(HIT_RATE)
    share = float(value.value or 0.0)
    return _percent(share), {key: {"value": share, "source": value.source, "date": value.date}}


def _switch(
    name: str,
    label: str,
    needs: Callable[[Scenario], bool] | None = None,
    idle: str = "",
    caveat: str = "",
) -> Toggle:
    """An optimisation that is on or off; without what it needs, turning it on has no meaning."""
    words = {True: "on", False: "off"}

    def is_on(scenario: Scenario) -> bool:
        return bool(getattr(scenario.optimizations, name))

    def flip(scenario: Scenario) -> tuple[str, dict[str, Any]] | None:
        then = not is_on(scenario)
        if needs is not None and not needs(scenario):
            return None
        return words[then], {f"optimizations.{name}": then}

    return Toggle(f"optimizations.{name}", label, lambda s: words[is_on(s)], flip, idle, caveat)


def _has_experts(scenario: Scenario) -> bool:
    """Whether there is traffic of experts to hide, or the overlap to be turned off."""
    if scenario.optimizations.two_batch_overlap:
        return True
    like = scenario.model.architecture_like
    key = "model.architecture_like"
    record = model_record(scenario.model) if like is None else named(catalog.model, like, key)
    architecture = record.architecture or {}
    return float(scenario.model.overrides.get("experts", architecture.get("experts")) or 0) > 1


def _flip_pool(scenario: Scenario) -> tuple[str, dict[str, Any]] | None:
    """A pool for prompts as large as a replica, or none."""
    count = scenario.hardware.count
    if scenario.hardware.prefill is not None:
        return "off", {"hardware.prefill": None}
    if not isinstance(count, Number):
        return None
    return f"own {count.mid:g}", {"hardware.prefill.count": count.mid}


def _pool(scenario: Scenario) -> str:
    pool = scenario.hardware.prefill
    return "off" if pool is None else f"own {pool.count.mid:g}"


_CAP = 0.7
"""Share of its usual limit to which an accelerator is capped when the toggle is flipped."""


def _flip_cap(scenario: Scenario) -> tuple[str, dict[str, Any]] | None:
    """A cap on the power of an accelerator, at a round figure well below its limit, or none."""
    key = "optimizations.power_cap_w"
    if scenario.optimizations.power_cap_w is not None:
        return "off", {key: None}
    hardware = scenario.hardware
    usual = hardware.overrides.get("tdp_w")
    if usual is None:
        usual = named(catalog.accelerator, hardware.accelerator, "hardware.accelerator").values["tdp_w"].value
    if not isinstance(usual, int | float):
        return None
    watts = float(f"{_CAP * usual:.2g}")
    return f"{watts:g} W", {key: watts}


def _cap(scenario: Scenario) -> str:
    cap = scenario.optimizations.power_cap_w
    return "off" if cap is None else f"{cap.mid:g} W"


TOGGLES: tuple[Toggle, ...] = (
    Toggle("optimizations.weight_format", "Weights", _weights, _flip_weights),
    Toggle(
        "optimizations.activation_format",
        "Activations",
        lambda scenario: _formats(scenario)["activation"].name,
        _flip_activations,
        "16-bit weights are multiplied at 16 bit, or the accelerator has no 8-bit rate",
    ),
    Toggle("optimizations.kv_format", "KV cache", lambda s: _formats(s)["kv"].name, _flip_cache),
    Toggle(
        "optimizations.speculative",
        "Speculation",
        lambda s: "off" if s.optimizations.speculative is None else s.optimizations.speculative.method,
        _flip_speculation,
    ),
    Toggle(
        "optimizations.prefix_cache_hit_rate",
        "Cache hits",
        lambda s: _percent(s.optimizations.prefix_cache_hit_rate.mid),
        _flip_prefix,
    ),
    _switch(
        "continuous_batching",
        "Cont. batch",
        caveat="no cost and energy: that a static batch waits for its longest reply is not modelled",
    ),
    _switch(
        "chunked_prefill",
        "Chunked",
        lambda s: s.optimizations.continuous_batching,
        "static batching: all prompts come first",
    ),
    _switch(
        "two_batch_overlap",
        "Overlap",
        _has_experts,
        "the model has no routed experts whose traffic it would hide",
    ),
    Toggle(
        "optimizations.power_cap_w",
        "Power cap",
        _cap,
        _flip_cap,
        "the accelerator's power limit is unknown, or given as a range",
    ),
    Toggle(
        "hardware.prefill",
        "Prefill pool",
        _pool,
        _flip_pool,
        "its size is open: hardware.count is auto",
    ),
)
"""Every optimisation that can be flipped, in the order of the screen."""
