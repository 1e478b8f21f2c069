"""Where every number comes from: formats and their fall-backs, chips, closed models, prices, layouts."""

import math

import pytest

from inferscope.core import catalog
from inferscope.core.errors import ScenarioError
from inferscope.core.evaluate import CONTRACT, evaluate
from inferscope.core.leaves import calibration, resolve
from inferscope.core.report import report
from inferscope.core.scenario.files import load, load_values

ONE = {"count": 1, "tensor_parallel": 1, "pipeline_parallel": 1, "data_parallel": 1}


def resolved(accelerator="h100-sxm", model="llama-3.1-8b", **sections):
    hardware = {"accelerator": accelerator, **sections.pop("hardware", {})}
    model_table = {"id": model, **sections.pop("model_table", {})}
    return resolve(load_values({"model": model_table, "hardware": hardware, **sections}))


def refusal(tables):
    with pytest.raises(ScenarioError) as caught:
        resolve(load_values(tables))
    return caught.value


# --- formats -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chip", "weights", "computes_at", "wanted"),
    [
        ("h100-sxm", "fp8", "fp8", None),
        ("a100-sxm-80", "fp8", "bf16", "fp8"),
        ("a100-sxm-80", "int8", "int8", None),
        ("h100-sxm", "nvfp4", "fp8", "fp4"),
        ("b200-sxm", "nvfp4", "fp4", None),
        ("b300-sxm", "int8", "fp8", "int8"),
        ("rtx-4090", "nvfp4", "fp8", "fp4"),
        ("tpu7x", "int8", "bf16", "int8"),
        ("a100-sxm-80", "nvfp4", "bf16", "fp4"),
        ("h100-sxm", "int4", "bf16", None),
        ("h100-sxm", "mxfp4", "bf16", None),
    ],
)
def test_a_format_computes_at_the_rate_the_chip_has_and_says_so(chip, weights, computes_at, wanted):
    found = resolved(chip, optimizations={"weight_format": weights}, hardware=ONE)
    peak = catalog.accelerator(chip).values[f"{computes_at}_flop_per_s"].value
    assert found.leaves["hardware_linear_flop_per_s"].value == peak
    fallen = [note for note in found.notes if "compute at" in note]
    if wanted is None:
        assert fallen == []
    else:
        assert fallen == [f"{chip} has no usable {wanted} rate: linear layers compute at {computes_at}"]


WIDER = {"fp4": "fp8", "int4": "int8", "fp8": "bf16", "int8": "bf16", "bf16": "fp32"}
FORMATS_AT = {"fp4": "nvfp4", "int4": "int4", "fp8": "fp8", "int8": "int8", "bf16": "bf16"}
# Parts whose INT8 is slower than their FP8, and half of one of them.
NOT_THE_NEXT = {("b300-sxm", "int8"): "fp8", ("gb300-nvl72", "int8"): "fp8", ("b30a", "int8"): "fp8"}


def next_usable(chip, wanted):
    """The rule: the format itself, else the next wider one; an unknown peak ends the search."""
    rate = wanted
    while rate is not None:
        rate = NOT_THE_NEXT.get((chip, rate), rate)
        value = catalog.accelerator(chip).values[f"{rate}_flop_per_s"]
        if value.state != "unsupported":
            return value
        rate = WIDER.get(rate)
    return None


@pytest.mark.parametrize("chip", catalog.ids("accelerator"))
def test_every_chip_computes_at_the_next_wider_rate_that_it_has(chip):
    for wanted, name in FORMATS_AT.items():
        options = {"weight_format": name, "activation_format": name}
        leaf = resolved(chip, optimizations=options, hardware=ONE).leaves["hardware_linear_flop_per_s"]
        value = next_usable(chip, wanted)
        if value.is_known:
            assert leaf.value == value.value, wanted
            wider = next_usable(chip, WIDER[wanted])
            assert wider.value is None or wider.value <= value.value, wanted
        else:
            assert math.isnan(leaf.value), wanted
            assert leaf.why.startswith("unknown"), wanted


