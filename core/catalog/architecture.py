"""Fold a model's architecture into the few numbers that serving needs.

The counts of weights and of cache bytes follow the published configurations layer by layer; the
result is the same for every scenario, so callers fold a model once and keep it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from inferscope.core.catalog.caches import CachePart, cache_parts
from inferscope.core.catalog.mixers import (
    feed_forward_params,
    layer_letters,
    mixer_params,
)
from inferscope.core.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["SLOTS", "FoldedModel", "fold", "kv_bytes_per_token", "scale_like"]

SLOTS: Final = ("full", "window", "latent", "sparse", "state")
"""The attention slots, in the order of every ``slot_`` tuple."""

_FIXED_STATE_OR_LATENT: Final = frozenset("AXLMPHW")


@dataclass(frozen=True)
class FoldedModel:
    """A model's text stack: weights by use, and the cache by attention slot.

    ``total_params`` = ``mixer_params`` + ``dense_ffn_params`` + ``moe_common_params`` +
    ``expert_params`` x ``experts`` x ``moe_layers`` + ``embedding_params`` + ``other_params``
    + ``head_params`` (unless ``head_is_tied``). Modules that predict several tokens ahead are not
    included.

    Attributes:
        layers: Layers of the stack.
        hidden_size: Width of the residual stream.
        vocabulary: Rows of the embedding table.
        total_params: All weights; a tied output matrix counts once.
        active_params: Weights that one token touches, embedding and output matrix once each.
        active_params_without_input_embedding: The same less the input table (a tied one stays).
        active_params_core: The same less the input table and the output matrix.
        mixer_params: Sequence mixers, all layers.
        dense_ffn_params: Dense feed-forward blocks, all layers.
        moe_common_params: Routers, shared experts, gates and latent projections, all layers.
        expert_params: One routed expert, its biases included.
        experts: Routed experts per expert layer; 0 for a dense model.
        experts_per_token: Routed experts that a token visits; 0 for a dense model.
        moe_layers: Layers with experts.
        embedding_params: Input table and learned positions.
        head_params: The matrix multiplied at the output, also where it is the input table.
        head_is_tied: Whether the output matrix is the input table.
        other_params: Norms.
        latent_or_linear_layers: Layers whose mixer is latent, compressed, linear or Mamba.
        mixer_layers: Layers that have a mixer.
        ffn_layers: Layers that have a feed-forward block.
        moe_input_size: Width that the experts see; what all-to-all carries per token.
        ffn_width: Widest feed-forward activation of one token, all its experts together.
        slot_layers: Layers per slot; a layer may fill two.
        slot_kv_elements: Elements per cache entry, summed over the slot's layers.
        slot_index_bytes: Bytes per entry at a fixed width, summed over the slot's layers.
        slot_tokens_per_entry: Tokens that share one entry.
        slot_window_tokens: Cap on the tokens kept; infinite without one.
        slot_topk_entries: Cap on the entries read per query token; infinite without one.
        slot_decode_flop_per_entry: FLOP per entry read, summed over layers; for ``state``
            FLOP per token.
        slot_prefill_flop_per_entry: The same for a prompt's tokens.
        slot_index_flop_per_entry: Indexer FLOP per cached entry, summed over layers.
        slot_max_shards: Into how many parts tensor parallelism can cut the slot's cache.
        state_bytes: Fixed bytes per sequence.
    """

    layers: int
    hidden_size: int
    vocabulary: int
    total_params: float
    active_params: float
    active_params_without_input_embedding: float
    active_params_core: float
    mixer_params: float
    dense_ffn_params: float
    moe_common_params: float
    expert_params: float
    experts: int
    experts_per_token: float
    moe_layers: int
    embedding_params: float
    head_params: float
    head_is_tied: bool
    other_params: float
    latent_or_linear_layers: int
    mixer_layers: int
    ffn_layers: int
    moe_input_size: int
    ffn_width: int
    slot_layers: tuple[int, ...]
    slot_kv_elements: tuple[float, ...]
    slot_index_bytes: tuple[float, ...]
    slot_tokens_per_entry: tuple[int, ...]
    slot_window_tokens: tuple[float, ...]
    slot_topk_entries: tuple[float, ...]
    slot_decode_flop_per_entry: tuple[float, ...]
    slot_prefill_flop_per_entry: tuple[float, ...]
    slot_index_flop_per_entry: tuple[float, ...]
    slot_max_shards: tuple[int, ...]
    state_bytes: float


def fold(architecture: Mapping[str, Any]) -> FoldedModel:
    """Fold an architecture into weights by use and cache by slot.

    Args:
        architecture: The ``[architecture]`` table of a model file, or one like it.

    Returns:
        The folded model. Llama 3.1 8B: 8,030,261,248 weights, 65,536 elements per cached token.

    Raises:
        CatalogError: A key is missing, a letter is unknown, or the layers of one slot differ in
            window, entry size or selection, which one slot cannot hold.
    """
    try:
        return _fold(architecture)
    except KeyError as error:
        missing = str(error.args[0])
        message = f"the architecture has no {missing!r}"
        raise CatalogError(message, key=f"architecture.{missing}") from error
    except (ValueError, TypeError, IndexError, ArithmeticError) as error:
        message = f"the architecture cannot be folded: {error}"
        raise CatalogError(message, key="architecture") from error


def _fold(arch: Mapping[str, Any]) -> FoldedModel:
    layers, h, vocabulary = arch["layers"], arch["hidden"], arch["vocab"]
    mixers = layer_letters(arch["mixer"], layers)
    blocks = layer_letters(arch["ffn_pattern"], layers)
    feeds = [feed_forward_params(arch, letter, i) for i, letter in enumerate(blocks)]
    moe_layers = blocks.count("E")
    weights = {
        "mixer_params": sum(mixer_params(arch, letter) for letter in mixers),
        "dense_ffn_params": sum(feed.dense for feed in feeds),
        "moe_common_params": sum(feed.common for feed in feeds),
        "expert_params": max((feed.expert for feed in feeds), default=0),
        "experts": arch["experts"] if moe_layers else 0,
        "experts_per_token": arch["experts_per_tok"] if moe_layers else 0,
        "moe_layers": moe_layers,
        "embedding_params": (vocabulary + arch.get("learned_positions", 0)) * h,
        "head_params": vocabulary * h,
        "head_is_tied": bool(arch["tied"]),
        "other_params": layers * arch.get("norms_per_layer", 2) * h + h,
    }
    return FoldedModel(
        layers=layers,
        hidden_size=h,
        vocabulary=vocabulary,
        **weights,
        **_totals(weights, vocabulary * h),
        latent_or_linear_layers=sum(letter in _FIXED_STATE_OR_LATENT for letter in mixers),
        mixer_layers=layers - mixers.count("N"),
        ffn_layers=layers - blocks.count("-"),
        moe_input_size=arch.get("moe_latent", h) if moe_layers else 0,
        ffn_width=_widest(arch, blocks),
        **_slots(part for letter in mixers for part in cache_parts(arch, letter)),
    )


def _totals(weights: Mapping[str, Any], table: int) -> dict[str, Any]:
    """Return the total and the three counts that go by the name of active parameters."""
    shared = (
        weights["mixer_params"]
        + weights["dense_ffn_params"]
        + weights["moe_common_params"]
        + weights["embedding_params"]
        + weights["other_params"]
    )
    if not weights["head_is_tied"]:
        shared += weights["head_params"]
    routed = weights["expert_params"] * weights["moe_layers"]
    active = shared + routed * weights["experts_per_token"]
    tables = 1 if weights["head_is_tied"] else 2
    return {
        "total_params": shared + routed * weights["experts"],
        "active_params": active,
        "active_params_without_input_embedding": active - table * (tables - 1),
        "active_params_core": active - table * tables,
    }


def _widest(arch: Mapping[str, Any], blocks: str) -> int:
    """Return the widest feed-forward activation of one token."""
    dense = max(arch.get("ffn_per_layer", (arch.get("ffn", 0),))) if "D" in blocks else 0
    routed = 0
    if "E" in blocks:
        routed = arch["moe_ffn"] * arch["experts_per_tok"] + arch.get("shared_ffn", 0)
    return int(max(dense, routed))


def _slots(parts: Iterable[CachePart]) -> dict[str, Any]:
    """Sum the layers' cache parts by slot."""
    by_slot: dict[str, list[CachePart]] = {slot: [] for slot in SLOTS}
    for part in parts:
        by_slot[part.slot].append(part)
    members = [by_slot[slot] for slot in SLOTS]

    def total(name: str) -> tuple[float, ...]:
        return tuple(float(sum(getattr(part, name) for part in slot)) for slot in members)

    return {
        "slot_layers": tuple(len(slot) for slot in members),
        "slot_kv_elements": total("kv_elements"),
        "slot_index_bytes": total("index_bytes"),
        "slot_tokens_per_entry": tuple(int(_uniform(s, "tokens_per_entry", 1)) for s in members),
        "slot_window_tokens": tuple(_uniform(s, "window_tokens", math.inf) for s in members),
        "slot_topk_entries": tuple(_uniform(s, "topk_entries", math.inf) for s in members),
        "slot_decode_flop_per_entry": total("decode_flop"),
        "slot_prefill_flop_per_entry": total("prefill_flop"),
        "slot_index_flop_per_entry": total("index_flop"),
        "slot_max_shards": tuple(min((p.max_shards for p in s), default=1) for s in members),
        "state_bytes": float(sum(part.state_bytes for slot in members for part in slot)),
    }


