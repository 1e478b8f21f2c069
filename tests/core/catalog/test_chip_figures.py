"""Chip figures of the rules against published ones, and where chips are designed and made."""

import math

import pytest

from inferscope.core import catalog
from inferscope.core.catalog.suppliers import dependence
from inferscope.core.policy.chips import chip_facts
from inferscope.core.study.axes import records

ALL = catalog.ids("accelerator")
PUBLISHED = [name for name in ALL if catalog.accelerator(name).values["tpp_published"].is_known]


def tpp(name):
    return chip_facts(catalog.accelerator(name))["tpp"].value


def _is_near(name):
    return tpp(name) == pytest.approx(catalog.accelerator(name).values["tpp_published"].value, rel=0.005)


def test_the_tpp_of_at_least_forty_chips_is_the_published_one():
    assert sum(map(_is_near, PUBLISHED)) >= 40


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_tpp_has_its_source_and_a_difference_is_explained(name):
    record = catalog.accelerator(name)
    assert record.text["tpp_published_by"]
    note = record.text.get("tpp_note", "")
    assert bool(note) != _is_near(name)
    if note:  # it names both figures
        shown = f"{record.values['tpp_published'].value:,.6g}"
        assert shown in note
        assert any(f"{figure:,.0f}" in note for figure in (tpp(name), tpp(name) - 1, tpp(name) + 1))


@pytest.mark.parametrize(
    ("chip", "name", "by_hand"),
    [
        ("a100-sxm-80", "performance_density", 624 * 8 / 826),
        ("h20", "performance_density", 296 * 8 / 814),
        ("h20", "io_bandwidth_gb_s", 2 * (450 + 64)),
        ("rtx-4090", "io_bandwidth_gb_s", 2 * 32),
        ("gaudi3", "io_bandwidth_gb_s", 2 * (525 + 64)),
        ("b200-sxm", "dram_bandwidth_gb_s", 7700),
        ("groq-lpu-v1", "dram_bandwidth_gb_s", 0),
    ],
)
def test_the_other_figures_by_hand(chip, name, by_hand):
    assert chip_facts(catalog.accelerator(chip))[name].value == pytest.approx(by_hand)


@pytest.mark.parametrize("chip", ALL)
def test_no_area_is_guessed(chip):
    record = catalog.accelerator(chip)
    facts, area = chip_facts(record), record.values["die_area_mm2"]
    density = facts["performance_density"]
    assert (density.value is None) == (not area.is_known or facts["tpp"].value is None)
    if density.value is None:
        assert {"die_area_mm2"} & set(density.missing) or facts["tpp"].value is None
        if density.low:
            assert area.high is not None or area.is_known
        if density.high not in (None, math.inf):
            assert area.low is not None


def test_places_are_found_by_code_or_name():
    by_code = records("hardware.accelerator", "designed_in:CHN")
    assert by_code == records("hardware.accelerator", "designed_in:China")
    assert {"ascend-910b2", "biren-br100"} <= set(by_code)
    assert "h100-sxm" in records("hardware.accelerator", "designed_in:USA+fabricated_in:TWN")


def test_where_a_chip_is_made_is_recalled_and_says_why():
    for name in ALL:
        text = catalog.accelerator(name).text
        assert ("fabricated_in" in text) == ("fabrication_note" in text)
        if "fabricated_in" in text:
            assert {"designed_in", "fabricated_in"} <= set(text["unverified"])
            assert text["foundry"]


@pytest.mark.parametrize("name", ["max-1550", "xeon-6980p", "metax-c500", "t4", "rtx-5090", "groq-3-lp30"])
def test_a_plant_that_the_process_leaves_open_stays_blank(name):
    assert "fabricated_in" not in catalog.accelerator(name).text


def test_the_sentence_counts_each_supplier_once_and_what_is_unknown():
    chips = [catalog.accelerator(name) for name in ("mi300x", "h100-sxm", "h20", "rtx-3090", "rtx-5090")]
    assert dependence(chips) == (
        "5 chips: 2 designers (NVIDIA, AMD), 1 country of design (US), 2 foundries (TSMC, Samsung), "
        "2 countries of fabrication (TW, KR; 1 unknown)"
    )
    assert dependence([]) == "no chips"
