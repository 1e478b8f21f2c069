"""Reading scenario files: names, inheritance, limits, and whatever else lies in a folder."""

import os
import subprocess
import sys
import textwrap

import pytest

from inferscope.core import DATA_DATE, __version__
from inferscope.core.errors import ScenarioError
from inferscope.core.report import reports
from inferscope.core.scenario import files, tables
from inferscope.core.scenario.files import load, parse_assignment, preset_names
from inferscope.core.scenario.lines import find_line


@pytest.fixture
def write(tmp_path):
    """Write a file and return its path."""

    def make(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(textwrap.dedent(text).encode() if isinstance(text, str) else text)
        return path

    return make


def refusal(path):
    with pytest.raises(ScenarioError) as caught:
        load(path)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 600
    return caught.value


# --- names and paths -----------------------------------------------------------------------------


def test_presets_are_found_by_name_the_shipped_ones_first(config_folder):
    folder = config_folder / "presets"
    folder.mkdir()
    (folder / "mine.toml").write_text("[workload]\nbatch = 3\n")
    (folder / "chatgpt-2023.toml").write_text("[workload]\nbatch = 3\n")
    (folder / ".hidden.toml").write_text("")
    names = preset_names()
    assert names["mine"] == folder / "mine.toml"
    assert names["chatgpt-2023"].parent == files.shipped_directory()
    assert ".hidden" not in names
    assert load("mine").scenario.workload.batch.mid == 3


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("llama-3.1-70b-h10", "did you mean llama-3.1-70b-h100,"),
        ("llama", "llama-3.1-70b-h100, "),
        ("zzz", "presets are agent-128k-gqa, "),
        ("", "presets are agent-128k-gqa, "),
    ],
)
def test_an_unknown_preset_names_the_nearest(name, hint):
    with pytest.raises(ScenarioError, match="unknown preset") as caught:
        load(name)
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("missing.toml", "no such scenario file"),
        (".", "is a folder, not a scenario file"),
        ("x" * 5000 + ".toml", "cannot be read: File name too long"),
    ],
)
def test_a_path_that_leads_nowhere(tmp_path, path, message):
    assert refusal(tmp_path / path).message == message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_and_devices_are_not_read(tmp_path):
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    for path in (pipe, "/dev/zero", "/dev/null"):
        assert refusal(path).message == "is not a regular file"


def test_links_are_followed_and_broken_ones_refused(tmp_path, write):
    link = tmp_path / "link.toml"
    link.symlink_to(write("real.toml", "[workload]\nbatch = 3\n"))
    assert load(link).scenario.workload.batch.mid == 3
    (tmp_path / "broken.toml").symlink_to(tmp_path / "gone.toml")
    assert refusal(tmp_path / "broken.toml").message == "no such scenario file"
    (tmp_path / "round.toml").symlink_to(tmp_path / "round.toml")
    refusal(tmp_path / "round.toml")


# --- limits --------------------------------------------------------------------------------------


def test_a_file_over_the_limit_is_refused_and_one_at_it_is_read(write):
    text = b"# " + b"x" * (tables.MAX_BYTES - 3) + b"\n"
    load(write("full.toml", text))
    assert "larger than 1,000,000 bytes" in refusal(write("over.toml", text + b"\n")).message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = " + "[" * 5000 + "]" * 5000, "nested more than 8 tables deep"),
        ("x = " + "{a=" * 5000 + "1" + "}" * 5000, "nested more than 8 tables deep"),
        ("a." * 100 + "a = 1", "nested more than 8 tables deep"),
        ("[" + "a." * 20 + "a]", "nested more than 8 tables deep"),
        ("a." * 100_000 + "a = 1", "more than 200 dots in one line"),
        ("x = " + "9" * 10_000, "not valid TOML: Exceeds the limit"),
    ],
)
def test_deep_and_endless_things_are_refused(write, text, message):
    error = refusal(write("deep.toml", text))
    assert message in error.message


def test_bytes_that_are_no_text_are_refused_with_the_line(write):
    error = refusal(write("latin.toml", b'schema_version = 1\nname = "caf\xe9"\n'))
    assert (error.line, error.message) == (2, "is not UTF-8 text (byte 30)")


def test_a_byte_order_mark_and_windows_line_ends_are_fine(write):
    path = write("windows.toml", b"\xef\xbb\xbfschema_version = 1\r\n[workload]\r\nbatch = 7\r\n")
    assert load(path).scenario.workload.batch.mid == 7
    error = refusal(write("wrong.toml", b"[workload]\r\n\r\nbacth = 7\r\n"))
    assert (error.line, error.key) == (3, "workload.bacth")


