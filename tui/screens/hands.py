"""The part of the explorer that is at hand everywhere: palette, copy and export."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from inferscope.tui import copied, pages
from inferscope.tui.config import key_of
from inferscope.tui.panels.answers import Card
from inferscope.tui.panels.ladder import Ladder
from inferscope.tui.panels.line import Line
from inferscope.tui.panels.policy import RuleLine
from inferscope.tui.screens.export import WriteFile
from inferscope.tui.screens.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from textual.widget import Widget

    from inferscope.tui.answer import Answer
    from inferscope.tui.fields import Field
    from inferscope.tui.session import Session

_FONTS = re.compile(r"@font-face\s*\{[^}]*\}")
"""Where a picture would fetch its fonts from; it has to work without a network."""


class Hands(Screen[None]):
    """Palette, copy and export; what they need of the explorer is named at the top."""

    answer: Answer | None

    @property
    def session(self) -> Session:
        """The scenario being edited."""
        raise NotImplementedError

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        raise NotImplementedError

    def change(self, field: Field, value: Any) -> bool:
        """Set a field if the scenario can then be evaluated."""
        raise NotImplementedError

    def open_preset(self, name: str) -> None:
        """Open a preset, after asking about unsaved changes."""
        raise NotImplementedError

    def action_all_fields(self) -> None:
        """All fields, or the main ones."""
        raise NotImplementedError

    def go_to(self, target: Widget) -> None:
        """Focus at once."""
        raise NotImplementedError

    # --- palette --------------------------------------------------------------------------------

    def action_palette(self) -> None:
        """Everything by its name."""
        from inferscope.tui.screens.palette import Commands, Palette

        self.app.push_screen(
            Palette([Commands], placeholder="an action, line, preset, model, chip, number …")
        )

    def action_find_line(self) -> None:
        """A line of the scenario by its name."""
        from inferscope.tui.screens.palette import Fields, Palette

        self.app.push_screen(Palette([Fields], placeholder="a line of the scenario …"))

    def go_to_field(self, field: Field) -> None:
        """Focus the line of a field, showing all fields where it is not among the main ones."""
        line = self.query_one(f"#{field.key.replace('.', '-')}", Line)
        if not line.display:
            self.action_all_fields()
        if not line.display:
            self.say(f"{field.label} ({field.key}) does not matter to this scenario", problem=True)
            return
        self.go_to(line)

    def explain_quantity(self, name: str) -> None:
        """How a quantity comes about."""
        if self.answer is not None:
            self.app.push_screen(Reader(pages.quantity_page(self.answer, name)))

    def explain_rule(self, entry: Mapping[str, Any]) -> None:
        """What a rule compares."""
        from inferscope.tui.verdicts import line_of

        self.app.push_screen(Reader(pages.rule_page(line_of(entry))))

    # --- copy -----------------------------------------------------------------------------------

    def _focused_text(self) -> str:
        """What is copied of the focused thing; nothing where there is no number."""
        focused = self.focused
        if isinstance(focused, Card) and self.answer is not None:
            return copied.quantity_text(self.answer, focused.focused_figure.name, self.session)
        if isinstance(focused, RuleLine | Ladder) and focused.verdict is not None:
            return copied.rule_text(focused.verdict.entry, self.session)
        if isinstance(focused, Line):
            return copied.field_text(self.answer, focused.field, self.session)
        return ""

    def action_copy(self) -> None:
        """Send the focused number to the terminal's clipboard."""
        if text := self._focused_text():
            self.app.copy_to_clipboard(text)
            file = key_of(self.app, "copy_to_file")
            self.say(f"sent to the terminal's clipboard; {file} writes it to a file: {text}")
        else:
            self.say("nothing to copy: go to a line or a figure first", problem=True)

    def action_copy_to_file(self) -> None:
        """Write the focused number to a file, where the terminal has no clipboard."""
        text = self._focused_text()
        if not text:
            self.say("nothing to write: go to a line or a figure first", problem=True)
            return
        formats = {".txt": ("the number with unit, scenario and source", lambda: f"{text}\n")}
        self.app.push_screen(WriteFile("Write the number", self._stem(), formats), self._written)

    # --- export ---------------------------------------------------------------------------------

    def action_export(self) -> None:
        """Write what is on the screen to a file."""
        if self.answer is None:
            self.say("nothing to export yet", problem=True)
            return
        from inferscope.core.export import reports

        found = [self.answer.report_against(self.session.base if self.session.path else None)]
        picture = _FONTS.sub("", self.app.export_screenshot(title=f"inferscope {self.session.label}"))
        formats = {
            ".csv": ("every number, a line each", lambda: reports.as_csv(found)),
            ".json": ("the report for programs", lambda: reports.as_json(found)),
            ".md": ("the report for people", lambda: reports.as_markdown(found)),
            ".svg": ("this screen as a picture", lambda: picture),
        }
        self.app.push_screen(WriteFile("Export", self._stem(), formats), self._written)

    def _stem(self) -> str:
        """A name for a file about this scenario."""
        words = self.session.label.replace(" ", "-")
        return f"{words}-changed" if self.session.is_changed else words

    def _written(self, path: Path | None) -> None:
        if path is not None:
            self.say(f"Written to {path}")
