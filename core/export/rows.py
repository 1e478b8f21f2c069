"""Rows of columns as CSV, JSON lines and Parquet, a block at a time.

Numbers have twelve significant digits in text and all of them in Parquet; what is absent is empty,
null. True and false are such in all three.
"""

from __future__ import annotations

import csv
import errno
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from inferscope.core.errors import InferscopeError
from inferscope.core.export.tables import DIGITS, json_text
from inferscope.core.study.axes import word
from inferscope.core.study.conditions import Cells, Words
from inferscope.core.study.table import Column

__all__ = ["FORMS", "CsvRows", "JsonRows", "ParquetRows", "form_of", "text_rows"]

FORMS = ("csv", "jsonl", "parquet")
"""What rows can be written as."""
_ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".pq": "parquet"}
_NUMBER = f"%.{DIGITS}g"
GROUP = 100_000
"""Rows from which on a group of a Parquet file is written: small groups read slowly."""


def form_of(path: Path) -> str:
    """What the ending of a file's name asks for; empty where it asks for none of these."""
    return _ENDINGS.get(path.suffix.lower(), "")


class CsvRows:
    """CSV: the names of the columns, then one line a row.

    Args:
        columns: The columns.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)

    def head(self) -> str:
        """The line of names."""
        return _csv_line([column.name for column in self.columns])

    def text(self, cells: Mapping[str, Cells]) -> str:
        """The lines of some rows."""
        texts = [_texts(cells[c.name], c, "", ("False", "True"), _csv_cell) for c in self.columns]
        return "".join([",".join(row) + "\n" for row in zip(*texts, strict=True)])


class JsonRows:
    """JSON lines: one object a row.

    Args:
        columns: The columns.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        names = [json.dumps(column.name).replace("%", "%%") for column in columns]
        self._line = "{" + ", ".join(f"{name}: %s" for name in names) + "}\n"

    def head(self) -> str:
        """Nothing: a line is a row."""
        return ""

    def text(self, cells: Mapping[str, Cells]) -> str:
        """The lines of some rows."""
        texts = [_texts(cells[c.name], c, "null", ("false", "true"), _json_cell) for c in self.columns]
        return "".join([self._line % row for row in zip(*texts, strict=True)])


def text_rows(form: str, columns: Sequence[Column]) -> CsvRows | JsonRows:
    """What writes rows as text in a form."""
    return CsvRows(columns) if form == "csv" else JsonRows(columns)


def _texts(
    cells: Cells, column: Column, absent: str, flags: tuple[str, str], cell: Callable[[Any], str]
) -> list[str]:
    """A column as texts; what is one of few values is written once each."""
    if isinstance(cells, Words):
        known = [absent if value is None else cell(value) for value in cells.known]
        return [known[code] for code in cells.codes.tolist()]
    if column.unit == "bool":
        known = [*flags, absent]
        return [known[code] for code in np.where(np.isfinite(cells), cells > 0, 2).tolist()]
    if np.isfinite(cells).all():
        return [_NUMBER % value for value in cells.tolist()]
    return [_NUMBER % value if math.isfinite(value) else absent for value in cells.tolist()]


