"""The scenario being edited: where it came from, what was changed, and the way back."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from inferscope.core.errors import ScenarioError
from inferscope.core.scenario import files
from inferscope.core.scenario.changed import Difference, as_changed, differences
from inferscope.core.scenario.files import Loaded, scenario_hash
from inferscope.core.scenario.names import expanded, is_path
from inferscope.core.scenario.saving import ABOUT as ABOUT_ITSELF
from inferscope.core.scenario.schema import Scenario
from inferscope.tui.fields import value_at

if TYPE_CHECKING:
    from inferscope.tui.recovery import Found, Keeper

_ABOUT = ("name", "question", "description", "published")
"""What a file says about itself; it does not hold for a changed copy of a shipped preset."""


class ChangedOnDiskError(ScenarioError):
    """Somebody else has changed the file since it was read; nothing was written."""


class Session:
    """One scenario under edit; it knows no screen.

    Attributes:
        scenario: As it stands now.
        base: What its file says, also where keys were set on the command line.

    Args:
        loaded: The scenario with where it came from.
        keeper: Keeps what is not saved; without one nothing is kept.
    """

    def __init__(self, loaded: Loaded, keeper: Keeper | None = None) -> None:
        self._past: list[tuple[Scenario, str]] = []
        self._future: list[tuple[Scenario, str]] = []
        self._keeper = keeper
        self._hashed: tuple[Scenario, str] | None = None
        self._told: set[object] = set()
        self._take(loaded)

    def _take(self, loaded: Loaded) -> None:
        self.loaded = loaded
        self.scenario = loaded.scenario
        self.base = loaded.base or loaded.scenario
        self._base_hash = scenario_hash(self.base)
        self._first_hash = scenario_hash(loaded.scenario)
        self._seen = _content(loaded.path)

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
        self._keep()

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
        self._keep()
        return what

    @property
    def is_changed(self) -> bool:
        """Whether the scenario differs from its file, by changes or by keys set on the command line."""
        return self._hash() != self._base_hash

    @property
    def is_at_risk(self) -> bool:
        """Whether leaving would lose something; what was set on the command line can be set again."""
        return self._hash() not in (self._base_hash, self._first_hash)

    def _hash(self) -> str:
        if self._hashed is None or self._hashed[0] is not self.scenario:
            self._hashed = (self.scenario, scenario_hash(self.scenario))
        return self._hashed[1]

    @property
    def title(self) -> str:
        """What its report is called: a changed scenario says so."""
        return self.titled.name or self.label

    @property
    def titled(self) -> Scenario:
        """The scenario under that title."""
        return self.scenario if self.path is None else as_changed(self.scenario, self.base)

    @property
    def stem(self) -> str:
        """A name for files about it."""
        words = self.label.replace(" ", "-")
        return f"{words}-changed" if self.is_changed else words

    def differs(self, dotted: str) -> bool:
        """Whether one key differs from the file."""
        now, then = value_at(self.scenario, dotted), value_at(self.base, dotted)
        return now != then and str(now) != str(then)

    def differences(self, against: Literal["file", "parent"] = "file") -> tuple[Difference, ...]:
        """Every key in which the scenario differs from its file, or from what the file builds on.

        A scenario that builds on nothing is compared with the defaults.
        """
        base = self.base
        if against == "parent":
            parent = self.loaded.parent or {}
            base = files.load_values({k: v for k, v in parent.items() if k not in ABOUT_ITSELF})
        return differences(self.scenario, base)

    # --- what is not saved --------------------------------------------------------------------

    def _keep(self) -> None:
        """Keep what would be lost, or nothing where nothing would."""
        if self._keeper is None:
            return
        if self.is_at_risk:
            self._keeper.keep(self.scenario, self.label, self.path, self._seen, len(self._past))
        else:
            self._keeper.drop()

    @property
    def not_kept(self) -> str:
        """Why the unsaved changes would be lost in a crash; empty where they would not."""
        return self._keeper.problem if self._keeper is not None else "nothing keeps them"

    @property
    def kept_in(self) -> Path | None:
        """The file that holds the unsaved changes; None where there is none."""
        return self._keeper.file if self._keeper is not None and self._keeper.holds else None

    def close(self) -> None:
        """Leave for good: what is not saved is not wanted."""
        if self._keeper is not None:
            self._keeper.drop()

    def take_back(self, found: Found) -> None:
        """Go on with what another process had not saved, as one change to its file.

        Raises:
            ScenarioError: It cannot be read; nothing was changed.
        """
        scenario = found.scenario()
        origin = Path(found.head.origin) if found.head.origin else None
        try:
            loaded = default_loaded() if origin is None else files.load(origin)
        except ScenarioError:  # its file is gone: then it is a scenario without one
            loaded = default_loaded()
        self.open(loaded)
        if loaded.path is not None:
            self._seen = found.head.seen
        self.commit(scenario, "what was restored")
        if self.kept_in is not None or not self.is_at_risk:  # else it is the only copy
            found.discard()

    def news(self) -> str:
        """What others did to the file since this was asked last, in words; mostly nothing."""
        now = _content(self.path)
        if now != self._seen and self._is_new(now):
            return f"{self.label} {'was changed on disk' if now else 'is gone from the disk'}"
        if self._keeper is None:
            return ""
        if self._keeper.problem and self._is_new(self._keeper.problem):
            return f"unsaved changes cannot be kept for a crash: {self._keeper.problem}"
        from inferscope.tui.recovery import told

        return next((told(head) for head in self._keeper.others(self.path) if self._is_new(head.pid)), "")

    def _is_new(self, what: object) -> bool:
        """Whether it was not told yet."""
        is_new = what not in self._told
        self._told.add(what)
        return is_new

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

    def suggested_name(self, *, other: bool = False) -> str:
        """A preset name close to the present one, a free one if it has to be another."""
        stem = self.path.stem if self.path is not None else "my-scenario"
        if self.path is not None and not self.is_shipped and not other:
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
        if not there or self._is_own(path):
            return None
        return path

    def _is_own(self, path: Path) -> bool:
        """Whether a path, however it is written, means the file that was opened."""
        return self.path is not None and os.path.realpath(path) == os.path.realpath(self.path)

    def save(self, target: str | None = None, *, replace: bool = False) -> Path:
        """Write the scenario and go on with the written file.

        Args:
            target: A preset name or a path ending in ``.toml``; None saves over its own file.
            replace: Whether to replace its own file though somebody else has changed it.

        Returns:
            The file.

        Raises:
            ChangedOnDiskError: Somebody else has changed its file since it was read.
            ScenarioError: The name is not allowed, or the disk says no. Nothing was changed.
        """
        where: str | Path | None = target if target is not None else self.path
        if where is None:
            message = "needs a name"
            raise ScenarioError(message)
        is_own = target is None or self._is_own(self.would_be(target))
        check = self._check_untouched if is_own and not replace else None
        scenario, extends, parent = self._to_write(where)
        path = files.save(scenario, where, extends=extends, parent=parent, check=check)
        loaded = files.load(path)
        if scenario_hash(loaded.scenario) != scenario_hash(self.scenario):
            message = "was written but reads back as a different scenario; please report this"
            raise ScenarioError(message, file=path)
        self._take(loaded)
        self._keep()
        return path

    def _check_untouched(self) -> None:
        """Refuse to replace what somebody else has written."""
        if self.is_stale():
            message = "has changed on disk since it was opened"
            raise ChangedOnDiskError(message, file=self.path)

    def is_stale(self) -> bool:
        """Whether its file is there and not as it was read."""
        return _content(self.path) not in ("", self._seen)

    def on_disk(self) -> Loaded:
        """Its file as it is now, without going on with it.

        Raises:
            ScenarioError: It cannot be read.
        """
        return self.loaded if self.path is None else files.load(self.path)

    def revert(self, loaded: Loaded) -> bool:
        """Go back to the file as it was just read, as a change that can be undone; whether anything changed.

        What is not saved is no longer kept for a crash, so that whoever calls this has tried what was read.
        """
        before = self.scenario
        self._take(loaded)
        if scenario_hash(self.scenario) == scenario_hash(before):
            self._keep()
            return False
        self._past.append((before, "going back to the file"))
        self._future.clear()
        self._keep()
        return True

    def _to_write(self, where: str | Path) -> tuple[Scenario, str | None, Mapping[str, Any] | None]:
        """What goes into the file, and what the file builds on."""
        if self.is_shipped and self.path is not None:
            about = {"name": "", "question": "", "description": "", "published": ()}
            bare = self.scenario.model_copy(update=about)
            parent = {k: v for k, v in self.base.to_dict().items() if k not in (*_ABOUT, "provenance")}
            return bare, self.path.stem, parent
        extends, parent_ = self.loaded.extends, self.loaded.parent
        moved = isinstance(where, str) and not self._is_own(self.would_be(where))
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
        self._told.clear()
        self._take(loaded)
        self._keep()


def default_loaded() -> Loaded:
    """A scenario to start from where none is named."""
    return Loaded(files.load_values({}), None, {})


def _content(path: Path | None) -> str:
    """What is in a file, as a hash; empty where it cannot be read."""
    try:
        if path is None or not path.is_file():  # reading a pipe would wait for ever
            return ""
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
