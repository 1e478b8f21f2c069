"""What is not understood is refused with its key and line; nothing unknown passes as a plain decoder."""

import json
from pathlib import Path

import pytest

from inferscope.core.catalog import fold
from inferscope.core.catalog.configs import text
from inferscope.core.catalog.configs.families import FAMILIES
from inferscope.core.catalog.configs.imported import import_config
from inferscope.core.errors import CatalogError

LLAMA = {
    "model_type": "llama",
    "num_hidden_layers": 32,
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "hidden_act": "silu",
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}
LATENT = LLAMA | {
    "model_type": "deepseek_v3",
    "kv_lora_rank": 512,
    "q_lora_rank": None,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
    "n_routed_experts": 64,
    "num_experts_per_tok": 6,
    "moe_intermediate_size": 1408,
}


def read(folder, config, name="config.json"):
    path = folder / name
    path.write_text(config if isinstance(config, str) else json.dumps(config, indent=1), "utf-8")
    return import_config(path)


def refusal(folder, config):
    """The error, which names the file."""
    with pytest.raises(CatalogError) as caught:
        read(folder, config)
    assert caught.value.file == str(folder / "config.json")
    return caught.value


@pytest.mark.parametrize(
    "key",
    [
        "mamba_d_state",
        "ssm_state_size",
        "kv_lora_rank",
        "linear_attn_config",
        "index_topk",
        "compress_ratios",
        "sparse_attention_config",
        "recurrent_block_type",
        "attn_type_list",
        "latent_dim",
        "num_experts",
        "hybrid_override_pattern",
    ],
)
@pytest.mark.parametrize("family", ["llama", "unheard_of"])
def test_a_key_of_another_kind_of_layer_is_refused_in_any_family(tmp_path, family, key):
    error = refusal(tmp_path, LLAMA | {"model_type": family, key: 8})
    assert error.key == key
    assert "not understood" in error.message
    assert "\n" not in str(error)
    written = (tmp_path / "config.json").read_text("utf-8").splitlines()
    assert error.line is not None
    assert f'"{key}"' in written[error.line - 1]


def test_an_unknown_family_with_known_keys_only_is_a_plain_decoder_and_says_so(tmp_path):
    said = read(tmp_path, LLAMA | {"model_type": "unheard_of", "rope_theta": 1e6}).said
    assert fold(said.architecture) == fold(read(tmp_path, LLAMA).said.architecture)
    assert any("unheard_of is not known" in sentence for sentence in said.assumed)
    assert any("three matrices" in sentence for sentence in said.assumed)


def test_an_unknown_family_with_any_unknown_key_is_refused(tmp_path):
    assert refusal(tmp_path, LLAMA | {"model_type": "unheard_of", "flux_depth": 3}).key == "flux_depth"


def test_a_known_family_names_keys_that_it_passes_over(tmp_path):
    said = read(tmp_path, LLAMA | {"flux_depth": 3}).said
    assert any("flux_depth" in sentence for sentence in said.assumed)


def test_an_activation_that_may_mean_two_matrices_or_three_is_refused_in_an_unknown_family(tmp_path):
    error = refusal(tmp_path, LLAMA | {"model_type": "unheard_of", "hidden_act": "gelu"})
    assert error.key == "hidden_act"
    two = read(tmp_path, LLAMA | {"model_type": "unheard_of", "hidden_act": "relu2"}).said.architecture
    assert two["ffn_mats"] == 2


def test_a_switched_off_part_is_no_part(tmp_path):
    off = {"num_experts": None, "mamba_d_state": 0, "use_linear": False, "compress_ratios": []}
    assert read(tmp_path, LLAMA | off).said.architecture == read(tmp_path, LLAMA).said.architecture


