"""`inferscope solve`: the value of one input at which conditions are met."""

from __future__ import annotations

import argparse
import math

from inferscope.core.errors import InferscopeError
from inferscope.core.study.solve import solve
from inferscope.core.study.walk import Prefer
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.studied import at_their_place, put


def run(options: argparse.Namespace) -> int:
    """Print the answer; 1 where nothing meets the conditions."""
    key, span = _varied(options.vary)
    loaded = loaded_with(options.preset, options.assignments)
    against = None if options.against is None else loaded_with(options.against, options.assignments)
    prefer: Prefer = "least" if options.least else "most" if options.most else "nearest"
    other = None if against is None else against.scenario
    with at_their_place(loaded, *([] if against is None else [against])):
        found = solve(loaded.scenario, key, options.conditions, span=span, prefer=prefer, against=other)
    put(found.table(), options)
    return int(not found.is_met)


def _varied(text: str) -> tuple[str, tuple[float, float] | None]:
    """``KEY`` or ``KEY=LOW:HIGH``.

    Raises:
        InferscopeError: What follows the = is no range.
    """
    key, equals, ends = text.partition("=")
    if not equals:
        return key.strip(), None
    try:
        low, high = (float(end) for end in ends.split(":"))
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high)):
        message = f"{ends!r} is no range: write {key.strip()}=LOW:HIGH with two numbers"
        raise InferscopeError(message)
    return key.strip(), (low, high)
