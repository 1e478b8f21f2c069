"""From the table to measurements that can be compared: repeats, layouts, labels, what is left out.

Each rule is one function, so that each can be counted. They are those of the study that the
constants came from first, and were fixed before anything was fitted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from calibration.sample import Run, as_run, family

HELD_OUT_FAMILIES = ("minimax-m2", "kimi-k2.5")
FITTED_ACCELERATORS = ("h100-sxm", "h200-sxm", "b200-sxm")
MOST_ACCELERATORS = 8
"""Aggregated rows over more are prefill and decode pools that the table does not call so."""
HIGHEST_PROMPT_SHARE = 0.75
"""Of peak FLOP/s: prompts that come faster were read from a prefix cache."""


def distinct(table: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Rows without repeats: the same times of one family, accelerator, engine, mode and length.

    Times are compared to 0.01 ms a token and 0.1 ms a first token. The table repeats measurements of
    DeepSeek-R1 under DeepSeek-V3; those of R1 stay.
    """
    ordered = sorted(table, key=lambda row: "DeepSeek-V3" in row["model_path"])
    found: dict[tuple[object, ...], Mapping[str, str]] = {}
    for row in ordered:
        times = (
            float(np.round(float(row["silicon_tpot_ms"]), 2)),
            float(np.round(float(row["silicon_ttft_ms"]), 1)),
        )
        same = (family(row["model_path"]), *(row[k] for k in ("system", "backend", "mode", "isl", "osl")))
        found.setdefault((*same, *times), row)
    return list(found.values())


def aggregated(table: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Rows in which prompts and decoding share accelerators."""
    return [row for row in table if row["mode"] == "agg"]


def layout(row: Mapping[str, str]) -> tuple[int, int, int]:
    """Tensor-parallel degree, data-parallel attention ranks and expert ranks of a row, repaired.

    Where ``moe_tp_size = moe_ep_size = m > 1``, ``tp_size`` or ``attention_dp_size`` holds their
    product: the machine has m accelerators. Where ``tp_size = attention_dp_size`` with experts over
    their product, attention is data-parallel over that many. Where experts are cut over more
    accelerators than ``tp_size`` says, they are there.
    """
    tensor, data, cut, ranks = (
        max(int(row[name] or 0), 1) for name in ("tp_size", "attention_dp_size", "moe_tp_size", "moe_ep_size")
    )
    if row["attention_dp_size"] and cut == ranks > 1 and cut * ranks == tensor * data:
        return (1, cut, cut) if data > 1 else (cut, 1, cut)
    if tensor == data > 1 and ranks == tensor * data:
        return 1, data, data
    if cut * ranks > tensor * data:
        return cut * ranks // data, data, ranks
    return tensor, data, ranks


def draft_tokens(run: Run) -> int | None:
    """Draft tokens a step: multi-token prediction that the table does not mention; None: undecidable.

    From the public launch scripts and the dates of the runs. Undecidable are days on which the same
    configuration was run with and without, and DeepSeek under releases that no public script used.
    """
    is_fp8 = run.precision == "fp8"
    if run.model == "deepseek-r1" and run.engine == "tensorrt-llm":
        late = run.version == "1.1.0rc2.post2" and run.day >= "2026-01-14"
        drafts = 1 if run.data > 1 else 3
        return _UNKNOWN.get(run.version, drafts if late or run.version == "1.2.0rc6.post3" else 0)
    if run.model == "deepseek-r1" and run.engine == "sglang" and run.accelerator == "b200-sxm" and is_fp8:
        return None if run.day == "2026-03-25" else 0
    if run.model == "qwen3.5-397b-a17b" and is_fp8 and run.version == "0.5.9":
        if run.accelerator == "b300-sxm":
            return None
        return 3 if run.accelerator == "b200-sxm" and run.day == "2026-03-20" else 0
    return 0


_UNKNOWN = dict.fromkeys(("1.2.0rc6.post1", "1.3.0rc1", "1.3.0rc5"))


def is_admission_limited(run: Run) -> bool:
    """Whether the server let in fewer requests than the load generator sent: first tokens of minutes."""
    return run.model == "gpt-oss-120b" and run.accelerator == "h100-sxm" and run.concurrency == 512


def is_new_engine(run: Run) -> bool:
    """Whether the engine is newer than any that is fitted."""
    version = run.version
    if re.search(r"nightly|glm5-hopper|1\.1\.0-dev\.2|0\.8\.1\.post3", version):
        return True
    if run.engine == "tensorrt-llm":
        return version.startswith("1.3.0rc")
    least = (0, 18) if run.engine == "vllm" else (0, 5, 10)
    numbers = tuple(int(part) for part in re.findall(r"\d+", version.partition(".post")[0]))
    return numbers >= least


def is_held_out(run: Run) -> bool:
    """Whether a run is for testing only: its family, accelerator or engine version."""
    return run.model in HELD_OUT_FAMILIES or run.accelerator not in FITTED_ACCELERATORS or is_new_engine(run)


def clean(table: Sequence[Mapping[str, str]]) -> tuple[list[Run], dict[str, int]]:
    """Aggregated runs that can be compared, and how many each rule left.

    The rule on prompts faster than the machine can compute needs the model's FLOP and comes later.
    """
    counts = {"rows": len(table)}
    table = distinct(table)
    counts["distinct"] = len(table)
    runs = [as_run(row, layout(row)) for row in aggregated(table)]
    counts["aggregated"] = len(runs)
    counts["disaggregated"] = len(table) - len(runs)
    for name, is_kept in (
        ("more_than_eight", lambda run: run.count <= MOST_ACCELERATORS),
        ("undecidable_speculation", lambda run: draft_tokens(run) is not None),
        ("admission_limited", lambda run: not is_admission_limited(run)),
    ):
        kept = [run for run in runs if is_kept(run)]
        counts[name] = len(runs) - len(kept)
        runs = kept
    return runs, counts
