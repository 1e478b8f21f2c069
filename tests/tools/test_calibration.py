"""The fit of the constants: each rule of the cleaning, the shipped file, and the fit itself.

With INFERSCOPE_MEASUREMENTS naming the wheel of aiconfigurator-core 0.12.0 the constants are fitted
again; without it nothing is downloaded, and only what the file says of itself is checked.
"""

import os
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from calibration import cleaning, fitting, forward, harness, sample, scoring, writing

from inferscope.core import catalog
from inferscope.core.evaluate import evaluate
from inferscope.core.leaves.leaf import CONSTANTS, calibration

WHEEL = os.environ.get("INFERSCOPE_MEASUREMENTS", "")
SHIPPED = tomllib.loads(CONSTANTS.read_text("utf-8"))
ROW = {
    "id": "one",
    "silicon_data_source": "db-dump/2026-04-27; silicon_concurrency=32; measured=2026-03-24T00:00:00.000Z;"
    " lmsysorg/sglang:v0.5.9",
    "backend": "sglang",
    "backend_version": "0.5.9",
    "model_path": "deepseek-ai/DeepSeek-R1",
    "system": "h200_sxm",
    "precision": "fp8",
    "mode": "agg",
    "isl": "1024",
    "osl": "8192",
    "batch_size": "32",
    "tp_size": "8",
    "attention_dp_size": "1",
    "moe_tp_size": "8",
    "moe_ep_size": "1",
    "silicon_ttft_ms": "250.04",
    "silicon_tpot_ms": "16.604",
}
RUN = sample.as_run(ROW, (8, 1, 1))


def row(**changes):
    return {**ROW, **changes}


def run(**changes):
    return replace(RUN, **changes)


# --- the table -----------------------------------------------------------------------------------


def test_a_row_becomes_a_run_with_what_its_origin_says():
    assert (RUN.model, RUN.accelerator, RUN.engine) == ("deepseek-r1", "h200-sxm", "sglang")
    assert (RUN.day, RUN.image, RUN.concurrency) == ("2026-03-24", "lmsysorg/sglang:v0.5.9", 32)
    assert (RUN.ttft_s, RUN.tpot_s) == pytest.approx((0.25004, 0.016604))
    unnamed = row(precision="", silicon_data_source="source_file=x/aic-auto-gap-analysis/data/y.csv")
    found = sample.as_run(unnamed, (4, 2, 1))
    assert (found.precision, found.concurrency, found.day, found.is_paced) == ("bf16", 64, "", False)


def test_another_table_is_refused(tmp_path):
    path = tmp_path / "other.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(sample.MEMBER, "id\n1\n")
    with pytest.raises(ValueError, match="not " + sample.SHA256):
        sample.table_text(path)


def test_repeats_are_removed_and_those_of_deepseek_r1_stay():
    again = row(model_path="deepseek-ai/DeepSeek-V3", silicon_tpot_ms="16.6041", id="two")
    other = row(silicon_tpot_ms="16.62", id="three")
    found = cleaning.distinct([again, ROW, other])
    assert [r["id"] for r in found] == ["one", "three"]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        (("8", "1", "8", "1"), (8, 1, 1)),
        (("64", "1", "8", "8"), (8, 1, 8)),  # the product stands in tp_size
        (("16", "1", "4", "4"), (4, 1, 4)),
        (("4", "1", "2", "2"), (2, 1, 2)),
        (("1", "64", "8", "8"), (1, 8, 8)),  # or in attention_dp_size
        (("4", "4", "1", "16"), (1, 4, 4)),  # data-parallel attention over four
        (("1", "4", "4", "1"), (1, 4, 1)),
        (("1", "8", "1", "8"), (1, 8, 8)),
        (("1", "", "2", "1"), (2, 1, 1)),  # experts over two: two there are
        (("4", "", "2", "2"), (4, 1, 2)),
        (("2", "0", "0", "0"), (2, 1, 1)),
    ],
)
def test_layouts_are_repaired(sizes, expected):
    names = ("tp_size", "attention_dp_size", "moe_tp_size", "moe_ep_size")
    assert cleaning.layout(row(**dict(zip(names, sizes, strict=True)))) == expected


