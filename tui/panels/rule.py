"""A heading with a rule behind it, as every part of the screen has."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget


def heading(title: str, remark: str, width: int) -> Content:
    """``Title ───── remark`` over a width.

    >>> heading("Cost", "rental", 20).plain
    ' Cost ────── rental '
    """
    room = width - len(title) - 3
    if len(remark) + 3 > room:
        remark = remark[: room - 4] + "…" if room > 8 else ""
    tail = f" {remark} " if remark else " "
    dashes = "─" * max(width - len(title) - 2 - len(tail), 0)
    return Content.assemble((f" {title} ", "bold $primary"), (dashes, "$rule"), (tail, "$text-muted"))


class Heading(Widget):
    """A heading of its own line.

    Args:
        title: What stands below it.
    """

    def __init__(self, title: str) -> None:
        super().__init__(classes="heading")
        self.title = title
        self.remark = ""

    def say(self, remark: str) -> None:
        """Set the words at the right end."""
        self.remark = remark
        self.refresh()

    def render(self) -> Content:
        """Title, rule and remark."""
        return heading(self.title, self.remark, self.size.width)
