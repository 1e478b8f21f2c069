"""What each regime counts, and a line that slides: how they look, move and are written."""

import datetime as dt
import json

import pytest

from inferscope.core.export import lines as export
from inferscope.core.policy import lines
from inferscope.core.policy.lines import Run, moving, setting
from inferscope.tui.panels.ruletable import RuleTable
from inferscope.tui.panels.words import MessageLine
from inferscope.tui.screens.counted import CountsScreen
from inferscope.tui.screens.facts import about, keys_of
from inferscope.tui.screens.lines import LEAST, MOST, LinesScreen
from inferscope.tui.screens.policy import PolicyScreen

SIZES = [(60, 16), (80, 24), (120, 40), (200, 60)]
PARTS = """\
extends = "deepseek-v3-h800"
[training]
fine_tuning = 2e23
rl_updates = 1.6e23
distillation_teacher_training = { exists = true }
[training.own_synthetic_data_generation]
parameters = 37e9
tokens = { low = 4e12, high = 12e12 }
"""


@pytest.fixture
def few(monkeypatch):
    """Runs that stand still while the catalogue grows: 3e22 in 2020, each 1.6 times the last."""
    found = [3e22 * 1.6**n for n in range(20)]
    days = [dt.date(2020, 3, 1) + dt.timedelta(days=120 * n) for n in range(20)]
    own = tuple(
        Run(f"m{n}", f"M{n}", day, flop, 0.7 * flop, 1.3 * flop, verified=n > 0)
        for n, (day, flop) in enumerate(zip(days, found, strict=True))
    )
    monkeypatch.setattr(lines, "runs", lambda: own)
    monkeypatch.setattr(export, "without_figure", lambda: 5)


@pytest.fixture
def parts(tmp_path):
    path = tmp_path / "parts.toml"
    path.write_text(PARTS, encoding="utf-8")
    return path


async def opened(pilot, key):
    await pilot.press("P", key)
    for _ in range(4):
        await pilot.pause()
    return pilot.app.screen


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_the_counts_look_as_stored(explore, screen, matches_snapshot, parts, size):
    async with explore(size, preset=parts) as pilot:
        assert isinstance(await opened(pilot, "n"), CountsScreen)
        text = screen(pilot.app)
        assert max(map(len, text.splitlines())) <= size[0]
        matches_snapshot(text, f"counts-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.usefixtures("few")
async def test_the_lines_look_as_stored(explore, screen, matches_snapshot, size):
    async with explore(size) as pilot:
        assert isinstance(await opened(pilot, "i"), LinesScreen)
        text = screen(pilot.app)
        assert max(map(len, text.splitlines())) <= size[0]
        matches_snapshot(text, f"lines-{size[0]}x{size[1]}")


async def test_bars_sentence_and_table_say_what_counts_without_colour(explore, screen, parts, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with explore(preset=parts) as pilot:
        page = await opened(pilot, "n")
        rows = screen(pilot.app).splitlines()
        bars = {row[1:8].strip(): row[18:].strip() for row in rows[2:8]}
        assert set(bars["EU 1e25"]) == set("PFRS")
        assert set(bars["EU 1e23"]) == set("PFR")
        assert set(bars["Korea"]) == set("PFRs>")
        assert rows[8].strip().startswith("EU 1e25 counts most, 4.20e24 FLOP (2.94e24 to 5.47e24)")
        await pilot.press("down", "pagedown")
        await pilot.pause()
        assert "counted" in screen(pilot.app)
        assert page.counts.regimes[0].value == pytest.approx(3.2524e24 + 2e23 + 1.6e23 + 5.92e23, rel=1e-3)


async def test_the_line_slides_and_the_count_follows(explore, screen):
    async with explore() as pilot:
        page = await opened(pilot, "i")
        assert page.line == 1e25
        count = moving(setting(1e25)).line("fixed").count().caught
        assert f"catches {count} (" in screen(pilot.app)
        await pilot.press("right")
        await pilot.pause()
        assert page.line == 1.26e25
        await pilot.press("shift+left", "left")
        await pilot.pause()
        assert page.line == 1e24
        more = moving(setting(1e24)).line("fixed").count().caught
        assert more > count
        assert f"catches {more}" in screen(pilot.app)
        assert "1.00e24 FLOP" in screen(pilot.app)
        for _ in range(4):
            await pilot.press("shift+left")
        assert page.at == LEAST
        for _ in range(8):
            await pilot.press("shift+right")
        assert page.at == MOST
        await pilot.press("t")
        assert page.line == 1e25


@pytest.mark.parametrize("key", ["n", "i"])
async def test_escape_leads_back_to_the_rules(explore, key):
    async with explore() as pilot:
        await opened(pilot, key)
        await pilot.press("question_mark", "escape", "up", "pageup", "space", "escape")
        assert isinstance(pilot.app.screen, PolicyScreen)
        await pilot.press(key, key)
        assert isinstance(pilot.app.screen, PolicyScreen)


async def test_what_is_shown_is_copied_and_written(explore, parts):
    async with explore(preset=parts) as pilot:
        page = await opened(pilot, "n")
        await pilot.press("y")
        assert "EU 1e25 counts most" in page.query_one(MessageLine).text
        found = json.loads(page.contents()[".json"][1]())
        assert found["counts"]["sentence"] == page.counts.sentence
        assert found["scenario"]["training"]["fine_tuning"] == {"flop": 2e23}
        await pilot.press("escape", "i")
        page = pilot.app.screen
        await pilot.press("shift+right", "y")
        assert "1.00e26 FLOP" in page.marked_text()
        assert json.loads(page.contents()[".json"][1]())["line_flop"] == 1e26
        assert page.stem() == "lines-1.00e26"


async def test_a_part_that_is_missing_is_asked_for_and_counts_at_once(explore, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text('extends = "deepseek-v3-h800"\n[training.fine_tuning]\nexists = true\n', encoding="utf-8")
    async with explore(preset=mine) as pilot:
        await pilot.press("P")
        table = pilot.app.screen.query_one(RuleTable)
        rule = "eu.aia.art51.systemic"
        table.mark([line.entry["id"] for line in table.lines].index(rule))
        pilot.app.screen.refresh_rule()
        assert table.marked.entry["missing"] == ["training.fine_tuning.flop"]
        keys = keys_of(table.marked.entry)
        assert keys[0] == "training.fine_tuning.flop"
        assert "training.own_synthetic_data_generation.flop" in keys
        assert "training.distillation_teacher_training.flop" not in keys  # the EU leaves it out
        await pilot.press("f")
        await pilot.pause()
        await pilot.press(*"supervised", "enter")
        await pilot.pause()
        assert pilot.app.screen.key == keys[0]
        assert about(keys[0]) == ("supervised and preference fine-tuning", "FLOP", "a number in FLOP")
        await pilot.press(*"1e25", "enter")
        await pilot.pause()
        assert pilot.app.screen_stack[0].session.scenario.training.fine_tuning.flop.mid == 1e25
        table.mark([line.entry["id"] for line in table.lines].index(rule))
        assert table.marked.word == "applies"
        pilot.app.screen.refresh_rule()
        await pilot.press("f")
        await pilot.pause()
        await pilot.press(*"supervised", "enter")
        await pilot.pause()
        assert pilot.app.screen.key == keys[0]
        await pilot.press(*["backspace"] * 8, "enter")
        await pilot.pause()
        assert pilot.app.screen_stack[0].session.scenario.training.fine_tuning is None