@pytest.mark.parametrize(
    ("text", "line"),
    [("[workload\nbatch = 1\n", 1), ("a = 1\nb = = 2\n", 2), ("a = 1\na = 2\n", 2), ('name = "open\n', 1)],
)
def test_broken_toml_is_refused_with_the_line(write, text, line):
    error = refusal(write("broken.toml", text))
    assert error.line == line
    assert error.message.startswith("is not valid TOML: ")


def test_reading_executes_nothing(write, tmp_path):
    marker = tmp_path / "marker"
    text = f"""
        description = "$(touch {marker}) `touch {marker}` {{open('{marker}', 'w')}}"
        [model]
        id = "__import__('os').system('touch {marker}')"
        """
    path = write("evil.toml", text)
    loaded = load(path)
    with pytest.raises(ScenarioError, match="unknown model"):
        reports([loaded])
    assert not marker.exists()


def test_text_that_steers_a_terminal_is_refused(write):
    error = refusal(write("colour.toml", '[policy]\nactor = "\\u001b[2Jgone"\n'))
    assert (error.line, error.key, error.message) == (2, "policy.actor", "holds the control character U+001B")
    error = refusal(write("key.toml", '[pins]\n"a\\u0007b" = 1\n'))
    assert error.message == "holds the control character U+0007"


# --- where something is wrong --------------------------------------------------------------------


def test_an_unknown_key_is_refused_with_line_and_nearest_key(write):
    error = refusal(write("typo.toml", "name = 'x'\n\n[workload]\nbatch = 3\nimput_tokens = 5\n"))
    assert str(error).endswith(
        ":5: workload.imput_tokens: unknown key: did you mean input_tokens, output_tokens?"
    )


def test_a_key_inside_an_inline_table_is_found_on_its_line(write):
    error = refusal(
        write("inline.toml", "[optimizations]\nkv_format = 'fp8'\nspeculative = { methd = 'mtp' }\n")
    )
    assert (error.line, error.key) == (3, "optimizations.speculative.methd")


def test_the_right_element_of_an_array_of_tables_is_named(write):
    about = "claim = 'a'\nquantity = 'tpp'\nunit = '1'\nsource = 's'\ndate = 2025-01-01\n"
    one = f"[[published]]\nvalue = 1\n{about}"
    error = refusal(write("array.toml", one + one.replace("value = 1", "value = true")))
    assert (error.line, error.key) == (9, "published.1.value")


def test_text_that_looks_like_a_key_is_not_one():
    text = 'description = """\n[workload]\nbatch = 1\n"""\n[workload]\nbatch = 0\n'
    assert find_line(text, "workload.batch") == 6
    assert find_line("a = '''one'''\n[b]\nc = 1\n", "b.c") == 3
    assert find_line("[b]\nc = 1\n", "x.y") is None
    assert find_line("b.c = 1\n", "b.c.d") == 1


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        ("[hardware]\naccelerator = 'h10'\n", 2, "hardware.accelerator", "unknown accelerator 'h10'"),
        ("[model]\nid = 'gpt-4o-ultra-x'\n", 2, "model.id", "unknown model"),
        ("[site]\n\nregion = 'Atlantis'\n", 3, "site.region", "unknown region"),
        ("[hardware]\ntdp_watt = 3\n", 2, "hardware.tdp_watt", "unknown key: did you mean tdp_w?"),
        ("[hardware]\ncount = 3\ntensor_parallel = 2\n", 2, "hardware.count", "no layout agrees"),
        ("[pins]\ntpot = 3\n", 2, "pins.tpot", "did you mean tpot_s?"),
        ("[calibration]\nlayer = 3\n", 2, "calibration.layer", "did you mean layer_s"),
        ("[model]\nlayers = 'many'\n", 2, "model.layers", "must be a number"),
    ],
)
def test_what_is_found_after_reading_has_its_line_too(write, text, line, key, message):
    loaded = load(write("late.toml", text))
    with pytest.raises(ScenarioError) as caught:
        reports([load("gpt-oss-120b-h100"), loaded])
    error = caught.value
    assert (error.file, error.line, error.key) == (str(loaded.path), line, key)
    assert message in error.message


def test_a_value_from_elsewhere_is_not_blamed_on_the_file(write):
    loaded = load(write("fine.toml", "[hardware]\naccelerator = 'h100-sxm'\n"))
    changed = files.with_values(loaded.scenario, {"hardware.accelerator": "h10"})
    with pytest.raises(ScenarioError) as caught:
        reports([files.Loaded(changed, loaded.path, loaded.own)])
    assert (caught.value.file, caught.value.key) == (None, "hardware.accelerator")


# --- extends -------------------------------------------------------------------------------------


