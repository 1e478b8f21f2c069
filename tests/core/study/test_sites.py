"""Power of sites: by hand, against rules, and how many keep a fleet off a line."""

import datetime as dt

import pytest

from inferscope.core.evaluate import evaluate
from inferscope.core.export.studies import as_text
from inferscope.core.report import policy_entries
from inferscope.core.scenario.files import load_scenario, load_values, with_values
from inferscope.core.study.sites import READ, site_lines, sites_to_stay_off

FLEET = {
    "model": {"id": "llama-3.1-70b"},
    "hardware": {"accelerator": "h100-sxm", "count": 8, "fleet_accelerators": 8000},
    "workload": {"batch": 256},
    "site": {"region": "IRL", "pue": 1.2},
}


def found_of(tables, **values):
    scenario = with_values(load_values(tables), {k.replace("__", "."): v for k, v in values.items()})
    return evaluate(scenario, READ)


def rows_of(table):
    names = list(table)
    return {row[0]: dict(zip(names, row, strict=True)) for row in table.rows}


def test_power_of_a_site_by_hand():
    """8,000 H100 at 990.5 W while they decode at batch 256 and 1,088.5 W while they compute prompts."""
    decode, prefill = 700 * 0.84 + (1275 - 700) * 0.7, 700 * 0.98 + (1275 - 700) * 0.7
    found = evaluate(load_values(FLEET), (*READ, "prefill_accelerator_s", "replica_requests_per_s"))
    busy_with_prompts = found["prefill_accelerator_s"][0] * found["replica_requests_per_s"][0] / 8
    assert 0.05 < busy_with_prompts < 0.5
    each = busy_with_prompts * prefill + (1 - busy_with_prompts) * decode
    assert found["site_it_mw"][0] == pytest.approx(8000 * each / 1e6, rel=1e-6)
    assert found["site_load_mw"][0] == pytest.approx(8000 * each * 1.2 / 1e6, rel=1e-6)
    assert found["site_load_mva"][0] == pytest.approx(8000 * each * 1.2 / 0.95 / 1e6, rel=1e-6)


@pytest.mark.parametrize(("boundary", "factor"), [("server", 1.0), ("facility", 1.2)])
def test_a_site_draws_what_the_figure_of_its_boundary_says(boundary, factor):
    found = found_of(FLEET, site__boundary=boundary)
    assert found["facility_mw"][0] == pytest.approx(factor * found["site_it_mw"][0], rel=1e-12)


@pytest.mark.parametrize("boundary", ["accelerator", "server", "facility", "facility_with_reserve"])
def test_the_boundary_of_energy_figures_does_not_move_what_a_site_draws(boundary):
    assert found_of(FLEET, site__boundary=boundary)["site_load_mw"] == found_of(FLEET)["site_load_mw"]


def test_power_of_the_training_run_by_hand():
    given = {
        "training__accelerator_hours": 30.84e6,
        "training__days": 80,
        "training__accelerator": "h100-sxm",
    }
    run = 30.84e6 / (24 * 80)
    watts = 700 * 0.98 + (1275 - 700) * 0.7
    assert found_of(FLEET, **given)["training_site_mw"][0] == pytest.approx(run * watts * 1.2 / 1e6, rel=1e-6)
    named = rows_of(site_lines(found_of(FLEET, **given)))["us.ferc.2026.large_load"]
    assert (named["training_verdict"], named["training"]) == ("below", pytest.approx(20.98, abs=0.01))
    assert rows_of(site_lines(found_of(FLEET)))["us.ferc.2026.large_load"]["training_verdict"] == "unknown"


@pytest.mark.parametrize("op", [">", ">="])
@pytest.mark.parametrize("load", [0.4, 1.0, 49.9, 50.0, 50.1, 100.0, 1234.5])
def test_sites_are_the_fewest_that_stay_off(op, load):
    met = (lambda x: x > 50) if op == ">" else (lambda x: x >= 50)
    assert sites_to_stay_off(load, op, 50.0) == next(n for n in range(1, 100) if not met(load / n))


def test_spreading_the_fleet_as_the_table_says_stays_off_each_line():
    for name, row in rows_of(site_lines(found_of(FLEET))).items():
        spread = rows_of(site_lines(found_of(FLEET, site__sites=row["sites_needed"])))[name]
        assert spread["verdict"] == "below", name
        if row["sites_needed"] > 1:
            one_less = rows_of(site_lines(found_of(FLEET, site__sites=row["sites_needed"] - 1)))[name]
            assert one_less["verdict"] == "caught", name


def test_rules_read_the_power_of_one_site():
    def verdict(sites, **given):
        found = found_of(FLEET, site__sites=sites, policy__new_grid_connection=True, **given)
        entries = policy_entries(found, 0, None)
        return next(entry["verdict"] for entry in entries if entry["id"] == "ie.cru.leu_dispatchable")

    assert verdict(1) == "applies"  # 10.01 MVA are drawn, so that as much has to be imported
    assert verdict(2) == "unknown"  # 5.0 are drawn: the connection may be larger
    assert verdict(2, policy__site_mic_mva=6) == "does_not_apply"


def test_electricity_of_a_year_is_that_of_its_queries():
    found = evaluate(load_scenario("deepseek-v3-h800"), READ)
    per_query, queries = found["wh_per_query"][0], 1606 * 86_400
    assert found["twh_per_year"][0] == pytest.approx(per_query * queries * 365.25 / 1e12, rel=1e-9)


def test_it_says_what_it_does_not_know_and_what_the_year_is_beside_the_world():
    table = site_lines(evaluate(load_scenario("deepseek-v3-h800"), READ), dt.date(2026, 1, 1))
    notes = " ".join(table.notes)
    assert "training.days" in notes
    assert "415 TWh" in notes
    assert "945 TWh" in notes
    assert rows_of(table)["ie.cru.leu_dispatchable"]["in_force"] == "yes"
    assert rows_of(table)["de.enefg.pue_new"]["in_force"] == "no"  # owed from 2028-07-01


def test_the_table_keeps_to_its_width_with_sources_whole():
    found = site_lines(evaluate(load_scenario("llama-3.1-70b-h100"), READ))
    text = as_text(found)
    assert [line for line in text.splitlines() if len(line) > 80 and "https://" not in line] == []
    assert "https://capitol.texas.gov/tlodocs/89R/billtext/html/SB00006F.htm\n" in text
    assert "Serving draws 9.24 kW at one site" in text  # one server: 7.71 kW of IT at a PUE of 1.199
    assert "Utilities Code 37.0561(c)" in " ".join(text.split())
