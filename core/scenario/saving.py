"""Saving scenarios: only what differs, in one step, with what they were made with."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from inferscope.core import DATA_DATE, __version__
from inferscope.core.errors import InferscopeError, ScenarioError
from inferscope.core.scenario.check import validate
from inferscope.core.scenario.lines import has_comment
from inferscope.core.scenario.names import expanded, save_path
from inferscope.core.scenario.schema import Scenario
from inferscope.core.scenario.tables import canonical, difference, read_bytes

ABOUT = ("name", "question", "description", "published", "provenance")
"""What a file says about itself: not inherited, not hashed."""


def scenario_hash(scenario: Scenario) -> str:
    """sha256 of the resolved scenario: everything that can change a number, defaults included."""
    values = scenario.model_dump(mode="json", exclude=set(ABOUT))
    if scenario.policy.rules:
        values["policy"]["rules"] = [_content(name) for name in rule_names(scenario)]
    values["model"].pop("config")
    if scenario.model.config is not None:
        values["model"]["config"] = _config_content(scenario.model.config)
    return hashlib.sha256(json.dumps(canonical(values), sort_keys=True).encode()).hexdigest()


def rule_names(scenario: Scenario) -> tuple[str, ...]:
    """The files of rules that a scenario names."""
    given = scenario.policy.rules
    return (given,) if isinstance(given, str) else given


def _content(name: str) -> str:
    """What a file of rules says: where it lies differs from one machine to the next."""
    try:
        return hashlib.sha256(read_bytes(expanded(name))).hexdigest()
    except ScenarioError:  # whoever reads the rules says so
        return name


def _config_content(name: str) -> str:
    """What a model's configuration says, wherever it lies."""
    from inferscope.core.catalog.configs.imported import sha256_of  # noqa: PLC0415  (few scenarios have one)

    try:
        return sha256_of(expanded(name))
    except InferscopeError:  # whoever reads the model says so
        return name


def save(
    scenario: Scenario,
    target: str | Path,
    *,
    extends: str | None = None,
    parent: Mapping[str, Any] | None = None,
    check: Callable[[], None] | None = None,
) -> Path:
    """Write a scenario: only differences, keys sorted, in one step.

    Args:
        scenario: What to save.
        target: A preset name (saved in the user's folder) or a path ending in ``.toml``.
        extends: The preset it builds on, if any.
        parent: The resolved tables of that preset.
        check: Called right before the old file is replaced; what it raises leaves that file, and what is
            kept beside it, as they are.

    Returns:
        The file. Where the old one held comments, it is kept beside it as ``NAME.toml~``.

    Raises:
        ScenarioError: The name is not allowed, or the disk says no; the old file is then unchanged.
    """
    path = save_path(target)
    text = to_toml(scenario, extends=extends, parent=parent, folder=path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, text, lambda: _keep_comments(path, check or (lambda: None)))
    except OSError as error:
        message = f"cannot be saved: {error.strerror or error}; nothing was changed"
        raise ScenarioError(message, file=path) from None
    return path


def _keep_comments(path: Path, check: Callable[[], None]) -> None:
    """Put a file that holds comments beside itself, if it may be replaced, and ask that again."""
    check()
    old = path.read_bytes() if path.is_file() else b""
    if has_comment(old):
        write_atomic(path.with_name(path.name + "~"), old)
        check()


def to_toml(
    scenario: Scenario,
    *,
    extends: str | None = None,
    parent: Mapping[str, Any] | None = None,
    folder: Path | None = None,
) -> str:
    """The text of a scenario file: what differs from the parent, or from the defaults.

    Files of rules and the model's configuration in ``folder``, where the text is to lie, are named as they
    are from there.
    """
    import tomli_w  # noqa: PLC0415  (only when saving)

    values = scenario.to_dict()
    values.pop("provenance", None)
    head: dict[str, Any] = {"schema_version": scenario.schema_version}
    made: dict[str, Any] = {"inferscope": __version__, "data": DATA_DATE}
    if extends is not None and parent is not None:
        base = validate({k: v for k, v in parent.items() if k not in ABOUT})
        own, gone = difference(base.to_dict(), values)
        head["extends"] = extends
        made["parent_hash"] = scenario_hash(base)
        if gone:
            head["unset"] = sorted(gone)
        values = own
    if folder is not None and "rules" in values.get("policy", {}):
        rules = [_seen_from(folder, expanded(name)) for name in rule_names(scenario)]
        values["policy"] = {**values["policy"], "rules": rules if len(rules) > 1 else rules[0]}
    if folder is not None and "config" in values.get("model", {}):
        own_file = _seen_from(folder, expanded(values["model"]["config"]))
        values["model"] = {**values["model"], "config": own_file}
    values.pop("schema_version", None)
    scalars = {k: v for k, v in sorted(values.items()) if not isinstance(v, Mapping)}
    tables = {k: _sorted(v) for k, v in sorted(values.items()) if isinstance(v, Mapping)}
    return tomli_w.dumps({**head, **scalars, **tables, "provenance": made})


def _seen_from(folder: Path, path: Path) -> str:
    """A path from a folder that it lies in, so that both can be moved; else in full."""
    full, base = path.resolve(), folder.resolve()
    return (full.relative_to(base) if full.is_relative_to(base) else full).as_posix()


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(item) for key, item in sorted(value.items())}
    return [_sorted(item) for item in value] if isinstance(value, list | tuple) else value


def write_atomic(path: Path, content: str | bytes, check: Callable[[], None] | None = None) -> None:
    """Replace a file in one step: a full disk or a kill leaves the old one whole.

    A link is followed; what is not a regular file (a pipe, a device) is written to as it is.
    ``check`` has the last word, when the new content is on the disk.

    Raises:
        OSError: The file is read-only, or the disk says no; nothing was changed.
    """
    import tempfile  # noqa: PLC0415  (only when writing)

    data = content.encode("utf-8") if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            stream.write(data)
        return
    path = Path(os.path.realpath(path))
    if path.is_symlink():  # it leads in a circle
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if path.exists() and not os.access(path, os.W_OK):  # its folder alone decides about replacing it
        raise PermissionError(errno.EACCES, "it is read-only", str(path))
    handle, name = tempfile.mkstemp(prefix=".inferscope-", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        os.chmod(name, mode)  # noqa: PTH101
        if check is not None:
            check()
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
