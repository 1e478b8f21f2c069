"""What a scenario takes, and how it says no."""

import datetime as dt
import json

import pytest

from inferscope.core.errors import ScenarioError
from inferscope.core.leaves import resolve
from inferscope.core.report import report
from inferscope.core.scenario.files import load, load_values, scenario_hash, with_values
from inferscope.core.scenario.ranges import parse_number
from inferscope.core.scenario.schema import Scenario, json_schema


def refusal(tables):
    with pytest.raises(ScenarioError) as caught:
        load_values(tables)
    return caught.value


@pytest.mark.parametrize(
    ("tables", "key", "message"),
    [
        ({"workload": {"batch": 0}}, "workload.batch", "must be at least 1, not 0"),
        ({"workload": {"batch": "8k"}}, "workload.batch", "must be a plain number: 8000, not '8k'"),
        ({"workload": {"batch": 1e8}}, "workload.batch", "must be at most 10,000,000, not 100,000,000"),
        ({"workload": {"input_tokens": -1}}, "workload.input_tokens", "must be at least 0, not -1"),
        ({"workload": {"output_tokens": 0}}, "workload.output_tokens", "must be at least 1, not 0"),
        ({"slo": {"tpot_s": 0}}, "slo.tpot_s", "must be above 0, not 0"),
        ({"slo": {"max_load_utilization": 1.2}}, "slo.max_load_utilization", "must be at most 1, not 1.2"),
        ({"hardware": {"count": 1.5}}, "hardware.count", "must be a whole number, not 1.5"),
        ({"hardware": {"count": 0}}, "hardware.count", "must be at least 1, not 0"),
        ({"site": {"pue": 0.9}}, "site.pue", "must be at least 1, not 0.9"),
        ({"training": {"mfu": 0}}, "training.mfu", "must be above 0, not 0"),
        ({"test_time": {"exponent": 11}}, "test_time.exponent", "must be at most 10, not 11"),
        ({"pins": {"tpot_s": -1}}, "pins.tpot_s", "must be at least 0, not -1"),
        ({"calibration": {"layer_s": -1}}, "calibration.layer_s", "must be at least 0, not -1"),
        ({"name": "x" * 201}, "name", "must be at most 200 characters long"),
        ({"name": "two\nlines"}, "name", "must be one line"),
        ({"name": "red \x1b[31m"}, "name", "holds the control character U+001B"),
        (
            {"economics": {"basis": "free"}},
            "economics.basis",
            "must be 'rental', 'owned' or 'api', not 'free'",
        ),
        ({"schema_version": 2}, "schema_version", "must be 1, not 2"),
        ({"schema_version": True}, "schema_version", "must be 1, not true"),
    ],
)
def test_bounds_are_kept(tables, key, message):
    error = refusal(tables)
    assert error.key == key
    assert error.message.startswith(message)


@pytest.mark.parametrize("value", [True, "64", [64], None, {}, {"mid": 3}])
def test_only_numbers_are_numbers(value):
    error = refusal({"workload": {"peak_to_mean": value}})
    assert error.key == "workload.peak_to_mean"
    assert "must be a number" in error.message


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 10**400])
def test_numbers_are_finite(value):
    assert "must be finite" in refusal({"workload": {"peak_to_mean": value}}).message
    assert "must be finite" in refusal({"workload": {"peak_to_mean": {"value": value}}}).message


def test_a_word_is_refused_where_a_number_or_auto_belongs():
    assert refusal({"hardware": {"count": "auot"}}).message.startswith("must be auto, a number")


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"workload": 3}, "must be a table, not 3"),
        ({"hardware": {"prefill": True}}, "must be a table, not true"),
        ({"pins": [1]}, "must be a table, not [1]"),
        ({"model": {"id": 3}}, "must be text, not 3"),
        ({"optimizations": {"chunked_prefill": 1}}, "must be true or false, not 1"),
        ({"optimizations": {"chunked_prefill": "yes"}}, "must be true or false, not 'yes'"),
        ({"published": {"claim": "x"}}, "must be a list, not {'claim': 'x'}"),
    ],
)
def test_wrong_types_are_named(tables, message):
    assert refusal(tables).message == message


