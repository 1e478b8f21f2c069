"""Claims and their verdicts as tables, as one claim in full, and as JSON."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from inferscope.core import DATA_DATE, __version__
from inferscope.core.evaluate import outputs_of
from inferscope.core.evidence.claims import Claim, Flip, Judged
from inferscope.core.scenario.schema import Scenario
from inferscope.core.shown import figure
from inferscope.core.standing import stands_on
from inferscope.core.study.changes import flat
from inferscope.core.study.spreads import DRAWS
from inferscope.core.study.table import Column, Table

__all__ = ["as_list", "as_object", "claims_table", "command", "fact_ratio", "in_full", "stands_on_text"]

_ABOUT = ("name", "question", "description", "published", "provenance", "schema_version")
"""What a scenario that is changed says of itself, and keeps."""
_COLUMNS = (
    Column("id", label="claim"),
    Column("verdict", label="verdict"),
    Column("statement", label="statement"),
    Column("claimed", label="claimed"),
    Column("found", label="found"),
    Column("carries", label="carried by"),
    Column("preset", label="preset"),
    Column("kind", label="kind"),
)


def claims_table(found: Sequence[Judged], present: Scenario | None = None) -> Table:
    """One row a claim.

    Args:
        found: The claims.
        present: The scenario that a row is to be made from, to send its own back as the scenario.
    """
    return Table(
        _count(found),
        _COLUMNS,
        tuple(_row(each) for each in found),
        _sentence(found),
        () if present is None else tuple(_changes(each.claim, present) for each in found),
        notes=_NOTES,
    )


_NOTES = (
    "computed claims are supported where claimed and computed intervals meet, else off by a factor",
    "words such as about were read as intervals; `inferscope claims ID` shows the reading and the rest",
)


def _count(found: Sequence[Judged]) -> str:
    return "1 published claim" if len(found) == 1 else f"{len(found)} published claims"


def _row(each: Judged) -> tuple[Any, ...]:
    claim = each.claim
    return (
        claim.id,
        verdict_text(each),
        claim.statement,
        interval_text(claim.low, claim.high, claim) if claim.is_claimed else "",
        found_text(each),
        claim.carries,
        claim.preset,
        claim.kind,
    )


def _changes(claim: Claim, present: Scenario) -> dict[str, Any]:
    """What makes a scenario that of a computed claim; nothing for another."""
    if claim.kind != "computed":
        return {}
    wanted = {key: value for key, value in flat(claim.scenario()).items() if key not in _ABOUT}
    gone = {_table_of(key, wanted) for key in flat(present) if key not in (*wanted, *_ABOUT)}
    return {**dict.fromkeys(sorted(gone)), **wanted}


def _table_of(key: str, wanted: Mapping[str, Any]) -> str:
    """The key, or the optional table that it is in where nothing of that is wanted."""
    table = key.rpartition(".")[0]
    is_optional = "." in table and not any(other.startswith(f"{table}.") for other in wanted)
    return table if is_optional else key


def _sentence(found: Sequence[Judged]) -> str:
    computed = [each for each in found if each.claim.kind == "computed"]
    if not computed:
        return f"None of {len(found)} claims is computed."
    supported = sum(each.verdict == "supported" for each in computed)
    return (
        f"{len(computed)} of {len(found)} claims are computed: {supported} of these are supported,"
        f" {len(computed) - supported} are not."
    )


def verdict_text(each: Judged) -> str:
    """The verdict, with the factor where it has one.

    A factor is written without digits that nobody could vouch for.
    """
    if math.isnan(each.factor):
        return each.verdict
    return f"{each.verdict} by {float(f'{each.factor:.2g}'):,g}x"


def interval_text(low: float, high: float, claim: Claim) -> str:
    """An interval in the claim's unit: both ends, one of them, or a point."""
    ends = [_figure(end, claim) for end in (low, high)]
    if low == high:
        return ends[0]
    if math.isinf(high):
        return f"at least {ends[0]}"
    return f"at most {ends[1]}" if math.isinf(low) else f"{ends[0]} to {ends[1]}"


