"""`inferscope break-even`: renting, owning or buying tokens, by demand."""

from __future__ import annotations

import argparse

from inferscope.core.study.bases import bases
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.studied import at_their_place, put


def run(options: argparse.Namespace) -> int:
    """Print the cost of a query by demand on each basis; 1 where no basis has one."""
    loaded = loaded_with(options.preset, options.assignments)
    with at_their_place(loaded):
        found = bases(loaded.scenario, getattr(options, "from"), options.until)
    put(found.table(), options)
    return int(not any(found.cheapest()))
