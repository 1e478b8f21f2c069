"""The operators of a scenario under the roof of its accelerator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from inferscope.core.bind import Bound
from inferscope.core.evaluate import evaluate_bound
from inferscope.core.reasons import reasons
from inferscope.core.study.drawing import Axis, Curve, Mark, Series, listed
from inferscope.core.units import human

__all__ = ["Operator", "operators", "roofline"]

_QUANTITIES = (
    *("decode_linear_flop", "decode_head_flop", "linear_bytes_per_step", "decode_linear_memory_s"),
    *("decode_linear_compute_s", "decode_expert_flop", "expert_bytes_per_step", "decode_expert_memory_s"),
    *("decode_expert_compute_s", "rank_batch", "verified_tokens", "decode_attention_flop"),
    *("decode_cache_bytes", "decode_attention_s", "prefill_linear_flop", "prefill_linear_s", "linear_params"),
    *("prompts_at_once", "prefill_expert_flop", "prefill_expert_bytes", "prefill_expert_s"),
)
_RATES = ("fp4", "int4", "fp8", "int8", "bf16")
_BANDWIDTH = "hardware_memory_bandwidth_bytes_per_s"
_BF16, _LINEAR, _EXPERT = (f"hardware_{part}_flop_per_s" for part in ("bf16", "linear", "expert"))


class Operator(NamedTuple):
    """What one accelerator does in one kind of work, all layers together.

    Attributes:
        pool: ``decode`` or ``prefill``.
        name: The kind of work.
        flop: FLOP.
        read: Bytes that must be read.
        time_s: How long it takes.
        peak: The input that holds the peak it runs at.
    """

    pool: str
    name: str
    flop: float
    read: float
    time_s: float
    peak: str

    @property
    def intensity(self) -> float:
        """FLOP per byte."""
        return self.flop / self.read

    @property
    def attained(self) -> float:
        """FLOP per second while it works."""
        return self.flop / self.time_s


def operators(one: Bound) -> list[Operator]:
    """The kinds of work of a planned scenario, without those it does not have.

    Attention over the prompt is left out: the model counts its FLOP and no bytes.
    """
    found = evaluate_bound(one, _QUANTITIES)
    v = {name: float(found[name][0].sum()) for name in _QUANTITIES}
    v |= {name: float(values[0]) for name, values in one.inputs.items() if values.ndim == 1}
    every = [*_decode(v), *_prefill(v)]
    return [op for op in every if op.flop > 0 and op.read > 0 and op.time_s > 0]


def _decode(v: Mapping[str, float]) -> list[Operator]:
    tensor = v["hardware_tensor_parallel"]
    ranks = tensor * v["hardware_data_parallel"]
    slower = v["calibration_decode_time_factor"]
    return [
        Operator(
            "decode",
            "dense layers",
            (v["decode_linear_flop"] + v["decode_head_flop"]) / tensor,
            v["linear_bytes_per_step"] / tensor,
            slower * max(v["decode_linear_memory_s"], v["decode_linear_compute_s"]),
            _LINEAR,
        ),
        Operator(
            "decode",
            "experts",
            v["decode_expert_flop"] / tensor,
            v["expert_bytes_per_step"] / ranks,
            slower * max(v["decode_expert_memory_s"], v["decode_expert_compute_s"]),
            _EXPERT,
        ),
        Operator(
            "decode",
            "attention and cache",
            v["rank_batch"] * v["verified_tokens"] * v["decode_attention_flop"] / tensor,
            v["decode_cache_bytes"],
            slower * v["decode_attention_s"],
            _BF16,
        ),
    ]


def _prefill(v: Mapping[str, float]) -> list[Operator]:
    tensor = v["prefill_hardware_tensor_parallel"]
    ranks = tensor * v["prefill_hardware_data_parallel"]
    slower = v["calibration_prefill_time_factor"]
    routed = v["prompts_at_once"] * v["prefill_expert_flop"] * v["optimizations_expert_imbalance"]
    return [
        Operator(
            "prefill",
            "dense layers",
            (v["prefill_linear_flop"] + 2.0 * v["model_head_params"]) / tensor,
            v["linear_params"] * v["optimizations_linear_bytes_per_param"] / tensor,
            slower * v["prefill_linear_s"],
            f"prefill_{_LINEAR}",
        ),
        Operator(
            "prefill",
            "experts",
            routed / ranks,
            v["prefill_expert_bytes"] / ranks,
            slower * v["prefill_expert_s"],
            f"prefill_{_EXPERT}",
        ),
    ]


def roofline(one: Bound) -> Curve:
    """The work of a planned scenario by FLOP per byte, under bandwidth and the peaks it runs at."""
    blank = Curve(
        "roofline",
        "Roofline",
        Axis("", "FLOP/byte", "FLOP per byte read", log=True),
        Axis("", "FLOP/s", "FLOP per second and accelerator", log=True),
    )
    found = operators(one)
    if not any(op.pool == "decode" for op in found):
        return replace(blank, why=reasons(one, ("tpot_s",), 0)["tpot_s"])
    places = [op.intensity for op in found]
    ends = min(places) / 4.0, max(places) * 4.0
    series = [*_roofs(one, found, ends)]
    for pool in ("decode", "prefill"):
        mine = [op for op in found if op.pool == pool]
        points = [op.intensity for op in mine], [op.attained for op in mine]
        series += [Series(pool, *points, is_points=True)] if mine else []
    marks = tuple(Mark(f"{op.pool} {op.name}", op.intensity, op.attained) for op in found)
    return replace(blank, series=tuple(series), marks=marks, sentence=_sentence(one, found))


def _roofs(one: Bound, found: Sequence[Operator], ends: tuple[float, float]) -> list[Series]:
    """Bandwidth up to the highest peak, and each peak from where it is reached."""
    roofs: dict[str, Series] = {}
    for pool in dict.fromkeys(op.pool for op in found):
        bandwidth = float(one.inputs[_input(pool, _BANDWIDTH)][0])
        peaks = dict.fromkeys(float(one.inputs[op.peak][0]) for op in found if op.pool == pool)
        top = max(peaks)
        last = max(ends[1], 2.0 * top / bandwidth)
        first = min(ends[0], 0.5 * top / bandwidth)
        label = human(bandwidth, "byte/s")
        roofs.setdefault(label, Series(label, [first, top / bandwidth], [first * bandwidth, top]))
        for peak in peaks:
            label = f"{_format(one, pool, peak)} {human(peak, 'FLOP/s')}"
            roofs.setdefault(label, Series(label, [peak / bandwidth, last], [peak, peak]))
    return list(roofs.values())


def _input(pool: str, name: str) -> str:
    return f"prefill_{name}" if pool == "prefill" else name


def _format(one: Bound, pool: str, peak: float) -> str:
    """The number format that has this peak, as the accelerator's own figures tell."""
    rates = {rate: one.leaf(_input(pool, f"hardware_{rate}_flop_per_s")).value for rate in _RATES}
    same = [rate for rate, value in rates.items() if value == peak]
    wanted = one.resolved[0].texts["activation_format"]
    return next((rate for rate in (wanted, "bf16", *same) if rate in same), "peak")


def _sentence(one: Bound, found: Sequence[Operator]) -> str:
    """How close each kind of work comes to the roof above it, and which roof that is."""
    parts = []
    for pool in dict.fromkeys(op.pool for op in found):
        texts = []
        for op in (op for op in found if op.pool == pool):
            peak = float(one.inputs[op.peak][0])
            fed = op.intensity * float(one.inputs[_input(pool, _BANDWIDTH)][0])
            roof = "bandwidth" if fed < peak else "peak compute"
            texts.append(f"{op.name} reach {100 * op.attained / min(fed, peak):.0f} % of {roof}")
        parts.append(f"in {pool} {listed(texts)}")
    return f"At batch {float(one.inputs['workload_batch'][0]):,.0f} {'; '.join(parts)}."
