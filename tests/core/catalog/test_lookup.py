"""Names lead to records, and a wrong name to the right one."""

import doctest
import subprocess
import sys

import pytest

from inferscope.core import catalog
from inferscope.core.catalog import mixers, names


@pytest.mark.parametrize(
    ("word", "identifier"),
    [
        ("h100-sxm", "h100-sxm"),
        ("H100", "h100-sxm"),
        ("H100 SXM5", "h100-sxm"),
        ("nvidia h100", "h100-sxm"),
        ("h100_sxm", "h100-sxm"),
        ("A100", "a100-sxm-80"),
        ("DGX Spark", "gb10"),
        ("Ironwood", "tpu7x"),
        ("RTX 4090", "rtx-4090"),
        ("AMD Instinct MI300X", "mi300x"),
    ],
)
def test_an_accelerator_has_many_names(word, identifier):
    assert catalog.accelerator(word).id == identifier


@pytest.mark.parametrize(
    ("word", "identifier"),
    [
        ("deepseek-v3-671b", "deepseek-v3"),
        ("DeepSeek V3", "deepseek-v3"),
        ("llama3.1-70b", "llama-3.1-70b"),
        ("Llama 3.1 70B Instruct", "llama-3.1-70b"),
        ("meta-llama/Llama-3.1-70B-Instruct", "llama-3.1-70b"),
        ("Qwen/Qwen3-235B-A22B", "qwen3-235b-a22b"),
        ("gpt_oss_120b", "gpt-oss-120b"),
        ("Command R+", "command-r-plus"),
        ("GPT-4", "gpt-4"),
    ],
)
def test_a_model_has_many_names(word, identifier):
    assert catalog.model(word).id == identifier


@pytest.mark.parametrize("word", ["DEU", "de", "Germany", "germany"])
def test_a_country_goes_by_code_or_name(word):
    assert catalog.region(word).id == "DEU"


def test_a_wrong_name_is_answered_with_near_ones():
    with pytest.raises(catalog.UnknownIdError) as caught:
        catalog.accelerator("h10")
    message = str(caught.value)
    assert message.startswith("unknown accelerator 'h10': did you mean h100-sxm, ")
    assert "`inferscope list accelerators`" in message
    assert len(caught.value.near) == 3


@pytest.mark.parametrize(
    ("kind", "word", "meant"),
    [
        ("accelerator", "mi300y", "mi300x"),
        ("model", "lama-3.1-8b", "llama-3.1-8b"),
        ("model", "deepsek-r1", "deepseek-r1"),
        ("region", "Germny", "DEU"),
    ],
)
def test_a_typing_slip_finds_what_was_meant(kind, word, meant):
    with pytest.raises(catalog.UnknownIdError) as caught:
        catalog.resolve(kind, word)
    assert meant in caught.value.near


def test_a_word_like_nothing_gets_no_suggestion():
    with pytest.raises(catalog.UnknownIdError) as caught:
        catalog.model("§")
    assert caught.value.near == ()
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize("word", ["../models/gpt-4", "h100-sxm.toml", "", "/etc/passwd"])
def test_a_path_is_no_name(word):
    with pytest.raises(catalog.UnknownIdError):
        catalog.accelerator(word)


def test_search_wants_every_word_and_puts_the_best_first():
    assert catalog.search("accelerator", "h100")[0] == ("h100-sxm", "H100 SXM5 80GB")
    assert [name for name, _ in catalog.search("model", "llama 70b 3.1")] == ["llama-3.1-70b"]
    assert {name for name, _ in catalog.search("accelerator", "google")} >= {"tpu-v4", "tpu7x"}
    assert len(catalog.search("model", "")) == 152
    assert catalog.search("model", "no such thing") == []


def test_an_unknown_kind_is_refused():
    with pytest.raises(catalog.names.CatalogError, match="kinds are accelerator"):
        catalog.ids("robot")


def test_a_record_is_read_once():
    assert catalog.accelerator("H100") is catalog.accelerator("h100-sxm")


def test_one_accelerator_needs_one_file():
    script = (
        "import tomllib; opened = []; load = tomllib.load\n"
        "def noted(stream): opened.append(stream.name); return load(stream)\n"
        "tomllib.load = noted\n"
        "from inferscope.core.catalog import accelerator\n"
        "accelerator('h100-sxm')\n"
        "assert len(opened) == 1 and opened[0].endswith('h100-sxm.toml'), opened\n"
        "import sys; assert 'numpy' not in sys.modules and 'pydantic' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("module", [mixers, names])
def test_examples_in_docstrings_hold(module):
    assert doctest.testmod(module) == (0, 1)
