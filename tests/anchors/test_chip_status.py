"""The status of twelve chips for China on five days, against a table made by hand.

Two people made the table apart from each other, from the texts of the rules and the data sheets; where
they differed the text decided. The program may say *unknown* in place of a cell, but has to name what is
missing, and only in the cells that are named here.
"""

import csv
import datetime as dt
from pathlib import Path

import pytest

from inferscope.core import catalog
from inferscope.core.policy.rules import find, rules
from inferscope.core.policy.status import STATUSES, status_on

with (Path(__file__).parent / "chip_status.csv").open(newline="", encoding="utf-8") as stream:
    CELLS = list(csv.DictReader(stream))
LESS_KNOWN = {
    ("RTX 5090 D", "2024-01-01"): "fp8_flop_per_s",  # only its AI TOPS are known: TPP is at least 4,750
    ("Ascend 910B", "2023-01-01"): "host_link_bytes_per_s",
}
"""Cells that a reader can settle from beside the catalogue: what the program misses in each."""
TESTED = {"not_controlled", "unknown"}
"""Statuses that no rule brings about: the cell names the rules that were tested."""


def _said(cell):
    return status_on(catalog.accelerator(cell["id"]), "CN", dt.date.fromisoformat(cell["date"]), rules())


def test_the_table_is_whole():
    assert len(CELLS) == len({(cell["chip"], cell["date"]) for cell in CELLS}) == 60
    assert len({cell["chip"] for cell in CELLS}) == 12
    for cell in CELLS:
        assert cell["status"] in STATUSES
        assert cell["source"].startswith("https://")
        assert cell["reason"]
        assert all(find(name) for name in cell["rule"].split("; "))


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: f"{cell['chip']} {cell['date']}")
def test_the_program_agrees_or_names_what_is_missing(cell):
    said, key = _said(cell), (cell["chip"], cell["date"])
    if key in LESS_KNOWN:
        assert (said.status, LESS_KNOWN[key] in said.missing) == ("unknown", True)
        return
    assert said.status == cell["status"]
    assert bool(said.missing) == (cell["status"] == "unknown")
    if cell["status"] not in TESTED:
        assert "; ".join(rule.id for rule in said.rules) == cell["rule"]


def test_what_case_by_case_asks_of_the_shipment_is_said():
    (h200,) = [cell for cell in CELLS if (cell["chip"], cell["date"]) == ("H200", "2026-02-01")]
    assert set(_said(h200).conditions) == {"policy.exported_from_us", "policy.china_to_us_shipment_ratio"}
