"""What more accelerators, narrower numbers and drafts can gain at most, in every layout and serving mode."""

import numpy as np
import pytest

from inferscope.core import catalog
from inferscope.core.bind import bind
from inferscope.core.evaluate import evaluate
from inferscope.core.scenario.files import load_values

TIMES = ("tpot_s", "ttft_s", "e2e_latency_s")
BYTES = ("linear", "expert", "embedding")
RATES = ("linear", "expert", "bf16")


@pytest.fixture(scope="module")
def alone(field):
    """The field with the utilisation in place of a demand: its cost is that of the work."""
    return field.with_inputs({"workload_requests_per_s": np.full(field.rows, np.nan)})


def doubled(bound, degree, batch):
    """The same rows on twice the accelerators by one degree, prefill pools too, at the same batch."""
    names = [f"hardware_{degree}_parallel", "hardware_count"]
    changes = {n: 2.0 * bound.inputs[n] for n in (*names, *(f"prefill_{n}" for n in names))}
    return bound.with_inputs({**changes, "workload_batch": batch})


# --- the field ------------------------------------------------------------------------------------


def test_the_field_holds_every_layout_and_serving_mode(field, run, column):
    (tpot,) = run(field, "tpot_s")
    known = ~np.isnan(tpot)
    resolved = [field.resolved[row] for row in np.flatnonzero(known)]
    assert len({r.accelerator.id for r in resolved}) == 42
    assert len({r.accelerator.text["vendor"] for r in resolved}) == 13
    assert len({r.model.id for r in resolved}) == 24
    tensor, pipeline, data = (column(f"hardware_{n}_parallel")[known] for n in ("tensor", "pipeline", "data"))
    domain = column("hardware_scaleup_domain")[known]
    for split in (tensor > 1, pipeline > 1, data > 1):
        assert (split & (tensor * pipeline * data <= domain)).sum() > 100
        assert (split & (tensor * pipeline * data > domain)).sum() > 100
    assert ((tensor > 1) & (pipeline > 1) & (data > 1)).sum() > 100
    assert (data[column("model_experts")[known] > 1] > 1).sum() > 1000
    apart = column("hardware_disaggregated")[known] > 0
    chips = [r.scenario.hardware.prefill.accelerator for r, away in zip(resolved, apart, strict=True) if away]
    assert min(sum(c is None for c in chips), sum(c is not None for c in chips)) > 500
    for section, name, values in (
        ("optimizations", "engine", {"vllm", "sglang", "tensorrt-llm"}),
        ("workload", "start", {"steady", "burst"}),
        ("optimizations", "continuous_batching", {True, False}),
        ("optimizations", "chunked_prefill", {True, False}),
        ("optimizations", "expert_weight_format", {None, "fp8", "nvfp4", "mxfp4"}),
        ("optimizations", "kv_format", {"bf16", "fp8", "int8"}),
    ):
        assert {getattr(getattr(r.scenario, section), name) for r in resolved} == values
    smallest = min(r.leaves["hardware_memory_bytes"].value for r in resolved)
    assert smallest < 1e9  # a machine without DRAM


# --- more accelerators ----------------------------------------------------------------------------


@pytest.mark.parametrize("degree", ["tensor", "pipeline"])
def test_twice_the_accelerators_at_most_halve_every_time(field, run, at_most, degree):
    (batch,) = run(field, "batch")
    twice = doubled(field, degree, batch)
    for name in (*TIMES, "prefill_service_s"):
        (before,), (after,) = run(field, name), run(twice, name)
        at_most(before, 2 * after, what=name)
    (before,), (after,) = run(field, "max_batch"), run(twice, "max_batch")
    at_most(before, after, what="max_batch")


