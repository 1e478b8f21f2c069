"""How fast the program answers: medians of nine, each against what it stands on.

Run ``python tests/benchmarks/speed.py`` on an otherwise idle machine. Two lines compare whole
processes, run in turn so that both see the same machine; the others are timed in this process,
warm. The last part lists the quantities that cost most.
"""

# ruff: noqa: T201  (printing is what this script is for)

import argparse
import os
import statistics
import subprocess
import sys
import time

import numpy as np

from inferscope.core.bind import bind
from inferscope.core.evaluate import CONTRACT, evaluate_bound
from inferscope.core.graph import REGISTRY
from inferscope.core.plan import plan
from inferscope.core.program import compile_program
from inferscope.core.scenario.files import load_values

REPEATS = 9
ROWS = 8_192
COSTLIEST = 10
MODELS = [
    "llama-3.1-8b",
    "llama-3.1-70b",
    "llama-3.1-405b",
    "deepseek-v3",
    "qwen3-235b-a22b",
    "gpt-oss-120b",
    "gemma-3-27b",
    "jamba-v0.1",
]
CHIPS = ["h100-sxm", "h200-sxm", "b200", "mi300x", "h800-sxm"]


def seconds(action):
    """Wall time of one call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def median(action):
    """Median wall time, after one call that is not counted."""
    action()
    return statistics.median(seconds(action) for _ in range(REPEATS))


def processes(*commands):
    """Median wall times of commands, run in turn; NaN for one that fails."""
    times = [[] for _ in commands]
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}  # as users run it
    for _ in range(REPEATS + 1):
        for found, command in zip(times, commands, strict=True):
            start = time.perf_counter()
            done = subprocess.run([sys.executable, *command], env=env, capture_output=True, check=False)
            found.append(time.perf_counter() - start if done.returncode == 0 else float("nan"))
    return [statistics.median(found[1:]) for found in times]


def fixed(model, chip):
    """A scenario with nothing left to choose."""
    return load_values(
        {
            "model": {"id": model},
            "hardware": {
                "accelerator": chip,
                "count": 8,
                "tensor_parallel": 8,
                "pipeline_parallel": 1,
                "data_parallel": 1,
                "replicas": 1,
            },
            "workload": {"batch": 16, "requests_per_s": 2},
        }
    )


def fixed_layout(model, chip):
    """The same with the batch left to the plan."""
    tables = fixed(model, chip).to_dict()
    del tables["workload"]["batch"]
    return load_values({**tables, "slo": {"tpot_s": 0.05}})


def many():
    """Rows over distinct pairs of model and chip, bound once, with numbers of their own."""
    rng = np.random.default_rng(1)
    pairs = bind([fixed(model, chip) for model in MODELS for chip in CHIPS])
    bound = pairs.take(rng.integers(pairs.rows, size=ROWS))
    changes = {
        "workload_batch": np.floor(10 ** rng.uniform(0, 2, ROWS)),
        "workload_input_tokens": np.floor(10 ** rng.uniform(2, 4, ROWS)),
        "workload_output_tokens": np.floor(10 ** rng.uniform(1, 3.5, ROWS)),
        "workload_requests_per_s": 10 ** rng.uniform(-1, 1, ROWS),
    }
    return bound.with_inputs(changes)


def ask(scenario):
    """Bind, plan and compute the quantities that every report has."""
    return evaluate_bound(plan(bind([scenario])), CONTRACT)


def table(lines):
    """Print what was measured beside its target."""
    width = max(len(line[0]) for line in lines)
    print(f"{'':{width}}  {'measured':>12}  {'target':>8}")
    for name, value, target, unit in lines:
        verdict = "met" if value <= target else "MISSED"
        print(f"{name:{width}}  {value:>9.2f} {unit:2}  {target:>5.1f} {unit:2}  {verdict}")


def whole_programs():
    """Start-up against an interpreter that imports what the command cannot do without."""
    help_, argparse_ = processes(["-m", "inferscope", "--help"], ["-c", "import argparse"])
    eval_, numpy_ = processes(
        ["-m", "inferscope", "eval", "llama-3.1-70b-h100"],
        ["-c", "import numpy; from pydantic import BaseModel"],
    )
    print(f"processes, ms: --help {1e3 * help_:.0f}, argparse {1e3 * argparse_:.0f},", end=" ")
    print(f"eval {1e3 * eval_:.0f}, numpy and pydantic {1e3 * numpy_:.0f}\n")
    return [
        ("inferscope --help over `import argparse`", help_ / argparse_, 2.5, "x"),
        ("inferscope eval over `import numpy, pydantic`", eval_ / numpy_, 2.0, "x"),
    ]


def in_process():
    """One scenario, one with the batch left open, and thousands."""
    one, open_ = fixed("llama-3.1-70b", "h100-sxm"), fixed_layout("llama-3.1-70b", "h100-sxm")
    rows = many()
    return [
        ("one scenario, batch given", 1e3 * median(lambda: ask(one)), 3.0, "ms"),
        ("one scenario, batch planned", 1e3 * median(lambda: ask(open_)), 6.0, "ms"),
        (
            f"{ROWS} scenarios, each",
            1e6 * median(lambda: evaluate_bound(rows, CONTRACT)) / ROWS,
            5.0,
            "us",
        ),
    ]


def costs(bound):
    """Median time of each function of the report, in order of cost."""
    program = compile_program(CONTRACT)
    names = tuple(step.name for step in program.steps)
    values = {**bound.inputs, **compile_program(names).run(bound.inputs)}
    found = []
    with np.errstate(all="ignore"):
        for step in program.steps:
            arguments = [values[name] for name in REGISTRY.quantities[step.name].parents]
            calls = 50 if bound.rows == 1 else 5

            def run(function=step.function, arguments=arguments, calls=calls):
                for _ in range(calls):
                    function(*arguments)

            found.append((median(run) / calls, step.name))
    return sorted(found, reverse=True)


def profile(rows):
    """The costliest quantities for so many rows."""
    found = costs(many().take(np.arange(rows)))
    total = sum(cost for cost, _ in found)
    print(f"\ncostliest of {len(found)} quantities, n = {rows} (sum {1e6 * total:.0f} us)")
    for cost, name in found[:COSTLIEST]:
        print(f"  {1e6 * cost:9.1f} us  {100 * cost / total:4.1f} %  {name}")


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--in-process", action="store_true", help="leave out the whole programs")
    options = parser.parse_args()
    lines = [] if options.in_process else whole_programs()
    table([*lines, *in_process()])
    profile(1)
    profile(2048)


if __name__ == "__main__":
    main()
