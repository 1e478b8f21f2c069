"""The screen of studies: run, watch, stop, sort, plot, write, and go on with a row."""

import asyncio
import csv
import io
import json
import threading

import pytest
from textual.widgets import OptionList, Static

from inferscope.core.errors import InferscopeError, ScenarioError
from inferscope.core.scenario import files
from inferscope.core.study.drawing import Axis, Curve, Mark, Series
from inferscope.core.study.table import Column, Table
from inferscope.tui import studies
from inferscope.tui.answer import answer
from inferscope.tui.forms import FormError, line_of, one_of, parts, share, whole, yes
from inferscope.tui.panels.form import Entry
from inferscope.tui.panels.sheetview import SheetView
from inferscope.tui.plots.chart import Chart
from inferscope.tui.screens.explorer import Explorer
from inferscope.tui.screens.reader import Reader
from inferscope.tui.screens.studies import Studies
from inferscope.tui.sheet import kept, sheet_of
from inferscope.tui.studies import Line, Study

SIZES = [(60, 16), (80, 24), (120, 40), (200, 60)]
GOES_ON = threading.Event()
"""Lets the study that waits go on."""
BEGUN = threading.Event()
"""Set when it has begun to wait."""

COLUMNS = (
    Column("workload.batch", "1"),
    Column("tpot_s", "s", "Time per output token"),
    Column("usd_per_query", "USD", "Cost per query"),
    Column("bound", "", "Bound by"),
    Column("max_requests_per_s", "1/s", "Most requests per second that can be served"),
    Column("fits_memory", "bool", "Fits"),
)


def sizes(_scenario, values, watch):
    """Batches in powers of two, all numbers made up."""
    count = whole(values, "count", 1, 100_000)
    if values["over"] == "nowhere":
        message = "is no key of a scenario: did you mean workload.batch?"
        raise ScenarioError(message, key="nowhere")
    if values["over"] == "never":
        message = "nothing can be computed there"
        raise InferscopeError(message)
    watch(0, count)
    batches = [float(2**place if count < 20 else place + 1) for place in range(count)]
    rows = tuple(
        (
            size,
            0.01 * (1 + size / 30),
            0.0042 / size + 0.0003,
            "compute" if size > 100 else "memory_bandwidth",
            None if size > 100 else 1e6 / size,
            size < 200,
        )
        for size in batches
    )
    axes = (Axis("workload.batch", "1", "Batch", log=True), Axis("usd_per_query", "USD", "Cost per query"))
    line = Series("cost", batches, [row[2] for row in rows])
    return Table(
        "Sweep over workload.batch",
        COLUMNS,
        rows,
        f"{count:,} rows; the best cost per query is 0.032 ct at workload.batch 256, a third of what the "
        "batch that is planned costs, and five times as slow.",
        tuple({"workload.batch": size} for size in batches),
        Curve("sweep", "Cost against batch", *axes, (line,), (Mark("now", 8.0, 0.000825),)),
        ("the batch is not planned where it is an axis", "numbers are made up"),
    )


def waits(_scenario, _values, watch):
    """Says how far it is until it is let go on."""
    BEGUN.set()
    for done in range(10_000):
        watch(done, 10_000)
        if GOES_ON.wait(0.005):
            break
    return Table("Waited", (Column("what"),), (("done",),), "It waited.", notes=())


def names(_scenario, _values, _watch):
    """Rows that are no scenarios, or none that changes anything; no plot."""
    rows = (("Cost", "USD", 0.0028), ("Time", "s", 0.05), ("Batch", "1", 64.0), ("None", "s", None))
    columns = (Column("quantity"), Column("unit"), Column("mid", "", "Mid", "unit"))
    return Table("Named", columns, rows, "Four rows.")


