"""Counting profiles: what each regime adds up as training compute, part by part.

A profile gives every part a weight: 1 counted, 0 not, ``?`` where the text is silent. A count is what
is counted for sure, and its range reaches from there to what it is with every ``?`` part as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from inferscope.core.evaluate import Result, evaluate_bound
from inferscope.core.graph import Array
from inferscope.core.policy.predicates import Fact
from inferscope.core.policy.quantities import QUANTITIES
from inferscope.core.policy.shipped import profiles
from inferscope.core.scenario.schema import Scenario
from inferscope.core.scenario.training import PARTS, Part

__all__ = [
    "COMPONENTS",
    "Component",
    "count",
    "counted",
    "counted_at_draws",
    "error_margin",
    "in_service",
    "parts_of",
    "profiles",
    "training_parts",
    "weight",
    "widened",
]


class Component(NamedTuple):
    """A part of training compute that profiles tell apart.

    Attributes:
        label: What it is called.
        letter: What stands for it in a bar.
    """

    label: str
    letter: str


COMPONENTS: Final = MappingProxyType(
    {
        "original_model": Component("original model", "O"),
        "pretraining": Component("pre-training", "P"),
        "fine_tuning": Component("fine-tuning", "F"),
        "rl_updates": Component("RL updates", "R"),
        "own_synthetic_data_generation": Component("own synthetic data", "S"),
        "public_synthetic_data_generation": Component("public synth. data", "D"),
        "merged_model_compute": Component("merged models", "M"),
        "distillation_teacher_training": Component("teacher", "T"),
        "reward_and_value_models": Component("reward, value models", "W"),
        "failed_or_research_runs": Component("failed/research runs", "X"),
        "evaluation_and_red_teaming": Component("evaluation", "E"),
        "activation_recomputation": Component("recomputation", "A"),
        "deployment_inference": Component("inference in service", "I"),
    }
)
"""Every part of a profile in the order of the file, an original model first."""
_IS_MODIFYING = ("fine_tuning", "rl_updates")
"""What a modification consists of, so that it counts as one whatever a profile says of training."""
_UPDATES, _CUMULATIVE = "eu_parameter_updates", "eu_cumulative"


def weight(profile: str, part: str, *, modification: bool = False) -> int | str:
    """How a profile counts a part: 1, 0 or ``?``.

    >>> weight("eu_cumulative", "own_synthetic_data_generation"), weight("us_generic", "fine_tuning")
    (1, '?')
    >>> weight("us_generic", "fine_tuning", modification=True)
    1
    """
    if modification and part in _IS_MODIFYING:
        return 1
    found: int | str = profiles()[profile][part]
    return found


def error_margin(profile: str) -> float:
    """The share by which a regime lets an estimate be off; 0 where it names none."""
    return float(profiles()[profile].get("error_margin", 0.0)) if profile else 0.0


def parts_of(scenario: Scenario, final: Fact) -> dict[str, Fact]:
    """The parts that a scenario has, each with its compute.

    Args:
        scenario: The scenario.
        final: Compute of the final run: of the original model where the scenario modifies one.

    Returns:
        By name, in the order of :data:`COMPONENTS`; without a value where a part is said to exist and
        nobody says how much.
    """
    training = scenario.training
    found = {"original_model" if training.modifies_original else "pretraining": final}
    for name, flop in PARTS.items():
        part: Part | None = getattr(training, name)
        if name == "pretraining" or part is None:
            continue
        key = f"training.{name}"
        if part.is_unknown:
            found[name] = Fact(None, 0.0, math.inf, f"{key}: how much is not known", (f"{key}.flop",))
        elif part.is_given:
            low, middle, high = part.ends(flop)
            found[name] = Fact(middle, low, high, f"{key} of the scenario")
    return found


def count(profile: str, parts: Mapping[str, Fact], *, modification: bool = False) -> Fact:
    """Training compute by a profile.

    Args:
        profile: The profile.
        parts: Its parts, as :func:`parts_of` has them.
        modification: Whether only what was done to the original counts.

    Returns:
        What is counted for sure, from its low end to the high end with every ``?`` part; at least its
        known parts where one that counts is not known.
    """
    own = {n: f for n, f in parts.items() if not (modification and n == "original_model")}
    by_weight: dict[int | str, list[str]] = {1: [], "?": [], 0: []}
    for name in own:
        by_weight[weight(profile, name, modification=modification)].append(name)
    sure, open_ = by_weight[1], by_weight["?"]
    if len(sure) == 1 and not open_:
        return own[sure[0]]
    known = [own[name] for name in sure]
    low = sum((fact.bounds[0] for fact in known), 0.0)
    high = sum((own[name].bounds[1] for name in (*sure, *open_)), 0.0)
    missing = _distinct(name for fact in known if fact.value is None for name in fact.missing)
    about = " + ".join(COMPONENTS[name].label for name in sure) or "nothing that is counted for sure"
    if open_:
        about += f"; {', '.join(COMPONENTS[name].label for name in open_)} may count too"
    if any(fact.value is None for fact in known):
        return Fact(None, low, math.inf, f"at least the known parts of {about}", missing)
    return Fact(sum((_value(fact) for fact in known), 0.0), low, high, about, _distinct(_lacking(own, open_)))


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _lacking(parts: Mapping[str, Fact], names: Sequence[str]) -> list[str]:
    return [key for name in names if parts[name].value is None for key in parts[name].missing]


def _value(fact: Fact) -> float:
    assert isinstance(fact.value, float)  # noqa: S101  (those without one were sorted out)
    return fact.value


# --- facts of a rule ------------------------------------------------------------------------------


def counted(known: Mapping[str, Fact], scenario: Scenario, profile: str) -> dict[str, Fact]:
    """The facts of a row as a rule with this profile has them; as they are where it names none.

    Training compute is what the profile counts, and uncertain by at least the share that the regime
    allows; so are the planned compute, and a modification's, where the user does not set them.
    """
    if not profile:
        return dict(known)
    found, margin = dict(known), error_margin(profile)
    given = {name for name in scenario.policy.model_fields_set if getattr(scenario.policy, name) is not None}
    parts = parts_of(scenario, known["training_flop"])
    if len(parts) > 1 or scenario.training.modifies_original:
        total = count(profile, parts)
        found["training_flop"] = total
        if "planned_training_flop" not in given:
            found["planned_training_flop"] = total._replace(origin=f"a finished model: {total.origin}")
    if scenario.training.modifies_original:
        measures = _modification(profile, parts, known.get("original_is_systemic"), margin)
        found |= {name: fact for name, fact in measures.items() if name not in given}
    names = [name for name in found if name in QUANTITIES and QUANTITIES[name].unit == "FLOP"]
    return {**found, **{name: widened(found[name], margin) for name in names}} if margin else found


def ratio_profiles(profile: str, systemic: Fact | None) -> tuple[str, ...]:
    """The profiles by which a modification over its original may have to be counted.

    A modifier of a model with systemic risk counts cumulatively, of another only parameter updates;
    while nobody says which, either may hold.

    Args:
        profile: The rule's own.
        systemic: Whether the original is a model with systemic risk.
    """
    said = None if systemic is None else systemic.value
    if profile != _UPDATES or said is False:
        return (profile,)
    return (_CUMULATIVE,) if said else (_UPDATES, _CUMULATIVE)


def _modification(
    profile: str, parts: Mapping[str, Fact], systemic: Fact | None, margin: float
) -> dict[str, Fact]:
    """What was done to an original: its compute, that over the original's, and whether the latter is known.

    Where the ratio may be counted in two ways, it ranges over both.
    """
    original = parts["original_model"]
    used = ratio_profiles(profile, systemic)
    ratios = [_over(count(name, parts, modification=True), original, margin) for name in used]
    ends = [ratio.bounds for ratio in ratios]
    ratio = ratios[0]._replace(low=min(low for low, _ in ends), high=max(high for _, high in ends))
    is_known = original.value is not None
    return {
        "modification_flop": count(profile, parts, modification=True),
        "modification_flop_ratio": ratio if is_known else ratios[0],
        "original_flop_known": Fact(value=True, origin=f"the original's compute: {original.origin}")
        if is_known
        else Fact(None, missing=("policy.original_flop_known",)),
    }


def _over(part: Fact, whole: Fact, margin: float) -> Fact:
    """A modification over its original, each uncertain by the regime's share."""
    if whole.value is None:
        return Fact(None, missing=whole.missing)
    low, high = widened(part, margin).bounds
    least, most = widened(whole, margin).bounds
    if part.value is None:
        return Fact(None, low / most, math.inf, "modification / original", part.missing)
    return Fact(_value(part) / _value(whole), low / most, high / least, "modification / original")


