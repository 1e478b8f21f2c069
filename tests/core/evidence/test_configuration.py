"""From a row of a table of measurements to the scenario it was measured under."""

import math

import numpy as np
import pytest

from inferscope.core.errors import InferscopeError
from inferscope.core.evidence.configuration import Layout, RefusedError, configuration, parse_layout
from inferscope.core.evidence.measurements import Measurement, packaged, read
from inferscope.core.evidence.validate import validate
from inferscope.core.evidence.validated import notes


def test_a_row_is_its_columns_and_nothing_else(measurement):
    found = configuration(measurement(kv_precision="fp8"))
    scenario = found.scenario
    assert (scenario.model.id, scenario.hardware.accelerator) == ("llama-3.1-70b", "h100-sxm")
    assert (scenario.hardware.count.mid, scenario.hardware.tensor_parallel.mid) == (8, 8)
    assert (scenario.optimizations.weight_format, scenario.optimizations.kv_format) == ("fp8", "fp8")
    assert (scenario.workload.input_tokens.mid, scenario.workload.output_tokens.mid) == (1000, 500)
    assert scenario.workload.concurrency.mid == 64
    assert (found.measured, found.quantity, found.assumed) == (0.02, "tpot_s", ())


def test_the_bound_columns_of_a_row_are_never_read():
    assert not {name for name in Measurement.__slots__ if "bound" in name or "ratio" in name} - {"boundary"}


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("TP8", Layout(8, 1, 1, 1)),
        ("TP2xDP4", Layout(2, 1, 1, 4)),
        ("TP2xPP2xDP2", Layout(2, 2, 1, 2)),
        ("DP8+EP8", Layout(1, 1, 8, 1)),
        ("TP8+EP8", Layout(8, 1, 1, 1)),
        ("DP8+EP8xDP9", Layout(1, 1, 8, 9)),
        ("PP2", Layout(1, 2, 1, 1)),
        ("TP", None),
        ("EP8", None),
        ("TP8 x DP2", None),
        ("TP8xTP", None),
    ],
)
def test_layouts_have_one_notation(text, layout):
    assert parse_layout(text) == layout


def test_replicas_divide_the_load_and_multiply_the_rate(measurement):
    one = measurement(metric="output_tok_s", value="100", parallelism="TP2xDP4", batch_or_concurrency="64")
    found = configuration(one)
    assert found.scenario.workload.concurrency.mid == 16
    assert found.read({"output_tok_s": np.array([25.0]), "one": np.ones(1)})[0] == 100


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"input_tokens": ""}, "needs_input: input_tokens"),
        ({"parallelism": ""}, "needs_input: parallelism"),
        ({"precision": ""}, "needs_input: precision"),
        ({"batch_or_concurrency": ""}, "needs_input: batch_or_concurrency"),
        ({"batch_or_concurrency": "latency-bound"}, "needs_input: slo_ttft_s or slo_tpot_s"),
        ({"config_complete": "no"}, "needs_input: the row is marked as incomplete"),
        ({"parallelism": "TP4"}, "parallelism: 'TP4' is no layout of 8 accelerators"),
        ({"value": "fast"}, "value: must be a number of at least 0, not 'fast'"),
        ({"value": "0"}, "value: must be above 0"),
        ({"value": "20", "unit": "ms"}, "unit: must be s for tpot_s, not 'ms'"),
        ({"metric": "output_tok_s", "unit": "tokens/min"}, "unit: must be tokens/s for output_tok_s"),
        ({"mode": "sometimes"}, "mode: must be aggregated, single, static, disaggregated or blank"),
        ({"n_accelerators": "8.5"}, "n_accelerators: must be a whole number, not '8.5'"),
        ({"batch_or_concurrency": "0"}, "batch_or_concurrency: must be a number of at least 1, not '0'"),
        ({"value": "1_000"}, "value: must be a number"),
        ({"value": "nan"}, "value: must be a number"),
        ({"input_tokens": "-5"}, "input_tokens: must be a number of at least 0"),
        ({"model": "gpt-9"}, "model: 'gpt-9' is not in the catalogue"),
        ({"accelerator": "h900"}, "accelerator: 'h900' is not in the catalogue"),
        ({"metric": "joy"}, "metric: no quantity is 'joy'"),
        ({"boundary": "wall"}, "boundary: must be accelerator, server, facility, facility_with_reserve or"),
        ({"precision": "fp3"}, "optimizations.weight_format"),
    ],
)
def test_a_row_that_cannot_be_predicted_says_why(changes, reason, measurement):
    with pytest.raises(RefusedError, match=r".") as caught:
        configuration(measurement(**changes))
    assert str(caught.value).startswith(reason)