@pytest.mark.parametrize("degree", ["tensor", "pipeline"])
def test_splitting_alone_makes_nothing_cheaper(alone, run, at_most, degree):
    """At the same batch, which fits without it: splitting saves by the batch that it makes room for."""
    (batch,) = run(alone, "batch")
    twice = doubled(alone, degree, batch)
    for name in ("usd_per_query", "wh_per_query"):
        (before,), (after,) = run(alone, name), run(twice, name)
        at_most(before, after, what=name)


def test_twice_the_attention_ranks_at_most_halve_a_step(field, run, at_most, column):
    """From two ranks on: the step from one replaces an all-reduce by an exchange, which can be faster.

    Only steps: where prompts are short, twice as many side by side also share the reading of experts.
    """
    routed = (column("model_experts") > 1) & (column("hardware_data_parallel") > 1)
    (batch,) = run(field, "batch")
    twice = doubled(field, "data", np.where(routed, batch, np.nan))
    for name in ("decode_step_s", "prefill_work_s"):
        (before,), (after,) = run(field, name), run(twice, name)
        at_most(before, 2 * after, what=name)


# --- a larger batch -------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1.01, 1.5, 4.0])
def test_a_larger_batch_never_serves_less(alone, run, at_most, column, factor):
    """Below one prompt a rank, prompts beside one's own are also counted between tokens: half at most."""
    most, batch = run(alone, "max_batch", "batch")
    larger = np.minimum(np.maximum(batch * factor, batch), most)
    more = alone.with_inputs({"workload_batch": larger})
    names = ("output_tok_s", "output_tok_s_per_accelerator", "usd_per_query", "decode_step_s")
    before, after = run(alone, *names), run(more, *names)
    is_full = batch >= column("prefill_hardware_data_parallel")
    for slack, rows in ((1e-9, is_full | (column("hardware_disaggregated") > 0)), (1.0, ~is_full)):
        at_most(np.where(rows, before[0], np.nan), after[0], slack=slack, least=200)
        at_most(np.where(rows, before[1], np.nan), after[1], slack=slack, least=200)
        at_most(np.where(rows, after[2], np.nan), before[2], slack=slack, least=200)
    at_most(batch / before[3], larger / after[3], what="sequences a second of decode steps")


# --- narrower numbers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "also", [(), ("linear", "expert"), RATES], ids=["bytes", "and rates", "and all rates"]
)
def test_half_the_weight_bytes_at_most_halve_every_time(field, run, at_most, also):
    (batch,) = run(field, "batch")
    halves = [f"optimizations_{part}_bytes_per_param" for part in BYTES]
    changes = {name: 0.5 * field.inputs[name] for name in halves}
    for rate in also:
        for name in (f"hardware_{rate}_flop_per_s", f"prefill_hardware_{rate}_flop_per_s"):
            changes[name] = 2.0 * field.inputs[name]
    half = field.with_inputs({**changes, "workload_batch": batch})
    for name in TIMES:
        (before,), (after,) = run(field, name), run(half, name)
        at_most(before, 2 * after, what=name)
        at_most(after, before, what=name)
    (before,), (after,) = run(field, "max_batch"), run(half, "max_batch")
    at_most(before, after, what="max_batch")


def test_half_the_cache_bytes_at_most_halve_the_time_per_token(field, run, at_most, column):
    half = field.with_inputs(
        {
            "optimizations_kv_bytes_per_element": 0.5 * field.inputs["optimizations_kv_bytes_per_element"],
            "workload_batch": run(field, "batch")[0],
        }
    )
    (before, held), (after, holds) = run(field, "tpot_s", "max_batch"), run(half, "tpot_s", "max_batch")
    at_most(before, 2 * after)
    at_most(after, before)
    at_most(held, holds)
    at_most(np.where(held > 0, holds, np.nan), 2 * held + 2 * column("hardware_data_parallel"))
    assert (holds > 1.5 * held)[held > 0].sum() > 1000


