"""Palette, copy and export: everything by its name, every number with its source, on the disk whole."""

import csv
import io
import json
import os
from datetime import date

import pytest
from textual.command import CommandList, CommandPalette
from textual.widgets import Input

from inferscope.core import catalog
from inferscope.core.scenario import files
from inferscope.tui.actions import at
from inferscope.tui.app import InferscopeApp
from inferscope.tui.choices import choices
from inferscope.tui.config import Options
from inferscope.tui.panels.hardware import FIELDS
from inferscope.tui.panels.ladder import Ladder
from inferscope.tui.panels.words import MessageLine
from inferscope.tui.screens.export import WriteFile
from inferscope.tui.screens.palette import _MOVES
from inferscope.tui.screens.picker import Picker
from inferscope.tui.screens.reader import Reader


def explorer(pilot):
    return pilot.app.screen_stack[0]


def session(pilot):
    return explorer(pilot).session


def message(pilot):
    return explorer(pilot).query_one(MessageLine).text


def go(pilot, line):
    explorer(pilot).set_focus(explorer(pilot).query_one(f"#{line.replace('.', '-')}"))


async def listed(pilot):
    """What the palette lists, once it has found everything."""
    palette = pilot.app.screen
    assert isinstance(palette, CommandPalette)
    for worker in list(palette.workers):
        await worker.wait()
    await pilot.pause()
    found = palette.query_one(CommandList)
    return [str(found.get_option_at_index(i).prompt) for i in range(found.option_count)]


async def choose(pilot, text, key="ctrl+p"):
    """Type at one go, as a paste or a fast hand does, and take what is found first."""
    await pilot.press(key)
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")
    await pilot.pause()


