"""Smaller models in place of a large one: a ladder of distilled ones, cascades and routers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from inferscope.core import catalog
from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import Result, evaluate
from inferscope.core.leaves.leaf import named
from inferscope.core.quantities import loopholes, scaling, service
from inferscope.core.scenario.changed import title
from inferscope.core.scenario.schema import Hardware, Model, Scenario, Workload
from inferscope.core.scenario.training import Training
from inferscope.core.sentences import money
from inferscope.core.shown import reason_text
from inferscope.core.study.drawing import Axis, Curve, Mark, Series, line
from inferscope.core.study.table import Column, Table, cell
from inferscope.core.units import human

__all__ = ["distillation", "routing"]

_SERVED = ("usd_per_query", "usd_per_million_output_tokens", "active_parameters", "accelerators_per_replica")
_COUNTED = ("training_flop", "distillation_flop", "student_flop", "student_and_teacher_flop")
_SHARES = np.linspace(0.0, 1.0, 11)
_SCORE = "aime24"
_RL_ONLY = "R1-Zero-style RL on Qwen-32B (no distillation)"


class Rung(NamedTuple):
    """A model of the ladder: its scores in percent, and the scenario's row that serves it."""

    name: str
    model: str
    base: str
    scores: Mapping[str, float]
    note: str


def _alone(scenario: Scenario, model: str, flop: float | None = None) -> Scenario:
    """A model alone on the scenario's accelerator with its lengths, limits, prices and place.

    Layout, batch and formats are the model's own; there is no demand, so that a price is that of a busy
    replica at the scenario's utilisation.
    """
    work = scenario.workload
    return Scenario(
        as_of=scenario.as_of,
        model=Model(id=model),
        hardware=Hardware(accelerator=scenario.hardware.accelerator),
        workload=Workload(
            input_tokens=work.input_tokens,
            output_tokens=work.output_tokens,
            reasoning_tokens=work.reasoning_tokens,
        ),
        slo=scenario.slo,
        economics=scenario.economics,
        site=scenario.site,
        training=Training() if flop is None else Training(flop=flop),  # type: ignore[arg-type]
    )


# --- distillation ---------------------------------------------------------------------------------


def distillation(scenario: Scenario) -> Table:
    """DeepSeek-R1 and its students: quality, cost on the scenario's accelerator, compute by two counts.

    Returns:
        One row a model, with score against price as its curve.
    """
    rungs = _rungs()
    flops = _base_flops(rungs)
    scenarios = [_alone(scenario, rung.model, flops.get(rung.base)) for rung in rungs]
    found = evaluate(scenarios, (*_SERVED, *_COUNTED))
    teacher = len(rungs) - 1
    rows = tuple(_rung_row(found, rungs, place, teacher) for place in range(len(rungs)))
    sentence = _ladder_sentence(rows, scenario)
    return Table(
        f"DeepSeek-R1 and its students on {scenario.hardware.accelerator}",
        (
            Column("model", "", "Model"),
            Column("aime24", "%", "AIME 2024"),
            Column("share_of_teacher", "1", "Share of R1"),
            Column("gpqa_d", "%", "GPQA-D"),
            Column("usd_per_million_output_tokens", "USD", "A million tokens"),
            Column("accelerators", "accelerators", "Needs"),
            Column("student_flop", "FLOP", "Counted alone"),
            Column("student_and_teacher_flop", "FLOP", "With teacher"),
            Column("distillation_flop", "FLOP", "Distilling"),
            Column("matched_attempts", "1", "Attempts at R1's FLOP"),
            Column("base", "", "Made from"),
        ),
        rows,
        sentence,
        curve=_ladder_curve(rows, sentence),
        notes=_ladder_notes(),
    )


def _rungs() -> list[Rung]:
    scores = {row.name: row.scores for row in catalog.distilled_scores()}
    rungs = [Rung(s.name, s.model, s.base, scores[s.name], s.base_name) for s in catalog.students()]
    (teacher,) = [name for name in scores if name.startswith("DeepSeek-R1 (")]
    return [*rungs, Rung("DeepSeek-R1", catalog.TEACHER, "", scores[teacher], "DeepSeek-V3-Base")]


def _base_flops(rungs: Sequence[Rung]) -> dict[str, float]:
    """Training compute of what the students were made from."""
    names = [rung.base for rung in rungs if rung.base]
    found = evaluate([Scenario(model=Model(id=name)) for name in names], ["training_flop"])
    values = (float(value) for value in found["training_flop"])
    return {name: value for name, value in zip(names, values, strict=True) if math.isfinite(value)}


