"""The threshold lines of policy, one rule a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from inferscope.tui.actions import bindings
from inferscope.tui.panels.rows import Place, Rows
from inferscope.tui.sizes import clipped
from inferscope.tui.verdicts import Line, nearest

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from inferscope.tui.answer import Answer


_NAME = 14
"""Columns of a rule's short name."""


class PolicyHeader(Widget):
    """The heading, which also names the columns."""

    day = ""

    def render(self) -> Content:
        """Title and column names over a rule."""
        tail = f" on {self.day} " if self.day and self.size.width >= 66 else ""
        columns = (("value", 7), ("orders", 7), ("verdict", 11), ("in force", 8))
        parts = [
            ("Policy".ljust(_NAME), "bold $primary"),
            *((f"{name:<{size}}", "$text-muted") for name, size in columns),
        ]
        used = 1 + _NAME + sum(size for _, size in columns)
        dashes = "─" * max(self.size.width - used - len(tail) - 1, 0)
        return Content.assemble(
            " ", *parts, (f" {dashes}" if tail else "", "$rule"), (tail.rstrip(), "$text-muted")
        )


class RuleLine(Place, Rows, can_focus=True):
    """One rule: value, distance from the line, verdict, whether it is in force on the date."""

    BINDINGS = bindings("policy")
    where = ("policy",)

    def __init__(self, number: int) -> None:
        super().__init__(id=f"rule-{number}")
        self.verdict: Line | None = None

    def show(self, verdict: Line | None) -> None:
        """Show a verdict."""
        self.verdict = verdict
        self.update()

    def hint(self) -> str:
        """The rule's title."""
        return "" if self.verdict is None else self.verdict.sentence()

    def rows(self) -> list[Content]:
        """The rule as a row of the table."""
        verdict = self.verdict
        if verdict is None:
            return [Content(" …")]
        mark = "▸" if self.has_focus else " "
        style = verdict.style
        missing = ", ".join(verdict.entry["missing"])
        wide = self.size.width >= 66
        note = f"needs {missing}" if missing else _status(verdict)
        row = Content.assemble(
            (mark, "bold $accent"),
            (f"{verdict.short:<{_NAME}.{_NAME}}", "reverse" if self.has_focus else ""),
            (f"{verdict.value:<8.8}", "bold"),
            f"{verdict.margin:<6}",
            (f"{verdict.word:<15}", style),
            f"{verdict.binds:<4}",
            (clipped(f" {note}", self.size.width - 47) if wide else "", "$text-muted"),
        )
        return [row]


def _status(verdict: Line) -> str:
    status = str(verdict.entry["status"]).replace("_", " ")
    return status if verdict.binds == "yes" else "not on this date"


class PolicyPanel(Vertical):
    """The rules that hold, then those nearest to their lines."""

    ROWS = 3
    _answer: Answer | None = None

    def on_resize(self) -> None:
        """Another height has room for more or fewer lines."""
        self.show(self._answer)

    def compose(self) -> ComposeResult:
        """A heading and a few lines."""
        yield PolicyHeader()
        for number in range(self.ROWS):
            yield RuleLine(number)

    def show(self, answer: Answer | None) -> None:
        """Show the verdicts of an answer, as many as there is room for."""
        self._answer = answer
        if answer is None:
            return
        found = nearest(answer, min(max(self.size.height - 1, 1), self.ROWS))
        header = self.query_one(PolicyHeader)
        day = found[0].entry["as_of"] if found else ""
        if header.day != day:
            header.day = day
            header.refresh()
        for number, line in enumerate(self.query(RuleLine)):
            if line.display != (number < len(found)):
                line.display = number < len(found)
            line.show(found[number] if number < len(found) else None)
