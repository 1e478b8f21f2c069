"""Every shipped file loads, says where its figures come from, and agrees with the index."""

import re
import tomllib
from collections import defaultdict

import pytest

from inferscope.core import catalog
from inferscope.core.catalog import loader, schema
from inferscope.core.catalog.names import entries, squash
from inferscope.core.catalog.sources import DATA, read_table
from inferscope.core.errors import CatalogError

RECORDS = {
    "accelerator": catalog.accelerator,
    "model": catalog.model,
    "region": catalog.region,
}
EVERY = [(kind, name) for kind in RECORDS for name in catalog.ids(kind)]


def test_catalogue_has_what_was_gathered():
    counts = {kind: len(catalog.ids(kind)) for kind in RECORDS}
    assert counts == {"accelerator": 109, "model": 152, "region": 53}
    assert len(catalog.prices()) == 415


@pytest.mark.parametrize("kind", RECORDS)
def test_every_known_value_has_source_date_and_kind(kind):
    for name in catalog.ids(kind):
        for key, value in RECORDS[kind](name).values.items():
            assert (value.value is None) == (not value.is_known), (name, key)
            if value.is_known:
                assert value.source, (name, key)
                assert value.kind in catalog.KINDS, (name, key)
                assert re.fullmatch(r"20\d\d(-\d\d){0,2}", value.date), (name, key)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("accelerator", catalog.ACCELERATOR_VALUES),
        ("model", catalog.MODEL_VALUES),
        ("region", catalog.REGION_VALUES),
    ],
)
def test_every_record_has_every_value_of_its_kind(kind, names):
    for name in catalog.ids(kind):
        assert tuple(RECORDS[kind](name).values) == tuple(names), name


@pytest.mark.parametrize("kind", RECORDS)
def test_a_name_belongs_to_one_record(kind):
    owners = defaultdict(set)
    for entry in entries(kind):
        for name in entry.names:
            owners[squash(name)].add(entry.id)
    assert {name: ids for name, ids in owners.items() if len(ids) > 1} == {}


@pytest.mark.parametrize(
    ("kind", "folder", "maker"),
    [("accelerator", "accelerators", "vendor"), ("model", "models", "developer")],
)
def test_index_agrees_with_the_files(kind, folder, maker):
    files = {path.stem for path in (DATA / folder).glob("*.toml")}
    assert files == set(catalog.ids(kind))
    for entry in entries(kind):
        text = RECORDS[kind](entry.id).text
        assert (entry.name, entry.maker) == (text["name"], text[maker]), entry.id
        assert entry.aliases == text["aliases"], entry.id


def test_every_name_in_the_catalogue_leads_to_its_record():
    for kind in RECORDS:
        for entry in entries(kind):
            for name in entry.names:
                assert catalog.resolve(kind, name) == entry.id


def used_source_keys():
    for path in DATA.rglob("*.toml"):
        if path.name != "sources.toml":
            for keys in re.findall(r"source = (\[[^\]]*\]|\"[^\"]*\")", path.read_text("utf-8")):
                yield from re.findall(r'"([^"]+)"', keys)
    for name in ("regions.csv", "prices.csv"):
        for row in read_table(name):
            for column, cell in row.items():
                if column.endswith("source"):
                    yield from cell.split()


def test_source_table_holds_the_used_sources_and_no_others():
    texts = tomllib.loads((DATA / "sources.toml").read_text("utf-8"))
    assert set(used_source_keys()) <= set(texts)
    files = [path for path in DATA.rglob("*.*") if path.name != "sources.toml"]
    words = {word for path in files for word in re.findall(r"[\w-]+", path.read_text("utf-8"))}
    assert set(texts) <= words


def test_no_file_names_a_place_on_the_machine_it_was_made_on():
    for path in DATA.rglob("*.*"):
        assert not re.search(r"/(work|tmp|home|root)/", path.read_text("utf-8")), path


def test_models_and_formats_agree():
    for name in catalog.ids("model"):
        text = catalog.model(name).text
        for key in ("weight_format", "expert_weight_format", "activation_format"):
            if catalog.model(name).architecture is not None:
                assert catalog.format_(text[key]).name == text[key]
            else:
                assert key not in text


ACCELERATOR = """\
id = "chip"
name = "Chip"
vendor = "Maker"
kind = "gpu"
status = "available"
peak_basis = "dense"
aliases = []
[record]
source = "FORMAT_DEF"
date = "2026-11-22"
kind = "quoted"
[[tier]]
name = "hbm"
bytes = 1e9
bytes_per_s = 1e12
holds_weights = true
[values]
"""


