"""`inferscope attribute`: what each optimisation contributes, alone and together."""

from __future__ import annotations

import argparse

from inferscope.core.errors import ScenarioError
from inferscope.core.export import studies as export
from inferscope.core.report import placed
from inferscope.core.study.attribution import QUANTITIES, attribute
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.parser import write


def run(options: argparse.Namespace) -> int:
    """Print the waterfalls."""
    loaded = loaded_with(options.preset, options.assignments)
    try:
        found = attribute(loaded.scenario, tuple(options.of) or QUANTITIES)
    except ScenarioError as error:
        raise placed(error, [loaded]) from None
    render = {"json": export.as_json, "csv": export.as_csv, "md": export.as_markdown, "table": export.as_text}
    write(render[options.format](found.table()), options.out)
    return 0
