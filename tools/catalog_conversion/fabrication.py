"""Who makes a chip and where, from the process that its row names; what that leaves open stays blank."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FOUNDRIES = {
    "TSMC": "TSMC",
    "Samsung": "Samsung",
    "SMIC": "SMIC",
    "GF": "GlobalFoundries",
    "Intel": "Intel",
}
# Plants by foundry and node, recalled: the node was made in one country when the chip came out.
_TAIWAN = "TSMC made its nodes from 7 nm on in Taiwan alone until its plant in Arizona began N4 in 2025"
_PLANTS = (
    ("TSMC", range(6, 8), "9999", "TW", _TAIWAN),
    ("TSMC", range(4, 6), "2025", "TW", _TAIWAN),
    ("TSMC", range(2, 4), "9999", "TW", "TSMC's 3 nm nodes are made in Taiwan; Arizona follows in 2027"),
    ("Samsung", range(8, 9), "9999", "KR", "Samsung's 8 nm lines stand in Hwaseong"),
    ("SMIC", range(7, 8), "9999", "CN", "SMIC has no plant of this node abroad"),
    (
        "GlobalFoundries",
        range(12, 15),
        "9999",
        "US",
        "GlobalFoundries made its FinFET nodes in Malta, New York",
    ),
)


def fabrication(row: Mapping[str, str]) -> dict[str, str]:
    """Foundry, country of its plant when the chip came out, and why; empty where nobody says."""
    process = row["process"]
    named = [foundry for word, foundry in FOUNDRIES.items() if re.search(rf"\b{word}\b", process)]
    if not named:
        return {}
    found = {"foundry": ", ".join(named)}
    nodes = [int(digits) for digits in re.findall(r"(?<![+\d])\d+", process)]
    if len(named) > 1 or not nodes:
        return found
    places = [_plant(named[0], node, row["release_ym"]) for node in nodes]
    if None in places or len({place for place, _ in filter(None, places)}) > 1:
        return found
    place, why = places[0] or ("", "")
    return {**found, "fabricated_in": place, "fabrication_note": why}


def _plant(foundry: str, node: int, released: str) -> tuple[str, str] | None:
    """Country and reason for a node of a foundry in a chip that came out in a month."""
    for maker, nodes, before, place, why in _PLANTS:
        if maker == foundry and node in nodes and released and released < before:
            return place, why
    return None
