"""The scenario being edited: where it came from, what was changed, and the way back."""

from __future__ import annotations

import string
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from inferscope.core.errors import ScenarioError
from inferscope.core.scenario import files
from inferscope.core.scenario.files import Loaded, scenario_hash
from inferscope.core.scenario.names import expanded, is_path
from inferscope.core.scenario.schema import Scenario
from inferscope.tui.fields import value_at

_ABOUT = ("name", "description", "published")
"""What a file says about itself; it does not hold for a changed copy of a shipped preset."""

_SAFE = f"{string.ascii_lowercase}{string.digits}_-"


class Session:
    """One scenario under edit; it knows no screen.

    Args:
        loaded: The scenario with where it came from.
    """

    def __init__(self, loaded: Loaded) -> None:
        self._past: list[tuple[Scenario, str]] = []
        self._future: list[tuple[Scenario, str]] = []
        self._on_disk: bytes | None = None
        self._take(loaded)

    def _take(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.scenario = loaded.scenario
        self._saved = loaded.scenario
        self._saved_hash = scenario_hash(loaded.scenario)
        self._on_disk = _bytes(loaded.path)

    # --- editing ------------------------------------------------------------------------------

    def propose(self, changes: Mapping[str, Any]) -> Scenario:
        """The scenario with dotted keys set (None drops a key), checked but not yet taken.

        Raises:
            ScenarioError: A value does not fit.
        """
        return files.with_values(self.scenario, changes)

    def commit(self, scenario: Scenario, what: str) -> None:
        """Take a proposed scenario; ``what`` names the change for undo."""
        self._past.append((self.scenario, what))
        self._future.clear()
        self.scenario = scenario

    def undo(self) -> str:
        """Take the last change back; returns its name, or nothing where there is none."""
        return self._travel(self._past, self._future)

    def redo(self) -> str:
        """Make the change again that was taken back last."""
        return self._travel(self._future, self._past)

    def _travel(self, source: list[tuple[Scenario, str]], target: list[tuple[Scenario, str]]) -> str:
        if not source:
            return ""
        scenario, what = source.pop()
        target.append((self.scenario, what))
        self.scenario = scenario
        return what

    @property
    def is_changed(self) -> bool:
        """Whether the scenario differs from its file."""
        return scenario_hash(self.scenario) != self._saved_hash

    def differs(self, dotted: str) -> bool:
        """Whether one key differs from the file."""
        now, then = value_at(self.scenario, dotted), value_at(self._saved, dotted)
        return now != then and str(now) != str(then)

    # --- files --------------------------------------------------------------------------------

    @property
    def path(self) -> Path | None:
        """Its file, if it has one."""
        return self.loaded.path

    @property
    def is_shipped(self) -> bool:
        """Whether it came with the program, so that it cannot be saved over."""
        path = self.path
        return path is not None and path.resolve().parent == files.shipped_directory().resolve()

    @property
    def needs_name(self) -> bool:
        """Whether saving has to ask for a name."""
        return self.path is None or self.is_shipped

    @property
    def label(self) -> str:
        """What to call it in one word."""
        return "new scenario" if self.path is None else self.path.stem

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the loaded file should know."""
        return self.loaded.notes

    def suggested_name(self) -> str:
        """A free preset name close to the present one."""
        stem = self.path.stem if self.path is not None else "my-scenario"
        if self.path is not None and not self.is_shipped:
            return stem
        known = files.preset_names()
        base = f"{stem}-edited" if self.path is not None else stem
        names = (base, *(f"{base}-{i}" for i in range(2, 1000)))
        return next((name for name in names if name not in known), base)

    def would_replace(self, target: str) -> Path | None:
        """Another file that saving under this name would replace."""
        path = self.would_be(target)
        try:
            there = path.is_file()
        except OSError:  # a name too long, or a folder that is closed; saving says which
            there = False
        if not there or (self.path is not None and path.resolve() == self.path.resolve()):
            return None
        return path

    def save(self, target: str | None = None) -> Path:
        """Write the scenario and go on with the written file.

        Args:
            target: A preset name or a path ending in ``.toml``; None saves over its own file.

        Returns:
            The file.

        Raises:
            ScenarioError: The name is not allowed, the disk says no, or somebody else has changed the
                file since it was read, which is said once; nothing was changed.
        """
        where: str | Path | None = target if target is not None else self.path
        if where is None:
            message = "needs a name"
            raise ScenarioError(message)
        if target is None or self.would_be(target) == self.path:
            self._check_untouched()
        scenario, extends, parent = self._to_write(where)
        path = files.save(scenario, where, extends=extends, parent=parent)
        loaded = files.load(path)
        if scenario_hash(loaded.scenario) != scenario_hash(self.scenario):
            message = "was written but reads back as a different scenario; please report this"
            raise ScenarioError(message, file=path)
        self._take(loaded)
        return path

    def _check_untouched(self) -> None:
        """Say once that the file is not as it was read."""
        now = _bytes(self.path)
        if now is not None and now != self._on_disk:
            self._on_disk = now
            message = "has changed on disk since it was opened; save again to replace it"
            raise ScenarioError(message, file=self.path)

    def rescue(self) -> Path | None:
        """Save unsaved changes under a free name of their own; None where there are none.

        Raises:
            ScenarioError: The disk says no.
        """
        if not self.is_changed:
            return None
        stem = "".join(ch if ch in _SAFE else "-" for ch in self.label.lower())[:40]
        known = files.preset_names()
        base = f"recovered-{stem}"
        name = next(name for i in count(1) if (name := base if i == 1 else f"{base}-{i}") not in known)
        return files.save(self.scenario, name)

    def _to_write(self, where: str | Path) -> tuple[Scenario, str | None, Mapping[str, Any] | None]:
        """What goes into the file, and what the file builds on."""
        if self.is_shipped and self.path is not None:
            bare = self.scenario.model_copy(update={"name": "", "description": "", "published": ()})
            parent = {k: v for k, v in self._saved.to_dict().items() if k not in (*_ABOUT, "provenance")}
            return bare, self.path.stem, parent
        extends, parent_ = self.loaded.extends, self.loaded.parent
        moved = isinstance(where, str) and self.would_be(where) != self.path
        if extends is not None and extends.endswith(".toml") and moved:
            return self.scenario, None, None  # a relative parent is not found from elsewhere
        return self.scenario, extends, parent_

    @staticmethod
    def would_be(target: str) -> Path:
        """The file that a name or a path means.

        Raises:
            ScenarioError: It is no path: it has control characters, or no such user's folder.
        """
        path = expanded(target)
        return path if is_path(target) else files.user_directory() / f"{target}.toml"

    def read(self, target: str) -> Loaded:
        """A preset, or a file by its path, without going on with it.

        Raises:
            ScenarioError: It cannot be read.
        """
        return files.load(self.would_be(target) if is_path(target) else target)

    def open(self, loaded: Loaded) -> None:
        """Go on with another scenario; the history starts anew."""
        self._past.clear()
        self._future.clear()
        self._take(loaded)


def default_loaded() -> Loaded:
    """A scenario to start from where none is named."""
    return Loaded(files.load_values({}), None, {})


def _bytes(path: Path | None) -> bytes | None:
    """What is in a file; None where it cannot be read."""
    try:
        return None if path is None else path.read_bytes()
    except OSError:
        return None
