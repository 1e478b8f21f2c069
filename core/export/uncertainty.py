"""What a scenario gives over draws of its uncertain numbers, for people and for machines."""

from __future__ import annotations

import math
import textwrap
from typing import Any

from inferscope.core import DATA_DATE, __version__
from inferscope.core.export.studies import cell_text
from inferscope.core.export.tables import csv_text, json_text, markdown_table, text_table, without_html
from inferscope.core.graph import REGISTRY
from inferscope.core.policy.chances import Chance
from inferscope.core.scenario.changed import title
from inferscope.core.scenario.files import scenario_hash
from inferscope.core.study.draws import Uncertain
from inferscope.core.study.spreads import percent
from inferscope.core.study.stands import stands_on
from inferscope.core.study.table import Column
from inferscope.core.study.uncertainty import Outcome, Uncertainty, counted

WIDTH = 80
_FIGURES = ("mid", "p5", "p50", "p95", "mean", "std")
_HEAD = ("quantity", "middle", "P5", "P50", "P95")


def as_json(found: Uncertainty) -> str:
    """One object."""
    return json_text(to_dict(found))


def to_dict(found: Uncertainty) -> dict[str, Any]:
    """All of it as plain mappings."""
    return {
        "inferscope": __version__,
        "data": DATA_DATE,
        "title": title(found.loaded.scenario),
        "scenario_hash": scenario_hash(found.loaded.scenario),
        "samples": found.samples,
        "seed": found.seed,
        "sampler": found.sampler,
        "planned": found.planned,
        "sentence": found.sentence,
        "inputs": [_input(number) for number in found.numbers],
        "quantities": {q.quantity: _outcome(q) for q in found.quantities},
        "does_not_fit": found.unfit,
        "limits": [{"key": x.key, "limit": x.allowed, "missed": x.missed} for x in found.limits],
        "policy": [_chance(chance) for chance in found.rules],
        "notes": _notes(found),
    }


def _input(number: Uncertain) -> dict[str, Any]:
    low, high = number.ends
    return {
        "name": number.name,
        "from": "catalogue" if number.is_input else "scenario",
        "dist": number.number.dist,
        "low": low,
        "mid": number.number.mid,
        "high": high,
        "group": (number.number.group or None) if not number.is_input else None,
    }


def _outcome(quantity: Outcome) -> dict[str, Any]:
    figures = dict(zip((*_FIGURES, "without_value"), quantity.figures, strict=True))
    return {"unit": REGISTRY.node(quantity.quantity).unit, **figures}


def _chance(chance: Chance) -> dict[str, Any]:
    return {
        "id": chance.rule.id,
        "title": chance.rule.title,
        "true_means": chance.rule.true_means,
        "verdict": chance.verdict,
        "applies": chance.applies,
        "does_not_apply": chance.does_not_apply,
        "unknown": chance.unknown,
    }


def as_csv(found: Uncertainty) -> str:
    """One line a number drawn, a quantity, a limit, a rule and a note."""
    header = (
        "part", "name", "unit", *_FIGURES, "without_value", "low", "high", "dist", "verdict", "applies",
        "does_not_apply", "unknown", "missed",
    )  # fmt: skip
    lines: list[dict[str, Any]] = []
    lines += [{"part": "input", **_input(number)} for number in found.numbers]
    lines += [{"part": "quantity", "name": q.quantity, **_outcome(q)} for q in found.quantities]
    lines += [{"part": "limit", "name": x.key, "mid": x.allowed, "missed": x.missed} for x in found.limits]
    lines += [{"part": "rule", "name": rule.rule.id, **_chance(rule)} for rule in found.rules]
    lines += [{"part": "note", "name": note} for note in _notes(found)]
    return csv_text(header, [[_known(line.get(name)) for name in header] for line in lines])


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


# --- for people ----------------------------------------------------------------------------------


def as_text(found: Uncertainty) -> str:
    """Tables for a terminal, without box drawing or colour."""
    parts = [*_wrapped(_about(found)), *_wrapped(found.sentence), ""]
    parts += [text_table(("drawn", "low", "middle", "high", "form"), _numbers(found), (1, 2, 3))]
    parts += [text_table(_HEAD, _rows(found), (1, 2, 3, 4))] if _rows(found) else []
    parts += [*(line for text in _beside(found) for line in _wrapped(f"- {text}")), ""]
    if found.rules:
        open_, rest = _rules(found)
        head = ("rule", "true", "not", "unknown", "title")
        parts += [text_table(head, open_, (1, 2, 3))] if open_ else []
        parts += [*_wrapped(f"- {rest}"), ""]
    parts += [*_wrapped(_made_with(found)), ""]
    return "\n".join(parts)


