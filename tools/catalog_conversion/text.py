"""Small TOML writer and the table of source texts."""

from __future__ import annotations

import json
import re
from typing import Any

RECORD_DATE = "2026-11-22"
"""The day the source tables were compiled: the date of every value without its own."""

_EXACT = 1e15  # beyond, the last digits of a whole number are an accident of binary
_LONG = 1e6  # from here a round figure reads better with an exponent


def number(text: str) -> float:
    """Return a float without the noise of binary arithmetic: 12 significant digits."""
    return float(f"{float(text):.12g}")


def scaled(text: str, factor: float) -> float:
    """Return a table's figure in SI units."""
    return float(f"{float(text) * factor:.15g}")


def toml_value(value: Any) -> str:
    """Return one TOML value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < _EXACT else _float(float(value))
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {toml_value(v)}" for k, v in value.items()) + " }"
    message = f"cannot write {value!r}"
    raise TypeError(message)


def _float(value: float) -> str:
    """Return 12 digits: whole numbers plain, round or broken long ones with an exponent."""
    whole = value.is_integer()
    if whole and abs(value) < _LONG:
        return str(int(value))
    if whole and value % 1e5 and abs(value) < _EXACT:
        return str(int(value))
    if abs(value) >= _LONG or abs(value) < 1e-4:
        mantissa, exponent = f"{value:.11e}".split("e")
        mantissa = mantissa.rstrip("0")
        return f"{mantissa}{'0' if mantissa.endswith('.') else ''}e{int(exponent)}"
    return f"{value:.12g}"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def toml_table(header: str, table: dict[str, Any], *, repeated: bool = False) -> str:
    """Return a table, one key a line; an empty header writes top-level keys."""
    opened = f"[[{header}]]" if repeated else f"[{header}]"
    lines = [opened] if header else []
    lines += [f"{_key(key)} = {toml_value(value)}" for key, value in table.items()]
    return "\n".join(lines) + "\n"


class Sources:
    """Source texts by short keys, so that a long text is written once."""

    def __init__(self) -> None:
        """Start empty."""
        self.texts: dict[str, str] = {}
        self._keys: dict[str, str] = {}

    def add(self, text: str, key: str | None = None) -> str:
        """Return the key of one source text, making one if it is new."""
        text = " ".join(text.split())
        if text not in self._keys:
            base = key or _slug(text)
            name, count = base, 1
            while name in self.texts:
                count += 1
                name = f"{base}-{count}"
            self.texts[name] = text
            self._keys[text] = name
        return self._keys[text]

    def split(self, text: str) -> str | list[str]:
        """Return the key, or keys, of a text that lists sources with semicolons."""
        keys = [self.add(part) for part in _outside_brackets(text)]
        return keys[0] if len(keys) == 1 else keys


def _outside_brackets(text: str) -> list[str]:
    """Split at semicolons that stand outside brackets and quotation marks."""
    parts, depth, quoted, start = [], 0, False, 0
    for position, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == ";" and depth <= 0 and not quoted:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def _slug(text: str) -> str:
    """Return a short readable key: the first words of the text, and the row it names if any."""
    row = re.search(r'(?:row )?"([^"]{2,40})"\)?$', text)
    head = re.sub(r"^(github|GitHub|PyPI|https?://(www\.)?)\s*", "", text.partition("(")[0])
    words = re.findall(r"[a-z0-9.]+", head.lower().replace("/", " ").replace("_", " "))
    slug = "-".join(word.strip(".") for word in words[:4])[:44].strip("-.")
    if row:
        name = "-".join(re.findall(r"[a-z0-9.]+", row.group(1).lower()))
        slug = f"{slug[:28].strip('-.')}-{name}"
    return slug.replace(".", "-") or "source"