def test_experts_fall_back_with_a_note_only_where_there_are_experts():
    dense = resolved("a100-sxm-80", optimizations={"weight_format": "fp8"})
    mixed = resolved("a100-sxm-80", "deepseek-v3")
    assert not any("expert" in note for note in dense.notes)
    assert "a100-sxm-80 has no usable fp8 rate: expert layers compute at bf16" in mixed.notes


def test_narrow_weights_are_dequantised_and_wide_ones_are_not():
    narrow = resolved(optimizations={"weight_format": "int4"}).leaves["optimizations_linear_rate_efficiency"]
    assert narrow.value == pytest.approx(0.8)
    assert narrow.source
    for weights in ("bf16", "fp8", "int8"):
        found = resolved(optimizations={"weight_format": weights})
        assert found.leaves["optimizations_linear_rate_efficiency"].value == 1.0, weights


def test_routed_experts_may_have_a_format_of_their_own_with_its_activations():
    """NVFP4 checkpoints of DeepSeek keep attention in fp8: 1 and 4.5/8 byte a parameter."""
    options = {"weight_format": "fp8", "expert_weight_format": "nvfp4"}
    found = resolved(model="deepseek-r1", accelerator="b200-sxm", optimizations=options).leaves
    assert found["optimizations_linear_bytes_per_param"].value == 1.0
    assert found["optimizations_expert_bytes_per_param"].value == 0.5625
    assert found["hardware_linear_flop_per_s"].value == 4.5e15
    assert found["hardware_expert_flop_per_s"].value == 9.0e15
    assert found["optimizations_expert_bytes_per_param"].key == "optimizations.expert_weight_format"
    weight_only = {**options, "expert_weight_format": "int4"}
    found = resolved(model="deepseek-r1", accelerator="b200-sxm", optimizations=weight_only).leaves
    assert found["hardware_expert_flop_per_s"].value == 2.25e15
    assert found["optimizations_expert_rate_efficiency"].value == pytest.approx(0.8)


def test_narrowed_experts_lose_what_their_format_loses():
    native = resolved(model="qwen3-235b-a22b").leaves["optimizations_weight_recovery"]
    narrowed = resolved(model="qwen3-235b-a22b", optimizations={"expert_weight_format": "int4"}).leaves
    whole = resolved(model="qwen3-235b-a22b", optimizations={"weight_format": "int4"}).leaves
    assert native.value == 1.0
    leaf = narrowed["optimizations_weight_recovery"]
    assert leaf.value == whole["optimizations_weight_recovery"].value < 1.0
    assert leaf.key == "optimizations.expert_weight_format"
    dense = resolved(model="qwen3-32b", optimizations={"expert_weight_format": "int4"}).leaves
    assert dense["optimizations_weight_recovery"].value == 1.0


@pytest.mark.parametrize(
    ("tables", "key", "message"),
    [
        ({"expert_weight_format": "fp9"}, "optimizations.expert_weight_format", "unknown number format"),
        ({"weight_format": "fp9"}, "optimizations.weight_format", "unknown number format 'fp9'"),
        ({"activation_format": "x"}, "optimizations.activation_format", "formats are native, bf16"),
        (
            {"kv_format": "q4_k_m"},
            "optimizations.kv_format",
            "q4_k_m is no cache format; cache formats are bf16",
        ),
        ({"speculative": {"method": "magic"}}, "optimizations.speculative.method", "methods are "),
    ],
)
def test_a_name_of_no_format_lists_those_there_are(tables, key, message):
    error = refusal({"optimizations": tables})
    assert error.key == key
    assert message in error.message


