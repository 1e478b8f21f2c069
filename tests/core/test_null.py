"""A number that is absent always says why, and what would settle it."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inferscope.core import catalog
from inferscope.core.evaluate import BESIDE, CONTRACT, evaluate
from inferscope.core.scenario.files import load_values
from inferscope.core.scenario.schema import PrefillPool, Scenario

OUTPUTS = (*CONTRACT, *BESIDE)
REASONS = {"does_not_fit", "slo_unreachable", "needs_input", "unsupported", "unknown", "not_in_this_version"}


def reasons(tables):
    result = evaluate(load_values(tables), OUTPUTS)
    return {name: result.why(name) for name in OUTPUTS if math.isnan(result[name][0])}


def kind(text):
    return text.partition(":")[0]


def is_a_key(dotted):
    sections = {name: field.annotation for name, field in Scenario.model_fields.items()}
    sections["hardware.prefill"] = PrefillPool
    overridable = {
        "model": catalog.MODEL_VALUES,
        "hardware": catalog.ACCELERATOR_VALUES,
        "hardware.prefill": catalog.ACCELERATOR_VALUES,
    }
    section, _, name = dotted.rpartition(".")
    return section in sections and (
        name in sections[section].model_fields or name in overridable.get(section, ())
    )


def check(found):
    for name, text in found.items():
        assert kind(text) in REASONS, (name, text)
        if kind(text) == "needs_input":
            keys = text.partition(": ")[2].removeprefix("any of ").split(", ")
            assert all(is_a_key(key) for key in keys), (name, text)


CHIP, MODEL = "h100-sxm", "llama-3.1-8b"
ABSENT = {
    "closed model": {"model": {"id": "gpt-4"}},
    "closed model with a pool": {"model": {"id": "claude-opus-4"}, "hardware": {"prefill": {"count": 2}}},
    "unknown peak": {"hardware": {"accelerator": "mi308x"}, "economics": {"usd_per_accelerator_hour": 2}},
    "unknown peak, few figures": {"hardware": {"accelerator": "qualcomm-ai200"}},
    "unknown bandwidth": {"hardware": {"accelerator": "cambricon-590"}},
    "unknown peak in the prefill pool": {
        "hardware": {"prefill": {"accelerator": "mi308x", "count": 2, "usd_per_accelerator_hour": 2}}
    },
    "unknown prefill at a given batch": {
        "hardware": {
            "accelerator": "h100-sxm",
            "count": 1,
            "prefill": {"accelerator": "mi308x", "count": 2, "usd_per_accelerator_hour": 2},
        },
        "workload": {"batch": 4},
    },
    "no price": {"hardware": {"accelerator": "h20"}},
    "no price of the prefill pool": {
        "hardware": {"accelerator": "h100-sxm", "prefill": {"accelerator": "h20", "count": 4}}
    },
    "too large": {"model": {"id": "llama-3.1-405b"}, "hardware": {"accelerator": "l4", "count": 1}},
    "batch too large": {"workload": {"batch": 1_000_000}},
    "context too long": {"workload": {"input_tokens": 10_000_000}, "hardware": {"count": 1}},
    "too little memory in the prefill pool": {
        "model": {"id": "llama-3.1-70b"},
        "hardware": {"accelerator": "h200-sxm", "prefill": {"accelerator": "l4", "count": 1}},
    },
    "limit on tokens cannot be kept": {"slo": {"tpot_s": 1e-6}},
    "limit on the first token cannot be kept": {"slo": {"ttft_s": 1e-6}},
    "demand above a given fleet": {
        "hardware": {"replicas": 1, "count": 1},
        "workload": {"requests_per_s": 1e9},
    },
    "absurd demand": {"workload": {"requests_per_s": 1e30}, "hardware": {"replicas": 1}},
    "no demand": {},
    "owned": {"economics": {"basis": "owned"}, "hardware": {"accelerator": "tpu-v5e"}},
    "api": {"economics": {"basis": "api"}, "workload": {"requests_per_s": 3}},
    "format without a rate": {
        "hardware": {"accelerator": "t4"},
        "optimizations": {"weight_format": "fp8", "activation_format": "fp8"},
    },
    "recovery not measured": {
        "optimizations": {"weight_format": "mxfp4", "activation_format": "mxfp4", "kv_format": "int8"}
    },
    "everything cached": {"optimizations": {"prefix_cache_hit_rate": 1}},
    "no prompt": {"workload": {"input_tokens": 0}},
    "across nodes without a network": {
        "model": {"id": "llama-3.1-70b"},
        "hardware": {"accelerator": "max-1550", "count": 16, "tensor_parallel": 16},
    },
    "closed model that cannot fit a limit": {"model": {"id": "gpt-5"}, "slo": {"tpot_s": 0.02}},
    "unknown chip and no demand": {"hardware": {"accelerator": "tpu-8t", "count": 4}},
}


@pytest.mark.parametrize("name", ABSENT)
def test_every_absent_number_says_why(name):
    found = reasons(ABSENT[name])
    assert found
    check(found)


@pytest.mark.parametrize("name", ABSENT)
def test_a_present_number_has_no_reason(name):
    result = evaluate(load_values(ABSENT[name]), OUTPUTS)
    known = [output for output in OUTPUTS if not math.isnan(result[output][0])]
    assert known
    assert not any(result.why(output) for output in known)


@pytest.mark.parametrize(
    ("name", "outputs", "reason"),
    [
        ("closed model", "tpot_s ttft_s usd_per_query fits_memory flop_per_query parameters", "unknown"),
        ("closed model with a pool", "tpot_s ttft_s usd_per_query max_batch wh_per_query", "unknown"),
        ("unknown peak", "tpot_s ttft_s output_tok_s usd_per_query mfu tpp", "unknown"),
        ("unknown peak in the prefill pool", "ttft_s usd_per_query", "unknown"),
        (
            "unknown prefill at a given batch",
            (
                "ttft_s usd_per_query usd_per_million_output_tokens wh_per_query mfu"
                " output_tok_s_per_accelerator"
            ),
            "unknown",
        ),
        ("no price", "usd_per_query usd_per_day usd_per_million_output_tokens", "needs_input"),
        ("no price of the prefill pool", "usd_per_query usd_per_day", "needs_input"),
        ("too large", "tpot_s ttft_s output_tok_s batch usd_per_query wh_per_query", "does_not_fit"),
        ("batch too large", "tpot_s ttft_s output_tok_s batch mbu usd_per_query", "does_not_fit"),
        ("context too long", "tpot_s ttft_s output_tok_s batch", "does_not_fit"),
        ("too little memory in the prefill pool", "tpot_s ttft_s output_tok_s", "does_not_fit"),
        ("limit on tokens cannot be kept", "tpot_s ttft_s batch usd_per_query", "slo_unreachable"),
        ("limit on the first token cannot be kept", "tpot_s ttft_s batch", "slo_unreachable"),
        ("demand above a given fleet", "ttft_p50_s ttft_p99_s", "slo_unreachable"),
        ("absurd demand", "ttft_p50_s ttft_p99_s", "slo_unreachable"),
        ("no demand", "ttft_p99_s load_utilization crossover_days_usd replicas_needed", "needs_input"),
        ("owned", "usd_per_query usd_per_day", "needs_input"),
        ("api", "usd_per_query usd_per_day", "needs_input"),
        ("recovery not measured", "quality_recovery", "unknown"),
        ("no prompt", "usd_per_million_input_tokens", "unsupported"),
        ("across nodes without a network", "tpot_s ttft_s output_tok_s", "unknown"),
    ],
)
def test_the_reason_is_the_right_one(name, outputs, reason):
    found = reasons(ABSENT[name])
    assert {output: kind(found.get(output, "a number")) for output in outputs.split()} == dict.fromkeys(
        outputs.split(), reason
    )


def test_what_an_absence_does_not_touch_is_still_there():
    present = {
        "closed model": "tpp dram_bandwidth_gb_s training_flop effective_training_flop",
        "unknown peak": "fits_memory max_batch flop_per_query dram_bandwidth_gb_s training_flop",
        "no price": "tpot_s ttft_s output_tok_s wh_per_query gco2e_per_query",
        "too large": "fits_memory max_batch memory_used_fraction flop_per_query training_flop",
        "limit on tokens cannot be kept": "fits_memory max_batch memory_used_fraction",
        "no demand": "tpot_s usd_per_query wh_per_query max_requests_per_s training_usd",
        "owned": "tpot_s wh_per_query output_tok_s",
        "demand above a given fleet": "tpot_s ttft_s load_utilization replicas_needed",
        "recovery not measured": "tpot_s usd_per_query",
        "everything cached": "ttft_s prefill_tok_s usd_per_million_input_tokens",
        "no prompt": "ttft_s tpot_s usd_per_query",
    }
    for name, outputs in present.items():
        assert not set(outputs.split()) & set(reasons(ABSENT[name])), name


def test_a_missing_price_names_the_key_that_settles_it():
    for name, key in (
        ("no price", "economics.usd_per_accelerator_hour"),
        ("no price of the prefill pool", "hardware.prefill.usd_per_accelerator_hour"),
    ):
        assert reasons(ABSENT[name])["usd_per_query"] == f"needs_input: {key}"
    tables = {"hardware": {"accelerator": "h20"}, "economics": {"usd_per_accelerator_hour": 1.5}}
    assert "usd_per_query" not in reasons(tables)
    pool = {"accelerator": "h20", "count": 4, "usd_per_accelerator_hour": 1.5}
    assert "usd_per_query" not in reasons({"hardware": {"accelerator": "h100-sxm", "prefill": pool}})


def test_missing_demand_names_the_key_that_settles_it():
    found = reasons({})
    asked = {name for name, text in found.items() if text == "needs_input: workload.requests_per_s"}
    assert {"fleet_output_tok_s", "ttft_p99_s", "replicas_needed", "crossover_days_flop"} <= asked
    assert not asked & set(reasons({"workload": {"requests_per_s": 2}}))


def test_what_does_not_fit_comes_before_what_is_missing():
    both = {"model": {"id": "llama-3.1-405b"}, "hardware": {"accelerator": "l4", "count": 1}}
    assert kind(reasons(both)["usd_per_query"]) == "does_not_fit"
    assert kind(reasons(both)["ttft_p99_s"]) == "does_not_fit"


@pytest.mark.parametrize("limit", ["tpot_s", "ttft_s"])
def test_an_unreachable_limit_says_by_how_much(limit):
    text = reasons({"slo": {limit: 1e-6}})[limit]
    assert text.startswith(f"slo_unreachable: {limit.removesuffix('_s')} is ")
    assert "with one sequence, above" in text


def test_a_stand_in_gives_a_closed_model_numbers():
    tables = {"model": {"id": "gpt-4", "architecture_like": "deepseek-v3"}}
    found = reasons({**tables, "hardware": {"accelerator": "h200-sxm"}})
    assert not {"tpot_s", "ttft_s", "usd_per_query", "wh_per_query"} & set(found)


def test_what_does_not_fit_has_no_cost_and_no_energy_per_query():
    """A fleet that is rented all the same still costs money a day."""
    tables = {
        "model": {"id": "llama-3.1-405b"},
        "hardware": {"accelerator": "h100-sxm", "count": 1, "replicas": 2},
        "workload": {"requests_per_s": 0.01},
    }
    found = reasons(tables)
    wanted = (
        "usd_per_query",
        "usd_per_million_input_tokens",
        "usd_per_million_output_tokens",
        "wh_per_query",
    )
    assert {name: kind(found.get(name, "a number")) for name in wanted} == dict.fromkeys(
        wanted, "does_not_fit"
    )
    assert "usd_per_day" not in found


@pytest.mark.parametrize("demand", [1e-12, 1e30])
def test_no_demand_is_too_small_or_too_large_to_plan_for(demand):
    result = evaluate(load_values({"workload": {"requests_per_s": demand}}), OUTPUTS)
    for name in OUTPUTS:
        assert np.isfinite(result[name][0]), name
    assert result["load_utilization"][0] <= 0.85 * (1 + 1e-9)


NAMES = {kind: catalog.ids(kind) for kind in ("model", "accelerator")}


@st.composite
def scenarios(draw):
    """Any legal scenario, over the whole catalogue."""

    def maybe(strategy):
        return draw(st.one_of(st.none(), strategy))

    number = st.floats(1e-4, 1e4)
    tokens = st.integers(0, 400_000)
    tables = {
        "model": {"id": draw(st.sampled_from(NAMES["model"]))},
        "hardware": {
            "accelerator": draw(st.sampled_from(NAMES["accelerator"])),
            "count": maybe(st.sampled_from([1, 2, 4, 8, 16, 64])),
            "replicas": maybe(st.integers(1, 1000)),
        },
        "optimizations": {
            "weight_format": draw(st.sampled_from(["native", *catalog.formats()])),
            "activation_format": draw(st.sampled_from(["native", *catalog.formats()])),
            "kv_format": draw(st.sampled_from(["bf16", "fp8", "int8"])),
            "prefix_cache_hit_rate": draw(st.sampled_from([0, 0.5, 1])),
        },
        "workload": {
            "input_tokens": draw(tokens),
            "output_tokens": draw(st.integers(1, 100_000)),
            "reasoning_tokens": draw(tokens),
            "batch": maybe(st.integers(1, 10_000)),
            "requests_per_s": maybe(number),
        },
        "slo": {"tpot_s": maybe(number), "ttft_s": maybe(number)},
        "economics": {
            "basis": draw(st.sampled_from(["rental", "rental", "owned", "api"])),
            "rental_term": maybe(st.sampled_from(["on_demand", "reserved", "spot"])),
            "usd_per_accelerator_hour": maybe(number),
        },
        "site": {"region": draw(st.sampled_from(["USA", "CHN", "NOR", "IND"]))},
    }
    if draw(st.booleans()):
        tables["hardware"]["prefill"] = {
            "accelerator": maybe(st.sampled_from(NAMES["accelerator"])),
            "count": draw(st.sampled_from([1, 8, 32])),
        }
        tables["hardware"]["prefill"] = {
            k: v for k, v in tables["hardware"]["prefill"].items() if v is not None
        }
    if draw(st.booleans()):
        method = draw(st.sampled_from(list(catalog.speculative_methods())))
        tables["optimizations"]["speculative"] = {"method": method}
    return {part: {k: v for k, v in keys.items() if v is not None} for part, keys in tables.items()}


@settings(max_examples=200)
@given(scenarios())
def test_any_legal_scenario_has_numbers_or_reasons_and_keeps_its_bounds(tables):
    result = evaluate(load_values(tables), OUTPUTS)
    values = {name: float(result[name][0]) for name in OUTPUTS}
    check({name: result.why(name) for name in OUTPUTS if math.isnan(values[name])})
    for low, high in (
        ("bound_tpot_s", "tpot_s"),
        ("bound_ttft_s", "ttft_s"),
        ("output_tok_s", "bound_output_tok_s"),
    ):
        if not math.isnan(values[low]) and not math.isnan(values[high]):
            assert values[low] <= values[high] * (1 + 1e-9), (low, high)
    for name, limit in (("tpot_s", "tpot_s"), ("ttft_s", "ttft_s")):
        if "batch" not in tables["workload"] and limit in tables["slo"] and not math.isnan(values[name]):
            assert values[name] <= tables["slo"][limit]
    assert np.isinf(list(values.values())).sum() == 0 or values["generated_tokens"] == 1
