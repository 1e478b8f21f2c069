"""How the explorer is laid out at each size of the terminal."""

from __future__ import annotations

LEAST = (60, 16)
"""Columns and rows below which everything stands in one column."""

FULL = (80, 24)
"""Columns and rows from which on everything is shown."""

MODES = ("-tiny", "-compact", "-wide", "-huge", "-roomy", "-deep", "-tall")


def modes(width: int, height: int) -> set[str]:
    """The style classes for a size.

    >>> sorted(modes(80, 24)), sorted(modes(120, 40)), sorted(modes(59, 30))
    ([], ['-deep', '-roomy', '-wide'], ['-tiny'])
    """
    if width < LEAST[0] or height < LEAST[1]:
        return {"-tiny"}
    if width < FULL[0] or height < FULL[1]:
        return {"-compact"}
    found = {
        "-wide": width >= 110,
        "-huge": width >= 170,
        "-roomy": height >= 33,
        "-deep": height >= 38,
        "-tall": height >= 46,
    }
    return {name for name, holds in found.items() if holds}


VIEWS = {"answers": "1", "toggles": "2", "plot": "3", "policy": "4", "notes": "5"}
"""What the right side can show, with its keys."""

SIDE = ("toggles", "policy")
"""The views that very wide screens show in a column of their own, always."""


def views_shown(mode: set[str], chosen: str, below: str) -> frozenset[str]:
    """The views on the screen at a size.

    Args:
        mode: The style classes of the size.
        chosen: The view that was asked for.
        below: The last one that was no view of the side column.

    >>> sorted(views_shown(set(), "policy", "plot")), sorted(views_shown({"-huge"}, "policy", "plot"))
    (['policy'], ['plot', 'policy', 'toggles'])
    >>> sorted(views_shown({"-tiny"}, "policy", "plot"))
    ['answers']
    """
    if "-tiny" in mode:
        return frozenset({"answers"})
    return frozenset({*SIDE, below}) if "-huge" in mode else frozenset({chosen})


def stands_below(mode: set[str]) -> bool:
    """Whether the five cards are always shown and the chosen view stands below them."""
    return {"-wide", "-deep"} <= mode


def parts_shown(mode: set[str], views: frozenset[str]) -> frozenset[str]:
    """The identifiers of the parts of the right side that these views need.

    >>> sorted(parts_shown(set(), frozenset({"answers"})))
    ['cards', 'lower', 'middle', 'rules', 'top-strip']
    >>> sorted(parts_shown({"-wide", "-deep"}, frozenset({"policy"})))
    ['cards', 'mid-strip', 'middle', 'policy', 'side']
    """
    below, small = stands_below(mode), bool(mode & {"-tiny", "-compact"})
    found = {"middle", *(views - {"answers"})}
    if "-tiny" not in mode:
        found |= {"mid-strip" if below else "top-strip"}
    if below or ("answers" in views and not small):
        found |= {"cards"}
    if "answers" in views:
        found |= {"numbers"} if small else {"lower", "rules", *(("more",) if below else ())}
    if views & {"plot", "notes"}:
        found |= {"lower"}
    if views & set(SIDE):
        found |= {"side"}
    return frozenset(found)


def figures_across(width: int) -> int:
    """How many figures stand side by side on a card.

    >>> figures_across(48), figures_across(74), figures_across(90)
    (3, 4, 5)
    """
    return max((width - 1) // (18 if 60 <= width < 76 else 15), 1)


def figure_rows(width: int, height: int) -> int:
    """How many rows of figures a card has: a second one where the screen is very tall.

    >>> figure_rows(80, 24), figure_rows(200, 60), figure_rows(200, 80), figure_rows(100, 50)
    (1, 1, 2, 2)
    """
    return 2 if height >= (46 if width < 110 else 70) else 1


def shows_all_fields(height: int) -> bool:
    """Whether every field of the scenario has room."""
    return height >= 41


def clipped(text: str, width: int) -> str:
    """A text in so many columns at most, with an ellipsis where it is longer.

    >>> clipped("per accelerator", 8), clipped("日本語", 5), clipped("日本語", 6)
    ('per acc…', '日本…', '日本語')
    """
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, max(width - 1, 0)).rstrip()}…" if width > 0 else ""
