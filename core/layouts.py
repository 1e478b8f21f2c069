"""The legal layouts of a model over accelerators."""

from __future__ import annotations

import math

from inferscope.core.errors import ScenarioError
from inferscope.core.leaves import Resolved
from inferscope.core.scenario.ranges import Number

DEGREES = (
    "hardware_count",
    "hardware_tensor_parallel",
    "hardware_pipeline_parallel",
    "hardware_data_parallel",
)
"""The inputs that make a layout."""


def layouts(resolved: Resolved) -> list[tuple[float, float, float, float]]:
    """Every legal (count, tensor, pipeline, data) that agrees with what the scenario gives.

    Tensor parallelism stays within powers of two and the scale-up domain; data-parallel attention
    is for models with routed experts, which lie over tensor x data ranks; pipeline stages take what is
    left.

    Raises:
        ScenarioError: What is given leaves no layout.
    """
    given = {name: resolved.leaves[name].value for name in DEGREES}
    count, tensor, pipeline, data = (None if math.isnan(v) else v for v in given.values())
    domain = max(float(resolved.leaves["hardware_scaleup_domain"].value), 1.0)
    experts = float(resolved.leaves["model_experts"].value)
    wanted = resolved.scenario.hardware.expert_parallel
    ranks = wanted.mid if isinstance(wanted, Number) else 1.0
    counts = [count] if count else _counts(domain, tensor, pipeline, data)
    found = []
    for total in counts:
        for t in [tensor] if tensor else _powers(min(total, domain)):
            for d in [data] if data else ([1.0] if not experts > 1 else _powers(total / t)):
                p = pipeline or total / (t * d)
                is_whole = p >= 1 and p == int(p) and t * p * d == total
                if is_whole and (pipeline or p == 1 or total > domain) and (t * d) % ranks == 0:
                    found.append((total, t, p, d))
    if not found:
        asked = {**given, "hardware_expert_parallel": ranks if ranks > 1 else math.nan}
        text = ", ".join(
            f"{n.removeprefix('hardware_')} {v:g}" for n, v in asked.items() if not math.isnan(v)
        )
        message = f"no layout agrees with {text}"
        raise ScenarioError(message, key="hardware.count")
    return sorted(set(found))


def _counts(domain: float, tensor: float | None, pipeline: float | None, data: float | None) -> list[float]:
    """Accelerator counts to try: powers of two up to the domain, then a few domains."""
    known = math.prod(v for v in (tensor, pipeline, data) if v)
    inside = _powers(min(domain, 64.0))
    return [n * known for n in (*inside, *(inside[-1] * 2.0**k for k in range(1, 4)))]


def _powers(limit: float) -> list[float]:
    """Powers of two up to a limit, and the limit itself where it is none."""
    found = [2.0**k for k in range(int(math.log2(max(limit, 1.0))) + 1)]
    return found if found[-1] == limit or limit != int(limit) else [*found, limit]
