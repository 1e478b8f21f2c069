"""A sweep is what evaluating each of its points alone gives, row by row."""

import itertools

import numpy as np
import pytest

from inferscope.core.errors import InferscopeError, QuantityError, ScenarioError
from inferscope.core.evaluate import CONTRACT, evaluate
from inferscope.core.graph import REGISTRY
from inferscope.core.report import OUTPUTS
from inferscope.core.scenario.files import load_scenario, with_values
from inferscope.core.study import grid
from inferscope.core.study import sweep as sweeps
from inferscope.core.study.axes import axes_of, parse_axis
from inferscope.core.study.sweep import SELECT, Sweep
from inferscope.core.study.swept import sweep

MIXED = {
    "workload.batch": [1, 16, 4096],
    "hardware.accelerator": ["h100-sxm", "mi300x", "a10"],
    "workload.input_tokens": "100:8000:3",
    "model.id": "llama-3.1-8b,deepseek-v3,gpt-4",
}


@pytest.fixture(scope="module")
def scenario():
    return load_scenario("llama-3.1-70b-h100")


@pytest.fixture(scope="module")
def everything(scenario):
    """The mixed sweep in one piece, with more quantities."""
    return sweep(scenario, MIXED, select=[*SELECT, "mfu", "bound", "mbu"])


def points(over):
    """Every combination of the values of axes."""
    axes = axes_of(over)
    for places in itertools.product(*(range(len(axis)) for axis in axes)):
        yield {axis.key: axis.at(place) for axis, place in zip(axes, places, strict=True)}


def row_of(found, setting):
    """The one row of a sweep in which keys have these values."""
    hit = np.logical_and.reduce([found[key] == value for key, value in setting.items()])
    (row,) = np.flatnonzero(hit)
    return int(row)


def alone_at(scenario, setting, names):
    """The point evaluated as a scenario, or why it cannot be."""
    try:
        return evaluate(with_values(scenario, setting), names)
    except ScenarioError as error:
        return f"refused: {error.key} {error.message}"


def assert_rows_are_evaluated_points(found, scenario, over, names):
    count = 0
    for setting in points(over):
        row = row_of(found, setting)
        count += 1
        alone = alone_at(scenario, setting, names)
        if isinstance(alone, str):
            assert found["why"][row] == alone
            assert all(np.isnan(found[name][row]) for name in names if found[name].dtype == float)
            continue
        for name in names:
            codes = REGISTRY.quantities[name].codes
            expected = float(alone[name][0])
            if codes:
                assert found[name][row] == (None if np.isnan(expected) else codes[int(expected)])
            else:
                np.testing.assert_allclose(found[name][row], expected, rtol=1e-11, err_msg=name)
        whys = [why for name in names if (why := alone.why(name))]
        short = [w if not w.startswith(("does_not_fit", "slo_unr")) else w.split(":")[0] for w in whys]
        assert found["why"][row] == (short[0] if short else None), setting
    assert found.rows == count


@pytest.mark.parametrize("names", [CONTRACT, SELECT, ["usd_per_query"]], ids=["all", "default", "one"])
def test_a_sweep_over_mixed_axes_is_eval_row_by_row(scenario, names):
    found = sweep(scenario, MIXED, select=names)
    assert_rows_are_evaluated_points(found, scenario, MIXED, names)
    assert len({why for why in found["why"] if why}) == 3


def test_the_plan_is_made_at_every_point(scenario):
    over = {
        "slo.tpot_s": "0.005:0.1:4:log",
        "workload.output_tokens": [100, 3000],
        "workload.batch": ["auto", 8],
        "hardware.count": [2, 8],
        "optimizations.weight_format": ["fp8", "bf16"],
    }
    plain = with_values(scenario, {"hardware.tensor_parallel": None, "hardware.count": None})
    found = sweep(plain, over)
    assert_rows_are_evaluated_points(found, plain, over, SELECT)
    assert "slo_unreachable" in set(found["why"])


