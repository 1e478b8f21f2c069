"""What is copied of a number: label, value, unit, scenario and source, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inferscope.core import DATA_DATE, __version__

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from inferscope.tui.answer import Answer
    from inferscope.tui.fields import Field
    from inferscope.tui.session import Session


def quantity_text(answer: Answer, name: str, session: Session) -> str:
    """A quantity of an answer."""
    from inferscope.core.export.reports import shown
    from inferscope.core.graph import REGISTRY

    entry = answer.entry(name)
    about = {"basis": entry.get("basis"), "boundary": entry.get("boundary"), "source": entry["source"]}
    return _line(REGISTRY.quantities[name].label, shown(entry, name), _exact(entry, name), about, session)


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
    return _line(field.label, value, exact, {"source": source}, session)


def rule_text(entry: Mapping[str, Any], session: Session) -> str:
    """A verdict on a rule."""
    margin = entry["margin_oom"]
    distance = "" if margin is None else f", {margin:+.2f} orders of magnitude from the line"
    value = f"{str(entry['verdict']).replace('_', ' ')} on {entry['as_of']}{distance}"
    label = f"{entry['title']} ({entry['jurisdiction']})"
    return _line(label, value, str(entry["id"]), {"source": entry["source"]}, session)


def _line(label: str, value: str, exact: str, about: Mapping[str, Any], session: Session) -> str:
    parts = [
        exact,
        f"scenario: {session.title}",
        *(f"{name}: {words}" for name, words in about.items() if words),
    ]
    text = f"{label}: {value} ({'; '.join(parts)}; inferscope {__version__}, data of {DATA_DATE})"
    return " ".join(text.split())
