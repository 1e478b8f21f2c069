"""One object of a ``config.json``: typed look-ups that remember which keys were understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from inferscope.core.errors import CatalogError, brief

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["MOST", "Table"]

MOST: Final = 100_000_000
"""The largest size that a model may state."""

Item = TypeVar("Item")


class Table:
    """One object of the file.

    A key whose value is ``null`` counts as absent. Every key that is asked for is remembered, so that
    what nobody asked for can be named.

    Args:
        values: The object's keys and values.
        at: What stands before its keys in messages, such as ``text_config.``.

    Attributes:
        at: The same.
        seen: Keys that were asked for.
    """

    def __init__(self, values: Mapping[str, Any], at: str = "") -> None:
        self._values = values
        self.at = at
        self.seen: set[str] = set()

    def refuse(self, name: str, message: str) -> NoReturn:
        """Say what is wrong with one of its keys.

        Raises:
            CatalogError: Always.
        """
        raise CatalogError(message, key=f"{self.at}{name}")

    def has(self, name: str) -> bool:
        """Whether a key is there and not null."""
        self.seen.add(name)
        return self._values.get(name) is not None

    def raw(self, name: str) -> Any:
        """What stands under a key; None where nothing does."""
        self.seen.add(name)
        return self._values.get(name)

    def size(self, *names: str, least: int = 1) -> int:
        """A whole number that has to be there, under the first of several names for it.

        Raises:
            CatalogError: It is missing, no whole number from ``least`` to 1e8, or two of the names
                give different ones.
        """
        found = self.maybe(*names, least=least)
        if found is None:
            others = f" (or {', '.join(names[1:])})" if names[1:] else ""
            message = f"is missing{others}"
            self.refuse(names[0], message)
        return found

    def maybe(self, *names: str, least: int = 1) -> int | None:
        """The same; None where none of the names is there.

        Raises:
            CatalogError: As :meth:`size`, unless it is missing.
        """
        there = [name for name in names if self.has(name)]
        figures = {name: _whole(self, name, self._values[name], least) for name in there}
        for name in there[1:]:
            if figures[name] != figures[there[0]]:
                message = f"is {figures[name]:,}, and {there[0]} is {figures[there[0]]:,}: which one is it?"
                self.refuse(name, message)
        return figures[there[0]] if there else None

    def count(self, *names: str) -> int:
        """A whole number that is 0 where it is absent.

        Raises:
            CatalogError: As :meth:`size`, unless it is missing.
        """
        return self.maybe(*names, least=0) or 0

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false.

        Raises:
            CatalogError: It is neither.
        """
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            message = f"must be true or false, not {brief(value)}"
            self.refuse(name, message)
        return value

    def text(self, *names: str) -> str:
        """A text under the first of several names; empty where none is there.

        Raises:
            CatalogError: It is no text.
        """
        for name in names:
            if self.has(name):
                value = self._values[name]
                if not isinstance(value, str):
                    message = f"must be text, not {brief(value)}"
                    self.refuse(name, message)
                return value
        return ""

    def table(self, name: str) -> Table | None:
        """An object within this one; None where it is absent.

        Raises:
            CatalogError: It is no object.
        """
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            message = f"must be an object, not {brief(value)}"
            self.refuse(name, message)
        return Table(value, f"{self.at}{name}.")

    def tables(self, name: str) -> Mapping[str, Table]:
        """The objects within an object, by name; none where it is absent.

        Raises:
            CatalogError: It is no object of objects.
        """
        outer = self.table(name)
        names = () if outer is None else outer.raw_names()
        found = {inner: outer.table(inner) for inner in names} if outer is not None else {}
        return {inner: table for inner, table in found.items() if table is not None}

    def raw_names(self) -> tuple[str, ...]:
        """The names of its keys, whether asked for or not."""
        return tuple(self._values)

    def items(self, name: str) -> list[Any] | None:
        """A list; None where it is absent.

        Raises:
            CatalogError: It is no list.
        """
        value = self.raw(name)
        if value is not None and not isinstance(value, list):
            message = f"must be a list, not {brief(value)}"
            self.refuse(name, message)
        return value

    def per_layer(
        self, name: str, layers: int, read: Callable[[Any], Item | None], wanted: str, extra: int = 0
    ) -> list[Item] | None:
        """A list with one item a layer, each read; None where it is absent.

        Args:
            name: The key.
            layers: Layers of the stack.
            read: What an item means; None where it means nothing.
            wanted: What an item may be, for the message.
            extra: Further items at the end for layers that predict several tokens ahead.

        Raises:
            CatalogError: It has another length, or an item means nothing.
        """
        items = self.items(name)
        if items is None:
            return None
        if len(items) not in (layers, layers + extra):
            message = f"has {len(items):,} items and must have {layers:,}, one a layer"
            self.refuse(name, message)
        found = []
        for place, item in enumerate(items[:layers]):
            meant = read(item)
            if meant is None:
                message = f"must be {wanted}, not {brief(item)}"
                self.refuse(f"{name}.{place}", message)
            found.append(meant)
        return found

    def letters(
        self, name: str, layers: int, meaning: Mapping[Any, str], wanted: str = "", extra: int = 0
    ) -> str | None:
        """A list with one item a layer as letters; None where it is absent.

        Raises:
            CatalogError: As :meth:`per_layer`.
        """

        def read(item: Any) -> str | None:
            return meaning.get(item) if isinstance(item, str | int) and not isinstance(item, bool) else None

        words = wanted or f"one of {', '.join(map(str, meaning))}"
        found = self.per_layer(name, layers, read, words, extra)
        return None if found is None else "".join(found)

    def places(self, name: str, layers: int, first: int = 0) -> set[int]:
        """A list of layers as places from 0; empty where it is absent.

        Args:
            name: The key.
            layers: Layers of the stack.
            first: The number that the file gives to the first layer.

        Raises:
            CatalogError: One is no layer.
        """
        found = set()
        for place, item in enumerate(self.items(name) or ()):
            number = _whole(self, f"{name}.{place}", item, first)
            if number >= layers + first:
                message = f"must be a layer from {first} to {layers + first - 1:,}, not {number:,}"
                self.refuse(f"{name}.{place}", message)
            found.add(number - first)
        return found

    def alike(self, name: str, least: int = 1) -> int | None:
        """A whole number, or a list of one and the same; None where it is absent.

        Raises:
            CatalogError: The layers differ in it, which one record cannot hold, or it is no whole number.
        """
        value = self.raw(name)
        if not isinstance(value, list):
            return self.maybe(name, least=least)
        found = {_whole(self, f"{name}.{place}", item, least) for place, item in enumerate(value)}
        if len(found) != 1:
            message = f"must be the same in all layers, not {brief(value)}"
            self.refuse(name, message)
        return found.pop()

    def fill(self, usual: Mapping[str, Any]) -> list[str]:
        """Take values for keys that are absent; their names."""
        absent = [name for name in usual if self._values.get(name) is None]
        self._values = {**self._values, **{name: usual[name] for name in absent}}
        return absent

    def unread(self) -> Iterator[tuple[str, Any]]:
        """Keys that nobody asked for, with values that say something: not null, false, 0 or empty."""
        for name, value in self._values.items():
            if name not in self.seen and value not in (None, False, 0, "", [], {}):
                yield name, value

    def forget(self, names: Sequence[str]) -> None:
        """Take keys as understood that change nothing."""
        self.seen.update(names)


def _whole(table: Table, name: str, value: Any, least: int) -> int:
    """A whole number within bounds.

    Raises:
        CatalogError: It is none.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not least <= value <= MOST or value != int(value):
        message = f"must be a whole number from {least} to {MOST:,}, not {brief(value)}"
        table.refuse(name, message)
    return int(value)
