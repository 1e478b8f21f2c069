"""Dialogs about files: save under a name, and what to do with unsaved changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from inferscope.core.errors import InferscopeError
from inferscope.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from inferscope.tui.session import Session


class SaveAs(Dialog[Path]):
    """Ask for a name until saving works; the result is the file.

    Args:
        session: What to save.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._replacing = ""

    def compose(self) -> ComposeResult:
        """The name, and where it will lie."""
        with Vertical(classes="box small") as box:
            box.border_title = "Save as"
            yield Static("A preset name, or a path that ends in .toml", markup=False)
            yield Input(self.session.suggested_name(), compact=True, id="name")
            yield Static("", id="where", markup=False)
            yield Static("enter saves   esc goes back", classes="keys", markup=False)

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


class Unsaved(Dialog[str]):
    """Save, discard or go back; the result is ``save`` or ``discard``.

    Args:
        name: What is unsaved.
        then: What happens afterwards, such as "quit".
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "take('save')", show=False),
        Binding("d", "take('discard')", show=False),
        Binding("c", "cancel", show=False),
        Binding("j", "cursor('down')", show=False),
        Binding("k", "cursor('up')", show=False),
    ]

    def __init__(self, name: str, then: str) -> None:
        super().__init__()
        self._label, self._then = name, then

    def compose(self) -> ComposeResult:
        """The three ways."""
        with Vertical(classes="box small") as box:
            box.border_title = "Unsaved changes"
            yield Static(f"{self._label} has changes that are not saved.", markup=False)
            yield OptionList(
                Option(f"s  save, then {self._then}", id="save"),
                Option(f"d  discard the changes and {self._then}", id="discard"),
                Option("c  cancel and go on editing", id="cancel"),
                compact=True,
            )

    def action_take(self, way: str) -> None:
        """Take one of the ways."""
        self.dismiss(way)

    def action_cursor(self, way: str) -> None:
        """Move among the ways."""
        getattr(self.query_one(OptionList), f"action_cursor_{way}")()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(None if event.option.id == "cancel" else event.option.id)