def _rung_row(found: Result, rungs: Sequence[Rung], place: int, teacher: int) -> tuple[Any, ...]:
    rung, is_teacher = rungs[place], place == teacher

    def at(name: str, row: int = place) -> float | None:
        value: float | None = cell(float(found[name][row]))
        return value

    own = at("training_flop")
    sizes = at("active_parameters"), at("active_parameters", teacher)
    matched = None if None in sizes else sizes[1] / sizes[0]  # type: ignore[operator]
    return (
        rung.name,
        rung.scores[_SCORE],
        rung.scores[_SCORE] / rungs[teacher].scores[_SCORE],
        rung.scores["gpqa_d"],
        at("usd_per_million_output_tokens"),
        at("accelerators_per_replica"),
        own if is_teacher else at("student_flop"),
        own if is_teacher else at("student_and_teacher_flop"),
        None if is_teacher else at("distillation_flop"),
        matched,
        rung.note,
    )


def _ladder_sentence(rows: Sequence[tuple[Any, ...]], scenario: Scenario) -> str:
    """The student nearest to its teacher, by score, price and compute."""
    *students, teacher = rows
    best = max(students, key=lambda row: row[1])
    text = f"{best[0]} keeps {human(100 * best[2], '1')} % of R1's score on AIME 2024"
    if None not in (best[4], teacher[4]):
        text += f" at {human(100 * best[4] / teacher[4], '1')} % of its price per token"
    if None not in (best[6], best[7], best[8]):
        text += (
            f"; distilling takes {human(best[8], 'FLOP')}, {human(100 * best[8] / best[6], '1')} % of what is"
            f" counted alone, {human(best[6], 'FLOP')}, and with the teacher it is {human(best[7], 'FLOP')}"
        )
    return f"{text} (on {scenario.hardware.accelerator})."


def _ladder_curve(rows: Sequence[tuple[Any, ...]], sentence: str) -> Curve:
    across = Axis("usd_per_million_output_tokens", "USD", "a million output tokens", log=True)
    up = Axis("", "%", "AIME 2024, one attempt")
    known = [row for row in rows if row[4] is not None]
    if not known:
        return Curve("distillation", "Score against price", across, up, why="unknown: no model has a price")
    points = Series("models", [row[4] for row in known], [row[1] for row in known], is_points=True)
    marks = tuple(Mark(row[0].removeprefix("R1-Distill-"), row[4], row[1]) for row in known)
    return Curve("distillation", "Score against price", across, up, (points,), marks, sentence)


def _ladder_notes() -> list[str]:
    scores = {row.name: row for row in catalog.distilled_scores()}
    only = scores[_RL_ONLY].scores[_SCORE]
    pruned = catalog.comparison("pruned_qwen3-6b_mmlu")
    tokens = catalog.comparison("pruned_qwen3-6b_tokens").value
    gain = catalog.technique_default("pruning_throughput_gain_8b_to_6b").value
    return [
        "scores: DeepSeek-R1's own tables, the mean of 64 answers a question; one benchmark, and a small one",
        (
            f"the same 32B model with reinforcement learning alone: {only:g} % (distilling beats it by"
            f" {catalog.comparison('distilling_over_rl_qwen-32b_aime24').value:.3g} points)"
        ),
        (
            f"pruning instead: Qwen3-8B cut to 6B and distilled with {human(tokens, '1')} tokens keeps"
            f" {human(100 * pruned.value, '1')} % of MMLU at {gain:.3g} times the rate:"
            f" {pruned.source.source}"
        ),
        (
            "each model is served alone, in its own format, on as many accelerators as it takes; counted"
            " alone is the base model and the distilling, as the EU counts; with teacher adds R1's training"
        ),
        "attempts at R1's FLOP: how often the student may answer for the FLOP of one answer of R1",
        "two passes over the distilled tokens: recalled and not checked; tokens of a sample: a choice",
        "R1's own counts are those of DeepSeek-V3-Base, without the reinforcement learning on it",
    ]


# --- routing --------------------------------------------------------------------------------------


def routing(scenario: Scenario) -> Table:
    """A small model before the scenario's: cost and quality of a router and of a cascade, by share.

    Raises:
        ScenarioError: ``routes.small_model`` is not given.
    """
    small = scenario.routes.small_model
    if small is None:
        message = "name the model that answers first, such as llama-3.1-8b"
        raise ScenarioError(message, key="routes.small_model")
    named(catalog.model, small, "routes.small_model")
    if scenario.model.config is not None:
        message = "routing takes models of the catalogue: give model.id in place of model.config"
        raise ScenarioError(message, key="model.config")
    both = [_alone(scenario, name) for name in (small, scenario.model.id)]
    found = evaluate(both, _SERVED)
    small_usd, large_usd = (float(value) for value in found["usd_per_query"])
    rates = _rates(scenario, small)
    rows = _routed(small_usd, large_usd, rates)
    sentence = _routing_sentence(found, scenario, rows, rates)
    return Table(
        f"{small} before {scenario.model.id} on {scenario.hardware.accelerator}: {title(scenario)}",
        (
            Column("small_share", "1", "To the small model"),
            Column("router_usd", "USD", "Router"),
            Column("cascade_usd", "USD", "Cascade"),
            Column("router_saving", "1", "Router saves"),
            Column("cascade_saving", "1", "Cascade saves"),
            Column("pass_rate", "1", "Solved, blind router"),
        ),
        rows,
        sentence,
        curve=_routing_curve(rows, sentence, found),
        notes=_routing_notes(found, scenario),
    )


