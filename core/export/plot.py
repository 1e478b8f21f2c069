"""The points of a plot for machines."""

from __future__ import annotations

from inferscope.core.export.tables import csv_text
from inferscope.core.study.drawing import Curve


def as_csv(curve: Curve) -> str:
    """One line a point, marks last; a mark without one coordinate is a line across."""
    header = ("plot", "kind", "label", "x", "x_unit", "y", "y_unit", "x_axis", "y_axis")
    points: list[tuple[str, str, float | None, float | None]] = [
        ("points" if series.is_points else "line", series.label, x, y)
        for series in curve.series
        for x, y in zip(series.x, series.y, strict=True)
    ]
    points += [("mark", mark.label, mark.x, mark.y) for mark in curve.marks]
    return csv_text(
        header,
        [
            (curve.kind, kind, label, x, curve.x.unit, y, curve.y.unit, curve.x.label, curve.y.label)
            for kind, label, x, y in points
        ],
    )
