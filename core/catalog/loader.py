"""Read one record of the catalogue, checked, from the one file it stands in."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from inferscope.core import DATA_DATE
from inferscope.core.catalog import reading, schema
from inferscope.core.catalog.names import UnknownIdError, ids, is_shipped, not_shipped, resolve, search
from inferscope.core.catalog.records import EMPTY, UNKNOWN, Record, Tier, Value
from inferscope.core.catalog.sources import DATA, read_table, read_toml, remember, source_text
from inferscope.core.catalog.user import overlay, own_files
from inferscope.core.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = [
    "Record",
    "Tier",
    "UnknownIdError",
    "Value",
    "accelerator",
    "ids",
    "model",
    "read_accelerator",
    "read_model",
    "region",
    "search",
    "source_text",
]

_CACHED: Final = 512
MAX_PARENTS: Final = 8
"""Records of the user's that may extend each other."""

# value: columns of its kind, date, source and note in regions.csv; an absent one is ""
_REGION_COLUMNS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "electricity_usd_per_kwh": (
        "electricity_kind",
        "electricity_date",
        "electricity_source",
        "electricity_note",
    ),
    "grid_gco2e_per_kwh": ("grid_kind", "grid_date", "grid_source", ""),
    "grid_gco2e_per_kwh_2023": ("grid_kind", "", "grid_2023_source", ""),
    "grid_water_l_per_kwh": ("water_kind", "grid_date", "water_source", ""),
    "pue": ("pue_kind", "", "pue_source", ""),
    "summer_temperature_c": ("pue_kind", "", "pue_source", ""),
    "build_usd_per_w": ("build_kind", "", "pue_source", "build_note"),
    "rtt_usa_s": ("", "", "rtt_source", ""),
    "rtt_deu_s": ("", "", "rtt_source", ""),
    "rtt_sgp_s": ("", "", "rtt_source", ""),
    "rtt_jpn_s": ("", "", "rtt_source", ""),
}
_REGION_NOTES: Final = {
    "grid_gco2e_per_kwh_2023": "the mix of 2023, from another package",
    "pue": "modelled from the national mean summer temperature",
    "rtt_usa_s": "estimated from distance",
    "rtt_deu_s": "estimated from distance",
    "rtt_sgp_s": "estimated from distance",
    "rtt_jpn_s": "estimated from distance",
}
_WORLD_WATER: Final = "the world's mean: no national figure"


def accelerator(name: str) -> Record:
    """Return an accelerator by identifier, name or alias.

    Peaks are dense FLOP/s (or operations/s), links one way in bytes/s, memory in bytes; the
    ``memory_`` values are those of the tier that holds weights, on chip for SRAM machines.

    Raises:
        UnknownIdError: Nothing has this name.
        CatalogError: Its file is damaged.
    """
    return record("accelerator", resolve("accelerator", name))


def model(name: str) -> Record:
    """Return a model by identifier, name or alias.

    Raises:
        UnknownIdError: Nothing has this name.
        CatalogError: Its file is damaged.
    """
    return record("model", resolve("model", name))


def region(name: str) -> Record:
    """Return a country by three- or two-letter code or by name.

    Raises:
        UnknownIdError: Nothing has this name.
        CatalogError: The table is damaged.
    """
    return record("region", resolve("region", name))


@remember(_CACHED)
def record(kind: str, identifier: str) -> Record:
    """Return the record that counts: the user's where there is one, else the shipped one.

    Raises:
        UnknownIdError: There is neither.
        CatalogError: Its file is damaged.
    """
    return _layered(kind, identifier, ())


def _layered(kind: str, identifier: str, above: tuple[Path, ...]) -> Record:
    """The record below the files that extend it, which a circle leads back to."""
    path = next((path for path in own_files(kind, identifier) if path not in above), None)
    if path is not None:
        if len(above) > MAX_PARENTS:
            names = " -> ".join(file.stem for file in above)
            message = f"more than {MAX_PARENTS} records extend each other: {names}"
            raise CatalogError(message)
        return overlay(kind, identifier, path, lambda name: _layered(kind, name, (*above, path)))
    if not is_shipped(kind, identifier):
        if any(path.stem == identifier for path in above):
            message = f"{identifier!r} extends itself, and no such {kind} is shipped"
            raise CatalogError(message)
        raise not_shipped(kind, identifier)
    return _SHIPPED[kind](identifier)


