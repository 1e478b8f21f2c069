"""A comparison for people and for machines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from inferscope.core import DATA_DATE, __version__
from inferscope.core.export.differences import SMALL, amount, cell_text, percent, sentence, unit
from inferscope.core.export.reports import span_text, title
from inferscope.core.export.tables import csv_text, json_text, markdown_table, text_table, without_html
from inferscope.core.shown import reason_text, shown
from inferscope.core.study.compare import (
    HEADLINE,
    Carried,
    Cell,
    Comparison,
    Contribution,
    Input,
    Output,
    Rule,
)
from inferscope.core.study.stands import differ

WIDTH = 80
LETTERS = "ABCDEF"
"""What scenarios are called in tables."""

_LEGEND = "* planned   + from the catalogue   (default)"
_JOINED = "joined by +: inputs that cannot be varied apart, since one without the other has no value"
_SAMPLED = "more than ten inputs differ: orders of changing them are sampled; +- is the standard error"

# --- for machines --------------------------------------------------------------------------------


def as_json(comparison: Comparison) -> str:
    """One object."""
    return json_text(to_dict(comparison))


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain mappings."""
    names = comparison.names
    return {
        "inferscope": __version__,
        "data": DATA_DATE,
        "scenarios": [
            {"name": name, "title": title(r), **{k: r[k] for k in ("scenario_hash", "headline", "notes")}}
            for name, r in zip(names, comparison.reports, strict=True)
        ],
        "inputs": [
            {"key": row.key, "differs": row.differs, "values": [_cell_dict(cell) for cell in row.values]}
            for row in comparison.inputs
        ],
        "outputs": [
            {
                "quantity": row.quantity,
                "label": row.label,
                "unit": row.entries[0]["unit"],
                "differs": row.differs,
                "values": row.values,
                "lows": [entry["low"] for entry in row.entries],
                "highs": [entry["high"] for entry in row.entries],
                "ratios": row.ratios,
                "lower": row.lower,
                "whys": [entry.get("why") for entry in row.entries],
                "bases": [entry.get("basis") for entry in row.entries],
                "boundaries": [entry.get("boundary") for entry in row.entries],
            }
            for row in comparison.outputs
        ],
        "policy": [
            {"id": row.id, "title": row.title, "differs": row.differs}
            | {"verdicts": row.verdicts, "margins_oom": row.margins}
            for row in comparison.policy
        ],
        "carried": [_carried_dict(comparison, item) for part in comparison.carried for item in part],
        "notes": _stands_on(comparison),
    }


def _cell_dict(cell: Cell) -> dict[str, Any]:
    return {"value": cell.value, "kind": cell.kind, "low": cell.low, "high": cell.high}


def _carried_dict(comparison: Comparison, item: Carried) -> dict[str, Any]:
    return {
        "scenario": comparison.names[item.other],
        "quantity": item.quantity,
        "unit": unit(comparison, item),
        "first": item.first,
        "then": item.then,
        "difference": item.difference,
        "exact": item.exact,
        "why": item.why or None,
        "contributions": [
            {"label": p.label, "keys": p.keys, "value": p.value, "share": p.share, "error": p.error}
            for p in item.contributions
        ],
    }


def as_csv(comparison: Comparison) -> str:
    """One line a value: inputs, outputs, verdicts, differences and what carries them."""
    header = (
        "part", "name", "scenario", "value", "unit", "ratio", "share", "error", "kind", "why", "keys", "low",
        "high", "basis", "boundary",
    )  # fmt: skip
    names = comparison.names
    lines: list[dict[str, Any]] = []
    for row in comparison.inputs:
        lines += [
            {"part": "input", "name": row.key, "scenario": name, **_cell_dict(cell)}
            for name, cell in zip(names, row.values, strict=True)
        ]
    for out in comparison.outputs:
        lines += [
            {**entry, "part": "output", "name": out.quantity, "scenario": name, "ratio": ratio}
            for name, entry, ratio in zip(names, out.entries, out.ratios, strict=True)
        ]
    for rule in comparison.policy:
        lines += [
            {"part": "policy", "name": rule.id, "scenario": name, "value": verdict}
            for name, verdict in zip(names, rule.verdicts, strict=True)
        ]
    for item in (item for part in comparison.carried for item in part):
        about = {"name": item.quantity, "scenario": names[item.other], "unit": unit(comparison, item)}
        kind = "exact" if item.exact else "sampled"
        lines.append({**about, "part": "difference", "value": item.difference, "kind": kind, "why": item.why})
        lines += [
            {**about, "part": "contribution", "value": p.value, "share": p.share, "error": p.error}
            | {"kind": p.label, "keys": " ".join(p.keys)}
            for p in item.contributions
        ]
    return csv_text(header, [[line.get(name) for name in header] for line in lines])


# --- for people ----------------------------------------------------------------------------------

Column = tuple[str, Sequence[str]]


