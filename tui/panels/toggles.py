"""Every optimisation with what flipping it would do, one a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from inferscope.tui.actions import bindings
from inferscope.tui.config import key_of
from inferscope.tui.panels.rows import Place, Rows
from inferscope.tui.panels.rule import heading
from inferscope.tui.sizes import clipped

if TYPE_CHECKING:
    from inferscope.core.study.effects import Effect
    from inferscope.tui.answer import Answer

_COLUMNS = {
    "cost": ("cost", "cost"),
    "latency": ("per token", "tok"),
    "first_token": ("1st token", "1st"),
    "energy": ("energy", "Wh"),
}
"""What is compared as a ratio, with the title of its column where there is room and where not."""

_ROOMY = 10
"""Columns of a figure where there is room."""


def per_cent(ratio: float | None) -> str:
    """A ratio as a signed change in per cent; very large ones as a factor.

    >>> per_cent(0.62), per_cent(1.004), per_cent(1.0), per_cent(12.0), per_cent(None)
    ('-38', '+0.4', '=', 'x12', '-')
    """
    if ratio is None:
        return "-"
    change = 100 * (ratio - 1)
    if ratio >= 10:
        return f"x{ratio:.0f}"
    return "=" if abs(change) < 0.05 else f"{change:+.1f}" if abs(change) < 1 else f"{change:+.0f}"


def points(difference: float | None) -> str:
    """A difference of shares in points.

    >>> points(-0.004), points(0.0), points(None)
    ('-0.4', '=', '-')
    """
    if difference is None:
        return "-"
    return "=" if abs(difference) < 0.0005 else f"{100 * difference:+.1f}"


def sentence(effect: Effect) -> str:
    """What flipping an optimisation does, in words."""
    if not effect.then:
        return f"{effect.label} stays {effect.now}: {effect.why}"
    parts = []
    for name, words in (
        ("cost", "cost"),
        ("latency", "per token"),
        ("first_token", "first token"),
        ("energy", "energy"),
    ):
        parts.append(_told(words, per_cent(effect.quoted(name)), " %"))
    parts.append(_told("quality", points(effect.quality), " points"))
    told = ", ".join(part for part in parts if part)
    why = f"{'; ' if told else ''}{effect.why}" if effect.why else ""
    return f"{effect.label} {effect.now} → {effect.then}: {told}{why}"


def _told(words: str, change: str, unit: str) -> str:
    """A change of one thing; nothing where it is not known."""
    if change == "-":
        return ""
    return f"{words} unchanged" if change == "=" else f"{words} {change}{'' if change[0] == 'x' else unit}"


class Toggles(Place, Rows, can_focus=True):
    """The table of optimisations."""

    BINDINGS = bindings("toggles")
    where = ("toggles",)

    def __init__(self) -> None:
        super().__init__(id="toggles")
        self._effects: tuple[Effect, ...] = ()
        self._at = 0

    def show(self, answer: Answer | None) -> None:
        """Show what flipping would do to an answer."""
        self._effects = () if answer is None else answer.effects
        self.update()

    @property
    def effect(self) -> Effect | None:
        """The optimisation that is marked."""
        return self._effects[self._at] if self._effects else None

    def hint(self) -> str:
        """The marked effect in words."""
        return "" if self.effect is None else sentence(self.effect)

    def action_flip(self) -> None:
        """Flip the marked optimisation."""
        effect = self.effect
        if effect is None:
            return
        explorer = self.screen
        if not effect.then:
            explorer.say(sentence(effect), problem=True)  # type: ignore[attr-defined]
        elif explorer.change_values(effect.changes, effect.label):  # type: ignore[attr-defined]
            undo = key_of(self.app, "undo")
            explorer.say(f"{effect.label}: {effect.now} → {effect.then}; {undo} takes it back")  # type: ignore[attr-defined]

    def action_row_up(self) -> None:
        """The row above."""
        self._mark(-1)

    def action_row_down(self) -> None:
        """The row below."""
        self._mark(1)

    def _mark(self, step: int) -> None:
        if not 0 <= self._at + step < len(self._effects):
            self.screen.step(step)  # type: ignore[attr-defined]
            return
        self._at += step
        self.update()
        self.screen.refresh_hint()  # type: ignore[attr-defined]

    # --- drawing --------------------------------------------------------------------------------

    def rows(self) -> list[Content]:
        """Heading, titles and a row for each."""
        width = self.size.width
        units = "change in %, quality in points"
        found = [
            heading("Toggles", f"enter flips; {units}" if self.has_focus and width > 55 else units, width)
        ]
        if not self._effects:
            return [*found, Content(" …")]
        label, states, figure = self._widths(width)
        titles = [names[figure < _ROOMY] for names in _COLUMNS.values()]
        titles.append("quality" if figure >= _ROOMY else "qual")
        shown = "".join(f"{title:>{figure}}" for title in titles)
        room = width - (width - label - states - 2) % figure if width < 40 else width
        found.append(Content.styled(f"{'':<{label + states + 2}}{shown}"[:room], "$text-muted"))
        return found + [self._row(effect, place, width) for place, effect in enumerate(self._effects)]

    @staticmethod
    def _widths(width: int) -> tuple[int, int, int]:
        """Columns of the label, the states and each figure."""
        figure = _ROOMY if width >= 78 else 7 if width >= 66 else 5
        label = 12 if width >= 56 else 11
        states = max(width - label - 3 - 5 * figure, 8) if width >= 40 else 1
        return label, states, figure

    def _row(self, effect: Effect, place: int, width: int) -> Content:
        label, states, figure = self._widths(width)
        marked = self.has_focus and place == self._at
        name = Content.assemble(
            ("▸" if marked else " ", "bold $accent"),
            (f"{clipped(effect.label, label):<{label}}", "reverse" if marked else ""),
            " ",
        )
        if not effect.then:
            text = clipped(f"{effect.now}: {effect.why}", width - label - 2)
            return name + Content.styled(text, "$text-muted")
        arrow = " → " if width >= 56 else "→"
        change = clipped(f"{effect.now}{arrow}{effect.then}", states - 1)
        parts: list[tuple[str, str] | str] = [f"{change:<{states}}"]
        for column in _COLUMNS:
            ratio = effect.quoted(column)
            parts.append((f"{per_cent(ratio):>{figure}}", _tone(None if ratio is None else 1 - ratio)))
        parts.append((f"{points(effect.quality):>{figure}}", _tone(effect.quality)))
        fitting = (width - label - states - 2) // figure
        return name + Content.assemble(*parts[: fitting + 1])


def _tone(gain: float | None) -> str:
    """The colour of a gain or a loss; the sign says it without colour."""
    if gain is None or abs(gain) < 0.0005:
        return "$text-muted"
    return "$text-success" if gain > 0 else "$text-error"
