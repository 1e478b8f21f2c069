"""`inferscope policy` and `--fail-on`: what is printed, what is left out, what is refused."""

import csv
import io
import json

import pytest

from inferscope.core.policy.rules import rules
from inferscope.tui.cli import main
from inferscope.tui.cli.parser import parse
from inferscope.tui.cli.policy import VIEWS

V3 = "deepseek-v3-h800"
EU, GPAI = "eu.aia.art51.systemic", "eu.gpai.indicative"


@pytest.fixture
def run(capsys):
    """Run a command line; its status, its output, its complaints."""

    def call(*arguments):
        status = main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def test_every_rule_is_in_the_machine_formats(run):
    status, out, err = run("policy", V3, "--format", "json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert [entry["id"] for entry in found["policy"]] == [rule.id for rule in rules()]
    assert found["as_of"] == "2025-02-28"
    lines = list(csv.DictReader(io.StringIO(run("policy", V3, "--format", "csv")[1])))
    assert [line["id"] for line in lines] == [rule.id for rule in rules()]
    eu = next(line for line in lines if line["id"] == EU)
    assert (eu["verdict"], eu["binding"], eu["counting"]) == ("does_not_apply", "false", "eu_cumulative")
    assert all(line["source"] for line in lines)


def test_the_table_is_for_a_narrow_terminal_and_says_what_is_doubtful(run):
    status, out, _ = run("policy", V3, "-v")
    assert status == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "Presumption of high-impact capabilities" in out
    assert "[doubtful: Official Journal date" in out.replace("\n      ", " ")
    assert "needs policy.monthly_users" in out
    assert out.count("[unverified") >= 2
    assert "Lower-density HBM" in out  # relief of a rule that is unknown


def test_the_table_says_first_what_applies_and_last_what_if(run):
    status, out, _ = run("policy", V3)
    lines = out.splitlines()
    assert (status, max(map(len, lines)) <= 80, len(lines) < 130) == (0, True, True)
    assert "true and in force: us.bis.2023.3a090a" in lines
    assert "true, not in force on this day: eu.gpai.indicative, eu.gpai.opensource_exemption" in lines
    wants = out.index("unknown for want of: ")
    assert wants < out.index("policy.hq_country (2 rules)") < out.index("Rules")
    assert out.index("What-ifs") < out.index("us.bill.gain")
    assert out.index("us.bis.2026.case_by_case") < out.index("What-ifs")
    assert "does not apply -0.13 (-26 %) from 2026-01-15 us.s232.2026.tariff" in lines
    assert len(out) < len(run("policy", V3, "--verbose")[1]) / 2


@pytest.mark.parametrize(
    ("word", "verdict", "true_means"),
    [
        ("applies", "applies", None),
        ("does_not_apply", "does_not_apply", None),
        ("unknown", "unknown", None),
        ("relief open", "applies", "relief"),
        ("No relief", "does_not_apply", "relief"),
    ],
)
def test_a_verdict_is_a_filter_also_in_words(run, word, verdict, true_means):
    every = json.loads(run("policy", V3, "--format", "json")[1])["policy"]
    wanted = [e for e in every if e["verdict"] == verdict and true_means in (None, e["true_means"])]
    found = json.loads(run("policy", V3, "--verdict", word, "--format", "json")[1])["policy"]
    assert [e["id"] for e in found] == [e["id"] for e in wanted]


def test_a_relief_of_a_rule_that_does_not_apply_is_left_out_of_the_table(run):
    small = ["--set", "training.flop=1e20"]
    _, out, _ = run("policy", V3, *small)
    assert "eu.gpai.opensource_exemption" not in out
    assert "left out: " in " ".join(out.split())
    found = json.loads(run("policy", V3, *small, "--format", "json")[1])["policy"]
    relief = next(entry for entry in found if entry["id"] == "eu.gpai.opensource_exemption")
    assert (relief["verdict"], relief["shown"]) == ("applies", False)


def test_the_day_changes_what_binds_and_not_the_verdict(run):
    found = []
    for day in ("2025-08-01", "2025-08-02"):
        entries = json.loads(run("policy", V3, "--on", day, "--format", "json")[1])["policy"]
        entry = next(entry for entry in entries if entry["id"] == GPAI)
        found.append((entry["verdict"], entry["binding"], entry["as_of"]))
    assert found == [("applies", False, "2025-08-01"), ("applies", True, "2025-08-02")]


@pytest.mark.parametrize(
    ("options", "holds"),
    [
        (["--jurisdiction", "us"], lambda e: e["jurisdiction"].startswith("US")),
        (["--jurisdiction", "US-CA"], lambda e: e["jurisdiction"] == "US-CA"),
        (["--jurisdiction", "EU", "--jurisdiction", "KR"], lambda e: e["jurisdiction"] in ("EU", "KR")),
        (["--status", "in force"], lambda e: e["status"] == "in_force"),
        (
            ["--scope", "chip", "--on", "2026-11-22", "--binding"],
            lambda e: e["scope"] == "chip" and e["binding"],
        ),
    ],
)
def test_filters_leave_what_fits(run, options, holds):
    _, out, _ = run("policy", V3, *options, "--format", "json")
    on = ["--on", "2026-11-22"] if "--on" in options else []
    every = json.loads(run("policy", V3, *on, "--format", "json")[1])["policy"]
    wanted = [entry["id"] for entry in every if holds(entry)]
    assert [entry["id"] for entry in json.loads(out)["policy"]] == wanted
    assert 0 < len(wanted) < len(every)


def test_markdown_footnotes_its_sources(run):
    _, out, _ = run("policy", V3, "--format", "md")
    assert f"| `{EU}` " in out
    assert "[^1]: AI Act Art. 51(1)-(2)" in out


def test_out_writes_a_file(run, tmp_path):
    assert run("policy", V3, "--format", "csv", "--out", tmp_path / "rules.csv") == (0, "", "")
    assert len((tmp_path / "rules.csv").read_text("utf-8").splitlines()) == len(rules()) + 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--on", "soon"], "--on: must be a date such as 2025-02-28, not 'soon'"),
        (["--on", "9999-12-31"], "--on: must be between 1900-01-01 and 2999-12-31, not 9999-12-31"),
        (["--on", "0001-01-01"], "--on: must be between 1900-01-01 and 2999-12-31, not 0001-01-01"),
        (
            ["--set", "policy.site_commissioned=9999-06-01"],
            "policy.site_commissioned: must be between 1900-01-01 and 2999-12-31, not 9999-06-01",
        ),
        (["--jurisdiction", "Mars"], "--jurisdiction: no rule has 'Mars': known are "),
        (["--verdict", "aplies"], "--verdict: no rule has 'aplies': did you mean applies"),
        (["--status", "in_farce"], "--status: no rule has 'in_farce': did you mean in_force"),
        (["--fail-on", "eu.aia.art51.sistemic"], "did you mean eu.aia.art51.systemic"),
        (["--set", "policy.destination=China"], "policy.destination: must be an ISO country code"),
        (["--set", "policy.monthly_user=3"], "policy.monthly_user: unknown key: did you mean monthly_users"),
        (["--on", "20260101"], "--on: must be a date such as 2025-02-28, not '20260101'"),
        (["--on", "2026-W01-1"], "--on: must be a date such as 2025-02-28, not '2026-W01-1'"),
        (["--set", "policy.destination=XX"], "policy.destination: must be an ISO country code"),
        (
            ["--set", "policy.rules=~nobody-of-this-name/x"],
            "policy.rules: '~nobody-of-this-name' is nobody's",
        ),
        (["--set", "policy.rules=/dev/zero"], "policy.rules: /dev/zero: is not a regular file"),
        (["--set", "policy.rules=absent.toml"], "policy.rules: absent.toml: no such file"),
    ],
)
def test_what_is_wrong_is_one_line(run, options, message):
    status, out, err = run("policy", V3, *options)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(("on", "built"), [("2999-12-31", "2999-06-01"), ("1900-01-01", "1900-06-01")])
