"""Worked examples with a source: shipped functions and catalogue values give their numbers.

Each case has the example's id, what the program says, what the inputs give exactly where the
source states only a rounded number, the number in the source, and the tolerance for it.
"""

import math

import numpy as np
import pytest

from inferscope.core import catalog
from inferscope.core.evaluate import evaluate
from inferscope.core.quantities import deployment, loss, queues, scaling, service, training, training_cost
from inferscope.core.quantities.collectives import all_to_all_s, exchange_bound_tok_s
from inferscope.core.quantities.functions import (
    accepted_tokens,
    checkpoint_bytes,
    distinct_experts,
    effective_bits,
    erlang_c,
)
from inferscope.core.quantities.speculation import (
    acceptance_from_length,
    accepted_length,
    operations_increase,
    ridge_batch,
    speculative_speedup,
)
from inferscope.core.scenario.files import load, load_values
from inferscope.core.units import GIB


def call(function, *arguments):
    """A vectorised function at one point."""
    return float(function(*(np.array([float(v)]) for v in arguments))[0])


def quantity(name, model="llama-3.1-8b", chip="h200-sxm", **sections):
    """A quantity of a scenario in which only the given tables differ from the defaults."""
    one = {"count": 1, "tensor_parallel": 1, "pipeline_parallel": 1, "data_parallel": 1}
    hardware = {"accelerator": chip, **one}
    tables = {"model": {"id": model}, "hardware": hardware, "workload": {"batch": 1}, **sections}
    value = evaluate(load_values(tables), [name])[name][0]
    return float(value)


def folded(model, **changes):
    return catalog.fold({**catalog.model(model).architecture, **changes})


def format_bits(name):
    """Bits per weight of a shipped format, from its parts; they must agree with what is shipped."""
    form = catalog.format_(name)
    bits = call(effective_bits, form.element_bits, form.scale_bits, form.zero_bits, form.group)
    assert bits == form.bits_per_weight.value
    return bits


def checkpoint(bits, params=None, wide=None):
    """A checkpoint of Llama 3.1 8B, whose sizes come from the catalogue, or of given sizes."""
    if params is None:
        params, wide = quantity("parameters"), quantity("embedding_and_head_params")
    return call(checkpoint_bytes, params, wide, bits)


def latent_over_expanded(model="deepseek-v3"):
    """Cache of the same model with plain multi-head attention over that with the latent."""
    arch = catalog.model(model).architecture
    plain = folded(model, mixer="F", head_dim=arch["qk_nope_head_dim"] + arch["qk_rope_head_dim"])
    return plain.slot_kv_elements[0] / folded(model).slot_kv_elements[2]


def absorbed_intensity(model="deepseek-v3"):
    stack = folded(model)
    return stack.slot_decode_flop_per_entry[2] / (2 * stack.slot_kv_elements[2])


def sparse_over_dense_attention(tokens):
    """Attention FLOP of a token at a cached length: V3.2 over V3, both with 61 latent layers."""
    lengths = {"workload": {"batch": 1, "input_tokens": tokens, "output_tokens": 1}}
    both = [
        quantity("attention_flop_per_token", model, pins={"mean_kv_tokens": tokens}, **lengths)
        for model in ("deepseek-v3.2", "deepseek-v3")
    ]
    return both[0] / both[1]


def cache_at_a_million():
    """Cache and index keys of V3.2 at 1M tokens, the keys in bf16 and not in the shipped 8 bit."""
    wide = folded("deepseek-v3.2", index_dim=2 * catalog.model("deepseek-v3.2").architecture["index_dim"])
    return (2 * sum(wide.slot_kv_elements) + sum(wide.slot_index_bytes)) * 2**20 / GIB


def weights_read(model="deepseek-v3", tokens=32):
    """Bytes of weights that a step of so many sequences reads."""
    sections = {"workload": {"batch": tokens}, "hardware": {"accelerator": "h200-sxm", "count": 16}}
    names = ("linear_params", "expert_bytes_per_step", "model_head_params")
    sections["hardware"] |= {"tensor_parallel": 8, "pipeline_parallel": 1, "data_parallel": 2}
    linear, experts = (quantity(name, model, **sections) for name in names[:2])
    return linear + experts + 2 * folded(model).head_params