def test_quality_kept_is_one_at_the_native_precision_and_measured_below():
    assert resolved().leaves["optimizations_weight_recovery"].kind == "identity"
    assert resolved(model="deepseek-v3").leaves["optimizations_weight_recovery"].value == 1.0
    leaf = resolved(optimizations={"weight_format": "int4"}).leaves["optimizations_weight_recovery"]
    assert 0.9 < leaf.value < 1.0
    assert leaf.source
    assert "measured at" in leaf.note
    unmeasured = resolved(optimizations={"weight_format": "q4_k_m", "activation_format": "int8"})
    leaf = unmeasured.leaves["optimizations_weight_recovery"]
    assert math.isnan(leaf.value)
    assert leaf.why.startswith("unknown: no measured recovery")


# --- chips ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("chip", ["mi308x", "qualcomm-ai200"])
def test_an_unknown_peak_names_the_key_that_settles_it(chip):
    tables = {"hardware": {"accelerator": chip}, "economics": {"usd_per_accelerator_hour": 2}}
    entry = report(load_values(tables))["quantities"]["output_tok_s"]
    assert entry["value"] is None
    assert entry["why"] == "unknown: hardware.bf16_flop_per_s"
    tables["hardware"]["bf16_flop_per_s"] = 4e14
    entry = report(load_values(tables))["quantities"]["output_tok_s"]
    why = entry.get("why", "")
    if why:  # the next missing figure, then
        assert why.startswith("unknown: hardware.")
        tables["hardware"][why.partition("hardware.")[2]] = 1e12
        entry = report(load_values(tables))["quantities"]["output_tok_s"]
    assert entry["value"] > 0


def test_a_what_if_chip_changes_what_it_says_and_nothing_else():
    base, changed = resolved(), resolved(hardware={"memory_bandwidth_bytes_per_s": 6.7e12})
    moved = {n for n in base.leaves if base.leaves[n] != changed.leaves[n]}
    assert moved == {"hardware_memory_bandwidth_bytes_per_s"}
    leaf = changed.leaves["hardware_memory_bandwidth_bytes_per_s"]
    assert (leaf.value, leaf.kind) == (6.7e12, "scenario")


@pytest.mark.parametrize(
    ("section", "name", "value", "message"),
    [
        ("hardware", "tdp_w", -1, "must be at least 0, not -1"),
        ("hardware", "tdp_w", 0, "must be above 0, not 0"),
        ("hardware", "memory_bytes", 1e300, "must be at most 1e+40, not 1e+300"),
        ("hardware", "tdp_w", "700", "must be a number"),
        ("hardware", "tdp", 700, "unknown key: did you mean tdp_w?"),
        ("model", "training_flops", 1, "unknown key: did you mean training_flop"),
        ("model", "layers", 0, "must be a whole number from 1 to 10,000, not 0"),
        ("model", "layers", 10**9, "must be a whole number from 1 to 10,000"),
        ("model", "layers", 1.5, "must be a whole number"),
        ("model", "layers", "abc", "must be a number"),
        ("model", "tied", 1, "must be true or false, not 1"),
        ("model", "mixer", 3, "must be text, not 3"),
        ("model", "mixer", "?", "unknown mixer letter '?'"),
        ("model", "ffn_per_layer", [1, "a"], "must be a whole number"),
        ("model", "ffn_per_layer", 3, "must be a list of sizes, not 3"),
        ("calibration", "layer", 1, "unknown constant: did you mean layer_s"),
        ("calibration", "zzz", 1, "see `inferscope list constants`"),
        ("calibration", "memory_share", 0, "must be above 0, not 0"),
        ("calibration", "decode_time_factor", 0, "must be above 0, not 0"),
    ],
)
def test_a_catalogue_figure_that_cannot_be_is_refused(section, name, value, message):
    error = refusal({section: {name: value}})
    assert error.key == f"{section}.{name}"
    assert message in error.message


def test_a_changed_power_moves_the_server_with_it():
    h100 = resolved().leaves
    rest = h100["hardware_server_w"].value - h100["hardware_tdp_w"].value
    hotter = resolved(hardware={"tdp_w": 3000}).leaves["hardware_server_w"]
    assert (hotter.value, hotter.kind) == (3000 + rest, "derived")
    both = resolved(hardware={"tdp_w": 3000, "server_w": 3100}).leaves["hardware_server_w"]
    assert (both.value, both.kind) == (3100, "scenario")
    error = refusal({"hardware": {"server_w": 100}})
    assert error.key == "hardware.server_w"
    assert error.message == "must be at least the accelerator's 700 W, not 100"


