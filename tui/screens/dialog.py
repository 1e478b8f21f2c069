"""What all dialogs have in common: a framed box, closed with escape."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.screen import ModalScreen
from textual.widgets import Input, OptionList

from inferscope.tui.actions import Action, Where, at, bindings
from inferscope.tui.config import options_of
from inferscope.tui.panels.words import keys_shown
from inferscope.tui.screens.closing import Closing

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.content import Content

T = TypeVar("T")


class RowList(OptionList):
    """A list of choices; where it has no room at all it has no pages to turn."""

    def action_page_up(self) -> None:
        """A screenful up."""
        if self.scrollable_content_region:
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """A screenful down."""
        if self.scrollable_content_region:
            super().action_page_down()  # type: ignore[no-untyped-call]


class Table(RowList, inherit_bindings=False):
    """Rows one goes through; left and right are the screen's."""

    BINDINGS: ClassVar[list[BindingType]] = OptionList.BINDINGS

    def on_resize(self) -> None:
        """What is marked stays in sight."""
        self.call_after_refresh(self.scroll_to_highlight)


class Dialog(Closing[T], ModalScreen[T], Generic[T]):
    """A box over the explorer.

    Attributes:
        WHERE: Whose keys work in it.
    """

    WHERE: ClassVar[tuple[Where, ...]] = ("dialog",)
    CSS_PATH = Path(__file__).with_suffix(".tcss")  # read with the first dialog: the first paint needs none
    BINDINGS: ClassVar[list[BindingType]] = bindings("dialog")

    def keys(self, *names: str, **labels: str) -> Content:
        """Keys and what they do, by the names of actions, some with words of their own."""
        actions = {action.name: action for action in at(*reversed(self.WHERE))}
        wanted = [*names, *(name for name in labels if name not in names)]
        return keys_shown(
            (self.key_shown(actions[name]), labels.get(name, actions[name].label)) for name in wanted
        )

    def key_shown(self, action: Action) -> str:
        """The key of an action, as it is written."""
        return action.shown_in(options_of(self.app).keys)

    def action_help(self) -> None:
        """The keys that work here, and then all others."""
        from inferscope.tui.screens.reader import Reader, keys_page

        self.app.push_screen(Reader(keys_page(options_of(self.app).keys, *self.WHERE)))

    def action_cancel(self) -> None:
        """Close without a result."""
        self.dismiss(None)

    def _go(self, way: str) -> None:
        for rows in self.query(OptionList):
            getattr(rows, f"action_{way}")()

    def action_row_up(self) -> None:
        """The row above."""
        self._go("cursor_up")

    def action_row_down(self) -> None:
        """The row below."""
        self._go("cursor_down")

    def action_page_up(self) -> None:
        """A screenful up."""
        self._go("page_up")

    def action_page_down(self) -> None:
        """A screenful down."""
        self._go("page_down")

    async def action_accept(self) -> None:
        """Take what is marked or typed; on its usual key the focused list or line does it itself."""
        if isinstance(self.focused, Input):
            await self.focused.action_submit()
        elif isinstance(self.focused, OptionList):
            self.focused.action_select()

    def action_filter(self) -> None:
        """Go to the line that filters."""
        for line in self.query(Input):
            line.focus()
