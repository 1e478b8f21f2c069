"""One plot at a time: title, axes, the plot itself and the sentence it says."""

from __future__ import annotations

import asyncio
import textwrap
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import work
from textual.containers import Vertical
from textual.content import Content

from inferscope.tui.actions import bindings
from inferscope.tui.config import key_of, options_of
from inferscope.tui.panels.rows import Place, Rows, is_displayed
from inferscope.tui.panels.rule import heading
from inferscope.tui.sizes import clipped

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from inferscope.core.study.drawing import Axis, Curve
    from inferscope.tui.answer import Answer
    from inferscope.tui.plots.chart import Chart

PAUSE_S = 0.1
"""Seconds without a change before a plot is drawn again."""

_TITLES = {
    "throughput_latency": "Throughput against latency",
    "latency_load": "Latency against load",
    "cost_length": "Cost against output length",
    "roofline": "Roofline",
}


class PlotTitle(Rows):
    """Title, the axis that goes up, and what the signs mean."""

    text, remark, axis, legend = "Plot", "", "", ""

    def rows(self) -> list[Content]:
        """Two rows."""
        width = self.size.width
        legend = clipped(f"  {self.legend} " if self.legend else "", width)
        axis = clipped(f" {self.axis}", width - cell_len(legend))
        gap = " " * max(width - cell_len(axis) - cell_len(legend), 0)
        return [
            heading(self.text, self.remark, width),
            Content.assemble((f"{axis}{gap}", "$text-muted"), legend),
        ]


class PlotWords(Rows):
    """The axis that goes across, and the sentence."""

    axis, sentence = "", ""

    def rows(self) -> list[Content]:
        """The axis at the right, then the sentence as far as there is room."""
        width, height = self.size.width, self.size.height
        rows = textwrap.wrap(self.sentence, max(width - 2, 10))
        if len(rows) > height - 1:
            rows = [*rows[: height - 2], clipped(" ".join(rows[height - 2 :]), width - 2)]
        return [
            Content.styled(f"{clipped(self.axis, width - 2):>{width - 1}}", "$text-muted"),
            *(Content(f" {row}") for row in rows),
        ]


class PlotPanel(Place, Vertical):
    """The chosen plot of an answer; drawn a moment after the last change."""

    BINDINGS = bindings("plot")
    where = ("plot",)

    def __init__(self) -> None:
        super().__init__(id="plot")
        self._at = 0
        self._answer: Answer | None = None
        self._chart: Chart | None = None
        self._curve: Curve | None = None
        self._is_stale = False

    def compose(self) -> ComposeResult:
        """Title and words; the plot comes with the first curve."""
        yield PlotTitle()
        yield PlotWords()

    @property
    def is_still(self) -> bool:
        """Whether plots wait until they are asked for."""
        return options_of(self.app).low_bandwidth

    def hint(self) -> str:
        """What the plot says."""
        return "" if self._curve is None else self._curve.sentence or self._curve.why

    @property
    def kind(self) -> str:
        """Which plot is chosen."""
        return list(_TITLES)[self._at]

    def show(self, answer: Answer | None) -> None:
        """Show an answer: the plot at once marked as stale, and soon drawn again."""
        if answer is None or (answer is self._answer and not self._is_stale):
            return
        self._answer, self._is_stale = answer, True
        self._say()
        if not self.is_still or self._curve is None:
            self.redraw(PAUSE_S)

    def turn(self, step: int) -> None:
        """Show another plot."""
        self._at = (self._at + step) % len(_TITLES)
        self._is_stale = True
        self._say()
        self.redraw()

    def action_next_plot(self) -> None:
        """The next plot."""
        self.turn(1)

    def action_previous_plot(self) -> None:
        """The plot before."""
        self.turn(-1)

    @work(exclusive=True, group="plot")
    async def redraw(self, pause_s: float = 0.0) -> None:
        """Compute and draw the curve of the present answer, after a pause without another call."""
        from inferscope.core.study.curves import curve

        await asyncio.sleep(pause_s)

        if self._answer is None or not is_displayed(self):
            return
        before = self.hint()
        self._curve = found = curve(self._answer.bound, self.kind)
        if self._chart is None:
            from inferscope.tui.plots.chart import Chart

            self._chart = Chart()  # known before it stands: the next call ends this one while it waits
            await self.mount(self._chart, after=0)
        if self._chart.display != bool(found.series):
            self._chart.display = bool(found.series)
        self._draw()
        self._is_stale = False
        self._say()
        self.screen.replace_hint(before, self.hint())  # type: ignore[attr-defined]

    def on_resize(self) -> None:
        """Another size has room for other ticks."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        """Draw the curve that stands now, which need not be that of the moment of the resize."""
        if self._chart is not None and self._curve is not None and self._curve.series:
            self._chart.draw(self._curve)

    def _say(self) -> None:
        """Title, axes and sentence as they are now."""
        from inferscope.tui.plots.legend import legend

        title, words, found = self.query_one(PlotTitle), self.query_one(PlotWords), self._curve
        draw, before, after = (key_of(self.app, name) for name in ("redraw", "previous_plot", "next_plot"))
        stale = "" if not self._is_stale else f" … {draw} draws" if self.is_still else " …"
        title.text = f"{_TITLES[self.kind]}{stale}"
        title.remark = f"{self._at + 1} of {len(_TITLES)}  {before} {after}"
        if self._chart is not None:
            self._chart.visible = not (self._is_stale and self.is_still)
        if self._is_stale and self.is_still:
            words.sentence = f"Not drawn since the last change: {draw} draws"
        elif found is not None and not self._is_stale:
            drawn = bool(found.series)
            title.axis, words.axis = (axis_text(found.y), f"{axis_text(found.x)} →") if drawn else ("", "")
            title.legend = legend(found)
            words.sentence = found.sentence if drawn else f"No curve: {_reason(found.why)}"
        title.update()
        words.update()


def axis_text(axis: Axis) -> str:
    """An axis with its unit, and whether it is logarithmic."""
    about = ", ".join(part for part in (axis.unit, "log" if axis.log else "") if part)
    return f"{axis.label} ({about})" if about else axis.label


def _reason(why: str) -> str:
    from inferscope.core.export.reports import reason_text

    return reason_text(why)
