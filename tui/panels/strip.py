"""The line that names the views and marks the one that is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message

from inferscope.tui.panels.rows import Rows
from inferscope.tui.sizes import SIDE, VIEWS

if TYPE_CHECKING:
    from textual import events


class ViewStrip(Rows):
    """``1 Answers  2 Toggles ▸3 Plot  4 Policy  5 Notes``; a click chooses."""

    class Chosen(Message):
        """A view was clicked."""

        def __init__(self, view: str) -> None:
            super().__init__()
            self.view = view

    _shown: frozenset[str] = frozenset()

    def show(self, shown: frozenset[str]) -> None:
        """Mark the views that are on the screen."""
        self._shown = shown
        self.update()

    def _labels(self) -> list[str]:
        """Key and name; names that do not fit are left away, but that of the marked view."""
        labels = [f"{key} {name.capitalize()}" for name, key in VIEWS.items()]
        if sum(len(label) + 2 for label in labels) - 1 <= self.size.width:
            return labels
        return [label if name in self._shown else label[0] for name, label in zip(VIEWS, labels, strict=True)]

    def rows(self) -> list[Content]:
        """One row."""
        parts: list[tuple[str, str]] = []
        for name, label in zip(VIEWS, self._labels(), strict=True):
            marked = name in self._shown
            parts.append(("▸" if marked else " ", "bold $accent"))
            beside = name in SIDE and len(self._shown) > 1
            parts.append((label, "$text-muted" if not marked else "bold" if beside else "bold reverse"))
            parts.append((" ", ""))
        return [Content.assemble(*parts[:-1])]

    def on_click(self, event: events.Click) -> None:
        """Choose the view under the pointer."""
        end = 0
        for name, label in zip(VIEWS, self._labels(), strict=True):
            end += len(label) + 2
            if event.x < end:
                self.post_message(self.Chosen(name))
                return
