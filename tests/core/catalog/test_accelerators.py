"""The accelerators' figures hang together and agree with published ones."""

import pytest

from inferscope.core import catalog
from inferscope.core.catalog import accelerator

GIB = 2**30
ALL = catalog.ids("accelerator")

# (precision, half as fast precision): parts where twice is not the rule, and why.
NOT_TWICE = {
    ("fp8", "bf16"): {
        "l40s": "fp8 and int8 printed as 733, bf16 as 362",
        "rubin-r200": "fp8 and bf16 announced for different uses",
        "gaudi3": "one matrix rate for both",
        "tpu-v5p": "no fp8 unit: runs at the bf16 rate",
        "tpu-v6e": "no fp8 unit: runs at the bf16 rate",
        "inferentia2": "one rate for both",
        "trainium1": "one rate for both",
        "trainium2": "printed as 1,299 and 667",
        "trainium3": "mxfp8 has a unit of its own",
        "tt-n300": "vendor's fp8 and fp16 use different units",
        "tt-n150": "vendor's fp8 and fp16 use different units",
    },
    ("int8", "bf16"): {
        "l40s": "fp8 and int8 printed as 733, bf16 as 362",
        "b300-sxm": "Blackwell Ultra gave up the int8 rate",
        "gb300-nvl72": "Blackwell Ultra gave up the int8 rate",
        "rtx-3090": "bf16 with fp32 accumulation is halved on consumer parts",
        "rtx-4090": "bf16 with fp32 accumulation is halved on consumer parts",
        "rtx-4090d": "bf16 with fp32 accumulation is halved on consumer parts",
        "rtx-5090": "bf16 with fp32 accumulation is halved on consumer parts",
        "jetson-orin-64": "int8 counts the deep-learning accelerators too",
        "mi250x": "CDNA 2 runs int8 at the fp16 rate",
        "mi250x-gcd": "CDNA 2 runs int8 at the fp16 rate",
        "rx-7900xtx": "RDNA 3 runs int8 at the fp16 rate",
        "tpu-v4": "int8 at the bf16 rate",
        "groq-lpu-v1": "int8 unit four times as wide",
        "qualcomm-ai100-ultra": "int8 unit three times as wide",
        "cambricon-mlu370-x8": "int8 256, bf16 96",
    },
    ("fp4", "fp8"): {
        "b300-sxm": "Blackwell Ultra widened fp4 only",
        "gb300-nvl72": "Blackwell Ultra widened fp4 only",
        "b30a": "Blackwell Ultra widened fp4 only",
        "rtx-5090": "fp8 with fp32 accumulation is halved on consumer parts",
        "trainium3": "mxfp4 at the mxfp8 rate",
        "mtia-450": "fp4 three times as wide",
        "mtia-500": "fp4 three times as wide",
    },
}


def peak(name, precision):
    return accelerator(name).values[f"{precision}_flop_per_s"].value


def figure(name, key):
    return accelerator(name).values[key].value


@pytest.mark.parametrize(("fast", "slow"), NOT_TWICE)
def test_half_the_bits_give_twice_the_rate_but_for_listed_parts(fast, slow):
    odd = {
        name
        for name in ALL
        if peak(name, fast)
        and peak(name, slow)
        and peak(name, fast) / peak(name, slow) != pytest.approx(2, rel=0.01)
    }
    assert odd == set(NOT_TWICE[fast, slow])


@pytest.mark.parametrize(
    ("name", "tpp"),
    [
        ("a100-sxm-80", 4992),
        ("h20", 2368),
        ("h100-sxm", 15832),
        ("b200-sxm", 36000),
        ("mi300x", 20919.2),
    ],
)
def test_total_processing_performance_is_the_published_one(name, tpp):
    bits = {"bf16": 16, "fp8": 8, "int8": 8, "fp4": 4, "int4": 4}
    best = max((peak(name, precision) or 0) * width for precision, width in bits.items())
    assert best / 1e12 == pytest.approx(tpp, rel=5e-4)
    assert figure(name, "tpp_published") == tpp


@pytest.mark.parametrize(
    ("name", "both_ways_gb_per_s"),
    [
        ("v100-sxm2-32", 300),
        ("a100-sxm-80", 600),
        ("a800-sxm-80", 400),
        ("h100-sxm", 900),
        ("h800-sxm", 400),
        ("h20", 900),
        ("h200-sxm", 900),
        ("b200-sxm", 1800),
        ("gb200-nvl72", 1800),
        ("rubin-r200", 3600),
    ],
)
def test_links_are_one_way(name, both_ways_gb_per_s):
    assert figure(name, "scaleup_bytes_per_s") * 2 == both_ways_gb_per_s * 1e9


