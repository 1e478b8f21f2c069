"""The studies that the full screen offers: what each asks for, and how it is run.

A study is listed once its module is there; the module is imported when the study is run.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from inferscope.tui.forms import FormError, Values, listed, one_of, parts, share, whole, yes

if TYPE_CHECKING:
    from collections.abc import Callable

    from inferscope.core.scenario.schema import Scenario
    from inferscope.core.study.table import Table, Watch
    from inferscope.tui.answer import Answer
    from inferscope.tui.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a form.

    Attributes:
        name: The option of the command line, without its dashes.
        about: What it takes.
        default: What it starts with, perhaps made from the present answer.
    """

    name: str
    about: str
    default: str | Callable[[Answer], str] = ""

    def start(self, answer: Answer) -> str:
        """What it starts with."""
        return self.default if isinstance(self.default, str) else self.default(answer)


@dataclass(frozen=True, slots=True)
class Study:
    """One study.

    Attributes:
        name: What it is called; the command of the same name does the same.
        about: What it answers.
        module: The module under ``inferscope.core`` that does it.
        lines: Its form.
        run: Runs it; errors of a line are :class:`FormError`, others any :class:`InferscopeError`.
    """

    name: str
    about: str
    module: str
    lines: tuple[Line, ...]
    run: Callable[[Scenario, Values, Watch], Table]

    @property
    def is_there(self) -> bool:
        """Whether this version has it."""
        return importlib.util.find_spec(f"inferscope.core.{self.module}") is not None


@dataclass(frozen=True, slots=True)
class Found:
    """What a study found, and in which scenario."""

    scenario: Scenario
    sheet: Sheet

    def remark(self, now: Scenario, read: str) -> str:
        """What has to be known of it: of what scenario it is, what is left away, that there are notes.

        Args:
            now: The scenario as it stands now.
            read: The key that reads the notes.
        """
        sheet, said = self.sheet, []
        if self.scenario != now:
            said.append("of the scenario before its last changes")
        if len(sheet.rows) < sheet.total:
            said.append(f"{len(sheet.rows):,} of {sheet.total:,} rows shown, sorting looks at all")
        if count := len(sheet.table.notes):
            said.append(f"1 note: {read} reads it" if count == 1 else f"{count} notes: {read} reads them")
        return "; ".join(said)


@dataclass
class Desk:
    """What is kept of the studies while the explorer is open.

    Attributes:
        chosen: The name of the study that was looked at last.
        values: What was typed, by study and line; what is as it starts is left away.
        found: The last result of each study.
        plotted: Whether plots are shown.
    """

    chosen: str = ""
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    found: dict[str, Found] = field(default_factory=dict)
    plotted: bool = False


def studies() -> tuple[Study, ...]:
    """Those that this version has."""
    return tuple(study for study in STUDIES if study.is_there)


# --- the studies ---------------------------------------------------------------------------------


HELD = 10_000
"""Rows of a sweep that are kept for sorting and writing."""
_QUANTITY = "a number of the report, such as usd_per_query or tpot_s"
_SEVERAL = "; joins several"


