"""`inferscope uncertainty`: how sure the answer is, over draws of what is not known exactly."""

from __future__ import annotations

import argparse

from inferscope.core.errors import InferscopeError
from inferscope.core.export import uncertainty as export
from inferscope.core.study.sampling import MOST
from inferscope.core.study.uncertainty import uncertainty
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.progress import watched
from inferscope.tui.cli.studied import put


def run(options: argparse.Namespace) -> int:
    """Print quantiles, limits and rules; 1 where no draw fits or keeps a limit."""
    samples = whole("--samples", options.samples, 2, MOST)
    seed = whole("--seed", options.seed, 0, 2**32 - 1)
    with watched("draws") as progress:
        found = uncertainty(
            loaded_with(options.preset, options.assignments),
            samples=samples,
            seed=seed,
            sampler=options.sampler,
            quantities=tuple(dict.fromkeys(options.of)),
            catalog_ranges=options.catalog_ranges,
            replan=options.replan,
            watch=progress,
        )
    put(found, options, export)
    return int(found.is_no)


def whole(option: str, text: str, least: int, most: int) -> int:
    """A whole number of the command line.

    Raises:
        InferscopeError: It is none, or out of bounds.
    """
    plain = text.strip().replace("_", "").replace(",", "")
    if not plain.isascii() or not plain.isdigit() or not least <= int(plain[:30]) <= most:
        message = f"{option} takes a whole number from {least:,} to {most:,}, not {text!r}"
        raise InferscopeError(message)
    return int(plain)
