"""The user's own records: files that add to the catalogue or stand in front of shipped ones.

A folder holds ``accelerators/ID.toml``, ``models/ID.toml``, ``regions/ID.toml`` and rules. The
folder in the configuration directory comes before the shipped catalogue, one given to :func:`use`
before that, a later one first. A file says what is known; it may ``extends`` another record.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from inferscope.core import DATA_DATE
from inferscope.core.catalog import reading, schema
from inferscope.core.catalog.architecture import fold
from inferscope.core.catalog.records import EMPTY, UNKNOWN, Record, Tier, Value
from inferscope.core.catalog.sources import forget
from inferscope.core.errors import CatalogError, brief, nearest
from inferscope.core.places import catalog_directory, expanded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["FOLDERS", "MODEL_NAME", "folders", "overlay", "own_files", "own_ids", "rule_files", "use"]

FOLDERS: Final = {"accelerator": "accelerators", "model": "models", "region": "regions"}
"""Where records of a kind lie."""
RULES: Final = "rules"
_HOLDS: Final = "accelerators, models, regions or rules"

_FIGURES: Final = {
    "accelerator": schema.ACCELERATOR_VALUES,
    "model": schema.MODEL_VALUES,
    "region": schema.REGION_VALUES,
}
_TEXTS: Final = {
    "accelerator": schema.ACCELERATOR_TEXT,
    "model": schema.MODEL_TEXT,
    "region": schema.REGION_TEXT,
}
_TABLES: Final = {
    "accelerator": ("values", "record", "fallback", "tier"),
    "model": ("values", "architecture", *schema.RECORD_SECTIONS),
    "region": ("values", "record"),
}
# What a list shows of a record whose file does not say it.
_BLANK: Final[Mapping[str, Mapping[str, Any]]] = {
    "accelerator": {"vendor": "?", "kind": "accelerator", "status": "?", "peak_basis": "as given"},
    "model": {"developer": "?", "released": "?", "license": "?", "kind": "open"},
    "region": {"iso2": "", "macro_region": "?"},
}
MODEL_NAME: Final = "[a-z0-9][a-z0-9.+-]*"
"""The form of a model's identifier."""
_NAMES: Final = {
    "accelerator": "[a-z0-9][a-z0-9.+-]*",
    "model": MODEL_NAME,
    "region": "[A-Z0-9-]+",
}
_SERVER: Final = {"gpu": 1.82}  # rated server power over design power; 1.5 for other parts
_MOST: Final = 10**40

_given: list[Path] = []


def use(*given: str | Path) -> None:
    """Read these folders before the user's own one, a later one first; none goes back to that alone.

    Raises:
        CatalogError: One is no folder, or holds a folder that is none of a catalogue.
    """
    paths = [expanded(str(folder), CatalogError) for folder in given]
    for folder, path in zip(given, paths, strict=True):
        if not str(folder) or not path.is_dir():
            message = f"{brief(str(folder))} is no folder; a catalogue is a folder with {_HOLDS}"
            raise CatalogError(message)
        _check_folder(path)
    _given[:] = paths
    _folders.cache_clear()
    forget()


def folders() -> tuple[Path, ...]:
    """The user's folders that exist, the one that counts most first."""
    return _folders()


@lru_cache(maxsize=1)
def _folders() -> tuple[Path, ...]:
    own = catalog_directory()
    if not own.is_dir():
        return tuple(reversed(_given))
    _check_folder(own)
    return (*reversed(_given), own)


def _check_folder(folder: Path) -> None:
    """Refuse what would be overlooked: a folder that is misspelled, a record beside its folder."""
    known = (*FOLDERS.values(), RULES)
    for path in sorted(folder.iterdir()):
        if path.name in known and not path.is_dir():
            message = "must be a folder"
            raise CatalogError(message, file=path)
        if path.name in known:
            _check_records(path)
        is_lost = path.is_dir() and path.name not in known
        if path.name.startswith((".", "_")) or not (is_lost or path.suffix in (".toml", ".csv")):
            continue
        if path.name == f"{RULES}.toml":
            continue
        hint = nearest(path.stem, known) or f"a catalogue holds {', '.join(known)} and {RULES}.toml"
        message = f"does not belong into a catalogue: {hint}"
        raise CatalogError(message, file=path)


def _check_records(folder: Path) -> None:
    """Refuse in a folder of records what would be overlooked: folders, and names that end otherwise."""
    for path in sorted(folder.iterdir()):
        is_record = path.suffix == ".toml" and path.is_file()
        looks_like_one = path.is_dir() or path.is_symlink() or path.suffix.casefold() == ".toml"
        if not is_record and looks_like_one and not path.name.startswith((".", "_")):
            message = f"does not belong into {folder.name}: records are files NAME.toml"
            raise CatalogError(message, file=path)


def own_files(kind: str, identifier: str) -> list[Path]:
    """The user's files of one record, the one that counts most first."""
    paths = (folder / FOLDERS[kind] / f"{identifier}.toml" for folder in folders())
    return [path for path in paths if path.is_file()]


