"""Every action of the screen: its keys, where it works and what it does.

Bindings, the key line at the bottom and the help screen are all made from this one table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from inferscope.tui.keys import shown_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from textual.binding import BindingType

Where = Literal[
    "explorer",
    "field",
    "number",
    "choice",
    "pick",
    "answers",
    "policy",
    "ladder",
    "toggles",
    "plot",
    "rules",
    "chips",
    "counts",
    "lines",
    "strip",
    "compare",
    "studies",
    "page",
    "recovered",
    "dialog",
]

AREAS: dict[Where, str] = {
    "explorer": "Anywhere in the explorer",
    "field": "On a line of the scenario",
    "number": "On a number",
    "choice": "On a choice",
    "pick": "On a model, accelerator or country",
    "answers": "On an answer",
    "policy": "On a policy line",
    "toggles": "In the table of toggles",
    "plot": "On a plot",
    "ladder": "In the policy ladder",
    "rules": "On the screen of all rules",
    "chips": "On the map of chips",
    "counts": "On the counts of training compute",
    "lines": "On the lines that move",
    "strip": "Among the chips through time",
    "compare": "While comparing",
    "studies": "Among the studies",
    "page": "On a page that explains",
    "recovered": "Where a session left changes behind",
    "dialog": "In a list or dialog",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do.

    Attributes:
        name: The method ``action_NAME`` that does it.
        keys: Keys in Textual's spelling, the one to show first.
        where: On what it works.
        label: One or two words for the key line.
        about: A sentence for the help screen.
        rank: Order on the key line, the first to stay when it is narrow; 0 keeps it off.
        shown: How the keys are written, where joining their names would not do.
    """

    name: str
    keys: tuple[str, ...]
    where: Where
    label: str
    about: str
    rank: int = 0
    shown: str = ""

    @property
    def id(self) -> str:
        """What the configuration file calls it."""
        return self.name if self.where == "explorer" else f"{self.where}.{self.name}"

    def keys_in(self, keymap: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """Its keys, where some are bound anew."""
        return keymap.get(self.id, self.keys)

    def shown_in(self, keymap: Mapping[str, tuple[str, ...]]) -> str:
        """What the key line shows of them."""
        return (self.id not in keymap and self.shown) or shown_key(self.keys_in(keymap)[0])


def _dated(where: Where, *, slides: bool = True) -> tuple[Action, ...]:
    """What moves the day of the rules, the same keys everywhere; the map's arrows are for its chips."""
    months = (
        Action("date_back", ("left", "h"), where, "month", "Slide the rules' date back a month.", 2, "← →"),
        Action("date_on", ("right", "l"), where, "later", "Slide it on a month."),
        Action("year_back", ("shift+left", "H"), where, "year before", "Slide it back a year."),
        Action("year_on", ("shift+right", "L"), where, "year", "Slide it on a year."),
    )
    before, after = ("less_than_sign", "comma"), ("greater_than_sign", "full_stop")
    about = "Go to the day before on which a rule begins or ends."
    return (
        *(months if slides else ()),
        Action("change_back", before, where, "changes", about, 3, "< >"),
        Action("change_on", after, where, "next change", "Go to the next day on which one does."),
        Action("date_reset", ("t", "delete"), where, "own date", "Go back to the scenario's own date.", 8),
    )


def _handed(where: Where) -> tuple[Action, ...]:
    """What copies and writes, the same keys everywhere."""
    copy = "Send the marked row, with unit and source, to the terminal's clipboard."
    export = "Write what is on the screen to a file: CSV, JSON, Markdown or SVG."
    return (
        Action("copy", ("y",), where, "copy", copy),
        Action("copy_to_file", ("Y",), where, "copy to file", "Write to a file what would be copied."),
        Action("export", ("x",), where, "export", export, 16),
    )


def _told(where: Where, key: str) -> tuple[Action, ...]:
    """What scrolls, copies and leaves a screen that is read, the same keys everywhere."""
    return (
        Action("row_up", ("up", "k"), where, "up", "Scroll a row up."),
        Action("row_down", ("down", "j"), where, "scroll", "Scroll a row down.", 3, "↑ ↓"),
        Action("page_up", ("pageup",), where, "page up", "Scroll a screenful up."),
        Action("page_down", ("pagedown", "space"), where, "page down", "Scroll a screenful down.", 17),
        *_handed(where),
        Action("help", ("question_mark", "f1"), where, "help", "Show the keys.", 1),
        Action("leave", ("escape", "q", key), where, "back", "Go back.", 1),
    )


ACTIONS: tuple[Action, ...] = (
    Action("edit", ("enter",), "number", "edit", "Type a new value; enter keeps it, escape does not.", 1),
    Action("double", ("plus",), "number", "double", "Double the number; a share rises by 10 points.", 3, "+"),
    Action("halve", ("minus",), "number", "halve", "Halve the number; a share falls by 10 points.", 4, "-"),
    Action("following", ("right", "space", "l"), "choice", "change", "Take the next choice.", 1, "← →"),
    Action("previous", ("left", "h"), "choice", "previous", "Take the choice before."),
    Action("edit", ("enter",), "choice", "list", "List the choices with what they mean.", 2),
    Action("edit", ("enter", "space", "slash"), "pick", "choose", "Choose from the catalogue.", 1, "enter /"),
    Action(
        "reset",
        ("delete", "backspace"),
        "field",
        "default",
        "Go back to the default, or to what the plan chooses (auto).",
    ),
    Action("left", ("left", "h"), "answers", "figure", "Go to the figure before.", 2, "← →"),
    Action("right", ("right", "l"), "answers", "next", "Go to the next figure."),
    Action("explain", ("enter",), "answers", "explain", "Explain the figure."),
    Action("explain", ("enter",), "policy", "explain", "Explain the rule."),
    Action("flip", ("enter", "space"), "toggles", "flip", "Flip the optimisation; undo takes it back.", 1),
    Action("row_up", ("up", "k"), "toggles", "up", "Go to the row above."),
    Action("row_down", ("down", "j"), "toggles", "down", "Go to the row below."),
    Action("previous_plot", ("left", "h"), "plot", "other plot", "Show the plot before.", 1, "← →"),
    Action("next_plot", ("right", "l", "enter", "space"), "plot", "next plot", "Show the next plot."),
    *_dated("ladder"),
    Action("row_up", ("up", "k"), "ladder", "up", "Go to the rule above."),
    Action("row_down", ("down", "j"), "ladder", "down", "Go to the rule below."),
    Action("explain", ("enter",), "ladder", "explain", "Explain the rule."),
    Action("up", ("up", "k"), "explorer", "up", "Go to the line above."),
    Action("down", ("down", "j"), "explorer", "down", "Go to the line below."),
    Action(
        "next_line", ("tab",), "explorer", "next", "Go to the next line, from the scenario on to the answers."
    ),
    Action(
        "previous_line", ("shift+tab",), "explorer", "previous", "Go to the line before, round at the ends."
    ),
    Action(
        "swap_area", ("a", "f6"), "explorer", "answers", "Go from the scenario to the answers, and back.", 9
    ),
    Action(
        "explain",
        ("e",),
        "explorer",
        "explain",
        "Explain what is focused: formula, values filled in, and the source of each.",
        5,
    ),
    Action(
        "reach",
        ("equals_sign",),
        "explorer",
        "target",
        "Type a target for the figure or rule and see which single inputs reach it.",
        13,
    ),
    Action(
        "show_answers",
        ("1",),
        "explorer",
        "views",
        "Show the answers on the right; again: go there, and back. On a number a digit starts typing.",
        11,
        "1-5",
    ),
    Action("show_toggles", ("2",), "explorer", "toggles", "Show what flipping each optimisation would do."),
    Action("show_plot", ("3",), "explorer", "plot", "Show a plot."),
    Action("show_policy", ("4",), "explorer", "policy", "Show the ladder of policy thresholds."),
    Action("show_notes", ("5",), "explorer", "notes", "Show the notes."),
    Action("next_plot", ("right_square_bracket",), "explorer", "next plot", "Show the next plot."),
    Action("previous_plot", ("left_square_bracket",), "explorer", "plot before", "Show the plot before."),
    Action("theme", ("T",), "explorer", "theme", "Take the next theme: dark, light, high contrast, plain."),
    Action("redraw", ("r",), "explorer", "draw", "Draw the plot now, where plots wait to be asked."),
    Action("next_view", ("v",), "explorer", "next view", "Show the next view, also while on a number."),
    Action("previous_view", ("V",), "explorer", "view before", "Show the view before."),
    Action(
        "pin",
        ("p",),
        "explorer",
        "pin",
        "Pin the present answer and compare what follows with it; again: unpin.",
        12,
    ),
    Action(
        "all_rules", ("P",), "explorer", "all rules", "Show all policy rules on a screen of their own.", 13
    ),
    Action("chip_map", ("M",), "explorer", "chip map", "Show the map of chips and the lines of the rules."),
    Action(
        "compare",
        ("c",),
        "explorer",
        "compare",
        "Compare with presets, files or the pinned baseline, and see what carries each difference.",
        14,
    ),
    Action(
        "studies",
        ("s",),
        "explorer",
        "studies",
        "Run a study: ranges, what moves it, many points, a target, trade-offs; go on with a row.",
        15,
    ),
    Action(
        "differences",
        ("d",),
        "explorer",
        "differs",
        "Show what differs from the saved file and from its parent; enter takes a key back.",
    ),
    Action("notes", ("n",), "explorer", "notes", "Read all notes: what was planned, what fell back.", 10),
    Action(
        "all_fields",
        ("f",),
        "explorer",
        "all fields",
        "Show every field of the scenario, or only the main ones.",
    ),
    Action("undo", ("z",), "explorer", "undo", "Take the last change back, as often as you like.", 6),
    Action("redo", ("Z",), "explorer", "redo", "Make the change again that was taken back."),
    Action(
        "save",
        ("ctrl+s",),
        "explorer",
        "save",
        "Save; a shipped preset is saved under a name of your own.",
        7,
    ),
    Action("save_as", ("S",), "explorer", "save as", "Save under another name."),
    Action("open", ("ctrl+o",), "explorer", "open", "Open a preset or a scenario file.", 8),
    Action("recent", ("ctrl+r",), "explorer", "recent", "Open a file worked on lately."),
    Action(
        "revert",
        ("R",),
        "explorer",
        "revert",
        "Go back to the saved file as it is now; undo takes that back.",
    ),
    Action(
        "palette",
        ("ctrl+p", "colon"),
        "explorer",
        "commands",
        "Find any action, line, preset, model, chip, number, rule or theme by its name.",
        11,
    ),
    Action(
        "find_line",
        ("slash",),
        "explorer",
        "find",
        "Find a line of the scenario by its name; on a model, accelerator or country: in the catalogue.",
        12,
    ),
    Action(
        "copy",
        ("y",),
        "explorer",
        "copy",
        "Send what is focused, with unit, scenario and source, to the terminal's clipboard.",
        13,
    ),
    Action(
        "copy_to_file",
        ("Y",),
        "explorer",
        "copy to file",
        "Write to a file what would be copied.",
    ),
    Action(
        "export",
        ("x",),
        "explorer",
        "export",
        "Write what is on the screen to a file: CSV, JSON, Markdown or SVG.",
        14,
    ),
    Action("help", ("question_mark",), "explorer", "help", "Show the keys.", 1),
    Action("help_here", ("f1",), "explorer", "help", "Say what is focused, with the keys that work on it."),
    Action("quit", ("q", "ctrl+q"), "explorer", "quit", "Leave; unsaved changes are asked about first.", 2),
    Action("row_up", ("up", "k"), "rules", "up", "Go to the rule above."),
    Action("row_down", ("down", "j"), "rules", "down", "Go to the rule below."),
    Action("page_up", ("pageup",), "rules", "page up", "Go a screenful up."),
    Action("page_down", ("pagedown",), "rules", "page down", "Go a screenful down."),
    Action("first", ("home", "g"), "rules", "first", "Go to the first rule."),
    Action("last", ("end", "G"), "rules", "last", "Go to the last rule."),
    *_dated("rules"),
    Action("date_take", ("a",), "rules", "take date", "Give the scenario the chosen date.", 8),
    Action(
        "open_rule",
        ("enter",),
        "rules",
        "open",
        "Ask for a fact that the rule misses; where it misses none, explain it.",
        4,
    ),
    Action("facts", ("f",), "rules", "facts", "Set a fact that the rule reads, missing or not.", 9),
    Action("explain", ("e",), "rules", "explain", "Read all about the rule.", 10),
    Action("filter", ("slash",), "rules", "filter", "Type words that a rule has to contain.", 5),
    Action("next_place", ("c",), "rules", "place", "Only the rules of the next jurisdiction.", 6),
    Action("next_kind", ("b",), "rules", "kind", "Only what binds, is true, or is a what-if.", 11),
    Action("unknown", ("u",), "rules", "unknown", "Hide or show what is unknown.", 12),
    Action("order", ("s",), "rules", "order", "Sort by nearness to the line, or as in the catalogue.", 13),
    Action("chip_map", ("m",), "rules", "map", "Show the map of chips on this date.", 14),
    Action("counts", ("n",), "rules", "counts", "Show what each regime counts as training compute.", 7),
    Action("lines", ("i",), "rules", "lines", "Slide a line over the models of the catalogue.", 10),
    Action("chip_strip", ("S",), "rules", "chips", "Show every chip's export through time.", 15),
    *_handed("rules"),
    Action("undo", ("z",), "rules", "undo", "Take the last change of the scenario back.", 15),
    Action("redo", ("Z",), "rules", "redo", "Make it again."),
    Action("help", ("question_mark", "f1"), "rules", "help", "Show the keys.", 1),
    Action("leave", ("escape", "q", "P"), "rules", "back", "Clear the filter; then go back.", 1),
    Action("row_up", ("up", "k"), "strip", "chip", "Go to the chip above.", 2, "↑ ↓"),
    Action("row_down", ("down", "j"), "strip", "below", "Go to the chip below."),
    Action("page_up", ("pageup",), "strip", "page up", "Go a screenful up."),
    Action("page_down", ("pagedown",), "strip", "page down", "Go a screenful down."),
    Action("filter", ("slash",), "strip", "filter", "Type words: names, makers, countries.", 3),
    *_handed("strip"),
    Action("help", ("question_mark", "f1"), "strip", "help", "Show the keys.", 1),
    Action("leave", ("escape", "q", "S"), "strip", "back", "Clear the filter; then go back.", 1),
    Action("chip_left", ("left", "h"), "chips", "TPP", "Go to the chip with the next lower TPP.", 2, "← →"),
    Action("chip_right", ("right", "l"), "chips", "more TPP", "Go to the chip with the next higher TPP."),
    Action(
        "chip_up",
        ("up", "k"),
        "chips",
        "bandwidth",
        "Go to the chip with the next higher bandwidth.",
        3,
        "↑ ↓",
    ),
    Action(
        "chip_down", ("down", "j"), "chips", "less bandwidth", "Go to the chip with the next lower bandwidth."
    ),
    Action("find", ("slash",), "chips", "find", "Look a chip up by name.", 4),
    Action("take_chip", ("enter",), "chips", "take", "Put the marked chip into the scenario.", 5),
    *_dated("chips", slides=False),
    Action("rates", ("r",), "chips", "rates", "Draw lines of equal token rate of the scenario, or not.", 6),
    Action("what_ifs", ("b",), "chips", "bills", "Draw bills, lapsed rules and literature too, or not.", 7),
    Action("explain", ("e",), "chips", "explain", "Read what the rules say of the chip.", 9),
    *_handed("chips"),
    Action("undo", ("z",), "chips", "undo", "Take the last change of the scenario back.", 10),
    Action("redo", ("Z",), "chips", "redo", "Make it again."),
    Action("help", ("question_mark", "f1"), "chips", "help", "Show the keys.", 1),
    Action("leave", ("escape", "q", "M"), "chips", "back", "Go back.", 1),
    *_told("counts", "n"),
    Action("line_down", ("left", "h"), "lines", "line", "Slide the line down a tenth of an order.", 2, "← →"),
    Action("line_up", ("right", "l"), "lines", "line up", "Slide it up a tenth of an order."),
    Action("order_down", ("shift+left", "H"), "lines", "order down", "Slide it down an order of magnitude."),
    Action("order_up", ("shift+right", "L"), "lines", "order up", "Slide it up an order of magnitude."),
    Action("line_reset", ("t", "delete"), "lines", "1e25", "Go back to the EU's line of 1e25 FLOP.", 4),
    *_told("lines", "i"),
    Action("add", ("a", "plus"), "compare", "add", "Add a preset, a file or the pinned baseline.", 1),
    Action("remove", ("minus", "delete"), "compare", "remove", "Leave the marked scenario away.", 4),
    Action("toggle_same", ("d",), "compare", "all", "Show all rows, or only those that differ.", 2),
    Action("next_scenario", ("right", "l"), "compare", "scenario", "Go to the next scenario.", 3, "← →"),
    Action("previous_scenario", ("left", "h"), "compare", "scenario before", "Go to the one before."),
    *_handed("compare"),
    Action("parts_up", ("shift+up", "K"), "compare", "parts up", "Scroll what carries the difference."),
    Action("parts_down", ("shift+down", "J"), "compare", "parts down", "Scroll it on."),
    Action("swap", ("a", "f6"), "studies", "rows", "Go from the form to the rows, and back.", 1),
    Action("next_part", ("tab",), "studies", "next", "Go from the studies through the form to the rows."),
    Action("previous_part", ("shift+tab",), "studies", "previous", "Go back, round at the ends."),
    Action("column_right", ("right", "l"), "studies", "column", "Go to the next column.", 2, "← →"),
    Action("column_left", ("left", "h"), "studies", "column before", "Go to the column before."),
    Action("first", ("home", "g"), "studies", "first", "Go to the first row."),
    Action("last", ("end", "G"), "studies", "last", "Go to the last row."),
    Action(
        "sort",
        ("s",),
        "studies",
        "sort",
        "Sort by the marked column: the least first; again: the greatest first, then as found.",
        3,
    ),
    Action("plot", ("p",), "studies", "plot", "Show or hide the plot of the result.", 4),
    Action("notes", ("n",), "studies", "notes", "Read the sentence and all notes of the result.", 5),
    *_handed("studies"),
    Action("back", ("backspace", "left", "h"), "page", "back", "Go a step up, then close."),
    Action("close", ("q",), "page", "close", "Close."),
    Action("take", ("t",), "recovered", "restore", "Go on with what is marked."),
    Action("settle", ("l",), "recovered", "keep for later", "Keep what is marked for another start."),
    Action("discard", ("d",), "recovered", "discard", "Throw away what is marked."),
    Action("row_up", ("up", "k"), "dialog", "up", "Go to the row above; where there are none, scroll."),
    Action("row_down", ("down", "j"), "dialog", "move", "Go to the row below.", shown="↑ ↓"),
    Action("page_up", ("pageup",), "dialog", "page up", "Go or scroll a screenful up."),
    Action("page_down", ("pagedown",), "dialog", "scroll", "Go or scroll a screenful down."),
    Action("filter", ("slash",), "dialog", "filter", "Type to filter; every word has to occur."),
    Action("accept", ("enter",), "dialog", "take", "Take what is marked."),
    Action("cancel", ("escape",), "dialog", "close", "Close without a change."),
    Action("help", ("f1",), "dialog", "help", "Show the keys; again: close them."),
)

_RIGHT: set[Where] = {"answers", "policy", "ladder", "toggles", "plot"}
"""Areas from which one goes back to the scenario."""


def at(*where: Where) -> Iterator[Action]:
    """The actions of some areas, in the table's order."""
    return (action for action in ACTIONS if action.where in where)


def bindings(*where: Where) -> list[BindingType]:
    """Textual bindings of the actions that work in some areas."""
    from textual.binding import Binding

    return [
        Binding(",".join(action.keys), action.name, action.label, show=False, id=action.id)
        for action in at(*where)
    ]


def conflict(keymap: Mapping[str, tuple[str, ...]]) -> tuple[str, str, str] | None:
    """A rebound action and another with the same key in the same place, and the key; mostly none.

    What the table itself lets mean two things may go on doing so.
    """
    for mine in ACTIONS:
        for other in ACTIONS:
            if mine.id not in keymap or mine.id == other.id or not _meet(mine.where, other.where):
                continue
            for key in mine.keys_in(keymap):
                is_usual = key in mine.keys and key in other.keys
                if key in other.keys_in(keymap) and not is_usual:
                    return mine.id, other.id, shown_key(key)
    return None


_SCREENS: frozenset[Where] = frozenset({"dialog", "rules", "chips", "strip", "counts", "lines"})
"""Areas that are screens of their own: no key of the explorer works there."""
_DIALOGS: frozenset[Where] = frozenset({"compare", "studies", "page", "recovered"})
"""Areas of one dialog each, where what works in all dialogs works too."""


def _meet(one: Where, two: Where) -> bool:
    """Whether there is a place where the actions of both areas work."""
    if one == two:
        return True
    both = {one, two}
    if both & _DIALOGS:
        return both - _DIALOGS == {"dialog"}
    if both & _SCREENS:
        return False
    return "explorer" in both or ("field" in both and bool(both & {"number", "choice", "pick"}))


def key_line(
    width: int, *focus: Where, keymap: Mapping[str, tuple[str, ...]] | None = None
) -> list[tuple[str, str]]:
    """Keys and labels for the bottom line, the most useful that fit.

    Those of the focused thing stand first, and instead of what their keys do elsewhere; help and the way
    out always stay.
    """
    keymap = keymap or {}
    alone = not _SCREENS.isdisjoint(focus)
    taken = {key for action in at(*focus) if action.where != "explorer" for key in action.keys_in(keymap)}
    general = [] if alone else sorted((a for a in at("explorer") if a.rank), key=lambda a: a.rank)
    general = [action for action in general if action.keys_in(keymap)[0] not in taken]
    ranked = [*general[:2], *sorted((a for a in at(*focus) if a.rank), key=lambda a: a.rank), *general[2:]]
    kept: list[Action] = []
    used = 1
    for action in ranked:
        size = len(action.shown_in(keymap)) + len(action.label) + 3
        if used + size <= width + 2:
            kept.append(action)
            used += size
    order = [*at(*focus), *at("explorer")]
    kept.sort(key=order.index)
    names = {"swap_area": "scenario"} if set(focus) & _RIGHT else {}
    return [(action.shown_in(keymap), names.get(action.name, action.label)) for action in kept]
