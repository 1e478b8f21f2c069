"""Read one record of the catalogue, checked, from the one file it stands in."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from inferscope.core import DATA_DATE
from inferscope.core.catalog import schema
from inferscope.core.catalog.names import UnknownIdError, ids, resolve, search
from inferscope.core.catalog.records import EMPTY, UNKNOWN, Record, Tier, Value
from inferscope.core.catalog.sources import DATA, read_table, read_toml, source_text
from inferscope.core.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "REGION_VALUES",
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
REGION_VALUES: Final = tuple(_REGION_COLUMNS)
"""Figures of a country: power price, grid, PUE model, building cost, round-trip times."""

_REGION_NOTES: Final = {
    "grid_gco2e_per_kwh_2023": "the mix of 2023, from another package",
    "pue": "modelled from the national mean summer temperature",
    "rtt_usa_s": "estimated from distance",
    "rtt_deu_s": "estimated from distance",
    "rtt_sgp_s": "estimated from distance",
    "rtt_jpn_s": "estimated from distance",
}
_WORLD_WATER: Final = "the world's mean: no national figure"
_TRAINING: Final = tuple(name for name in schema.MODEL_VALUES if name.startswith("training"))
_SECTIONS: Final = ("record", "record_architecture", "record_params", "record_training")


def accelerator(name: str) -> Record:
    """Return an accelerator by identifier, name or alias.

    Peaks are dense FLOP/s (or operations/s), links one way in bytes/s, memory in bytes; the
    ``memory_`` values are those of the tier that holds weights, on chip for SRAM machines.

    Raises:
        UnknownIdError: Nothing has this name.
        CatalogError: Its file is damaged.
    """
    return read_accelerator(resolve("accelerator", name))


def model(name: str) -> Record:
    """Return a model by identifier, name or alias.

    Raises:
        UnknownIdError: Nothing has this name.
        CatalogError: Its file is damaged.
    """
    return read_model(resolve("model", name))


def region(name: str) -> Record:
    """Return a country by three- or two-letter code or by name.

    Raises:
        UnknownIdError: Nothing has this name.
        CatalogError: The table is damaged.
    """
    return _read_region(resolve("region", name))


@lru_cache(maxsize=_CACHED)
def read_accelerator(identifier: str, folder: Path = DATA) -> Record:
    """Read and check one accelerator's file.

    Raises:
        CatalogError: A key is unknown or missing, or a value is not what it should be.
    """
    name = f"accelerators/{identifier}.toml"
    path = folder / name
    table = read_toml(name, folder)
    allowed = (*schema.ACCELERATOR_TEXT, "fallback", "record", "tier", "values")
    schema.check_keys(table, allowed, schema.REQUIRED["accelerator"], path, "")
    text = schema.read_text(table, schema.ACCELERATOR_TEXT, path)
    _check_id(text, identifier, path)
    common = schema.read_record(table["record"], path, "record")
    schema.check_keys(table["values"], schema.ACCELERATOR_VALUES, schema.ACCELERATOR_VALUES, path, "values.")
    return Record(
        "accelerator",
        identifier,
        text["name"],
        MappingProxyType(text),
        MappingProxyType(schema.read_values(table["values"], schema.ACCELERATOR_VALUES, {"": common}, path)),
        schema.read_tiers(table.get("tier", ()), path),
        MappingProxyType(_fallback(table.get("fallback", EMPTY), path)),
    )


def _fallback(table: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Return the precisions to replace, each by a valid one."""
    rates = [
        name.removesuffix("_flop_per_s") for name in schema.ACCELERATOR_VALUES if name.endswith("_flop_per_s")
    ]
    schema.check_keys(table, rates, (), path, "fallback.")
    for rate, other in table.items():
        if other not in rates:
            message = f"{other!r} is no precision"
            raise CatalogError(message, file=path, key=f"fallback.{rate}")
    return dict(table)


@lru_cache(maxsize=_CACHED)
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
    allowed = (*schema.MODEL_TEXT, *_SECTIONS, "architecture", "values")
    schema.check_keys(table, allowed, schema.REQUIRED["model"], path, "")
    text = schema.read_text(table, schema.MODEL_TEXT, path)
    _check_id(text, identifier, path)
    records = {
        section: schema.read_record(table[section], path, section)
        for section in _SECTIONS
        if section in table
    }
    sizes = records.get("record_params", records["record"])
    common = dict.fromkeys(_TRAINING, records.get("record_training", records["record"]))
    values = schema.read_values(table.get("values", EMPTY), schema.MODEL_VALUES, common | {"": sizes}, path)
    layers = table.get("architecture")
    if layers is not None:
        schema.check_keys(
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


@lru_cache(maxsize=len(_REGION_COLUMNS) * 8)
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
        values[name] = schema.read_value(table, UNKNOWN, path, f"{row['id']}.{name}")
    return Record("region", row["id"], row["name"], MappingProxyType(text), MappingProxyType(values))
