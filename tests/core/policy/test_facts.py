"""Facts: every quantity of every rule has an origin, and ranges decide what is certain."""

import datetime as dt
import math

import pytest

from inferscope.core.evaluate import evaluate
from inferscope.core.graph import REGISTRY
from inferscope.core.policy.facts import facts, years
from inferscope.core.policy.figures import non_planar
from inferscope.core.policy.profiles import COMPONENTS
from inferscope.core.policy.quantities import QUANTITIES, SCOPES
from inferscope.core.policy.rules import profiles, rules
from inferscope.core.report import OUTPUTS, policy_entries, report
from inferscope.core.scenario.files import load_values
from inferscope.core.scenario.policy import Policy

DAY = dt.date(2026, 11, 22)
H20 = {"model": {"id": "deepseek-r1"}, "hardware": {"accelerator": "h20"}}
SENT = {**H20, "policy": {"destination": "CN"}}
NAMES = sorted({name for rule in rules() for name in rule.names})


def result_of(tables):
    return evaluate(load_values(tables), OUTPUTS)


def entry_of(tables, rule, on=None):
    return next(entry for entry in policy_entries(result_of(tables), 0, on) if entry["id"] == rule)


def facts_of(tables):
    (found,) = facts(result_of(tables), 0, DAY).values()
    return found


# --- training compute -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "verdict", "certainty", "low", "high"),
    [
        ({"id": "gpt-4"}, "applies", "sensitive", 8.2e24, 4.4e25),  # Epoch AI's 90 % interval
        ({"id": "gpt-4o-mini"}, "does_not_apply", "sensitive", 3.23e24, 2.05e25),
        ({"id": "gpt-4o"}, "applies", "robust", 0.7 * 3.81e25, 1.3 * 3.81e25),  # no interval: the EU's 30 %
        (
            {"id": "gpt-4", "training_flop": {"low": 5e24, "mid": 8e24, "high": 1.2e25}},
            "does_not_apply", "sensitive", 5e24, 1.2e25,
        ),
    ],
)  # fmt: skip
def test_the_interval_of_a_published_training_compute_counts(model, verdict, certainty, low, high):
    entry = entry_of({"model": model}, "eu.aia.art51.systemic")
    assert (entry["verdict"], entry["certainty"]) == (verdict, certainty)
    assert (entry["low"], entry["high"]) == (pytest.approx(low), pytest.approx(high))


def test_the_origin_of_a_training_compute_names_what_there_is():
    def origin(model):
        return entry_of({"model": {"id": model}}, "eu.aia.art51.systemic")["origins"]["training_flop"]

    assert origin("deepseek-v3") == "6ND and the catalogue's figure (Epoch: Confident)"
    assert origin("gpt-4") == "the catalogue's figure (Epoch: Likely)"


# --- origins --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_quantity_of_every_rule_has_an_origin(name):
    """Known from the graph, the catalogue or the region, else the key of the same name."""
    quantity = QUANTITIES[name]
    assert quantity.scope in SCOPES
    if quantity.origin == "graph":
        assert name in REGISTRY.quantities or name in ("training_cost_usd", "pue")
    if quantity.has_key:
        assert name in Policy.model_fields
    else:
        assert quantity.origin != "policy"
    tables = {"model": {"id": "deepseek-v3"}, "training": {"usd_per_accelerator_hour": 2}}
    known = facts_of({**SENT, **tables, "workload": {"requests_per_s": 5}})
    if quantity.origin != "policy" and name not in ("hq_group", "site_age_years"):
        contracted = name in ("site_nominal_load_kw", "site_mic_mva")  # at least what is drawn
        assert known[name].value is not None or (contracted and known[name].low > 0), name
        assert known[name].origin
    elif name != "destination":
        assert name not in known or known[name].value is None


def test_every_policy_key_is_read_by_a_rule_or_for_the_reader():
    beside = {"rules", "actor"}
    assert set(Policy.model_fields) - beside == {n for n in NAMES if QUANTITIES[n].has_key}


VALUES = {"bool": True, "code": None, "date": dt.date(2026, 8, 1), "1": 1.0}
CODES = {"destination_group": "D5", "hq_group": "D5", "grid_operator": "PJM"}


@pytest.mark.parametrize("name", [n for n in NAMES if QUANTITIES[n].has_key])
def test_a_users_key_comes_first_and_is_marked(name):
    unit = QUANTITIES[name].unit
    value = CODES.get(name, "VN") if unit == "code" else VALUES.get(unit, 7.0)
    tables = {"policy": {name: value}}
    found = facts_of(tables)[name]
    assert found.value == value
    reading = next(rule for rule in rules() if name in rule.names)
    entry = entry_of(tables, reading.id)
    assert entry["set_by_user"] == [name]
    assert f"policy.{name}" not in entry["missing"]


