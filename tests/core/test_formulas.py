"""Every formula string, evaluated as Python, is the function it stands for."""

import ast
import doctest
import importlib
import math
import pkgutil

import numpy as np
import pytest

import inferscope.core
from inferscope.core.graph import REGISTRY
from inferscope.core.quantities import collectives, functions, load, loaded, power, queues, scaling, serving

SLOTS = 5
ROWS = 400
NUMPY_NAMES = [
    "where",
    "minimum",
    "maximum",
    "fmax",
    "log",
    "log2",
    "exp",
    "ceil",
    "floor",
    "isnan",
    "nan",
    "inf",
]
HELPERS = (
    functions.per_slot,
    functions.slot_sum,
    functions.attended_tokens,
    functions.accepted_tokens,
    functions.distinct_experts,
    functions.routing_folds,
    functions.erlang_c,
    functions.total_days,
    functions.days_to_total,
    queues.burst_factor,
    collectives.all_reduce_s,
    collectives.all_to_all_s,
    collectives.hand_over_s,
    serving.largest,
    power.interpolate_log_batch,
    loaded.running_share,
    loaded.step_share,
    scaling.majority_share,
)
NAMESPACE = {
    **{name: getattr(np, name) for name in NUMPY_NAMES},
    **{helper.__name__: helper for helper in HELPERS},
    "last_slot": np.eye(SLOTS)[-1],
}
QUANTITIES = sorted(REGISTRY.quantities)


def is_slotted(name):
    """Whether an input or a quantity has one number for each attention slot."""
    if name in REGISTRY.inputs:
        return name.startswith("model_slot_")
    return REGISTRY.quantities[name].slotted


def names_in(formula):
    return {node.id for node in ast.walk(ast.parse(formula, mode="eval")) if isinstance(node, ast.Name)}


def by_formula(node, values):
    code = compile(ast.parse(node.formula, mode="eval"), node.name, "eval")
    with np.errstate(all="ignore"):
        result = eval(code, {"__builtins__": {}}, NAMESPACE | values)  # noqa: S307  (our own text)
    return np.asarray(result, dtype=np.float64)


def by_function(node, values):
    with np.errstate(all="ignore"):
        return np.asarray(node.function(**values), dtype=np.float64)


def unit_of(name):
    return (REGISTRY.inputs.get(name) or REGISTRY.quantities[name]).unit


def draw(rng, parameter, resolved, rows):
    """Positive numbers over six decades; yes and no, codes, shares, 0 and 1 where they belong."""
    shape = (rows, SLOTS) if is_slotted(resolved) else (rows,)
    unit = unit_of(resolved)
    if unit == "bool":
        return rng.integers(0, 2, shape).astype(float)
    if unit == "code":
        return rng.integers(0, 4, shape).astype(float)
    wide = 10.0 ** rng.uniform(-3.0, 3.0, shape)
    near_one = 10.0 ** rng.uniform(-0.5, 0.5, shape)
    wide = wide * 1e9 if unit == "parameters" else wide
    kind = rng.integers(0, 10, shape)
    values = np.where(kind < 5, wide, near_one)
    values = np.where(kind == 8, 1.0, values)
    is_denominator = parameter.endswith(("_per_s", "_share", "_factor", "_per_entry", "_parallel"))
    return values if is_denominator else np.where(kind == 9, 0.0, values)


def arguments(node, rng, rows=ROWS):
    values = {
        parameter: draw(rng, parameter, parent, rows)
        for parameter, parent in zip(node.parameters, node.parents, strict=True)
    }
    # An entry contains its indexer bytes: their difference must not be lost to cancellation.
    if {"cache_entry_bytes", "model_slot_index_bytes"} <= set(values):
        values["cache_entry_bytes"] = values["cache_entry_bytes"] + 2 * values["model_slot_index_bytes"]
    return values


def seed_of(name):
    return np.random.default_rng([ord(letter) for letter in name])


@pytest.mark.parametrize("name", QUANTITIES)
def test_a_formula_names_exactly_the_parameters_of_its_function(name):
    node = REGISTRY.quantities[name]
    used = names_in(node.formula)
    assert used - set(NAMESPACE) == set(node.parameters)
    assert not set(NAMESPACE) & set(node.parameters)


@pytest.mark.parametrize("name", QUANTITIES)
def test_a_formula_equals_its_function(name):
    node = REGISTRY.quantities[name]
    values = arguments(node, seed_of(name))
    expected = by_function(node, values)
    np.testing.assert_allclose(by_formula(node, values), expected, rtol=1e-12)
    assert np.isfinite(expected).any()
    assert expected.shape == ((ROWS, SLOTS) if is_slotted(name) else (ROWS,))
    if not node.codes:
        assert len(np.unique(expected)) > (1 if node.unit == "bool" else 5)


@pytest.mark.parametrize("name", QUANTITIES)
def test_a_formula_has_no_number_where_its_function_has_none(name):
    node = REGISTRY.quantities[name]
    rng = seed_of(name)
    for parameter in node.parameters:
        values = arguments(node, rng)
        values[parameter][rng.random(values[parameter].shape) < 0.5] = math.nan
        np.testing.assert_allclose(
            by_formula(node, values), by_function(node, values), rtol=1e-12, err_msg=parameter
        )


@pytest.mark.parametrize("name", QUANTITIES)
def test_an_input_of_one_row_serves_all_rows(name):
    node = REGISTRY.quantities[name]
    rng = seed_of(name)
    for parameter in node.parameters:
        values = arguments(node, rng, rows=6)
        values[parameter] = values[parameter][:1]
        repeated = {**values, parameter: np.repeat(values[parameter], 6, axis=0)}
        expected = by_function(node, repeated)
        given = np.broadcast_to(by_function(node, values), expected.shape)
        np.testing.assert_allclose(given, expected, rtol=1e-13, err_msg=parameter)


@pytest.mark.parametrize("name", QUANTITIES)
def test_a_function_leaves_its_arguments_as_they_are(name):
    node = REGISTRY.quantities[name]
    values = arguments(node, seed_of(name), rows=20)
    before = {parameter: array.copy() for parameter, array in values.items()}
    by_function(node, values)
    for parameter, array in before.items():
        np.testing.assert_array_equal(values[parameter], array, err_msg=parameter)


def test_formulas_are_plain_expressions():
    allowed = (
        *(ast.Expression, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.Name, ast.Constant),
        *(ast.operator, ast.unaryop, ast.cmpop, ast.expr_context),
        *(ast.Subscript, ast.Tuple, ast.Slice),
    )
    for node in REGISTRY.quantities.values():
        for part in ast.walk(ast.parse(node.formula, mode="eval")):
            assert isinstance(part, allowed), f"{node.name}: {ast.dump(part)}"


def test_a_code_has_a_label_for_every_value():
    rng = np.random.default_rng(1)
    for node in REGISTRY.quantities.values():
        if node.codes:
            assert set(by_function(node, arguments(node, rng, 4000))) == set(range(len(node.codes)))


def test_units_are_exact_in_formulas():
    day = by_function(REGISTRY.quantities["queries_per_day"], {"workload_requests_per_s": np.ones(1)})
    assert day[0] == 86_400
    assert load.units.KWH == 3_600_000


MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(inferscope.core.__path__, "inferscope.core.")
    if "_root" not in module.name
)


@pytest.mark.parametrize("name", MODULES)
def test_numbers_in_docstrings_are_right(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0


def test_some_docstrings_have_numbers():
    finder = doctest.DocTestFinder()
    examples = [
        test for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples
    ]
    assert len(examples) >= 10
