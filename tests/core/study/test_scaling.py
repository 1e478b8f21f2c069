"""Inference in place of training: lines, four loopholes, rounds, service, attempts, ladder, routing."""

import datetime as dt
import math

import pytest

from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.graph import REGISTRY
from inferscope.core.scenario.files import load, with_values
from inferscope.core.study.scaling import QUANTITIES, VIEWS, scaling

DAY = load("deepseek-v3-h800").scenario
EU = "eu.aia.art51.systemic"


def row(table, first):
    names = [column.name for column in table.columns]
    return dict(zip(names, next(r for r in table.rows if r[0] == first), strict=True))


def with_(changes, scenario=DAY):
    return with_values(scenario, changes)


SHOWN = {
    "attempts": {"test_time.single_pass_rate": 0.159},
    "routing": {"routes.small_model": "llama-3.1-8b"},
}


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_rows_a_sentence_notes_and_a_plot(view):
    table = scaling(with_(SHOWN.get(view, {})), view)
    assert table.rows
    assert table.sentence.endswith(".")
    assert any(sign.isdigit() for sign in table.sentence)
    assert table.notes
    assert table.curve.series
    assert table.curve.sentence == table.sentence
    assert all(math.isfinite(v) for s in table.curve.series for v in (*s.x, *s.y))


@pytest.mark.parametrize("view", sorted({"lines", "loopholes", "rounds", "deployment"}))
def test_a_model_of_which_too_little_is_known_gives_no_number_and_says_why(view):
    table = scaling(with_({"model.id": "claude-opus-4"}), view)
    assert table.sentence
    assert "nan" not in table.sentence
    assert not any(isinstance(v, float) and not math.isfinite(v) for r in table.rows for v in r)


def test_the_quantities_of_the_views_exist():
    assert set(QUANTITIES) <= set(REGISTRY.quantities)


# --- lines ----------------------------------------------------------------------------------------


def test_a_line_has_its_multiplier_price_and_fleet():
    """k* = (1e25 / 3.2523536e24)^(1 / 0.7) = 3.0747^1.42857 = 4.9758, at 1,814 accelerators."""
    found = row(scaling(DAY), EU)
    usd = float(evaluate(DAY, ["usd_per_query"])["usd_per_query"][0])
    assert found["multiplier"] == pytest.approx(3.074697 ** (1 / 0.7), rel=1e-5)
    assert found["usd_per_query"] == pytest.approx(4.97577 * usd, rel=1e-5)
    assert found["accelerators"] == pytest.approx(1814 * 4.97577, rel=1e-5)
    assert (found["verdict"], found["standing"]) == ("reachable", "from 2025-08-02")


def test_the_range_of_a_multiplier_spans_the_count_of_the_regime_and_the_exponent():
    """The EU's 30 % around 3.25e24, the published 3.41e24 inside it, and exponents from 0.5 to 1."""
    found = row(scaling(DAY), EU)
    counted = 3.2523535982592e24
    assert found["multiplier_high"] == pytest.approx((1e25 / (0.7 * counted)) ** 2, rel=1e-6)
    assert found["multiplier_low"] == pytest.approx(1e25 / (1.3 * counted), rel=1e-6)


def test_a_line_below_the_model_takes_nothing_more():
    found = row(scaling(DAY), "eu.gpai.indicative")
    assert (found["multiplier"], found["verdict"]) == (1.0, "above already")


def test_a_line_beyond_the_plateau_has_no_price():
    table = scaling(with_({"test_time.plateau": 4}))
    found = row(table, EU)
    assert found["verdict"] == "unreachable, sensitive"  # with the exponent at 1 it takes 2.4 times
    assert (found["usd_per_query"], found["accelerators"]) == (None, None)
    assert "unreachable, since nothing is gained beyond 4 times" in table.sentence
    korea = row(table, "kr.aibasic.safety")
    assert korea["verdict"] == "unreachable"


def test_a_share_of_the_tasks_costs_its_share():
    """A tenth of the queries at k* = 4.9758: 1 + 0.1 x 3.9758 = 1.39758."""
    found = row(scaling(with_({"test_time.task_share": 0.1})), EU)
    assert found["accelerators"] == pytest.approx(1814 * 1.397577, rel=1e-5)
    assert found["mean_usd_per_query"] == pytest.approx(found["usd_per_query"] / 4.97577 * 1.397577, rel=1e-5)


def test_ords_example_acts_like_the_line_at_his_implied_exponent_and_not_at_the_stated_one():
    """1e24 with four orders of inference: 1e27 takes 10^4 at 0.75, and 10^4.286 at 0.7."""
    plain = {"training.flop": 1e24, "model.training_tokens": None}
    own = with_({**plain, "policy.rules": None, "test_time.line_flop": 1e27})
    names = ["multiplier_to_line", "line_is_reachable", "effective_training_flop"]
    for exponent, k, reachable in ((0.75, 1e4, 1), (0.7, 10 ** (3 / 0.7), 0)):
        changes = {
            "test_time.exponent": exponent,
            "test_time.multiplier": 1e4,
            "test_time.plateau": 1.001e4,
        }
        found = evaluate(with_(changes, own), names)
        assert float(found[names[0]][0]) == pytest.approx(k)
        assert float(found[names[1]][0]) == reachable
        assert float(found[names[2]][0]) == pytest.approx(1e24 * 1e4**exponent)


