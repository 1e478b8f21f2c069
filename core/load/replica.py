"""One replica, event by event: continuous batching over places, ranks and steps.

Between two events (a prompt, a sequence that joins or ends) all decode steps are alike, so that they
are taken together; what arrives in between is seen at the next step.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from heapq import heappop, heappush

from inferscope.core.load.book import Book
from inferscope.core.load.machine import Machine

__all__ = ["Replica", "Usage"]

_TINY = 1e-9


@dataclass(slots=True)
class Usage:
    """What a replica spent its time on.

    Attributes:
        prefill_s: Seconds of prompt work.
        decode_s: Seconds of decode steps.
        sequence_s: Decoding sequences times seconds.
        joules: Energy of one of its accelerators while busy.
    """

    prefill_s: float = 0.0
    decode_s: float = 0.0
    sequence_s: float = 0.0
    joules: float = 0.0

    def add(self, other: Usage, sign: float = 1.0) -> None:
        """Add what another spent, or take it off."""
        self.prefill_s += sign * other.prefill_s
        self.decode_s += sign * other.decode_s
        self.sequence_s += sign * other.sequence_s
        self.joules += sign * other.joules


@dataclass(slots=True)
class _Round:
    """Prompts that are computed side by side, and how much of them is done."""

    requests: list[int]
    tokens: float
    done: float = 0.0


@dataclass(slots=True)
class Replica:
    """A replica with its queue.

    Attributes:
        machine: Its tables.
        book: Where times are written.
        load: Requests in it, waiting or running.
        end: When what it does now ends; infinite where it has nothing to do.
        version: Raised whenever ``end`` changes.
        usage: What it spent its time on.
    """

    machine: Machine
    book: Book
    load: int = 0
    end: float = math.inf
    version: int = 0
    usage: Usage = field(default_factory=Usage)
    _waiting: deque[int] = field(default_factory=deque)
    _prompts: deque[int] = field(default_factory=deque)
    _round: _Round | None = None
    _joining: list[tuple[float, int]] = field(default_factory=list)
    _decoding: list[tuple[float, int]] = field(default_factory=list)
    _joined: dict[int, float] = field(default_factory=dict)
    _held: list[float] = field(default_factory=list)
    _homes: dict[int, tuple[int, float]] = field(default_factory=dict)
    _taken: int = 0
    _context: float = 0.0
    _steps: float = 0.0
    _start: float = 0.0
    _run: int = 0
    _step_s: float = 0.0
    _prompt_s: float = 0.0
    _done: list[tuple[int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._held = [0.0] * self.machine.ranks

    # --- what comes in ---------------------------------------------------------------------------

    def arrive(self, request: int, now: float) -> None:
        """A request comes; what runs goes on to the end of its step."""
        self.load += 1
        self._waiting.append(request)
        if self.end == math.inf:
            self._plan(now)
        elif self._prompt_s == 0.0 and self._taken < self.machine.places:
            self._cut(now)

    def has_room(self, request: int) -> bool:
        """Whether a request would be taken at once."""
        return not self._waiting and self._taken < self.machine.places and self._fits(request)

    def _cut(self, now: float) -> None:
        """End a run of decode steps, or an idle time, at the first step that ends from now on."""
        if self._run == 0:
            self._set_end(now)
            return
        steps = max(math.ceil((now - self._start) / self._step_s - _TINY), 0)
        if steps < self._run:
            self._run = steps
            self._set_end(self._start + steps * self._step_s)

    def _set_end(self, end: float) -> None:
        self.end = end
        self.version += 1

    # --- from event to event ---------------------------------------------------------------------

    def advance(self) -> None:
        """End what it does now, and begin what is next."""
        now, count = self.end, len(self._decoding)
        decode_s = self._run * self._step_s
        self._steps += self._run
        self._context += self._run * count * self.machine.tokens_per_step
        usage = self.usage
        usage.decode_s += decode_s
        usage.prefill_s += self._prompt_s
        usage.sequence_s += count * (decode_s + self._prompt_s)
        usage.joules += (decode_s + self._prompt_s) * self.machine.steps.watts_at(max(count, 1))
        for request, delay in self._done:
            self._answer(request, now + delay)
        while self._decoding and self._decoding[0][0] <= self._steps + _TINY:
            self._leave(heappop(self._decoding)[1], now)
        self._plan(now)

    def _answer(self, request: int, first: float) -> None:
        """A prompt is done: its first token, and the sequence joins the others."""
        self.book.first_s[request] = first
        heappush(self._joining, (first, request))

    def _leave(self, request: int, now: float) -> None:
        """A sequence has its last token."""
        made = (self._steps - self._joined.pop(request)) * self.machine.tokens_per_step
        self._context -= self.book.prompts[request] + 1.0 + made
        self._release(request, now)

    def _release(self, request: int, now: float) -> None:
        rank, held = self._homes.pop(request)
        self._held[rank] -= held
        self._taken -= 1
        self.load -= 1
        self.book.finish(request, now)

    def _plan(self, now: float) -> None:
        """Decide what is done from now on, and until when."""
        self._start, self._run, self._prompt_s, self._done = now, 0, 0.0, []
        self._join(now)
        self._admit(now)
        machine, count = self.machine, len(self._decoding)
        if self._prompts or self._round is not None:
            self._prompt_s = self._work()
            if machine.is_chunked and count:
                self._run = 1
                self._step_s = machine.steps.at(count)(self._context / count)
            self._set_end(now + self._prompt_s + self._run * self._step_s)
        elif count:
            self._decode(now, count)
        else:
            self._set_end(self._joining[0][0] if self._joining else math.inf)

    def _decode(self, now: float, count: int) -> None:
        """Take all steps until the next sequence ends or joins."""
        line, length = self.machine.steps.at(count), self._context / count
        run = max(math.ceil(self._decoding[0][0] - self._steps - _TINY), 1)
        step = line(length + 0.5 * (run - 1) * self.machine.tokens_per_step)
        if self._joining:
            until = max(math.ceil((self._joining[0][0] - now) / step - _TINY), 1)
            if until < run:
                run = until
                step = line(length + 0.5 * (run - 1) * self.machine.tokens_per_step)
        self._run, self._step_s = run, step
        self._set_end(now + run * step)

    def _join(self, now: float) -> None:
        """Sequences whose first token is out decode with the others."""
        while self._joining and self._joining[0][0] <= now + _TINY:
            first, request = heappop(self._joining)
            left = self.book.answers[request] - 1.0
            if left <= 0:
                self._release(request, first)
                continue
            self._joined[request] = self._steps
            self._context += self.book.prompts[request] + 1.0
            heappush(self._decoding, (self._steps + left / self.machine.tokens_per_step, request))

    # --- places and prompts ----------------------------------------------------------------------

    def _fits(self, request: int) -> bool:
        return min(self._held) + self._cache_of(request) <= self.machine.cache_limit_bytes

    def _cache_of(self, request: int) -> float:
        """What a sequence holds on average, on one accelerator of its rank."""
        book, machine = self.book, self.machine
        return machine.cache_bytes(book.prompts[request] + machine.fill_share * book.answers[request])

    def _admit(self, now: float) -> None:
        """Give places to those that wait, in order, as far as there are places and memory."""
        machine = self.machine
        while self._waiting and self._taken < machine.places and self._fits(self._waiting[0]):
            request = self._waiting.popleft()
            rank, held = self._held.index(min(self._held)), self._cache_of(request)
            self._held[rank] += held
            self._homes[request] = (rank, held)
            self._taken += 1
            if not machine.servers:
                self._prompts.append(request)
                continue
            self.book.queued -= 1
            if math.isnan(self.book.first_s[request]):
                self.book.first_s[request] = now
            heappush(self._joining, (now, request))
        if machine.servers:
            self._join(now)

    def _work(self) -> float:
        """Prompts of this step: as many tokens of a rank as fit into it; returns their time."""
        machine, total, budget = self.machine, 0.0, self.machine.chunk_tokens
        while budget > 0 and (self._round is not None or self._prompts):
            ahead = self._round or self._next_round()
            new = max(ahead.tokens * machine.new_share, 1.0)
            left = (1.0 - ahead.done) * new
            if left > budget and not machine.is_chunked and total > 0:
                self._round = ahead
                break
            is_cut = machine.is_chunked and left > budget * (1.0 + _TINY)
            share = budget / left if is_cut else 1.0
            until = 1.0 if share == 1.0 else ahead.done + share * (1.0 - ahead.done)
            total += self._piece(ahead, until)
            budget -= share * left
            if until < 1.0:
                ahead.done, self._round = until, ahead
                break
            self._round = None
            self._end_round(ahead)
        return total

    def _next_round(self) -> _Round:
        count = min(self.machine.prompt_lanes, len(self._prompts))
        requests = [self._prompts.popleft() for _ in range(count)]
        self.book.queued -= count
        return _Round(requests, sum(self.book.prompts[r] for r in requests) / count)

    def _piece(self, ahead: _Round, until: float) -> float:
        """Time of the replica that a piece of a round takes; stages work on different prompts."""
        count, machine = len(ahead.requests), self.machine
        before = machine.prompt_s(count, ahead.done * ahead.tokens) if ahead.done > 0 else 0.0
        return (machine.prompt_s(count, until * ahead.tokens) - before) / machine.prompt_stages

    def _end_round(self, ahead: _Round) -> None:
        """First tokens come after the step, the host's time, and what other stages still compute."""
        machine = self.machine
        whole = machine.prompt_s(len(ahead.requests), ahead.tokens)
        delay = machine.prompt_delay_s + whole * (1.0 - 1.0 / machine.prompt_stages)
        self._done += [(request, delay) for request in ahead.requests]
