"""`inferscope policy`: every rule against a scenario, on a day."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from inferscope.core.errors import InferscopeError, brief, nearest
from inferscope.core.evaluate import evaluate
from inferscope.core.export import policy as export
from inferscope.core.policy.entries import Entry
from inferscope.core.policy.quantities import SCOPES
from inferscope.core.policy.rules import find
from inferscope.core.policy.words import verdict_names, verdict_word
from inferscope.core.report import policy_report
from inferscope.core.scenario.days import read_day
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.parser import remark, write
from inferscope.tui.cli.studied import at_their_place, put


def run(options: argparse.Namespace) -> int:
    """Print the verdicts; 1 where a rule of ``--fail-on`` applies."""
    day = None if options.on is None else day_of(options.on)
    if options.lines:
        return _lines(options)
    if options.chips:
        return _chips(options, day)
    _no_chips(options)
    _no_lines(options)
    if options.preset is None:
        message = "policy needs a PRESET; --lines and --chips alone go without one"
        raise InferscopeError(message)
    if options.counts and options.sites:
        message = "--counts and --sites are two views: ask for one of them"
        raise InferscopeError(message)
    if options.counts:
        return _counts(options, day)
    if options.sites:
        return _sites(options, day)
    about, entries = policy_report(
        loaded_with(options.preset, options.assignments), day, catalog_ranges=options.catalog_ranges
    )
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


def _counts(options: argparse.Namespace, day: dt.date | None) -> int:
    """Print the training compute by every regime's count.

    Raises:
        InferscopeError: An option about rules was given as well.
    """
    from inferscope.core.export import counts as export_counts
    from inferscope.core.report import counts_report

    _no_rules(options, "--counts")
    loaded = loaded_with(options.preset, options.assignments)
    about, found = counts_report(loaded, day, catalog_ranges=options.catalog_ranges)
    render = {
        "json": export_counts.as_json,
        "csv": export_counts.as_csv,
        "md": export_counts.as_markdown,
        "table": export_counts.as_text,
    }
    write(render[options.format](about, found), options.out)
    return 0


def _lines(options: argparse.Namespace) -> int:
    """Print how many models of the catalogue lines catch.

    Raises:
        InferscopeError: An option about rules or a scenario was given as well, or a number is out of bounds.
    """
    from inferscope.core.export import lines as export_lines
    from inferscope.core.policy.lines import LINE, SHARE, moving, setting

    _no_rules(options, "--lines")
    for name, given in (
        ("PRESET", options.preset),
        ("--counts", options.counts),
        ("--sites", options.sites),
        ("--sites", options.sites),
        ("--chips", options.chips),
        ("--select", options.select),
        ("--on", options.on),
        ("--set", options.assignments),
        ("--catalog-ranges", options.catalog_ranges),
    ):
        if given:
            message = f"--lines is about the catalogue alone: leave {name} out"
            raise InferscopeError(message)
    if isinstance(options.last, str):
        message = f"--to must be a year such as 2024, not {brief(options.last)}"
        raise InferscopeError(message)
    asked = setting(
        LINE if options.line is None else options.line,
        share=SHARE if options.share is None else options.share,
        halving=options.halving,
        base=None if options.base is None else day_of(options.base, "--base"),
        first=options.first,
        last=options.last,
    )
    render = {
        "json": export_lines.as_json,
        "csv": export_lines.as_csv,
        "md": export_lines.as_markdown,
        "table": export_lines.as_text,
    }
    write(render[options.format](moving(asked)), options.out)
    return 0


def _chips(options: argparse.Namespace, day: dt.date | None) -> int:
    """Print what the rules make of the export of every chip.

    Raises:
        InferscopeError: An option about rules, lines or a scenario was given as well.
    """
    from inferscope.tui.cli.chips import run as run_chips

    _no_rules(options, "--chips")
    to, options.last = options.last, None
    _no_lines(options)
    for name, given in (
        ("PRESET", options.preset),
        ("--counts", options.counts),
        ("--sites", options.sites),
        ("--set", options.assignments),
        ("--catalog-ranges", options.catalog_ranges),
    ):
        if given:
            message = f"--chips is about the catalogue alone: leave {name} out"
            raise InferscopeError(message)
    return run_chips(options, day, to)


def _no_chips(options: argparse.Namespace) -> None:
    """Refuse options of chips where none are asked for."""
    if options.select:
        message = "--select goes with --chips alone"
        raise InferscopeError(message)


def _no_lines(options: argparse.Namespace) -> None:
    """Refuse options of lines where none are asked for."""
    for name in ("line", "share", "halving", "base", "first", "last"):
        if getattr(options, name) is not None:
            option = {"first": "from", "last": "to"}.get(name, name)
            message = f"--{option} goes with --lines{' or --chips' if option == 'to' else ''} alone"
            raise InferscopeError(message)


_OF_RULES = ("jurisdiction", "status", "scope", "verdict", "binding", "verbose", "fail_on", "allow_unknown")
"""Options that choose among rules, or say what of them is printed."""


def _no_rules(options: argparse.Namespace, instead: str) -> None:
    """Refuse options about rules where no rules are printed."""
    for name in _OF_RULES:
        if getattr(options, name):
            message = (
                f"--{name.replace('_', '-')} is about rules, and {instead} prints none: drop one of them"
            )
            raise InferscopeError(message)


def _sites(options: argparse.Namespace, day: dt.date | None) -> int:
    """Print the power lines of sites.

    Raises:
        InferscopeError: An option about rules was given as well.
    """
    from inferscope.core.study.sites import READ, site_lines

    _no_rules(options, "--sites")
    loaded = loaded_with(options.preset, options.assignments)
    with at_their_place(loaded):
        put(site_lines(evaluate(loaded.scenario, READ), day), options)
    return 0


def day_of(text: str, option: str = "--on") -> dt.date:
    """The day that an option names.

    Raises:
        InferscopeError: It is no date.
    """
    try:
        return read_day(text)
    except ValueError as error:
        message = f"{option} {error}"
        raise InferscopeError(message) from None


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
