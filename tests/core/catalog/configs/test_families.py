"""Published configurations of every family against the shipped records of the same models."""

import json

import pytest

from inferscope.core.catalog import fold, model
from inferscope.core.catalog.configs.imported import import_config
from inferscope.core.catalog.mixers import layer_letters

# Keys that decide sizes and costs, in the layout of each family's published file, and some that do not.
ROPE = {"rope_theta": 1e6, "rope_scaling": {"rope_type": "yarn", "factor": 4.0}}
FP8 = {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128], "activation_scheme": "dynamic"}


def base(kind, layers, hidden, ffn, heads, kv_heads, vocab, context, **more):
    """The keys that Llama brought and most families took over."""
    return {
        "model_type": kind,
        "num_hidden_layers": layers,
        "hidden_size": hidden,
        "intermediate_size": ffn,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "vocab_size": vocab,
        "max_position_embeddings": context,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-6,
        "torch_dtype": "bfloat16",
        "tie_word_embeddings": False,
        "bos_token_id": 1,
        "attention_dropout": 0.0,
        **ROPE,
        **more,
    }


def wrapped(kind, text, **more):
    """A model that also sees: the text model stands inside."""
    return {"model_type": kind, "text_config": text, "vision_config": {"hidden_size": 1152}, **more}


def every(count, period, usual, other, offset=-1):
    """A list of layers of which every ``period``-th is another."""
    return [other if place % period == offset % period else usual for place in range(count)]


def mla(kind, layers, hidden, ffn, heads, vocab, context, experts, width, shared, dense, **more):
    """The keys that DeepSeek brought."""
    keys = {
        "q_lora_rank": 1536,
        "kv_lora_rank": 512,
        "qk_nope_head_dim": 128,
        "qk_rope_head_dim": 64,
        "v_head_dim": 128,
        "n_routed_experts": experts,
        "num_experts_per_tok": 8,
        "moe_intermediate_size": width,
        "n_shared_experts": shared,
        "first_k_dense_replace": dense,
        "moe_layer_freq": 1,
        "scoring_func": "sigmoid",
        "topk_method": "noaux_tc",
        "n_group": 8,
        "aux_loss_alpha": 0.001,
    }
    return base(kind, layers, hidden, ffn, heads, heads, vocab, context) | keys | more


def compressed(layers, hidden, heads, experts, width, ratios, **more):
    """The keys of DeepSeek V4; the list of ratios has one more for the layer that predicts ahead."""
    text = base("deepseek_v4", layers, hidden, None, heads, 1, 129280, 1048576)
    keys = {
        "head_dim": 512,
        "qk_rope_head_dim": 64,
        "o_lora_rank": 1024,
        "index_n_heads": 64,
        "index_head_dim": 128,
        "sliding_window": 128,
        "compress_ratios": [*ratios, 0],
        "n_routed_experts": experts,
        "moe_intermediate_size": width,
        "n_shared_experts": 1,
        "num_experts_per_tok": 6,
        "num_nextn_predict_layers": 1,
        "num_hash_layers": 3,
        "hc_mult": 4,
        "expert_dtype": "fp4",
        "quantization_config": FP8,
    }
    return text | keys | more


def delta(kind, layers, hidden, heads, kv_heads, value_heads, **more):
    """The keys of Qwen's gated DeltaNet models."""
    keys = {
        "head_dim": 256,
        "linear_num_key_heads": 16,
        "linear_num_value_heads": value_heads,
        "linear_key_head_dim": 128,
        "linear_value_head_dim": 128,
        "linear_conv_kernel_dim": 4,
        "full_attention_interval": 4,
        "mamba_ssm_dtype": "float32",
    }
    return base(kind, layers, hidden, None, heads, kv_heads, 248320, 262144) | keys | more


