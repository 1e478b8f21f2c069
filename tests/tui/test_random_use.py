"""A thousand random keys, pastes and sizes over all screens: nothing raises, nothing is lost."""

import importlib.util
from pathlib import Path

import pytest

_FILE = Path(__file__).parents[1] / "fuzz" / "screens.py"
_SPEC = importlib.util.spec_from_file_location("screens", _FILE)
screens = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(screens)

EVENTS = -(-1000 // len(screens.SCREENS))


@pytest.mark.parametrize("name", screens.SCREENS)
async def test_random_use(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    player = screens.Player(name, seed=1)
    await player.play(EVENTS)
    assert player.played >= EVENTS
