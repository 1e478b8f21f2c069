"""Weights and cache bytes of every published architecture against the stated figures."""

import math

import pytest

from inferscope.core import catalog
from inferscope.core.catalog import fold, kv_bytes_per_token, model

PUBLISHED = [name for name in catalog.ids("model") if model(name).architecture is not None]

# Stated totals that the text stack's architecture does not give, and why.
FLAGGED = {
    "gemma-3-4b": "the stated count includes a vision tower of 0.42B",
    "gemma-3-12b": "the stated count includes a vision tower of 0.42B",
    "gemma-3-27b": "the stated count includes a vision tower of 0.42B",
    "llama-4-scout": "the stated count includes the vision encoder",
    "glm-4.6": "the stated count includes the multi-token-prediction layer",
    "kimi-k2": "unexplained: the configuration gives 1.026T, 1.04T is stated",
    "kimi-k2.5": "unexplained: the configuration gives 1.026T, 1.04T is stated",
    "kimi-linear-48b-a3b": "the label rounds 49.1B down",
}


def half_unit(digits):
    """Return half a unit of the last printed digit: "8.2B" covers 8.15 to 8.25."""
    unit = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}[digits[-1]]
    return 0.5 * 10 ** -len(digits[:-1].partition(".")[2]) * unit


def misses_total(name):
    record = model(name)
    stated = record.values["total_params_stated"]
    if not stated.is_known:
        return False
    allowed = max(0.01 * stated.value, half_unit(record.text["total_params_stated_digits"]))
    return abs(fold(record.architecture).total_params - stated.value) > allowed


def misses_active(name):
    record = model(name)
    stated = record.values["active_params_stated"]
    if not stated.is_known:
        return False
    folded = fold(record.architecture)
    conventions = (
        folded.active_params,
        folded.active_params_without_input_embedding,
        folded.active_params_core,
    )
    allowed = max(0.03 * stated.value, half_unit(record.text["active_params_stated_digits"]))
    return min(abs(count - stated.value) for count in conventions) > allowed


def test_all_published_architectures_are_there():
    assert len(PUBLISHED) == 119
    kinds = {name: model(name).text["kind"] for name in catalog.ids("model")}
    assert {name for name, kind in kinds.items() if kind != "closed-estimate"} == set(PUBLISHED)


def test_total_parameters_are_the_stated_ones_but_for_the_flagged():
    assert {name for name in PUBLISHED if misses_total(name)} == set(FLAGGED)


def test_active_parameters_are_the_stated_ones_by_one_of_three_conventions():
    assert [name for name in PUBLISHED if misses_active(name)] == []


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("llama-3.1-405b", 405.853),
        ("deepseek-v3", 671.026),
        ("palm-540b", 540.359),
        ("gpt-oss-120b", 116.829),
        ("bloom-176b", 176.245),
        ("glm-5", 743.911),
        ("minimax-m1", 456.090),
        ("deepseek-v4-pro", 1572.911),
    ],
)
def test_total_parameters_to_a_million(name, billions):
    total = fold(model(name).architecture).total_params
    assert total / 1e9 == pytest.approx(billions, abs=6e-4)


@pytest.mark.parametrize(
    ("name", "every", "without_input", "core"),
    [
        ("gpt-oss-20b", 4.19, 3.61, 3.03),
        ("gpt-oss-120b", 5.71, 5.13, 4.55),
        ("minimax-m1", 48.40, 47.17, 45.94),
        ("deepseek-v3", 37.55, 36.63, 35.70),
        ("qwen3-30b-a3b", 3.35, 3.04, 2.73),
        ("qwen3-next-80b-a3b", 3.87, 3.56, 3.25),
    ],
)
def test_active_parameters_by_convention(name, every, without_input, core):
    folded = fold(model(name).architecture)
    assert folded.active_params / 1e9 == pytest.approx(every, abs=0.006)
    assert folded.active_params_without_input_embedding / 1e9 == pytest.approx(without_input, abs=0.006)
    assert folded.active_params_core / 1e9 == pytest.approx(core, abs=0.006)


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("gpt-2-1.5b", 307_200),
        ("llama-3.1-8b", 131_072),
        ("llama-3.1-70b", 327_680),
        ("qwen2.5-72b", 327_680),
        ("llama-3.1-405b", 516_096),
        ("deepseek-v3", 70_272),
    ],
)
def test_cache_bytes_per_token_are_the_published_ones(name, published):
    assert kv_bytes_per_token(fold(model(name).architecture), 2.0) == (published, 0.0)


