"""The full-screen program: it opens the explorer and holds the themes, nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from textual._context import active_message_pump
from textual.binding import Binding
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.worker import WorkerFailed

from inferscope.core.errors import InferscopeError
from inferscope.tui.ascii import Ascii
from inferscope.tui.config import Options, key_of
from inferscope.tui.screens.explorer import Explorer
from inferscope.tui.themes import COLOUR, THEMES, theme_name
from inferscope.tui.typeahead import OrderedKeys

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.binding import BindingType

    from inferscope.core.scenario.files import Loaded

_SCREENS = Path(__file__).parent / "screens"
_SIGNALS = ("SIGHUP", "SIGINT", "SIGTERM")
_SIGNALLED = 128
"""Added to a signal's number, as shells do."""


class InferscopeApp(OrderedKeys):
    """The application.

    Args:
        load: Reads the scenario to open; called after the first paint.
        options: How the person at the screen wants it.
        ask: Whether to ask at first what to open.
    """

    TITLE = "inferscope"
    CSS_PATH: ClassVar[str | PurePath] = _SCREENS / "explorer.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
    ]

    def __init__(
        self, load: Callable[[], Loaded], options: Options | None = None, *, ask: bool = False
    ) -> None:
        super().__init__()
        self.options = options or Options()
        self._explorer = Explorer(load)
        self._explorer.asks_what_to_open = ask
        self.problem: InferscopeError | None = None
        self.left = ""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self.options.theme or theme_name(os.environ)
        if self.options.ascii:
            self._filters.append(Ascii())
        self.set_keymap({name: ",".join(keys) for name, keys in self.options.keys.items()})

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What the style sheets name and Textual's own themes lack."""
        return dict(COLOUR.variables)

    def get_default_screen(self) -> Explorer:
        """The explorer."""
        return self._explorer

    def give_up(self, problem: InferscopeError) -> None:
        """Leave because the scenario cannot be read."""
        self.problem = problem
        self.exit()

    @property
    def failure(self) -> Exception | None:
        """What went wrong inside, if anything did."""
        return self._exception

    def on_mount(self) -> None:
        """A signal leaves the terminal as it was."""
        loop = asyncio.get_running_loop()
        for number in (getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, a thread
                loop.add_signal_handler(number, self._interrupted, number)

    def _interrupted(self, number: int) -> None:
        self.leave_behind()
        self.exit(return_code=_SIGNALLED + number)

    def leave_behind(self) -> None:
        """Say in ``left`` what becomes of unsaved changes: they are in their recovery file already."""
        session = self._explorer.begun
        if session is None or not session.is_at_risk:
            return
        if session.kept_in is None:
            self.left = f"unsaved changes are lost: {session.not_kept}"
        else:
            self.left = f"the next start offers the unsaved changes; they are in {session.kept_in}"

    def on_app_focus(self) -> None:
        """Others may have been at work meanwhile."""
        self._explorer.look_at_file()

    def _handle_exception(self, error: Exception) -> None:
        """What a screen still had to do when it was left, after its widgets were gone, does not matter."""
        cause = error.error if isinstance(error, WorkerFailed) else error
        if not (isinstance(cause, NoMatches) and (self._exit or self._was_left())):
            super()._handle_exception(error)

    def _was_left(self) -> bool:
        """Whether what runs now belongs to a screen that is no longer there."""
        node = active_message_pump.get(None)
        while node is not None and not isinstance(node, Screen):
            node = node._parent  # noqa: SLF001  (its public name refuses what is no longer attached)
        return node not in self.screen_stack

    def _fatal_error(self) -> None:
        """Leave without a traceback on the screen; the command line logs it."""
        self._close_messages_no_wait()

    def action_help_quit(self) -> None:
        """Ctrl+C: say which key leaves."""
        if self.screen is self._explorer:
            self._explorer.say(f"ctrl+c is not used here: {key_of(self, 'quit')} leaves")
        else:
            super().action_help_quit()

    async def action_quit(self) -> None:
        """Leave from anywhere; the explorer asks about unsaved changes."""
        first, top = self.screen_stack[0], self.screen
        if top is not first:
            top.dismiss(None)
        if isinstance(first, Explorer):
            self.call_later(first.action_quit)


def run(load: Callable[[], Loaded], options: Options | None = None, *, ask: bool = False) -> int:
    """Show the full screen until it is left.

    Args:
        load: Reads what to open; called after the first paint.
        options: How the person at the screen wants it.
        ask: Whether to ask at first what to open.

    Returns:
        The exit status.

    Raises:
        InferscopeError: The scenario cannot be read.
        Exception: The screen failed; what was unsaved is offered at the next start.
    """
    app = InferscopeApp(load, options, ask=ask)
    app.run(mouse=app.options.mouse)
    if app.problem is not None:
        raise app.problem
    if app.failure is not None:
        app.leave_behind()
    if app.left:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"inferscope: {app.left}\n")
    if app.failure is not None:
        raise app.failure
    return app.return_code or 0
