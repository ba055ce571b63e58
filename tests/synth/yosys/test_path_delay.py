"""Worst paths out of a report of yosys'."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.arch.errors import HeddleError
from heddle.synth.yosys import path_delay as timing
from heddle.synth.yosys.path_delay import WorstPath, plain, read_timing, worst_paths

REPORT = """
4. Executing STA pass (static timing analysis).
Warning: Cell type 'heddle_array.stce.grid' not recognised! Ignoring.
No timing paths found.
Latest arrival time in 'heddle_array.stce.recode_0_0' is 2431:
    2431 _17_ (FDRE.D)
           \\_03_ [4]
    2431 _40_ (LUT6.I1->O)
           \\_12_
    1800 _41_ (LUT5.I0->O)
           \\raw [14]
Arrival histogram
(  2431,   2000] |***+
Latest arrival time in 'heddle_uspe' is 3770:
    3770 _1238_ (FDRE.D)
           \\_0592_
    3139 _0845_ (MUXF8.S->O)
           \\sums_0 [7]
     303 _0011_ (FDSE.C->Q)
Latest arrival time in 'heddle_buffer' is 834:
     834 storage.0.1 (RAMB18E2.ADDR)
           \\read_addr.$5 [2]
     303 _2_ (SRL16E.CLK->Q)
Latest arrival time in 'into_slice' is 900:
     900 mac (DSP48E1.A)
           \\kept [2]
     303 _3_ (FDRE.C->Q)
Latest arrival time in 'out_of_slice' is 2000:
    2000 _1238_ (FDRE.D)
           \\_9_
    1500 _5_ (LUT2.I0->O)
           \\product [40]
     700 mac (DSP48E1.CLK->P)
Latest arrival time in 'numbered' is 1000:
    1000 _1238_ (FDRE.D)
           \\_158_ [3]
     303 _3_ (FDRE.C->Q)
Latest arrival time in 'through_slice' is 4000:
    4000 _1238_ (FDRE.D)
           \\product [40]
    3126 mac (DSP48E1.A->P)
           \\own [18]
     303 _3_ (FDRE.C->Q)
Latest arrival time in '\\$paramod$x' is 12:
      12 (<primary output>)
           \\leaving
"""
NETLIST = """
module heddle_uspe(clk, sums_south);
  FDRE #(
    .INIT(1'h0)
  ) _1238_ (
    .C(clk),
    .D(_0592_),
    .Q(\\adder.rounded.$7 [3]),
    .R(1'h0)
  );
  LUT2 #(
    .INIT(4'h8)
  ) _2_ (
    .O(_99_)
  );
  FDSE _17_ (
    .C(clk),
    .Q(_03_)
  );
endmodule
"""


def test_each_module_s_path_has_its_time_its_start_and_its_end():
    assert read_timing(REPORT, {"_1238_": "rounded", "storage.0.1": "read_data"}) == {
        "heddle_array.stce.recode_0_0": WorstPath(2.431, "", ""),
        "heddle_uspe": WorstPath(3.77, "sums_0", "rounded"),
        "heddle_buffer": WorstPath(0.834, "read_addr", "read_data"),
        "into_slice": WorstPath(0.9, "kept", "a DSP slice"),
        "out_of_slice": WorstPath(2.0, "product", "rounded"),
        "numbered": WorstPath(1.0, "a register without a name", "rounded"),
        "through_slice": WorstPath(4.0, "own", "rounded"),
        "$paramod$x": WorstPath(0.012, "", ""),
    }


def test_a_report_without_paths_has_none():
    assert read_timing("No timing paths found.\n", {}) == {}


@given(st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_.]{0,9}", fullmatch=True), st.integers(0, 10**6), max_size=5))
@settings(max_examples=50)
def test_no_module_is_lost_and_no_time_changed(times):
    report = "".join(
        f"Latest arrival time in '{name}' is {time}:\n    {time} x (LUT2.I0->O)\n" for name, time in times.items()
    )
    assert {name: path.delay_ns for name, path in read_timing(report, {}).items()} == {
        name: pytest.approx(time / 1000) for name, time in times.items()
    }


def test_what_the_tool_appends_to_a_net_is_not_its_name():
    assert plain("lane_0.sum.$12.q") == "lane_0.sum"
    assert plain("lane_0.sum") == "lane_0.sum"


def test_a_path_ends_in_the_net_that_its_register_drives(monkeypatch, tmp_path):
    def run(script, folder, log_name, makes):
        assert "read_verilog run0.net.v; tee -q -o run0.net.v.sta sta" in script
        assert (log_name, list(makes)) == ("run0.net.v.sta.log", ["run0.net.v.sta"])
        (folder / "run0.net.v.sta").write_text(REPORT)
        return ""

    monkeypatch.setattr(timing, "run_yosys", run)
    (tmp_path / "run0.net.v").write_text(NETLIST)
    paths = worst_paths(tmp_path, "run0.net.v")
    assert paths["heddle_uspe"] == WorstPath(3.77, "sums_0", "adder.rounded")
    # _17_ drives a net that the tool named: such a name says nothing.
    assert paths["heddle_array.stce.recode_0_0"].end == ""


def test_a_failing_yosys_passes_through(monkeypatch, tmp_path):
    def fail(script, folder, log_name, makes):
        raise HeddleError(f"yosys failed: no (log: {folder / log_name})")

    monkeypatch.setattr(timing, "run_yosys", fail)
    with pytest.raises(HeddleError, match=rf"^yosys failed: no \(log: {re.escape(str(tmp_path))}/x\.sta\.log\)$"):
        worst_paths(tmp_path, "x")
