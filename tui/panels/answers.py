"""The five answers as cards, and a list of key numbers for very small terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from inferscope.tui.actions import Where, bindings
from inferscope.tui.figures import KEY_NUMBERS, AnswerCard, Cell, Figure, cells
from inferscope.tui.panels.rule import heading
from inferscope.tui.sizes import figures_across

if TYPE_CHECKING:
    from inferscope.tui.answer import Answer


class Card(Widget, can_focus=True):
    """One answer: a heading with what binds, and figures with their names below.

    Args:
        card: Which answer.
        classes: Style classes.
    """

    BINDINGS = bindings("answers")
    where: tuple[Where, ...] = ("answers",)

    def __init__(self, card: AnswerCard, classes: str = "") -> None:
        super().__init__(id=card.title.lower().replace(" ", "-"), classes=classes)
        self.card = card
        self.rows = 1
        self._answer: Answer | None = None
        self._at = 0

    def show(self, answer: Answer | None, rows: int) -> None:
        """Show an answer in so many rows of figures."""
        self._answer, self.rows = answer, rows
        self._at = min(self._at, len(self.visible_figures()) - 1)
        shown = -(-len(self.visible_figures()) // self.across())
        height = 3 * shown  # the heading, two lines a row, and a blank one between rows
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
        self.refresh()

    def across(self) -> int:
        """Figures side by side."""
        return figures_across(self.size.width)

    def visible_figures(self) -> tuple[Figure, ...]:
        """The figures that have room."""
        return self.card.figures[: self.across() * self.rows]

    @property
    def focused_figure(self) -> Figure:
        """The figure that is marked."""
        figures = self.visible_figures()
        return figures[min(self._at, len(figures) - 1)]

    def action_left(self) -> None:
        """Mark the figure before."""
        self._mark(-1)

    def action_right(self) -> None:
        """Mark the next figure."""
        self._mark(1)

    def _mark(self, step: int) -> None:
        self._at = min(max(self._at + step, 0), len(self.visible_figures()) - 1)
        self.refresh()
        self.screen.refresh_hint()  # type: ignore[attr-defined]

    def hint(self) -> str:
        """What the message line says of the marked figure."""
        from inferscope.core.graph import REGISTRY

        node = REGISTRY.quantities.get(self.focused_figure.name)
        return "" if node is None else f"{node.name}: {node.label}"

    def render(self) -> Content:
        """Heading and figures."""
        width = self.size.width
        if self._answer is None:
            return Content.assemble(heading(self.card.title, "", width), "\n", (" …", "$text-muted"))
        remarks = [r for r in self.card.remark(self._answer) if len(r) + len(self.card.title) + 6 <= width]
        parts = [heading(self.card.title, remarks[-1] if remarks else "", width)]
        across = self.across()
        for row in range(self.rows):
            if row and row * across < len(self.card.figures):
                parts.append(Content(""))
            figures = self.card.figures[row * across : (row + 1) * across]
            if not figures:
                break
            marked = self._at - row * across if self.has_focus else -1
            parts.append(_row(cells(self._answer, figures), (width - 1) // across, marked))
        return Content("\n").join(parts)


def _row(shown: list[Cell], width: int, marked: int) -> Content:
    """Two lines: values, and their names below."""
    values, names, place = [Content(" ")], [Content(" ")], 0
    for cell in shown:
        room = width * cell.span - 1
        is_marked = place <= marked < place + cell.span
        if cell.missing:
            text, style = reason_for(cell.value, room), "$text-warning"
        else:
            text, style = cut(cell.value, room), "bold"
        name = cut(cell.label, room)
        style += " reverse" if is_marked else ""
        values.append(Content.assemble((text, style), " " * (room - len(text) + 1)))
        names.append(Content.assemble((name, "$text-muted"), " " * (room - len(name) + 1)))
        place += cell.span
    return Content("\n").join([Content("").join(values), Content("").join(names)])


def cut(text: str, width: int) -> str:
    """A text with an ellipsis where it is too long.

    >>> cut("TTFT p99", 20), cut("per accelerator", 8)
    ('TTFT p99', 'per acc…')
    """
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def reason_for(reason: str, width: int) -> str:
    """As much of a reason as says something in this room; explaining the figure gives all of it.

    >>> reason_for("needs workload.requests_per_s", 29)
    'needs workload.requests_per_s'
    >>> reason_for("needs workload.requests_per_s", 14)
    'needs input'
    >>> reason_for("does not fit: more than the memory holds", 38)
    'does not fit'
    """
    if len(reason) <= width:
        return reason
    if reason.startswith("needs ") and width < 28:
        return cut("needs input", width)
    if width >= 28 and not reason.startswith("does not fit"):
        return cut(reason, width)
    return cut(reason.partition(":")[0], width)


class KeyNumbers(Widget):
    """The figures that matter most, a line each."""

    def __init__(self) -> None:
        super().__init__()
        self._answer: Answer | None = None

    def show(self, answer: Answer | None) -> None:
        """Show an answer."""
        self._answer = answer
        self.refresh()

    def render(self) -> Content:
        """Name and number, line by line; the policy lines last."""
        if self._answer is None:
            return Content(" …")
        rows = []
        for cell in (cells(self._answer, (figure,))[0] for figure in KEY_NUMBERS):
            room = max(self.size.width - 15, 4)
            value = reason_for(cell.value, room)
            rows.append((cell.label, value, "$text-warning" if cell.missing else "bold"))
        bound = self._answer.entry("bound")["value"]
        rows.append(("Binds", "unknown" if bound is None else str(bound), "bold"))
        rows += [(short, word, "bold") for short, word in _verdicts(self._answer)]
        return Content("\n").join(
            Content.assemble((f" {label:<13.13} ", "$text-muted"), (value, style))
            for label, value, style in rows
        )


def _verdicts(answer: Answer) -> list[tuple[str, str]]:
    from inferscope.tui.verdicts import verdicts

    return [(verdict.short, verdict.word) for verdict in verdicts(answer)]
