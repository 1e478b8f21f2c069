"""The policy lines in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from inferscope.core import units

if TYPE_CHECKING:
    from inferscope.tui.answer import Answer


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
    """Every rule against the scenario."""
    from inferscope.core.policy.rules import rules

    short = {rule.id: rule.short for rule in rules()}
    return [_line(entry, short[entry["id"]]) for entry in answer.report["policy"]]


def _line(entry: Mapping[str, Any], short: str) -> Line:
    value = next(iter(entry["values"].values()), None)
    margin = entry["margin_oom"]
    return Line(
        short,
        "unknown" if value is None else units.human(value, "FLOP").removesuffix(" FLOP").replace("e+", "e"),
        "-" if margin is None else f"{margin:+.2f}",
        str(entry["verdict"]).replace("_", " "),
        "yes" if entry["binding"] else "no",
        entry,
    )
