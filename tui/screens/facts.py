"""Giving rules the facts that they miss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from inferscope.tui.choices import Choices, Column, Row
from inferscope.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from textual.app import ComposeResult

    from inferscope.core.scenario.schema import Scenario

_KEYS = {
    "training_flop": "training.flop",
    "effective_training_flop": "training.flop",
    "performance_density": "hardware.die_area_mm2",
    "pue": "site.pue",
    "site_country": "site.region",
}
"""Keys of quantities that have none in ``[policy]``."""
_YES_NO = {
    "y": True,
    "yes": True,
    "true": True,
    "on": True,
    "n": False,
    "no": False,
    "false": False,
    "off": False,
}


def key_of(name: str) -> str:
    """The scenario's key of a fact, by what a verdict calls missing or by its quantity; empty: none.

    >>> key_of("policy.monthly_users"), key_of("monthly_users"), key_of("training_flop"), key_of("tpp")
    ('policy.monthly_users', 'policy.monthly_users', 'training.flop', '')
    """
    from inferscope.core.policy.quantities import QUANTITIES

    if "." in name:
        return name
    if name in _KEYS:
        return _KEYS[name]
    return f"policy.{name}" if name in QUANTITIES and QUANTITIES[name].has_key else ""


def keys_of(entry: Mapping[str, Any]) -> list[str]:
    """The keys that settle a rule or change its verdict, the missing ones first."""
    names = [*entry["missing"], *entry.rule.names] if hasattr(entry, "rule") else list(entry["missing"])
    parts = _parts(entry["counting"]) if "training_flop" in names else []
    return [key for key in dict.fromkeys([*map(key_of, names), *parts]) if key]


def _parts(profile: str) -> list[str]:
    """The keys of the parts of training compute that a profile counts, or may count."""
    from inferscope.core.policy.profiles import weight
    from inferscope.core.scenario.training import PARTS

    names = [name for name in PARTS if name != "pretraining"]
    return [f"training.{name}.flop" for name in names if profile and weight(profile, name) != 0]


def changes_of(key: str, value: Any) -> dict[str, Any]:
    """What to set of the scenario; a part of training compute without a figure goes as a whole.

    >>> changes_of("training.fine_tuning.flop", None), changes_of("policy.destination", None)
    ({'training.fine_tuning': None}, {'policy.destination': None})
    """
    from inferscope.core.scenario.training import of_rules_alone

    if value is None and of_rules_alone(key):
        return {key.rpartition(".")[0]: None}
    return {key: value}


def about(key: str) -> tuple[str, str, str]:
    """What a key means, its unit, and an example of a value."""
    from inferscope.core.policy.quantities import QUANTITIES
    from inferscope.core.scenario.policy import Policy
    from inferscope.core.scenario.training import Training

    section, _, name = key.partition(".")
    unit = QUANTITIES[name].unit if name in QUANTITIES else "FLOP" if key.endswith("flop") else ""
    fields = {"policy": Policy.model_fields, "training": Training.model_fields}.get(section, {})
    known = fields.get(name.removesuffix(".flop"))
    words = (known.description or "") if known is not None else name.replace("_", " ")
    examples = {"bool": "yes or no", "date": "a day such as 2026-07-01", "code": "a code such as US"}
    kind = examples.get(unit, f"a number in {unit}" if unit not in ("", "1") else "a number")
    return words, unit, kind


def typed(text: str, unit: str) -> Any:
    """The value that was typed, as the scenario has it; None where nothing was.

    >>> typed("yes", "bool"), typed("5e8", "USD/yr"), typed(" cn ", "code"), typed("", "bool")
    (True, 500000000.0, 'CN', None)
    """
    word = text.strip()
    if not word:
        return None
    if unit == "bool":
        return _YES_NO.get(word.casefold(), word)
    if unit == "code":
        return word.upper() if len(word) == 2 else word
    if unit == "date":
        return word
    try:
        return float(word.replace("_", "").replace(",", ""))
    except ValueError:
        return word


def shown(scenario: Scenario, key: str) -> str:
    """What the scenario says of a key; empty where it says nothing."""
    from inferscope.tui.fields import value_at

    value = value_at(scenario, key)
    if value is None or value == "auto":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    mid = getattr(value, "mid", value)
    return f"{mid:g}".replace("e+", "e") if isinstance(mid, float) else str(mid)


def fact_choices(keys: Iterable[str], scenario: Scenario, missing: Iterable[str]) -> Choices:
    """The facts of a rule to choose from."""
    open_ = {key_of(name) for name in missing}
    rows = []
    for key in keys:
        words, _, _ = about(key)
        state = shown(scenario, key) or ("missing" if key in open_ else "-")
        rows.append(Row(key, key, (state, words), (words,)))
    columns = (Column("now", 10, right=False), Column("what it means", 46, right=False))
    return Choices("Facts of this rule", columns, tuple(rows), room=28)


class AskFact(Dialog[bool]):
    """Type the value of one fact; the result is whether the scenario has changed.

    Args:
        key: The scenario's key.
        now: Its present value as it would be typed.
        take: Sets the value; returns what is wrong with it, or nothing.
    """

    def __init__(self, key: str, now: str, take: Callable[[Any], str]) -> None:
        super().__init__()
        self.key, self.now, self.take = key, now, take

    def compose(self) -> ComposeResult:
        """What is asked, a line to type in, and what is wrong with it."""
        words, _, kind = about(self.key)
        with Vertical(classes="box small") as box:
            box.border_title = Content(self.key)
            yield Static(f"{words[:1].upper()}{words[1:]}: {kind}.", markup=False)
            yield Input(self.now, placeholder=f"{kind}; empty: not known", compact=True, id="fact")
            yield Static("", id="where", markup=False)
            yield Static(self.keys(accept="set", cancel="leave as it is"), classes="keys", markup=False)

    def on_mount(self) -> None:
        """Ready to type."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        wrong = self.take(typed(event.value, about(self.key)[1]))
        if not wrong:
            self.dismiss(result=True)
            return
        where = self.query_one("#where", Static)
        where.update(wrong)
        where.add_class("problem")
