"""The graph refuses what is wired wrongly, and runs only what it must."""

import gc
import weakref

import numpy as np
import pytest

from inferscope.core.bind import bind
from inferscope.core.errors import GraphError, QuantityError
from inferscope.core.evaluate import BESIDE, CONTRACT, evaluate, evaluate_bound
from inferscope.core.graph import REGISTRY, Registry
from inferscope.core.program import compile_program, split_program
from inferscope.core.scenario.files import load_values
from inferscope.core.study.lifecycle import QUANTITIES as LIFE
from inferscope.core.study.scaling import QUANTITIES as SCALING

ABOUT = {"unit": "1", "label": "A number", "formula": "a", "source": "definition"}


@pytest.fixture
def registry():
    found = Registry()
    for name in ("a", "b"):
        found.declare(name, "1", f"Input {name}")
    return found


def add(registry, line, **changes):
    """Declare a quantity from one line of Python: ``name(parameters): expression``."""
    head, _, body = line.partition(":")
    scope = {}
    exec(f"def {head}:\n    'What it means.'\n    return {body}", {"np": np}, scope)  # noqa: S102
    function = next(iter(scope.values()))
    return registry.quantity(**{**ABOUT, **changes})(function)


def ones(*names):
    return {name: np.ones(1) for name in names}


# --- refused --------------------------------------------------------------------------------------


def test_a_cycle_is_refused_and_named(registry):
    add(registry, "x(a, z): a + z")
    add(registry, "y(x): x")
    add(registry, "z(y): y")
    with pytest.raises(GraphError, match="cycle") as caught:
        registry.close()
    assert all(name in str(caught.value) for name in "xyz")


def test_a_quantity_that_needs_itself_is_refused(registry):
    add(registry, "x(x): x")
    with pytest.raises(GraphError, match="cycle"):
        registry.close()


def test_a_parameter_that_nothing_supplies_is_refused_with_the_nearest_name(registry):
    registry.declare("workload_batch", "1", "Batch")
    add(registry, "x(workload_bach): workload_bach")
    with pytest.raises(GraphError, match=r"'x' asks for 'workload_bach'.*did you mean workload_batch"):
        registry.close()


@pytest.mark.parametrize("part", ["unit", "label", "formula", "source"])
def test_a_quantity_without_a_part_is_refused(registry, part):
    with pytest.raises(GraphError, match=rf"'x' has no {part}"):
        add(registry, "x(a): a", **{part: ""})


def test_a_quantity_without_a_docstring_is_refused(registry):
    def x(a):
        return a

    with pytest.raises(GraphError, match="'x' has no docstring"):
        registry.quantity(**ABOUT)(x)


def test_a_name_may_be_declared_once(registry):
    add(registry, "x(a): a")
    with pytest.raises(GraphError, match="'x' is declared twice"):
        add(registry, "x(b): b")
    with pytest.raises(GraphError, match="'a' is declared twice"):
        add(registry, "a(b): b")
    with pytest.raises(GraphError, match="'a' is declared twice"):
        registry.declare("a", "1", "Again")
    with pytest.raises(GraphError, match="'decode_x' is declared twice"):
        add(registry, "decode_x(b): b"), add(registry, "x(b): b", pools=("decode",))


@pytest.mark.parametrize(("unit", "label"), [("", "Batch"), ("1", "")])
def test_an_input_needs_a_unit_and_a_label(registry, unit, label):
    with pytest.raises(GraphError, match="needs a unit and a label"):
        registry.declare("c", unit, label)


def test_an_unknown_output_is_refused_with_the_nearest_name():
    with pytest.raises(QuantityError, match="did you mean tpot_s"):
        evaluate(load_values({}), ["tpot"])
    with pytest.raises(QuantityError, match="unknown input 'workload_bach'"):
        bind([load_values({})]).with_inputs({"workload_bach": np.ones(1)})


# --- wiring ---------------------------------------------------------------------------------------


