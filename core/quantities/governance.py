"""The figures that chip rules read: total processing performance, density, bandwidths."""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array, quantity


@quantity(
    unit="TOPS*bit",
    label="Total processing performance",
    formula=(
        "maximum(maximum(16 * hardware_bf16_flop_per_s, 8 * maximum(hardware_fp8_flop_per_s,"
        " hardware_int8_flop_per_s)), 4 * maximum(hardware_fp4_flop_per_s, hardware_int4_flop_per_s)) / 1e12"
    ),
    source="88 FR 73458, technical notes to 3A090: largest dense rate x bit length over the package",
)
def tpp(
    hardware_bf16_flop_per_s: Array,
    hardware_fp8_flop_per_s: Array,
    hardware_int8_flop_per_s: Array,
    hardware_fp4_flop_per_s: Array,
    hardware_int4_flop_per_s: Array,
) -> Array:
    """Largest rate x bits over all formats; unsupported ones count 0, an unknown one leaves TPP unknown.

    H100: 1,978.9 x 8 = 15,831; H20: 296 x 8 = 2,368.
    """
    narrow = 4.0 * np.maximum(hardware_fp4_flop_per_s, hardware_int4_flop_per_s)
    wide = 8.0 * np.maximum(hardware_fp8_flop_per_s, hardware_int8_flop_per_s)
    return np.maximum(np.maximum(16.0 * hardware_bf16_flop_per_s, wide), narrow) / units.TERA


@quantity(
    unit="TOPS*bit/mm2",
    label="Performance density",
    formula="tpp / hardware_die_area_mm2",
    source="88 FR 73458, technical notes to 3A090: TPP over the applicable die area",
)
def performance_density(tpp: Array, hardware_die_area_mm2: Array) -> Array:
    """TPP per square millimetre of logic die. H100: 15,831 / 814 = 19.4."""
    return tpp / hardware_die_area_mm2


@quantity(
    unit="GB/s",
    label="DRAM bandwidth",
    formula="hardware_dram_bandwidth_bytes_per_s / 1e9",
    source="data sheet; 0 for machines whose weights lie in SRAM",
)
def dram_bandwidth_gb_s(hardware_dram_bandwidth_bytes_per_s: Array) -> Array:
    """Bandwidth of the chip's DRAM as chip rules count it. H20: 4,000."""
    return hardware_dram_bandwidth_bytes_per_s / units.GIGA


@quantity(
    unit="GB/s",
    label="I/O bandwidth",
    formula=(
        "2 * (hardware_host_link_bytes_per_s + where(hardware_scaleup_is_pcie > 0, 0,"
        " hardware_scaleup_bytes_per_s)) / 1e9"
    ),
    source="both directions of chip-to-chip and host links, memory excluded; PCIe counted once",
)
def io_bandwidth_gb_s(
    hardware_host_link_bytes_per_s: Array,
    hardware_scaleup_is_pcie: Array,
    hardware_scaleup_bytes_per_s: Array,
) -> Array:
    """I/O bandwidth as chip rules count it. H20: 2 x (450 + 64) = 1,028."""
    scaleup = np.where(hardware_scaleup_is_pcie > 0, 0.0, hardware_scaleup_bytes_per_s)
    return 2.0 * (hardware_host_link_bytes_per_s + scaleup) / units.GIGA
