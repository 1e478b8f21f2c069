"""What must hold for every legal scenario: limits, conservation, and which way results move."""

import numpy as np
import pytest

from inferscope.core import catalog
from inferscope.core.bind import bind
from inferscope.core.catalog.mixers import layer_letters
from inferscope.core.evaluate import BESIDE, CONTRACT, evaluate, evaluate_bound
from inferscope.core.graph import REGISTRY
from inferscope.core.quantities.functions import attended_tokens, distinct_experts
from inferscope.core.scenario.files import load_values

OUTPUTS = (*CONTRACT, *BESIDE)
CLOSE = 1e-9
RATES = ("bf16", "linear", "expert")


def run(bound, *names):
    found = evaluate_bound(bound, names)
    return [found[name] for name in names]


def scaled(bound, names, factor):
    """The same rows with some inputs, and those of the prefill pool, multiplied."""
    changes = {name: bound.inputs[name] * factor for name in names}
    for name in names:
        pool = f"prefill_{name}"
        if pool in bound.inputs:
            changes[pool] = bound.inputs[pool] * factor
    return bound.with_inputs(changes)


def assert_at_most(values, limits, slack=CLOSE):
    known = ~np.isnan(values) & ~np.isnan(limits)
    assert known.sum() > 1000
    above = known & (values > limits * (1 + slack) + 1e-300)
    rows = np.flatnonzero(above)
    worst = rows[np.argmax(values[rows] / limits[rows])] if len(rows) else -1
    assert not len(rows), f"row {worst}: {values[worst]} > {limits[worst]}; {len(rows)} rows"


def assert_equal_where_known(left, right, rtol=CLOSE):
    known = ~np.isnan(left)
    assert known.sum() > 1000
    np.testing.assert_allclose(left[known], right[known], rtol=rtol)


def without_demand(bound):
    """The same rows at the stated utilisation: a fleet's rent does not follow the work."""
    return bound.with_inputs({"workload_requests_per_s": np.full(bound.rows, np.nan)})


# --- the field itself ----------------------------------------------------------------------------


def test_the_field_covers_every_mixer_chip_and_option(field):
    (tpot,) = run(field, "tpot_s")
    known = ~np.isnan(tpot)
    assert field.rows >= 10_000
    assert known.sum() > 0.4 * field.rows
    served = [field.resolved[row] for row in np.flatnonzero(known)]
    architectures = [catalog.model(name).architecture for name in {r.model.id for r in served}]
    letters = {x for arch in architectures for x in layer_letters(arch["mixer"], arch["layers"])}
    assert letters == set("FSCAXLMNZPHW")
    assert len({r.accelerator.id for r in served}) >= 30
    for key in ("weight_format", "kv_format", "activation_format"):
        assert len({r.texts[key] for r in served}) >= 3
    for name in (
        *("hardware_disaggregated", "optimizations_draft_tokens", "optimizations_two_batch_overlap"),
        *("hardware_data_parallel", "hardware_pipeline_parallel", "hardware_tensor_parallel"),
        *("optimizations_prefix_cache_hit_rate", "workload_reasoning_tokens"),
    ):
        assert len(np.unique(np.broadcast_to(field.inputs[name], (field.rows,))[known])) >= 2
    generated = field.inputs["workload_output_tokens"] + field.inputs["workload_reasoning_tokens"]
    assert (generated[known] == 1).any()
    assert (field.inputs["optimizations_prefix_cache_hit_rate"][known] == 1).any()


# --- limits --------------------------------------------------------------------------------------


def test_no_throughput_passes_its_bound(field):
    for bound in ("bound_output_tok_s", "bound_output_tok_s_any_batch"):
        assert_at_most(*run(field, "output_tok_s", bound))


def test_no_token_comes_faster_than_its_bound(field):
    assert_at_most(*run(field, "bound_tpot_s", "tpot_s"))


def test_no_first_token_comes_faster_than_its_bound(field):
    assert_at_most(*run(field, "bound_ttft_s", "ttft_s"))


@pytest.mark.parametrize("cached", [0.0, 1.0])
@pytest.mark.parametrize(("prompt", "output"), [(0.0, 1.0), (1.0, 1.0), (0.0, 2.0), (3000.0, 1.0)])
def test_the_bounds_hold_for_the_smallest_queries_in_the_largest_batch(field, prompt, output, cached):
    def every(value):
        return np.full(field.rows, value)

    small = field.with_inputs(
        {
            "workload_input_tokens": every(prompt),
            "workload_output_tokens": every(output),
            "workload_reasoning_tokens": every(0.0),
            "optimizations_prefix_cache_hit_rate": every(cached),
        }
    )
    (most,) = run(small, "max_batch")
    small = small.with_inputs({"workload_batch": np.minimum(most, 2.0**20)})
    assert_at_most(*run(small, "output_tok_s", "bound_output_tok_s"))
    assert_at_most(*run(small, "bound_tpot_s", "tpot_s"))
    assert_at_most(*run(small, "bound_ttft_s", "ttft_s"))


