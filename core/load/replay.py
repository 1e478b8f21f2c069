"""The replay of a trace against a fleet: arrivals, routing, and the events of all replicas in order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from inferscope.core.graph import Array
from inferscope.core.load.book import Book
from inferscope.core.load.machine import Machine
from inferscope.core.load.pool import Pools
from inferscope.core.load.replica import Replica, Usage
from inferscope.core.load.trace import Trace
from inferscope.core.study.table import Watch

__all__ = ["ROUTING", "Replayed", "replay"]

ROUTING = "each request goes to the replica, and there to the rank, that has least to do"
_EVERY = 1024
"""Events between two reports of progress."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it; times in seconds since the first arrival.

    Attributes:
        trace: The requests.
        machine: The fleet.
        arrival_s: When each came, ``(n,)``; in a closed loop, when its user asked.
        first_s: When each had its first token, ``(n,)``; NaN where it was refused.
        done_s: When each was done, ``(n,)``.
        refused: Why a request was not taken, by its place in the trace.
        queued: Requests that waited when each arrived, ``(n,)``.
        most_queued: The most that waited at once.
        window_s: From when to when rates and shares are counted.
        usage: What all replicas spent their time on in the window.
        pool_busy_s: Seconds of all ranks of prefill pools in the window.
        concurrency: Users of a closed loop; None where requests come as they stand in the trace.
    """

    trace: Trace
    machine: Machine
    arrival_s: Array
    first_s: Array
    done_s: Array
    refused: dict[int, str]
    queued: NDArray[np.intp]
    most_queued: int
    window_s: tuple[float, float]
    usage: Usage
    pool_busy_s: float
    concurrency: int | None = None


@dataclass(slots=True)
class _Fleet:
    """The replicas and pools of a replay with their common list of events."""

    machine: Machine
    book: Book
    pools: Pools
    replicas: list[Replica]
    loads: list[int]
    events: list[tuple[float, int, int]] = field(default_factory=list)

    def send(self, request: int, now: float) -> None:
        """Give a request to the replica with the fewest."""
        place = self.loads.index(min(self.loads))
        replica = self.replicas[place]
        if self.machine.servers:
            if replica.has_room(request):
                self.book.first_s[request] = now
            self.book.queue()
        replica.arrive(request, now)
        self.loads[place] = replica.load
        self.note(place, replica)

    def note(self, place: int, replica: Replica) -> None:
        """Put the end of what a replica does among the events."""
        if replica.end < math.inf:
            heappush(self.events, (replica.end, place, replica.version))

    def arrive(self, request: int, now: float) -> None:
        """A request comes from outside."""
        self.book.queue()
        if not self.machine.servers:
            self.send(request, now)
            return
        self.pools.arrive(request)
        self.start_prompts(now)

    def start_prompts(self, now: float) -> None:
        """Busy the free ranks of the pools; their ends are events with negative places."""
        while (started := self.pools.start(now)) is not None:
            heappush(self.events, (started[0], -1, started[1]))

    def mark(self, now: float) -> tuple[float, Usage, float]:
        """A time, with what all replicas and the pools spent until then."""
        total = Usage()
        for replica in self.replicas:
            total.add(replica.usage)
        return now, total, self.pools.busy_s

    def step(self) -> float:
        """Take the next event; its time."""
        now, place, mark = heappop(self.events)
        if place == _HANDED:
            self.send(mark, now)
        elif place < 0:
            self.pools.leave(mark)
            heappush(self.events, (now + self.machine.prompt_delay_s, _HANDED, mark))
            self.start_prompts(now)
        elif self.replicas[place].version == mark:
            replica = self.replicas[place]
            replica.advance()
            self.loads[place] = replica.load
            self.note(place, replica)
        return now


@dataclass(slots=True)
class _Arrivals:
    """Who comes when.

    Attributes:
        book: Where arrivals are written.
        coming: Times and requests, as a heap.
        later: Requests that users of a closed loop ask next.
        queued: Requests that waited when each came.
        count: How many came.
    """

    book: Book
    coming: list[tuple[float, int]]
    later: Iterator[int]
    queued: list[int]
    count: int = 0

    def are_next(self, events: list[tuple[float, int, int]]) -> bool:
        """Whether a request comes before anything else happens."""
        return bool(self.coming) and (not events or self.coming[0][0] <= events[0][0])

    def take(self) -> tuple[float, int]:
        """The time and the request that comes."""
        now, request = heappop(self.coming)
        self.book.arrival_s[request], self.queued[request] = now, self.book.queued
        self.count += 1
        return now, request

    def follow(self, now: float) -> int:
        """Let users who were answered ask again; how many requests were done."""
        finished = len(self.book.finished)
        for request in self.book.finished:
            if (following := next(self.later, -1)) >= 0:
                heappush(self.coming, (max(self.book.done_s[request], now), following))
        self.book.finished.clear()
        return finished


def _arrivals(book: Book, order: list[int], concurrency: int | None) -> _Arrivals:
    if concurrency is None:
        first = [(book.arrival_s[request], request) for request in order]
    else:
        first = [(0.0, request) for request in order[:concurrency]]
    return _Arrivals(book, first, iter(order[len(first) :]), [0] * len(book.prompts))


_HANDED = -2
"""The place of an event at which a prompt's cache reaches the decode replicas."""


