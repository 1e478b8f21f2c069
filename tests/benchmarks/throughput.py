"""How many points of a study are computed in a second, beside what arrays allow and what peers do.

Run ``python tests/benchmarks/throughput.py`` on an otherwise idle machine. Everything runs on one
core, the peers too, each in an environment of its own that pip installs; one that cannot be installed
is named and left out. What is compared is what that peer computes and nothing more. Times are those of
the processor, which other programs lengthen little, and of several repetitions the fastest.
"""

# ruff: noqa: T201, E402  (printing is what this script is for; threads are limited before NumPy is loaded)

import argparse
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import math
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np
from peers import PEERS, measured

from inferscope.core.evaluate import CONTRACT
from inferscope.core.program import Program
from inferscope.core.scenario.check import validate
from inferscope.core.scenario.files import with_values
from inferscope.core.study.points import CHUNK, Points

ROWS = 8_192
SWEEP = 1_000_000
REPEATS = 9
MODELS = [
    "llama-3.1-8b",
    "llama-3.1-70b",
    "llama-3.1-405b",
    "gemma-3-27b",
    "mixtral-8x7b",
    "qwen3-235b-a22b",
    "gpt-oss-120b",
    "deepseek-v3",
    "kimi-k2",
    "jamba-v0.1",
]
"""Dense, with windows, with experts, with a latent cache, with recurrent layers."""
CHIPS = [
    "a100-sxm-80",
    "h100-sxm",
    "h200-sxm",
    "h20",
    "b200",
    "l40s",
    "mi300x",
    "mi355x",
    "tpu-v6e",
    "gaudi3",
]
SPANS = {
    "workload.input_tokens": (100.0, 8000.0),
    "workload.output_tokens": (50.0, 2000.0),
    "workload.requests_per_s": (0.1, 10.0),
}
BATCH = {"workload.batch": (1.0, 64.0)}
S5 = tuple(CONTRACT)
FEW = ("tpot_s", "usd_per_million_output_tokens")


def cases():
    """Every model on every accelerator, nothing left to choose; and the same with the batch left open."""
    one = dict.fromkeys(("pipeline_parallel", "data_parallel", "replicas"), 1)
    fixed = [
        validate(
            {
                "model": {"id": model},
                "hardware": {"accelerator": chip, "count": 8, "tensor_parallel": 8, **one},
                "workload": {"batch": 32, "requests_per_s": 5, "input_tokens": 1000, "output_tokens": 500},
            }
        )
        for model in MODELS
        for chip in CHIPS
    ]
    return fixed, [with_values(scenario, {"workload.batch": None, "slo.tpot_s": 0.05}) for scenario in fixed]


class Work:
    """Points of the cases, with what is measured of them."""

    def __init__(self, scenarios, spans, owner, values):
        self.points = Points(scenarios, spans)
        if self.points.refused:
            raise SystemExit(next(iter(self.points.refused.values())))
        self.owner, self.values = owner, values

    def run(self, outputs, chunk=CHUNK):
        """Compute the outputs at all points."""
        return self.points.evaluate(outputs, self.values, self.owner, chunk=chunk)

    def rate(self, outputs, repeats=REPEATS):
        """Points in a second."""
        return len(self.owner) / fastest(lambda: self.run(outputs), repeats)


def at_random(scenarios, spans, rows=ROWS):
    """Points whose cases and numbers are drawn."""
    rng = np.random.default_rng(0)
    owner = rng.integers(0, len(scenarios), rows)
    values = {key: np.floor(rng.uniform(low, high, rows)) for key, (low, high) in spans.items()}
    values["workload.requests_per_s"] = rng.uniform(*spans["workload.requests_per_s"], rows)
    return Work(scenarios, spans, owner, values)


