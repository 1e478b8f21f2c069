"""Training compute by every regime's count: a stacked bar each, and the parts."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from inferscope.core.export import counts as export
from inferscope.core.policy.counts import counts_of, short_counts
from inferscope.core.report import counts_report
from inferscope.core.scenario.files import Loaded
from inferscope.tui import copied
from inferscope.tui.actions import Where, bindings
from inferscope.tui.config import key_of
from inferscope.tui.panels.words import Said
from inferscope.tui.screens.told import Told

if TYPE_CHECKING:
    from inferscope.core.policy.counts import Counts
    from inferscope.tui.screens.export import Formats
    from inferscope.tui.screens.policing import Policing

_LEGEND = "capital letters count, small ones may"


class CountsScreen(Told):
    """The counts of the scenario that is being edited.

    Args:
        host: The explorer, which holds it.
    """

    PLACE = "counts."
    AREA: Where = "counts"
    BINDINGS = bindings("counts")

    def __init__(self, host: Policing) -> None:
        super().__init__()
        self.host = host
        self.counts = self._counts()

    def _counts(self) -> Counts:
        assert self.host.answer is not None  # noqa: S101  (the screen is opened on an answer)
        return counts_of(self.host.answer.result())

    def refresh_title(self) -> None:
        """Which scenario, and its counts in a line."""
        what = "modification of another's model" if self.counts.is_modification else _LEGEND
        self.query_one("#policy-title", Said).say(
            ([(" What each regime counts", "bold $primary"), (f"  {self.host.session.label}", "bold")], what),
            ([(f" {short_counts(self.counts)}", "$text-muted")], ""),
        )
        self.say(
            f"{key_of(self.app, 'rules.facts')} on a rule sets a part; docs/policy.md says how each counts"
        )

    def rows(self, width: int) -> list[str]:
        """The bars, the sentence under them, and the parts."""
        counts = self.counts
        return [
            *export.bars(counts, width),
            *textwrap.wrap(counts.sentence, width),
            "",
            *export.legend(counts, width),
            "",
            *(export.text_rows(counts) if width >= export.NEEDED else export.listed(counts, width)),
        ]

    def stem(self) -> str:
        """A name for a file about the counts."""
        return f"{self.host.session.stem}-counts"

    def marked_text(self) -> str:
        """The sentence."""
        return copied.said_text("training compute by regime", self.counts.sentence, self.host.session.label)

    def contents(self) -> Formats:
        """The counts with every part."""
        session = self.host.session
        about, counts = counts_report(Loaded(session.titled, session.path, {}))
        return {
            ".csv": ("every regime and part, a line each", lambda: export.as_csv(about, counts)),
            ".json": ("the same for programs", lambda: export.as_json(about, counts)),
            ".md": ("the same for people", lambda: export.as_markdown(about, counts)),
        }
