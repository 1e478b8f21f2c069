"""The part of the explorer that opens the studies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from inferscope.tui.config import key_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inferscope.tui.answer import Answer
    from inferscope.tui.session import Session
    from inferscope.tui.studies import Desk


class Studying(Screen[None]):
    """Open the studies; what it needs of the explorer is named at the top."""

    answer: Answer | None
    _desk: Desk | None = None

    @property
    def session(self) -> Session:
        """The scenario being edited."""
        raise NotImplementedError

    def take(self, changes: Mapping[str, Any], what: str) -> str:
        """Set dotted keys if the scenario can then be evaluated; returns what is wrong, or nothing."""
        raise NotImplementedError

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        raise NotImplementedError

    def action_studies(self) -> None:
        """The studies of the scenario, as they were left."""
        if self.answer is None:
            return
        from inferscope.tui.screens.studies import Studies
        from inferscope.tui.studies import Desk, studies

        offered = studies()
        if not offered:
            self.say("this version has no studies", problem=True)
            return
        self._desk = self._desk or Desk()
        self.app.push_screen(Studies(self, offered, self._desk), self._studied)

    def _studied(self, what: str | None) -> None:
        if what:
            self.say(f"{what}; {key_of(self.app, 'undo')} takes it back")
