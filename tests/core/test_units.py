"""Whoever measures in other units gets the same answer in other units: no formula adds unlike things."""

import re

import numpy as np
import pytest

from inferscope.core.evaluate import evaluate_bound
from inferscope.core.graph import REGISTRY

POWERS = {
    "s": {"time": 1},
    "h": {"time": 1},
    "d": {"time": 1},
    "month": {"time": 1},
    "yr": {"time": 1},
    "days": {"time": 1},
    "W": {"energy": 1, "time": -1},
    "kW": {"energy": 1, "time": -1},
    "MW": {"energy": 1, "time": -1},
    "MVA": {"energy": 1, "time": -1},
    "GW": {"energy": 1, "time": -1},
    "J": {"energy": 1},
    "Wh": {"energy": 1},
    "kWh": {"energy": 1},
    "MWh": {"energy": 1},
    "TWh": {"energy": 1},
    "TOPS": {"time": -1},
    "USD": {"money": 1},
    "g": {"carbon": 1},
    "kg": {"carbon": 1},
    "L": {"water": 1},
}
"""What each unit is made of; counts, bytes and FLOP are left as they are."""
_A_DAY = ("usd_per_day", "flop_method_usd_per_day", "list_revenue_usd_per_day", "served_usd_per_day")
IN_ITS_NAME = dict.fromkeys(_A_DAY, "USD/d")
"""A quantity whose name says per what, and whose unit as shown does not."""
OF_ONE_YEAR = {
    "ecologits_wh_per_query",  # a fit with its own joules and seconds
    *("stolen_weights_share", "capital_recovery_factor"),
    *(f"{pool}_{part}_usd_per_hour" for pool in ("decode", "prefill") for part in ("capital", "owned")),
}
"""Sets something against the cost of one year, however long that is, or compounds by the year."""


def power(unit, dimension):
    """With which power a dimension enters a unit such as ``tokens/s`` or ``TOPS*bit/mm2``."""
    over, _, under = unit.partition("/")
    total = 0
    for words, sign in ((over, 1), (under, -1)):
        for word in re.split(r"[*]", words):
            total += sign * POWERS.get(word, {}).get(dimension, 0)
    return total


def test_units_are_taken_apart():
    assert power("USD/h", "time") == -1
    assert power("g/kWh", "energy") == -1
    assert power("TOPS*bit/mm2", "time") == -1
    assert power("byte", "time") == 0
    assert power("W", "energy") == 1


@pytest.mark.parametrize("dimension", ["time", "energy", "money", "carbon", "water"])
def test_every_quantity_scales_as_its_unit_says(field, dimension):
    """A second thrice as long: every input with time in its unit follows, and so does every quantity."""
    some = field.take(np.arange(0, field.rows, 12))
    nodes = {**REGISTRY.inputs, **REGISTRY.quantities}
    powers = {name: power(IN_ITS_NAME.get(name, node.unit), dimension) for name, node in nodes.items()}
    changes = {name: values * 3.0 ** powers[name] for name, values in some.inputs.items() if powers[name]}
    names = tuple(REGISTRY.quantities)
    before = evaluate_bound(some, names)
    after = evaluate_bound(some.with_inputs(changes), names)
    moved = 0
    for name in set(names) - OF_ONE_YEAR:
        factor = 3.0 ** powers[name]
        np.testing.assert_allclose(after[name], before[name] * factor, rtol=1e-6, err_msg=name)
        moved += factor != 1
    assert moved >= {"time": 40, "energy": 5, "money": 5, "carbon": 1, "water": 1}[dimension]
