"""Rules: on the line, beside it, without the figure, and on which day."""

import datetime as dt
import itertools
import math
from pathlib import Path

import pytest

from inferscope.core import catalog
from inferscope.core.evaluate import evaluate
from inferscope.core.export import policy as export
from inferscope.core.policy.predicates import Fact
from inferscope.core.policy.rules import judge, read_rule, rules
from inferscope.core.report import OUTPUTS, policy_entries, report
from inferscope.core.scenario.files import load_values

EU, SB53 = "eu.aia.art51.systemic", "us.ca.sb53.frontier"
ABOUT = {"id": "a.rule", "title": "text", "jurisdiction": "XX", "force": "law"}
UNITS = {**dict.fromkeys(("x", "yes", "no", "absent", "near", "far"), "1"), "training_flop": "FLOP"}
UNITS |= {"place": "code", "open": "bool", "day": "date"}


def rule(identifier):
    return next(found for found in rules() if found.id == identifier)


def made(predicate, **changes):
    return read_rule({**ABOUT, "predicate": predicate, **changes}, Path("rules.toml"), "rules.toml", UNITS)


def at_least(name, value, op=">="):
    return {"quantity": name, "op": op, "value": value}


def verdict_in(tables, identifier=EU):
    entries = report(load_values(tables))["policy"]
    return next(entry for entry in entries if entry["id"] == identifier)


# --- the line -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("identifier", "line"), [(EU, 1e25), (SB53, 1e26)])
def test_a_model_exactly_on_the_line_is_out(identifier, line):
    for flop, word in (
        (math.nextafter(line, 0), "does_not_apply"),
        (line, "does_not_apply"),
        (math.nextafter(line, math.inf), "applies"),
    ):
        assert judge(rule(identifier), {"training_flop": flop}).word == word


@pytest.mark.parametrize(("identifier", "line"), [(EU, 1e25), (SB53, 1e26)])
def test_the_margin_is_in_orders_of_magnitude(identifier, line):
    for factor, margin in ((1, 0.0), (10, 1.0), (0.01, -2.0), (3.8, 0.5797835966168101)):
        found = judge(rule(identifier), {"training_flop": line * factor})
        assert found.margin_oom == pytest.approx(margin, abs=1e-12)
        assert found.values["training_flop"] == line * factor
        assert found.certainty == "robust"


@pytest.mark.parametrize("facts", [{}, {"training_flop": math.nan}, {"tpp": 1e9}])
def test_without_the_figure_the_verdict_is_unknown(facts):
    found = judge(rule(EU), facts)
    assert (found.word, found.margin_oom, found.missing) == ("unknown", None, ("training_flop",))


# --- three-valued logic ---------------------------------------------------------------------------

T, F, U = True, False, None
FACTS = {"yes": 2.0, "no": 0.0}
LEAVES = {T: at_least("yes", 1), F: at_least("no", 1), U: at_least("absent", 1)}


@pytest.mark.parametrize(("left", "right"), list(itertools.product((T, F, U), repeat=2)))
def test_and_or_not_follow_kleene(left, right):
    both = [LEAVES[left], LEAVES[right]]
    conjunction = False if F in (left, right) else None if U in (left, right) else True
    disjunction = True if T in (left, right) else None if U in (left, right) else False
    assert judge(made({"all": both}), FACTS).truth is conjunction
    assert judge(made({"any": both}), FACTS).truth is disjunction
    assert judge(made({"not": LEAVES[left]}), FACTS).truth is (None if left is None else not left)
    negated = {"any": [{"not": LEAVES[left]}, {"not": LEAVES[right]}]}
    assert judge(made({"not": negated}), FACTS).truth is conjunction  # De Morgan


def test_an_unknown_part_is_missing_only_while_it_decides():
    settled = judge(made({"any": [LEAVES[T], LEAVES[U]]}), FACTS)
    assert (settled.word, settled.missing) == ("applies", ())
    open_ = judge(made({"all": [LEAVES[T], LEAVES[U], LEAVES[U]]}), FACTS)
    assert (open_.word, open_.missing) == ("unknown", ("absent",))


