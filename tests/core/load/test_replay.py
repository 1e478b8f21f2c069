"""The replay against queues whose answers are known, and what must hold of any replay."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inferscope.core.graph import REGISTRY
from inferscope.core.load.machine import Line
from inferscope.core.load.replay import replay
from inferscope.core.load.synthetic import synthetic
from inferscope.core.load.trace import Trace


def quantity(name, **values):
    node = REGISTRY.quantities[name]
    with np.errstate(all="ignore"):
        return float(node.function(**{key: np.array([float(v)]) for key, v in values.items()})[0])


def trace(arrivals, prompts, answers):
    arrivals = np.array(arrivals, dtype=float)
    prompts, answers = (np.broadcast_to(np.array(v, dtype=float), arrivals.shape) for v in (prompts, answers))
    return Trace(arrivals, prompts, answers, "by hand", np.zeros(len(arrivals), dtype=np.intp))


def exponential(rate, answer, *, requests, arrival_cv=1.0, length_cv=1.0, seed=1):
    """Requests without a prompt worth the name, with answers of many steps."""
    return synthetic(
        rate, 1, answer, arrival_cv=arrival_cv, length_cv=length_cv, requests=requests, seed=seed
    )


def mean_wait(replayed):
    start = len(replayed.trace) // 10
    return float((replayed.first_s - replayed.arrival_s)[start:].mean())


def place_wait(servers, load, *, answer_s, arrival_cv=1.0, service_cv=1.0):
    """The quantities' own wait for one of so many places."""
    peaked = quantity("peakedness", workload_arrival_cv=arrival_cv, workload_service_cv=service_cv)
    chance = quantity(
        "wait_probability", load_utilization=load, hardware_replicas=1, batch=servers, peakedness=peaked
    )
    return chance * quantity(
        "place_wait_s",
        optimizations_static_batching=0,
        workload_arrival_cv=arrival_cv,
        workload_service_cv=service_cv,
        max_requests_per_s=servers / answer_s,
        load_utilization=load,
    )


# --- queues with known answers -------------------------------------------------------------------


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (4, 0.8), (16, 0.9), (64, 0.95)])
def test_places_are_the_servers_of_erlangs_queue(machine, servers, load):
    """M/M/c: the mean wait for a place is C/(c mu - lambda), within the noise of the draws."""
    answers = exponential(load * servers, 1001, requests=60_000)
    load_drawn = answers.rate_per_s * (answers.output_tokens.mean() - 1) * 1e-3 / servers
    found = mean_wait(replay(answers, machine(places=servers)))
    expected = place_wait(servers, load_drawn, answer_s=(answers.output_tokens.mean() - 1) * 1e-3)
    assert found == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize("load", [0.3, 0.6, 0.9])
def test_prompts_one_after_another_are_a_single_server_queue(machine, load):
    """M/D/1: D + R D^2/(2(1 - R D)); the answer is the token that comes with the prompt."""
    prompts = synthetic(load / 0.1, 100, 1, requests=40_000, seed=3)
    one = machine(places=100_000, prompt_s=0.1, chunk_tokens=100, is_chunked=False)
    shared = {"hardware_disaggregated": 0, "prefill_servers": 1}
    busy = prompts.rate_per_s * 0.1
    tail = quantity(
        "prompt_wait_s",
        prefill_utilization=busy,
        prefill_work_s=0.1,
        prefill_service_s=0.1,
        workload_arrival_cv=1,
        workload_service_cv=0,
        **shared,
    )
    chance = quantity("prefill_wait_probability", prefill_utilization=busy, peakedness=1, **shared)
    assert mean_wait(replay(prompts, one)) == pytest.approx(0.1 + chance * tail, rel=0.06)


