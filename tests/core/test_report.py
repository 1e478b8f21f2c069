"""The report: its contract, sentences that stay true in odd states, and what it must say beside."""

import json
import math
import re

import pytest

from inferscope.core import DATA_DATE, __version__
from inferscope.core.evaluate import BESIDE, CONTRACT
from inferscope.core.export.reports import as_json
from inferscope.core.policy.rules import rules
from inferscope.core.report import answer_is_no, report, reports
from inferscope.core.scenario.files import Loaded, load, load_values, scenario_hash, with_values
from inferscope.core.sentences import money

COSTS = {
    *("usd_per_query", "usd_per_million_input_tokens", "usd_per_million_output_tokens", "usd_per_day"),
    *("training_usd", "gco2e_per_query", "embodied_gco2e_per_query"),
}
ENERGIES = {
    "wh_per_query",
    "joules_per_output_token",
    "gco2e_per_query",
    "liters_per_query",
    "facility_mw",
    "twh_per_year",
    *("ecologits_wh_per_query", "flop_method_wh_per_query"),
}
REASONS = ["does_not_fit", "slo_unreachable", "needs_input", "unsupported", "unknown", "not_in_this_version"]

STATES = {
    "plain": {},
    "demand": {"workload": {"requests_per_s": 5}},
    "does not fit": {"model": {"id": "llama-3.1-405b"}, "hardware": {"count": 1}},
    "batch does not fit": {"workload": {"batch": 100_000}},
    "limit out of reach": {"slo": {"tpot_s": 1e-6}},
    "limit missed": {"slo": {"ttft_s": 1e-4}, "workload": {"batch": 8}},
    "no price": {"hardware": {"accelerator": "h20"}, "workload": {"requests_per_s": 5}},
    "unknown peak": {"hardware": {"accelerator": "mi308x"}},
    "closed": {"model": {"id": "gpt-4"}},
    "closed, compute unknown": {"model": {"id": "claude-opus-4"}},
    "stand-in": {"model": {"id": "gpt-4", "architecture_like": "mixtral-8x7b"}},
    "owned": {"economics": {"basis": "owned"}},
    "overload": {"workload": {"requests_per_s": 1e6}, "hardware": {"replicas": 1}},
    "on the line": {"training": {"flop": 1e25}},
    "pins": {"pins": {"tpot_s": 0.02, "usd_per_query": 0.5, "fits_memory": 1}},
    "no prompt": {"workload": {"input_tokens": 0}},
    "one token": {"workload": {"output_tokens": 1}},
    "huge": {"economics": {"usd_per_accelerator_hour": 1e40}, "workload": {"requests_per_s": 1e30}},
    "tiny": {"economics": {"usd_per_accelerator_hour": 1e-30}, "workload": {"requests_per_s": 1e-30}},
    "pools": {"model": {"id": "deepseek-v3"}, "hardware": {"prefill": {"accelerator": "l40s", "count": 32}}},
}


@pytest.fixture(scope="module")
def states():
    """Every state's report, computed in one call and printed as JSON."""
    loaded = [Loaded(load_values(tables), None, {}) for tables in STATES.values()]
    return dict(zip(STATES, json.loads(as_json(reports(loaded))), strict=True))


# --- the contract --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_a_report_has_the_keys_of_the_contract(states, state):
    found = states[state]
    assert list(found) == (
        ["inferscope", "data", "scenario", "scenario_hash", "headline", "quantities", "policy", "notes"]
    )
    assert (found["inferscope"], found["data"]) == (__version__, DATA_DATE)
    assert list(found["quantities"]) == [*CONTRACT, *BESIDE]
    for name, entry in found["quantities"].items():
        keys = {"value", "unit", "low", "high", "kind", "source"}
        keys |= {"why"} if entry["value"] is None else set()
        keys |= {"basis"} if name in COSTS else set()
        keys |= {"boundary"} if name in ENERGIES else set()
        assert set(entry) == keys, name
        assert entry["unit"], name
        assert entry["source"], name
        assert entry["kind"] in ("computed", "planned", "user"), name


@pytest.mark.parametrize("state", STATES)
def test_what_is_absent_says_why(states, state):
    for name, entry in states[state]["quantities"].items():
        if entry["value"] is None:
            word, colon, what = entry["why"].partition(": ")
            assert word in REASONS, name
            assert colon, name
            assert what, name


