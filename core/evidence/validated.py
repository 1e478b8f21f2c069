"""Predictions of measurements as tables, as a plot, in one sentence, and as the JSON of the contract."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from inferscope.core import DATA_DATE, __version__
from inferscope.core.evidence.benchmarks import Benchmark, benchmarks
from inferscope.core.evidence.measurements import unit_of
from inferscope.core.evidence.validate import Accuracy, Prediction, accuracy, grouped
from inferscope.core.quantities.energy import BOUNDARIES
from inferscope.core.scenario.groups import DEMAND, FLEET, LAYOUT
from inferscope.core.study.drawing import Axis, Curve, Series
from inferscope.core.study.table import Column, Table

__all__ = ["STANDARD", "as_object", "groups_table", "plot", "rows_table", "sentence", "worst_table"]

STANDARD = (("group",), ("metric",), ("phase",), ("experts",), ("vendor",), ("class",))
"""What rows are grouped by unless somebody asks otherwise."""

_KINDS = {"s": "times", "tokens/s": "rates", "J": "energy", "Wh": "energy", "W": "power"}

_ROWS = (
    Column("id", label="row"),
    Column("metric", label="metric"),
    Column("measured", label="measured", unit_from="unit"),
    Column("predicted", label="predicted", unit_from="unit"),
    Column("ratio", "1", "ratio"),
    Column("low", label="low", unit_from="unit"),
    Column("high", label="high", unit_from="unit"),
    Column("unit"),
    Column("model", label="model"),
    Column("accelerator", label="accelerator"),
    Column("parallelism", label="layout"),
    Column("precision", label="weights"),
    Column("input_tokens", label="input"),
    Column("output_tokens", label="output"),
    Column("load", label="in flight"),
    Column("group", label="group"),
    Column("why", label="refused"),
)


def rows_table(predictions: Sequence[Prediction], title: str) -> Table:
    """One row a measurement, with the prediction, its range and its ratio to what was measured."""
    return Table(
        title,
        _ROWS,
        tuple(_cells(found) for found in predictions),
        sentence=sentence(predictions),
        changes=tuple(_changes(found) for found in predictions),
        curve=plot(predictions, title),
        notes=notes(predictions),
    )


def worst_table(predictions: Sequence[Prediction], count: int) -> Table:
    """The rows whose predictions are farthest off, by ratio."""
    known = [found for found in predictions if not found.refused]
    worst = sorted(known, key=lambda found: -abs(math.log(found.ratio)))[:count]
    kept = [i for i, column in enumerate(_ROWS) if column.name not in ("group", "why")]
    rows = tuple(tuple(_cells(found)[i] for i in kept) for found in worst)
    return Table(f"The {len(rows)} rows that are farthest off", tuple(_ROWS[i] for i in kept), rows)


def _cells(found: Prediction) -> tuple[Any, ...]:
    row = found.row
    figures = (found.measured, found.predicted, found.ratio, found.low, found.high)
    return (
        *(row.id, row.metric),
        *(None if math.isnan(figure) else figure for figure in figures),
        *(unit_of(row.metric), row.model, row.accelerator, row.parallelism, row.precision),
        *(row.input_tokens, row.output_tokens, row.batch_or_concurrency, found.group, found.refused),
    )


_CLEARED = (
    *(*DEMAND, *FLEET, *LAYOUT, "hardware.prefill"),
    *("workload.batch", "workload.concurrency", "workload.reasoning_tokens"),
    *("optimizations.speculative", "optimizations.two_batch_overlap", "optimizations.activation_format"),
    *("optimizations.prefix_cache_hit_rate", "slo.ttft_s", "slo.tpot_s", "workload.start"),
    *("optimizations.engine", "optimizations.expert_weight_format", "optimizations.expert_imbalance"),
)
"""Keys that would make another scenario another one than was measured."""


def _changes(found: Prediction) -> dict[str, Any]:
    """What makes a scenario that of a row; nothing for a row without one."""
    if not found.values:
        return {}
    keys = _keys(found.values)
    inside = {key.rpartition(".")[0] for key in keys}
    cleared = {key: None for key in _CLEARED if key not in keys and key not in inside}
    return {**cleared, **keys}


def _keys(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys."""
    keys: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            keys |= _keys(value, f"{prefix}{name}.")
        else:
            keys[f"{prefix}{name}"] = value
    return keys


def sentence(predictions: Sequence[Prediction]) -> str:
    """How well the rows are predicted, in one sentence."""
    every = accuracy("all", predictions)
    if not every.predicted:
        return f"None of {every.rows:,} rows can be predicted."
    inside = "" if math.isnan(every.inside) else f"; {100 * every.inside:.0f} % lie within the printed range"
    beyond = f"; {every.beyond} beat first principles" if every.beyond else ""
    return (
        f"{every.predicted:,} of {every.rows:,} rows are predicted, half of them within a factor of"
        f" {every.median:.2f} and nine of ten within {every.p90:.2f}{inside}{beyond}."
    )


