"""Lines of equal token rate: on a line the rate is the line's, and more of either never lowers it."""

import numpy as np
import pytest

from inferscope.core.bind import bind
from inferscope.core.evaluate import evaluate, evaluate_bound
from inferscope.core.plan import plan
from inferscope.core.scenario.files import load_scenario, with_values
from inferscope.core.study.equal_rates import equal_rates, levels

PRESET, RATE = "llama-3.1-70b-h100", "output_tok_s_per_accelerator"
PEAKS = tuple(f"hardware_{part}_flop_per_s" for part in ("bf16", "linear", "expert"))


def planned(name=PRESET, **values):
    given = {key.replace("__", "."): value for key, value in values.items()}
    return plan(bind([with_values(load_scenario(name), given)]))


@pytest.mark.parametrize("name", [PRESET, "deepseek-r1-h20", "gpt-oss-120b-b200"])
def test_a_chip_on_a_line_has_the_rate_of_the_line(name):
    one = planned(name)
    found = equal_rates(one)
    assert len(found.lines) >= 3
    own_tpp = evaluate(load_scenario(name), ["tpp"])["tpp"][0]
    line = next(line for line in found.lines if len(line.x) > 10)
    level = float(line.label.split()[0].replace(",", ""))
    for at in (1, len(line.x) // 2, len(line.x) - 2):
        moved = {peak: line.x[at] / own_tpp * one.inputs[peak] for peak in PEAKS}
        moved["hardware_memory_bandwidth_bytes_per_s"] = np.array([1e9 * line.y[at]])
        rate = evaluate_bound(one.with_inputs(moved), [RATE])[RATE][0]
        assert rate == pytest.approx(level, rel=0.01)  # between two bandwidths of the grid


def test_lines_fall_with_tpp_and_rise_with_the_rate():
    found = equal_rates(planned())
    for line in found.lines:
        assert np.all(np.diff(line.y) <= 1e-9)
    for lower, higher in zip(found.lines, found.lines[1:], strict=False):
        common = sorted(set(lower.x) & set(higher.x))
        for tpp in common:
            assert higher.y[higher.x.index(tpp)] > lower.y[lower.x.index(tpp)]


def test_bandwidth_decides_where_one_sequence_decodes():
    single = equal_rates(planned(workload__batch=1, workload__input_tokens=16, workload__output_tokens=500))
    assert 1.1 < single.by_bandwidth <= 2  # the fixed time of a step takes the rest
    assert single.by_tpp < 1.02
    assert "bandwidth decides more" in single.sentence()


def test_no_lines_where_the_rate_is_unknown():
    found = equal_rates(planned("gpt-4-training-eu"))
    assert found.lines == ()
    assert "unknown" in found.sentence()


def test_levels_are_round_and_around():
    assert levels(480.0) == (100.0, 200.0, 500.0, 1000.0, 2000.0)
    assert all(0.9 / 8 < level < 0.9 * 8 for level in levels(0.9))
