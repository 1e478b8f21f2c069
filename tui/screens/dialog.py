"""What all dialogs have in common: a framed box, closed with escape."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.screen import ModalScreen

if TYPE_CHECKING:
    from textual.binding import BindingType

T = TypeVar("T")


class Dialog(ModalScreen[T], Generic[T]):
    """A box over the explorer."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "cancel", "close")]

    def action_cancel(self) -> None:
        """Close without a result."""
        self.dismiss(None)
