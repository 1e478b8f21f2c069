"""Rents of accelerators through time: what the market asked on a day."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final, NamedTuple

from inferscope.core.catalog.records import Value
from inferscope.core.catalog.sources import DATA, read_table, source_text
from inferscope.core.errors import CatalogError

__all__ = ["Rent", "rent", "rents"]

_FILE: Final = "rents.csv"


class Rent(NamedTuple):
    """One price of an accelerator-hour.

    Attributes:
        accelerator: The catalogue's identifier.
        date: The month it was asked in, ``YYYY-MM``.
        usd_per_accelerator_hour: The price.
        what: Who asked it, and for which term.
        kind: How it is known.
        source_key: Key into the table of source texts.
    """

    accelerator: str
    date: str
    usd_per_accelerator_hour: float
    what: str
    kind: str
    source_key: str

    @property
    def value(self) -> Value:
        """The price as a figure of the catalogue."""
        return Value(
            self.usd_per_accelerator_hour,
            kind=self.kind,
            source_keys=(self.source_key,),
            date=self.date,
            note=self.what,
        )


@lru_cache(maxsize=1)
def _table() -> tuple[Rent, ...]:
    found = []
    for line, row in enumerate(read_table(_FILE), start=2):
        try:
            dt.date.fromisoformat(f"{row['date']}-01")
            each = Rent(
                row["accelerator"],
                row["date"],
                float(row["usd_per_accelerator_hour"]),
                row["what"],
                row["kind"],
                row["source"],
            )
            source_text(each.source_key)
        except (KeyError, ValueError) as error:
            message = f"this rent cannot be read: {error}"
            raise CatalogError(message, file=DATA / _FILE, line=line) from error
        found.append(each)
    return tuple(sorted(found, key=lambda rent: (rent.accelerator, rent.date)))


def rents(accelerator: str | None = None) -> tuple[Rent, ...]:
    """Return the rents of one accelerator, or of all, the oldest first."""
    return tuple(row for row in _table() if accelerator in (None, row.accelerator))


def rent(accelerator: str, day: dt.date) -> Rent | None:
    """Return the last rent that was asked by a day; None where the series begins later or there is none."""
    before = [row for row in rents(accelerator) if row.date <= day.strftime("%Y-%m")]
    return before[-1] if before else None
