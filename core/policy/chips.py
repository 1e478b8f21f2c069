"""Chip rules against the accelerators of the catalogue, without a scenario."""

from __future__ import annotations

import datetime as dt

from inferscope.core.catalog import Record
from inferscope.core.catalog.sources import remember
from inferscope.core.leaves.hardware import chip_leaves
from inferscope.core.policy import figures
from inferscope.core.policy.predicates import Fact
from inferscope.core.policy.rule import Rule, judge
from inferscope.core.policy.rules import rules


def chip_facts(record: Record) -> dict[str, Fact]:
    """What the catalogue says of an accelerator that chip rules ask, with ranges where it leaves them."""
    leaves = chip_leaves(record, {}, "hardware")
    found = {name: figures.figure(name, leaves.__getitem__) for name in figures.FIGURES}
    found["ops_times_bits"] = found["tpp"]
    pair = figures.links(leaves.__getitem__, found["io_bandwidth_gb_s"])
    found["io_bandwidth_gb_s"], found["interconnect_bandwidth_gb_s"] = pair
    found["datacenter_marketed"] = Fact(record.text.get("datacenter_marketed"))
    found["chip_origin"] = Fact(record.text.get("designed_in"))
    found["chip_designer"] = Fact(record.text.get("vendor"))
    found["non_planar_16nm_or_below"] = Fact(figures.non_planar(record.text.get("process", "")))
    return figures.sums(found)


def export_status(record: Record, on: dt.date) -> str:
    """The control lines that an accelerator meets by its own figures, on a day.

    Lines that also ask who gets it, and relief, are left to a scenario's report.

    >>> import datetime as dt
    >>> from inferscope.core import catalog
    >>> [export_status(catalog.accelerator(name), dt.date(2026, 11, 22)) for name in ("h100-sxm", "h20")]
    ['3A090.a', 'none']
    """
    facts = chip_facts(record)
    verdicts = [judge(rule, facts) for rule in _binding(on) if set(rule.names) <= set(facts)]
    if met := [verdict.rule.short for verdict in verdicts if verdict.truth]:
        return ", ".join(met)
    return "unknown" if any(verdict.truth is None for verdict in verdicts) else "none"


@remember(8)
def _binding(on: dt.date) -> tuple[Rule, ...]:
    return tuple(
        rule
        for rule in rules()
        if rule.scope == "chip" and rule.true_means == "applies" and rule.binds_on(on)
    )
