"""How sure an answer is: every quantity, limit and rule over draws of what is not known exactly."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from inferscope.core.errors import InferscopeError, ScenarioError
from inferscope.core.evaluate import Result, evaluate
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.policy.chances import Chance, chances
from inferscope.core.policy.profiles import training_parts
from inferscope.core.policy.spreads import inputs_read
from inferscope.core.report import OUTPUTS
from inferscope.core.scenario.files import Loaded, locate
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.schema import Scenario
from inferscope.core.shown import figure
from inferscope.core.spread import P5, P50, P95, Spread, sorted_quantiles
from inferscope.core.study.conditions import number_quantity
from inferscope.core.study.draws import Uncertain, of_rules
from inferscope.core.study.sampling import At, at_draws, check_draws, drawn
from inferscope.core.study.spreads import LIMITS, limit_inputs, missed_share, numbers_of, percent, plan_words
from inferscope.core.study.table import Table, Watch

__all__ = ["Limit", "Outcome", "Uncertainty", "uncertainty"]

SAMPLES = 1024
LEADING = "usd_per_query"
"""The quantity that the sentence is about, where it has a value."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One quantity over the draws.

    Attributes:
        quantity: Its name.
        mid: Its value at the middle of all ranges; NaN where it has none.
        mean: Over the draws that have a value, as all that follow.
        std: Standard deviation.
        p5: 5th percentile.
        p50: Median.
        p95: 95th percentile.
        without: Share of the draws without a value.
    """

    quantity: str
    mid: float
    mean: float
    std: float
    p5: float
    p50: float
    p95: float
    without: float

    @property
    def figures(self) -> tuple[float, ...]:
        """All of them, in the order of the columns of a table."""
        return self.mid, self.p5, self.p50, self.p95, self.mean, self.std, self.without

    @property
    def moves(self) -> bool:
        """Whether it is not the same at all draws."""
        return self.std > 0


@dataclass(frozen=True, slots=True)
class Limit:
    """A latency limit: the share of draws that miss it; those that do not fit miss it as well."""

    key: str
    allowed: float
    missed: float


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What a scenario gives over draws of its uncertain numbers.

    Attributes:
        loaded: The scenario.
        result: The scenario at the middle, with the draws as its spread.
        numbers: What was drawn.
        samples: How many draws.
        seed: Their seed.
        sampler: ``lhs`` or ``sobol``.
        planned: When batch, layout and replicas were planned, in words.
        quantities: Numbers.
        limits: Latency limits.
        rules: Policy rules; without those where only some quantities were asked for.
        unfit: Share of the draws that do not fit in memory.
        notes: What a reader has to know.
    """

    loaded: Loaded
    result: Result
    numbers: tuple[Uncertain, ...]
    samples: int
    seed: int
    sampler: str
    planned: str
    quantities: tuple[Outcome, ...]
    limits: tuple[Limit, ...]
    rules: tuple[Chance, ...]
    unfit: float
    notes: tuple[str, ...]

    @property
    def draws(self) -> Spread:
        """Every quantity at every draw."""
        return self.result.spreads[0]

    @property
    def is_no(self) -> bool:
        """Whether no draw at all fits, or keeps the limits."""
        return self.unfit == 1.0 or any(limit.missed == 1.0 for limit in self.limits)

    @property
    def sentence(self) -> str:
        """What it says, in one sentence with numbers."""
        return _sentence(self)

    def table(self) -> Table:
        """Every quantity with its quantiles, what moves first; limits and rules with their shares; a plot."""
        from inferscope.core.study.unsure import table_of  # noqa: PLC0415  (it knows what is found here)

        return table_of(self)


