"""Rules of the user's own: read, merged, marked, and refused with one clear line."""

import datetime as dt
import json
import os
from pathlib import Path

import pytest

from inferscope.core.errors import RuleError
from inferscope.core.policy.rules import merged, read_rules, rules
from inferscope.core.report import report
from inferscope.core.scenario.files import load, load_values, scenario_hash

HEAD = '[[rule]]\nid = "own.rule"\ntitle = "What if"\njurisdiction = "own"\n'


@pytest.fixture
def write(tmp_path):
    """A file in the test's folder."""

    def written(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_a_rule_needs_little(write):
    (rule,) = read_rules(write("own.toml", HEAD + 'predicate = "dram_bandwidth_gb_s >= 3000"\n'))
    assert (rule.short, rule.scope, rule.quantity, rule.threshold) == (
        "own.rule", "chip", "dram_bandwidth_gb_s", 3000.0,
    )  # fmt: skip
    assert rule.origin.endswith("own.toml")
    assert not rule.binds_on(dt.date(2030, 1, 1))


def test_a_rule_that_cites_nothing_is_unverified(write):
    text = HEAD + 'predicate = "tpp >= 3000"\n'
    (bare,) = read_rules(write("bare.toml", text))
    (cited,) = read_rules(write("cited.toml", text + 'citation = "88 FR 73458"\n'))
    (said,) = read_rules(write("said.toml", text + 'evidence = "secondary"\n'))
    assert (bare.evidence, bare.verified) == ("unverified", False)
    assert (cited.evidence, cited.verified) == ("primary", True)
    assert (said.evidence, said.verified) == ("secondary", True)


def test_a_scenario_names_its_rules_from_its_own_folder(write, monkeypatch, tmp_path):
    write("rules/cost.toml", HEAD + 'predicate = { all = ["usd_per_query < 0.01", "tpp >= 4800"] }\n')
    path = write("mine.toml", 'extends = "llama-3.1-70b-h100"\n[policy]\nrules = "rules/cost.toml"\n')
    monkeypatch.chdir("/")
    found = report(load(path).scenario)["policy"]
    assert len(found) == len(rules()) + 1
    own = found[-1]
    assert (own["id"], own["verdict"]) == ("own.rule", "applies")
    assert own["origin"] == str(tmp_path / "rules" / "cost.toml")
    assert own["source"] == ""
    json.dumps(dict(own))


def test_a_rule_of_the_same_id_takes_the_shipped_ones_place(write):
    text = HEAD.replace("own.rule", "eu.aia.art51.systemic") + 'predicate = "training_flop > 1e24"\n'
    changed = merged(read_rules(write("own.toml", text)))
    assert len(changed) == len(rules())
    assert changed[0].id == "eu.aia.art51.systemic"
    assert changed[0].threshold == 1e24


def test_a_table_of_a_pure_number_needs_no_unit(write):
    (rule,) = read_rules(write("own.toml", HEAD + 'predicate = { quantity = "pue", op = ">", value = 2 }\n'))
    assert (rule.quantity, rule.threshold) == ("pue", 2.0)


def test_a_changed_file_is_read_again(write):
    first = read_rules(write("own.toml", HEAD + 'predicate = "tpp >= 1"\n'))
    path = write("own.toml", HEAD + 'predicate = "tpp >= 2"\n')
    os.utime(path, ns=(1, 1))
    assert (first[0].threshold, read_rules(path)[0].threshold) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not toml [", "is not valid TOML"),
        ("", "holds no [[rule]]"),
        ("[[rules]]\n", "rules: unknown table: did you mean rule?"),
        ('[[rule]]\nid = "x"\n', "rule x: lacks title"),
        (HEAD, "rule own.rule: lacks predicate"),
        (
            HEAD + 'predicate = "tpp >= 1"\nstatsu = "draft"\n',
            "statsu: rule own.rule: unknown key: did you mean status",
        ),
        (HEAD + 'predicate = "tpp >= 1"\nstatus = "law"\n', "must be one of in_force, "),
        (HEAD + 'predicate = "tpp >= 1"\nshort = "longer than fourteen"\n', "at most 14 characters"),
        (HEAD + 'predicate = "tpp >= 1"\neffective_from = "soon"\n', "must be a date such as 2026-07-01"),
        (HEAD + 'predicate = "tpp >= 1"\neffective_to = 9999-12-31\n', "from 1900-01-01 to 2999-12-31"),
        (HEAD + 'predicate = "tpp >= 1"\ncounting = "mine"\n', "must be one of eu_cumulative, "),
        (HEAD + 'predicate = "tpp >= 1"\nrelieves = "all"\n', "must be a list of texts"),
        (HEAD + 'predicate = "tp >= 1"\n', "unknown quantity 'tp': did you mean tpp"),
        (HEAD + 'predicate = "monthly_user > 1"\n', "did you mean monthly_users"),
        (HEAD + 'predicate = "tpp => 1"\n', "tpp: unknown operator '=>'"),
        (HEAD + 'predicate = "tpp >="\n', "a predicate is all, any or not"),
        (HEAD + 'predicate = "tpp >= much"\n', "tpp >= takes a finite number, not 'much'"),
        (HEAD + 'predicate = "tpp >= nan"\n', "tpp >= takes a finite number"),
        (HEAD + 'predicate = "tpp in 1, 2"\n', "only codes are compared with lists"),
        (HEAD + 'predicate = "destination > CN"\n', "no order"),
        (HEAD + 'predicate = "weights_published == maybe"\n', "takes true or false, not 'maybe'"),
        (HEAD + 'predicate = "site_commissioned > July"\n', "takes a day such as 2026-07-01"),
        (HEAD + "predicate = { all = [] }\n", "all takes a list of predicates"),
        (HEAD + 'predicate = { any = "tpp >= 1" }\n', "any takes a list of predicates"),
        (HEAD + 'predicate = { not = { some = ["tpp >= 1"] } }\n', "a predicate is all, any or not"),
        (HEAD + "predicate = 3\n", "a predicate is all, any or not"),
        (
            HEAD + 'predicate = { quantity = "tpp", op = ">=", value = 1, unit = "kW" }\n',
            "tpp is in TOPS*bit, not 'kW'",
        ),
        (
            HEAD + 'predicate = { quantity = "tpp", op = ">=", value = 1 }\n',
            'tpp >= 1 lacks its unit: say unit = "TOPS*bit"',
        ),
        (HEAD + 'predicate = "destination in CN, Chian"\n', "ISO country codes of two capital letters"),
        (HEAD + 'predicate = { not = "chip_origin == usa" }\n', "such as CN, not 'usa'"),
        (HEAD + 'predicate = "hq_group in D:5"\n', "takes one of D1, D4, D5, A5, A6, MO, other, not 'D:5'"),
        (
            HEAD + 'predicate = { quantity = "tpp", op = ">=", value = true }\n',
            "takes a finite number, not true",
        ),
    ],
)
def test_what_is_wrong_is_one_line_with_file_and_rule(write, text, message):
    path = write("own.toml", text)
    with pytest.raises(RuleError) as caught:
        read_rules(path)
    said = str(caught.value)
    assert said.startswith(str(path))
    assert message in said
    assert "\n" not in said
    if "own.rule" in text:
        line = 1 if text == HEAD else text.count("\n")
        assert said.startswith(f"{path}:{line}: ")


