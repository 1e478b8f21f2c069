"""Rules of the user's own: read, merged, marked, and refused with one clear line."""

import datetime as dt
import json
import os

import pytest

from inferscope.core.errors import RuleError
from inferscope.core.policy.rules import merged, read_rules, rules
from inferscope.core.report import report
from inferscope.core.scenario.files import load

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


def test_a_changed_file_is_read_again(write):
    first = read_rules(write("own.toml", HEAD + 'predicate = "tpp >= 1"\n'))
    path = write("own.toml", HEAD + 'predicate = "tpp >= 2"\n')
    os.utime(path, ns=(1, 1))
    assert (first[0].threshold, read_rules(path)[0].threshold) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not toml [", "this file of rules is damaged"),
        ("", "it holds no [[rule]]"),
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
            HEAD + 'predicate = { quantity = "tpp", op = ">=", value = true }\n',
            "takes a finite number, not True",
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
        assert said.startswith(f"{path}:2: ")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RuleError, match=r"absent.toml: no such file of rules"):
        read_rules(tmp_path / "absent.toml")
