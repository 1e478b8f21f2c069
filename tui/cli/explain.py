"""`inferscope explain`: how a quantity comes about."""

from __future__ import annotations

import argparse

from inferscope.core.evaluate import evaluate
from inferscope.core.explain import explain, text
from inferscope.core.export.tables import json_text
from inferscope.core.graph import REGISTRY
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.parser import write


def run(options: argparse.Namespace) -> int:
    """Print the tree of a quantity."""
    REGISTRY.node(options.quantity)
    scenario = loaded_with(options.preset, options.assignments).scenario
    result = evaluate(scenario, [options.quantity])
    tree = explain(result, options.quantity)
    tree.why = result.why(options.quantity)
    if options.format == "json":
        write(json_text(tree.to_dict()), options.out)
    else:
        meaning = f"{tree.meaning}\n\n"
        missing = f"No value: {tree.why}\n\n" if tree.why else ""
        write(f"{tree.label}: {missing}{meaning}{text(tree)}\n", options.out)
    return 0
