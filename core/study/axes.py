"""The axes of a sweep: what text asks for, and whether a scenario can take it.

>>> parse_axis("workload.batch=1:64:4:log").values
array([ 1.,  4., 16., 64.])
>>> parse_axis("optimizations.weight_format=fp8,bf16").values
('fp8', 'bf16')
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from inferscope.core import catalog
from inferscope.core.bind import bind
from inferscope.core.errors import ScenarioError, ValueRefusedError, brief, nearest
from inferscope.core.graph import REGISTRY, Array
from inferscope.core.scenario.bounds import Limits
from inferscope.core.scenario.files import with_values
from inferscope.core.scenario.schema import Scenario
from inferscope.core.study.inputs import INPUTS, limits
from inferscope.core.study.records import RECORDS
from inferscope.core.study.spacing import even, logarithmic

__all__ = ["MOST_VALUES", "Axis", "AxisError", "axes_of", "check", "parse_axis", "records", "unit_of"]

MOST_VALUES = 10_000_000
"""Values that one axis may hold: they are kept in memory, the points are not."""

_FORMS = "KEY=v1,v2,..., KEY=lo:hi:n or KEY=lo:hi:n:log"
_KEY = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*")
_NUMBER = re.compile(r"[+-]?(\d+(_\d+)*\.?\d*|\.\d+)([eE][+-]?\d+)?")
_PART = re.compile(r"""\s*("[^"]*"|'[^']*'|[^,]*)\s*(?:,|$)""")
"""A value up to its comma; one in quotes holds commas."""
_TOGETHER = {
    "count",
    "replicas",
    "server_w",
    *(f"{p}_parallel" for p in ("tensor", "pipeline", "data", "expert")),
}
"""Keys of which a value may be right beside others and wrong alone."""


class AxisError(ScenarioError):
    """An axis cannot be read, or asks for what no scenario takes; no file is to blame."""


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """A key and the values it takes.

    Attributes:
        key: The scenario's dotted key.
        values: Numbers ``(m,)``; a tuple where one of them is none: text, true or false, dates.
        text: The values as they were asked for.
    """

    key: str
    values: Array | tuple[Any, ...]
    text: str

    def __len__(self) -> int:
        """How many values."""
        return len(self.values)

    @property
    def numbers(self) -> Array | None:
        """The values, where all are numbers."""
        return self.values if isinstance(self.values, np.ndarray) else None

    def at(self, place: int) -> Any:
        """One value, as a scenario takes it."""
        value = self.values[place]
        return plain(float(value)) if isinstance(self.values, np.ndarray) else value


def plain(value: float) -> int | float:
    """A whole number as such.

    >>> plain(8.0), plain(0.05)
    (8, 0.05)
    """
    return int(value) if value == int(value) and abs(value) < 1e15 else value


def unit_of(key: str) -> str:
    """The unit of a key's numbers; empty where it has none."""
    known = REGISTRY.inputs.get(key.replace(".", "_"))
    return known.unit if known else next((item.unit for item in INPUTS if item.key == key), "")


def axes_of(asked: Mapping[str, Any] | Iterable[str]) -> tuple[Axis, ...]:
    """Axes from texts ``KEY=...``, or from a mapping of keys to values or to what stands after ``=``.

    Raises:
        ScenarioError: A text cannot be read, an axis is empty, or a key comes twice.
    """
    if isinstance(asked, Mapping):
        found = [_of(key, given) for key, given in asked.items()]
    else:
        found = [parse_axis(text) for text in asked]
    for place, axis in enumerate(found):
        if axis.key in [other.key for other in found[:place]]:
            message = "is given two axes: keep one of them"
            raise AxisError(message, key=axis.key)
    return tuple(found)


def _of(key: str, given: Any) -> Axis:
    """An axis of values that a program gives."""
    if isinstance(given, str):
        return parse_axis(f"{key}={given}")
    values = given.tolist() if isinstance(given, np.ndarray) else list(given)
    if not values:
        message = "has no values"
        raise AxisError(message, key=key)
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return Axis(key, _finite(key, np.array(values, dtype=np.float64)), _list(values))
    return Axis(key, tuple(values), _list(values))


def _list(values: Sequence[Any]) -> str:
    shown = ",".join(word(value) for value in values[:20])
    return shown if len(values) <= 20 else f"{shown},... ({len(values)} values)"