@pytest.mark.parametrize("state", STATES)
def test_a_rule_has_its_facts(states, state):
    entries = states[state]["policy"]
    assert [entry["id"] for entry in entries] == [rule.id for rule in rules()]
    for entry in entries:
        assert {"id", "verdict", "margin_oom", "missing", "status", "source"} <= set(entry)
        assert entry["verdict"] in ("applies", "does_not_apply", "unknown")
        assert (entry["verdict"] == "unknown") == bool(entry["missing"])
        assert entry["verdict"] != "unknown" or entry["margin_oom"] is None
        assert "http" in entry["source"]
        assert entry["status"]


def test_the_scenario_in_a_report_can_be_run_again(states):
    for state, found in states.items():
        again = load_values(found["scenario"])
        assert scenario_hash(again) == found["scenario_hash"], state
        assert found["scenario_hash"] == scenario_hash(load_values(STATES[state])), state


def test_together_or_alone_the_report_is_the_same(states):
    for state, found in states.items():
        alone = json.loads(as_json([report(load_values(STATES[state]))]))
        assert alone == found, state


def test_text_answers_and_yes_or_no_are_no_numbers(states):
    entries = states["plain"]["quantities"]
    assert entries["fits_memory"]["value"] is True
    assert isinstance(entries["bound"]["value"], str)
    assert entries["bound"]["unit"] == "1"
    assert states["does not fit"]["quantities"]["fits_memory"]["value"] is False


def test_kinds_are_computed_planned_or_the_users(states):
    assert states["plain"]["quantities"]["batch"]["kind"] == "planned"
    assert states["batch does not fit"]["quantities"]["batch"]["kind"] == "computed"
    pinned = states["pins"]["quantities"]
    assert {name for name in pinned if pinned[name]["kind"] == "user"} == {
        "tpot_s",
        "usd_per_query",
        "fits_memory",
    }
    assert (pinned["usd_per_query"]["value"], pinned["usd_per_query"]["basis"]) == (
        0.5,
        "pinned in the scenario",
    )


# --- basis ---------------------------------------------------------------------------------------


def test_a_cost_says_the_price_its_source_and_which_hours_are_paid(states):
    alone = states["plain"]["quantities"]
    price = r"rental, [\d.]+ USD per accelerator-hour \(h100-sxm: on demand rental, .+\)"
    assert re.fullmatch(price + "; 60 % of paid hours busy", alone["usd_per_query"]["basis"])
    assert re.fullmatch(price, alone["usd_per_day"]["basis"])
    demand = states["demand"]["quantities"]["usd_per_query"]["basis"]
    assert re.fullmatch(price + "; all hours of the fleet are paid", demand)
    assert states["no price"]["quantities"]["usd_per_query"]["basis"] == "rental"


@pytest.mark.parametrize("boundary", ["accelerator", "server", "facility", "facility_with_reserve"])
def test_an_energy_says_its_boundary(boundary):
    found = report(load_values({"site": {"boundary": boundary}}))["quantities"]
    own = ENERGIES - {"ecologits_wh_per_query"}  # a method with a boundary of its own
    assert {found[name]["boundary"] for name in own} == {boundary}
    assert found["ecologits_wh_per_query"]["boundary"] == "facility"


# --- the headline --------------------------------------------------------------------------------

HEADLINES = {
    "plain": r"One query costs [\d.]+ ct \([\d.]+ to [\d.]+\), \d+ % of it decode; [a-z ]+ binds;"
    r" below EU 1e25 by 1\.2 orders\.",
    "demand": r"One query costs .* binds; serving cost passes training in [\d.,]+ (days|years); below EU .*",
    "does not fit": r"It does not fit: \d+ % of the memory would be taken; above EU 1e25 by 0\.58 orders\.",
    "batch does not fit": r"It does not fit: \d+ % of the memory would be taken; .*",
    "limit out of reach": r"The limits cannot be kept: tpot is [\d.]+ ms with one sequence, above 1 us; .*",
    "no price": r"[A-Z]\w+ HGX H20 96GB holds? .* and serves? [\d,]+ users? at [\d.,]+ tokens/s( each)?; "
    r"[a-z ]+ binds; no price of the accelerator is known, so the cost is open; .*",
    "unknown peak": r"(The cost of a query is unknown|.* so the cost is open).*; below EU .*",
    "closed": r"The cost of a query is unknown \(the architecture of gpt-4 is not published.*above EU 1e25.*",
    "closed, compute unknown": r"The cost of a query is unknown .*; EU 1e25 unknown: training_flop missing\.",
    "stand-in": r"One query costs .* \(architecture of mixtral-8x7b as a stand-in\)\.",
    "owned": r"One query costs .* ct.*",
    "overload": r"The demand is [\d,]+ times what the planned fleet takes; [a-z ]+ binds; below EU .*",
    "on the line": r".*; exactly on EU 1e25\.",
    "pins": r"One query costs 50 ct.*",
    "huge": r"One query costs [\d.]+e\+\d\d USD.*",
    "tiny": r"One query costs [\d.]+(e[+-]\d\d)? (ct|USD).*",
}


