"""The part of the explorer that is at hand everywhere: palette, copy and export."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from inferscope.tui import copied, pages
from inferscope.tui.panels.answers import Card
from inferscope.tui.panels.ladder import Ladder
from inferscope.tui.panels.line import Line
from inferscope.tui.panels.plot import PlotPanel
from inferscope.tui.panels.policy import RuleLine
from inferscope.tui.panels.rows import is_displayed
from inferscope.tui.screens.handing import Handing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.widget import Widget

    from inferscope.tui.answer import Answer
    from inferscope.tui.fields import Field
    from inferscope.tui.screens.export import Formats
    from inferscope.tui.session import Session


class Hands(Handing, Screen[None]):
    """Palette, copy and export; what they need of the explorer is named at the top."""

    answer: Answer | None

    @property
    def session(self) -> Session:
        """The scenario being edited."""
        raise NotImplementedError

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        raise NotImplementedError

    def change(self, field: Field, value: Any) -> bool:
        """Set a field if the scenario can then be evaluated."""
        raise NotImplementedError

    def open_preset(self, name: str) -> None:
        """Open a preset, after asking about unsaved changes."""
        raise NotImplementedError

    def action_all_fields(self) -> None:
        """All fields, or the main ones."""
        raise NotImplementedError

    def go_to(self, target: Widget) -> None:
        """Focus at once."""
        raise NotImplementedError

    # --- palette --------------------------------------------------------------------------------

    def action_palette(self) -> None:
        """Everything by its name."""
        from inferscope.tui.screens.palette import Commands, Palette

        self.app.push_screen(
            Palette([Commands], placeholder="an action, line, preset, model, chip, number …")
        )

    def action_find_line(self) -> None:
        """A line of the scenario by its name."""
        from inferscope.tui.screens.palette import Fields, Palette

        self.app.push_screen(Palette([Fields], placeholder="a line of the scenario …"))

    def go_to_field(self, field: Field) -> None:
        """Focus the line of a field, showing all fields where it is not among the main ones."""
        line = self.query_one(f"#{field.key.replace('.', '-')}", Line)
        if not line.display:
            self.action_all_fields()
        if not line.display:
            self.say(f"{field.label} ({field.key}) does not matter to this scenario", problem=True)
            return
        self.go_to(line)

    def explain_quantity(self, name: str) -> None:
        """How a quantity comes about."""
        from inferscope.tui.screens.reader import Reader

        if self.answer is not None:
            self.app.push_screen(Reader(pages.quantity_page(self.answer, name)))

    def explain_rule(self, entry: Mapping[str, Any]) -> None:
        """What a rule compares."""
        from inferscope.tui.screens.reader import Reader
        from inferscope.tui.verdicts import line_of

        self.app.push_screen(Reader(pages.rule_page(line_of(entry))))

    # --- copy and export ------------------------------------------------------------------------

    def stem(self) -> str:
        """A name for a file about this scenario."""
        return self.session.stem

    def marked_text(self) -> str:
        """What is copied of the focused thing; nothing where there is no number."""
        focused = self.focused
        if isinstance(focused, Card) and self.answer is not None:
            return copied.quantity_text(self.answer, focused.focused_figure.name, self.session)
        if isinstance(focused, RuleLine | Ladder) and focused.verdict is not None:
            return copied.rule_text(focused.verdict.entry, self.session)
        if isinstance(focused, Line):
            return copied.field_text(self.answer, focused.field, self.session)
        return ""

    def contents(self) -> Formats:
        """The report, on the day of the ladder that is shown; the plot and the rules where they are."""
        if self.answer is None:
            return {}
        from inferscope.core.export import plot, policy, reports
        from inferscope.core.study.curves import curve
        from inferscope.tui.rulelist import every

        answer, ladder, panel = self.answer, self.query_one(Ladder), self.query_one(PlotPanel)
        report = answer.report_against(self.session.base if self.session.path else None)
        more: dict[str, tuple[str, Callable[[], str]]] = {}
        drawn: dict[str, Any] = {}
        if is_displayed(panel):
            points = curve(answer.bound, panel.kind)
            drawn["plot"] = asdict(points)
            more[".plot.csv"] = ("plot points, a line each", lambda: plot.as_csv(points))
        if is_displayed(ladder):
            rules = [line.entry for line in every(answer, ladder.day)]
            report = {**report, "policy": rules}
            more[".policy.csv"] = (
                f"the rules on {ladder.today}, a line each",
                lambda: policy.as_csv({}, rules),
            )
        return {
            ".csv": ("every number, a line each", lambda: reports.as_csv([report])),
            ".json": ("the report for programs", lambda: reports.as_json([{**report, **drawn}])),
            ".md": ("the report for people", lambda: reports.as_markdown([report])),
            **more,
        }
