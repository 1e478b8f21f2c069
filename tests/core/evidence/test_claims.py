"""Claims: all are there, the verdicts are arithmetic, and the input that carries one can turn it."""

import json
import math
from pathlib import Path

import pytest

from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import evaluate
from inferscope.core.evidence.claimed import as_list, as_object, claims_table, command, fact_ratio, in_full
from inferscope.core.evidence.claims import (
    Claim,
    claim,
    claims,
    flip,
    intervals,
    judge,
    settable,
    verdict,
)
from inferscope.core.scenario.files import load, with_values
from inferscope.core.study.options import CLAIMS

COMPUTED = [each.id for each in claims() if each.kind == "computed"]


@pytest.fixture(scope="module")
def judged():
    return {found.claim.id: found for found in judge(claims())}


def test_all_claims_are_there_once_and_say_what_they_are():
    assert [each.id for each in claims()] == [f"C{number:03}" for number in range(1, 56)]
    for each in claims():
        assert each.kind in CLAIMS
        assert each.statement
        assert not each.statement.endswith(".")
        if each.kind != "outside":
            assert each.source, each.id
            assert each.date, each.id
        if each.kind == "fact":
            assert each.finding, each.id
            assert each.verdict, each.id
        if each.kind == "outside":
            assert each.finding, each.id
    assert len(COMPUTED) >= 25


@pytest.mark.parametrize(
    ("computed", "claimed", "expected"),
    [
        ((0.9, 1.2), (1.0, 2.0), ("supported", math.nan)),
        ((2.0, 3.0), (1.0, 2.0), ("supported", math.nan)),
        ((3.0, 4.0), (1.0, 2.0), ("understated", 1.5)),
        ((0.25, 0.5), (1.0, math.inf), ("overstated", 2.0)),
        ((5.0, 6.0), (-math.inf, 4.0), ("understated", 1.25)),
        ((-2.0, -1.0), (0.0, math.inf), ("not supported", math.nan)),
        ((math.nan, math.nan), (0.0, 1.0), ("unknown", math.nan)),
    ],
)
def test_a_verdict_is_how_two_intervals_lie(computed, claimed, expected):
    word, factor = verdict(*computed, *claimed)
    assert word == expected[0]
    assert factor == pytest.approx(expected[1], nan_ok=True)


HANDS = {
    "C016": 2 * 1.24e9 * 401,  # a 1B model: 2 FLOP per parameter and token
    "C025": 2.788e6 * 2,
    "C033": (2.788e6 + 147_336) * 2,
    "C034": 57e6 * 1.36 / 5.576e6,
    "C035": 36.6e9 / 671e9,
    "C036": 61 * 2 * 8 * 128 / (61 * 576),
    "C038": 6 * 36.6e9 * 14.8e12,
    "C051": 1 / 100,
    "C054": 1e24 * 100**0.7,
}


@pytest.mark.parametrize("name", HANDS)
def test_what_is_computed_is_what_is_done_by_hand(judged, name):
    assert judged[name].value == pytest.approx(HANDS[name], rel=0.02)


VERDICTS = {
    "C011": "supported",
    "C012": "supported",
    "C013": "not supported",
    "C015": "understated",
    "C016": "understated",
    "C025": "supported",
    "C030": "overstated",
    "C034": "overstated",
    "C038": "supported",
}
"""What an independent review of the claims found, as far as it can be said in one word (C013: reversed)."""


@pytest.mark.parametrize("name", VERDICTS)
def test_a_verdict_is_that_of_an_independent_review(judged, name):
    assert judged[name].verdict == VERDICTS[name]


@pytest.mark.parametrize("name", COMPUTED)
def test_the_input_that_carries_a_verdict_turns_it(judged, name):
    each = claim(name)
    found = flip(each)
    assert found.verdict, f"{each.carries} turns nothing in {each.span}"
    assert found.verdict != judged[name].verdict
    changed = with_values(each.scenario(), {each.carries: _whole(each.carries, found.at)})
    other = each.other()
    if other is not None and each.moves == "both":
        other = with_values(other, {each.carries: _whole(each.carries, found.at)})
    assert _verdict(each, changed, other) == found.verdict
    beside = found.at * (0.5 if found.now > found.at else 2) if math.isnan(found.now) else found.now
    back = with_values(each.scenario(), {each.carries: _whole(each.carries, beside)})
    if math.isfinite(found.now):
        stays = each.other()
        if stays is not None and each.moves == "both":
            stays = with_values(stays, {each.carries: _whole(each.carries, beside)})
        assert _verdict(each, back, stays) == judged[name].verdict


def _whole(key, value):
    return settable(key, value)


def _verdict(each, scenario, other):
    ((_, low, high),) = intervals([(each, scenario, other)])
    return verdict(low, high, each.low, each.high, is_ratio=each.against is not None)[0]


def test_the_command_computes_it_again(judged):
    from inferscope.tui.cli import main

    assert command(judged["C016"]).startswith("inferscope eval llama-3.1-8b-l40s --set model.id=llama-3.2-1b")
    assert main([*command(judged["C033"]).split()[1:], "--format", "json"]) == 0


