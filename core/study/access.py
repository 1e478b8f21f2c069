"""What rules on chips cost: a model on every accelerator, those allowed beside those denied."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inferscope.core import catalog, units
from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import Result, evaluate
from inferscope.core.graph import Array
from inferscope.core.policy.entries import scenario_rules
from inferscope.core.policy.rules import merged
from inferscope.core.policy.status import (
    NOT_CONTROLLED,
    STATUSES,
    UNKNOWN,
    Status,
    is_out,
    status_on,
)
from inferscope.core.policy.strip import place_of
from inferscope.core.reasons import reasons
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.groups import FLEET, LAYOUT
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.axes import records
from inferscope.core.study.candidates import chip_changes
from inferscope.core.study.drawing import Axis, Curve, Series
from inferscope.core.study.options import PLACE
from inferscope.core.study.stands import stands_on
from inferscope.core.study.table import Column, Table, cell

__all__ = ["OPENED", "Access", "access", "legal"]

_READ = (
    "output_tok_s_per_accelerator", "usd_per_million_output_tokens", "joules_per_output_token", "tpot_s",
    "replica_requests_per_s", "site_load_mw", "tpp", "hardware_count", "accelerators_per_replica",
)  # fmt: skip
OPENED = (*LAYOUT, *FLEET, "hardware.prefill", "site.sites")
"""What every accelerator plans for itself."""
_NAMED = 8
"""So many accelerators a note names; of more it says how many."""
_FREE, _HELD, _OPEN = "no licence", "licence", "unknown"


@dataclass(frozen=True, slots=True)
class Access:
    """The scenario on several accelerators, and what rules make of each.

    Attributes:
        scenario: What stands.
        place: Where the accelerators go, in words.
        day: The day that is judged.
        chips: Their ids, ``(n,)``.
        status: What the rules make of each.
        values: Quantities by name, ``(n,)``; NaN where there is none.
        why: Why there is no rate, by row.
        replicas: Replicas under the cap, ``(n,)``.
        cap: The cap in words.
        refused: What was said against accelerators that cannot be, or were not out.
        per_user: Queries of one user a day; none where nobody said.
    """

    scenario: Scenario
    place: str
    day: dt.date
    chips: tuple[str, ...]
    status: tuple[Status, ...]
    values: dict[str, Array]
    why: dict[int, str]
    replicas: Array
    cap: str
    refused: tuple[str, ...]
    per_user: float | None = None

    @property
    def queries_per_day(self) -> Array:
        """Queries a day of the fleet under the cap, at the planned load and the stated peak, ``(n,)``."""
        scenario = self.scenario
        share = scenario.slo.max_load_utilization.mid / scenario.workload.peak_to_mean.mid
        with np.errstate(over="ignore"):  # a cap beyond any number
            rate: Array = self.replicas * self.values["replica_requests_per_s"]
            return rate * share * units.SECONDS_PER_DAY

    def free(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which need no licence, ``(n,)``."""
        return np.array([status.status == NOT_CONTROLLED for status in self.status])

    def held(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which need one, or an exception, ``(n,)``."""
        return np.array([status.status not in (NOT_CONTROLLED, UNKNOWN) for status in self.status])

    def smallest(self) -> int | None:
        """The row of the fewest accelerators without a licence, of those the one with the least memory."""
        rate, count = self.values["output_tok_s_per_accelerator"], self.values["hardware_count"]
        rows = [int(row) for row in np.flatnonzero(self.free() & ~np.isnan(rate))]
        memory = {row: _memory(self.chips[row]) for row in rows}
        return min(rows, key=lambda row: (count[row], memory[row]), default=None)

    def sentence(self) -> str:
        """What the rules cost, in one sentence with numbers."""
        rate = self.values["output_tok_s_per_accelerator"]
        runs = int((~np.isnan(rate)).sum())
        text = f"For {self.place} on {self.day.isoformat()}, {runs} of {len(self.chips)} accelerators run it"
        free, held = (_best(rate, which) for which in (self.free(), self.held()))
        if free is None:
            return f"{text}; none of them is known to need no licence."
        text += f"; the fastest without a licence, {self._named(free)}, gives {_count(rate[free])} tokens/s"
        if held is not None:
            ratio = rate[free] / rate[held]
            text += f", {ratio:.2g} of what the fastest with one, {self._named(held)}, gives"
        text += self._dearer("usd_per_million_output_tokens", "by the cheapest of each the tokens cost")
        text += self._dearer("joules_per_output_token", "by the thriftiest they take", " the energy")
        return f"{text}."

    def _dearer(self, name: str, words: str, of: str = "") -> str:
        values = self.values[name]
        free, held = (_best(-values, which) for which in (self.free(), self.held()))
        if free is None or held is None:
            return ""
        return f"; {words} {values[free] / values[held]:.2g} times{of or ' as much'} without a licence"

    def _named(self, row: int) -> str:
        count = self.values["hardware_count"][row]
        name = catalog.accelerator(self.chips[row]).name
        return name if count == 1 else f"{count:,.0f} x {name}"

    def table(self, *, everything: bool = True) -> Table:
        """One row an accelerator, the fastest first; all of them, or those that run the model."""
        rate = self.values["output_tok_s_per_accelerator"]
        rows = [row for row in range(len(self.chips)) if everything or not math.isnan(rate[row])]
        order = sorted(rows, key=lambda row: (math.isnan(rate[row]), -rate[row]))
        left = len(self.chips) - len(rows)
        more = (f"{left} accelerators that do not run it, or lack a figure, are left out",) if left else ()
        return Table(
            f"{self.scenario.name or 'The scenario'} on chips allowed and denied, {self.place}, {self.day}",
            _columns(self.cap, has_users=self.per_user is not None),
            tuple(self._row(row) for row in order),
            self.sentence(),
            tuple(chip_changes(self.scenario, self.chips[row]) for row in order),
            self._curve(),
            (*self._notes(), *more),
        )

    def _row(self, row: int) -> tuple[Any, ...]:
        status = self.status[row]
        values = {name: cell(column[row]) for name, column in self.values.items()}
        return (
            self.chips[row],
            status.status,
            " ".join(rule.short for rule in status.rules),
            values["hardware_count"],
            values["output_tok_s_per_accelerator"],
            values["tpot_s"],
            values["usd_per_million_output_tokens"],
            values["joules_per_output_token"],
            values["tpp"],
            cell(self.replicas[row] * self.values["accelerators_per_replica"][row]),
            cell(self.queries_per_day[row]),
            *(() if self.per_user is None else (cell(self.queries_per_day[row] / self.per_user),)),
            self.why.get(row, "") or ", ".join((*status.missing, *status.conditions)),
        )

    def _curve(self) -> Curve:
        x = Axis("usd_per_million_output_tokens", "USD", "a million output tokens", log=True)
        y = Axis("output_tok_s_per_accelerator", "tokens/s", "one accelerator", log=True)
        kinds = {_FREE: self.free(), _HELD: self.held(), _OPEN: ~(self.free() | self.held())}
        across, up = self.values[x.name], self.values[y.name]
        drawn = []
        for label, which in kinds.items():
            rows = np.flatnonzero(which & ~np.isnan(across + up))
            if len(rows):
                drawn.append(Series(label, across[rows].tolist(), up[rows].tolist(), is_points=True))
        why = "" if drawn else "no accelerator has both a rate and a price"
        return Curve("access", "Allowed and denied", x, y, tuple(drawn), sentence=self.sentence(), why=why)

    def _notes(self) -> tuple[str, ...]:
        notes = ["each accelerator plans its count, layout and batch under the scenario's limits"]
        if (row := self.smallest()) is not None:
            served = self.queries_per_day[row] / self.replicas[row] if self.replicas[row] else math.nan
            rest = "" if math.isnan(served) else f"; one replica of it serves {_count(served)} queries a day"
            notes.append(f"the smallest that needs no licence is {self._named(row)}{rest}")
        if catalog_says_closed(self.scenario):
            notes.append(
                "the model's weights are not published: nobody else can run it on chips of their own"
            )
        stands = stands_on(self.scenario, self.values, ("hardware.accelerator",))
        return (*notes, *stands, *self.refused)


def catalog_says_closed(scenario: Scenario) -> bool:
    """Whether the catalogue knows that the weights are not to be had."""
    if scenario.model.config is not None:
        return False
    return catalog.model(scenario.model.id).text.get("weights_published") is False


def _columns(cap: str, *, has_users: bool) -> tuple[Column, ...]:
    return (
        Column("accelerator"),
        Column("status"),
        Column("rules"),
        Column("count", "", "a replica"),
        Column("output_tok_s_per_accelerator", "tokens/s", "each"),
        Column("tpot_s", "s", "a token"),
        Column("usd_per_million_output_tokens", "USD", "M tokens"),
        Column("joules_per_output_token", "J", "a token takes"),
        Column("tpp", "TOPS*bit", "TPP"),
        Column("accelerators_under_cap", "", f"in {cap}"),
        Column("queries_per_day", "1/d", "queries a day"),
        *((Column("users", "", "users"),) if has_users else ()),
        Column("missing", "", "why not, or what is open"),
    )


def _count(value: float) -> str:
    """A number for a sentence: whole from a hundred on.

    >>> _count(1796.4), _count(91.84)
    ('1,796', '91.8')
    """
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _best(values: Array, which: np.ndarray[Any, np.dtype[np.bool_]]) -> int | None:
    """The row of the largest value among some; None where none of them has one."""
    among = np.where(which & ~np.isnan(values), values, -np.inf)
    return int(np.argmax(among)) if np.isfinite(among).any() else None


def _memory(chip: str) -> float:
    return catalog.accelerator(chip).values["memory_bytes"].value or math.inf


def legal(
    to: str, on: dt.date, allowed: Sequence[str] = (NOT_CONTROLLED,), scenario: Scenario | None = None
) -> tuple[str, ...]:
    """The accelerators of the catalogue that rules let go to a place on a day.

    Args:
        to: The place, by code or name.
        on: The day.
        allowed: The statuses that count as allowed; see :data:`STATUSES`.
        scenario: Whose own rules count as well.

    Raises:
        ScenarioError: There is no such status.
        CatalogError: There is no such place.
    """
    for word in allowed:
        if word not in STATUSES:
            message = f"unknown status {word!r}: known are {', '.join(STATUSES)}"
            raise ScenarioError(message)
    code, _ = place_of(to)
    rules = merged(()) if scenario is None else scenario_rules(scenario)
    ids = catalog.ids("accelerator")
    return tuple(i for i in ids if status_on(catalog.accelerator(i), code, on, rules).status in allowed)


def access(
    scenario: Scenario,
    to: str = PLACE,
    on: dt.date | None = None,
    accelerators: Sequence[str] = (),
    *,
    megawatts: float = 1.0,
    tpp: float | None = None,
    per_user: float | None = None,
) -> Access:
    """Serve a scenario from every accelerator and say what the rules make of each.

    Args:
        scenario: What stands; layout, batch and fleet are planned anew on each accelerator.
        to: Where they go, by code or name.
        on: The day that is judged; default: the scenario's.
        accelerators: Ids, or searches such as ``vendor:AMD``; none for all that were out by that day.
        megawatts: The power that the fleet may draw from the grid.
        tpp: The total processing performance that it may have, in place of the power.
        per_user: Queries of one user a day, to say how many users the fleet serves.

    Raises:
        ScenarioError: The scenario names something that does not exist, or no accelerator can be tried.
        CatalogError: There is no such place or accelerator.
    """
    day, (code, place) = on or scenario.as_of, place_of(to)
    rules = scenario_rules(scenario)
    by_chip, refused = _on_each(scenario, accelerators, day)
    if not by_chip:
        message = f"no accelerator can be tried: {'; '.join(refused)}"
        raise ScenarioError(message)
    chips = tuple(by_chip)
    result = evaluate(list(by_chip.values()), [name for name in _READ if name != "hardware_count"])
    values = {**result.values, "hardware_count": result.bound.inputs["hardware_count"] * np.ones(len(chips))}
    rate = values["output_tok_s_per_accelerator"]
    values["hardware_count"] = np.where(np.isnan(rate), np.nan, values["hardware_count"])
    return Access(
        scenario,
        place,
        day,
        chips,
        tuple(status_on(catalog.accelerator(chip), code, day, rules) for chip in chips),
        values,
        _whys(result, rate),
        _replicas(values, megawatts, tpp),
        f"{megawatts:g} MW" if tpp is None else f"{tpp:g} TPP",
        tuple(refused),
        per_user,
    )


def _on_each(
    scenario: Scenario, accelerators: Sequence[str], day: dt.date
) -> tuple[dict[str, Scenario], list[str]]:
    """The scenario on every accelerator that is asked for, by its id, and what is said against the others."""
    wanted, refused = _wanted(accelerators, day)
    opened = dict.fromkeys(OPENED)
    if scenario.workload.concurrency is None:
        opened["workload.batch"] = None
    found = {}
    for chip in wanted:
        try:
            own = with_values(scenario, {**opened, **chip_changes(scenario, chip)})
            evaluate(own, ("tpp",))  # one that cannot be bound is refused alone, not with all the others
        except ScenarioError as error:
            refused.append(f"{chip}: {error.message}")
        else:
            found[chip] = own
    return found, refused


def _wanted(asked: Sequence[str], day: dt.date) -> tuple[list[str], list[str]]:
    """The accelerators to try, and what is to be said of those that were not out by a day.

    Nobody could buy them: they are tried only where they are asked for.
    """
    names = [name for text in asked for name in records("hardware.accelerator", text)]
    ids = list(dict.fromkeys(catalog.accelerator(name).id for name in names or catalog.ids("accelerator")))
    early = [name for name in ids if not is_out(catalog.accelerator(name), day)]
    if not early:
        return ids, []
    few = ", ".join(early) if len(early) <= _NAMED else f"{len(early)} accelerators"
    said = "tried as asked, though" if names else "left out, as"
    note = f"{said} not out by {day.isoformat()}: {few}"
    return (ids if names else [name for name in ids if name not in early]), [note]


def _whys(result: Result, rate: Array) -> dict[int, str]:
    name = "output_tok_s_per_accelerator"
    return {int(row): reasons(result.bound, [name], int(row))[name] for row in np.flatnonzero(np.isnan(rate))}


def _replicas(values: dict[str, Array], megawatts: float, tpp: float | None) -> Array:
    """Whole replicas under the cap, ``(n,)``; NaN where what is capped is unknown."""
    each = values["site_load_mw"] if tpp is None else values["tpp"] * values["accelerators_per_replica"]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        # A cap of exactly so many replicas holds them, whatever the last bit of the quotient.
        found: Array = np.floor((megawatts if tpp is None else tpp) / each * (1 + 1e-12))
    return found