def _uniform(parts: list[CachePart], name: str, empty: float) -> float:
    """Return the value that all layers of a slot share.

    Raises:
        ValueError: They differ.
    """
    found = {float(getattr(part, name)) for part in parts}
    if len(found) > 1:
        listed = ", ".join(f"{value:g}" for value in sorted(found))
        message = f"layers of the {parts[0].slot} slot differ in {name}: {listed}"
        raise ValueError(message)
    return found.pop() if found else empty


def kv_bytes_per_token(folded: FoldedModel, bytes_per_element: float) -> tuple[float, float]:
    """Return the cache bytes of one more token: for good, and inside a window.

    Args:
        folded: The folded model.
        bytes_per_element: Width of the key-value format, 2 for bf16.

    Returns:
        Bytes that every further token costs, and bytes that a token costs while a window holds
        it. The fixed ``state_bytes`` per sequence come on top. DeepSeek-V3 in bf16:
        (512 + 64) x 61 x 2 = 70,272 and 0.
    """
    full = window = 0.0
    for index, slot in enumerate(SLOTS):
        entry = folded.slot_kv_elements[index] * bytes_per_element + folded.slot_index_bytes[index]
        if slot == "window":
            window += entry
        else:
            full += entry / folded.slot_tokens_per_entry[index]
    return full, window


