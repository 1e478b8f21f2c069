"""A model from a ``config.json`` on disk: as a record, and as a file of the user's catalogue."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from inferscope.core.catalog.configs.reading import Understood, understand
from inferscope.core.catalog.configs.text import ConfigFile, find_line, parse_config, read_config_bytes
from inferscope.core.catalog.records import UNKNOWN, Record, Value
from inferscope.core.catalog.schema import MODEL_VALUES
from inferscope.core.catalog.user import MODEL_NAME
from inferscope.core.errors import CatalogError, brief
from inferscope.core.scenario.names import config_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Imported", "check_id", "import_config", "record_of", "sha256_of", "stamp_of", "toml_of"]

_QUANTISER: Final = "hf_quant_config.json"
"""Where NVIDIA's quantiser writes what it did, beside the ``config.json``."""
_CACHED: Final = 64


@dataclass(frozen=True, slots=True)
class Imported:
    """A configuration that was read and understood.

    Attributes:
        path: The file.
        sha256: The sha256 of its bytes, and of those of the quantiser's file beside it where that counts.
        id: An identifier made of the file's or its folder's name.
        name: The same for people.
        said: What it says.
    """

    path: Path
    sha256: str
    id: str
    name: str
    said: Understood

    @property
    def source(self) -> str:
        """Where the model's facts come from, in words; the same wherever the file lies."""
        return f"{self.path.name} of {self.name} (model_type {self.said.family}), sha256 {self.sha256}"


def import_config(path: Path) -> Imported:
    """Read a Hugging Face ``config.json``.

    Raises:
        CatalogError: The file cannot be read, or its model is not understood; the message names file,
            line and key.
    """
    config = parse_config(read_config_bytes(path), path)
    values, sha256 = _with_quantiser(path, config)
    try:
        said = understand(values)
    except CatalogError as error:
        line = None if error.key is None else find_line(config.text, error.key)
        raise CatalogError(error.message, file=path, line=line, key=error.key) from None
    name = config_name(path)
    return Imported(path, sha256, _slug(name), name, said)


def sha256_of(path: Path) -> str:
    """The sha256 of what is read of a configuration, also where its model is not understood.

    Raises:
        CatalogError: The file cannot be read.
    """
    return _with_quantiser(path, parse_config(read_config_bytes(path), path))[1]


def _with_quantiser(path: Path, config: ConfigFile) -> tuple[dict[str, Any], str]:
    """The keys with what the quantiser's own file adds, and the sha256 of what was read.

    Raises:
        CatalogError: That file is there and cannot be read.
    """
    values = config.values
    beside = path.parent / _QUANTISER
    if values.get("quantization_config") is not None or not beside.is_file():
        return values, config.sha256
    other = parse_config(read_config_bytes(beside), beside)
    told = other.values.get("quantization")
    if not isinstance(told, dict):
        message = f"must be an object, not {brief(told)}"
        raise CatalogError(message, file=beside, key="quantization")
    both = hashlib.sha256(f"{config.sha256}{other.sha256}".encode()).hexdigest()
    return {**values, "quantization_config": {"quant_method": "modelopt", **told}}, both


def _slug(name: str) -> str:
    """An identifier from a name.

    >>> _slug("Qwen3 8B (mine)")
    'qwen3-8b-mine'
    """
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")[:80] or "imported-model"


def check_id(identifier: str) -> str:
    """An identifier that a record of a model may have.

    Raises:
        CatalogError: It is none.
    """
    if not re.fullmatch(MODEL_NAME, identifier):
        message = f"{brief(identifier)} is no identifier: use small letters, digits, dashes and dots"
        raise CatalogError(message)
    return identifier


def _texts(imported: Imported) -> dict[str, Any]:
    """The facts of a record that are text."""
    formats = imported.said.formats
    texts = {
        "name": imported.name,
        "precision": formats.precision,
        "weight_format": formats.linear,
        "expert_weight_format": formats.expert,
        "activation_format": formats.activation,
    }
    if imported.said.assumed:
        texts["note"] = f"Assumed: {'; '.join(imported.said.assumed)}."
    return texts


def toml_of(imported: Imported, name: str | None = None) -> str:
    """The text of a file of the user's catalogue.

    Args:
        imported: The model.
        name: What people call it; default: made of the file's name.
    """
    import tomli_w  # noqa: PLC0415  (only when writing)

    head = {**_texts(imported), "name": name or imported.name}
    tables = {
        **head,
        "open_weights": True,
        "source": imported.source,
        "architecture": dict(imported.said.architecture),
    }
    return tomli_w.dumps(tables)


def stamp_of(path: Path) -> tuple[int, int]:
    """Time and size of a file, which change when it does; zeros where it is not there."""
    try:
        found = path.stat()
        beside = path.parent / _QUANTISER
        other = beside.stat().st_mtime_ns if beside.is_file() else 0
    except OSError:
        return 0, 0
    return found.st_mtime_ns + other, found.st_size


@lru_cache(maxsize=_CACHED)
def record_of(path: Path, stamp: tuple[int, int]) -> Record:
    """The record of a model whose facts are those of a configuration.

    Whether its weights are published is not known, nor anything of its training.

    Args:
        path: The file.
        stamp: :func:`stamp_of` it, so that a changed file is read again.

    Raises:
        CatalogError: As :func:`import_config`.
    """
    del stamp
    imported = import_config(path)
    about = Value(None, kind="user", source_keys=(imported.source,), origin=str(path))
    text: Mapping[str, Any] = {
        "id": imported.id,
        "developer": "?",
        "released": "?",
        "license": "?",
        "kind": "open",
        **_texts(imported),
        "aliases": (),
        "record_architecture": about,
    }
    values = dict.fromkeys(MODEL_VALUES, UNKNOWN)
    return Record(
        "model",
        imported.id,
        imported.name,
        MappingProxyType(dict(text)),
        MappingProxyType(values),
        architecture=MappingProxyType(dict(imported.said.architecture)),
        origin=str(path),
    )