@pytest.mark.parametrize("name", ["mfu", "mbu"])
def test_no_share_of_peak_passes_one(field, name):
    (share,) = run(field, name)
    assert_at_most(share, np.ones_like(share))
    assert np.nanmin(share) >= 0


def test_a_batch_that_fits_leaves_memory_over(field):
    used, batch, most = run(field, "memory_used_fraction", "batch", "max_batch")
    fits = ~np.isnan(batch)
    assert (used[fits] <= 1).all()
    assert (batch[fits] <= most[fits]).all()
    assert np.isnan(run(field, "tpot_s")[0][~fits]).all()


def test_shares_and_bounded_quantities_stay_in_range(field):
    low_high = {
        "prefill_cost_share": (0, 1),
        "quality_recovery": (0, 1),
        "inference_share_of_lifetime_flop": (0, 1),
    }
    for name, (low, high) in low_high.items():
        (values,) = run(field, name)
        known = values[~np.isnan(values)]
        assert len(known) > 1000, name
        assert known.min() >= low - CLOSE, name
        assert known.max() <= high + CLOSE, name


def test_no_quantity_is_negative(field):
    results = evaluate_bound(field, OUTPUTS)
    for name in OUTPUTS:
        values = results[name][~np.isnan(results[name])]
        assert len(values), name
        assert values.min() >= 0, name
        if name not in ("bound_output_tok_s", "prefill_tok_s"):
            assert np.isfinite(values).all(), name


# --- conservation --------------------------------------------------------------------------------


def test_time_is_conserved(field):
    e2e, ttft, tpot, tokens = run(field, "e2e_latency_s", "ttft_s", "tpot_s", "generated_tokens")
    assert_equal_where_known(e2e, ttft + (tokens - 1) * tpot)


def test_each_prompt_is_paid_for_once(field):
    """A query's life is its own prompt, its decode steps, and each other prompt once."""
    names = ("e2e_latency_s", "prefill_latency_s", "other_prompts_s", "decode_step_s", "tokens_per_step")
    e2e, own, others, step, gained = run(field, *names)
    (tokens,) = run(field, "generated_tokens")
    assert_equal_where_known(e2e, own + others + (tokens - 1) * step / gained)


def test_littles_law_holds_in_a_replica(field):
    rate, batch, e2e, step, tokens = run(
        field, "replica_requests_per_s", "batch", "e2e_latency_s", "tpot_s", "generated_tokens"
    )
    apart = np.broadcast_to(field.inputs["hardware_disaggregated"], (field.rows,)) > 0
    held = np.where(apart, np.maximum(tokens - 1, 1) * step, e2e)
    assert_equal_where_known(rate * held, batch)


def test_accelerator_time_is_shared_out_without_rest(field):
    decode, prefill, rate, count = run(
        field,
        "decode_accelerator_s",
        "prefill_accelerator_s",
        "replica_requests_per_s",
        "accelerators_per_replica",
    )
    assert_equal_where_known((decode + prefill) * rate, count, 1e-6)


def test_money_of_input_and_output_is_the_money_of_the_query(field):
    names = (
        "usd_per_million_input_tokens",
        "usd_per_million_output_tokens",
        "usd_per_query",
        "generated_tokens",
    )
    per_input, per_output, whole, tokens = run(field, *names)
    paid = (per_input * field.inputs["workload_input_tokens"] + per_output * tokens) / 1e6
    assert_equal_where_known(paid, whole)


# --- which way ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        ["hardware_memory_bandwidth_bytes_per_s"],
        [f"hardware_{rate}_flop_per_s" for rate in RATES],
        ["hardware_scaleup_bytes_per_s"],
        ["hardware_scaleout_bytes_per_s"],
    ],
    ids=["memory bandwidth", "peak", "scale-up", "scale-out"],
)
@pytest.mark.parametrize("factor", [1.001, 1.5, 100.0])
def test_a_faster_machine_is_never_slower(field, names, factor):
    outputs = ("tpot_s", "ttft_s", "output_tok_s")
    before, after = run(field, *outputs), run(scaled(field, names, factor), *outputs)
    assert_at_most(after[0], before[0], 1e-12)
    assert_at_most(after[1], before[1], 1e-12)
    assert_at_most(before[2], after[2], 1e-12)
    moved = ~np.isclose(after[2], before[2], rtol=1e-6, equal_nan=True)
    assert moved.sum() > 100


