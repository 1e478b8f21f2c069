"""What optimisations contribute, against scenarios made by hand and all orders of turning them on."""

import itertools
import math

import pytest

from inferscope.core.errors import QuantityError
from inferscope.core.evaluate import evaluate
from inferscope.core.scenario.files import load_scenario, load_values, preset_names, with_values
from inferscope.core.study.attribution import (
    OFF,
    QUANTITIES,
    Attributed,
    Attribution,
    Contribution,
    attribute,
)
from inferscope.core.study.effects import TOGGLES

DAY = "deepseek-v3-h800"
FIVE = ("tpot_s", "ttft_s")
"""Quantities that all five optimisations of the day may move."""


def value(scenario, quantity):
    return float(evaluate(scenario, (quantity,))[quantity][0])


def test_every_toggle_can_be_turned_off():
    assert [toggle.key for toggle in TOGGLES] == list(OFF)
    off = with_values(load_scenario(DAY), OFF)
    words = [toggle.now(off) for toggle in TOGGLES]
    assert words == ["fp8", "fp8", "bf16", *["off"] * 7]


@pytest.mark.parametrize("name", preset_names())
def test_the_parts_add_up_and_the_waterfall_leads_from_end_to_end(name):
    for item in attribute(load_scenario(name)).quantities:
        if not item.parts:
            assert item.why
            continue
        total = math.fsum(part.share for part in item.parts)
        assert abs(total - item.difference) <= 1e-9 * max(1.0, abs(item.on), abs(item.off))
        steps = [item.off, *(part.end for part in item.parts)]
        assert [part.start for part in item.parts] == steps[:-1]
        assert steps[-1] == pytest.approx(item.on, rel=1e-9, abs=1e-12)


def brute(scenario, keys, quantity):
    """What each adds, averaged over all orders of turning them on."""
    sets = [s for n in range(len(keys) + 1) for s in itertools.combinations(range(len(keys)), n)]
    made = [with_values(scenario, {k: OFF[k] for i, k in enumerate(keys) if i not in on}) for on in sets]
    worth = dict(zip(sets, evaluate(made, (quantity,))[quantity].tolist(), strict=True))
    added = dict.fromkeys(keys, 0.0)
    for order in itertools.permutations(range(len(keys))):
        for place, player in enumerate(order):
            before, after = tuple(sorted(order[:place])), tuple(sorted(order[: place + 1]))
            added[keys[player]] += worth[after] - worth[before]
    return {key: total / math.factorial(len(keys)) for key, total in added.items()}, worth


@pytest.mark.parametrize("quantity", FIVE)
def test_five_optimisations_equal_all_120_orders(quantity):
    scenario = load_scenario(DAY)
    (item,) = attribute(scenario, (quantity,)).quantities
    keys = ["optimizations.prefix_cache_hit_rate", "optimizations.continuous_batching"]
    keys += ["optimizations.chunked_prefill", "optimizations.two_batch_overlap", "hardware.prefill"]
    expected, worth = brute(scenario, keys, quantity)
    assert len(item.parts) == 5
    for part in item.parts:
        key = next(k for k in keys if part.keys[0].startswith(k))
        assert part.share == pytest.approx(expected[key], rel=1e-9, abs=1e-12)
        place = keys.index(key)
        everyone = tuple(range(5))
        assert part.alone == pytest.approx(worth[place,] - worth[()], abs=1e-12)
        others = tuple(i for i in everyone if i != place)
        assert part.last == pytest.approx(worth[everyone] - worth[others], abs=1e-12)


def test_one_optimisation_carries_all_of_it():
    scenario = load_scenario("llama-3.1-70b-h100")
    (item,) = attribute(scenario, ("quality_recovery",)).quantities
    kept = {part.label: part for part in item.parts}
    assert item.off == 1.0
    assert kept["Weights"].share == kept["Weights"].alone == kept["Weights"].last == item.on - 1.0
    assert kept["Cont. batch"].share == 0.0


def test_speculation_and_formats_are_among_them():
    scenario = with_values(
        load_scenario("llama-3.1-70b-h100"),
        {"optimizations.kv_format": "fp8", "optimizations.speculative.method": "eagle3"},
    )
    found = attribute(scenario, ("tpot_s",))
    (item,) = found.quantities
    labels = {part.label: part for part in item.parts}
    assert set(labels) == {"Weights", "KV cache", "Speculation", "Cont. batch", "Chunked"}
    without = with_values(scenario, {"optimizations.speculative": None})
    assert labels["Speculation"].last == pytest.approx(item.on - value(without, "tpot_s"), abs=1e-15)
    assert found.off == ("Activations", "Cache hits", "Overlap", "Power cap", "Prefill pool")


