"""The studies that the full screen offers: what each asks for, and how it is run.

A study is listed once its module is there; the module is imported when the study is run.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from inferscope.core.errors import InferscopeError
from inferscope.core.study.options import CLAIMS, FEWEST, MEASURES, MOST, MOST_MONTHS, PLACE
from inferscope.tui.forms import FormError, Values, above_zero, listed, one_of, parts, share, whole, yes

if TYPE_CHECKING:
    import datetime as dt
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
        about: What it takes; short enough to stand in an empty line at 80 columns.
        default: What it starts with, perhaps made from the present answer.
        more: What is to be known besides, once one is there.
    """

    name: str
    about: str
    default: str | Callable[[Answer], str] = ""
    more: str = ""

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
    """What a study found, in which scenario, and what stood in its form."""

    scenario: Scenario
    values: Values
    sheet: Sheet

    def remark(self, now: Scenario, values: Values, read: str, *, stopped: bool) -> str:
        """What has to be known of it: of what it is, what is left away, that there are notes.

        Args:
            now: The scenario as it stands now.
            values: What stands in the form now.
            read: The key that reads the notes.
            stopped: Whether a later run was stopped.
        """
        said = []
        if stopped:
            said.append("from before the run that was stopped")
        elif self.scenario != now:
            said.append("of the scenario before its last changes")
        elif self.values != values:
            said.append("of the form before its last changes")
        said += [text] if (text := _left_away(self.sheet)) else []
        if count := len(self.sheet.table.notes):
            said.append(f"1 note: {read} reads it" if count == 1 else f"{count} notes: {read} reads them")
        return "; ".join(said)


def _left_away(sheet: Sheet) -> str:
    """Which rows are not shown, and which sorting does not look at."""
    shown, total, made = len(sheet.rows), sheet.total, sheet.made
    if made > total:
        some = f", {shown:,} of them shown" if shown < total else ""
        return f"the first {total:,} of {made:,} rows are kept{some}; sorting looks at no others"
    return f"{shown:,} of {total:,} rows shown, sorting looks at all" if shown < total else ""


@dataclass
class Desk:
    """What is kept of the studies while the explorer is open.

    Attributes:
        chosen: The name of the study that was looked at last.
        values: What was typed, by study and line; what is as it starts is left away.
        found: The last result of each study.
        stopped: The names of those whose last run was stopped.
        plotted: Whether plots are shown; None: where there is room for rows and plot.
    """

    chosen: str = ""
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    found: dict[str, Found] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    plotted: bool | None = None


def studies() -> tuple[Study, ...]:
    """Those that this version has."""
    return tuple(study for study in STUDIES if study.is_there)


# --- the studies ---------------------------------------------------------------------------------


HELD = 10_000
"""Rows of a sweep that are kept for sorting and writing."""
_QUANTITY = "a number of the report, such as tpot_s"
_SEVERAL = "several: join with ;"
_RANGES = Line("catalog-ranges", "yes: with the ranges of the catalogue", "yes")


