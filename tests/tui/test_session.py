"""Editing, undoing and saving, without a screen."""

import errno
import os
import sys

import pytest

from inferscope.core.errors import ScenarioError
from inferscope.core.report import report
from inferscope.core.scenario import files
from inferscope.core.scenario.files import scenario_hash
from inferscope.tui.cli.eval_ import assigned
from inferscope.tui.session import ChangedOnDiskError, Session, default_loaded


@pytest.fixture
def session(scenario_file):
    return Session(files.load(scenario_file))


def change(session, **values):
    changes = {key.replace("__", "."): value for key, value in values.items()}
    session.commit(session.propose(changes), next(iter(changes)))


def test_a_change_can_be_undone_and_made_again_without_limit(session):
    first = session.scenario
    for tokens in range(1, 101):
        change(session, workload__output_tokens=tokens)
    for _ in range(100):
        assert session.undo()
    assert session.scenario == first
    assert session.undo() == ""
    for _ in range(100):
        assert session.redo() == "workload.output_tokens"
    assert session.scenario.workload.output_tokens.mid == 100
    assert session.redo() == ""


def test_a_new_change_closes_the_way_forward(session):
    change(session, workload__output_tokens=7)
    session.undo()
    change(session, workload__input_tokens=9)
    assert session.redo() == ""


def test_a_refused_change_leaves_everything_as_it_was(session):
    before = session.scenario
    with pytest.raises(ScenarioError, match="at least 1"):
        session.propose({"workload.output_tokens": 0})
    assert session.scenario is before
    assert not session.is_changed


def test_changed_is_about_what_the_file_says(session):
    assert not session.is_changed
    change(session, workload__output_tokens=7)
    assert session.is_changed
    assert session.differs("workload.output_tokens")
    assert not session.differs("workload.input_tokens")
    change(session, workload__output_tokens=500)
    assert not session.is_changed


def test_what_the_command_line_sets_differs_from_the_file_but_is_not_at_risk(scenario_file):
    session = Session(assigned(str(scenario_file), ["workload.output_tokens=9", "slo.tpot_s=0.1"]))
    assert (session.is_changed, session.is_at_risk) == (True, False)
    assert [item.key for item in session.differences()] == ["workload.output_tokens", "slo.tpot_s"]
    assert session.differs("slo.tpot_s")
    assert not session.differs("workload.input_tokens")
    change(session, workload__input_tokens=7)
    assert session.is_at_risk
    session.undo()
    assert not session.is_at_risk
    session.revert(session.on_disk())
    assert (session.is_changed, session.is_at_risk) == (False, False)
    session.undo()
    session.save()
    read = files.load(scenario_file).scenario
    assert (read.workload.output_tokens.mid, read.name) == (9, "A dense model on eight H100")
    assert not session.is_changed


def test_what_the_command_line_sets_is_saved_beside_a_shipped_preset(config_folder):
    session = Session(assigned("deepseek-v3-h800", ["workload.output_tokens=9"]))
    path = session.save("mine")
    assert path.parent == config_folder / "presets"
    assert "output_tokens = 9" in path.read_text()
    assert session.loaded.extends == "deepseek-v3-h800"


def test_saving_over_its_own_file_reads_back_the_same(session, scenario_file):
    change(session, hardware__accelerator="h200-sxm")
    assert not session.needs_name
    assert session.save() == scenario_file
    assert not session.is_changed
    assert scenario_hash(files.load(scenario_file).scenario) == scenario_hash(session.scenario)
    session.undo()
    assert session.is_changed


def test_a_shipped_preset_is_saved_as_what_differs_from_it(config_folder):
    session = Session(files.load("llama-3.1-70b-h100"))
    assert session.is_shipped
    assert session.needs_name
    change(session, hardware__accelerator="h200-sxm")
    path = session.save(session.suggested_name())
    assert path == config_folder / "presets" / "llama-3.1-70b-h100-edited.toml"
    text = path.read_text(encoding="utf-8")
    assert 'extends = "llama-3.1-70b-h100"' in text
    assert "input_tokens" not in text
    assert report(files.load(path).scenario)["quantities"] == report(session.scenario)["quantities"]
    assert not session.is_shipped
    assert session.scenario.published == ()