def test_the_first_and_the_last_day_are_judged(run, on, built):
    assert run("policy", V3, "--on", on, "--set", f"policy.site_commissioned={built}")[0] == 0


@pytest.mark.parametrize("command", ["policy", "eval"])
@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        ([EU], 0, ""),
        ([GPAI], 1, f"--fail-on {GPAI}: applies"),
        ([EU, "--fail-on", GPAI], 1, f"--fail-on {GPAI}: applies"),
        (["us.fed.hr8094"], 1, "needs policy.monthly_users"),
        (["us.fed.hr8094", "--allow-unknown"], 0, ""),
        (["us.fed.hr8094", "--set", "policy.monthly_users=2e7"], 1, "--fail-on us.fed.hr8094: applies"),
    ],
)
def test_fail_on_is_the_exit_status(run, command, options, status, says):
    found, out, err = run(command, V3, "--fail-on", *options)
    assert found == status
    assert out
    assert (says in err) if says else not err


@pytest.mark.parametrize(
    ("day", "options", "status"),
    [
        ("2020-01-01", [], 1),
        ("2020-01-01", ["--binding"], 0),
        ("2026-11-22", ["--binding"], 1),
    ],
)
def test_fail_on_asks_for_the_dates_only_with_binding(run, day, options, status):
    asked = ["--on", day, "--fail-on", EU, *options]
    assert run("policy", "training-run-1e26", *asked)[0] == status


