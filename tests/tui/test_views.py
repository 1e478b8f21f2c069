"""The views on the right: what optimisations are worth, plots, the policy ladder, a pinned answer."""

import re
from dataclasses import replace
from datetime import date

import pytest
from textual.color import Color

from inferscope.core.scenario.files import load_values
from inferscope.core.study.curves import KINDS
from inferscope.tui import figures
from inferscope.tui.answer import answer
from inferscope.tui.panels import economics
from inferscope.tui.panels.ladder import Ladder
from inferscope.tui.panels.plot import PlotPanel
from inferscope.tui.panels.toggles import Toggles
from inferscope.tui.panels.words import MessageLine
from inferscope.tui.plots.ticks import linear_ticks, log_ticks
from inferscope.tui.screens.reader import Reader
from inferscope.tui.themes import THEMES

TONES = ("muted", "warning", "error", "success")


def contrast(one, other):
    """The contrast of WCAG 2."""

    def luminance(colour):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def message(pilot):
    return pilot.app.screen_stack[0].query_one(MessageLine).text


def plot(pilot):
    return pilot.app.screen_stack[0].query_one(PlotPanel)


async def test_keys_choose_a_view_and_go_into_it_and_back(explore, screen):
    async with explore() as pilot:
        assert "▸1 Answers" in screen(pilot.app)
        await pilot.press("4")
        assert "▸4 Policy" in screen(pilot.app)
        assert "Latency" not in screen(pilot.app)
        assert pilot.app.focused.id == "model-id"
        await pilot.press("4")
        assert pilot.app.focused.id == "policy"
        await pilot.press("4")
        assert pilot.app.focused.id == "model-id"
        await pilot.press("v")
        assert "▸5 Notes" in screen(pilot.app)
        await pilot.press("v", "a", "4")
        assert pilot.app.focused.id == "policy"


async def test_a_click_on_the_strip_chooses_a_view(explore, screen):
    async with explore() as pilot:
        await pilot.click("#top-strip", offset=(14, 0))
        assert "▸2 Toggles" in screen(pilot.app)


async def test_a_toggle_is_flipped_with_its_effect_and_taken_back(explore, value):
    async with explore() as pilot:
        await pilot.press("2", "2")
        table = pilot.app.screen.query_one(Toggles)
        effect = table.effect
        energy = value(pilot, "wh_per_query")
        assert message(pilot).startswith(f"Weights {effect.now} → {effect.then}: cost ")
        assert f"energy {100 * (effect.energy - 1):+.0f} %" in message(pilot)
        await pilot.press("enter")
        assert value(pilot, "wh_per_query") == pytest.approx(energy * effect.energy, rel=1e-9)
        assert message(pilot) == f"Weights: {effect.now} → {effect.then}; z takes it back"
        assert table.effect.then == effect.now
        await pilot.press("z")
        assert value(pilot, "wh_per_query") == energy


async def test_a_toggle_without_meaning_says_why_and_changes_nothing(explore):
    async with explore() as pilot:
        await pilot.press("2", "2", *["down"] * 7, "enter")
        assert "no routed experts" in message(pilot)
        assert not pilot.app.screen.session.is_changed


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
async def test_the_focused_optimisation_says_what_it_is_worth(explore, size):
    async with explore(size) as pilot:
        await pilot.press("down", "down", "down")
        assert re.match(r"Weights fp8 → bf16: cost .*, per token .*, energy [+-]\d+ %", message(pilot))


async def test_plots_turn_and_each_has_axes_and_a_sentence(explore, screen, settle):
    async with explore((120, 40)) as pilot:
        seen = []
        for _ in KINDS:
            panel = plot(pilot)
            text = screen(pilot.app)
            seen.append(panel.kind)
            assert panel._curve.kind == panel.kind
            assert panel._curve.x.label in text
            assert panel._curve.y.label in text
            assert panel._curve.sentence[:30] in text
            assert "━━━━" in text
            await pilot.press("right_square_bracket")
            await settle(pilot)
        assert seen == list(KINDS)
        assert plot(pilot).kind == seen[0]
        await pilot.press("left_square_bracket")
        await settle(pilot)
        assert plot(pilot).kind == seen[-1]


