"""Other programs that size inference, each in an environment of its own."""

import json
import subprocess
import sys
import venv
from dataclasses import dataclass

_TIMED = '''
import itertools, json, time
def rate(call, cases):
    """Calls in a second: the fastest of five turns of about a fifth of a second, each of new cases."""
    endless = itertools.cycle(cases)
    call(*next(endless))
    count, found = 100, 0.0
    for turn in range(6):
        start = time.process_time()
        for case in itertools.islice(endless, count):
            call(*case)
        took = time.process_time() - start
        found = max(found, count / took if turn else 0.0)
        if not turn:
            count = max(int(0.2 * count / took), 1)
    return found
'''

_RIDGEPOINT = """
from ridgepoint import fit
MODELS = ["llama-3-8b", "llama-3-70b", "mixtral-8x7b", "qwen2.5-7b", "deepseek-v2-lite", "deepseek-r1"]
CHIPS = ["a100-80gb", "h100-80gb", "h200-141gb", "b200-192gb", "mi300x-192gb", "l40s-48gb"]
cases = [(m, c, 100 + 37 * i) for i in range(100) for m in MODELS for c in CHIPS]
def call(model, chip, prompt):
    return fit(model, chip, count=8, ctx=prompt + 500, prompt=prompt, as_json=True)
print(json.dumps([rate(call, cases)]))
"""

_LLM_FLOPS = """
from llmflops import estimate, throughput
MODELS = ["meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-70B", "mistralai/Mixtral-8x7B-v0.1"]
CHIPS = ["A100-80GB-SXM", "H100-SXM", "H200-SXM", "L40S"]
layout = {"tensor_parallel": 8}
cases = [(m, c, 1 + i % 64, 100 + 37 * i) for i in range(100) for m in MODELS for c in CHIPS]
def whole(model, chip, batch, prompt):
    return estimate(model, batch, prompt, "bf16", chip, num_generated_tokens=500, parallelism=layout,
                    allow_hf_fetch=False)
def served(model, chip, batch, prompt):
    return throughput(model, gpu=chip, sequence_length=prompt, output_tokens=500, parallelism=layout,
                      max_batch=batch, allow_hf_fetch=False)
print(json.dumps([rate(whole, cases), rate(served, cases)]))
"""

_ECOLOGITS = """
from ecologits.impacts.llm import compute_llm_impacts
cases = [(8.0 + i % 63, 8.0 + 6 * (i % 63), 50 + i) for i in range(2000)]
def call(active, total, tokens):
    return compute_llm_impacts(active, total, tokens, 7e-8, 9.9, 0.4, 1.8, 1.2, 0.5)
print(json.dumps([rate(call, cases)]))
"""

_AICONFIGURATOR = """
import dataclasses, logging, warnings
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
from aiconfigurator.cli.api import cli_estimate
from aiconfigurator.sdk.inference_session import InferenceSession
kept, plain = [], InferenceSession.run_agg
def keep(self, config, **options):  # the session that its command line builds, to be asked again
    kept.append((self, config, options))
    return plain(self, config, **options)
InferenceSession.run_agg = keep
cli_estimate(model_path="meta-llama/Meta-Llama-3.1-70B", system_name="h100_sxm", mode="agg", isl=1000,
             osl=500, batch_size=32, tp_size=8)
session, config, options = kept[0]
cases = [(1 + i % 64, 100 + i) for i in range(30_000)]  # it remembers what it was asked
def call(batch, prompt):
    return plain(session, dataclasses.replace(config, batch_size=batch, isl=prompt), **options)
print(json.dumps([rate(call, cases)]))
"""


@dataclass(frozen=True)
class Peer:
    """A program to compare with.

    Attributes:
        requirement: What pip installs.
        script: What it runs after the timing: prints the rate of each of the calls, as JSON.
        calls: Each call, and the quantities here that answer what it answers.
        is_heavy: Whether it takes more than 500 MB.
    """

    requirement: str
    script: str
    calls: dict
    is_heavy: bool = False


PEERS = (
    Peer(
        "ridgepoint==0.1.2",
        _RIDGEPOINT,
        {"fit": ("tpot_s", "ttft_s", "max_batch", "memory_used_fraction", "weight_bytes", "bound")},
    ),
    Peer(
        "llm-flops==0.0.1",
        _LLM_FLOPS,
        {
            "estimate": (
                "flop_per_query",
                "parameters",
                "active_parameters",
                "weight_bytes",
                "kv_bytes_per_token",
                "ttft_s",
                "tpot_s",
                "e2e_latency_s",
                "wh_per_query",
                "gco2e_per_query",
                "usd_per_query",
            ),
            "throughput": ("max_batch", "output_tok_s", "tpot_s", "usd_per_million_output_tokens"),
        },
    ),
    Peer(
        "ecologits==0.11.3",
        _ECOLOGITS,
        {"compute_llm_impacts": ("wh_per_query", "gco2e_per_query", "liters_per_query")},
    ),
    Peer(
        "aiconfigurator==0.12.0",
        _AICONFIGURATOR,
        {
            "run_agg": (
                "ttft_s",
                "tpot_s",
                "e2e_latency_s",
                "output_tok_s",
                "output_tok_s_per_accelerator",
                "output_tok_s_per_user",
                "memory_used_fraction",
            )
        },
        is_heavy=True,
    ),
)


def measured(peer, folder):
    """The rates of a peer's calls, or why there are none."""
    place = folder / peer.requirement.replace("==", "-")
    python = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", peer.requirement],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        done = subprocess.run(
            [python, "-c", _TIMED + peer.script], capture_output=True, text=True, check=False, cwd=folder
        )
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
    return json.loads(done.stdout.splitlines()[-1])
