"""From a measurement's row to the scenario that it was measured under, or why there is none.

A row is read from its configuration columns alone. A blank length, limit or layout may be filled
from the facts of its benchmark series; the row then counts as *assumed*. A blank cache format is
the engine's default.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from inferscope.core import catalog
from inferscope.core.errors import InferscopeError, brief
from inferscope.core.evidence.benchmarks import Benchmark, benchmarks
from inferscope.core.evidence.measurements import Measurement, unit_of
from inferscope.core.graph import Array
from inferscope.core.leaves import resolve
from inferscope.core.quantities.energy import BOUNDARIES
from inferscope.core.scenario.files import load_values
from inferscope.core.scenario.schema import Scenario

Read = Callable[[dict[str, Array]], Array]
"""A figure of the whole system from quantities of one replica."""

NODE = 8
"""Accelerators in a node, where a rate is given per node."""
_FORMATS = {"fp16": "bf16", "fp4": "nvfp4", "w4a16": "int4"}
_ENGINES = {
    "tensorrt-llm": re.compile(r"tensorrt|trtllm", re.IGNORECASE),
    "sglang": re.compile("sglang", re.IGNORECASE),
}
"""Engines with constants of their own, by what a row calls them; all others have those of vLLM."""
_EIGHT_BIT_CACHE = "tensorrt-llm"
"""The engine whose checkpoints of 8 bits and less bring an 8-bit cache."""
_DEGREES = re.compile(r"(TP|PP|DP|EP)(\d+)")


class RefusedError(Exception):
    """A row that cannot be predicted, with the reason."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a row was measured under.

    Attributes:
        scenario: One replica of it.
        values: The same as the tables that make it.
        quantity: The quantity that the figure is, or is made of.
        read: The figure from the replica's quantities.
        bound: The figure that first principles allow, from the replica's quantities.
        higher_is_better: Whether the bound lies above.
        measured: The figure.
        assumed: Columns that were filled from the benchmark's facts.
    """

    scenario: Scenario
    values: dict[str, Any]
    quantity: str
    read: Read
    bound: Read | None
    higher_is_better: bool
    measured: float
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A parsed layout: degrees of one replica (None: planned) and how many replicas."""

    tensor: int | None
    pipeline: int | None
    data: int | None
    replicas: int

    @property
    def accelerators(self) -> int | None:
        """Accelerators of one replica."""
        if self.tensor is None or self.pipeline is None or self.data is None:
            return None
        return self.tensor * self.pipeline * self.data


MODES = ("", "aggregated", "single", "static", "disaggregated")
"""How requests were served; blank: continuous batching, prompts and tokens on the same accelerators."""


def configuration(row: Measurement) -> Configuration:
    """The scenario of a row, and how its figure is read from the result.

    Raises:
        RefusedError: A column is missing or cannot be read, or the catalogue lacks what it names.
    """
    series = benchmarks().get(row.benchmark, Benchmark())
    if row.config_complete == "no":
        reason = "needs_input: the row is marked as incomplete"
        raise RefusedError(reason)
    if row.metric not in METRICS:
        reason = f"metric: no quantity is {brief(row.metric)}; known are {', '.join(METRICS)}"
        raise RefusedError(reason)
    _check(row)
    assumed: list[str] = []
    count = _number(row, "n_accelerators", least=1)
    layout = _layout(row, int(count), series, assumed)
    lengths = {name: _length(row, name, series, assumed) for name in ("input_tokens", "output_tokens")}
    values: dict[str, Any] = {
        "model": {"id": _known(catalog.model, row.model, "model")},
        "hardware": _hardware(row, layout),
        "optimizations": _options(row),
        "workload": {
            "input_tokens": max(lengths["input_tokens"], 1.0),
            "output_tokens": max(lengths["output_tokens"], 1.0),
            **_load(row, layout),
            **({"start": "burst"} if series.starts_at_once else {}),
        },
        "slo": _limits(row, series, assumed),
        "site": {"boundary": row.boundary or series.boundary or "accelerator"},
    }
    if row.config_complete == "assumed" and not assumed:
        assumed.append("as the row says")
    metric = METRICS[row.metric](row, series, layout, count)
    try:
        scenario = load_values(values)
        resolve(scenario)
    except InferscopeError as error:
        raise RefusedError(str(error)) from None
    return Configuration(scenario, values, *metric, measured=_number(row, "value"), assumed=tuple(assumed))


