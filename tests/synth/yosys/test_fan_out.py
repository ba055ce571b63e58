"""What nets drive: counted over modules, and bounded in the array."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples import TINY

from heddle.arch.design_io import override
from heddle.hls.generate import array_rtl
from heddle.synth.result import FanOut
from heddle.synth.yosys import fan_out
from heddle.synth.yosys.fan_out import fan_outs, largest_of_the_array

# Three registers below `go`, two of them in a leaf that stands twice; `out` of a leaf is read within it and outside.
LEAF = """module leaf(clk, go, in, out);
  input clk; input go; input in; output reg out; reg kept;
  always @(posedge clk) if (go) out <= in & ~kept;
  always @(posedge clk) if (go) kept <= out;
endmodule
"""
TOP = """module top(clk, go, in, out);
  input clk; input go; input in; output reg out;
  wire first, second;
  leaf one (.clk(clk), .go(go), .in(in), .out(first));
  leaf two (.clk(clk), .go(go), .in(first), .out(second));
  always @(posedge clk) if (go) out <= second;
endmodule
"""


def test_a_net_is_counted_through_the_modules_that_it_passes(tmp_path: Path) -> None:
    found = {(net.module, net.net): net.loads for net in fan_outs([LEAF, TOP], "top", tmp_path)}
    assert found["top", "go"] == 5
    assert found["top", "first"] == 2  # the register within its leaf, and the other leaf
    assert found["top", "in"] == 1
    assert not [net for _, net in found if net == "clk"]


def test_a_design_s_largest_are_one_of_each_module_by_their_names_in_the_rtl(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    runs = []

    def found(texts: object, top: str, folder: Path) -> list[FanOut]:
        runs.append(top)
        return [FanOut(9, "pe", "$abc$1"), FanOut(8, "pe", "en"), FanOut(7, "pe", "go"), FanOut(6, "edge", "_48_")] + [
            FanOut(5, f"m{number}", "hop[0]") for number in range(6)
        ]

    monkeypatch.setattr(fan_out, "fan_outs", found)
    monkeypatch.setattr(fan_out, "yosys_version", lambda: "0.0")
    first = largest_of_the_array(TINY)
    assert first == (FanOut(8, "pe", "en"), *(FanOut(5, f"m{number}", "hop[0]") for number in range(4)))
    assert largest_of_the_array(TINY) == first
    assert runs == ["heddle_array"]  # the second time from the cache


@pytest.fixture(scope="module")
def largest(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], int]:
    """The nets of an array of 8 x 8 by what they drive."""
    rtl = array_rtl(override(TINY, {"array.rows": 8, "array.cols": 8, "sparsity.m": 2, "sparsity.n": 1}))
    nets: list[FanOut] = fan_outs(rtl.verilog.values(), rtl.top, tmp_path_factory.mktemp("array"))
    return {(net.module, net.net): net.loads for net in nets}


def test_no_net_of_the_array_reaches_more_than_a_pe_and_a_row_s_edge(largest: dict[tuple[str, str], int]) -> None:
    # The step's enable in a PE of 8 x 8: its registers, a bit each, and the row's waiting operands.
    assert max(largest.values()) <= 660


def test_at_the_core_s_top_only_the_reset_drives_many_and_few_enough(largest: dict[tuple[str, str], int]) -> None:
    many = {net: loads for (module, net), loads in largest.items() if module == "heddle_array" and loads > 60}
    assert list(many) == ["rst"]
    assert many["rst"] <= 320


def test_what_hops_along_the_edges_drives_a_row_s_or_a_column_s(largest: dict[tuple[str, str], int]) -> None:
    word = 5 + 2 * 16  # control and a group of two
    edges = {net: loads for (module, net), loads in largest.items() if module == "heddle_array_stce"}
    enables = {f"hop{row}[0]" for row in range(1, 9)}
    assert enables <= edges.keys()
    assert max(loads for net, loads in edges.items() if net not in enables) <= 2 * (word + 32)
