"""A screen of sentences, bars and tables that is read, scrolled, copied and written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from inferscope.tui.config import options_of
from inferscope.tui.panels.words import KeyBar, MessageLine, Said
from inferscope.tui.screens.closing import Closing
from inferscope.tui.screens.handing import Handing
from inferscope.tui.screens.reader import Reader, keys_page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events
    from textual.app import ComposeResult
    from textual.widget import Widget

    from inferscope.tui.actions import Where


class Words(VerticalScroll, can_focus=False):
    """What scrolls; the keys for it are the screen's."""


class Told(Handing, Closing[None]):
    """Title, what stands above the text, the text, message and keys.

    Attributes:
        AREA: Where its keys are listed.
    """

    AREA: Where
    CSS_PATH = "policy.tcss"

    def above(self) -> Iterable[Widget]:
        """What stands between title and text."""
        return ()

    def rows(self, width: int) -> list[str]:
        """The text, in rows of at most so many columns."""
        raise NotImplementedError

    def refresh_title(self) -> None:
        """Bring the title up to what is shown."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The parts from top to bottom."""
        yield Said("policy-title")
        yield from self.above()
        with Words(id="told"):
            yield Static(id="told-words", markup=False)
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the keys; the text follows once its width is known."""
        self.query_one(KeyBar).show((self.AREA,))
        self.call_after_refresh(self.tell)

    def on_resize(self, _event: events.Resize) -> None:
        """Break the text anew."""
        self.call_after_refresh(self.tell)

    def tell(self) -> None:
        """Bring title and text up to date."""
        self.refresh_title()
        width = max(self.size.width - 2, 20)
        self.query_one("#told-words", Static).update(Content("\n".join(self.rows(width))))

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        self.query_one(MessageLine).say(text, problem=problem)

    def _scroll(self, rows: int) -> None:
        self.query_one(Words).scroll_relative(y=rows, animate=False)

    def action_row_up(self) -> None:
        """A row up."""
        self._scroll(-1)

    def action_row_down(self) -> None:
        """A row down."""
        self._scroll(1)

    def action_page_up(self) -> None:
        """A screenful up."""
        self._scroll(-max(self.query_one(Words).size.height - 1, 1))

    def action_page_down(self) -> None:
        """A screenful down."""
        self._scroll(max(self.query_one(Words).size.height - 1, 1))

    def action_help(self) -> None:
        """The keys."""
        self.app.push_screen(Reader(keys_page(options_of(self.app).keys, self.AREA)))

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss(None)
