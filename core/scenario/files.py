"""Scenario files: finding, reading, inheriting, hashing and saving them.

Reading executes nothing and is limited in size and depth. Writing is atomic: either the whole new
file is there or the old one still is.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from inferscope.core import DATA_DATE, __version__
from inferscope.core.errors import ScenarioError, nearest
from inferscope.core.scenario.lines import find_line
from inferscope.core.scenario.schema import Scenario

MAX_BYTES = 1_000_000
MAX_DEPTH = 8
MAX_PARENTS = 8
COMMANDS = [
    "eval",
    "compare",
    "explain",
    "policy",
    "sweep",
    "uncertainty",
    "sensitivity",
    "solve",
    "frontier",
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

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_NUMBER_KEYS = {"value", "dist", "low", "high", "mid"}
_NOT_HASHED = {"name", "description", "published", "provenance"}


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
    """

    scenario: Scenario
    path: Path | None
    own: Mapping[str, Any]
    extends: str | None = None
    parent: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()


def shipped_directory() -> Path:
    """The folder of the presets that come with the program."""
    import inferscope.presets  # noqa: PLC0415  (the packaged data, found through the import system)

    return Path(next(iter(inferscope.presets.__path__)))


def config_directory() -> Path:
    """The user's folder: ``$INFERSCOPE_CONFIG`` or the platform's; not created by asking."""
    if given := os.environ.get("INFERSCOPE_CONFIG"):
        return Path(given).expanduser()
    import platformdirs  # noqa: PLC0415  (comes with Textual; 24 ms, only where it is needed)

    return Path(platformdirs.user_config_dir("inferscope", appauthor=False))


def user_directory() -> Path:
    """The folder of the user's own presets."""
    return config_directory() / "presets"


def preset_names() -> dict[str, Path]:
    """Every preset by name: the shipped ones, then the user's."""
    found: dict[str, Path] = {}
    for folder in (user_directory(), shipped_directory()):
        if folder.is_dir():
            found.update({path.stem: path for path in sorted(folder.glob("*.toml"))})
    return dict(sorted(found.items()))


def check_name(name: str) -> str:
    """A name under which a preset may be saved.

    Raises:
        ScenarioError: It could leave the preset folder, or is a command.
    """
    if not _NAME.fullmatch(name) or ".." in name:
        message = f"{name!r} is no preset name: use up to 64 of a-z, 0-9, dot, dash and underscore"
        raise ScenarioError(message)
    if name in COMMANDS:
        message = f"{name!r} is a command of inferscope; choose another preset name"
        raise ScenarioError(message)
    return name


def find(preset: str | Path) -> Path:
    """The file of a preset name or a path.

    Raises:
        ScenarioError: There is none; the message names the nearest presets.
    """
    text = str(preset)
    path = Path(text)
    if isinstance(preset, Path) or text.endswith(".toml") or "/" in text or os.sep in text:
        if path.is_file():
            return path
        message = "is a folder, not a scenario file" if path.is_dir() else "no such scenario file"
        raise ScenarioError(message, file=text)
    names = preset_names()
    if text in names:
        return names[text]
    hint = nearest(text, names) or f"presets are {', '.join(names)}"
    message = f"unknown preset {text!r}: {hint}"
    raise ScenarioError(message)


def load(preset: str | Path) -> Loaded:
    """Read a scenario with everything it extends.

    Raises:
        ScenarioError: The file cannot be read, is not TOML, or does not fit the schema; the message
            names file, line and key.
    """
    path = find(preset)
    text, own = read_tables(path)
    parent_name, parent = _parent(own, path, text, [path.resolve()])
    merged = _inherit(parent, own)
    scenario = validate(merged, file=path, text=text)
    return Loaded(scenario, path, own, parent_name, parent, _provenance_notes(scenario))