@pytest.mark.parametrize("name", ["C016", "C043", "C051"])
def test_the_command_prints_the_quantity(name, judged, capsys):
    from inferscope.tui.cli import main

    assert main([*command(judged[name]).split()[1:], "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    if name == "C016":
        assert printed["quantities"]["flop_per_query"]["value"] == pytest.approx(judged[name].value)
    else:
        assert claim(name).quantity in json.dumps(printed)


FLIPS = {
    "C022": 770_000 / 572_976,  # the day's cost, and its low end, go with the hourly price
    "C054": 10 ** (1 / 0.7),  # one order of magnitude at an exponent of 0.7
    "C051": 1 / 0.009,
    "C036": 4,  # key-value heads: 4 x 2 x 128 over 576 numbers is 1.8, under 2; 5 is 2.2
}


def test_the_command_of_a_range_prints_that_range(judged, capsys):
    from inferscope.tui.cli import main

    each = judged["C022"]
    assert main([*command(each).split()[1:], "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)["quantities"][each.claim.quantity]
    assert (found["p5"], found["p95"]) == (pytest.approx(each.low), pytest.approx(each.high))


@pytest.mark.parametrize("name", FLIPS)
def test_a_flip_is_where_it_is_by_hand(name):
    assert flip(claim(name)).at == pytest.approx(FLIPS[name], rel=0.002)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("C017", 0.13), ("C039", 250), ("C014", 1), ("C028", 1.6), ("C001", math.nan)],
)
def test_a_fact_is_set_against_the_nearest_end_of_its_claim(judged, name, expected):
    assert fact_ratio(judged[name]) == pytest.approx(expected, nan_ok=True)


def test_one_word_asks_for_computed_claims_alone(capsys):
    from inferscope.tui.cli import main

    assert main(["claims", "--verdict", "supported", "--format", "json"]) == 0
    kinds = {entry["kind"] for entry in json.loads(capsys.readouterr().out)["claims"]}
    assert kinds == {"computed"}


def test_a_table_and_a_claim_in_full_say_the_same(judged):
    table = claims_table(list(judged.values()))
    assert table["id"][21] == "C022"
    assert table["verdict"][21] == "supported"
    assert table["claimed"][21] == "630,000 USD to 770,000 USD"
    text = in_full(judged["C022"], flip(claim("C022")), "basis rental")
    assert "computed     923,904 USD (572,976 USD to 1,526,832 USD), usd_per_day" in text
    assert "again with   inferscope uncertainty chatgpt-2023 --of usd_per_day --replan" in text
    assert "economics.usd_per_accelerator_hour, 1 now; at 1.34 it is" in text


def test_the_list_for_a_terminal_has_statement_verdict_and_numbers_together(judged):
    text = as_list(list(judged.values()), 72)
    assert max(map(len, text.splitlines())) <= 72
    block = text[text.index("C022") : text.index("C023")].split()
    said = (
        "C022 ChatGPT cost about 700,000 USD a day in early 2023. supported (computed): claimed 630,000 USD"
        " to 770,000 USD, found 572,976 USD to 1,526,832 USD, carried by economics.usd_per_accelerator_hour"
    )
    assert block == said.split()


def test_a_verdict_is_asked_of_computed_claims_alone(capsys):
    from inferscope.tui.cli import main

    assert main(["claims", "--kind", "fact", "--verdict", "supported"]) == 2
    assert capsys.readouterr().err == ("inferscope: --verdict is of computed claims: leave --kind fact out\n")


def test_the_draws_of_two_classes_of_accelerators_are_independent(judged):
    """An A100 over a TPU v5e: each is off by its own; eight H100 over an H20 of the same maker are not."""
    wide = judged["C030"]
    assert wide.low < wide.value / 2
    assert wide.high > 2 * wide.value
    narrow = judged["C019"]
    assert narrow.high / narrow.low < 1.01


def test_the_object_is_json_without_infinities(judged):
    text = json.dumps(as_object(list(judged.values()), [None] * len(judged)), allow_nan=False)
    entry = json.loads(text)["claims"][9]
    assert entry["claimed"] == {"low": 1e9, "high": None, "reading": ""}


def test_a_claim_that_is_none_is_refused():
    with pytest.raises(InferscopeError, match="unknown claim 'C0222'"):
        claim("C0222")


def test_a_claim_without_numbers_is_no_interval():
    assert not Claim("C000", "", "", "fact").is_claimed


PAGE = Path(__file__).parents[3] / "docs" / "claims.md"


def test_the_page_shows_what_the_command_prints(judged):
    printed = in_full(judged["C022"], flip(claim("C022")), "").splitlines()
    shown = [line[4:] for line in PAGE.read_text("utf-8").splitlines() if line.startswith("    ")]
    block = shown[shown.index("C022  ChatGPT cost about 700,000 USD a day in early 2023.") :]
    assert len(block) == 8
    assert [line for line in block if line not in printed] == []


def test_the_page_counts_the_claims_of_each_kind():
    count = {kind: sum(each.kind == kind for each in claims()) for kind in CLAIMS}
    said = f"{count['computed']} claims are computed, {count['fact']} stand beside a fact, {count['outside']}"
    assert said in PAGE.read_text("utf-8")


def test_a_file_takes_the_claims_of_one_kind(tmp_path, capsys):
    from inferscope.tui.cli import main

    target = tmp_path / "outside.csv"
    assert main(["claims", "--kind", "outside", "--format", "csv", "--out", str(target)]) == 0
    assert capsys.readouterr().out == ""
    rows = target.read_text("utf-8").splitlines()
    assert [row[:4] for row in rows[1:]] == ["C008", "C009", "C020", "C048", "C050"]


@pytest.mark.parametrize("name", ["llama-3.1-70b-h100", "deepseek-v3-h800"])
def test_a_row_makes_the_scenario_of_its_claim_whatever_was_there(judged, name):
    present = load(name).scenario
    table = claims_table(list(judged.values()), present)
    for found, changes in zip(judged.values(), table.changes, strict=True):
        if found.claim.kind != "computed":
            assert not changes
            continue
        made, own = with_values(present, changes), found.claim.scenario()
        values = [evaluate(each, [found.claim.quantity])[found.claim.quantity][0] for each in (made, own)]
        assert values[0] == pytest.approx(values[1], rel=1e-12), found.claim.id
