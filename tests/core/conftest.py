"""A field of random legal scenarios that the properties are checked on."""

import numpy as np
import pytest

from inferscope.core.bind import bind
from inferscope.core.evaluate import evaluate_bound
from inferscope.core.scenario.files import load_values

ROWS = 12_000
MODELS = [
    "llama-3.1-8b",
    "llama-3.1-70b",
    "llama-3.1-405b",
    "mistral-7b",
    "gemma-3-27b",
    "gemma-2-9b",
    "llama-4-scout",
    "llama-4-maverick",
    "deepseek-v2-lite",
    "deepseek-v3",
    "deepseek-v3.2",
    "kimi-k2",
    "kimi-linear-48b-a3b",
    "qwen3-next-80b-a3b",
    "qwen3-30b-a3b",
    "qwen3-235b-a22b",
    "nemotron-h-56b",
    "jamba-v0.1",
    "minimax-m3",
    "deepseek-v4-flash",
    "deepseek-v4-pro",
    "gpt-oss-20b",
    "gpt-oss-120b",
    "mixtral-8x7b",
]
CHIPS = [
    "a100-sxm-80",
    "a100-pcie-80",
    "a30",
    "l4",
    "l40s",
    "h20",
    "h100-sxm",
    "h100-pcie",
    "h200-sxm",
    "h800-sxm",
    "b100",
    "b200",
    "b300",
    "gb200",
    "gh200-96",
    "rtx-4090",
    "rtx-5090",
    "mi250x",
    "mi300x",
    "mi325x",
    "mi355x",
    "tpu-v5e",
    "tpu-v5p",
    "tpu-v6e",
    "tpu7x",
    "trainium2",
    "inferentia2",
    "gaudi2",
    "gaudi3",
    "ascend-910b",
    "ascend-910c",
    "jetson-thor",
    "gb10",
    "m3-ultra",
    "epyc-9965",
    "xeon-6980p",
    "groq-lpu-v1",
    "sambanova-sn40l",
    "mtia-300",
    "qualcomm-ai100-ultra",
    "mtt-s4000",
    "metax-c500",
]
WEIGHT_FORMATS = ("native", "bf16", "fp8", "int8", "int4", "nvfp4", "mxfp4")
ACTIVATION_FORMATS = ("native", "native", "bf16", "fp8", "int8", "nvfp4")
CACHE_FORMATS = ("bf16", "fp8", "int8")
EXPERT_FORMATS = (None, None, "fp8", "nvfp4", "mxfp4")
METHODS = (None, None, "eagle3", "mtp", "ngram")
ENGINES = ("vllm", "sglang", "tensorrt-llm")


