"""The installed program in a real pseudo-terminal, from the first key to the saved file."""

import base64
import json
import os
import re
import signal
import subprocess
import sys

import pytest

PROGRAM = [sys.executable, "-m", "inferscope"]


def evaluated(preset, environ):
    """The headless report of a preset."""
    command = [*PROGRAM, "eval", preset, "--format", "json"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


DOWN = "\x1b[B"


def test_a_scenario_is_changed_saved_and_evaluates_headless_to_the_same(start, environ, config_folder):
    terminal = start("llama-3.1-70b-h100")
    before = terminal.wait_for("One query costs", "H100 SXM5 80GB", "quality kept")
    terminal.type(DOWN)
    terminal.type("\r")
    terminal.wait_for("type to filter")
    terminal.type("h200 sxm")
    terminal.wait_for("1 of ")
    terminal.type("\r")
    terminal.wait_for("*Accelerator H200 SXM 141GB", "* changed, not saved")
    terminal.type(DOWN * 2)
    terminal.wait_for("▸ Weights")
    terminal.type("\x1b[C")
    terminal.wait_for("▸*Weights     int8", "int8, cache bf16")
    terminal.type("\x13")
    terminal.wait_for("Save as")
    terminal.type("\x15in-a-terminal\r")
    shown = terminal.wait_for("Saved in")
    assert numbers(shown) != numbers(before)
    terminal.type("q")
    assert terminal.wait_for_end() == 0

    report = evaluated("in-a-terminal", environ)
    assert (config_folder / "presets" / "in-a-terminal.toml").is_file()
    assert report["scenario"]["hardware"]["accelerator"] == "h200-sxm"
    assert report["scenario"]["optimizations"]["weight_format"] == "int8"
    assert report["headline"] in sentence(shown)
    for name, scale, unit in (("tpot_s", 1e3, "ms"), ("ttft_s", 1e3, "ms"), ("wh_per_query", 1, "Wh")):
        assert f"{report['quantities'][name]['value'] * scale:.3g} {unit}" in shown


def numbers(text):
    """The right half of the screen: the answers."""
    return [row[31:] for row in text.splitlines()[3:22]]


def sentence(text):
    return " ".join(" ".join(text.splitlines()[1:4]).split())


def test_the_saved_preset_opens_again(start, config_folder):
    folder = config_folder / "presets"
    folder.mkdir()
    (folder / "mine.toml").write_text(
        'schema_version = 1\nextends = "llama-3.1-70b-h100"\n[workload]\noutput_tokens = 77\n',
        encoding="utf-8",
    )
    terminal = start("mine")
    terminal.wait_for("77 tokens", "quality kept")
    terminal.type("q")
    assert terminal.wait_for_end() == 0


def test_unsaved_changes_are_asked_about_and_can_be_discarded(start):
    terminal = start("llama-3.1-70b-h100")
    terminal.wait_for("quality kept")
    terminal.type(DOWN * 6 + "+")
    terminal.wait_for("* changed, not saved")
    terminal.type("q")
    terminal.wait_for("Unsaved changes")
    terminal.type("\x1b")
    terminal.wait_until_gone("Unsaved changes")
    terminal.type("q")
    terminal.wait_for("Unsaved changes")
    terminal.type("d")
    assert terminal.wait_for_end() == 0


def test_y_sends_the_number_with_unit_and_source_to_the_terminals_clipboard(start):
    terminal = start("llama-3.1-70b-h100")
    terminal.wait_for("quality kept")
    terminal.press(DOWN * 6, "workload.input_tokens")
    terminal.press("y", "sent to the terminal's clipboard")
    terminal.press("a", "ttft_s: ")
    terminal.press("y", "sent to the terminal's clipboard")
    sent = re.findall(r"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07", terminal.sent)
    line, figure = (base64.b64decode(text).decode() for text in sent)
    assert line.startswith("Input: 1,024 tokens")
    assert " ms (" in figure
    for text in (line, figure):
        assert "scenario: Llama 3.1 70B" in text
        assert "source: " in text


def test_without_colours_no_colour_is_sent(start):
    terminal = start("llama-3.1-70b-h100", NO_COLOR="1")
    terminal.wait_for("quality kept", "relief open")
    shades = {
        colour
        for row in range(24)
        for char in terminal.screen.buffer[row].values()
        for colour in (char.fg, char.bg)
        if len(colour) == 6
    }
    assert all(shade[:2] == shade[2:4] == shade[4:] for shade in shades), shades
    terminal.type("q")
    assert terminal.wait_for_end() == 0


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_dumb_terminal_gets_the_report_and_one_line_that_says_why(start, term):
    terminal = start("llama-3.1-70b-h100", TERM=term)
    assert terminal.wait_for_end() == 0
    assert "\x1b" not in terminal.sent
    assert terminal.sent.count("no full screen: TERM") == 1
    assert "One query costs" in terminal.sent


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_the_terminal_sane_and_the_changes_for_the_next_start(start, config_folder, number):
    terminal = start("llama-3.1-70b-h100")
    terminal.wait_for("quality kept")
    terminal.type(DOWN * 6 + "+")
    terminal.wait_for("* changed, not saved")
    os.kill(terminal.pid, number)
    assert terminal.wait_for_end() == 128 + number
    for mode in ("1049", "1000", "1003", "2004"):
        assert terminal.sent.rfind(f"\x1b[?{mode}l") > terminal.sent.rfind(f"\x1b[?{mode}h")
    assert "the next start offers the unsaved changes" in terminal.sent
    (kept,) = (config_folder / "recovery").glob("*.toml")
    assert "input_tokens = 2048" in kept.read_text(encoding="utf-8")


def test_an_error_inside_gives_a_log_and_keeps_the_changes(start, config_folder, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import inferscope.tui.screens.explorer as e\n"
        "def broken(self):\n    raise RuntimeError('a test')\n"
        "e.Explorer.action_redo = broken\n",
        encoding="utf-8",
    )
    terminal = start("llama-3.1-70b-h100", PYTHONPATH=str(tmp_path), TMPDIR=str(tmp_path))
    terminal.wait_for("quality kept")
    terminal.type(DOWN * 6 + "+")
    terminal.wait_for("* changed, not saved")
    terminal.type("Z")
    assert terminal.wait_for_end() == 3
    assert "internal error: RuntimeError: a test" in " ".join(terminal.sent.split())
    assert "Traceback" not in terminal.sent
    assert list(tmp_path.glob("inferscope-*.log"))
    assert list((config_folder / "recovery").glob("*.toml"))


def test_without_standard_error_there_is_the_report(start):
    terminal = start(command=["/bin/sh", "-c", f"exec {' '.join(PROGRAM)} 2>&-"])
    assert terminal.wait_for_end() == 0
    assert "One query costs" in terminal.sent


SPY = """\
import sys
from pathlib import Path

from textual.drivers.linux_driver import LinuxDriver

write = LinuxDriver.write
log = Path(sys.argv.pop())


def spied(self, data):
    if "inferscope" in data and not log.exists():
        log.write_text(" ".join(sys.modules), encoding="utf-8")
    write(self, data)


LinuxDriver.write = spied

from inferscope.tui.cli import main

sys.exit(main())
"""


def test_the_first_paint_waits_for_nothing_that_computes(start, tmp_path):
    log = tmp_path / "modules"
    terminal = start(command=[sys.executable, "-c", SPY, "llama-3.1-70b-h100", str(log)])
    terminal.wait_for("quality kept")
    loaded = set(log.read_text(encoding="utf-8").split())
    assert "inferscope.tui.screens.explorer" in loaded
    assert not loaded & {
        "numpy",
        "pydantic",
        "textual_plot",
        "inferscope.core.catalog",
        "inferscope.core.graph",
    }
