"""What is left open is chosen as trying every possibility would choose it."""

import math

import numpy as np
import pytest

from inferscope.core import plan as planning
from inferscope.core.bind import bind
from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import evaluate, evaluate_bound
from inferscope.core.leaves import resolve
from inferscope.core.plan import best_batch, layouts, plan, planned_sentence
from inferscope.core.scenario.files import load_values

LARGEST_TRIED = 1500
DEGREES = ("tensor_parallel", "pipeline_parallel", "data_parallel")


def brute_force(bound):
    """The largest batch within memory and limits, found by trying them all; NaN where none is."""
    found = []
    for row in range(bound.rows):
        one = bound.take([row])
        most = evaluate_bound(one.with_inputs({"workload_batch": np.ones(1)}), ["max_batch"])["max_batch"][0]
        if math.isnan(most) or most < 1:
            found.append(math.nan if math.isnan(most) else 1.0)
            continue
        tried = np.arange(1.0, most + 1.0)
        grid = bound.take(np.full(len(tried), row)).with_inputs({"workload_batch": tried})
        times = evaluate_bound(grid, ["tpot_s", "ttft_s"])
        good = np.ones(len(tried), dtype=bool)
        for name in ("tpot_s", "ttft_s"):
            limit = grid.inputs[f"slo_{name}"]
            good &= np.isnan(limit) | (times[name] <= limit)
            good &= ~np.isnan(times[name])
        found.append(tried[good].max() if good.any() else math.nan)
    return np.array(found)


@pytest.fixture(scope="module")
def limited(field):
    """Rows with few enough candidates to try them all, and limits that some of them keep."""
    rng = np.random.default_rng(5)
    most = evaluate_bound(field, ["max_batch"])["max_batch"]
    rows = np.flatnonzero((most >= 1) & (most <= LARGEST_TRIED))
    rows = rng.choice(rows, 240, replace=False)
    bound = field.take([*rows, *np.flatnonzero(most == 0)[:5], *np.flatnonzero(np.isnan(most))[:5]])
    somewhere = np.floor(1 + most[rows] * rng.random(len(rows)))
    somewhere = np.minimum(np.concatenate([somewhere, np.ones(bound.rows - len(rows))]), LARGEST_TRIED)
    times = evaluate_bound(bound.with_inputs({"workload_batch": somewhere}), ["tpot_s", "ttft_s"])
    # A limit exactly on a batch's time is kept; a hair below it, it is not; some cannot be kept.
    factor = rng.choice([1.0, 1.0 - 1e-9, 1.001, 0.2, 10.0], bound.rows)
    kind = rng.integers(0, 4, bound.rows)
    return bound.with_inputs(
        {
            "slo_tpot_s": np.where(kind == 0, np.nan, times["tpot_s"] * factor),
            "slo_ttft_s": np.where(kind == 1, np.nan, times["ttft_s"] * factor),
        }
    )


@pytest.fixture(scope="module")
def by_trying(limited):
    return brute_force(limited)


def test_the_limits_bind_in_every_way(limited, by_trying):
    most = evaluate_bound(limited, ["max_batch"])["max_batch"]
    assert np.isnan(by_trying).sum() > 10
    assert (by_trying == most).sum() > 10
    assert ((by_trying > 1) & (by_trying < most)).sum() > 50


def test_many_rows_get_the_batch_that_trying_all_finds(limited, by_trying):
    assert limited.rows > planning._FEW
    np.testing.assert_array_equal(best_batch(limited)[0], by_trying)


@pytest.mark.parametrize("together", [1, 3, planning._FEW])
def test_few_rows_get_the_batch_that_trying_all_finds(limited, by_trying, together):
    for start in range(0, limited.rows, together * 4):
        rows = np.arange(start, min(start + together, limited.rows))
        np.testing.assert_array_equal(best_batch(limited.take(rows))[0], by_trying[rows])


def test_a_huge_memory_does_not_make_the_search_long(monkeypatch):
    runs, meets = [], planning._meets

    def counted(values, batch):
        runs.append(batch)
        return meets(values, batch)

    monkeypatch.setattr(planning, "_meets", counted)
    scenario = load_values(
        {
            "hardware": {"count": 8, "tensor_parallel": 8, "pipeline_parallel": 1, "data_parallel": 1},
            "workload": {"input_tokens": 1, "output_tokens": 1},
            "slo": {"tpot_s": 0.03},
        }
    )
    batch = best_batch(bind([scenario]))[0][0]
    assert 1 < batch < planning.MAX_BATCH
    assert 1 <= len(runs) < 8


