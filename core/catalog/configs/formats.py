"""In which number formats a checkpoint stores its weights: ``quantization_config`` and ``dtype``.

Patterns in the file say which modules a quantiser left alone. They are searched for the names of
parts and never run as regular expressions: a file must not decide how long the program works.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from inferscope.core.errors import brief

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from inferscope.core.catalog.configs.stack import Facts, Stack
    from inferscope.core.catalog.configs.table import Table

__all__ = ["Stored", "stored"]

_DTYPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("bfloat16", "float16", "bf16", "fp16", "half"), "bf16"),
    **dict.fromkeys(("float32", "fp32", "float"), "fp32"),
    **dict.fromkeys(("float8_e4m3fn", "float8_e5m2", "fp8"), "fp8"),
}
_ALGORITHMS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(("FP8", "FP8_PER_CHANNEL_PER_TOKEN"), ("fp8", "fp8")),
    **dict.fromkeys(("FP8_PB_WO", "FP8_2D_BLOCKWISE_WEIGHT_ONLY"), ("fp8", "")),
    **dict.fromkeys(("NVFP4", "NVFP4_AWQ"), ("nvfp4", "nvfp4")),
    **dict.fromkeys(("W4A16_NVFP4", "NVFP4_W4A16"), ("nvfp4", "")),
    "W4A16_AWQ": ("int4", ""),
    "W4A8_AWQ": ("int4", "fp8"),
    "INT8_SQ": ("int8", "int8"),
    "MXFP8": ("mxfp8", "mxfp8"),
    "MXFP4": ("mxfp4", ""),
}
"""modelopt's names: the format of the weights, and of the activations where those are narrow too."""
_NUMBERS: Final[Mapping[tuple[str, int], str]] = {
    ("float", 8): "fp8",
    ("float", 4): "nvfp4",
    ("int", 8): "int8",
    ("int", 4): "int4",
}
_ATTENTION: Final = re.compile(
    r"(self_attn|linear_attn|\battn|attention)\b(?!.*(norm|index|sink|gate))|o_proj|q_proj|wq_b"
)
_EXPERTS: Final = re.compile(r"(?<!shared_)experts\b")
"""Names of the modules that hold most of the weights of a part; norms, routers and indexers do not."""
_LAYER: Final = re.compile(r"layers\.(\d{1,5})\.")


class Stored(NamedTuple):
    """Formats of a checkpoint, by the names of the catalogue.

    Attributes:
        linear: Of attention, dense layers and shared experts.
        expert: Of the routed experts; the same in a dense model.
        activation: In which matrices are multiplied.
        precision: In words.
    """

    linear: str
    expert: str
    activation: str
    precision: str


class _Scheme(NamedTuple):
    """What a quantiser did: formats, and the modules it left alone. An empty format stays wide."""

    linear: str
    expert: str
    activation: str = ""
    kept: Sequence[str] = ()


def stored(stack: Stack, outer: Table, arch: Facts) -> Stored:
    """The formats of the checkpoint.

    Args:
        stack: The text model.
        outer: The whole file, which may say it in its place.
        arch: The architecture, for whether there are experts.

    Raises:
        CatalogError: The type of the numbers, or the quantiser, is not understood.
    """
    wide = _dtype(stack, outer)
    table = stack.keys.table("quantization_config") or outer.table("quantization_config")
    four_bit = stack.keys.text("expert_dtype")
    if table is None:
        return Stored(wide, wide, wide, wide)
    scheme = _scheme(table)
    linear, expert = scheme.linear or wide, scheme.expert or wide
    if _is_kept(scheme.kept, _ATTENTION, stack.layers):
        linear = wide
    if _is_kept(scheme.kept, _EXPERTS, stack.layers):
        expert = wide
    if four_bit == "fp4":
        expert = "nvfp4"
        stack.assume("the block scale of the 4-bit experts is taken as nvfp4's")
    if "experts" not in arch:
        if linear != expert:
            stack.assume(f"all linear layers are counted in {expert}; the checkpoint keeps some in {linear}")
        linear = expert
    _note_cache(stack, table)
    words = linear if linear == expert else f"{linear} (experts {expert})"
    return Stored(linear, expert, scheme.activation or wide, words)


def _dtype(stack: Stack, outer: Table) -> str:
    """The format of what no quantiser touched."""
    named = stack.keys.text("torch_dtype", "dtype") or outer.text("torch_dtype", "dtype")
    if not named:
        stack.assume("weights in bf16: the file gives no dtype")
        return "bf16"
    if named not in _DTYPES:
        message = f"is no format of weights that is known ({', '.join(_DTYPES)}): {brief(named)}"
        stack.keys.refuse("torch_dtype", message)
    return _DTYPES[named]


def _scheme(table: Table) -> _Scheme:
    """What the quantiser did, by its method.

    Raises:
        CatalogError: The method is not understood.
    """
    method = table.text("quant_method") or ("modelopt" if table.has("quant_algo") else "")
    if method not in _METHODS:
        message = f"{brief(method)} is not understood; known are {', '.join(_METHODS)}"
        table.refuse("quant_method", message)
    return _METHODS[method](table)


def _fp8(table: Table) -> _Scheme:
    """Eight-bit floats; experts may be narrower where modelopt worked on such a checkpoint."""
    narrow = table.text("moe_quant_algo")
    expert = _algorithm(table, "moe_quant_algo", narrow)[0] if narrow else "fp8"
    activation = "" if table.text("activation_scheme") == "none" else "fp8"
    return _Scheme("fp8", expert, activation, _names(table, "modules_to_not_convert", "ignored_layers"))