V3 = folded("deepseek-v3")
V3_ROUTING = (V3.experts, V3.experts_per_token)
H100 = catalog.accelerator("h100-sxm")


def comparison(name):
    return catalog.comparison(name).value


# id, what is computed, what the inputs give exactly (None: as expected), expected, tolerance
def of_day(name):
    """A quantity of DeepSeek's production day."""
    return float(evaluate(load("deepseek-v3-h800").scenario, [name])[name][0])


def hits_of_day():
    return load("deepseek-v3-h800").scenario.optimizations.prefix_cache_hit_rate.mid


def revenue(hit, miss, out, prices=(0.14e-6, 0.55e-6, 2.19e-6)):
    return float(service.token_revenue_usd(np.array([[hit, miss, out]]), np.array([prices]))[0])


def nodes(tokens, rate):
    return call(service.pools_needed, tokens, rate)


def reuse(flop_per_s):
    """Llama 3 70B, a prefix of 8,192 tokens."""
    return call(service.reuse_bandwidth_bytes_per_s, flop_per_s, 8192, 2, 8, 8192)


def prompt_work(hit_rate):
    """FLOP of the matrices of a prompt of which a share is cached."""
    return quantity("prefill_linear_flop", optimizations={"prefix_cache_hit_rate": hit_rate})


def in_system(requests_per_s, e2e_s):
    """Sequences in flight that Little's law gives a replica at a rate: the batch of held times."""
    held = quantity("held_s", workload={"batch": 8}, pins={"tpot_s": 0.01, "admitted_ttft_s": e2e_s - 5.11})
    rate = quantity(
        "replica_requests_per_s", workload={"batch": requests_per_s * held}, pins={"held_s": held}
    )
    return rate * held


def latency(ttft_s, tpot_s, tokens):
    pins = {"ttft_s": ttft_s, "tpot_s": tpot_s}
    return quantity("e2e_latency_s", workload={"batch": 1, "output_tokens": tokens}, pins=pins)


def shipped(name):
    """A default of the catalogue."""
    return catalog.technique_default(name).value


def halving_months():
    return shipped("algorithmic_halving_months")


def cost_of_reinforcement():
    """R1's own training: the published hours at 2 USD."""
    hours = catalog.comparison("deepseek-r1_accelerator_hours").value
    sections = {"training": {"accelerator_hours": hours, "usd_per_accelerator_hour": 2}}
    return quantity("training_usd", "deepseek-r1", **sections)


def coverage_amplitude():
    """Of c(k) = exp(a k^b), from one attempt: k and b play no part, and the logarithm is a."""
    a = math.log(call(scaling.coverage, 0.159, 1, -3))
    assert shipped("coverage_a") == pytest.approx(a, rel=1e-6)
    return a


def fit(name, *parts):
    """A shipped fit of loss by size and tokens."""
    law = catalog.loss_law(name)
    return [law[part].value for part in parts]


def chinchilla_loss(name):
    return call(loss.fitted_loss, 70e9, 1.4e12, *fit(name, "e", "a", "b", "alpha", "beta"))


def optimal_tokens(name, parameters):
    return call(loss.optimal_tokens, parameters, *fit(name, "a", "b", "alpha", "beta"))


def smaller_model(name):
    """FLOP saved by 7B trained to the loss of a compute-optimal 13B and 2e12 served tokens, and the share."""
    law = fit(name, "e", "a", "b", "alpha", "beta")
    tokens = optimal_tokens(name, 13e9)
    longer = call(loss.tokens_for_loss, 7e9, call(loss.fitted_loss, 13e9, tokens, *law), *law)
    saved = call(loss.served_saving_flop, 13e9, tokens, 7e9, longer, 2e12)
    return saved, saved / call(loss.served_saving_flop, 13e9, tokens, 0, 0, 2e12)


