"""The families of models whose configurations are understood, by ``model_type``.

Each says what reads its attention and its feed-forward part, and what its configuration leaves
unsaid: tied tables, biases, norms, matrices in a feed-forward block.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from inferscope.core.catalog.configs import attention, feeds, latent, states
from inferscope.core.catalog.configs.stack import CONTEXT, Facts, Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Part = Callable[[Stack], Facts]

__all__ = ["FAMILIES", "UNKNOWN_FAMILY", "Family"]


@dataclass(frozen=True, slots=True)
class Family:
    """How the models of one family are built.

    Attributes:
        mixers: Reads the attention and the like: ``mixer``, heads, widths.
        feeds: Reads the feed-forward part: ``ffn_pattern``, widths, experts.
        tied: Whether the output matrix is the input table where the file does not say it.
        facts: Fields that all models of the family have.
        flags: Keys that are true or false, with the field that they set.
        defaults: Values of keys that the family's files leave out where they are usual.
        mtp: Layers that predict several tokens ahead, which checkpoints carry and files do not mention.
    """

    mixers: Part
    feeds: Part
    tied: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    mtp: int = 0


def _positions(extra: int = 0) -> Part:
    """A learned position for every place in the context, and some more."""

    def read(stack: Stack) -> Facts:
        return {"learned_positions": stack.keys.size(*CONTEXT) + extra}

    return read


def _both(*parts: Part) -> Part:
    """What several parts read, the later over the earlier."""

    def read(stack: Stack) -> Facts:
        found: dict[str, Any] = {}
        for part in parts:
            found |= part(stack)
        return found

    return read


def _opt_positions(stack: Stack) -> Facts:
    """OPT keeps two places more than the context, and may embed in another width, which none does here.

    Raises:
        CatalogError: It embeds in another width than that of the layers.
    """
    keys = stack.keys
    width = keys.maybe("word_embed_proj_dim")
    if width not in (None, stack.hidden):
        message = f"is {width} and not the hidden size of {stack.hidden}: this is not understood"
        keys.refuse("word_embed_proj_dim", message)
    return _positions(2)(stack)


def _shared_cache(stack: Stack) -> Facts:
    """Hunyuan: layers that read the cache of a layer before them."""
    keys = stack.keys
    share = keys.maybe("cla_share_factor")
    return {"kv_share": share} if keys.flag("use_cla") and share else {}


def _dbrx(stack: Stack) -> Facts:
    """DBRX keeps its key-value heads in ``attn_config``.

    Raises:
        CatalogError: They are missing.
    """
    own = stack.keys.table("attn_config")
    if own is None:
        message = "is missing"
        stack.keys.refuse("attn_config", message)
    heads = attention.heads_of(stack)
    return {**heads, "kv_heads": own.size("kv_n_heads"), "mixer": "F"}


_TWO = {"ffn_mats": 2}
_OLD = {"ffn_mats": 2, "attn_bias_all": True}
_QK = {"qk_norm": True}
_FOUR_NORMS = {"norms_per_layer": 4}
_SHORT = {"max_position_embeddings": 2048}
_GEMMA3_DEFAULTS = {
    "vocab_size": 262_208,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "sliding_window": 4096,
    "max_position_embeddings": 131_072,
}
"""Those of transformers 5.24, whose files of the larger models leave them out."""

_PLAIN = Family(attention.plain, feeds.dense)
_QWEN2 = Family(attention.plain, feeds.dense, facts={"qkv_bias": True})
_QWEN3 = Family(attention.plain, feeds.dense, facts=_QK)
_QWEN3_MOE = Family(attention.plain, feeds.qwen_moe, facts=_QK)
_UNIFORM = Family(attention.plain, feeds.uniform)
_COHERE = Family(attention.plain, feeds.dense, tied=True)
_FALCON = Family(attention.falcon, feeds.of_width(4), tied=True, facts=_TWO, defaults=_SHORT)
_DEEPSEEK = Family(latent.latent, feeds.routed)
_DSA = Family(latent.indexed, feeds.routed)
_GEMMA4 = Family(attention.gemma4, feeds.gemma4, tied=True, facts=_FOUR_NORMS)
_QWEN3_5 = Family(states.delta_net, feeds.qwen_moe, facts=_QK)
_KIMI = Family(states.kimi_delta, feeds.routed)
_MINIMAX = Family(states.lightning, feeds.uniform)
_M3 = Family(states.block_sparse, feeds.routed)
_GROK = Family(attention.plain, feeds.grok)
_HUNYUAN = Family(_both(attention.plain, _shared_cache), feeds.hunyuan)
_STEP = Family(attention.hybrid_windows, feeds.step)
_GLM4_MOE = Family(attention.output_unbiased, feeds.routed, flags={"use_qk_norm": "qk_norm"})

UNKNOWN_FAMILY: Final = _PLAIN
"""What a family is read as that nobody knows, where every key of it is known."""

FAMILIES: Final[Mapping[str, Family]] = {
    **dict.fromkeys(("llama", "mistral", "ministral", "phi3", "granite", "smollm3"), _PLAIN),
    **dict.fromkeys(("qwen2", "qwen2_vl", "qwen2_5_vl"), _QWEN2),
    **dict.fromkeys(("qwen3", "qwen3_vl"), _QWEN3),
    "olmo2": _QWEN3,
    "olmo3": Family(attention.windowed(4), feeds.dense, facts=_QK),
    "nemotron": Family(attention.plain, feeds.dense, facts=_TWO),
    "gpt2": Family(_both(attention.plain, _positions()), feeds.of_width(4), tied=True, facts=_OLD),
    "gpt_neox": Family(attention.plain, feeds.dense, facts=_OLD),
    "opt": Family(_both(attention.plain, _opt_positions), feeds.dense, tied=True, facts=_OLD),
    "bloom": Family(attention.plain, feeds.of_width(4), tied=True, facts=_OLD, defaults=_SHORT),
    **dict.fromkeys(("falcon", "RefinedWeb", "RefinedWebModel"), _FALCON),
    **dict.fromkeys(("cohere", "command"), _COHERE),
    "cohere2": Family(attention.windowed(4), feeds.dense, tied=True),
    "gemma": Family(attention.plain, feeds.dense, tied=True),
    "gemma2": Family(attention.windowed(2), feeds.dense, tied=True, facts=_FOUR_NORMS),
    "gemma3": Family(
        attention.windowed(6),
        feeds.dense,
        tied=True,
        facts={**_FOUR_NORMS, **_QK},
        defaults=_GEMMA3_DEFAULTS,
    ),
    "gemma4": _GEMMA4,
    "llama4": Family(attention.llama4, feeds.llama4),
    "mixtral": _UNIFORM,
    "phimoe": _UNIFORM,
    "qwen2_moe": Family(attention.plain, feeds.qwen_moe, facts={"qkv_bias": True}),
    **dict.fromkeys(("qwen3_moe", "qwen3_vl_moe"), _QWEN3_MOE),
    "dbrx": Family(_dbrx, feeds.dbrx),
    **dict.fromkeys(("grok-1", "grok_1", "grok"), Family(attention.plain, feeds.grok, tied=True)),
    "Grok1ForCausalLM": _GROK,
    "gpt_oss": Family(attention.windowed(2), feeds.uniform, facts={"sinks": True, "moe_bias": True}),
    **dict.fromkeys(("deepseek_v2", "deepseek_v3", "kimi_k2", "kimi_k25", "glm4_moe_lite"), _DEEPSEEK),
    **dict.fromkeys(("mistral_large_3", "mistral3_large", "mistral4"), _DEEPSEEK),
    **dict.fromkeys(("deepseek_v32", "glm_moe_dsa"), _DSA),
    **dict.fromkeys(("deepseek_v4", "deepseek_ref"), Family(latent.compressed, feeds.routed)),
    "glm4_moe": _GLM4_MOE,
    **dict.fromkeys(("minimax_m1", "minimax_text_01", "minimax", "MiniMaxM1", "MiniMaxText01"), _MINIMAX),
    "minimax_m2": Family(states.softmax_only, feeds.uniform, flags={"use_qk_norm": "qk_norm"}),
    **dict.fromkeys(("minimax_m3", "minimax_m3_vl"), _M3),
    "qwen3_next": Family(states.delta_net, feeds.qwen_moe, facts=_QK, mtp=1),
    "qwen3_5": Family(states.delta_net, feeds.dense, facts=_QK),
    "qwen3_5_moe": _QWEN3_5,
    **dict.fromkeys(("kimi_linear", "kimi_k3"), _KIMI),
    "jamba": Family(states.jamba, feeds.jamba),
    "nemotron_h": Family(states.nemotron_h, feeds.nemotron_h, facts=_TWO),
    "nemotron-nas": Family(feeds.nas, lambda _stack: {}),
    **dict.fromkeys(("hunyuan", "hunyuan_v1_moe", "hunyuan_v1_dense"), _HUNYUAN),
    "mimo_v2_flash": Family(attention.hybrid_windows, feeds.routed),
    **dict.fromkeys(("step3p7", "step3p5"), _STEP),
}
