"""All rules as rows: the distance from the line as a bar, the verdict, and whether it is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from inferscope.tui.actions import bindings
from inferscope.tui.panels.margins import Axis
from inferscope.tui.panels.rows import Place, Rows
from inferscope.tui.sizes import clipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from inferscope.tui.verdicts import Line

AXIS = Axis(-4.0, 2.0)
_STATUS = {"enacted_not_yet_effective": "enacted"}


def verdict_words(line: Line) -> str:
    """The verdict as the rule means it; a range across the line is marked ``~``."""
    return f"{line.word} ~" if line.entry["certainty"] == "sensitive" else line.word


class Columns(NamedTuple):
    """Widths of the columns; 0 leaves one away."""

    place: int
    bar: int
    value: int
    status: int


def columns(width: int) -> Columns:
    """What fits: the bar first, then value, jurisdiction and status.

    >>> columns(60), columns(120)
    (Columns(place=0, bar=15, value=0, status=0), Columns(place=11, bar=35, value=9, status=14))
    """
    fixed = 1 + 15 + 1 + 1 + 6 + 1 + 16 + 5
    place, value, status = (11 if width >= 100 else 0), (9 if width >= 76 else 0), (14 if width >= 108 else 0)
    bar = min(max(width - fixed - place - value - status, 13), 61)
    return Columns(place, bar, value, status)


class RuleTable(Place, Rows, can_focus=True):
    """The rules that a filter leaves, one of them marked."""

    BINDINGS = bindings("rules")
    where = ("rules",)

    def __init__(self) -> None:
        super().__init__(id="rules-table")
        self.lines: Sequence[Line] = ()
        self.at = 0
        self._first = 0
        self._nothing = ""

    @property
    def marked(self) -> Line | None:
        """The rule that is marked."""
        return self.lines[self.at] if self.lines else None

    def show(self, lines: Sequence[Line], nothing: str) -> None:
        """Show lines, with the mark on the rule that had it where it is still there."""
        before = self.marked
        self.lines, self._nothing = lines, nothing
        names = [line.entry["id"] for line in lines]
        if before is not None and before.entry["id"] in names:
            self.at = names.index(before.entry["id"])
        self.at = min(self.at, max(len(lines) - 1, 0))
        self.update()

    def mark(self, at: int) -> bool:
        """Move the mark; says whether it moved."""
        at = min(max(at, 0), max(len(self.lines) - 1, 0))
        moved, self.at = at != self.at, at
        self.update()
        return moved

    @property
    def room(self) -> int:
        """Rules that fit on the screen."""
        return max(self.size.height - 1, 1)

    def hint(self) -> str:
        """The marked rule in words."""
        return "" if self.marked is None else self.marked.sentence()

    def rows(self) -> list[Content]:
        """The axis, and as many rules as there is room for."""
        width = self.size.width
        if not self.lines:
            return [self._axis(width), Content.styled(f" {self._nothing}", "$text-warning")]
        self._first = min(max(self._first, self.at - self.room + 1), self.at)
        self._first = max(min(self._first, len(self.lines) - self.room), 0)
        shown = self.lines[self._first : self._first + self.room]
        rows = [self._row(line, width, place) for place, line in enumerate(shown, self._first)]
        return [self._axis(width), *rows]

    def _axis(self, width: int) -> Content:
        place, bar, value, status = columns(width)
        scale = list(" " * bar)
        line = AXIS.cell(0.0, bar)
        for orders in (AXIS.low, AXIS.low / 2, AXIS.high):
            text = f"{orders:+g}"
            at = min(max(AXIS.cell(orders, bar) - len(text) // 2, 0), bar - len(text))
            scale[at : at + len(text)] = text
        zero = "line" if bar > 20 else "0"
        scale[line - len(zero) // 2 : line - len(zero) // 2 + len(zero)] = zero
        titles = (("", place), ("".join(scale), bar), (" orders ", 8), ("value"[:value], value))
        more = (("verdict", 13), ("in force", 9 if status else 8), ("status"[:status], status))
        text = "".join(f"{title:<{size}}" for title, size in ((self._place(), 17), *titles, *more))
        return Content.styled(text[:width].rstrip(), "$text-muted")

    def _place(self) -> str:
        """Which of the rules are seen, where not all are."""
        last = min(self._first + self.room, len(self.lines))
        return " rule" if self.room >= len(self.lines) else f" {self._first + 1}-{last} of {len(self.lines)}"

    def _row(self, line: Line, width: int, number: int) -> Content:
        place, bar, value, status = columns(width)
        marked = number == self.at
        name = line.short + ("" if line.entry["verified"] else " †")
        style = line.style if line.binds == "yes" else "$text-muted"
        dim = "" if line.binds == "yes" else "$text-muted"
        state = _STATUS.get(line.entry["status"], str(line.entry["status"]).replace("_", " "))
        return Content.assemble(
            ("▸" if marked else " ", "bold $accent"),
            (f"{clipped(name, 15):<15}", "reverse" if marked else dim),
            " ",
            (f"{clipped(line.entry['jurisdiction'], place - 1):<{place}}" if place else "", "$text-muted"),
            *AXIS.bar(line, bar),
            f" {line.margin:<6} ",
            (f"{line.value:<{value}.{value}}" if value else "", ""),
            (f"{verdict_words(line):<16}", style),
            (f"{line.binds:<5}", dim),
            (f" {clipped(state, status - 1)}" if status else "", "$text-muted"),
        )

    # --- hands ----------------------------------------------------------------------------------

    def on_click(self, event: events.Click) -> None:
        """Mark the rule under the pointer; a second click opens it."""
        at = self._first + event.y - 1
        if event.y < 1 or at >= len(self.lines):
            return
        if self.mark(at):
            self.screen.refresh_rule()  # type: ignore[attr-defined]
        else:
            self.screen.action_open_rule()  # type: ignore[attr-defined]

    def on_mouse_scroll_down(self, _event: events.MouseScrollDown) -> None:
        """The next rule."""
        self.screen.action_row(1)  # type: ignore[attr-defined]

    def on_mouse_scroll_up(self, _event: events.MouseScrollUp) -> None:
        """The rule before."""
        self.screen.action_row(-1)  # type: ignore[attr-defined]
