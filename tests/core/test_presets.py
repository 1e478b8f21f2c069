"""The shipped presets: each loads, computes, cites what it claims and says what it is about."""

import datetime as dt
import tomllib

import pytest

from inferscope.core import DATA_DATE
from inferscope.core.evaluate import CONTRACT, evaluate
from inferscope.core.export.reports import as_text
from inferscope.core.graph import REGISTRY
from inferscope.core.report import answer_is_no, reports
from inferscope.core.scenario import files
from inferscope.core.scenario.files import load
from inferscope.presets import ORDER

PRESETS = sorted(path.stem for path in files.shipped_directory().glob("*.toml"))


@pytest.fixture(scope="module")
def found():
    return dict(zip(PRESETS, reports([load(name) for name in PRESETS]), strict=True))


_Q4 = ("unknown: no measured recovery of q4_k_m weights, bf16 activations", "in quality is unknown here")
OPEN = {
    "chatgpt-2023-chain": {"unsupported: a query without input tokens": "count as output"},
    "gpt-4-training-accounts": {"unknown: the architecture of gpt-4 is not published": "is unknown"},
    "gpt-4-training-eu": {"unknown: the architecture of gpt-4 is not published": "is unknown"},
    "llama-3-8b-inferentia2": {"unknown: hardware.server_w": "the energy stays open"},
    "llama-3-8b-m3-max": dict([("unknown: hardware.server_w", "the energy stays open"), _Q4]),
    "llama-3-8b-rtx-4090": dict([_Q4]),
    "llama-3.2-3b-phone": dict([_Q4]),
    "llama-3.1-70b-mi300x": {"not_in_this_version: wait for a static batch": "not modelled"},
}
"""Presets in which something is unknown: why, and what their text says about it."""

CHIP = {"performance_density", "tpp", "io_bandwidth_gb_s"}
"""Figures that some makers do not give; the rules on chips say that they miss them."""


def test_there_are_presets():
    assert {"chatgpt-2023", "deepseek-v3-h800", "gpt-oss-120b-h100", "llama-3.1-70b-h100"} <= set(PRESETS)
    assert len(PRESETS) >= 12


def test_each_preset_answers_a_question_of_its_own():
    asked = [load(name).scenario.question for name in PRESETS]
    assert all(12 < len(question) <= 80 and question.endswith("?") for question in asked), asked
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_can_be_served(found, name):
    report = found[name]
    assert not answer_is_no(report)
    if not name.startswith("gpt-4-training"):
        assert report["quantities"]["output_tok_s"]["value"] > 0
    absent = {n for n in CONTRACT if report["quantities"][n]["value"] is None} - CHIP
    whys = {report["quantities"][n]["why"] for n in absent}
    unknown = {why for why in whys if not why.startswith("needs_input: ")}
    stated = OPEN.get(name, {})
    assert {why.split(";")[0] for why in unknown} == set(stated)
    assert all(words in load(name).scenario.description for words in stated.values())


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_it_is_and_where_it_is_from(name):
    loaded = load(name)
    scenario = loaded.scenario
    files.check_name(name)
    assert 10 < len(scenario.name) < 80
    assert "Source" in scenario.description
    assert scenario.as_of <= dt.date.fromisoformat(DATA_DATE)
    assert loaded.notes == ()
    assert tomllib.loads(loaded.path.read_text(encoding="utf-8"))["schema_version"] == 1


@pytest.mark.parametrize("name", PRESETS)
def test_a_published_figure_is_of_a_quantity_in_its_unit(found, name):
    for item in load(name).scenario.published:
        assert item.quantity in found[name]["quantities"], item.claim
        assert item.unit == REGISTRY.quantities[item.quantity].unit, item.claim
        assert item.source
        assert item.date


@pytest.mark.parametrize("name", PRESETS)
def test_the_text_of_a_preset_is_readable(found, name):
    text = as_text([found[name]])
    body = text.split("\nrule ")[0]
    assert max(len(line) for line in body.splitlines()) <= 145
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert "nan" not in text.lower().split()
    assert text.count("\n\n\n") == 0


RATIOS = {
    "agent-128k-gqa": (0.999, 1.001),
    "agent-128k-mla": (0.999, 1.001),
    "chatgpt-query": (0.45, 1.6),  # an estimate that takes a tenth of the peak; the model reaches more
    "gpt-oss-120b-b200": (0.4, 1.6),
}
"""How far a preset may be from what it is compared with; 0.55 to 1.6 where nothing else is said."""


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"chatgpt-2023"}))
def test_a_published_figure_is_near(found, name):
    least, most = RATIOS.get(name, (0.55, 1.6))
    for item in load(name).scenario.published:
        ratio = found[name]["quantities"][item.quantity]["value"] / item.value
        assert least <= ratio <= most, (item.claim, ratio)


def test_ten_times_the_reasoning_costs_more_than_ten_times(found):
    plain, long = (found[n]["quantities"] for n in ("deepseek-r1-h200", "deepseek-r1-10x-reasoning"))
    assert long["usd_per_query"]["value"] > 10 * plain["usd_per_query"]["value"]
    assert long["batch"]["value"] < plain["batch"]["value"]


def test_a_host_elsewhere_differs_in_carbon_and_not_in_cost(found):
    there, here = (found[n]["quantities"] for n in ("host-in-kenya", "llama-3.1-70b-h100"))
    assert there["usd_per_query"]["value"] == here["usd_per_query"]["value"]
    assert there["gco2e_per_query"]["value"] < 0.3 * here["gco2e_per_query"]["value"]


