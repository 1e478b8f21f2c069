"""From tables of TOML to rules, with one clear line for the first thing that does not fit."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from inferscope.core.errors import RuleError, brief, nearest
from inferscope.core.policy.predicates import Comparison, Node, read
from inferscope.core.policy.quantities import QUANTITIES, SCOPES
from inferscope.core.policy.rule import Rule
from inferscope.core.policy.shipped import SHIPPED, load, profiles
from inferscope.core.scenario.days import FIRST, LAST
from inferscope.core.scenario.lines import find_line
from inferscope.core.scenario.tables import read_tables

STATUSES = (
    *("in_force", "enacted_not_yet_effective", "not_enforced", "rescinded", "superseded", "vetoed"),
    *("lapsed", "proposed", "draft", "reported", "literature"),
)
FORCES = ("law", "guidance", "letter", "voluntary", "condition", "proposal", "reported", "literature")
EVIDENCES = ("primary", "secondary", "single_secondary", "unverified")
TRUE_MEANS = ("applies", "relief", "breach")
EXPORT_STATUSES = (
    *("presumption_of_denial", "informed_by_letter", "presumed_breach"),
    *("licence_exception", "case_by_case"),
)
"""What a rule can make of the export of a chip; the last two are reliefs."""
_CHOICES = {
    **dict.fromkeys(["scope"], SCOPES),
    "true_means": TRUE_MEANS,
    "status": STATUSES,
    "force": FORCES,
    "evidence": EVIDENCES,
    "kind": ("quoted", "mixed", "memory"),
    "export_status": EXPORT_STATUSES,
}
_DAYS = ("effective_from", "effective_to", "compliance_from")
_PROSE = ("instrument", "effect", "note", "citation", "address", "seen_in")
_LISTS = ("relieves", "unverified_parts")
_REQUIRED = ("id", "title", "jurisdiction", "predicate")
_PREDICATES = ("predicate", "export_duty")
_KEYS = ("id", "short", "title", "jurisdiction", "quantity", "counting", *_PREDICATES)
_ALL = (*_KEYS, *_CHOICES, *_DAYS, *_PROSE, *_LISTS)
_SHORT = 14
_DEEPEST = 40
"""Tables deep that a file of rules may be nested: each group of a predicate takes two."""


def read_file(path: Path, origin: str) -> tuple[Rule, ...]:
    """All rules of a file.

    Raises:
        RuleError: One line that names file, line, rule and key, and the nearest valid one.
    """
    if origin == SHIPPED:
        return _rules(load(path), path, origin)
    text, tables = read_tables(path, RuleError, _DEEPEST)
    try:
        return _rules(tables, path, origin)
    except RuleError as error:
        key = error.key or ""
        shown = re.sub(r"^rule\.\d+\.?", "", key) or None  # the message names the rule
        raise RuleError(error.message, file=path, line=find_line(text, key), key=shown) from None


def _rules(tables: Mapping[str, Any], path: Path, origin: str) -> tuple[Rule, ...]:
    if unknown := sorted(set(tables) - {"rule", "shared"}):
        message = f"unknown table: {nearest(unknown[0], ['rule', 'shared']) or 'rules stand under [[rule]]'}"
        raise RuleError(message, key=unknown[0])
    raw, named = tables.get("rule", []), tables.get("shared", {})
    if not isinstance(raw, list) or not raw or not all(isinstance(table, Mapping) for table in raw):
        message = "holds no [[rule]]: each rule is a table of its own"
        raise RuleError(message, key="rule" if "rule" in tables else None)
    if not isinstance(named, Mapping):
        message = f"must be a table of predicates by name, not {brief(named)}"
        raise RuleError(message, key="shared")
    units = _units(origin)
    shared: dict[str, Node] = {}
    for name, predicate in named.items():
        with _under(f"shared.{name}"):
            shared[name] = read(predicate, units, shared)
    found: dict[str, Rule] = {}
    for number, table in enumerate(raw):
        with _under(f"rule.{number}"):
            rule = read_rule(table, path, origin, units, shared)
            if rule.id in found:
                message = f"rule {rule.id}: stands twice in this file; give one of them another id"
                raise RuleError(message, key="id")
        found[rule.id] = rule
    return tuple(found.values())


def line_of(path: Path, identifier: str, key: str) -> int | None:
    """The line on which a key of a rule stands in a user's file.

    Raises:
        RuleError: The file cannot be read any more.
    """
    text, tables = read_tables(path, RuleError, _DEEPEST)
    ids = [table["id"] for table in tables["rule"]]
    return find_line(text, f"rule.{ids.index(identifier)}.{key}")


@contextmanager
def _under(at: str) -> Iterator[None]:
    """Say of an error in which table it stands."""
    try:
        yield
    except RuleError as error:
        key = f"{at}.{error.key}" if error.key else at
        raise RuleError(error.message, key=key) from None


def _units(origin: str) -> Mapping[str, str]:
    """The quantities a rule may read; a user's may also read what every report has."""
    units = {name: quantity.unit for name, quantity in QUANTITIES.items()}
    if origin != SHIPPED:
        from inferscope.core.evaluate import OUTPUTS  # noqa: PLC0415  (only for a user's rules)
        from inferscope.core.graph import REGISTRY  # noqa: PLC0415

        graph = {name: REGISTRY.quantities[name].unit for name in OUTPUTS}
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
    name = table.get("id", "?")
    try:
        known = _units(origin) if units is None else units
        _check(table, known)
        own = None if origin == SHIPPED else {key: table[key] for key in (*_PROSE, _LISTS[1]) if key in table}
        predicate, duty = (_predicate(table, key, known, shared) for key in _PREDICATES)
        assert predicate is not None  # noqa: S101  (it is a required key)
    except RuleError as error:
        message = f"rule {name if isinstance(name, str) else brief(name)}: {error.message}"
        raise RuleError(message, file=path, key=error.key) from None
    names = tuple(dict.fromkeys(comparison.quantity for comparison in predicate.comparisons()))
    lead = table.get("quantity", names[0])
    is_cited = own is None or bool(own.get("citation") or own.get("address"))
    return Rule(
        id=name,
        short=table.get("short", name[:_SHORT]),
        title=table["title"],
        jurisdiction=table["jurisdiction"],
        scope=table.get("scope", QUANTITIES[lead].scope if lead in QUANTITIES else "deployment"),
        true_means=table.get("true_means", "applies"),
        quantity=lead,
        counting=table.get("counting", ""),
        predicate=predicate,
        status=table.get("status", "in_force"),
        force=table.get("force", "law"),
        evidence=table.get("evidence", "primary" if is_cited else "unverified"),
        kind=table.get("kind", "quoted" if is_cited else ""),
        relieves=tuple(table.get("relieves", ())),
        **{day: table.get(day) for day in _DAYS},
        origin=origin,
        own=own,
        names=names,
        export_status=table.get("export_status", ""),
        export_duty=duty,
    )


