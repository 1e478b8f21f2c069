"""Arguments of the commands that study a scenario."""

from __future__ import annotations

import argparse

from inferscope.core.study.options import (
    CLAIMS,
    FEWEST,
    MEASURES,
    METHODS,
    MOST,
    PLACE,
    SAMPLERS,
    VERDICTS,
    VIEWS,
)
from inferscope.tui.cli.options import FORMATS, catalog_ranges, count, day, output, set_keys


def solve(parser: argparse.ArgumentParser) -> None:
    """Of `solve`."""
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    parser.add_argument(
        "--vary", required=True, metavar="KEY[=LOW:HIGH]", help="the input, and the range to look in"
    )
    parser.add_argument(
        "--for",
        action="append",
        required=True,
        dest="conditions",
        metavar="CONDITION",
        help="such as 'tpot_s<=0.05', also with >=, < or >; may be repeated; a quantity with --against",
    )
    parser.add_argument("--against", metavar="PRESET", help="find where the quantity of both is equal")
    end = parser.add_mutually_exclusive_group()
    end.add_argument("--least", action="store_true", help="the least value, not the nearest to the present")
    end.add_argument("--most", action="store_true", help="the greatest value")
    set_keys(parser)
    output(parser, FORMATS)


def frontier(parser: argparse.ArgumentParser) -> None:
    """Of `frontier`."""
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    for name, what in (
        ("accelerators", "accelerators to try (default: the scenario's)"),
        ("formats", "weight formats to try (default: all that the accelerator supports)"),
        ("metrics", "quantities to compare in (default: TPOT, tokens per accelerator, cost, energy)"),
        ("keep", "keys that stay as they are, such as hardware.count or workload.batch"),
    ):
        parser.add_argument(f"--{name}", metavar="NAME,...", help=what)
    parser.add_argument(
        "--for",
        action="append",
        default=[],
        dest="conditions",
        metavar="CONDITION",
        help="leave out what misses it, such as 'quality_recovery>=0.99'; may be repeated",
    )
    parser.add_argument(
        "--all", action="store_true", help="also the beaten choices: by which one, and by how much"
    )
    parser.add_argument(
        "--legal-for",
        metavar="COUNTRY",
        help="only accelerators that may go there without a licence on the scenario's date",
    )
    set_keys(parser)
    output(parser, FORMATS)


def access(parser: argparse.ArgumentParser) -> None:
    """Of `access`."""
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    parser.add_argument("--to", metavar="COUNTRY", default=PLACE, help=f"where they go (default: {PLACE})")
    parser.add_argument(
        "--on", type=day, metavar="DATE", help="the day to judge (default: the scenario's as_of)"
    )
    parser.add_argument(
        "--accelerators",
        metavar="NAME,...",
        help="accelerators to try, or searches such as vendor:AMD (default: all that were out by the day)",
    )
    parser.add_argument(
        "--all", action="store_true", help="as a table: also accelerators that do not run it, and why"
    )
    parser.add_argument(
        "--per-user",
        type=_above_zero,
        metavar="N",
        help="queries of one user a day: also how many users a fleet serves",
    )
    cap = parser.add_mutually_exclusive_group()
    cap.add_argument(
        "--mw", type=_above_zero, default=1.0, metavar="MW", help="power that a fleet may draw (default: 1)"
    )
    cap.add_argument(
        "--tpp", type=_above_zero, metavar="TPP", help="in its place the TPP that a fleet may have"
    )
    set_keys(parser)
    output(parser, FORMATS)


def break_even(parser: argparse.ArgumentParser) -> None:
    """Of `break-even`."""
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    for name, value, what in (("from", FEWEST, "least"), ("until", MOST, "greatest")):
        parser.add_argument(
            f"--{name}",
            type=_above_zero,
            default=value,
            metavar="N",
            help=f"{what} demand to try, queries a day (default: {value:g})",
        )
    set_keys(parser)
    output(parser, FORMATS)


def claims(parser: argparse.ArgumentParser) -> None:
    """Of `claims`."""
    parser.add_argument("ids", nargs="*", metavar="ID", help="claims to show in full, such as C022")
    parser.add_argument("--kind", choices=CLAIMS, metavar="KIND", help="computed, fact or outside alone")
    parser.add_argument(
        "--verdict",
        choices=VERDICTS,
        metavar="VERDICT",
        help="of computed claims: supported, overstated, understated, 'not supported' or unknown alone",
    )
    output(parser, FORMATS)


def place(parser: argparse.ArgumentParser) -> None:
    """Of `place`."""
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    parser.add_argument(
        "--hosts",
        required=True,
        metavar="COUNTRY[:SHARE[:RATE]],...",
        help="places to serve from, the one that others are held against first; each perhaps with its busy"
        " share and cost of capital, such as USA,ARE:0.5,KEN:0.3:0.15",
    )
    parser.add_argument(
        "--users",
        metavar="COUNTRY",
        help="where the users are (default: site.users_region, else the last host)",
    )
    set_keys(parser)
    output(parser, FORMATS)


def lifecycle(parser: argparse.ArgumentParser) -> None:
    """Of `lifecycle`."""
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    parser.add_argument(
        "--in", choices=MEASURES, default=MEASURES[0], metavar="MEASURE", help="usd or flop (default: usd)"
    )
    parser.add_argument(
        "--months",
        type=count,
        metavar="N",
        help="months to show (default: training.lifetime_days)",
    )
    set_keys(parser)
    output(parser, FORMATS)


_LEAST, _MOST = 1e-12, 1e18


