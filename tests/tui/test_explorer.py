"""The explorer at work: every change is answered, nothing is lost, nothing crashes."""

import pytest
from textual import events
from textual.widgets import Input

from inferscope.core.report import report
from inferscope.core.scenario import files
from inferscope.tui.panels.answers import Card
from inferscope.tui.panels.words import MessageLine, Title
from inferscope.tui.screens.explorer import Explorer
from inferscope.tui.screens.files import SaveAs, Unsaved
from inferscope.tui.screens.picker import Picker
from inferscope.tui.screens.reader import Reader


def go(pilot, line):
    """Put the focus on a line of the scenario or on an answer."""
    pilot.app.screen.set_focus(pilot.app.screen.query_one(f"#{line.replace('.', '-')}"))


def message(pilot):
    return pilot.app.screen_stack[0].query_one(MessageLine).text


def session(pilot):
    return pilot.app.screen_stack[0].session


async def test_another_accelerator_gives_other_numbers(explore, value, screen):
    async with explore() as pilot:
        before = value(pilot, "tpot_s"), value(pilot, "wh_per_query")
        go(pilot, "hardware.accelerator")
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Picker)
        await pilot.press(*"h200", "enter")
        assert session(pilot).scenario.hardware.accelerator == "h200-sxm"
        assert (value(pilot, "tpot_s"), value(pilot, "wh_per_query")) != before
        assert "H200 SXM 141GB" in screen(pilot.app)
        assert "not saved" in screen(pilot.app)
        assert report(session(pilot).scenario)["headline"][:40] in screen(pilot.app).replace("\n ", " ")


async def test_another_model_gives_other_numbers(explore, value):
    async with explore() as pilot:
        before = value(pilot, "weight_bytes")
        await pilot.press("enter", *"gpt-oss-120b", "enter")
        assert session(pilot).scenario.model.id == "gpt-oss-120b"
        assert value(pilot, "weight_bytes") != before


async def test_a_format_is_toggled_in_both_directions(explore, value):
    async with explore() as pilot:
        go(pilot, "optimizations.kv_format")
        before = value(pilot, "kv_bytes_per_token")
        await pilot.press("right", "right")
        assert session(pilot).scenario.optimizations.kv_format == "fp8"
        assert value(pilot, "kv_bytes_per_token") == before / 2
        await pilot.press("left", "left")
        assert value(pilot, "kv_bytes_per_token") == before


async def test_speculation_is_toggled(explore, value):
    async with explore() as pilot:
        go(pilot, "optimizations.speculative")
        before = value(pilot, "tpot_s")
        await pilot.press("space")
        assert session(pilot).scenario.optimizations.speculative.method == "ngram"
        assert value(pilot, "tpot_s") != before


async def test_the_workload_is_typed_and_stepped(explore, value):
    async with explore() as pilot:
        go(pilot, "workload.output_tokens")
        await pilot.press(*"2k", "enter")
        assert value(pilot, "generated_tokens") == 2000
        await pilot.press("plus")
        assert value(pilot, "generated_tokens") == 4000
        await pilot.press("minus", "minus")
        assert value(pilot, "generated_tokens") == 1000
        await pilot.press("enter", "ctrl+u", *"300", "down")
        assert value(pilot, "generated_tokens") == 300


async def test_escape_and_bad_input_keep_the_old_value(explore, value):
    async with explore() as pilot:
        go(pilot, "workload.output_tokens")
        await pilot.press(*"9", "escape")
        assert value(pilot, "generated_tokens") == 500
        await pilot.press("enter", "ctrl+u", *"many", "enter")
        assert value(pilot, "generated_tokens") == 500
        assert "Output stays: 'many' is not a number such as 512, 8k or 1.5M" in message(pilot)
        await pilot.press(*"0", "enter")
        assert value(pilot, "generated_tokens") == 500
        assert "must be at least 1" in message(pilot)
        assert not session(pilot).is_changed


async def test_a_change_that_cannot_be_evaluated_is_not_taken(explore, value):
    async with explore() as pilot:
        await pilot.press("f")
        go(pilot, "site.pue")
        before = value(pilot, "wh_per_query")
        await pilot.press(*"0.5", "enter")
        assert "PUE stays: must be at least 1" in message(pilot)
        assert value(pilot, "wh_per_query") == before


