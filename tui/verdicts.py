"""The policy lines in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from inferscope.core import units
from inferscope.core.policy.words import force, orders, percent, verdict_word

if TYPE_CHECKING:
    from inferscope.tui.answer import Answer


_STYLES = {"applies": "bold $text-warning", "unknown": "$text-warning"}


class Line(NamedTuple):
    """One rule as the screen writes it.

    Attributes:
        short: The rule in a word.
        value: What was compared, with its unit where there is room.
        margin: Orders of magnitude above the line; below it negative.
        word: The verdict, as the rule means it.
        binds: Whether it obliges on the date: ``yes`` or ``no``.
        entry: All of it, as the report has it.
    """

    short: str
    value: str
    margin: str
    word: str
    binds: str
    entry: Mapping[str, Any]

    @property
    def style(self) -> str:
        """What is true stands out, what is unknown less, and what is not true not at all."""
        return _STYLES.get(self.entry["verdict"], "")

    def sentence(self) -> str:
        """The rule, and what is to be known of its verdict."""
        entry = self.entry
        parts = [f"{entry['jurisdiction']}: {entry['title']}"]
        if entry["missing"]:
            parts.append(f"needs {', '.join(entry['missing'])}")
        elif entry["certainty"] == "sensitive":
            parts.append("the range of a fact crosses the line")
        if near := percent(entry["margin_oom"]):
            parts.append(f"{near} from the line")
        parts.append("in force" if entry["binding"] else force(entry))
        return "; ".join(parts)

    def nearness(self) -> tuple[bool, bool, float]:
        """For sorting: what has a margin and binds first, the nearest to its line on top."""
        margin = self.entry["margin_oom"]
        return margin is None, not self.entry["binding"], abs(margin or 0.0)

    @property
    def holds(self) -> bool:
        """Whether it is true and in force."""
        return bool(self.entry["verdict"] == "applies" and self.entry["binding"])


def verdicts(answer: Answer, on: dt.date | None = None) -> list[Line]:
    """The rules that are more than a what-if, the nearest to their lines first.

    Args:
        answer: The evaluated scenario.
        on: The date that is judged; the scenario's own where none is given.
    """
    from inferscope.core.policy.entries import policy_entries

    entries = answer.policy if on is None else policy_entries(answer.result(), on=on)
    kept = (entry for entry in entries if entry["shown"] and not entry["what_if"])
    return sorted(map(line_of, kept), key=Line.nearness)


def nearest(answer: Answer, most: int) -> list[Line]:
    """What holds and then the rest, without those that put the same number against the same line."""
    found: dict[object, Line] = {}
    for line in sorted(verdicts(answer), key=lambda line: not line.holds):
        compared = compared_of(line.entry)
        found.setdefault((compared["quantity"], str(compared["threshold"])), line)
    return list(found.values())[:most]


def changes_of(lines: Iterable[Line]) -> list[dt.date]:
    """The days on which one of some rules begins to bind, or ends."""
    found = set()
    for line in lines:
        days = [line.entry[name] for name in ("effective_from", "compliance_from")]
        if days[0] is not None:
            found.add(max(dt.date.fromisoformat(day) for day in days if day is not None))
        if (end := line.entry["effective_to"]) is not None:
            found.add(dt.date.fromisoformat(end) + dt.timedelta(days=1))
    return sorted(found)


def compared_of(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Value and line that stand beside a margin: of what decides; while nothing does, of what leads."""
    return entry["deciding"] or entry


def line_of(entry: Mapping[str, Any]) -> Line:
    """A rule of the report as the screen writes it."""
    margin, compared = entry["margin_oom"], compared_of(entry)
    value, unit = compared["value"], compared["unit"]
    is_least = value is None and entry["deciding"]
    return Line(
        entry["short"],
        f"{_figure(compared['low'], unit)}+" if is_least else _figure(value, unit),
        "-" if margin is None else orders(margin),
        verdict_word(entry),
        "yes" if entry["binding"] else "no",
        entry,
    )


def _figure(value: object, unit: str) -> str:
    """What was compared, in at most eight columns."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    if unit == "FLOP":
        return units.human(value, "FLOP").removesuffix(" FLOP").replace("e+", "e")
    return f"{value:,.0f}" if 100 <= abs(value) < 1e7 else f"{value:.4g}".replace("e+", "e")
