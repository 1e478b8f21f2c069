"""What a comparison says in words: values, amounts, shares and one true sentence a difference."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

from inferscope.core.graph import REGISTRY
from inferscope.core.shown import reason_text, shown
from inferscope.core.study.changes import number
from inferscope.core.study.compare import Carried, Cell, Comparison

SMALL = 0.005
"""Share of a difference below which a part is not worth a line."""

_LONGEST = 24
_SAID = {
    "usd_per_query": ("a query costs", "less", "more", "as much"),
    "usd_per_million_output_tokens": ("a million output tokens cost", "less", "more", "as much"),
    "ttft_s": ("the first token takes", "less time", "more time", "as long"),
    "tpot_s": ("an output token takes", "less time", "more time", "as long"),
    "wh_per_query": ("a query takes", "less energy", "more energy", "as much energy"),
    "output_tok_s_per_accelerator": (
        "an accelerator gives", "fewer tokens/s", "more tokens/s", "as many tokens/s",
    ),
    "accelerators_needed": (
        "the demand needs", "fewer accelerators", "more accelerators", "as many accelerators",
    ),
}  # fmt: skip


def cell_text(cell: Cell) -> str:
    """The value of an input with a mark that says where it comes from.

    >>> cell_text(Cell(43.0, "planned")), cell_text(Cell(1024.0, "default")), cell_text(Cell("h20", "set"))
    ('43*', '(1,024)', 'h20')
    """
    text = value_text(cell.value)
    if cell.low is not None and cell.high is not None:
        text += f" [{value_text(cell.low)}, {value_text(cell.high)}]"
    forms = {"planned": f"{text}*", "catalogue": f"{text}+", "default": f"({text})"}
    return text if cell.value is None else forms.get(cell.kind, text)


def value_text(value: Any) -> str:
    """A value of a scenario for people.

    >>> value_text(13e6), value_text({"value": 2.0, "source": "invoice"}), value_text(None)
    ('13,000,000', '2 (cited)', '-')
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        whole = math.isfinite(value) and value == int(value) and abs(value) < 1e9
        return f"{value:,.0f}" if whole else f"{value:.4g}"
    if isinstance(value, Mapping) and (found := number(value)) is not None:
        cited = " (cited)" if found.source else ""
        ends = "" if found.low is None else f" [{found.low:.4g}, {found.high:.4g}]"
        return f"{value_text(found.mid)}{ends}{cited}"
    if isinstance(value, dt.date):
        return value.isoformat()
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def unit(comparison: Comparison, item: Carried) -> str:
    """The unit of the quantity that differs."""
    return str(comparison.reports[0]["quantities"][item.quantity]["unit"])


def amount(carried: Carried, comparison: Comparison, value: float) -> str:
    """A signed amount of a quantity, with its unit."""
    sign = "-" if value < 0 else "+"
    return f"{sign}{shown({'value': abs(value), 'unit': unit(comparison, carried)}, carried.quantity)}"


def percent(share: float) -> str:
    """A share for people: two digits below ten percent, none after the point above.

    >>> percent(0.804), percent(-0.0312), percent(12.34)
    ('80 %', '-3.1 %', '1,234 %')
    """
    figure = 100 * share
    return f"{figure:.2g} %" if 0 < abs(figure) < 10 else f"{figure:,.0f} %"


def sentence(comparison: Comparison, carried: Carried) -> str:
    """What differs and what carries it, in one sentence with numbers.

    It is true of every pair: where an end has no value it says so.
    """
    first, other = comparison.names[0], comparison.names[carried.other]
    label = REGISTRY.node(carried.quantity).label
    ends = [
        (comparison.names[at], comparison.reports[at]["quantities"][carried.quantity])
        for at in (0, carried.other)
    ]
    if carried.why == "no difference":
        return f"{other} and {first} do not differ: {label.lower()} {shown(ends[0][1], carried.quantity)}."
    if carried.why:
        whys = [f"{name}: {reason_text(e.get('why', ''))}" for name, e in ends if e["value"] is None]
        return f"{label} has no difference to divide: {'; '.join(whys) or carried.why}."
    planned = _planned_batch(comparison, carried)
    return f"{_difference(comparison, carried, label)}{planned}; {_carriers(carried)}."


def _planned_batch(comparison: Comparison, carried: Carried) -> str:
    """At which batch each was planned, where the plan moved what it decides."""
    batch = next((row for row in comparison.inputs if row.key == "workload.batch" and row.differs), None)
    if batch is None or carried.quantity not in REGISTRY.descendants({"workload_batch"}):
        return ""
    first, other = batch.values[0], batch.values[carried.other]
    if (first.kind, other.kind) != ("planned", "planned") or None in (first.value, other.value):
        return ""
    if first.value == other.value:
        return ""
    return f", at a planned batch of {other.value:,.0f} instead of {first.value:,.0f}"


def _difference(comparison: Comparison, carried: Carried, label: str) -> str:
    first, other = comparison.names[0], comparison.names[carried.other]
    what, less, more, as_much = _SAID.get(
        carried.quantity, (f"{label.lower()} is", "lower", "higher", "as high")
    )
    if not carried.first:
        return (
            f"With {other} {what} {amount(carried, comparison, carried.difference)} {more} than with {first}"
        )
    ratio = carried.difference / carried.first + 1
    if ratio >= 2:
        return f"With {other} {what} {ratio:,.3g} times {as_much} as with {first}"
    return f"With {other} {what} {percent(abs(ratio - 1))} {less if ratio < 1 else more} than with {first}"


def _carriers(carried: Carried) -> str:
    """Where most of it comes from, and what works most against it."""
    most = max(carried.contributions, key=lambda part: part.share)
    least = min(carried.contributions, key=lambda part: part.share)
    if most.share >= 1 - SMALL and least.share > -SMALL:
        return f"all of it comes from the {most.label}"
    about = "" if carried.exact else "about "
    text = f"{about}{percent(most.share)} of it comes from the {most.label}"
    return f"{text}, {percent(least.share)} from the {least.label}" if least.share < -0.1 else text