def _check(row: Measurement) -> None:
    """Refuse cells that would be read as something else than they say.

    Raises:
        RefusedError: One is.
    """
    unit = unit_of(row.metric)
    if row.unit and row.unit != unit and not row.unit.startswith(f"{unit}/"):  # also per token, GPU or node
        reason = f"unit: must be {unit} for {row.metric}, not {brief(row.unit)}"
        raise RefusedError(reason)
    if row.mode not in MODES:
        reason = f"mode: must be {', '.join(MODES[1:])} or blank, not {brief(row.mode)}"
        raise RefusedError(reason)
    if row.boundary not in ("", *BOUNDARIES):
        reason = f"boundary: must be {', '.join(BOUNDARIES)} or blank, not {brief(row.boundary)}"
        raise RefusedError(reason)
    if _number(row, "value") == 0:
        reason = "value: must be above 0: nothing can be off by a factor from it"
        raise RefusedError(reason)
    if not _number(row, "n_accelerators", least=1).is_integer():
        reason = f"n_accelerators: must be a whole number, not {brief(row.n_accelerators)}"
        raise RefusedError(reason)


# --- cells ---------------------------------------------------------------------------------------


def _number(row: Measurement, name: str, *, least: float = 0.0) -> float:
    """A cell that has to hold a number.

    Raises:
        RefusedError: It is blank, no number, or below the least.
    """
    text = getattr(row, name)
    if not text:
        reason = f"needs_input: {name}"
        raise RefusedError(reason)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= least) or "_" in text:
        reason = f"{name}: must be a number of at least {least:g}, not {brief(text)}"
        raise RefusedError(reason)
    return value


def _length(row: Measurement, name: str, series: Benchmark, assumed: list[str]) -> float:
    if getattr(row, name):
        return _number(row, name) * series.mean_of_nominal
    usual = getattr(series, name)
    if usual is None:
        reason = f"needs_input: {name}"
        raise RefusedError(reason)
    assumed.append(name)
    return float(usual.value)


def _known(look_up: Callable[[str], Any], name: str, column: str) -> str:
    if not name:
        reason = f"needs_input: {column}"
        raise RefusedError(reason)
    try:
        return str(look_up(name).id)
    except InferscopeError:
        reason = f"{column}: {brief(name)} is not in the catalogue"
        raise RefusedError(reason) from None


def _limits(row: Measurement, series: Benchmark, assumed: list[str]) -> dict[str, float]:
    """Limits that bounded the load; none where the row gives the load itself."""
    if row.batch_or_concurrency != "latency-bound":
        return {}
    found = {}
    for name in ("slo_ttft_s", "slo_tpot_s"):
        if getattr(row, name):
            found[name.removeprefix("slo_")] = _number(row, name)
        elif (usual := getattr(series, name)) is not None:
            found[name.removeprefix("slo_")] = usual
            assumed.append(name)
    if not found:
        reason = "needs_input: slo_ttft_s or slo_tpot_s of a latency-bound load"
        raise RefusedError(reason)
    return found


# --- layout --------------------------------------------------------------------------------------


def _layout(row: Measurement, count: int, series: Benchmark, assumed: list[str]) -> Layout:
    """The layout of one replica, and how many there are."""
    if not row.parallelism:
        if not series.plans_layout:
            reason = "needs_input: parallelism"
            raise RefusedError(reason)
        assumed.append("parallelism")
        return Layout(None, None, None, count)
    layout = parse_layout(row.parallelism)
    if layout is None or layout.accelerators is None or layout.accelerators * layout.replicas != count:
        reason = (
            f"parallelism: {brief(row.parallelism)} is no layout of {count} accelerators"
            " (TPa, PPb, DPc joined by x; DPd+EPe or TPt+EPe for experts)"
        )
        raise RefusedError(reason)
    return layout