@pytest.mark.parametrize(
    "value", ["32", 0, -1, 1.5, True, None, float("nan"), float("inf"), [32], {}, 10**400]
)
@pytest.mark.parametrize("key", ["num_hidden_layers", "hidden_size", "vocab_size", "num_attention_heads"])
def test_a_size_that_is_none_is_refused_with_its_key(tmp_path, key, value):
    error = refusal(tmp_path, LLAMA | {key: value})
    assert error.key == key
    assert "must be a whole number" in error.message or "is missing" in error.message


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"num_key_value_heads": 5}, "num_attention_heads"),
        ({"num_hidden_layers": 20_000}, "num_hidden_layers"),
        ({"n_layer": 33}, "n_layer"),
        ({"num_attention_heads": 33, "num_key_value_heads": 33}, "head_dim"),
        ({"layer_types": ["full_attention"] * 31}, "layer_types"),
        ({"layer_types": ["full_attention"] * 31 + ["linear_attention"]}, "layer_types.31"),
        ({"layer_types": "full_attention"}, "layer_types"),
        ({"layer_types": ["sliding_attention"] * 32}, "sliding_window"),
        ({"layer_types": ["sliding_attention"] * 32, "sliding_window": 0}, "sliding_window"),
        ({"attention_bias": "yes"}, "attention_bias"),
        ({"tie_word_embeddings": 1}, "tie_word_embeddings"),
        ({"torch_dtype": "int3"}, "torch_dtype"),
        ({"quantization_config": {"quant_method": "magic"}}, "quantization_config.quant_method"),
        ({"quantization_config": {"quant_method": "gptq", "bits": 3}}, "quantization_config.bits"),
        ({"quantization_config": [8]}, "quantization_config"),
        (
            {"quantization_config": {"quant_method": "modelopt", "quant_algo": "X"}},
            "quantization_config.quant_algo",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_key(tmp_path, change, key):
    assert refusal(tmp_path, LLAMA | change).key == key


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"kv_lora_rank": None}, "kv_lora_rank"),
        ({"v_head_dim": -128}, "v_head_dim"),
        ({"num_experts_per_tok": 65}, "num_experts_per_tok"),
        ({"moe_layer_freq": [0, 1]}, "moe_layer_freq"),
        ({"moe_layer_freq": [0] * 31 + [2]}, "moe_layer_freq.31"),
        ({"mlp_layer_types": ["dense"] * 31 + ["both"]}, "mlp_layer_types.31"),
        ({"num_local_experts": 65}, "n_routed_experts"),
    ],
)
def test_what_does_not_fit_experts_and_latents_is_refused_with_its_key(tmp_path, change, key):
    assert read(tmp_path, LATENT).said.architecture["mixer"] == "A"
    assert refusal(tmp_path, LATENT | change).key == key


HYBRIDS = {
    "jamba": ({"attn_layer_period": 4, "attn_layer_offset": 4}, "attn_layer_offset"),
    "nemotron_h": ({"hybrid_override_pattern": "MX" * 16}, "hybrid_override_pattern"),
    "minimax_m1": ({"attn_type_list": [0] * 31 + [7]}, "attn_type_list.31"),
    "minimax_text_01": ({}, "attn_type_list"),
    "minimax_m2": ({"attn_type_list": [1] * 31 + [0]}, "attn_type_list.31"),
    "kimi_linear": ({"linear_attn_config": {"kda_layers": [0]}}, "linear_attn_config.kda_layers.0"),
    "kimi_k3": ({"linear_attn_config": {"kda_layers": [1]}}, "linear_attn_config.full_attn_layers"),
    "deepseek_v4": ({"compress_ratios": [4] * 31 + [64]}, "compress_ratios.31"),
    "glm_moe_dsa": ({"indexer_types": ["some"] * 32}, "indexer_types.0"),
    "nemotron-nas": (
        {"block_configs": [{"attention": {"replace_with_linear": True}, "ffn": {}}] * 32},
        "block_configs.0.attention.replace_with_linear",
    ),
    "gemma4": ({"num_kv_shared_layers": 10}, "num_kv_shared_layers"),
    "dbrx": ({"attn_config": 8}, "attn_config"),
    "minimax_m3": (
        {"sparse_attention_config": {"use_sparse_attention": True}},
        "sparse_attention_config.sparse_attention_freq",
    ),
}


@pytest.mark.parametrize("family", HYBRIDS)
def test_a_list_of_layers_that_says_something_else_is_refused(tmp_path, family):
    change, key = HYBRIDS[family]
    assert refusal(tmp_path, LLAMA | {"model_type": family} | change).key == key