def test_a_pool_takes_its_own_names_first_and_the_plain_ones_else(registry):
    registry.declare("speed", "1", "Speed", pools=("prefill",))
    add(registry, "time(a, speed): a / speed", pools=("prefill", "decode"))
    add(registry, "twice(time): 2 * time", pools=("prefill", "decode"))
    add(registry, "total(prefill_twice, decode_twice): prefill_twice + decode_twice")
    registry.close()
    assert registry.quantities["prefill_time"].parents == ("a", "prefill_speed")
    assert registry.quantities["decode_time"].parents == ("a", "speed")
    assert registry.quantities["prefill_twice"].parents == ("prefill_time",)
    assert registry.quantities["decode_twice"].parents == ("decode_time",)
    values = {"a": np.array([12.0]), "speed": np.array([3.0]), "prefill_speed": np.array([4.0])}
    assert compile_program(["total"], registry).run(values)["total"] == [2 * 3 + 2 * 4]


def test_a_quantity_outside_the_pools_does_not_see_their_names(registry):
    add(registry, "time(a): a", pools=("prefill", "decode"))
    add(registry, "total(time): time")
    with pytest.raises(GraphError, match="asks for 'time'"):
        registry.close()


def test_the_order_puts_parents_first():
    for name, node in REGISTRY.quantities.items():
        for parent in node.parents:
            assert parent in REGISTRY.inputs or REGISTRY.order[parent] < REGISTRY.order[name]


def test_every_input_is_used_or_is_a_limit_that_the_plan_reads():
    used = {parent for node in REGISTRY.quantities.values() for parent in node.parents}
    unused = set(REGISTRY.inputs) - used
    assert {name for name in unused if not name.startswith("slo_")} == set()


CROSS_CHECKS = (
    *("flop_method_accelerators", "flop_method_usd_per_day", "flop_method_mwh_per_day"),
    *("list_profit_over_cost", "list_gross_margin", "usd_per_million_fresh_input_tokens", "overtraining"),
)
"""What a preset or a user asks for beside the report."""


def test_every_quantity_serves_the_report_or_says_that_it_is_a_result():
    """A quantity that nothing needs is a result of its own; all others lead to the report."""
    needed = set(REGISTRY.needed((*CONTRACT, *BESIDE, *SCALING, *LIFE, *CROSS_CHECKS)))
    used = {parent for node in REGISTRY.quantities.values() for parent in node.parents}
    orphans = set(REGISTRY.quantities) - needed
    assert all(name not in used or REGISTRY.descendants({name}) <= orphans for name in orphans)
    assert len(orphans) < 10


def test_inputs_are_named_after_their_section_and_results_are_not():
    sections = (
        "hardware model optimizations workload slo economics site training test_time routes calibration"
        " flop_method lifecycle loss"
    )
    for name in REGISTRY.inputs:
        assert name.removeprefix("prefill_").startswith(tuple(f"{s}_" for s in sections.split())), name


def test_descendants_and_ancestors_agree():
    for name in ("weight_bytes", "prefill_service_s", "batch", "tpot_s"):
        for child in REGISTRY.descendants({name}):
            assert name in REGISTRY.needed([child])


# --- running --------------------------------------------------------------------------------------


@pytest.fixture
def calls(registry):
    """A chain x -> y -> z and a branch w, which count how often they run."""
    counted = dict.fromkeys("wxyz", 0)

    def tick(name, values):
        counted[name] += 1
        return values

    scope = {"tick": tick}
    for name, parent in (("x", "a"), ("y", "x"), ("z", "y"), ("w", "x")):
        exec(f"def {name}({parent}):\n    'Counts.'\n    return tick('{name}', {parent} + 1)", scope)  # noqa: S102
        registry.quantity(**ABOUT)(scope[name])
    return counted


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [("x", "x"), ("y", "xy"), ("w", "xw"), ("z", "xyz"), ("wz", "wxyz"), ("a", ""), ("xx", "x")],
)
def test_only_what_the_outputs_need_is_run_and_only_once(registry, calls, outputs, expected):
    compile_program(list(outputs), registry).run(ones("a"))
    assert calls == {name: int(name in expected) for name in calls}


def test_a_program_asks_for_no_input_it_does_not_need(registry, calls):
    program = compile_program(["z", "b"], registry)
    assert program.inputs == ("a", "b")
    assert program.run({"a": np.zeros(1), "b": np.full(1, 7.0)}) == {"z": [3.0], "b": [7.0]}
    assert calls["w"] == 0


