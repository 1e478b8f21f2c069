"""The part of the explorer that decides what the right side shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from textual import on
from textual.screen import Screen

from inferscope.tui.config import key_of
from inferscope.tui.panels.answers import Card, KeyNumbers
from inferscope.tui.panels.ladder import Ladder
from inferscope.tui.panels.plot import PlotPanel
from inferscope.tui.panels.policy import PolicyPanel
from inferscope.tui.panels.rows import is_displayed
from inferscope.tui.panels.strip import ViewStrip
from inferscope.tui.panels.toggles import Toggles
from inferscope.tui.panels.words import Notes
from inferscope.tui.sizes import (
    MODES,
    SIDE,
    VIEWS,
    figure_rows,
    modes,
    parts_shown,
    stands_below,
    views_shown,
)

if TYPE_CHECKING:
    from textual.widget import Widget

    from inferscope.tui.answer import Answer, Baseline
    from inferscope.tui.session import Session

AnyWidget = TypeVar("AnyWidget", bound="Widget")

PARTS = (
    "numbers",
    "top-strip",
    "middle",
    "cards",
    "mid-strip",
    "lower",
    "rules",
    "more",
    "side",
    "policy",
    "notes",
    "toggles",
    "plot",
)
"""Identifiers of everything on the right that a view shows or hides."""


_SIMPLE: dict[str, type[PolicyPanel | Toggles | PlotPanel | Ladder]] = {
    "rules": PolicyPanel,
    "toggles": Toggles,
    "plot": PlotPanel,
    "policy": Ladder,
}
"""What shows an answer without more ado, by identifier."""


class Views(Screen[None]):
    """Choose a view, lay out for the size, and bring what is shown up to the answer."""

    answer: Answer | None
    baseline: Baseline | None
    _chosen = ""
    _below = ""
    _views: frozenset[str] = frozenset()
    _parts: frozenset[str] = frozenset()

    @property
    def session(self) -> Session:
        """The scenario being edited."""
        raise NotImplementedError

    @property
    def begun(self) -> Session | None:
        """The session, if it has been read already."""
        raise NotImplementedError

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        raise NotImplementedError

    def show_all(self) -> None:
        """Bring everything up to the session and its answer."""
        raise NotImplementedError

    def go_to(self, target: Widget) -> None:
        """Focus at once."""
        raise NotImplementedError

    def places(self, area: str) -> list[Widget]:
        """What can be focused in an area, from top to bottom."""
        raise NotImplementedError

    def lay_out(self) -> None:
        """Lay out for the size and the chosen view."""
        mode = modes(*self.app.size)
        self.remove_class(*(name for name in MODES if name not in mode))
        self.add_class(*mode)
        usual = "plot" if stands_below(mode) else "answers"
        self._views = views_shown(mode, self._chosen or usual, self._below or usual)
        self._parts = parts_shown(mode, self._views)
        for name in PARTS:
            for widget in self.query(f"#{name}"):
                self.part(widget)
        for strip in self.query(ViewStrip):
            strip.show(self._views)

    def part(self, widget: AnyWidget) -> AnyWidget:
        """Show or hide a part of the right side, also before it is mounted."""
        wanted = widget.id in self._parts
        if widget.display != wanted:
            widget.display = wanted
        if widget.id == "middle":
            widget.styles.height = "1fr" if self._parts & {"lower", "numbers"} else "auto"
        return widget

    def show_answers(self) -> None:
        """Bring the parts that are on the screen up to the answer; the others wait until they are shown."""
        rows, shown = figure_rows(*self.app.size), self._parts
        if "cards" in shown:
            for card in self.query_one("#cards").query(Card):
                card.show(self.answer, rows, self.baseline)
        if "more" in shown:
            for card in self.query_one("#more").query(Card):
                card.show(self.answer, 1, self.baseline)
        if "numbers" in shown:
            self.query_one(KeyNumbers).show(self.answer, self.baseline)
        for name, kind in _SIMPLE.items():
            if name in shown:
                self.query_one(f"#{name}", kind).show(self.answer)
        if "notes" in shown:
            changed = self.begun is not None and self.begun.is_changed
            self.query_one(Notes).show(self.answer, changed=changed)

    def action_pin(self) -> None:
        """Compare what follows with the present answer; again: with nothing."""
        from inferscope.tui.answer import Baseline

        if self.answer is None:
            return
        if self.baseline is not None and self.baseline.answer is self.answer:
            self.baseline = None
            self.show_all()
            self.say("Unpinned: the answers stand alone")
            return
        label, changed = self.session.label, self.session.is_changed
        self.baseline = Baseline(f"{label}{' (edited)' if changed else ''}", self.answer)
        self.show_all()
        pin = key_of(self.app, "pin")
        self.say(f"Pinned {self.baseline.name}: changes are shown against it; {pin} again unpins")

    # --- choosing -------------------------------------------------------------------------------

    @property
    def wants_effects(self) -> bool:
        """Whether what is shown needs every optimisation flipped as well."""
        return "toggles" in self._views

    def show_view(self, name: str) -> None:
        """Show a view; where it is shown already, go into it, and from inside back to the scenario."""
        if name in self._views:
            inside = self._inside(name)
            here = self.focused is not None and any(self.focused is w for w in inside)
            target = self.places("#scenario") if here else inside
            if target:
                self.go_to(target[0])
            return
        left = self.focused
        self._chosen = name
        if name not in SIDE:
            self._below = name
        self.lay_out()
        self.show_answers()
        if left is not None and not is_displayed(left):
            self.go_to((self._inside(name) or self.places("#scenario"))[0])

    def _inside(self, name: str) -> list[Widget]:
        """What can be focused in a view."""
        wanted = {"answers": ("cards", "rules", "more", "numbers")}.get(name, (name,))
        return [w for w in self.places("#answers") if any(n.id in wanted for n in w.ancestors_with_self)]

    @on(ViewStrip.Chosen)
    def _strip_clicked(self, event: ViewStrip.Chosen) -> None:
        self.show_view(event.view)

    def action_show_answers(self) -> None:
        """The answers."""
        self.show_view("answers")

    def action_show_toggles(self) -> None:
        """The optimisations with what each would change."""
        self.show_view("toggles")

    def action_show_plot(self) -> None:
        """A plot."""
        self.show_view("plot")

    def action_next_plot(self) -> None:
        """The next plot."""
        self._turn_plot(1)

    def action_previous_plot(self) -> None:
        """The plot before."""
        self._turn_plot(-1)

    def _turn_plot(self, step: int) -> None:
        if "plot" in self._views:
            self.query_one(PlotPanel).turn(step)
        else:
            self.show_view("plot")

    def action_theme(self) -> None:
        """The next theme."""
        import os

        from inferscope.tui.themes import next_theme

        self.app.theme = name = next_theme(self.app.theme, os.environ)
        self.say(f'Theme {name}; theme = "{name}" in config.toml keeps it')

    def action_redraw(self) -> None:
        """Draw the plot now."""
        self.query_one(PlotPanel).redraw()

    def action_show_policy(self) -> None:
        """The ladder of rules."""
        self.show_view("policy")

    def action_show_notes(self) -> None:
        """The notes."""
        self.show_view("notes")

    def action_next_view(self) -> None:
        """The next view."""
        self._turn(1)

    def action_previous_view(self) -> None:
        """The view before."""
        self._turn(-1)

    def _turn(self, step: int) -> None:
        ring = [name for name in VIEWS if name not in SIDE] if self.has_class("-huge") else list(VIEWS)
        now = next(name for name in ring if name in self._views)
        self.show_view(ring[(ring.index(now) + step) % len(ring)])