def test_the_batch_says_what_one_more_would_break():
    tables = {"model": {"id": "llama-3.1-70b"}, "hardware": {"accelerator": "h100-sxm", "count": 8}}
    scenario = load_values({**tables, "slo": {"tpot_s": 0.03}})
    result = evaluate(scenario)
    batch = result["batch"][0]
    assert result["tpot_s"][0] <= 0.03
    more = evaluate(load_values({**tables, "workload": {"batch": batch + 1}}))
    assert more["tpot_s"][0] > 0.03
    text = planned_sentence(result.bound, "workload_batch")
    assert text.startswith(f"batch {batch:g}: tpot ")
    assert f"{batch + 1:g} gives " in text
    assert text.endswith("> 30 ms (SLO)")


def test_a_batch_that_memory_ends_says_so():
    result = evaluate(load_values({"hardware": {"accelerator": "l4", "count": 1}}))
    batch = result["batch"][0]
    assert result["max_batch"][0] == batch
    text = planned_sentence(result.bound, "workload_batch")
    assert text == f"batch {batch:g}: memory holds {batch:g} sequences"


def test_a_given_batch_is_kept():
    scenarios = [load_values({"workload": {"batch": b}, "hardware": {"count": 1}}) for b in (3, 17.5)]
    assert evaluate([*scenarios, load_values({})])["batch"][:2].tolist() == [3, 17.5]


# --- layouts --------------------------------------------------------------------------------------


OPEN = [
    {"model": {"id": model}, "hardware": {"accelerator": chip, **given}, "slo": slo}
    for model, chip, given, slo in (
        ("llama-3.1-8b", "h100-sxm", {}, {}),
        ("llama-3.1-70b", "h100-sxm", {}, {"tpot_s": 0.02}),
        ("llama-3.1-405b", "h100-sxm", {}, {}),
        ("llama-3.1-405b", "h100-sxm", {"count": 16}, {}),
        ("llama-3.1-70b", "l40s", {}, {}),
        ("llama-3.1-8b", "l4", {"tensor_parallel": 1}, {}),
        ("deepseek-v3", "h200-sxm", {}, {"tpot_s": 0.05}),
        ("deepseek-v3", "h200-sxm", {"count": 16}, {"tpot_s": 0.05}),
        ("deepseek-v3", "gb200", {"count": 72}, {}),
        ("deepseek-v3", "h800-sxm", {"data_parallel": 16}, {"ttft_s": 5}),
        ("kimi-k2", "mi355x", {"pipeline_parallel": 2}, {}),
        ("qwen3-235b-a22b", "h100-sxm", {"count": 12}, {}),
        ("gpt-oss-120b", "mi300x", {"count": 6, "tensor_parallel": 2}, {}),
        ("mixtral-8x7b", "tpu-v6e", {}, {}),
        ("gemma-3-27b", "trainium2", {"count": 3}, {}),
        ("jamba-v0.1", "rtx-4090", {}, {}),
    )
]


def degrees(result, row=0):
    def at(name):
        values = result.bound.inputs[f"hardware_{name}"]
        return float(values[row if len(values) == result.bound.rows else 0])

    return at("count"), *(at(name) for name in DEGREES)


