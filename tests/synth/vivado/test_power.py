"""report_power: the summary and the on-chip table."""

import pytest
from vivado_samples import ON_CHIP, SUMMARY_OF_POWER, power

from heddle.synth.vivado.read import read_report
from heddle.synth.vivado.reports import Header, PowerComponent


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "any.rpt"
        path.write_text(text)
        found = read_report(path)
        (report,) = found.power
        return report, [(item.section, item.reason) for item in found.unread]

    return read_text


def with_value(name, value):
    return tuple((key, value if key == name else text) for key, text in SUMMARY_OF_POWER)


@pytest.mark.parametrize("release", ["2018.3", "2021.2", "2025.2"])
@pytest.mark.parametrize("first", [1, 7])
def test_the_summary_and_the_parts_are_read(read, release, first):
    report, unread = read(power(release, first=first))
    assert unread == []
    assert (report.total_w, report.dynamic_w, report.static_w) == (12.718, 10.021, 2.697)
    assert (report.junction_c, report.confidence) == (35.1, "Medium")
    assert report.header.design_state == "routed"
    assert report.components[:4] == (
        PowerComponent("Clocks", 0, 0.966, False),
        PowerComponent("CLB Logic", 0, 2.15, False),
        PowerComponent("LUT as Logic", 1, 1.921, False),
        PowerComponent("LUT as Shift Register", 1, 0.001, True),
    )
    assert [item.name for item in report.components[-2:]] == ["Static Power", "Total"]


def test_a_report_without_its_head_is_known_by_its_titles(read):
    report, unread = read("# note\n" + power(with_head=False))
    assert unread == []
    assert report.header == Header("", "", "", "")
    assert report.total_w == 12.718


def test_an_overheated_chip_has_a_remark_behind_its_power(read):
    report, unread = read(power(summary=with_value("Total On-Chip Power (W)", "63.119 (Junction temp exceeded!)")))
    assert (report.total_w, unread) == (63.119, [])


@pytest.mark.parametrize("text", ["NA", "---", "Unspecified*", ""])
def test_an_open_value_is_none(read, text):
    report, unread = read(power(summary=with_value("Dynamic (W)", text)))
    assert (report.dynamic_w, report.total_w, unread) == (None, 12.718, [])


@pytest.mark.parametrize("text", ["<0.001", "2,5", "2.5 mW", "-2.5", "1e-3"])
def test_a_value_that_is_no_number_is_none_and_named(read, text):
    report, unread = read(power(summary=with_value("Dynamic (W)", text)))
    assert (report.dynamic_w, report.total_w) == (None, 12.718)
    assert unread == [("Summary", f"'Dynamic (W)' is '{text}'")]


def test_an_absent_row_is_none_and_an_open_confidence_is_empty(read):
    rows = tuple(pair for pair in SUMMARY_OF_POWER if not pair[0].startswith(("Junction", "Confidence")))
    report, unread = read(power(summary=rows))
    assert (report.junction_c, report.confidence, unread) == (None, "", [])
    report, unread = read(power(summary=with_value("Confidence Level", "NA")))
    assert (report.confidence, unread) == ("", [])


def test_another_unit_is_not_read_as_watts(read):
    summary = tuple((name.replace("(W)", "(mW)"), value) for name, value in SUMMARY_OF_POWER)
    report, unread = read(power(summary=summary))
    assert (report.total_w, report.dynamic_w, report.static_w) == (None, None, None)
    assert unread == [("Summary", "the table 'Summary' has no row 'Total On-Chip Power (W)'")]


def test_a_row_that_stands_twice_is_no_answer(read):
    report, unread = read(power(summary=(*SUMMARY_OF_POWER, ("Dynamic (W)", "9.999"))))
    assert (report.dynamic_w, report.static_w) == (None, 2.697)
    assert unread == [("Summary", "the table 'Summary' has a row twice")]


def test_a_part_whose_power_is_no_number_is_left_out_and_named(read):
    report, unread = read(power(on_chip=(ON_CHIP[0], ("HBM", "---", "1", "2", "3"), ("   odd", "1.0", "", "", ""))))
    assert [item.name for item in report.components] == ["Clocks"]
    assert unread == [("On-Chip Components", "'Power (W)' of 'HBM' is '---' (and 1 more)")]


def test_missing_and_cut_tables_are_named(read):
    text = power()
    report, unread = read(text[: text.index("1.1 On-Chip Components\n-")])
    assert (report.components, report.total_w) == ((), 12.718)
    assert unread == [("On-Chip Components", "the report has no such section")]
    report, unread = read(text[: text.index("|   Others")])
    assert [item.name for item in report.components][-1] == "LUT as Shift Register"
    assert unread == [("On-Chip Components", "ends inside the table 'On-Chip Components'")]
    report, unread = read(text.replace("| Power (W) |", "| Power(mW) |"))
    assert report.components == ()
    assert unread == [
        ("On-Chip Components", "the table 'On-Chip Components' lacks the column 'On-Chip' or 'Power (W)'")
    ]