WEIGHTS = ("fp8", "int8", "int4", "nvfp4", "mxfp4", "q4_k_m")
SAMPLE = ("llama-3.1-8b", "llama-3.1-70b", "qwen3-30b-a3b", "deepseek-v3", "jamba-v0.1", "gemma-3-27b")
MAKERS = ("h100-sxm", "b200", "mi300x", "mi355x", "tpu-v6e", "trainium2", "gaudi3", "ascend-910c", "l40s")


def test_a_narrower_format_gains_no_more_than_its_bytes_and_rates(run, at_most):
    """Against bf16, by the catalogue's own bits, rates and cost of taking weights apart."""
    rows = [
        {
            "model": {"id": model},
            "hardware": {"accelerator": chip, "count": 8, "tensor_parallel": 8, "replicas": 1},
            "optimizations": {"weight_format": form},
            "workload": {"batch": 1},
        }
        for model in SAMPLE
        for chip in MAKERS
        for form in ("bf16", *WEIGHTS)
    ]
    rows = [
        {**row, "hardware": {**row["hardware"], "pipeline_parallel": 1, "data_parallel": 1}} for row in rows
    ]
    bound = bind([load_values(row) for row in rows])
    wide = np.repeat(np.arange(0, bound.rows, 1 + len(WEIGHTS)), 1 + len(WEIGHTS))
    bits, rate, base_bits, base_rate = (
        part[rows] if len(part) == bound.rows else part
        for rows in (slice(None), wide)
        for part in (
            bound.inputs["optimizations_linear_bytes_per_param"],
            bound.inputs["hardware_linear_flop_per_s"],
        )
    )
    most = np.maximum(np.maximum(base_bits / bits, rate / base_rate), 1.0)
    for batch in (1.0, 32.0, 512.0):
        here = bound.with_inputs(
            {"workload_batch": np.full(bound.rows, batch), "hardware_memory_bytes": np.full(bound.rows, 1e13)}
        )
        for name in ("tpot_s", "ttft_s"):
            (time,) = run(here, name)
            at_most(time[wide], time * most, least=250, what=f"{name} at {batch:g}")


# --- drafts ---------------------------------------------------------------------------------------


def speculating(chips, methods=("eagle3", "mtp", "ngram", "draft_model", "medusa")):
    """Every method on models of every kind, one accelerator each, with room for any batch."""
    models = ("llama-3.1-8b", "llama-3.1-70b", "gemma-3-27b", "qwen3-30b-a3b", "deepseek-v3", "jamba-v0.1")
    one = dict.fromkeys(("count", "tensor_parallel", "pipeline_parallel", "data_parallel", "replicas"), 1)
    rows = [
        {
            "model": {"id": model},
            "hardware": {"accelerator": chip, **one},
            "optimizations": {"speculative": {"method": method}},
            "workload": {"batch": 1, "input_tokens": 64, "output_tokens": 128},
        }
        for model in models
        for chip in chips
        for method in methods
    ]
    bound = bind([load_values(row) for row in rows])
    return bound.with_inputs({"hardware_memory_bytes": np.full(bound.rows, 1e19)})


def gains(bound, run, batches):
    """Time of a token without drafts over that with them, ``(rows, batches)``, steps alone."""
    index = np.repeat(np.arange(bound.rows), len(batches))
    grid = bound.take(index).with_inputs({"workload_batch": np.tile(batches, bound.rows)})
    plain = grid.with_inputs({"optimizations_draft_tokens": np.zeros(grid.rows)})
    (before,), (after, gained) = run(plain, "decode_step_s"), run(grid, "decode_step_s", "tokens_per_step")
    return (before * gained / after).reshape(bound.rows, len(batches))


