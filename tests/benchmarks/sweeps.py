"""Ten million points to a file: how fast, and in how much memory.

Run ``python tests/benchmarks/sweeps.py`` on an otherwise idle machine with 2 GB of free disk. Each form
is written by a process of its own, whose peak memory is what the system says of it.
"""

# ruff: noqa: T201  (printing is what this script is for)

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODELS = (
    "llama-3.1-8b,llama-3.1-70b,llama-3.1-405b,deepseek-v3,"
    "qwen3-235b-a22b,gpt-oss-120b,gemma-3-27b,jamba-v0.1"
)
CHIPS = "h100-sxm,h200-sxm,b200,mi300x,h800-sxm"
MEMORY_GB = 1.0


def command(path, points, *more):
    """The sweep with so many points: a model's cases, crossed with numbers."""
    prompts = max(round(points / 40 / 2500), 2)
    return [
        *(sys.executable, "-m", "inferscope", "sweep", "llama-3.1-70b-h100", "--out", str(path)),
        *("--over", f"model.id={MODELS}", "--over", f"hardware.accelerator={CHIPS}"),
        *("--over", "workload.batch=1:50:50", "--over", f"workload.input_tokens=100:8000:{prompts}"),
        *("--over", "workload.output_tokens=10:2000:50"),
        *more,
    ], 40 * 2500 * prompts


def measured(path, points, *more):
    """Wall time, processor time, rows, and the size of the file."""
    words, rows = command(path, points, *more)
    start, before = time.perf_counter(), processor_s()
    subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start, processor_s() - before, rows, path.stat().st_size


def processor_s():
    """Processor time of all processes that ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--forms", default="parquet", help="parquet, csv, jsonl, separated by commas")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for form in options.forms.split(","):
            seconds, busy, rows, size = measured(Path(folder) / f"rows.{form}", options.points)
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2  # kB on Linux
            print(
                f"{form:8} {rows:,} points in {seconds:.1f} s, {rows / seconds:,.0f}/s "
                f"({busy:.1f} s of processor, {rows / busy:,.0f}/s); "
                f"file {size / 1e6:,.0f} MB; peak memory {peak:.2f} GB "
                f"({'met' if peak < MEMORY_GB else 'MISSED'}: below {MEMORY_GB:.0f} GB)"
            )


if __name__ == "__main__":
    main()
