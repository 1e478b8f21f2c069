"""The options of `inferscope policy`."""

from __future__ import annotations

import argparse

from inferscope.core.errors import brief
from inferscope.tui.cli.options import FORMATS, catalog_ranges, fail_on, output, set_keys

_MOST = 9999


def policy(parser: argparse.ArgumentParser) -> None:
    """Rules of a scenario, its training compute by regime, or lines over the catalogue."""
    parser.add_argument(
        "preset", nargs="?", metavar="PRESET", help="preset name or scenario file; not with --lines, --chips"
    )
    parser.add_argument(
        "--on",
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
    group = parser.add_argument_group("instead of the rules")
    group.add_argument(
        "--counts", action="store_true", help="training compute by every regime's count, by part"
    )
    group.add_argument(
        "--sites",
        action="store_true",
        help="the power lines of sites, and on how many the fleet stays off each",
    )
    group.add_argument(
        "--lines",
        action="store_true",
        help="how many models of the catalogue a line catches that is fixed, moves with the largest run, or"
        " is adjusted for algorithmic progress",
    )
    group.add_argument("--line", type=_flop, metavar="FLOP", help="the line (default: 1e25)")
    group.add_argument("--share", type=_flop, metavar="S", help="share of the largest run (default: 0.1)")
    group.add_argument(
        "--halving",
        type=_flop,
        metavar="MONTHS",
        help="months in which the compute for a capability halves (default: 8, from 2 to 22)",
    )
    group.add_argument(
        "--base",
        metavar="DATE",
        help="the day on which the adjusted line is the fixed one (default: when the EU's line applies)",
    )
    group.add_argument("--from", dest="first", type=_year, metavar="YEAR", help="first year of the models")
    group.add_argument(
        "--chips",
        action="store_true",
        help="what the rules make of the export of every chip of the catalogue, through time",
    )
    group.add_argument(
        "--to",
        dest="last",
        type=_year_or_place,
        metavar="YEAR|PLACE",
        help="last year of the models; with --chips the country they go to (default: CHN)",
    )
    group.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="CHIPS",
        help="with --chips, only these: ids, patterns or searches such as vendor:AMD or designed_in:USA,"
        " by commas; may be repeated",
    )


def _flop(text: str) -> float:
    """A plain number."""
    try:
        return float(text)
    except ValueError:
        message = f"must be a number, not {brief(text)}"
        raise argparse.ArgumentTypeError(message) from None


def _year_or_place(text: str) -> int | str:
    """A year in plain digits, or what may be the name of a country."""
    return _year(text) if any(sign.isdigit() for sign in text) or not text else text


def _year(text: str) -> int:
    """A year in plain digits."""
    if not (text.isdecimal() and text.isascii() and 1 <= int(text[:9]) <= _MOST and len(text) <= 4):
        message = f"must be a year such as 2024, not {brief(text)}"
        raise argparse.ArgumentTypeError(message)
    return int(text)
