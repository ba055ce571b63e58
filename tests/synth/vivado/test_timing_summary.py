"""report_timing_summary: slacks, verdict and clocks."""

import pytest
from vivado_samples import CLOCKS, MET, NO_CONSTRAINTS, NOT_MET, SLACKS, timing

from heddle.reports.review.hardware_rows import timing_verdict
from heddle.synth.vivado.read import read_report
from heddle.synth.vivado.reports import Clock, Slack

SUMMARY = "Design Timing Summary"
NOTHING = Slack(None, None, None, None)
GOOD = ("0.321", "0.000", "0", "190431", *SLACKS[4:])


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        path = tmp_path / "any.rpt"
        path.write_text(text)
        found = read_report(path)
        (report,) = found.timing
        return report, [(item.section, item.reason) for item in found.unread]

    return read_text


@pytest.mark.parametrize("release", ["2018.3", "2021.2", "2025.2"])
def test_slacks_clocks_and_verdict_are_read(read, release):
    report, unread = read(timing(release))
    assert unread == []
    assert report.setup == Slack(-0.321, -54.7, 271, 190_431)
    assert report.hold == Slack(0.011, 0.0, 0, 190_427)
    assert report.pulse_width == Slack(1.275, 0.0, 0, 88_019)
    assert report.met is False
    assert report.clocks == (
        Clock("clk", 5.0, 200e6),
        Clock("clk_out1_wiz[0]", 3.333, 300e6),
        Clock("jtag", 81.38, 12.288e6),
    )


@pytest.mark.parametrize(("verdict", "met"), [(MET, True), (NOT_MET, False), (NO_CONSTRAINTS, None)])
def test_the_report_s_own_sentence_is_the_verdict(read, verdict, met):
    report, unread = read(timing(slacks=GOOD, verdict=verdict))
    assert (report.met, unread) == (met, [])


def test_a_design_without_constraints_has_no_slack_and_no_clock(read):
    report, unread = read(timing(slacks=["NA"] * 12, clocks=(), verdict=NO_CONSTRAINTS))
    assert (report.setup, report.hold, report.pulse_width) == (NOTHING, NOTHING, NOTHING)
    assert (report.clocks, report.met, unread) == ((), None, [])


def test_where_no_path_is_timed_nothing_is_met(read):
    report, unread = read(timing(slacks=["NA"] * 12, verdict=MET))
    assert (report.met, report.times_a_path, unread) == (None, False, [])
    assert timing_verdict(report) == "no path timed"


def test_an_infinite_slack_says_that_there_are_no_such_paths(read):
    report, unread = read(timing(slacks=("inf", "0.000", "0", "12", *SLACKS[4:]), verdict=MET))
    assert report.setup == Slack(None, 0.0, 0, 12)
    assert (report.met, unread) == (True, [])


def test_a_verdict_against_the_figures_is_no_verdict(read):
    report, unread = read(timing(verdict=MET))
    assert report.met is None
    assert report.setup.worst_ns == -0.321
    assert unread == [
        (SUMMARY, "says that the timing constraints are met, but has a negative slack or a failing endpoint")
    ]


@pytest.mark.parametrize("verdict", ["", f"{MET}\n{NOT_MET}", "All constraints are met."])
def test_without_one_known_sentence_the_verdict_is_open(read, verdict):
    report, unread = read(timing(verdict=verdict))
    assert report.met is None
    assert unread == [(SUMMARY, "does not say, once, whether the timing constraints are met")]


@pytest.mark.parametrize("text", ["1,2", "--", "1.2ns", "1e3", "٣"])
def test_a_value_that_is_no_number_is_none_and_named(read, text):
    report, unread = read(timing(slacks=("0.5", text, "0", text, *SLACKS[4:])))
    assert report.setup == Slack(0.5, None, 0, None)
    assert unread == [(SUMMARY, f"'TNS(ns)' is '{text}'"), (SUMMARY, f"'TNS Total Endpoints' is '{text}'")]