def rule_files() -> list[Path]:
    """The user's files of rules, the one that counts most last."""
    found: list[Path] = []
    for folder in reversed(folders()):
        found += [path for path in [folder / f"{RULES}.toml"] if path.is_file()]
        found += sorted((folder / RULES).glob("[!.]*.toml"))
    return found


def own_ids(kind: str) -> list[str]:
    """The identifiers of the user's records of a kind.

    Raises:
        CatalogError: A file's name is no identifier.
    """
    found = set()
    for folder in folders():
        for path in sorted((folder / FOLDERS[kind]).glob("[!.]*.toml")):
            if not re.fullmatch(_NAMES[kind], path.stem):
                letters = "capitals" if kind == "region" else "small letters"
                message = f"is named after no {kind}: use {letters}, digits and dashes"
                raise CatalogError(message, file=path)
            found.add(path.stem)
    return sorted(found)


def overlay(kind: str, identifier: str, path: Path, below: Callable[[str], Record]) -> Record:
    """The record of a user's file.

    Args:
        kind: accelerator, model or region.
        identifier: The record's identifier, after which the file is named.
        path: The file.
        below: Returns the record that the file extends.

    Raises:
        CatalogError: The file cannot be read or says something that no record has; the message
            names file, line and key.
    """
    from inferscope.core.scenario.lines import find_line  # noqa: PLC0415  (only for the user's files)
    from inferscope.core.scenario.tables import read_tables  # noqa: PLC0415

    text, table = read_tables(path, CatalogError)
    try:
        return _overlay(kind, identifier, _plain(table, path, ""), path, below)
    except CatalogError as error:
        if error.key is None or error.line is not None or error.file != str(path):
            raise
        line = find_line(text, error.key)
        raise CatalogError(error.message, file=path, line=line, key=error.key) from None


def _overlay(
    kind: str, identifier: str, table: dict[str, Any], path: Path, below: Callable[[str], Record]
) -> Record:
    figures, texts = _FIGURES[kind], _TEXTS[kind]
    reading.check_keys(table, ("extends", "source", "date", *texts, *figures, *_TABLES[kind]), (), path, "")
    base = _extended(kind, identifier, table, path, below)
    own_text = reading.read_text(table, texts, path)
    _check_text(kind, own_text, path)
    text = {**base.text, **own_text, "id": identifier}
    if table.get("id", identifier) != identifier:
        message = f"{table['id']!r} stands in the file of {identifier!r}"
        raise CatalogError(message, file=path, key="id")
    common = {section: _common(table, section, path) for section in schema.RECORD_SECTIONS}
    if "architecture" in table:
        text["record_architecture"] = common["record_architecture"]
    own = _own_values(kind, table, common, path)
    values = {**base.values, **own}
    if kind == "accelerator":
        values.update(_implied(base, own, values, str(text["kind"])))
    tiers = reading.read_tiers(table["tier"], path) if "tier" in table else _tiers(base.tiers, own, values)
    fallback = reading.read_fallback(table.get("fallback", EMPTY), path)
    return replace(
        base,
        id=identifier,
        name=str(text["name"]),
        text=MappingProxyType(text),
        values=MappingProxyType(values),
        tiers=tiers,
        fallback=MappingProxyType({**base.fallback, **fallback}),
        architecture=_architecture(base, table, path),
        origin=str(path),
    )


def _check_text(kind: str, text: Mapping[str, Any], path: Path) -> None:
    """Refuse a date, a code or a kind that is none."""
    kinds = schema.RECORD_KINDS.get(kind, ())
    checks = (
        ("released", reading.is_date, reading.DATE),
        ("iso2", lambda code: re.fullmatch("[A-Z]{2}", code), "a code of two capitals such as DE"),
        ("kind", lambda word: word in kinds, f"one of {', '.join(kinds)}"),
    )
    for key, fits, wanted in checks:
        if key in text and not fits(text[key]):
            message = f"must be {wanted}, not {brief(text[key])}"
            raise CatalogError(message, file=path, key=key)


def _plain(table: Mapping[str, Any], path: Path, at: str) -> dict[str, Any]:
    """A table with its dates as text, and nothing in it that no record holds."""
    plain: dict[str, Any] = {}
    for key, given in table.items():
        value = given.isoformat() if isinstance(given, dt.date) else given
        if isinstance(value, dict):
            value = _plain(value, path, f"{at}{key}.")
        wrong = ""
        if key == "source" and isinstance(value, list):  # as in the shipped files
            value = "; ".join(map(str, value))
        if key in ("source", "date", "note", "unit", "extends") and not isinstance(value, str):
            wrong = f"must be text, not {brief(value)}"
        if (key in ("values", "architecture", "fallback") or key.startswith("record")) and not isinstance(
            value, dict
        ):
            wrong = f"must be a table: [{key}]"
        if key == "tier" and not (isinstance(value, list) and all(isinstance(v, dict) for v in value)):
            wrong = "must be tables: [[tier]]"
        if isinstance(value, int) and abs(value) > _MOST:
            wrong = f"must be at most {_MOST:.0e}"
        if wrong:
            raise CatalogError(wrong, file=path, key=f"{at}{key}")
        plain[key] = value
    return plain


