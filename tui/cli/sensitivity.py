"""`inferscope sensitivity`: which inputs move a quantity, how far, and which carry its variance."""

from __future__ import annotations

import argparse
import math

from inferscope.core.study.sensitivity import Sensitivity, sensitivity
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.parser import write
from inferscope.tui.cli.progress import watched
from inferscope.tui.cli.studied import at_their_place, written


def run(options: argparse.Namespace) -> int:
    """Print the inputs, the strongest first; 1 where a quantity has no value to move."""
    loaded = loaded_with(options.preset, options.assignments)
    with at_their_place(loaded), watched("points") as progress:
        found = sensitivity(
            loaded.scenario,
            options.of,
            method=options.method,
            samples=options.samples,
            seed=options.seed,
            span=options.span,
            catalog_ranges=options.catalog_ranges,
            hold=options.hold,
            watch=progress,
        )
    write(_rendered(found, options.format), options.out)
    return int(any(math.isnan(answer.base) for answer in found.answers))


def _rendered(found: Sensitivity, form: str) -> str:
    """One table for programs; for people one a quantity, below each other."""
    if form in ("json", "csv"):
        return written(found.table(), form)
    return "\n".join(written(found.of(answer.quantity).table(), form) for answer in found.answers)
