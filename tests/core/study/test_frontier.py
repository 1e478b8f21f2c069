"""The frontier against trying all pairs, and its choices against scenarios made by hand."""

import numpy as np
import pytest

from inferscope.core.errors import CatalogError, QuantityError, ScenarioError
from inferscope.core.evaluate import evaluate
from inferscope.core.graph import REGISTRY
from inferscope.core.layouts import layouts
from inferscope.core.leaves import resolve
from inferscope.core.scenario.files import load_scenario, with_values
from inferscope.core.study.frontier import METRICS, frontier
from inferscope.core.study.pareto import beaten_by, undominated

LLAMA, R1 = "llama-3.1-70b-h100", "deepseek-r1-h200"


def dominates(first, other):
    return bool(np.all(first <= other) and np.any(first < other))


def by_trying_all(costs):
    beaten = [np.any(np.all(costs <= row, axis=1) & np.any(costs < row, axis=1)) for row in costs]
    return ~np.array(beaten)


@pytest.mark.parametrize("count", [1, 2, 50, 700])
@pytest.mark.parametrize("values", ["spread", "ties", "all on it"])
def test_undominated_rows_are_those_of_trying_all_pairs(count, values):
    generator = np.random.default_rng(count)
    costs = generator.random((count, 4)) + 0.1
    if values == "ties":
        costs = generator.integers(1, 5, (count, 3)).astype(float)
    if values == "all on it":
        costs[:, 3] = 4.0 - costs[:, :3].sum(axis=1)
    best = undominated(costs)
    assert best.tolist() == by_trying_all(costs).tolist()
    beaten = beaten_by(costs, best)
    assert ((beaten == -1) == best).all()
    for row in np.flatnonzero(~best)[:60]:
        assert dominates(costs[beaten[row]], costs[row])
        all_that_do = [other for other in np.flatnonzero(best) if dominates(costs[other], costs[row])]
        most = max(np.log(costs[row] / costs[other]).sum() for other in all_that_do)
        assert np.log(costs[row] / costs[beaten[row]]).sum() == pytest.approx(most)


@pytest.fixture(scope="module")
def dense():
    return frontier(load_scenario(LLAMA))


@pytest.fixture(scope="module")
def sparse():
    """A scenario with a TPOT limit, on two chips."""
    return frontier(
        load_scenario(R1), accelerators=("h200-sxm", "b200"), conditions=["quality_recovery>=0.99"]
    )


def metrics_of(found, rows):
    columns = [found.tried.values[name][rows] for name in found.metrics]
    signs = [-1.0 if REGISTRY.node(name).better == "higher" else 1.0 for name in found.metrics]
    return np.stack(columns, axis=1) * signs


def test_the_frontier_is_that_of_trying_all_pairs_of_choices(dense):
    rows = np.flatnonzero(dense.stands)[::3]
    rows = np.union1d(rows, dense.rows)
    costs = metrics_of(dense, rows)
    best = by_trying_all(costs)
    on = {tuple(row) for row in metrics_of(dense, dense.rows)}
    assert {tuple(row) for row in costs[best]} == on
    assert len(on) == len(dense.rows)  # of choices that are the same in all metrics one is kept


