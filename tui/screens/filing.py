"""The part of the explorer that reads and writes scenario files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from inferscope.core.errors import InferscopeError
from inferscope.tui.answer import Answer, answer
from inferscope.tui.screens.files import SaveAs, Unsaved
from inferscope.tui.screens.picker import Picker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inferscope.tui.session import Session


class Filing(Screen[None]):
    """Open, save and leave; what it needs of the explorer is named at the top."""

    answer: Answer | None

    @property
    def session(self) -> Session:
        """The scenario being edited."""
        raise NotImplementedError

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        raise NotImplementedError

    def show_all(self) -> None:
        """Bring everything up to the session and its answer."""
        raise NotImplementedError

    def action_save(self) -> None:
        """Save, asking for a name where it needs one."""
        self._save(None)

    def action_save_as(self) -> None:
        """Save under another name."""
        self._ask_name(None)

    def _save(self, then: Callable[[], None] | None) -> None:
        if self.session.needs_name:
            self._ask_name(then)
            return
        try:
            path = self.session.save()
        except InferscopeError as error:
            self.say(str(error), problem=True)
            return
        self._saved(path, then)

    def _ask_name(self, then: Callable[[], None] | None) -> None:
        def saved(path: Path | None) -> None:
            if path is not None:
                self._saved(path, then)

        self.app.push_screen(SaveAs(self.session), saved)

    def _saved(self, path: Path, then: Callable[[], None] | None) -> None:
        self.show_all()
        self.say(f"Saved in {path}")
        if then is not None:
            then()

    def action_open(self) -> None:
        """Open a preset or a file, after asking about unsaved changes."""
        self._unless_unsaved(self._choose_file, "open")

    def _choose_file(self) -> None:
        from inferscope.tui.choices import presets

        prompt = "type to filter, or a path that ends in .toml"
        self.app.push_screen(Picker(presets(), self.session.label, prompt, takes_text=True), self._opened)

    def _opened(self, name: str | None) -> None:
        if name is None:
            return
        try:
            loaded = self.session.read(name)
            found = answer(loaded.scenario, loaded.notes)
        except InferscopeError as error:
            self.say(str(error), problem=True)
            return
        self.session.open(loaded)
        self.answer = found
        self.show_all()
        self.say(f"Opened {loaded.path}")

    def _unless_unsaved(self, then: Callable[[], None], what: str) -> None:
        if not self.session.is_changed:
            then()
            return

        def decided(way: str | None) -> None:
            if way == "save":
                self._save(then)
            elif way == "discard":
                then()

        self.app.push_screen(Unsaved(self.session.label, what), decided)

    def action_quit(self) -> None:
        """Leave, after asking about unsaved changes."""
        self._unless_unsaved(self.app.exit, "quit")