def load_values(values: Mapping[str, Any]) -> Scenario:
    """A scenario from plain tables, without a file.

    Raises:
        ScenarioError: It does not fit the schema.
    """
    return validate(values)


def read_tables(path: Path) -> tuple[str, dict[str, Any]]:
    """The text and the tables of a TOML file, within the limits of size and depth.

    Raises:
        ScenarioError: Unreadable, too large, too deep, not UTF-8 or not TOML.
    """
    try:
        if not path.is_file():
            message = "not a regular file"
            raise ScenarioError(message, file=path)
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise ScenarioError(message, file=path) from None
    if len(data) > MAX_BYTES:
        message = f"is larger than {MAX_BYTES:,} bytes, too large for a scenario"
        raise ScenarioError(message, file=path)
    try:
        text = data.decode("utf-8-sig")
        tables = tomllib.loads(text)
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 text (byte {error.start})"
        raise ScenarioError(message, file=path) from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column \d+\)", str(error))
        message = f"is not valid TOML: {re.sub(r' ?[(]at .*[)]', '', str(error))}"
        raise ScenarioError(message, file=path, line=int(place[1]) if place else None) from None
    except (RecursionError, ValueError) as error:
        message = f"is not valid TOML: {type(error).__name__.lower()} while reading"
        raise ScenarioError(message, file=path) from None
    if _depth(tables) > MAX_DEPTH:
        message = f"is nested more than {MAX_DEPTH} tables deep"
        raise ScenarioError(message, file=path)
    return text, tables


def _depth(value: Any, level: int = 0) -> int:
    if level > MAX_DEPTH or not isinstance(value, dict | list):
        return level
    items = value.values() if isinstance(value, dict) else value
    return max((_depth(item, level + 1) for item in items), default=level)


def _parent(
    own: Mapping[str, Any], path: Path, text: str, seen: list[Path]
) -> tuple[str | None, dict[str, Any] | None]:
    """The name and the resolved tables that a file extends."""
    name = own.get("extends")
    if name is None:
        return None, None
    line = find_line(text, "extends")
    if not isinstance(name, str):
        message = f"must be a preset name or a path, not {name!r}"
        raise ScenarioError(message, file=path, line=line, key="extends")
    try:
        target = find(path.parent / name if name.endswith(".toml") else name)
    except ScenarioError as error:
        raise ScenarioError(error.message, file=path, line=line, key="extends") from None
    if target.resolve() in seen:
        chain = " -> ".join(p.name for p in [*seen, target])
        message = f"extends itself: {chain}"
        raise ScenarioError(message, file=path, line=line, key="extends")
    if len(seen) > MAX_PARENTS:
        message = f"extends more than {MAX_PARENTS} files in a row"
        raise ScenarioError(message, file=path, line=line, key="extends")
    parent_text, parent_own = read_tables(target)
    _, grandparent = _parent(parent_own, target, parent_text, [*seen, target.resolve()])
    return name, _inherit(grandparent, parent_own)