def _above_zero(text: str) -> float:
    """A plain number above zero, of a size that something in this world may have."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not _LEAST <= value <= _MOST:
        message = f"must be a number above 0, from {_LEAST:g} to {_MOST:g}, not {text[:40]!r}"
        raise argparse.ArgumentTypeError(message)
    return value


def attribute(parser: argparse.ArgumentParser) -> None:
    """Of `attribute`."""
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    parser.add_argument(
        "--of",
        action="append",
        default=[],
        metavar="QUANTITY",
        help="divide this quantity (default: cost, TPOT, TTFT, energy and quality); may be repeated",
    )
    set_keys(parser)
    output(parser, FORMATS)


def scaling(parser: argparse.ArgumentParser) -> None:
    """Of `scaling`."""
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    parser.add_argument(
        "--view",
        choices=VIEWS,
        default=VIEWS[0],
        metavar="VIEW",
        help="lines: the inference, price and fleet that match each line on training compute (default); "
        "loopholes: four ways around one, counted and in capability; rounds: amplifying and distilling; "
        "deployment: copies, wages, theft, lifetime compute, users; attempts: scores by samples; "
        "distillation: R1 and its students; routing: a small model before this one",
    )
    parser.add_argument(
        "--on", type=day, metavar="DATE", help="the day of the rules (default: the scenario's as_of)"
    )
    set_keys(parser)
    output(parser, FORMATS)


def uncertainty(parser: argparse.ArgumentParser) -> None:
    """Of `uncertainty`."""
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    parser.add_argument("--samples", default="1024", metavar="N", help="how many draws (default: 1024)")
    parser.add_argument("--seed", default="0", metavar="SEED", help="of the draws (default: 0)")
    parser.add_argument(
        "--sampler",
        choices=SAMPLERS,
        default="lhs",
        metavar="SAMPLER",
        help="lhs, a Latin hypercube (default), or sobol, which needs the extra `uncertainty`",
    )
    parser.add_argument(
        "--of",
        "--quantity",
        action="append",
        default=[],
        metavar="QUANTITY",
        help="only this quantity; may be given again",
    )
    parser.add_argument(
        "--replan",
        action="store_true",
        help="plan batch, layout and replicas that are auto at each draw, not once at the middle",
    )
    catalog_ranges(parser)
    set_keys(parser)
    output(parser, FORMATS)


def sensitivity(parser: argparse.ArgumentParser) -> None:
    """Of `sensitivity`."""
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    parser.add_argument(
        "--of",
        action="append",
        required=True,
        metavar="QUANTITY",
        help="what is to be explained; may be given again",
    )
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="tornado",
        metavar="METHOD",
        help="tornado: one input at a time from low to high (default); elasticity: per cent for one per "
        "cent; sobol: shares of the variance; all",
    )
    parser.add_argument(
        "--span", type=float, default=0.2, metavar="SHARE", help="how far inputs without a range move: 0.2"
    )
    catalog_ranges(parser)
    parser.add_argument("--hold", action="store_true", help="plan batch, layout and replicas only once")
    parser.add_argument(
        "--samples", type=int, default=1024, metavar="N", help="of sobol, a power of two: 1024"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of sobol: 0")
    set_keys(parser)
    output(parser, FORMATS)


def sweep(parser: argparse.ArgumentParser) -> None:
    """Of `sweep`."""
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    parser.add_argument(
        "--over",
        action="append",
        default=[],
        metavar="KEY=VALUES",
        help="values a,b,c; a range lo:hi:n or lo:hi:n:log; for accelerator, model and region also a search, "
        "e.g. hardware.accelerator=vendor:AMD or model.id='*'; may be repeated: axes are crossed",
    )
    parser.add_argument("--zip", action="store_true", help="walk the axes together instead of crossing them")
    parser.add_argument(
        "--select",
        action="append",
        default=[],
        metavar="NAMES",
        help="quantities, separated by commas, or all (default: the headline ones)",
    )
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="COND",
        help="keep rows that meet it, e.g. 'tpot_s<=0.05'; may be repeated: all must hold",
    )
    parser.add_argument("--top", type=count, metavar="N", help="keep the N best rows; needs --by")
    parser.add_argument("--by", default="", metavar="QUANTITY", help="what the best rows are best by")
    parser.add_argument(
        "--format",
        choices=("table", "csv", "jsonl", "parquet", "json", "md"),
        metavar="FORMAT",
        help="table, csv, jsonl, parquet, json or md (default: by the ending of --out, else table)",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="write to FILE; it has its name when all rows are there"
    )
    parser.add_argument("--resume", action="store_true", help="go on with an interrupted --out FILE")
    parser.add_argument(
        "--engine", choices=("local", "dask"), default="local", metavar="ENGINE", help="local: this machine"
    )
    set_keys(parser)


def load(parser: argparse.ArgumentParser) -> None:
    """Of `load`."""
    parser.add_argument("preset", metavar="PRESET", help="preset name or scenario file")
    parser.add_argument(
        "--trace",
        default="",
        metavar="FILE",
        help="requests to replay: CSV with arrival_s,input_tokens,output_tokens or the columns of the Azure "
        "LLM inference or BurstGPT traces, or JSON lines of Mooncake",
    )
    parser.add_argument("--speed", default="", metavar="X", help="let them arrive X times as fast")
    parser.add_argument("--limit", default="", metavar="N", help="only the first N requests")
    parser.add_argument(
        "--synthetic",
        action="store_true",
        help="draw requests with the scenario's demand, lengths and variations",
    )
    parser.add_argument("--requests", default="", metavar="N", help="how many are drawn (default: 20,000)")
    parser.add_argument("--seed", default="", metavar="SEED", help="of what is drawn (default: 0)")
    parser.add_argument(
        "--concurrency",
        default="",
        metavar="N",
        help="N users in a closed loop, each asking again when answered, in place of the arrivals",
    )
    set_keys(parser)
    output(parser, FORMATS)
