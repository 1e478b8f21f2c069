"""Keys that change neither the size of a model nor the cost of running it."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["changes_nothing", "looks_structural"]

_NAMES: Final = frozenset(
    [
        *("_name_or_path", "architectures", "auto_map", "model_type", "transformers_version", "torchscript"),
        *(
            "task_specific_params",
            "id2label",
            "label2id",
            "problem_type",
            "finetuning_task",
            "tokenizer_class",
        ),
        *("hidden_act", "hidden_activation", "activation_function", "activation", "initializer_range"),
        *("init_std", "use_cache", "pretraining_tp", "is_decoder", "gradient_checkpointing", "return_dict"),
        *("quantization_config", "quantization", "compression_config", "chat_template", "unsloth_version"),
        *(
            "torch_dtype",
            "dtype",
            "attn_implementation",
            "_attn_implementation",
            "use_flash_attn",
            "training",
        ),
        *(
            "rms_norm_eps",
            "layer_norm_eps",
            "layer_norm_epsilon",
            "layernorm_epsilon",
            "norm_eps",
            "norm_type",
        ),
        *("partial_rotary_factor", "rotary_pct", "rotary_dim", "rotary_emb_base", "use_mrope", "theta"),
        *("original_max_position_embeddings", "initial_context_length", "max_window_layers", "position_type"),
        *("final_logit_softcapping", "attn_logit_softcapping", "logit_scale", "logits_scaling", "clip_qkv"),
        *("query_pre_attn_scalar", "attention_multiplier", "residual_multiplier", "embedding_multiplier"),
        *(
            "embedding_multiplier_scale",
            "output_multiplier_scale",
            "attention_value_scale",
            "num_logits_to_keep",
        ),
        *("attn_temperature_tuning", "attn_temperature_len", "attn_scale", "floor_scale", "swiglu_limit"),
        *("swiglu_alpha", "swiglu_limits", "swiglu_limits_shared", "cache_implementation", "use_qk_norm"),
        *("qk_norm_type", "qk_norm", "use_gemma_norm", "rescale_prenorm_residual", "residual_in_fp32"),
        *("norm_topk_prob", "n_group", "topk_group", "topk_method", "scoring_func", "routed_scaling_factor"),
        *("use_grouped_topk", "num_expert_group", "moe_renormalize", "seq_aux", "aux_loss_alpha", "ep_size"),
        *("moe_router_activation_func", "moe_router_dtype", "moe_router_scaling_factor", "use_routing_bias"),
        *("moe_shared_expert_overlap", "use_moe_router_bias", "use_moe_bias", "moe_every_n_layers"),
        *("need_fp32_gate", "norm_expert_weight", "use_head_wise_attn_gate", "moe_layer_offset", "gating"),
        *(
            "indexer_rope_interleave",
            "scale_fmt",
            "use_parallel_residual",
            "apply_residual_connection_post_layernorm",
        ),
        *("do_layer_norm_before", "_remove_final_layer_norm", "layer_norm_elementwise_affine", "enable_bias"),
        *(
            "scale_attn_weights",
            "scale_attn_by_inverse_layer_idx",
            "reorder_and_upcast_attn",
            "slow_but_exact",
        ),
        *("masked_softmax_fusion", "n_layer_checkpoint", "attention_softmax_in_fp32", "offset_alibi"),
        *("bias_dropout_fusion", "skip_bias_add", "skip_bias_add_qkv", "use_bidirectional_attention"),
        *("add_swa_attention_sink_bias", "add_full_attention_sink_bias", "postnorm", "use_post_norm"),
        *("activation_situ_beta", "activation_situ_linear_beta", "use_bias", "use_bfloat16", "prefix"),
        *(
            "global_attn_every_n",
            "attn_factor",
            "extrapolation_factor",
            "scaling_factor",
            "beta_fast",
            "beta_slow",
        ),
        *("add_classification_head", "class_num", "dense_list", "pool_type", "mlp_hidden_act", "use_mtp"),
        *(
            "mtp_transformer_layers",
            "org_vocab_size",
            "position_embedding_type",
            "embd_layer",
            "uniform_expert_assignment",
        ),
        *("use_alibi", "emb_pdrop", "pad_id", "eod_token_id", "im_end_id", "im_start_id", "im_newline_id"),
        *(
            "mask_init_id",
            "temperature",
            "top_k",
            "top_p",
            "typical_p",
            "max_length",
            "min_length",
            "num_beams",
        ),
        *("num_beam_groups", "num_return_sequences", "length_penalty", "repetition_penalty", "do_sample"),
        *("chunk_size_feed_forward", "encoder_no_repeat_ngram_size", "no_repeat_ngram_size", "rotary_type"),
        *("router_jitter_noise", "input_jitter_noise", "router_logit_softcapping", "language", "layerdrop"),
        *("flash_norm", "rope_type", "mup_enabled", "head_dim_original", "ffn_mult"),
    ]
)
_SHAPES: Final = re.compile(
    r"rope_.*|.*_rope|.*_rope_.*|.*_token_id|.*_token_index|.*_token_ids|.*_dropout|.*_pdrop|dropout"
    r"|layernorm_.*_(alpha|beta)|time_step_(floor|max|min|limit|rank)|summary_.*|output_.*|router_.*_coef"
    r"|.*_loss_coef|.*_placeholder|remove_invalid_values|tie_encoder_decoder|mrope_.*|rotary_.*"
)
_STRUCTURAL: Final = re.compile(
    r"attn_type|attention_other|linear|mamba|ssm|latent|index|compress|sparse|recurrent|lora|conv|rwkv|hybrid|swa_|kda|gdn|delta_net"
    r"|layer_types|layer_type|layers_type|block_type|block_config|cross_layer|kv_shared|share_factor|use_cla"
    r"|memory_(slots|tokens|layers)|state_size|d_state|expert|moe_|_moe|loop|recursion|num_streams|hyper_"
)


def changes_nothing(name: str) -> bool:
    """Whether a key of this name has no bearing on sizes or costs.

    >>> changes_nothing("rope_scaling"), changes_nothing("kv_lora_rank")
    (True, False)
    """
    return name in _NAMES or _SHAPES.fullmatch(name) is not None


def looks_structural(name: str) -> bool:
    """Whether a key of this name may stand for recurrent, latent, sparse, compressed or shared parts.

    >>> looks_structural("mamba_d_state"), looks_structural("favourite_colour")
    (True, False)
    """
    return _STRUCTURAL.search(name) is not None
