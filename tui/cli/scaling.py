"""`inferscope scaling`: more inference in place of training, and other ways around a line."""

from __future__ import annotations

import argparse

from inferscope.core.study.scaling import scaling
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.studied import at_their_place, put


def run(options: argparse.Namespace) -> int:
    """Print the view that was asked for."""
    loaded = loaded_with(options.preset, options.assignments)
    with at_their_place(loaded):
        found = scaling(loaded.scenario, options.view, options.on)
    put(found, options)
    return 0
