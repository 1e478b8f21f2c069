"""The configuration file: what it sets, and that what does not fit is refused in one line."""

import subprocess
import sys

import pytest

from inferscope.core.scenario import files
from inferscope.tui.actions import ACTIONS
from inferscope.tui.app import InferscopeApp
from inferscope.tui.ascii import plain
from inferscope.tui.config import ConfigError, Options, calm, check_preset, given, read_options
from inferscope.tui.screens.explorer import Explorer
from inferscope.tui.screens.reader import Reader


@pytest.fixture
def config(config_folder):
    """Write a configuration and read it."""

    def read(text):
        (config_folder / "config.toml").write_text(text, encoding="utf-8")
        return read_options()

    return read


def test_without_a_file_all_is_as_usual_and_nothing_is_made(config_folder):
    assert read_options() == Options()
    assert list(config_folder.iterdir()) == []


def test_every_setting_is_read(config):
    assert config('theme = "nord"\nascii = true\nmouse = false\nlow_bandwidth = true\npreset = "mine"\n') == (
        Options("nord", ascii=True, mouse=False, low_bandwidth=True, preset="mine")
    )


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("u", "u"),
        ("U", "U"),
        ("+", "plus"),
        ("?", "question_mark"),
        ("^s", "ctrl+s"),
        ("ctrl+u", "ctrl+u"),
        ("F2", "f2"),
        ("→", "right"),
        ("del", "delete"),
        ("alt+left", "alt+left"),
        ("alt+]", "alt+right_square_bracket"),
        ("ctrl+i", "tab"),
        ("pageup", "pageup"),
    ],
)
def test_a_key_is_written_as_people_do(config, written, spelled):
    taken = {"plus", "right", "delete", "pageup"}  # in dialogs
    action = "toggles.flip" if spelled in taken else "rules.filter" if spelled == "tab" else "dialog.filter"
    assert config(f'[keys]\n{action} = "{written}"\n').keys == {action: (spelled,)}


@pytest.mark.parametrize("action", [a for a in ACTIONS if a.where != "dialog"], ids=lambda a: a.id)
def test_every_action_can_be_bound_anew(config, action):
    assert config(f'[keys]\n{action.id} = ["f20", "alt+f3"]\n').keys == {action.id: ("f20", "alt+f3")}


