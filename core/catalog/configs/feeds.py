"""Feed-forward parts: dense widths, experts, and which layers have which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from inferscope.core.catalog.configs.stack import HEADS, Facts, Part, Stack, tiled
from inferscope.core.catalog.configs.states import every_nth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inferscope.core.catalog.configs.table import Table

__all__ = [
    "EXPERTS",
    "dbrx",
    "dense",
    "gemma4",
    "grok",
    "hunyuan",
    "jamba",
    "llama4",
    "nas",
    "nemotron_h",
    "of_width",
    "qwen_moe",
    "routed",
    "step",
    "uniform",
]

FFN: Final = ("intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size")
EXPERTS: Final = ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts")
_TOP_K: Final = (
    *("num_experts_per_tok", "num_experts_per_token", "experts_per_token", "num_selected_experts"),
    *("top_k_experts", "moe_topk", "moe_k", "moe_top_k"),
)
_SHARED: Final = ("n_shared_experts", "num_shared_experts", "moe_num_shared_experts", "num_shared_expert")
_MOE_FFN: Final = ("moe_intermediate_size", "expert_intermediate_size", "moe_ffn_hidden_size")
_MARKS: Final[Mapping[Any, str]] = {0: "D", 1: "E"}
_TYPES: Final[Mapping[str, str]] = {"dense": "D", **dict.fromkeys(("sparse", "moe", "hash_moe"), "E")}


def dense(stack: Stack) -> Facts:
    """One width in all layers."""
    return {"ffn_pattern": "D", "ffn": stack.keys.size(*FFN)}


def of_width(times: int) -> Part:
    """One width in all layers, ``times`` the hidden size where the file does not give it."""

    def read(stack: Stack) -> Facts:
        return {"ffn_pattern": "D", "ffn": stack.keys.maybe(*FFN) or times * stack.hidden}

    return read


def _experts(keys: Table) -> dict[str, Any]:
    """How many experts, and how many of them a token visits.

    Raises:
        CatalogError: More are visited than there are.
    """
    experts, visited = keys.size(*EXPERTS), keys.size(*_TOP_K)
    if visited > experts:
        message = f"is {visited}, more than the {experts} experts that there are"
        keys.refuse(_TOP_K[0], message)
    return {"experts": experts, "experts_per_tok": visited}


def _shared(count: int, width: int) -> Facts:
    """Experts that every token visits, as one of their width together."""
    return {"shared_experts": count, "shared_ffn": count * width} if count and width else {}


def uniform(stack: Stack) -> Facts:
    """Experts in every layer whose width is ``intermediate_size``; plus one shared where it has a width."""
    keys = stack.keys
    width = keys.size(*FFN)
    shared = keys.count("shared_intermediate_size")
    return {"ffn_pattern": "E", "moe_ffn": width, **_experts(keys), **_shared(1, shared)}


def routed(stack: Stack) -> Facts:
    """Experts after the first dense layers, with shared ones of the same width.

    ``mlp_layer_types``, a list ``moe_layer_freq``, or ``first_k_dense_replace`` with a frequency says
    which layers have them.
    """
    keys = stack.keys
    letters = _letters(stack)
    has_dense_key = keys.has("dense_intermediate_size")  # then intermediate_size is that of an expert
    width = keys.maybe(*_MOE_FFN) or keys.size(*(FFN if has_dense_key else _MOE_FFN))
    shared_width = keys.maybe("shared_intermediate_size") or width
    facts = {
        "ffn_pattern": tiled(letters),
        "moe_ffn": width,
        **_experts(keys),
        **_shared(keys.count(*_SHARED), shared_width),
    }
    inner = keys.maybe("routed_expert_hidden_size")
    if inner is not None and inner != stack.hidden:
        facts["moe_latent"] = inner
    keys.forget(("latent_moe_use_norm", "expert_dtype"))
    return {**facts, **_dense_beside(keys, letters)}


def _dense_beside(keys: Table, letters: str) -> Facts:
    """The width of the layers without experts, where there are any."""
    if "D" not in letters:
        keys.forget(("intermediate_size", "dense_intermediate_size"))
        return {}
    width = keys.maybe("dense_intermediate_size")
    keys.forget(("intermediate_size",))
    return {"ffn": width or keys.size(*FFN)}


def _letters(stack: Stack) -> str:
    """Which layers have experts."""
    keys = stack.keys
    first = keys.count("first_k_dense_replace")
    given = keys.letters("mlp_layer_types", stack.layers, _TYPES, extra=stack.mtp)
    if isinstance(keys.raw("moe_layer_freq"), list):
        return given or keys.letters("moe_layer_freq", stack.layers, _MARKS, extra=stack.mtp) or ""
    every = keys.maybe("moe_layer_freq") or 1
    usual = "".join("E" if place >= first and place % every == 0 else "D" for place in range(stack.layers))
    return given or usual


def qwen_moe(stack: Stack) -> Facts:
    """Experts every ``decoder_sparse_step`` layers but for ``mlp_only_layers``; a gated shared expert."""
    keys = stack.keys
    every, only = keys.maybe("decoder_sparse_step") or 1, keys.places("mlp_only_layers", stack.layers)
    letters = "".join(
        "E" if (place + 1) % every == 0 and place not in only else "D" for place in range(stack.layers)
    )
    shared = keys.count("shared_expert_intermediate_size")
    return {
        "ffn_pattern": tiled(letters),
        "moe_ffn": keys.size(*_MOE_FFN),
        **_experts(keys),
        **_shared(1, shared),
        **({"shared_gate": True} if shared else {}),
        **_dense_beside(keys, letters),
    }


def llama4(stack: Stack) -> Facts:
    """Experts every ``interleave_moe_layer_step`` layers; the dense layers have a width of their own."""
    keys = stack.keys
    every, width = keys.maybe("interleave_moe_layer_step") or 1, keys.size("intermediate_size")
    listed = keys.items("moe_layers")
    with_experts = keys.places("moe_layers", stack.layers)
    letters = "".join(
        "E" if (place in with_experts if listed else (place + 1) % every == 0) else "D"
        for place in range(stack.layers)
    )
    facts = {"ffn_pattern": tiled(letters), "moe_ffn": width, **_experts(keys), **_shared(1, width)}
    other = keys.maybe("intermediate_size_mlp")
    return {**facts, "ffn": other or width} if "D" in letters else facts


def gemma4(stack: Stack) -> Facts:
    """Dense, or experts with the dense part beside them in every layer."""
    keys = stack.keys
    width = keys.size(*FFN)
    if keys.flag("use_double_wide_mlp"):
        message = "is true: layers of twice the width are not understood"
        keys.refuse("use_double_wide_mlp", message)
    if not keys.flag("enable_moe_block"):
        keys.forget((*EXPERTS, *_TOP_K, *_MOE_FFN))
        return {"ffn_pattern": "D", "ffn": width}
    return {"ffn_pattern": "E", "moe_ffn": keys.size(*_MOE_FFN), **_experts(keys), **_shared(1, width)}


def jamba(stack: Stack) -> Facts:
    """Experts every ``expert_layer_period`` layers, as wide as the dense part of the others."""
    keys = stack.keys
    width = keys.size(*FFN)
    letters = "".join("E" if has else "D" for has in every_nth(stack, "expert_layer", 2, 1))
    return {"ffn_pattern": tiled(letters), "ffn": width, "moe_ffn": width, **_experts(keys)}


def grok(stack: Stack) -> Facts:
    """Experts in every layer, with a dense part beside them where ``residual_moe`` says so."""
    keys = stack.keys
    width = keys.size(*FFN)
    beside = _shared(1, width) if keys.flag("residual_moe") else {}
    return {"ffn_pattern": "E", "moe_ffn": keys.maybe(*_MOE_FFN) or width, **_experts(keys), **beside}


def hunyuan(stack: Stack) -> Facts:
    """Experts in every layer with shared ones; numbers may be lists that say the same for all layers."""
    keys = stack.keys
    experts = keys.alike("num_experts") or 1
    width = keys.size(*FFN)
    if experts == 1:
        keys.forget(("moe_topk", "num_shared_expert", "use_mixed_mlp_moe", "moe_intermediate_size"))
        return {"ffn_pattern": "D", "ffn": width}
    visited = keys.alike("moe_topk")
    if visited is None or visited > experts:
        message = f"must be from 1 to the {experts} experts that there are, not {visited or 'null'}"
        keys.refuse("moe_topk", message)
    shared = keys.alike("num_shared_expert", least=0) if keys.flag("use_mixed_mlp_moe", default=True) else 0
    own = keys.alike("moe_intermediate_size") or width
    facts = {"ffn_pattern": "E", "moe_ffn": own, "experts": experts, "experts_per_tok": visited}
    return {**facts, **_shared(shared or 0, own)}


def dbrx(stack: Stack) -> Facts:
    """DBRX keeps its experts in ``ffn_config``."""
    own = stack.keys.table("ffn_config")
    if own is None:
        message = "is missing"
        stack.keys.refuse("ffn_config", message)
    return {"ffn_pattern": "E", "moe_ffn": own.size("ffn_hidden_size"), **_experts(own)}


def nemotron_h(stack: Stack) -> Facts:
    """Widths of the feed-forward blocks; the pattern of the layers says which there are."""
    keys = stack.keys
    experts = keys.count("n_routed_experts")
    dense_width = {"ffn": keys.size(*FFN)} if keys.has("intermediate_size") else {}
    if not experts:
        return dense_width
    shared = keys.count(*_SHARED) * keys.count("moe_shared_expert_intermediate_size")
    facts = {**dense_width, "moe_ffn": keys.size(*_MOE_FFN), **_experts(keys)}
    facts |= {"shared_experts": keys.count(*_SHARED), "shared_ffn": shared} if shared else {}
    inner = keys.maybe("moe_latent_size")
    return {**facts, "moe_latent": inner} if inner is not None else facts


def step(stack: Stack) -> Facts:
    """Step: experts in the layers that ``moe_layers_enum`` lists, or after the first dense ones.

    Raises:
        CatalogError: The list is no text of layers.
    """
    keys = stack.keys
    listed = keys.text("moe_layers_enum")
    letters = _letters(stack)
    if listed:
        numbers = [part.strip() for part in listed.split(",")]
        if not all(part.isdecimal() and len(part) < 6 and int(part) < stack.layers for part in numbers):
            message = f"must be layers from 0 to {stack.layers - 1} with commas, not {listed[:40]!r}"
            keys.refuse("moe_layers_enum", message)
        chosen = {int(part) for part in numbers}
        letters = "".join("E" if place in chosen else "D" for place in range(stack.layers))
    shared = keys.maybe("share_expert_dim", "share_expert_dims") or 0
    keys.forget(_SHARED)
    return {
        "ffn_pattern": tiled(letters),
        "moe_ffn": keys.size(*_MOE_FFN),
        **_experts(keys),
        **_shared(1, shared),
        **_dense_beside(keys, letters),
    }


def nas(stack: Stack) -> Facts:
    """Nemotron-NAS: each layer's attention and feed-forward width stand in ``block_configs``.

    A factor f is a width of 2/3 f hidden, up to a multiple of 256.

    Raises:
        CatalogError: A block replaces a part by something else, or blocks differ in what one record holds.
    """
    keys = stack.keys
    items = keys.items("block_configs")
    if items is None or len(items) != stack.layers:
        message = f"must list {stack.layers} blocks, one a layer"
        keys.refuse("block_configs", message)
    blocks = [_block(keys, place, item) for place, item in enumerate(items)]
    groups = {group for group, _ in blocks if group}
    if len(groups) != 1:
        message = "must have the same heads in a group wherever there is attention"
        keys.refuse("block_configs", message)
    heads, group = keys.size(*HEADS), groups.pop()
    keys.forget(("num_key_value_heads", "intermediate_size"))
    if heads % group or stack.hidden % heads:
        message = f"{heads} heads fit neither groups of {group} nor a hidden size of {stack.hidden}"
        keys.refuse(HEADS[0], message)
    widths = [_nas_width(stack.hidden, factor) for _, factor in blocks]
    return {
        "heads": heads,
        "kv_heads": heads // group,
        "head_dim": stack.hidden // heads,
        "mixer": tiled("".join("F" if group else "N" for group, _ in blocks)),
        "ffn_pattern": tiled("".join("D" if width else "-" for width in widths)),
        "ffn": max(widths),
        "ffn_per_layer": widths,
    }


def _nas_width(hidden: int, factor: float) -> int:
    """The width of a factor.

    >>> _nas_width(8192, 5.25), _nas_width(8192, 1.3125), _nas_width(8192, 0.0)
    (28672, 7168, 0)
    """
    return -(-int(2 * factor * hidden / 3) // 256) * 256


def _block(keys: Table, place: int, item: Any) -> tuple[int, float]:
    """Heads in a group, 0 without attention, and the factor of the width, 0 without a feed-forward part.

    Raises:
        CatalogError: Something in it is not understood.
    """
    at = f"block_configs.{place}"
    found = {name: item.get(name) for name in ("attention", "ffn")} if isinstance(item, dict) else {}
    parts = {name: part for name, part in found.items() if isinstance(part, dict)}
    if len(parts) != 2:
        message = "must be an object with the objects attention and ffn"
        keys.refuse(at, message)
    for name, part in parts.items():
        for key, value in part.items():
            if key not in ("n_heads_in_group", "no_op", "ffn_mult") and value not in (None, False):
                message = "is not understood"
                keys.refuse(f"{at}.{name}.{key}", message)
    group, factor = parts["attention"].get("n_heads_in_group"), parts["ffn"].get("ffn_mult")
    has_attention, has_ffn = not parts["attention"].get("no_op"), not parts["ffn"].get("no_op")
    heads = _share(group, 10_000) if has_attention else 0.0
    width = _share(factor, 1_000) if has_ffn else 0.0
    if heads is None or width is None or heads != int(heads):
        message = "needs attention.n_heads_in_group and ffn.ffn_mult above 0"
        keys.refuse(at, message)
    return int(heads), width


def _share(value: object, most: float) -> float | None:
    """A number above 0 and up to a bound; None where it is none."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= most:
        return None
    return float(value)
