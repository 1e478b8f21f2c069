"""The command palette: every action, line, preset, record, number, rule and theme by its name."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from rich.cells import cell_len
from textual import on
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider, SearchIcon
from textual.content import Content
from textual.widgets import Input
from textual.worker import WorkerError

from inferscope.core import catalog
from inferscope.core.errors import InferscopeError
from inferscope.tui.actions import at
from inferscope.tui.choices import Row, catalog_words, presets
from inferscope.tui.config import options_of
from inferscope.tui.panels.scenario import FIELDS
from inferscope.tui.sizes import clipped
from inferscope.tui.themes import theme_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inferscope.tui.screens.hands import Hands

_MOST = 40
"""Hits that are shown; more typing finds the rest."""
_LONGEST = 200
"""Characters that are looked for; a page that was pasted would take minutes."""
_KIND = 9
_FRAME = 6
"""Columns that the palette keeps for itself."""
_MOVES = {
    "up",
    "down",
    "left",
    "right",
    "next_line",
    "previous_line",
    "row_up",
    "row_down",
    "palette",
    "find_line",
}
"""Actions that the palette itself would undo."""
_SET = {"model.id": "model", "hardware.accelerator": "chip", "site.region": "country"}


class Command(NamedTuple):
    """One thing that can be chosen: of what kind, its name, what is said beside it, and what it does."""

    kind: str
    name: str
    about: str
    run: Callable[[], Any]
    names: tuple[str, ...] = ()

    def rank(self, words: list[str], whole: str) -> tuple[int, bool]:
        """How well it matches, as in every list; what is seen to match goes before what is not."""
        row = Row(self.name, f"{self.kind} {self.name}", (), (*self.names, self.about))
        seen = catalog_words(f"{self.kind}{self.name}{self.about}")
        return row.rank(words, whole), any(word not in seen for word in words)

    def shown(self, width: int) -> Content:
        """One line: kind, name, and the rest as far as there is room."""
        name = clipped(self.name, width - _KIND)
        about = clipped(f"  {self.about}", max(width - _KIND - cell_len(name), 0))
        return Content.assemble((f"{self.kind:<{_KIND}}", "$text-muted"), name, (about, "$text-muted"))


def _actions(hands: Hands) -> Iterator[Command]:
    keymap = options_of(hands.app).keys
    focused = hands.focused
    for action in at(*getattr(focused, "where", ()), "explorer"):
        if action.name in _MOVES:
            continue
        does_it = focused is not None and hasattr(focused, f"action_{action.name}")
        target = focused if does_it and focused is not None else hands
        about = f"{action.shown_in(keymap)}  {action.about}"
        yield Command("do", action.label, about, partial(target.run_action, action.name))


def _fields(hands: Hands) -> Iterator[Command]:
    for field in FIELDS:
        value, _ = field.display(hands.session.scenario, hands.answer)
        about = f"{value}  {field.key}"
        names = (field.key, field.key.rpartition(".")[2], field.about)
        yield Command("go to", field.label, about, partial(hands.go_to_field, field), names)


def _presets(hands: Hands) -> Iterator[Command]:
    for row in presets().rows:
        run = partial(hands.open_preset, row.value)
        yield Command("open", row.value, row.name, run, row.names)


def _records(hands: Hands) -> Iterator[Command]:
    for field in FIELDS:
        for entry in catalog.entries(field.catalog) if field.key in _SET else ():
            name = f"{entry.name} (yours)" if entry.origin else entry.name
            run = partial(hands.change, field, entry.id)
            yield Command(_SET[field.key], name, entry.id, run, (entry.id, *entry.names, entry.maker))


def _quantities(hands: Hands) -> Iterator[Command]:
    from inferscope.core.graph import REGISTRY

    for name in hands.answer.report["quantities"] if hands.answer is not None else ():
        label = REGISTRY.quantities[name].label
        yield Command("explain", label, name, partial(hands.explain_quantity, name), (name,))


def _rules(hands: Hands) -> Iterator[Command]:
    for entry in hands.answer.report["policy"] if hands.answer is not None else ():
        about = f"{str(entry['verdict']).replace('_', ' ')}  {entry['title']}"
        names = (entry["id"], entry["jurisdiction"])
        yield Command("rule", entry["short"], about, partial(hands.explain_rule, entry), names)


def _themes(hands: Hands) -> Iterator[Command]:
    for name in theme_names():
        yield Command("theme", name, "", partial(setattr, hands.app, "theme", name))


class Commands(Provider):
    """All commands; an empty line lists the actions, the fields and the presets."""

    makers: tuple[Callable[[Hands], Iterator[Command]], ...] = (
        *(_actions, _fields, _presets, _records, _quantities, _rules, _themes),
    )
    at_first = ("do", "go to", "open")

    async def startup(self) -> None:
        """List them once; they hold while the palette is open."""
        hands = cast("Hands", self.screen)
        self._every: list[Command] = []
        for maker in self.makers:
            try:
                self._every += maker(hands)
            except InferscopeError as error:  # a damaged file of the user's
                hands.say(str(error), problem=True)
        self._width = hands.app.size.width - _FRAME

    async def discover(self) -> Hits:
        """What can be done, before anything is typed."""
        for command in self._every:
            if command.kind in self.at_first:
                yield DiscoveryHit(command.shown(self._width), command.run, command.name)

    async def search(self, query: str) -> Hits:
        """The commands that contain every word, the best matches first."""
        query = query[:_LONGEST]
        words, whole = [catalog_words(word) for word in query.split()], catalog_words(query)
        ranked = [(command.rank(words, whole), place) for place, command in enumerate(self._every)]
        best = sorted(pair for pair in ranked if pair[0][0] < 3)[:_MOST]
        for number, (_, place) in enumerate(best):
            command = self._every[place]
            yield Hit(1 - number / len(self._every), command.shown(self._width), command.run, command.name)


class Fields(Commands):
    """The lines of the scenario."""

    makers = (_fields,)


class Palette(CommandPalette):
    """Textual's palette; enter waits for the search of what was typed before it."""

    def on_mount(self) -> None:
        """A mark that every terminal has, in place of a picture."""
        self.query_one(SearchIcon).icon = "/"

    def _action_command_list(self, action: str) -> None:
        """Pass on what moves in the list; where it has no room at all it has no pages to turn."""
        if self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)

    @on(Input.Submitted)
    async def _when_found(self) -> None:
        for worker in list(self.workers):
            if worker.node is self and not worker.is_finished:
                with suppress(WorkerError):
                    await worker.wait()
