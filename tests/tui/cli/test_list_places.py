"""`inferscope list accelerators` by where chips are designed and made."""

import json

import pytest

from inferscope.tui.cli import main


@pytest.fixture
def run(capsys):
    """Run a command line; its status, its output, its complaints."""

    def call(*arguments):
        status = main(["list", *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_options_and_searches_find_the_same(run):
    status, out, err = run(
        "accelerators", "--designed-in", "USA", "--fabricated-in", "KOR", "--format", "json"
    )
    rows = json.loads(out)
    assert status == 0
    assert {row["id"] for row in rows} >= {"rtx-3090", "a40"}
    assert {(row["designed_in"], row["fabricated_in"]) for row in rows} == {("US", "KR")}
    assert "1 foundry (Samsung)" in err
    search = run("accelerators", "designed_in:USA+fabricated_in:South Korea", "--format", "json")
    assert json.loads(search[1]) == rows


def test_plain_words_still_filter(run):
    _, out, err = run("accelerators", "h100", "--format", "json")
    assert {row["id"] for row in json.loads(out)} >= {"h100-sxm", "h100-pcie"}
    assert "1 designer (NVIDIA)" in err
    assert run("accelerators", "--format", "csv")[2] == ""


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (["models", "--designed-in", "USA"], 2, "--designed-in is about accelerators, not models"),
        (["accelerators", "--fabricated-in", "Atlantis"], 0, "none of the accelerators contains"),
        (["accelerators", "foundri:TSMC"], 2, "did you mean foundry?"),
    ],
)
def test_what_finds_nothing_or_does_not_fit_is_one_line(run, arguments, status, complaint):
    got, _, err = run(*arguments)
    assert (got, err.count("\n")) == (status, 1)
    assert complaint in err


def test_prices_and_rents_are_listed_with_date_and_source(run):
    status, out, _ = run("rents", "--format", "json")
    rows = json.loads(out)
    assert (status, len(rows)) == (0, 9)
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    assert all(row["source"] and row["kind"] and row["usd_per_h"] > 0 for row in rows)
    rows = json.loads(run("prices", "deepseek-reasoner", "--format", "json")[1])
    assert {row["model"] for row in rows} == {"deepseek-r1"}
    assert (0.55, 0.14, 2.19) in {
        (row["usd_per_m_in"], row["usd_per_m_cached"], row["usd_per_m_out"]) for row in rows
    }