def _uncertainty(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.uncertainty import uncertainty

    found = uncertainty(
        scenario,
        samples=whole(values, "samples", 2, 1_000_000),
        seed=whole(values, "seed", 0, 2**32 - 1),
        sampler=one_of(values, "sampler", ("lhs", "sobol")),
        quantities=parts(values, "of"),
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
        samples=whole(values, "samples", 2, 2**20),
        seed=whole(values, "seed", 0, 2**32 - 2),
        span=share(values, "span"),
        catalog_ranges=yes(values, "catalog-ranges"),
        hold=yes(values, "hold"),
        watch=watch,
    )
    return found.table()


def _sweep(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.sweep import SELECT, Sweep
    from inferscope.core.study.swept import best_of, collect

    top, by = _top(values)
    asked = Sweep(
        scenario,
        parts(values, "over", "needs an axis, such as workload.batch=1:256:9:log"),
        select=listed(values, "select") or SELECT,
        where=parts(values, "where"),
        zipped=yes(values, "zip"),
    )
    best = best_of(asked, top, by)
    found = collect(asked, best, limit=HELD, watch=watch)
    table = found.table(HELD)
    if best is not None or found.tally.rows <= HELD:
        return table
    from inferscope.tui.sheet import kept

    about = f"the first {HELD:,} of {found.tally.rows:,} rows are kept here"
    note = f"{about}: top keeps the best, inferscope sweep writes all"
    return kept(replace(table, notes=(*table.notes, note)), found.tally.rows)


def _top(values: Values) -> tuple[int | None, str]:
    """How many rows to keep, and what they are best by."""
    by = values["by"].strip()
    if not values["top"].strip():
        if by:
            message = "by says what top goes by: type how many rows to keep, or empty by"
            raise FormError(message, "top")
        return None, ""
    return whole(values, "top", 1, HELD), by or "usd_per_query"


def _solve(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.solve import solve

    watch(0, 1)
    key, _, ends = (part.strip() for part in values["vary"].partition("="))
    if not key:
        message = "needs the input to move, such as workload.output_tokens"
        raise FormError(message, "vary")
    conditions = parts(values, "for", "needs a condition, such as tpot_s<=0.05")
    prefer = one_of(values, "prefer", ("nearest", "least", "most"))
    against = _other(values)
    found = solve(scenario, key, conditions, span=_span(ends), prefer=cast("Any", prefer), against=against)
    return found.table()


def _other(values: Values) -> Scenario | None:
    """The scenario to compare with; None where there is none."""
    from inferscope.core.scenario import files

    name = values["against"].strip()
    try:
        return files.load(name).scenario if name else None
    except InferscopeError as error:
        raise FormError(str(error), "against") from error


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
    return found.table(everything=yes(values, "all"))


def _attribution(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.attribution import QUANTITIES, attribute

    return attribute(scenario, parts(values, "of") or QUANTITIES, watch=watch).table()


def _scaling(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.scaling import VIEWS, scaling

    watch(0, 1)
    return scaling(scenario, one_of(values, "view", VIEWS))


def _access(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.access import access

    watch(0, 1)
    place, chips = values["to"].strip() or PLACE, listed(values, "accelerators")
    found = access(scenario, place, _day(values, "on"), chips)
    return found.table(everything=yes(values, "all"))


def _break_even(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.bases import bases

    watch(0, 1)
    return bases(scenario, above_zero(values, "from"), above_zero(values, "until")).table()


def _lifecycle(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.lifecycle import lifecycle

    watch(0, 1)
    months = whole(values, "months", 1, MOST_MONTHS) if values["months"].strip() else None
    return lifecycle(scenario, one_of(values, "in", MEASURES), months).table()


def _place(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.study.place import parse_host, places

    watch(0, 1)
    hosts = [parse_host(text) for text in listed(values, "hosts")]
    users = values["users"].strip() or scenario.site.users_region or (hosts[-1].region if hosts else "")
    return places(scenario, users, hosts).table()


def _day(values: Values, name: str) -> dt.date | None:
    from inferscope.core.scenario.days import read_day

    text = values[name].strip()
    try:
        return read_day(text) if text else None
    except ValueError as error:
        raise FormError(str(error), name) from None


def _sites(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.evaluate import evaluate
    from inferscope.core.study.sites import READ, site_lines

    watch(0, 1)
    return site_lines(evaluate(scenario, READ), _day(values, "on"))


def _claims(scenario: Scenario, values: Values, watch: Watch) -> Table:
    from inferscope.core.evidence.claimed import claims_table
    from inferscope.core.evidence.claims import claims, judge

    watch(0, 1)
    kind = one_of(values, "kind", CLAIMS) if values["kind"].strip() else ""
    return claims_table(judge([each for each in claims() if kind in ("", each.kind)]), scenario)


def _validation(_: Scenario, values: Values, watch: Watch) -> Table:
    from pathlib import Path

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
            Line("of", "only these numbers; empty: all, and rules", more=_SEVERAL),
            Line("samples", "how many draws", "1024"),
            Line("seed", "the same seed gives the same draws", "0"),
            Line("sampler", "lhs or sobol", "lhs", "lhs: a Latin hypercube; sobol needs SciPy"),
            _RANGES,
            Line("replan", "yes: plan batch and layout at each draw", "no", "replicas too"),
        ),
        _uncertainty,
    ),
    Study(
        "Sensitivity",
        "Which inputs move a number, the strongest first.",
        "study.sensitivity",
        (
            Line("of", _QUANTITY, "usd_per_query", _SEVERAL),
            Line("method", "tornado, elasticity, sobol or all", "tornado"),
            Line("span", "how far what has no range moves: 0.2", "0.2", "0.2 is 20 %"),
            replace(_RANGES, default="no"),
            Line("hold", "yes: plan batch and layout only once", "no", "replicas too"),
            Line("samples", "of sobol: a power of two", "1024"),
            Line("seed", "of sobol: the same gives the same", "0"),
        ),
        _sensitivity,
    ),
    Study(
        "Sweep",
        "Every combination of values of some inputs, a row each.",
        "study.swept",
        (
            Line("over", "KEY=v1,v2 or KEY=lo:hi:n[:log]", "workload.batch=1:256:9:log", _SEVERAL),
            Line("zip", "yes: walk several axes side by side", "no", "no: each value with each"),
            Line("where", "conditions on rows, such as tpot_s<=0.05", more=_SEVERAL),
            Line("top", "keep only so many rows, the best first"),
            Line("by", "what top goes by; empty: usd_per_query"),
            Line("select", "numbers shown; empty: the main ones", more="several: join with ,"),
        ),
        _sweep,
    ),
    Study(
        "Solve",
        "The value of one input that meets conditions.",
        "study.solve",
        (
            Line("vary", "the input to move, KEY or KEY=LOW:HIGH", "workload.output_tokens"),
            Line("for", "what has to hold, such as tpot_s<=0.05", _cheaper, _SEVERAL),
            Line(
                "against",
                "a preset or file: where both are equal",
                more="for is then one number",
            ),
            Line("prefer", "nearest to the present one, least or most", "nearest"),
        ),
        _solve,
    ),
    Study(
        "Frontier",
        "The layouts, formats and batches that no other one beats.",
        "study.frontier",
        (
            Line("accelerators", "ids of chips; empty: the scenario's own", more="several: join with ,"),
            Line("formats", "weight formats; empty: all that fit", more="several: join with ,"),
            Line(
                "metrics",
                "what counts; empty: TPOT, rate, cost, Wh",
                more="several: join with ,",
            ),
            Line("for", "what must hold, as quality_recovery>=0.99", more=_SEVERAL),
            Line("keep", "keys that stay, such as hardware.count", more="several: join with ,"),
            Line("all", "yes: also what is beaten, and by what", "no"),
        ),
        _frontier,
    ),
    Study(
        "Attribution",
        "What each optimisation contributes, alone and together.",
        "study.attribution",
        (Line("of", "numbers to divide; empty: the main ones", "usd_per_query", _SEVERAL),),
        _attribution,
    ),
    Study(
        "Scaling",
        "Inference in place of training: lines, loopholes, copies, routes.",
        "study.scaling",
        (
            Line(
                "view",
                "lines, loopholes, rounds, deployment,",
                "lines",
                "attempts, distillation, routing",
            ),
        ),
        _scaling,
    ),
    Study(
        "Lifecycle",
        "Serving over a model's life, and the day it passes training.",
        "study.lifecycle",
        (
            Line("in", "usd or flop", MEASURES[0]),
            Line("months", "how many; empty: the days in service"),
        ),
        _lifecycle,
    ),
    Study(
        "Break-even",
        "Renting, owning or buying tokens: which is cheapest at which demand.",
        "study.bases",
        (
            Line("from", "least demand, queries a day", f"{FEWEST:g}"),
            Line("until", "greatest demand, queries a day", f"{MOST:g}"),
        ),
        _break_even,
    ),
    Study(
        "Place",
        "One country's users served from several: way, cost of owning, carbon.",
        "study.place",
        (
            Line("hosts", "COUNTRY:SHARE:RATE or less, joined with ,", "USA,DEU"),
            Line("users", "their country; empty: the last host"),
        ),
        _place,
    ),
    Study(
        "Access",
        "Allowed accelerators beside denied ones: what rules on chips cost.",
        "study.access",
        (
            Line("to", "the country they go to", PLACE),
            Line("on", "the day judged; empty: the scenario's"),
            Line("accelerators", "ids of chips; empty: all", more="several: join with ,"),
            Line("all", "yes: also those that do not run it", "no"),
        ),
        _access,
    ),
    Study(
        "Sites",
        "Power lines of sites, and on how many the fleet stays off each.",
        "study.sites",
        (Line("on", "the day judged; empty: the scenario's"),),
        _sites,
    ),
    Study(
        "Claims",
        "Published claims: what is claimed, what comes out, who is off.",
        "evidence.claims",
        (Line("kind", "computed, fact or outside; empty: all", "computed"),),
        _claims,
    ),
    Study(
        "Validation",
        "Published measurements, predicted: how far off the model is.",
        "evidence.validate",
        (Line("measurements", "a CSV file; empty: those of the program"),),
        _validation,
    ),
)
"""All of them, in the order in which they are listed."""
