"""A line that slides, and how many models of the catalogue it catches: fixed, relative, adjusted."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from textual.content import Content

from inferscope.core.export import lines as export
from inferscope.core.policy.counts import flop
from inferscope.core.policy.lines import KINDS, LINE, moving, setting
from inferscope.tui import copied
from inferscope.tui.actions import Where, bindings
from inferscope.tui.panels.rows import Rows
from inferscope.tui.panels.words import Said
from inferscope.tui.screens.told import Told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from inferscope.core.policy.lines import Moving
    from inferscope.tui.screens.export import Formats

STEPS = 10
"""Steps of the slider in an order of magnitude."""
LEAST, MOST = 22 * STEPS, 27 * STEPS
"""Its ends: 1e22 and 1e27 FLOP, in steps."""
_HIGH = 9
"""Rows of the curve."""


class Slider(Rows):
    """The track of the line on a logarithmic axis, with its orders of magnitude."""

    def __init__(self) -> None:
        super().__init__(id="slider")
        self._at = LEAST

    def show(self, at: int) -> None:
        """Show the line at a step."""
        self._at = at
        self.update()

    def rows(self) -> list[Content]:
        """The track with the line, and the orders below."""
        width = max(self.size.width - 6, 12)

        def place(step: int) -> int:
            return round((width - 1) * (step - LEAST) / (MOST - LEAST))

        track, scale = ["─"] * width, [" "] * (width + 4)
        for step in range(LEAST, MOST + 1, STEPS):
            track[place(step)] = "┴"
            label = f"1e{step // STEPS}"
            scale[place(step) : place(step) + len(label)] = label
        at = place(self._at)
        line = "".join(track)
        return [
            Content.assemble(
                " ", (line[:at], "$text-muted"), ("▼", "bold $accent"), (line[at + 1 :], "$text-muted")
            ),
            Content.styled(f" {''.join(scale).rstrip()}", "$text-muted"),
        ]


class LinesScreen(Told):
    """The catalogue's models against a line that slides."""

    PLACE = "lines."
    AREA: Where = "lines"
    BINDINGS = bindings("lines")

    def __init__(self) -> None:
        super().__init__()
        self.at = round(STEPS * math.log10(LINE))
        self.found = self._found()

    @property
    def line(self) -> float:
        """The line in FLOP."""
        return float(f"{10 ** (self.at / STEPS):.3g}")

    def _found(self) -> Moving:
        return moving(setting(self.line))

    def above(self) -> Iterable[Widget]:
        """The slider."""
        yield Slider()

    def refresh_title(self) -> None:
        """The line, and how many models each kind of it catches."""
        self.query_one(Slider).show(self.at)
        counts = {kind: self.found.line(kind).count() for kind in KINDS}
        caught = f"catches {export.counted(counts['fixed'])} of {len(self.found.runs)}"
        rest = ", ".join(f"{kind} {export.counted(counts[kind])}" for kind in KINDS[1:])
        self.query_one("#policy-title", Said).say(
            (
                [(" Lines that move", "bold $primary"), (f"  {flop(self.line)} FLOP", "bold $accent")],
                "← → slides the line",
            ),
            ([(f" {caught}", "bold"), (f"; {rest}", "$text-muted")], ""),
        )

    def rows(self, width: int) -> list[str]:
        """The table by year, the sentence under it, the curve and what to know."""
        found = self.found
        table = export.table(found) if width >= export.NEEDED else export.narrow(found)
        return [
            *table,
            *textwrap.wrap(export.sentence(found), width),
            "",
            *export.curve(found, width, _HIGH),
            "",
            *textwrap.wrap(export.notes(found), width),
        ]

    # --- moving -------------------------------------------------------------------------------

    def _slide(self, steps: int) -> None:
        self._go_to(self.at + steps)

    def _go_to(self, at: int) -> None:
        self.at = min(max(at, LEAST), MOST)
        self.found = self._found()
        self.tell()

    def action_line_down(self) -> None:
        """A tenth of an order lower."""
        self._slide(-1)

    def action_line_up(self) -> None:
        """A tenth of an order higher."""
        self._slide(1)

    def action_order_down(self) -> None:
        """An order of magnitude lower."""
        self._slide(-STEPS)

    def action_order_up(self) -> None:
        """An order higher."""
        self._slide(STEPS)

    def action_line_reset(self) -> None:
        """The EU's line."""
        self._go_to(round(STEPS * math.log10(LINE)))

    # --- copying and writing ------------------------------------------------------------------

    def stem(self) -> str:
        """A name for a file about the line."""
        return f"lines-{flop(self.line)}"

    def marked_text(self) -> str:
        """The sentence."""
        return copied.said_text("lines over the models of the catalogue", export.sentence(self.found))

    def contents(self) -> Formats:
        """Every model with the lines on its day."""
        found = self.found
        return {
            ".csv": ("every model with the lines on its day", lambda: export.as_csv(found)),
            ".json": ("the same for programs, with the years", lambda: export.as_json(found)),
            ".md": ("the years for people", lambda: export.as_markdown(found)),
        }
