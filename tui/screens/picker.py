"""A list to choose from, with a filter and the numbers that matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from inferscope.tui.screens.dialog import Dialog, RowList

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

    from inferscope.tui.choices import Choices


class Picker(Dialog[str]):
    """Choose one row; the result is its value.

    Args:
        choices: The rows.
        current: The value to mark at first.
        prompt: What the filter line says while it is empty.
        takes_text: Whether what was typed may be the result where no row is meant (a path).
        escape: What escape does, in words.
    """

    def __init__(
        self,
        choices: Choices,
        current: str = "",
        prompt: str = "",
        *,
        takes_text: bool = False,
        escape: str = "close",
    ) -> None:
        super().__init__()
        self.choices, self.current = choices, current
        self.prompt = prompt or "type to filter"
        self.takes_text, self._escape = takes_text, escape
        self._width = 0
        self._shown: str | None = None

    def compose(self) -> ComposeResult:
        """Filter, header, rows and keys."""
        with Vertical(classes="box tall") as box:
            box.border_title = Content(self.choices.title)
            box.border_subtitle = Content(self.choices.legend)
            yield Input(placeholder=self.prompt, compact=True, id="filter", select_on_focus=False)
            yield Static(id="header", markup=False)
            yield RowList(id="rows", markup=False, compact=True)
            yield Static("", id="count", markup=False)

    def on_mount(self) -> None:
        """Fill once the width is known."""
        self.query_one("#rows", OptionList).can_focus = False
        self.set_focus(self.query_one(Input))
        self.call_after_refresh(self._fill)

    def on_resize(self, _event: events.Resize) -> None:
        """Columns follow the width."""
        if self._width:
            self.call_after_refresh(self._fill)

    def _fill(self, text: str | None = None) -> None:
        rows = self.query_one("#rows", OptionList)
        filtered = self.query_one(Input).value if text is None else text
        self._width = max(rows.scrollable_content_region.width - 4, 20)
        self._shown = filtered
        found = self.choices.matching("" if self._is_path(filtered) else filtered)
        self.query_one("#header", Static).update(f"  {self.choices.header(self._width)}")
        rows.clear_options()
        rows.add_options(
            Option(
                f"{'•' if row.value == self.current else ' '} "
                f"{self.choices.line(row.name, row.cells, self._width, row.mark)}",
                id=row.value,
            )
            for row in found
        )
        values = [row.value for row in found]
        if values:
            rows.highlighted = values.index(self.current) if not filtered and self.current in values else 0
        total = len(self.choices.rows)
        count = f"{len(found)} of {total}" if found else f"nothing of {total} contains {filtered!r}"
        said = Content.styled(f"{count}   ", "$text-muted" if found else "$text-warning")
        keys = self.keys("accept", "row_down", cancel=self._escape)
        self.query_one("#count", Static).update(said + keys)

    def _is_path(self, text: str) -> bool:
        return self.takes_text and ("/" in text or text.endswith(".toml"))

    @on(Input.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        if self._width:
            self._fill(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if self._is_path(event.value):
            self.dismiss(event.value)
            return
        rows = self.query_one("#rows", OptionList)
        if rows.highlighted is not None and event.value == self._shown:
            self.dismiss(rows.get_option_at_index(rows.highlighted).id)
            return
        found = self.choices.matching(event.value)  # typed faster than the list was drawn
        if found:
            self.dismiss(found[0].value)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def on_key(self, event: events.Key) -> None:
        """What was typed before the filter had the focus goes into it."""
        is_slash = event.character == "/" and not self.takes_text  # "/" only says: filter
        if event.is_printable and event.character is not None and not is_slash:
            self.query_one(Input).insert_text_at_cursor(event.character)
            event.stop()
