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
_OF_PLACE = (
    "site.round_trip_s", "site.pue", "site.grid_gco2e_per_kwh", "site.grid_water_l_per_kwh",
    "site.electricity_usd_per_kwh",
)  # fmt: skip
_OPENED = (*DEMAND, *FLEET, *_OF_PLACE)
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
    bounds = (("busy share", "above 0"), ("cost of capital", "at least 0"))
    for part, (what, least) in zip(shares, bounds, strict=False):
        try:
            value = float(part)
        except ValueError:
            value = math.nan
        if part and not (0 < value <= 1 or (value == 0 and least == "at least 0")):
            message = f"the {what} of {region} must be {least} and at most 1, not {part!r}"
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
        swings: What half the busy share, one and a half times the cost of capital, and the electricity price
            of each other place do to the cost in the first, as factors.
    """

    scenario: Scenario
    users: str
    hosts: tuple[Host, ...]
    result: Result
    shares: Array
    rates: Array
    swings: Array

    def leaf(self, name: str, row: int) -> float:
        """An input of a place."""
        return self.result.bound.leaf(name, row).value

    def _name(self, row: int) -> str:
        return catalog.region(self.hosts[row].region).name

    def sentence(self) -> str:
        """What serving from the other places costs and takes against the first, and what carries it."""
        cost = self.result["usd_per_query"]
        if np.isnan(cost).any():
            row = int(np.flatnonzero(np.isnan(cost))[0])
            return f"There is no cost of owning in {self._name(row)}: {self._why(row)}."
        others = "; ".join(self._against_first(row) for row in range(1, len(self.hosts)))
        share, rate, *powers = 100 * (self.swings - 1)
        power = " to ".join(f"{end:+.2g}" for end in dict.fromkeys((min(powers), max(powers))))
        return (
            f"For users in {catalog.region(self.users).name}, against {self._name(0)} with a round trip of"
            f" {self._trip(0)}: {others}. In {self._name(0)} half the busy share moves the cost by"
            f" {share:+.2g} %, a cost of capital half as high again by {rate:+.2g} % and the electricity"
            f" price of {'the other' if len(powers) == 1 else 'the others'} by {power} %."
        )

    def _against_first(self, row: int) -> str:
        dearer = float(self.result["usd_per_query"][row] / self.result["usd_per_query"][0])
        carbon = _carbon_words(*(float(self.result["gco2e_per_query"][at]) for at in (row, 0)))
        host, said = self.hosts[row], []
        if host.utilization is not None:
            said.append(f"{100 * host.utilization:g} % busy")
        if host.wacc is not None:
            said.append(f"capital at {100 * host.wacc:g} %")
        where = self._name(row) + (f" ({', '.join(said)})" if said else "")
        return f"{where} costs {dearer:.3g} times as much, with {carbon} and {self._trip(row)}"

    def _trip(self, row: int) -> str:
        return f"{1e3 * self.leaf('site_round_trip_s', row):.0f} ms"

    def _why(self, row: int) -> str:
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
        title = f"Serving users in {catalog.region(self.users).name} from {len(self.hosts)} places"
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
        why = "" if drawn else self._why(0)
        return Curve("place", "Cost by place and busy share", x, y, drawn, (), self.sentence(), why)

    def _along_shares(self, host: Host) -> Array:
        return _along(self.scenario, self.users, host, "economics.utilization", _SHARES)

    def _notes(self) -> Iterator[str]:
        yield (
            f"even: where a place costs what {self._name(0)} does, all else as it is; a dash where no busy"
            f" share from {_SHARES[0]:.0%} on does, and no cost of capital up to {_RATES[-1]:.0%}"
        )
        if self.scenario.workload.demand_per_s() is not None:
            yield "the scenario's demand and fleet give way: each place pays for hours of its busy share"
        given = [key for key in _OF_PLACE if getattr(self.scenario.site, key.partition(".")[2]) is not None]
        economics = self.scenario.economics
        if economics.basis != "owned" and "basis" in economics.model_fields_set:
            given.append("economics.basis")
        if given:
            yield f"what the scenario sets gives way to that of each place, owned: {', '.join(given)}"
        yield "the round trip counts once, in the time to the first token"
        yield "owned in every place at one purchase price: no duties, licences, land or failing grids"
        yield from stands_on(self.scenario_owned(), _READ, ("site.region",))
        counted = self.scenario.site.carbon
        by = {"location": "the grid of each place", "market": "one contract in every place"}[counted]
        yield f"carbon: {counted}-based, by {by}; operation alone"

    def scenario_owned(self) -> Scenario:
        """The scenario on the basis of the study."""
        return with_values(self.scenario, _changes(self.users, self.hosts[0]))


def _carbon_words(here: float, first: float) -> str:
    """How much carbon there is against the first place.

    >>> _carbon_words(1.0, 2.0), _carbon_words(0.0, 0.0), _carbon_words(1.0, 0.0)
    ('0.5 times the carbon', 'no carbon either', 'carbon where there was none')
    """
    if math.isnan(here) or math.isnan(first):
        return "carbon that is not known"
    if first == 0:
        return "carbon where there was none" if here else "no carbon either"
    return f"{here / first:.2g} times the carbon"


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
    if key == "economics.utilization":  # a query's cost is a straight line of the hours behind a busy one
        return float(1 / np.interp(cost, along[::-1], 1 / values[::-1]))
    return float(np.interp(cost, along, values))


def _swings(scenario: Scenario, users: str, hosts: Sequence[Host], result: Result) -> Array:
    """The first place's cost at half its use, with dearer capital and others' electricity, as factors."""
    first = with_values(scenario, _changes(users, hosts[0]))
    leaf = result.bound.leaf
    keys = [
        ("economics.utilization", _WORSE_SHARE * leaf("economics_utilization", 0).value),
        ("economics.wacc", _WORSE_RATE * leaf("economics_wacc", 0).value),
        *(
            ("site.electricity_usd_per_kwh", leaf("site_electricity_usd_per_kwh", row).value)
            for row in range(1, len(hosts))
        ),
    ]
    if any(math.isnan(value) for _, value in keys):
        return np.full(len(keys), np.nan)
    moved = [with_values(first, {key: value}) for key, value in keys]
    cost = evaluate([first, *moved], ["usd_per_query"])["usd_per_query"]
    factors: Array = cost[1:] / cost[0]
    return factors