OVER = Line("over", "KEY=v1,v2 or KEY=lo:hi:n[:log]", "workload.batch=1:256:9:log", "several: join with ;")
FAKES = (
    Study("Names", "What stands in a few rows, and nothing else.", "study.table", (), names),
    Study(
        "Sizes",
        "Every combination of values of some inputs, a row each.",
        "study.table",
        (OVER, Line("count", "how many rows", "9"), Line("where", "conditions that rows have to meet")),
        sizes,
    ),
    Study("Waits", "Long work.", "study.table", (Line("of", "a number", lambda a: f"{a.as_of:%Y}"),), waits),
    Study("Later", "Not in this version.", "study.no_such_module", (), names),
)


@pytest.fixture
def faked(explore, monkeypatch):
    """Open the explorer with studies that are made up."""
    monkeypatch.setattr(studies, "STUDIES", FAKES)
    GOES_ON.clear()
    BEGUN.clear()
    yield explore
    GOES_ON.set()


def words(pilot, name):
    return str(pilot.app.screen.query_one(f"#{name}", Static).render())


async def until(pilot, holds, what):
    """Wait until something holds."""
    for _ in range(3000):
        await pilot.pause()
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(what)


async def done(pilot):
    """Wait until nothing runs and everything is drawn."""
    screen = pilot.app.screen
    await until(pilot, lambda: screen.busy is None and screen._asked is None, "still running")
    await pilot.pause()
    await pilot.pause()
    return screen


async def opened(pilot, name="Sizes"):
    """Open the studies and go to one, by keys."""
    await pilot.press("s")
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, Studies)
    await pilot.press(*["down"] * list(screen._studies).index(name))
    await pilot.pause()
    assert screen.desk.chosen == name
    return screen


async def ran(pilot, name="Sizes"):
    await opened(pilot, name)
    await pilot.press("enter")
    return await done(pilot)


def batches(screen):
    return [screen._found.sheet.cells[row][0] for row in range(len(screen._found.sheet.rows))]


# --- how it looks --------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_it_looks_as_stored(screen, matches_snapshot, faked, size):
    async with faked(size) as pilot:
        await opened(pilot)
        name = f"{size[0]}x{size[1]}"
        matches_snapshot(screen(pilot.app), f"studies-form-{name}")
        await pilot.press("enter")
        await done(pilot)
        matches_snapshot(screen(pilot.app), f"studies-found-{name}")
        await pilot.press("a", "right", "s")
        await done(pilot)
        await pilot.press("s", "down")
        await done(pilot)
        matches_snapshot(screen(pilot.app), f"studies-rows-{name}")
        if size[1] < 34:  # a larger one shows it beside the rows already
            await pilot.press("p")
            await until(pilot, lambda: pilot.app.screen.query(Chart), "no chart")
            await done(pilot)
            matches_snapshot(screen(pilot.app), f"studies-plot-{name}")
        assert max(map(len, screen(pilot.app).splitlines())) <= size[0]


