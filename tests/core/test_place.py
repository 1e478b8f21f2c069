"""Users far from the servers: the round trip counts once, into the first token."""

import numpy as np
import pytest

from inferscope.core import catalog
from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import evaluate
from inferscope.core.leaves.place import distance_km
from inferscope.core.scenario.files import load_scenario, with_values

FIRST = ("ttft_s", "e2e_latency_s", "ttft_mean_s", "ttft_p50_s", "ttft_p99_s", "ttft_percentile_s")
SAME = ("tpot_s", "load_tpot_s", "usd_per_query", "wh_per_query", "output_tok_s", "replicas_needed", "batch")


def found(**site):
    given = {"workload.requests_per_s": 20, "workload.batch": 64, **{f"site.{k}": v for k, v in site.items()}}
    return evaluate(with_values(load_scenario("llama-3.1-70b-h100"), given), (*FIRST, *SAME))


def test_a_distance_by_hand():
    quarter = distance_km(catalog.region("USA"), catalog.region("KEN"))
    assert quarter == pytest.approx(12_180, abs=60)  # Ashburn to Nairobi
    assert distance_km(catalog.region("DEU"), catalog.region("DEU")) == 0.0


def test_the_round_trip_counts_once_into_everything_that_starts_with_the_first_token():
    here, far = found(), found(users_region="KEN")
    trip = 0.020 + 16.5e-6 * distance_km(catalog.region("USA"), catalog.region("KEN"))
    for name in FIRST:
        assert far[name][0] - here[name][0] == pytest.approx(trip, rel=1e-9), name
    for name in SAME:
        assert far[name][0] == here[name][0], name


def test_the_estimate_is_that_of_the_catalogue_and_symmetric():
    for users in ("IND", "BRA", "ARE", "JPN"):
        there, back = found(users_region=users)["ttft_s"], found(region=users, users_region="USA")["ttft_s"]
        assert there[0] - found()["ttft_s"][0] == pytest.approx(
            catalog.region(users).values["rtt_usa_s"].value, abs=5e-4
        )
        assert there[0] == pytest.approx(back[0], rel=1e-9)


def test_users_next_door_and_an_own_figure():
    base = found()["ttft_s"][0]
    assert found(users_region="USA")["ttft_s"][0] - base == pytest.approx(0.005)
    assert found(users_region="KEN", round_trip_s=0.265)["ttft_s"][0] - base == pytest.approx(0.265)
    assert found(round_trip_s=0)["ttft_s"][0] == base


def test_a_limit_on_the_first_token_holds_at_the_users():
    scenario = with_values(load_scenario("llama-3.1-70b-h100"), {"slo.ttft_s": 0.3})
    near = evaluate(scenario, ["batch", "ttft_s"])
    far = evaluate(with_values(scenario, {"site.users_region": "DEU"}), ["batch", "ttft_s"])
    assert far["batch"][0] <= near["batch"][0]
    assert np.isnan(far["batch"][0]) or far["ttft_s"][0] <= 0.3


def test_a_country_that_there_is_not_is_named():
    with pytest.raises(InferscopeError, match=r"users_region.*Kenya|users_region"):
        found(users_region="Kenia")
