"""What is not saved survives the death of the program, and is offered at the next start."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time

import pytest

from inferscope.core.scenario import files
from inferscope.tui import recovery
from inferscope.tui.plots.chart import Chart
from inferscope.tui.recovery import Keeper, left_behind
from inferscope.tui.screens.recovered import Recovered
from inferscope.tui.session import Session, default_loaded

EDITS = """\
import sys
from inferscope.core.scenario import files
from inferscope.tui.recovery import Keeper
from inferscope.tui.session import Session

session = Session(files.load(sys.argv[1]), Keeper())
for tokens in range(1000, int(sys.argv[2])):
    session.commit(session.propose({"workload.output_tokens": tokens}), "tokens")
    print(tokens, flush=True)
"""


def edit_elsewhere(scenario_file, until):
    """Another process that edits as fast as it can and says what is committed."""
    command = [sys.executable, "-c", EDITS, str(scenario_file), str(until)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def dead(scenario_file):
    """A process that changed the scenario and is gone."""
    process = edit_elsewhere(scenario_file, 1003)
    process.communicate()
    assert process.returncode == 0


@pytest.fixture
def session(scenario_file):
    return Session(files.load(scenario_file), Keeper())


def change(session, tokens):
    session.commit(session.propose({"workload.output_tokens": tokens}), "tokens")


def tokens(session):
    return session.scenario.workload.output_tokens.mid


def kept(config_folder):
    folder = config_folder / "recovery"
    return sorted(folder.glob("*")) if folder.is_dir() else []


def test_looking_leaves_no_trace(session, config_folder):
    assert left_behind() == []
    assert session.news() == ""
    session.close()
    assert list(config_folder.iterdir()) == []


def test_the_file_follows_every_change_and_goes_with_the_last(session, config_folder):
    for number in (7, 8, 9):
        change(session, number)
        (file,) = kept(config_folder)
        assert files.load(file).scenario.workload.output_tokens.mid == number
    session.undo()
    assert files.load(file).scenario.workload.output_tokens.mid == 8
    session.undo()
    session.undo()
    assert kept(config_folder) == []
    session.redo()
    assert kept(config_folder) == [file]
    session.save()
    assert kept(config_folder) == []


@pytest.mark.parametrize("end", ["close", "revert"])
def test_what_is_not_wanted_is_not_kept(session, config_folder, end):
    change(session, 7)
    session.close() if end == "close" else session.revert(session.on_disk())
    assert kept(config_folder) == []


def test_opening_another_scenario_drops_what_was_discarded(session, config_folder):
    change(session, 7)
    session.open(default_loaded())
    assert kept(config_folder) == []


def test_a_living_process_is_not_offered_but_told_about(scenario_file, session):
    change(session, 7)
    assert left_behind() == []
    other = Session(files.load(scenario_file), Keeper())
    assert f"process {os.getpid()} has unsaved changes of " in other.news()
    assert other.news() == ""
    session.save()
    assert "was changed on disk" in other.news()


def test_a_number_that_is_given_to_another_process_is_a_dead_process(session, config_folder):
    change(session, 7)
    (file,) = kept(config_folder)
    text = file.read_text(encoding="utf-8")
    head = json.loads(text.splitlines()[0].removeprefix(recovery._MARK))
    file.write_text(text.replace(f'"born": "{head["born"]}"', '"born": "1"'), encoding="utf-8")
    assert [found.head.edits for found in left_behind()] == [1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "schema_version = 1\n",
        f"{recovery._MARK}[]\n",
        f"{recovery._MARK}{{}}\n",
        f'{recovery._MARK}{{"pid": "x"}}\n',
        "\0\xff",
    ],
)
def test_what_is_no_recovery_file_is_passed_over(config_folder, text):
    (config_folder / "recovery").mkdir()
    (config_folder / "recovery" / "1-x.toml").write_text(text, encoding="latin-1")
    assert left_behind() == []


@pytest.mark.usefixtures("dead")
def test_a_file_half_written_by_a_dead_process_is_cleared_away(config_folder):
    (file,) = kept(config_folder)
    half = file.with_suffix(".tmp")
    half.write_text("half", encoding="utf-8")
    mine = file.with_name(f"{os.getpid()}-x.tmp")
    mine.write_text("half", encoding="utf-8")
    assert len(left_behind()) == 1
    assert not half.exists()
    assert mine.exists()


@pytest.mark.usefixtures("dead")
def test_taking_back_is_one_change_to_the_file(scenario_file, config_folder):
    session = Session(default_loaded(), Keeper())
    (found,) = left_behind()
    assert found.head.edits == 3
    session.take_back(found)
    assert session.path == scenario_file
    assert tokens(session) == 1002
    assert session.is_changed
    assert [file.name.partition("-")[0] for file in kept(config_folder)] == [str(os.getpid())]
    assert session.undo() == "what was restored"
    assert not session.is_changed
    session.redo()
    assert session.save() == scenario_file
    assert kept(config_folder) == []


@pytest.mark.usefixtures("dead")
def test_what_is_taken_back_does_not_replace_what_others_saved_meanwhile(scenario_file):
    scenario_file.write_text(scenario_file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    session = Session(default_loaded(), Keeper())
    session.take_back(left_behind()[0])
    assert "was changed on disk" in session.news()


@pytest.mark.usefixtures("dead")
def test_what_is_taken_back_needs_no_file(scenario_file):
    scenario_file.unlink()
    session = Session(default_loaded(), Keeper())
    session.take_back(left_behind()[0])
    assert tokens(session) == 1002
    assert session.path is None
    assert session.is_changed


@pytest.mark.usefixtures("dead")
def test_what_is_taken_back_stays_where_nothing_keeps_it(config_folder):
    (found,) = left_behind()
    session = Session(default_loaded())
    session.take_back(found)
    assert tokens(session) == 1002
    assert kept(config_folder) == [found.file]


def test_a_full_disk_is_told_once_and_the_work_goes_on(session, config_folder):
    (config_folder / "recovery").write_text("in the way", encoding="utf-8")
    change(session, 7)
    change(session, 8)
    assert session.kept_in is None
    assert "unsaved changes cannot be kept for a crash" in session.news()
    assert session.news() == ""
    (config_folder / "recovery").unlink()
    change(session, 9)
    assert session.kept_in is not None
    assert session.not_kept == ""


def test_killed_at_any_moment_all_but_the_last_change_comes_back(scenario_file, config_folder):
    moments = random.Random(20)  # noqa: S311  (moments, not secrets)
    for _ in range(20):
        process = edit_elsewhere(scenario_file, 100_000)
        assert process.stdout.readline()
        time.sleep(moments.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        said = process.communicate()[0].split()
        (found,) = left_behind()
        done = int(said[-1]) if said else 1000
        assert found.scenario().workload.output_tokens.mid in (done, done + 1)
        assert found.head.edits >= done - 999
        found.discard()
    assert [file for file in kept(config_folder) if file.suffix == ".toml"] == []


@pytest.mark.usefixtures("dead")
async def test_after_the_dialog_there_is_one_plot_with_all_the_room(explore, settle):
    async with explore((120, 40)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        (chart,) = pilot.app.screen.query(Chart)
        assert chart.size.height > 10


@pytest.mark.usefixtures("dead")
async def test_the_dialog_takes_back(explore, screen, config_folder):
    async with explore(preset="gpt-oss-120b-h100") as pilot:
        assert isinstance(pilot.app.screen, Recovered)
        assert "dense   3 changes, the last at" in screen(pilot.app)
        await pilot.press("enter")
        session = pilot.app.screen.session
        assert session.label == "dense"
        assert tokens(session) == 1002
        assert pilot.app.screen.answer.entry("e2e_latency_s")["value"] > 10
        assert "Restored" in screen(pilot.app)
    assert len(kept(config_folder)) == 1


@pytest.mark.usefixtures("dead")
async def test_what_was_left_under_another_host_name_is_offered_with_that_name(
    explore, screen, scenario_file, monkeypatch
):
    monkeypatch.setattr(recovery.platform, "node", lambda: "renamed")
    (found,) = left_behind()
    assert Keeper().others(scenario_file) == []
    async with explore() as pilot:
        assert f"dense of host {found.head.host}   3 changes" in screen(pilot.app)
        await pilot.press("enter")
        assert tokens(pilot.app.screen.session) == 1002


@pytest.mark.parametrize(("key", "left"), [("d", 0), ("l", 1), ("escape", 1)])
@pytest.mark.usefixtures("dead")
async def test_the_dialog_discards_or_keeps(explore, config_folder, key, left):
    async with explore() as pilot:
        await pilot.press(key)
        assert not isinstance(pilot.app.screen, Recovered)
        assert not pilot.app.screen.session.is_changed
    assert len(kept(config_folder)) == left


async def test_the_dialog_settles_one_after_the_other(explore, scenario_file, config_folder):
    for until in (1002, 1003, 1004):
        edit_elsewhere(scenario_file, until).communicate()
    async with explore() as pilot:
        await pilot.press("down", "d")
        assert len(kept(config_folder)) == 2
        await pilot.press("l", "t")
        assert pilot.app.screen.session.is_changed
    assert len(kept(config_folder)) == 2


# --- the program itself, in a terminal ---------------------------------------------------------

LARGER = "\x1b[B" * 6 + "+"
"""Down to the tokens of the prompt, and twice as many."""


def prompt_tokens(path):
    return files.load(path).scenario.workload.input_tokens.mid


@pytest.mark.parametrize("moment", [0.0, 0.02, 0.3])
def test_kill_9_loses_no_more_than_the_last_change_and_the_next_start_offers_the_rest(
    start, scenario_file, config_folder, moment
):
    terminal = start(str(scenario_file))
    terminal.wait_for("quality kept")
    terminal.press(LARGER, "2,000 tokens", "* changed")
    terminal.press("+", "4,000 tokens")
    terminal.type("+")
    time.sleep(moment)
    os.kill(terminal.pid, signal.SIGKILL)
    assert terminal.wait_for_end() == -signal.SIGKILL
    (file,) = [file for file in kept(config_folder) if file.suffix == ".toml"]
    found = prompt_tokens(file)
    assert found in (4000, 8000)

    terminal = start()
    terminal.wait_for("Unsaved changes of an earlier session", "dense")
    terminal.press("\r", "Restored", f"{found:,.0f} tokens", "* changed")
    assert prompt_tokens(scenario_file) == 1000
    terminal.press("\x13", "Saved in")
    assert prompt_tokens(scenario_file) == found
    terminal.type("q")
    assert terminal.wait_for_end() == 0
    assert kept(config_folder) == []


def test_the_program_killed_at_any_moment_keeps_every_change_that_was_shown(start, scenario_file):
    moments = random.Random(9)  # noqa: S311  (moments, not secrets)
    for _ in range(20):
        terminal = start(str(scenario_file))
        terminal.wait_for("quality kept")
        terminal.press(LARGER, "2,000 tokens", "* changed")
        terminal.type("+" * 8)
        end = time.monotonic() + moments.uniform(0, 0.4)
        while time.monotonic() < end:
            terminal.read(0.005)
        os.kill(terminal.pid, signal.SIGKILL)
        shown = int(re.search(r"Input +([\d,]+) tokens", terminal.text)[1].replace(",", ""))
        assert terminal.wait_for_end() == -signal.SIGKILL
        (found,) = left_behind()
        doubled = found.scenario().workload.input_tokens.mid / shown
        assert doubled in {2**times for times in range(9)}
        assert found.head.edits >= 1
        found.discard()


def test_two_programs_on_one_file_do_not_overwrite_each_other(start, scenario_file, tmp_path):
    one, two = start(str(scenario_file)), start(str(scenario_file))
    one.wait_for("quality kept")
    two.wait_for("quality kept")
    one.press(LARGER, "2,000 tokens")
    two.wait_for(f"process {one.pid} has unsaved changes of ")
    two.press(LARGER + "+", "4,000 tokens")
    one.type("\x13")
    one.wait_until_gone("* changed")  # "Saved in" may give way to the other's unsaved changes at once
    two.wait_for("dense was changed on disk: R reloads it, ^s asks")
    two.press("\x13", "Changed on disk", "o  overwrite", "r  reload", "s  save this")
    two.press("s", "Save as")
    two.press(f"\x15{tmp_path}/other.toml\r", "Saved in")
    assert prompt_tokens(scenario_file) == 2000
    assert prompt_tokens(tmp_path / "other.toml") == 4000


def test_a_file_changed_on_disk_is_reloaded_or_overwritten_as_asked(start, scenario_file):
    terminal = start(str(scenario_file))
    terminal.wait_for("quality kept")
    text = scenario_file.read_text(encoding="utf-8")
    scenario_file.write_text(text.replace("input_tokens = 1000", "input_tokens = 3000"), encoding="utf-8")
    terminal.wait_for("dense was changed on disk")
    terminal.press("R", "3,000 tokens", "Back to dense as saved")
    terminal.press("z", "1,000 tokens", "* changed")
    scenario_file.write_text(text, encoding="utf-8")
    terminal.press("\x13", "Changed on disk")
    terminal.press("o", "Saved in")
    terminal.type("q")
    assert terminal.wait_for_end() == 0


def test_a_disk_that_is_full_says_so_keeps_the_work_and_offers_another_name(start, scenario_file, tmp_path):
    long = SCENARIO_ABOUT.format("x" * 3000)
    scenario_file.write_text(scenario_file.read_text(encoding="utf-8").replace("[model]", long), "utf-8")
    before = scenario_file.read_bytes()
    program = f"exec {sys.executable} -m inferscope {scenario_file}"
    terminal = start(command=["/bin/sh", "-c", f"ulimit -f 2; {program}"])  # no file above 1 or 2 kB
    terminal.wait_for("quality kept")
    terminal.press(LARGER, "2,000 tokens", "* changed")
    terminal.wait_for("unsaved changes cannot be kept for a crash: File too large")
    terminal.press("\x13", "Save as", "cannot be saved: File too large; nothing was", "dense-edited")
    terminal.press("\r", "File too large")
    terminal.type("\x1b")
    terminal.wait_until_gone("Save as")
    assert scenario_file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []
    terminal.press("q", "Unsaved changes")
    terminal.press("s", "Save as")
    terminal.type("\x1b")
    terminal.wait_until_gone("Save as")
    terminal.press("q", "Unsaved changes")
    terminal.type("d")
    assert terminal.wait_for_end() == 0


SCENARIO_ABOUT = """\
description = "{}"

[model]"""


def test_without_a_preset_it_asks_what_one_wants_to_know(start, scenario_file):
    terminal = start()
    terminal.wait_for("What do you want to know?", "What does a ChatGPT query cost")
    terminal.press("\x1b", "llama-3.1-70b-h100", "quality kept")
    terminal.type("q")
    assert terminal.wait_for_end() == 0
    terminal = start()
    terminal.wait_for("What do you want to know?")
    terminal.press("h20s serve", "1 of ")
    terminal.press("\r", "Opened", "deepseek-r1-h20", "quality kept")
    terminal.press("\x0f", "type to filter")
    terminal.press(f"{scenario_file}\r", "Opened", "dense")
    terminal.press(LARGER, "2,000 tokens")
    terminal.press("\x13", "Saved in")
    terminal.type("q")
    assert terminal.wait_for_end() == 0
    terminal = start("gpt-oss-120b-h100")
    terminal.wait_for("quality kept")
    terminal.press("\x12", "Recent files", "dense")
    terminal.press("\r", "Opened", "2,000 tokens")
