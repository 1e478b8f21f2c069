"""The program's own graph as the forward model: runs as scenarios, constants as arrays.

Only waits that a launch script asks for are added around the graph's answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.cleaning import HIGHEST_PROMPT_SHARE, draft_tokens
from calibration.harness import (
    BATCH_WAIT_STEPS,
    DRAFT_COST_RATIO,
    cache_format,
    comes_in_waves,
    has_batch_wait,
    has_rank_wait,
    mean_lengths,
    weight_formats,
)
from calibration.sample import Run
from inferscope.core.bind import Bound, bind
from inferscope.core.evaluate import evaluate_bound
from inferscope.core.scenario.files import load_values
from inferscope.core.scenario.schema import Scenario

Array = NDArray[np.float64]
ENGINES = {"tensorrt-llm": "_tensorrt_llm", "sglang": "_sglang", "vllm": ""}
"""How the constants of an engine end; those of vLLM are the ones without an engine's name."""
_ENOUGH = {"calibration_memory_share": np.array([1e3])}
"""Memory that holds any batch: what fits was decided before."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Measurements beside the bound scenarios that predict them; all arrays are ``(n,)``.

    Attributes:
        runs: The measurements.
        bound: One row a run, with its batch.
        masks: Properties of runs by name.
    """

    runs: tuple[Run, ...]
    bound: Bound
    masks: Mapping[str, NDArray[np.bool_]]

    def take(self, index: NDArray[np.intp]) -> Sample:
        """Some of the measurements."""
        return Sample(
            tuple(self.runs[i] for i in index),
            self.bound.take(index),
            {name: mask[index] for name, mask in self.masks.items()},
        )

    @property
    def measured(self) -> tuple[Array, Array]:
        """Measured TPOT and TTFT, s."""
        return np.array([r.tpot_s for r in self.runs]), np.array([r.ttft_s for r in self.runs])


def scenario(run: Run) -> Scenario:
    """A run as a scenario of this program: clients keep its requests open, and as many as fit are served."""
    prompt, answer = mean_lengths(run)
    drafts = draft_tokens(run)
    options: dict[str, object] = {
        "engine": run.engine, "kv_format": cache_format(run), **weight_formats(run),
    }  # fmt: skip
    if drafts:
        options["speculative"] = {
            "method": "mtp", "draft_tokens": drafts, "draft_cost_ratio": DRAFT_COST_RATIO,
        }  # fmt: skip
    return load_values(
        {
            "model": {"id": run.model},
            "hardware": {
                "accelerator": run.accelerator,
                "count": run.count,
                "tensor_parallel": run.tensor,
                "data_parallel": run.data,
                "pipeline_parallel": 1,
            },
            "optimizations": options,
            "workload": {
                "input_tokens": prompt,
                "output_tokens": answer,
                "concurrency": run.concurrency,
                "start": "burst",
            },
        }
    )


def load(runs: Sequence[Run]) -> Sample:
    """Bind runs; those whose prompts come faster than the machine computes are left out."""
    bound = bind(scenario(run) for run in runs)
    found = evaluate_bound(bound, ["max_batch", "prompt_compute_s"])
    concurrency = np.array([run.concurrency for run in runs])
    answer = np.array([mean_lengths(run)[1] for run in runs])
    batch = np.clip(found["max_batch"], 1.0, concurrency)
    sample = Sample(tuple(runs), bound.with_inputs({"workload_batch": batch, **_ENOUGH}), _masks(runs))
    tpot, ttft = sample.measured
    count = np.array([run.count for run in runs])
    share = concurrency / (ttft + answer * tpot) * found["prompt_compute_s"] / count
    return sample.take(np.flatnonzero(share <= HIGHEST_PROMPT_SHARE))


def _masks(runs: Sequence[Run]) -> dict[str, NDArray[np.bool_]]:
    rules: dict[str, Callable[[Run], bool]] = {
        "waves": comes_in_waves,
        "batch_wait": has_batch_wait,
        "rank_wait": has_rank_wait,
        "blackwell": lambda run: run.is_blackwell,
        **{name: (lambda run, name=name: run.engine == name) for name in ENGINES},
    }
    return {name: np.array([rule(run) for run in runs]) for name, rule in rules.items()}


def predict(sample: Sample, constants: Mapping[str, float]) -> tuple[Array, Array]:
    """TPOT and TTFT of every run, s, ``(n,)`` each."""
    bound = sample.bound.with_inputs(graph_inputs(sample, constants))
    found = evaluate_bound(bound, ["tpot_s", "ttft_s", "decode_step_s"])
    masks = sample.masks
    steps = masks["batch_wait"] * constants["batch_wait_share"] * BATCH_WAIT_STEPS
    steps = steps + masks["rank_wait"] * constants["rank_wait_steps"]
    return found["tpot_s"], found["ttft_s"] + steps * found["decode_step_s"]


def graph_inputs(sample: Sample, constants: Mapping[str, float]) -> dict[str, Array]:
    """Constants as inputs of the graph: one number for all runs, or one for each by engine."""
    inputs = {
        f"calibration_{name}": np.array([value])
        for name, value in constants.items()
        if f"calibration_{name}" in sample.bound.inputs
    }
    for name in ("step_s", "host_layer_s"):
        inputs[f"calibration_{name}"] = by_engine(sample, constants, name)
    burst = by_engine(sample, constants, "prompt_share_burst")
    whole = constants["prompt_share_whole"]
    inputs["optimizations_prompt_share_in_ttft"] = np.where(sample.masks["waves"], whole, burst)
    slower = np.where(sample.masks["blackwell"], constants["blackwell_fixed_time_factor"], 1.0)
    inputs["hardware_fixed_time_factor"] = slower
    drafts = sample.bound.inputs["optimizations_draft_tokens"]
    inputs["optimizations_draft_acceptance"] = np.where(drafts > 0, constants["draft_acceptance"], 0.0)
    return inputs


def by_engine(sample: Sample, constants: Mapping[str, float], name: str) -> Array:
    """A constant that each engine has for itself, ``(n,)``."""
    values = [constants[name + suffix] for suffix in ENGINES.values()]
    return np.select([sample.masks[engine] for engine in ENGINES], values)