def mamba2(layers, hidden, ffn, heads, kv_heads, context, mamba_heads, state, **more):
    """The keys of Nemotron-H."""
    text = base("nemotron_h", layers, hidden, ffn, heads, kv_heads, 131072, context)
    keys = {
        "mamba_num_heads": mamba_heads,
        "mamba_head_dim": 64,
        "n_groups": 8,
        "ssm_state_size": state,
        "conv_kernel": 4,
        "expand": 2,
        "chunk_size": 128,
        "mlp_hidden_act": "relu2",
        "sliding_window": None,
        "use_conv_bias": True,
        "time_step_limit": [0.0, float("inf")],
    }
    return text | keys | more


def kimi(layers, hidden, ffn, heads, experts, per_token, width, delta_config, **more):
    """The keys of Kimi's delta attention, whose layers count from 1."""
    text = mla("kimi_linear", layers, hidden, ffn, heads, 163840, 1048576, experts, width, 1, 1)
    gone = ("n_routed_experts", "num_experts_per_tok", "n_shared_experts", "max_position_embeddings")
    keys = {
        "num_experts": experts,
        "num_experts_per_token": per_token,
        "num_shared_experts": 1,
        "model_max_length": 1048576,
        "mla_use_nope": True,
        "linear_attn_config": {"short_conv_kernel_size": 4, "head_dim": 128, **delta_config},
    }
    return {key: value for key, value in text.items() if key not in gone} | keys | more


def nas_block(factor, group=8):
    """One of Nemotron-NAS's blocks."""
    attention = {"n_heads_in_group": group, "no_op": group is None, "replace_with_linear": False}
    return {"attention": attention, "ffn": {"ffn_mult": factor, "no_op": False, "sparsify": None}}


GPT_OSS = {
    "head_dim": 64,
    "attention_bias": True,
    "sliding_window": 128,
    "num_local_experts": 32,
    "num_experts_per_tok": 4,
    "experts_per_token": 4,
    "swiglu_limit": 7.0,
    "quantization_config": {
        "quant_method": "mxfp4",
        "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "lm_head"],
    },
}
MISSING_DTYPE = {"torch_dtype": None}
GEMMA4 = {
    "layer_types": every(30, 6, "sliding_attention", "full_attention"),
    "sliding_window": 1024,
    "head_dim": 256,
    "global_head_dim": 512,
    "attention_k_eq_v": True,
    "num_kv_shared_layers": 0,
    "hidden_size_per_layer_input": 0,
    "vocab_size_per_layer_input": 262144,
    "tie_word_embeddings": True,
    "final_logit_softcapping": 30.0,
}
K25_IGNORED = ["lm_head", "re:.*self_attn.*", "re:.*shared_experts.*", "re:.*mlp\\.(gate|up|down)_proj.*"]
INT4 = {
    "quant_method": "compressed-tensors",
    "format": "pack-quantized",
    "config_groups": {
        "group_0": {
            "input_activations": None,
            "targets": ["Linear"],
            "weights": {"num_bits": 4, "type": "int", "group_size": 32, "symmetric": True},
        }
    },
    "ignore": K25_IGNORED,
    "kv_cache_scheme": None,
}
DSA = {"index_n_heads": 32, "index_head_dim": 128, "index_topk": 2048}
GLM5 = {"q_lora_rank": 2048, "qk_nope_head_dim": 192, "v_head_dim": 256, "head_dim": 64, **DSA}
NAS_FACTORS = (
    *(2.625, *[5.25] * 5, 2.625, 2.625, *[5.25] * 3, 3.28125, *[5.25] * 30),
    *(1.3125, 2.625, 2.625, 1.3125, 5.25, 1.3125, 2.625, 1.3125, 1.3125, 1.3125, 5.25),
    *(1.3125, 1.0, 1.0, 1.3125, 1.0, 1.0, 1.0, 1.3125, 1.3125, 0.5, 0.5, 1.0, 1.0, 0.5, 0.5),
    *(1.0, 0.5, 0.5, *[5.25] * 9),
)
NAS_WITHOUT = {6, 7, 11, *range(42, 52), *range(53, 71)}
MARKS = {"M": "mamba", "F": "attention", "E": "moe"}
SUPER = "MEMEMEM*EMEMEMEM*EMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEMEM*EMEMEMEM*EMEMEMEME"
ULTRA = "MEMEMEM*EMEMEM*EMEMEMEM*E" * 4 + "MEMEMEME"
H56 = "M-M-M-M*-M-M-M-M-M*" + "-M-M-M-M-M*" * 8 + "-M-M-M-M-M-"
LATENT_MOE = {
    "num_experts_per_tok": 22,
    "n_routed_experts": 512,
    "n_shared_experts": 1,
    "head_dim": 128,
    "num_nextn_predict_layers": 1,
}
SPARSE = {
    "use_sparse_attention": True,
    "sparse_attention_freq": [0] * 3 + [1] * 57,
    "sparse_block_size": 128,
    "sparse_topk_blocks": 16,
    "sparse_index_dim": 128,
    "sparse_num_index_heads": 4,
}
K3_FULL = [*range(4, 93, 4), 93]
GPT2 = {
    "model_type": "gpt2",
    "n_layer": 48,
    "n_embd": 1600,
    "n_head": 25,
    "n_positions": 1024,
    "n_ctx": 1024,
    "n_inner": None,
    "vocab_size": 50257,
    "activation_function": "gelu_new",
    "summary_type": "cls_index",
    "torch_dtype": "float32",
}
BLOOM = {
    "model_type": "bloom",
    "n_layer": 70,
    "hidden_size": 14336,
    "num_attention_heads": 112,
    "vocab_size": 250880,
    "seq_length": 2048,
    "masked_softmax_fusion": True,
}
FALCON = {
    "model_type": "falcon",
    "num_hidden_layers": 32,
    "hidden_size": 4544,
    "num_attention_heads": 71,
    "num_kv_heads": 71,
    "multi_query": True,
    "parallel_attn": True,
    "new_decoder_architecture": False,
    "bias": False,
    "alibi": False,
    "vocab_size": 65024,
}
DBRX = {
    "model_type": "dbrx",
    "d_model": 6144,
    "n_layers": 40,
    "n_heads": 48,
    "max_seq_len": 32768,
    "vocab_size": 100352,
    "attn_config": {"kv_n_heads": 8, "clip_qkv": 8, "rope_theta": 500000},
    "ffn_config": {"ffn_hidden_size": 10752, "moe_num_experts": 16, "moe_top_k": 4, "moe_loss_weight": 0.05},
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}

