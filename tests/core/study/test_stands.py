"""What costs and energies stand on is said beside every study, and that rows or scenarios differ in it."""

from dataclasses import replace

import pytest

from inferscope import sweep
from inferscope.core.export import comparison
from inferscope.core.scenario.files import load, with_values
from inferscope.core.study.attribution import attribute
from inferscope.core.study.compare import compare
from inferscope.core.study.frontier import frontier
from inferscope.core.study.sensitivity import sensitivity
from inferscope.core.study.solve import solve
from inferscope.core.study.stands import stands_on

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
