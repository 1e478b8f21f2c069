"""The line of years on which the date of the rules slides."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from textual.content import Content

from inferscope.tui.panels.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Collection


class Timeline(Rows):
    """Years, the days on which something changes, the scenario's day and the chosen one."""

    def __init__(self, identifier: str = "timeline") -> None:
        super().__init__(id=identifier)
        self._days: tuple[dt.date, ...] = ()
        self._own = self._at = dt.date(2026, 1, 1)

    def show(self, days: Collection[dt.date], own: dt.date, at: dt.date) -> None:
        """Show changes, the scenario's day and the chosen one."""
        self._days, self._own, self._at = tuple(sorted(days)), own, at
        self.update()

    def _span(self) -> tuple[int, int]:
        years = [day.year for day in (*self._days, self._own, self._at)]
        return min(years), max(years) + 1

    def _place(self, day: dt.date, width: int) -> int:
        first, last = self._span()
        share = (day.year + (day.timetuple().tm_yday - 1) / 366 - first) / (last - first)
        return min(int(share * width), width - 1)

    def rows(self) -> list[Content]:
        """The track with its marks, and the years below it."""
        width = max(self.size.width - 2, 10)
        first, last = self._span()
        track = ["─"] * width
        for day in self._days:
            track[self._place(day, width)] = "┴"
        own, at = self._place(self._own, width), self._place(self._at, width)
        track[own] = "◆"
        track[at] = "▼"
        years = [" "] * width
        step = next(n for n in (1, 2, 5, 10, 25, 100) if (last - first) / n * 6 <= width or n == 100)
        for year in range(first, last, step):
            place = self._place(dt.date(year, 1, 1), width)
            years[place : place + 4] = f"{year}"
        line = "".join(track)
        return [
            Content.assemble(
                " ", (line[:at], "$text-muted"), (line[at], "bold $accent"), (line[at + 1 :], "$text-muted")
            ),
            Content.styled(f" {''.join(years)[:width]}", "$text-muted"),
        ]
