"""`inferscope report`: a document about a scenario."""

from __future__ import annotations

import argparse

from inferscope.core.errors import InferscopeError
from inferscope.core.export.brief import policy_brief
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.parser import write
from inferscope.tui.cli.studied import at_their_place


def run(options: argparse.Namespace) -> int:
    """Write the brief.

    Raises:
        InferscopeError: The file's name says no form that there is.
    """
    if options.out is not None and not options.out.endswith(".md"):
        message = f"-o {options.out}: a brief is Markdown: name a file that ends in .md"
        raise InferscopeError(message)
    texts = []
    for preset in options.presets:
        loaded = loaded_with(preset, options.assignments)
        with at_their_place(loaded):
            texts.append(policy_brief(loaded, options.on))
    write("\n".join(texts), options.out)
    return 0
