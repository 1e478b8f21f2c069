"""`inferscope load`: forms, refusals, saturation, and what an interrupted replay leaves behind."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from inferscope.tui.cli import main
from inferscope.tui.cli.progress import Progress

PRESET = "llama-3.1-70b-h100"
AZURE = "TIMESTAMP,ContextTokens,GeneratedTokens\n" + "".join(
    f"2023-11-16 18:{i // 60:02}:{i % 60:02}.6805900,{300 + i},{20 + i % 50}\n" for i in range(200)
)
DRAWN = ("--synthetic", "--requests", "2000")


@pytest.fixture
def run(capsys):
    def call(*arguments, preset=PRESET):
        status = main(["load", preset, *map(str, arguments)])
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "trace.csv"
    path.write_text(AZURE)
    return path


def rows_of(text):
    return {row["name"]: row for row in json.loads(text)["rows"]}


def demand(rate):
    return ("--set", f"workload.requests_per_s={rate}")


# --- what comes out ------------------------------------------------------------------------------


def test_a_trace_is_replayed_and_its_form_is_said(run, trace):
    status, out, err = run("--trace", trace)
    assert (status, err) == (0, "")
    text = " ".join(out.split())
    assert "200 requests (Azure LLM inference trace)" in text
    assert "each request goes to the replica, and there to the rank, that has least to do" in text
    assert re.search(r"Half of the first tokens come within [\d.]+ ms, 99 of 100 within [\d.]+ ms", text)
    assert max(map(len, out.splitlines())) <= 80


def test_all_forms_hold_the_same(run, trace, tmp_path):
    found = rows_of(run("--trace", trace, "--format", "json")[1])
    lines = list(csv.DictReader(io.StringIO(run("--trace", trace, "--format", "csv")[1])))
    assert [line["name"] for line in lines] == list(found)
    for line in lines:
        value = found[line["name"]]["replayed"]
        assert (
            line["replayed"] == ("" if value is None else f"{value:.12g}") or float(line["replayed"]) == value
        )
    path = tmp_path / "out.md"
    assert run("--trace", trace, "--format", "md", "--out", path) == (0, "", "")
    assert path.read_text().count("\n| ") == len(lines) + 2
    units = {name: row["unit"] for name, row in found.items()}
    assert (units["ttft_mean_s"], units["answered_requests_per_s"], units["usd_per_query"]) == (
        "s",
        "1/s",
        "USD",
    )


def test_speed_compresses_arrivals_and_limit_takes_the_first(run, trace):
    plain = rows_of(run("--trace", trace, "--format", "json")[1])
    fast = rows_of(run("--trace", trace, "--speed", 4, "--format", "json")[1])
    offered = "offered_requests_per_s"
    assert fast[offered]["replayed"] == pytest.approx(4 * plain[offered]["replayed"])
    assert fast["load_batch"]["replayed"] > 2 * plain["load_batch"]["replayed"]
    few = rows_of(run("--trace", trace, "--limit", 50, "--format", "json")[1])
    assert few["answered"]["replayed"] == 50


def test_drawn_requests_stand_beside_the_closed_forms(run):
    status, out, _ = run(*DRAWN, *demand(2), "--format", "json")
    found = rows_of(out)
    assert status == 0
    for name in ("ttft_mean_s", "ttft_p50_s", "ttft_p99_s", "load_tpot_s", "fleet_output_tok_s"):
        assert found[name]["closed_form"] > 0
        assert found[name]["replayed"] > 0
    assert 0.4 < found["load_utilization"]["closed_form"] < 0.7
    again = run(*DRAWN, *demand(2), "--format", "json")[1]
    assert again == out
    assert run(*DRAWN, *demand(2), "--seed", 5, "--format", "json")[1] != out


def test_limits_are_counted_and_decide_the_status(run):
    limits = ("--set", "slo.ttft_s=0.3", "--set", "slo.tpot_s=0.03", "--format", "json")
    status, out, _ = run(*DRAWN, *demand(1), *limits)
    found = rows_of(out)
    assert status == 0
    assert found["met"]["replayed"] > 0.9
    assert found["met_requests_per_s"]["replayed"] == pytest.approx(
        found["met"]["replayed"] * found["answered_requests_per_s"]["replayed"]
    )
    assert 0 < found["goodput_requests_per_s"]["closed_form"] <= found["max_requests_per_s"]["closed_form"]
    status, out, _ = run(*DRAWN, *demand(1), "--set", "slo.ttft_s=0.12")
    assert status == 1
    assert "too few for 90 %" in " ".join(out.split())


def test_a_closed_loop_needs_no_demand(run):
    status, out, _ = run(*DRAWN, "--concurrency", 16, "--format", "json")
    found = rows_of(out)
    assert status == 0
    assert "offered_requests_per_s" not in found
    assert found["load_batch"]["replayed"] == pytest.approx(16, rel=0.1)
    assert found["load_tpot_s"]["replayed"] == pytest.approx(found["load_tpot_s"]["closed_form"], rel=0.1)


def test_more_than_the_fleet_takes_has_no_steady_wait(run):
    over = ("--set", "hardware.replicas=1")
    status, out, _ = run(*DRAWN, *demand(9), *over)
    assert status == 1
    assert "the queue grows without bound" in " ".join(out.split())
    assert "Half of the first tokens" not in out
    assert re.search(r"Time to first token, mean +- +-\n", out)


def test_too_long_requests_are_named_by_their_line(run, trace):
    trace.write_text(AZURE + "2023-11-16 19:00:00,200000,5\n")
    _, out, _ = run("--trace", trace)
    text = " ".join(out.split())
    assert "refused as too long: line 202 (200,005 tokens, longer than the model's 131,072)" in text


def test_pools_of_their_own_are_counted_in_ranks(run, trace):
    _, out, _ = run("--trace", trace, preset="deepseek-v3-h800")
    assert "prompts on 1,184 ranks of their own" in " ".join(out.split())


# --- what is refused -----------------------------------------------------------------------------

WRONG = [
    ([], "give either --trace FILE or --synthetic"),
    (["--synthetic", "--trace", "x.csv"], "give either --trace FILE or --synthetic"),
    (["--trace", "no.csv"], "no.csv: no such file"),
    (["--synthetic"], "workload.requests_per_s: no demand to draw from: give it with --set"),
    (["--synthetic", *demand(1), "--requests", "0"], "--requests takes a whole number from 1 to 10,000,000"),
    (["--synthetic", *demand(1), "--seed", "x"], "--seed takes a whole number"),
    (["--synthetic", *demand(1), "--speed", "2"], "--speed belongs to --trace"),
    (["--synthetic", *demand(1), "--limit", "2"], "--limit belongs to --trace"),
    (["--synthetic", "--concurrency", "none"], "--concurrency takes a whole number"),
    (["--synthetic", *demand(1), "--set", "optimizations.continuous_batching=false"],
     "optimizations.continuous_batching: a replay batches continuously"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_wrong_usage_is_one_line(run, arguments, message):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--speed", "0"], "--speed takes a number from 0.001 to 1,000,000, not '0'"),
        (["--speed", "1e-20"], "--speed takes a number from 0.001 to 1,000,000, not '1e-20'"),
        (["--speed", "soon"], "--speed takes a number from 0.001 to 1,000,000, not 'soon'"),
        (["--limit", "1.5"], "--limit takes a whole number from 1"),
        (["--seed", "1"], "--seed belongs to --synthetic"),
        (["--requests", "1"], "--requests belongs to --synthetic"),
    ],
)
def test_wrong_options_of_a_trace_are_one_line(run, trace, arguments, message):
    status, out, err = run("--trace", trace, *arguments)
    assert (status, out) == (2, "")
    assert message in err


def test_a_bad_row_names_file_and_line(run, trace, tmp_path):
    trace.write_text(AZURE.replace("300,20", "some,20"))
    path = tmp_path / "out.json"
    status, out, err = run("--trace", trace, "--out", path, "--format", "json")
    assert (status, out) == (2, "")
    assert err == (f"inferscope: {trace}:2: ContextTokens: must be a whole number, not 'some'\n").replace(
        "whole number", "number"
    )
    assert not path.exists()


def test_what_does_not_fit_is_the_answer_no(run):
    status, out, err = run(*DRAWN, *demand(1), "--set", "workload.batch=1000000")
    assert (status, out) == (1, "")
    assert err.startswith("inferscope: nothing can be replayed: does_not_fit")


# --- stopped -------------------------------------------------------------------------------------


def test_an_interrupted_replay_says_how_far_it_came_and_writes_nothing(run, monkeypatch, tmp_path):
    def stop(_self, done, _of):
        if done > 500:
            raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "__call__", stop)
    status, out, err = run(*DRAWN, *demand(2), "--out", tmp_path / "out.json")
    assert (status, out) == (130, "")
    found = re.fullmatch(
        r"inferscope: interrupted: ([\d,]+) of 2,000 requests were done; nothing was written\n", err
    )
    assert 500 < int(found[1].replace(",", "")) < 2000
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_a_long_replay(tmp_path):
    words = ["load", PRESET, "--synthetic", "--requests", "3000000", *demand(2)]
    process = subprocess.Popen(
        [sys.executable, "-m", "inferscope", *words, "--out", str(tmp_path / "out.json")],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.startswith("inferscope: interrupted")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
