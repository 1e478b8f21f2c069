"""Arguments of the command line; wrong usage is one line, not a block of usage."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

from inferscope.core import DATA_DATE, __version__
from inferscope.core.errors import InferscopeError, nearest

KINDS = ("accelerators", "models", "regions", "presets", "quantities", "rules", "formats", "constants")
FORMATS = ("table", "json", "csv", "md")

COMMANDS = {
    "eval": "compute a scenario: latency, throughput, cost, energy, load, quality, training, policy",
    "explain": "show how a quantity comes about, down to sourced figures",
    "list": "list what the catalogue and the program know",
    "show": "show one record with its sources",
    "schema": "print the JSON schema of scenario files",
}

DESCRIPTION = "Explore the economics of running large language models."
EPILOG = """\
Without a command the full-screen explorer opens, on PRESET if one is named.
PRESET is the name of a shipped or own preset (`inferscope list presets`) or
the path of a scenario file. `inferscope COMMAND --help` says more.

Exit status: 0 done; 1 the answer is "no" (does not fit, limit cannot be
kept); 2 wrong usage or input; 3 error inside the program; 130 interrupted."""


class _Parser(argparse.ArgumentParser):
    """A parser that raises one clear line."""

    def error(self, message: str) -> NoReturn:
        """Turn argparse's complaint into the program's."""
        full = f"{message}; see `{self.prog} --help`"
        raise InferscopeError(full)


def parse(arguments: list[str]) -> argparse.Namespace | None:
    """The options of a command line; None where everything is said already (help, version).

    Raises:
        InferscopeError: Wrong usage.
    """
    parser = build(with_commands=_names_command(arguments))
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:  # --help and --version end here, with status 0
        if stop.code:
            raise
        return None
    if getattr(options, "command", None) is None:
        options.command = "screen"
    return options


def _names_command(arguments: list[str]) -> bool:
    """Whether the first word that is no option is a command rather than a preset."""
    word = next((a for a in arguments if not a.startswith("-")), None)
    return word is None or word in COMMANDS


def build(*, with_commands: bool = True) -> argparse.ArgumentParser:
    """The parser; without commands it takes a preset instead."""
    parser = _Parser(
        prog="inferscope",
        usage="inferscope [-h] [--version] [PRESET | COMMAND ...]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"inferscope {__version__}, data of {DATA_DATE}",
        help="print the version",
    )
    if not with_commands:
        parser.add_argument("preset", nargs="?", metavar="PRESET")
        return parser
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", parser_class=_Parser
    )
    for name, about in COMMANDS.items():
        command = commands.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        _ARGUMENTS[name](command)
    return parser


def _eval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("presets", nargs="+", metavar="PRESET", help="preset name or scenario file")
    _set(parser)
    _output(parser, FORMATS)


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    parser.add_argument("quantity", metavar="QUANTITY", help="see `inferscope list quantities`")
    _set(parser)
    _output(parser, ("table", "json"))


def _list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("filter", nargs="?", default="", metavar="TEXT", help="only what contains TEXT")
    _output(parser, FORMATS)


def _show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("id", metavar="ID", help="id, alias or name")
    _output(parser, ("table", "json"))


def _schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="FILE", help="write to FILE instead of standard output")


def _set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="assignments",
        metavar="KEY=VALUE",
        help="set a scenario key, e.g. workload.batch=64; nothing after = drops the key",
    )


def _output(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    parser.add_argument(
        "--format",
        choices=formats,
        default="table",
        help=f"one of {', '.join(formats)} (default: table)",
        metavar="FORMAT",
    )
    parser.add_argument("--out", metavar="FILE", help="write to FILE instead of standard output")


_ARGUMENTS = {"eval": _eval, "explain": _explain, "list": _list, "show": _show, "schema": _schema}


def check_kind(kind: str) -> str:
    """The plural name of a kind.

    Raises:
        InferscopeError: There is no such kind.
    """
    word = kind.lower()
    for known in KINDS:
        if word in (known, known.removesuffix("s"), known.replace("quantities", "quantity")):
            return known
    hint = nearest(word, KINDS) or f"kinds are {', '.join(KINDS)}"
    message = f"unknown kind {kind!r}: {hint}"
    raise InferscopeError(message)


def write(text: str, out: str | None) -> None:
    """The result: to standard output, or in one step to a file.

    Raises:
        InferscopeError: The file cannot be written; nothing was changed.
    """
    if out is None:
        sys.stdout.write(text)
        return
    from pathlib import Path

    from inferscope.core.scenario.files import write_atomic

    path = Path(out)
    try:
        write_atomic(path, text)
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}; nothing was changed"
        raise InferscopeError(message, file=path) from None