def word(value: Any) -> str:
    """A value of an axis as text.

    >>> word(True), word(8.0), word("fp8")
    ('true', '8', 'fp8')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}" if isinstance(value, int | float) else str(value)


def parse_axis(text: str) -> Axis:
    """``KEY=v1,v2,...``, ``KEY=lo:hi:n[:log]``, or a search such as ``model.id=family:llama``.

    Raises:
        ScenarioError: It is none of these, or holds no value.
    """
    key, equals, rest = (part.strip() for part in text.partition("="))
    if not equals or not _KEY.fullmatch(key):
        message = f"{brief(text)} is no axis: write {_FORMS}"
        raise ScenarioError(message)
    parts = _parts(rest)
    if not all(parts):
        message = f"has an empty value in {brief(rest)}" if rest else f"has no values: write {_FORMS}"
        raise AxisError(message, key=key)
    if key in RECORDS:
        return Axis(key, _once(key, [name for part in parts for name in records(key, _unquoted(part))]), rest)
    if ":" in rest and not _is_timed(rest):
        return Axis(key, _range(key, rest), rest)
    values = [_value(part) for part in parts]
    for part, value in zip(parts, values, strict=True):
        if isinstance(value, float) and not math.isfinite(value):
            message = f"must be finite, not {brief(part)}"
            raise AxisError(message, key=key)
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return Axis(key, _finite(key, np.array(values, dtype=np.float64)), rest)
    return Axis(key, tuple(plain(v) if isinstance(v, float) else v for v in values), rest)


def _parts(text: str) -> list[str]:
    r"""What stands between commas, those in quotes aside.

    >>> _parts('a, "b,c" ,d'), _parts("1,,2"), _parts("it's,5\"")
    (['a', '"b,c"', 'd'], ['1', '', '2'], ["it's", '5"'])
    """
    found, place = [], 0
    while place <= len(text):
        part = _PART.match(text, place)
        if part is None or part.end() == place == len(text):
            found.append(text[place:].strip())
            break
        found.append(part[1].strip())
        place = part.end() + (part[0][-1:] != ",")
    return found


def _unquoted(text: str) -> str:
    """A name without the quotes around it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _once(key: str, names: Iterable[str]) -> tuple[str, ...]:
    """Names of records, each record under the first of its names."""
    found: dict[str, str] = {}
    for name in names:
        try:
            found.setdefault(catalog.resolve(RECORDS[key], name), name)
        except catalog.UnknownIdError:
            found.setdefault(name, name)  # what is wrong with it is said when all are checked
    return tuple(found.values())


def _is_timed(text: str) -> bool:
    """Whether the colons are those of text in quotes."""
    return text.startswith(('"', "'"))


def _value(text: str) -> Any:
    """A number, true or false, a date, or text, as ``--set`` reads it."""
    if _NUMBER.fullmatch(text):
        return float(text)
    try:
        found = tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError, ValueError, KeyError):
        return text
    return found if isinstance(found, bool | str | dt.date) else text


def _finite(key: str, values: Array) -> Array:
    if len(values) > MOST_VALUES:
        raise AxisError(_too_many(len(values)), key=key)
    if not np.isfinite(values).all():
        message = f"must be finite, not {values[~np.isfinite(values)][0]:g}"
        raise AxisError(message, key=key)
    return values


def _too_many(count: int) -> str:
    return f"asks for {count:,} values; an axis holds at most {MOST_VALUES:,}"


def _range(key: str, text: str) -> Array:
    """The numbers of ``lo:hi:n`` or ``lo:hi:n:log``; whole ones without repeats where the key is whole."""
    parts = [part.strip() for part in text.split(":")]
    is_log = len(parts) == 4 and parts[3] == "log"
    if len(parts) not in (3, 4) or (len(parts) == 4 and parts[3] not in ("log", "lin")):
        message = f"{brief(text)} is no range: write lo:hi:n, or lo:hi:n:log"
        raise AxisError(message, key=key)
    low, high, count = (_end(key, part, text) for part in parts[:3])
    if count != int(count) or count < 2:
        message = f"needs a whole number of values from 2 on in {brief(text)}, not {parts[2]}"
        raise AxisError(message, key=key)
    if low >= high:
        state = "is reversed" if low > high else "is empty"
        hint = f"write {parts[1]}:{parts[0]}:{parts[2]}" if low > high else f"write {key}={parts[0]}"
        message = f"the range {brief(text)} {state}: {hint}"
        raise AxisError(message, key=key)
    if is_log and low <= 0:
        message = f"a logarithmic range starts above 0, not at {parts[0]}"
        raise AxisError(message, key=key)
    if count > MOST_VALUES:
        raise AxisError(_too_many(int(count)), key=key)
    return _spread(key, low, high, int(count), is_log=is_log)


def _spread(key: str, low: float, high: float, count: int, *, is_log: bool) -> Array:
    bounds = limits(key)
    is_whole = bounds.whole or any(item.key == key and item.is_whole for item in INPUTS)
    if is_whole:
        _held(key, bounds, low, high)
    share = np.arange(count, dtype=np.float64) / (count - 1)
    values = logarithmic(low, high, share) if is_log else even(low, high, share)
    values[0], values[-1] = low, high
    if not is_whole:
        return values
    rounded = np.round(values)
    kept: Array = rounded[np.append(True, np.diff(rounded) > 0)]
    return kept


def _held(key: str, bounds: Limits, *ends: float) -> None:
    """Hold the ends of a range to the bounds as they were written, before they are rounded."""
    for end in ends:
        try:
            bounds.check(plain(end))
        except ValueError as error:
            raise AxisError(str(error), key=key) from None


def _end(key: str, text: str, whole: str) -> float:
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        message = f"needs plain numbers in lo:hi:n, not {brief(text)} in {brief(whole)}"
        raise AxisError(message, key=key)
    return float(text)


