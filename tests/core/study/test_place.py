"""One country's users from several places: the way once, owning by place, and what evens the cost."""

import pytest

from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.scenario.files import load, with_values
from inferscope.core.study.place import Host, parse_host, places


@pytest.fixture(scope="module")
def found():
    hosts = [parse_host(text) for text in ("USA", "ARE:0.5", "KEN:0.3:0.15", "KEN")]
    return places(load("llama-3.1-70b-h100").scenario, "Kenya", hosts)


def test_the_round_trip_is_in_the_first_token_once(found):
    table = found.table()
    work = table["ttft_s"] - table["round_trip_s"]
    assert work == pytest.approx([work[0]] * 4)
    whole = table["e2e_latency_s"] - table["round_trip_s"]
    assert whole == pytest.approx([whole[0]] * 4)


def test_cost_follows_place_busy_share_and_capital(found):
    table = found.table()
    assert table["usd_per_query"][3] == pytest.approx(table["usd_per_query"][0], rel=0.02)
    assert table["usd_per_query"][2] > 2 * table["usd_per_query"][3]
    share, rate, *powers = found.swings
    assert max(abs(power - 1) for power in powers) < 0.02
    assert 0.05 < rate - 1 < share - 1


def test_at_the_even_share_a_place_costs_what_the_first_does(found):
    for row, host in enumerate(found.hosts):
        changes = found.table().changes[row] | {"economics.utilization": float(found.shares[row])}
        cost = evaluate(with_values(found.scenario, changes), ["usd_per_query"])["usd_per_query"][0]
        assert cost == pytest.approx(found.result["usd_per_query"][0], rel=1e-9), host


def test_the_notes_do_not_say_one_place_s_hour_of_all(found):
    assert "costs: basis owned" in found.table().notes
    assert not any("USD per accelerator-hour" in note for note in found.table().notes)


def test_carbon_is_the_grid_s(found):
    table = found.table()
    assert table["gco2e_per_query"][3] / table["wh_per_query"][3] * 1000 == pytest.approx(95.4, rel=0.02)


@pytest.mark.parametrize(
    ("given", "words", "note"),
    [
        ({}, "0.26 times the carbon", "carbon: location-based, by the grid of each place; operation alone"),
        (
            {"site.carbon": "market"},
            "carbon that is not known",
            "carbon: market-based, by one contract in every place; operation alone",
        ),
    ],
)
def test_what_carbon_stands_on_is_said_and_no_number_where_it_is_unknown(given, words, note):
    scenario = with_values(load("llama-3.1-70b-h100").scenario, given)
    table = places(scenario, "KEN", [Host("USA"), Host("KEN")]).table()
    assert words in table.sentence
    assert "nan" not in table.sentence.split()
    assert note in table.notes


def test_the_sentence_says_what_carries_it(found):
    text = found.sentence()
    assert "For users in Kenya, against United States with a round trip of 221 ms: United Arab" in text
    for said in (
        "United Arab Emirates (50 % busy) costs 1.19 times as much, with 1.4 times the carbon and 79 ms;",
        "Kenya (30 % busy, capital at 15 %) costs 2.2",
        "; Kenya costs 1.01 times as much, with 0.26 times the carbon and 5 ms. In United States",
    ):
        assert said in text
    assert "half the busy share moves the cost by +98 %" in text
    assert "electricity price of the others by -0.95 to +0.39 %" in text


def test_an_accelerator_without_a_price_says_what_it_needs():
    tpus = load("llama-3.3-70b-tpu-v6e").scenario
    lacking = places(tpus, "CHN", [Host("CHN"), Host("SGP")])
    assert lacking.sentence() == (
        "There is no cost of owning in China: needs economics.capex_usd_per_accelerator."
    )


def test_a_demand_gives_way_and_the_notes_say_so():
    scenario = load("llama-3.1-70b-h100").scenario
    asked = places(with_values(scenario, {"workload.requests_per_s": 20}), "KEN", [Host("USA"), Host("KEN")])
    plain = places(scenario, "KEN", [Host("USA"), Host("KEN")])
    assert asked.table().rows == plain.table().rows
    said = "the scenario's demand and fleet give way"
    assert [any(said in note for note in each.table().notes) for each in (asked, plain)] == [True, False]


def test_what_each_place_brings_itself_is_not_taken_from_the_scenario():
    scenario = load("serve-kenya").scenario
    given = {"site.pue": 1.5, "site.electricity_usd_per_kwh": 0.5, "economics.basis": "rental"}
    table = places(with_values(scenario, given), "KEN", [Host("USA"), Host("KEN")]).table()
    assert table.rows == places(scenario, "KEN", [Host("USA"), Host("KEN")]).table().rows
    said = "gives way to that of each place, owned: site.pue, site.electricity_usd_per_kwh, economics.basis"
    assert any(said in note for note in table.notes)


def test_capital_may_cost_nothing():
    assert parse_host("KEN:0.3:0").wacc == 0.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("KEN:2", "busy share of KEN must be above 0 and at most 1, not '2'"),
        ("KEN:0.5:x", "cost of capital of KEN must be"),
        ("KEN:1:1:1", "a place is COUNTRY:SHARE:RATE"),
        ("XXX", "unknown region"),
    ],
)
def test_a_place_that_is_none_is_refused(text, message):
    with pytest.raises(ScenarioError, match=message):
        parse_host(text)


def test_one_place_is_refused():
    with pytest.raises(ScenarioError, match="two at least"):
        places(load("llama-3.1-70b-h100").scenario, "KEN", [Host("KEN")])