@pytest.mark.parametrize("name", ["dense", "sparse"])
def test_every_choice_is_the_scenario_with_its_changes(name, request):
    found = request.getfixturevalue(name)
    rows = [*found.rows[::4], *np.flatnonzero(~found.on)[:: len(found.on) // 12]]
    made = [with_values(found.scenario, found.tried.changes(row)) for row in rows]
    result = evaluate(made, (*METRICS, "batch", "accelerators_per_replica"))
    for place, row in enumerate(rows):
        assert result["batch"][place] == found.tried.batch[row]
        assert result["accelerators_per_replica"][place] == found.tried.degrees[row][0]
        for metric in METRICS:
            expected = pytest.approx(found.tried.values[metric][row], rel=1e-12, nan_ok=True)
            assert float(result[metric][place]) == expected


def test_all_legal_layouts_are_tried_with_the_largest_batch_that_memory_and_limits_hold(sparse):
    for place, kind in enumerate(sparse.tried.kinds):
        mine = sparse.tried.kind == place
        tried = {tuple(row) for row in sparse.tried.degrees[mine].tolist()}
        assert tried <= set(layouts(resolve(kind.scenario)))
    assert sparse.tried.layouts == sum(len(layouts(resolve(kind.scenario))) for kind in sparse.tried.kinds)
    planned = with_values(load_scenario(R1), {"hardware.accelerator": "h200-sxm"})
    batch = float(evaluate(planned, ("batch",))["batch"][0])
    same = (sparse.tried.degrees == [8, 8, 1, 1]).all(axis=1) | (sparse.tried.degrees == [8, 1, 1, 8]).all(
        axis=1
    )
    assert batch in sparse.tried.batch[same].tolist()


def test_choices_that_miss_a_limit_or_a_condition_are_out_and_counted(sparse):
    values, limit = sparse.tried.values, load_scenario(R1).slo.tpot_s.mid
    assert (values["tpot_s"][sparse.stands] <= limit).all()
    assert (values["quality_recovery"][sparse.stands] >= 0.99 - 1e-9).all()
    assert sparse.out["miss a latency limit"] == np.count_nonzero(values["tpot_s"] > limit)
    assert sparse.out["miss quality_recovery>=0.99"] > 0
    assert sum(sparse.out.values()) + np.count_nonzero(sparse.stands) == len(sparse.stands)
    loose = frontier(with_values(load_scenario(R1), {"slo.tpot_s": None, "slo.ttft_s": None}))
    assert "miss a latency limit" not in loose.out


def test_formats_are_those_that_each_chip_multiplies(sparse):
    formats = {(kind.accelerator, kind.formats[0]) for kind in sparse.tried.kinds}
    assert ("b200-sxm", "nvfp4") in formats
    assert ("h200-sxm", "nvfp4") not in formats
    assert {kind.formats[2] for kind in sparse.tried.kinds} == {"bf16", "fp8"}
    a100 = frontier(load_scenario(LLAMA), accelerators=("a100-sxm-80",))
    # The scenario's own fp8 stays a choice: an A100 stores it and multiplies in bf16.
    assert {kind.formats[0] for kind in a100.tried.kinds} >= {"native", "int8", "int4"}


def test_why_a_choice_lost(dense):
    table = dense.table(everything=True)
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    assert len(rows) == np.count_nonzero(dense.stands)
    best = {row["choice"]: row for row in rows if row["choice"] is not None}
    assert all(row["beaten_by"] is None for row in best.values())
    for row in rows[len(best) :: 50]:
        other = best[row["beaten_by"]]
        assert other["tpot_s"] <= row["tpot_s"]
        assert other["output_tok_s_per_accelerator"] >= row["output_tok_s_per_accelerator"]
        if row["by"].startswith("the same"):
            continue
        ratio, _, metric = row["by"].partition(" times better ")
        metric = metric.partition(",")[0].partition(" ")[0]
        times = row[metric] / other[metric]
        times = 1 / times if REGISTRY.node(metric).better == "higher" else times
        assert float(ratio) == pytest.approx(times, rel=0.01)


def test_the_scenario_itself_is_placed(dense):
    here = [float(evaluate(dense.scenario, METRICS)[name][0]) for name in METRICS]
    assert list(dense.own) == here
    assert dense.on[dense.own_by]
    signs = np.array([-1.0 if REGISTRY.node(name).better == "higher" else 1.0 for name in METRICS])
    assert dominates(metrics_of(dense, [dense.own_by])[0], np.array(here) * signs)
    choice = int(np.flatnonzero(dense.rows == dense.own_by)[0]) + 1
    assert f"is beaten by choice {choice}:" in dense.sentence


def test_what_is_kept_stays():
    scenario = load_scenario(LLAMA)
    found = frontier(scenario, keep=("hardware.count", "workload.batch"), formats=("fp8",))
    assert set(found.tried.degrees[:, 0]) == {8}
    assert set(found.tried.batch) == {64}
    assert {kind.formats[0] for kind in found.tried.kinds} == {"fp8"}
    with pytest.raises(ScenarioError, match=r"hardware\.count"):
        frontier(scenario, keep=("hardware.cout",))


def test_another_chip_leaves_behind_what_was_changed_in_the_present_one():
    scenario = with_values(
        load_scenario(LLAMA), {"hardware.memory_bytes": 1e12, "economics.usd_per_accelerator_hour": 0.01}
    )
    found = frontier(scenario, accelerators=("h100-sxm", "h200-sxm"), formats=("fp8",))
    for kind in found.tried.kinds:
        is_own = kind.accelerator == "h100-sxm"
        assert bool(kind.scenario.hardware.overrides) == is_own
        assert (kind.scenario.economics.usd_per_accelerator_hour is None) != is_own


def test_a_row_brings_its_own_chip_along():
    """It is also opened where another accelerator was chosen in the meantime."""
    scenario = load_scenario(LLAMA)
    found = frontier(scenario, formats=("fp8",))
    changes = found.tried.changes(int(found.rows[0]))
    assert changes["hardware.accelerator"] == "h100-sxm"
    elsewhere = with_values(scenario, {"hardware.accelerator": "mi300x"})
    assert with_values(elsewhere, changes).hardware.accelerator == "h100-sxm"


def test_conditions_are_those_of_a_sweep():
    """Words of what binds and yes are read, and count as the numbers that stand for them."""
    scenario = load_scenario(LLAMA)
    every = frontier(scenario, conditions=["fits_memory=yes"])
    words = every.tried.values["fits_memory"]
    assert every.stands.sum() == np.sum(words == 1)
    some = frontier(scenario, conditions=["bound=weight bandwidth"])
    assert 0 < some.stands.sum() < every.stands.sum()
    assert set(some.tried.values["bound"][some.stands]) == {0.0}
    with pytest.raises(QuantityError, match="bound is never 'memory'"):
        frontier(scenario, conditions=["bound=memory"])


def test_the_scenario_itself_is_held_to_limits_and_conditions():
    """It takes 15.76 ms a token, and its fp8 weights keep all quality."""
    late = frontier(with_values(load_scenario(LLAMA), {"slo.tpot_s": 0.012}), formats=("fp8",))
    assert late.sentence.endswith("The scenario as it stands misses slo.tpot_s 12 ms (tpot_s 15.76 ms).")
    slow = frontier(load_scenario(LLAMA), formats=("fp8",), conditions=["tpot_s<=0.015", "fits_memory=yes"])
    assert slow.own_misses == ("tpot_s<=0.015 (15.8 ms)",)
    fine = frontier(load_scenario(LLAMA), formats=("fp8",), conditions=["tpot_s<=0.02"])
    assert fine.own_misses == ()


def test_accelerators_that_fall_out_are_named_with_why():
    found = frontier(
        load_scenario(LLAMA), accelerators=("h100-sxm", "vendor:AMD+status:available", "l4"), formats=("fp8",)
    )
    mine = np.array([kind.accelerator for kind in found.tried.kinds])[found.tried.kind]
    assert {"mi300x", "h100-sxm"} <= set(mine)
    standing = set(mine[found.stands])
    for name in set(mine):
        said = [note for note in found.notes if note.startswith(f"no choice of {name} stands: ")]
        assert len(said) == (name not in standing)
    (l4,) = [note for note in found.notes if note.startswith("no choice of l4 stands")]
    assert l4.endswith("have no value of usd_per_million_output_tokens")
    (terms,) = [note for note in found.notes if "prices of different terms" in note]
    assert "h100-sxm on demand" in terms


def test_a_stated_fleet_and_a_price_do_not_decide_the_cost_of_others():
    """The fleet is out for all; 800 accelerators for one request a second would cost the same each way."""
    scenario = with_values(
        load_scenario(LLAMA), {"hardware.fleet_accelerators": 800, "economics.usd_per_accelerator_hour": 2.5}
    )
    found = frontier(scenario, accelerators=("h100-sxm", "h200-sxm"), formats=("fp8",))
    plain = frontier(with_values(scenario, {"hardware.fleet_accelerators": None}), formats=("fp8",))
    row = int(found.rows[0])
    assert found.own == plain.own
    assert found.tried.changes(row)["hardware.fleet_accelerators"] is None
    assert any(note.startswith("hardware.fleet_accelerators 800 is left out") for note in found.notes)
    price = "economics.usd_per_accelerator_hour 2.5 is that of h100-sxm alone"
    assert any(note.startswith(price) for note in found.notes)


def test_one_choice_is_beaten_by_none():
    found = frontier(load_scenario(LLAMA), metrics=("tpot_s",), formats=("fp8",))
    assert int(found.on.sum()) == 1
    assert "choices that stand is beaten by no other" in found.sentence


def test_where_nothing_stands_it_says_why():
    found = frontier(load_scenario(LLAMA), conditions=["tpot_s<=1e-6"])
    assert not found.on.any()
    assert "None of 5,160 choices stands: 5,160 miss tpot_s<=1e-06" in found.sentence
    assert found.table().rows == ()
    dear = frontier(load_scenario("deepseek-r1-h20"))
    assert "have no value of usd_per_million_output_tokens" in dear.sentence
    assert any("needs_input: economics.usd_per_accelerator_hour" in note for note in dear.notes)
    closed = frontier(load_scenario("gpt-4-training-eu"))
    assert "None of 0 choices stands: tpot_s: unknown: the architecture of gpt-4" in closed.sentence


def test_progress_is_told_and_can_end_it():
    calls = []
    frontier(load_scenario(R1), watch=lambda done, of: calls.append((done, of)))
    assert calls[0][0] == 0
    assert calls[-1][0] == calls[-1][1]

    def stop(_done, _of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        frontier(load_scenario(R1), watch=stop)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"accelerators": ("h100-sxn",)}, CatalogError, "h100-sxm"),
        ({"formats": ("fp9",)}, CatalogError, "fp8"),
        ({"metrics": ("tpot",)}, QuantityError, "tpot_s"),
        ({"metrics": ("batch",)}, QuantityError, "neither direction"),
        ({"conditions": ("quality",)}, QuantityError, "QUANTITY<=VALUE"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(options, error, words):
    with pytest.raises(error, match=words):
        frontier(load_scenario(LLAMA), **options)


def test_the_plot_has_the_frontier_and_the_scenario(dense):
    curve = dense.table().curve
    assert [series.label for series in curve.series] == ["frontier", "beaten"]
    assert len(curve.series[0].x) == len(dense.rows)
    assert curve.series[0].x == sorted(curve.series[0].x)
    assert (curve.marks[0].x, curve.marks[0].y) == (dense.own[0], dense.own[2])