@pytest.mark.parametrize(
    ("changes", "drafts"),
    [
        ({"engine": "tensorrt-llm", "version": "1.2.0rc6.post3"}, 3),
        ({"engine": "tensorrt-llm", "version": "1.2.0rc6.post3", "data": 8, "tensor": 1}, 1),
        ({"engine": "tensorrt-llm", "version": "1.1.0rc2.post2", "day": "2026-01-14"}, 3),
        ({"engine": "tensorrt-llm", "version": "1.1.0rc2.post2", "day": "2025-12-15"}, 0),
        ({"engine": "tensorrt-llm", "version": "1.3.0rc1"}, None),
        ({"accelerator": "b200-sxm", "day": "2026-03-25"}, None),
        ({"accelerator": "b200-sxm", "day": "2026-03-25", "precision": "fp4"}, 0),
        ({"model": "qwen3.5-397b-a17b", "accelerator": "b200-sxm", "day": "2026-03-20"}, 3),
        ({"model": "qwen3.5-397b-a17b", "accelerator": "b200-sxm", "day": "2026-03-24"}, 0),
        ({"model": "qwen3.5-397b-a17b", "accelerator": "b300-sxm", "day": "2026-04-03"}, None),
        ({}, 0),
    ],
)
def test_speculation_is_labelled_by_release_and_day(changes, drafts):
    assert cleaning.draft_tokens(run(**changes)) == drafts


@pytest.mark.parametrize(
    ("changes", "is_out"),
    [
        ({}, False),
        ({"model": "minimax-m2", "engine": "vllm", "version": "0.16.0"}, True),
        ({"accelerator": "b300-sxm"}, True),
        ({"accelerator": "gb200-nvl72"}, True),
        ({"version": "0.5.10.post1"}, True),
        ({"version": "nightly-dev-20260216"}, True),
        ({"engine": "vllm", "version": "0.17.0"}, False),
        ({"engine": "vllm", "version": "0.18.0"}, True),
        ({"engine": "tensorrt-llm", "version": "1.3.0rc1"}, True),
        ({"engine": "tensorrt-llm", "version": "1.2.0rc6.post3"}, False),
        ({"version": ""}, False),
    ],
)
def test_families_accelerators_and_new_engines_are_held_out(changes, is_out):
    assert cleaning.is_held_out(run(**changes)) is is_out


def test_what_cannot_be_compared_is_left_out_and_counted():
    many = row(tp_size="16", moe_tp_size="16", silicon_tpot_ms="1")
    undecided = row(system="b200_sxm", silicon_tpot_ms="2")
    undecided["silicon_data_source"] = ROW["silicon_data_source"].replace("03-24", "03-25")
    full = row(model_path="openai/gpt-oss-120b", system="h100_sxm", silicon_tpot_ms="3")
    full["silicon_data_source"] = "x; silicon_concurrency=512"
    apart = row(mode="disagg", silicon_tpot_ms="4")
    runs, counts = cleaning.clean([ROW, ROW, many, undecided, full, apart])
    assert runs == [RUN]
    assert counts == {
        "rows": 6,
        "distinct": 5,
        "aggregated": 4,
        "disaggregated": 1,
        "more_than_eight": 1,
        "undecidable_speculation": 1,
        "admission_limited": 1,
    }


# --- the harness ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "cache"),
    [
        ({"accelerator": "h200-sxm"}, "bf16"),
        ({"accelerator": "b200-sxm"}, "fp8"),
        ({"model": "qwen3.5-397b-a17b"}, "fp8"),
        ({"model": "qwen3.5-397b-a17b", "precision": "bf16"}, "bf16"),
        ({"engine": "tensorrt-llm"}, "fp8"),
        ({"engine": "tensorrt-llm", "model": "gpt-oss-120b", "precision": "fp4"}, "bf16"),
        ({"engine": "vllm", "model": "llama-3.1-70b"}, "fp8"),
        ({"engine": "vllm", "model": "minimax-m2", "accelerator": "b200-sxm", "version": "0.17.0"}, "bf16"),
        ({"engine": "vllm", "model": "minimax-m2", "accelerator": "b200-sxm", "version": "0.19.0"}, "fp8"),
        ({"engine": "vllm", "model": "minimax-m2", "version": "0.18.0"}, "bf16"),
    ],
)
def test_cache_formats_are_those_of_the_launch_scripts(changes, cache):
    assert harness.cache_format(run(**changes)) == cache