def _rates(scenario: Scenario, small: str) -> tuple[float, float]:
    """Shares of tasks that both solve: as given, else AIME 2024 where the tables hold both models."""
    known = {rung.model: rung.scores[_SCORE] / 100 for rung in _rungs()}
    given = (scenario.routes.small_pass_rate, scenario.routes.large_pass_rate)
    names = (small, scenario.model.id)
    if given == (None, None) and set(names) <= set(known):
        return known[small], known[scenario.model.id]
    first, second = (math.nan if rate is None else rate.mid for rate in given)
    return first, second


def _routed(small: float, large: float, rates: tuple[float, float]) -> tuple[tuple[Any, ...], ...]:
    router = service.routed_price(1.0 - _SHARES, np.array(large), np.array(small))
    cascade = loopholes.cascade_usd(np.array(small), np.array(large), 1.0 - _SHARES)
    solved = loopholes.mixed_pass_rate(np.array(rates[0]), np.array(rates[1]), _SHARES)
    columns = (_SHARES, router, cascade, 1.0 - router / large, 1.0 - cascade / large, solved)
    return tuple(tuple(map(cell, row)) for row in zip(*columns, strict=True))


def _routing_sentence(
    found: Result, scenario: Scenario, rows: Sequence[tuple[Any, ...]], rates: tuple[float, float]
) -> str:
    usd = [float(value) for value in found["usd_per_query"]]
    if not all(map(math.isfinite, usd)):
        place = 0 if math.isnan(usd[0]) else 1
        name = (scenario.routes.small_model, scenario.model.id)[place]
        return f"No price for {name}: {reason_text(found.why('usd_per_query', place))}."
    half = rows[len(rows) // 2]
    text = (
        f"A query costs {money(usd[0])} on {scenario.routes.small_model} and {money(usd[1])} on"
        f" {scenario.model.id}: with half of the queries on the small one a router saves"
        f" {human(100 * half[3], '1')} % and a cascade {_saved(half[4])}"
    )
    if half[5] is None:
        return f"{text}; what is solved needs routes.small_pass_rate and routes.large_pass_rate."
    return (
        f"{text}, and {human(100 * half[5], '1')} % is solved in place of {human(100 * rates[1], '1')} %"
        " if the router is blind."
    )


def _saved(share: float) -> str:
    percent = f"{human(100 * abs(share), '1')} %"
    return f"costs {percent} more" if share < 0 else f"saves {percent}"


def _routing_curve(rows: Sequence[tuple[Any, ...]], sentence: str, found: Result) -> Curve:
    across, up = Axis("", "1", "share to the small model"), Axis("usd_per_query", "USD", "a query")
    if rows[0][1] is None:
        why = found.why("usd_per_query", 0) or found.why("usd_per_query", 1)
        return Curve("routing", "Cost by share", across, up, why=why)
    costs = [np.array([row[place] for row in rows], dtype=np.float64) for place in (1, 2)]
    series = tuple(
        line(label, _SHARES, cost) for label, cost in zip(("router", "cascade"), costs, strict=True)
    )
    return Curve("routing", "Cost by share", across, up, series, sentence=sentence)


def _routing_notes(found: Result, scenario: Scenario) -> list[str]:
    sizes = [float(value) for value in found["active_parameters"]]
    notes = [
        "each is served alone, laid out for itself, without the scenario's optimisations: not at its price",
        "router: each query to one model; cascade: all to the small one, the rest to the large one as well",
        "a blind router sends queries that are no easier than the others; one that knows them solves more",
        "neither adds a FLOP to what any regime counts as training, and both models keep their own counts",
        (
            "published routers kept 95 % of GPT-4's quality with 14 % of the queries on it (a chat"
            " benchmark), and saved 45 % and 35 % on others: take 30 to 50 % for mixed loads"
        ),
    ]
    if all(map(math.isfinite, sizes)) and sizes[1] > sizes[0]:
        ratio = np.array([sizes[1] / sizes[0]])
        many, few = (float(scaling.matched_multiplier(ratio, np.array([r]))[0]) for r in (0.16, 22.0))
        notes.append(
            f"at the lifetime FLOP of {scenario.model.id} the small model has {human(many, '1')} times the"
            f" inference where few tokens are served (0.16 of those trained), {human(few, '1')} times where"
            " many are (22; Snell et al., recalled)"
        )
    return notes
