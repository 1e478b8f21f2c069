"""The policy lines in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from inferscope.core import units

if TYPE_CHECKING:
    from inferscope.tui.answer import Answer

_ASKED = ("eu.aia.art51.systemic", "us.ca.sb53.frontier")


class Line(NamedTuple):
    """One rule as the screen writes it.

    Attributes:
        short: The rule in a word.
        value: What was compared, with its unit where there is room.
        margin: Orders of magnitude above the line; below it negative.
        word: The verdict.
        binds: Whether it obliges on the scenario's date: ``yes`` or ``no``.
        entry: All of it, as the report has it.
    """

    short: str
    value: str
    margin: str
    word: str
    binds: str
    entry: Mapping[str, Any]


def verdicts(answer: Answer) -> list[Line]:
    """The lines on training compute that most people ask about."""
    entries = {entry["id"]: entry for entry in answer.report["policy"]}
    return [_line(entries[name]) for name in _ASKED if name in entries]


def _line(entry: Mapping[str, Any]) -> Line:
    value = next(iter(entry["values"].values()), None)
    margin = entry["margin_oom"]
    return Line(
        entry["short"],
        "unknown" if value is None else units.human(value, "FLOP").removesuffix(" FLOP").replace("e+", "e"),
        "-" if margin is None else f"{margin:+.2f}",
        str(entry["verdict"]).replace("_", " "),
        "yes" if entry["binding"] else "no",
        entry,
    )
