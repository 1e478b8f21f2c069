"""Two themes: one with colours, and one that says everything without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Mapping

COLOUR = Theme(
    name="inferscope",
    primary="#7fb8e6",
    secondary="#9fa8c9",
    accent="#f2c46d",
    warning="#f2b35e",
    error="#ff8f7f",
    success="#8fd3a0",
    foreground="#e3e7ec",
    background="#11161c",
    surface="#222b36",
    panel="#1c242e",
    boost="#253244",
    dark=True,
    variables={
        "rule": "#3d4b5c",
        "text-muted": "#97a3b1",
        "text-warning": "#f2b35e",
        "text-error": "#ff8f7f",
    },
)

PLAIN = Theme(
    name="inferscope-plain",
    primary="#ffffff",
    secondary="#dddddd",
    accent="#ffffff",
    warning="#ffffff",
    error="#ffffff",
    success="#ffffff",
    foreground="#eeeeee",
    background="#000000",
    surface="#333333",
    panel="#222222",
    boost="#333333",
    dark=True,
    variables={
        "rule": "#777777",
        "text-muted": "#bbbbbb",
        "text-warning": "#ffffff",
        "text-error": "#ffffff",
    },
)


def theme_name(environ: Mapping[str, str]) -> str:
    """The theme for an environment; NO_COLOR asks for the plain one.

    >>> theme_name({"NO_COLOR": "1"}), theme_name({})
    ('inferscope-plain', 'inferscope')
    """
    return PLAIN.name if environ.get("NO_COLOR") else COLOUR.name


def theme_names() -> list[str]:
    """Every theme that can be chosen, the program's own first."""
    from textual.theme import BUILTIN_THEMES

    return [COLOUR.name, PLAIN.name, *sorted(BUILTIN_THEMES)]
