"""A day of the rules that slides, the same way wherever rules are shown."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from inferscope.tui.verdicts import Line, changes_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

FIRST, LAST = dt.date(2000, 1, 1), dt.date(2099, 12, 31)
"""Between these a date slides."""


def moved(day: dt.date, months: int) -> dt.date:
    """A day some months on; a day that the month lacks becomes its 28th.

    >>> moved(dt.date(2026, 11, 22), 2), moved(dt.date(2024, 1, 31), 1)
    (datetime.date(2027, 1, 22), datetime.date(2024, 2, 28))
    """
    month = day.year * 12 + day.month - 1 + months
    year, month = month // 12, month % 12 + 1
    try:
        found = dt.date(year, month, day.day)
    except ValueError:
        found = dt.date(min(max(year, FIRST.year), LAST.year), month, 28)
    return min(max(found, FIRST), LAST)


def beside(days: Collection[dt.date], day: dt.date, *, forward: bool) -> dt.date | None:
    """The nearest of some days after a day, or before it; None where there is none."""
    if forward:
        return min((other for other in days if other > day), default=None)
    return max((other for other in days if other < day), default=None)


class Dated:
    """What shows rules on a day: by month, by year, from change to change, and back.

    Attributes:
        day: The chosen day; None for the scenario's own.
    """

    day: dt.date | None = None

    @property
    def own_day(self) -> dt.date | None:
        """The scenario's date; None before there is an answer."""
        raise NotImplementedError

    def dated_rules(self) -> Sequence[Line]:
        """The rules whose beginnings and ends are the changes."""
        raise NotImplementedError

    def show_day(self) -> None:
        """Bring what is shown up to the chosen day."""
        raise NotImplementedError

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line about the day."""
        raise NotImplementedError

    @property
    def today(self) -> dt.date | None:
        """The day that is shown."""
        return self.day or self.own_day

    def action_date_back(self) -> None:
        """A month earlier."""
        self._slide(-1)

    def action_date_on(self) -> None:
        """A month later."""
        self._slide(1)

    def action_year_back(self) -> None:
        """A year earlier."""
        self._slide(-12)

    def action_year_on(self) -> None:
        """A year later."""
        self._slide(12)

    def action_change_back(self) -> None:
        """The day before on which a rule begins or ends."""
        self._jump(forward=False)

    def action_change_on(self) -> None:
        """The next day on which one does."""
        self._jump(forward=True)

    def action_date_reset(self) -> None:
        """The scenario's own date."""
        self._go_to_day(self.own_day)

    def _slide(self, months: int) -> None:
        if self.today is not None:
            self._go_to_day(moved(self.today, months))

    def _jump(self, *, forward: bool) -> None:
        today = self.today
        if today is None:
            return
        rules = self.dated_rules()
        found = beside(changes_of(rules), today, forward=forward)
        if found is None:
            self.say(f"No rule begins or ends {'after' if forward else 'before'} {today}")
            return
        self._go_to_day(found)
        changed = [line.short for line in rules if found in changes_of([line])]
        self.say(f"{found}: {', '.join(changed)} {'change' if len(changed) > 1 else 'changes'}")

    def _go_to_day(self, day: dt.date | None) -> None:
        self.day = None if day == self.own_day else day
        self.show_day()