def _mxfp4(table: Table) -> _Scheme:
    """Micro-scaled four-bit weights; activations stay wide."""
    return _Scheme("mxfp4", "mxfp4", "", _names(table, "modules_to_not_convert"))


def _by_bits(table: Table) -> _Scheme:
    """AWQ and GPTQ: whole numbers of 4 or 8 bits, activations wide."""
    bits = table.size("bits", "w_bit")
    return _whole(table, "bits", bits, _names(table, "modules_to_not_convert"))


def _bitsandbytes(table: Table) -> _Scheme:
    """Four or eight bits, unpacked before they are multiplied."""
    bits = 4 if table.flag("load_in_4bit") else 8
    return _whole(table, "load_in_4bit", bits, _names(table, "llm_int8_skip_modules"))


def _whole(table: Table, name: str, bits: int, kept: Sequence[str]) -> _Scheme:
    form = _NUMBERS.get(("int", bits))
    if form is None:
        message = f"must be 4 or 8, not {bits}"
        table.refuse(name, message)
    return _Scheme(form, form, "", kept)


def _modelopt(table: Table) -> _Scheme:
    """NVIDIA's quantiser: one algorithm, or one for each of many modules.

    Raises:
        CatalogError: An algorithm is not understood.
    """
    named = table.text("quant_algo")
    kept = _names(table, "ignore", "exclude_modules")
    if named != "MIXED_PRECISION":
        weights, activation = _algorithm(table, "quant_algo", named)
        return _Scheme(weights, weights, activation, kept)
    used: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for name, module in table.tables("quantized_layers").items():
        used[".experts" in name][module.text("quant_algo")] += 1
    linear, expert = (_most(table, used[is_expert]) for is_expert in (False, True))
    return _Scheme(linear[0], expert[0] or linear[0], linear[1])


def _most(table: Table, used: Counter[str]) -> tuple[str, str]:
    """The formats of the algorithm that most modules have; wide where none has any."""
    return _algorithm(table, "quantized_layers", used.most_common(1)[0][0]) if used else ("", "")


def _algorithm(table: Table, key: str, named: str) -> tuple[str, str]:
    """Formats of weights and activations of one of modelopt's algorithms."""
    if named not in _ALGORITHMS:
        message = f"{brief(named)} is not understood; known are {', '.join(_ALGORITHMS)}"
        table.refuse(key, message)
    return _ALGORITHMS[named]


def _groups(table: Table) -> _Scheme:
    """compressed-tensors: groups of modules with a number of bits each.

    Raises:
        CatalogError: There is no group, or groups differ, which says nothing about whole parts.
    """
    found = set()
    for group in table.tables("config_groups").values():
        weights = group.table("weights")
        if weights is None:
            continue
        named = (group.text("format") or table.text("format")).partition("-")[0]
        form = named if named in ("mxfp4", "nvfp4") else _number(weights)
        inputs = group.table("input_activations")
        found.add((form, "" if inputs is None else _number(inputs)))
    if len(found) != 1:
        message = "must hold one format of weights" if not found else "holds groups of different formats"
        table.refuse("config_groups", message)
    form, activation = found.pop()
    return _Scheme(form, form, activation, _names(table, "ignore"))


def _number(table: Table) -> str:
    """The format of numbers of a type and a width; micro-scaled where 32 share a scale."""
    kind, bits = table.text("type") or "int", table.size("num_bits")
    form = _NUMBERS.get((kind, bits))
    if form is None:
        message = f"is not understood: {bits} bits of type {brief(kind)}"
        table.refuse("num_bits", message)
    if kind == "float" and table.maybe("group_size", least=-1) == 32:
        return {"fp8": "mxfp8", "nvfp4": "mxfp4"}[form]
    return form


_METHODS: Final[Mapping[str, Callable[[Table], _Scheme]]] = {
    "fp8": _fp8,
    "fbgemm_fp8": _fp8,
    "mxfp4": _mxfp4,
    "compressed-tensors": _groups,
    "modelopt": _modelopt,
    "modelopt_fp4": _modelopt,
    "awq": _by_bits,
    "gptq": _by_bits,
    "bitsandbytes": _bitsandbytes,
}


def _names(table: Table, *keys: str) -> list[str]:
    """The names or patterns of modules that the quantiser left alone."""
    found: list[Any] = []
    for key in keys:
        found += table.items(key) or []
    return [name for name in found if isinstance(name, str)]


def _is_kept(names: Sequence[str], part: re.Pattern[str], layers: int) -> bool:
    """Whether a part is left alone in at least half of the layers."""
    places: set[str] = set()
    for name in names:
        plain = name.replace("\\", "")
        if part.search(plain):
            numbered = _LAYER.search(plain)
            if numbered is None:
                return True
            places.add(numbered[1])
    return 2 * len(places) >= layers


def _note_cache(stack: Stack, table: Table) -> None:
    """Say that the checkpoint is meant for a narrow cache, which the scenario decides."""
    scheme = table.raw("kv_cache_scheme")
    named = table.raw("kv_cache_quant_algo")
    is_narrow = isinstance(scheme, dict) and scheme.get("num_bits") == 8
    if is_narrow or named == "FP8":
        stack.assume("the checkpoint is made for an fp8 cache: optimizations.kv_format sets it")
