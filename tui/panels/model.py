"""The model: which one, and what stands in for an architecture that was never published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inferscope.tui.fields import Field

if TYPE_CHECKING:
    from inferscope.core.scenario.schema import Scenario
    from inferscope.tui.answer import Answer

_OF_THE_OLD_ONE = (
    "model.*",
    "model.architecture_like",
    "training.flop",
    "training.usd",
    "training.accelerator",
    "training.accelerator_hours",
)


def _name(scenario: Scenario, answer: Answer | None) -> tuple[str, str]:
    from inferscope.core.leaves import model_record

    record = answer.bound.resolved[0].model if answer else model_record(scenario.model)
    changed = "changed" if scenario.model.overrides else ""
    return record.name, changed


def _stand_in(scenario: Scenario, _answer: Answer | None) -> tuple[str, str]:
    from inferscope.core import catalog
    from inferscope.core.leaves import model_record

    like = scenario.model.architecture_like
    if like is None:
        closed = model_record(scenario.model).architecture is None
        return ("needed" if closed else "none"), ("not published" if closed else "")
    return catalog.model(like).name, ""


def lacks_architecture(scenario: Scenario) -> bool:
    """Whether the stand-in matters: the architecture is not published, or one stands in."""
    from inferscope.core.leaves import model_record

    return scenario.model.architecture_like is not None or model_record(scenario.model).architecture is None


STAND_IN = "model.architecture_like"

FIELDS = (
    Field(
        "model.id",
        "Model",
        "the model that answers",
        kind="pick",
        catalog="model",
        essential=True,
        drops=_OF_THE_OLD_ONE,
        shown=_name,
    ),
    Field(
        STAND_IN,
        "Stand-in",
        "an architecture for a closed model, scaled to its stated size",
        kind="pick",
        catalog="model",
        empty="none",
        shown=_stand_in,
    ),
)