async def test_reset_goes_back_to_what_the_plan_chooses(explore):
    async with explore() as pilot:
        go(pilot, "workload.batch")
        await pilot.press(*"7", "enter")
        assert session(pilot).scenario.workload.batch.mid == 7
        await pilot.press("delete")
        assert session(pilot).scenario.workload.batch == "auto"


async def test_undo_and_redo_move_the_numbers(explore, value):
    async with explore() as pilot:
        go(pilot, "workload.output_tokens")
        await pilot.press("plus", "plus")
        assert value(pilot, "generated_tokens") == 2000
        await pilot.press("z")
        assert value(pilot, "generated_tokens") == 1000
        await pilot.press("z")
        assert value(pilot, "generated_tokens") == 500
        await pilot.press("z")
        assert message(pilot) == "Nothing to undo"
        await pilot.press("Z", "Z")
        assert value(pilot, "generated_tokens") == 2000


async def test_keys_that_arrive_together_are_done_one_after_the_other(explore):
    async with explore() as pilot:
        for key in ("down", "enter", *"h200", "enter", "down", "down", "right"):
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
        for _ in range(100):
            await pilot.pause()
            if session(pilot).scenario.optimizations.weight_format != "fp8":
                break
        scenario = session(pilot).scenario
        assert (scenario.hardware.accelerator, scenario.optimizations.weight_format) == ("h200-sxm", "int8")


async def test_arrows_stay_within_an_area_and_a_changes_it(explore):
    async with explore() as pilot:
        await pilot.press("up", "up")
        assert pilot.app.focused.id == "model-id"
        await pilot.press("a")
        assert pilot.app.focused.id == "latency"
        await pilot.press(*["down"] * 20)
        assert pilot.app.focused.id == "rule-1"
        await pilot.press("a")
        assert pilot.app.focused.id == "model-id"
        await pilot.press("shift+tab")
        assert pilot.app.focused.id == "rule-1"
        await pilot.press("tab", "tab")
        assert pilot.app.focused.id == "hardware-accelerator"


async def test_a_figure_is_explained_down_to_a_source(explore, screen):
    async with explore() as pilot:
        await pilot.press("a", "right", "e")
        assert isinstance(pilot.app.screen, Reader)
        await pilot.pause()
        text = screen(pilot.app)
        assert "Time per output token" in text
        assert "decode_step_s / tokens_per_step + interruption_s" in text
        await pilot.press("enter")
        await pilot.pause()
        assert "decode_step_s" in screen(pilot.app)
        assert "step 2" in screen(pilot.app)
        await pilot.press("backspace", "escape")
        assert isinstance(pilot.app.screen, Explorer)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("hardware.accelerator", "memory_bandwidth_bytes_per_s"),
        ("economics.usd_per_accelerator_hour", "scenario"),
        ("rule-1", "orders of magnitude above the line"),
    ],
)
async def test_lines_and_rules_are_explained(explore, screen, line, words):
    async with explore() as pilot:
        go(pilot, line)
        await pilot.press("e")
        await pilot.pause()
        assert words in screen(pilot.app)


async def test_a_missing_price_is_said_in_words(explore, screen):
    async with explore(preset="deepseek-r1-h20") as pilot:
        text = screen(pilot.app)
        assert "needs economics.usd_per_accelerator_hour" in text
        assert "per query, per M output, per M input" in text
        assert "nan" not in text.lower().replace("finance", "")


async def test_a_closed_model_asks_for_a_stand_in(explore, screen, value):
    async with explore() as pilot:
        await pilot.press("enter", *"gpt-4", "enter")
        text = screen(pilot.app)
        assert "Stand-in" in text
        assert "unknown" in text
        go(pilot, "model.architecture_like")
        await pilot.press("enter", *"deepseek-v3", "enter")
        assert session(pilot).scenario.model.architecture_like == "deepseek-v3"
        assert value(pilot, "parameters") == pytest.approx(1.8e12, rel=0.5)


async def test_a_filter_that_finds_nothing_says_so_and_escape_changes_nothing(explore, screen):
    async with explore() as pilot:
        await pilot.press("enter", *"zzzz")
        await pilot.pause()
        assert "nothing of" in screen(pilot.app)
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, Picker)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, Explorer)
        assert not session(pilot).is_changed


