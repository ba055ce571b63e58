"""The wrapper that Vivado times: every part with its lanes, a register at each port, nothing but those between."""

import json
import re

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from samples import BOARD, TINY

from heddle.hls.description import ModuleDescription
from heddle.hls.emit import Block, Emitted, emit, emit_block
from heddle.synth.vivado import core_project
from heddle.synth.vivado.core_project import write_core_project
from heddle.synth.vivado.wrapper import RegisteredCore, core_blocks


class Half(wiring.Component):
    def __init__(self):
        super().__init__({"a": In(8), "valid": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.d.sync += self.valid.eq(self.a.any())
        return m


@pytest.fixture(scope="module")
def text():
    half = emit_block(Block("half", Half)).description
    return emit(RegisteredCore({"left": half, "right": half}), "core")


def test_each_port_of_each_instance_is_a_port_with_a_register_before_or_behind_it(text):
    ports = re.findall(r"^  (input|output) (?:\[\d+:0\] )?(\w+);$", text, re.M)
    assert sorted(ports) == [
        ("input", "clk"),
        ("input", "left__a"),
        ("input", "right__a"),
        ("input", "rst"),
        ("output", "left__valid"),
        ("output", "right__valid"),
    ]
    registers = set(re.findall(r"^  reg (?:\[7:0\] )?(\w+) = ", text, re.M))
    assert {"left__a_stored", "right__a_stored", "reset"} < registers
    assert len(registers - {"at_start"}) == 2 + 2 + 1
    assert "    .a(left__a_stored),\n" in text
    assert text.count("    .rst(reset)") == 2


def test_the_core_has_every_part_as_often_as_the_design_and_every_module_once():
    blocks = core_blocks(TINY, BOARD, "adam")
    lanes = TINY.lanes
    assert list(blocks.placed) == [
        "array",
        *(f"sore_{lane}" for lane in range(lanes.sore)),
        *(f"wuve_{lane}" for lane in range(lanes.wuve)),
        "buffer_activation",
        "buffer_weight",
        "buffer_output",
    ]
    assert blocks.placed["wuve_0"].name == "heddle_wuve_adam"
    assert {"heddle_array", "heddle_uspe", "heddle_sore_lane", "heddle_buffer_weight"} < set(blocks.modules)
    assert all(name == block.name for name, block in blocks.modules.items())


def test_the_project_has_a_file_for_each_module_and_a_manifest_of_them(monkeypatch, tmp_path):
    def named(block):
        return Emitted(f"module {block.name};\nendmodule\n", ModuleDescription(block.name, (), {}, {}))

    monkeypatch.setattr(core_project, "emit_block", named)
    written = write_core_project(tmp_path, TINY, BOARD)
    names = {path.name for path in written}
    modules = {"heddle_core", *core_blocks(TINY, BOARD, "sgd").modules}
    assert names == {f"{name}.v" for name in modules} | {"heddle.tcl", "heddle.xdc", "manifest.json"}
    document = json.loads((tmp_path / "vivado" / "manifest.json").read_text())
    assert document["top"] == "heddle_core"
    assert {module["name"] for module in document["modules"]} == modules
    script = (tmp_path / "vivado" / "heddle.tcl").read_text()
    assert all(f"read_verilog [file join $here {name}.v]" in script for name in modules)
