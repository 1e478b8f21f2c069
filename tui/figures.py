"""The five answers as figures in words: what stands on each card and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from inferscope.core import units

if TYPE_CHECKING:
    from inferscope.tui.answer import Answer

Form = Literal["plain", "share", "money", "usd"]


class Figure(NamedTuple):
    """One number of an answer: the quantity, its short name on the card, how it is written."""

    name: str
    label: str
    form: Form = "plain"


@dataclass(frozen=True)
class AnswerCard:
    """One of the five answers.

    Attributes:
        title: Its name.
        remark: What binds, the basis or the boundary, from short to long.
        figures: Most important first; a narrow screen shows the first three.
    """

    title: str
    remark: Callable[[Answer], tuple[str, ...]]
    figures: tuple[Figure, ...]


class Cell(NamedTuple):
    """What is written for neighbouring figures: a number with its label, or a shared reason.

    Attributes:
        value: The number; the reason where there is none.
        label: What it is.
        span: How many figures it stands for.
        missing: Whether it is a reason.
        change: Against the pinned baseline, such as ``↓-38%``.
        better: Whether that is an improvement; None where it is neither.
        ends: The range, such as ``(0.08-0.19)``, where there is one.
    """

    value: str
    label: str
    span: int = 1
    missing: bool = False
    change: str = ""
    better: bool | None = None
    ends: str = ""


def _bound(answer: Answer) -> tuple[str, ...]:
    bound = answer.entry("bound")["value"]
    return ("" if bound is None else f"{bound} binds",)


def _boundary(answer: Answer) -> tuple[str, ...]:
    boundary = str(answer.entry("wh_per_query")["boundary"]).replace("_", " ")
    return (f"boundary: {boundary}",)


def _basis(answer: Answer) -> tuple[str, ...]:
    full = str(answer.entry("usd_per_query")["basis"])
    middle = full.partition(" (")[0]
    short = middle.replace(" per accelerator-hour", "/h")
    if term := answer.price_term:
        return (
            short.replace("rental", term.partition(",")[0], 1),
            f"{short} {term}",
            f"{middle} {term}",
            full,
        )
    return (short, middle, full)


def _fleet(answer: Answer) -> tuple[str, ...]:
    replicas, count = answer.input("hardware_replicas"), answer.input("hardware_count")
    if replicas is None or count is None:
        return ("",)
    brief = f"{replicas:,.0f} replica{'' if replicas == 1 else 's'} of {count:,.0f}"
    fleet = answer.entry("fleet_accelerators")["value"]
    if fleet is None:
        return (brief,)
    if answer.input("hardware_fleet_accelerators") is None:
        return (brief, f"{brief}, {fleet:,.0f} accelerators in all")
    return (f"{brief} planned", f"{brief} planned, {fleet:,.0f} stated are paid")


def _formats(answer: Answer) -> tuple[str, ...]:
    linear, expert = answer.text("weight_format"), answer.text("expert_weight_format")
    weights = linear if linear == expert else f"{linear}+{expert}"
    cache = answer.text("kv_format")
    return (f"{weights}, cache {cache}", f"{weights} weights, {cache} cache")


CARDS = (
    AnswerCard(
        "Latency",
        _bound,
        (
            Figure("ttft_s", "first token"),
            Figure("tpot_s", "per token"),
            Figure("e2e_latency_s", "whole answer"),
            Figure("output_tok_s_per_user", "per user"),
            Figure("bound_tpot_s", "floor per token"),
            Figure("bound_ttft_s", "floor, first"),
            Figure("mbu", "bandwidth used", "share"),
            Figure("mfu", "compute used", "share"),
        ),
    ),
    AnswerCard(
        "Energy",
        _boundary,
        (
            Figure("wh_per_query", "per query"),
            Figure("joules_per_output_token", "per out token"),
            Figure("gco2e_per_query", "CO2e per query"),
            Figure("liters_per_query", "water per query"),
            Figure("facility_mw", "whole fleet"),
        ),
    ),
    AnswerCard(
        "Cost per query",
        _basis,
        (
            Figure("usd_per_query", "per query", "money"),
            Figure("usd_per_million_output_tokens", "per M output", "usd"),
            Figure("usd_per_million_input_tokens", "per M input", "usd"),
            Figure("usd_per_day", "per day", "money"),
            Figure("prefill_cost_share", "of it prefill", "share"),
        ),
    ),
    AnswerCard(
        "Scalability under load",
        _fleet,
        (
            Figure("max_requests_per_s", "requests max"),
            Figure("load_utilization", "load", "share"),
            Figure("ttft_p99_s", "TTFT p99"),
            Figure("output_tok_s", "one replica"),
            Figure("output_tok_s_per_accelerator", "per accelerator"),
            Figure("ttft_p50_s", "TTFT p50"),
            Figure("replicas_needed", "replicas needed"),
            Figure("accelerators_needed", "accels needed"),
        ),
    ),
    AnswerCard(
        "Precision trade-off",
        _formats,
        (
            Figure("quality_recovery", "quality kept", "share"),
            Figure("memory_used_fraction", "memory used", "share"),
            Figure("weight_bytes", "weights"),
            Figure("max_batch", "batch max"),
            Figure("kv_bytes_per_token", "cache per token"),
            Figure("active_parameters", "active"),
        ),
    ),
)


def _training_basis(answer: Answer) -> tuple[str, ...]:
    source = str(answer.leaf("model_training_tokens").kind)
    return (f"tokens: {source}",) if answer.input("model_training_tokens") is not None else ("",)


def _chip(answer: Answer) -> tuple[str, ...]:
    return (answer.bound.resolved[0].accelerator.name,)


def _model(answer: Answer) -> tuple[str, ...]:
    return (answer.bound.resolved[0].model.name,)


MORE_CARDS = (
    AnswerCard(
        "Training and use",
        _training_basis,
        (
            Figure("training_flop", "training"),
            Figure("training_usd", "final run", "money"),
            Figure("crossover_days_usd", "cost passed in"),
            Figure("crossover_days_flop", "FLOP passed in"),
            Figure("inference_share_of_lifetime_flop", "share of use", "share"),
        ),
    ),
    AnswerCard(
        "Accelerator",
        _chip,
        (
            Figure("tpp", "TPP"),
            Figure("performance_density", "density"),
            Figure("dram_bandwidth_gb_s", "DRAM"),
            Figure("io_bandwidth_gb_s", "links"),
        ),
    ),
    AnswerCard(
        "Model",
        _model,
        (
            Figure("parameters", "parameters"),
            Figure("active_parameters", "active"),
            Figure("flop_per_output_token", "per out token"),
            Figure("kv_bytes_per_token", "cache per token"),
            Figure("flop_per_query", "per query"),
        ),
    ),
)
"""What a taller screen shows beside the five answers: the first from 38 rows on, all from 46."""

KEY_NUMBERS = (
    Figure("ttft_s", "First token"),
    Figure("tpot_s", "Per token"),
    Figure("usd_per_query", "Per query", "money"),
    Figure("usd_per_million_output_tokens", "Per M output", "usd"),
    Figure("wh_per_query", "Energy"),
    Figure("max_requests_per_s", "At most"),
    Figure("quality_recovery", "Quality kept", "share"),
)
"""What a very small terminal shows."""


def figure_text(answer: Answer, figure: Figure) -> str:
    """A figure with its unit; empty where there is none."""
    entry = answer.entry(figure.name)
    return "" if entry["value"] is None else value_text(entry["value"], entry["unit"], figure.form)


def range_text(answer: Answer, figure: Figure) -> str:
    """The ends of a figure's range in its own unit; empty where there is no range."""
    entry = answer.entry(figure.name)
    if entry["value"] is None or entry["low"] is None or entry["low"] == entry["high"]:
        return ""
    low, high = (value_text(entry[end], entry["unit"], figure.form) for end in ("low", "high"))
    if low.partition(" ")[2] == high.partition(" ")[2]:
        low, high = low.partition(" ")[0], high.partition(" ")[0]
    return f"({low}-{high})" if low != high else ""