def test_points_that_cannot_be_are_rows_that_say_why(scenario):
    over = {
        "hardware.count": [1, 2, 8],
        "hardware.tensor_parallel": [1, 2, 8],
        "workload.users": [1e3, 1e5],
        "workload.queries_per_user_per_day": "1:10:3",
    }
    base = with_values(scenario, {"workload.requests_per_s": None})
    found = sweep(base, over, select=["tpot_s", "usd_per_day", "ttft_p99_s"])
    assert_rows_are_evaluated_points(found, base, over, ["tpot_s", "usd_per_day", "ttft_p99_s"])
    assert sum(str(why).startswith("refused: hardware.count must be") for why in found["why"]) == 6 * 6


def test_a_number_that_bends_in_some_cases_only_is_computed_there_point_by_point(scenario):
    over = {
        "hardware.scaleup_domain": "2:16:5",
        "hardware.count": ["auto", 8],
        "economics.usd_per_accelerator_hour": "1:3:2",
    }
    base = with_values(scenario, {"hardware.count": None, "hardware.tensor_parallel": None})
    assert_rows_are_evaluated_points(sweep(base, over), base, over, SELECT)


def test_nothing_depends_on_the_size_of_blocks(scenario, monkeypatch):
    whole = sweep(scenario, MIXED)
    monkeypatch.setattr(grid, "BLOCK", 4)
    monkeypatch.setattr(grid, "CASES", 2)
    made = Sweep(scenario, MIXED)
    assert made.blocks > 20
    pieces = list(made)
    assert sum(piece.points for piece in pieces) == made.points == whole.rows
    for name in whole:
        joined = np.concatenate([piece[name] for piece in pieces])
        if joined.dtype == float:
            np.testing.assert_allclose(joined, whole[name], rtol=1e-12)
        else:
            assert joined.tolist() == whole[name].tolist()


def test_cases_come_slowest_and_the_last_axis_fastest(scenario):
    found = sweep(
        scenario, {"workload.batch": [1, 2], "model.id": ["llama-3.1-8b", "gpt-4"], "slo.tpot_s": [1, 2]}
    )
    assert found["model.id"].tolist() == ["llama-3.1-8b"] * 4 + ["gpt-4"] * 4
    assert found["workload.batch"].tolist() == [1, 1, 2, 2] * 2
    assert found["slo.tpot_s"].tolist() == [1, 2] * 4


@pytest.mark.parametrize("block", [grid.BLOCK, 3])
def test_axes_can_be_walked_together(scenario, monkeypatch, block):
    monkeypatch.setattr(grid, "BLOCK", block)
    over = {
        "workload.batch": [1, 2, 4, 8, 8],
        "hardware.accelerator": ["h100-sxm", "h200-sxm", "h100-sxm", "mi300x", "mi300x"],
        "workload.input_tokens": "100:500:5",
    }
    found = sweep(scenario, over, zipped=True)
    assert found["hardware.accelerator"].tolist() == over["hardware.accelerator"]
    for row in range(5):
        setting = {key: found[key][row] for key in over}
        alone = evaluate(with_values(scenario, setting), ["tpot_s"])["tpot_s"][0]
        assert found["tpot_s"][row] == pytest.approx(alone, rel=1e-11)


def test_axes_of_different_length_cannot_be_walked_together(scenario):
    with pytest.raises(ScenarioError, match=r"workload\.batch 3, slo\.tpot_s 2"):
        sweep(scenario, ["workload.batch=1,2,3", "slo.tpot_s=1,2"], zipped=True)


FLEET = "hardware.fleet_accelerators"
CONDITIONS = [
    ("tpot_s<=0.012", lambda r: r["tpot_s"] <= 0.012),
    ("workload.batch > 1", lambda r: r["workload.batch"] > 1),
    ("hardware.accelerator != mi300x", lambda r: r["hardware.accelerator"] != "mi300x"),
    ("hardware.accelerator=a10", lambda r: r["hardware.accelerator"] == "a10"),
    ("fits_memory=1", lambda r: r["fits_memory"] == 1),
    ("mfu<0.3", lambda r: r["mfu"] < 0.3),
    ("bound!=prefill", lambda r: (r["bound"] != "prefill") & (r["bound"] != np.array(None))),
    ("bound = fixed time", lambda r: r["bound"] == "fixed time"),
    ("fits_memory=yes", lambda r: r["fits_memory"] == 1),
]