@pytest.mark.parametrize(("said", "expected"), [("", "accelerator"), ("facility", "facility")])
def test_energy_is_that_of_the_boundary_of_its_row(measurement, said, expected):
    one = measurement(metric="joules_per_output_token", value="2.3", boundary=said)
    assert configuration(one).scenario.site.boundary == expected
    (note,) = [n for n in notes(validate([one])) if "without a boundary" in n] or [""]
    assert note.startswith("" if said else "without a boundary, 1 of energy or power")


def test_a_blank_length_is_filled_from_its_benchmark_alone_and_counted(measurement):
    one = measurement(benchmark="mlenergy-gpqa", input_tokens="")
    found = configuration(one)
    assert found.scenario.workload.input_tokens.mid == 235
    assert found.assumed == ("input_tokens",)
    with pytest.raises(RefusedError, match="input_tokens"):
        configuration(measurement(benchmark="fixed-lengths", input_tokens=""))


def test_printed_lengths_of_a_benchmark_that_draws_below_them_are_shortened(measurement):
    found = configuration(measurement(benchmark="inferencex-random"))
    assert found.scenario.workload.input_tokens.mid == 900


@pytest.mark.parametrize(
    ("engine", "precision", "cache"),
    [
        ("TensorRT-LLM", "fp8", "fp8"),
        ("trtllm", "fp8", "fp8"),
        ("vLLM", "fp8", "bf16"),
        ("TensorRT", "bf16", "bf16"),
    ],
)
def test_a_blank_cache_format_is_the_engines_default(engine, precision, cache, measurement):
    assert (
        configuration(measurement(engine=engine, precision=precision)).scenario.optimizations.kv_format
        == cache
    )


def test_most_packaged_rows_are_complete_and_each_id_comes_once():
    rows = packaged()
    assert len({row.id for row in rows}) == len(rows) == 287
    assert all(math.isfinite(float(row.value)) for row in rows)


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "column id is missing"),
        ("{header}", "holds no measurements"),
        ("{metrik}\n{row}", "column metric is missing: did you mean metrik?"),
        ("{header},model\n{row},x", "column model comes twice"),
        ("{header}\n{row},1,2", "2: has 13 cells where the header has 11"),
        ('{header}\n"{row}', "is not valid CSV"),
        ("\xff", "column id is missing"),
    ],
)
def test_a_file_that_is_no_table_of_measurements_is_one_line(tmp_path, text, message, header, row):
    path = tmp_path / "m.csv"
    metrik = header.replace("metric", "metrik")
    path.write_text(text.format(header=header, row=row, metrik=metrik), encoding="utf-8")
    with pytest.raises(InferscopeError) as caught:
        read(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_columns_that_nothing_reads_may_be_there_and_others_may_be_absent(tmp_path, header, row):
    path = tmp_path / "m.csv"
    path.write_text(f"\ufeffcolour,{header}\nred,{row}\n,,,\n\nblue,{row}\n", encoding="utf-8")
    rows = read(path)
    assert [row.line for row in rows] == [2, 5]
    assert rows[0].benchmark == ""
