"""Chips through time on the screen: what is shown, the filter, and how it looks."""

import pytest

from inferscope.core import catalog
from inferscope.tui.screens.policy import PolicyScreen
from inferscope.tui.screens.policy_strip import PolicyStrip, StripTable

SIZES = [(60, 16), (80, 24), (120, 40)]
LIMITED = "deepseek-r1-h20"


async def opened(pilot):
    """Open the rules, then the strip, and wait until its chips are there."""
    await pilot.press("P")
    await pilot.pause()
    await pilot.press("S")
    for _ in range(100):
        await pilot.pause()
        page = pilot.app.screen
        if isinstance(page, PolicyStrip) and page.query_one(StripTable).chips:
            break
    await pilot.pause()
    return pilot.app.screen


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_the_strip_looks_as_stored(explore, screen, matches_snapshot, size):
    async with explore(size, preset=LIMITED) as pilot:
        await opened(pilot)
        text = screen(pilot.app)
        assert max(len(row) for row in text.splitlines()) <= size[0]
        matches_snapshot(text, f"strip-{size[0]}x{size[1]}")


async def test_it_opens_on_the_scenarios_chip_and_says_one_sentence(explore, screen):
    async with explore((120, 40), preset=LIMITED) as pilot:
        page = await opened(pilot)
        table = page.query_one(StripTable)
        assert table.marked.record.id == "h20"
        text = screen(pilot.app)
        assert f"{len(catalog.ids('accelerator'))} chips: 19 designers" in text
        assert "informed by letter by H20 letter" in text
        assert "presumed to be denied" in text


async def test_a_filter_takes_places_and_the_sentence_follows(explore, screen):
    async with explore((120, 40), preset=LIMITED) as pilot:
        page = await opened(pilot)
        await pilot.press("slash", *"korea")
        await pilot.pause()
        table = page.query_one(StripTable)
        assert {row.record.text["fabricated_in"] for row in table.chips} == {"KR"}
        assert "1 foundry (Samsung)" in screen(pilot.app)
        assert set(page.contents()) == {".csv", ".json", ".md"}
        await pilot.press("escape", "escape")
        await pilot.pause()
        assert isinstance(pilot.app.screen, PolicyScreen)


async def test_the_mark_moves_and_stops_at_the_ends(explore):
    async with explore((80, 24), preset=LIMITED) as pilot:
        page = await opened(pilot)
        table = page.query_one(StripTable)
        was = table.at
        await pilot.press("down", "down", "up")
        assert table.at == was + 1
        await pilot.press(*["pageup"] * 20)
        assert table.at == 0
        assert page.marked_text().startswith(table.marked.record.name)
