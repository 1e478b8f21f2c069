"""The model against kernels timed on one H100 (`tests/benchmarks/kernels.py`, 2026-11-26).

PyTorch 2.11 with CUDA 13 on an H100 SXM5 80GB, Llama 3.1 8B in bfloat16 with random weights; nothing here was
fitted. A whole pass is a program that does nothing but decode: no scheduler, no sampling, no sockets. A
serving engine is slower, and the constants are those of serving engines.
"""

import csv
import tomllib
from pathlib import Path

import numpy as np
import pytest

from inferscope import Scenario, evaluate
from inferscope.core.leaves.leaf import CONSTANTS

PEAK_FLOP_S = {"bf16": 989.4e12, "fp8": 1978.9e12}
BANDWIDTH_BYTES_S = 3.35e12
TDP_W = 700

with (Path(__file__).parent / "kernels_h100.csv").open(encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


def rows(kernel, **limits):
    """The rows of a kernel whose columns reach the limits."""
    return [
        row for row in ROWS if row["kernel"] == kernel and all(float(row[k]) >= v for k, v in limits.items())
    ]


def rates(chosen, column):
    """What was done in a second."""
    return np.array([float(row[column]) / float(row["seconds"]) for row in chosen])


def predicted(chosen, quantity, **workload):
    """A quantity of the model for measured passes of Llama 3.1 8B."""
    scenarios = [
        Scenario.model_validate(
            {
                "model": {"id": "llama-3.1-8b"},
                "hardware": {"accelerator": "h100-sxm", "count": 1},
                "optimizations": {"weight_format": "bf16", "kv_format": "bf16"},
                "workload": {name: read(row) for name, read in workload.items()},
            }
        )
        for row in chosen
    ]
    return evaluate(scenarios, [quantity])[quantity]


def decoded():
    """Measured and predicted seconds of whole decode steps."""
    chosen = rows("decode")
    model = predicted(
        chosen,
        "decode_step_s",
        batch=lambda row: int(row["batch"]),
        input_tokens=lambda row: int(row["tokens"]) - 1,
        output_tokens=lambda _: 2,
    )
    return chosen, np.array([float(row["seconds"]) for row in chosen]), model


def test_a_decode_step_is_as_much_longer_in_an_engine_as_engines_add():
    chosen, measured, model = decoded()
    ratio = dict(
        zip([(int(row["batch"]), int(row["tokens"])) for row in chosen], model / measured, strict=True)
    )
    print({key: round(value, 2) for key, value in ratio.items()})  # noqa: T201
    large = ratio.pop((256, 1024))
    assert all(1.1 < value < 1.35 for value in ratio.values())
    assert large == pytest.approx(
        1.42, abs=0.1
    )  # compute binds: engines reach 0.44 of peak, these products 0.55


def test_a_decode_step_grows_with_batch_and_context_as_measured():
    chosen, measured, model = decoded()
    places = {(int(row["batch"]), int(row["tokens"])): i for i, row in enumerate(chosen)}
    for larger, smaller in (((128, 1024), (1, 1024)), ((8, 8192), (1, 8192)), ((64, 1024), (8, 1024))):
        a, b = places[larger], places[smaller]
        assert model[a] / model[b] == pytest.approx(measured[a] / measured[b], rel=0.08)


def test_prefill_is_between_the_products_alone_and_plain_pytorch():
    chosen = rows("prefill", tokens=1024)
    model = predicted(
        chosen, "prefill_work_s", batch=lambda _: 1, input_tokens=lambda row: int(row["tokens"])
    ) * np.array([int(row["batch"]) for row in chosen])
    ratio = model / np.array([float(row["seconds"]) for row in chosen])
    print(ratio.round(2))  # noqa: T201
    assert np.all((ratio > 0.75) & (ratio < 1))  # PyTorch's attention is the second version of FlashAttention


def test_the_shares_of_peak_and_bandwidth_are_those_of_kernels():
    constants = tomllib.loads(CONSTANTS.read_text(encoding="utf-8"))

    def inside(name, value):
        low, high = constants[name]["low"], constants[name]["high"]
        print(name, round(float(value), 3), (low, high))  # noqa: T201
        return low <= value <= high

    reads = rates(rows("attention", tokens=8192), "bytes")[:4]
    wide = [row for row in rows("gemm", n=8192) if row["format"] == "bf16" and row["batch"] == "1"]
    full = [row for row in rows("gemm", batch=4096) if row["format"] == "bf16"]
    assert inside("cache_bandwidth_share", np.median(reads) / BANDWIDTH_BYTES_S)
    assert inside("weight_bandwidth_share", np.median(rates(wide, "bytes")) / BANDWIDTH_BYTES_S)
    assert inside("prefill_flop_share", np.median(rates(full, "flop")) / PEAK_FLOP_S["bf16"])


def test_no_kernel_passes_the_data_sheet():
    for row in rows("gemm"):
        assert float(row["flop"]) / float(row["seconds"]) < PEAK_FLOP_S[row["format"]]
    for kernel in ("copy", "attention"):
        large = [row for row in rows(kernel) if float(row["bytes"]) > 5e8]  # above what the cache holds
        assert np.all(rates(large, "bytes") < BANDWIDTH_BYTES_S)


def test_a_decoding_device_draws_more_the_larger_its_batch_and_never_much_above_its_limit():
    draws = [float(row["power_w"]) / TDP_W for row in rows("decode") if row["tokens"] == "1024"]
    assert draws == sorted(draws)
    assert draws[0] == pytest.approx(0.64, abs=0.01)
    assert draws[-1] == pytest.approx(0.99, abs=0.01)
    assert max(float(row["power_w"]) for row in ROWS) < 1.06 * TDP_W
