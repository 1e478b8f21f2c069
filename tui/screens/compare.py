"""Compare: scenarios side by side, and what carries the difference of the marked number."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from textual import on
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import get_current_worker

from inferscope.core.errors import InferscopeError
from inferscope.tui.actions import at, bindings
from inferscope.tui.screens.dialog import Dialog, Table
from inferscope.tui.screens.handing import Handing
from inferscope.tui.screens.picker import Picker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult

    from inferscope.core.scenario.files import Loaded
    from inferscope.core.study.changes import Game
    from inferscope.core.study.compare import Carried, Comparison
    from inferscope.tui.screens.export import Formats

_WIDE, _TALL, _LOW = 120, 34, 20
_PINNED = "the pinned baseline"
_QUESTION = 42
"""Columns of a preset's question that leave room for its name at 80: columns are headed by names."""


class Column(NamedTuple):
    """One scenario of the comparison."""

    name: str
    loaded: Loaded


def offer(baseline: Column | None) -> Picker:
    """A list of what one can compare with: the pinned baseline, presets, or a path."""
    from inferscope.tui.choices import Choices, Row, presets

    found = presets()
    about = f"{_PINNED}: {baseline.name}" if baseline else ""
    pinned = (Row(_PINNED, about, ("", ""), only=_PINNED),) if baseline else ()
    offered = Choices("Compare with", found.columns, (*pinned, *found.rows), found.legend, _QUESTION)
    return Picker(offered, "", "type to filter, or a path that ends in .toml", takes_text=True)


def column(name: str, read: Callable[[str], Loaded], baseline: Column | None) -> Column:
    """What was chosen from the offer.

    Raises:
        InferscopeError: It cannot be read.
    """
    if name == _PINNED and baseline is not None:
        return baseline
    loaded = read(name)
    return Column(loaded.path.stem if loaded.path else name, loaded)


class _StoppedError(Exception):
    """Nobody waits for the result any more."""