def test_a_range_of_the_user_is_the_range_of_the_fact():
    tables = {"policy": {"monthly_users": {"low": 5e6, "mid": 8e6, "high": 2e7}}}
    entry = entry_of({**tables, "training": {"flop": 1e24}}, "us.fed.hr8094")
    assert (entry["value"], entry["low"], entry["high"]) == (8e6, 5e6, 2e7)
    assert entry["verdict"] == "unknown"  # downloads
    tables["policy"]["monthly_downloads"] = 0
    entry = entry_of({**tables, "training": {"flop": 1e24}}, "us.fed.hr8094")
    assert (entry["verdict"], entry["certainty"]) == ("does_not_apply", "sensitive")
    assert entry["margin_oom"] == pytest.approx(math.log10(0.8))
    assert entry["margin_high_oom"] == pytest.approx(math.log10(2))


# --- training compute -----------------------------------------------------------------------------


def test_deepseek_v3_is_half_an_order_below_the_eu_line():
    found = report(load_values({"model": {"id": "deepseek-v3"}}))
    flop = found["quantities"]["training_flop_6nd"]["value"]
    assert 3.2e24 < flop < 3.45e24
    assert math.log10(1e25 / flop) == pytest.approx(0.48, abs=0.02)
    eu = next(entry for entry in found["policy"] if entry["id"] == "eu.aia.art51.systemic")
    assert (eu["verdict"], eu["certainty"]) == ("does_not_apply", "robust")
    assert eu["margin_oom"] == pytest.approx(-0.48, abs=0.02)
    assert "below EU 1e25 by 0.49 orders" in found["headline"]


def test_the_eu_counts_within_thirty_per_cent_and_california_does_not():
    tables = {"model": {"id": "llama-3.1-8b"}, "training": {"flop": 8e24}}
    eu = entry_of(tables, "eu.aia.art51.systemic")
    assert (eu["verdict"], eu["certainty"]) == ("does_not_apply", "sensitive")
    assert (eu["low"], eu["high"]) == (pytest.approx(5.6e24), pytest.approx(1.04e25))
    near = {**tables, "training": {"flop": 8e25}}
    assert entry_of(near, "us.ca.sb53.frontier")["certainty"] == "robust"
    wide = {**tables, "training": {"flop": {"low": 4e25, "mid": 8e25, "high": 2e26}}}
    assert entry_of(wide, "us.ca.sb53.frontier")["certainty"] == "sensitive"


def test_6nd_and_the_published_figure_span_the_range():
    found = facts_of({"model": {"id": "deepseek-v3"}})["training_flop"]
    assert found.low == found.value
    assert found.high == pytest.approx(3.4078e24)


def test_profiles_say_what_is_counted():
    assert len(profiles()) == 6
    assert {rule.counting for rule in rules()} - {""} == set(profiles())
    parts = set(profiles()["eu_cumulative"]) - {"short", "label", "address", "error_margin"}
    assert len(parts) == 13
    assert parts == set(COMPONENTS)
    for profile in profiles().values():
        assert parts <= set(profile)
        assert all(profile[part] in (0, 1, "?") for part in parts)
        assert profile["deployment_inference"] == 0


# --- chips ----------------------------------------------------------------------------------------


def test_the_h20_and_the_undefined_interconnect():
    """Links alone give 4,900 GB/s, all I/O 5,028: the line of 5,000 lies between."""
    found = facts_of(SENT)["dram_plus_interconnect_bandwidth_gb_s"]
    assert (found.low, found.high) == (pytest.approx(4900), pytest.approx(5028))
    safe = entry_of(SENT, "us.bill.s3374")
    assert (safe["verdict"], safe["certainty"]) == ("does_not_apply", "sensitive")
    assert safe["margin_low_oom"] < 0 < safe["margin_high_oom"]
    for rule in ("us.bis.2025.h20_letter", "us.bill.overwatch", "us.bill.gain"):
        entry = entry_of(SENT, rule)
        assert (entry["verdict"], entry["certainty"]) == ("applies", "robust")
    settled = {**H20, "policy": {"destination": "CN", "interconnect_bandwidth_gb_s": 1028}}
    assert entry_of(settled, "us.bill.s3374")["verdict"] == "applies"


