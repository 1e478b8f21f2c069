"""Rows of sweeps as files: what they hold, and what is left of a run that did not end."""

import csv
import json
import math
import os
import resource
import sys
import tomllib
from contextlib import contextmanager
from dataclasses import asdict

import duckdb
import numpy as np
import pytest
from pyarrow import parquet

from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import evaluate
from inferscope.core.export import partial
from inferscope.core.export import rows as module
from inferscope.core.export.counted import Counted, _check
from inferscope.core.export.partial import RowFile
from inferscope.core.export.rows import CsvRows, JsonRows
from inferscope.core.scenario.files import load_scenario, load_values, scenario_hash, with_values
from inferscope.core.study import grid
from inferscope.core.study.conditions import Words
from inferscope.core.study.sweep import Sweep
from inferscope.core.study.table import Column

OVER = {
    "workload.batch": [1, 16, 4096],
    "hardware.accelerator": ["h100-sxm", "mi300x", "a10"],
    "optimizations.chunked_prefill": [True, False],
}
COLUMNS = (Column("k"), Column("x", "s"), Column("fits", "bool"), Column("flag"))
CELLS = {
    "k": Words(np.array([0, 1, 2]), ('say "a, b"', None, 2.5)),
    "x": np.array([1 / 3, math.nan, math.inf]),
    "fits": np.array([1.0, 0.0, math.nan]),
    "flag": Words(np.array([0, 1, 1]), (True, False)),
}


@pytest.fixture
def made_by(monkeypatch):
    monkeypatch.setattr(grid, "BLOCK", 4)
    monkeypatch.setattr(grid, "CASES", 4)
    return Sweep(load_scenario("llama-3.1-70b-h100"), OVER, select=["tpot_s", "fits_memory", "bound"])


def opened(path, made_by, form, **options):
    return RowFile(path, form, made_by.columns, made_by.about(), made_by.fingerprint(), **options)


def written(path, made_by, form, stop=None, *, resume=False):
    """Write a sweep, or begin to and leave it after some blocks."""
    file = opened(path, made_by, form, resume=resume)
    for block in made_by.walk(file.blocks):
        if block.number == stop:
            assert file.leave()
            return
        file.write(block.cells, {})
    file.finish()


def killed_off(file):
    """What a kill does: the system closes what is open and gives locks back."""
    file._stream.close()
    os.close(file._lock._handle)
    file._lock._handle = -1


def test_csv_holds_twelve_digits_and_leaves_absent_cells_empty():
    rows = CsvRows(COLUMNS)
    assert rows.head() == "k,x,fits,flag\n"
    assert rows.text(CELLS).splitlines() == [
        '"say ""a, b""",0.333333333333,True,True',
        ",,False,False",
        "2.5,,,False",
    ]


def test_json_lines_are_objects_of_plain_values():
    lines = [json.loads(line) for line in JsonRows(COLUMNS).text(CELLS).splitlines()]
    assert lines == [
        {"k": 'say "a, b"', "x": 0.333333333333, "fits": True, "flag": True},
        {"k": None, "x": None, "fits": False, "flag": False},
        {"k": 2.5, "x": None, "fits": None, "flag": False},
    ]


@pytest.mark.parametrize("group", [1, 7, 10**6])
def test_parquet_is_opened_by_others_with_types_units_and_its_scenario(tmp_path, made_by, monkeypatch, group):
    monkeypatch.setattr(module, "GROUP", group)
    path = tmp_path / "a.parquet"
    written(path, made_by, "parquet")
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]
    whole = {name: np.concatenate([block[name] for block in made_by]) for name in made_by.units}
    table = duckdb.read_parquet(str(path))
    types = dict(zip(table.columns, map(str, table.types), strict=True))
    assert (types["tpot_s"], types["fits_memory"], types["bound"]) == ("DOUBLE", "BOOLEAN", "VARCHAR")
    assert types["optimizations.chunked_prefill"] == "BOOLEAN"
    values = table.fetchall()
    place = table.columns.index
    for row, line in enumerate(values):
        tpot = whole["tpot_s"][row]
        assert line[place("tpot_s")] == (None if np.isnan(tpot) else tpot)
        assert line[place("hardware.accelerator")] == whole["hardware.accelerator"][row]
        assert line[place("why")] == whole["why"][row]
    schema = parquet.read_schema(path)
    about = json.loads(schema.metadata[b"inferscope"])
    assert schema.field("tpot_s").metadata[b"unit"] == b"s"
    assert about["over"]["workload.batch"] == "1,16,4096"
    assert about["scenario_hash"] == scenario_hash(made_by.scenario)
    reloaded = tomllib.loads(about["scenario"])
    reloaded.pop("provenance")
    assert load_values(reloaded).model.id == "llama-3.1-70b"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_text_has_units_and_origin_in_a_file_beside_it(tmp_path, made_by, form):
    path = tmp_path / f"a.{form}"
    written(path, made_by, form)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"a.{form}", f"a.{form}.meta.json"]
    about = json.loads((tmp_path / f"a.{form}.meta.json").read_text())
    assert {c["name"]: c["unit"] for c in about["columns"]}["tpot_s"] == "s"
    assert about["rows"] == 18


