"""What the lists offer: records with the numbers that matter, formats, presets."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from inferscope.core import catalog, units
from inferscope.core.catalog.sources import remember
from inferscope.tui.panels.model import STAND_IN
from inferscope.tui.sizes import clipped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from inferscope.core.catalog import Record, Value
    from inferscope.tui.fields import Field


@dataclass(frozen=True)
class Column:
    """A column: its title over the unit, its width, right-aligned for figures."""

    title: str
    width: int
    right: bool = True


class Row(NamedTuple):
    """One choice: its value, its name, its cells, and the names a filter looks through, or its only one.

    A mark stands behind the name and is never cut.
    """

    value: str
    name: str
    cells: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    only: str = ""
    mark: str = ""

    def rank(self, words: Sequence[str], whole: str) -> int:
        """How well it matches.

        0 has exactly this name, 1 starts with it or has it as a word of its value, 2 contains it, 3 does not.

        >>> [Row(name).rank(["h20"], "h20") for name in ("h20", "h200", "r1-h20", "r1-h200", "h100")]
        [0, 1, 1, 2, 3]
        """
        names = [catalog_words(name) for name in self._searched()]
        text = " ".join(names)
        if not all(word in text for word in words):
            return 3
        starts = any(name.startswith(whole) for name in names[:2]) or whole in self.value.split("-")
        return 0 if whole in names else 1 if starts else 2

    def _searched(self) -> tuple[str, ...]:
        return (self.only,) if self.only else (self.value, self.name, *self.names, self.mark)


@dataclass(frozen=True)
class Choices:
    """Rows to choose from.

    Attributes:
        title: What is chosen.
        columns: The columns after the name.
        rows: What can be chosen.
        legend: What the titles leave open.
        room: Columns that the name has at least, before others get any.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    legend: str = ""
    room: int = 18

    def line(self, name: str, cells: Sequence[str], width: int, mark: str = "") -> str:
        """One row as text; columns that do not fit are left away from the right."""
        kept = self.kept(width)
        room = width - sum(c.width + 2 for c in kept)
        parts = [_padded(f"{clipped(name, room - len(mark))}{mark}", room)]
        for column, cell in zip(kept, cells, strict=False):
            cut = clipped(cell, column.width)
            parts.append(f"{cut:>{column.width}}" if column.right else _padded(cut, column.width))
        return "  ".join(parts)

    def kept(self, width: int) -> tuple[Column, ...]:
        """The columns that fit beside the name."""
        kept: list[Column] = []
        for column in self.columns:
            if self.room + sum(c.width + 2 for c in kept) + column.width + 2 > width:
                break
            kept.append(column)
        return tuple(kept)

    def header(self, width: int) -> str:
        """The titles of the columns."""
        return self.line("", [c.title for c in self.columns], width)

    def matching(self, text: str) -> list[Row]:
        """The rows that contain every word, the best matches first."""
        words, whole = [catalog_words(word) for word in text.split()], catalog_words(text)
        ranked = [(row.rank(words, whole), row) for row in self.rows]
        return [row for rank, row in sorted(ranked, key=lambda pair: pair[0]) if rank < 3]


def _padded(text: str, width: int) -> str:
    """Blanks behind a text, by the columns that it takes."""
    return text + " " * (width - cell_len(text))


def catalog_words(text: str) -> str:
    """Text as a filter compares it."""
    return "".join(ch for ch in text.casefold() if ch.isalnum())


def choices(field: Field, on: dt.date) -> Choices:
    """What a field offers; the rules that accelerators meet are those of a day."""
    if field.key == STAND_IN:
        every = _models()
        open_ones = tuple(row for row in every.rows if catalog.model(row.value).architecture is not None)
        return Choices("Stand-in", every.columns, open_ones, every.legend)
    if field.catalog == "accelerator":
        return _accelerators(on)
    if field.catalog:
        return _RECORDS[field.catalog]()
    if field.key.endswith("_format"):
        return _formats(field)
    if field.key == "optimizations.speculative":
        return _speculation()
    rows = tuple(Row(option, option.replace("_", " ")) for option in field.options())
    return Choices(field.label, (), rows)


