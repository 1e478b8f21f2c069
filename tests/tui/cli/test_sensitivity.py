"""`inferscope sensitivity`: forms, refusals, and the extra that Sobol indices need."""

import csv
import io
import json
import sys

import pytest

from inferscope.tui.cli import main

PRESET = "llama-3.1-70b-h100"
COST = "usd_per_million_output_tokens"


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main(["sensitivity", *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_the_sentence_comes_first_and_the_strongest_input_next(run):
    status, out, err = run(PRESET, "--of", COST)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[2].startswith("Cost per million output tokens is 2.36 USD; of 29 inputs five carry it: ")
    top = next(line for line in lines if line.startswith("Busy share"))
    assert top.split()[-6:] == ["2.95", "USD", "1.97", "USD", "41.7", "%"]
    assert max(map(len, lines)) <= 80


def test_several_quantities_are_a_table_each_for_people_and_one_for_programs(run):
    _, out, _ = run(PRESET, "--of", COST, "--of", "tpot_s")
    assert out.count("Sensitivity of ") == 2
    _, out, _ = run(PRESET, "--of", COST, "--of", "tpot_s", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["quantity"] for row in rows} == {COST, "tpot_s"}
    assert float(rows[0]["at_high"]) == pytest.approx(float(rows[0]["at_low"]) * 0.8 / 1.2)
    _, out, _ = run(PRESET, "--of", COST, "--format", "json")
    found = json.loads(out)
    assert found["rows"][0]["key"] == "economics.utilization"
    assert found["rows"][0]["changes"] == {"economics.utilization": 0.48}
    _, out, _ = run(PRESET, "--of", COST, "--format", "md")
    assert "| Busy share | 0.48 | 0.72 |" in out


def test_ranges_come_from_the_scenario_and_from_set(run):
    _, out, _ = run(
        PRESET, "--of", COST, "--span", "0.5", "--set", "economics.utilization={low=0.5, high=0.9}"
    )
    price, busy = (
        next(line for line in out.splitlines() if line.startswith(label)).split()
        for label in ("Price", "Busy share")
    )
    assert price[1:5] == ["1.48", "USD/h", "4.43", "USD/h"]
    assert busy[2:4] == ["0.5", "0.9"]


def test_the_same_seed_prints_the_same_json(run):
    options = (PRESET, "--of", COST, "--method", "all", "--samples", "64", "--format", "json", "--seed")
    one, two, other = run(*options, "5")[1], run(*options, "5")[1], run(*options, "6")[1]
    assert one == two != other
    row = json.loads(one)["rows"][0]
    assert {"swing_percent", "elasticity", "first_order", "first_order_error", "total", "total_error"} <= set(
        row
    )


def test_no_value_is_the_answer_no(run):
    status, out, err = run("deepseek-r1-h20", "--of", "usd_per_query")
    assert (status, err) == (1, "")
    assert "has no value: needs input: economics.usd_per_accelerator_hour." in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "the following arguments are required: --of"),
        (("--of", "tpot"), "unknown quantity 'tpot': did you mean tpot_s?"),
        (("--of", "bound"), "not a single number"),
        (("--of", "tpot_s", "--span", "2"), "span is a share"),
        (("--of", "tpot_s", "--method", "fast"), "invalid choice: 'fast'"),
        (("--of", "tpot_s", "--method", "sobol", "--samples", "10000000000000"), "power of two"),
        (("--of", "tpot_s", "--set", "workload.batch=-1"), "workload.batch: must be at least 1"),
    ],
)
def test_bad_input_is_one_line(run, arguments, words):
    status, out, err = run(PRESET, *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


def test_without_the_extra_sobol_is_refused_and_the_tornado_is_not(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib.analyze", None)
    status, out, err = run(PRESET, "--of", "tpot_s", "--method", "sobol")
    assert (status, out) == (2, "")
    assert err == ("inferscope: Sobol indices need SALib and SciPy: pip install scipy SALib\n")
    assert run(PRESET, "--of", "tpot_s")[0] == 0
