"""Rules as data: what each tests, on which days, with what standing, and who says so.

A rule's file of figures is read for every evaluation, its prose (effect, citation, note) only when
somebody asks for it.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from inferscope.core.catalog.sources import remember
from inferscope.core.catalog.user import rule_files
from inferscope.core.errors import RuleError, nearest
from inferscope.core.policy.predicates import Fact, Node, Scalar, read
from inferscope.core.policy.quantities import QUANTITIES, SCOPES, where

DATA = Path(__file__).parent / "data"
SHIPPED = "shipped"
STATUSES = (
    *("in_force", "enacted_not_yet_effective", "not_enforced", "rescinded", "superseded", "vetoed"),
    *("lapsed", "proposed", "draft", "reported", "literature"),
)
FORCES = ("law", "guidance", "letter", "voluntary", "condition", "proposal", "reported", "literature")
EVIDENCES = ("primary", "secondary", "single_secondary", "unverified")
TRUE_MEANS = ("applies", "relief", "breach")
_NOT_BINDING = {"proposal", "reported", "literature"}
_CHOICES = {
    **dict.fromkeys(["scope"], SCOPES),
    "true_means": TRUE_MEANS,
    "status": STATUSES,
    "force": FORCES,
    "evidence": EVIDENCES,
    "kind": ("quoted", "mixed", "memory"),
}
_DAYS = ("effective_from", "effective_to", "compliance_from")
_PROSE = ("instrument", "effect", "note", "citation", "address", "seen_in")
_LISTS = ("relieves", "unverified_parts")
_REQUIRED = ("id", "title", "jurisdiction", "predicate")
_KEYS = ("id", "short", "title", "jurisdiction", "quantity", "counting", "predicate")
_ALL = (*_KEYS, *_CHOICES, *_DAYS, *_PROSE, *_LISTS)
_SHORT = 14


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
        kind: ``quoted``, ``memory`` or ``mixed``.
        origin: ``shipped``, or the user's file.
        own: The prose of a user's rule.
        names: The quantities that its predicate reads, in order.
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

    def binds_on(self, day: dt.date) -> bool:
        """Whether the rule obliges anybody on that day."""
        if self.force in _NOT_BINDING or self.effective_from is None:
            return False
        start = max(self.effective_from, self.compliance_from or self.effective_from)
        return start <= day and (self.effective_to is None or day <= self.effective_to)

    @property
    def is_what_if(self) -> bool:
        """Whether it is no more than a what-if: never law, or no longer."""
        gone = ("rescinded", "superseded", "vetoed", "lapsed", "not_enforced")
        return self.force in _NOT_BINDING or self.status in gone

    @property
    def verified(self) -> bool:
        """Whether its numbers were seen in a source."""
        return self.evidence != "unverified" and self.kind != "memory"

    @property
    def prose(self) -> Mapping[str, Any]:
        """Instrument, effect, note, citation, address and the doubtful parts."""
        return _about().get(self.id, {}) if self.own is None else self.own

    @property
    def source(self) -> str:
        """The citation and where it was read."""
        return "; ".join(str(self.prose[k]) for k in ("citation", "address") if self.prose.get(k))

    @property
    def threshold(self) -> float | None:
        """The first line of the leading quantity; None where it is no number."""
        lines = (c.line for c in self.predicate.comparisons() if c.quantity == self.quantity)
        return next((line for line in lines if isinstance(line, float)), None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the facts say of a rule.

    Attributes:
        truth: True, False, or None for unknown.
        certainty: ``robust``, ``sensitive`` where a range straddles the line, or ``unknown``.
        margin_oom: Orders of magnitude above the line, positive on the true side; None where unknown.
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
    def word(self) -> str:
        """``applies``, ``does_not_apply`` or ``unknown``."""
        return {True: "applies", False: "does_not_apply", None: "unknown"}[self.truth]


def judge(rule: Rule, facts: Mapping[str, Any]) -> Verdict:
    """Apply a rule to facts; NaN or an absent fact is unknown.

    >>> eu = next(r for r in rules() if r.id == "eu.aia.art51.systemic")
    >>> judge(eu, {"training_flop": 1e25}).word
    'does_not_apply'
    >>> judge(eu, {"training_flop": 3.8e25}).word, round(judge(eu, {"training_flop": 3.8e25}).margin_oom, 2)
    ('applies', 0.58)
    >>> judge(eu, {}).missing
    ('training_flop',)
    """
    read_ = {name: _fact(facts.get(name)) for name in rule.names}
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


_INF = float("inf")
_NOTHING = Fact(None)


def _fact(given: Any) -> Fact:
    if isinstance(given, Fact):
        return given
    if given is None or given != given:  # noqa: PLR0124  (NaN)
        return _NOTHING
    return Fact(given)


# --- files ----------------------------------------------------------------------------------------


@remember(1)
def rules() -> tuple[Rule, ...]:
    """Every shipped rule, and those of the user's catalogue; one of the same id takes its place.

    Raises:
        RuleError: A file is damaged; it names file and key.
    """
    every = [rule for path in sorted((DATA / "rules").glob("*.toml")) for rule in _read(path, SHIPPED)]
    every += [rule for path in rule_files() for rule in read_rules(path)]
    return tuple({rule.id: rule for rule in every}.values())


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a user's file.

    Raises:
        RuleError: One line that names file, line, rule and key, and the nearest valid one.
    """
    return _read(path, str(path))


