"""The user's own catalogue: it adds, it overrides, it is marked, and its mistakes have a place."""

import math
import shutil
import sys

import pytest

from inferscope.core import catalog, evaluate, places, report
from inferscope.core.catalog.schema import RECORD_KINDS
from inferscope.core.catalog.sources import DATA
from inferscope.core.errors import CatalogError, RuleError
from inferscope.core.leaves import resolve
from inferscope.core.policy.rules import rules
from inferscope.core.scenario.files import load, with_values


@pytest.fixture
def own(tmp_path):
    """Write files into a catalogue folder, by path below it, and use the folder."""

    def write(folder="catalog", **files):
        for name, text in files.items():
            kind, _, identifier = name.partition("__")
            path = tmp_path / folder / kind / f"{identifier.replace('_', '-')}.toml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        (tmp_path / folder).mkdir(exist_ok=True)
        catalog.use(tmp_path / folder)
        return tmp_path / folder

    yield write
    catalog.use()


def refusal(look_up, name):
    with pytest.raises(CatalogError) as caught:
        look_up(name)
    return caught.value


MINIMAL = """\
source = "our lab"
bf16_flop_per_s = 5e14
fp8_flop_per_s = "unsupported"
memory_bytes = 96e9
memory_bandwidth_bytes_per_s = 2e12
tdp_w = { value = 400, source = "the sticker", date = 2026-10-01 }
"""


def test_a_chip_of_which_little_is_known_is_a_record_like_any_other(own):
    folder = own(accelerators__my_chip=MINIMAL)
    record = catalog.accelerator("My Chip")
    path = str(folder / "accelerators" / "my-chip.toml")
    assert (record.id, record.name, record.origin) == ("my-chip", "my-chip", path)
    assert tuple(record.values) == catalog.ACCELERATOR_VALUES
    assert record.values["bf16_flop_per_s"].value == 5e14
    assert record.values["bf16_flop_per_s"].source == f"user, our lab ({path})"
    assert record.values["tdp_w"].source == f"user, the sticker ({path})"
    assert record.values["tdp_w"].date == "2026-10-01"
    assert record.values["fp8_flop_per_s"].state == "unsupported"
    assert record.values["int8_flop_per_s"].state == "unknown"
    assert record.values["dram_bandwidth_bytes_per_s"].value == 2e12
    assert record.values["server_w"][:3] == (600.0, "known", "assumption")
    assert record.values["server_w"].source == f"user, the sticker ({path})"
    assert [tuple(tier) for tier in record.tiers] == [("memory", 96e9, 2e12, True)]


def test_a_figure_without_a_source_says_so(own):
    folder = own(accelerators__x="memory_bytes = 1e9")
    value = catalog.accelerator("x").values["memory_bytes"]
    assert value.source == f"user, no source ({folder / 'accelerators' / 'x.toml'})"
    assert value.kind == "user"


def test_an_extended_chip_keeps_the_rest_with_its_sources(own):
    own(accelerators__h100_big='extends = "h100-sxm"\nname = "H100 big"\nmemory_bytes = 151e9\ntdp_w = 750')
    base, record = catalog.accelerator("h100-sxm"), catalog.accelerator("H100 big")
    changed = {name for name in base.values if record.values[name] != base.values[name]}
    assert changed == {"memory_bytes", "tdp_w", "server_w"}
    assert record.values["server_w"].value == 1275 + 50
    assert [tier.bytes for tier in record.tiers] == [5e7, 151e9]
    assert catalog.resolve("accelerator", "H100") == "h100-sxm"
    assert not base.origin


def test_a_file_named_like_a_shipped_record_stands_in_front_of_it(own):
    h200 = catalog.accelerator("H200")
    folder = own(accelerators__h200_sxm='extends = "h200-sxm"\nrental_on_demand_usd_per_h = 2.2')
    record = catalog.accelerator("H200")
    assert record.values["rental_on_demand_usd_per_h"].value == 2.2
    assert record.values["memory_bytes"] == h200.values["memory_bytes"]
    assert len(catalog.ids("accelerator")) == 109
    catalog.use()
    assert catalog.accelerator("H200") == h200
    assert str(folder) not in {entry.origin for entry in catalog.entries("accelerator")}


