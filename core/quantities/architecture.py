"""What the architecture alone decides: parameters, cache bytes, FLOP per token."""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import slot_sum

_ARITHMETIC = "arithmetic of the layer shapes in the model's configuration"


@quantity(
    unit="parameters",
    label="Linear parameters outside routed experts",
    formula="model_mixer_params + model_dense_ffn_params + model_moe_common_params",
    source=_ARITHMETIC,
)
def linear_params(
    model_mixer_params: Array, model_dense_ffn_params: Array, model_moe_common_params: Array
) -> Array:
    """Parameters that every token multiplies in every layer: mixers, dense FFN, shared experts, routers.

    Llama 3.1 70B: 80 x (151.0e6 + 704.6e6) = 68.45e9.
    """
    return model_mixer_params + model_dense_ffn_params + model_moe_common_params


@quantity(
    unit="parameters",
    label="Routed-expert parameters",
    formula="model_experts * model_expert_params * model_moe_layers",
    source=_ARITHMETIC,
)
def expert_params_total(model_experts: Array, model_expert_params: Array, model_moe_layers: Array) -> Array:
    """All routed experts of all layers. DeepSeek-V3: 256 x 44,040,192 x 58 = 653.9e9."""
    return model_experts * model_expert_params * model_moe_layers


@quantity(
    unit="parameters",
    label="Parameters",
    formula=(
        "linear_params + expert_params_total + model_embedding_params"
        " + where(model_head_is_tied > 0, 0, model_head_params) + model_other_params"
    ),
    source=_ARITHMETIC,
)
def parameters(
    linear_params: Array,
    expert_params_total: Array,
    model_embedding_params: Array,
    model_head_params: Array,
    model_head_is_tied: Array,
    model_other_params: Array,
) -> Array:
    """All weights of the text stack, without multi-token-prediction modules. DeepSeek-V3: 671.0e9."""
    head = np.where(model_head_is_tied > 0, 0.0, model_head_params)
    return linear_params + expert_params_total + model_embedding_params + head + model_other_params


@quantity(
    unit="parameters",
    label="Active parameters",
    formula=(
        "linear_params + model_experts_per_token * model_expert_params * model_moe_layers"
        " + model_head_params + model_other_params"
    ),
    source=_ARITHMETIC + "; without the input embedding, which is looked up and not multiplied",
)
def active_parameters(
    linear_params: Array,
    model_experts_per_token: Array,
    model_expert_params: Array,
    model_moe_layers: Array,
    model_head_params: Array,
    model_other_params: Array,
) -> Array:
    """Weights that one token multiplies. DeepSeek-V3: 36.6e9; gpt-oss-120b: 5.1e9."""
    routed = model_experts_per_token * model_expert_params * model_moe_layers
    return linear_params + routed + model_head_params + model_other_params


@quantity(
    unit="byte",
    label="KV-cache bytes per token",
    better="lower",
    formula="slot_sum(cache_entry_bytes / model_slot_tokens_per_entry)",
    source=_ARITHMETIC,
)
def kv_bytes_per_token(cache_entry_bytes: Array, model_slot_tokens_per_entry: Array) -> Array:
    """Bytes that a further token adds to a short sequence, window layers included.

    Llama 3.1 70B in bf16: 2 x 80 x 8 x 128 x 2 = 327,680.
    """
    return slot_sum(cache_entry_bytes / model_slot_tokens_per_entry)


@quantity(
    unit="byte",
    label="Bytes of one cache entry, by attention slot",
    slotted=True,
    formula="model_slot_kv_elements * per_slot(optimizations_kv_bytes_per_element) + model_slot_index_bytes",
    source=_ARITHMETIC,
)
def cache_entry_bytes(
    model_slot_kv_elements: Array, optimizations_kv_bytes_per_element: Array, model_slot_index_bytes: Array
) -> Array:
    """Bytes of one entry over all layers of a slot, ``(n, slot)``; indexer keys keep their own width."""
    return model_slot_kv_elements * optimizations_kv_bytes_per_element[:, None] + model_slot_index_bytes


