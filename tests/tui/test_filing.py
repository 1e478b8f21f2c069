"""The dialogs about files: how they look at every size, and that a failed save offers another way."""

import json
import os
import platform
from pathlib import Path

import pytest

from inferscope.core.scenario import files
from inferscope.tui import recovery
from inferscope.tui.panels.words import MessageLine
from inferscope.tui.recent import MOST, recent, remember
from inferscope.tui.screens.files import SaveAs, Stale, Unsaved, Ways
from inferscope.tui.screens.recovered import Recovered
from inferscope.tui.session import Session

SIZES = [(60, 16), (80, 24), (120, 40), (200, 60)]

HEAD = {
    "pid": 2**22 + 1,  # above what Linux gives
    "born": "1",
    "host": platform.node(),
    "label": "h200-fleet",
    "origin": "",
    "seen": "",
    "edits": 3,
    "time": "2026-11-22T14:03:00+00:00",
}


def leave_behind(config_folder, **values):
    folder = config_folder / "recovery"
    folder.mkdir(exist_ok=True)
    head = json.dumps({**HEAD, **values})
    file = folder / f"{len(list(folder.iterdir()))}-x.toml"
    file.write_text(f"{recovery._MARK}{head}\nschema_version = 1\n", encoding="utf-8")


def box(app):
    """The text of a dialog alone: what lies under it is none of its business."""
    area = app.screen.query_one(".box").region
    rows = [strip.text for strip in app.screen._compositor.render_strips()]
    return "".join(f"{row[area.x : area.right]}\n" for row in rows[area.y : area.bottom])


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_what_was_left_behind_looks_as_stored(explore, matches_snapshot, config_folder, size):
    leave_behind(config_folder)
    leave_behind(config_folder, label="new scenario", edits=1, time="2026-11-21T09:30:00+00:00")
    async with explore(size) as pilot:
        await pilot.pause()
        assert isinstance(pilot.app.screen, Recovered)
        matches_snapshot(box(pilot.app), f"recovered-{size[0]}x{size[1]}")


async def test_going_back_to_a_file_that_cannot_be_evaluated_keeps_the_work(explore, scenario_file):
    async with explore() as pilot:
        explorer = pilot.app.screen
        session, before = explorer.session, explorer.answer
        session.commit(session.propose({"workload.output_tokens": 7}), "tokens")
        kept = session.kept_in
        with scenario_file.open("a", encoding="utf-8") as file:
            file.write('[training]\naccelerator = "nope"\n')
        await pilot.press("R")
        await pilot.pause()
        assert "unknown accelerator 'nope'" in explorer.query_one(MessageLine).text
        assert (session.scenario.workload.output_tokens.mid, explorer.answer) == (7, before)
        assert session.is_changed
        assert session.kept_in == kept is not None
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Unsaved)


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("name", ["stale", "unsaved"])
async def test_the_questions_about_files_look_as_stored(explore, matches_snapshot, size, name):
    async with explore(size) as pilot:
        session = pilot.app.screen.session
        file = Path("/home/me/h200-fleet.toml")
        if name == "stale":
            pilot.app.push_screen(Stale(file))
        else:
            session.commit(session.propose({"workload.output_tokens": 7}), "tokens")
            pilot.app.screen.show_all()
            await pilot.press("q")
        await pilot.pause()
        await pilot.pause()
        matches_snapshot(box(pilot.app), f"{name}-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_a_failed_save_fits_the_screen(explore, screen, size):
    async with explore(size) as pilot:
        pilot.app.push_screen(SaveAs(pilot.app.screen.session, "/home/me/h200-fleet.toml: No space left"))
        await pilot.pause()
        await pilot.pause()
        for words in ("! /home/me/h200-fleet.toml", "dense-edited", "esc goes back"):
            assert words in screen(pilot.app)


@pytest.mark.parametrize("key", ["o", "r", "s"])
async def test_each_way_has_its_key_and_the_arrows_reach_it(explore, key):
    for keys in ([key], ["down"] * "ors".index(key) + ["enter"]):
        taken = []
        async with explore() as pilot:
            pilot.app.push_screen(Stale(Path("x.toml")), taken.append)
            await pilot.press(*keys)
            assert not isinstance(pilot.app.screen, Ways)
        assert taken == [key]


async def test_a_preset_saved_under_a_name_no_longer_answers_as_the_preset(explore):
    async with explore(preset="llama-3.1-70b-h100") as pilot:
        explorer = pilot.app.screen
        assert "name" in explorer.answer.report["scenario"]
        await pilot.press("S", "ctrl+u", *"mine", "enter")
        await pilot.pause()
        assert explorer.session.label == "mine"
        assert explorer.answer.bound.resolved[0].scenario == explorer.session.scenario
        assert "name" not in explorer.answer.report["scenario"]


async def test_a_failed_save_offers_another_name_and_then_goes_on(explore, monkeypatch):
    real = os.fsync
    async with explore() as pilot:
        await pilot.press(*["down"] * 8, "plus")
        session = pilot.app.screen.session
        assert session.is_changed

        def full(_handle):
            raise OSError(28, os.strerror(28))

        monkeypatch.setattr(os, "fsync", full)
        await pilot.press("q", "s")
        await pilot.pause()
        assert isinstance(pilot.app.screen, SaveAs)
        assert session.is_changed
        monkeypatch.setattr(os, "fsync", real)
        await pilot.press("enter")
        await pilot.pause()
        assert session.path.stem == "dense-edited"
        assert not session.is_changed
    assert pilot.app.return_code == 0


def test_recent_files_are_the_last_ones_that_are_still_there(tmp_path):
    paths = [tmp_path / f"{number}.toml" for number in range(MOST + 3)]
    for path in paths:
        path.write_text("", encoding="utf-8")
        remember(path, make_folder=True)
    remember(paths[5])
    expected = [paths[5], *(path for path in reversed(paths) if path != paths[5])][:MOST]
    assert recent() == expected
    paths[5].unlink()
    assert recent() == expected[1:]


@pytest.mark.parametrize("text", ["", "{", "3", '[3, "a\\u0000b", "/none"]', "\x80"])
def test_a_damaged_list_of_recent_files_is_an_empty_one(config_folder, tmp_path, text):
    (config_folder / "recent.json").write_text(text, encoding="latin-1")
    assert recent() == []
    path = tmp_path / "a.toml"
    path.write_text("", encoding="utf-8")
    remember(path)
    assert recent() == [path]


def test_looking_at_a_file_makes_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("INFERSCOPE_CONFIG", str(tmp_path / "absent"))
    remember(tmp_path / "a.toml")
    assert not (tmp_path / "absent").exists()


def test_a_session_without_a_keeper_keeps_nothing(scenario_file, config_folder):
    session = Session(files.load(scenario_file))
    session.commit(session.propose({"workload.output_tokens": 7}), "tokens")
    assert session.kept_in is None
    assert list(config_folder.iterdir()) == []