def as_text(comparison: Comparison) -> str:
    """The comparison for a terminal of 80 columns, without box drawing or colour."""
    parts = [text_table((), _legend(comparison)).rstrip(), ""]
    for heading, labels, groups in _tables(comparison):
        parts += [*_packed(heading, labels, groups), ""]
        if heading.startswith("Inputs"):
            parts[-1:] = [_LEGEND, ""]
    if missing := _missing(comparison):
        parts += [*(line for text in missing for line in _wrapped(text)), ""]
    if shared := _shared(comparison):
        parts += [*(line for text in shared for line in _wrapped(text)), ""]
    for part in comparison.carried:
        parts += [*_part_lines(comparison, part), ""]
    if notes := _notes(comparison):
        parts += ["Notes", *(line for note in notes for line in _wrapped(f"- {note}")), ""]
    parts += [_made_with(comparison), ""]
    return "\n".join(parts)


def _legend(comparison: Comparison) -> list[tuple[str, str, str]]:
    found = []
    for letter, name, report in zip(LETTERS, comparison.names, comparison.reports, strict=False):
        text = title(report)
        found.append((letter, name, "" if text == name else text))
    return found


def _tables(comparison: Comparison) -> list[tuple[str, list[str], list[list[Column]]]]:
    """Heading, row labels, and for each scenario its columns."""
    inputs, outputs, rules = comparison.inputs, comparison.outputs, comparison.policy
    letters = LETTERS[: len(comparison.names)]
    found: list[tuple[str, list[str], list[list[Column]]]] = [
        (
            _heading("Inputs", inputs),
            [row.key for row in inputs],
            [[(letter, [cell_text(row.values[i]) for row in inputs])] for i, letter in enumerate(letters)],
        ),
        (_heading("Outputs", outputs), [label for row in outputs for label in _labels(row)], []),
        (
            _heading("Verdicts", rules),
            [row.id for row in rules],
            [[(letter, [row.words[i] for row in rules])] for i, letter in enumerate(letters)],
        ),
    ]
    for i, letter in enumerate(letters):
        values = [text for row in outputs for text in _value_and_range(row, i)]
        ratios = [text for row in outputs for text in _ratio_and_nothing(row, i)]
        found[1][2].append([(letter, values), *([(f"{letter}/A", ratios)] if i else [])])
    return [part for part in found if part[1]]


_RANGE = "  P5 to P95"


def _labels(row: Output) -> list[str]:
    """The labels of an output: a second line for ranges, where any scenario has one."""
    return [row.quantity, _RANGE] if any(span_text(e, row.quantity) for e in row.entries) else [row.quantity]


def _value_and_range(row: Output, place: int) -> list[str]:
    entry = row.entries[place]
    text = "-" if entry["value"] is None else shown(entry, row.quantity)
    return [text, span_text(entry, row.quantity)][: len(_labels(row))]


def _ratio_and_nothing(row: Output, place: int) -> list[str]:
    ratio = row.ratios[place]
    return ["" if ratio is None else f"{ratio:.3g}", ""][: len(_labels(row))]


def _heading(what: str, rows: Sequence[Input | Output | Rule]) -> str:
    return f"{what} that differ" if all(row.differs for row in rows) else what


def _packed(heading: str, labels: Sequence[str], groups: Sequence[Sequence[Column]]) -> list[str]:
    """Tables of at most 80 columns: the first scenario, and as many others as fit beside it."""
    widths = [sum(max(map(len, (head, *cells))) + 2 for head, cells in group) for group in groups]
    room = WIDTH - max(map(len, (heading, *labels))) - widths[0]
    blocks: list[list[Column]] = []
    used = room + 1
    for group, width in zip(groups[1:], widths[1:], strict=True):
        if used + width > room:
            blocks.append(list(groups[0]))
            used = 0
        blocks[-1] += group
        used += width
    lines: list[str] = []
    for block in blocks:
        rows = list(zip(labels, *(cells for _, cells in block), strict=True))
        header = (heading, *(head for head, _ in block))
        right = [i for i, (head, _) in enumerate(block, 1) if "/" in head]
        lines += ["", *text_table(header, rows, right).splitlines()]
    return lines[1:]


