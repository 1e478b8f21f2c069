"""The user's folders, found without loading what is only needed elsewhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

from inferscope.core.errors import InferscopeError, ScenarioError

__all__ = ["catalog_directory", "config_directory", "expanded", "state_directory"]


def expanded(text: str, error: type[InferscopeError] = ScenarioError, key: str | None = None) -> Path:
    """A path with its ``~`` filled in.

    Args:
        text: The path as it was given.
        error: What to raise.
        key: Where it was given, for the message.

    Raises:
        InferscopeError: It has characters that steer a terminal, or names nobody's folder.
    """
    if not text.isprintable():
        message = "has characters that no file name should have"
        raise error(message, file=text, key=key)
    try:
        return Path(text).expanduser()
    except RuntimeError:
        message = f"{text.partition('/')[0][:80]!r} is nobody's folder on this machine"
        raise error(message, key=key) from None


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
    return expanded(given, key="INFERSCOPE_CONFIG") if given else None


def _platform(kind: Literal["config", "state"], usual: str) -> Path:
    if sys.platform == "linux" and "ANDROID_DATA" not in os.environ:  # as platformdirs has it, 24 ms sooner
        name = f"XDG_{kind.upper()}_HOME"
        given = os.environ.get(name, "")
        return expanded(given if given.strip() else usual, key=name) / "inferscope"
    import platformdirs  # noqa: PLC0415  (comes with Textual)

    ask = platformdirs.user_config_dir if kind == "config" else platformdirs.user_state_dir
    return Path(ask("inferscope", appauthor=False))