@pytest.mark.parametrize(("load", "arrival_cv"), [(0.7, 2.0), (0.9, 2.0), (0.9, 0.5), (0.9, 3.0)])
@pytest.mark.parametrize("service_cv", [0.0, 1.0])
def test_bursts_wait_as_the_formula_says(machine, load, arrival_cv, service_cv):
    """Allen-Cunneen with Hayward's approximation, 16 places: within 1.4x, or 20 ms where nothing waits.

    Without the peakedness the wait at load 0.7 would be ten times too short.
    """
    answers = exponential(
        load * 16, 1001, requests=80_000, arrival_cv=arrival_cv, length_cv=service_cv, seed=5
    )
    mean_s = float(answers.output_tokens.mean() - 1) * 1e-3
    found = mean_wait(replay(answers, machine(places=16)))
    expected = place_wait(
        16,
        answers.rate_per_s * mean_s / 16,
        answer_s=mean_s,
        arrival_cv=arrival_cv,
        service_cv=service_cv,
    )
    assert expected / 1.4 - 0.02 <= found <= expected * 1.4 + 0.02


# --- by hand -------------------------------------------------------------------------------------


def test_a_request_alone_takes_its_prompt_the_host_and_its_steps(machine):
    one = machine(places=4, step_s=0.01, prompt_s=0.2, prompt_delay_s=0.05)
    found = replay(trace([0.0], 100, 11), one)
    assert found.first_s[0] == pytest.approx(0.25)
    assert found.done_s[0] == pytest.approx(0.35)
    assert (found.usage.prefill_s, found.usage.decode_s) == pytest.approx((0.2, 0.1))


def test_a_prompt_waits_for_the_step_that_runs_and_shares_the_next(machine):
    """The second comes at 0.255 s, in the first step of the other: from 0.26 s on a step with its prompt."""
    one = machine(places=4, step_s=0.01, prompt_s=0.2, prompt_delay_s=0.05, chunk_tokens=100)
    found = replay(trace([0.0, 0.255], 100, 11), one)
    assert found.first_s[1] == pytest.approx(0.26 + 0.2 + 0.01 + 0.05)
    assert found.done_s[0] == pytest.approx(0.35 + 0.2)


def test_decoding_stops_for_a_whole_prompt(machine):
    one = machine(places=4, step_s=0.01, prompt_s=0.2, chunk_tokens=100, is_chunked=False)
    found = replay(trace([0.0, 0.205], 100, 11), one)
    assert found.first_s[1] == pytest.approx(0.21 + 0.2)
    assert found.done_s[0] == pytest.approx(0.3 + 0.2)


def test_a_long_prompt_is_cut_into_chunks_and_paid_for_once(machine):
    """Ten chunks of 0.1 s, each with a step of the other sequence, after the one that runs."""
    one = machine(places=4, step_s=0.01, chunk_tokens=100, prompts={1: Line([0.0, 1000.0], [0.0, 1.0])})
    found = replay(trace([0.0, 0.015], [0, 1000], [1001, 2]), one)
    assert found.usage.prefill_s == pytest.approx(1.0)
    assert found.first_s[1] == pytest.approx(0.02 + 10 * 0.11)
    assert found.done_s[0] == pytest.approx(10.0 + 1.0)


def test_who_finds_no_place_waits_for_one(machine):
    found = replay(trace([0.0, 0.015, 0.5], 1, 101), machine(places=2, step_s=0.01))
    np.testing.assert_allclose(found.first_s, [0, 0.03, 1.01], atol=1e-9)
    assert found.most_queued == 1


def test_memory_is_a_limit_of_its_own(machine):
    """Two of 600 do not fit into 1,000 beside each other, though there are places."""
    small = machine(places=8, step_s=0.01, cache_limit_bytes=1000.0)
    found = replay(trace([0.0, 0.0], 499, 101), small)
    np.testing.assert_allclose(found.first_s, [0, 1], atol=1e-9)
    roomy = machine(places=8, step_s=0.01, cache_limit_bytes=1000.0, ranks=2)
    np.testing.assert_allclose(replay(trace([0.0, 0.0], 499, 101), roomy).first_s, [0, 0.01])


def test_what_never_fits_is_refused_with_the_reason(machine):
    one = machine(places=8, cache_limit_bytes=1000.0, context_tokens=5000.0)
    found = replay(trace([0.0, 1.0, 2.0], [10, 990, 4990], [5, 11, 11]), one)
    assert found.refused == {
        1: "1,001 tokens, more than the cache of a rank holds",
        2: "5,001 tokens, longer than the model's 5,000",
    }
    assert np.isfinite(found.done_s).tolist() == [True, False, False]