@pytest.mark.parametrize("tables", OPEN, ids=lambda t: f"{t['model']['id']} {t['hardware']}")
def test_a_chosen_layout_is_legal_and_the_best_of_the_legal_ones(tables):
    scenario = load_values(tables)
    resolved = resolve(scenario)
    result = evaluate(scenario)
    count, tensor, pipeline, data = degrees(result)
    assert count == tensor * pipeline * data
    assert all(degree == int(degree) >= 1 for degree in (count, tensor, pipeline, data))
    domain = resolved.leaves["hardware_scaleup_domain"].value
    given = tables["hardware"]
    assert tensor <= max(domain, 1) or "tensor_parallel" in given
    if resolved.leaves["model_experts"].value <= 1:
        assert data == 1
    chosen = dict(zip(("count", *DEGREES), (count, tensor, pipeline, data), strict=True))
    assert {key: chosen[key] for key in given if key in chosen} == {
        k: v for k, v in given.items() if k in chosen
    }

    options = layouts(resolve(scenario))
    assert (count, tensor, pipeline, data) in options
    others = [
        load_values({**tables, "hardware": {**given, **dict(zip(("count", *DEGREES), option, strict=True))}})
        for option in options
    ]
    scores = evaluate(others)["output_tok_s_per_accelerator"]
    if np.isnan(scores).all():
        assert np.isnan(result["output_tok_s_per_accelerator"][0])
    else:
        assert result["output_tok_s_per_accelerator"][0] == pytest.approx(np.nanmax(scores), rel=1e-12)
        best = [option for option, score in zip(options, scores, strict=True) if score >= np.nanmax(scores)]
        assert (count, tensor, pipeline, data) == min(best)


def test_some_layout_of_every_kind_is_chosen():
    results = [degrees(evaluate(load_values(tables))) for tables in OPEN]
    counts, tensors, pipelines, datas = (set(column) for column in zip(*results, strict=True))
    assert len(counts) > 3
    assert len(tensors) > 2
    assert max(pipelines) > 1
    assert max(datas) > 1


@pytest.mark.parametrize(
    "hardware",
    [
        {"count": 8, "tensor_parallel": 3},
        {"count": 8, "tensor_parallel": 4, "pipeline_parallel": 4},
        {"count": 8, "tensor_parallel": 4, "pipeline_parallel": 1, "data_parallel": 1},
        {"count": 6, "data_parallel": 4},
    ],
)
def test_a_layout_that_cannot_be_is_refused(hardware):
    with pytest.raises(ScenarioError) as caught:
        evaluate(load_values({"model": {"id": "deepseek-v3"}, "hardware": hardware}))
    assert caught.value.key == "hardware.count"
    assert "\n" not in str(caught.value)


# --- replicas -------------------------------------------------------------------------------------


@pytest.mark.parametrize("demand", [0.1, 30, 5_000])
def test_the_planned_replicas_carry_the_peak_and_one_less_would_not(demand):
    scenario = load_values(
        {
            "workload": {"requests_per_s": demand, "peak_to_mean": 1.7},
            "slo": {"max_load_utilization": 0.7},
            "hardware": {"count": 1},
        }
    )
    result = evaluate(scenario, ["replicas_needed", "replica_requests_per_s", "load_utilization"])
    replicas = result.bound.inputs["hardware_replicas"][0]
    each = result["replica_requests_per_s"][0]
    assert replicas == result["replicas_needed"][0]
    assert replicas * each * 0.7 >= demand * 1.7 * (1 - 1e-9)
    assert replicas == 1 or (replicas - 1) * each * 0.7 < demand * 1.7
    assert result["load_utilization"][0] <= 0.7 / 1.7 * (1 + 1e-9)


def test_without_demand_there_is_one_replica():
    assert evaluate(load_values({})).bound.inputs["hardware_replicas"] == [1.0]


def test_planning_again_changes_nothing():
    scenarios = [load_values({**tables, "workload": {"requests_per_s": 50}}) for tables in OPEN]
    once = plan(bind(scenarios))
    twice = plan(once)
    for name in ("workload_batch", "hardware_replicas", "hardware_count"):
        np.testing.assert_array_equal(twice.inputs[name], once.inputs[name])


def test_planning_leaves_what_was_bound_as_it_was():
    scenario = load_values({"model": {"id": "llama-3.1-70b"}, "slo": {"tpot_s": 0.02}})
    bound = bind([scenario])
    first = plan(bound)
    assert np.isnan(bound.inputs["workload_batch"]).all()
    looser = plan(bound.with_inputs({"slo_tpot_s": np.array([0.2])}))
    direct = plan(bind([load_values({"model": {"id": "llama-3.1-70b"}, "slo": {"tpot_s": 0.2}})]))
    assert looser.inputs["workload_batch"] == direct.inputs["workload_batch"]
    assert looser.inputs["hardware_count"] == direct.inputs["hardware_count"]
    assert first.inputs["workload_batch"] != looser.inputs["workload_batch"]
