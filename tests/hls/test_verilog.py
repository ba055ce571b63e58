"""Emitted Verilog as other tools read it: Verilog-2005, plain names, checks only where they are asked for."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from stand_in_core import stand_in_rtl

from heddle.hls.emit import Rtl, emit
from heddle.hls.stream.queue import Queue
from heddle.hls.verilog import CHECKS_DEFINE, without_sources
from heddle.synth.yosys.tool import run_yosys


class OddNames(wiring.Component):
    """Signals whose names Verilog keeps for itself, and two of one name."""

    def __init__(self) -> None:
        super().__init__({"a": In(2), "y": Out(2)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        reg, twice, again = Signal(2, name="reg"), Signal(2, name="twice"), Signal(2, name="twice")
        m.d.sync += [reg.eq(self.a), twice.eq(reg), again.eq(twice)]
        m.d.comb += self.y.eq(again)
        return m


@pytest.fixture
def rtl() -> Rtl:
    return stand_in_rtl()


def test_every_name_is_a_plain_identifier(rtl: Rtl) -> None:
    assert all("\\" not in text and "$" not in text.replace("$write", "") for text in rtl.verilog.values())


def test_names_that_would_meet_or_that_verilog_keeps_get_an_end() -> None:
    declared = re.findall(r"^  reg \[1:0\] (\w+) =", emit(OddNames(), "odd"), re.M)
    assert len(set(declared)) == len(declared) == 3
    assert {"reg_", "twice"} < set(declared)


def test_checks_stand_behind_a_define_and_nothing_else_does() -> None:
    text = emit(Queue(4, 3), "queue")
    inside = "".join(re.findall(rf"^`ifdef {CHECKS_DEFINE}\n(.*?)^`endif\n", text, re.M | re.S))
    outside = re.sub(r"^`ifdef.*?^`endif\n", "", text, flags=re.M | re.S)
    assert inside.count("assert (") == inside.count("$write(") == 2
    assert "assert" not in outside
    assert "$write" not in outside
    assert "<=" not in inside


def test_yosys_reads_it_as_plain_verilog_and_with_the_checks_as_systemverilog(rtl: Rtl, tmp_path: Path) -> None:
    (tmp_path / "queue.v").write_text(emit(Queue(4, 3), "queue"))
    run_yosys(
        f"read_verilog queue.v; select -assert-none t:$check; design -reset; "
        f"read_verilog -sv -D{CHECKS_DEFINE} queue.v; proc; select -assert-count 2 t:$check t:$assert",
        tmp_path,
        "yosys.log",
    )


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="needs Icarus Verilog")
def test_icarus_reads_it_as_verilog_of_2005(rtl: Rtl, tmp_path: Path) -> None:
    for name, text in rtl.verilog.items():
        (tmp_path / name).write_text(text)
    subprocess.run(["iverilog", "-g2005", "-t", "null", *rtl.verilog], cwd=tmp_path, check=True)


def test_without_sources_a_moved_line_of_python_changes_nothing(rtl: Rtl) -> None:
    text = emit(Queue(4, 3), "queue")
    moved = re.sub(r'(src = "hls/stream/\w+\.py:)(\d+)', lambda at: f"{at[1]}{int(at[2]) + 7}", text)
    assert moved != text
    assert without_sources(moved) == without_sources(text)
    assert "src" not in without_sources(text)
