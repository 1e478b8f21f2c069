"""The shipped presets: each loads, computes, cites what it claims and says what it is about."""

import datetime as dt
import tomllib

import pytest

from inferscope.core import DATA_DATE
from inferscope.core.evaluate import CONTRACT
from inferscope.core.export.reports import as_text
from inferscope.core.graph import REGISTRY
from inferscope.core.report import answer_is_no, reports
from inferscope.core.scenario import files
from inferscope.core.scenario.files import load

PRESETS = sorted(path.stem for path in files.shipped_directory().glob("*.toml"))


@pytest.fixture(scope="module")
def found():
    return dict(zip(PRESETS, reports([load(name) for name in PRESETS]), strict=True))


def test_there_are_presets():
    assert {"chatgpt-2023", "deepseek-v3-h800", "gpt-oss-120b-h100", "llama-3.1-70b-h100"} <= set(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_can_be_served(found, name):
    report = found[name]
    assert not answer_is_no(report)
    assert report["quantities"]["output_tok_s"]["value"] > 0
    absent = {n for n in CONTRACT if report["quantities"][n]["value"] is None}
    whys = {report["quantities"][n]["why"] for n in absent}
    assert all(why.startswith("needs_input: ") for why in whys), whys


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_it_is_and_where_it_is_from(name):
    loaded = load(name)
    scenario = loaded.scenario
    files.check_name(name)
    assert 10 < len(scenario.name) < 80
    assert "Source" in scenario.description
    assert scenario.as_of <= dt.date.fromisoformat(DATA_DATE)
    assert loaded.notes == ()
    assert tomllib.loads(loaded.path.read_text(encoding="utf-8"))["schema_version"] == 1


@pytest.mark.parametrize("name", PRESETS)
def test_a_published_figure_is_of_a_quantity_in_its_unit(found, name):
    for item in load(name).scenario.published:
        assert item.quantity in found[name]["quantities"], item.claim
        assert item.unit == REGISTRY.quantities[item.quantity].unit, item.claim
        assert item.source
        assert item.date


@pytest.mark.parametrize("name", PRESETS)
def test_the_text_of_a_preset_is_readable(found, name):
    text = as_text([found[name]])
    body = text.split("\nrule ")[0]
    assert max(len(line) for line in body.splitlines()) <= 145
    assert not any(line != line.rstrip() for line in text.splitlines())
    assert "nan" not in text.lower().split()
    assert text.count("\n\n\n") == 0


def test_the_published_production_day_is_met(found):
    day = found["deepseek-v3-h800"]["quantities"]
    assert day["usd_per_day"]["value"] == pytest.approx(87_072)
    assert day["output_tokens_per_day"]["value"] == pytest.approx(168e9, rel=0.01)
    assert day["input_tokens_per_day"]["value"] == pytest.approx(608e9, rel=0.01)
    assert day["mean_kv_tokens"]["value"] == pytest.approx(4989, rel=0.01)


def test_the_allowed_and_the_denied_chip_serve_the_same_task():
    one, other = load("deepseek-r1-h20").scenario, load("deepseek-r1-h200").scenario
    assert one.workload == other.workload
    assert one.slo == other.slo
    assert (one.hardware.accelerator, other.hardware.accelerator) == ("h20", "h200-sxm")