def test_of_two_folders_the_later_comes_first_and_both_before_the_users_own(own, config_folder, tmp_path):
    for name, gib in (("a", 1), ("b", 2), ("own", 3)):
        folder = config_folder / "catalog" if name == "own" else tmp_path / name
        (folder / "accelerators").mkdir(parents=True)
        (folder / "accelerators" / "chip.toml").write_text(f"memory_bytes = {gib}", "utf-8")
        (folder / "accelerators" / f"{name}.toml").write_text('extends = "chip"', "utf-8")
    catalog.use()
    assert catalog.accelerator("chip").values["memory_bytes"].value == 3
    catalog.use(tmp_path / "a", tmp_path / "b")
    assert catalog.accelerator("chip").values["memory_bytes"].value == 2
    assert {"a", "b", "own"} <= set(catalog.ids("accelerator"))
    own()


def test_models_and_regions_too(own):
    own(
        models__deeper='extends = "llama-3.1-8b"\n[architecture]\nlayers = 40',
        models__closed="total_params_estimate = 1e12",
        regions__DC1='extends = "NOR"\nname = "our data centre"\ngrid_gco2e_per_kwh = 0',
    )
    assert catalog.fold(catalog.model("deeper").architecture).layers == 40
    assert catalog.model("deeper").text["record_architecture"].source.startswith("user, no source")
    assert catalog.model("closed").architecture is None
    assert catalog.region("our data centre").values["grid_gco2e_per_kwh"].value == 0
    assert catalog.region("dc1").text["iso2"] == "NO"
    assert catalog.search("region", "our centre") == [("DC1", "our data centre")]


@pytest.mark.parametrize("kind", ["accelerator", "model"])
def test_every_shipped_file_is_a_valid_file_of_the_users(own, tmp_path, kind):
    folder = f"{kind}s"
    shipped = {name: getattr(catalog, kind)(name) for name in catalog.ids(kind)}
    shutil.copytree(DATA / folder, tmp_path / "copy" / folder)
    own("copy")
    for name, before in shipped.items():
        record = getattr(catalog, kind)(name)
        assert record.origin, name
        for figure, value in record.values.items():
            assert value[:3] == before.values[figure][:3], (name, figure)
        assert record.architecture == before.architecture, name


def test_a_scenario_says_whose_records_it_uses(own):
    folder = own(accelerators__my_chip=MINIMAL)
    shipped = load("llama-3.1-70b-h100").scenario
    changes = {"hardware.accelerator": "my-chip", "model.id": "llama-3.1-8b", "hardware.count": 1}
    scenario = with_values(shipped, {**changes, "hardware.tensor_parallel": None})
    path = folder / "accelerators" / "my-chip.toml"
    assert f"accelerator my-chip is the user's own: {path}" in report.report(scenario)["notes"]
    assert math.isfinite(evaluate.evaluate(scenario)["tpot_s"][0])
    assert not any("user's own" in note for note in report.report(shipped)["notes"])


