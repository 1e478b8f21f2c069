"""Write the packaged measurements and benchmark facts from the source tables.

Usage: python tools/convert_evidence.py SOURCE_FOLDER [--check]

SOURCE_FOLDER holds validation_open.csv and benchmarks.toml. With --check nothing is written: the
exit status is 1 where the files in core/evidence differ from what would be written.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

EVIDENCE = Path(__file__).resolve().parent.parent / "core" / "evidence"
HEAD = "# What benchmark series leave unsaid in a measurement's row: mean lengths, limits, boundary.\n\n"

MEASURES = {"llama-bench-tg": "decode", "ollama-eval-rate": "decode", "llama-bench-pp": "prefill"}
"""Rates that count one phase alone."""
BOUNDARIES = {"mlperf": "server", "mlenergy": "accelerator", "epoch": "facility"}
"""What energy figures include: the analyser on the wall, the accelerators' own meters, an estimate."""
MEAN_OF_NOMINAL = {"inferencex-random": 0.9}
"""Mean length over the printed one: drawn evenly between 0.8 and 1 of it."""
BURSTS = {"inferencex-random"}
"""Short runs that start with all their requests: ten prompts a user, as its launch scripts say."""


def benchmarks(folder: Path) -> str:
    """The facts of every benchmark series as TOML."""
    known = tomllib.loads((folder / "benchmarks.toml").read_text("utf-8"))["benchmark"]
    return HEAD + tomli_w.dumps({entry["id"]: _facts(entry) for entry in known})


def _facts(entry: dict[str, Any]) -> dict[str, Any]:
    name = entry["id"]
    found: dict[str, Any] = {
        key: {part: entry[key][part] for part in ("value", "low", "high", "kind", "source")}
        for key in ("input_tokens", "output_tokens")
        if key in entry
    }
    if "limits" in entry:
        limits = entry["limits"]
        found["limits"] = {part: limits[part] for part in ("ttft_s", "tpot_s", "percentile", "source")}
    if "layout_rule" in entry:
        found["plans_layout"] = True
    if name in MEASURES:
        found["measures"] = MEASURES[name]
    if name in MEAN_OF_NOMINAL:
        found["mean_of_nominal"] = MEAN_OF_NOMINAL[name]
    if name in BURSTS:
        found["starts_at_once"] = True
    if boundary := BOUNDARIES.get(name.split("-", maxsplit=1)[0]):
        found["boundary"] = boundary
    return found


def main() -> int:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    wanted = {
        "measurements.csv": (options.folder / "validation_open.csv").read_text("utf-8"),
        "benchmarks.toml": benchmarks(options.folder),
    }
    stale = [name for name, text in wanted.items() if _read(name) != text]
    if options.check:
        for name in stale:
            sys.stderr.write(f"{name} differs\n")
        return int(bool(stale))
    for name in stale:
        (EVIDENCE / name).write_text(wanted[name], "utf-8")
    return 0


def _read(name: str) -> str | None:
    path = EVIDENCE / name
    return path.read_text("utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
