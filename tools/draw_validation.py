"""Draw docs/validation.svg: predicted against measured, on logarithmic axes.

Usage: python tools/draw_validation.py. Needs matplotlib, which the extra `uncertainty` brings.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

from inferscope.core.evidence.measurements import packaged
from inferscope.core.evidence.validate import validate
from inferscope.core.evidence.validated import plot

OUT = Path(__file__).resolve().parent.parent / "docs" / "validation.svg"
_MARKS = {"times": "o", "rates": "s", "energy": "^", "power": "D"}
_WORDS = {"times": "times, s", "rates": "rates, tokens/s", "energy": "energy, J", "power": "power, W"}


def main() -> None:
    """Draw and write."""
    mpl.rcParams["svg.hashsalt"] = "inferscope"
    mpl.rcParams["font.size"] = 9
    curve = plot(validate(packaged()), "Packaged measurements")
    figure, axes = plt.subplots(figsize=(6.4, 5.2), constrained_layout=True)
    for series in curve.series:
        if not series.is_points:
            low, high = min(series.x), max(series.x)
            axes.plot([low, high], [low, high], color="black", linewidth=0.8)
            axes.fill_between([low, high], [low / 2, high / 2], [low * 2, high * 2], color="0.9", linewidth=0)
            continue
        axes.scatter(
            series.x, series.y, s=12, marker=_MARKS[series.label], alpha=0.7, label=_WORDS[series.label]
        )
    axes.set(xscale="log", yscale="log", xlabel="measured", ylabel="predicted")
    axes.legend(frameon=False, title="grey: within a factor of two", alignment="left")
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(OUT, metadata={"Date": None})


if __name__ == "__main__":
    main()
