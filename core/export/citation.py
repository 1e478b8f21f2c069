"""A ready citation of a result: what, by which program and data, which figures, on which sources."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from inferscope.core.evaluate import OUTPUTS, Result, evaluate
from inferscope.core.export.footnotes import Footnotes, runs
from inferscope.core.export.reports import span_text, title
from inferscope.core.export.tables import without_html
from inferscope.core.graph import REGISTRY
from inferscope.core.scenario.files import Loaded
from inferscope.core.shown import shown

__all__ = ["CITED", "as_markdown", "as_text", "citation", "with_citations"]

CITED = (
    "usd_per_query",
    "usd_per_million_output_tokens",
    "ttft_s",
    "tpot_s",
    "wh_per_query",
    "gco2e_per_query",
)
"""Figures that a citation gives, where the scenario has them."""
_TRAINING = ("training_flop", "training_usd")
"""Those of a scenario that has none of them, since it is about training alone."""
_WIDTH = 100


def with_citations(reports: Sequence[Mapping[str, Any]], loaded: Sequence[Loaded]) -> list[dict[str, Any]]:
    """Reports of these scenarios, each with its citation."""
    result = evaluate([item.scenario for item in loaded], OUTPUTS)
    return [{**report, "citation": citation(report, result, row)} for row, report in enumerate(reports)]


def citation(report: Mapping[str, Any], result: Result, row: int = 0) -> dict[str, Any]:
    """What to put into a footnote on a report.

    Args:
        report: The report of the row.
        result: The result that it was made of.
        row: The row.

    Returns:
        Plain mappings: ``text`` in words, and ``figures`` and ``sources`` by themselves.
    """
    notes = Footnotes()
    quantities = report["quantities"]
    known = _known(quantities, CITED) or _known(quantities, _TRAINING)
    numbers = notes.of_row(result, known, row)
    figures = [_figure(name, quantities[name], numbers[name]) for name in known]
    sources = [
        {
            "number": note.number,
            "text": note.text,
            "kinds": note.kinds,
            "dates": note.dates,
            "used_for": note.uses,
            "about": note.about,
        }
        for note in notes.listed()
    ]
    ranges = [note for note in report["notes"] if note.startswith("ranges are")]
    found: dict[str, Any] = {
        "title": title(report),
        "scenario_hash": report["scenario_hash"],
        "inferscope": report["inferscope"],
        "data": report["data"],
        "as_of": report["scenario"]["as_of"],
        "figures": figures,
        "ranges": ranges,
        "sources": sources,
    }
    return {"text": _sentence(found), **found}


def _known(quantities: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Those that have a value."""
    return [name for name in names if quantities[name]["value"] is not None]


def _figure(name: str, entry: Mapping[str, Any], numbers: Sequence[int]) -> dict[str, Any]:
    kept = {key: entry[key] for key in ("value", "unit", "low", "high", "basis", "boundary") if key in entry}
    return {"quantity": name, "label": REGISTRY.node(name).label, **kept, "sources": list(numbers)}


def figure_text(figure: Mapping[str, Any]) -> str:
    """One figure with range, basis or boundary, and the numbers of its sources."""
    span = span_text(figure, figure["quantity"])
    stands = [f"{what}: {figure[what]}" for what in ("basis", "boundary") if what in figure]
    inside = "; ".join([*([f"P5 to P95 {span}"] if span else []), *stands])
    text = f"{figure['label']} {shown(figure, figure['quantity'])}"
    marks = f" [{runs(figure['sources'])}]" if figure["sources"] else ""
    return f"{text}{f' ({inside})' if inside else ''}{marks}"


def _sentence(found: Mapping[str, Any]) -> str:
    """The citation in one paragraph, without the sources."""
    figures = "; ".join(figure_text(figure) for figure in found["figures"]) or "no figure has a value"
    made = f"inferscope {found['inferscope']}, catalogue of {found['data']}"
    about = f'"{found["title"]}" (scenario {found["scenario_hash"]}), computed with {made}'
    ranges = "".join(f" Here {text}." for text in found["ranges"])
    return f"{about}; prices and rules as of {found['as_of']}. {figures}.{ranges}"


def as_text(found: Mapping[str, Any]) -> str:
    """The citation for a terminal or a text file."""
    lines = ["To cite", *_wrap(found["text"], "  ", "  "), "", "Sources"]
    for source in found["sources"]:
        lines += _wrap(_source(source), f"  [{source['number']}] ", "      ")
    return "\n".join([*lines, ""])


@without_html
def as_markdown(found: Mapping[str, Any]) -> str:
    """The citation as a section of a document."""
    sources = "\n".join(f"{source['number']}. {_source(source)}" for source in found["sources"])
    return f"## To cite\n\n{found['text']}\n\n### Sources\n\n{sources}\n"


def _source(source: Mapping[str, Any]) -> str:
    about = source["about"]
    return f"{source['text']} ({about})" if about else source["text"]


def _wrap(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        break_long_words=False,
    )