def test_a_price_of_the_users_is_cited_as_theirs(own):
    own(accelerators__h100_sxm='extends = "h100-sxm"\nrental_on_demand_usd_per_h = 1')
    scenario = with_values(load("llama-3.1-70b-h100").scenario, {"economics.usd_per_accelerator_hour": None})
    leaf = resolve(scenario).leaves["economics_usd_per_accelerator_hour"]
    assert (leaf.value, leaf.source[:14]) == (1, "user, no source"[:14])


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        ("memory_byte = 1", 1, "memory_byte", "unknown key: did you mean memory_bytes"),
        ("\n[values]\nmemory_byte = 1", 3, "values.memory_byte", "did you mean memory_bytes"),
        ("memory_bytes = 'much'", 1, "memory_bytes", "is not a number"),
        ("memory_bytes = -1", 1, "memory_bytes", "is not positive"),
        ("memory_bytes = { valu = 1 }", 1, "memory_bytes.valu", "unknown key: did you mean value"),
        ("memory_bytes = { value = 2, low = 3 }", 1, "memory_bytes", "not in order"),
        ("\n\nextends = 'h100'", 3, "extends", "did you mean h100-sxm"),
        ("extends = 'chip'", 1, "extends", "extends itself"),
        ("source = 5", 1, "source", "must be text"),
        ("name = 5", 1, "name", "must be text"),
        ("aliases = [5]", 1, "aliases", "a list of texts"),
        ("id = 'other'", 1, "id", "stands in the file of 'chip'"),
        ("values = 3", 1, "values", "must be a table"),
        ("tier = 3", 1, "tier", "must be tables"),
        ("fallback = { fp8 = 'fp9' }", 1, "fallback.fp8", "is no precision"),
        (f"memory_bytes = 1{'0' * 400}", 1, "memory_bytes", "must be finite and below 1e308"),
        ("a = 1\nb = ]", 2, None, "not valid TOML"),
        (f"memory_bytes = 0x{'f' * 6000}", 1, "memory_bytes", "7,225 digits"),
        (f"name = 0x{'f' * 6000}", 1, "name", "7,225 digits"),
        ('\nname = "\\u001b[31m"', 2, "name", "the control character U+001B"),
        ('\nsource = "\\u001b[31m"', 2, "source", "the control character U+001B"),
        ('[values]\ntdp_w = { value = 4, note = "\\u202e" }', 2, "values.tdp_w.note", "U+202E"),
        ("date = 12:00:00", 1, "date", "must be text, not 12:00:00"),
        ("tdp_w = 1\n[values]\ntdp_w = 2", 1, "tdp_w", "is given twice: here and under [values]"),
        ("date = 'x'", 1, "date", "'x' is not a date such as 2026"),
        ("kind = 'gpuu'", 1, "kind", "must be one of gpu, gpu+cpu"),
        ("[record]\nkind = 'x'", 2, "record.kind", "kinds are quoted"),
        ("[record]\ndate = 'x'", 2, "record.date", "is not a date such as 2026"),
        (
            "released = 'soon'",
            1,
            "released",
            "must be a date such as 2026, 2026-11 or 2026-11-22, not 'soon'",
        ),
    ],
)
def test_a_mistake_is_named_with_file_line_and_key(own, text, line, key, message):
    folder = own(accelerators__chip=text)
    error = refusal(catalog.accelerator, "chip")
    assert error.file == str(folder / "accelerators" / "chip.toml")
    assert (error.line, error.key) == (line, key)
    assert message in error.message
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ('extends = "llama-3.1-8b"\n[architecture]\nlayers = 0.5', "architecture.layers", "whole number"),
        ('extends = "llama-3.1-8b"\n[architecture]\nlayer = 5', "architecture.layer", "did you mean layers"),
        ('extends = "llama-3.1-8b"\n[architecture]\nmixer = "?"', "architecture", "mixer"),
        ("[architecture]\nlayers = 5", "architecture.hidden", "missing"),
    ],
)
def test_an_architecture_that_cannot_be_is_refused_when_it_is_read(own, text, key, message):
    own(models__m=text)
    error = refusal(catalog.model, "m")
    assert (error.key, error.line is not None) == (key, True)
    assert message in error.message


def test_two_that_extend_each_other_are_refused(own):
    own(accelerators__a='extends = "b"', accelerators__b='extends = "a"')
    assert "extends itself" in refusal(catalog.accelerator, "a").message


def test_a_damaged_file_stops_what_needs_it_and_nothing_else(own):
    own(accelerators__bad="[")
    assert catalog.accelerator("h100-sxm").id == "h100-sxm"
    assert "bad.toml" in refusal(catalog.ids, "accelerator").file
    assert len(catalog.ids("model")) == 152


def test_a_file_that_would_be_overlooked_is_refused(own, tmp_path):
    with pytest.raises(CatalogError, match="did you mean accelerators"):
        own(accelerator__chip="")
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat" / "h100.toml").write_text("", "utf-8")
    with pytest.raises(CatalogError, match="a catalogue holds accelerators, models"):
        catalog.use(tmp_path / "flat")
    with pytest.raises(CatalogError, match="is no folder"):
        catalog.use(tmp_path / "absent")
    own("named", regions__dc1="")
    assert "use capitals" in refusal(catalog.ids, "region").message


def test_the_folder_is_the_one_that_platformdirs_names(monkeypatch, tmp_path):
    import platformdirs

    monkeypatch.delenv("INFERSCOPE_CONFIG")
    for given in ("", " ", str(tmp_path / "x")):
        monkeypatch.setenv("XDG_CONFIG_HOME", given)
        monkeypatch.setenv("XDG_STATE_HOME", given)
        expected = platformdirs.user_config_dir("inferscope", appauthor=False)
        assert str(places.config_directory()) == expected
        assert str(places.state_directory()) == platformdirs.user_state_dir("inferscope", appauthor=False)
    if sys.platform == "linux":
        assert places.catalog_directory() == tmp_path / "x" / "inferscope" / "catalog"


RULE = """
[[rule]]
id = "%s"
title = "House rule"
jurisdiction = "house"
predicate = { quantity = "tpp", op = ">", value = %s, unit = "TOPS*bit" }
"""


