"""Random keys, pastes and sizes on every screen: nothing may raise and nothing may be lost.

Run ``python tests/fuzz/screens.py [--events 10000] [--seed 1] [SCREEN ...]``. Each screen gets so many
events, in bursts as they arrive over a slow line; what leaves the screen or the program is followed
and then gone back from. After each burst the session has to be sound, and at the end everything that
was done has to be undone to what was opened. A failure names its seed and the events of the last burst.
"""

# ruff: noqa: S311, T201  (chance decides nothing that matters; printing is what a script is for)

import argparse
import asyncio
import os
import random
import re
import sys
import tempfile
import time
from pathlib import Path

os.environ["TEXTUAL_ANIMATIONS"] = "none"

from textual import events
from textual.keys import _character_to_key

from inferscope.core.scenario import files
from inferscope.core.scenario.files import scenario_hash
from inferscope.tui.actions import ACTIONS
from inferscope.tui.app import InferscopeApp
from inferscope.tui.panels.rows import Rows
from inferscope.tui.recovery import Keeper
from inferscope.tui.session import Session

SCREENS = {
    "explorer": (),
    "answers": ("a",),
    "ladder": ("a", "4", "4"),
    "notes": ("5",),
    "pick": ("enter",),
    "choices": ("down", "down", "down", "down", "enter"),
    "editor": ("down", "enter"),
    "explanation": ("e",),
    "keys": ("question_mark",),
    "save as": ("S",),
    "open": ("ctrl+o",),
    "rules": ("P",),
    "map": ("M",),
    "palette": ("ctrl+p",),
    "export": ("x",),
    "reach": ("a", "="),
    "compare": ("p", "c"),
    "studies": ("s",),
    "study": ("s", "enter", "a"),
    "diff": ("d",),
    "recovered": (),
    "opening": (),
}
"""How to get to each screen from the explorer's first line; the last two show themselves at a start."""
AT_START = ("recovered", "opening")
HERE = Path(__file__).resolve().parent

SIZES = ((80, 24), (120, 40), (200, 60), (60, 16), (59, 15), (100, 30), (30, 8), (10, 3), (1, 1), (250, 70))
PASTES = (
    "",
    "h200",
    "0.5",
    "1e3",
    "auto",
    "-1",
    "two\nlines",
    "\x1b[31mred",
    "推論コスト",
    "x" * 400,
    "../x",
    "nan",
)
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-+*/=<>?%:;_ éß推"
PLAIN = (
    *("up", "down", "left", "right", "enter", "escape", "tab", "shift+tab", "space", "delete", "backspace"),
    *("home", "end", "pageup", "pagedown", "ctrl+u", "ctrl+c", "f1", "f6", "plus", "minus"),
)
HELD_BACK = {"ctrl+z"}
"""It would stop this process."""
KEYS = tuple(sorted({key for action in ACTIONS for key in action.keys} - HELD_BACK))
LONGEST_BURST = 40
PATIENCE = 60.0


def random_key(chance):
    """A key that does something, a letter, or one that moves."""
    kind = chance.random()
    if kind < 0.45:
        return chance.choice(PLAIN)
    return chance.choice(KEYS) if kind < 0.8 else chance.choice(LETTERS)


def random_event(chance):
    """A key most of the time, else a paste or another size."""
    kind = chance.random()
    if kind < 0.94:
        return "key", random_key(chance)
    return ("paste", chance.choice(PASTES)) if kind < 0.97 else ("size", chance.choice(SIZES))


def key_event(key):
    """The event of a key or a letter."""
    if len(key) == 1:
        return events.Key(_character_to_key(key), key)
    characters = {"space": " ", "plus": "+", "minus": "-", "enter": "\r", "tab": "\t"}
    return events.Key(key, characters.get(key))


