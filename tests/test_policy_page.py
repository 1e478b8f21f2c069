"""The thirteen questions on the page on policy are answered by commands that print what is shown."""

import re
import shlex
from pathlib import Path

import pytest

from inferscope.tui.cli import main

PAGE = (Path(__file__).parents[1] / "docs" / "policy.md").read_text(encoding="utf-8")
QUESTIONS = PAGE[PAGE.index("## Thirteen questions") :]
SHOWN = re.findall(
    r"^    (inferscope [^\n]+)\n\n```text\n(.*?)^```$", QUESTIONS, flags=re.MULTILINE | re.DOTALL
)


def test_there_are_thirteen():
    assert re.findall(r"^### (\d+)\. ", QUESTIONS, flags=re.MULTILINE) == [str(n) for n in range(1, 14)]
    assert len(SHOWN) == 13


@pytest.mark.parametrize(("command", "text"), SHOWN, ids=range(1, 14))
def test_an_answer_is_what_the_command_prints(command, text, capsys):
    status = main(shlex.split(command)[1:])
    out, err = capsys.readouterr()
    assert (status, err) == (0, "")
    printed = (line.rstrip() for line in out.splitlines())
    for part in text.split("\n...\n"):
        for line in part.splitlines():
            assert line.rstrip() in printed, line  # each after the one before it
