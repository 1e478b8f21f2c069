"""The public measurements: where they are, that they are the right ones, and one row as a record."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "aiconfigurator-core==0.12.0"
MEMBER = "aiconfigurator_core/systems/silicon_sample.csv"
SHA256 = "4240bfaf555b6f8b2c62512074e5efbb7791cdbb0344b068408f397588499adb"
"""Of the table inside the wheel: wheels differ by platform, the table does not."""

FAMILIES = {
    "deepseek": "deepseek-r1",
    "gpt-oss-120b": "gpt-oss-120b",
    "llama-3.1-70b": "llama-3.1-70b",
    "llama-3.1-8b": "llama-3.1-8b",
    "qwen3-32b": "qwen3-32b",
    "qwen3-235b": "qwen3-235b-a22b",
    "qwen3.5-397b": "qwen3.5-397b-a17b",
    "minimax-m2.5": "minimax-m2",
    "kimi-k2.5": "kimi-k2.5",
    "glm-5": "glm-5",
}
"""Part of a model's path, and the id of its architecture in the catalogue."""
ACCELERATORS = {
    "h100_sxm": "h100-sxm",
    "h200_sxm": "h200-sxm",
    "b200_sxm": "b200-sxm",
    "b300_sxm": "b300-sxm",
    "gb200": "gb200-nvl72",
    "gb300": "gb300-nvl72",
}
ENGINES = {"trtllm": "tensorrt-llm", "vllm": "vllm", "sglang": "sglang"}


@dataclass(frozen=True, slots=True)
class Run:
    """One end-to-end measurement: a model served at a fixed number of requests in flight.

    Attributes:
        model: Id of the architecture in the catalogue.
        accelerator: Id in the catalogue.
        engine: ``vllm``, ``sglang`` or ``tensorrt-llm``.
        version: Version of the engine, blank where the row says none.
        image: Container, blank where the row says none.
        day: Day of the measurement as ``YYYY-MM-DD``, blank where the row says none.
        precision: ``bf16``, ``fp8``, ``fp4`` or ``int4``.
        input_tokens, output_tokens: Nominal lengths.
        concurrency: Requests in flight in the replica.
        tensor, data: Attention over how many accelerators, and how many such ranks.
        expert_ranks: Accelerators over which experts lie.
        ttft_s, tpot_s: Measured means.
        is_paced: Whether the public benchmark's load generator ran it, with lengths that vary.
        origin: The row's name.
    """

    model: str
    accelerator: str
    engine: str
    version: str
    image: str
    day: str
    precision: str
    input_tokens: float
    output_tokens: float
    concurrency: float
    tensor: int
    data: int
    expert_ranks: int
    ttft_s: float
    tpot_s: float
    is_paced: bool
    origin: str

    @property
    def count(self) -> int:
        """Accelerators of the replica."""
        return self.tensor * self.data

    @property
    def is_blackwell(self) -> bool:
        """Whether the accelerator is of that generation."""
        return self.accelerator.startswith(("b", "gb"))


def table_text(wheel: Path) -> str:
    """The table inside a wheel.

    Raises:
        ValueError: The wheel holds another table than the constants were fitted to.
    """
    with zipfile.ZipFile(wheel) as package:
        raw = package.read(MEMBER)
    found = hashlib.sha256(raw).hexdigest()
    if found != SHA256:
        message = f"{MEMBER} of {wheel} is {found}, not {SHA256}: another version of {PACKAGE}?"
        raise ValueError(message)
    return raw.decode("utf-8")


def download(folder: Path) -> Path:
    """Fetch the wheel from the package index that pip knows: 82 MB.

    Raises:
        subprocess.CalledProcessError: pip could not.
    """
    command = [sys.executable, "-m", "pip", "download", PACKAGE, "--no-deps", "--dest", str(folder)]
    subprocess.run(command, check=True, stdout=sys.stderr)  # noqa: S603  (pip, with fixed arguments)
    return next(folder.glob("aiconfigurator_core-*.whl"))


def rows(text: str) -> list[dict[str, str]]:
    """The table's rows as they stand."""
    return list(csv.DictReader(io.StringIO(text)))


def family(path: str) -> str:
    """The architecture behind a model's path.

    >>> family("deepseek-ai/DeepSeek-V3"), family("nvidia/Llama-3.1-8B-Instruct-FP8")
    ('deepseek-r1', 'llama-3.1-8b')
    """
    return next(model for part, model in FAMILIES.items() if part in path.lower())


def origin_fields(text: str) -> dict[str, str]:
    """The ``key=value`` parts of a row's origin; a bare last part is the container image.

    >>> origin_fields("dump; silicon_concurrency=4; vllm/vllm-openai:v0.17.0")["image"]
    'vllm/vllm-openai:v0.17.0'
    """
    parts = [part.strip() for part in text.split(";")]
    fields = dict(part.split("=", 1) for part in parts if "=" in part)
    if "image" not in fields and "=" not in parts[-1]:
        fields["image"] = parts[-1]
    return fields


def as_run(row: Mapping[str, str], layout: tuple[int, int, int]) -> Run:
    """A row as a record, laid out over (tensor, data, expert ranks)."""
    origin = origin_fields(row["silicon_data_source"])
    day = re.match(r"\d{4}-\d\d-\d\d", origin.get("measured", ""))
    each = float(row["batch_size"]) * layout[1]
    return Run(
        model=family(row["model_path"]),
        accelerator=ACCELERATORS[row["system"]],
        engine=ENGINES[row["backend"]],
        version=row["backend_version"],
        image=origin.get("image", ""),
        day=day.group() if day else "",
        precision=row["precision"] or "bf16",
        input_tokens=float(row["isl"]),
        output_tokens=float(row["osl"]),
        concurrency=float(origin.get("silicon_concurrency", each)),
        tensor=layout[0],
        data=layout[1],
        expert_ranks=layout[2],
        ttft_s=float(row["silicon_ttft_ms"]) / 1e3,
        tpot_s=float(row["silicon_tpot_ms"]) / 1e3,
        is_paced="aic-auto-gap-analysis/data" not in row["silicon_data_source"],
        origin=row["id"],
    )
