"""The part of the explorer that compares: with other scenarios, with its file, with its parent."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from inferscope.core.errors import InferscopeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inferscope.tui.answer import Answer, Baseline
    from inferscope.tui.screens.compare import Column
    from inferscope.tui.session import Session


class Comparing(Screen[None]):
    """Open the screens that compare; what it needs of the explorer is named at the top."""

    answer: Answer | None
    baseline: Baseline | None
    _against: tuple[Column, ...] = ()

    @property
    def session(self) -> Session:
        """The scenario being edited."""
        raise NotImplementedError

    def change_values(self, changes: Mapping[str, Any], what: str) -> bool:
        """Set dotted keys if the scenario can then be evaluated."""
        raise NotImplementedError

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        raise NotImplementedError

    def action_compare(self) -> None:
        """Side by side with what it was compared with before, the baseline, or what is now chosen."""
        if self.answer is None:
            return
        from inferscope.tui.screens.compare import column, offer

        pinned = self._pinned()
        others = self._against or ((pinned,) if pinned else ())
        if others:
            self._open_compare(others, pinned)
            return

        def chosen(name: str | None) -> None:
            if name is None:
                return
            try:
                self._open_compare((column(name, self.session.read, pinned),), pinned)
            except InferscopeError as error:
                self.say(str(error), problem=True)

        self.app.push_screen(offer(pinned), chosen)

    def _pinned(self) -> Column | None:
        from inferscope.core.scenario.files import Loaded
        from inferscope.tui.screens.compare import Column

        if self.baseline is None:
            return None
        scenario = self.baseline.answer.bound.resolved[0].scenario
        return Column(self.baseline.name, Loaded(scenario, None, {}))

    def _open_compare(self, others: tuple[Column, ...], pinned: Column | None) -> None:
        from inferscope.tui.screens.compare import Column, Compare

        session = self.session
        loaded = dataclasses.replace(session.loaded, scenario=session.scenario)
        first = Column(f"{session.label}{' (edited)' if session.is_changed else ''}", loaded)
        self.app.push_screen(Compare(first, others, session.read, pinned), self._compared)

    def _compared(self, others: tuple[Column, ...] | None) -> None:
        self._against = others or ()

    def action_differences(self) -> None:
        """What differs from the saved file, and from the parent."""
        if self.answer is not None:
            from inferscope.tui.screens.diff import Diff

            self.app.push_screen(Diff(self.session, self._set_back))

    def _set_back(self, changes: Mapping[str, Any], what: str) -> str:
        """Set keys back; says why not where that cannot be."""
        try:
            self.session.propose(changes)
        except InferscopeError as error:
            return error.message
        return (
            "" if self.change_values(changes, what) else f"{what} stays: the scenario could not be computed"
        )