def test_what_is_given_is_not_computed_again(registry, calls):
    program = compile_program(["z"], registry, given=["y"])
    assert program.inputs == ("y",)
    assert program.run({"y": np.full(1, 10.0)})["z"] == [11.0]
    assert calls == {"w": 0, "x": 0, "y": 0, "z": 1}


def test_a_split_search_gives_the_numbers_of_the_whole():
    bound = bind([load_values({"workload": {"batch": 1}, "hardware": {"count": 1}})])
    bound = bound.with_inputs({f"hardware_{n}_parallel": np.ones(1) for n in ("tensor", "pipeline", "data")})
    outputs, varying = ("tpot_s", "ttft_s", "max_batch"), ("workload_batch",)
    still, moving = split_program(outputs, varying)
    assert not set(still.outputs) & REGISTRY.descendants(varying)
    assert len(moving.steps) < len(compile_program(outputs).steps)
    batches = np.array([1.0, 5.0, 60.0])
    found = moving.run({**bound.inputs, **still.run(bound.inputs), "workload_batch": batches})
    whole = evaluate_bound(bound.with_inputs({"workload_batch": batches}), outputs)
    for name in outputs:
        np.testing.assert_array_equal(np.broadcast_to(found[name], 3), whole[name])


def test_arrays_are_let_go_after_their_last_use(registry):
    alive, peak = [], []

    def remember(values):
        peak.append(sum(reference() is not None for reference in alive))
        alive.append(weakref.ref(values))
        return values

    scope = {"remember": remember}
    names = [f"step_{i}" for i in range(30)]
    for name, parent in zip(names, ["a", *names], strict=False):
        exec(f"def {name}({parent}):\n    'Chain.'\n    return remember({parent} + 1)", scope)  # noqa: S102
        registry.quantity(**ABOUT)(scope[name])
    gc.disable()
    try:
        found = compile_program([names[-1], names[3]], registry).run({"a": np.zeros(1000)})
    finally:
        gc.enable()
    assert found[names[-1]][0] == 30
    assert found[names[3]][0] == 4
    assert max(peak) <= 3  # the parent, the kept output, and the array being made
    assert sum(reference() is not None for reference in alive) == 2


def test_most_arrays_of_a_real_run_are_let_go():
    program = compile_program(CONTRACT)
    freed = {register for step in program.steps for register in step.frees}
    kept = {step.writes for step in program.steps} - freed
    assert kept <= set(program.places)
    assert len(freed) > 50


def test_the_same_question_is_compiled_once():
    assert compile_program(CONTRACT) is compile_program(list(CONTRACT))
    assert compile_program(["tpot_s", "tpot_s"]).outputs == ("tpot_s",)


# --- pins -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("calls")
def test_a_pin_takes_the_place_of_the_quantity_in_its_rows(registry):
    pins = {"x": np.array([np.nan, 100.0])}
    found = compile_program(["x", "z"], registry).run({"a": np.zeros(2)}, pins)
    assert found["x"].tolist() == [1, 100]
    assert found["z"].tolist() == [3, 102]


def test_a_pinned_quantity_moves_everything_behind_it():
    free = load_values({"workload": {"batch": 8}})
    pinned = load_values({"workload": {"batch": 8}, "pins": {"tpot_s": 0.5, "wh_per_query": 7}})
    result = evaluate([free, pinned])
    assert result["tpot_s"][1] == 0.5
    assert result["tpot_s"][0] != 0.5
    assert result["output_tok_s_per_user"][1] == 2
    assert result["e2e_latency_s"][1] == pytest.approx(result["ttft_s"][1] + 511 * 0.5)
    assert result["joules_per_output_token"][1] == pytest.approx(7 * 3600 / 512)
    assert result["flop_per_query"][0] == result["flop_per_query"][1]


def test_a_pin_does_not_move_the_planned_batch():
    """The batch is the one planned without the pin."""
    slo = {"slo": {"tpot_s": 0.02}}
    free, pinned = evaluate([load_values(slo), load_values({**slo, "pins": {"tpot_s": 9.0}})])["batch"]
    assert free == pinned


@pytest.mark.parametrize("name", ["bound", "decode_cache_memory_s", "tpot", "cache_entry_bytes"])
def test_what_is_no_single_number_cannot_be_pinned(name):
    with pytest.raises(Exception, match=rf"pins\.{name}"):
        evaluate(load_values({"pins": {name: 1.0}}))
