"""The keys of a scenario that name a record of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["RECORDS"]

RECORDS: Mapping[str, str] = {
    "model.id": "model",
    "model.architecture_like": "model",
    "hardware.accelerator": "accelerator",
    "hardware.prefill.accelerator": "accelerator",
    "training.accelerator": "accelerator",
    "site.region": "region",
}
"""By key the kind of its record: several words may mean one, and a sweep may search for them."""
