"""What may be typed into a line, what it means, and how it is written."""

import pytest

from inferscope.core.scenario import files
from inferscope.tui.fields import FieldError, told, value_at
from inferscope.tui.panels.scenario import FIELDS, PANELS
from inferscope.tui.screens.facts import shown

FIELD = {field.key: field for field in FIELDS}
PLAIN = files.load_values({})


@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("workload.input_tokens", "512", 512),
        ("workload.input_tokens", "8k", 8000),
        ("workload.input_tokens", "1.5M", 1_500_000),
        ("workload.input_tokens", "4,383", 4383),
        ("workload.input_tokens", "1_000", 1000),
        ("workload.input_tokens", "1e3", 1000),
        ("workload.batch", "auto", None),
        ("workload.batch", "", None),
        ("slo.tpot_s", "50", 0.05),
        ("slo.tpot_s", "50 ms", 0.05),
        ("slo.ttft_s", "2s", 2),
        ("slo.ttft_s", "none", None),
        ("workload.requests_per_s", "1606", 1606),
        ("workload.requests_per_s", "86,400/day", 1),
        ("optimizations.prefix_cache_hit_rate", "56.3 %", 0.563),
        ("economics.usd_per_accelerator_hour", "2.95 USD/h", 2.95),
        ("economics.usd_per_accelerator_hour", "listed", None),
        ("as_of", "2025-02-28", "2025-02-28"),
    ],
)
def test_what_is_typed_becomes_the_scenarios_value(key, typed, value):
    assert FIELD[key].parse(typed) == value


@pytest.mark.parametrize(
    ("key", "typed", "low", "mid", "high"),
    [
        ("workload.input_tokens", "500..4000", 500, 2250, 4000),
        ("workload.input_tokens", "1..2..4k", 1000, 2000, 4000),
        ("economics.usd_per_accelerator_hour", "1.5 .. 2 .. 4 USD/h", 1.5, 2, 4),
        ("slo.tpot_s", "40..50..70 ms", 0.04, 0.05, 0.07),
        ("slo.ttft_s", "900 ms..2s", 0.9, 1.45, 2),
        ("optimizations.prefix_cache_hit_rate", "40..60 %", 0.4, 0.5, 0.6),
    ],
)
def test_two_points_make_a_range_and_the_editor_starts_with_it(key, typed, low, mid, high):
    field = FIELD[key]
    scenario = files.with_values(PLAIN, field.changes(field.parse(typed), PLAIN))
    number = field.raw(scenario)
    assert (number.low, number.mid, number.high) == pytest.approx((low, mid, high))
    again = files.with_values(PLAIN, field.changes(field.parse(field.edit_text(scenario)), PLAIN))
    assert field.raw(again).ends() == pytest.approx(number.ends())
    assert field.display(scenario, None)[1] == f"{low:g}-{high:g}"


@pytest.mark.parametrize("typed", ["1..", "..2", "1..2..3..4", "1..x", ".."])
def test_half_a_range_is_refused(typed):
    with pytest.raises(FieldError, match="is no"):
        FIELD["workload.input_tokens"].parse(typed)


@pytest.mark.parametrize(
    ("key", "typed", "hint"),
    [
        ("workload.input_tokens", "many", "512, 8k or 1.5M"),
        ("workload.input_tokens", "", "512, 8k or 1.5M"),
        ("workload.input_tokens", "5 apples", "512, 8k or 1.5M"),
        ("workload.batch", "x", "or auto"),
        ("slo.tpot_s", "0,05", "write 0.05 with a point"),
        ("slo.tpot_s", "50 km", "50 ms or 2 s"),
        ("workload.requests_per_s", "1.2.3", "20/s"),
        ("workload.input_tokens", "1e400", "'1e400' is too large"),
        ("workload.requests_per_s", "-1e400/s", "is too large"),
        ("workload.input_tokens", "x" * 500_000, "'x{24}…' is not a number"),
    ],
)
def test_what_is_no_value_is_refused_with_what_would_be(key, typed, hint):
    with pytest.raises(FieldError, match=hint.replace(".", r"\.")):
        FIELD[key].parse(typed)


@pytest.mark.parametrize(
    ("key", "value", "up", "down"),
    [
        ("workload.input_tokens", 1024, 2048, 512),
        ("workload.output_tokens", 1, 2, 1),
        ("workload.reasoning_tokens", 128, 256, 0),
        ("slo.tpot_s", 0.05, 0.1, 0.025),
        ("optimizations.prefix_cache_hit_rate", 0.95, 1, 0.85),
    ],
)
def test_a_step_doubles_or_halves_and_shares_move_by_ten_points(key, value, up, down):
    scenario = files.with_values(PLAIN, {key: value})
    assert FIELD[key].stepped(scenario, None, up=True) == up
    assert FIELD[key].stepped(scenario, None, up=False) == down


def test_a_step_from_nothing_starts_and_nothing_cannot_be_halved():
    field = FIELD["workload.reasoning_tokens"]
    assert field.stepped(PLAIN, None, up=True) == 128
    with pytest.raises(FieldError, match="nothing to halve"):
        field.stepped(PLAIN, None, up=False)


def test_what_the_editor_starts_with_means_the_same_value():
    given = {
        "workload.input_tokens": 4383,
        "slo.tpot_s": 0.0125,
        "slo.ttft_s": 2.5,
        "optimizations.prefix_cache_hit_rate": 0.563,
        "economics.usd_per_accelerator_hour": 2.345,
    }
    scenario = files.with_values(PLAIN, given)
    assert {key: FIELD[key].parse(FIELD[key].edit_text(scenario)) for key in given} == given


