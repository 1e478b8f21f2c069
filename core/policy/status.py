"""What the rules make of the export of a chip, on a day and through time.

Rules that decide it say so themselves (``export_status``). A duty that the chip's own figures meet is
softened by a relief whose own figures are met; what a relief asks of the shipment is named as a condition.
A chip that was designed where it goes leaves no exporter: unless a rule says more, whether it is subject
to another country's export rules is unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from inferscope.core.catalog import Record
from inferscope.core.policy.chips import chip_facts
from inferscope.core.policy.groups import group_of
from inferscope.core.policy.predicates import Fact, Node
from inferscope.core.policy.quantities import QUANTITIES, where
from inferscope.core.policy.rule import Rule, Verdict, judge
from inferscope.core.scenario.days import first_day

SINCE = dt.date(2022, 1, 1)
"""The first day of a chip's history: before it no rule tested a chip."""
NOT_CONTROLLED, UNKNOWN = "not_controlled", "unknown"
STATUSES: Mapping[str, str] = {
    "presumption_of_denial": "licence, presumed to be denied",
    "case_by_case": "licence, reviewed case by case",
    "informed_by_letter": "licence by letter to the maker",
    "licence_exception": "exception open after notice",
    "presumed_breach": "presumed to breach General Prohibition 10",
    NOT_CONTROLLED: "no rule asks for a licence",
    UNKNOWN: "a fact is missing",
}
"""The statuses in words, the hardest first."""
SUBJECT = "whether a chip that was designed there is subject to the export rules at all"
_CHINA = frozenset({"CN", "HK", "MO"})


@dataclass(frozen=True, slots=True)
class Status:
    """What the rules make of the export of a chip to a place on a day.

    Attributes:
        status: A key of ``STATUSES``.
        rules: The rules that decide it, the duty before its relief.
        conditions: What a relief asks beyond the chip: facts of the shipment.
        missing: What would settle it, where it is unknown.
    """

    status: str
    rules: tuple[Rule, ...] = ()
    conditions: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """A status from a day on, to the last day before the next change; the last span is open."""

    first: dt.date
    last: dt.date | None
    status: Status


def export_facts(record: Record, to: str) -> dict[str, Fact]:
    """The chip's facts, with the place it goes to; the buyer's parent sits there too."""
    group = group_of(to)
    place = {"destination": Fact(to), "hq_country": Fact(to)}
    missing = Fact(None, missing=("policy.destination_group",))
    groups = dict.fromkeys(("destination_group", "hq_group"), missing if group is None else Fact(group))
    return {**chip_facts(record), **place, **groups}


def status_on(record: Record, to: str, on: dt.date, rules: Iterable[Rule]) -> Status:
    """The status of a chip for a place (ISO code of two letters) on a day.

    >>> from inferscope.core import catalog
    >>> from inferscope.core.policy.rules import rules
    >>> day = dt.date(2026, 2, 1)
    >>> [status_on(catalog.accelerator(c), "CN", day, rules()).status for c in ("h200-sxm", "b200-sxm")]
    ['case_by_case', 'presumption_of_denial']
    """
    facts = export_facts(record, to)
    binding = [rule for rule in rules if rule.export_status and rule.binds_on(on)]
    duties = [_Duty(rule, facts) for rule in binding if rule.true_means != "relief"]
    reliefs = [rule for rule in binding if rule.true_means == "relief"]
    breach = [duty for duty in duties if duty.rule.export_status == "presumed_breach"]
    if true := _true(breach):
        return Status("presumed_breach", (true[0].rule,))
    others = [duty for duty in duties if duty not in breach]
    if _is_at_home(facts, to):
        return _at_home(others)
    return _softened(others, reliefs, facts)


class _Duty:
    """A duty to have a licence: the rule, and whether the chip and the place meet it."""

    def __init__(self, rule: Rule, facts: Mapping[str, Fact]) -> None:
        self.rule = rule
        self.verdict: Verdict = judge(rule, facts)
        of_place, open_ = (True, ()) if rule.export_duty is None else _judge(rule.export_duty, facts)
        truths = (self.verdict.truth, of_place)
        self.truth = False if False in truths else None if None in truths else True
        asked = (*(self.verdict.missing if self.verdict.truth is None else ()), *open_)
        self.missing = () if self.truth is not None else tuple(dict.fromkeys(asked))


def _judge(node: Node, facts: Mapping[str, Fact]) -> tuple[bool | None, tuple[str, ...]]:
    truth = node.judge(facts)[0]
    open_ = dict.fromkeys(node.unsettled(facts))
    return truth, tuple(m for name in open_ for m in (facts[name].missing or (where(name),)))


def _true(duties: Sequence[_Duty]) -> list[_Duty]:
    return [duty for duty in duties if duty.truth]


