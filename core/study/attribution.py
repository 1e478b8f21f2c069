"""What each optimisation that is on contributes: alone, last of all, and its share of all together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from inferscope.core.evaluate import evaluate
from inferscope.core.graph import REGISTRY
from inferscope.core.scenario.changed import title
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.schema import Scenario
from inferscope.core.shown import figure
from inferscope.core.study.changes import Game
from inferscope.core.study.conditions import number_quantity
from inferscope.core.study.drawing import Axis, Curve, Series, listed
from inferscope.core.study.effects import TOGGLES, Toggle
from inferscope.core.study.shapley import shapley
from inferscope.core.study.stands import stands_on
from inferscope.core.study.table import Column, Table, Watch

__all__ = ["OFF", "QUANTITIES", "Attributed", "Attribution", "Contribution", "attribute"]

QUANTITIES = ("usd_per_query", "tpot_s", "ttft_s", "wh_per_query", "quality_recovery")
"""What is divided unless something else is asked for."""
OFF: Mapping[str, Any] = {
    "optimizations.weight_format": None,
    "optimizations.activation_format": None,
    "optimizations.kv_format": None,
    "optimizations.speculative": None,
    "optimizations.prefix_cache_hit_rate": None,
    "optimizations.continuous_batching": False,
    "optimizations.chunked_prefill": False,
    "optimizations.two_batch_overlap": None,
    "optimizations.power_cap_w": None,
    "hardware.prefill": None,
}
"""What turns each optimisation off, by the key of its toggle; None is the schema's default."""
_ERROR = Column("error", "", "+/-", unit_from="unit")
_BAR = 24
"""Characters of the longest bar."""
_EXACT = 1e-14
"""Share of a quantity below which a contribution is rounding."""
_AT_ONCE = 128
"""Mixtures that a game evaluates between two calls of its watch."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What an optimisation, or several that cannot be told apart, does to a quantity.

    Attributes:
        label: What to call it.
        keys: The scenario's keys.
        state: Its present state in words.
        share: Its part of the difference between all on and all off, in the quantity's unit.
        alone: What turning only it on does, from all off.
        last: What having it does, with all others on.
        start: The quantity before it in the waterfall.
        end: The quantity after it.
        error: Standard error of the share; 0 where it is exact.
    """

    label: str
    keys: tuple[str, ...]
    state: str
    share: float
    alone: float
    last: float
    start: float = 0.0
    end: float = 0.0
    error: float = 0.0


@dataclass(frozen=True, slots=True)
class Attributed:
    """One quantity, divided.

    Attributes:
        quantity: Its name.
        off: Its value with all optimisations off; None where it has none.
        on: Its value as the scenario stands.
        parts: The contributions, largest first; their shares add up to the difference.
        exact: Whether every mixture was counted.
        why: Why there are no parts.
        held: Labels of optimisations that are on in ``off`` too.
    """

    quantity: str
    off: float | None
    on: float | None
    parts: tuple[Contribution, ...] = ()
    exact: bool = True
    why: str = ""
    held: tuple[str, ...] = ()

    @property
    def difference(self) -> float:
        """As it stands minus all off; NaN where one has no value."""
        return math.nan if self.on is None or self.off is None else self.on - self.off