def merged(own: Iterable[Rule]) -> tuple[Rule, ...]:
    """All rules with a scenario's own: one of the same id takes the shipped one's place."""
    found = {rule.id: rule for rule in rules()}
    found.update({rule.id: rule for rule in own})
    return tuple(found.values())


def find(name: str, known: Sequence[Rule] | None = None) -> Rule:
    """The rule of this id or short name.

    Raises:
        RuleError: There is none; it names the nearest.
    """
    among = rules() if known is None else known
    for rule in among:
        if name in (rule.id, rule.short):
            return rule
    parts = [rule.id for rule in among if name and name.casefold() in rule.id]
    hint = nearest(name, [rule.id for rule in among])
    hint = hint or (f"did you mean {', '.join(parts[:3])}?" if parts else "see `inferscope list rules`")
    message = f"unknown rule {name[:80]!r}: {hint}"
    raise RuleError(message)


@lru_cache(maxsize=1)
def profiles() -> Mapping[str, Mapping[str, Any]]:
    """What each regime counts as training compute: 1 counted, 0 not, ``?`` where the text is silent."""
    return _load(DATA / "profiles.toml")


@lru_cache(maxsize=1)
def _about() -> Mapping[str, Mapping[str, Any]]:
    found: dict[str, Any] = {}
    for path in sorted((DATA / "about").glob("*.toml")):
        found.update(_load(path))
    return found