def test_the_names_of_actions_differ():
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ('them = "nord"', 1, "them", "did you mean theme?"),
        ('\ntheme = "dracul"', 2, "theme", "did you mean dracula?"),
        ("mouse = 1", 1, "mouse", "must be true or false, not 1"),
        ("preset = 7", 1, "preset", "must be text"),
        ("keys = 3", 1, "keys", "must be a table"),
        ('[keys]\nundoo = "u"', 2, "keys.undoo", "unknown action 'undoo': did you mean undo?"),
        ('[keys]\nedit = "u"', 2, "keys.edit", "did you mean"),
        ('[keys]\nundo = "enterr"', 2, "keys.undo", "unknown key 'enterr': did you mean enter?"),
        ('[keys]\nundo = "hyper+u"', 2, "keys.undo", "unknown key 'hyper+u'"),
        ('[keys]\nundo = ""', 2, "keys.undo", "unknown key ''"),
        ("[keys]\nundo = []", 2, "keys.undo", "a list of keys"),
        ("[keys]\nundo = [1]", 2, "keys.undo", "a list of keys"),
        ('[keys]\nundo = "n"', 2, "keys.undo", "'n' means 'notes' already"),
        ('[keys]\nundo = "+"', 2, "keys.undo", "'+' means 'number.double' already"),
        ('[keys.number]\nedit = "z"', 2, "keys.number.edit", "'z' means 'undo' already"),
        ("a = \n", 1, None, "is not valid TOML"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(config, config_folder, text, line, key, words):
    with pytest.raises(ConfigError, match=r".") as caught:
        config(text)
    error = caught.value
    assert (error.file, error.line, error.key) == (str(config_folder / "config.toml"), line, key)
    assert words in error.message


def test_keys_can_be_exchanged(config):
    assert config('[keys]\nundo = "n"\nnotes = "z"\n').keys == {"undo": ("n",), "notes": ("z",)}


def test_a_preset_that_is_not_there_is_refused_with_its_place(config):
    with pytest.raises(ConfigError, match=r"config.toml:2: preset: .*did you mean llama-3.1-70b-h100"):
        check_preset(config('ascii = true\npreset = "llama-3.1-70b-h10"'))


def test_the_command_line_stands_over_the_file(config):
    options = given(config('theme = "nord"\nmouse = true\n'), theme="dracula", mouse=False, ascii=None)
    assert options == Options("dracula", mouse=False)
    with pytest.raises(ConfigError, match="--theme: unknown theme 'x'"):
        given(options, theme="x")


def test_little_is_sent_where_that_is_asked_for_and_nothing_else_said():
    environ = {"TEXTUAL_FPS": "5"}
    calm(environ)
    assert environ["TEXTUAL_FPS"] == "5"
    assert environ["TEXTUAL_ANIMATIONS"] == "none"
    assert environ["TEXTUAL_COLOR_SYSTEM"] == "256"


def test_plain_signs_are_as_wide_as_the_others():
    signs = "".join(map(chr, [*range(0x2500, 0x2600), *range(0x2800, 0x2900)])) + "→←…·µ"
    shown = plain(signs)
    assert len(shown) == len(signs)
    braille = shown[256:512]
    assert braille.isascii()
    assert plain("Mélodie 日本") == "Mélodie 日本"


@pytest.mark.parametrize("arguments", [["--theme", "x"], []])
def test_the_screen_does_not_start_with_a_wrong_configuration_and_eval_does_not_care(
    config_folder, arguments
):
    (config_folder / "config.toml").write_text("" if arguments else "moues = true\n", encoding="utf-8")
    program = [sys.executable, "-m", "inferscope"]
    done = subprocess.run([*program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert ("config.toml:1: moues: " in done.stderr) != bool(arguments)
    command = [*program, "list", "formats"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


async def opened(scenario_file, options, *keys):
    app = InferscopeApp(lambda: files.load(scenario_file), options)
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(200):
            if app.screen_stack[0].answer is not None:
                break
            await pilot.pause()
        await pilot.press(*keys)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        return app, app.screen, "\n".join(strip.text for strip in strips)


async def test_rebound_keys_work_and_are_shown(scenario_file, config):
    options = config('[keys]\nundo = "u"\nhelp = "f9"\nquit = "ctrl+x"\nnumber.double = ">"\n')
    _, explorer, text = await opened(scenario_file, options, "down", "down", ">")
    assert explorer.session.scenario.hardware.count.mid == 16
    assert "> double" in text
    assert "^x quit" in text
    assert "F9 help" in text
    _, explorer, _ = await opened(scenario_file, options, "down", "down", "plus", "z")
    assert explorer.session.scenario.hardware.count.mid == 8
    _, explorer, _ = await opened(scenario_file, options, "down", "down", ">", "u")
    assert not explorer.session.is_changed
    _, help_, _ = await opened(scenario_file, options, "f9")
    rows = " ".join(f"{keys} {about}" for keys, about in help_._trail[0].text)
    assert "u Take the last change back" in rows
    assert "z Take the last change back" not in rows


REBOUND = """\
[keys]
undo = "u"
pin = "w"
copy_to_file = "W"
quit = "ctrl+x"
swap_area = "f7"
rules.date_take = "w"
rules.undo = "U"
chips.take_chip = "w"
chips.undo = "u"
dialog.filter = "ctrl+f"
"""


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (["down", "down", "plus"], "Count: 8 → 16; u takes it back"),
        (["2", "2", "enter"], "; u takes it back"),
        (["w"], "w again unpins"),
        (["y"], "clipboard; W writes it"),
        (["ctrl+c"], "ctrl+c is not used here: ^x leaves"),
        (["equals_sign"], "; F7 goes there"),
        (["P", "full_stop"], "(w: take it)"),
        (["P", "full_stop", "w"], "; U takes that back"),
        (["M", "left"], "w puts "),
        (["M", "left", "w"], "; u takes that back"),
        (["f7", "equals_sign", *"x2", "enter"], "^f a new target"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
async def test_messages_name_the_keys_that_one_chose(scenario_file, config, keys, words):
    _, _, text = await opened(scenario_file, config(REBOUND), *keys)
    assert words in " ".join(text.split())


async def test_a_dialog_closes_by_the_key_that_one_chose(scenario_file, config):
    options = config('[keys]\ndialog.cancel = "ctrl+g"\n')
    _, top, _ = await opened(scenario_file, options, "question_mark", "escape")
    assert isinstance(top, Reader)
    _, top, _ = await opened(scenario_file, options, "question_mark", "ctrl+g")
    assert isinstance(top, Explorer)


@pytest.mark.parametrize("theme", ["nord", "textual-light", "ansi-light"])
async def test_every_theme_has_what_the_screen_needs(scenario_file, theme):
    app, _, text = await opened(scenario_file, Options(theme=theme))
    assert app.theme == theme
    assert "Accelerator" in text


async def test_plain_characters_are_all_there_is(scenario_file):
    _, _, text = await opened(scenario_file, Options(ascii=True))
    assert "Accelerator" in text
    assert text.isascii()
