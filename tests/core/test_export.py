"""Reports as text, Markdown, CSV and JSON."""

import csv
import io
import json
import math
import re

import pytest

from inferscope.core.evaluate import BESIDE, CONTRACT
from inferscope.core.export import reports as export
from inferscope.core.export.tables import csv_text, fitted, json_text, markdown_table, rounded, text_table
from inferscope.core.graph import REGISTRY
from inferscope.core.report import report
from inferscope.core.scenario.files import load, load_values


@pytest.fixture(scope="module")
def pair():
    return [report(load(name).scenario) for name in ("llama-3.1-70b-h100", "deepseek-r1-h20")]


def test_numbers_have_twelve_digits_and_no_nan_or_infinity():
    given = {"a": 1 / 3, "b": math.nan, "c": [math.inf, -math.inf, 2], "d": True, "e": 10**20, "f": (1.5,)}
    assert rounded(given) == {
        "a": 0.333333333333,
        "b": None,
        "c": [None, None, 2],
        "d": True,
        "e": 10**20,
        "f": [1.5],
    }
    assert json.loads(json_text(given))["a"] == 0.333333333333


def test_a_verdict_is_worded_as_its_rule_means_it(pair):
    for text in (export.as_text(pair[1:]), export.as_markdown(pair[1:])):
        (line,) = [line for line in text.splitlines() if "eu.gpai.opensource_exemption" in line]
        assert "relief open" in line
    assert "1 relief open, " in export.as_text(pair[1:])


def test_a_report_fits_the_terminal_and_breaks_no_word(pair):
    text = export.as_text(pair, 80)
    assert max(map(len, text.splitlines())) <= 80
    assert "99th percentile of time to first" in text
    assert "ttft_p99_s" in export.as_text(pair)
    rules = fitted(
        ("rule", "verdict"), [("own.rule", f"unknown (needs {', '.join(['monthly_users'] * 5)})")], 60
    )
    assert max(map(len, rules)) <= 60
    assert all("monthly_users" in line for line in rules[1:])


def test_json_is_one_object_or_a_list(pair):
    assert isinstance(json.loads(export.as_json(pair[:1])), dict)
    assert [r["scenario"]["name"] for r in json.loads(export.as_json(pair))] == [
        "Llama 3.1 70B on eight H100, fp8",
        "DeepSeek-R1 on eight H20",
    ]
    text = export.as_json(pair)
    assert text.endswith("]\n")
    assert not re.search(r"\b(NaN|Infinity)\b", text)
    digits = re.findall(r": -?(\d+\.\d+)(?:e[+-]\d+)?,?$", text, re.MULTILINE)
    assert digits
    assert all(len(d.replace(".", "").strip("0")) <= 12 for d in digits)


def test_csv_has_a_line_for_every_quantity_and_scenario(pair):
    rows = list(csv.DictReader(io.StringIO(export.as_csv(pair))))
    assert len(rows) == 2 * len([*CONTRACT, *BESIDE])
    price = next(
        row for row in rows if row["scenario"].startswith("DeepSeek") and row["quantity"] == "usd_per_query"
    )
    assert (price["value"], price["why"]) == ("", "needs_input: economics.usd_per_accelerator_hour")
    tpot = next(row for row in rows if row["quantity"] == "tpot_s")
    assert float(tpot["value"]) == pytest.approx(pair[0]["quantities"]["tpot_s"]["value"], rel=1e-11)
    assert tpot["unit"] == "s"


def test_a_name_that_breaks_tables_does_not(pair):
    found = report(load_values({"name": 'pipe | quote " comma , <b>'}))
    rows = list(csv.DictReader(io.StringIO(export.as_csv([found]))))
    assert {row["scenario"] for row in rows} == {'pipe | quote " comma , <b>'}
    assert markdown_table(("a",), [("x | y\nz",)]) == "| a |\n| --- |\n| x \\| y z |\n"
    assert export.as_markdown(pair).count("\n# ") == 1


def test_every_table_row_of_markdown_has_its_columns(pair):
    for line in export.as_markdown(pair).splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") in (4, 5), line


