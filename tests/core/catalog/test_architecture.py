"""Folding: slots, attention work and stand-ins, on numbers done by hand."""

import math

import pytest

from inferscope.core.catalog import SLOTS, fold, kv_bytes_per_token, model, scale_like
from inferscope.core.errors import CatalogError

FULL, WINDOW, LATENT, SPARSE, STATE = range(5)

TINY = {
    "layers": 2,
    "hidden": 8,
    "vocab": 10,
    "mixer": "F",
    "ffn_pattern": "D",
    "ffn": 16,
    "ffn_mats": 3,
    "heads": 2,
    "kv_heads": 1,
    "head_dim": 4,
    "tied": False,
    "window": 16,
}


def folded(name):
    return fold(model(name).architecture)


def test_slots_are_in_the_agreed_order():
    assert SLOTS == ("full", "window", "latent", "sparse", "state")


def test_a_dense_model_by_hand():
    tiny = fold(TINY)
    # per layer: queries 8x2x4, keys and values 8x1x8, output 2x4x8 = 192; feed-forward 3x8x16 = 384
    assert tiny.mixer_params == 2 * 192
    assert tiny.dense_ffn_params == 2 * 384
    assert tiny.other_params == 2 * 2 * 8 + 8
    assert tiny.embedding_params == tiny.head_params == 80
    assert tiny.total_params == 384 + 768 + 40 + 160 == tiny.active_params
    assert tiny.active_params_without_input_embedding == tiny.total_params - 80
    assert tiny.active_params_core == tiny.total_params - 160
    assert (tiny.experts, tiny.experts_per_token, tiny.moe_layers) == (0, 0, 0)
    assert (tiny.moe_input_size, tiny.ffn_width) == (0, 16)
    assert tiny.slot_layers == (2, 0, 0, 0, 0)
    assert tiny.slot_kv_elements == (2 * 8.0, 0, 0, 0, 0)
    assert tiny.slot_decode_flop_per_entry == (2 * 2 * 2 * 8.0, 0, 0, 0, 0)


def test_a_tied_table_counts_once():
    tied = fold(TINY | {"tied": True})
    assert tied.total_params == fold(TINY).total_params - 80
    assert tied.head_params == 80
    assert tied.active_params_without_input_embedding == tied.active_params


def test_experts_by_hand():
    moe = TINY | {
        "ffn_pattern": "DE",
        "experts": 4,
        "experts_per_tok": 2,
        "moe_ffn": 6,
        "shared_ffn": 5,
        "moe_latent": 4,
    }
    tiny = fold(moe)
    assert tiny.expert_params == 3 * 4 * 6
    # router 8x4, shared expert 3x8x5, into and out of the latent space 2x8x4
    assert tiny.moe_common_params == 32 + 120 + 64
    assert (tiny.experts, tiny.experts_per_token, tiny.moe_layers) == (4, 2, 1)
    assert tiny.moe_input_size == 4
    assert tiny.ffn_width == max(16, 2 * 6 + 5)
    assert tiny.total_params - tiny.active_params == 2 * 72


def test_latent_attention_is_absorbed_in_decode_and_expanded_in_prefill():
    deepseek = folded("deepseek-v3")
    assert deepseek.slot_layers == (0, 0, 61, 0, 0)
    assert deepseek.slot_kv_elements[LATENT] == 61 * 576
    assert deepseek.slot_decode_flop_per_entry[LATENT] == 61 * 278_528
    assert deepseek.slot_prefill_flop_per_entry[LATENT] == 61 * 81_920
    assert deepseek.slot_max_shards[LATENT] == 1
    assert deepseek.expert_params == 44_040_192
    assert deepseek.latent_or_linear_layers == 61


def test_sparse_attention_reads_a_selection_and_scans_an_index():
    sparse = folded("deepseek-v3.2")
    assert sparse.slot_layers == (0, 0, 0, 61, 0)
    assert sparse.slot_topk_entries[SPARSE] == 2048
    assert sparse.slot_index_bytes[SPARSE] == 61 * 128
    assert sparse.slot_index_flop_per_entry[SPARSE] == 61 * 2 * 64 * 128
    assert sparse.slot_decode_flop_per_entry[SPARSE] == 61 * 278_528


def test_layers_that_share_an_indexer_have_none_of_their_own():
    glm = folded("glm-5.2")
    indexers = model("glm-5.2").architecture["mixer"].count("X")
    assert 0 < indexers < 78
    assert glm.slot_layers == (0, 0, 0, 78, 0)
    assert glm.slot_index_bytes[SPARSE] == indexers * 128
    assert glm.slot_index_flop_per_entry[SPARSE] == indexers * 2 * 32 * 128


def test_compressed_attention_fills_three_slots():
    v4 = folded("deepseek-v4-flash")
    letters = model("deepseek-v4-flash").architecture["mixer"]
    every = {letter: letters.count(letter) for letter in "WPH"}
    assert v4.slot_layers == (every["H"], 43, 0, every["P"], 0)
    assert v4.slot_tokens_per_entry == (128, 1, 1, 4, 1)
    assert v4.slot_window_tokens[WINDOW] == 128
    assert v4.slot_topk_entries[SPARSE] == 512
    assert v4.slot_max_shards == (1, 1, 1, 1, 1)
    assert v4.slot_decode_flop_per_entry[WINDOW] == 43 * 4 * 64 * 512


