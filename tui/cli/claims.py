"""`inferscope claims`: published claims recomputed."""

from __future__ import annotations

import argparse

from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import evaluate
from inferscope.core.evidence.claimed import as_list, as_object, claims_table, in_full, stands_on_text
from inferscope.core.evidence.claims import Judged, claim, claims, flip, judge
from inferscope.core.export import studies as export
from inferscope.core.export.tables import json_text
from inferscope.tui.cli.parser import columns, write


def run(options: argparse.Namespace) -> int:
    """Print all claims, or some in full."""
    chosen = [claim(name) for name in options.ids] or list(claims())
    chosen = [each for each in chosen if options.kind in (None, each.kind)]
    if options.verdict is not None and options.kind not in (None, "computed"):
        message = f"--verdict is of computed claims: leave --kind {options.kind} out"
        raise InferscopeError(message)
    if options.verdict is not None:  # of facts the verdict is a sentence, which no word stands for
        chosen = [each for each in chosen if each.kind == "computed"]
    found = [each for each in judge(chosen) if options.verdict in (None, each.verdict)]
    write(_written(found, options), options.out)
    return 0


def _written(found: list[Judged], options: argparse.Namespace) -> str:
    if options.format == "json":
        flips = [
            flip(each.claim) if options.ids and each.claim.kind == "computed" else None for each in found
        ]
        return json_text(as_object(found, flips))
    table = claims_table(found)
    if options.format == "csv":
        return export.as_csv(table)
    if options.format == "md":
        return export.as_markdown(table)
    width = columns(options.out) or export.WIDTH
    if options.ids:
        return "\n".join(_full(each, width) for each in found)
    return as_list(found, width)


def _full(each: Judged, width: int) -> str:
    if each.claim.kind != "computed":
        return in_full(each, None, "", width)
    result = evaluate(each.claim.scenario(), [each.claim.quantity])
    return in_full(each, flip(each.claim), stands_on_text(each.claim, result), width)
