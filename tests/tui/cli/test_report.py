"""`inferscope report --kind policy`: the brief says what `policy` and `eval` say, with numbered sources."""

import re

import pytest

from inferscope.core.export.brief import policy_brief
from inferscope.core.export.policy import margin
from inferscope.core.policy.words import verdict_word
from inferscope.core.report import policy_report, reports
from inferscope.core.scenario.files import load
from inferscope.core.shown import shown
from inferscope.tui.cli import main

PRESETS = ["deepseek-v3-h800", "gpt-4-training-eu", "deepseek-r1-h20"]


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main(["report", "--kind", "policy", *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture(scope="module", params=PRESETS)
def both(request):
    """A preset's brief, and the verdicts that `policy` gives."""
    loaded = load(request.param)
    _, entries = policy_report(loaded)
    return loaded, policy_brief(loaded), entries


def test_every_rule_that_is_shown_has_its_verdict(both):
    _, brief, entries = both
    for entry in entries:
        if not entry["shown"]:
            continue
        row = next(line for line in brief.splitlines() if line.startswith(f"| `{entry['id']}` "))
        if entry["verdict"] == "unknown":
            assert all(name in row for name in entry["missing"])
        else:
            assert verdict_word(entry) in row
            assert (margin(entry) or "-") in row


def test_every_mark_has_a_source_and_every_source_a_mark(both):
    _, brief, _ = both
    body, _, rest = brief.partition("## Sources\n\n")
    listed = rest.partition("\n## ")[0]
    numbers = [int(line.partition(".")[0]) for line in listed.splitlines() if line]
    assert numbers == list(range(1, len(numbers) + 1))
    cited = [int(n) for n in re.findall(r"\[(\d+)\]", body)]
    assert set(cited) == set(numbers)
    first = list(dict.fromkeys(cited))
    assert first == sorted(first)  # in the order of first use


def test_figures_are_those_of_eval(both):
    loaded, brief, _ = both
    (report,) = reports([loaded])
    for name in ("training_flop", "tpp", "usd_per_query", "wh_per_query", "site_load_mw"):
        about = report["quantities"][name]
        row = next(line for line in brief.splitlines() if line.startswith(f"| `{name}` "))
        if about["value"] is None:
            assert "| - |" in row
            assert about["why"] in row
        else:
            assert f"| {shown(about, name)} |" in row
    assert report["scenario_hash"] in brief
    assert report["headline"] in brief


def test_it_is_the_same_each_time(both):
    loaded, brief, _ = both
    assert policy_brief(loaded) == brief


def test_the_day_moves_what_is_in_force(run, tmp_path):
    first, second = tmp_path / "a.md", tmp_path / "b.md"
    assert run("deepseek-v3-h800", "--on", "2025-08-01", "-o", str(first))[0] == 0
    assert run("deepseek-v3-h800", "--on", "2025-08-02", "-o", str(second))[0] == 0

    def row(path):
        text = path.read_text(encoding="utf-8")
        return next(line for line in text.splitlines() if line.startswith("| `eu.gpai.indicative` "))

    assert "from 2025-08-02" in row(first)
    assert "| in force |" in row(second)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["deepseek-v3-h800", "-o", "brief.pdf"], "ends in .md"),
        (["deepseek-v3-h800", "-o", "/nowhere/brief.md"], "cannot be written"),
        (["nothing-such"], "nothing-such"),
        (["deepseek-v3-h800", "--on", "2025-13-01"], "--on"),
    ],
)
def test_bad_input_has_one_line_and_status_two(run, words, said):
    status, _, err = run(*words)
    assert status == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_what_the_scenario_assumes_stands_with_its_source(run):
    out = run("deepseek-v3-h800")[1]
    row = next(
        line for line in out.splitlines() if line.startswith("| `optimizations.prefix_cache_hit_rate` ")
    )
    mark = re.search(r"0\.563 \[(\d+)\]", row)
    assert mark
    assert f"\n{mark[1]}. 342e9 of 608e9 tokens" in out


@pytest.mark.parametrize(
    "words",
    [
        "eval F --format md", "eval F --cite --format md", "compare F llama-3.1-70b-h100 --format md",
        "lifecycle F --format md", "policy F --format md", "uncertainty F --format md",
        "report F --kind policy",
        "report F",
    ],
)  # fmt: skip
def test_no_markdown_makes_an_element_of_what_a_scenario_says(tmp_path, capsys, words):
    file = tmp_path / "hostile.toml"
    text = 'extends = "llama-3.1-70b-h100"\nname = "<script>alert(1)</script>"\ndescription = "</style><b>"\n'
    file.write_text(text, "utf-8")
    assert main([str(file) if word == "F" else word for word in words.split()]) in (0, 1)
    out = capsys.readouterr().out
    assert "\\<script>" in out
    outside = re.sub(r"^(`{3,})\w+\n.*?\n\1$", "", out, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"(?<!\\)<(?=[A-Za-z/!?])(?!br>)", outside)
