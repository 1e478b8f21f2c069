"""The rules that `inferscope policy` prints where no other view is asked for, and `--fail-on`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from inferscope.core.errors import InferscopeError, nearest
from inferscope.core.export import policy as export
from inferscope.core.policy.entries import Entry
from inferscope.core.policy.quantities import SCOPES
from inferscope.core.policy.rules import find
from inferscope.core.policy.words import verdict_names, verdict_word
from inferscope.core.report import policy_report
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.parser import remark, write


def rules(options: argparse.Namespace) -> int:
    """Print the verdicts; 1 where a rule of ``--fail-on`` applies."""
    loaded = loaded_with(options.preset, options.assignments)
    about, entries = policy_report(loaded, options.on, catalog_ranges=options.catalog_ranges)
    chosen = _chosen(entries, options)
    if not chosen:
        remark("no rule is left by the filters")
    render = {
        "json": export.as_json,
        "csv": export.as_csv,
        "md": export.as_markdown,
        "table": export.as_long_text if options.verbose else export.as_text,
    }
    failed = fails(entries, options.fail_on, allow_unknown=options.allow_unknown, binding=options.binding)
    write(render[options.format](about, chosen), options.out)
    return int(failed)


def _chosen(entries: Sequence[Entry], options: argparse.Namespace) -> list[Entry]:
    """The entries that the filters leave.

    Raises:
        InferscopeError: A filter names what no rule has.
    """
    wanted = {
        "jurisdiction": _words("jurisdiction", options.jurisdiction, {e["jurisdiction"] for e in entries}),
        "status": _words("status", options.status, {e["status"] for e in entries}),
        "scope": _words("scope", options.scope, set(SCOPES)),
    }
    verdicts = _words("verdict", options.verdict, set(verdict_names()))
    return [
        entry
        for entry in entries
        if all(not words or _matches(str(entry[key]), words) for key, words in wanted.items())
        and (entry["binding"] or not options.binding)
        and (not verdicts or {entry["verdict"], verdict_word(entry).replace(" ", "_")} & set(verdicts))
    ]


def _words(option: str, given: Sequence[str], known: set[str]) -> list[str]:
    names = {name.casefold(): name for name in sorted(known)}
    found = []
    for text in given:
        word = text.strip().casefold().replace(" ", "_")
        if word not in names and not any(name.startswith(f"{word}-") for name in names):
            hint = nearest(word, names) or f"known are {', '.join(names.values())}"
            message = f"--{option}: no rule has {text!r}: {hint}"
            raise InferscopeError(message)
        found.append(word)
    return found


def _matches(value: str, words: Sequence[str]) -> bool:
    """Whether a value is one of the words, or lies in one: US-CA in US."""
    folded = value.casefold()
    return any(folded == word or folded.startswith(f"{word}-") for word in words)


def fails(
    entries: Sequence[Any], names: Sequence[str], *, allow_unknown: bool, binding: bool = False
) -> bool:
    """Whether a chosen rule applies, or is unknown where that is not allowed; each gets a line.

    Args:
        entries: Every rule's entry.
        names: The chosen rules.
        allow_unknown: Whether an unknown verdict passes.
        binding: Whether a rule that is not in force on the day passes.

    Raises:
        RuleError: There is no such rule; it names the nearest.
    """
    found = {entry["id"]: entry for entry in entries}
    failing = []
    for name in names:
        entry: Mapping[str, Any] = found[find(name, [entry.rule for entry in entries]).id]
        is_open = entry["verdict"] == "unknown" and not allow_unknown
        if (entry["verdict"] == "applies" or is_open) and (entry["binding"] or not binding):
            failing.append(f"--fail-on {entry['id']}: {export.verdict(entry)}")
    for line in failing:
        remark(line)
    return bool(failing)