PREDICATE = 'predicate = "tpp >= 1"\n'


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (f"shared = 5\n{HEAD}{PREDICATE}", 1, "shared: must be a table of predicates by name, not 5"),
        (f"shared = [1]\n{HEAD}{PREDICATE}", 1, "shared: must be a table of predicates by name, not [1]"),
        ("rule = [1, 2]", 1, "rule: holds no [[rule]]"),
        ("rule = ['a']", 1, "rule: holds no [[rule]]"),
        (HEAD + "predicate = { quantity = ['a'], op = '>', value = 1 }", 5, "unknown quantity ['a']"),
        (HEAD + f"predicate = {{ quantity = 'tpp', op = '>', value = 1{'0' * 400} }}", 5, "401 digits"),
        (HEAD + f"predicate = {{ quantity = 'tpp', op = '>', value = 0x{'f' * 6000} }}", 5, "7,225 digits"),
        (HEAD + f"predicate = {'{not = ' * 400}'tpp > 1'{'}' * 400}", 5, "nested more than 40 tables deep"),
        ("x = " + "[" * 100_000, 1, "nested more than 40 tables deep"),
        (HEAD + "a" + ".a" * 40_000 + " = 1", 5, "more than 200 dots"),
        (HEAD + PREDICATE + "a = [\n]]", 7, "is not valid TOML"),
        (HEAD + PREDICATE + "note = '\udcff'", 6, "is not UTF-8 text"),
        (
            "\ufeff" + HEAD + PREDICATE + "statsu = 1",
            6,
            "statsu: rule own.rule: unknown key: did you mean status",
        ),
        (HEAD + "[rule.predicate]\nquantity = 'tp'\nop = '>'\nvalue = 1", 5, "unknown quantity 'tp'"),
        (HEAD + PREDICATE + 'unverified_parts = ["\\u001b[31m"]', 6, "the control character U+001B"),
        (HEAD + PREDICATE + 'relieves = ["\\u202e"]', 6, "the control character U+202E"),
        (HEAD + PREDICATE + "evidence = 12:00:00", 6, "must be a line of text, not 12:00:00"),
        (HEAD + PREDICATE + HEAD + PREDICATE, 7, "id: rule own.rule: stands twice in this file"),
        (
            HEAD + PREDICATE + 'quantity = "tp"',
            6,
            "quantity: rule own.rule: unknown quantity 'tp': did you mean tpp",
        ),
        (
            HEAD + PREDICATE + "effective_from = 2026-01-02\neffective_to = 2026-01-01",
            7,
            "must not be before effective_from (2026-01-02), not 2026-01-01",
        ),
        (HEAD + 'predicate = "destination >= 5"', 5, "destination >=: has no order, so that only == and !="),
    ],
    ids=range(21),
)
def test_what_no_rule_is_has_a_place(tmp_path, text, line, message):
    path = tmp_path / "own.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(RuleError) as caught:
        read_rules(path)
    assert caught.value.line == line
    assert message in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_only_a_file_of_bounded_size_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "large.toml").write_text("# x\n" * 300_000)
    for path, message in (
        (Path("/dev/zero"), "is not a regular file"),
        (tmp_path / "pipe.toml", "is not a regular file"),
        (tmp_path, "is not a regular file"),
        (tmp_path / "large.toml", "is larger than 1,000,000 bytes"),
    ):
        with pytest.raises(RuleError, match=message):
            read_rules(path)
        scenario_hash(load_values({"policy": {"rules": str(path)}}))  # whoever reads them says what is wrong


