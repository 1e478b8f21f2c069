"""Text that is drawn row by row: only rows that changed are sent to the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from inferscope.tui.actions import Where

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self


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
    _drawn_for = Size(0, 0)

    def rows(self) -> Sequence[Content]:
        """What stands in it now."""
        raise NotImplementedError

    def update(self) -> None:
        """Draw what has changed since it was drawn last."""
        before = self._drawn
        if before is None or self._drawn_for != self.size:
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
            self._drawn = now

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Self:
        """Draw again; without regions everything."""
        if not regions:
            self._drawn = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _all(self) -> tuple[Content, ...]:
        """The rows as drawn, made for the present size."""
        if self._drawn is None or self._drawn_for != self.size:
            self._drawn, self._drawn_for = tuple(self.rows()), self.size
        return self._drawn

    def render(self) -> Content:
        """All rows."""
        return Content("\n").join(self._all())

    def render_line(self, y: int) -> Strip:
        """One row: the rows are as wide as they may be, so that nothing needs to be wrapped or measured."""
        if self.text_selection is not None:
            return super().render_line(y)
        rows, base, width, x = self._all(), self.visual_style, self.size.width, 0
        if y >= len(rows):
            return Strip.blank(width, base.rich_style)
        found = []
        for text, style in rows[y].render(base, end="", parse_style=_parsed):
            found.append(Segment(text, (base + style).rich_style_with_offset(x, y)))
            x += len(text)
        return Strip(found).adjust_cell_length(width, base.rich_style)


def _parsed(style: str | Style) -> Style:
    return Style.parse(style) if isinstance(style, str) else style


def is_displayed(widget: Widget) -> bool:
    """Whether neither it nor what it lies in is hidden."""
    return all(getattr(node, "display", True) for node in widget.ancestors_with_self)