def value_text(value: float, unit: str, form: Form = "plain") -> str:
    """A number of the answers with its unit.

    >>> value_text(0.0498, "s"), value_text(0.0012, "USD", "money"), value_text(70.6e9, "parameters")
    ('49.8 ms', '0.12 ct', '70.6B')
    >>> value_text(0.00231, "L")
    '2.31 mL'
    """
    if form == "share":
        return f"{100 * value:.3g} %"
    if form == "money":
        from inferscope.core.sentences import money

        return money(value)
    if form == "usd":
        return units.human(value, "USD")
    unit = _UNITS.get(unit, unit)
    if unit == "params":
        return f"{value / units.GIGA:,.4g}B"
    if unit == "L" and 0 < abs(value) < 0.1:
        value, unit = 1000 * value, "mL"
    return units.human(value, unit).replace("e+", "e")


_UNITS = {
    "tokens/s": "tok/s",
    "1/s": "/s",
    "parameters": "params",
    "accelerators": "",
    "TOPS*bit": "",
    "TOPS*bit/mm2": "/mm2",
}


def change(now: float, then: float) -> str:
    """A change in words: arrow, sign and per cent; large ones as a factor.

    >>> change(62, 100), change(112, 100), change(100, 100), change(3000, 100), change(1.001, 1)
    ('↓-38%', '↑+12%', '=', '↑x30', '↑+0.1%')
    """
    if now == then:
        return "="
    if then == 0 or (now > 0) != (then > 0):
        return "↑" if now > then else "↓"
    arrow, ratio = ("↑" if now > then else "↓"), now / then
    if not 0.01 < ratio < 10:
        return f"{arrow}x{ratio:.3g}" if ratio > 1 else f"{arrow}/{1 / ratio:.3g}"
    percent = 100 * (ratio - 1)
    return f"{arrow}{percent:+.0f}%" if abs(percent) >= 1 else f"{arrow}{percent:+.1g}%"


