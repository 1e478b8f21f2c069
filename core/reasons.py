"""Why there is no number: the input or the function behind each NaN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from inferscope.core.bind import Bound
from inferscope.core.graph import REGISTRY
from inferscope.core.program import compile_program

_ORDER = (
    *("does_not_fit", "slo_unreachable", "needs_input", "unsupported", "not_in_this_version"),
    *("unreachable", "unknown"),
)


def reasons(bound: Bound, outputs: Sequence[str], row: int) -> dict[str, str]:
    """Find, for each NaN output of a row, the input or function that makes it NaN.

    Every absent input is tried alone: the others are filled in, and the one that by itself still
    makes the output NaN is its cause. Demand may be absent by intent, so an output that does
    without it is tried without it. What no input causes, a function does by design.
    """
    unplanned = bound.leaf("workload_batch", row).why == "upstream"
    asked = (*outputs, "tpot_s", "ttft_s") if unplanned else tuple(outputs)
    one = bound.take([row])
    needed = REGISTRY.needed(asked)
    used = {p for n in needed for p in REGISTRY.quantities[n].parents if p in REGISTRY.inputs}
    absent = [name for name in sorted(used) if np.isnan(one.inputs[name]).any() and bound.leaf(name, row).why]
    suspects = {name: cause for name in absent if (cause := _cause(bound, name, row))}
    without_demand = frozenset({_DEMAND} & set(absent))
    trials = [frozenset[str](), without_demand]
    for demand in (frozenset[str](), without_demand):
        trials += [frozenset({name}) | demand for name in suspects]
    broken = _try(one, asked, absent, trials)
    by_design = _designed(one, needed, asked)
    if without_demand:  # what would still be absent with a demand is not asked a demand for
        met = one.with_inputs({_DEMAND: np.full(1, _FAINT)})
        by_design = {**_designed(met, needed, asked), **by_design}
    found: dict[str, str] = {}
    for name in asked:
        hold = without_demand if not broken[name][1] else frozenset[str]()
        alone = [s for s in suspects if broken[name][trials.index(frozenset({s}) | hold)]]
        is_broken_anyway = broken[name][1 if hold else 0]
        causes = [] if is_broken_anyway else [suspects[s] for s in alone]
        if name in by_design:
            causes.append(by_design[name])
        found[name] = _first(causes) or _either(name, suspects)
    missing = next((found[n] for n in ("tpot_s", "ttft_s") if unplanned and found.get(n)), "")
    return {name: found[name] or missing or "unknown: it cannot be computed" for name in outputs}


def _either(name: str, suspects: Mapping[str, str]) -> str:
    """Where any one of several absent inputs would settle an output: all of their keys."""
    behind = {p for n in REGISTRY.needed([name]) for p in REGISTRY.quantities[n].parents}
    found = [suspects[s].partition(": ") for s in suspects if s in behind and s != _DEMAND]
    word = min((word for word, _, _ in found), key=_ORDER.index, default="")
    keys = list(dict.fromkeys(key for other, _, key in found if other == word and " " not in key))
    return f"{word}: {'any of ' if len(keys) > 1 else ''}{', '.join(keys)}" if keys else ""


_DEMAND = "workload_requests_per_s"
_FAINT, _FAST, _ONE = 1e-12, 1e12, 1.0
"""What an absent figure is filled in with: a demand that saturates nothing, a rate that starves nothing."""


def _try(
    one: Bound, outputs: Sequence[str], absent: Sequence[str], trials: Sequence[frozenset[str]]
) -> dict[str, list[bool]]:
    """Which outputs stay NaN when only the inputs of each trial are absent."""
    filled = {}
    for name in absent:
        given = one.inputs[name]
        likely = _FAINT if name == _DEMAND else _FAST if name.endswith("_per_s") else _ONE
        kept = np.array([name in trial for trial in trials]).reshape(-1, *[1] * (given.ndim - 1))
        filled[name] = np.where(kept, given, np.where(np.isnan(given), likely, given))
    found = compile_program(tuple(outputs)).run({**one.inputs, **filled}, one.pins)
    result = {}
    for name in outputs:
        values = np.broadcast_to(found[name], (len(trials), *found[name].shape[1:]))
        missing = np.atleast_1d(np.isnan(values).reshape(len(trials), -1).any(axis=1))
        result[name] = [bool(flag) for flag in missing]
    return result


def _cause(bound: Bound, name: str, row: int) -> str:
    why = bound.leaf(name, row).why
    return "" if why in ("auto", "upstream") else why


def _first(causes: Sequence[str]) -> str:
    """The cause to name: what does not fit comes before what is missing."""
    return min(causes, key=lambda text: _ORDER.index(text.split(":")[0]), default="")


def _designed(one: Bound, needed: Sequence[str], outputs: Sequence[str]) -> dict[str, str]:
    """NaN that a function introduces itself, carried to everything that depends on it."""
    values = compile_program(tuple(needed)).run(one.inputs, one.pins)
    reason: dict[str, str] = {}
    for name in needed:
        if not np.isnan(values[name]).any():
            continue
        node = REGISTRY.quantities[name]
        inherited = [reason[p] for p in node.parents if p in reason]
        if inherited:
            reason[name] = _first(inherited)
        elif node.null and not any(np.isnan({**one.inputs, **values}[p]).any() for p in node.parents):
            reason[name] = node.null
    return {name: reason[name] for name in outputs if name in reason}