@pytest.mark.parametrize("name", ["eval", "Has Space", "../outside", "llama-3.1-70b-h100"])
def test_a_name_that_cannot_be_is_refused(session, name):
    change(session, workload__output_tokens=7)
    with pytest.raises(ScenarioError):
        session.save(name)
    assert session.is_changed


def test_another_file_is_not_replaced_unasked(session, config_folder):
    assert session.would_replace("mine") is None
    path = session.save("mine")
    assert path == config_folder / "presets" / "mine.toml"
    assert session.would_replace("mine") is None
    other = Session(default_loaded())
    assert other.would_replace("mine") == path
    assert other.suggested_name() == "my-scenario"


def test_a_copy_elsewhere_does_not_lose_its_parent(tmp_path, config_folder):
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "base.toml").write_text("schema_version = 1\n[workload]\noutput_tokens = 77\n")
    (folder / "child.toml").write_text(
        'schema_version = 1\nextends = "base.toml"\n[workload]\ninput_tokens = 5\n'
    )
    session = Session(files.load(folder / "child.toml"))
    path = session.save("moved")
    assert path.parent == config_folder / "presets"
    assert files.load(path).scenario.workload.output_tokens.mid == 77


def test_opening_starts_a_new_history(session, scenario_file):
    change(session, workload__output_tokens=7)
    session.open(files.load(scenario_file))
    assert session.undo() == ""
    assert not session.is_changed


def test_a_file_that_somebody_else_changed_is_replaced_only_when_asked_to(session, scenario_file):
    change(session, workload__output_tokens=7)
    theirs = scenario_file.read_text(encoding="utf-8") + "\n"
    scenario_file.write_text(theirs, encoding="utf-8")
    for target in (None, str(scenario_file), None):
        with pytest.raises(ChangedOnDiskError, match="has changed on disk"):
            session.save(target)
        assert scenario_file.read_text(encoding="utf-8") == theirs
    session.save(replace=True)
    assert files.load(scenario_file).scenario.workload.output_tokens.mid == 7
    change(session, workload__output_tokens=8)
    session.save()


def test_its_own_file_under_another_spelling_is_no_less_its_own(scenario_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.toml").symlink_to(scenario_file)
    session = Session(files.load(f"./{scenario_file.name}"))
    change(session, workload__output_tokens=7)
    theirs = scenario_file.read_text().replace("count = 8", "count = 4")
    scenario_file.write_text(theirs)
    for target in (scenario_file, tmp_path / "link.toml"):
        with pytest.raises(ChangedOnDiskError):
            session.save(str(target))
        assert scenario_file.read_text() == theirs


def test_a_change_on_disk_in_the_last_moment_is_seen_before_the_file_is_replaced(
    session, scenario_file, monkeypatch
):
    theirs = b"schema_version = 1\n"

    def slow(_handle):
        scenario_file.write_bytes(theirs)  # somebody saves while our bytes go to the disk

    monkeypatch.setattr(os, "fsync", slow)
    change(session, workload__output_tokens=7)
    with pytest.raises(ChangedOnDiskError):
        session.save()
    assert scenario_file.read_bytes() == theirs
    assert session.is_changed
    assert [path.name for path in scenario_file.parent.iterdir()] == [scenario_file.name]


def test_a_file_that_is_gone_is_written_again(session, scenario_file):
    change(session, workload__output_tokens=7)
    scenario_file.unlink()
    assert session.save() == scenario_file
    assert scenario_file.is_file()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("~nobody-has-this-name/x.toml", "nobody's folder"),
        ("a\0b.toml", "no file name should have"),
        ("./\x1b[31m.toml", "no file name should have"),
        (f"{'a' * 300}/x.toml", "too long"),
    ],
)
def test_a_path_that_cannot_be_is_refused(session, name, why):
    for use in (session.save, session.read):
        with pytest.raises(ScenarioError, match=why):
            use(name)


