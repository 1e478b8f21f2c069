"""`inferscope frontier`: the ways to serve a scenario that no other way beats."""

from __future__ import annotations

import argparse

from inferscope.core.errors import ScenarioError
from inferscope.core.export import studies as export
from inferscope.core.report import placed
from inferscope.core.study.frontier import METRICS, frontier
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.parser import write
from inferscope.tui.cli.progress import watched

SHOWN = 40
"""Rows of a table on the screen."""


def run(options: argparse.Namespace) -> int:
    """Print the frontier; 1 where no choice keeps the limits and conditions."""
    loaded = loaded_with(options.preset, options.assignments)
    try:
        with watched("choices") as progress:
            found = frontier(
                loaded.scenario,
                accelerators=_listed(options.accelerators),
                formats=_listed(options.formats),
                metrics=_listed(options.metrics) or METRICS,
                conditions=options.conditions,
                keep=_listed(options.keep),
                watch=progress,
            )
    except ScenarioError as error:
        raise placed(error, [loaded]) from None
    most = SHOWN if options.format == "table" and options.out is None else None
    render = {"json": export.as_json, "csv": export.as_csv, "md": export.as_markdown, "table": export.as_text}
    write(render[options.format](found.table(everything=options.all, most=most)), options.out)
    return int(not found.on.any())


def _listed(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