@pytest.mark.parametrize(
    "chosen", [c for n in (1, 2) for c in itertools.combinations(range(len(CONDITIONS)), n)]
)
def test_conditions_keep_what_meets_all_of_them(scenario, everything, chosen):
    with np.errstate(invalid="ignore"):
        keep = np.logical_and.reduce([CONDITIONS[i][1](everything) for i in chosen]).astype(bool)
    found = sweep(scenario, MIXED, where=[CONDITIONS[i][0] for i in chosen])
    assert found.rows == keep.sum()
    for name in ("model.id", "workload.batch"):
        assert found[name].tolist() == everything[name][keep].tolist()
    np.testing.assert_allclose(found["tpot_s"], everything["tpot_s"][keep])


@pytest.mark.parametrize(("by", "sign"), [("tpot_s", 1), ("output_tok_s_per_accelerator", -1), ("mbu", -1)])
@pytest.mark.parametrize("count", [1, 5, 20, 1000])
@pytest.mark.parametrize("block", [grid.BLOCK, 4])
def test_the_top_rows_are_those_of_a_full_sort(scenario, everything, monkeypatch, by, sign, count, block):
    monkeypatch.setattr(grid, "BLOCK", block)
    known = np.flatnonzero(np.isfinite(everything[by]))
    order = known[np.argsort(sign * everything[by][known], kind="stable")][:count]
    found = sweep(scenario, MIXED, top=count, by=by)
    assert found.rows == len(order)
    np.testing.assert_allclose(found["tpot_s"], everything["tpot_s"][order])
    assert found["model.id"].tolist() == everything["model.id"][order].tolist()
    assert list(found) == [*MIXED, *SELECT, "why"]


def test_the_conditions_of_the_mixed_sweep_divide_it(everything):
    """Each is met by some of its rows and not by others, so that it can be told from none."""
    for text, test in CONDITIONS:
        with np.errstate(invalid="ignore"):
            assert 0 < np.sum(test(everything).astype(bool)) < everything.rows, text


def test_every_quantity_of_a_report_can_be_selected_at_once(scenario):
    found = sweep(scenario, ["workload.batch=1,2"], select="all")
    assert list(found) == ["workload.batch", *OUTPUTS, "why"]
    assert found.units["usd_per_query"] == "USD"
    assert found.units["workload.batch"] == "1"
    assert sweep(scenario, ["slo.tpot_s=0.1,0.2"], select="tpot_s").units["slo.tpot_s"] == "s"