def test_the_text_shows_every_quantity_of_the_contract_aligned(pair):
    text = export.as_text(pair[:1])
    rows = [line for line in text.splitlines() if re.match(r"^(\w[\w ]{9} |\s{11}) \S", line)]
    names = {name for line in rows for name in line.split() if name in REGISTRY.quantities}
    assert names >= set(CONTRACT)
    starts = {line.index(f"  {n}  ") for n in CONTRACT for line in rows if f"  {n}  " in line}
    assert len(starts) == 1
    assert {name for _, group in export.GROUPS for name in group} >= set(CONTRACT)


def test_a_report_without_published_figures_or_notes_has_no_empty_headings():
    found = report(load_values({}))
    text = export.as_text([{**found, "notes": []}])
    assert "\npublished" not in text.casefold()
    assert "Notes" not in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    ("value", "unit", "name", "text"),
    [
        (0.00281, "USD", "", "0.281 ct"),
        (0.353, "USD", "", "0.353 USD"),
        (87_072.0, "USD", "", "87,072 USD"),
        (0.0, "USD", "", "0 USD"),
        (0.00219, "L", "", "2.19 mL"),
        (0.00906, "MW", "", "9.06 kW"),
        (2.1, "MW", "", "2.1 MW"),
        (0.0123, "Wh", "", "12.3 mWh"),
        (0.0708, "1", "mfu", "7.08 %"),
        (0.0708, "1", "batch", "0.0708"),
        (3.89, "1/s", "", "3.89 per second"),
        (608e9, "tokens/d", "", "608 billion tokens per day"),
        (1.0, "accelerators", "", "1 accelerator"),
        (8.0, "accelerators", "", "8 accelerators"),
        (64.0, "days", "", "64 days"),
        (0.0158, "s", "", "15.8 ms"),
        (True, "bool", "", "yes"),
        ("compute", "1", "", "compute"),
    ],
)
def test_values_are_written_for_people(value, unit, name, text):
    assert export.shown({"value": value, "unit": unit}, name) == text


@pytest.mark.parametrize(
    ("why", "text"),
    [
        ("needs_input: workload.requests_per_s", "- (needs workload.requests_per_s)"),
        ("does_not_fit: too much", "- (does not fit: too much)"),
        ("unknown: hardware.tdp_w", "- (unknown: hardware.tdp_w)"),
        ("not_in_this_version: x", "- (not in this version: x)"),
        ("slo_unreachable", "- (limit cannot be kept)"),
    ],
)
def test_a_reason_is_written_for_people(why, text):
    assert export.shown({"value": None, "unit": "s", "why": why}) == text


def test_a_published_figure_stands_beside_ours(pair):
    text = export.as_text(pair[:1])
    line = next(line for line in text.splitlines() if line.startswith("measured TPOT"))
    ours = pair[0]["quantities"]["tpot_s"]["value"]
    assert line.split()[-1] == f"{ours / 0.01545:.2f}"
    absent = {**pair[1], "scenario": {**pair[1]["scenario"], "published": [
        {"claim": "c", "quantity": "usd_per_query", "value": 1, "unit": "USD", "source": "s", "date": "d"},
        {"claim": "d", "quantity": "no_such", "value": 0, "unit": "1", "source": "s", "date": "d"},
    ]}}  # fmt: skip
    lines = export.as_text([absent]).splitlines()
    assert any(line.startswith("c ") and line.endswith(" -") for line in lines)
    assert any(line.startswith("d ") and line.endswith(" -") for line in lines)


def test_tables_align_and_take_no_rows():
    assert text_table(("a", "b"), [("1", "22"), ("333", "4")], right=[1]) == "a     b\n1    22\n333   4\n"
    assert text_table((), []) == ""
    assert csv_text(("a", "b"), [(None, 1 / 3)]) == "a,b\n,0.333333333333\n"


def test_a_long_source_is_not_broken_inside_a_word(pair):
    text = export.as_text([report(load("deepseek-v3-h800").scenario)])
    assert "deepseek-ai/open-infra-index@56d8685" in text
    assert len(pair) == 2