def training_flop(params, tokens):
    return call(training.training_flop_6nd, params, tokens)


def achieved_flop_per_s(params, tokens, hours):
    return training_flop(params, tokens) / (hours * 3600)


CASES = [
    ("Q01", lambda: format_bits("int4"), None, 4.125, 1e-9),
    ("Q02", lambda: call(effective_bits, 4, 16, 4, 128), None, 4.15625, 1e-9),
    ("Q03", lambda: format_bits("nvfp4"), None, 4.5, 1e-9),
    ("Q04", lambda: format_bits("mxfp4"), None, 4.25, 1e-9),
    ("Q05", lambda: format_bits("mxfp8"), None, 8.25, 1e-9),
    ("Q06", lambda: 16 / format_bits("int4"), 3.878787878787879, 3.7, 0.06),
    ("Q07", lambda: checkpoint(format_bits("int4")), None, 5_700_196_416.0, 1e-6),
    ("Q08", lambda: 1 - checkpoint(format_bits("int4")) / checkpoint(16), None, 0.6450802632716539, 1e-6),
    ("Q09", lambda: checkpoint(16, 109e9, 0), 218e9, 220e9, 0.02),
    ("Q10", lambda: checkpoint(4, 109e9, 0), 54.5e9, 55e9, 0.02),
    ("Q15", lambda: comparison("int4_awq_speedup_llama-3.1-8b_batch_8"), 0.7467470209560334, 0.75, 0.005),
    ("Q17", lambda: comparison("nvfp4_mmlu_deepseek-r1"), 0.998898678414097, 0.9989, 1e-4),
    ("Q18", lambda: comparison("nvfp4_math500_deepseek-r1"), 0.9874213836477987, 0.98742, 1e-4),
    ("Q19", lambda: comparison("nvfp4_gpqa_deepseek-r1"), 0.9928263988522238, 0.99283, 1e-4),
    ("Q20", lambda: comparison("nvfp4_rounded_llama-3.1-8b"), 0.9378960709759189, 0.9379, 1e-4),
    ("Q21", lambda: comparison("nvfp4_trained_llama-3.1-8b"), 0.9645120405576678, 0.96451, 1e-4),
    ("Q23", lambda: comparison("fp8_kv_break_even_context_llama-3.1-8b"), 7000.0, 7010, 0.01),
    ("Q29", lambda: comparison("int4_awq_perplexity_llama-2-7b"), 0.02376599634369292, 0.02377, 1e-3),
    ("Q30", lambda: comparison("int4_awq_perplexity_llama-2-70b"), 0.027108433734939874, 0.02711, 1e-3),
    ("Q31", lambda: comparison("reap_25_gsm8k_qwen3-30b-a3b"), 0.9886269644334161, 0.9886, 1e-3),
    ("Q32", lambda: comparison("reap_25_gsm8k_moonlight-16b-a3b"), 0.7977420129714149, 0.7977, 1e-3),
    ("S01", lambda: call(accepted_tokens, 0.8, 4), 3.3616, 3.36, 0.002),
    ("S02", lambda: call(speculative_speedup, 0.8, 4, 0.1, 1), 2.4011428571428572, 2.4, 0.002),
    ("S03", lambda: call(speculative_speedup, 0.8, 4, 0.02, 1), 3.1125925925925926, 3.1, 0.006),
    ("S04", lambda: call(speculative_speedup, 0.8, 4, 0.1, 5), 0.6225185185185185, 0.62, 0.006),
    ("S05", lambda: call(accepted_tokens, 1, 4), None, 5, 1e-9),
    ("S06", lambda: call(accepted_tokens, 0, 4), None, 1, 1e-9),
    ("S07", lambda: call(operations_increase, 0.8, 5, 0.1), None, 1.7618613930089344, 1e-6),
    ("S08", lambda: call(speculative_speedup, 0.8, 7, 0.04, 1), None, 3.2508900000000005, 1e-6),
    ("S09", lambda: call(accepted_tokens, 0.85, 1), None, 1.85, 1e-9),
    ("S10", lambda: comparison("mtp_draft_overhead_deepseek-v3"), 0.04166666666666674, 0.0417, 0.01),
    ("S11", lambda: float(accepted_length(np.array([[0.76, 0.56, 0.43]]))[0]), 2.75, 2.8, 0.03),
    ("S12", lambda: call(acceptance_from_length, 2.8, 3), None, 0.7654846613198327, 1e-6),
    ("S16", lambda: comparison("eagle2_speedup_llama-3.1-8b"), 1.5416193002399898, 1.54, 0.003),
    (
        "S17",
        lambda: call(
            ridge_batch,
            H100.values["bf16_flop_per_s"].value,
            H100.values["memory_bandwidth_bytes_per_s"].value,
            4,
        ),
        None,
        60,
        0.02,
    ),
    ("V01", lambda: of_day("usd_per_day"), None, 87_072, 1e-6),
    ("V02", lambda: revenue(342e9, 266e9, 168e9), 562_100.0, 562_027, 0.001),
    ("V03", lambda: call(service.margin_over_cost, 562_027, 87_072), 5.454738607129732, 5.45, 0.002),
    ("V04", hits_of_day, None, 0.563, 0.002),
    ("V05", lambda: nodes(608e9, 73_700) + nodes(168e9, 14_800), 226.8635664158052, 226.75, 0.002),
    ("V06", lambda: nodes(168e9, 14_800) / 226.86, 0.5791297777544802, 0.579, 0.002),
    ("V07", lambda: call(service.streams, 168e9, 21), 92592.5925925926, 92_593, 0.001),
    ("V08", lambda: 1e6 * of_day("usd_per_day") / 168e9, None, 0.518, 0.001),
    ("V09", lambda: call(service.mean_price, 0.563, 0.14, 0.55), 0.31917, 0.319, 0.001),
    ("V10", lambda: reuse(2.496e15), None, 6e9, 0.03),
    ("V11", lambda: reuse(7.912e15), 18573467548.076923, 19e9, 0.03),
    ("V12", lambda: call(service.prompt_flop, 80, 8192, 8192), None, 1143492092887040, 1e-9),
    ("V13", lambda: call(service.cache_payback_uses, 1.25, 0.1), 1.2777777777777777, 1.278, 0.001),
    ("V14", lambda: call(service.routed_price, 0.2, 15, 0.10), None, 3.08, 1e-6),
    ("V15", lambda: call(service.routing_saving, 0.14, 100), 0.8513999999999999, 0.85, 0.01),
    ("V16", lambda: 0.5 * revenue(5000, 0, 800, prices=(4e-6, 0, 20e-6)), None, 0.018, 1e-6),
    ("V17", lambda: prompt_work(0.0) / prompt_work(0.942), 17.241379310344826, 17.24, 0.001),
    ("V18", lambda: call(service.paged_gain, 0.7, 0.04), None, 3.2, 1e-6),
    ("D01", lambda: comparison("distilling_over_rl_qwen-32b_aime24"), 25.6, 25.6, 1e-6),
    ("D02", lambda: comparison("r1-distill-qwen-32b_aime24"), 0.9097744360902256, 0.9098, 1e-3),
    ("D03", lambda: comparison("r1-distill-qwen-7b_aime24"), 0.6954887218045113, 0.6955, 1e-3),
    ("D04", lambda: comparison("deepseek-r1_accelerator_hours"), None, 147_336, 0.005),
    ("D05", cost_of_reinforcement, 294_672.0, 294_000, 0.005),
    ("D06", lambda: comparison("pruned_qwen3-6b_mmlu"), 0.9679572763684913, 0.968, 1e-3),
    ("D08", lambda: comparison("pruned_qwen3-6b_tokens"), 88_080_384_000.0, 90e9, 0.03),
    ("T01", lambda: call(scaling.independent_pass_rate, 0.05, 2), None, 0.0975, 1e-9),
    ("T02", lambda: call(scaling.independent_pass_rate, 0.05, 100), 0.994079470779666, 0.994, 1e-3),
    ("T03", lambda: call(scaling.pass_at_k, 10, 3, 5), None, 0.9166666666666666, 1e-9),
    ("T04", lambda: call(scaling.pass_at_k, 10, 8, 5), None, 1, 1e-9),
    ("T05", coverage_amplitude, None, -1.8388510767619055, 1e-6),
    ("T06", lambda: call(scaling.coverage_exponent, 0.159, 0.56, 250), None, -0.2090354604688152, 1e-4),
    ("T07", lambda: call(scaling.coverage, 0.159, 250, shipped("coverage_b")), None, 0.56, 1e-4),
    ("T08", lambda: call(scaling.coverage, 0.159, 5, shipped("coverage_b")), None, 0.2688716732975777, 1e-5),
    ("T09", lambda: call(scaling.attempts_to_cover, 0.159, 0.43, -0.209035), None, 41.495799534, 1e-4),
    ("T10", lambda: call(scaling.vote_pass_rate, 0.6, 5), None, 0.68256, 1e-9),
    ("T11", lambda: call(scaling.vote_pass_rate, 0.7, 11), 0.9217752090399995, 0.92178, 1e-5),
    ("T12", lambda: comparison("vote_gain_r1-zero_aime24"), None, 15.7, 1e-6),
    ("T13", lambda: comparison("vote_gain_o1_aime24"), None, 8.9, 1e-6),
    ("T14", lambda: comparison("vote_slope_o1_aime24"), 1.4833333333333334, 1.483, 1e-3),
    ("T15", lambda: comparison("o3_arc_usd_per_task_semi_private"), 20.12, 20, 0.01),
    ("T16", lambda: comparison("o3_arc_usd_per_task_public"), 16.6925, 17, 0.02),
    ("T17", lambda: comparison("o3_arc_token_ratio"), 172.72727272727272, 172, 0.005),
    ("T18", lambda: comparison("o3_arc_usd_per_million_tokens"), 60.96969696969697, 60.97, 1e-3),
    ("T19", lambda: comparison("o3_arc_tokens_per_sample"), None, 55_000, 1e-6),
    ("T20", lambda: comparison("o3_arc_scaled_usd_per_task"), 3460.64, 3461, 1e-3),
    ("T21", lambda: comparison("o3_arc_points_per_decade"), 5.2783940263981775, 5.28, 1e-3),
    ("T22", lambda: comparison("s1_accelerator_hours"), 6.933333333333334, 6.93, 1e-3),
    ("T23", lambda: call(scaling.matched_multiplier, 14, 0.16), None, 257.75, 1e-9),
    ("T24", lambda: call(scaling.matched_multiplier, 14, 22), 15.772727272727273, 15.7727, 1e-4),
    ("T25", lambda: call(scaling.optimal_inference_usd, 1, 3e6) / 3e6, None, 1, 1e-9),
    ("T26", lambda: comparison("exchange_tree_search"), None, 0.625, 1e-9),
    ("T27", lambda: comparison("exchange_scaling_policy"), 1.7142857142857144, 1.714, 1e-3),
    ("T28", lambda: call(deployment.served_over_trained, 0, 36e12, 1, 10e12), None, 1.2, 1e-9),
    ("T30", lambda: call(scaling.copies_left, call(scaling.scaled_cost_factor, 1, 100)), None, 0.01, 1e-9),
    ("T31", lambda: call(scaling.growth_per_year, 7), 3.2813414240305514, 3.28, 1e-3),
    ("C01", lambda: chinchilla_loss("hoffmann_rounded"), None, 1.9366454705587173, 1e-6),
    ("C02", lambda: chinchilla_loss("besiroglu"), None, 1.973415876792619, 1e-6),
    ("C03", lambda: optimal_tokens("besiroglu", 70e9) / 70e9, 18.368311015367677, 20, 0.12),
    ("C04", lambda: optimal_tokens("besiroglu", 13e9) / 13e9, 19.958244334261085, 20, 0.05),
    ("C05", lambda: optimal_tokens("hoffmann_rounded", 70e9) / 70e9, None, 109.42802788458813, 1e-6),
    (
        "C06",
        lambda: call(loss.optimal_parameters, 5.76e23, *fit("besiroglu", "a", "b", "alpha", "beta")),
        72352738465.78731,
        70e9,
        0.05,
    ),
    (
        "C07",
        lambda: call(loss.size_exponent, *fit("besiroglu", "alpha", "beta")),
        0.5126390718269204,
        0.513,
        0.002,
    ),
    ("C08", lambda: smaller_model("hoffmann_unrounded")[1], 0.16305174499467334, 0.17, 0.05),
    ("C09", lambda: smaller_model("hoffmann_unrounded")[0], 1.633112465320001e22, 1.7e22, 0.05),
    ("C10", lambda: smaller_model("hoffmann_rounded")[1], None, 0.0912252653607255, 1e-6),
    ("C11", lambda: smaller_model("besiroglu")[1], None, 0.2779317637066224, 1e-6),
    ("R01", lambda: training_flop(405e9, 15.6e12), 3.7908e25, 3.8e25, 0.01),
    ("R02", lambda: achieved_flop_per_s(405e9, 15.6e12, 30.84e6), 341439688715953.25, 3.4e14, 0.01),
    ("R03", lambda: achieved_flop_per_s(405e9, 15.6e12, 30.84e6) / 989e12, 0.3452372990050083, 0.345, 0.01),
    ("R04", lambda: comparison("llama-3.1_accelerator_hours"), None, 39.3e6, 0.001),
    ("R05", lambda: comparison("llama-3.1-405b_training_kg_per_kwh"), 0.4136557346674078, 0.4137, 0.001),
    ("R06", lambda: comparison("llama-3.1_training_kg_per_kwh"), 0.41403126135950563, 0.414, 0.001),
    ("R07", lambda: training_flop(37e9, 14.8e12), 3.2856e24, 3.29e24, 0.01),
    ("R08", lambda: achieved_flop_per_s(37e9, 14.8e12, 2.664e6), 342592592592592.56, 3.4e14, 0.01),
    ("R09", lambda: of_day("training_usd"), None, 5_576_000, 1e-6),
    ("R10", lambda: comparison("deepseek-v3_accelerator_hours"), None, 2_788_000, 1e-6),
    ("R11", lambda: call(scaling.doubling_months, 2.4), 9.50092883026269, 9.5, 0.001),
    ("R13", lambda: call(scaling.fall_per_year, 60, 0.06, 3), None, 10, 1e-6),
    (
        "R14",  # with a year of 8,760 hours there
        lambda: call(training_cost.training_hardware_usd, 30_000, 0.14, 30.84e6, 0) * 8766 / 8760,
        None,
        34046717.11476402,
        1e-6,
    ),
    ("R15", lambda: call(scaling.left_after, 40, 2), None, 0.000625, 1e-9),
    ("R16", lambda: call(scaling.growth_per_year, 2), None, 64, 1e-9),
    ("R17", lambda: 1 / call(scaling.left_after, 5, 2), None, 25, 1e-9),
    (
        "R18",
        lambda: quantity(
            "training_accelerator_hours",
            chip="h100-sxm",
            training={"accelerator": "h100-sxm", "flop": 1e26, "mfu": 0.4, "goodput": 1},
        ),
        None,
        70216829.56971127,
        1e-3,
    ),
    ("R12", lambda: call(scaling.growth_per_year, halving_months()), 2.8284271247461903, 2.83, 1e-3),
    ("L01", lambda: call(erlang_c, 2, 1.5 / 2), None, 0.642857, 1e-5),
    ("L02", lambda: call(erlang_c, 10, 8 / 10), None, 0.40918, 1e-5),
    ("L03", lambda: call(erlang_c, 100, 90 / 100), None, 0.21694, 1e-5),
    ("L04", lambda: call(queues.many_servers_wait_s, 10, 8, 1), None, 0.20459, 1e-5),
    ("L05", lambda: call(erlang_c, 1, 0.8), None, 0.8, 1e-9),
    ("L06", lambda: call(queues.longer_wait_chance, 10, 8, 1, 1), None, 0.05537651160283658, 1e-6),
    ("L07", lambda: 0.2 + call(queues.one_server_wait_s, 4, 0.2, 0), None, 0.6, 1e-9),
    ("L08", lambda: call(queues.one_server_wait_s, 0.8, 1, 1), None, 4, 1e-9),
    ("L09", lambda: call(queues.shared_server_s, 0.8, 1), None, 5, 1e-9),
    ("L10", lambda: call(queues.burst_factor, 13.15, 1), None, 86.96125, 1e-6),
    ("L11", lambda: in_system(5.53, 8.2), None, 45.346, 1e-6),
    ("L12", lambda: latency(0.5, 0.03, 211), None, 6.8, 1e-9),
    ("M01", lambda: call(distinct_experts, *V3_ROUTING, 32), 163.31384595038296, 163, 0.003),
    ("M02", lambda: call(distinct_experts, *V3_ROUTING, 1), None, 8, 1e-9),
    ("M03", lambda: call(distinct_experts, *V3_ROUTING, 128), None, 251.60114596587061, 1e-6),
    ("M04", lambda: call(distinct_experts, 8, 2, 4), None, 5.46875, 1e-9),
    ("M05", lambda: V3.expert_params, None, 44_040_192, 1e-9),
    ("M06", lambda: quantity("expert_params_total", "deepseek-v3"), None, 653_908_770_816, 1e-9),
    ("M07", weights_read, None, 434e9, 0.003),
    ("M08", lambda: quantity("kv_bytes_per_token", "deepseek-v3"), None, 70_272, 1e-9),
    ("M09", lambda: quantity("kv_bytes_per_token", "deepseek-v3") / 1024, 68.625, 68.6, 1e-3),
    ("M10", lambda: quantity("kv_bytes_per_token", "llama-3.1-405b"), None, 516_096, 1e-9),
    ("M11", lambda: quantity("kv_bytes_per_token", "llama-3.1-8b"), None, 131_072, 1e-9),
    ("M12", lambda: quantity("kv_bytes_per_token", "llama-3.1-70b"), None, 327_680, 1e-9),
    ("M13", latent_over_expanded, 71.11111111111111, 71.1, 1e-3),
    ("M14", absorbed_intensity, 241.77777777777777, 242, 0.002),
    ("M15", cache_at_a_million, 83.875, 83.9, 0.002),
    ("M16", lambda: sparse_over_dense_attention(131_072), None, 0.0744485294117647, 1e-6),
    ("M17", lambda: call(all_to_all_s, 32, 9, 7000, 50e9), None, 0.00012096, 1e-3),
    ("M18", lambda: call(exchange_bound_tok_s, 120.96e-6, V3.layers), 67.76389973111286, 67, 0.02),
    ("M19", lambda: call(exchange_bound_tok_s, 6.72e-6, V3.layers), 1219.7501951600314, 1200, 0.02),
    (
        "M20",
        lambda: call(all_to_all_s, 1, V3.experts_per_token, V3.moe_input_size, 1),
        None,
        172_032,
        1e-9,
    ),
]