def test_zero_means_something_for_a_few_figures():
    leaves = resolved(hardware={"dram_bandwidth_bytes_per_s": 0, "scaleup_is_pcie": 0}).leaves
    assert leaves["hardware_dram_bandwidth_bytes_per_s"].value == 0


def test_a_figure_that_nothing_reads_is_said():
    found = resolved(hardware={"purchase_usd": 30_000}, model_table={"mtp_params": 1e9})
    assert found.notes[-2:] == [
        "model.mtp_params is set, but no quantity reads it",
        "hardware.purchase_usd is set, but no quantity reads it",
    ]


def test_a_changed_architecture_says_what_changed():
    leaf = resolved(model_table={"layers": {"value": 40, "source": "leak"}}).leaves["model_layers"]
    assert (leaf.value, leaf.kind) == (40.0, "scenario")
    assert leaf.source == "architecture of llama-3.1-8b, changed in model.layers"


# --- models --------------------------------------------------------------------------------------

_NEEDS_NO_ARCHITECTURE = {
    "quality_recovery",
    "effective_training_flop",
    "training_flop",
    "training_usd",
    "tpp",
    "performance_density",
    "dram_bandwidth_gb_s",
    "io_bandwidth_gb_s",
}


@pytest.mark.parametrize(("model", "decides"), [("gpt-4", True), ("claude-opus-4", False)])
def test_a_closed_model_has_training_and_rules_and_no_more(model, decides):
    found = report(load_values({"model": {"id": model}, "workload": {"requests_per_s": 1}}))
    known = {name for name in CONTRACT if found["quantities"][name]["value"] is not None}
    assert known - {"fleet_output_tok_s"} == _NEEDS_NO_ARCHITECTURE
    why = f"unknown: the architecture of {model} is not published; model.architecture_like names a stand-in"
    assert found["quantities"]["tpot_s"]["why"] == why
    assert found["quantities"]["fits_memory"]["why"] == why
    verdicts = {rule["id"]: rule["verdict"] for rule in found["policy"]}
    assert verdicts["eu.aia.art51.systemic"] == ("applies" if decides else "unknown")
    assert any("estimate that decides no rule" in note for note in found["notes"]) is not decides


@pytest.mark.parametrize(
    "given",
    [{"training": {"flop": 2e25}}, {"model": {"training_flop": 2e25}}, {"pins": {"training_flop": 2e25}}],
)
def test_a_stated_training_compute_decides(given):
    tables = {**given, "model": {"id": "claude-opus-4", **given.get("model", {})}}
    found = report(load_values(tables))
    assert found["policy"][0]["verdict"] == "applies"
    assert "above EU 1e25 by 0.3 orders" in found["headline"]


def test_a_stand_in_is_scaled_and_shown():
    found = report(load_values({"model": {"id": "gpt-4", "architecture_like": "mixtral-8x7b"}}))
    record = catalog.model("gpt-4")
    assert found["quantities"]["parameters"]["value"] == pytest.approx(
        record.values["total_params_estimate"].value, rel=0.01
    )
    assert found["headline"].endswith("(architecture of mixtral-8x7b as a stand-in).")
    assert any("mixtral-8x7b stands in, scaled to" in note for note in found["notes"])
    leaf = resolved(model="gpt-4", model_table={"architecture_like": "mixtral-8x7b"}).leaves["model_layers"]
    assert leaf.kind == "assumption"


