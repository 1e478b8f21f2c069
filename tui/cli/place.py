"""`inferscope place`: the users of one country served from several."""

from __future__ import annotations

import argparse

import numpy as np

from inferscope.core.study.place import parse_host, places
from inferscope.tui.cli.eval_ import loaded_with
from inferscope.tui.cli.options import listed
from inferscope.tui.cli.studied import at_their_place, put


def run(options: argparse.Namespace) -> int:
    """Print one row a place; 1 where no place has a cost."""
    loaded = loaded_with(options.preset, options.assignments)
    with at_their_place(loaded):
        hosts = [parse_host(text) for text in listed("--hosts", options.hosts)]
        users = options.users or loaded.scenario.site.users_region or hosts[-1].region
        found = places(loaded.scenario, users, hosts)
    put(found.table(), options)
    return int(bool(np.isnan(found.result["usd_per_query"]).all()))
