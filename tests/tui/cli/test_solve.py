"""`inferscope solve`: its formats, its exit status and its refusals."""

import json

import numpy as np
import pytest

from inferscope.core.evaluate import evaluate
from inferscope.core.scenario.files import load_scenario, with_values
from inferscope.tui.cli import main

LLAMA = "llama-3.1-70b-h100"


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main(["solve", *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_the_answer_is_a_sentence_and_two_rows(run):
    status, out, err = run(LLAMA, "--vary", "workload.batch", "--for", "tpot_s<=0.02", "--for", "ttft_s<1")
    assert (status, err) == (0, "")
    assert "workload.batch may go to 110 (64 now, times 1.719) with tpot_s<=0.02 and ttft_s<1:" in " ".join(
        out.split()
    )
    assert max(map(len, out.splitlines())) <= 80


def test_no_answer_is_status_1_and_says_what_comes_nearest(run):
    status, out, _ = run(LLAMA, "--vary", "workload.batch", "--for", "tpot_s<=0.002")
    assert status == 1
    assert "nearest is workload.batch 1: tpot_s 9.994 ms." in " ".join(out.split())


def test_json_holds_the_changes(run):
    _, out, _ = run(
        LLAMA, "--vary", "workload.batch=1:90", "--most", "--for", "tpot_s<=0.02", "--format", "json"
    )
    rows = json.loads(out)["rows"]
    assert rows[1]["changes"] == {"workload.batch": 90}


def test_break_even_sets_the_key_in_both(run):
    """Both scenarios, evaluated with the answer set, cost what is printed; there they pass each other."""
    words = ("--vary", "workload.input_tokens", "--for", "usd_per_query", "--format", "json")
    status, out, _ = run("agent-128k-mla", *words, "--against", "agent-128k-gqa")
    assert status == 0
    row = json.loads(out)["rows"][1]

    def costs(factor=1.0):
        changes = {key: round(factor * value) for key, value in row["changes"].items()}
        presets = ("agent-128k-mla", "agent-128k-gqa")
        scenarios = [with_values(load_scenario(name), changes) for name in presets]
        return evaluate(scenarios, ("usd_per_query",))["usd_per_query"]

    assert [row["usd_per_query"], row["usd_per_query_against"]] == pytest.approx(costs(), rel=1e-9)
    below, above = (np.subtract(*costs(factor)) for factor in (0.99, 1.01))
    assert below * above < 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--vary", "workload.batch=1", "--for", "tpot_s<=1"), "write workload.batch=LOW:HIGH"),
        (("--vary", "workload.batch=1:x", "--for", "tpot_s<=1"), "write workload.batch=LOW:HIGH"),
        (("--vary", "workload.batch=9:1", "--for", "tpot_s<=1"), "from a lower to a higher"),
        (("--vary", "workload.bach", "--for", "tpot_s<=1"), "did you mean batch"),
        (("--vary", "workload.batch", "--for", "tpt_s<=1"), "did you mean tpot_s"),
        (("--vary", "workload.batch"), "--for"),
        (("--for", "tpot_s<=1"), "--vary"),
        (("--vary", "workload.batch", "--for", "tpot_s<=1", "--least", "--most"), "not allowed with"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(run, arguments, words):
    status, out, err = run(LLAMA, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--vary", "hardware.memory_bandwidth_bytes_per_s=1e-300:1e40", "--for", "tpot_s<=0.01"),
        ("--set", "slo.tpot_s=1e38", "--vary", "slo.tpot_s", "--for", "fits_memory=no"),
        ("--set", "slo.tpot_s=1e-300", "--vary", "slo.tpot_s", "--for", "fits_memory=no"),
    ],
)
def test_ranges_as_wide_as_numbers_go_are_searched_without_a_word_of_numpy(capsys, arguments):
    assert main(["solve", "llama-3.1-70b-h100", *arguments]) in (0, 1)
    assert capsys.readouterr().err == ""