def notes(predictions: Sequence[Prediction]) -> tuple[str, ...]:
    """What a reader has to know: how many rows were refused and why, and which were filled in."""
    refused: dict[str, int] = {}
    for found in predictions:
        if found.refused:
            short = found.refused.split(";")[0]
            refused[short] = refused.get(short, 0) + 1
    assumed = sum(bool(found.assumed) for found in predictions)
    said = [f"refused, {count}: {why}" for why, count in sorted(refused.items(), key=lambda item: -item[1])]
    unbounded = sum(_lacks_boundary(found) for found in predictions)
    if unbounded:
        said.append(
            f"without a boundary, {unbounded} of energy or power: predicted at the accelerators alone;"
            f" the column boundary may say {', '.join(BOUNDARIES[1:])}"
        )
    if assumed:
        said.append(f"{assumed} rows have a length, limit or layout from their benchmark's facts")
    return tuple(said)


def _lacks_boundary(found: Prediction) -> bool:
    """Whether neither the row nor its series says what its energy includes."""
    is_energy = unit_of(found.row.metric) in ("J", "Wh", "W")
    series = benchmarks().get(found.row.benchmark, Benchmark())
    return is_energy and not found.refused and not (found.row.boundary or series.boundary)


def groups_table(
    predictions: Sequence[Prediction], title: str, keys: Sequence[Sequence[str]] = STANDARD
) -> Table:
    """The accuracy of all rows and of groups of them."""
    found = [accuracy("all rows", predictions)]
    for names in keys:
        found += [part for part in grouped(predictions, *names) if part.rows]
    columns = (
        Column("rows_of", label="rows of"),
        Column("rows", "1", "rows"),
        Column("predicted", "1", "known"),
        Column("median_factor", "1", "half"),
        Column("p90_factor", "1", "90 %"),
        Column("bias", "1"),
        Column("share_within_range", "1", "inside"),
        Column("beyond_bound", "1", "beyond"),
    )
    rows = tuple(_accuracy_cells(part) for part in found)
    return Table(title, columns, rows, sentence=sentence(predictions), notes=(_READ, *notes(predictions)))


_READ = (
    "half, 90 %: the factor up or down that so many predictions keep; bias: median of predicted over"
    " measured; inside: share of rows within the printed range; beyond: better than first principles allow"
)


def _accuracy_cells(part: Accuracy) -> tuple[Any, ...]:
    figures = (part.median, part.p90, part.bias, part.inside)
    shown = (None if math.isnan(figure) else figure for figure in figures)
    return (part.title, part.rows, part.predicted, *shown, part.beyond)


def plot(predictions: Sequence[Prediction], title: str) -> Curve:
    """Predicted against measured on logarithmic axes, with the line on which they agree."""
    known = [found for found in predictions if not found.refused and found.measured > 0]
    across, up = Axis("measured", "1", "measured", log=True), Axis("predicted", "1", "predicted", log=True)
    if not known:
        return Curve("validation", title, across, up, why="no row can be predicted")
    points: dict[str, tuple[list[float], list[float]]] = {}
    for found in known:
        x, y = points.setdefault(_KINDS[unit_of(found.row.metric)], ([], []))
        x.append(found.measured)
        y.append(found.predicted)
    ends = [f(f(found.measured, found.predicted) for found in known) for f in (min, max)]
    series = [Series("equal", ends, ends)]
    series += [Series(kind, x, y, is_points=True) for kind, (x, y) in points.items()]
    about = f"{title}: s, tokens/s, J and W"
    return Curve("validation", about, across, up, tuple(series), sentence=sentence(predictions))


# --- JSON ----------------------------------------------------------------------------------------


def as_object(predictions: Sequence[Prediction], keys: Sequence[Sequence[str]] = STANDARD) -> dict[str, Any]:
    """What `inferscope validate --format json` prints."""
    groups = {", ".join(names): [_summary(part) for part in grouped(predictions, *names)] for names in keys}
    return {
        "inferscope": __version__,
        "data": DATA_DATE,
        "rows": [_row(found) for found in predictions],
        "summary": {
            **_summary(accuracy("all rows", predictions)),
            "sentence": sentence(predictions),
            "by": groups,
        },
    }


def _row(found: Prediction) -> dict[str, Any]:
    row = found.row
    return {
        "id": row.id,
        "metric": row.metric,
        "quantity": found.quantity or None,
        "unit": unit_of(row.metric),
        "class": found.error_class or None,
        "phase": row.phase or None,
        "group": found.group,
        "assumed": list(found.assumed),
        "measured": found.measured,
        "predicted": found.predicted,
        "low": found.low,
        "high": found.high,
        "bound": found.bound,
        "ratio": found.ratio,
        "refused": found.refused or None,
        "source": row.source or None,
    }


def _summary(part: Accuracy) -> dict[str, Any]:
    return {
        "title": part.title,
        "rows": part.rows,
        "predicted": part.predicted,
        "median_factor": part.median,
        "p90_factor": part.p90,
        "bias": part.bias,
        "share_within_range": part.inside,
        "beyond_bound": part.beyond,
    }
