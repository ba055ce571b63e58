"""The left feeder of the smallest arrays: Verilator takes its Verilog without a warning, however narrow its counts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from heddle.arch.design_io import load_design, override
from heddle.hls.emit import Block, emit_rtl
from heddle.hls.feed.left_feeder import LeftFeeder
from heddle.hls.verilog import CHECKS_DEFINE
from heddle.verify.toolchain import find_toolchain

SIZES = [(1, 1, 4), (1, 4, 2), (2, 1, 16), (3, 8, 2)]


@pytest.mark.parametrize(("rows", "ports", "group_m"), SIZES)
def test_no_comparison_of_it_is_constant(rows: int, ports: int, group_m: int, tmp_path: Path) -> None:
    changes = {"array.rows": rows, "buffers.group_ports": ports, "sparsity.m": group_m, "lanes.wuve": group_m}
    design, toolchain = override(load_design("tiny"), changes), find_toolchain()
    rtl = emit_rtl(Block("feeder", lambda: LeftFeeder(design, 10)))
    for name, text in rtl.files.items():
        (tmp_path / name).write_text(text)
    command = [str(toolchain.verilator), "--lint-only", "--timescale", "1ns/1ps", f"-D{CHECKS_DEFINE}", "--assert"]
    command += ["--top-module", rtl.top, *rtl.files]
    done = subprocess.run(command, cwd=tmp_path, env=toolchain.environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
