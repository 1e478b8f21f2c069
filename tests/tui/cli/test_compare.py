"""`inferscope compare`: formats, refusals, and a table that can be read at 80 columns."""

import csv
import io
import json

import pytest

from inferscope.core.evaluate import evaluate
from inferscope.core.export.comparison import as_markdown, as_text
from inferscope.core.export.differences import sentence
from inferscope.core.policy.entries import policy_entries
from inferscope.core.policy.words import verdict_word
from inferscope.core.report import OUTPUTS
from inferscope.core.scenario.files import load
from inferscope.core.study.compare import compare
from inferscope.tui.cli import main

A, B, C = "deepseek-r1-h20", "deepseek-r1-h200", "llama-3.1-70b-h100"


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main(["compare", *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_the_table_says_what_differs_and_what_carries_it(run):
    status, out, err = run(A, B)
    assert (status, err) == (0, "")
    assert out.startswith(
        f"A  {A}   DeepSeek-R1 on eight H20\nB  {B}  DeepSeek-R1 on eight H200\n\nInputs that"
    )
    assert "hardware.accelerator                h20  h200-sxm\n" in out
    assert "workload.batch                      43*  572*\n" in out
    assert "- A needs economics.usd_per_accelerator_hour: usd_per_query," in out
    said = " ".join(out.split())
    assert "all of it comes from the accelerator" in said
    batches = "at a planned batch of 572 instead of 43; all of it comes from the accelerator"
    assert f"takes 42 % more time than with deepseek-r1-h20, {batches}" in said
    assert "- no value for deepseek-r1-h20: usd_per_query, usd_per_million_output_tokens" in out
    assert "workload.input_tokens" not in out
    assert "model.id" not in out


@pytest.mark.parametrize("names", [(A, B), (A, B, C, "chatgpt-2023", "gpt-oss-120b-h100", C)])
@pytest.mark.parametrize("flags", [(), ("--all",)])
def test_no_line_is_wider_than_80(run, names, flags):
    _, out, _ = run(*names, *flags, "--of", "tpot_s", "--of", "tpp")
    assert max(map(len, out.splitlines())) <= 80
    assert max(map(len, run(*names, *flags, "--of", "facility_mw")[1].splitlines())) <= 80


def test_all_shows_what_is_the_same(run):
    _, out, _ = run(A, B, "--all", "--of", "tpot_s")
    assert "workload.input_tokens" in out
    assert "model.id" in out
    assert out.count("\ntpot_s ") == 1


def test_json_has_everything_at_full_precision(run):
    _, out, _ = run(A, B, "--format", "json", "--of", "wh_per_query")
    found = json.loads(out)
    assert [s["name"] for s in found["scenarios"]] == [A, B]
    (row,) = found["outputs"]
    assert row["ratios"] == [1.0, pytest.approx(row["values"][1] / row["values"][0], rel=1e-10)]
    (item,) = found["carried"]
    total = sum(part["value"] for part in item["contributions"])
    assert total == pytest.approx(item["difference"], rel=1e-9)
    assert (item["unit"], item["exact"], item["scenario"]) == ("Wh", True, B)
    assert all(row["differs"] for row in found["inputs"])
    _, out, _ = run(A, B, "--format", "json", "--of", "usd_per_query")
    (item,) = json.loads(out)["carried"]
    assert (item["difference"], item["why"], item["contributions"]) == (None, f"no value for {A}", [])


def test_csv_and_markdown(run):
    _, out, _ = run(A, C, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["part"] for row in rows} == {"input", "output", "policy", "difference", "contribution"}
    parts = [r for r in rows if r["part"] == "contribution" and r["name"] == "tpot_s"]
    (whole,) = [r for r in rows if r["part"] == "difference" and r["name"] == "tpot_s"]
    assert sum(float(r["value"]) for r in parts) == pytest.approx(float(whole["value"]), rel=1e-9)
    _, out, _ = run(A, B, "--format", "md")
    assert "Accelerators needed has no difference to divide" in out  # which neither of them has
    _, out, _ = run(A, C, "--format", "md", "--of", "tpot_s")
    assert out.startswith(f"# {A} against {C}\n")
    assert "| `workload.reasoning_tokens` | 3,584 | (0) |" in out
    assert f"## {C}: `tpot_s`" in out


def test_set_is_for_all_of_them(run):
    _, out, _ = run(
        A, B, "--set", "economics.usd_per_accelerator_hour=2", "--of", "usd_per_query", "--format", "json"
    )
    found = json.loads(out)
    assert "economics.usd_per_accelerator_hour" not in {row["key"] for row in found["inputs"]}
    assert None not in found["outputs"][0]["values"]


def test_out_writes_a_file(run, tmp_path):
    status, out, _ = run(A, B, "--of", "tpot_s", "--out", str(tmp_path / "c.txt"))
    assert (status, out) == (0, "")
    assert (tmp_path / "c.txt").read_text(encoding="utf-8").startswith("A  deepseek-r1-h20")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((A,), "2 to 6 scenarios can be compared, not 1"),
        ((A,) * 7, "2 to 6 scenarios can be compared, not 7"),
        ((A, B, "--of", "tpot"), "did you mean tpot_s?"),
        ((A, "deepseek-r1-h201"), "did you mean deepseek-r1-h20,"),
        ((A, B, "--set", "slo.tpot=1"), "did you mean tpot_s?"),
        ((A, B, "--set", "hardware.tensor_parallel=3"), "no layout agrees"),
    ],
)
def test_wrong_input_is_one_line(run, arguments, said):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_the_status_is_the_worst_of_them(run):
    status, out, _ = run(A, B, "--set", "slo.tpot_s=0.0001", "--of", "tpot_s")
    assert status == 1
    assert "limit cannot be kept" in out


