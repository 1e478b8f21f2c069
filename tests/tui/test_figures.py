"""What the cards say: a number with its unit, or in words why there is none."""

from datetime import date

import pytest

from inferscope.core.scenario import files
from inferscope.tui.answer import answer
from inferscope.tui.choices import choices
from inferscope.tui.figures import CARDS, KEY_NUMBERS, MORE_CARDS, Figure, cells, range_text
from inferscope.tui.pages import quantity_page, rule_page
from inferscope.tui.panels.answers import reason_for
from inferscope.tui.panels.scenario import FIELDS
from inferscope.tui.verdicts import changes_of, compared_of, nearest, verdicts

FIGURES = [figure for card in (*CARDS, *MORE_CARDS) for figure in card.figures]


@pytest.fixture(scope="module")
def open_answer():
    """A scenario without price and demand."""
    return answer(files.load("deepseek-r1-h20").scenario)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda f: f.name)
def test_every_figure_has_a_number_or_a_reason_and_an_explanation(open_answer, figure):
    (cell,) = cells(open_answer, (figure,))
    assert cell.value
    assert "nan" not in cell.value
    assert cell.missing == (open_answer.entry(figure.name)["value"] is None)
    assert len(figure.label) <= 15
    page = quantity_page(open_answer, figure.name)
    assert figure.name in page.title
    assert any(name == "source" for name, _ in page.text)


def test_a_stated_fleet_is_told_from_the_planned_replicas():
    scenario = files.load("deepseek-v3-h800").scenario
    lines = CARDS[3].remark(answer(scenario))
    assert lines[-1] == "8 replicas of 144 planned, 1,814 stated are paid"


def test_neighbours_without_a_value_share_their_reason(open_answer):
    cost = cells(open_answer, CARDS[2].figures[:3])
    assert [cell[:4] for cell in cost] == [
        ("needs economics.usd_per_accelerator_hour", "per query, per M output, per M input", 3, True)
    ]
    mixed = cells(
        open_answer, (Figure("usd_per_query", "a", "money"), Figure("load_utilization", "b", "share"))
    )
    assert [cell.span for cell in mixed] == [1, 1]


def test_every_card_says_what_binds_or_what_its_numbers_rest_on(open_answer):
    remarks = [card.remark(open_answer)[0] for card in CARDS]
    assert remarks == [
        "weight bandwidth binds",
        "boundary: facility",
        "rental",
        "1 replica of 8",
        "fp8, cache bf16",
    ]


def test_five_answers_and_the_key_numbers_are_known_quantities(open_answer):
    assert len(CARDS) == 5
    assert all(figure.name in open_answer.report["quantities"] for figure in (*FIGURES, *KEY_NUMBERS))


def test_policy_lines_carry_value_margin_verdict_and_whether_they_bind(open_answer):
    lines = verdicts(open_answer)
    assert {"EU 1e25", "SB 53 1e26"} <= {line.short for line in lines}
    assert {line.word for line in lines} <= {"applies", "does not apply", "relief open", "unknown"}
    assert all(line.margin[0] in "+-" and line.binds in ("yes", "no") for line in lines)
    assert not any(line.entry["what_if"] for line in lines)
    margins = [abs(line.entry["margin_oom"]) for line in lines if line.binds == "yes" and line.margin != "-"]
    assert margins == sorted(margins)
    near = nearest(open_answer, 5)
    assert [line.holds for line in near] == sorted((line.holds for line in near), reverse=True)
    assert near[0].holds
    assert not lines[0].holds
    compared = [compared_of(line.entry) for line in near]
    assert len({(shown["quantity"], str(shown["threshold"])) for shown in compared}) == 5


def test_a_rule_does_not_bind_before_its_date():
    early = answer(files.with_values(files.load("deepseek-r1-h20").scenario, {"as_of": "2024-01-01"}))
    asked = ("EU 1e25", "SB 53 1e26")
    assert [line.binds for line in verdicts(early) if line.short in asked] == ["no", "no"]
    later = verdicts(early, date(2026, 11, 22))
    assert [line.binds for line in later if line.short in asked] == ["yes", "yes"]
    assert date(2025, 8, 2) in changes_of(later)


def test_what_is_known_as_a_least_is_shown_as_one():
    changes = {"hardware.accelerator": "gb200-nvl72", "policy.destination": "CN"}
    found = answer(files.with_values(files.load("deepseek-r1-h20").scenario, changes))
    letter = next(line for line in verdicts(found) if line.short == "H20 letter")
    assert (letter.value, letter.margin) == ("9,800+", "+0.76")
    words = "decided by dram_plus_io_bandwidth_gb_s at least 9,800 GB/s against >= 1,700"
    assert any(words in text for _, text in rule_page(letter).text)


@pytest.mark.parametrize("width", [5, 14, 29, 44])
@pytest.mark.parametrize(
    "reason", ["needs workload.requests_per_s", "does not fit: too large", "unknown: nobody says"]
)
def test_a_reason_fits_its_room(reason, width):
    assert 0 < len(reason_for(reason, width)) <= width


@pytest.mark.parametrize("kind", ["hardware.accelerator", "model.id"])
def test_no_figure_to_choose_by_is_cut_by_its_column(kind):
    found = choices(next(field for field in FIELDS if field.key == kind), date(2026, 11, 22))
    assert len(found.rows) > 100
    for i, column in enumerate(found.columns):
        if column.right:
            assert {row.cells[i] for row in found.rows if len(row.cells[i]) > column.width} == set()


def test_a_range_stands_with_its_figure_in_the_same_unit(open_answer):
    figure = Figure("tpot_s", "per token")
    entry = open_answer.entry("tpot_s")
    exact = {f"calibration.{name}_factor": 1 for name in ("decode_time", "prefill_time", "first_token_time")}
    held = files.with_values(files.load("deepseek-r1-h20").scenario, exact)
    assert range_text(answer(held), figure) == ""
    ranged = answer(files.load("deepseek-r1-h20").scenario)
    ranged._entries["tpot_s"] = {**entry, "value": 0.02, "low": 0.015, "high": 0.031}
    (cell,) = cells(ranged, (figure,))
    assert (cell.value, cell.ends) == ("20 ms", "(15-31)")
    ranged._entries["tpot_s"] = {**entry, "value": 0.9, "low": 0.5, "high": 1.5}
    assert range_text(ranged, figure) == "(500 ms-1.5 s)"


def test_ranges_of_the_scenario_stand_on_the_cards_and_on_the_page_that_explains():
    price = {"economics.usd_per_accelerator_hour": {"low": 1.5, "mid": 2, "high": 4}}
    factors = ("decode_time", "prefill_time", "first_token_time", "power")
    price |= {f"calibration.{name}_factor": 1 for name in factors}
    scenario = files.with_values(files.load("deepseek-v3-h800").scenario, price)
    found = answer(scenario)
    cost, first = cells(found, (Figure("usd_per_query", "per query", "money"), Figure("ttft_s", "first")))
    assert cost.value == "0.063 ct"
    assert cost.ends.startswith("(0.05")
    assert first.ends == ""  # the price does not move it
    text = dict(quantity_page(found, "usd_per_query").text)
    assert text["range"].endswith("(P5 to P95 of 256 draws of economics.usd_per_accelerator_hour)")
    assert "range" not in dict(quantity_page(found, "ttft_s").text)
    assert "(0.05" in found.headline
    assert any(note.startswith("ranges are P5 and P95") for note in found.notes)
    effects = answer(scenario, effects=True)
    assert effects.entry("usd_per_query") == found.entry("usd_per_query")
    assert len(effects.effects) == len(found.effects)
