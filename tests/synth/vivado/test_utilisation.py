"""report_utilization in its shapes from release to release and from family to family."""

import pytest
from vivado_samples import VU9P, bordered, head, sections, utilisation, utilisation_of_7_series, utilisation_of_versal

from heddle.synth.vivado.read import read_report
from heddle.synth.vivado.reports import Use

RESOURCES = ("lut", "lut_as_memory", "ff", "carry8", "bram36", "uram", "dsp")


@pytest.fixture
def read(tmp_path):
    """Read a text that holds one utilisation report; gives the report and (section, reason) of what was not read."""

    def read_text(text):
        path = tmp_path / "any.rpt"
        path.write_text(text)
        found = read_report(path)
        (report,) = found.utilisation
        assert report.path == path
        return report, [(item.section, item.reason) for item in found.unread]

    return read_text


@pytest.mark.parametrize("release", ["2018.3", "2020.2", "2021.2", "2025.2"])
@pytest.mark.parametrize("state", ["Synthesized", "Fully Placed", "Routed", "Physopt postRoute"])
def test_every_release_and_state_reads_the_same(read, release, state):
    report, unread = read(utilisation(release, state))
    assert unread == []
    assert report.header.design_state == state
    assert report.header.device == VU9P
    assert report.lut == Use(101_234, 1_182_240)
    assert report.lut_as_memory == Use(4122, 591_840)
    assert report.ff == Use(88_018, 2_364_480)
    assert report.carry8 == Use(5120, 147_780)
    assert report.bram36 == Use(98.5, 2160)
    assert report.uram == Use(12, 960)
    assert report.dsp == Use(512, 6840)


@pytest.mark.parametrize("release", ["2018.3", "2021.2"])
def test_a_7_series_part_has_other_names_and_lacks_rows(read, release):
    report, unread = read(utilisation_of_7_series(release))
    assert unread == []
    assert (report.lut, report.ff) == (Use(14_361, 53_200), Use(11_372, 106_400))
    assert (report.bram36, report.dsp) == (Use(98.5, 140), Use(192, 220))
    assert (report.carry8, report.uram) == (None, None)


def test_a_versal_part_has_names_of_its_own(read):
    report, unread = read(utilisation_of_versal())
    assert unread == []
    assert (report.lut, report.lut_as_memory) == (Use(116_420, 2_574_208), Use(16_798, 1_287_104))
    assert (report.ff, report.carry8) == (Use(200_001, 5_148_416), None)
    assert (report.bram36, report.uram, report.dsp) == (Use(87.5, 3741), Use(12, 1925), Use(345, 10_848))


def test_optional_rows_may_be_absent_and_section_numbers_shift(read):
    report, unread = read(utilisation(uram=False, only_rows=False, first=4))
    assert unread == []
    assert report.uram is None
    assert (report.dsp, report.bram36) == (Use(512, 6840), Use(98.5, 2160))


def test_more_than_there_is_of_a_resource_is_read_as_it_stands(read):
    report, _ = read(utilisation(amounts={"CLB LUTs": ("2000000", "1182240")}))
    assert report.lut == Use(2_000_000, 1_182_240)


@pytest.mark.parametrize("text", ["<0.01", "---", "NA", "", "1,234", "1 234", "12k", "-3", "1e5", "Unspecified*"])
def test_a_used_that_is_no_number_is_unread_and_never_zero(read, text):
    report, unread = read(utilisation(amounts={"DSPs": (text, "6840")}))
    assert report.dsp is None
    assert unread == [("ARITHMETIC", f"Used of 'DSPs' is '{text}'")]
    assert report.lut is not None


def test_an_open_available_is_none_and_an_odd_one_is_named(read):
    report, unread = read(utilisation(amounts={"DSPs": ("512", ""), "URAM": ("12", "9,60")}))
    assert (report.dsp, report.uram) == (Use(512, None), Use(12, None))
    assert unread == [("BLOCKRAM", "Available of 'URAM' is '9,60'")]


def test_a_missing_section_is_named_and_the_others_are_read(read):
    text = utilisation()
    start, end = text.index("3. BLOCKRAM\n-"), text.index("4. ARITHMETIC\n-")
    report, unread = read(text[:start] + text[end:])
    assert unread == [("BLOCKRAM", "the report has no such section")]
    assert (report.bram36, report.uram, report.dsp) == (None, None, Use(512, 6840))


def test_a_file_cut_inside_a_table_keeps_what_was_complete(read):
    text = utilisation()
    report, unread = read(text[: text.index("RAMB36E2 only") + 9])
    assert ("BLOCKRAM", "ends inside the table 'BLOCKRAM'") in unread
    assert ("ARITHMETIC", "the report has no such section") in unread
    assert (report.lut, report.bram36) == (Use(101_234, 1_182_240), Use(98.5, 2160))
    assert (report.uram, report.dsp) == (None, None)


def test_two_rows_that_differ_are_no_answer(read):
    text = utilisation().replace("|   LUT as Logic          |", "|   LUT as Memory         |", 1)
    report, unread = read(text)
    assert report.lut_as_memory is None
    assert unread == [("CLB Logic", "'LUT as Memory' stands in two rows that differ")]


def test_a_section_that_stands_twice_is_no_answer(read):
    text = utilisation()
    start, end = text.index("4. ARITHMETIC\n-"), text.index("5. Primitives\n-")
    report, unread = read(text[:end] + text[start:end].replace("512", "999") + text[end:])
    assert report.dsp is None
    assert unread == [("ARITHMETIC", "the report has more than one such section")]


def test_a_table_with_other_columns_is_unread(read):
    text = head("report_utilization") + sections([("CLB Logic", bordered([["CLB LUTs", "7"]], ["Site Type", "SLR0"]))])
    report, unread = read(text)
    assert unread[0] == ("CLB Logic", "the table 'CLB Logic' lacks the column 'Site Type' or 'Used'")
    assert [getattr(report, resource) for resource in RESOURCES] == [None] * 7
