"""What is copied of a number: label, value, unit, scenario and source, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inferscope.core import DATA_DATE, __version__

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from inferscope.core.policy.plane import Chip
    from inferscope.core.study.compare import Comparison
    from inferscope.tui.answer import Answer
    from inferscope.tui.fields import Field
    from inferscope.tui.session import Session


def quantity_text(answer: Answer, name: str, session: Session) -> str:
    """A quantity of an answer."""
    from inferscope.core.graph import REGISTRY
    from inferscope.core.shown import shown

    entry = answer.entry(name)
    about = {"basis": entry.get("basis"), "boundary": entry.get("boundary"), "source": entry["source"]}
    return _line(
        REGISTRY.quantities[name].label, shown(entry, name), _exact(entry, name), about, session.title
    )


def _exact(entry: Mapping[str, Any], name: str) -> str:
    value = entry["value"]
    if isinstance(value, float):
        return f"{name} = {value:.12g} {entry['unit']}"
    return name


def field_text(answer: Answer | None, field: Field, session: Session) -> str:
    """A line of the scenario."""
    value = " ".join(part for part in field.display(session.scenario, answer) if part)
    exact, source = field.key, "the scenario"
    if field.leaf and answer is not None:
        leaf = answer.leaf(field.leaf)
        exact = f"{field.key} = {leaf.value:.12g}"
        source = leaf.source or leaf.note or leaf.kind
    return _line(field.label, value, exact, {"source": source}, session.title)


def rule_text(entry: Mapping[str, Any], session: Session) -> str:
    """A verdict on a rule."""
    margin = entry["margin_oom"]
    distance = "" if margin is None else f", {margin:+.2f} orders of magnitude from the line"
    value = f"{str(entry['verdict']).replace('_', ' ')} on {entry['as_of']}{distance}"
    label = f"{entry['title']} ({entry['jurisdiction']})"
    return _line(label, value, str(entry["id"]), {"source": entry["source"]}, session.title)


_MAKE_A_CHIP = ("_flop_per_s", "dram_bandwidth_bytes_per_s", "scaleup_bytes_per_s", "die_area_mm2")
"""What the figures of the map are computed from."""


def chip_text(chip: Chip) -> str:
    """A chip of the map."""
    from inferscope.core import catalog
    from inferscope.core.leaves.hardware import chip_leaves

    figures = {
        "TPP": (chip.tpp, ""),
        "DRAM bandwidth": (chip.dram_bandwidth_gb_s, " GB/s"),
        "I/O bandwidth": (chip.io_bandwidth_gb_s, " GB/s"),
        "performance density": (chip.performance_density, " TPP/mm2"),
    }
    value = ", ".join(f"{name} {x:,.5g}{unit}" for name, (x, unit) in figures.items() if x > 0)
    leaves = chip_leaves(catalog.accelerator(chip.id), {}, "hardware")
    sources = [leaf.source for name, leaf in leaves.items() if name.endswith(_MAKE_A_CHIP) and leaf.source]
    source = ", ".join(dict.fromkeys(sources))
    return _line(chip.name, value, chip.id, {"source": source}, "")


def compared_text(comparison: Comparison, row: str) -> str:
    """A row of a comparison, by the id that it has in the table."""
    from inferscope.core.export.differences import cell_text
    from inferscope.core.shown import shown

    kind, _, name = row.partition(":")
    source = "the scenarios"
    if kind == "out":
        output = next(item for item in comparison.outputs if item.quantity == name)
        label, values = output.label, [shown(entry, name) for entry in output.entries]
        source = str(output.entries[0]["source"])
    elif kind == "in":
        values = [cell_text(cell) for item in comparison.inputs if item.key == name for cell in item.values]
        label = name
    else:
        rule = next(item for item in comparison.policy if item.id == name)
        label, values = rule.title, list(rule.words)
        source = next(entry["source"] for entry in comparison.reports[0]["policy"] if entry["id"] == name)
    value = ", ".join(f"{value} in {name}" for name, value in zip(comparison.names, values, strict=True))
    return _line(label, value, name, {"source": source}, "")


def study_text(title: str, row: str) -> str:
    """A row of a study."""
    return _line(title, row, "a study", {}, "")


def said_text(title: str, sentence: str, scenario: str = "") -> str:
    """A sentence that a view says."""
    return _line(title, sentence, "a view", {}, scenario)


def _line(label: str, value: str, exact: str, about: Mapping[str, Any], scenario: str) -> str:
    parts = [
        exact,
        *([f"scenario: {scenario}"] if scenario else []),
        *(f"{name}: {words}" for name, words in about.items() if words),
    ]
    text = f"{label}: {value} ({'; '.join(parts)}; inferscope {__version__}, data of {DATA_DATE})"
    return " ".join(text.split())
