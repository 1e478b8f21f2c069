"""Keys of the scenario that only mean something together: whoever gives one, or clears one, means all."""

from __future__ import annotations

from typing import Final

__all__ = ["DEMAND", "FLEET", "LAYOUT"]

DEMAND: Final = (
    "workload.requests_per_s",
    "workload.queries_per_day",
    "workload.users",
    "workload.queries_per_user_per_day",
)
"""How much is asked for, in one way or another."""
FLEET: Final = ("hardware.fleet_accelerators", "hardware.replicas")
"""How much stands there, where it is stated and not planned by demand."""
LAYOUT: Final = (
    "hardware.count",
    "hardware.tensor_parallel",
    "hardware.pipeline_parallel",
    "hardware.data_parallel",
    "hardware.expert_parallel",
)
"""How one replica is laid out."""