def _inherit(parent: Mapping[str, Any] | None, own: Mapping[str, Any]) -> dict[str, Any]:
    """The child's tables over the parent's; ``unset`` names inherited keys to drop."""
    base = {
        k: v for k, v in (parent or {}).items() if k not in ("provenance", "published", "name", "description")
    }
    for dotted in own.get("unset", ()):
        remove(base, str(dotted))
    return merge(base, {k: v for k, v in own.items() if k not in ("extends", "unset")})


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables merged key by key; a number given as a table replaces, it does not mix.

    >>> merge({"slo": {"tpot_s": 1, "ttft_s": 2}}, {"slo": {"tpot_s": {"low": 1, "high": 2}}})
    {'slo': {'tpot_s': {'low': 1, 'high': 2}, 'ttft_s': 2}}
    """
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        if (
            isinstance(old, Mapping)
            and isinstance(value, Mapping)
            and not _NUMBER_KEYS & (set(old) | set(value))
        ):
            result[key] = merge(old, value)
        else:
            result[key] = value
    return result


def remove(tables: dict[str, Any], dotted: str) -> None:
    """Drop a dotted key from nested tables, copying the tables on the way."""
    head, _, rest = dotted.partition(".")
    if not rest:
        tables.pop(head, None)
    elif isinstance(tables.get(head), Mapping):
        inner = dict(tables[head])
        remove(inner, rest)
        tables[head] = inner


def validate(tables: Mapping[str, Any], *, file: Path | None = None, text: str = "") -> Scenario:
    """The scenario of these tables.

    Raises:
        ScenarioError: The first thing that does not fit, with line, key and the nearest valid key.
    """
    plain = {k: v for k, v in tables.items() if k not in ("extends", "unset")}
    try:
        return Scenario.model_validate(plain)
    except ValidationError as error:
        raise _scenario_error(error, file, text) from None


def _scenario_error(error: ValidationError, file: Path | None, text: str) -> ScenarioError:
    """One clear line from a validation error."""
    first = error.errors()[0]
    where = [str(p) for p in first["loc"] if not str(p).startswith(("function-", "literal["))]
    dotted = ".".join(where)
    message = str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        known = _keys_at(where[:-1])
        hint = nearest(where[-1], known) or f"known keys are {', '.join(sorted(known))}"
        message = f"unknown key: {hint}"
    elif first["type"] == "literal_error":
        message = f"must be {first['ctx']['expected']}, not {first['input']!r}"
    elif first["type"] in ("model_type", "model_attributes_type", "dict_type"):
        message = f"must be a table, not {first['input']!r}"
    elif not message.startswith("must"):
        message = f"{message[:1].lower()}{message[1:]}, not {first['input']!r}"
    return ScenarioError(
        message, file=file, line=find_line(text, dotted) if text else None, key=dotted or None
    )


def _keys_at(path: list[str]) -> set[str]:
    """The keys that a table of the schema knows."""
    model: type[BaseModel] = Scenario
    for part in path:
        field = model.model_fields.get(part)
        inner = None if field is None else _section_type(field.annotation)
        if inner is None:
            return set()
        model = inner
    return set(model.model_fields) | ({"extends", "unset"} if model is Scenario else set())


def _section_type(annotation: Any) -> type[BaseModel] | None:
    """The table type behind an annotation such as ``PrefillPool | None``."""
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def with_values(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """The scenario with dotted keys set; ``None`` drops a key back to its default.

    Raises:
        ScenarioError: A key or value does not fit.
    """
    tables = scenario.model_dump(mode="python", exclude_unset=True)
    for dotted, value in changes.items():
        if value is None:
            remove(tables, dotted)
        else:
            nested: Any = value
            for part in reversed(dotted.split(".")):
                nested = {part: nested}
            tables = merge(tables, nested)
    return validate(tables)


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
        message = f"{text!r} is no assignment: write SECTION.KEY=VALUE, for example workload.batch=64"
        raise ScenarioError(message)
    if not value:
        return key, None
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError, ValueError, KeyError):
        return key, value


def scenario_hash(scenario: Scenario) -> str:
    """sha256 of the resolved scenario: everything that can change a number, defaults included."""
    values = scenario.model_dump(mode="json", exclude=_NOT_HASHED)
    return hashlib.sha256(json.dumps(_canonical(values), sort_keys=True).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    """Equal numbers written alike: 64 and 64.0 are the same scenario."""
    if isinstance(value, Mapping):
        return {k: _canonical(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(v) for v in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return value


def _provenance_notes(scenario: Scenario) -> tuple[str, ...]:
    made = scenario.provenance
    if made is None or (made.inferscope == __version__ and made.data == DATA_DATE):
        return ()
    then = f"saved with inferscope {made.inferscope} and data of {made.data}"
    return (f"{then}; this is {__version__} with data of {DATA_DATE}: numbers may differ",)


def save(
    scenario: Scenario,
    target: str | Path,
    *,
    extends: str | None = None,
    parent: Mapping[str, Any] | None = None,
) -> Path:
    """Write a scenario: only differences, keys sorted, in one step.

    Args:
        scenario: What to save.
        target: A preset name (saved in the user's folder) or a path ending in ``.toml``.
        extends: The preset it builds on, if any.
        parent: The resolved tables of that preset.

    Returns:
        The file. Where the old one held comments, it is kept beside it as ``NAME.toml~``.

    Raises:
        ScenarioError: The name is not allowed, or the disk says no; the old file is then unchanged.
    """
    path = _target(target)
    text = to_toml(scenario, extends=extends, parent=parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        old = path.read_text(encoding="utf-8") if path.is_file() else ""
        if any(line.lstrip().startswith("#") for line in old.splitlines()):
            write_atomic(path.with_name(path.name + "~"), old)
        write_atomic(path, text)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"cannot be saved: {reason}; nothing was changed"
        raise ScenarioError(message, file=path) from None
    return path


def _target(target: str | Path) -> Path:
    text = str(target)
    if isinstance(target, Path) or text.endswith(".toml") or "/" in text or os.sep in text:
        path = Path(text).expanduser()
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


def to_toml(
    scenario: Scenario, *, extends: str | None = None, parent: Mapping[str, Any] | None = None
) -> str:
    """The text of a scenario file: what differs from the parent, or from the defaults."""
    import tomli_w  # noqa: PLC0415  (only when saving)

    values = scenario.to_dict()
    values.pop("provenance", None)
    head: dict[str, Any] = {"schema_version": scenario.schema_version}
    made: dict[str, Any] = {"inferscope": __version__, "data": DATA_DATE}
    if extends is not None and parent is not None:
        base = validate({k: v for k, v in parent.items() if k not in ("name", "description", "published")})
        own, gone = difference(base.to_dict(), values)
        head["extends"] = extends
        made["parent_hash"] = scenario_hash(base)
        if gone:
            head["unset"] = sorted(gone)
        values = own
    values.pop("schema_version", None)
    scalars = {k: v for k, v in sorted(values.items()) if not isinstance(v, Mapping)}
    tables = {k: _sorted(v) for k, v in sorted(values.items()) if isinstance(v, Mapping)}
    return tomli_w.dumps({**head, **scalars, **tables, "provenance": made})


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(item) for key, item in sorted(value.items())}
    return [_sorted(item) for item in value] if isinstance(value, list | tuple) else value


def difference(
    base: Mapping[str, Any], values: Mapping[str, Any], prefix: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """What ``values`` adds to or changes in ``base``, and the dotted keys it lacks."""
    own: dict[str, Any] = {}
    gone = [f"{prefix}{key}" for key in base if key not in values]
    for key, value in values.items():
        old = base.get(key)
        if (
            isinstance(old, Mapping)
            and isinstance(value, Mapping)
            and not _NUMBER_KEYS & (set(old) | set(value))
        ):
            inner, lost = difference(old, value, f"{prefix}{key}.")
            gone += lost
            if inner:
                own[key] = inner
        elif _canonical(old) != _canonical(value):
            own[key] = value
    return own, gone


def write_atomic(path: Path, text: str) -> None:
    """Replace a file in one step: a full disk or a kill leaves the old one whole.

    Raises:
        OSError: The disk says no; nothing was changed.
    """
    import tempfile  # noqa: PLC0415  (only when saving)

    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            os.chmod(name, path.stat().st_mode & 0o777)  # noqa: PTH101
        else:
            os.chmod(name, 0o666 & ~_umask())  # noqa: PTH101
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def load_scenario(preset: str | Path) -> Scenario:
    """The scenario of a preset name or a path, without where it came from.

    Raises:
        ScenarioError: As :func:`load`.
    """
    return load(preset).scenario
