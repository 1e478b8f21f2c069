"""The answers to a scenario, as the screen reads them; all numbers come from the core."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inferscope.core.bind import Bound
    from inferscope.core.evaluate import Result
    from inferscope.core.leaves import Leaf
    from inferscope.core.scenario.schema import Scenario
    from inferscope.core.study.effects import Effect


@dataclass(frozen=True)
class Answer:
    """One evaluated scenario; what the screen does not show is not worked out.

    Attributes:
        evaluated: What was computed.
        remarks: Notes on how the scenario was read.
        given: What flipping each optimisation would do, where that was asked for in the same call.
    """

    evaluated: Result
    remarks: tuple[str, ...] = ()
    given: tuple[Effect, ...] | None = None
    _entries: dict[str, Mapping[str, Any]] = field(default_factory=dict, init=False, repr=False)

    @property
    def bound(self) -> Bound:
        """The inputs behind it, with everything planned."""
        return self.evaluated.bound

    @cached_property
    def report(self) -> Mapping[str, Any]:
        """The whole report of the core."""
        return self.report_against(None)

    def report_against(self, base: Scenario | None) -> Mapping[str, Any]:
        """The whole report, which says in what the scenario differs from what it was."""
        from inferscope.core.report import report_of

        return report_of(self.evaluated, notes=self.remarks, base=base)

    @cached_property
    def policy(self) -> Sequence[Mapping[str, Any]]:
        """Every rule, on the scenario's date."""
        from inferscope.core.report import policy_entries

        return policy_entries(self.evaluated)

    @cached_property
    def headline(self) -> str:
        """The sentence on top."""
        from inferscope.core.sentences import headline

        return headline(self.evaluated, 0, self.policy)

    @cached_property
    def notes(self) -> list[str]:
        """Fall-backs, plans and limits missed."""
        from inferscope.core.report import notes_of

        return notes_of(self.evaluated, 0, self.remarks, self.policy)

    @cached_property
    def published(self) -> list[str]:
        """The published figures that the scenario is about, each beside the one computed here."""
        from inferscope.core.export.reports import published_rows

        items = [item.model_dump() for item in self.bound.resolved[0].scenario.published]
        here = {
            name: self.entry(name) for item in items if (name := item["quantity"]) in self.evaluated.values
        }
        return [
            f"published: {claim}: {figure}; here {value}, ratio {ratio} ({item['source']}, {item['date']})"
            for item, (claim, figure, value, ratio) in zip(items, published_rows(items, here), strict=True)
        ]

    @property
    def description(self) -> str:
        """What the scenario says of itself."""
        return self.bound.resolved[0].scenario.description

    @property
    def as_of(self) -> dt.date:
        """The scenario's date."""
        return self.bound.resolved[0].scenario.as_of

    def entry(self, name: str) -> Mapping[str, Any]:
        """One quantity of the report."""
        if name not in self._entries:
            from inferscope.core.report import entry

            self._entries[name] = entry(self.evaluated, name)
        return self._entries[name]

    def why(self, name: str) -> str:
        """Why a quantity has no value."""
        return str(self.entry(name).get("why", ""))

    def leaf(self, name: str) -> Leaf:
        """Where an input came from."""
        return self.bound.leaf(name)

    def input(self, name: str) -> float | None:
        """The value of an input, None where there is none."""
        values = self.bound.inputs[name]
        value = float(values[0])
        return None if math.isnan(value) else value

    @property
    def price_term(self) -> str:
        """For how long the accelerator is rented at the catalogue's price, where that is not on demand."""
        record, leaf = self.bound.resolved[0].accelerator, self.leaf("economics_usd_per_accelerator_hour")
        name = leaf.note.removeprefix(f"{record.id}: ").partition(" rental")[0]
        if name not in ("reserved", "spot") or leaf.kind == "scenario":
            return ""
        term = str(record.text.get("rental_reserved_term", "")) if name == "reserved" else ""
        return f"{name}, {term}" if term else name

    def text(self, name: str) -> str:
        """A text fact: which format is really in use."""
        return self.bound.resolved[0].texts[name]

    def result(self) -> Result:
        """Everything computed, for explaining and for other dates."""
        return self.evaluated

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """What flipping each optimisation would do; computed when it is asked for the first time."""
        from inferscope.core.study.effects import board

        return self.given if self.given is not None else board(self.bound.resolved[0].scenario).effects

    def layout(self) -> str:
        """How the model lies over the accelerators of a replica, such as ``TP4xDP2``."""
        parts = (
            ("TP", "hardware_tensor_parallel"),
            ("PP", "hardware_pipeline_parallel"),
            ("DP", "hardware_data_parallel"),
        )
        values = [(short, self.input(name)) for short, name in parts]
        split = [f"{short}{value:g}" for short, value in values if value is not None and value > 1]
        return "x".join(split) or "TP1"


@dataclass(frozen=True)
class Baseline:
    """An answer that later ones are compared with.

    Attributes:
        name: What to call it.
        answer: The answer.
    """

    name: str
    answer: Answer


def answer(scenario: Scenario, notes: Sequence[str] = (), *, effects: bool = False) -> Answer:
    """Evaluate a scenario.

    Args:
        scenario: What to evaluate.
        notes: Notes on it, for its report.
        effects: Whether to evaluate it with each optimisation flipped as well, in the same call.

    Raises:
        InferscopeError: It names something that does not exist, or a layout that cannot be.
    """
    from inferscope.core.evaluate import Result, evaluate
    from inferscope.core.report import OUTPUTS
    from inferscope.core.study.spreads import with_ranges

    if effects:
        from inferscope.core.study.effects import board

        both = board(scenario, notes)
        values = {name: array[:1] for name, array in both.result.values.items()}
        here = with_ranges(Result(values, both.result.bound.take([0])), quick=True)
        found = Answer(here, tuple(notes), both.effects)
    else:
        found = Answer(with_ranges(evaluate(scenario, OUTPUTS), quick=True), tuple(notes))
    _ = found.policy  # here, where a scenario whose own rules cannot be read is refused
    return found
