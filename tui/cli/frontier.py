"""`inferscope frontier`: the ways to serve a scenario that no other way beats."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from inferscope.core.errors import InferscopeError
from inferscope.core.scenario.schema import Scenario
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
    accelerators = listed("--accelerators", options.accelerators)
    if options.legal_for is not None:
        accelerators = _legal(accelerators, options.legal_for, loaded.scenario)
    with at_their_place(loaded), watched("choices") as progress:
        found = frontier(
            loaded.scenario,
            accelerators=accelerators,
            formats=listed("--formats", options.formats),
            metrics=listed("--metrics", options.metrics) or METRICS,
            conditions=options.conditions,
            keep=listed("--keep", options.keep),
            watch=progress,
        )
    most = SHOWN if options.format == "table" and options.out is None else None
    put(found.table(everything=options.all, most=most), options)
    return int(not found.on.any())


def _legal(asked: Sequence[str], place: str, scenario: Scenario) -> tuple[str, ...]:
    """The accelerators asked for, or all that were out, that need no licence on the scenario's date.

    Raises:
        InferscopeError: There is none, or no such place.
    """
    from inferscope.core import catalog
    from inferscope.core.policy.status import is_out
    from inferscope.core.study.access import legal
    from inferscope.core.study.axes import records

    day = scenario.as_of
    free = legal(place, day, scenario=scenario)
    names = [name for text in asked for name in records("hardware.accelerator", text)]
    out = [name for name in free if is_out(catalog.accelerator(name), day)]
    kept = tuple(name for name in free if name in names) if asked else tuple(out)
    if not kept:
        message = f"--legal-for {place}: none of these accelerators needs no licence on {day}"
        raise InferscopeError(message)
    return kept