def test_a_long_value_does_not_fill_the_screen():
    assert len(str(refusal({"model": {"id": ["x"] * 100_000}}))) < 120
    assert len(str(refusal({"workload": {"batch": "x" * 100_000}}))) < 200


@pytest.mark.parametrize(
    ("tables", "hint"),
    [
        ({"wrkload": {}}, "did you mean workload?"),
        ({"workload": {"bacth": 1}}, "did you mean batch?"),
        ({"optimizations": {"speculative": {"acceptence": 1}}}, "did you mean acceptance?"),
        ({"slo": {"zzz": 1}}, "known keys are max_load_utilization, percentile, tpot_s, ttft_s"),
        ({"extends": "x"}, "stands in files only"),
    ],
)
def test_an_unknown_key_names_the_nearest(tables, hint):
    assert hint in refusal(tables).message


@pytest.mark.parametrize("day", [0, 86_400, 2025, 1.5, True, "2025-13-01", "soon", [2025]])
def test_a_date_is_a_date(day):
    assert refusal({"as_of": day}).message.startswith("must be a date such as 2025-02-28")


@pytest.mark.parametrize("day", [dt.date(2025, 2, 28), "2025-02-28", dt.datetime(2025, 2, 28, 23, 0)])  # noqa: DTZ001
def test_dates_are_read(day):
    assert load_values({"as_of": day}).as_of == dt.date(2025, 2, 28)


# --- demand --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("demand", "per_s"),
    [
        ({"requests_per_s": 2}, 2.0),
        ({"queries_per_day": 86_400}, 1.0),
        ({"users": 1_000, "queries_per_user_per_day": 8.64}, 0.1),
        ({}, None),
    ],
)
def test_demand_has_three_forms(demand, per_s):
    assert load_values({"workload": demand}).workload.demand_per_s() == pytest.approx(per_s)


@pytest.mark.parametrize("half", ["users", "queries_per_user_per_day"])
def test_users_need_their_queries(half):
    error = refusal({"workload": {half: 3}})
    assert error.key == "workload"
    assert error.message.startswith("users and queries_per_user_per_day belong together")


def test_demand_is_given_once():
    assert (
        "demand is given twice" in refusal({"workload": {"requests_per_s": 1, "queries_per_day": 1}}).message
    )


# --- numbers with more to say --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "low", "mid", "high"),
    [
        ({"low": 1, "high": 3}, 1, 2, 3),
        ({"low": 1, "mid": 1.5, "high": 3}, 1, 1.5, 3),
        ({"dist": "uniform", "low": 2, "high": 4}, 2, 3, 4),
        ({"dist": "normal", "p5": 1, "p95": 5}, 1, 3, 5),
        ({"dist": "lognormal", "p5": 1, "p95": 16}, 1, 4, 16),
        ({"dist": "triangular", "low": 1, "mid": 2, "high": 9}, 1, 2, 9),
        ({"dist": "discrete", "values": [8, 1, 4]}, 1, 4, 8),
        ({"value": 2, "low": 1, "high": 3}, 1, 2, 3),
        ({"value": 2, "source": "an invoice", "date": dt.date(2025, 2, 28)}, None, 2, None),
    ],
)
def test_ranges_and_distributions_have_a_middle(value, low, mid, high):
    number = parse_number(value)
    assert (number.low, number.mid, number.high) == (low, pytest.approx(mid), high)
    scenario = load_values({"workload": {"peak_to_mean": value}})
    assert resolve(scenario).leaves["workload_peak_to_mean"].value == pytest.approx(mid)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"low": 3, "high": 1}, "must rise from low to high"),
        ({"low": 1, "mid": 9, "high": 3}, "must rise from low to high"),
        ({"low": 1}, "must be a number"),
        ({"value": 2, "low": 1}, "low and high belong together"),
        ({"value": 2, "mid": 2}, "does not know mid"),
        ({"value": 2, "source": 3}, "source must be text, not 3"),
        ({"value": 2, "date": 3}, "date must be a date"),
        ({"dist": "cauchy"}, "dist must be one of"),
        ({"dist": ["uniform"]}, "dist must be one of"),
        ({"dist": "normal", "p5": 1}, "a normal distribution needs p95"),
        ({"dist": "lognormal", "p5": -1, "p95": 1}, "needs p5 above 0"),
        ({"dist": "discrete", "values": []}, "at least one number"),
        ({"dist": "uniform", "low": 1, "high": 2, "p5": 1}, "does not know p5"),
        ({"low": True, "high": 2}, "must be a number, not true"),
    ],
)
def test_a_broken_number_is_refused(value, message):
    error = refusal({"workload": {"peak_to_mean": value}})
    assert error.key == "workload.peak_to_mean"
    assert message in error.message


