"""Predict published measurements from their configuration, and say how far off the predictions are.

All rows are planned and evaluated in one call. A row that cannot be predicted is refused with the
reason and counts as a miss; no prediction is clipped to what first principles allow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from inferscope.core import catalog
from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import Result, evaluate
from inferscope.core.evidence.configuration import OUTPUTS, Configuration, RefusedError, configuration
from inferscope.core.evidence.measurements import Measurement
from inferscope.core.graph import Array
from inferscope.core.leaves.leaf import error_class
from inferscope.core.spread import P5, P95, sorted_quantiles
from inferscope.core.study.spreads import with_ranges

__all__ = ["GROUPS", "Accuracy", "Prediction", "accuracy", "grouped", "validate"]

_INPUTS = ("hardware_count", "workload_input_tokens")
_ROUNDING = 1e-9
"""A prediction that equals its bound to within rounding does not pass it."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A measurement with what the model says.

    Attributes:
        row: The measurement.
        refused: Why there is no prediction; empty where there is one.
        quantity: The quantity that the figure is read from.
        measured: The figure; NaN where it cannot be read.
        predicted: What the model says; NaN where it is refused.
        low: 5th percentile of the draws of the model's error; NaN without any.
        high: 95th percentile.
        bound: What first principles allow; NaN where they say nothing.
        is_beyond: Whether the prediction is better than the bound.
        assumed: Columns filled from the benchmark's facts.
        values: The tables of the scenario that was predicted; none where the row is refused.
        error_class: What the class of the accelerator is called, by which the range is as wide as it is.
    """

    row: Measurement
    refused: str = ""
    quantity: str = ""
    measured: float = math.nan
    predicted: float = math.nan
    low: float = math.nan
    high: float = math.nan
    bound: float = math.nan
    is_beyond: bool = False
    assumed: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    error_class: str = ""

    @property
    def ratio(self) -> float:
        """Predicted over measured."""
        return self.predicted / self.measured

    @property
    def is_inside(self) -> bool:
        """Whether the measured figure lies within the printed range."""
        return self.low <= self.measured <= self.high

    @property
    def group(self) -> str:
        """Whether the row stood complete, or was filled from the benchmark's facts."""
        return "assumed configuration" if self.assumed else "complete configuration"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How a group of rows is predicted; factors are of ``exp |ln(predicted/measured)|``, 1 is exact.

    Attributes:
        title: The group.
        rows: Measurements in it.
        predicted: Those with a prediction.
        median: Factor that half of the predictions keep.
        p90: Factor that nine of ten keep.
        bias: Median of predicted over measured.
        inside: Share of the predictions whose measured figure lies within the printed range.
        beyond: Predictions better than first principles allow.
    """

    title: str
    rows: int
    predicted: int
    median: float
    p90: float
    bias: float
    inside: float
    beyond: int


def validate(measurements: Sequence[Measurement]) -> list[Prediction]:
    """Predict every row.

    Returns:
        One prediction a row, in order.
    """
    known: list[tuple[int, Configuration]] = []
    found = [Prediction(row) for row in measurements]
    for place, row in enumerate(measurements):
        try:
            known.append((place, configuration(row)))
        except RefusedError as error:
            found[place] = Prediction(row, refused=str(error))
    if not known:
        return found
    result = with_ranges(evaluate([c.scenario for _, c in known], OUTPUTS))
    for line, (place, about) in enumerate(known):
        found[place] = _prediction(measurements[place], about, result, line)
    return found


def _prediction(row: Measurement, about: Configuration, result: Result, line: int) -> Prediction:
    here = {name: values[line : line + 1] for name, values in result.values.items()}
    inputs = {name: _input(result, name, line) for name in _INPUTS}
    values = here | inputs | {"one": np.ones(1)}
    predicted = float(about.read(values)[0])
    bound = math.nan if about.bound is None else float(about.bound(values)[0])
    found = Prediction(
        row,
        quantity=about.quantity,
        measured=about.measured,
        bound=bound,
        assumed=about.assumed,
        values=about.values,
        error_class=error_class(result.bound.resolved[line].accelerator).title,
    )
    if math.isnan(predicted):
        why = result.why(about.quantity, line) or result.why("batch", line) or "unknown"
        return replace(found, refused=why)
    sign = 1.0 if about.higher_is_better else -1.0
    low, high = _range(about, result, line, inputs)
    is_beyond = sign * (predicted - bound) > _ROUNDING * abs(bound)
    return replace(found, predicted=predicted, low=low, high=high, is_beyond=is_beyond)


def _input(result: Result, name: str, line: int) -> Array:
    values = result.bound.inputs[name]
    return values if len(values) == 1 else values[line : line + 1]


def _range(
    about: Configuration, result: Result, line: int, inputs: Mapping[str, Array]
) -> tuple[float, float]:
    """P5 and P95 of the figure over the row's draws."""
    spread = result.spreads.get(line)
    if spread is None:
        return math.nan, math.nan
    drawn = {name: values[: spread.draws] for name, values in spread.values.items()}
    figures = about.read({**drawn, **inputs, "one": np.ones(1)})
    low, high = sorted_quantiles(figures[None, :], (P5, P95))[0]
    return float(low), float(high)


# --- groups --------------------------------------------------------------------------------------


def _is_routed(found: Prediction) -> str:
    try:
        architecture = catalog.model(found.row.model).architecture or {}
    except InferscopeError:
        return "unknown model"
    return "mixture of experts" if architecture.get("experts") else "dense"


def _vendor(found: Prediction) -> str:
    try:
        return str(catalog.accelerator(found.row.accelerator).text.get("vendor", "unknown"))
    except InferscopeError:
        return "unknown accelerator"


GROUPS: Mapping[str, Callable[[Prediction], str]] = {
    "group": lambda found: found.group,
    "metric": lambda found: found.row.metric,
    "phase": lambda found: found.row.phase or "not stated",
    "experts": _is_routed,
    "vendor": _vendor,
    "accelerator": lambda found: found.row.accelerator,
    "model": lambda found: found.row.model,
    "benchmark": lambda found: found.row.benchmark or "not stated",
    "engine": lambda found: found.row.engine or "not stated",
    "class": lambda found: found.error_class or "not predicted",
}
"""What rows may be grouped by."""


def grouped(predictions: Sequence[Prediction], *keys: str) -> list[Accuracy]:
    """The accuracy of each group, in the order of their titles.

    Args:
        predictions: The rows.
        keys: Names of ``GROUPS``; rows that agree in all of them are one group.
    """
    by_title: dict[str, list[Prediction]] = {}
    for found in predictions:
        by_title.setdefault(", ".join(GROUPS[key](found) for key in keys), []).append(found)
    return [accuracy(title, by_title[title]) for title in sorted(by_title)]


def accuracy(title: str, predictions: Sequence[Prediction]) -> Accuracy:
    """How a group of rows is predicted; NaN where none is."""
    known = [found for found in predictions if not found.refused]
    ratios = np.array([math.log(found.ratio) for found in known if found.ratio > 0])
    with_range = [found for found in known if not math.isnan(found.low)]
    if not len(ratios):
        return Accuracy(title, len(predictions), 0, math.nan, math.nan, math.nan, math.nan, 0)
    return Accuracy(
        title,
        len(predictions),
        len(known),
        median=math.exp(float(np.median(np.abs(ratios)))),
        p90=math.exp(float(np.quantile(np.abs(ratios), 0.9))),
        bias=math.exp(float(np.median(ratios))),
        inside=float(np.mean([found.is_inside for found in with_range])) if with_range else math.nan,
        beyond=sum(found.is_beyond for found in known),
    )
