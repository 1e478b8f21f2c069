"""The model: its folded architecture and its training figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from inferscope.core import DATA_DATE, catalog
from inferscope.core.catalog import FoldedModel, Record
from inferscope.core.catalog.schema import ARCHITECTURE_TEXTS
from inferscope.core.catalog.sources import remember
from inferscope.core.errors import CatalogError, ScenarioError
from inferscope.core.leaves.leaf import UNKNOWN, Leaf, catalog_leaf, named, overrides
from inferscope.core.places import expanded
from inferscope.core.scenario.ranges import parse_number
from inferscope.core.scenario.schema import Model, Scenario

_FOLDED = [
    "layers",
    "latent_or_linear_layers",
    "hidden_size",
    "mixer_params",
    "dense_ffn_params",
    "moe_common_params",
    "expert_params",
    "experts",
    "experts_per_token",
    "moe_layers",
    "moe_input_size",
    "ffn_width",
    "embedding_params",
    "head_params",
    "head_is_tied",
    "other_params",
    "state_bytes",
]


_SLOTS = {
    "kv_elements": "slot_kv_elements",
    "index_bytes": "slot_index_bytes",
    "tokens_per_entry": "slot_tokens_per_entry",
    "window_tokens": "slot_window_tokens",
    "decode_flop": "slot_decode_flop_per_entry",
    "prefill_flop": "slot_prefill_flop_per_entry",
    "index_flop": "slot_index_flop_per_entry",
    "max_shards": "slot_max_shards",
}


class _Source(NamedTuple):
    """Where a model's record comes from: the catalogue, or a configuration as it is now."""

    identifier: str
    config: Path | None = None
    stamp: tuple[int, int] = (0, 0)

    @property
    def key(self) -> str:
        """The scenario's key that chose it."""
        return "model.id" if self.config is None else "model.config"

    def record(self) -> Record:
        """The record."""
        if self.config is None:
            return catalog.model(self.identifier)
        from inferscope.core.catalog.configs.imported import record_of  # noqa: PLC0415  (few scenarios have one)

        return record_of(self.config, self.stamp)


def _source(model: Model) -> _Source:
    """Where the record of a scenario's model comes from.

    Raises:
        ScenarioError: The configuration lies in nobody's folder.
    """
    if model.config is None:
        return _Source(model.id)
    from inferscope.core.catalog.configs.imported import stamp_of  # noqa: PLC0415

    path = expanded(model.config, ScenarioError, "model.config")
    return _Source(model.id, path, stamp_of(path))


def model_record(model: Model) -> Record:
    """The record of a scenario's model: of the catalogue, or made of its ``config.json``.

    Raises:
        ScenarioError: There is no such model, or its configuration cannot be read or is not understood; the
            message then names that file, its line and its key.
    """
    source = _source(model)
    if source.config is None:
        return named(catalog.model, model.id, "model.id")
    try:
        return source.record()
    except CatalogError as error:
        raise ScenarioError(str(error), key=source.key) from None


@remember(256)
def _folded(source: _Source) -> FoldedModel | None:
    record = source.record()
    return None if record.architecture is None else catalog.fold(record.architecture)


@remember(64)
def _refolded(source: _Source, given: tuple[tuple[str, Any], ...]) -> FoldedModel:
    """A published architecture with fields changed."""
    return catalog.fold({**(source.record().architecture or {}), **dict(given)})


def model_leaves(scenario: Scenario, record: Record, notes: list[str]) -> dict[str, Leaf]:
    """The folded architecture and the training figures."""
    given = scenario.model.overrides
    layers = {k: v for k, v in given.items() if k in catalog.ARCHITECTURE_KEYS}
    figures = overrides(
        {k: v for k, v in given.items() if k not in layers},
        (*catalog.MODEL_VALUES, *catalog.ARCHITECTURE_KEYS),
        "model",
        f"models {record.id}",
    )
    like = scenario.model.architecture_like
    folded: FoldedModel | None
    source = _source(scenario.model)
    if layers:
        folded, origin = _changed(source, record, layers, like)
    elif like is not None:
        folded, origin = _stand_in(record, like, figures, notes)
    else:
        folded, origin = None, Leaf(0.0)
    plain = not layers and like is None
    published = _published_leaves(source) if plain else None
    leaves = dict(published or _architecture_leaves(folded, origin, record, source.key))
    for name in ("training_flop", "training_tokens", "training_accelerator_hours"):
        leaves[f"model_{name}"] = figures.get(name) or catalog_leaf(record.values[name], f"model.{name}")
    return leaves


@remember(256)
def _published_leaves(source: _Source) -> Mapping[str, Leaf]:
    """The leaves of an architecture as the catalogue, or a configuration, has it."""
    record = source.record()
    about = record.text.get("record_architecture")
    origin = Leaf(0.0) if about is None else catalog_leaf(about, "model")
    return MappingProxyType(_architecture_leaves(_folded(source), origin, record, source.key))