@pytest.mark.parametrize("state", HEADLINES)
def test_the_headline_is_one_true_sentence(states, state):
    text = states[state]["headline"]
    assert re.fullmatch(HEADLINES[state], text), text


@pytest.mark.parametrize("state", STATES)
def test_no_headline_holds_what_is_no_number(states, state):
    text = states[state]["headline"]
    assert not re.search(r"\b(nan|inf|none|n/a)\b", text, re.IGNORECASE), text
    assert "\n" not in text
    assert text.endswith(".")
    assert text[0].isupper()


def test_a_cost_in_the_headline_is_the_cost_in_the_table(states):
    for state, found in states.items():
        cost = found["quantities"]["usd_per_query"]["value"]
        if found["headline"].startswith("One query costs"):
            assert f"costs {money(cost)}" in found["headline"], state


def test_a_stated_fleet_smaller_than_the_demand_needs_is_said_beside_the_cost():
    loaded = load("deepseek-v3-h800")
    text = report(loaded.scenario)["headline"]
    assert "decode, on the stated fleet of 1,814, though the demand needs 2,336;" in text
    enough = with_values(loaded.scenario, {"hardware.fleet_accelerators": 2336})
    assert "on the stated fleet of 2,336;" in report(enough)["headline"]


def test_without_a_cost_the_headline_leads_with_what_is_served():
    found = report(load("deepseek-r1-h20").scenario)
    batch, speed = (found["quantities"][name]["value"] for name in ("batch", "output_tok_s_per_user"))
    lead = f"Eight HGX H20 96GB hold DeepSeek-R1 and serve {batch:,g} users at {speed:.3g} tokens/s each; "
    assert found["headline"].startswith(lead), found["headline"]


def test_one_user_on_one_accelerator_is_singular():
    text = report(load("llama-3-8b-rtx-4090").scenario)["headline"]
    assert re.match(r"One .*RTX 4090 holds Llama 3 8B and serves 1 user at [\d.]+ tokens/s; ", text), text


@pytest.mark.parametrize(("flop", "side"), [(0.95e25, "below"), (1.05e25, "above")])
def test_the_headline_says_the_side_of_a_line(flop, side):
    assert f"{side} EU 1e25 by 0.02" in report(load_values({"training": {"flop": flop}}))["headline"]


def test_a_line_next_door_is_not_given_digits_it_has_not():
    found = report(load_values({"training": {"flop": 1.001e25}}))["headline"]
    assert "above EU 1e25 by less than 0.01 orders" in found


def test_one_order_is_one_order():
    assert "above EU 1e25 by 1 order." in report(load_values({"training": {"flop": 1e26}}))["headline"]


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (0, "0 ct"), (0.0012, "0.12 ct"), (0.099, "9.9 ct"), (0.5, "50 ct"), (1, "1.00 USD"),
        (99.99, "99.99 USD"), (700_000, "700,000 USD"), (3e35, "3.00e+35 USD"), (1e-12, "1e-10 ct"),
    ],
)  # fmt: skip
def test_money_is_written_for_people(usd, text):
    assert money(usd) == text


# --- notes and the answer ------------------------------------------------------------------------


def test_a_limit_that_a_given_batch_misses_is_said(states):
    (note,) = [n for n in states["limit missed"]["notes"] if n.startswith("limit missed")]
    assert re.fullmatch(r"limit missed: ttft is [\d.]+ ms, above 100 us", note)


def test_the_plan_says_what_it_chose_and_why_no_more():
    notes = report(load("deepseek-v3-h800").scenario)["notes"]
    (note,) = [n for n in notes if n.startswith("planned batch")]
    found = re.fullmatch(
        r"planned batch (\d+): tpot ([\d.]+) ms; (\d+) gives ([\d.]+) ms > 50 ms \(SLO\)", note
    )
    batch, below, more, above = (float(x) for x in found.groups())
    assert more == batch + 1
    assert below < 50 < above
    assert "planned replicas" in notes[notes.index(note) + 1]


def test_no_batch_is_called_planned_where_none_fits(states):
    assert not any("planned batch" in note for note in states["does not fit"]["notes"])


def test_a_pin_behind_the_batch_is_said(states):
    assert any("tpot_s" in n and "the batch is the one planned without" in n for n in states["pins"]["notes"])


