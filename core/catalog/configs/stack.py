"""What every part of the reading works on: the keys, the size of the stack, and what was assumed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from inferscope.core.catalog.configs.table import Table

__all__ = ["CONTEXT", "HEADS", "HIDDEN", "KV_HEADS", "LAYERS", "MTP", "Facts", "Part", "Stack", "tiled"]

LAYERS: Final = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
HIDDEN: Final = ("hidden_size", "n_embd", "d_model", "n_embed")
HEADS: Final = ("num_attention_heads", "n_head", "n_heads")
KV_HEADS: Final = ("num_key_value_heads", "n_head_kv", "num_kv_heads", "num_attention_groups")
CONTEXT: Final = (
    *("max_position_embeddings", "n_positions", "max_seq_len", "max_sequence_length"),
    *("model_max_length", "seq_length", "n_ctx"),
)
MTP: Final = (*("num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_modules", "num_mtp_layers"),)
"""Names that families have for the same thing."""


@dataclass(slots=True)
class Stack:
    """The layers of one model while they are read.

    Attributes:
        keys: The keys of the text model.
        layers: Layers.
        hidden: Width of the residual stream.
        context: The longest sequence, in tokens.
        mtp: Layers behind the stack that predict several tokens ahead, which per-layer lists may count.
        assumed: Sentences about what the file does not say and was assumed.
    """

    keys: Table
    layers: int
    hidden: int
    context: int
    mtp: int = 0
    assumed: list[str] = field(default_factory=list)

    def assume(self, sentence: str) -> None:
        """Note once what the file does not say."""
        if sentence not in self.assumed:
            self.assumed.append(sentence)


if TYPE_CHECKING:
    Facts = Mapping[str, Any]
    Part = Callable[[Stack], Facts]
else:
    Facts = Part = object
"""Fields of an architecture by name, and what reads some of them."""


def tiled(letters: str) -> str:
    """The shortest pattern that gives these letters when it is repeated and cut.

    >>> tiled("CCCFCCCFCC"), tiled("DDE")
    ('CCCF', 'DDE')
    """
    count = len(letters)
    for length in range(1, count):
        if (letters[:length] * (count // length + 1))[:count] == letters:
            return letters[:length]
    return letters
