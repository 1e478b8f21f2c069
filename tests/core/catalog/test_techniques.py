"""Formats, quality tables, published comparisons and technique defaults."""

import pytest

from inferscope.core import catalog
from inferscope.core.errors import CatalogError


@pytest.mark.parametrize(
    ("name", "bits", "rate", "wider", "activation"),
    [
        ("bf16", 16, "bf16", "", "bf16"),
        ("fp32", 32, "fp32", "", "fp32"),
        ("fp8", 8, "fp8", "bf16", "fp8"),
        ("int8", 8, "int8", "bf16", "int8"),
        ("int4", 4.125, "int4", "int8", "bf16"),
        ("nvfp4", 4.5, "fp4", "fp8", "nvfp4"),
        ("mxfp4", 4.25, "fp4", "fp8", "bf16"),
        ("mxfp8", 8.25, "fp8", "bf16", "fp8"),
        ("q4_k_m", 4.5, "bf16", "", "bf16"),
    ],
)
def test_a_format_by_hand(name, bits, rate, wider, activation):
    found = catalog.format_(name)
    assert found.bits_per_weight.value == bits
    assert (found.rate, found.wider, found.default_activation) == (rate, wider, activation)
    assert found.bits_per_weight.source


def test_there_are_no_other_formats():
    assert set(catalog.formats()) == {
        *("bf16", "fp32", "fp8", "int8", "int4", "nvfp4", "mxfp4", "mxfp8", "q4_k_m")
    }


@pytest.mark.parametrize("found", catalog.formats().values(), ids=lambda found: found.name)
def test_stored_bits_are_element_and_scale(found):
    if found.name == "q4_k_m":
        assert found.bits_per_weight.kind == "choice"
        return
    shared = (found.scale_bits + found.zero_bits) / found.group if found.group else 0
    assert found.bits_per_weight.value == found.element_bits + shared


def test_every_chain_of_wider_formats_ends_at_one_without():
    ends = set()
    for name in catalog.formats():
        chain = [name]
        while wider := catalog.format_(chain[-1]).wider:
            assert wider not in chain
            chain.append(wider)
        ends.add(chain[-1])
    assert ends == {"bf16", "fp32", "q4_k_m"}


@pytest.mark.parametrize(
    ("alias", "name"), [("fp16", "bf16"), ("fp4", "nvfp4"), ("w4a16", "int4"), ("Q4_K_M", "q4_k_m")]
)
def test_formats_have_aliases(alias, name):
    assert catalog.format_(alias).name == name


def test_an_unknown_format_is_answered_with_a_near_one():
    with pytest.raises(CatalogError, match="did you mean fp8"):
        catalog.format_("fp88")


def test_cache_formats():
    bits = {name: found.kv_bits.value for name, found in catalog.formats().items()}
    assert {name: width for name, width in bits.items() if width} == {
        "bf16": 16,
        "fp32": 32,
        "fp8": 8,
        "int8": 8,
        "int4": 4.7,
    }


def test_recovery_by_size():
    rows = catalog.recoveries("int4", "bf16")
    assert [(row.params, row.value.value) for row in rows] == [
        (8e9, 0.961),
        (70e9, 0.974),
        (405e9, 0.998),
    ]
    assert [row.params for row in catalog.recoveries("nvfp4", "fp4")] == [8e9, 671e9]
    assert catalog.recoveries("bf16", "fp16")[0].value.value == 1.0
    assert catalog.recoveries("q4_k_m", "bf16") == ()


def test_cache_recovery():
    assert catalog.kv_recovery("fp8").value == 0.985
    assert catalog.kv_recovery("bf16").value == 1.0
    assert catalog.kv_recovery("int8").state == "unknown"


