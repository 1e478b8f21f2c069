"""Time the kernels of a decoder on one CUDA device; print a CSV of what was measured.

    python tests/benchmarks/kernels.py [--out FILE.csv] [--seconds 2]

Needs PyTorch with CUDA, which nothing else in the project does: neither the build nor the tests run
it. `tests/anchors/kernels_h100.csv` keeps one run, and `tests/anchors/test_kernels.py` holds the model
against it. Weights are random, each pass reads weights that the cache on the chip cannot hold, and
launches are taken out by replaying CUDA graphs. No setting of the device is touched.

Columns: kernel, format, batch (rows or sequences), tokens (context or prompt), n, k (width out and in),
seconds (median of the replays), flop, bytes (what has to be read and written once), power_w (mean while
it ran), clock_mhz (mean of the multiprocessors' clock).
"""

# ruff: noqa: T201  (printing is what this script is for)

from __future__ import annotations

import argparse
import csv
import statistics
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from pathlib import Path

import torch
from torch.nn import functional

FIELDS = (
    "device", "kernel", "format", "batch", "tokens", "n", "k",
    "seconds", "flop", "bytes", "power_w", "clock_mhz",
)  # fmt: skip
CACHE_BYTES = 400e6
"""Several times what the second-level cache holds."""

HIDDEN, FFN, HEADS, KV_HEADS, HEAD, LAYERS, WORDS = 4096, 14336, 32, 8, 128, 32, 128256
"""Llama 3.1 8B."""


class Meter(threading.Thread):
    """Reads power and clock while a kernel runs."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.rows: list[tuple[float, float]] = []
        self.over = threading.Event()

    def run(self) -> None:
        question = ["nvidia-smi", "--query-gpu=power.draw.instant,clocks.sm", "--format=csv,noheader,nounits"]
        while not self.over.is_set():
            answer = subprocess.run(question, capture_output=True, text=True, check=False).stdout
            try:
                power, clock = (float(word) for word in answer.split(","))
            except ValueError:
                return
            self.rows.append((power, clock))
            self.over.wait(0.05)

    def means(self) -> tuple[float, float]:
        """Power in W and clock in MHz, without the first quarter."""
        self.over.set()
        self.join()
        kept = self.rows[len(self.rows) // 4 :]
        if not kept:
            return float("nan"), float("nan")
        return statistics.fmean(row[0] for row in kept), statistics.fmean(row[1] for row in kept)


def captured(step) -> torch.cuda.CUDAGraph:
    """A graph of one call of `step`, after it has warmed up."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(2):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph


def timed(step, passes: int, seconds: float) -> tuple[float, float, float]:
    """Median seconds of one of the `passes` inside a step, mean power and clock, over about `seconds`."""
    graph = captured(step)
    graph.replay()
    torch.cuda.synchronize()
    meter = Meter()
    meter.start()
    times: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(times) < 3:
        first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        first.record()
        graph.replay()
        last.record()
        last.synchronize()
        times.append(first.elapsed_time(last) / 1000)
    power, clock = meter.means()
    return statistics.median(times) / passes, power, clock


def made(shape, form) -> torch.Tensor:
    """Random numbers in a format."""
    return torch.randn(shape, device="cuda", dtype=torch.bfloat16).to(form)


def stream(size: int, seconds: float) -> dict:
    """Copy `size` bytes from one place in memory to another."""
    pairs = max(1, int(CACHE_BYTES / size))
    room = {"dtype": torch.uint8, "device": "cuda"}
    held = [(torch.empty(size, **room), torch.zeros(size, **room)) for _ in range(pairs)]

    def step() -> None:
        for to, source in held:
            to.copy_(source)

    spent, power, clock = timed(step, pairs, seconds)
    return {"kernel": "copy", "format": "bytes", "n": size, "seconds": spent, "flop": 0, "bytes": 2 * size,
            "power_w": power, "clock_mhz": clock}  # fmt: skip


def gemm(rows: int, wide: int, deep: int, form: str, seconds: float) -> dict:
    """One dense product, activations (rows, deep) by weights (wide, deep)."""
    kind, each = (torch.bfloat16, 2) if form == "bf16" else (torch.float8_e4m3fn, 1)
    copies = max(1, min(64, int(CACHE_BYTES / (wide * deep * each))))
    weights = [made((wide, deep), kind) for _ in range(copies)]
    given = made((rows, deep), kind)
    one = torch.ones((), device="cuda")

    def step() -> None:
        for weight in weights:
            if form == "bf16":
                torch.mm(given, weight.t())
            else:
                torch._scaled_mm(given, weight.t(), one, one, out_dtype=torch.bfloat16, use_fast_accum=True)

    spent, power, clock = timed(step, copies, seconds)
    return {"kernel": "gemm", "format": form, "batch": rows, "n": wide, "k": deep, "seconds": spent,
            "flop": 2 * rows * wide * deep, "bytes": each * (wide * deep + rows * deep) + 2 * rows * wide,
            "power_w": power, "clock_mhz": clock}  # fmt: skip