def _open(duties: Sequence[_Duty]) -> list[_Duty]:
    return [duty for duty in duties if duty.truth is None]


def _missing(duties: Sequence[_Duty]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for duty in duties for name in duty.missing))


def _is_at_home(facts: Mapping[str, Fact], to: str) -> bool:
    """Whether the chip goes to where it was designed."""
    origin = facts["chip_origin"].value
    return origin == to or (origin in _CHINA and to in _CHINA)


def _at_home(duties: Sequence[_Duty]) -> Status:
    """A chip without an exporter: a met line leaves open whether it is subject to the rules."""
    touched = _true(duties) or _open(duties)
    if not touched:
        return Status(NOT_CONTROLLED)
    return Status(UNKNOWN, tuple(duty.rule for duty in touched), missing=(*_missing(touched), SUBJECT))


def _softened(duties: Sequence[_Duty], reliefs: Sequence[Rule], facts: Mapping[str, Fact]) -> Status:
    """The hardest of the duties, each after its reliefs."""
    by_rule = [duty for duty in duties if duty.rule.export_status == "presumption_of_denial"]
    letters = [duty for duty in duties if duty not in by_rule]
    found = _relieved(true[0], reliefs, facts) if (true := _true(by_rule)) else None
    if found and found.status != "licence_exception":
        return found
    if by_letter := _true(letters):
        return Status("informed_by_letter", (by_letter[0].rule,))
    if still_open := _open(letters if found else duties):
        rules = tuple(duty.rule for duty in still_open)
        return Status(UNKNOWN, rules, missing=_missing(still_open))
    return found or Status(NOT_CONTROLLED)


def _relieved(duty: _Duty, reliefs: Sequence[Rule], facts: Mapping[str, Fact]) -> Status:
    """A duty after the softest relief that the chip's figures open; unknown where a figure is missing."""
    lacking: tuple[str, ...] = ()
    for relief in sorted(reliefs, key=lambda rule: rule.export_status != "licence_exception"):
        if duty.rule.id not in relief.relieves:
            continue
        verdict = judge(relief, facts)
        open_ = () if verdict.truth is not None else tuple(dict.fromkeys(relief.predicate.unsettled(facts)))
        of_shipment = tuple(name for name in open_ if QUANTITIES[name].scope == "shipment")
        if verdict.truth or (open_ and of_shipment == open_):
            conditions = tuple(where(name) for name in of_shipment)
            return Status(relief.export_status, (duty.rule, relief), conditions)
        lacking += verdict.missing
    if lacking:
        return Status(UNKNOWN, (duty.rule,), missing=tuple(dict.fromkeys(lacking)))
    return Status(duty.rule.export_status, (duty.rule,))


# --- through time ---------------------------------------------------------------------------------


def changes(rules: Iterable[Rule], since: dt.date = SINCE) -> list[dt.date]:
    """The days from which any rule about the export of chips binds, or binds no more."""
    found = {since}
    for rule in rules:
        if not rule.export_status or rule.first_day is None:
            continue
        after = [] if rule.effective_to is None else [rule.effective_to + dt.timedelta(days=1)]
        found |= {day for day in (rule.first_day, *after) if day > since and _binds_around(rule, day)}
    return sorted(found)


def _binds_around(rule: Rule, day: dt.date) -> bool:
    """Whether the rule ever binds: on the day itself, or on the one before."""
    return rule.binds_on(day) or rule.binds_on(day - dt.timedelta(days=1))


def history(record: Record, to: str, rules: Sequence[Rule], until: dt.date) -> list[Span]:
    """The status of a chip in each span between two changes of the rules, up to that which holds a day."""
    days = changes(rules)
    ends = [*(day - dt.timedelta(days=1) for day in days[1:]), None]
    return [
        Span(day, end, status_on(record, to, day, rules))
        for day, end in zip(days, ends, strict=True)
        if day <= until
    ]


def released_by(record: Record, day: dt.date) -> bool | None:
    """Whether the chip was out by a day; None where its month is not known."""
    first = first_day(str(record.text.get("released", "")))
    return None if first is None else first <= day


def is_out(record: Record, day: dt.date) -> bool:
    """Whether a chip could be had by a day: out by then, or the user's own, which need not say since when.

    Of those that are shipped, one without a month was announced or proposed, and not sold.
    """
    known = released_by(record, day)
    return bool(record.origin) if known is None else known


def joined(spans: Sequence[Span]) -> list[Span]:
    """Neighbouring spans with one status as one."""
    found: list[Span] = []
    for span in spans:
        if found and found[-1].status.status == span.status.status:
            found[-1] = replace(found[-1], last=span.last)
        else:
            found.append(span)
    return found
