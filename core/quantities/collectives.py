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
    near = call_s * np.log2(inside) / 3.0 + volume * ((inside - 1.0) / (inside * scaleup))
    time = np.where(inside > 1.0, near, 0.0)
    if np.any(nodes > 1.0):
        far = node_call_s * np.log2(nodes) + volume * ((nodes - 1.0) / (nodes * domain * scaleout))
        time = time + np.where(nodes > 1.0, far, 0.0)
    return time


def hand_over_s(
    tokens: Array,
    width: Array,
    stages: Array,
    ranks: Array,
    domain: Array,
    near: Array,
    far: Array,
    call_s: Array,
) -> Array:
    """Time to pass 16-bit activations between pipeline stages: ``(p - 1)(call + 2 T h / bandwidth)``.

    Over scale-up links where all stages share a domain, else over scale-out links. 0 for one stage.
    """
    if not np.any(stages > 1.0):
        return np.zeros(1)
    bandwidth = np.where(stages * ranks <= domain, near, far)
    return np.where(stages > 1.0, (stages - 1.0) * (call_s + 2.0 * tokens * width / bandwidth), 0.0)


@quantity(
    unit="tokens",
    label="Tokens of a rank in a decode step",
    formula="rank_batch * verified_tokens",
    source="sequences of a rank with their drafts",
)
def decode_exchanged_tokens(rank_batch: Array, verified_tokens: Array) -> Array:
    """Tokens whose activations a rank exchanges in one decode step. 16 sequences, 3 drafts: 64."""
    return rank_batch * verified_tokens


@quantity(
    unit="tokens",
    label="Tokens of a rank in a prefill step",
    formula="new_prompt_tokens",
    source="each rank computes a prompt of its own",
)
def prefill_exchanged_tokens(new_prompt_tokens: Array) -> Array:
    """Tokens whose activations a rank exchanges for one prompt."""
    return new_prompt_tokens


@quantity(
    unit="byte/s",
    label="Bandwidth between expert ranks",
    better="higher",
    pools=("prefill", "decode"),
    formula=(
        "calibration_link_bandwidth_share / (where(hardware_scaleup_domain > 1,"
        " minimum(hardware_tensor_parallel * hardware_data_parallel, hardware_scaleup_domain)"
        " / (hardware_tensor_parallel * hardware_data_parallel) / hardware_scaleup_bytes_per_s, 0)"
        " + where(hardware_tensor_parallel * hardware_data_parallel > hardware_scaleup_domain,"
        " (1 - hardware_scaleup_domain / (hardware_tensor_parallel * hardware_data_parallel))"
        " / hardware_scaleout_bytes_per_s, 0))"
    ),
    source=_SOURCE,
)
def exchange_bytes_per_s(
    hardware_tensor_parallel: Array,
    hardware_data_parallel: Array,
    hardware_scaleup_domain: Array,
    hardware_scaleup_bytes_per_s: Array,
    hardware_scaleout_bytes_per_s: Array,
    calibration_link_bandwidth_share: Array,
) -> Array:
    """Mean one-way bandwidth of an all-to-all, whose bytes partly leave the domain.

    144 ranks in domains of 8 at 200 and 50 GB/s: 0.54 / (0.056/200e9 + 0.944/50e9) = 28.2 GB/s.
    """
    ranks = hardware_tensor_parallel * hardware_data_parallel
    stays = np.minimum(ranks, hardware_scaleup_domain) / ranks
    near = np.where(hardware_scaleup_domain > 1.0, stays / hardware_scaleup_bytes_per_s, 0.0)
    far = np.where(ranks > hardware_scaleup_domain, (1.0 - stays) / hardware_scaleout_bytes_per_s, 0.0)
    return calibration_link_bandwidth_share / (near + far)


@quantity(
    unit="s",
    label="Communication per step",
    better="lower",
    pools=("prefill", "decode"),
    formula=(
        "model_layers * where(hardware_data_parallel > 1, 1, 2) * all_reduce_s(exchanged_tokens,"
        " model_hidden_size, hardware_tensor_parallel, hardware_scaleup_domain,"
        " calibration_link_bandwidth_share * hardware_scaleup_bytes_per_s,"
        " calibration_link_bandwidth_share * hardware_scaleout_bytes_per_s,"
        " calibration_collective_s, calibration_node_collective_s)"
        " + where((hardware_data_parallel > 1) & (model_moe_layers > 0), model_moe_layers"
        " * (2 * where(hardware_tensor_parallel * hardware_data_parallel > hardware_scaleup_domain,"
        " calibration_node_collective_s, calibration_collective_s)"
        " + all_to_all_s(exchanged_tokens / hardware_tensor_parallel, minimum(model_experts_per_token,"
        " hardware_tensor_parallel * hardware_data_parallel - 1), model_moe_input_size,"
        " exchange_bytes_per_s)), 0)"
        " + hand_over_s(exchanged_tokens, model_hidden_size, hardware_pipeline_parallel,"
        " hardware_tensor_parallel * hardware_data_parallel, hardware_scaleup_domain,"
        " calibration_link_bandwidth_share * hardware_scaleup_bytes_per_s,"
        " calibration_link_bandwidth_share * hardware_scaleout_bytes_per_s, calibration_node_collective_s)"
    ),
    source=_SOURCE,
)
def collective_s(
    model_layers: Array,
    hardware_data_parallel: Array,
    exchanged_tokens: Array,
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
    exchange_bytes_per_s: Array,
    hardware_pipeline_parallel: Array,
) -> Array:
    """All-reduces of tensor parallelism, all-to-all of expert parallelism, hand-over between stages.

    Two all-reduces a layer, one where attention is data-parallel (the experts then exchange tokens).
    """
    ranks = hardware_tensor_parallel * hardware_data_parallel
    near = calibration_link_bandwidth_share * hardware_scaleup_bytes_per_s
    far = calibration_link_bandwidth_share * hardware_scaleout_bytes_per_s
    call_s, node_call_s = calibration_collective_s, calibration_node_collective_s
    tokens, width, domain = exchanged_tokens, model_hidden_size, hardware_scaleup_domain
    spread = hardware_data_parallel > 1
    reduce = all_reduce_s(tokens, width, hardware_tensor_parallel, domain, near, far, call_s, node_call_s)
    time = model_layers * np.where(spread, 1.0, 2.0) * reduce
    if np.any(is_routed := spread & (model_moe_layers > 0)):
        others = np.minimum(model_experts_per_token, ranks - 1.0)
        exchange = 2.0 * np.where(ranks > domain, node_call_s, call_s) + all_to_all_s(
            tokens / hardware_tensor_parallel, others, model_moe_input_size, exchange_bytes_per_s
        )
        time = time + np.where(is_routed, model_moe_layers * exchange, 0.0)
    return time + hand_over_s(
        tokens, width, hardware_pipeline_parallel, ranks, domain, near, far, node_call_s
    )