def test_a_stated_fleet_that_is_too_small_is_said():
    notes = report(load("deepseek-v3-h800").scenario)["notes"]
    needed = report(load("deepseek-v3-h800").scenario)["quantities"]["accelerators_needed"]["value"]
    said = [n for n in notes if "1,814 accelerators stated" in n]
    assert bool(said) == (needed > 1814)


def test_notes_of_loading_come_first(tmp_path):
    path = tmp_path / "old.toml"
    path.write_text("[provenance]\ninferscope = '0.0.1'\ndata = '2020-01-01'\n")
    assert reports([load(path)])[0]["notes"][0].startswith("saved with inferscope 0.0.1")


@pytest.mark.parametrize(
    ("state", "is_no"),
    [
        ("plain", False), ("demand", False), ("does not fit", True), ("batch does not fit", True),
        ("limit out of reach", True), ("limit missed", True), ("no price", False), ("closed", False),
        ("overload", True), ("owned", False), ("unknown peak", False),
    ],
)  # fmt: skip
def test_the_answer_is_no_where_it_cannot_be_served(states, state, is_no):
    assert answer_is_no(states[state]) is is_no


def test_numbers_too_large_are_absent_with_a_reason():
    tables = {"economics": {"usd_per_accelerator_hour": 1e40}, "pins": {"fleet_accelerators": 1e40}}
    tables["workload"] = {"requests_per_s": 1e-40}
    tables["pins"]["crossover_days_flop"] = 1e40
    found = report(load_values(tables))
    assert all(
        entry["value"] is None or isinstance(entry["value"], str) or math.isfinite(entry["value"])
        for entry in found["quantities"].values()
    )


def test_weights_that_do_not_fit_are_set_against_the_memory():
    tables = {"model": {"id": "llama-3.1-405b"}, "hardware": {"count": 4}}
    found = report(load_values({**tables, "optimizations": {"weight_format": "fp8"}}))
    assert any(
        note.startswith("the weights take 4") and "4 accelerators hold" in note for note in found["notes"]
    )
    assert not any("the weights take" in note for note in report(load_values({}))["notes"])


def test_what_is_longer_than_the_context_of_the_model_is_said():
    """Llama 3.1 8B takes 131,072 tokens, prompt and answer together."""
    longer = "prompt and answer of 131,073 tokens are longer than the model's context of 131,072"
    for output, said in ((72, False), (73, True)):
        work = {"input_tokens": 131_000, "output_tokens": output, "batch": 1}
        made = report(load_values({"model": {"id": "llama-3.1-8b"}, "workload": work}))
        assert (longer in made["notes"]) == said


def test_two_operating_points_in_one_report_are_told_apart():
    found = report(load_values({"hardware": {"count": 1}, "workload": {"requests_per_s": 0.5}}))
    values = {name: found["quantities"][name]["value"] for name in ("ttft_p99_s", "ttft_s")}
    assert values["ttft_p99_s"] < values["ttft_s"]
    assert any("full batch" in note and "demand's load" in note for note in found["notes"])


def test_what_a_reader_must_know_stands_before_what_was_planned():
    notes = reports([load("deepseek-v3-h800")])[0]["notes"]
    planned = [number for number, note in enumerate(notes) if note.startswith("planned")]
    assert planned
    paid = "cost and power are of the 1,814 accelerators stated, energy is of all queries"
    assert notes.index(f"{paid}; the demand needs 2,336") < planned[0]


@pytest.mark.parametrize(
    ("preset", "changes", "note"),
    [
        ("llama-3.1-70b-h100", {"site.market_gco2e_per_kwh": 20}, 'it takes site.carbon = "market"'),
        ("chatgpt-2023", {"training.account": "amortised"}, "training.account moves nothing"),
        ("openai-2024-crossover", {}, "served_usd_per_day is pinned at 5,475,702 USD"),
    ],
)
def test_what_does_not_matter_and_what_is_pinned_is_said(preset, changes, note):
    from inferscope.core.scenario.files import with_values

    scenario = load(preset).scenario
    assert any(note in said for said in report(with_values(scenario, changes))["notes"])
    if changes:
        assert not any(note in said for said in report(scenario)["notes"])


def test_on_a_list_price_nothing_binds_and_no_fleet_is_too_small():
    from inferscope.core.scenario.files import with_values

    scenario = load("llama-3.1-70b-h100").scenario
    bought = {"economics.basis": "api", "economics.api_provider": "together"}
    busy = {"workload.requests_per_s": 1e4, "hardware.replicas": 1}
    text = report(with_values(scenario, {**bought, **busy}))["headline"]
    assert text.startswith("One query costs 0.18 ct, 50 % of it output tokens;")
    assert "binds" not in text
