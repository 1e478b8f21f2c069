"""The lines of the scenario: how each value is read, written, stepped and shown.

Nothing here draws: a :class:`Field` says what a line means, the panels say where it stands.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from inferscope.core import units
from inferscope.core.scenario.ranges import Number

if TYPE_CHECKING:
    from inferscope.core.scenario.schema import Scenario
    from inferscope.tui.answer import Answer

Kind = Literal["number", "choice", "pick", "date"]


class FieldError(ValueError):
    """What was typed is no value of the field; the message says what would be."""


class Scale(NamedTuple):
    """How a kind of number is typed: suffixes with their factors, and examples.

    Attributes:
        suffixes: Factor by suffix; the empty suffix is a bare number.
        examples: What would be right, for messages.
    """

    suffixes: Mapping[str, float]
    examples: str


_MANY = {"": 1.0, "k": units.KILO, "m": units.MEGA, "b": units.GIGA}
SCALES: Mapping[str, Scale] = {
    "count": Scale(_MANY, "512, 8k or 1.5M"),
    "time": Scale({"": 1e-3, "ms": 1e-3, "s": 1.0, "min": 60.0}, "50 ms or 2 s; a bare number is ms"),
    "share": Scale({"": 0.01, "%": 0.01}, "56 %"),
    "usd": Scale({"": 1.0, "usd": 1.0, "usd/h": 1.0, "$": 1.0}, "2.95"),
    "rate": Scale(
        {
            "": 1.0,
            "/s": 1.0,
            "/min": 1 / 60,
            "/h": 1 / units.SECONDS_PER_HOUR,
            "/d": 1 / units.SECONDS_PER_DAY,
            "/day": 1 / units.SECONDS_PER_DAY,
        },
        "20, 20/s or 2,000,000/day",
    ),
    "power": Scale({"": 1.0, "w": 1.0, "kw": units.KILO}, "500, 500 W or 0.5 kW"),
    "plain": Scale({"": 1.0}, "1.2"),
}


_TO = ".."
"""Between the ends of a typed range."""
_LONGEST = 24
"""Characters of what was typed that a message repeats."""


@dataclass(frozen=True)
class Field:
    """One line of the scenario.

    Attributes:
        key: The scenario's dotted key.
        label: What stands before the value.
        about: One sentence for the message line.
        kind: How it is edited.
        scale: How its number is typed, a key of :data:`SCALES`.
        leaf: The graph's input behind it, whose value is shown and explained.
        empty: The word for "not set": ``auto``, ``none`` or where the value then comes from.
        unit: Written after the number.
        options: Choices in order, for ``choice``.
        catalog: Kind of record, for ``pick``.
        essential: Whether it is among the main ones.
        start: The first step up from nothing.
        drops: Keys that a new value makes meaningless.
        shown: How value and remark are written, where it is not the plain way.
    """

    key: str
    label: str
    about: str
    kind: Kind = "number"
    scale: str = "count"
    leaf: str = ""
    empty: str = ""
    unit: str = ""
    options: Callable[[], tuple[str, ...]] = tuple
    catalog: str = ""
    essential: bool = False
    start: float = 1.0
    drops: tuple[str, ...] = ()
    shown: Callable[[Scenario, Answer | None], tuple[str, str]] | None = None

    def raw(self, scenario: Scenario) -> Any:
        """The scenario's value as it stands: a number, a word, or None."""
        if self.key == "workload.requests_per_s":
            demand = scenario.workload.demand_per_s()
            return None if demand is None else Number(demand)
        value = value_at(scenario, self.key)
        if isinstance(value, bool):
            return "on" if value else "off"
        return None if value == "auto" else value

    def number(self, scenario: Scenario, answer: Answer | None) -> float | None:
        """The number in effect: what is set, else what the plan or the catalogue supplies."""
        value = self.raw(scenario)
        if isinstance(value, Number):
            return value.mid
        return answer.input(self.leaf) if answer is not None and self.leaf else None

    # --- showing --------------------------------------------------------------------------------

    def display(self, scenario: Scenario, answer: Answer | None) -> tuple[str, str]:
        """Value and remark, for example ``218`` and ``auto``."""
        if self.shown is not None:
            return self.shown(scenario, answer)
        value = self.raw(scenario)
        if self.kind == "number":
            number = self.number(scenario, answer)
            if number is None:
                return (self.empty or "not set"), ""
            remark = self.empty if value is None else _remark(value)
            return self.figure(number), remark
        return ((self.empty or "none") if value is None else str(value).replace("_", " ")), ""

    def figure(self, number: float) -> str:
        """A number of this field with its unit."""
        if self.scale == "time":
            return units.human(number, "s")
        if self.scale == "share":
            return f"{100 * number:.3g} %"
        text = f"{number:,.0f}" if number == int(number) and abs(number) < 1e15 else f"{number:,.4g}"
        if self.scale == "usd":
            text = f"{number:,.4g}"
        return f"{text} {self.unit}".rstrip()

    def edit_text(self, scenario: Scenario) -> str:
        """What the editor starts with."""
        value = self.raw(scenario)
        if isinstance(value, Number):
            if value.low is None or value.high is None or value.dist != "triangular":
                return self._figure_text(value.mid)
            return f" {_TO} ".join(self._figure_text(v) for v in (value.low, value.mid, value.high))
        return self.empty if value is None else str(value)

    def _figure_text(self, number: float) -> str:
        """A number as one would type it."""
        if self.scale == "time":
            return f"{number * 1000:.12g} ms" if number < 1 else f"{number:.12g} s"
        return f"{100 * number:.12g} %" if self.scale == "share" else f"{number:.12g}"

    # --- changing -------------------------------------------------------------------------------

    def parse(self, text: str) -> Any:
        """The value that was typed; None for "not set", a table for a range such as ``1.5..2..4``.

        Raises:
            FieldError: It is no value of this field.
        """
        word = text.strip().lower()
        if self.empty and word in ("", "-", "auto", "none", self.empty):
            return None
        if self.kind == "date":
            return text.strip()
        scale = SCALES[self.scale]
        if _TO in word:
            return _range(word, scale, self.expected())
        return _tidy(number_of(word, scale, self.expected()))

    def expected(self) -> str:
        """What would be right, for a message."""
        words = f", or {self.empty}" if self.empty in ("auto", "none") else ""
        if self.kind == "date":
            return "a date such as 2026-11-22"
        return f"a number such as {SCALES[self.scale].examples}{words}"

    def changes(self, value: Any, scenario: Scenario) -> dict[str, Any]:
        """The keys to set for a new value, with those dropped that it makes meaningless."""
        found: dict[str, Any] = {}
        for dotted in self.drops:
            for key in _present(scenario, dotted):
                found[key] = None
        if self.key == "optimizations.speculative":
            found[self.key] = None
            if value not in (None, "off"):
                found[f"{self.key}.method"] = value
            return found
        found[self.key] = {"on": True, "off": False}.get(value, value) if self.kind == "choice" else value
        return found

    def stepped(self, scenario: Scenario, answer: Answer | None, *, up: bool) -> Any:
        """The number doubled or halved; a share moves by ten points.

        Raises:
            FieldError: There is no number to step from.
        """
        number = self.number(scenario, answer)
        if number is None or number == 0:
            if not up:
                message = "there is nothing to halve"
                raise FieldError(message)
            return _tidy(self.start)
        if self.scale == "share":
            return _tidy(min(max(round(number + (0.1 if up else -0.1), 10), 0.0), 1.0))
        if not up and number <= self.start and self.scale == "count":
            return 0 if self.start > 1 else 1
        return _tidy(number * 2 if up else number / 2, whole=self.scale == "count")

    def neighbour(self, scenario: Scenario, *, forward: bool) -> str:
        """The choice after or before the present one, round at the ends."""
        options = self.options()
        now = self.choice(scenario)
        place = options.index(now) if now in options else -1 if forward else 0
        return options[(place + (1 if forward else -1)) % len(options)]

    def choice(self, scenario: Scenario) -> str:
        """The present choice."""
        value = self.raw(scenario)
        if self.key == "optimizations.speculative":
            return "off" if value is None else str(value.method)
        return self.empty if value is None else str(value)


