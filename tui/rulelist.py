"""Which rules are listed, in which order, and how many they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inferscope.core.policy.words import counted as verdicts_counted
from inferscope.tui.verdicts import Line, line_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from inferscope.tui.answer import Answer


def every(answer: Answer, on: dt.date | None = None) -> list[Line]:
    """All rules on a date, in the order of the catalogue."""
    from inferscope.core.policy.entries import policy_entries

    entries = answer.report["policy"] if on is None else policy_entries(answer.result(), on=on)
    return list(map(line_of, entries))


KINDS = ("all", "binding", "true", "what-ifs")


class Filter(NamedTuple):
    """Which rules are listed, and in which order.

    Attributes:
        text: Words that a rule has to contain.
        place: The jurisdiction; empty for all.
        kind: One of ``KINDS``.
        unknown: Whether what is unknown is listed.
        nearest: Whether the nearest to their lines come first.
    """

    text: str = ""
    place: str = ""
    kind: str = "all"
    unknown: bool = True
    nearest: bool = True

    def of(self, lines: Iterable[Line]) -> list[Line]:
        """The lines that it leaves, in its order."""
        every = list(lines)
        places = [str(line.entry["jurisdiction"]).casefold() for line in every]
        codes = {code for place in places for code in (place, place.partition("-")[0])}
        kept = [line for line in every if self._keeps(line) and self._says(line, codes)]
        return sorted(kept, key=Line.nearness) if self.nearest else kept

    def _keeps(self, line: Line) -> bool:
        entry = line.entry
        kept = {
            "binding": bool(entry["binding"]),
            "true": entry["verdict"] == "applies",
            "what-ifs": bool(entry["what_if"]),
        }.get(self.kind, True)
        return (
            kept
            and bool(entry["shown"])
            and (self.unknown or entry["verdict"] != "unknown")
            and (not self.place or entry["jurisdiction"].partition("-")[0] == self.place)
        )

    def _says(self, line: Line, codes: set[str]) -> bool:
        """Whether a rule contains all words; the code of a jurisdiction asks for its rules alone."""
        entry = line.entry
        place = str(entry["jurisdiction"]).casefold()
        about = f"{entry['id']} {entry['short']} {entry['title']} {place} {entry['status']}".casefold()
        return all(
            f"{place}-".startswith(f"{word}-") if word in codes else word in about
            for word in self.text.casefold().split()
        )

    def next_place(self, lines: Iterable[Line]) -> str:
        """The jurisdiction after the present one; after the last, all."""
        places = ["", *dict.fromkeys(line.entry["jurisdiction"].partition("-")[0] for line in lines)]
        return places[(places.index(self.place) + 1) % len(places)] if self.place in places else ""

    def next_kind(self) -> str:
        """The kind after the present one."""
        return KINDS[(KINDS.index(self.kind) + 1) % len(KINDS)]

    def words(self) -> str:
        """What it leaves, in words."""
        parts = [
            {"all": "all rules", "true": "true", "binding": "in force"}.get(self.kind, self.kind),
            self.place and f"of {self.place}",
            "" if self.unknown else "not unknown",
            self.text and f"with {self.text!r}",
        ]
        return " ".join(part for part in parts if part)


def counted(lines: Sequence[Line], total: int) -> str:
    """How many of the rules are listed, and their verdicts.

    >>> counted([], 63)
    '0 of 63 rules'
    """
    of = f"{total} rules" if len(lines) == total else f"{len(lines)} of {total} rules"
    counts = verdicts_counted(line.entry for line in lines)
    return f"{of}: {counts}" if counts else of
