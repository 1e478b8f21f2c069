"""Rows and reports as plain text, CSV, Markdown and JSON; everything returns text."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from itertools import zip_longest
from typing import Any, ParamSpec

DIGITS = 12
"""Significant digits of numbers in machine-readable output."""


def rounded(value: Any) -> Any:
    """Numbers to twelve significant digits, NaN and infinity as None, recursively.

    >>> rounded({"a": 1 / 3, "b": float("nan")})
    {'a': 0.333333333333, 'b': None}
    """
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return str(value)


def json_text(value: Any) -> str:
    """JSON with a final newline."""
    return json.dumps(rounded(value), indent=2, ensure_ascii=False) + "\n"


def csv_text(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """CSV with a header line; absent values are empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["" if v is None else rounded(v) for v in row] for row in rows])
    return stream.getvalue()


P = ParamSpec("P")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def without_html(make: Callable[P, str]) -> Callable[P, str]:
    """Let what a scenario says be text in Markdown, and no element of a page that it becomes."""

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> str:
        return _TAG.sub(r"\<", make(*args, **kwargs))

    return made


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(str(c).replace("|", "\\|").replace("\n", " ") for c in cells) + " |"

    return "\n".join([line(header), "|" + " --- |" * len(header), *(line(row) for row in rows)]) + "\n"


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Columns aligned with spaces; those in ``right`` to the right."""
    cells = [[str(c) for c in row] for row in ([list(header), *rows] if header else list(rows))]
    if not cells:
        return ""
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = []
    for row in cells:
        parts = [
            c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines) + "\n"


_LEAST = 12
"""Columns below which none is made narrower."""


def fitted(header: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """The lines of a table that is at most so wide: the widest columns are broken between words.

    >>> fitted((), [("verdict", "unknown (needs policy.monthly_users)")], 32)
    ['verdict  unknown (needs', '         policy.monthly_users)']
    """
    cells = [[str(c) for c in row] for row in ([header, *rows] if header else rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    while width is not None and sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > _LEAST:
        widths[widths.index(max(widths))] -= 1
    lines = []
    for row in cells:
        parts = [textwrap.wrap(c, w, break_on_hyphens=False) for c, w in zip(row, widths, strict=True)]
        for line in zip_longest(*parts, fillvalue=""):
            padded = (c.ljust(w) for c, w in zip(line, widths, strict=True))
            lines.append("  ".join(padded).rstrip())
    return lines
