"""Rows of sweeps as files: what they hold, and what is left of a run that did not end."""

import csv
import json
import math
import sys
import tomllib

import duckdb
import numpy as np
import pytest
from pyarrow import parquet

from inferscope.core.errors import InferscopeError
from inferscope.core.evaluate import evaluate
from inferscope.core.export import partial
from inferscope.core.export import rows as module
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
    file._stream.close()
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


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_full_disk_is_one_line_and_leaves_nothing_under_the_name(tmp_path, made_by, form):
    path = tmp_path / f"a.{form}"
    (tmp_path / f"a.{form}.part").symlink_to("/dev/full")

    def run():
        file = opened(path, made_by, form)
        try:
            for block in made_by:
                file.write(block.cells, {})
            file.finish()
        except InferscopeError:
            file.leave()
            raise

    with pytest.raises(InferscopeError, match="No space left on device"):
        run()
    assert not path.exists()


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
    with pytest.raises(InferscopeError, match=r"install inferscope\[parquet\]"):
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
