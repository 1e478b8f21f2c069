"""The screens that compare: with other scenarios, with the saved file, with the parent."""

import asyncio
import json

import pytest
from textual.widgets import OptionList, Static

from inferscope.core.scenario import files
from inferscope.core.scenario.changed import Difference
from inferscope.core.study.compare import HEADLINE, compare, side_by_side
from inferscope.tui.screens.compare import Column, Compare
from inferscope.tui.screens.diff import Diff, rows
from inferscope.tui.screens.explorer import Explorer
from inferscope.tui.session import Session

OTHER = "deepseek-r1-h20"
SIZES = [(60, 16), (80, 24), (120, 40), (200, 60)]


def words(pilot, name):
    return str(pilot.app.screen.query_one(f"#{name}", Static).render())


async def settled(pilot, *others):
    """Wait until the screen has nothing left to compute, with these others where they are named."""
    for _ in range(600):
        await pilot.pause()
        shown = pilot.app.screen
        known = isinstance(shown, Compare) and (shown.chosen, shown.quantity) in shown._carried
        named = known and (not others or tuple(c.name for c in shown.others) == others)
        if named and "omputing" not in words(pilot, "sentence"):
            await pilot.pause()
            return shown
        await asyncio.sleep(0.02)
    raise AssertionError(words(pilot, "sentence"))


async def open_with(pilot, name):
    """Compare with a preset, without typing its name."""
    pilot.app.screen._against = (Column(name, files.load(name)),)
    await pilot.press("c")
    return await settled(pilot, name)


async def looks_as_stored(pilot, screen, matches_snapshot, name):
    """The same dialog at one size after the other."""
    for size in SIZES:
        await pilot.resize_terminal(*size)
        for _ in range(3):
            await pilot.pause()
        text = screen(pilot.app)
        assert max(map(len, text.splitlines())) <= size[0]
        matches_snapshot(text, f"{name}-{size[0]}x{size[1]}")


async def test_the_comparison_looks_as_stored(explore, screen, matches_snapshot):
    async with explore() as pilot:
        await pilot.press("c", *OTHER, "enter")
        await settled(pilot, OTHER)
        await looks_as_stored(pilot, screen, matches_snapshot, "compare")


async def test_the_differences_look_as_stored(explore, screen, matches_snapshot, tmp_path):
    path = tmp_path / "child.toml"
    path.write_text('schema_version = 1\nextends = "deepseek-r1-h200"\n[workload]\noutput_tokens = 700\n')
    async with explore(preset=path) as pilot:
        pilot.app.screen.change_values({"slo.tpot_s": 0.04, "hardware.prefill": {"count": 4}}, "limit")
        await pilot.press("d")
        await looks_as_stored(pilot, screen, matches_snapshot, "differences")


async def test_it_says_what_the_core_says(explore, scenario_file):
    found = compare([files.load(scenario_file), files.load(OTHER)], ["tpot_s"])
    (item,) = found.carried[0]
    async with explore((200, 60)) as pilot:
        shown = await open_with(pilot, OTHER)
        table = shown.query_one("#rows", OptionList)
        ids = [table.get_option_at_index(i).id for i in range(table.option_count)]
        table.highlighted = ids.index("out:tpot_s")
        shown = await settled(pilot)
        assert shown.quantity == "tpot_s"
        carried = shown._carried[1, "tpot_s"]
        assert [(p.keys, p.value) for p in carried.contributions] == [
            (p.keys, pytest.approx(p.value)) for p in item.contributions
        ]
        assert carried.contributions[0].label in words(pilot, "sentence")
        assert "in:model.id" in ids
        assert "in:site.region" not in ids
        await pilot.press("d")
        ids = [table.get_option_at_index(i).id for i in range(table.option_count)]
        assert "in:site.region" in ids
        assert table.get_option_at_index(table.highlighted).id == "out:tpot_s"


async def test_scenarios_are_added_chosen_removed_and_remembered(explore):
    async with explore() as pilot:
        await open_with(pilot, OTHER)
        await pilot.press("a", *"deepseek-r1-h200", "enter")
        shown = await settled(pilot, OTHER, "deepseek-r1-h200")
        assert shown.chosen == 2
        await pilot.press("left")
        await settled(pilot)
        assert shown.chosen == 1
        assert OTHER in words(pilot, "sentence")
        await pilot.press("minus")
        shown = await settled(pilot, "deepseek-r1-h200")
        await pilot.press("minus")
        assert "one has to stay" in words(pilot, "problem")
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, Explorer)
        await pilot.press("c")
        await settled(pilot, "deepseek-r1-h200")


