"""`inferscope frontier`: its formats, its exit status and its refusals."""

import json

import pytest

from inferscope.tui.cli import main

LLAMA = "llama-3.1-70b-h100"


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main(["frontier", LLAMA, *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_the_table_shows_the_frontier(run):
    status, out, err = run()
    assert (status, err) == (0, "")
    assert "Choice 1 (8 x h100-sxm, tp8, int4, cache fp8, batch 1) has the least tpot_s" in " ".join(
        out.split()
    )
    assert max(map(len, out.splitlines())) <= 80


def test_all_gives_the_beaten_ones_and_why(run):
    _, out, _ = run("--all", "--formats", "fp8", "--keep", "hardware.count", "--format", "json")
    rows = json.loads(out)["rows"]
    lost = [row for row in rows if row["beaten_by"]]
    assert lost
    assert all("times better" in row["by"] or row["by"].startswith("the same") for row in lost)
    assert all(row["changes"]["hardware.count"] == 8 for row in rows)


def test_metrics_and_conditions_choose_what_is_compared(run):
    _, out, _ = run("--metrics", "ttft_s,usd_per_query", "--for", "quality_recovery>=0.98", "--format", "csv")
    header, *rows = out.splitlines()
    assert header.endswith("workload.batch,ttft_s,usd_per_query,quality_recovery")
    assert all(float(row.rpartition(",")[2]) >= 0.98 for row in rows)


def test_the_screen_shows_forty_rows_and_says_of_how_many(run, tmp_path):
    _, out, _ = run("--all", "--formats", "fp8")
    assert "the first 40 of " in " ".join(out.split())
    run("--all", "--formats", "fp8", "--out", str(tmp_path / "a.txt"))
    assert len((tmp_path / "a.txt").read_text().splitlines()) > len(out.splitlines())


def test_nothing_that_stands_is_status_1(run):
    status, out, _ = run("--for", "tpot_s<1e-6")
    assert status == 1
    assert out.count("miss tpot_s<1e-06") == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--accelerators", "h100-sxn"), "h100-sxm"),
        (("--formats", "fp9"), "fp8"),
        (("--metrics", "tpot"), "tpot_s"),
        (("--keep", "hardware.cout"), "hardware.count"),
        (("--for", "tpot_s"), "write QUANTITY<=VALUE"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(run, arguments, words):
    status, out, err = run(*arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert words in err


def test_legal_for_keeps_what_was_out_and_needs_no_licence(capsys):
    asked = ["frontier", "llama-3.1-70b-h100", "--set", "slo.tpot_s=0.05", "--set", "as_of=2024-02-01"]
    assert main([*asked, "--legal-for", "DEU", "--accelerators", "h100-sxm", "--metrics", "tpot_s"]) == 0
    assert "h100-sxm" in capsys.readouterr().out
    for place, complaint in (("", "unknown region ''"), ("CHN", "needs no licence on 2024-02-01")):
        assert main([*asked, "--legal-for", place, "--accelerators", "h100-sxm"]) == 2
        assert complaint in capsys.readouterr().err