def test_window_layers_keep_their_own_heads():
    gemma = folded("gemma-4-31b")
    assert gemma.slot_layers == (10, 50, 0, 0, 0)
    assert gemma.slot_max_shards[:2] == (4, 16)
    assert gemma.slot_window_tokens[WINDOW] == 1024
    assert gemma.slot_window_tokens[FULL] == math.inf
    assert gemma.slot_kv_elements[WINDOW] == 50 * 16 * 2 * 256


def test_block_sparse_layers_keep_the_indexers_key_in_the_cache_format():
    m3 = folded("minimax-m3")
    assert m3.slot_layers == (3, 0, 0, 57, 0)
    assert m3.slot_kv_elements[SPARSE] == 57 * (4 * 2 * 128 + 128)
    assert m3.slot_index_bytes[SPARSE] == 0
    assert m3.slot_max_shards[SPARSE] == 4


def test_linear_layers_cost_per_token_and_not_per_entry():
    qwen = folded("qwen3-next-80b-a3b")
    assert qwen.slot_layers == (12, 0, 0, 0, 36)
    elements = 36 * 32 * 128 * 128
    assert qwen.slot_decode_flop_per_entry[STATE] == 6 * elements
    convolution = 36 * (2 * 16 * 128 + 32 * 128) * 3 * 2
    assert qwen.state_bytes == 4 * elements + convolution
    assert qwen.slot_kv_elements[STATE] == 0
    assert qwen.slot_max_shards[STATE] == 32
    assert kv_bytes_per_token(qwen, 2.0) == (12 * 2 * 2 * 256 * 2, 0)


def test_layers_without_a_mixer_or_a_block_are_not_counted():
    nemotron = folded("nemotron-h-56b")
    architecture = model("nemotron-h-56b").architecture
    assert nemotron.mixer_layers == 118 - architecture["mixer"].count("N")
    assert nemotron.ffn_layers == architecture["ffn_pattern"].count("D")


def test_a_width_per_layer_is_followed():
    super_49b = folded("llama-3.3-nemotron-super-49b")
    assert super_49b.ffn_width == 28_672
    assert super_49b.slot_layers[FULL] == super_49b.mixer_layers < super_49b.layers


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mixer": "FQ"}, "mixer letter 'Q'"),
        (
            {
                "mixer": "L",
                "lin_kind": "new",
                **dict.fromkeys(("lin_k_heads", "lin_v_heads", "lin_k_dim", "lin_v_dim", "lin_conv"), 1),
            },
            "'new'",
        ),
        ({"mixer": "SW", "q_lora_rank": 2, "o_groups": 1, "o_lora_rank": 2}, None),
        ({"mixer": ""}, "folded"),
    ],
)
def test_an_architecture_that_cannot_be_folded_is_refused(changes, words):
    if words is None:
        assert fold(TINY | changes).slot_layers[WINDOW] == 2
        return
    with pytest.raises(CatalogError, match=words):
        fold(TINY | changes)


def test_a_missing_key_is_named():
    without = {key: value for key, value in TINY.items() if key != "kv_heads"}
    with pytest.raises(CatalogError, match="kv_heads") as caught:
        fold(without)
    assert caught.value.key == "architecture.kv_heads"


def test_a_slot_holds_one_entry_size_only():
    mixed = TINY | {
        "mixer": "FH",
        "q_lora_rank": 2,
        "o_groups": 1,
        "o_lora_rank": 2,
    }
    with pytest.raises(CatalogError, match="full slot differ in tokens_per_entry: 1, 128"):
        fold(mixed)


def test_a_stand_in_has_the_sizes_asked_for():
    deepseek = folded("deepseek-v3")
    twice = scale_like(deepseek, 2 * deepseek.total_params, 2 * deepseek.active_params)
    assert twice.experts_per_token == pytest.approx(8)
    assert twice.expert_params == pytest.approx(2 * deepseek.expert_params)
    assert twice.layers == deepseek.layers
    assert twice.slot_kv_elements[LATENT] == pytest.approx(61 * 576 * math.sqrt(2))


@pytest.mark.parametrize(("total", "active"), [(1.8e12, 280e9), (300e9, 60e9), (200e9, 200e9)])
def test_a_stand_in_adds_up(total, active):
    made = scale_like(folded("deepseek-v3"), total, active)
    shared = (
        made.mixer_params
        + made.dense_ffn_params
        + made.moe_common_params
        + made.embedding_params
        + made.other_params
        + made.head_params
    )
    routed = made.expert_params * made.moe_layers
    assert shared + routed * made.experts == pytest.approx(total)
    assert shared + routed * made.experts_per_token == pytest.approx(active)
    assert (made.total_params, made.active_params) == (pytest.approx(total), pytest.approx(active))


def test_a_dense_stand_in_imitates_dense_models_only():
    llama = folded("llama-3.1-8b")
    assert scale_like(llama, 4 * llama.total_params).hidden_size == 2 * llama.hidden_size
    with pytest.raises(CatalogError, match="mixture of experts"):
        scale_like(llama, 1e12, 1e11)


def test_impossible_sizes_are_refused():
    with pytest.raises(CatalogError, match="impossible"):
        scale_like(folded("deepseek-v3"), 1e11, 2e11)
