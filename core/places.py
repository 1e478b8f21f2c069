"""The user's folders, found without loading what is only needed elsewhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

__all__ = ["catalog_directory", "config_directory", "state_directory"]


def config_directory() -> Path:
    """The user's folder: ``$INFERSCOPE_CONFIG`` or the platform's; not created by asking."""
    return _given() or _platform("config", "~/.config")


def state_directory() -> Path:
    """Where the program remembers things by itself: recent files, and what is not saved yet.

    ``$INFERSCOPE_CONFIG`` or the platform's folder for such; not created by asking.
    """
    return _given() or _platform("state", "~/.local/state")


def catalog_directory() -> Path:
    """The folder of the user's own accelerators, models, regions and rules."""
    return config_directory() / "catalog"


def _given() -> Path | None:
    given = os.environ.get("INFERSCOPE_CONFIG")
    return Path(given).expanduser() if given else None


def _platform(kind: Literal["config", "state"], usual: str) -> Path:
    if sys.platform == "linux" and "ANDROID_DATA" not in os.environ:  # as platformdirs has it, 24 ms sooner
        given = os.environ.get(f"XDG_{kind.upper()}_HOME", "")
        return Path(given if given.strip() else usual).expanduser() / "inferscope"
    import platformdirs  # noqa: PLC0415  (comes with Textual)

    ask = platformdirs.user_config_dir if kind == "config" else platformdirs.user_state_dir
    return Path(ask("inferscope", appauthor=False))
