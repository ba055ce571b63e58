"""The Vivado run as files: run here by a Tcl interpreter that has Vivado's commands as stubs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("tkinter")

from fake_vivado import TclVivado
from samples import BOARD, TINY

from heddle.arch.errors import HeddleError
from heddle.synth.vivado.project import (
    ADVICE,
    ADVICE_NAMES,
    CONSTRAINTS_NAME,
    NOT_MET,
    REPORT_NAMES,
    SCRIPT_NAME,
    project_files,
)

VERILOG = {"heddle_uspe.v": "", "heddle_array.v": ""}
ROUTED = [
    "read_sources",
    "synth_design",
    "synth_reports",
    "opt_design",
    "place_design",
    "phys_opt_design",
    "route_design",
    "phys_opt_routed",
    "route_reports",
]


def written(folder, design=TINY, board=BOARD):
    for name, text in project_files(design, board, VERILOG).items():
        (folder / name).write_text(text)
    return folder / SCRIPT_NAME


def written_reports(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.glob("reports/*"))


def steps(vivado):
    return [line for line in vivado.said if line.startswith("HEDDLE STEP")]


def period_ns(design):
    line = next(
        line for line in project_files(design, BOARD, VERILOG)[CONSTRAINTS_NAME].splitlines() if "-period" in line
    )
    return float(line.split("-period ")[1].split()[0])


def test_the_same_design_gives_the_same_text():
    backwards = dict(reversed(VERILOG.items()))
    assert project_files(TINY, BOARD, VERILOG) == project_files(TINY, BOARD, backwards)


def test_a_whole_run_says_each_step_and_routes(tmp_path):
    vivado = TclVivado()
    assert vivado.run(written(tmp_path)) == 0
    assert steps(vivado) == [f"HEDDLE STEP {at}/9 {name}" for at, name in enumerate(ROUTED, 1)]
    assert vivado.said[-1] == "HEDDLE DONE"
    commands = [call[0] for call in vivado.calls]
    assert [name for name in commands if name.endswith("_design")] == [
        "synth_design",
        "opt_design",
        "place_design",
        "phys_opt_design",
        "route_design",
        "phys_opt_design",
    ]


def test_synthesis_alone_stops_before_placement(tmp_path):
    vivado = TclVivado()
    assert vivado.run(written(tmp_path), ["synth"]) == 0
    assert steps(vivado) == [f"HEDDLE STEP {at}/3 {name}" for at, name in enumerate(ROUTED[:3], 1)]
    assert written_reports(tmp_path) == sorted((*REPORT_NAMES[:4], *(n for n in ADVICE_NAMES if "synth" in n)))


def test_an_unknown_goal_ends_the_run_before_anything_is_read(tmp_path):
    vivado = TclVivado()
    assert vivado.run(written(tmp_path), ["place"]) == 1
    assert vivado.said == ["HEDDLE FAILED arguments: unknown goal 'place' (valid: synth, route)"]
    assert vivado.calls == []


def test_the_sources_are_read_from_the_script_s_folder_whatever_it_is_called(tmp_path):
    folder = tmp_path / "a folder [with] $odd {letters"
    folder.mkdir()
    vivado = TclVivado()
    assert vivado.run(written(folder)) == 0
    assert [
        call for call in vivado.calls if call[0] in ("create_project", "read_verilog", "read_xdc", "synth_design")
    ] == [
        ("create_project", "-in_memory", "-part", "xcvu9p-fsgd2104-2L-e"),
        ("read_verilog", str(folder / "heddle_array.v")),
        ("read_verilog", str(folder / "heddle_uspe.v")),
        ("read_xdc", "-mode", "out_of_context", str(folder / "heddle.xdc")),
        ("synth_design", "-mode", "out_of_context", "-top", "heddle_core", "-part", "xcvu9p-fsgd2104-2L-e"),
    ]


def test_both_stages_write_every_report_and_a_checkpoint(tmp_path):
    vivado = TclVivado()
    vivado.run(written(tmp_path))
    assert written_reports(tmp_path) == sorted((*REPORT_NAMES, *ADVICE_NAMES))
    assert [call[2] for call in vivado.calls if call[0] == "write_checkpoint"] == [
        str(tmp_path / "heddle_synth.dcp"),
        str(tmp_path / "heddle_route.dcp"),
    ]
    assert sum(call[:2] == ("report_utilization", "-hierarchical") for call in vivado.calls) == 2


def test_reports_of_a_run_before_do_not_stay_and_other_files_do(tmp_path):
    written(tmp_path)
    (tmp_path / "reports").mkdir()
    for name in (*REPORT_NAMES, *ADVICE_NAMES, "reports/mine.rpt"):
        (tmp_path / name).write_text("old")
    TclVivado().run(tmp_path / SCRIPT_NAME, ["synth"])
    left = {path.name for path in tmp_path.glob("reports/*") if path.read_text() == "old"}
    assert left == {"mine.rpt"}
    assert not (tmp_path / "reports/route_power.rpt").exists()


@pytest.mark.parametrize(
    ("command", "step"),
    [
        ("read_verilog", "read_sources"),
        ("synth_design", "synth_design"),
        ("place_design", "place_design"),
        ("write_checkpoint", "synth_reports"),
    ],
)
def test_a_command_that_fails_is_named_on_one_line_and_ends_the_run(command, step, tmp_path):
    vivado = TclVivado(failing=command)
    assert vivado.run(written(tmp_path)) == 1
    assert vivado.said[-1] == f"HEDDLE FAILED {step}: ERROR: [Common 17-69] Command failed: see the log"
    assert vivado.calls[-1][0] == command


@pytest.mark.parametrize("name", ["two\nlines; exit 3", "ends with \\", "[exit 3]", "{", "naïve"])
def test_a_design_s_name_is_no_code(name, tmp_path):
    design = TINY.model_copy(update={"name": name})
    assert TclVivado().run(written(tmp_path, design)) == 0
    assert (tmp_path / SCRIPT_NAME).read_text().isascii()


def test_every_port_but_the_clock_is_constrained(tmp_path):
    written(tmp_path)
    vivado = TclVivado()
    assert vivado.run(tmp_path / CONSTRAINTS_NAME) == 0
    inputs = ("get_ports", "-filter", "DIRECTION == IN && NAME != clk")
    outputs = ("get_ports", "-filter", "DIRECTION == OUT")
    assert vivado.calls == [
        ("get_ports", "clk"),
        ("create_clock", "-name", "clk", "-period", "5.714", ""),
        inputs,
        ("set_false_path", "-from", ""),
        outputs,
        ("set_false_path", "-to", ""),
    ]


def test_every_report_of_advice_is_written_with_its_own_command(tmp_path):
    vivado = TclVivado()
    vivado.run(written(tmp_path))
    for name, command in ADVICE.items():
        file = str(tmp_path / f"reports/route_{name}.txt")
        assert (*command.split(), "-file", file) in vivado.calls


def test_a_vivado_that_lacks_a_report_of_advice_says_so_and_goes_on(tmp_path):
    vivado = TclVivado(failing="report_qor_suggestions")
    assert vivado.run(written(tmp_path)) == 0
    notes = [line for line in vivado.said if line.startswith("HEDDLE NOTE")]
    assert notes == ["HEDDLE NOTE no qor_suggestions report: ERROR: [Common 17-69] Command failed: see the log"] * 2


@pytest.mark.parametrize(("buffers", "chosen"), [("B0", "B0"), ("B0 B1 B2", "B1"), ("B0 B1 B2 B3", "B2")])
def test_a_clock_buffer_in_the_middle_of_the_device_stands_for_the_clock_s(buffers, chosen, tmp_path):
    vivado = TclVivado(answers={"get_sites": buffers, "get_ports": "port"})
    vivado.run(written(tmp_path), ["synth"])
    commands = [call[0] for call in vivado.calls]
    assert ("set_property", "HD.CLK_SRC", chosen, "port") in vivado.calls
    assert commands.index("synth_design") < commands.index("set_property") < commands.index("report_timing_summary")


def test_a_part_without_known_clock_buffers_is_run_without_a_place_for_one(tmp_path):
    vivado = TclVivado()
    assert vivado.run(written(tmp_path), ["synth"]) == 0
    assert "set_property" not in [call[0] for call in vivado.calls]


@pytest.mark.parametrize(
    ("slack", "code"), [("-0.321", NOT_MET), ("-0.001", NOT_MET), ("0.000", 0), ("1.2", 0), ("", 0)]
)
def test_a_clock_that_is_not_met_ends_the_run_with_its_own_code_and_one_line(slack, code, tmp_path):
    vivado = TclVivado(answers={"get_property": slack})
    assert vivado.run(written(tmp_path)) == code
    missed = [f"HEDDLE NOT MET the clock: worst slack of setup {slack} ns, of hold {slack} ns"]
    assert vivado.said[-1:] == (missed if code else ["HEDDLE DONE"])
    assert written_reports(tmp_path) == sorted((*REPORT_NAMES, *ADVICE_NAMES))


@given(st.floats(1e6, 2e9))
@settings(max_examples=100)
def test_the_period_is_never_longer_than_the_clock_s_and_at_most_a_picosecond_shorter(clock_hz):
    period_s = period_ns(TINY.model_copy(update={"clock_hz": clock_hz})) * 1e-9
    assert 1 / clock_hz - 1.001e-12 <= period_s <= 1 / clock_hz + 1e-18


@pytest.mark.parametrize(("clock_hz", "expected_ns"), [(200e6, 5.0), (300e6, 3.333), (1e6, 1000.0), (666e6, 1.501)])
def test_the_period_in_nanoseconds(clock_hz, expected_ns):
    assert period_ns(TINY.model_copy(update={"clock_hz": clock_hz})) == expected_ns


@pytest.mark.parametrize("part", ["xcvu9p; exit", "x[exit]", "two words", "xcvü9p", "x\n"])
def test_a_part_that_cannot_be_one_is_refused(part):
    board = BOARD.model_copy(update={"part": part})
    with pytest.raises(HeddleError, match=r"board '.*': part = .* is no part of Vivado's \(valid: letters, digits"):
        project_files(TINY, board, VERILOG)