def _figure(value: float, claim: Claim) -> str:
    if not math.isfinite(value):
        return ""
    if claim.shown_unit == "1":
        return f"{value:.3g}"
    return figure(value, claim.shown_unit, claim.quantity)


def found_text(each: Judged) -> str:
    """What is computed or found, as short as a cell takes it."""
    if math.isnan(each.value):
        return ""
    return interval_text(each.low, each.high, each.claim)


def as_list(found: Sequence[Judged], width: int = 80) -> str:
    """Every claim in a few lines for a terminal: statement, verdict with its numbers, what carries it."""
    parts = [_count(found), "", *_wrapped(_sentence(found), width), ""]
    for each in found:
        claim = each.claim
        numbers = [f"claimed {interval_text(claim.low, claim.high, claim)}"] if claim.is_claimed else []
        numbers += [f"found {found_text(each)}"] if found_text(each) else []
        numbers += [f"carried by {claim.carries}"] if claim.carries else []
        verdict = f"{verdict_text(each)} ({claim.kind})"
        first, *more = _wrapped(f"{claim.statement}.", width - 6)
        more += _wrapped(f"{verdict}: {', '.join(numbers)}" if numbers else verdict, width - 6)
        parts += [f"{claim.id:<6}{first}", *(f"{'':6}{line}" for line in more), ""]
    parts += [line for note in _NOTES for line in _wrapped(f"- {note}", width)]
    return "\n".join([*parts, "", f"inferscope {__version__}, data of {DATA_DATE}", ""])


# --- one in full ----------------------------------------------------------------------------------