@pytest.mark.parametrize(
    ("content", "what", "line"),
    [
        ("", "not valid JSON", 1),
        ('{"a": 1,\n}', "not valid JSON", 2),
        ("[1]", "must be an object", None),
        ('{\n"hidden_size": 1,\n"hidden_size": 2}', "given twice", 2),
        ("[" * 100_000, "nested too deep", None),
        ('{"a": ' + "9" * 5000 + "}", "not valid JSON", None),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path, content, what, line):
    error = refusal(tmp_path, content)
    assert what in error.message
    assert error.line == line
    assert "\n" not in str(error)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "config.json"
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(CatalogError, match="not UTF-8"):
        import_config(path)


def test_a_missing_a_special_and_a_large_file_are_refused(tmp_path, monkeypatch):
    with pytest.raises(CatalogError, match="no such file"):
        import_config(tmp_path / "config.json")
    with pytest.raises(CatalogError, match="not a regular file"):
        import_config(tmp_path)
    monkeypatch.setattr(text, "MAX_BYTES", 100)
    assert "larger than 100 bytes" in refusal(tmp_path, LLAMA).message


@pytest.mark.parametrize("rope", [None, 3, "yarn", {"type": "linear", "factor": -1}, [[]]])
def test_rotary_positions_change_nothing(tmp_path, rope):
    said = read(
        tmp_path, LLAMA | {"rope_scaling": rope, "rope_parameters": rope, "partial_rotary_factor": 0.5}
    )
    assert said.said == read(tmp_path, LLAMA).said


def test_a_wrapper_is_read_inside_and_its_key_is_named_with_the_way_to_it(tmp_path):
    inner = LLAMA | {"hidden_size": 0}
    error = refusal(tmp_path, {"hidden_size": 9, "model_type": "sees", "text_config": inner})
    assert error.key == "text_config.hidden_size"
    assert error.line == 7
    said = read(
        tmp_path, {"model_type": "sees", "text_config": LLAMA, "vision_config": {"hidden_size": 1}}
    ).said
    assert said.family == "llama"
    assert any("text model" in sentence for sentence in said.assumed)


def test_the_catalogues_page_names_every_family():
    page = (Path(__file__).parents[4] / "docs" / "catalogue.md").read_text("utf-8")
    assert [name for name in FAMILIES if f"`{name}`" not in page] == []


QUANTISERS = {
    "awq": ({"quant_method": "awq", "bits": 4}, ("int4", "bf16")),
    "gptq": ({"quant_method": "gptq", "bits": 8}, ("int8", "bf16")),
    "bitsandbytes": ({"quant_method": "bitsandbytes", "load_in_4bit": True}, ("int4", "bf16")),
    "fp8": ({"quant_method": "fp8", "activation_scheme": "dynamic"}, ("fp8", "fp8")),
    "modelopt": (
        {"quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ["lm_head"]},
        ("nvfp4", "nvfp4"),
    ),
    "int8": (
        {
            "quant_method": "compressed-tensors",
            "config_groups": {
                "group_0": {
                    "weights": {"num_bits": 8, "type": "int"},
                    "input_activations": {"num_bits": 8, "type": "int"},
                }
            },
        },
        ("int8", "int8"),
    ),
}


@pytest.mark.parametrize("name", QUANTISERS)
def test_quantised_checkpoints_give_their_formats(tmp_path, name):
    config, (weights, activations) = QUANTISERS[name]
    formats = read(tmp_path, LLAMA | {"quantization_config": config}).said.formats
    assert (formats.linear, formats.expert, formats.activation) == (weights, weights, activations)


def test_experts_and_attention_may_differ_in_format(tmp_path):
    modules = {
        f"model.layers.{n}.{part}": {"quant_algo": algorithm}
        for n in range(32)
        for part, algorithm in (("self_attn.q_proj", "FP8"), ("mlp.experts", "W4A16_NVFP4"))
    }
    config = {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION", "quantized_layers": modules}
    formats = read(tmp_path, LATENT | {"quantization_config": config}).said.formats
    assert (formats.linear, formats.expert, formats.activation) == ("fp8", "nvfp4", "fp8")
    norms = [f"model.layers.{n}.post_attention_layernorm" for n in range(32)]
    kept = {"quant_method": "fp8", "modules_to_not_convert": [*norms, "lm_head"]}
    assert read(tmp_path, LATENT | {"quantization_config": kept}).said.formats.linear == "fp8"
    kept["modules_to_not_convert"] = [f"model.layers.{n}.self_attn" for n in range(32)]
    formats = read(tmp_path, LATENT | {"quantization_config": kept}).said.formats
    assert (formats.linear, formats.expert) == ("bf16", "fp8")


def test_a_pattern_of_the_file_is_never_run(tmp_path):
    evil = {
        "quant_method": "fp8",
        "modules_to_not_convert": ["re:(a+)+$" * 50, "re:" + "(x*)*" * 5000 + "a" * 5000],
    }
    assert read(tmp_path, LLAMA | {"quantization_config": evil}).said.formats.linear == "fp8"


def test_the_quantisers_own_file_counts_where_the_config_is_silent(tmp_path):
    alone = read(tmp_path, LLAMA)
    beside = tmp_path / "hf_quant_config.json"
    beside.write_text('{"quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8"}}', "utf-8")
    both = read(tmp_path, LLAMA)
    assert (alone.said.formats.linear, both.said.formats.linear) == ("bf16", "fp8")
    assert alone.sha256 != both.sha256
    assert any("fp8 cache" in sentence for sentence in both.said.assumed)
    beside.write_text('{"quantization": 8}', "utf-8")
    with pytest.raises(CatalogError, match="must be an object") as caught:
        read(tmp_path, LLAMA)
    assert caught.value.file == str(beside)


@pytest.mark.parametrize(
    ("path", "name", "identifier"),
    [
        ("Qwen3-8B/config.json", "Qwen3-8B", "qwen3-8b"),
        ("models--Qwen--Qwen3-8B/snapshots/" + "0a" * 20 + "/config.json", "Qwen3-8B", "qwen3-8b"),
        ("x/meta-llama--Llama-3.1-8B_config.json", "Llama-3.1-8B", "llama-3.1-8b"),
        ("x/My model (2).json", "My model (2)", "my-model-2"),
        ("x/Ж.json", "Ж", "imported-model"),
    ],
)
def test_a_model_is_called_after_its_file_or_folder(tmp_path, path, name, identifier):
    folder = (tmp_path / path).parent
    folder.mkdir(parents=True)
    found = read(folder, LLAMA, (tmp_path / path).name)
    assert (found.name, found.id) == (name, identifier)
