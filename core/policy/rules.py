"""All rules: the shipped ones, those of the user's catalogue, those of a scenario."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from inferscope.core.catalog.sources import remember
from inferscope.core.catalog.user import rule_files
from inferscope.core.errors import RuleError, brief, nearest
from inferscope.core.policy.reading import line_of, read_file, read_rule
from inferscope.core.policy.rule import Rule, Verdict, judge
from inferscope.core.policy.shipped import DATA, SHIPPED, profiles

__all__ = ["Rule", "Verdict", "find", "judge", "merged", "profiles", "read_rule", "read_rules", "rules"]


@remember(1)
def rules() -> tuple[Rule, ...]:
    """Every shipped rule, and those of the user's catalogue; one of the same id takes its place.

    Raises:
        RuleError: A file is damaged; it names file and key.
    """
    return _joined(shipped(), tuple(rule for path in rule_files() for rule in read_rules(path)))


@lru_cache(maxsize=1)
def shipped() -> tuple[Rule, ...]:
    """The rules that come with the program."""
    return tuple(
        rule for path in sorted((DATA / "rules").glob("*.toml")) for rule in read_file(path, SHIPPED)
    )


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a user's file, read again only when it has changed.

    Raises:
        RuleError: One line that names file, line, rule and key, and the nearest valid one.
    """
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        changed = 0
    return _read(path, changed)


@lru_cache(maxsize=16)
def _read(path: Path, _changed: int) -> tuple[Rule, ...]:
    return read_file(path, str(path))


def merged(own: Iterable[Rule]) -> tuple[Rule, ...]:
    """All rules with a scenario's: one of the same id takes the other's place."""
    return _joined(rules(), tuple(own))


@lru_cache(maxsize=16)
def _joined(known: tuple[Rule, ...], own: tuple[Rule, ...]) -> tuple[Rule, ...]:
    found = {rule.id: rule for rule in known}
    found.update({rule.id: rule for rule in own})
    for rule in own:
        for name in rule.relieves:
            if name not in found:
                hint = nearest(name, found) or "see `inferscope list rules`"
                message = f"rule {rule.id}: relieves an unknown rule {brief(name)}: {hint}"
                raise _placed(message, rule, "relieves")
    for rule in own:
        if rule.id in _softened_by(rule, found):
            path = " and ".join(dict.fromkeys((rule.id, *rule.relieves)))
            message = f"rule {rule.id}: relieves itself in a circle of {path}; a relief softens other rules"
            raise _placed(message, rule, "relieves")
    return tuple(found.values())


def _softened_by(rule: Rule, found: Mapping[str, Rule]) -> set[str]:
    """All rules that a relief softens, those that its own softened rules soften included."""
    reached: set[str] = set()
    left = list(rule.relieves)
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left += found[name].relieves
    return reached


def _placed(message: str, rule: Rule, key: str) -> RuleError:
    """What is wrong with a rule beside others, with file and line."""
    path = Path(rule.origin)
    return RuleError(message, file=path, line=line_of(path, rule.id, key), key=key)


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
