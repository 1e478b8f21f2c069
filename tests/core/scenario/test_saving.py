"""Saving: only differences, the same numbers back, and the old file whole whatever happens."""

import errno
import os
import signal
import stat
import subprocess
import sys

import pytest

from inferscope.core import DATA_DATE, __version__
from inferscope.core.errors import ScenarioError
from inferscope.core.report import reports
from inferscope.core.scenario import files, saving
from inferscope.core.scenario.files import load, load_values, save, scenario_hash, with_values
from inferscope.core.scenario.lines import has_comment

PRESETS = sorted(path.stem for path in files.shipped_directory().glob("*.toml"))
CHANGES = {
    "as it is": {},
    "other chip and model": {
        "hardware.accelerator": "h200-sxm",
        "model.id": "llama-3.1-8b",
        "hardware.expert_parallel": None,
    },
    "what-if chip": {
        "hardware.memory_bandwidth_bytes_per_s": 9e12,
        "hardware.tdp_w": 500,
        "hardware.server_w": 900,
    },
    "what-if model": {
        "model.id": "llama-3.1-8b",
        "model.architecture_like": None,
        "model.layers": 40,
        "hardware.expert_parallel": None,
    },
    "prefill removed": {"hardware.prefill": None},
    "plain prefill pool": {
        "hardware.prefill": {"count": 1, "tensor_parallel": 1, "data_parallel": 1},
        "economics.usd_per_accelerator_hour": 2,
        "hardware.count": None,
        "hardware.tensor_parallel": None,
        "hardware.data_parallel": None,
        "hardware.pipeline_parallel": None,
        "hardware.expert_parallel": None,
    },
    "speculation with every default": {"optimizations.speculative": {"method": "eagle3"}},
    "ranges": {
        "workload.input_tokens": {"low": 100, "mid": 200, "high": 400},
        "slo.tpot_s": {"dist": "lognormal", "p5": 0.04, "p95": 0.09},
        "economics.usd_per_accelerator_hour": {"value": 2.5, "source": "an invoice", "low": 2, "high": 3},
    },
    "pins and constants": {"pins.tpot_s": 0.03, "calibration.layer_s": {"value": 1e-5, "source": "mine"}},
    "limits dropped": {"slo.tpot_s": None, "workload.batch": 4, "site.region": "FRA"},
}


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("what", CHANGES)
def test_saved_and_read_again_a_scenario_is_the_same(name, what, config_folder):
    loaded = load(name)
    scenario = with_values(loaded.scenario, CHANGES[what])
    as_child = save(scenario, "child", extends=name, parent=_resolved(name))
    alone = save(scenario, "alone")
    assert {as_child.parent, alone.parent} == {config_folder / "presets"}
    wanted, child, single = reports([files.Loaded(scenario, None, {}), load("child"), load("alone")])
    assert child["scenario_hash"] == single["scenario_hash"] == wanted["scenario_hash"]
    assert child["quantities"] == single["quantities"] == wanted["quantities"]
    assert child["policy"] == single["policy"] == wanted["policy"]


def _resolved(name):
    return load(name).scenario.model_dump(mode="python", exclude_unset=True)


def test_only_differences_are_saved_sorted():
    scenario = with_values(
        load("deepseek-v3-h800").scenario,
        {"workload.batch": 64, "slo.tpot_s": None, "economics.utilization": 0.5, "hardware.prefill": None},
    )
    path = save(scenario, "mine", extends="deepseek-v3-h800", parent=_resolved("deepseek-v3-h800"))
    text = path.read_text()
    kept = [line for line in text.splitlines() if not line.startswith(("name", "description", "parent_hash"))]
    start = text.index("[economics]")
    assert text[start : text.index("[provenance]")] == (
        "[economics]\nutilization = 0.5\n\n[workload]\nbatch = 64\n\n"
    )
    assert kept[0] == "schema_version = 1"
    assert 'extends = "deepseek-v3-h800"' in kept
    assert 'unset = [\n    "hardware.prefill",\n    "slo",\n]\n' in text
    assert f'inferscope = "{__version__}"\ndata = "{DATA_DATE}"\nparent_hash = "' in text
    assert saving.to_toml(scenario, extends="deepseek-v3-h800", parent=_resolved("deepseek-v3-h800")) == text


def test_a_table_that_means_something_by_being_there_is_never_lost():
    scenario = load_values({"hardware": {"prefill": {}}, "optimizations": {"speculative": {}}})
    text = saving.to_toml(scenario)
    assert "[hardware.prefill]\ncount = 1\n" in text
    assert '[optimizations.speculative]\nmethod = "eagle3"\n' in text