@pytest.mark.parametrize(
    ("name", "full", "window"),
    [
        ("gemma-3-27b", 81_920, 425_984),
        ("gpt-oss-120b", 36_864, 36_864),
        ("glm-4.5", 376_832, 0),
        ("minimax-m1", 40_960, 0),
        ("kimi-k3", 27_648, 0),
        # 31 layers keep an entry of 512 per 128 tokens, 30 one per 4 with a key of 128 bytes.
        ("deepseek-v4-pro", 31 * 1024 / 128 + 30 * (1024 + 128) / 4, 61 * 1024),
        ("nemotron-3-nano-30b-a3b", 6_144, 0),
        ("mt-nlg-530b", 8_601_600, 0),
        # Pairs of layers share one cache.
        ("hunyuan-large", 64 * 8 * (80 + 80) * 2 / 2, 0),
    ],
)
def test_cache_bytes_of_unlike_layers(name, full, window):
    assert kv_bytes_per_token(fold(model(name).architecture), 2.0) == (
        pytest.approx(full),
        window,
    )


def test_an_indexers_keys_keep_their_width_in_another_cache_format():
    folded = fold(model("deepseek-v3.2").architecture)
    assert kv_bytes_per_token(folded, 2.0)[0] == 61 * (576 * 2 + 128)
    assert kv_bytes_per_token(folded, 1.0)[0] == 61 * (576 * 1 + 128)


def test_state_of_a_hybrid_is_fixed_per_sequence():
    assert fold(model("nemotron-h-56b").architecture).state_bytes / 1e6 == pytest.approx(913, abs=1)
    assert fold(model("llama-3.1-70b").architecture).state_bytes == 0


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_parts_add_up_to_the_total(name):
    folded = fold(model(name).architecture)
    parts = (
        folded.mixer_params
        + folded.dense_ffn_params
        + folded.moe_common_params
        + folded.expert_params * folded.experts * folded.moe_layers
        + folded.embedding_params
        + folded.other_params
        + (0 if folded.head_is_tied else folded.head_params)
    )
    assert parts == folded.total_params
    assert folded.active_params_core < folded.active_params <= folded.total_params
    assert 0 < folded.mixer_layers <= folded.layers
    assert all(math.isfinite(n) for n in folded.slot_decode_flop_per_entry)


def test_formats_follow_the_published_precision():
    def published(name):
        text = model(name).text
        return text["weight_format"], text["expert_weight_format"], text["activation_format"]

    assert published("llama-3.1-70b") == ("bf16", "bf16", "bf16")
    assert published("deepseek-r1") == ("fp8", "fp8", "fp8")
    assert published("deepseek-v4-pro") == ("fp8", "nvfp4", "fp8")
    assert published("gpt-oss-120b") == ("bf16", "mxfp4", "bf16")
    assert published("kimi-k2.5") == ("bf16", "int4", "bf16")
    assert published("glm-5.2") == ("bf16", "bf16", "bf16")
    assert "assumption" in model("kimi-k2.5").text["format_note"]
    assert model("gpt-oss-120b").text["precision"] == "mxfp4 (MoE weights), bf16 rest"


def test_a_closed_model_has_estimates_and_no_architecture():
    record = model("gpt-4")
    assert record.architecture is None
    assert record.text["kind"] == "closed-estimate"
    total = record.values["total_params_estimate"]
    assert (total.low, total.value, total.high, total.kind) == (1.76e12, 1.8e12, 1.8e12, "estimate")
    assert not record.values["total_params_stated"].is_known
    middle = model("gpt-5").values["active_params_estimate"]
    assert (middle.low, middle.value, middle.high) == (30e9, 60e9, 90e9)
    assert "middle" in middle.note


def test_training_figures_carry_range_confidence_and_standing():
    flop = model("gpt-4").values["training_flop"]
    assert (flop.low, flop.value, flop.high) == (8.2e24, 2.1e25, 4.4e25)
    assert flop.note == "Epoch: Likely"
    undecided = {
        name for name in catalog.ids("model") if not model(name).values["training_flop"].decides_verdict
    }
    assert undecided == {"claude-opus-4", "gemini-2.5-pro"}


def test_deepseek_v3_training_is_as_reported():
    values = model("deepseek-v3").values
    assert values["training_tokens"].value == 14.8e12
    assert values["training_accelerator_hours"].value == 2.788e6
    assert values["training_usd_reported"].value == 5.576e6
    assert values["mtp_params"].value == 11.5e9
    assert model("deepseek-v3").text["training_accelerator"] == "h800-sxm"


def test_each_group_of_facts_names_its_source():
    for name in PUBLISHED:
        record = model(name).text["record_architecture"]
        assert record.source, name
        assert record.kind in catalog.KINDS
    recalled = {n for n in PUBLISHED if model(n).text["record_architecture"].is_unverified}
    assert len(recalled) == 17