def attention(batch: int, asked: int, held: int, seconds: float) -> dict:
    """Causal attention of `asked` new tokens a sequence over `held` tokens (new ones included)."""
    copies = max(1, min(16, int(CACHE_BYTES / (4 * batch * held * KV_HEADS * HEAD)))) if asked == 1 else 1
    query = made((batch, HEADS, asked, HEAD), torch.bfloat16)
    stores = [tuple(made((batch, KV_HEADS, held, HEAD), torch.bfloat16) for _ in "kv") for _ in range(copies)]

    def step() -> None:
        for keys, values in stores:
            functional.scaled_dot_product_attention(query, keys, values, is_causal=asked > 1, enable_gqa=True)

    spent, power, clock = timed(step, copies, seconds)
    pairs = asked * held if asked == 1 else asked * (asked + 1) // 2
    return {"kernel": "attention", "format": "bf16", "batch": batch, "tokens": held, "n": asked, "k": HEAD,
            "seconds": spent, "flop": 4 * batch * HEADS * HEAD * pairs,
            "bytes": 4 * batch * held * KV_HEADS * HEAD + 4 * batch * asked * HEADS * HEAD,
            "power_w": power, "clock_mhz": clock}  # fmt: skip


class Decoder:
    """Llama 3.1 8B with random bfloat16 weights and a cache for so many sequences and tokens."""

    def __init__(self, batch: int, tokens: int) -> None:
        wide = (HEADS + 2 * KV_HEADS) * HEAD
        self.layers = [
            tuple(made(shape, torch.bfloat16) * 0.02 for shape in (
                (wide, HIDDEN), (HIDDEN, HEADS * HEAD), (2 * FFN, HIDDEN), (HIDDEN, FFN)))
            for _ in range(LAYERS)
        ]  # fmt: skip
        self.head = made((WORDS, HIDDEN), torch.bfloat16) * 0.02
        self.norm = torch.ones(HIDDEN, device="cuda", dtype=torch.bfloat16)
        self.keys, self.values = (
            [made((batch, KV_HEADS, tokens, HEAD), torch.bfloat16) for _ in range(LAYERS)] for _ in "kv"
        )
        turn = torch.outer(
            torch.arange(tokens, device="cuda"), 5e5 ** (-torch.arange(0, HEAD, 2, device="cuda") / HEAD)
        )
        self.cos, self.sin = (
            torch.cat((half, half), -1).to(torch.bfloat16) for half in (turn.cos(), turn.sin())
        )

    def forward(self, x: torch.Tensor, first: int, parts: Parts) -> torch.Tensor:
        """The next tokens of (batch, new, hidden), with `first` tokens held already."""
        batch, new, _ = x.shape
        places = slice(first, first + new)
        cos, sin = self.cos[places], self.sin[places]
        mixed = torch.zeros_like(x)
        for (into, out, up, down), keys, values in zip(self.layers, self.keys, self.values, strict=True):
            x, seen = parts.add_norm(x, mixed, self.norm)
            query, key, value = (
                (seen @ into.t())
                .view(batch, new, -1, HEAD)
                .transpose(1, 2)
                .split((HEADS, KV_HEADS, KV_HEADS), 1)
            )
            keys[:batch, :, places] = parts.turn(key, cos, sin)
            values[:batch, :, places] = value
            held = (part[:batch, :, : first + new] for part in (keys, values))
            mixed = functional.scaled_dot_product_attention(
                parts.turn(query, cos, sin), *held, is_causal=new > 1, enable_gqa=True
            )
            x, seen = parts.add_norm(x, mixed.transpose(1, 2).reshape(batch, new, -1) @ out.t(), self.norm)
            mixed = parts.gate(seen @ up.t()) @ down.t()
        _, seen = parts.add_norm(x[:, -1], mixed[:, -1], self.norm)
        return (seen @ self.head.t()).argmax(-1)


class Parts:
    """The elementwise work between the products, in one kernel each where it is compiled."""

    def __init__(self, *, fused: bool) -> None:
        wrap = (lambda call: torch.compile(call, dynamic=True)) if fused else lambda call: call
        self.add_norm, self.gate, self.turn = wrap(add_norm), wrap(gate), wrap(turn)


