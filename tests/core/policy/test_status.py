"""What rules make of the export of a chip: duties, reliefs, places, and what the figures leave open."""

import dataclasses
import datetime as dt
import itertools
import math

import pytest

from inferscope.core import catalog
from inferscope.core.catalog import Value
from inferscope.core.policy.chips import chip_facts
from inferscope.core.policy.rules import find, rules
from inferscope.core.policy.status import changes, history, is_out, joined, released_by, status_on
from inferscope.core.policy.strip import place_of, sentence, strip

NOW = dt.date(2026, 3, 1)


def status(chip, day="2026-03-01", to="CN"):
    return status_on(catalog.accelerator(chip), to, dt.date.fromisoformat(day), rules())


@pytest.mark.parametrize("place", ["DE", "JP", "GB"])
def test_a_classification_is_no_duty_where_no_licence_is_asked(place):
    assert status("b200-sxm", to=place).status == "not_controlled"


def test_a_place_whose_group_was_not_read_is_unknown_and_says_so():
    said = status("b200-sxm", to="VN")
    assert (said.status, said.missing) == ("unknown", ("policy.destination_group",))
    assert status("t4", to="VN").status == "not_controlled"  # below every line: the group does not matter


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2022-08-25", "not_controlled"),
        ("2022-08-26", "informed_by_letter"),
        ("2022-10-20", "informed_by_letter"),
        ("2022-10-21", "presumption_of_denial"),
        ("2026-01-14", "presumption_of_denial"),
        ("2026-01-15", "case_by_case"),
    ],
)
def test_the_a100_on_the_days_around_each_change(day, expected):
    assert status("a100-sxm-80", day).status == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2023-10-22", "not_controlled"),
        ("2023-10-23", "informed_by_letter"),
        ("2023-11-17", "presumption_of_denial"),
    ],
)
def test_the_letter_of_october_2023_came_before_the_rule(day, expected):
    assert status("h800-sxm", day).status == expected
    assert status("rtx-4090", "2023-10-23").status == "not_controlled"  # not for data centres


def test_an_exception_does_not_undo_a_letter():
    assert status("rtx-5090", "2025-04-08").status == "licence_exception"
    assert status("rtx-5090", "2025-04-09").status == "informed_by_letter"


def test_the_grey_zone_is_open_after_notice():
    said = status("l40")  # TPP 2,896 and 4.76 per mm2
    assert said.status == "licence_exception"
    assert [rule.id for rule in said.rules] == ["us.bis.2023.3a090b", "us.bis.2023.nac"]


def test_a_letter_binds_its_addressees_only():
    assert status("tpu-v5e", "2025-05-01").rules[0].id == "us.bis.2023.3a090a"
    letter = find("us.bis.2025.h20_letter")
    assert chip_facts(catalog.accelerator("tpu-v4"))["chip_designer"].value == "Google"
    assert letter not in status("tpu-v4", "2025-05-01").rules


def test_a_known_range_on_one_side_of_a_line_settles_what_a_missing_figure_would_not():
    b200 = catalog.accelerator("b200-sxm")
    density = chip_facts(b200)["performance_density"]
    assert density.value is None
    assert density.low == pytest.approx(36000 / 1716)  # two dies of a reticle at most
    assert density.high == math.inf
    unknown = {**b200.values, "die_area_mm2": Value(None, "unknown")}
    bare = dataclasses.replace(b200, values=unknown)
    assert status_on(bare, "CN", NOW, rules()).status == "presumption_of_denial"


def test_a_peak_that_is_not_known_leaves_a_least_figure():
    tpp = chip_facts(catalog.accelerator("rtx-5090d"))["tpp"]
    assert (tpp.value, tpp.low, tpp.high) == (None, 4750.0, math.inf)
    assert "fp8_flop_per_s" in tpp.missing
    gaudi = chip_facts(catalog.accelerator("gaudi3"))["tpp"]
    assert (gaudi.low, gaudi.value, gaudi.high) == (26848.0, 29360.0, 29360.0)


def test_spans_follow_each_other_and_each_begins_with_a_change():
    days = changes(rules())
    spans = history(catalog.accelerator("h20"), "CN", rules(), NOW)
    assert [span.first for span in spans] == days
    for before, after in itertools.pairwise(spans):
        assert before.last + dt.timedelta(days=1) == after.first
    assert spans[-1].last is None
    assert [span.status.status for span in joined(spans)] == ["not_controlled", "informed_by_letter"]


def test_a_status_is_the_same_on_all_days_of_a_span():
    for chip in ("h100-sxm", "mi300x", "l4", "ascend-910b2"):
        for span in history(catalog.accelerator(chip), "CN", rules(), NOW):
            last = span.last or NOW
            assert status(chip, span.first.isoformat()).status == status(chip, last.isoformat()).status


def test_places_have_names_and_codes():
    assert place_of("CHN") == ("CN", "China")
    assert place_of("china") == ("CN", "China")
    assert place_of("mo") == ("MO", "Macau")
    assert place_of("hong kong") == place_of("HKG") == ("HK", "Hong Kong")


def test_the_sentence_counts_what_the_strip_shows():
    found = strip(["a800-sxm-80", "h800-sxm", "t4"], "CHN", rules(), None, NOW)
    assert sentence(found) == (
        "For China on and after 2026-01-15, of 3 chips: 2 reviewed case by case, 1 not controlled; "
        "2 were free for a time since 2022."
    )


def test_a_chip_is_out_from_its_month_on():
    h20 = catalog.accelerator("h20")  # 2023-11
    assert released_by(h20, dt.date(2023, 10, 31)) is False
    assert released_by(h20, dt.date(2023, 11, 1)) is True
    assert is_out(h20, dt.date(2023, 11, 1))


def test_what_has_no_month_was_proposed_and_could_not_be_had():
    b30a = catalog.accelerator("b30a")
    assert released_by(b30a, NOW) is None
    assert not is_out(b30a, NOW)
    (row,) = strip(("b30a",), "CHN", rules(), None, NOW).rows
    marks = [row.mark_of(span) for span in row.spans]
    assert set(marks[:-1]) == {"not_out"}
    assert marks[-1] != "not_out"


def test_the_last_span_ends_where_the_rules_change_again():
    found = strip(("h20", "rubin-r200"), "CHN", rules(), None, dt.date(2025, 2, 28))
    assert found.days[-1] == dt.date(2023, 11, 17)
    assert [row.spans[-1].last for row in found.rows] == [dt.date(2025, 4, 8)] * 2  # the letter: 2025-04-09
    assert found.rows[1].mark_of(found.rows[1].spans[-1]) == "not_out"  # October 2026
    assert sentence(found).startswith("For China from 2023-11-17 to 2025-04-08, of 1 chip: 1 not controlled")
