"""Serving the users of one country from several: the way, the cost of owning there, carbon and water."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from inferscope.core import catalog
from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import Result, evaluate
from inferscope.core.graph import Array
from inferscope.core.leaves.leaf import named
from inferscope.core.reasons import reasons
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.groups import DEMAND, FLEET
from inferscope.core.scenario.schema import Scenario
from inferscope.core.shown import reason_text
from inferscope.core.study.drawing import Axis, Curve, line
from inferscope.core.study.stands import stands_on
from inferscope.core.study.table import Column, Table, cell

__all__ = ["Host", "Places", "parse_host", "places"]

_READ = ("ttft_s", "e2e_latency_s", "usd_per_query", "wh_per_query", "gco2e_per_query", "liters_per_query")
_SHARES = np.geomspace(0.02, 1.0, 80)
"""Busy shares that are tried."""
_RATES = np.linspace(0.0, 0.5, 51)
"""Costs of capital that are tried."""
_WORSE_SHARE, _WORSE_RATE = 0.5, 1.5
"""Times the busy share and the cost of capital, to say what they move."""
_OPENED = (
    *DEMAND, *FLEET, "site.round_trip_s", "site.pue", "site.grid_gco2e_per_kwh",
    "site.grid_water_l_per_kwh", "site.electricity_usd_per_kwh",
)  # fmt: skip
"""What every place brings itself."""


@dataclass(frozen=True, slots=True)
class Host:
    """A place to serve from.

    Attributes:
        region: The catalogue's identifier.
        utilization: Busy share of paid hours there; None for the scenario's.
        wacc: Cost of capital there; None for the scenario's.
    """

    region: str
    utilization: float | None = None
    wacc: float | None = None


def parse_host(text: str) -> Host:
    """A place, perhaps with its busy share and cost of capital: ``KEN``, ``KEN:0.3`` or ``KEN:0.3:0.15``.

    Raises:
        ScenarioError: There is no such place, or a share is none.

    >>> parse_host("ken:0.3:0.15")
    Host(region='KEN', utilization=0.3, wacc=0.15)
    """
    name, *shares = (part.strip() for part in text.split(":"))
    region = named(catalog.region, name, "site.region").id
    if len(shares) > 2:
        message = f"a place is COUNTRY:SHARE:RATE, such as KEN:0.3:0.15, not {text!r}"
        raise ScenarioError(message)
    found = []
    for part, what, most in zip(shares, ("busy share", "cost of capital"), (1.0, 1.0), strict=False):
        try:
            value = float(part)
        except ValueError:
            value = math.nan
        if part and not 0 < value <= most:
            message = f"the {what} of {region} must be above 0 and at most {most:g}, not {part!r}"
            raise ScenarioError(message)
        found.append(value if part else None)
    return Host(region, *found)


@dataclass(frozen=True, slots=True)
class Places:
    """A scenario served from several places.

    Attributes:
        scenario: What is served.
        users: Where the users are.
        hosts: The places, the one that others are held against first.
        result: One row a place.
        shares: Busy share at which a place costs what the first does, ``(hosts,)``; NaN where none does.
        rates: Cost of capital at which it does, ``(hosts,)``; NaN where none does.
        swings: What the electricity price of the second place, half the busy share and one and a half times
            the cost of capital add to the cost in the first, as factors.
    """

    scenario: Scenario
    users: str
    hosts: tuple[Host, ...]
    result: Result
    shares: Array
    rates: Array
    swings: tuple[float, float, float]

    def leaf(self, name: str, row: int) -> float:
        """An input of a place."""
        return self.result.bound.leaf(name, row).value

    def _name(self, row: int) -> str:
        return catalog.region(self.hosts[row].region).name

    def sentence(self) -> str:
        """What serving from the second place costs and takes against the first, and what carries it."""
        cost = self.result["usd_per_query"]
        users = catalog.region(self.users).name
        if np.isnan(cost[:2]).any():
            return f"The cost of owning is unknown: {self._why()}."
        trip = [1e3 * self.leaf("site_round_trip_s", row) for row in (0, 1)]
        carbon = self.result["gco2e_per_query"]
        dearer, dirtier = cost[1] / cost[0], carbon[1] / carbon[0]
        known = "carbon that is not known" if math.isnan(dirtier) else f"{dirtier:.2g} times the carbon"
        text = (
            f"For users in {users}, serving from {self._name(1)} costs {dearer:.3g} times what it does"
            f" from {self._name(0)}, with {known} and a round trip of"
            f" {trip[1]:.0f} ms in place of {trip[0]:.0f}"
        )
        power, share, rate = (100 * (swing - 1) for swing in self.swings)
        return (
            f"{text}; the electricity price moves the cost by {power:+.2g} %, half the busy share by"
            f" {share:+.2g} % and a cost of capital half as high again by {rate:+.2g} %."
        )

    def _why(self) -> str:
        row = int(np.flatnonzero(np.isnan(self.result["usd_per_query"]))[0])
        return reason_text(reasons(self.result.bound, ["usd_per_query"], row)["usd_per_query"])

    def table(self) -> Table:
        """One row a place."""
        columns = (
            Column("region"),
            Column("round_trip_s", "s", "round trip"),
            *(Column(name, self.result.units[name]) for name in _READ),
            Column("electricity_usd_per_kwh", "USD/kWh", "electricity"),
            Column("pue", "1", "PUE"),
            Column("utilization", "1", "busy share"),
            Column("wacc", "1", "capital"),
            Column("even_utilization", "1", "even at share"),
            Column("even_wacc", "1", "even at capital"),
        )
        rows = tuple(self._row(row) for row in range(len(self.hosts)))
        users = catalog.region(self.users).name
        title = f"{self.scenario.name or 'The scenario'} for users in {users}, by place"
        changes = tuple(_changes(self.users, host) for host in self.hosts)
        return Table(title, columns, rows, self.sentence(), changes, self._curve(), tuple(self._notes()))

    def _row(self, row: int) -> tuple[object, ...]:
        leaves = ("site_electricity_usd_per_kwh", "site_pue", "economics_utilization", "economics_wacc")
        return (
            self.hosts[row].region,
            cell(self.leaf("site_round_trip_s", row)),
            *(cell(float(self.result[name][row])) for name in _READ),
            *(cell(self.leaf(name, row)) for name in leaves),
            cell(float(self.shares[row])),
            cell(float(self.rates[row])),
        )

    def _curve(self) -> Curve:
        x = Axis("economics.utilization", "1", "busy share", log=True)
        y = Axis("usd_per_query", "USD", "a query", log=True)
        lines = (line(host.region, _SHARES, self._along_shares(host)) for host in self.hosts)
        drawn = tuple(series for series in lines if series.x)
        why = "" if drawn else self._why()
        return Curve("place", "Cost by place and busy share", x, y, drawn, (), self.sentence(), why)

    def _along_shares(self, host: Host) -> Array:
        return _along(self.scenario, self.users, host, "economics.utilization", _SHARES)

    def _notes(self) -> Iterator[str]:
        yield f"even: where a place costs what {self._name(0)} does, all else as it is"
        yield "the round trip counts once, in the time to the first token"
        yield "owned in every place at one purchase price: no duties, licences, land or failing grids"
        yield from stands_on(self.scenario_owned(), _READ, ("site.region",))
        counted = self.scenario.site.carbon
        by = {"location": "the grid of each place", "market": "one contract in every place"}[counted]
        yield f"carbon: {counted}-based, by {by}; operation alone"

    def scenario_owned(self) -> Scenario:
        """The scenario on the basis of the study."""
        return with_values(self.scenario, _changes(self.users, self.hosts[0]))


def places(scenario: Scenario, users: str, hosts: Sequence[Host]) -> Places:
    """Serve the users of one country from several.

    Args:
        scenario: What is served; its demand, fleet and site give way.
        users: Where the users are, by code or name.
        hosts: Where it may be served from, two at least; the first is what the others are held against.

    Raises:
        ScenarioError: There is no such place, or fewer than two.
    """
    at = named(catalog.region, users, "site.users_region").id
    if len(hosts) < 2:
        message = "places to serve from are two at least, such as USA,KEN"
        raise ScenarioError(message)
    result = evaluate([with_values(scenario, _changes(at, host)) for host in hosts], _READ)
    cost = result["usd_per_query"]
    shares = [_even(scenario, at, host, "economics.utilization", _SHARES, cost[0]) for host in hosts]
    rates = [_even(scenario, at, host, "economics.wacc", _RATES, cost[0]) for host in hosts]
    swings = _swings(scenario, at, hosts, result)
    return Places(scenario, at, tuple(hosts), result, np.array(shares), np.array(rates), swings)


def _changes(users: str, host: Host) -> dict[str, object]:
    """What makes the scenario one that is owned in a place and serves the users."""
    found: dict[str, object] = dict.fromkeys(_OPENED)
    found |= {"economics.basis": "owned", "site.region": host.region, "site.users_region": users}
    if host.utilization is not None:
        found["economics.utilization"] = host.utilization
    if host.wacc is not None:
        found["economics.wacc"] = host.wacc
    return found


def _along(scenario: Scenario, users: str, host: Host, key: str, values: Array) -> Array:
    """The cost of a query in a place along one key, ``(values,)``."""
    there = with_values(scenario, _changes(users, host))
    moved = [with_values(there, {key: float(value)}) for value in values]
    cost: Array = evaluate(moved, ["usd_per_query"])["usd_per_query"]
    return cost


def _even(scenario: Scenario, users: str, host: Host, key: str, values: Array, cost: float) -> float:
    """The value of a key at which a place costs so much; NaN where none of those tried brackets it."""
    along = _along(scenario, users, host, key, values)
    if math.isnan(cost) or np.isnan(along).any() or not along.min() <= cost <= along.max():
        return math.nan
    order = np.argsort(along)
    return float(np.interp(cost, along[order], values[order]))


def _swings(
    scenario: Scenario, users: str, hosts: Sequence[Host], result: Result
) -> tuple[float, float, float]:
    """The first place's cost with the second's electricity, half its use, dearer capital, as factors."""
    first = with_values(scenario, _changes(users, hosts[0]))
    leaf = result.bound.leaf
    keys = {
        "site.electricity_usd_per_kwh": leaf("site_electricity_usd_per_kwh", 1).value,
        "economics.utilization": _WORSE_SHARE * leaf("economics_utilization", 0).value,
        "economics.wacc": _WORSE_RATE * leaf("economics_wacc", 0).value,
    }
    changed = [with_values(first, {key: value}) for key, value in keys.items() if not math.isnan(value)]
    if len(changed) < len(keys):
        return math.nan, math.nan, math.nan
    costs = evaluate([first, *changed], ["usd_per_query"])["usd_per_query"]
    power, share, rate = (float(cost / costs[0]) for cost in costs[1:])
    return power, share, rate
