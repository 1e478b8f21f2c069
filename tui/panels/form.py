"""The form of a study: what it answers, and a line of text for each thing it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from inferscope.tui.studies import Line, Study


def form_id(name: str) -> str:
    """The identifier of the form of a study."""
    return f"form-{name.lower()}"


class Entry(Input):
    """One line.

    Args:
        study: The name of the study.
        line: What the line is for.
        value: What stands in it.
    """

    def __init__(self, study: str, line: Line, value: str) -> None:
        super().__init__(value, placeholder=line.about, compact=True, select_on_focus=False)
        self.study, self.line = study, line
        self.is_wrong = False

    def hint(self) -> str:
        """What it takes."""
        return "; ".join(part for part in (f"{self.line.name}: {self.line.about}", self.line.more) if part)


class Form(Vertical):
    """The lines of one study.

    Args:
        study: The study.
        values: What stands in its lines.
    """

    def __init__(self, study: Study, values: Mapping[str, str]) -> None:
        super().__init__(id=form_id(study.name), classes="form")
        self.study, self._first = study, values

    def compose(self) -> ComposeResult:
        """What the study answers, then a name and a line each."""
        yield Static(self.study.about, classes="about", markup=False)
        for line in self.study.lines:
            with Horizontal(classes="entry"):
                yield Static(line.name, classes="name", markup=False)
                yield Entry(self.study.name, line, self._first[line.name])

    @property
    def entries(self) -> list[Entry]:
        """Its lines."""
        return list(self.query(Entry))

    def mark_wrong(self, name: str) -> Entry | None:
        """Mark the line that does not fit, in its name; no other is marked any more."""
        found = None
        for row in self.query(Horizontal):
            entry, label = row.query_one(Entry), row.query_one(Static)
            entry.is_wrong = entry.line.name == name
            found = entry if entry.is_wrong else found
            label.update(f"! {entry.line.name}" if entry.is_wrong else entry.line.name)
            label.set_class(entry.is_wrong, "problem")
        return found
