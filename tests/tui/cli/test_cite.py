"""`inferscope eval --cite`: a citation gives the result's figures and what they rest on."""

import json
import re

import pytest

from inferscope.core.evaluate import OUTPUTS, evaluate
from inferscope.core.export.footnotes import moved_by
from inferscope.core.scenario.files import load, with_values
from inferscope.tui.cli import main

NAMES = ("usd_per_query", "wh_per_query", "gco2e_per_query", "tpot_s")


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main(["eval", *arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def moved(changes, *names):
    scenario = with_values(load("llama-3.1-70b-h100").scenario, changes)
    return moved_by(evaluate(scenario, OUTPUTS), names or NAMES)


def test_rented_hours_do_not_rest_on_electricity_and_owned_ones_do():
    assert "site_electricity_usd_per_kwh" not in moved({})["usd_per_query"]
    assert "economics_usd_per_accelerator_hour" in moved({})["usd_per_query"]
    owned = moved({"economics.basis": "owned"})["usd_per_query"]
    assert {"site_electricity_usd_per_kwh", "economics_wacc", "hardware_purchase_usd"} <= set(owned)
    assert "economics_usd_per_accelerator_hour" not in owned


def test_energy_rests_on_the_pue_inside_the_facility_only():
    assert "site_pue" in moved({})["wh_per_query"]
    assert "site_pue" not in moved({"site.boundary": "server"})["wh_per_query"]


def test_carbon_rests_on_the_grid_and_time_does_not():
    found = moved({})
    assert "site_grid_gco2e_per_kwh" in found["gco2e_per_query"]
    assert not {"site_grid_gco2e_per_kwh", "site_pue"} & set(found["tpot_s"])
    assert "hardware_memory_bandwidth_bytes_per_s" in found["tpot_s"]


def test_a_pinned_figure_rests_on_its_pin(run):
    out = json.loads(
        run("llama-3.1-70b-h100", "--set", "pins.wh_per_query=0.3", "--cite", "--format", "json")[1]
    )
    figures = {item["quantity"]: item for item in out["citation"]["figures"]}
    texts = {source["number"]: source["text"] for source in out["citation"]["sources"]}
    assert [texts[n] for n in figures["wh_per_query"]["sources"]] == ["pinned in the scenario"]
    assert figures["wh_per_query"]["value"] == 0.3


@pytest.mark.parametrize("preset", ["deepseek-v3-h800", "gpt-oss-120b-h100", "training-run-1e26"])
def test_the_figures_are_those_of_the_result(run, preset):
    report = json.loads(run(preset, "--cite", "--format", "json")[1])
    said = report["citation"]
    assert said["scenario_hash"] == report["scenario_hash"] in said["text"]
    for figure in said["figures"]:
        entry = report["quantities"][figure["quantity"]]
        for key in ("value", "unit", "low", "high"):
            assert figure[key] == entry[key]
        assert figure.get("basis") == entry.get("basis")
        assert figure.get("boundary") == entry.get("boundary")
    numbers = [source["number"] for source in said["sources"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {n for figure in said["figures"] for n in figure["sources"]} == set(numbers)


def test_a_scenario_about_training_alone_is_cited_by_what_training_takes(run):
    said = json.loads(run("gpt-4-training-eu", "--cite", "--format", "json")[1])["citation"]
    assert [figure["quantity"] for figure in said["figures"]] == ["training_flop", "training_usd"]
    assert "2.10e+25 FLOP" in said["text"]
    assert any("Epoch AI" in source["text"] for source in said["sources"])


def test_without_the_option_nothing_is_cited(run):
    assert "citation" not in json.loads(run("deepseek-v3-h800", "--format", "json")[1])
    assert "To cite" not in run("deepseek-v3-h800")[1]


def test_it_follows_the_result_as_text_and_as_markdown(run):
    for form, head in (("table", "\nTo cite\n"), ("md", "\n## To cite\n")):
        _, plain, _ = run("deepseek-v3-h800", "--format", form)
        status, out, _ = run("deepseek-v3-h800", "--format", form, "--cite")
        assert status == 0
        assert out.startswith(plain)
        assert head in out
        assert "[1" in out
        assert re.search(r"assumed by DeepSeek, not paid", out.partition("Sources")[2])


def test_it_has_no_place_in_csv(run):
    status, out, err = run("deepseek-v3-h800", "--format", "csv", "--cite")
    assert (status, out) == (2, "")
    assert err == "inferscope: --cite has no place in csv: use --format table, json or md\n"
