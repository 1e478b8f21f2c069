"""`inferscope policy --chips`: the strip, its formats, and what is refused."""

import csv
import io
import json

import pytest

from inferscope.core import catalog
from inferscope.tui.cli import main


@pytest.fixture
def run(capsys):
    """Run a command line; its status, its output, its complaints."""

    def call(*arguments):
        status = main(["policy", *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_every_chip_has_a_row_and_one_mark_a_span(run):
    status, out, err = run("--chips")
    lines = out.splitlines()
    assert (status, err, max(map(len, lines)) <= 80) == (0, "", True)
    head = next(i for i, line in enumerate(lines) if line.startswith("from "))
    rows = lines[head + 1 : lines.index("", head)]
    assert [row.split(" ")[0] for row in rows] == [name[:21] for name in catalog.ids("accelerator")]
    width = len(lines[head].split()[1:]) * 6
    assert all(len(row) <= 22 + width for row in rows)
    h20 = next(row for row in rows if row.startswith("h20 "))
    assert h20.endswith("─" * 6 + "▓" * 18)


def test_a_day_has_words_rules_and_conditions(run):
    _, out, _ = run("--chips", "--on", "2026-02-01", "--select", "h200-sxm,mi308x")
    assert "1 reviewed case by case, 1 under a letter" in out.replace("\n", " ")
    assert "us.bis.2023.3a090a, us.bis.2026.case_by_case" in out
    assert "if policy.exported_from_us, policy.china_to_us_shipment_ratio" in out
    assert max(map(len, out.splitlines())) <= 80


def test_the_machine_formats_have_every_span_with_rules_and_figures(run):
    found = json.loads(run("--chips", "--select", "vendor:NVIDIA", "--format", "json")[1])
    h100 = next(chip for chip in found["chips"] if chip["id"] == "h100-sxm")
    assert [span["status"] for span in h100["spans"]][-1] == "case_by_case"
    assert h100["figures"]["tpp"]["value"] == pytest.approx(15831.2)
    assert h100["figures"]["memory_bandwidth_density"]["missing"]
    lines = list(csv.DictReader(io.StringIO(run("--chips", "--select", "h20", "--format", "csv")[1])))
    assert len(lines) == len(h100["spans"])
    assert lines[-1]["rules"] == "us.bis.2025.h20_letter"
    assert "| `h20` |" in run("--chips", "--select", "h20", "--format", "md")[1]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "policy needs a PRESET; --lines and --chips alone go without one"),
        (
            ["llama-3.1-70b-h100", "--chips"],
            "PRESET goes with the rules, --counts and --sites, not with --chips",
        ),
        (["--chips", "--lines"], "--lines: not allowed with argument --chips"),
        (["--chips", "--scope", "chip"], "--scope goes with the rules, not with --chips"),
        (["--chips", "--share", "0.2"], "--share goes with --lines, not with --chips"),
        (["--chips", "--select", "vendor:Nvidea"], "--select: no accelerator"),
        (["--chips", "--select", "h2000"], "did you mean h200"),
        (["--chips", "--to", "Atlantis"], "unknown region 'Atlantis'"),
        (["--chips", "--to", ""], "unknown region ''"),
        (["--chips", "--to", "2025"], "unknown region '2025'"),
        (["--lines", "--to", "CHN"], "--to goes with --chips, not with --lines"),
        (["--lines", "--until", "CHN"], "--until: must be a year"),
        (["--chips", "--on", "2026-13-01"], "--on: must be a date"),
        (["llama-3.1-70b-h100", "--to", "CHN"], "--to goes with --chips, not with the rules"),
        (["llama-3.1-70b-h100", "--select", "h20"], "--select goes with --chips, not with the rules"),
    ],
)
def test_what_does_not_fit_is_one_line(run, arguments, complaint):
    status, out, err = run(*arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert complaint in err
