"""`inferscope load`: a trace of requests, or drawn ones, replayed against a scenario's fleet."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path

from inferscope.core.errors import InferscopeError
from inferscope.core.export import studies
from inferscope.core.load.study import REQUESTS, CannotReplayError, LoadStudy, load_study
from inferscope.core.load.table import table_of
from inferscope.core.load.trace import MOST, Trace, read_trace
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.parser import columns, remark, write
from inferscope.tui.cli.progress import Progress, watched
from inferscope.tui.cli.uncertainty import whole

SLOWEST, FASTEST = 1e-3, 1e6
"""Speeds of a trace: slowed further, it would end where a double no longer tells milliseconds apart."""

NO, INTERRUPTED = 1, 130


def run(options: argparse.Namespace) -> int:
    """Print what came of it; 1 where the fleet does not carry the demand or too few keep the limits."""
    trace = _trace(options)
    loaded = loaded_with(options.preset, options.assignments)
    requests = whole("--requests", options.requests or str(REQUESTS), 1, MOST)
    seed = whole("--seed", options.seed or "0", 0, 2**32 - 1)
    users = whole("--concurrency", options.concurrency, 1, MOST) if options.concurrency else None
    with watched("requests") as progress:
        seen = _Seen(progress)
        try:
            study = load_study(loaded, trace, requests=requests, seed=seed, concurrency=users, watch=seen)
        except CannotReplayError as error:
            remark(str(error))
            return NO
        except KeyboardInterrupt:
            progress.clear()
            how_far = f"{seen.done:,} of {seen.of:,} requests were done; " if seen.of else ""
            remark(f"interrupted: {how_far}nothing was written")
            return INTERRUPTED
    _print(study, options)
    return int(study.is_no)


class _Seen:
    """Passes progress on and remembers how far it was."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.done = self.of = 0

    def __call__(self, done: int, of: int) -> None:
        self.done, self.of = done, of
        self.progress(done, of)


def _trace(options: argparse.Namespace) -> Trace | None:
    """The trace to replay; None where requests are to be drawn.

    Raises:
        InferscopeError: Options that do not belong together, or a trace that cannot be read.
    """
    if options.synthetic == bool(options.trace):
        message = "give either --trace FILE or --synthetic; see `inferscope load --help`"
        raise InferscopeError(message)
    others = {"--limit": options.limit, "--speed": options.speed}
    drawn = {"--requests": options.requests, "--seed": options.seed}
    for name, value in (others if options.synthetic else drawn).items():
        if value:
            message = f"{name} belongs to {'--trace' if options.synthetic else '--synthetic'}"
            raise InferscopeError(message)
    if options.synthetic:
        return None
    limit = whole("--limit", options.limit, 1, MOST) if options.limit else None
    trace = read_trace(Path(options.trace), limit=limit)
    return trace.faster(_speed(options.speed)) if options.speed else trace


def _speed(text: str) -> float:
    """How many times as fast.

    Raises:
        InferscopeError: It is none, or out of range.
    """
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not SLOWEST <= speed <= FASTEST:
        message = f"--speed takes a number from {SLOWEST:g} to {FASTEST:,.0f}, not {text!r}"
        raise InferscopeError(message)
    return speed


def _print(study: LoadStudy, options: argparse.Namespace) -> None:
    table = table_of(study)
    if options.format == "table":
        table = replace(table, columns=table.columns[:-1], rows=tuple(row[:-1] for row in table.rows))
        write(studies.as_text(table, columns(options.out) or studies.WIDTH), options.out)
        return
    render = {"json": studies.as_json, "csv": studies.as_csv, "md": studies.as_markdown}
    write(render[options.format](table), options.out)