async def test_the_pinned_baseline_is_what_one_compares_with(explore):
    async with explore() as pilot:
        pilot.app.screen.change_values({"economics.usd_per_accelerator_hour": 2.0}, "price")
        await pilot.press("p")
        pilot.app.screen.change_values({"economics.usd_per_accelerator_hour": 2.5}, "price")
        await pilot.press("c")
        shown = await settled(pilot)
        assert [c.name for c in shown.others] == [pilot.app.screen_stack[0].baseline.name]
        assert shown.quantity == "usd_per_query"
        said = words(pilot, "sentence")
        assert "costs 20 % less than with dense (edited); all of it comes from the price" in said


async def test_the_pinned_row_is_found_by_its_own_words_and_presets_by_their_names(explore, screen):
    async with explore(preset="deepseek-r1-h200") as pilot:
        await pilot.press("p", "c")
        await settled(pilot, "deepseek-r1-h200")
        await pilot.press("a")
        await pilot.pause()
        assert "deepseek-r1-10x-reasoning" in screen(pilot.app)
        await pilot.press(*"r1-h20", "enter")
        shown = await settled(pilot, "deepseek-r1-h200", OTHER)
        await pilot.press("a", *"pinned", "enter")
        await settled(pilot, "deepseek-r1-h200", OTHER, "deepseek-r1-h200")
        assert len(shown.others) == 3


async def test_it_opens_on_a_figure_that_can_be_divided(explore):
    async with explore() as pilot:
        pilot.app.screen.change_values({"economics.usd_per_accelerator_hour": 2.0}, "price")
        await pilot.press("p")
        pilot.app.screen.change_values({"economics.usd_per_accelerator_hour": 2.5}, "price")
        await pilot.press("c")
        shown = await settled(pilot)
        assert shown.quantity == "usd_per_query"
        await pilot.press("a", *OTHER, "enter")  # which has no price
        shown = await settled(pilot, shown.others[0].name, OTHER)
        assert shown.quantity == "ttft_s"
        assert shown._marked() == "out:ttft_s"
        assert "the first token takes" in words(pilot, "sentence")
        table = shown.query_one("#rows", OptionList)
        ids = [table.get_option_at_index(i).id for i in range(table.option_count)]
        table.highlighted = ids.index("out:usd_per_query")  # asked for: kept, whatever comes
        await settled(pilot)
        await pilot.press("minus")
        await settled(pilot, shown.others[0].name)
        assert shown.quantity == "usd_per_query"


def test_what_can_be_divided_is_a_number_that_both_have_and_that_differs():
    one, same = files.load(OTHER), files.load(OTHER)
    found = side_by_side([one, same, files.load("deepseek-r1-h200")])
    assert found.divisible(1) == ()
    names = found.divisible(2)
    assert names[:2] == ("ttft_s", "tpot_s")
    assert {"usd_per_query", "fits"}.isdisjoint(names)
    assert names[-1] not in HEADLINE


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_the_keys_fit_and_say_how_another_figure_is_chosen(explore, size):
    async with explore(size) as pilot:
        await open_with(pilot, OTHER)
        shown = words(pilot, "keys").rstrip()
        assert "↑ ↓ figure" in shown
        assert shown.endswith("esc close")
        assert len(shown) <= size[0] - 4
        assert ("x export" in shown) == (size[0] > 60)


async def test_at_most_six(explore):
    async with explore() as pilot:
        pilot.app.screen._against = (Column("again", files.load(OTHER)),) * 5
        await pilot.press("c")
        shown = await settled(pilot, *["again"] * 5)
        await pilot.press("a")
        assert pilot.app.screen is shown
        assert "at most 6" in words(pilot, "problem")


async def test_a_file_that_cannot_be_read_is_said(explore, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with explore() as pilot:
        path = "none.toml"
        await pilot.press("c", *path, "enter")
        assert isinstance(pilot.app.screen, Explorer)
        assert "no such scenario file" in pilot.app.screen.query_one("MessageLine").text
        shown = await open_with(pilot, OTHER)
        await pilot.press("a", *path, "enter")
        assert "no such scenario file" in words(pilot, "problem")
        assert len(shown.others) == 1


async def test_keys_work_while_it_computes(explore):
    async with explore((120, 40)) as pilot:
        pilot.app.screen._against = (Column(OTHER, files.load(OTHER)),)
        await pilot.press("c", "d", "down", "down", "escape")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Explorer)
        await pilot.press("c", "down", "up", "down")
        shown = await settled(pilot)
        assert shown.comparison is not None


