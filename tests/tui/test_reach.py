"""A target typed for a figure, and the inputs that reach it."""

import pytest
from textual.widgets import Input, OptionList

from inferscope.tui.fields import FieldError
from inferscope.tui.panels.ladder import Ladder
from inferscope.tui.panels.words import MessageLine
from inferscope.tui.screens.reach import Reach
from inferscope.tui.targets import read_target


def message(pilot):
    return pilot.app.screen_stack[0].query_one(MessageLine).text


async def aim(pilot, card, target):
    """Ask for a target on the first figure of an answer, and wait until all is tried."""
    pilot.app.screen.set_focus(pilot.app.screen.query_one(f"#{card}"))
    await pilot.press("equals_sign")
    assert isinstance(pilot.app.screen, Reach)
    await pilot.press(*target, "enter")
    await searched(pilot)


async def searched(pilot):
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()
    await pilot.pause()


async def test_half_the_cost_is_reached_by_half_the_price(explore, value):
    async with explore() as pilot:
        before = value(pilot, "usd_per_query")
        await aim(pilot, "cost-per-query", "x0.5")
        rows = pilot.app.screen.query_one(OptionList)
        place = rows.get_option_index("economics.usd_per_accelerator_hour")
        assert "3 USD/h" in str(rows.get_option_at_index(place).prompt)
        assert "x0.5" in str(rows.get_option_at_index(place).prompt)
        rows.highlighted = place
        await pilot.press("enter")
        scenario = pilot.app.screen.session.scenario
        assert scenario.economics.usd_per_accelerator_hour.mid == 1.5
        assert value(pilot, "usd_per_query") == pytest.approx(before / 2)
        assert message(pilot) == "Price: 3 USD/h → 1.5 USD/h; z takes it back"
        await pilot.press("z")
        assert value(pilot, "usd_per_query") == before


async def test_another_accelerator_is_set_by_choosing_its_row(explore, value):
    async with explore(preset="deepseek-r1-h200") as pilot:
        before = value(pilot, "usd_per_query")
        await aim(pilot, "cost-per-query", "-20%")
        rows = pilot.app.screen.query_one(OptionList)
        rows.highlighted = rows.get_option_index("hardware.accelerator")
        await pilot.press("enter")
        assert pilot.app.screen.session.scenario.hardware.accelerator != "h200-sxm"
        assert value(pilot, "usd_per_query") <= 0.8 * before


async def test_a_target_that_is_met_is_shown_as_a_limit_that_is_kept(explore, screen, tmp_path):
    path = tmp_path / "loose.toml"
    path.write_text(
        'schema_version = 1\nextends = "deepseek-r1-h200"\nworkload.batch = 100\n'
        'optimizations.weight_format = "int4"\noptimizations.speculative.method = "mtp"\n',
        encoding="utf-8",
    )
    async with explore(preset=str(path)) as pilot:
        pilot.app.screen.set_focus(pilot.app.screen.query_one("#latency"))
        await pilot.press("right", "equals_sign")
        assert "Target for Time per output token, 16.5 ms now" in screen(pilot.app)
        await pilot.press(*"30ms", "enter")
        await searched(pilot)
        text = screen(pilot.app)
        assert "Time per output token at most 30 ms, 16.5 ms now" in text
        assert "keep it, " in text
        (memory,) = [line for line in text.splitlines() if "│ Memory  " in line]
        assert "not moved" in memory
        assert "cannot: meets" not in text


async def test_a_row_that_cannot_says_why_and_changes_nothing(explore, screen):
    async with explore() as pilot:
        await aim(pilot, "cost-per-query", "/1000")
        rows = pilot.app.screen.query_one(OptionList)
        rows.highlighted = rows.get_option_index("workload.output_tokens")
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Reach)
        assert "workload.output_tokens cannot: nearest" in screen(pilot.app)
        await pilot.press("escape")
        assert not pilot.app.screen.session.is_changed


