"""``[model] config``: a model from a Hugging Face config.json beside the scenario."""

import json
import shutil

import pytest

from inferscope.core.errors import InferscopeError, ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.explain import explain
from inferscope.core.leaves import model_record, resolve
from inferscope.core.report import report, reports
from inferscope.core.scenario.changed import differences, title
from inferscope.core.scenario.files import load, load_values, save, scenario_hash, to_toml, with_values
from inferscope.core.study.compare import compare

QWEN3_8B = {
    "model_type": "qwen3",
    "num_hidden_layers": 36,
    "hidden_size": 4096,
    "intermediate_size": 12288,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 151936,
    "max_position_embeddings": 40960,
    "hidden_act": "silu",
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "flux_depth": 3,
}
OUTPUTS = ("tpot_s", "ttft_s", "usd_per_query", "max_batch")


@pytest.fixture
def folder(tmp_path):
    """A folder with a scenario and the configuration that it names."""
    (tmp_path / "Qwen3-8B").mkdir()
    (tmp_path / "Qwen3-8B" / "config.json").write_text(json.dumps(QWEN3_8B, indent=1), "utf-8")
    (tmp_path / "mine.toml").write_text('[model]\nconfig = "Qwen3-8B/config.json"\n', "utf-8")
    return tmp_path


def numbers(scenario):
    result = evaluate(scenario, OUTPUTS)
    return [float(result[name][0]) for name in OUTPUTS]


def refusal(path):
    """What reading and computing a scenario says, with file and line."""
    with pytest.raises(InferscopeError) as caught:
        reports([load(path)])
    return caught.value


def test_it_computes_what_the_shipped_record_of_the_same_model_does(folder):
    scenario = load(folder / "mine.toml").scenario
    assert numbers(scenario) == numbers(load_values({"model": {"id": "qwen3-8b"}}))
    record = model_record(scenario.model)
    assert (record.id, record.name) == ("qwen3-8b", "Qwen3-8B")
    assert title(scenario) == "Qwen3-8B on h100-sxm"


def test_the_path_is_meant_from_the_files_folder_and_not_from_here(folder, monkeypatch):
    monkeypatch.chdir("/")
    assert load(folder / "mine.toml").scenario.model.config == str(folder / "Qwen3-8B" / "config.json")


def test_overrides_apply_on_top(folder):
    (folder / "mine.toml").write_text(
        '[model]\nconfig = "Qwen3-8B/config.json"\nlayers = 18\ntraining_flop = 1e24\n', "utf-8"
    )
    scenario = load(folder / "mine.toml").scenario
    leaves = resolve(scenario).leaves
    assert leaves["model_layers"].value == 18
    assert leaves["model_training_flop"].value == 1e24
    assert numbers(scenario) == numbers(load_values({"model": {"id": "qwen3-8b", "layers": 18}}))


