"""`inferscope eval`: compute one or several scenarios."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from inferscope.core.errors import InferscopeError
from inferscope.core.export import citation
from inferscope.core.export import reports as export
from inferscope.core.report import answer_is_no, reports
from inferscope.core.scenario.changed import as_changed, named
from inferscope.core.scenario.files import Loaded, load, parse_assignment, with_values
from inferscope.tui.cli.parser import columns, write


def run(options: argparse.Namespace) -> int:
    """Print the reports; 1 where the answer of any is no, or a rule of ``--fail-on`` applies."""
    if options.cite and options.format == "csv":
        message = "--cite has no place in csv: use --format table, json or md"
        raise InferscopeError(message)
    loaded = [loaded_with(name, options.assignments) for name in options.presets]
    found = reports(loaded, catalog_ranges=options.catalog_ranges)
    if options.cite:
        found = citation.with_citations(found, loaded)
    failed = options.fail_on and _fails(found, options)
    write(_written(found, options), options.out)
    return int(bool(failed) or any(answer_is_no(report) for report in found))


def _written(found: Sequence[Mapping[str, Any]], options: argparse.Namespace) -> str:
    """The reports in the form that is asked for; a citation follows each, and in JSON is a member of it."""
    if options.format in ("json", "csv"):
        return export.as_json(found) if options.format == "json" else export.as_csv(found)
    parts = []
    for report in found:
        is_table = options.format == "table"
        parts.append(
            export.as_text([report], columns(options.out)) if is_table else export.as_markdown([report])
        )
        if options.cite:
            said = report["citation"]
            parts.append(citation.as_text(said) if is_table else citation.as_markdown(said))
    return "\n".join(parts)


def _fails(found: Sequence[Mapping[str, Any]], options: argparse.Namespace) -> bool:
    from inferscope.tui.cli.policy_rules import fails

    names, allowed = options.fail_on, options.allow_unknown
    failed = [fails(report["policy"], names, allow_unknown=allowed) for report in found]
    return any(failed)


def loaded_with(preset: str, assignments: list[str]) -> Loaded:
    """A scenario with keys set on the command line, which says so in its name.

    Raises:
        ScenarioError: The preset or an assignment is wrong.
    """
    loaded = assigned(preset, assignments)
    file = named(dataclasses.replace(loaded, scenario=loaded.base or loaded.scenario, base=None))
    if loaded.base is None:
        return file
    base = file.base or file.scenario
    is_named = loaded.scenario.name != loaded.base.name
    name = loaded.scenario.name if is_named else file.scenario.name
    changed = loaded.scenario.model_copy(update={"name": name})
    return dataclasses.replace(loaded, scenario=as_changed(changed, base), base=base)


def assigned(preset: str, assignments: list[str]) -> Loaded:
    """A scenario with keys set on the command line, which keeps its name.

    Raises:
        ScenarioError: The preset or an assignment is wrong.
    """
    loaded = load(preset)
    if not assignments:
        return loaded
    changed = with_values(loaded.scenario, dict(parse_assignment(text) for text in assignments))
    return dataclasses.replace(loaded, scenario=changed, base=loaded.scenario)
