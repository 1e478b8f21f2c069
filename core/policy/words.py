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
_NEAR = 0.3
"""Orders of magnitude within which a margin is also said in per cent."""


def verdict_names() -> tuple[str, ...]:
    """The verdicts, and the words for them."""
    words = {word for pair in _WORDS.values() for word in pair}
    return ("applies", "does_not_apply", "unknown", *sorted(word.replace(" ", "_") for word in words))


def percent(margin: float | None) -> str:
    """How far a fact is from a line that is near, in per cent of the line; else nothing, as on the line.

    >>> percent(-0.1303), percent(-0.001), percent(0.0), percent(0.49), percent(None)
    ('-26 %', '-0.2 %', '', '', '')
    """
    if not margin or abs(margin) >= _NEAR:
        return ""
    share = (10**margin - 1) * 100
    return f"{share:+.0f} %" if abs(share) >= 1 else f"{share:+.1g} %"


def orders(margin: float) -> str:
    """Orders of magnitude above the line; the sign stays where the figure rounds to nothing.

    >>> orders(0.4812), orders(-0.001), orders(-0.0)
    ('+0.48', '-0.00', '0.00')
    """
    return f"{margin:+.2f}" if margin else "0.00"


def standing(entry: Mapping[str, Any]) -> str:
    """Whether a rule is in force on the day, and else since or until when, or what it is instead.

    >>> rule = {"binding": False, "as_of": "2025-02-28", "what_if": False, "status": "in_force"}
    >>> standing({**rule, "effective_from": "2025-08-02", "compliance_from": None, "effective_to": None})
    'from 2025-08-02'
    >>> standing({**rule, "effective_from": None, "compliance_from": None, "effective_to": "2025-01-09"})
    'to 2025-01-09'
    >>> standing({**rule, "effective_from": None, "compliance_from": None, "effective_to": None})
    'no first day'
    """
    if entry["binding"]:
        return "in force"
    starts = [day for day in (entry["effective_from"], entry["compliance_from"]) if day is not None]
    if not entry["what_if"] and starts and max(starts) > entry["as_of"]:
        return f"from {max(starts)}"
    if entry["effective_to"] is not None and entry["effective_to"] < entry["as_of"]:
        return f"to {entry['effective_to']}"
    return str(entry["status"]).replace("_", " ") if entry["what_if"] else "no first day"


def force(entry: Mapping[str, Any]) -> str:
    """Whether a rule is in force on the day, or why it is on none.

    >>> rule = {"binding": False, "as_of": "2025-02-28", "what_if": False, "effective_from": None}
    >>> force(rule), force({**rule, "effective_from": "2025-08-02"})
    ('no first day given: what if', 'not in force on 2025-02-28')
    """
    if has_no_day(entry):
        return "no first day given: what if"
    return f"{'in force' if entry['binding'] else 'not in force'} on {entry['as_of']}"


def has_no_day(entry: Mapping[str, Any]) -> bool:
    """Whether a rule would be law and yet says not since when, so that it binds on no day."""
    return not entry["what_if"] and entry["effective_from"] is None


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
