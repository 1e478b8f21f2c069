"""What is not known makes results unknown; it never makes other results of them."""

from dataclasses import replace

import numpy as np
import pytest

from inferscope.core.evaluate import BESIDE, CONTRACT, evaluate_bound
from inferscope.core.graph import REGISTRY

OUTPUTS = (*CONTRACT, *BESIDE, "ttft_mean_s", "ttft_percentile_s", "load_tpot_s", "load_batch")
MAY_BE_ABSENT = {
    "workload_requests_per_s",  # no demand: the utilisation counts
    "workload_concurrency",
    "workload_batch",  # not planned: one sequence is asked for
    "hardware_fleet_accelerators",
    "optimizations_power_cap_w",
    "hardware_scaleup_domain",  # always bound: one accelerator where nothing is published
    "slo_ttft_s",
    "slo_tpot_s",
}
"""Inputs whose absence says something."""
STAND_ASIDE = {
    *("economics_utilization", "test_time_exponent"),
    *(
        "hardware_offload_bytes_per_s",
        "hardware_offload_memory_bytes",
        "prefill_hardware_offload_bytes_per_s",
    ),
    *("optimizations_offload_batch", "calibration_host_link_share"),
    *(
        f"{pool}{name}"
        for pool in ("", "prefill_")
        for name in (
            *("hardware_purchase_usd", "economics_server_cost_factor"),
            "economics_capex_usd_per_accelerator",
        )
    ),
    *("economics_lifetime_years", "economics_residual_share", "economics_wacc", "economics_network_share"),
    *("economics_opex_share", "economics_colocation_usd_per_kw_month", "site_electricity_usd_per_kwh"),
    *(f"economics_api_usd_per_million_{kind}_tokens" for kind in ("input", "cached_input", "output")),
    "economics_api_discount",
}
"""Used only without a demand, with more compute than the plain model's, with offload, or on another basis."""
FLAGS = ("bool", "code")
TRAINING = (
    *("training_", "model_training_"),  # one figure stands for another, which the report says
    "effective_training_flop",
    *("crossover_days_", "inference_share_of_lifetime"),
)
LEAVES = [
    name
    for name, node in REGISTRY.inputs.items()
    if name not in MAY_BE_ABSENT
    and node.unit not in FLAGS
    and not name.removeprefix("prefill_").startswith(("model_", "training_", *MAY_BE_ABSENT))
]


@pytest.fixture(scope="module")
def some(half_busy):
    """Every thirtieth row of the field, under load."""
    return half_busy.take(np.arange(0, half_busy.rows, 30))


def without(bound, names):
    """The rows with inputs unknown, and in their pools too where those follow the main figure."""
    inputs = dict(bound.inputs)
    apart = np.broadcast_to(bound.inputs["hardware_disaggregated"], (bound.rows,)) > 0
    for name in names:
        inputs[name] = np.full_like(bound.inputs[name], np.nan)
        if (pool := f"prefill_{name}") in inputs:
            inputs[pool] = np.where(apart, inputs[pool], np.nan)
    return replace(bound, inputs=inputs)


def assert_known_alike(before, after, names):
    """Every number that is still there is the one that was there."""
    for name in names:
        still = ~np.isnan(after[name])
        np.testing.assert_allclose(after[name][still], before[name][still], rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("name", LEAVES)
def test_an_unknown_figure_changes_no_number(some, name):
    before, after = (evaluate_bound(bound, OUTPUTS) for bound in (some, without(some, [name])))
    assert_known_alike(before, after, OUTPUTS)
    used = {p for n in REGISTRY.needed(OUTPUTS) for p in REGISTRY.quantities[n].parents}
    if name in used - STAND_ASIDE:
        assert any(np.isnan(after[n]).sum() > np.isnan(before[n]).sum() for n in OUTPUTS)


def test_a_model_that_is_not_published_has_no_time_cost_or_energy(some):
    figures = [n for n in REGISTRY.inputs if n.startswith("model_") and "training" not in n]
    before, after = (evaluate_bound(bound, OUTPUTS) for bound in (some, without(some, figures)))
    kept = [name for name in OUTPUTS if not name.startswith(TRAINING)]
    assert_known_alike(before, after, kept)
    for name in ("fits_memory", "max_batch", "batch", "tpot_s", "ttft_s", "usd_per_query", "wh_per_query"):
        assert np.isnan(after[name]).all(), name
    assert np.isnan(after["bound"]).all()