async def test_without_colour_it_says_the_same(screen, matches_snapshot, faked, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with faked((80, 24)) as pilot:
        await ran(pilot)
        await pilot.press("a", "right", "s")
        await done(pilot)
        await pilot.press("s", "down")
        await done(pilot)
        matches_snapshot(screen(pilot.app), "studies-rows-80x24")


@pytest.mark.parametrize("size", [(59, 15), (40, 12), (10, 3), (1, 1)])
async def test_in_one_column_form_and_rows_take_turns(faked, size):
    async with faked(size) as pilot:
        screen = await ran(pilot)
        assert screen.query_one("#desk").display
        assert not screen.query_one("#outcome").display
        await pilot.press("a", "down", "right", "s", "p")
        await done(pilot)
        assert screen.query_one("#outcome").display
        assert not screen.query_one("#desk").display
        await pilot.press("tab")
        assert screen.query_one("#desk").display


async def test_another_size_keeps_what_is_shown(screen, faked):
    async with faked((80, 24)) as pilot:
        await ran(pilot)
        await pilot.press("a", "down", "down", "p")
        for size in ((200, 60), (60, 16), (120, 40), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            await pilot.pause()
            assert "row 3 of 9; column 1 of 6" in screen(pilot.app)
            assert ("▸         4" in screen(pilot.app)) == (size[1] >= 40)  # else the plot has their room


async def test_a_plot_is_shown_beside_the_rows_where_both_have_room(screen, faked):
    async with faked((120, 40)) as pilot:
        await ran(pilot)
        await until(pilot, lambda: pilot.app.screen.query(Chart), "no chart")
        await done(pilot)
        assert all(
            words_ in screen(pilot.app) for words_ in ("token (ms)", "Cost against batch", "p no plot")
        )
        await pilot.press("p")
        assert "Cost against batch" not in screen(pilot.app)
        assert "p plot" in words(pilot, "keys")


async def test_on_a_small_screen_a_plot_takes_the_place_of_the_rows(screen, faked):
    async with faked((80, 24)) as pilot:
        shown = await ran(pilot)
        assert "Cost against batch" not in screen(pilot.app)
        await pilot.press("p")  # from the list: the form goes, as it does for the rows
        await done(pilot)
        assert "Cost against batch" in screen(pilot.app)
        assert "token (ms)" not in screen(pilot.app)
        assert not shown.query_one("#desk").display
        assert shown.query_one(Chart).size.height >= 10
        assert "p rows" in words(pilot, "keys")
        await pilot.press("p")
        assert "token (ms)" in screen(pilot.app)
        await pilot.press("p", "a")
        await done(pilot)
        assert shown.query_one("#desk").display
        assert "token (ms)" in screen(pilot.app)
        await pilot.resize_terminal(80, 14)
        await pilot.pause()
        await pilot.press("p")
        assert words(pilot, "said") == "! a plot needs 15 rows of the screen"


# --- running -------------------------------------------------------------------------------------


async def test_what_is_not_there_is_not_offered(faked):
    async with faked() as pilot:
        screen = await opened(pilot, "Names")
        assert list(screen._studies) == ["Names", "Sizes", "Waits"]


async def test_without_any_study_it_says_so(explore, monkeypatch):
    monkeypatch.setattr(studies, "STUDIES", ())
    async with explore() as pilot:
        await pilot.press("s")
        assert isinstance(pilot.app.screen, Explorer)
        assert "no studies" in pilot.app.screen.query_one("MessageLine").text


async def test_enter_alone_gives_a_result(screen, faked):
    async with faked() as pilot:
        shown = await ran(pilot)
        assert "9 rows; the best cost per query" in words(pilot, "sentence")
        assert "a goes to them" in words(pilot, "said")
        assert "2 notes: n reads them" in words(pilot, "remark")
        text = screen(pilot.app)
        assert "• Sizes" in text
        assert "token (ms)" in text
        await pilot.press("n")
        assert isinstance(pilot.app.screen, Reader)
        assert "numbers are made up" in screen(pilot.app)
        await pilot.press("escape")
        assert pilot.app.screen is shown


async def test_it_says_how_far_it_is_and_keys_work_meanwhile(screen, faked):
    async with faked() as pilot:
        shown = await opened(pilot, "Waits")
        await pilot.press("enter")
        await until(pilot, lambda: " of 10,000 " in words(pilot, "said"), "no progress")
        assert "esc stop" in words(pilot, "keys")
        assert "… Waits" in screen(pilot.app)
        await pilot.press("up", "tab", "tab", *"0")
        assert shown.desk.chosen == "Sizes"
        assert shown.desk.values["Sizes"] == {"count": "90"}
        assert shown.busy is not None
        GOES_ON.set()
        await done(pilot)
        assert "Waits is done: 1 row; choose it to see them" in words(pilot, "said")
        assert shown.query_one(SheetView).sheet is None
        await pilot.press("shift+tab", "shift+tab", "down")
        assert shown.query_one(SheetView).sheet.cells == (("done",),)


async def test_what_is_older_than_its_form_or_a_stopped_run_says_so(faked):
    async with faked() as pilot:
        await ran(pilot)
        await pilot.press("tab", "down", "ctrl+u", "4")
        assert words(pilot, "remark").startswith("of the form before its last changes; 2 notes")
        await pilot.press("ctrl+u", "9")
        assert words(pilot, "remark").startswith("2 notes")
        await pilot.press("shift+tab", "shift+tab", "down", "enter")
        BEGUN.clear()
        GOES_ON.set()
        await done(pilot)
        GOES_ON.clear()
        await pilot.press("enter")
        await until(pilot, BEGUN.is_set, "not begun")
        await pilot.press("escape")
        assert words(pilot, "remark") == "from before the run that was stopped"
        GOES_ON.set()
        await pilot.press("enter")
        await done(pilot)
        assert words(pilot, "remark") == ""


async def test_keys_are_named_where_they_work(faked):
    async with faked() as pilot:
        await ran(pilot)
        assert "a rows" in words(pilot, "keys")
        await pilot.press("tab")
        assert "F6 rows" in words(pilot, "keys")  # a letter would be typed
        assert words(pilot, "said") == "over: KEY=v1,v2 or KEY=lo:hi:n[:log]; several: join with ;"
        await pilot.press("f6")
        assert "enter take row" in words(pilot, "keys")
        await pilot.press("a", "shift+tab", "up", "enter")
        await done(pilot)
        await pilot.press("a")
        assert "take row" not in words(pilot, "keys")


async def test_rows_that_were_not_kept_are_counted(faked, monkeypatch):
    def cut(_scenario, values, watch):
        return kept(sizes(_scenario, values | {"count": "2000", "over": ""}, watch), 90_000)

    monkeypatch.setattr(studies, "STUDIES", (Study("Cut", "Many.", "study.table", (OVER,), cut),))
    async with faked() as pilot:
        await ran(pilot, "Cut")
        said = words(pilot, "said")
        assert said == "Cut is done: 90,000 rows, of which the first 2,000 are kept; a goes to them"
        remark = "the first 2,000 of 90,000 rows are kept, 1,000 of them shown; sorting looks at no others"
        assert remark in words(pilot, "remark")
        await pilot.press("a")
        assert "row 1 of 1,000 shown of 2,000 kept of 90,000" in words(pilot, "said")


async def test_escape_stops_a_study_and_then_closes(faked):
    async with faked() as pilot:
        shown = await opened(pilot, "Waits")
        await pilot.press("enter")
        await until(pilot, BEGUN.is_set, "not begun")
        (worker,) = [worker for worker in pilot.app.workers if worker.group == "study"]
        await pilot.press("escape")
        assert pilot.app.screen is shown
        assert "was stopped" in words(pilot, "said")
        await until(pilot, lambda: worker.is_finished, "the thread goes on")
        await pilot.press("up", "enter")
        await done(pilot)
        assert shown._found.sheet.total == 9
        assert "Waits" not in shown.desk.found
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, Explorer)


async def test_leaving_and_starting_another_end_what_runs(faked):
    async with faked() as pilot:
        shown = await opened(pilot, "Waits")
        await pilot.press("enter")
        await until(pilot, BEGUN.is_set, "not begun")
        await pilot.press("up", "enter")
        await done(pilot)
        assert "Sizes is done" in words(pilot, "said")
        assert "Waits" not in shown.desk.found
        BEGUN.clear()
        await pilot.press("down", "enter")
        await until(pilot, BEGUN.is_set, "not begun")
        worker = shown._worker
        shown.dismiss("")
        await until(pilot, lambda: worker.is_finished, "the thread goes on")
        assert isinstance(pilot.app.screen, Explorer)


# --- the form ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "text", "said", "marked"),
    [
        ("count", "many", "! count: takes a whole number from 1 to 100,000, not 'many'", "count"),
        ("over", "nowhere", "! over: nowhere: is no key of a scenario: did you mean workload.batch?", "over"),
        ("over", "never", "! nothing can be computed there", ""),
    ],
)
async def test_what_is_wrong_is_said_beside_its_line(faked, line, text, said, marked):
    async with faked() as pilot:
        screen = await opened(pilot)
        await pilot.press("tab", *["down"] * (line == "count"), "ctrl+u", *text, "enter")
        await done(pilot)
        assert " ".join(words(pilot, "said").split()) == said
        names_ = [str(label.render()) for label in screen._form.query(".name")]
        assert [name for name in names_ if name.startswith("!")] == ([f"! {marked}"] if marked else [])
        assert isinstance(screen.focused, Entry)
        assert screen.focused.line.name == line
        await pilot.press("ctrl+u", "9")
        assert not any(str(label.render()).startswith("!") for label in screen._form.query(".name"))