def test_csv_and_json_lines_say_the_same(tmp_path, made_by):
    for form in ("csv", "jsonl"):
        written(tmp_path / f"a.{form}", made_by, form)
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    with (tmp_path / "a.csv").open() as stream:
        for line, row in zip(lines, csv.DictReader(stream), strict=True):
            assert list(line) == list(row)
            for name, value in line.items():
                expected = "" if value is None else str(value)
                assert row[name] == expected or float(row[name]) == value


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("stops", [(1,), (3,), (1, 2, 4)])
def test_a_run_that_is_gone_on_with_ends_as_one_that_was_not_interrupted(tmp_path, made_by, form, stops):
    whole, pieces = tmp_path / f"whole.{form}", tmp_path / f"pieces.{form}"
    written(whole, made_by, form)
    for count, stop in enumerate(stops):
        written(pieces, made_by, form, stop, resume=count > 0)
        assert not pieces.exists()
    written(pieces, made_by, form, resume=True)
    if form == "parquet":
        assert parquet.read_table(whole).equals(parquet.read_table(pieces))
        assert parquet.read_schema(whole).metadata == parquet.read_schema(pieces).metadata
    else:
        assert whole.read_bytes() == pieces.read_bytes()
    assert not list(tmp_path.glob("*.part*"))


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_a_kill_left_half_written_is_cut_off(tmp_path, made_by, form):
    whole, killed = tmp_path / f"whole.{form}", tmp_path / f"killed.{form}"
    written(whole, made_by, form)
    file = opened(killed, made_by, form)
    for block in made_by.walk():
        if block.number < 3:
            file.write(block.cells, {})
    killed_off(file)
    with file.part.open("a") as stream:  # a line of the next block, then nothing
        stream.write("1,h100")
    written(killed, made_by, form, resume=True)
    assert whole.read_bytes() == killed.read_bytes()


def test_an_interrupted_run_is_not_written_over(tmp_path, made_by):
    path = tmp_path / "a.csv"
    written(path, made_by, "csv", 2)
    with pytest.raises(InferscopeError, match=r"--resume goes on with it; remove a\.csv\.part\.json"):
        opened(path, made_by, "csv")


def test_another_sweep_cannot_go_on(tmp_path, made_by):
    path = tmp_path / "a.csv"
    written(path, made_by, "csv", 2)
    other = Sweep(made_by.scenario, OVER, select=["tpot_s", "fits_memory", "batch"])
    with pytest.raises(InferscopeError, match="was begun by another sweep"):
        opened(path, other, "csv", resume=True)
    with pytest.raises(InferscopeError, match="was begun by another sweep"):
        opened(path, made_by, "jsonl", resume=True)


def test_there_must_be_something_whole_to_go_on_with(tmp_path, made_by):
    path = tmp_path / "a.csv"
    with pytest.raises(InferscopeError, match="nothing to go on with"):
        opened(path, made_by, "csv", resume=True)
    written(path, made_by, "csv", 2)
    (tmp_path / "a.csv.part").write_text("k\n")
    with pytest.raises(InferscopeError, match="is shorter than"):
        opened(path, made_by, "csv", resume=True)
    (tmp_path / "a.csv.part.json").write_text("{")
    with pytest.raises(InferscopeError, match="is damaged"):
        opened(path, made_by, "csv", resume=True)