def counted(count: int, what: str) -> str:
    """For example ``3 numbers``."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def uncertainty(
    loaded: Loaded | Scenario,
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    sampler: str = "lhs",
    quantities: Sequence[str] = (),
    catalog_ranges: bool = False,
    replan: bool = False,
    watch: Watch | None = None,
) -> Uncertainty:
    """Evaluate a scenario at draws of its uncertain numbers.

    Args:
        loaded: The scenario, with or without where it came from.
        samples: How many draws; Sobol's sequence takes the next power of two.
        seed: The same seed gives the same draws.
        sampler: ``lhs`` (Latin hypercube) or ``sobol``, which needs SciPy.
        quantities: Only these; default: all of a report, and the rules.
        catalog_ranges: Whether what the catalogue and the calibration know as a range is drawn as well.
        replan: Whether batch, layout and replicas that are ``auto`` are planned at each draw.
        watch: Told what is done.

    Raises:
        InferscopeError: Nothing in the scenario is uncertain, a quantity is no number, or the sampler
            needs a library that is not there.
    """
    item = Loaded(loaded, None, {}) if isinstance(loaded, Scenario) else loaded
    check_draws(samples, seed, sampler)
    for name in quantities:
        number_quantity(name)
    try:
        result = evaluate(item.scenario, tuple(dict.fromkeys((*OUTPUTS, *quantities))))
    except ScenarioError as error:
        raise locate(error, item) from None
    numbers = numbers_of(result, catalog_ranges=catalog_ranges)
    facts = of_rules(item.scenario)
    if not numbers and not facts:
        raise InferscopeError(_NOTHING)
    count = 1 << max(samples - 1, 0).bit_length() if sampler == "sobol" else samples
    shares = drawn((*numbers, *facts), count, seed, sampler)  # a group may reach into [policy]
    values = {number.name: shares[number.name] for number in numbers}
    names = tuple(dict.fromkeys((*result.values, *inputs_read(result), *limit_inputs(result))))
    try:
        at = at_draws(result.bound, 0, numbers, values, names, replan=replan, watch=watch)
    except ScenarioError as error:
        raise locate(error, item) from None
    spread = _spread_of(result, at, values, count)
    result = replace(result, spreads={0: spread})
    known = {number.name: shares[number.name] for number in facts}
    return Uncertainty(
        item,
        result,
        numbers,
        count,
        seed,
        sampler,
        plan_words(at, replan=replan),
        tuple(_outcomes(result, spread, tuple(quantities) or OUTPUTS)),
        tuple(_limits(result, spread)),
        () if quantities else tuple(_rules(result, item.scenario, count, known)),
        float(np.mean(spread.values["fits_memory"] == 0.0)),
        tuple(_notes(at, count, samples, numbers)),
    )


def _spread_of(result: Result, at: At, values: Mapping[str, Array], count: int) -> Spread:
    """The draws with what they give, and the share of them that miss each limit."""
    shares = {key: missed_share(result, 0, at.values, key, count) for key in LIMITS}
    missed = {key: share for key, share in shares.items() if share is not None}
    columns = {name: np.broadcast_to(v, count) for name, v in {**values, **at.values}.items()}
    return Spread(columns, count, tuple(values), missed)


def _limits(result: Result, spread: Spread) -> Iterator[Limit]:
    """Each limit of the scenario with the share of draws that miss it."""
    for key, share in spread.missed.items():
        yield Limit(key, float(result.bound.inputs[LIMITS[key][1]][0]), share)


_NOTHING = (
    "no number of the scenario is a range or a distribution: give one, such as "
    "--set 'economics.usd_per_accelerator_hour={low=1.5, mid=2, high=4}', or --catalog-ranges"
)


def _outcomes(result: Result, spread: Spread, names: Sequence[str]) -> list[Outcome]:
    """Statistics of every quantity that is a number."""
    kept = [n for n in names if not REGISTRY.node(n).codes and REGISTRY.node(n).unit != "bool"]
    table = np.where(np.isfinite(rows := np.array([spread.values[n] for n in kept])), rows, np.nan)
    middles = sorted_quantiles(table, (P5, P50, P95))
    known = ~np.isnan(table)
    count = known.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, table, 0.0).sum(axis=1) / count
        square = np.where(known, table - mean[:, None], 0.0) ** 2
        std = np.sqrt(square.sum(axis=1) / count)
    mean, std = _settled(mean, std, middles, table)
    without = 1.0 - count / table.shape[1]
    mids = np.array([float(result[name][0]) for name in kept])
    figures = np.column_stack([mids, mean, std, middles, without])
    return [Outcome(name, *map(float, line)) for name, line in zip(kept, figures, strict=True)]


def _settled(mean: Array, std: Array, middles: Array, table: Array) -> tuple[Array, Array]:
    """Mean and deviation without what rounding adds where a quantity is the same at all draws."""
    with np.errstate(invalid="ignore"):
        low, high = np.fmin.reduce(table, axis=1), np.fmax.reduce(table, axis=1)
    return np.where(low == high, middles[:, 1], mean), np.where(low == high, 0.0, std)


def _rules(result: Result, scenario: Scenario, count: int, drawn_facts: Mapping[str, Array]) -> list[Chance]:
    facts = {n.removeprefix("policy."): v for n, v in drawn_facts.items() if n.startswith("policy.")}
    given = {name: getattr(scenario.policy, name) for name in scenario.policy.model_fields_set}
    fixed = {n: np.full(count, v.mid) for n, v in given.items() if isinstance(v, Number)}
    parts = training_parts(scenario, drawn_facts)
    return chances(result, 0, scenario.as_of, count, {**fixed, **facts, **parts})


def _notes(at: At, count: int, samples: int, numbers: Sequence[Uncertain]) -> list[str]:
    found = []
    if count != samples:
        found.append(f"Sobol's sequence takes a power of two: {count:,} draws instead of {samples:,}")
    if at.apart:
        about = (
            "moves more than a number of the graph" if len(at.apart) == 1 else "move more than a number each"
        )
        found.append(f"{', '.join(at.apart)} {about}: a scenario of its own at each draw, which takes longer")
    if at.refused[0]:
        found.append(f"{percent(at.refused[0] / count)} of the draws cannot be: {at.refused[1]}")
    if any(number.is_input for number in numbers):
        found.append("ranges of the catalogue are drawn as triangles between their ends")
    return found


def _sentence(found: Uncertainty) -> str:
    """The leading quantity with its range; then what does not fit, and the least certain rule."""
    known = [q for q in found.quantities if math.isfinite(q.p50)]
    lead = next((q for q in known if q.quantity == LEADING), known[0] if known else None)
    parts = []
    if lead is None:
        parts.append(f"no draw of {found.samples:,} gives a value")
    else:
        unit = REGISTRY.node(lead.quantity).unit
        low, mid, high = (figure(v, unit, lead.quantity) for v in (lead.p5, lead.p50, lead.p95))
        label = REGISTRY.node(lead.quantity).label
        which = "draws that give one" if lead.without else "draws"
        parts.append(f"{label} is {low} to {high} in nine of ten {which}, {mid} in the median")
        if lead.without and lead.without != found.unfit:
            parts.append(f"{percent(lead.without)} of the draws give no value")
    if found.unfit:
        parts.append(f"{percent(found.unfit)} of the draws do not fit in memory")
    parts += [f"{limit.key} is missed in {percent(limit.missed)}" for limit in found.limits if limit.missed]
    open_ = [rule for rule in found.rules if 0 < rule.applies < 1]
    if open_:
        first = min(open_, key=lambda rule: abs(rule.applies - 0.5))
        others = f", {counted(len(open_) - 1, 'other rule')} as open" if len(open_) > 1 else ""
        parts.append(f"{first.rule.title} is true in {percent(first.applies)}{others}")
    return f"{'; '.join(parts)}."