PUBLISHED = {
    "llama-3.1-8b": base("llama", 32, 4096, 14336, 32, 8, 128256, 131072, mlp_bias=False),
    "mistral-7b": base("mistral", 32, 4096, 14336, 32, 8, 32000, 32768, sliding_window=4096),
    "mistral-nemo-12b": base(
        "mistral", 40, 5120, 14336, 32, 8, 131072, 131072, head_dim=128, sliding_window=None
    ),
    "qwen2.5-7b": base(
        "qwen2",
        *(28, 3584, 18944, 28, 4, 152064, 131072),
        use_sliding_window=False,
        sliding_window=131072,
        max_window_layers=28,
    ),
    "qwen3-8b": base("qwen3", 36, 4096, 12288, 32, 8, 151936, 40960, head_dim=128, attention_bias=False),
    "phi-4": base("phi3", 40, 5120, 17920, 40, 10, 100352, 16384, sliding_window=None),
    "phi-4-mini": base(
        "phi3",
        *(32, 3072, 8192, 24, 8, 200064, 131072),
        sliding_window=262144,
        tie_word_embeddings=True,
        partial_rotary_factor=0.75,
    ),
    "olmo-2-7b": base("olmo2", 32, 4096, 11008, 32, 32, 100352, 4096),
    "olmo-3-32b": base("olmo3", 64, 5120, 27648, 40, 8, 100278, 65536, sliding_window=4096),
    "nemotron-4-340b": base("nemotron", 96, 18432, 73728, 96, 8, 256000, 4096, hidden_act="relu2"),
    "gpt-2-1.5b": GPT2,
    "gpt-neox-20b": base("gpt_neox", 44, 6144, 24576, 64, None, 50432, 2048, hidden_act="gelu_fast"),
    "opt-175b": base("opt", 96, 12288, None, 96, None, 50272, 2048, ffn_dim=49152, tie_word_embeddings=None)
    | {"word_embed_proj_dim": 12288, "do_layer_norm_before": True},
    "bloom-176b": BLOOM,
    "falcon-7b": FALCON,
    "falcon-180b": FALCON
    | {"num_hidden_layers": 80, "hidden_size": 14848, "num_attention_heads": 232, "num_kv_heads": 8}
    | {"new_decoder_architecture": True},
    "command-r-35b": base("cohere", 40, 8192, 22528, 64, 64, 256000, 131072, tie_word_embeddings=None),
    "command-a": base(
        "cohere2",
        *(64, 12288, 36864, 96, 8, 256000, 262144),
        sliding_window=4096,
        sliding_window_pattern=4,
        tie_word_embeddings=None,
    ),
    "gemma-2-9b": base(
        "gemma2",
        *(42, 3584, 14336, 16, 8, 256000, 8192),
        head_dim=256,
        sliding_window=4096,
        tie_word_embeddings=None,
    ),
    "gemma-3-1b": base(
        "gemma3_text",
        *(26, 1152, 6912, 4, 1, 262144, 32768),
        head_dim=256,
        sliding_window=512,
        sliding_window_pattern=6,
        tie_word_embeddings=None,
    ),
    "gemma-4-26b-a4b": wrapped(
        "gemma4",
        base("gemma4_text", 30, 2816, 2112, 16, 8, 262144, 262144)
        | GEMMA4
        | {"num_global_key_value_heads": 2, "enable_moe_block": True, "num_experts": 128}
        | {"top_k_experts": 8, "moe_intermediate_size": 704},
    ),
    "gemma-4-31b": wrapped(
        "gemma4",
        base("gemma4_text", 60, 5376, 21504, 32, 16, 262144, 262144)
        | GEMMA4
        | {"layer_types": every(60, 6, "sliding_attention", "full_attention")}
        | {"num_global_key_value_heads": 4, "enable_moe_block": False, "num_experts": None},
    ),
    "llama-4-scout": wrapped(
        "llama4",
        base("llama4_text", 48, 5120, 8192, 40, 8, 202048, 10485760)
        | {"intermediate_size_mlp": 16384, "attention_chunk_size": 8192, "interleave_moe_layer_step": 1}
        | {"num_local_experts": 16, "num_experts_per_tok": 1, "head_dim": 128, "use_qk_norm": True},
    ),
    "llama-4-maverick": wrapped(
        "llama4",
        base("llama4_text", 48, 5120, 8192, 40, 8, 202048, 1048576)
        | {"intermediate_size_mlp": 16384, "attention_chunk_size": 8192, "interleave_moe_layer_step": 2}
        | {"num_local_experts": 128, "num_experts_per_tok": 1, "head_dim": 128}
        | {"no_rope_layers": every(48, 4, 1, 0)},
    ),
    "mixtral-8x7b": base(
        "mixtral", 32, 4096, 14336, 32, 8, 32000, 32768, num_local_experts=8, num_experts_per_tok=2
    ),
    "qwen3-30b-a3b": base("qwen3_moe", 48, 2048, 6144, 32, 4, 151936, 40960, head_dim=128)
    | {"num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768}
    | {"decoder_sparse_step": 1, "mlp_only_layers": [], "norm_topk_prob": True},
    "dbrx-132b": DBRX,
    "grok-1": base("grok-1", 64, 6144, 32768, 48, 8, 131072, 8192, num_experts=8, num_experts_per_tok=2)
    | {"tie_word_embeddings": True},
    "grok-2": base("git", 64, 8192, 32768, 64, 8, 131072, 131072, head_dim=128)
    | {"architectures": ["Grok1ForCausalLM"], "moe_intermediate_size": 16384, "residual_moe": True}
    | {"num_local_experts": 8, "num_experts_per_tok": 2, "sliding_window_size": -1, "beta_fast": 8},
    "gpt-oss-20b": base("gpt_oss", 24, 2880, 2880, 64, 8, 201088, 131072)
    | GPT_OSS
    | {"layer_types": every(24, 2, "sliding_attention", "full_attention"), "torch_dtype": None},
    "deepseek-v2-lite": mla(
        "deepseek_v2", 27, 2048, 10944, 16, 102400, 32768, 64, 1408, 2, 1, q_lora_rank=None
    )
    | {"num_experts_per_tok": 6},
    "deepseek-v3": mla("deepseek_v3", 61, 7168, 18432, 128, 129280, 163840, 256, 2048, 1, 3)
    | {"num_nextn_predict_layers": 1, "quantization_config": FP8},
    "kimi-k2.5": wrapped(
        "kimi_k25",
        mla("kimi_k2", 61, 7168, 18432, 64, 163840, 262144, 384, 2048, 1, 1)
        | {"num_nextn_predict_layers": 0, "quantization_config": INT4},
    ),
    "mistral-large-3": mla("mistral_large_3", 61, 7168, 16384, 128, 131072, 262144, 128, 4096, 1, 3)
    | {"num_experts_per_tok": 4, "quantization_config": FP8},
    "deepseek-v3.2": mla("deepseek_v32", 61, 7168, 18432, 128, 129280, 163840, 256, 2048, 1, 3)
    | DSA
    | {"index_n_heads": 64, "num_nextn_predict_layers": 1, "quantization_config": FP8},
    "glm-5": mla("glm_moe_dsa", 78, 6144, 12288, 64, 154880, 202752, 256, 2048, 1, 3)
    | GLM5
    | {"num_nextn_predict_layers": 1, "indexer_rope_interleave": True},
    "glm-5.2": mla("glm_moe_dsa", 78, 6144, 12288, 64, 154880, 1048576, 256, 2048, 1, 3)
    | GLM5
    | {"indexer_types": ["full"] * 2 + every(76, 4, "shared", "full", 0), "index_topk_freq": 4}
    | {"index_skip_topk_offset": 3, "index_share_for_mtp_iteration": True, "num_nextn_predict_layers": 1}
    | {"mlp_layer_types": ["dense"] * 3 + ["sparse"] * 75},
    "deepseek-v4-pro": compressed(
        *(61, 7168, 128, 384, 3072, [128, 128, *every(59, 2, 4, 128)]),
        q_lora_rank=1536,
        o_groups=16,
        index_topk=1024,
    ),
    "deepseek-v4-flash": compressed(
        *(43, 4096, 64, 256, 2048, [0, 0, *every(41, 2, 4, 128)]),
        q_lora_rank=1024,
        o_groups=8,
        index_topk=512,
    ),
    "glm-4.5": base("glm4_moe", 92, 5120, 12288, 96, 8, 151552, 131072, head_dim=128, attention_bias=True)
    | {"n_routed_experts": 160, "num_experts_per_tok": 8, "moe_intermediate_size": 1536}
    | {"n_shared_experts": 1, "first_k_dense_replace": 3, "use_qk_norm": True, "num_nextn_predict_layers": 1},
    "glm-4.5-air": base("glm4_moe", 46, 4096, 10944, 96, 8, 151552, 131072, head_dim=128, attention_bias=True)
    | {"n_routed_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 1408}
    | {
        "n_shared_experts": 1,
        "first_k_dense_replace": 1,
        "use_qk_norm": False,
        "num_nextn_predict_layers": 1,
    },
    "minimax-m1": base("minimax_m1", 80, 6144, 9216, 64, 8, 200064, 1000000, head_dim=128)
    | {"attn_type_list": every(80, 8, 0, 1), "num_local_experts": 32, "num_experts_per_tok": 2}
    | {"shared_intermediate_size": 0, "postnorm": True, "layernorm_linear_attention_alpha": 3.55},
    "minimax-m2": base("minimax_m2", 62, 3072, 1536, 48, 8, 200064, 196608, head_dim=128)
    | {"attn_type_list": [1] * 62, "num_local_experts": 256, "num_experts_per_tok": 8}
    | {"use_qk_norm": True, "use_mtp": True, "num_mtp_modules": 3, "mtp_transformer_layers": 1}
    | {"shared_intermediate_size": 0, "quantization_config": FP8 | {"modules_to_not_convert": ["lm_head"]}},
    "minimax-m3": base("minimax_m3", 60, 6144, 3072, 64, 4, 200064, 1048576, head_dim=128)
    | {"moe_layer_freq": [0] * 3 + [1] * 57, "dense_intermediate_size": 12288, "n_shared_experts": 1}
    | {"moe_intermediate_size": 3072, "num_local_experts": 128, "num_experts_per_tok": 4}
    | {"sparse_attention_config": SPARSE, "num_nextn_predict_layers": 1, "num_mtp_modules": 7},
    "qwen3-next-80b-a3b": delta("qwen3_next", 48, 2048, 16, 2, 32)
    | {"vocab_size": 151936, "num_experts": 512, "num_experts_per_tok": 10, "moe_intermediate_size": 512}
    | {"shared_expert_intermediate_size": 512, "decoder_sparse_step": 1, "mlp_only_layers": []},
    "qwen3.5-27b": wrapped(
        "qwen3_5",
        delta("qwen3_5_text", 64, 5120, 24, 4, 48, intermediate_size=17408, mtp_num_hidden_layers=1)
        | {"layer_types": every(64, 4, "linear_attention", "full_attention"), "attn_output_gate": True},
    ),
    "qwen3.5-397b-a17b": wrapped(
        "qwen3_5_moe",
        delta("qwen3_5_moe_text", 60, 4096, 32, 2, 64, mtp_num_hidden_layers=1)
        | {"num_experts": 512, "num_experts_per_tok": 10, "moe_intermediate_size": 1024}
        | {"shared_expert_intermediate_size": 1024, "attn_output_gate": True},
    ),
    "kimi-linear-48b-a3b": kimi(
        *(27, 2304, 9216, 32, 256, 8, 1024),
        {
            "num_heads": 32,
            "full_attn_layers": [4, 8, 12, 16, 20, 24, 27],
            "kda_layers": [n for n in range(1, 27) if n % 4],
        },
        q_lora_rank=None,
    ),
    "kimi-k3": wrapped(
        "kimi_k3",
        kimi(
            *(93, 7168, 33792, 96, 896, 16, 3072),
            {
                "num_heads": 96,
                "full_attn_layers": K3_FULL,
                "kda_layers": [n for n in range(1, 94) if n not in K3_FULL],
                "gate_lower_bound": -5.0,
                "use_full_rank_gate": True,
            },
            num_shared_experts=2,
            routed_expert_hidden_size=3584,
            latent_moe_use_norm=True,
            mla_use_output_gate=True,
            attn_res_block_size=12,
        ),
    ),
    "jamba-v0.1": base("jamba", 32, 4096, 14336, 32, 8, 65536, 262144)
    | {"attn_layer_period": 8, "attn_layer_offset": 4, "expert_layer_period": 2, "expert_layer_offset": 1}
    | {"num_experts": 16, "num_experts_per_tok": 2, "mamba_d_state": 16, "mamba_d_conv": 4}
    | {"mamba_expand": 2, "mamba_dt_rank": "auto", "mamba_proj_bias": False, "sliding_window": None},
    "nemotron-h-56b": mamba2(118, 8192, 32768, 64, 8, 8192, 256, 256)
    | {"hybrid_override_pattern": H56, "attention_head_dim": 128, "time_step_rank": 512},
    "nemotron-3-super-120b-a12b": mamba2(88, 4096, 2688, 32, 2, 262144, 128, 128)
    | LATENT_MOE
    | {"hybrid_override_pattern": SUPER, "moe_intermediate_size": 2688, "moe_latent_size": 1024}
    | {"moe_shared_expert_intermediate_size": 5376, "mtp_hybrid_override_pattern": "*E"},
    "nemotron-3-ultra-550b-a55b": mamba2(None, 8192, 5120, 64, 2, 262144, 256, 128)
    | LATENT_MOE
    | {"layers_block_type": [MARKS[{"*": "F"}.get(mark, mark)] for mark in ULTRA]}
    | {"moe_intermediate_size": 5120, "moe_latent_size": 2048}
    | {"moe_shared_expert_intermediate_size": 10240, "mtp_layers_block_type": ["attention", "moe"]},
    "llama-3.3-nemotron-super-49b": base("nemotron-nas", 80, 8192, None, 64, None, 128256, 131072)
    | {
        "block_configs": [
            nas_block(factor, None if n in NAS_WITHOUT else 8) for n, factor in enumerate(NAS_FACTORS)
        ]
    },
    "hunyuan-large": base("hunyuan", 64, 6400, 18304, 80, 8, 129024, 262144, tie_word_embeddings=True)
    | {"num_experts": 16, "moe_topk": [1] * 64, "num_shared_expert": [1] * 64, "use_mixed_mlp_moe": True}
    | {"use_cla": True, "cla_share_factor": 2, "use_qk_norm": True},
    "mimo-v2-flash": base("mimo_v2_flash", 48, 4096, 16384, 64, 4, 152576, 262144)
    | {"head_dim": 192, "v_head_dim": 128, "swa_num_attention_heads": 64, "swa_num_key_value_heads": 8}
    | {"swa_head_dim": 192, "swa_v_head_dim": 128, "sliding_window": 128, "sliding_window_size": 128}
    | {"attention_chunk_size": 128, "hybrid_layer_pattern": [0, *every(47, 6, 1, 0, 4)[:46], 0]}
    | {"moe_layer_freq": [0] + [1] * 47, "n_routed_experts": 256, "num_experts_per_tok": 8}
    | {"moe_intermediate_size": 2048, "n_shared_experts": None, "quantization_config": FP8},
}

# What the shipped record says and the configuration does not, or says otherwise, and why.
OTHERWISE = {
    "grok-1": "the record is of the int8 release; the family's files give bf16",
    "kimi-k3": "the record has one format for all; the file leaves attention in bf16",
}


def imported(folder, name, config):
    path = folder / f"{name}_config.json"
    path.write_text(json.dumps(config), "utf-8")
    return import_config(path)


def fields(arch):
    """The fields that decide something, the letters layer by layer."""
    layers = arch["layers"]
    letters = {name: layer_letters(arch[name], layers) for name in ("mixer", "ffn_pattern")}
    unused = {"attention", "ffn" if "D" not in letters["ffn_pattern"] else ""}
    if "ffn_per_layer" in arch:
        unused.add("ffn")
    if not set("SCWPH") & set(letters["mixer"]):
        unused.add("window")
    facts = {name: value for name, value in arch.items() if name not in unused}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in (facts | letters).items()}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_configuration_gives_the_shipped_architecture(tmp_path, name):
    said = imported(tmp_path, name, PUBLISHED[name]).said
    assert fields(said.architecture) == fields(model(name).architecture)


@pytest.mark.parametrize("name", PUBLISHED)
def test_its_weights_and_its_cache_are_those_of_the_shipped_record(tmp_path, name):
    said = imported(tmp_path, name, PUBLISHED[name]).said
    assert fold(said.architecture) == fold(model(name).architecture)


@pytest.mark.parametrize("name", [name for name in PUBLISHED if name not in OTHERWISE])
def test_its_formats_are_those_of_the_shipped_record(tmp_path, name):
    formats = imported(tmp_path, name, PUBLISHED[name]).said.formats
    text = model(name).text
    shipped = [text[key] for key in ("weight_format", "expert_weight_format", "activation_format")]
    assert [formats.linear, formats.expert, formats.activation] == shipped


def test_formats_that_differ_from_the_record_are_those_of_the_file(tmp_path):
    assert imported(tmp_path, "k", PUBLISHED["grok-1"]).said.formats.linear == "bf16"
    mxfp4 = json.loads(json.dumps(INT4).replace('"int"', '"float"'))
    text = PUBLISHED["kimi-k3"]["text_config"] | {"quantization_config": mxfp4}
    formats = imported(tmp_path, "k", PUBLISHED["kimi-k3"] | {"text_config": text}).said.formats
    assert (formats.linear, formats.expert, formats.activation) == ("bf16", "mxfp4", "bf16")


@pytest.mark.parametrize(
    ("config", "total", "active"),
    [
        # stated: 8.17B; 14.3B with 2.7B active; 41.9B with 6.6B; 196B with 11B
        (
            base("granite", 40, 4096, 12800, 32, 8, 49155, 131072, tie_word_embeddings=True)
            | {"embedding_multiplier": 12.0, "logits_scaling": 16.0},
            8.17e9,
            8.17e9,
        ),
        (
            base("qwen2_moe", 24, 2048, 5632, 16, 16, 151936, 8192, use_sliding_window=False)
            | {"num_experts": 60, "num_experts_per_tok": 4, "moe_intermediate_size": 1408}
            | {"shared_expert_intermediate_size": 5632, "decoder_sparse_step": 1},
            14.3e9,
            2.7e9,
        ),
        (
            base("phimoe", 32, 4096, 6400, 32, 8, 32064, 131072, attention_bias=True, lm_head_bias=True)
            | {"num_local_experts": 16, "num_experts_per_tok": 2, "sliding_window": 131072},
            41.9e9,
            6.6e9,
        ),
        (
            base("step3p7", 45, 4096, 11264, 64, 8, 128896, 65536, head_dim=128, sliding_window=512)
            | {"layer_types": every(48, 4, "sliding_attention", "full_attention", 0)}
            | {"num_nextn_predict_layers": 3, "first_k_dense_replace": 3, "num_experts": 288}
            | {"num_experts_per_tok": 8, "moe_intermediate_size": 1280, "share_expert_dim": 1280},
            196e9,
            11e9,
        ),
    ],
    ids=["granite", "qwen2_moe", "phimoe", "step3p7"],
)
def test_families_without_a_shipped_record_give_the_stated_sizes(tmp_path, config, total, active):
    folded = fold(imported(tmp_path, "model", config).said.architecture)
    assert folded.total_params == pytest.approx(total, rel=0.01)
    ways = (folded.active_params, folded.active_params_without_input_embedding, folded.active_params_core)
    assert min(abs(way - active) for way in ways) <= 0.03 * active


def test_what_a_familys_files_leave_out_is_filled_in_and_said(tmp_path):
    text = {
        "model_type": "gemma3_text",
        "hidden_size": 5376,
        "intermediate_size": 21504,
        "num_attention_heads": 32,
        "num_hidden_layers": 62,
        "num_key_value_heads": 16,
        "head_dim": 128,
        "sliding_window": 1024,
    }
    said = imported(tmp_path, "gemma-3-27b", wrapped("gemma3", text)).said
    shipped = fields(model("gemma-3-27b").architecture)
    assert fields(said.architecture) == shipped | {"vocab": 262_208}  # the record has 262,144
    assert any("vocab_size 262208" in sentence for sentence in said.assumed)


def test_a_schedule_of_indexers_is_the_list_it_stands_for(tmp_path):
    config = dict(PUBLISHED["glm-5.2"])
    listed = imported(tmp_path, "listed", config).said.architecture
    del config["indexer_types"]
    assert imported(tmp_path, "short", config).said.architecture == listed
    assert imported(tmp_path, "short", config | {"index_topk_freq": 2}).said.architecture != listed
