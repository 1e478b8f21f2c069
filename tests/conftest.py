"""What every test stands on: no animation, fixed examples, and a configuration of its own."""

import os

import pytest
from hypothesis import settings

os.environ["TEXTUAL_ANIMATIONS"] = "none"  # Textual reads it once, when it is imported

settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.load_profile("fixed")


@pytest.fixture(autouse=True)
def config_folder(monkeypatch, tmp_path_factory):
    """Keep the user's presets and settings out of the tests, and the tests out of them."""
    folder = tmp_path_factory.mktemp("config")
    monkeypatch.setenv("INFERSCOPE_CONFIG", str(folder))
    return folder


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch):
    """Give every test, and every program that it starts, the same terminal and clock zone."""
    for name in ("CLICOLOR_FORCE", "FORCE_COLOR", "LINES", "NO_COLOR", "PYTHONWARNINGS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"COLUMNS": "80", "PYTHONUTF8": "1", "TERM": "dumb", "TZ": "UTC"}.items():
        monkeypatch.setenv(name, value)
