"""A lock on the name of a file: two programs that write to it would spoil each other's rows.

The lock is the operating system's and goes with the program that holds it, also after a kill: a
lock file that is left behind blocks nobody.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["Lock"]

_HELD = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}
"""What the system says where somebody else holds a lock."""


class Lock:
    """A lock that is taken now and held until it is given back.

    Args:
        path: The lock's own file, which is made and goes with the lock.

    Raises:
        BlockingIOError: Somebody else holds it.
        OSError: The file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        while True:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
            try:
                _take(self._handle)
                if self._is_there():
                    return
            except BaseException:
                os.close(self._handle)
                raise
            os.close(self._handle)  # its holder removed it between opening and locking

    @property
    def is_held(self) -> bool:
        """Whether it was not given back yet."""
        return self._handle >= 0

    def _is_there(self) -> bool:
        """Whether what is locked still has the name."""
        try:
            return os.path.samestat(os.fstat(self._handle), self.path.lstat())
        except OSError:
            return False

    def give_back(self) -> None:
        """Let others have it; more than once is no harm."""
        if self._handle < 0:
            return
        if not os.fstat(self._handle).st_size:  # one with content is somebody's
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
        os.close(self._handle)
        self._handle = -1


if sys.platform == "win32":

    def _take(handle: int) -> None:
        """Lock a file; one that is held raises."""
        import msvcrt  # noqa: PLC0415  (only there)

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(error.errno, "is locked") from None

else:

    def _take(handle: int) -> None:
        """Lock a file; one that is held raises, and a file system without locks goes without."""
        import fcntl  # noqa: PLC0415  (only there)

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _HELD:
                raise BlockingIOError(error.errno, "is locked") from None
