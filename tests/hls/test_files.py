"""All files of a generated design, as text."""

from __future__ import annotations

import json
from functools import cache

import pytest
from amaranth.hdl import Fragment
from amaranth.lib import wiring

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design, override
from heddle.arch.errors import HeddleError
from heddle.hls import emit as emit_module
from heddle.hls.files import MANIFEST_NAME, GeneratedDesign, generated_design
from heddle.hls.generate import check_accelerator

TINY = load_design("tiny")


@pytest.fixture(autouse=True)
def without_rtlil(monkeypatch: pytest.MonkeyPatch) -> None:
    """Components are elaborated, and their Verilog is nothing but a name: RTLIL would take longest."""

    def elaborated(component: wiring.Component, name: str, platform: object) -> str:
        Fragment.get(component, platform)
        return name

    monkeypatch.setattr(emit_module, "rtlil_of", elaborated)
    monkeypatch.setattr(emit_module, "verilog_of", lambda name: f"module {name}(); endmodule")


@cache
def tiny_files() -> GeneratedDesign:
    return generated_design(TINY, load_board(TINY.board))


def test_the_manifest_names_every_other_file_and_the_top_is_a_module_of_one_of_them() -> None:
    generated = tiny_files()
    document = json.loads(generated.files[MANIFEST_NAME])
    assert sorted(document["files"]) == sorted(set(generated.files) - {MANIFEST_NAME})
    assert any(f"module {generated.top}(" in text for text in generated.files.values())


def test_the_accelerator_is_among_them_with_its_ports_and_rams() -> None:
    document = json.loads(tiny_files().files[MANIFEST_NAME])
    accelerator = next(module for module in document["modules"] if module["name"] == "heddle_accelerator")
    ports = {port["name"]: (port["direction"], port["width"]) for port in accelerator["ports"]}
    assert ports["s_axi_control_awaddr"] == ("in", 12)
    assert ports["s_axi_control_rdata"] == ("out", 32)
    assert ports["interrupt"] == ("out", 1)
    assert ports["m_axi_fetch_araddr"] == ("out", 40)
    assert ports["m_axi_load_rdata"] == ("in", 128)
    assert ports["m_axi_store_bready"] == ("out", 1)
    assert accelerator["latencies"] == {"buffer_read": 3, "prepare": 22, "start_to_busy": 1}
    assert accelerator["parameters"] == {"rams": {"activation": "block", "weight": "block", "output": "block"}}
    assert document["left_out"] == {}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"memory.channels": 3}, "memory.channels = 3 is no power of two"),
        (
            {"memory.axi_bits": 64, "memory.channels": 2, "sparsity.m": 16},
            "2 x memory.axi_bits = 64 is less than the 256 bits of an activation group",
        ),
        (
            {"memory.axi_bits": 64, "sparsity.m": 8},
            "memory.axi_bits = 64 is less than the 128 bits of an activation group",
        ),
        ({"buffers.output_bytes": 16}, "half of buffers.output_bytes does not hold a word of the machine's"),
    ],
)
def test_a_design_whose_array_is_no_machine_has_the_other_files(changes: dict[str, object], why: str) -> None:
    design = override(TINY, changes, "test")
    generated = generated_design(design, load_board(design.board))
    assert generated.left_out == {"heddle_accelerator": why}
    assert "heddle_array.v" in generated.files
    assert not {"heddle_accelerator.v", "heddle_registers.h"} & set(generated.files)
    assert json.loads(generated.files[MANIFEST_NAME])["left_out"] == generated.left_out
    with pytest.raises(HeddleError, match=f"^design 'tiny' has no accelerator: {why}$"):
        check_accelerator(design)


def test_an_idealisation_has_no_files() -> None:
    ideal = override(TINY, {"array.drain": "direct"}, "test")
    with pytest.raises(HeddleError, match="an idealisation without RTL"):
        generated_design(ideal, load_board(ideal.board))