@dataclass(frozen=True)
class Attribution:
    """Each quantity divided among the optimisations that are on.

    Attributes:
        scenario: What stands.
        quantities: The divisions.
        on: Labels and states of the optimisations that are on.
        off: Labels of the others.
    """

    scenario: Scenario
    quantities: tuple[Attributed, ...]
    on: tuple[str, ...]
    off: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """From where to where each quantity goes, and what carries most of it."""
        if not self.on:
            return "No optimisation is on: there is nothing to divide."
        return f"From all optimisations off to all on: {'; '.join(map(_said, self.quantities))}."

    def table(self) -> Table:
        """A waterfall for each quantity: all off, each optimisation, and as it stands."""
        columns = (
            Column("optimisation", "", "Optimisation"),
            Column("quantity", "", "Quantity"),
            Column("unit"),
            *(
                Column(name, "", label, unit_from="unit")
                for name, label in (
                    ("share", "Share"),
                    ("alone", "Alone on"),
                    ("last", "Last on"),
                    ("start", "From"),
                    ("end", "To"),
                )
            ),
            Column("part", "1", "Part"),
            Column("bar", "", "Bar"),
            *(() if all(item.exact for item in self.quantities) else (_ERROR,)),
        )
        rows, changes = [], []
        for item in self.quantities:
            for row, change in _waterfall(item, _off(_on(self.scenario))):
                rows.append(row[: len(columns)])
                changes.append(change)
        curve = next((_curve(item) for item in self.quantities if item.parts), None)
        what = f"Optimisations of {title(self.scenario)}"
        return Table(what, columns, tuple(rows), self.sentence, tuple(changes), curve, self.notes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is off, what could not be divided, and what has to be known of the figures."""
        found = [f"off: {', '.join(self.off)}"] if self.off else []
        found += [f"{item.quantity}: {item.why}" for item in self.quantities if item.why]
        if self.scenario.hardware.fleet_accelerators is not None:
            found.append("the stated fleet is paid for whatever is on, so that the cost follows it alone")
        for toggle in TOGGLES:
            if names := [item.quantity for item in self.quantities if toggle.label in item.held]:
                found.append(f"{toggle.label} stays on for {listed(names)}: {toggle.caveat}")
        if self.on and self.scenario.workload.batch == "auto":
            found.append("the batch is planned for each mixture: where limits leave room, it and times grow")
        if not all(item.exact for item in self.quantities):
            found.append("shares of many optimisations are sampled: +/- is their standard error")
        return (*found, *stands_on(self.scenario, [item.quantity for item in self.quantities]))


def attribute(
    scenario: Scenario, quantities: Sequence[str] = QUANTITIES, *, watch: Watch | None = None
) -> Attribution:
    """Divide what all optimisations do to a quantity among them.

    The base is the same scenario in the model's native formats with an unquantised cache, without
    speculation, cached prefixes, overlap and a pool for prompts, and with static batching. Shares are
    Shapley values: what an optimisation adds, averaged over all orders of turning them on. What is
    ``auto`` is planned for each mixture.

    Args:
        scenario: What stands.
        quantities: Names.
        watch: Called between parts.

    Raises:
        QuantityError: A quantity does not exist or is no number.
        ScenarioError: The scenario cannot be evaluated.
    """
    names = tuple(dict.fromkeys(number_quantity(name) for name in quantities))
    toggles = _on(scenario)
    found: dict[str, Attributed] = {}
    for timed in (True, False):
        mine = tuple(name for name in names if _is_timed(name) == timed)
        held = () if timed else tuple(toggle for toggle in toggles if toggle.caveat)
        some = [toggle for toggle in toggles if toggle not in held]
        if mine:
            found |= _divided(scenario, some, mine, tuple(toggle.label for toggle in held), watch)
    off = tuple(toggle.label for toggle in TOGGLES if toggle not in toggles)
    on = tuple(f"{toggle.label} {toggle.now(scenario)}" for toggle in toggles)
    return Attribution(scenario, tuple(found[name] for name in names), on, off)


def _is_timed(name: str) -> bool:
    """Whether a quantity is one that also toggles with a caveat on cost and energy may be quoted in."""
    return REGISTRY.node(name).unit == "s" or name == "quality_recovery"


def _off(toggles: Sequence[Toggle]) -> dict[str, Any]:
    """The changes that turn some optimisations off."""
    return {toggle.key: OFF[toggle.key] for toggle in toggles}


def _on(scenario: Scenario) -> tuple[Toggle, ...]:
    """The optimisations that are on: turning them off changes what they say of themselves."""
    return tuple(
        toggle
        for toggle in TOGGLES
        if toggle.now(scenario) != toggle.now(with_values(scenario, {toggle.key: OFF[toggle.key]}))
    )


def _divided(
    scenario: Scenario,
    toggles: Sequence[Toggle],
    names: tuple[str, ...],
    held: tuple[str, ...],
    watch: Watch | None,
) -> dict[str, Attributed]:
    """Some quantities divided among some optimisations; others are held as they are."""
    base = with_values(scenario, _off(toggles))
    ends = evaluate([base, scenario], names)
    game = Game(base, scenario, names)
    if watch is not None:
        game.watch = _counting(watch, 1 << len(game.changes))
    found = {}
    for name in names:
        off, on = (v if math.isfinite(v) else None for v in ends[name].tolist())
        plain = Attributed(name, off, on, held=held)
        missing = [("all off", 0)] * (off is None) + [("as it stands", 1)] * (on is None)
        if not toggles:
            found[name] = replace(plain, why="no optimisation that is on moves it")
        elif missing:
            words = [f"{word} it has no value ({ends.why(name, row)})" for word, row in missing]
            found[name] = replace(plain, why="; ".join(words))
        else:
            found[name] = _shared(game, scenario, plain)
    return found


def _counting(watch: Watch, total: int) -> Any:
    """A game's watch that counts the mixtures."""
    done = 0

    def called() -> None:
        nonlocal done
        watch(min(done, total), total)
        done += _AT_ONCE

    return called


def _shared(game: Game, scenario: Scenario, plain: Attributed) -> Attributed:
    """A quantity with its contributions, and where each starts and ends in the waterfall."""
    shares = shapley(len(game.changes), lambda masks: game.worth(plain.quantity, masks))
    everyone = (1 << len(game.changes)) - 1
    parts = []
    for share in shares.parts:
        mask = sum(1 << player for player in share.players)
        values = game.worth(plain.quantity, [0, mask, everyone ^ mask, everyone])
        keys = tuple(key for player in share.players for key in game.changes[player].keys)
        mine = [toggle for toggle in TOGGLES if any(_belongs(key, toggle) for key in keys)]
        parts.append(
            Contribution(
                " + ".join(toggle.label for toggle in mine),
                keys,
                ", ".join(toggle.now(scenario) for toggle in mine),
                share.value,
                values[mask] - values[0],
                values[everyone] - values[everyone ^ mask],
                error=share.error,
            )
        )
    size = _EXACT * max(abs(plain.on or 0.0), abs(plain.off or 0.0))
    parts = [replace(part, share=part.share if abs(part.share) > size else 0.0) for part in parts]
    parts.sort(key=lambda part: -abs(part.share))
    steps = list(accumulate((part.share for part in parts), initial=plain.off or 0.0))
    placed = (replace(part, start=steps[i], end=steps[i + 1]) for i, part in enumerate(parts))
    return replace(plain, parts=tuple(placed), exact=shares.exact)


def _belongs(key: str, toggle: Toggle) -> bool:
    return key == toggle.key or key.startswith(f"{toggle.key}.")


# --- what is said of it --------------------------------------------------------------------------


def _said(item: Attributed) -> str:
    """One quantity in words."""
    if not item.parts or item.off is None or item.on is None:
        return f"{item.quantity} cannot be divided"
    ends = f"{item.quantity} from {_figure(item, item.off)} to {_figure(item, item.on)}"
    if _figure(item, item.off) == _figure(item, item.on):
        return f"{item.quantity} stays at {_figure(item, item.on)}"
    return f"{ends}, {_largest(item)}"


def _largest(item: Attributed) -> str:
    """The largest part in words; the rest as well, where it goes the other way."""
    largest, whole = item.parts[0], item.difference
    moved = f"{largest.label} {largest.state} ({_signed(item, largest.share)})"
    rest = whole - largest.share
    if rest * largest.share < 0 and abs(rest) > _EXACT * abs(largest.share):
        return f"the largest part is {moved}, against {_signed(item, rest)} by the rest"
    is_most = largest.share / whole > 0.5 and all(part.share * whole >= 0 for part in item.parts)
    return f"most of it by {moved}" if is_most else f"the largest part is {moved}"


def _figure(item: Attributed, value: float) -> str:
    return figure(value, REGISTRY.node(item.quantity).unit, item.quantity)


def _signed(item: Attributed, value: float) -> str:
    return f"{'+' if value > 0 else ''}{_figure(item, value)}"


def _waterfall(item: Attributed, off: Mapping[str, Any]) -> list[tuple[tuple[Any, ...], Mapping[str, Any]]]:
    """The rows of a quantity with the changes that make each of them."""
    unit = REGISTRY.node(item.quantity).unit
    known = [v for v in (item.off, item.on, *(part.end for part in item.parts)) if v is not None]
    ends = min((0.0, *known)), max((0.0, *known))
    held = {toggle.key for toggle in TOGGLES if toggle.label in item.held}
    kept = {key: value for key, value in off.items() if key not in held}

    def end(label: str, value: float | None) -> tuple[Any, ...]:
        bar = "" if value is None else _bar(0.0, value, ends, "##")
        return (label, item.quantity, unit, None, None, None, None, value, None, bar, None)

    found = [(end("all off", item.off), kept)]
    for part in item.parts:
        figures = (part.share, part.alone, part.last, part.start, part.end)
        whole = part.share / item.difference if item.difference else None
        about = (f"{part.label} {part.state}", item.quantity, unit)
        keys = {key: OFF[key] for key in OFF if any(k == key or k.startswith(f"{key}.") for k in part.keys)}
        row = (*about, *figures, whole, _bar(part.start, part.end, ends), part.error or None)
        found.append((row, keys))
    return [*found, (end("as it stands", item.on), {})]


def _bar(start: float, end: float, ends: tuple[float, float], signs: str = "-+") -> str:
    """A step of the waterfall between the least and the greatest value: how it falls, or how it rises.

    >>> _bar(6.0, 3.0, (0.0, 12.0))
    '      ------'
    """
    least, most = ends
    if most == least:
        return ""
    low, high = sorted(round(_BAR * (value - least) / (most - least)) for value in (start, end))
    return " " * low + signs[end > start] * (high - low)


def _curve(item: Attributed) -> Curve:
    """A waterfall: a bar for each optimisation, from where it finds the quantity to where it takes it."""
    node = REGISTRY.node(item.quantity)
    steps = [("all off", 0.0, item.off or 0.0)]
    steps += [(f"{part.label} {part.state}", part.start, part.end) for part in item.parts]
    steps.append(("as it stands", 0.0, item.on or 0.0))
    return Curve(
        "attribution",
        f"{node.label} as optimisations are turned on",
        Axis(item.quantity, node.unit, node.label),
        Axis("", "", "optimisation"),
        tuple(Series(name, [start, end], [-float(i)] * 2) for i, (name, start, end) in enumerate(steps)),
        sentence=_said(item),
    )
