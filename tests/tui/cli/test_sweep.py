"""`inferscope sweep`: forms, refusals, and what a run that is stopped leaves behind."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import duckdb
import pytest

from inferscope.core.evaluate import evaluate
from inferscope.core.scenario.files import load_scenario, with_values
from inferscope.core.study.sweep import SELECT
from inferscope.tui.cli import main
from inferscope.tui.cli.progress import Progress

PRESET = "llama-3.1-70b-h100"
BATCHES = ("--over", "workload.batch=1,16,4096")
CHIPS = ("--over", "hardware.accelerator=h100-sxm,mi300x")
BASH = shutil.which("bash") or "bash"
SMALL_BLOCKS = """
import sys
from inferscope.core.study import grid
from inferscope.core.export import rows
grid.BLOCK, grid.CASES, rows.GROUP = 64, 16, 64
from inferscope.tui.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main(["sweep", PRESET, *map(str, arguments)])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_a_table_shows_every_axis_beside_every_block_and_a_sentence(run):
    status, out, err = run(*BATCHES, *CHIPS)
    assert (status, err) == (0, "")
    assert "6 rows; the best cost per million output tokens is " in out
    assert "2 lack numbers (2 does_not_fit)." in " ".join(out.split())
    assert out.count("mi300x  ") == 3 * sum(line.startswith("workload.batch") for line in out.splitlines())
    assert max(map(len, out.splitlines())) <= 80


def test_a_table_shows_the_first_forty_rows_and_says_of_how_many(run):
    _, out, _ = run("--over", "workload.batch=1:500:500", "--select", "tpot_s")
    assert "- the first 40 of 500 rows; --out FILE.csv writes all" in out
    assert "\n            40  " in out
    assert "\n            41  " not in out
    _, out, _ = run("--over", "workload.batch=1:500:500", "--select", "tpot_s", "--where", "tpot_s<=0.015")
    _, rows, _ = run("--over", "workload.batch=1:500:500", "--select", "tpot_s", "--format", "csv")
    met = sum(float(row["tpot_s"] or "nan") <= 0.015 for row in csv.DictReader(io.StringIO(rows)))
    assert 40 < met < 500
    assert f"first 40 of {met} rows" in out


def test_csv_on_standard_output_is_eval_row_by_row(run):
    status, out, err = run(*BATCHES, *CHIPS, "--format", "csv")
    assert status == 0
    assert err.startswith("inferscope: costs: basis rental\ninferscope: energies: boundary facility\n")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == ["workload.batch", "hardware.accelerator", *SELECT, "why"]
    for row in rows:
        changes = {
            "workload.batch": int(row["workload.batch"]),
            "hardware.accelerator": row["hardware.accelerator"],
        }
        alone = evaluate(with_values(load_scenario(PRESET), changes), SELECT)
        for name in SELECT[1:]:
            value = float(alone[name][0])
            assert row[name] == ("" if value != value else f"{value:.12g}")  # noqa: PLR0124
        assert row["fits_memory"] == str(bool(alone["fits_memory"][0]))
        assert row["why"] == ("" if row["tpot_s"] else "does_not_fit")


def test_json_markdown_and_json_lines_agree(run, tmp_path):
    found = json.loads(run(*BATCHES, *CHIPS, "--format", "json")[1])
    lines = [json.loads(line) for line in run(*BATCHES, *CHIPS, "--format", "jsonl")[1].splitlines()]
    for row, line in zip(found["rows"], lines, strict=True):
        assert line == {k: v for k, v in row.items() if k != "changes"}
    assert {c["name"]: c["unit"] for c in found["columns"]}["tpot_s"] == "s"
    assert run(*BATCHES, *CHIPS, "--out", tmp_path / "a.md") == (0, "", "")
    assert (tmp_path / "a.md").read_text().count("\n| ") == 8