def test_rules_too_in_one_file_or_in_several(own):
    shipped = rules()
    known = shipped[0].id
    folder = own()
    (folder / "rules.toml").write_text(RULE % ("house.tpp", 5) + RULE % (known, 1), "utf-8")
    (folder / "rules").mkdir()
    (folder / "rules" / "more.toml").write_text(RULE % ("house.tpp", 7), "utf-8")
    catalog.use(folder)
    found = {rule.id: rule for rule in rules()}
    assert len(found) == len(shipped) + 1
    assert found["house.tpp"].threshold == 7
    assert found["house.tpp"].origin == str(folder / "rules" / "more.toml")
    assert found[known].origin == str(folder / "rules.toml")
    entries = {entry["id"]: entry for entry in report.report(load("llama-3.1-70b-h100").scenario)["policy"]}
    assert (entries["house.tpp"]["verdict"], entries["house.tpp"]["origin"]) == (
        "applies",
        found["house.tpp"].origin,
    )
    catalog.use()
    assert [rule.id for rule in rules()] == [rule.id for rule in shipped]
    assert {rule.origin for rule in rules()} == {"shipped"}


def test_a_mistake_in_a_rule_names_its_file(own):
    folder = own(rules__mine='[[rule]]\nid = "x"\ntitel = "y"')
    with pytest.raises(RuleError) as caught:
        rules()
    assert caught.value.file == str(folder / "rules" / "mine.toml")


def test_a_chain_of_records_ends(own):
    own(**{f"accelerators__c{n}": f'extends = "c{n + 1}"\n' for n in range(400)})
    error = refusal(catalog.accelerator, "c0")
    assert "more than 8 records extend each other: c0 -> c1 -> " in error.message
    assert (error.file.rpartition("/")[2], error.line, error.key) == ("c8.toml", 1, "extends")
    own(**{f"accelerators__c{n}": f'extends = "c{n + 1}"\n' for n in range(8)}, accelerators__c8=MINIMAL)
    assert catalog.accelerator("c0").values["tdp_w"].value == 400


def test_what_should_be_a_folder_of_a_catalogue_is_no_file(tmp_path):
    (tmp_path / "rules").write_text("")
    with pytest.raises(CatalogError, match="rules: must be a folder"):
        catalog.use(tmp_path)


@pytest.mark.parametrize(
    ("folder", "text", "key", "message"),
    [
        ("regions", "pue = 0.1", "pue", "must be at least 1, not 0.1"),
        ("regions", "iso2 = 'TOOLONG'", "iso2", "must be a code of two capitals such as DE, not 'TOOLONG'"),
        ("models", "released = 'soon'", "released", "must be a date such as 2026"),
        ("models", "kind = 'opn'", "kind", "must be one of open, closed-estimate, published-arch, not 'opn'"),
    ],
)
def test_a_figure_or_word_that_cannot_be_is_named(own, folder, text, key, message):
    own(**{f"{folder}__AAA" if folder == "regions" else f"{folder}__aaa": f"\n{text}"})
    error = refusal(*((catalog.region, "AAA") if folder == "regions" else (catalog.model, "aaa")))
    assert (error.line, error.key) == (2, key)
    assert message in error.message


def test_every_shipped_record_is_of_a_kind_that_a_user_may_give():
    for kind, look_up in (("accelerator", catalog.accelerator), ("model", catalog.model)):
        assert {look_up(name).text["kind"] for name in catalog.ids(kind)} <= set(RECORD_KINDS[kind])


@pytest.mark.parametrize("make", ["folder", "loop", "other letters"])
def test_a_record_that_would_be_overlooked_in_its_folder_is_refused(own, make):
    folder = own() / "accelerators"
    folder.mkdir()
    if make == "folder":
        (folder / "mine.toml").mkdir()
    elif make == "loop":
        (folder / "mine.toml").symlink_to("mine.toml")
    else:
        (folder / "mine.TOML").write_text('extends = "h20"\n')
    with pytest.raises(CatalogError, match=r"records are files NAME\.toml") as caught:
        catalog.use(folder.parent)
    assert str(caught.value.file).casefold().endswith("mine.toml")


def test_a_name_is_one_line(own):
    own(accelerators__mine='extends = "h20"\nname = "a\\nb"\n')
    error = refusal(catalog.accelerator, "mine")
    assert (error.key, error.said) == ("name", error.said)
    assert "must be one line" in str(error)