def test_a_chain_of_files_is_merged_key_by_key(write):
    write(
        "a.toml",
        "name = 'A'\n[workload]\nbatch = 1\ninput_tokens = 10\n[slo]\ntpot_s = { low = 1, high = 2 }\n",
    )
    write("b.toml", "extends = 'a.toml'\n[workload]\nbatch = 2\n")
    loaded = load(write("c.toml", "extends = './b.toml'\n[slo]\ntpot_s = 3\n"))
    work = loaded.scenario.workload
    assert (work.batch.mid, work.input_tokens.mid) == (2, 10)
    assert (loaded.scenario.slo.tpot_s.low, loaded.scenario.slo.tpot_s.mid) == (None, 3)
    assert loaded.scenario.name == ""
    assert loaded.extends == "./b.toml"


def test_a_path_is_meant_from_the_file_that_names_it(write, monkeypatch, tmp_path):
    write("base/a.toml", "[workload]\nbatch = 5\n")
    child = write("sub/c.toml", "extends = '../base/a.toml'\n")
    monkeypatch.chdir(tmp_path / "sub")
    assert load(child).scenario.workload.batch.mid == 5
    monkeypatch.chdir(tmp_path / "base")
    assert load(child).scenario.workload.batch.mid == 5


def test_a_preset_may_be_extended_and_keys_dropped(write):
    child = write("c.toml", "extends = 'deepseek-v3-h800'\nunset = ['hardware.prefill', 'slo.tpot_s']\n")
    scenario = load(child).scenario
    assert scenario.hardware.prefill is None
    assert scenario.slo.tpot_s is None
    assert scenario.hardware.accelerator == "h800-sxm"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unset = 'slo.tpot_s'\n", "must be a list of keys, not 'slo.tpot_s'"),
        ("unset = 3\n", "must be a list of keys, not 3"),
        ("unset = [3]\n", "must be a list of keys, not [3]"),
        ("unset = ['slo.tpt_s']\n", "there is no key 'slo.tpt_s' to drop: did you mean tpot_s"),
        ("unset = ['sol.tpot_s']\n", "there is no key 'sol.tpot_s' to drop: did you mean slo?"),
    ],
)
def test_unset_takes_keys_that_exist(write, text, message):
    error = refusal(write("c.toml", "extends = 'deepseek-v3-h800'\n" + text))
    assert (error.line, error.key) == (2, "unset")
    assert error.message.startswith(message)


def test_a_circle_is_refused_with_its_names(write):
    write("a.toml", "extends = 'b.toml'\n")
    error = refusal(write("b.toml", "\nextends = 'a.toml'\n"))
    assert error.message == "extends itself: b.toml -> a.toml -> b.toml"
    assert error.line == 1
    error = refusal(write("self.toml", "\nextends = 'self.toml'\n"))
    assert (error.line, error.message) == (2, "extends itself: self.toml -> self.toml")


def test_a_chain_ends(write):
    for i in range(12):
        write(f"f{i}.toml", f"extends = 'f{i + 1}.toml'\n")
    path = write("f12.toml", "")
    assert "more than 8 files extend each other" in refusal(path.parent / "f0.toml").message
    load(path.parent / "f4.toml")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone.toml", "gone.toml: no such scenario file"),
        ("sub/gone", "sub/gone: no such scenario file"),
        ("chatgpt-2024", "unknown preset 'chatgpt-2024': did you mean chatgpt-2023, "),
    ],
)
def test_a_missing_parent_is_named_with_file_and_line(write, name, message):
    error = refusal(write("c.toml", f"name = 'C'\nextends = '{name}'\n"))
    assert (error.line, error.key) == (2, "extends")
    assert error.file.endswith("c.toml")
    assert message in error.message


def test_a_parent_that_is_no_name_is_refused(write):
    assert refusal(write("c.toml", "extends = 3\n")).message == "must be a preset name or a path, not 3"


def test_a_mistake_in_the_parent_is_reported_in_the_parent(write):
    write("a.toml", "\n\n[workload]\nbacth = 1\n")
    error = refusal(write("c.toml", "extends = 'a.toml'\n[workload]\nbatch = 1\n"))
    assert error.file.endswith("a.toml")
    assert error.line == 4


# --- provenance ----------------------------------------------------------------------------------


def test_a_file_of_another_version_is_announced(write):
    text = f"[provenance]\ninferscope = '{__version__}'\ndata = '2020-01-01'\n"
    (note,) = load(write("old.toml", text)).notes
    assert note == (
        f"saved with inferscope {__version__} and data of 2020-01-01; this is {__version__} with data of"
        f" {DATA_DATE}: numbers may differ"
    )
    assert load(write("same.toml", text.replace("2020-01-01", DATA_DATE))).notes == ()