def parse_layout(text: str) -> Layout | None:
    """Read a layout; None where it is none.

    ``DPn`` at the end are replicas; before ``+EPn`` they are attention ranks of one replica.

    >>> parse_layout("TP2xPP2xDP2")
    Layout(tensor=2, pipeline=2, data=1, replicas=2)
    >>> parse_layout("DP8+EP8xDP9")
    Layout(tensor=1, pipeline=1, data=8, replicas=9)
    """
    if not re.fullmatch(r"(?:TP|PP|DP)\d+(?:x(?:TP|PP|DP)\d+)*(?:\+EP\d+(?:xDP\d+)?)?", text):
        return None
    inside, has_experts, after = text.partition("+EP")
    found = {"TP": 1, "PP": 1, "DP": 1}
    found |= {name: int(size) for name, size in _DEGREES.findall(inside)}
    copies = re.search(r"xDP(\d+)$", after)
    if has_experts:
        return Layout(found["TP"], found["PP"], found["DP"], int(copies[1]) if copies else 1)
    return Layout(found["TP"], found["PP"], 1, found["DP"])


def _hardware(row: Measurement, layout: Layout) -> dict[str, Any]:
    chip = _known(catalog.accelerator, row.accelerator, "accelerator")
    found: dict[str, Any] = {"accelerator": chip}
    if layout.accelerators is not None:
        found |= {
            "count": layout.accelerators,
            "tensor_parallel": layout.tensor,
            "pipeline_parallel": layout.pipeline,
            "data_parallel": layout.data,
        }
    if row.mode == "disaggregated":
        found["prefill"] = {
            "count": layout.accelerators,
            "tensor_parallel": layout.tensor,
            "data_parallel": layout.data,
        }
    return found


# --- options and load ----------------------------------------------------------------------------


def _options(row: Measurement) -> dict[str, Any]:
    weights = _FORMATS.get(row.precision, row.precision)
    if not weights:
        reason = "needs_input: precision"
        raise RefusedError(reason)
    record = catalog.model(row.model)
    is_native = weights == record.text.get("expert_weight_format", record.text.get("weight_format", "bf16"))
    found: dict[str, Any] = {
        "weight_format": "native" if is_native else weights,
        "kv_format": _FORMATS.get(row.kv_precision, row.kv_precision) or _usual_cache(row, weights),
        "continuous_batching": row.mode != "static",
    }
    if engine := _engine(row):
        found["engine"] = engine
    if row.power_cap_w:
        found["power_cap_w"] = _number(row, "power_cap_w", least=1)
    if row.prefix_hit_rate:
        found["prefix_cache_hit_rate"] = _number(row, "prefix_hit_rate")
    return found


def _engine(row: Measurement) -> str:
    """The engine with constants of its own that the row names; empty for any other."""
    return next((name for name, pattern in _ENGINES.items() if pattern.search(row.engine)), "")


def _usual_cache(row: Measurement, weights: str) -> str:
    """The engine's default format of the cache."""
    is_narrow = weights not in ("bf16", "fp32")
    return "fp8" if is_narrow and _engine(row) == _EIGHT_BIT_CACHE else "bf16"


def _load(row: Measurement, layout: Layout) -> dict[str, Any]:
    """Sequences in flight: as many as fit, as many as limits allow, or a number over all replicas."""
    if row.batch_or_concurrency in ("max", "latency-bound"):
        return {}
    held = _number(row, "batch_or_concurrency", least=1) / layout.replicas
    return {"batch": max(held, 1.0)} if row.mode == "static" else {"concurrency": max(held, 1.0)}


# --- metrics -------------------------------------------------------------------------------------

_Metric = tuple[str, Read, Read | None, bool]


def _plain(quantity: str, bound: str = "") -> Callable[..., _Metric]:
    """A quantity of one query, whatever the number of replicas."""

    def metric(*_: Any) -> _Metric:
        return quantity, lambda v: v[quantity], (lambda v: v[bound]) if bound else None, False

    return metric


