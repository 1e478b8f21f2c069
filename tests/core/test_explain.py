"""Explaining a number: down to leaves, each with a kind and a source."""

import json
import math
import re

import pytest

from inferscope.core.errors import QuantityError
from inferscope.core.evaluate import CONTRACT, evaluate
from inferscope.core.explain import explain, text
from inferscope.core.export.tables import json_text
from inferscope.core.graph import REGISTRY
from inferscope.core.report import OUTPUTS
from inferscope.core.scenario import files
from inferscope.core.scenario.files import load, load_values, with_values

PRESETS = sorted(path.stem for path in files.shipped_directory().glob("*.toml"))
KINDS = {"scenario", "default", "planned", "derived", "identity", "assumption", "catalogue"}
FROM_THE_CATALOGUE = {"datasheet", "measured", "derived", "assumed", "estimated", "quoted", "fitted"}


@pytest.fixture(scope="module", params=PRESETS)
def result(request):
    return evaluate(load(request.param).scenario, OUTPUTS)


def leaves(tree):
    if not tree.parts:
        return [tree]
    return [leaf for part in tree.parts for leaf in leaves(part)]


def nodes(tree, seen=None):
    seen = {} if seen is None else seen
    if tree.name not in seen:
        seen[tree.name] = tree
        for part in tree.parts:
            nodes(part, seen)
    return seen


def test_every_quantity_of_the_contract_goes_down_to_leaves(result):
    for name in CONTRACT:
        tree = explain(result, name)
        found = nodes(tree)
        assert found, name
        for item in found.values():
            if item.parts:
                assert item.formula, item.name
                assert item.filled, item.name
                assert item.source, item.name
                assert item.meaning, item.name
            else:
                assert item.name in REGISTRY.inputs or item.kind == "user", f"{name} stops at {item.name}"
            assert item.kind, item.name
            assert item.unit, item.name
            assert item.label, item.name


def test_every_leaf_from_outside_has_a_source(result):
    for name in CONTRACT:
        for leaf in nodes(explain(result, name)).values():
            if leaf.parts or (isinstance(leaf.value, float) and math.isnan(leaf.value)):
                continue
            if leaf.kind not in ("scenario", "default"):
                assert leaf.source or leaf.note, f"{leaf.name} ({leaf.kind})"


def test_the_value_explained_is_the_value_reported(result):
    for name in CONTRACT:
        value, told = float(result[name][0]), explain(result, name).value
        assert told == pytest.approx(value, nan_ok=True), name


def test_the_text_names_everything_once_and_numbers_its_sources(result):
    shown = text(explain(result, "usd_per_query"))
    body, _, sources = shown.partition("\nSources\n")
    numbers = {int(n) for n in re.findall(r"\[(\d+)\]", body)}
    listed = [int(n) for n in re.findall(r"^\[(\d+)\] ", sources, re.MULTILINE)]
    assert listed == list(range(1, len(listed) + 1))
    assert numbers == set(listed)
    heads = re.findall(r"^ *(\w+) = .*  [A-Z]", body, re.MULTILINE)
    assert len(heads) == len(set(heads))


@pytest.mark.parametrize("depth", [0, 1, 3, 40])
def test_to_a_depth_every_name_is_shown_or_counted(depth):
    tree = explain(evaluate(load("llama-3.1-70b-h100").scenario, ["tpot_s"]), "tpot_s")
    shown = text(tree, depth, "; more")
    body = shown.partition("\nSources\n")[0]
    indents = [len(line) - len(line.lstrip()) for line in re.findall(r"^ *\w+ = .*", body, re.MULTILINE)]
    assert max(indents) <= 2 * depth
    explained = re.findall(r"^ *(\w+) = .*  [A-Z].* \[\d+\]$", body, re.MULTILINE)
    assert len(explained) == len(set(explained))
    seen = set(re.findall(r"^ *(\w+) = ", body, re.MULTILINE))
    missing = set(nodes(tree)) - seen
    counted = [int(n) for n in re.findall(r"^ *\.\.\. (\d+) more below; more$", body, re.MULTILINE)]
    assert bool(missing) == bool(counted)
    assert sum(counted) >= len(missing)
    if depth == 0:
        assert counted == [len(nodes(tree)) - 1]
        assert tree.to_dict(0)["left_out"] == counted[0]
    if depth == 40:
        assert "left_out" not in json.dumps(tree.to_dict(depth))