@remember(_CACHED)
def read_accelerator(identifier: str, folder: Path = DATA) -> Record:
    """Read and check one accelerator's file.

    Raises:
        CatalogError: A key is unknown or missing, or a value is not what it should be.
    """
    name = f"accelerators/{identifier}.toml"
    path = folder / name
    table = read_toml(name, folder)
    allowed = (*schema.ACCELERATOR_TEXT, "fallback", "record", "tier", "values")
    reading.check_keys(table, allowed, schema.REQUIRED["accelerator"], path, "")
    text = reading.read_text(table, schema.ACCELERATOR_TEXT, path)
    _check_id(text, identifier, path)
    common = reading.read_record(table["record"], path, "record")
    reading.check_keys(table["values"], schema.ACCELERATOR_VALUES, schema.ACCELERATOR_VALUES, path, "values.")
    return Record(
        "accelerator",
        identifier,
        text["name"],
        MappingProxyType(text),
        MappingProxyType(reading.read_values(table["values"], schema.ACCELERATOR_VALUES, common, path)),
        reading.read_tiers(table.get("tier", ()), path),
        MappingProxyType(reading.read_fallback(table.get("fallback", EMPTY), path)),
    )


@remember(_CACHED)
def read_model(identifier: str, folder: Path = DATA) -> Record:
    """Read and check one model's file; figures it does not give are unknown.

    ``text`` also holds, under ``record_architecture`` and the like, where each group of facts
    comes from, as a :class:`Value` without a figure.

    Raises:
        CatalogError: A key is unknown or missing, or a value is not what it should be.
    """
    name = f"models/{identifier}.toml"
    path = folder / name
    table = read_toml(name, folder)
    allowed = (*schema.MODEL_TEXT, *schema.RECORD_SECTIONS, "architecture", "values")
    reading.check_keys(table, allowed, schema.REQUIRED["model"], path, "")
    text = reading.read_text(table, schema.MODEL_TEXT, path)
    _check_id(text, identifier, path)
    records = {
        section: reading.read_record(table[section], path, section)
        for section in schema.RECORD_SECTIONS
        if section in table
    }
    common = {
        name: records.get(schema.record_section(name), records["record"]) for name in schema.MODEL_VALUES
    }
    values = reading.read_values(table.get("values", EMPTY), schema.MODEL_VALUES, common, path)
    layers = table.get("architecture")
    if layers is not None:
        reading.check_keys(
            layers, schema.ARCHITECTURE_KEYS, schema.ARCHITECTURE_REQUIRED, path, "architecture."
        )
    return Record(
        "model",
        identifier,
        text["name"],
        MappingProxyType(text | records),
        MappingProxyType(values),
        architecture=None if layers is None else MappingProxyType(layers),
    )


def _check_id(text: Mapping[str, Any], identifier: str, path: Path) -> None:
    if text["id"] != identifier:
        message = f"{text['id']!r} stands in the file of {identifier!r}"
        raise CatalogError(message, file=path, key="id")


@remember(_CACHED)
def _read_region(identifier: str) -> Record:
    """Read one country's row."""
    path = DATA / "regions.csv"
    for line, row in enumerate(read_table("regions.csv"), start=2):
        if row.get("id") != identifier:
            continue
        try:
            return _region(row, path)
        except (KeyError, ValueError) as error:
            message = f"this row cannot be read: {error}"
            raise CatalogError(message, file=path, line=line) from error
    message = f"the row of {identifier!r} is missing"
    raise CatalogError(message, file=path)


def _region(row: Mapping[str, str], path: Path) -> Record:
    """Return the country of one row."""
    text: dict[str, Any] = {
        key: row[key] for key in ("id", "name", "iso2", "macro_region", "reference_city", "electricity_note")
    }
    text["latitude"], text["longitude"] = float(row["latitude"]), float(row["longitude"])
    values = {}
    for name, (kind, date, source, note) in _REGION_COLUMNS.items():
        if not row[name]:
            values[name] = UNKNOWN
            continue
        table = {
            "value": float(row[name]),
            "kind": row[kind] if kind else "estimate",
            "date": row[date] if date else DATA_DATE,
            "source": row[source].split(),
            "note": row[note] if note else _REGION_NOTES.get(name, ""),
        }
        if name == "grid_gco2e_per_kwh_2023":
            table["date"] = "2023"
        if name == "grid_water_l_per_kwh" and table["kind"] == "assumption":
            table["note"] = _WORLD_WATER
        values[name] = reading.read_value(table, UNKNOWN, path, f"{row['id']}.{name}")
    return Record("region", row["id"], row["name"], MappingProxyType(text), MappingProxyType(values))


_SHIPPED: Final[Mapping[str, Callable[[str], Record]]] = {
    "accelerator": read_accelerator,
    "model": read_model,
    "region": _read_region,
}
