"""`inferscope [PRESET]`: the full screen, or the headless report where there is no screen."""

from __future__ import annotations

import argparse
import os
import sys

from inferscope.core.scenario.files import load

DEFAULT_PRESET = "llama-3.1-70b-h100"


def run(options: argparse.Namespace) -> int:
    """Open the explorer; without a usable terminal print the report and say why on one line."""
    from inferscope.tui.terminal import why_not_full_screen

    loaded = load(options.preset if getattr(options, "preset", None) else DEFAULT_PRESET)
    reason = why_not_full_screen(sys.stdin, sys.stdout, os.environ)
    if not reason:
        from inferscope.tui.app import run as open_screen

        return open_screen(loaded)
    from inferscope.core.export.reports import as_text
    from inferscope.core.report import answer_is_no, reports

    sys.stderr.write(f"inferscope: no full screen: {reason}; this is the report of `inferscope eval`\n")
    found = reports([loaded])
    sys.stdout.write(as_text(found))
    return int(answer_is_no(found[0]))
