"""A file of rows that grows under a partial name, and can be gone on with after an interruption.

``NAME.part`` holds what is finished, ``NAME.part.json`` how much of it counts. Only when all rows
are there is it renamed to ``NAME``. Beside CSV and JSON lines, ``NAME.meta.json`` then says units
and origin; Parquet holds them itself, and has one part for each time that it was interrupted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from inferscope.core.errors import InferscopeError
from inferscope.core.export.rows import ParquetRows, merge_parquet, parquet_about, text_rows
from inferscope.core.export.tables import json_text
from inferscope.core.scenario.files import write_atomic
from inferscope.core.study.conditions import Cells
from inferscope.core.study.table import Column

__all__ = ["RowFile"]

_KEY = "sweep"
"""Under what a file says which rows it was made for."""


class RowFile:
    """Rows on their way into a file.

    Args:
        path: The file.
        form: ``csv``, ``jsonl`` or ``parquet``.
        columns: The columns.
        about: What the rows are.
        key: The same for the same rows; what is gone on with must have been begun with it.
        resume: Whether to go on with what is there.

    Attributes:
        blocks: Blocks that are in the file.
        rows: Rows that are in the file.
        whys: How many of them lack numbers, by reason.
        is_complete: Whether there is nothing to go on with, since an earlier run finished the same rows.

    Raises:
        InferscopeError: The file cannot be written, or there is nothing, or something else, to go on with.
    """

    def __init__(
        self,
        path: Path,
        form: str,
        columns: Sequence[Column],
        about: Mapping[str, Any],
        key: str,
        *,
        resume: bool = False,
    ) -> None:
        self.path, self.form, self.columns, self.key = path, form, tuple(columns), key
        self.about = {**about, _KEY: key}
        self.part = path.with_name(f"{path.name}.part")
        self.state = path.with_name(f"{path.name}.part.json")
        self.blocks, self.rows, self.bytes = 0, 0, 0
        self.whys: dict[str, int] = {}
        self._parts: list[str] = []
        self._safe = 0, 0
        self._is_done = False
        self.is_complete = False
        self._stream: BinaryIO | None = None
        self._parquet: ParquetRows | None = None
        with self._said():
            if path.is_dir():
                message = "is a folder"
                raise InferscopeError(message, file=path)
            if resume and not self.state.exists() and self._was_finished():
                self.is_complete = True
                return
            if resume:
                self._read()
            elif self.state.exists():
                message = (
                    f"an interrupted sweep left {self.part.name} here: --resume goes on with it; "
                    f"remove {self.state.name} to start again"
                )
                raise InferscopeError(message, file=path)
            try:
                self._open()
            except OSError:
                self.leave()
                raise

    def _was_finished(self) -> bool:
        """Whether the file itself holds what is asked for."""
        beside = self.path.with_name(f"{self.path.name}.meta.json")
        try:
            if self.form == "parquet":
                about = parquet_about(self.path) if self.path.is_file() else {}
            else:
                about = json.loads(beside.read_text("utf-8")) if self.path.is_file() else {}
        except (OSError, ValueError):
            return False
        return isinstance(about, dict) and about.get(_KEY) == self.key

    def _read(self) -> None:
        """What an earlier run has finished."""
        if not self.state.exists():
            message = f"there is nothing to go on with: no {self.state.name}"
            raise InferscopeError(message, file=self.path)
        try:
            found = json.loads(self.state.read_text("utf-8"))
            same = found["key"] == self.key and found["form"] == self.form
            self.blocks, self.rows, self.bytes = found["blocks"], found["rows"], found["bytes"]
            self.whys, self._parts = dict(found["whys"]), list(found["parts"])
        except (ValueError, KeyError, TypeError):
            message = f"is damaged: remove it and {self.part.name} to start again"
            raise InferscopeError(message, file=self.state) from None
        if not same:
            message = (
                "was begun by another sweep (scenario, axes, conditions, quantities or version differ): "
                f"remove {self.state.name} to start again"
            )
            raise InferscopeError(message, file=self.part)
        whole = all(self.path.with_name(name).is_file() for name in self._parts)
        if not whole or (self.bytes and (not self.part.is_file() or self.part.stat().st_size < self.bytes)):
            message = f"is shorter than {self.state.name} says: remove both to start again"
            raise InferscopeError(message, file=self.part)

    def _open(self) -> None:
        self._safe = self.blocks, self.rows
        if self.form == "parquet":
            self._parquet = ParquetRows(self._next_part(), self.columns, self.about)
        else:
            self._text = text_rows(self.form, self.columns)
            self._stream = self.part.open("r+b" if self.bytes else "wb")
            if self.bytes:
                self._stream.truncate(self.bytes)
                self._stream.seek(self.bytes)
            else:
                self._put(self._text.head())
        self._note()

    def _next_part(self) -> Path:
        count = len(self._parts)
        return self.part if not count else self.path.with_name(f"{self.path.name}.part{count + 1}")

    def _put(self, text: str) -> None:
        if self._stream is not None:
            data = text.encode("utf-8", "backslashreplace")
            self._stream.write(data)
            self._stream.flush()
            self.bytes += len(data)

    def _note(self) -> None:
        """Keep how much of the parts counts."""
        found = {
            "key": self.key,
            "form": self.form,
            "blocks": self.blocks,
            "rows": self.rows,
            "bytes": self.bytes,
            "whys": self.whys,
            "parts": self._parts,
        }
        write_atomic(self.state, json.dumps(found))

    def write(self, cells: Mapping[str, Cells], whys: Mapping[str, int]) -> None:
        """The rows of the next block, and how many of them lack numbers for which reason."""
        with self._said():
            if self._parquet is not None:
                self._parquet.write(cells)
            else:
                self._put(self._text.text(cells))
            self.blocks += 1
            self.rows += len(next(iter(cells.values())))
            for why, count in whys.items():
                self.whys[why] = self.whys.get(why, 0) + count
            if self._parquet is None:
                self._note()

    def leave(self) -> bool:
        """Stop here; whether there is something that another run can go on with."""
        if self._is_done:
            return False
        try:
            self._close()
            self._note()
        except OSError:  # what was noted last still counts
            if self.form == "parquet":
                self.blocks, self.rows = self._safe
        if self.blocks:
            return True
        for path in (self.part, self.state):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        return False

    def _close(self) -> None:
        """Close the part that is open; of Parquet it counts only now."""
        if self._stream is not None:
            self._stream.close()
        if self._parquet is not None:
            path, rows, self._parquet = self._next_part(), self._parquet, None
            rows.close()
            if not rows.has_rows:  # all were there already
                path.unlink(missing_ok=True)
                return
            self._parts.append(path.name)
            self._safe = self.blocks, self.rows

    def finish(self) -> None:
        """Give the file its name, and say beside it what it holds."""
        with self._said():
            self._close()
            parts = [self.path.with_name(name) for name in self._parts]
            whole = self.part
            if len(parts) > 1:
                whole = self.path.with_name(f"{self.path.name}.part0")
                try:
                    merge_parquet(parts, whole)
                except OSError:
                    whole.unlink(missing_ok=True)
                    raise
            with whole.open("rb") as stream:
                os.fsync(stream.fileno())
            if self.form != "parquet":
                beside = self.path.with_name(f"{self.path.name}.meta.json")
                write_atomic(beside, json_text({**self.about, "rows": self.rows}))
            whole.replace(os.path.realpath(self.path))
            self._is_done = True
            for path in (*parts, self.part, self.state):
                path.unlink(missing_ok=True)

    @contextmanager
    def _said(self) -> Iterator[None]:
        """What the disk says no to, in one line."""
        try:
            yield
        except OSError as error:
            kept = f"; --resume goes on after what is in {self.part.name}" if self.blocks else ""
            message = f"cannot be written: {error.strerror or error}{kept}"
            raise InferscopeError(message, file=self.path) from None
