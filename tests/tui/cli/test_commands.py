"""The commands, called in this process: formats, files, answers, refusals."""

import csv
import io
import json
import os
import re

import pytest

from inferscope.core import DATA_DATE, __version__, catalog
from inferscope.core.scenario import files
from inferscope.tui import cli
from inferscope.tui.cli import main
from inferscope.tui.cli.parser import COMMANDS, KINDS

PRESET = "llama-3.1-70b-h100"
NO_FIT = "model.id=llama-3.1-405b"
ONE_CHIP = "hardware.count=1"
OPEN = ["hardware.tensor_parallel=", "hardware.data_parallel=", "hardware.pipeline_parallel=", ONE_CHIP]


@pytest.fixture
def run(capsys):
    """Run a command line; its status, its output, its complaints."""

    def call(*arguments):
        status = main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def sets(assignments):
    return [part for text in assignments for part in ("--set", text)]


# --- results -------------------------------------------------------------------------------------


def test_eval_prints_a_report(run):
    status, out, err = run("eval", PRESET)
    assert (status, err) == (0, "")
    assert out.startswith("Llama 3.1 70B on eight H100, fp8\nOne query costs ")
    assert re.search(
        r"^Latency +Time to first token +ttft_s +[\d.]+ ms \([\d.]+ to [\d.]+\)$", out, re.MULTILINE
    )
    assert re.search(
        rf"^inferscope {__version__}, data of {DATA_DATE}, scenario [0-9a-f]{{12}}$", out, re.MULTILINE
    )


def test_eval_json_is_the_contract(run):
    status, out, _ = run("eval", PRESET, "--format", "json")
    report = json.loads(out)
    assert status == 0
    assert report["quantities"]["tpot_s"]["unit"] == "s"
    assert report["scenario"]["model"]["id"] == "llama-3.1-70b"
    _, two, _ = run("eval", PRESET, "deepseek-r1-h20", "--format", "json")
    assert json.loads(two)[0] == report
    assert len(json.loads(two)) == 2


def test_eval_csv_and_markdown(run):
    _, out, _ = run("eval", PRESET, "deepseek-r1-h20", "--format", "csv")
    assert {row["scenario"] for row in csv.DictReader(io.StringIO(out))} == {
        "Llama 3.1 70B on eight H100, fp8",
        "DeepSeek-R1 on eight H20",
    }
    _, out, _ = run("eval", PRESET, "--format", "md")
    assert out.startswith("# Llama 3.1 70B on eight H100, fp8\n\nOne query costs")
    assert "| `tpot_s` |" in out


def test_set_changes_keys_and_drops_them(run):
    _, out, _ = run(
        "eval",
        PRESET,
        "--format",
        "json",
        *sets(["workload.batch=16", "model.id = llama-3.1-8b", "slo.tpot_s=0.1"]),
    )
    report = json.loads(out)
    assert report["scenario"]["workload"]["batch"] == 16
    assert report["scenario"]["model"]["id"] == "llama-3.1-8b"
    assert report["quantities"]["batch"]["value"] == 16.0
    _, out, _ = run("eval", PRESET, "--format", "json", *sets(["workload.batch="]))
    assert json.loads(out)["quantities"]["batch"]["kind"] == "planned"
    _, out, _ = run("eval", PRESET, "--format", "json", *sets(["workload.batch=4", "workload.batch=8"]))
    assert json.loads(out)["quantities"]["batch"]["value"] == 8.0


def test_a_what_if_chip_from_the_command_line(run):
    assignment = "hardware.memory_bandwidth_bytes_per_s={value=9e12, source='leak', date=2026-01-01}"
    _, out, _ = run("explain", PRESET, "tpot_s", "--depth", "all", "--set", assignment)
    assert "hardware_memory_bandwidth_bytes_per_s = 9 TB/s  scenario" in out
    assert "leak" in out


@pytest.mark.parametrize(
    ("assignments", "status"),
    [
        ([], 0),
        ([NO_FIT, *OPEN], 1),
        (["slo.tpot_s=1e-6", "workload.batch="], 1),
        (["slo.tpot_s=1e-6"], 1),
        (["workload.requests_per_s=1e6", "hardware.replicas=1"], 1),
        (["model.id=gpt-4"], 0),
    ],
)
def test_the_status_is_the_answer(run, assignments, status):
    assert run("eval", PRESET, *sets(assignments))[0] == status


