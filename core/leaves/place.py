"""How far users are from the servers: the round trip that is added to the time to the first token."""

from __future__ import annotations

import math

from inferscope.core import DATA_DATE, catalog
from inferscope.core.catalog import Record
from inferscope.core.leaves.leaf import NEEDS_INPUT, Leaf, named, number_leaf
from inferscope.core.scenario.schema import Site

FIXED_S, S_PER_KM = 0.020, 16.5e-6
"""Round trip over a distance: 20 ms and 16.5 ms per 1,000 km of great circle."""
SHORTEST, LONGEST = 0.52, 1.37
"""Estimate over measured at the 5th and 95th percentile of 200 pairs of countries."""
DOMESTIC_S = (0.005, 0.005, 0.040)
"""Least, usual and most inside a country."""

_EARTH_KM = 6371.0
_ESTIMATE = (
    "20 ms + 16.5 ms per 1,000 km between reference cities; fit to 200 medians of pings between countries"
)
_DOMESTIC = "sfgunkin/flops_export Data/model_parameters.csv (2026-02); 40 ms is the median between US cities"
_KEY = "site.round_trip_s"


def distance_km(one: Record, other: Record) -> float:
    """Great circle between the reference cities of two regions.

    >>> round(distance_km(catalog.region("USA"), catalog.region("KEN")), -2)
    12200.0
    """
    a, b = (math.radians(float(region.text["latitude"])) for region in (one, other))
    c, d = (math.radians(float(region.text["longitude"])) for region in (one, other))
    inside = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin((d - c) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(inside))


def round_trip_leaf(site: Site) -> Leaf:
    """The round trip between users and servers, s; nothing where the users' place is not said."""
    if site.round_trip_s is not None:
        return number_leaf(site.round_trip_s, _KEY)
    if site.users_region is None:
        return Leaf(0.0, "default", note="the users' place is not said: no distance is counted", key=_KEY)
    host = named(catalog.region, site.region, "site.region")
    users = named(catalog.region, site.users_region, "site.users_region")
    if host.id == users.id:
        least, usual, most = DOMESTIC_S
        return Leaf(
            usual, "quoted", _DOMESTIC, DATA_DATE, f"inside {host.name}", key=_KEY, span=(least, most)
        )
    if not all("latitude" in region.text and "longitude" in region.text for region in (host, users)):
        return Leaf(math.nan, why=f"{NEEDS_INPUT}: {_KEY}", key=_KEY)
    distance = distance_km(host, users)
    trip = FIXED_S + S_PER_KM * distance
    about = f"{users.name} to {host.name}: {distance:,.0f} km"
    span = (trip / LONGEST, trip / SHORTEST)
    return Leaf(trip, "assumption", _ESTIMATE, DATA_DATE, about, key=_KEY, span=span)
