"""The part of the explorer that explains: numbers, lines and rules, the keys, the notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from inferscope.tui import pages
from inferscope.tui.answer import Answer
from inferscope.tui.config import options_of
from inferscope.tui.panels.answers import Card
from inferscope.tui.panels.ladder import Ladder
from inferscope.tui.panels.line import Line
from inferscope.tui.panels.policy import RuleLine
from inferscope.tui.panels.rows import Place
from inferscope.tui.panels.toggles import Toggles

if TYPE_CHECKING:
    from inferscope.tui.session import Session


class Reading(Screen[None]):
    """Explain and help; what it needs of the explorer is named at the top."""

    answer: Answer | None

    @property
    def session(self) -> Session:
        """The scenario being edited."""
        raise NotImplementedError

    def _owner(self) -> Place | None:
        """The line or card that is focused, also while its editor is."""
        raise NotImplementedError

    def action_explain(self) -> None:
        """Explain what is focused."""
        from inferscope.tui.screens.reader import Reader

        if page := self._explanation():
            self.app.push_screen(Reader(page))

    def _explanation(self) -> pages.Page | None:
        owner = self._owner()
        if self.answer is None:
            return None
        if isinstance(owner, Card):
            return pages.quantity_page(self.answer, owner.focused_figure.name)
        if isinstance(owner, RuleLine | Ladder):
            return None if owner.verdict is None else pages.rule_page(owner.verdict)
        if isinstance(owner, Toggles):
            return None if owner.effect is None else pages.effect_page(self.answer, owner.effect)
        if isinstance(owner, Line):
            value = " ".join(owner.field.display(self.session.scenario, self.answer)).strip()
            return pages.field_page(self.answer, owner.field, value)
        return None

    def action_help_here(self) -> None:
        """F1: what the focused thing is, and the keys that work on it."""
        from inferscope.tui.screens.reader import Reader, help_page

        owner = self._owner()
        if owner is None:
            self.action_help()
            return
        page = self._explanation() or pages.Page("Help", "", [("", owner.hint())])
        self.app.push_screen(Reader(help_page(page, owner.where, options_of(self.app).keys)))

    def action_help(self) -> None:
        """The keys, first those of what is focused."""
        from inferscope.tui.screens.reader import Reader, keys_page

        owner = self._owner()
        self.app.push_screen(Reader(keys_page(options_of(self.app).keys, *(owner.where if owner else ()))))

    def action_notes(self) -> None:
        """All notes."""
        from inferscope.tui.screens.reader import Reader

        if self.answer is not None:
            self.app.push_screen(Reader(pages.notes_page(self.answer, changed=self.session.is_changed)))