def crossed(scenarios, spans, rows):
    """Every case with every combination of evenly spaced numbers, about so many points."""
    steps = max(round((rows / len(scenarios)) ** (1 / len(spans))), 2)
    axes = [np.floor(np.linspace(low, high, steps)) for low, high in spans.values()]
    axes[list(spans).index("workload.requests_per_s")] = np.linspace(*spans["workload.requests_per_s"], steps)
    grid = [axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")]
    values = {key: np.tile(column, len(scenarios)) for key, column in zip(spans, grid, strict=True)}
    return Work(scenarios, spans, np.repeat(np.arange(len(scenarios)), steps ** len(spans)), values)


def fastest(action, repeats=REPEATS):
    """Processor time of the fastest call, after one that is not counted."""
    action()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


# --- the count of array operations ---------------------------------------------------------------

_SLOW = {"exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "power", "float_power", "sqrt", "cbrt"}
"""What costs like an exponential or a logarithm."""
_FREE = {"broadcast_to", "broadcast_arrays", "reshape", "ndim", "shape", "size", "squeeze", "moveaxis"}
"""What makes a view."""


class Counted(np.ndarray):
    """An array that counts what is computed from it, by kind and by the shape of the largest operand."""

    rows: ClassVar = 0
    seen: ClassVar = Counter()

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        plain = [_bare(item) for item in inputs]
        if out is not None:
            options["out"] = tuple(_bare(item) for item in out)
        result = getattr(ufunc, method)(*plain, **options)
        self._count(ufunc.__name__, [*plain, result])
        return _counted(result)

    def __array_function__(self, function, types, arguments, options):
        arguments, options = _bare(arguments), _bare(options)
        result = function(*arguments, **options)
        if function.__name__ not in _FREE:
            self._count(function.__name__, [*_arrays(arguments), *_arrays(result)])
        return _counted(result)

    def __getitem__(self, place):
        result = np.asarray(self)[_bare(place)]
        if not np.may_share_memory(result, np.asarray(self)):
            self._count("take", [result])
        return _counted(result)

    @classmethod
    def _count(cls, name, operands):
        largest = max((item for item in operands if isinstance(item, np.ndarray)), key=np.size, default=None)
        size, cost = 0 if largest is None else largest.shape, "slow" if name in _SLOW else "plain"
        cls.seen[cost, _shape(size, cls.rows)] += 1


def _shape(shape, rows):
    """Which of the shapes a result of so many rows has."""
    if not shape or math.prod(shape) < max(rows, 2):
        return "scalar"
    return "(n,)" if math.prod(shape) == rows else "(n, slot)"


def _bare(item):
    """The same without counting."""
    if isinstance(item, Counted):
        return np.asarray(item)
    if isinstance(item, tuple | list):
        return type(item)(_bare(part) for part in item)
    return {key: _bare(part) for key, part in item.items()} if isinstance(item, dict) else item


def _counted(item):
    """The same, counting."""
    if isinstance(item, tuple | list):
        return type(item)(_counted(part) for part in item)
    return item.view(Counted) if isinstance(item, np.ndarray) else item


def _arrays(item):
    return [a for part in item for a in _arrays(part)] if isinstance(item, tuple | list) else [item]


@contextmanager
def counting():
    """Count the operations of every part of the graph that is run meanwhile; also which rows and slots."""
    plain, seen = Program.run, Counter()

    def run(self, values, pins=None):
        kept = {id(v): v.view(Counted) for v in (*values.values(), *(pins or {}).values())}
        Counted.rows = max((len(v) for v in values.values()), default=1)
        Counted.seen = Counter()
        found = plain(
            self,
            {name: kept[id(v)] for name, v in values.items()},
            None if pins is None else {name: kept[id(v)] for name, v in pins.items()},
        )
        slots = max((v.shape[1] for v in values.values() if v.ndim > 1), default=1)
        seen["chunks"] += 1
        for (cost, shape), count in Counted.seen.items():
            seen[cost, shape, Counted.rows, slots] += count
        return {name: np.asarray(v) for name, v in found.items()}

    Program.run = run
    try:
        yield seen
    finally:
        Program.run = plain


def operations(work, outputs):
    """How often each kind of operation runs, by cost, shape, rows and slots; and over how many chunks."""
    with counting() as seen:
        work.run(outputs)
    return seen.pop("chunks"), seen


def floor(seen):
    """Seconds that so many multiplications and exponentials take on arrays of those shapes."""
    total = 0.0
    for (cost, shape, rows, slots), count in seen.items():
        size = {"scalar": 1, "(n,)": rows, "(n, slot)": rows * slots}[shape]
        total += count * _one(cost, size)
    return total


def _one(cost, size, cache={}):  # noqa: B006  (kept on purpose: a size is timed once)
    """Seconds of one multiplication, or of the mean of one exponential and one logarithm."""
    if (cost, size) not in cache:
        arrays = [np.random.default_rng(i).uniform(0.5, 2.0, size) for i in range(2)]
        out, calls = np.empty(size), max(2_000_000 // (size + 500), 20)

        def multiply():
            for _ in range(calls):
                np.multiply(*arrays, out=out)

        def bent():
            for _ in range(calls // 2):
                np.exp(arrays[0], out=out)
                np.log(arrays[1], out=out)

        cache[cost, size] = fastest(multiply if cost == "plain" else bent) / calls
    return cache[cost, size]


# --- what is printed -----------------------------------------------------------------------------


def line(name, value, target=None, unit="", *, most=False):
    """One measured number beside its target, which is the least, or the most."""
    verdict = "" if target is None else "met" if (value <= target if most else value >= target) else "MISSED"
    goal = "" if target is None else f"{'<=' if most else '>='} {target:,.6g}"
    figure = f"{value:,.0f}" if value >= 1000 else f"{value:,.3g}"
    print(f"{name:56} {figure:>12} {unit:10} {goal:>12} {verdict}")


def over_floor(name, work, outputs, target, repeats):
    """The count of operations of a chunk, and the time beside that of the same count of plain ones."""
    chunks, seen = operations(work, outputs)
    by = Counter()
    for (cost, shape, _, _), count in seen.items():
        by[cost, shape] += count / chunks
    parts = [f"{by[cost, shape]:.0f} {cost} on {shape}" for cost, shape in sorted(by)]
    rows = len(work.owner)
    print(f"{name}: {sum(by.values()):.0f} array operations a chunk of {rows / chunks:,.0f} points")
    print(f"  {', '.join(parts)}")
    took, least = fastest(lambda: work.run(outputs), repeats), floor(seen)
    print(f"  {1e6 * took / rows:.3g} us a point; the floor is {1e6 * least / rows:.3g} us")
    line("  over the floor", took / least, target, "x", most=True)


def beside_peers(drawn, repeats, folder, *, with_heavy):
    """Each peer's calls in a second, and what is asked of it asked here."""
    few = drawn.rate(FEW, repeats)
    for peer in PEERS:
        if peer.is_heavy and not with_heavy:
            continue
        rates = measured(peer, folder)
        if isinstance(rates, str):
            print(f"{peer.requirement}: left out: {rates}")
            continue
        for (call, outputs), theirs in zip(peer.calls.items(), rates, strict=True):
            ours = drawn.rate(outputs, repeats)
            line(f"{peer.requirement} {call}", theirs, None, "calls/s")
            line("  here, its outputs only", ours, None, "points/s")
            line("  here over it", ours / theirs, None, "x")
            if call == "fit":
                line("  TPOT and cost here over it", few / theirs, 8.0, "x")


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--quick", action="store_true", help="a sweep of 100,000 points, three repetitions")
    parser.add_argument("--no-peers", action="store_true", help="leave out the peers")
    parser.add_argument("--heavy", action="store_true", help="also the peers of more than 500 MB")
    parser.add_argument("--environments", type=Path, help="keep the peers' environments in this folder")
    options = parser.parse_args()
    repeats, size = (3, SWEEP // 10) if options.quick else (REPEATS, SWEEP)
    fixed, open_ = cases()
    print(f"{len(MODELS)} models on {len(CHIPS)} accelerators, one core, NumPy {np.__version__}\n")
    drawn, planned = at_random(fixed, {**BATCH, **SPANS}), at_random(open_, SPANS)
    grid, open_grid = crossed(fixed, {**BATCH, **SPANS}, size), crossed(open_, SPANS, size)
    for name, work, auto, turns in (
        (f"{ROWS:,} points at random", drawn, planned, repeats),
        (f"{len(grid.owner):,} points crossed", grid, open_grid, 1),
    ):
        line(f"{name}: all {len(S5)} outputs, batch given", work.rate(S5, turns), 500_000, "points/s")
        line(f"{name}: the same, batch planned", auto.rate(S5, turns), 60_000, "points/s")
        line(f"{name}: TPOT and cost", work.rate(FEW, turns), 3_000_000, "points/s")
    for name, work, turns in (("at random", drawn, repeats), ("crossed", grid, 1)):
        print()
        over_floor(f"{name}, all {len(S5)} outputs", work, S5, 3.0, turns)
        over_floor(f"{name}, TPOT and cost", work, FEW, None, turns)
    if options.no_peers:
        return
    print()
    with TemporaryDirectory() as folder:
        beside_peers(drawn, repeats, options.environments or Path(folder), with_heavy=options.heavy)


if __name__ == "__main__":
    main()
