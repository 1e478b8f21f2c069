"""The files worked on lately, the last one first."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

MOST = 20
"""Files that are remembered."""


def recent() -> list[Path]:
    """The files worked on lately that are still there."""
    return [path for path in _remembered() if os.path.isfile(path)]  # noqa: PTH113  (no error for any name)


def remember(path: Path, *, make_folder: bool = False) -> None:
    """Put a file first; a disk that says no is no reason to stop.

    Args:
        path: The file.
        make_folder: Whether to make the folder for it, if need be: looking at things leaves no trace.
    """
    from inferscope.core.scenario.files import write_atomic

    place = _place()
    is_no_file = place.exists() and not place.is_file()
    if is_no_file or not (make_folder or place.parent.is_dir()):
        return
    path = path.absolute()
    paths = [path, *(other for other in _remembered() if other != path)][:MOST]
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(place, json.dumps([str(path) for path in paths], indent=0) + "\n")


def _place() -> Path:
    from inferscope.core.scenario.files import state_directory  # after the first paint: it loads pydantic

    return state_directory() / "recent.json"


def _remembered() -> list[Path]:
    try:
        place = _place()
        names = json.loads(place.read_text("utf-8")) if place.is_file() else []  # a pipe would wait
    except (OSError, ValueError, RecursionError):
        return []
    if not isinstance(names, list):
        return []
    return [Path(name) for name in names if isinstance(name, str) and name.isprintable()]
