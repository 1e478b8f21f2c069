"""The hardware: which accelerators, how many, and how the model lies over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inferscope.tui.fields import Field

if TYPE_CHECKING:
    from inferscope.core.scenario.schema import Scenario
    from inferscope.tui.answer import Answer

_DEGREES = tuple(f"hardware.{name}_parallel" for name in ("tensor", "pipeline", "data", "expert"))


def _name(scenario: Scenario, answer: Answer | None) -> tuple[str, str]:
    from inferscope.core import catalog

    record = (
        answer.bound.resolved[0].accelerator if answer else catalog.accelerator(scenario.hardware.accelerator)
    )
    return record.name, "changed" if scenario.hardware.overrides else ""


def _count(scenario: Scenario, answer: Answer | None) -> tuple[str, str]:
    given = scenario.hardware.count
    auto = given == "auto"
    if answer is None:
        return ("auto" if auto else f"{given.mid:g}"), ""  # type: ignore[union-attr]
    count = answer.input("hardware_count")
    figure = "?" if count is None else f"{count:g}"
    return f"{figure} · {answer.layout()}", "auto" if auto else ""


FLEET = "hardware.fleet_accelerators"

FIELDS = (
    Field(
        "hardware.accelerator",
        "Accelerator",
        "the accelerator that serves",
        kind="pick",
        catalog="accelerator",
        essential=True,
        drops=("hardware.*",),
        shown=_name,
    ),
    Field(
        "hardware.count",
        "Count",
        "accelerators in one replica, and the layout over them",
        leaf="hardware_count",
        empty="auto",
        essential=True,
        drops=_DEGREES,
        shown=_count,
    ),
    Field(
        "hardware.replicas",
        "Replicas",
        "copies of the replica; auto carries the demand",
        leaf="hardware_replicas",
        empty="auto",
    ),
    Field(
        FLEET,
        "Fleet",
        "accelerators paid for, where that is known",
        leaf="hardware_fleet_accelerators",
        empty="none",
    ),
)