@pytest.mark.parametrize(
    ("name", "compute", "exact", "expected", "tolerance"), CASES, ids=[c[0] for c in CASES]
)
def test_a_worked_example_holds(name, compute, exact, expected, tolerance):
    found = compute()
    assert found == pytest.approx(expected, rel=tolerance), name
    if exact is not None:
        assert found == pytest.approx(exact, rel=1e-6), name


def test_independent_acceptance_is_fair_to_three_drafts():
    """S13: of three drafts the last is accepted 0.768 of the time; the iid figure of the length is 0.7655."""
    iid = call(acceptance_from_length, 2.8, 3)
    assert 1 / 1.4 < iid / (0.43 / 0.56) < 1.4


def test_independent_acceptance_promises_too_much_of_seven_drafts():
    """S14: from 3.02 tokens at three drafts it says 4.35 at seven, where 3.94 were measured."""
    found = call(accepted_tokens, call(acceptance_from_length, 3.02, 3), 7)
    assert found == pytest.approx(4.351604510297145, rel=1e-6)
    assert 1 < found / 3.94 < 1.4


def test_drafts_speed_up_one_user_about_as_measured():
    """S15: EAGLE-3 made one user of Llama 3.1 8B on an H100 2.36 times as fast."""
    plain, drafted = (
        quantity("tpot_s", chip="h100-sxm", optimizations={"speculative": speculative})
        for speculative in (None, {"method": "eagle3"})
    )
    assert 1 / 1.4 < plain / drafted / (373.25 / 158.34) < 1.4


