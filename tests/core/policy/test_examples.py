"""Worked examples: facts of chips, models and sites with the verdicts worked out beforehand."""

import tomllib
from pathlib import Path

import pytest

from inferscope.core.policy.rules import find, judge

EXAMPLES = tomllib.loads(Path(__file__).with_name("examples.toml").read_text("utf-8"))
WORDS = {"true": "applies", "false": "does_not_apply", "unknown": "unknown"}
CASES = [
    (example, rule, word)
    for example, table in EXAMPLES.items()
    for expected, word in WORDS.items()
    for rule in table.get(expected, ())
]


def test_no_example_was_lost():
    assert len(EXAMPLES) == 41
    assert len(CASES) == 112
    assert sum(name.startswith("boundary_") for name in EXAMPLES) == 28


@pytest.mark.parametrize(("example", "rule", "word"), CASES)
def test_worked_example(example, rule, word):
    found = judge(find(rule), EXAMPLES[example]["facts"])
    assert found.word == word
    assert bool(found.missing) == (word == "unknown")
