"""Country groups of the US export rules, as far as they were read in a source.

15 CFR part 740, supplement no. 1 (a copy verified against eCFR on 2026-06-20): the countries of group
A:5, none of which is in D:5. BIS's guidance of 2026-05-31 names China as D:5 and Macau beside it; Hong
Kong is treated as China. Other countries have to be given by the user.
"""

from __future__ import annotations

from typing import Final

A5: Final = frozenset(
    [
        "AR",
        "AU",
        "AT",
        "BE",
        "BG",
        "CA",
        "HR",
        "CZ",
        "DK",
        "EE",
        "FI",
        "FR",
        "DE",
        "GR",
        "HU",
        "IS",
        "IE",
        "IT",
        "JP",
        "KR",
        "LV",
        "LT",
        "LU",
        "NL",
        "NZ",
        "NO",
        "PL",
        "PT",
        "RO",
        "SK",
        "SI",
        "ES",
        "SE",
        "CH",
        "TR",
        "GB",
    ]
)
_OTHERS: Final = {"CN": "D5", "HK": "D5", "MO": "MO", "US": "other"}
GROUPS: Final = ("D1", "D4", "D5", "A5", "A6", "MO", "other")


def group_of(country: str) -> str | None:
    """The group of a country by its ISO code of two letters; None where it was not read.

    >>> group_of("CN"), group_of("DE"), group_of("VN")
    ('D5', 'A5', None)
    """
    return "A5" if country in A5 else _OTHERS.get(country)