def _csv_line(values: Sequence[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(values)
    return stream.getvalue()


def _csv_cell(value: Any) -> str:
    return _csv_line([str(value) if isinstance(value, bool) else word(value)])[:-1]


def _json_cell(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return json.dumps(value if isinstance(value, bool | str) else str(value), ensure_ascii=False)
    return _NUMBER % value


class ParquetRows:
    """A Parquet file that is written row group by row group, with units and its origin inside.

    Args:
        stream: The file, which is closed with the rows.
        columns: The columns; their units are in the metadata of each field.
        about: What the rows are: JSON under ``inferscope`` in the metadata of the file.

    Raises:
        InferscopeError: pyarrow is not installed.
    """

    def __init__(self, stream: BinaryIO, columns: Sequence[Column], about: Mapping[str, Any]) -> None:
        self._arrow, self._parquet = _pyarrow()
        self.columns, self.about = tuple(columns), about
        self._waiting: list[Any] = []
        self._rows = 0
        self._writer: Any = None
        self._stream = stream
        self._refused: OSError | None = None

    @property
    def has_rows(self) -> bool:
        """Whether anything was written, be it a block without rows."""
        return self._writer is not None

    def write(self, cells: Mapping[str, Cells]) -> None:
        """Some rows; they reach the file when there are enough for a group.

        Raises:
            OSError: They cannot be written; neither can any more.
        """
        arrays = [self._array(cells[column.name], column) for column in self.columns]
        if self._writer is None:
            self._writer = self._opened([array.type for array in arrays])
        self._waiting.append(self._arrow.table(arrays, schema=self._writer.schema))
        self._rows += len(arrays[0])
        if self._rows >= GROUP:
            with self._writing():
                self._flush()

    def _opened(self, types: Sequence[Any]) -> Any:
        fields = [
            self._arrow.field(c.name, type_, metadata={"unit": c.unit, "label": c.label or c.name})
            for c, type_ in zip(self.columns, types, strict=True)
        ]
        schema = self._arrow.schema(fields, metadata={"inferscope": json_text(self.about)})
        return self._parquet.ParquetWriter(self._stream, schema, compression="zstd")

    def _array(self, cells: Cells, column: Column) -> Any:
        arrow = self._arrow
        if isinstance(cells, Words):
            flags = all(value is None or isinstance(value, bool) for value in cells.known)
            known = [v if v is None or flags else word(v) for v in cells.known]
            is_flag = flags and any(value is not None for value in known)
            values = arrow.array(known, type=arrow.bool_() if is_flag else arrow.string())
            return values.take(arrow.array(cells.codes))
        absent = ~np.isfinite(cells)
        return arrow.array(cells > 0 if column.unit == "bool" else cells, mask=absent)

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(self._arrow.concat_tables(self._waiting), row_group_size=1 << 20)
        self._waiting, self._rows = [], 0

    def close(self) -> None:
        """Write what waits, and the end of the file.

        Raises:
            OSError: They cannot be written; the file is closed all the same.
        """
        try:
            if self._writer is not None:
                with self._writing():
                    self._flush()
                    self._writer.close()
        except OSError:
            self._writer.is_open = False  # it would try again when it goes
            with suppress(OSError):
                self._stream.close()
            raise
        self._stream.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Remember what the disk said no to: a writer that failed is asked nothing more."""
        if self._refused is not None:
            raise self._refused
        try:
            yield
        except OSError as error:
            self._refused = error
            raise
        except self._arrow.ArrowException as error:
            self._refused = OSError(errno.EIO, str(error).partition("\n")[0])
            raise self._refused from None


def parquet_about(path: Path) -> Any:
    """What a Parquet file says of its rows; nothing where it is none of ours.

    Raises:
        InferscopeError: pyarrow is not installed.
    """
    arrow, parquet = _pyarrow()
    try:
        metadata = parquet.read_schema(path).metadata or {}
    except arrow.ArrowInvalid:
        return {}
    return json.loads(metadata.get(b"inferscope", b"{}"))


def merge_parquet(parts: Sequence[Path], whole: BinaryIO) -> None:
    """Several Parquet files as one, row group by row group.

    Raises:
        OSError: One cannot be read, or the other not written.
    """
    _, parquet = _pyarrow()
    files = [parquet.ParquetFile(part) for part in parts]
    schema = files[0].schema_arrow
    with parquet.ParquetWriter(whole, schema, compression="zstd") as writer:
        for file in files:
            for group in range(file.num_row_groups):
                writer.write_table(file.read_row_group(group).cast(schema))
            file.close()


def _pyarrow() -> tuple[Any, Any]:
    """An extra, and slow to load."""
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        message = "Parquet needs pyarrow: pip install pyarrow, or name the file .csv or .jsonl"
        raise InferscopeError(message) from None
