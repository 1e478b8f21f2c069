"""What loads what, seen from fresh interpreters.

Each runs in the repository root, the worst place: the bare folder names can be imported there.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {"numpy", "pydantic", "textual", "textual_plot"}
SCREEN = {"rich", "textual", "textual_plot"}
BARE = {"core", "presets", "tui"}


def modules_of(*folders):
    """Name every module below these folders as it is imported."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    names = {
        ".".join(("inferscope", *path.relative_to(ROOT).with_suffix("").parts))
        for path in paths
        if "_root" not in path.parts
    }
    return sorted(name.removesuffix(".__init__") for name in names)


def loaded_after(code):
    """Run the code in a fresh interpreter and return the names of the modules it leaves loaded."""
    script = "\n".join(
        (
            "import json, sys",
            "try:",
            *(f"    {line}" for line in code.splitlines()),
            "except SystemExit as end:",
            "    assert not end.code, end.code",
            "print(json.dumps(sorted(sys.modules)), file=sys.stderr)",
        )
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def importing(names):
    return "import importlib\n" + "\n".join(f"importlib.import_module({name!r})" for name in names)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(option):
    loaded = loaded_after(
        f"sys.argv = ['inferscope', {option!r}]\n"
        "import runpy\n"
        "runpy.run_module('inferscope', run_name='__main__')"
    )
    assert "inferscope.tui.cli" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_the_front_door_loads_nothing_heavy():
    assert loaded_after("import inferscope\nimport inferscope.core").isdisjoint(HEAVY)


def test_the_command_line_loads_no_screen():
    loaded = loaded_after(importing(modules_of("tui/cli")))
    assert "inferscope.tui.cli" in loaded
    assert loaded.isdisjoint(SCREEN)


def test_the_library_loads_no_screen_and_nothing_of_the_tui():
    modules = modules_of("core")
    loaded = loaded_after(importing(modules))
    assert set(modules) <= loaded
    assert loaded.isdisjoint(SCREEN)
    assert not any(name.startswith("inferscope.tui") for name in loaded)


def test_the_policy_rules_judge_a_chip_without_the_report():
    """The report is made of what the rules say, not the other way round."""
    chip = """import datetime as dt
from inferscope.core.policy.plane import chip_entries
from inferscope.core.scenario.schema import Scenario
assert chip_entries(Scenario(), 'h20', dt.date(2026, 11, 22))"""
    loaded = loaded_after(importing(modules_of("core/policy")) + "\n" + chip)
    assert "inferscope.core.policy.plane" in loaded
    assert "inferscope.core.report" not in loaded


NOT_FROM = {
    "study": {"export", "evidence"},
    "evaluate": {"study", "export", "evidence", "report", "policy"},
    "plan": {"evaluate", "study", "export", "evidence", "report", "policy"},
}
"""What parts of the library are below, and may not use."""


def imported(path):
    """The parts of the library that a module imports, wherever in it, as type checkers see it too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom) and node.module == "inferscope.core":
            names = [f"inferscope.core.{alias.name}" for alias in node.names]
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        yield from (name.split(".")[2] for name in names if name.startswith("inferscope.core."))


def modules_in(part):
    folder = ROOT / "core" / part
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


@pytest.mark.parametrize("part", sorted(NOT_FROM))
def test_arrows_inside_the_library_point_down(part):
    up = {(str(path.relative_to(ROOT)), name) for path in modules_in(part) for name in imported(path)}
    assert up
    assert not {(path, name) for path, name in up if name in NOT_FROM[part]}


def test_quantities_know_the_graph_and_nothing_else():
    used = {name for path in modules_in("quantities") for name in imported(path)} - {"quantities"}
    assert used <= {"graph", "units", "errors"}, used


def test_no_module_is_loaded_under_its_bare_folder_name():
    modules = modules_of("core", "presets", "tui")
    loaded = loaded_after(importing(modules))
    assert set(modules) <= loaded
    assert {name.partition(".")[0] for name in loaded}.isdisjoint(BARE)


@pytest.mark.parametrize("name", sorted(BARE))
def test_the_linter_refuses_bare_folder_names(name):
    options = ["--output-format=json", "--no-cache", "--stdin-filename=core/example.py"]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *options, "-"],
        input=f"import {name}\n",
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = {row["code"]: row["message"] for row in json.loads(done.stdout)}
    assert f"inferscope.{name}" in found["TID251"]


def test_the_screen_is_ready_to_paint_before_anything_heavy_is_loaded():
    script = (
        "import sys, inferscope.tui.app\n"
        "print(*[m for m in ('numpy', 'pydantic', 'inferscope.core.catalog') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