async def test_saving_and_loading_come_to_the_same_numbers(explore, value, config_folder):
    async with explore() as pilot:
        go(pilot, "workload.output_tokens")
        await pilot.press("plus", "S")
        assert isinstance(pilot.app.screen, SaveAs)
        pilot.app.screen.query_one(Input).value = "mine"
        await pilot.press("enter")
        path = config_folder / "presets" / "mine.toml"
        assert path.is_file()
        assert str(path) in message(pilot)
        saved = value(pilot, "usd_per_query")
        go(pilot, "workload.output_tokens")
        await pilot.press("plus", "ctrl+o")
        assert isinstance(pilot.app.screen, Unsaved)
        await pilot.press("d")
        await pilot.press(*"mine", "enter")
        assert value(pilot, "usd_per_query") == saved
        assert session(pilot).path == path
        assert report(files.load("mine").scenario)["quantities"]["usd_per_query"]["value"] == saved


async def test_saving_asks_for_a_name_only_where_it_needs_one(explore, scenario_file):
    async with explore() as pilot:
        go(pilot, "workload.output_tokens")
        await pilot.press("plus", "ctrl+s")
        assert isinstance(pilot.app.screen, Explorer)
        assert files.load(scenario_file).scenario.workload.output_tokens.mid == 1000
    async with explore(preset="llama-3.1-70b-h100") as pilot:
        await pilot.press("ctrl+s")
        assert isinstance(pilot.app.screen, SaveAs)


async def test_a_name_that_cannot_be_saved_is_explained_in_the_dialog(explore, screen):
    async with explore() as pilot:
        await pilot.press("S")
        pilot.app.screen.query_one(Input).value = "eval"
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, SaveAs)
        assert "is a command of inferscope" in screen(pilot.app)


async def test_an_existing_file_is_replaced_only_when_asked_twice(explore, config_folder):
    folder = config_folder / "presets"
    folder.mkdir()
    (folder / "mine.toml").write_text("schema_version = 1\n", encoding="utf-8")
    async with explore() as pilot:
        await pilot.press("S")
        pilot.app.screen.query_one(Input).value = "mine"
        await pilot.press("enter")
        assert (folder / "mine.toml").read_text(encoding="utf-8") == "schema_version = 1\n"
        await pilot.press("enter")
        assert "llama-3.1-70b" in (folder / "mine.toml").read_text(encoding="utf-8")


async def test_a_broken_file_is_refused_and_the_scenario_stays(explore, config_folder):
    folder = config_folder / "presets"
    folder.mkdir()
    (folder / "broken.toml").write_text("[workload]\ninput_token = 5\n", encoding="utf-8")
    async with explore() as pilot:
        await pilot.press("ctrl+o", *"broken", "enter")
        assert "did you mean input_tokens" in message(pilot)
        assert session(pilot).label == "dense"


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_leaving_asks_about_unsaved_changes(explore, key):
    async with explore() as pilot:
        go(pilot, "workload.output_tokens")
        await pilot.press("plus", key)
        await pilot.pause()
        assert isinstance(pilot.app.screen, Unsaved)
        await pilot.press("c")
        assert isinstance(pilot.app.screen, Explorer)
        assert pilot.app.is_running
        await pilot.press(key)
        await pilot.pause()
        await pilot.press("d")
        assert not pilot.app.is_running


async def test_leaving_without_changes_asks_nothing(explore):
    async with explore() as pilot:
        await pilot.press("q")
        assert not pilot.app.is_running


async def test_leaving_from_a_dialog_asks_too(explore):
    async with explore() as pilot:
        go(pilot, "workload.output_tokens")
        await pilot.press("plus", "question_mark", "ctrl+q")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Unsaved)


async def test_save_then_quit_saves(explore, scenario_file):
    async with explore() as pilot:
        go(pilot, "workload.output_tokens")
        await pilot.press("plus", "q", "s")
        assert not pilot.app.is_running
    assert files.load(scenario_file).scenario.workload.output_tokens.mid == 1000


@pytest.mark.parametrize("size", [(1, 1), (10, 3), (59, 16), (60, 15)])
async def test_no_terminal_is_too_small_to_leave(explore, size):
    async with explore(size) as pilot:
        await pilot.press("down", "enter", "escape", "q")
        assert not pilot.app.is_running


