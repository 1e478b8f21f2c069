"""Scenario files: reading them with everything they extend, and changing what was read.

Reading executes nothing and is limited in size and depth. Names and folders are in ``names``, the
tables in ``tables``, checking in ``check``, saving in ``saving``; what callers need of those is
named here as well.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inferscope.core import DATA_DATE, __version__
from inferscope.core.errors import ScenarioError, brief
from inferscope.core.scenario.check import FILE_KEYS, check_unset, validate
from inferscope.core.scenario.lines import find_line
from inferscope.core.scenario.names import (
    COMMANDS,
    check_name,
    config_directory,
    expanded,
    find,
    is_path,
    preset_names,
    shipped_directory,
    state_directory,
    user_directory,
)
from inferscope.core.scenario.saving import ABOUT, save, scenario_hash, to_toml, write_atomic
from inferscope.core.scenario.schema import Scenario
from inferscope.core.scenario.section import Section
from inferscope.core.scenario.tables import (
    MAX_DEPTH,
    canonical,
    difference,
    merge,
    read_tables,
    remove,
    value_at,
)

__all__ = [
    "COMMANDS",
    "Loaded",
    "check_name",
    "config_directory",
    "difference",
    "find",
    "load",
    "load_scenario",
    "load_values",
    "locate",
    "merge",
    "parse_assignment",
    "preset_names",
    "read_tables",
    "remove",
    "save",
    "scenario_hash",
    "shipped_directory",
    "state_directory",
    "to_toml",
    "user_directory",
    "validate",
    "with_values",
    "write_atomic",
]

MAX_PARENTS = 8
_RULES = "policy.rules"
_CONFIG = "model.config"
_MODELS = {"id": "config", "config": "id"}
"""Two ways to name the model, each with the other: the last that is given counts."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A scenario with where it came from.

    Attributes:
        scenario: The resolved scenario.
        path: Its file; None for one that was never saved.
        own: What the file itself says.
        extends: The preset or file it builds on, if any.
        parent: The tables it inherited, resolved.
        notes: What a reader should know, such as a changed data version.
        base: What its file says, where keys were set since.
    """

    scenario: Scenario
    path: Path | None
    own: Mapping[str, Any]
    extends: str | None = None
    parent: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    base: Scenario | None = None


@dataclass(frozen=True, slots=True)
class _File:
    """One file of a chain."""

    path: Path
    text: str
    own: Mapping[str, Any]


def load(preset: str | Path) -> Loaded:
    """Read a scenario with everything it extends.

    Raises:
        ScenarioError: The file cannot be read, is not TOML, or does not fit the schema; the message
            names file, line and key.
    """
    chain = _chain(find(preset))
    parent: dict[str, Any] | None = None
    for file in reversed(chain[1:]):
        parent = _inherit(parent, file)
        validate(parent, file=file.path, text=file.text)
    first = chain[0]
    scenario = validate(_inherit(parent, first), file=first.path, text=first.text)
    notes = (*_version_notes(scenario), *_parent_notes(scenario, first, parent))
    return Loaded(scenario, first.path, first.own, first.own.get("extends"), parent, notes)


def load_scenario(preset: str | Path) -> Scenario:
    """The scenario of a preset name or a path, without where it came from.

    Raises:
        ScenarioError: As :func:`load`.
    """
    return load(preset).scenario


def load_values(values: Mapping[str, Any]) -> Scenario:
    """A scenario from plain tables, without a file.

    Raises:
        ScenarioError: It does not fit the schema.
    """
    return validate(values)


def _chain(path: Path) -> list[_File]:
    """A file and what it extends, the file first.

    Raises:
        ScenarioError: One of them cannot be read, or the chain does not end.
    """
    chain: list[_File] = []
    while True:
        text, own = read_tables(path)
        chain.append(_File(path, text, own))
        if "extends" not in own:
            return chain
        path = _target(chain)


def _target(chain: Sequence[_File]) -> Path:
    """The file that the last of a chain extends; a path is meant from that file's folder.

    Raises:
        ScenarioError: It names nothing, or closes a circle.
    """
    last = chain[-1]
    name = last.own["extends"]

    def wrong(message: str) -> ScenarioError:
        return ScenarioError(message, file=last.path, line=find_line(last.text, "extends"), key="extends")

    if not isinstance(name, str):
        message = f"must be a preset name or a path, not {brief(name)}"
        raise wrong(message)
    try:
        target = find(last.path.parent / name if is_path(name) else name)
    except ScenarioError as error:
        message = f"{error.file}: {error.message}" if error.file else error.message
        raise wrong(message) from None
    names = " -> ".join(str(file.path.name) for file in chain)
    if target.resolve() in [file.path.resolve() for file in chain]:
        message = f"extends itself: {names} -> {target.name}"
        raise wrong(message)
    if len(chain) > MAX_PARENTS:
        message = f"more than {MAX_PARENTS} files extend each other: {names}"
        raise wrong(message)
    return target


def _inherit(parent: Mapping[str, Any] | None, file: _File) -> dict[str, Any]:
    """A file's tables over its parent's; ``unset`` names inherited keys to drop.

    Raises:
        ScenarioError: ``unset`` is no list of keys.
    """
    base = {key: value for key, value in (parent or {}).items() if key not in ABOUT}
    line = find_line(file.text, "unset")
    names = file.own.get("unset", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        message = f"must be a list of keys, not {brief(names)}"
        raise ScenarioError(message, file=file.path, line=line, key="unset")
    for dotted in names:
        try:
            check_unset(dotted)
        except ScenarioError as error:
            raise ScenarioError(error.message, file=file.path, line=line, key="unset") from None
        remove(base, dotted)
    own = _anchored({k: v for k, v in file.own.items() if k not in FILE_KEYS}, file)
    model = own.get("model")
    return merge(_without_model(base, model if isinstance(model, Mapping) else {}), own)


def _without_model(tables: Mapping[str, Any], given: Iterable[str]) -> dict[str, Any]:
    """Tables without the model that a new one takes the place of.

    Args:
        tables: What there is.
        given: Keys of ``[model]`` that are set over it.
    """
    found, names = dict(tables), set(given)
    for name, other in _MODELS.items():
        if name in names and other not in names:
            remove(found, f"model.{other}")
    return found


def _anchored(own: dict[str, Any], file: _File) -> dict[str, Any]:
    """A file's tables, with files of rules and the model's configuration meant from its folder.

    Raises:
        ScenarioError: One of them lies in nobody's folder.
    """
    model = own.get("model")
    name = model.get("config") if isinstance(model, Mapping) else None
    if isinstance(name, str) and name:
        own = {**own, "model": {**own["model"], "config": _from_folder(name, file, _CONFIG)}}
    policy = own.get("policy")
    named = policy.get("rules") if isinstance(policy, Mapping) else None
    names = [named] if isinstance(named, str) else named
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        return own  # the schema says what would be right
    paths = [_from_folder(name, file, _RULES) for name in names]
    return {**own, "policy": {**own["policy"], "rules": paths[0] if isinstance(named, str) else paths}}


def _from_folder(name: str, file: _File, key: str) -> str:
    """A path that a file names, meant from the folder of that file.

    Raises:
        ScenarioError: It lies in nobody's folder.
    """
    try:
        return str(file.path.resolve().parent / expanded(name))
    except ScenarioError as error:
        line = find_line(file.text, key)
        raise ScenarioError(error.message, file=file.path, line=line, key=key) from None


def _version_notes(scenario: Scenario) -> tuple[str, ...]:
    made = scenario.provenance
    if made is None or (made.inferscope == __version__ and made.data == DATA_DATE):
        return ()
    then = f"saved with inferscope {made.inferscope} and data of {made.data}"
    return (f"{then}; this is {__version__} with data of {DATA_DATE}: numbers may differ",)


def _parent_notes(scenario: Scenario, file: _File, parent: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Whether what a saved file extends is still what it was."""
    then = None if scenario.provenance is None else scenario.provenance.parent_hash
    if then is None or parent is None:
        return ()
    now = scenario_hash(validate({k: v for k, v in parent.items() if k not in ABOUT}))
    if now == then:
        return ()
    return (f"{file.own['extends']} has changed since this scenario was saved: numbers may differ",)


