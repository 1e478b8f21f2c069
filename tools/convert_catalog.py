"""Write the catalogue's data files from the source tables.

Usage: python tools/convert_catalog.py SOURCE_FOLDER [--check]

SOURCE_FOLDER holds hardware.csv, models.toml, regions.csv, api_prices.csv, techniques.toml and
worked_examples.csv. With --check nothing is written: the exit status is 1 where the files in
core/catalog/data differ from what would be written.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import tomllib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from catalog_conversion import hardware, models, tables, techniques
from catalog_conversion.text import Sources, toml_table

DATA = Path(__file__).resolve().parent.parent / "core" / "catalog" / "data"
BY_HAND = ("exchange.toml",)
"""Files of the folder that have no source table; their sources stand in decisions.toml."""
HERE = Path(__file__).resolve().parent / "catalog_conversion"


def convert(folder: Path) -> dict[str, str]:
    """Return every data file's text by its path below the data folder."""
    decisions = tomllib.loads((HERE / "decisions.toml").read_text("utf-8"))
    compared = tomllib.loads((HERE / "comparisons.toml").read_text("utf-8"))
    known = tomllib.loads((folder / "techniques.toml").read_text("utf-8"))
    src = Sources()
    techniques.add_sources(known, src)
    techniques.add_sources(decisions, src)
    chips = _rows(folder / "hardware.csv")
    stacks = tomllib.loads((folder / "models.toml").read_text("utf-8"))["model"]
    files = {
        f"accelerators/{row['id']}.toml": hardware.accelerator_file(row, decisions, src) for row in chips
    }
    files |= {f"models/{row['id']}.toml": models.model_file(row, decisions, src) for row in stacks}
    files["regions.csv"] = tables.regions_file(_rows(folder / "regions.csv"), src)
    files["prices.csv"] = tables.prices_file(_rows(folder / "api_prices.csv"), src)
    files["formats.toml"] = techniques.formats_file(known)
    examples = _rows(folder / "worked_examples.csv")
    files["quality.toml"] = techniques.quality_file(known)
    files["comparisons.toml"] = techniques.comparisons_file(examples, compared)
    files["techniques.toml"] = techniques.techniques_file(known)
    by_hand = {name: (DATA / name).read_text("utf-8") for name in BY_HAND}
    used = _used(files | by_hand, src)
    files["sources.toml"] = toml_table("", dict(sorted(used.items())))
    return files


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _used(files: dict[str, str], src: Sources) -> dict[str, str]:
    """Return the source texts that a file names."""
    words = {word for text in files.values() for word in re.findall(r"[\w-]+", text)}
    return {key: text for key, text in src.texts.items() if key in words}


def main(argv: list[str]) -> int:
    """Write or check the files."""
    parser = argparse.ArgumentParser(description="Write the catalogue's data files.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing, report differences")
    options = parser.parse_args(argv)
    files = convert(options.folder)
    present = {str(p.relative_to(DATA)) for p in DATA.rglob("*") if p.is_file()}
    changed = sorted(
        name
        for name, text in files.items()
        if name not in present or (DATA / name).read_text("utf-8") != text
    )
    # Only records can become stale: other files of the folder are written by other hands.
    records = {name for name in present if name.startswith(("accelerators/", "models/"))}
    stale = sorted(records - set(files))
    if options.check:
        for name in changed + stale:
            print(name)
        return 1 if changed or stale else 0
    for name in changed:
        path = DATA / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[name], "utf-8")
    for name in stale:
        (DATA / name).unlink()
    print(f"{len(files)} files, {len(changed)} written, {len(stale)} removed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
