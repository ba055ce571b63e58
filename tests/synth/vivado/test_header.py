"""A file's reports: heads, and sections by title and not by their entry in the contents."""

import pytest
from vivado_samples import EACH, TOOLS, bordered, contents, head, sections, timing, utilisation

from heddle.synth.vivado.header import split_documents
from heddle.synth.vivado.reports import Header


@pytest.fixture
def documents(tmp_path):
    """Split a text, given as str or bytes, without the empty document ahead of the first head."""

    def split(text, *titles):
        path = tmp_path / "a.rpt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        found = list(split_documents(path, frozenset(titles)))
        return [document for document in found if document.has_head or document.sections or document.heading]

    return split


def test_the_head_is_read_with_its_spaces_and_colons(documents):
    (document,) = documents(utilisation("2025.2", state="Physopt postRoute"))
    assert document.header == Header(TOOLS["2025.2"], "heddle_array", "xcvu9p-fsgd2104-2L-e", "Physopt postRoute")
    assert document.command == "report_utilization -file reports/out.rpt -pb out.pb"
    assert document.heading == "Utilization Design Information"


def test_a_field_that_the_head_lacks_is_empty(documents):
    (document,) = documents(timing())
    assert document.header == Header(TOOLS["2021.2"], "heddle_array", "xcvu9p-fsgd2104", "")


def test_sections_are_found_by_title_whatever_their_number(documents):
    for first in (1, 3, 118):
        text = head("report_utilization") + sections([("A b", "one\n"), (".C", "two\n"), ("D", "three\n")], first)
        (document,) = documents(text, "A b", "C")
        assert {title: [line for line in lines if line] for title, lines in document.sections.items()} == {
            "A b": ["one"],
            "C": ["two"],
        }


def test_the_list_of_contents_is_no_section(documents):
    (document,) = documents(head("report_utilization") + contents(["CLB Logic"]), "CLB Logic")
    assert document.sections == {}


def test_titles_between_rules_begin_sections(documents):
    (document,) = documents(timing(), "Design Timing Summary", "Clock Summary")
    assert list(document.sections) == ["Design Timing Summary", "Clock Summary"]
    assert "Intra" not in "".join(document.sections["Clock Summary"])


def test_a_title_that_stands_twice_is_not_read(documents):
    text = head("report_utilization") + sections([("DSP", "1"), ("DSP", "2")])
    (document,) = documents(text, "DSP")
    assert (document.sections, document.repeated) == ({}, ("DSP",))


def test_reports_in_one_file_are_told_apart(documents):
    states = [document.header.design_state for document in documents("".join(EACH.values()))]
    assert states == ["Routed", "Routed", "", "routed"]


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_line_ends_of_every_system_read_the_same(documents, newline):
    text = utilisation()
    assert documents(text.replace("\n", newline), "CLB Logic") == documents(text, "CLB Logic")


def test_a_byte_order_mark_and_bytes_that_are_no_text_are_survived(documents):
    text = b"\xef\xbb\xbf" + head("report_power").encode().replace(b"bench", b"b\xff\x00nch")
    (document,) = documents(text)
    assert document.header.design == "heddle_array"


@pytest.mark.parametrize("ending", ["x", "|", "12"])
def test_a_last_line_without_end_counts_only_if_it_ends_like_a_whole_one(documents, ending):
    (document,) = documents(head("report_utilization") + "1. DSP\n------\n\n| 3 " + ending, "DSP")
    assert document.sections["DSP"][-1] == ("| 3 |" if ending == "|" else "\ufffd")


def test_a_line_beyond_all_measure_is_skipped(documents):
    text = head("report_utilization") + "1. DSP\n------\n" + "|" * 200_000 + "\n" + bordered([["DSPs", "1"]])
    (document,) = documents(text, "DSP")
    assert document.sections["DSP"][0] == "\ufffd"
    assert document.sections["DSP"][2].startswith("| DSPs")