@quantity(
    unit="tokens",
    label="Generated tokens per query",
    formula="workload_output_tokens + workload_reasoning_tokens",
    source="convention: reasoning tokens come on top of output tokens and are decoded like them",
)
def generated_tokens(workload_output_tokens: Array, workload_reasoning_tokens: Array) -> Array:
    """Visible and reasoning tokens that one query decodes. 500 + 1,500 = 2,000."""
    return workload_output_tokens + workload_reasoning_tokens


@quantity(
    unit="tokens",
    label="Mean cached length while decoding",
    formula="workload_input_tokens + generated_tokens / 2",
    source="mean over an output that grows one token at a time",
)
def mean_kv_tokens(workload_input_tokens: Array, generated_tokens: Array) -> Array:
    """Mean sequence length seen by a decoded token. DeepSeek's day: 4,383 + 1,211/2 = 4,989."""
    return workload_input_tokens + 0.5 * generated_tokens


@quantity(
    unit="tokens",
    label="Prompt tokens to compute",
    better="lower",
    formula="maximum(workload_input_tokens * (1 - optimizations_prefix_cache_hit_rate), 1)",
    source="tokens found in the prefix cache are not computed again, except the last one",
)
def new_prompt_tokens(workload_input_tokens: Array, optimizations_prefix_cache_hit_rate: Array) -> Array:
    """Prompt tokens that miss the prefix cache, at least one to start from. 4,383 x (1 - 0.563) = 1,915."""
    return np.maximum(workload_input_tokens * (1.0 - optimizations_prefix_cache_hit_rate), 1.0)


@quantity(
    unit="FLOP",
    label="Attention FLOP per decoded token",
    better="lower",
    formula="slot_sum(decode_attention_flop)",
    source="query-key and weighted-value products over the cached entries; latent attention absorbed",
)
def attention_flop_per_token(decode_attention_flop: Array) -> Array:
    """Attention FLOP of one decoded token at the mean length.

    DeepSeek-V3: 61 x 278,528 per cached token.
    """
    return slot_sum(decode_attention_flop)


@quantity(
    unit="FLOP",
    label="Attention FLOP per decoded token, by slot",
    slotted=True,
    formula=(
        "minimum(per_slot(mean_kv_tokens), model_slot_read_tokens) / model_slot_tokens_per_entry"
        " * model_slot_decode_flop + minimum(per_slot(mean_kv_tokens), model_slot_window_tokens)"
        " / model_slot_tokens_per_entry * model_slot_index_flop"
    ),
    source="query-key and weighted-value products over the cached entries; latent attention absorbed",
)
def decode_attention_flop(
    mean_kv_tokens: Array,
    model_slot_read_tokens: Array,
    model_slot_window_tokens: Array,
    model_slot_tokens_per_entry: Array,
    model_slot_decode_flop: Array,
    model_slot_index_flop: Array,
) -> Array:
    """FLOP of one decoded token at the mean length, ``(n, slot)``.

    Core attention over what is read (window, top-k), the indexer over all that is cached. The
    recurrent slot counts one entry per token.
    """
    length = mean_kv_tokens[:, None]
    read = np.minimum(length, model_slot_read_tokens) * model_slot_decode_flop
    scanned = np.minimum(length, model_slot_window_tokens) * model_slot_index_flop
    return (read + scanned) / model_slot_tokens_per_entry


@quantity(
    unit="FLOP",
    label="FLOP per output token",
    better="lower",
    formula="2 * active_parameters + attention_flop_per_token",
    source="2 FLOP per multiplied weight (multiply and add) plus attention",
)
def flop_per_output_token(active_parameters: Array, attention_flop_per_token: Array) -> Array:
    """FLOP of one decoded token. Llama 3.1 70B at 1,000 cached tokens: 1.39e11 + 2.6e9."""
    return 2.0 * active_parameters + attention_flop_per_token
