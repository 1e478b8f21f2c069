"""Every rule on both sides of its lines, on them, and without the facts.

The table is written by hand from the texts, not from the rules' files: for each comparison with a
number it says what the verdict is just below the line, on it and just above, all else being such that
the comparison decides.
"""

import datetime as dt
import math

import pytest

from inferscope.core.policy.rules import find, judge, rules

T, F = True, False
OVER, LEAST, UNDER, MOST = (F, F, T), (F, T, T), (T, F, F), (T, T, F)
"""Verdicts below, on and above: more than, at least, less than, at most."""

FLOP26 = {"training_flop": 2e26}
BIG = {**FLOP26, "developer_revenue_usd": 6e8}
CHIP = {"tpp": 5000, "performance_density": 2, "datacenter_marketed": T}
A100 = {"ops_times_bits": 5000, "interconnect_bandwidth_gb_s": 700}
TO_CHINA = {"destination": "CN", "destination_group": "D5", "hq_group": "A5", "hq_country": "DE"}
DULL = {"tpp": 1000, "performance_density": 1, "datacenter_marketed": T, **TO_CHINA}
SLOW = {"dram_bandwidth_gb_s": 100, "io_bandwidth_gb_s": 64, "dram_plus_io_bandwidth_gb_s": 164}
SLOW |= {"interconnect_bandwidth_gb_s": 64, "dram_plus_interconnect_bandwidth_gb_s": 164}
CLASS_3A090 = [
    ({"performance_density": 1}, "tpp", 4800, LEAST),
    ({"performance_density": 1.6}, "tpp", 2400, LEAST),
    ({"performance_density": 3.2}, "tpp", 1600, LEAST),
    ({"tpp": 2400}, "performance_density", 1.6, LEAST),
    ({"tpp": 1600}, "performance_density", 3.2, LEAST),
]
DE = {"site_country": "DE", "site_nominal_load_kw": 400}
NEW = {**DE, "site_commissioned": dt.date(2026, 8, 1), "site_age_years": 3}
OLD = {**DE, "site_commissioned": dt.date(2020, 1, 1)}
IE = {"site_country": "IE", "new_grid_connection": T}
H200 = {"tpp": 15832, "dram_bandwidth_gb_s": 4800, "us_import_non_exempt": T}
MI325 = {"tpp": 20919, "dram_bandwidth_gb_s": 6000, "us_import_non_exempt": T}
CASE = {"tpp": 15832, "dram_bandwidth_gb_s": 4800, "destination": "CN", "exported_from_us": T}
CASE |= {"china_to_us_shipment_ratio": 0.1}
CLUSTER = {"cluster_flop_per_s": 2e20, "cluster_network_gbit_s": 400}
RAISE = {"training_flop": 2e26, "training_cost_usd": 2e8, "is_distilled_from_frontier": F}
RAISE |= {"modification_cost_usd": 1, "aggregate_training_spend_usd": 2e8}
FERC = {"grid_operator": "PJM", "site_rated_input_mw": 60, "grid_voltage_kv": 100}


def states(*, revenue):
    base = BIG if revenue else FLOP26
    lines = [({}, "training_flop", 1e26, OVER)]
    return base, [*lines, ({}, "developer_revenue_usd", 5e8, OVER)] if revenue else lines


def bandwidths(dram, interconnect, total, name="interconnect"):
    return [
        (DULL | SLOW, "dram_bandwidth_gb_s", dram, LEAST),
        (DULL | SLOW, f"{name}_bandwidth_gb_s", interconnect, LEAST),
        (DULL | SLOW, f"dram_plus_{name}_bandwidth_gb_s", total, LEAST),
    ]


def density_class(base):
    return [({**base, **facts}, *line) for facts, *line in CLASS_3A090]


