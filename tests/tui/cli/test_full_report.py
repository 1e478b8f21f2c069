"""`inferscope report`: the page says what `eval` says, stands alone, and takes texts for texts."""

import datetime as dt
import errno
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from importlib import import_module
from importlib.resources import files
from itertools import pairwise

import pytest

from inferscope.core.export import drawn
from inferscope.core.export.document import document
from inferscope.core.export.page import as_html
from inferscope.core.export.page_md import as_markdown
from inferscope.core.scenario.files import load
from inferscope.core.shown import shown
from inferscope.tui.cli import main

PRESETS = ["deepseek-v3-h800", "llama-3.1-70b-h100", "training-run-1e26"]
TODAY = dt.date(2026, 11, 26)
VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}
STYLE = files("inferscope.core.export").joinpath("report.css").read_text(encoding="utf-8")
NASTY = '"><script>a()</script><img src=x onerror=b()>{{ 7*7 }}`z`[a](data:c)$x$ ${y}'


class Page(HTMLParser):
    """What stands in a page; a tag that does not close what is open is an error."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.texts, self.cells = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        assert len(given) == len(attrs), f"an attribute twice in {tag}"
        self.tags.append((tag, given))
        if "id" in given:
            self.ids.append(given["id"])
        if "data-quantity" in given:
            self.cells.append([given, ""])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
        if self.cells and "td" in self.open:
            self.cells[-1][1] += data

    def named(self, tag):
        return [given for name, given in self.tags if name == tag]


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main([*arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "three.html"
    assert main(["report", *PRESETS, "-o", str(path)]) == 0
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def nasty(tmp_path):
    """A scenario in which every text is as unkind as it can be."""
    path = tmp_path / "nasty.toml"
    words = json.dumps(NASTY)
    path.write_text(
        "schema_version = 1\n"
        f'extends = "llama-3.1-70b-h100"\nname = {words}\ndescription = {words}\nquestion = {words}\n'
        f"[site]\npue = {{ value = 1.2, source = {words} }}\n",
        encoding="utf-8",
    )
    return path


def test_every_number_is_that_of_eval(run, page):
    _, out, _ = run("eval", *PRESETS, "--format", "json")
    expected = {
        (report["scenario_hash"], name): entry
        for report in json.loads(out)
        for name, entry in report["quantities"].items()
    }
    found = {(given["data-scenario"], given["data-quantity"]) for given, _ in page.cells}
    assert found == expected.keys()
    for given, said in page.cells:
        entry = expected[given["data-scenario"], given["data-quantity"]]
        for key in ("value", "low", "high"):
            written = given[f"data-{key}"]
            if entry[key] is None:
                assert written == ""
            elif isinstance(entry[key], float):
                assert float(written) == entry[key]
            else:
                assert written == str(entry[key]).lower()
        assert given["data-unit"] == entry["unit"]
        assert said.startswith(shown(entry, given["data-quantity"]))


def test_a_cost_has_its_basis_and_energy_its_boundary(page):
    for given, said in page.cells:
        known = given["data-value"] != ""
        if given["data-quantity"].startswith("usd_per_query") and known:
            assert "basis" in said
        if given["data-quantity"] == "wh_per_query" and known:
            assert "facility" in said


def test_the_page_needs_nothing_from_elsewhere(text, page):
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "video"}
    for tag, given in page.tags:
        assert not given.keys() & {"src", "srcset", "action", "poster", "data", "background"}
        for key in ("href", "xlink:href"):
            if not given.get(key, "#").startswith("#"):
                assert tag == "a"
                assert re.match(r"https?://", given[key])
    assert "@import" not in text
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))


def test_the_page_is_well_formed_and_its_links_lead_somewhere(page):
    assert len(page.ids) == len(set(page.ids))
    for given in (given for _, given in page.tags):
        for key in ("href", "xlink:href"):
            if given.get(key, "").startswith("#"):
                assert given[key][1:] in page.ids
        for name in given.get("aria-labelledby", "").split():
            assert name in page.ids


def test_the_page_can_be_read_aloud(page):
    assert page.named("html")[0]["lang"] == "en"
    assert len(page.named("h1")) == 1
    assert len(page.named("table")) == len(page.named("caption"))
    assert all("scope" in given for given in page.named("th"))
    drawings = page.named("svg")
    assert len(drawings) > 8
    for given in drawings:
        assert given["role"] == "img"
        assert given.get("aria-labelledby") or given.get("aria-label")
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_sources_are_numbered_and_each_is_cited(text, page):
    numbers = [int(name.removeprefix("source-")) for name in page.ids if name.startswith("source-")]
    assert numbers == list(range(1, len(numbers) + 1))
    cited = set()
    for words in re.findall(r'<td data-label="sources?"[^>]*>(.*?)</td>', text, re.DOTALL):
        for first, last in re.findall(r"(\d+)(?:-(\d+))?", re.sub(r"<[^>]*>", "", words)):
            cited |= set(range(int(first), int(last or first) + 1))
    assert cited == set(numbers)


def test_what_it_takes_to_make_it_again_stands_in_it(text):
    assert f"inferscope report {' '.join(PRESETS)} -o" in text
    for name in PRESETS:
        hashed = re.search(r"[0-9a-f]{64}", main_json(name))[0]
        assert f"<code>{hashed}</code>" in text


def main_json(name):
    from inferscope.core.report import report

    return report(load(name).scenario)["scenario_hash"]


def test_every_text_of_a_user_stays_a_text(tmp_path):
    doc = document([load(str(nasty(tmp_path)))], TODAY, NASTY)
    page = Page(as_html(doc))
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img"}
    assert len(page.ids) == len(set(page.ids))
    assert not any(key.startswith("on") for _, given in page.tags for key in given)
    assert not any("data:" in given.get("href", "") for _, given in page.tags)
    words = "".join(page.texts)
    assert words.count(NASTY) >= 4  # heading, question, description, command, source, file


def test_in_markdown_too(tmp_path):
    text = as_markdown(document([load(str(nasty(tmp_path)))], TODAY, "x"))
    prose = re.sub(r"^(`{3,})\w+\n.*?\n\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"(?<!\\)<", prose)
    assert not re.search(r"(?<!\\)\]\(", prose)
    assert "\\<script>" in prose


def test_markdown_gives_the_same_figures(run):
    _, out, _ = run("report", *PRESETS[:2])
    _, said, _ = run("eval", *PRESETS[:2], "--format", "json")
    for name in ("usd_per_query", "tpot_s", "wh_per_query", "facility_mw"):
        row = next(line for line in out.splitlines() if f"| `{name}` |" in line)
        for report in json.loads(said):
            assert shown(report["quantities"][name], name) in row
    assert not re.search(r"(?<!\\)<(?!br)", out.partition("## To make it again")[0])


def test_the_same_scenario_and_day_give_the_same_bytes():
    loaded = [load("llama-3.1-70b-h100")]
    first, second = (as_html(document(loaded, TODAY, "x")) for _ in range(2))
    assert first == second


def test_published_figures_stand_beside_those_here(page, run):
    words = " ".join(" ".join(page.texts).split())
    (report,) = [json.loads(run("eval", "deepseek-v3-h800", "--format", "json")[1])]
    for item in report["scenario"]["published"]:
        assert item["claim"] in words
    assert "cost of the day at 2 USD per accelerator-hour 87,072 USD 87,072 USD 1.00" in words


def test_different_bases_and_boundaries_are_said_not_to_compare():
    from inferscope.tui.cli.eval_ import loaded_with

    loaded = [
        loaded_with("llama-3.1-70b-h100", []),
        loaded_with("llama-3.1-70b-h100", ["economics.basis=owned", "site.boundary=server"]),
    ]
    said = " ".join(document(loaded, TODAY, "x").carried)
    assert "the basis differs (A rental, B owned)" in said
    assert "the boundary differs (A facility, B server)" in said
    assert "cost" in said.partition("server).")[2]  # few keys differ: what carries it is said


def test_a_day_moves_the_rules(run):
    _, out, _ = run("report", "deepseek-v3-h800", "--on", "2025-08-02")
    row = next(line for line in out.splitlines() if line.startswith("| `eu.gpai.indicative` "))
    assert "in force" in row


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["deepseek-v3-h800", "-o", "report.pdf"], "ends in .html or .md"),
        (["deepseek-v3-h800", "-o", "/nowhere/report.html"], "cannot be written"),
        (["deepseek-v3-h800", "--kind", "policy", "-o", "brief.html"], "ends in .md"),
        (["nothing-such", "-o", "report.html"], "nothing-such"),
        (["deepseek-v3-h800"] * 7, "up to 6 scenarios"),
    ],
)
def test_bad_input_has_one_line_and_status_two(run, words, said):
    status, out, err = run("report", *words)
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_a_full_disk_leaves_the_old_report_whole(run, monkeypatch, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    status, _, err = run("report", "llama-3.1-70b-h100", "-o", str(path))
    assert status == 2
    assert "No space left on device; nothing was changed" in err
    assert len(err.strip().splitlines()) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("missing", ["jinja2", "matplotlib"])
def test_without_the_extra_one_line_says_what_to_install(run, monkeypatch, tmp_path, missing):
    def absent(name):
        if name.partition(".")[0] == missing:
            raise ImportError(name)
        return import_module(name)

    monkeypatch.setattr(drawn, "import_module", absent)
    path = tmp_path / "report.html"
    status, _, err = run("report", "deepseek-v3-h800", "-o", str(path))
    assert status == 2
    assert "pip install jinja2 matplotlib" in err
    assert len(err.strip().splitlines()) == 1
    assert not path.exists()
    assert run("report", "llama-3.1-70b-h100", "-o", str(path.with_suffix(".md")))[0] == 0


def test_an_answer_of_no_is_the_status(run, tmp_path):
    path = tmp_path / "no.md"
    status, _, _ = run("report", "llama-3.1-70b-h100", "--set", "hardware.count=1", "--set",
                       "hardware.tensor_parallel=1", "--set", "optimizations.weight_format=bf16",
                       "-o", str(path))  # fmt: skip
    assert status == 1
    assert "does not fit" in path.read_text(encoding="utf-8")


# --- how it looks ---------------------------------------------------------------------------------


def palettes():
    """The colours of the page in light, dark and on paper."""
    return [
        dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block)) for block in STYLE.split(":root {")[1:]
    ]


def contrast(one, other):
    """The contrast of two colours by WCAG 2: black on white has 21."""

    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_counted_right():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_text_and_lines_stand_out_in_light_dark_and_on_paper():
    found = palettes()
    assert len(found) == 3
    for colours in found:
        for text in ("ink", "soft", "link", "mark", "yes"):
            assert contrast(colours[text], colours["paper"]) >= 4.5, text
        assert contrast(colours["soft"], colours["shade"]) >= 4.5
        for line in ("line-1", "line-2", "line-3", "line-4"):
            assert contrast(colours[line], colours["paper"]) >= 3, line


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here to look with")
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_hangs_over_the_edge(text, tmp_path, width):
    tmp_path.joinpath("report.html").write_text(text, encoding="utf-8")
    look = f"""<iframe src="report.html" style="border:0;width:{width}px;height:900px"></iframe><p></p>
    <script>onload = () => document.querySelector("p").textContent =
      "wide " + document.querySelector("iframe").contentDocument.documentElement.scrollWidth</script>"""
    tmp_path.joinpath("look.html").write_text(look, encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    options += ["--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path}/profile", "--dump-dom"]
    done = subprocess.run(
        [BROWSER, *options, tmp_path.joinpath("look.html").as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert int(re.search(r"wide (\d+)", done.stdout)[1]) <= width