def _figure(value: Value, scale: float = 1.0, digits: int = 3) -> str:
    if value.value is None:
        return "no" if value.state == "unsupported" else "?"
    figure = value.value / scale
    return f"{figure:,.0f}" if figure >= 10**digits else f"{figure:.{digits}g}"


def _row(entry: catalog.names.Entry, cells: tuple[str, ...], *names: str) -> Row:
    """One record as a choice; the user's own are marked."""
    mark = " (yours)" if entry.origin else ""
    return Row(entry.id, entry.name, cells, (*entry.aliases, entry.maker, *names), mark=mark)


@remember(4)
def _accelerators(on: dt.date) -> Choices:
    columns = (
        Column("GiB", 5),
        Column("TB/s", 6),
        Column("bf16", 6),
        Column("fp8", 5),
        Column("TDP W", 5),
        Column("USD/h", 5),
        Column("export", 8, right=False),
        Column("release", 7, right=False),
        Column("maker", 12, right=False),
        Column("status", 26, right=False),
        Column("design", 6, right=False),
        Column("made", 4, right=False),
    )
    rows = tuple(_accelerator(entry, on) for entry in catalog.entries("accelerator"))
    legend = f"bf16 and fp8 dense, in PFLOP/s; export: the US line met on {on}; ? unknown, no unsupported"
    return Choices("Accelerator", columns, rows, legend)


def _accelerator(entry: catalog.names.Entry, on: dt.date) -> Row:
    from inferscope.core.policy.chips import export_status

    record = catalog.accelerator(entry.id)
    values, text = record.values, record.text
    price = values["rental_on_demand_usd_per_h"]
    first, more, _ = (export := export_status(record, on)).partition(", ")
    cells = (
        _figure(values["memory_bytes"], units.GIB),
        _figure(values["memory_bandwidth_bytes_per_s"], units.TERA),
        _figure(values["bf16_flop_per_s"], 1e15),
        _figure(values["fp8_flop_per_s"], 1e15),
        _figure(values["tdp_w"], digits=5),
        _figure(price if price.is_known else values["rental_reserved_usd_per_h"]),
        f"{first}{'+' if more else ''}",
        str(text.get("released", "?"))[:7],
        str(text["vendor"]),
        str(text["status"]),
        str(text.get("designed_in", "?")),
        str(text.get("fabricated_in", "?")),
    )
    return _row(entry, cells, str(text["status"]), export, *_places(text))


def _places(text: Mapping[str, object]) -> list[str]:
    """Where a chip was designed and made, as a filter names it: ``designed_in:USA``, or a country."""
    found = [str(text["foundry"])] if "foundry" in text else []
    for field in ("designed_in", "fabricated_in"):
        if code := text.get(field):
            region = catalog.region(str(code))
            found += [f"{field}:{word}" for word in (str(code), region.id, region.name)]
    return found


@remember(1)
def _models() -> Choices:
    columns = (
        Column("params", 7),
        Column("active", 6),
        Column("context", 7),
        Column("release", 7, right=False),
        Column("licence", 15, right=False),
        Column("native", 6, right=False),
        Column("developer", 16, right=False),
    )
    rows = tuple(map(_model, catalog.entries("model")))
    return Choices("Model", columns, rows, "~ an estimate, ? unknown; closed: no published architecture")


def _model(entry: catalog.names.Entry) -> Row:
    record = catalog.model(entry.id)
    text = record.text
    context = (record.architecture or {}).get("context")
    cells = (
        _size(record, "total"),
        _size(record, "active"),
        "?" if not context else f"{context / 1024:,.0f}k",
        str(text["released"])[:7],
        str(text["license"]),
        str(text.get("weight_format", "?")) if record.architecture is not None else "closed",
        str(text["developer"]),
    )
    return _row(entry, cells, str(text["license"]))


def _size(record: Record, which: str) -> str:
    """Parameters in billions, as stated; an estimate is marked."""
    for suffix, mark in (("stated", ""), ("estimate", "~")):
        value = record.values[f"{which}_params_{suffix}"].value
        if value is not None:
            billions = value / units.GIGA
            return f"{mark}{billions:,.0f}B" if billions >= 1000 else f"{mark}{billions:.3g}B"
    return "all" if which == "active" else "?"


