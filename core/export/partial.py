"""A file of rows that grows under a partial name, and can be gone on with after an interruption.

``NAME.part`` holds what is finished, ``NAME.part.json`` how much of it counts. Only when all rows
are there is it renamed to ``NAME``. Beside CSV and JSON lines, ``NAME.meta.json`` then says units
and origin; Parquet holds them itself, and has one part for each time that it was interrupted.

One program at a time writes to a name, nothing is written into or over a part that it did not
make, and nothing but its own parts is removed. A name that is a link stands for what it leads to.
"""

from __future__ import annotations

import errno
import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from inferscope.core.errors import InferscopeError
from inferscope.core.export.counted import Counted, checksum, part_name
from inferscope.core.export.locked import Lock
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
        path: The file.
        part: Where its rows are until all are there.
        state: What says how many of them count.
        is_complete: Whether there is nothing to go on with, since an earlier run finished the same rows.

    Raises:
        InferscopeError: The file cannot be written, another program writes to it, or there is nothing,
            or something else, to go on with.
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
        self.path, self.form, self.columns = path, form, tuple(columns)
        self.about = {**about, _KEY: key}
        self._target = Path(os.path.realpath(path))
        self.part, self.state = self._beside(".part"), self._beside(".part.json")
        self._counted = Counted(key, form)
        self._noted = _copy(self._counted)
        self._is_done = False
        self.is_complete = False
        self._stream: BinaryIO | None = None
        self._parquet: ParquetRows | None = None
        self._lock: Lock | None = None
        with self._said():
            self._mode = self._found_mode()
            if resume and not os.path.lexists(self.state) and self._was_finished():
                self.is_complete = True
                return
            self._lock = self._locked()
            try:
                self._take_up(resume=resume)
                self._open()
            except BaseException:
                self._lock.give_back()
                raise

    @property
    def blocks(self) -> int:
        """Blocks that are in the file."""
        return self._counted.blocks

    @property
    def rows(self) -> int:
        """Rows that are in the file."""
        return self._counted.rows

    @property
    def whys(self) -> Mapping[str, int]:
        """How many of them lack numbers, by reason."""
        return self._counted.whys

    # --- what is there -------------------------------------------------------------------------

    def _beside(self, ending: str) -> Path:
        return self._target.with_name(f"{self._target.name}{ending}")

    def _part(self, place: int) -> Path:
        return self._target.with_name(part_name(self._target.name, place))

    def _found_mode(self) -> int | None:
        """Who may read the file that is to be replaced; None where there is none.

        Raises:
            OSError: It may not be written to, or is a link that leads in a circle.
            InferscopeError: It is a folder.
        """
        if self.path.is_dir():
            message = "is a folder"
            raise InferscopeError(message, file=self.path)
        if self._target.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if not self._target.exists():
            return None
        if not os.access(self._target, os.W_OK):  # its folder alone decides about replacing it
            raise PermissionError(errno.EACCES, "it is read-only; nothing was changed")
        return self._target.stat().st_mode & 0o777

    def _was_finished(self) -> bool:
        """Whether the file itself holds what is asked for."""
        try:
            if not self._target.is_file():
                return False
            about = (
                parquet_about(self._target)
                if self.form == "parquet"
                else json.loads(self._beside(".meta.json").read_text("utf-8"))
            )
        except (OSError, ValueError, RecursionError):
            return False
        return isinstance(about, dict) and about.get(_KEY) == self._counted.key

    def _locked(self) -> Lock:
        try:
            return Lock(self._beside(".part.lock"))
        except BlockingIOError:
            message = "another sweep is writing to it: wait for that one, or give another --out"
            raise InferscopeError(message, file=self.path) from None

    def _take_up(self, *, resume: bool) -> None:
        """See what an earlier run left, and whether it is in the way or can be gone on with."""
        if os.path.lexists(self.state):
            if not resume:
                message = (
                    f"an interrupted sweep left {self.part.name} here: --resume goes on with it; "
                    f"remove {self.state.name} and {self.part.name} to start again"
                )
                raise InferscopeError(message, file=self.path)
            self._read()
            self._check()
        elif resume:
            message = f"there is nothing to go on with: no {self.state.name}"
            raise InferscopeError(message, file=self.path)
        for path in (self._part(0), self._next_part()):
            is_own = self._counted.open == path.name or (path == self.part and self._counted.bytes)
            if os.path.lexists(path) and not (is_own and path.is_file() and not path.is_symlink()):
                message = "is in the way, and no part of this sweep: move it, or give another --out"
                raise InferscopeError(message, file=path)
        if self._counted.open == self._part(0).name:  # a kill while all was put together
            self._part(0).unlink(missing_ok=True)

    def _read(self) -> None:
        """How much an earlier run has finished."""
        try:
            if self.state.is_symlink() or not self.state.is_file():
                message = "is no file"
                raise ValueError(message)  # noqa: TRY301
            found = Counted.read(self.state.read_text("utf-8"), self._target.name)
        except ValueError:
            message = f"is damaged: remove it and {self.part.name} to start again"
            raise InferscopeError(message, file=self.state) from None
        if (found.key, found.form) != (self._counted.key, self.form):
            message = (
                "was begun by another sweep (scenario, axes, conditions, quantities or version differ): "
                f"remove {self.state.name} and {self.part.name} to start again"
            )
            raise InferscopeError(message, file=self.part)
        self._counted, self._noted = found, _copy(found)

    def _check(self) -> None:
        """Whether all that counts is there, and as it was written."""
        counted = [(self._target.with_name(name), size, total) for name, size, total in self._counted.parts]
        if self._counted.bytes:
            counted.append((self.part, self._counted.bytes, self._counted.sum))
        for path, size, total in counted:
            if not path.is_file() or path.stat().st_size < size:
                message = f"is shorter than {self.state.name} says: remove both to start again"
                raise InferscopeError(message, file=path)
            if path.is_symlink() or checksum(path, size) != (size, total):
                message = f"is not what {self.state.name} says: remove both to start again"
                raise InferscopeError(message, file=path)

    # --- writing -------------------------------------------------------------------------------

    def _open(self) -> None:
        """Begin with the next part, which is noted as this run's own before it is made."""
        path = self._next_part()
        self._counted.open = path.name
        self._note()
        try:
            self._stream = self._opened(path, count=self._counted.bytes)
            if self.form == "parquet":
                self._parquet = ParquetRows(self._stream, self.columns, self.about)
            else:
                self._text = text_rows(self.form, self.columns)
                if not self._counted.bytes:
                    self._put(self._text.head())
                self._note()
        except BaseException:
            self.leave()
            raise

    def _opened(self, path: Path, count: int = 0) -> BinaryIO:
        """A part from a place on, which others may read as little as the file that it replaces."""
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        stream = os.fdopen(os.open(path, flags, 0o666), "r+b")
        if self._mode is not None:
            path.chmod(self._mode)
        stream.truncate(count)
        stream.seek(count)
        return stream

    def _next_part(self) -> Path:
        return self._part(len(self._counted.parts) + 1)

    def _put(self, text: str) -> None:
        if self._stream is not None:
            data = text.encode("utf-8", "backslashreplace")
            self._stream.write(data)
            self._stream.flush()
            self._counted.bytes += len(data)
            self._counted.sum = zlib.crc32(data, self._counted.sum)

    def _note(self) -> None:
        """Keep how much of the parts counts, once that is on the disk."""
        if self._stream is not None and not self._stream.closed:
            self._stream.flush()
            os.fsync(self._stream.fileno())
        write_atomic(self.state, self._counted.text())
        self._noted = replace(self._counted, whys=dict(self._counted.whys), parts=list(self._counted.parts))

    def write(self, cells: Mapping[str, Cells], whys: Mapping[str, int]) -> None:
        """The rows of the next block, and how many of them lack numbers for which reason."""
        with self._said():
            if self._parquet is not None:
                self._parquet.write(cells)
            else:
                self._put(self._text.text(cells))
            self._counted.blocks += 1
            self._counted.rows += len(next(iter(cells.values())))
            for why, count in whys.items():
                self._counted.whys[why] = self._counted.whys.get(why, 0) + count
            if self._parquet is None:
                self._note()

    def leave(self) -> bool:
        """Stop here; whether there is something that another run can go on with."""
        if self._is_done or self._lock is None or not self._lock.is_held:
            return False
        begun = self._counted.open
        with suppress(OSError):
            self._close()
        counts = begun in [name for name, _, _ in self._counted.parts] or self._counted.bytes > 0
        if begun and not (counts and self.blocks):
            with suppress(OSError):
                self._target.with_name(begun).unlink(missing_ok=True)
        try:
            self._counted.open = ""
            self._note()
        except OSError:  # what was noted last still counts
            self._counted = _copy(self._noted)
        if not self.blocks:
            with suppress(OSError):
                self.state.unlink(missing_ok=True)
        self._lock.give_back()
        return self.blocks > 0

    def _close(self) -> None:
        """Close the part that is open; of Parquet it counts only now.

        Raises:
            OSError: It cannot be written; what was noted last counts.
        """
        stream, rows, self._stream, self._parquet = self._stream, self._parquet, None, None
        try:
            if rows is not None:
                self._close_parquet(rows)
            elif stream is not None:
                stream.close()
        except OSError:
            self._counted = _copy(self._noted)
            raise

    def _close_parquet(self, rows: ParquetRows) -> None:
        path = self._next_part()
        rows.close()
        if rows.has_rows:
            _settled(path)
            self._counted.parts.append((path.name, *checksum(path)))
        else:  # all were there already
            path.unlink(missing_ok=True)

    def finish(self) -> None:
        """Give the file its name, and say beside it what it holds."""
        with self._said():
            self._close()
            parts = [self._target.with_name(name) for name, _, _ in self._counted.parts]
            whole = self._merged(parts) if len(parts) > 1 else self.part
            _settled(whole)
            if self.form != "parquet":
                write_atomic(self._beside(".meta.json"), json_text({**self.about, "rows": self.rows}))
            whole.replace(self._target)
            self._is_done = True
            for path in (*parts, self.part, self.state):
                path.unlink(missing_ok=True)
            if self._lock is not None:
                self._lock.give_back()

    def _merged(self, parts: Sequence[Path]) -> Path:
        """All parts in one file."""
        whole = self._part(0)
        self._counted.open = whole.name
        self._note()
        try:
            with self._opened(whole) as stream:
                merge_parquet(parts, stream)
        except OSError:
            whole.unlink(missing_ok=True)
            raise
        return whole

    @contextmanager
    def _said(self) -> Iterator[None]:
        """What the disk says no to, in one line."""
        try:
            yield
        except OSError as error:
            kept = f"; --resume goes on after what is in {self.part.name}" if self.blocks else ""
            message = f"cannot be written: {error.strerror or error}{kept}"
            raise InferscopeError(message, file=self.path) from None


def _copy(counted: Counted) -> Counted:
    """What is not changed with the other."""
    return replace(counted, whys=dict(counted.whys), parts=list(counted.parts))


def _settled(path: Path) -> None:
    """Wait until a file is on the disk."""
    with path.open("r+b") as stream:
        os.fsync(stream.fileno())
