"""Studies: fill in a form, watch it run, sort what was found, and go on with one of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from inferscope.tui.actions import at, bindings
from inferscope.tui.config import key_of, options_of
from inferscope.tui.keys import shown_key
from inferscope.tui.panels.form import Entry, Form, form_id
from inferscope.tui.panels.outcome import Outcome
from inferscope.tui.panels.sheetview import SheetView
from inferscope.tui.screens.dialog import Table
from inferscope.tui.screens.handing import Handing
from inferscope.tui.screens.running import Run, Running
from inferscope.tui.sizes import FULL, LEAST, clipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.widget import Widget

    from inferscope.tui.actions import Action
    from inferscope.tui.screens.export import Formats
    from inferscope.tui.screens.studying import Studying
    from inferscope.tui.studies import Desk, Found, Study

_WIDE, _TALL, _SHORT, _PLOT = 160, 34, 20, 15
"""Columns from which the form stands beside the result; rows from which both stay, with a plot; from which
rows and plot have room beside the form; under which a plot has none at all."""
_FRAME, _DESK = 4, 64
"""Columns that the frame takes, and the form where it stands beside the result."""


class Studies(Handing, Running):
    """The studies of a scenario; the result is what was changed, in words.

    Args:
        host: The explorer, which holds the scenario and takes changes.
        studies: Those that can be run, one at least.
        desk: What is kept of them from one opening to the next.
    """

    PLACE = "studies."
    WHERE = ("studies", "dialog")
    BINDINGS = bindings("studies")

    def __init__(self, host: Studying, studies: Sequence[Study], desk: Desk) -> None:
        super().__init__()
        self.host, self.desk = host, desk
        self._studies = {study.name: study for study in studies}
        if desk.chosen not in self._studies:
            desk.chosen = next(iter(self._studies))
        assert host.answer is not None  # noqa: S101  (the screen is opened on an answer)
        self._starts = {
            study.name: {line.name: line.start(host.answer) for line in study.lines} for study in studies
        }
        self._said: tuple[str, bool] = ("", False)
        self._left_at: Widget | None = None

    def compose(self) -> ComposeResult:
        """The studies and the form of one, then the result, message and keys."""
        with Vertical(classes="box full") as box:
            box.border_title = Content(f"Studies of {self.host.session.label}")
            with Container(id="study-body"):
                with Container(id="desk"):
                    options = [Option(f"  {name}", name) for name in self._studies]
                    yield Table(*options, id="study-list", markup=False, compact=True)
                    yield Form(self._study, self._values(self._study))
                yield Outcome()
            yield Static(id="said", markup=False)
            yield Static(id="keys", markup=False)

    def on_mount(self) -> None:
        """Start on the list."""
        rows = self.query_one("#study-list", OptionList)
        rows.styles.height = len(self._studies)
        with self.prevent(OptionList.OptionHighlighted):
            rows.highlighted = list(self._studies).index(self.desk.chosen)
        self.set_focus(rows)
        self.show_found()

    def on_resize(self, event: events.Resize) -> None:
        """Form and result side by side, one below the other, or one at a time."""
        width, height = event.size
        self.set_class(width >= _WIDE, "-wide")
        self.set_class(width < _WIDE and height < _TALL, "-low")
        self.set_class(width < LEAST[0] or height < LEAST[1], "-small")
        self._make_room()
        self._say_all()
        self.call_after_refresh(self._outcome.draw)

    # --- what is chosen and found ---------------------------------------------------------------

    @property
    def _study(self) -> Study:
        return self._studies[self.desk.chosen]

    @property
    def _form(self) -> Form:
        return self.query_one(f"#{form_id(self.desk.chosen)}", Form)

    @property
    def _outcome(self) -> Outcome:
        return self.query_one(Outcome)

    @property
    def _sheet(self) -> SheetView:
        return self.query_one(SheetView)

    @property
    def _found(self) -> Found | None:
        """The last result of the chosen study."""
        return self.desk.found.get(self.desk.chosen)

    def _values(self, study: Study) -> dict[str, str]:
        """What stands in the form of a study."""
        return self._starts[study.name] | self.desk.values.get(study.name, {})

    def show_found(self) -> None:
        """Bring everything up to the chosen study and its result."""
        found, rows = self._found, self.query_one("#study-list", OptionList)
        for name in self._studies:
            is_busy = self.busy is not None and self.busy.study.name == name
            mark = "…" if is_busy else "•" if name in self.desk.found else " "
            rows.replace_option_prompt(name, f"{mark} {name}")
        run = key_of(self.app, "dialog.accept")
        nothing = f"no result yet: {run} runs {self.desk.chosen.lower()}" if found is None else "no rows"
        self._outcome.show(found.sheet if found else None, nothing)
        self._make_room()
        self._say_all()

    def _remark(self) -> str:
        """What has to be known of the result."""
        found, name, read = self._found, self.desk.chosen, key_of(self.app, "studies.notes")
        if found is None:
            return ""
        stopped, now = name in self.desk.stopped, self.host.session.scenario
        return found.remark(now, self._values(self._study), read, stopped=stopped)

    def _make_room(self) -> None:
        """Where there is little, the form goes while one is at the rows; the sentence takes what it may."""
        at_rows, outcome = self.focused is self._sheet, self._outcome
        is_low, is_small = self.has_class("-low"), self.has_class("-small")
        drawn = self._is_plotted and outcome.curve is not None
        self.query_one("#desk").display = not (at_rows and (is_low or is_small))
        outcome.display = at_rows or not is_small
        most = 2 if is_low and not (at_rows and self.size.height >= FULL[1]) else 4 if is_low or drawn else 6
        outcome.fit(max(self.size.width - _FRAME - (_DESK if self.has_class("-wide") else 0), 20), most)
        outcome.say(self._remark())
        outcome.plot(wanted=self._is_plotted, alone=not self._fits_both)

    @property
    def _fits_both(self) -> bool:
        """Whether rows and plot have room."""
        return self.size.height >= (_SHORT if self.has_class("-wide") else _TALL)

    @property
    def _is_plotted(self) -> bool:
        """Whether a plot is shown; one that takes the place of the rows is while one is there."""
        both, asked = self._fits_both, self.desk.plotted
        wanted = both if asked is None else asked
        return wanted and (both or (self.focused is self._sheet and self.size.height >= _PLOT))

    # --- choosing and typing --------------------------------------------------------------------

    @on(OptionList.OptionHighlighted)
    async def _chose(self, event: OptionList.OptionHighlighted) -> None:
        name, is_now = event.option.id, event.option_list.highlighted == event.option_index
        if is_now and name in self._studies and name != self.desk.chosen:
            self._form.display = False
            self.desk.chosen = name
            if not (forms := self.query(f"#{form_id(name)}")):  # most are never looked at
                await self.query_one("#desk").mount(Form(self._study, self._values(self._study)))
            forms.set(display=True)
            self.say("")
            self.show_found()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        entry = event.input
        if not isinstance(entry, Entry):
            return
        kept = self.desk.values.setdefault(entry.study, {})
        kept[entry.line.name] = event.value
        if event.value == self._starts[entry.study][entry.line.name]:
            del kept[entry.line.name]  # what is as it starts follows the scenario
        self._outcome.say(self._remark())
        if entry.is_wrong:
            self.point_at("")
            self.say("")

    def point_at(self, line: str) -> None:
        """Mark a line of the form as wrong and go there; no line: none is wrong any more."""
        entry = self._form.mark_wrong(line)
        if entry is not None:
            self._go_to(entry)

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _entered(self) -> None:
        self.start(Run(self._study, self.host.session.scenario, self._values(self._study)))

    async def action_accept(self) -> None:
        """Run the study; on a row, go on with it."""
        if self.focused is self._sheet:
            self._take_row()
        else:
            self._entered()

    def action_cancel(self) -> None:
        """Stop what runs; where nothing does, close."""
        if self.busy is None:
            self.dismiss("")
        else:
            self.stop()

    # --- moving ---------------------------------------------------------------------------------

    def _stops(self) -> list[Widget]:
        """What can be focused, in order."""
        rows = [self._sheet] if self._found is not None else []
        return [self.query_one("#study-list"), *self._form.entries, *rows]

    def _go_to(self, target: Widget) -> None:
        """Focus, after making room for it."""
        self.query_one("#outcome" if target is self._sheet else "#desk").display = True
        self.set_focus(target)

    def _step(self, step: int, *, around: bool) -> None:
        stops = self._stops()
        then = (stops.index(self.focused) if self.focused in stops else 0) + step
        self._go_to(stops[then % len(stops) if around else min(max(then, 0), len(stops) - 1)])

    def action_next_part(self) -> None:
        """From the list through the lines to the rows."""
        self._step(1, around=True)

    def action_previous_part(self) -> None:
        """Back."""
        self._step(-1, around=True)

    def action_swap(self) -> None:
        """From list and form to the rows; back to where one was."""
        if self.focused is self._sheet:
            stops = self._stops()
            self._go_to(self._left_at if self._left_at in stops else stops[0])
        elif self._found is None:
            self.say(f"no rows yet: {key_of(self.app, 'dialog.accept')} runs the study", problem=True)
        else:
            self._left_at = self.focused
            self._go_to(self._sheet)

    def key_of_rows(self) -> str:
        """The key that goes to the rows from where the focus is: a letter would be typed into a line."""
        swap = next(action for action in at("studies") if action.name == "swap")
        keys = swap.keys_in(options_of(self.app).keys)
        named = [key for key in keys if len(key) > 1] if isinstance(self.focused, Input) else []
        return shown_key([*named, *keys][0])

    def action_filter(self) -> None:
        """Go to the form."""
        self._go_to(self._form.entries[0] if self._form.entries else self._stops()[0])

    def _go(self, way: str) -> None:
        """Up and down: among rows, studies, or lines."""
        sheet = self._sheet
        if self.focused is sheet:
            far = {"cursor_up": -1, "cursor_down": 1, "page_up": -sheet.room, "page_down": sheet.room}
            self._mark(sheet.at + far[way])
        elif isinstance(self.focused, OptionList):
            getattr(self.focused, f"action_{way}")()
        else:
            self._step(-1 if way.endswith("up") else 1, around=False)

    def _mark(self, row: int) -> None:
        self._sheet.mark(row)
        self.say("")

    def action_first(self) -> None:
        """The first row."""
        self._mark(0)

    def action_last(self) -> None:
        """The last row."""
        self._mark(len(self._found.sheet.rows) if self._found else 0)

    def action_column_left(self) -> None:
        """The column before."""
        self._sheet.turn(-1)
        self.say("")

    def action_column_right(self) -> None:
        """The next column."""
        self._sheet.turn(1)
        self.say("")

    def on_descendant_focus(self) -> None:
        """What is said and offered follows the focus; what was wrong stays until the next key."""
        self._make_room()
        if not self._said[1] and self.busy is None:
            self.say("")
        self._say_all()

    # --- what can be done with a result ---------------------------------------------------------

    def action_sort(self) -> None:
        """Sort by the marked column: the least first, the greatest first, as the study had it."""
        head = self._sheet.head
        if self._found is None or head is None:
            self.say("nothing to sort yet", problem=True)
        else:
            self.sort_by(head.place)

    @on(SheetView.Opened)
    def _take_row(self) -> None:
        """Make the marked row the explorer's scenario and go there."""
        found, study = self._found, self.desk.chosen.lower()
        if found is None or not found.sheet.rows:
            self.say("there is no row yet", problem=True)
            return
        changes = found.sheet.changes(self._sheet.at)
        if changes is None:
            self.say(f"the rows of {study} are no scenarios of their own", problem=True)
        elif not changes:
            self.say("this row changes nothing in the scenario", problem=True)
        else:
            from inferscope.tui.sheet import changed

            what = changed(changes)
            wrong = self.host.take(changes, what)
            if wrong:
                self.say(wrong, problem=True)
            else:
                self.dismiss(f"From {study}: {what}")

    def action_plot(self) -> None:
        """Show or hide the plot."""
        if self._outcome.curve is None:
            why = "there is no result yet" if self._found is None else f"{self.desk.chosen} has no plot"
            self.say(why, problem=True)
            return
        if self.size.height < _PLOT:
            self.say(f"a plot needs {_PLOT} rows of the screen", problem=True)
            return
        if not self._fits_both and self.focused is not self._sheet:  # there it takes the place of the rows
            self.desk.plotted = True
            self.action_swap()
        else:
            self.desk.plotted = not self._is_plotted
        self._make_room()
        self.say("")

    def action_notes(self) -> None:
        """The sentence and all notes."""
        from inferscope.tui.pages import Page
        from inferscope.tui.screens.reader import Reader

        if self._found is None:
            self.say("there is no result yet", problem=True)
            return
        table = self._found.sheet.table
        text = [("", table.sentence), *(("", f"- {note}") for note in table.notes)]
        self.app.push_screen(Reader(Page(table.title, "", text)))

    # --- copying and writing --------------------------------------------------------------------

    def stem(self) -> str:
        """A name for a file about the result."""
        return f"{self.host.session.stem}-{self.desk.chosen.lower()}"

    def marked_text(self) -> str:
        """The marked row."""
        from inferscope.tui.copied import study_text

        found = self._found
        if found is None or not found.sheet.rows:
            return ""
        return study_text(found.sheet.table.title, found.sheet.words(self._sheet.at))

    def contents(self) -> Formats:
        """All rows, in the order that is shown."""
        if self._found is None:
            return {}
        from inferscope.tui.sheet import formats

        return formats(self._found.sheet)

    # --- words ----------------------------------------------------------------------------------

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys; an empty one says what is focused."""
        self._said = (text, problem)
        self._say_all()

    def _say_all(self) -> None:
        """What was said last, or what is focused; and the keys."""
        (text, problem), focused = self._said, self.focused
        line = self.query_one("#said", Static)
        hint = focused.hint() if isinstance(focused, Entry | SheetView) else ""
        line.update(f"! {text}" if problem else text or clipped(hint, max(self.size.width - _FRAME, 10)))
        line.set_class(problem, "problem")
        self.query_one("#keys", Static).update(self._keys())

    def _keys(self) -> Content:
        """The keys that matter where the focus is, the most useful that fit."""
        cancel, found, ways = "stop" if self.busy is not None else "close", self._found, dict[str, str]()
        plot = "plot" if not self._is_plotted else "no plot" if self._fits_both else "rows"
        draws = {"plot": plot} if self._outcome.curve is not None else {}
        if self.focused is self._sheet and found is not None:
            if found.sheet.rows and found.sheet.changes(self._sheet.at):
                ways["accept"] = "take row"
            ways |= draws | {"sort": "sort", "column_right": "column", "swap": "form"}
            ways |= {"notes": "notes", "export": "export"}
        else:
            ways = {"accept": "run"} | ({"swap": "rows"} if found is not None else {})
            ways |= {} if isinstance(self.focused, Input) else draws
            ways |= {"next_part": "next", "row_down": "move"}
        while len(ways) > 1 and self.keys(**ways, cancel=cancel).cell_length > self.size.width - _FRAME + 2:
            ways.popitem()
        return self.keys(**ways, cancel=cancel)

    def key_shown(self, action: Action) -> str:
        """The key of an action; in a line of the form one that is not typed into it."""
        return self.key_of_rows() if action.name == "swap" else super().key_shown(action)
