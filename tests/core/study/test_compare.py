"""Comparisons: what differs, what carries it, and why there may be nothing to divide."""

import math

import pytest

from inferscope.core.errors import InferscopeError, QuantityError, ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.scenario.files import Loaded, load, load_values, preset_names, with_values
from inferscope.core.study.changes import Game, changes, flat
from inferscope.core.study.compare import HEADLINE, compare, side_by_side

BASE = {
    "model": {"id": "llama-3.1-8b"},
    "hardware": dict.fromkeys(("count", "tensor_parallel", "pipeline_parallel", "data_parallel"), 1),
    "workload": {"batch": 16},
    "economics": {"usd_per_accelerator_hour": 2.0, "utilization": 0.5},
}


def loaded(changes_=None, base=BASE):
    return Loaded(with_values(load_values(base), changes_ or {}), None, {})


def carried(comparison, quantity, other=1):
    return next(item for item in comparison.carried[other - 1] if item.quantity == quantity)


def labels(first, other):
    return [change.label for change in changes(flat(first.scenario), flat(other.scenario))]


# --- what carries a difference -------------------------------------------------------------------


def test_the_price_alone_carries_all_of_it():
    found = compare([loaded(), loaded({"economics.usd_per_accelerator_hour": 3.0})])
    item = carried(found, "usd_per_query")
    (part,) = item.contributions
    assert part.keys == ("economics.usd_per_accelerator_hour",)
    assert part.share == 1
    assert item.then == pytest.approx(1.5 * item.first)
    assert part.value == pytest.approx(0.5 * item.first)
    assert carried(found, "tpot_s").why == "no difference"


def test_price_and_utilization_share_a_product_as_it_is_done_by_hand():
    # The cost is c p / u. p: 2 -> 3, u: 0.5 -> 0.8, so that 1/u: 2 -> 1.25. By hand, in units of c:
    # p carries (3 - 2)(2 + 1.25)/2 = 1.625, u carries (1.25 - 2)(2 + 3)/2 = -1.875, in all 3.75 - 4.
    other = loaded({"economics.usd_per_accelerator_hour": 3.0, "economics.utilization": 0.8})
    item = carried(compare([loaded(), other]), "usd_per_query")
    unit = item.first / 4
    found = {part.keys[0]: part.value / unit for part in item.contributions}
    assert found == {
        "economics.usd_per_accelerator_hour": pytest.approx(1.625),
        "economics.utilization": pytest.approx(-1.875),
    }


def test_the_parts_add_up_to_the_difference():
    pairs = [("deepseek-r1-h20", "llama-3.1-70b-h100"), ("chatgpt-2023", "deepseek-v3-h800")]
    for pair in pairs:
        for item in compare([load(name) for name in pair]).carried[0]:
            if item.contributions:
                total = math.fsum(part.value for part in item.contributions)
                assert total == pytest.approx(item.then - item.first, rel=1e-9, abs=0)


def test_the_ends_of_a_mixture_are_the_scenarios():
    names = list(preset_names())
    for name in names[1:]:
        first, other = load(names[0]).scenario, load(name).scenario
        game = Game(first, other, HEADLINE)
        ends = evaluate([first, other], HEADLINE)
        for quantity in HEADLINE:
            values = game.worth(quantity, [0, (1 << len(game.changes)) - 1])
            assert list(values.values()) == pytest.approx(ends[quantity].tolist(), rel=1e-12, nan_ok=True)


def test_what_a_quantity_does_not_read_is_no_player():
    other = loaded({"site.region": "CHN", "training.lifetime_days": 30, "workload.output_tokens": 99})
    game = Game(loaded().scenario, other.scenario, ["tpot_s", "gco2e_per_query"])
    assert [game.changes[i].label for i in game.players("tpot_s")] == ["output tokens"]
    assert [game.changes[i].label for i in game.players("gco2e_per_query")] == ["output tokens", "region"]


@pytest.mark.parametrize(
    ("key", "value", "outputs"),
    [
        ("as_of", "2023-02-28", ["tpot_s", "ttft_p99_s", "quality_recovery"]),
        ("economics.utilization", 0.9, ["tpot_s", "ttft_p99_s", "max_requests_per_s"]),
        ("economics.rental_term", "spot", ["tpot_s", "max_requests_per_s"]),
        ("training.usd", 1e6, ["tpot_s", "usd_per_query", "accelerators_needed"]),
        ("training.accelerator", "a100-sxm-80", ["tpot_s", "usd_per_query", "wh_per_query"]),
        ("site.region", "CHN", ["tpot_s", "usd_per_query", "quality_recovery"]),
        ("site.boundary", "server", ["tpot_s", "usd_per_query"]),
        ("test_time.multiplier", 8, ["tpot_s", "usd_per_query", "wh_per_query"]),
    ],
)
def test_what_is_no_player_moves_nothing(key, value, outputs):
    first, other = loaded({"workload.requests_per_s": 3}), loaded({"workload.requests_per_s": 3, key: value})
    game = Game(first.scenario, other.scenario, outputs)
    ends = evaluate([first.scenario, other.scenario], outputs)
    for name in outputs:
        assert game.players(name) == []
        assert ends[name][0] == ends[name][1]


