"""`inferscope policy --chips`: what the rules make of the export of every chip, from 2022 on."""

from __future__ import annotations

import argparse
import datetime as dt
import sys

from inferscope.core import catalog
from inferscope.core.errors import InferscopeError
from inferscope.core.export import chips as export
from inferscope.core.policy.rules import rules
from inferscope.core.policy.strip import Strip, strip
from inferscope.core.study.options import PLACE
from inferscope.tui.cli.options import listed
from inferscope.tui.cli.parser import remark, write
from inferscope.tui.terminal import is_utf8


def chips(options: argparse.Namespace) -> int:
    """Print the strip for a place."""
    found = strip(
        _chosen(options.select), PLACE if options.to is None else options.to, rules(), options.on, _last_day()
    )
    plain = options.out is None and not is_utf8(getattr(sys.stdout, "encoding", None) or "unknown")
    write(_text(found, options.format, plain=plain), options.out)
    return 0


def _last_day() -> dt.date:
    return dt.datetime.now(tz=dt.UTC).date()


def _text(found: Strip, format_: str, *, plain: bool) -> str:
    if format_ == "table":
        return export.as_text(found, plain=plain)
    return {"json": export.as_json, "csv": export.as_csv, "md": export.as_markdown}[format_](found)


def _chosen(select: list[str]) -> list[str]:
    """The accelerators that ``--select`` names, in the order of the catalogue; all without it."""
    if not select:
        return list(catalog.ids("accelerator"))
    from inferscope.core.study.axes import AxisError, records

    found: set[str] = set()
    for text in listed("--select", select):
        try:
            found |= {catalog.resolve("accelerator", name) for name in records("hardware.accelerator", text)}
        except AxisError as error:
            message = f"--select: {error.message}"
            raise InferscopeError(message) from None
    chosen = [name for name in catalog.ids("accelerator") if name in found]
    if not chosen:
        remark("no accelerator is left by --select")
    return chosen
