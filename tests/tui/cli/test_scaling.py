"""`inferscope scaling`: formats, views, and what is wrong in one line."""

import csv
import io
import json

import pytest

from inferscope.tui.cli import main

V3 = "deepseek-v3-h800"


@pytest.fixture
def run(capsys):
    """Run a command line; its status, its output, its complaints."""

    def call(*arguments):
        status = main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_the_table_begins_with_the_sentence_and_ends_with_notes(run):
    status, out, err = run("scaling", V3)
    assert (status, err) == (0, "")
    words = " ".join(out.split())
    assert "acts like a model on the line of 1.00e+25 FLOP (EU 1e25) at 4.98 times the inference" in words
    assert "eu.aia.art51.systemic" in out
    assert "- effective = training x min(k, 10,000)^0.7 (0.5 to 1)" in out


def test_json_and_csv_hold_the_same_rows(run):
    found = json.loads(run("scaling", V3, "--format", "json")[1])
    lines = list(csv.DictReader(io.StringIO(run("scaling", V3, "--format", "csv")[1])))
    assert [r["rule"] for r in found["rows"]] == [r["rule"] for r in lines]
    assert [r["multiplier"] for r in found["rows"]] == pytest.approx([float(r["multiplier"]) for r in lines])
    assert found["columns"][1] == {"name": "line_flop", "unit": "FLOP", "label": "Line"}


@pytest.mark.parametrize("view", ["loopholes", "rounds", "deployment", "attempts", "distillation"])
def test_every_view_is_printed(run, view):
    status, out, err = run("scaling", V3, "--view", view, "--format", "md")
    assert (status, err) == (0, "")
    assert out.startswith("# ")


def test_the_day_and_the_file(run, tmp_path):
    out = tmp_path / "lines.md"
    assert run("scaling", V3, "--on", "2026-11-22", "--format", "md", "--out", out) == (0, "", "")
    assert "rules on 2026-11-22" in out.read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--view", "line"], "argument --view: invalid choice: 'line'"),
        (["--view", "routing"], "routes.small_model: name the model that answers first"),
        (["--on", "soon"], "--on: must be a date such as 2025-02-28, not 'soon'"),
        (["--set", "test_time.law=orb"], "test_time.law: unknown law 'orb': did you mean ord"),
        (["--set", "test_time.plateau=0"], "test_time.plateau: must be at least 1, not 0"),
        (["--set", "routes.teacher=nobody"], "routes.teacher: "),
        (["--set", "routes.teachers=x"], "routes.teachers: unknown key: did you mean teacher"),
    ],
)
def test_what_is_wrong_is_one_line(run, options, message):
    status, out, err = run("scaling", V3, *options)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
