"""Verdicts in words: what true means differs from rule to rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

_WORDS: Final = {
    "applies": ("applies", "does not apply"),
    "relief": ("relief open", "no relief"),
    "breach": ("limit broken", "limit kept"),
}
_SHORT: Final = {
    "does not apply": "no",
    "relief open": "open",
    "no relief": "none",
    "limit broken": "broken",
    "limit kept": "kept",
}
_COUNTED: Final = (
    (("applies",), "applies", "apply"),
    (("relief open",), "relief open", "reliefs open"),
    (("limit broken",), "limit broken", "limits broken"),
    (("limit kept",), "limit kept", "limits kept"),
    (("does not apply", "no relief"), "does not", "do not"),
    (("unknown",), "unknown", "unknown"),
)
_FEW = 4


def verdict_word(entry: Mapping[str, Any], *, short: bool = False) -> str:
    """A verdict as its rule means it, in at most 14 characters, or in seven.

    A limit of another place or kind, which no number decides, is not kept: it does not apply.

    >>> limit = {"true_means": "breach", "verdict": "does_not_apply", "margin_oom": -0.1}
    >>> verdict_word(limit), verdict_word({**limit, "margin_oom": None})
    ('limit kept', 'does not apply')
    >>> verdict_word({"true_means": "relief", "verdict": "applies"}, short=True)
    'open'
    """
    meaning, word = entry["true_means"], "unknown"
    if entry["verdict"] == "applies":
        word = _WORDS[meaning][0]
    elif entry["verdict"] == "does_not_apply":
        foreign = meaning == "breach" and entry["margin_oom"] is None
        word = _WORDS["applies" if foreign else meaning][1]
    return _SHORT.get(word, word) if short else word


def counted(entries: Iterable[Mapping[str, Any]]) -> str:
    """How many rules say what.

    >>> rule = {"true_means": "applies", "verdict": "applies"}
    >>> counted([rule] * 4 + [{**rule, "true_means": "relief"}, {**rule, "verdict": "does_not_apply"}])
    '4 apply, 1 relief open, 1 does not'
    """
    found = [verdict_word(entry) for entry in entries]
    counts = [(sum(map(found.count, words)), one, many) for words, one, many in _COUNTED]
    return ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in counts if n)


def some(codes: Sequence[str]) -> str:
    """The first of many codes, and how many more there are.

    >>> some(["AT", "BE", "BG", "CY", "CZ", "DE"]), some(["CN", "MO"])
    ('AT, BE, BG and 3 more', 'CN, MO')
    """
    shown = codes if len(codes) <= _FEW else codes[: _FEW - 1]
    more = len(codes) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
