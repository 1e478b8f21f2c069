"""What is not saved, kept in a file of its own until it is: nothing is lost when the program dies.

Each session with unsaved changes has one such file. Its first line says whose it is, the rest is a
scenario file like any other. The file of a process that still runs tells other processes who is at
work on the same scenario; that of a process that is gone is offered at the next start.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import platform
import secrets
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from inferscope.core.scenario import files

if TYPE_CHECKING:
    from inferscope.core.scenario.schema import Scenario

_MARK = "# unsaved changes of inferscope: "
_LONGEST = 20_000
"""Characters of a first line that are read."""


@dataclass(frozen=True)
class Head:
    """The first line of a recovery file.

    Attributes:
        pid: The process that wrote it.
        born: When that process began, where the system tells: a number alone is given again.
        host: The machine that it ran on.
        label: What the scenario was called on the screen.
        origin: The file that was being edited; empty for none.
        seen: What that file held when it was read, as a hash.
        edits: How many changes could be undone.
        time: When the last change was made, in UTC.
    """

    pid: int
    born: str
    host: str
    label: str
    origin: str
    seen: str
    edits: int
    time: str

    @classmethod
    def read(cls, line: str) -> Head:
        """The head in a first line.

        Raises:
            ValueError: It is none.
        """
        values = json.loads(line.removeprefix(_MARK)) if line.startswith(_MARK) else None
        kinds = {field.name: int if field.name in ("pid", "edits") else str for field in fields(cls)}
        if not isinstance(values, dict) or {name: type(value) for name, value in values.items()} != kinds:
            message = "no head of a recovery file"
            raise ValueError(message)
        dt.datetime.fromisoformat(values["time"])
        return cls(**values)

    @property
    def is_here(self) -> bool:
        """Whether it was written on this machine."""
        return self.host == platform.node()

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs, as far as can be known: of another machine nothing can."""
        return self.is_here and _runs(self.pid) and _born(self.pid) == self.born


@dataclass(frozen=True)
class Found:
    """A recovery file."""

    file: Path
    head: Head

    def scenario(self) -> Scenario:
        """What was kept.

        Raises:
            InferscopeError: The file is gone or damaged.
        """
        return files.load(self.file).scenario

    def discard(self) -> None:
        """Remove it."""
        with contextlib.suppress(OSError):
            self.file.unlink()


class Keeper:
    """Keeps the unsaved changes of one session.

    Attributes:
        problem: Why the last change could not be kept; empty where it was.
    """

    def __init__(self) -> None:
        self.problem = ""
        self.file = directory() / f"{os.getpid()}-{secrets.token_hex(4)}.toml"

    def keep(self, scenario: Scenario, label: str, origin: Path | None, seen: str, edits: int) -> None:
        """Write the scenario, in one step; a full disk is remembered as ``problem``."""
        path = "" if origin is None else str(origin.absolute())
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        pid = os.getpid()
        head = Head(pid, _born(pid), platform.node(), label, path, seen, edits, now)
        beside = self.file.with_suffix(".tmp")
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_text(f"{_MARK}{json.dumps(asdict(head))}\n{files.to_toml(scenario)}", "utf-8")
            beside.replace(self.file)
        except OSError as error:
            self.problem = f"{error.strerror or error} ({self.file.parent})"
            with contextlib.suppress(OSError):
                beside.unlink()
        else:
            self.problem = ""

    def drop(self) -> None:
        """All is saved, or need not be."""
        self.problem = ""
        with contextlib.suppress(OSError):
            self.file.unlink()

    @property
    def holds(self) -> bool:
        """Whether the file is there."""
        return self.file.is_file()

    def others(self, origin: Path | None) -> list[Head]:
        """Other processes with unsaved changes of the same file."""
        if origin is None:
            return []
        path = os.path.realpath(origin)
        heads = [found.head for found in _all() if found.file != self.file and found.head.origin]
        return [head for head in heads if os.path.realpath(head.origin) == path and head.is_alive]


def directory() -> Path:
    """Where the recovery files lie; not created by asking."""
    return files.state_directory() / "recovery"


def left_behind() -> list[Found]:
    """What processes that are gone had not saved, the newest first.

    That of another machine is among it: it may be this one, under the name that it had.
    """
    for beside in directory().glob("*.tmp"):  # killed within a write; what was there before is whole
        pid = beside.name.partition("-")[0]
        if pid.isdigit() and not _runs(int(pid)):
            with contextlib.suppress(OSError):
                beside.unlink()
    dead = [found for found in _all() if not found.head.is_alive]
    return sorted(dead, key=lambda found: found.head.time, reverse=True)


def _all() -> list[Found]:
    """The recovery files; what is no such file is passed over."""
    found = []
    with contextlib.suppress(OSError):
        for file in filter(Path.is_file, directory().glob("*.toml")):  # reading a pipe would wait
            with contextlib.suppress(OSError, ValueError), file.open(encoding="utf-8") as stream:
                found.append(Found(file, Head.read(stream.readline(_LONGEST))))
    return found


def _runs(pid: int) -> bool:
    """Whether a process is there."""
    if sys.platform == "win32":  # os.kill would end it
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, 0, pid)
        return bool(handle and ctypes.windll.kernel32.CloseHandle(handle))
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # somebody else's
        return True
    return True


def _born(pid: int) -> str:
    """When a process began, in the system's own count; empty where it does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (OSError, ValueError):
        return ""
    return "ended" if stat[0] in "ZX" else stat[19]  # ended, and its parent has not asked how


def told(head: Head) -> str:
    """Who has unsaved changes since when, in words."""
    local = dt.datetime.fromisoformat(head.time).astimezone()
    return f"process {head.pid} has unsaved changes of {head.label} since {local:%H:%M}"
