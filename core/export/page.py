"""A full report as one HTML file that needs nothing else: no network, no script, no font."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

from inferscope.core.errors import printable
from inferscope.core.export.apart import LETTERS
from inferscope.core.export.document import Document
from inferscope.core.export.drawn import need, svg
from inferscope.core.export.tables import rounded
from inferscope.core.study.curves import Curve

__all__ = ["as_html", "check"]

_ENDS = 3.0
"""Orders of magnitude from the line to the end of a rung."""
_ADDRESS = re.compile(r"https?://[^\s<>\"'()\[\]]*[^\s<>\"'()\[\].,;:]")
_CODE, _NUMBER, _JOINT = re.compile(r"`([^`]+)`"), re.compile(r"\d+"), re.compile(r"[a-z0-9][._](?=[a-z])")


def check() -> None:
    """See that what HTML needs is installed, before anything is computed.

    Raises:
        InferscopeError: It is not.
    """
    need("jinja2", "matplotlib")


def as_html(doc: Document) -> str:
    """The report; every text of a scenario in it is escaped.

    Raises:
        InferscopeError: Jinja2 or matplotlib is not installed.
    """
    jinja, markup = need("jinja2", "markupsafe")

    def drawn(curve: Curve, name: str) -> Any:
        return markup.Markup(svg(curve, name)) if curve.series else ""

    def linked(text: str) -> Any:
        return markup.Markup(_linked(text, markup.escape))

    def worded(text: str) -> Any:
        return markup.Markup(_CODE.sub(r"<code>\1</code>", str(markup.escape(printable(text)))))

    def breakable(text: str) -> Any:
        return markup.Markup(_JOINT.sub(r"\g<0><wbr>", str(markup.escape(printable(text)))))

    def numbered(numbers: str) -> Any:
        return markup.Markup(_NUMBER.sub(r'<a href="#source-\g<0>">\g<0></a>', numbers))

    def plain(value: Any) -> Any:
        is_text = isinstance(value, str) and not isinstance(value, markup.Markup)
        return "\n".join(map(printable, value.split("\n"))) if is_text else value

    here = files("inferscope.core.export")
    environment = jinja.Environment(
        autoescape=True, finalize=plain, trim_blocks=True, lstrip_blocks=True, undefined=jinja.StrictUndefined
    )
    template = environment.from_string(here.joinpath("report.html.j2").read_text(encoding="utf-8"))
    style = markup.Markup(here.joinpath("report.css").read_text(encoding="utf-8").strip())
    text = template.render(
        doc=doc,
        several=len(doc.parts) > 1,
        letters=LETTERS,
        style=style,
        drawn=drawn,
        linked=linked,
        worded=worded,
        numbered=numbered,
        breakable=breakable,
        exact=exact,
        at=_at,
    )
    return f"{text.strip()}\n"


def exact(value: Any) -> str:
    """A value as JSON writes it, without quotes around words; empty where there is none.

    >>> exact(0.1), exact(True), exact("memory"), exact(None)
    ('0.1', 'true', 'memory', '')
    """
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(rounded(value))


def _at(orders: float) -> str:
    """Where on a rung of 120 a margin stands.

    >>> _at(0.0), _at(-9.0), _at(1.5)
    ('60', '5', '87.5')
    """
    return f"{60 + 55 * max(-1.0, min(orders / _ENDS, 1.0)):.4g}"


def _linked(text: str, escape: Any) -> str:
    """A text, escaped, with its addresses as links."""
    text, parts, end = printable(text), [], 0
    for found in _ADDRESS.finditer(text):
        address = escape(found[0])
        parts += [escape(text[end : found.start()]), f'<a rel="noreferrer" href="{address}">{address}</a>']
        end = found.end()
    return "".join(map(str, [*parts, escape(text[end:])]))