WRONG = [
    ({"over": ["workload.batch=64:1:5"]}, "is reversed: write 1:64:5"),
    ({"over": ["workload.batch=4:4:5"]}, "is empty: write workload.batch=4"),
    ({"over": ["workload.batch="]}, "has no values"),
    ({"over": ["workload.batch=1,,2"]}, "has an empty value"),
    ({"over": []}, "needs an axis"),
    ({"over": ["workload.batch"]}, "is no axis"),
    ({"over": ["workload.batch=1:8:1"]}, "a whole number of values from 2 on"),
    ({"over": ["workload.batch=1:8:2.5"]}, "a whole number of values from 2 on"),
    ({"over": ["workload.batch=0:8:3:log"]}, "starts above 0"),
    ({"over": ["workload.batch=1:8:3:exp"]}, "is no range"),
    ({"over": ["workload.batch=1:1k:3"]}, "needs plain numbers"),
    ({"over": ["workload.batch=1,2", "workload.batch=3"]}, "is given two axes"),
    ({"over": ["workload.batsch=1,2"]}, r"workload\.batsch: unknown key: did you mean batch"),
    ({"over": ["hardware.memory_bites=1e9,2e9"]}, "did you mean memory_bytes"),
    ({"over": ["workload.batch=0:8:3"]}, "must be at least 1, not 0"),
    ({"over": ["workload.batch=0.5:8:3"]}, r"must be at least 1, not 0\.5"),
    ({"over": ["hardware.replicas=1.5:8:3"]}, r"must be a whole number, not 1\.5"),
    ({"over": ["workload.batch=1_:8:3"]}, "needs plain numbers in lo:hi:n, not '1_'"),
    ({"over": ["workload.batch=1__0,2"]}, "must be .*, not '1__0'"),
    ({"over": ["slo.tpot_s=1,1e999"]}, "must be finite, not '1e999'"),
    ({"over": ["slo.tpot_s=-1e308:1e308:3"]}, "must be above 0, not -1e"),
    ({"over": ["slo.tpot_s=-1e-300:1e40:5:log"]}, "a logarithmic range starts above 0"),
    ({"over": ["slo.tpot_s=1e-300:1e41:5:log"]}, "must be at most 1e"),
    ({"over": ["optimizations.chunked_prefill=1,true"]}, "must be true or false, not 1$"),
    ({"over": ["hardware.accelerator=x/../h100-sxm"]}, r"unknown accelerator 'x/\.\./h100-sxm'"),
    ({"over": ["hardware.accelerator=" + "h" * 300]}, "unknown accelerator 'hhh"),
    ({"over": {"hardware.replicas": [{"dist": "discrete", "values": [1, 1.5, 2, 3]}]}}, r"not 1\.5$"),
    ({"over": {"economics.utilization": [{"low": 0.9, "high": 0.1}]}}, r"from low to high, not 0\.9, 0\.1"),
    ({"over": ["economics.utilization=0.5:1.5:3"]}, r"must be at most 1, not 1\.5"),
    ({"over": ["hardware.count=1,1.5"]}, "must be a whole number"),
    ({"over": ["slo.tpot_s=50ms,60ms"]}, r"slo\.tpot_s: must be a number"),
    ({"over": ["workload.input_tokens=1k,2k"]}, "must be a plain number: 1000"),
    ({"over": ["optimizations.weight_format=fp8,fp9"]}, "unknown number format 'fp9'"),
    ({"over": ["hardware.accelerator=h100-sxm,h1000"]}, "unknown accelerator 'h1000'"),
    ({"over": ["hardware.accelerator=vendor:AMDD"]}, "no accelerator of the catalogue has 'vendor:AMDD'"),
    ({"over": ["hardware.accelerator=vendr:AMD"]}, "did you mean vendor"),
    ({"over": ["hardware.accelerator=1,2"]}, "unknown accelerator|must be the name"),
    ({"over": ["pins.tpot=0.1:0.2:3"]}, "no quantity of this name"),
    ({"over": ["workload.batch=1:2:10000000000000"]}, "asks for 10,000,000,000,000 values"),
    (
        {"over": ["slo.tpot_s=1:2:10000000", "economics.usd_per_accelerator_hour=1:2:1000000"]},
        "ask for 10,000,000,000,000 points; a sweep has at most 10,000,000,000",
    ),
    ({"over": ["workload.batch=1,2"], "select": ["tpot"]}, "unknown quantity 'tpot': did you mean tpot_s"),
    ({"over": ["workload.batch=1,2"], "where": ["tpot<=1"]}, "'tpot' is neither .* did you mean tpot_s"),
    ({"over": ["workload.batch=1,2"], "where": ["tpot_s"]}, "is no condition"),
    ({"over": ["workload.batch=1,2"], "where": ["tpot_s<=nan"]}, "nothing can be compared with nan"),
    ({"over": ["workload.batch=1,2"], "where": ["tpot_s<=50ms"]}, "compare tpot_s with a number"),
    ({"over": ["workload.batch=1,2"], "where": ["bound=memory"]}, "bound is never 'memory': it is one of"),
    ({"over": ["workload.batch=1,2"], "where": ["bound=computer"]}, "did you mean compute"),
    (
        {"over": ["workload.batch=1,2"], "where": ["fits_memory=maybe"]},
        "compare fits_memory with true or false",
    ),
    (
        {"over": ["hardware.tensor_parallel=1k,2k"]},
        r"tensor_parallel: must be a plain number: 1000, not '1k'",
    ),
    ({"over": ["hardware.replicas=1,true"]}, r"replicas: must be auto, a number, .*, not true"),
    ({"over": ["hardware.server_w=1k"]}, r"server_w: must be a plain number: 1000"),
    ({"over": ["hardware.prefill.count=fast"]}, r"prefill\.count: must be a number, .*, not 'fast'"),
    ({"over": {"economics.utilization": [{"low": 0.4, "high": 1.8}]}}, "must be at most 1, not 1.8"),
    ({"over": {"hardware.count": [{"low": 1, "high": 4}]}}, "whole number, not 2.5, the middle of the range"),
    ({"over": ["model.id=llama-3.1-8b"], "where": ["model.id<x"]}, "is text and has no size"),
    ({"over": ["workload.batch=1,2"], "top": 3}, "belong together"),
    ({"over": ["workload.batch=1,2"], "by": "tpot_s"}, "belong together"),
    ({"over": ["workload.batch=1,2"], "top": 0, "by": "tpot_s"}, "from 1 to 1,000,000, not 0"),
    ({"over": ["workload.batch=1,2"], "top": 3, "by": "tpot"}, "did you mean tpot_s"),
    ({"over": ["model.id=llama-3.1-8b"], "top": 3, "by": "model.id"}, "cannot sort by"),
]


