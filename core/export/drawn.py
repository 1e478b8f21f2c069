"""A plot as inline SVG: matplotlib draws it, the page's own colours and fonts dress it."""

from __future__ import annotations

import io
import math
import re
import textwrap
from html import escape
from importlib import import_module
from typing import Any

from inferscope.core.errors import InferscopeError, printable
from inferscope.core.study.curves import Axis, Curve, Series
from inferscope.core.units import human

__all__ = ["need", "svg"]

_WIDE, _HIGH, _LINE = 4.6, 2.9, 0.18
"""Inches, and those of a line of the legend: at the width of a phone text is as large as that of the page."""
_LABEL = {"x": 48, "y": 30}
"""Characters after which the name of an axis goes on in a second line."""
_INK, _GRID, _MARK = "#010101", "#010102", "#010103"
_LINES = ("#010111", "#010112", "#010113", "#010114")
_DRESSED = {
    _INK: "currentColor",
    _GRID: "var(--rule)",
    _MARK: "var(--mark)",
    **{colour: f"var(--line-{number})" for number, colour in enumerate(_LINES, 1)},
}
"""Colours that stand for the page's, which follow the reader's light or dark."""
_DASHES = ("-", "--", "-.", ":")
_SIGNS = ("o", "s", "D", "^", "v", "P")
_SETTINGS = {
    "svg.fonttype": "none",  # text stays text: found, read aloud, in the page's font
    "svg.hashsalt": "inferscope",  # the same plot gives the same bytes
    "text.parse_math": False,  # a dollar sign in a name is one
    "font.size": 10.0,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": _GRID,
    "axes.unicode_minus": False,
}


def need(*modules: str) -> tuple[Any, ...]:
    """Modules of the extra `report`, which are slow to load.

    Raises:
        InferscopeError: They are not installed.
    """
    try:
        return tuple(import_module(name) for name in modules)
    except ImportError:
        message = (
            "an HTML report needs Jinja2 and matplotlib: pip install jinja2 matplotlib,"
            " or name a file that ends in .md"
        )
        raise InferscopeError(message) from None


def svg(curve: Curve, name: str) -> str:
    """A plot as an SVG element with its title and its sentence for those who do not see it.

    Args:
        curve: The plot; it has lines or points.
        name: Starts every id in it, so that several stand in one page.

    Raises:
        InferscopeError: matplotlib is not installed.
    """
    matplotlib, figures, backend = need("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_svg")
    stream = io.StringIO()
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **_SETTINGS, "backend": "svg"}):
        lines = math.ceil((len(_shown(curve)) + len(curve.marks)) / 2)
        figure = figures.Figure(figsize=(_WIDE, _HIGH + _LINE * lines), layout="constrained")
        backend.FigureCanvasSVG(figure)
        _draw(figure, curve)
        about = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(stream, format="svg", transparent=True, metadata=about)
    return _dressed(stream.getvalue(), curve, name)


def _draw(figure: Any, curve: Curve) -> None:
    """Axes, lines, points and marks, with everything that is drawn named below."""
    axes = figure.add_subplot()
    for axis, which in ((curve.x, "x"), (curve.y, "y")):
        getattr(axes, f"set_{which}label")(_label(axis, _LABEL[which]))
        if axis.log:
            getattr(axes, f"set_{which}scale")("log")
    for place, series in enumerate(_shown(curve)):
        colour = _LINES[place % len(_LINES)]
        points = {"marker": _SIGNS[place % len(_SIGNS)], "linestyle": "none", "markersize": 5}
        line = {"linestyle": _DASHES[place % len(_DASHES)], "linewidth": 1.6}
        style = points if series.is_points else line
        axes.plot(series.x, series.y, color=colour, label=series.label, **style)
    signs = iter(_SIGNS * (1 + len(curve.marks)))
    dashes = iter(((0, (1, 2)), (0, (5, 3)), (0, (3, 1, 1, 1))) * (1 + len(curve.marks)))
    for mark in curve.marks:
        label = f"operating point: {mark.label}" if mark.label.startswith("batch ") else mark.label
        _mark(axes, label, mark.x, mark.y, signs, dashes)
    for axis, ticks in ((curve.x, axes.xaxis), (curve.y, axes.yaxis)):
        _ticks(axis, ticks)
    axes.grid(visible=True, linewidth=0.6)
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9.5, handlelength=2.4)


def _shown(curve: Curve) -> list[Series]:
    """The lines and points, without points that are marked by name each."""
    named = {(mark.x, mark.y) for mark in curve.marks}
    return [
        series
        for series in curve.series
        if not (series.is_points and named.issuperset(zip(series.x, series.y, strict=True)))
    ]


def _mark(axes: Any, label: str, x: float | None, y: float | None, signs: Any, dashes: Any) -> None:
    """A marked place, or a line across where one coordinate is missing."""
    line = {"color": _MARK, "linewidth": 1.2, "label": label}
    if x is not None and y is not None:
        axes.plot([x], [y], next(signs), color=_MARK, markersize=6, label=label)
    elif x is not None:
        axes.axvline(x, linestyle=next(dashes), **line)
    elif y is not None:
        axes.axhline(y, linestyle=next(dashes), **line)


def _label(axis: Axis, width: int) -> str:
    """What an axis shows, with its unit."""
    unit = "" if axis.unit in ("", "1") else f" ({axis.unit})"
    return "\n".join(textwrap.wrap(f"{axis.label}{unit}", width, break_on_hyphens=False))


def _ticks(axis: Axis, ticks: Any) -> None:
    """Round numbers, and on a log axis a few between the decades where it holds few of those."""
    (tick,) = need("matplotlib.ticker")
    if axis.log:
        low, high = ticks.get_view_interval()
        decades = math.log10(high / low) if 0 < low < high else 1.0
        subs = (1.0,) if decades > 3 else (1.0, 3.0) if decades > 1.5 else (1.0, 2.0, 5.0)
        ticks.set_major_locator(tick.LogLocator(base=10, subs=subs, numticks=9))
        ticks.set_minor_locator(tick.NullLocator())
    else:
        ticks.set_major_locator(tick.MaxNLocator(5))
    ticks.set_major_formatter(tick.FuncFormatter(lambda value, _: _number(value)))


def _number(value: float) -> str:
    """A tick in few digits.

    >>> _number(0.05), _number(20000), _number(2e6), _number(0.0)
    ('0.05', '20,000', '2e6', '0')
    """
    if value and not 1e-4 <= abs(value) < 1e5:
        return f"{value:.0e}".replace("e+0", "e").replace("e-0", "e-").replace("e+", "e")
    return human(value, "1")


def _dressed(text: str, curve: Curve, name: str) -> str:
    """The element alone, with the page's colours, ids of its own, and a title and a description."""
    body = text[text.index("<svg") :].strip()
    for colour, worn in _DRESSED.items():
        body = body.replace(colour, worn)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", body)
    body = re.sub(r"\s(?:width|height)=\"[\d.]+pt\"", "", body, count=2)
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    said = f"{name}-title {name}-said"
    titles = (
        f'<title id="{name}-title">{escape(printable(curve.title))}</title>'
        f'<desc id="{name}-said">{escape(printable(curve.sentence))}</desc>'
    )
    opening, rest = body.removeprefix("<svg").split(">", 1)
    return f'<svg role="img" aria-labelledby="{said}"{opening}>{titles}{rest}'
