"""`inferscope validate`: published measurements predicted from their configuration."""

from __future__ import annotations

import argparse
from pathlib import Path

from inferscope.core.errors import InferscopeError, brief, nearest
from inferscope.core.evidence.measurements import packaged, read
from inferscope.core.evidence.validate import GROUPS, validate
from inferscope.core.evidence.validated import STANDARD, as_object, groups_table, rows_table, worst_table
from inferscope.core.export import studies as export
from inferscope.core.export.tables import json_text
from inferscope.core.study.table import Table
from inferscope.tui.cli.options import listed
from inferscope.tui.cli.parser import columns, write


def run(options: argparse.Namespace) -> int:
    """Print how well the rows are predicted; refused rows are counted, and are no failure."""
    by = _keys(options.by)
    path = None if options.measurements is None else Path(options.measurements)
    predictions = validate(packaged() if path is None else read(path))
    title = "Packaged measurements" if path is None else path.name
    if options.format == "json":
        write(json_text(as_object(predictions, by)), options.out)
    elif options.format == "csv":
        write(export.as_csv(rows_table(predictions, title)), options.out)
    else:
        tables = [groups_table(predictions, title, by)]
        if options.worst:
            tables.append(worst_table(predictions, options.worst))
        write("\n".join(_rendered(table, options) for table in tables), options.out)
    return 0


def _rendered(table: Table, options: argparse.Namespace) -> str:
    if options.format == "md":
        return export.as_markdown(table)
    return export.as_text(table, columns(options.out) or export.WIDTH)


def _keys(asked: list[str]) -> tuple[tuple[str, ...], ...]:
    """What to group by.

    Raises:
        InferscopeError: There is no such group.
    """
    found = tuple(listed("--by", part) for part in asked)
    for name in (name for names in found for name in names):
        if name not in GROUPS:
            hint = nearest(name, GROUPS) or f"known are {', '.join(GROUPS)}"
            message = f"--by: nothing is grouped by {brief(name)}: {hint}"
            raise InferscopeError(message)
    return found or STANDARD