async def test_a_plot_that_is_not_up_to_date_says_so(explore, screen, settle):
    async with explore((120, 40)) as pilot:
        before = plot(pilot)._curve
        await pilot.press("down", "down", "down", "right")
        assert "Throughput against latency …" in screen(pilot.app)
        assert plot(pilot)._curve is before
        await settle(pilot)
        assert "Throughput against latency ─" in screen(pilot.app)
        assert plot(pilot)._curve is not before


async def test_a_hidden_plot_is_not_computed(explore, settle):
    async with explore() as pilot:
        await pilot.press("down", "down", "down", "right")
        await settle(pilot)
        assert plot(pilot)._curve is None
        await pilot.press("3")
        await settle(pilot)
        assert plot(pilot)._curve.series


async def test_plots_wait_to_be_asked_where_little_may_be_sent(explore, screen, settle):
    async with explore((120, 40)) as pilot:
        pilot.app.options = replace(pilot.app.options, low_bandwidth=True)
        before = plot(pilot)._curve
        await pilot.press("down", "down", "down", "right")
        await settle(pilot)
        assert plot(pilot)._curve is before
        assert "… r draws" in screen(pilot.app)
        assert "━━━━" not in screen(pilot.app)
        await pilot.press("r")
        await settle(pilot)
        assert plot(pilot)._curve is not before
        assert "r draws" not in screen(pilot.app)


async def test_without_a_price_the_plot_of_costs_says_what_is_missing(explore, screen, settle):
    async with explore((120, 40), preset="deepseek-r1-h20") as pilot:
        await pilot.press("]", "]")
        await settle(pilot)
        assert "No curve: needs economics.usd_per_accelerator_hour" in screen(pilot.app)


async def test_the_date_of_the_ladder_slides_and_comes_back(explore, screen):
    async with explore() as pilot:
        await pilot.press("4", "4", "left")
        assert "on 2026-10-22, not 2026-11-22" in screen(pilot.app)
        await pilot.press("shift+left")
        ladder = pilot.app.screen.query_one(Ladder)
        assert ladder.day == date(2025, 10, 22)
        await pilot.press("greater_than_sign")
        assert date(2025, 10, 22) < ladder.day < date(2026, 10, 22)
        assert f"{ladder.day}: " in pilot.app.screen.query_one("MessageLine").text
        await pilot.press("delete")
        assert ladder.day is None
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Reader)


async def test_changes_are_shown_against_a_pinned_answer(explore, screen):
    async with explore((120, 40)) as pilot:
        await pilot.press("p")
        assert "against dense" in screen(pilot.app)
        pilot.app.screen.change_values({"workload.output_tokens": 1000}, "Output")
        await pilot.pause()
        assert re.search(r"ms +↑\+\d+%|ct +↑\+\d+%", screen(pilot.app))
        await pilot.press("p", "p")
        assert "↑+" not in screen(pilot.app)


async def test_t_takes_the_next_theme_and_the_plot_follows(explore, settle):
    async with explore((120, 40)) as pilot:
        seen = []
        for _ in THEMES:
            seen.append(pilot.app.theme)
            await pilot.press("T")
            await settle(pilot)
        assert seen == [theme.name for theme in THEMES]
        assert pilot.app.theme == seen[0]
        assert f'theme = "{seen[0]}" in config.toml' in message(pilot)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_text_of_a_theme_stands_out_from_its_ground(theme):
    ground = Color.parse(theme.background)
    texts = [theme.foreground, theme.primary, theme.accent, *(theme.variables[f"text-{n}"] for n in TONES)]
    least = 7.0 if "contrast" in theme.name else 4.5
    assert {text: ratio for text in texts if (ratio := contrast(Color.parse(text), ground)) < least} == {}