def test_going_back_to_the_file_can_be_undone(session):
    assert not session.revert(session.on_disk())
    change(session, workload__output_tokens=7)
    assert session.revert(session.on_disk())
    assert not session.is_changed
    assert session.undo() == "going back to the file"
    assert session.scenario.workload.output_tokens.mid == 7


def test_going_back_reads_the_file_as_it_is_now(session, scenario_file):
    change(session, workload__output_tokens=7)
    text = scenario_file.read_text(encoding="utf-8")
    scenario_file.write_text(text.replace("output_tokens = 500", "output_tokens = 900"), encoding="utf-8")
    assert session.revert(session.on_disk())
    assert session.scenario.workload.output_tokens.mid == 900
    session.save()


def test_going_back_to_a_file_that_cannot_be_read_changes_nothing(session, scenario_file):
    change(session, workload__output_tokens=7)
    scenario_file.write_text("not TOML", encoding="utf-8")
    with pytest.raises(ScenarioError, match="not valid TOML"):
        session.on_disk()
    assert session.scenario.workload.output_tokens.mid == 7
    assert session.is_changed


def test_news_of_the_file_come_once_each(session, scenario_file):
    assert session.news() == ""
    for end in ("\n", "\n\n"):
        scenario_file.write_text(scenario_file.read_text(encoding="utf-8") + end, encoding="utf-8")
        assert session.news() == "dense was changed on disk"
        assert session.news() == ""
    scenario_file.unlink()
    assert "is gone from the disk" in session.news()
    assert session.news() == ""


def test_differences_name_every_key_that_differs(session):
    assert session.differences() == ()
    change(session, workload__output_tokens=7, hardware__accelerator="h200-sxm")
    assert session.differences() == (
        ("hardware.accelerator", "h100-sxm", "h200-sxm"),
        ("workload.output_tokens", 500, 7),
    )
    assert {d.key for d in session.differences("parent")} >= {"model.id", "slo.tpot_s"}


def test_differences_from_the_parent_are_what_the_file_says(tmp_path):
    path = tmp_path / "child.toml"
    path.write_text(
        'schema_version = 1\nextends = "llama-3.1-70b-h100"\n[workload]\noutput_tokens = 77\n', "utf-8"
    )
    session = Session(files.load(path))
    change(session, workload__input_tokens=11)
    assert {d.key: d.now for d in session.differences("parent")} == {
        "workload.output_tokens": 77,
        "workload.input_tokens": 11,
    }
    assert [d.key for d in session.differences()] == ["workload.input_tokens"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_a_disk_that_says_no_loses_nothing(session, scenario_file, config_folder, monkeypatch, number):
    before = scenario_file.read_bytes()
    change(session, workload__output_tokens=7)

    def refuse(_handle):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        for target in (None, "mine"):
            with pytest.raises(ScenarioError, match=f"{os.strerror(number)}; nothing was changed"):
                session.save(target)
    assert scenario_file.read_bytes() == before
    assert session.is_changed
    assert [path.name for path in scenario_file.parent.iterdir()] == [scenario_file.name]
    assert list((config_folder / "presets").iterdir()) == []
    assert session.suggested_name(other=True) == "dense-edited"
    session.save("mine")


def test_a_change_costs_little_memory(session):
    def size(count):
        changes = [session.propose({"workload.output_tokens": n}) for n in range(1, count)]
        seen = {id(part): part for scenario in changes for _, part in scenario}
        return sum(
            sys.getsizeof(part) + sys.getsizeof(getattr(part, "__dict__", 0)) for part in seen.values()
        )

    one = size(2)
    assert size(102) - one < 100 * one / 5
