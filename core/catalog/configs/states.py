"""Layers that keep a state instead of a cache (linear attention, Mamba), and block-sparse attention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inferscope.core.catalog.configs.attention import biases, heads_of, plain
from inferscope.core.catalog.configs.latent import latent_facts
from inferscope.core.catalog.configs.stack import Facts, Stack, tiled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inferscope.core.catalog.configs.table import Table

__all__ = [
    "BLOCKS",
    "block_sparse",
    "delta_net",
    "jamba",
    "kimi_delta",
    "lightning",
    "nemotron_h",
    "softmax_only",
]

_LINEAR: Final[Mapping[str, str]] = {"linear_attention": "L", "full_attention": "F"}
_LIGHTNING: Final[Mapping[int, str]] = {0: "L", 1: "F"}
_SPARSE: Final[Mapping[int, str]] = {0: "F", 1: "Z"}
_SPARSE_TYPES: Final[Mapping[str, str]] = {"full_attention": "F", "minimax_m3_sparse": "Z"}
BLOCKS: Final[Mapping[str, str]] = {
    "M": "M-",
    "*": "F-",
    "-": "ND",
    "E": "NE",
    "mamba": "M-",
    "attention": "F-",
    "mlp": "ND",
    "moe": "NE",
}
"""Nemotron-H's blocks: each is a mixer or a feed-forward part, here the letters of both."""


def delta_net(stack: Stack) -> Facts:
    """Gated DeltaNet layers with full attention between them, whose queries carry an output gate."""
    keys = stack.keys
    letters = keys.letters("layer_types", stack.layers, _LINEAR, extra=stack.mtp)
    every = keys.maybe("full_attention_interval") or 4
    usual = "".join("F" if (place + 1) % every == 0 else "L" for place in range(stack.layers))
    gated = keys.flag("attn_output_gate", default=True)
    keys.forget(("mamba_ssm_dtype", "mtp_use_dedicated_embeddings"))
    return {
        **heads_of(stack),
        **biases(stack),
        "mixer": tiled(letters or usual),
        "lin_kind": "gated_deltanet",
        "lin_k_heads": keys.size("linear_num_key_heads"),
        "lin_v_heads": keys.size("linear_num_value_heads"),
        "lin_k_dim": keys.size("linear_key_head_dim"),
        "lin_v_dim": keys.size("linear_value_head_dim"),
        "lin_conv": keys.size("linear_conv_kernel_dim"),
        **({"attn_out_gate": True} if gated else {}),
    }


def lightning(stack: Stack) -> Facts:
    """MiniMax: lightning attention with the attention's own heads, softmax where the list says so.

    Raises:
        CatalogError: No list says which layers are which.
    """
    keys = stack.keys
    letters = keys.letters("attn_type_list", stack.layers, _LIGHTNING, "0 (lightning) or 1 (softmax)")
    letters = letters or keys.letters("layer_types", stack.layers, _LINEAR)
    if letters is None:
        message = "is missing, and without it no layer is known"
        keys.refuse("attn_type_list", message)
    facts = heads_of(stack)
    heads, width = facts["heads"], facts["head_dim"]
    keys.forget(("layernorm_linear_attention_alpha", "layernorm_linear_attention_beta"))
    keys.forget(("linear_attn_alpha_factor", "linear_attn_beta_factor"))
    return {
        **facts,
        "mixer": tiled(letters),
        "lin_kind": "lightning",
        "lin_k_heads": heads,
        "lin_v_heads": heads,
        "lin_k_dim": width,
        "lin_v_dim": width,
    }


def softmax_only(stack: Stack) -> Facts:
    """MiniMax M2 lists its layers too, and all are softmax.

    Raises:
        CatalogError: One is not.
    """
    stack.keys.letters("attn_type_list", stack.layers, {1: "F"}, "1 (softmax)", extra=stack.mtp)
    return plain(stack)


def kimi_delta(stack: Stack) -> Facts:
    """Kimi delta attention with latent attention between; ``linear_attn_config`` counts layers from 1.

    Raises:
        CatalogError: A layer is in both lists or in none, or the table is missing.
    """
    keys = stack.keys
    own = keys.table("linear_attn_config")
    if own is None:
        message = "is missing, and without it no layer is known"
        keys.refuse("linear_attn_config", message)
    delta = own.places("kda_layers", stack.layers, first=1)
    full = own.places("full_attn_layers", stack.layers, first=1)
    for place in range(stack.layers):
        if (place in delta) == (place in full):
            where = "in both lists" if place in delta else "neither in kda_layers nor in full_attn_layers"
            message = f"layer {place + 1} is {where}"
            own.refuse("full_attn_layers", message)
    own.forget(("gate_lower_bound",))
    _all_understood(own)
    heads, width = own.size("num_heads"), own.size("head_dim")
    keys.forget(("mla_use_nope", "attn_res_block_size"))
    return {
        **latent_facts(stack),
        "mixer": tiled("".join("L" if place in delta else "A" for place in range(stack.layers))),
        "lin_kind": "kda",
        "lin_k_heads": heads,
        "lin_v_heads": heads,
        "lin_k_dim": width,
        "lin_v_dim": width,
        "lin_conv": own.size("short_conv_kernel_size"),
        **({"lin_full_rank_gate": True} if own.flag("use_full_rank_gate") else {}),
        **({"attn_out_gate_mla": True} if keys.flag("mla_use_output_gate") else {}),
    }


