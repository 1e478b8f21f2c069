"""What differs from the saved file and from the parent; enter takes a key back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len
from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from inferscope.tui.config import key_of
from inferscope.tui.screens.dialog import Dialog, Table
from inferscope.tui.sizes import clipped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual import events
    from textual.app import ComposeResult

    from inferscope.core.scenario.changed import Difference
    from inferscope.tui.session import Session

_OPTIONAL = ("hardware.prefill", "optimizations.speculative")
"""Tables that mean something by being there, taken back as a whole."""


class Row(NamedTuple):
    """A key that differs, and what takes it back."""

    key: str
    then: str
    now: str
    changes: Mapping[str, Any]


def rows(found: Sequence[Difference]) -> list[Row]:
    """A row a key; a table that appeared or went is one."""
    from inferscope.core.export.differences import value_text

    result: list[Row] = []
    for key, then, now in found:
        table = next((name for name in _OPTIONAL if key.startswith(f"{name}.")), "")
        parts = [item for item in found if table and item.key.startswith(f"{table}.")]
        came, went = all(p.then is None for p in parts), all(p.now is None for p in parts)
        if not table or not (came or went):
            result.append(Row(key, _text(then, value_text), _text(now, value_text), {key: then}))
        elif parts[0].key == key:
            given = {p.key.rpartition(".")[2]: p.then for p in parts if p.then is not None}
            on_, off = f"on ({len(parts)} key{'s' if len(parts) > 1 else ''})", "off"
            result.append(Row(table, off if came else on_, on_ if came else off, {table: given or None}))
    return result


def _text(value: Any, write: Callable[[Any], str]) -> str:
    return "not set" if value is None else write(value)


class Diff(Dialog[None]):
    """Two lists in one: against the file, and against what the file builds on.

    Args:
        session: The scenario being edited.
        take_back: Sets keys; returns why it could not.
    """

    def __init__(self, session: Session, take_back: Callable[[Mapping[str, Any], str], str]) -> None:
        super().__init__()
        self._session, self._take_back = session, take_back
        self._rows: dict[str, Row] = {}

    def compose(self) -> ComposeResult:
        """The rows, a line for what was done, and the keys."""
        with Vertical(classes="box full") as box:
            box.border_title = Content("What differs")
            box.border_subtitle = Content("then → now")
            yield Table(id="rows", markup=False, compact=True)
            yield Static("", id="said", markup=False)
            yield Static(
                self.keys(accept="take back", row_down="move", cancel="close"), id="keys", markup=False
            )

    def on_mount(self) -> None:
        """Fill once the width is known."""
        self.call_after_refresh(self._fill)

    def on_resize(self, _event: events.Resize) -> None:
        """Columns follow the width."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        session = self._session
        table = self.query_one("#rows", OptionList)
        marked = table.highlighted
        width = max(table.scrollable_content_region.width - 4, 30)
        parent = session.loaded.extends
        sections = {
            "file": f"Against the saved file{'' if session.path is None else f' {session.path.name}'}",
            "parent": f"Against {parent}, which it builds on" if parent else "Against the defaults",
        }
        self._rows = {
            f"{name}:{row.key}": row
            for name in sections
            for row in rows(session.differences("file" if name == "file" else "parent"))
        }
        options: list[Option] = []
        for name, title in sections.items():
            mine = {id_: row for id_, row in self._rows.items() if id_.startswith(f"{name}:")}
            heading = Content.assemble((title, "bold $primary"))
            options.append(Option(heading, disabled=True))
            lines = _lines(list(mine.values()), width)
            options += [Option(f"  {line}", id_) for id_, line in zip(mine, lines, strict=True)]
            if not mine:
                options.append(Option(Content.assemble(("  nothing differs", "$text-muted")), disabled=True))
        table.clear_options()
        table.add_options(options)
        places = [i for i, option in enumerate(options) if option.id]
        if places:
            table.highlighted = min(places, key=lambda i: abs(i - (marked or 0)))
        table.focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        row = self._rows[event.option.id or ""]
        why = self._take_back(row.changes, row.key)
        if why and (more := self._with_its_group(row)):
            row = more
            why = self._take_back(row.changes, row.key)
        undo = key_of(self.app, "undo")
        said = f"! {row.key} stays: {why}" if why else f"{row.key} is {row.then} again; {undo} undoes that"
        self.query_one("#said", Static).update(said)
        self._fill()

    def _with_its_group(self, row: Row) -> Row | None:
        """The keys that only mean something together with this one, which may go back only with it."""
        from inferscope.core.study.changes import together

        section = "file" if row is self._rows.get(f"file:{row.key}") else "parent"
        group = [
            other
            for id_, other in self._rows.items()
            if id_.startswith(f"{section}:") and together(other.key) == together(row.key)
        ]
        if len(group) < 2:
            return None
        changes = {key: value for other in group for key, value in other.changes.items()}
        return Row(together(row.key), "as it was", "", changes)


def _lines(found: Sequence[Row], width: int) -> list[str]:
    """Key, then and now in columns."""
    key = min(max((len(row.key) for row in found), default=0), width // 2)
    then = min(max((cell_len(row.then) for row in found), default=0), (width - key) // 2 - 3)
    return [
        f"{clipped(row.key, key):<{key}}  {clipped(row.then, then):<{then}} → "
        f"{clipped(row.now, max(width - key - then - 5, 5))}"
        for row in found
    ]