def test_a_whole_scenario_agrees_with_the_checkpoint_arithmetic():
    """The program keeps norms at 16 bit as well, which the rounded example does not."""
    stored = quantity("weight_bytes", optimizations={"weight_format": "int4"})
    assert stored == pytest.approx(5_700_196_416, rel=1e-4)
    assert stored > 5_700_196_416
    assert quantity("weight_bytes", optimizations={"weight_format": "bf16"}) == 2 * 8_030_261_248


def test_speculation_enters_a_scenario_by_the_same_functions():
    draft = {"method": "eagle3", "acceptance": 0.8, "draft_tokens": 4, "draft_cost_ratio": 0.1}
    gained = quantity("tokens_per_step", optimizations={"speculative": draft})
    assert gained == pytest.approx(call(accepted_tokens, 0.8, 4), rel=1e-12)


@pytest.mark.parametrize("drafts", [1, 2, 4, 8])
def test_acceptance_and_accepted_length_are_inverse(drafts):
    acceptance = np.linspace(0, 1, 21)
    lengths = accepted_tokens(acceptance, np.full(21, float(drafts)))
    found = acceptance_from_length(lengths, np.full(21, float(drafts)))
    np.testing.assert_allclose(found, acceptance, atol=1e-9)
    by_position = acceptance[:, None] ** np.arange(1, drafts + 1)
    np.testing.assert_allclose(accepted_length(by_position), lengths, rtol=1e-12)


