"""`inferscope frontier`: the ways to serve a scenario that no other way beats."""

from __future__ import annotations

import argparse

from inferscope.core.study.frontier import METRICS, frontier
from inferscope.tui.cli.eval_ import loaded_with
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
            accelerators=_listed(options.accelerators),
            formats=_listed(options.formats),
            metrics=_listed(options.metrics) or METRICS,
            conditions=options.conditions,
            keep=_listed(options.keep),
            watch=progress,
        )
    most = SHOWN if options.format == "table" and options.out is None else None
    put(found.table(everything=options.all, most=most), options)
    return int(not found.on.any())


def _listed(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