@pytest.mark.parametrize(("low", "high"), [(0.9, 130), (21, 48), (1e3, 1e9), (0.11, 0.112), (1e-7, 5)])
@pytest.mark.parametrize("most", [2, 4, 8])
@pytest.mark.parametrize("ticks", [log_ticks, linear_ticks])
def test_ticks_lie_inside_and_are_not_too_many(low, high, most, ticks):
    found = ticks(low, high, most)
    assert all(low <= tick <= high * (1 + 1e-9) for tick in found)
    assert len(found) <= most + 1
    assert found == sorted(set(found))


async def test_accelerators_are_listed_with_the_line_that_they_meet_on_the_date(explore, screen):
    async with explore() as pilot:
        await pilot.press("down", "enter", *"h20")
        await pilot.pause()
        assert re.search(r"HGX H20 96GB .* none", screen(pilot.app))
        await pilot.press("escape")
        pilot.app.screen.change_values({"as_of": "2022-12-01"}, "As of")
        await pilot.press("enter", *"h100 sxm")
        await pilot.pause()
        assert re.search(r"H100 SXM5 80GB .* 3A090 \(…", screen(pilot.app))


async def test_a_plot_that_was_hidden_shows_the_curve_of_its_sentence(explore, screen, settle):
    async with explore((120, 40), preset="deepseek-r1-h200") as pilot:
        assert "batch 572 gives" in " ".join(screen(pilot.app).split())
        await pilot.press("2", "2", *["down"] * 5, "enter", "3")
        await settle(pilot)
        text = screen(pilot.app)
        assert "batch 1,010 gives" in text
        assert "batch 572" not in text
        assert text.count("batch 1,010") == 2


async def test_the_message_follows_the_plot_that_is_chosen(explore, settle):
    async with explore((120, 40)) as pilot:
        await pilot.press("3", "]")
        await settle(pilot)
        assert message(pilot) == plot(pilot)._curve.sentence
        assert plot(pilot)._curve.kind == KINDS[1]


async def test_notes_begin_with_what_is_published_until_the_scenario_changes(explore, screen):
    async with explore((120, 40), preset="chatgpt-query") as pilot:
        await pilot.press("5")
        await pilot.pause()
        assert "published: energy of a typical GPT-4o query" in screen(pilot.app)
        await pilot.press("n")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Reader)
        page = " ".join(screen(pilot.app).split())
        assert page.index("0.301 Wh; here") < page.index("Epoch AI's estimate for a typical GPT-4o query")
        await pilot.press("escape")
        pilot.app.screen.change_values({"workload.output_tokens": 600}, "an answer of 600 tokens")
        await pilot.pause()
        assert "published: energy" not in screen(pilot.app)


async def test_a_flip_tells_of_the_first_token_and_e_explains_it(explore, screen, value):
    async with explore() as pilot:
        await pilot.press("2", "2", *["down"] * 5)
        effect = pilot.app.screen.query_one(Toggles).effect
        first = value(pilot, "ttft_s")
        assert f"first token x{effect.first_token:.0f}" in message(pilot)
        assert "cost -" not in message(pilot)
        assert "no cost and energy" in message(pilot)
        await pilot.press("e")
        await pilot.pause()
        text = screen(pilot.app)
        assert "optimizations.continuous_batching = False" in text
        assert f"{first:.4g} → {first * effect.first_token:.4g} s" in text


async def test_a_changed_line_is_always_shown(explore, settle):
    async with explore() as pilot:
        line = pilot.app.screen.query_one("#optimizations-continuous_batching")
        assert not line.display
        await pilot.press("2", "2", *["down"] * 5, "enter")
        await settle(pilot)
        assert line.display


@pytest.mark.parametrize(("chip", "term"), [("mi300x", "reserved, 3 years"), ("h100-sxm", ""), ("h20", "")])
def test_a_price_that_is_not_on_demand_says_so(chip, term):
    found = answer(load_values({"hardware": {"accelerator": chip}}))
    [price] = [field for field in economics.FIELDS if field.key == "economics.usd_per_accelerator_hour"]
    assert found.price_term == term
    value, word = price.shown(found.bound.resolved[0].scenario, found)
    assert word == ("" if value == "not known" else term or "listed")
    assert all(("reserved" in text) == bool(term) for text in figures._basis(found))