RULES = {
    "eu.aia.art51.systemic": ({"training_flop": 2e25}, [({}, "training_flop", 1e25, OVER)]),
    "eu.gpai.notify.planned": ({"planned_training_flop": 2e25}, [({}, "planned_training_flop", 1e25, OVER)]),
    "eu.gpai.indicative": (
        {"training_flop": 2e23, "generates_language_or_t2i_or_t2v": T},
        [({}, "training_flop", 1e23, OVER)],
    ),
    "eu.gpai.modifier.one_third": (
        {"original_flop_known": T, "modification_flop_ratio": 0.5},
        [({}, "modification_flop_ratio", 1 / 3, OVER)],
    ),
    "eu.gpai.modifier.unknown_systemic": (
        {"original_flop_known": F, "original_is_systemic": T, "modification_flop": 4e24},
        [({}, "modification_flop", 3.333333333333334e24, OVER)],
    ),
    "eu.gpai.modifier.unknown_other": (
        {"original_flop_known": F, "original_is_systemic": F, "modification_flop": 4e22},
        [({}, "modification_flop", 3.333333333333333e22, OVER)],
    ),
    "eu.gpai.opensource_exemption": (
        {"weights_published": T, "training_flop": 1e24},
        [({}, "training_flop", 1e25, MOST)],
    ),
    "us.eo14110.model": (
        {"training_flop": 2e26, "bio_sequence_data": F},
        [({}, "training_flop", 1e26, OVER), ({"bio_sequence_data": T}, "training_flop", 1e23, OVER)],
    ),
    "us.eo14110.cluster": (
        CLUSTER,
        [({}, "cluster_flop_per_s", 1e20, LEAST), ({}, "cluster_network_gbit_s", 100, OVER)],
    ),
    "us.bis.reporting2024.model": (
        {"planned_training_flop": 2e26},
        [({}, "planned_training_flop", 1e26, OVER)],
    ),
    "us.bis.reporting2024.cluster": (
        CLUSTER,
        [({}, "cluster_flop_per_s", 1e20, OVER), ({}, "cluster_network_gbit_s", 300, OVER)],
    ),
    "us.bis.iaas2024": ({"us_iaas_large_model": T}, []),
    "us.bis.diffusion.4e091": (
        {**FLOP26, "weights_published": F},
        [({}, "training_flop", 1e26, LEAST)],
    ),
    "us.bis.diffusion.country_cap": ({"shipment_tpp": 1e9}, [({}, "shipment_tpp", 7.9e8, OVER)]),
    "us.bis.diffusion.lpp": ({"shipment_tpp": 1e6}, [({}, "shipment_tpp", 2.69e7, MOST)]),
    "us.ca.sb1047.model": (
        {**FLOP26, "training_cost_usd": 2e8},
        [({}, "training_flop", 1e26, OVER), ({}, "training_cost_usd", 1e8, OVER)],
    ),
    "us.ca.sb1047.finetune": (
        {"is_finetune_of_covered": T, "modification_flop": 4e25, "modification_cost_usd": 2e7},
        [({}, "modification_flop", 3e25, LEAST), ({}, "modification_cost_usd", 1e7, OVER)],
    ),
    "us.ca.sb53.frontier": states(revenue=F),
    "us.ca.sb53.large": states(revenue=T),
    "us.ny.raise.original": (
        RAISE,
        [
            ({}, "training_flop", 1e26, OVER),
            ({}, "training_cost_usd", 1e8, OVER),
            ({"training_flop": 1, "is_distilled_from_frontier": T}, "modification_cost_usd", 5e6, OVER),
            ({}, "aggregate_training_spend_usd", 1e8, OVER),
        ],
    ),
    "us.ny.raise.frontier": states(revenue=F),
    "us.ny.raise.large": states(revenue=T),
    "us.ct.sb5.frontier": states(revenue=F),
    "us.ct.sb5.large": states(revenue=T),
    "us.il.sb315.large": states(revenue=T),
    "us.fed.hr8094": (
        {"monthly_users": 2e7, "monthly_downloads": 1, "training_flop": 1},
        [
            ({}, "monthly_users", 1e7, OVER),
            ({"monthly_users": 1}, "monthly_downloads", 1e7, OVER),
            ({"monthly_users": 1}, "training_flop", 1e26, OVER),
        ],
    ),
    "us.fed.eo14409": ({"us_designated_frontier": T}, []),
    "us.bis.isinformed.model_access_2026": ({"us_isinformed_model": T}, []),
    "us.fed.gaaia_draft": (
        {"developer_revenue_usd": 6e8, "trained_frontier_model": T},
        [({}, "developer_revenue_usd", 5e8, OVER)],
    ),
    "kr.aibasic.safety": (FLOP26, [({}, "training_flop", 1e26, LEAST)]),
    "lit.kumar_manning.relative": ({"frontier_ratio": 0.5}, [({}, "frontier_ratio", 0.1, LEAST)]),
    "lit.ord.two_limb": (
        {"training_flop": 2e26, "inference_scaling_post_training": F},
        [
            ({}, "training_flop", 1e26, OVER),
            ({"inference_scaling_post_training": T}, "training_flop", 1e24, OVER),
        ],
    ),
    "lit.effective_compute.1e25": (
        {"effective_training_flop": 2e25},
        [({}, "effective_training_flop", 1e25, OVER)],
    ),
    "us.bis.2022.letter": (
        {**A100, "chip_designer": "NVIDIA", "destination": "CN"},
        [({}, "ops_times_bits", 4992, LEAST), ({}, "interconnect_bandwidth_gb_s", 600, LEAST)],
    ),
    "us.bis.2022.3a090": (
        {"io_bandwidth_gb_s": 700, "ops_times_bits": 5000},
        [({}, "io_bandwidth_gb_s", 600, LEAST), ({}, "ops_times_bits", 4800, LEAST)],
    ),
    "us.bis.2023.letter": (
        {**CHIP, "chip_designer": "NVIDIA", "destination": "CN", "destination_group": "D5"},
        [({}, "tpp", 4800, LEAST)],
    ),
    "us.bis.2023.3a090a": (
        CHIP,
        [
            ({"datacenter_marketed": F}, "tpp", 4800, LEAST),
            ({"performance_density": 5.92}, "tpp", 1600, LEAST),
            ({"tpp": 1600}, "performance_density", 5.92, LEAST),
        ],
    ),
    "us.bis.2023.3a090b": (
        {"tpp": 3000, "performance_density": 2, "datacenter_marketed": T},
        [
            ({}, "tpp", 2400, LEAST),
            ({}, "tpp", 4800, UNDER),
            ({}, "performance_density", 1.6, LEAST),
            ({}, "performance_density", 5.92, UNDER),
            ({"performance_density": 4}, "tpp", 1600, LEAST),
            ({"tpp": 2000}, "performance_density", 3.2, LEAST),
            ({"tpp": 2000}, "performance_density", 5.92, UNDER),
        ],
    ),
    "us.bis.2023.nac": (
        {"tpp": 3000, "performance_density": 2, "datacenter_marketed": T},
        [
            ({"datacenter_marketed": F}, "tpp", 4800, LEAST),
            ({}, "tpp", 2400, LEAST),
            ({}, "tpp", 4800, UNDER),
            ({}, "performance_density", 1.6, LEAST),
            ({}, "performance_density", 5.92, UNDER),
            ({"performance_density": 4}, "tpp", 1600, LEAST),
            ({"tpp": 2000}, "performance_density", 3.2, LEAST),
            ({"tpp": 2000}, "performance_density", 5.92, UNDER),
        ],
    ),
    "us.bis.2023.hq_control": ({**CHIP, "hq_group": "D5"}, density_class({})),
    "us.bis.2024.3a090c": ({"memory_bandwidth_density": 3}, [({}, "memory_bandwidth_density", 2, OVER)]),
    "us.bis.2024.exception_hbm": (
        {"memory_bandwidth_density": 3},
        [({}, "memory_bandwidth_density", 2, OVER), ({}, "memory_bandwidth_density", 3.3, UNDER)],
    ),
    "us.bis.2025.foundry_presumption": (
        {"non_planar_16nm_or_below": T, "transistor_count_bn": 40},
        [({}, "transistor_count_bn", 30, LEAST)],
    ),
    "us.bis.2025.h20_letter": (
        {**SLOW, **TO_CHINA, "dram_bandwidth_gb_s": 4000, "chip_designer": "Intel"},
        bandwidths(1400, 1100, 1700, "io"),
    ),
    "us.rev_share.2025": (
        {"dram_bandwidth_gb_s": 4000, "tpp": 2368, "destination": "CN"},
        [({}, "dram_bandwidth_gb_s", 1400, LEAST), ({}, "tpp", 4800, UNDER)],
    ),
    "us.bis.2026.case_by_case": (
        CASE,
        [
            ({}, "tpp", 21000, UNDER),
            ({}, "dram_bandwidth_gb_s", 6500, UNDER),
            ({}, "china_to_us_shipment_ratio", 0.5, MOST),
        ],
    ),
    "us.s232.2026.tariff": (
        H200,
        [
            ({}, "tpp", 14000, OVER),
            ({}, "tpp", 17500, UNDER),
            ({}, "dram_bandwidth_gb_s", 4500, OVER),
            ({}, "dram_bandwidth_gb_s", 5000, UNDER),
            (MI325, "tpp", 20800, OVER),
            (MI325, "tpp", 21100, UNDER),
            (MI325, "dram_bandwidth_gb_s", 5800, OVER),
            (MI325, "dram_bandwidth_gb_s", 6200, UNDER),
        ],
    ),
    "us.bill.s3374": (
        {**CHIP, **SLOW, **TO_CHINA},
        [*density_class(SLOW), *bandwidths(4100, 1100, 5000)],
    ),
    "us.bill.overwatch": (
        {**CHIP, **SLOW, **TO_CHINA},
        [*density_class(SLOW), *bandwidths(1400, 1100, 1700)],
    ),
    "us.bill.gain": (
        {**CHIP, **SLOW, **TO_CHINA},
        [*density_class(SLOW), *bandwidths(1400, 1100, 1700)],
    ),
    "us.bill.chip_security": (
        {**CHIP, "memory_bandwidth_density": 1},
        [*density_class({}), ({"tpp": 1}, "memory_bandwidth_density", 2, OVER)],
    ),
    "us.bill.remote_access": ({**CHIP, "hq_group": "MO"}, density_class({})),
    "us.bis.gp10.ascend": ({**CHIP, "chip_origin": "CN"}, density_class({})),
    "cn.state_funded.domestic_chips": ({"site_country": "CN", "state_funded": T, "chip_origin": "US"}, []),
    "cn.customs.h200": (
        {"destination": "CN", "chip_origin": "US", "tpp": 15832},
        [({}, "tpp", 4800, LEAST)],
    ),
    "eu.eed.art12": ({"it_power_kw": 600, "site_country": "FR"}, [({}, "it_power_kw", 500, LEAST)]),
    "eu.eed.waste_heat": (
        {"site_rated_input_mw": 2, "site_country": "SE"},
        [({}, "site_rated_input_mw", 1, OVER)],
    ),
    "de.enefg.pue_new": (
        {**NEW, "pue": 1.3},
        [
            ({}, "pue", 1.2, OVER),
            ({}, "site_nominal_load_kw", 300, LEAST),
            ({}, "site_age_years", 2, LEAST),
        ],
    ),
    "de.enefg.pue_existing_2027": (
        {**OLD, "pue": 1.6},
        [({}, "pue", 1.5, OVER), ({}, "site_nominal_load_kw", 300, LEAST)],
    ),
    "de.enefg.pue_existing_2030": (
        {**OLD, "pue": 1.4},
        [({}, "pue", 1.3, OVER), ({}, "site_nominal_load_kw", 300, LEAST)],
    ),
    "de.enefg.erf_new": (
        {**NEW, "energy_reuse_factor": 0.05},
        [
            ({}, "energy_reuse_factor", 0.10, UNDER),
            ({"site_commissioned": dt.date(2027, 7, 1)}, "energy_reuse_factor", 0.15, UNDER),
            ({"site_commissioned": dt.date(2028, 7, 1)}, "energy_reuse_factor", 0.20, UNDER),
            ({}, "site_nominal_load_kw", 300, LEAST),
            ({}, "site_age_years", 2, LEAST),
        ],
    ),
    "ie.cru.leu_renewable": (
        {**IE, "site_mic_mva": 20, "new_renewable_share": 0.5},
        [({}, "site_mic_mva", 1, OVER), ({}, "new_renewable_share", 0.8, UNDER)],
    ),
    "ie.cru.leu_dispatchable": ({**IE, "site_mic_mva": 20}, [({}, "site_mic_mva", 10, LEAST)]),
    "us.ferc.2026.large_load": (
        FERC,
        [({}, "site_rated_input_mw", 50, OVER), ({}, "grid_voltage_kv", 69, OVER)],
    ),
    "us.tx.sb6": (
        {"grid_operator": "ERCOT", "new_grid_connection": T, "site_rated_input_mw": 80},
        [({}, "site_rated_input_mw", 75, OVER)],
    ),
    "sg.dc_cfa.pue": (
        {"site_country": "SG", "new_capacity_allocation": T, "pue_design_full_load": 1.4},
        [({}, "pue_design_full_load", 1.25, OVER)],
    ),
}
"""Facts that make each rule true, and its lines: (other facts, quantity, line, below / on / above)."""

