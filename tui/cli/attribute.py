"""`inferscope attribute`: what each optimisation contributes, alone and together."""

from __future__ import annotations

import argparse

from inferscope.core.study.attribution import QUANTITIES, attribute
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.progress import watched
from inferscope.tui.cli.studied import at_their_place, put


def run(options: argparse.Namespace) -> int:
    """Print the waterfalls."""
    loaded = loaded_with(options.preset, options.assignments)
    with at_their_place(loaded), watched("mixtures") as progress:
        found = attribute(loaded.scenario, tuple(options.of) or QUANTITIES, watch=progress)
    put(found.table(), options)
    return 0
