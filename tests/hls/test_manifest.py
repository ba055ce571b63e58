"""The manifest: what a block's user needs to know without reading its Verilog."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from heddle.arch import timing
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.hls.emit import emit_block
from heddle.hls.generate import array_blocks, array_rtl, lane_blocks
from heddle.hls.lanes.sore import SoreLane
from heddle.hls.manifest import array_latencies, manifest


@cache
def tiny_manifest() -> dict[str, Any]:
    design = load_design("tiny")
    modules = [emit_block(block).description for block in (*array_blocks(design), *lane_blocks(design))]
    return json.loads(manifest(design, modules, "heddle_array", ["b.v", "a.v"]).text())


def test_it_names_top_files_modules_and_the_whole_design() -> None:
    document = tiny_manifest()
    assert document["top"] == "heddle_array"
    assert document["files"] == ["a.v", "b.v"]
    assert document["design"]["array"]["rows"] == 4
    assert [module["name"] for module in document["modules"]] == [
        "heddle_array",
        "heddle_uspe",
        "heddle_sore_lane",
        "heddle_wuve_sgd",
        "heddle_wuve_adam",
    ]


def test_ports_have_direction_and_width() -> None:
    array = tiny_manifest()["modules"][0]
    ports = {port["name"]: (port["direction"], port["width"]) for port in array["ports"]}
    assert ports["clk"] == ports["rst"] == ("in", 1)
    assert ports["left__payload"] == ("in", 4 * 4 * 16)
    assert ports["left__ready"] == ("out", 1)
    assert ports["result__payload"] == ("out", 4 * 32)


def test_latencies_are_the_components_own_and_the_timing_contracts() -> None:
    document = tiny_manifest()
    by_name = {module["name"]: module["latencies"] for module in document["modules"]}
    assert by_name["heddle_sore_lane"] == {
        "row_latency": SoreLane.row_latency,
        "column_latency": SoreLane.column_latency,
    }
    assert by_name["heddle_wuve_sgd"]["latency"] > 0
    assert array_latencies(load_design("tiny"))["dispatch_cycles"] == timing.DISPATCH_CYCLES


def test_an_idealised_design_has_no_rtl() -> None:
    with pytest.raises(HeddleError, match=r"^design 'ideal-32x32' has array.drain = direct, an idealisation"):
        array_rtl(load_design("ideal-32x32"))
