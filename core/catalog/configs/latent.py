"""Latent attention with and without an indexer, and the compressed attention of DeepSeek V4."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inferscope.core.catalog.configs.stack import HEADS, Facts, Stack, tiled

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["compressed", "indexed", "latent", "latent_facts"]

_INDEXERS: Final[Mapping[str, str]] = {"full": "X", "shared": "A"}
_RATIOS: Final[Mapping[int, str]] = {0: "W", 4: "P", 128: "H"}
"""Tokens per cache entry: none but the window, picked by an indexer, or all read."""
_RATIO_TYPES: Final[Mapping[str, str]] = {
    "sliding_attention": "W",
    "compressed_sparse_attention": "P",
    "heavily_compressed_attention": "H",
}


def latent_facts(stack: Stack) -> dict[str, Any]:
    """Ranks and widths of latent attention; keys and values of all heads come from one vector.

    ``num_key_value_heads`` and ``head_dim`` mean nothing here and are passed over.
    """
    keys = stack.keys
    heads = keys.size(*HEADS)
    nope, rope = keys.size("qk_nope_head_dim", least=0), keys.size("qk_rope_head_dim", least=0)
    keys.forget(("num_key_value_heads", "head_dim", "qk_head_dim"))
    if keys.flag("attention_bias"):
        stack.assume("biases of latent attention are left out of the count")
    return {
        "heads": heads,
        "kv_heads": heads,
        "head_dim": nope + rope,
        "v_head_dim": keys.size("v_head_dim"),
        "kv_lora_rank": keys.size("kv_lora_rank"),
        "q_lora_rank": keys.count("q_lora_rank"),
        "qk_nope_head_dim": nope,
        "qk_rope_head_dim": rope,
    }


def latent(stack: Stack) -> Facts:
    """Latent attention in every layer."""
    return {**latent_facts(stack), "mixer": "A"}


def index_facts(stack: Stack) -> dict[str, Any]:
    """The indexer's heads, their width, and how many entries it picks."""
    keys = stack.keys
    return {
        "index_heads": keys.size("index_n_heads"),
        "index_dim": keys.size("index_head_dim"),
        "index_topk": keys.size("index_topk"),
    }


def indexed(stack: Stack) -> Facts:
    """Latent attention whose tokens an indexer picks; layers may share the indexer of one before."""
    keys = stack.keys
    keys.letters("layer_types", stack.layers, {"indexed_attention": "X", "deepseek_sparse_attention": "X"})
    letters = keys.letters("indexer_types", stack.layers, _INDEXERS, extra=stack.mtp) or _schedule(stack)
    shared = {"index_shared": True} if "A" in letters else {}
    keys.forget(("index_share_for_mtp_iteration", *_SCHEDULE))
    return {**latent_facts(stack), **index_facts(stack), "mixer": tiled(letters), **shared}


_SCHEDULE: Final = ("index_topk_freq", "index_skip_topk_offset", "index_topk_pattern")
"""What ``indexer_types`` says layer by layer, in short."""


def _schedule(stack: Stack) -> str:
    """Which layers have an indexer of their own where only a frequency or a pattern is given.

    Raises:
        CatalogError: The pattern is no text of F and S with one letter a layer.
    """
    keys = stack.keys
    every, offset = keys.maybe("index_topk_freq") or 1, keys.maybe("index_skip_topk_offset", least=0)
    pattern = keys.text("index_topk_pattern")
    if pattern:
        if len(pattern) != stack.layers or set(pattern) - set("FS"):
            message = f"must be {stack.layers} letters F or S, not {pattern[:20]!r}"
            keys.refuse("index_topk_pattern", message)
        return pattern.replace("S", "A").replace("F", "X")
    first = 2 if offset is None else offset
    return "".join("A" if max(place - first + 1, 0) % every else "X" for place in range(stack.layers))


def compressed(stack: Stack) -> Facts:
    """DeepSeek V4: a window and one entry per 4 tokens (picked) or per 128 (all read), layer by layer.

    Raises:
        CatalogError: A layer compresses by another ratio, or there is more than one key-value head.
    """
    keys = stack.keys
    wanted = "0, 4 or 128 tokens per entry"
    letters = keys.letters("compress_ratios", stack.layers, _RATIOS, wanted, extra=max(stack.mtp, 1))
    letters = letters or keys.letters("layer_types", stack.layers, _RATIO_TYPES, extra=stack.mtp)
    if letters is None:
        message = "is missing, and without it no layer's cache is known"
        keys.refuse("compress_ratios", message)
    if (keys.maybe("num_key_value_heads") or 1) != 1:
        message = "must be 1: compressed attention keeps one vector that is key and value"
        keys.refuse("num_key_value_heads", message)
    keys.forget(("compress_rates", "compress_rope_theta", "num_hash_layers"))
    keys.forget(("hc_mult", "hc_eps", "hc_sinkhorn_iters"))
    return {
        "heads": keys.size(*HEADS),
        "kv_heads": 1,
        "head_dim": keys.size("head_dim"),
        "q_lora_rank": keys.size("q_lora_rank"),
        "qk_rope_head_dim": keys.size("qk_rope_head_dim", least=0),
        "o_groups": keys.size("o_groups"),
        "o_lora_rank": keys.size("o_lora_rank"),
        **(index_facts(stack) if "P" in letters else {}),
        "mixer": tiled(letters),
        "window": keys.size("sliding_window"),
    }
