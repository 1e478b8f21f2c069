"""What moves an answer: the result of a study of sensitivity, as a table, a sentence and a tornado."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from inferscope.core.scenario.changed import title
from inferscope.core.scenario.schema import Scenario
from inferscope.core.sentences import money
from inferscope.core.study import rates
from inferscope.core.study.drawing import Axis, Curve, Mark, Series, listed
from inferscope.core.study.factors import Factor
from inferscope.core.study.stands import stands_on
from inferscope.core.study.table import Column, Table
from inferscope.core.units import human

__all__ = ["Answer", "Mover", "Sensitivity", "in_words"]

_NAMED = 5
"""How many inputs the sentence names."""
_BARS = 12
"""How many bars the tornado has at most."""
_NUMBERS = ("no", "one", "two", "three", "four", "five")


@dataclass(frozen=True, slots=True)
class Mover:
    """What one factor does to a quantity; NaN where a method was not asked for or has no number.

    Attributes:
        factor: The factor.
        at_low: The quantity with the factor at its low end.
        at_high: The same at its high end.
        why: Why there is no value at an end.
        rate: Its elasticity.
        first: First-order Sobol index.
        first_error: Half its 95 % confidence interval.
        total: Total Sobol index.
        total_error: Half its 95 % confidence interval.
        swing: How far the quantity moves over low, present and high.
    """

    factor: Factor
    at_low: float = math.nan
    at_high: float = math.nan
    why: str = ""
    rate: rates.Rate = rates.NONE
    first: float = math.nan
    first_error: float = math.nan
    total: float = math.nan
    total_error: float = math.nan
    swing: float = math.nan


@dataclass(frozen=True, slots=True)
class Answer:
    """What moves one quantity.

    Attributes:
        quantity: Its name.
        label: What it is called in tables.
        unit: Its unit.
        base: Its value as the scenario stands; NaN where it has none.
        why: Why it has none.
        movers: The factors that move it, the strongest first.
        still: Labels of those that do not.
        notes: What is said of it alone.
        open_: Labels of those of which no method can say whether they move it.
        gap: Why there is no number, where a method has none.
    """

    quantity: str
    label: str
    unit: str
    base: float
    why: str
    movers: tuple[Mover, ...]
    still: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    open_: tuple[str, ...] = ()
    gap: str = ""

    def shown(self, value: float) -> str:
        """A value of the quantity for people."""
        return money(value) if self.unit == "USD" else human(value, self.unit)


@dataclass(frozen=True)
class Sensitivity:
    """What a study of sensitivity found.

    Attributes:
        scenario: What stood.
        answers: One a quantity, in the order asked for.
        methods: The methods used.
        notes: What a reader has to know.
    """

    scenario: Scenario
    answers: tuple[Answer, ...]
    methods: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def sentence(self) -> str:
        """The inputs that carry each answer."""
        return " ".join(_sentence(answer, self.methods) for answer in self.answers)

    def curve(self, quantity: str = "") -> Curve:
        """The tornado of a quantity; by default of the first."""
        return _tornado(next(a for a in self.answers if quantity in ("", a.quantity)))

    def of(self, quantity: str) -> Sensitivity:
        """The same for one of the quantities."""
        return replace(self, answers=tuple(a for a in self.answers if a.quantity == quantity))

    def table(self) -> Table:
        """One row for each quantity and factor that moves it."""
        return Table(
            f"Sensitivity of {listed([answer.quantity for answer in self.answers])}: {title(self.scenario)}",
            tuple(_columns(self)),
            tuple(_row(self, answer, mover) for answer in self.answers for mover in answer.movers),
            self.sentence,
            tuple(_changes(answer, mover) for answer in self.answers for mover in answer.movers),
            self.curve() if "tornado" in self.methods else None,
            (
                *stands_on(self.scenario, [answer.quantity for answer in self.answers]),
                *self.notes,
                *(note for answer in self.answers for note in answer.notes),
            ),
        )


# --- the table -----------------------------------------------------------------------------------


def _columns(found: Sensitivity) -> Iterator[Column]:
    """The columns that the methods fill."""
    several = len(found.answers) > 1
    unit, from_ = ("", "quantity_unit") if several else (found.answers[0].unit, "")
    if several:
        yield Column("quantity", label="Quantity")
        yield Column("quantity_unit")
    yield Column("input", label="Input")
    yield Column("unit")
    if "tornado" in found.methods:
        yield Column("low", "", "Low", "unit")
        yield Column("high", "", "High", "unit")
        yield Column("at_low", unit, "At low", from_)
        yield Column("at_high", unit, "At high", from_)
        yield Column("swing_percent", "%", "Swing")
    if "elasticity" in found.methods:
        yield Column("elasticity", "1", "Elasticity")
    if "sobol" in found.methods:
        yield Column("first_order", "1", "First")
        yield Column("first_order_error", "1", "+-")
        yield Column("total", "1", "Total")
        yield Column("total_error", "1", "+-")
    if any(_remark(mover) for answer in found.answers for mover in answer.movers):
        yield Column("remark", label="Remark")
    yield Column("now", "", "Now", "unit")
    yield Column("key", label="Key")


def _row(found: Sensitivity, answer: Answer, mover: Mover) -> tuple[Any, ...]:
    """One row, in the order of the columns."""
    factor = mover.factor
    values: dict[str, Any] = {
        "quantity": answer.quantity,
        "quantity_unit": answer.unit,
        "input": factor.label,
        "key": factor.name,
        "unit": factor.unit,
        **{name: _known(getattr(factor, name)) for name in ("now", "low", "high")},
        "at_low": _known(mover.at_low),
        "at_high": _known(mover.at_high),
        "swing_percent": _known(100.0 * mover.swing / abs(answer.base) if answer.base else math.nan),
        "elasticity": _known(mover.rate.value),
        "first_order": _known(mover.first),
        "first_order_error": _known(mover.first_error),
        "total": _known(mover.total),
        "total_error": _known(mover.total_error),
        "remark": _remark(mover) or None,
    }
    return tuple(values[column.name] for column in _columns(found))


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _remark(mover: Mover) -> str:
    return "; ".join(text for text in (mover.why, mover.rate.note) if text)


def _changes(answer: Answer, mover: Mover) -> Mapping[str, Any]:
    """The keys that move the quantity to its farther end; none for what is no key of a scenario."""
    low, high = mover.factor.ends()
    if any(member.is_input for member in mover.factor.members):
        return {}
    away = [0.0 if math.isnan(end) else abs(end - answer.base) for end in (mover.at_low, mover.at_high)]
    chosen = low if away[0] > away[1] else high
    return {key: int(value) if value == int(value) else value for key, value in chosen.items()}


# --- the tornado ---------------------------------------------------------------------------------


def _tornado(answer: Answer) -> Curve:
    """A bar for each of the strongest factors, the strongest on top."""
    shown = [mover for mover in answer.movers if mover.swing > 0.0][:_BARS]
    axes = Axis(answer.quantity, answer.unit, answer.label), Axis("", "", "input")
    blank = Curve("tornado", f"Tornado of {answer.label}", *axes)
    if math.isnan(answer.base) or not shown:
        return Curve(blank.kind, blank.title, *axes, why=answer.why or _unmoved(answer))
    bars = []
    for place, mover in enumerate(shown):
        ends = [value for value in (mover.at_low, mover.at_high) if math.isfinite(value)]
        spread = [*ends, answer.base]
        bars.append(Series(mover.factor.label, [min(spread), max(spread)], [-float(place)] * 2))
    now = Mark("now", answer.base, None)
    return Curve(blank.kind, blank.title, *axes, tuple(bars), (now,), _sentence(answer, ("tornado",)))


# --- the sentence --------------------------------------------------------------------------------


def _sentence(answer: Answer, methods: Sequence[str]) -> str:
    """The inputs that carry an answer, at most five."""
    if math.isnan(answer.base):
        return f"{answer.label} has no value: {in_words(answer.why)}."
    start = f"{answer.label} is {answer.shown(answer.base)}"
    if not answer.movers:
        return f"{start}{', and' if not answer.gap + ''.join(answer.open_) else ';'} {_unmoved(answer)}."
    chosen = [text for mover in answer.movers if (text := _carries(answer, mover, methods))][:_NAMED]
    count = len(answer.movers) + len(answer.still)
    of = f"of {count} input{'s' if count > 1 else ''}"
    if not chosen:
        return f"{start}; {of} none carries it{_how(methods)} by more than can be told."
    carry = "carry" if len(chosen) != 1 else "carries"
    text = f"{start}; {of} {_NUMBERS[len(chosen)]} {carry} it{_how(methods)}: {listed(chosen)}"
    broken = [mover.factor.label for mover in answer.movers if mover.why]
    return f"{text}; at an end of {listed(broken)} it has no value." if broken else f"{text}."


def _unmoved(answer: Answer) -> str:
    """That no input moves an answer, or why that cannot be said."""
    if answer.gap:
        return answer.gap
    if answer.open_:
        return f"how far {listed(list(answer.open_))} would move it cannot be said"
    return "no input moves it"


def _how(methods: Sequence[str]) -> str:
    if methods[0] == "sobol":
        return " by share of its variance, alone and together with others (total Sobol index)"
    return " by change for 1 % more" if methods[0] == "elasticity" else ""


def _carries(answer: Answer, mover: Mover, methods: Sequence[str]) -> str:
    """One input with what it does; nothing where it does nothing."""
    label = mover.factor.label
    if methods[0] == "sobol":
        return f"{label} {min(100 * mover.total, 100):.0f} %" if mover.total > mover.total_error else ""
    if methods[0] == "elasticity":
        return f"{label} {mover.rate.value:+.2f} %" if abs(mover.rate.value) >= 0.005 else ""
    known = [value for value in (mover.at_low, mover.at_high) if not math.isnan(value)]
    if not mover.swing > 1e-4 * abs(answer.base) or len(known) < 2:
        return ""
    return f"{label} ({_ends(answer, *known)})"


def _ends(answer: Answer, low: float, high: float) -> str:
    """Both ends of a range in the unit in which the larger one is read."""
    texts = [answer.shown(value).partition(" ") for value in (low, high)]
    if texts[0][2] != texts[1][2]:
        at = int(abs(high) > abs(low))
        figure, _, unit = texts[at]
        larger, smaller = (low, high)[at], (high, low)[at]
        scale = 10.0 ** round(math.log10(abs(float(figure.replace(",", "")) / larger)))
        texts[1 - at] = (human(smaller * scale, "1"), " ", unit)
    return f"{texts[0][0]} to {' '.join(part for part in texts[1][::2] if part)}"


def in_words(why: str) -> str:
    """The reason that there is no value, for people: its first cause.

    >>> in_words("does_not_fit: weights take 140 GB"), in_words("needs_input: site.pue")
    ('does not fit: weights take 140 GB', 'needs input: site.pue')
    """
    word, colon, what = why.partition("; ")[0].partition(": ")
    return f"{word.replace('_', ' ')}{colon}{what}"
