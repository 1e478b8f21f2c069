"""Build the wheel and see that it is whole: `python .ci/check_wheel.py EMPTY_FOLDER`.

The wheel holds every file of the packages under the one name `inferscope`, and installed into an
environment of its own it loads every preset and the catalogue from another folder. Run it in a
clean copy of the repository: building leaves files behind, and files lying around would be built.
"""

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = {"core/_root": "", "core": "core", "presets": "presets", "tui": "tui"}
"""Folder of the repository: where it lies below `inferscope`."""

LOAD_ALL = """
import sys
from importlib.resources import files
from pathlib import Path

import inferscope
from inferscope.core import catalog

here = Path(inferscope.__file__).resolve()
assert here.is_relative_to(Path(sys.prefix).resolve()), f"not the installed package: {here}"
presets = sorted(entry.name for entry in files("inferscope.presets").iterdir()
                 if entry.name.endswith(".toml"))
for name in presets:
    inferscope.load_scenario(name.removesuffix(".toml"))
accelerators = [catalog.accelerator(name) for name in catalog.ids("accelerator")]
models = [catalog.model(name) for name in catalog.ids("model")]
print(len(presets), len(accelerators), len(models))
"""


def expected_files() -> set[str]:
    """Name the files that the repository's folders put into the wheel."""
    found = {}
    for folder, target in PACKAGES.items():
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                # The front door lies inside core; the more exact folder comes first and stays.
                found.setdefault(path, Path("inferscope", target, path.relative_to(ROOT / folder)))
    return {target.as_posix() for target in found.values()}


def build(folder: Path) -> Path:
    """Build the wheel into the folder."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--quiet", "--no-deps", "-w", folder, ROOT], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def check_content(wheel: Path) -> None:
    """See that the wheel holds the packages' files, all of them and nothing else."""
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    expected = expected_files()
    problems = [f"not in the wheel: {name}" for name in sorted(expected - names)]
    problems += [f"only in the wheel: {name}" for name in sorted(names - expected)]
    if problems:
        sys.exit("\n".join(problems))
    print(f"{wheel.name}: {len(names)} files, all below inferscope/")


def check_installed(wheel: Path, folder: Path) -> None:
    """Install the wheel into a fresh environment and use it from another folder."""
    venv.create(folder / "venv", with_pip=True)
    bin_folder = folder / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()

    def run(program: str, *words: str | Path) -> str:
        done = subprocess.run(
            [bin_folder / program, *words],
            cwd=elsewhere,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout

    run("python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", wheel)
    shipped = [
        len(list((ROOT / place).glob("*.toml")))
        for place in ("presets", "core/catalog/data/accelerators", "core/catalog/data/models")
    ]
    loaded = [int(word) for word in run("python", "-I", "-c", LOAD_ALL).split()]
    if loaded != shipped or not all(shipped):
        sys.exit(f"presets, accelerators, models: {shipped} in the repository, {loaded} loaded")
    print("installed: {} presets, {} accelerators, {} models load".format(*loaded))
    print(run("inferscope", "--version").strip())
    run("inferscope", "eval", "llama-3.1-70b-h100")


if __name__ == "__main__":
    target = Path(sys.argv[1]).resolve()
    target.mkdir(parents=True)
    built = build(target)
    check_content(built)
    check_installed(built, target)
