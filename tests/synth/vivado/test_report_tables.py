"""Bordered tables: cells by the border's columns, and what is not whole is named."""

import pytest
from vivado_samples import bordered

from heddle.synth.vivado.report_tables import (
    Table,
    depth_of,
    is_open,
    label_of,
    printable,
    quoted,
    read_bare_table,
    read_table,
    shortened,
    unsigned,
)

COLUMNS = ["Site Type", "Used"]
ROWS = [["CLB LUTs*", "220"], ["  LUT as Memory", "0"]]
WHOLE = ["", *bordered(ROWS, COLUMNS).splitlines(), "* a note", "| not a row |"]


def test_a_whole_table_gives_its_columns_and_rows():
    table = read_table(WHOLE, "CLB Logic")
    assert table.columns == ("Site Type", "Used")
    assert table.rows[1] == ("  LUT as Memory", "              0"[-len(table.rows[1][1]) :])
    assert table.problem == ""


def test_a_table_without_heading_row_has_no_columns():
    lines = bordered([["Dynamic (W)", "2.5"], ["Device Static (W)", "1"]]).splitlines()
    table = read_bare_table(lines, "Summary")
    assert (table.columns, len(table.rows), table.problem) == ((), 2, "")
    assert read_table(lines, "Summary").problem == "the table 'Summary' has lines out of place"
    assert read_bare_table(WHOLE, "Summary") == Table((), (), "the table 'Summary' has lines out of place")
    assert read_bare_table(lines[:2], "Summary").problem == "ends inside the table 'Summary'"
    assert read_bare_table([], "Summary").problem == "the section 'Summary' has no table"


def test_a_table_may_have_no_rows():
    assert read_table(bordered([], COLUMNS).splitlines(), "Black Boxes") == Table(("Site Type", "Used"), (), "")


def test_a_bar_inside_a_cell_is_text():
    table = read_table(bordered([["a|b", "1"]], COLUMNS).splitlines(), "x")
    assert table.rows[0][0] == "a|b"


@pytest.mark.parametrize("cut", range(1, len(bordered(ROWS, COLUMNS).splitlines())))
def test_a_table_cut_off_anywhere_says_so_and_keeps_whole_rows(cut):
    lines = bordered(ROWS, COLUMNS).splitlines()
    table = read_table(lines[:cut], "CLB Logic")
    assert table.problem == "ends inside the table 'CLB Logic'"
    assert [row[0] for row in table.rows] == [row[0] for row in ROWS[: max(0, cut - 3)]]


@pytest.mark.parametrize("lost", range(len(bordered(ROWS, COLUMNS).splitlines())))
def test_a_table_without_one_of_its_lines_gives_no_other_row_and_no_column_but_its_own(lost):
    lines = bordered(ROWS, COLUMNS).splitlines()
    table = read_table([*lines[:lost], *lines[lost + 1 :], "", "text"], "CLB Logic")
    assert table.columns in ((), ("Site Type", "Used"))
    if table.columns:
        assert {row[0] for row in table.rows} <= {row[0] for row in ROWS}


def test_a_damaged_row_is_named_and_left_out():
    lines = WHOLE.copy()
    lines[4] = lines[4].replace("220 |", "220")
    table = read_table(lines, "CLB Logic")
    assert table.problem.startswith("the table 'CLB Logic' has a damaged row: '| CLB LUTs*")
    assert [row[0] for row in table.rows] == ["  LUT as Memory"]


def test_borders_out_of_place_make_no_table():
    lines = bordered(ROWS, COLUMNS).splitlines()
    table = read_table([*lines[:4], lines[0], *lines[4:]], "CLB Logic")
    assert table == Table((), (), "the table 'CLB Logic' has lines out of place")


def test_a_section_without_table_says_so():
    assert read_table(["text", ""], "BLOCKRAM").problem == "the section 'BLOCKRAM' has no table"


def test_a_column_is_found_by_its_name_if_one_has_it():
    table = Table(("Used", "DSP Blocks", "Used"), (), "")
    assert table.column(["DSP48 Blocks", "DSP Blocks"]) == 1
    assert table.column(["Used"]) is None
    assert table.column(["Fixed"]) is None


@pytest.mark.parametrize(
    ("text", "value"), [("220", 220.0), (" 98.5 ", 98.5), ("0.00", 0.0), ("000123456789012", 123456789012.0)]
)
def test_plain_numbers_are_read(text, value):
    assert unsigned(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "1,234", "1 234", "<0.01", "1e3", ".5", "5.", "0x10", "12 W", "NA", "nan", "inf", "٣", "9" * 400],
)
def test_anything_else_is_no_number(text):
    assert unsigned(text) is None


@pytest.mark.parametrize("text", ["", " ", "---", "NA", "Unspecified*", "n/a"])
def test_open_values_are_known(text):
    assert is_open(text)
    assert not is_open("0")


def test_indentation_is_depth():
    assert [depth_of(cell) for cell in ("a", "  a", "      a b", "   a")] == [0, 1, 3, None]
    assert label_of("  BUFGCTRL*") == "BUFGCTRL"


def test_text_of_a_file_is_one_printable_line_in_a_message():
    assert printable("a\tb\n\x1b[31m\u2028c") == r"a b \x1b[31m c"
    assert quoted("x" * 100) == f"'{'x' * 40}...'"


def test_many_faults_of_a_table_are_one_line():
    assert shortened(["a", "b", "c"]) == ("a (and 2 more)",)
    assert shortened(["a"]) == ("a",)
    assert shortened([]) == ()