def _predicate(
    table: Mapping[str, Any], key: str, units: Mapping[str, str], shared: Mapping[str, Node] | None
) -> Node | None:
    """The predicate under a key, where the table has one."""
    if key not in table:
        return None
    try:
        found = read(table[key], units, shared)
        for comparison in found.comparisons():
            _check_codes(comparison)
    except RuleError as error:
        raise RuleError(error.message, key=key) from None
    return found


def _check_codes(comparison: Comparison) -> None:
    """Codes that a fact can have: any other would make a comparison false, and nobody would be told.

    Raises:
        RuleError: A country, group or grid operator is none.
    """
    known, what = _codes().get(comparison.quantity, (frozenset(), ""))
    given = comparison.line if isinstance(comparison.line, tuple) else (comparison.line,)
    for code in given if known else ():
        if code not in known:
            message = f"{comparison.quantity} {comparison.op} takes {what}, not {brief(code)}"
            raise RuleError(message)


@lru_cache(maxsize=1)
def _codes() -> Mapping[str, tuple[frozenset[str], str]]:
    """The codes of quantities that `[policy]` gives in a fixed form, and what to call them."""
    from inferscope.core.scenario import policy  # noqa: PLC0415  (help on rules does without pydantic)

    groups, operators = get_args(policy.Group), get_args(policy.Operator)
    countries = policy.COUNTRIES, "ISO country codes of two capital letters such as CN"
    return {
        **dict.fromkeys(("destination", "hq_country", "site_country", "chip_origin"), countries),
        **dict.fromkeys(("destination_group", "hq_group"), (frozenset(groups), _one_of(groups))),
        "grid_operator": (frozenset(operators), _one_of(operators)),
    }


def _one_of(codes: tuple[str, ...]) -> str:
    return f"one of {', '.join(codes)}"


def _check(table: Mapping[str, Any], units: Mapping[str, str]) -> None:
    """Keys, texts, choices and days of a rule.

    Raises:
        RuleError: The first that does not fit.
    """
    for key, value in table.items():
        if key not in _ALL:
            hint = nearest(key, _ALL) or f"keys are {', '.join(_ALL)}"
            message = f"unknown key: {hint}"
            raise RuleError(message, key=key)
        if problem := _problem(key, value):
            raise RuleError(problem, key=key)
    for key in _REQUIRED:
        if key not in table:
            message = f"lacks {key}"
            raise RuleError(message)
    lead, start, end = table.get("quantity"), table.get("effective_from"), table.get("effective_to")
    if lead is not None and lead not in units:
        hint = nearest(lead, units) or "name one that the predicate reads"
        message = f"unknown quantity {brief(lead)}: {hint}"
        raise RuleError(message, key="quantity")
    if start is not None and end is not None and end < start:
        message = f"must not be before effective_from ({start}), not {end}"
        raise RuleError(message, key="effective_to")


def _problem(key: str, value: Any) -> str:
    """What is wrong with a value; empty where nothing is."""
    if key in _PREDICATES:
        return ""
    is_line = isinstance(value, str) and value != "" and value.isprintable()
    choices = tuple(profiles()) if key == "counting" else _CHOICES.get(key, ())
    wanted = ""
    if key in _DAYS:
        is_day = type(value) is dt.date and FIRST <= value <= LAST
        wanted = "" if is_day else f"a date such as 2026-07-01, from {FIRST} to {LAST}"
    elif key in _LISTS:
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        wanted = "" if texts else "a list of texts"
    elif not is_line:
        wanted = "a line of text"
    elif choices and value not in choices:
        wanted = f"one of {', '.join(choices)}"
    elif key == "short" and len(value) > _SHORT:
        wanted = f"at most {_SHORT} characters long"
    return f"must be {wanted}, not {brief(value)}" if wanted else ""
