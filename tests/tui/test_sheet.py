"""A study's table as text: which unit, which columns, how they are headed, and what a cell keeps."""

from inferscope.core.study.table import Column, Table
from inferscope.tui.columns import head_of, in_lines, laid_out, shown_columns
from inferscope.tui.sheet import Order, kept, sheet_of

BARS = Table(
    "Bars",
    (Column("what"), Column("bar", "", "Bar")),
    (("all off", "######"), ("fp8", "   ---"), ("two\nlines", " - ")),
)
COSTS = Table("Costs", (Column("usd_per_query", "USD", "Cost"),), ((0.113,), (0.0569,), (0.0029,), (None,)))
MIXED = Table(
    "Mixed",
    (
        Column("label", "", "Quantity"),
        Column("unit"),
        Column("p5", "", "5 %", "unit"),
        Column("p95", "", "95 %", "unit"),
        Column("true", "%", "True in"),
        Column("mid", "", "Mid", "unit"),
        Column("quantity"),
    ),
    (
        ("Cost per query", "USD", 0.09, 4.86, None, 1.0, "usd_per_query"),
        ("Output tokens per second and accelerator", "tokens/s", 439.0, 560.0, None, 498.0, "rate"),
        ("Memory used", "1", 0.15, 0.21, None, 0.185, "memory_used_fraction"),
        ("A rule", "", None, None, 12.0, None, "rule"),
    ),
)


def columns(sheet, name):
    (place,) = [i for i, head in enumerate(sheet.heads) if head.label.startswith(name)]
    return [row[place] for row in sheet.cells]


def test_a_bar_begins_where_it_begins():
    assert columns(sheet_of(BARS), "Bar") == ["######", "   ---", " -"]
    assert sheet_of(BARS).words(1) == "what fp8; Bar ---"


def test_a_column_has_one_unit():
    sheet = sheet_of(COSTS)
    assert sheet.heads[0].label == "Cost (ct)"
    assert columns(sheet, "Cost") == ["11.3", "5.69", "0.29", "-"]


def test_both_ends_of_a_range_have_the_same_unit():
    ends = (Column("at_low", "USD", "At low"), Column("at_high", "USD", "At high"))
    sheet = sheet_of(Table("Ends", ends, ((4.86, 0.091), (4.5, 0.082))))
    assert [head.label for head in sheet.heads] == ["At low (USD)", "At high (USD)"]


def test_a_row_has_one_unit_beside_its_numbers():
    sheet = sheet_of(MIXED)
    assert [head.label for head in sheet.heads[:4]] == ["Quantity", "5 %", "95 %", "Unit"]
    assert columns(sheet, "5 %") == ["0.09", "439", "15", "-"]
    assert columns(sheet, "95 %") == ["4.86", "560", "21", "-"]
    assert columns(sheet, "Unit") == ["USD", "tokens/s", "%", ""]
    assert columns(sheet, "Mid") == ["1 USD", "498 tokens/s", "18.5 %", "-"]  # apart from its unit's column
    assert "5 % 15 %; 95 % 21 %; Mid 18.5 %" in sheet.words(2)
    assert columns(sheet.in_order(Order(2)), "5 %") == ["0.09", "15", "439", "-"]  # as read before


def test_the_unit_of_a_row_is_shown_with_its_numbers():
    heads = sheet_of(MIXED).heads
    for chosen in range(len(heads)):
        for width in range(20, 120, 7):
            shown = shown_columns(heads, chosen, width)
            assert all(heads[place].beside in (None, *shown) for place in shown)


def test_names_of_rows_are_shortened_where_another_column_then_has_room():
    heads = sheet_of(MIXED).heads
    assert heads[0].width == 40
    shown = laid_out(heads, 0, 60, 3)
    assert list(shown) == [0, 1, 2, 3, 4]
    assert 26 <= shown[0].width < 40
    assert laid_out(heads, 0, 300, 3)[0].width == 40


def test_a_heading_of_fewer_lines_keeps_the_words_that_tell():
    head = head_of(0, "At low", "ct", 5, right=True)
    assert head.lines == ("At low", "(ct)")
    assert in_lines(head, 2) is head
    assert in_lines(head, 1).lines == ("At low (ct)",)
    long = head_of(0, "Most requests per second that can be served", "per second", 4, right=True)
    for most in (1, 2):
        lines = in_lines(long, most).lines
        assert len(lines) == most
        assert lines[0].startswith("Most")
        assert lines[-1].endswith("(per second)")


def test_a_table_that_was_cut_knows_how_many_rows_there_were():
    sheet = sheet_of(kept(COSTS, 90_000))
    assert (sheet.total, sheet.made) == (4, 90_000)
    assert sheet.in_order(Order(0)).made == 90_000
    assert len(sheet.ordered.rows) == 4
    assert sheet_of(COSTS).made == 4
