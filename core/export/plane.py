"""The map of chips for people and for machines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from inferscope.core import DATA_DATE, __version__
from inferscope.core.export.tables import csv_text, json_text, markdown_table
from inferscope.core.policy.plane import Chip, Edge


def as_csv(chips: Sequence[Chip]) -> str:
    """One line a chip."""
    return csv_text(Chip._fields, chips)


def as_json(day: dt.date, chips: Sequence[Chip], edges: Sequence[Edge]) -> str:
    """One object: the chips, and the lines of the rules on a day."""
    lines = [edge._asdict() for edge in edges]
    places = [chip._asdict() for chip in chips]
    about = {"inferscope": __version__, "data": DATA_DATE, "as_of": day.isoformat()}
    return json_text({**about, "chips": places, "lines": lines})


def as_markdown(day: dt.date, chips: Sequence[Chip], edges: Sequence[Edge]) -> str:
    """A table of the chips, and one of the lines."""
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
        + f"\ninferscope {__version__}, data of {DATA_DATE}\n"
    )