def _extended(
    kind: str, identifier: str, table: Mapping[str, Any], path: Path, below: Callable[[str], Record]
) -> Record:
    """The record that a file extends, without the names that are its own; an empty one otherwise."""
    name = table.get("extends")
    if name is None:
        text = {"id": identifier, "name": identifier, "aliases": (), **_BLANK[kind]}
        if kind == "model":
            text["open_weights"] = "architecture" in table
        return Record(kind, identifier, identifier, text, dict.fromkeys(_FIGURES[kind], UNKNOWN))
    try:
        base = below(name)
    except CatalogError as error:
        if error.file is not None:
            raise
        raise CatalogError(error.message, file=path, key="extends") from None
    if name == identifier:
        return base
    return replace(base, text={**base.text, "name": identifier, "aliases": ()})


def _common(table: Mapping[str, Any], section: str, path: Path) -> Value:
    """What the file says of a group of figures: a source, a date, how they are known."""
    group = table.get(section, table.get("record", EMPTY))
    reading.check_keys(group, ("source", "date", "kind"), (), path, f"{section}.")
    said = group.get("source", table.get("source", ""))
    found = Value(
        None,
        kind=group.get("kind", "user"),
        source_keys=(said,) if said else (),
        date=group.get("date", table.get("date", "")),
        origin=str(path),
    )
    at = "" if not {"date", "kind"} & set(group) else section if section in table else "record"
    reading.check_about(found, path, f"{at}." if at else "")
    return found


def _own_values(
    kind: str, table: Mapping[str, Any], common: Mapping[str, Value], path: Path
) -> dict[str, Value]:
    """The figures that a file gives, at its top or under [values], each marked as the user's."""
    under: Mapping[str, Any] = table.get("values", EMPTY)
    reading.check_keys(under, _FIGURES[kind], (), path, "values.")
    flat = {name: table[name] for name in _FIGURES[kind] if name in table}
    for name in flat:
        if name in under:
            message = "is given twice: here and under [values]"
            raise CatalogError(message, file=path, key=name)
    may_be_zero = kind == "region"

    def section(name: str) -> str:
        return schema.record_section(name) if kind == "model" else "record"

    return {
        name: reading.read_value(raw, common[section(name)], path, f"{at}{name}", zero=may_be_zero)
        for at, given in (("", flat), ("values.", under))
        for name, raw in given.items()
    }


def _implied(
    base: Record, own: Mapping[str, Value], values: Mapping[str, Value], kind: str
) -> dict[str, Value]:
    """What follows from the figures given, as it does in the shipped catalogue."""
    found = {}
    rate, dram, tdp = "memory_bandwidth_bytes_per_s", "dram_bandwidth_bytes_per_s", own.get("tdp_w")
    if rate in own and dram not in own and base.values[dram].value == base.values[rate].value:
        found[dram] = own[rate]
    if tdp is not None and tdp.value is not None and "server_w" not in own:
        before, server = base.values["tdp_w"].value, base.values["server_w"].value
        ratio = _SERVER.get(kind, 1.5)
        watts, note = tdp.value * ratio, f"{ratio:g} x design power: none is given"
        if before is not None and server is not None:
            watts, note = tdp.value + server - before, f"the rest of the server as with {base.id}"
        found["server_w"] = tdp._replace(value=watts, kind="assumption", note=note, low=None, high=None)
    if not values["fixed_time_factor"].is_known:
        found["fixed_time_factor"] = Value(
            1.0,
            kind="assumption",
            source_keys=("SERVING_STUDY",),
            date=DATA_DATE,
            note="not measured: taken as Hopper's",
        )
    return found


def _tiers(base: Iterable[Tier], own: Mapping[str, Value], values: Mapping[str, Value]) -> tuple[Tier, ...]:
    """The memory tiers, the one that holds weights with the figures of the record."""
    if "memory_bytes" not in own and "memory_bandwidth_bytes_per_s" not in own:
        return tuple(base)
    size, rate = values["memory_bytes"].value, values["memory_bandwidth_bytes_per_s"].value
    if size is None:
        return tuple(base)
    tiers = tuple(base) or (Tier("memory", size, rate, holds_weights=True),)
    return tuple(t._replace(bytes=size, bytes_per_s=rate) if t.holds_weights else t for t in tiers)


def _architecture(base: Record, table: Mapping[str, Any], path: Path) -> Mapping[str, Any] | None:
    """The architecture, checked by folding it."""
    own = table.get("architecture")
    if own is None:
        return base.architecture
    layers = {**(base.architecture or EMPTY), **own}
    required = schema.ARCHITECTURE_REQUIRED
    reading.check_keys(layers, schema.ARCHITECTURE_KEYS, required, path, "architecture.")
    for name, raw in own.items():
        if wrong := reading.architecture_fault(name, raw):
            raise CatalogError(wrong, file=path, key=f"architecture.{name}")
    try:
        fold(layers)
    except CatalogError as error:
        raise CatalogError(error.message, file=path, key="architecture") from None
    return MappingProxyType(layers)