@pytest.mark.parametrize(
    ("op", "below", "on", "above"),
    [
        (">", F, F, T),
        (">=", F, T, T),
        ("<", T, F, F),
        ("<=", T, T, F),
        ("==", F, T, F),
        ("!=", T, F, T),
    ],
)
def test_comparisons(op, below, on, above):
    compared = made(at_least("x", 100, op))
    assert [judge(compared, {"x": x}).truth for x in (99.0, 100.0, 101.0)] == [below, on, above]


def test_margins_combine_as_the_verdicts_do():
    near, far = at_least("near", 1.0, ">"), at_least("far", 1.0, ">")
    facts = {"near": 10.0, "far": 1000.0}
    assert judge(made({"all": [near, far]}), facts).margin_oom == pytest.approx(1)
    assert judge(made({"any": [near, far]}), facts).margin_oom == pytest.approx(3)
    assert judge(made({"not": far}), facts).margin_oom == pytest.approx(-3)
    assert judge(made(at_least("far", 1.0, "<")), facts).margin_oom == pytest.approx(-3)


def test_what_is_shown_beside_a_margin_is_what_it_comes_from():
    near, far, nowhere = at_least("near", 1.0, ">"), at_least("far", 1.0, ">"), at_least("place", "DE", "==")
    facts = {"near": 10.0, "far": 1000.0, "place": "US"}
    for predicate, name in (
        ({"all": [far, near]}, "near"),
        ({"any": [near, far]}, "far"),
        ({"not": {"all": [far, near]}}, "near"),
        ({"all": [far, {"any": [near, {"not": far}]}]}, "near"),
        ({"all": [near, nowhere]}, "place"),
        ({"any": [nowhere, LEAVES[U], far]}, "far"),
    ):
        found = judge(made(predicate), facts)
        assert found.deciding.quantity == name
    assert judge(made({"all": [near, LEAVES[U]]}), facts).deciding is None


def test_a_tariff_on_two_numbers_shows_the_one_that_is_short():
    entry = verdict_in({"hardware": {"accelerator": "h100-sxm"}}, "us.s232.2026.tariff")
    shown = entry["deciding"]
    assert entry["quantity"] == "tpp"
    assert (shown["quantity"], shown["value"], shown["op"]) == ("dram_bandwidth_gb_s", 3350, ">")
    assert (shown["threshold"], shown["unit"]) == (4500, "GB/s")
    assert entry["margin_oom"] == pytest.approx(math.log10(shown["value"] / shown["threshold"]))


def judged_in(tables):
    """The entries of several scenarios, computed in one call."""
    result = evaluate([load_values(table) for table in tables], OUTPUTS)
    return [entry for row in range(len(tables)) for entry in policy_entries(result, row)]


CHIPS = [entry.id for entry in catalog.entries("accelerator")]
PLACES = [{"policy": {"destination": "CN"}}, {"site": {"region": "DEU"}}]


@pytest.mark.parametrize("place", PLACES, ids=["sent to CN", "in DE"])
def test_every_margin_is_that_of_the_comparison_shown_beside_it_and_has_the_verdicts_sign(place):
    found = judged_in([{"hardware": {"accelerator": chip}, **place} for chip in CHIPS])
    with_margin = [entry for entry in found if entry["margin_oom"] is not None]
    assert len(with_margin) > 15 * len(CHIPS)
    for entry in with_margin:
        margin, shown = entry["margin_oom"], entry["deciding"]
        value = shown["low"] if shown["value"] is None else shown["value"]
        distance = abs(math.log10(value / shown["threshold"]))
        assert distance == pytest.approx(abs(margin), abs=1e-12)
        assert margin == 0 or (margin > 0) == (entry["verdict"] == "applies")
        low, high = entry["margin_low_oom"], entry["margin_high_oom"]
        assert (-math.inf if low is None else low) <= margin <= (math.inf if high is None else high)


LEAST = Fact(None, 30.0, math.inf)  # as of a bandwidth of which only the links' is known