def in_full(each: Judged, flip: Flip | None, stands: str, width: int = 80) -> str:
    """One claim with its reading, what is computed, how to compute it again, and what carries it."""
    claim = each.claim
    lines = [*_wrapped(f"{claim.id}  {claim.statement}.", width), *_wrapped(f"In: {claim.seed}", width), ""]
    rows = [("verdict", verdict_text(each)), ("kind", claim.kind)]
    if claim.is_claimed:
        rows.append(("claimed", interval_text(claim.low, claim.high, claim)))
    if claim.reading:
        rows.append(("read as", claim.reading))
    if claim.kind == "computed":
        rows.append(("computed", _computed_text(each)))
        if stands:
            rows.append(("stands on", stands))
        rows.append(("again with", command(each)))
        if claim.divisor and (over := _divisor_command(claim)) != command(each):
            rows.append(("over that of", over))
    elif claim.finding:
        rows.append(("found", claim.finding))
        if not math.isnan(fact_ratio(each)):
            rows.append(("ratio", _ratio_text(fact_ratio(each))))
    if flip is not None:
        rows.append(("carried by", _flip_text(claim, flip)))
    rows += [(name, text) for name, text in (("note", claim.note), ("source", _source(claim))) if text]
    for name, text in rows:
        lines += textwrap.wrap(
            f"{name:<13}{text}",
            width,
            subsequent_indent=" " * 13,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join([*lines, "", f"inferscope {__version__}, data of {DATA_DATE}", ""])


def _computed_text(each: Judged) -> str:
    claim = each.claim
    ratio = f" over {claim.divisor}" if claim.divisor else ""
    if each.low == each.high:
        return f"{_figure(each.value, claim)}, {claim.quantity}{ratio}"
    return f"{_figure(each.value, claim)} ({found_text(each)}), {claim.quantity}{ratio}"


def fact_ratio(each: Judged) -> float:
    """A fact over the end of the claim next to it; 1 within the claim, NaN where either is no number."""
    claim = each.claim
    if claim.kind != "fact" or math.isnan(each.value) or not claim.is_claimed:
        return math.nan
    nearest = min(max(each.value, claim.low), claim.high)
    return each.value / nearest if nearest else math.nan


def _ratio_text(ratio: float) -> str:
    return "within the claim" if ratio == 1 else f"{ratio:.2g} times what is claimed"


def command(each: Judged) -> str:
    """The command that computes it again."""
    claim, is_sized = each.claim, each.claim.is_of_fleet and each.low < each.high
    return _again(claim.preset, claim.changes, claim.scenario(), claim.quantity, is_sized=is_sized)


def _divisor_command(claim: Claim) -> str:
    """The command that computes what it is divided by."""
    other, against = claim.other(), claim.against or {}
    if other is None:
        return _again(claim.preset, claim.changes, claim.scenario(), claim.divisor, is_sized=False)
    return _again(against["preset"], against.get("set"), other, claim.divisor, is_sized=False)


def _again(preset: str, changes: Any, scenario: Scenario, quantity: str, *, is_sized: bool) -> str:
    """`uncertainty` where the fleet follows the draws, `eval` where its report holds it, else `explain`."""
    if is_sized and scenario.hardware.replicas == "auto" and scenario.workload.demand_per_s():
        asked = f"uncertainty {preset} --of {quantity} --replan --samples {DRAWS}"
    elif quantity in outputs_of([scenario]):
        asked = f"eval {preset}"
    else:
        asked = f"explain {preset} {quantity}"
    return " ".join(
        [f"inferscope {asked}", *(f"--set {key}={value}" for key, value in (changes or {}).items())]
    )


def _flip_text(claim: Claim, flip: Flip) -> str:
    now = "" if math.isnan(flip.now) else f", {flip.now:.4g} now"
    if math.isnan(flip.at):
        low, high = claim.span
        return f"{claim.carries}{now}; no other verdict between {low:g} and {high:g}"
    return f"{claim.carries}{now}; at {flip.at:.3g} it is {flip.verdict}"


def _source(claim: Claim) -> str:
    is_dated = not claim.date or claim.source.endswith(f"({claim.date})")
    return claim.source if is_dated or not claim.source else f"{claim.source} ({claim.date})"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def stands_on_text(claim: Claim, result: Any) -> str:
    """The basis or the boundary of what is computed; empty where it has none."""
    found = stands_on(result, claim.quantity)
    if "boundary" in found:
        found["boundary"] = found["boundary"].replace("_", " ")
    return "; ".join(f"{what} {words}" for what, words in found.items())


def as_object(found: Sequence[Judged], flips: Sequence[Flip | None]) -> dict[str, Any]:
    """The JSON of the command: every claim with what it says, what is found and the verdict."""
    return {
        "inferscope": __version__,
        "data": DATA_DATE,
        "claims": [_entry(each, flip) for each, flip in zip(found, flips, strict=True)],
    }


def _entry(each: Judged, flip: Flip | None) -> dict[str, Any]:
    claim = each.claim
    entry: dict[str, Any] = {
        "id": claim.id,
        "statement": claim.statement,
        "in": claim.seed,
        "kind": claim.kind,
        "claimed": {"low": _number(claim.low), "high": _number(claim.high), "reading": claim.reading},
        "unit": claim.shown_unit,
        "value": _number(each.value),
        "low": _number(each.low),
        "high": _number(each.high),
        "verdict": each.verdict,
        "factor": _number(each.factor),
        "note": claim.note,
        "source": claim.source,
        "date": claim.date,
    }
    if claim.kind == "computed":
        entry |= {"quantity": claim.quantity, "divisor": claim.divisor, "command": command(each)}
        if claim.divisor:
            entry["divisor_command"] = _divisor_command(claim)
        entry["carries"] = {"key": claim.carries, "span": list(claim.span)}
        if flip is not None:
            entry["carries"] |= {"now": _number(flip.now), "flips_at": _number(flip.at), "to": flip.verdict}
    else:
        entry |= {"finding": claim.finding, "ratio": _number(fact_ratio(each))}
    return entry


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
