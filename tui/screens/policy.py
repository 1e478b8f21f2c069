"""All rules on one screen: how far the scenario is from each line, on a date that slides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.containers import Container, Vertical
from textual.widgets import Input, Static

from inferscope.tui import copied, pages
from inferscope.tui.actions import bindings
from inferscope.tui.config import key_of, options_of
from inferscope.tui.dated import Dated
from inferscope.tui.panels.ruletable import RuleTable
from inferscope.tui.panels.timeline import Timeline
from inferscope.tui.panels.words import KeyBar, MessageLine, Said
from inferscope.tui.rulelist import Filter, counted, every
from inferscope.tui.screens.closing import Closing
from inferscope.tui.screens.handing import Handing
from inferscope.tui.screens.reader import Reader, keys_page, words_of
from inferscope.tui.verdicts import changes_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from textual import events
    from textual.app import ComposeResult

    from inferscope.tui.screens.export import Formats
    from inferscope.tui.screens.policing import Policing
    from inferscope.tui.verdicts import Line

_LEGEND = 110
_SIDE, _BELOW, _BRIEF = 150, 30, 22
"""Columns from which the marked rule is explained beside the list; rows from which it is below, in short."""


class PolicyScreen(Dated, Handing, Closing[None]):
    """The ladder of all rules.

    Args:
        host: The explorer, which holds the scenario and takes changes.
    """

    PLACE = "rules."
    BINDINGS = bindings("rules")
    CSS_PATH = "policy.tcss"
    MODES: ClassVar[tuple[str, ...]] = ("-side", "-below", "-brief")

    def __init__(self, host: Policing) -> None:
        super().__init__()
        self.host = host
        self.filter = Filter()
        self._all: list[Line] = []

    def compose(self) -> ComposeResult:
        """What is shown and on which day, the years, the rules, the marked one, message and keys."""
        yield Said("policy-title")
        yield Timeline()
        yield Input(placeholder="words that a rule has to contain", compact=True, id="rule-filter")
        with Container(id="rules-body"):
            yield RuleTable()
            with Vertical(id="rule-detail"):
                yield Static(id="rule-words", markup=False)
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the rules."""
        self.query_one("#rule-filter").display = False
        self.query_one(KeyBar).show(("rules",))
        self.query_one(RuleTable).focus()
        self.show_rules()

    def on_resize(self, event: events.Resize) -> None:
        """Explain the marked rule beside the list, below it, or only when asked."""
        width, height = event.size
        mode = "-side" if width >= _SIDE else "-below" if height >= _BELOW else "-brief"
        for name in self.MODES:
            self.set_class(name == mode and (mode != "-brief" or height >= _BRIEF), name)
        self.call_after_refresh(self.show_rules)

    # --- showing --------------------------------------------------------------------------------

    @property
    def own_day(self) -> dt.date:
        """The scenario's date."""
        assert self.host.answer is not None  # noqa: S101  (the screen is opened on an answer)
        return self.host.answer.as_of

    @property
    def marked(self) -> Line | None:
        """The rule that is marked."""
        return self.query_one(RuleTable).marked

    def show_rules(self) -> None:
        """Bring the screen up to the scenario, the date and the filter."""
        assert self.host.answer is not None  # noqa: S101
        self._all = every(self.host.answer, self.day)
        shown = self.filter.of(self._all)
        today = self.day or self.own_day
        self.query_one(RuleTable).show(shown, f"no rule of {len(self._all)} is {self.filter.words()}")
        self.query_one(Timeline).show(changes_of(self._all), self.own_day, today)
        label = self.host.session.label
        take = key_of(self.app, "rules.date_take")
        other = f"not the scenario's {self.own_day} ({take}: take it)"
        date = "the scenario's date" if self.day is None else other
        self.query_one("#policy-title", Said).say(
            ([(" Policy", "bold $primary"), (f"  {label}", "bold")], counted(shown, len(self._all))),
            ([(f" {today}", "bold $accent"), (f"  {date}", "$text-muted")], self._remark()),
        )
        self.refresh_rule()

    def _remark(self) -> str:
        legend = "~ a range crosses the line   † unverified"
        return f"{legend}   {self.filter.words()}" if self.size.width >= _LEGEND else self.filter.words()

    def refresh_rule(self) -> None:
        """Explain the marked rule where there is room."""
        line = self.marked
        self.say("" if line is None else line.sentence())
        words = self.query_one("#rule-words", Static)
        if line is None:
            words.update("")
        elif (width := words.container_size.width) > 0:
            page = pages.rule_brief(line)
            if not self.has_class("-brief"):
                whole = pages.rule_page(line)
                page = replace(whole, value=f"{whole.value}: {whole.text[0][1]}", text=whole.text[1:])
            words.update(words_of(page, width - 1))

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        self.query_one(MessageLine).say(text, problem=problem)

    # --- moving ---------------------------------------------------------------------------------

    def action_row(self, step: int) -> None:
        """Mark another rule."""
        table = self.query_one(RuleTable)
        if table.mark(table.at + step):
            self.refresh_rule()

    def action_row_up(self) -> None:
        """The rule above."""
        self.action_row(-1)

    def action_row_down(self) -> None:
        """The rule below."""
        self.action_row(1)

    def action_page_up(self) -> None:
        """A screenful up."""
        self.action_row(-self.query_one(RuleTable).room)

    def action_page_down(self) -> None:
        """A screenful down."""
        self.action_row(self.query_one(RuleTable).room)

    def action_first(self) -> None:
        """The first rule."""
        self.action_row(-len(self._all))

    def action_last(self) -> None:
        """The last rule."""
        self.action_row(len(self._all))

    # --- the date -------------------------------------------------------------------------------

    def dated_rules(self) -> Sequence[Line]:
        """All rules, listed or not."""
        return self._all

    def show_day(self) -> None:
        """Judge all rules on the chosen day."""
        self.show_rules()

    def action_date_take(self) -> None:
        """Give the scenario the chosen date."""
        day = self.day
        if day is None:
            self.say("This is the scenario's date already")
            return
        wrong = self.host.take({"as_of": day}, f"date {day}")
        if not wrong:
            self.day = None
            self.show_rules()
        undo = key_of(self.app, "rules.undo")
        self.say(wrong or f"The scenario's date is now {day}; {undo} takes that back", problem=bool(wrong))

    # --- filtering ------------------------------------------------------------------------------

    def _filtered(self, **changes: Any) -> None:
        self.filter = self.filter._replace(**changes)
        self.show_rules()

    def action_filter(self) -> None:
        """Type words that a rule has to contain."""
        field = self.query_one("#rule-filter", Input)
        field.display = True
        field.focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._filtered(text=event.value)
        self.query_one(RuleTable).mark(0)
        self.refresh_rule()

    @on(Input.Submitted)
    def _done_typing(self) -> None:
        field = self.query_one("#rule-filter", Input)
        field.display = bool(field.value)
        self.query_one(RuleTable).focus()

    def action_next_place(self) -> None:
        """Only the rules of the next jurisdiction."""
        self._filtered(place=self.filter.next_place(self._all))

    def action_next_kind(self) -> None:
        """Only rules that bind, that are true, or that are what-ifs; all again."""
        self._filtered(kind=self.filter.next_kind())

    def action_unknown(self) -> None:
        """Hide or show what is unknown."""
        self._filtered(unknown=not self.filter.unknown)

    def action_order(self) -> None:
        """The nearest first, or the order of the catalogue."""
        self._filtered(nearest=not self.filter.nearest)

    # --- reading and giving facts ---------------------------------------------------------------

    def action_open_rule(self) -> None:
        """Ask for what the marked rule misses; where it misses nothing, explain it."""
        line = self.marked
        if line is not None and line.entry["missing"]:
            self.action_facts()
        else:
            self.action_explain()

    def action_explain(self) -> None:
        """Everything about the marked rule."""
        if self.marked is not None:
            self.app.push_screen(Reader(pages.rule_page(self.marked)))

    def action_facts(self) -> None:
        """Set a fact that the marked rule reads."""
        from inferscope.tui.screens.facts import fact_choices, keys_of
        from inferscope.tui.screens.picker import Picker

        if self.marked is None:
            return
        entry = self.marked.entry
        keys = keys_of(entry)
        if not keys:
            self.say("What this rule reads is computed: change the chip, the model or the site")
        elif len(keys) == 1:
            self._ask(keys[0])
        else:
            offered = fact_choices(keys, self.host.session.scenario, entry["missing"])
            self.app.push_screen(Picker(offered, keys[0]), self._ask)

    def _ask(self, key: str | None) -> None:
        from inferscope.tui.screens.facts import AskFact, changes_of, shown

        if key is None:
            return

        def taken(_changed: object) -> None:
            if shown(self.host.session.scenario, key) != now:
                self.show_rules()
                fact = shown(self.host.session.scenario, key) or "not known"
                self.say(f"{key} = {fact}; {key_of(self.app, 'rules.undo')} takes that back")

        now = shown(self.host.session.scenario, key)
        self.app.push_screen(
            AskFact(key, now, lambda value: self.host.take(changes_of(key, value), key)), taken
        )

    def action_undo(self) -> None:
        """Take the last change of the scenario back."""
        self.host.action_undo()
        self.show_rules()

    def action_redo(self) -> None:
        """Make it again."""
        self.host.action_redo()
        self.show_rules()

    # --- copying and writing --------------------------------------------------------------------

    def stem(self) -> str:
        """A name for a file about the rules on the chosen day."""
        return f"{self.host.session.stem}-rules" + ("" if self.day is None else f"-{self.day}")

    def marked_text(self) -> str:
        """The marked rule."""
        return "" if self.marked is None else copied.rule_text(self.marked.entry, self.host.session)

    def contents(self) -> Formats:
        """The rules that are listed, on the chosen day."""
        from inferscope.core.export import policy
        from inferscope.core.report import policy_report
        from inferscope.core.scenario.files import Loaded

        session = self.host.session
        about, _ = policy_report(Loaded(session.titled, session.path, {}), self.day)
        entries = [line.entry for line in self.filter.of(self._all)]
        return {
            ".csv": ("every rule that is listed, a line each", lambda: policy.as_csv(about, entries)),
            ".json": ("the same for programs", lambda: policy.as_json(about, entries)),
            ".md": ("the same for people", lambda: policy.as_markdown(about, entries)),
        }

    # --- leaving --------------------------------------------------------------------------------

    def action_chip_map(self) -> None:
        """The map of chips on the chosen day."""
        self.host.show_chip_map(self.day)

    def action_counts(self) -> None:
        """What each regime counts as training compute."""
        from inferscope.tui.screens.counted import CountsScreen

        self.app.push_screen(CountsScreen(self.host))

    def action_lines(self) -> None:
        """A line that slides over the models of the catalogue."""
        from inferscope.tui.screens.lines import LinesScreen

        self.app.push_screen(LinesScreen())

    def action_chip_strip(self) -> None:
        """Every chip through time."""
        self.host.show_chip_strip()

    def action_help(self) -> None:
        """The keys."""
        self.app.push_screen(Reader(keys_page(options_of(self.app).keys, "rules")))

    def action_leave(self) -> None:
        """Close a filter first, then the screen."""
        field = self.query_one("#rule-filter", Input)
        if field.has_focus or field.value:
            field.value = ""
            self._done_typing()
            return
        self.dismiss(None)
