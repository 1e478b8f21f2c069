"""`inferscope report`: a document about scenarios."""

from __future__ import annotations

import argparse
import datetime as dt
import shlex
from collections.abc import Sequence
from pathlib import Path

from inferscope.core.errors import InferscopeError
from inferscope.core.export import page
from inferscope.core.export.brief import policy_brief
from inferscope.core.export.document import document
from inferscope.core.export.page_md import as_markdown
from inferscope.core.report import answer_is_no
from inferscope.core.scenario.files import Loaded
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.parser import write
from inferscope.tui.cli.studied import at_their_place


def run(options: argparse.Namespace) -> int:
    """Write the document; a full report has status 1 where the answer of any scenario is no.

    Raises:
        InferscopeError: The file's name says no form that there is, or what its form needs is not installed.
    """
    form = _form(options)
    if form == ".html":
        page.check()
    loaded = [loaded_with(preset, options.assignments) for preset in options.presets]
    if options.kind == "policy":
        write("\n".join(_briefs(loaded, options.on)), options.out)
        return 0
    today = dt.datetime.now(dt.UTC).date()
    with at_their_place(*loaded):
        found = document(loaded, today, _command(options), options.on)
    write(page.as_html(found) if form == ".html" else as_markdown(found), options.out)
    return int(any(answer_is_no(part.report) for part in found.parts))


def _briefs(loaded: Sequence[Loaded], on: dt.date | None) -> list[str]:
    """One brief a scenario."""
    texts = []
    for item in loaded:
        with at_their_place(item):
            texts.append(policy_brief(item, on))
    return texts


def _form(options: argparse.Namespace) -> str:
    """The form that the file's name says; Markdown without a file.

    Raises:
        InferscopeError: There is no such form, or none of this kind.
    """
    form = ".md" if options.out is None else Path(options.out).suffix.lower()
    if options.kind == "policy" and form != ".md":
        message = f"-o {options.out}: a brief is Markdown: name a file that ends in .md"
        raise InferscopeError(message)
    if form not in (".md", ".html"):
        message = f"-o {options.out}: a report is HTML or Markdown: name a file that ends in .html or .md"
        raise InferscopeError(message)
    return form


def _command(options: argparse.Namespace) -> str:
    """What makes the report again."""
    words = ["inferscope", "report", *options.presets]
    for option, values in (("--set", options.assignments), ("--catalog", options.catalog)):
        for value in values:
            words += [option, value]
    words += ["--on", options.on.isoformat()] if options.on is not None else []
    words += ["-o", Path(options.out).name] if options.out is not None else []
    return shlex.join(words)
