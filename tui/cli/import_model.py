"""`inferscope import-model`: a Hugging Face config.json as a record of the user's catalogue."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from inferscope.core import catalog
from inferscope.core.catalog.configs.imported import Imported, check_id, import_config, toml_of
from inferscope.core.catalog.user import FOLDERS
from inferscope.core.errors import CatalogError, InferscopeError
from inferscope.core.export.tables import json_text, text_table
from inferscope.core.places import expanded
from inferscope.tui.cli.parser import remark, write

_OPEN = "weights published: open_weights = false says otherwise"


def run(options: argparse.Namespace) -> int:
    """Print or write the record; what was read and assumed goes beside it."""
    imported = import_config(expanded(options.config, CatalogError))
    identifier = check_id(options.id or imported.id)
    if options.name is not None and not (options.name.strip() and options.name.isprintable()):
        message = "--name needs a name of one line"
        raise InferscopeError(message)
    summary = _summary(imported, identifier)
    if options.format == "toml":
        target = options.out if options.into is None else str(_target(options.into, identifier))
        write(toml_of(imported, options.name), target)
        for line in _lines(summary, None if options.into is None else target):
            remark(line)
        return 0
    if options.into is not None:
        message = "--into takes the record itself: leave --format out"
        raise InferscopeError(message)
    write(json_text(summary) if options.format == "json" else _table(summary), options.out)
    return 0


def _target(into: str, identifier: str) -> Path:
    """The file of a record in a catalogue's folder, which is made where it is not there.

    Raises:
        InferscopeError: There is such a file already, or the folder cannot be made.
    """
    folder = expanded(into, InferscopeError) / FOLDERS["model"]
    path = folder / f"{identifier}.toml"
    if path.exists():
        message = "is there already: choose another --id, or --out FILE writes over it"
        raise InferscopeError(message, file=path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"cannot be made: {error.strerror or error}"
        raise InferscopeError(message, file=folder) from None
    return path


def _summary(imported: Imported, identifier: str) -> dict[str, Any]:
    """What was read, and what was assumed."""
    said = imported.said
    folded = catalog.fold(said.architecture)
    full, window = catalog.kv_bytes_per_token(folded, 2.0)
    return {
        "id": identifier,
        "file": str(imported.path),
        "sha256": imported.sha256,
        "model_type": said.family,
        "attention": said.architecture["attention"],
        "mixers": said.architecture["mixer"],
        "feed_forward": said.architecture["ffn_pattern"],
        "layers": folded.layers,
        "context_tokens": said.architecture["context"],
        "total_params": folded.total_params,
        "active_params": folded.active_params_without_input_embedding,
        "kv_bytes_per_token_16_bit": full,
        "kv_bytes_per_token_in_window_16_bit": window,
        "state_bytes_per_sequence": folded.state_bytes,
        "weight_format": said.formats.linear,
        "expert_weight_format": said.formats.expert,
        "activation_format": said.formats.activation,
        "assumed": [*said.assumed, _OPEN],
    }


def _table(summary: dict[str, Any]) -> str:
    """The summary for people."""
    rows = [(key, _cell(value)) for key, value in summary.items() if key != "assumed"]
    rows += [("assumed" if place == 0 else "", text) for place, text in enumerate(summary["assumed"])]
    return text_table(("what", "value"), rows)


def _cell(value: Any) -> str:
    return f"{value:,.12g}" if isinstance(value, int | float) else str(value)


def _lines(summary: dict[str, Any], target: str | None) -> list[str]:
    """The summary in a few lines beside the record."""
    cache = f"{summary['kv_bytes_per_token_16_bit']:,.12g} bytes of cache a token at 16 bits"
    if summary["kv_bytes_per_token_in_window_16_bit"]:
        cache += f", {summary['kv_bytes_per_token_in_window_16_bit']:,.12g} more in a window"
    if summary["state_bytes_per_sequence"]:
        cache += f", {summary['state_bytes_per_sequence']:,.12g} bytes of state a sequence"
    sizes = f"{summary['total_params'] / 1e9:,.4g}B parameters, {summary['active_params'] / 1e9:,.4g}B active"
    mixers = f"{summary['mixers']} ({summary['attention']})"
    about = f"{summary['model_type']}, {summary['layers']} layers {mixers}"
    lines = [f"read {summary['id']}: {about}; {sizes}; {cache}"]
    lines += [f"assumed: {text}" for text in summary["assumed"]]
    return [*lines, f"written to {target}"] if target else lines