def test_two_savings_of_the_same_scenario_are_the_same_bytes(tmp_path):
    scenario = load("deepseek-v3-h800").scenario
    one, two = save(scenario, tmp_path / "one.toml"), save(scenario, tmp_path / "two.toml")
    assert one.read_bytes() == two.read_bytes()
    assert save(load(one).scenario, two).read_bytes() == one.read_bytes()


@pytest.mark.parametrize(
    "old", [b"# mine\n[workload]\nbatch = 1\n", b"[workload]\nbatch = 1 # why\n", b"#\xff"]
)
def test_comments_are_kept_beside_the_file(tmp_path, old):
    path = tmp_path / "mine.toml"
    path.write_bytes(old)
    save(load_values({"workload": {"batch": 2}}), path)
    assert (tmp_path / "mine.toml~").read_bytes() == old
    save(load_values({"workload": {"batch": 3}}), path)
    assert (tmp_path / "mine.toml~").read_bytes() == old
    assert load(path).scenario.workload.batch.mid == 3


@pytest.mark.parametrize("step", ["check", "fsync"])
def test_a_saving_that_is_refused_leaves_what_is_kept_beside_the_file(tmp_path, monkeypatch, step):
    path, beside = tmp_path / "mine.toml", tmp_path / "mine.toml~"
    path.write_text("# new\n")
    beside.write_text("# older\n")

    def refuse(*_):
        message = "not now"
        raise ScenarioError(message)

    if step == "fsync":
        monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(ScenarioError, match="not now"):
        save(load_values({}), path, check=refuse if step == "check" else None)
    assert (path.read_text(), beside.read_text()) == ("# new\n", "# older\n")


def test_a_hash_in_a_text_does_not_cost_the_comments_that_were_kept(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('name = "Plan #1" # why\n')
    before = path.read_bytes()
    for batch in (2, 3):
        save(load_values({"name": "Plan #1", "workload": {"batch": batch}}), path)
        assert (tmp_path / "mine.toml~").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "has_one"),
    [
        ("a = 1", False),
        ("a = 1 # b", True),
        ("a = '#' # b", True),
        ("a = '#\\'\nb = '#'", False),
        (r'a = "\"#\\"', False),
        (r'a = "\\" # "', True),
        ('a = """\n"#"\n"""', False),
        ('a = """#""""" # "b"', True),
        ("a = '''\n'#'\n''''\nb = 1", False),
        ("a = \"it's\" # '", True),
        ('a = "never ended # ', True),
    ],
)
def test_comments_are_told_from_text(text, has_one):
    assert has_comment(text.encode()) is has_one


