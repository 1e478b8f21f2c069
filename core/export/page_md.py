"""A full report in Markdown: the same figures, sentences and sources as the page, without pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from inferscope.core.errors import printable
from inferscope.core.export.apart import LETTERS
from inferscope.core.export.document import Document, Figure, Group, Part
from inferscope.core.export.ladder import Verdict
from inferscope.core.export.tables import markdown_table

__all__ = ["as_markdown"]

_STEERS = re.compile(r"[<*\[\]\\]")
"""What Markdown would take for markup or for HTML; backticks of our own sentences stay."""


def as_markdown(doc: Document) -> str:
    """The report; what a scenario says is written so that it stays text."""
    parts = [
        f"# {_plain(doc.title)}",
        f"Report of inferscope {doc.inferscope}, catalogue of {doc.data}, written {doc.written}.",
        *(_headline(doc, place, part) for place, part in enumerate(doc.parts)),
        f"## Answers\n\n{_figures(doc, doc.answers, with_sources=True)}",
        *_bases(doc),
        *_published(doc),
        *_notes(doc),
        *_differences(doc),
        *_plots(doc),
        *_assumptions(doc),
        *_rules(doc),
        f"## Every figure\n\n{_figures(doc, doc.figures, with_sources=False)}",
        *_sources(doc),
        *_again(doc),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _plain(text: object) -> str:
    """A text of one line that stays what it is."""
    flat = " ".join(printable(line) for line in str(text).split("\n"))
    return _STEERS.sub(r"\\\g<0>", flat).replace("`", "\\`")


def _said(text: str) -> str:
    """A sentence of the program, in which backticks mark commands."""
    return _STEERS.sub(r"\\\g<0>", " ".join(map(printable, text.split("\n"))))


def _name(doc: Document, place: int) -> str:
    """A scenario's letter and name."""
    letter = f"{LETTERS[place]}: " if len(doc.parts) > 1 else ""
    return f"{letter}{_plain(doc.parts[place].name)}"


def _headline(doc: Document, place: int, part: Part) -> str:
    about = f"As of {part.report['scenario']['as_of']}; scenario `{part.report['scenario_hash'][:12]}`"
    return f"**{_name(doc, place)}.** {_plain(part.report['headline'])} {about}."


def _figures(doc: Document, groups: Sequence[Group], *, with_sources: bool) -> str:
    """Quantities with one column a scenario."""
    header = ["quantity", "name", *(_name(doc, place) for place in range(len(doc.parts)))]
    rows = [
        [f"**{group.subject}** {row.label}" if row is group.rows[0] else row.label, f"`{row.name}`"]
        + [_figure(figure) for figure in row.figures]
        + ([_marks(row.sources)] if with_sources else [])
        for group in groups
        for row in group.rows
    ]
    return markdown_table([*header, "sources"] if with_sources else header, rows)


def _figure(figure: Figure) -> str:
    """A value with its range, and what it stands on."""
    about = [figure.span, f"basis {figure.basis}" if figure.basis else "", figure.boundary]
    inside = "; ".join(part for part in about if part)
    return _plain(f"{figure.text} ({inside})" if inside else figure.text)


def _marks(numbers: str) -> str:
    return f"[{numbers}]" if numbers else "-"


def _bases(doc: Document) -> Iterator[str]:
    if doc.bases:
        lines = "\n".join(f"- {letter}: {_plain(text)}" for letter, text in doc.bases)
        yield f"Figures stand on:\n\n{lines}"


def _published(doc: Document) -> Iterator[str]:
    header = ("published", "figure", "here", "here over published")
    for place, part in enumerate(doc.parts):
        if part.published:
            rows = [tuple(map(_plain, row)) for row in part.published]
            yield f"Published on {_name(doc, place)}:\n\n{markdown_table(header, rows)}"


def _notes(doc: Document) -> Iterator[str]:
    for place, part in enumerate(doc.parts):
        lines = "\n".join(f"- {_said(note)}" for note in part.report["notes"])
        yield f"How to read {_name(doc, place)}:\n\n{lines or '- nothing to note'}"


def _differences(doc: Document) -> Iterator[str]:
    if len(doc.parts) > 1:
        yield "\n\n".join(["## Differences", *map(_said, doc.carried)])
    if doc.inputs:
        header = ["input", *(_name(doc, place) for place in range(len(doc.parts)))]
        rows = [[f"`{key}`", *map(_plain, values)] for key, values in doc.inputs]
        legend = "\\* planned; + from the catalogue; in brackets: the default."
        yield f"{legend}\n\n{markdown_table(header, rows)}"


def _plots(doc: Document) -> Iterator[str]:
    """What each plot says; the page draws them."""
    yield "## What the plots say"
    for curves in doc.plots:
        lines = [
            f"- {_name(doc, place)}: {_said(curve.sentence or f'not drawn: {curve.why}')}"
            for place, curve in enumerate(curves)
        ]
        yield f"### {curves[0].title}\n\n" + "\n".join(lines)


def _assumptions(doc: Document) -> Iterator[str]:
    yield "## Assumptions"
    for place, part in enumerate(doc.parts):
        yield f"### {_name(doc, place)}"
        if part.description:
            yield _plain(part.description)
        rows = [
            (
                f"`{item.key}`",
                _plain(item.default),
                _plain(item.here),
                _marks(str(item.source)) if item.source else "set in the scenario",
            )
            for item in part.assumptions
        ]
        yield markdown_table(("key", "default", "here", "source"), rows) if rows else "All at their defaults."


def _rules(doc: Document) -> Iterator[str]:
    lines = "\n".join(f"- {_name(doc, place)}: {part.counted}" for place, part in enumerate(doc.parts))
    yield f"## Rules\n\n{lines}"
    header = ["rule", *(_name(doc, place) for place in range(len(doc.parts))), "source"]
    rows = [
        [f"`{rule.id}` {_plain(rule.title)}", *map(_verdict, rule.verdicts), _marks(str(rule.source or ""))]
        for rule in doc.rules
    ]
    if rows:
        yield markdown_table(header, rows)
    if doc.unknown:
        yield f"Unknown for want of facts: {_plain('; '.join(doc.unknown))}."


def _verdict(found: Verdict) -> str:
    return _plain(
        "; ".join(part for part in (found.text, found.margin, found.compared, found.standing) if part)
    )


def _sources(doc: Document) -> Iterator[str]:
    lines = [
        f"{note.number}. {_plain(note.text)}" + (f" ({_plain(note.about)})" if note.about else "")
        for note in doc.sources
    ]
    yield "## Sources\n\n" + "\n".join(lines)


def _again(doc: Document) -> Iterator[str]:
    made = f"inferscope {doc.inferscope} with the catalogue of {doc.data}"
    yield f"## To make it again\n\n{made}:\n\n{_fenced(doc.command, 'sh')}"
    for place, part in enumerate(doc.parts):
        about = f"Scenario hash `{part.report['scenario_hash']}`. As a file of its own:"
        yield f"### {_name(doc, place)}\n\n{about}\n\n{_fenced(part.toml, 'toml')}"


def _fenced(text: str, language: str) -> str:
    """A block that no line of its text ends."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
