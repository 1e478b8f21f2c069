"""The part of the explorer that opens the screens of policy and takes what they change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from inferscope.core.errors import InferscopeError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from inferscope.tui.answer import Answer
    from inferscope.tui.session import Session


class Policing(Screen[None]):
    """Open the policy screens; what it needs of the explorer is named at the top."""

    answer: Answer | None

    @property
    def session(self) -> Session:
        """The scenario being edited."""
        raise NotImplementedError

    def show_all(self) -> None:
        """Bring everything up to the session and its answer."""
        raise NotImplementedError

    def action_undo(self) -> None:
        """Take the last change back."""
        raise NotImplementedError

    def action_redo(self) -> None:
        """Make it again."""
        raise NotImplementedError

    def action_all_rules(self) -> None:
        """All rules on a screen of their own."""
        from inferscope.tui.screens.policy import PolicyScreen

        if self.answer is not None:
            self.app.push_screen(PolicyScreen(self))

    def action_chip_map(self) -> None:
        """The map of chips and the lines of the rules on them."""
        self.show_chip_map(None)

    def show_chip_map(self, day: dt.date | None) -> None:
        """The map on a day; on the scenario's own where none is given."""
        from inferscope.tui.screens.policy_map import PolicyMap

        if self.answer is not None:
            self.app.push_screen(PolicyMap(self, day))

    def show_chip_strip(self) -> None:
        """Every chip through time."""
        from inferscope.tui.screens.policy_strip import PolicyStrip

        if self.answer is not None:
            self.app.push_screen(PolicyStrip(self))

    def take(self, changes: Mapping[str, Any], what: str) -> str:
        """Set dotted keys if the scenario can then be evaluated; returns what is wrong, or nothing.

        Args:
            changes: Values by key; None drops a key.
            what: The change in words, for undo.
        """
        from inferscope.tui.answer import answer

        try:
            scenario = self.session.propose(changes)
            found = answer(scenario, self.session.notes)
        except InferscopeError as error:
            return error.message
        self.answer = found
        self.session.commit(scenario, what)
        self.show_all()
        return ""
