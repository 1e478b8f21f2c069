"""From the keys of a ``config.json`` to an architecture; what is not understood is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from inferscope.core.catalog.architecture import fold
from inferscope.core.catalog.configs.families import FAMILIES, UNKNOWN_FAMILY, Family
from inferscope.core.catalog.configs.feeds import EXPERTS
from inferscope.core.catalog.configs.formats import Stored, stored
from inferscope.core.catalog.configs.ignored import changes_nothing, looks_structural
from inferscope.core.catalog.configs.stack import CONTEXT, HIDDEN, LAYERS, MTP, Stack
from inferscope.core.catalog.configs.table import Table
from inferscope.core.catalog.reading import architecture_fault
from inferscope.core.errors import CatalogError, brief, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Understood", "understand"]

_WRAPPERS: Final = ("text_config", "language_config", "llm_config")
"""Where files of models that also see or hear keep the text model."""
_MOST_LAYERS: Final = 10_000
_SHOWN: Final = 6
_GATED, _PLAIN_BLOCKS = ("silu", "swish", "swiglu"), ("relu", "relu2", "xielu")


@dataclass(frozen=True, slots=True)
class Understood:
    """What a configuration says.

    Attributes:
        family: Its ``model_type``.
        architecture: The fields of an architecture, as in a model's file.
        formats: In which formats the checkpoint stores its weights.
        assumed: What the file does not say and was assumed, a sentence each.
    """

    family: str
    architecture: Mapping[str, Any]
    formats: Stored
    assumed: tuple[str, ...]


def understand(values: Mapping[str, Any]) -> Understood:
    """The architecture of a configuration.

    Args:
        values: The keys and values of a Hugging Face ``config.json``.

    Raises:
        CatalogError: A key is missing, not what it should be or not understood, or the model has
            recurrent, latent, sparse, compressed or expert parts in a family that is not known.
    """
    outer = Table(values)
    keys = next((inner for name in _WRAPPERS if (inner := outer.table(name)) is not None), outer)
    name, family = _family(keys, outer)
    stack = _stack(keys, family or UNKNOWN_FAMILY)
    if keys is not outer:
        stack.assume("only the text model is read; parts that see or hear are left out")
    if family is None:
        _must_be_plain(keys, name)
    arch = _architecture(stack, outer, family or UNKNOWN_FAMILY)
    if family is None:
        arch["ffn_mats"] = _matrices(stack)
        stack.assume(f"the family {name or 'without a name'} is not known: read as a plain decoder")
    formats = stored(stack, outer, arch)
    _check_rest(stack, known=family is not None)
    _check(arch)
    return Understood(name, arch, formats, tuple(stack.assumed))


def _family(keys: Table, outer: Table) -> tuple[str, Family | None]:
    """The family by ``model_type``, else by the class that runs it; None where it is not known."""
    inner = keys.text("model_type").removesuffix("_text")
    classes = [name for name in outer.items("architectures") or () if isinstance(name, str)]
    names = (inner, outer.text("model_type"), *classes)
    found = next((name for name in names if name in FAMILIES), None)
    if found is not None:
        return found, FAMILIES[found]
    return inner or outer.text("model_type"), None


def _stack(keys: Table, family: Family) -> Stack:
    """The size of the stack, with the family's defaults for what its files leave out.

    Raises:
        CatalogError: Layers, width or context are missing, or too large.
    """
    taken = keys.fill(family.defaults)
    listed = keys.items("layers_block_type")
    layers = len(listed) if listed and not any(map(keys.has, LAYERS)) else keys.size(*LAYERS)
    if layers > _MOST_LAYERS:
        message = f"must be at most {_MOST_LAYERS:,}, not {layers:,}"
        keys.refuse(LAYERS[0], message)
    found = [count for name in MTP if (count := keys.maybe(name, least=0)) is not None]
    mtp = found[0] if found else family.mtp
    if keys.has("use_mtp") and not keys.flag("use_mtp"):
        mtp = 0
    stack = Stack(keys, layers, keys.size(*HIDDEN), _context(keys), mtp)
    for name in taken:
        stack.assume(f"{name} {brief(family.defaults[name])}: the family's usual one, the file gives none")
    if family.mtp and not found:
        stack.assume(f"{mtp} layer that predicts a further token, which this family's checkpoints carry")
    return stack


def _context(keys: Table) -> int:
    """The longest sequence: the first name that is there, since further ones may mean something else."""
    name = next((name for name in CONTEXT if keys.has(name)), CONTEXT[0])
    keys.forget(CONTEXT)
    return keys.size(name)


def _must_be_plain(keys: Table, name: str) -> None:
    """Refuse experts in a family that is not known: which layers have them is the family's secret.

    Raises:
        CatalogError: It names the key.
    """
    for key in EXPERTS:
        if keys.has(key) and (keys.maybe(key, least=0) or 0) > 1:
            keys.refuse(key, _refusal(name))


def _refusal(name: str) -> str:
    """Why a key of a family that is not known is not passed over."""
    hint = nearest(name, FAMILIES) if name else "the file has no model_type"
    known = f": {hint}" if hint else ""
    return f"is not understood in the family {brief(name)}, which is not known{known}"


def _architecture(stack: Stack, outer: Table, family: Family) -> dict[str, Any]:
    """The fields of the architecture."""
    keys = stack.keys
    arch: dict[str, Any] = {
        "layers": stack.layers,
        "hidden": stack.hidden,
        "vocab": keys.size("vocab_size", "padded_vocab_size"),
        "context": stack.context,
        **family.mixers(stack),
        **family.feeds(stack),
        "ffn_mats": 3,
    }
    both = keys.flag("mlp_bias")
    if both and arch.get("o_bias"):
        arch["attn_bias_all"] = True
    elif both:
        stack.assume("biases of the feed-forward part are left out of the count")
    arch.update(family.facts)
    arch.update({field: True for name, field in family.flags.items() if keys.flag(name)})
    if arch.get("attn_bias_all"):
        arch = {name: fact for name, fact in arch.items() if name not in ("qkv_bias", "o_bias")}
    where = keys if keys.has("tie_word_embeddings") else outer
    arch["tied"] = where.flag("tie_word_embeddings", default=family.tied)
    if not where.has("tie_word_embeddings"):
        how = "is the input table" if family.tied else "has weights of its own"
        stack.assume(f"the output matrix {how}: the family's habit, the file does not say it")
    if stack.mtp:
        arch["mtp_depth"] = stack.mtp
    arch["attention"] = _label(arch)
    return arch


def _label(arch: Mapping[str, Any]) -> str:
    """The kinds of attention, in the words of the catalogue."""
    letters = set(arch["mixer"])
    softmax = "MHA" if arch["kv_heads"] == arch["heads"] else "MQA" if arch["kv_heads"] == 1 else "GQA"
    linear = {"lightning": "Lightning", "gated_deltanet": "GatedDeltaNet", "kda": "KDA"}
    kinds = (
        ("FSC", softmax),
        ("AX", "MLA"),
        ("X", "DSA"),
        ("Z", "block-sparse"),
        ("P", "CSA"),
        ("H", "HCA"),
        ("L", linear.get(arch.get("lin_kind", ""), "linear")),
        ("M", {"mamba1": "Mamba1"}.get(arch.get("ssm_kind", ""), "Mamba2")),
    )
    return "+".join(word for marks, word in kinds if letters & set(marks))


def _matrices(stack: Stack) -> int:
    """Matrices in a feed-forward block of a family that is not known: its activation tells.

    Raises:
        CatalogError: The activation goes with two as well as with three.
    """
    keys = stack.keys
    name = next((n for n in ("hidden_act", "hidden_activation", "activation_function") if keys.has(n)), "")
    act = keys.text(name) if name else "silu"
    if act not in (*_GATED, *_PLAIN_BLOCKS):
        message = f"{brief(act)} goes with two or with three matrices, and the family is not known"
        keys.refuse(name, message)
    matrices, word = (3, "three") if act in _GATED else (2, "two")
    stack.assume(f"{word} matrices in a feed-forward block, as {act} is used")
    return matrices


def _check_rest(stack: Stack, *, known: bool) -> None:
    """Refuse keys that nobody understood and that may change the model; name the others.

    Raises:
        CatalogError: It names the first of them.
    """
    rest = [(name, value) for name, value in stack.keys.unread() if not changes_nothing(name)]
    for name, value in rest:
        if not known or looks_structural(name):
            message = f"is not understood ({brief(value)}), and may mean another kind of layer"
            stack.keys.refuse(name, message)
    if rest:
        named = ", ".join(name for name, _ in rest[:_SHOWN])
        more = f" and {len(rest) - _SHOWN} more" if len(rest) > _SHOWN else ""
        stack.assume(f"keys without a bearing on size or cost, passed over: {named}{more}")


def _check(arch: Mapping[str, Any]) -> None:
    """Hold every field to its bounds, and see that the whole can be computed.

    Raises:
        CatalogError: One is out of bounds, or the whole makes no model.
    """
    for name, value in arch.items():
        if wrong := architecture_fault(name, value):
            message = f"gives {name}, which {wrong}"
            raise CatalogError(message)
    fold(arch)
