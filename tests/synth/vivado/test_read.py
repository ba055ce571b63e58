"""Folders and files: reports by their content, and a clear word for everything else."""

import os
from pathlib import Path

import pytest
from vivado_samples import EACH, TREE, head, hierarchy, power, sections, timing, utilisation

from heddle.arch.errors import HeddleError
from heddle.synth.vivado.project import ADVICE
from heddle.synth.vivado.read import read_report, read_reports
from heddle.synth.vivado.reports import Use, VivadoReports

KINDS = ("utilisation", "hierarchy", "timing", "power")
FOREIGN = "is no Vivado report (no 'Tool Version' line, no known title)"
QUARTUS = "; Fitter Summary ;\n+---------------+-------+\n; Fitter Status ; Good  ;\n; Logic util. ; 7 / 9 ;\n"
DESIGN_COMPILER = (
    "****************\nReport : area\nDesign : top\nVersion: T-2022.03\n****************\nTotal cell area: 12.5\n"
)
HLS = "== Vitis HLS Report for 'top'\n* Version: 2023.1\n+ Timing:\n    * Summary:\n    +--------+---------+\n"


def reasons(found):
    return [(item.path.name, item.section, item.reason) for item in found.unread]


def counts(found):
    return [len(getattr(found, kind)) for kind in KINDS]


@pytest.fixture
def folder(tmp_path):
    return tmp_path


def test_reports_are_known_by_their_content_and_come_in_order_of_their_paths(folder):
    names = ("b/deep/er.rpt", "b/x.RPT", "a.txt", "c.rpt")
    for name, text in zip(names, EACH.values(), strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "b" / "a.rpt").write_text(utilisation("2018.3"))
    found = read_reports(folder)
    assert [item.path for item in found.utilisation] == [folder / "b/a.rpt", folder / "b/deep/er.rpt"]
    assert [item.path for item in found.hierarchy] == [folder / "b/x.RPT"]
    assert counts(found) == [2, 1, 1, 1]
    assert found.unread == ()


def test_advice_of_our_own_script_is_not_told_as_unread(folder):
    for name, command in ADVICE.items():
        (folder / f"route_{name}.txt").write_text(head(command))
    assert read_reports(folder) == VivadoReports((), (), (), (), ())


def test_the_same_folder_reads_the_same(folder):
    for name, text in EACH.items():
        (folder / f"{name}.rpt").write_text(text)
    assert read_reports(folder) == read_reports(folder)


def test_folders_below_the_fourth_level_and_hidden_ones_are_not_looked_at(folder):
    for name in ("one/two/three/r.rpt", "one/two/three/four/r.rpt", ".Xil/r.rpt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(utilisation())
    assert [item.path for item in read_reports(folder).utilisation] == [folder / "one/two/three/r.rpt"]


def test_a_file_that_two_names_lead_to_is_read_once(folder):
    (folder / "a.rpt").write_text(power())
    (folder / "b.rpt").symlink_to(folder / "a.rpt")
    (folder / "again").symlink_to(folder)
    assert [item.path for item in read_reports(folder).power] == [folder / "a.rpt"]


def test_reports_appended_to_one_file_are_all_read(folder):
    later = utilisation(amounts={"DSPs": ("600", "6840")}, state="Routed")
    (folder / "all.rpt").write_text(utilisation(state="Synthesized") + timing() + hierarchy() + power() + later)
    found = read_reports(folder)
    assert counts(found) == [2, 1, 1, 1]
    assert [(item.header.design_state, item.dsp) for item in found.utilisation] == [
        ("Synthesized", Use(512, 6840)),
        ("Routed", Use(600, 6840)),
    ]
    assert found.unread == ()


def test_tables_without_any_head_are_all_read(folder):
    def without_head(text):
        return text[text.index("Table of Contents") :]

    (folder / "all.rpt").write_text(without_head(utilisation()) + without_head(timing()) + power(with_head=False))
    found = read_reports(folder)
    assert (counts(found), found.unread) == ([1, 0, 1, 1], ())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n\r\n\t\n", "is empty"),
        (QUARTUS.encode(), FOREIGN),
        (DESIGN_COMPILER.encode(), FOREIGN),
        (HLS.encode(), FOREIGN),
        (bytes(range(256)) * 40, FOREIGN),
        (b"\x00" * 300_000, FOREIGN),
        (utilisation().encode("utf-16"), FOREIGN),
        (
            head("report_drc").encode() + b"Report DRC\n\n1. REPORT SUMMARY\n-----------------\n",
            "is a Vivado report of a kind that is not read (report_drc)",
        ),
        (
            head("report_control_sets").encode()
            + sections([("Summary", "+---+---+\n| a | 1 |\n+---+---+\n")]).encode(),
            "is a Vivado report of a kind that is not read (report_control_sets)",
        ),
        (
            head("report_utilization -cells pe_0").encode() + utilisation()[900:].encode(),
            "is a report of a part of the design (-cells), not of the whole",
        ),
        (head("report_power").encode(), "is by report_power, but without any section that is read (cut off?)"),
        (head("x")[:250].encode(), "is a Vivado report without a known title (cut off?)"),
    ],
)
def test_a_file_that_is_no_report_says_why(folder, content, reason):
    (folder / "x.rpt").write_bytes(content)
    found = read_reports(folder)
    assert (counts(found), reasons(found)) == ([0, 0, 0, 0], [("x.rpt", "", reason)])
    assert read_report(folder / "x.rpt") == found