def test_of_several_presets_the_worst_counts(run, tmp_path):
    path = tmp_path / "big.toml"
    path.write_text("[model]\nid = 'llama-3.1-405b'\n[hardware]\ncount = 1\n")
    assert run("eval", PRESET, path)[0] == 1
    assert run("eval", path, PRESET)[0] == 1
    status, out, err = run("eval", PRESET, path, "nothing")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1


def test_explain_prints_a_tree_down_to_sources(run):
    status, out, err = run("explain", PRESET, "tpot_s")
    assert (status, err) == (0, "")
    assert out.startswith("Time per output token: ")
    assert "\nSources\n[1] " in out
    _, out, _ = run("explain", PRESET, "tpot_s", "--format", "json")
    tree = json.loads(out)
    assert tree["name"] == "tpot_s"
    assert tree["parts"]
    _, out, _ = run("explain", PRESET, "tpot_s", "--format", "json", "--depth", "0")
    assert (json.loads(out)["parts"], json.loads(out)["left_out"] > 50) == ([], True)
    _, out, _ = run("explain", "deepseek-r1-h20", "usd_per_query")
    assert "No value: needs economics.usd_per_accelerator_hour" in out


def test_explain_goes_three_steps_down_and_says_what_it_leaves_out(run):
    lines = {depth: run("explain", PRESET, "tpot_s", "--depth", depth)[1] for depth in ("0", "3", "all")}
    assert run("explain", PRESET, "tpot_s")[1] == lines["3"]
    assert len(lines["0"].splitlines()) < len(lines["3"].splitlines()) < len(lines["all"].splitlines()) / 3
    assert re.search(r"\.\.\. \d+ more below; --depth all\n", lines["3"])
    assert "more below" not in lines["all"]
    for wrong in ("-1", "three", "1.5"):
        status, out, err = run("explain", PRESET, "tpot_s", "--depth", wrong)
        assert (status, out, err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("format_", ["table", "json", "csv", "md"])
def test_list_in_every_format(run, kind, format_):
    status, out, err = run("list", kind, "--format", format_)
    assert (status, err) == (0, "")
    if format_ == "json":
        rows = json.loads(out)
        assert len(rows) > 1
    elif format_ == "csv":
        rows = list(csv.reader(io.StringIO(out)))
        assert len({len(row) for row in rows}) == 1
    else:
        assert len(out.splitlines()) > 2
    assert "nan" not in out.lower().split()


def test_list_takes_a_filter_and_says_where_nothing_is_found(run):
    _, out, _ = run("list", "accelerators", "GAUDI")
    assert {line.split()[0] for line in out.splitlines()[1:]} == {"gaudi2", "gaudi3"}
    status, out, err = run("list", "accelerators", "zzz")
    assert (status, len(out.splitlines())) == (0, 1)
    assert err == "inferscope: none of the accelerators contains 'zzz'\n"


def test_list_quantities_marks_those_of_every_report(run):
    _, out, _ = run("list", "quantity", "--format", "json")
    rows = json.loads(out)
    assert {row["quantity"] for row in rows if row["in"]} >= {"usd_per_query", "tpp"}


@pytest.mark.parametrize(
    ("kind", "identifier", "wanted"),
    [
        ("accelerators", "H100", "memory_bandwidth_bytes_per_s"),
        ("model", "deepseek-v3", "kv_bytes_per_token_16_bit"),
        ("models", "gpt-4", "training_flop"),
        ("region", "france", "grid_gco2e_per_kwh"),
        ("presets", PRESET, "scenario_hash"),
        ("quantity", "tpot_s", "formula"),
        ("rules", "eu.aia.art51.systemic", "counting"),
        ("formats", "nvfp4", "bits_per_weight"),
        ("constants", "layer_s", "source"),
    ],
)
def test_show_a_record_with_its_sources(run, kind, identifier, wanted):
    status, out, err = run("show", kind, identifier)
    assert (status, err) == (0, "")
    assert wanted in out
    status, out, _ = run("show", kind, identifier, "--format", "json")
    json.loads(out)
    assert wanted in out


def test_a_record_is_shown_without_the_marks_of_a_program(run):
    for words in (["presets", "deepseek-v3-h800"], ["accelerators", "h20"], ["models", "deepseek-v3"]):
        _, out, _ = run("show", *words)
        assert not re.search(r"\bTrue\b|\bFalse\b|\bNone\b|\[\]|\(\)|\{'", out), out
    _, out, _ = run("show", "presets", "deepseek-v3-h800")
    start = out.index("the cache, and 168e9")
    assert out[start - 10 : start].isspace()
    assert re.search(r"^  fleet_accelerators +1814 226.75 mean nodes", out, re.MULTILINE)


def test_every_accelerator_model_and_region_can_be_shown(run):
    for kind in ("accelerator", "model", "region"):
        for identifier in catalog.ids(kind):
            assert run("show", kind, identifier)[0] == 0, identifier


def test_schema_is_json(run):
    status, out, _ = run("schema")
    assert status == 0
    assert json.loads(out)["title"] == "inferscope scenario"


# --- the user's catalogue ------------------------------------------------------------------------


@pytest.fixture
def own_catalog(tmp_path):
    """Write a catalogue of the user's with one chip and one that changes a shipped one."""
    folder = tmp_path / "mine"
    (folder / "accelerators").mkdir(parents=True)
    (folder / "accelerators" / "big.toml").write_text('extends = "h100-sxm"\nmemory_bytes = 151e9')
    (folder / "accelerators" / "h20.toml").write_text('extends = "h20"\nrental_on_demand_usd_per_h = 1')
    return folder


def test_records_of_the_user_are_marked_as_theirs(run, own_catalog):
    _, out, _ = run("list", "accelerators", "user:", "--catalog", own_catalog, "--format", "json")
    assert [row["id"] for row in json.loads(out)] == ["big", "h20"]
    _, out, _ = run("show", "accelerator", "big", "--catalog", own_catalog)
    assert re.search(r"^origin +user: .*big.toml$", out, re.MULTILINE)
    assert re.search(r"memory_bytes +1.51e\+11 +\[user\] user, no source \(.*big.toml\)", out)
    on_it = ["--set", "hardware.accelerator=big"]
    _, out, _ = run("eval", PRESET, *on_it, "--catalog", own_catalog, "--format", "json")
    note = f"accelerator big is the user's own: {own_catalog / 'accelerators' / 'big.toml'}"
    assert note in json.loads(out)["notes"]
    _, out, _ = run("explain", PRESET, "memory_used_fraction", *on_it, "--catalog", own_catalog)
    assert "user, no source" in out
    _, out, _ = run(PRESET, *on_it, "--catalog", own_catalog)
    assert note in " ".join(out.split())
    assert run("show", "accelerator", "big")[0] == 2


def test_a_catalogue_in_the_configuration_folder_needs_no_option(run, own_catalog, config_folder):
    own_catalog.rename(config_folder / "catalog")
    catalog.use()
    assert "user: " in run("list", "accelerators", "big")[1]
    (config_folder / "catalog").rename(own_catalog)
    catalog.use()


def test_a_damaged_catalogue_is_one_line(run, own_catalog):
    path = own_catalog / "accelerators" / "big.toml"
    path.write_text("memory_byte = 1")
    about = "memory_byte: unknown key: did you mean memory_bytes"
    for words in (["list", "accelerators"], ["eval", PRESET, "--set", "hardware.accelerator=big"]):
        status, out, err = run(*words, "--catalog", own_catalog)
        assert (status, out) == (2, "")
        assert err.startswith(f"inferscope: {path}:1: {about}")
    assert run("eval", PRESET, "--catalog", own_catalog)[0] == 0
    assert run("list", "models", "--catalog", own_catalog / "absent")[0] == 2


def test_paths_says_where_things_lie(run, config_folder):
    _, out, _ = run("paths", "--format", "json")
    found = json.loads(out)
    assert found["your catalogue"] == str(config_folder / "catalog")
    assert found["your presets"] == str(config_folder / "presets")
    assert "not there yet" in run("paths")[1]


# --- help and version ----------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run, command):
    status, out, err = run(command, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"usage: inferscope {command}")
    assert max(len(line) for line in out.splitlines()) <= 80


def test_help_and_version(run):
    assert run("--version") == (0, f"inferscope {__version__}, data of {DATA_DATE}\n", "")
    status, out, _ = run("--help")
    assert status == 0
    for command in COMMANDS:
        assert re.search(rf"^    {command}\s", out, re.MULTILINE)
    assert "Exit status: 0 done; 1 the answer" in out


# --- out -----------------------------------------------------------------------------------------


def test_out_writes_the_file_and_nothing_else(run, tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    assert run("eval", PRESET, "--format", "json", "--out", path) == (0, "", "")
    assert json.loads(path.read_text())["inferscope"] == __version__
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]
    for words in (["list", "models"], ["show", "models", "gpt-4"], ["schema"], ["explain", PRESET, "tpot_s"]):
        assert run(*words, "--out", path) == (0, "", "")
        assert len(path.read_text()) > 100


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing/x.json", "No such file or directory"), (".", "Is a directory"), ("", "--out needs the name")],
)
def test_out_that_cannot_be_written(run, tmp_path, monkeypatch, name, message):
    monkeypatch.chdir(tmp_path)
    status, out, err = run("eval", PRESET, "--out", name)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_keeps_the_old_file(run, tmp_path, monkeypatch):
    path = tmp_path / "report.txt"
    path.write_text("old")

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    status, out, err = run("eval", PRESET, "--out", path)
    assert (status, out) == (2, "")
    assert err == f"inferscope: {path}: cannot be written: No space left on device; nothing was changed\n"
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["report.txt"]


