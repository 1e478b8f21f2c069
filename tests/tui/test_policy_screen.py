"""All rules on one screen: moving, the date, filters, missing facts, and how it looks."""

import datetime as dt

import pytest

from inferscope.tui.dated import beside, moved
from inferscope.tui.panels.ruletable import RuleTable
from inferscope.tui.panels.words import MessageLine
from inferscope.tui.rulelist import Filter, counted, every
from inferscope.tui.screens.facts import AskFact, keys_of, typed
from inferscope.tui.screens.policy import PolicyScreen
from inferscope.tui.screens.reader import Reader
from inferscope.tui.verdicts import Line

SIZES = [(60, 16), (80, 24), (120, 40), (200, 60)]
CLOSED = "gpt-4-training-eu"


def table(pilot):
    return pilot.app.screen.query_one(RuleTable)


def names(pilot):
    return [line.entry["id"] for line in table(pilot).lines]


async def mark(pilot, rule):
    table(pilot).mark(names(pilot).index(rule))
    pilot.app.screen.refresh_rule()
    await pilot.pause()


def explorer(pilot):
    return pilot.app.screen_stack[0]


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_the_screen_looks_as_stored(explore, screen, matches_snapshot, size):
    async with explore(size) as pilot:
        await pilot.press("P", "down", "down")
        await pilot.pause()
        await pilot.pause()
        text = screen(pilot.app)
        assert max(len(row) for row in text.splitlines()) <= size[0]
        matches_snapshot(text, f"rules-{size[0]}x{size[1]}")


async def test_a_file_of_rules_that_is_lost_is_said_at_the_next_change(explore, tmp_path):
    rules = tmp_path / "own.toml"
    rules.write_text('[[rule]]\nid = "own"\ntitle = "T"\njurisdiction = "own"\npredicate = "tpp >= 1"\n')
    mine = tmp_path / "mine.toml"
    mine.write_text(f'extends = "{CLOSED}"\n[policy]\nrules = "own.toml"\n')
    async with explore(preset=mine) as pilot:
        rules.unlink()
        for keys in (["P", "right", "up", "escape"], ["M", "right", "down", "escape"]):
            await pilot.press(*keys)
            await pilot.pause()
        assert pilot.app.screen is explorer(pilot)
        assert not explorer(pilot).change_values({"as_of": dt.date(2027, 1, 1)}, "date")
        said = explorer(pilot).query_one(MessageLine).text
        assert said == f"date stays: {rules}: no such file"


async def test_the_nearest_rule_is_first_and_the_mark_moves(explore):
    async with explore(preset=CLOSED) as pilot:
        await pilot.press("P")
        margins = [line.entry["margin_oom"] for line in table(pilot).lines if line.binds == "yes"]
        known = [abs(margin) for margin in margins if margin is not None]
        assert known == sorted(known)
        await pilot.press("down", "down", "up")
        assert table(pilot).at == 1
        await pilot.press("G")
        assert table(pilot).at == len(names(pilot)) - 1
        await pilot.press("pagedown", "g")
        assert table(pilot).at == 0


async def test_the_date_slides_by_month_year_and_change(explore):
    async with explore(preset=CLOSED) as pilot:
        await pilot.press("P", "left")
        page = pilot.app.screen
        assert page.day == dt.date(2026, 10, 22)
        await pilot.press("shift+left")
        assert page.day == dt.date(2025, 10, 22)
        await pilot.press("t", "greater_than_sign")
        assert page.day == dt.date(2027, 1, 1)  # New York and Illinois
        binding = {line.entry["id"] for line in table(pilot).lines if line.binds == "yes"}
        assert "us.ny.raise.frontier" in binding
        await pilot.press("t")
        assert page.day is None
        assert "us.ny.raise.frontier" not in {n.entry["id"] for n in table(pilot).lines if n.binds == "yes"}


async def test_sliding_computes_nothing_anew(explore, monkeypatch):
    async with explore(preset=CLOSED) as pilot:
        await pilot.press("P")
        monkeypatch.setattr("inferscope.core.evaluate.evaluate_bound", None)
        await pilot.press("left", "shift+left", "less_than_sign")
        assert pilot.app.screen.day is not None


async def test_the_chosen_date_becomes_the_scenarios_and_undo_takes_it_back(explore):
    async with explore(preset=CLOSED) as pilot:
        await pilot.press("P", "left", "a")
        assert explorer(pilot).session.scenario.as_of == dt.date(2026, 10, 22)
        assert pilot.app.screen.day is None
        await pilot.press("z")
        assert explorer(pilot).session.scenario.as_of == dt.date(2026, 11, 22)


async def test_filters_leave_what_they_say(explore, screen):
    async with explore(preset=CLOSED) as pilot:
        await pilot.press("P")
        everything = set(names(pilot))
        await pilot.press("u")
        assert all(line.word != "unknown" for line in table(pilot).lines)
        await pilot.press("u", "b")
        assert all(line.binds == "yes" for line in table(pilot).lines)
        await pilot.press("b")
        assert {line.entry["verdict"] for line in table(pilot).lines} == {"applies"}
        await pilot.press("b")
        assert all(line.entry["what_if"] for line in table(pilot).lines)
        await pilot.press("b", "c")
        assert {line.entry["jurisdiction"] for line in table(pilot).lines} == {"EU"}
        assert "of EU" in screen(pilot.app)
        while pilot.app.screen.filter.place:
            await pilot.press("c")
        assert set(names(pilot)) == everything


