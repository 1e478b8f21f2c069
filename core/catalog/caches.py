"""What one layer keeps per token, reads per step and computes per entry, by mixer letter.

Every letter contributes to one or two of the five attention slots (``full``, ``window``,
``latent``, ``sparse``, ``state``); see :mod:`inferscope.core.catalog.mixers` for the letters.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from inferscope.core.catalog.mixers import key_value_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CSA_TOKENS", "HCA_TOKENS", "CachePart", "cache_parts"]

CSA_TOKENS = 4
"""Tokens per cache entry of compressed sparse attention (letter P)."""
HCA_TOKENS = 128
"""Tokens per cache entry of heavily compressed attention (letter H)."""

_STATE_BYTES_PER_ELEMENT = 4  # recurrent state is kept in fp32
_CONVOLUTION_BYTES_PER_ELEMENT = 2
_STATE_FLOP_PER_ELEMENT = 6  # decay, outer-product update, read-out: a multiply and an add each


class CachePart(NamedTuple):
    """The share of one layer in one attention slot.

    Attributes:
        slot: ``full``, ``window``, ``latent``, ``sparse`` or ``state``.
        kv_elements: Elements per cache entry, stored in the key-value format.
        index_bytes: Further bytes per entry at a fixed width (indexer keys).
        tokens_per_entry: Tokens that share one entry.
        window_tokens: Cap on the tokens kept; infinite without a window.
        topk_entries: Cap on the entries read per query; infinite where all are read.
        decode_flop: FLOP per entry read, one query token, key-value cache as stored.
        prefill_flop: The same while a prompt is processed.
        index_flop: FLOP of the indexer per cached entry.
        max_shards: Into how many parts tensor parallelism can cut the entry.
        state_bytes: Fixed bytes per sequence.
    """

    slot: str
    kv_elements: float = 0.0
    index_bytes: float = 0.0
    tokens_per_entry: int = 1
    window_tokens: float = math.inf
    topk_entries: float = math.inf
    decode_flop: float = 0.0
    prefill_flop: float = 0.0
    index_flop: float = 0.0
    max_shards: int = 1
    state_bytes: float = 0.0


def cache_parts(arch: Mapping[str, Any], letter: str) -> tuple[CachePart, ...]:
    """Return the slots that one layer with this mixer fills; empty for ``N``."""
    if letter in "FSCZ":
        return (_softmax(arch, letter),)
    if letter in "AX":
        return (_latent(arch, letter),)
    if letter in "PHW":
        return _compressed(arch, letter)
    if letter == "L":
        return (_linear(arch),)
    if letter == "M":
        return (_state_space(arch),)
    return ()


def _softmax(arch: Mapping[str, Any], letter: str) -> CachePart:
    """Keys and values of K heads: K (d + d_v) elements, 2 H (d + d_v) FLOP per entry.

    Layers that share their cache with a neighbour (``kv_share``) count their part of it.
    Llama 3.1 8B: 8 x 256 = 2,048 elements and 2 x 32 x 256 = 16,384 FLOP per layer.
    """
    kv_heads, d, dv = key_value_shape(arch, letter)
    elements = kv_heads * (d + dv) / arch.get("kv_share", 1)
    flop = 2.0 * arch["heads"] * (d + dv)
    if letter == "F":
        return CachePart("full", elements, decode_flop=flop, prefill_flop=flop, max_shards=kv_heads)
    if letter in "SC":
        return CachePart(
            "window",
            elements,
            window_tokens=arch["window"],
            decode_flop=flop,
            prefill_flop=flop,
            max_shards=kv_heads,
        )
    # The indexer's key of a block-sparse layer is stored in the cache's own format.
    return CachePart(
        "sparse",
        elements + arch["index_dim"],
        topk_entries=arch["index_topk"],
        decode_flop=flop,
        prefill_flop=flop,
        index_flop=_index_flop(arch),
        max_shards=kv_heads,
    )


def _latent(arch: Mapping[str, Any], letter: str) -> CachePart:
    """One vector of r + d_r elements per token, shared by all H heads.

    Decode works on the compressed vector ("absorbed"): 2 H (2 r + d_r) FLOP per entry.
    Prefill expands keys and values: 2 H (d_n + d_r + d_v). A query that reads only its own
    selection of tokens (letter X, and A with a shared index) has no expansion to share with other
    queries and stays absorbed. DeepSeek-V3: 278,528 absorbed, 81,920 expanded.
    """
    heads, rank, rope = arch["heads"], arch["kv_lora_rank"], arch["qk_rope_head_dim"]
    absorbed = 2.0 * heads * (2 * rank + rope)
    expanded = 2.0 * heads * (arch["qk_nope_head_dim"] + rope + arch["v_head_dim"])
    if letter == "A" and not arch.get("index_shared"):
        return CachePart("latent", rank + rope, decode_flop=absorbed, prefill_flop=expanded)
    has_indexer = letter == "X"
    return CachePart(
        "sparse",
        rank + rope,
        index_bytes=float(arch["index_dim"]) if has_indexer else 0.0,
        topk_entries=arch["index_topk"],
        decode_flop=absorbed,
        prefill_flop=absorbed,
        index_flop=_index_flop(arch) if has_indexer else 0.0,
    )


def _compressed(arch: Mapping[str, Any], letter: str) -> tuple[CachePart, ...]:
    """One shared vector of d elements that is key and value: 4 H d FLOP per entry.

    Recent tokens lie in a window; older ones in one entry per 4 tokens (P, picked by an indexer)
    or per 128 (H, all read).
    """
    d = arch["head_dim"]
    flop = 4.0 * arch["heads"] * d
    recent = CachePart("window", d, window_tokens=arch["window"], decode_flop=flop, prefill_flop=flop)
    if letter == "P":
        older = CachePart(
            "sparse",
            d,
            index_bytes=float(arch["index_dim"]),
            tokens_per_entry=CSA_TOKENS,
            topk_entries=arch["index_topk"],
            decode_flop=flop,
            prefill_flop=flop,
            index_flop=_index_flop(arch),
        )
        return (recent, older)
    if letter == "H":
        older = CachePart("full", d, tokens_per_entry=HCA_TOKENS, decode_flop=flop, prefill_flop=flop)
        return (recent, older)
    return (recent,)


def _linear(arch: Mapping[str, Any]) -> CachePart:
    """A state of n_v d_k d_v fp32 elements and the inputs of a short convolution."""
    elements = arch["lin_v_heads"] * arch["lin_k_dim"] * arch["lin_v_dim"]
    convolved = 2 * arch["lin_k_heads"] * arch["lin_k_dim"]
    convolved += arch["lin_v_heads"] * arch["lin_v_dim"]
    convolved *= max(arch.get("lin_conv", 1) - 1, 0)
    return _state(elements, convolved, arch["lin_v_heads"])


def _state_space(arch: Mapping[str, Any]) -> CachePart:
    """A state of (inner width) x (state size) fp32 elements and the convolution's inputs."""
    state = arch["ssm_state"]
    if arch["ssm_kind"] == "mamba2":
        inner, shards = arch["ssm_heads"] * arch["ssm_head_dim"], arch["ssm_heads"]
        convolved = inner + 2 * arch["ssm_groups"] * state
    else:
        inner = shards = arch["ssm_inner"]
        convolved = inner
    return _state(inner * state, convolved * (arch["ssm_conv"] - 1), shards)


def _state(elements: int, convolved: int, shards: int) -> CachePart:
    """Return the part of a layer with a fixed state, whose cost is per token."""
    flop = float(_STATE_FLOP_PER_ELEMENT * elements)
    return CachePart(
        "state",
        decode_flop=flop,
        prefill_flop=flop,
        max_shards=shards,
        state_bytes=float(elements * _STATE_BYTES_PER_ELEMENT + convolved * _CONVOLUTION_BYTES_PER_ELEMENT),
    )


def _index_flop(arch: Mapping[str, Any]) -> float:
    """FLOP of the indexer per cached entry: 2 n_i d_i for n_i heads of width d_i."""
    return float(2 * arch["index_heads"] * arch["index_dim"])