# --- refusals ------------------------------------------------------------------------------------

REFUSED = [
    (["evl"], "unknown command 'evl': did you mean eval?"),
    (["evl", PRESET], "unknown command 'evl': did you mean eval?"),
    (["expalin", PRESET, "tpot_s"], "unknown command 'expalin': did you mean explain?"),
    (["diff", PRESET, PRESET], "unknown command 'diff': did you mean compare?"),
    (["diff"], "unknown command 'diff': did you mean compare?"),
    (["zzz", PRESET], "unknown command 'zzz': commands are eval, compare"),
    (["eval", PRESET, "--set", "batch=4"], "batch: unknown key: did you mean workload.batch?"),
    (["explain", PRESET, "eu.aia.art51.systemic"], "see `inferscope show rule eu.aia.art51.systemic`"),
    (["claims", "C999"], "unknown claim 'C999'"),
    (["report"], "the following arguments are required: PRESET"),
    ([""], "unknown preset '': presets are agent-128k-gqa"),
    (["nothing"], "unknown preset 'nothing'"),
    ([PRESET, "more"], "unexpected 'more' after the preset"),
    (["--nothing"], "unknown option '--nothing'; see `inferscope --help`"),
    (["-x"], "unknown option '-x'"),
    (["--vers"], "unknown option '--vers'"),
    (["eval"], "the following arguments are required: PRESET; see `inferscope eval --help`"),
    (["eval", "nothing"], "unknown preset 'nothing'"),
    (["eval", "llama"], "unknown preset 'llama': did you mean llama-2-70b-groq, "),
    (["eval", "--", "--x"], "unknown preset '--x'"),
    (["eval", PRESET, "--form", "json"], "unknown option '--form'; see `inferscope eval --help`"),
    (["eval", PRESET, "--format", "xml"], "invalid choice: 'xml' (choose from 'table', 'json', 'csv', 'md')"),
    (["eval", PRESET, "--format"], "expected one argument"),
    (["eval", PRESET, "--set", "workload.batch=1", PRESET], "name all presets before the options"),
    (["eval", "/nothing.toml"], "/nothing.toml: no such scenario file"),
    (["eval", "/"], "/: is a folder, not a scenario file"),
    (["eval", "x" * 5000], "unknown preset 'xxx"),
    (["eval", "x" * 5000 + ".toml"], "cannot be read: File name too long"),
    (["explain", PRESET], "the following arguments are required: QUANTITY"),
    (["explain", PRESET, "tpot"], "unknown quantity 'tpot': did you mean tpot_s?"),
    (["explain", PRESET, ""], "unknown quantity ''"),
    (["explain", PRESET, "tpot_s", "--format", "md"], "invalid choice: 'md'"),
    (["list"], "the following arguments are required: KIND"),
    (["list", "modles"], "unknown kind 'modles': did you mean models?"),
    (["list", ""], "unknown kind ''"),
    (["show", "models"], "the following arguments are required: ID"),
    (["show", "models", "deepseek-v33"], "did you mean deepseek-v3"),
    (["show", "formats", "nothing"], "unknown format 'nothing': see `inferscope list formats`"),
    (["show", "formats", "nvfp"], "did you mean nvfp4"),
    (["show", "rules", "eu.aia.art51.systemi"], "did you mean eu.aia.art51.systemic"),
    (["show", "constants", "x"], "see `inferscope list constants`"),
    (["show", "quantities", "x"], "see `inferscope list quantities`"),
    (["show", "regions", "Atlantis"], "unknown region 'Atlantis'"),
    (["schema", "x"], "unexpected 'x'"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_wrong_words_get_one_clear_line(run, arguments, message):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("inferscope: ")
    assert err.count("\n") == 1
    assert len(err) < 600
    assert message in err


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("workload", "'workload' is no assignment: write SECTION.KEY=VALUE"),
        ("", "'' is no assignment"),
        ("=3", "'=3' is no assignment"),
        ("x" * 5000, "is no assignment"),
        ("foo=1", "foo: unknown key: known keys are as_of"),
        ("workload.bach=1", "workload.bach: unknown key: did you mean batch?"),
        ("workload.bach=", "there is no key 'workload.bach' to drop: did you mean batch?"),
        ("foo=", "inferscope: there is no key 'foo' to drop"),
        ("x." * 500 + "x=1", "is no assignment: no key is more than 8 tables deep"),
        ("name=" + "[" * 300 + "]" * 300, "is nested more than 8 tables deep"),
        (f"workload.batch=0x{'f' * 6000}", "must be finite and below 1e308, not a number of 7,225 digits"),
        ("name=a\u202eb", "name: holds the control character U+202E"),
        ("workload=3", "workload: must be a table, not 3"),
        ("workload.batch.x=3", "workload.batch: must be auto, a number"),
        ("workload.batch=true", "workload.batch: must be auto, a number"),
        ("workload.batch=nan", "workload.batch: must be finite, not nan"),
        ("workload.batch=1e999", "workload.batch: must be finite, not inf"),
        ("workload.batch=-1", "workload.batch: must be at least 1, not -1"),
        ("workload.batch=" + "9" * 5000, "workload.batch: must be auto, a number"),
        ("workload.batch=" + "[" * 5000, "workload.batch: must be auto, a number"),
        ("as_of=2025", "as_of: must be a date such as 2025-02-28, not 2025"),
        ("as_of=2025-13-01", "as_of: must be a date such as 2025-02-28, not '2025-13-01'"),
        ("extends=gpt-oss-120b-h100", "extends: stands in files only"),
        ("schema_version=2", "schema_version: must be 1, not 2"),
        ("name=\x1b[31mred", "name: holds the control character U+001B"),
        ("name=\udcff", "name: must be text in Unicode"),
        (
            "hardware.accelerator=h10",
            "hardware.accelerator: unknown accelerator 'h10': did you mean h100-sxm",
        ),
        ("hardware.accelerator=3", "hardware.accelerator: must be text, not 3"),
        ("hardware.fp7_flop_per_s=1", "hardware.fp7_flop_per_s: unknown key: did you mean fp8_flop_per_s"),
        ("hardware.zzz=1", "hardware.zzz: unknown key; see `inferscope show accelerators h100-sxm`"),
        ("hardware.count=7", "hardware.count: must be tensor 8 x pipeline 1 x data 1 = 8, not 7"),
        (
            "hardware.expert_parallel=8",
            "hardware.expert_parallel: must be 1 for a model without routed experts",
        ),
        ("hardware.prefill=true", "hardware.prefill: must be a table, not true"),
        ("model.id=", None),
        ("model.id=nothing-at-all", "model.id: unknown model"),
        ("model.layers=-1", "model.layers: must be a whole number from 1 to 10,000, not -1"),
        ("model.id=gpt-4 ", None),
        ("site.region=Atlantis", "site.region: unknown region 'Atlantis'"),
        ("optimizations.weight_format=fp9", "optimizations.weight_format: unknown number format 'fp9'"),
        (
            "optimizations.two_batch_overlap=1",
            "optimizations.two_batch_overlap: must be true or false, not 1",
        ),
        ("pins.tpot=1", "pins.tpot: no quantity of this name: did you mean tpot_s?"),
        ("pins.bound=1", "pins.bound: cannot be pinned"),
        ("calibration.layer=1", "calibration.layer: unknown constant: did you mean layer_s"),
    ],
)
def test_an_assignment_that_does_not_fit(run, assignment, message):
    for command in (["eval", PRESET], ["explain", PRESET, "tpot_s"]):
        status, out, err = run(*command, "--set", assignment)
        if message is None:
            assert status == 0
            continue
        assert (status, out) == (2, "")
        assert err.count("\n") == 1
        assert len(err) < 600
        assert message in err


