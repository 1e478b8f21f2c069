"""A curve as braille on axes with round ticks; imports the plot library, so import it late."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.containers import Grid
from textual.strip import Strip
from textual_hires_canvas import Canvas, HiResMode
from textual_plot import PlotWidget
from textual_plot.axis_formatter import AxisFormatter
from textual_plot.plot_widget import Legend

from inferscope.tui.plots.ticks import linear_ticks, log_ticks, tick_text

if TYPE_CHECKING:
    from textual.app import ComposeResult, RenderResult

    from inferscope.core.study.drawing import Axis, Curve, Mark, Series

COLOURS = ("primary", "accent", "success", "secondary", "warning")
"""Theme colours of the series, in order; their labels stand beside them, so colour is not needed."""


class Ticks(AxisFormatter):
    """Round ticks of an axis, which is drawn as log10 where it is logarithmic.

    Args:
        axis: The axis.
        most: How many have room.
    """

    def __init__(self, axis: Axis, most: int) -> None:
        self.axis, self.most = axis, most

    def get_ticks(self, min_: float, max_: float, max_ticks: int = 8) -> list[float]:
        """Places of the ticks, as drawn."""
        most = min(self.most, max_ticks)
        if not self.axis.log:
            return linear_ticks(min_, max_, most)
        return [math.log10(value) for value in log_ticks(10.0**min_, 10.0**max_, most)]

    def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
        """What stands beside them; nothing where places along the axis are only apart."""
        if not self.axis.unit:
            return [""] * len(ticks)
        return [tick_text(10.0**tick if self.axis.log else tick, self.axis.unit) for tick in ticks]


class Sheet(Canvas):
    """A canvas whose blanks have a style too, which filters such as that of NO_COLOR count on."""

    def render_line(self, y: int) -> Strip:
        """One row."""
        strip = super().render_line(y)
        return Strip([Segment(text, style or Style()) for text, style, _ in strip], strip.cell_length)


class Plot(PlotWidget, can_focus=False):
    """A plot that can be gone before its parts are there: a screen may be left while it comes up."""

    @property
    def _is_there(self) -> bool:
        return bool(self.query("#legend")) and bool(self.query("#plot"))

    def _update_margin_sizes(self) -> None:
        if self._is_there:
            super()._update_margin_sizes()

    def _update_legend(self) -> None:
        if self._is_there:
            super()._update_legend()

    def render(self) -> RenderResult:
        """Draw on the canvases."""
        return super().render() if self._is_there else ""


class Chart(Plot, can_focus=False):
    """The plot itself; :meth:`draw` shows a curve."""

    def __init__(self) -> None:
        super().__init__(allow_pan_and_zoom=False)
        self._curve: Curve | None = None
        self._theme = ""
        self.set_reactive(Chart.margin_top, 0)
        self.set_reactive(Chart.margin_bottom, 1)
        self.set_reactive(Chart.margin_left, 8)

    def compose(self) -> ComposeResult:
        """The plot between its margins."""
        with Grid():
            for name in ("margin-top", "margin-left", "plot", "margin-bottom"):
                yield Sheet(1, 1, id=name)
        yield Legend(id="legend")

    def draw(self, curve: Curve) -> None:
        """Show a curve."""
        self._curve, self._theme = curve, self.app.theme
        self.clear()
        colours = [self._colour(name) for name in COLOURS]
        for place, series in enumerate(curve.series):
            colour = colours[place % len(colours)]
            x, y = _placed(series.x, curve.x), _placed(series.y, curve.y)
            if series.is_points:
                self.scatter(x, y, marker="◆", marker_style=f"bold {colour}")
            else:
                self.plot(x, y, line_style=colour, hires_mode=HiResMode.BRAILLE)
        self._limit(curve)
        if self._is_there and self.query_one("#plot", Canvas).size:
            self.render()  # at once: a frame in between would show the old curve beside the new words

    def notify_style_update(self) -> None:
        """Another theme has other colours for the lines."""
        super().notify_style_update()
        if self._curve is not None and self._theme != self.app.theme:
            self.draw(self._curve)

    def _colour(self, name: str) -> str:
        return str(self.app.theme_variables.get(name, "white"))

    def _limit(self, curve: Curve) -> None:
        """Limits that hold every line and mark, with a little air above and below."""
        for axis, name, limit in ((curve.x, "x", self.set_xlimits), (curve.y, "y", self.set_ylimits)):
            values = [value for series in curve.series for value in getattr(series, name)]
            values += [value for mark in curve.marks if (value := getattr(mark, name)) is not None]
            placed = _placed(values, axis)
            low, high = min(placed), max(placed)
            air = 0.04 * (high - low) or 0.05
            limit(low - (air if name == "y" else 0), high + (air if name == "y" else 0))

    def _render_plot(self) -> None:
        canvas = self.query_one("#plot", Canvas)
        if self._curve is None or not canvas.size or canvas._canvas_size is None:  # noqa: SLF001
            return
        self.set_x_formatter(Ticks(self._curve.x, max(canvas.size.width // 9, 2)))
        self.set_y_formatter(Ticks(self._curve.y, max(canvas.size.height // 2, 2)))
        super()._render_plot()
        for mark in self._curve.marks:
            self._rule(canvas, mark)
        taken = {self._pixel(m.x, m.y) for m in self._curve.marks if m.x is not None and m.y is not None}
        for place, series in enumerate(self._curve.series):
            if series.x and not series.is_points:  # points have marks that name them
                colour = self._colour(COLOURS[place % len(COLOURS)])
                self._write(canvas, series.label, self._middle(series), colour, taken)
        for mark in self._curve.marks:
            self._mark(canvas, mark, taken)

    def _middle(self, series: Series) -> tuple[int, int]:
        """Where a line is named: on it, so that it can be no other's name."""
        if len(series.x) > 2:
            at = len(series.x) * 3 // 4
            return self._pixel(series.x[at], series.y[at])
        ends = [self._pixel(x, y) for x, y in zip(series.x, series.y, strict=True)]
        return sum(x for x, _ in ends) // len(ends), sum(y for _, y in ends) // len(ends)

    def _pixel(self, x: float, y: float) -> tuple[int, int]:
        assert self._curve is not None  # noqa: S101  (drawn only with one)
        (across,), (up,) = _placed([x], self._curve.x), _placed([y], self._curve.y)
        return self.get_pixel_from_coordinate(across, up)

    def _rule(self, canvas: Canvas, mark: Mark) -> None:
        """A dotted line across where one coordinate is open; names and dots stand on it."""
        first, colour = self._curve.series[0], self._colour("foreground")  # type: ignore[union-attr]
        if mark.x is not None and mark.y is None:
            x, _ = self._pixel(mark.x, first.y[0])
            for row in range(1, canvas.size.height - 1):
                canvas.set_pixel(x, row, "┊", colour)
        elif mark.y is not None and mark.x is None:
            _, y = self._pixel(first.x[0], mark.y)
            for column in range(1, canvas.size.width - 1):
                canvas.set_pixel(column, y, "┈", colour)

    def _mark(self, canvas: Canvas, mark: Mark, taken: set[tuple[int, int]]) -> None:
        """A dot with its name, or the name of a line across."""
        colour = self._colour("foreground")
        if mark.x is not None and mark.y is not None:
            x, y = self._pixel(mark.x, mark.y)
            canvas.set_pixel(x, y, "●", f"bold {colour}")
        elif mark.x is not None:
            x, y = self._pixel(mark.x, self._curve.series[0].y[0])[0], 1  # type: ignore[union-attr]
        elif mark.y is not None:
            x, y = 2, self._pixel(self._curve.series[0].x[0], mark.y)[1]  # type: ignore[union-attr]
        else:
            return
        taken.add((x, y))
        self._write(canvas, mark.label, (x, y), colour, taken)

    @staticmethod
    def _write(
        canvas: Canvas,
        text: str,
        point: tuple[int, int],
        style: str,
        taken: set[tuple[int, int]],
    ) -> None:
        """A label beside a point, on the first of a few places inside the frame that nothing holds."""
        right, bottom = canvas.size.width - 1, canvas.size.height - 1
        x, y = point
        sides = (x + 2, x - len(text) - 1)
        places = [(start, y + row) for row in (0, -1, 1, -2, 2) for start in sides]
        for start, row in places:
            cells = {(column, row) for column in range(start - 1, start + len(text) + 1)}
            if start < 1 or start + len(text) > right or not 1 <= row < bottom or cells & (taken - {point}):
                continue
            for column, sign in enumerate(text, start):
                canvas.set_pixel(column, row, sign, f"bold {style}")
            taken |= cells
            return


def _placed(values: Iterable[float], axis: Axis) -> list[float]:
    """Values where they are drawn: log10 on a logarithmic axis."""
    return [math.log10(max(value, 1e-300)) for value in values] if axis.log else list(values)
