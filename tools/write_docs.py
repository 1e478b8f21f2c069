"""Write the reference pages of docs/ from the program itself.

Usage: python tools/write_docs.py [--check]

With --check nothing is written: the exit status is 1 where a page differs from the program.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic import BaseModel

from inferscope.core.evaluate import CONTRACT
from inferscope.core.evidence.measurements import packaged
from inferscope.core.evidence.validate import validate
from inferscope.core.evidence.validated import STANDARD, groups_table, sentence, worst_table
from inferscope.core.export.studies import as_markdown
from inferscope.core.export.tables import markdown_table
from inferscope.core.graph import REGISTRY
from inferscope.core.leaves.leaf import constants
from inferscope.core.policy.profiles import COMPONENTS, error_margin, profiles, weight
from inferscope.core.policy.rule import Rule
from inferscope.core.policy.rules import shipped
from inferscope.core.scenario.ranges import Number
from inferscope.core.scenario.schema import PrefillPool, Scenario, Speculative
from inferscope.core.scenario.training import BOTH_WAYS, FORWARD, PARTS, Part
from inferscope.tui.actions import AREAS, at
from inferscope.tui.config import SETTINGS
from inferscope.tui.keys import shown_key
from inferscope.tui.themes import theme_names

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
        "`{low=, mid=, high=}`, a distribution `{dist=, ...}` or `{value=, source=, date=}`; see",
        "[ranges.md](ranges.md). Under `[model]` and `[hardware]` any catalogue field of the chosen record",
        "may be overridden: see `inferscope show accelerator ID` and `inferscope show model ID`.\n",
        "`extends` names a preset or a file to build on, `unset` lists keys of it to drop.\n",
    ]
    for name, field in Scenario.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel) and field.default_factory:
            parts += [f"## [{name}]\n", (section.__doc__ or "") + "\n", _keys(section)]
        elif name not in ("provenance", "published"):
            default = f", default `{_default(field.default)}`" if field.default not in ("", {}) else ""
            parts.append(f"- `{name}`: {field.description}{default}" + ("\n" if name == "as_of" else ""))
    parts += [_pool(), _constants()]
    return "\n".join(parts)


def rules() -> str:
    """Every shipped rule: its line in words, its dates, and how well it is known."""
    parts = [
        "# Rules\n",
        "Written by `tools/write_docs.py` from the files of rules. How a verdict comes about stands in",
        "[policy.md](policy.md). Conditions name quantities of `[policy]` in [scenario.md](scenario.md)",
        "or of [quantities.md](quantities.md). *what-if* marks what is not law, or no longer.\n",
    ]
    for rule in sorted(shipped(), key=lambda rule: rule.jurisdiction):
        if (heading := f"## {rule.jurisdiction}\n") not in parts:
            parts.append(heading)
        parts += [f"### {rule.title}\n", *(f"- {line}" for line in _rule(rule)), ""]
    return "\n".join([*parts, _profiles()])


def _profiles() -> str:
    """What each regime adds up as training compute."""
    names = list(profiles())
    words: dict[object, str] = {1: "yes", 0: "no", "?": "may"}
    rows = [(part.label, *(words[weight(name, key)] for name in names)) for key, part in COMPONENTS.items()]
    rows.append(
        (
            "estimate may be off by",
            *(f"{100 * error_margin(name):g} %" if error_margin(name) else "-" for name in names),
        )
    )
    sources = [f"- `{name}`: {about['label']}. <{about['address']}>" for name, about in profiles().items()]
    about = [
        "## What each regime counts\n",
        "Training compute by part ([policy.md](policy.md)); *may* where the text is silent.\n",
        markdown_table(("part", *(f"`{name}`" for name in names)), rows),
        *sources,
        "",
    ]
    return "\n".join(about)


def _rule(rule: Rule) -> list[str]:
    """What there is to say of a rule, a line each."""
    days = [f"from {rule.effective_from}"] if rule.effective_from else ["no date"]
    days += [f"due {rule.compliance_from}"] if rule.compliance_from else []
    days += [f"to {rule.effective_to}"] if rule.effective_to else []
    kinds = dict.fromkeys((_words(rule.status), rule.force))
    standing = [*kinds, *days, *(["what-if"] if rule.is_what_if else [])]
    doubts = rule.prose.get("unverified_parts", ())
    means = {"applies": "applies", "relief": "a relief is open", "breach": "a limit is broken"}
    counted = f", training compute by `{rule.counting}`" if rule.counting else ""
    relieves = ", ".join(f"`{name}`" for name in rule.relieves)
    lines = [
        f"`{rule.id}`, {_words(rule.scope)}{counted}",
        f"{means[rule.true_means]} where {rule.predicate.words()}",
        ", ".join(standing),
        f"relieves {relieves}" if relieves else "",
        str(rule.prose.get("effect", "")),
        f"evidence: {_words(rule.evidence)}{'' if rule.verified else ', unverified'}",
        f"doubtful: {'; '.join(doubts)}" if doubts else "",
        f"source: {rule.source}",
    ]
    return [line for line in lines if line]


def _words(name: str) -> str:
    return name.replace("_", " ")


def keys() -> str:
    """Every action with its keys, and the name under which the keys can be changed."""
    parts = [
        "# Keys\n",
        "Written by `tools/write_docs.py` from the table of actions. The name is what `[keys]` in",
        "[config.toml](config.md) calls an action. Every action has a key; the mouse is never needed.\n",
    ]
    for where, title in AREAS.items():
        rows = [
            (" ".join(f"`{shown_key(key)}`" for key in action.keys), f"`{action.id}`", action.about)
            for action in at(where)
        ]
        parts += [f"## {title}\n", markdown_table(("keys", "name", "what it does"), rows)]
    return "\n".join(parts)


def config() -> str:
    """Every setting of the configuration file."""
    kinds = {str: "text", bool: "true or false"}
    rows = [
        (f"`{name}`", kinds[type(s.default)], f"`{json.dumps(s.default)}`", s.metadata["about"])
        for name, s in SETTINGS.items()
    ]
    return "\n".join(
        [
            "# config.toml\n",
            "Written by `tools/write_docs.py` from the program. The file lies in the folder for",
            "configuration: `$INFERSCOPE_CONFIG`, or the platform's. It need not be there, only the full",
            "screen reads it, and what does not fit is refused with its line before the screen starts.",
            "Options of the command line stand over it.\n",
            markdown_table(("setting", "kind", "default", "meaning"), rows),
            f"Themes: {', '.join(f'`{name}`' for name in theme_names())}.\n",
            "## [keys]\n",
            "Other keys for an action, by its name in [keys.md](keys.md): one key or a list. They replace",
            "its usual ones. A key is a character (`u`, `+`), a name (`f2`, `pageup`, `space`), or either",
            "after `ctrl+`, `alt+` or `shift+`. A key that means something else in the same place is refused",
            "unless that is given another one as well. The key line and the help show the keys as bound.\n",
            "```toml",
            _EXAMPLE + "```\n",
        ]
    )


_EXAMPLE = """\
theme = "nord"
mouse = false

