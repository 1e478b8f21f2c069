"""`inferscope lifecycle`: serving over a model's life against its training."""

from __future__ import annotations

import argparse
import math

from inferscope.core.study.lifecycle import lifecycle
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.studied import at_their_place, put


def run(options: argparse.Namespace) -> int:
    """Print the life month by month; 1 where serving or training is unknown in that measure."""
    loaded = loaded_with(options.preset, options.assignments)
    with at_their_place(loaded):
        found = lifecycle(loaded.scenario, getattr(options, "in"), options.months)
    put(found.table(), options)
    return int(math.isnan(found.served[-1]) or math.isnan(found.trained("final run")))