def test_the_size_of_a_stand_in_can_be_given():
    tables = {"id": "claude-opus-4", "architecture_like": "llama-3.1-70b"}
    unscaled = report(load_values({"model": tables}))
    assert any("not scaled: the size is unknown" in note for note in unscaled["notes"])
    scaled = report(load_values({"model": {**tables, "total_params_estimate": 3e11}}))
    assert scaled["quantities"]["parameters"]["value"] == pytest.approx(3e11, rel=0.01)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"id": "gpt-4", "architecture_like": "claude-opus-4"}, "has no published architecture either"),
        ({"id": "gpt-4", "architecture_like": "nothing"}, "unknown model 'nothing'"),
        ({"id": "gpt-4", "layers": 8}, "name a stand-in: model.architecture_like"),
        ({"id": "gpt-4", "architecture_like": "mixtral-8x7b", "layers": 8}, "cannot change a stand-in"),
    ],
)
def test_a_stand_in_that_cannot_be_is_refused(model, message):
    assert message in refusal({"model": model}).message


def test_an_open_model_may_have_a_stand_in_and_it_is_not_called_unpublished():
    found = resolved(model_table={"architecture_like": "llama-3.1-70b"})
    assert found.notes == [
        "architecture of llama-3.1-8b is set aside: llama-3.1-70b stands in, scaled to 8.03B"
    ]


# --- prices --------------------------------------------------------------------------------------


def test_a_rental_term_chooses_the_price_and_the_basis_says_which():
    prices = {}
    for term in ("on_demand", "reserved", "spot"):
        found = report(load_values({"economics": {"rental_term": term}}))
        entry = found["quantities"]["usd_per_query"]
        prices[term] = catalog.accelerator("h100-sxm").values[f"rental_{term}_usd_per_h"].value
        assert entry["basis"].startswith(f"rental, {prices[term]:g} USD per accelerator-hour (h100-sxm: ")
        assert term.replace("_", " ") in entry["basis"]
    assert len(set(prices.values())) == 3


def test_a_term_without_a_price_is_not_replaced_by_another():
    chip = next(
        c
        for c in catalog.ids("accelerator")
        if catalog.accelerator(c).values["rental_on_demand_usd_per_h"].is_known
        and not catalog.accelerator(c).values["rental_spot_usd_per_h"].is_known
    )
    leaf = resolved(chip, economics={"rental_term": "spot"}).leaves["economics_usd_per_accelerator_hour"]
    assert leaf.why == "needs_input: economics.usd_per_accelerator_hour"


def test_without_an_on_demand_price_the_reserved_one_is_taken_and_said():
    chip = next(
        c
        for c in catalog.ids("accelerator")
        if not catalog.accelerator(c).values["rental_on_demand_usd_per_h"].is_known
        and catalog.accelerator(c).values["rental_reserved_usd_per_h"].is_known
    )
    assert any(note.startswith(f"no on-demand price of {chip}") for note in resolved(chip).notes)


@pytest.mark.parametrize(
    "given", [{"economics": {"usd_per_accelerator_hour": 2}}, {"hardware": {"rental_on_demand_usd_per_h": 2}}]
)
def test_a_chip_without_a_price_needs_one(given):
    assert resolved("h20").leaves["economics_usd_per_accelerator_hour"].why == (
        "needs_input: economics.usd_per_accelerator_hour"
    )
    assert resolved("h20", **given).leaves["economics_usd_per_accelerator_hour"].value == 2