def test_only_the_public_benchmark_draws_lengths_below_the_nominal():
    assert harness.mean_lengths(run()) == pytest.approx((0.9 * 1024, 0.9 * 8192))
    assert harness.mean_lengths(run(is_paced=False)) == (1024, 8192)


def test_four_bit_checkpoints_keep_attention_wider():
    assert harness.weight_formats(run(precision="fp4"))["weight_format"] == "fp8"
    assert harness.weight_formats(run(precision="fp4", model="kimi-k2.5"))["weight_format"] == "bf16"
    assert harness.weight_formats(run(precision="fp4", model="llama-3.1-70b")) == {"weight_format": "nvfp4"}
    assert harness.weight_formats(run(precision="fp4", model="gpt-oss-120b")) == {}


def test_waits_are_those_that_scripts_ask_for():
    llama = run(
        model="llama-3.1-70b", engine="tensorrt-llm", tensor=4, input_tokens=1024.0, output_tokens=1024.0
    )
    assert harness.has_batch_wait(llama)
    assert not harness.has_batch_wait(run())
    assert harness.has_rank_wait(run(engine="tensorrt-llm", data=8, tensor=1))
    assert not harness.has_rank_wait(run(data=8, tensor=1))


# --- the forward model ---------------------------------------------------------------------------


def shipped_values():
    known = {**SHIPPED, **SHIPPED["beside"]}
    return {c.name: known[c.name]["value"] for c in fitting.CONSTANTS}


@pytest.mark.parametrize("engine", forward.ENGINES)
def test_the_fit_predicts_what_the_program_predicts(engine):
    """The same run through the fit and as a scenario: one model, not two."""
    one = run(model="llama-3.1-70b", engine=engine, tensor=4, day="", version="")
    loaded = forward.load([one])
    tpot, ttft = forward.predict(loaded, shipped_values())
    found = evaluate(forward.scenario(one), ["tpot_s", "ttft_s"])
    assert tpot == pytest.approx(found["tpot_s"], rel=1e-12)
    assert ttft == pytest.approx(found["ttft_s"], rel=1e-12)


def test_more_requests_than_memory_holds_wait():
    many = run(concurrency=6400.0, engine="vllm", day="", version="")
    loaded = forward.load([run(concurrency=64.0), many])
    batch = loaded.bound.inputs["workload_batch"]
    assert batch[0] == 64
    assert batch[1] < 3200
    tpot, ttft = forward.predict(loaded, shipped_values())
    assert ttft[1] > 8000 * tpot[1]
    found = evaluate(forward.scenario(many), ["ttft_s"])
    assert ttft[1] == pytest.approx(found["ttft_s"][0], rel=1e-12)


def test_prompts_faster_than_the_machine_computes_are_left_out():
    cached = run(input_tokens=8192.0, output_tokens=128.0, concurrency=512.0, ttft_s=0.01, tpot_s=1e-4)
    assert [r.tpot_s for r in forward.load([run(), cached]).runs] == [RUN.tpot_s]


# --- the fit -------------------------------------------------------------------------------------


def synthetic(values):
    """Runs whose measurements are the model's own predictions."""
    runs = [
        run(model=model, accelerator=chip, engine=engine, concurrency=c, input_tokens=i, day="", version="")
        for model in ("llama-3.1-70b", "qwen3-235b-a22b", "deepseek-r1")
        for chip in ("h200-sxm", "b200-sxm")
        for engine in forward.ENGINES
        for c in (1.0, 16.0, 64.0)
        for i in (512.0, 8192.0)
    ]
    tpot, ttft = forward.predict(forward.load(runs), values)
    made = [replace(r, tpot_s=float(p), ttft_s=float(f)) for r, p, f in zip(runs, tpot, ttft, strict=True)]
    return forward.load(made)


