"""Communication between the accelerators of a replica, inside and across scale-up domains."""

from __future__ import annotations

import numpy as np

from inferscope.core.graph import Array, quantity
from inferscope.core.quantities.functions import SERVING_STUDY

_SOURCE = "ring all-reduce and expert all-to-all volumes; " + SERVING_STUDY
_DISPATCH_AND_COMBINE_BYTES = 3.0
"""An expert-parallel token travels out in fp8 (1 byte) and back in bf16 (2 bytes)."""


def all_to_all_s(tokens: Array, experts_per_token: Array, width: Array, bytes_per_s: Array) -> Array:
    """Time of one layer's dispatch and combine: ``3 T k h / bandwidth``.

    Args:
        tokens: Tokens of a rank T, ``(n,)``.
        experts_per_token: Destinations of a token k, ``(n,)``.
        width: Hidden size h, ``(n,)``.
        bytes_per_s: One-way bandwidth, ``(n,)``.

    Zhao et al., arXiv 2505.09343: 32 tokens, 9 experts, h = 7,000 at 50 GB/s is 121 us.

    >>> all_to_all_s(np.array([32.0]), np.array([9.0]), np.array([7000.0]), np.array([50e9])).round(8)
    array([0.00012096])
    """
    return _DISPATCH_AND_COMBINE_BYTES * tokens * experts_per_token * width / bytes_per_s


def exchange_bound_tok_s(exchange_s: Array, layers: Array) -> Array:
    """Tokens a second of one user when only communication takes time: ``1 / (2 t L)``.

    Two micro-batches share the link, each with an exchange of ``exchange_s`` in every layer.

    >>> exchange_bound_tok_s(np.array([120.96e-6]), np.array([61.0])).round(1)
    array([67.8])
    """
    return 1.0 / (2.0 * exchange_s * layers)


def all_reduce_s(
    tokens: Array,
    width: Array,
    ranks: Array,
    domain: Array,
    scaleup: Array,
    scaleout: Array,
    call_s: Array,
    node_call_s: Array,
) -> Array:
    """Time of one 16-bit all-reduce over ``ranks``; beyond a domain, hierarchical.

    ``call log2(min(r, d))/3 + 4 T h (m-1)/m / scaleup`` with m = min(r, d), and between the r/d
    domains ``node_call log2(r/d) + 4 T h / d (r/d - 1)/(r/d) / scaleout``. A ring moves
    ``2 (m-1)/m`` times the 2-byte message. 0 for one rank.

    >>> one = np.array([1.0])
    >>> all_reduce_s(64 * one, 8192 * one, 8 * one, 8 * one, 450e9 * one, 50e9 * one, 0 * one, 0 * one).round(8)
    array([4.08e-06])
    """
    inside = np.minimum(ranks, domain)
    nodes = np.maximum(ranks / domain, 1.0)
    volume = 4.0 * tokens * width
    near = call_s * np.log2(inside) / 3.0 + volume * (inside - 1.0) / (inside * scaleup)
    far = node_call_s * np.log2(nodes) + volume * (nodes - 1.0) / (nodes * domain * scaleout)
    return np.where(inside > 1.0, near, 0.0) + np.where(nodes > 1.0, far, 0.0)


@quantity(
    unit="s/byte",
    label="Time per byte between expert ranks",
    pools=("prefill", "decode"),
    formula=(
        "where(hardware_data_parallel > 1,"
        " where(hardware_scaleup_domain > 1, minimum(hardware_tensor_parallel * hardware_data_parallel,"
        " hardware_scaleup_domain) / (hardware_tensor_parallel * hardware_data_parallel)"
        " / hardware_scaleup_bytes_per_s, 0)"
        " + where(hardware_tensor_parallel * hardware_data_parallel > hardware_scaleup_domain,"
        " (1 - hardware_scaleup_domain / (hardware_tensor_parallel * hardware_data_parallel))"
        " / hardware_scaleout_bytes_per_s, 0), 0) / calibration_link_bandwidth_share"
    ),
    source=_SOURCE,
)
def exchange_s_per_byte(
    hardware_tensor_parallel: Array,
    hardware_data_parallel: Array,
    hardware_scaleup_domain: Array,
    hardware_scaleup_bytes_per_s: Array,
    hardware_scaleout_bytes_per_s: Array,
    calibration_link_bandwidth_share: Array,
) -> Array:
    """Mean time of an all-to-all byte: the share that stays in the domain and the share that leaves it.

    144 ranks in domains of 8 at 200 GB/s and 50 GB/s: (0.056/200e9 + 0.944/50e9)/0.54 = 35.5 ps.
    """
    ranks = hardware_tensor_parallel * hardware_data_parallel
    stays = np.minimum(ranks, hardware_scaleup_domain) / ranks
    near = np.where(hardware_scaleup_domain > 1.0, stays / hardware_scaleup_bytes_per_s, 0.0)
    far = np.where(ranks > hardware_scaleup_domain, (1.0 - stays) / hardware_scaleout_bytes_per_s, 0.0)
    return np.where(hardware_data_parallel > 1.0, near + far, 0.0) / calibration_link_bandwidth_share


