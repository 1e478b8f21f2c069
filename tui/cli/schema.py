"""`inferscope schema`: the JSON schema of scenario files."""

from __future__ import annotations

import argparse

from inferscope.core.export.tables import json_text
from inferscope.core.scenario.schema import json_schema
from inferscope.tui.cli.parser import write


def run(options: argparse.Namespace) -> int:
    """Print the schema."""
    write(json_text(json_schema()), options.out)
    return 0