def test_a_text_file_that_is_no_report_is_nobody_s_fault(folder):
    (folder / "notes.txt").write_text("1. Summary\n----------\nwe met on Monday\n")
    (folder / "empty.txt").write_text("")
    (folder / "top.v").write_text(utilisation())
    assert read_reports(folder) == VivadoReports((), (), (), (), ())
    assert reasons(read_report(folder / "notes.txt")) == [("notes.txt", "", FOREIGN)]
    assert counts(read_report(folder / "top.v")) == [1, 0, 0, 0]


def test_what_is_no_file_is_named_and_never_waited_for(folder):
    (folder / "folder.rpt").mkdir()
    (folder / "gone.rpt").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe.rpt")
    assert reasons(read_reports(folder)) == [
        ("folder.rpt", "", "is a folder"),
        ("gone.rpt", "", "cannot be read: no such file or directory"),
        ("pipe.rpt", "", "is not a regular file"),
    ]
    assert reasons(read_report(folder)) == [(folder.name, "", "is a folder")]


def test_a_file_and_a_folder_that_may_not_be_read_are_named(folder, monkeypatch):
    (folder / "a.rpt").write_text(power())
    (folder / "closed").mkdir()

    def refused(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda self: refused(self) if self.name == "closed" else listed(self))
    monkeypatch.setattr(Path, "open", refused)
    assert reasons(read_reports(folder)) == [
        ("a.rpt", "", "cannot be read: permission denied"),
        ("closed", "", "cannot be read: permission denied"),
    ]


def test_a_folder_that_does_not_exist_is_the_caller_s_error(folder):
    with pytest.raises(HeddleError, match=r"nowhere: there is no such folder of Vivado's reports"):
        read_reports(folder / "nowhere")
    (folder / "f.rpt").write_text(power())
    with pytest.raises(HeddleError, match=r"f\.rpt: is a file; give the folder of Vivado's reports"):
        read_reports(folder / "f.rpt")


def test_reports_of_megabytes_are_read_in_one_pass(folder):
    rows = [TREE[0], *((f"  pe_{index}", f"heddle_uspe_{index}", *TREE[2][2:]) for index in range(9000))]
    (folder / "tree.rpt").write_text(hierarchy(rows))
    (folder / "timing.rpt").write_text(timing(paths=8000))
    (folder / "line.rpt").write_text(head("report_timing_summary") + "1." + " " * 4_000_000 + "x\n" + "-" * 4_000_000)
    assert min((folder / name).stat().st_size for name in ("tree.rpt", "timing.rpt")) > 1_000_000
    found = read_reports(folder)
    assert len(found.hierarchy[0].modules) == 9001
    assert found.timing[0].setup.failing == 271
    assert [item.path.name for item in found.unread] == ["line.rpt"]