@quantity(
    unit="s",
    label="Communication per step",
    better="lower",
    formula=(
        "model_layers * where(hardware_data_parallel > 1, 1, 2) * all_reduce_s(rank_batch * verified_tokens,"
        " model_hidden_size, hardware_tensor_parallel, hardware_scaleup_domain,"
        " calibration_link_bandwidth_share * hardware_scaleup_bytes_per_s,"
        " calibration_link_bandwidth_share * hardware_scaleout_bytes_per_s,"
        " calibration_collective_s, calibration_node_collective_s)"
        " + where((hardware_data_parallel > 1) & (model_moe_layers > 0), model_moe_layers"
        " * (2 * calibration_collective_s + 3 * rank_batch * verified_tokens / hardware_tensor_parallel"
        " * minimum(model_experts_per_token, hardware_tensor_parallel * hardware_data_parallel - 1)"
        " * model_moe_input_size * decode_exchange_s_per_byte), 0)"
        " + where(hardware_pipeline_parallel > 1, (hardware_pipeline_parallel - 1)"
        " * (calibration_node_collective_s + 2 * rank_batch * verified_tokens * model_hidden_size"
        " / (calibration_link_bandwidth_share * hardware_scaleout_bytes_per_s)), 0)"
    ),
    source=_SOURCE,
)
def decode_collective_s(
    model_layers: Array,
    hardware_data_parallel: Array,
    rank_batch: Array,
    verified_tokens: Array,
    model_hidden_size: Array,
    hardware_tensor_parallel: Array,
    hardware_scaleup_domain: Array,
    calibration_link_bandwidth_share: Array,
    hardware_scaleup_bytes_per_s: Array,
    hardware_scaleout_bytes_per_s: Array,
    calibration_collective_s: Array,
    calibration_node_collective_s: Array,
    model_moe_layers: Array,
    model_experts_per_token: Array,
    model_moe_input_size: Array,
    decode_exchange_s_per_byte: Array,
    hardware_pipeline_parallel: Array,
) -> Array:
    """All-reduces of tensor parallelism, all-to-all of expert parallelism, hand-over between stages.

    Two all-reduces a layer, one where attention is data-parallel (the experts then exchange tokens).
    """
    tokens = rank_batch * verified_tokens
    scaleup = calibration_link_bandwidth_share * hardware_scaleup_bytes_per_s
    scaleout = calibration_link_bandwidth_share * hardware_scaleout_bytes_per_s
    reduce = all_reduce_s(
        tokens,
        model_hidden_size,
        hardware_tensor_parallel,
        hardware_scaleup_domain,
        scaleup,
        scaleout,
        calibration_collective_s,
        calibration_node_collective_s,
    )
    spread = hardware_data_parallel > 1
    others = np.minimum(model_experts_per_token, hardware_tensor_parallel * hardware_data_parallel - 1.0)
    exchange = 2.0 * calibration_collective_s + _DISPATCH_AND_COMBINE_BYTES * (
        tokens / hardware_tensor_parallel * others * model_moe_input_size * decode_exchange_s_per_byte
    )
    hand_over = calibration_node_collective_s + 2.0 * tokens * model_hidden_size / scaleout
    return (
        model_layers * np.where(spread, 1.0, 2.0) * reduce
        + np.where(spread & (model_moe_layers > 0), model_moe_layers * exchange, 0.0)
        + np.where(hardware_pipeline_parallel > 1, (hardware_pipeline_parallel - 1.0) * hand_over, 0.0)
    )


@quantity(
    unit="s",
    label="Communication per prompt",
    better="lower",
    formula=(
        "model_layers * where(prefill_hardware_data_parallel > 1, 1, 2) * all_reduce_s(new_prompt_tokens,"
        " model_hidden_size, prefill_hardware_tensor_parallel, prefill_hardware_scaleup_domain,"
        " calibration_link_bandwidth_share * prefill_hardware_scaleup_bytes_per_s,"
        " calibration_link_bandwidth_share * prefill_hardware_scaleout_bytes_per_s,"
        " calibration_collective_s, calibration_node_collective_s)"
        " + where((prefill_hardware_data_parallel > 1) & (model_moe_layers > 0), model_moe_layers"
        " * (2 * calibration_collective_s + 3 * new_prompt_tokens / prefill_hardware_tensor_parallel"
        " * minimum(model_experts_per_token, prefill_hardware_tensor_parallel * prefill_hardware_data_parallel - 1)"
        " * model_moe_input_size * prefill_exchange_s_per_byte), 0)"
    ),
    source=_SOURCE,
)
def prefill_collective_s(
    model_layers: Array,
    prefill_hardware_data_parallel: Array,
    new_prompt_tokens: Array,
    model_hidden_size: Array,
    prefill_hardware_tensor_parallel: Array,
    prefill_hardware_scaleup_domain: Array,
    calibration_link_bandwidth_share: Array,
    prefill_hardware_scaleup_bytes_per_s: Array,
    prefill_hardware_scaleout_bytes_per_s: Array,
    calibration_collective_s: Array,
    calibration_node_collective_s: Array,
    model_moe_layers: Array,
    model_experts_per_token: Array,
    model_moe_input_size: Array,
    prefill_exchange_s_per_byte: Array,
) -> Array:
    """The same volumes with the prompt's new tokens in place of a step's."""
    reduce = all_reduce_s(
        new_prompt_tokens,
        model_hidden_size,
        prefill_hardware_tensor_parallel,
        prefill_hardware_scaleup_domain,
        calibration_link_bandwidth_share * prefill_hardware_scaleup_bytes_per_s,
        calibration_link_bandwidth_share * prefill_hardware_scaleout_bytes_per_s,
        calibration_collective_s,
        calibration_node_collective_s,
    )
    spread = prefill_hardware_data_parallel > 1
    ranks = prefill_hardware_tensor_parallel * prefill_hardware_data_parallel
    others = np.minimum(model_experts_per_token, ranks - 1.0)
    exchange = 2.0 * calibration_collective_s + _DISPATCH_AND_COMBINE_BYTES * (
        new_prompt_tokens
        / prefill_hardware_tensor_parallel
        * others
        * model_moe_input_size
        * prefill_exchange_s_per_byte
    )
    return model_layers * np.where(spread, 1.0, 2.0) * reduce + np.where(
        spread & (model_moe_layers > 0), model_moe_layers * exchange, 0.0
    )