def points(now: float, then: float) -> str:
    """A change of a share, in points, so that it is not taken for a share of the share.

    >>> points(0.207, 0.185), points(0.5, 0.5)
    ('↑+2.2 pt', '=')
    """
    return "=" if now == then else f"{'↑' if now > then else '↓'}{100 * (now - then):+.2g} pt"


def _changed(answer: Answer, baseline: Answer | None, figure: Figure) -> tuple[str, bool | None]:
    """Change of a figure against a baseline, and whether it is an improvement."""
    name = figure.name
    if baseline is None:
        return "", None
    now, then = answer.entry(name)["value"], baseline.entry(name)["value"]
    if isinstance(now, bool | str) or now is None or then is None:
        return "", None
    from inferscope.core.graph import REGISTRY

    better = REGISTRY.quantities[name].better
    moved = points(now, then) if figure.form == "share" else change(now, then)
    return moved, None if now == then or not better else (now < then) == (better == "lower")


def cells(answer: Answer, figures: tuple[Figure, ...], baseline: Answer | None = None) -> list[Cell]:
    """What to write for a row of figures; neighbours without a value share their reason."""
    from inferscope.core.shown import reason_text

    found: list[Cell] = []
    why_before = ""
    for figure in figures:
        text, why = figure_text(answer, figure), answer.why(figure.name)
        if text:
            moved, better = _changed(answer, baseline, figure)
            ends = range_text(answer, figure)
            found.append(Cell(text, figure.label, change=moved, better=better, ends=ends))
        elif found and found[-1].missing and why == why_before:
            last = found[-1]
            found[-1] = last._replace(label=f"{last.label}, {figure.label}", span=last.span + 1)
        else:
            found.append(Cell(reason_text(why), figure.label, 1, missing=True))
        why_before = why
    return found
