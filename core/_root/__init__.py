"""The economics of running large language models: `inferscope` as a library.

    from inferscope import evaluate, load_scenario, report, sweep

The names are loaded when they are first asked for, so that importing this package stays cheap.
"""

from typing import TYPE_CHECKING

from inferscope.core import __version__

if TYPE_CHECKING:
    from inferscope.core.evaluate import evaluate
    from inferscope.core.report import report
    from inferscope.core.scenario.files import load_scenario
    from inferscope.core.scenario.schema import Scenario
    from inferscope.core.study.attribution import attribute
    from inferscope.core.study.frontier import frontier
    from inferscope.core.study.solve import solve

__all__ = ["Scenario", "__version__", "attribute", "evaluate", "frontier", "load_scenario", "report", "solve"]

_HOME = {
    "Scenario": ("inferscope.core.scenario.schema", "Scenario"),
    "attribute": ("inferscope.core.study.attribution", "attribute"),
    from inferscope.core.study.sweep import Sweep
    from inferscope.core.study.swept import sweep

__all__ = ["Scenario", "Sweep", "__version__", "evaluate", "load_scenario", "report", "sweep"]

_HOME = {
    "Scenario": ("inferscope.core.scenario.schema", "Scenario"),
    "Sweep": ("inferscope.core.study.sweep", "Sweep"),
    "evaluate": ("inferscope.core.evaluate", "evaluate"),
    "frontier": ("inferscope.core.study.frontier", "frontier"),
    "load_scenario": ("inferscope.core.scenario.files", "load_scenario"),
    "report": ("inferscope.core.report", "report"),
    "solve": ("inferscope.core.study.solve", "solve"),
    "sweep": ("inferscope.core.study.swept", "sweep"),
}
"""Public name: the module it lives in, and its name there."""


def __getattr__(name: str) -> object:
    """Load a public name from its module on first use (PEP 562)."""
    if name not in _HOME:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    module, attribute = _HOME[name]
    value: object = getattr(import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Name what can be had, loaded or not."""
    return sorted({*globals(), *__all__})
