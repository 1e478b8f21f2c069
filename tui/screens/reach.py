"""A target for a figure, and which single inputs reach it."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from inferscope.core.errors import InferscopeError
from inferscope.tui.config import key_of
from inferscope.tui.fields import FieldError
from inferscope.tui.figures import Form, value_text
from inferscope.tui.panels.answers import Card
from inferscope.tui.panels.ladder import Ladder
from inferscope.tui.panels.policy import RuleLine
from inferscope.tui.screens.dialog import Dialog, RowList
from inferscope.tui.sizes import clipped
from inferscope.tui.targets import read_target, scale_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events
    from textual.app import ComposeResult

    from inferscope.core.scenario.schema import Scenario
    from inferscope.core.study.choices import Chosen
    from inferscope.core.study.reach import Reached

    Row = Reached | Chosen
    from inferscope.tui.answer import Answer
    from inferscope.tui.session import Session


class Aim(NamedTuple):
    """The quantity that is to be brought somewhere.

    Attributes:
        name: The quantity.
        label: What it is called.
        unit: Its unit.
        form: How it is written.
        value: Its present value.
        target: What to start with in the line, for a rule's threshold.
    """

    name: str
    label: str
    unit: str
    form: Form
    value: float | None
    target: str = ""

    def text(self, value: float) -> str:
        """A value of it."""
        return value_text(value, self.unit, self.form)

    def side(self, target: float) -> str:
        """On which side of a target the figure is wanted, in words."""
        from inferscope.core.graph import REGISTRY

        word = "at least" if REGISTRY.node(self.name).better == "higher" else "at most"
        return f"{word} {self.text(target)}"

    def is_met(self, target: float) -> bool:
        """Whether the figure lies on that side now."""
        import numpy as np

        from inferscope.core.study.reach import Goal

        here = math.nan if self.value is None else self.value
        return bool(Goal(self.name, target, here).met(np.array([here])).all())


class Reach(Dialog["Row"]):
    """Type a target; the result is the input to change.

    Args:
        scenario: What stands.
        aim: What is to be reached.
    """

    class Found(Message):
        """What the search found for a target so far, or why it could not search."""

        def __init__(
            self, target: float, rows: tuple[Row, ...], problem: str = "", *, done: bool = True
        ) -> None:
            super().__init__()
            self.target, self.rows, self.problem, self.done = target, rows, problem, done

    def __init__(self, scenario: Scenario, aim: Aim) -> None:
        super().__init__()
        self.scenario, self.aim = scenario, aim
        self._target: float | None = None
        self._rows: tuple[Row, ...] = ()

    def compose(self) -> ComposeResult:
        """The target, and a line an input."""
        examples = scale_of(self.aim.unit, self.aim.form, self.aim.value).examples
        with Vertical(classes="box tall") as box:
            box.border_title = Content(f"Target for {self.aim.label}, {self._now()}")
            box.border_subtitle = Content(self.aim.name)
            yield Input(self.aim.target, placeholder=f"type a target: {examples}", compact=True, id="filter")
            yield Static(id="header", markup=False)
            yield RowList(id="rows", markup=False, compact=True)
            yield Static(self.keys(accept="searches", cancel="goes back"), id="count", markup=False)

    def _now(self) -> str:
        """The present value."""
        return "no value now" if self.aim.value is None else f"{self.aim.text(self.aim.value)} now"

    def on_mount(self) -> None:
        """Start in the line."""
        self.set_focus(self.query_one(Input))

    def on_resize(self, _event: events.Resize) -> None:
        """Columns follow the width."""
        if self._rows:
            self.call_after_refresh(self._fill)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        aim = self.aim
        try:
            self._target = read_target(event.value, aim.unit, aim.form, aim.value)
        except FieldError as error:
            self._say(f"! {error}")
            return
        self._say(f"Trying every input for {aim.text(self._target)} …")
        self.run_worker(partial(self._search, self._target), thread=True, exclusive=True)

    def _search(self, target: float) -> None:
        """In a thread: posts what it finds, numbers first and then choices."""
        from inferscope.core.study.choices import choose
        from inferscope.core.study.reach import reach

        try:
            numbers = reach(self.scenario, self.aim.name, target)
            self.post_message(self.Found(target, numbers, done=False))
            found = self.Found(target, (*numbers, *choose(self.scenario, self.aim.name, target)))
        except InferscopeError as error:
            found = self.Found(target, (), str(error))
        self.post_message(found)

    def on_reach_found(self, event: Found) -> None:
        """Show it, unless another target was typed meanwhile."""
        if event.target != self._target:
            return
        if event.problem:
            self._say(f"! {event.problem}")
            return
        shown = [row for row in event.rows if getattr(row, "why", "") != IDLE]
        self._rows = tuple(sorted(shown, key=lambda row: row.needed is None))
        self._fill()
        can = sum(row.needed is not None for row in self._rows)
        idle = len(event.rows) - len(self._rows)
        ways = f"enter sets one, {key_of(self.app, 'dialog.filter')} a new target"
        after = ways if event.done else "trying choices …"
        verb = "keep" if self.aim.is_met(event.target) else "reach"
        self._say(f"{can} of {len(event.rows)} {verb} it, {idle} do not move it   {after}")
        if isinstance(self.focused, Input):
            self.set_focus(self.query_one(OptionList))

    def _fill(self) -> None:
        rows = self.query_one(OptionList)
        width = max(rows.scrollable_content_region.width - 2, 30)
        if self._target is not None:
            wanted, kept = self.aim.side(self._target), self.aim.is_met(self._target)
            self.query_one(".box").border_title = Content(f"{self.aim.label} {wanted}, {self._now()}")
            needed = "may go to" if kept else "needed"
            self.query_one("#header", Static).update(
                _line(width, "input", "now", needed, "factor", "it is then")
            )
        marked = rows.highlighted or 0
        rows.clear_options()
        rows.add_options(Option(self._row(row, width), id=row.key) for row in self._rows)
        rows.highlighted = min(marked, len(self._rows) - 1) if self._rows else None

    def _row(self, row: Row, width: int) -> Content:
        now = _present(row)
        if row.needed is None:
            room = max(width - _WIDTHS[0] - _WIDTHS[1] - 4, 8)
            head = (
                f"{clipped(row.label, _WIDTHS[0]):<{_WIDTHS[0]}}  {clipped(now, _WIDTHS[1]):>{_WIDTHS[1]}}  "
            )
            return Content(head + clipped(self._reason(row), room))
        there = "" if row.value is None else self.aim.text(row.value)
        if self.aim.value is not None and there == self.aim.text(self.aim.value):
            there = "not moved"
        return Content(_line(width, row.label, now, _needed(row), _factor(row), there))

    def _reason(self, row: Row) -> str:
        """Why a row does not reach the target, in the units of the screen."""
        nearest = "" if row.nearest is None else _figure(row, row.nearest)
        if row.value is None or not nearest:
            why = str(getattr(row, "why", "none of them can be computed"))
            return why if why.startswith("meets") else f"cannot: {why}"
        return f"cannot: nearest {self.aim.text(row.value)} at {nearest}"

    def _say(self, text: str) -> None:
        line = self.query_one("#count", Static)
        line.update(text)
        line.set_class(text.startswith("!"), "problem")

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        row = self._rows[event.option_index]
        if row.changes:
            self.dismiss(row)
        else:
            self._say(f"{row.key} {self._reason(row)}")

    def _go(self, way: str) -> None:
        """From the line into the rows."""
        super()._go(way)
        if self._rows:
            self.set_focus(self.query_one(OptionList))


_WIDTHS = (18, 13, 13, 8)
"""Columns of label, present and needed value, factor; what the figure then is takes the rest."""
IDLE = "does not move it"


def _line(width: int, label: str, *cells: str) -> str:
    """One row; what does not fit is left away from the right."""
    parts = [f"{clipped(label, _WIDTHS[0]):<{_WIDTHS[0]}}"]
    used = _WIDTHS[0]
    for cell, size in zip(cells, (*_WIDTHS[1:], 12), strict=True):
        if used + size + 2 > width:
            break
        parts.append(f"{clipped(cell, size):>{size}}")
        used += size + 2
    return "  ".join(parts)


def _figure(row: Row, value: float | str) -> str:
    """A value of an input; shares in per cent."""
    from inferscope.core import units
    from inferscope.core.study.choices import Chosen
    from inferscope.core.study.inputs import limits

    if isinstance(value, str) or isinstance(row, Chosen):
        return str(value)
    if limits(row.key).le == 1:
        return f"{100 * value:.4g} %"
    return units.human(value, "1" if row.unit in ("tokens", "accelerators") else row.unit, 4)


def _present(row: Row) -> str:
    return "none" if row.now is None else _figure(row, row.now)


def _needed(row: Row) -> str:
    return "" if row.needed is None else _figure(row, row.needed)


def _factor(row: Row) -> str:
    """How far a number moves; of a choice, how many others do it."""
    from inferscope.core.study.choices import Chosen

    if isinstance(row, Chosen):
        return f"{row.reaching}/{row.tried}"
    return "" if row.factor is None else f"x{row.factor:.3g}"


class Targets(Screen[None]):
    """The part of the explorer that asks for a target; what it needs of it is named at the top."""

    answer: Answer | None

    @property
    def session(self) -> Session:
        """The scenario being edited."""
        raise NotImplementedError

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        raise NotImplementedError

    def change_values(self, changes: Mapping[str, Any], what: str) -> bool:
        """Set dotted keys if the scenario can then be evaluated."""
        raise NotImplementedError

    def action_reach(self) -> None:
        """Ask for a target of the marked figure, or take the marked rule's line for one."""
        if self.answer is None:
            return
        aim = self._aim(self.answer)
        if aim is None:
            there = key_of(self.app, "swap_area")
            self.say(f"Targets are for figures of the answers and rules with a line; {there} goes there")
            return

        def taken(row: Row | None) -> None:
            if row is not None and self.change_values(row.changes, row.label):
                undo = key_of(self.app, "undo")
                self.say(f"{row.label}: {_present(row)} → {_needed(row)}; {undo} takes it back")

        self.app.push_screen(Reach(self.session.scenario, aim), taken)

    def _aim(self, answer: Answer) -> Aim | None:
        """The quantity that is focused; None where there is none."""
        from inferscope.core.graph import REGISTRY

        focused = self.focused
        if isinstance(focused, Card):
            figure = focused.focused_figure
            node, entry = REGISTRY.quantities[figure.name], answer.entry(figure.name)
            return Aim(figure.name, node.label, node.unit, figure.form, entry["value"])
        if isinstance(focused, RuleLine | Ladder) and focused.verdict is not None:
            entry = focused.verdict.entry
            node_ = REGISTRY.quantities.get(entry["quantity"] or "")
            if node_ is not None and entry["threshold"] is not None:
                return Aim(
                    node_.name, node_.label, node_.unit, "plain", entry["value"], f"{entry['threshold']:g}"
                )
        return None
