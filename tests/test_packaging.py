"""The package list, the data files and the metadata say what the folders hold."""

import tomllib
from fnmatch import fnmatch
from importlib.metadata import metadata
from pathlib import Path

import inferscope
from inferscope.core import DATA_DATE

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUPTOOLS = PROJECT["tool"]["setuptools"]
FOLDERS = ("core", "presets", "tui")


def python_folders():
    """Return the folders that hold modules, as package names, the front door included."""
    folders = {path.parent for top in FOLDERS for path in (ROOT / top).rglob("*.py")}
    folders.remove(ROOT / "core" / "_root")
    names = {".".join(("inferscope", *folder.relative_to(ROOT).parts)) for folder in folders}
    return sorted({"inferscope", *names})


def package_files():
    return [
        path
        for top in FOLDERS
        for path in (ROOT / top).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]


def test_every_folder_with_modules_is_a_listed_package():
    assert python_folders() == SETUPTOOLS["packages"]


def test_every_package_has_an_init():
    missing = [
        name
        for name in python_folders()
        if name != "inferscope" and not ROOT.joinpath(*name.split(".")[1:], "__init__.py").is_file()
    ]
    assert missing == []


def test_every_data_file_matches_a_packaging_pattern():
    patterns = [pattern.removeprefix("**/") for pattern in SETUPTOOLS["package-data"]["*"]]
    lost = [
        str(path.relative_to(ROOT))
        for path in package_files()
        if path.suffix != ".py" and not any(fnmatch(path.name, pattern) for pattern in patterns)
    ]
    assert lost == []


def test_every_packaging_pattern_has_a_file():
    names = [path.name for path in package_files()]
    patterns = [pattern.removeprefix("**/") for pattern in SETUPTOOLS["package-data"]["*"]]
    idle = [pattern for pattern in patterns if not any(fnmatch(name, pattern) for name in names)]
    assert idle == []


def test_type_checkers_see_the_folders_under_their_import_names():
    tree = ROOT / "typings" / "inferscope"
    links = {path.name: path.resolve() for path in tree.iterdir()}
    front_door = ROOT / "core" / "_root"
    assert links == {
        "__init__.py": front_door / "__init__.py",
        "__main__.py": front_door / "__main__.py",
        **{folder: ROOT / folder for folder in FOLDERS},
    }


def test_no_root_folder_shadows_the_package():
    assert not (ROOT / "inferscope").exists()


def test_the_installed_version_is_the_one_in_the_code():
    assert metadata("inferscope")["Version"] == inferscope.__version__


def test_public_names_are_the_documented_ones_and_load():
    assert sorted(inferscope.__all__) == inferscope.__all__
    assert all(getattr(inferscope, name) is not None for name in inferscope.__all__)


def test_citation_and_changelog_name_the_version():
    version = inferscope.__version__
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_notice_is_of_the_data_that_is_shipped():
    assert DATA_DATE in (ROOT / "NOTICE").read_text(encoding="utf-8")


def test_every_runtime_dependency_says_why_it_is_there_and_what_it_costs():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index("dependencies = [")
    block = [line.strip() for line in lines[start + 1 : lines.index("]", start)]]
    comment = ""
    uncosted = []
    for line in block:
        if line.startswith("#"):
            comment += line
        else:
            if not all(unit in comment for unit in ("B", " ms")):
                uncosted.append(line)
            comment = ""
    assert uncosted == []
