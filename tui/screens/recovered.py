"""What was not saved when a session died: restore it, keep it for later, or discard it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from inferscope.tui.actions import bindings
from inferscope.tui.recovery import Found
from inferscope.tui.screens.dialog import Dialog, RowList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult


class Recovered(Dialog[Found]):
    """What was left behind; the result is what to go on with.

    Args:
        found: The recovery files.
    """

    WHERE = ("recovered", "dialog")
    BINDINGS = bindings("recovered")

    def __init__(self, found: Sequence[Found]) -> None:
        super().__init__()
        self._found = list(found)

    def compose(self) -> ComposeResult:
        """What there is, and the ways."""
        with Vertical(classes="box small") as box:
            box.border_title = Content("Unsaved changes of an earlier session")
            yield Static("A session ended before it saved these:", markup=False)
            yield RowList(*(Option(_words(f)) for f in self._found), compact=True, markup=False)
            yield Static(self.keys(accept="restore", settle="keep for later"), classes="keys", markup=False)
            keys = self.keys("discard", cancel="keep all for later")
            yield Static(keys, markup=False, id="more-keys")

    def action_take(self) -> None:
        """Go on with what is marked; the others are kept."""
        if (at := self.query_one(OptionList).highlighted) is not None:
            self.dismiss(self._found[at])

    def action_discard(self) -> None:
        """Remove what is marked."""
        if (at := self.query_one(OptionList).highlighted) is not None:
            self._found[at].discard()
            self.action_settle()

    def action_settle(self) -> None:
        """Done with what is marked."""
        options = self.query_one(OptionList)
        if (at := options.highlighted) is not None:
            del self._found[at]
            options.remove_option_at_index(at)
            options.highlighted = min(at, len(self._found) - 1) if self._found else None
        if not self._found:
            self.dismiss(None)

    @on(OptionList.OptionSelected)
    def _selected(self) -> None:
        self.action_take()


def _words(found: Found) -> str:
    head = found.head
    when = dt.datetime.fromisoformat(head.time).astimezone()
    changes = f"{head.edits} change{'s' if head.edits != 1 else ''}"
    whose = head.label if head.is_here else f"{head.label} of host {head.host}"
    label = "".join(ch if ch.isprintable() else "?" for ch in whose)
    return f"{label}   {changes}, the last at {when:%H:%M on %d %b %Y}"
