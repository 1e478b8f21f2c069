"""The table of a study as columns."""

import numpy as np
import pytest

from inferscope.core.evaluate import evaluate
from inferscope.core.scenario.files import load_scenario
from inferscope.core.study.table import Column, Table

TABLE = Table(
    "",
    (Column("chip"), Column("tpot_s", "s"), Column("fits", "bool"), Column("mixed")),
    (("h100", 0.05, True, 1.0), ("h20", None, False, "none")),
)


def test_numbers_are_floats_and_text_objects():
    assert TABLE["chip"].tolist() == ["h100", "h20"]
    np.testing.assert_array_equal(TABLE["tpot_s"], [0.05, np.nan])
    assert TABLE["fits"].tolist() == [1.0, 0.0]
    assert TABLE["mixed"].tolist() == [1.0, "none"]
    assert TABLE["tpot_s"].dtype == TABLE["fits"].dtype == np.float64


def test_it_is_a_dict_of_columns_with_units():
    assert list(dict(TABLE)) == list(TABLE) == ["chip", "tpot_s", "fits", "mixed"]
    assert TABLE.units == {"chip": "", "tpot_s": "s", "fits": "bool", "mixed": ""}
    with pytest.raises(KeyError):
        TABLE["nothing"]


def test_a_result_says_its_units_too():
    found = evaluate(load_scenario("llama-3.1-70b-h100"), ["tpot_s", "workload_batch"])
    assert found.units == {"tpot_s": "s", "workload_batch": "1"}
