"""The rules of a report: one rung a rule, with the verdict on each scenario side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inferscope.core.export.footnotes import Footnotes
from inferscope.core.export.policy import compared, margin, verdict
from inferscope.core.policy.words import standing

__all__ = ["Rung", "Verdict", "ladder"]

_NOT_JUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of one scenario.

    Attributes:
        text: The verdict with what qualifies it: what is missing, sensitive, unverified.
        applies: Whether it is true.
        margin: Orders of magnitude above the line, in words; empty where there is none.
        orders: The same as a number.
        low: Low end of its range.
        high: High end.
        compared: The facts that were compared.
        standing: Whether it is in force on the day, and else since or until when.
    """

    text: str
    applies: bool = False
    margin: str = ""
    orders: float | None = None
    low: float | None = None
    high: float | None = None
    compared: str = ""
    standing: str = ""


@dataclass(frozen=True, slots=True)
class Rung:
    """A rule with its verdict on each scenario, and the number of its source."""

    id: str
    title: str
    jurisdiction: str
    what_if: bool
    verdicts: tuple[Verdict, ...]
    source: int | None


def ladder(
    judged: Sequence[Sequence[Mapping[str, Any]]], notes: Footnotes
) -> tuple[tuple[Rung, ...], tuple[str, ...]]:
    """The rules that are shown for any scenario.

    Args:
        judged: Policy entries, for each scenario.
        notes: Takes the sources.

    Returns:
        Rules with a verdict on any scenario, what-ifs last; and those that are unknown for all, with what
        would settle each.
    """
    by_id = [{entry["id"]: entry for entry in entries if entry["shown"]} for entries in judged]
    names = dict.fromkeys(name for entries in by_id for name in entries)
    rungs, unknown = [], []
    for name in names:
        found = [entries.get(name) for entries in by_id]
        known = [entry for entry in found if entry is not None]
        if all(entry["verdict"] == "unknown" for entry in known):
            missing = dict.fromkeys(fact for entry in known for fact in entry["missing"])
            unknown.append(f"{name} ({', '.join(missing) or 'no fact'})")
        else:
            rungs.append(_rung(known[0], tuple(map(_verdict, found)), notes))
    return tuple(sorted(rungs, key=lambda rung: rung.what_if)), tuple(unknown)


def _rung(entry: Mapping[str, Any], verdicts: tuple[Verdict, ...], notes: Footnotes) -> Rung:
    kind = str(entry["evidence"]).replace("_", " ") if entry["verified"] else "memory"
    number = notes.cite(str(entry["source"]), kind, use=f"rule {entry['id']}")
    return Rung(entry["id"], entry["title"], entry["jurisdiction"], entry["what_if"], verdicts, number)


def _verdict(entry: Mapping[str, Any] | None) -> Verdict:
    if entry is None:  # a relief of a rule that does not apply here, or a rule of another scenario alone
        return Verdict(_NOT_JUDGED)
    return Verdict(
        text=verdict(entry),
        applies=entry["verdict"] == "applies",
        margin=margin(entry),
        orders=entry["margin_oom"],
        low=entry["margin_low_oom"],
        high=entry["margin_high_oom"],
        compared=compared(entry) if entry["verdict"] != "unknown" else "",
        standing=standing(entry),
    )
