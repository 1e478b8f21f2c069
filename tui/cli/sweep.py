"""`inferscope sweep`: a scenario at many points of its keys, to the screen or streamed into a file."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from inferscope.core.errors import InferscopeError, ScenarioError
from inferscope.core.export import studies
from inferscope.core.export.partial import RowFile
from inferscope.core.export.rows import FORMS, form_of, text_rows
from inferscope.core.scenario.files import locate
from inferscope.core.study.axes import AxisError
from inferscope.core.study.conditions import Best, Cells, Words
from inferscope.core.study.sweep import SELECT, WHY, Sweep
from inferscope.core.study.swept import Swept, best_of, collect
from inferscope.core.study.table import Table
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.options import listed
from inferscope.tui.cli.parser import remark, write
from inferscope.tui.cli.progress import Progress, watched

SHOWN = 40
"""Rows of a table on the screen."""
MOST_TOGETHER = 100_000
"""Rows of forms that are written in one piece."""
INTERRUPTED = 130
_WHOLE = {".json": "json", ".md": "md", ".txt": "table"}


def run(options: argparse.Namespace) -> int:
    """Compute all points; 130 where it was interrupted, else 0: rows without numbers say why."""
    if options.engine != "local":
        message = f"the engine {options.engine!r} is not in this version: local computes on this machine"
        raise InferscopeError(message)
    form = _form(options)
    if options.resume and (form not in FORMS or not options.out):
        message = "--resume goes on with a file: give --out FILE.csv, FILE.jsonl or FILE.parquet"
        raise InferscopeError(message)
    loaded = loaded_with(options.preset, options.assignments)
    select = listed("--select", options.select)
    try:
        made_by = Sweep(
            loaded.scenario, options.over, select=select or SELECT, where=options.where, zipped=options.zip
        )
    except AxisError:  # what --over says stands in no file
        raise
    except ScenarioError as error:
        raise locate(error, loaded) from None
    best = best_of(made_by, options.top, options.by)
    if form not in FORMS:
        return _whole(made_by, best, form, options.out)
    if options.out and not _is_other_than_file(Path(options.out)):
        return _file(made_by, best, form, options)
    return _stream(made_by, best, form, options.out)


def _form(options: argparse.Namespace) -> str:
    """What the rows are written as: as asked, else by the ending of the file's name.

    Raises:
        InferscopeError: The ending says nothing.
    """
    if options.format:
        return str(options.format)
    if options.out is None:
        return "table"
    path = Path(options.out)
    form = form_of(path) or _WHOLE.get(path.suffix.lower(), "")
    if not form:
        message = "--out: name the file .csv, .jsonl, .parquet, .json or .md, or give --format"
        raise InferscopeError(message)
    return form


def _is_other_than_file(path: Path) -> bool:
    """Whether a path is a pipe or a device, which has no partial name."""
    return path.exists() and not path.is_file() and not path.is_dir()


# --- in one piece --------------------------------------------------------------------------------


def _whole(made_by: Sweep, best: Best | None, form: str, out: str | None) -> int:
    """A table on the screen, or all rows as one text."""
    limit = SHOWN if form == "table" and out is None else MOST_TOGETHER
    if limit == MOST_TOGETHER and best is None and not made_by.where and made_by.points > limit:
        message = (
            f"{form} holds at most {limit:,} rows, not {made_by.points:,}: write .csv, .jsonl or .parquet"
        )
        raise InferscopeError(message)
    with watched("points") as progress:
        found = collect(made_by, best, limit=limit, watch=progress)
    every = found.tally.rows if best is None else found.rows
    write(_rendered(found, form, limit, out, every), out)
    return 0


def _rendered(found: Swept, form: str, limit: int, out: str | None, every: int) -> str:
    """The first rows as text, of as many as there are to be had."""
    table = found.table(limit)
    if len(table.rows) < every:
        note = f"the first {len(table.rows):,} of {every:,} rows; --out FILE.csv writes all"
        table = replace(table, curve=None, notes=(*table.notes, note))
    if form == "table":
        wide = out is None and sys.stdout is not None and sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if wide else studies.WIDTH
        return studies.as_text(table, width, len(found.made_by.axes))
    render: dict[str, Callable[[Table], str]] = {"json": studies.as_json, "md": studies.as_markdown}
    return render[form](table)


# --- as a stream ---------------------------------------------------------------------------------


def _stream(made_by: Sweep, best: Best | None, form: str, out: str | None) -> int:
    """Rows to standard output, or into a pipe, as they come."""
    if form == "parquet":
        message = "Parquet is written to a file: give --out FILE.parquet"
        raise InferscopeError(message)
    if out is None:
        if sys.stdout is None:
            message = "standard output is closed; --out FILE writes to a file"
            raise InferscopeError(message)
        _flow(made_by, best, form, sys.stdout)
        return 0
    try:
        with Path(out).open("w", encoding="utf-8") as stream:
            _flow(made_by, best, form, stream)
    except BrokenPipeError:
        raise
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise InferscopeError(message, file=out) from None
    return 0


def _flow(made_by: Sweep, best: Best | None, form: str, stream: TextIO) -> None:
    rows = text_rows(form, made_by.columns)
    with watched("points") as progress:
        stream.write(rows.head())
        stream.writelines(rows.text(cells) for cells, _ in _walked(made_by, best, 0, progress))
    stream.flush()
    _say_rest(best, made_by)


def _say_rest(best: Best | None, made_by: Sweep) -> None:
    """Why there is no best row, where there is none, and what the rows cannot hold: bases, boundaries."""
    if best is not None and (nothing := best.nothing()):
        remark(nothing)
    for note in made_by.notes:
        remark(note)


def _file(made_by: Sweep, best: Best | None, form: str, options: argparse.Namespace) -> int:
    """Rows into a file that has its name only when all are there."""
    if best is not None and options.resume:
        message = "--top keeps nothing to go on with: start again without --resume"
        raise InferscopeError(message)
    about = {**made_by.about(), "top": options.top, "by": options.by or None}
    key = made_by.fingerprint()
    file = RowFile(Path(options.out), form, made_by.columns, about, key, resume=options.resume)
    if file.is_complete:
        remark(f"{file.path} is complete: nothing was left to do")
        return 0
    try:
        with watched("points") as progress:
            for cells, whys in _walked(made_by, best, file.blocks, progress):
                with _uninterrupted():
                    file.write(cells, whys)
        with _uninterrupted():
            file.finish()
    except BaseException as error:
        with _uninterrupted():
            is_kept = file.leave()
        if not isinstance(error, KeyboardInterrupt):
            raise
        remark(_interrupted(file, made_by) if is_kept else "interrupted: nothing was finished; start again")
        return INTERRUPTED
    _say_done(file)
    _say_rest(best, made_by)
    return 0


def _interrupted(file: RowFile, made_by: Sweep) -> str:
    points = f"{made_by.points_before(file.blocks):,} of {made_by.points:,} points"
    return f"interrupted: {points} are done and in {file.part}; the same command with --resume goes on"


def _say_done(file: RowFile) -> None:
    known = sorted(file.whys.items(), key=lambda item: -item[1])
    lacking = f"; {sum(file.whys.values()):,} lack numbers ({_listed(known)})" if known else ""
    remark(f"{file.rows:,} rows in {file.path}{lacking}")


def _listed(known: list[tuple[str, int]]) -> str:
    shown = ", ".join(f"{count:,} {why}" for why, count in known[:3])
    return f"{shown}, ..." if len(known) > 3 else shown


def _walked(
    made_by: Sweep, best: Best | None, first: int, progress: Progress
) -> Iterator[tuple[dict[str, Cells], Counter[str]]]:
    """The columns of each block and what its rows lack; of the best rows only at the end."""
    progress.start(made_by.points_before(first))
    names = [column.name for column in made_by.columns]
    for block in made_by.walk(first, beside=(best.by,) if best is not None else ()):
        cells = dict(block.cells)
        if best is not None:
            best.add(cells)
        if best is None or block.number == made_by.blocks - 1:
            cells = {name: (cells if best is None else best.columns)[name] for name in names}
            yield cells, _whys(cells[WHY])
        progress(made_by.points_before(block.number + 1), made_by.points)


def _whys(column: Cells) -> Counter[str]:
    if not isinstance(column, Words):
        return Counter()
    counts = np.bincount(column.codes, minlength=1)
    return Counter(
        {str(column.known[code]): int(count) for code, count in enumerate(counts) if code and count}
    )


# --- hands off and on ----------------------------------------------------------------------------


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until what is written is whole."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[Any] = []
    before = signal.signal(signal.SIGINT, lambda *_: asked.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt
