"""`inferscope import-model`: the record it prints and writes, and what it says beside it."""

import json
import tomllib

import pytest

from inferscope.core import catalog
from inferscope.tui.cli import main

GEMMA = {
    "model_type": "gemma2",
    "num_hidden_layers": 42,
    "hidden_size": 3584,
    "intermediate_size": 14336,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 256,
    "vocab_size": 256000,
    "max_position_embeddings": 8192,
    "sliding_window": 4096,
    "hidden_act": "gelu_pytorch_tanh",
}


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "gemma-2-9b" / "config.json"
    path.parent.mkdir()
    path.write_text(json.dumps(GEMMA, indent=1), "utf-8")
    return path


def run(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_it_prints_a_record_that_the_users_catalogue_reads(tmp_path, config, capsys):
    status, out, err = run(capsys, "import-model", config, "--name", "Mine")
    assert status == 0
    assert tomllib.loads(out)["name"] == "Mine"
    (tmp_path / "own" / "models").mkdir(parents=True)
    (tmp_path / "own" / "models" / "mine.toml").write_text(out, "utf-8")
    catalog.use(tmp_path / "own")
    try:
        record = catalog.model("mine")
        assert catalog.fold(record.architecture) == catalog.fold(catalog.model("gemma-2-9b").architecture)
        about = record.text["record_architecture"]
        assert about.kind == "user"
        assert about.source.startswith("user, config.json of gemma-2-9b (model_type gemma2), sha256 ")
    finally:
        catalog.use()
    assert "read gemma-2-9b: gemma2, 42 layers SF (GQA); 9.242B parameters" in err
    assert "172,032 bytes of cache a token at 16 bits, 172,032 more in a window" in err
    assert "assumed: weights in bf16" in err
    assert "assumed: the output matrix is the input table" in err


def test_it_writes_into_a_catalogue_and_never_over_a_record(tmp_path, config, capsys):
    own = tmp_path / "own"
    status, out, err = run(capsys, "import-model", config, "--into", own, "--id", "mine")
    path = own / "models" / "mine.toml"
    assert (status, out) == (0, "")
    assert f"written to {path}" in err
    status, out, _ = run(capsys, "show", "model", "mine", "--catalog", own, "--format", "json")
    assert json.loads(out)["origin"] == f"user: {path}"
    before = path.read_text("utf-8")
    status, out, err = run(capsys, "import-model", config, "--into", own, "--id", "mine")
    assert status == 2
    assert "is there already" in err
    assert len(err.splitlines()) == 1
    assert path.read_text("utf-8") == before
    preset = tmp_path / "mine.toml"
    preset.write_text('[model]\nid = "mine"\n', "utf-8")
    status, out, _ = run(capsys, "eval", preset, "--catalog", own)
    assert status == 0
    assert "model mine is the user's own" in out


def test_it_writes_to_a_file(tmp_path, config, capsys):
    status, out, _ = run(capsys, "import-model", config, "--out", tmp_path / "x.toml")
    assert (status, out) == (0, "")
    assert tomllib.loads((tmp_path / "x.toml").read_text("utf-8"))["architecture"]["layers"] == 42


def test_it_tells_what_it_read_as_json_and_as_a_table(config, capsys):
    status, out, err = run(capsys, "import-model", config, "--format", "json")
    found = json.loads(out)
    assert (status, err) == (0, "")
    assert (found["id"], found["mixers"], found["layers"]) == ("gemma-2-9b", "SF", 42)
    assert found["total_params"] == catalog.fold(catalog.model("gemma-2-9b").architecture).total_params
    assert found["kv_bytes_per_token_16_bit"] == 21 * 2 * 8 * 256 * 2
    _, out, _ = run(capsys, "import-model", config, "--format", "table")
    assert "total_params" in out
    assert "the family's habit" in out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"mamba_d_state": 16}, "mamba_d_state: is not understood"),
        ({"hidden_size": None}, "hidden_size: is missing"),
        ({"num_attention_heads": "many"}, "num_attention_heads: must be a whole number"),
    ],
)
def test_what_it_does_not_understand_is_one_line_and_status_2(config, capsys, change, words):
    config.write_text(json.dumps(GEMMA | change, indent=1), "utf-8")
    status, out, err = run(capsys, "import-model", config)
    assert (status, out) == (2, "")
    assert str(config) in err
    assert words in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--id", "Not An Id"],
        ["--id", "../x"],
        ["--name", ""],
        ["--name", "two\nlines"],
        ["--format", "json", "--into", "x"],
        ["--into", "x", "--out", "y"],
        ["--format", "yaml"],
    ],
)
def test_wrong_usage_is_one_line_and_writes_nothing(tmp_path, config, capsys, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    status, out, err = run(capsys, "import-model", config, *arguments)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_explain_shows_the_file_as_the_source(tmp_path, config, capsys):
    preset = tmp_path / "mine.toml"
    preset.write_text('[model]\nconfig = "gemma-2-9b/config.json"\n', "utf-8")
    status, out, _ = run(capsys, "explain", preset, "flop_per_output_token", "--depth", "all")
    assert status == 0
    assert "config.json of gemma-2-9b" in out
    config.unlink()
    status, out, err = run(capsys, "explain", preset, "tpot_s")
    assert (status, out) == (2, "")
    assert f"{preset}:2: model.config: " in err
    assert "no such file" in err
