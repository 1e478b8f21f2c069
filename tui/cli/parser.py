"""Arguments of the command line; wrong usage is one line, not a block of usage."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn

from inferscope.core import DATA_DATE, __version__
from inferscope.core.errors import InferscopeError, nearest, printable
from inferscope.tui.cli import policy_options, study_options
from inferscope.tui.cli.options import FORMATS, catalog, catalog_ranges, count, day, fail_on, output, set_keys

LISTED_ALONE = ("prices", "rents")
"""Kinds of which single records have no page of their own."""
KINDS = ("accelerators", "models", "regions", "presets", "quantities", "rules", "formats", "constants")

COMMANDS = {
    "eval": "compute a scenario: latency, throughput, cost, energy, load, quality, training, policy",
    "compare": "put scenarios side by side: what differs, and which input carries how much of it",
    "explain": "show how a quantity comes about, down to sourced figures",
    "solve": "find the value of an input at which conditions are met, or two scenarios are equal",
    "frontier": "list the layouts, formats and batches that no other beats in latency, cost and energy",
    "attribute": "divide cost, latency, energy and quality among the optimisations that are on",
    "policy": "judge a scenario by every rule on a day; or count by regime, or show sites, lines, chips",
    "report": "write a report on scenarios, HTML or Markdown: figures, plots, rules, numbered sources",
    "access": "say what rules on chips cost: the scenario on allowed accelerators beside denied ones",
    "break-even": "say from which demand on renting, owning or buying tokens at the list price is cheapest",
    "place": "serve one country's users from several: the way, cost of owning there, carbon, water",
    "lifecycle": "add up serving over a model's life, and say when it passes training, by three counts",
    "scaling": "say what inference in place of training does to lines on compute; other ways around them",
    "uncertainty": "draw what is not known exactly: quantiles of every quantity, chance of each rule",
    "sensitivity": "show which inputs move a quantity, how far, and which carry its variance",
    "sweep": "compute a scenario at many values of its keys: a table, CSV, JSON lines or Parquet",
    "validate": "predict published measurements, and say how far off the predictions are",
    "claims": "set published claims against what is computed, or a sourced figure: who is off, by how much",
    "load": "replay a trace of requests, or drawn ones, against a scenario's fleet",
    "list": "list what the catalogue and the program know",
    "show": "show one record with its sources",
    "import-model": "turn a Hugging Face config.json into a record of your catalogue",
    "schema": "print the JSON schema of scenario files",
    "paths": "print where the program keeps its files",
}

DESCRIPTION = "Explore the economics of running large language models."
EPILOG = """\
Without a command the full-screen explorer opens, with PRESET, or it asks what
to open.
Screen options: --set KEY=VALUE sets a key of the scenario, --theme NAME chooses
colours, --ascii draws with plain characters, --no-mouse leaves the mouse to the
terminal, --low-bandwidth sends little. `config.toml` in the folder for
configuration sets them for good, and the keys; docs/config.md says how.

PRESET is the name of a shipped or own preset (`inferscope list presets`) or
the path of a scenario file. `inferscope COMMAND --help` says more.

Exit status: 0 done; 1 the answer is "no" (does not fit, limit cannot be
kept, a --fail-on rule applies); 2 wrong usage or input; 3 error inside the
program; 130 interrupted."""


_FOR_SCREEN = ("--set", "--catalog", "--theme", "--ascii", "--no-mouse", "--low-bandwidth")
"""Options of the full screen, which may stand without a preset."""


class _Parser(argparse.ArgumentParser):
    """A parser that raises one clear line and takes no abbreviated options."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "allow_abbrev": False})

    def _print_message(self, message: str, file: Any = None) -> None:  # noqa: ARG002
        """Help and version are results like any other; argparse would lose them on a full disk."""
        write(message, None)

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
        options, rest = parser.parse_known_args(arguments)
    except SystemExit as stop:  # --help and --version end here, with status 0
        if stop.code:
            raise
        return None
    if getattr(options, "command", None) is None:
        options.command = "screen"
    if rest:
        raise InferscopeError(_not_understood(options, rest))
    return options


def _names_command(arguments: list[str]) -> bool:
    """Whether the first word that is no option is a command rather than a preset."""
    word = next((a for a in arguments if a == "--" or not a.startswith("-")), None)
    return word in COMMANDS or (word is None and not any(a.startswith(_FOR_SCREEN) for a in arguments))