def base_scenarios(rng):
    """One scenario for each pair of model and chip drawn, every other one with a prefill pool."""
    found = []
    for number in range(len(MODELS) * 7):
        model = MODELS[number % len(MODELS)]
        chip = CHIPS[(number * 11 + number // len(MODELS)) % len(CHIPS)]
        method = METHODS[rng.integers(len(METHODS))]
        tables = {
            "model": {"id": model},
            "hardware": {
                "accelerator": chip,
                **dict.fromkeys(("count", "tensor_parallel", "pipeline_parallel", "data_parallel"), 1),
                "replicas": 2,
            },
            "optimizations": {
                "weight_format": str(rng.choice(WEIGHT_FORMATS)),
                "activation_format": str(rng.choice(ACTIVATION_FORMATS)),
                "kv_format": str(rng.choice(CACHE_FORMATS)),
                "continuous_batching": bool(rng.random() < 0.8),
                "chunked_prefill": bool(rng.random() < 0.7),
                "engine": ENGINES[number % len(ENGINES)],
            },
            "workload": {
                "batch": 1,
                "requests_per_s": 0.01,
                "start": "burst" if rng.random() < 0.2 else "steady",
            },
            "economics": {"usd_per_accelerator_hour": 2.0},
            "training": {"usd_per_accelerator_hour": 2.0},
        }
        if chip == "groq-lpu-v1":  # what lies between its groups is not published
            tables["hardware"]["scaleout_bytes_per_s"] = 1.6e11
        if expert := EXPERT_FORMATS[rng.integers(len(EXPERT_FORMATS))]:
            tables["optimizations"]["expert_weight_format"] = expert
        if method:
            tables["optimizations"]["speculative"] = {"method": method}
        if number % 4 == 1:
            tables["hardware"]["prefill"] = {"count": 1}
        if number % 4 == 3:
            other = CHIPS[rng.integers(len(CHIPS))]
            tables["hardware"]["prefill"] = {
                "accelerator": other,
                "count": 1,
                "usd_per_accelerator_hour": 3.0,
            }
        found.append(load_values(tables))
    return found


def pick(rng, rows, values):
    return np.asarray(values, dtype=float)[rng.integers(len(values), size=rows)]


def degrees(
    bound, rng, prefix="", tensors=(1, 2, 4, 8, 16), pipelines=(1, 1, 1, 2, 4), datas=(1, 1, 4, 16, 72)
):
    """Random tensor, pipeline and data degrees that cross no link of which no figure is published."""
    rows = bound.rows

    def given(name):
        return np.broadcast_to(bound.inputs[f"{prefix}hardware_{name}"], (rows,))

    near, far = np.isnan(given("scaleup_bytes_per_s")), np.isnan(given("scaleout_bytes_per_s"))
    room = np.where(near, 1.0, np.where(far, given("scaleup_domain"), np.inf))
    dense = np.broadcast_to(bound.inputs["model_experts"], (rows,)) <= 1
    tensor = np.minimum(pick(rng, rows, tensors), 2.0 ** np.floor(np.log2(np.minimum(room, 2.0**20))))
    pipeline, data = pick(rng, rows, pipelines), np.where(dense, 1.0, pick(rng, rows, datas))
    pipeline = np.where(tensor * pipeline <= room, pipeline, 1.0)
    data = np.where(tensor * pipeline * data <= room, data, 1.0)
    small = given("memory_bytes") < 1e9  # no DRAM: hundreds of chips hold what one holds elsewhere
    return np.where(small, 64.0, tensor), np.where(small, pick(rng, rows, [9, 22]), pipeline), data


def vary(bound, rng):
    """Random lengths, layouts, options and demand for every row; batches that memory holds."""
    rows = bound.rows
    tensor, pipeline, data = degrees(bound, rng)
    pool_tensor, pool_pipeline, pool_data = degrees(bound, rng, "prefill_", (1, 2, 8), (1, 1, 2), (1, 8, 32))
    apart = bound.inputs["hardware_disaggregated"] > 0
    changes = {
        "hardware_tensor_parallel": tensor,
        "hardware_pipeline_parallel": pipeline,
        "hardware_data_parallel": data,
        "hardware_count": tensor * pipeline * data,
        "workload_input_tokens": np.round(10 ** rng.uniform(0, 5.3, rows)),
        "workload_output_tokens": np.where(
            rng.random(rows) < 0.1, 1.0, np.round(10 ** rng.uniform(0.3, 4, rows))
        ),
        "workload_reasoning_tokens": pick(rng, rows, [0, 0, 1, 1_500, 30_000]),
        "optimizations_prefix_cache_hit_rate": np.where(
            rng.random(rows) < 0.3, pick(rng, rows, [0, 1]), rng.random(rows)
        ),
        "optimizations_prefill_chunk_tokens": pick(rng, rows, [64, 512, 8192, 65_536]),
        "optimizations_two_batch_overlap": pick(rng, rows, [0, 0, 1]),
        "optimizations_expert_imbalance": pick(rng, rows, [1, 1, 1.3, 3]),
        "optimizations_draft_acceptance": pick(rng, rows, [0, 0.5, 0.85, 1]),
        "site_boundary": pick(rng, rows, [0, 1, 2, 3]),
        "workload_arrival_cv": pick(rng, rows, [0, 1, 4]),
    }
    pools = {
        "prefill_hardware_tensor_parallel": pool_tensor,
        "prefill_hardware_data_parallel": pool_data,
        "prefill_hardware_pipeline_parallel": pool_pipeline,
        "prefill_hardware_count": pool_tensor * pool_pipeline * pool_data,
    }
    for name, values in pools.items():
        changes[name] = np.where(apart, values, changes[name.removeprefix("prefill_")])
    bound = bound.with_inputs(changes)
    most = evaluate_bound(bound, ["max_batch"])["max_batch"]
    share = np.where(rng.random(rows) < 0.2, pick(rng, rows, [0, 1]), rng.random(rows))
    batch = np.floor(np.maximum(np.minimum(most, 2.0**20), 1.0) ** share)
    # A tenth of the rows asks for more than memory holds.
    batch = np.where(
        rng.random(rows) < 0.1, np.maximum(most, 0) + 1.0 + np.floor(most * rng.random(rows)), batch
    )
    return bound.with_inputs({"workload_batch": batch})


@pytest.fixture(scope="session")
def field():
    """Twelve thousand rows over every pair of :func:`base_scenarios`."""
    rng = np.random.default_rng(20261122)
    bound = bind(base_scenarios(rng))
    return vary(bound.take(rng.integers(bound.rows, size=ROWS)), rng)


@pytest.fixture(scope="session")
def run():
    """Quantities of rows, in the order that they were asked for."""

    def compute(bound, *names):
        found = evaluate_bound(bound, names)
        return [found[name] for name in names]

    return compute


@pytest.fixture(scope="session")
def column(field):
    """One input of the field, a number for every row."""
    return lambda name: np.array(np.broadcast_to(field.inputs[name], (field.rows,)))


@pytest.fixture(scope="session")
def at_most():
    """Check that values stay at or below limits where both are known, in enough rows to mean something."""

    def check(values, limits, *, slack=1e-9, least=1000, what=""):
        known = ~np.isnan(values) & ~np.isnan(limits)
        assert known.sum() >= least, f"{what}: {known.sum()} rows"
        above = np.flatnonzero(known & (values > limits * (1 + slack) + 1e-300))
        worst = above[np.argmax(values[above] / limits[above])] if len(above) else -1
        assert not len(above), f"{what} row {worst}: {values[worst]} > {limits[worst]}; {len(above)} rows"

    return check


@pytest.fixture(scope="session")
def half_busy(field):
    """The field under a demand of six tenths of what each fleet takes."""
    most = evaluate_bound(field, ["max_requests_per_s"])["max_requests_per_s"]
    return field.with_inputs({"workload_requests_per_s": 0.6 * most})