async def test_words_filter_and_escape_clears_them_before_it_leaves(explore):
    async with explore(preset=CLOSED) as pilot:
        await pilot.press("P", "slash", *"sb 53", "enter")
        assert set(names(pilot)) == {"us.ca.sb53.frontier", "us.ca.sb53.large"}
        await pilot.press("escape")
        assert len(names(pilot)) > 50
        assert isinstance(pilot.app.screen, PolicyScreen)
        await pilot.press("escape")
        assert pilot.app.screen is explorer(pilot)


async def test_a_filter_that_leaves_nothing_says_so(explore, screen):
    async with explore() as pilot:
        await pilot.press("P", "slash", *"zzz", "enter", "enter", "e", "f", "down", "left")
        assert "no rule of" in screen(pilot.app)
        assert "'zzz'" in screen(pilot.app)


async def test_a_missing_fact_is_asked_for_and_changes_the_verdict_at_once(explore):
    async with explore(preset=CLOSED) as pilot:
        await pilot.press("P")
        await mark(pilot, "us.fed.eo14409")
        assert table(pilot).marked.word == "unknown"
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, AskFact)
        await pilot.press(*"maybe", "enter")
        assert isinstance(pilot.app.screen, AskFact)  # said what is wrong, and asks on
        await pilot.press(*["backspace"] * 5, *"yes", "enter")
        await pilot.pause()
        assert table(pilot).marked.entry["id"] == "us.fed.eo14409"
        assert table(pilot).marked.word == "applies"
        assert explorer(pilot).session.scenario.policy.us_designated_frontier is True
        await pilot.press("z")
        assert explorer(pilot).session.scenario.policy.us_designated_frontier is None


async def test_a_rule_with_several_facts_offers_them(explore, screen):
    async with explore(preset=CLOSED) as pilot:
        await pilot.press("P")
        await mark(pilot, "us.fed.hr8094")
        await pilot.press("f")
        await pilot.pause()
        await pilot.pause()
        text = screen(pilot.app)
        assert "policy.monthly_users" in text
        assert "missing" in text
        await pilot.press(*"monthly users", "enter", *"2e7", "enter")
        await pilot.pause()
        assert explorer(pilot).session.scenario.policy.monthly_users.mid == 2e7
        await mark(pilot, "us.fed.hr8094")
        assert table(pilot).marked.entry["values"]["monthly_users"] == 2e7


async def test_a_rule_is_explained_with_its_counting_facts_and_source(explore, screen):
    async with explore((120, 40), preset=CLOSED) as pilot:
        await pilot.press("P")
        await mark(pilot, "eu.aia.art51.systemic")
        await pilot.press("e")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Reader)
        text = screen(pilot.app)
        for words in (
            "training_flop above 1e25",
            "sensitive",
            "8.20e24",
            "AI Act Art. 51",
            "counts pretraining",
        ):
            assert words in text


async def test_the_mouse_marks_and_opens(explore):
    async with explore(preset=CLOSED) as pilot:
        await pilot.press("P")
        await pilot.click(RuleTable, offset=(3, 4))
        assert table(pilot).at == 3
        await pilot.click(RuleTable, offset=(3, 4))
        await pilot.pause()
        assert isinstance(pilot.app.screen, Reader | AskFact)


def test_a_day_that_a_month_lacks_becomes_its_28th():
    assert moved(dt.date(2024, 3, 31), -1) == dt.date(2024, 2, 28)
    assert moved(dt.date(2000, 1, 5), -1) == dt.date(2000, 1, 1)  # where the years begin
    days = [dt.date(2026, 1, 1), dt.date(2027, 1, 1)]
    assert beside(days, dt.date(2026, 1, 1), forward=True) == dt.date(2027, 1, 1)
    assert beside(days, dt.date(2026, 1, 1), forward=False) is None


def test_what_was_typed_becomes_a_value():
    assert typed("No", "bool") is False
    assert typed("500,000,000", "USD/yr") == 5e8
    assert typed("about ten", "1") == "about ten"  # the scenario says what is wrong with it
    assert typed(" ", "code") is None


async def test_every_missing_fact_has_a_key_that_can_be_set(explore):
    async with explore(preset=CLOSED) as pilot:
        lines = every(explorer(pilot).answer)
        lost = [line.entry["id"] for line in lines if line.entry["missing"] and not keys_of(line.entry)]
        assert lost == []
        assert counted(lines, 66).startswith("66 rules: ")
        assert len(Filter(text="no such rule").of(lines)) == 0


def test_a_code_of_a_jurisdiction_leaves_its_rules_alone():
    def rule(identifier: str, place: str) -> Line:
        entry = {"id": identifier, "short": "", "title": "status", "jurisdiction": place, "status": ""}
        about = {"binding": True, "verdict": "applies", "what_if": False, "shown": True, "margin_oom": None}
        return Line("", "", "-", "applies", "yes", {**entry, **about})

    lines = [rule("us.a", "US"), rule("us.ca.b", "US-CA"), rule("eu.status", "EU")]

    def found(text: str) -> list[str]:
        return [line.entry["id"] for line in Filter(text=text).of(lines)]

    assert found("us") == ["us.a", "us.ca.b"]
    assert found("US-CA") == ["us.ca.b"]
    assert found("eu") == ["eu.status"]
    assert found("stat") == ["us.a", "us.ca.b", "eu.status"]
