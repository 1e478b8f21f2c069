"""The README tells the truth: its commands run, its help text is the program's."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import inferscope

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def blocks(language):
    """Return the contents of the README's fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)


def shown_commands():
    """Return each `inferscope ...` command line of the README, without its comment."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("inferscope")]


def headless_commands():
    return [words for words in shown_commands() if len(words) > 1]


def run(words, folder):
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_the_readme_shows_commands():
    assert len(headless_commands()) > 5


@pytest.mark.parametrize("words", headless_commands(), ids=" ".join)
def test_every_command_shown_runs(words, tmp_path):
    done = run(words, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout or any(tmp_path.iterdir())


def test_the_help_text_shown_is_the_programs(tmp_path):
    (shown,) = blocks("text")
    # Word by word: versions of argparse break lines in different places.
    assert shown.split() == run(["inferscope", "--help"], tmp_path).stdout.split()


LIBRARY = ROOT / "docs" / "library.md"


def python_examples():
    """Return the Python examples of the README and of each page of the documents but the library's."""
    pages = [path for path in sorted((ROOT / "docs").glob("*.md")) if path != LIBRARY]
    texts = [README, *(path.read_text(encoding="utf-8") for path in pages)]
    return [
        found
        for text in texts
        for found in re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    ]


def test_every_python_example_runs(tmp_path):
    examples = python_examples()
    assert len(examples) > len(blocks("python")) > 0
    for example in examples:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", example],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_the_page_of_the_library_prints_what_it_shows(monkeypatch, tmp_path):
    """It is read like a notebook: each block goes on from those above it."""
    text = LIBRARY.read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)
    assert [language for language, _ in blocks] == ["python", "text"] * (len(blocks) // 2)
    monkeypatch.chdir(tmp_path)
    names = {}
    for (_, code), (_, shown) in zip(blocks[::2], blocks[1::2], strict=True):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, names)  # noqa: S102  (the page's own code is what is tested)
        assert printed.getvalue() == shown, code
    public = {name for name in inferscope.__all__ if not name.startswith("_")}
    assert {name for name in public if f"`{name}`" not in text} == set()
    assert list(tmp_path.iterdir()) == []


def readme_line(ending):
    """Find the README's one command line that starts with python3 and ends so."""
    (line,) = [
        line
        for block in blocks("sh")
        for line in block.splitlines()
        if line.startswith("python3") and line.endswith(ending)
    ]
    return line


def test_the_gate_takes_its_commands_from_the_readme():
    asked = re.findall(r'^(\w+)=\$\(readme "(.*)"\)$', CI, flags=re.MULTILINE)
    assert [name for name, _ in asked] == re.findall(r'^sh -c "\$(\w+)"$', CI, flags=re.MULTILINE)
    assert [name for name, _ in asked] == ["main_job", "test_job"]
    for _, pattern in asked:
        assert re.findall(f"^{pattern}$", README, flags=re.MULTILINE) == [
            readme_line(pattern.rpartition(".*")[2])
        ]
    assert readme_line("pytest -n auto") != readme_line("deepseek-v3-h800")


def test_the_gate_runs_no_other_test_command():
    script = "\n".join(line for line in CI.splitlines() if not line.startswith("#"))
    assert re.findall(r"^.*pytest.*$", script, flags=re.MULTILINE) == [
        'test_job=$(readme "python3 .*pytest -n auto")'
    ]


@pytest.mark.skipif(os.name == "nt", reason="the POSIX form of the commands")
@pytest.mark.parametrize("ending", ["pytest -n auto", "deepseek-v3-h800"])
def test_the_set_up_commands_need_only_python_and_pip(ending):
    words = shlex.split(readme_line(ending))
    programs = [words[0]] + [words[at + 1] for at, word in enumerate(words) if word == "&&"]
    assert programs[0] == "python3"
    assert all(program.startswith(".venv/bin/") for program in programs[1:])


def test_the_readme_names_every_shipped_preset():
    shipped = {path.stem for path in (ROOT / "presets").glob("*.toml")}
    assert {name for name in shipped if f"`{name}`" not in README} == set()


def test_the_readme_names_every_public_name_of_the_library():
    names = [name for name in inferscope.__all__ if not name.startswith("_")]
    assert [name for name in names if f"`{name}`" not in README] == []


def test_the_reference_pages_are_the_programs(tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "write_docs.py"), "--check"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_keys_that_the_explorers_page_names_are_bound():
    from inferscope.tui.actions import ACTIONS

    page = (ROOT / "docs" / "explorer.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `([^`]+)` \|", page, flags=re.MULTILINE)
    signs = {"=": "equals_sign"}
    bound = {key for action in ACTIONS if action.where == "explorer" for key in action.keys}
    assert len(named) > 8
    assert {signs.get(key, key) for key in named} <= bound
