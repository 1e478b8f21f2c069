"""The map of chips for people and for machines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from inferscope.core import DATA_DATE, __version__
from inferscope.core.export.tables import csv_text, json_text, markdown_table, without_html
from inferscope.core.policy.plane import UP, Chip, Edge
from inferscope.core.study.equal_rates import EqualRates


def as_csv(chips: Sequence[Chip]) -> str:
    """One line a chip."""
    return csv_text(Chip._fields, chips)


def as_json(
    day: dt.date, chips: Sequence[Chip], edges: Sequence[Edge], rates: EqualRates | None = None
) -> str:
    """One object: the chips, the lines of the rules on a day, and lines of equal token rate."""
    lines = [edge._asdict() for edge in edges]
    places = [chip._asdict() for chip in chips]
    about = {"inferscope": __version__, "data": DATA_DATE, "as_of": day.isoformat()}
    equal = [] if rates is None else [{"rate": line.label, "tpp": line.x, UP: line.y} for line in rates.lines]
    return json_text({**about, "chips": places, "lines": lines, "equal_rates": equal})


@without_html
def as_markdown(
    day: dt.date, chips: Sequence[Chip], edges: Sequence[Edge], rates: EqualRates | None = None
) -> str:
    """A table of the chips, one of the lines, and what lines of equal token rate say."""
    rows = [(f"`{chip.id}` {chip.name}", *(f"{figure:,.5g}" for figure in chip[2:])) for chip in chips]
    lines = [
        (
            f"{'TPP' if edge.vertical else 'DRAM GB/s'} {edge.at:,.5g}",
            f"{edge.low:,.5g} to {edge.high:,.5g}",
            "yes" if edge.certain else "may",
            ", ".join(edge.rules),
        )
        for edge in edges
    ]
    header = ("chip", "TPP", "DRAM GB/s", "TPP per mm2", "I/O GB/s")
    return (
        f"# Chips and the lines of the rules on {day}\n\n{markdown_table(header, rows)}\n"
        + markdown_table(("line", "from where to where on the other axis", "certain", "rules"), lines)
        + ("" if rates is None else f"\n{rates.sentence()}\n")
        + f"\ninferscope {__version__}, data of {DATA_DATE}\n"
    )
