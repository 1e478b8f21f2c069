"""The price basis, the place and the date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inferscope.tui.fields import Field

if TYPE_CHECKING:
    from inferscope.core.scenario.schema import Scenario
    from inferscope.tui.answer import Answer


def _terms() -> tuple[str, ...]:
    return ("listed", "on_demand", "reserved", "spot", "market")


def _boundaries() -> tuple[str, ...]:
    return ("accelerator", "server", "facility", "facility_with_reserve")


def _price(scenario: Scenario, answer: Answer | None) -> tuple[str, str]:
    given = scenario.economics.usd_per_accelerator_hour
    if given is not None:
        ends = f"{given.low:g}-{given.high:g}" if given.low is not None and given.high is not None else ""
        return f"{given.mid:,.4g} USD/h", ends or ("cited" if given.source else "")
    if answer is None:
        return "listed", ""
    price = answer.input("economics_usd_per_accelerator_hour")
    return ("not known", "") if price is None else (f"{price:,.4g} USD/h", answer.price_term or "listed")


def _region(scenario: Scenario, _answer: Answer | None) -> tuple[str, str]:
    from inferscope.core import catalog

    return catalog.region(scenario.site.region).name, ""


def _bases() -> tuple[str, ...]:
    from inferscope.core.quantities.owning import BASES

    return BASES


def _users(scenario: Scenario, _answer: Answer | None) -> tuple[str, str]:
    from inferscope.core import catalog

    users = scenario.site.users_region
    return ("not said", "") if users is None else (catalog.region(users).name, "")


FIELDS = (
    Field(
        "economics.basis",
        "Basis",
        "rental: rent by the hour; owned: capital and running cost; api: list price of tokens",
        kind="choice",
        options=_bases,
        leaf="economics_basis",
    ),
    Field(
        "economics.capex_usd_per_accelerator",
        "Purchase",
        "owned: one accelerator with its server and network",
        scale="usd",
        unit="USD",
        leaf="economics_capex_usd_per_accelerator",
        empty="listed",
        start=40_000,
    ),
    Field(
        "economics.lifetime_years",
        "Life",
        "owned: years until it is replaced",
        scale="plain",
        unit="years",
        leaf="economics_lifetime_years",
        empty="default",
        start=5,
    ),
    Field(
        "economics.wacc",
        "WACC",
        "owned: cost of capital a year",
        scale="share",
        leaf="economics_wacc",
        empty="default",
        start=0.1,
    ),
    Field(
        "economics.usd_per_accelerator_hour",
        "Price",
        "of one accelerator-hour; listed is the catalogue's",
        scale="usd",
        unit="USD/h",
        leaf="economics_usd_per_accelerator_hour",
        empty="listed",
        essential=True,
        shown=_price,
    ),
    Field(
        "economics.rental_term",
        "Rental",
        "which listed price: on demand, else reserved, if none is named",
        kind="choice",
        options=_terms,
        empty="listed",
        leaf="economics_usd_per_accelerator_hour",
    ),
    Field(
        "economics.utilization",
        "Busy share",
        "of paid hours, where no demand is given",
        scale="share",
        leaf="economics_utilization",
    ),
    Field(
        "site.region",
        "Region",
        "the country: grid carbon, water, PUE",
        kind="pick",
        catalog="region",
        essential=True,
        shown=_region,
    ),
    Field(
        "site.users_region",
        "Users in",
        "the country of the users: the way there and back counts into the first token",
        kind="pick",
        catalog="region",
        empty="not said",
        leaf="site_round_trip_s",
        shown=_users,
    ),
    Field(
        "site.pue",
        "PUE",
        "power of the building over power of its computers",
        scale="plain",
        leaf="site_pue",
        empty="country",
    ),
    Field(
        "site.boundary",
        "Boundary",
        "what the energy figure includes",
        kind="choice",
        options=_boundaries,
        leaf="site_boundary",
    ),
    Field("as_of", "As of", "the date for prices and rules", kind="date"),
)
