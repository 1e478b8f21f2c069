"""How the public benchmark ran: lengths, cache formats, delays that its scripts ask for.

Read in the launch scripts and their history in SemiAnalysisAI/InferenceX (commit 843c6254f,
2026-08-22, Apache-2.0).
"""

from __future__ import annotations

from calibration.sample import Run

LENGTH_SHARE = 0.9
"""Prompts and answers of the public benchmark are uniform in 0.8 to 1.0 times the nominal length."""
BATCH_WAIT_STEPS = 20.0
"""``batch_wait_timeout_iters`` of Llama 3.1 70B under TensorRT-LLM at 1,024/1,024 below TP8."""
DRAFT_COST_RATIO = 0.05
"""Cost of a draft token over a step: chosen, not fitted."""

_KEEPS_EIGHT = ("deepseek-r1", "glm-5", "minimax-m2")
"""Whose four-bit checkpoints keep attention in fp8; Kimi's and Qwen3.5's are taken to keep bf16."""
_KEEPS_SIXTEEN = ("kimi-k2.5", "qwen3.5-397b-a17b")


def mean_lengths(run: Run) -> tuple[float, float]:
    """Mean prompt and answer, tokens; those that another load generator ran have the nominal length."""
    share = LENGTH_SHARE if run.is_paced else 1.0
    return share * run.input_tokens, share * run.output_tokens


def weight_formats(run: Run) -> dict[str, str]:
    """The formats of weights and activations, as keys of ``[optimizations]``."""
    if run.model == "gpt-oss-120b":
        return {"activation_format": "fp8"} if run.is_blackwell else {}
    if run.precision == "int4":
        return {}
    if run.precision != "fp4":
        return {"weight_format": run.precision}
    if run.model in _KEEPS_EIGHT:
        return {"weight_format": "fp8", "expert_weight_format": "nvfp4"}
    if run.model in _KEEPS_SIXTEEN:
        return {"weight_format": "bf16", "expert_weight_format": "nvfp4"}
    return {"weight_format": "nvfp4"}


def cache_format(run: Run) -> str:
    """The format of the cache: what the launch script of the day says, else the engine's default."""
    return "fp8" if run.precision != "bf16" and _CACHE_RULES[run.engine](run) else "bf16"


def _is_fp8_tensorrt(run: Run) -> bool:
    return run.model != "gpt-oss-120b" or run.is_blackwell


def _is_fp8_sglang(run: Run) -> bool:
    return run.model == "qwen3.5-397b-a17b" or (run.model in _KEEPS_EIGHT and run.is_blackwell)


def _is_fp8_vllm(run: Run) -> bool:
    if run.model == "minimax-m2":
        return run.is_blackwell and run.version != "0.17.0"
    if run.model == "kimi-k2.5":
        return run.precision == "fp4" and run.accelerator == "b200-sxm" and run.day >= "2026-04-20"
    return run.model == "llama-3.1-70b" or (run.model == "gpt-oss-120b" and run.is_blackwell)


_CACHE_RULES = {"tensorrt-llm": _is_fp8_tensorrt, "sglang": _is_fp8_sglang, "vllm": _is_fp8_vllm}


def has_batch_wait(run: Run) -> bool:
    """Whether the script makes the engine wait some steps for a fuller batch."""
    is_square = run.input_tokens == run.output_tokens == 1024
    return run.model == "llama-3.1-70b" and run.engine == "tensorrt-llm" and is_square and run.tensor < 8


def has_rank_wait(run: Run) -> bool:
    """Whether data-parallel attention ranks wait for each other's prompts (TensorRT-LLM only)."""
    return run.engine == "tensorrt-llm" and run.data > 1


def comes_in_waves(run: Run) -> bool:
    """Whether all prompts come first and decoding after: SGLang with prompts of equal length."""
    return run.engine == "sglang" and not run.is_paced