@pytest.mark.parametrize(
    ("chip", "origin"),
    [
        ("h20", "undefined in the bills: from chip-to-chip links alone to all I/O"),
        ("l40s", "undefined in the bills: all I/O, since no links but PCIe are known"),
    ],
)
def test_an_interconnect_says_whether_links_alone_are_meant(chip, origin):
    found = facts_of({"hardware": {"accelerator": chip}})
    interconnect, whole = found["interconnect_bandwidth_gb_s"], found["io_bandwidth_gb_s"]
    assert interconnect.origin == origin
    assert (interconnect.value == whole.value) == (chip == "l40s")


def test_without_a_destination_export_rules_are_unknown_and_say_so():
    entry = entry_of(H20, "us.bis.2025.h20_letter")
    assert entry["verdict"] == "unknown"
    assert entry["missing"] == ["policy.destination", "policy.hq_country"]
    home = {**H20, "policy": {"destination": "DE", "hq_country": "DE"}}
    assert entry_of(home, "us.bis.2025.h20_letter")["verdict"] == "does_not_apply"
    other = {**H20, "policy": {"destination": "VN", "hq_country": "VN"}}
    assert entry_of(other, "us.bis.2025.h20_letter")["missing"] == [
        "policy.destination_group",
        "policy.hq_group",
    ]


def test_with_an_unknown_host_link_the_links_are_the_least():
    tables = {"hardware": {"accelerator": "mi308x"}, "policy": {"destination": "CN"}}
    found = facts_of(tables)
    if found["io_bandwidth_gb_s"].value is None:
        assert found["io_bandwidth_gb_s"].low > 0
        assert found["io_bandwidth_gb_s"].high == math.inf
    assert entry_of(tables, "us.bis.2025.h20_letter")["verdict"] == "applies"


def test_chip_rules_are_judged_for_both_pools():
    pools = {**SENT, "hardware": {"accelerator": "h20", "prefill": {"accelerator": "h100-sxm", "count": 8}}}
    entry = entry_of(pools, "us.bis.2023.3a090a")
    assert (entry["verdict"], entry["instance"]) == ("applies", "h100-sxm")
    assert entry["values"]["tpp"] == pytest.approx(15831.2)
    assert entry_of(pools, "us.bis.2025.h20_letter")["instance"] == "h20"
    assert entry_of(pools, "eu.aia.art51.systemic")["instance"] is None
    assert entry_of(SENT, "us.bis.2023.3a090a")["instance"] is None


@pytest.mark.parametrize(
    ("process", "expected"),
    [
        ("TSMC 4N", True),
        ("TSMC 4NP", True),
        ("GF 14nm", True),
        ("16nm", True),
        ("28nm", False),
        ("TSMC", None),
    ],
)
def test_a_process_is_judged_by_its_number(process, expected):
    assert non_planar(process) is expected


# --- site -----------------------------------------------------------------------------------------


def test_one_replica_is_only_the_least_power_of_a_site():
    tables = {"site": {"region": "DEU"}}
    entry = entry_of(tables, "eu.eed.art12")
    assert (entry["verdict"], entry["value"], entry["high"]) == ("unknown", None, math.inf)
    assert "policy.it_power_kw" in entry["missing"]
    sized = {**tables, "hardware": {"fleet_accelerators": 8}}
    assert entry_of(sized, "eu.eed.art12")["verdict"] == "does_not_apply"
    large = {**tables, "hardware": {"fleet_accelerators": 10_000}}
    assert entry_of(large, "eu.eed.art12")["verdict"] == "applies"
    own = {**tables, "policy": {"it_power_kw": 500}}
    assert entry_of(own, "eu.eed.art12")["verdict"] == "applies"
    assert entry_of({"site": {"region": "USA"}}, "eu.eed.art12")["verdict"] == "does_not_apply"


def test_a_sites_age_is_of_the_day_that_is_judged():
    tables = {
        "site": {"region": "DEU", "pue": 1.4},
        "policy": {"site_nominal_load_kw": 300, "site_commissioned": dt.date(2026, 7, 1)},
    }
    before = entry_of(tables, "de.enefg.pue_new", dt.date(2028, 6, 30))
    after = entry_of(tables, "de.enefg.pue_new", dt.date(2028, 7, 1))
    assert (before["verdict"], before["binding"]) == ("does_not_apply", False)
    assert (after["verdict"], after["binding"]) == ("applies", True)


@pytest.mark.parametrize(
    ("start", "end", "age"),
    [
        ((2026, 7, 1), (2028, 7, 1), 2.0),
        ((2024, 2, 29), (2025, 3, 1), 1.0),
        ((2026, 1, 1), (2026, 1, 1), 0.0),
        ((2025, 1, 1), (2026, 7, 2), 1 + 182 / 365),
        ((2027, 1, 1), (2026, 1, 1), -1.0),
    ],
)
def test_years(start, end, age):
    assert years(dt.date(*start), dt.date(*end)) == pytest.approx(age)
