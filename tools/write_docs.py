"""Write the reference pages of docs/ from the program itself.

Usage: python tools/write_docs.py [--check]

With --check nothing is written: the exit status is 1 where a page differs from the program.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel

from inferscope.core.evaluate import CONTRACT
from inferscope.core.export.tables import markdown_table
from inferscope.core.graph import REGISTRY
from inferscope.core.leaves import calibration
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.schema import PrefillPool, Scenario, Speculative

DOCS = Path(__file__).resolve().parent.parent / "docs"


def quantities() -> str:
    """Every quantity: unit, formula, meaning and source."""
    parts = [
        "# Quantities\n",
        "Written by `tools/write_docs.py` from the registry. A formula is a Python expression over the",
        "quantities and inputs it names; `slot_sum` adds over the attention slots full, window, latent,",
        "sparse and state. Quantities of every report come first.\n",
    ]
    ordered = sorted(REGISTRY.quantities.values(), key=lambda q: (q.name not in CONTRACT, q.name))
    for node in ordered:
        parts += [
            f"## {node.name}\n",
            f"{node.label}, in {node.unit}." + (" In every report.\n" if node.name in CONTRACT else "\n"),
            f"    {node.formula}\n",
            node.meaning + "\n",
            f"Source: {node.source}\n",
        ]
    return "\n".join(parts)


def scenario() -> str:
    """Every key of a scenario file with its default."""
    parts = [
        "# Scenario files\n",
        "Written by `tools/write_docs.py` from the schema. Every number may be a scalar, a range",
        "`{low=, mid=, high=}`, a distribution `{dist=, ...}` or `{value=, source=, date=}`. Under",
        "`[model]` and `[hardware]` any catalogue field of the chosen record may be overridden; see",
        "`inferscope show accelerator ID` and `inferscope show model ID`.\n",
        "`extends` names a preset or a file to build on, `unset` lists keys of it to drop.\n",
    ]
    for name, field in Scenario.model_fields.items():
        section = field.default_factory.__self__ if field.default_factory else None
        if isinstance(section, type) and issubclass(section, BaseModel):
            parts += [f"## [{name}]\n", (section.__doc__ or "") + "\n", _keys(section)]
        elif name not in ("provenance", "published"):
            default = f", default `{_default(field.default)}`" if field.default not in ("", {}) else ""
            parts.append(f"- `{name}`: {field.description}{default}" + ("\n" if name == "as_of" else ""))
    parts += [_pool(), _constants()]
    return "\n".join(parts)


def _keys(section: type[BaseModel]) -> str:
    rows = [(f"`{key}`", _default(f.default), f.description or "") for key, f in section.model_fields.items()]
    return markdown_table(("key", "default", "meaning"), rows)


def _default(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, Number):
        return f"{value.mid:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pool() -> str:
    return "\n".join(
        [
            "## [hardware.prefill]\n",
            (PrefillPool.__doc__ or "") + "\n",
            _keys(PrefillPool),
            "## optimizations.speculative\n",
            _keys(Speculative),
        ]
    )


def _constants() -> str:
    header = ("constant", "value", "kind", "note", "source")
    rows = [(f"`{name}`", f"{c.value:g}", c.kind, c.note, c.source) for name, c in calibration().items()]
    about = "## [calibration]\n\nPhysical constants of the serving model; each may be set.\n\n"
    return about + markdown_table(header, rows)


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


def main() -> int:
    """Write the pages, or say which differ."""
    pages = {"quantities.md": quantities(), "scenario.md": scenario()}
    differ = [name for name, text in pages.items() if _read(DOCS / name) != text]
    if "--check" in sys.argv[1:]:
        print(f"out of date: {', '.join(differ)}" if differ else "up to date")
        return int(bool(differ))
    for name in differ:
        (DOCS / name).write_text(pages[name], "utf-8")
    print(f"{len(differ)} of {len(pages)} pages written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
