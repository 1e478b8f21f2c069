"""The page on studies shows commands that run and have an answer."""

import re
import shlex
from pathlib import Path

import pytest

from inferscope.tui.cli import main

PAGE = (Path(__file__).parents[1] / "docs" / "studies.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^    (inferscope (?:solve|frontier|attribute) .+)$", PAGE, flags=re.MULTILINE)


@pytest.mark.parametrize("command", SHOWN)
def test_a_command_that_is_shown_has_an_answer(command, capsys):
    status = main(shlex.split(command)[1:])
    out, err = capsys.readouterr()
    assert (status, err) == (0, "")
    assert out


def test_commands_are_shown():
    assert {line.split()[1] for line in SHOWN} == {"solve", "frontier", "attribute"}
