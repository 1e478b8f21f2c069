"""The ladder: every rule that matters now, its distance from the line as a bar, on a date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from inferscope.core.policy.words import verdict_word
from inferscope.tui.actions import bindings
from inferscope.tui.dated import Dated
from inferscope.tui.panels.margins import Axis
from inferscope.tui.panels.rows import Place, Rows
from inferscope.tui.panels.rule import heading
from inferscope.tui.sizes import clipped
from inferscope.tui.verdicts import Line, verdicts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from inferscope.tui.answer import Answer

AXIS = Axis(-3.0, 3.0)
_WHOLE = 15
"""Columns from which a verdict is written in whole."""
_BRIEF = 38
"""Columns under which the heading only says the date."""


class Ladder(Dated, Place, Rows, can_focus=True):
    """Rules sorted by how near the scenario is to their lines."""

    BINDINGS = bindings("ladder")
    where = ("ladder",)

    def __init__(self, identifier: str = "policy") -> None:
        super().__init__(id=identifier)
        self._answer: Answer | None = None
        self._lines: list[Line] = []
        self._at = 0
        self._first = 0

    def show(self, answer: Answer | None) -> None:
        """Show an answer on the chosen date, or on the scenario's own."""
        self._answer = answer
        self._lines = [] if answer is None else verdicts(answer, self.day)
        self._at = min(self._at, max(len(self._lines) - 1, 0))
        self.update()

    @property
    def verdict(self) -> Line | None:
        """The rule that is marked."""
        return self._lines[self._at] if self._lines else None

    def hint(self) -> str:
        """The marked rule in words, with what it needs."""
        if self.verdict is None:
            return ""
        return self.verdict.sentence()

    # --- moving ---------------------------------------------------------------------------------

    def action_row_up(self) -> None:
        """The rule above; from the first, what stands above the ladder."""
        self._mark(-1)

    def action_row_down(self) -> None:
        """The rule below."""
        self._mark(1)

    def _mark(self, step: int) -> None:
        if not 0 <= self._at + step < len(self._lines):
            self.screen.step(step)  # type: ignore[attr-defined]
            return
        self._at += step
        self.update()
        self.screen.refresh_hint()  # type: ignore[attr-defined]

    # --- the date -------------------------------------------------------------------------------

    @property
    def own_day(self) -> dt.date | None:
        """The scenario's date."""
        return None if self._answer is None else self._answer.as_of

    def dated_rules(self) -> Sequence[Line]:
        """The rules that are listed."""
        return self._lines

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        self.screen.say(text, problem=problem)  # type: ignore[attr-defined]

    def show_day(self) -> None:
        """Judge on the chosen day, with the mark on the same rule."""
        marked = self.verdict
        self.show(self._answer)
        if marked is not None:
            identifiers = [line.entry["id"] for line in self._lines]
            self._at = identifiers.index(marked.entry["id"]) if marked.entry["id"] in identifiers else 0
        self.update()
        self.screen.refresh_hint()  # type: ignore[attr-defined]

    # --- drawing --------------------------------------------------------------------------------

    def rows(self) -> list[Content]:
        """Heading, axis, rules, and a remark on what is left away."""
        width = self.size.width
        if self._answer is None:
            return [heading("Policy", "", width), Content(" …")]
        found = [heading("Policy", self._remark(width), width), self._axis(width)]
        room = max(self.size.height - 2, 1)
        self._first = min(max(self._first, self._at - room + 1), self._at)
        shown = self._lines[self._first : self._first + room]
        return found + [self._row(line, width, place) for place, line in enumerate(shown, self._first)]

    def _remark(self, width: int) -> str:
        today = self.today
        if width < _BRIEF:
            return f"{today}"
        every = len(self._answer.policy) if self._answer is not None else len(self._lines)
        count = f"{len(self._lines)} of {every} rules, at {self._at + 1}"
        if self.day is None or self._answer is None:
            return f"{count}, on {today}"
        if width < 60:
            return f"on {today}, not {self._answer.as_of}"
        return f"{count}, on {today} (scenario: {self._answer.as_of})"

    def _columns(self, width: int) -> tuple[int, int, int]:
        """Widths of name, bar and verdict; the bar is odd, and the first to go: the verdict stays."""
        name, verdict = (15, _WHOLE) if width >= 70 else (13, 8)
        bar = min(width - name - verdict - 15, 61)
        return name, (bar - 1 + bar % 2 if bar >= 9 else 0), verdict

    def _axis(self, width: int) -> Content:
        name, bar, verdict = self._columns(width)
        half = bar // 2
        scale = f"{f'{AXIS.low:+g}':<{half - 1}}line{f'{AXIS.high:+g}':>{bar - half - 3}} " if bar else ""
        force = "in force" if verdict >= _WHOLE else "force"
        titles = f"{scale:<{bar}}{'orders':<6} {'verdict':<{verdict + 5 - len(force)}}{force}"
        return Content.styled(f" {'':<{name}} {titles}"[:width], "$text-muted")

    def _row(self, line: Line, width: int, place: int) -> Content:
        name, bar, verdict = self._columns(width)
        marked = self.has_focus and place == self._at
        word = verdict_word(line.entry, short=verdict < _WHOLE)
        return Content.assemble(
            ("▸" if marked else " ", "bold $accent"),
            (f"{clipped(line.short, name):<{name}}", "reverse" if marked else ""),
            " ",
            *(*AXIS.bar(line, bar), " ") if bar else "",
            f"{line.margin:<6} ",
            (f"{word:<{verdict}}", line.style),
            (f"{line.binds:<5}", "" if line.binds == "yes" else "$text-muted"),
        )
