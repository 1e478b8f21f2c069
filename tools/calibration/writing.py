"""The shipped file: a template with what was chosen, filled in with what was fitted."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from calibration.sample import MEMBER, PACKAGE, SHA256
from calibration.scoring import Score

TEMPLATE = Path(__file__).with_name("template.toml")


@dataclass(frozen=True, slots=True)
class Fit:
    """All that a fit gave.

    Attributes:
        values: Constants by name.
        ends: Their 5th and 95th percentile.
        counts: Rows by rule.
        scores: Errors by class.
        draws: Draws of the bootstrap.
        seed: Their seed.
    """

    values: Mapping[str, float]
    ends: Mapping[str, tuple[float, float]]
    counts: Mapping[str, int]
    scores: Mapping[str, Score]
    draws: int
    seed: int


def rounded(number: float) -> float:
    """To three significant digits.

    >>> rounded(0.00123456), rounded(81.45e-6)
    (0.00123, 8.14e-05)
    """
    return float(f"{number:.3g}")


def constants_text(fit: Fit) -> str:
    """The shipped file's text."""
    raw = TEMPLATE.read_text("utf-8").replace("{fitted}", f"{fit.counts['fitted']:,}")
    header = "".join(line for line in raw.splitlines(keepends=True) if line.startswith("#"))
    table = tomllib.loads(raw)
    for group in ("constants", "beside"):
        table[group] = {name: _filled(name, row, fit) for name, row in table[group].items()}
    data = {
        "package": PACKAGE,
        "file": MEMBER,
        "sha256": SHA256,
        "draws": fit.draws,
        "seed": fit.seed,
        "rows": dict(fit.counts),
    }
    found = {"fit": data, "errors": _errors(fit.scores), **table.pop("constants"), **table}
    return f"{header}\n{tomli_w.dumps(found)}"


def _filled(name: str, row: Mapping[str, object], fit: Fit) -> dict[str, object]:
    """A constant with its value and ends before what is said of it."""
    source = {"source": row.get("source", "SERVING_FIT" if row["kind"] == "fitted" else "SERVING_STUDY")}
    if "value" in row:
        return {**row, **source}
    low, high = map(rounded, fit.ends[name])
    value = rounded(fit.values[name])
    return {"value": value, "low": min(low, value), "high": max(high, value), **row, **source}


def _errors(scores: Mapping[str, Score]) -> dict[str, dict[str, object]]:
    """Errors by metric and class, of the absolute logarithm of predicted over measured."""
    found: dict[str, dict[str, object]] = {}
    for name, score in scores.items():
        metric, kind = name.split(".")
        found.setdefault(metric, {})[kind] = {
            "rows": score.rows,
            "median": round(score.median, 3),
            "p90": round(score.ninth, 3),
            "mean_percent": round(score.mean_percent, 1),
            "bias": round(score.bias, 3),
        }
    return found
