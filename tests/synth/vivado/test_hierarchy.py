"""report_utilization -hierarchical: instances, their depth, and what of them could not be read."""

import pytest
from vivado_samples import TREE, hierarchy

from heddle.synth.vivado.read import read_report
from heddle.synth.vivado.reports import ModuleUse

TITLE = "Utilization by Hierarchy"


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "any.rpt"
        path.write_text(text)
        found = read_report(path)
        (report,) = found.hierarchy
        assert found.utilisation == ()
        return report, [(item.section, item.reason) for item in found.unread]

    return read_text


def test_instances_come_in_order_with_their_depth(read):
    report, unread = read(hierarchy())
    assert unread == []
    assert report.header.design == "heddle_array"
    assert [(item.instance, item.depth) for item in report.modules] == [
        ("heddle_array", 0),
        ("(heddle_array)", 1),
        ("pe_0", 1),
        ("multiplier|a", 2),
        ("pe_1", 1),
    ]
    assert report.modules[2] == ModuleUse("pe_0", "heddle_uspe", 1, 140.0, 200.0, 1.5, 0.0, 4.0)


def test_a_family_without_ultraram_has_none_and_its_dsp_column_has_another_name(read):
    report, unread = read(hierarchy(uram=False, release="2018.3"))
    assert unread == []
    assert [(item.uram, item.dsp) for item in report.modules[:2]] == [(None, 8.0), (None, 0.0)]


def test_percentages_behind_the_numbers_are_left_out(read):
    rows = [(*row[:2], *(f"{cell}({cell}.5%)" for cell in row[2:-1]), f"{row[-1]}(<0.01%)") for row in TREE]
    plain, _ = read(hierarchy())
    report, unread = read(hierarchy(rows))
    assert (report.modules, unread) == (plain.modules, [])


def test_a_cell_that_is_no_number_is_none_and_named_once(read):
    rows = [(*row[:7], "1,0", *row[8:]) for row in TREE]
    report, unread = read(hierarchy(rows))
    assert [item.bram36 for item in report.modules] == [None] * 5
    assert [item.lut for item in report.modules] == [300.0, 20.0, 140.0, 90.0, 140.0]
    assert unread == [(TITLE, "RAMB36 of 'heddle_array' is '1,0' (and 4 more)")]


def test_an_odd_indentation_is_no_place_in_the_hierarchy(read):
    report, unread = read(hierarchy([TREE[0], ("   odd", *TREE[2][1:]), TREE[4]]))
    assert [item.instance for item in report.modules] == ["heddle_array", "pe_1"]
    assert unread == [(TITLE, "instance 'odd' has no place in the hierarchy")]


def test_a_file_cut_inside_the_table_keeps_the_whole_rows(read):
    text = hierarchy()
    report, unread = read(text[: text.index("pe_1") + 60])
    assert [item.instance for item in report.modules] == ["heddle_array", "(heddle_array)", "pe_0", "multiplier|a"]
    assert unread == [(TITLE, "ends inside the table 'Utilization by Hierarchy'")]


def test_a_missing_column_is_named(read):
    report, unread = read(hierarchy().replace("| FFs |", "| Fxs |"))
    assert {item.ff for item in report.modules} == {None}
    assert unread == [(TITLE, "the table 'Utilization by Hierarchy' lacks the column 'FFs'")]
    report, unread = read(hierarchy().replace("| Instance ", "| Instanse "))
    assert report.modules == ()
    assert unread == [(TITLE, "the table 'Utilization by Hierarchy' lacks the column 'Instance' or 'Module'")]


def test_two_such_sections_are_no_answer(read):
    text = hierarchy()
    start = text.index("1. Utilization by Hierarchy\n-")
    report, unread = read(text + text[start:])
    assert report.modules == ()
    assert unread == [(TITLE, "the report has more than one such section")]
