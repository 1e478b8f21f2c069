"""Countries: power, grid, climate and distance."""

import pytest

from inferscope.core.catalog import ids, region


def test_round_trips_are_seconds_and_marked_as_estimates():
    value = region("GBR").values["rtt_usa_s"]
    assert 0.05 < value.value < 0.2
    assert value.kind == "estimate"
    assert region("DEU").values["rtt_deu_s"].value == 0.005


def test_the_united_states_row_by_hand():
    values = region("USA").values
    assert values["electricity_usd_per_kwh"].value == 0.0813
    assert values["grid_gco2e_per_kwh"].value == 384.4
    assert values["grid_gco2e_per_kwh_2023"].value == 369.473
    assert values["grid_water_l_per_kwh"].value == 3.1321
    assert values["pue"].value == 1.199
    assert values["build_usd_per_w"].value == 10.78
    assert values["electricity_usd_per_kwh"].date == "2024"


def test_british_power_says_that_it_includes_levies():
    assert "ncludes levies" in region("GBR").text["electricity_note"]
    assert "levies" not in region("FRA").text["electricity_note"]


def test_a_missing_national_water_figure_is_an_assumption():
    kinds = {region(name).values["grid_water_l_per_kwh"].kind for name in ids("region")}
    assert kinds == {"package", "assumption"}
    assumed = [
        value
        for name in ids("region")
        if (value := region(name).values["grid_water_l_per_kwh"]).kind == "assumption"
    ]
    assert len({value.value for value in assumed}) == 1
    assert all("mean" in value.note for value in assumed)


def test_a_blank_is_unknown():
    blank = [name for name in ids("region") if not region(name).values["pue"].is_known]
    assert len(blank) == 1
    assert region(blank[0]).values["pue"].state == "unknown"


@pytest.mark.parametrize("name", ids("region"))
def test_figures_are_within_reason(name):
    values = region(name).values
    assert 0.01 < values["electricity_usd_per_kwh"].value < 0.5
    assert 5 < values["grid_gco2e_per_kwh"].value < 1000
    assert not values["pue"].is_known or 1.0 < values["pue"].value < 1.6