@pytest.mark.parametrize("command", [["eval"], ["explain", None, "tpot_s"]])
def test_a_mistake_in_a_file_is_named_with_its_line(run, tmp_path, command):
    path = tmp_path / "mine.toml"
    path.write_text("[hardware]\n\naccelerator = 'h10'\n")
    words = [*(str(path) if w is None else w for w in command), *([path] if None not in command else [])]
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert err.startswith(f"inferscope: {path}:3: hardware.accelerator: unknown accelerator 'h10'")


def test_a_broken_preset_does_not_hide_the_others(run, config_folder):
    folder = config_folder / "presets"
    folder.mkdir()
    (folder / "broken.toml").write_text("= =")
    (folder / "folder.toml").mkdir()
    status, out, _ = run("list", "presets")
    assert status == 0
    assert re.search(r"^broken +unreadable: is not valid TOML", out, re.MULTILINE)
    assert re.search(r"^folder +unreadable: is not a regular file", out, re.MULTILINE)
    assert PRESET in out


# --- what goes wrong inside ----------------------------------------------------------------------


def test_an_error_inside_is_one_line_and_a_log(run, monkeypatch, tmp_path):
    def fail(_):
        message = "boom\nand more"
        raise RuntimeError(message)

    monkeypatch.setattr("inferscope.tui.cli.eval_.load", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    status, out, err = run("eval", PRESET)
    assert (status, out) == (3, "")
    found = re.fullmatch(r"inferscope: internal error: RuntimeError: boom and more; the log is (\S+)\n", err)
    log = files.Path(found[1]).read_text()
    assert "Traceback" in log
    assert "boom" in log


def test_an_interrupt_is_one_line(run, monkeypatch):
    def fail(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("inferscope.tui.cli.eval_.load", fail)
    assert run("eval", PRESET) == (130, "", "inferscope: interrupted\n")


def test_a_complaint_never_steers_the_terminal(run):
    _, _, err = run("eval", "a\x1b[31mb\x07.toml")
    assert err.startswith("inferscope: a\\x1b[31mb\\x07.toml: ")


def test_every_command_of_the_parser_is_reserved_as_a_name():
    assert set(COMMANDS) <= set(files.COMMANDS)
    assert cli.DONE == 0


def test_a_changed_preset_says_so_and_is_not_held_against_its_measurements(run):
    _, plain, _ = run("eval", PRESET)
    assert "published  " in plain
    status, out, _ = run("eval", PRESET, *sets(["workload.batch=8", "workload.output_tokens=64"]))
    assert status == 0
    assert out.splitlines()[0].endswith(", with workload.output_tokens=64, workload.batch=8")
    assert "\nInputs that differ from Llama 3.1 70B on eight H100, fp8\ninput " in out
    assert "measured" not in out
    _, same, _ = run("eval", PRESET, *sets(["workload.batch=64"]))
    assert same == plain


@pytest.mark.parametrize("path", ["~nobody-of-this-name/x.toml", "a\x1bb.toml"])
def test_a_path_that_cannot_be_one_is_refused(run, path):
    status, out, err = run("eval", path)
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_a_saved_change_is_called_after_its_preset_with_what_it_changes(run, config_folder):
    path = config_folder / "presets" / "my-r1.toml"
    path.parent.mkdir(parents=True)
    text = 'schema_version = 1\nextends = "deepseek-r1-h200"\nworkload.input_tokens = 2000\n'
    path.write_text(f'{text}provenance = {{ inferscope = "1", data = "x" }}\n', encoding="utf-8")
    title = "DeepSeek-R1 on eight H200, with workload.input_tokens=2000"
    out = run("eval", "my-r1")[1]
    assert out.startswith(f"{title}\n")
    assert "Inputs that differ from DeepSeek-R1 on eight H200" in out
    more = run("eval", "my-r1", "--set", "workload.batch=4")[1]
    assert more.startswith(f"{title}, workload.batch=4\n")
    assert title in run("list", "presets", "my-r1")[1]
    compared = run("compare", "deepseek-r1-h200", "my-r1")[1]
    assert "provenance" not in compared


def test_a_name_given_on_the_command_line_is_the_name(run):
    assert run("eval", PRESET, "--set", "name=Mine", "--set", "workload.batch=4")[1].startswith("Mine\n")
    assert (
        json.loads(run("eval", PRESET, "--set", "name=Mine", "--format", "json")[1])["scenario"]["name"]
        == "Mine"
    )


def test_a_preset_of_ones_own_that_a_shipped_one_hides_is_listed_with_its_path(run, config_folder):
    path = config_folder / "presets" / f"{PRESET}.toml"
    path.parent.mkdir(parents=True)
    path.write_text('model.id = "llama-3.1-8b"\n', encoding="utf-8")
    out = run("list", "presets", "--format", "csv")[1]
    (line,) = [line for line in out.splitlines() if str(path) in line]
    assert "hidden by the shipped preset of this name: ask for its path" in line


def test_a_quantity_may_be_named_by_its_label(run):
    assert run("explain", PRESET, "Time per output token") == run("explain", PRESET, "tpot_s")


@pytest.mark.parametrize("command", [["eval", "mine"], ["paths"], ["list", "presets"]])
def test_a_folder_of_nobody_is_one_line(run, monkeypatch, command):
    monkeypatch.setenv("INFERSCOPE_CONFIG", "~nobody-of-this-name")
    status, out, err = run(*command)
    assert (status, out) == (2, "")
    assert err == "inferscope: INFERSCOPE_CONFIG: '~nobody-of-this-name' is nobody's folder on this machine\n"


@pytest.mark.parametrize(
    ("folder", "message"),
    [("", "'' is no folder; a catalogue is a folder"), ("~nobody-of-this-name", "is nobody's folder")],
)
def test_a_catalogue_that_is_no_folder_is_one_line(run, folder, message):
    status, out, err = run("list", "models", "--catalog", folder)
    assert (status, out) == (2, "")
    assert message in err


def test_a_file_of_rules_is_missed_where_it_is_named(run, tmp_path):
    (tmp_path / "one.toml").write_text(f'extends = "{PRESET}"\n[policy]\nrules = "nope.toml"\n')
    (tmp_path / "two.toml").write_text(f'extends = "{PRESET}"\n[policy]\nrules = ["nope.toml"]\n')
    for name in ("one.toml", "two.toml"):
        for command in (["policy", tmp_path / name], ["eval", PRESET, tmp_path / name]):
            status, out, err = run(*command)
            assert (status, out) == (2, "")
            where = f"{tmp_path / name}:3: policy.rules: {tmp_path / 'nope.toml'}"
            assert err == f"inferscope: {where}: no such file\n"


@pytest.mark.parametrize("empty", ["", ",", " , "])
@pytest.mark.parametrize(
    "arguments",
    [
        ("sweep", "llama-3.1-70b-h100", "--over", "workload.batch=1,2", "--select"),
        ("frontier", "llama-3.1-70b-h100", "--accelerators"),
        ("frontier", "llama-3.1-70b-h100", "--formats"),
        ("frontier", "llama-3.1-70b-h100", "--metrics"),
        ("frontier", "llama-3.1-70b-h100", "--keep"),
        ("validate", "--by"),
    ],
    ids=lambda words: " ".join((words[0], words[-1])),
)
def test_an_option_that_names_nothing_is_refused(capsys, arguments, empty):
    assert main([*arguments, empty]) == 2
    said = f"inferscope: {arguments[-1]} names nothing: leave it out, or give it a name\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    "arguments",
    [
        ("{}",), ("--{}",), ("eval", "{}"), ("list", "{}"), ("show", "model", "{}"),
        ("eval", "llama-3.1-70b-h100", "--set", "model.id={}"),
        ("explain", "llama-3.1-70b-h100", "{}"),
        ("sweep", "llama-3.1-70b-h100", "--over", "{}"),
        ("sweep", "llama-3.1-70b-h100", "--over", "workload.batch=1,2", "--select", "{}"),
        ("sweep", "llama-3.1-70b-h100", "--over", "workload.batch=1,2", "--top", "{}"),
        ("sweep", "llama-3.1-70b-h100", "--over", "workload.batch=1,2", "--out", "{}.csv"),
        ("frontier", "llama-3.1-70b-h100", "--accelerators", "{}"),
    ],
    ids=" ".join,
)  # fmt: skip
@pytest.mark.parametrize("length", [300, 20_000])
def test_a_long_argument_is_shortened_in_what_is_said_of_it(capsys, arguments, length):
    assert main([word.format("a" * length) for word in arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "a" * 121 not in err
    assert len(err) < 1200
