"""What stands in a plot: signs that differ without colour, names beside bars, the units of the table."""

import pytest
from textual.app import App

from inferscope.core.scenario.files import load
from inferscope.core.study.drawing import Axis, Curve, Mark, Series
from inferscope.core.study.scaling import scaling
from inferscope.tui.ascii import plain
from inferscope.tui.panels.outcome import _as_read
from inferscope.tui.plots.chart import Chart
from inferscope.tui.plots.legend import SIGNS, is_bars, legend, sign_of, signs

MANY = [float(n) for n in range(1, 100)]
CLOUDED = Curve(
    "frontier",
    "Frontier",
    Axis("tpot_s", "s", "Time"),
    Axis("usd_per_query", "USD", "Cost"),
    (
        Series("best", MANY, MANY[::-1], is_points=True),
        Series("beaten", MANY, MANY, is_points=True),
        Series("few", [3.0], [4.0], is_points=True),
        Series("roof", [1.0, 90.0], [50.0, 50.0]),
    ),
    (Mark("scenario", 20.0, 30.0), Mark("one of the few", 3.0, 4.0)),
)
BARS = Curve(
    "attribution",
    "Waterfall",
    Axis("usd_per_query", "USD", "Cost"),
    Axis("", "", "optimisation"),
    (
        Series("all off", [0.0, 0.004], [0.0, 0.0]),
        Series("Weights fp8", [0.004, 0.003], [-1.0, -1.0]),
        Series("Overlap on", [0.003, 0.0035], [-2.0, -2.0]),
        Series("as it stands", [0.0, 0.0035], [-3.0, -3.0]),
    ),
    (Mark("now", 0.0035, None),),
)


class Shown(App):
    """One chart."""

    CSS = "Chart { width: 1fr; height: 1fr; }"

    def __init__(self, curve):
        super().__init__()
        self.curve, self.chart = curve, Chart()

    def compose(self):
        yield self.chart

    def on_resize(self):
        self.call_after_refresh(self.chart.draw, self.curve)


async def drawn(curve, size, screen):
    app = Shown(curve)
    async with app.run_test(size=size) as pilot:
        for _ in range(20):
            await pilot.pause()
        return screen(app)


def test_every_series_of_points_has_a_sign_of_its_own_in_ascii_too():
    found = signs(CLOUDED)
    assert found == ["◆", "·", "○", ""]
    used = [*SIGNS, "·", sign_of(CLOUDED.marks[0], CLOUDED)]
    assert len({plain(sign) for sign in used}) == len(used)
    assert sign_of(CLOUDED.marks[1], CLOUDED) == "○"
    assert legend(CLOUDED) == "◆ best  · beaten  ○ few"
    assert legend(BARS) == ""


async def test_points_and_marks_are_drawn_with_their_signs(screen):
    text = await drawn(CLOUDED, (80, 24), screen)
    assert all(sign in text for sign in ("◆", "·", "◉ scenario", "○", "one of the few", "roof"))


@pytest.mark.parametrize("size", [(80, 16), (80, 8), (40, 12)])
async def test_bars_have_their_names_beside_them_and_never_on_each_other(screen, size):
    assert is_bars(BARS)
    assert not is_bars(CLOUDED)
    text = await drawn(BARS, size, screen)
    rows = text.splitlines()
    names = [row.split("┃")[0].strip() for row in rows if "━━" in row and "┃" in row]
    if size[1] == 8:  # the frame and its ticks leave five rows
        assert names == ["all off", "Weights fp8", "Overlap on", "as it stands"]
    assert len(names) == 4
    assert "◀" in rows[next(i for i, row in enumerate(rows) if "p8" in row)]
    assert "▶" in rows[next(i for i, row in enumerate(rows) if row.strip().startswith(("Overlap", "Ove")))]
    assert "now" in rows[0]


async def test_bars_that_have_no_row_are_counted(screen):
    text = await drawn(BARS, (80, 6), screen)
    assert "… 2 more" in text
    assert "as it stands" not in text


def test_a_plot_has_the_units_of_its_table():
    found = _as_read(BARS)
    assert found.x.unit == "ct"
    assert found.series[0].x == pytest.approx([0.0, 0.4])
    assert found.marks[0].x == pytest.approx(0.35)
    assert found.marks[0].y is None
    assert _as_read(CLOUDED) is CLOUDED


async def test_the_plane_of_equal_capability_names_its_lines(screen):
    """Slanted lines of equal capability, legal lines, the plateau, the model and where it meets one."""
    curve = scaling(load("deepseek-v3-h800").scenario).curve
    text = await drawn(curve, (120, 30), screen)
    for name in ("like 1e24", "like 1e25", "like 1e26", "plateau", "● here", "k*"):
        assert name in text, name
    ticks = text.splitlines()[-1].split()
    assert "1e24" in ticks
    assert "1e25" in ticks


async def test_the_loopholes_are_bars_with_a_line_across(screen):
    curve = scaling(load("r1-distill-qwen-32b-h100").scenario, "loopholes").curve
    assert is_bars(curve)
    rows = (await drawn(curve, (100, 16), screen)).splitlines()
    names = [row.split("┃")[0].strip() for row in rows if "━" in row and "┃" in row]
    assert names == ["fine-tuning", "distilling", "growing", "inference"]
    assert "line" in rows[0]
