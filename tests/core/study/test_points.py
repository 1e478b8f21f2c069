"""Points laid out as arrays are what evaluating each scenario alone gives."""

import numpy as np
import pytest

from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import CONTRACT, evaluate
from inferscope.core.scenario.check import validate
from inferscope.core.scenario.files import load_scenario, with_values
from inferscope.core.study import points as module
from inferscope.core.study.points import Points, number_keys

SPANS = {
    "workload.batch": (1.0, 64.0),
    "workload.input_tokens": (100.0, 8000.0),
    "workload.requests_per_s": (0.1, 10.0),
    "economics.usd_per_accelerator_hour": (1.0, 4.0),
    "hardware.memory_bandwidth_bytes_per_s": (1e12, 5e12),
    "hardware.tdp_w": (300.0, 900.0),
    "calibration.step_s": (1e-4, 1e-3),
}
MODELS = ("llama-3.1-8b", "deepseek-v3", "jamba-v0.1", "gpt-oss-120b")
CHIPS = ("h100-sxm", "mi300x", "b200")


def cases(**sections):
    return [
        validate({"model": {"id": model}, "hardware": {"accelerator": chip, "count": 8}, **sections})
        for model in MODELS
        for chip in CHIPS
    ]


def drawn(spans, count, seed=0):
    rng = np.random.default_rng(seed)
    return {key: np.round(rng.uniform(low, high, count), 3) for key, (low, high) in spans.items()}


def one_by_one(scenarios, values, owner, names=CONTRACT):
    return evaluate(
        [with_values(scenarios[o], {k: float(v[i]) for k, v in values.items()}) for i, o in enumerate(owner)],
        names,
    )


def assert_same(found, expected, names=CONTRACT):
    for name in names:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-11, atol=0, err_msg=name)


@pytest.mark.parametrize("together", [1, 10**9], ids=["by case", "mixed"])
def test_points_are_what_each_scenario_alone_gives(monkeypatch, together):
    monkeypatch.setattr(module, "_TOGETHER", together)
    group = cases()
    values = drawn(SPANS, 60)
    values["workload.batch"] = np.floor(values["workload.batch"])
    owner = np.random.default_rng(1).integers(0, len(group), 60)
    found = Points(group, SPANS).evaluate(CONTRACT, values, owner, chunk=16)
    assert_same(found, one_by_one(group, values, owner))


@pytest.mark.parametrize("together", [1, 10**9], ids=["by case", "mixed"])
def test_batch_layout_and_replicas_are_planned_at_each_point(monkeypatch, together):
    monkeypatch.setattr(module, "_TOGETHER", together)
    group = cases(slo={"tpot_s": 0.05})
    spans = {key: span for key, span in SPANS.items() if key not in ("workload.batch", "hardware.tdp_w")}
    values = drawn(spans, 40)
    owner = np.random.default_rng(2).integers(0, len(group), 40)
    found = Points(group, spans).evaluate(CONTRACT, values, owner)
    assert_same(found, one_by_one(group, values, owner))


def test_what_is_planned_can_be_held_at_the_scenarios_own_numbers():
    scenario = with_values(load_scenario("llama-3.1-70b-h100"), {"workload.batch": None, "slo.tpot_s": 0.05})
    price = {"economics.usd_per_accelerator_hour": np.array([1.0, 2.0, 4.0])}
    length = {"workload.input_tokens": np.array([1000.0, 4000.0, 9000.0])}
    held = Points([scenario], {"workload.input_tokens": (1000.0, 9000.0)})
    batch = held.evaluate(["batch"], length, held=True)["batch"]
    assert batch[0] > 1
    assert np.isnan(batch[1:]).all()  # what is held does not fit with longer prompts
    assert np.ptp(held.evaluate(["batch"], length)["batch"]) > 0
    cost = Points([scenario], {"economics.usd_per_accelerator_hour": (1.0, 4.0)})
    found = cost.evaluate(["usd_per_million_output_tokens"], price, held=True)
    np.testing.assert_allclose(
        found["usd_per_million_output_tokens"] / [1, 2, 4], found["usd_per_million_output_tokens"][0]
    )


def test_an_input_of_the_graph_can_be_set_beside_the_numbers():
    scenario = load_scenario("llama-3.1-70b-h100")
    found = Points([scenario], {}).evaluate(
        ["tpot_s"], {}, inputs={"calibration_decode_time_factor": np.array([1.0, 2.0])}, held=True
    )
    assert found["tpot_s"][1] > 1.5 * found["tpot_s"][0]


def test_a_pin_varies_like_any_number():
    scenario = load_scenario("llama-3.1-70b-h100")
    found = Points([scenario], {"pins.tpot_s": (0.01, 0.05)}).evaluate(
        ["tpot_s", "output_tok_s_per_user"], {"pins.tpot_s": np.array([0.01, 0.05])}
    )
    np.testing.assert_allclose(found["output_tok_s_per_user"], [100.0, 20.0])


def test_keys_that_move_no_input_along_a_line_are_told_apart():
    scenario = load_scenario("llama-3.1-70b-h100")
    spans = {
        "workload.batch": (1.0, 64.0),
        "workload.users": (1e3, 1e6),
        "workload.queries_per_user_per_day": (1.0, 9.0),
        "hardware.count": (4.0, 8.0),
        "hardware.scaleup_domain": (4.0, 8.0),
        "model.layers": (40.0, 80.0),
    }
    plain = with_values(scenario, {"workload.requests_per_s": None, "hardware.tensor_parallel": None})
    both = with_values(plain, {"workload.users": 1e4, "workload.queries_per_user_per_day": 2})
    assert number_keys(both, spans) == ("workload.batch",)


def test_a_case_that_cannot_be_leaves_its_points_without_numbers():
    good = validate({"model": {"id": "llama-3.1-8b"}})
    bad = validate({"model": {"id": "llama-3.1-8b"}, "hardware": {"count": 7, "tensor_parallel": 2}})
    points = Points([bad, good], {"workload.batch": (1.0, 8.0)})
    assert set(points.refused) == {0}
    found = points.evaluate(["tpot_s"], {"workload.batch": np.array([2.0, 2.0])}, np.array([0, 1]))
    assert np.isfinite(found["tpot_s"][1])
    assert np.isnan(found["tpot_s"][0])


def test_a_value_out_of_bounds_is_refused():
    with pytest.raises(ScenarioError, match="must be at least 1"):
        Points([load_scenario("llama-3.1-70b-h100")], {"workload.batch": (0.0, 8.0)})