@remember(1)
def _regions() -> Choices:
    columns = (
        Column("g CO2e/kWh", 10),
        Column("PUE", 5),
        Column("USD/kWh", 7),
        Column("code", 4, right=False),
        Column("part of the world", 24, right=False),
    )
    rows = []
    for entry in catalog.entries("region"):
        values = catalog.region(entry.id).values
        cells = (
            _figure(values["grid_gco2e_per_kwh"]),
            _figure(values["pue"]),
            _figure(values["electricity_usd_per_kwh"], digits=2),
            entry.id,
            entry.maker,
        )
        rows.append(_row(entry, cells))
    return Choices("Region", columns, tuple(rows))


def _formats(field: Field) -> Choices:
    columns = (
        Column("bits", 5),
        Column("computes at", 11, right=False),
        Column("goes with", 12, right=False),
    )
    rows = []
    for name in field.options():
        if name == "native":
            rows.append(Row(name, "native, as the model was released"))
            continue
        form = catalog.format_(name)
        bits = form.kv_bits if field.key.endswith("kv_format") else form.bits_per_weight
        cells = (_figure(bits), form.rate, f"{form.default_activation} act.")
        rows.append(Row(name, name, cells, form.aliases))
    return Choices(field.label, columns, tuple(rows))


def _speculation() -> Choices:
    columns = (Column("drafted", 7), Column("accepted", 8), Column("cost", 6))
    rows = [Row("off", "off")]
    for name, method in catalog.speculative_methods().items():
        accepted = method.acceptance.value
        cells = (
            _figure(method.draft_tokens),
            "?" if accepted is None else f"{100 * accepted:.0f} %",
            _figure(method.draft_cost_ratio),
        )
        rows.append(Row(name, name, cells))
    return Choices("Speculation", columns, tuple(rows))


_RECORDS: dict[str, Callable[[], Choices]] = {
    "model": _models,
    "region": _regions,
}


def presets() -> Choices:
    """Every preset by the question that it answers, or by its title."""
    from inferscope.core.errors import InferscopeError
    from inferscope.core.scenario import files

    shipped = files.shipped_directory().resolve()
    rows = []
    for name, path in files.preset_names().items():
        try:
            _, about = files.read_tables(path)
        except InferscopeError:
            about = {"name": "cannot be read"}
        title, question = (printable(str(about.get(key, ""))) for key in ("name", "question"))
        origin = "shipped" if path.resolve().parent == shipped else "yours"
        asked = question or (f"{name}: {title}" if title else name)
        rows.append(Row(name, asked, (name, origin), (title, origin)))
    columns = (Column("preset", 28, right=False), Column("origin", 7, right=False))
    return Choices("Open", columns, tuple(sorted(rows, key=lambda row: row.cells[1] == "shipped")), room=52)


def openings(*, at_start: bool = False) -> Choices:
    """What can be opened: the files worked on lately, then every preset; at the start questions first."""
    from inferscope.core.scenario.names import user_directory
    from inferscope.presets import ORDER

    known, lately = presets(), recent_files()
    recent_rows = [Row(row.value, row.name, (*row.cells, "recent"), row.names) for row in lately.rows]
    again = {row.value for row in recent_rows}
    rest = [row for row in known.rows if str(user_directory() / f"{row.value}.toml") not in again]
    place = {name: number for number, name in enumerate(ORDER)}
    asked = [row for row in rest if at_start and row.name.endswith("?")]
    asked.sort(key=lambda row: place.get(row.value, len(place)))
    rows = (*asked, *recent_rows, *(row for row in rest if row not in asked))
    title = "What do you want to know?" if at_start else known.title
    return Choices(title, known.columns, rows, known.legend, known.room)


def printable(text: str) -> str:
    """A text of a file with blanks for what would act on the terminal."""
    return "".join(ch if ch.isprintable() else " " for ch in text)


def recent_files() -> Choices:
    """The files worked on lately, the last one first."""
    from inferscope.tui.recent import recent

    rows = tuple(Row(str(path), _from_home(path), (path.stem,), (str(path),)) for path in recent())
    return Choices("Recent files", (Column("name", 27, right=False),), rows, room=40)


def _from_home(path: Path) -> str:
    """A path as people write it."""
    home = type(path).home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def record_id(field: Field, name: object) -> str:
    """The catalogue's own identifier behind an alias; empty where nothing is chosen."""
    return "" if name is None else catalog.resolve(field.catalog, str(name))
