"""The command line: `inferscope [PRESET]` and its commands.

Each command imports its own code when it runs, so that ``--help`` and ``--version`` load neither
NumPy nor pydantic nor Textual.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from inferscope.core.errors import InferscopeError, printable

if TYPE_CHECKING:
    import argparse

_MODULES = {"eval": "eval_", "list": "listing", "import-model": "import_model", "break-even": "break_even"}
"""Modules of commands that are not called like them."""

_LONGEST, _KEPT = 120, 60
"""Letters of the longest word of a message, and how many are left of a longer one."""

DONE, NO, WRONG, BROKEN, INTERRUPTED = 0, 1, 2, 3, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program.

    Returns:
        The exit status: 0 done; 1 the answer is no; 2 wrong usage or input; 3 an error inside;
        130 interrupted.
    """
    # Looking for pydantic's plugins reads the metadata of every installed package: 20 to 40 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    arguments = list(sys.argv[1:] if argv is None else argv)
    _speak_any_encoding()
    try:
        status = _run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except InferscopeError as error:
        return _complain(str(error), WRONG)
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:
        _close_stdout()
        return DONE
    except OSError as error:
        _close_stdout()
        return _complain(f"{error.filename or 'standard output'}: {error.strerror or error}", WRONG)
    except Exception as error:  # noqa: BLE001  (the last line of defence: one line and a log)
        return _log(error)
    return status


def _run(arguments: list[str]) -> int:
    from inferscope.tui.cli.parser import parse

    options = parse(arguments)
    if options is None:
        return DONE
    if folders := getattr(options, "catalog", None):
        from inferscope.core import catalog

        catalog.use(*folders)
        try:
            return _command(options)
        finally:
            catalog.use()
    return _command(options)


def _command(options: argparse.Namespace) -> int:
    module = import_module(f"inferscope.tui.cli.{_MODULES.get(options.command, options.command)}")
    return int(module.run(options))


def _speak_any_encoding() -> None:
    """A terminal that cannot show a letter gets its code, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _complain(message: str, status: int) -> int:
    """One line on standard error, with nothing in it that steers a terminal."""
    line = printable(_shortened(" ".join(str(message).split())))
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"inferscope: {line}\n")
    return status


def _shortened(text: str) -> str:
    """A message in which no word that was given is so long that the rest is lost; paths stay whole.

    >>> _shortened(f"unknown option '--{'a' * 300}'")[:30], len(_shortened("a/" * 2000))
    ("unknown option '--aaaaaaaaaaaa", 4000)
    """
    words = [w if len(w) <= _LONGEST or os.sep in w else f"{w[:_KEPT]}...{w[-3:]}" for w in text.split(" ")]
    return " ".join(words)


def _close_stdout() -> None:
    """What is left unwritten has nowhere to go, also when the interpreter flushes at its end."""
    if sys.stdout is not None:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _log(error: Exception) -> int:
    """One line and a log with the traceback."""
    import tempfile
    import traceback

    text = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="inferscope-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            log.write(f"{sys.argv}\n{text}")
        where = f"the log is {log.name}"
    except OSError:
        where = "no log could be written"
    return _complain(f"internal error: {type(error).__name__}: {error}; {where}", BROKEN)