@pytest.mark.parametrize("ends", ["1e-300:1e40", "1e-323:1", "1e-3:1"])
def test_a_logarithmic_range_is_even_in_ratio_however_wide(ends):
    values = parse_axis(f"slo.tpot_s={ends}:5:log").values
    low, high = map(float, ends.split(":"))
    assert (values[0], values[-1]) == (low, high)
    assert np.diff(np.log(values)) == pytest.approx(np.log(high) / 4 - np.log(low) / 4, rel=1e-9)


def test_a_range_as_wide_as_numbers_go_is_even():
    assert parse_axis("slo.tpot_s=-1e308:1e308:3").values.tolist() == [-1e308, 0.0, 1e308]


def test_quotes_hold_commas():
    assert parse_axis("optimizations.weight_format='fp8, odd',bf16").values == ("fp8, odd", "bf16")
    assert parse_axis('hardware.accelerator="h100-sxm",mi300x').values == ("h100-sxm", "mi300x")


def test_a_record_counts_once_whatever_it_is_called():
    assert parse_axis("hardware.accelerator=NVIDIA H100 SXM,h100-sxm,mi300x,h100-sxm").values == (
        "NVIDIA H100 SXM",
        "mi300x",
    )


@pytest.mark.parametrize(("asked", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_cannot_be_asked_is_one_clear_line(scenario, asked, said):
    with pytest.raises(InferscopeError, match=said) as caught:
        sweep(scenario, **asked)
    assert "\n" not in str(caught.value)


def test_a_slotted_quantity_is_no_column(scenario):
    slotted = next(name for name, node in REGISTRY.quantities.items() if node.slotted)
    with pytest.raises(QuantityError, match="not a single number"):
        sweep(scenario, ["workload.batch=1,2"], select=[slotted])


def test_ranges_of_whole_keys_hold_each_number_once():
    (axis,) = axes_of(["workload.batch=1:8:50:log"])
    assert axis.values.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    (axis,) = axes_of(["slo.tpot_s=0.01:1:3:log"])
    np.testing.assert_allclose(axis.values, [0.01, 0.1, 1.0])
    assert (axis.values[0], axis.values[-1]) == (0.01, 1.0)


def test_the_catalogue_is_searched_by_words_of_its_fields():
    (amd,) = axes_of(["hardware.accelerator=vendor:amd+kind:gpu"])
    assert "mi300x" in amd.values
    assert "h100-sxm" not in amd.values
    assert "epyc-9965" not in amd.values
    (llamas,) = axes_of(["model.id=family:llama,gpt-4,llama-3.1-8b"])
    assert {"llama-3.1-8b", "gpt-4"} < set(llamas.values)
    assert len(set(llamas.values)) == len(llamas)
    (stars,) = axes_of({"hardware.accelerator": "mi3*"})
    assert all(name.startswith("mi3") for name in stars.values)


def test_the_sentence_counts_rows_and_names_the_best(scenario):
    found = sweep(scenario, MIXED)
    table = found.table(5)
    best = int(np.nanargmin(found["usd_per_million_output_tokens"]))
    assert len(table.rows) == len(table.changes) == 5
    assert f"model.id {found['model.id'][best]}" in table.sentence
    assert f"{found.rows} rows" in table.sentence
    lacking = sum(why is not None for why in found["why"])
    assert f"{lacking} lack numbers" in table.sentence
    changed = with_values(scenario, table.changes[0])
    assert evaluate(changed, ["tpot_s"])["tpot_s"][0] == pytest.approx(found["tpot_s"][0])


def test_what_is_kept_for_all_accelerators_and_terms_that_differ_are_said(scenario):
    chips = "hardware.accelerator=h100-sxm,mi300x,l40s"
    priced = with_values(scenario, {"economics.usd_per_accelerator_hour": 2.5, FLEET: 800})
    notes = sweep(priced, [chips]).table().notes
    assert [note.partition(" is kept")[0] for note in notes] == [
        *("costs: basis rental", "energies: boundary facility"),
        "economics.usd_per_accelerator_hour 2.5",
        "hardware.fleet_accelerators 800",
    ]
    assert sweep(priced, [chips], select=["tpot_s"]).table().notes == ()
    varied = ["economics.usd_per_accelerator_hour=1,2", f"{FLEET}=8,16"]
    stands = ("costs: basis rental", "energies: boundary facility")
    assert sweep(priced, [chips, *varied]).table().notes == stands
    free = with_values(priced, {"economics.usd_per_accelerator_hour": None, FLEET: None})
    *_, note = sweep(free, ["hardware.accelerator=h100-sxm,gb300-nvl72,mi325x"]).table().notes
    assert note.startswith("prices of different terms are compared: h100-sxm on demand")
    assert sweep(free, ["hardware.accelerator=h100-sxm,h200-sxm"]).table().notes == stands


def test_axes_walked_together_are_combined_once(monkeypatch):
    calls = []
    unique = np.unique
    monkeypatch.setattr(grid, "CASES", 1)
    axes = axes_of({"hardware.accelerator": ["h100-sxm", "h200-sxm"] * 50, "model.id": ["a", "b"] * 50})
    whole = grid.Grid(axes, (), zipped=True)
    monkeypatch.setattr(
        grid.np, "unique", lambda values, **options: calls.append(len(values)) or unique(values, **options)
    )
    for number in range(whole.blocks):
        whole.block(number)
        whole.before(number)
    assert calls.count(100) == 3  # each axis, and how many combinations there are


def test_more_than_memory_holds_is_refused_unless_few_rows_are_kept(scenario):
    over = {"workload.input_tokens": "1:1e6:100000", "slo.tpot_s": "1:2:1000"}
    with pytest.raises(InferscopeError, match="100,000,000 points are too many to hold"):
        sweep(scenario, over)


def test_the_plot_runs_along_the_longest_axis_of_numbers_with_a_line_for_each_other_setting(scenario):
    over = {"workload.batch": "1:64:5", "hardware.accelerator": ["h100-sxm", "mi300x"], "slo.tpot_s": [1, 2]}
    found = sweep(scenario, over)
    curve = found.table().curve
    assert (curve.x.name, curve.y.name) == ("workload.batch", "usd_per_million_output_tokens")
    assert [s.label for s in curve.series] == [
        f"accelerator {chip}, tpot_s {limit}" for chip in over["hardware.accelerator"] for limit in (1, 2)
    ]
    for series in curve.series:
        chip = series.label.split(",")[0].removeprefix("accelerator ")
        own = (found["hardware.accelerator"] == chip) & (found["slo.tpot_s"] == float(series.label[-1]))
        assert series.x == found["workload.batch"][own].tolist()
        assert series.y == found["usd_per_million_output_tokens"][own].tolist()
    assert sweep(scenario, {"model.id": "llama-3.1-8b,gpt-4"}).curve() is None


def test_another_catalogue_in_the_same_folder_is_another_sweep(scenario, monkeypatch, tmp_path):
    """What is gone on with has to be the same: a figure that was changed since makes other rows."""
    record = tmp_path / "accelerators" / "mine.toml"
    record.parent.mkdir()
    record.write_text("tdp_w = 1\n")
    monkeypatch.setattr(sweeps.catalog, "folders", lambda: (tmp_path,))
    before = Sweep(scenario, ["workload.batch=1,2"]).fingerprint()
    assert Sweep(scenario, ["workload.batch=1,2"]).fingerprint() == before
    record.write_text("tdp_w = 2\n")
    assert Sweep(scenario, ["workload.batch=1,2"]).fingerprint() != before
