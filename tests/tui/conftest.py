"""The explorer on a screen that is not there, and what stands on it."""

import os
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from inferscope.core.scenario import files
from inferscope.tui.app import InferscopeApp

SNAPSHOTS = Path(__file__).parent / "snapshots"

SCENARIO = """\
schema_version = 1
name = "A dense model on eight H100"
as_of = 2026-11-22

[model]
id = "llama-3.1-70b"

[hardware]
accelerator = "h100-sxm"
count = 8

[optimizations]
weight_format = "fp8"

[workload]
input_tokens = 1000
output_tokens = 500
requests_per_s = 20

[slo]
tpot_s = 0.05

[economics]
usd_per_accelerator_hour = 3.0
"""


@pytest.fixture
def scenario_file(tmp_path):
    """A scenario of its own, so that no shipped preset has to stand still for the tests."""
    path = tmp_path / "dense.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


@pytest.fixture
def explore(scenario_file):
    """Open the explorer at a size, on the scenario or on another file or preset."""

    @asynccontextmanager
    async def opened(size=(80, 24), preset=None):
        app = InferscopeApp(lambda: files.load(preset or scenario_file))
        async with app.run_test(size=size) as pilot:
            for _ in range(200):
                if app.screen_stack[0].answer is not None:
                    break
                await pilot.pause()
            await pilot.pause()
            yield pilot

    return opened


def screen_text(app):
    """What stands on the screen, without colours; blanks at the right end are dropped."""
    rows = app.screen._compositor.render_strips()
    return "\n".join(row.text.rstrip() for row in rows) + "\n"


@pytest.fixture
def screen():
    return screen_text


@pytest.fixture
def matches_snapshot():
    """Compare a text with a stored one; UPDATE_SNAPSHOTS=1 stores it instead."""

    def compare(text, name):
        path = SNAPSHOTS / f"{name}.txt"
        if os.environ.get("UPDATE_SNAPSHOTS"):
            SNAPSHOTS.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def value():
    """A number of the answer that the explorer shows."""

    def of(pilot, name):
        return pilot.app.screen.answer.entry(name)["value"]

    return of