async def test_nothing_compares_before_there_is_an_answer_and_escape_chooses_nothing(explore):
    async with explore() as pilot:
        await pilot.press("c", "escape")
        assert isinstance(pilot.app.screen, Explorer)


# --- what differs --------------------------------------------------------------------------------


async def test_enter_takes_a_key_back_and_undo_brings_it_again(explore):
    async with explore() as pilot:
        explorer = pilot.app.screen
        explorer.change_values({"workload.output_tokens": 700}, "output")
        explorer.change_values({"slo.tpot_s": 0.04}, "limit")
        await pilot.press("d")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Diff)
        await pilot.press("enter")
        assert explorer.session.scenario.workload.output_tokens.mid == 500
        assert "workload.output_tokens is 500 again" in words(pilot, "said")
        await pilot.press("enter")
        assert not explorer.session.is_changed
        await pilot.press("escape", "z")
        assert explorer.session.scenario.slo.tpot_s.mid == 0.04


async def test_keys_that_belong_together_go_back_together(explore):
    async with explore() as pilot:
        explorer = pilot.app.screen
        demand = {"requests_per_s": None, "users": 100, "queries_per_user_per_day": 3}
        assert explorer.change_values({f"workload.{key}": value for key, value in demand.items()}, "demand")
        await pilot.press("d")
        await pilot.pause()
        await pilot.press("enter")
        assert "demand is as it was again" in words(pilot, "said")
        assert explorer.session.scenario.workload.users is None
        assert explorer.session.scenario.workload.requests_per_s.mid == 20
        assert not explorer.session.is_changed


async def test_a_table_goes_back_as_a_whole(explore):
    async with explore() as pilot:
        explorer = pilot.app.screen
        explorer.change_values({"hardware.prefill": {"count": 4}}, "pool")
        await pilot.press("d")
        await pilot.pause()
        await pilot.press("enter")
        assert explorer.session.scenario.hardware.prefill is None


async def test_nothing_differs(explore, screen):
    async with explore() as pilot:
        await pilot.press("d")
        await pilot.pause()
        assert "nothing differs" in screen(pilot.app)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, Explorer)


def test_a_table_that_went_is_brought_back():
    found = rows(
        [
            Difference("hardware.prefill.count", 4, None),
            Difference("hardware.prefill.tensor_parallel", 2, None),
            Difference("slo.tpot_s", None, 0.05),
        ]
    )
    assert found[0].changes == {"hardware.prefill": {"count": 4, "tensor_parallel": 2}}
    assert (found[0].then, found[0].now) == ("on (2 keys)", "off")
    assert (found[1].then, found[1].now, found[1].changes) == ("not set", "0.05", {"slo.tpot_s": None})


def test_every_row_can_be_taken_back(scenario_file):
    session = Session(files.load(scenario_file))
    changes = {
        "model.id": "deepseek-v3",
        "hardware.tdp_w": 600,
        "pins.tpot_s": 0.02,
        "optimizations.speculative": {"method": "mtp"},
        "as_of": "2025-01-01",
    }
    session.commit(session.propose(changes), "all")
    for row in rows(session.differences()):
        session.commit(session.propose(row.changes), row.key)
    assert not session.is_changed


async def test_a_row_is_copied_and_the_comparison_is_written(explore, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    async with explore() as pilot:
        shown = await open_with(pilot, OTHER)
        await pilot.press("y")
        label = next(row.label for row in shown.comparison.outputs if row.quantity == shown.quantity)
        assert pilot.app.clipboard.startswith(f"{label}: ")
        assert " in dense, " in pilot.app.clipboard
        assert f" in {OTHER} ({shown.quantity}; source: " in pilot.app.clipboard
        assert "sent to the terminal's clipboard" in words(pilot, "problem")
        await pilot.press("x", "enter")
        await pilot.press("x", "down", "enter")
        stem = f"dense-against-{OTHER}"
        found = json.loads((tmp_path / f"{stem}.json").read_text())
        assert [scenario["name"] for scenario in found["scenarios"]] == ["dense", OTHER]
        assert found["carried"][0]["quantity"] == shown.quantity
        assert all(row["differs"] for row in found["outputs"])
        assert (tmp_path / f"{stem}.csv").read_text().startswith("part,name,scenario,value")
        assert f"Written to {tmp_path / stem}.json" in words(pilot, "problem")
