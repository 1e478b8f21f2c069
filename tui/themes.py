"""The program's own themes: dark, light, two of high contrast, and two without any colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Mapping


def _theme(name: str, shades: Mapping[str, str], hues: Mapping[str, str], *, dark: bool = True) -> Theme:
    """A theme from its shades (text, ground, rule, muted, three surfaces) and its hues."""
    return Theme(
        name=name,
        primary=hues["primary"],
        secondary=hues["secondary"],
        accent=hues["accent"],
        warning=hues["warning"],
        error=hues["error"],
        success=hues["success"],
        foreground=shades["text"],
        background=shades["ground"],
        surface=shades["surface"],
        panel=shades["panel"],
        boost=shades["boost"],
        dark=dark,
        variables={
            "rule": shades["rule"],
            "text-muted": shades["muted"],
            "text-warning": hues["warning"],
            "text-error": hues["error"],
            "text-success": hues["success"],
        },
    )


def _hues(names: str) -> dict[str, str]:
    kinds = ("primary", "secondary", "accent", "warning", "error", "success")
    return dict(zip(kinds, names.split(), strict=True))


def _shades(names: str) -> dict[str, str]:
    return dict(
        zip(("text", "ground", "surface", "panel", "boost", "rule", "muted"), names.split(), strict=True)
    )


COLOUR = _theme(
    "inferscope",
    _shades("#e3e7ec #11161c #222b36 #1c242e #253244 #3d4b5c #97a3b1"),
    _hues("#7fb8e6 #9fa8c9 #f2c46d #f2b35e #ff8f7f #8fd3a0"),
)
LIGHT = _theme(
    "inferscope-light",
    _shades("#1c2430 #fbfaf7 #e6e4dd #eeece6 #dfe7f0 #b9b5aa #5b6472"),
    _hues("#1f5f99 #5b5f8c #8a5a00 #8f4f00 #b3261e #1f6b3a"),
    dark=False,
)
CONTRAST = _theme(
    "inferscope-contrast",
    _shades("#ffffff #000000 #303030 #1a1a1a #003a66 #9a9a9a #dddddd"),
    _hues("#66ccff #ccccff #ffff00 #ffd75f #ff9d9d #7dff9d"),
)
CONTRAST_LIGHT = _theme(
    "inferscope-contrast-light",
    _shades("#000000 #ffffff #d8d8d8 #ebebeb #cfe3ff #595959 #2b2b2b"),
    _hues("#00308f #2e2e6b #5f3b00 #6b3a00 #8b0000 #004d1a"),
    dark=False,
)
PLAIN = _theme(
    "inferscope-plain",
    _shades("#eeeeee #000000 #333333 #222222 #333333 #777777 #bbbbbb"),
    _hues("#ffffff #dddddd #ffffff #ffffff #ffffff #ffffff"),
)
PLAIN_LIGHT = _theme(
    "inferscope-plain-light",
    _shades("#111111 #ffffff #d5d5d5 #e5e5e5 #d5d5d5 #888888 #444444"),
    _hues("#000000 #222222 #000000 #000000 #000000 #000000"),
    dark=False,
)

THEMES = (COLOUR, LIGHT, CONTRAST, CONTRAST_LIGHT, PLAIN, PLAIN_LIGHT)
"""All of them; those without colour last."""
_COLOURLESS = (PLAIN.name, PLAIN_LIGHT.name)


def theme_name(environ: Mapping[str, str]) -> str:
    """The theme for an environment; NO_COLOR asks for the plain one.

    >>> theme_name({"NO_COLOR": "1"}), theme_name({})
    ('inferscope-plain', 'inferscope')
    """
    return PLAIN.name if environ.get("NO_COLOR") else COLOUR.name


def next_theme(name: str, environ: Mapping[str, str]) -> str:
    """The theme after another, round at the end; under NO_COLOR only those without colour.

    >>> next_theme("inferscope", {}), next_theme("nord", {}), next_theme("inferscope", {"NO_COLOR": "1"})
    ('inferscope-light', 'inferscope', 'inferscope-plain')
    """
    ring = _COLOURLESS if environ.get("NO_COLOR") else tuple(theme.name for theme in THEMES)
    return ring[(ring.index(name) + 1) % len(ring)] if name in ring else ring[0]


def theme_names() -> list[str]:
    """Every theme that can be chosen, the program's own first."""
    from textual.theme import BUILTIN_THEMES

    return [*(theme.name for theme in THEMES), *sorted(BUILTIN_THEMES)]
