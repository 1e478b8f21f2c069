"""What stands on the screen at four sizes, character by character.

After a wanted change: UPDATE_SNAPSHOTS=1 pytest tests/tui/test_snapshots.py, and read the diff.
"""

import pytest

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


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("accelerators", ["down", "enter", *"h100"]),
        ("models", ["enter", *"deepseek-v3"]),
        ("formats", ["down", "down", "down", "enter"]),
        ("explain", ["a", "right", "e"]),
        ("keys", ["question_mark"]),
        ("unsaved", ["down", "down", "plus", "q"]),
    ],
)
async def test_the_dialogs_look_as_stored(explore, screen, matches_snapshot, name, keys):
    async with explore() as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        await pilot.pause()
        matches_snapshot(screen(pilot.app), f"dialog-{name}")


@pytest.mark.parametrize("size", [(80, 30), (80, 33), (100, 38), (110, 24), (120, 46), (170, 24), (300, 100)])
async def test_between_the_stored_sizes_nothing_falls_off_the_screen(explore, screen, size):
    async with explore(size, preset="deepseek-r1-h20") as pilot:
        text = screen(pilot.app)
        for words in ("Region", "Precision trade-off", "weights", "EU 1e25", "Notes", "help", "quit"):
            assert words in text