@pytest.mark.parametrize(
    ("predicate", "word", "margin", "by"),
    [
        ("x >= 10", "applies", math.log10(3), "x"),
        ("x < 10", "does_not_apply", -math.log10(3), "x"),
        ({"any": ["near >= 10", "x >= 10"]}, "applies", math.log10(3), "x"),
        ({"all": ["far >= 10", "x < 10"]}, "does_not_apply", -math.log10(3), "x"),
        ({"all": ["far >= 10", "x >= 10"]}, "applies", math.log10(3), "x"),
        ({"any": ["far >= 10", "x >= 10"]}, "applies", 2.0, "far"),
        ({"not": {"any": ["near >= 10", "x >= 10"]}}, "does_not_apply", -math.log10(3), "x"),
        ({"any": ["near >= 10", "x >= 100"]}, "unknown", None, None),
    ],
)
def test_where_a_range_alone_decides_its_end_nearest_to_the_line_is_the_margin(predicate, word, margin, by):
    found = judge(made(predicate), {"near": 5.0, "far": 1000.0, "x": LEAST})
    assert found.word == word
    assert found.margin_oom == (None if margin is None else pytest.approx(margin))
    assert (found.deciding and found.deciding.quantity) == by


@pytest.mark.parametrize(
    ("predicate", "word", "certainty"),
    [
        ("x > 0", "applies", "robust"),
        ("x >= -1", "applies", "robust"),
        ("x < 0", "does_not_apply", "robust"),
        ("x > 1", "does_not_apply", "sensitive"),
        ("x == 1", "applies", "sensitive"),
        ("x != 1", "does_not_apply", "sensitive"),
    ],
)
def test_only_a_line_within_the_range_makes_a_verdict_sensitive(predicate, word, certainty):
    found = judge(made(predicate), {"x": Fact(1.0, 0.5, 2.0)})
    assert (found.word, found.certainty) == (word, certainty)


def test_what_is_known_as_a_least_is_shown_as_one():
    entry = verdict_in(
        {"hardware": {"accelerator": "ascend-950pr"}, "policy": {"destination": "CN"}}, "us.bill.s3374"
    )
    assert export.decided(entry["deciding"]) == "interconnect_bandwidth_gb_s at least 2,000 against >= 1,100"
    assert export.compared(entry).startswith(export.decided(entry["deciding"]))


@pytest.mark.parametrize("facts", [{"x": 0.0}, {"x": -1.0}])
def test_a_ratio_that_has_no_logarithm_has_no_margin(facts):
    found = judge(made(at_least("x", 5)), facts)
    assert (found.word, found.margin_oom) == ("does_not_apply", None)


# --- days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("identifier", "first"), [(EU, dt.date(2025, 8, 2)), (SB53, dt.date(2026, 1, 1))])
def test_a_rule_binds_from_its_first_day_on(identifier, first):
    found = rule(identifier)
    assert not found.binds_on(first - dt.timedelta(days=1))
    assert found.binds_on(first)
    assert found.binds_on(dt.date(2030, 1, 1))


def test_a_rule_ends_and_may_oblige_later_than_it_starts():
    dates = {"effective_from": dt.date(2025, 1, 1), "effective_to": dt.date(2026, 6, 30)}
    found = made(LEAVES[T], **dates, compliance_from=dt.date(2025, 7, 1))
    bound = [
        found.binds_on(dt.date(*day)) for day in ((2025, 1, 1), (2025, 7, 1), (2026, 6, 30), (2026, 7, 1))
    ]
    assert bound == [False, True, True, False]


@pytest.mark.parametrize("force", ["proposal", "reported", "literature"])
def test_what_is_no_law_never_binds(force):
    found = made(LEAVES[T], force=force, effective_from=dt.date(2020, 1, 1))
    assert not found.binds_on(dt.date(2026, 1, 1))


def test_a_rule_without_a_date_does_not_bind():
    assert not made(LEAVES[T]).binds_on(dt.date(2026, 1, 1))


def test_a_number_exactly_on_its_line_is_no_negative_zero_away():
    entry = verdict_in({"model": {"id": "claude-opus-4"}, "pins": {"training_flop": 1e25}})
    for value in (-0.0, 0.0, entry["margin_oom"]):
        assert export.margin({"margin_oom": value}) == "0.00 orders"


