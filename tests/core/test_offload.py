"""Weights and cache in host memory: by hand, by what must hold, and against published runs."""

import numpy as np
import pytest

from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import evaluate
from inferscope.core.graph import REGISTRY
from inferscope.core.scenario.files import load_values

LINK = 0.8 * 32e9  # PCIe 4.0 x16
LLAMA_8B = 8_030_261_248
TABLE_8B = 525_336_576  # the input embedding, which is looked up and not read

EIGHT = {"count": 8, "tensor_parallel": 8}


def found(model, chip, names, *, hardware=None, workload=None, **options):
    """Quantities of one accelerator (unless said otherwise) with one sequence."""
    tables = {
        "model": model if isinstance(model, dict) else {"id": model},
        "hardware": {"accelerator": chip, "count": 1, **(hardware or {})},
        "optimizations": options,
        "workload": {"batch": 1, **(workload or {})},
    }
    return evaluate(load_values(tables), names)


def test_weights_of_the_host_by_hand():
    names = ("decode_stream_s", "tpot_s", "decode_device_s", "bound", "decode_resident_weight_bytes")
    one = found("llama-3.1-8b", "rtx-4090", names, weight_offload_fraction=1)
    streamed = 2 * (LLAMA_8B - TABLE_8B) / LINK
    assert one["decode_stream_s"][0] == pytest.approx(streamed, rel=1e-3)  # norms stay
    assert one["tpot_s"][0] == one["decode_stream_s"][0] > one["decode_device_s"][0]
    assert REGISTRY.quantities["bound"].codes[int(one["bound"][0])] == "host link"
    assert one["decode_resident_weight_bytes"][0] == 0
    half = found("llama-3.1-8b", "rtx-4090", names, weight_offload_fraction=0.5)
    assert half["decode_stream_s"][0] == pytest.approx(streamed / 2, rel=1e-3)
    assert half["decode_resident_weight_bytes"][0] == pytest.approx(LLAMA_8B)


def test_a_prompt_streams_the_weights_once_a_chunk():
    names = ("prefill_stream_s", "prefill_work_s", "ttft_s")
    short = found(
        "llama-3.1-8b", "rtx-4090", names, weight_offload_fraction=1, workload={"input_tokens": 100}
    )
    once = 2 * (LLAMA_8B - TABLE_8B) / LINK
    assert short["prefill_stream_s"][0] == pytest.approx(once, rel=1e-3)
    assert short["ttft_s"][0] > short["prefill_work_s"][0] == short["prefill_stream_s"][0]
    long = found(
        "llama-3.1-8b", "rtx-4090", names, weight_offload_fraction=1, workload={"input_tokens": 16_384}
    )
    assert long["prefill_stream_s"][0] == pytest.approx(2 * once, rel=1e-3)


def test_the_cache_of_the_host_by_hand():
    work = {"batch": 8, "input_tokens": 1000, "output_tokens": 200}
    names = ("decode_stream_s", "decode_sequence_bytes", "decode_host_sequence_bytes", "prefill_stream_s")
    here = found("llama-3.1-8b", "rtx-4090", names, workload=work)
    away = found("llama-3.1-8b", "rtx-4090", names, workload=work, kv_offload_fraction=0.75)
    assert here["decode_stream_s"][0] == 0
    # 131,072 bytes a token: eight sequences of 1,100 tokens, three quarters of each
    assert away["decode_stream_s"][0] == pytest.approx(0.75 * 8 * 131_072 * 1100 / LINK)
    assert away["decode_sequence_bytes"][0] == pytest.approx(0.25 * here["decode_sequence_bytes"][0])
    assert away["decode_host_sequence_bytes"][0] == pytest.approx(0.75 * 131_072 * 1150)
    assert away["prefill_stream_s"][0] == pytest.approx(0.75 * 131_072 * 1000 / LINK)


def test_experts_go_first_and_only_those_reached_are_streamed():
    names = ("decode_offloaded_expert_share", "decode_offloaded_linear_share", "decode_expert_stream_s")
    names = (*names, "experts_touched", "decode_stream_s")
    one = found("deepseek-v3", "h200-sxm", names, hardware=EIGHT, weight_offload_fraction=0.5)
    assert one["decode_offloaded_linear_share"][0] == 0
    # Half of 671 GB and some; the experts are 653.9 GB of it.
    assert one["decode_offloaded_expert_share"][0] == pytest.approx(0.5 * 672.5 / 653.9, rel=0.01)
    assert one["experts_touched"][0] == pytest.approx(8)
    streamed = one["decode_offloaded_expert_share"][0] * 58 * 8 * 44_040_192 / 8
    assert one["decode_expert_stream_s"][0] == pytest.approx(streamed / (0.8 * 64e9), rel=2e-3)
    assert one["decode_stream_s"][0] == one["decode_expert_stream_s"][0]
    many = found(
        "deepseek-v3",
        "h200-sxm",
        names,
        hardware=EIGHT,
        workload={"batch": 32},
        weight_offload_fraction=0.5,
    )
    assert many["decode_expert_stream_s"][0] / one["decode_expert_stream_s"][0] == pytest.approx(
        163.31 / 8, rel=1e-3
    )


