"""The threshold lines of policy, one rule a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from inferscope.tui.actions import Where, bindings
from inferscope.tui.verdicts import Line, verdicts

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from inferscope.tui.answer import Answer


class PolicyHeader(Widget):
    """The heading, which also names the columns."""

    day = ""

    def render(self) -> Content:
        """Title and column names over a rule."""
        tail = f" on {self.day} " if self.day and self.size.width >= 66 else ""
        columns = (("value", 8), ("orders", 7), ("verdict", 15), ("binds", 5))
        parts = [
            ("Policy".ljust(11), "bold $primary"),
            *((f"{name:<{size}}", "$text-muted") for name, size in columns),
        ]
        used = 1 + 11 + sum(size for _, size in columns)
        dashes = "─" * max(self.size.width - used - len(tail) - 1, 0)
        return Content.assemble(
            " ", *parts, (f" {dashes}" if tail else "", "$rule"), (tail.rstrip(), "$text-muted")
        )


class RuleLine(Widget, can_focus=True):
    """One rule: value, distance from the line, verdict, whether it binds on the date."""

    BINDINGS = bindings("policy")
    where: tuple[Where, ...] = ("policy",)

    def __init__(self, rule: str) -> None:
        super().__init__(id=f"rule-{rule.replace('.', '-')}")
        self.verdict: Line | None = None

    def show(self, verdict: Line | None) -> None:
        """Show a verdict."""
        self.verdict = verdict
        self.refresh()

    def hint(self) -> str:
        """The rule's title."""
        if self.verdict is None:
            return ""
        entry = self.verdict.entry
        return f"{entry['jurisdiction']}: {entry['title']}, on {entry['as_of']}"

    def render(self) -> Content:
        """The rule as a row of the table."""
        verdict = self.verdict
        if verdict is None:
            return Content(" …")
        mark = "▸" if self.has_focus else " "
        style = {"applies": "bold $text-warning", "unknown": "$text-warning"}.get(verdict.word, "bold")
        missing = ", ".join(verdict.entry["missing"])
        wide = self.size.width >= 66
        note = f"needs {missing}" if missing else _status(verdict)
        return Content.assemble(
            (mark, "bold $accent"),
            (f"{verdict.short:<11.11}", "reverse" if self.has_focus else ""),
            (f"{verdict.value:<8}", "bold"),
            f"{verdict.margin:<7}",
            (f"{verdict.word:<15}", style),
            f"{verdict.binds:<5}",
            (f" {note}" if wide else "", "$text-muted"),
        )


def _status(verdict: Line) -> str:
    status = str(verdict.entry["status"]).replace("_", " ")
    return status if verdict.binds == "yes" else "not on this date"


class PolicyPanel(Vertical):
    """All rules."""

    def compose(self) -> ComposeResult:
        """A heading; the rules come with the first answer."""
        yield PolicyHeader()

    def show(self, answer: Answer | None) -> None:
        """Show the verdicts of an answer."""
        if answer is None:
            return
        found = verdicts(answer)
        header = self.query_one(PolicyHeader)
        header.day = found[0].entry["as_of"] if found else ""
        header.refresh()
        known = {line.id: line for line in self.query(RuleLine)}
        for verdict in found:
            line = RuleLine(verdict.entry["id"])
            if line.id in known:
                line = known[line.id]
            else:
                self.mount(line)
            line.show(verdict)