class Player:
    """Plays events on one screen and looks after what must hold."""

    def __init__(self, name, seed, preset="llama-3.1-70b-h100"):
        self.name, self.preset = name, preset
        self.chance = random.Random(f"{name} {seed}")
        self.burst = []
        self.played = self.starts = 0

    async def play(self, count):
        """Play so many events, starting the program anew whenever it was left."""
        while self.played < count:
            self.starts += 1
            if self.name == "recovered":
                leave_behind(self.preset)
            app = InferscopeApp(lambda: files.load(self.preset), ask=self.name == "opening")
            async with app.run_test(size=(80, 24)) as pilot:
                await self._started(app, pilot)
                left = False
                while self.played < count and not left and app.is_running and not app._exit:
                    self.burst = [
                        random_event(self.chance) for _ in range(self.chance.randint(1, LONGEST_BURST))
                    ]
                    for kind, what in self.burst:
                        await self._send(app, pilot, kind, what)
                    self.played += len(self.burst)
                    await settled(app, pilot)
                    if not app._exit:
                        check(app)
                        left = await self._went_back(app, pilot)
                if not app._exit:
                    await undo_everything(app, pilot)

    async def _started(self, app, pilot):
        explorer = app.screen_stack[0]
        while explorer.answer is None:
            await pilot.pause()
        await settled(app, pilot)
        while app.screen is not explorer and self.name not in AT_START:  # what an earlier program left behind
            await self._press(app, pilot, "d", "escape")
        await self._press(app, pilot, *SCREENS[self.name])

    async def _went_back(self, app, pilot):
        """Now and then go back to the screen under test; whether only a start leads to it."""
        if self.chance.random() > 0.25:
            return False
        for _ in range(8):
            if app._exit or app.screen is app.screen_stack[0]:
                break
            await self._press(app, pilot, "escape")
        if app._exit or app.screen is not app.screen_stack[0]:
            return app._exit
        if self.name not in AT_START:
            await self._press(app, pilot, "escape", *SCREENS[self.name])
        return self.name in AT_START

    async def _press(self, app, pilot, *keys):
        for key in keys:
            if not app._exit:
                app.post_message(key_event(key))
                await settled(app, pilot)

    async def _send(self, app, pilot, kind, what):
        if kind == "size":
            await pilot.resize_terminal(*what)
        elif kind == "paste":
            app.post_message(events.Paste(what))
        else:
            app.post_message(key_event(what))


def leave_behind(preset):
    """Unsaved changes of a program that died: another program has its number since."""
    session = Session(files.load(preset), Keeper())
    session.commit(session.propose({"workload.output_tokens": 321}), "tokens")
    path = session.kept_in
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub('"born": "[^"]*"', '"born": "1"', text), encoding="utf-8")
    path.rename(path.with_name(f"left-{time.monotonic_ns()}.toml"))


async def settled(app, pilot):
    """Wait until every key has been handled and everything is drawn."""
    end = time.monotonic() + PATIENCE
    while (app._waiting or app._in_flight) and not app._exit:
        assert time.monotonic() < end, "keys are not handled any more"
        await asyncio.sleep(0)
    await pilot.pause()


def check(app):
    """What must hold after every burst."""
    assert app._exception is None, app._exception
    explorer = app.screen_stack[0]
    session = explorer.session
    answered = explorer.answer.bound.resolved[0].scenario
    assert answered == session.scenario, (
        f"the answer is another scenario's: {difference(answered, session.scenario)}"
    )
    if session.is_changed:
        kept = files.load(session.kept_in).scenario
        assert scenario_hash(kept) == scenario_hash(session.scenario), "the recovery file is not the scenario"
    else:
        assert session.kept_in is None, "a recovery file of what is saved"
    if app.screen is explorer:
        shown = text(app)
        for widget in app.screen.query(Rows):
            widget.refresh()
        assert text(app) == shown, "a row was not drawn again"


def difference(one, other):
    """The lines of two scenarios that only one of them has."""
    return set(files.to_toml(one).splitlines()) ^ set(files.to_toml(other).splitlines())


def text(app):
    """What stands on the screen."""
    return "\n".join(row.text for row in app.screen._compositor.render_strips())


async def undo_everything(app, pilot):
    """Undo leads back to what was opened, redo to where it came from."""
    session = app.screen_stack[0].session
    last = scenario_hash(session.scenario)
    steps = len(session._past)
    first = scenario_hash(session._past[0][0]) if steps else last
    while session.undo():
        pass
    assert scenario_hash(session.scenario) == first, "undo does not lead back"
    for _ in range(steps):
        session.redo()
    assert scenario_hash(session.scenario) == last, "redo does not lead on"
    session.close()
    await settled(app, pilot)


def main():
    """Play and say how it went."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("screens", nargs="*", metavar="SCREEN", help=f"of {', '.join(SCREENS)}; default: all")
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trace", action="store_true", help="stop at the first failure with a traceback")
    options = parser.parse_args()
    failed = 0
    for name in options.screens or SCREENS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            os.environ.update(INFERSCOPE_CONFIG=f"{folder}/config", HOME=folder)
            os.chdir(folder)
            player = Player(name, options.seed)
            try:
                asyncio.run(player.play(options.events))
            except BaseException as error:
                if options.trace:
                    raise
                failed += 1
                outcome = f"FAILED after {player.played}: {type(error).__name__}: {error}\n  {player.burst}"
            else:
                outcome = f"{player.played} events, {player.starts} starts"
        print(f"{name:12} seed {options.seed}: {outcome}, {time.monotonic() - began:.0f} s", flush=True)
        os.chdir(HERE)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
