"""The marginal effect of each optimisation, against scenarios changed by hand."""

import math

import pytest

from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.report import OUTPUTS
from inferscope.core.scenario.files import load_scenario, load_values, preset_names, with_values
from inferscope.core.study import effects
from inferscope.core.study.effects import TOGGLES, board

MEASURES = {
    "cost": "usd_per_query",
    "latency": "tpot_s",
    "first_token": "ttft_s",
    "energy": "wh_per_query",
}


def effect(key, **tables):
    found = board(load_values(tables))
    return next(item for item in found.effects if item.key == key)


@pytest.mark.parametrize("name", preset_names())
def test_the_scenarios_own_row_is_bit_identical_to_it_alone(name):
    scenario = load_scenario(name)
    alone, together = evaluate(scenario, OUTPUTS), board(scenario).result
    assert [n for n in OUTPUTS if alone[n][0].tobytes() != together[n][0].tobytes()] == []


@pytest.mark.parametrize("name", ["chatgpt-2023", "deepseek-r1-h200", "llama-3.1-70b-h100"])
def test_an_effect_is_the_ratio_to_the_scenario_with_its_changes(name):
    scenario = load_scenario(name)
    now = evaluate(scenario)
    for item in board(scenario).effects:
        if not item.then:
            continue
        then = evaluate(with_values(scenario, item.changes))
        for attribute, quantity in MEASURES.items():
            ratio = float(then[quantity][0] / now[quantity][0])
            assert getattr(item, attribute) == (pytest.approx(ratio) if math.isfinite(ratio) else None)
        kept = float(then["quality_recovery"][0] - now["quality_recovery"][0])
        assert item.quality == (pytest.approx(kept, abs=1e-12) if math.isfinite(kept) else None)
        assert item.why or None not in (item.cost, item.latency, item.energy, item.quality)


@pytest.mark.parametrize("toggle", TOGGLES, ids=lambda toggle: toggle.key)
@pytest.mark.parametrize("name", preset_names())
def test_flipping_goes_there_and_back(name, toggle):
    """The first flip may leave a state that flipping never chooses, such as a hit rate of one's own."""
    scenario, seen = load_scenario(name), []
    for _ in range(3):
        flip = toggle.flip(scenario)
        if flip is None:
            assert toggle.idle
            return
        words, changes = flip
        scenario = with_values(scenario, changes)
        assert toggle.now(scenario) == words
        seen.append(words)
    assert seen[0] == seen[2] != seen[1]


@pytest.mark.parametrize(
    ("model", "chip", "now", "then"),
    [
        ("llama-3.1-70b", "h100-sxm", "bf16", "fp8"),
        ("llama-3.1-70b", "a100-sxm-80", "bf16", "int8"),
        ("deepseek-v3", "h200-sxm", "fp8", "int4"),
        ("deepseek-v3", "b200", "fp8", "nvfp4"),
        ("gpt-oss-120b", "h100-sxm", "mxfp4", "bf16"),
    ],
)
def test_weights_go_one_step_narrower_in_what_the_chip_computes(model, chip, now, then):
    found = effect("optimizations.weight_format", model={"id": model}, hardware={"accelerator": chip})
    assert (found.now, found.then) == (now, then)


def test_narrowed_weights_go_back_to_the_models_own():
    found = effect(
        "optimizations.weight_format",
        model={"id": "llama-3.1-70b"},
        optimizations={"weight_format": "fp8"},
        workload={"batch": 8},
    )
    assert (found.now, found.then, found.changes) == (
        "fp8",
        "bf16",
        {"optimizations.weight_format": "native"},
    )
    assert found.quality == pytest.approx(1 - 0.9962)  # fp8 keeps 0.9962 at 70B: MODELOPT_BENCH
    assert found.cost > 1


def test_a_model_with_drafting_heads_drafts_with_them_others_with_eagle3():
    assert effect("optimizations.speculative", model={"id": "deepseek-v3"}).then == "mtp"
    assert effect("optimizations.speculative").then == "eagle3"


def test_cache_hits_come_from_the_catalogue_with_their_source():
    found = effect("optimizations.prefix_cache_hit_rate")
    assert found.then == "40 %"
    assert "Mooncake" in found.changes[found.key]["source"]
    assert found.cost < 1


def test_what_has_no_meaning_says_why():
    assert "no routed experts" in effect("optimizations.two_batch_overlap").why
    assert effect("optimizations.two_batch_overlap", model={"id": "deepseek-v3"}).then == "on"
    static = {"continuous_batching": False}
    assert "static batching" in effect("optimizations.chunked_prefill", optimizations=static).why
    assert "hardware.count" in effect("hardware.prefill").why


def test_a_static_batch_looks_too_good_and_says_so():
    found = board(load_scenario("deepseek-r1-h200")).effects
    by_key = {item.key: item for item in found}
    static = by_key["optimizations.continuous_batching"]
    assert static.then == "off"
    assert static.cost < 1
    assert (static.quoted("cost"), static.quoted("energy")) == (None, None)
    assert static.quoted("latency") == static.latency
    assert "a static batch waits for its longest" in static.why
    assert by_key["optimizations.kv_format"].why == ""


def test_a_flip_that_does_not_fit_says_so():
    tables = {"model": {"id": "gpt-oss-120b"}, "hardware": {"count": 1}, "workload": {"batch": 1}}
    found = effect("optimizations.weight_format", **tables)
    assert found.then == "bf16"
    assert found.cost is None
    assert found.why.startswith("does_not_fit")


def test_a_flip_that_is_refused_carries_the_reason_and_leaves_the_others(monkeypatch):
    wrong = {"hardware.count": 3, "hardware.tensor_parallel": 2}
    impossible = effects.Toggle("hardware.count", "Three", lambda _: "8", lambda _: ("3", wrong))
    monkeypatch.setattr(effects, "TOGGLES", (impossible, *TOGGLES))
    first, *others = board(load_scenario("deepseek-r1-h200")).effects
    assert first.why == "hardware.count no layout agrees with count 3, tensor_parallel 2"
    assert (first.then, first.cost, first.latency) == ("3", None, None)
    assert [item.why for item in others] == [toggle.caveat for toggle in TOGGLES]


def test_a_missing_price_is_named_once_and_for_all():
    found = board(load_scenario("deepseek-r1-h20"))
    shown = [item for item in found.effects if item.then]
    assert {item.cost for item in shown} == {None}
    assert {item.why for item in shown} == {"needs_input: economics.usd_per_accelerator_hour"}


def test_a_stated_fleet_costs_the_same_and_says_so():
    found = board(load_scenario("deepseek-v3-h800"))
    assert {item.cost for item in found.effects if item.then} == {1.0}
    assert found.effects[0].why == "the stated fleet is paid for either way"


def test_a_scenario_that_is_wrong_itself_is_refused():
    scenario = load_values({"model": {"id": "llama-3.1-8b"}, "hardware": {"count": 3, "tensor_parallel": 2}})
    with pytest.raises(ScenarioError, match="no layout"):
        board(scenario)