def test_no_hbm3_part_reads_faster_than_eight_stacks_can():
    # Four more stacks than that would be a slip of unit or of package: 10,300, 13,400 and 18,000
    # GB/s are in circulation. TPU 8i's 8,600 GB/s is its maker's figure.
    fast = {
        name
        for name in ALL
        if accelerator(name).text.get("memory_type", "").startswith("HBM3")
        and figure(name, "memory_bandwidth_bytes_per_s")
        and figure(name, "memory_bandwidth_bytes_per_s") > 8.2e12
    }
    assert fast <= {"tpu-8i"}


def test_parts_on_pcie_alone_move_at_most_64_gb_per_s_one_way():
    on_pcie = [name for name in ALL if figure(name, "scaleup_is_pcie")]
    assert {"l4", "l40s", "rtx-4090"} <= set(on_pcie)
    assert all(figure(name, "scaleup_bytes_per_s") <= 64e9 for name in on_pcie)


def test_a_card_with_a_bridge_has_a_link_of_its_own():
    assert figure("a100-pcie-80", "scaleup_is_pcie") == 0
    assert figure("h100-pcie", "scaleup_is_pcie") == 0


def test_labels_of_dram_are_binary():
    assert figure("h100-sxm", "memory_bytes") == 80 * GIB
    assert figure("h200-sxm", "memory_bytes") == 141 * GIB
    assert accelerator("b300-sxm").values["memory_bytes"].low == 275_040 * 2**20
    assert accelerator("l40s").values["memory_bytes"].low == 48_305_799_168


def test_machines_that_keep_weights_on_chip():
    on_chip = {
        name
        for name in ALL
        if any(tier.name == "sram" and tier.holds_weights for tier in accelerator(name).tiers)
    }
    assert on_chip == {
        "groq-lpu-v1",
        "groq-3-lp30",
        "cerebras-wse3",
        "graphcore-mk2",
        "graphcore-bow",
    }
    for name in on_chip:
        values = accelerator(name).values
        assert values["dram_bandwidth_bytes_per_s"].value == 0
        assert values["memory_bytes"].value == values["sram_bytes"].value
        assert values["memory_bandwidth_bytes_per_s"].value == pytest.approx(
            values["sram_bandwidth_bytes_per_s"].value
        )
    assert figure("groq-lpu-v1", "memory_bytes") == 230e6


def test_tiers_agree_with_the_values():
    for name in ALL:
        record = accelerator(name)
        holding = [tier for tier in record.tiers if tier.holds_weights]
        assert len(holding) == (record.values["memory_bytes"].is_known), name
        for tier in holding:
            assert tier.bytes == record.values["memory_bytes"].value, name
            assert tier.bytes_per_s == record.values["memory_bandwidth_bytes_per_s"].value, name
    far = [tier for tier in accelerator("sambanova-sn40l").tiers if tier.name == "far"]
    assert [(tier.bytes, tier.bytes_per_s) for tier in far] == [(1536 * GIB, 100e9)]


PEAKS = ("bf16", "fp8", "int8", "fp4", "int4", "fp32", "tf32")
# A peak without a figure beside a bf16 figure means that the part cannot, except for these.
UNSAID = {
    **{
        ("fp32", name): "every part computes in FP32 in some unit; not every sheet says how fast"
        for name in ALL
    },
    **dict.fromkeys(
        [
            *(("tf32", name) for name in ("jetson-orin-64", "jetson-thor", "gb10", "rtx-pro-6000")),
            *(("tf32", name) for name in ("b30a", "rubin-r200")),
        ],
        "NVIDIA's tensor cores have TF32 since Ampere",
    ),
    ("tf32", "arc-b60"): "XMX has TF32",
    ("tf32", "gaudi2"): "its successor prints TF32",
    ("int8", "cambricon-590"): "sources disagree on the whole part",
    ("fp8", "cambricon-590"): "sources disagree on the whole part",
}
# A peak without a figure where there is no bf16 figure means that nobody says, except for these.
SAID_TO_LACK = {("fp8", "cerebras-wse3"): "no FP8 on this part"}


@pytest.mark.parametrize("name", ALL)
def test_a_blank_peak_is_unsupported_only_beside_a_known_one(name):
    values = accelerator(name).values
    has_bf16 = values["bf16_flop_per_s"].is_known
    for peak in PEAKS:
        value = values[f"{peak}_flop_per_s"]
        if not value.is_known:
            cannot = (peak, name) not in UNSAID if has_bf16 else (peak, name) in SAID_TO_LACK
            assert value.state == ("unsupported" if cannot else "unknown"), peak


