"""Prefill pools of their own: prompts wait in one line for the next free rank of any pool."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from inferscope.core.load.book import Book
from inferscope.core.load.machine import Machine

__all__ = ["Pools"]


@dataclass(slots=True)
class Pools:
    """All prefill pools of a fleet.

    Attributes:
        machine: The tables.
        book: Where the queue is counted.
        busy: Ranks that compute a prompt.
        busy_s: Seconds of all ranks for prompts that are done.
    """

    machine: Machine
    book: Book
    busy: int = 0
    busy_s: float = 0.0
    _waiting: deque[int] = field(default_factory=deque)

    def arrive(self, request: int) -> None:
        """A prompt comes."""
        self._waiting.append(request)

    def start(self, now: float) -> tuple[float, int] | None:
        """Give the next prompt to a free rank: when its work ends, and which it is; None without either."""
        if not self._waiting or self.busy == self.machine.servers:
            return None
        request = self._waiting.popleft()
        self.busy += 1
        self.book.queued -= 1
        return now + self._work(request), request

    def leave(self, request: int) -> None:
        """A prompt is done and its rank free again."""
        self.busy -= 1
        self.busy_s += self._work(request)

    def _work(self, request: int) -> float:
        return self.machine.prompt_s(self.machine.prompt_lanes, self.book.prompts[request])
