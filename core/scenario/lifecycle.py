"""`[lifecycle]`: how serving grows, and what stands beside the final run."""

from __future__ import annotations

from pydantic import Field

from inferscope.core.scenario.bounds import AtLeastOne, Positive
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.section import Section


class Lifecycle(Section):
    """A model's life: growth of what is served, and all training against the final run.

    Factors a year; below one something shrinks.
    """

    users_growth_per_year: Positive = Field(
        default=Number(1.0), description="how many times the users a year later"
    )
    tokens_growth_per_year: Positive = Field(
        default=Number(1.0), description="how many times the compute of a user's queries a year later"
    )
    cost_decline_per_year: Positive = Field(
        default=Number(1.0), description="how many times cheaper the same serving is a year later"
    )
    all_runs_factor: AtLeastOne | None = Field(
        default=None, description="all training runs over the final one, failed and smaller ones included"
    )
    all_rnd_factor: AtLeastOne | None = Field(
        default=None, description="all research and development over the final run"
    )
