"""How a person wants the screen: `config.toml` in the folder for configuration, and options over it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, NoReturn

from inferscope.core.errors import InferscopeError, brief, nearest
from inferscope.core.places import config_directory
from inferscope.core.scenario.lines import find_line
from inferscope.core.scenario.names import find
from inferscope.core.scenario.tables import read_tables

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence
    from pathlib import Path

Keymap = Mapping[str, tuple[str, ...]]
"""Keys, in Textual's spelling, by the id of an action; only of those that have other keys than usual."""


def _setting(default: Any, about: str) -> Any:
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True)
class Options:
    """What the screen is told at its start; every field but ``keys`` is a key of the file."""

    theme: str = _setting("", "name of a theme; without one, one that suits the terminal and NO_COLOR")
    ascii: bool = _setting(default=False, about="marks, lines and plots of ASCII characters only")
    mouse: bool = _setting(default=True, about="use the mouse; without it the terminal selects text")
    low_bandwidth: bool = _setting(
        default=False,
        about="send less: 256 colours, no animation, few frames, plots drawn only when asked for",
    )
    preset: str = _setting("", "what to open where no preset is named, instead of the opening list")
    keys: Keymap = field(default_factory=dict)


SETTINGS = {setting.name: setting for setting in fields(Options) if setting.name != "keys"}


class ConfigError(InferscopeError):
    """The configuration file cannot be used."""


def config_file() -> Path:
    """The file; it need not be there."""
    return config_directory() / "config.toml"


def read_options(environ: MutableMapping[str, str] | None = None) -> Options:
    """What the configuration file says; the defaults where there is none.

    Args:
        environ: Where to tell Textual to send little, if the file says so: checking keys imports it.

    Raises:
        ConfigError: It does not fit: file, line, key, and what would be right.
    """
    path = config_file()
    if not os.path.lexists(path):
        return Options()
    text, tables = read_tables(path, ConfigError)
    if environ is not None and tables.get("low_bandwidth") is True:
        calm(environ)
    try:
        return _checked(tables)
    except ConfigError as error:
        line = find_line(text, error.key) if error.key else None
        raise ConfigError(error.message, file=path, line=line, key=error.key) from None


def options_of(app: object) -> Options:
    """The options of a running application."""
    options = getattr(app, "options", None)
    return options if isinstance(options, Options) else Options()


def key_of(app: object, action: str) -> str:
    """The key of an action, by its id, as it is shown."""
    from inferscope.tui.actions import ACTIONS

    found = next(known for known in ACTIONS if known.id == action)
    return found.shown_in(options_of(app).keys)


def check_preset(options: Options) -> None:
    """Refuse a ``preset`` that is not there.

    Raises:
        ConfigError: It names the nearest.
    """
    try:
        find(options.preset)
    except InferscopeError as error:
        path = config_file()
        line = find_line(read_tables(path)[0], "preset")
        raise ConfigError(error.message, file=path, line=line, key="preset") from None


def given(options: Options, **over: Any) -> Options:
    """The options with those of the command line over them; None leaves one as it is.

    Raises:
        ConfigError: There is no such theme.
    """
    options = replace(options, **{name: value for name, value in over.items() if value is not None})
    if over.get("theme"):
        _check_theme(options.theme, "--theme")
    return options


def calm(environ: MutableMapping[str, str]) -> None:
    """Tell Textual, which reads it when it is imported, to send little; what is set already stays."""
    quiet = {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_FPS": "15", "TEXTUAL_SMOOTH_SCROLL": "0"}
    for name, value in {**quiet, "TEXTUAL_COLOR_SYSTEM": "256"}.items():
        environ.setdefault(name, value)


def _checked(tables: Mapping[str, Any]) -> Options:
    values: dict[str, Any] = {}
    for key, value in tables.items():
        if key == "keys":
            continue
        if key not in SETTINGS:
            _refuse("setting", key, key, (*SETTINGS, "keys"))
        if type(value) is not type(SETTINGS[key].default):
            kind = "true or false" if isinstance(SETTINGS[key].default, bool) else "text"
            message = f"must be {kind}, not {brief(value)}"
            raise ConfigError(message, key=key)
        values[key] = value
    if values.get("theme"):
        _check_theme(values["theme"], "theme")
    return Options(**values, keys=_keymap(tables.get("keys", {})))


def _check_theme(name: str, key: str) -> None:
    from inferscope.tui.themes import theme_names

    if name not in theme_names():
        _refuse("theme", name, key, theme_names())


def _refuse(kind: str, word: str, key: str, known: Sequence[str]) -> NoReturn:
    """Say what is unknown, and the nearest that is not.

    Raises:
        ConfigError: Always.
    """
    hint = nearest(word, known) or f"known are {', '.join(known)}"
    message = f"unknown {kind} {word[:80]!r}: {hint}"
    raise ConfigError(message, key=key)


def _keymap(tables: Any) -> Keymap:
    """Keys by action.

    Raises:
        ConfigError: An action or key is unknown, or a key would mean two things.
    """
    from inferscope.tui.actions import ACTIONS, conflict

    if not isinstance(tables, Mapping):
        message = f"must be a table of actions, not {brief(tables)}"
        raise ConfigError(message, key="keys")
    flat: dict[str, Any] = {}
    for name, value in tables.items():
        inner = value.items() if isinstance(value, Mapping) else ()
        flat.update({f"{name}.{action}": keys for action, keys in inner} or {name: value})
    known = [action.id for action in ACTIONS]
    keymap: dict[str, tuple[str, ...]] = {}
    for name, value in flat.items():
        if name not in known:
            _refuse("action", name, f"keys.{name}", known)
        keymap[name] = _keys(value, f"keys.{name}")
    if found := conflict(keymap):
        mine, other, key = found
        message = f"{key!r} means {other!r} already in the same place; give that another key as well"
        raise ConfigError(message, key=f"keys.{mine}")
    return keymap


def _keys(value: Any, key: str) -> tuple[str, ...]:
    """The keys of one action in Textual's spelling."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        message = f'must be a key or a list of keys such as ["ctrl+s"], not {brief(value)}'
        raise ConfigError(message, key=key)
    return tuple(_spelled(name, key) for name in names)


def _spelled(name: str, key: str) -> str:
    """A key as Textual spells it: ``+`` is plus, ``^s`` is ctrl+s, as the key line writes it.

    Raises:
        ConfigError: There is no such key.
    """
    from textual.keys import KEY_ALIASES, Keys, _character_to_key

    from inferscope.tui.keys import SHOWN

    if len(name) == 2 and name[0] == "^":
        name = f"ctrl+{name[1].lower()}"
    *modifiers, last = name.split("+") if len(name) > 1 else [name]
    last = {shown: usual for usual, shown in SHOWN.items()}.get(
        last, last if len(last) == 1 else last.lower()
    )
    if len(last) == 1 and last.isprintable():
        last = _character_to_key(last)
    else:
        named = sorted(k.value for k in Keys if k.value.isalnum() and not k.value.isdigit())
        signs = {_character_to_key(chr(code)) for code in range(33, 127)}
        if last not in signs and last not in named:
            _refuse("key", name, key, named)
    if not set(modifiers) <= {"ctrl", "shift", "alt"} or (modifiers == ["shift"] and len(last) == 1):
        message = f"unknown key {name[:80]!r}: write ctrl+s, alt+x, shift+tab, or a capital letter for shift"
        raise ConfigError(message, key=key)
    spelled = "+".join((*modifiers, last))
    return next((usual for usual, others in KEY_ALIASES.items() if spelled in others), spelled)