def _not_understood(options: argparse.Namespace, rest: list[str]) -> str:
    """What to write instead of words that no option or command takes."""
    preset = getattr(options, "preset", None)
    if options.command == "screen" and preset is not None:
        if message := unknown_command(preset, alone=rest[0].startswith("-")):
            return message
        return f"unexpected {rest[0]!r} after the preset; see `inferscope --help`"
    if options.command in ("eval", "compare") and not rest[0].startswith("-"):
        return f"unexpected {rest[0]!r}: name all presets before the options"
    about = "unknown option" if rest[0].startswith("-") else "unexpected"
    name = "" if options.command == "screen" else f" {options.command}"
    return f"{about} {rest[0]!r}; see `inferscope{name} --help`"


_MEANT = {"diff": "compare", "why": "explain", "run": "eval", "rules": "policy", "cat": "show", "ls": "list"}
"""Commands by words that other programs have for them."""


def unknown_command(word: str, *, alone: bool = True) -> str:
    """What to say of a word that is probably meant as a command; nothing where it is not.

    One that is not alone, and no preset either, was meant as one.
    """
    from inferscope.core.scenario.names import COMMANDS as PLANNED
    from inferscope.core.scenario.names import is_path, preset_names

    if word in PLANNED and word not in COMMANDS:
        return f"the command {word!r} is not in this version; commands are {', '.join(COMMANDS)}"
    hint = f"did you mean {_MEANT[word]}?" if word in _MEANT else nearest(word, COMMANDS)
    if not hint and not alone and not is_path(word) and word not in preset_names():
        hint = f"commands are {', '.join(COMMANDS)}"
    return f"unknown command {word!r}: {hint}" if hint else ""


def build(*, with_commands: bool = True) -> argparse.ArgumentParser:
    """The parser; without commands it takes a preset instead."""
    parser = _Parser(
        prog="inferscope",
        usage="inferscope [-h] [--version] [PRESET] [SCREEN OPTION]... | COMMAND ...",
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
        set_keys(parser)
        parser.add_argument("--theme", metavar="NAME")
        parser.add_argument("--ascii", action="store_true", default=None)
        parser.add_argument("--no-mouse", action="store_false", dest="mouse", default=None)
        parser.add_argument("--low-bandwidth", action="store_true", default=None)
        return parser
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", parser_class=_Parser, prog="inferscope"
    )
    for name, about in COMMANDS.items():
        command = commands.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        _ARGUMENTS[name](command)
    return parser


def _eval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("presets", nargs="+", metavar="PRESET", help="preset name or scenario file")
    catalog_ranges(parser)
    set_keys(parser)
    fail_on(parser)
    parser.add_argument(
        "--cite", action="store_true", help="add a ready citation: figures, ranges, basis, numbered sources"
    )
    output(parser, FORMATS)


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("presets", nargs="+", metavar="PRESET", help="preset name or scenario file")
    parser.add_argument(
        "--kind",
        choices=("full", "policy"),
        default="full",
        metavar="KIND",
        help="full: figures side by side, plots, assumptions, rules, sources (default);"
        " policy: a brief in Markdown on what rules say, one a scenario",
    )
    parser.add_argument(
        "--on", type=day, metavar="DATE", help="the day to judge (default: the scenario's as_of)"
    )
    set_keys(parser)
    parser.add_argument(
        "-o",
        "--out",
        metavar="FILE",
        help="write to FILE.html (one page with plots that needs no network) or FILE.md (default: Markdown to"
        " standard output)",
    )


def _compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("presets", nargs="+", metavar="PRESET", help="two to six presets or scenario files")
    parser.add_argument(
        "--of",
        action="append",
        default=[],
        metavar="QUANTITY",
        help="only this quantity and what carries its difference; may be given again",
    )
    parser.add_argument("--all", action="store_true", help="also what is the same in all of them")
    catalog_ranges(parser)
    set_keys(parser)
    output(parser, FORMATS)


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    parser.add_argument("quantity", metavar="QUANTITY", help="see `inferscope list quantities`")
    parser.add_argument(
        "--depth",
        type=_depth,
        metavar="N",
        help="steps below the quantity, or all (default: 3; json: all)",
    )
    set_keys(parser)
    output(parser, ("table", "json"))


ALL = "all"


def _depth(text: str) -> int | str:
    """A whole number, or all."""
    if text != ALL and (not text.isdecimal() or len(text) > 18):
        message = f"must be a whole number or {ALL}, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return text if text == ALL else int(text)