def _all_understood(table: Table) -> None:
    """Refuse a table in which a key means something that nobody asked for.

    Raises:
        CatalogError: It names the key.
    """
    table.forget(("num_heads", "head_dim", "short_conv_kernel_size", "use_full_rank_gate"))
    for name, _ in table.unread():
        message = "is not understood"
        table.refuse(name, message)


def block_sparse(stack: Stack) -> Facts:
    """MiniMax M3: an indexer picks blocks of tokens; the cache still holds every token."""
    keys = stack.keys
    facts = {**heads_of(stack), **biases(stack)}
    own = keys.table("sparse_attention_config")
    if own is None or not own.flag("use_sparse_attention", default=True):
        letters = keys.letters("layer_types", stack.layers, _SPARSE_TYPES, extra=stack.mtp)
        return {**facts, **_blocks(keys, letters or "F" * stack.layers)}
    letters = own.letters("sparse_attention_freq", stack.layers, _SPARSE, extra=stack.mtp)
    if letters is None:
        message = "is missing, and without it no layer is known"
        own.refuse("sparse_attention_freq", message)
    return {**facts, **_blocks(own, letters)}


def _blocks(table: Table, letters: str) -> Facts:
    """The indexer under either of two sets of names; tokens picked are blocks x their length."""
    if "Z" not in letters:
        return {"mixer": tiled(letters)}
    blocks = table.size("sparse_topk_blocks", "index_topk_blocks")
    return {
        "mixer": tiled(letters),
        "index_heads": table.size("sparse_num_index_heads", "index_n_heads"),
        "index_dim": table.size("sparse_index_dim", "index_head_dim"),
        "index_topk": blocks * table.size("sparse_block_size", "index_block_size"),
    }


def jamba(stack: Stack) -> Facts:
    """Mamba 1 with attention every ``attn_layer_period`` layers."""
    keys = stack.keys
    letters = "".join("F" if is_attention else "M" for is_attention in every_nth(stack, "attn_layer", 8, 4))
    keys.forget(("mamba_conv_bias", "mamba_proj_bias", "use_mamba_kernels", "use_mambapy"))
    rank = keys.raw("mamba_dt_rank")
    automatic = rank in (None, "auto")
    return {
        **heads_of(stack),
        "mixer": tiled(letters),
        "ssm_kind": "mamba1",
        "ssm_inner": stack.hidden * keys.size("mamba_expand"),
        "ssm_dt_rank": -(-stack.hidden // 16) if automatic else keys.size("mamba_dt_rank"),
        "ssm_state": keys.size("mamba_d_state"),
        "ssm_conv": keys.size("mamba_d_conv"),
    }


def every_nth(stack: Stack, name: str, period: int, offset: int) -> list[bool]:
    """Which layers are of a kind that comes once a period, at an offset within it.

    Raises:
        CatalogError: The offset lies beyond the period.
    """
    keys = stack.keys
    every = keys.maybe(f"{name}_period") or period
    given = keys.maybe(f"{name}_offset", least=0)
    first = offset if given is None else given
    if first >= every:
        message = f"must be below {name}_period ({every}), not {first}"
        keys.refuse(f"{name}_offset", message)
    return [place % every == first for place in range(stack.layers)]


def nemotron_h(stack: Stack) -> Facts:
    """Mamba 2, attention and feed-forward blocks, one a layer, as a pattern or a list says.

    Raises:
        CatalogError: Neither is there, or a block is of no known kind.
    """
    keys = stack.keys
    pattern = keys.text("hybrid_override_pattern")
    names = keys.per_layer("layers_block_type", stack.layers, _block, f"one of {', '.join(BLOCKS)}")
    if pattern and (len(pattern) != stack.layers or set(pattern) - set(BLOCKS)):
        message = f"must be {stack.layers} of the letters M, *, - and E, not {pattern[:30]!r}"
        keys.refuse("hybrid_override_pattern", message)
    blocks = [BLOCKS[letter] for letter in pattern] if pattern else names
    if blocks is None:
        message = "is missing (or layers_block_type), and without it no layer is known"
        keys.refuse("hybrid_override_pattern", message)
    keys.forget(("mtp_hybrid_override_pattern", "mtp_layers_block_type"))
    keys.forget(("mamba_ssm_cache_dtype", "mamba_hidden_act", "mamba_proj_bias", "use_conv_bias"))
    keys.forget(("use_mamba_kernels", "expand", "chunk_size", "time_step_rank"))
    return {
        **heads_of(stack),
        **biases(stack),
        "mixer": tiled("".join(block[0] for block in blocks)),
        "ffn_pattern": tiled("".join(block[1] for block in blocks)),
        "norms_per_layer": 1,
        "ssm_kind": "mamba2",
        "ssm_heads": keys.size("mamba_num_heads"),
        "ssm_head_dim": keys.size("mamba_head_dim"),
        "ssm_groups": keys.size("n_groups"),
        "ssm_state": keys.size("ssm_state_size"),
        "ssm_conv": keys.size("conv_kernel"),
    }


def _block(name: object) -> str | None:
    return BLOCKS.get(name) if isinstance(name, str) else None
