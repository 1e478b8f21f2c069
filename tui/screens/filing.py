"""The part of the explorer that reads and writes scenario files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from inferscope.core.errors import InferscopeError
from inferscope.tui.answer import Answer
from inferscope.tui.config import key_of
from inferscope.tui.recent import remember

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from textual.timer import Timer

    from inferscope.core.scenario.schema import Scenario
    from inferscope.tui.recovery import Found
    from inferscope.tui.session import Session

_PROMPT = "type to filter, or a path that ends in .toml"
_WATCH_S = 2.0
"""Seconds between two looks at the file."""


class Filing(Screen[None]):
    """Open, save, revert, recover and leave; what it needs of the explorer is named at the top."""

    answer: Answer | None
    asks_what_to_open = False
    """Whether no preset was named at the start."""
    _watching: Timer | None = None

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

    def _answered(self, scenario: Scenario, notes: Sequence[str] | None = None) -> Answer:
        """Evaluate a scenario, as what is on the screen needs it."""
        raise NotImplementedError

    # --- at the start, and meanwhile ------------------------------------------------------------

    def begin_filing(self) -> None:
        """Offer what an earlier session left behind, and look after the file from now on."""
        from inferscope.tui.recovery import left_behind

        self._watching = self.set_interval(_WATCH_S, self.look_at_file)
        if self.session.path is not None and not self.session.is_shipped:
            remember(self.session.path)
        if found := left_behind():
            from inferscope.tui.screens.recovered import Recovered

            self.app.push_screen(Recovered(found), self._take_back)
        elif self.asks_what_to_open:
            self._ask_what_to_open()

    def look_at_file(self) -> None:
        """Say what others did to the file."""
        if self._watching is None or self.app.screen is not self or not (news := self.session.news()):
            return
        if self.session.is_stale():
            news += f": {self.key('revert')} reloads it, {self.key('save')} asks"
        self.say(news, problem=True)

    def key(self, name: str) -> str:
        """The key of an action that works anywhere, as it is shown."""
        return key_of(self.app, name)

    def _take_back(self, found: Found | None) -> None:
        if found is None:
            if self.asks_what_to_open:
                self._ask_what_to_open()
            return
        try:
            self.session.take_back(found)
            self.answer = self._answered(self.session.scenario)
        except InferscopeError as error:
            self.say(str(error), problem=True)
            return
        self.show_all()
        undo, save = self.key("undo"), self.key("save")
        self.say(f"Restored: unsaved changes of {self.session.label}; {undo} undoes them, {save} saves")

    # --- saving ---------------------------------------------------------------------------------

    def action_save(self) -> None:
        """Save, asking for a name where it needs one."""
        self._save(None)

    def action_save_as(self) -> None:
        """Save under another name."""
        self._ask_name(None)

    def _save(self, then: Callable[[], None] | None, *, replace: bool = False) -> None:
        from inferscope.tui.session import ChangedOnDiskError

        if self.session.needs_name:
            self._ask_name(then)
            return
        try:
            path = self.session.save(replace=replace)
        except ChangedOnDiskError:
            self._ask_about_disk(then)
        except InferscopeError as error:
            self._ask_name(then, str(error))
        else:
            self._saved(path, then)

    def _ask_name(self, then: Callable[[], None] | None, problem: str = "") -> None:
        from inferscope.tui.screens.files import SaveAs

        def saved(path: Path | None) -> None:
            if path is not None:
                self._saved(path, then)

        self.app.push_screen(SaveAs(self.session, problem), saved)

    def _ask_about_disk(self, then: Callable[[], None] | None) -> None:
        from inferscope.tui.screens.files import Stale

        def decided(way: str | None) -> None:
            if way == "o":
                self._save(then, replace=True)
            elif way == "r":
                self.action_revert()
            elif way == "s":
                self._ask_name(then)

        if self.session.path is not None:
            self.app.push_screen(Stale(self.session.path), decided)

    def _saved(self, path: Path, then: Callable[[], None] | None) -> None:
        remember(path, make_folder=True)
        if self.answer is not None:
            self.answer = self._answered(self.session.scenario)  # what is said of it may be another's
        self.show_all()
        self.say(f"Saved in {path}")
        if then is not None:
            then()

    def action_revert(self) -> None:
        """Go back to the saved file, if it can be read and evaluated; everything stays if not."""
        try:
            loaded = self.session.on_disk()
            found = self._answered(loaded.scenario, loaded.notes)
        except InferscopeError as error:
            self.say(str(error), problem=True)
            return
        changed = self.session.revert(loaded)
        self.answer = found
        self.show_all()
        done = f"Back to {self.session.label} as saved; {self.key('undo')} undoes it"
        self.say(done if changed else "As saved already")

    # --- opening and leaving --------------------------------------------------------------------

    def action_open(self) -> None:
        """Open a preset or a file, after asking about unsaved changes."""
        self._unless_unsaved(self._choose_file, "open")

    def open_preset(self, name: str) -> None:
        """Open a preset, after asking about unsaved changes."""
        self._unless_unsaved(lambda: self._opened(name), "open")

    def _choose_file(self) -> None:
        from inferscope.tui.choices import openings
        from inferscope.tui.screens.picker import Picker

        self.app.push_screen(Picker(openings(), self.session.label, _PROMPT, takes_text=True), self._opened)

    def _ask_what_to_open(self) -> None:
        """At a start without a preset: questions to choose from; escape stays with the usual scenario."""
        from inferscope.tui.choices import openings
        from inferscope.tui.screens.picker import Picker

        escape = f"go on with {self.session.label}"
        dialog = Picker(openings(at_start=True), "", _PROMPT, takes_text=True, escape=escape)
        self.app.push_screen(dialog, self._opened)

    def action_recent(self) -> None:
        """Open a file worked on lately, after asking about unsaved changes."""
        self._unless_unsaved(self._choose_recent, "open")

    def _choose_recent(self) -> None:
        from inferscope.tui.choices import recent_files
        from inferscope.tui.screens.picker import Picker

        found = recent_files()
        if not found.rows:
            self.say(f"No file was saved or changed here yet; {self.key('open')} opens presets")
            return
        self.app.push_screen(Picker(found, str(self.session.path)), self._opened)

    def _opened(self, name: str | None) -> None:
        if name is None:
            return
        try:
            loaded = self.session.read(name)
            found = self._answered(loaded.scenario, loaded.notes)
        except InferscopeError as error:
            self.say(str(error), problem=True)
            return
        self.session.open(loaded)
        if loaded.path is not None and not self.session.is_shipped:
            remember(loaded.path)
        self.answer = found
        self.show_all()
        self.say(f"Opened {loaded.path}")

    def _unless_unsaved(self, then: Callable[[], None], what: str) -> None:
        from inferscope.tui.screens.files import Unsaved

        if not self.session.is_at_risk:
            then()
            return

        def decided(way: str | None) -> None:
            if way == "s":
                self._save(then)
            elif way == "d":
                then()

        self.app.push_screen(Unsaved(self.session.label, what), decided)

    def action_quit(self) -> None:
        """Leave, after asking about unsaved changes."""
        self._unless_unsaved(self._leave, "quit")

    def _leave(self) -> None:
        self.session.close()
        self.app.exit()
