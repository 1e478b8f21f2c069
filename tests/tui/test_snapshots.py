"""What stands on the screen at four sizes, character by character.

After a wanted change: UPDATE_SNAPSHOTS=1 pytest tests/tui/test_snapshots.py, and read the diff.
"""

import pytest

from inferscope.core.scenario import files
from inferscope.tui.app import InferscopeApp
from inferscope.tui.panels.ladder import Ladder
from inferscope.tui.sizes import VIEWS

SIZES = [(60, 16), (80, 24), (120, 40), (200, 60)]


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("view", VIEWS)
async def test_every_view_looks_as_stored(explore, screen, settle, matches_snapshot, size, view):
    async with explore(size) as pilot:
        if view not in pilot.app.screen._views:
            await pilot.press(VIEWS[view])
        await settle(pilot)
        matches_snapshot(screen(pilot.app), f"view-{view}-{size[0]}x{size[1]}")


@pytest.mark.parametrize("view", VIEWS)
async def test_without_colour_every_view_says_the_same(
    explore, screen, settle, matches_snapshot, monkeypatch, view
):
    monkeypatch.setenv("NO_COLOR", "1")
    async with explore((120, 40)) as pilot:
        if view not in pilot.app.screen._views:
            await pilot.press(VIEWS[view])
        await settle(pilot)
        assert pilot.app.theme == "inferscope-plain"
        matches_snapshot(screen(pilot.app), f"view-{view}-120x40")


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_no_line_is_wider_than_the_screen(explore, screen, size):
    async with explore(size) as pilot:
        rows = screen(pilot.app).splitlines()
        assert len(rows) == size[1]
        assert max(len(row) for row in rows) <= size[0]


DIALOGS = {
    "accelerators": ["down", "enter", *"h100"],
    "models": ["enter", *"deepseek-v3"],
    "formats": ["down", "down", "down", "enter"],
    "explain": ["a", "right", "e"],
    "keys": ["question_mark"],
    "export": ["x"],
    "palette": ["colon", *"chip h200"],
    "unsaved": ["down", "down", "plus", "q"],
}


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("name", DIALOGS)
async def test_the_dialogs_look_as_stored(explore, screen, settle, matches_snapshot, monkeypatch, name, size):
    monkeypatch.chdir("/")  # the same folder everywhere: its name is shown
    async with explore(size) as pilot:
        await pilot.press(*DIALOGS[name])
        await settle(pilot)
        matches_snapshot(screen(pilot.app), f"dialog-{name}-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_a_target_looks_as_stored(explore, screen, settle, matches_snapshot, size):
    async with explore(size) as pilot:
        if "policy" not in pilot.app.screen._views:
            await pilot.press(VIEWS["policy"])
        pilot.app.screen.set_focus(pilot.app.screen.query_one(Ladder))  # focusable at every size
        await pilot.press("down", "equals_sign", "enter")
        await settle(pilot)
        matches_snapshot(screen(pilot.app), f"dialog-target-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_the_opening_questions_look_as_stored(
    screen, settle, matches_snapshot, monkeypatch, scenario_file, size
):
    monkeypatch.setenv(
        "HOME", str(scenario_file.parent)
    )  # the same everywhere: the file is listed by its path
    app = InferscopeApp(lambda: files.load(scenario_file), ask=True)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        matches_snapshot(screen(app), f"opening-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", [(80, 30), (80, 33), (100, 38), (110, 24), (120, 46), (170, 24), (300, 100)])
async def test_between_the_stored_sizes_nothing_falls_off_the_screen(explore, screen, size):
    async with explore(size, preset="deepseek-r1-h20") as pilot:
        text = screen(pilot.app)
        for words in ("Region", "Precision trade-off", "weights", "EU 1e25", "Notes", "help", "quit"):
            assert words in text