def test_the_fit_finds_the_constants_that_made_the_measurements():
    moved = ("layer_s", "prefill_flop_share", "host_layer_s")
    constants = tuple(c for c in fitting.CONSTANTS if c.name in moved)
    rest = {c.name: c.start for c in fitting.CONSTANTS}
    truth = {**rest, "layer_s": 60e-6, "prefill_flop_share": 0.5, "host_layer_s": 1.5e-3}
    made = synthetic(truth)

    def model(runs, values):
        return forward.predict(runs, {**rest, **values})

    found = fitting.fit(made, constants, forward=model)
    assert found == pytest.approx({name: truth[name] for name in moved}, rel=0.01)


def test_a_cell_counts_as_its_root():
    loaded = forward.load([run(), run(concurrency=16.0), run(concurrency=8.0), run(engine="vllm")])
    weights = fitting.weights(loaded)
    assert weights[3] / weights[0] == pytest.approx(3**0.5)
    assert weights.mean() == pytest.approx(1)


def test_scores_are_of_the_absolute_logarithm():
    found = scoring.score(np.array([0.5, 1.0, 2.0]))
    assert found.median == pytest.approx(np.log(2))
    assert found.mean_percent == pytest.approx(50)
    assert found.bias == 1


# --- the shipped file ----------------------------------------------------------------------------


def test_the_shipped_file_is_what_the_script_writes():
    """Its own numbers through the template give the same text: nothing was changed by hand."""
    known = {**SHIPPED, **SHIPPED["beside"]}
    scores = {
        f"{metric}.{kind}": scoring.Score(e["rows"], e["median"], e["p90"], e["mean_percent"], e["bias"])
        for metric, kinds in SHIPPED["errors"].items()
        for kind, e in kinds.items()
    }
    found = writing.Fit(
        {c.name: known[c.name]["value"] for c in fitting.CONSTANTS},
        {c.name: (known[c.name]["low"], known[c.name]["high"]) for c in fitting.CONSTANTS},
        SHIPPED["fit"]["rows"],
        scores,
        SHIPPED["fit"]["draws"],
        SHIPPED["fit"]["seed"],
    )
    assert writing.constants_text(found) == CONSTANTS.read_text("utf-8")


def test_the_shipped_file_names_its_data_and_every_constant_how_it_was_obtained():
    assert SHIPPED["fit"]["sha256"] == sample.SHA256
    assert SHIPPED["fit"]["package"] == sample.PACKAGE
    rows = SHIPPED["fit"]["rows"]
    assert rows["aggregated"] + rows["disaggregated"] == rows["distinct"] < rows["rows"]
    left_out = ("more_than_eight", "undecidable_speculation", "admission_limited", "faster_than_the_machine")
    assert rows["fitted"] + rows["held_out"] == rows["aggregated"] - sum(rows[name] for name in left_out)
    for leaf in calibration().values():
        assert leaf.source
        assert leaf.kind in {"fitted", "measured", "choice", "quoted"}
        assert leaf.span is None or leaf.span[0] <= leaf.value <= leaf.span[1]


def test_errors_are_stated_by_metric_and_by_whether_the_family_was_fitted():
    for metric in ("tpot", "ttft"):
        for kind in ("known", "unseen", "held_out"):
            error = SHIPPED["errors"][metric][kind]
            assert 0 < error["median"] < error["p90"]
            assert error["rows"] > 500
    assert SHIPPED["errors"]["tpot"]["unseen"]["rows"] > SHIPPED["fit"]["rows"]["fitted"]


@pytest.mark.parametrize("chip", ["b200-sxm", "b300-sxm", "gb200-nvl72", "gb300-nvl72", "rtx-5090"])
def test_the_catalogue_has_the_fitted_factor_of_blackwell(chip):
    """To two digits: the catalogue's own files hold it."""
    fitted = SHIPPED["beside"]["blackwell_fixed_time_factor"]
    factor = catalog.accelerator(chip).values["fixed_time_factor"]
    shipped = [round(fitted[part], 2) for part in ("value", "low", "high")]
    assert [factor.value, factor.low, factor.high] == shipped


@pytest.mark.skipif(not WHEEL, reason="INFERSCOPE_MEASUREMENTS names no wheel")
def test_the_fit_reproduces_the_shipped_constants():
    import fit_calibration

    loaded, counts = fit_calibration.measurements(Path(WHEEL))
    assert counts == SHIPPED["fit"]["rows"]
    inside, _ = scoring.split(loaded)
    assert fit_calibration.differences(fitting.fit(inside)) == []