def value_at(scenario: Scenario, dotted: str) -> Any:
    """The value of a dotted key; None where a table on the way, or a catalogue figure, is not given."""
    found: Any = scenario
    for part in dotted.split("."):
        if found is None:
            return None
        found = found.overrides.get(part) if _is_catalogue_figure(found, part) else getattr(found, part)
    return found


def _is_catalogue_figure(section: Any, name: str) -> bool:
    """Whether a name under a section is one of the catalogue's, that the scenario may override."""
    from inferscope.core.scenario.schema import Overridable

    return isinstance(section, Overridable) and name not in type(section).model_fields


def number_of(word: str, scale: Scale, expected: str) -> float:
    """A typed number in SI units.

    Raises:
        FieldError: It is none; the message says what would be right.
    """
    match = re.fullmatch(r"([+-]?[\d.,_]+(?:e[+-]?\d+)?)\s*([a-z%/$]*)", word)
    shown = word if len(word) <= _LONGEST else f"{word[:_LONGEST]}…"
    message = f"{shown or 'nothing'!r} is not {expected}"
    if match is None or match[2] not in scale.suffixes:
        raise FieldError(message)
    digits = match[1].replace("_", "")
    if "," in digits:
        if not re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", digits):
            point = digits.replace(",", ".")
            message = f"{digits!r} is not clear: write {point} with a point; commas group thousands"
            raise FieldError(message)
        digits = digits.replace(",", "")
    try:
        value = float(digits)
    except ValueError:
        raise FieldError(message) from None
    if not math.isfinite(value := value * scale.suffixes[match[2]]):
        message = f"{shown!r} is too large"
        raise FieldError(message)
    return value