@pytest.fixture
def chip(tmp_path):
    """Write a chip's file with the given values, other lines replaced, and read it."""

    def read(replace=("", ""), **values):
        given = dict.fromkeys(schema.ACCELERATOR_VALUES, "1.0") | values
        lines = "\n".join(f"{key} = {value}" for key, value in given.items() if value)
        folder = tmp_path / "accelerators"
        folder.mkdir(exist_ok=True)
        text = (ACCELERATOR + lines).replace(*replace) if replace[0] else ACCELERATOR + lines
        (folder / "chip.toml").write_text(text, "utf-8")
        loader.read_accelerator.cache_clear()
        return loader.read_accelerator("chip", tmp_path)

    yield read
    loader.read_accelerator.cache_clear()


def test_a_value_without_its_own_source_has_the_records(chip):
    value = chip(tdp_w='{ value = 7, kind = "quoted", low = 6 }').values["tdp_w"]
    assert (value.value, value.low, value.high) == (7.0, 6.0, None)
    assert (value.kind, value.is_unverified, value.source_keys) == ("quoted", False, ("FORMAT_DEF",))


def test_a_recalled_value_is_not_given_the_records_source(chip):
    value = chip(tdp_w='{ value = 7, kind = "memory" }').values["tdp_w"]
    assert (value.kind, value.is_unverified, value.source_keys) == ("memory", True, ())


def test_unknown_and_unsupported_are_told_apart(chip):
    values = chip(fp8_flop_per_s='"unsupported"', fp4_flop_per_s='"unknown"').values
    assert values["fp8_flop_per_s"].state == "unsupported"
    assert values["fp4_flop_per_s"].state == "unknown"
    assert values["fp8_flop_per_s"].value is values["fp4_flop_per_s"].value is None


@pytest.mark.parametrize(
    ("values", "key", "words"),
    [
        ({"tdp_w": "-1"}, "values.tdp_w", "not positive"),
        ({"tdp_w": "0"}, "values.tdp_w", "not positive"),
        ({"tdp_w": "inf"}, "values.tdp_w", "not a number"),
        ({"tdp_w": "true"}, "values.tdp_w", "not a number"),
        ({"tdp_w": '"none"'}, "values.tdp_w", "not a number"),
        ({"tdp_w": ""}, "values.tdp_w", "missing"),
        ({"tdp_watt": "1"}, "values.tdp_watt", "did you mean tdp_w?"),
        ({"tdp_w": "{ value = 1, low = 2 }"}, "values.tdp_w", "not in order"),
        ({"tdp_w": '{ value = 1, kind = "rumour" }'}, "values.tdp_w.kind", "quoted"),
        ({"tdp_w": '{ value = 1, date = "today" }'}, "values.tdp_w.date", "not a date"),
        ({"tdp_w": "{ val = 1 }"}, "values.tdp_w.val", "did you mean value?"),
        ({"tdp_w": '{ value = 1, high = "much" }'}, "values.tdp_w.high", "finite"),
    ],
)
def test_an_invalid_value_is_refused_with_file_and_key(chip, values, key, words):
    with pytest.raises(CatalogError, match=re.escape(words)) as caught:
        chip(**values)
    assert caught.value.key == key
    assert caught.value.file.endswith("chip.toml")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('vendor = "Maker"', "vendor = 7", "vendor"),
        ('vendor = "Maker"', "", "vendor"),
        ('id = "chip"', 'id = "ship"', "id"),
        ("bytes = 1e9", "bytes = 0", "tier.0.bytes"),
        ("holds_weights = true", "", "tier.0.holds_weights"),
        ("aliases = []", 'fallback = { fp9 = "fp8" }', "fallback.fp9"),
        ("aliases = []", 'fallback = { int8 = "fp9" }', "fallback.int8"),
    ],
)
def test_an_invalid_record_is_refused_with_its_key(chip, old, new, key):
    with pytest.raises(CatalogError) as caught:
        chip(replace=(old, new))
    assert caught.value.key == key


def test_zero_dram_bandwidth_is_a_figure(chip):
    assert chip(dram_bandwidth_bytes_per_s="0").values["dram_bandwidth_bytes_per_s"].value == 0


def test_a_damaged_file_is_named(chip):
    with pytest.raises(CatalogError, match=r"damaged.*line 2") as caught:
        chip(replace=('name = "Chip"', 'name = "Chip'))
    assert caught.value.file.endswith("chip.toml")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CatalogError, match="missing") as caught:
        loader.read_model("none", tmp_path)
    assert caught.value.file.endswith("none.toml")


def test_an_unknown_source_key_is_refused():
    with pytest.raises(CatalogError, match="NO_SUCH"):
        catalog.source_text("NO_SUCH")