def test_inputs_that_mean_something_together_are_one_group():
    first = loaded({"workload.users": 10, "workload.queries_per_user_per_day": 3})
    other = loaded(
        {
            "model.id": "deepseek-v3",
            "model.total_params": 6e11,
            "hardware.accelerator": "h200-sxm",
            "hardware.tdp_w": 600,
            "hardware.count": 16,
            "hardware.tensor_parallel": 2,
            "hardware.data_parallel": 8,
            "hardware.prefill.count": 8,
            "hardware.fleet_accelerators": 32,
            "workload.requests_per_s": 4,
            "optimizations.speculative": {"method": "mtp"},
            "slo.tpot_s": 0.05,
            "policy.actor": "somebody",
            "name": "another name",
        },
    )
    assert labels(first, other) == [
        "model", "accelerator", "layout", "demand", "prefill pool", "speculative decoding", "TPOT limit",
    ]  # fmt: skip


def test_overrides_of_the_same_chip_stand_alone():
    assert labels(loaded(), loaded({"hardware.tdp_w": 600, "hardware.memory_bytes": 9e10})) == [
        "tdp w",
        "memory bytes",
    ]


def test_a_source_changes_nothing():
    cited = loaded({"economics.usd_per_accelerator_hour": {"value": 2.0, "source": "an invoice"}})
    assert labels(loaded(), cited) == []
    assert not any(row.differs for row in compare([loaded(), cited]).inputs)


def test_an_alias_is_the_same_chip():
    found = compare([loaded({"hardware.accelerator": "H100"}), loaded({"hardware.accelerator": "h100-sxm"})])
    assert not any(row.differs for row in (*found.inputs, *found.outputs))


def test_a_chip_and_the_price_given_for_it_are_not_taken_apart():
    # The catalogue has no price of an H20: with it, and without the price, a query has no cost.
    h20 = loaded({"hardware.accelerator": "h20", "hardware.tdp_w": 400})
    bare = loaded({"economics.usd_per_accelerator_hour": None})
    found = compare([bare, h20])
    cost = {part.label for part in carried(found, "usd_per_query").contributions}
    assert cost == {"accelerator + price of an accelerator-hour"}
    assert {part.label for part in carried(found, "tpot_s").contributions} == {"accelerator"}


def test_what_the_program_refuses_is_not_taken_apart():
    # Sixteen expert ranks do not lie over one accelerator: the layout comes with its model.
    dense = loaded()
    layout = {"hardware.count": 16, "hardware.data_parallel": 16, "hardware.expert_parallel": 16}
    sparse = loaded({"model.id": "deepseek-v3", **layout, "workload.output_tokens": 256})
    item = carried(compare([dense, sparse]), "tpot_s")
    assert {part.label for part in item.contributions} == {"model + layout", "output tokens"}


def test_no_value_at_an_end_is_said():
    found = compare(
        [loaded(), loaded({"hardware.accelerator": "h20", "economics.usd_per_accelerator_hour": None})]
    )
    item = carried(found, "usd_per_query")
    assert (item.contributions, item.why) == ((), "no value for llama-3.1-8b on h20")
    assert math.isnan(item.difference)
    row = next(row for row in found.outputs if row.quantity == "usd_per_query")
    assert row.ratios == (1.0, None)
    assert row.entries[1]["why"] == "needs_input: economics.usd_per_accelerator_hour"


def test_a_word_has_no_difference_to_divide():
    found = compare([loaded(), loaded({"workload.batch": 1})], ["bound", "fits_memory"])
    assert {item.why for item in found.carried[0]} == {"it is not a number"}


# --- side by side --------------------------------------------------------------------------------


def cells(comparison, key):
    return [(c.value, c.kind) for c in next(row for row in comparison.inputs if row.key == key).values]


