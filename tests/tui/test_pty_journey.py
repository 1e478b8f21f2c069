"""An hour's work in a real pseudo-terminal: by keyboard alone, and the basics with the mouse."""

import os
import signal

from inferscope.core.scenario import files

UP, DOWN, RIGHT = "\x1b[A", "\x1b[B", "\x1b[C"
SAVE_AS, UNDO, EXPLAIN, PIN, OPEN = "S", "z", "e", "p", "\x0f"
WIDE = (120, 40)


def kept(config_folder):
    """The recovery files."""
    return sorted((config_folder / "recovery").glob("*.toml"))


def down_to(terminal, key):
    """Go down line by line until the message line names a key of the scenario."""
    for _ in range(40):
        before = terminal.text.splitlines()[-2]
        terminal.type(DOWN)
        terminal.wait_until(lambda text, before=before: text.splitlines()[-2] != before, "another hint")
        if f"{key}:" in terminal.text:
            return
    raise AssertionError(terminal.text)


def choose_and_flip(terminal):
    """A chip by search, two toggles, and what each is worth."""
    # a chip by search
    terminal.press(DOWN, "hardware.accelerator")
    terminal.press("\r", "type to filter")
    terminal.press("h200 sxm", "1 of ")
    terminal.press("\r", "*Accelerator H200 SXM 141GB", "* changed, not saved", "against llama-3.1-70b-h100")

    # two toggles, and what each is worth
    terminal.press("2", "▸2 Toggles", "cost", "1st", "qual", "fp8 → bf16")
    terminal.press(DOWN * 2, "▸ Weights")
    terminal.press(RIGHT, "▸*Weights     int8")
    terminal.press(DOWN, "▸ KV cache")
    terminal.press(RIGHT, "▸*KV cache")
    terminal.wait_for("int8 → bf16")


def test_by_keyboard_alone(start, config_folder):
    terminal = start("llama-3.1-70b-h100", size=WIDE)
    terminal.wait_for("One query costs", "quality kept", "H100 SXM5 80GB")
    terminal.press("p", "Pinned llama-3.1-70b-h100")

    choose_and_flip(terminal)

    # the date of the rules
    terminal.press("4", "▸4 Policy")
    terminal.press("4", "date")
    terminal.press(RIGHT, "(scenario: ")

    # another preset beside it, and what carries the difference
    terminal.press("c", "RESULTS", "of it comes from")
    terminal.press("a", "type to filter")
    terminal.press("r1-h20\r", "C  deepseek-r1-h20", "RESULTS")
    terminal.type("\x1b")
    terminal.wait_until_gone("RESULTS")

    # explain a number
    terminal.press("1", "▸1 Answers")
    terminal.press(EXPLAIN, "esc close", "ttft_s")
    terminal.type("\x1b")
    terminal.wait_until_gone("esc close")

    # save under a name, change, undo, quit and open again
    terminal.press(SAVE_AS, "Save as")
    terminal.press("\x15journey\r", "Saved in")
    path = config_folder / "presets" / "journey.toml"
    saved = files.load(path).scenario
    assert saved.hardware.accelerator == "h200-sxm"
    assert saved.optimizations.weight_format == "int8"
    terminal.press("a", "model.id: ")
    down_to(terminal, "workload.input_tokens")
    terminal.press("+", "Input", "* changed, not saved")
    terminal.press(UNDO, "Undone")
    terminal.wait_until_gone("* changed, not saved")
    terminal.type("q")
    assert terminal.wait_for_end() == 0
    terminal = start("journey", size=WIDE)
    terminal.wait_for("H200 SXM 141GB", "quality kept", "int8")
    assert "earlier session" not in terminal.text

    # change and die
    down_to(terminal, "workload.input_tokens")
    terminal.press("+", "* changed, not saved")
    os.kill(terminal.pid, signal.SIGKILL)
    assert terminal.wait_for_end() == -signal.SIGKILL
    assert len(kept(config_folder)) == 1

    # another start takes it back; left with its changes discarded there is nothing more to take back
    terminal = start("journey", size=WIDE)
    terminal.wait_for("Unsaved changes of an earlier session", "journey")
    terminal.press("\r", "Restored", "* changed, not saved")
    terminal.press("q", "Unsaved changes")
    terminal.type("d")
    assert terminal.wait_for_end() == 0
    assert kept(config_folder) == []
    assert files.load(path).scenario == saved


def test_the_basics_with_the_mouse(start):
    terminal = start("llama-3.1-70b-h100", size=WIDE)
    terminal.wait_for("quality kept", "3 Plot")
    terminal.click("4 Policy")
    terminal.wait_for("▸4 Policy", "of 66 rules, at")
    terminal.click("Reasoning")
    terminal.wait_for("▸ Reasoning", "workload.reasoning_tokens")
    terminal.click("Reasoning")
    terminal.wait_for("Reasoning: a number such as")
    terminal.press("\x15500\r", "*Reasoning   500 tokens", "* changed, not saved")
    terminal.click("Accelerator")
    terminal.wait_for("▸ Accelerator")
    terminal.click("Accelerator")
    terminal.wait_for("type to filter")
    terminal.type("\x1b")
    terminal.wait_until_gone("type to filter")
    terminal.wait_for("▸ Accelerator")
    terminal.press("q", "Unsaved changes")
    terminal.type("d")
    assert terminal.wait_for_end() == 0
