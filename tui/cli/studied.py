"""What the commands that study a scenario share: errors with their place, and the form of the result."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from inferscope.core.errors import ScenarioError
from inferscope.core.export import studies
from inferscope.core.report import placed
from inferscope.core.scenario.files import Loaded
from inferscope.tui.cli.parser import write

__all__ = ["at_their_place", "put", "written"]


def written(found: Any, form: str, export: Any = studies) -> str:
    """A result in the form of ``--format``.

    Args:
        found: What was found: a table, or what the module takes.
        form: ``table``, ``json``, ``csv`` or ``md``.
        export: The module that writes it.
    """
    render: Mapping[str, Callable[[Any], str]] = {
        "json": export.as_json,
        "csv": export.as_csv,
        "md": export.as_markdown,
        "table": export.as_text,
    }
    return render[form](found)


def put(found: Any, options: argparse.Namespace, export: Any = studies) -> None:
    """Write a result as ``--format`` and ``--out`` say."""
    write(written(found, options.format, export), options.out)


@contextmanager
def at_their_place(*loaded: Loaded) -> Iterator[None]:
    """Errors of scenarios with the file and line that hold what is wrong.

    Raises:
        ScenarioError: Inside; here with its place.
    """
    try:
        yield
    except ScenarioError as error:
        raise placed(error, loaded) from None
