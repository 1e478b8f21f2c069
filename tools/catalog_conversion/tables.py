"""Regions and API prices: CSV tables with a source key per group of values."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from catalog_conversion.text import RECORD_DATE, Sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RTT_SOURCE = (
    "estimate: 20 ms + 16.5 ms per 1,000 km between the reference cities; good to the USA, "
    "0.33 to 0.7 of measured times for the Gulf, East Africa, China to Singapore and Asia to "
    "Europe"
)
WATER_SOURCE = "PyPI ecologits 0.11.3 data/electricity_mixes.json (water use of the grid mix)"
REGION_COLUMNS = [
    "id",
    "iso2",
    "name",
    "macro_region",
    "reference_city",
    "latitude",
    "longitude",
    "electricity_usd_per_kwh",
    "electricity_kind",
    "electricity_date",
    "electricity_source",
    "electricity_note",
    "grid_gco2e_per_kwh",
    "grid_gco2e_per_kwh_2023",
    "grid_kind",
    "grid_date",
    "grid_source",
    "grid_2023_source",
    "grid_water_l_per_kwh",
    "water_kind",
    "water_source",
    "pue",
    "summer_temperature_c",
    "pue_kind",
    "pue_source",
    "build_usd_per_w",
    "build_kind",
    "build_note",
    "rtt_usa_s",
    "rtt_deu_s",
    "rtt_sgp_s",
    "rtt_jpn_s",
    "rtt_source",
]
PRICE_COLUMNS = [
    "model",
    "model_id",
    "provider",
    "effective_from",
    "date",
    "usd_per_million_input_tokens",
    "usd_per_million_cached_input_tokens",
    "usd_per_million_output_tokens",
    "kind",
    "source",
    "checked",
    "note",
]


def _csv(columns: list[str], rows: Iterable[Mapping[str, object]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _joined(keys: str | list[str]) -> str:
    return keys if isinstance(keys, str) else " ".join(keys)


def regions_file(rows: Iterable[Mapping[str, str]], src: Sources) -> str:
    """Return the table of regions."""
    return _csv(REGION_COLUMNS, (_region(row, src) for row in rows))


def _region(row: Mapping[str, str], src: Sources) -> dict[str, object]:
    levies = " Includes levies, unlike the other countries' figures." * (row["iso3"] == "GBR")
    years = re.findall(r"\b20[12]\d\b", f"{row['elec_source']} {row['elec_origin']}")
    modelled = "regression" in row["dc_build_basis"]
    result: dict[str, object] = {
        "id": row["iso3"],
        "iso2": row["iso2"],
        "name": row["name"],
        "macro_region": row["macro_region"],
        "reference_city": row["reference_city"],
        "latitude": row["lat"],
        "longitude": row["lon"],
        "electricity_usd_per_kwh": row["elec_usd_kwh"],
        "electricity_kind": row["elec_mark"],
        "electricity_date": years[-1] if years else RECORD_DATE,
        "electricity_source": _joined(src.split(row["elec_source"])),
        "electricity_note": f"{row['elec_basis']}: {row['elec_origin']}.{levies}",
        "grid_gco2e_per_kwh": row["grid_gco2e_kwh"],
        "grid_gco2e_per_kwh_2023": row["grid_gco2e_kwh_2023"],
        "grid_kind": row["grid_mark"],
        "grid_date": "2026-10",
        "grid_source": src.add(row["grid_source"]),
        "grid_2023_source": src.add(row["grid_2023_source"]),
        "grid_water_l_per_kwh": row["grid_water_l_kwh"],
        "water_kind": "assumption" if row["grid_water_is_world_default"] == "yes" else "package",
        "water_source": src.add(WATER_SOURCE),
        "pue": row["pue_modelled"],
        "summer_temperature_c": row["summer_temp_c"],
        "pue_kind": row["pue_mark"],
        "pue_source": src.add(row["pue_source"]) if row["pue_source"] else "",
        "build_usd_per_w": row["dc_build_usd_per_w"],
        "build_kind": "estimate" if modelled else row["pue_mark"],
        "build_note": row["dc_build_basis"],
        "rtt_source": src.add(RTT_SOURCE, "RTT_ESTIMATE"),
    }
    for place in ("usa", "deu", "sgp", "jpn"):
        milliseconds = row[f"rtt_{place}_est_ms"]
        seconds = f"{float(milliseconds) / 1000:g}" if milliseconds else ""
        result[f"rtt_{place}_s"] = seconds
    return result


def prices_file(rows: Iterable[Mapping[str, str]], src: Sources) -> str:
    """Return the table of API prices."""
    return _csv(PRICE_COLUMNS, (_price(row, src) for row in rows))


def _price(row: Mapping[str, str], src: Sources) -> dict[str, object]:
    return {
        "model": row["model"],
        "model_id": row["model_id"],
        "provider": row["provider"],
        "effective_from": row["effective_from"],
        "date": row["date"],
        "usd_per_million_input_tokens": row["input"],
        "usd_per_million_cached_input_tokens": row["cached_input"],
        "usd_per_million_output_tokens": row["output"],
        "kind": row["status"],
        "source": _joined(src.split(row["source"])),
        "checked": row["checked_in_repo"],
        "note": row["note"],
    }
