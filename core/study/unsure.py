"""What draws of a scenario say, as the table and the plot that screens and files share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from inferscope.core.graph import REGISTRY
from inferscope.core.policy.chances import Chance
from inferscope.core.study.drawing import Axis, Curve, Mark, Series
from inferscope.core.study.spreads import percent
from inferscope.core.study.stands import stands_on
from inferscope.core.study.table import Column, Table

if TYPE_CHECKING:
    from inferscope.core.study.uncertainty import Limit, Outcome, Uncertainty

__all__ = ["FIRST", "table_of"]

FIRST = (
    "usd_per_query",
    "usd_per_million_output_tokens",
    "tpot_s",
    "ttft_s",
    "wh_per_query",
    "joules_per_output_token",
    "max_requests_per_s",
    "load_utilization",
    "ttft_p99_s",
    "quality_recovery",
    "memory_used_fraction",
)
"""The quantities of the five answers, which come first where they move."""
_COLUMNS = (
    Column("label", "", "Quantity"),
    Column("unit"),
    Column("p5", "", "5 %", "unit"),
    Column("p50", "", "Median", "unit"),
    Column("p95", "", "95 %", "unit"),
    Column("true_percent", "%", "True in"),
    Column("mid", "", "Mid", "unit"),
    Column("mean", "", "Mean", "unit"),
    Column("std", "", "Deviation", "unit"),
    Column("without_value", "1", "Without value"),
    Column("quantity", "", "Name"),
)
_STILL = 1e-9
"""Deviation over mean up to which a quantity counts as the same at all draws."""
_POINTS = 101
"""Points of the plot."""
_FAR = 20.0
"""Ratio of ends from which an axis is logarithmic."""

Row = tuple[Any, ...]


def table_of(found: Uncertainty) -> Table:
    """Quantities that move, those of the answers first; then limits and open rules, then all that is settled.

    Limits and rules are left out where only some quantities were asked for.
    """
    quantities = sorted(found.quantities, key=lambda q: _place(q.quantity))
    moving = [_quantity(q) for q in quantities if _moves(q)]
    still = [_quantity(q) for q in quantities if not _moves(q)]
    limits = [_limit(limit) for limit in found.limits] if found.rules else []
    open_ = [_rule(rule) for rule in found.rules if _is_open(rule)]
    settled = [_rule(rule) for rule in found.rules if not _is_open(rule)]
    title = f"{found.samples:,} draws of {len(found.numbers)} number{'' if len(found.numbers) == 1 else 's'}"
    rows = (*moving, *limits, *open_, *still, *settled)
    stands = stands_on(found.loaded.scenario, [quantity.quantity for quantity in found.quantities])
    notes = (found.planned, *found.notes, *stands)
    return Table(title, _COLUMNS, rows, found.sentence, curve=_curve(found), notes=notes)


def _place(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def _moves(q: Outcome) -> bool:
    """Whether draws move a quantity by more than what rounding adds."""
    return q.std > _STILL * abs(q.mean)


# --- rows ----------------------------------------------------------------------------------------


def _row(values: Mapping[str, Any]) -> Row:
    return tuple(values.get(column.name) for column in _COLUMNS)


def _quantity(q: Outcome) -> Row:
    node = REGISTRY.node(q.quantity)
    figures = {name: getattr(q, name) for name in ("mid", "p5", "p50", "p95", "mean", "std")}
    known = {name: value if math.isfinite(value) else None for name, value in figures.items()}
    about = {"label": node.label, "unit": node.unit, "quantity": q.quantity}
    return _row(about | known | {"without_value": q.without})


def _limit(limit: Limit) -> Row:
    """A limit with the share of the draws that miss it."""
    label = f"{percent(limit.missed)} miss {limit.key} {limit.allowed:g}"
    return _row({"label": label, "unit": "", "true_percent": 100.0 * limit.missed, "quantity": limit.key})


def _rule(chance: Chance) -> Row:
    """A rule with the share of the draws in which what it says is true."""
    share, rule = chance.applies, chance.rule
    about = "unknown" if chance.unknown == 1.0 else f"{percent(share)} true"
    true = None if chance.unknown == 1.0 else 100.0 * share
    label = f"{about}: {rule.title}"
    return _row({"label": label, "unit": "", "true_percent": true, "quantity": rule.id})


def _is_open(chance: Chance) -> bool:
    """Whether the draws do not settle a rule."""
    return max(chance.applies, chance.does_not_apply, chance.unknown) < 1.0


# --- the plot ------------------------------------------------------------------------------------


def _curve(found: Uncertainty) -> Curve:
    """Which share of the draws lies below each value of the first quantity that moves."""
    axis = Axis("share", "%", "Share of draws below")
    moving = sorted((q for q in found.quantities if _moves(q)), key=lambda q: _place(q.quantity))
    if not moving:
        none = Axis("", "", "value")
        return Curve("quantiles", "How sure it is", none, axis, why="no quantity moves over the draws")
    lead = moving[0]
    node = REGISTRY.node(lead.quantity)
    values = found.draws.values[lead.quantity][: found.samples]
    shares = np.linspace(0.0, 1.0, _POINTS)
    at = np.quantile(values[np.isfinite(values)], shares)
    is_far = bool(at[0] > 0 and at[-1] > _FAR * at[0])
    places = (("5 %", lead.p5, 5.0), ("median", lead.p50, 50.0), ("95 %", lead.p95, 95.0))
    return Curve(
        "quantiles",
        f"How sure it is: {node.label}",
        Axis(lead.quantity, node.unit, node.label, is_far),
        axis,
        (Series("", at.tolist(), (100.0 * shares).tolist()),),
        tuple(Mark(label, x, y) for label, x, y in places),
        found.sentence,
    )