def test_choices_go_round_in_both_directions():
    field = FIELD["optimizations.weight_format"]
    options, scenario, seen = field.options(), PLAIN, []
    for _ in options:
        choice = field.neighbour(scenario, forward=True)
        seen.append(choice)
        scenario = files.with_values(scenario, field.changes(choice, scenario))
    assert sorted(seen) == sorted(options)
    assert field.neighbour(PLAIN, forward=False) == options[-1]


def test_switching_speculation_drops_what_was_said_of_the_other_method():
    field = FIELD["optimizations.speculative"]
    scenario = files.with_values(PLAIN, {"optimizations.speculative": {"method": "mtp", "acceptance": 0.85}})
    changed = files.with_values(scenario, field.changes("eagle3", scenario))
    assert changed.optimizations.speculative.method == "eagle3"
    assert changed.optimizations.speculative.acceptance is None
    assert files.with_values(scenario, field.changes("off", scenario)).optimizations.speculative is None


def test_another_count_drops_the_layout_of_the_old_one():
    given = {"hardware.count": 8, "hardware.tensor_parallel": 8, "hardware.data_parallel": 1}
    scenario = files.with_values(PLAIN, given)
    changed = files.with_values(scenario, FIELD["hardware.count"].changes(16, scenario))
    assert changed.hardware.tensor_parallel == "auto"
    assert changed.hardware.count.mid == 16


def test_another_model_drops_the_training_figures_of_the_old_one():
    scenario = files.with_values(PLAIN, {"training.flop": 3e24, "training.mfu": 0.5})
    changed = files.with_values(scenario, FIELD["model.id"].changes("deepseek-v3", scenario))
    assert changed.training.flop is None
    assert changed.training.mfu.mid == 0.5


def test_demand_can_be_given_in_one_way_only():
    users = {"workload.users": 100, "workload.queries_per_user_per_day": 10}
    scenario = files.with_values(PLAIN, users)
    changed = files.with_values(scenario, FIELD["workload.requests_per_s"].changes(5, scenario))
    assert changed.workload.demand_per_s() == 5


def test_every_line_is_a_key_of_the_scenario_and_says_what_it_is():
    for field in FIELDS:
        assert field.about
        assert len(field.label) <= 11
        field.display(PLAIN, None)
    keys = [field.key for field in FIELDS]
    assert len(keys) == len(set(keys))


def test_the_main_lines_and_their_headings_fit_24_rows():
    essential = sum(field.essential for _, fields in PANELS for field in fields)
    assert essential + len(PANELS) <= 24 - 5


def test_every_line_explains_an_input_that_exists():
    from inferscope.core.graph import REGISTRY
    from inferscope.core.quantities import architecture  # noqa: F401  (fills the registry)

    assert [field.leaf for field in FIELDS if field.leaf and field.leaf not in REGISTRY.inputs] == []


def test_a_catalogue_figure_that_is_not_given_has_no_value():
    """The die area is the missing fact of a rule, and no key of the schema."""
    scenario = files.load_values({"hardware": {"memory_bytes": 80e9}})
    assert value_at(scenario, "hardware.die_area_mm2") is None
    assert value_at(scenario, "hardware.prefill.die_area_mm2") is None
    assert value_at(scenario, "hardware.memory_bytes") == 80e9
    with pytest.raises(AttributeError):
        value_at(scenario, "workload.die_area_mm2")


def test_every_fact_that_a_rule_may_miss_can_be_shown():
    assert shown(PLAIN, "hardware.die_area_mm2") == ""
    assert shown(files.load_values({"hardware": {"die_area_mm2": 814}}), "hardware.die_area_mm2") == "814"


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        (0.6, 0.7, "Busy share: 60 % → 70 %; z takes it back"),
        (0.6, {"low": 0.4, "mid": 0.6, "high": 0.8}, "Busy share: 60 % → 60 % (0.4-0.8); z takes it back"),
        ({"low": 0.4, "mid": 0.6, "high": 0.8}, 0.6, "Busy share: 60 % (0.4-0.8) → 60 %; z takes it back"),
        (0.6, 0.6, "Busy share: 60 %, now set here; z takes it back"),
    ],
)
def test_a_change_is_told_by_what_is_another(first, then, said):
    field, scenario = FIELD["economics.utilization"], files.load_scenario("llama-3.1-70b-h100")
    before, after = (files.with_values(scenario, {field.key: value}) for value in (first, then))
    assert told(field, field.display(before, None), after, [], "z") == said


def test_an_input_has_one_name():
    from inferscope.core.study.inputs import INPUTS

    names = {item.key: item.label for item in INPUTS}
    assert FIELD["economics.utilization"].label == names["economics.utilization"]


def test_the_users_country_is_named_as_the_servers_is():
    scenario = files.load_values({"site": {"region": "KEN", "users_region": "IND"}})
    shown = {field.key: field.display(scenario, None) for field in FIELDS if field.key.startswith("site.")}
    assert "Kenya" in str(shown["site.region"])
    assert "India" in str(shown["site.users_region"])
    unsaid = files.load_values({})
    (field,) = [field for field in FIELDS if field.key == "site.users_region"]
    assert "not said" in str(field.display(unsaid, None))