LINES = [
    (rule, {**base, **others}, quantity, line, verdicts)
    for rule, (base, lines) in RULES.items()
    for others, quantity, line, verdicts in lines
]
CODES = {
    "destination": "DE",
    "destination_group": "A5",
    "hq_group": "A5",
    "hq_country": "DE",
    "site_country": "NO",
    "grid_operator": "other",
}


def test_the_table_has_every_rule():
    assert set(RULES) == {rule.id for rule in rules()}


@pytest.mark.parametrize("name", RULES)
def test_true_with_its_facts_and_unknown_without_any(name):
    rule, facts = find(name), RULES[name][0]
    found = judge(rule, facts)
    assert (found.truth, found.certainty, found.missing) == (True, "robust", ())
    empty = judge(rule, {})
    assert (empty.truth, empty.certainty, empty.margin_oom) == (None, "unknown", None)
    # Not designated, and of a maker with a letter, unless somebody says so.
    assumed = {"eu_designated_systemic_risk", "chip_designer"}
    assert {m.removeprefix("policy.") for m in empty.missing} == set(rule.names) - assumed


@pytest.mark.parametrize("name", RULES)
def test_each_missing_fact_is_named_or_does_not_matter(name):
    rule, facts = find(name), RULES[name][0]
    for gone in rule.names:
        found = judge(rule, {k: v for k, v in facts.items() if k != gone})
        if found.truth is None:
            assert [m.removeprefix("policy.") for m in found.missing] == [gone]
        else:
            assert found.truth is True