def test_the_sentence_is_true_of_what_it_says():
    found = compare([load(A), load(B)])
    said = {item.quantity: sentence(found, item) for item in found.carried[0]}
    tpot = found.carried[0][3]
    assert tpot.quantity == "tpot_s"
    assert f"{100 * (tpot.then / tpot.first - 1):.0f} % more time" in said["tpot_s"]
    assert "9.37 times as many tokens/s" in said["output_tok_s_per_accelerator"]
    assert said["quality_recovery"].startswith(f"{B} and {A} do not differ: ")
    assert f"{A}: needs economics.usd_per_accelerator_hour" in said["usd_per_query"]


def test_a_sample_says_so():
    found = compare([load("chatgpt-2023"), load("deepseek-v3-h800")], ["gco2e_per_query"])
    (item,) = found.carried[0]
    assert not item.exact
    text = as_text(found)
    assert "+-" in text
    assert "orders of changing them are sampled" in " ".join(text.split())
    assert "joined by +" in text
    assert "gco2e_per_query" in as_markdown(found)


def test_verdicts_are_worded_as_policy_words_them():
    scenarios = [load(A), load("host-in-kenya")]
    found = compare(scenarios, ["tpot_s"])
    for place, item in enumerate(scenarios):
        entries = {
            entry["id"]: verdict_word(entry) for entry in policy_entries(evaluate(item.scenario, OUTPUTS))
        }
        assert {row.id: row.words[place] for row in found.policy} == entries
    meant = {word for row in found.policy for word in row.words} - {"applies", "does not apply", "unknown"}
    assert meant
    text = as_text(found).partition("\nVerdicts")[2].partition("\n\n")[0]
    assert any(word in text for word in meant)


def test_a_rule_that_one_scenario_alone_has_is_not_judged_by_the_other(run, tmp_path):
    rule = '[[rule]]\nid = "own.line"\ntitle = "Mine"\njurisdiction = "own"\npredicate = "tpp > 1"\n'
    (tmp_path / "own.toml").write_text(rule, encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(f'schema_version = 1\nextends = "{C}"\n[policy]\nrules = "own.toml"\n', encoding="utf-8")
    for presets, verdicts in (
        ((C, str(path)), ["not_judged", "applies"]),
        ((str(path), C), ["applies", "not_judged"]),
    ):
        status, out, err = run(*presets, "--format", "json")
        assert (status, err) == (0, "")
        (row,) = [row for row in json.loads(out)["policy"] if row["id"] == "own.line"]
        assert (row["title"], row["verdicts"], row["differs"]) == ("Mine", verdicts, True)
    assert "own.line" in run(C, str(path))[1]
