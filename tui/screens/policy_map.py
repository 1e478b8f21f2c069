"""The map of chips: processing performance against bandwidth, with the lines of the rules on a day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from inferscope.tui import copied, pages
from inferscope.tui.actions import bindings
from inferscope.tui.config import key_of, options_of
from inferscope.tui.dated import Dated
from inferscope.tui.panels.rows import Rows
from inferscope.tui.panels.ruletable import verdict_words
from inferscope.tui.panels.words import KeyBar, MessageLine, Said
from inferscope.tui.screens.closing import Closing
from inferscope.tui.screens.handing import Handing
from inferscope.tui.screens.reader import Reader, keys_page, words_of
from inferscope.tui.sizes import clipped
from inferscope.tui.verdicts import Line, line_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from textual import events
    from textual.app import ComposeResult

    from inferscope.core.evaluate import Result
    from inferscope.core.policy.plane import Chip, Edge
    from inferscope.core.policy.rule import Rule
    from inferscope.core.scenario.policy import Policy
    from inferscope.core.study.equal_rates import EqualRates
    from inferscope.tui.plots.chipchart import ChipChart
    from inferscope.tui.screens.export import Formats
    from inferscope.tui.screens.policing import Policing

_SIDE, _SMALL = 110, 20
"""Columns from which the chip is explained beside the map; rows under which chips are listed instead."""


class ChipList(Rows):
    """The chips around the marked one, where there is no room for a map."""

    def __init__(self) -> None:
        super().__init__(id="chip-list")
        self._chips: Sequence[Chip] = ()
        self._at = 0

    def show(self, chips: Sequence[Chip], at: int) -> None:
        """Show chips, one of them marked."""
        self._chips, self._at = chips, at
        self.update()

    def rows(self) -> list[Content]:
        """Name, processing performance and bandwidth."""
        name, room = max(self.size.width - 20, 1), max(self.size.height - 1, 1)
        first = max(min(self._at - room // 2, len(self._chips) - room), 0)
        rows = [Content.styled(f" {'chip':<{name}}{'TPP':>8}{'GB/s':>9}", "$text-muted")]
        for number, chip in enumerate(self._chips[first : first + room], first):
            marked = number == self._at
            rows.append(
                Content.assemble(
                    ("▸" if marked else " ", "bold $accent"),
                    (f"{clipped(chip.name, name - 1):<{name}}", "reverse" if marked else ""),
                    f"{chip.tpp:>8,.0f}{chip.dram_bandwidth_gb_s:>9,.0f}",
                )
            )
        return rows


class PolicyMap(Dated, Handing, Closing[None]):
    """Where chips stand between the lines.

    Args:
        host: The explorer, which holds the scenario and takes the chip that is chosen.
        day: The day of the rules; the scenario's own where none is given.
    """

    PLACE = "chips."
    BINDINGS = bindings("chips")
    CSS_PATH = "policy.tcss"
    MODES: ClassVar[tuple[str, ...]] = ("-side", "-below", "-list")

    def __init__(self, host: Policing, day: dt.date | None = None) -> None:
        super().__init__()
        self.host = host
        self.day = None if day == self.own_day else day
        self.what_ifs, self.rates = False, True
        self.chips: list[Chip] = []
        self.at = 0
        self._absent = 0
        self._edges: list[Edge] = []
        self._chart: ChipChart | None = None
        self._rated: tuple[Result, EqualRates] | None = None
        self._policy: Policy | None = None
        self._known: dict[tuple[str, dt.date], list[Line]] = {}

    def compose(self) -> ComposeResult:
        """Title, map, the marked chip, message and keys."""
        yield Said("policy-title")
        with Container(id="chips-body"):
            yield Container(id="chips-chart")
            yield ChipList()
            yield Static(id="chip-words", markup=False)
        yield MessageLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the frame at once; chips and plot library follow."""
        self.query_one(KeyBar).show(("chips",))
        self.say("Computing …")
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        from inferscope.core.policy.plane import chips
        from inferscope.tui.plots.chipchart import ChipChart

        every = chips()
        self.chips = [chip for chip in every if chip.has_place]
        self._absent = len(every) - len(self.chips)
        own = self._own()
        self.at = self.chips.index(own) if own is not None else len(self.chips) // 2
        chart = ChipChart()
        await self.query_one("#chips-chart").mount(chart)
        self._chart = chart
        self.call_after_refresh(self.show_map)

    def on_resize(self, event: events.Resize) -> None:
        """The chip beside the map or below it; a list where there is no room for a map."""
        width, height = event.size
        mode = "-list" if height < _SMALL or width < 70 else "-side" if width >= _SIDE else "-below"
        for name in self.MODES:
            self.set_class(name == mode, name)
        if self.chips:
            self.call_after_refresh(self.show_map)

    # --- showing --------------------------------------------------------------------------------

    @property
    def own_day(self) -> dt.date:
        """The scenario's date."""
        assert self.host.answer is not None  # noqa: S101  (the screen is opened on an answer)
        return self.host.answer.as_of

    @property
    def today(self) -> dt.date:
        """The day that is shown."""
        return self.day or self.own_day

    @property
    def marked(self) -> Chip:
        """The chip under the cursor."""
        return self.chips[self.at]

    def _own(self) -> Chip | None:
        """The scenario's chip, if it has a place."""
        from inferscope.core import catalog

        own = catalog.resolve("accelerator", self.host.session.scenario.hardware.accelerator)
        return next((chip for chip in self.chips if chip.id == own), None)

    def _rules(self) -> list[Rule]:
        """The rules that are drawn: those that bind on the day, and what-ifs where asked for."""
        every = self._every()
        return [rule for rule in every if rule.binds_on(self.today) or (self.what_ifs and rule.is_what_if)]

    def _every(self) -> Sequence[Rule]:
        """The rules that the scenario is judged by."""
        from inferscope.core.policy.entries import rules_of

        assert self.host.answer is not None  # noqa: S101
        return rules_of(self.host.answer.result())

    def _equal_rates(self) -> EqualRates:
        """Lines of equal token rate of the scenario, kept for as long as it stays the same."""
        from inferscope.core.study.equal_rates import equal_rates

        assert self.host.answer is not None  # noqa: S101
        result = self.host.answer.result()
        if self._rated is None or self._rated[0] is not result:
            self._rated = result, equal_rates(result.bound.take([0]))
        return self._rated[1]

    def show_map(self) -> None:
        """Bring the screen up to the day and the cursor."""
        from inferscope.core.policy.plane import edges, shade

        if self._chart is None or self not in self.app.screen_stack:
            return
        drawn = self._rules()
        controls = [rule for rule in drawn if rule.true_means != "relief"]
        if not self.has_class("-list"):
            self._edges = edges(drawn)
            lines = self._equal_rates().lines if self.rates else ()
            self._chart.draw(self.chips, self._edges, shade(controls), (self._own(), self.marked), lines)
        self.query_one(ChipList).show(self.chips, self.at)
        which = "rules in force and what-ifs" if self.what_ifs else "rules in force"
        own = "the scenario's date" if self.day is None else f"not the scenario's {self.own_day}"
        self.query_one("#policy-title", Said).say(
            (
                [(" Chips", "bold $primary"), ("  up: DRAM bandwidth, GB/s; across: TPP", "bold")],
                f"{len(self.chips)} chips; {self._absent} lack a figure",
            ),
            (
                [(f" {self.today}", "bold $accent"), (f"  {own}", "$text-muted")],
                f"{which}; destination and buyer taken as met",
            ),
        )
        self._explain()

    def _explain(self) -> None:
        """The marked chip: its figures, and what the rules say of it."""
        chip = self.marked
        words = self.query_one("#chip-words", Static)
        width = words.size.width if self.has_class("-side") else self.size.width - 2
        page = self._page()
        if self.has_class("-side"):
            page = replace(page, text=[*page.text, ("", ""), *self._legend()])
        words.update(words_of(page, max(width - 1, 24)))
        own = self._own()
        if own is not None and chip.id == own.id:
            self.say("The scenario's chip")
        else:
            self.say(f"{key_of(self.app, 'chips.take_chip')} puts {chip.name} into the scenario")

    def _page(self) -> pages.Page:
        """Figures and verdicts of the marked chip."""
        chip = self.marked
        density = f", density {chip.performance_density:.3g}" if chip.performance_density > 0 else ""
        links = f", I/O {chip.io_bandwidth_gb_s:,.0f} GB/s" if chip.io_bandwidth_gb_s > 0 else ""
        figures = f"TPP {chip.tpp:,.0f}, DRAM {chip.dram_bandwidth_gb_s:,.0f} GB/s{links}{density}"
        lines = [line for line in self._lines() if self.what_ifs or not line.entry["what_if"]]
        by_words: dict[str, list[str]] = {}
        for line in sorted(lines, key=lambda line: line.word != "applies"):
            binding = "" if line.binds == "yes" else "*"
            by_words.setdefault(verdict_words(line).removesuffix(" ~"), []).append(f"{line.short}{binding}")
        missing: Iterable[str] = dict.fromkeys(name for line in lines for name in line.entry["missing"])
        missing = [name.removeprefix("policy.") for name in missing]
        rows = [("chip", chip.name), ("figures", figures)]
        rows += [(word, ", ".join(names)) for word, names in by_words.items()]
        rows.append(("needs", ", ".join(missing)))
        if any(line.binds != "yes" for line in lines):
            rows.append(("*", "not in force on this day"))
        return pages.Page(chip.name, "", [row for row in rows if row[1]])

    def _legend(self) -> list[tuple[str, str]]:
        """The lines on the map with all the rules that draw them."""
        found: dict[str, dict[str, None]] = {}
        for edge in self._edges:
            name = f"{'TPP' if edge.vertical else 'DRAM'} {edge.at:,.0f}{'' if edge.certain else ' may'}"
            found.setdefault(name, {}).update(dict.fromkeys(edge.rules))
        rows = [(name, ", ".join(rules)) for name, rules in found.items()]
        rows.append(("may", "another figure of the chip decides, such as its density"))
        if self.rates and self._equal_rates().lines:
            rows.append(("n/s", "the scenario gives n tokens/s an accelerator on such a line"))
        return rows

    def _lines(self) -> list[Line]:
        """The rules on the marked chip, kept for as long as what is judged with it stays the same."""
        from inferscope.core.policy.plane import chip_entries

        scenario, key = self.host.session.scenario, (self.marked.id, self.today)
        if scenario.policy != self._policy:
            self._policy, self._known = scenario.policy, {}
        if key not in self._known:
            found = chip_entries(scenario, *key, self._every())
            self._known[key] = [line_of(entry) for entry in found if entry["shown"]]
        return self._known[key]

    def say(self, text: str, *, problem: bool = False) -> None:
        """One line above the keys."""
        self.query_one(MessageLine).say(text, problem=problem)

    # --- moving ---------------------------------------------------------------------------------

    def action_chip_left(self) -> None:
        """The chip with the next lower processing performance."""
        self._move(self.at - 1)

    def action_chip_right(self) -> None:
        """The next higher."""
        self._move(self.at + 1)

    def action_chip_up(self) -> None:
        """The chip with the next higher bandwidth."""
        self._climb(1)

    def action_chip_down(self) -> None:
        """The next lower."""
        self._climb(-1)

    def _climb(self, step: int) -> None:
        if not self.chips:
            return
        if self.has_class("-list"):
            self._move(self.at - step)
            return
        order = sorted(range(len(self.chips)), key=lambda n: (self.chips[n].dram_bandwidth_gb_s, n))
        place = order.index(self.at) + step
        self._move(order[min(max(place, 0), len(order) - 1)])

    def _move(self, at: int) -> None:
        if self.chips:
            self.at = min(max(at, 0), len(self.chips) - 1)
            self.show_map()

    def action_find(self) -> None:
        """Look a chip up by name."""
        from inferscope.tui.choices import choices
        from inferscope.tui.panels.hardware import FIELDS
        from inferscope.tui.screens.picker import Picker

        def found(name: str | None) -> None:
            places = [n for n, chip in enumerate(self.chips) if chip.id == name]
            if places:
                self._move(places[0])
            elif name is not None:
                self.say(f"{name} has no place here: its processing performance or bandwidth is not known")

        field = next(field for field in FIELDS if field.key == "hardware.accelerator")
        if self.chips:
            self.app.push_screen(Picker(choices(field, self.today), self.marked.id), found)

    # --- the day and the rules ------------------------------------------------------------------

    def dated_rules(self) -> Sequence[Line]:
        """The rules about chips."""
        return self._lines() if self.chips else ()

    def show_day(self) -> None:
        """Draw the lines of the chosen day."""
        self.show_map()

    def action_rates(self) -> None:
        """Also draw lines of equal token rate, or not."""
        self.rates = not self.rates
        self.show_map()
        if self.rates:
            self.say(self._equal_rates().sentence())

    def action_what_ifs(self) -> None:
        """Also draw bills, lapsed rules and literature, or not."""
        self.what_ifs = not self.what_ifs
        self.show_map()

    # --- taking, reading, leaving ---------------------------------------------------------------

    def action_take_chip(self) -> None:
        """Put the marked chip into the scenario."""
        from inferscope.tui.panels.hardware import FIELDS

        if not self.chips:
            return
        field = next(field for field in FIELDS if field.key == "hardware.accelerator")
        changes = field.changes(self.marked.id, self.host.session.scenario)
        wrong = self.host.take(changes, field.label)
        if wrong:
            self.say(f"{field.label} stays: {wrong}", problem=True)
            return
        self.show_map()
        undo = key_of(self.app, "chips.undo")
        self.say(f"The scenario now runs on {self.marked.name}; {undo} takes that back")

    def stem(self) -> str:
        """A name for a file about the chips on the day."""
        return f"chips-{self.today}"

    def marked_text(self) -> str:
        """The marked chip."""
        return copied.chip_text(self.marked) if self.chips else ""

    def contents(self) -> Formats:
        """The chips that have a place, and the lines of the day."""
        if not self.chips:
            return {}
        from inferscope.core.export import plane
        from inferscope.core.policy.plane import edges

        day, chips, lines = self.today, self.chips, edges(self._rules())
        rates = self._equal_rates() if self.rates else None
        return {
            ".csv": ("the chips, a line each", lambda: plane.as_csv(chips)),
            ".json": ("chips and lines for programs", lambda: plane.as_json(day, chips, lines, rates)),
            ".md": ("chips and lines for people", lambda: plane.as_markdown(day, chips, lines, rates)),
        }

    def action_explain(self) -> None:
        """The marked chip on a page."""
        if self.chips:
            self.app.push_screen(Reader(self._page()))

    def action_undo(self) -> None:
        """Take the last change of the scenario back."""
        self.host.action_undo()
        self.show_map()

    def action_redo(self) -> None:
        """Make it again."""
        self.host.action_redo()
        self.show_map()

    def action_help(self) -> None:
        """The keys."""
        self.app.push_screen(Reader(keys_page(options_of(self.app).keys, "chips")))

    def action_leave(self) -> None:
        """Back to where one was."""
        self.dismiss(None)