def test_the_spans_of_the_laws_are_the_published_ones():
    """T26, T27: what the laws take as exponents is what the comparisons come to."""
    for law, name in (("tree_search", "exchange_tree_search"), ("scaling_policy", "exchange_scaling_policy")):
        assert catalog.exchange_law(law).exponent.value == pytest.approx(comparison(name), rel=1e-12)


def test_a_log_linear_law_joins_the_two_published_scores():
    """T21: 75.7 % and 5.28 points a decade give 87.5 % at 172 times the tokens."""
    slope = comparison("o3_arc_points_per_decade")
    assert call(scaling.log_linear_pass_rate, 0.757, slope, 172) == pytest.approx(0.875, rel=1e-9)


def test_a_model_with_fewer_layers_is_faster_about_as_measured():
    """D07: Qwen3-8B cut to 24 layers gave 1.57 times the rate, on one H100 in fp8."""
    one = {"accelerator": "h100-sxm", "count": 1}
    tables = {"hardware": one, "optimizations": {"weight_format": "fp8"}, "workload": {"batch": 64}}
    models = [{"id": "qwen3-8b", **cut} for cut in ({}, {"layers": 24})]
    found = evaluate([load_values({"model": model, **tables}) for model in models], ["output_tok_s"])
    plain, pruned = found["output_tok_s"]
    measured = shipped("pruning_throughput_gain_8b_to_6b")
    assert pruned > plain
    assert 1 / 1.4 < pruned / plain / measured < 1.4


def test_every_example_is_here_once():
    assert len({case[0] for case in CASES}) == len(CASES)
