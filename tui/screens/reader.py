"""Reading: explanations that can be followed down to their sources, notes, and the keys."""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from inferscope.tui.actions import AREAS, Where, at, bindings
from inferscope.tui.keys import shown_key
from inferscope.tui.pages import HEADING, Page, item_page
from inferscope.tui.screens.dialog import Dialog, RowList

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult


class Reader(Dialog[None]):
    """A page; what a number was made from can be opened in turn.

    Args:
        page: The first page.
    """

    WHERE = ("page", "dialog")
    BINDINGS = bindings("page")

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._trail = [page]

    def compose(self) -> ComposeResult:
        """Value, text, parts and keys."""
        with Vertical(classes="box tall"):
            with VerticalScroll(id="text"):
                yield Static(id="words", markup=False)
            yield Static("Made from", id="made-from", markup=False)
            yield Parts(id="parts", markup=False, compact=True)
            yield Static(id="keys", markup=False)

    def on_mount(self) -> None:
        """Show the first page once the width is known."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        page = self._trail[-1]
        box = self.query_one(".box")
        box.border_title = Content(page.title)
        box.border_subtitle = Content(f"step {len(self._trail)}" if len(self._trail) > 1 else "")
        self.query_one("#words", Static).update(words_of(page, self.query_one("#text").size.width - 1))
        parts = self.query_one("#parts", OptionList)
        parts.clear_options()
        width = max(parts.size.width - 4, 30)
        parts.add_options(Option(_part_line(p.name, p.value, p.kind, width)) for p in page.parts)
        parts.display = self.query_one("#made-from").display = bool(page.parts)
        if page.parts:
            parts.highlighted = 0
            parts.focus()
        else:
            self.query_one("#text").focus()
        self.query_one("#text", VerticalScroll).scroll_home(animate=False)
        keys = {"accept": "open part"} if page.parts else {"row_down": "scroll"}
        keys |= {"back": "back"} if len(self._trail) > 1 else {}
        keys |= {"page_down": "scroll"} if page.parts else {}
        self.query_one("#keys", Static).update(self.keys(**keys, cancel="close"))

    @on(OptionList.OptionSelected)
    def _opened(self, event: OptionList.OptionSelected) -> None:
        self._trail.append(item_page(self._trail[-1].parts[event.option_index].item))
        self._show()

    def action_back(self) -> None:
        """One step up; from the first page, close."""
        if len(self._trail) == 1:
            self.dismiss(None)
            return
        self._trail.pop()
        self._show()

    def action_close(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_help(self) -> None:
        """The keys; on their own page, close it."""
        if self._trail[-1].title == KEYS:
            self.dismiss(None)
        else:
            super().action_help()

    def _go(self, way: str) -> None:
        """Move among the parts, or scroll where there are none; pages are always the text's."""
        if self._trail[-1].parts and way.startswith("cursor"):
            super()._go(way)
        else:
            scroll = {"cursor_up": "scroll_up", "cursor_down": "scroll_down"}.get(way, way)
            getattr(self.query_one("#text", VerticalScroll), f"action_{scroll}")()


class Parts(RowList):
    """What a number was made from; pages are turned in the text above."""

    def action_page_up(self) -> None:
        """The text, a screenful up."""
        self.screen.action_page_up()

    def action_page_down(self) -> None:
        """The text, a screenful down."""
        self.screen.action_page_down()


def words_of(page: Page, width: int) -> Content:
    """The text of a page, broken at a width, names in a column of their own."""
    parts: list[Content] = []
    if page.value:
        parts += [Content.styled(page.value, "bold $primary"), Content("")]
    column = min(max((len(name) for name, _ in page.text), default=0), 28)
    for name, words in page.text:
        if name == HEADING:
            parts.append(Content.styled(words, "bold $primary"))
            continue
        room = max(width - (column + 2 if name else 0), 24)
        rows = _broken(words, room, "  " if words.startswith("- ") else "")
        for number, row in enumerate(rows or [""]):
            label = name if number == 0 else ""
            parts.append(Content.assemble((f"{label:<{column}}  " if name else "", "$text-muted"), row))
        if not name and not words.startswith("- "):
            parts.append(Content(""))
    return Content("\n").join(parts)


_BREAK = "\v"
"""Where a line may end without a blank; taken for one by what breaks lines."""


def _broken(words: str, room: int, indent: str = "") -> list[str]:
    """Text in lines; a name that is longer than a line ends it at an underscore.

    >>> _broken("needs dram_plus_interconnect_bandwidth_gb_s, tpp", 24)
    ['needs dram_plus_', 'interconnect_bandwidth_', 'gb_s, tpp']
    """
    whole = [
        re.sub(r"_(?=[^_])", f"_{_BREAK}", word) if len(word) > room - len(indent) else word
        for word in words.split()
    ]
    rows = textwrap.wrap(" ".join(whole), room, subsequent_indent=indent, replace_whitespace=False)
    return [row.replace(_BREAK, "") for row in rows]


def _part_line(name: str, value: str, kind: str, width: int) -> str:
    room = width - 40
    return f"{name:<38.38}  {value[:room]:<{max(room - 12, 10)}}{kind}"


KEYS = "Keys"
"""The title of the page of all keys."""


def keys_page(keymap: Mapping[str, tuple[str, ...]] | None = None, *first: Where) -> Page:
    """Every key, from the table of actions; those of some areas first."""
    about = (
        "Change a line on the left and every number follows. A * marks what differs from the file; "
        "a grey word after a value says where it comes from (auto: the plan chose it)."
    )
    rows: list[tuple[str, str]] = [] if first else [("", about)]
    for where in dict.fromkeys((*first, *AREAS)):
        here = " (here)" if where in first else ""
        rows += [(HEADING, f"{AREAS[where]}{here}"), *_key_rows(keymap or {}, where), (" ", "")]
    return Page(KEYS, "", rows if not first else [*rows, ("", about)])


def help_page(page: Page, where: Sequence[Where], keymap: Mapping[str, tuple[str, ...]]) -> Page:
    """A page about something with the keys that work on it, after its first words."""
    first, rest = page.text[:1], page.text[1:]
    keys = [(HEADING, "Keys here"), *_key_rows(keymap, *where), (" ", "")]
    return replace(page, text=[*first, *keys, *rest])


def _key_rows(keymap: Mapping[str, tuple[str, ...]], *where: Where) -> list[tuple[str, str]]:
    """Keys and what they do."""
    return [(", ".join(map(shown_key, action.keys_in(keymap))), action.about) for action in at(*where)]
