"""`inferscope frontier`: the ways to serve a scenario that no other way beats."""

from __future__ import annotations

import argparse

from inferscope.core.study.frontier import METRICS, frontier
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.options import listed
from inferscope.tui.cli.progress import watched
from inferscope.tui.cli.studied import at_their_place, put

SHOWN = 40
"""Rows of a table on the screen."""


def run(options: argparse.Namespace) -> int:
    """Print the frontier; 1 where no choice keeps the limits and conditions."""
    loaded = loaded_with(options.preset, options.assignments)
    with at_their_place(loaded), watched("choices") as progress:
        found = frontier(
            loaded.scenario,
            accelerators=listed("--accelerators", options.accelerators),
            formats=listed("--formats", options.formats),
            metrics=listed("--metrics", options.metrics) or METRICS,
            conditions=options.conditions,
            keep=listed("--keep", options.keep),
            watch=progress,
        )
    most = SHOWN if options.format == "table" and options.out is None else None
    put(found.table(everything=options.all, most=most), options)
    return int(not found.on.any())