def _load(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        message = "no such file of rules"
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"this file of rules is damaged: {error}"
    raise RuleError(message, file=path)


def _read(path: Path, origin: str) -> tuple[Rule, ...]:
    tables = _load(path)
    if unknown := sorted(set(tables) - {"rule", "shared"}):
        message = f"unknown table: {nearest(unknown[0], ['rule', 'shared']) or 'rules stand under [[rule]]'}"
        raise RuleError(message, file=path, key=unknown[0])
    if not isinstance(tables.get("rule"), list):
        message = "this file of rules is damaged: it holds no [[rule]]"
        raise RuleError(message, file=path)
    units = _units(origin)
    shared: dict[str, Node] = {}
    for name, raw in tables.get("shared", {}).items():
        shared[name] = _predicate(raw, units, shared, path, f"shared.{name}")
    return tuple(read_rule(table, path, origin, units, shared) for table in tables["rule"])


def _units(origin: str) -> Mapping[str, str]:
    """The quantities a rule may read; a user's may also read what every report has."""
    units = {name: quantity.unit for name, quantity in QUANTITIES.items()}
    if origin != SHIPPED:
        from inferscope.core.evaluate import BESIDE, CONTRACT  # noqa: PLC0415  (only for a user's rules)
        from inferscope.core.graph import REGISTRY  # noqa: PLC0415

        graph = {name: REGISTRY.quantities[name].unit for name in (*CONTRACT, *BESIDE)}
        units = {name: unit for name, unit in graph.items() if unit != "code"} | units
    return units


def read_rule(
    table: Mapping[str, Any],
    path: Path,
    origin: str = SHIPPED,
    units: Mapping[str, str] | None = None,
    shared: Mapping[str, Node] | None = None,
) -> Rule:
    """A rule from its table.

    Raises:
        RuleError: A key is missing, unknown or of the wrong kind, or the predicate is malformed.
    """
    name = str(table.get("id", "?"))
    try:
        _check(table)
        own = None if origin == SHIPPED else {key: table[key] for key in (*_PROSE, _LISTS[1]) if key in table}
        predicate = read(table["predicate"], _units(origin) if units is None else units, shared)
    except RuleError as error:
        message = f"rule {name}: {error.message}"
        raise RuleError(message, file=path, line=_line(path, name, origin), key=error.key) from None
    names = tuple(dict.fromkeys(comparison.quantity for comparison in predicate.comparisons()))
    first = names[0]
    return Rule(
        id=name,
        short=table.get("short", name[:_SHORT]),
        title=table["title"],
        jurisdiction=table["jurisdiction"],
        scope=table.get("scope", QUANTITIES[first].scope if first in QUANTITIES else "deployment"),
        true_means=table.get("true_means", "applies"),
        quantity=table.get("quantity", first),
        counting=table.get("counting", ""),
        predicate=predicate,
        status=table.get("status", "in_force"),
        force=table.get("force", "condition"),
        evidence=table.get("evidence", "primary"),
        kind=table.get("kind", "quoted"),
        relieves=tuple(table.get("relieves", ())),
        **{day: table.get(day) for day in _DAYS},
        origin=origin,
        own=own,
        names=names,
    )


def _check(table: Mapping[str, Any]) -> None:
    """Keys, texts, choices and days of a rule.

    Raises:
        RuleError: The first that does not fit.
    """
    for key in _REQUIRED:
        if key not in table:
            message = f"lacks {key}"
            raise RuleError(message)
    for key, value in table.items():
        if key not in _ALL:
            hint = nearest(key, _ALL) or f"keys are {', '.join(_ALL)}"
            message = f"unknown key: {hint}"
            raise RuleError(message, key=key)
        if problem := _problem(key, value):
            raise RuleError(problem, key=key)


def _problem(key: str, value: Any) -> str:
    """What is wrong with a value; empty where nothing is."""
    if key == "predicate":
        return ""
    is_line = isinstance(value, str) and value != "" and value.isprintable()
    choices = tuple(profiles()) if key == "counting" else _CHOICES.get(key, ())
    wanted = ""
    if key in _DAYS:
        wanted = "" if type(value) is dt.date else "a date such as 2026-07-01"
    elif key in _LISTS:
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        wanted = "" if texts else "a list of texts"
    elif not is_line:
        wanted = "a line of text"
    elif choices and value not in choices:
        wanted = f"one of {', '.join(choices)}"
    elif key == "short" and len(value) > _SHORT:
        wanted = f"at most {_SHORT} characters long"
    return f"must be {wanted}, not {value!r}" if wanted else ""


def _predicate(raw: Any, units: Mapping[str, str], shared: Mapping[str, Node], path: Path, key: str) -> Node:
    try:
        return read(raw, units, shared)
    except RuleError as error:
        raise RuleError(error.message, file=path, key=key) from None


def _line(path: Path, name: str, origin: str) -> int | None:
    """The line on which a rule's id stands."""
    if origin == SHIPPED or not path.is_file():
        return None
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        if line.strip().startswith("id") and f'"{name}"' in line:
            return number
    return None
