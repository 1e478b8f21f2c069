"""The table of a replay: what happened beside what the closed forms say, in the form all studies share."""

from __future__ import annotations

import math
from collections.abc import Iterator

from inferscope.core.load.outcome import Latency
from inferscope.core.load.replay import ROUTING
from inferscope.core.load.study import WARM_UP, LoadStudy
from inferscope.core.study.stands import stands_on
from inferscope.core.study.table import Column, Table
from inferscope.core.units import human

__all__ = ["table_of"]

_COLUMNS = (
    Column("label", "", "Quantity"),
    Column("unit"),
    Column("replayed", "", "Replayed", "unit"),
    Column("closed_form", "", "Closed form", "unit"),
    Column("name", "", "Name"),
)
Row = tuple[str, str, float | None, float | None, str]
_GROWING = ("ttft_", "e2e_")
"""Names of what has no steady value where the queue grows."""
_NAMED = 3
"""Refused requests that are named."""


def table_of(study: LoadStudy) -> Table:
    """One row a figure, with the closed form of the same thing where there is one."""
    rows = (*_load_rows(study), *_latency_rows(study), *_limit_rows(study), *_fleet_rows(study))
    title = f"{study.title}: {_what(study)}" if study.title else _what(study)
    return Table(title, _COLUMNS, rows, _sentence(study), notes=tuple(_notes(study)))


def _row(study: LoadStudy, label: str, unit: str, value: float, name: str) -> Row:
    """A figure and its closed form; None where there is no number."""
    is_steady = not (study.is_saturated and name.startswith(_GROWING))
    beside = study.closed.get(name, math.nan) if is_steady else math.nan
    return label, unit, _or_none(value), _or_none(beside), name


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _load_rows(study: LoadStudy) -> Iterator[Row]:
    found, trace = study.outcome, study.replayed.trace
    is_open = study.replayed.concurrency is None
    yield _row(study, "Requests answered", "1", float(found.answered), "answered")
    yield _row(study, "Requests refused", "1", float(len(study.replayed.refused)), "refused")
    if is_open:
        yield _row(study, "Requests per second offered", "1/s", trace.rate_per_s, "offered_requests_per_s")
        yield _row(study, "Variation of arrivals", "1", trace.arrival_cv, "arrival_cv")
        yield _row(study, "Load", "1", math.nan, "load_utilization")
    yield _row(study, "Decoding sequences of a replica", "1", found.sequences, "load_batch")
    yield _row(study, "Share of time for prompts", "1", found.prefill_share, "prefill_utilization")
    yield _row(study, "Share of time for decode steps", "1", found.decode_share, "decode_share")
    yield _row(study, "Most requests waiting", "1", float(found.most_queued), "most_queued")
    if is_open:
        yield _row(study, "Waiting when the last one came", "1", float(found.left), "left_waiting")


def _latency_rows(study: LoadStudy) -> Iterator[Row]:
    """Latencies; no wait is given as a steady one where the queue grows without bound."""
    found = study.outcome
    none = Latency(*[math.nan] * 4)
    waits, whole = (none, none) if study.is_saturated else (found.ttft, found.e2e)
    for title, times, name, mean in (
        ("Time to first token", waits, "ttft", "ttft_mean_s"),
        ("Time per output token", found.tpot, "tpot", "load_tpot_s"),
        ("End-to-end latency", whole, "e2e", "e2e_mean_s"),
    ):
        yield _row(study, f"{title}, mean", "s", times.mean, mean)
        yield _row(study, f"{title}, median", "s", times.p50, f"{name}_p50_s")
        yield _row(study, f"{title}, 90th percentile", "s", times.p90, f"{name}_p90_s")
        yield _row(study, f"{title}, 99th percentile", "s", times.p99, f"{name}_p99_s")


def _limit_rows(study: LoadStudy) -> Iterator[Row]:
    found = study.outcome
    if not math.isnan(found.met):
        for title, share in (("TTFT", found.met_ttft), ("TPOT", found.met_tpot)):
            if not math.isnan(share):
                yield _row(study, f"Within the {title} limit", "1", share, f"met_{title.lower()}")
        yield _row(study, "Within all limits", "1", found.met, "met")
        yield _row(study, "Requests per second within them", "1/s", found.met_per_s, "met_requests_per_s")
    if study.replayed.concurrency is None:
        yield _row(study, "Goodput: largest rate at the limits", "1/s", math.nan, "goodput_requests_per_s")
        yield _row(study, "Largest rate the replicas take", "1/s", math.nan, "max_requests_per_s")


