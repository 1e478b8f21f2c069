"""`inferscope compare`: scenarios side by side, and what carries their differences."""

from __future__ import annotations

import argparse
import dataclasses

from inferscope.core.export import comparison as export
from inferscope.core.report import answer_is_no
from inferscope.core.study.compare import HEADLINE, compare
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.studied import put


def run(options: argparse.Namespace) -> int:
    """Print the comparison; 1 where the answer of any scenario is no."""
    wanted = tuple(dict.fromkeys(options.of)) or HEADLINE
    loaded = [loaded_with(name, options.assignments) for name in options.presets]
    found = compare(loaded, wanted, catalog_ranges=options.catalog_ranges)
    shown = found if options.all else found.differing()
    if options.of:
        asked = tuple(row for row in found.outputs if row.quantity in wanted)
        shown = dataclasses.replace(shown, outputs=asked)
    put(shown, options, export)
    return int(any(answer_is_no(report) for report in found.reports))