def _validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "measurements",
        nargs="?",
        metavar="MEASUREMENTS.csv",
        help="table of measurements (default: those that come with the program)",
    )
    parser.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="NAME,...",
        help="group rows by group, metric, phase, experts, vendor, accelerator, model, benchmark, engine"
        " or class; several joined by commas together; may be repeated",
    )
    parser.add_argument(
        "--worst",
        type=count,
        default=10,
        metavar="N",
        help="rows that are farthest off to show (default: 10)",
    )
    catalog(parser)
    output(parser, FORMATS)


def _list(parser: argparse.ArgumentParser) -> None:
    catalog(parser)
    parser.add_argument("kind", metavar="KIND", help=", ".join((*KINDS, *LISTED_ALONE)))
    parser.add_argument(
        "filter",
        nargs="?",
        default="",
        metavar="TEXT",
        help="only what contains TEXT; of accelerators, models and regions also a search such as"
        " vendor:AMD+fabricated_in:TWN",
    )
    for field, what in (("designed-in", "designed"), ("fabricated-in", "made")):
        parser.add_argument(
            f"--{field}", metavar="PLACE", help=f"only accelerators that are {what} in a country, e.g. USA"
        )
    output(parser, FORMATS)


def _show(parser: argparse.ArgumentParser) -> None:
    catalog(parser)
    parser.add_argument("kind", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("id", metavar="ID", help="id, alias or name")
    output(parser, ("table", "json"))


def _import_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", metavar="CONFIG.json", help="the config.json of a model")
    parser.add_argument("--id", metavar="ID", help="identifier (default: the name of the file or its folder)")
    parser.add_argument("--name", metavar="NAME", help="what to call it (default: the same)")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--into", metavar="DIR", help="write models/ID.toml into the catalogue DIR")
    place.add_argument("--out", metavar="FILE", help="write to FILE instead of standard output")
    parser.add_argument(
        "--format",
        choices=("toml", "table", "json"),
        default="toml",
        help="toml, the record; table or json, what was read and assumed (default: toml)",
        metavar="FORMAT",
    )


def _schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="FILE", help="write to FILE instead of standard output")


def _paths(parser: argparse.ArgumentParser) -> None:
    output(parser, ("table", "json"))


_ARGUMENTS = {
    "eval": _eval,
    "compare": _compare,
    "explain": _explain,
    "solve": study_options.solve,
    "frontier": study_options.frontier,
    "attribute": study_options.attribute,
    "policy": policy_options.policy,
    "report": _report,
    "access": study_options.access,
    "break-even": study_options.break_even,
    "place": study_options.place,
    "lifecycle": study_options.lifecycle,
    "scaling": study_options.scaling,
    "uncertainty": study_options.uncertainty,
    "sensitivity": study_options.sensitivity,
    "sweep": study_options.sweep,
    "validate": _validate,
    "claims": study_options.claims,
    "load": study_options.load,
    "list": _list,
    "show": _show,
    "import-model": _import_model,
    "schema": _schema,
    "paths": _paths,
}


def check_kind(kind: str, kinds: tuple[str, ...] = KINDS) -> str:
    """The plural name of a kind.

    Raises:
        InferscopeError: There is no such kind.
    """
    word = kind.lower()
    for known in kinds:
        if word in (known, known.removesuffix("s"), known.replace("quantities", "quantity")):
            return known
    hint = nearest(word, kinds) or f"kinds are {', '.join(kinds)}"
    message = f"unknown kind {kind!r}: {hint}"
    raise InferscopeError(message)


def remark(text: str) -> None:
    """One line beside the result, on standard error, with nothing in it that steers a terminal."""
    if sys.stderr is not None:
        sys.stderr.write(f"inferscope: {printable(text)}\n")


def columns(out: str | None) -> int | None:
    """How many columns the terminal has that the result goes to; None where it goes elsewhere."""
    import shutil

    is_terminal = out is None and sys.stdout is not None and sys.stdout.isatty()
    return max(shutil.get_terminal_size().columns, 40) if is_terminal else None


def write(text: str, out: str | None) -> None:
    """The result: to standard output, or in one step to a file.

    Raises:
        InferscopeError: The file cannot be written; a regular one is as it was.
    """
    if out is None:
        if sys.stdout is None:
            message = "standard output is closed; --out FILE writes to a file"
            raise InferscopeError(message)
        sys.stdout.write(text)
        return
    if not out:
        message = "--out needs the name of a file"
        raise InferscopeError(message)
    from pathlib import Path

    from inferscope.core.scenario.files import write_atomic

    path = Path(out)
    try:
        write_atomic(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        in_place = path.exists() and not path.is_file()  # what a device or a pipe has taken stays taken
        message = f"cannot be written: {error.strerror or error}{'' if in_place else '; nothing was changed'}"
        raise InferscopeError(message, file=path) from None
