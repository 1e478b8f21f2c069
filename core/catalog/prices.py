"""API prices by model, provider and date."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final, NamedTuple

from inferscope.core import DATA_DATE
from inferscope.core.catalog.names import UnknownIdError, resolve, squash
from inferscope.core.catalog.sources import DATA, read_table, source_text
from inferscope.core.errors import CatalogError

__all__ = ["Price", "price", "prices", "providers"]

# Whose own list a model's price is taken from when no provider is named.
_FIRST_PARTY: Final = {
    "OpenAI": "openai",
    "Anthropic": "anthropic",
    "Google": "google",
    "Google DeepMind": "google",
    "DeepSeek": "deepseek",
    "Mistral AI": "mistral",
    "xAI": "x-ai",
    "Z.ai": "zai",
    "Moonshot AI": "moonshotai",
    "MiniMax": "minimax",
    "Cohere": "cohere",
    "AI21": "ai21",
    "Alibaba": "dashscope",
    "Amazon": "aws",
}
_DOUBT: Final = ("doubtful", "unverified")


class Price(NamedTuple):
    """One provider's price of one model.

    Attributes:
        model: The provider's own label.
        model_id: The catalogue's identifier; empty where the model is not in it.
        provider: Who sells it; one model has a price per provider.
        effective_from: First day of a dated step, ``YYYY-MM-DD``; empty for an undated row.
        date: When the row was taken, ``YYYY-MM``.
        usd_per_million_input_tokens: Price of fresh input.
        usd_per_million_cached_input_tokens: Price of input found in the cache; None if not given.
        usd_per_million_output_tokens: Price of output, reasoning included.
        kind: How it is known.
        source_keys: Keys into the table of source texts.
        checked: When the package last checked the price.
        note: Hours, tier or doubts.
    """

    model: str
    model_id: str
    provider: str
    effective_from: str
    date: str
    usd_per_million_input_tokens: float
    usd_per_million_cached_input_tokens: float | None
    usd_per_million_output_tokens: float
    kind: str
    source_keys: tuple[str, ...]
    checked: str
    note: str

    @property
    def is_dated(self) -> bool:
        """Whether the row says since when it holds."""
        return bool(self.effective_from)

    @property
    def hours(self) -> str:
        """The hours of the day it holds for, such as ``UTC 01:00-04:00``; empty for all others."""
        return self.note.split(";")[0].strip() if self.note.startswith("UTC") else ""

    @property
    def source(self) -> str:
        """The text of the source."""
        return "; ".join(source_text(key) for key in self.source_keys)


@lru_cache(maxsize=1)
def _table() -> tuple[Price, ...]:
    path = DATA / "prices.csv"
    found = []
    for line, row in enumerate(read_table("prices.csv"), start=2):
        try:
            found.append(_read(row))
        except (KeyError, ValueError) as error:
            message = f"this price cannot be read: {error}"
            raise CatalogError(message, file=path, line=line) from error
    return tuple(found)


def _read(row: dict[str, str]) -> Price:
    cached = row["usd_per_million_cached_input_tokens"]
    if row["effective_from"]:
        dt.date.fromisoformat(row["effective_from"])
    return Price(
        row["model"],
        row["model_id"],
        row["provider"],
        row["effective_from"],
        row["date"],
        float(row["usd_per_million_input_tokens"]),
        float(cached) if cached else None,
        float(row["usd_per_million_output_tokens"]),
        row["kind"],
        tuple(row["source"].split()),
        row["checked"],
        row["note"],
    )


def prices(model: str | None = None) -> tuple[Price, ...]:
    """Return all prices, or those of one model in the table's order.

    Args:
        model: A model of the catalogue by any of its names, or a provider's label.

    Raises:
        UnknownIdError: Neither the catalogue nor the price list knows the model.
    """
    if model is None:
        return _table()
    try:
        identifier = resolve("model", model)
    except UnknownIdError:
        found = tuple(row for row in _table() if squash(row.model) == squash(model))
        if not found:
            raise
        return found
    return tuple(row for row in _table() if row.model_id == identifier)


def providers(model: str) -> tuple[str, ...]:
    """Return who sells a model, in the table's order."""
    return tuple(dict.fromkeys(row.provider for row in prices(model)))


def price(
    model: str,
    provider: str | None = None,
    as_of: str | dt.date = DATA_DATE,
    *,
    undated: bool = False,
    label: str | None = None,
    hours: str = "",
) -> Price | None:
    """Return the price that held on a day, or None where none is known for it.

    The latest dated step on or before the day wins; an undated row is used where there is none
    and the day is not before the month the row was taken in, or where the caller asks for it.

    Args:
        model: A model by any of its names, or a provider's label.
        provider: Who sells it; the developer itself, or the only seller, when absent.
        as_of: The day.
        undated: Accept an undated row for an earlier day too.
        label: One of the provider's labels, where it sells several versions.
        hours: Hours of the day, as in :attr:`Price.hours`; the default rate when empty.

    Raises:
        UnknownIdError: The model is unknown.
        CatalogError: The provider does not sell it, or must be named.
    """
    rows = prices(model)
    seller = _provider(model, rows, provider)
    rows = tuple(row for row in rows if row.provider == seller and row.hours == hours)
    chosen = _label(model, rows, label)
    day = as_of if isinstance(as_of, str) else as_of.isoformat()
    offered = [row for row in rows if row.model == chosen]
    dated = [row for row in offered if row.is_dated and row.effective_from <= day]
    if dated:
        return max(dated, key=lambda row: row.effective_from)
    plain = [row for row in offered if not row.is_dated and (undated or row.date <= day)]
    return plain[0] if plain else None


def _provider(model: str, rows: tuple[Price, ...], provider: str | None) -> str:
    """Return the provider asked for, or the one that is meant when none is named."""
    known = list(dict.fromkeys(row.provider for row in rows))
    if provider is not None:
        for name in known:
            if squash(name) == squash(provider):
                return name
        sold = f"it is sold by {', '.join(known)}" if known else "no price of it is known"
        message = f"no price of {model!r} by {provider!r}: {sold}"
        raise CatalogError(message, key="economics.api_provider")
    if len(known) == 1:
        return known[0]
    own = _FIRST_PARTY.get(_developer(model), "")
    if own in known:
        return own
    choice = f"name one of {', '.join(known)}" if known else "no price of it is known"
    message = f"{model!r} has no single API price: {choice}"
    raise CatalogError(message, key="economics.api_provider")


def _developer(model: str) -> str:
    from inferscope.core.catalog import names  # noqa: PLC0415  (keeps the import light)

    try:
        identifier = resolve("model", model)
    except UnknownIdError:
        return ""
    return next(entry.maker for entry in names.entries("model") if entry.id == identifier)


def _label(model: str, rows: tuple[Price, ...], label: str | None) -> str:
    """Return the label asked for, or the plainest one: not doubted, named like the model."""
    labels = list(dict.fromkeys(row.model for row in rows))
    if label is not None:
        for name in labels:
            if squash(name) == squash(label):
                return name
        message = f"no price of {model!r} under {label!r}: labels are {', '.join(labels)}"
        raise CatalogError(message, key="economics.price_label")

    def rank(name: str) -> tuple[bool, bool, int]:
        doubted = any(word in row.note for row in rows if row.model == name for word in _DOUBT)
        return doubted, not _is_named_like(name, rows[0].model_id), labels.index(name)

    return min(labels, key=rank, default="")


def _is_named_like(label: str, identifier: str) -> bool:
    """Return whether a provider's label is one of the model's own names."""
    try:
        return resolve("model", label) == identifier
    except UnknownIdError:
        return False
