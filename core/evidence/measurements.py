"""Published measurements: one row a figure with the configuration under which it was measured."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from inferscope.core.errors import InferscopeError, brief, nearest
from inferscope.core.scenario.tables import read_bytes

PACKAGED = Path(__file__).parent / "measurements.csv"
"""The measurements that come with the program."""
MOST_BYTES = 50_000_000

REQUIRED = (
    *("id", "metric", "value", "model", "precision", "accelerator", "n_accelerators", "parallelism"),
    *("input_tokens", "output_tokens", "batch_or_concurrency"),
)
"""Columns without which nothing can be predicted; further ones may be absent, which reads as blank."""
_UNITS = {
    "joules_per_output_token": "J",
    "wh_per_query": "Wh",
    "system_power_w": "W",
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """One row of a table of measurements, each cell as it stands there; a blank is an empty text.

    Attributes:
        line: Its line in the file, counted from 1.
    """

    line: int
    id: str
    metric: str
    value: str
    model: str
    precision: str
    accelerator: str
    n_accelerators: str
    parallelism: str
    input_tokens: str
    output_tokens: str
    batch_or_concurrency: str
    unit: str = ""
    kv_precision: str = ""
    benchmark: str = ""
    mode: str = ""
    slo_ttft_s: str = ""
    slo_tpot_s: str = ""
    power_cap_w: str = ""
    prefix_hit_rate: str = ""
    engine: str = ""
    phase: str = ""
    source: str = ""
    config_complete: str = ""
    boundary: str = ""


_READ = {field.name for field in fields(Measurement)} - {"line"}


def unit_of(metric: str) -> str:
    """The unit of a metric.

    >>> unit_of("tpot_s"), unit_of("output_tok_s"), unit_of("system_power_w")
    ('s', 'tokens/s', 'W')
    """
    if metric in _UNITS:
        return _UNITS[metric]
    return "tokens/s" if "tok_s" in metric else "s" if metric.endswith("_s") else ""


def read(path: Path) -> list[Measurement]:
    """The rows of a CSV file; columns that nothing reads are left alone.

    Raises:
        InferscopeError: No table, a column is missing or comes twice, or a row has too many cells.
    """
    data = read_bytes(path, InferscopeError, MOST_BYTES, "table of measurements")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        message = f"is not UTF-8 text (byte {wrong.start})"
        raise InferscopeError(message, file=path, line=data.count(b"\n", 0, wrong.start) + 1) from None
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[Measurement] = []
    try:
        header = next(table, [])
        places = _places(header, path)
        found.extend(
            _row(cells, header, places, path, table.line_num) for cells in table if any(map(str.strip, cells))
        )
    except csv.Error as wrong:
        message = f"is not valid CSV: {wrong}"
        raise InferscopeError(message, file=path, line=table.line_num) from None
    if not found:
        message = "holds no measurements: a header and one row a figure are expected"
        raise InferscopeError(message, file=path)
    return found


def _places(header: list[str], path: Path) -> dict[str, int]:
    """Where each column stands."""
    names = [name.strip() for name in header]
    for name in REQUIRED:
        if name not in names:
            hint = nearest(name, names)
            message = (
                f"column {name} is missing{f': {hint}' if hint else ''}; needed are {', '.join(REQUIRED)}"
            )
            raise InferscopeError(message, file=path, line=1)
    if doubled := next((name for name in names if name in _READ and names.count(name) > 1), None):
        message = f"column {doubled} comes twice"
        raise InferscopeError(message, file=path, line=1)
    return {name: place for place, name in enumerate(names) if name in _READ}


def _row(cells: list[str], header: list[str], places: dict[str, int], path: Path, line: int) -> Measurement:
    if len(cells) > len(header):
        message = f"has {len(cells)} cells where the header has {len(header)}: {brief(cells[len(header)])}"
        raise InferscopeError(message, file=path, line=line)
    values = {name: cells[place].strip() for name, place in places.items() if place < len(cells)}
    return Measurement(line=line, **{name: values.get(name, "") for name in _READ})


@cache
def packaged() -> tuple[Measurement, ...]:
    """The measurements that come with the program."""
    return tuple(read(PACKAGED))
