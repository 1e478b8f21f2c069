"""Keys one after the other: each is done with before the next is looked at.

Over a slow line, or from a script, several keys arrive at once. Without order here the second
would go to what had the focus before the first moved it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from textual import events
from textual.app import App
from textual.message import Message

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.timer import Timer

_PATIENCE = 0.5
"""Seconds after which the next key is let through even if the last one was lost on its way."""


_ROUNDS = 3
"""Markers sent after a key, one when the last has arrived: what a key sets off sets off more."""


class KeyDone(Message):
    """Follows a key along its way; when it arrives at the application, the key has been handled.

    Args:
        rounds: How many markers are still to follow.
    """

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.rounds = rounds


class OrderedKeys(App[None]):
    """An application that handles its keys strictly in order."""

    _in_flight = False
    _waiting: deque[events.Key]
    _patience: Timer | None = None

    def __init__(self) -> None:
        super().__init__()
        self._waiting = deque()

    def post_message(self, message: Message) -> bool:
        """Hold a key back while another is on its way."""
        if isinstance(message, events.Key) and not message.is_forwarded:
            if self._in_flight:
                self._waiting.append(message)
                return True
            self._in_flight = True
        return super().post_message(message)

    async def on_event(self, event: events.Event) -> None:
        """Send a marker after each key."""
        is_new = isinstance(event, events.Key) and not event.is_forwarded
        target = self.focused or self.screen if is_new else None
        await super().on_event(event)
        if target is not None:
            self._patience = self.set_timer(_PATIENCE, self._let_next_through)
            self._mark(target, _ROUNDS)

    def on_key_done(self, event: KeyDone) -> None:
        """The key has been handled; the last marker lets the next one through."""
        event.stop()
        if event.rounds > 1:
            self._mark(self.focused or self.screen, event.rounds - 1)
        else:
            self._let_next_through()

    def _mark(self, target: DOMNode, rounds: int) -> None:
        if not target.post_message(KeyDone(rounds)):
            self._let_next_through()

    def _let_next_through(self) -> None:
        if self._patience is not None:
            self._patience.stop()
            self._patience = None
        self._in_flight = False
        if self._waiting:
            self.post_message(self._waiting.popleft())