def test_a_number_without_end_is_none_and_shortened_in_the_message(read):
    report, unread = read(timing(slacks=(*SLACKS[:11], " " + "9" * 6000)))
    assert report.pulse_width == Slack(1.275, 0.0, 0, None)
    assert unread == [(SUMMARY, f"'TPWS Total Endpoints' is '{'9' * 40}...'")]


def test_another_unit_is_not_read_as_nanoseconds(read):
    report, unread = read(timing().replace(" WNS(ns)", " WNS(ps)", 1))
    assert report.setup == NOTHING
    assert unread[0][1].startswith("the table 'Design Timing Summary' has no known columns: 'WNS(ps) TNS(ns)")


def test_columns_may_be_fewer(read):
    lines = timing().splitlines()
    row = next(index for index, line in enumerate(lines) if line.lstrip().startswith("WNS(ns)"))
    end = lines[row].index("WHS(ns)") - 4
    lines[row : row + 3] = [line[:end] for line in lines[row : row + 3]]
    report, unread = read("\n".join(lines) + "\n")
    assert (report.setup, report.hold, unread) == (Slack(-0.321, -54.7, 271, 190_431), NOTHING, [])


@pytest.mark.parametrize("row", ["", "-0.321 -54.700", "a b c d", " ".join([*SLACKS, "1"])])
def test_a_row_that_is_not_of_twelve_values_is_unread(read, row):
    lines = timing().splitlines()
    index = next(index for index, line in enumerate(lines) if line.lstrip().startswith("-0.321"))
    report, unread = read("\n".join([*lines[:index], row, *lines[index + 1 :]]) + "\n")
    assert (report.setup, report.hold) == (NOTHING, NOTHING)
    assert unread == [(SUMMARY, "the table 'Design Timing Summary' has no single row of 12 values")]


def test_a_row_that_goes_on_in_the_next_line_is_unread(read):
    report, unread = read(timing().replace("88019", "880\n19", 1))
    assert (report.setup, report.pulse_width) == (NOTHING, NOTHING)
    assert unread == [(SUMMARY, "the table 'Design Timing Summary' has no single row of 12 values")]


@pytest.mark.parametrize(
    "clock",
    [
        ("clk", "{0.000 2.500}", "5.000", "20"),
        ("clk", "{0.000 2.500}", "0.000", "200.000"),
        ("clk", "0.000 2.500", "5.000", "200.000"),
        ("clk", "{0.000 2.500}", "5.000", ""),
        ("", "{0.000 2.500}", "5.000", "200.000"),
    ],
)
def test_a_clock_that_does_not_add_up_is_named_and_the_others_are_read(read, clock):
    report, unread = read(timing(clocks=[clock, CLOCKS[1]]))
    assert [item.name for item in report.clocks] == ["clk_out1_wiz[0]"]
    ((section, reason),) = unread
    assert section == "Clock Summary"
    assert reason.endswith("is no clock")


def test_a_file_cut_inside_the_clocks_says_so_and_drops_the_last_one(read):
    text = timing()
    report, unread = read(text[: text.index("300.000") + 2])
    assert [item.name for item in report.clocks] == ["clk"]
    assert [section for section, _ in unread] == ["Clock Summary"]
    report, unread = read(text[: text.index("jtag")])
    assert [item.name for item in report.clocks] == ["clk", "clk_out1_wiz[0]"]
    assert unread == [("Clock Summary", "ends inside the table 'Clock Summary'")]


def test_clocks_below_another_heading_are_unread(read):
    report, unread = read(timing().replace("Frequency(MHz)", "Frequency(GHz)"))
    assert report.clocks == ()
    ((section, reason),) = unread
    assert (section, reason.split(":")[0]) == ("Clock Summary", "the table 'Clock Summary' has no known columns")


def test_missing_and_repeated_sections_are_named(read):
    text = timing()
    report, unread = read(text[: text.index("| Clock Summary")])
    assert unread == [("Clock Summary", "the report has no such section")]
    assert report.setup.failing == 271
    start, end = text.index("| Design Timing"), text.index("| Clock Summary")
    report, unread = read(text + text[start:end])
    assert report.setup == NOTHING
    assert unread == [(SUMMARY, "the report has more than one such section")]
