"""Where scenario files lie and what they may be called."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from inferscope.core.errors import ScenarioError, brief, nearest
from inferscope.core.places import config_directory, expanded, state_directory

__all__ = [
    "COMMANDS",
    "check_name",
    "config_directory",
    "config_name",
    "expanded",
    "find",
    "hidden_presets",
    "is_path",
    "preset_names",
    "save_path",
    "shipped_directory",
    "state_directory",
    "user_directory",
]

COMMANDS = [
    "eval",
    "compare",
    "explain",
    "policy",
    "access",
    "sweep",
    "uncertainty",
    "sensitivity",
    "solve",
    "frontier",
    "attribute",
    "break-even",
    "lifecycle",
    "place",
    "scaling",
    "validate",
    "claims",
    "load",
    "list",
    "show",
    "report",
    "import-model",
    "schema",
    "help",
    "version",
    "paths",
]
"""Names that no preset may take, because they are or will be commands."""

_LONGEST = 300
_OFFERED = 12
"""Presets that a message names."""
_REVISION = re.compile("[0-9a-f]{40}")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def shipped_directory() -> Path:
    """The folder of the presets that come with the program."""
    import inferscope.presets  # noqa: PLC0415  (the packaged data, found through the import system)

    return Path(next(iter(inferscope.presets.__path__)))


def user_directory() -> Path:
    """The folder of the user's own presets."""
    return config_directory() / "presets"


def preset_names() -> dict[str, Path]:
    """Every preset by name; a shipped one comes before a user's of the same name."""
    found: dict[str, Path] = {}
    for folder in (user_directory(), shipped_directory()):
        if folder.is_dir():
            found.update({path.stem: path for path in sorted(folder.glob("[!.]*.toml"))})
    return dict(sorted(found.items()))


def hidden_presets() -> tuple[Path, ...]:
    """The user's presets that a shipped one of the same name hides."""
    shipped = shipped_directory()
    mine = sorted(user_directory().glob("[!.]*.toml"))
    return tuple(path for path in mine if (shipped / path.name).is_file())


def check_name(name: str) -> str:
    """A name under which a preset may be saved.

    Raises:
        ScenarioError: It could leave the preset folder, or is a command.
    """
    if not _NAME.fullmatch(name) or ".." in name:
        message = f"{name[:80]!r} is no preset name: use up to 64 of a-z, 0-9, dot, dash and underscore"
        raise ScenarioError(message)
    if name in COMMANDS:
        message = f"{name!r} is a command of inferscope; choose another preset name"
        raise ScenarioError(message)
    return name


def config_name(path: Path) -> str:
    """What to call a model after its ``config.json``: by the file's name, or else by its folder's.

    >>> config_name(Path("models/Qwen3-8B/config.json"))
    'Qwen3-8B'
    >>> config_name(Path("meta-llama--Llama-3.1-8B_config.json"))
    'Llama-3.1-8B'
    """
    stem = re.sub(r"[-_.]?config$", "", path.stem, flags=re.IGNORECASE)
    folders = [folder for folder in path.absolute().parts[-2:0:-1] if folder != "snapshots"]
    named = next((folder for folder in folders if not _REVISION.fullmatch(folder)), "")
    word = (stem or named).rpartition("--")[2]
    return "".join(letter for letter in word if letter.isprintable())[:80] or "imported model"


def is_path(text: str) -> bool:
    """Whether a text means a file rather than a preset's name."""
    return text.endswith(".toml") or "/" in text or os.sep in text


def find(preset: str | Path) -> Path:
    """The file of a preset name or a path.

    Raises:
        ScenarioError: There is none; the message names the nearest presets.
    """
    text = str(preset)
    if isinstance(preset, Path) or is_path(text):
        return _existing(expanded(text))
    shipped = shipped_directory() / f"{text}.toml"
    if _NAME.fullmatch(text) and shipped.is_file():  # it comes first, and asking for the user's folder costs
        return shipped
    names = preset_names()
    if text in names:
        return names[text]
    parts = [name for name in names if text and text.casefold() in name]
    hint = nearest(text, names) or (f"did you mean {', '.join(parts[:_OFFERED])}?" if parts else "")
    message = f"unknown preset {brief(text)}: {hint or _some(list(names))}"
    raise ScenarioError(message)


def _some(names: Sequence[str]) -> str:
    """The first presets, and where all of them are listed.

    >>> _some(["a", "b"])
    'presets are a, b'
    """
    more = ", ...; `inferscope list presets` shows all" if len(names) > _OFFERED else ""
    return f"presets are {', '.join(names[:_OFFERED])}{more}"


def _existing(path: Path) -> Path:
    """A path that is a regular file, or leads to one.

    Raises:
        ScenarioError: It is something else, or nothing.
    """
    try:
        if path.is_file():
            return path
        message = "no such scenario file"
        if path.is_dir():
            message = "is a folder, not a scenario file"
        elif path.exists():
            message = "is not a regular file"
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
    text = str(path)
    raise ScenarioError(message, file=text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")


def save_path(target: str | Path) -> Path:
    """The file that a preset name or a path ending in ``.toml`` is saved to.

    Raises:
        ScenarioError: The name is not allowed, or belongs to a shipped preset.
    """
    text = str(target)
    if isinstance(target, Path) or is_path(text):
        path = expanded(text)
        if path.suffix != ".toml":
            message = "a scenario file must end in .toml"
            raise ScenarioError(message, file=path)
        if path.resolve().parent == shipped_directory().resolve():
            message = "is a shipped preset; save it under another name"
            raise ScenarioError(message, file=path)
        return path
    name = check_name(text)
    if (shipped_directory() / f"{name}.toml").exists():
        message = f"{name!r} is a shipped preset; save it under another name"
        raise ScenarioError(message)
    return user_directory() / f"{name}.toml"
