"""Every quantity of the model, one file a subject; importing this package closes the registry."""

from __future__ import annotations

from inferscope.core.graph import REGISTRY
from inferscope.core.quantities import (
    architecture,
    bounds,
    collectives,
    cost,
    decode,
    decode_weights,
    deployment,
    ecologits,
    energy,
    flop_method,
    governance,
    inputs,
    lifecycle,
    load,
    loaded,
    loopholes,
    loss,
    memory,
    offload,
    owning,
    power,
    prefill,
    quality,
    scaling,
    serving,
    sites,
    training,
    training_cost,
    waiting,
)

__all__ = [
    "architecture", "bounds", "collectives", "cost", "decode", "decode_weights", "deployment", "ecologits", "energy",
    "flop_method", "governance", "inputs", "lifecycle", "load", "loaded", "loopholes", "loss", "memory", "offload", "owning", "power", "prefill", "quality", "scaling",
    "serving", "sites", "training", "training_cost", "waiting",
]  # fmt: skip

REGISTRY.close()
