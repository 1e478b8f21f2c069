"""What inference is worth in training, and the ways around a line: laws, teachers and defaults as leaves."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

from inferscope.core import catalog
from inferscope.core.catalog import Record
from inferscope.core.catalog.sources import remember
from inferscope.core.errors import CatalogError, ScenarioError
from inferscope.core.leaves.leaf import NEEDS_INPUT, UNKNOWN, Leaf, catalog_leaf, given_or, named, number_leaf
from inferscope.core.scenario.scaling import Routes, TestTime
from inferscope.core.scenario.schema import Scenario
from inferscope.core.scenario.section import Section
from inferscope.core.scenario.training import BOTH_WAYS

_TEST_TIME, _ROUTES = "test_time", "routes"
_WANTED = (
    "wage_usd_per_hour",
    "price_decline_per_year",
    "fleet_growth_per_year",
    "single_pass_rate",
    "points_per_decade",
    "selection_accuracy",
)
"""Of [test_time]: what nobody can know for the user."""
_ABSENT = ("fine_tuning_flop", "scratch_flop")
"""Of [routes]: where it is absent, a quantity says what is taken."""
_OF_TECHNIQUES = {"distillation_retention": "distillation_retention", "amplification": "amplification_factor"}
_OF_ROUTES = {
    "post_training_gain": "post_training_gain",
    "expansion_saving": "expansion_saving",
    "round_tokens": "round_tokens",
    "distillation_tokens": "round_tokens",
    "training_cost_decline_per_year": "training_cost_decline_per_year",
}
"""Keys of [routes] by the catalogue's default for them."""


def scaling_leaves(scenario: Scenario, record: Record) -> dict[str, Leaf]:
    """The leaves of [test_time] and [routes], and how often a user asks.

    Args:
        scenario: The scenario.
        record: Its model's record, which may name a teacher.

    Raises:
        ScenarioError: A law, a teacher or a small model that does not exist.
    """
    _check_small_model(scenario)
    work = scenario.workload
    asks = number_leaf(
        work.queries_per_user_per_day,
        "workload.queries_per_user_per_day",
        why=f"{NEEDS_INPUT}: workload.queries_per_user_per_day",
    )
    law = catalog.loss_law()
    fit = {f"loss_{name}": catalog_leaf(law[name], "") for name in ("a", "b", "alpha", "beta")}
    return {
        **fit,
        "workload_queries_per_user_per_day": asks,
        **(_test_time(scenario.test_time) if scenario.test_time.model_fields_set else _plain_test_time()),
        **(_routes(scenario.routes) if scenario.routes.model_fields_set else _plain_routes()),
        **_modification(scenario),
        **_teacher(scenario, record),
    }


@lru_cache(maxsize=1)
def _plain_test_time() -> dict[str, Leaf]:
    """Where a scenario says nothing of it, as most do: a screen binds hundreds of them at a keystroke."""
    return _test_time(TestTime())


@lru_cache(maxsize=1)
def _plain_routes() -> dict[str, Leaf]:
    return _routes(Routes())


def _modification(scenario: Scenario) -> dict[str, Leaf]:
    """The compute of a modification that rules are told of, where the routes say nothing else."""
    spent = scenario.policy.modification_flop
    if spent is None or scenario.routes.fine_tuning_flop is not None:
        return {}
    return {f"{_ROUTES}_fine_tuning_flop": number_leaf(spent, "policy.modification_flop")}


def _check_small_model(scenario: Scenario) -> None:
    if scenario.routes.small_model is not None:
        named(catalog.model, scenario.routes.small_model, f"{_ROUTES}.small_model")


def _test_time(section: TestTime) -> dict[str, Leaf]:
    found = {f"{_TEST_TIME}_{name}": leaf for name, leaf in _law(section.law).items()}
    for name in ("exponent", "plateau"):
        if getattr(section, name) is not None:
            found[f"{_TEST_TIME}_{name}"] = _own(section, _TEST_TIME, name)
    for name in ("multiplier", "task_share", "line_flop", "agent_tok_s"):
        found[f"{_TEST_TIME}_{name}"] = _own(section, _TEST_TIME, name)
    for name in _WANTED:
        found[f"{_TEST_TIME}_{name}"] = _own(section, _TEST_TIME, name, wanted=True)
    fitted = catalog.technique_default("coverage_b")
    found[f"{_TEST_TIME}_coverage_exponent"] = _or(section, _TEST_TIME, "coverage_exponent", fitted)
    return found