def scale_like(folded: FoldedModel, total_params: float, active_params: float | None = None) -> FoldedModel:
    """Return a stand-in for a model whose sizes are known but whose architecture is not.

    Weights that every token touches are scaled so that their share of the active weights stays
    that of the pattern; the rest of ``total_params`` goes to the routed experts, whose number
    stays and whose ``experts_per_token`` becomes what ``active_params`` leaves (it may be
    fractional). Layers stay. Widths, cache elements, state and attention FLOP grow with the
    square root of the shared weights' ratio, because a layer's weights grow with its width
    squared. This is a rule of thumb: a real model of that size may differ several times in cache.

    Args:
        folded: The pattern.
        total_params: All weights of the model to imitate.
        active_params: Weights one token touches; the pattern's share of the total when absent.

    Returns:
        A folded model with exactly these two sizes.

    Raises:
        CatalogError: The sizes are not positive, active exceeds total, or the pattern is dense
            and the sizes are not.
    """
    if active_params is None:
        active_params = total_params * folded.active_params / folded.total_params
    if not 0 < active_params <= total_params * (1 + 1e-9):
        message = f"active {active_params:g} of {total_params:g} parameters is impossible"
        raise CatalogError(message, key="model.architecture_like")
    routed = folded.expert_params * folded.experts * folded.moe_layers
    if not routed:
        return _scale_dense(folded, total_params, active_params)
    shared = (folded.total_params - routed) * active_params / folded.active_params
    expert = (total_params - shared) / (folded.experts * folded.moe_layers)
    scaled = _scale_shared(folded, active_params / folded.active_params)
    return replace(
        scaled,
        expert_params=expert,
        experts_per_token=(active_params - shared) / (expert * folded.moe_layers),
        total_params=total_params,
    )


def _scale_dense(folded: FoldedModel, total: float, active: float) -> FoldedModel:
    """Scale a dense pattern; a sparse model cannot be imitated by it."""
    if abs(active - total) > 1e-3 * total:
        message = "a dense model cannot stand in for one with experts: name a mixture of experts"
        raise CatalogError(message, key="model.architecture_like")
    scaled = _scale_shared(folded, total / folded.total_params)
    return replace(scaled, total_params=total)


def _scale_shared(folded: FoldedModel, ratio: float) -> FoldedModel:
    """Scale what every token touches by a ratio, and widths by its square root."""
    width = math.sqrt(ratio)
    counts = (
        "active_params",
        "active_params_without_input_embedding",
        "active_params_core",
        "mixer_params",
        "dense_ffn_params",
        "moe_common_params",
        "embedding_params",
        "head_params",
        "other_params",
    )
    per_entry = (
        "slot_kv_elements",
        "slot_index_bytes",
        "slot_decode_flop_per_entry",
        "slot_prefill_flop_per_entry",
        "slot_index_flop_per_entry",
    )
    changes: dict[str, Any] = {name: getattr(folded, name) * ratio for name in counts}
    for name in per_entry:
        changes[name] = tuple(value * width for value in getattr(folded, name))
    for name in ("hidden_size", "moe_input_size", "ffn_width"):
        changes[name] = round(getattr(folded, name) * width)
    changes["state_bytes"] = folded.state_bytes * width
    return replace(folded, **changes)
