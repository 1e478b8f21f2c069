"""The optimisations: number formats, speculation, caching and scheduling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inferscope.tui.fields import Field

if TYPE_CHECKING:
    from inferscope.core.scenario.schema import Scenario
    from inferscope.tui.answer import Answer


def _formats() -> tuple[str, ...]:
    from inferscope.core import catalog

    return ("native", *catalog.formats())


def _cache_formats() -> tuple[str, ...]:
    from inferscope.core import catalog

    return tuple(name for name, form in catalog.formats().items() if form.kv_bits.is_known)


def _speculation() -> tuple[str, ...]:
    from inferscope.core import catalog

    return ("off", *catalog.speculative_methods())


def _switch() -> tuple[str, ...]:
    return ("off", "on")


def _weights(scenario: Scenario, answer: Answer | None) -> tuple[str, str]:
    given = scenario.optimizations.weight_format
    if answer is None or given != "native":
        return given, ""
    linear, expert = answer.text("weight_format"), answer.text("expert_weight_format")
    return (linear if linear == expert else f"{linear}+{expert}"), "native"


def _activations(scenario: Scenario, answer: Answer | None) -> tuple[str, str]:
    given = scenario.optimizations.activation_format
    if answer is None or given != "native":
        return given, ""
    return answer.text("activation_format"), "native"


def _drafting(scenario: Scenario, answer: Answer | None) -> tuple[str, str]:
    given = scenario.optimizations.speculative
    if given is None:
        return "off", ""
    if answer is None:
        return given.method, ""
    drafted, accepted = (
        answer.input("optimizations_draft_tokens"),
        answer.input("optimizations_draft_acceptance"),
    )
    if drafted is None or accepted is None:
        return given.method, ""
    return given.method, f"{drafted:g} at {100 * accepted:.0f} %"


FIELDS = (
    Field(
        "optimizations.weight_format",
        "Weights",
        "format of the weights; native is the model's own",
        kind="choice",
        options=_formats,
        leaf="optimizations_linear_bytes_per_param",
        essential=True,
        shown=_weights,
    ),
    Field(
        "optimizations.activation_format",
        "Activations",
        "format of the activations; it decides the rate",
        kind="choice",
        options=_formats,
        leaf="hardware_linear_flop_per_s",
        shown=_activations,
    ),
    Field(
        "optimizations.kv_format",
        "KV cache",
        "format of the key-value cache",
        kind="choice",
        options=_cache_formats,
        leaf="optimizations_kv_bytes_per_element",
        essential=True,
    ),
    Field(
        "optimizations.speculative",
        "Speculation",
        "draft tokens that one step checks together",
        kind="choice",
        options=_speculation,
        leaf="optimizations_draft_acceptance",
        essential=True,
        shown=_drafting,
    ),
    Field(
        "optimizations.prefix_cache_hit_rate",
        "Cache hits",
        "share of the prompt that is found in the cache",
        scale="share",
        leaf="optimizations_prefix_cache_hit_rate",
        start=0.1,
    ),
    Field(
        "optimizations.continuous_batching",
        "Cont. batch",
        "sequences join and leave at every step",
        kind="choice",
        options=_switch,
    ),
    Field(
        "optimizations.chunked_prefill",
        "Chunked",
        "prompts are cut and mixed into decode steps",
        kind="choice",
        options=_switch,
        leaf="optimizations_prompt_share_in_ttft",
    ),
    Field(
        "optimizations.two_batch_overlap",
        "Overlap",
        "two micro-batches hide communication",
        kind="choice",
        options=_switch,
        leaf="optimizations_two_batch_overlap",
    ),
    Field(
        "optimizations.confidential_computing",
        "Encrypted",
        "memory and links are encrypted in hardware",
        kind="choice",
        options=_switch,
        leaf="optimizations_confidential_overhead",
    ),
    Field(
        "optimizations.power_cap_w",
        "Power cap",
        "cap on the power of one accelerator",
        scale="power",
        unit="W",
        leaf="optimizations_power_cap_w",
        empty="none",
        start=500,
    ),
)
