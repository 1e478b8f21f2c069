"""The distance of a rule from its line, as a bar on an axis of orders of magnitude."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inferscope.tui.sizes import clipped

if TYPE_CHECKING:
    from inferscope.tui.verdicts import Line


class Axis(NamedTuple):
    """Orders of magnitude from the line that a bar shows, below it and above."""

    low: float
    high: float

    def cell(self, orders: float, width: int) -> int:
        """The cell of a distance, at an end where it lies outside.

        >>> Axis(-3.0, 3.0).cell(0.0, 9), Axis(-4.0, 2.0).cell(7.0, 31)
        (4, 30)
        """
        share = (min(max(orders, self.low), self.high) - self.low) / (self.high - self.low)
        return round(share * (width - 1))

    def bar(self, line: Line, width: int) -> list[tuple[str, str]]:
        """The interval with its middle; without a distance what is missing for one."""
        entry, zero = line.entry, self.cell(0.0, width)
        cells = ["·"] * width
        cells[zero] = "│"
        margin, low, high = entry["margin_oom"], entry["margin_low_oom"], entry["margin_high_oom"]
        if margin is None:
            needs = ", ".join(name.removeprefix("policy.") for name in entry["missing"])
            open_question = "yes or no" if width > len("yes or no") else "yes/no"
            words = clipped(f"needs {needs}" if needs else open_question, width - 1)
            return [(f"{words:<{width}}", "$text-muted")]
        if low is not None and high is not None and high > low:
            for at in range(self.cell(low, width), self.cell(high, width) + 1):
                cells[at] = "┿" if at == zero else "━"
        at = self.cell(margin, width)
        cells[at] = "«" if margin < self.low else "»" if margin > self.high else "●"
        before, after = "".join(cells[:at]), "".join(cells[at + 1 :])
        return [(before, "$text-muted"), (cells[at], "bold $accent"), (after, "$text-muted")]