@pytest.fixture
def here(monkeypatch, tmp_path):
    """Work in a folder of its own."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


# --- palette -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_before_anything_is_typed_it_lists_what_can_be_done(explore, size):
    async with explore(size=size) as pilot:
        await pilot.press("colon")
        lines = await listed(pilot)
        for action in at("explorer"):
            assert action.name in _MOVES or any(action.about[:20] in line for line in lines), action
        assert any(line.startswith("go to") and "workload.output_tokens" in line for line in lines)
        assert any(line.startswith("open") and "deepseek-v3-h800" in line for line in lines)
        assert max(map(len, lines)) <= size[0] - 6
        await pilot.press("escape")
        assert pilot.app.screen is explorer(pilot)


async def test_a_chip_and_a_model_are_set_and_undone(explore):
    async with explore() as pilot:
        await choose(pilot, "h20")
        assert session(pilot).scenario.hardware.accelerator == "h20"
        await choose(pilot, "model gpt-oss-120b", "colon")
        assert session(pilot).scenario.model.id == "gpt-oss-120b"
        await pilot.press("z", "z")
        assert session(pilot).scenario.hardware.accelerator == "h100-sxm"
        assert session(pilot).scenario.model.id == "llama-3.1-70b"


async def test_keys_typed_faster_than_the_list_is_drawn_still_find_the_right_thing(explore):
    async with explore() as pilot:
        await pilot.press("ctrl+p", *"h200", "space", *"nvl", "enter")
        await pilot.pause()
        assert session(pilot).scenario.hardware.accelerator == "h200-nvl"


async def test_a_line_that_does_not_matter_here_is_not_gone_to(explore):
    async with explore() as pilot:
        await choose(pilot, "model.architecture_like")
        assert "does not matter to this scenario" in message(pilot)


async def test_a_record_of_the_users_is_offered_as_theirs(explore, tmp_path):
    (tmp_path / "own" / "accelerators").mkdir(parents=True)
    (tmp_path / "own" / "accelerators" / "house-big.toml").write_text('extends = "h100-sxm"')
    catalog.use(tmp_path / "own")
    async with explore() as pilot:
        await pilot.press("ctrl+p", *"big")  # BLOOM, of BigScience, comes after it
        assert "house-big (yours)" in (await listed(pilot))[0]
        await pilot.press("enter")
        await pilot.pause()
        assert session(pilot).scenario.hardware.accelerator == "house-big"
        assert any("user's own" in note for note in explorer(pilot).answer.notes)
    catalog.use()


@pytest.mark.parametrize("width", [50, 72, 126])
def test_a_long_name_is_cut_before_the_mark_of_the_users_own(tmp_path, width):
    (tmp_path / "own" / "accelerators").mkdir(parents=True)
    text = (
        'extends = "h100-sxm"\nname = "A chip with a name that no list has the columns for, whole as it is"'
    )
    (tmp_path / "own" / "accelerators" / "house-long.toml").write_text(text)
    catalog.use(tmp_path / "own")
    field = next(field for field in FIELDS if field.key == "hardware.accelerator")
    offered = choices(field, date(2026, 11, 22))
    catalog.use()
    (row,) = offered.matching("yours")
    line = offered.line(row.name, row.cells, width, row.mark)
    assert line.startswith("A chip ")
    assert "… (yours)  " in line
    assert len(line) <= width


async def test_a_line_that_is_hidden_is_shown_and_focused(explore):
    async with explore() as pilot:
        line = explorer(pilot).query_one("#workload-peak_to_mean")
        assert not line.display
        await choose(pilot, "peak_to_mean")
        assert line.has_focus
        assert line.display


async def test_slash_finds_lines_only(explore):
    async with explore() as pilot:
        go(pilot, "workload.output_tokens")
        await pilot.press("slash")
        assert all(line.startswith("go to") for line in await listed(pilot))
        await pilot.press(*"region", "enter")
        await pilot.pause()
        assert explorer(pilot).focused.field.key == "site.region"


async def test_actions_on_the_focused_line_and_everywhere(explore):
    async with explore() as pilot:
        go(pilot, "workload.output_tokens")
        before = session(pilot).scenario.workload.output_tokens.mid
        await choose(pilot, "do double")
        assert session(pilot).scenario.workload.output_tokens.mid == 2 * before
        await choose(pilot, "do undo")
        assert session(pilot).scenario.workload.output_tokens.mid == before


async def test_numbers_and_rules_are_explained(explore, screen):
    async with explore() as pilot:
        await choose(pilot, "explain tpot_s")
        assert isinstance(pilot.app.screen, Reader)
        assert "Time per output token" in screen(pilot.app)
        await pilot.press("escape")
        await choose(pilot, "rule us.ca.sb53")
        assert isinstance(pilot.app.screen, Reader)
        assert "California" in screen(pilot.app) or "US-CA" in screen(pilot.app)


async def test_a_preset_is_opened_and_unsaved_changes_are_asked_about(explore):
    async with explore() as pilot:
        await choose(pilot, "open deepseek-r1-h200")
        assert session(pilot).label == "deepseek-r1-h200"
        await choose(pilot, "h20")
        await choose(pilot, "open deepseek-v3-h800")
        await pilot.press("escape")
        assert session(pilot).label == "deepseek-r1-h200"


async def test_a_theme_is_taken(explore):
    async with explore() as pilot:
        await choose(pilot, "theme inferscope-plain")
        assert pilot.app.theme == "inferscope-plain"


async def test_what_nothing_contains_does_nothing(explore):
    async with explore() as pilot:
        before = session(pilot).scenario
        await choose(pilot, "zzzz")
        await pilot.press("escape")
        assert session(pilot).scenario is before


async def test_a_damaged_file_of_the_users_is_said_and_the_rest_is_there(explore, tmp_path):
    (tmp_path / "own" / "accelerators").mkdir(parents=True)
    (tmp_path / "own" / "accelerators" / "bad.toml").write_text("memory = 1")
    catalog.use(tmp_path / "own")
    async with explore() as pilot:
        await choose(pilot, "explain tpot_s")
        assert "bad.toml:1: memory: unknown key" in message(pilot)
        assert isinstance(pilot.app.screen, Reader)
        await pilot.press("escape")
        go(pilot, "hardware.accelerator")
        await pilot.press("enter")
        assert pilot.app.screen is explorer(pilot)
        assert "bad.toml:1" in message(pilot)
    catalog.use()


# --- copy ----------------------------------------------------------------------------------------


async def test_a_figure_is_copied_with_unit_scenario_and_source(explore):
    async with explore() as pilot:
        go(pilot, "latency")
        await pilot.press("right", "y")
        text = pilot.app.clipboard
        value = explorer(pilot).answer.entry("tpot_s")["value"]
        assert text.startswith("Time per output token: ")
        assert f"tpot_s = {value:.12g} s" in text
        assert "scenario: A dense model on eight H100;" in text
        assert "source: " in text
        assert message(pilot).startswith("sent to the terminal's clipboard; Y writes it to a file: Time per")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("workload.output_tokens", "Output: 500 tokens (workload.output_tokens = 500; "),
        ("hardware.accelerator", "Accelerator: H100 SXM5 80GB"),
        ("optimizations.kv_format", "KV cache: bf16 ("),
    ],
)
async def test_a_line_is_copied_too(explore, line, words):
    async with explore() as pilot:
        go(pilot, line)
        await pilot.press("y")
        assert pilot.app.clipboard.startswith(words)


async def test_a_verdict_is_copied_and_changes_are_said(explore):
    async with explore() as pilot:
        go(pilot, "workload.output_tokens")
        await pilot.press("plus")
        go(pilot, "rule-0")
        await pilot.press("y")
        assert "orders of magnitude from the line" in pilot.app.clipboard
        assert ", with workload.output_tokens=1000;" in pilot.app.clipboard


async def test_it_is_written_to_a_file_instead(explore, here):
    async with explore() as pilot:
        go(pilot, "latency")
        await pilot.press("Y", "enter")
        assert (here / "dense.txt").read_text().startswith("Time to first token: ")
        assert message(pilot) == f"Written to {here / 'dense.txt'}"


# --- export --------------------------------------------------------------------------------------


async def exported(pilot, ending):
    await pilot.press("x")
    assert isinstance(pilot.app.screen, WriteFile)
    while not pilot.app.screen.query_one(Input).value.endswith(ending):
        await pilot.press("down")
    await pilot.press("enter")
    await pilot.pause()


async def test_every_format_holds_the_present_numbers(explore, here):
    async with explore() as pilot:
        go(pilot, "workload.output_tokens")
        await pilot.press("plus")
        for ending in (".csv", ".json", ".md", ".svg"):
            await exported(pilot, ending)
        entry = explorer(pilot).answer.entry("tpot_s")
        found = json.loads((here / "dense-changed.json").read_text())
        assert found["scenario"]["workload"]["output_tokens"] == 1000
        assert found["quantities"]["tpot_s"]["value"] == pytest.approx(entry["value"], rel=1e-11)
        rows = list(csv.DictReader(io.StringIO((here / "dense-changed.csv").read_text())))
        (row,) = [row for row in rows if row["quantity"] == "tpot_s"]
        assert float(row["value"]) == pytest.approx(entry["value"], rel=1e-11)
        assert found["scenario"]["name"].endswith(", with workload.output_tokens=1000")
        (differs,) = found["changed"]["inputs"]
        assert differs == {"key": "workload.output_tokens", "then": 500, "now": 1000}
        (row,) = [row for row in rows if row["quantity"] == "workload.output_tokens"]
        assert (row["value"], row["kind"]) == ("1000", "input")
        assert row["basis"].startswith("500 in ")
        text = (here / "dense-changed.md").read_text()
        assert "`tpot_s`" in text
        assert "## Inputs that differ from " in text
        assert "| workload.output_tokens | 500 | 1000 |" in text
        picture = (here / "dense-changed.svg").read_text()
        assert picture.startswith("<svg")
        assert "1,000&#160;tokens" in picture
        assert "url(http" not in picture
        assert sorted(path.name for path in here.iterdir()) == sorted(
            f"dense-changed{ending}" for ending in (".csv", ".json", ".md", ".svg")
        )


async def test_a_file_is_replaced_only_at_the_second_enter(explore, here, screen):
    async with explore() as pilot:
        (here / "dense.csv").write_text("mine")
        await pilot.press("x", "enter")
        assert "exists; enter again replaces it" in screen(pilot.app)
        assert (here / "dense.csv").read_text() == "mine"
        await pilot.press("end", *["backspace"] * 4, *".csv", "enter")
        assert (here / "dense.csv").read_text() == "mine"
        await pilot.press("enter")
        assert (here / "dense.csv").read_text() != "mine"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "needs a name that ends in one of"),
        ("dense.pdf", "needs a name that ends in one of .csv, .json, .md, .svg"),
        ("absent/dense.csv", "cannot be written: No such file or directory"),
    ],
)
async def test_what_cannot_be_written_is_one_line_and_leaves_nothing(explore, here, screen, name, problem):
    async with explore() as pilot:
        await pilot.press("x")
        pilot.app.screen.query_one(Input).value = name
        await pilot.press("enter")
        assert problem in " ".join(screen(pilot.app).replace("│", " ").split())
        assert list(here.iterdir()) == []
        await pilot.press("escape")
        assert pilot.app.screen is explorer(pilot)


async def test_a_disk_that_is_full_keeps_the_old_file(explore, here, monkeypatch, screen):
    (here / "dense.csv").write_text("mine")

    def full(_handle):
        raise OSError(28, "No space left on device")

    async with explore() as pilot:
        await pilot.press("x", "enter")
        monkeypatch.setattr(os, "fsync", full)
        await pilot.press("enter")
        assert "No space left on device" in screen(pilot.app)
    assert [path.name for path in here.iterdir()] == ["dense.csv"]
    assert (here / "dense.csv").read_text() == "mine"


async def test_f1_in_a_dialog_shows_its_keys_and_closes_them(explore, screen):
    async with explore() as pilot:
        await pilot.press("ctrl+o", "f1")
        await pilot.pause()
        assert "In a list or dialog (here)" in screen(pilot.app)
        await pilot.press("f1")
        assert isinstance(pilot.app.screen, Picker)
        await pilot.press("escape", "P", "question_mark")
        await pilot.pause()
        assert "On the screen of all rules (here)" in screen(pilot.app)


async def test_keys_of_a_page_can_be_bound_anew(scenario_file, screen, settle):
    keys = {"page.close": ("w",), "dialog.cancel": ("ctrl+w",)}
    app = InferscopeApp(lambda: files.load(scenario_file), Options(keys=keys))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("e")
        await pilot.pause()
        assert "^w close" in screen(app)
        await pilot.press("q")
        assert isinstance(app.screen, Reader)
        await pilot.press("w")
        assert not isinstance(app.screen, Reader)


async def test_the_plot_and_the_slid_day_are_exported_with_what_is_shown(explore, here):
    async with explore() as pilot:
        await pilot.press("3")
        await exported(pilot, ".plot.csv")
        rows = list(csv.DictReader(io.StringIO((here / "dense.plot.csv").read_text())))
        assert {row["plot"] for row in rows} == {"throughput_latency"}
        assert all(float(row["x"]) > 0 for row in rows if row["kind"] == "line")
        await exported(pilot, ".json")
        (first, *_) = json.loads((here / "dense.json").read_text())["plot"]["series"]
        lines = [(row["x"], row["y"]) for row in rows if row["label"] == first["label"]]
        assert [tuple(map(float, line)) for line in lines] == list(zip(first["x"], first["y"], strict=True))
        await pilot.press("4", "4", "full_stop")
        day = str(explorer(pilot).query_one(Ladder).day)
        assert day != "2026-11-22"
        await exported(pilot, ".policy.csv")
        rows = list(csv.DictReader(io.StringIO((here / "dense.policy.csv").read_text())))
        assert {row["as_of"] for row in rows} == {day}
        (here / "dense.json").unlink()
        await exported(pilot, ".json")
        found = json.loads((here / "dense.json").read_text())
        assert {entry["as_of"] for entry in found["policy"]} == {day}
        assert "plot" not in found


async def test_the_screen_of_all_rules_copies_and_writes_the_day_and_the_rules_that_it_lists(explore, here):
    async with explore() as pilot:
        await pilot.press("P", "full_stop", "c", "y")
        shown = pilot.app.screen
        assert pilot.app.clipboard.startswith(f"{shown.marked.entry['title']} (")
        assert f" on {shown.day}" in pilot.app.clipboard
        assert "sent to the terminal's clipboard" in shown.query_one(MessageLine).text
        for ending in (".csv", ".json", ".md", ".svg"):
            await exported(pilot, ending)
        stem = f"dense-rules-{shown.day}"
        found = json.loads((here / f"{stem}.json").read_text())
        assert found["as_of"] == str(shown.day)
        ids = [entry["id"] for entry in found["policy"]]
        assert ids == [line.entry["id"] for line in shown.filter.of(shown._all)]
        assert len(ids) < len(shown._all)
        rows = csv.DictReader(io.StringIO((here / f"{stem}.csv").read_text()))
        assert [row["id"] for row in rows] == ids
        assert f" rules on {shown.day}: " in (here / f"{stem}.md").read_text()
        await pilot.press("Y", "enter")
        assert (here / f"{stem}.txt").read_text() == f"{pilot.app.clipboard}\n"


async def test_the_map_copies_and_writes_its_chips_and_lines(explore, here, settle):
    async with explore() as pilot:
        await pilot.press("M")
        await settle(pilot)
        await pilot.press("y")
        shown = pilot.app.screen
        assert pilot.app.clipboard.startswith("H100 SXM5 80GB: TPP 15,8")
        assert ", DRAM bandwidth 3,350 GB/s, " in pilot.app.clipboard
        assert "(h100-sxm; source: " in pilot.app.clipboard
        for ending in (".csv", ".json", ".md", ".svg"):
            await exported(pilot, ending)
        found = json.loads((here / "chips-2026-11-22.json").read_text())
        assert [chip["id"] for chip in found["chips"]] == [chip.id for chip in shown.chips]
        assert any(line["vertical"] and line["at"] == 4800 for line in found["lines"])
        rows = list(csv.DictReader(io.StringIO((here / "chips-2026-11-22.csv").read_text())))
        assert len(rows) == len(shown.chips)
        assert "| `h100-sxm` H100 SXM5 80GB | 15,8" in (here / "chips-2026-11-22.md").read_text()
