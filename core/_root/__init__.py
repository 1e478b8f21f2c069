"""The economics of running large language models: `inferscope` as a library.

    from inferscope import evaluate, load_scenario, report, sweep

The names are loaded when they are first asked for, so that importing this package stays cheap, and so
that an interrupt meets nothing of it before the command is there to say so.
"""

TYPE_CHECKING = False  # type checkers know the name; `typing` itself is slow to load

if TYPE_CHECKING:
    from inferscope.core import __version__
    from inferscope.core.evaluate import evaluate
    from inferscope.core.report import report
    from inferscope.core.scenario.files import load_scenario, with_values
    from inferscope.core.scenario.schema import Scenario
    from inferscope.core.study.attribution import attribute
    from inferscope.core.study.compare import compare
    from inferscope.core.study.frontier import frontier
    from inferscope.core.study.scaling import scaling
    from inferscope.core.study.sensitivity import sensitivity
    from inferscope.core.study.solve import solve
    from inferscope.core.study.sweep import Sweep
    from inferscope.core.study.swept import sweep
    from inferscope.core.study.uncertainty import uncertainty

__all__ = [
    "Scenario",
    "Sweep",
    "__version__",
    "attribute",
    "compare",
    "evaluate",
    "frontier",
    "load_scenario",
    "report",
    "scaling",
    "sensitivity",
    "solve",
    "sweep",
    "uncertainty",
    "with_values",
]

_HOME = {
    "Scenario": ("inferscope.core.scenario.schema", "Scenario"),
    "Sweep": ("inferscope.core.study.sweep", "Sweep"),
    "__version__": ("inferscope.core", "__version__"),
    "attribute": ("inferscope.core.study.attribution", "attribute"),
    "compare": ("inferscope.core.study.compare", "compare"),
    "evaluate": ("inferscope.core.evaluate", "evaluate"),
    "frontier": ("inferscope.core.study.frontier", "frontier"),
    "load_scenario": ("inferscope.core.scenario.files", "load_scenario"),
    "report": ("inferscope.core.report", "report"),
    "scaling": ("inferscope.core.study.scaling", "scaling"),
    "sensitivity": ("inferscope.core.study.sensitivity", "sensitivity"),
    "solve": ("inferscope.core.study.solve", "solve"),
    "sweep": ("inferscope.core.study.swept", "sweep"),
    "uncertainty": ("inferscope.core.study.uncertainty", "uncertainty"),
    "with_values": ("inferscope.core.scenario.files", "with_values"),
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