def replay(
    trace: Trace,
    machine: Machine,
    *,
    concurrency: int | None = None,
    warm_up: float = 0.0,
    watch: Watch | None = None,
) -> Replayed:
    """Play a trace.

    Args:
        trace: The requests.
        machine: The fleet.
        concurrency: So many users ask, each the next request of the trace as soon as it has its answer;
            arrivals of the trace are not looked at then.
        warm_up: Share of the requests, the first ones, after which the window for rates opens; it closes
            when the last one comes. Without one the window is the whole replay.
        watch: Told how many requests are done.
    """
    book = Book.of(trace)
    refused = _refused(book, machine)
    replicas = [Replica(machine, book) for _ in range(machine.replicas)]
    fleet = _Fleet(machine, book, Pools(machine, book), replicas, [0] * len(replicas))
    order = [request for request in range(len(trace)) if request not in refused]
    arrivals = _arrivals(book, order, concurrency)
    opens = int(warm_up * len(order)) + 1
    before, until = fleet.mark(0.0), fleet.mark(0.0)
    done = turns = 0
    while arrivals.coming or fleet.events:
        turns += 1
        if watch is not None and turns % _EVERY == 0:
            watch(done + len(refused), len(trace))
        if not arrivals.are_next(fleet.events):
            done += arrivals.follow(fleet.step())
            continue
        now, request = arrivals.take()
        fleet.arrive(request, now)
        if warm_up and arrivals.count == opens:
            before = fleet.mark(now)
        if arrivals.count == len(order):
            until = fleet.mark(now)
    if not warm_up:
        until = fleet.mark(float(np.nanmax(book.done_s, initial=0.0)))
    until[1].add(before[1], -1.0)
    return Replayed(
        trace=trace,
        machine=machine,
        arrival_s=np.array(book.arrival_s),
        first_s=np.array(book.first_s),
        done_s=np.array(book.done_s),
        refused=refused,
        queued=np.array(arrivals.queued, dtype=np.intp),
        most_queued=book.most_queued,
        window_s=(before[0], until[0]),
        usage=until[1],
        pool_busy_s=until[2] - before[2],
        concurrency=concurrency,
    )


def _refused(book: Book, machine: Machine) -> dict[int, str]:
    """Requests that no replica can ever hold, with the reason."""
    found = {}
    for request, (prompt, answer) in enumerate(zip(book.prompts, book.answers, strict=True)):
        length = prompt + answer
        if length > machine.context_tokens:
            found[request] = f"{length:,.0f} tokens, longer than the model's {machine.context_tokens:,.0f}"
        elif machine.cache_bytes(length) > machine.cache_limit_bytes:
            found[request] = f"{length:,.0f} tokens, more than the cache of a rank holds"
    return found