@lru_cache(maxsize=16)
def _law(name: str) -> dict[str, Leaf]:
    """Exponent and plateau of a law, each with where it was read."""
    try:
        law = catalog.exchange_law(name)
    except CatalogError as error:
        raise ScenarioError(error.message, key=f"{_TEST_TIME}.law") from None
    parts = {"exponent": law.exponent, "plateau": law.plateau}
    return {
        part: catalog_leaf(value, f"{_TEST_TIME}.{part}", f"{law.title}: {value.note or law.about}")
        for part, value in parts.items()
    }


def _routes(section: Routes) -> dict[str, Leaf]:
    found = {f"{_ROUTES}_{name}": _own(section, _ROUTES, name) for name in _ABSENT}
    found[f"{_ROUTES}_years_since_training"] = _own(section, _ROUTES, "years_since_training")
    for name, key in _OF_TECHNIQUES.items():
        found[f"{_ROUTES}_{name}"] = _or(section, _ROUTES, name, catalog.technique_default(key))
    for name, key in _OF_ROUTES.items():
        found[f"{_ROUTES}_{name}"] = _or(section, _ROUTES, name, catalog.route_default(key))
    for name, key in (("rejection", "distillation_rejection_factor"), ("epochs", "distillation_epochs")):
        found[f"{_ROUTES}_distillation_{name}"] = catalog_leaf(catalog.technique_default(key), "")
    return found


def _teacher(scenario: Scenario, record: Record) -> dict[str, Leaf]:
    """Compute and size of the model that this one is distilled from."""
    section, key = scenario.routes, f"{_ROUTES}.teacher"
    name = section.teacher or record.text.get("distilled_from")
    flop_name, size_name = f"{_ROUTES}_teacher_flop", f"{_ROUTES}_teacher_active_parameters"
    nobody = Leaf(math.nan, why=f"{NEEDS_INPUT}: {key}", key=key)
    found = {flop_name: nobody, size_name: nobody}
    if name:
        teacher = named(catalog.model, name, key)
        size = _active(teacher.id, key)
        found = {flop_name: _trained(teacher, size), size_name: size}
    given = scenario.training.distillation_teacher_training
    if section.teacher_flop is not None:
        found[flop_name] = _own(section, _ROUTES, "teacher_flop")
    elif given is not None and given.is_given:
        low, middle, high = given.ends(BOTH_WAYS)
        key = "training.distillation_teacher_training"
        found[flop_name] = Leaf(middle, "scenario", "scenario", key=key, span=(low, high))
    return found


def _trained(teacher: Record, size: Leaf) -> Leaf:
    """Its training compute: 6ND where tokens are known, as for the scenario's own model; else published."""
    tokens, key = teacher.values["training_tokens"], f"{_ROUTES}.teacher_flop"
    if tokens.value is None or math.isnan(size.value):
        return catalog_leaf(teacher.values["training_flop"], key, f"of {teacher.id}")
    return Leaf(6.0 * size.value * tokens.value, "computed", f"6ND of {teacher.id}", tokens.date, key=key)


@remember(64)
def _active(teacher_id: str, key: str) -> Leaf:
    """Weights that one of the teacher's tokens multiplies."""
    teacher = catalog.model(teacher_id)
    if teacher.architecture is None:
        stated = teacher.values["active_params_stated"]
        why = "" if stated.is_known else f"{UNKNOWN}: the architecture of {teacher.id} is not published"
        return replace(catalog_leaf(stated, key, f"as stated for {teacher.id}"), why=why)
    size = catalog.fold(teacher.architecture).active_params_without_input_embedding
    return Leaf(size, "computed", f"the architecture of {teacher.id}", key=key)


def _own(section: Section, title: str, name: str, *, wanted: bool = False) -> Leaf:
    key = f"{title}.{name}"
    why = f"{NEEDS_INPUT}: {key}" if wanted else ""
    return number_leaf(getattr(section, name), key, why=why, is_set=name in section.model_fields_set)


def _or(section: Section, title: str, name: str, default: catalog.Value) -> Leaf:
    """The scenario's number, else the catalogue's."""
    return given_or(getattr(section, name), default, f"{title}.{name}")