def _range(word: str, scale: Scale, expected: str) -> dict[str, float | int]:
    """A typed range, ``LOW..HIGH`` or ``LOW..MIDDLE..HIGH``, in SI units; the last suffix serves all.

    Raises:
        FieldError: A part is no number.
    """
    parts = [part.strip() for part in word.split(_TO)]
    if len(parts) not in (2, 3):
        message = f"{word[:_LONGEST]!r} is no range: write 1..3 or 1..2..3"
        raise FieldError(message)
    suffix = re.sub(r"^[^a-z%/$]*", "", re.sub(r"e[+-]?\d+", "", parts[-1]))
    whole = [part if re.search(r"[a-z%/$]\s*$", part) else f"{part} {suffix}" for part in parts]
    names = ("low", "high") if len(parts) == 2 else ("low", "mid", "high")
    return {name: _tidy(number_of(part, scale, expected)) for name, part in zip(names, whole, strict=True)}


def _tidy(value: float, *, whole: bool = False) -> float | int:
    """Twelve digits, and whole numbers as such, so that files stay readable."""
    if whole and value >= 1:
        value = math.floor(value)
    rounded = float(f"{value:.12g}")
    return int(rounded) if rounded == int(rounded) and abs(rounded) < 1e15 else rounded


def _remark(value: Any) -> str:
    """A range, or that the user named a source."""
    if not isinstance(value, Number):
        return ""
    if value.low is not None and value.high is not None:
        return f"{value.low:g}-{value.high:g}"
    return "cited" if value.source else ""


def _present(scenario: Scenario, dotted: str) -> list[str]:
    """The keys that are set under a dotted key; ``SECTION.*`` means its overrides."""
    head, _, rest = dotted.rpartition(".")
    if rest == "*":
        section = value_at(scenario, head)
        return [f"{head}.{name}" for name in section.overrides]
    value = value_at(scenario, dotted)
    return [dotted] if value is not None and value != "auto" else []


def told(field: Field, before: tuple[str, str], scenario: Scenario, dropped: list[str], undo: str) -> str:
    """What a change did, in a line, with the key that takes it back.

    Args:
        field: What was changed.
        before: Its value and remark before.
        scenario: The scenario now.
        dropped: Keys that went with it.
        undo: The key that takes it back.
    """
    after = field.display(scenario, None)
    if before == after:
        what = f"{after[0]}, now set here"
    elif before[0] == after[0]:  # only its range, or where it comes from, is another
        what = " → ".join(f"{value} ({remark})" if remark else value for value, remark in (before, after))
    else:
        what = f"{before[0]} → {after[0]}"
    text = f"{field.label}: {what}; {undo} takes it back"
    return f"{text}; also dropped: {', '.join(dropped)}" if dropped else text