def test_an_exponent_of_nothing_reaches_nothing():
    table = scaling(with_({"test_time.exponent": 0}))
    assert "at no multiple of the inference" in table.sentence
    assert row(table, EU)["verdict"] == "unreachable"
    assert table.curve.why == "needs_input: test_time.exponent above 0"


def test_a_part_without_a_figure_leaves_open_what_it_decides_and_no_more():
    table = scaling(with_({"training.rl_updates.exists": True}))
    assert row(table, EU)["verdict"] == "unknown"
    assert row(table, "eu.gpai.indicative")["verdict"] == "above already"  # the rest is above it alone
    assert "what nobody says" in table.sentence  # some texts are silent on reinforcement learning


def test_growing_for_nothing_has_no_ratio():
    found = row(scaling(with_({"routes.expansion_saving": 1}), "loopholes"), "growing")
    assert (found["counted_flop"], found["gain"]) == (0, None)


def test_lines_are_judged_on_a_day():
    table = scaling(DAY, on=dt.date(2026, 11, 22))
    assert row(table, EU)["standing"] == "in force"
    assert "rules on 2026-11-22" in table.title


def test_on_the_plane_a_line_of_equal_capability_is_straight_and_ends_on_the_legal_line():
    plane = scaling(DAY).curve
    lines = {series.label: series for series in plane.series}
    assert list(lines) == ["like 1e23", "like 1e24", "like 1e25", "like 1e26"]
    for label, series in lines.items():
        line = float(label.removeprefix("like "))
        assert (series.x[0], series.y[0]) == (line, 1.0)
        assert min(series.x) >= 3.2523536e24 / 301
        assert [x * k**0.7 for x, k in zip(series.x, series.y, strict=True)] == pytest.approx([line] * 25)
    marks = {mark.label: mark for mark in plane.marks}
    assert marks["plateau"].y == 1e4
    assert marks["1e25"].x == 1e25
    assert marks["k*"].y == pytest.approx(4.97577, rel=1e-5)


# --- loopholes ------------------------------------------------------------------------------------


def test_four_routes_are_counted_and_compared():
    table = scaling(DAY, "loopholes")
    assert [r[0] for r in table.rows] == ["fine-tuning", "distilling", "growing", "inference"]
    tuned, grown, scaled = (row(table, name) for name in ("fine-tuning", "growing", "inference"))
    assert tuned["counted_flop"] == pytest.approx(3.2523536e24 / 3)
    assert tuned["equivalent_flop"] == pytest.approx(5 * 3.2523536e24)
    assert "no provider" in tuned["what"]
    assert (grown["counted_flop"], grown["equivalent_flop"]) == (pytest.approx(5.5e24), 1e25)
    assert scaled["gain"] == pytest.approx(1e4**0.7)
    assert scaled["verdict"] == "counted below, acts above"
    assert row(table, "distilling")["what"] == "needs routes.teacher"
    assert len(table.curve.series) == 3
    assert table.curve.marks[0].x == 1e25


def test_a_modifier_above_a_third_is_a_provider():
    table = scaling(with_({"routes.fine_tuning_flop": 1.2e24}), "loopholes")
    assert "(a provider in the EU)" in row(table, "fine-tuning")["what"]


def test_parts_of_training_and_facts_of_rules_are_taken_over():
    """A modification's compute that rules are told, and a teacher's that profiles are."""
    changes = {"policy.modification_flop": 2e24, "training.distillation_teacher_training.flop": 5e24}
    table = scaling(with_({**changes, "routes.teacher": "deepseek-r1"}), "loopholes")
    assert row(table, "fine-tuning")["counted_flop"] == 2e24
    found = row(table, "distilling")
    assert found["whole_flop"] - found["counted_flop"] == pytest.approx(5e24)
    teacher = next(note for note in table.notes if note.startswith("a teacher's training"))
    assert "left out by eu_cumulative and eu_parameter_updates" in teacher
    assert "not mentioned by us_state_lineage" in teacher


def test_a_student_is_counted_with_and_without_its_teacher():
    """6 x 36.6e9 x 14.8e12 = 3.25e24 of the teacher on top of the student's own 3.51e24."""
    changes = {"model.id": "r1-distill-qwen-32b", "training.flop": 3.51e24}
    student = with_values(load("llama-3.1-70b-h100").scenario, changes)
    found = row(scaling(student, "loopholes"), "distilling")
    assert found["counted_flop"] == pytest.approx(3.51e24, rel=1e-3)
    assert found["whole_flop"] - found["counted_flop"] == pytest.approx(3.2523536e24, rel=1e-6)