async def test_a_wrong_line_is_gone_to_from_elsewhere(faked):
    async with faked() as pilot:
        screen = await opened(pilot)
        await pilot.press("tab", "down", "x", "shift+tab", "shift+tab", "enter")
        await done(pilot)
        assert screen.focused.line.name == "count"


async def test_keys_go_through_list_lines_and_rows_and_back(faked):
    async with faked() as pilot:
        screen = await ran(pilot)
        seen = []
        for _ in range(6):
            await pilot.press("tab")
            focused = screen.focused
            seen.append(focused.line.name if isinstance(focused, Entry) else focused.id)
        assert seen == ["over", "count", "where", "sheet", "study-list", "over"]
        await pilot.press("down", "down", "down", "down")
        assert screen.focused.id == "sheet"
        await pilot.press("f6")
        assert isinstance(screen.focused, OptionList)
        await pilot.press("slash", "down", "f6", "a")
        assert screen.focused.line.name == "count"


async def test_what_was_typed_and_found_stays_and_what_was_not_follows_the_scenario(faked):
    async with faked() as pilot:
        explorer = pilot.app.screen
        screen = await opened(pilot)
        await pilot.press("tab", "down", "ctrl+u", "4", "enter")
        await done(pilot)
        await pilot.press("escape")
        explorer.change_values({"as_of": "2025-06-01"}, "date")
        await pilot.press("s")
        await pilot.pause()
        screen = pilot.app.screen
        assert screen.desk.chosen == "Sizes"
        assert [entry.value for entry in screen._form.entries] == ["workload.batch=1:256:9:log", "4", ""]
        assert batches(screen) == ["1", "2", "4", "8"]
        assert "of the scenario before its last changes" in words(pilot, "remark")
        await pilot.press("down")
        assert [entry.value for entry in screen._form.entries] == ["2025"]


