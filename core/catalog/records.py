"""What the catalogue hands out: records of values, each value with its source."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EMPTY", "KINDS", "UNKNOWN", "Record", "State", "Tier", "Value"]

State = Literal["known", "unknown", "unsupported"]

EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})

KINDS: Final = MappingProxyType(
    {
        "quoted": "read in the cited source",
        "package": "read in the data of a published package",
        "computed": "arithmetic on quoted figures",
        "identity": "a definition",
        "fitted": "fitted to measurements",
        "estimate": "somebody's estimate",
        "assumption": "assumed for want of a figure",
        "choice": "a modelling choice",
        "memory": "recalled, not yet checked against a source",
        "user": "given by the user",
    }
)
"""How a value is known, from best to worst."""


class Value(NamedTuple):
    """One catalogue value.

    Attributes:
        value: The figure in SI units; None unless the state is ``known``.
        state: ``known``; ``unknown``: nobody says; ``unsupported``: the part cannot do it.
        kind: How it is known, a key of :data:`KINDS`.
        source_keys: Keys into the table of source texts.
        date: When it was true or read: ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.
        note: What a reader should know about it.
        low: Low end of what sources say, where they differ.
        high: High end; also a bound on a value that is itself unknown.
        unit: The unit, where the name of the value does not end with it.
        decides_verdict: False for a third party's figure that may not decide a legal verdict.
        origin: The user's file that gives it, whose source is then a text; empty where it is shipped.
    """

    value: float | None
    state: State = "known"
    kind: str = ""
    source_keys: tuple[str, ...] = ()
    date: str = ""
    note: str = ""
    low: float | None = None
    high: float | None = None
    unit: str = ""
    decides_verdict: bool = True
    origin: str = ""

    @property
    def source(self) -> str:
        """The text of the source, or of the sources, it was taken from."""
        from inferscope.core.catalog.sources import known_source, source_text  # noqa: PLC0415  (reads a file)

        if self.origin:
            said = "; ".join(map(known_source, self.source_keys)) or "no source"
            return f"user, {said} ({self.origin})"
        if not self.source_keys and self.kind == "memory":
            return KINDS["memory"]
        return "; ".join(source_text(key) for key in self.source_keys)

    @property
    def is_known(self) -> bool:
        """Whether there is a figure."""
        return self.state == "known"

    @property
    def is_unverified(self) -> bool:
        """Whether the figure was recalled and not checked."""
        return self.kind == "memory"


UNKNOWN: Final = Value(None, "unknown")


class Tier(NamedTuple):
    """One level of an accelerator's memory.

    Attributes:
        name: ``sram``, ``hbm``, ``dram`` or ``far``.
        bytes: Capacity.
        bytes_per_s: Read bandwidth; None where it is unknown.
        holds_weights: Whether weights and cache lie here.
    """

    name: str
    bytes: float
    bytes_per_s: float | None
    holds_weights: bool


@dataclass(frozen=True)
class Record:
    """One entry of the catalogue.

    Attributes:
        kind: ``accelerator``, ``model`` or ``region``.
        id: Its identifier, which is also its file's name.
        name: The name people use.
        text: Facts that are text, true or false, or lists of names.
        values: Figures by name; every name of the kind is present.
        tiers: Memory tiers of an accelerator, fast to slow.
        fallback: Precisions of an accelerator to replace by another, because they are slower.
        architecture: Per-layer facts of a model; None where they are not published.
        origin: The user's file that adds or changes it; empty where it is as shipped.
    """

    kind: str
    id: str
    name: str
    text: Mapping[str, Any]
    values: Mapping[str, Value]
    tiers: tuple[Tier, ...] = ()
    fallback: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    architecture: Mapping[str, Any] | None = None
    origin: str = ""
