"""One table of actions: bindings, key line and help agree with it."""

from collections import Counter

import pytest

from inferscope.tui.actions import ACTIONS, AREAS, at, bindings, conflict, key_line
from inferscope.tui.keys import shown_key
from inferscope.tui.pages import HEADING
from inferscope.tui.panels.answers import Card
from inferscope.tui.panels.ladder import Ladder
from inferscope.tui.panels.line import ChoiceLine, NumberLine, PickLine
from inferscope.tui.panels.plot import PlotPanel
from inferscope.tui.panels.policy import RuleLine
from inferscope.tui.panels.toggles import Toggles
from inferscope.tui.screens.compare import Compare
from inferscope.tui.screens.counted import CountsScreen
from inferscope.tui.screens.dialog import Dialog
from inferscope.tui.screens.explorer import Explorer
from inferscope.tui.screens.lines import LinesScreen
from inferscope.tui.screens.policy import PolicyScreen
from inferscope.tui.screens.policy_map import PolicyMap
from inferscope.tui.screens.reader import Reader, keys_page
from inferscope.tui.screens.recovered import Recovered
from inferscope.tui.screens.studies import Studies

RIGHT = ("answers", "policy", "ladder", "toggles", "plot")
OWNERS = {
    "explorer": Explorer,
    "field": NumberLine,
    "number": NumberLine,
    "choice": ChoiceLine,
    "pick": PickLine,
    "answers": Card,
    "policy": RuleLine,
    "ladder": Ladder,
    "rules": PolicyScreen,
    "toggles": Toggles,
    "plot": PlotPanel,
    "chips": PolicyMap,
    "counts": CountsScreen,
    "lines": LinesScreen,
    "compare": Compare,
    "studies": Studies,
    "page": Reader,
    "recovered": Recovered,
    "dialog": Dialog,
}


@pytest.mark.parametrize(
    "action", [a for a in ACTIONS if a.where in OWNERS], ids=lambda a: f"{a.where}-{a.name}"
)
def test_every_action_is_done_where_the_table_says(action):
    owner = OWNERS[action.where]
    known = {owner, Explorer} if action.where in RIGHT else {owner}
    assert any(callable(getattr(kind, f"action_{action.name}", None)) for kind in known)


@pytest.mark.parametrize(
    "where",
    [
        ("number", "field"),
        ("choice", "field"),
        ("pick", "field"),
        ("answers",),
        ("policy",),
        ("ladder",),
        ("rules",),
        ("toggles",),
        ("plot",),
        ("chips",),
        ("counts",),
        ("lines",),
        ("compare", "dialog"),
        ("studies", "dialog"),
        ("page", "dialog"),
        ("recovered", "dialog"),
    ],
)
def test_no_key_means_two_things_in_one_place(where):
    keys = Counter(key for action in at(*where) for key in action.keys)
    assert [key for key, times in keys.items() if times > 1] == []
    everywhere = Counter(key for action in at("explorer") for key in action.keys)
    assert max(everywhere.values()) == 1


def test_bindings_are_the_table():
    assert {b.key: b.action for b in bindings("number")} == {
        "enter": "edit",
        "plus": "double",
        "minus": "halve",
    }


def test_the_help_names_every_action_and_key():
    words = " ".join(f"{keys} {about}" for keys, about in keys_page().text)
    assert all(title in words for title in AREAS.values())
    for action in ACTIONS:
        assert any(about == action.about for _, about in keys_page().text)
        assert all(shown_key(key) in words for key in action.keys)


def test_the_help_begins_with_the_keys_of_the_place():
    titles = [words for name, words in keys_page(None, "ladder").text if name == HEADING]
    assert titles[:2] == ["In the policy ladder (here)", "Anywhere in the explorer"]
    assert len(titles) == len(AREAS)


@pytest.mark.parametrize(
    ("action", "other"), [("compare.add", "dialog.cancel"), ("page.back", "dialog.help")]
)
def test_a_dialogs_own_keys_meet_those_of_all_dialogs_and_not_the_explorers(action, other):
    key = next(a.keys[0] for a in ACTIONS if a.id == other)
    assert conflict({action: (key,)}) == (action, other, shown_key(key))
    assert conflict({action: ("ctrl+s",)}) is None


@pytest.mark.parametrize("where", ["ladder", "rules", "chips"])
def test_the_day_of_the_rules_slides_by_the_same_keys_everywhere(where):
    keys = {a.name: a.keys for a in at(where) if a.name.startswith(("date_", "year_", "change_"))}
    ladder = {a.name: a.keys for a in at("ladder")}
    assert keys["change_on"] == ("greater_than_sign", "full_stop")
    assert all(ladder[name] == value for name, value in keys.items() if name != "date_take")


def test_a_key_stands_on_the_line_for_what_it_does_where_one_is():
    shown = key_line(300, "pick", "field")
    assert ("enter /", "choose") in shown
    assert "/" not in dict(shown)  # which elsewhere finds a line
    assert ("/", "find") in key_line(300, "number", "field")
    assert ("/", "find") in key_line(300, "pick", "field", keymap={"pick.edit": ("enter",)})


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_key_line_fits_and_keeps_the_way_out(width):
    shown = key_line(width, "number", "field")
    assert sum(len(key) + len(label) + 3 for key, label in shown) <= width + 2
    assert ("q", "quit") in shown
    assert ("?", "help") in shown