def _fleet_rows(study: LoadStudy) -> Iterator[Row]:
    found = study.outcome
    yield _row(study, "Requests per second answered", "1/s", found.answered_per_s, "answered_requests_per_s")
    yield _row(study, "Output tokens per second", "tokens/s", found.output_tok_s, "fleet_output_tok_s")
    yield _row(study, "Prompt tokens per second", "tokens/s", found.input_tok_s, "fleet_input_tok_s")
    yield _row(study, "Cost per query", "USD", found.usd_per_query, "usd_per_query")
    yield _row(study, "Energy per query", "Wh", found.wh_per_query, "wh_per_query")


# --- words ---------------------------------------------------------------------------------------


def _counted(number: int, what: str) -> str:
    """A number of things.

    >>> _counted(1, "request"), _counted(2000, "request")
    ('1 request', '2,000 requests')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _what(study: LoadStudy) -> str:
    trace, users = study.replayed.trace, study.replayed.concurrency
    crowd = "" if users is None else f" by {_counted(users, 'user')} in a closed loop"
    return f"{_counted(len(trace), 'request')}{crowd} ({trace.form})"


def _sentence(study: LoadStudy) -> str:
    found, parts = study.outcome, []
    if study.is_saturated:
        parts.append(
            f"the demand is more than the fleet takes: {_excess(study)}, and no wait is a steady one"
        )
    elif math.isfinite(found.ttft.mean):
        median, late = human(found.ttft.p50, "s"), human(found.ttft.p99, "s")
        parts.append(f"half of the first tokens come within {median}, 99 of 100 within {late}")
    if math.isfinite(found.tpot.mean):
        parts.append(f"{human(found.tpot.mean, 's')} per output token on average")
    if not math.isnan(found.met):
        verdict = "enough" if found.met >= study.percentile else "too few"
        asked = f"{100 * study.percentile:.6g} %"
        parts.append(f"{100 * found.met:.3g} % keep the limits, {verdict} for {asked}")
    text = "; ".join(parts) or "no request was answered"
    return f"{text[0].upper()}{text[1:]}."


def _excess(study: LoadStudy) -> str:
    if study.load >= 1.0:
        return f"at a load of {100 * study.load:.3g} % the queue grows without bound"
    return f"the queue still grew when the last request came ({study.outcome.left:,} waiting)"


def _notes(study: LoadStudy) -> Iterator[str]:
    replayed, trace = study.replayed, study.replayed.trace
    machine = replayed.machine
    pools = f", prompts on {machine.servers:,} ranks of their own" if machine.servers else ""
    replicas, places = _counted(machine.replicas, "replica"), _counted(machine.places, "sequence")
    yield f"{replicas} with up to {places} each{pools}, as planned; {ROUTING}"
    if study.is_saturated:
        yield "mean and percentiles of TTFT and of the whole latency grow with the length of the replay"
    if study.is_drawn or replayed.concurrency is not None:
        yield (
            f"the first {100 * WARM_UP:g} % of the requests are warm-up and not in the latencies;"
            " rates, shares, cost and energy are those from then until the last one came"
        )
    if trace.empty:
        yield f"left out, as they have no output tokens: {trace.empty:,}"
    if not trace.is_sorted:
        yield "the trace is not in the order of arrival: sorted"
    yield from _refusals(study)
    scenario = study.bound.resolved[0].scenario
    yield from stands_on(scenario, ("usd_per_query", "wh_per_query"))
    if study.closed:
        yield (
            "closed forms take every request at the mean lengths of the trace, its rate and its variation,"
            " with the same batch and replicas"
        )
    elif replayed.concurrency is None:
        yield "no closed forms: there are not more requests than places"
    if study.is_drawn and replayed.window_s[1] - replayed.window_s[0] < 10 * study.outcome.e2e.mean:
        yield "requests last longer than a tenth of the time counted: a steady state may need more of them"


def _refusals(study: LoadStudy) -> Iterator[str]:
    """What was refused and why; the first few by their line, or their number where there is no file."""
    refused, trace = study.replayed.refused, study.replayed.trace
    if not refused:
        return
    named = [
        f"{f'line {trace.line[request]}' if trace.line[request] else f'request {request + 1}'} ({why})"
        for request, why in list(refused.items())[:_NAMED]
    ]
    more = f" and {len(refused) - _NAMED:,} more" if len(refused) > _NAMED else ""
    yield f"refused as too long: {', '.join(named)}{more}"
