"""The legal layouts of a model over accelerators."""

from __future__ import annotations

import math

from inferscope.core.errors import ScenarioError
from inferscope.core.leaves import Resolved
from inferscope.core.leaves.model import total_params
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

    Tensor parallelism stays within powers of two and the scale-up domain, and divides the query heads;
    data-parallel attention is for models with routed experts, which lie over tensor x data ranks;
    pipeline stages take what is left beyond a domain, and inside one where nothing else is legal.

    Raises:
        ScenarioError: What is given leaves no layout.
    """
    given = {name: resolved.leaves[name].value for name in DEGREES}
    count, tensor, pipeline, data = (None if math.isnan(v) else v for v in given.values())
    domain = max(resolved.leaves["hardware_scaleup_domain"].value, 1.0)
    heads, ranks = _heads(resolved), _expert_ranks(resolved)
    is_sparse = resolved.leaves["model_experts"].value > 1
    flat: set[tuple[float, float, float, float]] = set()
    staged: set[tuple[float, float, float, float]] = set()
    for total in [count] if count else _counts(domain, tensor, pipeline, data, _least(resolved)):
        for t in [tensor] if tensor else [n for n in _powers(min(total, domain)) if heads % n == 0]:
            for d in [data] if data else (_powers(total / t) if is_sparse else [1.0]):
                p = pipeline or total / (t * d)
                if p < 1 or p != int(p) or t * p * d != total or (t * d) % ranks:
                    continue
                (flat if pipeline or p == 1 or total > domain else staged).add((total, t, p, d))
    if not (flat or staged):
        asked = {**given, "hardware_expert_parallel": ranks if ranks > 1 else math.nan}
        known = {n.removeprefix("hardware_"): v for n, v in asked.items() if not math.isnan(v)}
        message = f"no layout agrees with {', '.join(f'{name} {value:g}' for name, value in known.items())}"
        raise ScenarioError(message, key="hardware.count")
    return sorted(flat or staged)


def _heads(resolved: Resolved) -> float:
    """Query heads that tensor parallelism has to divide; divisible by anything where unknown."""
    heads = (resolved.model.architecture or {}).get("heads")
    return float(resolved.scenario.model.overrides.get("heads", heads) or 0)


def _expert_ranks(resolved: Resolved) -> float:
    """Ranks over which the scenario wants experts to lie; 1 where it does not say."""
    wanted = resolved.scenario.hardware.expert_parallel
    return wanted.mid if isinstance(wanted, Number) else 1.0


def _least(resolved: Resolved) -> float:
    """Accelerators below which the weights alone take all memory; 1 where a figure is unknown."""
    leaves = resolved.leaves
    per_param = min(leaves[f"optimizations_{part}_bytes_per_param"].value for part in ("linear", "expert"))
    usable = leaves["calibration_memory_share"].value * leaves["hardware_memory_bytes"].value
    least = total_params(leaves) * per_param / usable
    return 1.0 if math.isnan(least) else math.ceil(least)


def _counts(
    domain: float, tensor: float | None, pipeline: float | None, data: float | None, least: float
) -> list[float]:
    """Accelerator counts to try: powers of two up to the domain, then some of domains.

    Up to twice as many domains as hold the weights are tried too; where more than the usual are needed,
    as on machines without DRAM, those alone.
    """
    known = math.prod(v for v in (tensor, pipeline, data) if v)
    inside = _powers(min(domain, 64.0))
    usual = [*inside, *(inside[-1] * 2.0**k for k in range(1, 4))]
    domains = math.ceil(least / inside[-1])
    roomy = [inside[-1] * math.ceil(domains * more) for more in (1.0, 1.125, 1.25, 1.5, 2.0)]
    tried = roomy if least > usual[-1] else [*usual, *(n for n in roomy if n > usual[-1])]
    return [n * known for n in tried]


def _powers(limit: float) -> list[float]:
    """Powers of two up to a limit, and the limit itself where it is none."""
    found = [2.0**k for k in range(int(math.log2(max(limit, 1.0))) + 1)]
    return found if found[-1] == limit or limit != int(limit) else [*found, limit]
