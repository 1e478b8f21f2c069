"""The workload and the limits on latency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inferscope.core.scenario.groups import DEMAND
from inferscope.tui.fields import Field

if TYPE_CHECKING:
    from inferscope.core.scenario.schema import Scenario
    from inferscope.tui.answer import Answer


def _batch(scenario: Scenario, answer: Answer | None) -> tuple[str, str]:
    given = scenario.workload.batch
    if given != "auto":
        return f"{given.mid:,g}", ""
    planned = answer.input("workload_batch") if answer else None
    if answer is None:
        return "auto", ""
    return ("none" if planned is None else f"{planned:,.0f}"), "auto"


def _demand(scenario: Scenario, _answer: Answer | None) -> tuple[str, str]:
    demand = scenario.workload.demand_per_s()
    if demand is None:
        return "none", ""
    origin = "from users" if scenario.workload.users is not None else ""
    if scenario.workload.queries_per_day is not None:
        origin = "from day"
    return f"{demand:,.4g} /s", origin


FIELDS = (
    Field(
        "workload.input_tokens",
        "Input",
        "prompt tokens of one query",
        unit="tokens",
        leaf="workload_input_tokens",
        essential=True,
        start=128,
    ),
    Field(
        "workload.output_tokens",
        "Output",
        "visible output tokens of one query",
        unit="tokens",
        leaf="workload_output_tokens",
        essential=True,
    ),
    Field(
        "workload.reasoning_tokens",
        "Reasoning",
        "reasoning tokens of one query, on top of the output",
        unit="tokens",
        leaf="workload_reasoning_tokens",
        essential=True,
        start=128,
    ),
    Field(
        "workload.batch",
        "Batch",
        "sequences in flight in one replica; auto is the most that limits and memory allow",
        leaf="workload_batch",
        empty="auto",
        essential=True,
        shown=_batch,
    ),
    Field(
        "workload.requests_per_s",
        "Requests",
        "mean demand on the whole fleet",
        scale="rate",
        unit="/s",
        leaf="workload_requests_per_s",
        empty="none",
        essential=True,
        drops=DEMAND[1:],
        shown=_demand,
    ),
    Field(
        "workload.peak_to_mean",
        "Peak/mean",
        "peak demand over the mean; the fleet is planned for the peak",
        scale="plain",
        leaf="workload_peak_to_mean",
    ),
    Field(
        "slo.ttft_s",
        "TTFT limit",
        "longest mean time to first token that the plan may choose",
        scale="time",
        leaf="slo_ttft_s",
        empty="none",
        essential=True,
        start=1.0,
    ),
    Field(
        "slo.tpot_s",
        "TPOT limit",
        "longest mean time per output token that the plan may choose",
        scale="time",
        leaf="slo_tpot_s",
        empty="none",
        essential=True,
        start=0.05,
    ),
)
