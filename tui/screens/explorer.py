"""The explorer: the scenario on the left, its answers on the right, every change answered at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import on
from textual.containers import Horizontal, Vertical

from inferscope.core.errors import InferscopeError
from inferscope.tui import pages
from inferscope.tui.actions import bindings
from inferscope.tui.answer import Answer, answer
from inferscope.tui.config import options_of
from inferscope.tui.fields import told
from inferscope.tui.figures import CARDS, MORE_CARDS
from inferscope.tui.panels.answers import Card, KeyNumbers
from inferscope.tui.panels.line import Line
from inferscope.tui.panels.policy import PolicyPanel, RuleLine
from inferscope.tui.panels.scenario import ScenarioColumn
from inferscope.tui.panels.words import Headline, KeyBar, MessageLine, Notes, Title, TooSmall
from inferscope.tui.screens.filing import Filing
from inferscope.tui.screens.picker import Picker
from inferscope.tui.screens.reader import Reader, keys_page
from inferscope.tui.sizes import MODES, figure_rows, modes, shows_all_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual import events
    from textual.app import ComposeResult
    from textual.widget import Widget

    from inferscope.core.scenario.files import Loaded
    from inferscope.tui.fields import Field
    from inferscope.tui.session import Session


class Explorer(Filing):
    """The main screen.

    Args:
        load: Reads the scenario to edit; called after the first paint.
    """

    BINDINGS = bindings("explorer")

    def __init__(self, load: Callable[[], Loaded]) -> None:
        super().__init__()
        self.answer: Answer | None = None
        self._load = load
        self._session: Session | None = None
        self._all_fields: bool | None = None
        self._left_at: dict[str, Widget] = {}
        self._hinted: Widget | None = None

    @property
    def session(self) -> Session:
        """The scenario being edited."""
        self._begin()
        assert self._session is not None  # noqa: S101  (_begin sets it or raises)
        return self._session

    def compose(self) -> ComposeResult:
        """Words above, scenario and answers side by side, message and keys below."""
        yield Title()
        yield Headline()
        with Horizontal(id="body"):
            yield ScenarioColumn(id="scenario")
            with Vertical(id="answers"):
                yield KeyNumbers()
                with Vertical(id="cards"):
                    for card in CARDS:
                        yield Card(card)
                with Vertical(id="beside"):
                    yield PolicyPanel()
                    for number, card in enumerate(MORE_CARDS):
                        yield Card(card, classes="more" if number else "more first")
                    yield Notes()
        yield MessageLine()
        yield KeyBar()
        yield TooSmall()

    # --- showing --------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Show the frame at once; reading and evaluating wait for the first paint."""
        self.show_all()
        self._go(self.query_one(ScenarioColumn).query(Line).first())
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        try:
            self._begin()
        except InferscopeError as error:
            self.app.give_up(error)  # type: ignore[attr-defined]
            return
        self.show_all()
        self.call_after_refresh(self._evaluate)
        self.call_after_refresh(self.begin_filing)

    @property
    def begun(self) -> Session | None:
        """The session, if it has been read already."""
        return self._session

    def _begin(self) -> None:
        from inferscope.tui.recovery import Keeper
        from inferscope.tui.session import Session

        if self._session is None:
            self._session = Session(self._load(), Keeper())

    def _evaluate(self) -> None:
        """Answer the scenario as it stands."""
        try:
            self.answer = answer(self.session.scenario, self.session.notes)
        except InferscopeError as error:
            self.say(str(error), problem=True)
        self.show_all()

    def on_resize(self, event: events.Resize) -> None:
        """Lay out for the size."""
        now = modes(event.size.width, event.size.height)
        for name in MODES:
            self.set_class(name in now, name)
        self.show_all()
        self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        """After a change of size: cards know their width, and what was hidden has the focus again."""
        self._show_answers()
        if self.focused is None and (places := [*self._places("#scenario"), *self._places("#answers")]):
            self._go(self._hinted if self._hinted in places else places[0])

    def show_all(self) -> None:
        """Bring everything up to the session and its answer."""
        self.query_one(Title).show(self._session)
        everything = shows_all_fields(self.app.size.height) if self._all_fields is None else self._all_fields
        self.query_one(ScenarioColumn).show(self._session, self.answer, all_fields=everything)
        self.query_one(Headline).show(self.answer)
        self._show_answers()
        self.refresh_hint()

    def _show_answers(self) -> None:
        rows = figure_rows(*self.app.size)
        for card in self.query(Card):
            card.show(self.answer, 1 if card.has_class("more") and not self.has_class("-huge") else rows)
        self.query_one(KeyNumbers).show(self.answer)
        self.query_one(PolicyPanel).show(self.answer)
        self.query_one(Notes).show(self.answer)

    def _owner(self) -> Line | Card | RuleLine | None:
        """The line or card that is focused, also while its editor is."""
        for widget in (self.focused, getattr(self.focused, "parent", None)):
            if isinstance(widget, Line | Card | RuleLine):
                return widget
        return None

    def refresh_hint(self) -> None:
        """Say what is focused, and the keys that work there."""
        owner = self._owner()
        if owner is not None:
            self._hinted = owner
            self.query_one(KeyBar).show(owner.where)
            self.say(owner.hint())

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """The hint follows the focus; on the same line a message stays."""
        if self._owner() is not self._hinted:
            self.refresh_hint()

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        self.query_one(MessageLine).say(text, problem=problem)

    # --- changing -------------------------------------------------------------------------------

    @on(Line.Changed)
    def _changed(self, event: Line.Changed) -> None:
        self.change(event.field, event.value)

    @on(Line.Refused)
    def _refused(self, event: Line.Refused) -> None:
        self.say(event.text, problem=True)

    def change(self, field: Field, value: Any) -> bool:
        """Set a field if the scenario can then be evaluated; the old value stays if not."""
        changes = field.changes(value, self.session.scenario)
        try:
            scenario = self.session.propose(changes)
            found = answer(scenario, self.session.notes)
        except InferscopeError as error:
            self.say(f"{field.label} stays: {error.message}", problem=True)
            return False
        self.answer = found
        before, _ = field.display(self.session.scenario, None)
        self.session.commit(scenario, field.label)
        self.show_all()
        dropped = [key for key, given in changes.items() if given is None and key != field.key]
        if field.key == "optimizations.speculative":
            dropped = []
        self.say(told(field, before, scenario, dropped))
        return True

    def action_undo(self) -> None:
        """Take the last change back."""
        self._travelled(self.session.undo(), "Undone", "Nothing to undo")

    def action_redo(self) -> None:
        """Make it again."""
        self._travelled(self.session.redo(), "Made again", "Nothing to make again")

    def _travelled(self, what: str, done: str, nothing: str) -> None:
        if what:
            self._evaluate()
        self.say(f"{done}: {what}" if what else nothing)

    def list_choices(self, field: Field) -> None:
        """Open the list of a field's choices."""
        from inferscope.tui.choices import choices, record_id

        raw = field.raw(self.session.scenario)
        current = field.choice(self.session.scenario) if field.kind == "choice" else record_id(field, raw)

        def taken(value: str | None) -> None:
            if value is not None and value != current:
                self.change(field, None if value == field.empty else value)

        try:
            offered = choices(field)
        except InferscopeError as error:  # a damaged file of the user's
            self.say(str(error), problem=True)
            return
        self.app.push_screen(Picker(offered, current), taken)

    # --- moving ---------------------------------------------------------------------------------

    def action_up(self) -> None:
        """The line above."""
        self._move(-1)

    def action_down(self) -> None:
        """The line below."""
        self._move(1)

    def _move(self, step: int) -> None:
        places = self._places(self._area())
        if not places:
            return
        now = self._owner()
        at = places.index(now) + step if now in places else 0
        self._go(places[min(max(at, 0), len(places) - 1)])

    def action_next_line(self) -> None:
        """The next line, from the scenario on to the answers."""
        self._cycle(1)

    def action_previous_line(self) -> None:
        """The line before, round at the ends."""
        self._cycle(-1)

    def _cycle(self, step: int) -> None:
        places = [*self._places("#scenario"), *self._places("#answers")]
        if not places:
            return
        now = self._owner()
        self._go(places[(places.index(now) + step) % len(places) if now in places else 0])

    def _go(self, target: Widget) -> None:
        """Focus at once, so that a key already on its way finds it; the hint comes before any message."""
        self.set_focus(target)
        self.refresh_hint()

    def _area(self) -> str:
        focused = self.focused
        inside = focused is not None and any(node.id == "answers" for node in focused.ancestors)
        return "#answers" if inside else "#scenario"

    def _places(self, area: str) -> list[Widget]:
        chain = {id(widget) for widget in self.focus_chain}
        kinds = [w for w in self.query_one(area).query("*") if isinstance(w, Line | Card | RuleLine)]
        return [w for w in kinds if id(w) in chain]

    def action_swap_area(self) -> None:
        """From the scenario to the answers, and back to where one was."""
        area = self._area()
        if self.focused is not None:
            self._left_at[area] = self.focused
        other = "#scenario" if area == "#answers" else "#answers"
        places = self._places(other)
        if places:
            before = self._left_at.get(other)
            self._go(before if before in places else places[0])

    def action_all_fields(self) -> None:
        """All fields, or the main ones."""
        everything = shows_all_fields(self.app.size.height) if self._all_fields is None else self._all_fields
        self._all_fields = not everything
        self.show_all()
        self.say("All fields of the scenario" if self._all_fields else "The main fields of the scenario")

    # --- reading --------------------------------------------------------------------------------

    def action_explain(self) -> None:
        """Explain what is focused."""
        if self.answer is None:
            return
        focused = self.focused
        if isinstance(focused, Card):
            self.app.push_screen(Reader(pages.quantity_page(self.answer, focused.focused_figure.name)))
        elif isinstance(focused, RuleLine) and focused.verdict is not None:
            self.app.push_screen(Reader(pages.rule_page(focused.verdict)))
        elif isinstance(focused, Line):
            value = " ".join(focused.field.display(self.session.scenario, self.answer)).strip()
            self.app.push_screen(Reader(pages.field_page(self.answer, focused.field, value)))

    def action_help_or_explain(self) -> None:
        """F1: on a figure its explanation, elsewhere the keys."""
        if isinstance(self.focused, Card | RuleLine):
            self.action_explain()
        else:
            self.action_help()

    def action_help(self) -> None:
        """The keys."""
        self.app.push_screen(Reader(keys_page(options_of(self.app).keys)))

    def action_notes(self) -> None:
        """All notes."""
        if self.answer is not None:
            self.app.push_screen(Reader(pages.notes_page(self.answer)))
