"""`inferscope policy`: the rules against a scenario, or another view in their place."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final, NamedTuple

from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import evaluate
from inferscope.tui.cli.chips import chips
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.parser import write
from inferscope.tui.cli.policy_rules import rules
from inferscope.tui.cli.studied import at_their_place, put


def run(options: argparse.Namespace) -> int:
    """Print the view that was asked for.

    Returns:
        1 where a rule of ``--fail-on`` applies, else 0.

    Raises:
        InferscopeError: An option was given that this view does not take, or the preset is missing.
    """
    view = VIEWS[options.view]
    for name, value in vars(options).items():
        # False and an empty list are the defaults of options; 0 was given, and is refused with its reason.
        given = value is not None and value is not False and value != []
        if name not in _ALWAYS and name not in view.takes and given:
            message = f"{_option(name)} goes with {_who_takes(name)}, not with {_called(options.view)}"
            raise InferscopeError(message)
    if "preset" in view.takes and options.preset is None:
        free = " and ".join(_called(name) for name, other in VIEWS.items() if "preset" not in other.takes)
        message = f"policy needs a PRESET; {free} alone go without one"
        raise InferscopeError(message)
    return view.run(options)


def _counts(options: argparse.Namespace) -> int:
    """Print the training compute by every regime's count."""
    from inferscope.core.export import counts as export
    from inferscope.core.report import counts_report

    loaded = loaded_with(options.preset, options.assignments)
    about, found = counts_report(loaded, options.on, catalog_ranges=options.catalog_ranges)
    render = {
        "json": export.as_json,
        "csv": export.as_csv,
        "md": export.as_markdown,
        "table": export.as_text,
    }
    write(render[options.format](about, found), options.out)
    return 0


def _sites(options: argparse.Namespace) -> int:
    """Print the power lines of sites."""
    from inferscope.core.study.sites import READ, site_lines

    loaded = loaded_with(options.preset, options.assignments)
    with at_their_place(loaded):
        put(site_lines(evaluate(loaded.scenario, READ), options.on), options)
    return 0


def _lines(options: argparse.Namespace) -> int:
    """Print how many models of the catalogue lines catch."""
    from inferscope.core.export import lines as export
    from inferscope.core.policy.lines import LINE, SHARE, moving, setting

    asked = setting(
        LINE if options.line is None else options.line,
        share=SHARE if options.share is None else options.share,
        halving=options.halving,
        base=options.base,
        first=options.first,
        last=options.last,
    )
    put(moving(asked), options, export)
    return 0


class View(NamedTuple):
    """What can be printed.

    Attributes:
        run: Prints it; gives the exit status.
        takes: The options that it reads, by their names in the namespace. All others are refused.
    """

    run: Callable[[argparse.Namespace], int]
    takes: frozenset[str]


_ALWAYS: Final = {"command", "view", "catalog", "format", "out"}
_SCENARIO: Final = {"preset", "assignments", "on"}
_FILTERS: Final = {"jurisdiction", "status", "scope", "verdict", "binding"}
VIEWS: Final = {
    "rules": View(
        rules,
        frozenset({*_SCENARIO, *_FILTERS, "catalog_ranges", "verbose", "fail_on", "allow_unknown"}),
    ),
    "counts": View(_counts, frozenset({*_SCENARIO, "catalog_ranges"})),
    "sites": View(_sites, frozenset(_SCENARIO)),
    "lines": View(_lines, frozenset({"line", "share", "halving", "base", "first", "last"})),
    "chips": View(chips, frozenset({"on", "to", "select"})),
}
"""Every view by its name, which is its option but for the rules, which need none."""

_OPTIONS: Final = {"preset": "PRESET", "assignments": "--set", "first": "--from", "last": "--until"}
"""Options that are not called like their names in the namespace."""


def _option(name: str) -> str:
    return _OPTIONS.get(name, f"--{name.replace('_', '-')}")


def _called(view: str) -> str:
    return "the rules" if view == "rules" else f"--{view}"


def _who_takes(name: str) -> str:
    """The views that take an option, in words."""
    found = [_called(view) for view, about in VIEWS.items() if name in about.takes]
    return " and ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else found[0]