def test_no_exception_is_listed_that_is_none():
    for peak, name in [*UNSAID, *SAID_TO_LACK]:
        value = accelerator(name).values[f"{peak}_flop_per_s"]
        assert peak == "fp32" or not value.is_known, (peak, name)


def test_what_is_not_a_peak_is_never_unsupported():
    for name in ALL:
        for key, value in accelerator(name).values.items():
            assert value.state != "unsupported" or key.endswith("_flop_per_s"), (name, key)


def test_blackwell_ultra_falls_back_from_int8_to_fp8():
    falls_back = {name: dict(accelerator(name).fallback) for name in ALL}
    assert {name: to for name, to in falls_back.items() if to} == {
        "b300-sxm": {"int8": "fp8"},
        "gb300-nvl72": {"int8": "fp8"},
        "b30a": {"int8": "fp8"},
    }


def test_disagreeing_sources_are_kept_as_a_range():
    gaudi = accelerator("gaudi3").values["bf16_flop_per_s"]
    assert (gaudi.low, gaudi.value) == (1.678e15, 1.835e15)
    b200 = accelerator("b200-sxm").values["memory_bandwidth_bytes_per_s"]
    assert (b200.value, b200.high) == (7.7e12, 8e12)
    rubin = accelerator("rubin-r200").values["memory_bandwidth_bytes_per_s"]
    assert (rubin.low, rubin.value) == (19.2e12, 22e12)


@pytest.mark.parametrize(
    ("name", "watts", "kind"),
    [
        ("h100-sxm", 1275, "package"),
        ("gb200-nvl72", 1666.67, "package"),
        ("gb10", 240, "package"),
        ("sambanova-sn40l", 625, "quoted"),
        ("a100-sxm-80", 812.5, "memory"),
        ("l40s", 1.82 * 350, "assumption"),
        ("tpu-v5e", 1.5 * 225, "assumption"),
    ],
)
def test_server_power_is_rated_or_assumed_from_the_design_power(name, watts, kind):
    value = accelerator(name).values["server_w"]
    assert value.value == pytest.approx(watts, rel=1e-5)
    assert value.kind == kind
    assert value.note


def test_server_power_without_a_design_power_is_unknown():
    assert accelerator("tpu-8t").values["server_w"].state == "unknown"
    assert accelerator("qualcomm-ai200").values["server_w"].state == "unknown"


def test_every_purchase_price_says_what_it_covers():
    scopes = {"chip", "board_share", "server_share", "rack_share", "system"}
    for name in ALL:
        record = accelerator(name)
        if record.values["purchase_usd"].is_known:
            assert record.text["purchase_scope"] in scopes, name
            assert record.values["purchase_usd"].note, name
        else:
            assert "purchase_scope" not in record.text, name
    assert accelerator("gb200-nvl72").text["purchase_scope"] == "rack_share"


def test_every_rental_price_says_who_asks_it_and_for_how_long():
    for name in ALL:
        record = accelerator(name)
        for term in ("on_demand", "reserved", "spot"):
            value = record.values[f"rental_{term}_usd_per_h"]
            assert bool(value.note) == value.is_known, (name, term)
        reserved = record.values["rental_reserved_usd_per_h"].is_known
        assert ("rental_reserved_term" in record.text) == reserved, name


def test_fixed_time_is_fitted_where_it_was_measured():
    assert figure("b200-sxm", "fixed_time_factor") == 0.77
    kinds = {
        name: accelerator(name).values["fixed_time_factor"].kind
        for name in ("b200-sxm", "h100-sxm", "mi300x", "v100-sxm2-32", "rubin-r200")
    }
    assert kinds == {
        "b200-sxm": "fitted",
        "h100-sxm": "fitted",
        "mi300x": "assumption",
        "v100-sxm2-32": "assumption",
        "rubin-r200": "assumption",
    }


def test_recalled_figures_are_marked():
    assert accelerator("h100-sxm").values["host_link_bytes_per_s"].is_unverified
    assert not accelerator("h100-sxm").values["bf16_flop_per_s"].is_unverified
    assert all(
        value.is_unverified
        for key, value in accelerator("epyc-9965").values.items()
        if value.is_known
        and value.kind not in ("assumption", "computed", "estimate")
        and key != "scaleup_is_pcie"
    )
