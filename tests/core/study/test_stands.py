"""What costs and energies stand on is said beside every study, and that rows or scenarios differ in it."""

import csv
from dataclasses import replace

import pytest

from inferscope import sweep
from inferscope.core.evaluate import evaluate
from inferscope.core.export import comparison, reports, uncertainty
from inferscope.core.report import report
from inferscope.core.scenario.files import load, with_values
from inferscope.core.study.attribution import attribute
from inferscope.core.study.compare import compare
from inferscope.core.study.frontier import frontier
from inferscope.core.study.sensitivity import sensitivity
from inferscope.core.study.solve import solve
from inferscope.core.study.stands import stands_on
from inferscope.core.study.uncertainty import uncertainty as draw

COST = "costs: basis rental, 2.95 USD per accelerator-hour (h100-sxm: on demand rental, Nebius (2026))"
ENERGY = "energies: boundary facility"


@pytest.fixture(scope="module")
def scenario():
    return load("llama-3.1-70b-h100").scenario


def test_costs_and_energies_are_told_from_others(scenario):
    assert stands_on(scenario, ["tpot_s", "tpp"]) == ()
    cost, energy = stands_on(scenario, ["usd_per_query", "wh_per_query"])
    assert cost.startswith(COST)
    assert energy == ENERGY
    (carbon,) = [text for text in stands_on(scenario, ["gco2e_per_query"]) if text.startswith("carbon")]
    assert carbon.startswith("carbon: location-based, 384.4 g/kWh (")


def test_rows_that_differ_in_it_say_so(scenario):
    (text,) = stands_on(scenario, ["usd_per_query"], ["economics.basis"])
    assert text.startswith("costs stand on different bases")
    (text,) = stands_on(scenario, ["wh_per_query"], ["site.boundary"])
    assert text.startswith("energies have different boundaries")


def test_every_study_says_it(scenario):
    tables = (
        sweep(scenario, ["workload.batch=8,16"], select=["usd_per_query", "wh_per_query"]).table(),
        solve(scenario, "workload.batch", ["usd_per_query<=0.002"]).table(),
        sensitivity(scenario, ["usd_per_query"]).table(),
        attribute(scenario, ["usd_per_query"]).table(),
        frontier(scenario, metrics=["tpot_s", "usd_per_million_output_tokens"]).table(),
    )
    for table in tables:
        assert any(note.startswith("costs: basis rental") for note in table.notes), table.title


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"economics.basis": "owned"}, "costs stand on different bases"),
        ({"site.boundary": "accelerator"}, "energies have different boundaries"),
        ({"site.carbon": "market", "site.market_gco2e_per_kwh": 100}, "carbon is counted in different ways"),
        ({"workload.batch": 8}, ""),
    ],
)
def test_scenarios_that_differ_in_it_are_told_apart(scenario, changes, words):
    one = load("llama-3.1-70b-h100")
    other = replace(one, scenario=with_values(scenario, changes))
    text = " ".join(comparison.as_text(compare([one, other])).split())
    assert "costs: basis rental" in text
    assert (words in text) if words else ("different" not in text)


def test_markdown_of_a_report_says_what_its_figures_stand_on():
    text = reports.as_markdown([report(load("llama-3.1-70b-h100").scenario)])
    assert f"- `usd_per_query`: {COST.removeprefix('costs: ')}" in text
    assert "- `wh_per_query`: boundary facility, for facility_mw too\n" in text
    assert (
        "- `embodied_gco2e_per_query`: basis making of accelerator and server, 985.5 kg over 3 years" in text
    )


def test_files_of_a_comparison_say_it(scenario):
    one = load("llama-3.1-70b-h100")
    found = compare([one, replace(one, scenario=with_values(scenario, {"site.boundary": "server"}))])
    made = comparison.to_dict(found)
    (energy,) = [row for row in made["outputs"] if row["quantity"] == "wh_per_query"]
    assert energy["boundaries"] == ["facility", "server"]
    assert made["notes"][0].startswith("energies have different boundaries")
    header, *lines = csv.reader(comparison.as_csv(found).splitlines())
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    told = [r["boundary"] for r in rows if r["part"] == "output" and r["name"] == "wh_per_query"]
    assert told == ["facility", "server"]


def test_draws_say_it_in_every_form():
    found = draw(load("llama-3.1-70b-h100"), samples=16, quantities=["wh_per_query"])
    forms = (uncertainty.as_text, uncertainty.as_markdown, uncertainty.as_csv, uncertainty.as_json)
    for form in forms:
        assert ENERGY in form(found), form.__name__


def test_a_phone_has_no_cooling_plant():
    result = evaluate(
        load("llama-3.2-3b-phone").scenario, ["site_liters_per_query", "site_it_mw", "site_load_mw"]
    )
    assert result["site_liters_per_query"][0] == 0
    assert result["site_load_mw"][0] == result["site_it_mw"][0]