class Compare(Handing, Dialog["tuple[Column, ...]"]):
    """Scenarios side by side; the result is what the first one was compared with.

    Args:
        first: The scenario at hand.
        others: What to compare it with, one at least.
        read: Reads a preset or a file.
        baseline: The pinned baseline, if there is one.
    """

    PLACE = "compare."
    WHERE = ("compare", "dialog")
    BINDINGS = bindings("compare")

    class Compared(Message):
        """The scenarios stand side by side."""

        def __init__(self, comparison: Comparison, others: tuple[Column, ...]) -> None:
            super().__init__()
            self.comparison, self.others = comparison, others

    class Divided(Message):
        """A difference is divided."""

        def __init__(self, comparison: Comparison, carried: Carried) -> None:
            super().__init__()
            self.comparison, self.carried = comparison, carried

    class Refused(Message):
        """A scenario cannot be compared."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self,
        first: Column,
        others: Sequence[Column],
        read: Callable[[str], Loaded],
        baseline: Column | None = None,
    ) -> None:
        super().__init__()
        self.first, self.others, self.baseline = first, tuple(others), baseline
        self._read = read
        self.comparison: Comparison | None = None
        self.chosen, self.quantity = 1, ""
        self._everything = self._is_picked = False
        self._carried: dict[tuple[int, str], Carried] = {}
        self._games: dict[int, Game] = {}
        self._lock = threading.Lock()

    def compose(self) -> ComposeResult:
        """Names, one sentence, the table, and what carries the difference."""
        with Vertical(classes="box full") as box:
            box.border_title = Content("Compare")
            yield Static(id="legend", markup=False)
            yield Static("Computing …", id="sentence", markup=False)
            with Container(id="compared"):
                with Vertical(id="side"):
                    yield Static(id="header", markup=False)
                    yield Table(id="rows", markup=False, compact=True)
                with VerticalScroll(id="carried", can_focus=False):
                    yield Static(id="bars", markup=False)
            yield Static(id="problem", classes="problem", markup=False)
            yield Static(id="keys", markup=False)

    def on_mount(self) -> None:
        """Compare, while the frame is drawn."""
        self.query_one("#problem").display = False
        self._show_keys()
        self._compare(self.others)

    def on_resize(self, event: events.Resize) -> None:
        """Table and parts lie side by side where there is room."""
        self.set_class(event.size.width >= _WIDE, "-wide")
        self.set_class(event.size.height < _LOW, "-low")
        self._show_keys()
        self.call_after_refresh(self._fill)

    # --- what is compared -----------------------------------------------------------------------

    def action_add(self) -> None:
        """Choose one more scenario."""
        from inferscope.core.study.compare import MOST

        if len(self.others) + 1 >= MOST:
            self._say(f"at most {MOST} scenarios: remove one first")
        else:
            self.app.push_screen(offer(self.baseline), self._added)

    def _added(self, name: str | None) -> None:
        if name is None:
            return
        try:
            self._compare((*self.others, column(name, self._read, self.baseline)))
        except InferscopeError as error:
            self._say(str(error))

    def action_remove(self) -> None:
        """Leave the chosen scenario away."""
        if len(self.others) > 1:
            self._compare(tuple(o for i, o in enumerate(self.others, 1) if i != self.chosen))
        else:
            self._say("one has to stay to compare with")

    def _compare(self, others: tuple[Column, ...]) -> None:
        self._say("")
        self.run_worker(lambda: self._side_by_side(others), thread=True, exclusive=True, group="compare")

    def _side_by_side(self, others: tuple[Column, ...]) -> None:
        """In a thread: evaluate all of them."""
        from inferscope.core.study.compare import side_by_side

        columns = (self.first, *others)
        try:
            found = side_by_side([c.loaded for c in columns], names=[c.name for c in columns])
        except InferscopeError as error:
            self.post_message(self.Refused(str(error)))
        else:
            self.post_message(self.Compared(found, others))

    @on(Refused)
    def _refused(self, event: Refused) -> None:
        self._say(event.text)

    @on(Compared)
    def _compared(self, event: Compared) -> None:
        self.comparison, self.others = event.comparison, event.others
        self._carried, self._games = {}, {}
        self.chosen = max(min(self.chosen, len(self.others)), 1) if len(self.others) < 2 else len(self.others)
        if not self._is_picked:
            self.quantity = self._worth_a_look()
            self._fill(mark=f"out:{self.quantity}")
        else:
            self._fill()
        self._divide()

    def _worth_a_look(self) -> str:
        """The first number that can be divided; where none can, the first that stands in all."""
        from inferscope.core.study.compare import HEADLINE

        assert self.comparison is not None  # noqa: S101  (called with one)
        rows = {row.quantity: row for row in self.comparison.outputs}
        known = [name for name in HEADLINE if None not in rows[name].values]
        return next(iter((*self.comparison.divisible(self.chosen), *known, HEADLINE[0])))

    # --- what carries a difference --------------------------------------------------------------

    def _divide(self) -> None:
        """Show what carries the difference at hand, once it is known."""
        if self.comparison is None:
            return
        if (self.chosen, self.quantity) in self._carried:
            self._show_carried()
            return
        comparison, chosen, quantity = self.comparison, self.chosen, self.quantity
        label = next(row.label for row in comparison.outputs if row.quantity == quantity)
        self.query_one("#sentence", Static).update(f"{label}: computing what carries the difference …")
        self.query_one("#bars", Static).update("")

        def work() -> None:
            try:
                self.post_message(self.Divided(comparison, self._divided(comparison, chosen, quantity)))
            except InferscopeError as error:
                self.post_message(self.Refused(str(error)))
            except _StoppedError:
                pass

        self.run_worker(work, thread=True, exclusive=True, group="divide")

    def _divided(self, comparison: Comparison, chosen: int, quantity: str) -> Carried:
        """In a thread, one at a time: every mixture is evaluated once for all numbers."""
        from inferscope.core.study.changes import Game
        from inferscope.core.study.compare import divide

        worker = get_current_worker()

        def go_on() -> None:
            if worker.is_cancelled or comparison is not self.comparison:
                raise _StoppedError

        with self._lock:
            go_on()
            if chosen not in self._games:
                ends = (self.first.loaded.scenario, self.others[chosen - 1].loaded.scenario)
                self._games[chosen] = Game(*ends, [row.quantity for row in comparison.outputs])
            game = self._games[chosen]
            game.watch = go_on
            return divide(comparison, game, chosen, quantity)

    @on(Divided)
    def _known(self, event: Divided) -> None:
        if event.comparison is self.comparison:
            self._carried[event.carried.other, event.carried.quantity] = event.carried
            if (self.chosen, self.quantity) in self._carried:
                self._show_carried()

    def _show_carried(self) -> None:
        from inferscope.core.export.differences import sentence
        from inferscope.tui.compared import bars

        carried = self._carried[self.chosen, self.quantity]
        assert self.comparison is not None  # noqa: S101  (what is carried is of one)
        self.query_one("#sentence", Static).update(sentence(self.comparison, carried))
        width = self.query_one("#carried").scrollable_content_region.width - 1
        self.query_one("#bars", Static).update(
            bars(self.comparison, carried, max(width, 30), tall=self.size.height >= _TALL)
        )

    # --- the table ------------------------------------------------------------------------------

    def _fill(self, mark: str = "") -> None:
        """Bring names and table up to what is compared, chosen and shown; a row may be marked anew."""
        if self.comparison is None:
            return
        from inferscope.tui.compared import header, layout, legend, line, rows

        wide = self.size.width >= _WIDE
        found = rows(self.comparison, everything=self._everything, keys=wide)
        table = self.query_one("#rows", OptionList)
        width = max(table.scrollable_content_region.width - 4, 30)
        place = layout(found, len(self.others) + 1, self.chosen, width)
        names = legend(self.comparison, self.size.width - 4, tall=self.size.height >= _TALL)
        self.query_one("#legend", Static).update(names)
        self.query_one("#header", Static).update(f"  {header(place, len(self.others) + 1, self.chosen)}")
        marked = mark or self._marked() or f"out:{self.quantity}"
        with self.prevent(OptionList.OptionHighlighted):
            table.clear_options()
            table.add_options(
                Option(
                    f"  {line(row, place)}" if row.id else _title(row.label),
                    row.id or None,
                    disabled=not row.id,
                )
                for row in found
            )
            ids = [row.id for row in found]
            table.highlighted = (
                ids.index(marked) if marked in ids else next((i for i, x in enumerate(ids) if x), None)
            )
        table.focus()
        if (self.chosen, self.quantity) in self._carried:
            self._show_carried()

    def _marked(self) -> str:
        table = self.query_one("#rows", OptionList)
        return "" if table.highlighted is None else table.get_option_at_index(table.highlighted).id or ""

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        kind, _, name = (event.option.id or "").partition(":")
        if kind == "out" and name != self.quantity:
            self.quantity, self._is_picked = name, True
            self._divide()

    def action_toggle_same(self) -> None:
        """Only what differs, or everything."""
        self._everything = not self._everything
        self._fill()
        self._show_keys()

    def action_next_scenario(self) -> None:
        """The scenario after, round at the end."""
        self._choose(1)

    def action_previous_scenario(self) -> None:
        """The scenario before."""
        self._choose(-1)

    def _choose(self, step: int) -> None:
        if self.others:
            self.chosen = (self.chosen - 1 + step) % len(self.others) + 1
            self._fill()
            self._divide()

    def action_parts_down(self) -> None:
        """Scroll what carries the difference."""
        self.query_one("#carried", VerticalScroll).scroll_down(animate=False)

    def action_parts_up(self) -> None:
        """Scroll it back."""
        self.query_one("#carried", VerticalScroll).scroll_up(animate=False)

    # --- copying and writing --------------------------------------------------------------------

    def stem(self) -> str:
        """A name for a file about the comparison."""
        return "-against-".join(column.name.replace(" ", "-") for column in (self.first, *self.others))

    def marked_text(self) -> str:
        """The marked row."""
        from inferscope.tui.copied import compared_text

        row = self._marked()
        return compared_text(self.comparison, row) if self.comparison is not None and row else ""

    def contents(self) -> Formats:
        """The rows that are listed, and the differences that were divided so far."""
        if self.comparison is None:
            return {}
        from inferscope.core.export import comparison as export

        parts = [
            tuple(item for (other, _), item in self._carried.items() if other == number)
            for number in range(1, len(self.others) + 1)
        ]
        listed = self.comparison if self._everything else self.comparison.differing()
        shown = replace(listed, carried=tuple(part for part in parts if part))
        return {
            ".csv": ("every value, a line each", lambda: export.as_csv(shown)),
            ".json": ("the comparison for programs", lambda: export.as_json(shown)),
            ".md": ("the comparison for people", lambda: export.as_markdown(shown)),
        }

    # --- words ----------------------------------------------------------------------------------

    def action_cancel(self) -> None:
        """Close and remember what it was compared with."""
        self.dismiss(self.others)

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        line = self.query_one("#problem", Static)
        line.update(f"! {text}" if text and problem else text)
        line.set_class(problem, "problem")
        line.display = bool(text)

    def _say(self, text: str) -> None:
        self.say(text, problem=True)

    def _show_keys(self) -> None:
        labels = {"row_down": "figure", "toggle_same": "differing" if self._everything else "all"}
        ranked = sorted((a for a in at("compare") if a.rank), key=lambda action: action.rank)
        names = ["row_down", *(action.name for action in ranked)]  # the last to stay is the first here
        while (shown := self._key_line(names, labels)).cell_length > self.size.width - 4 and len(names) > 1:
            names.pop()
        self.query_one("#keys", Static).update(shown)

    def _key_line(self, names: Sequence[str], labels: dict[str, str]) -> Content:
        """Keys in the order of the table, and the way out."""
        order = ["row_down", *(action.name for action in at("compare"))]
        kept = {name: label for name, label in labels.items() if name in names}
        return self.keys(*sorted(names, key=order.index), "cancel", **kept)


def _title(text: str) -> Content:
    return Content.assemble((text, "bold $primary"))
