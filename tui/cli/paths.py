"""`inferscope paths`: where the program keeps its files."""

from __future__ import annotations

import argparse
from pathlib import Path

from inferscope.core.export.tables import json_text, text_table
from inferscope.core.places import catalog_directory, config_directory, state_directory
from inferscope.core.scenario.names import shipped_directory, user_directory
from inferscope.tui.cli.parser import write


def run(options: argparse.Namespace) -> int:
    """Print each folder, and whether there is one yet."""
    found = places()
    if options.format == "json":
        write(json_text({what: str(path) for what, path in found.items()}), options.out)
        return 0
    rows = [(what, str(path), "" if path.exists() else "not there yet") for what, path in found.items()]
    write(text_table(("what", "where", ""), rows), options.out)
    return 0


def places() -> dict[str, Path]:
    """Where things lie, by what they are."""
    return {
        "configuration": config_directory(),
        "your presets": user_directory(),
        "your catalogue": catalog_directory(),
        "what it remembers": state_directory(),
        "shipped presets": shipped_directory(),
    }