def widened(fact: Fact, margin: float) -> Fact:
    """A count that is uncertain by at least this share.

    >>> widened(Fact(2e24), 0.5)[1:3]
    (1e+24, 3e+24)
    """
    if not isinstance(fact.value, float):
        return fact if fact.low is None else fact._replace(low=fact.low * (1 - margin))
    low, high = fact.value * (1 - margin), fact.value * (1 + margin)
    return fact._replace(
        low=low if fact.low is None else min(fact.low, low),
        high=high if fact.high is None else max(fact.high, high),
    )


# --- at draws -------------------------------------------------------------------------------------


def training_parts(scenario: Scenario, drawn: Mapping[str, Array]) -> dict[str, Array]:
    """The parts of training compute that are drawn, by name, ``(n,)``.

    Args:
        scenario: The scenario.
        drawn: Numbers of it at draws, by dotted key.
    """
    found = {}
    for name, flop in PARTS.items():
        part: Part | None = getattr(scenario.training, name)
        columns = {n: drawn.get(f"training.{name}.{n}") for n in ("flop", "parameters", "tokens")}
        if part is None or all(column is None for column in columns.values()):
            continue
        if columns["flop"] is not None:
            found[name] = columns["flop"]
            continue
        given = {"parameters": part.parameters, "tokens": part.tokens}
        one, other = (
            column if (column := columns[n]) is not None else np.array([number.mid])
            for n, number in given.items()
            if number is not None
        )
        found[name] = flop * one * other
    return found


