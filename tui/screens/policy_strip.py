"""Chips through time: what the rules make of the export of each, in every span between two changes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from textual import on
from textual.containers import Container
from textual.content import Content
from textual.widgets import Input, Static

from inferscope.core import catalog
from inferscope.core.catalog.suppliers import dependence
from inferscope.core.export import chips as export
from inferscope.core.policy.status import NOT_CONTROLLED, UNKNOWN
from inferscope.core.policy.strip import LOOKS, NOT_OUT, Row, Strip, place_of, sentence, strip
from inferscope.core.study.options import PLACE
from inferscope.tui.actions import bindings
from inferscope.tui.choices import catalog_words
from inferscope.tui.config import options_of
from inferscope.tui.panels.rows import Place, Rows
from inferscope.tui.panels.words import KeyBar, MessageLine, Said
from inferscope.tui.screens.closing import Closing
from inferscope.tui.screens.handing import Handing
from inferscope.tui.screens.reader import Reader, keys_page
from inferscope.tui.sizes import clipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from inferscope.tui.screens.export import Formats
    from inferscope.tui.screens.policing import Policing

_NAME = 22
_LEGEND = " ".join(f"{look.mark} {look.word}" for name, look in LOOKS.items() if name != NOT_OUT)
_STYLES = {NOT_CONTROLLED: "$text-muted", UNKNOWN: "$text-warning", "licence_exception": "$accent"}


class StripTable(Place, Rows, can_focus=True):
    """One row a chip, one column a span; one chip is marked."""

    BINDINGS = bindings("strip")
    where = ("strip",)

    def __init__(self) -> None:
        super().__init__(id="strip-table")
        self.chips: Sequence[Row] = ()
        self.days: Sequence[dt.date] = ()
        self.at = 0
        self._first = 0

    @property
    def marked(self) -> Row | None:
        """The chip that is marked."""
        return self.chips[self.at] if self.chips else None

    @property
    def room(self) -> int:
        """Chips that fit on the screen."""
        return max(self.size.height - 1, 1)

    def show(self, chips: Sequence[Row], days: Sequence[dt.date]) -> None:
        """Show chips; the mark stays on the one that has it, where it is still there."""
        was = self.marked
        self.chips, self.days = chips, days
        names = [row.record.id for row in chips]
        if was is not None and was.record.id in names:
            self.at = names.index(was.record.id)
        self.at = min(self.at, max(len(chips) - 1, 0))
        self.update()

    def mark(self, at: int) -> None:
        """Move the mark."""
        self.at = min(max(at, 0), max(len(self.chips) - 1, 0))
        self.update()

    def rows(self) -> list[Content]:
        """The first days of the spans, and as many chips as there is room for."""
        self._first = min(max(self._first, self.at - self.room + 1), self.at)
        self._first = max(min(self._first, len(self.chips) - self.room), 0)
        wide = max((self.size.width - _NAME - 1) // max(len(self.days), 1), 1)
        form = "%Y-%m-%d" if wide > 10 else "%y-%m"
        head = "".join(f"{day.strftime(form)[: wide - 1]:<{wide}}" for day in self.days)
        shown = self.chips[self._first : self._first + self.room]
        if not shown:
            return [Content.styled(" no chip has these words", "$text-warning")]
        rows = [self._row(row, wide, number) for number, row in enumerate(shown, self._first)]
        return [Content.styled(f"{' from':<{_NAME}}{head}".rstrip(), "$text-muted"), *rows]

    def _row(self, row: Row, wide: int, number: int) -> Content:
        marked = number == self.at
        cells = [
            (LOOKS[status].mark * wide, _STYLES.get(status, "$text-error"))
            for status in map(row.mark_of, row.spans)
        ]
        name = f"{clipped(row.record.id, _NAME - 2):<{_NAME - 2}}"
        return Content.assemble(
            ("▸" if marked else " ", "bold $accent"), (name, "reverse" if marked else ""), " ", *cells
        )


class PolicyStrip(Handing, Closing[None]):
    """The strip of all chips.

    Args:
        host: The explorer, whose scenario names the destination and the chip.
    """

    PLACE = "strip."
    BINDINGS = bindings("strip")
    CSS_PATH = "policy.tcss"

    def __init__(self, host: Policing) -> None:
        super().__init__()
        self.host = host
        self._all: Strip | None = None
        self._text = ""

    def compose(self) -> ComposeResult:
        """Title, filter, strip, legend and the marked chip, message and keys."""
        yield Said("policy-title")
        yield Input(placeholder="words that a chip has to contain", compact=True, id="rule-filter")
        with Container(id="strip-body"):
            yield StripTable()
        yield Static(id="strip-words", markup=False)
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the frame at once; the statuses follow."""
        self.query_one("#rule-filter").display = False
        self.query_one(KeyBar).show(("strip",))
        self.query_one(StripTable).focus()
        self.say("Computing …")
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        from inferscope.core.policy.entries import rules_of

        assert self.host.answer is not None  # noqa: S101  (the screen is opened on an answer)
        scenario = self.host.session.scenario
        rules, until = rules_of(self.host.answer.result()), self.host.answer.as_of
        chips = catalog.ids("accelerator")
        self._all = strip(chips, scenario.policy.destination or PLACE, rules, None, until)
        table = self.query_one(StripTable)
        table.show(self._all.rows, self._all.days)
        table.mark(chips.index(catalog.resolve("accelerator", scenario.hardware.accelerator)))
        self.show_strip()

    def shown(self) -> Strip:
        """The chips that the filter leaves."""
        assert self._all is not None  # noqa: S101
        words = [catalog_words(word) for word in self._text.split()]
        rows = [row for row in self._all.rows if all(word in _searched(row) for word in words)]
        return self._all._replace(rows=rows)

    def show_strip(self) -> None:
        """Bring the screen up to the filter and the mark."""
        found = self.shown()
        table = self.query_one(StripTable)
        table.show(found.rows, found.days)
        self.query_one("#policy-title", Said).say(
            ([(" Chips through time", "bold $primary"), (f"  to {found.name}", "bold")], ""),
            ([(f" {_LEGEND}", "$text-muted")], ""),
        )
        suppliers = dependence([row.record for row in found.rows])
        said = (_told(table.marked), sentence(found), suppliers)
        self.query_one("#strip-words", Static).update("\n".join(filter(None, said)))
        self.say(" ")

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        self.query_one(MessageLine).say(text, problem=problem)

    # --- moving ---------------------------------------------------------------------------------

    def _move(self, step: int) -> None:
        if self._all is not None:
            table = self.query_one(StripTable)
            table.mark(table.at + step)
            self.show_strip()

    def action_row_up(self) -> None:
        """The chip above."""
        self._move(-1)

    def action_row_down(self) -> None:
        """The chip below."""
        self._move(1)

    def action_page_up(self) -> None:
        """A screenful up."""
        self._move(-self.query_one(StripTable).room)

    def action_page_down(self) -> None:
        """A screenful down."""
        self._move(self.query_one(StripTable).room)

    def action_filter(self) -> None:
        """Type words that a chip has to contain."""
        field = self.query_one("#rule-filter", Input)
        field.display = True
        field.focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._text = event.value
        if self._all is not None:
            self.show_strip()

    @on(Input.Submitted)
    def _done_typing(self) -> None:
        field = self.query_one("#rule-filter", Input)
        field.display = bool(field.value)
        self.query_one(StripTable).focus()

    # --- copying, writing, leaving --------------------------------------------------------------

    def stem(self) -> str:
        """A name for a file about the strip."""
        return f"chips-to-{'' if self._all is None else self._all.to.lower()}"

    def marked_text(self) -> str:
        """The marked chip and its spans."""
        row = self.query_one(StripTable).marked
        return _told(row)

    def contents(self) -> Formats:
        """The chips that are shown."""
        if self._all is None:
            return {}
        found = self.shown()
        return {
            ".csv": ("every chip and span, a line each", lambda: export.as_csv(found)),
            ".json": ("the same for programs, with rules and sources", lambda: export.as_json(found)),
            ".md": ("the same for people", lambda: export.as_markdown(found)),
        }

    def action_explain(self) -> None:
        """Nothing more: the marked chip stands below."""
        self.show_strip()

    def action_help(self) -> None:
        """The keys."""
        self.app.push_screen(Reader(keys_page(options_of(self.app).keys, "strip")))

    def action_leave(self) -> None:
        """Close a filter first, then the screen."""
        field = self.query_one("#rule-filter", Input)
        if field.has_focus or field.value:
            field.value = ""
            self._done_typing()
            return
        self.dismiss(None)


def _searched(row: Row) -> str:
    """What a filter looks through: names, maker, and the places by code and by name."""
    text: dict[str, Any] = dict(row.record.text)
    places = [text[field] for field in ("designed_in", "fabricated_in") if field in text]
    named = [place_of(place)[1] for place in places]
    return catalog_words(" ".join([row.record.id, row.record.name, str(text.get("vendor")), *places, *named]))


def _told(row: Row | None) -> str:
    """The marked chip: where it comes from, and its last span with the rules that decide."""
    if row is None:
        return ""
    status, text = row.spans[-1].status, row.record.text
    origin = f"designed in {text.get('designed_in', '?')}, made in {text.get('fabricated_in', '?')}"
    rules = ", ".join(rule.short for rule in status.rules) or "no rule"
    more = "; ".join(
        f"{word} {', '.join(names)}"
        for word, names in (("if", status.conditions), ("needs", status.missing))
        if names
    )
    now = LOOKS[NOT_OUT].said if row.mark_of(row.spans[-1]) == NOT_OUT else status.status.replace("_", " ")
    return f"{row.record.name} ({origin}): {now} by {rules}{f' {more}' if more else ''}"