def test_static_batching_is_not_a_base_for_cost_and_energy():
    """What it costs that a static batch waits for its longest reply is not modelled."""
    found = attribute(load_scenario("llama-3.1-70b-h100"), ("usd_per_query", "tpot_s"))
    cost, time = found.quantities
    assert cost.held == ("Cont. batch",)
    assert time.held == ()
    assert "Cont. batch" not in {part.label for part in cost.parts}
    assert "Cont. batch" in {part.label for part in time.parts}
    base = {key: v for key, v in OFF.items() if key != "optimizations.continuous_batching"}
    assert cost.off == pytest.approx(value(with_values(found.scenario, base), "usd_per_query"))
    assert any("Cont. batch stays on for usd_per_query:" in note for note in found.notes)


def test_a_quantity_without_a_value_says_which_end_lacks_it():
    found = attribute(load_scenario("llama-3-8b-rtx-4090"), ("quality_recovery",))
    (item,) = found.quantities
    assert (item.off, item.on, item.parts) == (1.0, None, ())
    assert item.why.startswith("as it stands it has no value (unknown: no measured recovery")
    fits_only_narrow = load_values(
        {
            "model": {"id": "llama-3.1-70b"},
            "hardware": {"count": 1, "tensor_parallel": 1},
            "optimizations": {"weight_format": "int4"},
        }
    )
    (item,) = attribute(fits_only_narrow, ("tpot_s",)).quantities
    assert "all off it has no value (does_not_fit" in item.why


def test_where_nothing_is_on_there_is_nothing_to_divide():
    found = attribute(with_values(load_scenario("llama-3.1-70b-h100"), OFF))
    assert found.on == ()
    assert "nothing to divide" in found.sentence
    assert all(item.why for item in found.quantities)


def test_the_table_has_a_waterfall_each_and_rows_that_can_be_sent_back():
    scenario = load_scenario(DAY)
    table = attribute(scenario, ("ttft_s", "wh_per_query")).table()
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    assert [row["optimisation"] for row in rows if row["share"] is None] == ["all off", "as it stands"] * 2
    assert rows[0]["end"] == pytest.approx(value(with_values(scenario, table.changes[0]), "ttft_s"))
    for row, change in zip(rows, table.changes, strict=True):
        if row["last"] is not None:
            there = value(with_values(scenario, change), row["quantity"])
            assert row["last"] == pytest.approx(value(scenario, row["quantity"]) - there, abs=1e-12)
    assert rows[0]["bar"].lstrip() == "#" * 24  # the waterfall dips below zero
    assert set(rows[1]["bar"].strip()) == {"-"}
    bars = table.curve.series
    assert [bar.label for bar in bars] == [row["optimisation"] for row in rows[: len(bars)]]
    assert [bar.x[1] for bar in bars] == [row["end"] for row in rows[: len(bars)]]
    assert all(bar.x[0] == before.x[1] for before, bar in itertools.pairwise(bars[:-1]))


def test_progress_is_told_and_can_end_it():
    calls = []
    attribute(load_scenario(DAY), watch=lambda done, of: calls.append((done, of)))
    assert calls[0] == (0, 32)

    def stop(_done, _of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attribute(load_scenario(DAY), watch=stop)


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ((-3.0, -1.0), "most of it by A on (-3)"),
        ((-1.0, -0.9, -0.8), "the largest part is A on (-1)"),
        ((-5.0, 2.0), "the largest part is A on (-5), against +2 by the rest"),
        ((-3.0, 2.0, -2.0), "the largest part is A on (-3)"),
    ],
)
def test_the_sentence_holds_where_parts_work_against_each_other(shares, words):
    parts = tuple(
        Contribution(label, (), "on", share, share, share)
        for label, share in zip("ABC", shares, strict=False)
    )
    item = Attributed("max_batch", 10.0, 10.0 + sum(shares), parts)
    found = Attribution(load_scenario(DAY), (item,), ("A on",), ())
    assert found.sentence.endswith(f"{words}.")


@pytest.mark.parametrize("name", ["usd_per_quer", "bound", "fits_memory"])
def test_what_cannot_be_divided_is_refused(name):
    with pytest.raises(QuantityError):
        attribute(load_scenario(DAY), (name,))
    assert set(QUANTITIES) >= {"usd_per_query", "tpot_s", "wh_per_query", "quality_recovery"}