def test_fail_on_of_several_presets_is_the_worst(run):
    options = ["--fail-on", EU, "--format", "json"]
    assert run("eval", V3, V3, *options)[0] == 0
    assert run("eval", V3, V3, "--set", "training.flop=3.8e25", *options)[0] == 1


def test_rules_are_listed_and_shown(run):
    listed = json.loads(run("list", "rules", "--format", "json")[1])
    assert len(listed) == len(rules())
    assert run("show", "rule", EU)[1] == run("show", "rules", EU)[1]
    shown = json.loads(run("show", "rule", "us.bis.2023.3a090a", "--format", "json")[1])
    assert shown["predicate"] == (
        "(tpp at least 4,800 or (tpp at least 1,600 and performance_density at least 5.92))"
        " and (datacenter_marketed is yes or tpp at least 4,800)"
    )
    assert {"effect", "note", "citation", "address", "evidence", "reads"} <= set(shown)
    assert json.loads(run("show", "rule", EU, "--format", "json")[1])["counting"]["error_margin"] == 0.3


def test_a_rule_of_ones_own_may_read_any_quantity_and_be_shown(run, tmp_path):
    (tmp_path / "rules.toml").write_text(
        '[[rule]]\nid = "own.cost"\ntitle = "Dear"\njurisdiction = "own"\n'
        'predicate = { any = ["usd_per_query > 0.1", "monthly_users > 1e6", "tpp > 5000"] }\n',
        encoding="utf-8",
    )
    status, out, err = run("show", "rule", "own.cost", "--catalog", tmp_path, "--format", "json")
    assert (status, err) == (0, "")
    assert json.loads(out)["reads"] == {
        "usd_per_query": "USD; graph",
        "monthly_users": "1/month, deployment; policy.monthly_users",
        "tpp": "TOPS*bit, chip; graph",
    }


def test_a_rule_without_a_first_day_says_so_and_whose_it_is(run, tmp_path):
    rule = '[[rule]]\nid = "own.tpp"\ntitle = "Big"\njurisdiction = "own"\npredicate = "tpp > 5000"\n'
    (tmp_path / "rules.toml").write_text(rule, encoding="utf-8")
    catalog = ("--catalog", tmp_path)
    said = run("policy", "llama-3.1-70b-h100", "--jurisdiction", "own", *catalog, "-v")[1]
    assert "no first day given: what if; law" in said
    assert "no first day " in run("policy", "llama-3.1-70b-h100", "--jurisdiction", "own", *catalog)[1]
    shown = json.loads(run("show", "rule", "own.tpp", *catalog, "--format", "json")[1])
    assert "kind" not in shown
    assert shown["origin"] == f"user: {tmp_path / 'rules.toml'}"


# --- training compute by regime -------------------------------------------------------------------

PARTS = (
    *("--set", "training.flop=3e24", "--set", "training.own_synthetic_data_generation.flop=1e24"),
    *("--set", "training.merged_model_compute.flop=5e23"),
)


def test_the_counts_say_number_range_and_what_makes_the_difference(run):
    """3e24 + 1e24 + 0.5e24 = 4.5e24 for the EU's line, less and more 30 %; 3e24 where all else is open."""
    status, out, err = run("policy", V3, "--counts", *PARTS)
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    said = " ".join(out.split())
    assert "EU 1e25 counts most, 4.50e24 FLOP (3.15e24 to 5.85e24), 1.5 times the 3.00e24 of EU 1e23" in said
    assert "own synthetic data is most of the difference" in said
    assert "S own synthetic data 1.00e24 yes no may may may may" in said


def test_the_bars_are_as_long_as_what_they_count(run):
    out = run("policy", V3, "--counts", *PARTS)[1]
    bars = {
        line[:7].strip(): line[17:] for line in out.splitlines() if line[8:12].startswith(("3.00", "4.50"))
    }
    full = bars["EU 1e25"]
    assert [round(full.count(letter) / len(full), 2) for letter in "PSM"] == [0.67, 0.22, 0.11]
    assert set(bars["EU 1e23"]) == {"P", "m"}
    assert set(bars["States"]) == {"P", "s", "m"}
    assert bars["EU 1e23"].count("P") == full.count("P")


def test_the_counts_are_the_same_in_every_format(run):
    found = json.loads(run("policy", V3, "--counts", "--format", "json", *PARTS)[1])["counts"]
    assert found["regimes"]["eu_cumulative"]["flop"] == 4.5e24
    assert found["regimes"]["us_generic"]["high"] == 4.5e24
    assert found["regimes"]["eu_parameter_updates"]["counted"]["merged_model_compute"] == "may"
    assert found == json.loads(run("policy", V3, "--format", "json", *PARTS)[1])["counts"]
    lines = list(csv.DictReader(io.StringIO(run("policy", V3, "--counts", "--format", "csv", *PARTS)[1])))
    totals = {line["profile"]: float(line["flop"]) for line in lines if line["part"] == "total"}
    assert totals == {name: regime["flop"] for name, regime in found["regimes"].items()}
    assert "| counted |  | 4.50e24 |" in run("policy", V3, "--counts", "--format", "md", *PARTS)[1]