# --- rounds ---------------------------------------------------------------------------------------


def test_rounds_add_up_and_pass_the_line_when_they_say():
    table = scaling(DAY, "rounds")
    flop = float(evaluate(DAY, ["round_flop"])["round_flop"][0])
    counted = [r[1] for r in table.rows]
    assert counted[1] - counted[0] == pytest.approx(flop)
    last = table.rows[-1]
    assert last[1] > 1e25 >= last[1] - flop
    assert last[2] is None  # what so many rounds would come to is no forecast
    assert table.rows[1][2] / table.rows[0][2] == pytest.approx(100**0.63)
    assert "after 1 round" in table.sentence


# --- service and attempts -------------------------------------------------------------------------


def test_what_a_user_has_to_say_is_named():
    found = row(scaling(DAY, "deployment"), "Users per day")
    assert (found["value"], found["why"]) == (None, "needs workload.queries_per_user_per_day")


def test_a_hundred_times_the_inference_leaves_a_hundredth_of_the_copies():
    plain, many = (scaling(with_({"test_time.multiplier": k}), "deployment") for k in (1, 100))
    copies = "Copies at work on the fleet"
    assert row(many, copies)["value"] == pytest.approx(row(plain, copies)["value"] / 100)
    assert row(many, "Copies left on the same fleet")["value"] == pytest.approx(0.01)


def test_the_bill_on_users_is_judged_and_daily_users_may_pass_its_line():
    table = scaling(load("chatgpt-2023").scenario, "deployment")
    assert row(table, "Users per day")["value"] == pytest.approx(13e6)
    assert row(table, "Daily users over ten million")["value"] == pytest.approx(1.3)
    bill = next(note for note in table.notes if note.startswith("H.R. 8094"))
    assert bill.endswith("unknown, for want of policy.monthly_users and policy.monthly_downloads")
    assert "the bill's line on users is passed" in " ".join(table.notes)
    told = scaling(with_({"policy.monthly_users": 2e7}), "deployment").notes
    assert any(note.startswith("H.R. 8094") and note.endswith("applies") for note in told)


def test_attempts_go_through_the_published_point():
    """15.9 % with one attempt and 56 % with 250 (here 251)."""
    table = scaling(with_(SHOWN["attempts"]), "attempts")
    found = row(table, 251.0)
    assert found["coverage"] == pytest.approx(0.56, abs=1e-3)
    assert "under 0.001 % of tasks" in table.sentence
    bare = scaling(DAY, "attempts")
    assert "like one of 8.23e+25 FLOP" in bare.sentence  # 3.2523536e24 x 101^0.7
    assert bare.sentence.endswith("needs test_time.single_pass_rate.")
    assert [series.label for series in bare.curve.series] == ["by the law"]
    told = {"test_time.points_per_decade": 5.28, "test_time.selection_accuracy": 0.9}
    full = row(scaling(with_({**SHOWN["attempts"], **told}), "attempts"), 101.0)
    assert full["log_linear_pass_rate"] == pytest.approx(0.159 + 0.0528 * math.log10(101))
    assert full["selected_pass_rate"] == pytest.approx(0.9 * full["coverage"])


# --- ladder and routing ---------------------------------------------------------------------------


def test_the_ladder_has_the_teacher_and_six_students():
    table = scaling(DAY, "distillation")
    assert len(table.rows) == 7
    best = row(table, "R1-Distill-Qwen-32B")
    assert best["aime24"] == 72.6
    assert best["share_of_teacher"] == pytest.approx(0.9098, rel=1e-3)
    assert best["student_and_teacher_flop"] - best["student_flop"] == pytest.approx(3.2523536e24, rel=1e-6)
    assert 2.6e21 < best["distillation_flop"] < 2.8e21
    prices = [r[4] for r in table.rows]
    assert prices == sorted(prices)  # of dense models the larger is dearer, and R1 the dearest


def test_a_router_and_a_cascade_are_between_the_two_prices():
    scenario = with_({"routes.small_model": "r1-distill-qwen-7b"}, load("deepseek-r1-h200").scenario)
    table = scaling(scenario, "routing")
    first, last = table.rows[0], table.rows[-1]
    small, large = last[1], first[1]
    assert small < large
    assert first[2] == pytest.approx(small + large)
    assert last[2] == pytest.approx(small)
    middle = row(table, 0.5)
    assert middle["router_usd"] == pytest.approx((small + large) / 2)
    assert middle["cascade_usd"] == pytest.approx(small + large / 2)
    assert middle["pass_rate"] == pytest.approx((0.555 + 0.798) / 2)


def test_routing_needs_the_small_model():
    with pytest.raises(ScenarioError, match=r"routes\.small_model: name the model"):
        scaling(DAY, "routing")
    with pytest.raises(ScenarioError, match=r"routes\.small_model: .*did you mean"):
        scaling(with_({"routes.small_model": "llama-3.1-8c"}), "routing")
