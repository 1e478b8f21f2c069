"""A rule: what it tests, on which days it binds, and what facts say of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from inferscope.core.policy.predicates import Comparison, Fact, Node, Scalar
from inferscope.core.policy.quantities import where
from inferscope.core.policy.shipped import SHIPPED, prose

NOT_BINDING = ("proposal", "reported", "literature")
"""Forces of instruments that oblige nobody."""
_INF = float("inf")
_NOTHING = Fact(None)
_ASSUMED = {
    "eu_designated_systemic_risk": Fact(value=False, origin="assumed: none was found"),
    "chip_designer": Fact("NVIDIA", origin="assumed where no chip is named: a maker with a letter"),
}
"""What holds of a quantity unless somebody says otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule.

    Attributes:
        short: Its name in at most 14 characters.
        scope: What it judges: model, deployment, company, chip, shipment, site or memory stack.
        true_means: What a true predicate says: the rule applies, a relief is open, a limit is broken.
        quantity: The quantity that leads it.
        counting: The profile by which training compute is counted; empty where none is.
        relieves: Rules that this relief softens.
        status: Its state on the day of the data.
        force: What the instrument is while its dates run.
        evidence: How well its numbers are supported.
        kind: ``quoted``, ``memory`` or ``mixed``; empty where no source is named.
        origin: ``shipped``, or the user's file.
        own: The prose of a user's rule.
        names: The quantities that its predicate reads, in order.
        export_status: What it makes of the export of a chip, where it decides that.
        export_duty: To whom that holds, for rules that only classify.
    """

    id: str
    short: str
    title: str
    jurisdiction: str
    scope: str
    true_means: str
    quantity: str
    counting: str
    predicate: Node
    status: str
    force: str
    evidence: str
    kind: str = "quoted"
    relieves: tuple[str, ...] = ()
    effective_from: dt.date | None = None
    effective_to: dt.date | None = None
    compliance_from: dt.date | None = None
    origin: str = SHIPPED
    own: Mapping[str, Any] | None = None
    names: tuple[str, ...] = ()
    export_status: str = ""
    export_duty: Node | None = None

    @property
    def first_day(self) -> dt.date | None:
        """The day from which it can bind: when duties bite, where that is later than its effect."""
        if self.effective_from is None:
            return None
        return max(self.effective_from, self.compliance_from or self.effective_from)

    def binds_on(self, day: dt.date) -> bool:
        """Whether the rule obliges anybody on that day."""
        start = self.first_day
        if self.force in NOT_BINDING or start is None:
            return False
        return start <= day and (self.effective_to is None or day <= self.effective_to)

    @property
    def is_what_if(self) -> bool:
        """Whether it is no more than a what-if: never law, or no longer."""
        gone = ("rescinded", "superseded", "vetoed", "lapsed", "not_enforced")
        return self.force in NOT_BINDING or self.status in gone

    @property
    def verified(self) -> bool:
        """Whether its numbers were seen in a source."""
        return self.evidence != "unverified" and self.kind != "memory"

    @property
    def prose(self) -> Mapping[str, Any]:
        """Instrument, effect, note, citation, address and the doubtful parts."""
        return prose().get(self.id, {}) if self.own is None else self.own

    @property
    def source(self) -> str:
        """The citation and where it was read."""
        return "; ".join(str(self.prose[k]) for k in ("citation", "address") if self.prose.get(k))

    @property
    def threshold(self) -> float | None:
        """The first line of the leading quantity; None where it is no number."""
        lines = (c.line for c in self.predicate.comparisons() if c.quantity == self.quantity)
        return next((line for line in lines if isinstance(line, float)), None)


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What the facts say of a rule.

    Attributes:
        truth: True, False, or None for unknown.
        certainty: ``robust``, ``sensitive`` where a range straddles the line, or ``unknown``.
        margin_oom: Orders of magnitude above the line, positive on the true side; of the end
            nearest to the line where only a range is known; None where unknown.
        margin_low_oom: The same at the unfavourable end of the ranges.
        margin_high_oom: At the favourable end.
        missing: What would settle it.
        values: The facts that are known.
        facts: All facts that it reads.
    """

    rule: Rule
    truth: bool | None
    certainty: str
    margin_oom: float | None
    margin_low_oom: float | None
    margin_high_oom: float | None
    missing: tuple[str, ...]
    values: Mapping[str, Scalar]
    facts: Mapping[str, Fact]

    @property
    def deciding(self) -> Comparison | None:
        """The comparison from which verdict and margin come; None where the verdict is unknown."""
        return None if self.truth is None else self.rule.predicate.deciding(self.facts)

    @property
    def word(self) -> str:
        """``applies``, ``does_not_apply`` or ``unknown``."""
        return {True: "applies", False: "does_not_apply", None: "unknown"}[self.truth]


def judge(rule: Rule, facts: Mapping[str, Any]) -> Verdict:
    """Apply a rule to facts; NaN or an absent fact is unknown.

    >>> from inferscope.core.policy.rules import rules
    >>> eu = next(r for r in rules() if r.id == "eu.aia.art51.systemic")
    >>> judge(eu, {"training_flop": 1e25}).word
    'does_not_apply'
    >>> judge(eu, {"training_flop": 3.8e25}).word, round(judge(eu, {"training_flop": 3.8e25}).margin_oom, 2)
    ('applies', 0.58)
    >>> judge(eu, {}).missing
    ('training_flop',)
    """
    return _judged(rule, tuple([_fact(facts.get(name, _ASSUMED.get(name))) for name in rule.names]))


@lru_cache(maxsize=1024)
def _judged(rule: Rule, known: tuple[Fact, ...]) -> Verdict:
    """The verdict; most facts stay as they were from one change of a scenario to the next."""
    read_ = dict(zip(rule.names, known, strict=True))
    truth, sure, *margins = rule.predicate.judge(read_)
    missing: tuple[str, ...] = ()
    if truth is None:
        margins = [None] * 3
        open_ = dict.fromkeys(rule.predicate.unsettled(read_))
        missing = tuple(dict.fromkeys(m for name in open_ for m in read_[name].missing or (where(name),)))
    certainty = "unknown" if truth is None else "robust" if sure == truth else "sensitive"
    margin, low, high = (None if m is None or m in (_INF, -_INF) else m for m in margins)
    values = {name: fact.value for name, fact in read_.items() if fact.value is not None}
    return Verdict(rule, truth, certainty, margin, low, high, missing, values, read_)


def _fact(given: Any) -> Fact:
    if isinstance(given, Fact):
        return given
    if given is None or given != given:  # noqa: PLR0124  (NaN)
        return _NOTHING
    return Fact(given)
