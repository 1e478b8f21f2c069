"""Energy per query by EcoLogits' published method, as a cross-check beside this program's own.

A fit to measured runs at 64 requests in flight with 16-bit weights on H100: it knows neither prompt,
batch, format nor accelerator of the scenario. Constants of PyPI ecologits 0.11.3.
"""

from __future__ import annotations

import numpy as np

from inferscope.core import units
from inferscope.core.graph import Array, quantity

_METHOD = "EcoLogits 0.11.3, methodology of LLM inference"
_ALPHA, _BETA, _GAMMA = 1.1665273170451914e-06, -0.011205921025579175, 4.052928146734005e-05
_LATENCY_PER_BILLION_S, _LATENCY_PER_REQUEST_S, _LATENCY_S = (
    0.0006785088094353663,
    0.0003119310311688259,
    0.019473717579473387,
)
_REQUESTS = 64.0
_SERVER_KW, _PER_SERVER = 1.2, 8.0


@quantity(
    unit="accelerators",
    label="Accelerators by EcoLogits' method",
    formula="2 ** ceil(log2(maximum(1.2 * parameters * 2 / 80e9, 1)))",
    source=_METHOD + ": 16-bit weights and a fifth more on 80 GB, to the next power of two",
)
def ecologits_accelerators(parameters: Array) -> Array:
    """70e9 parameters: 168 GB over 80, so 4."""
    held = 1.2 * parameters * 2.0 / 80e9
    return 2.0 ** np.ceil(np.log2(np.maximum(held, 1.0)))


@quantity(
    unit="Wh",
    label="Energy per query by EcoLogits' method",
    better="lower",
    formula=(
        "site_pue * ecologits_accelerators * generated_tokens * (1.1665273170451914e-06 * exp(-0.011205921025579175"
        " * 64) * active_parameters / 1e9 + 4.052928146734005e-05 + 1200 / 8 / 64 / 3600"
        " * (0.0006785088094353663 * active_parameters / 1e9 + 0.0003119310311688259 * 64 + 0.019473717579473387))"
    ),
    source=_METHOD + ": accelerators by a fit a token, servers by time over 64 requests; x PUE",
)
def ecologits_wh_per_query(
    site_pue: Array, ecologits_accelerators: Array, generated_tokens: Array, active_parameters: Array
) -> Array:
    """At the facility, whatever the scenario's boundary. 70e9 dense, 400 tokens, PUE 1.2: 0.263 Wh."""
    billions = active_parameters / units.GIGA
    accelerator = _ALPHA * np.exp(_BETA * _REQUESTS) * billions + _GAMMA
    seconds = _LATENCY_PER_BILLION_S * billions + _LATENCY_PER_REQUEST_S * _REQUESTS + _LATENCY_S
    server = _SERVER_KW * units.KILO / _PER_SERVER / _REQUESTS * seconds / units.SECONDS_PER_HOUR
    return site_pue * ecologits_accelerators * generated_tokens * (accelerator + server)