def test_a_part_that_is_not_known_is_open_at_the_end_of_its_bar(run):
    more = ("--set", "training.distillation_teacher_training.exists=true")
    out = run("policy", V3, "--counts", *PARTS, *more)[1]
    bars = {row[:7].strip(): row for row in out.splitlines() if row[8:12] in ("3.00", "4.50")}
    assert bars["Korea"].endswith(">")
    assert not bars["EU 1e25"].endswith(">")
    assert "how much is not known" in out


def test_the_table_of_rules_says_the_counts_in_a_line(run):
    out = " ".join(run("policy", V3, *PARTS)[1].split())
    assert "training compute: 4.50e24 by EU 1e25; 3.00e24 by EU 1e23, States, US open, Korea, 4E091" in out
    plain = " ".join(run("policy", V3, "-v")[1].split())
    assert "training compute: 3.25e24 FLOP by every regime's count" in plain


# --- lines that move ------------------------------------------------------------------------------


def test_lines_need_no_preset_and_fit_a_narrow_terminal(run):
    status, out, err = run("policy", "--lines", "--from", "2020", "--until", "2026")
    assert (status, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert len(out.splitlines()) <= 36
    assert out.startswith("A line of 1.00e25 FLOP catches ")
    assert "8 months (2 to 22)" in " ".join(out.split())
    for words in ("2024", "r relative", "models of this catalogue, not all there are", "(unverified)"):
        assert words in out


def test_lines_are_the_same_in_every_format(run):
    asked = ("policy", "--lines", "--line", "1e26", "--until", "2025")
    found = json.loads(run(*asked, "--format", "json")[1])
    lines = list(csv.DictReader(io.StringIO(run(*asked, "--format", "csv")[1])))
    caught = [line["id"] for line in lines if line["fixed_caught"].startswith("yes")]
    assert caught == [m["id"] for m in found["models"] if m["fixed"]["caught"].startswith("yes")]
    assert (
        found["total"]["fixed"]["caught"] == len(caught) == sum(y["fixed"]["caught"] for y in found["years"])
    )
    assert "| 2025 |" in run(*asked, "--format", "md")[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "policy needs a PRESET; --lines and --chips alone go without one"),
        ((V3, "--line", "1e25"), "--line goes with --lines, not with the rules"),
        ((V3, "--line", "0"), "--line goes with --lines, not with the rules"),
        ((V3, "--until", "2025"), "--until goes with --lines, not with the rules"),
        ((V3, "--lines"), "PRESET goes with the rules, --counts and --sites, not with --lines"),
        (("--lines", "--counts"), "--counts: not allowed with argument --lines"),
        (("--lines", "--sites"), "--sites: not allowed with argument --lines"),
        ((V3, "--counts", "--sites"), "--sites: not allowed with argument --counts"),
        (
            ("--lines", "--on", "2025-01-01"),
            "--on goes with the rules, --counts, --sites and --chips, not",
        ),
        (("--lines", "--binding"), "--binding goes with the rules, not with --lines"),
        ((V3, "--counts", "--fail-on", EU), "--fail-on goes with the rules, not with --counts"),
        ((V3, "--sites", "--catalog-ranges"), "--catalog-ranges goes with the rules and --counts, not with"),
        ((V3, "--sites", "-v"), "--verbose goes with the rules, not with --sites"),
        (("--lines", "--line", "0"), "line must be above 0"),
        (("--lines", "--line", "nan"), "line must be above 0"),
        (("--lines", "--share", "1.5"), "share must be above 0 and at most 1, not 1.5"),
        (
            ("--lines", "--from", "2026", "--until", "2020"),
            "the first year must not be after the last",
        ),
        (("--lines", "--base", "soon"), "--base: must be a date such as 2025-02-28, not 'soon'"),
        (("--lines", "--line", "much"), "--line: must be a number, not 'much'"),
        (("--lines", "--from", "20x"), "must be a year such as 2024"),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_line(run, arguments, said):
    status, out, err = run("policy", *arguments)
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_every_option_is_read_by_a_view():
    """An option that no view takes could only be refused, and one that is always taken is passed over."""
    told = set(vars(parse(["policy", V3]))) - {"command", "view", "catalog", "format", "out"}
    assert told == set().union(*(view.takes for view in VIEWS.values()))
