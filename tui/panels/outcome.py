"""What a study found: one sentence, a remark, the rows, and a plot where it is wanted."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from textual import work
from textual.containers import Vertical
from textual.widgets import Static

from inferscope.tui.panels.plot import PlotTitle, PlotWords, axis_text
from inferscope.tui.panels.sheetview import SheetView
from inferscope.tui.sizes import clipped

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from inferscope.core.study.drawing import Curve
    from inferscope.tui.plots.chart import Chart
    from inferscope.tui.sheet import Sheet


class Outcome(Vertical):
    """The result of the chosen study."""

    def __init__(self) -> None:
        super().__init__(id="outcome")
        self.sheet: Sheet | None = None
        self._chart: Chart | None = None
        self._drawn: Curve | None = None

    def compose(self) -> ComposeResult:
        """Sentence, remark, rows, plot."""
        yield Static(id="sentence", markup=False)
        yield Static(id="remark", markup=False)
        yield SheetView("sheet")
        with Vertical(id="plotted"):
            yield PlotTitle()
            yield PlotWords()

    @property
    def curve(self) -> Curve | None:
        """The plot of the result, where it has one."""
        return None if self.sheet is None else self.sheet.table.curve

    def show(self, sheet: Sheet | None, nothing: str, *, remark: str, plotted: bool) -> None:
        """Show a result.

        Args:
            sheet: Its rows; None where there is no result yet.
            nothing: What to say instead of rows.
            remark: What has to be known of it.
            plotted: Whether plots are wanted.
        """
        self.sheet = sheet
        self.query_one(SheetView).show(sheet, nothing)
        line = self.query_one("#remark", Static)
        line.update(remark)
        line.display = bool(remark)
        self.plot(wanted=plotted)

    def fit(self, width: int, most: int) -> None:
        """Give the sentence so many lines at most; the page of notes has all of it."""
        sentence = "" if self.sheet is None else self.sheet.table.sentence
        lines = textwrap.wrap(sentence, width)
        if len(lines) > most:
            lines = [*lines[: most - 1], clipped(" ".join(lines[most - 1 :]), width)]
        line = self.query_one("#sentence", Static)
        line.update("\n".join(lines))
        line.display = bool(lines)

    # --- the plot -------------------------------------------------------------------------------

    def plot(self, *, wanted: bool) -> None:
        """Show the plot, where there is one, or hide it."""
        curve = self.curve
        shown = wanted and curve is not None
        self.query_one("#plotted").display = shown
        self.set_class(shown, "-plotted")
        if not shown or curve is None:
            return
        title, words, drawn = self.query_one(PlotTitle), self.query_one(PlotWords), bool(curve.series)
        title.text, title.axis = curve.title, axis_text(curve.y) if drawn else ""
        words.axis = f"{axis_text(curve.x)} →" if drawn else f"no curve: {curve.why}"
        title.update()
        words.update()
        self._bring(curve)

    @work(exclusive=True, group="chart")
    async def _bring(self, curve: Curve) -> None:
        """Draw a curve; the chart comes with the first one."""
        if self._chart is None:
            from inferscope.tui.plots.chart import Chart

            self._chart = Chart()  # known before it stands: the next call ends this one while it waits
            await self.query_one("#plotted").mount(self._chart, after=0)
        self._chart.display = bool(curve.series)
        self._drawn = curve
        self.draw()

    def draw(self) -> None:
        """Draw again, for another size."""
        if self._chart is not None and self._drawn is not None and self._drawn.series:
            self._chart.draw(self._drawn)