def test_every_end_of_a_range_is_within_bounds():
    assert "must be at most 1" in refusal({"slo": {"max_load_utilization": {"low": 0.5, "high": 2}}}).message
    assert "whole number" in refusal({"hardware": {"count": {"low": 1, "high": 4}}}).message


def test_a_sourced_value_stays_marked_as_the_users():
    price = {"value": 1.25, "source": "invoice 4711", "date": dt.date(2025, 2, 28)}
    scenario = load_values({"economics": {"usd_per_accelerator_hour": price}})
    leaf = resolve(scenario).leaves["economics_usd_per_accelerator_hour"]
    assert (leaf.kind, leaf.source, leaf.date) == ("scenario", "invoice 4711", "2025-02-28")
    entry = report(scenario)["quantities"]["usd_per_query"]
    assert "1.25 USD per accelerator-hour (invoice 4711, 2025-02-28)" in entry["basis"]


def test_a_default_is_not_marked_as_the_users():
    leaves = resolve(
        load_values({"workload": {"input_tokens": 1024}, "site": {"boundary": "facility"}})
    ).leaves
    assert leaves["workload_input_tokens"].kind == "scenario"
    assert leaves["site_boundary"].kind == "scenario"
    plain = resolve(load_values({})).leaves
    for name in (
        "workload_input_tokens",
        "site_boundary",
        "optimizations_two_batch_overlap",
        "hardware_disaggregated",
    ):
        assert plain[name].kind == "default", name


# --- hash, changes, schema -----------------------------------------------------------------------


def test_the_hash_covers_what_can_change_a_number_and_nothing_else():
    base = {"workload": {"batch": 64}}
    same = [{"workload": {"batch": 64.0}}, {**base, "name": "x", "description": "y"}]
    assert {scenario_hash(load_values(t)) for t in [base, *same]} == {scenario_hash(load_values(base))}
    assert scenario_hash(load_values({})) == scenario_hash(load_values({"workload": {"input_tokens": 1024}}))
    others = [
        {},
        {"workload": {"batch": 65}},
        {**base, "as_of": "2025-01-01"},
        {**base, "pins": {"tpot_s": 1}},
    ]
    hashes = {scenario_hash(load_values(t)) for t in [base, *others]}
    assert len(hashes) == 1 + len(others)


def test_a_change_keeps_the_rest_and_none_drops():
    scenario = load("deepseek-v3-h800").scenario
    changed = with_values(scenario, {"workload.batch": 8, "hardware.prefill": None, "slo.tpot_s": None})
    assert changed.workload.batch.mid == 8
    assert changed.hardware.prefill is None
    assert changed.slo.tpot_s is None
    assert changed.workload.input_tokens == scenario.workload.input_tokens
    assert scenario.hardware.prefill is not None


@pytest.mark.parametrize("key", ["workload.bacth", "extends", "unset", "nothing", "slo.tpot_s.low"])
def test_a_change_of_a_key_that_does_not_exist_is_refused(key):
    scenario = load_values({})
    with pytest.raises(ScenarioError):
        with_values(scenario, {key: "x"})


def test_dropping_a_key_that_does_not_exist_is_refused():
    with pytest.raises(ScenarioError, match="did you mean batch"):
        with_values(load_values({}), {"workload.bacth": None})


def test_the_json_schema_names_every_key():
    schema = json_schema()
    json.dumps(schema)
    assert set(schema["properties"]) == {*Scenario.model_fields, "extends", "unset"}
    sections = schema["$defs"]
    assert sections["Workload"]["additionalProperties"] is False
    assert sections["Workload"]["properties"]["input_tokens"]["anyOf"][0]["maximum"] == 1e8
    described = [p for s in sections.values() for p in s.get("properties", {}).values()]
    assert sum("description" in p or "$ref" in p or "title" in p for p in described) == len(described)
