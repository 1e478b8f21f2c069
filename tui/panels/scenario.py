"""The scenario on the left, a panel for each part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical, VerticalScroll

from inferscope.tui.panels import economics, hardware, model, optimisations, workload
from inferscope.tui.panels.line import Line, lines
from inferscope.tui.panels.rule import Heading

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from inferscope.tui.answer import Answer
    from inferscope.tui.fields import Field
    from inferscope.tui.session import Session

PANELS: tuple[tuple[str, tuple[Field, ...]], ...] = (
    ("Model and hardware", (*model.FIELDS, *hardware.FIELDS)),
    ("Optimisations", optimisations.FIELDS),
    ("Workload and limits", workload.FIELDS),
    ("Economics and site", economics.FIELDS),
)

FIELDS: tuple[Field, ...] = tuple(field for _, fields in PANELS for field in fields)
"""Every field of the scenario that can be edited here."""


class ScenarioColumn(VerticalScroll, can_focus=False, inherit_bindings=False):
    """All panels of the scenario, one line a field."""

    def compose(self) -> ComposeResult:
        """A heading and the lines of each panel."""
        for title, fields in PANELS:
            with Vertical(classes="panel last" if fields is economics.FIELDS else "panel"):
                yield Heading(title)
                yield from lines(fields)

    def show(self, session: Session | None, answer: Answer | None, *, all_fields: bool) -> None:
        """Show the scenario of a session; labels alone while there is none."""
        scenario = None if session is None else session.scenario
        closed = scenario is not None and model.lacks_architecture(scenario)
        fleet = scenario is not None and scenario.hardware.fleet_accelerators is not None
        special = {model.STAND_IN: closed, hardware.FLEET: fleet and all_fields}
        for line in self.query(Line):
            key = line.field.key
            differs = session is not None and session.differs(key)
            wanted = differs or special.get(key, all_fields or line.field.essential)
            if line.display != wanted:
                line.display = wanted
            if wanted:
                line.show(scenario, answer, differs=differs)
