"""The explorer: the scenario on the left, its answers on the right, every change answered at once."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from textual import on
from textual.containers import Horizontal, Vertical

from inferscope.core.errors import InferscopeError
from inferscope.tui.actions import bindings
from inferscope.tui.answer import Answer, Baseline, answer
from inferscope.tui.fields import told
from inferscope.tui.figures import CARDS, MORE_CARDS
from inferscope.tui.panels.answers import Card, KeyNumbers
from inferscope.tui.panels.ladder import Ladder
from inferscope.tui.panels.line import Line
from inferscope.tui.panels.plot import PlotPanel
from inferscope.tui.panels.policy import PolicyPanel
from inferscope.tui.panels.rows import Place
from inferscope.tui.panels.scenario import ScenarioColumn
from inferscope.tui.panels.strip import ViewStrip
from inferscope.tui.panels.toggles import Toggles, sentence
from inferscope.tui.panels.words import Headline, KeyBar, MessageLine, Notes, Title
from inferscope.tui.screens.comparing import Comparing
from inferscope.tui.screens.filing import Filing
from inferscope.tui.screens.hands import Hands
from inferscope.tui.screens.policing import Policing
from inferscope.tui.screens.reach import Targets
from inferscope.tui.screens.reading import Reading
from inferscope.tui.screens.studying import Studying
from inferscope.tui.screens.views import Views
from inferscope.tui.sizes import shows_all_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.widget import Widget

    from inferscope.core.scenario.files import Loaded
    from inferscope.core.scenario.schema import Scenario
    from inferscope.tui.fields import Field
    from inferscope.tui.session import Session


class Explorer(Reading, Views, Policing, Filing, Targets, Hands, Comparing, Studying):
    """The main screen.

    Args:
        load: Reads the scenario to edit; called after the first paint.
    """

    BINDINGS = bindings("explorer")

    def __init__(self, load: Callable[[], Loaded]) -> None:
        super().__init__()
        self.answer: Answer | None = None
        self.baseline: Baseline | None = None
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
        self.lay_out()
        part = self.part
        yield Title()
        yield Headline()
        with Horizontal(id="body"):
            yield ScenarioColumn(id="scenario")
            with Vertical(id="answers"):
                with part(Vertical(id="middle")):
                    yield part(ViewStrip(id="top-strip"))
                    yield part(KeyNumbers())
                    with part(Vertical(id="cards")):
                        for card in CARDS:
                            yield Card(card)
                    yield part(ViewStrip(id="mid-strip"))
                    with part(Vertical(id="lower")):
                        yield part(PolicyPanel(id="rules"))
                        with part(Vertical(id="more")):
                            for card in MORE_CARDS:
                                yield Card(card)
                        yield part(PlotPanel())
                        yield part(Notes(id="notes"))
                with part(Vertical(id="side")):
                    yield part(Toggles())
                    yield part(Ladder())
        yield MessageLine()
        yield KeyBar()

    # --- showing --------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Show the frame at once; reading and evaluating wait for the first paint."""
        self.show_all()
        self.go_to(self.query_one(ScenarioColumn).query(Line).first())
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        gc.enable()  # the command line has put it off
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
            self.answer = self._answered(self.session.scenario)
        except InferscopeError as error:
            self.say(str(error), problem=True)
        self.show_all()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay out for the size."""
        self.lay_out()
        self.show_all()
        self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        """After a change of size: cards know their width, and what was hidden has the focus again."""
        self.show_answers()
        if self.focused is None and (places := [*self.places("#scenario"), *self.places("#answers")]):
            self.go_to(self._hinted if self._hinted in places else places[0])

    def show_all(self) -> None:
        """Bring everything up to the session and its answer."""
        self.query_one(Title).show(self._session, self.baseline)
        everything = shows_all_fields(self.app.size.height) if self._all_fields is None else self._all_fields
        self.query_one(ScenarioColumn).show(self._session, self.answer, all_fields=everything)
        if self.query_one(Headline).show(self.answer):
            self.call_after_refresh(self.show_answers)
        self.show_answers()
        self.refresh_hint()

    def _owner(self) -> Place | None:
        """The line or card that is focused, also while its editor is."""
        for widget in (self.focused, getattr(self.focused, "parent", None)):
            if isinstance(widget, Place):
                return widget
        return None

    def refresh_hint(self) -> None:
        """Say what is focused, and the keys that work there."""
        owner = self._owner()
        if owner is not None:
            self._hinted = owner
            self.query_one(KeyBar).show(owner.where)
            self.say(self._hint(owner))

    def replace_hint(self, before: str, now: str) -> None:
        """Say a hint that has changed since it was said; another message stays."""
        if before and self.query_one(MessageLine).text == before:
            self.say(now)

    def _hint(self, owner: Place) -> str:
        """What is to be said of what is focused: of an optimisation what flipping it would do."""
        if isinstance(owner, Line) and self.answer is not None and self._is_optimisation(owner):
            for effect in self.answer.effects:
                if effect.key == owner.field.key:
                    return sentence(effect)
        return owner.hint()

    @staticmethod
    def _is_optimisation(owner: Place | None) -> bool:
        is_editing = getattr(owner, "is_editing", False)
        return isinstance(owner, Line) and owner.field.key.startswith("optimizations.") and not is_editing

    def _answered(self, scenario: Scenario, notes: Sequence[str] | None = None) -> Answer:
        """Evaluate, and what flipping would do in the same call where that is on the screen."""
        wanted = self.wants_effects or self._is_optimisation(self._owner())
        return answer(scenario, self.session.notes if notes is None else notes, effects=wanted)

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
        before = field.display(self.session.scenario, None)
        if not self.change_values(changes, field.label):
            return False
        dropped = [key for key, given in changes.items() if given is None and key != field.key]
        if field.key == "optimizations.speculative":
            dropped = []
        self.say(told(field, before, self.session.scenario, dropped, self.key("undo")))
        return True

    def change_values(self, changes: Mapping[str, Any], what: str) -> bool:
        """Set dotted keys if the scenario can then be evaluated; everything stays if not.

        Args:
            changes: Values by dotted key; None drops a key.
            what: What is changed, for undo and the message.

        Returns:
            Whether the change was taken.
        """
        try:
            scenario = self.session.propose(changes)
            found = self._answered(scenario)
        except InferscopeError as error:
            self.say(f"{what} stays: {error.message}", problem=True)
            return False
        self.answer = found
        self.session.commit(scenario, what)
        self.show_all()
        self.say(f"Changed {what}; {self.key('undo')} takes it back")
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
        from inferscope.tui.screens.picker import Picker

        raw = field.raw(self.session.scenario)
        current = field.choice(self.session.scenario) if field.kind == "choice" else record_id(field, raw)

        def taken(value: str | None) -> None:
            if value is not None and value != current:
                self.change(field, None if value == field.empty else value)

        try:
            offered = choices(field, self.session.scenario.as_of)
        except InferscopeError as error:  # a damaged file of the user's
            self.say(str(error), problem=True)
            return
        self.app.push_screen(Picker(offered, current), taken)

    # --- moving ---------------------------------------------------------------------------------

    def action_up(self) -> None:
        """The line above."""
        self.step(-1)

    def action_down(self) -> None:
        """The line below."""
        self.step(1)

    def step(self, step: int) -> None:
        """Go so many lines down in the present area."""
        places = self.places(self._area())
        if not places:
            return
        now = self._owner()
        at = places.index(now) + step if now in places else 0
        self.go_to(places[min(max(at, 0), len(places) - 1)])

    def action_next_line(self) -> None:
        """The next line, from the scenario on to the answers."""
        self._cycle(1)

    def action_previous_line(self) -> None:
        """The line before, round at the ends."""
        self._cycle(-1)

    def _cycle(self, step: int) -> None:
        places = [*self.places("#scenario"), *self.places("#answers")]
        if not places:
            return
        now = self._owner()
        self.go_to(places[(places.index(now) + step) % len(places) if now in places else 0])

    def go_to(self, target: Widget) -> None:
        """Focus at once, so that a key already on its way finds it; the hint comes before any message."""
        self.set_focus(target)
        self.refresh_hint()

    def _area(self) -> str:
        focused = self.focused
        inside = focused is not None and any(node.id == "answers" for node in focused.ancestors)
        return "#answers" if inside else "#scenario"

    def places(self, area: str) -> list[Widget]:
        """What can be focused in an area, from top to bottom."""
        inside = self.query_one(area)
        return [w for w in self.focus_chain if isinstance(w, Place) and inside in w.ancestors]

    def action_swap_area(self) -> None:
        """From the scenario to the answers, and back to where one was."""
        area = self._area()
        if self.focused is not None:
            self._left_at[area] = self.focused
        other = "#scenario" if area == "#answers" else "#answers"
        places = self.places(other)
        if places:
            before = self._left_at.get(other)
            self.go_to(before if before in places else places[0])

    def action_all_fields(self) -> None:
        """All fields, or the main ones."""
        everything = shows_all_fields(self.app.size.height) if self._all_fields is None else self._all_fields
        self._all_fields = not everything
        self.show_all()
        self.say("All fields of the scenario" if self._all_fields else "The main fields of the scenario")