async def test_what_is_no_target_is_said_and_another_can_be_typed(explore, screen):
    async with explore() as pilot:
        await aim(pilot, "latency", "soon")
        assert "! 'soon' is not a target such as" in screen(pilot.app)
        line = pilot.app.screen.query_one(Input)
        line.value = "40 ms"
        await pilot.press("enter")
        await searched(pilot)
        assert "reach it" in screen(pilot.app)
        await pilot.press("slash")
        assert pilot.app.screen.focused is line


async def test_only_the_latest_target_counts(explore):
    async with explore() as pilot:
        await aim(pilot, "latency", "40ms")
        dialog = pilot.app.screen
        rows = dialog._rows
        dialog.post_message(Reach.Found(123.0, ()))
        await pilot.pause()
        assert dialog._rows == rows


async def test_on_a_rule_the_target_is_its_line(explore):
    async with explore((80, 24)) as pilot:
        await pilot.press("4")
        pilot.app.screen.set_focus(pilot.app.screen.query_one(Ladder))
        entry = pilot.app.screen.query_one(Ladder).verdict.entry
        await pilot.press("equals_sign")
        assert pilot.app.screen.aim.name == entry["quantity"]
        assert float(pilot.app.screen.query_one(Input).value) == entry["threshold"]


async def test_on_a_line_of_the_scenario_it_says_where_targets_are_set(explore):
    async with explore() as pilot:
        await pilot.press("equals_sign")
        assert not isinstance(pilot.app.screen, Reach)
        assert "Targets are for figures of the answers" in message(pilot)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 60)])
async def test_it_fits_every_size(explore, screen, size):
    async with explore(size) as pilot:
        await pilot.press("a")
        if pilot.app.screen.focused.id == "policy" or size == (60, 16):
            return  # under 80 columns the answers are numbers without focus
        await pilot.press("equals_sign", *"x0.9", "enter")
        await searched(pilot)
        lines = screen(pilot.app).splitlines()
        assert max(len(line) for line in lines) <= size[0]
        assert any("needed" in line for line in lines)


# --- what is typed -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "unit", "form", "value", "target"),
    [
        ("40", "s", "plain", 0.05, 0.04),
        ("40", "s", "plain", 5.0, 40.0),
        ("1.5 s", "s", "plain", 0.05, 1.5),
        ("0.1", "USD", "money", 0.0028, 0.001),
        ("0.1 ct", "USD", "money", 5.0, 0.001),
        ("$2", "USD", "money", 5.0, None),
        ("2 usd", "USD", "usd", 5.0, 2.0),
        ("95", "1", "share", 0.985, 0.95),
        ("1 tok/s", "tokens/s", "plain", 50.0, 1.0),
        ("2", "L", "plain", 0.00231, 0.002),
        ("2 L", "L", "plain", 0.00231, 2.0),
        ("1.5k", "tokens/s", "plain", 50.0, 1500.0),
        ("1e25", "FLOP", "plain", 3e24, 1e25),
        ("100 GB", "byte", "plain", 7e10, 1e11),
        ("2 TB/s", "byte/s", "plain", 1e12, 2e12),
        ("x 0.5", "Wh", "plain", 3.0, 1.5),
        ("/ 4", "Wh", "plain", 3.0, 0.75),
        ("+10 %", "1", "share", 0.5, 0.55),
        ("-20%", "s", "plain", 0.05, 0.04),
        ("1,200", "accelerators", "plain", 8.0, 1200.0),
        ("", "s", "plain", 0.05, None),
        ("soon", "s", "plain", 0.05, None),
        ("/0", "s", "plain", 0.05, 0.0),
        ("x2", "s", "plain", None, None),
    ],
)
def test_targets_are_read_in_the_unit_that_is_shown(text, unit, form, value, target):
    if target is None:
        with pytest.raises(FieldError):
            read_target(text, unit, form, value)
    else:
        assert read_target(text, unit, form, value) == pytest.approx(target)