def _changed(
    source: _Source, record: Record, layers: Mapping[str, Any], like: str | None
) -> tuple[FoldedModel, Leaf]:
    """The published architecture with what the scenario changes in it."""
    names = ", ".join(f"model.{name}" for name in layers)
    key = f"model.{next(iter(layers))}"
    if like is not None:
        message = "cannot change a stand-in: keep this or model.architecture_like"
        raise ScenarioError(message, key=key)
    if record.architecture is None:
        message = f"{record.id} has no published architecture; name a stand-in: model.architecture_like"
        raise ScenarioError(message, key=key)
    given = {name: architecture_value(name, raw) for name, raw in layers.items()}
    try:
        folded = _refolded(
            source, tuple((k, tuple(v) if isinstance(v, list) else v) for k, v in given.items())
        )
    except CatalogError as error:
        raise ScenarioError(error.message, key=key) from None
    return folded, Leaf(0.0, "scenario", f"architecture of {record.id}, changed in {names}")


def architecture_value(name: str, raw: Any) -> Any:
    """A field of the architecture as the scenario gives it.

    Raises:
        ScenarioError: Of the wrong type, or a size that no model has.

    >>> architecture_value("layers", {"value": 80, "source": "leak"})
    80
    """
    value = raw
    if name not in ARCHITECTURE_TEXTS:
        try:
            value = parse_number(raw).mid
        except ValueError as error:
            raise ScenarioError(str(error), key=f"model.{name}") from None
    if wrong := catalog.architecture_fault(name, value):
        raise ScenarioError(wrong, key=f"model.{name}")
    return int(value) if name not in ARCHITECTURE_TEXTS else value


def _size(record: Record, given: Mapping[str, Leaf], what: str) -> float | None:
    """A model's size in parameters: as the scenario gives it, else estimated, else stated."""
    names = [f"{what}_params_{how}" for how in ("estimate", "stated")]
    mine = [given[name].value for name in names if name in given]
    known = [record.values[name].value for name in names if record.values[name].is_known]
    return next((size for size in (*mine, *known)), None)


def _stand_in(
    record: Record, like: str, given: Mapping[str, Leaf], notes: list[str]
) -> tuple[FoldedModel, Leaf]:
    """Another model's architecture, scaled to this one's stated or estimated sizes."""
    pattern = named(catalog.model, like, "model.architecture_like")
    folded = _folded(_Source(pattern.id))
    if folded is None:
        message = f"{pattern.id} has no published architecture either"
        raise ScenarioError(message, key="model.architecture_like")
    total, active = _size(record, given, "total"), _size(record, given, "active")
    if total is not None:
        folded = catalog.scale_like(folded, total, active)
        sizes = f"scaled to {total / 1e9:g}B" + (f", {active / 1e9:g}B active" if active else "")
    else:
        sizes = "not scaled: the size is unknown"
    own = "is not published" if record.architecture is None else "is set aside"
    notes.append(f"architecture of {record.id} {own}: {pattern.id} stands in, {sizes}")
    return folded, Leaf(0.0, "assumption", f"architecture of {pattern.id}, {sizes}", DATA_DATE)


def _architecture_leaves(
    folded: FoldedModel | None, origin: Leaf, record: Record, key: str
) -> dict[str, Leaf]:
    """The folded figures; NaN with the reason where nothing is published and nothing stands in."""
    origin = replace(origin, key=key)
    if folded is None:
        about = "is not published; model.architecture_like names a stand-in"
        why = f"{UNKNOWN}: the architecture of {record.id} {about}"
        absent = replace(origin, value=math.nan, why=why)
        slots = replace(absent, slots=(math.nan,) * len(catalog.SLOTS))
        names = [*_SLOTS, "read_tokens"]
        return {f"model_{n}": absent for n in _FOLDED} | {f"model_slot_{n}": slots for n in names}
    leaves = {f"model_{name}": replace(origin, value=float(getattr(folded, name))) for name in _FOLDED}
    for name, attribute in _SLOTS.items():
        leaves[f"model_slot_{name}"] = replace(
            origin, slots=tuple(float(v) for v in getattr(folded, attribute))
        )
    caps = zip(folded.slot_window_tokens, folded.slot_topk_entries, folded.slot_tokens_per_entry, strict=True)
    read = [float(min(window, top * tokens)) for window, top, tokens in caps]
    read[catalog.SLOTS.index("state")] = 1.0  # one entry a token for its FLOP, and no growing cache
    leaves["model_slot_read_tokens"] = replace(origin, slots=tuple(read))
    return leaves


def total_params(leaves: Mapping[str, Leaf]) -> float:
    """All parameters, from the leaves."""

    def value(name: str) -> float:
        return leaves[f"model_{name}"].value

    routed = value("expert_params") * value("experts") * value("moe_layers")
    head = 0.0 if value("head_is_tied") else value("head_params")
    return (
        value("mixer_params")
        + value("dense_ffn_params")
        + value("moe_common_params")
        + routed
        + value("embedding_params")
        + head
    )