def test_a_file_without_comments_is_just_replaced(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[workload]\nbatch = 1\n")
    save(load_values({}), path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.toml"]


def test_the_rights_of_a_file_stay_and_a_new_one_follows_the_mask(tmp_path):
    path = save(load_values({}), tmp_path / "mine.toml")
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    path.chmod(0o640)
    save(load_values({"workload": {"batch": 3}}), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_is_followed(tmp_path):
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    real.write_text("[workload]\nbatch = 1\n")
    link.symlink_to(real)
    save(load_values({"workload": {"batch": 9}}), link)
    assert link.is_symlink()
    assert load(real).scenario.workload.batch.mid == 9


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    saving.write_atomic(pipe, "text")
    assert os.read(reader, 100) == b"text"
    os.close(reader)
    assert pipe.is_fifo()
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]


# --- when the disk says no -----------------------------------------------------------------------


@pytest.mark.parametrize("where", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_says_no_changes_nothing(tmp_path, monkeypatch, where, code):
    path = tmp_path / "mine.toml"
    old = b"[workload]\nbatch = 1\n"
    path.write_bytes(old)

    def fail(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, where, fail)
    with pytest.raises(ScenarioError) as caught:
        save(load_values({"workload": {"batch": 2}}), path)
    assert caught.value.message == f"cannot be saved: {os.strerror(code)}; nothing was changed"
    assert caught.value.file == str(path)
    monkeypatch.undo()
    assert path.read_bytes() == old
    assert [p.name for p in tmp_path.iterdir()] == ["mine.toml"]


def test_a_read_only_file_in_an_open_folder_stays_as_it_is(tmp_path, monkeypatch):
    path = tmp_path / "mine.toml"
    path.write_text("# mine\n")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *_: False)  # an administrator may write it all the same
    with pytest.raises(ScenarioError, match="cannot be saved: it is read-only; nothing was changed"):
        save(load_values({"workload": {"batch": 2}}), path)
    assert path.read_text() == "# mine\n"
    assert [p.name for p in tmp_path.iterdir()] == ["mine.toml"]
    path.unlink()
    save(load_values({}), path)


def test_a_folder_that_cannot_be_made_or_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(ScenarioError, match="cannot be saved"):
        save(load_values({}), tmp_path / "file" / "mine.toml")

    def fail(*_args, **_options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("tempfile.mkstemp", fail)
    with pytest.raises(ScenarioError, match="cannot be saved: Permission denied; nothing was changed"):
        save(load_values({}), tmp_path / "mine.toml")


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_kill_in_the_middle_leaves_the_old_file_whole(tmp_path, step):
    path = tmp_path / "mine.toml"
    path.write_text("[workload]\nbatch = 1\n")
    code = (
        "import os, signal, sys\n"
        "from inferscope.core.scenario.files import load_values, save\n"
        f"os.{step} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "save(load_values({'workload': {'batch': 2}}), sys.argv[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "[workload]\nbatch = 1\n"
    assert load(path).scenario.workload.batch.mid == 1


def test_what_a_kill_leaves_behind_is_no_preset(config_folder):
    folder = config_folder / "presets"
    folder.mkdir()
    (folder / ".inferscope-abc.tmp").write_text("half")
    (folder / "mine.toml~").write_text("# old")
    assert sorted(files.preset_names()) == PRESETS


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a..b",
        ".hidden",
        "-x",
        "Upper",
        "caf\u00e9",
        "a b",
        "x" * 65,
        "a\n",
        "a\x00",
        "~",
        "\u202e",
        "a\\b",
    ],
)
def test_names_that_are_no_preset_names_are_refused(name, config_folder):
    with pytest.raises(ScenarioError, match="is no preset name: use up to 64 of a-z"):
        save(load_values({}), name)
    assert not (config_folder / "presets").exists()


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", "./x"])
def test_a_path_has_to_end_in_toml(name, config_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError):
        save(load_values({}), name)
    assert list(tmp_path.iterdir()) == []
    assert not (config_folder / "presets").exists()


@pytest.mark.parametrize("name", ["eval", "list", "compare", "help", "paths", "import-model"])
def test_a_command_is_no_preset_name(name):
    with pytest.raises(ScenarioError, match="is a command of inferscope"):
        save(load_values({}), name)


@pytest.mark.parametrize("name", PRESETS)
def test_a_shipped_preset_is_not_saved_over(name):
    path = files.shipped_directory() / f"{name}.toml"
    before = path.read_bytes()
    for target in (name, path, str(path), path.parent / "new.toml"):
        with pytest.raises(ScenarioError, match="is a shipped preset; save it under another name"):
            save(load_values({}), target)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["a", "my-scenario", "x.y_z-0", "x" * 64, "0"])
def test_good_names_are_saved_in_the_users_folder(name, config_folder):
    path = save(load_values({"workload": {"batch": 3}}), name)
    assert path == config_folder / "presets" / f"{name}.toml"
    assert scenario_hash(load(name).scenario) == scenario_hash(load_values({"workload": {"batch": 3}}))


def test_a_scenario_and_its_rules_can_be_moved_together(tmp_path):
    rule = '[[rule]]\nid = "own.line"\ntitle = "Mine"\njurisdiction = "own"\npredicate = "tpp > {}"\n'
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "rules").mkdir(parents=True)
    (here / "rules" / "own.toml").write_text(rule.format(1), encoding="utf-8")
    (here / "a.toml").write_text(
        'schema_version = 1\nextends = "llama-3.1-70b-h100"\n[policy]\nrules = "rules/own.toml"\n', "utf-8"
    )
    scenario = load(here / "a.toml").scenario
    saved = save(scenario, here / "b.toml")
    assert 'rules = "rules/own.toml"' in saved.read_text("utf-8")
    assert str(here / "rules" / "own.toml") in save(scenario, tmp_path / "c" / "c.toml").read_text("utf-8")
    here.rename(there)
    moved = load(there / "b.toml").scenario
    assert reports([load(there / "b.toml")])[0]["policy"][-1]["verdict"] == "applies"
    before = scenario_hash(moved)
    (there / "rules" / "own.toml").write_text(rule.format(1e9), encoding="utf-8")
    assert scenario_hash(moved) != before  # what a rule says can change the answer


def test_the_hash_of_a_scenario_with_rules_does_not_depend_on_where_they_lie(tmp_path):
    found = set()
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "own.toml").write_text("# no rules yet\n", encoding="utf-8")
        found.add(scenario_hash(load_values({"policy": {"rules": str(folder / "own.toml")}})))
    assert len(found) == 1
    assert found != {scenario_hash(load_values({}))}