@contextmanager
def room_for(count):
    """A disk on which no file grows beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("room", [0, 600, 900])
def test_a_full_disk_is_one_line_and_what_counts_can_be_gone_on_with(
    tmp_path, made_by, monkeypatch, form, room
):
    monkeypatch.setattr(module, "GROUP", 1)
    path, whole = tmp_path / f"a.{form}", tmp_path / f"whole.{form}"
    written(whole, made_by, form)

    def run():
        file = opened(path, made_by, form)
        try:
            for block in made_by:
                file.write(block.cells, {})
            file.finish()
        finally:
            kept.append(file.leave())

    kept = []
    with room_for(room), pytest.raises(InferscopeError, match="cannot be written: File too large"):
        run()
    assert not path.exists()
    if kept and kept[0]:
        written(path, made_by, form, resume=True)
        assert path.read_bytes() == whole.read_bytes()
    assert not list(tmp_path.glob("a.*.part*"))


def test_an_axis_of_nothing_but_false_is_one_of_flags_in_parquet(tmp_path, made_by):
    over = {"workload.batch": [1, 2], "optimizations.chunked_prefill": [False]}
    path = tmp_path / "a.parquet"
    written(path, Sweep(made_by.scenario, over, select=["tpot_s"]), "parquet")
    column = parquet.read_table(path)["optimizations.chunked_prefill"]
    assert str(column.type) == "bool"
    assert column.to_pylist() == [False, False]


@pytest.mark.parametrize(
    "change",
    [
        {"blocks": "3"}, {"blocks": -1}, {"blocks": True}, {"rows": 1.5}, {"bytes": 10**30},
        {"whys": []}, {"whys": {"a": "b"}}, {"parts": ["../x"]}, {"parts": [["../x", 1, 1]]},
        {"parts": [["ref.csv", 3, 5]]}, {"parts": 3}, {"open": "ref.csv"}, {"open": "../x"}, {"key": 3},
        {"sum": None}, {"more": 1},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("is_signed", [False, True])
def test_a_damaged_state_is_refused_and_removes_nothing(tmp_path, made_by, change, is_signed):
    folder = tmp_path / "here"
    folder.mkdir()
    for other in (tmp_path / "x", folder / "ref.csv"):
        other.write_text("abc")
    path = folder / "a.csv"
    written(path, made_by, "csv", 2)
    state = folder / "a.csv.part.json"
    found = json.loads(state.read_text()) | change
    found.pop("check")
    state.write_text(json.dumps({**found, "check": _check(found) if is_signed else 1}))
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(InferscopeError, match=r"is damaged|another sweep|is shorter than|is not what"):
        opened(path, made_by, "csv", resume=True)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


DAMAGED = {
    "empty": "",
    "cut off": "{",
    "a list": "[]",
    "null": "null",
    "a number": "3",
    "deep lists": "[" * 100_000,
    "deep objects": '{"a":' * 100_000,
    "no text": "\x00",
    "many digits": "1" * 9999,
    "by hand": json.dumps({**asdict(Counted("k", "csv", blocks=10**9)), "check": 1}),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_state_that_is_none_is_refused(tmp_path, made_by, text):
    path = tmp_path / "a.csv"
    written(path, made_by, "csv", 2)
    (tmp_path / "a.csv.part.json").write_text(text)
    with pytest.raises(InferscopeError, match=r"is damaged: remove it and a\.csv\.part"):
        opened(path, made_by, "csv", resume=True)
    assert (tmp_path / "a.csv.part").exists()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_part_that_is_not_what_was_written_is_refused(tmp_path, made_by, form):
    path = tmp_path / f"a.{form}"
    written(path, made_by, form, 2)
    part = tmp_path / f"a.{form}.part"
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    with pytest.raises(InferscopeError, match=r"is not what .* says"):
        opened(path, made_by, form, resume=True)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_one_at_a_time_writes_to_a_name(tmp_path, made_by, form):
    path = tmp_path / f"a.{form}"
    first = opened(path, made_by, form)
    link = tmp_path / f"link.{form}"
    link.symlink_to(path)
    for name in (path, link):
        for resume in (False, True):
            with pytest.raises(InferscopeError, match="another sweep is writing to it"):
                opened(name, made_by, form, resume=resume)
    for block in made_by:
        first.write(block.cells, {})
    first.finish()
    assert not list(tmp_path.glob("*.part*"))


def test_a_lock_that_a_kill_left_blocks_nobody(tmp_path, made_by):
    path = tmp_path / "a.csv"
    killed_off(opened(path, made_by, "csv"))
    assert (tmp_path / "a.csv.part.lock").exists()
    written(path, made_by, "csv", resume=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.csv", "a.csv.meta.json"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("ending", ["part", "part0"])
def test_a_part_of_somebody_else_is_neither_written_to_nor_removed(tmp_path, made_by, form, ending):
    path, mine = tmp_path / f"a.{form}", tmp_path / "mine"
    mine.write_text("mine")
    part = tmp_path / f"a.{form}.{ending}"
    for make in (lambda: part.write_text("foreign"), lambda: part.symlink_to(mine), part.mkdir):
        make()
        with pytest.raises(InferscopeError, match="is in the way, and no part of this sweep"):
            opened(path, made_by, form)
        assert os.path.lexists(part)
        part.rmdir() if part.is_dir() else part.unlink()
    assert mine.read_text() == "mine"
    (tmp_path / f"a.{form}.part.json").symlink_to(mine)
    for resume in (False, True):
        with pytest.raises(InferscopeError, match=r"is damaged|an interrupted sweep left"):
            opened(path, made_by, form, resume=resume)
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_link_is_followed_and_its_parts_lie_where_it_leads(tmp_path, made_by, form):
    (tmp_path / "there").mkdir()
    (tmp_path / "here").mkdir()
    link, real = tmp_path / "here" / f"a.{form}", tmp_path / "there" / f"b.{form}"
    link.symlink_to(real)
    written(link, made_by, form, 2)
    assert (tmp_path / "there" / f"b.{form}.part").exists()
    written(link, made_by, form, resume=True)
    assert link.is_symlink()
    assert real.is_file()
    assert [p.name for p in (tmp_path / "here").iterdir()] == [f"a.{form}"]
    circle = tmp_path / "c.csv"
    circle.symlink_to(circle)
    with pytest.raises(InferscopeError, match="cannot be written: Too many levels of symbolic links"):
        opened(circle, made_by, "csv")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_who_may_read_a_file_stays_as_it_was(tmp_path, made_by, monkeypatch, form):
    path = tmp_path / f"a.{form}"
    path.write_text("old")
    path.chmod(0o600)
    written(path, made_by, form, 2)
    assert (tmp_path / f"a.{form}.part").stat().st_mode & 0o777 == 0o600
    written(path, made_by, form, resume=True)
    assert path.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write to all
    with pytest.raises(InferscopeError, match="cannot be written: it is read-only; nothing was changed"):
        opened(path, made_by, form)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, made_by):
    with pytest.raises(InferscopeError, match="cannot be written: No such file or directory"):
        opened(tmp_path / "nosuch" / "a.csv", made_by, "csv")
    (tmp_path / "file").write_text("")
    with pytest.raises(InferscopeError, match="cannot be written: Not a directory"):
        opened(tmp_path / "file" / "a.csv", made_by, "csv")
    with pytest.raises(InferscopeError, match="is a folder"):
        opened(tmp_path, made_by, "csv")


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, made_by, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InferscopeError, match=r"pip install pyarrow"):
        opened(tmp_path / "a.parquet", made_by, "parquet")
    assert not list(tmp_path.iterdir())


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path, made_by):
    path = tmp_path / "a.csv"
    path.write_text("old")
    written(path, made_by, "csv", 2)
    assert path.read_text() == "old"
    written(path, made_by, "csv", resume=True)
    assert path.read_text().startswith("workload.batch,")


def test_a_disk_that_fills_up_at_the_very_end_loses_nothing(tmp_path, made_by, monkeypatch):
    whole, path = tmp_path / "whole.parquet", tmp_path / "a.parquet"
    written(whole, made_by, "parquet")
    written(path, made_by, "parquet", 2)

    def full(*_):
        raise OSError(28, "No space left on device")

    file = opened(path, made_by, "parquet", resume=True)
    for block in made_by.walk(file.blocks):
        file.write(block.cells, {})
    with monkeypatch.context() as patch:
        patch.setattr(partial, "merge_parquet", full)
        with pytest.raises(InferscopeError, match="No space left on device; --resume goes on"):
            file.finish()
    assert file.leave()
    assert not path.exists()
    written(path, made_by, "parquet", resume=True)
    assert parquet.read_table(whole).equals(parquet.read_table(path))
    assert not list(tmp_path.glob("*.part*"))


def test_a_hundred_thousand_points_reach_a_file_whole(tmp_path):
    over = {
        "model.id": "llama-3.1-8b,deepseek-v3,gpt-oss-120b,jamba-v0.1",
        "workload.batch": "1:50:50",
        "workload.input_tokens": "100:8000:25",
        "workload.output_tokens": "10:2000:20",
    }
    made_by = Sweep(load_scenario("llama-3.1-70b-h100"), over)
    path = tmp_path / "a.parquet"
    written(path, made_by, "parquet")
    table = duckdb.read_parquet(str(path))
    assert table.shape == (100_000, 13)
    assert made_by.points == 100_000
    keys = ", ".join(f'"{key}"' for key in over)
    assert table.project(keys).distinct().shape[0] == 100_000
    for place in (0, 12_345, 99_999):
        (line,) = table.limit(1, place).fetchall()
        row = dict(zip(table.columns, line, strict=True))
        setting = {key: row[key] for key in over}
        alone = evaluate(with_values(made_by.scenario, setting), ["tpot_s", "usd_per_query"])
        for name in ("tpot_s", "usd_per_query"):
            assert row[name] == pytest.approx(float(alone[name][0]), rel=1e-11)
