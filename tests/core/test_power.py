"""The power of a busy accelerator by phase, and what a cap on it does."""

import numpy as np
import pytest

from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import evaluate
from inferscope.core.graph import REGISTRY
from inferscope.core.scenario.files import load_scenario, with_values

PRESET = "llama-3.1-70b-h100"
NAMES = (
    "prefill_busy_power_share", "decode_busy_power_share", "prefill_clock_share", "decode_clock_share",
    "ttft_s", "tpot_s", "output_tok_s", "prefill_tok_s",
    "joules_per_output_token",
)  # fmt: skip


def capped(*caps, **values):
    """The preset on eight H100 (700 W) at a given batch under caps; None is no cap."""
    given = {"workload.batch": 64, **{key.replace("__", "."): value for key, value in values.items()}}
    scenario = with_values(load_scenario(PRESET), given)
    return evaluate([with_values(scenario, {"optimizations.power_cap_w": cap}) for cap in caps], NAMES)


def test_power_has_a_phase():
    found = capped(None)
    assert found["prefill_busy_power_share"][0] == pytest.approx(0.98)
    expected = 0.76 + (0.84 - 0.76) * np.log(64 / 47) / np.log(256 / 47)
    assert found["decode_busy_power_share"][0] == pytest.approx(expected)


def test_a_cap_by_hand():
    found = capped(500.0)
    assert found["prefill_busy_power_share"][0] == pytest.approx(500 / 700)
    assert found["prefill_clock_share"][0] == pytest.approx(((500 / 700 - 0.14) / (0.98 - 0.14)) ** (1 / 3))
    free = 0.76 + 0.08 * np.log(64 / 47) / np.log(256 / 47)
    assert found["decode_clock_share"][0] == pytest.approx(((500 / 700 - 0.14) / (free - 0.14)) ** (1 / 3))


def test_a_cap_above_what_is_drawn_changes_nothing():
    found = capped(None, 700.0, 10_000.0)
    for name in NAMES:
        assert found[name][1] == found[name][0] == found[name][2], name


def test_a_lower_cap_slows_prompts_more_than_decode_and_saves_energy():
    found = capped(None, 600.0, 500.0, 400.0, 300.0)
    assert np.all(np.diff(found["ttft_s"]) > 0)
    assert np.all(np.diff(found["tpot_s"]) >= 0)
    assert np.all(np.diff(found["output_tok_s"]) <= 0)
    assert np.all(np.diff(found["joules_per_output_token"]) < 0)
    prefill, decode = found["prefill_tok_s"], found["tpot_s"]
    assert prefill[0] / prefill[3] > 1.1
    assert decode[3] / decode[0] < 1.05  # decode waits for memory, whose clock no cap touches


def test_a_cap_below_what_an_idle_board_draws_has_no_answer():
    found = capped(50.0)
    assert np.isnan(found["tpot_s"][0])
    assert found.why("tpot_s", 0).startswith("unsupported: optimizations.power_cap_w below")


@pytest.mark.parametrize("cap", [0, -5, float("nan")])
def test_a_cap_is_a_positive_number(cap):
    with pytest.raises(InferscopeError, match="power_cap_w"):
        capped(cap)


# Prefill rate of six RTX 3090 (350 W) with MiniMax M2.5 at two bits in llama.cpp, by power limit:
# https://llmgarage.ai/power-limit-tokens-per-second-benchmark (2026-02).
MEASURED = {350: 9893, 300: 9326, 250: 8436, 200: 5941, 150: 2549}


def test_the_cube_law_holds_down_to_seven_tenths_of_the_limit_and_not_below():
    law = REGISTRY.quantities["prefill_clock_share"].function
    one = np.ones(1)
    ratio = {
        watts: float(law(watts * one, 350 * one, 0.14 * one, one)[0]) / (rate / MEASURED[350])
        for watts, rate in MEASURED.items()
    }
    assert all(0.97 < ratio[watts] < 1.05 for watts in (350, 300, 250))
    assert ratio[200] == pytest.approx(1.32, abs=0.02)  # stated in docs/model.md
    assert ratio[150] == pytest.approx(2.7, abs=0.1)