def test_pools_take_prompts_off_the_replica(machine):
    """Two ranks compute three prompts; decoding goes on meanwhile."""
    apart = machine(places=8, step_s=0.01, prompt_s=0.5, servers=2, prompt_delay_s=0.1)
    found = replay(trace([0.0, 0.0, 0.0], 100, 11), apart)
    np.testing.assert_allclose(found.first_s, [0.6, 0.6, 1.1])
    np.testing.assert_allclose(found.done_s, [0.7, 0.7, 1.2])
    assert found.pool_busy_s == pytest.approx(1.5)
    assert found.usage.prefill_s == 0


def test_replicas_take_turns_by_what_they_have_to_do(machine):
    found = replay(trace([0.0, 0.0, 0.1, 0.1], 1, 101), machine(places=1, step_s=0.01, replicas=2))
    np.testing.assert_allclose(found.first_s, [0, 0, 1, 1])


def test_users_of_a_closed_loop_ask_again_when_answered(machine):
    found = replay(trace(np.zeros(6), 1, 101), machine(places=8, step_s=0.01), concurrency=2)
    np.testing.assert_allclose(found.arrival_s[2:], found.done_s[:4])
    assert (found.first_s - found.arrival_s <= 0.01 + 1e-9).all()
    assert found.done_s[-1] == pytest.approx(3.0, abs=0.05)


# --- of any replay -------------------------------------------------------------------------------

requests = st.lists(
    st.tuples(st.floats(0, 5), st.integers(0, 300), st.integers(1, 60)), min_size=1, max_size=60
).map(sorted)


@given(requests, st.integers(1, 9), st.booleans(), st.integers(0, 2), st.integers(1, 3))
def test_every_request_is_answered_once_and_takes_its_steps(found, places, chunked, servers, replicas):
    arrivals, prompts, answers = (np.array(column, dtype=float) for column in zip(*found, strict=True))
    played = replay(
        Trace(arrivals, prompts, answers, "", np.zeros(len(arrivals), dtype=np.intp)),
        _plain(places=places, is_chunked=chunked, servers=servers, replicas=replicas),
    )
    assert (played.first_s >= arrivals + 0.02 - 1e-9).all()
    assert (played.done_s - played.first_s >= (answers - 1) * 0.01 - 1e-9).all()
    assert played.queued.max() <= played.most_queued <= len(arrivals)
    busy = played.usage.prefill_s + played.usage.decode_s
    assert busy <= replicas * played.done_s.max() + 1e-9
    assert played.usage.sequence_s >= (answers - 1).sum() * 0.01 - 1e-6
    prompts_s = played.pool_busy_s if servers else played.usage.prefill_s
    assert prompts_s == pytest.approx(0.02 * len(arrivals))


def _plain(**values):
    from inferscope.core.load.machine import Machine, Steps

    steps = Steps(np.array([1.0, 2.0]), [1.0, 2.0], np.full((2, 2), 0.01), np.full(2, 700.0))
    given = {
        "ranks": 1, "tokens_per_step": 1.0, "steps": steps, "prompts": {1: Line([0.0, 1.0], [0.02, 0.02])},
        "prompt_lanes": 1, "prompt_stages": 1, "prompt_delay_s": 0.0, "chunk_tokens": 500.0, "new_share": 1.0,
        "cache_bytes": Line([0.0, 1e9], [0.0, 1e9]), "cache_limit_bytes": 1e12, "fill_share": 0.75,
        "context_tokens": math.inf,
    }  # fmt: skip
    return Machine(**given | values)


def test_more_load_never_waits_less(machine):
    one = machine(places=8)
    waits = [
        mean_wait(replay(exponential(8 * load, 1001, requests=20_000), one)) for load in (0.3, 0.6, 0.8, 0.95)
    ]
    assert (np.diff(waits) > 0).all()


def test_progress_is_told_and_what_it_raises_ends_the_replay(machine):
    said = []
    replay(
        exponential(8, 101, requests=3000), machine(places=8), watch=lambda done, of: said.append((done, of))
    )
    assert said == sorted(said)
    assert {of for _, of in said} == {3000}

    def stop(_done, _of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay(exponential(8, 101, requests=3000), machine(places=8), watch=stop)
