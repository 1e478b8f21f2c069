"""The plane of chips: points, the lines of the rules, and names; it imports the plot library, so late."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from textual_hires_canvas import Canvas, HiResMode

from inferscope.core.study.drawing import Axis
from inferscope.tui.plots.chart import Plot, Ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inferscope.core.policy.plane import Chip, Edge
    from inferscope.core.study.drawing import Series


ACROSS = Axis("tpp", "TOPS*bit", "Total processing performance", log=True)
_LOW = 18
"""Rows of the map under which there is room for one name a line."""
UP = Axis("dram_bandwidth_gb_s", "GB/s", "DRAM bandwidth", log=True)


class ChipChart(Plot, can_focus=False):
    """Chips by processing performance and bandwidth, both logarithmic."""

    def __init__(self) -> None:
        super().__init__(allow_pan_and_zoom=False)
        self._chips: Sequence[Chip] = ()
        self._edges: Sequence[Edge] = ()
        self._named: tuple[Chip | None, Chip | None] = (None, None)
        self._rates: Sequence[Series] = ()
        self._is_shaded: Callable[[float, float], bool] = lambda _x, _y: False
        self.set_reactive(ChipChart.margin_top, 0)
        self.set_reactive(ChipChart.margin_bottom, 1)
        self.set_reactive(ChipChart.margin_left, 7)

    def draw(
        self,
        chips: Sequence[Chip],
        edges: Sequence[Edge],
        is_shaded: Callable[[float, float], bool],
        named: tuple[Chip | None, Chip | None],
        rates: Sequence[Series] = (),
    ) -> None:
        """Show chips and lines.

        Args:
            chips: Those that have a place.
            edges: Pieces of lines.
            is_shaded: Where a rule is true whatever else the chip is.
            named: The scenario's chip, and the one under the cursor.
            rates: Lines on which other chips would give the scenario the same tokens per second.
        """
        self._rates = rates
        self._chips, self._edges, self._is_shaded, self._named = chips, edges, is_shaded, named
        self.clear()
        x = [math.log10(chip.tpp) for chip in chips]
        y = [math.log10(chip.dram_bandwidth_gb_s) for chip in chips]
        lows, highs = (min(x) - 0.1, min(y) - 0.1), (max(x) + 0.15, max(y) + 0.1)
        self.set_xlimits(lows[0], highs[0])
        self.set_ylimits(lows[1], highs[1])
        for edge in edges:
            if edge.certain:
                side = 1 if edge.vertical else 0
                ends = [_log(edge.low, lows[side]), _log(edge.high, highs[side])]
                ends = [min(max(end, lows[side]), highs[side]) for end in ends]
                at = [math.log10(edge.at)] * 2
                style = self._colour("success" if edge.relief else "warning")
                self.plot(*((at, ends) if edge.vertical else (ends, at)), style, HiResMode.BRAILLE)
        for line in rates:
            inside = [
                (math.log10(tpp), math.log10(speed))
                for tpp, speed in zip(line.x, line.y, strict=True)
                if lows[0] <= math.log10(tpp) <= highs[0] and lows[1] <= math.log10(speed) <= highs[1]
            ]
            if len(inside) > 1:
                self.plot(
                    [a for a, _ in inside],
                    [b for _, b in inside],
                    self._colour("secondary"),
                    HiResMode.BRAILLE,
                )
        self.scatter(x, y, marker="o", marker_style=self._colour("primary"))

    def _colour(self, name: str) -> str:
        return str(self.app.theme_variables.get(name, "white"))

    def _render_plot(self) -> None:
        canvas = self.query_one("#plot", Canvas)
        if not self._chips or not canvas.size or canvas._canvas_size is None:  # noqa: SLF001
            return
        self.set_x_formatter(Ticks(ACROSS, max(canvas.size.width // 8, 2)))
        self.set_y_formatter(Ticks(UP, max(canvas.size.height // 2, 2)))
        super()._render_plot()
        self._dot(canvas)
        self._shade(canvas)
        taken = self._names(canvas)
        for edge, rules in self._to_name(canvas.size.height):
            self._label(canvas, edge, rules, taken)
        for line in self._rates:
            self._label_rate(canvas, line, taken)

    def _label_rate(self, canvas: Canvas, line: Series, taken: set[tuple[int, int]]) -> None:
        """The rate of a line, near its right end."""
        cells = [
            self.get_pixel_from_coordinate(math.log10(tpp), math.log10(speed))
            for tpp, speed in zip(line.x, line.y, strict=True)
        ]
        text = line.label.replace(" tokens", "")
        spots = [(column - len(text), row - 1) for column, row in reversed(cells)]
        _write(canvas, text, spots, self._colour("secondary"), taken)

    def _to_name(self, height: int) -> list[tuple[Edge, Sequence[str]]]:
        """Pieces of lines with the rules to name there; on a low map a line is named once for all of it."""
        if height >= _LOW:
            return [(edge, edge.rules) for edge in self._edges]
        named: dict[tuple[bool, float], tuple[Edge, dict[str, None]]] = {}
        for edge in self._edges:
            first = named.setdefault((edge.vertical, edge.at), (edge, {}))
            first[1].update(dict.fromkeys(edge.rules))
        return [(edge, list(rules)) for edge, rules in named.values()]

    def _pixel(self, chip: Chip) -> tuple[int, int]:
        return self.get_pixel_from_coordinate(math.log10(chip.tpp), math.log10(chip.dram_bandwidth_gb_s))

    def _dot(self, canvas: Canvas) -> None:
        """Lines that another figure of the chip decides are dotted."""
        for edge in self._edges:
            if edge.certain:
                continue
            for column, row in self._cells(canvas, edge):
                if canvas.get_pixel(column, row)[0] in (" ", ""):
                    canvas.set_pixel(column, row, "┊" if edge.vertical else "┈", self._colour("text-muted"))

    def _cells(self, canvas: Canvas, edge: Edge) -> list[tuple[int, int]]:
        """The cells inside the frame that a line passes."""
        right, bottom = canvas.size.width - 1, canvas.size.height - 1
        at = math.log10(edge.at)
        found = []
        for n in range(1, bottom if edge.vertical else right):
            column, row = self.get_pixel_from_coordinate(at, at)
            cell = (column, n) if edge.vertical else (n, row)
            if 0 < cell[0] < right and 0 < cell[1] < bottom:
                x, y = self.get_coordinate_from_pixel(*cell)
                if edge.low <= 10.0 ** (y if edge.vertical else x) <= edge.high:
                    found.append(cell)
        return found

    def _shade(self, canvas: Canvas) -> None:
        """Sparse dots where a rule is true whatever else the chip is."""
        style = self._colour("rule")
        for row in range(1, canvas.size.height - 1):
            for column in range(1 + 2 * (row % 2), canvas.size.width - 1, 4):
                if canvas.get_pixel(column, row)[0] not in (" ", ""):
                    continue
                x, y = self.get_coordinate_from_pixel(column, row)
                if self._is_shaded(10.0**x, 10.0**y):
                    canvas.set_pixel(column, row, "·", style)

    def _names(self, canvas: Canvas) -> set[tuple[int, int]]:
        """The scenario's chip and the marked one with their names; the cells that are taken."""
        taken = {self._pixel(chip) for chip in self._chips}
        own, marked = self._named
        own = None if own == marked else own
        for chip, sign, colour in ((own, "◆", "success"), (marked, "◉", "accent")):
            if chip is not None and chip.has_place:
                place = self._pixel(chip)
                canvas.set_pixel(*place, sign, f"bold {self._colour(colour)}")
                x, y = place
                sides = (x + 2, x - len(chip.id) - 1)
                spots = [(start, y + up) for up in (0, -1, 1, -2, 2) for start in sides]
                _write(canvas, chip.id, spots, f"bold {self._colour(colour)}", taken)
        return taken

    def _label(self, canvas: Canvas, edge: Edge, rules: Sequence[str], taken: set[tuple[int, int]]) -> None:
        """The number of a line and the rules that draw it, beside it."""
        cells = self._cells(canvas, edge)
        if not cells:
            return
        names = rules[0] + (f" +{len(rules) - 1}" if len(rules) > 1 else "")
        text = f"{edge.at:,.0f} {names}{'' if edge.certain else ' may'}"
        if edge.vertical:
            spots = [(column + 1, row) for column, row in cells]
        else:
            spots = [(column - len(text), row - 1) for column, row in reversed(cells)]
        colour = "text-muted" if not edge.certain else "success" if edge.relief else "warning"
        _write(canvas, text, spots, self._colour(colour), taken)


def _log(value: float, end: float) -> float:
    return math.log10(value) if 0 < value < math.inf else end


def _write(
    canvas: Canvas, text: str, spots: Sequence[tuple[int, int]], style: str, taken: set[tuple[int, int]]
) -> None:
    """A text at the first of some spots inside the frame where nothing else stands."""
    right, bottom = canvas.size.width - 1, canvas.size.height - 1
    for start, row in spots:
        cells = {(column, row) for column in range(start, start + len(text))}
        if start < 1 or start + len(text) > right or not 0 < row < bottom or cells & taken:
            continue
        for column, sign in enumerate(text, start):
            canvas.set_pixel(column, row, sign, style)
        taken |= cells | {(start - 1, row), (start + len(text), row)}
        return
