"""`[test_time]` and `[routes]`: more inference in place of training, and other ways around a line."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from inferscope.core.scenario.bounds import (
    AtLeastOne,
    Exponent,
    Limits,
    NonNegative,
    Positive,
    PositiveShare,
    Share,
)
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.section import Section

_EU_LINE = 1e25


def _num(value: float) -> Number:
    return Number(float(value))


class TestTime(Section):
    """More inference compute per query than the plain model takes."""

    law: str = Field(
        default="ord",
        description="what inference is worth in training: ord language decomposable checkable scaling_policy"
        " tree_search resampling pruning board_game",
    )
    multiplier: AtLeastOne = Field(default=_num(1), description="inference compute over the plain model's")
    exponent: Exponent | None = Field(
        default=None, description="orders of training compute per order of inference; default: the law's"
    )
    plateau: AtLeastOne | None = Field(
        default=None, description="multiplier beyond which nothing is gained; default: the law's"
    )
    task_share: Share = Field(default=_num(1), description="share of the queries that take the multiplier")
    line_flop: Positive = Field(
        default=_num(_EU_LINE), description="training compute to be matched, FLOP; default: the EU's line"
    )
    agent_tok_s: Positive | None = Field(
        default=None, description="tokens/s of one agent; default: of one user at the operating point"
    )
    wage_usd_per_hour: Positive | None = Field(
        default=None, description="what an hour of the work costs when people do it, USD/h"
    )
    price_decline_per_year: AtLeastOne | None = Field(
        default=None, description="how many times cheaper the same inference is a year later"
    )
    fleet_growth_per_year: AtLeastOne | None = Field(
        default=None, description="how many times as large the fleet is a year later"
    )
    single_pass_rate: PositiveShare | None = Field(
        default=None, description="share of the tasks that one attempt solves"
    )
    points_per_decade: Annotated[Number, Limits(ge=-100, le=100)] | None = Field(
        default=None, description="percentage points that a score gains with ten times the inference"
    )
    selection_accuracy: Share | None = Field(
        default=None, description="how often the right one of several attempts is picked, where one is there"
    )
    coverage_exponent: Annotated[Number, Limits(ge=-10, le=0)] | None = Field(
        default=None,
        description="exponent of solved tasks over attempts, -0.2 or so; default: a published fit",
    )


class Routes(Section):
    """Ways around a line that counts training compute alone."""

    fine_tuning_flop: Positive | None = Field(
        default=None, description="compute of somebody else's fine-tuning of this model, FLOP"
    )
    post_training_gain: AtLeastOne | None = Field(
        default=None, description="what an enhancement after training is worth, x training compute"
    )
    teacher: str | None = Field(
        default=None,
        description="model in the catalogue that this one is distilled from; default: its record's",
    )
    teacher_flop: Positive | None = Field(
        default=None, description="training compute of the teacher, FLOP; default: the catalogue's"
    )
    distillation_tokens: Positive | None = Field(
        default=None, description="tokens of the teacher's that are trained on"
    )
    distillation_retention: Share | None = Field(
        default=None, description="share of the teacher's lead, in orders, that the student keeps"
    )
    scratch_flop: Positive | None = Field(
        default=None, description="compute from scratch of the model that this one is grown into, FLOP"
    )
    expansion_saving: Share | None = Field(
        default=None, description="share of that compute which growing saves"
    )
    amplification: AtLeastOne | None = Field(
        default=None, description="inference per sample of a round that is distilled back, x plain"
    )
    round_tokens: Positive | None = Field(default=None, description="tokens of a round that are trained on")
    small_model: str | None = Field(
        default=None, description="model in the catalogue that answers first, in a cascade or behind a router"
    )
    small_pass_rate: Share | None = Field(
        default=None, description="share of the tasks that the small model solves"
    )
    large_pass_rate: Share | None = Field(
        default=None, description="share of the tasks that this model solves"
    )
    years_since_training: NonNegative = Field(
        default=_num(0), description="years from the training to a theft of the weights"
    )
    training_cost_decline_per_year: AtLeastOne | None = Field(
        default=None, description="how many times cheaper the same training is a year later"
    )