def locate(error: ScenarioError, loaded: Loaded) -> ScenarioError:
    """An error about a key, with the file and line that set it, where a file did.

    What was found only after reading (an unknown accelerator, a layout that cannot be) knows its
    key and not its place. A value that was changed since the file was read has no place in it.
    """
    key = error.key
    if error.file is not None or key is None or loaded.path is None:
        return error
    try:
        chain = _chain(loaded.path)
    except ScenarioError:
        return error
    now = value_at(loaded.scenario.model_dump(mode="python", exclude_unset=True), key)
    for file in chain:
        there = value_at(_anchored(dict(file.own), file), key)
        if there is not None:
            if canonical(there) != canonical(now):
                return error
            return ScenarioError(error.message, file=file.path, line=find_line(file.text, key), key=key)
    return error


def with_values(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with dotted keys set; ``None`` drops a key back to its default.

    Raises:
        ScenarioError: A key or value does not fit.
    """
    touched = {dotted.partition(".")[0] for dotted in changes}
    tables = {
        name: section.model_dump(mode="python", exclude_unset=True)
        if name in touched and isinstance(section := getattr(scenario, name), Section)
        else getattr(scenario, name)
        for name in scenario.model_fields_set
    }  # sections that stay are taken as they are: they were checked when they were made
    named = [key.removeprefix("model.") for key, value in changes.items() if value is not None]
    tables = _without_model(tables, named) if "model" in touched else tables
    for dotted, value in changes.items():
        if value is None:
            check_unset(dotted)
            remove(tables, dotted)
        else:
            nested: Any = value
            for part in reversed(dotted.split(".")):
                nested = {part: nested}
            tables = merge(tables, nested)
    return _sharing(validate(tables), scenario)


def _sharing(scenario: Scenario, before: Scenario) -> Scenario:
    """The scenario, with what is equal in both the very same object: a change then costs little memory.

    Both are frozen, so that nothing can tell the difference.
    """
    for name, old in before:
        new = getattr(scenario, name)
        if new == old and getattr(new, "model_fields_set", None) == getattr(old, "model_fields_set", None):
            scenario.__dict__[name] = old
    return scenario


def parse_assignment(text: str) -> tuple[str, Any]:
    """``KEY=VALUE`` of the command line; the value is TOML, or plain text, or empty to unset.

    Raises:
        ScenarioError: There is no ``=``.

    >>> parse_assignment("workload.batch=64")
    ('workload.batch', 64)
    >>> parse_assignment("model.id=llama-3.1-8b")
    ('model.id', 'llama-3.1-8b')
    """
    key, equals, value = text.partition("=")
    key, value = key.strip(), value.strip()
    if not equals or not re.fullmatch(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*", key):
        message = f"{brief(text)} is no assignment: write SECTION.KEY=VALUE, for example workload.batch=64"
        raise ScenarioError(message)
    if not value:
        return key, None
    if key.count(".") >= MAX_DEPTH:
        message = f"{brief(text)} is no assignment: no key is more than {MAX_DEPTH} tables deep"
        raise ScenarioError(message)
    try:
        tables = tomllib.loads(f"value = {value}")
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):
        return key, value
    return key, tables["value"] if len(tables) == 1 else value
