"""Rent, own or buy tokens by demand: crossings by hand, and what is missing is named."""

import numpy as np
import pytest

from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.scenario.files import load, with_values
from inferscope.core.study.bases import _costs, bases

PRICES = {
    "economics.api_usd_per_million_input_tokens": 1.0,
    "economics.api_usd_per_million_output_tokens": 1.0,
    "economics.usd_per_accelerator_hour": 2.0,
    "economics.capex_usd_per_accelerator": 1e9,
}


@pytest.fixture(scope="module")
def scenario():
    return with_values(load("llama-3.1-70b-h100").scenario, PRICES)


def test_renting_passes_the_list_price_where_a_replica_is_worth_its_tokens(scenario):
    """Eight accelerators at 2 USD are 384 USD a day; 2,048 tokens at 1.5 USD a million are 0.3072 ct."""
    dearer = dict.fromkeys(list(PRICES)[:2], 1.5)
    found = bases(with_values(scenario, dearer), 1e3, 2e5)
    [(_, _, at)] = [each for each in found.crossings if each[:2] == ("api", "rental")]
    assert at == pytest.approx(384 / 3072e-6, rel=1e-6)
    assert found.cheapest()[0] == "api"


def test_whole_replicas_make_two_bases_change_places_and_every_change_is_found(scenario):
    """Rent of a day over tokens at 2.2 USD a million: 85,227 queries; k replicas pay from k x that on.

    A replica takes more than that, so that each further one is dear at first, until it has filled.
    """
    prices = {"economics.usd_per_accelerator_hour": 2.0, **dict.fromkeys(list(PRICES)[:2], 0.8)}
    found = bases(with_values(scenario, prices), 1e5, 3e6)
    even = 8 * 24 * 2.0 / (2048 * 0.8e-6)
    cheaper = [at for one, other, at in found.crossings if (one, other) == ("api", "rental")]
    assert cheaper == pytest.approx([even * k for k in range(1, len(cheaper) + 1)], rel=1e-6)
    assert len(cheaper) > 1
    fine = np.geomspace(1.01e5, 2.99e6, 400)
    costs = [_costs(found.scenario, basis, fine)["usd_per_query"] for basis in ("rental", "api")]
    starts = np.array([at for _, at in found.runs])
    said = [found.runs[int(np.searchsorted(starts, at)) - 1][0] for at in fine]
    assert said == ["rental" if one < other else "api" for one, other in zip(*costs, strict=True)]
    assert f"it changes {len(found.runs) - 1} times, as whole replicas fill" in found.sentence()
    assert f"from {float(f'{cheaper[-1]:.3g}'):,.0f} on" in found.sentence()
    assert any(f"change places {2 * len(cheaper) - 1} times" in note for note in found.table().notes)


def test_each_cost_is_the_one_that_the_scenario_has_on_that_basis(scenario):
    found = bases(scenario, 1e3, 1e4)
    for basis, costs in found.usd_per_query.items():
        changes = {"economics.basis": basis, "workload.queries_per_day": 1e4, "workload.requests_per_s": None}
        alone = evaluate(with_values(scenario, changes), ["usd_per_query"])
        assert costs[-1] == pytest.approx(alone["usd_per_query"][0], rel=1e-12)


def test_the_list_price_does_not_depend_on_demand_and_a_fleet_s_cost_falls_with_it(scenario):
    found = bases(scenario, 1e2, 1e5)
    assert np.ptp(found.usd_per_query["api"]) == 0
    assert np.all(np.diff(found.usd_per_query["rental"]) < 0)
    assert np.all(found.usd_per_query["owned"] > found.usd_per_query["rental"])


def test_a_basis_without_a_price_says_what_it_needs():
    found = bases(load("llama-3.1-70b-h100").scenario, 1e3, 1e5)
    assert found.why == {"api": "needs economics.api_usd_per_million_input_tokens"}
    assert "needs economics.api_usd" in found.table().notes[0]
    assert found.cheapest() == ["owned"] * len(found.queries_per_day)


def test_a_demand_that_does_not_grow_is_refused(scenario):
    with pytest.raises(ScenarioError, match="the second must be the greater"):
        bases(scenario, 1e5, 1e3)


def test_a_row_makes_its_scenario(scenario):
    found = bases(scenario, 1e3, 1e6)
    table = found.table()
    changed = with_values(scenario, table.changes[-1])
    best = table["cheapest"][-1]
    value = evaluate(changed, ["usd_per_query"])["usd_per_query"][0]
    assert value == pytest.approx(table[f"usd_per_query_{best}"][-1], rel=1e-12)


def test_the_cheapest_of_what_is_known_says_what_is_not():
    only = bases(load("llama-2-70b-groq").scenario, 1e3, 1e5)
    assert only.sentence() == "Only owning has a cost: those of renting and the list price are not known."
    two = bases(load("llama-3.1-70b-h100").scenario, 1e3, 1e5)
    assert two.sentence().endswith("owning is cheapest; the cost of the list price is not known.")


@pytest.mark.parametrize(("least", "most"), [(1e-9, 1e3), (1e3, 1e300)])
def test_a_demand_beyond_this_world_is_refused(scenario, least, most):
    with pytest.raises(ScenarioError, match=r"give 0\.001 to 1e\+15"):
        bases(scenario, least, most)
