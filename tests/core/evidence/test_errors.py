"""The widths of the model's own error are what was measured, and are measured again here."""

import math
import tomllib

import numpy as np
import pytest

from inferscope.core import catalog
from inferscope.core.evidence.measurements import packaged
from inferscope.core.evidence.validate import validate
from inferscope.core.leaves.leaf import CONSTANTS, error_class

TIMES = ("tpot_s", "e2e_latency_s", "output_tok_s", "output_tok_s_per_accelerator", "output_tok_s_per_node")
PROMPTS = ("prefill_tok_s", "prefill_tok_s_per_node")
CHIPS = {"measured": "h100-sxm", "same_maker": "a100-sxm-80", "other": "mi300x"}


@pytest.fixture(scope="module")
def predictions():
    return validate(packaged())


def p90(predictions, chip, metrics):
    """The 90th percentile of the error on the published rows of a class."""
    title = error_class(catalog.accelerator(chip)).title
    found = [p for p in predictions if p.error_class == title and p.row.metric in metrics and not p.refused]
    return np.quantile([abs(math.log(p.ratio)) for p in found], 0.9), len(found)


@pytest.mark.parametrize(
    ("class_", "factor", "metrics", "held_out"),
    [
        ("measured", "decode_time_factor", TIMES, "tpot"),
        ("measured", "first_token_time_factor", ("ttft_s",), "ttft"),
        ("same_maker", "decode_time_factor", TIMES, None),
        ("same_maker", "prefill_time_factor", PROMPTS, None),
        ("other", "decode_time_factor", TIMES, None),
        ("other", "first_token_time_factor", ("ttft_s",), None),
    ],
)
def test_a_measured_width_is_the_90th_percentile_of_the_error(predictions, class_, factor, metrics, held_out):
    leaf = error_class(catalog.accelerator(CHIPS[class_])).factors[factor]
    error, rows = p90(predictions, CHIPS[class_], metrics)
    if held_out is not None:
        known = tomllib.loads(CONSTANTS.read_text("utf-8"))["errors"][held_out]["held_out"]
        error = max(error, known["p90"])
        assert f"{known['rows']} rows" in leaf.note
    assert leaf.kind == "measured"
    assert f"on {rows} published" in leaf.note
    assert math.log(leaf.span[1]) == pytest.approx(error, abs=0.02)
    assert math.log(leaf.span[0]) == pytest.approx(-error, abs=0.02)


def test_a_class_without_measurements_is_wider_and_a_choice():
    for factor in ("prefill_time_factor", "first_token_time_factor", "power_factor"):
        spans = [error_class(catalog.accelerator(chip)).factors[factor].span for chip in CHIPS.values()]
        widths = [math.log(high / low) for low, high in spans]
        assert widths == sorted(widths), factor
