"""Dialogs about files: save under a name, and what to do with unsaved changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from inferscope.core.errors import InferscopeError
from inferscope.tui.screens.dialog import Dialog, RowList

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events
    from textual.app import ComposeResult

    from inferscope.tui.session import Session


class SaveAs(Dialog[Path]):
    """Ask for a name until saving works; the result is the file.

    Args:
        session: What to save.
        problem: Why it could not be saved where it was.
    """

    def __init__(self, session: Session, problem: str = "") -> None:
        super().__init__()
        self.session, self._problem = session, problem
        self._replacing = ""

    def compose(self) -> ComposeResult:
        """The name, and where it will lie."""
        with Vertical(classes="box small") as box:
            box.border_title = Content("Save as")
            if self._problem:
                yield Static(f"! {self._problem}", classes="problem", markup=False)
            yield Static("A preset name, or a path that ends in .toml", markup=False)
            yield Input(self.session.suggested_name(other=bool(self._problem)), compact=True, id="name")
            yield Static("", id="where", markup=False)
            yield Static(self.keys(accept="saves", cancel="goes back"), classes="keys", markup=False)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._replacing = ""
        name = event.value.strip()
        try:
            self._say(f"in {self.session.would_be(name)}" if name else "needs a name")
        except InferscopeError as error:
            self._say(str(error), problem=True)

    def _say(self, text: str, *, problem: bool = False) -> None:
        where = self.query_one("#where", Static)
        where.update(f"! {text}" if problem else text)
        where.set_class(problem, "problem")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        name = event.value.strip()
        if not name:
            self._say("needs a name, for example my-scenario", problem=True)
            return
        try:
            other = self.session.would_replace(name)
            if other is not None and self._replacing != name:
                self._replacing = name
                self._say(f"{other} exists; enter again replaces it", problem=True)
                return
            self.dismiss(self.session.save(name))
        except InferscopeError as error:
            self._say(str(error), problem=True)


class Ways(Dialog[str]):
    """A question with a few answers; the result is the key of the one taken.

    Args:
        title: What it is about.
        words: What is so.
        ways: What can be done, by the key that does it.
    """

    def __init__(self, title: str, words: str, ways: Mapping[str, str]) -> None:
        super().__init__()
        self._title, self._words = title, words
        self._ways = {**ways, "c": "cancel and go on editing"}

    def compose(self) -> ComposeResult:
        """What is so, and the ways."""
        with Vertical(classes="box small") as box:
            box.border_title = Content(self._title)
            yield Static(self._words, markup=False)
            options = (Option(f"{key}  {label}", id=key) for key, label in self._ways.items())
            yield RowList(*options, compact=True, markup=False)

    def on_key(self, event: events.Key) -> None:
        """Take a way by its key."""
        if event.key in self._ways:
            event.stop()
            self._take(event.key)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self._take(event.option.id or "")

    def _take(self, key: str) -> None:
        self.dismiss(None if key == "c" else key)


class Unsaved(Ways):
    """Save, discard or go back; the result is ``s`` or ``d``.

    Args:
        name: What is unsaved.
        then: What happens afterwards, such as "quit".
    """

    def __init__(self, name: str, then: str) -> None:
        ways = {"s": f"save, then {then}", "d": f"discard the changes and {then}"}
        super().__init__("Unsaved changes", f"{name} has changes that are not saved.", ways)


class Stale(Ways):
    """What to do with a file that somebody else has changed; the result is ``o``, ``r`` or ``s``.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        ways = {
            "o": "overwrite it with this scenario",
            "r": "reload it; undo brings this scenario back",
            "s": "save this scenario under another name",
        }
        super().__init__("Changed on disk", f"{path} was changed since it was opened here.", ways)
