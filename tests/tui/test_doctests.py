"""The examples in the docstrings hold."""

import doctest
import importlib

import pytest

MODULES = [
    *(
        "keys",
        "ascii",
        "columns",
        "figures",
        "forms",
        "measures",
        "panels.answers",
        "panels.rule",
        "panels.toggles",
        "plots.ticks",
        "sheet",
        "sizes",
    ),
    *("sizes", "terminal", "themes"),
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name):
    result = doctest.testmod(importlib.import_module(f"inferscope.tui.{name}"))
    assert result.attempted
    assert result.failed == 0
