"""The map of chips: moving, taking a chip, the day, and how it looks."""

import datetime as dt

import pytest

from inferscope.tui.screens.policy_map import PolicyMap
from inferscope.tui.screens.reader import Reader

SIZES = [(60, 16), (80, 24), (120, 40), (200, 60)]
LIMITED = "deepseek-r1-h20"


async def drawn(pilot):
    """Wait until chips and chart are there."""
    for _ in range(100):
        await pilot.pause()
        if isinstance(pilot.app.screen, PolicyMap) and pilot.app.screen.chips:
            break
    for _ in range(4):
        await pilot.pause()
    return pilot.app.screen


def explorer(pilot):
    return pilot.app.screen_stack[0]


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_the_map_looks_as_stored(explore, screen, matches_snapshot, size):
    async with explore(size, preset=LIMITED) as pilot:
        await pilot.press("M")
        await drawn(pilot)
        text = screen(pilot.app)
        assert max(len(row) for row in text.splitlines()) <= size[0]
        matches_snapshot(text, f"map-{size[0]}x{size[1]}")


async def test_it_opens_on_the_scenarios_chip_between_lines_read_from_the_rules(explore, screen):
    async with explore((120, 40), preset=LIMITED) as pilot:
        await pilot.press("M")
        page = await drawn(pilot)
        assert page.marked.id == "h20"
        text = screen(pilot.app)
        for words in ("◉ h20", "4,800 3A090.a", "1,400 H20 letter", "6,500 Case by case", "TPP 1,600 may"):
            assert words in text


async def test_the_cursor_goes_by_performance_and_by_bandwidth(explore):
    async with explore((80, 24), preset=LIMITED) as pilot:
        await pilot.press("M")
        page = await drawn(pilot)
        was = page.marked
        await pilot.press("right")
        assert page.marked.tpp >= was.tpp
        await pilot.press("left", "left")
        assert page.marked.tpp <= was.tpp
        was = page.marked
        await pilot.press("up")
        assert page.marked.dram_bandwidth_gb_s >= was.dram_bandwidth_gb_s
        await pilot.press(*["left"] * 100, "left")
        assert page.at == 0


async def test_enter_puts_the_chip_into_the_scenario_and_undo_takes_it_out(explore):
    async with explore((80, 24), preset=LIMITED) as pilot:
        await pilot.press("M")
        page = await drawn(pilot)
        page.at = [chip.id for chip in page.chips].index("h200-sxm")
        await pilot.press("enter")
        assert explorer(pilot).session.scenario.hardware.accelerator == "h200-sxm"
        assert explorer(pilot).answer.entry("tpp")["value"] == pytest.approx(15_832, rel=1e-3)
        await pilot.press("z")
        assert explorer(pilot).session.scenario.hardware.accelerator == "h20"
        await pilot.press("escape")
        assert pilot.app.screen is explorer(pilot)


async def test_the_verdicts_follow_what_undo_takes_back(explore):
    async with explore((120, 40), preset=LIMITED) as pilot:
        assert explorer(pilot).take({"policy.destination": "CN"}, "destination") == ""
        await pilot.press("M")
        page = await drawn(pilot)
        found = []
        for keys in ((), ("z",), ("Z",)):
            await pilot.press(*keys)
            found += [line.word for line in page.dated_rules() if line.short == "H20 letter"]
        assert found == ["applies", "unknown", "applies"]


async def test_the_lines_are_those_of_the_day(explore, screen):
    async with explore((120, 40), preset=LIMITED) as pilot:
        await pilot.press("M")
        page = await drawn(pilot)
        while page.today > dt.date(2025, 4, 9):
            await pilot.press("less_than_sign")
        await pilot.press("less_than_sign")
        await drawn(pilot)
        assert page.today < dt.date(2025, 4, 9)
        assert "H20 letter  " not in screen(pilot.app).replace("│", " ").split("may")[0]
        assert "1,400 H20 letter" not in screen(pilot.app)
        await pilot.press("t")
        await drawn(pilot)
        assert "1,400 H20 letter" in screen(pilot.app)


async def test_bills_are_drawn_when_asked_for(explore, screen):
    async with explore((120, 40), preset=LIMITED) as pilot:
        await pilot.press("M")
        await drawn(pilot)
        assert "SAFE Chips" not in screen(pilot.app)
        await pilot.press("b")
        await drawn(pilot)
        assert "SAFE Chips" in screen(pilot.app)


async def test_a_chip_is_found_by_name_and_one_without_a_place_says_so(explore, screen):
    async with explore((80, 24), preset=LIMITED) as pilot:
        await pilot.press("M")
        page = await drawn(pilot)
        await pilot.press("slash")
        await pilot.pause()
        await pilot.press(*"mi300x", "enter")
        await drawn(pilot)
        assert page.marked.id == "mi300x"
        await pilot.press("slash")
        await pilot.pause()
        await pilot.press(*"tpu-8i", "enter")
        await drawn(pilot)
        assert page.marked.id == "mi300x"
        assert "tpu-8i has no place here" in screen(pilot.app)
        await pilot.press("e")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Reader)


async def test_the_map_of_the_rules_screen_has_its_date(explore):
    async with explore((80, 24), preset=LIMITED) as pilot:
        await pilot.press("P", "left", "m")
        page = await drawn(pilot)
        assert page.today == dt.date(2026, 10, 22)


async def test_keys_before_the_chips_are_there_do_no_harm(explore):
    async with explore((80, 24), preset=LIMITED) as pilot:
        await pilot.press("M", "up", "right", "enter", "less_than_sign", "b", "e", "escape", "escape")
        await pilot.pause()
        assert pilot.app.is_running
        assert pilot.app.screen_stack[0].answer is not None
