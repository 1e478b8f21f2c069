"""How long a replay takes, and how far the closed forms are from it.

Run ``python tests/benchmarks/replays.py`` on an otherwise idle machine. Each line is a preset at a share of
what its one replica takes: replayed over closed form, median of three seeds. The last lines are the wall
time of 20,000 requests.
"""

# ruff: noqa: T201  (printing is what this script is for)

import argparse
import math
import statistics
import time

import numpy as np

from inferscope.core.bind import bind
from inferscope.core.evaluate import evaluate_bound
from inferscope.core.load.study import load_study
from inferscope.core.load.table import table_of
from inferscope.core.plan import plan
from inferscope.core.scenario.files import load_scenario, with_values

PRESETS = {
    "llama-3.1-70b-h100": {},
    "gpt-oss-120b-h100": {},
    "70b, long prompts": {"workload.input_tokens": 8192, "workload.output_tokens": 128},
    "70b, whole prompts": {"optimizations.chunked_prefill": False},
    "70b, bursts cv 2": {"workload.arrival_cv": 2},
    "70b, bursts cv 4": {"workload.arrival_cv": 4},
    "70b, lengths cv 1": {"workload.service_cv": 1},
}
LOADS = (0.3, 0.6, 0.9)
NAMES = ("ttft_mean_s", "ttft_p50_s", "ttft_p99_s", "load_tpot_s")
SEEDS = (0, 1, 2)


def at_load(name, changes, share):
    """A scenario on one replica with a share of what it takes, all requests equally long but where said."""
    preset = name if name in ("llama-3.1-70b-h100", "gpt-oss-120b-h100") else "llama-3.1-70b-h100"
    base = {"hardware.replicas": 1, "workload.service_cv": 0, **changes}
    scenario = with_values(load_scenario(preset), base)
    most = evaluate_bound(plan(bind([scenario])), ("max_requests_per_s",))["max_requests_per_s"][0]
    return with_values(scenario, {"workload.requests_per_s": float(share * most)})


def ratios(scenario, requests):
    """Replayed over closed form by name, for each seed; and the seconds of each replay."""
    found, seconds = [], []
    for seed in SEEDS:
        start = time.perf_counter()
        study = load_study(scenario, requests=requests, seed=seed)
        seconds.append(time.perf_counter() - start)
        rows = {row[4]: row for row in table_of(study).rows}
        found.append({name: _ratio(rows[name][2], rows[name][3]) for name in NAMES})
    return found, seconds


def _ratio(replayed, closed):
    return math.nan if replayed is None or closed is None else replayed / closed


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    options = parser.parse_args()
    print(f"{'':22} {'load':>5} " + " ".join(f"{name:>12}" for name in NAMES))
    times = []
    for name, changes in PRESETS.items():
        for share in LOADS:
            found, seconds = ratios(at_load(name, changes, share), options.requests)
            middle = [statistics.median([one[key] for one in found]) for key in NAMES]
            times += seconds
            print(f"{name:22} {share:5.2f} " + " ".join(f"{value:12.2f}" for value in middle))
    middle_s, most_s = float(np.median(times)), max(times)
    print(f"{options.requests:,} requests: {middle_s:.2f} s in the median, {most_s:.2f} s at most")


if __name__ == "__main__":
    main()