[keys]
undo = ["u", "ctrl+u"]
save = "f2"

[keys.number]
double = ">"
halve = "<"
"""


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
            "## [training.PART]\n",
            "A part of training compute, such as `[training.fine_tuning]`. A number alone is its `flop`.",
            f"`parameters` and `tokens` count {BOTH_WAYS:g} FLOP each where parameters are trained, and",
            f"{FORWARD:g} where tokens are only generated, judged or recomputed: {_forward()}.\n",
            _keys(Part),
        ]
    )


def _forward() -> str:
    """The parts of training compute that take forward passes alone."""
    return ", ".join(f"`{name}`" for name, flop in PARTS.items() if flop == FORWARD)


def _constants() -> str:
    header = ("constant", "value", "kind", "note", "source")
    rows = [(f"`{name}`", f"{c.value:g}", c.kind, c.note, c.source) for name, c in constants().items()]
    about = "## [calibration]\n\nPhysical constants of the serving model; each may be set.\n\n"
    return about + markdown_table(header, rows)


def validation() -> str:
    """How far off the model is on published measurements."""
    predictions = validate(packaged())
    groups = (*STANDARD, ("group", "metric"), ("metric", "vendor"), ("metric", "experts"))
    tables = [groups_table(predictions, "", [keys]) for keys in groups]
    parts = [(DOCS.parent / "tools" / "validation.md").read_text("utf-8"), sentence(predictions) + "\n"]
    parts.append("![Predicted against measured on logarithmic axes](validation.svg)\n")
    header = (
        "rows of",
        "rows",
        "predicted",
        "half within",
        "90 % within",
        "bias",
        "in range",
        "beyond bound",
    )
    for keys, table in zip(groups, tables, strict=True):
        first = 0 if keys == groups[0] else 1  # all rows once
        rows = [[_figure(value) for value in row] for row in table.rows[first:]]
        parts.append(f"## By {' and '.join(keys)}\n\n{markdown_table(header, rows)}")
    worst = worst_table(predictions, 20)
    parts.append(f"## The rows farthest off\n\n{as_markdown(worst).split(chr(10), 2)[2]}")
    return "\n".join(parts)


def _figure(value: object) -> str:
    """A factor with two digits after the point, a count as it is."""
    return "-" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


def main() -> int:
    """Write the pages, or say which differ."""
    pages = {
        "quantities.md": quantities(),
        "scenario.md": scenario(),
        "rules.md": rules(),
        "keys.md": keys(),
        "config.md": config(),
        "validation.md": validation(),
    }
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