def test_a_relief_of_an_unknown_rule_is_refused(write):
    path = write("own.toml", HEAD + PREDICATE + 'relieves = ["eu.aia.art51.sistemic"]\n')
    with pytest.raises(RuleError, match=r"did you mean eu\.aia\.art51\.systemic") as caught:
        merged(read_rules(path))
    assert (caught.value.file, caught.value.line, caught.value.key) == (str(path), 6, "relieves")
    path = write(
        "both.toml", HEAD + PREDICATE + HEAD.replace("own", "two") + PREDICATE + "relieves = ['own.rule']"
    )
    assert merged(read_rules(path))[-1].relieves == ("own.rule",)


def test_a_file_may_begin_with_a_mark_of_byte_order(write):
    (rule,) = read_rules(write("own.toml", "\ufeff" + HEAD + PREDICATE))
    assert rule.id == "own.rule"


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RuleError, match=r"absent.toml: no such file"):
        read_rules(tmp_path / "absent.toml")


@pytest.mark.parametrize("others", [("own.rule",), ("second", "own.rule")])
def test_a_relief_in_a_circle_is_refused_with_its_line(write, others):
    relief = 'predicate = "tpp >= 3000"\ntrue_means = "relief"\n'
    text = f'{HEAD}{relief}relieves = ["{others[0]}"]\n'
    if len(others) > 1:
        text += HEAD.replace("own.rule", "second") + f'{relief}relieves = ["{others[1]}"]\n'
    own = read_rules(write("own.toml", text))
    with pytest.raises(RuleError, match=r"own.toml:7: relieves: rule own.rule: relieves itself in a circle"):
        merged(own)


def test_a_mistyped_key_is_named_before_what_is_missing_for_it(write):
    with pytest.raises(RuleError, match=r"own.toml:5: predicat: .*did you mean predicate"):
        read_rules(write("own.toml", HEAD + 'predicat = "tpp >= 3000"\n'))
