"""A curve as braille on axes with round ticks; imports the plot library, so import it late."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.containers import Grid
from textual.strip import Strip
from textual_hires_canvas import Canvas, HiResMode
from textual_plot import PlotWidget
from textual_plot.axis_formatter import AxisFormatter
from textual_plot.plot_widget import Legend

from inferscope.tui.columns import shortened
from inferscope.tui.plots.legend import is_bars, sign_of, signs
from inferscope.tui.plots.ticks import linear_ticks, log_ticks, tick_text

if TYPE_CHECKING:
    from textual.app import ComposeResult, RenderResult

    from inferscope.core.study.drawing import Axis, Curve, Mark, Series

COLOURS = ("primary", "accent", "success", "secondary", "warning")
"""Theme colours of the series, in order; their labels stand beside them, so colour is not needed."""
_MARGIN, _NAMES = 8, 0.35
"""Columns beside a plot for its ticks; of a plot's columns so many may be names of bars."""


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
        if not most:
            return []
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
        self.set_reactive(Chart.margin_left, _MARGIN)

    def compose(self) -> ComposeResult:
        """The plot between its margins."""
        with Grid():
            for name in ("margin-top", "margin-left", "plot", "margin-bottom"):
                yield Sheet(1, 1, id=name)
        yield Legend(id="legend")

    def on_mount(self) -> None:
        """A curve that came before the parts were there is drawn once they are."""
        if self._curve is not None:
            self.call_after_refresh(self.draw, self._curve)

    def draw(self, curve: Curve) -> None:
        """Show a curve."""
        self._curve, self._theme = curve, self.app.theme
        self.clear()
        colours = [self._colour(name) for name in COLOURS]
        drawn = [] if is_bars(curve) else list(enumerate(zip(curve.series, signs(curve), strict=True)))
        for place, (series, sign) in reversed(drawn):  # the first, which matters most, above the others
            colour = colours[place % len(colours)]
            x, y = _placed(series.x, curve.x), _placed(series.y, curve.y)
            if sign:
                self.scatter(x, y, marker=sign, marker_style=f"bold {colour}")
            else:
                self.plot(x, y, line_style=colour, hires_mode=HiResMode.BRAILLE)
        self._make_margin(curve)
        self._limit(curve)
        if self._is_there and self.query_one("#plot", Canvas).size:
            self.render()  # at once: a frame in between would show the old curve beside the new words

    def _make_margin(self, curve: Curve) -> None:
        """Room at the left for the names of bars, or for ticks."""
        longest = max((len(series.label) for series in curve.series), default=0)
        names = min(longest + 2, int(_NAMES * (self.size.width or self.app.size.width)))
        margin = max(names, _MARGIN) if is_bars(curve) else _MARGIN
        if margin != self.margin_left:
            self.margin_left = margin
            self.call_after_refresh(self.refresh, layout=True)  # the parts have other sizes now

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
            below, above = (air if name == "y" or (is_bars(curve) and end) else 0 for end in (low, high))
            limit(low - below, high + above)

    def _render_plot(self) -> None:
        canvas = self.query_one("#plot", Canvas)
        if self._curve is None or not canvas.size or canvas._canvas_size is None:  # noqa: SLF001
            return
        self.set_x_formatter(Ticks(self._curve.x, max(canvas.size.width // 9, 2)))
        bars = is_bars(self._curve)
        self.set_y_formatter(Ticks(self._curve.y, 0 if bars else max(canvas.size.height // 2, 2)))
        super()._render_plot()
        for mark in self._curve.marks:
            self._rule(canvas, mark)
        if bars:
            self._bars(canvas, self._curve)
            return
        taken = {self._pixel(m.x, m.y) for m in self._curve.marks if m.x is not None and m.y is not None}
        for place, series in enumerate(self._curve.series):
            if series.x and series.label and not series.is_points:  # what points are the legend says
                colour = self._colour(COLOURS[place % len(COLOURS)])
                any(self._write(canvas, series.label, at, colour, taken) for at in self._on(series))
        for mark in self._curve.marks:
            self._mark(canvas, mark, taken)

    def _on(self, series: Series) -> Iterator[tuple[int, int]]:
        """Where a line may be named: on it, so that it can be no other's name."""
        last = len(series.x) - 1
        if last > 1:
            for share in (0.75, 0.5, 0.25, 0.9, 0.6, 0.4, 0.1, 1.0, 0.0):
                yield self._pixel(series.x[round(last * share)], series.y[round(last * share)])
        ends = [self._pixel(x, y) for x, y in zip(series.x, series.y, strict=True)]
        yield sum(x for x, _ in ends) // len(ends), sum(y for _, y in ends) // len(ends)

    # --- bars -----------------------------------------------------------------------------------

    def _bars(self, canvas: Canvas, curve: Curve) -> None:
        """A bar a row with its name beside it; as many as there are rows, and then how many more."""
        rows, count = canvas.size.height - 2, len(curve.series)
        each = 2 if 2 * count <= rows + 1 else 1
        shown = count if count <= rows else max(rows - 1, 0)
        for place, series in enumerate(curve.series[:shown]):
            row = 1 + place * each
            (start, _), (end, _) = (self._pixel(x, series.y[0]) for x in series.x)
            is_step = curve.kind == "attribution" and 0 < place < count - 1
            self._bar(canvas, row, (start, end), f"bold {self._colour(COLOURS[0])}", is_step=is_step)
            self._named(series.label, row)
        if shown < count:
            self._named(f"… {count - shown} more", 1 + shown)
        for mark in curve.marks:
            if mark.x is not None:
                self._border(canvas, mark.label, self._pixel(mark.x, curve.series[0].y[0])[0])

    @staticmethod
    def _bar(canvas: Canvas, row: int, ends: tuple[int, int], style: str, *, is_step: bool) -> None:
        """From one column to another; the head of an arrow says which way a step goes."""
        low, high = max(min(ends), 1), min(max(ends), canvas.size.width - 2)
        for column in range(low, high + 1):
            is_crossed = canvas.get_pixel(column, row)[0] == "┊"
            canvas.set_pixel(column, row, "╋" if is_crossed else "━", style)
        if is_step and low < high:
            falls = ends[1] < ends[0]
            canvas.set_pixel(low if falls else high, row, "◀" if falls else "▶", style)

    def _named(self, text: str, row: int) -> None:
        """A name in the margin."""
        margin, room = self.query_one("#margin-left", Canvas), int(self.margin_left) - 2
        for column, sign in enumerate(f"{shortened(text, room):>{max(room, 0)}}"):
            margin.set_pixel(column, row, sign, self._colour("foreground"))

    def _border(self, canvas: Canvas, text: str, middle: int) -> None:
        """A word on the upper edge of the frame."""
        start = min(max(middle - len(text) // 2, 1), max(canvas.size.width - 1 - len(text), 1))
        for column, sign in enumerate(text[: max(canvas.size.width - 2, 0)], start):
            canvas.set_pixel(column, 0, sign, f"bold {self._colour('foreground')}")

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
            canvas.set_pixel(x, y, sign_of(mark, self._curve), f"bold {colour}")  # type: ignore[arg-type]
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
    ) -> bool:
        """A label beside a point, at the first of a few places inside the frame that nothing holds."""
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
            return True
        return False


def _placed(values: Iterable[float], axis: Axis) -> list[float]:
    """Values where they are drawn: log10 on a logarithmic axis."""
    return [math.log10(max(value, 1e-300)) for value in values] if axis.log else list(values)
