"""`inferscope explain`: how a quantity comes about."""

from __future__ import annotations

import argparse

from inferscope.core.errors import InferscopeError, ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.explain import about_and_example, explain, text
from inferscope.core.export.tables import json_text
from inferscope.core.graph import REGISTRY
from inferscope.core.scenario.files import locate
from inferscope.core.shown import reason_text
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.parser import ALL, write

_DEPTH = 3
"""Steps below the quantity that are shown in text; the whole tree may take 500 lines."""


def run(options: argparse.Namespace) -> int:
    """Print the tree of a quantity."""
    quantity = _quantity(options.quantity)
    loaded = loaded_with(options.preset, options.assignments)
    try:
        result = evaluate(loaded.scenario, [quantity])
    except ScenarioError as error:
        raise locate(error, loaded) from None
    tree = explain(result, quantity)
    tree.why = result.why(quantity)
    if options.format == "json":
        write(json_text(tree.to_dict({ALL: None}.get(options.depth, options.depth))), options.out)
    else:
        about, example = about_and_example(tree.meaning)
        meaning = f"{about}\n\n" + (f"For example: {example}\n\n" if example else "")
        missing = f"No value: {reason_text(tree.why)}\n\n" if tree.why else ""
        depth = {ALL: None, None: _DEPTH}.get(options.depth, options.depth)
        shown = text(tree, depth, f"; --depth {ALL}")
        write(f"{tree.label}: {missing}{meaning}{shown}\n", options.out)
    return 0


def _quantity(name: str) -> str:
    """The quantity of this name, or of this label as tables have it.

    Raises:
        InferscopeError: There is none; the message names the nearest, or the command for a rule.
    """
    labels = {node.label.casefold(): node.name for node in reversed(REGISTRY.quantities.values())}
    found = labels.get(name.strip().casefold(), name)
    if found not in REGISTRY.quantities:
        from inferscope.core.policy.rules import rules

        if any(found in (rule.id, rule.short) for rule in rules()):
            message = f"{name!r} is a rule, not a quantity: see `inferscope show rule {name}`"
            raise InferscopeError(message)
    return REGISTRY.node(found).name
