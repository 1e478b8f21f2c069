"""`inferscope attribute`: its formats and refusals."""

import json

import pytest

from inferscope.tui.cli import main

LLAMA = "llama-3.1-70b-h100"


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main(["attribute", LLAMA, *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_the_table_is_a_waterfall(run):
    status, out, err = run()
    assert (status, err) == (0, "")
    assert "usd_per_query from 0.342 ct to 0.278 ct" in " ".join(out.split())
    assert out.count("all off") == 10  # five quantities in two blocks
    assert max(map(len, out.splitlines())) <= 80


def test_parts_of_a_quantity_add_up_in_json(run):
    _, out, _ = run("--of", "usd_per_million_output_tokens", "--format", "json")
    rows = json.loads(out)["rows"]
    off, *parts, on = rows
    assert off["end"] + sum(part["share"] for part in parts) == pytest.approx(on["end"], rel=1e-9)
    assert on["changes"] == {}


def test_an_unknown_quantity_is_one_line_and_status_2(run):
    status, out, err = run("--of", "usd_per_quer")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "usd_per_query" in err


@pytest.mark.parametrize("preset", ["llama-2-70b-groq", "llama-3.2-3b-phone"])
def test_what_is_unknown_cannot_be_divided_and_stops_nothing(capsys, preset):
    assert main(["attribute", preset]) in (0, 1)
    out, err = capsys.readouterr()
    assert "usd_per_query cannot be divided" in " ".join(out.split())
    assert err == ""


def test_a_difference_that_no_figure_shows_is_none(capsys):
    assert main(["attribute", "deepseek-r1-h20"]) in (0, 1)
    out = " ".join(capsys.readouterr().out.split())
    assert "wh_per_query stays at 4.87 Wh" in out
