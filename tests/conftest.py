"""What every test stands on: no animation, fixed examples, and a configuration of its own."""

import os
import signal

import pytest
from hypothesis import settings

os.environ["TEXTUAL_ANIMATIONS"] = "none"  # Textual reads it once, when it is imported

# A job in the background has interrupts ignored, and so would have every program that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

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