def test_a_parent_that_changed_since_saving_is_announced(write):
    parent = write("a.toml", "[workload]\nbatch = 1\n")
    loaded = load(write("c.toml", "extends = 'a.toml'\n"))
    saved = parent.with_name("saved.toml")
    files.save(loaded.scenario, saved, extends="a.toml", parent=loaded.parent)
    assert load(saved).notes == ()
    parent.write_text("# a comment and a name\nname = 'new'\n[workload]\nbatch = 1\n")
    assert load(saved).notes == ()
    parent.write_text("[workload]\nbatch = 2\n")
    assert load(saved).notes == ("a.toml has changed since this scenario was saved: numbers may differ",)


def test_provenance_is_not_inherited(write):
    write("a.toml", "[provenance]\ninferscope = '0'\ndata = '2020-01-01'\n")
    loaded = load(write("c.toml", "extends = 'a.toml'\n"))
    assert loaded.scenario.provenance is None
    assert loaded.notes == ()


# --- assignments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("workload.batch=64", ("workload.batch", 64)),
        (" workload.batch = 64 ", ("workload.batch", 64)),
        ("workload.batch=", ("workload.batch", None)),
        ("model.id=llama-3.1-8b", ("model.id", "llama-3.1-8b")),
        ("name=a=b", ("name", "a=b")),
        ('name="quoted # x"', ("name", "quoted # x")),
        ("slo.tpot_s={low=1, high=2}", ("slo.tpot_s", {"low": 1, "high": 2})),
        ("workload.batch=1\nx = 2", ("workload.batch", "1\nx = 2")),
        ("optimizations.chunked_prefill=false", ("optimizations.chunked_prefill", False)),
        ("x=" + "[" * 5000, ("x", "[" * 5000)),
        ("x=" + "9" * 5000, ("x", "9" * 5000)),
    ],
)
def test_an_assignment_is_toml_or_text(text, expected):
    assert parse_assignment(text) == expected


@pytest.mark.parametrize("text", ["", "x", "=3", "a..b=1", ".a=1", "a-b=1", "[a]=1", "a b=1", "a.=1"])
def test_what_is_no_assignment_is_refused(text):
    with pytest.raises(ScenarioError, match="is no assignment"):
        parse_assignment(text)


def test_reading_files_loads_no_screen_and_no_network():
    code = (
        "import sys\nfrom inferscope.core.scenario.files import load\nload('deepseek-v3-h800')\n"
        "print(*[m for m in ('textual', 'rich', 'ssl', 'http', 'urllib.request') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("\n[[workload]]\nbatch = 1", 2, "workload: must be a table, not [{'batch': 1}]"),
        ("\nx = 1" + "0" * 5000, 2, "Exceeds the limit"),
        ('\n"a\\u001bb" = 1', 2, "a\\x1bb: holds the control character U+001B"),
        ("\nx = " + "[" * 20 + "]" * 20, 2, "nested more than 8 tables deep"),
        ("\nx = " + "[" * 2000 + "]" * 2000, 2, "nested more than 8 tables deep"),
        ("[workload]\nbatch = 12:00:00", 2, "not 12:00:00"),
        ('\nname = "\\u202ea"', 2, "name: holds the control character U+202E"),
        ('\n"a.b" = 1', 2, "a.b: unknown key"),
        ('\na = "', 2, "Unterminated string"),
        (
            f"[workload]\nbatch = 0x{'f' * 6000}",
            2,
            "workload.batch: must be finite and below 1e308, not a number of 7,225 digits",
        ),
        (f"name = 0x{'f' * 6000}", 1, "not a number of 7,225 digits"),
        ("[policy]\nrules = ''", 2, "policy.rules: must be a file of rules or a list of them, not ''"),
        ("[policy]\nrules = 5", 2, "policy.rules: must be a file of rules or a list of them, not 5"),
        (
            "[policy]\nrules = '~nobody-of-this-name/x.toml'",
            2,
            "policy.rules: '~nobody-of-this-name' is nobody's folder",
        ),
    ],
    ids=range(14),
)
def test_what_cannot_be_has_a_place(tmp_path, text, line, message):
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert caught.value.line == line
    assert message in str(caught.value)


def test_the_line_of_a_key_in_an_array_of_tables():
    text = "[[rule]]\na = 1\n[rule.b]\nc = 1\n[[rule]]\na = 1\n[rule.b]\nc = 2\n[[rule.d]]\ne = 3\n"
    found = [find_line(text, key) for key in ("rule", "rule.0.b.c", "rule.1.a", "rule.1.b.c", "rule.1.d.0.e")]
    assert found == [1, 4, 6, 8, 10]