def _replicas(layout: Layout, count: float) -> Callable[[dict[str, Array]], Array]:
    """Replicas, also where the plan chose their size."""
    return lambda v: (
        count / v["hardware_count"] if layout.accelerators is None else v["one"] * layout.replicas
    )


def _output_tok_s(row: Measurement, series: Benchmark, layout: Layout, count: float) -> _Metric:
    replicas = _replicas(layout, count)
    if series.measures == "decode":
        return (
            "output_tok_s_per_user",
            lambda v: v["batch"] * v["output_tok_s_per_user"] * replicas(v),
            lambda v: v["batch"] / v["bound_tpot_s"] * replicas(v),
            True,
        )
    bound = "bound_output_tok_s"
    if row.batch_or_concurrency in ("max", "latency-bound"):
        bound = "bound_output_tok_s_any_batch"
    return (
        "output_tok_s",
        lambda v: v["output_tok_s"] * replicas(v),
        lambda v: v[bound] * replicas(v),
        True,
    )


def _per(accelerators: int) -> Callable[..., _Metric]:
    """Output per accelerator or per node of the decode pool."""

    def metric(row: Measurement, series: Benchmark, layout: Layout, count: float) -> _Metric:
        name, read, bound, _ = _output_tok_s(row, series, layout, count)
        share = accelerators / count
        assert bound is not None  # noqa: S101  (rates have one)
        return name, lambda v: read(v) * share, lambda v: bound(v) * share, True

    return metric


def _prefill(accelerators: int | None) -> Callable[..., _Metric]:
    """Prompt tokens a second: of one prompt alone, or of a pool, per node."""

    def metric(row: Measurement, _: Benchmark, layout: Layout, count: float) -> _Metric:
        tokens = "workload_input_tokens"
        if row.mode == "disaggregated":
            share = 1.0 if accelerators is None else accelerators / count
            return (
                "prefill_tok_s",
                lambda v: v["prefill_tok_s"] * share,
                lambda v: v[tokens] / v["bound_ttft_s"] * share,
                True,
            )
        replicas = _replicas(layout, count)
        return (
            "ttft_s",
            lambda v: v["batch"] * v[tokens] / v["ttft_s"] * replicas(v),
            lambda v: v["batch"] * v[tokens] / v["bound_ttft_s"] * replicas(v),
            True,
        )

    return metric


def _system_power(_: Measurement, __: Benchmark, ___: Layout, count: float) -> _Metric:
    return "decode_busy_w", lambda v: v["decode_busy_w"] * count, None, False


def _e2e(*_: Any) -> _Metric:
    return (
        "e2e_latency_s",
        lambda v: v["e2e_latency_s"],
        lambda v: v["bound_ttft_s"] + (v["generated_tokens"] - 1.0) * v["bound_tpot_s"],
        False,
    )


METRICS: dict[str, Callable[..., _Metric]] = {
    "ttft_s": _plain("ttft_s", "bound_ttft_s"),
    "tpot_s": _plain("tpot_s", "bound_tpot_s"),
    "e2e_latency_s": _e2e,
    "output_tok_s": _output_tok_s,
    "output_tok_s_per_accelerator": _per(1),
    "output_tok_s_per_node": _per(NODE),
    "prefill_tok_s": _prefill(None),
    "prefill_tok_s_per_node": _prefill(NODE),
    "joules_per_output_token": _plain("joules_per_output_token"),
    "wh_per_query": _plain("wh_per_query"),
    "system_power_w": _system_power,
}
"""How each metric is read; further ones are refused."""

OUTPUTS = (
    *("ttft_s", "tpot_s", "e2e_latency_s", "output_tok_s", "output_tok_s_per_user", "prefill_tok_s"),
    *("joules_per_output_token", "wh_per_query", "decode_busy_w", "batch", "max_batch", "generated_tokens"),
    *("bound_ttft_s", "bound_tpot_s", "bound_output_tok_s", "bound_output_tok_s_any_batch"),
)
"""The quantities that figures are read from."""