# --- layouts and pools ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hardware", "message"),
    [
        (
            {"count": 8, "tensor_parallel": 3, "pipeline_parallel": 1, "data_parallel": 1},
            "must be tensor 3 x pipeline 1 x data 1 = 3, not 8; change the degrees or leave it out",
        ),
        ({"count": 8, "prefill": {"count": 3, "tensor_parallel": 2}}, "3 accelerators cannot be split by 2"),
        (
            {"prefill": {"count": 8, "tensor_parallel": 2, "data_parallel": 2}},
            "must be tensor x pipeline x data = 4, not 8",
        ),
        ({"expert_parallel": 8}, "must be 1 for a model without routed experts, not 8"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(hardware, message):
    assert refusal({"hardware": hardware}).message == message


def test_a_count_that_no_layout_meets_is_refused():
    tables = {"hardware": {"count": 7, "tensor_parallel": 2}}
    with pytest.raises(ScenarioError) as caught:
        evaluate(load_values(tables))
    assert caught.value.message == "no layout agrees with count 7, tensor_parallel 2"
    assert caught.value.key == "hardware.count"


def test_degrees_alone_make_the_count():
    degrees = {"tensor_parallel": 4, "pipeline_parallel": 2, "data_parallel": 1}
    leaf = resolved(hardware=degrees).leaves["hardware_count"]
    assert (leaf.value, leaf.kind) == (8.0, "derived")


_SIXTEEN = {"count": 16, "tensor_parallel": 4, "pipeline_parallel": 2, "data_parallel": 2}


@pytest.mark.parametrize(
    ("hardware", "allowed", "refused"),
    [
        (_SIXTEEN, (1, 2, 4, 8), (3, 5, 16)),
        ({"count": 16}, (1, 2, 4, 8, 16), (3, 5, 32)),
        ({}, (1, 7, 64), ()),
    ],
)
def test_experts_lie_over_tensor_and_data_ranks(hardware, allowed, refused):
    for ranks in allowed:
        resolved(model="deepseek-v3", hardware={**hardware, "expert_parallel": ranks})
    for ranks in refused:
        error = refusal({"model": {"id": "deepseek-v3"}, "hardware": {**hardware, "expert_parallel": ranks}})
        assert error.key == "hardware.expert_parallel"
        assert error.message.startswith("must divide the ")
        assert error.message.endswith(f"not {ranks}")


def test_fewer_expert_ranks_than_modelled_are_said():
    notes = resolved(model="deepseek-v3", hardware={**_SIXTEEN, "expert_parallel": 4}).notes
    assert "expert_parallel 4 is not modelled apart: experts lie over 8 ranks" in notes
    for quiet in (_SIXTEEN, {**_SIXTEEN, "expert_parallel": 8}, {"count": 16, "expert_parallel": 8}):
        assert not any("expert_parallel" in n for n in resolved(model="deepseek-v3", hardware=quiet).notes)


def test_a_prefill_pool_of_another_chip_has_its_own_figures_and_price():
    found = resolved(hardware={"prefill": {"accelerator": "l40s", "count": 4}})
    bandwidth = catalog.accelerator("l40s").values["memory_bandwidth_bytes_per_s"].value
    assert found.leaves["prefill_hardware_memory_bandwidth_bytes_per_s"].value == bandwidth
    price = found.leaves["prefill_economics_usd_per_accelerator_hour"].value
    assert price == catalog.accelerator("l40s").values["rental_on_demand_usd_per_h"].value
    assert found.leaves["prefill_hardware_tensor_parallel"].value == 4
    entry = report(found.scenario)["quantities"]["usd_per_query"]
    assert f"; prefill {price:g} USD per accelerator-hour (l40s: " in entry["basis"]


def test_a_pool_without_a_price_names_its_own_key():
    found = resolved(hardware={"prefill": {"accelerator": "h20", "count": 4}})
    leaf = found.leaves["prefill_economics_usd_per_accelerator_hour"]
    assert leaf.why == "needs_input: hardware.prefill.usd_per_accelerator_hour"


def test_a_pool_of_the_same_chip_follows_its_overrides_but_keeps_its_own():
    found = resolved(hardware={"tdp_w": 500, "server_w": 900, "prefill": {"count": 1, "tdp_w": 300}})
    assert found.leaves["prefill_hardware_tdp_w"].value == 300
    assert found.leaves["prefill_hardware_server_w"].value == 900
    hotter = resolved(hardware={"tdp_w": 3000, "prefill": {"count": 1}}).leaves
    assert hotter["prefill_hardware_server_w"].value == hotter["hardware_server_w"].value > 3000
    assert found.leaves["hardware_tdp_w"].value == 500


def test_every_leaf_says_how_it_is_known():
    found = resolved(model="deepseek-v3", workload={"requests_per_s": 3}, hardware={"prefill": {"count": 8}})
    for name, leaf in found.leaves.items():
        assert leaf.kind, name
        if math.isnan(leaf.value):
            continue
        plain = leaf.kind in ("scenario", "default", "planned")
        assert plain or leaf.source or leaf.note, f"{name} ({leaf.kind}) has no source"


# --- cards without a fabric, demand --------------------------------------------------------------


def test_cards_without_a_fabric_talk_over_the_host_link_and_say_so():
    found = report(
        load_values({"model": {"id": "qwen3-32b"}, "hardware": {"accelerator": "l40s", "count": 2}})
    )
    assert found["quantities"]["tpot_s"]["value"] > 0
    assert any("host_link_bytes_per_s" in note and "scaleout_bytes_per_s" in note for note in found["notes"])
    alone = report(load_values({"hardware": {"accelerator": "l40s", "count": 1}}))
    assert not any("scaleout" in note for note in alone["notes"])
    leaf = resolve(load_values({"hardware": {"accelerator": "l40s"}})).leaves["hardware_scaleout_bytes_per_s"]
    assert (leaf.value, leaf.kind, leaf.key) == (3.2e10, "assumption", "hardware.scaleout_bytes_per_s")


def test_a_known_fabric_without_a_network_stays_unknown():
    leaf = resolve(load_values({"hardware": {"accelerator": "max-1550"}})).leaves
    assert math.isnan(leaf["hardware_scaleout_bytes_per_s"].value)


@pytest.mark.parametrize(
    ("workload", "value", "key", "words"),
    [
        ({"requests_per_s": 3}, 3, "workload.requests_per_s", "scenario"),
        ({"queries_per_day": 172_800}, 2, "workload.queries_per_day", "172,800 a day"),
        (
            {"users": 86_400, "queries_per_user_per_day": 5},
            5,
            "workload.users, workload.queries_per_user_per_day",
            "86,400 users x 5 queries a day",
        ),
    ],
)
def test_demand_says_what_it_was_given_as(workload, value, key, words):
    leaf = resolve(load_values({"workload": workload})).leaves["workload_requests_per_s"]
    assert (leaf.value, leaf.key) == (value, key)
    assert words in leaf.cited


def test_demand_carries_the_sources_of_its_parts():
    leaf = resolve(load("chatgpt-2023").scenario).leaves["workload_requests_per_s"]
    assert leaf.cited.endswith("/ 86,400 s; SemiAnalysis, 2023-02 (recalled, unverified)")
    assert leaf.date == "2023-02-28"


# --- engines -------------------------------------------------------------------------------------


def test_an_engine_brings_its_own_host_times():
    shipped = calibration()
    for engine, suffix in (("vllm", ""), ("sglang", "_sglang"), ("tensorrt-llm", "_tensorrt_llm")):
        found = resolved(optimizations={"engine": engine}).leaves
        for name in ("step_s", "host_layer_s"):
            assert found[f"calibration_{name}"] == shipped[f"{name}{suffix}"]
    own = resolved(optimizations={"engine": "sglang"}, calibration={"step_s": 1e-3}).leaves
    assert own["calibration_step_s"].value == 1e-3


def test_how_much_of_other_prompts_is_waited_for_follows_the_start_and_can_be_set():
    shipped = calibration()
    share = "optimizations_prompt_share_in_ttft"
    for tables, name in (
        ({}, "prompt_share_chunked"),
        ({"workload": {"start": "burst"}}, "prompt_share_burst"),
        (
            {"workload": {"start": "burst"}, "optimizations": {"engine": "sglang"}},
            "prompt_share_burst_sglang",
        ),
        ({"optimizations": {"chunked_prefill": False}}, "prompt_share_whole"),
    ):
        assert resolved(**tables).leaves[share] == shipped[name]
        assert resolved(**tables, calibration={name: 0.3}).leaves[share].value == 0.3
    static = {"workload": {"start": "burst"}, "optimizations": {"continuous_batching": False}}
    assert resolved(**static).leaves[share].value == 1.0