def test_more_memory_never_holds_fewer_sequences(field):
    before, after = (run(b, "max_batch")[0] for b in (field, scaled(field, ["hardware_memory_bytes"], 1.2)))
    assert_at_most(before, after, 0)
    assert (after > before).sum() > 1000


def test_twice_the_price_is_twice_the_cost(field):
    names = ("usd_per_query", "usd_per_day", "usd_per_million_input_tokens", "usd_per_million_output_tokens")
    before = run(field, *names)
    after = run(scaled(field, ["economics_usd_per_accelerator_hour"], 2.0), *names)
    for name, old, new in zip(names, before, after, strict=True):
        assert (~np.isnan(old)).sum() > 1000, name
        np.testing.assert_allclose(new, 2 * old, rtol=CLOSE, err_msg=name)


@pytest.mark.parametrize("step", ["next", "half as many again"])
def test_times_rise_with_the_batch(field, step):
    most, batch = run(field, "max_batch", "batch")
    larger = batch + 1 if step == "next" else np.ceil(1.5 * batch)
    larger = np.minimum(larger, most)
    outputs = ("tpot_s", "ttft_s")
    before = run(field.with_inputs({"workload_batch": batch}), *outputs)
    after = run(field.with_inputs({"workload_batch": larger}), *outputs)
    for old, new in zip(before, after, strict=True):
        assert_at_most(old, new, 1e-12)
        assert (new > old).sum() > 1000


@pytest.mark.parametrize(
    ("name", "outputs"),
    [
        ("workload_input_tokens", ("ttft_s", "tpot_s", "flop_per_query", "wh_per_query")),
        ("workload_output_tokens", ("e2e_latency_s", "flop_per_query")),
        ("optimizations_expert_imbalance", ("ttft_s", "tpot_s")),
        ("calibration_decode_time_factor", ("tpot_s", "usd_per_query", "wh_per_query")),
        ("calibration_prefill_time_factor", ("ttft_s", "usd_per_query", "wh_per_query")),
        ("calibration_power_factor", ("wh_per_query", "gco2e_per_query", "facility_mw")),
        ("site_pue", ("wh_per_query",)),
        ("site_grid_gco2e_per_kwh", ("gco2e_per_query",)),
    ],
)
def test_more_of_it_is_never_less(field, name, outputs):
    """At the batch of the row, as far as the memory still holds it."""
    given = without_demand(field)
    more = given.with_inputs({name: given.inputs[name] * 1.25})
    for output in outputs:
        (before,), (after,) = run(given, output), run(more, output)
        assert_at_most(before, np.where(np.isnan(before), np.nan, after), 1e-12)
        assert (after > before).sum() > 100


def test_a_cached_prompt_is_never_slower(field):
    rate = field.inputs["optimizations_prefix_cache_hit_rate"]
    more = field.with_inputs({"optimizations_prefix_cache_hit_rate": rate + 0.3 * (1 - rate)})
    for output in ("ttft_s", "tpot_s", "usd_per_query"):
        (before,), (after,) = run(field, output), run(more, output)
        assert_at_most(after, before, 1e-12)
        assert (after < before).sum() > 1000


def test_an_accepted_draft_never_hurts(field):
    off = field.with_inputs({"optimizations_draft_acceptance": np.zeros(field.rows)})
    on = field.with_inputs({"optimizations_draft_acceptance": np.full(field.rows, 0.8)})
    (before,), (after,) = run(off, "tpot_s"), run(on, "tpot_s")
    assert_at_most(after, before, 1e-12)
    assert (after < before).sum() > 500


# --- the same answer, however it is asked ----------------------------------------------------------


def test_chunks_do_not_change_results(field):
    some = field.take(np.arange(0, field.rows, 4))
    whole, parts = (evaluate_bound(some, OUTPUTS, chunk=chunk) for chunk in (10**9, 97))
    for name in OUTPUTS:
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-12, err_msg=name)


def test_a_row_does_not_depend_on_its_neighbours(field):
    rows = np.arange(0, field.rows, 331)
    whole = evaluate_bound(field, OUTPUTS)
    for row in rows:
        alone = evaluate_bound(field.take([row]), OUTPUTS)
        for name in OUTPUTS:
            np.testing.assert_allclose(alone[name], whole[name][[row]], rtol=1e-12, err_msg=name)