def test_drafts_gain_least_where_compute_binds(field, run, at_most, column):
    """What compute binds takes g + 1 times as long, so that the gain is at most E / ((1 + c g)(1 + g p)).

    Below 1 from p = (E / (1 + c g) - 1) / g on, p the share of the plain step that compute binds.
    """
    drafted = field.with_inputs(
        {
            "optimizations_draft_tokens": np.full(field.rows, 3.0),
            "optimizations_draft_cost_ratio": np.full(field.rows, 0.05),
        }
    )
    plain = field.with_inputs({"optimizations_draft_tokens": np.zeros(field.rows)})
    names = ("decode_step_s", "compute_bind_s", "seen_busy")
    (step, compute, seen), (long, gained) = (
        run(plain, *names),
        run(drafted, "decode_step_s", "tokens_per_step"),
    )
    share = seen * compute * column("calibration_decode_time_factor") / step
    gain = gained * step / long
    at_most(gain, gained / (1.15 * (1.0 + 3.0 * share)))
    at_most(gained / (1.15 * 4.0), gain)
    turned = share > (gained / 1.15 - 1.0) / 3.0
    assert (gain[turned] <= 1).all()
    assert min((gain[turned] < 0.9).sum(), (gain > 1.5).sum()) > 200


def test_drafts_gain_less_the_larger_the_batch_of_a_dense_model(run):
    bound = speculating(("h100-sxm", "b200", "mi300x", "tpu-v6e", "trainium2", "ascend-910c", "l40s", "h20"))
    found = gains(bound, run, 2.0 ** np.arange(21))
    dense = np.broadcast_to(bound.inputs["model_experts"], (bound.rows,)) <= 1
    known = ~np.isnan(found[:, 0])
    assert (dense & known).sum() >= 100
    assert (np.diff(found[dense & known]) <= 1e-12).all()
    large = np.array([r.model.id == "llama-3.1-70b" for r in bound.resolved]) & known
    assert (found[large, 0] > 1.2).mean() > 0.9
    assert (found[large, -1] < 1).all()


def test_drafts_of_a_model_with_experts_gain_first_less_then_more_then_less(run):
    """A few drafts reach more experts; where all are read anyway drafts are cheap, until compute binds."""
    bound = speculating(("h100-sxm", "h20"), ("eagle3",))
    found = gains(bound, run, 2.0 ** np.arange(15))
    routed = np.array([r.model.id in ("qwen3-30b-a3b", "deepseek-v3") for r in bound.resolved])
    for gain in found[routed & ~np.isnan(found[:, 0])]:
        low = int(np.argmin(gain[:5]))
        assert gain[0] > gain[low]
        assert gain.max() > gain[low] * 1.1
        assert np.argmax(gain) > low or gain[low:].max() > gain[low]
        assert gain[-1] < gain[low:].max()


# --- what is planned ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ["memory_bandwidth_bytes_per_s", "memory_bytes", "bf16_flop_per_s", "scaleup_bytes_per_s"]
)
def test_a_better_machine_is_never_planned_to_serve_less(key):
    """Layout and batch are chosen anew on each of the two machines, and how many there are but for memory.

    How many accelerators are tried follows from how many hold the weights.
    """
    fixed = {"count": 8} if key == "memory_bytes" else {}
    pairs = []
    for model in ("llama-3.1-70b", "qwen3-235b-a22b", "deepseek-v3", "gpt-oss-120b", "jamba-v0.1"):
        for chip in ("h100-sxm", "h20", "mi300x", "tpu-v5p", "trainium2", "gaudi3", "gb200", "l40s"):
            figure = catalog.accelerator(chip).values[key].value
            for slo in ({}, {"tpot_s": 0.05, "ttft_s": 2.0}):
                for factor in (1.0, 1.3):
                    hardware = {"accelerator": chip, key: factor * figure, **fixed}
                    tables = {"model": {"id": model}, "hardware": hardware, "slo": slo}
                    pairs.append(load_values({**tables, "workload": {"input_tokens": 2000}}))
    found = evaluate(pairs, ["output_tok_s_per_accelerator"])["output_tok_s_per_accelerator"]
    before, after = found[0::2], found[1::2]
    known = ~np.isnan(before)
    assert known.sum() >= 40
    assert (after[known] >= before[known] * (1 - 1e-9)).all()
