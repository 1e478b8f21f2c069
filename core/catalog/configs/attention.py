"""Softmax attention: heads, widths, biases, and which layers see a window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inferscope.core.catalog.configs.stack import HEADS, KV_HEADS, Facts, Part, Stack, tiled

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "KINDS",
    "biases",
    "falcon",
    "gemma4",
    "heads_of",
    "hybrid_windows",
    "llama4",
    "output_unbiased",
    "plain",
    "windowed",
]

KINDS: Final[Mapping[str, str]] = {
    "full_attention": "F",
    "sliding_attention": "S",
    "chunked_attention": "C",
}
"""Kinds of layer that need no further facts than a window."""
_HEAD_DIM: Final = ("head_dim", "attention_head_dim", "kv_channels", "d_kv")


def heads_of(stack: Stack) -> dict[str, Any]:
    """Query heads, key-value heads and head width; without their own keys as many, and hidden/heads.

    Raises:
        CatalogError: The heads do not divide the hidden size, and no width is given.
    """
    keys = stack.keys
    heads = keys.size(*HEADS)
    kv_heads = keys.maybe(*KV_HEADS) or heads
    head_dim = keys.maybe(*_HEAD_DIM)
    if heads % kv_heads:
        message = f"{heads} query heads cannot share {kv_heads} key-value heads evenly"
        keys.refuse(HEADS[0], message)
    if head_dim is None:
        if stack.hidden % heads:
            message = f"is missing, and {heads} heads do not divide a hidden size of {stack.hidden}"
            keys.refuse("head_dim", message)
        head_dim = stack.hidden // heads
    return {"heads": heads, "kv_heads": kv_heads, "head_dim": head_dim}


def biases(stack: Stack) -> Facts:
    """Biases of the projections, as ``attention_bias`` and ``qkv_bias`` say."""
    keys = stack.keys
    if keys.flag("attention_bias"):
        return {"qkv_bias": True, "o_bias": True}
    return {"qkv_bias": True} if keys.flag("qkv_bias") else {}


def plain(stack: Stack) -> Facts:
    """Attention that sees everything, or a window where ``sliding_window`` or ``layer_types`` says so."""
    return {**heads_of(stack), **biases(stack), **_mixers(stack, "F" * stack.layers)}


def output_unbiased(stack: Stack) -> Facts:
    """The same, where ``attention_bias`` leaves the output projection without one."""
    return {name: fact for name, fact in plain(stack).items() if name != "o_bias"}


def windowed(period: int) -> Part:
    """Layers with a window, every ``period``-th one without; for families that need not say so."""

    def read(stack: Stack) -> Facts:
        every = stack.keys.maybe("sliding_window_pattern") or period
        usual = "".join("F" if (place + 1) % every == 0 else "S" for place in range(stack.layers))
        return {**heads_of(stack), **biases(stack), **_mixers(stack, usual)}

    return read


def _mixers(stack: Stack, usual: str) -> Facts:
    """The letters of the layers and their window; ``layer_types`` says more than the family's habit."""
    letters = stack.keys.letters("layer_types", stack.layers, KINDS, extra=stack.mtp)
    return with_window(stack, letters or _by_switch(stack, usual), _window(stack))


def _by_switch(stack: Stack, usual: str) -> str:
    """The letters where ``use_sliding_window`` and its layers, or a bare window, decide."""
    keys = stack.keys
    given, first = keys.has("use_sliding_window"), keys.maybe("max_window_layers", least=0)
    is_on = keys.flag("use_sliding_window")
    window = _window(stack)
    if given and not is_on:
        return "F" * stack.layers
    if window is None:
        return "F" * stack.layers
    if given and first is not None:
        return "F" * min(first, stack.layers) + "S" * max(stack.layers - first, 0)
    return usual if "S" in usual else "S" * stack.layers


def _window(stack: Stack) -> int | None:
    """Tokens of the window; None without one, which some files write as -1."""
    found = stack.keys.maybe("sliding_window", "sliding_window_size", least=-1)
    return None if found == -1 else found


def with_window(stack: Stack, letters: str, window: int | None) -> Facts:
    """Letters with the window that they need; one as long as the context is none.

    Raises:
        CatalogError: Layers have a window whose size is missing.
    """
    if not set("SC") & set(letters):
        return {"mixer": tiled(letters)}
    if window is None or window < 1:
        name = "attention_chunk_size" if "C" in letters else "sliding_window"
        message = f"must be a window of at least 1 token, which layers need, not {window or 'null'}"
        stack.keys.refuse(name, message)
    if window >= stack.context:
        stack.assume(f"a window of {window:,} tokens, no shorter than the context, is no window")
        return {"mixer": tiled(letters.replace("S", "F").replace("C", "F"))}
    return {"mixer": tiled(letters), "window": window}