# --- rows ----------------------------------------------------------------------------------------


async def test_rows_are_sorted_by_the_marked_column_and_back(faked):
    async with faked((120, 40)) as pilot:
        screen = await ran(pilot)
        own = batches(screen)
        await pilot.press("a", "right", "right", "s")
        await done(pilot)
        assert batches(screen) == own[::-1]
        assert words(pilot, "said") == "by Cost per query (ct), the least first"
        await pilot.press("s")
        await done(pilot)
        assert batches(screen) == own
        assert "the greatest first" in words(pilot, "said")
        await pilot.press("s")
        await done(pilot)
        assert batches(screen) == own
        assert words(pilot, "said") == "in the study's own order"
        await pilot.press("right", "right", "s", "s")
        await done(pilot)
        assert batches(screen) == [*own[:7], "128", "256"]  # what has no value is last
        await pilot.press("left", "s")
        await done(pilot)
        assert batches(screen)[:2] == ["128", "256"]  # words by the alphabet


async def test_of_many_rows_a_thousand_are_shown_and_sorting_looks_at_all(screen, faked):
    async with faked() as pilot:
        shown = await opened(pilot)
        await pilot.press("tab", "down", "ctrl+u", *"3000", "enter")
        await done(pilot)
        assert len(batches(shown)) == 1000
        assert "1,000 of 3,000 rows shown, sorting looks at all" in words(pilot, "remark")
        await pilot.press("f6", "s")
        await done(pilot)
        await pilot.press("s")
        await done(pilot)
        assert batches(shown)[:2] == ["3,000", "2,999"]
        await pilot.press("end")
        assert "row 1,000 of 1,000 shown of 3,000" in words(pilot, "said")
        assert "▸     2,001" in screen(pilot.app)
        await pilot.press("home", "pagedown", "up", "up")
        assert f"row {shown.query_one(SheetView).room - 1} of" in words(pilot, "said")


