"""The full-screen program: it opens the explorer and holds the themes, nothing else."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from inferscope.tui.screens.explorer import Explorer
from inferscope.tui.themes import COLOUR, PLAIN, theme_name
from inferscope.tui.typeahead import OrderedKeys

if TYPE_CHECKING:
    from collections.abc import Callable

    from inferscope.core.errors import InferscopeError
    from inferscope.core.scenario.files import Loaded

_SCREENS = Path(__file__).parent / "screens"


class InferscopeApp(OrderedKeys):
    """The application.

    Args:
        load: Reads the scenario to open; called after the first paint.
    """

    TITLE = "inferscope"
    CSS_PATH: ClassVar[list[str | PurePath]] = [_SCREENS / "explorer.tcss", _SCREENS / "dialog.tcss"]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, load: Callable[[], Loaded]) -> None:
        super().__init__()
        self._load = load
        self.problem: InferscopeError | None = None
        self.register_theme(COLOUR)
        self.register_theme(PLAIN)
        self.theme = theme_name(os.environ)

    def get_default_screen(self) -> Explorer:
        """The explorer."""
        return Explorer(self._load)

    def give_up(self, problem: InferscopeError) -> None:
        """Leave because the scenario cannot be read."""
        self.problem = problem
        self.exit()

    async def action_quit(self) -> None:
        """Leave from anywhere; the explorer asks about unsaved changes."""
        first, top = self.screen_stack[0], self.screen
        if top is not first:
            top.dismiss(None)
        if isinstance(first, Explorer):
            self.call_later(first.action_quit)


def run(scenario: Loaded | Callable[[], Loaded] | None) -> int:
    """Show the full screen until it is left.

    Args:
        scenario: What to open, or a function that reads it, which is called after the first paint;
            None opens a scenario of defaults.

    Returns:
        The exit status.

    Raises:
        InferscopeError: The scenario cannot be read.
    """
    if scenario is None:
        app = InferscopeApp(_defaults)
    elif callable(scenario):
        app = InferscopeApp(scenario)
    else:
        app = InferscopeApp(lambda: scenario)
    app.run()
    if app.problem is not None:
        raise app.problem
    return app.return_code or 0


def _defaults() -> Loaded:
    from inferscope.tui.session import default_loaded

    return default_loaded()
