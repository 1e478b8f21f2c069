"""A figure, or the reason that there is none, as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inferscope.core.units import human

__all__ = ["figure", "reason_text", "shown"]

REASONS = {
    "does_not_fit": "does not fit",
    "slo_unreachable": "limit cannot be kept",
    "needs_input": "needs",
    "unsupported": "unsupported",
    "unknown": "unknown",
    "not_in_this_version": "not in this version",
    "unreachable": "unreachable",
}


def reason_text(why: str) -> str:
    """A reason for people.

    >>> reason_text("needs_input: workload.requests_per_s")
    'needs workload.requests_per_s'
    """
    word, _, what = why.partition(": ")
    title = REASONS.get(word, word)
    return f"{title} {what}".strip() if word == "needs_input" else f"{title}: {what}" if what else title


_SHARES = {
    "memory_used_fraction",
    "mfu",
    "mbu",
    "load_utilization",
    "quality_recovery",
    "inference_share_of_lifetime_flop",
    "inference_share_of_lifetime_usd",
    "stolen_weights_share",
    "copies_left",
    "battery_share_per_query",
    *("utilization", "wacc", "even_utilization", "even_wacc"),
}
_SMALLER = {"USD": (0.1, 100, "ct"), "Wh": (0.1, 1000, "mWh"), "L": (0.1, 1000, "mL"), "MW": (1, 1000, "kW")}
"""Below how much a smaller unit reads better, and how many of it make one."""
_SPOKEN = {"1/s": "per second", "1/d": "per day", "tokens/d": "tokens per day"}


def shown(entry: Mapping[str, Any], name: str = "") -> str:
    """The value of an entry for people, or the reason that there is none.

    >>> shown({"value": 0.00281, "unit": "USD"}), shown({"value": 1.0, "unit": "days"})
    ('0.281 ct', '1 day')
    >>> shown({"value": 1.002, "unit": "s"}), shown({"value": 1.0, "unit": "tokens/s"})
    ('1 s', '1 tokens/s')
    """
    value = entry["value"]
    if value is None:
        return f"- ({reason_text(str(entry.get('why', '')))})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    unit, figure = str(entry["unit"]), float(value)
    if name in _SHARES:
        return f"{human(100 * figure, '1')} %"
    least, factor, smaller = _SMALLER.get(unit, (0, 1, unit))
    if 0 < abs(figure) < least:
        unit, figure = smaller, figure * factor
    text = human(figure, unit)
    spoken = _SPOKEN.get(unit, unit)
    if text == f"1 {unit}" and spoken.isalpha() and len(spoken) > 1:  # one day, but 1 s and 1 tokens/s
        spoken = spoken.removesuffix("s")
    return text.removesuffix(unit) + spoken if unit != "1" and text.endswith(unit) else text


def figure(value: float, unit: str, name: str = "") -> str:
    """A bare number for people, as :func:`shown` writes it in tables.

    >>> figure(0.00281, "USD"), figure(0.5, "1", "mfu")
    ('0.281 ct', '50 %')
    """
    return shown({"value": value, "unit": unit}, name)