@pytest.mark.parametrize("name", RULES)
def test_false_when_a_yes_or_no_or_a_place_that_it_needs_is_another(name):
    rule, facts = find(name), RULES[name][0]
    turned = {k: (not v if isinstance(v, bool) else CODES.get(k, v)) for k, v in facts.items()}
    if "chip_origin" in facts:
        turned["chip_origin"] = "GB" if facts["chip_origin"] == "CN" else "CN"
    small = {k: v if isinstance(v, bool | str | dt.date) else 0 for k, v in turned.items()}
    if rule.id == "us.bis.diffusion.lpp":
        small["shipment_tpp"] = 1e12
    assert judge(rule, small).truth is False


@pytest.mark.parametrize(("name", "facts", "quantity", "line", "verdicts"), LINES)
def test_below_on_and_above_each_line(name, facts, quantity, line, verdicts):
    rule = find(name)
    values = math.nextafter(line, -math.inf), line, math.nextafter(line, math.inf)
    found = [judge(rule, {**facts, quantity: value}).truth for value in values]
    assert tuple(found) == verdicts


def test_every_number_of_every_rule_is_a_line_of_the_table():
    for rule in rules():
        mine = {(c.quantity, c.line) for c in rule.predicate.comparisons() if isinstance(c.line, float)}
        table = {(quantity, float(line)) for name, _, quantity, line, _ in LINES if name == rule.id}
        assert table == mine, rule.id


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("de.enefg.pue_new", (F, T, T)),
        ("de.enefg.erf_new", (F, T, T)),
        ("de.enefg.pue_existing_2027", (T, F, F)),
        ("de.enefg.pue_existing_2030", (T, F, F)),
    ],
)
def test_a_site_is_new_from_july_2026_on(name, first):
    facts = RULES[name][0]
    days = [dt.date(2026, 6, 30), dt.date(2026, 7, 1), dt.date(2026, 7, 2)]
    assert tuple(judge(find(name), {**facts, "site_commissioned": day}).truth for day in days) == first


def test_a_relief_softens_rules_that_exist():
    known = {rule.id for rule in rules()}
    reliefs = [rule for rule in rules() if rule.true_means == "relief"]
    assert len(reliefs) == 5
    for rule in reliefs:
        assert rule.relieves
        assert set(rule.relieves) <= known


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_rule_says_who_says_so(rule):
    assert rule.source.count("; http") == 1
    assert rule.prose["effect"]
    assert rule.prose["instrument"]
    assert len(rule.short) <= 14
    assert rule.quantity in rule.names
    assert rule.predicate.words()
