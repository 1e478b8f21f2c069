"""One line of the scenario: label, value, and where the value comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widgets import Input

from inferscope.tui.actions import Where, bindings
from inferscope.tui.fields import Field, FieldError
from inferscope.tui.panels.rows import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.binding import BindingType

    from inferscope.core.scenario.schema import Scenario
    from inferscope.tui.answer import Answer
    from inferscope.tui.screens.explorer import Explorer

LABEL = 12
"""Columns of the label."""
GUTTER = 2


class Editor(Input):
    """The input inside a line; escape puts the old value back."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "cancel", "cancel")]

    class Cancelled(Message):
        """The old value stays."""

    def action_cancel(self) -> None:
        """Leave without a change."""
        self.post_message(self.Cancelled())


class Line(Place, can_focus=True):
    """A line that shows one field; what it changes it asks the screen for.

    Args:
        field: What the line means.
    """

    class Changed(Message):
        """A new value is wanted; the screen evaluates it before it is taken."""

        def __init__(self, field: Field, value: Any) -> None:
            super().__init__()
            self.field, self.value = field, value

    class Refused(Message):
        """What was typed is no value."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    where: tuple[Where, ...] = ("field",)

    def __init__(self, field: Field) -> None:
        super().__init__(id=field.key.replace(".", "-"))
        self.field = field
        self._scenario: Scenario | None = None
        self._answer: Answer | None = None
        self._differs = False
        self._words = ("", "")

    def show(self, scenario: Scenario | None, answer: Answer | None, *, differs: bool) -> None:
        """Show the field's value in a scenario; nothing is drawn again that stays as it was."""
        self._scenario, self._answer = scenario, answer
        words = ("", "") if scenario is None else self.field.display(scenario, answer)
        if (words, differs) != (self._words, self._differs):
            self._words, self._differs = words, differs
            self.refresh()

    def render(self) -> Content:
        """The line as text."""
        value, remark = self._words
        room = max(self.size.width - GUTTER - LABEL, 4)
        if len(value) > room:
            value = value[: room - 1] + "…"
        if len(value) + len(remark) + 1 > room:
            remark = ""
        style = "$text-muted" if value in (self.field.empty, "none", "off") else ""
        if self.has_focus:
            style = "bold"
        return Content.assemble(
            ("▸" if self.has_focus else " ", "bold $accent"),
            ("*" if self._differs else " ", "bold $warning"),
            (f"{self.field.label:<{LABEL}.{LABEL}}", "$text-muted" if not self.has_focus else "bold"),
            (value, style),
            (f" {remark}" if remark else "", "$text-muted"),
        )

    def hint(self) -> str:
        """What the message line says of this line."""
        return f"{self.field.key}: {self.field.about}"

    @property
    def explorer(self) -> Explorer:
        """The screen; called straight where the next key may already be on its way."""
        return cast("Explorer", self.screen)

    def action_reset(self) -> None:
        """Back to the default."""
        self.post_message(self.Changed(self.field, None))

    def action_edit(self) -> None:
        """List the choices."""
        self.explorer.list_choices(self.field)

    def on_click(self) -> None:
        """Edit at the second click on the same line."""
        if self.has_focus and self._clicked:
            self.run_action_edit()
        self._clicked = True

    _clicked = False

    def on_blur(self) -> None:
        """Forget the first click."""
        self._clicked = False

    def run_action_edit(self) -> None:
        """What a click on the focused line does."""
        self.action_edit()


class NumberLine(Line):
    """A number or a date, edited in place."""

    BINDINGS = bindings("number", "field")
    where = ("number", "field")
    _editor: Editor | None = None

    @property
    def is_editing(self) -> bool:
        """Whether the editor is open."""
        return self._editor is not None

    def action_edit(self, start: str = "") -> None:
        """Open the editor on the present value, or on a first character."""
        if self._scenario is None or self.is_editing:
            return
        editor = Editor(
            start or self.field.edit_text(self._scenario), compact=True, select_on_focus=not start
        )
        editor.cursor_position = len(editor.value)
        self._editor = editor
        self.mount(editor)
        self.screen.set_focus(editor)  # at once: the next key may already be on its way
        self.explorer.refresh_hint()

    def hint(self) -> str:
        """What may be typed."""
        if self.is_editing:
            return f"{self.field.label}: {self.field.expected()}"
        return super().hint()

    def on_key(self, event: events.Key) -> None:
        """A digit starts editing; what arrives before the editor has the focus goes into it."""
        if event.character is None:
            return
        if self._editor is not None and event.is_printable:
            self._editor.insert_text_at_cursor(event.character)
            event.stop()
        elif self._editor is None and event.character in "0123456789.":
            self.action_edit(event.character)
            event.stop()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.close(event.value)

    @on(Input.Blurred)
    def _left(self, event: Input.Blurred) -> None:
        event.stop()
        self.close(event.value)

    @on(Editor.Cancelled)
    def _cancelled(self, event: Editor.Cancelled) -> None:
        event.stop()
        self.close(None)

    def close(self, text: str | None) -> None:
        """Close the editor and ask for what was typed, if it is a value and a new one."""
        editor = self._editor
        if editor is None or self._scenario is None:
            return
        self._editor = None
        if editor.has_focus:
            self.screen.set_focus(self)
        editor.remove()
        self.explorer.refresh_hint()
        if text is None or text.strip() == self.field.edit_text(self._scenario):
            return
        try:
            value = self.field.parse(text)
        except FieldError as error:
            self.post_message(self.Refused(f"{self.field.label} stays: {error}"))
            return
        self.post_message(self.Changed(self.field, value))

    def action_double(self) -> None:
        """One step up."""
        self._step("+", up=True)

    def action_halve(self) -> None:
        """One step down."""
        self._step("-", up=False)

    def _step(self, sign: str, *, up: bool) -> None:
        if self._editor is not None:  # the key was on its way when the editor opened: it was typed
            self._editor.insert_text_at_cursor(sign)
            return
        if self._scenario is None or self.field.kind == "date":
            return
        try:
            value = self.field.stepped(self._scenario, self._answer, up=up)
        except FieldError as error:
            self.post_message(self.Refused(f"{self.field.label} stays: {error}"))
            return
        self.post_message(self.Changed(self.field, value))


class ChoiceLine(Line):
    """One of a few choices."""

    BINDINGS = bindings("choice", "field")
    where = ("choice", "field")

    def action_following(self) -> None:
        """Take the next choice."""
        self._turn(forward=True)

    def action_previous(self) -> None:
        """Take the choice before."""
        self._turn(forward=False)

    def _turn(self, *, forward: bool) -> None:
        if self._scenario is not None:
            choice = self.field.neighbour(self._scenario, forward=forward)
            self.post_message(self.Changed(self.field, None if choice == self.field.empty else choice))


class PickLine(Line):
    """A record of the catalogue."""

    BINDINGS = bindings("pick", "field")
    where = ("pick", "field")


_KINDS: dict[str, type[Line]] = {
    "number": NumberLine,
    "date": NumberLine,
    "choice": ChoiceLine,
    "pick": PickLine,
}


def lines(fields: Sequence[Field]) -> list[Line]:
    """The lines of some fields."""
    return [_KINDS[field.kind](field) for field in fields]
