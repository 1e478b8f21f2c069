"""The five answers as cards, and a list of key numbers for very small terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from inferscope.tui.actions import bindings
from inferscope.tui.figures import KEY_NUMBERS, AnswerCard, Cell, Figure, cells
from inferscope.tui.panels.rows import Place, Rows
from inferscope.tui.panels.rule import heading
from inferscope.tui.sizes import figures_across

if TYPE_CHECKING:
    from inferscope.tui.answer import Answer, Baseline


class Card(Place, Rows, can_focus=True):
    """One answer: a heading with what binds, and figures with their names below.

    Args:
        card: Which answer.
        classes: Style classes.
    """

    BINDINGS = bindings("answers")
    where = ("answers",)

    def __init__(self, card: AnswerCard, classes: str = "") -> None:
        super().__init__(id=card.title.lower().replace(" ", "-"), classes=classes)
        self.card = card
        self.row_count = 1
        self._answer: Answer | None = None
        self._baseline: Answer | None = None
        self._at = 0

    def show(self, answer: Answer | None, rows: int, baseline: Baseline | None = None) -> None:
        """Show an answer in so many rows of figures, and its change against a baseline."""
        self._answer, self.row_count = answer, rows
        self._baseline = None if baseline is None else baseline.answer
        self._at = min(self._at, len(self.visible_figures()) - 1)
        shown = -(-len(self.visible_figures()) // self.across())
        height = 3 * shown  # the heading, two lines a row, and a blank one between rows
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
        self.update()

    def across(self) -> int:
        """Figures side by side."""
        return figures_across(self.size.width)

    def visible_figures(self) -> tuple[Figure, ...]:
        """The figures that have room."""
        return self.card.figures[: self.across() * self.row_count]

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
        self.update()
        self.screen.refresh_hint()  # type: ignore[attr-defined]

    def hint(self) -> str:
        """What the message line says of the marked figure."""
        from inferscope.core.graph import REGISTRY

        node = REGISTRY.quantities.get(self.focused_figure.name)
        return "" if node is None else f"{node.name}: {node.label}"

    def rows(self) -> list[Content]:
        """Heading and figures."""
        width = self.size.width
        if self._answer is None:
            return [heading(self.card.title, "", width), Content.styled(" …", "$text-muted")]
        remarks = [r for r in self.card.remark(self._answer) if len(r) + len(self.card.title) + 6 <= width]
        found = [heading(self.card.title, remarks[-1] if remarks else "", width)]
        across = self.across()
        for row in range(self.row_count):
            if row and row * across < len(self.card.figures):
                found.append(Content(""))
            figures = self.card.figures[row * across : (row + 1) * across]
            if not figures:
                break
            marked = self._at - row * across if self.has_focus else -1
            found += _row(cells(self._answer, figures, self._baseline), (width - 1) // across, marked)
        return found


def _row(shown: list[Cell], width: int, marked: int) -> list[Content]:
    """Two lines: values with their change, and their names below."""
    values, names, place = [Content(" ")], [Content(" ")], 0
    for cell in shown:
        room = width * cell.span - 1
        style = "$text-warning" if cell.missing else "bold"
        text = reason_for(cell.value, room) if cell.missing else cut(cell.value, room)
        if cell.ends and len(text) + len(cell.ends) < room - (len(cell.change) + 1 if cell.change else 0):
            text = f"{text} {cell.ends}"
        beside = bool(cell.change) and len(text) + len(cell.change) < room
        label = cell.label if not cell.ends or cell.ends in text else cell.ends
        name = cut(label, room if beside or not cell.change else room - len(cell.change) - 1)
        style += " reverse" if place <= marked < place + cell.span else ""
        gap = room - len(text) - (len(cell.change) + 1 if beside else 0) + 1
        tone = {True: "$text-success", False: "$text-error", None: "$text-muted"}[cell.better]
        tail: list[tuple[str, str] | str] = [" ", (cell.change, tone)] if cell.change else []
        values.append(Content.assemble((text, style), *(tail if beside else ()), " " * gap))
        gap = room - len(name) - (len(cell.change) + 1 if tail and not beside else 0) + 1
        names.append(Content.assemble((name, "$text-muted"), *(() if beside else tail), " " * gap))
        place += cell.span
    return [Content("").join(values), Content("").join(names)]


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
    'needs Requests'
    >>> reason_for("does not fit: more than the memory holds", 38)
    'does not fit'
    """
    if len(reason) <= width:
        return reason
    if reason.startswith("needs ") and width < 28:
        return cut(f"needs {_called(reason.removeprefix('needs '))}", width)
    if width >= 28 and not reason.startswith("does not fit"):
        return cut(reason, width)
    return cut(reason.partition(":")[0], width)


def _called(key: str) -> str:
    """What the screen calls the line that sets an input; the end of its key where there is no line."""
    from inferscope.tui.panels.scenario import FIELDS

    labels = {field.key: field.label for field in FIELDS}
    return labels.get(key, key.rpartition(".")[2].replace("_", " "))


class KeyNumbers(Rows):
    """The figures that matter most, a line each."""

    def __init__(self) -> None:
        super().__init__(id="numbers")
        self._answer: Answer | None = None
        self._baseline: Answer | None = None

    def show(self, answer: Answer | None, baseline: Baseline | None = None) -> None:
        """Show an answer, and its change against a baseline."""
        self._answer, self._baseline = answer, None if baseline is None else baseline.answer
        self.update()

    def rows(self) -> list[Content]:
        """Name and number, line by line; the policy lines last."""
        if self._answer is None:
            return [Content(" …")]
        found = []
        for cell in (cells(self._answer, (figure,), self._baseline)[0] for figure in KEY_NUMBERS):
            value = reason_for(cell.value, max(self.size.width - 15, 4))
            found.append((cell.label, value, "$text-warning" if cell.missing else "bold", cell.change))
        bound = self._answer.entry("bound")["value"]
        found.append(("Binds", "unknown" if bound is None else str(bound), "bold", ""))
        found += [(short, word, "bold", "") for short, word in _verdicts(self._answer)]
        return [
            Content.assemble((f" {label:<14.14}", "$text-muted"), (value, style), f" {change}".rstrip())
            for label, value, style, change in found[: max(self.size.height, 1)]
        ]


def _verdicts(answer: Answer) -> list[tuple[str, str]]:
    from inferscope.tui.verdicts import nearest

    return [(verdict.short, verdict.word) for verdict in nearest(answer, 2)]
