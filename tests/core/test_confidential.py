"""Confidential computing: a stated share of time more, unknown where nobody has measured it."""

import numpy as np
import pytest

from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import evaluate
from inferscope.core.scenario.files import load_scenario, with_values

NAMES = ("decode_step_s", "prefill_work_s", "usd_per_query", "wh_per_query", "flop_per_query")


def found(preset="llama-3.1-70b-h100", **values):
    given = {"workload.batch": 32, **{f"optimizations.{k}": v for k, v in values.items()}}
    return evaluate(with_values(load_scenario(preset), given), NAMES)


def test_steps_and_prompts_take_a_twentieth_longer_and_do_the_same_work():
    off, on = found(), found(confidential_computing=True)
    assert on["decode_step_s"][0] == pytest.approx(1.05 * off["decode_step_s"][0])
    assert on["prefill_work_s"][0] == pytest.approx(1.05 * off["prefill_work_s"][0])
    assert on["flop_per_query"][0] == off["flop_per_query"][0]
    assert 1 < on["usd_per_query"][0] / off["usd_per_query"][0] <= 1.05 + 1e-9


def test_an_own_figure_takes_the_place_of_the_measured_one():
    off, on = found(), found(confidential_computing=True, confidential_overhead=0.3)
    assert on["decode_step_s"][0] == pytest.approx(1.3 * off["decode_step_s"][0])


def test_it_is_unknown_where_nobody_has_measured_it():
    on = found("llama-3.1-70b-mi300x", confidential_computing=True)
    assert np.isnan(on["decode_step_s"][0])
    assert on.why("usd_per_query", 0).startswith("unknown: optimizations.confidential_overhead of mi300x")
    own = found("llama-3.1-70b-mi300x", confidential_computing=True, confidential_overhead=0.1)
    assert np.isfinite(own["usd_per_query"][0])


def test_an_overhead_of_nothing_is_refused():
    with pytest.raises(InferscopeError, match="confidential_overhead needs confidential_computing = true"):
        found(confidential_overhead=0.1)
