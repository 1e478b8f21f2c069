"""The titles of changed scenarios: never longer than a title may be."""

import pytest

from inferscope.core.scenario.changed import as_changed
from inferscope.core.scenario.files import load_scenario, with_values
from inferscope.core.scenario.schema import LONGEST_NAME

RANGES = {
    "workload.input_tokens": {"dist": "lognormal", "p5": 100.123456, "p95": 4000.123456},
    "workload.output_tokens": {"dist": "lognormal", "p5": 10.123456, "p95": 400.123456},
    "site.wue_l_per_kwh": {"low": 0.0512345, "mid": 0.0712345, "high": 0.0912345},
    "economics.utilization": {"low": 0.31234567, "high": 0.91234567},
    "site.pue": {"low": 1.0912345, "high": 1.4912345},
}
LONG_LIST = {"workload.output_tokens": {"dist": "discrete", "values": list(range(1000, 1400, 2))}}


@pytest.mark.parametrize("changes", [RANGES, LONG_LIST, RANGES | LONG_LIST])
@pytest.mark.parametrize("length", [12, 120, 185, LONGEST_NAME])
def test_a_title_made_of_many_changes_is_one_that_the_schema_takes(changes, length):
    base = load_scenario("llama-3.1-70b-h100").model_copy(update={"name": "n" * length})
    changed = as_changed(with_values(base, changes), base)
    assert len(changed.name) <= LONGEST_NAME
    assert ", with " in changed.name
    assert with_values(changed, {"workload.batch": 3}).name == changed.name


def test_a_title_names_as_many_changes_as_there_is_room_for():
    base = load_scenario("llama-3.1-70b-h100").model_copy(update={"name": "base"})
    changed = as_changed(with_values(base, RANGES), base)
    assert changed.name.startswith("base, with ")
    assert changed.name.endswith(" more")
    one = as_changed(with_values(base, {"workload.batch": 3}), base)
    assert one.name == "base, with workload.batch=3"
