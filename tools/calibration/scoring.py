"""How far predictions are from measurements, by part of the sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.cleaning import HELD_OUT_FAMILIES, draft_tokens, is_held_out, is_new_engine
from calibration.fitting import CONSTANTS, Constant, Forward, fit
from calibration.forward import Array, Sample, predict
from calibration.sample import Run

Rule = Callable[[Run], bool]


@dataclass(frozen=True, slots=True)
class Score:
    """Errors of one metric over some rows: of ``|ln(predicted / measured)|`` and the plain ratio."""

    rows: int
    median: float
    ninth: float
    mean_percent: float
    bias: float

    def __str__(self) -> str:
        return f"{self.median:.3f} / {self.ninth:.2f} / {self.mean_percent:.0f} % | {self.bias:.2f}"


@dataclass(frozen=True, slots=True)
class Predictions:
    """Ratios of prediction to measurement of every run, ``(n,)`` each."""

    runs: tuple[Run, ...]
    tpot: Array
    ttft: Array

    def where(self, rule: Rule) -> Predictions:
        """Those of some runs."""
        index = np.flatnonzero([rule(run) for run in self.runs])
        return Predictions(tuple(self.runs[i] for i in index), self.tpot[index], self.ttft[index])

    def __add__(self, other: Predictions) -> Predictions:
        return Predictions(
            self.runs + other.runs,
            np.concatenate([self.tpot, other.tpot]),
            np.concatenate([self.ttft, other.ttft]),
        )


def score(ratios: Array) -> Score:
    """Median, 90th percentile, mean and bias of an error."""
    error = np.abs(np.log(ratios))
    return Score(
        len(ratios),
        float(np.median(error)),
        float(np.quantile(error, 0.9)),
        100.0 * float(np.mean(np.abs(ratios - 1.0))),
        float(np.median(ratios)),
    )


def predictions(sample: Sample, constants: Mapping[str, float], forward: Forward = predict) -> Predictions:
    """Every run predicted with the same constants."""
    found, measured = forward(sample, constants), sample.measured
    return Predictions(sample.runs, found[0] / measured[0], found[1] / measured[1])


def split(sample: Sample) -> tuple[Sample, Sample]:
    """The part that is fitted, and the part that is held out."""
    out = np.array([is_held_out(run) for run in sample.runs])
    return sample.take(np.flatnonzero(~out)), sample.take(np.flatnonzero(out))


def left_out_in_turn(
    sample: Sample,
    groups: Sequence[str],
    whole: Mapping[str, float],
    constants: tuple[Constant, ...] = CONSTANTS,
    forward: Forward = predict,
) -> Predictions:
    """Every run predicted by constants that were fitted without its group.

    Args:
        sample: The fitted part.
        groups: The group of every run.
        whole: Constants fitted to all, from which each fit starts.
        constants: What is fitted.
        forward: The model.
    """
    names = np.array(groups)
    found: list[Predictions] = []
    for name in dict.fromkeys(groups):
        rest = sample.take(np.flatnonzero(names != name))
        fitted = fit(rest, constants, start=whole, forward=forward)
        found.append(predictions(sample.take(np.flatnonzero(names == name)), fitted, forward))
    total = found[0]
    for part in found[1:]:
        total = total + part
    return total


DENSE = ("llama-3.1-8b", "llama-3.1-70b", "qwen3-32b")


def is_known_family(run: Run) -> bool:
    """Whether runs of the same family were fitted."""
    return run.model not in (*HELD_OUT_FAMILIES, "glm-5")


def shape(run: Run) -> str:
    """Which phase the lengths stress."""
    if run.output_tokens >= 4 * run.input_tokens:
        return "decode-heavy"
    return "balanced" if run.output_tokens > run.input_tokens / 4 else "prefill-heavy"


def _held_out_parts() -> dict[str, Rule]:
    def is_otherwise_known(run: Run) -> bool:
        return is_known_family(run) and run.accelerator in ("h100-sxm", "h200-sxm", "b200-sxm")

    return {
        "held out: MiniMax, Kimi": lambda run: run.model in HELD_OUT_FAMILIES,
        "held out: B300": lambda run: run.accelerator == "b300-sxm",
        "held out: new engine versions": is_new_engine,
        "of these only the engine new": lambda run: is_new_engine(run) and is_otherwise_known(run),
        "all held out": lambda _: True,
    }


def _shared_parts(runs: Sequence[Run]) -> dict[str, Rule]:
    rules: dict[str, Rule] = {
        "dense": lambda run: run.model in DENSE,
        "MoE": lambda run: run.model not in DENSE,
    }
    for attribute in ("accelerator", "engine", "precision", "model"):
        for value in sorted({getattr(run, attribute) for run in runs}):
            rules[f"{attribute} {value}"] = lambda run, a=attribute, v=value: getattr(run, a) == v
    rules["with MTP"] = lambda run: bool(draft_tokens(run))
    rules["attention data-parallel"] = lambda run: run.data > 1
    for name in ("decode-heavy", "balanced", "prefill-heavy"):
        rules[name] = lambda run, name=name: shape(run) == name
    rules["concurrency up to 4"] = lambda run: run.concurrency <= 4
    rules["concurrency 16 to 32"] = lambda run: 16 <= run.concurrency <= 32
    rules["concurrency above 128"] = lambda run: run.concurrency > 128
    return rules


def table(inside: Predictions, in_turn: Predictions, outside: Predictions) -> str:
    """Errors by part as a Markdown table: median / 90th percentile / mean, and bias, of each metric."""
    lines = ["| part | rows | TPOT | bias | TTFT | bias |", "| --- | --- | --- | --- | --- | --- |"]
    parts = [("fitted, in sample", inside), ("fitted, family left out in turn", in_turn)]
    parts += [(name, outside.where(rule)) for name, rule in _held_out_parts().items()]
    both = inside + outside
    parts += [(name, both.where(rule)) for name, rule in _shared_parts(both.runs).items()]
    for name, part in parts:
        if part.runs:
            lines.append(f"| {name} | {len(part.runs)} | {score(part.tpot)} | {score(part.ttft)} |")
    return "\n".join(lines)


def error_classes(inside: Predictions, in_turn: Predictions, outside: Predictions) -> dict[str, Score]:
    """Errors of what a user gets, by metric and by whether the family was fitted.

    ``known``: families that were fitted, on the fitted and on newer engines and accelerators.
    ``unseen``: families that were not, and the fitted ones predicted without themselves.
    """
    known = inside + outside.where(is_known_family)
    unseen = in_turn + outside.where(lambda run: not is_known_family(run))
    parts = {"known": known, "unseen": unseen, "held_out": outside}
    return {
        f"{metric}.{name}": score(getattr(part, metric))
        for name, part in parts.items()
        for metric in ("tpot", "ttft")
    }