async def test_numbers_have_the_unit_of_their_row_where_rows_differ(screen, faked):
    async with faked() as pilot:
        await ran(pilot, "Names")
        text = screen(pilot.app)
        assert [line for line in ("0.28 ct", "50 ms", "64", "None") if line not in text] == []
        assert "unit" not in text


async def test_a_row_becomes_the_scenario_and_undo_takes_it_back(faked):
    async with faked() as pilot:
        explorer = pilot.app.screen
        before = explorer.session.scenario
        await ran(pilot)
        await pilot.press("a", "down", "down", "enter")
        assert pilot.app.screen is explorer
        assert explorer.session.scenario.workload.batch.mid == 4
        assert explorer.answer.entry("batch")["value"] == 4
        assert explorer.query_one("MessageLine").text == ("From sizes: workload.batch 4; z takes it back")
        await pilot.press("z")
        assert explorer.session.scenario == before


async def test_rows_that_are_no_scenario_say_so(faked, monkeypatch):
    async with faked() as pilot:
        screen = await ran(pilot, "Names")
        await pilot.press("a", "enter")
        assert "no scenarios of their own" in words(pilot, "said")
        await pilot.press("p")
        assert "Names has no plot" in words(pilot, "said")
        await pilot.press("a", "down", "enter")
        await done(pilot)
        monkeypatch.setattr(screen.host, "take", lambda _changes, _what: "cannot be computed")
        await pilot.press("a", "enter")
        assert words(pilot, "said") == "! cannot be computed"
        assert pilot.app.screen is screen


async def test_without_a_result_nothing_is_taken_sorted_plotted_read_or_written(faked):
    async with faked() as pilot:
        screen = await opened(pilot)
        for key, said in {
            "a": "no rows yet",
            "s": "nothing to sort",
            "p": "no result",
            "n": "no result",
            "x": "nothing to export",
            "y": "nothing to copy",
        }.items():
            await pilot.press(key)
            assert said in words(pilot, "said")
            assert pilot.app.screen is screen