def test_what_stands_twice_is_explained_where_it_stands_highest():
    shown = text(explain(evaluate(load("llama-3.1-70b-h100").scenario, ["tpot_s"]), "tpot_s"), 3)
    for name in re.findall(r"^ *(\w+) = .*\(explained (?:above|below)\)$", shown, re.MULTILINE):
        assert re.search(rf"^ *{name} = .*  [A-Z].* \[\d+\]$", shown, re.MULTILINE), name


def test_the_json_form_is_the_same_tree(result):
    tree = explain(result, "tpot_s")
    plain = json.loads(json_text(tree.to_dict()))

    def same(item, table):
        assert table["name"] == item.name
        assert table.get("formula", "") == item.formula
        assert [part.name for part in item.parts] == [part["name"] for part in table["parts"]]
        for part, inner in zip(item.parts, table["parts"], strict=True):
            same(part, inner)

    same(tree, plain)
    if math.isnan(tree.value):
        assert plain["value"] is None
    else:
        assert plain["value"] == pytest.approx(tree.value)


def test_a_planned_batch_says_why_no_more():
    scenario = with_values(
        load("llama-3.1-70b-h100").scenario, {"workload.batch": "auto", "slo.tpot_s": 0.02}
    )
    tree = explain(evaluate(scenario, ["batch"]), "batch")
    (leaf,) = [item for item in nodes(tree).values() if item.name == "workload_batch"]
    assert leaf.kind == "planned"
    found = re.fullmatch(
        r"batch (\d+): tpot ([\d.]+) ms; (\d+) gives ([\d.]+) ms > 20 ms \(SLO\)", leaf.source
    )
    batch, below, more, above = (float(x) for x in found.groups())
    assert (more, below <= 20 < above) == (batch + 1, True)
    assert batch == leaf.value
    assert leaf.source in text(tree)


def test_a_batch_that_memory_limits_says_so():
    tree = explain(evaluate(load("deepseek-r1-h20").scenario, ["batch"]), "batch")
    assert re.search(r"planned: batch (\d+): memory holds \1 sequences", text(tree))


def test_the_users_value_shows_as_the_users():
    price = {"value": 1.5, "source": "invoice 4711", "date": "2025-02-28"}
    result = evaluate(load_values({"economics": {"usd_per_accelerator_hour": price}}), ["usd_per_query"])
    leaf = nodes(explain(result, "usd_per_query"))["economics_usd_per_accelerator_hour"]
    assert (leaf.value, leaf.kind, leaf.source, leaf.date) == (1.5, "scenario", "invoice 4711", "2025-02-28")
    shown = text(explain(result, "usd_per_query"))
    assert "invoice 4711" in shown
    assert "(2025-02-28)" in shown


def test_a_pinned_quantity_is_a_leaf_of_the_users():
    result = evaluate(load_values({"pins": {"tpot_s": 0.02}}), ["e2e_latency_s"])
    item = nodes(explain(result, "e2e_latency_s"))["tpot_s"]
    assert (item.kind, item.value, item.source, item.parts) == ("user", 0.02, "pinned in the scenario", [])


def test_a_missing_leaf_says_why():
    result = evaluate(load_values({"model": {"id": "gpt-4"}}), ["tpot_s"])
    absent = [i for i in nodes(explain(result, "tpot_s")).values() if i.name == "model_layers"]
    assert absent[0].why.startswith("unknown: the architecture of gpt-4 is not published")


def test_an_unknown_quantity_is_refused():
    result = evaluate(load_values({}), ["tpot_s"])
    with pytest.raises(QuantityError, match="did you mean tpot_s"):
        explain(result, "tpot")