def test_the_accelerators_compared_differ_in_nothing_else():
    one, other = (load(n).scenario for n in ("llama-3.1-70b-h100", "llama-3.1-70b-mi300x-as-h100"))
    about = {"hardware": one.hardware, "name": "", "question": "", "description": "", "published": ()}
    assert one.model_copy(update=about) == other.model_copy(update=about)
    moved = other.hardware.model_copy(update={"accelerator": one.hardware.accelerator})
    assert moved == one.hardware
    assert other.published == ()


def test_a_line_is_missed_by_a_run_that_ends_on_it(found):
    verdicts = {rule["id"]: rule for rule in found["training-run-1e26"]["policy"]}
    sb53 = verdicts["us.ca.sb53.frontier"]
    assert (sb53["verdict"], sb53["margin_oom"]) == ("does_not_apply", 0)


def test_the_published_production_day_is_met(found):
    day = found["deepseek-v3-h800"]["quantities"]
    assert day["usd_per_day"]["value"] == pytest.approx(87_072)
    assert day["output_tokens_per_day"]["value"] == pytest.approx(168e9, rel=0.01)
    assert day["input_tokens_per_day"]["value"] == pytest.approx(608e9, rel=0.01)
    assert day["mean_kv_tokens"]["value"] == pytest.approx(4989, rel=0.01)


def test_an_estimate_that_takes_a_tenth_of_the_peak_is_twice_what_the_model_says(found):
    """Which the text of the preset says; the larger share of the peak is measured, the tenth is assumed."""
    query = found["chatgpt-query"]["quantities"]
    assert 0.45 < query["wh_per_query"]["value"] / 0.301 < 0.6
    assert query["mfu"]["value"] > 0.15
    assert "says about half" in " ".join(load("chatgpt-query").scenario.description.split())


def test_the_published_rates_of_a_node_are_met_within_half():
    """73,700 prompt tokens a second and prefill node, cache hits counted, and 14,800 and decode node."""
    day = load("deepseek-v3-h800").scenario
    result = evaluate(day, ["prefill_tok_s", "output_tok_s"])
    per_node = (result["prefill_tok_s"][0] / (32 / 8), result["output_tok_s"][0] / (144 / 8))
    for predicted, published in zip(per_node, (73_700, 14_800), strict=True):
        assert 1 / 1.5 < predicted / published < 1.5


def test_the_pod_slice_and_the_cards_serve_the_same_task():
    one, other = load("llama-3.1-70b-tpu-v5e").scenario, load("llama-3.1-70b-a100").scenario
    assert one.model_copy(update={"hardware": other.hardware}).workload == other.workload
    assert (one.slo, one.optimizations, one.economics) == (other.slo, other.optimizations, other.economics)
    assert (one.hardware.accelerator, other.hardware.accelerator) == ("tpu-v5e", "a100-sxm-80")


def test_links_that_reach_both_servers_shorten_a_token():
    wired = files.with_values(load("llama-3.1-405b-optical").scenario, {"hardware.scaleup_domain": 8})
    found = evaluate(
        [load("llama-3.1-405b-optical").scenario, wired], ["decode_collective_s", "output_tok_s"]
    )
    assert found["decode_collective_s"][0] < 0.8 * found["decode_collective_s"][1]
    assert found["output_tok_s"][0] > found["output_tok_s"][1]


def test_without_dram_the_weights_decide_how_many_chips():
    """331 LPUs of 0.92 x 230 MB hold 70e9 bytes, and no layout of fewer is tried."""
    open_ = {"hardware.count": None, "hardware.tensor_parallel": None, "hardware.pipeline_parallel": None}
    scenario = files.with_values(load("llama-2-70b-groq").scenario, {**open_, "hardware.data_parallel": None})
    found = evaluate(
        [scenario, load("llama-2-70b-groq").scenario], ["fits_memory", "accelerators_per_replica"]
    )
    assert found["fits_memory"].tolist() == [1, 1]
    assert found["accelerators_per_replica"][0] > 331


def test_prompts_and_tokens_on_different_chips_are_matched_in_rate():
    scenario = load("deepseek-r1-h100-h20").scenario
    found = evaluate(scenario, ["prefill_units", "replica_requests_per_s", "prefill_service_s"])
    assert found["prefill_units"][0] == pytest.approx(
        found["replica_requests_per_s"][0] * found["prefill_service_s"][0]
    )


def test_the_allowed_and_the_denied_chip_serve_the_same_task():
    one, other = load("deepseek-r1-h20").scenario, load("deepseek-r1-h200").scenario
    assert one.workload == other.workload
    assert one.slo == other.slo
    assert (one.hardware.accelerator, other.hardware.accelerator) == ("h20", "h200-sxm")


def test_the_order_by_topic_names_every_preset_once():
    assert sorted(ORDER) == PRESETS


@pytest.mark.parametrize(
    ("lever", "query", "energy", "first"),
    [
        ("standards", 0.063, 0.074, 1.21),
        ("research", 0.61, 0.61, 0.64),
        ("infrastructure", 1, 1.06, 0.43),
        ("efficiency", 0.34, 0.42, 1.03),
        ("security", 1.05, 1.05, 1.02),
    ],
)
def test_the_levers_are_worth_what_the_page_on_policy_says(lever, query, energy, first):
    pair = [load(f"lever-{lever}-{end}").scenario for end in ("off", "on")]
    found = evaluate(pair, ["usd_per_query", "wh_per_query", "ttft_s"])
    ratios = [found[name][1] / found[name][0] for name in found.values]
    assert ratios == pytest.approx([query, energy, first], abs=0.006)
