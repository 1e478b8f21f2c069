"""Number formats: bytes stored, rates that apply, quality kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from inferscope.core import catalog
from inferscope.core.catalog import Format, Record
from inferscope.core.errors import CatalogError, ScenarioError
from inferscope.core.leaves.leaf import UNKNOWN, UNSUPPORTED, Leaf, catalog_leaf
from inferscope.core.leaves.model import total_params
from inferscope.core.scenario.schema import Scenario


def formats_in_use(scenario: Scenario, record: Record) -> dict[str, Format]:
    """The formats in use: linear layers, experts, the activations of each, cache.

    Experts with a format of their own are multiplied with its usual activations: checkpoints in four
    bits often keep attention in eight or sixteen.
    """
    options = scenario.optimizations
    native = {
        part: str(record.text.get(part, "bf16"))
        for part in ("weight_format", "expert_weight_format", "activation_format")
    }

    def named(name: str, key: str) -> Format:
        try:
            return catalog.format_(name)
        except CatalogError as error:
            known = f"; formats are native, {', '.join(catalog.formats())}"
            raise ScenarioError(error.message + known, key=f"optimizations.{key}") from None

    is_native = options.weight_format == "native"
    linear = named(native["weight_format"] if is_native else options.weight_format, "weight_format")
    own = options.expert_weight_format
    if own is not None:
        expert = named(native["expert_weight_format"] if own == "native" else own, "expert_weight_format")
    else:
        expert = named(native["expert_weight_format"], "weight_format") if is_native else linear
    if options.activation_format != "native":
        activation = named(options.activation_format, "activation_format")
    else:
        activation = catalog.format_(native["activation_format"] if is_native else linear.default_activation)
    follows = own in (None, "native") or options.activation_format != "native"
    expert_activation = activation if follows else catalog.format_(expert.default_activation)
    kv = named(options.kv_format, "kv_format")
    if not kv.kv_bits.is_known:
        usable = ", ".join(name for name, form in catalog.formats().items() if form.kv_bits.is_known)
        message = f"{kv.name} is no cache format; cache formats are {usable}"
        raise ScenarioError(message, key="optimizations.kv_format")
    return {
        "linear": linear,
        "expert": expert,
        "activation": activation,
        "expert_activation": expert_activation,
        "kv": kv,
    }


def format_leaves(
    scenario: Scenario, formats: Mapping[str, Format], record: Record, leaves: Mapping[str, Leaf]
) -> dict[str, Leaf]:
    """Bytes per parameter and element, and what the formats keep of the quality."""
    found: dict[str, Leaf] = {}
    shared = scenario.optimizations.expert_weight_format is None
    expert_key = "weight_format" if shared else "expert_weight_format"
    for part, key in (("linear", "weight_format"), ("expert", expert_key)):
        bits = formats[part].bits_per_weight
        leaf = catalog_leaf(bits, f"optimizations.{key}", f"{formats[part].name}: {bits.value:g} bits")
        found[f"optimizations_{part}_bytes_per_param"] = replace(leaf, value=(bits.value or 0.0) / 8.0)
    wide = 4.0 if formats["linear"].name == "fp32" else 2.0
    found["optimizations_embedding_bytes_per_param"] = Leaf(
        wide, "derived", "embedding and head are not quantised"
    )
    kv = formats["kv"]
    found["optimizations_kv_bytes_per_element"] = replace(
        catalog_leaf(kv.kv_bits, "optimizations.kv_format"), value=(kv.kv_bits.value or 0.0) / 8.0
    )
    found["optimizations_weight_recovery"] = _recovery(scenario, formats, record, leaves)
    kept = catalog.kv_recovery(kv.name)
    found["optimizations_kv_recovery"] = (
        Leaf(1.0, "identity", "the cache format loses nothing")
        if kv.name in ("bf16", "fp32")
        else catalog_leaf(kept, "optimizations.kv_format")
    )
    return found


def _recovery(
    scenario: Scenario, formats: Mapping[str, Format], record: Record, leaves: Mapping[str, Leaf]
) -> Leaf:
    """Measured recovery of the nearest size class; 1 at the native precision or a wider one."""
    options, key = scenario.optimizations, "optimizations.weight_format"
    native = (
        str(record.text.get("weight_format", "bf16")),
        str(record.text.get("expert_weight_format", "bf16")),
    )
    as_trained = options.expert_weight_format in (None, "native", native[1])
    if options.weight_format == "native" and options.activation_format == "native" and as_trained:
        return Leaf(1.0, "identity", "the model's native precision", key=key)
    linear, activation = formats["linear"], formats["activation"]
    narrowed = not as_trained and formats["expert"].element_bits < linear.element_bits
    if narrowed and leaves["model_experts"].value > 0:  # most of the weights are the experts'
        key = "optimizations.expert_weight_format"
        linear, activation = formats["expert"], formats["expert_activation"]
    native_bits = catalog.format_(native[0]).element_bits
    is_native = linear.name == native[0] == native[1] and activation.element_bits >= native_bits
    is_wide = min(linear.element_bits, activation.element_bits) >= 16
    if is_native or is_wide:
        return Leaf(1.0, "identity", "not narrower than the model's native precision", key=key)
    rows = [row for row in catalog.recoveries(linear.name, activation.name) if row.value.is_known]
    if not rows:
        return Leaf(
            math.nan,
            why=f"{UNKNOWN}: no measured recovery of {linear.name} weights, {activation.name} activations",
            key=key,
        )
    size = total_params(leaves)
    if math.isnan(size):
        return Leaf(math.nan, why=f"{UNKNOWN}: the size of {record.id}", key=key)
    best = min(rows, key=lambda row: abs(math.log((row.params or size) / size)))
    about = f"measured at {(best.params or size) / 1e9:g}B parameters"
    return catalog_leaf(best.value, key, f"{about}; {best.value.note}" if best.value.note else about)


_RATE_BITS = {"int4": 4, "fp4": 4, "int8": 8, "fp8": 8, "bf16": 16, "fp32": 32}


_WIDER = {"fp4": "fp8", "int4": "int8", "fp8": "bf16", "int8": "bf16", "bf16": "fp32"}


def rate_leaves(
    leaves: dict[str, Leaf], formats: Mapping[str, Format], chip: Record, pool: str, notes: list[str]
) -> None:
    """The peak that really applies to linear layers and to experts, with every fall-back said."""
    for part in ("linear", "expert"):
        used = formats["expert_activation" if part == "expert" else "activation"]
        weights, activation = formats[part].rate, used.rate
        quantised = formats[part].name not in ("bf16", "fp32")
        wanted = activation if quantised or _RATE_BITS[activation] >= _RATE_BITS[weights] else weights
        rate, why = _supported(wanted, chip, leaves, pool)
        name = f"{pool}hardware_{part}_flop_per_s"
        if rate is None:
            leaves[name] = Leaf(math.nan, why=why, key=f"hardware.{wanted}_flop_per_s")
        else:
            leaves[name] = _rate_leaf(rate, chip, leaves, pool)
            if rate != wanted and (part == "linear" or leaves["model_experts"].value > 0):
                text = f"{chip.id} has no usable {wanted} rate: {part} layers compute at {rate}"
                if text not in notes:
                    notes.append(text)
        slower = rate is not None and formats[part].element_bits < _RATE_BITS[rate]
        efficiency = f"optimizations_{part}_rate_efficiency"
        if pool == "" or slower:
            leaves[efficiency] = (
                _dequantisation()
                if slower
                else Leaf(1.0, "derived", "weights are stored as they are multiplied")
            )


@lru_cache(maxsize=1)
def _dequantisation() -> Leaf:
    return catalog_leaf(catalog.technique_default("dequantisation_efficiency"), "optimizations.weight_format")


def _supported(wanted: str, chip: Record, leaves: Mapping[str, Leaf], pool: str) -> tuple[str | None, str]:
    """The wanted rate, or the next wider one the chip supports; None with the reason."""
    rate: str | None = wanted
    while rate is not None:
        rate = chip.fallback.get(rate, rate)
        leaf = _rate_leaf(rate, chip, leaves, pool)
        if leaf.value > 0:
            return rate, ""
        if leaf.why.startswith(UNKNOWN):
            return None, f"{UNKNOWN}: hardware.{rate}_flop_per_s of {chip.id}"
        rate = _WIDER.get(rate)
    return None, f"{UNSUPPORTED}: {chip.id} computes neither in {wanted} nor in a wider format"


def _rate_leaf(rate: str, chip: Record, leaves: Mapping[str, Leaf], pool: str) -> Leaf:
    name = f"{pool}hardware_{rate}_flop_per_s"
    if name in leaves:
        return leaves[name]
    plain = f"hardware_{rate}_flop_per_s"
    section = "hardware.prefill" if pool else "hardware"
    if not pool and plain in leaves:
        return leaves[plain]
    return catalog_leaf(chip.values[f"{rate}_flop_per_s"], f"{section}.{rate}_flop_per_s")
