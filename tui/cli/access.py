"""`inferscope access`: what rules on chips cost, in tokens, money, energy and users served."""

from __future__ import annotations

import argparse

from inferscope.core.study.access import access
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.options import listed
from inferscope.tui.cli.studied import at_their_place, put


def run(options: argparse.Namespace) -> int:
    """Print the scenario on every accelerator; 1 where none runs it without a licence."""
    loaded = loaded_with(options.preset, options.assignments)
    with at_their_place(loaded):
        found = access(
            loaded.scenario,
            options.to,
            options.on,
            listed("--accelerators", options.accelerators),
            megawatts=options.mw,
            tpp=options.tpp,
            per_user=options.per_user,
        )
    put(found.table(everything=options.all or options.format != "table"), options)
    return int(found.smallest() is None)
