"""How keys are written for people."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

SHOWN = {
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "plus": "+",
    "minus": "-",
    "slash": "/",
    "question_mark": "?",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "escape": "esc",
    "delete": "del",
    "backspace": "bksp",
    "shift+up": "shift ↑",
    "shift+down": "shift ↓",
    "shift+left": "shift ←",
    "shift+right": "shift →",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}
"""How keys are written whose names in Textual are long."""


def shown_key(key: str) -> str:
    """How a key is written for people.

    >>> shown_key("ctrl+s"), shown_key("question_mark"), shown_key("greater_than_sign")
    ('^s', '?', '>')
    """
    if key.startswith("ctrl+"):
        return f"^{key.removeprefix('ctrl+')}"
    if key in SHOWN or key.isalnum():
        return SHOWN.get(key, key.upper() if key.startswith("f") and key[1:].isdigit() else key)
    return _signs().get(key, key)


@lru_cache(maxsize=1)
def _signs() -> dict[str, str]:
    """Signs by their names in Textual: those of Unicode, but for a few."""
    names = {"underscore": "_", "backslash": "\\", "at": "@"}
    signs = (chr(code) for code in range(33, 127) if not chr(code).isalnum())
    return names | {unicodedata.name(s).lower().replace("-", "_").replace(" ", "_"): s for s in signs}