def test_a_subset_of_outputs_has_the_same_values(field):
    whole = evaluate_bound(field, OUTPUTS)
    for name in OUTPUTS:
        (alone,) = run(field, name)
        np.testing.assert_array_equal(alone, whole[name], err_msg=name)


MIXED = [
    {"model": {"id": model}, "hardware": hardware, "workload": workload, "slo": slo}
    for model, hardware, workload, slo in (
        ("llama-3.1-8b", {"accelerator": "h100-sxm"}, {}, {}),
        ("llama-3.1-70b", {"accelerator": "h100-sxm"}, {"requests_per_s": 40}, {"tpot_s": 0.03}),
        ("deepseek-v3", {"accelerator": "h200-sxm"}, {"input_tokens": 4000}, {"tpot_s": 0.05}),
        ("deepseek-v3", {"accelerator": "h800-sxm", "prefill": {"count": 32}}, {}, {"ttft_s": 4}),
        ("gpt-oss-120b", {"accelerator": "mi300x", "count": 2}, {"reasoning_tokens": 4000}, {}),
        ("llama-3.1-405b", {"accelerator": "l4", "count": 1}, {}, {}),
        ("qwen3-30b-a3b", {"accelerator": "rtx-4090"}, {"output_tokens": 1}, {"ttft_s": 0.3}),
        ("gpt-4", {"accelerator": "h100-sxm"}, {}, {}),
        ("llama-3.1-8b", {"accelerator": "mi308x"}, {}, {}),
        ("gemma-3-27b", {"accelerator": "tpu-v6e", "count": 4}, {"batch": 7}, {}),
        ("llama-3.1-8b", {"accelerator": "h100-sxm"}, {"batch": 100_000}, {}),
        ("jamba-v0.1", {"accelerator": "a100-sxm-80", "count": 16}, {"requests_per_s": 5}, {}),
    )
]


def test_many_scenarios_at_once_are_the_same_as_one_by_one():
    scenarios = [load_values(tables) for tables in MIXED]
    together = evaluate(scenarios, OUTPUTS)
    for row, scenario in enumerate(scenarios):
        alone = evaluate(scenario, OUTPUTS)
        for name in OUTPUTS:
            np.testing.assert_allclose(
                alone[name], together[name][[row]], rtol=1e-12, err_msg=f"{name} of {MIXED[row]}"
            )
            assert alone.why(name, 0) == together.why(name, row)


def test_a_grid_over_one_scenario_is_the_same_as_its_scenarios():
    batches = [1, 2, 16, 300]
    tables = {"hardware": {"accelerator": "h100-sxm", "count": 1}}
    one = bind([load_values({**tables, "workload": {"batch": 1}})])
    one = one.with_inputs({f"hardware_{n}_parallel": np.ones(1) for n in ("tensor", "pipeline", "data")})
    one = one.with_inputs({"hardware_replicas": np.ones(1)})
    grid = evaluate_bound(one.with_inputs({"workload_batch": np.array(batches, float)}), OUTPUTS)
    many = evaluate([load_values({**tables, "workload": {"batch": b}}) for b in batches], OUTPUTS)
    for name in OUTPUTS:
        np.testing.assert_allclose(grid[name], many[name], rtol=1e-12, err_msg=name)


# --- shared functions ------------------------------------------------------------------------------


def test_attended_tokens_is_the_integral_it_says():
    rng = np.random.default_rng(7)
    for _ in range(200):
        start, length, cap = rng.uniform(0, 1000), rng.uniform(0, 1000), rng.uniform(1, 1500)
        middles = start + length * (np.arange(200_000) + 0.5) / 200_000
        expected = np.minimum(middles, cap).mean() * length
        found = attended_tokens(*(np.array([v]) for v in (start, start + length, cap)))[0]
        assert found == pytest.approx(expected, rel=1e-8)


def test_distinct_experts_agree_with_drawing_them():
    rng = np.random.default_rng(8)
    for experts, each, tokens in ((8, 2, 4), (64, 6, 10), (256, 8, 32)):
        drawn = [
            len(np.unique([rng.choice(experts, each, replace=False) for _ in range(tokens)]))
            for _ in range(2000)
        ]
        found = distinct_experts(*(np.array([float(v)]) for v in (experts, each, tokens)))[0]
        assert found == pytest.approx(np.mean(drawn), rel=0.02)


def test_every_quantity_of_the_report_is_registered():
    assert set(OUTPUTS) <= set(REGISTRY.quantities)
    assert len(OUTPUTS) == len(set(OUTPUTS))
