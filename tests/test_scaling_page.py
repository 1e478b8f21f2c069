"""The page on inference scaling shows commands that run, and what they print."""

import re
import shlex
from pathlib import Path

import pytest

from inferscope.core import catalog
from inferscope.core.study.scaling import QUANTITIES
from inferscope.tui.cli import main

PAGE = (Path(__file__).parents[1] / "docs" / "inference-scaling.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^    (inferscope [^\n]+)\n\n```text\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_every_command_is_shown_with_what_it_prints():
    assert len(SHOWN) == len(re.findall(r"^    inferscope ", PAGE, flags=re.MULTILINE)) > 7


@pytest.mark.parametrize(("command", "text"), SHOWN, ids=[command for command, _ in SHOWN])
def test_a_command_that_is_shown_says_what_is_shown(command, text, capsys):
    status = main([*shlex.split(command)[1:], "--format", "md"])
    out, err = capsys.readouterr()
    assert (status, err) == (0, "")
    assert " ".join(text.split()) in " ".join(out.split())


def test_the_page_names_every_law_with_its_exponent():
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+)", PAGE, flags=re.MULTILINE))
    assert set(rows) == set(catalog.exchange_laws())
    for name, exponent in rows.items():
        assert float(exponent) == pytest.approx(catalog.exchange_law(name).exponent.value, abs=6e-3)


def test_the_quantities_that_the_page_names_exist():
    section = PAGE[PAGE.index("## In service") : PAGE.index("## Attempts")]
    rows = [line.split("|")[2] for line in section.splitlines() if line.startswith("| ")][1:]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert len(named) > 15
    assert named <= set(QUANTITIES)
