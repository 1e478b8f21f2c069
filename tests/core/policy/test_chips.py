"""What a list of accelerators says of export lines is what a report says of each."""

import datetime as dt

import pytest

from inferscope.core import catalog
from inferscope.core.catalog.user import use
from inferscope.core.evaluate import evaluate
from inferscope.core.policy.chips import chip_facts, export_status
from inferscope.core.policy.entries import policy_entries
from inferscope.core.report import OUTPUTS
from inferscope.core.scenario import files


@pytest.mark.parametrize("chip", ["h100-sxm", "h800-sxm", "h20", "h200-sxm", "a100-sxm-80gb", "mi300x"])
@pytest.mark.parametrize("day", ["2022-12-01", "2026-11-22"])
def test_the_list_agrees_with_the_report(chip, day):
    scenario = files.with_values(
        files.load_values({"model": {"id": "llama-3.1-8b"}, "hardware": {"accelerator": chip}}),
        {"as_of": day},
    )
    entries = policy_entries(evaluate(scenario, OUTPUTS))
    known = set(chip_facts(catalog.accelerator(chip)))
    true = [
        entry["short"]
        for entry in entries
        if entry["scope"] == "chip"
        and entry["true_means"] == "applies"
        and entry["binding"]
        and entry["verdict"] == "applies"
        and set(entry["values"]) <= known
    ]
    said = export_status(catalog.accelerator(chip), dt.date.fromisoformat(day))
    assert (said if said != "none" else "") == ", ".join(true)


def test_the_list_follows_the_users_rules(tmp_path):
    (tmp_path / "rules.toml").write_text(
        '[[rule]]\nid = "own.line"\ntitle = "Line"\njurisdiction = "own"\nscope = "chip"\n'
        'predicate = "tpp >= 1"\neffective_from = 2026-01-01\n',
        encoding="utf-8",
    )
    h20, day = catalog.accelerator("h20"), dt.date(2026, 11, 22)
    assert export_status(h20, day) == "none"
    try:
        use(tmp_path)
        assert export_status(h20, day) == "own.line"
    finally:
        use()
    assert export_status(h20, day) == "none"


def test_an_unknown_figure_is_unknown_and_a_rule_needs_its_date():
    assert export_status(catalog.accelerator("h100-sxm"), dt.date(2020, 1, 1)) == "none"
    assert export_status(catalog.accelerator("wse-3"), dt.date(2026, 11, 22)) == "unknown"