async def test_the_table_is_written_as_it_is_sorted_and_a_row_copied(faked, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    async with faked() as pilot:
        await ran(pilot)
        await pilot.press("a", "right", "right", "s")
        await done(pilot)
        await pilot.press("y")
        assert pilot.app.clipboard.startswith(
            "Sweep over workload.batch: workload.batch 256; Time per output token (ms) 95.3; "
            "Cost per query (ct) 0.0316; Bound by compute; Fits no ("
        )
        for steps, ending in enumerate((".csv", ".json", ".md", ".plot.csv", ".svg")):
            await pilot.press("x", *["down"] * steps, "enter")
            await pilot.pause()
            assert (tmp_path / f"dense-sizes{ending}").exists()
        rows = list(csv.DictReader(io.StringIO((tmp_path / "dense-sizes.csv").read_text())))
        assert [float(row["workload.batch"]) for row in rows] == [2.0**n for n in range(8, -1, -1)]
        found = json.loads((tmp_path / "dense-sizes.json").read_text())
        assert found["rows"][0]["changes"] == {"workload.batch": 256.0}
        assert "| 256 | 95.3 ms |" in (tmp_path / "dense-sizes.md").read_text()


# --- the studies that there are ------------------------------------------------------------------

REAL = [study.name for study in studies.studies()]


def test_all_of_them_are_there():
    assert [
        *("Uncertainty", "Sensitivity", "Sweep", "Solve", "Frontier", "Attribution", "Scaling"),
        "Lifecycle",
        "Break-even",
        "Place",
        "Access",
        "Sites",
        "Claims",
        "Validation",
    ] == REAL


@pytest.mark.parametrize("name", REAL)
async def test_each_study_is_run_sorted_and_gone_on_with_by_keys(explore, name):
    async with explore() as pilot:
        explorer = pilot.app.screen
        before = explorer.session.scenario
        screen = await ran(pilot, name)
        assert words(pilot, "said").startswith(f"{name} is done: ")
        found = screen._found.sheet
        assert found.total
        assert found.table.sentence[:30] in words(pilot, "sentence")
        await pilot.press("a", "right", "s")
        await done(pilot)
        assert screen._found.sheet.order.by is not None
        if found.table.curve is not None:
            await pilot.press("p")
            await until(pilot, lambda: screen.query(Chart), "no chart")
        usable = [row for row in range(found.total) if screen._found.sheet.changes(row)]
        if usable:
            await pilot.press(*["down"] * usable[-1], "enter")
            assert pilot.app.screen is explorer
            assert explorer.session.scenario != before
            await pilot.press("z")
        else:
            await pilot.press("escape")
        assert pilot.app.screen is explorer
        assert explorer.session.scenario == before


WRONG = {
    "Uncertainty": ("samples", "1"),
    "Sensitivity": ("of", "usd_per_qery"),
    "Sweep": ("over", "workload.batch=9:1:4"),
    "Solve": ("for", "tpot<=0.05"),
    "Frontier": ("accelerators", "h1000"),
    "Attribution": ("of", "bound"),
    "Scaling": ("view", "routes"),
    "Lifecycle": ("months", "none"),
    "Break-even": ("until", "-1"),
    "Place": ("hosts", "USA,KEN:2"),
    "Access": ("on", "soon"),
    "Sites": ("on", "2026-13-01"),
    "Claims": ("kind", "opinion"),
    "Validation": ("measurements", "nowhere.csv"),
}


@pytest.mark.parametrize("name", REAL)
async def test_each_study_says_what_is_wrong_beside_the_line(explore, name):
    line, text = WRONG[name]
    async with explore() as pilot:
        screen = await opened(pilot, name)
        lines = [entry.line.name for entry in screen._form.entries]
        await pilot.press("tab", *["down"] * lines.index(line), "ctrl+u", *text, "enter")
        await done(pilot)
        assert words(pilot, "said").startswith(f"! {line}: ")
        assert screen.focused.line.name == line
        assert screen._found is None


@pytest.mark.parametrize("name", REAL)
def test_each_study_starts_with_something_that_works(name, scenario_file):
    scenario = files.load(scenario_file).scenario
    study = next(study for study in studies.STUDIES if study.name == name)
    seen = []
    table = study.run(
        scenario,
        {line.name: line.start(answer(scenario)) for line in study.lines},
        lambda done, of: seen.append((done, of)),
    )
    assert table.rows
    assert table.sentence.endswith(".")
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert not table.changes or len(table.changes) == len(table.rows)


def run(name, scenario_file, **values):
    """A study with some lines filled in."""
    scenario = files.load(scenario_file).scenario
    study = next(study for study in studies.STUDIES if study.name == name)
    starts = {line.name: line.start(answer(scenario)) for line in study.lines}
    assert set(values) <= set(starts)
    return study.run(scenario, starts | values, lambda *_: None)


def test_forms_take_what_the_commands_take(scenario_file):
    few = run("Uncertainty", scenario_file, of="tpot_s; usd_per_query", samples="32")
    assert sorted(few["quantity"]) == ["tpot_s", "usd_per_query"]
    zipped = run("Sweep", scenario_file, zip="yes", over="workload.batch=1,2; workload.output_tokens=10,20")
    assert [row[:2] for row in zipped.rows] == [(1, 10), (2, 20)]
    beaten = run("Frontier", scenario_file, all="yes", keep="hardware.count, workload.batch")
    assert any(row is not None for row in beaten["beaten_by"])
    where = {"vary": "workload.input_tokens", "for": "usd_per_query", "against": "llama-3.1-70b-h100"}
    even = run("Solve", scenario_file, **where)
    assert "usd_per_query_against" in even.keys()  # noqa: SIM118  (a table is no mapping)
    pytest.importorskip("SALib")
    shared = run("Sensitivity", scenario_file, method="sobol", samples="8", seed="1", hold="yes")
    assert "total" in shared.keys()  # noqa: SIM118


@pytest.mark.parametrize(
    ("name", "line", "values"),
    [
        ("Sweep", "top", {"by": "tpot_s"}),
        ("Solve", "against", {"against": "no-such-preset", "for": "usd_per_query"}),
        ("Solve", "for", {"against": "llama-3.1-70b-h100", "for": "usd_per_query<=1"}),
        ("Uncertainty", "sampler", {"sampler": "dice"}),
        ("Sensitivity", "samples", {"samples": "many"}),
        ("Frontier", "all", {"all": "perhaps"}),
    ],
)
def test_lines_that_do_not_go_together_are_refused(name, line, values, scenario_file):
    with pytest.raises(InferscopeError) as caught:
        run(name, scenario_file, **values)
    assert line_of(caught.value, values) == line


@pytest.mark.parametrize("study", studies.STUDIES, ids=lambda study: study.name)
def test_what_a_line_takes_has_room_in_it_at_80_columns(study):
    assert [line.about for line in study.lines if len(line.about) > 43] == []
    hints = (f"{line.name}: {line.about}; {line.more}" for line in study.lines)
    assert [hint for hint in hints if len(hint) > 76] == []


def test_a_sweep_of_too_many_points_is_refused_and_of_many_cut_short(scenario_file, monkeypatch):
    scenario = files.load(scenario_file).scenario
    study = next(study for study in studies.STUDIES if study.name == "Sweep")
    values = {line.name: line.start(answer(scenario)) for line in study.lines}
    huge = "workload.batch=1:3000:3000; workload.input_tokens=1:90000:90000; slo.tpot_s=0.01:1:90000"
    with pytest.raises(InferscopeError, match="24,300,000,000,000 points"):
        study.run(scenario, values | {"over": huge}, lambda *_: None)
    monkeypatch.setattr(studies, "HELD", 5)
    table = study.run(scenario, values, lambda *_: None)
    assert len(table.rows) == 5
    assert "the first 5 of 9 rows" in table.notes[-1]
    assert sheet_of(table).made == 9
    best = study.run(scenario, values | {"top": "2", "by": "tpot_s"}, lambda *_: None)
    assert [row[0] for row in best.rows] == [1, 2]


# --- reading lines -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "read",
    [
        lambda: whole({"n": "1e99"}, "n", 1, 9),
        lambda: whole({"n": "٣"}, "n", 1, 9),
        lambda: whole({"n": ""}, "n", 1, 9),
        lambda: whole({"n": "10"}, "n", 1, 9),
        lambda: yes({"n": "perhaps"}, "n"),
        lambda: one_of({"n": ""}, "n", ("one", "other")),
        lambda: one_of({"n": "o"}, "n", ("one", "other")),
        lambda: share({"n": "1.5"}, "n"),
        lambda: share({"n": "nan"}, "n"),
        lambda: parts({"n": " ; "}, "n", "needs one"),
    ],
)
def test_what_does_not_fit_names_its_line(read):
    with pytest.raises(FormError) as caught:
        read()
    assert line_of(caught.value, {}) == "n"


def test_an_error_without_a_word_of_the_form_is_about_no_line():
    assert line_of(InferscopeError("cannot be"), {"over": "not"}) == ""
    assert (
        line_of(ScenarioError("cannot be", key="slo.tpot_s"), {"of": "x", "over": "slo.tpot_s=1,2"}) == "over"
    )
