"""Run a study in a thread: start it, watch it, stop it, and sort what it found."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from textual import on
from textual.message import Message
from textual.worker import get_current_worker

from inferscope.core.errors import InferscopeError
from inferscope.tui.config import key_of
from inferscope.tui.forms import FormError, line_of
from inferscope.tui.screens.dialog import Dialog
from inferscope.tui.studies import Found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.worker import Worker

    from inferscope.core.scenario.schema import Scenario
    from inferscope.tui.sheet import Order, Sheet
    from inferscope.tui.studies import Desk, Study

_OFTEN_S = 0.1
"""Seconds between two words about how far a study is."""


class _StoppedError(Exception):
    """Nobody waits for the result any more."""


class Run(NamedTuple):
    """A study at work."""

    study: Study
    scenario: Scenario
    values: Mapping[str, str]


class Running(Dialog[str]):
    """The part of the screen of studies that runs them; what it needs of it is named at the top."""

    desk: Desk
    busy: Run | None = None
    _worker: Worker[None] | None = None
    _asked: tuple[str, Order] | None = None

    class Progressed(Message):
        """A study got on."""

        def __init__(self, run: Run, done: int, of: int) -> None:
            super().__init__()
            self.run, self.done, self.of = run, done, of

    class Ended(Message):
        """A study has its result."""

        def __init__(self, run: Run, sheet: Sheet) -> None:
            super().__init__()
            self.run, self.sheet = run, sheet

    class Refused(Message):
        """A study cannot be run as asked; with the line that is wrong, where one is."""

        def __init__(self, run: Run, text: str, line: str = "") -> None:
            super().__init__()
            self.run, self.text, self.line = run, text, line

    class Sorted(Message):
        """The rows of a study are in another order."""

        def __init__(self, name: str, sheet: Sheet) -> None:
            super().__init__()
            self.name, self.sheet = name, sheet

    def show_found(self) -> None:
        """Bring everything up to the chosen study and its result."""
        raise NotImplementedError

    def point_at(self, line: str) -> None:
        """Mark a line of the form as wrong and go there; no line: none is wrong any more."""
        raise NotImplementedError

    def key_of_rows(self) -> str:
        """The key that goes to the rows from where the focus is."""
        raise NotImplementedError

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        raise NotImplementedError

    def on_unmount(self) -> None:
        """Nobody waits for what still runs."""
        self.busy = None

    # --- from start to end ----------------------------------------------------------------------

    def start(self, run: Run) -> None:
        """Run a study; what runs already is stopped."""
        self.busy = run
        self.point_at("")
        self._worker = self.run_worker(lambda: self._work(run), thread=True, exclusive=True, group="study")
        self.say(f"{run.study.name}: computing … {self._stop_key} stops it")
        self.show_found()

    @property
    def _stop_key(self) -> str:
        return key_of(self.app, "dialog.cancel")

    def _work(self, run: Run) -> None:
        """In a thread: run a study and lay its table out."""
        from inferscope.tui.sheet import sheet_of

        worker, last = get_current_worker(), 0.0

        def watch(done: int, of: int) -> None:
            nonlocal last
            if worker.is_cancelled or self.busy is not run:
                raise _StoppedError
            now = time.monotonic()
            if now - last >= _OFTEN_S:
                last = now
                self.post_message(self.Progressed(run, done, of))

        try:
            sheet = sheet_of(run.study.run(run.scenario, run.values, watch))
        except _StoppedError:
            return
        except InferscopeError as error:
            text = error.message if isinstance(error, FormError) else str(error)
            self.post_message(self.Refused(run, text, line_of(error, run.values)))
        else:
            self.post_message(self.Ended(run, sheet))

    def stop(self) -> None:
        """Wait no longer for what runs; a study that says how far it is ends there."""
        if self.busy is None:
            return
        name, self.busy = self.busy.study.name, None
        self.desk.stopped.add(name)
        if self._worker is not None:
            self._worker.cancel()
        self.show_found()
        self.say(f"{name} was stopped; {self._stop_key} again closes")

    @on(Progressed)
    def _progressed(self, event: Progressed) -> None:
        if event.run is self.busy:
            share = f"{100 * event.done / event.of:.0f} %, " if event.of else ""
            count = f"{event.done:,} of {event.of:,}"
            self.say(f"{event.run.study.name}: {share}{count} … {self._stop_key} stops it")

    @on(Refused)
    def _refused(self, event: Refused) -> None:
        if event.run is not self.busy:
            return
        self.busy = None
        self.show_found()
        name = event.run.study.name
        if name == self.desk.chosen:
            self.point_at(event.line)
            self.say(f"{event.line}: {event.text}" if event.line else event.text, problem=True)
        else:
            self.say(f"{name}: {event.text}", problem=True)

    @on(Ended)
    def _ended(self, event: Ended) -> None:
        if event.run is not self.busy:
            return
        self.busy = None
        name, rows, made = event.run.study.name, event.sheet.total, event.sheet.made
        self.desk.found[name] = Found(event.run.scenario, event.run.values, event.sheet)
        self.desk.stopped.discard(name)
        self.show_found()
        there = self.key_of_rows()
        where = f"{there} goes to them" if name == self.desk.chosen else "choose it to see them"
        some = f", of which the first {rows:,} are kept" if made > rows else ""
        count = f": {made:,} row{'' if made == 1 else 's'}{some}; {where}" if rows else ""
        self.say(f"{name} is done{count}")

    # --- order ----------------------------------------------------------------------------------

    def sort_by(self, place: int) -> None:
        """Sort the result at hand by a column, in a thread: a long table takes a moment."""
        name = self.desk.chosen
        sheet = self.desk.found[name].sheet
        is_asked = self._asked is not None and self._asked[0] == name
        before = self._asked[1] if is_asked and self._asked is not None else sheet.order
        wanted = before.after(place)
        self._asked = (name, wanted)

        def work() -> None:
            self.post_message(self.Sorted(name, sheet.in_order(wanted)))

        self.run_worker(work, thread=True, group="sort")

    @on(Sorted)
    def _sorted(self, event: Sorted) -> None:
        if self._asked != (event.name, event.sheet.order):
            return
        self._asked = None
        found = self.desk.found[event.name]
        if found.sheet.table is not event.sheet.table:  # it was run again meanwhile
            return
        self.desk.found[event.name] = replace(found, sheet=event.sheet)
        self.show_found()
        if event.name == self.desk.chosen:
            self.say(event.sheet.order_words)
