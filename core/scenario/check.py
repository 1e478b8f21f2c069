"""Checking tables against the schema, with one clear line for the first thing that does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from inferscope.core.errors import ScenarioError, ValueRefusedError, brief, nearest
from inferscope.core.scenario.lines import find_line
from inferscope.core.scenario.schema import Overridable, Scenario
from inferscope.core.scenario.tables import fault, shown_key

FILE_KEYS = ("extends", "unset")
"""Keys that only files have; they are gone once a scenario is resolved."""

_WORDS = {
    "string_type": "must be text",
    "string_unicode": "must be text in Unicode",
    "bool_type": "must be true or false",
    "float_type": "must be a number",
    "finite_number": "must be finite",
    "tuple_type": "must be a list",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "dict_type": "must be a table",
}
"""What pydantic finds, in the words of this program."""


def validate(tables: Mapping[str, Any], *, file: Path | None = None, text: str = "") -> Scenario:
    """The scenario of these tables.

    Args:
        tables: Resolved tables, without ``extends`` and ``unset``.
        file: The file they come from, for messages.
        text: Its text, for the line.

    Raises:
        ScenarioError: The first thing that does not fit, with line, key and the nearest valid key.
    """
    if found := fault(tables):
        key, message = found
        line = find_line(text, key) if text else None
        raise ValueRefusedError(message, file=file, line=line, key=shown_key(key))
    try:
        return Scenario.model_validate(dict(tables))
    except ValidationError as error:
        raise _scenario_error(error, file, text) from None


def _scenario_error(error: ValidationError, file: Path | None, text: str) -> ScenarioError:
    """One clear line from a validation error."""
    first = error.errors()[0]
    where = [str(p) for p in first["loc"] if not str(p).startswith(("function-", "literal["))]
    dotted = ".".join(where)
    message = _message(first, where)
    if any(other.get("ctx", {}).get("expected") == "'auto'" for other in error.errors()[1:2]):
        message = message.replace("must be a number", "must be auto, a number", 1)
    is_of_table = first["type"] == "value_error" and model_at(where) is not None  # keys that go together
    cause = ScenarioError if is_of_table else ValueRefusedError
    return cause(message, file=file, line=find_line(text, where) if text else None, key=dotted or None)


def _message(first: Mapping[str, Any], where: list[str]) -> str:
    """What was wrong and what would be right."""
    kind, given = str(first["type"]), brief(first.get("input"))
    said = str(first["msg"]).removeprefix("Value error, ")
    limits = first.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(where)
    if kind == "value_error":  # a validator of the schema, which says what it was given
        return said
    if kind == "missing":
        return "is missing"
    if kind == "literal_error":
        said = f"must be {limits['expected']}"
    elif kind == "string_too_long":
        said = f"must be at most {limits['max_length']:,} characters long"
    else:
        said = _WORDS.get(kind, f"{said[:1].lower()}{said[1:]}")
    return f"{said}, not {given}"


def _unknown_key(where: list[str]) -> str:
    """What to write instead of a key that the schema does not have."""
    *sections, last = where
    if not sections and last in FILE_KEYS:
        return "stands in files only; name the preset to start from instead"
    known = _keys_at(sections)
    deeper = [] if sections else [key for key in schema_keys() if key.rpartition(".")[2] == last]
    hint = f"did you mean {', '.join(deeper)}?" if deeper else nearest(last, known)
    return f"unknown key: {hint}" if hint else f"unknown key: known keys are {', '.join(sorted(known))}"


def check_unset(dotted: str) -> None:
    """Refuse a name under ``unset`` that no scenario has.

    Raises:
        ScenarioError: It names the nearest key.
    """
    *sections, last = dotted.split(".")
    model = model_at(sections)
    free = sections and sections[0] in ("calibration", "pins")
    if free or (model is not None and (last in model.model_fields or issubclass(model, Overridable))):
        return
    known = _keys_at(sections) if model else set(Scenario.model_fields)
    hint = nearest(last if model else sections[0], known)
    message = f"there is no key {dotted[:80]!r} to drop{f': {hint}' if hint else ''}"
    raise ScenarioError(message)


def _keys_at(path: list[str]) -> set[str]:
    """The keys that a table of the schema knows."""
    model = model_at(path)
    if model is None:
        return set()
    return set(model.model_fields) | (set(FILE_KEYS) if model is Scenario else set())


def model_at(path: list[str]) -> type[BaseModel] | None:
    """The table of the schema at a path of keys; None where there is none."""
    model: type[BaseModel] = Scenario
    for part in path:
        field = model.model_fields.get(part)
        inner = None if field is None else _section_type(field.annotation)
        if inner is None:
            return None
        model = inner
    return model


def schema_keys(model: type[BaseModel] = Scenario, prefix: str = "") -> list[str]:
    """Every dotted key of the schema, in its order."""
    found = []
    for name, field in model.model_fields.items():
        inner = _section_type(field.annotation)
        found += schema_keys(inner, f"{prefix}{name}.") if inner else [f"{prefix}{name}"]
    return found


def _section_type(annotation: Any) -> type[BaseModel] | None:
    """The table type behind an annotation such as ``PrefillPool | None``; it may read numbers too."""
    parts = (annotation, *getattr(annotation, "__args__", ()))
    for candidate in (getattr(part, "__origin__", part) for part in parts):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
