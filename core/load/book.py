"""What a replay writes down: when each request got its first token and was done, and what queued."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from inferscope.core.load.trace import Trace

__all__ = ["Book"]


@dataclass(slots=True)
class Book:
    """The requests of a replay, by their place in the trace; times in seconds, NaN where not yet.

    Attributes:
        prompts: Prompt tokens.
        answers: Generated tokens.
        arrival_s: When each came.
        first_s: When each had its first token.
        done_s: When each had its last one.
        queued: Requests whose prompt has not been begun, or that wait for a place, now.
        most_queued: The most of them at once.
        finished: Requests that were done since somebody looked.
    """

    prompts: list[float]
    answers: list[float]
    arrival_s: list[float]
    first_s: list[float]
    done_s: list[float]
    queued: int = 0
    most_queued: int = 0
    finished: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, trace: Trace) -> Book:
        """An empty book for a trace."""
        blank = [math.nan] * len(trace)
        return cls(
            trace.input_tokens.tolist(),
            trace.output_tokens.tolist(),
            trace.arrival_s.tolist(),
            blank,
            blank.copy(),
        )

    def queue(self) -> None:
        """One request more has to wait."""
        self.queued += 1
        self.most_queued = max(self.most_queued, self.queued)

    def finish(self, request: int, now: float) -> None:
        """A request has its last token."""
        self.done_s[request] = now
        self.finished.append(request)