@pytest.mark.parametrize(
    ("value", "text"), [(-0.001, "-0.00 orders (-0.2 %)"), (0.001, "+0.00 orders (+0.2 %)")]
)
def test_a_number_beside_its_line_says_on_which_side_of_it(value, text):
    assert export.margin({"margin_oom": value}) == text


def test_a_designation_overrides_the_compute_line_and_ends_the_exemption():
    exempt = "eu.gpai.opensource_exemption"
    for designated, systemic, relief in ((None, False, True), (True, True, False), (False, False, True)):
        facts = {"training_flop": 3e24, "weights_published": True, "generates_language_or_t2i_or_t2v": True}
        if designated is not None:
            facts["eu_designated_systemic_risk"] = designated
        assert judge(rule(EU), facts).truth is systemic
        assert judge(rule(exempt), facts).truth is relief
    assert judge(rule(EU), {"eu_designated_systemic_risk": True}).word == "applies"


def test_a_rule_of_the_past_is_no_what_if_on_a_day_on_which_it_bound():
    tables, old = {"hardware": {"accelerator": "h100-sxm"}}, "us.bis.2022.3a090"
    last, next_ = (verdict_in({**tables, "as_of": dt.date(2023, 11, day)}, old) for day in (16, 17))
    assert (last["binding"], last["what_if"]) == (True, False)
    assert (next_["binding"], next_["what_if"]) == (False, True)


def test_the_date_of_the_scenario_decides_what_binds_and_not_the_verdict():
    tables = {"model": {"id": "llama-3.1-405b"}}
    before = verdict_in({**tables, "as_of": dt.date(2025, 8, 1)})
    after = verdict_in({**tables, "as_of": dt.date(2025, 8, 2)})
    assert (before["binding"], after["binding"]) == (False, True)
    assert before["verdict"] == after["verdict"] == "applies"
    assert after["as_of"] == "2025-08-02"


# --- models ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "eu", "sb53"),
    [
        ("llama-3.1-405b", "applies", "does_not_apply"),
        ("llama-3.1-8b", "does_not_apply", "does_not_apply"),
        ("deepseek-v3", "does_not_apply", "does_not_apply"),
        ("claude-opus-4", "unknown", "unknown"),
        ("gemini-2.5-pro", "unknown", "unknown"),
    ],
)
def test_verdicts_on_models(model, eu, sb53):
    tables = {"model": {"id": model}}
    assert (verdict_in(tables)["verdict"], verdict_in(tables, SB53)["verdict"]) == (eu, sb53)


@pytest.mark.parametrize("model", ["claude-opus-4", "gemini-2.5-pro"])
def test_a_third_party_figure_decides_no_verdict_but_the_users_own_does(model):
    figure = catalog.model(model).values["training_flop"]
    assert figure.value > 1e25
    assert not figure.decides_verdict
    entry = verdict_in({"model": {"id": model}})
    assert (entry["verdict"], entry["margin_oom"], entry["missing"]) == ("unknown", None, ["training_flop"])
    for given in ({"training": {"flop": 3e25}}, {"model": {"id": model, "training_flop": 3e25}}):
        own = verdict_in({"model": {"id": model}} | given)
        assert (own["verdict"], own["margin_oom"]) == ("applies", pytest.approx(math.log10(3)))


def test_a_pinned_training_compute_is_the_users_and_decides():
    entry = verdict_in({"model": {"id": "claude-opus-4"}, "pins": {"training_flop": 1e25}})
    assert entry["verdict"] == "does_not_apply"
    assert entry["margin_oom"] == pytest.approx(0, abs=1e-12)


def test_every_rule_is_in_every_report_with_its_source():
    for tables in ({}, {"model": {"id": "gpt-5"}}, {"hardware": {"accelerator": "mi308x"}}):
        entries = report(load_values(tables))["policy"]
        assert [entry["id"] for entry in entries] == [found.id for found in rules()]
        for entry in entries:
            assert entry["source"]
            assert entry["status"]
            assert entry["verdict"] in ("applies", "does_not_apply", "unknown")
            assert (entry["margin_oom"] is None) or entry["verdict"] != "unknown"