def _uncertainty(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.uncertainty import uncertainty

    found = uncertainty(
        scenario,
        samples=whole(values, "samples", 2, 1_000_000),
        seed=whole(values, "seed", 0, 2**32 - 1),
        catalog_ranges=yes(values, "catalog-ranges"),
        replan=yes(values, "replan"),
        watch=watch,
    )
    return found.table()


def _sensitivity(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.sensitivity import METHODS, sensitivity

    found = sensitivity(
        scenario,
        parts(values, "of", "needs a quantity, such as usd_per_query"),
        method=one_of(values, "method", METHODS),
        span=share(values, "span"),
        catalog_ranges=yes(values, "catalog-ranges"),
        watch=watch,
    )
    return found.table()


def _sweep(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.sweep import SELECT, Sweep
    from inferscope.core.study.swept import best_of, collect

    top = whole(values, "top", 1, HELD) if values["top"].strip() else None
    asked = Sweep(
        scenario,
        parts(values, "over", "needs an axis, such as workload.batch=1:256:9:log"),
        select=listed(values, "select") or SELECT,
        where=parts(values, "where"),
    )
    best = best_of(asked, top, values["by"].strip() if top else "")
    found = collect(asked, best, limit=HELD, watch=watch)
    table = found.table(HELD)
    if best is not None or found.tally.rows <= HELD:
        return table
    about = f"the first {HELD:,} of {found.tally.rows:,} rows are kept here"
    note = f"{about}: top keeps the best, inferscope sweep writes all"
    return replace(table, notes=(*table.notes, note))


def _solve(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.solve import solve

    watch(0, 1)
    key, _, ends = (part.strip() for part in values["vary"].partition("="))
    if not key:
        message = "needs the input to move, such as workload.output_tokens"
        raise FormError(message, "vary")
    conditions = parts(values, "for", "needs a condition, such as tpot_s<=0.05")
    prefer = one_of(values, "prefer", ("nearest", "least", "most"))
    found = solve(scenario, key, conditions, span=_span(ends), prefer=cast("Any", prefer))
    return found.table()


def _span(text: str) -> tuple[float, float] | None:
    """The range of ``KEY=LOW:HIGH``; None where there is none."""
    if not text:
        return None
    try:
        low, high = (float(end) for end in text.split(":"))
    except ValueError:
        message = f"{text!r} is no range: write KEY=LOW:HIGH with two numbers"
        raise FormError(message, "vary") from None
    return low, high


def _frontier(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.frontier import METRICS, frontier

    found = frontier(
        scenario,
        accelerators=listed(values, "accelerators"),
        formats=listed(values, "formats"),
        metrics=listed(values, "metrics") or METRICS,
        conditions=parts(values, "for"),
        keep=listed(values, "keep"),
        watch=watch,
    )
    return found.table()


def _attribution(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.attribution import QUANTITIES, attribute

    return attribute(scenario, parts(values, "of") or QUANTITIES, watch=watch).table()


def _validation(_: Scenario, values: Values, watch: Watch) -> Table:
    from pathlib import Path

    from inferscope.core.errors import InferscopeError
    from inferscope.core.evidence.measurements import packaged, read
    from inferscope.core.evidence.validate import validate
    from inferscope.core.evidence.validated import rows_table

    watch(0, 1)
    name = values["measurements"].strip()
    try:
        rows = read(Path(name).expanduser()) if name else packaged()
    except InferscopeError as error:
        raise FormError(str(error), "measurements") from None
    return rows_table(validate(rows), Path(name).name or "Packaged measurements")


def _cheaper(answer: Answer) -> str:
    """A fifth less cost per query than now."""
    now = answer.entry("usd_per_query")["value"]
    return "tpot_s<=0.05" if now is None else f"usd_per_query<={0.8 * now:.2g}"


STUDIES = (
    Study(
        "Uncertainty",
        "How sure the answers are, over draws of what is not exact.",
        "study.uncertainty",
        (
            Line("samples", "how many draws", "1024"),
            Line("seed", "the same seed gives the same draws", "0"),
            Line("catalog-ranges", "yes: what the catalogue knows as a range is drawn too", "yes"),
            Line("replan", "yes: plan batch, layout and replicas anew at each draw", "no"),
        ),
        _uncertainty,
    ),
    Study(
        "Sensitivity",
        "Which inputs move a number, the strongest first.",
        "study.sensitivity",
        (
            Line("of", f"{_QUANTITY}{_SEVERAL}", "usd_per_query"),
            Line("method", "tornado, elasticity, sobol or all", "tornado"),
            Line("span", "how far inputs without a range move: 0.2 is 20 %", "0.2"),
            Line("catalog-ranges", "yes: what the catalogue knows as a range counts too", "no"),
        ),
        _sensitivity,
    ),
    Study(
        "Sweep",
        "Every combination of values of some inputs, a row each.",
        "study.swept",
        (
            Line("over", f"KEY=v1,v2 or KEY=lo:hi:n[:log]{_SEVERAL}", "workload.batch=1:256:9:log"),
            Line("where", f"conditions to keep a row, such as tpot_s<=0.05{_SEVERAL}"),
            Line("top", "keep only so many rows, the best first"),
            Line("by", "the quantity that top goes by", "usd_per_query"),
            Line("select", "the quantities shown, joined by commas; empty: the main ones"),
        ),
        _sweep,
    ),
    Study(
        "Solve",
        "The value of one input that meets conditions.",
        "study.solve",
        (
            Line("vary", "the input to move, KEY or KEY=LOW:HIGH", "workload.output_tokens"),
            Line("for", f"what has to hold, such as tpot_s<=0.05{_SEVERAL}", _cheaper),
            Line("prefer", "nearest to the present value, least or most", "nearest"),
        ),
        _solve,
    ),
    Study(
        "Frontier",
        "The layouts, formats and batches that no other one beats.",
        "study.frontier",
        (
            Line("accelerators", "ids of the catalogue, joined by commas; empty: the scenario's own"),
            Line("formats", "weight formats, joined by commas; empty: all that fit"),
            Line("metrics", "what choices compete in; empty: TPOT, tokens per chip, cost, energy"),
            Line("for", f"conditions to keep a choice, such as quality_recovery>=0.99{_SEVERAL}"),
            Line("keep", "keys that stay as they are, such as hardware.count"),
        ),
        _frontier,
    ),
    Study(
        "Attribution",
        "What each optimisation contributes, alone and together.",
        "study.attribution",
        (Line("of", f"{_QUANTITY}{_SEVERAL}; empty: the main ones", "usd_per_query"),),
        _attribution,
    ),
    Study(
        "Validation",
        "Published measurements, predicted: how far off the model is.",
        "evidence.validate",
        (Line("measurements", "a CSV file of them; empty: those that come with the program"),),
        _validation,
    ),
)
"""All of them, in the order in which they are listed."""
