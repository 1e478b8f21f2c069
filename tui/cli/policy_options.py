"""The options of `inferscope policy`."""

from __future__ import annotations

import argparse

from inferscope.core.errors import brief
from inferscope.core.study.options import PLACE
from inferscope.tui.cli.options import FORMATS, catalog_ranges, day, fail_on, output, set_keys

_MOST = 9999


def policy(parser: argparse.ArgumentParser) -> None:
    """Of `policy`."""
    parser.add_argument(
        "preset", nargs="?", metavar="PRESET", help="preset name or scenario file; not with --lines, --chips"
    )
    parser.add_argument(
        "--on",
        type=day,
        metavar="DATE",
        help="the day to judge (default: the scenario's as_of; with --chips every change since 2022)",
    )
    for name, example in (
        ("jurisdiction", "EU, US or US-CA"),
        ("status", "in_force or proposed"),
        ("scope", "model, chip or site"),
        ("verdict", "applies, unknown or limit broken"),
    ):
        parser.add_argument(
            f"--{name}",
            action="append",
            default=[],
            metavar=name.upper(),
            help=f"only rules of this {name}, e.g. {example}; may be repeated",
        )
    parser.add_argument(
        "--binding", action="store_true", help="only rules in force on that day, also for --fail-on"
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="as a table: what was compared, dates and sources"
    )
    catalog_ranges(parser)
    set_keys(parser)
    fail_on(parser)
    output(parser, FORMATS)
    _views(parser)


def _views(parser: argparse.ArgumentParser) -> None:
    """What may be asked for in place of the rules."""
    group = parser.add_argument_group("instead of the rules, one of")
    parser.set_defaults(view="rules")
    views = group.add_mutually_exclusive_group()
    for name, about in (
        ("counts", "training compute by every regime's count, by part"),
        ("sites", "the power lines of sites, and on how many the fleet stays off each"),
        ("lines", "models of the catalogue that a line on compute catches: fixed or moving, by year"),
        ("chips", "what the rules make of the export of every chip of the catalogue, through time"),
    ):
        views.add_argument(f"--{name}", dest="view", action="store_const", const=name, help=about)
    _of_lines(parser)
    _of_chips(parser)


def _of_lines(parser: argparse.ArgumentParser) -> None:
    """Of `--lines`."""
    group = parser.add_argument_group("with --lines")
    group.add_argument("--line", type=_number, metavar="FLOP", help="the line (default: 1e25)")
    group.add_argument("--share", type=_number, metavar="S", help="share of the largest run (default: 0.1)")
    group.add_argument(
        "--halving",
        type=_number,
        metavar="MONTHS",
        help="months in which the compute for a capability halves (default: 8, from 2 to 22)",
    )
    group.add_argument(
        "--base",
        type=day,
        metavar="DATE",
        help="the day on which the adjusted line is the fixed one (default: when the EU's line applies)",
    )
    group.add_argument("--from", dest="first", type=_year, metavar="YEAR", help="first year of the models")
    group.add_argument("--until", dest="last", type=_year, metavar="YEAR", help="last year of the models")


def _of_chips(parser: argparse.ArgumentParser) -> None:
    """Of `--chips`."""
    group = parser.add_argument_group("with --chips")
    group.add_argument("--to", metavar="COUNTRY", help=f"where they go (default: {PLACE})")
    group.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="NAME,...",
        help="only these: ids, patterns or searches such as vendor:AMD or designed_in:USA; may be repeated",
    )


def _number(text: str) -> float:
    """A plain number."""
    try:
        return float(text)
    except ValueError:
        message = f"must be a number, not {brief(text)}"
        raise argparse.ArgumentTypeError(message) from None


def _year(text: str) -> int:
    """A year in plain digits."""
    if not (text.isdecimal() and text.isascii() and 1 <= int(text[:9]) <= _MOST and len(text) <= 4):
        message = f"must be a year such as 2024, not {brief(text)}"
        raise argparse.ArgumentTypeError(message)
    return int(text)
