"""The lines of words: title, headline, notes, message and keys."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from inferscope.tui.actions import Where, key_line
from inferscope.tui.config import options_of
from inferscope.tui.panels.rows import Rows
from inferscope.tui.panels.rule import heading
from inferscope.tui.sizes import clipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inferscope.tui.answer import Answer, Baseline
    from inferscope.tui.session import Session


class Title(Rows):
    """Which scenario this is, and whether it is saved."""

    _label = ""
    _about = ""
    _against = ""
    _day = ""
    _state = ""

    def show(self, session: Session | None, baseline: Baseline | None = None) -> None:
        """Show where a session's scenario stands, its date, and what it is compared with."""
        if session is None:
            return
        changed = session.is_changed
        self._label = session.label
        self._about = "" if changed else session.scenario.name
        self._against = "" if baseline is None else f"against {baseline.name}"
        self._day = f"{session.scenario.as_of}"
        if changed:
            self._state = "* changed, not saved"
        elif session.path is None:
            self._state = "not saved"
        else:
            self._state = "shipped preset" if session.is_shipped else "saved"
        self.update()

    def rows(self) -> list[Content]:
        """Program, scenario, what it is compared with, date and state; the first to go is its title."""
        left, width = f" inferscope  {self._label}", self.size.width
        room = width - cell_len(left) - len(self._state) - 4
        day = self._day if room > len(self._day) + 4 else ""
        room -= len(day) + 2 if day else 0
        about = clipped(self._against or self._about, room) if room > 8 else ""
        gap = room - cell_len(about) + 1
        row = Content.assemble(
            (" inferscope", "bold $primary"),
            (f"  {self._label}", "bold"),
            (f"  {about}", "$accent" if self._against else "$text-muted"),
            " " * max(gap, 1),
            (f"{day}  " if day else "", "$text-muted"),
            (self._state, "bold $text-warning" if self._state.startswith("*") else "$text-muted"),
        )
        return [row]


class Headline(Widget):
    """The sentence that is always true."""

    _text = ""

    def show(self, answer: Answer | None) -> bool:
        """Show the headline of an answer; says whether it now takes another number of lines."""
        before, self._text = self._text, "Computing …" if answer is None else answer.headline
        width = max(self.size.width, 20)
        taller = len(textwrap.wrap(before, width)) != len(textwrap.wrap(self._text, width))
        if before != self._text:
            self.refresh(layout=taller)
        return taller

    def get_content_height(self, container: object, viewport: object, width: int) -> int:  # noqa: ARG002
        """As many lines as the sentence takes."""
        return max(len(textwrap.wrap(self._text, max(width, 20))), 1)

    def render(self) -> Content:
        """The sentence, broken between words."""
        return Content("\n".join(textwrap.wrap(self._text, max(self.size.width, 20)))).stylize("bold")


class Notes(Widget):
    """What is published, planned or fell back, as much as there is room for; the description below."""

    _notes: tuple[str, ...] = ()
    _about = ""

    def show(self, answer: Answer | None, *, changed: bool = False) -> None:
        """Show the notes of an answer; what is said and published of a scenario ends with a change of it."""
        notes = () if answer is None else (*(() if changed else answer.published), *answer.notes)
        about = "" if answer is None or changed else answer.description
        if (notes, about) != (self._notes, self._about):
            self._notes, self._about = notes, about
            self.refresh()

    def render(self) -> Content:
        """One line says how many there are; more room shows them."""
        width, height = self.size.width, self.size.height
        if not self._notes and not (self._about and height >= 3):
            return Content.assemble((" no notes", "$text-muted"))
        if height < 3:
            return _brief(self._notes, width)
        parts = [heading("Notes", f"{len(self._notes)}", width)]
        rows = [line for note in self._notes for line in _wrapped(note, width)]
        rows += textwrap.wrap(self._about, max(width - 2, 20), initial_indent=" ", subsequent_indent=" ")
        if len(rows) > height - 1:
            rows = [*rows[: height - 2], " … n shows all"]
        parts += [Content(row) for row in rows]
        return Content("\n").join(parts)


def _brief(notes: tuple[str, ...], width: int) -> Content:
    more = f" +{len(notes) - 1} (n)" if len(notes) > 1 else ""
    first = min(notes, key=lambda note: note.startswith("planned"))  # a fall-back before a plan
    room = width - len(more) - 8
    text = first if len(first) <= room else first[: room - 1] + "…"
    return Content.assemble((" Note  ", "bold $primary"), text, (more, "$text-muted"))


def _wrapped(note: str, width: int) -> list[str]:
    return textwrap.wrap(note, max(width - 2, 20), initial_indent=" - ", subsequent_indent="   ")


class Said(Rows):
    """Rows of words, each with something at its right end."""

    def __init__(self, identifier: str) -> None:
        super().__init__(id=identifier)
        self._said: list[tuple[tuple[tuple[str, str], ...], str]] = []

    def say(self, *lines: tuple[Sequence[tuple[str, str]], str]) -> None:
        """Show rows: styled words, and what stands at the right where there is room."""
        self._said = [(tuple(left), right) for left, right in lines]
        self.update()

    def rows(self) -> list[Content]:
        """Left and right, the left one cut last."""
        width = self.size.width
        found = []
        for left, right in self._said:
            used = sum(cell_len(words) for words, _ in left)
            shown = clipped(right, width - used - 3) if width - used > 12 else ""
            gap = max(width - used - cell_len(shown) - 1, 0)
            found.append(Content.assemble(*left, " " * gap, (shown, "$text-muted")))
        return found


class MessageLine(Widget):
    """What was done, what was wrong, or what is focused."""

    _text = ""
    _problem = False

    def say(self, text: str, *, problem: bool = False) -> None:
        """Show one line; a problem is marked without colour too."""
        if (text, problem) != (self._text, self._problem):
            self._text, self._problem = text, problem
            self.refresh()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text

    def render(self) -> Content:
        """The line, cut at the end."""
        text = f"! {self._text}" if self._problem else self._text
        room = self.size.width - 2
        text = clipped(text, room)
        return Content.assemble((f" {text}", "bold $text-error" if self._problem else "$text-muted"))


def keys_shown(keys: Iterable[tuple[str, str]]) -> Content:
    """Keys and what they do, on one line."""
    return Content.assemble(
        *(part for key, label in keys for part in ((key, "bold $accent"), (f" {label}  ", "$text-muted")))
    )


class KeyBar(Widget):
    """The keys that matter now."""

    _focus: tuple[Where, ...] = ()

    def show(self, focus: tuple[Where, ...]) -> None:
        """Show the keys for what is focused."""
        if focus != self._focus:
            self._focus = focus
            self.refresh()

    def render(self) -> Content:
        """Keys and labels, as many as fit."""
        keymap = options_of(self.app).keys
        return Content(" ") + keys_shown(key_line(self.size.width, *self._focus, keymap=keymap))