def counted_at_draws(
    drawn: Mapping[str, Array], parts: Mapping[str, Fact], given: set[str], profile: str, ratio_profile: str
) -> dict[str, Array]:
    """What a rule with this profile reads at draws, ``(n,)`` by name.

    Args:
        drawn: Numbers at draws, ``training_flop`` the final run's among them, and parts by their name.
        parts: The parts of the scenario.
        given: Facts that the user sets, which are not counted.
        profile: The profile.
        ratio_profile: That by which a modification over its original is counted (:func:`ratio_profiles`).
    """
    final = drawn["training_flop"]
    columns = {
        name: final if name in ("original_model", "pretraining") else drawn.get(name, _steady(fact, final))
        for name, fact in parts.items()
    }
    total = _summed(profile, columns, modification=False)
    found = {"training_flop": total, "planned_training_flop": total}
    if "original_model" in parts:
        found["modification_flop"] = _summed(profile, columns, modification=True)
        found["modification_flop_ratio"] = _summed(ratio_profile, columns, modification=True) / final
    return {**drawn, **{name: column for name, column in found.items() if name not in given}}


def _steady(fact: Fact, like: Array) -> Array:
    return np.full(len(like), math.nan if fact.number is None else fact.number)


def _summed(profile: str, columns: Mapping[str, Array], *, modification: bool) -> Array:
    """The parts that are counted for sure, added at every draw."""
    names = [name for name in columns if not (modification and name == "original_model")]
    kept = [columns[n] for n in names if weight(profile, n, modification=modification) == 1]
    start = np.zeros_like(next(iter(columns.values())))
    return np.sum(kept, axis=0) if kept else start


def in_service(result: Result, row: int) -> Fact:
    """Compute of inference over the days in service, which no profile counts; unknown without a demand."""
    found = evaluate_bound(result.bound.take([row]), ("served_flop",))
    served, days = float(found["served_flop"][0]), result.bound.leaf("training_lifetime_days", row).value
    if math.isnan(served):
        why, _, key = found.why("served_flop", 0).partition(": ")
        return Fact(None, missing=(key if why == "needs_input" else "hardware.replicas",))
    return Fact(served, origin=f"compute served a day over {days:,.0f} days in service")
