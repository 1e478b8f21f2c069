"""Options that several commands take."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Sequence

from inferscope.core.errors import InferscopeError, brief
from inferscope.core.scenario.days import read_day

FORMATS = ("table", "json", "csv", "md")


def listed(option: str, given: str | Sequence[str] | None) -> tuple[str, ...]:
    """What stands between the commas of an option; nothing where it was not given.

    Raises:
        InferscopeError: It was given, and names nothing.

    >>> listed("--keep", "a, b"), listed("--keep", None), listed("--select", ["a,b", "c"])
    (('a', 'b'), (), ('a', 'b', 'c'))
    """
    texts = [given] if isinstance(given, str) else given or ()
    found = []
    for text in texts:
        names = [part.strip() for part in text.split(",") if part.strip()]
        if not names:
            message = f"{option} names nothing: leave it out, or give it a name"
            raise InferscopeError(message)
        found += names
    return tuple(found)


def catalog_ranges(parser: argparse.ArgumentParser) -> None:
    """Whether ranges of the catalogue are drawn too."""
    parser.add_argument(
        "--catalog-ranges",
        action="store_true",
        help="draw also what the catalogue and the calibration know as a range",
    )


def fail_on(parser: argparse.ArgumentParser) -> None:
    """Rules that decide the exit status."""
    parser.add_argument(
        "--fail-on",
        action="append",
        default=[],
        metavar="RULE",
        help="status 1 if this rule applies or is unknown, in force on the day or not; may be repeated",
    )
    parser.add_argument("--allow-unknown", action="store_true", help="let --fail-on pass an unknown verdict")


def set_keys(parser: argparse.ArgumentParser) -> None:
    """Keys set on the command line, and own catalogues."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="assignments",
        metavar="KEY=VALUE",
        help="set a scenario key, e.g. workload.batch=64; nothing after = drops the key",
    )
    catalog(parser)


def catalog(parser: argparse.ArgumentParser) -> None:
    """Own catalogues."""
    parser.add_argument(
        "--catalog",
        action="append",
        default=[],
        metavar="DIR",
        help="use the accelerators, models, regions and rules in DIR before all others",
    )


def output(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    """Form and place of the result."""
    parser.add_argument(
        "--format",
        choices=formats,
        default="table",
        help=f"one of {', '.join(formats)} (default: table)",
        metavar="FORMAT",
    )
    parser.add_argument("--out", metavar="FILE", help="write to FILE instead of standard output")


def count(text: str) -> int:
    """A whole number in plain digits."""
    if not text.isdecimal() or len(text) > 18:
        message = f"must be a whole number, not {brief(text)}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def day(text: str) -> dt.date:
    """A day, written as in scenario files."""
    try:
        return read_day(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
