"""The table of a study in its four forms."""

import csv
import io
import json
import math

import pytest

from inferscope.core.export.studies import as_csv, as_json, as_markdown, as_text
from inferscope.core.study.table import Column, Table

TABLE = Table(
    "What a chip costs",
    (
        Column("hardware.accelerator", label="Accelerator"),
        Column("tpot_s", "s", "Time per token"),
        Column("usd_per_query", "USD", "Cost"),
        Column("fits_memory", "bool", "Fits"),
        Column("why"),
    ),
    (
        ("h100-sxm", 0.0498, 0.00281, True, None),
        ("a|b", None, math.nan, 0.0, "does_not_fit"),
    ),
    "The h100-sxm costs 0.281 ct.",
    ({"hardware.accelerator": "h100-sxm"}, {"hardware.accelerator": "a|b"}),
    notes=("the other does not fit",),
)


def test_text_shows_numbers_with_units_and_a_dash_where_there_is_none():
    lines = as_text(TABLE).splitlines()
    assert lines[:3] == ["What a chip costs", "", "The h100-sxm costs 0.281 ct."]
    first = next(line for line in lines if line.startswith("h100-sxm"))
    assert first.split() == ["h100-sxm", "49.8", "ms", "0.281", "ct", "yes", "-"]
    other = next(line for line in lines if line.startswith("a|b"))
    assert other.split() == ["a|b", "-", "-", "no", "does_not_fit"]
    assert "- the other does not fit" in lines


@pytest.mark.parametrize("width", [30, 40, 60, 80])
def test_text_keeps_to_its_width_by_more_blocks_beside_the_first_column(width):
    text = as_text(Table("", TABLE.columns, TABLE.rows), width)
    rows = [line for line in text.splitlines() if line.startswith("h100-sxm")]
    assert len(rows) == {30: 3, 40: 2, 60: 1, 80: 1}[width]
    assert max(len(line) for line in rows) <= width
    assert " ".join(rows).split().count("49.8") == 1


def test_csv_holds_plain_numbers_under_plain_names():
    rows = list(csv.DictReader(io.StringIO(as_csv(TABLE))))
    assert rows[0]["tpot_s"] == "0.0498"
    assert (rows[1]["tpot_s"], rows[1]["usd_per_query"], rows[1]["why"]) == ("", "", "does_not_fit")


def test_json_says_units_rows_and_what_makes_the_scenario_each_row():
    found = json.loads(as_json(TABLE))
    assert {c["name"]: c["unit"] for c in found["columns"]}["usd_per_query"] == "USD"
    assert found["rows"][1]["usd_per_query"] is None
    assert found["rows"][0]["changes"] == {"hardware.accelerator": "h100-sxm"}
    assert found["sentence"] == TABLE.sentence


def test_markdown_keeps_a_bar_inside_its_cell():
    text = as_markdown(TABLE)
    assert "| a\\|b | - | - | no | does_not_fit |" in text
    assert text.startswith("# What a chip costs\n")


def test_a_table_without_rows_still_says_its_columns():
    empty = Table("Nothing", TABLE.columns, ())
    assert as_csv(empty) == "hardware.accelerator,tpot_s,usd_per_query,fits_memory,why\n"
    assert "Accelerator" in as_text(empty)
    assert json.loads(as_json(empty))["rows"] == []


def test_a_column_may_take_its_unit_from_each_row():
    columns = (Column("key"), Column("unit"), Column("now", label="Now", unit_from="unit"))
    table = Table("", columns, (("a", "byte/s", 3.35e12), ("b", "1", 0.5), ("c", "", None)))
    assert [line.split() for line in as_text(table).splitlines()[:4]] == [
        ["key", "Now"],
        ["a", "3.35", "TB/s"],
        ["b", "0.5"],
        ["c", "-"],
    ]
    assert "| a | 3.35 TB/s |" in as_markdown(table)
    assert as_csv(table).splitlines()[:2] == ["key,unit,now", "a,byte/s,3350000000000.0"]
    assert json.loads(as_json(table))["rows"][0] == {"key": "a", "unit": "byte/s", "now": 3.35e12}
