"""Weights of one layer, by mixer letter and feed-forward letter.

An architecture is a mapping of the short names used in the model files (``hidden``, ``heads``,
``kv_heads`` ...). ``mixer`` and ``ffn_pattern`` hold one letter per layer and are tiled over
``layers``:

====== ===========================================================================
letter sequence mixer of a layer
====== ===========================================================================
F      full attention
S, C   attention over a sliding window, over a local chunk
A      multi-head latent attention (one compressed key-value vector per token)
X      latent attention with an indexer that picks the tokens to read
Z      block-sparse attention with an indexer
P, H   compressed attention, one entry per 4 tokens (picked by an indexer) or per 128
W      a window with one shared key-value head
L, M   linear attention, Mamba: a fixed state instead of a cache
N      no mixer in this layer
====== ===========================================================================

Feed-forward letters: ``D`` dense, ``E`` mixture of experts, ``-`` none. All counts are exact
integers; biases, norms and routers are included where the published configuration shows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FeedForward",
    "feed_forward_params",
    "key_value_shape",
    "layer_letters",
    "mixer_params",
]


class FeedForward(NamedTuple):
    """Weights of the feed-forward part of one layer.

    Attributes:
        dense: Weights of a dense feed-forward block.
        common: Weights of an expert layer that every token touches: router, shared experts,
            their gate and the projections into and out of the experts' narrower space.
        expert: Weights of one routed expert.
    """

    dense: int = 0
    common: int = 0
    expert: int = 0


def layer_letters(pattern: str, layers: int) -> str:
    """Return the pattern repeated until it covers every layer.

    >>> layer_letters("CCCF", 6)
    'CCCFCC'
    """
    return (pattern * (layers // len(pattern) + 1))[:layers]


def mixer_params(arch: Mapping[str, Any], letter: str) -> int:
    """Return the weights of one sequence mixer.

    Args:
        arch: The architecture's table.
        letter: The mixer letter, see the module's table.

    Returns:
        The number of weights; 0 for ``N``.

    Raises:
        ValueError: The letter, or the kind of a linear layer, is unknown.
    """
    if letter == "N":
        return 0
    for letters, count in _COUNTERS.items():
        if letter in letters:
            return count(arch, letter)
    message = f"unknown mixer letter {letter!r}"
    raise ValueError(message)


def _softmax_params(arch: Mapping[str, Any], letter: str) -> int:
    """Query, key, value and output projections: h(Hd + Kd + Kd_v) + H d_v h, plus options.

    H query heads and K key-value heads of width d (values d_v) on hidden size h. A window layer
    may have its own K, d and d_v; keys double as values in full layers where ``k_eq_v`` is set.
    Llama 3.1 8B: 4096 (4096 + 1024 + 1024) + 4096 x 4096 = 41,943,040.
    """
    h, heads = arch["hidden"], arch["heads"]
    kv_heads, d, dv = key_value_shape(arch, letter)
    queries = h * heads * d * (2 if arch.get("attn_out_gate") else 1)
    shared = arch.get("k_eq_v") and letter == "F"
    keys_and_values = h * kv_heads * (d if shared else d + dv)
    params = queries + keys_and_values + heads * dv * h
    if arch.get("qkv_bias") or arch.get("attn_bias_all"):
        params += heads * d + kv_heads * (d + dv)
    if arch.get("o_bias") or arch.get("attn_bias_all"):
        params += h
    if arch.get("qk_norm"):
        params += 2 * d
    if arch.get("sinks"):
        params += heads
    if arch.get("rel_pos_proj"):
        params += h * heads * d
    if letter == "Z":
        params += h * arch["index_heads"] * arch["index_dim"] + h * arch["index_dim"]
    return int(params)


def key_value_shape(arch: Mapping[str, Any], letter: str) -> tuple[int, int, int]:
    """Return key-value heads, key width and value width of a softmax layer."""
    kv_heads, d = arch["kv_heads"], arch["head_dim"]
    dv = arch.get("v_head_dim", d)
    if letter in "SC":
        kv_heads = arch.get("swa_kv_heads", kv_heads)
        if "swa_head_dim" in arch:
            d = arch["swa_head_dim"]
            dv = arch.get("swa_v_head_dim", d)
        else:
            dv = arch.get("swa_v_head_dim", dv)
    return kv_heads, d, dv


def _latent_params(arch: Mapping[str, Any], letter: str) -> int:
    """Latent attention: low-rank queries, the shared latent and its expansion to H heads.

    Queries h q + q + q H (d_n + d_r) (or h H (d_n + d_r) without a query rank q), latent
    h (r + d_r) + r, expansion r H (d_n + d_v), output H d_v h; an indexer adds q n_i d_i +
    h d_i + h n_i. DeepSeek-V3: 187,107,328 per layer.
    """
    h, heads = arch["hidden"], arch["heads"]
    rank, rope = arch["kv_lora_rank"], arch["qk_rope_head_dim"]
    nope, dv = arch["qk_nope_head_dim"], arch["v_head_dim"]
    query_rank = arch.get("q_lora_rank", 0)
    if query_rank:
        params = h * query_rank + query_rank + query_rank * heads * (nope + rope)
    else:
        params = h * heads * (nope + rope)
    params += h * (rank + rope) + rank + rank * heads * (nope + dv) + heads * dv * h
    if arch.get("attn_out_gate_mla"):
        params += h * heads * dv
    if letter == "X":
        index_heads, index_dim = arch["index_heads"], arch["index_dim"]
        params += (query_rank or h) * index_heads * index_dim + h * index_dim + h * index_heads
    return int(params)


def _compressed_params(arch: Mapping[str, Any], letter: str) -> int:
    """One shared key-value head, low-rank grouped output, and compressors for ``P`` and ``H``.

    h q + q H d + h d + H d o + g o h with query rank q, o output rank and g output groups.
    """
    h, heads, d = arch["hidden"], arch["heads"], arch["head_dim"]
    query_rank, groups, out_rank = arch["q_lora_rank"], arch["o_groups"], arch["o_lora_rank"]
    params = h * query_rank + query_rank * heads * d + h * d
    params += heads * d * out_rank + groups * out_rank * h
    if letter == "P":
        index_heads, index_dim = arch["index_heads"], arch["index_dim"]
        params += 4 * h * d + query_rank * index_heads * index_dim
        params += h * index_heads + 4 * h * index_dim
    if letter == "H":
        params += 2 * h * d
    return int(params)


def _linear_params(arch: Mapping[str, Any], letter: str) -> int:
    """Linear attention: lightning, gated DeltaNet or Kimi delta attention."""
    del letter
    h = arch["hidden"]
    key_heads, value_heads = arch["lin_k_heads"], arch["lin_v_heads"]
    dk, dv = arch["lin_k_dim"], arch["lin_v_dim"]
    keys, values, kind = key_heads * dk, value_heads * dv, arch["lin_kind"]
    if kind == "lightning":
        return int(h * (2 * keys + values) + h * values + values * h + values)
    convolved = (2 * keys + values) * arch["lin_conv"]
    if kind == "gated_deltanet":
        projected = h * (2 * keys + 2 * values) + h * 2 * value_heads
        return int(projected + convolved + values * h + 2 * value_heads + dv)
    if kind == "kda":
        gate = h * values if arch.get("lin_full_rank_gate") else h * dv + dv * values
        decay = h * dk + dk * keys
        params = h * (2 * keys + values) + convolved + decay + gate + h * value_heads
        return int(params + values * h + keys + value_heads + dv)
    message = f"unknown kind of linear attention {kind!r}"
    raise ValueError(message)


def _state_space_params(arch: Mapping[str, Any], letter: str) -> int:
    """Mamba 2 (heads of a shared state) or Mamba 1 (a state per channel)."""
    del letter
    h, state, conv = arch["hidden"], arch["ssm_state"], arch["ssm_conv"]
    if arch["ssm_kind"] == "mamba2":
        heads = arch["ssm_heads"]
        inner = heads * arch["ssm_head_dim"]
        convolved = inner + 2 * arch["ssm_groups"] * state
        params = h * (inner + convolved + heads) + convolved * (conv + 1)
        return int(params + 3 * heads + inner + inner * h)
    inner, rank = arch["ssm_inner"], arch["ssm_dt_rank"]
    params = h * 2 * inner + inner * (conv + 1) + inner * (rank + 2 * state)
    params += rank * inner + inner + inner * state + inner
    return int(params + inner * h + rank + 2 * state)


_COUNTERS = {
    "FSCZ": _softmax_params,
    "AX": _latent_params,
    "PHW": _compressed_params,
    "L": _linear_params,
    "M": _state_space_params,
}


def feed_forward_params(arch: Mapping[str, Any], letter: str, layer: int) -> FeedForward:
    """Return the feed-forward weights of one layer.

    A block of ``ffn_mats`` matrices (3 gated, 2 plain) of width w on hidden size h has
    ``ffn_mats`` h w weights. Llama 3.1 8B: 3 x 4096 x 14336 = 176,160,768. Experts may work in a
    narrower space than the model's hidden size; the projections into and out of it are common.

    Args:
        arch: The architecture's table.
        letter: ``D``, ``E`` or ``-``.
        layer: The layer's index, for models whose dense width differs by layer.

    Returns:
        The dense, common and per-expert counts.
    """
    h, matrices = arch["hidden"], arch["ffn_mats"]
    if letter == "-":
        return FeedForward()
    if letter == "D":
        width = arch["ffn_per_layer"][layer] if "ffn_per_layer" in arch else arch["ffn"]
        bias = width + h if arch.get("attn_bias_all") else 0
        return FeedForward(dense=matrices * h * width + bias)
    inner, width = arch.get("moe_latent", h), arch["moe_ffn"]
    expert = matrices * inner * width + ((2 * width + h) if arch.get("moe_bias") else 0)
    common = h * arch["experts"] + matrices * h * arch.get("shared_ffn", 0)
    common += h if arch.get("shared_gate") else 0
    common += 2 * h * inner if "moe_latent" in arch else 0
    return FeedForward(common=common, expert=expert)