def add_norm(x: torch.Tensor, more: torch.Tensor, scale: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The sum, and its root-mean-square norm."""
    x = x + more
    wide = x.float()
    return x, (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + 1e-5)).to(x.dtype) * scale


def gate(both: torch.Tensor) -> torch.Tensor:
    """The gated half of a feed-forward layer."""
    open_, wide = both.chunk(2, -1)
    return functional.silu(open_) * wide


def turn(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary positions for (batch, heads, tokens, head)."""
    low, high = x.chunk(2, -1)
    return x * cos + torch.cat((-high, low), -1) * sin


FUSED, UNFUSED = Parts(fused=True), Parts(fused=False)


def whole(decoder: Decoder, batch: int, new: int, held: int, seconds: float, *, fused: bool) -> dict:
    """A whole pass of the model: decode for one new token, prefill for many."""
    x = made((batch, new, HIDDEN), torch.bfloat16)
    parts = FUSED if fused else UNFUSED
    spent, power, clock = timed(lambda: decoder.forward(x, held - new, parts), 1, seconds)
    name = ("decode" if new == 1 else "prefill") + ("" if fused else "_unfused")
    return {"kernel": name, "format": "bf16", "batch": batch, "tokens": held, "n": new, "seconds": spent,
            "power_w": power, "clock_mhz": clock}  # fmt: skip


def idle(seconds: float) -> dict:
    """Power of the device with memory in use and nothing running."""
    torch.cuda.synchronize()
    meter = Meter()
    meter.start()
    time.sleep(seconds)
    power, clock = meter.means()
    return {"kernel": "idle", "seconds": seconds, "power_w": power, "clock_mhz": clock}


def plan(seconds: float):
    """Every measurement, as a name and a call."""
    short = seconds / 4
    yield lambda: idle(2 * seconds)
    for size in (2**20, 2**24, 2**28, 2**32):
        yield lambda size=size: stream(size, seconds if size == 2**32 else short)
    shapes = (
        (6144, 4096),
        (28672, 4096),
        (4096, 14336),
        (57344, 8192),
        (8192, 28672),
        (1280, 8192),
        (7168, 8192),
    )
    for form in ("bf16", "fp8"):
        for wide, deep in shapes:
            for rows in (1, 16, 64, 256, 1024, 4096, 16384):
                yield lambda rows=rows, wide=wide, deep=deep, form=form: gemm(rows, wide, deep, form, short)
        yield lambda form=form: gemm(8192, 8192, 8192, form, seconds)
    for batch, held in (
        (1, 1024),
        (1, 32768),
        (1, 131072),
        (16, 1024),
        (16, 8192),
        (64, 1024),
        (64, 8192),
        (256, 2048),
    ):
        yield lambda batch=batch, held=held: attention(batch, 1, held, short)
    for batch, new in ((16, 512), (8, 1024), (2, 4096), (1, 8192), (1, 32768)):
        yield lambda batch=batch, new=new: attention(batch, new, new, short)


def passes(seconds: float):
    """Whole passes of the model."""
    for batch in (1, 8, 32, 64, 128, 256):
        decoder = Decoder(batch, 1024)
        for fused in (True, False) if batch in {1, 64} else (True,):
            yield lambda batch=batch, fused=fused, decoder=decoder: whole(
                decoder, batch, 1, 1024, seconds, fused
            )
        del decoder
        torch.cuda.empty_cache()
    decoder = Decoder(8, 8192)
    for batch, held in ((1, 8192), (8, 8192)):
        yield lambda batch=batch, held=held: whole(decoder, batch, 1, held, seconds, fused=True)
    for batch, new in ((1, 128), (1, 512), (1, 1024), (1, 4096), (1, 8192), (8, 1024)):
        yield lambda batch=batch, new=new: whole(decoder, batch, new, new, seconds, fused=True)


def written(path: str | None):
    """The file to write, or standard output."""
    return Path(path).open("w", newline="", encoding="utf-8") if path else nullcontext(sys.stdout)


def main() -> None:
    """Measure everything and write the rows as they come."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", help="CSV to write (default: standard output)")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long one measurement runs")
    parser.add_argument(
        "--limit", type=float, default=420.0, help="stop starting measurements after so many seconds"
    )
    chosen = parser.parse_args()
    device = torch.cuda.get_device_name()
    end = time.monotonic() + chosen.limit
    with written(chosen.out) as file, torch.no_grad():
        table = csv.DictWriter(file, FIELDS, restval="", lineterminator="\n")
        table.writeheader()
        for part in (passes, plan):
            for measure in part(chosen.seconds):
                if time.monotonic() > end:
                    print("stopped at the limit", file=sys.stderr)
                    return
                try:
                    row = measure()
                except RuntimeError as error:
                    print(f"not measured: {str(error).splitlines()[0]}", file=sys.stderr)
                    continue
                finally:
                    del measure  # with it goes the memory that it held
                shown = {name: f"{x:.6g}" if isinstance(x, float) else x for name, x in row.items()}
                table.writerow({"device": device, **shown})
                file.flush()


if __name__ == "__main__":
    main()