def llama4(stack: Stack) -> Facts:
    """Chunks of ``attention_chunk_size`` tokens in layers with rotary positions, everything in the rest."""
    keys = stack.keys
    marks: Mapping[int, str] = {1: "C", 0: "F"}
    letters = keys.letters("layer_types", stack.layers, KINDS, extra=stack.mtp)
    rotary = keys.letters("no_rope_layers", stack.layers, marks) if keys.items("no_rope_layers") else None
    every = keys.maybe("no_rope_layer_interval") or 4
    usual = "".join("F" if (place + 1) % every == 0 else "C" for place in range(stack.layers))
    if letters is None and rotary is None:
        stack.assume(f"layers attend in chunks, every {every}th to everything: the family's habit")
    window = keys.maybe("attention_chunk_size")
    found = letters or rotary or usual
    facts = with_window(stack, found if window else "F" * stack.layers, window)
    return {**heads_of(stack), **biases(stack), **facts}


def gemma4(stack: Stack) -> Facts:
    """Window layers and global layers that differ in heads and width; keys may double as values.

    Raises:
        CatalogError: Layers share another layer's cache, or have inputs of their own, which no record holds.
    """
    keys = stack.keys
    for name in ("num_kv_shared_layers", "hidden_size_per_layer_input"):
        if keys.count(name):
            message = f"is {keys.count(name)}: layers of this kind are not understood"
            keys.refuse(name, message)
    keys.forget(("vocab_size_per_layer_input",))
    of_window = heads_of(stack)
    shared = keys.flag("attention_k_eq_v")
    kv_heads = keys.maybe("num_global_key_value_heads") if shared else None
    head_dim = keys.maybe("global_head_dim") or of_window["head_dim"]
    facts = {
        **of_window,
        "kv_heads": kv_heads or of_window["kv_heads"],
        "head_dim": head_dim,
        "swa_kv_heads": of_window["kv_heads"],
        "swa_head_dim": of_window["head_dim"],
    }
    usual = "".join("F" if (place + 1) % 6 == 0 else "S" for place in range(stack.layers))
    return {**facts, **({"k_eq_v": True} if shared else {}), **biases(stack), **_mixers(stack, usual)}


def hybrid_windows(stack: Stack) -> Facts:
    """Window layers with heads of their own (``swa_``), as ``hybrid_layer_pattern`` lists them.

    Raises:
        CatalogError: Window layers have another number of query heads, which no record holds.
    """
    keys = stack.keys
    marks: Mapping[int, str] = {0: "F", 1: "S"}
    facts = heads_of(stack)
    swa_heads = keys.maybe("swa_num_attention_heads", "num_sliding_attention_heads")
    if swa_heads not in (None, facts["heads"]):
        message = f"is {swa_heads}, other layers have {facts['heads']}: one record cannot hold both"
        keys.refuse("swa_num_attention_heads", message)
    own = {
        "v_head_dim": keys.maybe("v_head_dim"),
        "swa_kv_heads": keys.maybe("swa_num_key_value_heads"),
        "swa_head_dim": keys.maybe("swa_head_dim"),
        "swa_v_head_dim": keys.maybe("swa_v_head_dim"),
    }
    facts |= {name: value for name, value in own.items() if value is not None}
    letters = keys.letters("hybrid_layer_pattern", stack.layers, marks, extra=stack.mtp)
    letters = letters or keys.letters("layer_types", stack.layers, KINDS, extra=stack.mtp)
    keys.forget(("attention_chunk_size",))  # says again what sliding_window says
    window = _window(stack)
    return {**facts, **biases(stack), **with_window(stack, letters or "F" * stack.layers, window)}


def falcon(stack: Stack) -> Facts:
    """Falcon: ``num_kv_heads`` counts only in the new block; ``multi_query`` is one head, else all."""
    keys = stack.keys
    heads = keys.size(*HEADS)
    is_new = keys.flag("new_decoder_architecture") or keys.text("model_type") == "RefinedWeb"
    one = keys.flag("multi_query", default=True)
    given = keys.maybe("num_kv_heads", "n_head_kv")
    kv_heads = (given or heads) if is_new else (1 if one else heads)
    if stack.hidden % heads:
        message = f"{heads} heads do not divide a hidden size of {stack.hidden}"
        keys.refuse(HEADS[0], message)
    keys.forget(("alibi", "parallel_attn", "num_ln_in_parallel_attn"))
    facts = {"heads": heads, "kv_heads": kv_heads, "head_dim": stack.hidden // heads, "mixer": "F"}
    return {**facts, "attn_bias_all": True} if keys.flag("bias") else facts
