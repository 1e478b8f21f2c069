"""Text that is drawn row by row: only rows that changed are sent to the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from inferscope.tui.actions import Where

if TYPE_CHECKING:
    from collections.abc import Sequence


class Place(Widget, can_focus=True):
    """Something that can be focused: it knows its keys and what to say of itself."""

    where: tuple[Where, ...] = ()

    def hint(self) -> str:
        """What the message line says of it."""
        return ""

    def action_explain(self) -> None:
        """Explain what is marked."""
        self.screen.action_explain()  # type: ignore[attr-defined]


class Rows(Widget):
    """A widget that is a list of rows; :meth:`update` draws again only those that changed."""

    _drawn: tuple[Content, ...] | None = None

    def rows(self) -> Sequence[Content]:
        """What stands in it now."""
        raise NotImplementedError

    def update(self) -> None:
        """Draw what has changed since it was drawn last."""
        before = self._drawn
        if before is None or not self.size:
            self.refresh()
            return
        now = tuple(self.rows())
        changed = [
            row
            for row in range(max(len(now), len(before)))
            if row >= len(now) or row >= len(before) or not now[row].is_same(before[row])
        ]
        if changed:
            self.refresh(*(Region(0, row, self.size.width, 1) for row in changed))

    def render(self) -> Content:
        """All rows."""
        self._drawn = tuple(self.rows())
        return Content("\n").join(self._drawn)