def _missing(comparison: Comparison) -> list[str]:
    """Why outputs have no value: each reason once, with the outputs it takes away."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in comparison.outputs:
        for letter, entry in zip(LETTERS, row.entries, strict=False):
            if entry["value"] is None:
                reason = reason_text(str(entry.get("why", "")))
                found.setdefault((letter, reason), []).append(row.quantity)
    return [f"- {letter} {reason}: {', '.join(names)}" for (letter, reason), names in found.items()]


def _shared(comparison: Comparison) -> list[str]:
    """In how many of the draws that the scenarios share each headline number is lower than in the first."""
    found = []
    for i in range(1, len(comparison.names)):
        shares = [
            f"{row.quantity} {percent(share)}"
            for row in comparison.outputs
            if row.quantity in HEADLINE and (share := row.lower[i]) is not None
        ]
        if shares:
            found.append(f"- {LETTERS[i]} is lower than A in so many of the draws: {', '.join(shares)}")
    return found


def _part_lines(comparison: Comparison, part: Sequence[Carried]) -> list[str]:
    """What carries the differences of one scenario to the first."""
    divided = [item for item in part if not item.why]
    lines = [f"What carries the difference of {LETTERS[part[0].other]} to A", ""]
    for item in divided:
        lines += _carried_lines(comparison, item)
    for why in dict.fromkeys(item.why for item in part if item.why):
        lines += _wrapped(f"- {why}: {', '.join(item.quantity for item in part if item.why == why)}")
    labels = [contribution.label for item in divided for contribution in item.contributions]
    lines += _wrapped(f"- {_JOINED}") if any(" + " in label for label in labels) else []
    return lines if all(item.exact for item in divided) else [*lines, *_wrapped(f"- {_SAMPLED}")]


def _carried_lines(comparison: Comparison, item: Carried) -> list[str]:
    lines = _wrapped(f"{item.quantity}: {sentence(comparison, item)}")
    large, small = _by_size(item)
    rows = [
        (
            amount(item, comparison, part.value),
            percent(part.share),
            "" if item.exact else f"+- {percent(abs(part.error / item.difference))}",
            part.label,
        )
        for part in large
    ]
    if len(large) > 1:
        rows.append((amount(item, comparison, item.difference), "100 %", "", "in all"))
    lines += [f"  {line}" for line in text_table((), rows, (0, 1, 2)).splitlines()]
    if small:
        lines += _wrapped(f"  next to nothing: {', '.join(part.label for part in small)}", "  ")
    return [*lines, ""]


def _by_size(item: Carried) -> tuple[list[Contribution], list[Contribution]]:
    large = [part for part in item.contributions if abs(part.share) >= SMALL]
    return large, [part for part in item.contributions if abs(part.share) < SMALL]


_STATED = (
    ("costs", "usd_per_query", "basis"),
    ("energies", "wh_per_query", "boundary"),
    ("carbon", "gco2e_per_query", "basis"),
)
"""What stands on what."""


def _notes(comparison: Comparison) -> list[str]:
    """Every note once, with the scenarios it is about."""
    found: dict[str, str] = {}
    for letter, report in zip(LETTERS, comparison.reports, strict=False):
        for note in report["notes"]:
            found[note] = found.get(note, "") + letter
    notes = [f"{', '.join(letters)}: {note}" for note, letters in found.items()]
    return [*_stands_on(comparison), *notes]


def _stands_on(comparison: Comparison) -> list[str]:
    """What costs, energies and carbon of each stand on, and that they differ where they do."""
    found: dict[str, str] = {}
    for letter, report in zip(LETTERS, comparison.reports, strict=False):
        entries = report["quantities"]
        for what, name, word in _STATED:
            stated = entries[name][word]
            text = f"{what}: {word} {stated.replace('_', ' ') if word == 'boundary' else stated}"
            found[text] = found.get(text, "") + letter
    said = [f"{', '.join(letters)}: {text}" for text, letters in found.items()]
    return [*differ(comparison.reports), *said]


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


def _made_with(comparison: Comparison) -> str:
    hashes = ", ".join(str(report["scenario_hash"])[:12] for report in comparison.reports)
    return "\n".join(_wrapped(f"inferscope {__version__}, data of {DATA_DATE}, scenarios {hashes}"))


@without_html
def as_markdown(comparison: Comparison) -> str:
    """Tables with a heading each."""
    parts = [
        f"# {' against '.join(comparison.names)}\n",
        markdown_table(("", "scenario", "title"), _legend(comparison)),
    ]
    for heading, labels, groups in _tables(comparison):
        columns = [column for group in groups for column in group]
        rows = [
            (f"`{label}`", *cells) for label, *cells in zip(labels, *(c for _, c in columns), strict=True)
        ]
        parts += [f"## {heading}\n", markdown_table(("", *(head for head, _ in columns)), rows)]
        parts += [f"{_LEGEND}\n"] if heading.startswith("Inputs") else []
    if missing := _missing(comparison):
        parts.append("\n".join(missing) + "\n")
    if shared := _shared(comparison):
        parts.append("\n".join(shared) + "\n")
    for item in (item for part in comparison.carried for item in part if item.why != "no difference"):
        parts.append(
            f"## {comparison.names[item.other]}: `{item.quantity}`\n\n{sentence(comparison, item)}\n"
        )
        if not item.why:
            rows = [
                (p.label, amount(item, comparison, p.value), percent(p.share)) for p in item.contributions
            ]
            parts.append(markdown_table(("input", "carries", "of the difference"), rows))
    notes = [f"- {note}" for note in _notes(comparison)]
    parts += ["## Notes\n", "\n".join(notes) + "\n"] if notes else []
    return "\n".join([*parts, f"{_made_with(comparison)}\n"])
