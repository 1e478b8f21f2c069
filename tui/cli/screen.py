"""`inferscope [PRESET]`: the full screen, or the headless report where there is no screen."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from typing import TYPE_CHECKING

from inferscope.core.errors import InferscopeError
from inferscope.core.scenario.names import find
from inferscope.tui import config
from inferscope.tui.cli.parser import remark, unknown_command, write

if TYPE_CHECKING:
    from inferscope.core.scenario.files import Loaded

DEFAULT_PRESET = "llama-3.1-70b-h100"


def run(options: argparse.Namespace) -> int:
    """Open the explorer; without a usable terminal print the report and say why on one line."""
    from inferscope.tui.terminal import why_not_full_screen

    wanted = _wanted(options)
    preset = getattr(options, "preset", None)
    if preset is not None:
        _check(preset)
    elif wanted.preset:
        config.check_preset(wanted)
    assignments = getattr(options, "assignments", [])
    is_open = preset is None and not wanted.preset and not assignments
    preset = preset if preset is not None else wanted.preset or DEFAULT_PRESET
    reason = why_not_full_screen(sys.stdin, sys.stdout, os.environ, sys.stderr)
    if not reason:
        gc.disable()  # until the first paint: there is no garbage yet, and looking for it delays it
        from inferscope.tui.app import run as open_screen

        return open_screen(lambda: _loaded(preset, assignments), wanted, ask=is_open)
    from inferscope.core.export.reports import as_text
    from inferscope.core.report import answer_is_no, reports

    found = reports([_loaded(preset, assignments)])
    remark(f"no full screen: {reason}; this is the report of `inferscope eval`")
    write(as_text(found), None)
    return int(answer_is_no(found[0]))


def _loaded(preset: str, assignments: list[str]) -> Loaded:
    """Read the scenario; only here is what computes loaded, after the first paint."""
    from inferscope.tui.cli.eval_ import assigned

    return assigned(preset, assignments)


def _wanted(options: argparse.Namespace) -> config.Options:
    """What the configuration file says, and the options of the command line over it."""
    if getattr(options, "low_bandwidth", None):
        config.calm(os.environ)
    names = ("theme", "ascii", "mouse", "low_bandwidth")
    return config.given(
        config.read_options(os.environ), **{name: getattr(options, name, None) for name in names}
    )


def _check(preset: str) -> None:
    """Refuse a name that is no preset, with the command that may be meant."""
    try:
        find(preset)
    except InferscopeError:
        if message := unknown_command(preset):
            raise InferscopeError(message) from None
        raise
