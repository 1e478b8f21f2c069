"""Evaluate scenarios: bind, plan, run, and say why where there is no number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from inferscope.core.bind import Bound, bind
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.plan import plan
from inferscope.core.program import compile_program, is_merged
from inferscope.core.reasons import reasons
from inferscope.core.scenario.schema import Scenario
from inferscope.core.spread import Spread

CHUNK = 2048
"""Rows computed together: large enough to amortise a call, small enough for the cache."""

CONTRACT = [
    "fits_memory",
    "memory_used_fraction",
    "max_batch",
    "batch",
    "ttft_s",
    "tpot_s",
    "e2e_latency_s",
    "output_tok_s_per_user",
    "output_tok_s",
    "total_tok_s",
    "prefill_tok_s",
    "output_tok_s_per_accelerator",
    "fleet_output_tok_s",
    "mfu",
    "mbu",
    "bound",
    "flop_per_query",
    "flop_per_output_token",
    "usd_per_query",
    "usd_per_million_input_tokens",
    "usd_per_million_output_tokens",
    "usd_per_day",
    "wh_per_query",
    "joules_per_output_token",
    "gco2e_per_query",
    "liters_per_query",
    "facility_mw",
    "ttft_p50_s",
    "ttft_p99_s",
    "load_utilization",
    "replicas_needed",
    "accelerators_needed",
    "max_requests_per_s",
    "quality_recovery",
    "effective_training_flop",
    "training_flop",
    "training_usd",
    "crossover_days_flop",
    "crossover_days_usd",
    "inference_share_of_lifetime_flop",
    "tpp",
    "performance_density",
    "dram_bandwidth_gb_s",
    "io_bandwidth_gb_s",
]
"""The quantities that every report has; their names are a contract."""

BESIDE = [
    "parameters",
    "active_parameters",
    "weight_bytes",
    "kv_bytes_per_token",
    "mean_kv_tokens",
    "generated_tokens",
    "queries_per_day",
    "input_tokens_per_day",
    "output_tokens_per_day",
    "fleet_accelerators",
    "accelerators_per_replica",
    "training_flop_6nd",
    "training_flop_published",
    "training_accelerator_hours",
    "bound_tpot_s",
    "bound_ttft_s",
    "bound_output_tok_s",
    "prefill_cost_share",
    "site_it_mw",
    "site_load_mw",
    "site_load_mva",
    "twh_per_year",
    "embodied_gco2e_per_query",
    "ecologits_wh_per_query",
    "flop_method_wh_per_query",
]
"""What stands beside them in a report."""

OUTPUTS = (*CONTRACT, *BESIDE)
"""All that every report holds."""


def outputs_of(scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """What a report on scenarios holds: ``OUTPUTS``, what published figures are about, a battery's share."""
    published = (item.quantity for scenario in scenarios for item in scenario.published)
    known = [name for name in published if name in REGISTRY.quantities]
    if any(scenario.site.battery_wh is not None for scenario in scenarios):
        known.append("battery_share_per_query")
    return tuple(dict.fromkeys((*OUTPUTS, *known)))


@dataclass(frozen=True)
class Result:
    """Values of the outputs, one row a scenario, and the way back to their causes.

    Attributes:
        values: Outputs by name, ``(n,)``.
        bound: The inputs they were computed from, with everything planned.
        spreads: By row, what the outputs are over draws of uncertain numbers, where that was asked for.
    """

    values: Mapping[str, Array]
    bound: Bound
    spreads: Mapping[int, Spread] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Array:
        """The values of one output, ``(n,)``."""
        return self.values[name]

    @property
    def units(self) -> dict[str, str]:
        """The unit of every output."""
        return {name: (REGISTRY.quantities.get(name) or REGISTRY.inputs[name]).unit for name in self.values}

    def all_values(self, row: int, names: Iterable[str] | None = None) -> dict[str, float | Array]:
        """Every quantity (or those named) and its ancestors for one row; arrays for slots."""
        wanted = tuple(REGISTRY.order) if names is None else tuple(names)
        one = self.bound.take([row])
        needed = tuple(REGISTRY.needed(wanted))
        found = compile_program(needed).run(one.inputs, one.pins)
        return {name: (v[0] if v.ndim > 1 else float(v[0])) for name, v in found.items()}

    @cached_property
    def judged_by(self) -> dict[int, Any]:
        """The rules of each row, once somebody has read them: all days of a result have the same."""
        return {}

    @cached_property
    def _whys(self) -> dict[tuple[str, int], str]:
        return {}

    def why(self, name: str, row: int = 0) -> str:
        """Why an output of a row is NaN: a reason and, after a colon, what would settle it."""
        if not math.isnan(float(self.values[name][row])):
            return ""
        key = (name, row)
        if key not in self._whys:
            missing = [n for n, v in self.values.items() if math.isnan(float(v[row]))]
            self._whys.update({(n, row): text for n, text in reasons(self.bound, missing, row).items()})
        return self._whys[key]


def evaluate(
    scenarios: Scenario | Sequence[Scenario], outputs: Iterable[str] = CONTRACT, *, chunk: int = CHUNK
) -> Result:
    """Compute quantities for one or many scenarios.

    Args:
        scenarios: One scenario, or n of them.
        outputs: Names of quantities; default: those every report has.
        chunk: Rows computed together.

    Returns:
        Arrays ``(n,)`` by name; NaN has a reason (:meth:`Result.why`).

    Raises:
        ScenarioError: A scenario names something that does not exist.
        QuantityError: An output does not exist.
    """
    group = [scenarios] if isinstance(scenarios, Scenario) else list(scenarios)
    return evaluate_bound(plan(bind(group)), outputs, chunk=chunk)


def evaluate_bound(bound: Bound, outputs: Iterable[str] = CONTRACT, *, chunk: int = CHUNK) -> Result:
    """Compute quantities of scenarios that are bound and planned already.

    Args:
        bound: n rows of inputs.
        outputs: Names of quantities.
        chunk: Rows computed together.

    Returns:
        Arrays ``(n,)`` by name.
    """
    names = tuple(outputs)
    program = compile_program(names, is_merged=not bound.pins and is_merged(bound.inputs))
    if bound.rows <= chunk:
        found = program.run(bound.inputs, bound.pins)
        return Result({name: _full(found[name], bound.rows) for name in names}, bound)
    parts = [
        program.run(_cut(bound.inputs, start, chunk, bound.rows), _cut(bound.pins, start, chunk, bound.rows))
        for start in range(0, bound.rows, chunk)
    ]
    sizes = [min(chunk, bound.rows - start) for start in range(0, bound.rows, chunk)]
    values = {
        name: np.concatenate([_full(part[name], size) for part, size in zip(parts, sizes, strict=True)])
        for name in names
    }
    return Result(values, bound)


def _full(values: Array, rows: int) -> Array:
    return values if len(values) == rows else np.broadcast_to(values, (rows, *values.shape[1:]))


def _cut(arrays: Mapping[str, Array], start: int, chunk: int, rows: int) -> dict[str, Array]:
    """Rows of every array, as views; arrays of one row serve all."""
    return {name: v[start : start + chunk] if len(v) == rows else v for name, v in arrays.items()}