def test_automatic_offload_is_just_enough():
    names = ("decode_offloaded_weight_share", "max_batch", "fits_memory", "memory_used_fraction")
    for batch in (1, 8):
        work = {"batch": batch}
        auto = found(
            "llama-3.1-70b",
            "rtx-4090",
            names,
            workload=work,
            weight_format="int4",
            weight_offload_fraction="auto",
        )
        share = auto["decode_offloaded_weight_share"][0]
        assert auto["max_batch"][0] == batch
        assert auto["memory_used_fraction"][0] == pytest.approx(0.92)
        less = found(
            "llama-3.1-70b",
            "rtx-4090",
            names,
            workload=work,
            weight_format="int4",
            weight_offload_fraction=share * 0.99,
        )
        assert less["fits_memory"][0] == 0
    fits = found("llama-3.1-8b", "rtx-4090", names, weight_offload_fraction="auto")
    assert fits["decode_offloaded_weight_share"][0] == 0


def test_more_in_the_host_is_never_faster_and_holds_no_less():
    shares = np.linspace(0, 1, 9)
    rows = [
        found("llama-3.1-8b", "rtx-4090", ("tpot_s", "ttft_s", "max_batch"), weight_offload_fraction=float(s))
        for s in shares
    ]
    for name in ("tpot_s", "ttft_s", "max_batch"):
        assert np.all(np.diff([row[name][0] for row in rows]) >= 0), name


def test_the_memory_of_the_host_is_checked_where_it_is_known():
    names = ("fits_memory", "max_batch", "host_batch")
    known = {"far_memory_bytes": 16e9}
    small = found("llama-3.1-8b", "rtx-4090", names, hardware=known, weight_offload_fraction=1)
    assert small["fits_memory"][0] == 0 == small["max_batch"][0]
    known = {"far_memory_bytes": 20e9}
    work = {"batch": 8, "input_tokens": 1000, "output_tokens": 200}
    cache = found("llama-3.1-8b", "rtx-4090", names, hardware=known, workload=work, kv_offload_fraction=0.999)
    assert cache["max_batch"][0] == np.floor(20e9 / (0.999 * 131_072 * 1150))


def test_a_link_that_nobody_published_leaves_the_time_unknown():
    away = found("llama-3.1-70b", "gb200-nvl72", ("tpot_s", "max_batch"), kv_offload_fraction=0.5)
    assert np.isnan(away["tpot_s"][0])
    assert away.why("tpot_s") == "unknown: hardware.host_link_bytes_per_s"
    assert away["max_batch"][0] > 1


def test_a_model_is_swapped_in_from_the_third_tier():
    """A socket of SN40L: 2 x 8.03e9 bytes from DDR at the 100 GB/s of the catalogue."""
    swap = found("llama-3.1-8b", "sambanova-sn40l", ("model_switch_s",))
    assert swap["model_switch_s"][0] == pytest.approx(2 * LLAMA_8B / (0.8 * 1e11), rel=1e-3)


def test_what_does_not_fit_the_second_tier_is_read_from_the_third():
    names = ("fits_memory", "decode_stream_s", "tpot_s")
    whole = found("deepseek-v3", "sambanova-sn40l", names)
    assert whole["fits_memory"][0] == 0
    tiers = found("deepseek-v3", "sambanova-sn40l", names, weight_offload_fraction="auto")
    assert tiers["fits_memory"][0] == 1
    assert tiers["tpot_s"][0] > tiers["decode_stream_s"][0] > 0


def test_a_share_above_one_or_all_of_the_cache_is_refused():
    for options in ({"weight_offload_fraction": 1.5}, {"kv_offload_fraction": 1}):
        with pytest.raises(InferscopeError, match="must be at most"):
            found("llama-3.1-8b", "rtx-4090", ("tpot_s",), **options)


OPT_30B = {"id": "opt-175b", "layers": 48, "hidden": 7168, "heads": 56, "kv_heads": 56, "ffn": 28_672}


@pytest.mark.parametrize(
    ("batch", "share", "measured_tok_s", "within"),
    [
        pytest.param(4, 1, 0.60, 1.4, id="DeepSpeed ZeRO-Inference streams all weights"),
        pytest.param(8, "auto", 0.62, 2.8, id="Accelerate keeps what fits and does not overlap"),
    ],
)
def test_published_offloading_of_a_30b_model_on_a_t4(batch, share, measured_tok_s, within):
    """FlexGen, benchmark/batch_size_table.md: T4 with weights in CPU memory, 512 tokens in, 32 out."""
    one = found(
        OPT_30B,
        "t4",
        ("output_tok_s", "bound"),
        workload={"batch": batch, "input_tokens": 512, "output_tokens": 32},
        weight_offload_fraction=share,
    )
    assert REGISTRY.quantities["bound"].codes[int(one["bound"][0])] == "host link"
    assert measured_tok_s < one["output_tok_s"][0] < within * measured_tok_s


@pytest.mark.parametrize(
    ("known", "rate", "said"),
    [
        ({}, 64e9, "the memory's is not known"),
        ({"far_memory_bandwidth_bytes_per_s": 20e9}, 20e9, ""),
        ({"far_memory_bandwidth_bytes_per_s": 400e9}, 64e9, ""),
    ],
)
def test_the_slower_of_link_and_memory_counts_and_a_rate_that_is_not_known_is_said(known, rate, said):
    tables = {"model": {"id": "llama-3.1-8b"}, "hardware": {"accelerator": "h100-sxm", **known}}
    leaf = evaluate(load_values(tables), ("tpp",)).bound.leaf("hardware_offload_bytes_per_s")
    assert leaf.value == rate
    assert said in leaf.note if said else "not known" not in leaf.note
