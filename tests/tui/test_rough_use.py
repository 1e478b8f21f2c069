"""Odd names, wide letters and keys that elsewhere mean something else."""

import os

import pytest
from textual_plot.plot_widget import Legend

from inferscope.core.scenario import files
from inferscope.core.study.drawing import Axis, Curve, Series
from inferscope.tui.pages import Page
from inferscope.tui.panels.words import MessageLine, Title
from inferscope.tui.plots.chart import Chart
from inferscope.tui.plots.chipchart import ChipChart
from inferscope.tui.screens.files import SaveAs
from inferscope.tui.screens.reader import Reader
from inferscope.tui.session import Session


async def test_the_title_is_empty_until_the_scenario_is_read():
    assert "None" not in Title().render().plain


async def test_a_name_nobody_can_have_is_refused_while_it_is_typed(explore, screen):
    async with explore() as pilot:
        await pilot.press("S", "ctrl+u", *"~nobody-has-this-name/x.toml", "enter")
        assert isinstance(pilot.app.screen, SaveAs)
        assert "is nobody's folder" in screen(pilot.app)


async def test_ctrl_c_says_how_to_leave(explore):
    async with explore() as pilot:
        await pilot.press("ctrl+c")
        assert "q leaves" in pilot.app.screen.query_one(MessageLine).text


async def test_wide_letters_keep_the_columns(explore, screen, config_folder):
    folder = config_folder / "presets"
    folder.mkdir()
    text = 'schema_version = 1\nname = "{}"\n'
    (folder / "wide.toml").write_text(text.format("推論コスト" * 12), encoding="utf-8")
    (folder / "evil.toml").write_text(text.format("a\\u001b]0;b\\u0007"), encoding="utf-8")
    async with explore(size=(200, 40), preset="wide") as pilot:
        assert screen(pilot.app).splitlines()[0].rstrip().endswith("saved")
        await pilot.press("ctrl+o", *"wide")
        await pilot.pause()
        rows = screen(pilot.app)
        assert "\x1b" not in rows
        assert sum("推論" in row for row in rows.splitlines()) == 1


@pytest.mark.parametrize("key", ["slash", "ctrl+p"])
async def test_a_list_without_room_has_no_pages_to_turn(explore, key):
    async with explore() as pilot:
        await pilot.press(key, "down")
        await pilot.resize_terminal(1, 1)
        await pilot.press("pagedown", "pageup", "pagedown")
        assert pilot.app.is_running


@pytest.mark.parametrize("kind", [Chart, ChipChart])
async def test_a_plot_that_is_gone_before_its_parts_are_there_ends_nothing(explore, kind):
    class Gone(kind):
        def compose(self):
            return ()

    async with explore() as pilot:
        chart = Gone()
        await pilot.app.screen.mount(chart)
        chart.clear()
        await pilot.resize_terminal(100, 30)
        assert pilot.app.is_running


async def test_the_map_of_chips_can_be_left_and_used_before_it_is_drawn(explore, settle):
    async with explore(size=(120, 40)) as pilot:
        explorer = pilot.app.screen
        for burst in (("M", "escape"), ("M", "escape"), ("M", "l", "b", "escape")):
            for key in burst:
                pilot.app.simulate_key(key)
            await settle(pilot)
        await pilot.press("escape")
        assert pilot.app.screen is explorer


async def test_the_list_of_chips_goes_into_ten_columns(explore, screen, settle):
    async with explore(size=(10, 3)) as pilot:
        await pilot.press("M")
        await settle(pilot)
        assert "chip" in screen(pilot.app)


def test_a_file_that_became_a_pipe_is_not_waited_for(scenario_file):
    session = Session(files.load(scenario_file))
    scenario_file.unlink()
    os.mkfifo(scenario_file)
    assert "is gone from the disk" in session.news()


async def test_pipes_among_the_users_files_are_passed_over(explore, screen, config_folder):
    for name in ("recent.json", "recovery/1-a.toml", "presets/a-pipe.toml"):
        (config_folder / name).parent.mkdir(exist_ok=True)
        os.mkfifo(config_folder / name)
    async with explore() as pilot:
        await pilot.press("ctrl+o", *"a-pipe")
        await pilot.pause()
        assert "cannot be read" in screen(pilot.app)


async def test_a_curve_may_be_drawn_before_the_plot_has_its_parts(explore):
    class Late(Chart):
        def compose(self):
            yield Legend(id="legend")

    axes = Axis("workload.batch", "1", "batch"), Axis("tpot_s", "s", "time")
    async with explore() as pilot:
        chart = Late()
        await pilot.app.screen.mount(chart)
        chart.draw(Curve("a", "A line", *axes, (Series("a", [1.0, 2.0], [3.0, 4.0]),)))
        await pilot.pause()
        assert pilot.app.is_running


ODD = "[/nope] [b]x[@click=app.bell]y"


@pytest.mark.parametrize(
    "key", ["s", "c", "equals_sign", "ctrl+o", "S", "e", "d", "enter", "ctrl+p", "p", "x"]
)
async def test_brackets_in_names_are_letters(
    explore, screen, tmp_path, monkeypatch, scenario_file, config_folder, key
):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "[bold]a[.toml"
    text = scenario_file.read_text().replace("A dense model on eight H100", ODD)
    path.write_text(text, encoding="utf-8")
    (config_folder / "presets").mkdir()
    (config_folder / "presets" / "[b]a[.toml").write_text(text, encoding="utf-8")
    async with explore(size=(120, 40), preset=path) as pilot:
        assert ODD in screen(pilot.app)
        await pilot.press(key)
        for _ in range(5):
            await pilot.pause()
        screen(pilot.app)
        await pilot.press("enter")
        await pilot.pause()
        assert pilot.app.is_running


async def test_a_frame_says_brackets_as_they_are(explore, screen, tmp_path, scenario_file):
    path = tmp_path / "[bold]a[.toml"
    path.write_text(scenario_file.read_text().replace("A dense model on eight H100", ODD), encoding="utf-8")
    async with explore(size=(120, 40), preset=path) as pilot:
        await pilot.press("s")
        await pilot.pause()
        label = pilot.app.screen.host.session.label
        assert "[b" in label
        assert f"Studies of {label}" in screen(pilot.app)
        pilot.app.push_screen(Reader(Page(ODD, "", [("", ODD)])))
        await pilot.pause()
        await pilot.pause()
        assert screen(pilot.app).count(ODD) >= 2
