"""Rows and columns one goes through: a heading of a few lines, one row and one column marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message

from inferscope.tui.columns import laid_out, narrowed, shortened
from inferscope.tui.panels.rows import Place, Rows
from inferscope.tui.sizes import clipped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events

    from inferscope.tui.columns import Head
    from inferscope.tui.sheet import Sheet

_SHARE = 0.4
"""The share of the lines that may be the heading's; or what rows leave."""


class SheetView(Place, Rows, can_focus=True):
    """A sheet; as many rows and columns of it as have room."""

    where = ("studies",)

    class Opened(Message):
        """The marked row was pressed again."""

    def __init__(self, identifier: str) -> None:
        super().__init__(id=identifier)
        self.sheet: Sheet | None = None
        self.at = self.column = 0
        self._first = 0
        self.nothing = ""

    def show(self, sheet: Sheet | None, nothing: str = "") -> None:
        """Show a sheet, or say why there is none; another sheet of the same table keeps the column."""
        before, self.sheet, self.nothing = self.sheet, sheet, nothing
        same = sheet is not None and before is not None and sheet.table is before.table
        if not same:
            self.at = self.column = self._first = 0
        elif sheet is not before:
            self.at = self._first = 0
        self.update()

    def mark(self, at: int) -> None:
        """Move the mark to a row."""
        self.at = min(max(at, 0), max(len(self.sheet.rows) - 1 if self.sheet else 0, 0))
        self.update()

    def turn(self, step: int) -> None:
        """Move to another column."""
        last = len(self.sheet.heads) - 1 if self.sheet else 0
        self.column = min(max(self.column + step, 0), max(last, 0))
        self.update()

    @property
    def head(self) -> Head | None:
        """The marked column."""
        return self.sheet.heads[self.column] if self.sheet and self.sheet.heads else None

    @property
    def room(self) -> int:
        """Rows that fit below the heading."""
        return max(self.size.height - self._deep, 1)

    @property
    def _deep(self) -> int:
        """Lines of the heading."""
        return max((len(head.lines) for head in self._shown().values()), default=1)

    def _shown(self) -> dict[int, Head]:
        """The columns that have room, by their indices."""
        if self.sheet is None:
            return {}
        height = self.size.height
        heads = narrowed(self.sheet.heads, self.sheet.cells[self._first : self._first + height])
        most = max(int(height * _SHARE), height - len(self.sheet.rows), 2 if height > 3 else 1)
        return laid_out(heads, self.column, self.size.width - 1, most)

    def hint(self) -> str:
        """Where the marks are."""
        if self.sheet is None or self.head is None or not self.sheet.rows:
            return ""
        count, total = len(self.sheet.rows), self.sheet.total
        of = f"{count:,}" if count == total else f"{count:,} shown of {total:,}"
        of += f" kept of {self.sheet.made:,}" if self.sheet.made > total else ""
        columns = len(self.sheet.heads)
        return f"row {self.at + 1:,} of {of}; column {self.column + 1} of {columns}: {self.head.label}"

    def rows(self) -> list[Content]:
        """The heading, and as many rows as there is room for."""
        sheet, width = self.sheet, self.size.width
        if sheet is None or not sheet.rows:
            return [Content.styled(f" {clipped(self.nothing, width - 1)}", "$text-muted")]
        self._scroll(len(sheet.rows))
        self._scroll(len(sheet.rows))  # which rows are seen decides how deep the heading is, and it the rows
        room, shown = self.room, self._shown()
        rows = range(self._first, min(self._first + room, len(sheet.rows)))
        return [*self._heading(sheet, shown, width), *(self._row(sheet, row, shown, width) for row in rows)]

    def _scroll(self, count: int) -> None:
        """Bring the marked row into sight."""
        room = self.room
        self._first = min(max(self._first, self.at - room + 1), self.at)
        self._first = max(min(self._first, count - room), 0)

    def _heading(self, sheet: Sheet, shown: Mapping[int, Head], width: int) -> list[Content]:
        """The names of the columns; the marked one and the one sorted by are marked by signs too."""
        deep, found = max(len(head.lines) for head in shown.values()), []
        for line in range(deep):
            parts: list[tuple[str, str]] = [(" ", "")]
            for place, head in shown.items():
                at = line - deep + len(head.lines)
                is_last = line == deep - 1
                text = clipped(head.lines[at], head.width) if at >= 0 else ""
                before = "▸" if is_last and place == self.column else " "
                after = (
                    ("▼" if sheet.order.falling else "▲") if is_last and head.place == sheet.order.by else " "
                )
                style = "bold $accent" if place == self.column else "bold $text-muted"
                gap = " " * (head.width - cell_len(text))
                words = [(before, "bold $accent"), (text, style), (after, "bold $accent")]
                parts += [(gap, ""), *words] if head.right else [*words, (gap, "")]
            found.append(Content.assemble(*parts).truncate(width))
        return found

    def _row(self, sheet: Sheet, row: int, shown: Mapping[int, Head], width: int) -> Content:
        marked, cells = row == self.at, sheet.cells[row]
        cut = [
            (shortened if place == 0 else clipped)(cells[place], head.width) for place, head in shown.items()
        ]
        text = " " + "  ".join(map(_padded, cut, shown.values()))
        style = ("reverse" if self.has_focus else "bold") if marked else ""
        return Content.assemble(
            ("▸" if marked else " ", "bold $accent"), (clipped(text.rstrip(), width - 1), style)
        )

    # --- hands ----------------------------------------------------------------------------------

    def on_focus(self) -> None:
        """The mark looks another way."""
        self.update()

    def on_blur(self) -> None:
        """And back."""
        self.update()

    def on_click(self, event: events.Click) -> None:
        """Mark the row under the pointer; a second click opens it."""
        at = self._first + event.y - self._deep
        if self.sheet is None or event.y < self._deep or at >= len(self.sheet.rows):
            return
        if at == self.at:
            self.post_message(self.Opened())
        else:
            self.mark(at)

    def on_mouse_scroll_down(self, _event: events.MouseScrollDown) -> None:
        """The next row."""
        self.mark(self.at + 1)

    def on_mouse_scroll_up(self, _event: events.MouseScrollUp) -> None:
        """The row before."""
        self.mark(self.at - 1)


def _padded(text: str, head: Head) -> str:
    gap = " " * (head.width - cell_len(text))
    return gap + text if head.right else text + gap