def test_the_form_is_that_of_the_files_name(run, tmp_path):
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        status, out, err = run(*BATCHES, *CHIPS, "--out", tmp_path / name)
        assert (status, out) == (0, "")
        done, costs, energies, note = err.splitlines()
        assert (costs, energies) == (
            "inferscope: costs: basis rental",
            "inferscope: energies: boundary facility",
        )
        assert done == f"inferscope: 6 rows in {tmp_path / name}; 2 lack numbers (2 does_not_fit)"
        assert note.endswith("are compared: h100-sxm on demand; mi300x reserved, 3 years")
    table = duckdb.read_parquet(str(tmp_path / "a.parquet"))
    with (tmp_path / "a.csv").open() as stream:
        expected = [float(row["tpot_s"] or "nan") for row in csv.DictReader(stream)]
    found = [value for (value,) in table.project("tpot_s").fetchall()]
    assert found == [pytest.approx(v) if v == v else None for v in expected]  # noqa: PLR0124
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "a.csv", "a.csv.meta.json", "a.jsonl", "a.jsonl.meta.json", "a.parquet",
    ]  # fmt: skip


def test_the_best_rows_come_best_first(run, tmp_path):
    _, out, _ = run(*BATCHES, *CHIPS, "--top", 2, "--by", "output_tok_s_per_accelerator", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    rates = [float(row["output_tok_s_per_accelerator"]) for row in rows]
    assert len(rates) == 2
    assert rates == sorted(rates, reverse=True)
    run(*BATCHES, *CHIPS, "--top", 2, "--by", "output_tok_s_per_accelerator", "--out", tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == out


NOWHERE = ("--over", "hardware.memory_bytes=1,2", "--top", 2, "--by", "tpot_s")
NONE = "none of 2 rows has a value of tpot_s to be best by (2 does_not_fit)"


STANDS = (
    "inferscope: costs: basis rental, 2.95 USD per accelerator-hour (h100-sxm: on demand rental, Nebius"
    " (2026)); 60 % of paid hours busy\ninferscope: energies: boundary facility\n"
)
"""What is said of costs and energies beside rows that cannot hold it."""


def test_the_best_of_nothing_says_why_there_is_none(run, tmp_path):
    assert NONE in " ".join(run(*NOWHERE)[1].split())
    for form in ("csv", "jsonl"):
        status, out, err = run(*NOWHERE, "--format", form)
        assert (status, err) == (0, f"inferscope: {NONE}\n{STANDS}")
        assert out.count("\n") == (form == "csv")
    path = tmp_path / "a.csv"
    assert run(*NOWHERE, "--out", path)[2] == f"inferscope: 0 rows in {path}\ninferscope: {NONE}\n{STANDS}"
    unmet = run(*BATCHES, "--where", "tpot_s<1e-9", "--top", 2, "--by", "tpot_s", "--format", "csv")[2]
    assert unmet.startswith("inferscope: no row meets the conditions, so that none is best by tpot_s\n")


def test_axes_are_walked_together_and_select_takes_several_names(run):
    selected = ("--select", "tpot_s,mfu", "--select", "mbu")
    _, out, _ = run(*BATCHES, "--over", "slo.tpot_s=1,2,3", "--zip", *selected, "--format", "csv")
    lines = out.splitlines()
    assert lines[0] == "workload.batch,slo.tpot_s,tpot_s,mfu,mbu,why"
    assert [line.split(",")[:2] for line in lines[1:]] == [["1", "1"], ["16", "2"], ["4096", "3"]]


def test_points_that_cannot_be_are_rows_and_no_failure(run):
    status, out, _ = run("--over", "hardware.count=4,8", "--select", "tpot_s", "--format", "csv")
    assert status == 0
    assert out.splitlines()[1].startswith('4,,"refused: hardware.count must be tensor 8 x')
    assert out.splitlines()[2].endswith(",")


WRONG = [
    ([], "a sweep needs an axis"),
    (["--over", "workload.batch=8:1:3"], "workload.batch: the range '8:1:3' is reversed: write 1:8:3"),
    (["--over", "workload.batsch=1,2"], "workload.batsch: unknown key: did you mean batch?"),
    (["--over", "workload.batch=1:10:10000000000000"], "asks for 10,000,000,000,000 values"),
    (["--over", "slo.ttft_s=1:2:10000000", "--over", "slo.tpot_s=1:2:1000000"],
     "the axes ask for 10,000,000,000,000 points; a sweep has at most 10,000,000,000"),
    ([*BATCHES, "--where", "tpot_s"], "'tpot_s' is no condition"),
    ([*BATCHES, "--top", "many"], "argument --top: must be a whole number, not 'many'"),
    ([*BATCHES, "--top", "3"], "--top N and --by QUANTITY belong together"),
    ([*BATCHES, "--select", "tpot"], "unknown quantity 'tpot': did you mean tpot_s?"),
    ([*BATCHES, "--engine", "dask"], "the engine 'dask' is not in this version"),
    ([*BATCHES, "--resume"], "--resume goes on with a file"),
    ([*BATCHES, "--out", "rows.xyz"], "--out: name the file .csv, .jsonl, .parquet, .json or .md"),
    ([*BATCHES, "--format", "parquet"], "Parquet is written to a file: give --out FILE.parquet"),
    ([*BATCHES, "--out", "no/where/a.csv"], "no/where/a.csv: cannot be written: No such file or directory"),
    ([*BATCHES, "--out", "a.csv", "--resume"], "a.csv: there is nothing to go on with"),
    (["--over", "workload.batch=1:1e6:200000", "--format", "json"], "json holds at most 100,000 rows"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_is_wrong_is_one_line_and_leaves_nothing(run, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_condition_that_turns_out_wrong_leaves_nothing(run, tmp_path):
    status, _, err = run(*BATCHES, "--where", "tpot_s<=fast", "--out", tmp_path / "a.csv")
    assert status == 2
    assert "compare tpot_s with a number, not with 'fast'" in err
    assert not list(tmp_path.iterdir())


def test_what_the_file_of_the_scenario_says_wrong_is_said_with_its_line(capsys, tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('schema_version = 1\n[model]\nid = "nothing"\n')
    assert main(["sweep", str(path), *BATCHES]) == 2
    assert capsys.readouterr().err.startswith(f"inferscope: {path}:3: model.id: unknown model 'nothing'")


def test_what_an_axis_says_wrong_is_not_blamed_on_a_file(capsys, tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('schema_version = 1\n[economics]\nutilization = 0.5\n[model]\nid = "llama-3.1-8b"\n')
    assert main(["sweep", str(path), "--over", "economics.utilization=0.5,1.5"]) == 2
    wrong = "inferscope: economics.utilization: must be at most 1, not 1.5\n"
    assert capsys.readouterr().err == wrong


def test_the_best_rows_are_not_counted_as_more(run):
    _, out, _ = run(
        "--over", "workload.batch=1:500:500", "--top", "50", "--by", "tpot_s", "--select", "tpot_s"
    )
    assert "the first 40 of 50 rows" in " ".join(out.split())


def test_a_file_name_that_steers_a_terminal_is_written_out(run, tmp_path):
    _, _, err = run(*BATCHES, "--out", tmp_path / "a\x1b[31m.csv")
    assert (
        err == f"inferscope: 3 rows in {tmp_path}/a\\x1b[31m.csv; 1 lack numbers (1 does_not_fit)\n{STANDS}"
    )


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_resuming_what_is_finished_says_that_it_is_complete(run, tmp_path, form):
    path = tmp_path / f"a.{form}"
    run(*BATCHES, "--out", path)
    before = path.read_bytes()
    assert run(*BATCHES, "--out", path, "--resume") == (
        0,
        "",
        f"inferscope: {path} is complete: nothing was left to do\n",
    )
    assert path.read_bytes() == before
    status, _, err = run("--over", "workload.batch=1,3", "--out", path, "--resume")
    assert status == 2
    assert "there is nothing to go on with" in err


def test_a_pipe_takes_rows_as_they_are(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = subprocess.Popen(
        [sys.executable, "-c", f"print(open({str(path)!r}).read())"], stdout=subprocess.PIPE
    )
    assert main(["sweep", PRESET, *BATCHES, "--select", "tpot_s", "--format", "csv", "--out", str(path)]) == 0
    out, _ = reader.communicate(timeout=60)
    assert out.decode().startswith("workload.batch,tpot_s,why\n1,")


def test_a_reader_that_leaves_early_is_no_error():
    command = '"$0" -m inferscope sweep "$@" | head -2'
    words = [PRESET, "--over", "workload.batch=1:100000:100000", "--format", "csv"]
    done = subprocess.run(
        [BASH, "-c", f"set -o pipefail; {command}", sys.executable, *words],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr in (b"", STANDS.encode())
    assert done.stdout.count(b"\n") == 2


# --- stopped and gone on with --------------------------------------------------------------------

MANY = (
    *("--over", "workload.batch=1:64:64", "--over", "workload.input_tokens=100:2000:8"),
    *("--over", "optimizations.weight_format=fp8,bf16,int4,int8,nvfp4,mxfp4"),
    *("--over", "optimizations.kv_format=bf16,fp8"),
)


def begin(path, *more):
    """Start the sweep in small blocks."""
    words = [sys.executable, "-c", SMALL_BLOCKS, "sweep", PRESET, *MANY, "--out", str(path), *more]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def stop_after_blocks(process, path, how):
    """Send a signal once some blocks are finished."""
    part = path.with_name(f"{path.name}.part")
    end = time.monotonic() + 120
    while not (part.exists() and part.stat().st_size > 4000):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(how)
    return process.communicate(timeout=120)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_ctrl_c_keeps_what_is_finished_and_resume_goes_on(tmp_path, form):
    whole, path = tmp_path / f"whole.{form}", tmp_path / f"a.{form}"
    begin(whole).communicate(timeout=300)
    process = begin(path)
    out, err = stop_after_blocks(process, path, signal.SIGINT)
    assert process.returncode == 130, err
    assert out == b""
    said = err.decode()
    assert said.count("\n") == 1
    assert "points are done and in" in said
    assert said.endswith("the same command with --resume goes on\n")
    assert not path.exists()
    again = begin(path)
    assert b"--resume goes on with it" in again.communicate(timeout=120)[1]
    assert again.returncode == 2
    more = begin(path, "--resume")
    more.communicate(timeout=300)
    assert more.returncode == 0
    if form == "parquet":
        first, then = (duckdb.read_parquet(str(p)).fetchall() for p in (whole, path))
        assert first == then
    else:
        assert whole.read_bytes() == path.read_bytes()
    assert not list(tmp_path.glob("*.part*"))


def test_a_kill_leaves_nothing_under_the_name_and_can_be_gone_on_with(tmp_path):
    whole, path = tmp_path / "whole.csv", tmp_path / "a.csv"
    begin(whole).communicate(timeout=300)
    process = begin(path)
    stop_after_blocks(process, path, signal.SIGKILL)
    assert not path.exists()
    more = begin(path, "--resume")
    more.communicate(timeout=300)
    assert whole.read_bytes() == path.read_bytes()


# --- progress ------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_shown_on_a_terminal_and_taken_away(monkeypatch):
    clock = iter([0.0, 0.0, 1.0, 1.1, 2.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    progress = Progress("points")
    progress.start(0)
    progress(1000, 4000)
    progress(1100, 4000)
    progress(2000, 4000)
    progress.clear()
    assert stream.getvalue().split("\r\x1b[K") == [
        "",
        " 25 %  1,000 of 4,000 points  1,000/s  3 s left",
        " 50 %  2,000 of 4,000 points  1,000/s  2 s left",
        "",
    ]


def test_progress_says_nothing_where_nobody_reads(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    progress = Progress("points")
    progress.start()
    progress(1, 2)
    progress.clear()
    assert stream.getvalue() == ""