# What published figures come to: the source's own number where it prints one.
PUBLISHED = {
    "llama-3.1-405b_training_kg_per_kwh": (0.4137, 1e-3),
    "llama-3.1_training_kg_per_kwh": (0.414, 1e-3),
    "int4_awq_speedup_llama-3.1-8b_batch_8": (0.75, 0.005),
    "nvfp4_mmlu_deepseek-r1": (0.9989, 1e-4),
    "nvfp4_math500_deepseek-r1": (0.98742, 1e-4),
    "nvfp4_gpqa_deepseek-r1": (0.99283, 1e-4),
    "nvfp4_rounded_llama-3.1-8b": (0.9379, 1e-4),
    "nvfp4_trained_llama-3.1-8b": (0.96451, 1e-4),
    "fp8_kv_break_even_context_llama-3.1-8b": (7010, 0.01),
    "int4_awq_perplexity_llama-2-7b": (0.02377, 1e-3),
    "int4_awq_perplexity_llama-2-70b": (0.02711, 1e-3),
    "reap_25_gsm8k_qwen3-30b-a3b": (0.9886, 1e-3),
    "reap_25_gsm8k_moonlight-16b-a3b": (0.7977, 1e-3),
    "mtp_draft_overhead_deepseek-v3": (0.0417, 0.01),
    "eagle2_speedup_llama-3.1-8b": (1.54, 0.003),
    "distilling_over_rl_qwen-32b_aime24": (25.6, 1e-6),
    "r1-distill-qwen-32b_aime24": (0.9098, 1e-3),
    "r1-distill-qwen-7b_aime24": (0.6955, 1e-3),
    "deepseek-r1_accelerator_hours": (147_336, 0.005),
    "pruned_qwen3-6b_mmlu": (0.968, 1e-3),
    "pruned_qwen3-6b_tokens": (90e9, 0.03),
    "vote_gain_r1-zero_aime24": (15.7, 1e-6),
    "vote_gain_o1_aime24": (8.9, 1e-6),
    "vote_slope_o1_aime24": (1.483, 1e-3),
    "o3_arc_usd_per_task_semi_private": (20, 0.01),
    "o3_arc_usd_per_task_public": (17, 0.02),
    "o3_arc_token_ratio": (172, 0.005),
    "o3_arc_usd_per_million_tokens": (60.97, 1e-3),
    "o3_arc_tokens_per_sample": (55_000, 1e-6),
    "o3_arc_scaled_usd_per_task": (3461, 1e-3),
    "o3_arc_points_per_decade": (5.28, 1e-3),
    "s1_accelerator_hours": (6.93, 1e-3),
    "exchange_tree_search": (0.625, 1e-9),
    "exchange_scaling_policy": (1.714, 1e-3),
    "llama-3.1_accelerator_hours": (39.3e6, 1e-3),
    "deepseek-v3_accelerator_hours": (2.788e6, 1e-6),
}


@pytest.mark.parametrize(("name", "expected"), PUBLISHED.items())
def test_published_figures_come_to_the_published_result(name, expected):
    result, tolerance = expected
    found = catalog.comparison(name)
    assert found.value == pytest.approx(result, rel=tolerance)
    assert found.source.source


def test_every_comparison_is_checked():
    assert set(catalog.comparisons()) == set(PUBLISHED)
    for found in catalog.comparisons().values():
        assert not found.model or catalog.model(found.model)


def test_training_hours_of_comparisons_are_those_of_the_models():
    hours = catalog.comparison("llama-3.1_accelerator_hours").figures
    for size in ("8b", "70b", "405b"):
        stated = catalog.model(f"llama-3.1-{size}").values["training_accelerator_hours"]
        assert hours[f"llama_{size}"] == stated.value
    deepseek = catalog.model("deepseek-v3").values["training_accelerator_hours"].value
    assert catalog.comparison("deepseek-v3_accelerator_hours").value == deepseek


def test_recoveries_agree_with_the_comparisons_they_come_from():
    nvfp4 = {row.params: row.value for row in catalog.recoveries("nvfp4", "nvfp4")}
    rounded = catalog.comparison("nvfp4_rounded_llama-3.1-8b").value
    assert nvfp4[8e9].value == pytest.approx(rounded, abs=5e-4)
    assert nvfp4[671e9].low == pytest.approx(catalog.comparison("nvfp4_math500_deepseek-r1").value, abs=1e-3)


def test_an_unknown_comparison_is_refused():
    with pytest.raises(CatalogError, match="did you mean nvfp4_mmlu_deepseek-r1"):
        catalog.comparison("nvfp4_mmlu_deepseek")


def test_speculative_methods():
    assert set(catalog.speculative_methods()) == {"ngram", "draft_model", "medusa", "eagle3", "mtp"}
    mtp = catalog.speculative_method("mtp1")
    assert (mtp.acceptance.low, mtp.acceptance.value, mtp.acceptance.high) == (0.85, 0.875, 0.90)
    assert (mtp.draft_tokens.value, mtp.draft_cost_ratio.value) == (1, 0.042)
    assert catalog.speculative_method("EAGLE-3").draft_tokens.value == 3
    assert catalog.speculative_method("ngram").draft_cost_ratio.value == 0
    with pytest.raises(CatalogError, match="did you mean medusa"):
        catalog.speculative_method("meduza")


def test_technique_defaults_carry_source_kind_and_unit():
    for name, value in catalog.technique_defaults().items():
        assert value.is_known, name
        assert value.source, name
        assert value.kind in catalog.KINDS, name
    waste = catalog.technique_default("paged_kv_waste")
    assert (waste.value, waste.unit) == (0.04, "fraction")
    assert catalog.technique_default("prefix_hit_rate_api_mix").value == 0.563
    imbalance = catalog.technique_default("expert_load_imbalance")
    assert (imbalance.low, imbalance.value, imbalance.high) == (1.0, 1.25, 2.0)
    with pytest.raises(CatalogError, match="did you mean max_utilisation"):
        catalog.technique_default("max_utilization")


def test_distilled_scores_hold_teacher_and_students():
    scores = {row.name: row for row in catalog.distilled_scores()}
    assert len(scores) == 8
    student = scores["R1-Distill-Qwen-32B"]
    assert student.scores["aime24"] == 72.6
    assert student.source.source
