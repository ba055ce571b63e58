"""Emitted Verilog: the same bytes, nothing of this machine in it, repeated blocks once, clean under -Wall."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from slang_lint import slang_complaints
from stand_in_core import LANE, LANES, TOP, Lane, StandIn, stand_in_rtl

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design, override
from heddle.hls.emit import WAIVERS, Block, Rtl, control_file, emit, emit_block, emit_rtl
from heddle.hls.generate import accelerator_blocks, array_rtl, lane_blocks
from heddle.verify.toolchain import find_toolchain


def lint(rtl: Rtl, folder: Path) -> str:
    for name, text in rtl.files.items():
        (folder / name).write_text(text)
    toolchain = find_toolchain()
    command = [str(toolchain.verilator), "--lint-only", "-Wall", "--top-module", rtl.top, *rtl.files]
    return subprocess.run(
        command, cwd=folder, env=toolchain.environment, capture_output=True, text=True, check=False
    ).stderr


def test_the_same_component_gives_the_same_bytes() -> None:
    assert emit(StandIn(), TOP) == emit(StandIn(), TOP)


def test_no_path_of_this_machine_is_in_the_verilog() -> None:
    text = emit(StandIn(), TOP)
    assert str(Path.home()) not in text
    assert set(re.findall(r'[^"]*\.py', text)) == {"tests/support/stand_in_core.py"}


def test_a_repeated_block_is_one_module_in_its_own_file() -> None:
    rtl = stand_in_rtl()
    assert list(rtl.files) == ["stand_in.v", "stand_in_lane.v", "stand_in.vlt"]
    assert rtl.verilog["stand_in.v"].count(f"  {LANE} lane") == LANES
    assert sum(text.count(f"module {LANE}(") for text in rtl.verilog.values()) == 1


def test_ports_are_named_as_the_verilog_names_them() -> None:
    emitted = emit_block(Block(LANE, Lane))
    text = emitted.verilog
    for port in emitted.description.ports:
        keyword = {"in": "input", "out": "output"}[port.direction]
        extent = f"[{port.width - 1}:0] " if port.width > 1 else ""
        assert f"{keyword} {extent}{port.name};" in text


def test_the_control_file_gives_a_reason_for_every_waiver_and_names_what_to_compile_once() -> None:
    lines = control_file(["lane"]).splitlines()
    assert lines[0] == "`verilator_config"
    for rule, reason in WAIVERS:
        assert lines[lines.index(f"lint_off -rule {rule}") - 1] == f"// {reason}"
    assert lines[-1] == 'hier_block -module "lane"'


@pytest.mark.parametrize("preset", ["tiny", "small"])
def test_the_array_is_clean_under_wall_but_for_the_waivers(preset: str, tmp_path: Path) -> None:
    rtl = array_rtl(load_design(preset))
    assert lint(rtl, tmp_path) == ""
    assert slang_complaints(rtl) == ""


def test_the_lanes_are_clean_under_wall_but_for_the_waivers(tmp_path: Path) -> None:
    for block in lane_blocks(load_design("tiny")):
        rtl = emit_rtl(block)
        assert lint(rtl, tmp_path) == "", block.name
        assert slang_complaints(rtl) == "", block.name


@cache
def small_machine() -> Rtl:
    design = override(load_design("tiny"), {"array.rows": 2, "array.cols": 2, "array.interleave": 2})
    accelerator, element = accelerator_blocks(design, load_board(design.board))
    return emit_rtl(accelerator, [element])


def test_the_accelerator_is_clean_under_wall_but_for_the_waivers(tmp_path: Path) -> None:
    rtl = small_machine()
    ports = {port.name: port.width for port in rtl.ports}
    assert {"m_axi_fetch_araddr": 40, "m_axi_load_rdata": 128, "m_axi_store_wstrb": 16}.items() <= ports.items()
    header = re.search(rf"module {rtl.top}\(([^)]*)\)", rtl.verilog[f"{rtl.top}.v"])
    assert header is not None
    assert sorted(re.findall(r"\w+", header[1])) == sorted(ports)
    assert lint(rtl, tmp_path) == ""
    assert slang_complaints(rtl) == ""


def test_slang_complains_of_what_is_wrong() -> None:
    rtl = stand_in_rtl()
    top = rtl.verilog[f"{TOP}.v"].replace(".a(", ".no_such_port(", 1)
    broken = replace(rtl, verilog={**rtl.verilog, f"{TOP}.v": top})
    assert slang_complaints(broken) == "2 complaints of slang, which stand on stderr\n" * 2


def test_every_waiver_is_needed(tmp_path: Path) -> None:
    complaints = lint(replace(small_machine(), control="`verilator_config\n"), tmp_path)
    assert {rule for rule, _ in WAIVERS if f"%Warning-{rule}" in complaints} == {rule for rule, _ in WAIVERS}


def test_a_block_is_emitted_under_its_own_name() -> None:
    assert "module other(" in emit_rtl(Block("other", Lane)).verilog["other.v"]
