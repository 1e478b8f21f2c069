"""Operators under the roof, against numbers done by hand."""

import pytest

from inferscope.core.evaluate import evaluate, evaluate_bound
from inferscope.core.report import OUTPUTS
from inferscope.core.scenario.files import load_scenario, load_values, preset_names
from inferscope.core.study.curves import curve
from inferscope.core.study.roofline import operators


def of(name):
    bound = evaluate(load_scenario(name)).bound
    return bound, {(op.pool, op.name): op for op in operators(bound)}


def test_dense_layers_of_a_step_by_hand():
    """Llama 3.1 70B in fp8, 64 sequences over TP8: 68.45e9 and 1.05e9 parameters.

    FLOP: 2 x 64 x (68.45e9 + 1.0507e9) / 8; bytes: (68.45e9 + 2 x 1.0507e9) / 8.
    """
    _, found = of("llama-3.1-70b-h100")
    dense = found["decode", "dense layers"]
    assert dense.flop == pytest.approx(2 * 64 * (68.45e9 + 1.0507e9) / 8, rel=1e-3)
    assert dense.read == pytest.approx((68.45e9 + 2 * 1.0507e9) / 8, rel=1e-3)
    assert dense.intensity == pytest.approx(126.1, rel=1e-3)
    # Bound by weights at 0.903 of 3.35 TB/s: 126.1 x 0.903 x 3.35e12.
    assert dense.attained == pytest.approx(126.1 * 0.903 * 3.35e12, rel=1e-3)


def test_attention_of_a_step_by_hand():
    """Grouped queries, 64 over 8 heads in bf16: 4 FLOP x 64 heads over 4 bytes x 8 heads = 8."""
    _, found = of("llama-3.1-70b-h100")
    assert found["decode", "attention and cache"].intensity == pytest.approx(8.0)


@pytest.mark.parametrize("name", preset_names())
def test_nothing_is_above_its_roof(name):
    bound, found = of(name)
    is_served = bool(evaluate_bound(bound, ("tpot_s",))["tpot_s"][0] > 0)
    assert {pool for pool, _ in found} == ({"decode", "prefill"} if is_served else set())
    for op in found.values():
        prefix = "prefill_" if op.pool == "prefill" else ""
        bandwidth = float(bound.inputs[f"{prefix}hardware_memory_bandwidth_bytes_per_s"][0])
        assert op.attained <= min(float(bound.inputs[op.peak][0]), op.intensity * bandwidth)


def test_experts_are_there_only_where_the_model_has_them():
    assert ("decode", "experts") in of("deepseek-r1-h200")[1]
    assert ("decode", "experts") not in of("llama-3.1-70b-h100")[1]


def test_the_times_of_decode_are_those_of_the_step():
    bound, found = of("deepseek-r1-h200")
    busy = evaluate_bound(bound, ("decode_busy_s",))["decode_busy_s"][0]
    total = sum(op.time_s for op in found.values() if op.pool == "decode")
    assert total == pytest.approx(busy * bound.inputs["calibration_decode_time_factor"][0], rel=1e-12)


def test_the_roof_is_bandwidth_up_to_the_ridge_and_then_flat():
    found = curve(evaluate(load_scenario("llama-3.1-70b-h100"), OUTPUTS), "roofline")
    slope, fp8, bf16 = (line for line in found.series if not line.is_points)
    assert (slope.label, fp8.label, bf16.label) == ("3.35 TB/s", "fp8 1.98 PFLOP/s", "bf16 989 TFLOP/s")
    assert [y / x for x, y in zip(slope.x, slope.y, strict=True)] == pytest.approx([3.35e12] * 2)
    assert (fp8.x[0], fp8.y[0]) == (slope.x[-1], slope.y[-1])
    assert fp8.x[0] == pytest.approx(1.9789e15 / 3.35e12)
    assert bf16.x[0] == pytest.approx(9.894e14 / 3.35e12)
    assert {fp8.y[1], bf16.y[1]} == {1.9789e15, 9.894e14}


def test_a_pool_of_other_accelerators_has_a_roof_of_its_own():
    tables = {
        "hardware": {"accelerator": "h20", "count": 8, "prefill": {"accelerator": "h100-sxm", "count": 8}},
        "economics": {"usd_per_accelerator_hour": 1.0},
    }
    found = curve(evaluate(load_values(tables), OUTPUTS), "roofline")
    roofs = [line.label for line in found.series if not line.is_points]
    assert roofs == ["4 TB/s", "bf16 148 TFLOP/s", "3.35 TB/s", "bf16 989 TFLOP/s"]


def test_the_sentence_has_the_shares_of_the_points():
    found = curve(evaluate(load_scenario("llama-3.1-70b-h100"), OUTPUTS), "roofline")
    at = {item.label: item for item in found.marks}
    dense, cache = at["decode dense layers"], at["decode attention and cache"]
    prompt = at["prefill dense layers"]
    assert found.sentence == (
        "At batch 64 in decode"
        f" dense layers reach {100 * dense.y / (dense.x * 3.35e12):.0f} % of bandwidth and"
        f" attention and cache reach {100 * cache.y / (cache.x * 3.35e12):.0f} % of bandwidth;"
        f" in prefill dense layers reach {100 * prompt.y / 1.9789e15:.0f} % of peak compute."
    )
