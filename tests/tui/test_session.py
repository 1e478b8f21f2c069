"""Editing, undoing and saving, without a screen."""

import pytest

from inferscope.core.errors import ScenarioError
from inferscope.core.report import report
from inferscope.core.scenario import files
from inferscope.core.scenario.files import scenario_hash
from inferscope.tui.session import Session, default_loaded


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


def test_a_file_that_somebody_else_changed_is_replaced_only_when_asked_twice(session, scenario_file):
    change(session, workload__output_tokens=7)
    theirs = scenario_file.read_text(encoding="utf-8") + "\n"
    scenario_file.write_text(theirs, encoding="utf-8")
    for target in (None, str(scenario_file)):
        with pytest.raises(ScenarioError, match="has changed on disk"):
            session.save(target)
        assert scenario_file.read_text(encoding="utf-8") == theirs
        theirs += "\n"
        scenario_file.write_text(theirs, encoding="utf-8")
    with pytest.raises(ScenarioError, match="save again to replace it"):
        session.save()
    session.save()
    assert files.load(scenario_file).scenario.workload.output_tokens.mid == 7


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


def test_what_is_unsaved_is_rescued_under_free_names(session, config_folder):
    assert session.rescue() is None
    for number, tokens in enumerate((7, 8)):
        change(session, workload__output_tokens=tokens)
        path = session.rescue()
        assert path.parent == config_folder / "presets"
        assert path.name == ("recovered-dense.toml", "recovered-dense-2.toml")[number]
        assert files.load(path.stem).scenario.workload.output_tokens.mid == tokens
    assert session.is_changed
