"""Where chips stand, and the lines that rules draw between them."""

import datetime as dt
import math

import pytest

from inferscope.core import catalog
from inferscope.core.policy import plane
from inferscope.core.policy.predicates import read
from inferscope.core.policy.quantities import QUANTITIES
from inferscope.core.policy.rules import rules
from inferscope.core.scenario.files import load_values

UNITS = {name: quantity.unit for name, quantity in QUANTITIES.items()}
RULES = {rule.id: rule for rule in rules()}


@pytest.fixture(scope="module")
def found():
    return {chip.id: chip for chip in plane.chips()}


def test_every_accelerator_is_there_and_those_with_a_place_come_first(found):
    assert set(found) == {entry.id for entry in catalog.entries("accelerator")}
    places = [chip.has_place for chip in found.values()]
    assert places == sorted(places, reverse=True)
    placed = [chip.tpp for chip in found.values() if chip.has_place]
    assert placed == sorted(placed)


def test_published_figures(found):
    h20 = found["h20"]
    assert (h20.tpp, h20.dram_bandwidth_gb_s, h20.io_bandwidth_gb_s) == (2368, 4000, 1028)


def lines_of(rule):
    return {(e.vertical, e.at, e.low, e.high, e.certain) for e in plane.edges([RULES[rule]])}


def test_the_top_tier_has_a_sure_line_and_one_that_density_decides():
    assert lines_of("us.bis.2023.3a090a") == {
        (True, 4800, 0, math.inf, True),
        (True, 1600, 0, math.inf, False),
    }


def test_the_letter_has_one_sure_line_on_bandwidth():
    assert lines_of("us.bis.2025.h20_letter") == {(False, 1400, 0, math.inf, True)}


def test_the_review_region_is_a_corner():
    assert lines_of("us.bis.2026.case_by_case") == {
        (True, 21_000, 0, 6500, True),
        (False, 6500, 0, 21_000, True),
    }


def test_the_tariff_bands_are_two_boxes():
    verticals = {(e.at, e.low, e.high) for e in plane.edges([RULES["us.s232.2026.tariff"]]) if e.vertical}
    assert verticals == {
        (14_000, 4500, 5000),
        (17_500, 4500, 5000),
        (20_800, 5800, 6200),
        (21_100, 5800, 6200),
    }


def test_what_several_rules_draw_is_drawn_once_under_all_their_names():
    same = [RULES["us.bis.2023.3a090a"], RULES["us.bis.2023.hq_control"]]
    sure = [edge for edge in plane.edges(same) if edge.certain and edge.at == 4800]
    assert [edge.rules for edge in sure] == [("3A090.a", "3A090 HQ")]


@pytest.mark.parametrize(
    ("raw", "point", "truth"),
    [
        ("tpp >= 4800", (4800, 1), True),
        ("tpp < 4800", (4800, 1), False),
        ({"not": "tpp >= 4800"}, (4800, 1), False),
        ({"all": ["tpp >= 1600", "performance_density >= 5.92"]}, (1600, 1), None),
        ({"all": ["tpp >= 1600", "performance_density >= 5.92"]}, (1599, 1), False),
        ({"any": ["tpp >= 4800", "performance_density >= 5.92"]}, (4800, 1), True),
        ({"all": ["tpp >= 1600", "destination == CN"]}, (1600, 1), True),
        ({"all": ["destination == CN"]}, (1, 1), True),
        ({"not": "destination == CN"}, (1, 1), True),
        ({"not": "performance_density >= 5.92"}, (1, 1), None),
    ],
)
def test_what_the_plane_cannot_show(raw, point, truth):
    assert plane.truth_at(read(raw, UNITS), *point) is truth


def test_a_rule_that_reads_neither_axis_draws_nothing():
    assert plane.edges([RULES["eu.aia.art51.systemic"], RULES["us.bis.2022.3a090"]]) == []


def test_one_chip_is_judged_by_the_rules_on_chips_on_a_day():
    scenario = load_values({"policy": {"destination": "CN"}})
    then, now = (
        {entry["id"]: entry for entry in plane.chip_entries(scenario, "h20", dt.date(year, 6, 1))}
        for year in (2024, 2026)
    )
    assert {entry["scope"] for entry in now.values()} <= {"chip", "memory_stack"}
    letter = "us.bis.2025.h20_letter"
    assert (now[letter]["verdict"], now[letter]["binding"]) == ("applies", True)
    assert then[letter]["binding"] is False
    assert now["us.bis.2023.3a090a"]["verdict"] == "does_not_apply"


def test_shade_lies_where_the_plane_alone_decides():
    is_shaded = plane.shade([RULES["us.bis.2023.3a090a"], RULES["us.bis.2025.h20_letter"]])
    assert is_shaded(4801, 100)
    assert is_shaded(100, 1401)
    assert not is_shaded(4799, 1399)
    assert not plane.shade([RULES["eu.aia.art51.systemic"]])(1e5, 1e5)