@without_html
def as_markdown(found: Uncertainty) -> str:
    """The same tables with headings."""
    parts = [
        f"# {title(found.loaded.scenario)}: {counted(found.samples, 'draw')}\n",
        f"{found.sentence}\n\n{_about(found)}\n",
        "## What was drawn\n",
        markdown_table(("number", "low", "middle", "high", "form"), _numbers(found)),
        "## Quantities that move\n",
        markdown_table(_HEAD, _rows(found)),
        "\n".join(f"- {text}" for text in _beside(found)) + "\n",
    ]
    if found.rules:
        open_, rest = _rules(found)
        parts += ["## Rules\n"]
        parts += [markdown_table(("rule", "true", "not", "unknown", "title"), open_)] if open_ else []
        parts += [f"{rest}\n"]
    return "\n".join([*parts, f"{_made_with(found)}\n"])


def _about(found: Uncertainty) -> str:
    sampler = {"lhs": "Latin hypercube", "sobol": "Sobol's sequence"}[found.sampler]
    draws = counted(found.samples, "draw") if found.samples < 1000 else f"{found.samples:,} draws"
    return f"{title(found.loaded.scenario)}: {draws}, {sampler}, seed {found.seed}; {found.planned}"


def _numbers(found: Uncertainty) -> list[tuple[str, ...]]:
    rows = []
    for number in found.numbers:
        low, high = number.ends
        group = "" if number.is_input or not number.number.group else f", group {number.number.group}"
        form = f"{number.number.dist}{group}{', falling' if number.number.is_inverse else ''}"
        rows.append((number.name, *(f"{v:.6g}" for v in (low, number.number.mid, high)), form))
    return rows


def _rows(found: Uncertainty) -> list[tuple[str, ...]]:
    rows = []
    for q in found.quantities:
        if q.moves:
            column = Column(q.quantity, REGISTRY.node(q.quantity).unit)
            rows.append((q.quantity, *(cell_text(v, column) for v in (q.mid, q.p5, q.p50, q.p95))))
    return rows


def _beside(found: Uncertainty) -> list[str]:
    """What does not move, what has no value, limits and notes."""
    still = [q.quantity for q in found.quantities if not q.moves and q.without < 1]
    none = [q.quantity for q in found.quantities if q.without == 1]
    partly = [f"{q.quantity} ({percent(q.without)})" for q in found.quantities if 0 < q.without < 1]
    texts = [f"the same at every draw: {', '.join(still)}"] if still else []
    texts += [f"without a value: {', '.join(none)}"] if none else []
    texts += [f"without a value in some draws: {', '.join(partly)}"] if partly else []
    texts += [f"{x.key} {x.allowed:g} is missed in {percent(x.missed)} of the draws" for x in found.limits]
    return [*texts, *_notes(found)]


def _notes(found: Uncertainty) -> list[str]:
    """The notes, and what costs, energies and carbon stand on."""
    return [*found.notes, *stands_on(found.loaded.scenario, [q.quantity for q in found.quantities])]


def _rules(found: Uncertainty) -> tuple[list[tuple[str, ...]], str]:
    """The rules that the draws do not settle, and how many they do."""
    open_ = [rule for rule in found.rules if max(rule.applies, rule.does_not_apply, rule.unknown) < 1]
    rows = [
        (r.rule.id, *(percent(v) for v in (r.applies, r.does_not_apply, r.unknown)), r.rule.title)
        for r in open_
    ]
    words = [rule.verdict.replace("_", " ") for rule in found.rules if rule not in open_]
    counts = ", ".join(f"{words.count(word)} {word}" for word in sorted(set(words)))
    return rows, f"{counted(len(words), 'rule')} with the same verdict at every draw: {counts}"


def _made_with(found: Uncertainty) -> str:
    about = f"inferscope {__version__}, data of {DATA_DATE}"
    return f"{about}, scenario {scenario_hash(found.loaded.scenario)[:12]}"


def _wrapped(text: str) -> list[str]:
    indent = "  " if text.startswith("- ") else ""
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
