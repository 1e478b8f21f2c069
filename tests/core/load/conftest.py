"""Machines that make a replay a queue with a known answer."""

import numpy as np
import pytest

from inferscope.core.load.machine import Line, Machine, Steps


@pytest.fixture
def machine():
    """Make a machine with steps and prompts of constant length."""

    def make(*, places, step_s=1e-3, prompt_s=0.0, **others):
        steps = Steps(np.array([1.0, 2.0]), [1.0, 2.0], np.full((2, 2), step_s), np.full(2, 700.0))
        values = {
            "replicas": 1,
            "places": places,
            "ranks": 1,
            "tokens_per_step": 1.0,
            "steps": steps,
            "prompts": {1: Line([0.0, 1e9], [prompt_s, prompt_s])},
            "prompt_lanes": 1,
            "prompt_stages": 1,
            "prompt_delay_s": 0.0,
            "chunk_tokens": 1e9,
            "new_share": 1.0,
            "is_chunked": True,
            "cache_bytes": Line([0.0, 1e9], [0.0, 1e9]),
            "cache_limit_bytes": 1e12,
            "fill_share": 1.0,
            "context_tokens": float("inf"),
        }
        return Machine(**values | others)

    return make
