"""Traces: when requests came, how long their prompts were and how long the answers.

Four forms are recognised by their header, or by their first line: the program's own, the Azure LLM
inference traces, BurstGPT, and the JSON lines of Mooncake. Columns may come in any order, among others.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from inferscope.core.errors import InferscopeError, brief
from inferscope.core.graph import Array

__all__ = ["FORMS", "Form", "Trace", "read_trace"]

MOST = 10_000_000
"""Requests of one replay, all of which are held in memory."""
MOST_TOKENS = 100_000_000
MOST_SECONDS = 1e9
"""From the first request to the last, 32 years: beyond, a double no longer tells milliseconds apart."""
MOST_CHARACTERS = 1_000_000
"""Characters of a line, so that a file that has no lines is not read into memory."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Requests in the order of their arrival.

    Attributes:
        arrival_s: Seconds since the first, ``(n,)``.
        input_tokens: Prompt tokens, cached ones included, ``(n,)``.
        output_tokens: Generated tokens, reasoning included, at least one, ``(n,)``.
        form: What the trace is, in words.
        line: The line of the file each request stands in, ``(n,)``; 0 where there is no file.
        empty: Requests without an output, which were left out.
        is_sorted: Whether they stood in the order of their arrival.
    """

    arrival_s: Array
    input_tokens: Array
    output_tokens: Array
    form: str
    line: NDArray[np.intp]
    empty: int = 0
    is_sorted: bool = True

    def __len__(self) -> int:
        """How many requests."""
        return len(self.arrival_s)

    @property
    def span_s(self) -> float:
        """Seconds from the first arrival to the last."""
        return float(self.arrival_s[-1] - self.arrival_s[0]) if len(self) else 0.0

    @property
    def rate_per_s(self) -> float:
        """Requests a second between the first and the last; NaN where no time passes."""
        return (len(self) - 1) / self.span_s if self.span_s > 0 else math.nan

    @property
    def arrival_cv(self) -> float:
        """Deviation over mean of the times between arrivals; NaN for fewer than three requests."""
        between = np.diff(self.arrival_s)
        mean = float(between.mean()) if len(between) > 1 else 0.0
        return float(between.std()) / mean if mean > 0 else math.nan

    def take(self, rows: NDArray[np.intp]) -> Trace:
        """Some of the requests, in the order given; times go on from the first of all."""
        return replace(
            self,
            arrival_s=self.arrival_s[rows],
            input_tokens=self.input_tokens[rows],
            output_tokens=self.output_tokens[rows],
            line=self.line[rows],
        )

    def faster(self, speed: float) -> Trace:
        """The same requests, arriving so many times as fast."""
        return replace(self, arrival_s=self.arrival_s / speed)


@dataclass(frozen=True, slots=True)
class Form:
    """A form of trace: its columns in the order time, prompt, answer, and how its times are read."""

    name: str
    columns: tuple[str, str, str]
    seconds: Callable[[Any], float]


def read_trace(path: Path, *, limit: int | None = None) -> Trace:
    """Read a trace.

    Args:
        path: The file: CSV with a header, or JSON lines.
        limit: Take the first so many requests only.

    Raises:
        InferscopeError: It cannot be read, is in none of the forms, or has a bad row; the message names
            file and line.
    """
    try:
        if not path.is_file():
            message = "is not a regular file" if path.exists() else "no such file"
            raise InferscopeError(message, file=path)
        with path.open(encoding="utf-8-sig", newline="") as stream:
            form, rows = _rows(stream, path)
            return _collected(form, rows, path, limit)
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise InferscopeError(message, file=path) from None
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 text (byte {error.start})"
        raise InferscopeError(message, file=path) from None


def _rows(stream: TextIO, path: Path) -> tuple[Form, Iterator[tuple[int, Sequence[Any]]]]:
    """The form of a file, and its rows as line, time, prompt and answer."""
    first = next(_lines(stream, path), "")
    if not first.strip():
        message = f"is empty: a trace begins with a header such as {','.join(_PLAIN.columns)}"
        raise InferscopeError(message, file=path, line=1)
    if first.lstrip().startswith("{"):
        stream.seek(0)
        return _MOONCAKE, _json_rows(stream, path)
    header = [name.strip().lower() for name in next(csv.reader([first]))]
    for form in _TABLES:
        if set(map(str.lower, form.columns)) <= set(header):
            places = [header.index(name.lower()) for name in form.columns]
            return form, _csv_rows(stream, path, places, form)
    known = "; ".join(f"{','.join(form.columns)} ({form.name})" for form in FORMS)
    message = f"has the columns {brief(','.join(header))}; traces have {known}"
    raise InferscopeError(message, file=path, line=1)


def _lines(stream: TextIO, path: Path) -> Iterator[str]:
    """The lines of a file, none of them too long for a trace."""
    line = 0
    while text := stream.readline(MOST_CHARACTERS):
        line += 1
        if len(text) == MOST_CHARACTERS:
            message = f"a line of {MOST_CHARACTERS:,} characters or more is no request"
            raise InferscopeError(message, file=path, line=line)
        yield text


def _csv_rows(
    stream: TextIO, path: Path, places: Sequence[int], form: Form
) -> Iterator[tuple[int, Sequence[Any]]]:
    reader = csv.reader(_lines(stream, path))
    try:
        for row in reader:
            line = reader.line_num + 1  # the header was read before
            if not row:
                continue
            if len(row) <= max(places):
                missing = form.columns[places.index(max(places))]
                message = f"has {len(row)} columns; {missing} is column {max(places) + 1}"
                raise InferscopeError(message, file=path, line=line)
            yield line, [row[place] for place in places]
    except csv.Error as error:
        raise InferscopeError(str(error), file=path, line=reader.line_num + 1) from None


def _json_rows(stream: TextIO, path: Path) -> Iterator[tuple[int, Sequence[Any]]]:
    for line, text in enumerate(_lines(stream, path), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            message = "is not JSON: a line holds one object"
            raise InferscopeError(message, file=path, line=line) from None
        missing = [name for name in _MOONCAKE.columns if not isinstance(row, dict) or row.get(name) is None]
        if missing:
            message = f"has no {missing[0]}; a line holds {', '.join(_MOONCAKE.columns)}"
            raise InferscopeError(message, file=path, line=line)
        yield line, [row[name] for name in _MOONCAKE.columns]


def _collected(form: Form, rows: Iterator[tuple[int, Sequence[Any]]], path: Path, limit: int | None) -> Trace:
    found: list[tuple[float, float, float, int]] = []
    most, empty = MOST if limit is None else min(limit, MOST), 0
    for line, cells in rows:
        if len(found) == most:
            if limit is None or most < limit:
                message = f"holds more than {MOST:,} requests; --limit N takes the first"
                raise InferscopeError(message, file=path, line=line)
            break
        values = [
            _value(read, cell, name, path, line)
            for read, cell, name in zip((form.seconds, _tokens, _tokens), cells, form.columns, strict=True)
        ]
        if values[2] == 0:  # a request that failed
            empty += 1
        else:
            found.append((values[0], values[1], values[2], line))
    if not found:
        message = "holds no request with an output"
        raise InferscopeError(message, file=path)
    _check_span(found, form, path)
    return _arranged(np.array(found), form.name, empty)


def _check_span(found: Sequence[tuple[float, float, float, int]], form: Form, path: Path) -> None:
    """Refuse times that lie so far apart that they are in another unit.

    Raises:
        InferscopeError: They do; the message names the line of the last.
    """
    first, last = min(found), max(found)
    if not last[0] - first[0] <= MOST_SECONDS:
        message = (
            f"{form.columns[0]}: lies {last[0] - first[0]:.3g} s after line {first[3]}; a trace covers"
            f" at most {MOST_SECONDS:.0e} s: are the times in another unit?"
        )
        raise InferscopeError(message, file=path, line=last[3])


def _value(read: Callable[[Any], float], cell: Any, name: str, path: Path, line: int) -> float:
    try:
        return read(cell)
    except (ValueError, OverflowError) as error:
        message = f"{name}: {error}"
        raise InferscopeError(message, file=path, line=line) from None


def _arranged(table: Array, form: str, empty: int) -> Trace:
    """Requests ``(n, 4)`` as a trace that begins at 0."""
    is_sorted = bool((np.diff(table[:, 0]) >= 0).all())
    if not is_sorted:
        table = table[np.argsort(table[:, 0], kind="stable")]
    arrival = table[:, 0] - table[0, 0]
    return Trace(arrival, table[:, 1], table[:, 2], form, table[:, 3].astype(np.intp), empty, is_sorted)


# --- cells ---------------------------------------------------------------------------------------


def _number(cell: Any) -> float:
    """A finite number.

    Raises:
        ValueError: It is none.
    """
    try:
        value = math.nan if isinstance(cell, bool) else float(cell)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        message = f"must be a number, not {brief(cell)}"
        raise ValueError(message)
    return value


def _tokens(cell: Any) -> float:
    """Whole tokens, at least none.

    Raises:
        ValueError: They are not.
    """
    value = _number(cell)
    if value != int(value) or not 0 <= value <= MOST_TOKENS:
        message = f"must be a whole number from 0 to {MOST_TOKENS:,}, not {brief(cell)}"
        raise ValueError(message)
    return value


def _milliseconds(cell: Any) -> float:
    """Milliseconds as seconds."""
    return _number(cell) / 1000


def _moment(cell: Any) -> float:
    """A day and time as seconds; the seconds may have more digits than microseconds.

    >>> round(_moment("2023-11-16 18:15:46.6805900") - _moment("2023-11-16 18:15:45"), 3)
    1.681

    Raises:
        ValueError: It is none.
    """
    text = str(cell).strip()
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        message = f"must be a time such as 2023-11-16 18:15:46.680, not {brief(cell)}"
        raise ValueError(message) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()


_PLAIN = Form("arrival_s in seconds", ("arrival_s", "input_tokens", "output_tokens"), _number)
_AZURE = Form("Azure LLM inference trace", ("TIMESTAMP", "ContextTokens", "GeneratedTokens"), _moment)
_BURSTGPT = Form("BurstGPT trace", ("Timestamp", "Request tokens", "Response tokens"), _number)
_MOONCAKE = Form("Mooncake trace", ("timestamp", "input_length", "output_length"), _milliseconds)
_TABLES = (_PLAIN, _AZURE, _BURSTGPT)
FORMS = (*_TABLES, _MOONCAKE)
"""The forms that are recognised."""
