"""A scenario's fleet as tables that a replay reads: how long steps and prompts take, what memory holds.

Each table is one evaluation of the graph on a grid; between its points a replay interpolates. Nothing
is modelled here that the quantities do not say.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field, replace

import numpy as np

from inferscope.core.bind import Bound
from inferscope.core.evaluate import evaluate_bound
from inferscope.core.graph import Array

__all__ = ["Line", "Machine", "Steps", "machine_of"]

_EXACT = 64
"""Batches up to this one are points of the grid."""
_POINTS = 64
"""Points of a grid over lengths."""


@dataclass(frozen=True, slots=True)
class Line:
    """A function of one number by its points, read by linear interpolation; constant beyond them."""

    x: list[float]
    y: list[float]

    def __call__(self, at: float) -> float:
        """The value there.

        >>> Line([0.0, 10.0], [1.0, 3.0])(5.0)
        2.0
        """
        x, y = self.x, self.y
        if at <= x[0]:
            return y[0]
        if at >= x[-1]:
            return y[-1]
        right = bisect_right(x, at)
        low = x[right - 1]
        return y[right - 1] + (y[right] - y[right - 1]) * (at - low) / (x[right] - low)


@dataclass(slots=True)
class Steps:
    """Decode steps over batch and mean cached length.

    Attributes:
        batches: Points of the grid, ``(b,)``.
        lengths: Points of the grid, ``(x,)``.
        seconds: Time of a step, ``(b, x)``.
        watts: Draw of an accelerator while it decodes, ``(b,)``.
    """

    batches: Array
    lengths: list[float]
    seconds: Array
    watts: Array
    _lines: dict[int, Line] = field(default_factory=dict)
    _watts: dict[int, float] = field(default_factory=dict)

    def at(self, batch: int) -> Line:
        """Time of a step of so many sequences, over their mean cached length."""
        if batch not in self._lines:
            row = [float(np.interp(batch, self.batches, column)) for column in self.seconds.T]
            self._lines[batch] = Line(self.lengths, row)
        return self._lines[batch]

    def watts_at(self, batch: int) -> float:
        """Draw of an accelerator while it decodes so many sequences."""
        if batch not in self._watts:
            self._watts[batch] = float(np.interp(batch, self.batches, self.watts))
        return self._watts[batch]


@dataclass(frozen=True, slots=True)
class Machine:
    """What a replay needs to know of a fleet.

    Attributes:
        replicas: How many replicas decode.
        places: Sequences that one replica takes at once, as planned.
        ranks: Attention ranks of a replica, each with a cache of its own.
        tokens_per_step: Tokens that a sequence gains in a step.
        steps: Decode steps.
        prompts: Busy time of a prompt over its tokens, by how many are computed side by side.
        prompt_lanes: How many that may be.
        prompt_stages: Pipeline stages that work on different prompts.
        prompt_delay_s: From the end of a prompt's work to its first token: host and fixed time.
        chunk_tokens: New prompt tokens in one prefill step of a rank.
        new_share: Share of a prompt that the prefix cache does not hold.
        is_chunked: Whether prompts are mixed into decode steps; else decoding waits for them.
        cache_bytes: Cache of a sequence of a length, on one accelerator.
        cache_limit_bytes: What an accelerator of a rank may fill with cache.
        fill_share: Share of its output that a running sequence holds on average.
        context_tokens: Longest sequence of the model; infinite where nobody says.
        servers: Prompts that prefill pools of their own compute at once; 0 where decoding and prefill share.
    """

    replicas: int
    places: int
    ranks: int
    tokens_per_step: float
    steps: Steps
    prompts: dict[int, Line]
    prompt_lanes: int
    prompt_stages: int
    prompt_delay_s: float
    chunk_tokens: float
    new_share: float
    is_chunked: bool
    cache_bytes: Line
    cache_limit_bytes: float
    fill_share: float
    context_tokens: float
    servers: int = 0

    def prompt_s(self, side_by_side: int, tokens: float) -> float:
        """Busy time of a step that computes so many prompts of a length side by side."""
        known = self.prompts
        if side_by_side not in known:
            known[side_by_side] = known[min(n for n in known if n >= side_by_side)]
        return known[side_by_side](tokens)


def machine_of(one: Bound, longest_prompt: float, longest: float) -> Machine:
    """Tabulate a planned scenario.

    Args:
        one: One planned row; its batch must fit.
        longest_prompt: Prompt tokens of the longest prompt.
        longest: Prompt and generated tokens of the longest sequence.
    """
    at_longest = one.with_inputs({"workload_input_tokens": np.array([max(longest_prompt, 1.0)])})
    apart = _input(one, "hardware_disaggregated") > 0
    places = max(int(_input(one, "workload_batch")), 1)
    replicas = int(_input(one, "hardware_replicas"))
    lanes = int(_input(one, "prefill_hardware_data_parallel"))
    stages = int(_input(one, "prefill_hardware_pipeline_parallel"))
    (units,) = _scalars(one, "prefill_units")
    pools = math.ceil(replicas * units - 1e-9) if apart else 0
    resolved = one.resolved[0]
    context = (resolved.model.architecture or {}).get("context")
    return Machine(
        replicas=replicas,
        places=places,
        ranks=int(_input(one, "hardware_data_parallel")),
        tokens_per_step=_scalars(one, "tokens_per_step")[0],
        steps=_steps(one, places, longest),
        prompts=_prompts(one, lanes, longest_prompt, is_apart=apart),
        prompt_lanes=lanes,
        prompt_stages=stages,
        prompt_delay_s=_delay(one),
        chunk_tokens=_input(one, "optimizations_prefill_chunk_tokens"),
        new_share=1.0 - _input(one, "optimizations_prefix_cache_hit_rate"),
        is_chunked=resolved.scenario.optimizations.chunked_prefill,
        cache_bytes=_cache(one, longest),
        cache_limit_bytes=_scalars(at_longest, "decode_cache_memory_bytes")[0],
        fill_share=_input(one, "calibration_cache_fill_share"),
        context_tokens=float(context) if context else math.inf,
        servers=pools * lanes * stages,
    )


def _input(one: Bound, name: str) -> float:
    return float(one.inputs[name][0])


def _scalars(one: Bound, *names: str) -> tuple[float, ...]:
    found = evaluate_bound(one, names)
    return tuple(float(found[name][0]) for name in names)


def lengths_up_to(longest: float) -> Array:
    """A grid over lengths, dense where they are short: ``(x,)`` from 1 to the longest."""
    return np.unique(np.rint(np.geomspace(1.0, max(longest, 2.0), _POINTS)))


def batches_up_to(most: int) -> Array:
    """A grid over batches: all up to :data:`_EXACT`, then evenly in ratio."""
    small = np.arange(1.0, min(most, _EXACT) + 1)
    large = np.rint(np.geomspace(_EXACT, most, _POINTS)) if most > _EXACT else np.empty(0)
    return np.unique(np.concatenate([small, large]))


def pinned(one: Bound, pins: dict[str, Array], inputs: dict[str, Array]) -> Bound:
    """A grid over one row, some of whose quantities are set; what the user pinned stays so."""
    rows = max(len(values) for values in (*pins.values(), *inputs.values()))
    return replace(one.with_inputs(inputs), rows=rows, pins={**pins, **one.pins})


def _steps(one: Bound, places: int, longest: float) -> Steps:
    batches, lengths = batches_up_to(places), lengths_up_to(longest)
    batch, length = (axis.ravel() for axis in np.meshgrid(batches, lengths, indexing="ij"))
    grid = pinned(one, {"batch": batch, "mean_kv_tokens": length}, {})
    found = evaluate_bound(grid, ("decode_step_s", "decode_busy_w"))
    shape = (len(batches), len(lengths))
    seconds = np.broadcast_to(found["decode_step_s"], batch.shape).reshape(shape)
    watts = np.broadcast_to(found["decode_busy_w"], batch.shape).reshape(shape)
    return Steps(batches, lengths.tolist(), seconds, watts[:, 0])


def _prompts(one: Bound, lanes: int, longest: float, *, is_apart: bool) -> dict[int, Line]:
    """Busy time over prompt tokens; a pool of its own always computes on all its ranks."""
    counts = np.array([float(lanes)]) if is_apart else batches_up_to(lanes)
    lengths = np.concatenate([[0.0], lengths_up_to(longest)])
    count, length = (axis.ravel() for axis in np.meshgrid(counts, lengths, indexing="ij"))
    grid = pinned(one, {"batch": count}, {"workload_input_tokens": length})
    seconds = np.broadcast_to(evaluate_bound(grid, ("prefill_work_s",))["prefill_work_s"], count.shape)
    table = seconds.reshape(len(counts), len(lengths))
    return {int(n): Line(lengths.tolist(), row.tolist()) for n, row in zip(counts, table, strict=True)}


def _delay(one: Bound) -> float:
    latency, work = _scalars(one, "prefill_latency_s", "prefill_work_s")
    return latency - work


def _cache(one: Bound, longest: float) -> Line:
    lengths = np.concatenate([[0.0], lengths_up_to(longest)])
    grid = pinned(one, {"generated_tokens": np.zeros(len(lengths))}, {"workload_input_tokens": lengths})
    found = evaluate_bound(grid, ("decode_full_sequence_bytes",))["decode_full_sequence_bytes"]
    return Line(lengths.tolist(), np.broadcast_to(found, lengths.shape).tolist())
