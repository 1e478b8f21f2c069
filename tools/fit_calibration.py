"""Fit the physical constants of the serving model to public measurements.

Usage: python tools/fit_calibration.py [--wheel FILE] [--draws N] [--seed N] [--write | --check]

Reads the table of measurements out of the wheel of aiconfigurator-core 0.12.0 (82 MB, Apache-2.0),
which is downloaded with pip where none is given; nothing of it is kept. Prints how many rows each rule
left, the constants with their intervals, and the errors by part of the sample. With --write the shipped
file is written, with --check the exit status is 1 where a constant differs from it by more than 1 %.
Needs SciPy (the extra `uncertainty`). Two to five minutes, most of it for the intervals.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from calibration import cleaning, fitting, forward, sample, scoring, writing

SHIPPED = Path(__file__).resolve().parents[1] / "core" / "evidence" / "calibration" / "constants.toml"
TOLERANCE = 0.01
"""Between a constant and the shipped one; the shipped ones have three digits."""


def measurements(wheel: Path) -> tuple[forward.Sample, dict[str, int]]:
    """All runs that can be compared, and how many rows each rule left."""
    runs, counts = cleaning.clean(sample.rows(sample.table_text(wheel)))
    loaded = forward.load(runs)
    counts["faster_than_the_machine"] = len(runs) - len(loaded.runs)
    counts["fitted"] = sum(not cleaning.is_held_out(run) for run in loaded.runs)
    counts["held_out"] = len(loaded.runs) - counts["fitted"]
    return loaded, counts


def differences(values: dict[str, float]) -> list[str]:
    """Constants that differ from the shipped ones, in words."""
    shipped = tomllib.loads(SHIPPED.read_text("utf-8"))
    known = {**shipped, **shipped["beside"]}
    return [
        f"{name}: {value:.4g}, shipped {known[name]['value']:g}"
        for name, value in values.items()
        if abs(value / known[name]["value"] - 1.0) > TOLERANCE
    ]


def fitted(wheel: Path, draws: int, seed: int) -> writing.Fit:
    """Fit, left out in turn, held out and bootstrapped; prints the tables."""
    loaded, counts = measurements(wheel)
    print(*(f"{name}: {count:,}" for name, count in counts.items()), sep="\n")
    inside, outside = scoring.split(loaded)
    values = fitting.fit(inside)
    families = [run.model for run in inside.runs]
    parts = (
        scoring.predictions(inside, values),
        scoring.left_out_in_turn(inside, families, values),
        scoring.predictions(outside, values),
    )
    print("\nmedian / 90th percentile of |ln(predicted/measured)| / mean error, and bias\n")
    print(scoring.table(*parts))
    ends = fitting.intervals(inside, values, draws=draws, seed=seed) if draws else {}
    print("\n| constant | value | 5 % | 95 % |\n| --- | --- | --- | --- |")
    for name, value in values.items():
        print(f"| {name} | {value:.4g} |", *(f"{end:.3g} |" for end in ends.get(name, ())))
    return writing.Fit(values, ends, counts, scoring.error_classes(*parts), draws, seed)


def main() -> int:
    """Fit, and write or check the shipped file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--wheel", type=Path, help="aiconfigurator_core-0.12.0-*.whl; default: downloaded")
    parser.add_argument("--draws", type=int, default=80, help="of the bootstrap; 0: none")
    parser.add_argument("--seed", type=int, default=0, help="of the draws")
    parser.add_argument("--write", action="store_true", help="write the shipped file; needs draws")
    parser.add_argument("--check", action="store_true", help="compare the constants with the shipped file")
    options = parser.parse_args()
    if options.write and not options.draws:
        parser.error("--write needs draws: the file has intervals")
    with tempfile.TemporaryDirectory() as folder:
        wheel = options.wheel or sample.download(Path(folder))
        found = fitted(wheel, options.draws, options.seed)
    if options.write:
        SHIPPED.write_text(writing.constants_text(found), "utf-8")
        print(f"\n{SHIPPED} written")
    wrong = differences(dict(found.values)) if options.check else []
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