def test_the_hash_is_of_the_content_and_not_of_the_place(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(folder, elsewhere)
    here, there = (load(place / "mine.toml").scenario for place in (folder, elsewhere))
    assert here.model.config != there.model.config
    assert scenario_hash(here) == scenario_hash(there)
    config = elsewhere / "Qwen3-8B" / "config.json"
    config.write_text(json.dumps(QWEN3_8B | {"num_hidden_layers": 35}), "utf-8")
    assert scenario_hash(here) != scenario_hash(load(elsewhere / "mine.toml").scenario)
    assert scenario_hash(here) != scenario_hash(load_values({}))


def test_a_scenario_without_one_hashes_as_before():
    values = load_values({}).model_dump(mode="json")
    assert values["model"]["config"] is None
    hashes = {scenario_hash(load_values(tables)) for tables in ({}, {"model": {"id": "llama-3.1-8b"}})}
    assert len(hashes) == 1


def test_a_changed_file_is_read_again(folder):
    scenario = load(folder / "mine.toml").scenario
    before = numbers(scenario)
    config = folder / "Qwen3-8B" / "config.json"
    config.write_text(json.dumps(QWEN3_8B | {"num_hidden_layers": 18}), "utf-8")
    fewer = load_values({"model": {"id": "qwen3-8b", "layers": 18}})
    assert numbers(scenario) == numbers(fewer) != before


def test_leaves_name_the_file_and_the_report_says_whose_it_is_and_what_was_assumed(folder):
    scenario = load(folder / "mine.toml").scenario
    leaf = resolve(scenario).leaves["model_mixer_params"]
    assert leaf.key == "model.config"
    assert leaf.kind == "user"
    for part in ("user, config.json of Qwen3-8B (model_type qwen3), sha256 ", str(folder)):
        assert part in leaf.source
    tree = json.dumps(explain(evaluate(scenario, ["tpot_s"]), "tpot_s").to_dict())
    assert "config.json of Qwen3-8B" in tree
    notes = report(scenario)["notes"]
    assert any("model qwen3-8b is the user's own" in note and "config.json" in note for note in notes)
    assert any("flux_depth" in note for note in notes)
    assert "id" not in report(scenario)["scenario"]["model"]


def test_whether_its_weights_are_published_is_not_known(folder):
    entries = report(load(folder / "mine.toml").scenario)["policy"]
    missing = {name for entry in entries for name in entry["missing"]}
    assert "policy.weights_published" in missing


def test_the_last_model_that_is_given_counts(folder):
    child = folder / "child.toml"
    child.write_text('extends = "./mine.toml"\n[model]\nid = "qwen3-14b"\n', "utf-8")
    named = load(child).scenario
    assert (named.model.id, named.model.config) == ("qwen3-14b", None)
    (folder / "named.toml").write_text('[model]\nid = "qwen3-14b"\n', "utf-8")
    child.write_text('extends = "./named.toml"\n[model]\nconfig = "Qwen3-8B/config.json"\n', "utf-8")
    filed = load(child).scenario
    assert model_record(filed.model).id == "qwen3-8b"
    assert with_values(filed, {"model.id": "qwen3-14b"}).model.config is None
    again = with_values(named, {"model.config": filed.model.config})
    assert model_record(again.model).id == "qwen3-8b"
    keys = {key: now for key, _, now in differences(named, filed)}
    assert keys == {"model.id": "qwen3-14b", "model.config": None}


def test_two_models_at_once_are_refused(folder):
    path = folder / "both.toml"
    path.write_text('[model]\nid = "qwen3-8b"\nconfig = "Qwen3-8B/config.json"\n', "utf-8")
    error = refusal(path)
    assert (error.file, error.line, error.key) == (str(path), 1, "model")
    assert "one model" in error.message


def test_saving_names_the_file_as_it_is_from_there(folder):
    loaded = load(folder / "mine.toml")
    saved = save(loaded.scenario, folder / "saved.toml")
    assert 'config = "Qwen3-8B/config.json"' in saved.read_text("utf-8")
    assert load(saved).scenario.model == loaded.scenario.model
    assert str(folder / "Qwen3-8B") in to_toml(loaded.scenario)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        ("{", "not valid JSON"),
        ("[" * 100_000, "nested too deep"),
        (json.dumps(QWEN3_8B | {"vocab_size": -1}), "vocab_size: must be a whole number"),
        (json.dumps(QWEN3_8B | {"mamba_d_state": 16}), "mamba_d_state: is not understood"),
    ],
)
def test_a_damaged_configuration_is_one_line_with_both_files(folder, content, words):
    config = folder / "Qwen3-8B" / "config.json"
    config.unlink()
    if content is not None:
        config.write_text(content, "utf-8")
    error = refusal(folder / "mine.toml")
    assert (error.file, error.line, error.key) == (str(folder / "mine.toml"), 2, "model.config")
    assert str(config) in error.message
    assert words in error.message
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("value", "words"), [("8", "text"), ('""', "file"), ('"~nobody-here/x"', "nobody's folder")]
)
def test_a_path_that_is_none_is_refused(folder, value, words):
    (folder / "mine.toml").write_text(f"[model]\nconfig = {value}\n", "utf-8")
    error = refusal(folder / "mine.toml")
    assert error.line == 2
    assert words in error.message


def test_only_a_scenarios_errors_leave_it(folder):
    scenario = load(folder / "mine.toml").scenario
    (folder / "Qwen3-8B" / "config.json").unlink()
    with pytest.raises(ScenarioError):
        model_record(scenario.model)
    assert len(scenario_hash(scenario)) == 64


def test_a_comparison_carries_the_model_as_one_change(folder):
    found = compare([load(folder / "mine.toml"), load_values({"model": {"id": "qwen3-14b"}})], ["tpot_s"])
    ((carried,),) = found.carried
    (part,) = carried.contributions
    assert part.label == "model"
    assert part.share == 1
