"""What rules on chips cost: allowed beside denied, under caps, and the smallest that needs no licence."""

import datetime as dt

import numpy as np
import pytest

from inferscope.core import catalog
from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import evaluate
from inferscope.core.policy.rules import rules
from inferscope.core.policy.status import status_on
from inferscope.core.scenario.files import load_scenario, with_values
from inferscope.core.study.access import OPENED, access, legal

DAY = dt.date(2026, 2, 1)
CHIPS = ("h100-sxm", "h20", "b200-sxm", "rtx-4090d", "l20", "ascend-910b2", "cerebras-wse3")


@pytest.fixture(scope="module")
def found():
    return access(load_scenario("llama-3.1-70b-h100"), "CHN", DAY, CHIPS)


def test_each_row_is_the_scenario_on_that_accelerator(found):
    scenario = load_scenario("llama-3.1-70b-h100")
    gone = dict.fromkeys((*OPENED, "workload.batch", "economics.usd_per_accelerator_hour"))
    for chip in ("h20", "b200-sxm"):
        alone = evaluate(with_values(scenario, {**gone, "hardware.accelerator": chip}))
        row = found.chips.index(chip)
        for name in ("output_tok_s_per_accelerator", "usd_per_million_output_tokens", "tpot_s"):
            assert found.values[name][row] == pytest.approx(alone[name][0], rel=1e-12, nan_ok=True), name


def test_the_status_is_that_of_the_rules(found):
    for chip, status in zip(found.chips, found.status, strict=True):
        assert status.status == status_on(catalog.accelerator(chip), "CN", DAY, rules()).status


def test_what_a_chip_lacks_is_named_and_not_filled_in(found):
    row = found.chips.index("cerebras-wse3")
    assert np.isnan(found.values["output_tok_s_per_accelerator"][row])
    assert found.why[row].startswith("unknown: ")
    assert not any(line[0] == "cerebras-wse3" for line in found.table(everything=False).rows)


def test_a_fleet_stays_under_its_cap_and_one_replica_more_would_not(found):
    for row in range(len(found.chips)):
        load = found.values["site_load_mw"][row]
        if not np.isnan(load):
            assert found.replicas[row] * load <= 1.0 < (found.replicas[row] + 1) * load
    capped = access(load_scenario("llama-3.1-70b-h100"), "CHN", DAY, ("h100-sxm",), tpp=7.9e8)
    each = capped.values["tpp"][0] * capped.values["accelerators_per_replica"][0]
    assert capped.replicas[0] == 7.9e8 // each
    assert capped.values["tpp"][0] == pytest.approx(15_831, abs=1)


def test_queries_of_a_day_by_hand(found):
    row = found.chips.index("h20")
    rate = found.replicas[row] * found.values["replica_requests_per_s"][row]
    assert found.queries_per_day[row] == pytest.approx(rate * 0.85 * 86_400)


def test_the_smallest_without_a_licence_has_the_fewest_accelerators(found):
    row = found.smallest()
    assert found.status[row].status == "not_controlled"
    free = found.free() & ~np.isnan(found.values["output_tok_s_per_accelerator"])
    assert found.values["hardware_count"][row] == found.values["hardware_count"][free].min()
    assert "the smallest that needs no licence is" in " ".join(found.table().notes)


def test_the_sentence_sets_the_best_allowed_against_the_best_denied(found):
    rate = found.values["output_tok_s_per_accelerator"]
    ratio = np.nanmax(rate[found.free()]) / np.nanmax(rate[found.held()])
    assert f"{ratio:.2g} of what the fastest with one" in found.sentence()
    assert "without a licence" in found.sentence()


def test_what_is_legal_needs_no_licence_on_that_day():
    assert "h100-sxm" in legal("CHN", dt.date(2022, 8, 1))
    assert "h100-sxm" not in legal("CHN", dt.date(2024, 1, 1))
    assert "h800-sxm" in legal("CHN", dt.date(2023, 1, 1))
    assert "h800-sxm" not in legal("CHN", dt.date(2024, 1, 1))
    assert "h100-sxm" in legal("DEU", dt.date(2024, 1, 1))
    assert "h100-sxm" in legal("CHN", DAY, ("not_controlled", "case_by_case"))


def test_nobody_is_served_from_what_was_not_out_unless_it_is_asked_for():
    scenario = load_scenario("llama-3.1-70b-h100")
    first = dt.date(2018, 4, 1)
    early = access(scenario, "CHN", first)
    assert set(early.chips) == {"v100-sxm2-32"}  # announced in March 2018; B30A has no month: it is not sold
    assert early.refused == ("left out, as not out by 2018-04-01: 108 accelerators",)
    with pytest.raises(
        InferscopeError, match="no accelerator can be tried: left out, as not out by 1990-01-01"
    ):
        access(scenario, "CHN", dt.date(1990, 1, 1))
    asked = access(scenario, "CHN", DAY, ("h20", "rubin-r200"))  # Rubin: October 2026
    assert asked.chips == ("h20", "rubin-r200")
    assert asked.refused == ("tried as asked, though not out by 2026-02-01: rubin-r200",)


def test_what_cannot_be_is_said():
    scenario = load_scenario("llama-3.1-70b-h100")
    with pytest.raises(InferscopeError, match="Atlantis"):
        access(scenario, "Atlantis")
    with pytest.raises(InferscopeError, match="unknown status 'free'"):
        legal("CHN", DAY, ("free",))
    with pytest.raises(InferscopeError, match="h1000"):
        access(scenario, "CHN", DAY, ("h1000",))
