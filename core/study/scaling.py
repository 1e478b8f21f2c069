"""More inference in place of training, and other ways around a line: one table a view."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from inferscope.core.scenario.schema import Scenario
from inferscope.core.study import deployed, loopholes, scaled_lines
from inferscope.core.study.ladder import distillation, routing
from inferscope.core.study.options import VIEWS
from inferscope.core.study.stands import stands_on
from inferscope.core.study.table import Table

__all__ = ["QUANTITIES", "VIEWS", "scaling"]

QUANTITIES = tuple(dict.fromkeys((*scaled_lines.QUANTITIES, *loopholes.QUANTITIES, *deployed.QUANTITIES)))
"""Quantities of the graph that the views are made of."""
_VIEWS = {
    "loopholes": loopholes.loopholes,
    "rounds": loopholes.rounds,
    "deployment": deployed.deployment,
    "attempts": deployed.attempts,
    "distillation": distillation,
    "routing": routing,
}


_PRICED = ("lines", "deployment", "routing")
"""Views with costs of serving in them, whose basis is said."""


def scaling(scenario: Scenario, view: str = "lines", on: dt.date | None = None) -> Table:
    """One view of what scaled inference and other routes do.

    Args:
        scenario: The scenario.
        view: ``lines``: the multiplier, price and fleet that match each line on training compute, with the
            iso-capability plane; ``loopholes``: four ways around a line, counted and in capability;
            ``rounds``: amplifying and distilling until the count passes the line; ``deployment``: copies,
            wages, theft, cost, lifetime compute and scale; ``attempts``: scores by samples;
            ``distillation``: R1 and its students; ``routing``: a small model before this one.
        on: The day on which rules are judged, for ``lines``; default: the scenario's.

    Returns:
        A table with a sentence, notes and a plot.

    Raises:
        KeyError: There is no such view.
        ScenarioError: The scenario names something that does not exist, or lacks what the view is about.
    """
    found = scaled_lines.lines(scenario, on) if view == "lines" else _VIEWS[view](scenario)
    if view not in _PRICED:
        return found
    return replace(found, notes=(*found.notes, *stands_on(scenario, ["usd_per_query"])))