# --- the catalogue -------------------------------------------------------------------------------


def records(key: str, text: str) -> tuple[str, ...]:
    """The identifiers that a part of an axis names: itself, a pattern with ``*``, or ``FIELD:TEXT``.

    Several fields that must hold together are joined by ``+``.
    """
    kind = RECORDS[key]
    if ":" in text:
        wanted = [part.partition(":") for part in text.split("+")]
        found = [name for name in catalog.ids(kind) if all(_has(key, name, *w) for w in wanted)]
    elif "*" in text:
        found = fnmatch.filter(catalog.ids(kind), text.lower() if kind != "region" else text.upper())
    else:
        return (text,)
    if not found:
        message = f"no {kind} of the catalogue has {brief(text)}; `inferscope list {kind}s` shows all"
        raise AxisError(message, key=key)
    return tuple(found)


def _has(key: str, name: str, field: str, colon: str, text: str) -> bool:
    """Whether a record's field has a word that starts with a text."""
    facts = _facts(RECORDS[key], name)
    field, text = field.strip(), text.strip()
    if not colon or field not in facts or not text:
        known = ", ".join(sorted(facts))
        hint = nearest(field, facts)
        message = f"cannot search for {brief(f'{field}{colon}{text}')}: {hint or f'fields are {known}'}"
        raise AxisError(message, key=key)
    text = _country(text) if field in _OF_COUNTRIES else text
    return re.search(rf"(?<!\w){re.escape(text.casefold())}", facts[field].casefold()) is not None


_OF_COUNTRIES = ("designed_in", "fabricated_in")


def _country(text: str) -> str:
    """The code that the catalogue gives countries of chips, for a code or a name of a region."""
    try:
        return str(catalog.region(text).text["iso2"])
    except catalog.UnknownIdError:
        return text


def _facts(kind: str, name: str) -> dict[str, str]:
    """What a record can be searched by."""
    look_up = {"accelerator": catalog.accelerator, "model": catalog.model, "region": catalog.region}[kind]
    record = look_up(name)
    fields = dict.fromkeys(_fields(kind), "")
    said = {field: word(value) for field, value in record.text.items() if isinstance(value, str | bool)}
    family = " ".join(re.findall(r"[a-z]+", name))
    own = "user" if record.origin else "shipped"
    return fields | said | {"id": name, "name": record.name, "family": family, "origin": own}


def _fields(kind: str) -> tuple[str, ...]:
    from inferscope.core.catalog import schema  # noqa: PLC0415  (only for searches)

    texts = {"accelerator": schema.ACCELERATOR_TEXT, "model": schema.MODEL_TEXT, "region": schema.REGION_TEXT}
    return tuple(field for field, type_ in texts[kind].items() if type_ in (str, bool))


# --- whether a scenario can take them ------------------------------------------------------------


def check(scenario: Scenario, axes: Sequence[Axis]) -> None:
    """Refuse values that no scenario takes, before anything runs.

    A value that does not go with others is left: those points say why they have no numbers.

    Raises:
        ScenarioError: A key is unknown, or a value of it out of bounds, misspelt or in another unit.
    """
    for axis in axes:
        others = {other.key: other.at(0) for other in axes if other is not axis}
        for value in _telling(axis):
            try:
                if axis.key in RECORDS:
                    _known(axis.key, value)
                    continue
                bind([with_values(scenario, {**others, axis.key: value})])
            except ScenarioError as error:
                if _is_about(error, axis.key):
                    raise AxisError(error.message, key=error.key) from None
                _unless_elsewhere(scenario, error, axes)


def _known(key: str, name: Any) -> None:
    """Refuse a name that the catalogue does not have."""
    if not isinstance(name, str):
        message = f"must be the name of a record of the catalogue, not {brief(name)}"
        raise AxisError(message, key=key)
    try:
        catalog.resolve(RECORDS[key], name)
    except catalog.UnknownIdError as error:
        raise AxisError(error.message, key=key) from None


def _telling(axis: Axis) -> Iterator[Any]:
    """The values that can be wrong: the ends of numbers, and the first that is not whole."""
    numbers = axis.numbers
    if numbers is None:
        yield from {(type(value), repr(value)): value for value in axis.values}.values()  # true is not 1
        return
    split = numbers[numbers != np.floor(numbers)][:1]
    yield from (plain(float(v)) for v in dict.fromkeys([numbers.min(), numbers.max(), *split]))


def _is_about(error: ScenarioError, key: str) -> bool:
    """Whether an error is about the key or its value, rather than about its company."""
    where = error.key or ""
    if isinstance(error, ValueRefusedError):
        return where == key or key.startswith(f"{where}.") or where.startswith(f"{key}.")
    return where == key and key.rpartition(".")[2] not in _TOGETHER


def _unless_elsewhere(scenario: Scenario, error: ScenarioError, axes: Sequence[Axis]) -> None:
    """Raise what is wrong with the scenario itself, whatever the axes say."""
    if error.key in [axis.key for axis in axes]:
        return
    try:
        bind([scenario])
    except ScenarioError as same:
        if same.message == error.message:
            raise same from None