def test_inputs_say_where_their_values_come_from():
    open_ = {"hardware.count": None, "hardware.tensor_parallel": None, "workload.batch": None}
    found = side_by_side([loaded(), loaded({**open_, "slo.tpot_s": 0.02})])
    batch = cells(found, "workload.batch")
    assert batch[0] == (16, "set")
    assert batch[1][1] == "planned"
    assert batch[1][0] == found.reports[1]["quantities"]["batch"]["value"]
    assert cells(found, "slo.tpot_s") == [(None, "default"), (0.02, "set")]
    assert cells(found, "hardware.accelerator") == [("h100-sxm", "default")] * 2
    assert cells(found, "site.pue")[0][1] == "catalogue"
    assert cells(found, "optimizations.weight_format")[0] == ("bf16", "catalogue")
    assert "hardware.prefill.count" not in {row.key for row in found.inputs}


def test_ratios_are_to_the_first():
    found = side_by_side([loaded(), loaded({"economics.usd_per_accelerator_hour": 5.0}), loaded()])
    row = next(row for row in found.outputs if row.quantity == "usd_per_query")
    assert row.ratios == (1.0, pytest.approx(2.5), 1.0)
    assert row.differs
    assert row.values[1] == pytest.approx(2.5 * row.values[0])


def test_verdicts_that_differ_are_named():
    found = side_by_side([loaded({"training.flop": 1e24}), loaded({"training.flop": 3e26})])
    assert any(row.differs for row in found.policy)
    row = next(row for row in found.policy if row.differs)
    assert len(set(row.verdicts)) > 1


def test_two_to_six():
    for count in (0, 1, 7):
        with pytest.raises(InferscopeError, match=f"2 to 6 scenarios can be compared, not {count}"):
            compare([loaded()] * count)
    assert len(compare([loaded()] * 6).carried) == 5


def test_unknown_quantities_and_slots_are_refused():
    with pytest.raises(QuantityError, match="did you mean tpot_s"):
        compare([loaded(), loaded()], ["tpot"])
    with pytest.raises(ScenarioError, match="no layout agrees"):
        compare([loaded(), loaded({"hardware.count": 3, "hardware.tensor_parallel": None})])


# --- ranges --------------------------------------------------------------------------------------


def output(comparison, name):
    return next(row for row in comparison.outputs if row.quantity == name)


EXACT = {
    f"calibration.{name}_factor": 1 for name in ("decode_time", "prefill_time", "first_token_time", "power")
}


def test_scenarios_share_the_draws_of_a_number_that_both_have():
    price = {"economics.usd_per_accelerator_hour": {"dist": "lognormal", "p5": 1.0, "p95": 4.0}}
    found = compare([loaded({**EXACT, **price}), loaded({**EXACT, **price, "workload.batch": 17})])
    cost = output(found, "usd_per_query")
    first, other = cost.entries
    assert first["low"] < other["high"]  # the ranges overlap,
    assert other["low"] < first["low"]
    assert cost.lower == (None, 1.0)  # and yet the larger batch is cheaper at every price
    assert output(found, "tpot_s").lower == (None, None)


def test_a_scenario_without_ranges_is_compared_at_its_middle():
    price = {"economics.usd_per_accelerator_hour": {"dist": "uniform", "low": 1.0, "high": 3.0}}
    cost = output(compare([loaded(EXACT), loaded({**EXACT, **price})]), "usd_per_query")
    assert cost.lower == (None, pytest.approx(0.5, abs=1 / 256))
    assert (cost.entries[0]["low"], cost.entries[1]["low"] is None) == (None, False)
    still = compare([loaded(EXACT), loaded({**EXACT, "workload.batch": 17})])
    assert output(still, "usd_per_query").lower == (None, None)


def test_scenarios_share_the_models_own_error():
    """Slower by 30 % or faster by 30 %, both are: the larger batch is cheaper at every draw."""
    cost = output(compare([loaded(), loaded({"workload.batch": 17})]), "usd_per_query")
    assert cost.entries[1]["low"] < cost.entries[0]["low"] < cost.entries[1]["high"]
    assert cost.lower == (None, 1.0)


def test_scenarios_without_a_file_can_be_compared_and_give_columns():
    one = load("llama-3.1-70b-h100").scenario
    other = with_values(one, {"workload.output_tokens": 2000})
    found = compare([one, other], ["tpot_s"], names=["now", "longer"])
    table = found.table()
    assert table.keys() == ("quantity", "unit", "A", "B")
    place = list(table["quantity"]).index("tpot_s")
    assert table["A"][place] != table["B"][place]
    assert table["unit"][place] == "s"
    assert [column.label for column in table.columns[2:]] == ["now", "longer"]


def test_two_words_for_one_stand_in_do_not_differ():
    first = {"model": {"id": "gpt-4", "architecture_like": "mixtral-8x22b"}}
    other = {"model": {"id": "GPT 4", "architecture_like": "Mixtral 8x22B"}}
    assert labels(loaded(base=first), loaded(base=other)) == []
    assert flat(loaded(base=other).scenario)["model.architecture_like"] == "mixtral-8x22b"
