"""What a study found: one sentence, a remark, the rows, and a plot where it is wanted."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Any

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


_READ = ("USD", "Wh", "L", "MW")
"""Units that read better in smaller ones; ticks see to those with prefixes."""


_ABOVE = 4
"""Lines of a table that are no rows: its heading, and a blank one below it."""


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

    def show(self, sheet: Sheet | None, nothing: str) -> None:
        """Show a result.

        Args:
            sheet: Its rows; None where there is no result yet.
            nothing: What to say instead of rows.
        """
        self.sheet = sheet
        self.query_one(SheetView).show(sheet, nothing)

    def say(self, remark: str) -> None:
        """What has to be known of the result."""
        line = self.query_one("#remark", Static)
        line.update(remark)
        line.display = bool(remark)

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

    def plot(self, *, wanted: bool, alone: bool = False) -> None:
        """Show the plot, where there is one, or hide it.

        Args:
            wanted: Whether it is to be seen.
            alone: Whether it takes the place of the rows.
        """
        from inferscope.tui.plots.legend import legend

        curve = self.curve
        shown = wanted and curve is not None
        self.query_one("#plotted").display = shown
        self.set_class(shown, "-plotted")
        rows = self.query_one(SheetView)
        needed = 0 if self.sheet is None else len(self.sheet.rows) + _ABOVE
        rows.styles.height = "1fr" if not shown else 0 if alone else needed
        if not shown or curve is None:
            return
        curve = _as_read(curve)
        title, words, drawn = self.query_one(PlotTitle), self.query_one(PlotWords), bool(curve.series)
        title.text, title.legend = curve.title, legend(curve)
        title.axis = axis_text(curve.y) if drawn else ""
        words.axis = f"{axis_text(curve.x)} →" if drawn else f"no curve: {curve.why}"
        title.update()
        words.update()
        if curve != self._drawn:
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


def _as_read(curve: Curve) -> Curve:
    """A curve in the units in which its table is read: cents rather than thousandths of a dollar."""
    from inferscope.tui.measures import measure

    ways = {}
    for name in ("x", "y"):
        axis = getattr(curve, name)
        found = measure((v for series in curve.series for v in getattr(series, name)), axis.unit, axis.name)
        if found.unit != axis.unit and (axis.unit in _READ or found.unit == "%"):
            ways[name] = found
    if not ways:
        return curve

    def moved(place: Any) -> Any:
        """A line or a mark in these units."""
        changed: dict[str, Any] = {}
        for name, way in ways.items():
            old = getattr(place, name)
            new = [v * way.factor for v in old] if isinstance(old, list) else old
            changed[name] = new * way.factor if isinstance(new, float) else new
        return replace(place, **changed)

    axes = {name: replace(getattr(curve, name), unit=way.unit) for name, way in ways.items()}
    return replace(
        curve, **axes, series=tuple(map(moved, curve.series)), marks=tuple(map(moved, curve.marks))
    )