async def test_a_small_terminal_gets_the_numbers_in_a_column_and_its_keys_work(explore, screen, value):
    async with explore((40, 12)) as pilot:
        await pilot.press("down", "down")
        assert screen(pilot.app).splitlines()[-3].startswith("▸ Count")
        go(pilot, "workload.output_tokens")
        await pilot.press("plus")
        rows = screen(pilot.app).splitlines()
        assert value(pilot, "generated_tokens") == 1000
        assert rows[0].startswith(" First token")
        assert rows[-3].startswith("▸*Output      1,000 tokens")
        assert "help" in rows[-1]


async def test_a_change_of_size_keeps_focus_and_numbers(explore, value):
    async with explore((120, 40)) as pilot:
        go(pilot, "workload.output_tokens")
        await pilot.press("plus")
        for size in ((80, 24), (50, 10), (200, 60), (60, 16)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert pilot.app.focused.id == "workload-output_tokens"
        assert value(pilot, "generated_tokens") == 1000


async def test_without_colours_the_theme_has_none_and_status_is_in_words(explore, screen, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with explore() as pilot:
        assert pilot.app.theme == "inferscope-plain"
        go(pilot, "workload.output_tokens")
        await pilot.press("plus")
        text = screen(pilot.app)
        assert "*Output" in text
        assert "▸" in text
        assert "applies" in text
        assert pilot.app.query_one(Title)


async def test_several_values_change_in_one_step_and_are_undone_together(explore, value):
    async with explore() as pilot:
        explorer = pilot.app.screen
        assert explorer.change_values({"workload.output_tokens": 7, "workload.input_tokens": 9}, "lengths")
        assert value(pilot, "generated_tokens") == 7
        assert not explorer.change_values({"workload.output_tokens": 0}, "lengths")
        assert "lengths stays: " in message(pilot)
        await pilot.press("z")
        assert value(pilot, "generated_tokens") == 500


async def test_the_marked_figure_is_the_one_explained(explore):
    async with explore((200, 60)) as pilot:
        card = pilot.app.screen.query_one("#cost-per-query", Card)
        pilot.app.screen.set_focus(card)
        names = [figure.name for figure in card.visible_figures()]
        await pilot.press("right", "right")
        assert card.focused_figure.name == names[2]
        await pilot.press(*["right"] * 9)
        assert card.focused_figure.name == names[-1]


async def test_the_mouse_does_what_the_keys_do(explore, value):
    async with explore() as pilot:
        await pilot.click("#workload-output_tokens")
        assert pilot.app.focused.id == "workload-output_tokens"
        await pilot.click("#workload-output_tokens")
        await pilot.press("ctrl+u", *"64", "enter")
        assert value(pilot, "generated_tokens") == 64


async def test_a_scenario_that_cannot_be_read_ends_the_program_with_its_error(tmp_path):
    from inferscope.tui.app import InferscopeApp

    app = InferscopeApp(lambda: files.load(tmp_path / "absent.toml"))
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.pause()
    assert "no such scenario file" in str(app.problem)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("workload.input_tokens", ("workload.input_tokens", "Keys here", "Double the number")),
        ("hardware.accelerator", ("Choose from the catalogue", "memory_bytes")),
        ("latency", ("ttft_s", "Keys here", "Go to the next figure")),
    ],
)
async def test_f1_says_what_is_focused_with_its_keys(explore, screen, line, words):
    async with explore(size=(100, 40)) as pilot:
        go(pilot, line)
        await pilot.press("f1")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Reader)
        for part in words:
            assert part in screen(pilot.app)


async def test_keys_right_behind_the_one_that_opens_an_editor_are_typed(explore, settle):
    async with explore() as pilot:
        pilot.app.screen.query_one("#workload-reasoning_tokens").focus()
        await pilot.pause()
        before = pilot.app.screen.session.scenario
        for key, character in (("enter", "\r"), ("minus", "-"), ("7", "7")):
            pilot.app.post_message(events.Key(key, character))
        await settle(pilot)
        await pilot.pause(0.1)
        assert isinstance(pilot.app.focused, Input)
        assert pilot.app.focused.value == "-7"
        assert pilot.app.screen.session.scenario == before


async def test_a_step_that_arrives_at_an_open_editor_is_typed_into_it(explore):
    async with explore() as pilot:
        line = pilot.app.screen.query_one("#workload-reasoning_tokens")
        line.action_edit("1")
        line.action_halve()
        assert pilot.app.focused.value == "1-"
